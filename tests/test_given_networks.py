"""Networks of which parameters are given: gates that do not move, activations at 0; and rows beside numbers."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Elman,
    activation,
    cell,
    diag,
    eq,
    explodes,
    eye,
    hadamard,
    hard_sigmoid,
    inputs,
    jacobian,
    lag,
    le,
    local,
    lt,
    matrix,
    norm,
    number,
    ones,
    relu,
    sigmoid,
    size,
    softplus,
    state,
    tanh,
    vanishes,
    zeros,
)
from symrnn.search.constants import with_constants
from symrnn.search.decide import decide
from symrnn.search.prove import prove
from symrnn.semantics.sequents import sequent_of

n, m, k = size("n"), size("m"), lag("k")
G, L, E = GRU(reset="after"), LSTM(), Elman(tanh)
t, HALF = G.t, number(Q(1, 2))
OPEN = (eq(G.U_z, 0), eq(G.W_z, 0), eq(G.b_z, 0))
NO_RESET = (*OPEN, eq(G.U_r, 0))
CLOSED = (eq(L.U_f, 0), eq(L.W_f, 0), eq(L.b_f, 0), eq(L.U_i, 0), eq(L.U_g, 0))
JG, JL = jacobian(G.h[t], G.h[t - k]), jacobian(L.c[t], L.c[t - k])
PHI = activation("phi")


def claim_of(conclusion: Any, *hypotheses: Any, about: Any = None) -> Any:
    return Derivation("x", cell=about).step("1", conclusion, assuming=hypotheses).claim


def step(half: Any) -> Any:
    """What is copied, and what goes through the candidate."""
    return half * eye(n) + half * G.D_g[t] @ diag(G.r[t]) @ G.U_g


CLAIMS = {
    "the sigmoid at 0": (claim_of(eq(sigmoid(zeros(n, 1)), Q(1, 2))), "proved"),
    "a number": (claim_of(eq(tanh(0 * matrix("A", n)[1, 1]), 0)), "proved"),
    "its slope": (claim_of(eq(diag(sigmoid.prime(zeros(n, 1))), eye(n) / 4)), "proved"),
    "of tanh": (claim_of(eq(tanh.prime(zeros(n, 1)), 1) & eq(tanh(zeros(n, 1)), 0)), "proved"),
    "of softplus": (claim_of(eq(softplus.prime(zeros(n, 1)), Q(1, 2))), "proved"),
    "a hard one": (claim_of(eq(hard_sigmoid(zeros(n, 1)), ones(n) / 2)), "proved"),
    "a gate": (claim_of(eq(G.z[t], Q(1, 2)), *OPEN, about=G), "proved"),
    "a gate of two units": (
        claim_of(eq(G.z[t], Q(1, 2)), eq(G.U_z, [[0, 0], [0, 0]]), *OPEN[1:], about=G),
        "proved",
    ),
    "one step": (claim_of(eq(jacobian(G.h[t], G.h[t - 1]), step(HALF)), *NO_RESET, about=G), "proved"),
    "k steps": (claim_of(eq(JG, HALF**k * eye(n)), *NO_RESET, eq(G.U_g, 0), about=G), "proved"),
    "contracting": (claim_of(vanishes(JG, k), *NO_RESET, lt(norm(G.U_g), 1), about=G), "proved"),
    "the memory": (claim_of(eq(JL, HALF**k * eye(n)), *CLOSED, about=L), "proved"),
    "which vanishes": (claim_of(vanishes(JL, k), *CLOSED, about=L), "proved"),
    "no recurrence": (claim_of(eq(E.h[t], tanh(E.W_xh @ E.x[t] + E.b)), eq(E.W_hh, 0), about=E), "proved"),
    "another value": (claim_of(eq(sigmoid(zeros(n, 1)), Q(1, 3))), "refuted"),
    "another slope": (claim_of(eq(tanh.prime(zeros(n, 1)), Q(1, 4))), "refuted"),
    "a bias": (claim_of(eq(G.z[t], Q(1, 2)), *OPEN[:2], about=G), "refuted"),
    "a power too many": (claim_of(eq(JL, HALF ** (k + 1) * eye(n)), *CLOSED, about=L), "refuted"),
    "a path left": (claim_of(eq(JL, HALF**k * eye(n)), *CLOSED[:4], about=L), "refuted"),
    "it grows": (claim_of(explodes(JL, k), *CLOSED, about=L), "refuted"),
    "a recurrence": (claim_of(eq(E.h[t], tanh(E.W_xh @ E.x[t] + E.b)), eq(E.b, 0), about=E), "refuted"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_decided(name: str) -> None:
    claim, verdict = CLAIMS[name]
    decision = decide(claim)
    assert decision.verdict == verdict, decision.attempts


def test_nothing_is_known_of_others_at_0() -> None:
    for wrong in (PHI(zeros(n, 1)), relu.prime(zeros(n, 1)), softplus(zeros(n, 1))):
        for value in (0, Q(1, 2), 1):
            assert prove(claim_of(eq(wrong, value))) is None


def test_only_what_does_not_move_is_a_constant() -> None:
    known, _ = with_constants(sequent_of(claim_of(eq(G.z[t], Q(1, 2)), *OPEN, about=G)))
    assert [str(e.lhs) for name, e in known.equations.items() if name.startswith("cut")] == ["z[now]", "diag(z[now])"]
    for missing in range(3):
        some = [h for i, h in enumerate(OPEN) if i != missing]
        same, _ = with_constants(sequent_of(claim_of(eq(G.z[t], Q(1, 2)), *some, about=G)))
        assert not any(name.startswith("cut") for name in same.equations)


# ---- rows ----

H, I, b = matrix("H", n), matrix("I_e", m, n), matrix("b_1", 1, n)
h, e, z = state("h", n, row=True), inputs("e", m, row=True), local("z", 1, n)
rows = cell(  # CS224n, notes 5: states as rows, weights on the right
    "rows",
    states={h: lambda t: sigmoid(z[t])},
    inputs=(e,),
    locals={z: lambda t: h[t - 1] @ H + e[t] @ I + b},
)
SLOPE = hadamard(h[t], 1 - h[t])


def test_a_number_beside_a_row_means_so_many() -> None:
    J = jacobian(h[t], h[t - 1])
    assert decide(claim_of(eq(J, diag(SLOPE.T) @ H.T), about=rows)).verdict == "proved"
    assert decide(claim_of(eq(J, diag(SLOPE.T) @ H), about=rows)).verdict == "refuted"
    assert decide(claim_of(lt(h[t], 1), eq(h[t], sigmoid(z[t])), about=rows)).verdict != "refuted"
    r = matrix("r", 1, n)
    assert decide(claim_of(eq(1 - (1 - r), r))).verdict == "proved"
    assert decide(claim_of(eq(1 - r, r))).verdict == "refuted"
    assert decide(claim_of(le(hadamard(r, 1 - r), Q(1, 4)))).verdict == "proved"
