"""Whether a step follows from what it cites, true or not.

Every Jacobian, state and local becomes a fresh symbol of its type; the only hypotheses are the cited steps, for all
times and lags, and the cited lemmas. "holds": a kernel proof of that entailment. "fails": exact values that meet all
citations and violate the claim; a citation that gives the Jacobian by a formula is met by defining it so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn import kernel
from symrnn.certificates import Point
from symrnn.claims.codec import sha256
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import contains, free_vars, rebuild, substitute, walk
from symrnn.claims.tree import (
    Const,
    ForAll,
    Immediate,
    Jac,
    Loss,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Zeros,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import dataclass
from symrnn.search import memory
from symrnn.search.matching import match_term
from symrnn.search.questions import glimpse, holds, refute
from symrnn.search.refute import Tally
from symrnn.semantics.context import Context
from symrnn.semantics.instances import Instance
from symrnn.semantics.settling import flatten

SEVERAL = 2  # steps


@dataclass(frozen=True)
class Formula:
    """jacobian = value for all values of ``free``: what a citation defines."""

    jacobian: Sym
    value: Term
    free: frozenset[Var]


def follows(claim: Claim, cited: list[Claim], using: tuple[str, ...]) -> str:
    """ "holds", "fails" or "unknown"."""
    own = tuple(_abstract(h) for h in claim.hypotheses)
    citations = [c for one in cited if (c := _citation(one, own)) is not None]
    if len(citations) < len(cited):
        return "unknown"  # a citation with hypotheses of its own that the step does not share
    lemmas = [LEMMAS[name].claim.conclusion for name in using if name in LEMMAS and not LEMMAS[name].claim.hypotheses]
    goal = _abstract(claim.conclusion)
    against = list(_to_violate(goal, own, citations))
    if any(_violated(claim, glimpse) for claim in against):  # a look that costs little, before a proof
        return "fails"
    if holds(Claim(goal, (*own, *citations, *lemmas), None)):
        return "holds"
    return "fails" if any(_violated(claim, lambda x: refute(x, Tally())) for claim in against) else "unknown"


def _abstract(n: Any) -> Any:
    """Jacobians, states, inputs and locals as free families; an activation stays an opaque function of its argument."""
    if isinstance(n, Index | Var):
        return n
    if isinstance(n, Jac):
        shape = shape_of(n)
        name = f"J {n.of.name} {n.wrt.name}" + (" T" if n.layout == "denominator" else "")
        return Sym(name, shape, "free", (), (*n.of.index, *n.wrt.index), False)
    if isinstance(n, Total | Immediate):
        return _derivative(n)
    if isinstance(n, Sym):
        return Sym(n.name, n.shape, "free", n.props, n.index, n.family) if n.role != "free" else n
    return rebuild(n, _abstract) if isinstance(n, Node) else n


def _derivative(n: Total | Immediate) -> Sym:
    """A symbol for each derivative of one kind, with the times in it as its indices."""
    times: list[Index] = []
    bound = {x.time if isinstance(x, Loss) else x.var for x in walk(n) if isinstance(x, Loss | Prod | Sum)}

    def go(x: Any) -> Any:
        if isinstance(x, Index):
            inside = Index(tuple((v, c) for v, c in x.terms if v in bound), 0)  # what is bound there stays there
            if all(v.kind == "size" for v, _ in (x - inside).terms):
                return x
            times.append(x - inside)
            return inside + as_index(Var(str(len(times)), "time", None))  # no name that a script could give
        return rebuild(x, go) if isinstance(x, Node) and not isinstance(x, Var) else x

    kind = sha256(go(n))[:16]
    return Sym(f"{type(n).__name__} {kind}", shape_of(n), "free", (), tuple(times), False)


def _citation(cited: Claim, own: tuple[Prop, ...]) -> Prop | None:
    """A cited step as a hypothesis, for all its times, lags and indices; None if it has hypotheses the step lacks."""
    goal, hypotheses = flatten(cited)
    if any(_abstract(h) not in own for h in hypotheses):
        return None
    prop = _abstract(goal)
    for v in sorted((v for v in free_vars(prop) if v.kind != "size"), key=lambda v: v.key):
        prop = ForAll(v, prop)
    return prop  # type: ignore[no-any-return]


# ---- values that meet the citations and violate the claim ----


def _to_violate(goal: Prop, own: tuple[Prop, ...], citations: list[Prop]) -> Iterator[Claim]:
    """Claims without Jacobians, of which a counterexample is one to the inference."""
    formulas = [f for c in citations if (f := _formula(c)) is not None]
    used: list[Formula] = []
    for f in formulas:
        if f.jacobian.name not in {u.jacobian.name for u in used}:
            used.append(f)
    for spare in _spares(goal, citations, used):
        with contextlib.suppress(SymrnnError):
            claim = _with_formulas(goal, own, citations, [*used, *spare])
            if claim is not None:
                yield claim


def _violated(claim: Claim, search: Callable[[Claim], Instance | None]) -> bool:
    try:
        instance = search(claim)
        return instance is not None and kernel.check(claim, Point(instance)).verdict == "refuted"
    except SymrnnError as error:
        memory.refused(str(error))
        return False


def _spares(goal: Prop, citations: list[Prop], used: list[Formula]) -> list[list[Formula]]:
    """Jacobians that no citation defines: 0, or a multiple of another matrix, as one pleases."""
    known = {u.jacobian.name for u in used}
    open_ones = sorted(
        {s for p in (goal, *citations) for s in _jacobians(p) if s.name not in known}, key=lambda s: s.key
    )
    names: dict[str, Sym] = {}
    for s in open_ones:
        names.setdefault(s.name, s)
    if not names:
        return [[]]
    heads = [Sym(s.name, s.shape, "free", (), _generic(s), False) for s in names.values()]
    free = frozenset(v for h in heads for i in h.index for v, _ in i.terms)
    zero = [Formula(h, Zeros(*(h.shape or ())), free) for h in heads]
    other = [Formula(h, Times((Const(Fraction(2)), Sym("spare", h.shape, "free", (), (), False))), free) for h in heads]
    return [zero, other]


def _generic(s: Sym) -> tuple[Index, ...]:
    return tuple(as_index(Var(f"spare{i}", "index", None)) for i, _ in enumerate(s.index))


def _jacobians(p: Node) -> set[Sym]:
    return {s for s in walk(p) if isinstance(s, Sym) and len(s.index) == 2}


def _formula(citation: Prop) -> Formula | None:
    """A citation J[..] = expression without Jacobians."""
    free: set[Var] = set()
    p = citation
    while isinstance(p, ForAll) and isinstance(p.var, Var):
        free.add(p.var)
        p = p.body
    if not isinstance(p, Rel) or p.op != "=":
        return None
    for side, other in ((p.lhs, p.rhs), (p.rhs, p.lhs)):
        if isinstance(side, Sym) and len(side.index) == 2 and not _jacobians(other):
            if frozenset(v for i in side.index for v, _ in i.terms) >= free_vars(other) & free:
                return Formula(side, other, frozenset(free))
    return None


def _define(n: Any, formulas: list[Formula]) -> Any:
    """Jacobians replaced by their formulas; one out of a formula's range stays, and the attempt fails later."""
    if isinstance(n, Index | Var):
        return n
    if isinstance(n, Sym) and len(n.index) == 2:
        for f in formulas:
            values: dict[Any, Any] = {}
            if n.name == f.jacobian.name and match_term(f.jacobian.index, n.index, f.free, values):
                plain = Context()
                if all(v.low is None or plain.at_least(x, v.low) for v, x in values.items()):
                    return substitute(f.value, values)
        return n
    return rebuild(n, lambda c: _define(c, formulas)) if isinstance(n, Node) else n


def _lags(goal: Prop) -> dict[Var, Index]:
    """Every lag of the goal as the first at which several steps differ from one."""
    return {v: as_index(max(v.low or 0, SEVERAL)) for v in free_vars(goal) if v.kind == "lag"}


def _spared(n: Any, formulas: list[Formula]) -> Any:
    """Jacobians over a number of steps of which no formula speaks are what one pleases; others stay."""
    if isinstance(n, Index | Var):
        return n
    if isinstance(n, Sym) and len(n.index) == 2:
        steps = n.index[0] - n.index[1]
        defined = [f.jacobian.index[0] - f.jacobian.index[1] for f in formulas if f.jacobian.name == n.name]
        if steps.is_const and all(d.is_const and d != steps for d in defined):
            return Sym(f"{n.name} {n.index[0]} {n.index[1]}", n.shape, "free", n.props, (), False)
        return n
    return rebuild(n, lambda c: _spared(c, formulas)) if isinstance(n, Node) else n


def _with_formulas(goal: Prop, own: tuple[Prop, ...], citations: list[Prop], formulas: list[Formula]) -> Claim | None:
    """The claim under its citations with the Jacobians that formulas give; None where some are left."""
    rest: list[Prop] = []
    for c in citations:
        defined = _define(c, formulas)
        if _jacobians(defined):
            return None
        statement = Claim(defined, own, None)
        if holds(statement):
            continue
        if contains(defined, ForAll):
            return None  # for all times and lags: not decided at one point
        rest.append(defined)
    claim = Claim(_define(goal, formulas), (*own, *rest), None)
    if _jacobians(claim) and not rest:
        at = _lags(goal)
        short = _spared(_define(substitute(goal, at), formulas), formulas)
        claim = Claim(short, tuple(substitute(h, at) for h in own), None)
    return None if _jacobians(claim) else claim
