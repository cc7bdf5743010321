"""The same claim for other activations, where the activation matters."""

from __future__ import annotations

from symrnn.claims.recurrence import Claim
from symrnn.search.decide import Decision
from symrnn.verdicts import Variant


def find(claim: Claim, decision: Decision) -> tuple[Variant, ...]:
    return ()
