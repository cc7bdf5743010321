"""What a decision says to people: reason, scope, counterexample, certificate as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from symrnn import counterexamples
from symrnn.certificates import (
    Absurd,
    Annihilated,
    Ascend,
    Chain,
    Cite,
    Combine,
    Contrary,
    Cut,
    Dominated,
    Evaluated,
    Geometric,
    Induct,
    Injective,
    Known,
    Largest,
    Null,
    Order,
    Proof,
    Proved,
    Specialise,
    Split,
    Steer,
    Through,
    Words,
)
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import rows_used
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.text import text
from symrnn.claims.tree import IndexRel
from symrnn.errors import SymrnnError
from symrnn.replay import entry_of
from symrnn.search.decide import Decision, decide_by_proof
from symrnn.search.layouts import wrong_layout
from symrnn.semantics.settling import flatten, numeric_bound
from symrnn.verdicts import Crosscheck, Scope

Data = Any
SMALL_SIZES = (1, 2)
HOW: dict[type[Proof], str] = {
    Chain: "by the chain rule over all steps at once",
    Through: "by the chain rule through the state in between",
    Geometric: "by a geometric bound of the norm",
    Dominated: "by a matrix that dominates entry by entry",
    Split: "as a product of what is bounded and what vanishes",
    Steer: "at the trajectory on which the input makes every pre-activation 0",
    Absurd: "since the contrary would refute a hypothesis",
    Annihilated: "by a squarefree polynomial that the matrix is a root of",
    Contrary: "since the contrary would contradict a hypothesis",
    Order: "from known inequalities",
    Combine: "from products of known inequalities",
    Largest: "by a bound of every entry",
    Specialise: "from what holds for all matrices, at the ones that decide",
    Evaluated: "computed exactly from the given numbers",
    Injective: "since the activation takes a value once",
    Cite: "with lemmas that are cited",
}


def counterexample(claim: Claim, decision: Decision) -> Data:
    """The counterexample of a refuted or conditional claim as data; None otherwise."""
    if decision.verdict not in ("refuted", "conditional"):
        return None
    if decision.mismatch is not None:
        return counterexamples.of_mismatch(decision.mismatch)
    return counterexamples.of_instance(claim, decision.instance) if decision.instance is not None else None


def certificate(claim: Claim, decision: Decision) -> Data:
    """The certificate entry of a decided claim."""
    if decision.certificate is None:
        return None
    return entry_of(claim, decision.verdict, decision.certificate)


def alarm(decision: Decision, checked: Crosscheck | None) -> str | None:
    """What contradicts the verdict, if anything does."""
    if checked is not None and not checked.agrees:
        return f"the cross-check disagrees: residual {checked.residual} at {checked.digits} digits"
    return decision.refused


def reason(claim: Claim, decision: Decision) -> str:
    """One line on why the verdict is what it is."""
    if decision.mismatch is not None:
        return f"the shapes do not fit: {decision.mismatch.reason}{wrong_layout(claim)}"
    if decision.verdict == "proved" and isinstance(decision.certificate, Proved):
        return _how(decision.certificate.proof)
    if decision.verdict == "refuted" and decision.instance is not None:
        return f"fails at {_where(claim, decision)}{_smaller(decision)}{wrong_layout(claim)}"
    if decision.verdict == "conditional" and decision.instance is not None:
        shown = f": proved if {text(decision.certificate.condition)}" if isinstance(decision.certificate, Null) else ""
        return f"fails on a null set only{shown}; fails at {_where(claim, decision)}"
    return decision.attempts[-1] if decision.attempts else "nothing was found"


def _where(claim: Claim, decision: Decision) -> str:
    integers = decision.instance.integers if decision.instance is not None else ()
    spoken = free_vars(claim.conclusion) | {v for v, _ in rows_used(flatten(claim)[0])}
    kinds = ("size", "lag", "index")  # rows and columns last
    shown = sorted((kinds.index(v.kind), v.name, i) for v, i in integers if v in spoken and v.kind in kinds)
    return ", ".join(f"{name} = {i}" for _, name, i in shown) or "the instance below"


def _smaller(decision: Decision) -> str:
    """What is known of smaller instances, where there are any."""
    if decision.proved_at:
        return f"; proved for {' and for '.join(decision.proved_at)}"
    integers = decision.instance.integers if decision.instance is not None else ()
    least = all(i <= (v.low or 0) for v, i in integers if v.kind in ("size", "lag"))
    return "" if least else "; smaller instances were tried first"


def _how(proof: Proof) -> str:
    if isinstance(proof, Cite):
        return f"cited: {proof.lemma}"
    nodes = list(_proofs(proof))
    inductions = sorted({p.var.name for p in nodes if isinstance(p, Induct | Ascend)})
    uses = sum(len(p.uses) for p in nodes if isinstance(p, Words))
    parts = [f"by induction on {' and '.join(inductions)}"] if inductions else []
    if any(isinstance(p, Cut) for p in nodes):
        parts.append("by way of a lemma proved on the way")
    if any(type(p).__name__ in ("Leaf", "Case", "Cancel") for p in nodes):
        parts.append("entry by entry, by cases")
    if uses and not inductions:
        parts.append("by rewriting with what is assumed")
    parts += [words for kind, words in HOW.items() if any(type(p) is kind for p in nodes)]
    if not parts and any(isinstance(p, Known) for p in nodes):
        return "from what is recorded of its matrices, sizes and lags"
    return ", ".join(parts) or "both sides have the same normal form"


def _proofs(n: Node) -> Any:
    return (p for p in walk(n) if isinstance(p, Proof))


# ---- scope ----


def scope(claim: Claim, verdict: str) -> Scope:
    """The sizes and lags a verdict covers; that of a counterexample is the counterexample itself."""
    if verdict in ("refuted", "undecided"):
        return Scope(None, None)
    return domain(claim)


def domain(claim: Claim) -> Scope:
    """The sizes and lags a claim speaks of."""
    goal, hypotheses = flatten(claim)
    variables = frozenset().union(*(free_vars(p) for p in (goal, *hypotheses)))
    return Scope(*(_range([v for v in variables if v.kind == kind], hypotheses) for kind in ("size", "lag")))


def _range(variables: list[Var], hypotheses: tuple[Any, ...]) -> Data:
    """ "all", a least value, or the only values; None where there are none."""
    if not variables:
        return None
    fixed = []
    for h in hypotheses:
        if isinstance(h, IndexRel) and h.op == "=":
            gap = h.lhs - h.rhs
            if len(gap.terms) == 1 and gap.terms[0][0] in variables and abs(gap.terms[0][1]) == 1:
                fixed.append(-gap.const * gap.terms[0][1])
    if fixed and len(fixed) == len(variables):
        return sorted(set(fixed))
    bounds = [b for h in hypotheses if (b := numeric_bound(h)) is not None and b[0] in variables]
    if not bounds and all(v.low in (None, 1) for v in variables):
        return "all"
    least = {v: 1 if v.low is None else v.low for v in variables} | dict(sorted(bounds, key=lambda b: b[1]))
    return {"min": max(least.values())}  # from there on for each of them


def partial_scope(claim: Claim, verdict: str) -> Scope | None:
    """For an undecided claim, the small values at which it is proved, whichever of them each of its sizes has."""
    if verdict != "undecided":
        return None
    goal, hypotheses = flatten(claim)
    sizes = sorted((v for v in free_vars(goal) if v.kind == "size"), key=lambda v: v.key)
    if not sizes:
        return None
    proved: list[int] = []
    for n in SMALL_SIZES:
        new = (values for values in product((*proved, n), repeat=len(sizes)) if n in values)
        if all(_proved_at(claim, dict(zip(sizes, map(as_index, values), strict=True))) for values in new):
            proved.append(n)
    return Scope(proved, domain(claim).lags) if proved else None


def _proved_at(claim: Claim, sizes: Mapping[Var, Index]) -> bool:
    """Whether a claim is proved at some sizes, and not from hypotheses that nothing meets there."""
    try:
        return decide_by_proof(substitute(claim, sizes)).verdict == "proved"
    except SymrnnError:
        return False
