"""Counterexamples carried over to other activations, and what runs for claims about limits are not even made."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symrnn import (
    Derivation,
    Elman,
    Pascanu,
    absolute,
    eq,
    explodes,
    jacobian,
    kernel,
    le,
    lt,
    matrix,
    negation,
    norm,
    relu,
    sigmoid,
    spectral_radius,
    tanh,
    vanishes,
)
from symrnn.certificates import Point
from symrnn.claims.activations import FACTS
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import with_activation
from symrnn.claims.statements import bounded, implies
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Jac, Sym
from symrnn.search.behaviours import WORDS, glance, required
from symrnn.search.carried import carried
from symrnn.search.decide import decide
from symrnn.search.orbits import _cycles, _fixed, _monodromy, _slope
from symrnn.search.refute import Tally, refute
from symrnn.search.variants import OTHERS, find
from symrnn.search.weights import weights
from symrnn.semantics.instances import World
from symrnn.semantics.settling import flatten
from symrnn.semantics.spectra import behaviour


def network(activation, cell=Elman):
    d = Derivation("x", cell=cell(activation))
    state = d.cell.recurrence.states[0]
    return d, jacobian(state[d.t], state[d.t - d.k]), matrix("g", d.n, 1)


def a_large_jacobian(activation, cell=Elman):
    """That the gradient explodes whenever the Jacobian does."""
    d, J, g = network(activation, cell)
    return d.step("1", implies(explodes(J, d.k), explodes(g.T @ J, d.k)), assuming=[negation(eq(g, 0))])


def never_rises(activation):
    d, J, _ = network(activation)
    later, earlier = (jacobian(d.h[d.t], d.h[d.t - i])[1, 2] for i in (2, 1))
    return d.step("1", implies(vanishes(J, d.k), le(absolute(later), absolute(earlier))), assuming=[eq(d.n, 2)])


@pytest.mark.parametrize("activation", [sigmoid, tanh, relu])
@pytest.mark.parametrize("step_of", [a_large_jacobian, never_rises])
def test_what_fails_for_one_activation_is_refuted_for_the_others(activation, step_of) -> None:
    claim = step_of(activation).claim
    found = {v.activation: v.verdict for v in find(claim, decide(claim))}
    assert found == {other: "refuted" for other in OTHERS if other != activation.name}


@pytest.mark.parametrize("other", ["tanh", "identity", "relu"])
@pytest.mark.parametrize("cell", [Elman, Pascanu])
def test_the_jacobians_are_the_same(cell, other: str) -> None:
    claim = a_large_jacobian(sigmoid, cell).claim
    instance = refute(claim, Tally())
    assert instance is not None
    changed = with_activation(claim, "sigmoid", other)
    made = list(carried(claim, instance, "sigmoid", other))
    assert made
    (jac,) = {t for t in _jacobians(claim)}
    before = World(claim, instance).values.matrix(_over_one_period(jac, instance))
    for one in made:
        assert World(changed, one).values.matrix(_over_one_period(jac, one)) == before
        assert kernel.check(changed, Point(one)).verdict == "refuted"


def _jacobians(claim):
    return [t for t in walk(claim) if isinstance(t, Jac)]


def _over_one_period(jac, instance):
    head = jac.of
    later, earlier = (
        Sym(head.name, head.shape, head.role, head.props, (as_index(i),), False)
        for i in (instance.stop, instance.start)
    )
    return Jac(later, earlier, "numerator")


def test_a_true_variant_is_not_refuted_by_what_is_carried_over() -> None:
    d, J, _ = network(sigmoid)
    claim = d.step("1", vanishes(J, d.k), assuming=[lt(spectral_radius(d.W_hh), 1)]).claim
    instance = refute(claim, Tally())
    assert instance is not None
    changed = with_activation(claim, "sigmoid", "identity")
    for one in carried(claim, instance, "sigmoid", "identity"):
        world = World(changed, one)
        assert not world.hypotheses_hold() or world.conclusion_holds()
    assert decide(changed, 60, carried(claim, instance, "sigmoid", "identity")).verdict == "proved"


def test_what_the_hypotheses_ask_of_the_jacobian() -> None:
    d, J, g = network(sigmoid)
    k = d.k
    cases = [
        (vanishes(J, k), (), {"bounded", "explodes"}),
        (vanishes(J, k), (bounded(J, k),), {"bounded"}),
        (explodes(g.T @ J, k), (explodes(J, k),), {"explodes"}),
        (vanishes(g.T @ J, k), (), {"bounded", "explodes"}),
        (bounded(g.T @ J.T, k), (), {"explodes"}),
        (explodes(g.T @ J, k), (), set(WORDS)),
        (negation(vanishes(J, k)), (), {"vanishes"}),
        (lt(norm(d.W_hh), 4), (explodes(J, k), vanishes(J, k)), set()),
        (vanishes(d.D[d.t] @ J, k), (), set(WORDS)),  # D may be 0 where the activation is flat
        (vanishes(d.W_hh**k, k), (), set(WORDS)),
    ]
    for conclusion, hypotheses, expected in cases:
        goal, assumed = flatten(d.step(f"{len(d.steps)}", conclusion, assuming=hypotheses).claim)
        assert required(goal, assumed) == expected


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_glance_sees_what_is_there(function: str, n: int) -> None:
    rng = random.Random(n)
    pool = weights(n, FACTS[function].high == 1)
    for weight in rng.sample(pool, min(12, len(pool))):
        for cycle in rng.sample([*_fixed(function, n), *_cycles(function, n)], 4):
            slopes = tuple(tuple(_slope(function, x) for x in p) for p in cycle)
            word = glance([[float(x) for x in row] for row in weight], [[float(x) for x in p] for p in slopes])
            assert word in ("", behaviour(_monodromy(tuple(map(tuple, weight)), slopes)))


def test_close_to_one_a_glance_says_nothing() -> None:
    assert glance([[1.0]], [[1.0]]) == ""
    assert glance([[0.0, 1.0], [-1.0, 0.0]], [[1.0, 1.0]]) == ""
    assert glance([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]], [[1.0] * 3]) == "vanishes"
    assert glance([[float(Fraction(3, 2))]], [[1.0]]) == "explodes"
