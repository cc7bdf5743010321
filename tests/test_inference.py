"""Whether a step follows from what it cites, where that is put in below a product, and where lags are left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from symrnn import (
    LSTM,
    Derivation,
    DiagonalRNN,
    Elman,
    activation,
    eq,
    for_all_trajectories,
    gradient,
    jacobian,
    kernel,
    lag,
    le,
    matrix,
    product,
    sigmoid,
    size,
    squared_error,
    tanh,
    time,
    vanishes,
)
from symrnn.block_jacobians import state_jacobian
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import symbols
from symrnn.claims.tree import Prod, Rel
from symrnn.scripts import load
from symrnn.search.bodies import prove_by_bodies
from symrnn.search.inference import _abstract, follows
from symrnn.semantics.sequents import sequent_of

ROOT = Path(__file__).parent.parent / "derivations"


def shipped(name: str, step: str, cited: list[str]) -> str:
    """The inference of a step of a shipped derivation from steps that it need not cite itself."""
    (derivation, *_) = load([str(ROOT / name)]).derivations
    steps = {s.id: s for s in derivation.steps}
    return follows(steps[step].claim, [steps[c].claim for c in cited], ())


@pytest.mark.parametrize(
    ("step", "cited", "said"),
    [
        ("3.a", ["2", "3"], "holds"),  # one citation of the four blocks at once
        ("3.a", ["3", "1", "1.a", "1.c", "1.d"], "holds"),  # and one for each
        ("3.a", ["3", "1", "1.a", "1.c"], "unknown"),  # one block is missing
        ("3.a", ["3", "1", "1.b", "1.c", "1.d"], "unknown"),  # one is another
        ("3.a", ["3"], "fails"),
        ("3.b", ["2", "3"], "unknown"),  # the other order
        ("3.c", ["2", "3"], "unknown"),  # one factor short
    ],
)
def test_bodies_that_are_blocks_of_the_whole_state(step: str, cited: list[str], said: str) -> None:
    assert shipped("lstm.py", step, cited) == said


@pytest.mark.parametrize(
    ("step", "cited", "said"),
    [
        ("6", ["4", "5"], "holds"),
        ("6", ["5"], "fails"),  # nothing is said of more than one step
        ("6", ["4"], "fails"),  # nor of one
        ("4", ["5"], "fails"),
        ("7", ["6"], "holds"),
        ("7.a", ["4", "5.a"], "holds"),
        ("7.a", ["5.a"], "fails"),
    ],
)
def test_several_steps_do_not_follow_from_one(step: str, cited: list[str], said: str) -> None:
    assert shipped("linear_recurrence.py", step, cited) == said


@pytest.mark.parametrize("network", [Elman(tanh), Elman(activation("phi")), DiagonalRNN(), Elman(tanh, bias=False)])
def test_other_cells_lags_and_orders(network) -> None:
    d = Derivation("x", cell=network)
    h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
    one = d.step("1", eq(jacobian(h[t], h[t - 1]), D[t] @ W)).claim
    wide = d.step("2", eq(jacobian(h[t], h[t - k - 2]), product(jacobian(h[j], h[j - 1]), j, t, t - k - 1))).claim
    turned = d.step("3", eq(product(jacobian(h[j], h[j - 1]), j, t, t - k + 1), jacobian(h[t], h[t - k]))).claim

    def said(step: str, *claims) -> str:
        return follows(d.step(step, claims[0]).claim, list(claims[1:]), ())

    body = D[j] @ W
    assert said("a", eq(jacobian(h[t], h[t - k - 2]), product(body, j, t, t - k - 1)), one, wide) == "holds"
    assert said("b", eq(product(body, j, t, t - k + 1), jacobian(h[t], h[t - k])), one, turned) == "holds"
    assert said("c", eq(jacobian(h[t + k], h[t]), product(body, j, t + k, t + 1)), one, turned) == "holds"
    assert said("d", eq(jacobian(h[t], h[t - k]), product(body, j, t, t - k)), one, turned) != "holds"
    assert said("e", eq(jacobian(h[t], h[t - k]), product(2 * body, j, t, t - k + 1)), one, turned) != "holds"
    flipped = product(body, j, t, t - k + 1, order="ascending")
    commuting = W.props == ("diagonal",)
    assert (said("f", eq(jacobian(h[t], h[t - k]), flipped), one, turned) == "holds") == commuting
    assert said("g", eq(jacobian(h[t], h[t - k]), product(body, j, t, t - k + 1)), one, turned) == "holds"
    assert said("h", eq(jacobian(h[t], h[t - 3]), product(body, j, t, t - 2)), one) == "fails"


def test_a_hypothesis_about_the_lag_is_met_where_the_inference_fails() -> None:
    """With k = 1 alone there is one step, of which the citation speaks."""
    d = Derivation("x", cell=Elman(tanh))
    h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
    one = d.step("1", eq(jacobian(h[t], h[t - 1]), D[t] @ W)).claim
    many = eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1))
    assert follows(d.step("2", many, assuming=[le(k, 1)]).claim, [one], ()) != "fails"
    assert follows(d.step("3", many, assuming=[eq(k, 1)]).claim, [one], ()) == "holds"
    assert follows(d.step("4", many, assuming=[le(k, 5)]).claim, [one], ()) == "fails"


def test_products_of_equal_factors_are_equal_and_the_kernel_says_so() -> None:
    d = Derivation("x", cell=LSTM())
    t, k, j = d.t, d.k, d.j
    n = size("n")
    A, B = matrix("A", n), matrix("B", n)
    state = state_jacobian([d.h, d.c], j, j - 1)
    assert state != A  # the strategy looks at products alone
    for order in ("descending", "ascending"):
        for first, last in ((t, t - k + 1), (t + k, t + 1), (t, t - k), (t + 3 * k, t + 1)):
            goal = eq(product(A @ B, j, first, last, order=order), product(B @ A, j, first, last, order=order))
            sequent = sequent_of(Claim(goal, (eq(A @ B, B @ A),), None))
            assert isinstance(goal, Rel) and isinstance(goal.lhs, Prod)
            proof = prove_by_bodies(sequent)
            if proof is not None:
                kernel.entails(Claim(goal, (eq(A @ B, B @ A),), None), proof)
            assert (proof is not None) == (first != t + 3 * k), (order, str(first))
            assert prove_by_bodies(sequent_of(Claim(goal, (), None))) is None
    assert lag("k") == k


def test_derivatives_at_other_times_are_other_symbols() -> None:
    """A time that stays is not taken for the place of one that moves, nor a loss for one with other targets."""
    rnn, p = Elman(tanh), size("p")
    t, T, u, X = time("t"), lag("T"), matrix("u", 1, rnn.n), matrix("X", rnn.n, rnn.n)
    V, y, Y = matrix("V", p, rnn.n), matrix("y", p, 1), matrix("Y", p, rnn.n)
    moving = squared_error("L", lambda s: V @ rnn.h[s], lambda s: y[s], 1, T)
    fixed = squared_error("L", lambda s: V @ rnn.h[s], lambda _: y[T], 1, T)
    pairs = [
        (gradient(rnn.h[t], rnn.W_hh, row=u, since=1), gradient(rnn.h[1], rnn.W_hh, row=u, since=t), X[t]),
        (gradient(moving, V), gradient(fixed, V), Y),
    ]
    for one, other, value in pairs:
        d = Derivation("times", cell=rnn)
        cited = d.step("1", eq(one, value)).claim
        assert follows(d.step("2", eq(one, value)).claim, [cited], ()) == "holds"
        assert follows(d.step("3", eq(other, value)).claim, [cited], ()) != "holds"
        assert symbols(_abstract(one)) != symbols(_abstract(other))


def test_what_one_trajectory_does_says_nothing_of_all() -> None:
    """Where states and Jacobians are symbols, a hypothesis about them is one about this trajectory still."""
    d = Derivation("x", cell=Elman(sigmoid))
    h, t, J = d.h, d.t, jacobian(d.h[d.t], d.h[d.t - d.k])
    one = d.step("1", eq(jacobian(h[t], h[t - 1]), d.D[t] @ d.W_hh)).claim
    for here in (vanishes(J), eq(h[t], 0)):
        claim = Claim(for_all_trajectories(here), (here,), d.cell.recurrence)
        assert follows(claim, [one], ()) != "holds"
    already = for_all_trajectories(vanishes(J))
    assert follows(Claim(already, (already,), d.cell.recurrence), [one], ()) == "holds"
