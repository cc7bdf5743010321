"""Powers under a decomposition: what is asked of A^k as what is asked of P L^k P^-1, for A = P L P^-1. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.certificates import Proof, Replaced, Use, Words
from symrnn.claims.substitution import contains, symbols, walk
from symrnn.claims.tree import HOLE, Blocks, Det, MatMul, Norm, Not, Pow, Pred, Rel, SpectralRadius, Sym, Term, Trace
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent


def prove_by_conjugation(s: Sequent, prove: Prover) -> Proof | None:
    """A statement about what is read off a power, with the power as its decomposition says it is."""
    plain = s.goal.arg if isinstance(s.goal, Not) else s.goal
    if not isinstance(plain, Rel | Pred) or (isinstance(plain, Pred) and plain.var is not None):
        return None
    if not contains(plain, Det, Norm, SpectralRadius, Trace):
        return None
    for power, new in _decomposed(s):
        inner = replace(s, goal=Rel("=", power, new))
        equal = prove_equation(inner) or prove_by_induction(inner)
        rest = prove(replace(s, goal=replaced(s.goal, power, new))) if equal is not None else None
        if equal is not None and rest is not None:
            made = Replaced(replaced(s.goal, power, HOLE), power, new, equal, rest)
            if accepted(s, made):
                return made
    return None


def prove_by_definitions(s: Sequent, prove: Prover) -> Proof | None:
    """A statement about numbers that are read off a matrix, with what hypotheses say that it is.

    Of determinants whatever it is, of norms and radii a multiple of I (other norms are facts: ``lemmas.norms``).
    """
    plain = s.goal.arg if isinstance(s.goal, Not) else s.goal
    if not isinstance(plain, Rel) or not contains(plain, Det, Norm, SpectralRadius):
        return None
    said = symbols(plain)
    for name, e in s.equations.items():
        for x, value in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            if not isinstance(x, Sym) or x not in said or x.shape is None or e.free or x in symbols(value):
                continue
            read = any(isinstance(t, Det) and x in symbols(t) for t in walk(plain)) and not contains(value, Blocks)
            if not read and any(y.shape is not None for y in symbols(value)):
                continue
            rest = prove(replace(s, goal=replaced(s.goal, x, value)))
            equal = Words("left", "left", (), (Use(HOLE, name, (), ()),))
            made = Replaced(replaced(s.goal, x, HOLE), x, value, equal, rest) if rest is not None else None
            if made is not None and accepted(s, made):
                return made
    return None


def _decomposed(s: Sequent) -> Iterator[tuple[Pow, Term]]:
    """The powers of A in the goal, and P L^e Q for A = P L Q."""
    powers = sorted({x for x in walk(s.goal) if isinstance(x, Pow) and isinstance(x.base, Sym)}, key=lambda x: x.key)
    for x in powers:
        for e in s.equations.values() if x.base.shape is not None else ():  # type: ignore[attr-defined]
            for a, product in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
                if a == x.base and isinstance(product, MatMul) and len(product.args) == 3 and not e.free:
                    first, middle, last = product.args
                    yield x, MatMul((first, Pow(middle, x.exponent), last))
