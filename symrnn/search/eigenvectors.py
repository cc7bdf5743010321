"""Limits of X^k v where X v = c v: those of c^k v. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.certificates import Proof, Rewritten
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import Const, Jac, MatMul, Pow, Pred, Rel, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.semantics.context import base
from symrnn.semantics.monomials import Word, exponent
from symrnn.semantics.sequents import Sequent


def prove_limit_at_eigenvectors(s: Sequent, onwards: Prover) -> Proof | None:
    """A limit of what ends with powers of a matrix at one of its eigenvectors."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or (shape_of(goal.arg) or (ONE, ONE))[1] != ONE:
        return None
    for term in _terms(s, goal.arg):
        equation = replace(s, goal=Rel("=", goal.arg, term))
        equal = prove_equation(equation) or prove_by_induction(equation)
        rest = onwards(replace(s, goal=replace(goal, arg=term))) if equal is not None else None
        made = Rewritten(term, equal, rest) if equal is not None and rest is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def _terms(s: Sequent, t: Term) -> Iterator[Term]:
    """c^e v for what ends with X^e v, or with a Jacobian of e steps and v, where X v = c v is known."""
    for e in s.equations.values():
        for product, multiple in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            if not isinstance(product, MatMul) or not isinstance(multiple, Times) or e.free:
                continue
            x, v = product.args[0], product.args[1:]
            scale = tuple(c for c in multiple.args if shape_of(c) is None)
            if multiple.args[len(scale) :] == v:
                yield from _with_number(s, t, x, v, scale[0] if len(scale) == 1 else Times(scale))


def _with_number(s: Sequent, t: Term, x: Term, v: Word, number: Term) -> Iterator[Term]:
    at = -len(v) - 1
    if isinstance(t, MatMul) and t.args[at + 1 :] == v and len(t.args) >= -at and isinstance(j := t.args[at], Jac):
        yield Times((Pow(number, j.of.index[0] - j.wrt.index[0]), _product((*t.args[:at], *v))))
    try:
        p = s.algebra("left").poly(t)
    except SymrnnError:
        return
    for (scalars, binders, word), c in p.items() if len(p) == 1 else ():
        if not binders and len(word) >= -at and word[at + 1 :] == v and base(word[at]) == x:
            numbers = [Const(c), *(a if n == ONE else Pow(a, n) for a, n in scalars)]
            yield Times((*numbers, Pow(number, exponent(word[at])), _product((*word[:at], *v))))


def _product(word: Word) -> Term:
    return word[0] if len(word) == 1 else MatMul(word)
