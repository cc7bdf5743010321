"""Equality of expressions: pairs that are equal and pairs that nearly are, and a hunt for a false EQUAL."""

from __future__ import annotations

import random
from typing import Any

import mpmath
import pytest
import sympy as S
from regression_oracle import CONTEXT, KINDS, VALUES, NoValue, agree, random_tree, rewritten, value

from symrnn import Elman, eq, eye, jacobian, matrix, norm, relu, scalar, sigmoid, size, trace, vector
from symrnn.regression import claim_equality
from symrnn.regression.equality import Outcome, compare
from symrnn.regression.points import certainly_differ, evaluate, precision
from symrnn.regression.sympy_trees import from_sympy
from symrnn.regression.trees import GoldenError, Tree

x, y, a, b = S.symbols("x y a b")
r, s = S.symbols("r s", real=True)
p, q = S.symbols("p q", positive=True)
u = S.Symbol("u", nonnegative=True)
m = S.Symbol("m", negative=True)
z = S.Symbol("z", nonzero=True)
f, g = S.Function("f"), S.Function("g")
half, third = S.Rational(1, 2), S.Rational(1, 3)


def times(*args: Any) -> Any:
    return S.Mul(*args, evaluate=False)


def to(base: Any, exponent: Any) -> Any:
    return S.Pow(base, exponent, evaluate=False)


def sigma(t: Any) -> Any:
    return 1 / (1 + S.exp(-t))


EQUAL = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    ((x**3 - y**3), (x - y) * (x**2 + x * y + y**2)),
    (1 / (x - 1) - 1 / (x + 1), 2 / (x**2 - 1)),
    (times(z, 1 / z), S.Integer(1)),
    (times(p**2, 1 / p), p),
    (to(S.sqrt(x), 2), x),
    (S.sqrt(p**2 * q), p * S.sqrt(q)),
    (to(m**2, half), -m),
    (to(r**2, half), S.Abs(r)),
    (to(u**2, half), u),
    (to(x**2, half) ** 2, x**2),
    (S.sqrt(6), times(S.sqrt(2), S.sqrt(3))),
    (1 / (1 + S.sqrt(2)), S.sqrt(2) - 1),
    (to(p * x, third), p**third * x**third),
    (S.exp(x + y), times(S.exp(x), S.exp(y))),
    (times(S.exp(x), S.exp(-x)), S.Integer(1)),
    (S.exp(2 * x) - 1, (S.exp(x) - 1) * (S.exp(x) + 1)),
    (S.exp(S.log(x) * 2, evaluate=False), times(x**2, to(x, -1), x)),
    (S.exp(S.log(p) / 2, evaluate=False), S.sqrt(p)),
    (S.log(p * q), S.log(p) + S.log(q)),
    (S.log(p / q**3), S.log(p) - 3 * S.log(q)),
    (S.log(to(S.exp(r), 2)), 2 * r),
    (S.log(p * x), S.log(p) + S.log(x)),
    (S.log(12), 2 * S.log(2) + S.log(3)),
    (S.log(-p), S.log(p) + S.I * S.pi),
    (S.tanh(r), 2 * sigma(2 * r) - 1),
    (S.tanh(x), (S.exp(2 * x) - 1) / (S.exp(2 * x) + 1)),
    (1 - S.tanh(r) ** 2, 1 / S.cosh(r) ** 2),
    (S.diff(S.tanh(r), r), 4 * S.exp(-2 * r) / (1 + S.exp(-2 * r)) ** 2),
    (S.diff(sigma(r), r), sigma(r) * (1 - sigma(r))),
    (sigma(-r), 1 - sigma(r)),
    (S.cosh(x) ** 2 - S.sinh(x) ** 2, S.Integer(1)),
    (S.sin(x) ** 2 + S.cos(x) ** 2, S.Integer(1)),
    (S.sin(x + y), S.sin(x) * S.cos(y) + S.cos(x) * S.sin(y)),
    (S.tan(x), S.sin(x) / S.cos(x)),
    (S.Max(0, r), (r + S.Abs(r)) / 2),
    (S.Max(r, s) + S.Min(r, s), r + s),
    (S.exp(x / (x + 1)), times(S.E, S.exp(-1 / (x + 1)))),
    (S.exp(1 / (x * (x - 1))), times(S.exp(1 / (x - 1)), S.exp(-1 / x))),
    (sigma(r * sigma(s)), 1 - 1 / (1 + times(S.exp(r), S.exp(-r / (1 + S.exp(s)))))),
    (f(x * (y + 1)), f(x * y + x)),
    (f(x) ** 2 - g(y) ** 2, (f(x) - g(y)) * (f(x) + g(y))),
    ((1 + S.I) ** 2, 2 * S.I),
    (S.Abs(x * y), S.Abs(x) * S.Abs(y)),
    (S.Abs(x) ** 2, x * S.conjugate(x)),
    (S.Abs(S.I * x * r), S.Abs(x) * S.Abs(r)),
    (S.re(x) + S.I * S.im(x), x),
    (S.re(x) ** 2 + S.im(x) ** 2, S.Abs(x) ** 2),
    (S.conjugate((x + S.I) / (y * r)), (S.conjugate(x) - S.I) / (S.conjugate(y) * r)),
    (S.erf(r) + S.erf(-r, evaluate=False), S.Integer(0)),
    (
        S.diff(r * (1 + S.erf(r / S.sqrt(2))) / 2, r),
        S.erf(r / S.sqrt(2)) / 2 + r / S.sqrt(2 * S.pi * S.exp(r**2)) + half,
    ),
    (S.diff(f(r**2), r), 2 * r * S.Subs(S.diff(f(s), s), s, r**2)),
    (S.Sum(x ** S.Symbol("k"), (S.Symbol("k"), 0, 3)), 1 + x + x**2 + x**3),
    (S.Product(x + S.Symbol("k"), (S.Symbol("k"), 1, 2)), x**2 + 3 * x + 2),
]
DIFFERENT = [  # with the point
    (times(x, 1 / x), S.Integer(1), {"x": "0"}),
    (times(r, 1 / r), S.Integer(1), {"r": "0"}),
    ((x**2 - 1) / (x - 1), x + 1, {"x": "1"}),
    ((x**2 - 49) / (x - 7), x + 7, {"x": "7"}),
    ((x * y - 3 * y) / (x - 3), y, {"x": "3", "y": "3"}),
    (to(x**2, half), x, {"x": "-1"}),
    (to(r**2, half), r, {"r": "-1"}),
    (to(x**2, half), S.Abs(x), {}),
    (S.log(a * b), S.log(a) + S.log(b), {"a": "-1", "b": "-1"}),
    (S.log(x**2), 2 * S.log(x), {"x": "-1"}),
    (S.log(r**2), 2 * S.log(r), {"r": "-1"}),
    (S.log(S.exp(x)), x, {}),
    (S.exp(S.log(x), evaluate=False), x, {"x": "0"}),
    (times(p, S.log(p), 1 / S.log(p)), p, {"p": "1"}),
    (times(S.sqrt(x), S.sqrt(y)), S.sqrt(x * y), {"x": "-1", "y": "-1"}),
    (to(1 / x, half), 1 / S.sqrt(x), {"x": "-1"}),
    (times(x, to(x, -half)), S.sqrt(x), {"x": "0"}),
    (S.tanh(x), S.tanh(x) + S.Rational(1, 10**30), {}),
    (sigma(r), sigma(r) + S.exp(-200), {}),
    (1 - S.tanh(r) ** 2, 1 / S.cosh(r), {}),
    ((x + y) ** 2, x**2 + y**2, {}),
    (S.Max(0, r), r, {"r": "-1"}),
    (S.Max(0, r), S.Abs(r), {"r": "-1"}),
    (S.pi, S.Rational(355, 113), {}),
    (f(x, y), f(y, x), {}),
    (x ** (y + 1), x * x**y, {"x": "0", "y": "-1"}),
    (x, S.conjugate(x), {}),
    (times(S.exp(1 / (x - 1)), S.exp(-1 / (x - 1))), S.Integer(1), {"x": "1"}),
    (S.Abs(x) ** 2, x**2, {}),
    (S.Abs(x + y), S.Abs(x) + S.Abs(y), {}),
    (S.re(x * y), S.re(x) * S.re(y), {}),
    (S.erf(r), S.tanh(r), {}),
    (S.diff(f(r), r), S.diff(f(s), s), {}),
    (S.diff(f(r), r), S.diff(f(r), r, 2), {}),
    (S.diff(f(r, s), r), S.diff(f(r, s), s), {}),
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


UNDECIDED = [
    (S.sign(x * y), S.sign(x) * S.sign(y)),
    (to(p + q * S.sqrt(p), half) ** 2 * S.sqrt(S.sqrt(2) + 1) ** 2, (p + q * S.sqrt(p)) * S.sqrt(3 + 2 * S.sqrt(2))),
    (S.Max(r, s, 0), (S.Max(r, 0) + s + S.Abs(S.Max(r, 0) - s)) / 2 + S.sign(x * y) - S.sign(x) * S.sign(y)),
]


@pytest.mark.parametrize(("left", "right"), UNDECIDED)
def test_undecided_says_what_was_seen(left: Any, right: Any) -> None:
    found = compare(from_sympy(left), from_sympy(right))
    assert found.outcome is Outcome.UNDECIDED
    assert "which proves nothing" in found.reason and "not shown to be 0" in found.reason


def test_at_least_fifty_pairs() -> None:
    assert len(EQUAL) + len(DIFFERENT) >= 50


def test_domains_that_differ_are_told() -> None:
    found = compare(from_sympy(x + 1), from_sympy((x**2 - 1) / (x - 1)))
    assert found.message == "the two differ\n  at      x = 1\n  golden  2\n  now     undefined"


def test_an_irrational_gap_in_the_domain_is_not_overlooked() -> None:
    found = compare(from_sympy((r**3 - 2 * r) / (r**2 - 2)), from_sympy(r))
    assert found.outcome is Outcome.DIFFERENT
    assert found.message == "the two differ\n  at      r = a root of r**2 - 2\n  golden  undefined\n  now     defined"
    assert compare(from_sympy((x**3 + 2 * x) / (x**2 + 2)), from_sympy(x)).outcome is Outcome.DIFFERENT
    assert compare(from_sympy((r**3 + 2 * r) / (r**2 + 2)), from_sympy(r)).outcome is Outcome.EQUAL


def test_a_gap_that_may_be_none_is_undecided() -> None:
    found = compare(from_sympy((r**3 - 2 * r**2 + 2 * r) / (r**2 - 2 * r + 2)), from_sympy(r))
    assert found.outcome is Outcome.UNDECIDED
    assert "they agree wherever both are defined, but only one of them needs: r**2 - 2*r + 2 != 0;" in found.reason


def test_changed_assumptions_are_told() -> None:
    found = compare(from_sympy(S.Symbol("w", real=True) + 1), from_sympy(S.Symbol("w", positive=True) + 1))
    assert found.outcome is Outcome.UNDECIDED
    assert found.reason.startswith("the assumptions on w have changed, from real to positive")


def test_matrices_by_entries() -> None:
    golden = S.Matrix([[(x + 1) ** 2, 0], [1, p]])
    assert compare(from_sympy(golden), from_sympy(golden.expand())).outcome is Outcome.EQUAL
    found = compare(from_sympy(golden), from_sympy(S.Matrix([[x**2 + 2 * x + 1, 0], [1, 2 * p]])))
    assert found.outcome is Outcome.DIFFERENT and found.entry == (2, 2)
    assert found.message.startswith("entry (2, 2): the two differ\n  at      p = 2")
    found = compare(from_sympy(golden), from_sympy(golden.row(0)))
    assert found.reason == "it was a 2 x 2 matrix and is a 1 x 2 matrix"
    assert compare(from_sympy(golden), from_sympy(x)).reason == "it was a 2 x 2 matrix and is no matrix"


def test_large_powers_do_not_hang() -> None:
    found = compare(from_sympy(to(x + y, 5000)), from_sympy(times(to(x + y, 4999), x + y)))
    assert found.outcome is Outcome.UNDECIDED and "too large" in found.reason


REFUSED = [
    (S.Float("0.1") * x, "is a float and so not exact: write Rational('0.1"),
    (S.gamma(x), "gamma(x) cannot be compared: gamma is none of Add, Mul"),
    (S.Dummy("x"), "is a Dummy, which is a new symbol in every run"),
    (S.Symbol("A", commutative=False), "A does not commute"),
    (S.oo, "oo cannot be compared"),
    (S.nan, "nan cannot be compared"),
    (
        S.MatrixSymbol("A", 2, 2) * S.MatrixSymbol("B", 2, 2),
        "is a matrix expression: make it explicit with .as_explicit()",
    ),
    (S.Symbol("x", prime=True), "x is assumed prime; known here are complex, real"),
    (S.Sum(x, (x, 1, y)), "only over one range of at most 64 given numbers"),
    (S.Derivative(f(x * y), x), "only derivatives of undefined functions by their arguments"),
    (S.Function("D1[f]")(x), "such names are those of derivatives; rename the function"),
    (x > 0, "x > 0 is a condition, not an expression"),
    (S.Matrix([[x]]).applyfunc(lambda e: S.Piecewise((S.oo, e > 0), (0, True))), "oo cannot be compared"),
    (S.Symbol("two words"), "is no Symbol"),
    ("x + 1", "'x + 1' (str) is no SymPy expression"),
    (True, "True (bool) is no SymPy expression"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_what_cannot_be_stored_is_refused(given: Any, message: str) -> None:
    with pytest.raises(GoldenError) as error:
        from_sympy(given)
    assert message in str(error.value)


def test_a_function_called_like_a_known_one_is_not_it() -> None:
    assert from_sympy(S.Function("exp")(x)).head == "Function"


# ---- terms of symrnn -------------------------------------------------------------------------------------------------

n = size("n")
A, B, v = matrix("A", n), matrix("B", n), vector("v", n)
cell = Elman(sigmoid)
TERMS = [
    ((A @ B).T, B.T @ A.T, "equal"),
    (trace(A @ B), trace(B @ A), "equal"),
    (A.inv, A.inv @ A @ A.inv, "equal"),
    (eq(A, B), eq(B, A), "equal"),
    (A @ B, B @ A, "different"),
    (A.inv @ A, eye(n), "different"),
    (A.inv.inv, A, "different"),
    (A @ v, A, "different"),
    (eq(A, B), eq(A.T, B), "different"),
    (A, eq(A, B), "different"),
    ((A @ B).inv, B.inv @ A.inv, "undecided"),
    (A, scalar("A"), "undecided"),
]


@pytest.mark.parametrize(("left", "right", "outcome"), TERMS)
def test_terms(left: Any, right: Any, outcome: str) -> None:
    found = claim_equality.compare(left, right)
    assert found.outcome.value == outcome, found.message


def test_a_term_with_no_value_anywhere_on_either_side_is_no_difference() -> None:
    assert claim_equality.compare(norm(A.inv), norm((A.inv.T).T)).outcome is not Outcome.DIFFERENT


def test_jacobians_of_a_cell() -> None:
    J, D, W = jacobian(cell.names["h"][_t()], cell.names["h"][_t() - 1]), cell.names["D"], cell.names["W_hh"]
    assert claim_equality.compare(J, D[_t()] @ W, cell).outcome is Outcome.EQUAL
    found = claim_equality.compare(J, W @ D[_t()], cell)
    assert found.outcome is Outcome.DIFFERENT and "W_hh = [ 1  1 ]" in found.message
    assert claim_equality.compare(J, D[_t()] @ W, Elman(relu)).outcome is Outcome.EQUAL


def _t() -> Any:
    from symrnn import time

    return time("t")


# ---- a hunt for a false EQUAL ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_no_false_equal(seed: int) -> None:
    assert _hunt(seed, 150) > 40


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_no_false_equal_campaign(seed: int) -> None:
    assert _hunt(seed, 2000) > 400


def _hunt(seed: int, count: int) -> int:
    """How many of the random pairs, rewritten rightly or wrongly, were called equal; each is compared by mpmath."""
    equal = 0
    for i in range(count):
        drawn = random.Random(seed * 1_000_003 + i)
        symbols = [Tree("Symbol", f"x{k} {kind}".strip()) for k, kind in enumerate(drawn.choices(KINDS, k=2))]
        one = random_tree(drawn, symbols, drawn.choice([2, 3, 3]))
        other = rewritten(drawn, one)
        if one == other or compare(one, other).outcome is not Outcome.EQUAL:
            continue
        equal += 1
        for _ in range(10):
            at = {t.value: complex(drawn.choice(VALUES["".join(t.assumptions)])) for t in symbols}
            agree(one, other, at)
    return equal


# ---- values at points ------------------------------------------------------------------------------------------------


def test_balls_contain_what_mpmath_computes() -> None:
    import flint

    from symrnn.regression.points import Point, Undefined, Unknown, ball, candidates

    checked = 0
    for i in range(300):
        drawn = random.Random(i)
        symbols = [Tree("Symbol", "x"), Tree("Symbol", "y real")]
        tree = random_tree(drawn, symbols, 3)
        points: list[Point] = list(candidates(symbols, 6))
        with precision(120):
            for point in points:
                at = {
                    k: mpmath.mpc(*(mpmath.mpf(c.numerator) / c.denominator for c in w))
                    for k, w in point.symbols.items()
                }
                try:
                    ours = ball(evaluate(tree, point))
                except Undefined:
                    with pytest.raises((NoValue, OverflowError)):
                        value(tree, at)
                    continue
                except Unknown:
                    continue
                try:
                    theirs = value(tree, at)
                except (NoValue, OverflowError):
                    continue
                slack = CONTEXT.nstr((1 + abs(theirs)) * CONTEXT.mpf(10) ** -25, 5)
                near = (flint.arb(CONTEXT.nstr(part, 40), slack) for part in (theirs.real, theirs.imag))
                assert ours.overlaps(flint.acb(*near)), (tree, point)
                checked += 1
    assert checked > 800


def test_certainly_differ_is_about_certainty() -> None:
    import flint

    with precision(64):
        third_ball = flint.acb(1) / 3
        assert not certainly_differ(third_ball, third_ball + flint.acb("1e-30"))
        assert certainly_differ(third_ball, third_ball + flint.acb("1e-10"))


def test_derivatives_of_functions_with_many_arguments_are_told_apart() -> None:
    many = S.symbols("w1:12")
    one, other = f(*many).diff(many[10]), f(*many).diff(many[0], 2)
    assert compare(from_sympy(one), from_sympy(other)).outcome is Outcome.DIFFERENT
