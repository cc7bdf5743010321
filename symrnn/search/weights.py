"""Recurrent weights worth trying where limits are at stake, small ones first. Untrusted, deterministic.

Nilpotent ones, ones with the eigenvalues 1/2 and -1/2 that are far from normal, rotations, diagonal, triangular,
symmetric and positive ones, and pairs of rows that turn against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache

from symrnn.search.pools import Plain

HALF = Fraction(1, 2)
SCALES = tuple(Fraction(x) for x in (1, 2, 3, 4, 5, 8, 16, 20, 32)) + (HALF, Fraction(1, 4), Fraction(1, 8))
PAIRS: tuple[Callable[[Fraction], Plain], ...] = (
    lambda s: [[s, s], [-s, -s]],
    lambda s: [[s, s + HALF], [HALF - s, -s]],
    lambda s: [[s * 0, s], [s * 0, s * 0]],
    lambda s: [[s, s * 0], [s * 0, s]],
    lambda s: [[s * 0, s], [-s, s * 0]],
    lambda s: [[s, s], [s * 0, s]],
    lambda s: [[s, s * 0], [s * 0, 2 * s]],
    lambda s: [[s * 0, s], [s, s * 0]],
    lambda s: [[s, s], [s, s]],
    lambda s: [[s, s], [-s, s]],
    lambda s: [[s, 2 * s], [s * 0, s / 2]],
)
TURNING = tuple((Fraction(a, 2), Fraction(a + d, 2)) for a in range(1, 8) for d in (1, 2, 3, 4))  # [[-a, b], [-b, a]]


@cache
def weights(n: int, steep: bool) -> list[Plain]:
    """Square matrices of size n, by their largest entry; ``steep``: the activation's derivative reaches 1."""
    found: list[tuple[Fraction, int, int, Plain]] = []
    for order, m in enumerate(_made(n, steep)):
        size = max(abs(x) for row in m for x in row) or Fraction(10**6)  # no weight at all: last
        found.append((size, max(x.denominator for row in m for x in row), order, m))
    return [list(map(list, m)) for m in dict.fromkeys(tuple(map(tuple, item[3])) for item in sorted(found, key=_rank))]


def _rank(item: tuple[Fraction, int, int, Plain]) -> tuple[Fraction, int, int]:
    return item[:3]


def _made(n: int, steep: bool) -> Iterator[Plain]:
    if n == 1:
        yield from ([[sign * s]] for s in (*SCALES, Fraction(0)) for sign in (1, -1))
    if n == 2:
        yield from (make(s) for make in PAIRS for s in SCALES)
        yield [[Fraction(0), Fraction(0)], [Fraction(0), Fraction(2)]]  # a unit that grows beside one that vanishes
        for a, b in TURNING:
            yield [[-a, b], [-b, a]]
            if steep:
                yield [[-a / 4, b / 4], [-b / 4, a / 4]]
        yield [[Fraction(0)] * 2, [Fraction(0)] * 2]
    if n > 3:  # what only many units together do
        yield from ([[s] * n for _ in range(n)] for s in (Fraction(9, 10), HALF, Fraction(1), Fraction(2)))
    if n == 3:
        for s in SCALES:
            yield [[s * (j == i + 1) for j in range(3)] for i in range(3)]
            yield [[s * (i == j) for j in range(3)] for i in range(3)]
            yield [[s, s, s * 0], [-s, -s, s * 0], [s * 0, s * 0, s * 0]]
            yield [[s * (j == (i + 1) % 3) for j in range(3)] for i in range(3)]
            yield [[s * (i <= j) for j in range(3)] for i in range(3)]
