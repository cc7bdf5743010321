"""Norm bounds, geometric limits and periodic runs: what is granted, what is refused, what is found."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from symrnn import (
    Derivation,
    Elman,
    Refused,
    absolute,
    activation,
    bounded,
    eq,
    explodes,
    gt,
    identity,
    implies,
    invertible,
    jacobian,
    kernel,
    lag,
    le,
    lt,
    matrix,
    norm,
    number,
    relu,
    scalar,
    sigmoid,
    size,
    spectral_radius,
    summation,
    tanh,
    vanishes,
)
from symrnn.certificates import Geometric, Order, Point, Proved
from symrnn.claims.index import as_index, index
from symrnn.search.decide import decide
from symrnn.semantics.growth import growth
from symrnn.semantics.inequalities import ONE, AtMost

n, k, j = size("n"), lag("k"), index("j")
A, B = matrix("A", n), matrix("B", n)
s = scalar("s")
QUARTER = number(Fraction(1, 4))


def claim_of(conclusion, *hypotheses, cell=None):
    return Derivation("x", cell=cell).step("1", conclusion, assuming=hypotheses).claim


def J(cell):
    d = Derivation("x", cell=cell)
    return jacobian(d.h[d.t], d.h[d.t - d.k])


SIGMOID, TANH, RELU, OPAQUE = Elman(sigmoid), Elman(tanh), Elman(relu), Elman(activation("phi"))
W = SIGMOID.W_hh
VERDICTS = [
    ("proved", le(norm(J(SIGMOID)), (QUARTER * norm(W)) ** k), (), SIGMOID),
    ("proved", le(norm(J(SIGMOID), 1), (QUARTER * norm(W, 1)) ** k), (), SIGMOID),
    ("proved", le(norm(J(SIGMOID), "inf"), (QUARTER * norm(W, "inf")) ** k), (), SIGMOID),
    ("proved", le(norm(J(TANH)), norm(W) ** k), (), TANH),
    ("refuted", le(norm(J(SIGMOID), 1), (number(Fraction(1, 5)) * norm(W, 1)) ** k), (), SIGMOID),
    ("proved", le(norm(A @ B), norm(A) * norm(B)), (), None),
    ("proved", le(norm(A + B), norm(A) + norm(B)), (), None),
    ("proved", le(norm(A - B, "inf"), norm(A, "inf") + norm(B, "inf")), (), None),
    ("proved", le(norm(A**k), norm(A) ** k), (), None),
    ("proved", le(norm(A.T, 1), norm(A, "inf")), (), None),
    ("proved", le(norm(-2 * A), 2 * norm(A)), (), None),
    ("proved", le(norm(summation(A**j, j, 0, k - 1)), summation(norm(A) ** j, j, 0, k - 1)), (), None),
    ("refuted", le(norm(A.T, 1), norm(A, 1)), (), None),
    ("refuted", le(norm(A, 1) * norm(B, 1), norm(A @ B, 1)), (), None),
    ("refuted", le(norm(A, 1), norm(A @ A, 1)), (), None),
    ("proved", vanishes(J(SIGMOID), k), (lt(norm(W), 4),), SIGMOID),
    ("proved", vanishes(J(SIGMOID), k), (lt(norm(W, 1), 4),), SIGMOID),
    ("proved", vanishes(J(TANH), k), (lt(norm(W, "inf"), 1),), TANH),
    ("proved", bounded(J(SIGMOID), k), (le(norm(W), 4),), SIGMOID),
    ("refuted", vanishes(J(SIGMOID), k), (le(norm(W), 4),), SIGMOID),
    ("refuted", vanishes(J(SIGMOID), k), (lt(norm(W), 5),), SIGMOID),
    ("refuted", bounded(J(SIGMOID), k), (), SIGMOID),
    ("proved", vanishes(s**k, k), (lt(absolute(s), 1),), None),
    ("proved", vanishes(A**k, k), (lt(norm(A, 1), 1),), None),
    ("refuted", vanishes(A**k, k), (), None),
    ("refuted", vanishes(A**k, k), (le(norm(A, 1), 1),), None),
    ("refuted", implies(lt(spectral_radius(W), 1), vanishes(J(SIGMOID), k)), (), SIGMOID),
    ("refuted", vanishes(J(SIGMOID), k), (lt(spectral_radius(W), Fraction(3, 4)), invertible(W)), SIGMOID),
    ("refuted", implies(lt(spectral_radius(W), 1), vanishes(J(TANH), k)), (), TANH),
    ("refuted", implies(lt(spectral_radius(W), 1), vanishes(J(RELU), k)), (), RELU),
    ("refuted", implies(lt(spectral_radius(W), 1), vanishes(J(OPAQUE), k)), (), OPAQUE),
    ("refuted", implies(gt(spectral_radius(W), 1), explodes(J(SIGMOID), k)), (), SIGMOID),
]


@pytest.mark.parametrize(("verdict", "conclusion", "hypotheses", "cell"), VERDICTS, ids=lambda x: str(x)[:60])
def test_verdicts(verdict, conclusion, hypotheses, cell) -> None:
    decision = decide(claim_of(conclusion, *hypotheses, cell=cell))
    assert decision.verdict == verdict, decision.attempts
    assert decision.refused is None


def test_without_its_hypothesis_a_limit_is_not_granted() -> None:
    """Drop, weaken or misplace the hypothesis: the same certificate is refused."""
    good = claim_of(vanishes(J(SIGMOID), k), lt(norm(W), 4), cell=SIGMOID)
    decision = decide(good)
    assert isinstance(decision.certificate, Proved)
    proof = decision.certificate.proof
    for hypotheses in ((), (le(norm(W), 4),), (lt(norm(W), 5),), (lt(norm(W, 1), 4),), (lt(norm(2 * W), 8),)):
        claim = claim_of(vanishes(J(SIGMOID), k), *hypotheses, cell=SIGMOID)
        if hypotheses == (lt(norm(2 * W), 8),):  # the same said otherwise: also not what is recorded
            continue
        with pytest.raises(Refused):
            kernel.entails(claim, proof)
    with pytest.raises(Refused):
        kernel.entails(claim_of(vanishes(J(TANH), k), lt(norm(W), 4), cell=TANH), proof)
    with pytest.raises(Refused):
        kernel.entails(good, Geometric("fro", False, (Order(()),)))


def bound_of(x):
    """The norm by those of its letters, and nothing else."""
    return Order((AtMost("norm", x, (), (), ONE, as_index(1)),))


def test_bounds_are_refused_where_they_are_false() -> None:
    false = [
        le(norm(A @ B), norm(A)),
        le(norm(A @ B, 1), norm(A, 1) * norm(B, "inf")),
        le(norm(A, "fro"), norm(A)),
        le(norm(A + B), norm(A)),
        le(norm(A), number(1)),
        le(norm(A**k), norm(A)),
        lt(norm(A @ B), norm(A) * norm(B)),
        eq(norm(A @ B), norm(A) * norm(B)),
        le(norm(A - B), norm(A) - norm(B)),
    ]
    for conclusion in false:
        with pytest.raises(Refused):
            kernel.entails(claim_of(conclusion), bound_of(conclusion.lhs))
    long = norm(J(OPAQUE))
    with pytest.raises(Refused):
        kernel.entails(claim_of(le(long, norm(W) ** k), cell=OPAQUE), bound_of(long))


def test_growth_tests_agree_with_eigenvalues() -> None:
    rng = random.Random(5)
    told = 0
    for _ in range(400):
        size_ = rng.choice((1, 2, 3))
        m = [[Fraction(rng.randint(-6, 6), rng.choice((2, 3, 4, 7))) for _ in range(size_)] for _ in range(size_)]
        radius = max(abs(np.linalg.eigvals(np.array([[float(x) for x in row] for row in m]))))
        found, _ = growth(m)
        told += found != "unknown"
        if found == "vanishes":
            assert radius < 1 + 1e-9
        elif found == "explodes":
            assert radius > 1 - 1e-9
        elif found in ("persists", "recurs"):
            assert radius > 1 - 1e-6
    assert told > 250


@pytest.mark.parametrize(
    ("m", "found"),
    [
        ([[1]], "recurs"),
        ([[0, 1], [-1, 0]], "recurs"),
        ([[0, 1], [0, 0]], "vanishes"),
        ([[1, 1], [0, 1]], "persists"),  # grows, but no power has a trace above 2
        ([[2, 0], [0, 0]], "explodes"),
        ([[0, 100], [0, 0]], "vanishes"),
    ],
)
def test_growth(m: list[list[int]], found: str) -> None:
    assert growth([[Fraction(x) for x in row] for row in m])[0] == found


def test_a_corrupted_orbit_is_refused() -> None:
    claim = claim_of(implies(lt(spectral_radius(W), 1), vanishes(J(SIGMOID), k)), cell=SIGMOID)
    instance = decide(claim).instance
    assert instance is not None and instance.periodic
    assert kernel.check(claim, Point(instance)).verdict == "refuted"
    (name, rows), *_ = instance.initial
    half = ((rows[0][0] * Fraction(1, 2),), rows[1])
    weights = dict(instance.matrices)
    broken = [
        replace(instance, periodic=False),
        replace(instance, stop=0),
        replace(instance, stop=2),
        replace(instance, initial=((name, half),)),
        replace(instance, inputs=()),
        replace(instance, matrices=tuple((m, v if m != "W_hh" else weights["W_xh"]) for m, v in instance.matrices)),
        replace(instance, matrices=tuple((m, v if m != "b" else rows) for m, v in instance.matrices)),
    ]
    for bad in broken:
        with pytest.raises(Refused):
            kernel.check(claim, Point(bad))


def test_the_identity_network_keeps_the_spectral_rule() -> None:
    """With s(a) = a the Jacobian is W^k: rho(W) < 1 must not be refuted there."""
    cell = Elman(identity)
    assert decide(claim_of(implies(lt(spectral_radius(W), 1), vanishes(J(cell), k)), cell=cell)).verdict != "refuted"
