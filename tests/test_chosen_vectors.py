"""Claims about limits seen through vectors and matrices: counterexamples chosen by what the Jacobian does to them.

Every false claim has a true one beside it, for which the same search must find nothing.
"""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Elman,
    absolute,
    bounded,
    eq,
    explodes,
    forall,
    index,
    invertible,
    jacobian,
    kernel,
    lt,
    matrix,
    negation,
    relu,
    sigmoid,
    tanh,
    vanishes,
)
from symrnn.certificates import Point
from symrnn.search import conditions
from symrnn.search.decide import decide
from symrnn.search.fillings import _kernel, _special_vectors
from symrnn.search.refute import Tally, refute

FEW = 300


class Net:
    """A network with its Jacobian over k steps, vectors and matrices."""

    def __init__(self, cell) -> None:
        self.d = Derivation("x", cell=cell)
        self.k = self.d.k
        self.J = jacobian(self.d.h[self.d.t], self.d.h[self.d.t - self.k])
        self.u, self.v = (matrix(name, self.d.n, 1) for name in ("u", "v"))
        self.A, self.B = (matrix(name, self.d.n) for name in "AB")

    def claim(self, conclusion, *hypotheses):
        return self.d.step(f"{len(self.d.steps)}", conclusion, assuming=hypotheses).claim


def net(activation) -> Net:
    return Net(Elman(activation))


def nonzero(*terms):
    return tuple(negation(eq(t, 0)) for t in terms)


s, th, re = net(sigmoid), net(tanh), net(relu)
FALSE = {
    "u J v, sigmoid": s.claim(explodes(s.u.T @ s.J @ s.v, s.k), explodes(s.J, s.k), *nonzero(s.u, s.v)),
    "u J v, relu": re.claim(explodes(re.u.T @ re.J @ re.v, re.k), explodes(re.J, re.k), *nonzero(re.u, re.v)),
    "u J v vanishes": s.claim(vanishes(s.J, s.k), vanishes(s.u.T @ s.J @ s.v, s.k), *nonzero(s.u, s.v)),
    "J A": s.claim(explodes(s.J @ s.A, s.k), explodes(s.J, s.k), *nonzero(s.A)),
    "J A vanishes": th.claim(vanishes(th.J, th.k), vanishes(th.J @ th.A, th.k), *nonzero(th.A)),
    "A J B vanishes": re.claim(vanishes(re.J, re.k), vanishes(re.A @ re.J @ re.B, re.k), *nonzero(re.A, re.B)),
    "J^T A J": th.claim(vanishes(th.J, th.k), vanishes(th.J.T @ th.A @ th.J, th.k), *nonzero(th.A)),
    "a projection": s.claim(explodes(s.A @ s.J, s.k), explodes(s.J, s.k), eq(s.A @ s.A, s.A), *nonzero(s.A)),
    "two gradients": re.claim(vanishes(re.v.T @ re.J, re.k), vanishes(re.u.T @ re.J, re.k), *nonzero(re.u, re.v)),
    "bounded through u": s.claim(bounded(s.J, s.k), bounded(s.u.T @ s.J, s.k), *nonzero(s.u)),
    "orthogonal": th.claim(vanishes(th.u.T @ th.J @ th.v, th.k), eq(th.u.T @ th.v, 0)),
    "in the kernel": s.claim(vanishes(s.u.T @ s.J, s.k), eq(s.u.T @ s.d.W_hh, 0), *nonzero(s.u)),
}
TRUE = {
    "u J v": s.claim(vanishes(s.u.T @ s.J @ s.v, s.k), vanishes(s.J, s.k)),
    "A J, A invertible": s.claim(explodes(s.A @ s.J, s.k), explodes(s.J, s.k), invertible(s.A)),
    "J^T J": th.claim(vanishes(th.J, th.k), vanishes(th.J.T @ th.J, th.k)),
    "bounded": re.claim(bounded(re.u.T @ re.J, re.k), bounded(re.J, re.k)),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_seen_through_vectors_is_refuted(name: str) -> None:
    tally = Tally()
    found = refute(FALSE[name], tally)
    assert found is not None
    assert tally.candidates <= FEW
    assert kernel.check(FALSE[name], Point(found)).verdict == "refuted"


@pytest.mark.parametrize("name", TRUE)
def test_and_what_is_true_is_not(name: str) -> None:
    assert refute(TRUE[name], Tally(most=FEW)) is None


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_networks_of_alike_units_show_it_for_gates(cell) -> None:
    g = Net(cell())
    false = g.claim(explodes(g.u.T @ g.J, g.k), explodes(g.J, g.k), *nonzero(g.u))
    found = refute(false, Tally())
    assert found is not None
    assert kernel.check(false, Point(found)).verdict == "refuted"


def test_five_units_show_what_many_small_weights_do() -> None:
    i, j = index("i"), index("l")
    small = forall(i, forall(j, lt(absolute(s.d.W_hh[i, j]), 1)))
    decision = decide(s.claim(vanishes(s.J, s.k), small))
    assert decision.verdict == "refuted"
    assert dict((v.name, x) for v, x in decision.instance.integers)["n"] == 5
    assert decide(s.claim(vanishes(s.J, s.k), small, eq(s.d.n, 3))).verdict != "refuted"


def test_what_the_counterexample_meets_is_no_condition() -> None:
    claim = s.claim(vanishes(s.J, s.k))
    found = refute(claim, Tally())
    assert [c.text for c in conditions.find(claim, found)] == [c.text for c in conditions.find(claim)] != []


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_kernel_is_what_a_matrix_maps_to_zero(n: int) -> None:
    rng = random.Random(n)
    for _ in range(30):
        m = [[Fraction(rng.randint(-2, 2)) for _ in range(n)] for _ in range(n)]
        if n > 1 and rng.random() < 0.7:
            m[-1] = [2 * x for x in m[0]]
        found = _kernel(m)
        assert all(any(v) and not any(sum(x * y for x, y in zip(row, v, strict=True)) for row in m) for v in found)
        assert n < 2 or m[-1] != [2 * x for x in m[0]] or found


def test_vectors_in_order_what_is_annihilated_first() -> None:
    m = [[Fraction(1), Fraction(1)], [Fraction(2), Fraction(2)]]
    assert list(_special_vectors(m, 2))[:2] == [[1, Fraction(-1, 2)], [1, -1]]  # v M = 0, then M v = 0
