"""The same claim for other activations, where the activation matters."""

from __future__ import annotations

from symrnn import kernel
from symrnn.claims.activations import FACTS
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.errors import Refused, SymrnnError
from symrnn.replay import entry_of
from symrnn.search import conditions, presentation
from symrnn.search.carried import carried
from symrnn.search.decide import Decision, decide
from symrnn.semantics.instances import Instance
from symrnn.semantics.sequents import sequent_of
from symrnn.verdicts import Variant

MOST_INSTANCES = 300  # a variant is an aside
OTHERS = ("sigmoid", "tanh", "relu", "identity")


def find(claim: Claim, decision: Decision) -> tuple[Variant, ...]:
    """The claim decided for each other activation; none where it has no single one, or where it cannot matter."""
    used = activations_of(claim)
    if len(used) != 1 or used[0] not in FACTS or decision.mismatch is not None or holds_for_any(claim, decision):
        return ()
    found: list[Variant] = []
    violation = decision.instance if decision.verdict in ("refuted", "conditional") else None
    known = [(used[0], claim, violation)]  # what violates the claim with one activation may do so with another
    for other in (other for other in OTHERS if other != used[0]):
        variant, changed, instance = _variant(claim, used[0], other, known)
        found.append(variant)
        known.append((other, changed, instance))
    return tuple(found)


def whatever_the_activation(claim: Claim, decision: Decision) -> str:
    """What to add to the reason where the proof asks nothing of the activation."""
    return "; whatever the activation" if holds_for_any(claim, decision) else ""


def holds_for_any(claim: Claim, decision: Decision) -> bool:
    """Whether the very proof found is one for an opaque activation in place of the claim's only one."""
    activations = activations_of(claim)
    if decision.verdict != "proved" or decision.proof is None or len(activations) != 1:
        return False
    used = activations[0]
    opaque = with_activation(claim, used, "opaque activation")
    proof = with_activation(decision.proof, used, "opaque activation")
    if not isinstance(opaque, Claim):
        return False
    try:
        sequent_of(opaque)
        kernel.entails(opaque, proof)  # type: ignore[arg-type]
    except (Refused, SymrnnError):
        return False
    return True


def _variant(
    claim: Claim, used: str, other: str, known: list[tuple[str, Claim, Instance | None]]
) -> tuple[Variant, Claim, Instance | None]:
    changed = with_activation(claim, used, other)
    if not isinstance(changed, Claim):
        raise TypeError("a claim with another activation is a claim")
    likely = (i for name, one, x in known if x is not None for i in carried(one, x, name, other))
    decision = decide(changed, MOST_INSTANCES, likely)
    null = decision.verdict == "conditional"
    found = iter(conditions.of_null(changed, decision)) if null else conditions.exact(changed)
    condition = next(found, None) if decision.verdict in ("refuted", "conditional") else None
    certificate = entry_of(changed, decision.verdict, decision.certificate) if decision.certificate else None
    variant = Variant(
        other,
        decision.verdict,
        presentation.reason(changed, decision),
        condition,
        presentation.counterexample(changed, decision),
        certificate,
    )
    return variant, changed, decision.instance if decision.verdict in ("refuted", "conditional") else None
