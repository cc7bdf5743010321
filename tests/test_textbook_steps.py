"""Steps of textbook derivations about gated cells and gradients, each beside what is nearly the same and false."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Elman,
    cell,
    check,
    diag,
    eq,
    forall,
    gradient,
    hadamard,
    immediate,
    index,
    inputs,
    jacobian,
    lag,
    le,
    loss,
    lt,
    matrix,
    norm,
    scalar,
    sigmoid,
    size,
    squared_error,
    state,
    summation,
    vector,
)
from symrnn.claims.tree import Prop
from symrnn.search.conditions import exact
from symrnn.search.decide import decide
from symrnn.search.squares import squares
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import Context

QUARTER = Fraction(1, 4)


def _verdict(about: Any, claim: Prop, *assuming: Prop) -> str:
    d = Derivation("A step", cell=about)
    step = d.step("1", claim, assuming=list(assuming))
    return decide(step.claim).verdict


# ---- squares ----

L, N, X, Y, ROW = LSTM(), size("n"), scalar("x"), scalar("y"), index("r")
F, V = L.f[L.t], vector("v", N)

SQUARES = {
    "a gate, as a column": le(hadamard(F, 1 - F), QUARTER),
    "a gate, entry by entry": forall(ROW, le(F[ROW, 1] * (1 - F[ROW, 1]), QUARTER)),
    "as a norm": le(norm(diag(hadamard(F, 1 - F))), QUARTER),
    "any column": le(hadamard(V, 1 - V), QUARTER),
    "any number": le(X * (1 - X), QUARTER),
    "means": le(X * Y, (X * X + Y * Y) / 2),
    "three squares": le(2 * X * Y - 2 * Y, X * X + 3 * Y * Y + Fraction(1, 2)),
}
NO_SQUARES = {
    "a gate, too little": le(hadamard(F, 1 - F), Fraction(6, 25)),
    "a gate, strictly": lt(hadamard(F, 1 - F), QUARTER),
    "as a norm": lt(norm(diag(hadamard(F, 1 - F))), QUARTER),
    "any number": le(X * (1 - X), Fraction(6, 25)),
    "means": le(X * Y, (X * X + Y * Y) / 3),
    "no number to spare": le(2 * X * Y - 2 * Y, X * X + 3 * Y * Y + Fraction(1, 4)),
}


@pytest.mark.parametrize("name", SQUARES)
def test_squares_are_completed(name: str) -> None:
    assert _verdict(L if "gate" in name or "norm" in name else None, SQUARES[name]) == "proved"


@pytest.mark.parametrize("name", NO_SQUARES)
def test_what_is_no_sum_of_squares_is_refuted(name: str) -> None:
    assert _verdict(L if "gate" in name or "norm" in name else None, NO_SQUARES[name]) == "refuted"


@pytest.mark.parametrize("gap", [X * X - 2 * X * Y, X * Y, X * X - 1, X * X * X, -X * X, X + 1])
def test_no_squares_where_the_polynomial_is_negative_somewhere(gap: Any) -> None:
    assert squares(Algebra(Context()).poly(gap)) is None


# ---- gradients ----

T, S, K = lag("T"), lag("s"), index("K")
E = Elman(sigmoid)
ROW_OF = matrix("u", 1, E.n)


def _since_0(at: Any) -> Any:
    return jacobian(E.h[at], E.b, since=0)


def _of_row(at: Any, row: Any) -> Any:
    return gradient(E.h[at], E.W_hh, row=row, since=0)


FORWARD = E.D[T] @ E.W_hh @ _since_0(T - 1)
NOW = E.D[T] @ ROW_OF.T @ E.h[T - 1].T
RTRL = {
    "bias": ("proved", eq(_since_0(T), E.D[T] + FORWARD)),
    "weights": ("proved", eq(_of_row(T, ROW_OF), NOW + _of_row(T - 1, ROW_OF @ E.D[T] @ E.W_hh))),
    "without the immediate term": ("refuted", eq(_since_0(T), FORWARD)),
    "one step late": ("refuted", eq(_since_0(T), E.D[T - 1] + FORWARD)),
    "in the other order": ("refuted", eq(_of_row(T, ROW_OF), NOW + _of_row(T - 1, ROW_OF @ E.W_hh @ E.D[T]))),
}


@pytest.mark.parametrize("name", RTRL)
def test_real_time_recurrent_learning(name: str) -> None:
    """Williams and Zipser 1989: forward in time, for every T of at least 2."""
    verdict, claim = RTRL[name]
    assert _verdict(E, claim, le(2, T)) == verdict


def test_a_sum_over_later_steps_read_the_wrong_way_round_is_refuted() -> None:
    """The linear network of Dive into Deep Learning, 9.7.14: powers of W^T, each with the error of its own time."""
    n, m, q = size("n"), size("m"), size("q")
    h, x, W, V, Q, y = (
        state("h", n),
        inputs("x", m),
        matrix("W", n),
        matrix("V", n, m),
        matrix("Q", q, n),
        vector("y", q),
    )
    linear = cell("d2l", states={h: lambda t: V @ x[t] + W @ h[t - 1]}, inputs=(x,))
    about = squared_error("L", lambda t: Q @ h[t], lambda t: y[t], 1, T)

    def total(first: Any) -> Prop:
        error = Q.T @ (Q @ h[first] - y[first])
        return eq(jacobian(about, h[S]).T, summation(W.T ** (T - K) @ error, K, S, T))

    assert _verdict(linear, total(T + S - K), le(S, T)) == "proved"
    assert _verdict(linear, total(K), le(S, T)) == "refuted"


G = GRU()
ON_H = loss("L", G.h, 1, T)


def _delta(at: Any) -> Any:
    return jacobian(ON_H, G.h[at]).T


def _of_candidate(at: Any) -> Any:
    return hadamard(hadamard(_delta(at), 1 - G.z[at]), 1 - hadamard(G.g[at], G.g[at]))


def _of_update(at: Any) -> Any:
    return hadamard(hadamard(_delta(at), G.h[at - 1] - G.g[at]), hadamard(G.z[at], 1 - G.z[at]))


def test_a_delta_of_the_gru_without_its_reset_gate_is_refuted() -> None:
    """That the gate depends on the state is what is forgotten most."""
    s = S + 1
    back = G.U_g.T @ _of_candidate(s)
    partial = immediate(ON_H, G.h[S]).T + hadamard(_delta(s), G.z[s]) + hadamard(back, G.r[s])
    assert _verdict(G, eq(_delta(S), partial + G.U_z.T @ _of_update(s)), lt(S, T)) == "refuted"


# ---- what a result shows ----


def test_a_run_whose_slopes_have_no_closed_form_is_shown_without_them() -> None:
    d = Derivation("Gates", cell=L)
    d.step("1", le(norm(diag(F)), Fraction(1, 2)), assuming=[le(F, Fraction(2, 3))], expect="refuted")
    found = check(d).step("1")
    assert found.verdict == "refuted"
    assert found.counterexample is not None


def test_when_no_path_comes_back_is_met_by_a_network_whose_units_do_not_act_on_each_other() -> None:
    d = Derivation("The carousel", cell=(old := LSTM(forget=False)))
    step = d.step(
        "1",
        eq(
            jacobian(old.c[old.t], old.c[old.t - 2]),
            diag(vector("v", old.n)) * 0 + jacobian(old.c[old.t], old.c[old.t - 1]),
        ),
        expect="refuted",
    )
    assert [c.exact for c in exact(step.claim)][:1] == [True]
