"""Polynomials in one unknown over the rationals: division, gcd, Sturm's count of real roots. Trusted by the kernel.

A polynomial is the tuple of its coefficients, lowest degree first, without leading zeros; zero is ().
Source: Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry (2006), section 2.2.2 (Sturm).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import gcd as divisor
from math import lcm

from symrnn.errors import Refused

Poly = tuple[Fraction, ...]
DEGREE = 160  # past which nothing is tried
ONE: Poly = (Fraction(1),)


def poly(coefficients: Iterable[Fraction | int]) -> Poly:
    """The polynomial with these coefficients, lowest degree first."""
    out = [c if type(c) is Fraction else Fraction(c) for c in coefficients]
    while out and not out[-1]:
        out.pop()
    if len(out) > DEGREE + 1:
        raise Refused(f"a polynomial of degree {len(out) - 1} is too large")
    return tuple(out)


def degree(p: Poly) -> int:
    """-1 for the zero polynomial."""
    return len(p) - 1


def value(p: Poly, x: Fraction) -> Fraction:
    """By Horner's rule in whole numbers: the sum of c_i a^i b^(n - i), for x = a / b."""
    common, scale, out = lcm(*[c.denominator for c in p]), 1, 0
    for c in reversed(p):
        out = out * x.numerator + c.numerator * (common // c.denominator) * scale
        scale *= x.denominator
    return Fraction(out * x.denominator, common * scale)


def plus(p: Poly, q: Poly, factor: Fraction | int = 1) -> Poly:
    """p + factor q."""
    n = max(len(p), len(q))
    pad = [list(a) + [Fraction(0)] * (n - len(a)) for a in (p, q)]
    return poly(a + factor * b for a, b in zip(*pad, strict=True))


def times(p: Poly, q: Poly) -> Poly:
    if not p or not q:
        return ()
    out = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return poly(out)


def divided(p: Poly, q: Poly) -> tuple[Poly, Poly]:
    """Quotient and remainder; q is not zero."""
    if not q:
        raise Refused("division by the zero polynomial")
    rest, out = list(p), [Fraction(0)] * max(len(p) - len(q) + 1, 0)
    for i in range(len(p) - len(q), -1, -1):
        factor = rest[i + len(q) - 1] / q[-1]
        out[i] = factor
        for j, c in enumerate(q):
            rest[i + j] -= factor * c
    return poly(out), poly(rest[: len(q) - 1])


def exactly(p: Poly, q: Poly) -> Poly:
    """p / q where q divides p."""
    quotient, rest = divided(p, q)
    if rest:
        raise Refused("a division that leaves a remainder")
    return quotient


def monic(p: Poly) -> Poly:
    return poly(c / p[-1] for c in p) if p else p


def gcd(p: Poly, q: Poly) -> Poly:
    """The monic greatest common divisor; by whole numbers, each remainder up to a factor."""
    a, b = whole(p), whole(q)
    while b:
        a, b = b, _remainder(a, b)
    return monic(poly(a))


def whole(p: Poly) -> list[int]:
    """A positive multiple of p whose coefficients are whole numbers."""
    common = lcm(*[c.denominator for c in p])
    return [c.numerator * (common // c.denominator) for c in p]


def _remainder(a: list[int], b: list[int]) -> list[int]:
    """The remainder of a by b, not zero, times a number that is not 0, its coefficients without common divisor."""
    rest = list(a)
    while len(rest) >= len(b):
        lead, shift = rest[-1], len(rest) - len(b)
        rest = [b[-1] * c for c in rest[:-1]]
        for i, c in enumerate(b[:-1]):
            rest[shift + i] -= lead * c
        while rest and not rest[-1]:
            rest.pop()
    common = divisor(*rest)
    return [c // common for c in rest] if common > 1 else rest


def derivative(p: Poly) -> Poly:
    return poly(i * c for i, c in enumerate(p) if i)


def squarefree(p: Poly) -> Poly:
    """The monic polynomial with the same roots, each once; of a non-zero polynomial."""
    if not p:
        raise Refused("the zero polynomial has every root")
    return monic(exactly(p, gcd(p, derivative(p)))) if degree(p) > 0 else ONE


def stretched(p: Poly, c: Fraction) -> Poly:
    """The monic polynomial whose roots are those of p times c, c not 0."""
    n = degree(p)
    return monic(poly(a * c ** (n - i) for i, a in enumerate(p)))


def reciprocal(p: Poly) -> Poly:
    """z^n p(1/z): its roots are the reciprocals of the non-zero roots of p."""
    return poly(reversed(p))


# ---- real roots ----


def real_roots(p: Poly, low: Fraction | None = None, high: Fraction | None = None) -> int:
    """How many different real roots p has in the half-open interval (low, high]; None: no bound on that side."""
    if not p:
        raise Refused("the zero polynomial has every root")
    chain = _sturm(p)
    return _changes([_at(q, low, -1) for q in chain]) - _changes([_at(q, high, 1) for q in chain])


def _at(q: tuple[int, ...], x: Fraction | None, side: int) -> int:
    """A number with the sign of q at x; without x far out, on the side of ``side``."""
    if x is None:
        return q[-1] if side > 0 or len(q) % 2 else -q[-1]
    a, b, out, scale = x.numerator, x.denominator, 0, 1
    for c in reversed(q):  # the sum of c_i a^i b^(n - i)
        out = out * a + c * scale
        scale *= b
    return out


@lru_cache(maxsize=4096)
def _sturm(p: Poly) -> tuple[tuple[int, ...], ...]:
    """Sturm's sequence of the squarefree part of a polynomial, each up to a positive factor, in whole numbers."""
    p = squarefree(p)
    chain = [p, derivative(p)]
    while chain[-1]:
        rest = divided(chain[-2], chain[-1])[1]
        size = abs(rest[-1]) if rest else Fraction(1)
        chain.append(poly(-c / size for c in rest))
    return tuple(tuple(whole(q)) for q in chain[:-1])


def _changes(values: list[int]) -> int:
    """Changes of sign, zeros left out: the count is then of the roots in (low, high], as p is squarefree."""
    signs = [v > 0 for v in values if v]
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False))


def root_bound(p: Poly) -> Fraction:
    """A number that no root exceeds in magnitude (Cauchy)."""
    return 1 + max((abs(c / p[-1]) for c in p[:-1]), default=Fraction(0))


def largest_roots_compare(p: Poly, q: Poly) -> int:
    """-1, 0 or 1 as the largest real root of p is below, equal to or above that of q; both have one."""
    if not real_roots(p) or not real_roots(q):
        raise Refused("a polynomial without real roots")
    both = squarefree(times(p, q))
    high = root_bound(both)
    low = -high
    while real_roots(both, low, high) > 1:  # different roots come apart
        middle = (low + high) / 2
        low, high = (middle, high) if real_roots(both, middle, high) else (low, middle)
    return real_roots(p, low, high) - real_roots(q, low, high)
