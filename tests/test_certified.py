"""Certified products: enclosures that contain what mpmath finds, accurate as asked, and no precision left changed."""

from __future__ import annotations

import random
from fractions import Fraction

import flint
import mpmath
import pytest

from symrnn import ClaimError, Undefined, tanh
from symrnn.certified import SPARE, accuracy, certified_jacobian, working_precision

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
    assert made.bits > 20 * 10 // 3 + SPARE + 2 * 50  # more than it began with
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
        return flint.arb_mat([[flint.arb(1, radius)]])

    assert accuracy(ball(2.0**-20)) in (18, 19, 20)
    assert accuracy(ball(2.0)) == 0


def test_what_is_too_small_for_a_fraction_has_a_text():
    made = certified_jacobian("sigmoid", [[1]], [[1]], [[10**9]], [0])
    assert made.text(1, 1, digits=5).endswith("e-434294482")
    with pytest.raises(Undefined, match="too long to write down"):
        made.entry(1, 1)
