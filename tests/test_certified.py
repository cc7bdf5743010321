"""Certified products: enclosures that contain what mpmath finds, accurate as asked, and no precision left changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

import flint
import mpmath
import pytest

from symrnn import ClaimError, Undefined, certified, products, tanh
from symrnn.certified import accuracy, certified_jacobian, working_precision
from symrnn.products import ordered_product

SLOPES = {
    "sigmoid": lambda c, a: c.exp(-a) / (1 + c.exp(-a)) ** 2,
    "tanh": lambda c, a: 1 - c.tanh(a) ** 2,
    "softplus": lambda c, a: 1 / (1 + c.exp(-a)),
    "relu": lambda c, a: c.mpf(int(a > 0)),
    "identity": lambda c, a: c.mpf(1),
}
VALUES = {
    "sigmoid": lambda c, a: 1 / (1 + c.exp(-a)),
    "tanh": lambda c, a: c.tanh(a),
    "softplus": lambda c, a: c.log(1 + c.exp(a)),
    "relu": lambda c, a: max(a, c.mpf(0)),
    "identity": lambda c, a: a,
}


def network(n, m, k, seed):
    rng = random.Random(seed)

    def draw(count):
        return [Fraction(rng.randint(-9, 9), rng.randint(9, 19)) + Fraction(1, 97) for _ in range(count)]

    return [draw(n) for _ in range(n)], [draw(m) for _ in range(n)], [draw(m) for _ in range(k)], draw(n), draw(n)


def by_mpmath(name, W, V, inputs, first, bias):
    """The same Jacobian from the same formula at 400 digits, in a context of its own."""
    c = mpmath.mp.clone()
    c.dps = 400

    def matrix(rows):
        return c.matrix([[c.mpf(x.numerator) / x.denominator for x in row] for row in rows])

    W, V, b, h = matrix(W), matrix(V), matrix([[x] for x in bias]), matrix([[x] for x in first])
    J = c.eye(len(first))
    for x in inputs:
        a = W * h + V * matrix([[y] for y in x]) + b
        J = c.diag([SLOPES[name](c, y) for y in a]) * W * J
        h = a.apply(lambda y: VALUES[name](c, y))
    return J


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(("n", "m", "k"), [(1, 1, 1), (2, 3, 4), (4, 2, 12)])
def test_the_true_value_lies_inside_and_the_interval_is_narrow(name, n, m, k):
    W, V, inputs, first, bias = network(n, m, k, f"{name} {n} {k}")
    made = certified_jacobian(name, W, V, inputs, first, bias=bias, digits=60)
    true = by_mpmath(name, W, V, inputs, first, bias)
    assert made.shape == (n, n)
    largest = max(abs(x) for x in true)
    for i in range(n):
        for j in range(n):
            low, high = made.entry(i + 1, j + 1)
            slack = largest * mpmath.mpf(10) ** -300  # the oracle rounds too
            assert low <= high
            assert low.numerator / true.ctx.mpf(low.denominator) <= true[i, j] + slack
            assert high.numerator / true.ctx.mpf(high.denominator) >= true[i, j] - slack
            assert (high - low).numerator / true.ctx.mpf((high - low).denominator) <= 2 * largest * true.ctx.mpf(
                10
            ) ** -60


def test_precision_escalates_by_itself():
    rng = random.Random(1)
    W = [[Fraction(rng.randint(-100, 100), 300) for _ in range(40)] for _ in range(40)]
    V = [[Fraction(int(i == j)) for j in range(40)] for i in range(40)]
    inputs = [[Fraction(rng.randint(-9, 9), 10) for _ in range(40)] for _ in range(50)]
    made = certified_jacobian(tanh, W, V, inputs, [0] * 40, digits=20)
    assert made.bits > 20 * 10 // 3 + 100  # what 50 steps lose
    more = certified_jacobian(tanh, W, V, inputs, [0] * 40, digits=200)
    assert more.bits > made.bits
    for i, j in ((1, 1), (1, 8), (5, 2)):
        (low, high), (inner_low, inner_high) = made.entry(i, j), more.entry(i, j)
        assert low <= inner_high and inner_low <= high


def test_precisions_are_as_they_were():
    before = (flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec)
    certified_jacobian("sigmoid", [[1]], [[1]], [[1]] * 5, [0])
    with pytest.raises(Undefined):
        certified_jacobian("relu", [[1]], [[1]], [[0]], [0])
    with pytest.raises(ZeroDivisionError), working_precision(999):
        raise ZeroDivisionError
    assert (flint.ctx.prec, mpmath.mp.prec, mpmath.iv.prec) == before


def test_a_kink_is_undefined_and_a_dead_network_is_exactly_zero():
    with pytest.raises(Undefined, match="out of reach .* ReLU is 0"):
        certified_jacobian("relu", [[1]], [[1]], [[Fraction(0)]], [Fraction(0)])
    dead = certified_jacobian("relu", [[1]], [[1]], [[-5]], [1])
    assert dead.entry(1, 1) == (0, 0) and dead.text(1, 1) == "0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W_hh": [[0.5]]}, "0.5 in W_hh is not exact"),
        ({"W_hh": [[True]]}, "True in W_hh is not exact"),
        ({"W_hh": [[1, 2]]}, "W_hh must have 1 rows of 1 entries"),
        ({"inputs": [[1, 2]]}, "inputs must have 1 rows of 1 entries"),
        ({"inputs": []}, "inputs is empty"),
        ({"bias": [1, 2]}, "bias must have 1 rows of 1 entries"),
        ({"activation": "phi"}, "phi has no numerical values"),
        ({"digits": 0}, "0 is no number of digits"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"activation": "tanh", "W_hh": [[1]], "W_xh": [[1]], "inputs": [[1]], "first": [0], **change}
    with pytest.raises(ClaimError, match=message):
        certified_jacobian(**given)


def test_entries_are_counted_from_1():
    made = certified_jacobian("identity", [[2, 3], [5, 7]], [[1], [1]], [[0]], [0, 0])
    assert made.entry(2, 1) == (5, 5)
    with pytest.raises(ClaimError, match=r"no entry \(0, 1\)"):
        made.entry(0, 1)


def test_accuracy_counts_bits():
    def ball(radius):
        return [flint.arb(1, radius)]

    assert accuracy(ball(2.0**-20)) in (18, 19, 20)
    assert accuracy(ball(2.0)) == 0


def test_what_is_too_small_for_a_fraction_has_a_text():
    made = certified_jacobian("sigmoid", [[1]], [[1]], [[10**9]], [0])
    assert made.text(1, 1, digits=5).endswith("e-434294482")
    with pytest.raises(Undefined, match="too long to write down"):
        made.entry(1, 1)


# ---- products in whole numbers ---------------------------------------------------------------------------------------


def exact_product(matrix: list[list[Fraction]], diagonals: list[list[Fraction]]) -> list[list[Fraction]]:
    out = [[Fraction(int(i == j)) for j in range(len(matrix))] for i in range(len(matrix))]
    for d in diagonals:
        moved = [[sum(w * out[j][c] for j, w in enumerate(row)) for c in range(len(matrix))] for row in matrix]
        out = [[x * y for y in row] for x, row in zip(d, moved, strict=True)]
    return out


def matrices(n: int, rng: random.Random) -> Iterator[list[list[Fraction]]]:
    """Harmless, with zeros, nilpotent, singular, ill-conditioned, of very unequal scales, with long denominators."""
    small = [[Fraction(rng.randint(-9, 9), 7) for _ in range(n)] for _ in range(n)]
    yield small
    yield [[x if j >= i else Fraction(0) for j, x in enumerate(row)] for i, row in enumerate(small)]
    yield [[x if j > i else Fraction(0) for j, x in enumerate(row)] for i, row in enumerate(small)]
    yield [[Fraction(0)] * n for _ in range(n)]
    yield [[Fraction(1, 2) + Fraction(i * j, 10**25) for j in range(n)] for i in range(n)]
    yield [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]
    yield [[x * Fraction(2) ** (150 * (i - j)) for j, x in enumerate(row)] for i, row in enumerate(small)]
    yield [[x * Fraction(10) ** 90 for x in row] for row in small]
    yield [[x / Fraction(10) ** 90 for x in row] for row in small]
    yield [[x + Fraction(1, 3 ** (50 + i + j)) for j, x in enumerate(row)] for i, row in enumerate(small)]
    yield [[Fraction(18 * (-1) ** i) for _ in range(n)] for i in range(n)]  # its square is 0 at n = 2


def test_products_contain_the_exact_one() -> None:
    """Diagonals drawn inside their intervals, those exact and those wide; few bits and many."""
    rng = random.Random("products")
    for n in (1, 2, 3, 5):
        for matrix in matrices(n, rng):
            for k, bits, wide in (
                (1, 40, 0),
                (1, 16, 0),
                (6, 12, 0),
                (3, 60, 30),
                (12, 100, 90),
                (25, 200, 0),
                (40, 64, 70),
            ):
                with working_precision(bits):
                    inside, balls = [], []
                    for _ in range(k):
                        middle = [Fraction(rng.randint(0, 2**20), 2**20) * rng.choice((0, 1, 1)) for _ in range(n)]
                        sizes = [Fraction(rng.choice((0, 1)), 2**wide) if wide else Fraction(0) for _ in range(n)]
                        thirds = [Fraction(rng.randint(-3, 3), 3) for _ in range(n)]
                        inside.append([m + t * r for m, t, r in zip(middle, thirds, sizes, strict=True)])
                        balls.append(
                            [
                                flint.arb(
                                    flint.fmpq(m.numerator, m.denominator), flint.fmpq(r.numerator, r.denominator)
                                )
                                for m, r in zip(middle, sizes, strict=True)
                            ]
                        )
                    made = ordered_product(matrix, balls, bits)
                true = exact_product(matrix, inside)
                for i in range(n):
                    for j in range(n):
                        middle, radius = certified._fraction(made[i, j].mid()), certified._fraction(made[i, j].rad())
                        assert abs(true[i][j] - middle) <= radius, (n, k, bits, wide, matrix, i, j)


@pytest.mark.parametrize("radius", [0, Fraction(1, 2**9), Fraction(1, 2**70)])
def test_slopes_as_whole_numbers_are_as_near_as_they_say(radius: Fraction) -> None:
    """Exact ones that are too long, intervals from end to end, tiny beside large, negative ones and zeros."""
    rng = random.Random(f"slopes {radius}")
    for bits in (8, 20, 64):
        for scale in (-900, 0, 300):
            middles = [rng.randint(-(2**40), 2**40) * rng.choice((0, 1, 1)) for _ in range(5)]
            exact = [Fraction(m) * Fraction(2) ** (scale - rng.choice((0, 7))) for m in middles]
            wide = radius * max(abs(x) for x in exact)
            with working_precision(400):
                balls = [flint.arb(flint.fmpq(x.numerator, x.denominator), _fmpq(wide)) for x in exact]
                made = products._whole_diagonal(balls, bits)
            for ball, whole, off in zip(balls, made.whole, made.off, strict=True):
                middle, reach = certified._fraction(ball.mid()), certified._fraction(ball.rad())
                for x in (middle - reach, middle, middle + reach):
                    assert abs(x * Fraction(2) ** made.shift - whole) <= off
                assert whole.bit_length() <= bits


def _fmpq(x: Fraction) -> flint.fmpq:
    return flint.fmpq(Fraction(x).numerator, Fraction(x).denominator)


def test_products_of_short_numbers_are_exact() -> None:
    with working_precision(300):
        made = ordered_product([[Fraction(1, 2), 3], [0, 5]], [[flint.arb(1), flint.arb(0.25)]] * 20, 300)
    assert all(x.is_exact() for x in made.entries())
    assert made[1, 1] == flint.arb(5) ** 20 / 4**20 and made[1, 0] == 0


def test_no_factors_make_the_identity() -> None:
    assert ordered_product([[Fraction(3)]], [], 60)[0, 0] == 1


@pytest.mark.parametrize(("n", "digits"), [(2, 30), (3, 80), (6, 200)])
def test_badly_scaled_networks(n, digits):
    """Entries from 2^-240 to 2^240: still as accurate as asked for, against mpmath at 400 digits."""
    W, V, inputs, first, bias = network(n, n, 9, f"scales {n}")
    W = [[x * Fraction(2) ** (40 * (i - j)) for j, x in enumerate(row)] for i, row in enumerate(W)]
    true = by_mpmath("identity", W, V, inputs, first, bias)
    made = certified_jacobian("identity", W, V, inputs, first, bias=bias, digits=digits)
    largest = max(abs(x) for x in true)
    for i in range(n):
        for j in range(n):
            low, high = made.entry(i + 1, j + 1)
            slack = largest * mpmath.mpf(10) ** -250
            assert low.numerator / true.ctx.mpf(low.denominator) <= true[i, j] + slack
            assert high.numerator / true.ctx.mpf(high.denominator) >= true[i, j] - slack
            assert (high - low).numerator / true.ctx.mpf((high - low).denominator) <= 2 * largest / mpmath.mpf(
                10
            ) ** digits


def test_two_units_that_saturate_in_turn():
    """Every entry is far below what its neighbours were on the way: intervals of their own for each are needed."""
    made = certified_jacobian("sigmoid", [[1, 0], [0, 1]], [[1, 0], [0, 1]], [[10**7, 0], [0, 10**7]], [0, 0])
    assert accuracy([x for row in made.balls for x in row]) >= 166
    assert made.text(1, 1, digits=5).endswith("e-4342946") and made.text(2, 2, digits=5).endswith("e-4342946")
    assert made.entry(1, 2) == (0, 0)


def test_what_is_foretold_decides_nothing(monkeypatch):
    """Too little foretold, or far too much: the precision escalates, and the digits are there."""
    W, V, inputs, first, bias = network(3, 2, 40, "foretold")
    wanted = certified_jacobian("tanh", W, V, inputs, first, bias=bias, digits=40)
    for bits in (0, 900):
        monkeypatch.setattr(certified._Network, "foretold", lambda self, bits=bits: bits)
        made = certified_jacobian("tanh", W, V, inputs, first, bias=bias, digits=40)
        assert all(
            a.overlaps(b) for x, y in zip(wanted.balls, made.balls, strict=True) for a, b in zip(x, y, strict=True)
        )
        assert accuracy([x for row in made.balls for x in row]) * 3 >= 400
