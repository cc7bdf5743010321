"""Exact comparisons of scalars that may be irrational: spectral radii, 2-norms and Frobenius norms. Trusted.

A matrix is a number times a rational matrix where its entries are rational multiples of one number (all rational, or
all of them multiples of one logarithm). Comparing is exact between two such quantities and between one and a rational
number; for sums and products of them by enclosures, and Refused where these do not come apart.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

from symrnn.claims.index import Node, as_index
from symrnn.claims.shapes import is_scalar, shape_of
from symrnn.claims.substitution import contains, substitute, walk
from symrnn.claims.tree import Abs, Add, Norm, Pow, Prod, Rel, SpectralRadius, Sum, Term, Times
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics import spectra
from symrnn.semantics.numbers import Num, as_num, enclosure, ratio, sign_of
from symrnn.semantics.spectra import Magnitude, Q
from symrnn.semantics.values import Matrix, Values

PRECISIONS = (16, 64, 160)  # bits of enclosures, in the order in which they are tried
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Scaled:
    """The matrix ``factor`` * ``rational``; the factor is 1 or has logarithms in it."""

    factor: Num
    rational: Q

    @property
    def plain(self) -> bool:
        return not self.factor.logs


def factored(m: Matrix) -> Scaled:
    """A matrix as a number times a rational matrix. Refused where it is none."""
    cells = [[as_num(x) for x in row] for row in m]
    logarithmic = next((x for row in cells for x in row if x.logs), None)
    if logarithmic is None:
        return Scaled(as_num(1), [[x.rational for x in row] for row in cells])
    parts = [[ratio(x, logarithmic) for x in row] for row in cells]
    if any(c is None for row in parts for c in row):
        raise Refused("a matrix whose entries are no rational multiples of one number")
    return Scaled(logarithmic, [[c if c is not None else Fraction(0) for c in row] for row in parts])


# ---- comparisons ----


def is_irrational(t: Node) -> bool:
    """Whether a term or relation speaks of quantities that need not be rational."""
    if contains(t, SpectralRadius):
        return True
    return contains(t, Norm) and any(isinstance(n, Norm) and n.kind in ("2", "fro") for n in walk(t))


def compare(values: Values, p: Rel) -> int:
    """-1, 0 or 1 as the left side of a relation between scalars is below, equal to or above the right one."""
    sides = [substitute(t, values.integers) for t in (p.lhs, p.rhs)]
    if not all(is_scalar(shape_of(t)) for t in sides):
        raise Refused("an order between matrices with irrational entries")
    for t, other, sign in ((sides[0], sides[1], 1), (sides[1], sides[0], -1)):
        parts = _scale(values, t) if is_irrational(t) and not is_irrational(other) else None
        if parts is not None:
            found = _against(values, parts[0], as_num(values.scalar(other)) * (1 / parts[1]))
            if found is not None:
                return sign * found
    alone = [_alone(values, t) for t in sides]
    if alone[0] is not None and alone[1] is not None:
        return alone[0].compare(alone[1])
    for bits in PRECISIONS:
        (a, b), (c, d) = (_enclosed(values, t, bits) for t in sides)
        if b < c or d < a:
            return -1 if b < c else 1
        if a == b == c == d:
            return 0
    raise Refused("two quantities that are equal, or too close to tell apart")


def _against(values: Values, t: SpectralRadius | Norm, c: Num) -> int | None:
    """rho(f M) or ||f M|| against c, by enclosures of c / |f|; None if these do not tell."""
    m, kind = factored(values.matrix(t.arg)), t.kind if isinstance(t, Norm) else "rho"
    if m.plain and not c.logs:
        return spectra.against(kind, m.rational, c.rational)  # the factor is 1
    if spectra.against(kind, m.rational, Fraction(0)) == 0:
        return -sign_of(c)
    if sign_of(c) <= 0:
        return 1
    for bits in PRECISIONS:
        (low, high), (least, most) = enclosure(_magnitude(m.factor), bits), enclosure(c, bits)
        if low > 0 and least > 0:
            if spectra.against(kind, m.rational, least / high) < 0:
                return -1
            if spectra.against(kind, m.rational, most / low) > 0:
                return 1
    return None


def _magnitude(x: Num) -> Num:
    return x if sign_of(x) >= 0 else -x


def magnitude(values: Values, t: Term) -> Magnitude | None:
    """A spectral radius or norm of a rational matrix; None for another term, or another matrix."""
    if not isinstance(t, SpectralRadius | Norm) or (isinstance(t, Norm) and t.kind not in ("2", "fro")):
        return None
    m = factored(values.matrix(t.arg))
    if not m.plain:
        return None
    if isinstance(t, SpectralRadius):
        return spectra.spectral_radius(m.rational)
    return (spectra.spectral_norm if t.kind == "2" else spectra.frobenius_norm)(m.rational)


def _alone(values: Values, t: Term) -> Magnitude | None:
    """A term that is one such quantity, perhaps times a positive rational number, or a rational number >= 0."""
    if not is_irrational(t):
        x = as_num(values.scalar(t))
        return spectra.rational(x.rational) if not x.logs and x.rational >= 0 else None
    parts = _scale(values, t)
    found = magnitude(values, parts[0]) if parts is not None else None
    return None if parts is None or found is None else found.scaled(parts[1])


def _scale(values: Values, t: Term) -> tuple[SpectralRadius | Norm, Fraction] | None:
    """A radius or norm, and the positive rational number it is multiplied by; None if that is not what the term is."""
    if isinstance(t, SpectralRadius | Norm):
        return t, Fraction(1)
    if not isinstance(t, Times):
        return None
    inside = [a for a in t.args if is_irrational(a)]
    others = [as_num(values.scalar(a)) for a in t.args if not is_irrational(a)]
    if len(inside) != 1 or any(x.logs or x.rational <= 0 for x in others):
        return None
    found = _scale(values, inside[0])
    return None if found is None else (found[0], found[1] * prod(x.rational for x in others))


# ---- enclosures ----


def _enclosed(values: Values, t: Term, bits: int) -> Interval:
    """Bounds of a scalar term."""
    if not is_irrational(t):
        return enclosure(as_num(values.scalar(t)), bits)
    rule = _RULES.get(type(t))
    if rule is None:
        raise Refused(f"no enclosure of {type(t).__name__}")
    return rule(values, t, bits)


def _of_matrix(values: Values, t: Any, bits: int) -> Interval:
    if isinstance(t, Norm) and t.kind not in ("2", "fro"):
        raise Refused("a norm of a matrix that is not rational")
    m = factored(values.matrix(t.arg))
    rest = (
        spectra.spectral_radius(m.rational)
        if isinstance(t, SpectralRadius)
        else (spectra.spectral_norm if t.kind == "2" else spectra.frobenius_norm)(m.rational)
    )
    return _product(enclosure(_magnitude(m.factor), bits), rest.bracket(bits))


def _sum(values: Values, t: Add, bits: int) -> Interval:
    parts = [_enclosed(values, a, bits) for a in t.args]
    return sum((p[0] for p in parts), Fraction(0)), sum((p[1] for p in parts), Fraction(0))


def _times(values: Values, t: Times, bits: int) -> Interval:
    out = (Fraction(1), Fraction(1))
    for a in t.args:
        out = _product(out, _enclosed(values, a, bits))
    return out


def _run(values: Values, t: Prod | Sum, bits: int) -> Interval:
    """A product or sum over a range, term by term."""
    low, high = values.integer(t.lo), values.integer(t.hi)
    if high - low > 64:
        raise Refused(f"a range of {high - low + 1} is too long")
    parts = tuple(substitute(t.body, {t.var: as_index(i)}) for i in range(low, high + 1))
    return _times(values, Times(parts), bits) if isinstance(t, Prod) else _sum(values, Add(parts), bits)


def _product(a: Interval, b: Interval) -> Interval:
    ends = [x * y for x in a for y in b]
    return min(ends), max(ends)


def _power(values: Values, t: Pow, bits: int) -> Interval:
    e, base = values.integer(t.exponent), _enclosed(values, t.base, bits)
    if abs(e) > 64:
        raise Refused(f"a power of {e} is too large")
    if e < 0:
        if base[0] <= 0 <= base[1]:
            raise Refused("the reciprocal of what may be 0")
        e, base = -e, (1 / base[1], 1 / base[0])
    out = (Fraction(1), Fraction(1))
    for _ in range(e):
        out = _product(out, base)
    return out


def _absolute(values: Values, t: Abs, bits: int) -> Interval:
    low, high = _enclosed(values, t.arg, bits)
    if low <= 0 <= high:
        return Fraction(0), max(-low, high)
    return min(abs(low), abs(high)), max(abs(low), abs(high))


_RULES: dict[type[Term], Callable[[Values, Any, int], Interval]] = {
    SpectralRadius: _of_matrix,
    Norm: _of_matrix,
    Add: _sum,
    Times: _times,
    Pow: _power,
    Prod: _run,
    Sum: _run,
    Abs: _absolute,
}

__all__ = ["Scaled", "compare", "factored", "is_irrational", "magnitude"]
