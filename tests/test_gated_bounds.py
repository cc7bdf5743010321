"""Bounds of gated states and their Jacobians: norms by entries, both ways, and limits once gate paths are cut."""

from __future__ import annotations

import pytest

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Derivation,
    all_of,
    bounded,
    diag,
    eq,
    eye,
    forall,
    hadamard,
    implies,
    index,
    jacobian,
    le,
    lt,
    norm,
    scalar,
    tanh,
    vanishes,
)
from symrnn.search.decide import decide

L, G, C, M = LSTM(), GRU(), GRU(update="chung"), MGU()
t, k, j, q = L.t, Derivation("x", cell=L).k, index("j"), scalar("q")


def largest(x):
    return norm(x, "inf")


PROVED = {
    "gates contract": (lt(norm(diag(L.f[t])), 1), L),
    "the memory by the memory": (lt(norm(jacobian(L.c[t], L.c[t - 1])), 1), L),
    "an output": (implies(eq(L.h[t], hadamard(L.o[t], tanh(L.c[t]))), lt(largest(L.h[t]), 1)), L),
    "the memory grows by 1": (le(largest(L.c[t]), 1 + largest(L.c[t - 1])), L),
    "a GRU stays": (implies(le(largest(G.h[t - 1]), 1), le(largest(G.h[t]), 1)), G),
    "a GRU stays inside": (implies(lt(largest(G.h[t - 1]), 1), lt(largest(G.h[t]), 1)), G),
    "a GRU stays, k steps": (implies(lt(largest(G.h[t - k]), 1), lt(largest(G.h[t]), 1)), G),
    "a GRU below bounds from 1 on": (
        implies(all_of(le(largest(G.h[t - 1]), q), le(1, q)), le(largest(G.h[t]), q)),
        G,
    ),
    "an MGU stays": (implies(le(largest(M.h[t - 1]), 1), le(largest(M.h[t]), 1)), M),
    "all entries at once": (lt(C.z[t], 1), C),
    "a GRU with its gate paths cut": (
        implies(all_of(eq(G.U_z, 0), eq(G.U_g, 0)), bounded(jacobian(G.h[t], G.h[t - k]), k)),
        G,
    ),
    "and gates below 1": (
        implies(
            all_of(eq(G.U_z, 0), eq(G.U_g, 0), forall(j, le(norm(diag(G.z[j])), q)), lt(q, 1)),
            vanishes(jacobian(G.h[t], G.h[t - k]), k),
        ),
        G,
    ),
}
REFUTED = {
    "gates below 1/2": (lt(2 * norm(diag(L.f[t])), 1), L),
    "all entries below 1/2": (lt(2 * C.z[t], 1), C),
    "the memory does not grow": (le(largest(L.c[t]), largest(L.c[t - 1])), L),
    "a GRU below any bound": (implies(le(largest(G.h[t - 1]), q), le(largest(G.h[t]), q)), G),
    "one gate path cut": (implies(eq(G.U_z, 0), bounded(jacobian(G.h[t], G.h[t - k]), k)), G),
}


@pytest.mark.parametrize("name", PROVED)
def test_proved(name: str) -> None:
    conclusion, about = PROVED[name]
    decision = decide(Derivation("x", cell=about).step("1", conclusion).claim)
    assert decision.verdict == "proved", decision.attempts


@pytest.mark.parametrize("name", REFUTED)
def test_refuted(name: str) -> None:
    conclusion, about = REFUTED[name]
    decision = decide(Derivation("x", cell=about).step("1", conclusion).claim)
    assert decision.verdict == "refuted", decision.attempts


def test_entries_of_what_is_not_diagonal_do_not_bound_its_norm() -> None:
    """A full matrix of gates: every entry is below 1, and for n >= 2 the norm need not be."""
    W = jacobian(G.h[t], G.h[t - 1])
    claim = Derivation("x", cell=G).step("1", implies(forall(j, le(W[j, j], 1)), le(norm(W), 1))).claim
    assert decide(claim).verdict != "proved"
    assert decide(Derivation("x").step("1", le(norm(eye(G.n) * q), q)).claim).verdict == "refuted"
