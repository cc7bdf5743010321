"""The sizes and lags that a result says it covers, where it is easily said of too many."""

from __future__ import annotations

from typing import Any

import pytest

from symrnn import (
    Derivation,
    eq,
    eye,
    has_property,
    implies,
    invertible,
    lag,
    le,
    lt,
    matrix,
    negation,
    number,
    scalar,
    size,
)
from symrnn import check as check_all
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import Prop
from symrnn.search import presentation
from symrnn.search.presentation import domain

n, m = size("n"), size("m")
A, B, x = matrix("A", n), matrix("B", n), scalar("x")
k, l = lag("k"), lag("l")


@pytest.mark.parametrize(
    ("hypotheses", "least"),
    [
        ((), "all"),
        ((le(0, k),), {"min": 1}),  # of l nothing is said
        ((le(0, k), le(0, l)), {"min": 0}),
        ((le(2, k), le(3, k)), {"min": 3}),
        ((le(2, k),), {"min": 2}),
    ],
)
def test_a_least_value_is_one_of_all_lags(hypotheses: tuple[Prop, ...], least: Any) -> None:
    assert domain(Claim(eq(A**k @ A**l, A ** (k + l)), hypotheses, None)).lags == least


IMPOSSIBLE = [
    [eq(A, A + eye(n))],
    [eq(n, n + 1)],
    [has_property("symmetric", A), negation(has_property("symmetric", A))],
    [implies(eq(A, A), lt(x, x))],
    [has_property("skew", A), invertible(A), eq(n, 3)],
    [eq(number(0) * number(0) ** -1, -1)],  # taken at its word 0 would be invertible
]


@pytest.mark.parametrize("hypotheses", IMPOSSIBLE, ids=lambda h: str(h[0]))
def test_nothing_is_proved_at_small_sizes_from_what_cannot_be(hypotheses: list[Prop]) -> None:
    d = Derivation("From nothing")
    d.step("1", eq(A, A.T), assuming=hypotheses)
    step = check_all(d).step("1")
    assert (step.verdict, step.partial_scope) == ("undecided", None)


def test_small_sizes_are_those_of_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim(eq(matrix("V", n, m), matrix("X", n, m)), (), None)

    def at_equal_sizes(c: Claim) -> Any:
        rows, cols = c.conclusion.lhs.shape  # type: ignore[attr-defined]
        return type("Decision", (), {"verdict": "proved" if rows == cols else "undecided"})

    monkeypatch.setattr(presentation, "decide_by_proof", at_equal_sizes)
    scope = presentation.partial_scope(claim, "undecided")
    assert scope is not None and scope.sizes == [1]  # not at n = 1, m = 2
