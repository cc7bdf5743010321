"""Every cited lemma: a reference, and attempts to break it with exact matrices, singular and defective ones among them.

Nothing of ``symrnn.semantics`` takes part: the statements are evaluated by ``evaluator.py``.
"""

from __future__ import annotations

import pytest
from evaluator import Network
from networks import draws
from vocabulary import A, B, n

from symrnn import det, eq
from symrnn.claims import tree as tr
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.substitution import symbols
from symrnn.lemmas import LEMMAS

ATTEMPTS = 400
ENOUGH = 40  # instances that meet the hypotheses


def instances(claim: Claim, seed: str) -> list[Network]:
    return list(draws(claim, seed, ATTEMPTS))


@pytest.mark.parametrize("name", LEMMAS)
def test_no_instance_breaks_a_lemma(name: str) -> None:
    claim = LEMMAS[name].claim
    tried = instances(claim, name)
    assert len(tried) >= ENOUGH
    assert {net.integers["n"] for net in tried} == {1, 2, 3}
    broken = [net.matrices for net in tried if net.holds(claim) is not True]
    assert not broken


@pytest.mark.parametrize("name", LEMMAS)
def test_a_lemma_is_stated_in_full(name: str) -> None:
    lemma = LEMMAS[name]
    assert lemma.name == name and len(lemma.reference) > 15
    assert lemma.claim.cell is None
    for prop in (lemma.claim.conclusion, *lemma.claim.hypotheses):
        check_shapes(prop)
        assert isinstance(prop, tr.Rel | tr.Pred)
    for s in symbols(lemma.claim):
        assert s.role == "free" and not s.props and not s.family, "a lemma speaks of any matrices of a shape"


@pytest.mark.parametrize("name", [name for name, lemma in LEMMAS.items() if lemma.claim.hypotheses])
def test_the_hypotheses_of_a_lemma_are_needed(name: str) -> None:
    """Without them it can be broken, by the very means used above."""
    claim = LEMMAS[name].claim
    bare = Claim(claim.conclusion, (), None)
    assert any(net.holds(bare) is False for net in instances(bare, name))


def test_the_attempts_break_what_is_no_lemma() -> None:
    for wrong in (eq(det(A + B), det(A) + det(B)), eq(A @ B, B @ A), eq(det(2 * A), 2 * det(A))):
        claim = Claim(wrong, (), None)
        assert any(net.holds(claim) is False for net in instances(claim, str(n)))
