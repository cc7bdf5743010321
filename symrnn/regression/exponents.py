"""Exponents that depend on each other: exp(a), exp(b) and exp(a + b) must not become three unrelated generators.

For exponents that are polynomials the monomials take care of that. For quotients, ``basis`` keeps those seen so far,
and a new one is written as a rational combination of them plus a polynomial, if it is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from symrnn.records import dataclass
from symrnn.regression import polynomials as poly
from symrnn.regression.polynomials import ONE, Monomial, Poly, Remainders

Den = tuple[tuple[Poly, int], ...]
Quotient = tuple[Poly, Den]
MOST = 12  # exponents looked at together


@dataclass(frozen=True)
class Split:
    """An exponent as ``whole + sum of basis[i] * weight``; ``new``: what must join the basis, with its weight."""

    whole: Poly
    weights: tuple[tuple[Quotient, Fraction], ...]


def split(exponent: Quotient, basis: list[Quotient]) -> Split:
    """Write a quotient by the basis, which grows if it must."""
    near = _connected(exponent, basis)[:MOST]
    common: dict[Poly, int] = {}
    for _, den in (exponent, *near):
        for p, n in den:
            common[p] = max(common.get(p, 0), n)
    modulus = _product(common)
    numerators = [poly.multiply(num, _product(_missing(den, common))) for num, den in (exponent, *near)]
    remainders = Remainders(numerators, modulus)
    weights = solve([dict(r) for r in remainders.of[1:]], dict(remainders.of[0]))
    if weights is None:
        return _enlarged(exponent, basis)
    left = poly.add(numerators[0], *(poly.scaled(n, -w) for n, w in zip(numerators[1:], weights, strict=True)))
    whole = poly.quotient(left, modulus)
    if whole is None:
        return _enlarged(exponent, basis)
    return Split(whole, tuple((b, w) for b, w in zip(near, weights, strict=True) if w))


def _enlarged(exponent: Quotient, basis: list[Quotient]) -> Split:
    """The exponent joins the basis, up to a number."""
    num, den = exponent
    lead = num[0][1]
    made = (poly.scaled(num, 1 / lead), den)
    basis.append(made)
    return Split(poly.ZERO, ((made, lead),))


def _connected(exponent: Quotient, basis: Sequence[Quotient]) -> list[Quotient]:
    """Those of the basis that share factors of the denominator, directly or by others."""
    factors, found = {p for p, _ in exponent[1]}, list[Quotient]()
    growing = True
    while growing:
        growing = False
        for b in basis:
            if b not in found and factors & {p for p, _ in b[1]}:
                found.append(b)
                factors |= {p for p, _ in b[1]}
                growing = True
    return found


def _product(factors: dict[Poly, int]) -> Poly:
    return reduce(poly.multiply, (poly.power(p, n) for p, n in factors.items()), ONE)


def _missing(den: Den, common: dict[Poly, int]) -> dict[Poly, int]:
    own = dict(den)
    return {p: n - own.get(p, 0) for p, n in common.items()}


def solve(columns: Sequence[dict[Monomial, Fraction]], target: dict[Monomial, Fraction]) -> list[Fraction] | None:
    """Rational weights with which the columns add up to the target, if there are any.

    >>> one, two = ((),), (((),),)
    >>> solve([{one: Fraction(2)}, {two: Fraction(1)}], {one: Fraction(1), two: Fraction(-3)})
    [Fraction(1, 2), Fraction(-3, 1)]
    >>> solve([{one: Fraction(2)}], {two: Fraction(1)}) is None
    True
    """
    zero, count = Fraction(0), len(columns)
    keys = list(dict.fromkeys(k for c in (*columns, target) for k in c))
    rows = [[*(c.get(k, zero) for c in columns), target.get(k, zero)] for k in keys]
    pivots: list[int] = []
    for column in range(count):
        at = next((i for i in range(len(pivots), len(rows)) if rows[i][column]), None)
        if at is None:
            continue
        top = len(pivots)
        rows[top], rows[at] = rows[at], rows[top]
        rows[top] = [x / rows[top][column] for x in rows[top]]
        for i, row in enumerate(rows):
            if i != top and row[column]:
                rows[i] = [x - row[column] * y for x, y in zip(row, rows[top], strict=True)]
        pivots.append(column)
    if any(row[count] for row in rows[len(pivots) :]):
        return None
    weights = [zero] * count
    for row, column in zip(rows, pivots, strict=False):
        weights[column] = row[count]
    return weights


__all__ = ["Quotient", "Split", "solve", "split"]
