"""Backpropagation through time: claims true and false, for other losses, cells, layouts and truncations."""

from __future__ import annotations

import pytest

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Derivation,
    DiagonalRNN,
    Elman,
    Leaky,
    Pascanu,
    activation,
    cell,
    check,
    cross_entropy,
    diag,
    eq,
    gradient,
    iff,
    immediate,
    immediate_gradient,
    index,
    jacobian,
    lag,
    le,
    loss,
    lt,
    matrix,
    product,
    relu,
    sigmoid,
    size,
    softmax,
    squared_error,
    state,
    summation,
    tanh,
    time,
    trace,
    vector,
)
from symrnn.bptt import bptt, delta, output_gradient, parameters, step_gradient
from symrnn.claims.latex import latex
from symrnn.claims.text import text
from symrnn.errors import ClaimError, ShapeMismatch
from symrnn.search.decide import decide_by_proof

CELL = Elman(tanh)
H, D, W, V, B, X, N = CELL.h, CELL.D, CELL.W_hh, CELL.W_xh, CELL.b, CELL.x, CELL.n
T, S, K, R, TAU = lag("T"), lag("s"), lag("K"), lag("R", 0), lag("tau")
k, j, i = index("k"), index("j"), index("i")
L = loss("L", H, 1, T)
ROW = matrix("u", 1, N)


def own(t):
    return immediate(L[t], H[t])


def dl(s):
    return jacobian(L, H[s]).T


def through(t, s):
    return D[s] @ jacobian(H[t], H[s]).T @ own(t).T @ H[s - 1].T


def main(first=1, last=T, shift=1):
    return summation(D[k] @ dl(k) @ H[k - shift].T, k, first, last)


M = loss("L", H, 1, K + R)
WRITTEN = product(D[i] @ W, i, j, k + 1)
PROVED = {
    "a bias acts at its time": (eq(immediate(H[S], B), D[S]), ()),
    "a matrix acts at its time": (eq(immediate_gradient(H[S], W, row=ROW), D[S] @ ROW.T @ H[S - 1].T), ()),
    "total by a bias": (eq(jacobian(H[TAU], B, since=0), summation(jacobian(H[TAU], H[k]) @ D[k], k, 1, TAU)), ()),
    "at the end": (eq(jacobian(L, H[T]), own(T)), ()),
    "recursion": (eq(dl(S), own(S).T + W.T @ D[S + 1] @ dl(S + 1)), (lt(S, T),)),
    "unrolled": (eq(jacobian(L, H[S]), summation(own(k) @ jacobian(H[k], H[S]), k, S, T)), (le(S, T),)),
    "gradient": (eq(gradient(L, W), main()), ()),
    "by the pre-activation": (eq(gradient(L, W), summation(jacobian(L, CELL.a[k]).T @ H[k - 1].T, k, 1, T)), ()),
    "input matrix": (eq(gradient(L, V), summation(D[k] @ dl(k) @ X[k].T, k, 1, T)), ()),
    "bias": (eq(gradient(L, B), summation(D[k] @ dl(k), k, 1, T)), ()),
    "loss by loss": (eq(gradient(L, W), summation(gradient(L[k], W), k, 1, T)), ()),
    "losses outside": (eq(gradient(L, W), summation(summation(through(j, k), k, 1, j), j, 1, T)), ()),
    "steps outside": (eq(gradient(L, W), summation(summation(through(j, k), j, k, T), k, 1, T)), ()),
    "written out": (
        eq(gradient(L, W), summation(summation((own(j) @ WRITTEN @ D[k]).T @ H[k - 1].T, k, 1, j), j, 1, T)),
        (),
    ),
    "numerator layout": (eq(jacobian(L, W), summation(H[k - 1] @ jacobian(L, H[k]) @ D[k], k, 1, T)), ()),
    "what truncation drops": (
        eq(
            gradient(M[K + R], W) - gradient(M[K + R], W, since=R),
            summation(through(K + R, k), k, 1, R),
        ),
        (),
    ),
    "truncation at first": (eq(gradient(M[K + R], W), gradient(M[K + R], W, since=R)), (eq(R, 0),)),
    "from any time on": (
        eq(
            gradient(H[time("t")], W, row=ROW, since=time("t") - K),
            summation(D[k] @ jacobian(H[time("t")], H[k]).T @ ROW.T @ H[k - 1].T, k, time("t") - K + 1, time("t")),
        ),
        (),
    ),
}
REFUTED = {
    "off by one": (eq(gradient(L, W), main(shift=0)), ()),
    "from the second step": (eq(gradient(L, W), main(first=2)), ()),
    "to the last but one": (eq(gradient(L, W), main(last=T - 1)), ()),
    "no slopes": (eq(gradient(L, W), summation(dl(k) @ H[k - 1].T, k, 1, T)), ()),
    "partial for total": (eq(gradient(L, W), summation(D[k] @ own(k).T @ H[k - 1].T, k, 1, T)), ()),
    "transposed": (eq(gradient(L, W), main().T), ()),
    "W not transposed": (eq(dl(S), own(S).T + W @ D[S + 1] @ dl(S + 1)), (lt(S, T),)),
    "own loss forgotten": (eq(dl(S), W.T @ D[S + 1] @ dl(S + 1)), (lt(S, T),)),
    "immediate for total": (eq(jacobian(H[TAU], B, since=0), D[TAU]), ()),
    "truncation is exact": (eq(gradient(M[K + R], W), gradient(M[K + R], W, since=R)), ()),
    "layouts mixed": (eq(jacobian(L, W), main()), ()),
}


def decided(claim, assuming=(), cell=CELL):
    d = Derivation("BPTT", cell=cell)
    d.step("1", claim, assuming=list(assuming))
    return check(d).step("1")


@pytest.mark.parametrize("name", PROVED)
def test_true_claims_are_proved_and_agree_with_differences(name):
    claim, assuming = PROVED[name]
    result = decided(claim, assuming)
    assert result.verdict == "proved", result.attempts
    assert result.scope.sizes == "all"
    assert result.crosscheck is not None and result.crosscheck.agrees and result.crosscheck.digits == 50


@pytest.mark.parametrize("name", REFUTED)
def test_false_claims_are_refuted_by_a_run_that_differences_confirm(name):
    claim, assuming = REFUTED[name]
    result = decided(claim, assuming)
    assert result.verdict == "refuted", result.attempts
    assert result.counterexample["kind"] == "path"
    assert result.counterexample["recurrence"] == "elman with derivatives"  # a referee of plain runs does not judge it
    assert result.crosscheck is not None and result.crosscheck.agrees


def test_the_wrong_layout_is_the_reason():
    square = decided(eq(jacobian(L, W), main()))
    assert "wrong layout: it holds with d L / d W_hh in denominator layout, the shape of W_hh" in square.reason
    oblong = decided(eq(jacobian(L, V), summation(D[k] @ dl(k) @ X[k].T, k, 1, T)))
    assert (oblong.verdict, oblong.counterexample["kind"]) == ("refuted", "shape")
    assert "wrong layout" in oblong.reason
    d = Derivation("Denominators", cell=CELL, layout="denominator")
    d.step("1", eq(jacobian(L, W), summation(D[k] @ jacobian(L, H[k]) @ H[k - 1].T, k, 1, T)))
    assert check(d).step("1").verdict == "proved"


def test_for_an_opaque_activation_and_for_relu():
    for squash in (activation("phi"), relu, sigmoid):
        cell = Elman(squash, bias=False)
        partial = loss("L", cell.h, 1, T)
        assert decide_claim(bptt(partial, cell, cell.W_hh), cell) == "proved"


def decide_claim(claim, cell, assuming=()):
    return decide_by_proof(Derivation("x", cell=cell).step("1", claim, assuming=list(assuming)).claim).verdict


CELLS = {
    "elman": Elman(tanh),
    "row vectors": Elman(tanh, row_vectors=True),
    "pascanu": Pascanu(),
    "leaky": Leaky(),
    "diagonal": DiagonalRNN(),
    "mgu": MGU(),
    "gru": GRU(),
    "gru, chung": GRU(update="chung"),
    "gru, after": GRU(reset="after"),
    "gru, chung, after": GRU(update="chung", reset="after"),
    "lstm": LSTM(),
    "lstm, peepholes": LSTM(peepholes=True),
    "lstm, no forget gate": LSTM(forget=False),
}


LONG = [name for name in CELLS if name.startswith(("gru,", "lstm"))]  # a minute or more each


@pytest.mark.parametrize("name", LONG)
def test_a_parameter_of_each_gated_cell(name):
    cell = CELLS[name]
    parameter = parameters(cell)[0]
    assert decide_claim(bptt(loss("L", cell.recurrence.states, 1, T), cell, parameter), cell) == "proved", parameter


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.campaign] * (n in LONG)) for n in CELLS])
def test_every_parameter_of_every_cell(name):
    cell = CELLS[name]
    blocks = cell.recurrence.states
    whole = loss("L", blocks, 1, T)
    for parameter in parameters(cell):
        assert decide_claim(bptt(whole, cell, parameter), cell) == "proved", parameter
    for block in blocks:
        claim = delta(whole, cell, block, S, written_out=True)
        assert decide_claim(claim, cell, (lt(S, T),)) == "proved", block


def test_several_blocks_have_a_delta_each():
    cell = LSTM()
    on_h = loss("L", cell.h, 1, T)
    shown = text(step_gradient(on_h, cell, cell.W_f, S))
    assert shown == (
        "D_f[s] diag(c[s-1]) (d L / d c[s])^T x[s]^T + D_f[s] diag(c[s-1]) D_c[s] diag(o[s]) (d L / d h[s])^T x[s]^T"
    )
    without = summation(D_f_only(cell, on_h), k, 1, T)
    assert decided(eq(gradient(on_h, cell.W_f), without), (), cell).verdict == "refuted"


def D_f_only(cell, on_h):
    """Through the memory alone, as if c_s did not show in h_s."""
    return cell.D_f[k] @ diag(cell.c[k - 1]) @ jacobian(on_h, cell.c[k]).T @ cell.x[k].T


# ---- heads ----

P = size("p")
OUT, BIAS, TARGET = matrix("V", P, N), vector("b_y", P), matrix("y", P, 1)
SQUARED = squared_error("L", lambda t: OUT @ H[t] + BIAS, lambda t: TARGET[t], 1, T)
SHARES = cross_entropy("L", lambda t: OUT @ H[t] + BIAS, lambda t: TARGET[t], 1, T)


def out(t):
    return OUT @ H[t] + BIAS


def test_squared_error():
    assert decided(eq(immediate(SQUARED[S], H[S]), (out(S) - TARGET[S]).T @ OUT)).verdict == "proved"
    assert decided(eq(gradient(SQUARED, OUT), summation(output_gradient(SQUARED, CELL, OUT, k), k, 1, T))).verdict == (
        "proved"
    )
    assert decided(eq(gradient(SQUARED, W), summation(step_gradient(SQUARED, CELL, W, k), k, 1, T))).verdict == "proved"
    wrong = eq(gradient(SQUARED, OUT), summation((TARGET[k] - out(k)) @ H[k].T, k, 1, T))
    assert decided(wrong).verdict == "refuted"


def test_cross_entropy_is_p_minus_y_exactly_where_the_targets_sum_to_1():
    claim, sums = eq(gradient(SHARES[S], BIAS), softmax(out(S)) - TARGET[S]), eq(trace(diag(TARGET[S])), 1)
    assert decided(claim).verdict == "refuted"
    assert decided(claim, (sums,)).verdict == "proved"
    assert decided(iff(claim, sums)).verdict == "proved"
    general = eq(gradient(SHARES[S], BIAS), trace(diag(TARGET[S])) * softmax(out(S)) - TARGET[S])
    result = decided(general)
    assert result.verdict == "proved" and result.crosscheck.agrees


def test_tied_weights_count_twice():
    """The recurrent matrix used for the output too has both gradients."""
    target = matrix("y", N, 1)
    tied = squared_error("L", lambda t: W @ H[t], lambda t: target[t], 1, T)
    steps = summation(D[k] @ jacobian(tied, H[k]).T @ H[k - 1].T, k, 1, T)
    heads = summation((W @ H[k] - target[k]) @ H[k].T, k, 1, T)
    assert decided(eq(gradient(tied, W), steps + heads)).verdict == "proved"
    assert decided(eq(gradient(tied, W), steps)).verdict == "refuted"
    assert decided(bptt(tied, CELL, W)).verdict == "proved"


# ---- the language ----


def test_how_derivatives_are_printed():
    assert text(gradient(L[TAU], W, since=TAU - 3)) == "grad(L[tau], W_hh | h[tau-3])"
    assert latex(gradient(L, W)) == r"\nabla_{W_{hh}} L"
    assert latex(jacobian(L, H[S])) == r"\frac{\mathrm{d} L}{\mathrm{d} h_{s}}"
    assert latex(immediate(H[S], B)) == r"\frac{\partial^{+} h_{s}}{\partial b}"
    assert text(jacobian(H[S], B, since=0)) == "(d h[s] / d b | h[0])"


def test_what_has_no_derivative_is_refused():
    with pytest.raises(ClaimError, match="say since="):
        jacobian(H[S], B)
    with pytest.raises(ClaimError, match="a loss is a function of state blocks"):
        loss("L", X, 1, T)
    with pytest.raises(ClaimError, match="is held itself"):
        jacobian(L, H[S], since=0)
    with pytest.raises(ClaimError, match="three indices"):
        decided(eq(jacobian(H[S], W, since=0), 0))
    with pytest.raises((ClaimError, ShapeMismatch)):
        text(gradient(X[S], W))


def test_the_delta_of_a_block_that_acts_on_nothing_is_0():
    n = size("n")
    h, g, w = state("h", n), state("g", n), matrix("W", n)
    idle = cell("idle", states={h: lambda t: tanh(w @ h[t - 1]), g: lambda t: h[t - 1]})
    loss_of_h = loss("L", h, 1, T)
    claim = delta(loss_of_h, idle, g, S, written_out=True)
    assert text(claim) == "d L / d g[s] = 0"
    assert decided(claim, [lt(S, T)], idle).verdict == "proved"
