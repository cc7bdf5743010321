"""How to show by one test what the powers of a matrix do. What they do is decided elsewhere (``spectra``).

For an n x n matrix M: ||M^r|| < 1 in the maximum norm: M^k -> 0. |tr M^r| > n: an eigenvalue outside the unit
circle. M^a = M^b != 0 with a < b: the powers recur for ever. |det M| >= 1 or |tr M^r| >= n: they do not vanish.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import as_index
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Jac, Pred, Sym
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics.magnitudes import factored
from symrnn.semantics.numbers import enclosure, sign_of
from symrnn.semantics.realisations import realisation
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


@dataclass(frozen=True)
class Growth:
    """What the ``monodromy``, the Jacobian of the whole state over one period, does, or a block of its powers.

    ``of`` and ``wrt`` name that block: it is ``left`` ``step``^q ``right`` over q periods, the smallest such matrices.
    """

    monodromy: Matrix
    says: str
    power: int
    of: str = ""
    wrt: str = ""
    left: Rational = field(default_factory=list)
    step: Rational = field(default_factory=list)
    right: Rational = field(default_factory=list)


def growth_along(world: World) -> Growth:
    """What the Jacobians along a periodic run do; of several state blocks, that by which the goal speaks of one."""
    cell, start, stop = world.cell, world.instance.start, world.instance.stop
    if cell is None:
        raise Refused("growth needs a recurrence")
    bands = [
        [world.values.matrix(Jac(_at(a, stop), _at(b, start), "numerator")) for b in cell.states] for a in cell.states
    ]
    whole: Matrix = tuple(tuple(x for m in band for x in m[i]) for band in bands for i in range(len(band[0])))
    spoken = {
        (t.of.name, t.wrt.name) for p in walk(world.goal) if isinstance(p, Pred) for t in walk(p) if isinstance(t, Jac)
    }
    names = [b.name for b in cell.states]
    if len(names) > 1 and len(spoken) == 1:
        ((of, wrt),) = spoken
        if of in names and wrt in names:
            found = _of_block(whole, of, wrt, dict(zip(names, (len(band[0]) for band in bands), strict=True)))
            if stop - start == 1 or found.says in ("explodes", "persists"):  # else it says nothing of lags in between
                return found
    return Growth(whole, *growth_of(whole))


def _of_block(whole: Matrix, of: str, wrt: str, sizes: dict[str, int]) -> Growth:
    """The block of the powers of a rational matrix, by the smallest matrix that has it."""
    found, rows = factored(whole), {}
    if not found.plain:
        raise Refused("the growth of a block of a matrix that is not rational")
    for name in sizes:
        first = sum(size for other, size in sizes.items() if list(sizes).index(other) < list(sizes).index(name))
        rows[name] = [[Fraction(j == first + i) for j in range(len(whole))] for i in range(sizes[name])]
    picked = [list(column) for column in zip(*rows[wrt], strict=True)]
    left, step, right = realisation(rows[of], found.rational, picked)
    says, power = growth(step) if step else ("vanishes", 1)
    return Growth(whole, says, power, of, wrt, left, step, right)


def shown_by(world: World) -> tuple[str, int] | None:
    """The test that the Jacobian over one period meets, and at which power; None if none does."""
    try:
        found = growth_along(world)
    except Refused:
        return None
    return None if found.says == "unknown" else (found.says, found.power)


def _at(head: Sym, time: int) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


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
