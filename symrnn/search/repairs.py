"""Corrected forms of a refuted step."""

from __future__ import annotations

from symrnn.claims.recurrence import Claim
from symrnn.verdicts import Repair


def find(claim: Claim, cited: list[Claim]) -> Repair | None:
    return None
