"""Numbers beside columns and rows: ``1 - z`` means ones - z, and ``le(v, q)`` says that every entry is at most q.

Taken up once, when a claim or a recurrence is made; the tree then has the column of ones, and nothing else need know.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Var
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import rebuild
from symrnn.claims.tree import Add, Const, Hadamard, Ones, Rel, Term, Times, Transpose, Zeros
from symrnn.errors import ClaimError, ShapeMismatch

UNFIT = (Index((), 0), Index((), 0))


def spread(n: Any) -> Any:
    """An expression or claim with numbers beside columns (rows) written as multiples of the column (row) of ones.

    In sums, elementwise products and equations only numbers are taken so, in inequalities all scalars. The number 0
    fits everything as it is; in an inequality it is the zero matrix. What does not fit otherwise stays, to be refuted.

    >>> from symrnn import hadamard, le, scalar, size, vector
    >>> v, q = vector("v", size("n")), scalar("q")
    >>> print(spread(le(hadamard(1 - v, v), q)))
    hadamard(ones - v, v) <= q ones
    """
    if isinstance(n, Index | Var):
        return n
    made = rebuild(n, spread)
    if isinstance(made, Add):
        return _sum(made)
    if isinstance(made, Hadamard):
        return Hadamard(_factor(made.left, made.right), _factor(made.right, made.left))
    if isinstance(made, Rel):
        free = made.op != "="
        return Rel(made.op, _beside(made.lhs, made.rhs, free), _beside(made.rhs, made.lhs, free))
    return made


def _sum(t: Add) -> Add:
    column = next((a for a in t.args if _ones(a) is not None), None)
    return t if column is None else Add(tuple(_beside(a, column, False) for a in t.args))


def _beside(t: Term, other: Term, any_scalar: bool) -> Term:
    """A scalar as a column (row) if the other term is one; a product of numbers that is 0 as the number 0.

    In an inequality 0 is the zero matrix.
    """
    ones, value, shape = _ones(other), _number(t), _shape(other)
    if any_scalar and value == 0 and shape not in (None, (ONE, ONE), UNFIT):
        return Zeros(*shape)
    if value == 0 and shape is not None:
        return Const(Fraction(0))
    if ones is None or _shape(t) is not None or (value is None and not any_scalar):
        return t
    if value == 1:
        return ones
    return Times((t if value is None else Const(value), ones))


def _factor(t: Term, other: Term) -> Term:
    """A factor of an elementwise product; 0 as a column if the other is one."""
    made, shape = _beside(t, other, False), _shape(other)
    return made if _ones(other) is None or made != Const(Fraction(0)) else Zeros(*shape)


def _number(t: Term) -> Fraction | None:
    """The value of a number or product of numbers; None for what is none."""
    if isinstance(t, Const):
        return t.value
    if not isinstance(t, Times):
        return None
    out = Fraction(1)
    for a in t.args:
        value = _number(a)
        if value is None:
            return None
        out *= value
    return out


def _ones(t: Term) -> Term | None:
    """The column (row) of ones like a column (row) of more than one entry, for some sizes; None for what is none."""
    shape = _shape(t)
    if shape is None or (shape[0] == ONE) == (shape[1] == ONE):
        return None
    return Ones(shape[0]) if shape[1] == ONE else Transpose(Ones(shape[1]))


def _shape(t: Term) -> Any:
    """The shape, or a 0 x 0 one where there is none: it is neither a scalar nor a column."""
    try:
        return shape_of(t)
    except (ClaimError, ShapeMismatch):
        return UNFIT


__all__ = ["spread"]
