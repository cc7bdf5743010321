"""Normal forms, signs and bounds of random terms with norms, radii, magnitudes, binomials and Jordan blocks.

A term and the term that its normal form spells out must have the same value wherever the hypotheses hold; what is said
never to be negative must not be; a bound must bound. Values come from ``numeric.py``, which shares no rule with them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import pytest
from numeric import MP, NoNumber, Numeric, determinant

import symrnn as sy
from symrnn import matrix, scalar, size, vector
from symrnn.claims.index import Var, as_index, lag
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import Add, Const, MatMul, Pow, Rel, Term, Times, as_term
from symrnn.errors import Refused, SymrnnError
from symrnn.semantics.bounds import upper
from symrnn.semantics.inequalities import orders
from symrnn.semantics.properties import show_property
from symrnn.semantics.rates import dominant
from symrnn.semantics.sequents import Sequent, sequent_of

n, m, k, z = size("n"), size("m"), lag("k"), lag("z", 0)
PLAIN = [matrix("A", n), matrix("B", n)]
SPECIAL = {
    "N": ("nonnegative",),
    "O": ("orthogonal",),
    "H": ("symmetric",),
    "D": ("diagonal",),
    "I_s": ("scalar",),
    "K": ("skew",),
    "G": ("invertible",),
    "P": ("nonnegative", "invertible"),
    "U": ("upper_triangular",),
}
SQUARE = [*PLAIN, *(matrix(name, n, n, *props) for name, props in SPECIAL.items())]
TALL = matrix("R", n, m)
VECTORS = [vector("u", n), vector("v", n)]
ONE_BY_ONE = matrix("E", 1)
a, b, c = (scalar(x) for x in "abc")  # c >= 0, b != 0 by hypothesis
i = sy.index("i")
HYPOTHESES = (sy.le(0, c), sy.negation(sy.eq(b, 0)))
KINDS = ("1", "2", "inf", "fro")
EXPONENTS: list[Any] = [as_index(2), as_index(3), k, k - 1, 2 * k, z, k + z, as_index(0), as_index(1)]
FALLING: list[Any] = [as_index(-1), -k, z - k, as_index(-2)]


class Terms:
    """Random terms: scalars, n x n, n x m, n x 1 and 1 x 1."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, *makers: Callable[[], Term]) -> Term:
        return self.rng.choice(makers)()

    def scalar(self, depth: int) -> Term:
        rng = self.rng
        if depth <= 0:
            return rng.choice(
                (a, b, c, Const(Q(rng.choice((-2, -1, 0, 1, 2, 3)), rng.choice((1, 2)))), sy.binomial(k, 2))
            )
        below = depth - 1
        return self.pick(
            lambda: sy.norm(self.any(below), rng.choice(KINDS)),
            lambda: sy.norm(self.any(below), rng.choice(KINDS)),
            lambda: sy.spectral_radius(self.square(below)),
            lambda: sy.spectral_radius(self.square(below)),
            lambda: sy.spectral_radius(self.doubled(below)),
            lambda: sy.trace(self.doubled(below)),
            lambda: sy.absolute(self.scalar(below)),
            lambda: Times((self.scalar(below), self.scalar(below))),
            lambda: Add((self.scalar(below), self.scalar(below))),
            lambda: Pow(self.scalar(below), rng.choice(EXPONENTS)),
            lambda: Pow(rng.choice((b, Const(Q(-2)), Const(Q(3, 4)), Const(Q(6)))), rng.choice(EXPONENTS + FALLING)),
            lambda: sy.trace(self.square(below)),
            lambda: sy.entry(self.square(below), 1, 1),
            lambda: self.binomial_sum(Pow(self.scalar(0), as_index(2)) if rng.random() < 0.5 else b**i),
            self.shifted_sum,
            lambda: sy.binomial(rng.choice((k, k + 1, k - 1, z, z - 1)), rng.choice((0, 1, 2, k, z, -1))),
            lambda: sy.sigmoid.prime(self.scalar(below)) if rng.random() < 0.5 else sy.tanh(self.scalar(below)),
        )

    def square(self, depth: int) -> Term:
        rng = self.rng
        if depth <= 0:
            return rng.choice((*SQUARE, *SQUARE, sy.eye(n), sy.jordan_block(0, n), sy.jordan_block(a, n)))
        below = depth - 1
        return self.pick(
            lambda: MatMul((self.square(below), self.square(below))),
            lambda: MatMul((self.square(below), self.square(below), self.square(0))),
            lambda: Add((self.square(below), self.square(below))),
            lambda: Times((self.scalar(below), self.square(below))),
            lambda: Times((ONE_BY_ONE, self.square(below))),
            lambda: self.square(below).T,
            lambda: sy.absolute(self.square(below)),
            lambda: Pow(self.square(below), rng.choice(EXPONENTS)),
            lambda: Pow(self.regular(), rng.choice(EXPONENTS + FALLING)),
            lambda: sy.inv(self.regular()),
            lambda: MatMul((self.tall(below), self.tall(below).T)),
            lambda: MatMul((rng.choice(VECTORS), rng.choice(VECTORS).T)),
            lambda: MatMul((self.regular(), self.square(below), sy.inv(self.regular()))),
            lambda: sy.diag(sy.sigmoid.prime(rng.choice(VECTORS))),
            lambda: self.binomial_sum(self.regular() ** (i + 1)),
            lambda: sy.product(self.square(below), i, 1, rng.choice((k, z))),
        )

    def doubled(self, depth: int) -> Term:
        """A square matrix of blocks, or a product that comes back to one block."""
        while True:
            made = self.blocks(depth)
            shape = shape_of(made)
            if shape is not None and shape[0] == shape[1]:
                return made

    def binomial_sum(self, scale: Term) -> Term:
        """Over the places where the coefficient is not 0, over more of them, and over fewer."""
        rng = self.rng
        bottom, first = rng.choice(((i, 0), (i, 0), (i + 1, -1), (i + 1, 0), (i - 1, 0), (2 * i, 0)))
        top, last = rng.choice((k, z, k + 1)), rng.choice((k, k + 1, z, z + 1, k + z))
        return sy.summation(sy.binomial(top, bottom) * scale, i, first, last)

    def shifted_sum(self) -> Term:
        """An entry of a sum of powers of the nilpotent block."""
        rng, block = self.rng, sy.jordan_block(0, n)
        power = rng.choice((i, i, k - i, i + 1))
        inside = sy.summation(rng.choice((b**i * block**power, as_term(i) * block**power, block**power)), i, 0, k)
        return sy.entry(inside, 1, 1)

    def regular(self) -> Term:
        named = {s.name: s for s in SQUARE}
        return named[self.rng.choice(("O", "G", "P"))]

    def tall(self, depth: int) -> Term:
        if depth <= 0:
            return TALL
        return self.pick(
            lambda: TALL,
            lambda: MatMul((self.square(depth - 1), TALL)),
            lambda: Times((self.scalar(depth - 1), TALL)),
            lambda: sy.absolute(self.tall(depth - 1)),
        )

    def small(self, depth: int) -> Term:
        u, v = (self.rng.choice(VECTORS) for _ in range(2))
        return self.pick(lambda: ONE_BY_ONE, lambda: MatMul((u.T, self.square(depth - 1), v)), lambda: MatMul((u.T, v)))

    def any(self, depth: int) -> Term:
        return self.pick(
            lambda: self.square(depth),
            lambda: self.square(depth),
            lambda: self.tall(depth),
            lambda: self.tall(depth).T,
            lambda: self.rng.choice(VECTORS),
            lambda: self.rng.choice(VECTORS).T,
            lambda: self.small(depth),
            lambda: self.blocks(depth),
        )

    def blocks(self, depth: int) -> Term:
        """2 n x 2 n, with zeros; or n x 2 n; or a product of two."""
        made = [self.square(depth - 1) if self.rng.random() < 0.6 else sy.zeros(n) for _ in range(4)]
        whole = sy.block_matrix([made[:2], made[2:]])
        wide = sy.block_matrix([made[:2]])
        return self.rng.choice((whole, whole.T, wide, wide @ whole, wide @ wide.T, whole @ whole, whole + whole.T))


def network(rng: random.Random) -> Numeric:
    """Values that meet declarations and hypotheses; small, singular and zero ones among them."""
    integers = {
        "n": rng.choice((1, 2, 2, 3)),
        "m": rng.choice((1, 2, 3)),
        "k": rng.choice((1, 2, 3)),
        "z": rng.choice((0, 0, 1, 2)),
    }
    made: dict[str, Any] = {}
    for s in (*SQUARE, TALL, *VECTORS, ONE_BY_ONE):
        rows, cols = (Numeric(integers, lambda *_: None).integer(d) for d in s.shape or ())
        made[s.name] = _matrix(rng, rows, cols, set(s.props))
    numbers = {"a": rng.choice((-2, -1, 0, 1, 2)), "b": rng.choice((-3, -1, 2)), "c": rng.choice((0, 0, 1, 3))}
    for name, x in numbers.items():
        made[name] = MP.mpf(x) / rng.choice((1, 2))
    return Numeric(integers, lambda name, at: made[name])


def _matrix(rng: random.Random, rows: int, cols: int, props: set[str]) -> Any:
    x = [[rng.choice((-2, -1, 0, 0, 1, 1, 2)) for _ in range(cols)] for _ in range(rows)]
    if "nonnegative" in props:
        x = [[abs(y) for y in r] for r in x]
    if "invertible" in props:
        while True:
            x = [[rng.choice((0, 1, 2)) if "nonnegative" in props else rng.choice((-1, 0, 1, 2)) for _ in r] for r in x]
            if determinant(MP.matrix(x)) != 0:
                return MP.matrix(x)
    keep: Callable[[int, int], bool] = lambda p, q: True  # noqa: E731
    if props & {"diagonal", "scalar"}:
        keep = lambda p, q: p == q  # noqa: E731
    if "upper_triangular" in props:
        keep = lambda p, q: p <= q  # noqa: E731
    x = [[y if keep(p, q) else 0 for q, y in enumerate(r)] for p, r in enumerate(x)]
    if "scalar" in props:
        x = [[x[0][0] if p == q else 0 for q in range(cols)] for p in range(rows)]
    if "symmetric" in props:
        x = [[x[min(p, q)][max(p, q)] for q in range(cols)] for p in range(rows)]
    if "skew" in props:
        x = [[x[min(p, q)][max(p, q)] * ((p < q) - (p > q)) for q in range(cols)] for p in range(rows)]
    out = MP.matrix(x)
    return _orthogonal(rng, rows) if "orthogonal" in props else out


def _orthogonal(rng: random.Random, size_: int) -> Any:
    order = rng.sample(range(size_), size_)
    out = MP.matrix([[rng.choice((1, -1)) * int(order[p] == q) for q in range(size_)] for p in range(size_)])
    if size_ > 1:
        turn = MP.eye(size_)
        turn[0, 0], turn[0, 1], turn[1, 0], turn[1, 1] = (MP.mpf(x) / 5 for x in (3, -4, 4, 3))
        out = turn * out
    return out


# ---- the tests ------------------------------------------------------------------------------------------------------


def sequent() -> Sequent:
    return sequent_of(Claim(sy.eq(a, a), HYPOTHESES, None))


def close(x: Any, y: Any) -> bool:
    gaps = [abs(p - q) for p, q in zip(x, y, strict=True)]
    return bool(max(gaps, default=0) <= MP.mpf(10) ** -8 * (1 + max((abs(p) for p in x), default=0)))


def pairs(seed: int, count: int) -> Any:
    rng = random.Random(seed)
    terms, s = Terms(rng), sequent()
    for _ in range(count):
        t = rng.choice((terms.scalar, terms.scalar, terms.square, terms.blocks))(rng.choice((1, 2, 2, 3)))
        try:
            yield rng, s, t, shape_of(t)
        except SymrnnError:
            continue


def equal_forms(seed: int, count: int) -> int:
    done = 0
    for rng, s, t, _ in pairs(seed, count):
        try:
            form = s.algebra(rng.choice(("left", "right"))).term(t)
        except Refused:
            continue
        for _ in range(3):
            net = network(rng)
            try:
                x, y = net.matrix(t), net.matrix(form)
            except NoNumber:
                continue
            assert close(x, y), (str(t), str(form), net.integers)
            done += 1
    return done


def signs(seed: int, count: int) -> int:
    done = 0
    for rng, s, t, shape in pairs(seed, count):
        for strictly in (False, True):
            try:
                if shape is None:
                    orders(s, Rel("<" if strictly else "<=", Const(Q(0)), t), ())
                else:
                    show_property(s.algebra("left"), "nonnegative", t)
            except Refused:
                continue
            for _ in range(4):
                net = network(rng)
                try:
                    x = net.matrix(t)
                except NoNumber:
                    continue
                low = min(x)
                assert low > -(MP.mpf(10) ** -20), (str(t), net.integers)
                assert shape is not None or not strictly or low > 0, (str(t), net.integers)
                done += 1
    return done


def bounds(seed: int, count: int) -> int:
    done = 0
    for rng, s, t, shape in pairs(seed, count):
        kind = rng.choice(("1", "2", "inf"))
        try:
            s.algebra("left").poly(t)
            above, matrix_above = upper(s, t, kind, assumed=False), dominant(s, t)
        except Refused:
            continue
        for _ in range(2):
            net = network(rng)
            try:
                size_ = net.of(sy.norm(t, kind)) if shape is not None else abs(net.scalar(t))
                assert size_ <= net.scalar(above) * (1 + MP.mpf(10) ** -12) + MP.mpf(10) ** -20, (str(t), str(above))
                x, y = net.matrix(t), net.matrix(matrix_above)
                assert all(
                    abs(p) <= q * (1 + MP.mpf(10) ** -12) + MP.mpf(10) ** -20 for p, q in zip(x, y, strict=True)
                ), str(t)
            except NoNumber:
                continue
            done += 1
    return done


def properties(seed: int, count: int) -> int:
    done = 0
    names = ("symmetric", "skew", "diagonal", "normal", "scalar", "upper_triangular", "orthogonal", "invertible")
    for rng, s, t, shape in pairs(seed, count):
        for name in names if shape == (n, n) else ():
            try:
                show_property(s.algebra("left"), name, t)
            except Refused:
                continue
            net = network(rng)
            try:
                x = net.matrix(t)
            except NoNumber:
                continue
            assert _has(name, x), (name, str(t), net.integers)
            done += 1
    return done


def _has(name: str, x: Any) -> bool:
    rows = range(x.rows)
    off = [abs(x[p, q]) for p in rows for q in rows if (p > q if name == "upper_triangular" else p != q)]
    if name == "invertible":
        return bool(abs(determinant(x)) > MP.mpf(10) ** -15)
    gaps = {
        "symmetric": lambda: x - x.T,
        "skew": lambda: x + x.T,
        "normal": lambda: x * x.T - x.T * x,
        "orthogonal": lambda: x * x.T - MP.eye(x.rows),
        "scalar": lambda: x - x[0, 0] * MP.eye(x.rows),
    }
    found = list(gaps[name]()) if name in gaps else off
    return bool(max(map(abs, found), default=0) < MP.mpf(10) ** -8 * (1 + max(map(abs, x))))


CHECKS = [(equal_forms, 700, 500), (signs, 500, 300), (bounds, 250, 150), (properties, 300, 60)]


@pytest.mark.parametrize(("check", "count", "enough"), CHECKS, ids=lambda x: getattr(x, "__name__", ""))
def test_random_terms(check: Callable[[int, int], int], count: int, enough: int) -> None:
    assert check(7, count) >= enough


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("check", [c[0] for c in CHECKS], ids=lambda f: f.__name__)
def test_many_random_terms(check: Callable[[int, int], int], seed: int) -> None:
    assert check(1000 + seed, 2500) > 0


def test_the_check_can_fail() -> None:
    """Values that do not meet the declarations give a term and its normal form different values."""
    rng = random.Random(1)
    net = network(random.Random(2))
    o = {s.name: s for s in SQUARE}["O"]
    t = sy.norm(o @ PLAIN[0], "fro")
    form = sequent().algebra("left").term(t)
    wrong = Numeric({"n": 2, "m": 1, "k": 1, "z": 0}, lambda name, at: _matrix(rng, 2, 2, set()) + 3 * MP.eye(2))
    assert close(net.matrix(t), net.matrix(form)) and not close(wrong.matrix(t), wrong.matrix(form))
    assert ONE == as_index(1) and Var("k", "lag", 1) in {v for v, _ in k.terms}
