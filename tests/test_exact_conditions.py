"""Conditions that a conditional claim comes with: exact only if the claim fails wherever the condition does."""

from __future__ import annotations

from typing import Any

import pytest

from symrnn import any_of, eq, eye, iff, inv, matrix, size
from symrnn.claims.recurrence import Claim
from symrnn.search.conditions import of_null
from symrnn.search.decide import decide

n = size("n")
A, B = matrix("A", n), matrix("B", n)
CLAIMS: list[tuple[Any, bool]] = [
    (eq(inv(A) @ A, eye(n)), True),
    (any_of(eq(inv(A) @ A, eye(n)), eq(A, 0)), False),  # holds for A = 0
    (any_of(eq(inv(A) @ A, eye(n)), eq(inv(B) @ B, eye(n))), False),  # one of them will do
    (iff(eq(inv(A) @ A, eye(n)), eq(inv(B) @ B, eye(n))), False),  # neither has an inverse: both sides are false
]


@pytest.mark.parametrize(("goal", "exact"), CLAIMS, ids=lambda x: str(x))
def test_invertible_is_necessary_only_where_the_atom_must_hold(goal: Any, exact: bool) -> None:
    claim = Claim(goal, (), None)
    decision = decide(claim)
    assert decision.verdict == "conditional"
    assert [c.exact for c in of_null(claim, decision)][:1] == [exact]
