"""Conditions under which a refuted equation does hold, each proved by the kernel and shown to be satisfiable.

Sufficient ones from a list of natural hypotheses; exact ones from the residual lhs - rhs: at the smallest lag where the
claim fails it is factored, what is invertible cancelled, and at small sizes its entries are split into cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Null
from symrnn.claims.index import Var, as_index
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.statements import has_property
from symrnn.claims.substitution import contains, free_vars
from symrnn.claims.text import text
from symrnn.claims.tree import And, Const, Discriminant, ForAll, Iff, IndexRel, Not, Or, Pred, Prop, Rel, Term, Total
from symrnn.errors import SymrnnError
from symrnn.records import dataclass
from symrnn.replay import entry_of
from symrnn.search.decide import Decision, decide_by_proof, with_witness
from symrnn.search.natural import natural_hypotheses
from symrnn.search.nullsets import surely_inverted
from symrnn.search.orbits import speaks_of_limits
from symrnn.search.presentation import domain
from symrnn.search.questions import glimpse, holds, met, prove, refute
from symrnn.search.refute import Tally, violating
from symrnn.search.residuals import exact_forms
from symrnn.semantics.instances import Instance
from symrnn.semantics.numbers import num_text
from symrnn.semantics.sequents import sequent_of
from symrnn.semantics.settling import flatten
from symrnn.verdicts import Condition

MOST_SUFFICIENT = 8
RUNS = 200  # at most, before a proof of a claim with a limit among its hypotheses


@dataclass(frozen=True)
class Candidate:
    """``claim`` says that ``shown`` suffices (or, ``exact``, is equivalent) under ``under``."""

    claim: Claim
    shown: Prop
    exact: bool
    under: tuple[str, ...]


def find(claim: Claim, known: Instance | None = None) -> tuple[Condition, ...]:
    """The conditions found, sufficient ones first; ``known``: an instance that violates the claim.

    What that one meets does not suffice, and no proof is looked for.
    """
    goal, _ = flatten(claim)
    if not isinstance(goal, Rel | Pred):
        return ()
    sufficient: list[Condition] = []
    for candidate in _sufficient(claim):
        told = any(_stronger(candidate.shown, c.text) for c in sufficient)
        if not told and not _insufficient(candidate, known):
            made = _established(candidate)
            sufficient += [made] if made is not None else []
            if len(sufficient) == MOST_SUFFICIENT:
                break
    return (*sufficient, *exact(claim))


def _insufficient(candidate: Candidate, known: Instance | None) -> bool:
    """Whether a claim under a further hypothesis is seen to be false still.

    By the known counterexample; by a few instances of size 2, as what is known at size 1 may not meet it; and by a few
    runs where a limit is a hypothesis, when a failing proof takes longest.
    """
    claim = candidate.claim
    if known is not None and (violating(claim, [known]) is not None or _always_at(candidate, known)):
        return True
    goal, _ = flatten(claim)
    if not speaks_of_limits(claim) and glimpse(claim) is not None:
        return True
    return isinstance(goal, Rel) and speaks_of_limits(claim) and refute(claim, Tally(most=RUNS)) is not None


def _always_at(candidate: Candidate, known: Instance) -> bool:
    """Whether a condition for all times, which no instance is asked for, holds at size 1, and ``known`` has that."""
    sizes = [v for v in free_vars(candidate.shown) if v.kind == "size"]
    if not isinstance(candidate.shown, ForAll) or any((v, 1) not in known.integers for v in sizes):
        return False
    body = candidate.shown.body
    if isinstance(body, Pred) and body.name in ("scalar", "diagonal", "symmetric"):
        return True  # as every matrix of one entry is
    at_one = tuple(IndexRel("=", as_index(v), as_index(1)) for v in sorted(sizes, key=lambda v: v.key))
    return holds(Claim(candidate.shown, at_one, candidate.claim.cell))


def exact(claim: Claim) -> Iterator[Condition]:
    """The exact conditions alone, the most general first."""
    return (c for c in map(_established, _exact(claim)) if c is not None)


def _stronger(condition: Prop, found: str) -> bool:
    """Whether a condition says more than one already found: a multiple of I is diagonal, and symmetric."""
    return (
        isinstance(condition, Pred)
        and condition.name == "scalar"
        and any(found == text(Pred(weaker, condition.arg, "", None)) for weaker in ("diagonal", "symmetric"))
    )


def of_null(claim: Claim, decision: Decision) -> tuple[Condition, ...]:
    """The condition that a CONDITIONAL verdict rests on."""
    c = decision.certificate
    if decision.verdict != "conditional" or not isinstance(c, Null) or decision.judgement is None:
        return ()
    narrowed = Claim(claim.conclusion, (*claim.hypotheses, c.condition), claim.cell)
    shown = with_witness(narrowed, c.proof, [])
    data = entry_of(narrowed, "proved", shown.certificate) if shown.certificate is not None else None
    made = Condition(
        text(c.condition),
        latex(c.condition),
        _necessary(claim, c.condition),
        (),
        domain(claim),
        decision.judgement.lemmas,
        instance_data(c.witness),
        data,
    )
    goal, _ = flatten(claim)
    return (made, *exact(claim)) if isinstance(goal, Pred) else (made,)


def _necessary(claim: Claim, condition: Prop) -> bool:
    """Whether the claim also implies the condition: without an inverse its atom is false; else by proof."""
    parts = condition.args if isinstance(condition, And) else (condition,)
    goal = sequent_of(claim).goal
    atoms = goal.args if isinstance(goal, And) else (goal,)  # of which each must hold: no "or", "not" or "implies"
    needed = frozenset[Term]().union(*(surely_inverted(p) for p in atoms if isinstance(p, Rel | Pred)))
    if all(isinstance(p, Pred) and p.name == "invertible" and p.arg in needed for p in parts):
        return True
    return holds(Claim(condition, (*claim.hypotheses, claim.conclusion), claim.cell))


def _established(candidate: Candidate) -> Condition | None:
    """The candidate as a condition, if the kernel accepts a proof and a witness."""
    claim = candidate.claim
    try:
        for p in (claim.conclusion, *claim.hypotheses):
            check_shapes(p)
        decision = _equivalent(candidate) if candidate.exact else decide_by_proof(claim)
    except SymrnnError:
        return None
    if decision.verdict != "proved" or decision.judgement is None or decision.certificate is None:
        return None
    example = decision.instance
    return Condition(
        text(candidate.shown),
        latex(candidate.shown),
        candidate.exact,
        candidate.under,
        domain(claim),
        decision.judgement.lemmas,
        instance_data(example) if example is not None else None,
        entry_of(claim, "proved", decision.certificate),
    )


def _equivalent(candidate: Candidate) -> Decision:
    """PROVED if the equivalence is, and its condition can be met: unless it can, an equivalence says nothing."""
    claim = candidate.claim
    proof = prove(claim)
    narrowed = Claim(claim.conclusion, (*claim.hypotheses, candidate.shown), claim.cell)
    example = met(narrowed, Tally()) if proof is not None else None
    if proof is None or example is None:
        return Decision("undecided")
    return with_witness(claim, proof, [], example)


def instance_data(instance: Instance) -> dict[str, Any]:
    """An instance as names and closed forms."""

    def show(m: Any) -> list[list[str]]:
        return [[num_text(x) for x in row] for row in m]

    data: dict[str, Any] = {v.name: i for v, i in instance.integers if v.kind in ("size", "lag")}
    data |= {name: show(m) for name, m in instance.matrices}
    data |= {name: [show(m) for m in members] for name, members in instance.families}
    if instance.initial:
        data |= {f"first {name}": show(m) for name, m in instance.initial}
        data |= {f"inputs {name}": [show(m) for m in run] for name, run in instance.inputs}
    return data


# ---- sufficient ----


def _sufficient(claim: Claim) -> Iterator[Candidate]:
    for h in natural_hypotheses(claim):
        yield Candidate(Claim(claim.conclusion, (*claim.hypotheses, h), claim.cell), h, False, ())


# ---- exact ----


def _exact(claim: Claim) -> Iterator[Candidate]:
    """Equivalences: of decompositions; of equations at the smallest lag where the claim is no identity."""
    goal, _ = flatten(claim)
    if contains(goal, Total):
        return  # what is left of such claims at one lag says little, and is long
    if isinstance(goal, Pred) and goal.name == "diagonalizable":
        yield from _of_decompositions(claim, goal)
    if not isinstance(goal, Rel) or goal.op != "=":
        return
    lags = sorted((v for v in free_vars(goal) if v.kind == "lag"), key=lambda v: v.key)
    if len(lags) > 1:
        return
    setting = _first_failing_lag(claim, lags[0]) if lags else ()
    if setting is None:
        return
    for form in exact_forms(claim, setting):
        hypotheses = (*claim.hypotheses, *setting, *form.under)
        statement = Iff(form.claim, form.condition)
        under = tuple(text(p) for p in (*setting, *form.under))
        under += (f"for all {form.quantified}",) if form.quantified else ()
        yield Candidate(Claim(statement, hypotheses, claim.cell), form.condition, True, under)


def _of_decompositions(claim: Claim, goal: Pred) -> Iterator[Candidate]:
    """By the minimal polynomial; at size 2 by the discriminant."""
    shown: Prop = Pred("squarefree_minimal_polynomial", goal.arg, "C", None)
    yield Candidate(Claim(Iff(goal, shown), claim.hypotheses, claim.cell), shown, True, ())
    sizes = [v for v in free_vars(goal) if v.kind == "size"]
    if len(sizes) == 1:
        small = IndexRel("=", as_index(sizes[0]), as_index(2))
        distinct = Not(Rel("=", Discriminant(goal.arg), Const(Fraction(0))))
        shown = Or((distinct, has_property("scalar", goal.arg)))
        yield Candidate(Claim(Iff(goal, shown), (*claim.hypotheses, small), claim.cell), shown, True, (text(small),))


def _first_failing_lag(claim: Claim, lag: Var) -> tuple[Prop, ...] | None:
    low = lag.low or 0
    for value in range(low, low + 3):
        fixed: Prop = IndexRel("=", as_index(lag), as_index(value))
        if prove(Claim(claim.conclusion, (*claim.hypotheses, fixed), claim.cell)) is None:
            return (fixed,)
    return None
