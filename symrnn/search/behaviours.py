"""What a Jacobian does as its lag grows: what a claim asks of it, and a glance at what it does. Untrusted.

So that runs which cannot meet the hypotheses, or cannot violate the claim, are not even made.
"""

from __future__ import annotations

from collections.abc import Sequence

from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import ForAllTrajectories, Jac, MatMul, Not, Pred, Prop, Term, Transpose

CLOSE = {1: 1e-6, 2: 1e-6}  # to 1, where a spectral radius in floating point says nothing, by the number of rows
DOUBLINGS = 10
WORDS = frozenset(("vanishes", "bounded", "explodes"))  # what the Jacobian can do
MEETING = {"vanishes": {"vanishes"}, "bounded": {"vanishes", "bounded"}, "explodes": {"explodes"}}


def required(goal: Prop | None, hypotheses: tuple[Prop, ...]) -> frozenset[str]:
    """What the Jacobian must do for the hypotheses to hold, and for the ``goal`` to fail, as far as that is seen."""
    found = WORDS.intersection(*(_where(h, True) for h in hypotheses))
    while isinstance(goal, ForAllTrajectories):
        goal = goal.body
    return found if goal is None else found & _where(goal, False)


def _where(p: Prop, holds: bool) -> frozenset[str]:
    """What the Jacobian may do where a statement about a limit of it, or of products with it, holds (or fails)."""
    while isinstance(p, Not) or (isinstance(p, ForAllTrajectories) and holds):
        p, holds = (p.arg, not holds) if isinstance(p, Not) else (p.body, holds)
    if not isinstance(p, Pred) or p.var is None or p.name not in MEETING:
        return WORDS
    factors = p.arg.args if isinstance(p.arg, MatMul) else (p.arg,)
    factors = tuple(f.arg if isinstance(f, Transpose) else f for f in factors)
    jacobians = [f for f in factors if _is_whole(f, p.var)]
    rest = [f for f in factors if f not in jacobians]
    if not jacobians or any(p.var in free_vars(f) or any(s.role != "free" for s in symbols(f)) for f in rest):
        return WORDS
    there = frozenset(MEETING[p.name]) if holds else WORDS - MEETING[p.name]
    if factors == tuple(jacobians[:1]):
        return there
    return WORDS if "vanishes" in there else there  # a product may do less, and not more


def _is_whole(t: Term, lag: Var) -> bool:
    """Whether a term is the Jacobian of the state by itself so many steps before, but for a constant number."""
    return isinstance(t, Jac) and t.of.name == t.wrt.name and (t.of.index[0] - t.wrt.index[0] - as_index(lag)).is_const


def glance(weight: Sequence[Sequence[float]], slopes: Sequence[Sequence[float]]) -> str:
    """ "vanishes" or "explodes", of the powers of the Jacobian over one period; "" where the radius is close to 1."""
    n = len(weight)
    m = [[float(i == j) for j in range(n)] for i in range(n)]
    for p in slopes:
        m = _times([[x * w for w in row] for x, row in zip(p, weight, strict=True)], m)
    radius = _radius(m)
    return "" if abs(radius - 1) <= CLOSE.get(n, 0.05) else "vanishes" if radius < 1 else "explodes"


def _radius(m: list[list[float]]) -> float:
    """The spectral radius: by a formula for up to two rows, else by a high power, scaled on the way."""
    if len(m) <= 2:
        trace = sum(m[i][i] for i in range(len(m)))
        det = m[0][0] * m[1][1] - m[0][1] * m[1][0] if len(m) == 2 else 0.0
        gap = trace * trace - 4 * det
        return (abs(trace) + gap**0.5) / 2 if gap >= 0 else float(det**0.5)
    found = 1.0
    for i in range(DOUBLINGS + 1):
        size = max(abs(x) for row in m for x in row)
        if size == 0:
            return 0.0
        found *= float(size ** (1 / 2**i))
        m = [[x / size for x in row] for row in m]
        m = _times(m, m)
    return found


def _times(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, c, strict=True)) for c in columns] for row in a]
