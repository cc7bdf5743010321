"""Whether a step follows from what it cites: every Jacobian, D and W a fresh symbol, the citations the hypotheses."""

from __future__ import annotations

from symrnn.claims.recurrence import Claim


def follows(claim: Claim, cited: list[Claim], using: tuple[str, ...]) -> str:
    return "unknown"
