"""Norms, spectral radii, limits and decompositions for the tests: the evaluator of claims with eigenvalues.

Nothing of ``symrnn.semantics``: eigenvalues by mpmath with 80 digits, decompositions by exact polynomials of its own,
the limit of powers by squaring them sixty times. Two quantities closer than 10^-30 count as equal.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from math import comb
from typing import Any

import mpmath
from closed_forms import Matrix, NoValue, Number, Wrong, eye, inverse, plus, product, shape, transposed
from evaluator import Env, Network, Unclear
from networks import draw

from symrnn.claims import tree as tr
from symrnn.claims.index import as_index
from symrnn.claims.predicates import SPECTRAL
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import symbols, walk

MP = mpmath.mp.clone()
MP.dps = 80
CLOSE = MP.mpf(10) ** -30
DOUBLINGS = 60
Rows = list[list[Fraction]]
Polynomial = list[Fraction]  # lowest degree first


class Spectral(Network):
    """A network at which spectra have values."""

    def value(self, t: tr.Term, env: Env) -> Matrix:
        match t:
            case tr.Binomial():
                top, bottom = self.integer(t.top, env), self.integer(t.bottom, env)
                return [[Number.of(comb(top, bottom) if 0 <= bottom <= top else 0)]]
            case tr.JordanBlock():
                n, c = self.integer(t.size, env), self.scalar(t.value, env)
                return [[c if i == j else Number.of(int(j == i + 1)) for j in range(n)] for i in range(n)]
            case tr.Discriminant():
                return [[Number.of(discriminant(rational(self.value(t.arg, env))))]]
            case tr.Norm() if t.kind in ("2", "fro") and min(shape(self.value(t.arg, env))) > 0:
                if shape(self.value(t.arg, env)) != (1, 1):
                    raise Unclear("an irrational norm as an exact number")
        return super().value(t, env)

    def _relation(self, p: tr.Rel, env: Env) -> bool:
        if not any(isinstance(x, tr.SpectralRadius | tr.Norm) for x in walk(p)):
            return super()._relation(p, env)
        a, b = self.number(p.lhs, env), self.number(p.rhs, env)
        gap, size = b - a, 1 + abs(a) + abs(b)
        equal = abs(gap) < CLOSE * size
        return bool(equal) if p.op == "=" else bool(equal if p.op == "<=" and equal else gap > CLOSE * size)

    def _property(self, p: tr.Pred, env: Env) -> bool:
        if p.name in ("vanishes", "bounded", "explodes") and p.var is not None:
            if not isinstance(p.arg, tr.Pow) or p.arg.exponent != as_index(p.var):
                raise Unclear("a limit of what is no power")
            does = powers(rational(self.value(p.arg.base, env)))
            return does == "vanishes" if p.name == "vanishes" else (does == "explodes") == (p.name == "explodes")
        if p.name in SPECTRAL:
            return decomposable(p.name, p.field, rational(self.value(p.arg, env)))
        return super()._property(p, env)

    # ---- numbers that need not be rational ----

    def number(self, t: tr.Term, env: Env) -> Any:
        """A scalar with 80 digits."""
        match t:
            case tr.SpectralRadius():
                return radius(self.value(t.arg, env))
            case tr.Norm():
                return norm(self.numeric(t.arg, env), t.kind)
            case tr.Add():
                return MP.fsum(self.number(a, env) for a in t.args)
            case tr.Times():
                return MP.fprod(self.number(a, env) for a in t.args)
            case tr.Pow():
                base, e = self.number(t.base, env), self.integer(t.exponent, env)
                if e < 0 and abs(base) < CLOSE:
                    raise NoValue("a power of 0")
                return base**e
            case tr.Abs():
                return abs(self.number(t.arg, env))
            case tr.Sum() | tr.Prod():
                lo, hi = self.integer(t.lo, env), self.integer(t.hi, env)
                parts = [self.number(t.body, {**env, t.var.name: i}) for i in range(lo, hi + 1)]
                return MP.fsum(parts) if isinstance(t, tr.Sum) else MP.fprod(parts)
            case tr.Trace() | tr.Entry() if shape(self.value(t, env)) == (1, 1):
                return to_mp(self.value(t, env)[0][0])
        return to_mp(self.scalar(t, env))

    def numeric(self, t: tr.Term, env: Env) -> Any:
        """A matrix with 80 digits; norms inside it scale it."""
        if isinstance(t, tr.Times) and any(isinstance(x, tr.SpectralRadius | tr.Norm) for x in walk(t)):
            big = [a for a in t.args if shape_or_none(self, a, env) not in (None, (1, 1))]
            small = [a for a in t.args if a not in big]
            if len(big) == 1:
                return self.numeric(big[0], env) * MP.fprod(self.number(a, env) for a in small)
        m = self.value(t, env)
        return MP.matrix([[to_mp(x) for x in row] for row in m])


def shape_or_none(net: Network, t: tr.Term, env: Env) -> tuple[int, int] | None:
    try:
        return shape(net.value(t, env))
    except Unclear:
        return None


def to_mp(x: Number) -> Any:
    total = MP.mpf(0)
    for mono, c in x.terms.items():
        part = MP.mpf(c.numerator) / c.denominator
        for kind, r, e in mono:
            part *= (MP.log(r) if kind == "log" else MP.sqrt(r)) ** e
        total += part
    return total


def norm(m: Any, kind: str) -> Any:
    rows = [[abs(m[i, j]) for j in range(m.cols)] for i in range(m.rows)]
    if kind == "1":
        return max(MP.fsum(column) for column in zip(*rows, strict=True))
    if kind == "inf":
        return max(MP.fsum(row) for row in rows)
    if kind == "fro":
        return MP.sqrt(MP.fsum(x * x for row in rows for x in row))
    return MP.sqrt(max(max(MP.eigsy(m.T * m, eigvals_only=True)), 0))


def radius(m: Matrix) -> Any:
    """Of rational matrices by the roots of the squarefree part of the characteristic polynomial."""
    try:
        return max([MP.mpf(0), *(abs(z) for z in roots(squarefree(characteristic(rational(m)))))])
    except Wrong:
        numeric = MP.matrix([[to_mp(x) for x in row] for row in m])
        return max(abs(x) for x in MP.eig(numeric, left=False, right=False)) if len(m) > 1 else abs(numeric[0, 0])


def roots(p: Polynomial) -> list[Any]:
    numbers = [MP.mpf(c.numerator) / c.denominator for c in p[::-1]]
    return list(MP.polyroots(numbers, maxsteps=500, extraprec=200)) if len(p) > 1 else []


def powers(m: Rows) -> str:
    """What M^k does as k grows, from M^(2^60)."""
    x = MP.matrix([[MP.mpf(c.numerator) / c.denominator for c in row] for row in m])
    for _ in range(DOUBLINGS):
        size = norm(x, "inf")
        if size < CLOSE * CLOSE or size > 1 / (CLOSE * CLOSE):
            break
        x = x * x
    size = norm(x, "inf")
    return "vanishes" if size < CLOSE else "explodes" if size > 10**12 else "bounded"


# ---- exact polynomials ----


def rational(m: Matrix) -> Rows:
    return [[x.rational for x in row] for row in m]


def characteristic(m: Rows) -> Polynomial:
    """det(z - M) from its values at 0, ..., n, by Newton's divided differences."""
    n = len(m)
    points = [Fraction(i) for i in range(n + 1)]
    table = [determinant([[z * (i == j) - x for j, x in enumerate(row)] for i, row in enumerate(m)]) for z in points]
    for level in range(1, n + 1):
        for i in range(n, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / level
    out: Polynomial = [Fraction(0)]
    for i in range(n, -1, -1):
        out = [Fraction(0), *out]
        for d in range(len(out) - 1):
            out[d] -= points[i] * out[d + 1]
        out[0] += table[i]
    return trimmed(out)


def determinant(m: Rows) -> Fraction:
    if len(m) == 1:
        return m[0][0]
    minors = ((-1) ** j * m[0][j] * determinant([r[:j] + r[j + 1 :] for r in m[1:]]) for j in range(len(m)) if m[0][j])
    return sum(minors, Fraction(0))


def trimmed(p: Polynomial) -> Polynomial:
    p = list(p)
    while p and not p[-1]:
        p.pop()
    return p


def remainder(p: Polynomial, q: Polynomial) -> tuple[Polynomial, Polynomial]:
    quotient, p = [Fraction(0)] * max(len(p) - len(q) + 1, 1), list(p)
    while len(p) >= len(q):
        c, d = p[-1] / q[-1], len(p) - len(q)
        quotient[d] = c
        for i, x in enumerate(q):
            p[d + i] -= c * x
        p = trimmed(p[:-1]) if len(trimmed(p)) == len(p) else trimmed(p)
    return trimmed(quotient), p


def squarefree(p: Polynomial) -> Polynomial:
    a, b = p, trimmed([i * c for i, c in enumerate(p)][1:])
    while b:
        a, b = b, remainder(a, b)[1]
    return remainder(p, a)[0]


def discriminant(m: Rows) -> Fraction:
    """(-1)^(n (n - 1) / 2) times the resultant of chi and chi', as a determinant of Sylvester's matrix."""
    n, chi = len(m), characteristic(m)[::-1]
    slope = [c * (n - i) for i, c in enumerate(chi[:-1])]
    if n == 1:
        return Fraction(1)
    size = 2 * n - 1
    rows = [[Fraction(0)] * i + chi + [Fraction(0)] * (size - i - len(chi)) for i in range(n - 1)]
    rows += [[Fraction(0)] * i + slope + [Fraction(0)] * (size - i - len(slope)) for i in range(n)]
    return (-1) ** (n * (n - 1) // 2) * determinant(rows)


def decomposable(name: str, field: str, m: Rows) -> bool:
    q = squarefree(characteristic(m))
    exact = [[Number.of(x) for x in row] for row in m]
    real = all(abs(MP.im(z)) < CLOSE for z in roots(q))
    total = [[Number.of(0)] * len(m) for _ in m]
    for c in q[::-1]:
        total = plus(product(total, exact), [[x * c for x in row] for row in eye(len(m))])
    diagonal = all(x.is_zero for row in total for x in row)
    if name == "jordan_decomposable":
        return field == "C" or real
    if name == "unitarily_diagonalizable":
        t = transposed(exact)
        return all(x.is_zero for row in plus(product(t, exact), product(exact, t), -1) for x in row)
    return diagonal and (field == "C" or name != "diagonalizable" or real)


# ---- instances ----


def spectral(net: Network) -> Spectral:
    return Spectral(**{f.name: getattr(net, f.name) for f in fields(net)})


ENTRYWISE = {"diagonal", "upper_triangular", "lower_triangular", "nonnegative", "symmetric"}  # not of special matrices


def draws(claim: Claim, seed: str, count: int) -> Iterator[Spectral]:
    """Networks of the claim's domain that meet its hypotheses; defective, nilpotent and unit ones among them."""
    rng = random.Random(seed)
    for _ in range(count):
        try:
            made = draw(claim, rng)
            if made is None:
                continue
            net = spectral(made)
            _adapt(net, claim, rng)
            if net.meets(claim):
                yield net
        except (Unclear, NoValue):
            continue


def _adapt(net: Spectral, claim: Claim, rng: random.Random) -> None:
    """Smaller or special matrices now and then, and what simple hypotheses ask for."""
    equations = [h for h in claim.hypotheses if isinstance(h, tr.Rel) and h.op == "="]
    fixed = {s.name for h in equations for s in symbols(h)} | {
        s.name for s in symbols(claim) if set(s.props) - {"normal"}
    }
    for name, m in net.matrices.items():
        if name in fixed or rng.random() < 0.4:
            continue
        named = {h.name for h in claim.hypotheses if isinstance(h, tr.Pred) and getattr(h.arg, "name", "") == name}
        if len(m) == len(m[0]) and not named & ENTRYWISE and rng.random() < 0.6:
            m = _special(rng, len(m), any(s.name == name and s.props for s in symbols(claim)))
        c = rng.choice((Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 5), Fraction(-3)))
        net.matrices[name] = [[x * (abs(c) if "nonnegative" in named else c) for x in row] for row in m]
    for h in equations:
        if isinstance(h.lhs, tr.Norm) and isinstance(h.lhs.arg, tr.Sym):
            m = net.matrices[h.lhs.arg.name]
            net.matrices[h.lhs.arg.name] = [[Number.of(0) for _ in row] for row in m]
        if isinstance(h.lhs, tr.MatMul) and isinstance(h.rhs, tr.Zeros) and rng.random() < 0.8:
            _with_kernel(net, *(x.name for x in h.lhs.args if isinstance(x, tr.Sym)))
    for h in claim.hypotheses:
        if isinstance(h, tr.Rel) and h.op == "<=" and isinstance(h.lhs, tr.Sym) and isinstance(h.rhs, tr.Sym):
            a, b = net.matrices[h.lhs.name], net.matrices[h.rhs.name]
            net.matrices[h.rhs.name] = [
                [x + (y if y.sign >= 0 else -y) for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)
            ]


def _with_kernel(net: Spectral, name: str, kernel: str) -> None:
    """A v = 0 for a v that is not 0: A less A v v^T / v^T v."""
    a, v = net.matrices[name], [[x if i else Number.of(1)] for i, (x,) in enumerate(net.matrices[kernel])]
    length = sum((x * x for (x,) in v), Number.of(0))
    gone = product(a, v)
    net.matrices[kernel] = v
    net.matrices[name] = [
        [x - y[0] * z[0] / length for x, z in zip(row, v, strict=True)] for row, y in zip(a, gone, strict=True)
    ]


def _special(rng: random.Random, n: int, normal: bool) -> Matrix:
    """Rotations and their multiples, blocks at 1 and -1, skew matrices, circulants; all normal but the blocks."""
    kind = rng.choice((*("block",) * (0 if normal else 2), "rotation", "skew", "circulant"))
    a, b = rng.choice((1, -1)), rng.choice((0, 1, 2))
    if kind == "block":
        rows = [[a if i == j else int(j == i + 1) for j in range(n)] for i in range(n)]
        u = [[Number.of(int(i == j or (i > j and b == 1))) for j in range(n)] for i in range(n)]
        return product(product(u, [[Number.of(x) for x in r] for r in rows]), inverse(u))
    if kind == "rotation":
        c, s = (Fraction(3, 5), Fraction(4, 5)) if b else (Fraction(0), Fraction(1))
        full = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
        if n > 1:
            full[0][0], full[0][1], full[1][0], full[1][1] = c, -s, s, c
        return [[Number.of(x * a) for x in row] for row in full]
    if kind == "skew":
        return [[Number.of(b if i == j else (1 if i < j else -1)) for j in range(n)] for i in range(n)]
    first = [rng.choice((0, 1, -1, 2)) for _ in range(n)]
    return [[Number.of(first[(j - i) % n]) for j in range(n)] for i in range(n)]


__all__ = ["Spectral", "decomposable", "draws", "spectral"]
