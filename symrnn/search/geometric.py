"""Geometric sums in closed form, sum X^j = (I - X)^-1 (I - X^k), where what is inverted is invertible. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Cut, Different, Known, Proof, Rewritten, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, has_hole, substitute, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Const,
    Eye,
    Inv,
    MatMul,
    Norm,
    Pow,
    Pred,
    Prop,
    Rel,
    Sum,
    Term,
    Times,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.matching import replaced
from symrnn.semantics.bounds import upper
from symrnn.semantics.sequents import Sequent

LEFT = "an inverse is a left inverse"
RECIPROCAL = "a number and its reciprocal"


def ratios(t: Prop | Term) -> dict[Sum, Term]:
    """The geometric sums that are spoken of, and by what a term of each is multiplied to give the next."""
    found = {x: _ratio(x) for x in walk(t) if isinstance(x, Sum)} if contains(t, Sum) else {}
    return {x: r for x, r in found.items() if r is not None}


def _ratio(t: Sum) -> Term | None:
    """X for a sum over j of c X^j, where c may be a product of powers of numbers."""
    parts, out = t.body.args if isinstance(t.body, Times) else (t.body,), list[Term]()
    for x in parts:
        rate = dict(x.exponent.terms).get(t.var, 0) if isinstance(x, Pow) else 0
        if t.var in free_vars(x.base if rate and isinstance(x, Pow) else x) or rate < 0:
            return None
        if rate and isinstance(x, Pow):
            out.append(x.base if rate == 1 else Pow(x.base, as_index(rate)))
    return None if not out else out[0] if len(out) == 1 else Times(tuple(out))


def one_less(ratio: Term) -> Term:
    """I - X."""
    shape = shape_of(ratio)
    return (Const(Fraction(1)) if shape is None else Eye(shape[0])) - ratio


def _closed(s: Sequent, t: Sum, ratio: Term) -> tuple[Rel, Proof] | None:
    """sum = (I - X)^-1 (first - X^length first), and a proof."""
    less, matrix = one_less(ratio), shape_of(ratio) is not None
    inverse: Term = Inv(less) if matrix else Pow(less, as_index(-1))
    if not s.defined(inverse) or (shape_of(t) is not None) != matrix:
        return None
    first, last = substitute(t.body, {t.var: t.lo}), Pow(ratio, t.hi - t.lo + 1)
    kind = MatMul if matrix else Times
    rest = first - kind((last, first))
    telescoped = Rel("=", kind((less, t)), rest)
    shown = replace(s, goal=telescoped)
    proof = prove_equation(shown) or prove_by_induction(shown)
    if proof is None:
        return None
    name = LEFT if matrix else RECIPROCAL
    (symbol,) = symbols(LEMMAS[name].claim)
    values: dict[Any, Any] = {v: (shape_of(less) or (ONE,))[0] for v in free_vars(LEMMAS[name].claim)}
    values[symbol] = less
    binding = tuple(sorted(values.items(), key=lambda item: str(item[0].key)))
    cancelled = Use(-kind((HOLE, t)), f"lemma:{name}", binding, (Known() if matrix else Different(),))
    cut = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
    made = Cut(telescoped, proof, Words("left", "left", (), (Use(kind((inverse, HOLE)), cut, (), ()), cancelled)))
    goal = Rel("=", t, kind((inverse, rest)))
    return (goal, made) if accepted(replace(s, goal=goal), made) else None


def prove_with_closed_sums(s: Sequent) -> Proof | None:
    """An equation with its geometric sums in closed form."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or not contains(goal, Inv, Pow):
        return None
    sums = ratios(goal)
    lhs, rhs, cuts, uses = goal.lhs, goal.rhs, list[tuple[Rel, Proof]](), list[Use]()
    for t, ratio in sums.items():
        found = _closed(s, t, ratio)
        if found is None:
            continue
        name = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
        uses += [Use(x, name, (), ()) for x in (replaced(lhs, t, HOLE), -replaced(rhs, t, HOLE)) if has_hole(x)]
        lhs, rhs = (replaced(x, t, found[0].rhs) for x in (lhs, rhs))
        cuts.append(found)
        s = add(s, found[0])
    last = replace(s, goal=Rel("=", lhs, rhs))
    proof = prove_equation(last) if cuts else None
    if proof is None:
        return None
    name = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
    end = Words("left", "left", (), (*uses, Use(HOLE, name, (), ())))
    return wrap(cuts, Cut(last.goal, proof, end)) if isinstance(last.goal, Rel) else None


def in_closed_form(s: Sequent, t: Term) -> Term | None:
    """A term with its geometric sums in closed form, where there are any."""
    sums = [found[0] for x, ratio in ratios(t).items() if (found := _closed(s, x, ratio)) is not None]
    for form in sums:
        t = replaced(t, form.lhs, form.rhs)
    try:
        return s.algebra("left").term(t) if sums else None
    except SymrnnError:
        return None


def prove_limit_of_sums(s: Sequent, onwards: Prover) -> Proof | None:
    """A limit of what has geometric sums in it."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None:
        return None
    term = in_closed_form(s, goal.arg)
    equal = prove_with_closed_sums(replace(s, goal=Rel("=", goal.arg, term))) if term is not None else None
    if term is None or equal is None:
        return None
    rest = onwards(replace(s, goal=replace(goal, arg=term)))
    made = Rewritten(term, equal, rest) if rest is not None else None
    return made if made is not None and accepted(s, made) else None


def norms_of_sums(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||X|| = ||Y|| where Y is X with its geometric sums in closed form."""
    for x in dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Norm)):
        term = in_closed_form(s, x.arg)
        if term is None:
            continue
        inner = replace(s, goal=Rel("=", x, replace(x, arg=term)))
        proof = prove_with_closed_sums(inner)
        if proof is not None and accepted(inner, proof):
            yield inner.goal, proof


def sums_of_numbers(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """Geometric sums of numbers in closed form: those of an inequality, and those that bound its norms."""
    if not isinstance(s.goal, Rel) or s.goal.op == "=" or not contains(s.goal, Sum):
        return
    spoken: list[Term] = [s.goal.lhs, s.goal.rhs]
    for x in dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Norm)):
        try:
            spoken.append(upper(s, x.arg, x.kind, assumed=False))
        except SymrnnError:
            continue
    for t, ratio in {t: r for p in spoken for t, r in ratios(p).items() if shape_of(t) is None}.items():
        found = _closed(s, t, ratio)
        if found is not None:
            yield found
