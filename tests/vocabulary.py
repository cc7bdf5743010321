"""The words of the tables of identities: symbols, and ``true``, ``false``, ``conditional`` and ``vacuous`` claims.

``vacuous``: no instance meets the hypotheses. ``open_`` is the reason why a claim is left UNDECIDED at present: then
UNDECIDED or the right verdict will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symrnn import (
    eq,
    eye,
    index,
    lag,
    matrix,
    scalar,
    size,
    time,
    vector,
    zeros,
)
from symrnn.claims.tree import Prop, as_term


@dataclass(frozen=True)
class Identity:
    """A claim under hypotheses, and what is true of it."""

    name: str
    truth: str
    claim: Prop
    hypotheses: tuple[Prop, ...]
    open_: str = ""


def true(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "proved", claim, hypotheses, open_)


def false(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "refuted", claim, hypotheses, open_)


def conditional(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "conditional", claim, hypotheses, open_)


def vacuous(name: str, claim: Prop, *hypotheses: Prop) -> Identity:
    return Identity(name, "undecided", claim, hypotheses)


n, m, p = size("n"), size("m"), size("p")
t, s, k, l = time("t"), time("s"), lag("k"), lag("l")
i, j, q = index("i"), index("j"), index("q")
A, B, C, D, N, P, S, U, W, X = (matrix(name, n) for name in "ABCDNPSUWX")
L, R, Z, Y = matrix("L", m, n), matrix("R", n, m), matrix("Z", m, p), matrix("Y", p, n)
a, b, c = (scalar(name) for name in "abc")
u, v, w = (vector(name, n) for name in "uvw")
one, nil = eye(n), zeros(n)
nat: Any = as_term(k)  # k as a number
E, F = matrix("E", n, n, "diagonal"), matrix("F", n, n, "diagonal")
H, G = matrix("H", n, n, "symmetric"), matrix("G", n, n, "symmetric")
K, O = matrix("K", n, n, "skew"), matrix("O", n, n, "orthogonal")
M, I = matrix("M", n, n, "normal"), matrix("I_s", n, n, "scalar")
LO, LP = matrix("LO", n, n, "lower_triangular"), matrix("LP", n, n, "lower_triangular")
UP = matrix("UP", n, n, "upper_triangular")
commute, idempotent, nilpotent = eq(A @ B, B @ A), eq(P @ P, P), eq(N @ N, nil)
involution, inverses = eq(A @ A, one), eq(A @ B, one)

LAGS = "hypotheses quantified over lags are not evaluated at instances, so that they may be vacuous"
