"""Rewriting with equations: finds the uses that take one side of an equation to the other. Untrusted.

The goal is a normal form lhs - rhs. An equation is oriented by choosing a leading monomial; where that occurs, the
equation's instance is subtracted, in its context, until nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symrnn import kernel
from symrnn.certificates import Known, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import (
    HOLE,
    Const,
    Det,
    Entry,
    Eye,
    Inv,
    MatMul,
    Pow,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Transpose,
    free_vars,
    substitute,
    symbols,
    walk,
)
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.search.matching import match_term, occurrences
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.monomials import UNIT, Mono, Poly, minus
from symrnn.semantics.sequents import Equation, Sequent
from symrnn.semantics.uses import filled, lookup

How = tuple[str, str, bool]  # the ends that lhs and rhs give up, and whether commuting pairs are left out
PEELS = (("left", "left"), ("right", "right"), ("left", "right"), ("right", "left"))
MODES = ("lhs", "rhs", "largest")
STEPS = 32


@dataclass(frozen=True)
class Rule:
    """An equation with its leading monomial."""

    name: str
    equation: Equation
    lead: Mono
    coefficient: Fraction
    values: tuple[tuple[Any, Any], ...] = ()
    discharge: tuple[Proof, ...] = ()
    wrap: Term = HOLE


def prove_equation(s: Sequent) -> Words | None:
    """A ``Words`` certificate for the goal of a sequent, or None."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=":
        return None
    for peels in PEELS:
        found = _direct(s, (*peels, False))
        if found is not None:
            return found
    entries = shape_of(s.goal.lhs) is None
    if not s.equations and not any(isinstance(t, Inv | Det | Pow) for t in walk(s.goal)):
        return None  # nothing to rewrite with
    for mode in MODES:
        for peels in PEELS if not entries else PEELS[:1]:
            found = _rewrite(s, (*peels, entries), mode)
            if found is not None:
                return found
    return None


def _difference(s: Sequent, how: How, lhs: Term, rhs: Term) -> Poly | None:
    try:
        return minus(s.algebra(how[0], how[2]).poly(lhs), s.algebra(how[1], how[2]).poly(rhs))
    except Refused:
        return None


def _direct(s: Sequent, how: How) -> Words | None:
    """Equal normal forms, perhaps after names of states and locals are replaced by their definitions."""
    certificates = [Words(how[0], how[1], (), ())]
    certificates += [Words(how[0], how[1], names, ()) for names in _unfoldings(s)]
    for c in certificates:
        try:
            kernel.proves(s, c)
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
        for name in [x for x in fresh if x.index[0] - x.index[0].const == fresh[0].index[0] - fresh[0].index[0].const]:
            if name.index[0].const < fresh[0].index[0].const:
                break
            definition = s.cell.definition(name.name, name.index[0])
            if definition is not None:
                lhs, rhs = substitute(lhs, {name: definition}), substitute(rhs, {name: definition})
                taken = (*taken, name)
        yield taken


def _names(t: Term) -> frozenset[Sym]:
    return frozenset(x for x in walk(t) if isinstance(x, Sym) and x.role in ("state", "local") and x.index)


def _rewrite(s: Sequent, how: How, mode: str) -> Words | None:
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    difference = _difference(s, how, goal.lhs, goal.rhs)
    if difference is None:
        return None
    rules = [*_rules(s, how, mode), *_determinant_rules(s, how)]
    uses: list[Use] = []
    seen = {_frozen(difference)}
    for _ in range(STEPS):
        if not difference:
            return Words(how[0], how[1], (), tuple(uses), how[2])
        step = _step(s, how, difference, [*rules, *_inverse_rules(s, how, difference)], seen)
        if step is None:
            return None
        use, difference = step
        uses.append(use)
        seen.add(_frozen(difference))
    return None


def _frozen(p: Poly) -> frozenset[tuple[Mono, Fraction]]:
    return frozenset(p.items())


def _step(s: Sequent, how: How, p: Poly, rules: list[Rule], seen: set[Any]) -> tuple[Use, Poly] | None:
    """The first use of a rule that leads somewhere new: induction hypotheses first, larger monomials first."""
    algebra = s.algebra(how[0], how[2])
    monomials = sorted(p, key=lambda m: (-len(m[2]), str(m)))
    for rule in rules:
        for mono in monomials:
            for context, values in _matches(algebra, rule, mono):
                scaled = _scaled(context, p[mono] / rule.coefficient)
                use = Use(scaled, rule.name, (*rule.values, *values), rule.discharge)
                rest = _apply(s, how, p, use)
                if rest is not None and _frozen(rest) not in seen and len(rest) <= 60:
                    return use, rest
    return None


def _scaled(context: Term, c: Fraction) -> Term:
    return context if c == 1 else Times((Const(c), context))


def _apply(s: Sequent, how: How, p: Poly, use: Use) -> Poly | None:
    try:
        l, r = filled(s, use.context, use.equation, use.values)
    except Refused:
        return None
    d = _difference(s, how, l, r)
    return None if d is None else minus(p, d)


def _matches(algebra: Algebra, rule: Rule, mono: Mono) -> Iterator[tuple[Term, tuple[tuple[Any, Any], ...]]]:
    """Contexts in which the leading monomial of a rule is the given monomial (up to its coefficient)."""
    scalars, binders, word = mono
    lead_scalars, lead_binders, lead_word = rule.lead
    if lead_binders and len(lead_binders) != len(binders):
        return
    free = rule.equation.free
    places = occurrences(algebra, lead_word, word, free) if lead_word else iter([((), word, {})])
    for before, after, found in places:
        values = dict(found)
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
        factors = (*before, rule.wrap, *after)
        inner: Term = rule.wrap if len(factors) == 1 else MatMul(factors)
        if not lead_word and word:
            inner = Times((rule.wrap, MatMul(word)))
        if rest:
            inner = Times((*(x if e == as_index(1) else Pow(x, e) for x, e in rest), inner))
        for var, length in reversed(() if lead_binders else binders):
            inner = Sum(inner, var, as_index(0), length - 1)
        yield inner, tuple(sorted(values.items(), key=lambda item: str(item[0].key)))


def _quotient(
    scalars: tuple[tuple[Term, Index], ...], lead: tuple[tuple[Term, Index], ...], free: Any, values: dict[Any, Any]
) -> list[tuple[Term, Index]] | None:
    """The scalar factors that are left once the leading ones are taken out, instantiating what is still free."""
    left = dict(scalars)
    for atom, e in lead:
        for candidate in left:
            trial = dict(values)
            if match_term(atom, candidate, free, trial):
                values.update(trial)
                left[candidate] = left[candidate] - substitute(e, values)
                break
        else:
            return None
    return [(a, e) for a, e in left.items() if e != as_index(0)]


def _rules(s: Sequent, how: How, mode: str) -> Iterator[Rule]:
    names = sorted(s.equations, key=lambda n: (not n.startswith("ih"), not n.startswith("cut"), n))
    for name in names:
        equation = s.equations[name]
        yield from _oriented(s, how, mode, Rule(name, equation, UNIT, Fraction(1)))
        yield from _as_entries(s, how, mode, name, equation)
        yield from _turned_inverse(s, how, mode, equation)


def _oriented(s: Sequent, how: How, mode: str, rule: Rule) -> Iterator[Rule]:
    """The rule with the leading monomial that the mode chooses."""
    lhs, rhs = substitute(rule.wrap, {HOLE: rule.equation.lhs}), substitute(rule.wrap, {HOLE: rule.equation.rhs})
    zero = Const(Fraction(0))
    left, right = _difference(s, how, lhs, zero), _difference(s, how, zero, rhs)
    if left is None or right is None:
        return
    whole = minus(left, {m: -c for m, c in right.items()})
    pools = {"lhs": left, "rhs": right, "largest": whole}
    pool = [m for m in pools[mode] if m in whole and m != UNIT] or [m for m in whole if m != UNIT]
    if pool:
        lead = max(pool, key=lambda m: (not m[1], len(m[2]), len(m[0]), str(m)))
        yield replace(rule, lead=lead, coefficient=whole[lead])


def _as_entries(s: Sequent, how: How, mode: str, name: str, e: Equation) -> Iterator[Rule]:
    """A matrix equation entry by entry, at the rows and columns that a scalar goal speaks of."""
    if not isinstance(s.goal, Rel) or shape_of(s.goal.lhs) is not None or shape_of(e.lhs) in (None, (ONE, ONE)):
        return
    places = {(t.row, t.col) for t in walk(s.goal) if isinstance(t, Entry)}
    for row, col in sorted(places, key=str):
        yield from _oriented(s, how, mode, Rule(name, e, UNIT, Fraction(1), wrap=Entry(HOLE, row, col)))


def _turned_inverse(s: Sequent, how: How, mode: str, e: Equation) -> Iterator[Rule]:
    """From A B = I for square A and B also B A = I, by a lemma."""
    sides = (e.lhs, e.rhs) if isinstance(e.rhs, Eye) else (e.rhs, e.lhs)
    product = sides[0]
    if not isinstance(sides[1], Eye) or not isinstance(product, MatMul) or e.free:
        return
    name = "lemma:a left inverse is a right inverse"
    general = LEMMAS[name[6:]].claim
    symbol = {x.name: x for x in symbols(general)}
    (n,) = free_vars(general)
    for cut in range(1, len(product.args)):
        a, b = (x[0] if len(x) == 1 else MatMul(x) for x in (product.args[:cut], product.args[cut:]))
        if shape_of(a) != shape_of(b) or shape_of(a) != shape_of(sides[1]):
            continue
        discharge = Words("left", "left", (), (Use(HOLE, _name_of(s, e), (), ()),))
        if sides[0] is e.rhs:
            discharge = Words("left", "left", (), (Use(-HOLE, _name_of(s, e), (), ()),))
        values = ((n, sides[1].size), (symbol["A"], a), (symbol["B"], b))
        turned = Equation(MatMul((b, a)), sides[1], frozenset())
        yield from _oriented(s, how, mode, Rule(name, turned, UNIT, Fraction(1), values, (discharge,)))


def _name_of(s: Sequent, e: Equation) -> str:
    return next(name for name, other in s.equations.items() if other is e)


def _determinant_rules(s: Sequent, how: How) -> Iterator[Rule]:
    """Determinants of products and powers factor by factor, those of transposes without the transpose."""
    if not isinstance(s.goal, Rel) or not any(isinstance(t, Det) for t in walk(s.goal)):
        return
    try:
        forms = [s.algebra(how[0], how[2]).poly(side) for side in (s.goal.lhs, s.goal.rhs)]
    except Refused:
        return
    todo = [a.arg for p in forms for scalars, _, _ in p for a, _ in scalars if isinstance(a, Det)]
    while todo:
        x = todo.pop()
        parts: tuple[tuple[str, Term], ...] = ()
        discharge: tuple[Proof, ...] = ()
        if isinstance(x, Pow) and x.exponent == as_index(-1):
            name, parts, discharge = "determinant of an inverse", (("A", x.base),), (Known(),)
        elif isinstance(x, MatMul) and all(shape_of(f) == shape_of(x) for f in x.args):
            rest = x.args[1] if len(x.args) == 2 else MatMul(x.args[1:])
            name, parts = "determinant of a product", (("A", x.args[0]), ("B", rest))
        elif isinstance(x, Pow) and s.algebra(how[0]).context.at_least(x.exponent, 1) and x.exponent != as_index(1):
            less = x.exponent - 1
            smaller = x.base if less == as_index(1) else Pow(x.base, less)
            name, parts = "determinant of a product", (("A", x.base), ("B", smaller))
        elif isinstance(x, Transpose):
            name, parts = "determinant of a transpose", (("A", x.arg),)
        if not parts:
            continue
        todo += [p for _, p in parts]
        claim = LEMMAS[name].claim
        symbol = {y.name: y for y in symbols(claim)}
        (size,) = free_vars(claim)
        filled_in: dict[Any, Any] = {size: (shape_of(x) or (ONE,))[0], **{symbol[n]: p for n, p in parts}}
        resized = {substitute(k, {size: filled_in[size]}): v for k, v in filled_in.items() if k != size}
        goal = substitute(substitute(claim.conclusion, {size: filled_in[size]}), resized)
        equation = Equation(goal.lhs, goal.rhs, frozenset())
        lead = (((Det(x), ONE),), (), ())
        yield Rule(f"lemma:{name}", equation, lead, Fraction(1), tuple(filled_in.items()), discharge)


def _inverse_rules(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """X X^-1 = I and X^-1 X = I for the compound inverses that occur."""
    inverses = {t for _, _, word in p for f in word for t in walk(f) if isinstance(t, Inv)}
    for t in sorted(inverses, key=lambda t: t.key):
        shape = shape_of(t)
        if shape is None:
            continue
        for side in ("left", "right"):
            name = f"lemma:an inverse is a {side} inverse"
            general = lookup(s, name)
            sizes = {v: shape[0] for v in general.free if isinstance(v, Var)}
            symbol = next(v for v in general.free if isinstance(v, Sym))
            values = (*sizes.items(), (symbol, t.arg))
            put_in: dict[Any, Any] = {**sizes, symbol: t.arg}
            lhs, rhs = substitute(general.lhs, put_in), substitute(general.rhs, put_in)
            whole = _difference(s, how, lhs, rhs)
            for lead in sorted((m for m in whole or {} if len(m[2]) > 1), key=lambda m: (-len(m[2]), str(m)))[:1]:
                yield Rule(name, Equation(lhs, rhs, frozenset()), lead, (whole or {})[lead], values, (Known(),))
