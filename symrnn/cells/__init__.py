"""The cells: recurrences as data, with the names a script uses for their parts.

``cell(...)`` makes one of one's own; Elman, Pascanu, Leaky, DiagonalRNN (``plain``), LSTM, GRU and MGU (``gated``) are
made by it and by nothing else. ``layouts`` reads the weights of PyTorch, Keras and ONNX.
"""

from __future__ import annotations

from symrnn.cells.cell import TIME, Cell, cell, inputs, local, state
from symrnn.cells.gated import GRU, LSTM, MGU
from symrnn.cells.plain import DiagonalRNN, Elman, Leaky, Pascanu

__all__ = [
    "GRU",
    "LSTM",
    "MGU",
    "TIME",
    "Cell",
    "DiagonalRNN",
    "Elman",
    "Leaky",
    "Pascanu",
    "cell",
    "inputs",
    "local",
    "state",
]
