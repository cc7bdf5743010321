"""Limits of X^k v where X v = c v: those of c^k v. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.certificates import Proof, Rewritten
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import MatMul, Pow, Pred, Rel, Term, Times
from symrnn.errors import SymrnnError
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.semantics.context import base
from symrnn.semantics.monomials import exponent
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
    """c^e v for what ends with X^e v, where X v = c v is known."""
    algebra = s.algebra("left")
    for e in s.equations.values():
        for product, multiple in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            if not isinstance(product, MatMul) or not isinstance(multiple, Times) or e.free:
                continue
            x, v = product.args[0], product.args[1:]
            try:
                p = algebra.poly(t)
            except SymrnnError:
                return
            (_, _, word), *more = p
            at = len(word) - len(v) - 1
            scale = [c for c in multiple.args if shape_of(c) is None]
            if more or at < 0 or word[at + 1 :] != v or base(word[at]) != x or multiple.args[len(scale) :] != v:
                continue
            power: Term = Pow(scale[0] if len(scale) == 1 else Times(tuple(scale)), exponent(word[at]))
            scalars = [c if n == ONE else Pow(c, n) for c, n in next(iter(p))[0]]
            rest: Term = MatMul((*word[:at], *v)) if word[:at] or len(v) > 1 else v[0]
            yield Times((*scalars, power, rest))
