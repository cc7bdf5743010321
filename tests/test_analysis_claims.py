"""General claims, for all sizes, lags and networks: the true ones come out proved, and nothing beside them does."""

from __future__ import annotations

import pytest
from analysis_claims import GROUPS, Case
from size_claims import SIZES
from spectral import draws

from symrnn import Refused, kernel
from symrnn.claims import tree as tr
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import walk
from symrnn.search.prove import prove

CASES = [case for group in (*GROUPS, *SIZES) for case in group()]
UNPROVED = {  # true, and beyond the search at present: proved or not will do
    "means": "squares of differences are not tried",
    "given strictly": "the strict bound is to be used last",
    "basis": "the basis is to be read off the goal",
    "J of the identity": "an equation for all k is not put into a limit",
    "J of the identity explodes": "an equation for all k is not put into a limit",
}
ATTEMPTS = 800


def is_proved(claim: Claim) -> bool:
    proof = prove(claim)
    if proof is None:
        return False
    kernel.entails(claim, proof)  # search and kernel agree
    return True


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_true_claims_are_proved_and_their_near_misses_are_not(case: Case) -> None:
    name, claim, misses = case
    assert is_proved(claim) or name in UNPROVED
    assert misses
    for miss in misses:
        assert not is_proved(miss), str(miss.conclusion)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_the_proof_of_a_claim_proves_none_of_its_near_misses(case: Case) -> None:
    name, claim, misses = case
    proof = prove(claim)
    if proof is None:
        assert name in UNPROVED
        return
    for miss in misses:
        with pytest.raises(Refused):
            kernel.entails(miss, proof)


def _alone(claim: Claim) -> bool:
    """Whether a claim speaks of matrices, and of limits of powers at most."""
    nodes = list(walk(claim))
    limits = [p for p in nodes if isinstance(p, tr.Pred) and p.var is not None]
    plain = all(isinstance(p.arg, tr.Pow) and isinstance(p.arg.base, tr.Sym) for p in limits)
    return claim.cell is None and plain and not any(isinstance(x, tr.Apply) for x in nodes)


@pytest.mark.parametrize("case", [c for c in CASES if _alone(c[1])], ids=lambda case: case[0])
def test_claims_about_matrices_are_as_they_are_said_to_be(case: Case) -> None:
    """By an evaluator that shares nothing with the kernel: no instance breaks the claim, one breaks each near miss."""
    name, claim, misses = case
    assert all(net.holds(claim) is True for net in draws(claim, name, 80))
    for miss in filter(_alone, misses):
        assert any(net.holds(miss) is False for net in draws(miss, name, ATTEMPTS)), str(miss.conclusion)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 80 and sum(len(misses) for _, _, misses in CASES) >= 110
    assert len({name for name, _, _ in CASES}) == len(CASES) and set(UNPROVED) <= {name for name, _, _ in CASES}
