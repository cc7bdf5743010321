"""Matrices of an mpmath context as lists of rows. Those of mpmath are dictionaries, and ten times as slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mpmath

from symrnn.errors import Undefined

Number = Any  # an mpf of the context
_LIBMP: Any = mpmath.libmp
_TIMES, _SUM = _LIBMP.mpf_mul, _LIBMP.mpf_sum  # exact products, and their sum rounded once, as in mpmath's own fdot


class Matrix:
    """A matrix; its entries are counted from 0, those of a row or column by one index.

    >>> import mpmath
    >>> ctx = mpmath.mp.clone()
    >>> a = Matrix(ctx, [[ctx.mpf(1), ctx.mpf(2)]])
    >>> print(*(a * a.T), *(a.T - 2 * a.T), a[1], len(a))
    5.0 -1.0 -2.0 2.0 2
    """

    __slots__ = ("_ctx", "_entries", "cols", "rows")

    def __init__(self, ctx: Any, entries: Sequence[Sequence[Number]]) -> None:
        self._ctx, self._entries = ctx, entries
        self.rows, self.cols = len(entries), len(entries[0]) if entries else 0

    def __iter__(self) -> Iterator[Number]:
        for row in self._entries:
            yield from row

    def __len__(self) -> int:
        return self.cols if self.rows == 1 else self.rows

    def __getitem__(self, at: Any) -> Number:
        if isinstance(at, tuple):
            return self._entries[at[0]][at[1]]
        return self._entries[0][at] if self.rows == 1 else self._entries[at][0]

    def row(self, i: int) -> Sequence[Number]:
        """The entries of a row."""
        return self._entries[i]

    def changed(self, i: int, j: int, by: Number) -> Matrix:
        """The matrix with something added to one entry."""
        entries = [list(row) for row in self._entries]
        entries[i][j] = entries[i][j] + by
        return Matrix(self._ctx, entries)

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return Matrix(self._ctx, list(zip(*self._entries, strict=True)))

    def each(self, change: Callable[[Number], Number]) -> Matrix:
        """The matrix with every entry changed."""
        return Matrix(self._ctx, [[change(x) for x in row] for row in self._entries])

    def __neg__(self) -> Matrix:
        return self.each(lambda x: -x)

    def __add__(self, other: Matrix) -> Matrix:
        return Matrix(self._ctx, [[x + y for x, y in pair] for pair in self._beside(other)])

    def __sub__(self, other: Matrix) -> Matrix:
        return Matrix(self._ctx, [[x - y for x, y in pair] for pair in self._beside(other)])

    def _beside(self, other: Matrix) -> Iterator[Iterator[tuple[Number, Number]]]:
        if (self.rows, self.cols) != (other.rows, other.cols):
            raise Undefined(f"{self.rows} x {self.cols} against {other.rows} x {other.cols}")
        return (zip(a, b, strict=True) for a, b in zip(self._entries, other._entries, strict=True))

    def __mul__(self, other: Any) -> Matrix:
        """The product, each entry rounded once; or every entry times a number."""
        if not isinstance(other, Matrix):
            return self.each(lambda x: x * other)
        if self.cols != other.rows:
            raise Undefined(f"{self.rows} x {self.cols} times {other.rows} x {other.cols}")
        columns = [[y._mpf_ for y in column] for column in zip(*other._entries, strict=True)]
        (precision, rounding), made = self._ctx._prec_rounding, self._ctx.make_mpf
        entries = []
        for row in self._entries:
            left = [x._mpf_ for x in row]
            sums = [_SUM(list(map(_TIMES, left, column)), precision, rounding) for column in columns]
            entries.append([made(x) for x in sums])
        return Matrix(self._ctx, entries)

    def __rmul__(self, number: Number) -> Matrix:
        return self.each(lambda x: number * x)

    def __truediv__(self, number: Number) -> Matrix:
        return self.each(lambda x: x / number)
