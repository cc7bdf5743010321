"""Ordered products D_k W ... D_1 W in whole numbers, with a certain bound of the error in every row.

A factor is a diagonal matrix of intervals times one fixed exact matrix. A product is written as whole numbers times a
power of two, rounded after every factor; what rounding and intervals can have done is added up in whole numbers too.
The bounds lose digits with every factor, much faster than the products themselves, so a run of factors ends when too
many are lost, and the runs are multiplied as balls (arb), pairwise, so that few multiplications stand one upon another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint as untyped

from symrnn.records import dataclass

flint: Any = untyped  # python-flint's types are incomplete
Ball = Any  # flint.arb: a midpoint and a radius

MOST_LOST = 48  # bits, then a run of factors ends: fewer make more runs, more make longer numbers


def ordered_product(matrix: Sequence[Sequence[Fraction]], diagonals: Sequence[Sequence[Ball]], bits: int) -> Any:
    """D_k W ... D_1 W as an n x n matrix of balls: ``matrix`` is W (n x n), ``diagonals`` has those of D_1, ..., D_k.

    Numbers are kept to about ``bits`` bits, which is also to be python-flint's precision now; the balls contain the
    product whatever it is. Without factors it is the identity. Balls: Johansson, Arb, 2017.

    >>> third, exact = Fraction(1, 3), [[flint.arb(1), flint.arb(1)]]
    >>> print(ordered_product([[third, third], [0, 1]], exact * 2, 60)[0, 1].str(15, radius=False))
    0.444444444444444
    """
    weights = _whole_matrix(matrix, bits)
    run = start = _identity(len(matrix))
    runs = []
    for diagonal in diagonals:
        run = _step(_whole_diagonal(diagonal, bits), weights, run, bits)
        if run.lost(bits) > MOST_LOST:
            runs.append(run.balls(weights.denominator))
            run = start
    if run is not start or not runs:
        runs.append(run.balls(weights.denominator))
    while len(runs) > 1:
        pairs = [runs[i + 1] * runs[i] for i in range(0, len(runs) - 1, 2)]
        runs = pairs + runs[len(pairs) * 2 :]
    return runs[0]


@dataclass(frozen=True)
class _Matrix:
    """2^-shift (whole + H) / denominator, where every entry of H is at most ``off`` in magnitude."""

    whole: Any
    magnitudes: Any
    denominator: int
    shift: int
    off: int


@dataclass(frozen=True)
class _Diagonal:
    """2^-shift (whole[i] + a number of magnitude at most off[i]) at place i."""

    whole: list[int]
    off: list[int]
    shift: int


@dataclass(frozen=True)
class _Run:
    """2^exponent (whole + E) / denominator^factors; the entries of row i of E are at most off[i] in magnitude.

    Those of row i of ``whole`` are at most top[i].
    """

    whole: Any
    off: list[int]
    top: list[int]
    exponent: int
    factors: int

    def lost(self, bits: int) -> int:
        """How many of the bits do not count, next to the largest entry."""
        return bits - max(self.top).bit_length() + max(self.off).bit_length() if any(self.off) else 0

    def balls(self, denominator: int) -> Any:
        """The same as a matrix of balls."""
        rows = [
            [flint.arb(x, off) for x in row] if off else row
            for row, off in zip(self.whole.table(), self.off, strict=True)
        ]
        return flint.arb_mat(rows) * (flint.arb(2) ** self.exponent / flint.arb(denominator) ** self.factors)


def _identity(n: int) -> _Run:
    return _Run(flint.fmpz_mat([[int(i == j) for j in range(n)] for i in range(n)]), [0] * n, [1] * n, 0, 0)


def _whole_matrix(rows: Sequence[Sequence[Fraction]], bits: int) -> _Matrix:
    """Exact over a common denominator where that is short, else rounded."""
    entries = [x for row in rows for x in row]
    common = math.lcm(*(x.denominator for x in entries))
    largest = max(abs(x.numerator) * (common // x.denominator) for x in entries)
    if largest.bit_length() <= bits:
        return _matrix([[x.numerator * (common // x.denominator) for x in row] for row in rows], common, 0, 0)
    shift = bits - largest.bit_length() + common.bit_length()
    return _matrix([[_floor(x, shift) for x in row] for row in rows], 1, shift, 1)


def _matrix(whole: list[list[int]], denominator: int, shift: int, off: int) -> _Matrix:
    magnitudes = flint.fmpz_mat([[abs(x) for x in row] for row in whole])
    return _Matrix(flint.fmpz_mat(whole), magnitudes, denominator, shift, off)


def _floor(x: Fraction, shift: int) -> int:
    """2^shift x, rounded down."""
    return (x.numerator << max(shift, 0)) // (x.denominator << max(-shift, 0))


def _whole_diagonal(entries: Sequence[Ball], bits: int) -> _Diagonal:
    """Rounded to about ``bits`` bits of the largest entry; as it is where that is exact and short."""
    middles = [(int(m), int(e)) for m, e in (x.mid().man_exp() for x in entries)]
    radius = max(x.rad() for x in entries)
    shift = bits - max((m.bit_length() + e for m, e in middles if m), default=bits)
    short = max((-e for m, e in middles if m), default=0)
    if radius.is_zero() and short <= shift:
        return _Diagonal([m << (e + short) if m else 0 for m, e in middles], [0] * len(middles), short)
    whole = [m << (e + shift) if e + shift >= 0 else m >> -(e + shift) for m, e in middles]
    off = int((radius * flint.arb(2) ** shift).upper().ceil().unique_fmpz()) + 1
    return _Diagonal(whole, [off] * len(whole), shift)


def _step(d: _Diagonal, w: _Matrix, x: _Run, bits: int) -> _Run:
    r"""D W X, rounded to ``bits`` bits of its largest entry.

    With W = whole + H, X = Z + E and D = c + theta (up to the powers of two), row i of W X - whole Z is at most
    v_i = sum_j \|whole_ij\| off_j + off_W sum_j (top_j + off_j), and row i of D W X - c whole Z at most
    \|c_i\| v_i + theta_i (\|whole Z\|_i + v_i), to which 1 is added by rounding down.
    """
    n = len(x.off)
    spread = (w.magnitudes * flint.fmpz_mat(n, 1, x.off)).entries()
    by_weights = w.off * (sum(x.top) + sum(x.off))
    rows = (w.whole * x.whole).table()
    heights = [int(max(max(row), -min(row))) for row in rows]
    shift = max(0, max(abs(c) * h for c, h in zip(d.whole, heights, strict=True)).bit_length() - bits)
    off, top, whole = [], [], []
    for c, theta, row, height, v in zip(d.whole, d.off, rows, heights, spread, strict=True):
        moved = int(v) + by_weights
        off.append(-(-(abs(c) * moved + theta * (height + moved)) >> shift) + (shift > 0))
        top.append((abs(c) * height >> shift) + 1)
        factor = flint.fmpz(c)
        whole.append([factor * y >> shift for y in row] if shift else [factor * y for y in row])
    return _Run(flint.fmpz_mat(whole), off, top, x.exponent + shift - d.shift - w.shift, x.factors + 1)


__all__ = ["ordered_product"]
