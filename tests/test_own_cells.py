"""Cells of one's own beside Elman's: their steps are decided right, and their counterexamples are networks.

Pascanu's form, a leaky one, autonomous ones, one with two inputs, row vectors, opaque activations, LSTM and GRU blocks.
Each counterexample is evaluated by ``evaluator.py``, which differentiates the recurrence by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from evaluator import from_instance
from referee import judge
from vocabulary import W, a, i, j, k, m, n, one, p, t

from symrnn import (
    GRU,
    LSTM,
    Cell,
    ClaimError,
    Derivation,
    Elman,
    activation,
    cell,
    check,
    det,
    diag,
    diagonal,
    eq,
    eye,
    hadamard,
    identity,
    inputs,
    inv,
    jacobian,
    local,
    matrix,
    product,
    relu,
    sigmoid,
    state,
    summation,
    tanh,
)
from symrnn.claims.tree import Prop
from symrnn.counterexamples import of_instance
from symrnn.replay import entry_of, replay_entry
from symrnn.search.decide import decide


@dataclass(frozen=True)
class Step:
    """A claim about a cell, and its verdict; ``open_`` is why UNDECIDED will do."""

    name: str
    verdict: str
    cell: Cell
    claim: Prop
    assuming: tuple[Prop, ...] = ()
    layout: str = "numerator"
    open_: str = ""


def true(name: str, about: Cell, claim: Prop, *assuming: Prop, layout: str = "numerator", open_: str = "") -> Step:
    return Step(name, "proved", about, claim, assuming, layout, open_)


def false(name: str, about: Cell, claim: Prop, *assuming: Prop, layout: str = "numerator", open_: str = "") -> Step:
    return Step(name, "refuted", about, claim, assuming, layout, open_)


# ---- cells -----------------------------------------------------------------------------------------------------------

U, V, b = matrix("U", n, m), matrix("V", n, m), matrix("b", n, 1)
x, u, D = state("x", n), inputs("u", m), local("D", n, n, "diagonal")
PASCANU = cell(
    "pascanu",
    states={x: lambda t: W @ sigmoid(x[t - 1]) + U @ u[t] + b},
    inputs=(u,),
    locals={D: lambda t: diag(sigmoid.prime(x[t - 1]))},
)

h, pre = state("h", n), local("pre", n)
LEAKY = cell(
    "leaky",
    states={h: lambda t: a * h[t - 1] + (1 - a) * tanh(pre[t])},
    inputs=(u,),
    locals={pre: lambda t: W @ h[t - 1] + V @ u[t] + b, D: lambda t: diag(tanh.prime(pre[t]))},
)

s = state("s", n)
AUTONOMOUS = cell("autonomous", states={s: lambda t: tanh(W @ s[t - 1])})
LINEAR = cell("linear", states={s: lambda t: W @ s[t - 1] + U @ u[t]}, inputs=(u,))

x1, x2, V1, V2 = inputs("x1", m), inputs("x2", p), matrix("V1", n, m), matrix("V2", n, p)
TWO = cell(
    "two inputs",
    states={h: lambda t: sigmoid(pre[t])},
    inputs=(x1, x2),
    locals={pre: lambda t: W @ h[t - 1] + V1 @ x1[t] + V2 @ x2[t], D: lambda t: diag(sigmoid.prime(pre[t]))},
)

ROWS, OPAQUE, RELU, PLAIN = Elman(tanh, row_vectors=True), Elman(activation("phi")), Elman(relu), Elman(identity)
RESPONDING, SIGMOID, L, G = Elman(sigmoid, exogenous=False), Elman(sigmoid), LSTM(), GRU()


def _lstm(which: str, f: Any) -> Any:
    names = L.names
    return diag(f.prime(names[f"W_{which}"] @ L.x[t] + names[f"U_{which}"] @ L.h[t - 1] + names[f"b_{which}"]))


def _gru(which: str) -> Any:
    names = G.names
    return diag(sigmoid.prime(names[f"W_{which}"] @ G.x[t] + names[f"U_{which}"] @ G.h[t - 1] + names[f"b_{which}"]))


def _slopes(about: Cell) -> Any:
    return product(about.D[j], j, t, t - k + 1)


_c_by_h = (
    diag(L.c[t - 1]) @ _lstm("f", sigmoid) @ L.U_f
    + diag(L.g[t]) @ _lstm("i", sigmoid) @ L.U_i
    + diag(L.i[t]) @ _lstm("g", tanh) @ L.U_g
)
_g_slope = diag(tanh.prime(G.W_g @ G.x[t] + G.U_g @ hadamard(G.r[t], G.h[t - 1]) + G.b_g))
_gru_gates = diag(G.z[t]) + diag(G.h[t - 1] - G.g[t]) @ _gru("z") @ G.U_z
_gru_candidate = (one - diag(G.z[t])) @ _g_slope @ G.U_g
_reset = diag(G.r[t]) + diag(G.h[t - 1]) @ _gru("r") @ G.U_r
_gru_step = jacobian(G.h[t], G.h[t - 1])


def _back(about: Cell) -> Any:
    return jacobian(about.h[t], about.h[t - k])


def _one(about: Cell) -> Any:
    return jacobian(about.h[t], about.h[t - 1])


STEPS = [
    true("Pascanu, one step", PASCANU, eq(jacobian(x[t], x[t - 1]), W @ diag(sigmoid.prime(x[t - 1])))),
    true("Pascanu, D", PASCANU, eq(jacobian(x[t], x[t - 1]), W @ D[t])),
    false("Pascanu, Elman's order", PASCANU, eq(jacobian(x[t], x[t - 1]), D[t] @ W)),
    true("Pascanu, k steps", PASCANU, eq(jacobian(x[t], x[t - k]), product(W @ D[j], j, t, t - k + 1))),
    false(
        "Pascanu, one time late",
        PASCANU,
        eq(jacobian(x[t], x[t - k]), product(W @ diag(sigmoid.prime(x[j])), j, t, t - k + 1)),
    ),
    false("Pascanu, commuted", PASCANU, eq(jacobian(x[t], x[t - k]), W**k @ product(D[j], j, t, t - k + 1))),
    true(
        "Pascanu, commuted, W diagonal",
        PASCANU,
        eq(jacobian(x[t], x[t - k]), W**k @ product(D[j], j, t, t - k + 1)),
        diagonal(W),
    ),
    true("Pascanu, by the input", PASCANU, eq(jacobian(x[t], u[t]), U)),
    true("Pascanu, by an earlier input", PASCANU, eq(jacobian(x[t], u[t - k]), jacobian(x[t], x[t - k]) @ U)),
    false("Pascanu, by the input, with D", PASCANU, eq(jacobian(x[t], u[t]), D[t] @ U)),
    true("Pascanu, determinant", PASCANU, eq(det(jacobian(x[t], x[t - 1])), det(W) * det(D[t]))),
    true("leaky, one step", LEAKY, eq(jacobian(h[t], h[t - 1]), a * one + (1 - a) * D[t] @ W)),
    false("leaky, factor lost", LEAKY, eq(jacobian(h[t], h[t - 1]), a * one + D[t] @ W)),
    true("leaky, k steps", LEAKY, eq(jacobian(h[t], h[t - k]), product(a * one + (1 - a) * D[j] @ W, j, t, t - k + 1))),
    false(
        "leaky, k steps, as if powers added",
        LEAKY,
        eq(jacobian(h[t], h[t - k]), a**k * one + (1 - a) ** k * product(D[j] @ W, j, t, t - k + 1)),
    ),
    true("leaky, a = 1", LEAKY, eq(jacobian(h[t], h[t - k]), one), eq(a, 1)),
    true("leaky, a = 0", LEAKY, eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)), eq(a, 0)),
    false("leaky, a any", LEAKY, eq(jacobian(h[t], h[t - k]), one)),
    true("autonomous, one step", AUTONOMOUS, eq(jacobian(s[t], s[t - 1]), diag(tanh.prime(W @ s[t - 1])) @ W)),
    true(
        "autonomous, k steps",
        AUTONOMOUS,
        eq(jacobian(s[t], s[t - k]), product(diag(tanh.prime(W @ s[j - 1])) @ W, j, t, t - k + 1)),
    ),
    false("autonomous, swapped", AUTONOMOUS, eq(jacobian(s[t], s[t - 1]), W @ diag(tanh.prime(W @ s[t - 1])))),
    false(
        "autonomous, two steps commuted",
        AUTONOMOUS,
        eq(jacobian(s[t], s[t - 2]), diag(tanh.prime(W @ s[t - 1])) @ diag(tanh.prime(W @ s[t - 2])) @ W @ W),
        open_="no inputs to steer an autonomous network through two exact steps",
    ),
    true("linear, k steps", LINEAR, eq(jacobian(s[t], s[t - k]), W**k)),
    false("linear, one power less", LINEAR, eq(jacobian(s[t], s[t - k]), W ** (k - 1))),
    false("linear, transposed", LINEAR, eq(jacobian(s[t], s[t - k]), W.T**k)),
    true("linear, by an earlier input", LINEAR, eq(jacobian(s[t], u[t - k]), W**k @ U)),
    true("linear, two steps back", LINEAR, eq(s[t], W @ W @ s[t - 2] + W @ U @ u[t - 1] + U @ u[t])),
    false("linear, an input forgotten", LINEAR, eq(s[t], W @ W @ s[t - 2] + U @ u[t])),
    true("linear, unrolled", LINEAR, eq(s[t], W**k @ s[t - k] + summation(W**i @ U @ u[t - i], i, 0, k - 1))),
    false("linear, unrolled too far", LINEAR, eq(s[t], W**k @ s[t - k] + summation(W**i @ U @ u[t - i], i, 0, k))),
    true("two inputs, first", TWO, eq(jacobian(h[t], x1[t]), D[t] @ V1)),
    true("two inputs, second", TWO, eq(jacobian(h[t], x2[t - k]), product(D[j] @ W, j, t, t - k + 1) @ D[t - k] @ V2)),
    false("two inputs, the other weight", TWO, eq(jacobian(h[t], x2[t]), D[t] @ V1), eq(m, p)),
    false("two inputs, the other shape", TWO, eq(jacobian(h[t], x2[t]), D[t] @ V1)),
    true("two inputs, k steps", TWO, eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1))),
    false("two inputs, swapped", TWO, eq(jacobian(h[t], h[t - k]), product(W @ D[j], j, t, t - k + 1))),
    true("rows, one step", ROWS, eq(_one(ROWS), ROWS.D[t] @ ROWS.W_hh)),
    false("rows, transposed", ROWS, eq(_one(ROWS), ROWS.D[t] @ ROWS.W_hh.T)),
    true("rows, denominator", ROWS, eq(_one(ROWS), ROWS.W_hh.T @ ROWS.D[t]), layout="denominator"),
    true("rows, k steps", ROWS, eq(_back(ROWS), product(ROWS.D[j] @ ROWS.W_hh, j, t, t - k + 1))),
    false("rows, ascending", ROWS, eq(_back(ROWS), product(ROWS.D[j] @ ROWS.W_hh, j, t, t - k + 1, order="ascending"))),
    true(
        "rows, the recurrence",
        ROWS,
        eq(ROWS.h[t], tanh(ROWS.h[t - 1] @ ROWS.W_hh.T + ROWS.x[t] @ ROWS.W_xh.T + ROWS.b)),
    ),
    false(
        "rows, the recurrence, untransposed",
        ROWS,
        eq(ROWS.h[t], tanh(ROWS.h[t - 1] @ ROWS.W_hh + ROWS.x[t] @ ROWS.W_xh.T + ROWS.b)),
    ),
    true("opaque, k steps", OPAQUE, eq(_back(OPAQUE), product(OPAQUE.D[j] @ OPAQUE.W_hh, j, t, t - k + 1))),
    false("opaque, commuted", OPAQUE, eq(_back(OPAQUE), _slopes(OPAQUE) @ OPAQUE.W_hh**k)),
    true("ReLU, k steps", RELU, eq(_back(RELU), product(RELU.D[j] @ RELU.W_hh, j, t, t - k + 1))),
    false("ReLU, commuted", RELU, eq(_back(RELU), _slopes(RELU) @ RELU.W_hh**k)),
    false("ReLU, D invertible", RELU, eq(inv(RELU.D[t]) @ RELU.D[t], eye(n))),
    true("ReLU, D idempotent", RELU, eq(RELU.D[t] @ RELU.D[t], RELU.D[t]), open_="kernel: that slopes are 0 or 1"),
    true("sigmoid, D invertible", SIGMOID, eq(inv(SIGMOID.D[t]) @ SIGMOID.D[t], eye(n))),
    true("identity, k steps", PLAIN, eq(_back(PLAIN), PLAIN.W_hh**k)),
    false("identity, one power more", PLAIN, eq(_back(PLAIN), PLAIN.W_hh ** (k + 1))),
    false("inputs that respond", RESPONDING, eq(_one(RESPONDING), RESPONDING.D[t] @ RESPONDING.W_hh)),
    true("LSTM, c by c", L, eq(jacobian(L.c[t], L.c[t - 1]), diag(L.f[t]))),
    false("LSTM, c by c, input gate", L, eq(jacobian(L.c[t], L.c[t - 1]), diag(L.i[t]))),
    true("LSTM, h by c", L, eq(jacobian(L.h[t], L.c[t - 1]), diag(L.o[t]) @ diag(tanh.prime(L.c[t])) @ diag(L.f[t]))),
    false("LSTM, h by c, slope lost", L, eq(jacobian(L.h[t], L.c[t - 1]), diag(L.o[t]) @ diag(L.f[t]))),
    true("LSTM, c by h", L, eq(jacobian(L.c[t], L.h[t - 1]), _c_by_h)),
    false("LSTM, c by h, a path lost", L, eq(jacobian(L.c[t], L.h[t - 1]), diag(L.i[t]) @ _lstm("g", tanh) @ L.U_g)),
    true(
        "LSTM, h by h",
        L,
        eq(
            jacobian(L.h[t], L.h[t - 1]),
            diag(tanh(L.c[t])) @ _lstm("o", sigmoid) @ L.U_o + diag(L.o[t]) @ diag(tanh.prime(L.c[t])) @ _c_by_h,
        ),
    ),
    true("LSTM, a gate", L, eq(jacobian(L.f[t], L.h[t - 1]), _lstm("f", sigmoid) @ L.U_f)),
    false("LSTM, the carousel over two steps", L, eq(jacobian(L.c[t], L.c[t - 2]), diag(L.f[t]) @ diag(L.f[t - 1]))),
    false("LSTM, the carousel", L, eq(jacobian(L.c[t], L.c[t - k]), product(diag(L.f[j]), j, t, t - k + 1))),
    true("GRU", G, eq(_gru_step, _gru_gates + _gru_candidate @ _reset)),
    false("GRU, the reset gate's path lost", G, eq(_gru_step, _gru_gates + _gru_candidate @ diag(G.r[t]))),
    false("GRU, the update gate alone", G, eq(jacobian(G.h[t], G.h[t - k]), product(diag(G.z[j]), j, t, t - k + 1))),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_step(step: Step) -> None:
    made = Derivation("cells", cell=step.cell, layout=step.layout).step("1", step.claim, assuming=step.assuming)
    decision = decide(made.claim)
    assert decision.verdict in ({step.verdict, "undecided"} if step.open_ else {step.verdict}), decision.attempts
    if decision.instance is not None and decision.verdict == "refuted":
        assert from_instance(made.claim, decision.instance).holds(made.claim) is False
        shown = json.loads(json.dumps(of_instance(made.claim, decision.instance)))
        judge(shown)
        if shown["kind"] == "path":
            assert shown["lhs"] != shown["rhs"] and shown["states"]
    if decision.certificate is not None:
        replay_entry(json.loads(json.dumps(entry_of(made.claim, decision.verdict, decision.certificate))))


def test_a_derivation_about_another_cell_from_end_to_end() -> None:
    d = Derivation("Pascanu's form", cell=PASCANU)
    d.step("1", eq(jacobian(x[t], x[t - 1]), W @ D[t]))
    d.step("2", eq(jacobian(x[t], x[t - k]), product(W @ D[j], j, t, t - k + 1)), follows=["1"])
    d.step("3", eq(jacobian(x[t], x[t - k]), W**k @ product(D[j], j, t, t - k + 1)), follows=["2"], expect="refuted")
    result = check(d)
    assert [step.verdict for step in result.steps] == ["proved", "proved", "refuted"]
    assert result.cell == "pascanu" and not any(step.alarm for step in result.steps)
    shown = result.step("3").counterexample
    assert shown["recurrence"] == "pascanu" and set(shown["parameters"]) == {"U", "W", "b"}


def test_cells_that_make_no_sense_are_errors() -> None:
    with pytest.raises(ClaimError, match="not declared"):
        cell("bad", states={h: lambda t: tanh(W @ h[t - 1] + V @ u[t])})
    with pytest.raises(ClaimError, match="declared twice"):
        cell("bad", states={h: lambda t: tanh(W @ h[t - 1])}, locals={state("h", n): lambda t: W @ h[t - 1]})
    for update, why in (
        (lambda t: tanh(W @ h[t + 1]), "not earlier"),
        (lambda t: h[t], "defined by each other"),
        (lambda t: tanh(inv(W) @ h[t - 1]), "may have no value"),
        (lambda t: jacobian(h[t - 1], h[t - 2]) @ h[t - 1], "may have no value"),
    ):
        with pytest.raises(ClaimError, match=why):
            cell("bad", states={h: update})
    kept = local("kept", n)
    with pytest.raises(ClaimError, match="what is kept from one step to the next is a state"):
        cell("bad", states={h: lambda t: tanh(kept[t])}, locals={kept: lambda t: W @ kept[t - 1] + h[t - 1]})


def test_an_update_that_reaches_back_two_steps_is_not_followed_for_ever() -> None:
    late = cell("late", states={h: lambda t: tanh(W @ h[t - 2])})
    d = Derivation("late", cell=late)
    d.step("1", eq(jacobian(h[t], h[t - k]), W**k))
    d.step("2", eq(h[t], tanh(W @ h[t - 2])))
    assert [(s.verdict, "deeply" in s.reason) for s in check(d).steps] == [("undecided", False), ("proved", False)]
