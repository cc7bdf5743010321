"""Proofs: the strategies in order, from the cheapest. Untrusted.

An equation is tried by normal forms and rewriting, by induction on each of its lags, then at explicit sizes.
"""

from __future__ import annotations

from collections.abc import Callable

from symrnn import kernel
from symrnn.certificates import Both, ByCases, Choose, Known, Proof
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import And, Iff, Implies, Or, Pred, Prop, Rel
from symrnn.errors import SymrnnError
from symrnn.search.cuts import prove_with_cuts
from symrnn.search.entrywise import prove_entrywise
from symrnn.search.equations import prove_equation
from symrnn.search.explicit import prove_explicit
from symrnn.search.inductions import prove_by_induction
from symrnn.search.limits import prove_by_bounds
from symrnn.search.refute import quickly_refuted
from symrnn.search.reversals import prove_with_a_sum_reversed
from symrnn.search.states import prove_by_the_whole_state
from symrnn.search.substitutions import prove_by_substitution
from symrnn.search.unfolding import prove_by_unfolding
from symrnn.semantics.sequents import Sequent, sequent_of

Strategy = Callable[[Sequent], Proof | None]


def prove(claim: Claim) -> Proof | None:
    """A proof of a claim, or None; whether it is one is for the kernel to say."""
    try:
        return None if quickly_refuted(claim) else prove_sequent(sequent_of(claim))
    except SymrnnError:
        return None


def prove_sequent(s: Sequent) -> Proof | None:
    """A proof of the goal of a sequent by the first strategy that finds one."""
    goal = s.goal
    which = next((i for i, h in enumerate(s.hypotheses) if isinstance(h, Or)), None)
    if which is not None:
        return _by_cases(s, which)
    if isinstance(goal, And):
        return _all(s, goal.args)
    if isinstance(goal, Iff):
        return _all(s, (Implies(goal.left, goal.right), Implies(goal.right, goal.left)))
    if isinstance(goal, Or):
        return _any(s, goal)
    if isinstance(goal, Pred):
        return prove_by_bounds(s) or _by_facts(s)
    if isinstance(goal, Rel) and goal.op != "=":
        return prove_by_bounds(s)
    if isinstance(goal, Rel):
        found = (p for strategy in EQUATION_STRATEGIES if (p := strategy(s)) is not None)
        return next((p for p in found if _holds(s, p)), None)
    return None


def _holds(s: Sequent, proof: Proof) -> bool:
    try:
        kernel.proves(s, proof)
    except SymrnnError:
        return False
    return True


def _by_facts(s: Sequent) -> Proof | None:
    return Known() if _holds(s, Known()) else None


def _by_cases(s: Sequent, which: int) -> Proof | None:
    h = s.hypotheses[which]
    proofs = [prove_sequent(s.with_hypothesis(which, a)) for a in (h.args if isinstance(h, Or) else ())]
    return ByCases(which, tuple(p for p in proofs if p is not None)) if all(p is not None for p in proofs) else None


def _all(s: Sequent, parts: tuple[Prop, ...]) -> Proof | None:
    proofs = []
    for part in parts:
        proof = prove_sequent(s.towards(part))
        if proof is None:
            return None
        proofs.append(proof)
    return Both(tuple(proofs))


def _any(s: Sequent, goal: Or) -> Proof | None:
    found = prove_explicit(s)
    if found is not None:
        return found
    for i, part in enumerate(goal.args):
        proof = prove_sequent(s.towards(part))
        if proof is not None:
            return Choose(i, proof)
    return None


EQUATION_STRATEGIES: tuple[Strategy, ...] = (
    prove_by_the_whole_state,
    prove_equation,
    prove_with_cuts,
    prove_entrywise,
    prove_by_induction,
    prove_with_a_sum_reversed,
    prove_by_substitution,
    prove_by_unfolding,
    prove_explicit,
)
