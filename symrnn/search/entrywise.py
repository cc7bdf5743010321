"""Matrix equations by their entries, where the hypotheses speak of entries. Untrusted."""

from __future__ import annotations

from fractions import Fraction

from symrnn.certificates import Extensional, Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import walk
from symrnn.claims.tree import HOLE, Const, Entry, MatMul, Rel
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.search.cuts import add, inner_shape, reduced, spread_powers, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.explicit import prove_explicit
from symrnn.semantics.monomials import minus
from symrnn.semantics.sequents import Sequent

ROW, COL = Var("row", "index", None), Var("col", "index", None)


def prove_entrywise(s: Sequent) -> Proof | None:
    """The goal, or the goal with common invertible factors taken away, at a generic entry; of a stated size at each."""
    goal = s.goal
    shape = shape_of(goal.lhs) if isinstance(goal, Rel) else None
    if not isinstance(goal, Rel) or shape is None:
        return None
    if not any(isinstance(t, Entry) for h in s.hypotheses for t in walk(h)):
        return None
    found = prove_explicit(s) if all(end.is_const for end in shape) else None
    return found or _at_a_generic_entry(s, goal) or _reduced(s, goal)


def _at_a_generic_entry(s: Sequent, goal: Rel) -> Proof | None:
    i, j = as_index(ROW), as_index(COL)
    sides = [x if isinstance(x, Const) else Entry(x, i, j) for x in (goal.lhs, goal.rhs)]
    inner = prove_equation(replace(s, goal=Rel("=", sides[0], sides[1])))
    return None if inner is None else Extensional(ROW, COL, inner)


def _reduced(s: Sequent, goal: Rel) -> Proof | None:
    algebra, shape = s.algebra("left"), shape_of(goal.lhs)
    try:
        p = spread_powers(minus(algebra.poly(goal.lhs), algebra.poly(goal.rhs)))
    except Refused:
        return None
    found = reduced(algebra, p)
    if found is None or shape is None:
        return None
    left, inside, right = found
    lemma = Rel("=", algebra.to_term(inside, inner_shape(left, right, shape)), Const(Fraction(0)))
    why = _at_a_generic_entry(replace(s, goal=lemma), lemma)
    if why is None:
        return None
    factors = (*left, HOLE, *right)
    name = list(add(s, lemma).equations)[-1]
    rest = Words("left", "left", (), (Use(MatMul(factors) if len(factors) > 1 else HOLE, name, (), ()),))
    return wrap([(lemma, why)], rest)
