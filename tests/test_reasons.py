"""What is said where nothing is found: names that clash, hypotheses that nothing meets, limits of gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from symrnn import (
    GRU,
    LSTM,
    ClaimError,
    Derivation,
    Elman,
    diag,
    eq,
    eye,
    forall,
    gradient,
    index,
    jacobian,
    lag,
    loss,
    lt,
    norm,
    relu,
    scalar,
    sigmoid,
    size,
    tanh,
    vanishes,
    vector,
)
from symrnn.claims.tree import Prop
from symrnn.search.decide import decide
from symrnn.search.reasons import reasons


@pytest.mark.parametrize(
    ("cell", "name", "role"),
    [(LSTM(), "i", "gate"), (LSTM(), "c", "state"), (GRU(), "z", "gate"), (Elman(tanh), "x", "input")],
)
def test_an_index_named_as_a_part_of_the_cell(cell: object, name: str, role: str) -> None:
    d = Derivation("x", cell=cell)  # type: ignore[arg-type]
    i, part = index(name), getattr(d, name)
    with pytest.raises(ClaimError, match=rf"{name} is an? {role} of the cell .* and an index here: .* index\(.j.\)"):
        d.step("1", forall(i, lt(part[d.t][i, 1], 1)))


def test_an_index_named_as_a_parameter_of_the_cell_or_as_a_symbol() -> None:
    d, b, v = Derivation("x", cell=Elman(tanh)), index("b"), index("v")
    with pytest.raises(ClaimError, match="b is a parameter of the cell"):
        d.step("1", forall(b, lt(d.b[b, 1], 1)))
    with pytest.raises(ClaimError, match="v is both a symbol and an index; rename one"):
        d.step("1", forall(v, lt(vector("v", size("n"))[v, 1], 1)))


L, j = LSTM(), index("j")
OPEN: dict[str, tuple[Callable[[], Prop], str]] = {
    "a sigmoid gate at 1": (lambda: eq(L.f[j], 1), "since always f[j] < ones"),
    "a sigmoid gate at 0": (lambda: eq(L.i[j], 0), "since always 0 < i[j]"),
    "a candidate at -1": (lambda: eq(L.g[j], -1), "since always -ones < g[j]"),
    "slopes of I": (lambda: eq(L.D_f[j], eye(L.n)), "since always D_f[j][row,row] < 1"),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_hypothesis_that_nothing_meets(name: str) -> None:
    hypothesis, said = OPEN[name][0](), OPEN[name][1]
    t = L.t
    step = Derivation("x", cell=L).step("1", eq(jacobian(L.c[t], L.c[t - 1]), diag(L.f[t])), assuming=[hypothesis])
    decision = decide(step.claim)
    assert decision.verdict == "undecided"
    assert decision.attempts[-1].startswith("nothing meets the hypothesis")
    assert said in decision.attempts[-1]


def test_hypotheses_that_something_meets_are_not_said_to_be_unmet() -> None:
    r, c, t = Elman(relu), scalar("c"), Elman(relu).t
    met = [eq(r.D[j], eye(r.n)), eq(r.D[j], 0), eq(r.W_hh, 0), eq(r.h[t], 0), eq(c, 1), eq(r.x[t], 1)]
    for hypothesis in met:
        step = Derivation("x", cell=r).step("1", eq(jacobian(r.h[t], r.h[t - 1]), 0), assuming=[hypothesis])
        assert not list(reasons(step.claim)), hypothesis
    s = Elman(sigmoid)
    step = Derivation("x", cell=s).step("1", eq(s.h[t], 0), assuming=[eq(s.D[j], eye(s.n) / 4), eq(2 * s.h[t], 1)])
    assert not list(reasons(step.claim))


def test_a_limit_of_a_gradient_says_what_is_decided_instead() -> None:
    cell, T = Elman(tanh), lag("T")
    loss_ = loss("L", cell.h, 1, T)
    step = Derivation("x", cell=cell).step(
        "1", vanishes(gradient(loss_[T], cell.W_hh), T), assuming=[lt(norm(cell.W_hh), 1)]
    )
    (said,) = reasons(step.claim)
    assert said.startswith("no limit of a gradient or of a loss is decided: state a bound")
    t, k = cell.t, lag("k")
    step = Derivation("x", cell=cell).step("1", vanishes(jacobian(cell.h[t], cell.h[t - k])))
    assert not list(reasons(step.claim))
