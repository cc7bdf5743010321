"""Instances at which a goal on the way fails: they save a search that finds nothing, and grant nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from symrnn import (
    Derivation,
    Elman,
    absolute,
    diagonalizable,
    eq,
    has_property,
    jacobian,
    kernel,
    lt,
    matrix,
    norm,
    product,
    sigmoid,
    spectral_radius,
    vanishes,
)
from symrnn.search.models import Models
from symrnn.search.prove import prove
from symrnn.semantics.sequents import sequent_of

d = Derivation("x", cell=Elman(sigmoid, bias=False))
W, D, t, k, j = d.W_hh, d.D, d.t, d.k, d.j
J = jacobian(d.h[t], d.h[t - k])


def claim(*assumed, goal=None):
    made = Derivation("x", cell=Elman(sigmoid, bias=False))
    return made.step("1", vanishes(J, k) if goal is None else goal, assuming=assumed).claim


def asked(about, goal) -> bool:
    return Models(about).refute(replace(sequent_of(about), goal=goal))


CONTRACTING = claim(lt(spectral_radius(W), 1))


@pytest.mark.parametrize("kind", [2, 1, "inf"])
def test_norms_of_which_nothing_is_known(kind) -> None:
    assert asked(CONTRACTING, lt(norm(W, kind), 1))


@pytest.mark.parametrize("shape", ["upper_triangular", "lower_triangular", "nonnegative"])
def test_eigenvalues_say_little_of_norms(shape: str) -> None:
    about = claim(diagonalizable(W), eq(spectral_radius(W), Fraction(1, 2)), has_property(shape, W))
    assert asked(about, lt(norm(W), 1))


def test_a_false_equation_is_one_at_two_steps() -> None:
    commuted = eq(J, product(D[j], j, t, t - k + 1) @ W**k)
    assert asked(claim(goal=commuted), commuted)
    assert not asked(claim(goal=commuted), eq(J, product(D[j] @ W, j, t, t - k + 1)))


def test_what_is_true_is_not_refuted() -> None:
    assert not asked(CONTRACTING, lt(spectral_radius(W), 1))
    assert not asked(claim(lt(norm(W), 1)), lt(spectral_radius(W), 1))


def test_an_instance_must_meet_the_hypotheses_of_the_goal() -> None:
    s = replace(sequent_of(CONTRACTING), goal=lt(norm(W), 1))
    assert not Models(CONTRACTING).refute(s.with_fact(lt(norm(W), 1)))


def test_nothing_is_said_of_what_an_instance_does_not_give() -> None:
    assert not asked(CONTRACTING, eq(matrix("other", d.n), 0))


def test_nothing_is_said_within_an_induction() -> None:
    s = replace(sequent_of(CONTRACTING), goal=lt(norm(W), 1), inducted=(k,))
    assert not Models(CONTRACTING).refute(s)


def test_an_inequality_is_not_shown_by_a_limit_that_inequalities_show() -> None:
    about = claim(lt(spectral_radius(absolute(W)), 4))
    proof = prove(about)
    assert proof is not None
    assert kernel.entails(about, proof) == ("powers vanish",)
