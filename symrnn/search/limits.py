"""Norm inequalities and limits by geometric bounds. Untrusted."""

from __future__ import annotations

from symrnn import kernel
from symrnn.certificates import Bound, Geometric, Proof
from symrnn.claims.tree import Abs, Norm, Pred, Rel
from symrnn.errors import Refused
from symrnn.semantics.sequents import Sequent

KINDS = ("2", "1", "inf")


def prove_by_bounds(s: Sequent) -> Proof | None:
    """A bound of a norm by the norms of its letters, or a limit by such a bound in one of the norms."""
    goal = s.goal
    if isinstance(goal, Rel) and goal.op == "<=" and isinstance(goal.lhs, Norm | Abs):
        return _accepted(s, Bound())
    if isinstance(goal, Pred) and goal.name in ("vanishes", "bounded"):
        return next((p for kind in KINDS if (p := _accepted(s, Geometric(kind))) is not None), None)
    return None


def _accepted(s: Sequent, proof: Proof) -> Proof | None:
    try:
        kernel.proves(s, proof)
    except Refused:
        return None
    return proof
