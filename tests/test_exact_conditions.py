"""Conditions that a conditional claim comes with: exact only if the claim fails wherever the condition does."""

from __future__ import annotations

from typing import Any

import pytest

from symrnn import (
    GRU,
    Derivation,
    any_of,
    diag,
    eq,
    eye,
    forall,
    iff,
    index,
    inv,
    jacobian,
    lag,
    matrix,
    product,
    scalar,
    size,
    summation,
)
from symrnn.claims.recurrence import Claim
from symrnn.claims.statements import has_property
from symrnn.search import conditions
from symrnn.search.conditions import of_null
from symrnn.search.decide import decide

n, k, l, j = size("n"), lag("k"), lag("l", 0), index("j")
A, B, x = matrix("A", n), matrix("B", n), scalar("x")
CLAIMS: list[tuple[Any, bool]] = [
    (eq(inv(A) @ A, eye(n)), True),
    (any_of(eq(inv(A) @ A, eye(n)), eq(A, 0)), False),  # holds for A = 0
    (any_of(eq(inv(A) @ A, eye(n)), eq(inv(B) @ B, eye(n))), False),  # one of them will do
    (iff(eq(inv(A) @ A, eye(n)), eq(inv(B) @ B, eye(n))), False),  # neither has an inverse: both sides are false
    (eq(product(inv(A) @ A, j, 1, k), eye(n)), False),  # that there is a first factor is for a proof to see
    (eq(product(inv(A) @ A, j, 1, l), eye(n)), False),  # nothing is inverted for l = 0
    (eq(summation(x / x, j, 1, l), l), False),
    (eq(x**l / x**l, 1), False),  # 0^0 = 1 has an inverse
    (eq((x**k).inv * x**k, 1), True),
    (eq((inv(A) @ A) ** l, eye(n)), True),  # a power has no value where its base has none
]


@pytest.mark.parametrize(("goal", "exact"), CLAIMS, ids=lambda x: str(x))
def test_invertible_is_necessary_only_where_the_atom_must_hold(goal: Any, exact: bool) -> None:
    claim = Claim(goal, (), None)
    decision = decide(claim)
    assert decision.verdict == "conditional"
    assert [c.exact for c in of_null(claim, decision)][:1] == [exact]


def test_a_condition_for_all_times_is_none_at_size_1() -> None:
    """What fails at size 1 fails there under it too, and no proof is tried."""
    cell = GRU()
    h, t, j = cell.h, cell.t, index("j")
    claim = Derivation("x", cell=cell).step("1", eq(jacobian(h[t], h[t - 1]), diag(cell.z[t]))).claim
    known = decide(claim).instance
    assert known is not None and all(x == 1 for v, x in known.integers if v.kind == "size")
    for shown in (
        forall(j, has_property("scalar", cell.D_g[j])),
        forall(j, eq(cell.D_g[j] @ cell.U_g, cell.U_g @ cell.D_g[j])),
    ):
        narrowed = Claim(claim.conclusion, (*claim.hypotheses, shown), cell.recurrence)
        assert conditions._insufficient(conditions.Candidate(narrowed, shown, False, ()), known)
