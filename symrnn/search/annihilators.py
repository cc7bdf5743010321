"""A squarefree polynomial q with q(A) = 0, read off an equation about A: then A is diagonalisable. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from symrnn.analysis import annihilated
from symrnn.certificates import Annihilated, Proof
from symrnn.claims.tree import Pred, Term
from symrnn.errors import SymrnnError
from symrnn.search.lemmas import accepted
from symrnn.semantics.context import base
from symrnn.semantics.monomials import exponent, minus
from symrnn.semantics.sequents import Sequent

INVOLUTION = (Fraction(-1), Fraction(0), Fraction(1))


def prove_by_annihilator(s: Sequent, prove: Callable[[Sequent], Proof | None]) -> Proof | None:
    """A goal that a matrix is diagonalisable, by a hypothesis that is a polynomial in it; or by A^2 = I."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.name not in ("diagonalizable", "squarefree_minimal_polynomial"):
        return None
    for q in (*_polynomials(s, goal.arg), INVOLUTION):
        try:
            premises = list(annihilated(s, Annihilated(q, Proof())))
        except SymrnnError:
            continue
        proof = next((prove(p[0]) for p in premises if not isinstance(p, str)), None)
        made = Annihilated(q, proof) if proof is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def _polynomials(s: Sequent, a: Term) -> Iterator[tuple[Fraction, ...]]:
    """Coefficients of the equations that are polynomials in A with rational coefficients, lowest degree first."""
    algebra = s.algebra("left")
    for equation in s.equations.values():
        if equation.free:
            continue
        try:
            difference = minus(algebra.poly(equation.lhs), algebra.poly(equation.rhs))
        except SymrnnError:
            continue
        found: dict[int, Fraction] = {}
        for (scalars, binders, word), c in difference.items():
            degree = _degree(word, a) if not scalars and not binders else None
            if degree is None:
                break
            found[degree] = c
        else:
            if found and max(found) > 0:
                yield tuple(found.get(i, Fraction(0)) for i in range(max(found) + 1))


def _degree(word: tuple[Term, ...], a: Term) -> int | None:
    """i, if a word is A^i."""
    if not word:
        return 0
    if len(word) > 1 or base(word[0]) != a:
        return None
    e = exponent(word[0])
    return e.const if e.is_const else None
