"""Nothing is wired to the Elman network: other recurrences, their Jacobians true and false, in both layouts."""

from __future__ import annotations

from typing import Any

import pytest
from referee import judge

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Elman,
    cell,
    diag,
    eq,
    eye,
    hadamard,
    index,
    inputs,
    jacobian,
    kernel,
    lag,
    matrix,
    product,
    sigmoid,
    size,
    state,
    summation,
    tanh,
    time,
    vector,
)
from symrnn.search.decide import decide
from symrnn.search.presentation import counterexample

n, m, t, k, j, i = size("n"), size("m"), time("t"), lag("k"), index("j"), index("i")
R, Q, c = matrix("R", n), matrix("Q", n, m), vector("c", n)
s, u = state("s", n), inputs("u", m)

PASCANU = cell("pascanu", states={s: lambda t: R @ tanh(s[t - 1]) + Q @ u[t] + c}, inputs=(u,))
LEAKY = cell("leaky", states={s: lambda t: s[t - 1] / 2 + sigmoid(R @ s[t - 1] + Q @ u[t]) / 2}, inputs=(u,))
LINEAR = cell("linear", states={s: lambda t: R @ s[t - 1] + Q @ u[t]}, inputs=(u,))
ROWS, LONG, GATED = Elman(tanh, row_vectors=True), LSTM(), GRU()
slope = lambda at: diag(tanh.prime(s[at]))  # noqa: E731 - a formula
leak = lambda at: eye(n) / 2 + diag(sigmoid.prime(R @ s[at - 1] + Q @ u[at])) @ R / 2  # noqa: E731
r, squash = ROWS.h, diag(tanh.prime(LONG.c[t]))
by_lag = jacobian(s[t], s[t - k])

CLAIMS: list[tuple[str, Any, Any, str]] = [
    ("proved", PASCANU, eq(jacobian(s[t], s[t - 1]), R @ slope(t - 1)), "numerator"),
    ("refuted", PASCANU, eq(jacobian(s[t], s[t - 1]), slope(t - 1) @ R), "numerator"),
    ("proved", PASCANU, eq(jacobian(s[t], s[t - 1]), slope(t - 1) @ R.T), "denominator"),
    ("proved", PASCANU, eq(by_lag, product(R @ slope(j), j, t - 1, t - k)), "numerator"),
    ("proved", PASCANU, eq(by_lag, product(R @ slope(j - 1), j, t - k + 1, t)), "numerator"),
    ("refuted", PASCANU, eq(by_lag, product(R @ slope(j), j, t, t - k + 1)), "numerator"),
    ("refuted", PASCANU, eq(by_lag, R**k @ product(slope(j), j, t - 1, t - k)), "numerator"),
    ("proved", PASCANU, eq(jacobian(s[t], u[t]), Q), "numerator"),
    ("proved", LEAKY, eq(jacobian(s[t], s[t - 1]), leak(t)), "numerator"),
    ("proved", LEAKY, eq(by_lag, product(leak(j), j, t, t - k + 1)), "numerator"),
    ("refuted", LEAKY, eq(jacobian(s[t], s[t - 1]), leak(t) - eye(n) / 2), "numerator"),
    ("proved", LINEAR, eq(by_lag, R**k), "numerator"),
    ("proved", LINEAR, eq(jacobian(s[t], u[t - k]), R**k @ Q), "numerator"),
    ("refuted", LINEAR, eq(by_lag, R ** (k + 1)), "numerator"),
    (
        "proved",
        ROWS,
        eq(jacobian(ROWS.h[t], ROWS.h[t - k]), product(ROWS.D[j] @ ROWS.W_hh, j, t, t - k + 1)),
        "numerator",
    ),
    ("refuted", ROWS, eq(jacobian(ROWS.h[t], ROWS.h[t - 1]), ROWS.W_hh @ ROWS.D[t]), "numerator"),
    ("proved", LONG, eq(jacobian(LONG.c[t], LONG.c[t - 1]), diag(LONG.f[t])), "numerator"),
    ("proved", LONG, eq(LONG.c[t], hadamard(LONG.g[t], LONG.i[t]) + hadamard(LONG.c[t - 1], LONG.f[t])), "numerator"),
    (
        "proved",
        LONG,
        eq(jacobian(LONG.h[t], LONG.c[t - 1]), diag(LONG.o[t]) @ diag(tanh.prime(LONG.c[t])) @ diag(LONG.f[t])),
        "numerator",
    ),
    ("refuted", GATED, eq(jacobian(GATED.h[t], GATED.h[t - 1]), diag(GATED.z[t])), "numerator"),
]


@pytest.mark.parametrize(("verdict", "about", "claim", "layout"), CLAIMS, ids=lambda x: str(x)[:50])
def test_claims_about_other_cells(verdict: str, about: Any, claim: Any, layout: str) -> None:
    step = Derivation("x", cell=about, layout=layout).step("1", claim)
    found = decide(step.claim)
    assert found.verdict == verdict, found.attempts
    assert found.certificate is not None and kernel.check(step.claim, found.certificate).verdict == verdict
    if verdict == "refuted":
        data = counterexample(step.claim, found)
        assert data["kind"] in ("path", "values", "negation")
        judge(data)  # raises where a judged counterexample does not hold


def test_an_unused_name_is_no_symbol_of_the_cell() -> None:
    with pytest.raises(AttributeError, match="has no y"):
        _ = PASCANU.y


def test_sums_over_other_letters() -> None:
    total = summation(jacobian(s[t], s[t - i]), i, 0, k)
    parts = eye(n) + summation(R**i, i, 1, k)
    assert decide(Derivation("x", cell=LINEAR).step("1", eq(total, parts)).claim).verdict == "proved"
