"""What holds of one matrix by itself. Untrusted.

Remembered, since a claim, its conditions and its variants share hypotheses.
"""

from __future__ import annotations

from functools import lru_cache

from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import contains, free_vars, symbols
from symrnn.claims.tree import ForAll, ForAllTrajectories, Jac, Prop, Rel, Sym
from symrnn.errors import SymrnnError
from symrnn.semantics.instances import Instance, Rows, World

BEYOND = (Jac, ForAll, ForAllTrajectories)  # what the matrix alone does not decide


def speaks_of(h: Prop, name: str) -> bool:
    """Whether a statement is about the one constant matrix of that name, and nothing else."""
    spoken = [(s.name, s.role, s.family) for s in symbols(h)]
    return spoken == [(name, "free", False)] and not contains(h, *BEYOND)


@lru_cache(maxsize=4096)
def holds_at(h: Prop, w: Sym, value: Rows) -> bool | None:
    """Whether a statement about a square matrix holds at a value of it; None where that cannot be told."""
    try:
        world = alone(w, value)
        return None if world is None else world.holds(h)
    except (SymrnnError, KeyError):
        return None


@lru_cache(maxsize=512)
def alone(w: Sym, value: Rows) -> World | None:
    """The matrix by itself; None for a value that does not suit it."""
    sizes = tuple((v, len(value)) for v in sorted(free_vars(w), key=lambda v: v.key))
    try:
        return World(Claim(Rel("=", w, w), (), None), Instance(sizes, ((w.name, value),), (), 0, 0, (), (), None, ()))
    except SymrnnError:
        return None
