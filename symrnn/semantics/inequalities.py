"""Inequalities between scalars: rhs - lhs as a sum of known differences times what is never negative. Trusted.

Known are the hypotheses, lemmas of the table, bounds of norms by letters (``bounds``), squares, and what is known of an
activation: its range, that of its derivative, and s' in terms of s.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symrnn.claims.activations import FACTS, HARD_SIGMOIDS
from symrnn.claims.index import Index, Node, Var, as_index, node
from symrnn.claims.shapes import is_scalar, shape_of
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Entry,
    ForAll,
    Norm,
    Not,
    Pow,
    Prop,
    Rel,
    SizeOf,
    Sym,
    Term,
    Times,
    Trace,
)
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.semantics.beginnings import within
from symrnn.semantics.bounds import by_parts, upper
from symrnn.semantics.functions import monomial_never_negative, monomial_positive, never_negative
from symrnn.semantics.monomials import Poly, minus
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import Binding, in_range, lemma_instance

ZERO, ONE = Const(Fraction(0)), Const(Fraction(1))
Known = tuple[Term, Term, bool]  # l, r, strict: l <= r or l < r
UNIT = as_index(1)
ZERO_AT_ZERO = ("tanh", "relu", "identity")  # their value at 0 is 0
REACHED = ("relu", *HARD_SIGMOIDS)  # take the values at the ends of their ranges
RANGES: dict[str, tuple[int | None, int | None]] = {
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softplus": (0, None),
    "relu": (0, None),
    **dict.fromkeys(HARD_SIGMOIDS, (0, 1)),
}


@node
class AtMost(Node):
    """A known inequality l <= r, raised to ``exponent``, times ``factor``, which is never negative.

    ``source``: "hyp:i", "lemma:name", "entry:i" (hypothesis i, between matrices, at the entry ``term``), or one of
    SOURCES about ``term``. ``values``: of what a hypothesis or lemma is about in general. ``turned``: an equation read
    backwards.
    ``discharge`` proves the hypotheses of a lemma.
    """

    source: str
    term: Term
    values: Binding
    discharge: tuple[Node, ...]
    factor: Term
    exponent: Index
    turned: bool = False


def orders(s: Sequent, goal: Prop, uses: tuple[AtMost, ...]) -> None:
    """Return if lhs <= rhs (or lhs < rhs) follows; Refused otherwise. Lemmas' hypotheses are discharged elsewhere."""
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or not is_scalar(shape_of(goal.lhs)):
        raise Refused("the goal is no inequality between scalars")
    algebra, (lhs, rhs) = s.algebra("left"), (_number(goal.lhs), _number(goal.rhs))
    gap, strict = minus(algebra.poly(rhs), algebra.poly(lhs)), False
    for use in uses:
        l, r, less = known(s, use)
        factor = algebra.poly(use.factor)
        if not _never_negative(s, factor):
            raise Refused(f"{use.factor} may be negative")
        if use.exponent.const != 1 or use.exponent.terms:
            if not _never_negative(s, algebra.poly(l)) or not algebra.context.at_least(use.exponent, 0):
                raise Refused("an inequality is raised to a power that need not respect it")
            less = less and algebra.context.at_least(use.exponent, 1)
            l, r = Pow(l, use.exponent), Pow(r, use.exponent)
        gap = minus(gap, algebra.times(factor, minus(algebra.poly(r), algebra.poly(l))))
        strict = strict or (less and _positive(s, factor))
    if not _never_negative(s, gap):
        raise Refused("what is left may be negative")
    if goal.op == "<" and not strict and not _positive(s, gap):
        raise Refused("what is left may be 0")


def combines(
    s: Sequent,
    goal: Prop,
    products: tuple[tuple[Fraction, tuple[AtMost, ...]], ...],
    equal: tuple[tuple[AtMost, Term], ...],
) -> None:
    """Return if rhs - lhs is a sum of c (r - l)(r' - l')... with c > 0 and known l <= r, of multiples of r - l for
    known equations l = r, and of what is never negative; Refused otherwise."""
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or not is_scalar(shape_of(goal.lhs)):
        raise Refused("the goal is no inequality between scalars")
    algebra, (lhs, rhs) = s.algebra("left"), (_number(goal.lhs), _number(goal.rhs))
    gap, strict = minus(algebra.poly(rhs), algebra.poly(lhs)), False
    for c, parts in products:
        if c <= 0 or not parts:
            raise Refused("a product of inequalities needs a positive number, and an inequality")
        product, above = algebra.poly(Const(c)), True
        for part in parts:
            l, r, less = _plainly(s, part)
            product, above = algebra.times(product, minus(algebra.poly(r), algebra.poly(l))), above and less
        gap, strict = minus(gap, product), strict or above
    for use, factor in equal:
        if not use.source.startswith(("hyp:", "entry:")) or shape_of(factor) is not None:
            raise Refused("only equations among the hypotheses may be multiplied by any scalar")
        r, l, _ = _plainly(s, replace(use, turned=True))  # which is refused unless it is an equation
        gap = minus(gap, algebra.times(algebra.poly(factor), minus(algebra.poly(r), algebra.poly(l))))
    if not _never_negative(s, gap):
        raise Refused("what is left may be negative")
    if goal.op == "<" and not strict and not _positive(s, gap):
        raise Refused("what is left may be 0")


def _plainly(s: Sequent, use: AtMost) -> Known:
    """A known inequality by itself: no power or factor, and no lemma."""
    if use.source.startswith("lemma:") or use.factor != ONE or use.exponent != as_index(1) or use.discharge:
        raise Refused("an inequality in a product stands by itself")
    return known(s, use)


def _never_negative(s: Sequent, p: Poly) -> bool:
    context = s.algebra("left").context
    return all(c > 0 and not m[2] and monomial_never_negative(context, m[0]) for m, c in p.items())


def _positive(s: Sequent, p: Poly) -> bool:
    """Whether a normal form that is never negative has a term that is above 0."""
    return any(monomial_positive(s.algebra("left").context, m) for m in p)


def known(s: Sequent, use: AtMost) -> Known:
    """The inequality that a use stands for."""
    if use.source.startswith("hyp:"):
        return _of_hypothesis(s, use)
    if use.source.startswith("lemma:"):
        return _sides(lemma_instance(use.source, use.values), use.turned)
    if use.source.startswith("entry:"):
        return _of_entries(s, use)
    rule = SOURCES.get(use.source)
    if rule is None:
        raise Refused(f"there is no inequality {use.source}")
    if not s.defined(use.term):
        raise Refused(f"{use.term} may have no value")
    return rule(s, use.term)


def _hypothesis(s: Sequent, place: str) -> Any:
    return s.hypotheses[int(place)] if place.isdecimal() and int(place) < len(s.hypotheses) else None


def _undenied(s: Sequent, h: Any) -> Any:
    """r < l for not l <= r, and r <= l for not l < r, where both sides have a value."""
    if not isinstance(h, Not) or not isinstance(h.arg, Rel) or h.arg.op not in ("<", "<="):
        return h
    l, r = h.arg.lhs, h.arg.rhs
    context = s.algebra("left").context
    if not all(shape_of(x) is None and s.defined(x) and within(x, s.begun, context) for x in (l, r)):
        raise Refused("what was denied may have had no value, or is not about scalars")
    return Rel("<" if h.arg.op == "<=" else "<=", r, l)


def _of_entries(s: Sequent, use: AtMost) -> Known:
    """A relation between matrices, at one entry, which both have."""
    h, at = _instance(s, use, _hypothesis(s, use.source[6:])), use.term
    shape = shape_of(h.lhs) or shape_of(h.rhs) if isinstance(h, Rel) else None
    if not isinstance(h, Rel) or shape is None or not isinstance(at, Entry):
        raise Refused(f"{use.source} is no relation between matrices, or {at} is no entry")
    context = s.algebra("left").context
    if not context.has_row(at.row, shape[0]) or not context.has_row(at.col, shape[1]):
        raise Refused(f"there may be no row or column of {at}")
    if any(shape_of(x) != shape and x != ZERO for x in (h.lhs, h.rhs)):
        raise Refused(f"{use.source}: the sides have different shapes")
    l, r = (x if x == ZERO else Entry(x, at.row, at.col) for x in (h.lhs, h.rhs))
    return _sides(Rel(h.op, l, r), use.turned)


def _of_hypothesis(s: Sequent, use: AtMost) -> Known:
    return _sides(_instance(s, use, _undenied(s, _hypothesis(s, use.source[4:]))), use.turned)


def _instance(s: Sequent, use: AtMost, h: Any) -> Any:
    """A hypothesis that holds for all integers of some kind, at those that a use names."""
    free: set[Var | Sym] = set()
    while isinstance(h, ForAll) and isinstance(h.var, Var):
        free.add(h.var)
        h = h.body
    values: dict[Any, Any] = dict(use.values)
    if not set(values) <= free or not all(isinstance(v, Index) for v in values.values()):
        raise Refused(f"{use.source} cannot be instantiated so")
    if not isinstance(h, Rel):
        return h
    in_range(use.source, h.lhs, h.rhs, frozenset(free), values, s.algebra("left").context)
    return substitute(h, values)


def _sides(p: Prop | None, turned: bool) -> Known:
    if not isinstance(p, Rel) or not is_scalar(shape_of(p.lhs)):
        raise Refused("that is no relation between scalars")
    if turned and p.op != "=":
        raise Refused("an inequality has one direction")
    l, r = (p.rhs, p.lhs) if turned else (p.lhs, p.rhs)
    return _number(l), _number(r), p.op == "<"


def _number(t: Term) -> Term:
    """A scalar, or the entry of a 1 x 1 matrix; Refused for any other matrix."""
    if not is_scalar(shape_of(t)):
        raise Refused(f"{t} is no number")
    return Trace(t) if shape_of(t) is not None else t


# ---- what needs no hypothesis ----


def _norm(kind: str) -> Callable[[Sequent, Term], Known]:
    """||X|| <= the bound by its letters; of a scalar: |x|, inner products in it bounded by norms of a kind."""

    def rule(s: Sequent, t: Term) -> Known:
        if isinstance(t, Norm):
            return t, upper(s, t.arg, t.kind, assumed=False), False
        if isinstance(t, Abs) and shape_of(t) is None:
            return t, upper(s, t.arg, kind, assumed=False), False
        raise Refused(f"{t} is no norm")

    return rule


def _assumed_norm(s: Sequent, t: Term) -> Known:
    """The same, letters being bounded by what the hypotheses say of all members of their family."""
    if isinstance(t, Norm):
        return t, upper(s, t.arg, t.kind, assumed=True), False
    raise Refused(f"{t} is no norm")


def _parts(strong: str) -> Callable[[Sequent, Term], Known]:
    """The same, the parts of a product or sum being left as they are."""

    def rule(s: Sequent, t: Term) -> Known:
        if not isinstance(t, Norm) or shape_of(t.arg) is None:
            raise Refused(f"{t} is no norm of a matrix")
        return t, by_parts(s, t, strong), False

    return rule


def _square(s: Sequent, t: Term) -> Known:
    """0 <= t^2, strictly where t is known not to be 0."""
    if shape_of(t) is not None:
        raise Refused("only scalars have squares that are numbers")
    return ZERO, Times((t, t)), monomial_positive(s.algebra("left").context, _only_monomial(s, Times((t, t))))


def _only_monomial(s: Sequent, t: Term) -> Any:
    p = s.algebra("left").poly(t)
    return next(iter(p)) if len(p) == 1 else ((), (), (ZERO,))


def _magnitude(sign: int) -> Callable[[Sequent, Term], Known]:
    """+-x <= |x|."""

    def rule(s: Sequent, t: Term) -> Known:
        if shape_of(t) is not None:
            raise Refused("magnitudes are of scalars")
        return Times((Const(Fraction(sign)), t)), Abs(t), False

    return rule


def _applied(s: Sequent, t: Term) -> Apply | None:
    """The activation whose value a scalar is: itself, or as an entry of a local that is defined by one."""
    x = t.arg if isinstance(t, Entry) else t
    if isinstance(x, Sym) and x.role == "local" and x.index and s.cell is not None:
        definition = s.cell.definition(x.name, x.index[0])
        x = x if definition is None else definition
    return x if isinstance(x, Apply) and shape_of(t) is None else None


def _value(s: Sequent, t: Term, high: bool) -> Known:
    """The range of s(a) or s'(a), a scalar, or an entry of a local that is defined so."""
    applied = _applied(s, t)
    facts = FACTS.get(applied.function) if applied is not None else None
    if facts is None or applied is None:
        raise Refused(f"nothing is known of the values of {t}")
    if applied.order:
        bound, attained = (facts.high, facts.high_attained) if high else (facts.low, facts.low_attained)
        return (t, Const(bound), not attained) if high else (Const(bound), t, not attained)
    end = RANGES.get(applied.function, (None, None))[high]
    if end is None:
        raise Refused(f"{applied.function} is not bounded so")
    strict = applied.function not in REACHED
    return (t, Const(Fraction(end)), strict) if high else (Const(Fraction(end)), t, strict)


def _slope(s: Sequent, t: Term, turned: bool) -> Known:
    """s' = s - s^2 for the sigmoid, 1 - s^2 for tanh."""
    if not isinstance(t, Apply) or t.order != 1 or shape_of(t) is not None or t.function not in ("sigmoid", "tanh"):
        raise Refused(f"{t} is no slope with a formula")
    p = Apply(t.function, t.arg, 0)
    formula = (p if t.function == "sigmoid" else ONE) - p * p
    return (formula, t, False) if turned else (t, formula, False)


def _fraction(s: Sequent, t: Term) -> Known:
    """c < 1 for a number 0 <= c < 1."""
    if not isinstance(t, Const) or not 0 <= t.value < 1:
        raise Refused(f"{t} is no number between 0 and 1")
    return t, ONE, True


def _least(s: Sequent, t: Term) -> Known:
    """c <= a size or lag, of which that is known."""
    least = s.algebra("left").context.least(t.index) if isinstance(t, SizeOf) else None
    if least is None:
        raise Refused(f"{t} is no size or lag with a least value")
    return Const(Fraction(least)), t, False


def _entry(kind: str) -> Callable[[Sequent, Term], Known]:
    """|x_ij| <= ||X||, in each of the norms that a vector norm induces, and in the Frobenius norm."""

    def rule(s: Sequent, t: Term) -> Known:
        if not isinstance(t, Entry):
            raise Refused(f"{t} is no entry")
        return Abs(t), Norm(t.arg, kind), False

    return rule


def _difference_of_values(s: Sequent, t: Term) -> Known:
    """||f(u) - f(v)|| <= sup |f'| ||u - v|| for columns and scalars, and ||f(u)|| <= sup |f'| ||u|| where f(0) = 0.

    By the mean value theorem in every entry; the norms of a column grow with the magnitudes of its entries. An
    activation with kinks is continuous, and linear between them.
    """
    shape = shape_of(t.arg) if isinstance(t, Norm | Abs) else None
    fits = shape is None if isinstance(t, Abs) else shape is not None and shape[1] == UNIT
    if not isinstance(t, Norm | Abs) or not fits:
        raise Refused(f"{t} is no magnitude of a scalar or norm of a column")
    values: list[tuple[Fraction, Apply]] = []
    for (scalars, binders, word), c in s.algebra("left").poly(t.arg).items():
        letters = [*(x for x, e in scalars if e == UNIT), *word]
        x = letters[0] if len(letters) == len(scalars) + len(word) == 1 else None
        if binders or not isinstance(x, Apply) or x.order != 0 or abs(c) != 1:
            raise Refused(f"{t.arg} is no difference of values of an activation")
        values.append((c, x))
    functions, signs = {x.function for _, x in values}, sum(c for c, _ in values)
    facts = FACTS.get(next(iter(functions))) if len(functions) == 1 else None
    alone = len(values) == 1 and functions <= set(ZERO_AT_ZERO)
    if facts is None or not (alone or (len(values) == 2 and signs == 0)):
        raise Refused(f"{t.arg} is no difference of values of one activation that is known")
    inner = [Times((Const(c), x.arg)) for c, x in values]
    less = inner[0] if alone else Add(tuple(inner))
    steepest = Const(max(abs(facts.low), abs(facts.high)))
    return t, Times((steepest, replace(t, arg=less))), False


SOURCES: dict[str, Callable[[Sequent, Term], Known]] = {
    "norm": _norm("2"),
    "norm, 1": _norm("1"),
    "norm, inf": _norm("inf"),
    "assumed norm": _assumed_norm,
    "parts": _parts(""),
    "parts, first": _parts("first"),
    "parts, last": _parts("last"),
    "square": _square,
    "magnitude": _magnitude(1),
    "negated magnitude": _magnitude(-1),
    "below": lambda s, t: _value(s, t, high=True),
    "above": lambda s, t: _value(s, t, high=False),
    "slope": lambda s, t: _slope(s, t, turned=False),
    "slope, turned": lambda s, t: _slope(s, t, turned=True),
    "difference of values": _difference_of_values,
    "least": _least,
    "below 1": _fraction,
    **{f"entry below the {kind}-norm": _entry(kind) for kind in ("1", "2", "inf", "fro")},
}

__all__ = ["LEMMAS", "SOURCES", "AtMost", "combines", "known", "never_negative", "orders"]
