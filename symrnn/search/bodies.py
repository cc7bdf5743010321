"""Ordered products whose factors are equal by what is known of one step, put in below the product. Untrusted.

From S(t, t-k) = prod A_j (an equation that is known) and A_j = B_j (one step, proved from what is known): the goal
S(t, t-k) = prod B_j. Also prod A_j = prod B_j by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from symrnn import kernel
from symrnn.certificates import Induct, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import HOLE, MatMul, Prod, Rel, Sym, Term
from symrnn.errors import SymrnnError
from symrnn.records import dataclass, replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import step_sequent
from symrnn.search.matching import match_term
from symrnn.semantics.sequents import Sequent

LETTERS = "jisruvwp"


def prove_by_bodies(s: Sequent) -> Proof | None:
    """The goal from the equality of the factors of two products over the same range."""
    for known, wanted, sign, uses in _pairs(s):
        time = _unused(known, wanted)
        one = Rel("=", _at(known, as_index(time)), _at(wanted, as_index(time)))
        proof = prove_equation(replace(s, goal=one))
        if proof is None:
            continue
        richer, whole = add(s, one), Rel("=", known, wanted)
        why = _by_induction(replace(richer, goal=whole), _Factors(_last(richer), richer, time), known)
        if why is None:
            continue
        last = Words("left", "left", (), (*uses, Use(_signed(sign), _last(add(richer, whole)), (), ())))
        return wrap([(one, proof), (whole, why)], last)
    return None


@dataclass(frozen=True)
class _Factors:
    """The equation between the factors at a time: its name, and the sequent that has it."""

    name: str
    sequent: Sequent
    time: Var

    def use(self, context: Term, at: Index) -> Use:
        """The equation at a time, what else is free in it as it stands."""
        free = sorted(self.sequent.equations[self.name].free, key=lambda v: v.key)
        values = ((v, at if v == self.time else as_index(v)) for v in free if isinstance(v, Var))
        return Use(context, self.name, tuple(values), ())


def _pairs(s: Sequent) -> Iterator[tuple[Prod, Prod, int, tuple[Use, ...]]]:
    """Two products over the same range, the sign with which their equality serves the goal, and what serves besides."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=":
        return
    for wanted, other, sign in ((goal.rhs, goal.lhs, 1), (goal.lhs, goal.rhs, -1)):
        if not isinstance(wanted, Prod):
            continue
        if sign > 0 and isinstance(other, Prod) and _same_range(other, wanted):
            yield other, wanted, 1, ()
        for name in sorted(s.equations):
            e = s.equations[name]
            for side, known, way in ((e.lhs, e.rhs, 1), (e.rhs, e.lhs, -1)):
                values: dict[Any, Any] = {}
                if not isinstance(known, Prod) or not match_term(side, other, e.free, values):
                    continue
                there = substitute(known, values)
                if isinstance(there, Prod) and _same_range(there, wanted):
                    bound = tuple(sorted(values.items(), key=lambda item: str(item[0].key)))
                    yield there, wanted, sign, (Use(_signed(sign * way), name, bound, ()),)


def _same_range(a: Prod, b: Prod) -> bool:
    return (a.lo, a.hi, a.descending) == (b.lo, b.hi, b.descending) and a.body != b.body


def _signed(sign: int) -> Term:
    return HOLE if sign > 0 else -HOLE


def _last(s: Sequent) -> str:
    return list(s.equations)[-1]


def _unused(a: Prod, b: Prod) -> Var:
    """A name for the time of a factor."""
    taken = {x.name for p in (a, b) for x in walk(p) if isinstance(x, Sym)}
    taken |= {v.name for p in (a, b) for v in free_vars(p)}
    return Var(next(c for c in LETTERS if c not in taken), "time", None)


def _at(p: Prod, index: Index) -> Term:
    out: Term = substitute(p.body, {p.var: index})
    return out


def _by_induction(s: Sequent, factors: _Factors, a: Prod) -> Proof | None:
    """By induction on a lag that lengthens the range at one end."""
    fixed = s.fixed_variables()
    lags = sorted((v for v in free_vars(a.hi - a.lo) if v.kind == "lag" and v not in fixed), key=lambda v: v.key)
    for lag, low in ((v, low) for v in lags for low in dict.fromkeys((v.low or 0, 0))):
        first = a.hi - a.lo - (as_index(lag) - low)  # how many factors there are, less one, at the lowest lag
        if not first.is_const or first.const not in (-1, 0):
            continue
        used = (factors.use(HOLE, substitute(a.lo, {lag: as_index(low)})),) if first.const == 0 else ()
        base = _first(replace(s, goal=substitute(s.goal, {lag: as_index(low)})), (used,))
        step = step_sequent(s, lag, low, 1)
        proof = _first(step, _steps(step, factors)) if base is not None else None
        if base is not None and proof is not None:
            return Induct(lag, low, (base,), proof)
    return None


def _steps(s: Sequent, factors: _Factors) -> Iterator[tuple[Use, ...]]:
    """prod A A_j - prod B B_j = (prod A - prod B) A_j + prod B (A_j - B_j), with the new factor at either end."""
    goal, hypothesis = s.goal, s.equations["ih:0"]
    if not isinstance(goal, Rel) or not isinstance(goal.lhs, Prod) or not isinstance(goal.rhs, Prod):
        return
    times = sorted((v for v in hypothesis.free if isinstance(v, Var) and v.kind == "time"), key=lambda v: v.key)
    for index, moved in product((goal.lhs.lo, goal.lhs.hi), (0, -1)):
        values = tuple((v, as_index(v) + moved) for v in times)
        rest = substitute(hypothesis.rhs, dict(values))
        factor = _at(goal.lhs, index)
        for left in (True, False):
            pairs = ((factor, HOLE), (HOLE, rest)) if left else ((HOLE, factor), (rest, HOLE))
            yield Use(MatMul(pairs[0]), "ih:0", values, ()), factors.use(MatMul(pairs[1]), index)


def _first(s: Sequent, candidates: Iterable[tuple[Use, ...]]) -> Proof | None:
    for uses in candidates:
        for peels in (("left", "left"), ("right", "right")):
            proof = Words(*peels, (), uses)
            try:
                kernel.proves(s, proof)
            except SymrnnError:
                continue
            return proof
    return None


__all__ = ["prove_by_bodies"]
