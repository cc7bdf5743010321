"""The facts about activations, row by row, and their exact values, against mpmath at high precision."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from symrnn.claims.activations import AT_ZERO, FACTS
from symrnn.errors import Refused
from symrnn.semantics.numbers import Num, activate, as_num, log_of, preimage

_mpmath: Any = mpmath
MP: Any = _mpmath.mp.clone()
MP.dps = 60
CLOSE = MP.mpf(10) ** -40
STEP = MP.mpf(10) ** -20
POINTS = [MP.mpf(x) / 16 for x in range(-960, 961, 7) if x not in (0, 48)]  # off the kinks

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda a: 1 / (1 + MP.exp(-a)),
    "tanh": lambda a: MP.tanh(a),
    "softplus": lambda a: MP.log1p(MP.exp(a)),
    "relu": lambda a: max(a, MP.mpf(0)),
    "identity": lambda a: a,
    "hard_sigmoid": lambda a: max(0, min(1, a / 5 + MP.mpf(1) / 2)),
    "hard_sigmoid6": lambda a: min(max(a + 3, 0), 6) / MP.mpf(6),
}
HARD = {"hard_sigmoid", "hard_sigmoid6"}
PEAKS = {"sigmoid": 0, "tanh": 0, "relu": 1, "identity": 0, **dict.fromkeys(HARD, 1)}  # attains the upper bound
TROUGHS = {"relu": -1, "identity": 0, **dict.fromkeys(HARD, -4)}


def slope(name: str, a: Any) -> Any:
    """The derivative by central differences, of order STEP^2."""
    f = FUNCTIONS[name]
    return (f(a + STEP) - f(a - STEP)) / (2 * STEP)


def mp(x: Fraction) -> Any:
    return MP.mpf(x.numerator) / x.denominator


def closed(x: Num) -> Any:
    return mp(x.rational) + sum((mp(c) * MP.log(p) for p, c in x.logs), MP.mpf(0))


def test_every_activation_with_facts_is_tested() -> None:
    assert set(FACTS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", AT_ZERO)
def test_values_at_0(name: str) -> None:
    value, derivative = AT_ZERO[name]
    assert value is None or abs(FUNCTIONS[name](MP.mpf(0)) - mp(value)) < CLOSE
    assert derivative is None or abs(slope(name, MP.mpf(0)) - mp(derivative)) < MP.mpf(10) ** -30


def test_a_kink_has_no_values() -> None:
    assert "relu" not in AT_ZERO and all(0 not in FACTS[name].kinks for name in AT_ZERO)


@pytest.mark.parametrize("name", FACTS)
def test_the_derivative_stays_within_its_bounds(name: str) -> None:
    facts, slack = FACTS[name], MP.mpf(10) ** -30
    slopes = [slope(name, a) for a in POINTS]
    assert mp(facts.low) - slack <= min(slopes) and max(slopes) <= mp(facts.high) + slack
    if not facts.low_attained:
        assert all(s > mp(facts.low) for s in (FACTS_SLOPE[name](a) for a in POINTS))
        assert min(abs(s - mp(facts.low)) for s in slopes) < MP.mpf(10) ** -20, "the bound is not the infimum"
    if not facts.high_attained:
        assert all(FACTS_SLOPE[name](a) < mp(facts.high) for a in POINTS)
        assert max(slopes) > mp(facts.high) - MP.mpf(10) ** -20, "the bound is not the supremum"


@pytest.mark.parametrize("name", FACTS)
def test_bounds_said_to_be_attained_are(name: str) -> None:
    facts = FACTS[name]
    assert facts.high_attained == (name in PEAKS) and facts.low_attained == (name in TROUGHS)
    if name in PEAKS:
        assert abs(slope(name, MP.mpf(PEAKS[name])) - mp(facts.high)) < MP.mpf(10) ** -30
    if name in TROUGHS:
        assert abs(slope(name, MP.mpf(TROUGHS[name])) - mp(facts.low)) < MP.mpf(10) ** -30


FACTS_SLOPE: dict[str, Callable[[Any], Any]] = {  # derivatives written so that nothing cancels far out
    "sigmoid": lambda a: 1 / ((1 + MP.exp(a)) * (1 + MP.exp(-a))),
    "tanh": lambda a: 1 / MP.cosh(a) ** 2,
    "softplus": lambda a: MP.exp(a) / (1 + MP.exp(a)),
    "relu": lambda a: MP.mpf(a > 0),
    "identity": lambda a: MP.mpf(1),
    "hard_sigmoid": lambda a: MP.mpf(abs(a) < MP.mpf("2.5")) / 5,
    "hard_sigmoid6": lambda a: MP.mpf(abs(a) < 3) / 6,
}


@pytest.mark.parametrize("name", FACTS)
def test_the_written_derivatives_are_derivatives(name: str) -> None:
    assert all(abs(FACTS_SLOPE[name](a) - slope(name, a)) < MP.mpf(10) ** -30 for a in POINTS)


@pytest.mark.parametrize("name", FACTS)
def test_zeros_of_the_derivative(name: str) -> None:
    zeros = [a for a in POINTS if FACTS_SLOPE[name](a) == 0]
    assert bool(zeros) != FACTS[name].never_zero


@pytest.mark.parametrize("name", FACTS)
def test_an_open_box_of_slopes(name: str) -> None:
    """Many different values, dense in the interval: a polynomial that vanishes on them is 0."""
    values = sorted({MP.nstr(FACTS_SLOPE[name](MP.mpf(x) / 64), 20) for x in range(1, 257)})
    assert (len(values) > 200) == FACTS[name].open_box


def test_softplus_has_the_sigmoid_as_its_derivative() -> None:
    for a in POINTS:
        assert abs(FACTS_SLOPE["softplus"](a) - FUNCTIONS["sigmoid"](a)) < CLOSE


EXACT = {
    "sigmoid": [log_of(Fraction(p, q)) for p, q in ((1, 1), (1, 2), (3, 4), (7, 5), (1, 9), (100, 1))],
    "softplus": [log_of(Fraction(p, q)) for p, q in ((1, 1), (1, 2), (3, 4), (7, 5), (1, 9))],
    "tanh": [log_of(Fraction(p, q)) * Fraction(1, 2) for p, q in ((1, 1), (1, 2), (3, 4), (7, 5), (1, 9))],
    "relu": [as_num(Fraction(x, 3)) for x in (-7, -1, 1, 2, 9)],
    "identity": [as_num(Fraction(x, 3)) for x in (-7, 0, 2)] + [log_of(Fraction(5, 3))],
    "hard_sigmoid": [as_num(Fraction(x, 3)) for x in (-17, -7, 0, 2, 7, 8, 30)],
    "hard_sigmoid6": [as_num(Fraction(x, 3)) for x in (-17, -8, 0, 2, 8, 10, 30)],
}


@pytest.mark.parametrize("name", FACTS)
def test_exact_values_agree_with_mpmath(name: str) -> None:
    for a in EXACT[name]:
        value, derivative = activate(name, a)
        point = closed(a)
        assert abs(closed(value) - FUNCTIONS[name](point)) < CLOSE
        assert abs(mp(derivative) - FACTS_SLOPE[name](point)) < CLOSE


@pytest.mark.parametrize("name", FACTS)
def test_preimages_are_preimages(name: str) -> None:
    for p in (Fraction(1, 2), Fraction(1, 3), Fraction(9, 10), Fraction(3, 5)):
        a = preimage(name, p)
        value, derivative = activate(name, a)
        reached = derivative if name == "softplus" else value.rational
        assert reached == p
        numeric = FACTS_SLOPE[name](closed(a)) if name == "softplus" else FUNCTIONS[name](closed(a))
        assert abs(numeric - mp(p)) < CLOSE


@pytest.mark.parametrize(
    ("name", "a"),
    [
        ("sigmoid", as_num(1)),
        ("sigmoid", log_of(Fraction(2)) * Fraction(1, 2)),
        ("tanh", as_num(Fraction(1, 3))),
        ("tanh", log_of(Fraction(2)) * Fraction(1, 3)),
        ("softplus", log_of(Fraction(2)) + 1),
        ("relu", as_num(0)),
        ("relu", log_of(Fraction(2))),
        ("hard_sigmoid", as_num(Fraction(5, 2))),
        ("hard_sigmoid", as_num(Fraction(-5, 2))),
        ("hard_sigmoid6", as_num(3)),
        ("hard_sigmoid6", as_num(-3)),
        ("hard_sigmoid6", log_of(Fraction(2))),
        ("phi", as_num(0)),
    ],
)
def test_points_without_a_closed_form_are_refused(name: str, a: Num) -> None:
    with pytest.raises(Refused):
        activate(name, a)


@pytest.mark.parametrize("name", FACTS)
def test_kinks_are_where_the_derivative_jumps(name: str) -> None:
    """One-sided difference quotients agree everywhere but at the kinks, where exact values are refused."""
    f, h = FUNCTIONS[name], MP.mpf(10) ** -25
    jumps = [q for q in CANDIDATES if abs(f(mp(q) + h) - 2 * f(mp(q)) + f(mp(q) - h)) > h / 100]
    assert jumps == list(FACTS[name].kinks) and FACTS[name].why
    for q in jumps:
        with pytest.raises(Refused):
            activate(name, as_num(q))


CANDIDATES = [Fraction(x, 2) for x in range(-8, 9)]


@pytest.mark.parametrize("name", sorted(HARD))
@pytest.mark.parametrize("p", [Fraction(0), Fraction(1)])
def test_the_flat_ends_of_a_hard_sigmoid_have_preimages(name: str, p: Fraction) -> None:
    assert activate(name, preimage(name, p)) == (as_num(p), 0)


@pytest.mark.parametrize(
    ("name", "p"),
    [
        ("hard_sigmoid", -1),
        ("hard_sigmoid6", 2),
        ("sigmoid", 0),
        ("sigmoid", 1),
        ("tanh", 1),
        ("tanh", -1),
        ("softplus", 2),
    ],
)
def test_values_outside_the_range_have_no_preimage(name: str, p: int) -> None:
    with pytest.raises(Refused):
        preimage(name, Fraction(p))


@pytest.mark.parametrize("r", [Fraction(12, 35), Fraction(1, 1024), Fraction(999983, 2)])
def test_logarithms_are_logarithms(r: Fraction) -> None:
    assert abs(closed(log_of(r)) - MP.log(mp(r))) < CLOSE
    assert log_of(r) + log_of(1 / r) == as_num(0)


def test_unnormalised_numbers_are_refused() -> None:
    q = Fraction(1)
    for logs in (((4, q),), ((3, q), (2, q)), ((2, q), (2, q)), ((2, Fraction(0)),), ((1, q),), ((-3, q),)):
        with pytest.raises(Refused):
            as_num(Num(Fraction(0), logs))
