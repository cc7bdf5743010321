"""The pipeline: a derivation in, a result out. Read this first."""

from __future__ import annotations

from symrnn.derivations import Derivation
from symrnn.verdicts import DerivationResult


def check(derivation: Derivation) -> DerivationResult:
    """Decide every step of a derivation."""
    return DerivationResult(derivation.title, derivation.source, "", "", ())
