"""Our cells compute what real libraries compute, from the same weight arrays.

The recurrence of a cell is run from its data alone, by the cross-check's simulator, and compared with ONNX's reference
evaluator, with equations written out in NumPy as each framework's manual prints them, and with PyTorch where it is
installed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symrnn import GRU, LSTM, MGU, Cell, ClaimError, DiagonalRNN, Elman, Leaky, Pascanu, hard_sigmoid, relu, tanh
from symrnn.cells.layouts import order, parameters
from symrnn.crosscheck.arithmetic import Arithmetic
from symrnn.crosscheck.network import Network

N, M, STEPS = 3, 2, 4
NUMBERS = Arithmetic(30)
Array = Any


class FromArrays:
    """Parameters and inputs from arrays, first states 0 (a source in the sense of ``crosscheck.network``)."""

    def __init__(self, values: dict[str, Array], inputs: Array) -> None:
        self.values, self.inputs = values, inputs

    def constant(self, head: Any, at: Any, network: Any) -> Any:
        value = self.values[head.name]
        return NUMBERS.ctx.mpf(float(value)) if head.shape is None else NUMBERS.of_rows(value.tolist())

    def initial(self, head: Any, at: int) -> Any:
        return NUMBERS.matrix(N, 1, lambda i, j: NUMBERS.ctx.mpf(0))

    def drive(self, head: Any, at: int, network: Any) -> Any:
        return NUMBERS.of_rows([[float(x)] for x in self.inputs[at - 1]])


def run(about: Cell, values: dict[str, Array], inputs: Array, block: str = "h") -> Array:
    """The states of a block at the times 1, 2, ..., one a row."""
    sizes = {v: (N if v.name == "n" else M) for s in about.recurrence.params for d in s.shape or () for v, _ in d.terms}
    network = Network(about.recurrence, FromArrays(values, inputs), NUMBERS, sizes, 0)
    head = about.names[block]
    return np.array([[float(x) for x in network.value(head, at)] for at in range(1, len(inputs) + 1)])


def rng() -> Any:
    return np.random.default_rng(20)


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


# ---- the reference evaluator of ONNX ---------------------------------------------------------------------------------


def onnx_arrays(gates: int, peepholes: bool = False) -> dict[str, Array]:
    r = rng()
    made = {"W": r.normal(size=(1, gates * N, M)), "R": r.normal(size=(1, gates * N, N))}
    made["B"] = r.normal(size=(1, 2 * gates * N))
    if peepholes:
        made["P"] = r.normal(size=(1, 3 * N))
    return made


def onnx_run(operator: str, arrays: dict[str, Array], inputs: Array, **attributes: Any) -> Array:
    """The operator's output Y, one row a step, by the reference evaluator."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    names = ["X", "W", "R", "B"] + (["", "initial_h", "initial_c", "P"] if "P" in arrays else [])
    node = helper.make_node(operator, names, ["Y", "Y_h"], hidden_size=N, **attributes)
    zeros = {"initial_h": np.zeros((1, 1, N)), "initial_c": np.zeros((1, 1, N))} if "P" in arrays else {}
    feeds = {"X": inputs[:, None, :], **arrays, **zeros}
    made = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, a.shape) for name, a in feeds.items()]
    outs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in ("Y", "Y_h")]
    model = helper.make_model(helper.make_graph([node], "one", made, outs))
    assert onnx.__version__
    return np.asarray(ReferenceEvaluator(model).run(None, feeds)[0]).reshape(len(inputs), N)


ONNX = [
    ("RNN", Elman(tanh), 1, {}),
    ("LSTM", LSTM(), 4, {}),
    ("LSTM", LSTM(peepholes=True), 4, {}),
    ("GRU", GRU(), 3, {"linear_before_reset": 0}),
    ("GRU", GRU(reset="after"), 3, {"linear_before_reset": 1}),
]


@pytest.mark.parametrize(("operator", "about", "gates", "attributes"), ONNX, ids=lambda x: str(x)[:30])
def test_onnx_reference_evaluator(operator: str, about: Cell, gates: int, attributes: dict[str, Any]) -> None:
    arrays, inputs = onnx_arrays(gates, "p_i" in about.names), rng().normal(size=(STEPS, M))
    expected = onnx_run(operator, arrays, inputs, **attributes)
    found = run(about, parameters("onnx", about, arrays), inputs)
    assert np.allclose(found, expected, atol=1e-6) and np.abs(found).max() > 0.1


@pytest.mark.parametrize("about", [GRU(), GRU(reset="after")], ids=["before", "after"])
def test_the_other_reset_is_another_model(about: Cell) -> None:
    arrays, inputs = onnx_arrays(3), rng().normal(size=(STEPS, M))
    wrong = onnx_run("GRU", arrays, inputs, linear_before_reset=int("b_u" not in about.names))
    assert not np.allclose(run(about, parameters("onnx", about, arrays), inputs), wrong, atol=1e-3)


# ---- written out -----------------------------------------------------------------------------------------------------


def lstm_in_torch_words(a: dict[str, Array], inputs: Array) -> Array:
    """torch.nn.LSTM's manual: i, f, g, o in this order, two biases."""
    h = c = np.zeros(N)
    out = []
    for x in inputs:
        pre = a["weight_ih"] @ x + a["bias_ih"] + a["weight_hh"] @ h + a["bias_hh"]
        i, f, g, o = np.split(pre, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def gru_in_torch_words(a: dict[str, Array], inputs: Array) -> Array:
    """torch.nn.GRU's manual: r, z, n; n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h' = (1 - z) * n + z * h."""
    h = np.zeros(N)
    out = []
    for x in inputs:
        left, right = a["weight_ih"] @ x + a["bias_ih"], a["weight_hh"] @ h + a["bias_hh"]
        (ir, iz, inn), (hr, hz, hn) = np.split(left, 3), np.split(right, 3)
        r, z = sigmoid(ir + hr), sigmoid(iz + hz)
        n = np.tanh(inn + r * hn)
        h = (1 - z) * n + z * h
        out.append(h)
    return np.array(out)


def rnn_in_torch_words(a: dict[str, Array], inputs: Array) -> Array:
    h = np.zeros(N)
    out = []
    for x in inputs:
        h = np.tanh(x @ a["weight_ih"].T + a["bias_ih"] + h @ a["weight_hh"].T + a["bias_hh"])
        out.append(h)
    return np.array(out)


def torch_arrays(gates: int) -> dict[str, Array]:
    r = rng()
    shapes = {"weight_ih": (gates * N, M), "weight_hh": (gates * N, N), "bias_ih": gates * N, "bias_hh": gates * N}
    return {name: r.normal(size=shape) for name, shape in shapes.items()}


TORCH = [
    ("RNN", Elman(tanh), 1, rnn_in_torch_words),
    ("LSTM", LSTM(), 4, lstm_in_torch_words),
    ("GRU", GRU(reset="after"), 3, gru_in_torch_words),
]


@pytest.mark.parametrize(("name", "about", "gates", "words"), TORCH, ids=["RNN", "LSTM", "GRU"])
def test_torch_written_out(name: str, about: Cell, gates: int, words: Callable[..., Array]) -> None:
    arrays, inputs = torch_arrays(gates), rng().normal(size=(STEPS, M))
    assert np.allclose(run(about, parameters("torch", about, arrays), inputs), words(arrays, inputs), atol=1e-12)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "about", "gates", "words"), TORCH, ids=["RNN", "LSTM", "GRU"])
def test_torch_itself(name: str, about: Cell, gates: int, words: Callable[..., Array]) -> None:
    torch = pytest.importorskip("torch")
    arrays, inputs = torch_arrays(gates), rng().normal(size=(STEPS, M))
    layer = getattr(torch.nn, name)(M, N).double()
    layer.load_state_dict({f"{key}_l0": torch.tensor(value) for key, value in arrays.items()})
    found = layer(torch.tensor(inputs))[0].detach().numpy()
    assert np.allclose(found, words(arrays, inputs), atol=1e-12)
    assert np.allclose(found, run(about, parameters("torch", about, arrays), inputs), atol=1e-12)


def lstm_in_keras_words(a: dict[str, Array], inputs: Array) -> Array:
    """keras.layers.LSTMCell: z = x @ kernel + h @ recurrent_kernel + bias, split into i, f, c, o."""
    h = c = np.zeros(N)
    out = []
    for x in inputs:
        z0, z1, z2, z3 = np.split(x @ a["kernel"] + h @ a["recurrent_kernel"] + a["bias"], 4)
        c = sigmoid(z1) * c + sigmoid(z0) * np.tanh(z2)
        h = sigmoid(z3) * np.tanh(c)
        out.append(h)
    return np.array(out)


def gru_in_keras_words(a: dict[str, Array], inputs: Array) -> Array:
    """keras.layers.GRUCell: z, r, h; with reset_after the bias has a row for the input and one for the state."""
    h = np.zeros(N)
    out = []
    for x in inputs:
        twice = a["bias"].ndim == 2
        input_bias, recurrent_bias = (a["bias"][0], a["bias"][1]) if twice else (a["bias"], 0 * a["bias"])
        xz, xr, xh = np.split(x @ a["kernel"] + input_bias, 3)
        uz, ur, uh = np.split(a["recurrent_kernel"], 3, axis=1)
        bz, br, bh = np.split(recurrent_bias, 3)
        z, r = sigmoid(xz + h @ uz + bz), sigmoid(xr + h @ ur + br)
        inner = r * (h @ uh + bh) if twice else (r * h) @ uh
        h = z * h + (1 - z) * np.tanh(xh + inner)
        out.append(h)
    return np.array(out)


def rnn_in_keras_words(a: dict[str, Array], inputs: Array) -> Array:
    h = np.zeros(N)
    out = []
    for x in inputs:
        h = np.tanh(x @ a["kernel"] + a["bias"] + h @ a["recurrent_kernel"])
        out.append(h)
    return np.array(out)


KERAS = [
    (Elman(tanh), 1, rnn_in_keras_words),
    (LSTM(), 4, lstm_in_keras_words),
    (GRU(), 3, gru_in_keras_words),
    (GRU(reset="after"), 3, gru_in_keras_words),
]


@pytest.mark.parametrize(("about", "gates", "words"), KERAS, ids=["RNN", "LSTM", "GRU", "GRU reset after"])
def test_keras_written_out(about: Cell, gates: int, words: Callable[..., Array]) -> None:
    r, twice = rng(), "b_u" in about.names
    arrays = {"kernel": r.normal(size=(M, gates * N)), "recurrent_kernel": r.normal(size=(N, gates * N))}
    arrays["bias"] = r.normal(size=(2, gates * N) if twice else gates * N)
    inputs = r.normal(size=(STEPS, M))
    assert np.allclose(run(about, parameters("keras", about, arrays), inputs), words(arrays, inputs), atol=1e-12)


# ---- cells that no framework has, against their source equations -----------------------------------------------------


def own(about: Cell) -> dict[str, Array]:
    r = rng()
    sizes = {"n": N, "m": M}
    made = {}
    for s in about.recurrence.params:
        if s.shape is None:
            made[s.name] = np.float64(0.3)
            continue
        value = r.normal(size=tuple(d.const + sum(c * sizes[v.name] for v, c in d.terms) for d in s.shape))
        made[s.name] = np.diag(np.diag(value)) if "diagonal" in s.props else value
    return made


Step = Callable[..., Any]


def pascanu(p: Any, s: Any, u: Array) -> Any:
    return (p["W_rec"] @ sigmoid(s[0]) + p["W_in"] @ u + p["b"],)


def leaky(p: Any, s: Any, u: Array) -> Any:
    return ((1 - p["alpha"]) * s[0] + p["alpha"] * np.tanh(p["W_hh"] @ s[0] + p["W_xh"] @ u + p["b"]),)


def diagonal(p: Any, s: Any, u: Array) -> Any:
    return (np.diag(p["W_hh"])[:, None] * s[0] + p["W_xh"] @ u + p["b"],)


def gate(p: Any, name: str, h: Array, u: Array) -> Array:
    return p[f"W_{name}"] @ u + p[f"U_{name}"] @ h + p[f"b_{name}"]


def mgu(p: Any, s: Any, u: Array) -> Any:
    f = sigmoid(gate(p, "f", s[0], u))
    return ((1 - f) * s[0] + f * np.tanh(gate(p, "g", f * s[0], u)),)


def chung(p: Any, s: Any, u: Array) -> Any:
    z, r = sigmoid(gate(p, "z", s[0], u)), sigmoid(gate(p, "r", s[0], u))
    return ((1 - z) * s[0] + z * np.tanh(gate(p, "g", r * s[0], u)),)


def hochreiter(p: Any, s: Any, u: Array) -> Any:
    h, c = s
    c = c + sigmoid(gate(p, "i", h, u)) * np.tanh(gate(p, "g", h, u))
    return sigmoid(gate(p, "o", h, u)) * np.tanh(c), c


def graves(p: Any, s: Any, u: Array) -> Any:
    h, c = s
    i, f = (sigmoid(gate(p, g, h, u) + p[f"p_{g}"] * c) for g in "if")
    c = f * c + i * np.tanh(gate(p, "g", h, u))
    return sigmoid(gate(p, "o", h, u) + p["p_o"] * c) * np.tanh(c), c


OWN: list[tuple[Cell, str, Step, int]] = [
    (Pascanu(), "x", pascanu, 1),
    (Leaky(), "h", leaky, 1),
    (DiagonalRNN(), "h", diagonal, 1),
    (MGU(), "h", mgu, 1),
    (GRU(update="chung"), "h", chung, 1),
    (LSTM(forget=False), "h", hochreiter, 2),
    (LSTM(peepholes=True), "h", graves, 2),
]


@pytest.mark.parametrize(("about", "block", "step", "blocks"), OWN, ids=lambda x: getattr(x, "__name__", None))
def test_source_equations(about: Cell, block: str, step: Step, blocks: int) -> None:
    values, inputs = own(about), rng().normal(size=(STEPS, M))
    states: Any = (np.zeros((N, 1)),) * blocks
    expected = []
    for u in inputs:
        states = step(values, states, u[:, None])
        expected.append(states[0].ravel())
    assert np.allclose(run(about, values, inputs, block), expected, atol=1e-12)


@pytest.mark.parametrize("function", [relu, hard_sigmoid], ids=lambda f: f.name)
def test_other_activations_run(function: Any) -> None:
    about = Elman(function)
    values, inputs = own(about), rng().normal(size=(STEPS, M))
    f = {"relu": lambda a: np.maximum(a, 0), "hard_sigmoid": lambda a: np.clip(a / 5 + 0.5, 0, 1)}[function.name]
    h, expected = np.zeros((N, 1)), []
    for u in inputs:
        h = f(values["W_hh"] @ h + values["W_xh"] @ u[:, None] + values["b"])
        expected.append(h.ravel())
    assert np.allclose(run(about, values, inputs), expected, atol=1e-12)


# ---- the table, and what it refuses ----------------------------------------------------------------------------------


def test_the_orders_are_those_of_the_table() -> None:
    assert order("torch", LSTM()) == order("keras", LSTM()) == ("i", "f", "g", "o")
    assert order("onnx", LSTM()) == ("i", "o", "f", "g")
    assert order("torch", GRU(reset="after")) == ("r", "z", "g")
    assert order("keras", GRU()) == order("onnx", GRU()) == ("z", "r", "g")


def test_two_gates_swapped_are_another_network() -> None:
    arrays, inputs = torch_arrays(4), rng().normal(size=(STEPS, M))
    found = parameters("torch", LSTM(), arrays)
    right = run(LSTM(), found, inputs)
    for a, b in itertools.combinations("ifog", 2):
        swapped = {
            **found,
            **{f"{k}_{a}": found[f"{k}_{b}"] for k in "WUb"},
            **{f"{k}_{b}": found[f"{k}_{a}"] for k in "WUb"},
        }
        assert not np.allclose(run(LSTM(), swapped, inputs), right, atol=1e-3)


REFUSED = [
    ("tensorflow", LSTM(), {}, "no framework 'tensorflow'; there are: torch, keras, onnx"),
    ("torch", GRU(), {}, 'torch has no gru; its GRU resets after the matrix: use GRU\\(reset="after"\\)'),
    ("keras", GRU(update="chung"), {}, 'use update="cho"'),
    ("torch", LSTM(peepholes=True), {}, "torch has no lstm with peepholes"),
    ("torch", MGU(), {}, "torch has no mgu; it has Elman, LSTM and GRU"),
    ("torch", LSTM(), {"kernel": 1}, "torch has no array kernel; there are: weight_ih, weight_hh"),
    ("torch", LSTM(), {"weight_ih": (12, 2)}, "torch: the array weight_hh is missing"),
    ("torch", LSTM(), {"weight_ih": (12, 2), "weight_hh": (9, 3)}, r"weight_hh should have the shape \(4 n, n\)"),
    ("torch", LSTM(), {"weight_ih": (9, 2), "weight_hh": (12, 3)}, r"weight_ih should have the shape \(12, m\)"),
    ("torch", LSTM(), {"weight_ih": (12, 2), "weight_hh": (12, 3), "bias_ih": (3,)}, r"bias_ih .* \(12,\), not \(3,\)"),
    ("keras", LSTM(), {"kernel": (12, 2), "recurrent_kernel": (12, 3)}, r"\(transposed\) should have the shape"),
    ("keras", LSTM(), {"kernel": (2,), "recurrent_kernel": (12, 3)}, "are matrices"),
    ("keras", GRU(), {"kernel": (2, 9), "recurrent_kernel": (3, 9), "bias": (2, 9)}, r"bias .* \(9,\), not \(2, 9\)"),
    ("onnx", LSTM(), {"W": (12, 2), "R": (12, 3)}, "one direction as first axis"),
    ("onnx", LSTM(), {"W": (2, 12, 2), "R": (2, 12, 3)}, "one direction as first axis"),
    ("onnx", Elman(tanh, bias=False), {"W": (1, 3, 2), "R": (1, 3, 3), "B": (1, 6)}, "has no b, and the arrays do"),
    ("onnx", LSTM(), {"W": (1, 12, 2), "R": (1, 12, 3), "P": (1, 9)}, "has no p_f, p_i, p_o, and the arrays do"),
]


@pytest.mark.parametrize(("framework", "about", "shapes", "message"), REFUSED)
def test_what_does_not_fit_is_refused(framework: str, about: Cell, shapes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        parameters(framework, about, {name: np.ones(shape) for name, shape in shapes.items()})


def test_conventions_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ClaimError, match="update is one of 'cho', 'chung', not 'pytorch'"):
        GRU(update="pytorch")
    with pytest.raises(ClaimError, match="reset is one of 'before', 'after', not 'during'"):
        GRU(reset="during")
