"""Explicit lags too long to write out: by the statement for any lag, of which the goal is an instance as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from symrnn import (
    Derivation,
    Elman,
    Refused,
    eq,
    index,
    inv,
    jacobian,
    kernel,
    lag,
    le,
    matrix,
    product,
    size,
    tanh,
    time,
)
from symrnn.certificates import Cut, Proved, Use, Words
from symrnn.claims.index import as_index, sole_variable
from symrnn.claims.tree import HOLE
from symrnn.search.decide import decide
from symrnn.search.prove import prove

E = Elman(tanh)
h, D, W, t = E.h, E.D, E.W_hh, time("t")
n, j, k = size("n"), index("j"), lag("k")
A, B, C = (matrix(name, n) for name in "ABC")
COMMUTE = eq(D[j] @ W, W @ D[j])


def claim(conclusion: Any, *hypotheses: Any) -> Any:
    return Derivation("lags", cell=E).step("1", conclusion, assuming=hypotheses).claim


def seven(steps: Any, power: Any) -> Any:
    return eq(jacobian(h[t], h[t - steps]), product(D[j], j, t, t - steps + 1) @ W**power)


def instance(at: int, name: str = "cut:0", of: Any = k) -> Words:
    return Words("left", "left", (), (Use(HOLE, name, ((sole_variable(of), as_index(at)),), ()),))


@pytest.mark.parametrize("steps", [100, 1000, 4000])
def test_long_lags_are_proved_for_any_lag(steps: int) -> None:
    for found in [
        claim(seven(steps, steps), COMMUTE),
        claim(eq((A @ B) ** steps @ A, A @ (B @ A) ** steps)),
        claim(eq(jacobian(h[t], h[t - steps]), D[t] @ W @ product(D[j] @ W, j, t - 1, t - steps + 1))),
    ]:
        proof = prove(found)
        assert isinstance(proof, Cut)
        assert kernel.entails(found, proof) == ()


def test_false_ones_are_not() -> None:
    for false in [
        claim(seven(100, 101), COMMUTE),
        claim(seven(100, 99), COMMUTE),
        claim(eq((A @ B) ** 100 @ A, A @ (B @ A) ** 101)),
        claim(eq(jacobian(h[t], h[t - 100]), D[t] @ W @ product(D[j] @ W, j, t - 1, t - 100))),
    ]:
        assert prove(false) is None


def test_an_instance_is_of_the_statement_that_was_proved() -> None:
    found = claim(seven(1000, 1000), COMMUTE)
    proof = prove(found)
    assert isinstance(proof, Cut)
    use = proof.rest.uses[0]  # type: ignore[attr-defined]
    for at in (999, 1001, 0, -1):
        other = Words("left", "left", (), (Use(HOLE, use.equation, ((use.values[0][0], as_index(at)),), ()),))
        for false in (
            claim(seven(1000, 999), COMMUTE),
            claim(seven(999, 1000), COMMUTE),
            claim(seven(at, at + 1), COMMUTE),
        ):
            with pytest.raises(Refused):
                kernel.entails(false, Cut(proof.lemma, proof.proof, other))


def test_an_instance_below_the_least_value_is_refused() -> None:
    """(A B)^k with k >= 2 says nothing at k = 1."""
    two = lag("q", 2)
    lemma = eq(A**two @ A, A @ A**two)
    proof = Cut(lemma, Words("left", "left", (), ()), instance(1, of=two))
    assert kernel.entails(claim(eq(A**5 @ A, A @ A**5)), Cut(lemma, proof.proof, instance(5, of=two))) == ()
    with pytest.raises(Refused):
        kernel.check(claim(eq(A**1 @ B, B @ A**1)), Proved(proof, None))
    assert kernel.entails(claim(eq(A**1 @ A, A @ A**1)), Words("left", "left", (), ())) == ()


def test_a_hypothesis_about_one_lag_is_not_about_others() -> None:
    only = eq(A**k, B)
    assert kernel.entails(claim(only, only), Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),))) == ()
    with pytest.raises(Refused, match="cannot be instantiated"):
        kernel.entails(claim(eq(A**1000, B), only), instance(1000, "hyp:0"))
    with pytest.raises(Refused):
        kernel.entails(claim(eq(A**k, C), only), Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),)))


def test_an_instance_inside_something_needs_normal_forms() -> None:
    """From A = B it does not follow that A^-1 = B^-1 has a value."""
    inverses = claim(eq(inv(A), inv(B)), eq(A, B))
    with pytest.raises(Refused, match="invertible"):
        kernel.entails(inverses, Words("left", "left", (), (Use(inv(HOLE), "hyp:0", (), ()),)))
    assert prove(claim(eq(A, B), eq(A, B), le(2, n))) is not None


def test_a_false_claim_about_a_long_run_says_that_none_was_looked_at() -> None:
    d = Derivation("Long", cell=Elman(tanh))
    step = d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 10**9]), d.W_hh ** (10**9)))
    found = decide(step.claim)
    assert found.verdict == "undecided"
    assert found.attempts[-1] == (
        "no counterexample was looked for: instances of 1000000000 steps or more are not evaluated"
    )


def test_a_long_product_is_itself() -> None:
    d = Derivation("Long", cell=Elman(tanh))
    long = product(d.D[d.j] @ d.W_hh, d.j, d.t, d.t - 10**9)
    assert decide(d.step("1", eq(long, long)).claim).verdict == "proved"
