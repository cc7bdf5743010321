"""Rules for rewriting: equations with a leading monomial, and those that lemmas give for inverses and norms.

Untrusted. A matrix equation is also one between transposes, entries, determinants, and multiples by an inverse that the
goal speaks of (``wrap``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Different, Known, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import activations_of
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Abs,
    Add,
    Apply,
    Const,
    Det,
    Diag,
    Entry,
    Eye,
    Hadamard,
    Inv,
    MatMul,
    Norm,
    Pow,
    Rel,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
)
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.records import dataclass, replace
from symrnn.search.matching import match_term, occurrences
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.columns import SPELT
from symrnn.semantics.context import Context
from symrnn.semantics.monomials import UNIT, Mono, Poly, Scalars, Word, exponent, minus
from symrnn.semantics.sequents import Equation, Sequent
from symrnn.semantics.slopes import SLOPES, slope_equation
from symrnn.semantics.uses import lookup

How = tuple[str, str, bool]  # the ends that lhs and rhs give up, and whether commuting pairs are left out
Match = tuple[Term, tuple[tuple[Any, Any], ...]]  # a context, and values of the equation's free variables
FUNCTIONS = (Trace, Det, Norm, SpectralRadius)


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


def difference_of(s: Sequent, how: How, lhs: Term, rhs: Term) -> Poly | None:
    try:
        return minus(s.algebra(how[0], how[2]).poly(lhs), s.algebra(how[1], how[2]).poly(rhs))
    except Refused:
        return None


# ---- where a rule applies ----


def matches(algebra: Algebra, rule: Rule, mono: Mono, size: Index | None = None) -> Iterator[Match]:
    """Contexts in which the leading monomial of a rule is the given monomial (up to its coefficient).

    ``size``: of the matrices in whose sum the monomial stands, where it may be a multiple of the identity.
    """
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
        inside = algebra.context
        for v, length in binders:
            inside = inside.within(v, as_index(0), length - 1)
        rest = _quotient(inside, scalars, lead_scalars, free, values)
        if rest is None:
            continue
        factors = (*before, rule.wrap, *after)
        inner: Term = rule.wrap if len(factors) == 1 else MatMul(factors)
        if not lead_word and (word or size is not None):
            inner = Times((rule.wrap, MatMul(word) if word else Eye(size or ONE)))
        if rest:
            inner = Times((*(x if e == as_index(1) else Pow(x, e) for x, e in rest), inner))
        for var, length in reversed(() if lead_binders else binders):
            inner = Sum(inner, var, as_index(0), length - 1)
        yield inner, tuple(sorted(values.items(), key=lambda item: str(item[0].key)))


def _quotient(context: Context, scalars: Scalars, lead: Scalars, free: Any, values: dict[Any, Any]) -> Scalars | None:
    """The scalar factors that are left once the leading ones are taken out, instantiating what is still free.

    What is not among them may be divided by, if it is known not to be 0.
    """
    left = dict(scalars)
    for atom, e in lead:
        for candidate in left:
            trial = dict(values)
            if match_term(atom, candidate, free, trial):
                values.update(trial)
                left[candidate] = left[candidate] - substitute(e, values)
                break
        else:
            left[atom] = -e
    if not all(context.at_least(left[a], 0) or context.regular(a) for a, _ in lead if a in left):
        return None
    return tuple((a, e) for a, e in left.items() if e != as_index(0))


def within_powers(algebra: Algebra, rule: Rule, mono: Mono, size: Index | None = None) -> Iterator[Match]:
    """As ``matches``, of a determinant to a power that is no number: d^k from d, all at once."""
    scalars, binders, word = mono
    lead = rule.lead[0][0] if len(rule.lead[0]) == 1 and not rule.lead[1] and not rule.lead[2] else None
    if lead is None or lead[1] != ONE or binders or rule.equation.free or rule.wrap != HOLE or rule.coefficient != 1:
        return
    for at, e in scalars:
        if at != lead[0] or not contains(at, Det) or e.is_const or not algebra.context.at_least(e, 1):
            continue
        rest = [x if n == ONE else Pow(x, n) for x, n in scalars if x != at]
        inner: list[Term] = [*rest, Pow(HOLE, e)]
        if word or size is not None:
            inner.append(MatMul(word) if word else Eye(size or ONE))
        yield inner[0] if len(inner) == 1 else Times(tuple(inner)), ()


def within_functions(algebra: Algebra, rule: Rule, mono: Mono, size: Index | None = None) -> Iterator[Match]:
    """As ``matches``, inside the traces, determinants and norms of a monomial; the coefficient is put in."""
    if not rule.lead[2]:
        return
    for atom, e in mono[0]:
        if not isinstance(atom, FUNCTIONS) or not algebra.context.at_least(e, 1):
            continue
        for inner, values in _inside(algebra, rule, atom):
            around = replace(rule, wrap=replace(atom, arg=inner), lead=(((atom, ONE),), (), ()))
            for context, more in matches(algebra, around, mono, size):
                yield context, (*values, *more)


def _inside(algebra: Algebra, rule: Rule, atom: Any) -> Iterator[Match]:
    """The argument of a function with a hole in it; the word under a trace may be turned round."""
    p = algebra.poly(atom.arg)
    size = (shape_of(atom.arg) or (None,))[0]
    for mono, c in p.items():
        rest = {m: d for m, d in p.items() if m != mono}
        for word in _turns(mono[2]) if isinstance(atom, Trace) else [mono[2]]:
            for context, values in matches(algebra, rule, (mono[0], mono[1], word), size):
                here = scaled(context, c / rule.coefficient)
                yield Add((algebra.to_term(rest, shape_of(atom.arg)), here)) if rest else here, values


def _turns(word: Word) -> list[Word]:
    return [(*word[i:], *word[:i]) for i in range(len(word))]


def scaled(context: Term, c: Fraction) -> Term:
    return context if c == 1 else Times((Const(c), context))


# ---- which rules there are ----


def rules_of(s: Sequent, how: How, mode: str) -> Iterator[Rule]:
    names = sorted(s.equations, key=lambda n: (not n.startswith("ih"), not n.startswith("cut"), n))
    for name in names:
        equation = s.equations[name]
        yield from _oriented(s, how, mode, Rule(name, equation, UNIT, Fraction(1)))
        yield from _least(s, how, mode, name, equation)
        yield from _as_entries(s, how, mode, name, equation)
        yield from _turned_inverse(s, how, mode, equation)
        yield from _wrapped(s, how, mode, name, equation)
    yield from _definitions(s, how)


def _definitions(s: Sequent, how: How) -> Iterator[Rule]:
    """States by what they are defined as, where that is linear, or a step from the state before: h_{t-1} + s(a_t)."""
    if s.cell is None or not any(x.role == "state" for x in symbols(s.goal)):
        return
    for head, definition in s.cell.steps:
        curved = (t for t in walk(definition) if isinstance(t, Apply | Hadamard))
        if _is_step(head, definition) or all(getattr(t, "function", "") == "identity" for t in curved):
            at: Any = head[as_index(s.cell.time)]
            e = Equation(at, definition, frozenset((s.cell.time,)), True)
            yield Rule(f"def:{head.name}", e, ((), (), (at,)), Fraction(1))
            inner = definition.arg if isinstance(definition, Apply) else definition  # the identity of a pre-activation
            for local, value in s.cell.locals if s.equations else ():
                if local[as_index(s.cell.time)] == inner:
                    named = Equation(inner, value, frozenset((s.cell.time,)), False)
                    yield Rule(f"def:{local.name}", named, ((), (), (inner,)), Fraction(1))


def _is_step(head: Sym, definition: Term) -> bool:
    """Whether an update is a sum with a multiple of the state before."""
    parts = definition.args if isinstance(definition, Add) else ()
    return any(
        isinstance(x, Sym) and x.name == head.name
        for part in parts
        for x in ((part,) if not isinstance(part, Times) else part.args)
    )


def _least(s: Sequent, how: How, mode: str, name: str, e: Equation) -> Iterator[Rule]:
    """What an equation for all lags says of the least one, where a power is no longer one."""
    lags = {v: as_index(v.low or 0) for v in e.free if isinstance(v, Var) and v.kind == "lag"}
    if lags:
        first = Equation(substitute(e.lhs, lags), substitute(e.rhs, lags), e.free - set(lags), e.within)
        values = tuple(sorted(lags.items(), key=lambda item: item[0].key))
        yield from _oriented(s, how, mode, Rule(name, first, UNIT, Fraction(1), values))


def _wrapped(s: Sequent, how: How, mode: str, name: str, e: Equation) -> Iterator[Rule]:
    """A matrix equation transposed, inverted, or multiplied by an inverse, where the goal speaks of such."""
    shape = shape_of(e.lhs) or shape_of(e.rhs)
    if shape is None:
        return
    wraps: list[Term] = [Transpose(HOLE)] if contains(s.goal, Transpose) else []
    inverted = {t.arg for t in walk(s.goal) if isinstance(t, Inv)} if contains(s.goal, Inv) else set[Term]()
    if contains(s.goal, Pow):
        inverted |= {
            t.base for t in walk(s.goal) if isinstance(t, Pow) and t.exponent.is_const and t.exponent.const < 0
        }
    for x in sorted((x for x in inverted if isinstance(x, Sym) and x.shape is not None), key=lambda x: x.key):
        if shape_of(x) == (shape[0], shape[0]):
            wraps.append(MatMul((Pow(x, as_index(-1)), HOLE)))
        if shape_of(x) == (shape[1], shape[1]):
            wraps.append(MatMul((HOLE, Pow(x, as_index(-1)))))
    sums = contains(s.goal, Trace) and contains(s.goal, Diag)
    if shape[1] == ONE and sums and any(isinstance(t, Trace) and isinstance(t.arg, Diag) for t in walk(s.goal)):
        wraps.append(Trace(Diag(HOLE)))  # the sum of the entries
    if inverted and shape[0] == shape[1]:
        wraps.append(Inv(HOLE))
    for wrap in wraps:
        yield from _oriented(s, how, mode, Rule(name, e, UNIT, Fraction(1), wrap=wrap))


def _oriented(s: Sequent, how: How, mode: str, rule: Rule) -> Iterator[Rule]:
    """The rule with the leading monomial that the mode chooses."""
    lhs, rhs = substitute(rule.wrap, {HOLE: rule.equation.lhs}), substitute(rule.wrap, {HOLE: rule.equation.rhs})
    zero = Const(Fraction(0))
    left, right = difference_of(s, how, lhs, zero), difference_of(s, how, zero, rhs)
    if left is None or right is None:
        return
    whole = minus(left, {m: -c for m, c in right.items()})
    pools = {"lhs": left, "rhs": right, "largest": whole}
    pool = [m for m in pools[mode] if m in whole and m != UNIT] or [m for m in whole if m != UNIT]
    if pool:
        lead = max(pool, key=_weight)
        yield replace(rule, lead=lead, coefficient=whole[lead])


def _weight(m: Mono) -> tuple[Any, ...]:
    """Monomials without sums first, then by length and degree, symbolic exponents counting most."""
    exponents = [e for _, e in m[0]]
    powers = [exponent(f) for f in m[2]]
    degree = (sum(len(e.terms) for e in powers), sum(e.const for e in powers)) if powers else (0, 0)
    return (
        not m[1],
        len(m[2]),
        *degree,
        len(m[0]),
        sum(len(e.terms) for e in exponents),
        sum(e.const for e in exponents),
        str(m),
    )


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


def reciprocal_rules(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """x / x = 1 for the compound numbers that are divided by."""
    name = "lemma:a number and its reciprocal"
    (c,) = symbols(LEMMAS[name[6:]].claim)
    found = {a for scalars, _, _ in p for a, e in scalars if isinstance(a, Add) and not e.terms and e.const < 0}
    for x in sorted(found, key=lambda t: t.key):
        equation = Equation(Times((x, Pow(x, as_index(-1)))), Const(Fraction(1)), frozenset())
        whole = difference_of(s, how, equation.lhs, equation.rhs) or {}
        for lead in sorted((m for m in whole if m != UNIT), key=_weight, reverse=True)[:1]:
            yield Rule(name, equation, lead, whole[lead], ((c, x),), (Different(),))


def norm_rules(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """||X|| = rho(X) for normal X, ||X||_F^2 = tr(X^T X), and ||v||_1 as the sum of magnitudes."""
    found = {a for scalars, _, _ in p for a, _ in scalars if isinstance(a, Norm)}
    for x in sorted(found, key=lambda t: t.key):
        shape = shape_of(x.arg) or (ONE, ONE)
        column = Transpose(x.arg) if shape[0] == ONE else x.arg
        if ONE in shape and x.kind == ("1" if column is x.arg else "inf"):
            sides = Trace(Diag(Abs(column))), Norm(column, "1")
            yield _norm_rule("1-norm by the entries", column, sides, -1, x, 1, ())
        elif x.kind == "fro" or (ONE in shape and x.kind == "2"):
            gram = Trace(MatMul((Transpose(x.arg), x.arg)))
            yield _norm_rule("Frobenius norm by a trace", x.arg, (gram, Pow(x, as_index(2))), -1, x, 2, ())
        elif x.kind == "2" and shape[0] == shape[1]:
            yield _norm_rule("norm of a normal matrix", x.arg, (x, SpectralRadius(x.arg)), 1, x, 1, (Known(),))


def _norm_rule(
    name: str, x: Term, sides: tuple[Term, Term], sign: int, lead: Norm, power: int, discharge: tuple[Proof, ...]
) -> Rule:
    """The lemma at a matrix or column, to take away a power of a norm."""
    (symbol,) = symbols(LEMMAS[name].claim)
    sizes = {d.terms[0][0]: end for d, end in zip(symbol.shape or (), shape_of(x) or (), strict=True) if d.terms}
    mono: Mono = (((lead, as_index(power)),), (), ())
    equation = Equation(*sides, frozenset())
    return Rule(f"lemma:{name}", equation, mono, Fraction(sign), ((symbol, x), *sizes.items()), discharge)


UNSPELT = tuple(sorted(set(SLOPES) - set(SPELT)))


def slope_rules(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """What slopes are that ``search/spelling.py`` does not write by values, in matrices, columns and numbers."""
    if not any(set(UNSPELT).intersection(activations_of(x)) for x in (s.cell, s.goal, *s.hypotheses) if x is not None):
        return
    found = {t for m in p for f in (*m[2], *(a for a, _ in m[0])) for t in walk(f) if isinstance(t, Apply)}
    sloped = {t.function for t in found if t.order == 1}
    for t in sorted(found, key=lambda t: t.key):
        name = t.function if t.order == 1 else f"{t.function}, value"
        if name not in UNSPELT or t.function not in sloped:
            continue
        column = shape_of(t) is not None and (shape_of(t) or (ONE, ONE))[1] == ONE
        for wrap in (Diag(HOLE), HOLE) if column else (HOLE,):
            lhs, rhs = (substitute(wrap, {HOLE: x}) for x in slope_equation(name, t.arg))
            lead = difference_of(s, how, lhs, Const(Fraction(0)))
            if lead is not None and len(lead) == 1:
                rule = Rule(f"slope:{name}", Equation(lhs, rhs, frozenset()), *next(iter(lead.items())))
                yield replace(rule, values=((HOLE, t.arg),), wrap=wrap)
    if found and s.cell is not None:
        yield from _activated_states(s, how, p)


def _activated_states(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """States that are an activation of something, h_t = s(a_t), as what they are."""
    parts = [t for m in p for f in (*m[2], *(a for a, _ in m[0])) for t in walk(f)]
    states = {t for t in parts if isinstance(t, Sym) and t.role == "state" and t.index}
    places = {(t.row, t.col) for t in parts if isinstance(t, Entry) and t.arg in states}
    for x in sorted(states, key=lambda x: x.key):
        definition = s.cell.definition(x.name, x.index[0]) if s.cell is not None else None
        if s.cell is None or not isinstance(definition, Apply):
            continue
        at = ((s.cell.time, x.index[0]),)
        for wrap in (Diag(HOLE), HOLE, *(Entry(HOLE, *place) for place in sorted(places, key=str))):
            lead = difference_of(s, how, substitute(wrap, {HOLE: x}), Const(Fraction(0)))
            if lead is not None and len(lead) == 1:
                e = Equation(x, definition, frozenset(), True)
                yield Rule(f"def:{x.name}", e, *next(iter(lead.items())), at, wrap=wrap)


def inverse_rules(s: Sequent, how: How, p: Poly) -> Iterator[Rule]:
    """X X^-1 = I and X^-1 X = I for the compound inverses that occur."""
    inverses = {t for _, _, word in p for f in word if contains(f, Inv) for t in walk(f) if isinstance(t, Inv)}
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
            whole = difference_of(s, how, lhs, rhs)
            for lead in sorted((m for m in whole or {} if len(m[2]) > 1), key=lambda m: (-len(m[2]), str(m)))[:1]:
                yield Rule(name, Equation(lhs, rhs, frozenset()), lead, (whole or {})[lead], values, (Known(),))
