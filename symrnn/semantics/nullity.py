"""Null failing sets: a polynomial that is not 0, and not the zero polynomial at any size. Trusted.

The zeros of a polynomial that is not zero are null, in every open set: hypotheses must be open.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import (
    Add,
    And,
    Const,
    Discriminant,
    Eye,
    Inv,
    MatMul,
    Not,
    Pow,
    Pred,
    Prop,
    Rel,
    Sym,
    Term,
    Times,
    Transpose,
)
from symrnn.errors import Refused
from symrnn.semantics.context import Context
from symrnn.semantics.multiples import scalar_value

LINEAR = frozenset(("diagonal", "symmetric", "scalar", "invertible", "lower_triangular", "upper_triangular"))
CLOSED = frozenset(
    ("diagonal", "symmetric", "scalar", "normal", "orthogonal", "skew", "lower_triangular", "upper_triangular")
)
Affine = tuple[Fraction, Fraction]  # a R + b I, R = diag(1, ..., n)


def is_open(h: Prop) -> bool:
    """Whether a hypothesis that holds somewhere holds nearby.

    What denies an equation also holds where a side has no inverse, and so no value: on a closed set.
    """
    if isinstance(h, Not):
        if any(isinstance(t, Inv) or (isinstance(t, Pow) and not Context().at_least(t.exponent, 0)) for t in walk(h)):
            return False
        return (isinstance(h.arg, Rel) and h.arg.op == "=") or (isinstance(h.arg, Pred) and h.arg.name in CLOSED)
    return (isinstance(h, Rel) and h.op == "<") or (isinstance(h, Pred) and h.name == "invertible")


def is_null_outside(condition: Prop, scalars: dict[str, Fraction], ramp: str) -> None:
    """Return if the condition excludes a null set only, at every size; Refused otherwise.

    Each symbol stands for a multiple of I, the one called ``ramp`` for diag(1, ..., n): there no polynomial vanishes.
    """
    for part in condition.args if isinstance(condition, And) else (condition,):
        for s in symbols(part):
            free = s.role == "free" and not set(s.props) - LINEAR
            if (
                not free
                or ("invertible" in s.props and not scalars.get(s.name))
                or ("scalar" in s.props and s.name == ramp)
            ):
                raise Refused("the condition involves more than freely chosen matrices")
        if isinstance(part, Pred) and part.name == "invertible":
            fine = scalar_value(part.arg, scalars) != 0
        elif isinstance(part, Not) and isinstance(part.arg, Rel) and part.arg.op == "=":
            fine = part.arg.rhs == Const(Fraction(0)) and _polynomial_not_zero(part.arg.lhs, scalars, ramp)
        else:
            raise Refused("the condition must be that matrices are invertible, or numbers not 0")
        if not fine:
            raise Refused("a polynomial vanishes at the given point")


def _polynomial_not_zero(q: Term, scalars: dict[str, Fraction], ramp: str) -> bool:
    if isinstance(q, Discriminant):  # the eigenvalues of a R + b I are a i + b, all different
        return _affine(q.arg, scalars, ramp)[0] != 0
    return scalar_value(q, scalars) != 0


def _affine(t: Term, scalars: dict[str, Fraction], ramp: str) -> Affine:
    zero, one = Fraction(0), Fraction(1)
    if isinstance(t, Sym):
        if t.shape is not None and t.shape[0] != t.shape[1]:
            raise Refused(f"{t} is not square")
        if t.name == ramp:
            if t.shape is None:
                raise Refused(f"{t} is a number, and no diag(1, ..., n)")
            return one, zero
        if t.name not in scalars:
            raise Refused(f"{t} has no value at the given point")
        return zero, scalars[t.name]
    if isinstance(t, Const):
        return zero, t.value
    if isinstance(t, Eye):
        return zero, one
    if isinstance(t, Transpose):
        return _affine(t.arg, scalars, ramp)
    if isinstance(t, Add):
        parts = [_affine(x, scalars, ramp) for x in t.args]
        return sum((p[0] for p in parts), zero), sum((p[1] for p in parts), zero)
    if isinstance(t, Times | MatMul):
        a, b = zero, one
        for x in t.args:
            c, d = _affine(x, scalars, ramp)
            if a and c:
                raise Refused("a product of two that are no multiples of I")
            a, b = a * d + b * c, b * d
        return a, b
    raise Refused(f"{type(t).__name__} at the given point")
