"""Gradients and bounds of gated cells as textbooks write them: elementwise, by values, entry by entry; and near misses.

Each false one is one of the usual mistakes: a time off by one, a factor or a path forgotten, a slope by the wrong
value, a transpose too few. It must not be proved, and where a network is found quickly it is refuted.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Elman,
    Leaky,
    Refused,
    absolute,
    any_of,
    cell,
    diag,
    eq,
    eye,
    forall,
    gradient,
    hadamard,
    identity,
    immediate,
    index,
    inputs,
    jacobian,
    kernel,
    lag,
    le,
    local,
    loss,
    lt,
    matrix,
    norm,
    product,
    sigmoid,
    size,
    state,
    summation,
    tanh,
    vanishes,
    vector,
)
from symrnn import certificates as cert
from symrnn.search.decide import decide
from symrnn.search.prove import prove
from symrnn.semantics.bounds import upper
from symrnn.semantics.sequents import sequent_of

T, s, p, i, j = lag("T"), lag("s"), index("p"), index("i"), index("j")
n, m = size("n"), size("m")


def claim_of(conclusion, *hypotheses, about=None):
    return Derivation("x", cell=about).step("1", conclusion, assuming=hypotheses).claim


def verdict(claim) -> str:
    return decide(claim).verdict


def slope(v):
    """Of a gate by its value."""
    return hadamard(v, 1 - v)


def steep(v):
    """Of a tanh by its value."""
    return 1 - hadamard(v, v)


class Lstm:
    """The LSTM of a textbook: dh and dc are what reaches h_s and c_s, dc with what comes through h_s."""

    cell = LSTM()
    d = Derivation("x", cell=cell)
    L = loss("L", d.h, 1, T)

    @classmethod
    def dh(cls, at):
        return jacobian(cls.L, cls.d.h[at]).T

    @classmethod
    def dc(cls, at):
        through = hadamard(cls.d.o[at], steep(tanh(cls.d.c[at])))
        return jacobian(cls.L, cls.d.c[at]).T + hadamard(through, cls.dh(at))

    @classmethod
    def summed(cls, body):
        return summation(body, p, 1, T)


class Gru:
    """The GRU in the convention of Cho et al. 2014."""

    cell = GRU()
    d = Derivation("x", cell=cell)
    L = loss("L", d.h, 1, T)

    @classmethod
    def dh(cls, at):
        return jacobian(cls.L, cls.d.h[at]).T


def lstm_gradients():
    d, L, dh, dc, over = Lstm.d, Lstm.L, Lstm.dh, Lstm.dc, Lstm.summed
    h, c, x = d.h, d.c, d.x
    before = hadamard(hadamard(dc(p), c[p - 1]), slope(d.f[p]))
    output = hadamard(hadamard(dh(p), tanh(c[p])), slope(d.o[p]))
    return {
        "forget gate": (eq(gradient(L, d.U_f), over(before @ h[p - 1].T)), True),
        "forget bias": (eq(gradient(L, d.b_f), over(before)), True),
        "output gate": (eq(gradient(L, d.U_o), over(output @ h[p - 1].T)), True),
        "candidate": (
            eq(gradient(L, d.W_g), over(hadamard(hadamard(dc(p), d.i[p]), steep(d.g[p])) @ x[p].T)),
            True,
        ),
        "output gate, h_s": (eq(gradient(L, d.U_o), over(output @ h[p].T)), False),
        "output gate, c for tanh c": (
            eq(gradient(L, d.U_o), over(hadamard(hadamard(dh(p), c[p]), slope(d.o[p])) @ h[p - 1].T)),
            False,
        ),
    }


def gru_gradients():
    d, L, dh = Gru.d, Gru.L, Gru.dh
    h, z, r, g = d.h, d.z, d.r, d.g
    candidate = hadamard(hadamard(dh(p), 1 - z[p]), steep(g[p]))
    return {
        "update gate": (
            eq(
                gradient(L, d.U_z),
                summation(hadamard(hadamard(dh(p), h[p - 1] - g[p]), slope(z[p])) @ h[p - 1].T, p, 1, T),
            ),
            True,
        ),
        "candidate": (eq(gradient(L, d.U_g), summation(candidate @ hadamard(r[p], h[p - 1]).T, p, 1, T)), True),
        "candidate, no reset": (eq(gradient(L, d.U_g), summation(candidate @ h[p - 1].T, p, 1, T)), False),
        "update gate, sign": (
            eq(
                gradient(L, d.U_z),
                summation(hadamard(hadamard(dh(p), g[p] - h[p - 1]), slope(z[p])) @ h[p - 1].T, p, 1, T),
            ),
            False,
        ),
    }


@pytest.mark.parametrize("name", list(lstm_gradients()))
def test_gradients_of_the_lstm_by_values(name: str) -> None:
    conclusion, holds = lstm_gradients()[name]
    assert verdict(claim_of(conclusion, about=Lstm.cell)) == ("proved" if holds else "refuted")


@pytest.mark.parametrize("name", list(gru_gradients()))
def test_gradients_of_the_gru_by_values(name: str) -> None:
    conclusion, holds = gru_gradients()[name]
    assert verdict(claim_of(conclusion, about=Gru.cell)) == ("proved" if holds else "refuted")


# ---- deltas: a loss gives up its first term, a Jacobian its first step ----


def deltas():
    d, dh, dc = Lstm.d, Lstm.dh, Lstm.dc
    c, later = d.c, s + 1
    own = immediate(Lstm.L[s], d.h[s]).T
    after = d.U_o.T @ hadamard(hadamard(dh(later), tanh(c[later])), slope(d.o[later]))
    after += d.U_f.T @ hadamard(hadamard(dc(later), c[s]), slope(d.f[later]))
    after += d.U_i.T @ hadamard(hadamard(dc(later), d.g[later]), slope(d.i[later]))
    after += d.U_g.T @ hadamard(hadamard(dc(later), d.i[later]), steep(d.g[later]))
    return {
        "memory": (eq(jacobian(Lstm.L, c[s]).T, hadamard(d.f[later], dc(later))), True),
        "output": (eq(dh(s), own + after), True),
        "memory, at s": (eq(jacobian(Lstm.L, c[s]).T, hadamard(d.f[s], dc(later))), False),
        "output, no immediate term": (eq(dh(s), after), False),
    }


@pytest.mark.parametrize("name", list(deltas()))
def test_delta_recursions_of_the_lstm(name: str) -> None:
    conclusion, holds = deltas()[name]
    claim = claim_of(conclusion, lt(s, T), about=Lstm.cell)
    proof = cert.Spelt(cert.Words("first", "first", (), ()))
    if holds:
        assert prove(claim) == proof and kernel.entails(claim, proof) == ()
        return
    with pytest.raises(Refused):
        kernel.entails(claim, proof)


def test_where_time_begins_is_an_end_like_others() -> None:
    """What peels there is one side as well as the other; a false claim has no proof so, and no other end is known."""
    d, dh = Gru.d, Gru.dh
    own, step = immediate(Gru.L[s], d.h[s]).T, jacobian(d.h[s + 1], d.h[s]).T
    proof = cert.Words("first", "first", (), ())
    true = claim_of(eq(dh(s), own + step @ dh(s + 1)), lt(s, T), about=Gru.cell)
    assert kernel.entails(true, proof) == ()
    misses = [
        eq(dh(s), step @ dh(s + 1)),
        eq(dh(s), own + step.T @ dh(s + 1)),
        eq(dh(s), own + step @ dh(s)),
        eq(dh(s), own + jacobian(d.h[s + 2], d.h[s + 1]).T @ dh(s + 1)),
    ]
    for miss in misses:
        with pytest.raises(Refused):
            kernel.entails(claim_of(miss, lt(s, T), about=Gru.cell), proof)
    for peels in (("second", "first"), ("first", ""), ("last", "last")):
        with pytest.raises(Refused):
            kernel.entails(true, replace(proof, peel_lhs=peels[0], peel_rhs=peels[1]))
    with pytest.raises(Refused):  # at the last time there is no later one
        kernel.entails(claim_of(eq(dh(s), own + step @ dh(s + 1)), about=Gru.cell), proof)


# ---- columns, rows and entries ----

u, v, w = vector("u", n), vector("v", n), vector("w", n)
A, K, M = matrix("A", n), matrix("K", n, n, "skew"), matrix("M", n, m)

COLUMNS = {
    "a column times a row": (eq(diag(u) @ v @ w.T, diag(v) @ u @ w.T), eq(diag(u) @ v @ w.T, diag(w) @ v @ u.T)),
    "a row": (eq(u @ hadamard(v, w).T @ A, u @ hadamard(w, v).T @ A), eq(u @ (A @ w).T, u @ (A.T @ w).T)),
    "inside": (
        eq(A @ hadamard(u, v) @ w.T, A @ diag(v) @ u @ w.T),
        eq(A @ hadamard(u, v) @ w.T, diag(u) @ A @ v @ w.T),
    ),
    "a sign": (eq(u @ (K @ hadamard(v, w)).T, -u @ hadamard(w, v).T @ K), eq(u @ (K @ v).T, u @ v.T @ K)),
    "of a product": (
        eq(hadamard(A @ u, v) @ w.T, diag(v) @ A @ u @ w.T),
        eq(hadamard(A @ u, v) @ w.T, A @ hadamard(u, v) @ w.T),
    ),
    "in a sum": (
        eq(summation(hadamard(A**i @ u, v) @ w.T, i, 1, T), summation(diag(v) @ A**i @ u @ w.T, i, 1, T)),
        eq(summation(hadamard(A**i @ u, v) @ w.T, i, 1, T), summation(diag(v) @ A ** (i - 1) @ u @ w.T, i, 1, T)),
    ),
    "an entry": (
        forall(i, forall(j, eq((u @ v.T)[i, j], u[i, 1] * v[j, 1]))),
        forall(i, forall(j, eq((u @ v.T)[i, j], u[j, 1] * v[i, 1]))),
    ),
    "an entry of a longer product": (
        forall(i, forall(j, eq((A @ u @ w.T @ M)[i, j], (A @ u)[i, 1] * (M.T @ w)[j, 1]))),
        forall(i, forall(j, eq((A @ u @ w.T @ A)[i, j], (A @ u)[i, 1] * (A @ w)[j, 1]))),
    ),
}


@pytest.mark.parametrize("name", list(COLUMNS))
def test_columns_are_in_order_beside_rows(name: str) -> None:
    true, false = COLUMNS[name]
    assert verdict(claim_of(true)) == "proved"
    assert verdict(claim_of(false)) == "refuted"


def test_a_gradient_entry_by_entry() -> None:
    """dL/dw_ij = sum over t of delta_ti h_(t-1)j, with delta of the pre-activation."""
    d = Derivation("x", cell=Elman(tanh))
    L = loss("L", d.h, 1, T)
    delta = jacobian(L, d.a[p]).T

    def claim(row, col, at):
        entry = gradient(L, d.W_hh)[i, j]
        conclusion = eq(entry, summation(delta[row, 1] * d.h[at][col, 1], p, 1, T))
        return claim_of(forall(i, forall(j, conclusion)), about=d.cell)

    assert prove(claim(i, j, p - 1)) is not None
    for row, col, at in ((j, i, p - 1), (i, j, p), (i, i, p - 1)):
        assert prove(claim(row, col, at)) is None


def test_slopes_of_a_plain_network_elementwise() -> None:
    d = Derivation("x", cell=Elman(tanh))
    L = loss("L", d.h, 1, T)
    dh = jacobian(L, d.h[p]).T
    true = [
        eq(gradient(L, d.W_hh), summation(hadamard(dh, steep(d.h[p])) @ d.h[p - 1].T, p, 1, T)),
        eq(gradient(L, d.b), summation(hadamard(steep(d.h[p]), dh), p, 1, T)),
    ]
    false = [
        eq(gradient(L, d.W_hh), summation(hadamard(dh, steep(d.h[p - 1])) @ d.h[p - 1].T, p, 1, T)),
        eq(gradient(L, d.b), summation(hadamard(dh, 1 - d.h[p]), p, 1, T)),
    ]
    assert all(verdict(claim_of(c, about=d.cell)) == "proved" for c in true)
    assert all(verdict(claim_of(c, about=d.cell)) == "refuted" for c in false)


def test_an_ascending_product_reads_upwards() -> None:
    assert product(A, i, s, T, order="ascending") == product(A, i, s, T, order="ascending")
    up, down = product(A, i, s, T, order="ascending"), product(A, i, s, T)
    assert (up.lo, up.hi) == (summation(A, i, s, T).lo, summation(A, i, s, T).hi) == (down.hi, down.lo)


# ---- blocks that no other acts on ----

W, V, R, b = matrix("W", n, m), matrix("V", n, m), matrix("R", n, m), vector("b", n)
c, h, x = state("c", n), state("h", n), inputs("x", m)
f, r, y = local("f", n), local("r", n), local("y", n)
light = cell(  # a simple recurrent unit: Lei, Zhang, Wang, Dai, Artzi 2018
    "simple recurrent unit",
    states={
        c: lambda t: hadamard(f[t], c[t - 1]) + hadamard(1 - f[t], y[t]),
        h: lambda t: hadamard(r[t], tanh(c[t])),
    },
    inputs=(x,),
    locals={f: lambda t: sigmoid(V @ x[t] + b), r: lambda t: sigmoid(R @ x[t]), y: lambda t: W @ x[t]},
)
closed = cell(
    "closed",
    states={c: lambda t: hadamard(f[t], c[t - 1]) + h[t - 1], h: lambda t: 2 * c[t - 1]},
    inputs=(x,),
    locals={f: lambda t: sigmoid(V @ x[t] + b)},
)


def test_a_block_by_itself_is_bounded_step_by_step() -> None:
    d = Derivation("x", cell=light)
    t, k = d.t, d.k
    J = jacobian(c[t], c[t - k])
    assert verdict(claim_of(le(norm(J), 1), about=light)) == "proved"
    assert verdict(claim_of(eq(J, product(diag(f[j]), j, t, t - k + 1)), about=light)) == "proved"
    assert verdict(claim_of(eq(J, product(diag(f[j]), j, t - 1, t - k)), about=light)) == "refuted"
    assert verdict(claim_of(vanishes(J), about=light)) != "proved"


def test_a_block_that_others_act_on_is_not() -> None:
    d = Derivation("x", cell=closed)
    t, k = d.t, d.k
    J = jacobian(c[t], c[t - k])
    for bounded in (J, jacobian(h[t], c[t - k]), jacobian(h[t], h[t - k])):
        with pytest.raises(Refused):
            upper(sequent_of(claim_of(le(norm(bounded), 1), about=closed)), bounded, "2", assumed=False)


def test_an_autonomous_block_has_an_input_that_is_added() -> None:
    """The sum of gated inputs, a factor too many, and the gradient by what comes in."""
    d = Derivation("x", cell=light)
    L = loss("L", h, 1, T)
    through = hadamard(r[p], steep(tanh(c[p])))
    dc = jacobian(L, c[p]).T + hadamard(through, jacobian(L, h[p]).T)
    true = eq(gradient(L, W), summation(hadamard(dc, 1 - f[p]) @ x[p].T, p, 1, T))
    false = eq(gradient(L, W), summation(hadamard(dc, f[p]) @ x[p].T, p, 1, T))
    assert verdict(claim_of(true, about=d.cell)) == "proved"
    assert verdict(claim_of(false, about=d.cell)) == "refuted"


# ---- one bound or the other ----


def test_a_mean_is_below_the_larger() -> None:
    d = Gru.d
    now, then = absolute(d.h[d.t][i, 1]), absolute(d.h[d.t - 1][i, 1])
    assert verdict(claim_of(forall(i, any_of(le(now, 1), le(now, then))), about=Gru.cell)) == "proved"
    whole = [norm(d.h[at], "inf") for at in (d.t, d.t - 1)]
    assert verdict(claim_of(any_of(le(whole[0], 1), le(whole[0], whole[1])), about=Gru.cell)) == "proved"
    for miss in (any_of(le(2 * now, 1), le(2 * now, then)), any_of(le(now, 0), le(now, then))):
        assert verdict(claim_of(forall(i, miss), about=Gru.cell)) == "refuted"


def test_a_disjunction_speaks_of_all_its_members() -> None:
    """It fails only where each has a value; a hypothesis, or a part of a conjunction, need not have one."""
    d = Gru.d
    now, then = absolute(d.h[d.t][i, 1]), absolute(d.h[d.t - 1][i, 1])
    goal = sequent_of(claim_of(forall(i, any_of(le(now, 1), le(now, then))), about=Gru.cell))
    assert {str(at) for at in goal.begun} == {"t", "t + 1"}
    given = sequent_of(claim_of(le(now, 1), any_of(le(now, 1), le(now, then)), about=Gru.cell))
    assert {str(at) for at in given.begun} == {"t + 1"}
    either = forall(i, any_of(le(now, 1), le(now, then)) & le(now, 1))
    assert verdict(claim_of(either, about=Gru.cell)) == "refuted"
    assert verdict(claim_of(le(now, 1), any_of(le(now, 1), le(now, then)), about=Gru.cell)) != "proved"


# ---- networks that are given ----


def test_a_network_given_entry_by_entry() -> None:
    d = Derivation("x", cell=Elman(identity, bias=False))
    W, t, k = d.W_hh, d.t, d.k
    turning = [eq(d.n, 2), eq(W[1, 1], 0), eq(W[1, 2], -1), eq(W[2, 1], 1), eq(W[2, 2], 0)]
    J = jacobian(d.h[t], d.h[t - k])
    assert verdict(claim_of(vanishes(J), *turning, about=d.cell)) == "refuted"
    assert verdict(claim_of(eq(jacobian(d.h[t], d.h[t - 4]), eye(d.n)), *turning, about=d.cell)) == "proved"
    assert verdict(claim_of(eq(jacobian(d.h[t], d.h[t - 2]), eye(d.n)), *turning, about=d.cell)) == "refuted"


def test_leaking_by_values() -> None:
    d = Derivation("x", cell=Leaky())
    L = loss("L", d.h, 1, T)
    delta = hadamard(jacobian(L, d.h[p]).T, steep(tanh(d.a[p])))
    true = eq(gradient(L, d.W_hh), summation(d.alpha * delta @ d.h[p - 1].T, p, 1, T))
    false = eq(gradient(L, d.W_hh), summation(delta @ d.h[p - 1].T, p, 1, T))
    assert [verdict(claim_of(c, about=d.cell)) for c in (true, false)] == ["proved", "refuted"]
