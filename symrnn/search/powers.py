"""Inequalities between norms, traces and spectral radii by those between their squares or higher powers. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Proof, Raised
from symrnn.claims.index import Index, as_index
from symrnn.claims.shapes import ONE, is_scalar, shape_of
from symrnn.claims.substitution import contains, free_vars, walk
from symrnn.claims.tree import (
    Abs,
    Const,
    Det,
    Eye,
    MatMul,
    Norm,
    Pow,
    Prop,
    Rel,
    SpectralRadius,
    Sym,
    Term,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.records import replace
from symrnn.search.lemmas import Prover, accepted, radii, with_facts
from symrnn.search.orders import prove_order
from symrnn.semantics.sequents import Sequent

MOST = 6  # the highest power


def prove_by_powers(s: Sequent, prove: Prover) -> Proof | None:
    """lhs <= rhs by lhs^p <= rhs^p, where norms have traces as squares, or a power of a matrix is known."""
    goal = s.goal
    if (
        not isinstance(goal, Rel)
        or goal.op not in ("<", "<=")
        or isinstance(goal.lhs, Pow)
        or isinstance(goal.rhs, Pow)
    ):
        return None
    if not is_scalar(shape_of(goal.lhs)) or not is_scalar(shape_of(goal.rhs)):
        return None
    for e in (*map(as_index, sorted(set(_exponents(s, goal)))), *_sizes(s, goal)):
        sign = prove_order(replace(s, goal=Rel("<=", Const(Fraction(0)), goal.rhs)), prove)
        if sign is None:
            return None
        richer, wrap = with_facts(s, prove, (radii, _squares, _values))
        powers = prove_order(replace(richer, goal=Rel(goal.op, Pow(goal.lhs, e), Pow(goal.rhs, e))), prove)
        made = Raised(e, wrap(powers), sign) if powers is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def _exponents(s: Sequent, goal: Rel) -> Iterator[int]:
    """2 for norms, traces and determinants; for spectral radii the powers of matrices that hypotheses speak of."""
    said = list(walk(goal))
    if any(isinstance(x, Norm) and x.kind == "fro" for x in said) or any(
        isinstance(x, Abs) and contains(x, Trace, Det) for x in said
    ):
        yield 2
    if any(_gram(side) is not None for e in s.equations.values() for side in (e.lhs, e.rhs)):
        yield 2
    kinds = {x.kind for p in (goal, *s.hypotheses) for x in walk(p) if isinstance(x, Norm)}
    if {"1", "inf"} <= kinds and any(isinstance(x, Norm) and x.kind == "2" for x in said):
        yield 2
    if any(isinstance(x, SpectralRadius) for x in said):
        sides = [side for e in s.equations.values() for side in (e.lhs, e.rhs)]
        sides += [x.arg for h in s.hypotheses for x in walk(h) if isinstance(x, Norm | SpectralRadius)]
        yield from (p for side in sides if 1 < (p := _power(side)) <= MOST)


def _sizes(s: Sequent, goal: Rel) -> list[Index]:
    """The number of rows of a matrix whose spectral radius is asked for, where determinants or powers are known."""
    known = [x for h in s.hypotheses for x in walk(h) if isinstance(x, Det | Pow)]
    rows = {(shape_of(x.arg) or (ONE,))[0] for x in walk(goal) if isinstance(x, SpectralRadius)} if known else set()
    exponents = {x.exponent for x in known if isinstance(x, Pow)}
    spoken = any(isinstance(x, Det) for x in known)
    return sorted((n for n in rows if (free_vars(n) or 1 < n.const <= MOST) and (spoken or n in exponents)), key=str)


def _power(t: Term) -> int:
    """The number of equal factors that a matrix is the product of."""
    if isinstance(t, Pow) and t.exponent.is_const:
        return t.exponent.const
    return len(t.args) if isinstance(t, MatMul) and len(set(t.args)) == 1 else 1


def _gram(t: Term) -> Term | None:
    """X where a term is X^T X."""
    pair = t.args if isinstance(t, MatMul) and len(t.args) == 2 else ()
    return pair[1] if pair and pair[0] == Transpose(pair[1]) else None


def grams(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """rho(X^T X) = ||X||^2 where an equation says what X^T X is, but for I, of which orthogonality is known."""
    for e in s.equations.values():
        for gram, other in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            x = _gram(gram)
            if x is not None and not e.free and not isinstance(other, Eye):
                goal = Rel("=", SpectralRadius(gram), Pow(Norm(x, "2"), as_index(2)))
                proof = prove(replace(s, goal=goal))
                if proof is not None:
                    yield goal, proof


def nilpotents(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """rho(N) = 0 where an equation says that a power of N is 0, and the goal speaks of other spectral radii."""
    if not any(isinstance(x, SpectralRadius) and not isinstance(x.arg, Sym) for x in walk(s.goal)):
        return
    for e in s.equations.values():
        for power, zero in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            x = power.base if isinstance(power, Pow) else power.args[0] if isinstance(power, MatMul) else None
            nothing = isinstance(zero, Zeros) or zero == Const(Fraction(0))
            if isinstance(x, Sym) and nothing and _power(power) > 1:
                goal = Rel("=", SpectralRadius(x), Const(Fraction(0)))
                proof = prove(replace(s, goal=goal))
                if proof is not None:
                    yield goal, proof


def _squares(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||X||_F^2 = tr(X^T X) for the norms that the goal speaks of."""
    for x in dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Norm) and x.kind == "fro"):
        if shape_of(x.arg) is not None:
            gram = Rel("=", Trace(MatMul((Transpose(x.arg), x.arg))), Pow(x, as_index(2)))
            proof = prove(replace(s, goal=gram))
            if proof is not None:
                yield gram, proof


def _values(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """x^2 = y^2 where one side of the goal is |x| and the other one y."""
    sides = (s.goal.lhs, s.goal.rhs) if isinstance(s.goal, Rel) else ()
    for x, y in (sides, sides[::-1]) if sides else ():
        if isinstance(x, Abs) and isinstance(x.arg, Trace | Det):
            equal = Rel("=", Pow(x.arg, as_index(2)), Pow(y, as_index(2)))
            proof = prove(replace(s, goal=equal))
            if proof is not None:
                yield equal, proof
