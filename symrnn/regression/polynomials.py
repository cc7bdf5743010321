"""Sparse polynomials over generators: sums of monomials with rational coefficients.

A generator is a function of the symbols: a symbol itself, ``exp(m)``, ``log(u)``, a root. Exponents are rational where
that is meaningful for every value the generator can take (powers of positive numbers, ``exp``), and may be negative
where it cannot be 0. An identity of polynomials is then an identity of functions, whatever relations there may be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from symrnn.records import dataclass

MOST_TERMS = 20_000
LARGEST_FACTORED = 1_000  # terms of what is still factored
HIGHEST_FACTORED = 200  # its degree in any generator

Monomial = tuple[tuple["Gen", Fraction], ...]  # sorted by generator, no exponent 0
Poly = tuple[tuple[Monomial, Fraction], ...]  # sorted, no coefficient 0


class TooLarge(Exception):
    """Normal forms would become larger than it is reasonable to work with."""


@dataclass(frozen=True)
class Gen:
    """A generator by its kind and what it is a function of; equal data is the same function."""

    kind: str
    data: tuple[Any, ...]

    @cached_property
    def key(self) -> str:
        return f"{self.kind}{self.data!r}"

    @cached_property
    def _hash(self) -> int:
        return hash((self.kind, self.data))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.key


ZERO: Poly = ()
ONE: Poly = (((), Fraction(1)),)


def constant(value: Fraction | int) -> Poly:
    return (((), Fraction(value)),) if value else ZERO


def power_of(gen: Gen, exponent: Fraction | int = 1) -> Poly:
    return ((((gen, Fraction(exponent)),), Fraction(1)),) if exponent else ONE


def collected(terms: Iterable[tuple[Monomial, Fraction]]) -> Poly:
    """Terms as a polynomial: equal monomials together, in order."""
    found: dict[Monomial, Fraction] = {}
    for m, c in terms:
        found[m] = found.get(m, Fraction(0)) + c
        if len(found) > MOST_TERMS:
            raise TooLarge(f"more than {MOST_TERMS} terms")
    return tuple(sorted(((m, c) for m, c in found.items() if c), key=lambda item: _order(item[0])))


def _order(m: Monomial) -> tuple[Any, ...]:
    return tuple((g.key, e) for g, e in m)


def times(a: Monomial, b: Monomial) -> Monomial:
    """The product of monomials."""
    if not a or not b:
        return a or b
    exponents = dict(a)
    for g, e in b:
        exponents[g] = exponents.get(g, Fraction(0)) + e
    return tuple(sorted(((g, e) for g, e in exponents.items() if e), key=lambda item: item[0].key))


def add(*polys: Poly) -> Poly:
    return collected(t for p in polys for t in p)


def scaled(p: Poly, factor: Fraction | int) -> Poly:
    return tuple((m, c * factor) for m, c in p) if factor else ZERO


def multiply(p: Poly, q: Poly) -> Poly:
    if len(p) * len(q) > 50 * MOST_TERMS:
        raise TooLarge(f"a product of {len(p)} and {len(q)} terms")
    return collected((times(a, b), c * d) for a, c in p for b, d in q)


def power(p: Poly, n: int) -> Poly:
    made = ONE
    for bit in bin(n)[2:]:
        made = multiply(made, made)
        if bit == "1":
            made = multiply(made, p)
    return made


def gens(p: Poly) -> set[Gen]:
    return {g for m, _ in p for g, _ in m}


def content(p: Poly) -> Monomial:
    """The monomial of the least exponents: what every term is a multiple of."""
    least = dict(p[0][0])
    for m, _ in p[1:]:
        there = dict(m)
        least = {g: min(least.get(g, Fraction(0)), there.get(g, Fraction(0))) for g in {*least, *there}}
    return tuple(sorted(((g, e) for g, e in least.items() if e), key=lambda item: item[0].key))


def inverse(m: Monomial) -> Monomial:
    return tuple((g, -e) for g, e in m)


# ---- factors, by python-flint ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factored:
    """``number * content * product of factor^multiplicity``; factors without monomial content, leading term > 0."""

    number: Fraction
    content: Monomial
    factors: tuple[tuple[Poly, int], ...]


def factor(p: Poly, scale: int = 1) -> Factored:
    """Irreducible factors over the rationals, exponents of ``exp`` counted in fractions 1/``scale``."""
    common = content(p)
    rest = tuple((times(m, inverse(common)), c) for m, c in p)
    if len(rest) == 1:
        return Factored(rest[0][1], common, ())
    ring = _Ring(rest, scale)
    if len(rest) > LARGEST_FACTORED or ring.degree(rest) > HIGHEST_FACTORED:
        lead = rest[-1][1]
        return Factored(lead, common, ((tuple((m, c / lead) for m, c in rest), 1),))
    number, found = ring.to_flint(rest).factor()
    value, factors = _fraction(number), []
    for f, multiplicity in found:
        monic = ring.from_flint(f)
        lead = monic[-1][1]
        value *= lead**multiplicity
        factors.append((tuple((m, c / lead) for m, c in monic), int(multiplicity)))
    return Factored(value, common, tuple(sorted(factors, key=lambda item: repr(item[0]))))


def quotient(p: Poly, q: Poly) -> Poly | None:
    """p / q if q divides p."""
    if not p:
        return ZERO
    if not gens(q) <= gens(p):
        return None
    low = content(p)
    if len(q) == 1:
        left = times(low, inverse(q[0][0]))
        over = any(e < 0 and dict(q[0][0]).get(g, 0) > 0 for g, e in left)
        return None if over else tuple((times(m, inverse(q[0][0])), c / q[0][1]) for m, c in p)
    rest = tuple((times(m, inverse(low)), c) for m, c in p)
    ring = _Ring((*rest, *q), 1)
    found, remainder = divmod(ring.to_flint(rest), ring.to_flint(q))
    if remainder != 0:
        return None
    return tuple((times(m, low), c) for m, c in ring.from_flint(found))


class Remainders:
    """The remainders of polynomials modulo one without monomial content: ``of[i]`` is 0 if and only if it divides.

    Taking remainders is linear, here up to a monomial that all are multiplied with.
    """

    def __init__(self, polys: Sequence[Poly], modulus: Poly) -> None:
        together = tuple(t for p in polys for t in p)
        shift = inverse(content(together)) if together else ()
        ring = _Ring((*((times(m, shift), c) for m, c in together), *modulus), 1)
        below = ring.to_flint(modulus)
        shifted = (tuple((times(m, shift), c) for m, c in p) for p in polys)
        self.of = [ring.from_flint(divmod(ring.to_flint(p), below)[1]) for p in shifted]


def scale_of(polys: Iterable[Poly]) -> int:
    """The least common denominator of all exponents."""
    return math.lcm(1, *(e.denominator for p in polys for m, _ in p for _, e in m))


class _Ring:
    """A flint ring for the generators of a polynomial; exponents are counted in fractions of each generator."""

    def __init__(self, p: Poly, scale: int) -> None:
        import flint

        self.gens = sorted(gens(p), key=lambda g: g.key)
        self.at = {g: i for i, g in enumerate(self.gens)}
        own = {g: math.lcm(1, *(e.denominator for m, _ in p for h, e in m if h == g)) for g in self.gens}
        self.scale = [math.lcm(scale, own[g]) if g.kind == "exp" else own[g] for g in self.gens]
        names = [f"g{i}" for i in range(len(self.gens))]
        self.ring = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.degrevlex)
        self._fmpq = flint.fmpq

    def degree(self, p: Poly) -> int:
        return max((int(e * self.scale[self.at[g]]) for m, _ in p for g, e in m), default=0)

    def to_flint(self, p: Poly) -> Any:
        data = {}
        for m, c in p:
            exponents = [0] * len(self.gens)
            for g, e in m:
                i = self.at[g]
                exponents[i] = int(e * self.scale[i])
            data[tuple(exponents)] = self._fmpq(c.numerator, c.denominator)
        return self.ring.from_dict(data)

    def from_flint(self, f: Any) -> Poly:
        return collected(self._terms(f))

    def _terms(self, f: Any) -> Iterator[tuple[Monomial, Fraction]]:
        for exponents, c in f.to_dict().items():
            pairs = zip(self.gens, exponents, self.scale, strict=True)
            yield tuple((g, Fraction(int(e), s)) for g, e, s in pairs if e), _fraction(c)


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))
