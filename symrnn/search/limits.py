"""Limits: by geometric bounds, by entrywise domination, by powers of one matrix, by stronger statements. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from symrnn.analysis import is_read_off
from symrnn.certificates import (
    AllTrajectories,
    Dominated,
    Geometric,
    Proof,
    Rewritten,
    Split,
    Steer,
    Turn,
    Within,
    Words,
)
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Const, Eye, ForAllTrajectories, Inv, Jac, MatMul, Not, Pow, Pred, Prop, Rel, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.eigenvectors import prove_limit_at_eigenvectors
from symrnn.search.geometric import prove_limit_of_sums
from symrnn.search.lemmas import Prover, accepted, prove_by_lemma, with_facts
from symrnn.search.matching import match_term
from symrnn.semantics.bounds import upper
from symrnn.semantics.rates import dominant, rates
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.steering import steered

KINDS = ("2", "1", "inf")


def prove_limit(s: Sequent, prove: Prover) -> Proof | None:
    """A limit as k grows, or the negation of one."""
    goal = s.goal
    if isinstance(goal, Not) and isinstance(goal.arg, Pred) and goal.arg.var is not None:
        return _turned(s, prove)
    if isinstance(goal, ForAllTrajectories):
        return _for_all(s, prove)
    if not isinstance(goal, Pred) or goal.var is None:
        return None
    plain = _plainly(s, prove) or prove_rewritten(s, prove) or _in_normal_form(s, prove)
    further = (prove_limit_of_sums, prove_limit_at_eigenvectors)
    found = plain or next((p for find in further if (p := find(s, lambda x: _plainly(x, prove))) is not None), None)
    return found or _turned(s, prove)


def _plainly(s: Sequent, prove: Prover) -> Proof | None:
    """A limit of the expression as it stands."""
    strategies = (prove_by_lemma, _geometric, _factored, _dominated, _split)
    return next((p for strategy in strategies if (p := strategy(s, prove)) is not None), None)


def _in_normal_form(s: Sequent, prove: Prover) -> Proof | None:
    """A Jacobian by an input as the one by the state before; (u v^T)^k as the power of a number."""
    goal = s.goal
    if not isinstance(goal, Pred):
        return None
    parts = list(walk(goal.arg))
    by_input = any(isinstance(x, Jac) and x.wrt.role != "state" for x in parts)
    if not by_input and not any(isinstance(x, Pow) and isinstance(x.base, MatMul) for x in parts):
        return None
    try:
        term = s.algebra("left").term(goal.arg)
    except SymrnnError:
        return None
    proof = prove_limit(replace(s, goal=replace(goal, arg=term)), prove) if term != goal.arg else None
    made = Rewritten(term, Words("left", "left", (), ()), proof) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def _geometric(s: Sequent, prove: Prover) -> Proof | None:
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or goal.name == "explodes":
        return None
    tried: set[tuple[Prop, ...]] = set()
    for assumed in (True, False):
        for kind in KINDS:
            try:
                needed = rates(s, upper(s, goal.arg, kind, assumed), goal.var, strictly=goal.name == "vanishes")
            except SymrnnError:
                continue
            if needed in tried:
                continue
            tried.add(needed)
            proofs = _each(s, needed, prove)
            made = None if proofs is None else Geometric(kind, assumed, proofs)
            if made is not None and accepted(s, made):
                return made
    return None


def _each(s: Sequent, needed: tuple[Prop, ...], prove: Prover) -> tuple[Proof, ...] | None:
    proofs = []
    for p in needed:
        proof = prove(replace(s, goal=p))
        if proof is None:
            return None
        proofs.append(proof)
    return tuple(proofs)


def _dominated(s: Sequent, prove: Prover) -> Proof | None:
    """By a matrix of magnitudes, of whose powers a lemma speaks."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or goal.name == "explodes":
        return None
    try:
        above = dominant(s, goal.arg)
        inner = replace(s, goal=Pred(goal.name, above, "", goal.var))
        if inner.algebra("left").poly(above) == s.algebra("left").poly(goal.arg):
            return None  # its own magnitude
    except SymrnnError:
        return None
    proof = prove_by_lemma(inner, prove) or _factored(inner, prove)
    if proof is None and goal.name == "bounded":
        proof = _turned(inner, lambda x: prove_by_lemma(x, prove))
    made = Dominated(proof) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def _factored(s: Sequent, prove: Prover) -> Proof | None:
    """What stands beside the part that depends on the lag is left out."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or goal.name == "explodes":
        return None
    for left, inner, right in _splits(goal.arg, goal):
        proof = prove_limit(replace(s, goal=Pred(goal.name, inner, "", goal.var)), prove)
        made = Within(left, inner, right, proof) if proof is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def _splits(t: Term, goal: Pred) -> Iterator[tuple[Term, Term, Term]]:
    if isinstance(t, Pow) and goal.var is not None and shape_of(t) is not None:
        moving_part = as_index(goal.var) * dict(t.exponent.terms).get(goal.var, 0)
        rest = t.exponent - moving_part
        if rest.is_const and rest.const > 0 and moving_part.terms:
            yield Pow(t.base, rest), Pow(t.base, moving_part), Eye((shape_of(t) or (ONE,))[0])
    if not isinstance(t, MatMul | Times):
        return
    moving = [i for i, x in enumerate(t.args) if goal.var in free_vars(x)]
    if not moving or len(t.args) == moving[-1] - moving[0] + 1:
        return
    one: Term = Const(Fraction(1))
    parts = (t.args[: moving[0]], t.args[moving[0] : moving[-1] + 1], t.args[moving[-1] + 1 :])
    left, inner, right = (type(t)(p) if len(p) > 1 else p[0] if p else one for p in parts)
    if isinstance(t, MatMul):
        shape = shape_of(inner)
        if shape is not None:
            left = Eye(shape[0]) if left == one else left
            right = Eye(shape[1]) if right == one else right
    yield left, inner, right


def _split(s: Sequent, prove: Prover) -> Proof | None:
    """A product of what is bounded and what vanishes, powers of a number moved from the one to the other."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or goal.name == "explodes" or not isinstance(goal.arg, MatMul):
        return None
    for i in range(1, len(goal.arg.args)):
        left, right = (p[0] if len(p) == 1 else MatMul(p) for p in (goal.arg.args[:i], goal.arg.args[i:]))
        for first, names in ((left, ("bounded", goal.name)), (right, (goal.name, "bounded"))):
            rate = _rate(s, first, goal.var)
            if rate is None:
                continue
            lag = as_index(goal.var)
            scales = Pow(Const(rate), lag), Pow(Const(1 / rate), lag)
            a, b = scales[::-1] if first is left else scales
            parts = _scaled_by(a, left, goal.var), _scaled_by(b, right, goal.var)
            goals = (replace(s, goal=Pred(name, x, "", goal.var)) for name, x in zip(names, parts, strict=True))
            proofs = [prove_limit(g, prove) for g in goals]
            if proofs[0] is None or proofs[1] is None:
                continue
            made = Split(*parts, proofs[0], proofs[1], first is left)
            if accepted(s, made):
                return made
    return None


def _scaled_by(c: Term, t: Term, lag: Var) -> Term:
    """c t, the factor standing where t depends on the lag, so that what stands beside it can be left out."""
    if isinstance(t, MatMul):
        at = next((i for i, x in enumerate(t.args) if lag in free_vars(x)), 0)
        return MatMul((*t.args[:at], Times((c, t.args[at])), *t.args[at + 1 :]))
    return Times((c, t))


def _rate(s: Sequent, t: Term, lag: Var) -> Fraction | None:
    """c where the bound of a term is c^lag times what does not depend on it."""
    try:
        p = s.algebra("left").poly(upper(s, t, "2", assumed=True))
    except SymrnnError:
        return None
    if len(p) != 1:
        return None
    rate = Fraction(1)
    for atom, e in next(iter(p))[0]:
        times = dict(e.terms).get(lag, 0)
        if times and not (isinstance(atom, Const) and atom.value > 0):
            return None
        rate *= atom.value**times if isinstance(atom, Const) else 1
    return rate


def prove_rewritten(s: Sequent, prove: Prover) -> Proof | None:
    """A limit or property by an equation among the hypotheses, one of whose sides the expression is."""
    goal = s.goal
    if not isinstance(goal, Pred):
        return None
    for equation in s.equations.values():
        for side, other in ((equation.lhs, equation.rhs), (equation.rhs, equation.lhs)):
            values: dict[Any, Any] = {}
            if not match_term(side, goal.arg, equation.free, values):
                continue
            term = substitute(other, values)
            equal = prove(replace(s, goal=Rel("=", goal.arg, term)))
            after = replace(s, goal=replace(goal, arg=term))
            onwards = prove if goal.var is None else partial(_plainly, prove=prove)  # not back again
            rest = onwards(after) if equal is not None else None
            made = Rewritten(term, equal, rest) if equal is not None and rest is not None else None
            if made is not None and accepted(s, made):
                return made
    return None


def _turned(s: Sequent, prove: Prover) -> Proof | None:
    """From a stronger statement: what vanishes is bounded, what explodes does not vanish."""
    goal = s.goal
    if isinstance(goal, Pred) and goal.name in ("vanishes", "bounded") and is_read_off(goal.arg):
        inner: Prop = replace(goal, arg=goal.arg.arg)  # type: ignore[attr-defined]
    elif isinstance(goal, Pred) and goal.name == "bounded":
        inner = replace(goal, name="vanishes")
    elif isinstance(goal, Not) and isinstance(goal.arg, Pred) and goal.arg.name in ("explodes", "vanishes", "bounded"):
        inner = replace(goal.arg, name="bounded" if goal.arg.name == "explodes" else "explodes")
    else:
        return None
    proof = prove(replace(s, goal=inner))
    made = Turn(proof) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def _for_all(s: Sequent, prove: Prover) -> Proof | None:
    goal = s.goal
    if not isinstance(goal, ForAllTrajectories):
        return None
    kept = tuple(h for h in s.hypotheses if all(x.role == "free" for x in symbols(h)))
    try:
        proof = prove(s.about_any_trajectory(goal.body, kept))
    except SymrnnError:
        return None
    made = AllTrajectories(proof) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def prove_by_steering(s: Sequent, prove: Prover) -> Proof | None:
    """A hypothesis about all trajectories, at the one where the inputs make every pre-activation 0."""
    for i, h in enumerate(s.hypotheses):
        if not isinstance(h, ForAllTrajectories):
            continue
        try:
            found = steered(s, i)
            richer = s.with_fact(found.statement)
        except SymrnnError:
            continue
        for inverse in _right_inverses(s, found.weight):
            onto = prove(replace(s, goal=Rel("=", MatMul((found.weight, inverse)), found.identity)))
            if onto is None:
                continue
            inner, wrap = with_facts(richer, prove)
            proof = prove(inner)
            made = Steer(i, inverse, onto, wrap(proof)) if proof is not None else None
            if made is not None and accepted(s, made):
                return made
    return None


def _right_inverses(s: Sequent, weight: Term) -> Iterator[Term]:
    """Its inverse if it has one; else what a hypothesis multiplies it by to give I."""
    shape = shape_of(weight)
    if shape is not None and shape[0] == shape[1]:
        yield Inv(weight)
    for h in s.hypotheses:
        for side in (h.lhs, h.rhs) if isinstance(h, Rel) and h.op == "=" else ():
            if isinstance(side, MatMul) and len(side.args) == 2 and side.args[0] == weight:
                yield side.args[1]
