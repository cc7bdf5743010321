"""Whether what holds or fails at an instance does so at all instances nearby: strict relations of continuous terms.

Trusted by the kernel, which says with its help that a claim fails on an open set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symrnn.claims.tree import And, IndexRel, Not, Or, Pred, Prop, Rel
from symrnn.errors import Refused, Undefined
from symrnn.semantics.magnitudes import factored
from symrnn.semantics.spectra import eigenvalues_distinct, eigenvalues_real

if TYPE_CHECKING:
    from symrnn.semantics.instances import World

CLOSED = frozenset(  # properties that are equations and inequations between entries: to lack one is to lack it nearby
    (
        "diagonal",
        "lower_triangular",
        "nonnegative",
        "normal",
        "orthogonal",
        "scalar",
        "skew",
        "symmetric",
        "upper_triangular",
        "unitarily_diagonalizable",
    )
)


def holds_nearby(world: World, h: Prop) -> bool:
    """Whether a hypothesis that holds at the instance is known to hold nearby."""
    if isinstance(h, Not):
        if isinstance(h.arg, Pred) and h.arg.name in CLOSED:
            return _defined(world, h.arg)
        return isinstance(h.arg, Rel) and h.arg.op in ("=", "<=") and strictly_violated(world, h.arg)
    if isinstance(h, Pred) and h.name in ("diagonalizable", "squarefree_minimal_polynomial", "jordan_decomposable"):
        return _stays_diagonalizable(world, h)
    strict = isinstance(h, Rel) and h.op == "<" or isinstance(h, Pred) and h.name == "invertible"
    return strict or isinstance(h, IndexRel)


def strictly_violated(world: World, p: Prop) -> bool:
    """Whether the violation persists nearby: a strict inequality between continuous terms, all defined."""
    if isinstance(p, Rel) and p.op in ("=", "<="):
        try:
            return not world.relation(p)
        except (Undefined, Refused):
            return False
    if isinstance(p, And):
        return any(strictly_violated(world, a) for a in p.args)
    if isinstance(p, Or):
        return all(strictly_violated(world, a) for a in p.args)
    if isinstance(p, Pred) and p.name in CLOSED:
        return _defined(world, p) and not world.holds(p)
    return isinstance(p, Pred) and p.name in ("diagonalizable", "jordan_decomposable") and _turns(world, p)


def _turns(world: World, p: Pred) -> bool:
    """Over R: an eigenvalue that is not real, which no small change makes real."""
    return p.field == "R" and not eigenvalues_real(factored(world.values.matrix(p.arg)).rational)


def _stays_diagonalizable(world: World, p: Pred) -> bool:
    """Different eigenvalues stay different; real ones among them stay real."""
    if p.name == "jordan_decomposable" and p.field == "C":
        return True
    m = factored(world.values.matrix(p.arg)).rational
    return eigenvalues_distinct(m) and (p.field != "R" or eigenvalues_real(m))


def _defined(world: World, p: Pred) -> bool:
    try:
        world.values.matrix(p.arg)
    except (Undefined, Refused):
        return False
    return True
