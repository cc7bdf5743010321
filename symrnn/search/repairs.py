"""Corrected forms of a refuted step: what it cites says of the same left side, small edits, what is true of a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from symrnn.claims.build import absolute, norm, spectral_radius
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes, shape_of
from symrnn.claims.statements import lt
from symrnn.claims.text import text
from symrnn.claims.tree import (
    Immediate,
    Implies,
    Jac,
    MatMul,
    Norm,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Term,
    Total,
    Transpose,
)
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.decide import decide_by_proof
from symrnn.search.natural import repeated, steepest
from symrnn.semantics.bounds import upper
from symrnn.semantics.sequents import sequent_of
from symrnn.semantics.settling import flatten
from symrnn.verdicts import Repair

MOST_EDITS = 24


def find(claim: Claim, verdict: str, cited: list[Claim]) -> Repair | None:
    """The first candidate that is proved under the same hypotheses; None for a claim that needs none."""
    goal = claim.conclusion
    if verdict not in ("refuted", "conditional") or (verdict == "conditional" and isinstance(goal, Rel)):
        return None
    if not _typed(goal):
        return None
    for candidate in _candidates(goal, cited) if isinstance(goal, Rel) else _of_predicates(claim):
        fixed = Claim(candidate, claim.hypotheses, claim.cell)
        try:
            check_shapes(candidate)
            if decide_by_proof(fixed).verdict == "proved":
                return Repair(text(candidate), latex(candidate), "proved")
        except SymrnnError:
            continue
    return None


def _typed(goal: Prop) -> bool:
    try:
        check_shapes(goal)
    except SymrnnError:
        return False
    return True


def _of_predicates(claim: Claim) -> Iterator[Prop]:
    """What is true instead of a limit, or of a decomposition."""
    goal, hypotheses = flatten(claim)
    if isinstance(goal, Pred) and goal.name == "diagonalizable":
        yield Pred("jordan_decomposable", goal.arg, "C", None)
    if not isinstance(goal, Pred) or goal.var is None:
        return
    limit = 1 / steepest(claim)
    if goal.name == "explodes":
        yield from (Implies(goal, lt(limit, norm(w))) for w in repeated(claim))
        return
    if hypotheses:
        yield from (Implies(lt(spectral_radius(absolute(w)), limit), goal) for w in repeated(claim))
        return
    try:
        yield Rel("<=", Norm(goal.arg, "2"), upper(sequent_of(claim), goal.arg, "2", assumed=False))
    except SymrnnError:
        return


def _candidates(goal: Rel, cited: list[Claim]) -> Iterator[Rel]:
    if goal.op != "=":
        return
    for c in cited:
        said = c.conclusion
        if isinstance(said, Rel) and said.op == "=" and goal.lhs in (said.lhs, said.rhs) and said != goal:
            yield said
    seen = {goal.rhs}
    for count, edited in enumerate(edits(goal.rhs)):
        if count >= MOST_EDITS:
            break
        if edited not in seen and edited != goal.lhs:
            seen.add(edited)
            yield Rel("=", goal.lhs, edited)


def edits(t: Term) -> Iterator[Term]:
    """Terms one small change away, changes near the top first."""
    yield from _here(t)
    for place, child in _children(t):
        for edited in edits(child):
            yield place(edited)


def _here(t: Term) -> Iterator[Term]:
    if isinstance(t, Prod):
        yield replace(t, descending=not t.descending)
    if isinstance(t, MatMul):
        yield from _interleaved(t)
    if isinstance(t, MatMul) and len(t.args) == 2:
        yield MatMul(t.args[::-1])
    elif isinstance(t, MatMul):
        yield MatMul(t.args[::-1])
        for i in range(len(t.args) - 1):
            yield MatMul((*t.args[:i], t.args[i + 1], t.args[i], *t.args[i + 2 :]))
    if isinstance(t, Pow):
        yield replace(t, exponent=t.exponent + 1)
        yield replace(t, exponent=t.exponent - 1)
    if isinstance(t, Prod):
        yield replace(t, lo=t.lo + 1)
        yield replace(t, lo=t.lo - 1)
    if isinstance(t, Transpose):
        yield t.arg
    elif shape_of(t) is not None and not isinstance(t, Jac):
        yield Transpose(t)


def _interleaved(t: MatMul) -> Iterator[Term]:
    """prod(D_j) U S^k V as prod(D_j U S V): what was collected at one end goes back into every factor."""
    first, rest = t.args[0], t.args[1:]
    if isinstance(first, Prod) and rest:
        length = first.hi - first.lo + 1
        inner = tuple(x.base if isinstance(x, Pow) and x.exponent == length else x for x in rest)
        if inner != rest:
            yield replace(first, body=MatMul((first.body, *inner)))


def _children(t: Term) -> Iterator[tuple[Any, Term]]:
    for f in () if isinstance(t, Jac | Total | Immediate) else fields(t):  # type: ignore[arg-type]
        value = getattr(t, f.name)
        if isinstance(value, Term):
            yield (lambda x, f=f: replace(t, **{f.name: x})), value
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, Term):
                    yield (
                        (lambda x, f=f, i=i, value=value: replace(t, **{f.name: (*value[:i], x, *value[i + 1 :])})),
                        item,
                    )
