"""Jacobians over k steps as the products that they are: their norms, and properties that products keep. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

from symrnn.certificates import Chain, Fact, Known, Order, Proof, Rewritten, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import contains, free_vars, rebuild, symbols, walk
from symrnn.claims.tree import HOLE, Const, Jac, MatMul, Norm, Pow, Pred, Prod, Prop, Rel, Sym, Term
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.orders import prove_order
from symrnn.semantics.bounds import upper
from symrnn.semantics.derivative import one_step
from symrnn.semantics.inequalities import AtMost
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent

STEP = Var("step", "index", None)
MOST_NORMS = 6
ONE = as_index(1)
UNIT_TERM = Const(Fraction(1))


def norms_of_products(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||J|| = ||product of the one-step Jacobians|| where the goal bounds the one and speaks of a product."""
    if not contains(s.goal, Prod):
        return
    for x in sorted({x for x in walk(s.goal) if isinstance(x, Norm)}, key=lambda x: x.key):
        whole = as_product(s, x.arg)
        if whole is not None:
            name = list(add(s, whole).equations)[-1]
            inner = replace(s, goal=Rel("=", x, Norm(whole.rhs, x.kind)))
            proof = wrap([(whole, Chain(None))], Words("left", "left", (), (Use(Norm(HOLE, x.kind), name, (), ()),)))
            if accepted(inner, proof):
                yield inner.goal, proof


def norms_of_chains(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||J|| = ||J' J''|| for Jacobians of the goal that follow on each other."""
    said = dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Norm) and isinstance(x.arg, Jac))
    for x, y, z in permutations(said, 3) if len(said) <= MOST_NORMS else ():
        whole, last, first = x.arg, y.arg, z.arg
        if not isinstance(whole, Jac) or not isinstance(last, Jac) or not isinstance(first, Jac):
            continue
        if (whole.of, whole.wrt) != (last.of, first.wrt) or last.wrt != first.of or x.kind != y.kind:
            continue
        equation = Rel("=", whole, MatMul((last, first)))
        proof = prove(replace(s, goal=equation))
        inner = replace(s, goal=Rel("=", x, replace(x, arg=equation.rhs)))
        use = Words("left", "left", (), (Use(Norm(HOLE, x.kind), f"hyp:{len(s.hypotheses)}", (), ()),))
        if proof is not None and accepted(inner, made := Fact(equation, proof, use)):
            yield inner.goal, made


def prove_step_by_step(s: Sequent, prove: Prover) -> Proof | None:
    """||J|| <= r^k since the norm of one step is at most r, and so ||X^k|| <= r^k."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "<=" or not isinstance(goal.rhs, Pow) or not isinstance(goal.lhs, Norm):
        return None
    try:
        powered = isinstance(goal.lhs.arg, Jac | Pow)
        bound = upper(s, goal.lhs.arg, goal.lhs.kind, assumed=False) if powered else None
    except SymrnnError:
        return None
    if not isinstance(bound, Pow) or bound.exponent != goal.rhs.exponent:
        return None
    step = Rel("<=", bound.base, goal.rhs.base)
    proof = prove_order(replace(s, goal=step), prove) or prove(replace(s, goal=step))
    norm = AtMost("norm", goal.lhs, (), (), UNIT_TERM, ONE)
    power = AtMost(f"hyp:{len(s.hypotheses)}", UNIT_TERM, (), (), UNIT_TERM, bound.exponent)
    made = Fact(step, proof, Order((norm, power))) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def prove_of_product(s: Sequent) -> Proof | None:
    """A property that the product of the one-step Jacobians has, perhaps with weights as hypotheses say they are."""
    whole = as_product(s, s.goal.arg) if isinstance(s.goal, Pred) and s.goal.var is None else None
    if whole is None or not isinstance(s.goal, Pred) or not isinstance(whole.rhs, Prod):
        return None
    plain = Rewritten(whole.rhs, Chain(None), Known())
    if accepted(s, plain):
        return plain
    term = replace(whole.rhs, body=_with_given(s, whole.rhs.body))
    if term == whole.rhs or not accepted(replace(s, goal=replace(s.goal, arg=term)), Known()):
        return None
    inner = replace(s, goal=Rel("=", s.goal.arg, term))
    equal = prove_equation(inner) or prove_by_induction(inner)
    made = Rewritten(term, equal, Known()) if equal is not None else None
    return made if made is not None and accepted(s, made) else None


def _with_given(s: Sequent, t: Term) -> Term:
    """A step with what equations say that its matrices are: its weights, and the slopes at every time."""
    known: dict[Term, Term] = {}
    for e in s.equations.values():
        for x, value in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            if not isinstance(x, Sym) or x in symbols(value):
                continue
            known.setdefault(x, value)
            always = x.role == "local" and e.free == free_vars(x.index[0]) and not free_vars(value) & e.free
            definition = s.cell.definition(x.name, as_index(STEP)) if always and s.cell is not None else None
            if definition is not None:
                known.setdefault(definition, value)

    def go(n: Any) -> Any:
        if isinstance(n, Index | Var):
            return n
        return known[n] if n in known else rebuild(n, go)

    return go(t)  # type: ignore[no-any-return]


def as_product(s: Sequent, jac: Term) -> Rel | None:
    """J = the product of the one-step Jacobians, for a Jacobian of the one state block over k steps."""
    cell = s.cell
    if not isinstance(jac, Jac) or jac.layout == "denominator" or {jac.of.role, jac.wrt.role} != {"state"}:
        return None
    if cell is None or len(cell.states) != 1 or not free_vars(jac.of.index[0] - jac.wrt.index[0]):
        return None
    at = as_index(STEP)
    try:
        step = one_step(cell, member(cell.states[0], at), member(cell.states[0], at - 1))
    except SymrnnError:
        return None
    return Rel("=", jac, Prod(step, STEP, jac.wrt.index[0] + 1, jac.of.index[0], True))
