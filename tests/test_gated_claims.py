"""What is proved of cells with gates: limits by blocks, paths that are cut; and near misses that must not be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_gated_orbits import two_blocks

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Refused,
    activation,
    block_matrix,
    bounded,
    diag,
    eq,
    eye,
    forall,
    hard_sigmoid,
    identity,
    iff,
    inv,
    invertible,
    jacobian,
    kernel,
    lag,
    le,
    lt,
    norm,
    product,
    relu,
    scalar,
    sigmoid,
    spectral_radius,
    tanh,
    vanishes,
    zeros,
)
from symrnn import certificates as cert
from symrnn.block_jacobians import one_step_blocks, state_jacobian
from symrnn.claims.tree import Jac, Not
from symrnn.errors import SymrnnError
from symrnn.search.decide import decide
from symrnn.search.paths import prove_by_paths
from symrnn.search.prove import prove
from symrnn.semantics.bounds import upper
from symrnn.semantics.sequents import sequent_of

q, l = scalar("q"), lag("l", 0)


class Net:
    """An LSTM of some kind and the parts of its Jacobian."""

    def __init__(self, one, forget: bool = True):
        self.cell, d = one, Derivation("x", cell=one)
        self.d, self.h, self.c, self.t, self.k, self.j, self.n = d, d.h, d.c, d.t, d.k, d.j, d.n
        self.J = jacobian(d.c[d.t], d.c[d.t - d.k])
        self.S = state_jacobian([d.h, d.c], d.t, d.t - d.k)
        self.parts = one_step_blocks(one, at=d.t)

    def F(self, s):
        return diag(self.d.f[s]) if hasattr(self.d, "f") else eye(self.n)

    def H(self, s):
        return diag(self.d.o[s]) @ self.d.D_c[s]

    def stay(self, s):
        return diag(tanh(self.c[s])) @ self.d.D_o[s] @ self.d.U_o

    def A(self, s):
        d = self.d
        return (
            diag(self.c[s - 1]) @ d.D_f[s] @ d.U_f + diag(d.g[s]) @ d.D_i[s] @ d.U_i + diag(d.i[s]) @ d.D_g[s] @ d.U_g
        )

    def carousel(self, last=0):
        return eq(self.J, product(self.F(self.j), self.j, self.t, self.t - self.k + 1 + last))

    def way_back(self, a=0, o=0, h=0, low=0):
        t = self.t
        return eq(self.A(t - a) @ product(self.stay(self.j), self.j, t - 1 - o, t - l + low) @ self.H(t - l - 1 + h), 0)


net = Net(LSTM())


def claim_of(conclusion, *hypotheses, one=None):
    return Derivation("x", cell=one or net.cell).step("1", conclusion, assuming=hypotheses).claim


def always(p, *variables):
    for v in variables:
        p = forall(v, p)
    return p


# ---- paths that are cut ----


def test_the_carousel_is_exact_if_and_only_if_no_path_comes_back() -> None:
    t, k = net.t, net.k
    claim = claim_of(iff(always(net.carousel(), k, t), always(net.way_back(), l, t)))
    decision = decide(claim)
    assert decision.verdict == "proved" and decision.judgement.lemmas == ()


NEAR = {  # both directions of these are false, or not what was proved
    "a factor short": (net.carousel(1), net.way_back()),
    "another row": (net.carousel(), net.way_back(a=1)),
    "a later end": (net.carousel(), net.way_back(h=1)),
    "a stay too short": (net.carousel(), net.way_back(low=1)),
    "a stay too late": (net.carousel(), net.way_back(o=1)),
}


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_are_not_proved(name: str) -> None:
    left, right = NEAR[name]
    claim = claim_of(iff(always(left, net.k, net.t), always(right, l, net.t)))
    assert prove(claim) is None


def test_one_time_or_one_length_is_not_enough() -> None:
    t, k = net.t, net.k
    for hypothesis, conclusion in (
        (net.way_back(), net.carousel()),
        (always(net.way_back(), t), net.carousel()),
        (always(net.carousel(), k), net.way_back()),
        (always(net.carousel(), t), net.way_back()),
    ):
        s = sequent_of(claim_of(conclusion, hypothesis))
        assert prove_by_paths(s) is None


def test_a_gate_that_may_be_closed_cannot_be_cancelled() -> None:
    hard = Net(LSTM(hard_sigmoid))
    t, k = hard.t, hard.k
    to = sequent_of(claim_of(hard.carousel(), always(hard.way_back(), l, t), one=hard.cell))
    back = sequent_of(claim_of(hard.way_back(), always(hard.carousel(), k, t), one=hard.cell))
    assert prove_by_paths(to) is not None and prove_by_paths(back) is None


def test_a_proof_of_paths_does_not_survive_damage() -> None:
    t, k = net.t, net.k
    s = sequent_of(claim_of(net.way_back(), always(net.carousel(), k, t)))
    proof = prove_by_paths(s)
    assert proof is not None and kernel.proves(s, proof) == ()
    inner = proof.rest
    step = inner.proof.step
    damaged = (
        replace(proof, rest=replace(inner, rest=replace(inner.rest, uses=()))),
        replace(proof, rest=replace(inner, proof=replace(inner.proof, bases=()))),
        replace(proof, rest=replace(inner, proof=replace(inner.proof, low=1))),
        *(
            replace(proof, rest=replace(inner, proof=replace(inner.proof, step=replace(step, uses=kept))))
            for i in range(len(step.uses))
            for kept in (step.uses[:i] + step.uses[i + 1 :],)
        ),
    )
    for other in damaged:
        with pytest.raises(SymrnnError):
            kernel.proves(s, other)


@pytest.mark.parametrize("one", [LSTM(), LSTM(forget=False)], ids=["lstm", "no forget gate"])
def test_at_lag_two_the_path_itself_vanishes(one) -> None:
    here = Net(one)
    if hasattr(here.d, "f"):
        t, c = here.t, here.c
        claim = iff(eq(jacobian(c[t], c[t - 2]), here.F(t) @ here.F(t - 1)), eq(here.A(t) @ here.H(t - 1), 0))
        assert decide(claim_of(claim, one=one)).verdict == "proved"


def test_at_lag_three_paths_cancel() -> None:
    t, c = net.t, net.c
    three = eq(jacobian(c[t], c[t - 3]), net.F(t) @ net.F(t - 1) @ net.F(t - 2))
    for claim in (
        claim_of(eq(net.A(t) @ net.H(t - 1), 0), three),
        claim_of(iff(three, eq(net.A(t) @ net.H(t - 1), 0))),
    ):
        decision = decide(claim)
        assert decision.verdict == "refuted" and dict((v.name, i) for v, i in decision.instance.integers)["n"] == 1


# ---- gates ----


@pytest.mark.parametrize("gate", [sigmoid, tanh, relu, identity, hard_sigmoid, activation("phi")])
def test_which_gates_have_inverses_and_are_at_most_one(gate) -> None:
    one = LSTM(gate)
    d = Derivation("x", cell=one)
    f = diag(d.f[d.t])
    small, positive = gate in (sigmoid, tanh, hard_sigmoid), gate is sigmoid
    assert (prove(claim_of(eq(f @ inv(f), eye(d.n)), one=one)) is not None) == positive
    assert (prove(claim_of(invertible(f), one=one)) is not None) == positive
    s = sequent_of(claim_of(vanishes(jacobian(d.c[d.t], d.c[d.t - d.k]), d.k), one=one))
    assert (str(upper(s, f, "2", assumed=False)) == "1") == small
    assert str(upper(s, diag(d.c[d.t]), "2", assumed=False)) != "1"
    with pytest.raises(Refused):  # of a product that may be empty, nothing is known of the letters outside
        upper(s, Jac(d.c[d.t], d.h[d.t - d.k], "numerator"), "2", assumed=False)


# ---- limits ----


cut = [eq(net.d.U_f, 0), eq(net.d.U_i, 0), eq(net.d.U_g, 0)]
contracting = [le(norm(net.F(net.j)), q), lt(q, 1)]
step_norm = norm(state_jacobian([net.h, net.c], net.j, net.j - 1))
R = block_matrix([[net.d.U_g / 4, eye(net.n) / 4], [net.d.U_g / 2, eye(net.n) / 2]])
at_rest = [eq(state_jacobian([net.h, net.c], net.j, net.j - 1), R)]

PROVED = {
    "bounded without a way back": claim_of(bounded(net.J, net.k), *cut),
    "vanishes without a way back": claim_of(vanishes(net.J, net.k), *cut, *contracting),
    "the whole by its steps": claim_of(vanishes(net.S, net.k), le(step_norm, q), lt(q, 1)),
    "a block by the steps": claim_of(vanishes(net.J, net.k), le(step_norm, q), lt(q, 1)),
    "another block": claim_of(
        vanishes(jacobian(net.h[net.t], net.c[net.t - net.k]), net.k), le(step_norm, q), lt(q, 1)
    ),
    "bounded by the steps": claim_of(bounded(net.J, net.k), le(step_norm, 1)),
    "a block of the whole": claim_of(vanishes(net.J, net.k), vanishes(net.S, net.k)),
    "a block of the bounded whole": claim_of(bounded(net.J, net.k), bounded(net.S, net.k)),
    "a vanishing block is bounded": claim_of(bounded(net.J, net.k), vanishes(net.S, net.k)),
    "not exploding": claim_of(~vanishes(net.J, net.k) | bounded(net.J, net.k), *cut),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_follows(name: str) -> None:
    decision = decide(PROVED[name])
    assert decision.verdict == "proved", decision.attempts


NOT_PROVED = {
    "a way back by g": claim_of(bounded(net.J, net.k), *cut[:2]),
    "at most 1 does not vanish": claim_of(vanishes(net.J, net.k), *cut, le(norm(net.F(net.j)), 1)),
    "only now and then": claim_of(vanishes(net.J, net.k), *cut, le(norm(net.F(net.t)), q), lt(q, 1)),
    "steps of norm 1": claim_of(vanishes(net.S, net.k), le(step_norm, 1)),
    "of another block": claim_of(vanishes(net.J, net.k), vanishes(jacobian(net.h[net.t], net.h[net.t - net.k]), net.k)),
    "bounded is not vanishing": claim_of(vanishes(net.J, net.k), bounded(net.S, net.k)),
    "exploding": claim_of(bounded(net.J, net.k), lt(q, 1), le(norm(net.F(net.j)), q)),
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_what_does_not(name: str) -> None:
    assert prove(NOT_PROVED[name]) is None


def test_powers_of_what_every_step_is() -> None:
    t, k = net.t, net.k
    small = lt(spectral_radius(R), 1)
    assert prove(claim_of(vanishes(net.S, k), *at_rest, small)) is not None
    assert prove(claim_of(vanishes(net.J, k), *at_rest, small)) is not None
    assert prove(claim_of(vanishes(net.J, k), *at_rest)) is None
    assert prove(claim_of(vanishes(net.J, k), eq(state_jacobian([net.h, net.c], t, t - 1), R), small)) is None


def test_blocks_of_independent_networks() -> None:
    two = two_blocks()
    d = Derivation("x", cell=two)
    t, k = d.t, d.k
    P, S = jacobian(d.p[t], d.p[t - k]), state_jacobian([d.p, d.q], t, t - k)
    assert decide(claim_of(vanishes(P, k), lt(norm(d.A), 1), one=two)).verdict in ("proved", "undecided")
    assert decide(claim_of(vanishes(S, k), vanishes(P, k), one=two)).verdict == "refuted"
    assert prove(claim_of(vanishes(P, k), vanishes(S, k), one=two)) is not None


# ---- what stays as it is ----

old = Net(LSTM(forget=False))
cut_old = [eq(old.d.U_i, 0), eq(old.d.U_g, 0)]


def test_the_identity_does_not_vanish() -> None:
    claim = claim_of(~vanishes(old.J, old.k), *cut_old, one=old.cell)
    decision = decide(claim)
    assert decision.verdict == "proved"
    s, proof = sequent_of(claim), decision.proof
    assert isinstance(proof, cert.Steady) and kernel.proves(s, proof) == ()
    n = old.n
    for term in (2 * eye(n), zeros(n, n), old.d.U_o, diag(old.d.o[old.t]), eye(n) @ old.J):
        with pytest.raises(SymrnnError):
            kernel.proves(s, replace(proof, term=term))
    for goal in (Not(bounded(old.J, old.k)), vanishes(old.J, old.k), Not(vanishes(old.d.U_o**old.k, old.k))):
        with pytest.raises(SymrnnError):
            kernel.proves(replace(s, goal=goal), proof)
    lagging = sequent_of(claim_of(~vanishes(old.J, old.k), *cut_old, le(norm(old.J), 2), one=old.cell))
    with pytest.raises(SymrnnError):  # something is known of that very lag
        kernel.proves(lagging, proof)


def test_only_with_the_gate_paths_cut() -> None:
    assert prove(claim_of(~vanishes(old.J, old.k), cut_old[0], one=old.cell)) is None
    assert decide(claim_of(~vanishes(old.J, old.k), one=old.cell)).verdict == "refuted"


def test_one_block_with_a_sum_is_bounded_by_its_steps_too() -> None:
    d = Derivation("x", cell=GRU())
    J = jacobian(d.h[d.t], d.h[d.t - d.k])
    step = norm(jacobian(d.h[d.j], d.h[d.j - 1]))
    assert prove(claim_of(vanishes(J, d.k), le(step, q), lt(q, 1), one=d.cell)) is not None
    assert prove(claim_of(vanishes(J, d.k), le(step, 1), one=d.cell)) is None
