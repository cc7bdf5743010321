"""Reciprocals and inverses in inequalities: 1 / c > 0, c (1 / c) = 1, and what bounds ||X^-1||. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Combine, Fact, Order, Proof, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import walk
from symrnn.claims.tree import HOLE, Add, Const, Eye, Inv, MatMul, Norm, Pow, Pred, Prop, Rel, Term
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.geometric import one_less, ratios
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.orders import prove_order
from symrnn.semantics.bounds import upper
from symrnn.semantics.inequalities import AtMost
from symrnn.semantics.monomials import UNIT
from symrnn.semantics.sequents import Sequent

ZERO, UNIT_TERM, ONE = Const(Fraction(0)), Const(Fraction(1)), as_index(1)


def _divided_by(s: Sequent) -> list[Term]:
    """The numbers that a relation or limit divides by, and those that its geometric sums in closed form do."""
    if not isinstance(s.goal, Rel | Pred):
        return []
    powers = (x for x in walk(s.goal) if isinstance(x, Pow) and x.exponent.is_const and x.exponent.const < 0)
    found = {x.base for x in powers if shape_of(x.base) is None and not isinstance(x.base, Const)}
    found |= {one_less(x) for x in ratios(s.goal).values() if shape_of(x) is None}
    return sorted(found, key=lambda t: t.key)


def positive_divisors(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """0 < c for the numbers c that are divided by; of an equation where nothing else says that they are not 0."""
    for c in _divided_by(s):
        if (isinstance(s.goal, Pred) or (isinstance(s.goal, Rel) and s.goal.op == "=")) and s.defined(Pow(c, -ONE)):
            continue
        inner = replace(s, goal=Rel("<", ZERO, c))
        proof = prove_order(inner, prove)
        if proof is not None:
            yield inner.goal, proof


def reciprocals(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """c (1 / c) = 1."""
    for c in _divided_by(s):
        if isinstance(c, Add) and s.defined(Pow(c, -ONE)):
            inner = replace(s, goal=Rel("=", c * Pow(c, -ONE), UNIT_TERM))
            proof = prove(inner)
            if proof is not None:
                yield inner.goal, proof


def positive_reciprocals(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """0 < 1 / c = c (1 / c)^2 for c > 0."""
    for c in _divided_by(s):
        q = Pow(c, -ONE)
        above, whole = Rel("<", ZERO, c), Rel("=", c * q, UNIT_TERM)
        if above not in s.hypotheses:
            continue
        square = AtMost("square", q, (), (), UNIT_TERM, ONE)
        bare = AtMost(f"hyp:{s.hypotheses.index(above)}", UNIT_TERM, (), (), UNIT_TERM, ONE)
        equal: tuple[tuple[AtMost, Term], ...] = ()
        if whole in s.hypotheses:
            equal = ((AtMost(f"hyp:{s.hypotheses.index(whole)}", UNIT_TERM, (), (), UNIT_TERM, ONE), q),)
        inner = replace(s, goal=Rel("<", ZERO, q))
        if accepted(inner, proof := Combine(((Fraction(1), (bare, square)),), equal)):
            yield inner.goal, proof


def prove_multiplied(s: Sequent, again: Prover) -> Proof | None:
    """An inequality by that multiplied by a number it divides by: rhs - lhs = p + q / c, where 0 <= c p + q."""
    goal = s.goal
    for c in _divided_by(s):
        q = Pow(c, -ONE)
        facts = Rel("=", c * q, UNIT_TERM), Rel("<", ZERO, q)
        if not isinstance(goal, Rel) or any(f not in s.hypotheses for f in facts):
            continue
        try:
            algebra = s.algebra("left")
            gap, reciprocal = algebra.poly(goal.rhs - goal.lhs), list(algebra.poly(q))
        except SymrnnError:
            return None
        if len(reciprocal) != 1 or len(reciprocal[0][0]) != 1:
            continue  # a number, or one of several factors
        (atom,) = reciprocal[0][0]
        divided = {m: x for m, x in gap.items() if atom in m[0]}
        rest = algebra.to_term({m: x for m, x in gap.items() if m not in divided}, None)
        above = {(tuple(y for y in m[0] if y != atom), *m[1:]): x for m, x in divided.items()}
        cleared = algebra.term(c * rest + algebra.to_term(above, None))
        inner = Rel(goal.op, ZERO, cleared)
        proof = again(replace(s, goal=inner)) if divided else None
        if proof is None:
            continue
        one, sign = (AtMost(f"hyp:{s.hypotheses.index(f)}", UNIT_TERM, (), (), UNIT_TERM, ONE) for f in facts)
        shown = AtMost(f"hyp:{len(s.hypotheses)}", UNIT_TERM, (), (), UNIT_TERM, ONE)
        made = Fact(inner, proof, Combine(((Fraction(1), (shown, sign)),), ((one, rest),)))
        if accepted(s, made):
            return made
    return None


def bounded_inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||Y|| <= 1 / c for the norms of inverses that are bounded by themselves and the numbers that are divided by."""
    bounds = (h.lhs for h in s.hypotheses if isinstance(h, Rel) and h.op == "<=")
    for y in dict.fromkeys(x for x in bounds if isinstance(x, Norm) and isinstance(x.arg, Inv)):
        for c in _divided_by(s):
            inner = replace(s, goal=Rel("<=", y, Pow(c, -ONE)))
            proof = prove_multiplied(inner, lambda x: prove_order(x, prove)) if inner.goal != s.goal else None
            if proof is not None:
                yield inner.goal, proof


def norms_of_inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||Y|| <= 1 + ||N|| ||Y|| for Y = (I - N)^-1 = I + N Y, where the goal is about norms."""
    kinds = sorted({x.kind for x in walk(s.goal) if isinstance(x, Norm) and x.kind != "fro"})
    said = {s.algebra("left").term(x.arg) for x in walk(s.goal) if isinstance(x, Norm) and s.defined(x.arg)}
    for y in sorted({x for x in walk(s.goal) if isinstance(x, Inv)} if kinds else (), key=lambda t: t.key):
        shape = shape_of(y)
        try:
            p = s.algebra("left").poly(y.arg)
            if shape is None:
                continue
            one = Eye(shape[0])
            rest = s.algebra("left").term(one - y.arg)
            if (p.get(UNIT) != 1 or len(p) < 2) and rest not in said:
                continue
            again = one + MatMul((rest, y))
        except SymrnnError:
            continue
        equation = Rel("=", y, again)
        equal = prove_equation(replace(s, goal=equation))
        for kind in kinds if equal is not None else ():
            goal = Rel("<=", Norm(y, kind), upper(s, again, kind, assumed=False))
            inner = replace(s, goal=goal)
            if equal is not None and accepted(inner, proof := _by_norm(inner, equation, equal, y, again, kind)):
                yield goal, proof


def _by_norm(s: Sequent, equation: Rel, equal: Proof, y: Term, again: Term, kind: str) -> Proof:
    """The bound of an inverse by that of what it equals."""
    same = Rel("=", Norm(y, kind), Norm(again, kind))
    here, there = len(s.hypotheses), len(s.with_fact(equation).hypotheses)
    proof = Words("left", "left", (), (Use(Norm(HOLE, kind), f"hyp:{here}", (), ()),))
    uses = (
        AtMost(f"hyp:{there}", UNIT_TERM, (), (), UNIT_TERM, ONE),
        AtMost("norm", Norm(again, kind), (), (), UNIT_TERM, ONE),
    )
    return Fact(equation, equal, Fact(same, proof, Order(uses)))
