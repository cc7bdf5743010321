"""symrnn decides the steps of derivations about recurrent networks: proved, refuted, conditional or undecided.

>>> from symrnn import Derivation, Elman, check, eq, jacobian, sigmoid
>>> d = Derivation("One step", cell=Elman(sigmoid))
>>> _ = d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 1]), d.D[d.t] @ d.W_hh))
>>> check(d).step("1").verdict
'proved'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symrnn.cells import GRU, LSTM, Cell, Elman, cell, inputs, local, state
from symrnn.claims.activations import Activation, activation, identity, relu, sigmoid, softplus, tanh
from symrnn.claims.build import (
    absolute,
    all_of,
    any_of,
    bounded,
    commutator,
    det,
    diag,
    diagonal,
    diagonalizable,
    entry,
    eq,
    explodes,
    eye,
    for_all_trajectories,
    forall,
    ge,
    gt,
    hadamard,
    has_property,
    iff,
    implies,
    inv,
    invertible,
    jacobian,
    le,
    lt,
    matrix,
    negation,
    norm,
    orthogonal,
    product,
    scalar,
    spectral_radius,
    summation,
    symmetric,
    trace,
    transpose,
    vanishes,
    vector,
    zeros,
)
from symrnn.claims.index import index, lag, size, time
from symrnn.derivations import Derivation
from symrnn.errors import (
    CertificateError,
    ClaimError,
    Refused,
    ScriptError,
    ShapeMismatch,
    SymrnnError,
    Undefined,
)
from symrnn.verdicts import DerivationResult, StepResult, Verdict

if TYPE_CHECKING:
    from symrnn.check import check

__version__ = "0.1.0"

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Cell",
    "CertificateError",
    "ClaimError",
    "Derivation",
    "DerivationResult",
    "Elman",
    "Refused",
    "ScriptError",
    "ShapeMismatch",
    "StepResult",
    "SymrnnError",
    "Undefined",
    "Verdict",
    "absolute",
    "activation",
    "all_of",
    "any_of",
    "bounded",
    "cell",
    "check",
    "commutator",
    "det",
    "diag",
    "diagonal",
    "diagonalizable",
    "entry",
    "eq",
    "explodes",
    "eye",
    "for_all_trajectories",
    "forall",
    "ge",
    "gt",
    "hadamard",
    "has_property",
    "identity",
    "iff",
    "implies",
    "index",
    "inputs",
    "inv",
    "invertible",
    "jacobian",
    "lag",
    "le",
    "local",
    "lt",
    "matrix",
    "negation",
    "norm",
    "orthogonal",
    "product",
    "relu",
    "scalar",
    "sigmoid",
    "size",
    "softplus",
    "spectral_radius",
    "state",
    "summation",
    "symmetric",
    "tanh",
    "time",
    "trace",
    "transpose",
    "vanishes",
    "vector",
    "zeros",
]


def __getattr__(name: str) -> Any:
    """``check`` loads the provers on first use, so that building claims stays light."""
    if name == "check":
        from symrnn.check import check

        return check
    raise AttributeError(f"module 'symrnn' has no attribute {name!r}")
