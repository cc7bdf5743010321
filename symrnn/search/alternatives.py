"""One bound or another, |h_t| <= 1 or |h_t| <= |h_{t-1}|: by the larger of the two. Untrusted."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symrnn.certificates import BySign, Choose, Proof
from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import Abs, And, Const, Or, Rel, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.lemmas import accepted
from symrnn.semantics.sequents import Sequent

ZERO, MINUS_ONE = Const(Fraction(0)), Const(Fraction(-1))


def prove_by_the_larger(s: Sequent, prove: Callable[[Sequent], Proof | None]) -> Proof | None:
    """A disjunction of two upper bounds of one number: the second where it is the larger, the first elsewhere."""
    goal = s.goal
    if not isinstance(goal, Or) or len(goal.args) != 2:
        return None
    first, second = goal.args
    if not isinstance(first, Rel) or not isinstance(second, Rel) or "=" in (first.op, second.op):
        return None
    if first.lhs != second.lhs or any(shape_of(x) is not None for x in (first.lhs, first.rhs, second.rhs)):
        return None
    gap = second.rhs - first.rhs
    proofs: list[Proof] = []
    for which, value in ((1, gap), (0, Times((MINUS_ONE, gap)))):
        said = And((Rel("<=", ZERO, value), Rel("=", Abs(gap), value)))
        try:
            inner = replace(s, goal=goal.args[which]).with_fact(said)
        except SymrnnError:
            return None
        proof = prove(inner)
        if proof is None:
            return None
        proofs.append(Choose(which, proof))
    made = BySign(gap, *proofs)
    return made if accepted(s, made) else None
