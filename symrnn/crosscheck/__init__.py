"""The independent cross-check: claims against the derivative of the actual recurrence, at random networks.

Imports neither kernel nor search, and no derivative rule of theirs: Jacobians are central differences of a simulated
network at more than 100 digits. What it guarantees: a disagreement it reports is a violation at one instance of the
domain. What it is blind to: limits (other than along an orbit that a counterexample shows, if three lags tell),
diagonalisability as a conclusion, quantifiers over matrices inside a claim,
hypotheses it can draw no instance for (all these give None), and whatever fails on a null set only.

    arithmetic   a private mpmath context          terms, props   the value of a claim at an instance
    network      simulation and Jacobians          hypotheses     what a draw can arrange for
    matrices, draw   random instances              closed_forms, instances   counterexamples read back
"""

from __future__ import annotations

from symrnn.claims.recurrence import Claim
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric
from symrnn.crosscheck.instances import replayed
from symrnn.crosscheck.sample import sampled
from symrnn.crosscheck.terms import Environment, evaluate
from symrnn.verdicts import Crosscheck, Data

__all__ = ["Environment", "NotNumeric", "crosscheck", "evaluate"]


def crosscheck(
    claim: Claim,
    verdict: str,
    counterexample: Data = None,
    digits: int = 50,
    points: int = 8,
    seed: int = 0,
) -> Crosscheck | None:
    """Compare a verdict with numbers; None where numbers cannot speak. Deterministic; changes nothing global.

    "proved": the claim at about ``points`` random instances that meet its hypotheses; agrees if the largest error is
    below 10^(5 - digits). "refuted", "conditional": the claim at the counterexample (kinds path, orbit, values and
    undefined, in the JSON layout); agrees if the hypotheses hold there and the conclusion fails by more than 1e-20.
    ``residual`` is the largest error found.

    >>> from symrnn import Elman, eq, jacobian, sigmoid
    >>> cell = Elman(sigmoid)
    >>> h, W, D, t = cell.h, cell.W_hh, cell.D, cell.t
    >>> crosscheck(Claim(eq(jacobian(h[t], h[t - 1]), D[t] @ W), (), cell.recurrence), "proved").agrees
    True
    >>> crosscheck(Claim(eq(jacobian(h[t], h[t - 1]), W @ D[t]), (), cell.recurrence), "proved").agrees
    False
    """
    numbers = Arithmetic(digits)
    try:
        if verdict == "proved":
            return sampled(claim, numbers, points, seed)
        if verdict in ("refuted", "conditional") and counterexample:
            return replayed(claim, numbers, counterexample)
    except (NotNumeric, RecursionError):  # hypotheses may define symbols in a circle, which a draw follows in vain
        return None
    return None
