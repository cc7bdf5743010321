"""Which of several counterexamples to a claim about limits or eigenvalues says most. Untrusted."""

from __future__ import annotations

from symrnn.claims.predicates import SPECTRAL
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import contains, walk
from symrnn.claims.tree import Norm, Pred, Rel, SpectralRadius
from symrnn.errors import Refused, Undefined
from symrnn.semantics.growth import shown_by
from symrnn.semantics.instances import World
from symrnn.semantics.magnitudes import is_irrational

SAYS = ("vanishes", "explodes", "recurs", "persists")
SHOWING = {"vanishes": SAYS[1:], "bounded": ("explodes",), "explodes": ("vanishes", "recurs")}  # that these fail


def is_spectral(claim: Claim) -> bool:
    """Whether a claim speaks of eigenvalues, decompositions, limits or norms that may be irrational."""
    return is_irrational(claim) or (
        contains(claim, Pred)
        and any(isinstance(n, Pred) and (n.name in SPECTRAL or n.var is not None) for n in walk(claim))
    )


def telling(world: World) -> bool:
    """Whether a violation can be shown by one test of growth, or fails openly, or at rational numbers."""
    goal = world.goal
    if isinstance(goal, Rel) and goal.op == "<" and world.relation(Rel("<=", goal.lhs, goal.rhs)):
        return False  # an equality, which shows less
    if world.instance.periodic:
        shown = shown_by(world)
        return shown is not None and shown[0] in SHOWING.get(goal.name if isinstance(goal, Pred) else "", SAYS)
    if any(isinstance(n, Pred) and n.name in SPECTRAL for n in walk(world.goal)):
        return world.failing_set() == "open"
    try:
        for t in walk(world.goal):
            if isinstance(t, SpectralRadius | Norm):
                world.values.matrix(t)
    except (Refused, Undefined):
        return False
    return True
