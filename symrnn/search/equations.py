"""Rewriting with equations: finds the uses that take one side of an equation to the other. Untrusted.

The goal is a normal form lhs - rhs. An equation is oriented by choosing a leading monomial; where that occurs, the
equation's instance is subtracted, in its context, until nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symrnn.certificates import Known, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import (
    HOLE,
    Const,
    Inv,
    MatMul,
    Pow,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    free_vars,
    substitute,
    walk,
)
from symrnn.errors import Refused
from symrnn.search.matching import match_term, occurrences
from symrnn.semantics.algebra import UNIT, Algebra, Mono, Poly, minus
from symrnn.semantics.sequents import Equation, Sequent

PEELS = (("left", "left"), ("right", "right"), ("left", "right"), ("right", "left"))
MODES = ("lhs", "rhs", "largest")
STEPS = 48


@dataclass(frozen=True)
class Rule:
    """An equation with its leading monomial."""

    name: str
    equation: Equation
    lead: Mono
    coefficient: Fraction
    values: tuple[tuple[Any, Any], ...] = ()
    discharge: tuple[Known, ...] = ()


def prove_equation(s: Sequent) -> Words | None:
    """A ``Words`` certificate for the goal of a sequent, or None."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=":
        return None
    for peels in PEELS:
        found = _direct(s, peels)
        if found is not None:
            return found
    for mode in MODES:
        for peels in PEELS:
            found = _rewrite(s, peels, mode)
            if found is not None:
                return found
    return None


def _difference(s: Sequent, peels: tuple[str, str], lhs: Term, rhs: Term) -> Poly | None:
    try:
        return minus(s.algebra(peels[0]).poly(lhs), s.algebra(peels[1]).poly(rhs))
    except Refused:
        return None


def _direct(s: Sequent, peels: tuple[str, str]) -> Words | None:
    """Equal normal forms, perhaps after names of states and locals are replaced by their definitions."""
    from symrnn import kernel

    certificates = [Words(*peels, (), ())]
    certificates += [Words(*peels, names, ()) for names in _unfoldings(s)]
    for c in certificates:
        try:
            kernel._entails(s, c)
        except Refused:
            continue
        return c
    return None


def _unfoldings(s: Sequent) -> Iterator[tuple[Sym, ...]]:
    """Growing lists of names to unfold: each time those that only one side has, the latest first."""
    if s.cell is None or not isinstance(s.goal, Rel):
        return
    lhs, rhs = s.goal.lhs, s.goal.rhs
    taken: tuple[Sym, ...] = ()
    for _ in range(4):
        sides = [_names(lhs), _names(rhs)]
        fresh = sorted((sides[0] ^ sides[1]) or (sides[0] | sides[1]), key=lambda x: (-x.index[0].const, x.key))
        if not fresh:
            return
        for name in fresh:
            definition = s.cell.definition(name.name, name.index[0])
            if definition is not None:
                lhs, rhs = substitute(lhs, {name: definition}), substitute(rhs, {name: definition})
                taken = (*taken, name)
        yield taken


def _names(t: Term) -> frozenset[Sym]:
    return frozenset(x for x in walk(t) if isinstance(x, Sym) and x.role in ("state", "local") and x.index)


def _rewrite(s: Sequent, peels: tuple[str, str], mode: str) -> Words | None:
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    difference = _difference(s, peels, goal.lhs, goal.rhs)
    if difference is None or shape_of(goal.lhs) is None:
        return None
    rules = list(_rules(s, peels, mode))
    uses: list[Use] = []
    seen = {_frozen(difference)}
    for _ in range(STEPS):
        if not difference:
            return Words(*peels, (), tuple(uses))
        step = _step(s, peels, difference, [*rules, *_inverse_rules(s, peels, difference)], seen)
        if step is None:
            return None
        use, difference = step
        uses.append(use)
        seen.add(_frozen(difference))
    return None


def _frozen(p: Poly) -> frozenset[tuple[Mono, Fraction]]:
    return frozenset(p.items())


def _step(
    s: Sequent, peels: tuple[str, str], p: Poly, rules: list[Rule], seen: set[Any]
) -> tuple[Use, Poly] | None:
    """The first use of a rule that leads somewhere new: induction hypotheses first, larger monomials first."""
    algebra = s.algebra(peels[0])
    monomials = sorted(p, key=lambda m: (-len(m[2]), str(m)))
    for rule in rules:
        for mono in monomials:
            for context, values in _matches(algebra, rule, mono):
                scaled = _scaled(context, p[mono] / rule.coefficient)
                use = Use(scaled, rule.name, (*rule.values, *values), rule.discharge)
                rest = _apply(s, peels, p, use)
                if rest is not None and _frozen(rest) not in seen and len(rest) <= 60:
                    return use, rest
    return None


def _scaled(context: Term, c: Fraction) -> Term:
    return context if c == 1 else Times((Const(c), context))


def _apply(s: Sequent, peels: tuple[str, str], p: Poly, use: Use) -> Poly | None:
    from symrnn import kernel

    try:
        l, r = kernel._filled(s, use)
    except Refused:
        return None
    d = _difference(s, peels, l, r)
    return None if d is None else minus(p, d)


def _matches(algebra: Algebra, rule: Rule, mono: Mono) -> Iterator[tuple[Term, tuple[tuple[Any, Any], ...]]]:
    """Contexts in which the leading monomial of a rule is the given monomial (up to its coefficient)."""
    scalars, binders, word = mono
    lead_scalars, lead_binders, lead_word = rule.lead
    if lead_binders and len(lead_binders) != len(binders):
        return
    free = rule.equation.free
    if not lead_word:
        return
    for before, after, values in occurrences(algebra, lead_word, word, free):
        if lead_binders:
            pairs = zip(lead_binders, binders, strict=True)
            if not all(match_term(n, length, free, values) for (_, n), (_, length) in pairs):
                continue
            bound = frozenset(v for v, _ in binders)
            if any(bound & free_vars(f) for f in (*before, *after)):
                continue
        rest = _quotient(scalars, lead_scalars, free, values)
        if rest is None:
            continue
        factors = (*before, HOLE, *after)
        inner: Term = HOLE if len(factors) == 1 else MatMul(factors)
        if rest:
            inner = Times((*(x if e == as_index(1) else Pow(x, e) for x, e in rest), inner))
        for var, length in reversed(() if lead_binders else binders):
            inner = Sum(inner, var, as_index(0), length - 1)
        yield inner, tuple(sorted(values.items(), key=lambda item: str(item[0].key)))


def _quotient(
    scalars: tuple[tuple[Term, Index], ...], lead: tuple[tuple[Term, Index], ...], free: Any, values: dict[Any, Any]
) -> list[tuple[Term, Index]] | None:
    left = dict(scalars)
    for atom, e in lead:
        atom, e = substitute(atom, values), substitute(e, values)
        if atom not in left:
            return None
        left[atom] = left[atom] - e
    return [(a, e) for a, e in left.items() if e != as_index(0)]


def _rules(s: Sequent, peels: tuple[str, str], mode: str) -> Iterator[Rule]:
    names = sorted(s.equations, key=lambda n: (not n.startswith("ih"), not n.startswith("cut"), n))
    for name in names:
        equation = s.equations[name]
        sides = [_difference(s, peels, equation.lhs, Const(Fraction(0))), None]
        sides[1] = _difference(s, peels, Const(Fraction(0)), equation.rhs)
        if sides[0] is None or sides[1] is None:
            continue
        whole = minus(sides[0], {m: -c for m, c in sides[1].items()})
        if not whole:
            continue
        pools = {"lhs": sides[0], "rhs": sides[1], "largest": whole}
        pool = [m for m in pools[mode] if m in whole and m[2]] or [m for m in whole if m[2]]
        if pool:
            lead = max(pool, key=lambda m: (not m[1], len(m[2]), str(m)))
            if lead != UNIT:
                yield Rule(name, equation, lead, whole[lead])


def _inverse_rules(s: Sequent, peels: tuple[str, str], p: Poly) -> Iterator[Rule]:
    """X X^-1 = I and X^-1 X = I for the compound inverses that occur."""
    from symrnn import kernel

    inverses = {t for _, _, word in p for f in word for t in walk(f) if isinstance(t, Inv)}
    for t in sorted(inverses, key=lambda t: t.key):
        shape = shape_of(t)
        if shape is None:
            continue
        for side in ("left", "right"):
            name = f"lemma:an inverse is a {side} inverse"
            general = kernel._lookup(s, name)
            sizes = {v: shape[0] for v in general.free if isinstance(v, Var)}
            symbol = next(v for v in general.free if isinstance(v, Sym))
            values = (*sizes.items(), (symbol, t.arg))
            filled = {**sizes, symbol: t.arg}
            lhs = substitute(general.lhs, filled)
            rhs = substitute(general.rhs, filled)
            whole = _difference(s, peels, lhs, rhs)
            for lead in sorted((m for m in whole or {} if m[2]), key=lambda m: (-len(m[2]), str(m))):
                yield Rule(name, Equation(lhs, rhs, frozenset()), lead, (whole or {})[lead], values, (Known(),))
