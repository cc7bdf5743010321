"""How to show by one test what the powers of a matrix do. What they do is decided elsewhere (``spectra``).

For an n x n matrix M: ||M^r|| < 1 in the maximum norm: M^k -> 0. |tr M^r| > n: an eigenvalue outside the unit
circle. M^a = M^b != 0 with a < b: the powers recur for ever. |det M| >= 1 or |tr M^r| >= n: they do not vanish.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import as_index
from symrnn.claims.tree import Jac, Sym
from symrnn.errors import Refused
from symrnn.semantics.magnitudes import factored
from symrnn.semantics.numbers import enclosure, sign_of
from symrnn.semantics.values import Matrix

if TYPE_CHECKING:
    from symrnn.semantics.instances import World

Rational = list[list[Fraction]]
POWERS = 48
BITS = 12_000  # of the largest entry, past which no further power is taken


def growth(m: Rational, factor: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))) -> tuple[str, int]:
    """What the powers do, and the power that shows it; of f M, f a positive number between the two of ``factor``.

    "vanishes", "explodes", "recurs" (bounded, not to 0), "persists" (not to 0), or "unknown".
    """
    n, power = len(m), m
    seen: list[Rational] = []
    low, high = factor
    persists = 1 if low**n * abs(_determinant(m)) >= 1 else 0
    for r in range(1, POWERS + 1):
        trace = low**r * abs(sum((power[i][i] for i in range(n)), Fraction(0)))
        if high**r * _norm(power) < 1:
            return "vanishes", r
        if trace > n:
            return "explodes", r
        if power in seen and low == high == 1:
            return "recurs", r
        persists = persists or (r if trace >= n else 0)
        seen.append(power)
        if any(x.denominator.bit_length() + x.numerator.bit_length() > BITS for row in power for x in row):
            break
        power = _times(power, m)
    return ("persists", persists) if persists else ("unknown", 0)


def growth_of(m: Matrix) -> tuple[str, int]:
    """The same of a matrix that may be a logarithm times a rational one."""
    found = factored(m)
    return growth(found.rational, enclosure(found.factor if sign_of(found.factor) > 0 else -found.factor, 32))


def shown_by(world: World) -> tuple[str, int] | None:
    """The test that the Jacobian over one period meets, and at which power; None if none does."""
    cell, instance = world.cell, world.instance
    if cell is None:
        return None
    head = cell.states[0]
    stop, start = (
        Sym(head.name, head.shape, head.role, head.props, (as_index(at),), False)
        for at in (instance.stop, instance.start)
    )
    try:
        says, power = growth_of(world.values.matrix(Jac(stop, start, "numerator")))
    except Refused:
        return None
    return None if says == "unknown" else (says, power)


def _norm(m: Rational) -> Fraction:
    """The maximum norm: the largest sum of magnitudes in a row."""
    return max(sum((abs(x) for x in row), Fraction(0)) for row in m)


def _times(a: Rational, b: Rational) -> Rational:
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, c, strict=True)), Fraction(0)) for c in columns] for row in a]


def _determinant(m: Rational) -> Fraction:
    rows, out = [list(r) for r in m], Fraction(1)
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != c:
            rows[c], rows[pivot], out = rows[pivot], rows[c], -out
        out *= rows[c][c]
        for r in range(c + 1, len(rows)):
            factor = rows[r][c] / rows[c][c]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[c], strict=True)]
    return out
