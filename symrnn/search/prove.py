"""Proofs: the strategies in order, from the cheapest. Untrusted.

An equation is tried by normal forms and rewriting, by induction on each of its lags, then at explicit sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symrnn.certificates import Both, ByCases, Choose, Known, Proof
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import contains
from symrnn.claims.tree import And, Entry, ForAllTrajectories, Iff, Implies, IndexRel, Not, Or, Pred, Prop, Rel
from symrnn.errors import SymrnnError
from symrnn.search.activations import prove_by_congruence, prove_by_injectivity
from symrnn.search.alternatives import prove_by_the_larger
from symrnn.search.annihilators import prove_by_annihilator
from symrnn.search.ascents import prove_by_ascent
from symrnn.search.block_limits import prove_block_limit
from symrnn.search.bodies import prove_by_bodies
from symrnn.search.bounds_by_entries import prove_at_every_step, prove_by_contrary, with_bounds
from symrnn.search.conjugations import prove_by_conjugation, prove_by_definitions
from symrnn.search.constant_steps import prove_by_constant_steps
from symrnn.search.constants import with_constants
from symrnn.search.contractions import prove_by_contraction
from symrnn.search.cuts import prove_with_cuts
from symrnn.search.entrywise import prove_entrywise
from symrnn.search.equations import expanded, prove_at_once, prove_equation
from symrnn.search.explicit import prove_explicit
from symrnn.search.geometric import prove_with_closed_sums
from symrnn.search.given import prove_by_value, with_matrices
from symrnn.search.inductions import prove_by_induction
from symrnn.search.inverses import prove_by_definition, prove_different, prove_invertible, prove_with_inverses
from symrnn.search.jordan import prove_by_binomials
from symrnn.search.lags import prove_for_any_lag
from symrnn.search.lemmas import accepted, facts, norms, properties, prove_by_lemma, radii, with_facts, written_out
from symrnn.search.limits import prove_by_steering, prove_limit, prove_rewritten
from symrnn.search.long_products import norms_of_chains, norms_of_products, prove_of_product, prove_step_by_step
from symrnn.search.losses_by_steps import prove_by_losses_by_steps
from symrnn.search.models import Models
from symrnn.search.orders import prove_by_antisymmetry, prove_by_contradiction, prove_by_sign, prove_order
from symrnn.search.paths import prove_by_paths
from symrnn.search.powers import grams, nilpotents, prove_by_powers
from symrnn.search.products import prove_by_products
from symrnn.search.quantified import prove_at_chosen_matrices
from symrnn.search.regular import prove_regular
from symrnn.search.reversals import prove_with_a_sum_reversed
from symrnn.search.spelling import prove_by_spelling, with_slopes_as_values
from symrnn.search.states import prove_by_the_whole_state
from symrnn.search.steady import prove_with_what_is_steady
from symrnn.search.steps import prove_by_steps
from symrnn.search.stepwise import prove_factor_by_factor, prove_limit_factor_by_factor
from symrnn.search.substitutions import prove_by_substitution
from symrnn.search.totals import prove_by_totals
from symrnn.search.unfolding import prove_by_unfolding
from symrnn.search.unrolled import prove_by_unrolling
from symrnn.search.volumes import orthogonal_volumes, prove_limit_of_determinant, volumes
from symrnn.semantics.sequents import Sequent, sequent_of

Strategy = Callable[[Sequent], Proof | None]
DEEPEST = 3  # lemmas that serve lemmas
FEW = 3  # instances at which an equation is tried before it is rewritten
Question = tuple[Prop, tuple[Prop, ...], tuple[str, ...]]  # goal, hypotheses, what equations are called


class Search:
    """What is known of the goals on the way to one proof: proofs, how deep there was none, and what plainly fails."""

    def __init__(self, claim: Claim) -> None:
        self.models = Models(claim)
        self.proofs: dict[Question, Proof] = {}
        self.failed: dict[Question, int] = {}  # what was not found at a depth is not found deeper, with less at hand

    def prove(self, s: Sequent, depth: int) -> Proof | None:
        question = (s.goal, s.hypotheses, tuple(s.equations))
        found = self.proofs.get(question)
        if found is not None or depth > DEEPEST or self.failed.get(question, depth + 1) <= depth:
            return found
        found = prove_sequent(s, self, depth)
        if found is None:
            self.failed[question] = depth
        else:
            self.proofs[question] = found
        return found


def prove(claim: Claim) -> Proof | None:
    """A proof of a claim, or None; whether it is one is for the kernel to say."""
    try:
        s = sequent_of(claim)
        chained = prove_by_steps(s)
        if chained is not None:
            return chained
        s, wrap = with_matrices(s)
        found = prove_by_value(s)
        if found is None:
            s, wrap_constants = with_constants(s)
            found = _prove(s, Search(claim))
            found = wrap_constants(found) if found is not None else None
        return wrap(found) if found is not None else None
    except SymrnnError:
        return None


def _prove(s: Sequent, search: Search) -> Proof | None:
    easy = None if any(isinstance(h, Or) for h in s.hypotheses) else prove_at_once(s)
    return easy or prove_for_any_lag(s, lambda x: prove_sequent(x, search)) or prove_sequent(s, search)


def prove_sequent(s: Sequent, search: Search, depth: int = 0) -> Proof | None:
    """A proof of the goal of a sequent by the first strategy that finds one; ``depth``: how many lemmas it serves."""

    def deeper(inner: Sequent) -> Proof | None:
        return search.prove(inner, depth + 1)

    which = next((i for i, h in enumerate(s.hypotheses) if isinstance(h, Or)), None)
    if which is not None:
        return _by_cases(s, which, search, depth)
    by_powers = None if depth else _by_powers(s, search, deeper)
    found = by_powers or _by_goal(s, search, depth, deeper)
    if found is not None or depth or search.models.refute(s):
        return found
    found = prove_with_inverses(s, deeper, lambda x: _by_goal(x, search, 0, deeper))
    if found is not None:
        return found
    found = _from_facts(s, search, deeper)
    if found is None and s.hypotheses:
        found = prove_by_contrary(s, lambda x: _by_goal(x, search, 1, deeper) or _from_facts(x, search, deeper))
    if found is None and isinstance(s.goal, Not):
        found = prove_regular(s, lambda x: prove_by_contrary(x, lambda y: _by_goal(y, search, 1, deeper)))
    return found if found is not None else prove_by_steering(s, deeper)


def _by_powers(s: Sequent, search: Search, deeper: Strategy) -> Proof | None:
    """The goal with Jacobians and matrices as the powers that they are."""

    def again(inner: Sequent) -> Proof | None:
        return prove_by_conjugation(inner, plainly) or prove_by_definitions(inner, plainly) or plainly(inner)

    def plainly(inner: Sequent) -> Proof | None:
        return _by_goal(inner, search, 0, deeper) or _from_facts(inner, search, deeper)

    return prove_by_constant_steps(s, again) or prove_by_conjugation(s, plainly) or prove_by_definitions(s, plainly)


def _from_facts(s: Sequent, search: Search, deeper: Strategy) -> Proof | None:
    """The goal by what entries say of norms, and lemmas of the hypotheses."""
    bounds, wrap_bounds = with_bounds(s, deeper)
    richer, wrap = with_facts(
        bounds,
        deeper,
        (
            nilpotents,
            grams,
            radii,
            norms,
            properties,
            facts,
            norms_of_products,
            norms_of_chains,
            written_out,
            orthogonal_volumes,
            volumes,
            expanded,
        ),
    )
    found = _by_goal(richer, search, 1, deeper) if richer is not s else None
    if found is None and s.hypotheses:
        found = prove_at_every_step(richer, deeper)
    return wrap_bounds(wrap(found)) if found is not None else None


def _by_goal(s: Sequent, search: Search, depth: int, deeper: Strategy) -> Proof | None:
    goal = s.goal
    equation = isinstance(goal, Rel) and goal.op == "="
    if equation and search.models.refute(s, FEW):
        return None
    value = None if isinstance(goal, And | Or | Iff) else prove_by_value(s)
    if value is not None:
        return value
    plain = _first(s, PLAIN if not depth else PLAINEST) if equation else None
    if plain is not None or search.models.refute(s):
        return plain
    if isinstance(goal, And):
        return _all(s, goal.args, search, depth)
    if isinstance(goal, Iff):
        return _all(s, (Implies(goal.left, goal.right), Implies(goal.right, goal.left)), search, depth)
    if isinstance(goal, Or):
        return _any(s, goal, search, depth, deeper)
    if isinstance(goal.arg if isinstance(goal, Not) else goal, IndexRel):
        return _by_facts(s)
    if isinstance(goal, Not) and (distinct := prove_different(s)) is not None:
        return distinct
    if isinstance(goal, ForAllTrajectories | Not) or (isinstance(goal, Pred) and goal.var is not None):
        return (
            prove_limit_of_determinant(s, deeper)
            or prove_limit(s, deeper)
            or prove_block_limit(s, deeper)
            or prove_by_lemma(s, deeper, depth)
            or prove_limit_factor_by_factor(s, deeper)
        )
    if isinstance(goal, Pred):
        return (
            _by_facts(s)
            or prove_of_product(s)
            or prove_by_lemma(s, deeper, depth)
            or prove_by_annihilator(s, deeper)
            or prove_rewritten(s, deeper)
            or prove_invertible(s, deeper)
            or prove_regular(s, deeper)
            or prove_by_definition(s, deeper)
            or prove_at_chosen_matrices(s)
        )
    if isinstance(goal, Rel) and goal.op != "=":
        return (
            prove_by_lemma(s, deeper, depth)
            or prove_order(s, deeper)
            or prove_by_sign(s, deeper)
            or prove_by_contradiction(s, deeper)
            or prove_by_products(s)
            or prove_by_ascent(s, prove_by_products)
            or prove_by_powers(s, deeper)
            or prove_step_by_step(s, deeper)
            or prove_factor_by_factor(s, deeper)
        )
    if isinstance(goal, Rel):
        found = None if depth else _first(s, EQUATION_STRATEGIES)
        found = found or prove_by_lemma(s, deeper, depth) or prove_by_antisymmetry(s, deeper)
        return found or (None if depth else prove_by_contraction(s, deeper))
    return None


def _first(s: Sequent, strategies: Iterable[Strategy]) -> Proof | None:
    found = (p for strategy in strategies if (p := strategy(s)) is not None)
    return next((p for p in found if accepted(s, p)), None)


def _by_facts(s: Sequent) -> Proof | None:
    return Known() if accepted(s, Known()) else None


def _by_cases(s: Sequent, which: int, search: Search, depth: int) -> Proof | None:
    h = s.hypotheses[which]
    proofs = []
    for case in (s.with_hypothesis(which, a) for a in (h.args if isinstance(h, Or) else ())):
        proof = (prove_explicit(case) if contains(h, Entry) else None) or search.prove(case, depth)
        if proof is None:
            return None
        proofs.append(proof)
    return ByCases(which, tuple(proofs))


def _all(s: Sequent, parts: tuple[Prop, ...], search: Search, depth: int) -> Proof | None:
    proofs = []
    for part in parts:
        proof = search.prove(s.towards(part), depth)
        if proof is None:
            return None
        proofs.append(proof)
    return Both(tuple(proofs))


def _any(s: Sequent, goal: Or, search: Search, depth: int, deeper: Strategy) -> Proof | None:
    found = prove_explicit(s) or prove_by_lemma(s, deeper, depth)
    if found is not None:
        return found
    for i, part in enumerate(goal.args):
        proof = search.prove(s.towards_member(part), depth)
        if proof is not None:
            return Choose(i, proof)
    return prove_by_the_larger(s, deeper)


def _by_totals(s: Sequent) -> Proof | None:
    """With derivatives by parameters written out, by the other strategies."""
    return prove_by_totals(s, lambda inner: _first(inner, AFTER_TOTALS))


def _by_slopes(s: Sequent) -> Proof | None:
    """With the slopes of states as values at every step, by the strategies for sums and products."""

    return with_slopes_as_values(s, lambda inner: _first(inner, (prove_equation, _by_totals, prove_by_induction)))


AFTER_TOTALS: tuple[Strategy, ...] = (prove_equation, prove_by_induction)
PLAINEST: tuple[Strategy, ...] = (prove_by_steps, prove_equation)
PLAIN: tuple[Strategy, ...] = (
    prove_by_steps,
    prove_by_the_whole_state,
    prove_by_paths,
    prove_by_bodies,
    prove_equation,
)
EQUATION_STRATEGIES: tuple[Strategy, ...] = (
    prove_by_losses_by_steps,
    prove_by_unrolling,
    _by_totals,
    prove_with_closed_sums,
    prove_with_cuts,
    prove_with_what_is_steady,
    prove_entrywise,
    prove_by_induction,
    prove_by_spelling,
    _by_slopes,
    prove_with_a_sum_reversed,
    prove_by_substitution,
    prove_by_unfolding,
    prove_by_binomials,
    prove_at_chosen_matrices,
    prove_by_injectivity,
    prove_by_congruence,
    prove_explicit,
)
