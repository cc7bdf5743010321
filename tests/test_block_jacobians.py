"""The printed Jacobians of cells with several blocks are the true ones: by the kernel, and by SymPy entry by entry."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sympy

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Cell,
    ClaimError,
    Derivation,
    DiagonalRNN,
    Elman,
    Leaky,
    Pascanu,
    Refused,
    activation,
    cell,
    eq,
    index,
    inputs,
    jacobian,
    lag,
    matrix,
    product,
    sigmoid,
    size,
    state,
    tanh,
)
from symrnn.block_jacobians import k_steps, one_step_blocks, one_step_matrix, power_block, state_jacobian
from symrnn.claims.latex import latex
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Blocks, Jac
from symrnn.jacobians import explicit_instance, to_sympy
from symrnn.search.decide import decide

phi, psi, n = activation("phi"), activation("psi"), size("n")
CELLS = {
    "elman": Elman(tanh),
    "pascanu": Pascanu(),
    "leaky": Leaky(),
    "diagonal": DiagonalRNN(tanh),
    "lstm": LSTM(phi, psi),
    "lstm with peepholes": LSTM(phi, psi, peepholes=True),
    "lstm without forget gate": LSTM(phi, psi, forget=False),
    "gru": GRU(phi, psi),
    "gru chung": GRU(phi, psi, update="chung"),
    "gru reset after": GRU(phi, psi, reset="after"),
    "gru chung, reset after": GRU(phi, psi, update="chung", reset="after"),
    "mgu": MGU(phi, psi),
}


def proved(claim: Any, about: Cell) -> bool:
    return decide(Derivation("x", cell=about).step("1", claim).claim).verdict == "proved"


@pytest.mark.parametrize("name", CELLS)
def test_one_step_is_proved_for_all_sizes(name: str) -> None:
    about = CELLS[name]
    blocks = about.recurrence.states
    t = about.t
    assert proved(eq(state_jacobian(blocks, t, t - 1), one_step_matrix(about)), about)


@pytest.mark.parametrize("name", CELLS)
def test_one_step_is_the_derivative_that_sympy_takes(name: str) -> None:
    about = CELLS[name]
    net = explicit_instance(about.recurrence, {"n": 2, "m": 1}, 1)
    for (of, wrt), block in one_step_blocks(about).items():
        difference = to_sympy(block, net, {"t": 1}) - net.jacobian(of, wrt)
        assert difference.applyfunc(sympy.expand).is_zero_matrix, (of, wrt)


@pytest.mark.parametrize("name", ["lstm", "lstm without forget gate", "gru", "mgu"])
def test_k_steps_are_a_product_for_all_k(name: str) -> None:
    about, k, j = CELLS[name], lag("k"), index("j")
    blocks, t = about.recurrence.states, about.t
    claim = eq(state_jacobian(blocks, t, t - k), product(one_step_matrix(about, at=j), j, t, t - k + 1))
    assert proved(claim, about)


@pytest.mark.parametrize("lag_", [1, 2, 3])
@pytest.mark.parametrize("written_out", [False, True])
@pytest.mark.parametrize("pair", ["cc", "hc", "ch"])
def test_blocks_of_powers(pair: str, lag_: int, written_out: bool) -> None:
    about = CELLS["lstm"]
    of, wrt, t = about.names[pair[0]], about.names[pair[1]], about.t
    formula = power_block(about, of, wrt, lag_, written_out=written_out)
    assert proved(eq(jacobian(of[t], wrt[t - lag_]), formula), about)
    assert any(isinstance(x, Jac) for x in walk(formula)) != written_out
    assert latex(formula).count("{") == latex(formula).count("}")


def test_the_carousel_over_two_and_three_steps_in_print() -> None:
    about = LSTM()
    two, three = (power_block(about, about.c, about.c, lag_, written_out=True) for lag_ in (2, 3))
    assert str(two).startswith("diag(f[t]) diag(f[t-1]) + (diag(c[t-1]) D_f[t] U_f + ")
    assert str(three).startswith("diag(f[t]) diag(f[t-1]) diag(f[t-2]) + diag(f[t]) (diag(c[t-2]) D_f[t-1] U_f")
    paths = power_block(about, about.c, about.c, 3)
    assert latex(paths).startswith(r"\frac{\partial c_{t}}{\partial c_{t-1}} \frac{\partial c_{t-1}}{\partial c_{t-2}}")
    assert latex(one_step_matrix(about)).startswith(r"\begin{bmatrix} ")


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_cut_points_are_true_equations(name: str) -> None:
    about = CELLS[name]
    found = k_steps(about, 3)
    blocks = len(about.recurrence.states)
    assert len(found.equations) == 3 * blocks**2
    assert all(proved(equation, about) for equation in found.equations)


def test_cut_points_are_linear_in_k() -> None:
    """A thousand steps of an LSTM: as many terms a step as at the beginning, and quickly."""
    about = LSTM()
    nodes = [sum(1 for e in k_steps(about, lag_).equations for _ in walk(e)) for lag_ in (10, 20, 40)]
    assert nodes[2] - nodes[1] == 2 * (nodes[1] - nodes[0])
    began = time.process_time()
    k_steps(about, 1000)
    assert time.process_time() - began < 2  # 0.2 s where nothing else runs


def test_the_order_of_blocks_is_ones_own() -> None:
    about = LSTM()
    first, second = one_step_matrix(about), one_step_matrix(about, [about.h, about.c])
    assert isinstance(first, Blocks) and isinstance(second, Blocks)
    assert first.rows[0][0] == second.rows[1][1] and first.rows[0][1] == second.rows[1][0]


def test_errors() -> None:
    about = LSTM()
    for k in (0, -1):
        with pytest.raises(ClaimError, match="a lag is 1 or more"):
            k_steps(about, k)
        with pytest.raises(ClaimError, match="a lag is 1 or more"):
            power_block(about, about.c, about.c, k)
    with pytest.raises(ClaimError, match="1024 paths over 11 steps are too many to write out: use k_steps"):
        power_block(about, about.c, about.c, 11)
    with pytest.raises(ClaimError, match="has the blocks c, h; given were h"):
        one_step_blocks(about, [about.h])
    with pytest.raises(Refused, match="not declared exogenous"):
        one_step_blocks(Elman(sigmoid, exogenous=False))


def test_an_update_that_reaches_further_back_is_refused() -> None:
    h, x, w = state("h", n), inputs("x", n), matrix("W", n)
    delayed: Any = {h: lambda t: tanh(w @ h[t - 2] + x[t])}
    with pytest.raises(Refused, match="uses h at time t - 2"):
        one_step_blocks(cell("delayed", states=delayed, inputs=(x,)))
