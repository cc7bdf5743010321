"""The functions a script writes claims with. They build trees and check nothing but their arguments' kinds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import overload

from symrnn.claims.index import Index, IndexLike, as_index, checked_name, sole_variable
from symrnn.claims.predicates import PROPERTIES
from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import (
    Abs,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    Hadamard,
    Inv,
    Jac,
    JordanBlock,
    Norm,
    Ones,
    Prod,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Trace,
    Transpose,
    Zeros,
    as_term,
)
from symrnn.errors import ClaimError


def scalar(name: str) -> Sym:
    """A free real scalar, which may multiply any matrix. Raises ClaimError for what is no name."""
    return Sym(checked_name(name), None, "free", (), (), False)


def number(value: int | Fraction) -> Term:
    """An exact number as a term, for powers such as ``number(Fraction(1, 4)) ** k``. Raises ClaimError for a float.

    >>> from symrnn import lag
    >>> print(number(Fraction(1, 4)) ** lag("k"))
    (1/4)^k
    """
    return as_term(value)


@overload
def vector(name: str, n: IndexLike) -> Sym: ...


@overload
def vector(name: Iterable[object]) -> Term: ...


def vector(name: str | Iterable[object], n: IndexLike = 1) -> Term:
    """A free real column vector, n x 1; ``v[j]`` is a member of a family. Raises ClaimError for what is no name.

    With a list of numbers or scalars in place of the name: the column of these.

    >>> from symrnn import size
    >>> v = vector("v", size("n"))
    >>> print(v.T @ v)
    v^T v
    >>> print(vector([1, Fraction(1, 2)]))
    [1; 1/2]
    """
    return matrix(name, n, 1) if isinstance(name, str) else as_term([[x] for x in name])


@overload
def matrix(name: str, rows: IndexLike, cols: IndexLike | str | None = None, *properties: str, **named: bool) -> Sym: ...


@overload
def matrix(name: Iterable[Iterable[object]]) -> Term: ...


def matrix(
    name: str | Iterable[Iterable[object]],
    rows: IndexLike | None = None,
    cols: IndexLike | str | None = None,
    *properties: str,
    **named: bool,
) -> Term:
    """A free real matrix, rows x cols (square if ``cols`` is left out), with properties as assumptions.

    ``A[j]`` is a member of a family, ``A[i, j]`` an entry, counted from 1. With rows of numbers or scalars in place of
    the name: that matrix. Raises ClaimError for an unknown property, for one that needs a square matrix where it is
    not, and for rows of different lengths.

    >>> from symrnn import size
    >>> n = size("n")
    >>> print(matrix("D", n, n, "diagonal") @ matrix("W", n, n))
    D W
    >>> matrix("D", n, n, "diagonal") == matrix("D", n, "diagonal") == matrix("D", n, diagonal=True)
    True
    >>> print(matrix([[Fraction(1, 2), 0], [0, 1]]) @ matrix("W", 2))
    [1/2, 0; 0, 1] W
    """
    if not isinstance(name, str):
        if rows is not None or properties or named:
            raise ClaimError("matrix takes rows of numbers alone, or a name, a size and properties")
        return as_term([list(row) for row in name])
    if rows is None:
        raise ClaimError(f"how large is {name}? write matrix({name!r}, n) or matrix({name!r}, n, m)")
    if isinstance(cols, str):
        properties, cols = (cols, *properties), None
    properties = (*properties, *(p for p in named if named[p]))
    for p in (*properties, *named):
        if p not in PROPERTIES:
            raise ClaimError(f"unknown property {p!r} of {name}; there are: {', '.join(PROPERTIES)}")
    shape = (as_index(rows), as_index(rows if cols is None else cols))
    if properties and shape[0] != shape[1] and set(properties) != {"nonnegative"}:
        raise ClaimError(f"{name} is {shape[0]} x {shape[1]}: {', '.join(properties)} needs a square matrix")
    return Sym(checked_name(name), shape, "free", tuple(sorted(set(properties))), (), False)


def eye(n: IndexLike) -> Term:
    """The n x n identity matrix."""
    return Eye(as_index(n))


def zeros(rows: IndexLike, cols: IndexLike | None = None) -> Term:
    """The rows x cols zero matrix (square if ``cols`` is left out). The number 0 beside a matrix means the same.

    >>> from symrnn import eq, size
    >>> print(eq(matrix("A", size("n")), zeros(size("n"))))
    A = 0
    """
    return Zeros(as_index(rows), as_index(rows if cols is None else cols))


def ones(n: IndexLike) -> Term:
    """The n x 1 column of ones. A number beside a column means so many of each: ``1 - z[t]`` is ``ones(n) - z[t]``.

    >>> from symrnn import eq
    >>> print(eq(diag(ones(3)), eye(3)))
    diag(ones) = I
    """
    return Ones(as_index(n))


def jacobian(of: object, wrt: object, layout: str = "") -> Term:
    """The Jacobian d of / d wrt along the trajectory, of shape (length of ``of``) x (length of ``wrt``).

    ``of`` and ``wrt`` are states, inputs or locals of the cell at stated times, such as h[t] and h[t-k]. Numerator
    layout, the default: entry (i, j) is d of_i / d wrt_j. Denominator layout is the transpose. Other blocks of the
    state at the time of ``wrt`` are held. Raises ClaimError for what has no time, and for an unknown layout.

    >>> from symrnn import Elman
    >>> cell = Elman()
    >>> print(jacobian(cell.h[cell.t], cell.h[cell.t - 1]))
    d h[t] / d h[t-1]
    """
    if layout not in ("", "numerator", "denominator"):
        raise ClaimError(f"layout is 'numerator' or 'denominator', not {layout!r}")
    return Jac(_at_a_time(of), _at_a_time(wrt), layout)


def _at_a_time(what: object) -> Sym:
    if isinstance(what, Sym) and what.index:
        return what
    raise ClaimError(f"jacobian takes a state, input or local at a time, such as h[t]; got {what}")


def product(body: object, var: object, first: IndexLike, last: IndexLike, order: str = "descending") -> Term:
    """The ordered product of ``body`` for ``var`` between ``first`` and ``last``, whichever is the later.

    The larger index (the later time) stands on the left, unless ``order="ascending"``; an empty range gives I. The body
    must be square. Raises ClaimError for another order, or if ``var`` is an expression such as j + 1.

    >>> from symrnn import matrix, size, lag, time, index
    >>> n, t, k, j = size("n"), time("t"), lag("k"), index("j")
    >>> A = matrix("A", n, n)
    >>> product(A[j], j, t, t - k + 1) == product(A[j], j, t - k + 1, t)
    True
    """
    if order not in ("descending", "ascending"):
        raise ClaimError(f"order is 'descending' or 'ascending', not {order!r}")
    lo, hi = _ordered(as_index(first), as_index(last), first_is_upper=order == "descending")
    return Prod(as_term(body), sole_variable(var), lo, hi, order == "descending")


def summation(body: object, var: object, first: IndexLike, last: IndexLike) -> Term:
    """The sum of ``body`` for ``var`` between ``first`` and ``last``, whichever is the larger; an empty range gives 0.

    Raises ClaimError if ``var`` is an expression such as j + 1.

    >>> from symrnn import index, lag
    >>> i, k, A = index("i"), lag("k"), matrix("A", 2)
    >>> print(summation(A**i, i, 0, k - 1))
    sum(i = 0 .. k-1, A^i)
    """
    lo, hi = _ordered(as_index(first), as_index(last), first_is_upper=False)
    return Sum(as_term(body), sole_variable(var), lo, hi)


def _ordered(a: Index, b: Index, first_is_upper: bool) -> tuple[Index, Index]:
    """(lo, hi): the bound that grows with the free lags and sizes is the upper one; numbers by their value.

    Where the two cannot be told apart so (t and s), products read downwards, ascending ones and sums upwards.
    """
    gap = a - b
    if gap.is_const:
        return (b, a) if gap.const > 0 else (a, b)
    signs = {c > 0 for v, c in gap.terms if v.kind in ("lag", "size")} or {c > 0 for _, c in gap.terms}
    a_is_upper = signs == {True} or (len(signs) == 2 and first_is_upper)
    return (b, a) if a_is_upper else (a, b)


def diag(v: object) -> Term:
    """The n x n diagonal matrix of an n x 1 column vector.

    >>> print(diag(vector("v", 2)))
    diag(v)
    """
    return Diag(as_term(v))


def block_matrix(rows: Iterable[Iterable[object]]) -> Term:
    """A matrix of blocks, row by row, numbers and scalars being 1 x 1; ``zeros(n, m)`` is a block of zeros.

    >>> from symrnn import matrix, size, zeros
    >>> n, m = size("n"), size("m")
    >>> print(block_matrix([[matrix("A", n), matrix("B", n, m)], [zeros(m, n), matrix("C", m)]]))
    [A, B; 0, C]
    """
    made = tuple(tuple(as_term(block) for block in row) for row in rows)
    if not made or not made[0] or any(len(row) != len(made[0]) for row in made):
        raise ClaimError("a matrix of blocks needs rows of equally many blocks, at least one")
    blocks = [block for row in made for block in row]
    if any(isinstance(b, Const) and b.value == 0 for b in blocks) and any(shape_of(b) is not None for b in blocks):
        raise ClaimError("the number 0 has no size: write zeros(n, m) for a block of zeros")
    return Blocks(made)


def inv(a: object) -> Term:
    """The inverse of a square matrix, also written ``a.inv``; undefined where the matrix is singular."""
    return Inv(as_term(a))


def transpose(a: object) -> Term:
    """The transpose, m x n of an n x m matrix; also written ``a.T``."""
    return Transpose(as_term(a))


def trace(a: object) -> Term:
    """The trace of a square matrix, a scalar."""
    return Trace(as_term(a))


def det(a: object) -> Term:
    """The determinant of a square matrix, a scalar."""
    return Det(as_term(a))


def norm(a: object, kind: object = 2) -> Term:
    """A norm, a scalar: kind 2 (spectral, the default), 1 or "inf" are operator norms, "fro" is the Frobenius norm.

    Raises ClaimError for another kind.

    >>> print(norm(matrix("A", 2)), norm(matrix("A", 2), "inf"))
    ||A|| ||A||_inf
    """
    if str(kind) not in ("1", "2", "inf", "fro"):
        raise ClaimError(f"norm is 1, 2, 'inf' or 'fro', not {kind!r}")
    return Norm(as_term(a), str(kind))


def spectral_radius(a: object) -> Term:
    """The largest magnitude of an eigenvalue of a square matrix, a scalar."""
    return SpectralRadius(as_term(a))


def absolute(a: object) -> Term:
    """Entrywise absolute value, of the same shape."""
    return Abs(as_term(a))


def hadamard(a: object, b: object) -> Term:
    """The elementwise product of two terms of one shape."""
    return Hadamard(as_term(a), as_term(b))


def entry(a: object, i: IndexLike, j: IndexLike) -> Term:
    """Entry (i, j), a scalar, counted from 1; also written ``a[i, j]``. Undefined where there is no such entry."""
    return Entry(as_term(a), as_index(i), as_index(j))


def commutator(a: object, b: object) -> Term:
    """a b - b a, for square matrices of one size."""
    x, y = as_term(a), as_term(b)
    return x @ y - y @ x


def discriminant(a: object) -> Term:
    """The discriminant of the characteristic polynomial of a: 0 if and only if an eigenvalue is repeated."""
    return Discriminant(as_term(a))


def binomial(top: IndexLike, bottom: IndexLike) -> Term:
    """The binomial coefficient, 0 outside 0 <= bottom <= top.

    >>> from symrnn import lag
    >>> print(binomial(lag("k"), 2))
    binomial(k, 2)
    """
    return Binomial(as_index(top), as_index(bottom))


def jordan_block(value: object, n: IndexLike) -> Term:
    """The n x n Jordan block: the scalar ``value`` on the diagonal, 1 on the one above it."""
    return JordanBlock(as_term(value), as_index(n))
