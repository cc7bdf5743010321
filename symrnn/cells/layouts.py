"""The weight arrays of PyTorch, Keras and ONNX as the parameters of our cells.

Every framework stacks the matrices of all gates into one array, in an order of its own, and some carry two biases where
the equations have one. ``parameters(framework, cell, arrays)`` takes them apart; ``order(framework, cell)`` says in
which order the gates stand. With n hidden units, m inputs and G gates:

=========  ===============================  ==========================  ==========================================
framework  input weights                    recurrent weights           biases
=========  ===============================  ==========================  ==========================================
torch      ``weight_ih`` (G n, m)           ``weight_hh`` (G n, n)      ``bias_ih`` (G n), ``bias_hh`` (G n)
keras      ``kernel`` (m, G n), transposed  ``recurrent_kernel``        ``bias`` (G n); GRU with reset_after (2, G n)
                                            (n, G n), transposed
onnx       ``W`` (1, G n, m)                ``R`` (1, G n, n)           ``B`` (1, 2 G n): input, then recurrent;
                                                                        ``P`` (1, 3 n): peepholes of i, o, f
=========  ===============================  ==========================  ==========================================

=====  ===================================  ==========================================  ============================
gates  torch                                keras                                       onnx
=====  ===================================  ==========================================  ============================
LSTM   i, f, g, o                           i, f, g (called c), o                       i, o, f, g (called c)
GRU    r, z, g (called n); reset after      z, r, g (called h); reset after by default  z, r, g (called h); either
=====  ===================================  ==========================================  ============================

The two biases of a gate are added. Only in a GRU that resets after the matrix are those of g kept apart, because the
reset gate multiplies the recurrent one: b_g is the input's, b_u the recurrent one. All three frameworks use
h_t = (1 - z_t) g_t + z_t h_{t-1}, our ``update="cho"``.

>>> import numpy as np
>>> from symrnn import GRU
>>> arrays = {"weight_ih": np.arange(3)[:, None], "weight_hh": np.ones((3, 1)), "bias_ih": np.zeros(3)}
>>> arrays["bias_hh"] = np.array([0, 0, 7])
>>> found = parameters("torch", GRU(reset="after"), arrays)
>>> print({name: value.tolist() for name, value in found.items() if name[0] != "U"})
{'W_r': [[0]], 'b_r': [[0.0]], 'W_z': [[1]], 'b_z': [[0.0]], 'W_g': [[2]], 'b_g': [[0.0]], 'b_u': [[7]]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symrnn.cells.cell import Cell
from symrnn.errors import ClaimError
from symrnn.records import dataclass

Array = Any  # a NumPy array of any dtype; object arrays of fractions stay exact

FRAMEWORKS = ("torch", "keras", "onnx")
_LSTM = {"torch": "ifgo", "keras": "ifgo", "onnx": "iofg"}
_GRU = {"torch": "rzg", "keras": "zrg", "onnx": "zrg"}
_PEEPHOLES = "iof"  # ONNX only
_NAMES = {
    "torch": ("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
    "keras": ("kernel", "recurrent_kernel", "bias"),
    "onnx": ("W", "R", "B", "P"),
}


@dataclass(frozen=True)
class _Stacked:
    """Arrays in one form: input (G n, m) and recurrent (G n, n) weights, two biases (G n), peepholes (3 n) or None."""

    weights: Array
    recurrent: Array
    bias: Array
    recurrent_bias: Array
    peepholes: Array | None


def order(framework: str, cell: Cell) -> tuple[str, ...]:
    """Our names of a cell's gates in the order in which a framework stacks them; ("",) for a cell without gates.

    Raises ClaimError for a framework that is not there, or one without this cell.

    >>> from symrnn import LSTM
    >>> order("onnx", LSTM())
    ('i', 'o', 'f', 'g')
    """
    if framework not in FRAMEWORKS:
        raise ClaimError(f"there is no framework {framework!r}; there are: {', '.join(FRAMEWORKS)}")
    name = cell.recurrence.name
    if name == "elman":
        return ("",)
    if name == "lstm" or (name == "lstm with peepholes" and framework == "onnx"):
        return tuple(_LSTM[framework])
    if name == "gru (reset after)" or (name == "gru" and framework != "torch"):
        return tuple(_GRU[framework])
    raise ClaimError(f"{framework} has no {name}{_hint(framework, name)}")


def _hint(framework: str, name: str) -> str:
    """What to do about a cell that a framework does not have."""
    if name == "gru":
        return '; its GRU resets after the matrix: use GRU(reset="after")'
    if name.startswith("gru") and "chung" in name:
        return '; all three frameworks use h_t = (1 - z_t) g_t + z_t h_{t-1}: use update="cho"'
    return "; it has Elman, LSTM and GRU"


def parameters(framework: str, cell: Cell, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Our parameters by name (W_i n x m, U_i n x n, b_i n x 1, ...; of an Elman cell W_hh, W_xh, b) from weight arrays.

    ``arrays``: as the framework names them, for one layer and one direction (of PyTorch without the suffix ``_l0``).
    Missing biases count as 0. Raises ClaimError for an unknown or missing array, and for a wrong shape.
    """
    gates = order(framework, cell)
    unknown = sorted(set(arrays) - set(_NAMES[framework]))
    if unknown:
        raise ClaimError(f"{framework} has no array {', '.join(unknown)}; there are: {', '.join(_NAMES[framework])}")
    stacked = _READERS[framework](cell, {name: np.asarray(a) for name, a in arrays.items()}, len(gates))
    n, m = stacked.recurrent.shape[1], stacked.weights.shape[1]
    out: dict[str, Array] = {}
    for place, gate in enumerate(gates):
        rows = slice(place * n, (place + 1) * n)
        parts = (stacked.weights[rows], stacked.recurrent[rows], stacked.bias[rows], stacked.recurrent_bias[rows])
        out |= _of_gate(cell, gate, *parts)
    if stacked.peepholes is not None:
        out |= {f"p_{g}": _column(stacked.peepholes[i * n : (i + 1) * n]) for i, g in enumerate(_PEEPHOLES)}
    return _as_declared(cell, out, n, m)


def _of_gate(cell: Cell, gate: str, w: Array, u: Array, b: Array, c: Array) -> dict[str, Array]:
    if not gate:
        return {"W_xh": w, "W_hh": u, "b": _column(b + c)}
    if gate == "g" and "b_u" in cell.names:
        return {"W_g": w, "U_g": u, "b_g": _column(b), "b_u": _column(c)}
    return {f"W_{gate}": w, f"U_{gate}": u, f"b_{gate}": _column(b + c)}


def _as_declared(cell: Cell, found: dict[str, Array], n: int, m: int) -> dict[str, Array]:
    """The parameters that the cell has; a bias that it does not have must be 0."""
    declared = {s.name for s in cell.recurrence.params}
    lost = sorted(name for name in set(found) - declared if np.any(found[name] != 0))
    if lost:
        raise ClaimError(f"the cell {cell.recurrence.name} has no {', '.join(lost)}, and the arrays do")
    missing = sorted(declared - set(found))
    if missing:
        raise ClaimError(f"no array gives {', '.join(missing)} of the cell {cell.recurrence.name}")
    return {name: a for name, a in found.items() if name in declared}


def _column(a: Array) -> Array:
    return a.reshape(-1, 1)


# ---- one reader a framework -----------------------------------------------------------------------------------------


def _torch(cell: Cell, arrays: Mapping[str, Array], gates: int) -> _Stacked:
    """``torch.nn.RNN``, ``LSTM``, ``GRU`` and their cells; the names are those of ``RNNCell``."""
    w, r = _needed("torch", arrays, "weight_ih"), _needed("torch", arrays, "weight_hh")
    n, m = _sizes("weight_ih", w, "weight_hh", r, gates)
    b, c = (_optional(arrays, name, (gates * n,)) for name in ("bias_ih", "bias_hh"))
    return _Stacked(w.reshape(gates * n, m), r, b, c, None)


def _keras(cell: Cell, arrays: Mapping[str, Array], gates: int) -> _Stacked:
    """``keras.layers.SimpleRNN``, ``LSTM``, ``GRU``: kernels multiply row vectors from the right."""
    w, r = _needed("keras", arrays, "kernel"), _needed("keras", arrays, "recurrent_kernel")
    if w.ndim != 2 or r.ndim != 2:
        raise ClaimError(f"kernel and recurrent_kernel are matrices, not of shapes {w.shape} and {r.shape}")
    n, m = _sizes("kernel (transposed)", w.T, "recurrent_kernel (transposed)", r.T, gates)
    twice = "b_u" in cell.names
    b = _optional(arrays, "bias", (2, gates * n) if twice else (gates * n,))
    return _Stacked(w.T, r.T, b[0] if twice else b, b[1] if twice else np.zeros(gates * n, dtype=int), None)


def _onnx(cell: Cell, arrays: Mapping[str, Array], gates: int) -> _Stacked:
    """The operators RNN, LSTM and GRU; the first axis is the direction, of which there must be one."""
    w, r = _needed("onnx", arrays, "W"), _needed("onnx", arrays, "R")
    if w.ndim != 3 or r.ndim != 3 or w.shape[0] != 1 or r.shape[0] != 1:
        raise ClaimError(f"W and R have one direction as first axis, not the shapes {w.shape} and {r.shape}")
    n, m = _sizes("W[0]", w[0], "R[0]", r[0], gates)
    b = _optional(arrays, "B", (1, 2 * gates * n))[0]
    peepholes = _optional(arrays, "P", (1, 3 * n))[0] if "p_i" in cell.names or "P" in arrays else None
    return _Stacked(w[0], r[0], b[: gates * n], b[gates * n :], peepholes)


_READERS = {"torch": _torch, "keras": _keras, "onnx": _onnx}


def _needed(framework: str, arrays: Mapping[str, Array], name: str) -> Array:
    if name not in arrays:
        raise ClaimError(f"{framework}: the array {name} is missing")
    return arrays[name]


def _optional(arrays: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    found = arrays.get(name)
    if found is None:
        return np.zeros(shape, dtype=int)
    if found.shape != shape:
        raise ClaimError(f"{name} should have the shape {shape}, not {found.shape}")
    return found


def _sizes(input_name: str, w: Array, recurrent_name: str, r: Array, gates: int) -> tuple[int, int]:
    """(n, m) from weights of shapes (G n, m) and (G n, n)."""
    if r.ndim != 2 or r.shape[0] != gates * r.shape[1]:
        raise ClaimError(f"{recurrent_name} should have the shape ({gates} n, n), not {r.shape}: wrong cell or layout?")
    if w.ndim != 2 or w.shape[0] != r.shape[0]:
        raise ClaimError(f"{input_name} should have the shape ({r.shape[0]}, m), not {w.shape}")
    return r.shape[1], w.shape[1]
