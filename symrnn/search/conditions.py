"""Conditions under which a refuted step does hold."""

from __future__ import annotations

from symrnn.claims.recurrence import Claim
from symrnn.search.decide import Decision
from symrnn.verdicts import Condition


def find(claim: Claim) -> tuple[Condition, ...]:
    return ()


def of_null(claim: Claim, decision: Decision) -> tuple[Condition, ...]:
    return ()
