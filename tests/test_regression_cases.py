"""Equality of expressions with cases: rectifiers, magnitudes, signs, clipping, pieces."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
import sympy as S
from regression_oracle import agree, random_pieces, rewritten

from symrnn.regression import cases
from symrnn.regression.cases import Range, Unsplit
from symrnn.regression.equality import Outcome, compare
from symrnn.regression.sympy_trees import from_sympy
from symrnn.regression.trees import GoldenError, Tree, dumps, loads

x, y, z = S.symbols("x y z", real=True)
p = S.Symbol("p", positive=True)
u = S.Symbol("u", nonnegative=True)
k = S.Symbol("k", integer=True)
c = S.Symbol("c")
f = S.Function("f")
half = S.Rational(1, 2)


def pieces(*given: Any) -> Any:
    return S.Piecewise(*given, evaluate=False)


RELU = pieces((x, x > 0), (0, True))
LEAKY = pieces((x, x >= 0), (x / 100, True))
HARD = pieces((-1, x < -1), (1, x > 1), (x, True))
HARD_SIGMOID = S.Max(0, S.Min(1, x / 5 + half))
EQUAL = [
    (S.Max(0, x), RELU),
    (RELU, pieces((x, x >= 0), (0, True))),
    (RELU, pieces((0, x < 0), (x, True))),
    (RELU, pieces((0, S.Not(x > 0)), (x, True))),
    (S.Max(x / 100, x), LEAKY),
    (HARD, S.Max(-1, S.Min(1, x))),
    (HARD, (S.Abs(x + 1) - S.Abs(x - 1)) / 2),
    (HARD, pieces((x, S.And(x > -1, x < 1)), (S.sign(x), True))),
    (HARD, pieces((S.sign(x), S.Or(x >= 1, x <= -1)), (x, True))),
    (HARD_SIGMOID, pieces((0, x < -S.Rational(5, 2)), (1, x > S.Rational(5, 2)), (x / 5 + half, True))),
    (S.Heaviside(x) * 2 - 1, S.sign(x)),
    (S.Heaviside(x, 0), pieces((1, x > 0), (0, True))),
    (S.diff(S.Max(x, 0), x), S.Heaviside(x)),
    (x * S.sign(x), S.Abs(x)),
    (S.sign(x) ** 2, pieces((0, S.Eq(x, 0)), (1, True))),
    (pieces((S.log(x), x > 0), (0, True)), pieces((0, x <= 0), (S.log(x), True))),
    (pieces((S.sin(x) / x, S.Ne(x, 0)), (1, True)), pieces((1, S.Eq(x, 0)), (S.sin(x) / x, True))),
    (pieces((c, S.Eq(c, 1)), (1, True)), S.Integer(1)),
    (pieces((S.exp(x) - 1, x < 0), (x, True)), S.Max(0, x) + S.Min(0, S.exp(x) - 1)),
    (pieces((x, x > y), (y, True)), S.Max(x, y)),
    (pieces((x, x > y), (y, True)), (x + y + S.Abs(x - y)) / 2),
    (pieces((x - y, x > y), (y - x, True)), S.Abs(y - x)),
    (pieces((1, x * S.exp(y) > 0), (0, True)), pieces((1, x > 0), (0, True))),
    (pieces((1, S.exp(x) > 1), (0, True)), pieces((1, x > 0), (0, True))),
    (pieces((1, x * y > 0), (0, True)), (S.sign(x) * S.sign(y) + S.Abs(S.sign(x) * S.sign(y))) / 2),
    (S.Max(x, y, z), S.Max(x, S.Max(y, z, evaluate=False), evaluate=False)),
    (S.sqrt(x**2) * S.sign(x), x),
    (pieces((1, p > -1), (0, True)), S.Integer(1)),
    (pieces((p, p > 0), (-p, True)), p),
    (pieces((1, u > 0), (0, True)), S.sign(u)),
    (f(S.Max(0, x)), pieces((f(x), x > 0), (f(0), True))),
    (pieces((1, x > 0)), pieces((1 / S.sign(x), x > 0))),
    (pieces((1, 2 * x > 3), (0, True)), pieces((0, x <= 3 * half), (1, True))),
    (pieces((1, x**2 > 0), (0, True)), pieces((0, S.Eq(x, 0)), (1, True))),
    (pieces((1, S.And(x > 0, 1 / x > 0)), (0, True)), pieces((1, x > 0), (0, True))),  # one member decides
    (pieces((1, S.Or(x >= 0, 1 / x > 0)), (0, True)), pieces((1, x >= 0), (0, True))),
    (S.Matrix([[RELU, 0], [0, HARD]]), S.Matrix([[S.Max(x, 0), 0], [0, S.Max(-1, S.Min(1, x))]])),
]
DIFFERENT = [  # with the point
    (pieces((1, x > 0), (0, True)), pieces((1, x >= 0), (0, True)), {"x": "0"}),
    (S.Heaviside(x), pieces((1, x > 0), (0, True)), {"x": "0"}),
    (HARD, pieces((-1, x < -1), (1, x > 2), (x, True)), {}),
    (pieces((x, x < 7), (7, True)), pieces((x, x < 8), (7, True)), {}),
    (pieces((0, x < 7), (1, True)), pieces((0, x <= 7), (1, True)), {"x": "7"}),
    (pieces((0, S.Eq(x, S.Rational(22, 7))), (1, True)), S.Integer(1), {"x": "22/7"}),
    (pieces((0, x > 100), (1, True)), S.Integer(1), {"x": "101"}),
    (pieces((0, S.And(x > 100, x < 101)), (1, True)), S.Integer(1), {"x": "201/2"}),
    (S.Max(0, x), S.Abs(x), {"x": "-1"}),
    (pieces((1, x > 0)), S.Integer(1), {"x": "-1"}),
    (pieces((x, x > y), (y, True)), S.Min(x, y), {}),
    (pieces((S.log(x), x > 0), (0, True)), pieces((S.log(x), x >= 0), (0, True)), {"x": "0"}),
    (pieces((0, S.Eq(c, 5)), (1, True)), S.Integer(1), {"c": "5"}),
    (pieces((1, S.Or(x > 0, S.log(x + 1) > 1)), (0, True)), pieces((1, x > 0), (0, True)), {"x": "-1"}),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal(left: Any, right: Any) -> None:
    for golden, now in ((left, right), (right, left)):
        found = compare(from_sympy(golden), from_sympy(now))
        assert found.outcome is Outcome.EQUAL, found.message


@pytest.mark.parametrize(("left", "right", "at"), DIFFERENT)
def test_different(left: Any, right: Any, at: dict[str, str]) -> None:
    for golden, now in ((left, right), (right, left)):
        found = compare(from_sympy(golden), from_sympy(now))
        assert found.outcome is Outcome.DIFFERENT, found.message
        assert not at or dict(found.point) == at
        assert found.golden != found.now


MANY = [S.Symbol(f"y{i}", real=True) for i in range(6)]
TOTAL = x**2 + x
UNDECIDED = [
    (pieces((c, c > 0), (0, True)), S.Max(c, 0), "c is not known to be real, so its sign has no cases: declare"),
    (pieces((x * (x + 1), 1 / x > 0), (0, True)), pieces((TOTAL, 1 / x > 0), (0, True)), "no cases are known of"),
    (
        pieces((1, S.exp(x) > 2), (0, True)),
        pieces((1, x > S.log(2)), (0, True)),
        "where exp(x) - 2 < 0, x - log(2) > 0",
    ),
    (sum(map(S.sign, (x - b for b in MANY))), sum(2 * S.Heaviside(x - b) - 1 for b in MANY), "not shown to be 0"),
]


@pytest.mark.parametrize(("left", "right", "reason"), UNDECIDED)
def test_undecided(left: Any, right: Any, reason: str) -> None:
    found = compare(from_sympy(left), from_sympy(right))
    assert found.outcome is Outcome.UNDECIDED and reason in found.reason


NOWHERE = (c**2 + 1) * ((c + 1) ** 2 + 1) * ((c - 1) ** 2 + 16)  # 0 at all points that are tried and not real
SQUARE = c * S.conjugate(c)
FALSE = [  # at c = 2 I
    (pieces((NOWHERE * S.Abs(c), SQUARE > 0), (0, True)), pieces((NOWHERE * c * S.sign(c), SQUARE > 0), (0, True))),
    (pieces((NOWHERE * S.Abs(c), SQUARE**3 >= 0), (0, True)), pieces((NOWHERE * c * S.sign(c), True))),
]


@pytest.mark.parametrize(("left", "right"), FALSE)
def test_factors_of_what_is_real_need_not_be(left: Any, right: Any) -> None:
    for golden, now in ((left, right), (right, left)):
        assert compare(from_sympy(golden), from_sympy(now)).outcome is not Outcome.EQUAL
    assert left.subs(c, 2 * S.I) != right.subs(c, 2 * S.I)


ORDERED = [  # with what it is only where c is real
    (pieces((1, c < -S.conjugate(c)), (0, True)), pieces((1, c + S.conjugate(c) < 0), (0, True))),
    (pieces((1, S.Lt(c, c, evaluate=False)), (0, True)), S.Integer(0)),
    (pieces((1, S.Le(c, c, evaluate=False)), (0, True)), S.Integer(1)),
]


@pytest.mark.parametrize(("left", "right"), ORDERED)
def test_what_need_not_be_real_has_no_order(left: Any, right: Any) -> None:
    for golden, now in ((left, right), (right, left)):
        assert compare(from_sympy(golden), from_sympy(now)).outcome is not Outcome.EQUAL


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_largest_of_what_need_not_be_real_is_told_apart_from_it(count: int) -> None:
    one = from_sympy(c)
    assert compare(Tree("Max", "", (one,) * count), one).outcome is not Outcome.EQUAL
    assert compare(Tree("Max", "", (from_sympy(x),) * count), from_sympy(x)).outcome is Outcome.EQUAL


def test_symbols_of_one_name_have_no_cases() -> None:
    real, positive = from_sympy(S.Max(x, 0)), from_sympy(S.Max(S.Symbol("x", positive=True) - 2, 0))
    with pytest.raises(Unsplit, match="two symbols have the same name"):
        list(cases.cases(Tree("Add", "", (real, positive)), real))


def test_the_cases_of_a_symbol_are_points_and_intervals() -> None:
    golden = from_sympy(HARD)
    assert [case.name for case in cases.cases(golden, golden)] == [
        "x < -1",
        "x = -1",
        "x > -1, x < 1",
        "x > -1, x = 1",
        "x > -1, x > 1",
    ]


def test_what_cannot_be_is_no_case() -> None:
    whole = from_sympy(pieces((1, k > half), (0, True)))
    assert [case.name for case in cases.cases(whole, whole)] == ["k < 1/2", "k > 1/2"]
    nonzero = from_sympy(S.sign(S.Symbol("w", nonzero=True)))
    assert [case.name for case in cases.cases(nonzero, nonzero)] == ["w < 0", "w > 0"]


def test_ranges() -> None:
    part = Range().cut(Fraction(2), 1).cut(Fraction(5), -1)
    assert part.side(Fraction(2)) == part.side(Fraction(0)) == {1} and part.side(Fraction(5)) == {-1}
    assert part.side(Fraction(3)) == {-1, 0, 1} and part.cut(Fraction(3), 0).side(Fraction(3)) == {0}
    assert part.nearest(Fraction(9)) == part.nearest(Fraction(-9)) == Fraction(7, 2)
    assert part.assumption == "positive" and Range().cut(Fraction(0), -1).assumption == "negative"
    assert Range(Fraction(0), None, True).assumption == "nonnegative" and Range().assumption == ""


# ---- what is stored --------------------------------------------------------------------------------------------------


def test_pieces_are_stored_one_node_a_line() -> None:
    tree = from_sympy(RELU)
    assert dumps(tree).splitlines() == [
        *("Piecewise", "  Symbol x real", "  Gt", "    Symbol x real", "    Number 0", "  Number 0", "  True")
    ]
    assert loads(dumps(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "Piecewise\n  Number 1\n",
        "Piecewise\n  Number 1\n  Number 2\n",
        "Piecewise\n  True\n  Number 1\n",
        "Piecewise\n  Number 1\n  True\n  Number 2\n",
        "Add\n  True\n",
        "And\n  Number 1\n",
        "Gt\n  True\n  Number 1\n",
        "True\n",
        "Gt\n  Number 2\n  Number 1\n",
        "Not\n  True\n  True\n",
    ],
)
def test_what_is_no_tree_of_pieces_is_refused(text: str) -> None:
    with pytest.raises(GoldenError):
        dumps(loads(text))


# ---- a hunt for a false EQUAL ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_no_false_equal(seed: int) -> None:
    assert _hunt(seed, 120) > 20


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1010))
def test_no_false_equal_campaign(seed: int) -> None:
    assert _hunt(seed, 1500) > 250


def _hunt(seed: int, count: int) -> int:
    """How many random expressions with cases, rewritten rightly or wrongly, were called equal; each is tried."""
    equal = 0
    for i in range(count):
        drawn = random.Random(seed * 1_000_003 + i)
        kinds = drawn.choices(["real", "positive", "nonnegative", "real"], k=2)
        symbols = [Tree("Symbol", f"x{n} {kind}") for n, kind in enumerate(kinds)]
        one = random_pieces(drawn, symbols, drawn.choice([1, 2, 2, 3]))
        other = rewritten(drawn, one)
        if one == other or compare(one, other).outcome is not Outcome.EQUAL:
            continue
        equal += 1
        low = {"real": -2, "positive": 1, "nonnegative": 0}
        for a in range(0, 9, 2):  # with 0 and 1
            for b in range(0, 9, 2):
                agree(one, other, {s.value: low[k] + n / 2 for s, k, n in zip(symbols, kinds, (a, b), strict=True)})
    return equal
