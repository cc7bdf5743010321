"""A quadratic polynomial as a sum of squares, by completing the square (Lagrange; exact, and complete for these).

Untrusted: slopes by values, f (1 - f) <= 1/4, and means, x y <= (x^2 + y^2) / 2, are of this kind.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.shapes import ONE
from symrnn.claims.tree import Term
from symrnn.semantics.monomials import UNIT, Mono, Poly

Linear = dict[Mono, Fraction]
MOST_ATOMS = 8


def squares(gap: Poly) -> list[tuple[Fraction, Linear]] | None:
    """Positive numbers c and linear polynomials l with gap = sum of c l^2 and a number that is not negative, or None.

    >>> from symrnn import scalar
    >>> from symrnn.semantics.algebra import Algebra
    >>> from symrnn.semantics.context import Context
    >>> x, y = scalar("x"), scalar("y")
    >>> form = lambda t: Algebra(Context()).poly(t)
    >>> [str(c) for c, _ in squares(form(x * x - 2 * x * y + y * y)) or []], squares(form(x * x - 2 * x * y))
    (['1'], None)
    """
    table = _coefficients(gap)
    if table is None:
        return None
    rest, found = {pair: c for pair, c in table.items() if c}, list[tuple[Fraction, Linear]]()
    for atom in sorted({a for pair in rest for a in pair if a != UNIT}, key=str):
        row = {b: c for (a, b), c in rest.items() if a == atom}
        c = row.get(atom, Fraction(0))
        if not row:
            continue
        if c <= 0:
            return None
        line = {b: x / c for b, x in row.items()}
        found.append((c, line))
        for a, x in line.items():
            for b, y in line.items():
                left = rest.pop((a, b), Fraction(0)) - c * x * y
                if left:
                    rest[a, b] = left
    return found if all(pair == (UNIT, UNIT) and c > 0 for pair, c in rest.items()) else None


def _coefficients(gap: Poly) -> dict[tuple[Mono, Mono], Fraction] | None:
    """The symmetric matrix of a quadratic polynomial, over its atoms and 1; None of any other polynomial."""
    out: dict[tuple[Mono, Mono], Fraction] = {}
    for (scalars, binders, word), c in gap.items():
        if binders or word or not all(e.is_const and e.const in (1, 2) for _, e in scalars):
            return None
        factors = [_atom(a) for a, e in scalars for _ in range(e.const)]
        if len(factors) > 2:
            return None
        a, b = (*factors, UNIT, UNIT)[:2]
        for pair in ((a, b), (b, a)):
            out[pair] = out.get(pair, Fraction(0)) + c / 2
    return out if 1 < len({a for a, _ in out} | {UNIT}) <= MOST_ATOMS + 1 else None


def _atom(a: Term) -> Mono:
    return ((a, ONE),), (), ()
