"""symrnn decides the steps of derivations about recurrent networks: proved, refuted, conditional or undecided.

>>> from symrnn import Derivation, Elman, check, eq, jacobian, sigmoid
>>> d = Derivation("One step", cell=Elman(sigmoid))
>>> _ = d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 1]), d.D[d.t] @ d.W_hh))
>>> check(d).step("1").verdict
'proved'
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symrnn.cells import GRU, LSTM, MGU, Cell, DiagonalRNN, Elman, Leaky, Pascanu, cell, inputs, local, state
    from symrnn.check import check
    from symrnn.claims.activations import (
        Activation,
        activation,
        hard_sigmoid,
        hard_sigmoid6,
        identity,
        relu,
        sigmoid,
        softplus,
        tanh,
    )
    from symrnn.claims.build import (
        absolute,
        binomial,
        block_matrix,
        commutator,
        det,
        diag,
        discriminant,
        entry,
        eye,
        hadamard,
        inv,
        jordan_block,
        matrix,
        norm,
        number,
        ones,
        product,
        scalar,
        spectral_radius,
        summation,
        trace,
        transpose,
        vector,
        zeros,
    )
    from symrnn.claims.index import index, lag, size, time
    from symrnn.claims.losses import (
        cross_entropy,
        gradient,
        immediate,
        immediate_gradient,
        jacobian,
        loss,
        softmax,
        squared_error,
    )
    from symrnn.claims.statements import (
        all_of,
        any_of,
        bounded,
        diagonal,
        diagonalizable,
        eq,
        explodes,
        for_all_trajectories,
        forall,
        ge,
        gt,
        has_property,
        iff,
        implies,
        invertible,
        jordan_decomposable,
        le,
        lt,
        negation,
        orthogonal,
        squarefree_minimal_polynomial,
        symmetric,
        unitarily_diagonalizable,
        vanishes,
    )
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

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "Cell",
    "CertificateError",
    "ClaimError",
    "Derivation",
    "DerivationResult",
    "DiagonalRNN",
    "Elman",
    "GRU",
    "LSTM",
    "Leaky",
    "MGU",
    "Pascanu",
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
    "binomial",
    "block_matrix",
    "bounded",
    "cell",
    "check",
    "commutator",
    "cross_entropy",
    "det",
    "diag",
    "diagonal",
    "diagonalizable",
    "discriminant",
    "entry",
    "eq",
    "explodes",
    "eye",
    "for_all_trajectories",
    "forall",
    "ge",
    "gradient",
    "gt",
    "hadamard",
    "hard_sigmoid",
    "hard_sigmoid6",
    "has_property",
    "identity",
    "immediate",
    "immediate_gradient",
    "iff",
    "implies",
    "index",
    "inputs",
    "inv",
    "invertible",
    "jacobian",
    "jordan_block",
    "jordan_decomposable",
    "lag",
    "le",
    "local",
    "loss",
    "lt",
    "matrix",
    "negation",
    "norm",
    "number",
    "ones",
    "orthogonal",
    "product",
    "relu",
    "scalar",
    "sigmoid",
    "size",
    "softmax",
    "softplus",
    "spectral_radius",
    "squared_error",
    "squarefree_minimal_polynomial",
    "state",
    "summation",
    "symmetric",
    "tanh",
    "time",
    "trace",
    "transpose",
    "unitarily_diagonalizable",
    "vanishes",
    "vector",
    "zeros",
]

_HOMES = {  # the modules that the names come from, as above
    "cells": "GRU LSTM MGU Cell DiagonalRNN Elman Leaky Pascanu cell inputs local state",
    "check": "check",
    "claims.activations": ("Activation activation hard_sigmoid hard_sigmoid6 identity relu sigmoid softplus tanh"),
    "claims.build": (
        "absolute binomial block_matrix commutator det diag discriminant entry eye hadamard inv jordan_block matrix "
        "norm number ones product scalar spectral_radius summation trace transpose vector zeros"
    ),
    "claims.index": "index lag size time",
    "claims.losses": "cross_entropy gradient immediate immediate_gradient jacobian loss softmax squared_error",
    "claims.statements": (
        "all_of any_of bounded diagonal diagonalizable eq explodes for_all_trajectories forall ge gt has_property iff "
        "implies invertible jordan_decomposable le lt negation orthogonal squarefree_minimal_polynomial symmetric "
        "unitarily_diagonalizable vanishes"
    ),
    "derivations": "Derivation",
    "errors": "CertificateError ClaimError Refused ScriptError ShapeMismatch SymrnnError Undefined",
    "verdicts": "DerivationResult StepResult Verdict",
}
_HOME = {name: f"symrnn.{module}" for module, names in _HOMES.items() for name in names.split()}


class _Package(ModuleType):
    """Names are fetched when they are first used: ``symrnn --help`` and the pytest plugin need none of them."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """An imported ``symrnn.check`` does not hide the function of that name."""
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
