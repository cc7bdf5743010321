"""What the eigenvalues of a rational matrix are like, decided exactly. Trusted by the kernel.

Nothing here computes an eigenvalue. The characteristic polynomial chi is exact; roots are told apart by

  Schur and Cohn   all roots of p lie in |z| < 1 iff |p(0)| < |lead| and so it is for (lead p - p(0) p*) / z,
                   p* = z^n p(1/z)   (Henrici, Applied and Computational Complex Analysis 1, section 6.8)
  reciprocals      gcd(p, p*) carries every root on |z| = 1, with its multiplicity, and the pairs z, 1/z off it
  Sturm            z^-d p(z), p palindromic, is a polynomial in y = z + 1/z: roots on |z| = 1 are real y in (-2, 2)
  squarefree part  A is diagonalisable over C iff q(A) = 0, q the squarefree part of chi; over R: and chi has only
                   real roots
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from operator import mul

from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics.univariate import (
    Poly,
    degree,
    divided,
    exactly,
    gcd,
    largest_roots_compare,
    monic,
    plus,
    poly,
    real_roots,
    reciprocal,
    squarefree,
    stretched,
    times,
    value,
)

Q = list[list[Fraction]]


# ---- matrices ----


def eye(n: int) -> Q:
    return [[Fraction(i == j) for j in range(n)] for i in range(n)]


def product(a: Q, b: Q) -> Q:
    if any(len(row) != len(b) for row in a):
        raise Refused("matrices that do not fit")
    columns = [over_one_denominator(c) for c in zip(*b, strict=True)]
    rows = [over_one_denominator(row) for row in a]
    return [[Fraction(sum(map(mul, row, column)), c * d) for column, d in columns] for row, c in rows]


def over_one_denominator(row: Sequence[Fraction]) -> tuple[list[int], int]:
    """Whole numbers, and what they are to be divided by: sums of products of fractions are faster so."""
    common = lcm(*[q.denominator for q in row])
    return [q.numerator * (common // q.denominator) for q in row], common


def transposed(a: Q) -> Q:
    return [list(c) for c in zip(*a, strict=True)]


def scaled(a: Q, c: Fraction) -> Q:
    return [[c * x for x in row] for row in a]


def kronecker(a: Q, b: Q) -> Q:
    """Its eigenvalues are the products of one of a and one of b."""
    return [[x * y for x in r for y in s] for r in a for s in b]


def characteristic(m: Q) -> Poly:
    """det(z - M), by Faddeev and LeVerrier; of two rows z^2 - (a + d) z + (a d - b c)."""
    n = len(m)
    if any(len(row) != n for row in m):
        raise Refused("a characteristic polynomial needs a square matrix")
    if n == 2:
        (a, b), (c, d) = m
        return a * d - b * c, -a - d, Fraction(1)
    coefficients, current = [Fraction(1)], eye(n)
    for k in range(1, n + 1):
        current = product(m, current)
        t = -sum((current[i][i] for i in range(n)), Fraction(0)) / k
        coefficients.append(t)
        current = [[x + t * (i == j) for j, x in enumerate(row)] for i, row in enumerate(current)]
    return poly(reversed(coefficients))


def at_matrix(p: Poly, m: Q) -> Q:
    """p(M)."""
    n = len(m)
    out = scaled(eye(n), Fraction(0))
    for c in reversed(p):
        out = [[x + c * (i == j) for j, x in enumerate(row)] for i, row in enumerate(product(out, m))]
    return out


def is_zero(m: Q) -> bool:
    return not any(any(row) for row in m)


# ---- roots and the unit circle ----


def all_inside(p: Poly) -> bool:
    """Whether every root of p lies in |z| < 1; of a constant: yes."""
    while degree(p) > 0:
        lead, constant = p[-1], p[0]
        if abs(constant) >= abs(lead):
            return False
        reduced = plus(tuple(lead * c for c in p), tuple(constant * c for c in _padded(p)), -1)
        p = monic(reduced[1:])
    return True


def _padded(p: Poly) -> Poly:
    """z^n p(1/z) with as many coefficients as p."""
    return tuple(reversed(p))


def circle_part(p: Poly) -> tuple[Poly, Poly]:
    """(g, h), p = g h up to a factor: h has no root on |z| = 1, and with z also 1/z is a root of g."""
    shift = next(i for i, c in enumerate(p) if c)
    g = gcd(poly(p[shift:]), reciprocal(poly(p[shift:])))
    return g, exactly(p, g)


def all_on_circle(g: Poly) -> bool:
    """Whether every root of a polynomial lies on |z| = 1, if with z also 1/z is a root."""
    rest = squarefree(g)
    for end in (1, -1):
        linear = poly((-end, 1))
        quotient, left = divided(rest, linear)
        if not left:
            rest = quotient
    half = degree(rest) // 2
    if degree(rest) != 2 * half or monic(reciprocal(rest)) != monic(rest) or rest != _padded(rest):
        raise Refused("a polynomial that is not its own reciprocal")
    if half == 0:
        return True
    y, two = _in_y(rest, half), Fraction(2)
    return real_roots(y, -two, two) == half  # at y = 2 and y = -2 there is none: z = 1 and z = -1 are divided out


def _in_y(p: Poly, half: int) -> Poly:
    """The q with z^-half p(z) = q(z + 1/z), for palindromic p: z^i + z^-i is t_i, t_(i+1) = y t_i - t_(i-1)."""
    y: Poly = poly((0, 1))
    chain = [poly((2,)), y]
    while len(chain) <= half:
        chain.append(plus(times(y, chain[-1]), chain[-2], -1))
    out = poly((p[half],))
    for i in range(1, half + 1):
        out = plus(out, chain[i], p[half + i])
    return out


def none_outside(p: Poly) -> bool:
    """Whether every root of p lies in |z| <= 1."""
    g, h = circle_part(p)
    return all_inside(h) and all_on_circle(g)


# ---- spectral radius ----


def radius_against(m: Q, c: Fraction) -> int:
    """-1, 0 or 1 as rho(M) is below, equal to or above c."""
    chi = characteristic(m)
    if c < 0:
        return 1
    if c == 0:
        return int(any(chi[:-1]))
    scaled_chi = stretched(chi, 1 / c)
    if all_inside(scaled_chi):
        return -1
    return 0 if none_outside(scaled_chi) else 1


def against(kind: str, m: Q, c: Fraction) -> int:
    """-1, 0 or 1 as rho(M) ("rho"), ||M||_2 ("2") or the Frobenius norm ("fro") is below, equal to or above c."""
    if kind == "rho":
        return radius_against(m, c)
    if c < 0:
        return 1
    if kind == "fro":
        square = sum((x * x for row in m for x in row), Fraction(0))
        return (square > c * c) - (square < c * c)
    if kind != "2":
        raise Refused(f"no comparison of the {kind}-norm")
    p = characteristic(product(transposed(m), m))
    return 1 if real_roots(p, c * c) else -(value(p, c * c) != 0)


def behaviour(m: Q) -> str:
    """What the powers of M do: "vanishes", "bounded" (not to 0) or "explodes"; always decided.

    They tend to 0 iff rho < 1, and are bounded iff rho <= 1 and no eigenvalue on |z| = 1 has a Jordan block of size 2:
    u(M) h(M) = 0 for chi = g h as in ``circle_part`` and u the squarefree part of g.
    """
    chi = characteristic(m)
    if all_inside(chi):
        return "vanishes"
    g, h = circle_part(chi)
    if not all_inside(h) or not all_on_circle(g):
        return "explodes"
    return "bounded" if is_zero(at_matrix(times(squarefree(g), h), m)) else "explodes"


# ---- decompositions ----


def minimal_is_squarefree(m: Q) -> bool:
    """Whether no root of the minimal polynomial is repeated, which is diagonalisability over C."""
    return is_zero(at_matrix(squarefree(characteristic(m)), m))


def eigenvalues_real(m: Q) -> bool:
    roots = squarefree(characteristic(m))
    return real_roots(roots) == degree(roots)


def eigenvalues_distinct(m: Q) -> bool:
    chi = characteristic(m)
    return degree(squarefree(chi)) == degree(chi)


def is_normal(m: Q) -> bool:
    t = transposed(m)
    return product(m, t) == product(t, m)


def decomposable(name: str, m: Q, field: str) -> bool:
    """A predicate of SPECTRAL: over "R" or "C"."""
    if len(m) != len(m[0]):
        raise Refused(f"{name} needs a square matrix")
    if field not in ("R", "C"):
        raise Refused(f"{name} over which field?")
    if name == "jordan_decomposable":
        return field == "C" or eigenvalues_real(m)
    if name == "diagonalizable":
        return minimal_is_squarefree(m) and (field == "C" or eigenvalues_real(m))
    if field != "C" or name not in ("squarefree_minimal_polynomial", "unitarily_diagonalizable"):
        raise Refused(f"{name} over {field} is not decided")
    return minimal_is_squarefree(m) if name == "squarefree_minimal_polynomial" else is_normal(m)


# ---- magnitudes: spectral radii and norms as square roots of largest real roots ----


@dataclass(frozen=True)
class Magnitude:
    """A number >= 0 whose square is the largest real root of ``square``. ``exact``: its value, if that is rational."""

    square: Poly
    exact: Fraction | None

    def compare(self, other: Magnitude) -> int:
        """-1, 0 or 1 as this is below, equal to or above ``other``."""
        if self.exact is not None and other.exact is not None:
            return (self.exact > other.exact) - (self.exact < other.exact)
        return 0 if self.square == other.square else largest_roots_compare(self.square, other.square)

    def scaled(self, c: Fraction) -> Magnitude:
        """|c| times this."""
        if not c:
            return rational(Fraction(0))
        return Magnitude(stretched(self.square, c * c), None if self.exact is None else abs(c) * self.exact)

    def bracket(self, bits: int) -> tuple[Fraction, Fraction]:
        """A lower and an upper bound that are at most 2^-bits apart; equal if the value is rational."""
        if self.exact is not None:
            return self.exact, self.exact
        low, high = Fraction(0), 1 + max((abs(c / self.square[-1]) for c in self.square[:-1]), default=Fraction(0))
        while high - low > Fraction(1, 2**bits):
            middle = (low + high) / 2
            low, high = (middle, high) if real_roots(self.square, middle * middle) else (low, middle)
        return low, high


def rational(c: Fraction) -> Magnitude:
    """The magnitude of a rational number >= 0."""
    if c < 0:
        raise Refused("a magnitude is not negative")
    return Magnitude(poly((-c * c, 1)), c)


def spectral_radius(m: Q) -> Magnitude:
    """rho(M): its square is the largest real eigenvalue of the Kronecker square, as z conj(z) is one."""
    chi = characteristic(m)
    if not any(chi[:-1]):
        return rational(Fraction(0))
    if len(m) == 1:
        return rational(abs(m[0][0]))
    if real_roots(chi) == degree(squarefree(chi)):  # real eigenvalues: their squares are those of M^2
        return _recognised(characteristic(product(m, m)), m)
    return _recognised(characteristic(kronecker(m, m)), m)


def spectral_norm(m: Q) -> Magnitude:
    """||M||_2: its square is the largest eigenvalue of M^T M."""
    return _recognised(characteristic(product(transposed(m), m)), m)


def frobenius_norm(m: Q) -> Magnitude:
    return _recognised(poly((-sum((x * x for row in m for x in row), Fraction(0)), 1)), m)


def _recognised(square: Poly, m: Q) -> Magnitude:
    """With its value, if that is rational: with d M of whole numbers, d times it is an algebraic integer, so whole."""
    d = 1
    for x in (x for row in m for x in row):
        d = lcm(d, x.denominator)
    found = Magnitude(square, None)
    low, high = found.scaled(Fraction(d)).bracket(1)
    for whole in range(-(-low.numerator // low.denominator), high.numerator // high.denominator + 1):
        candidate = rational(Fraction(whole, d))
        if largest_roots_compare(square, candidate.square) == 0:
            return Magnitude(square, candidate.exact)
    return found
