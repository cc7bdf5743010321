"""THE trusted file: the only place where a claim becomes PROVED, CONDITIONAL or REFUTED.

``check(claim, certificate)`` returns a ``Judgement`` or raises ``Refused``. Each rule's docstring is its inference bar:
premises over a line over the conclusion. Trusted besides this file: the rules of ``analysis``, ``claims`` and
``semantics`` (shapes, substitution, derivative of a step map, normal forms, exact values), the statements in
``lemmas``, Python's fractions, and python-flint's polynomials in the rule for explicit sizes. Certificates come from
search that nobody needs to trust.

No floating point, no simplifier, no ``assert``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn import analysis
from symrnn import certificates as cert
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.reading import read_anew, well_formed_with
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import ONE, check_shapes, is_scalar, shape_of
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import (
    And,
    Const,
    Entry,
    Iff,
    Implies,
    Or,
    Rel,
    Sym,
    Term,
    Trace,
)
from symrnn.errors import Refused, ShapeMismatch, refusal
from symrnn.records import dataclass, replace
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.columns import columns
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.monomials import Poly, minus
from symrnn.semantics.nullity import is_null_outside, is_open
from symrnn.semantics.properties import show_known
from symrnn.semantics.rates import check_values
from symrnn.semantics.sequents import Equation, Sequent, sequent_of
from symrnn.semantics.settling import check_used_up, settled
from symrnn.semantics.steps import check_one_cut, check_product
from symrnn.semantics.uses import as_equation, definition_of, filled, is_instance, lemma_hypotheses

_SEAL = object()


@dataclass(frozen=True)
class Judgement:
    """What the kernel granted. Only this module can make one; ``replay`` from data is the real guard."""

    judged: Claim
    verdict: str
    lemmas: tuple[str, ...]
    failing_set: str | None
    seal: object

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise Refused("judgements are made by the kernel only")

    @property
    def claim(self) -> Claim:
        """What was judged, as a copy: nodes that the kernel may meet again stay its own."""
        ((claim, _),) = read_anew(self.judged)
        return claim  # type: ignore[no-any-return]


def check(claim: Claim, certificate: Node) -> Judgement:
    """The judgement a certificate gives on a claim.

    Raises Refused, and nothing else, if it gives none. What is checked is what the data says: both are read anew.
    """
    try:
        claim, certificate = well_formed_with(claim, certificate)
        rule = _VERDICTS.get(type(certificate))
        if rule is None:
            raise Refused(f"{type(certificate).__name__} is no certificate of a verdict")  # noqa: TRY301
        return rule(claim, certificate)
    except Exception as error:
        raise refusal(error) from error


# ---- verdicts ----


def _proved(claim: Claim, c: cert.Proved) -> Judgement:
    """
    hypotheses |- conclusion        an instance meets the hypotheses, with sizes >= 2 where the domain has them
    -----------------------------------------------------------------------------------------------------------
    PROVED
    """
    _well_typed(claim)
    sequent = sequent_of(claim)
    lemmas = proves(sequent, c.proof)
    if sequent.hypotheses or sequent.settled:
        if c.witness is None:
            raise Refused("no instance shows that the hypotheses can hold together")
        _meets(claim, c.witness)
    return Judgement(claim, "proved", lemmas, None, _SEAL)


def _meets(claim: Claim, witness: Instance) -> None:
    world = World(claim, witness)
    if not world.hypotheses_hold():
        raise Refused("the witness does not meet the hypotheses")
    free_sizes = {v for v in free_vars(sequent_of(claim).goal) if v.kind == "size"}
    if any(v in free_sizes and v.low == 1 and world.integer(v) < 2 for v in world.variables):
        raise Refused("the witness has size 1; the hypotheses must be shown to be met at size 2 or more")


def _refuted(claim: Claim, c: cert.Point) -> Judgement:
    """
    an instance of the domain, recomputed here, meets every hypothesis and violates the conclusion
    ----------------------------------------------------------------------------------------------
    REFUTED
    """
    _well_typed(claim)
    world = World(claim, c.instance)
    if not world.hypotheses_hold():
        raise Refused("the instance does not meet the hypotheses")
    if world.conclusion_holds():
        raise Refused("the instance does not violate the conclusion")
    return Judgement(claim, "refuted", (), world.failing_set(), _SEAL)


def _mismatch(claim: Claim, c: cert.Mismatch) -> Judgement:
    """
    two shapes inside the claim differ, though every size equation among the hypotheses was used
    --------------------------------------------------------------------------------------------
    REFUTED
    """
    plain, _ = settled(claim)
    props = (*plain.hypotheses, plain.conclusion)
    check_used_up(props)
    try:
        for prop in props:
            check_shapes(prop)
    except ShapeMismatch:
        return Judgement(claim, "refuted", (), "unknown", _SEAL)
    raise Refused("all shapes fit")


def _conditional(claim: Claim, c: cert.Null) -> Judgement:
    """
    REFUTED at a point    hypotheses, q != 0 |- conclusion    a witness    q not the zero polynomial, at any size
    -------------------------------------------------------------------------------------------------------------
    CONDITIONAL      (q: a determinant, a discriminant, a number; hypotheses that hold nearby too)
    """
    _refuted(claim, cert.Point(c.point))
    narrowed = Claim(claim.conclusion, (*claim.hypotheses, c.condition), claim.cell)
    judgement = _proved(narrowed, cert.Proved(c.proof, c.witness))
    if not all(map(is_open, sequent_of(claim).hypotheses)):
        raise Refused("null sets among instances that meet such hypotheses are not decided")
    is_null_outside(c.condition, dict(c.scalars), c.ramp)
    return Judgement(claim, "conditional", judgement.lemmas, None, _SEAL)


def entails(claim: Claim, proof: cert.Proof) -> tuple[str, ...]:
    """The lemmas a proof of a claim rests on, vacuous or not; Refused if it proves nothing.

    For inferences: whether the cited steps entail a claim, not whether they are true.
    """
    try:
        claim, proof = well_formed_with(claim, proof)
        _well_typed(claim)
        return proves(sequent_of(claim), proof)
    except Exception as error:
        raise refusal(error) from error


def _well_typed(claim: Claim) -> None:
    if "_well_typed" in claim.__dict__:
        return
    sequent = sequent_of(claim)
    for prop in (*sequent.hypotheses, sequent.goal):
        check_shapes(prop)
    cell = sequent.cell
    if cell is not None and "_well_typed" not in cell.__dict__:
        for s, definition in (*cell.locals, *cell.steps):
            shape = shape_of(definition)
            if shape != s.shape and not (is_scalar(shape) and is_scalar(s.shape)):
                raise Refused(f"the recurrence gives {s.name} another shape than declared")
        cell.__dict__["_well_typed"] = True
    claim.__dict__["_well_typed"] = True


# ---- proofs ----


def proves(sequent: Sequent, proof: Node) -> tuple[str, ...]:
    """The names of the lemmas a valid proof rests on; Refused if it is not valid."""
    rule = _RULES.get(type(proof))
    if rule is not None:
        used = set(rule(sequent, proof))
        return tuple(sorted(used)) if used else ()
    further = analysis.RULES.get(type(proof))
    if further is None:
        raise Refused(f"{type(proof).__name__} is no proof")
    lemmas: set[str] = set()
    analysis.check_own_terms(proof)
    for premise in further(sequent, proof):
        lemmas |= {premise} if isinstance(premise, str) else set(proves(*premise))
    return tuple(sorted(lemmas))


def _words(s: Sequent, c: cert.Words) -> Iterator[str]:
    """
    lhs - rhs = sum of C[l] - C[r] in the normal form of terms, l = r instances of known equations
    ----------------------------------------------------------------------------------------------
    lhs = rhs
    """
    goal = as_equation(s.goal)
    if not c.unfold and len(c.uses) == 1 and is_instance(s, goal, *c.uses[0].parts()[:3]):
        return
    left, right = s.algebra(c.peel_lhs, c.plain), s.algebra(c.peel_rhs, c.plain)
    lhs, rhs = goal.lhs, goal.rhs
    for name in c.unfold:
        definition = definition_of(s, name)
        lhs, rhs = substitute(lhs, {name: definition}), substitute(rhs, {name: definition})
    shapes = [shape_of(lhs), shape_of(rhs)]
    sides = _comparable(lhs, rhs)
    difference = minus(left.poly(sides[0]), right.poly(sides[1]))
    for use in c.uses:
        l, r = filled(s, use.context, use.equation, use.values)
        if not all(_fits(shape_of(side), shapes) for side in (l, r)):
            raise Refused("a use of an equation has another shape than the goal")
        yield from _discharge(s, use)
        sides = _comparable(l, r) if None in shapes else (l, r)
        difference = minus(difference, minus(left.poly(sides[0]), right.poly(sides[1])))
    if difference:
        difference = columns(left, difference)
    if difference and (ONE, ONE) in shapes:
        difference = _as_entry(left, difference)
    if difference:
        raise Refused(f"{len(difference)} terms are left")


def _fits(shape: Any, shapes: list[Any]) -> bool:
    return shape in shapes or (is_scalar(shape) and all(is_scalar(x) for x in shapes))


def _comparable(a: Term, b: Term) -> tuple[Term, Term]:
    """Scalars and 1 x 1 matrices are compared as entries."""
    if None in (shape_of(a), shape_of(b)) and (ONE, ONE) in (shape_of(a), shape_of(b)):
        return Trace(a), Trace(b)
    return a, b


def _as_entry(algebra: Algebra, p: Poly) -> Poly:
    """A 1 x 1 normal form as its entry: transposes and rotations of words are then the same."""
    return algebra.poly(Trace(algebra.to_term(p, (ONE, ONE))))


def _discharge(s: Sequent, use: cert.Use) -> Iterator[str]:
    """The hypotheses of a lemma hold at the instance used; other equations have none."""
    needed = lemma_hypotheses(use.equation, use.values)
    if len(needed) != len(use.discharge):
        raise Refused(f"{use.equation} has {len(needed)} hypotheses to discharge")
    if use.equation.startswith("lemma:"):
        yield use.equation[6:]
    for h, proof in zip(needed, use.discharge, strict=True):
        yield from proves(s.premise(h), proof)


def _induct(s: Sequent, c: cert.Induct) -> Iterator[str]:
    """
    P(low), ..., P(low + b - 1)     P(low + i), ..., P(low + i + b - 1) for all times and indices |- P(low + i + b)
    ------------------------------------------------------------------------------------------------------------- i >= 0
    P(k) for all k >= low, and so for all k of its range
    """
    var, goal = c.var, as_equation(s.goal)
    if var not in free_vars(goal) or var.kind != "lag" or var.low is None or not c.bases:
        raise Refused(f"{var} is no lag of the goal to induct on")
    if not 0 <= c.low <= var.low:
        raise Refused(f"the induction must begin between 0 and {var.low}")
    if s.mentions(var):
        raise Refused(f"{var} occurs in a hypothesis")
    general, recurring = s.generic(goal, var), s.speaks_within(goal)
    for i, proof in enumerate(c.bases):
        yield from proves(s.by_itself(substitute(goal, {var: as_index(c.low + i)}), recurring), proof)
    i_var = as_index(Var(var.name, "lag", 0))
    if i_var != as_index(var) and (set(free_vars(i_var)) & (free_vars(goal) | s.fixed_variables())):
        raise Refused(f"two lags are called {var.name}")
    assumed = dict(s.equations)
    for i in range(len(c.bases)):
        p: Any = substitute(goal, {var: i_var + (c.low + i)})
        assumed[f"ih:{i}"] = Equation.of(p, general, recurring)
    after = s.by_itself(substitute(goal, {var: i_var + (c.low + len(c.bases))}), recurring)
    yield from proves(replace(after, equations=assumed, inducted=(*s.inducted, i_var.terms[0][0])), c.step)


def _chain(s: Sequent, c: cert.Chain) -> Iterator[str]:
    """
    d s_j / d s_(j-1) = X_j at every time j      r <= t (of several blocks: r < t)
    -------------------------------------------------------------------------------
    d s_t / d s_r = X_t X_(t-1) ... X_(r+1)      (s: all state blocks; denominator layout: the other way round)
    """
    check_product(s.cell, s.ranges, as_equation(s.goal), c.step)
    return iter(())


def _through(s: Sequent, c: cert.Through) -> Iterator[str]:
    """
    r < u < t (by an input: r <= u < t)      all that a state owes to the past goes through the state before
    --------------------------------------------------------------------------------------------------------
    d a_t / d b_r = sum over all state blocks s of (d a_t / d s_u) (d s_u / d b_r)
    """
    check_one_cut(s.cell, s.ranges, as_equation(s.goal))
    return iter(())


def _cut(s: Sequent, c: cert.Cut) -> Iterator[str]:
    """
    hypotheses |- l = r        hypotheses, l = r for all its own times, lags and indices |- goal
    ---------------------------------------------------------------------------------------------
    goal
    """
    check_shapes(c.lemma)
    inner = sequent_of(Claim(c.lemma, s.hypotheses, s.cell))
    lemma = as_equation(inner.goal)
    if inner.hypotheses != s.hypotheses:
        raise Refused("a lemma on the way may not have hypotheses of its own")
    recurring = s.speaks_within(lemma)
    yield from proves(s.by_itself(lemma, recurring), c.proof)
    name = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
    found = Equation.of(lemma, s.generic(lemma), recurring)
    yield from proves(replace(s, equations={**s.equations, name: found}), c.rest)


def _both(s: Sequent, c: cert.Both) -> Iterator[str]:
    """
    every part (for an equivalence: both directions)
    ------------------------------------------------
    the conjunction (the equivalence)
    """
    if isinstance(s.goal, And):
        parts = s.goal.args
    elif isinstance(s.goal, Iff):
        parts = (Implies(s.goal.left, s.goal.right), Implies(s.goal.right, s.goal.left))
    else:
        raise Refused("the goal is no conjunction or equivalence")
    if len(parts) != len(c.proofs):
        raise Refused(f"{len(parts)} parts need {len(parts)} proofs")
    for part, proof in zip(parts, c.proofs, strict=True):
        yield from proves(s.towards(part), proof)


def _choose(s: Sequent, c: cert.Choose) -> Iterator[str]:
    """
    one member
    ---------------
    the disjunction
    """
    if not isinstance(s.goal, Or) or not 0 <= c.which < len(s.goal.args):
        raise Refused("the goal is no disjunction with that member")
    yield from proves(s.towards_member(s.goal.args[c.which]), c.proof)


def _by_cases(s: Sequent, c: cert.ByCases) -> Iterator[str]:
    """
    hypotheses, a |- goal      hypotheses, b |- goal
    ------------------------------------------------
    hypotheses, a or b |- goal
    """
    h = s.hypotheses[c.which] if 0 <= c.which < len(s.hypotheses) else None
    if not isinstance(h, Or) or len(h.args) != len(c.proofs):
        raise Refused("there is no such disjunction among the hypotheses, with as many members")
    for member, proof in zip(h.args, c.proofs, strict=True):
        yield from proves(s.with_hypothesis(c.which, member), proof)


def _general(s: Sequent, c: cert.General) -> Iterator[str]:
    """
    |- S, for matrices of the stated shapes without further properties
    ------------------------------------------------------------------
    S with terms of those shapes for its symbols
    """
    values, parameters = dict(c.values), s.cell.params if s.cell is not None else ()
    for sym, value in values.items():
        if not isinstance(sym, Sym) or sym.props or sym.role != "free" or not isinstance(value, Term):
            raise Refused("only free symbols can be generalised")
        if sym.index or sym.family or any(sym.name == p.name for p in parameters):
            raise Refused(f"{sym} is a member of a family, or a parameter of the recurrence")
        if (shape_of(value) or ()) != (sym.shape or ()) or not s.defined(value):
            raise Refused(f"{value} cannot stand for {sym}")
    check_values(c.statement, *values.values())
    if substitute(c.statement, values) != s.goal:
        raise Refused("the goal is no instance of the statement")
    check_shapes(c.statement)
    yield from proves(Sequent(c.statement, (), s.cell, spoken=s.spoken), c.proof)


def _extensional(s: Sequent, c: cert.Extensional) -> Iterator[str]:
    """
    X_ij = Y_ij for a generic row i and column j
    --------------------------------------------
    X = Y
    """
    goal = as_equation(s.goal)
    new = (v for v in (c.row, c.col) if v not in free_vars(goal) and not s.mentions(v))
    if c.row == c.col or [(v.kind, v.low) for v in new] != [("index", None)] * 2:
        raise Refused("row and column must be new, different indices")
    if shape_of(goal.lhs) is None and shape_of(goal.rhs) is None:
        raise Refused("scalars have no entries")
    i, j = as_index(c.row), as_index(c.col)
    sides = [x if isinstance(x, Const) else Entry(x, i, j) for x in (goal.lhs, goal.rhs)]
    yield from proves(replace(s, goal=Rel("=", sides[0], sides[1])), c.proof)


def _known(s: Sequent, c: cert.Known) -> Iterator[str]:
    """
    the facts recorded about the letters of X give the property      the ranges of all integers in it give a relation
    -----------------------------------------------------------      ------------------------------------------------
    X has the property                                               the relation
    """
    show_known(s.algebra("left"), s.goal)
    return iter(())


def _leaf(s: Sequent, c: cert.Leaf) -> Iterator[str]:
    """
    at explicit sizes, entries being independent real unknowns, every entry of lhs - rhs reduces to 0 by polynomials
    that vanish
    -----------------------------------------------------------------------------------------------------------------
    lhs = rhs
    """
    state = s.at_explicit_sizes()
    if not all(state.vanishes(p) for p in state.entries(as_equation(s.goal))):
        raise Refused("an entry does not reduce to 0")
    return iter(())


def _case(s: Sequent, c: cert.Case) -> Iterator[str]:
    """
    f g vanishes      f vanishes |- goal      g vanishes |- goal
    ------------------------------------------------------------
    goal
    """
    state = s.at_explicit_sizes()
    f, g = state.scalar(c.left), state.scalar(c.right)
    if not state.vanishes(f * g):
        raise Refused("the product of the two cases does not vanish")
    yield from proves(replace(s, explicit=state.with_zero(f)), c.if_left)
    yield from proves(replace(s, explicit=state.with_zero(g)), c.if_right)


def _cancel(s: Sequent, c: cert.Cancel) -> Iterator[str]:
    """
    f g vanishes      f is never 0      g vanishes |- goal
    ------------------------------------------------------
    goal
    """
    state = s.at_explicit_sizes()
    f, g = state.scalar(c.factor), state.scalar(c.rest)
    if not state.never_zero(f) or not state.vanishes(f * g):
        raise Refused("nothing to cancel")
    yield from proves(replace(s, explicit=state.with_zero(g)), c.proof)


_RULES: dict[type[Node], Callable[[Sequent, Any], Iterator[str]]] = {
    cert.Words: _words,
    cert.Induct: _induct,
    cert.Chain: _chain,
    cert.Through: _through,
    cert.Cut: _cut,
    cert.Both: _both,
    cert.Choose: _choose,
    cert.ByCases: _by_cases,
    cert.General: _general,
    cert.Extensional: _extensional,
    cert.Known: _known,
    cert.Leaf: _leaf,
    cert.Case: _case,
    cert.Cancel: _cancel,
}

_VERDICTS: dict[type[Node], Callable[[Claim, Any], Judgement]] = {
    cert.Proved: _proved,
    cert.Point: _refuted,
    cert.Mismatch: _mismatch,
    cert.Null: _conditional,
}
