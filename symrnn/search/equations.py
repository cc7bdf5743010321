"""Rewriting with equations: finds the uses that take one side of an equation to the other. Untrusted.

The goal is a normal form lhs - rhs. An equation is oriented by choosing a leading monomial; where that occurs, the
equation's instance is subtracted, in its context, until nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn import kernel
from symrnn.certificates import Use, Words
from symrnn.claims.index import Index, Node
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import substitute, walk
from symrnn.claims.tree import (
    Apply,
    Const,
    Det,
    Entry,
    Inv,
    Jac,
    Norm,
    Pow,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Total,
    Transpose,
)
from symrnn.errors import ClaimError, Refused, ShapeMismatch, SymrnnError
from symrnn.search.rules import (
    How,
    Rule,
    determinant_rules,
    difference_of,
    inverse_rules,
    matches,
    norm_rules,
    reciprocal_rules,
    rules_of,
    scaled,
    slope_rules,
    within_functions,
)
from symrnn.semantics.columns import columns
from symrnn.semantics.monomials import Mono, Poly, minus
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import filled

PEELS = (("left", "left"), ("right", "right"), ("left", "right"), ("right", "left"))
FIRST = ("first", "first")
MODES = ("lhs", "rhs", "largest")
STEPS = 32
MOST = 60  # monomials on the way


def prove_equation(s: Sequent) -> Words | None:
    """A ``Words`` certificate for the goal of a sequent, or None."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=":
        return None
    ends = _peels(s)
    for peels in (*ends, *((FIRST,) if _begins(s.goal) else ())):
        found = _direct(s, (*peels, False))
        if found is not None:
            return found
    entries = any(isinstance(t, Entry) for t in walk(s.goal))
    if not s.equations and not s.cell and not any(isinstance(t, Inv | Det | Norm | Pow | Apply) for t in walk(s.goal)):
        return None  # nothing to rewrite with
    for plain in _plain(s, entries):
        for mode in MODES:
            for peels in ends[:1] if plain else ends:
                found = _rewrite(s, (*peels, plain), mode)
                if found is not None:
                    return found
    return None


def prove_at_once(s: Sequent) -> Words | None:
    """What ``prove_equation`` finds first, where the two sides have one normal form as they stand; None elsewhere."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=":
        return None
    bare = Words(*PEELS[0], (), ())
    try:
        kernel.proves(s, bare)
    except SymrnnError:
        return None
    return bare


def _peels(s: Sequent) -> tuple[tuple[str, str], ...]:
    """The ends to peel at: one choice is as good as another where nothing runs over a range."""
    said = (s.goal, *(t for e in s.equations.values() for t in (e.lhs, e.rhs)), *(() if s.cell is None else (s.cell,)))
    return PEELS if any(_runs(t) for p in said for t in walk(p)) else PEELS[:1]


def _begins(goal: Prop) -> bool:
    """Whether it may matter where time begins: what a loss owes to a state is a sum, and the first term of it."""
    return any(isinstance(t, Total) for t in walk(goal))


def _runs(t: Node) -> bool:
    return isinstance(t, Prod | Sum | Jac) or (isinstance(t, Pow) and not t.exponent.is_const)


def _plain(s: Sequent, entries: bool) -> tuple[bool, ...]:
    """Whether commuting pairs stay out of the normal form: for entries; for transposes also, after all else."""
    if entries:
        return (True,)
    turned = bool(s.algebra("left").context.commuting) and any(isinstance(t, Transpose) for t in walk(s.goal))
    return (False, True) if turned else (False,)


def expanded_determinants(s: Sequent, e: Rel) -> tuple[Rel, Words] | None:
    """From ``det l = det r`` the same with both determinants taken apart, and its proof.

    The proof lacks the use of the equation itself, which comes first.
    """
    how = ("left", "left", False)
    whole = difference_of(s, how, e.lhs, e.rhs)
    if whole is None:
        return None
    p, uses, seen = whole, list[Use](), {_frozen(whole)}
    for _ in range(STEPS):
        step = _step(s, how, p, list(determinant_rules(s, how, p)), seen)
        if step is None:
            break
        use, p = step
        uses.append(use)
        seen.add(_frozen(p))
    if not uses:
        return None
    zero = Const(Fraction(0))
    against = tuple(Use(-u.context, u.equation, u.values, u.discharge) for u in uses)
    return Rel("=", s.algebra("left").to_term(p, None), zero), Words("left", "left", (), against)


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
    difference = difference_of(s, how, goal.lhs, goal.rhs)
    if difference is None:
        return None
    rules = list(rules_of(s, how, mode))
    uses: list[Use] = []
    seen = {_frozen(difference)}
    column = (_shape(goal) or (ONE, ONE))[1] == ONE
    for _ in range(STEPS):
        if not difference or (column and not columns(s.algebra(how[0], how[2]), difference)):
            return Words(how[0], how[1], (), tuple(uses), how[2])
        finders = (determinant_rules, inverse_rules, norm_rules, reciprocal_rules, slope_rules)
        more = [rule for find in finders for rule in find(s, how, difference)]
        step = _step(s, how, difference, [*rules, *more], seen)
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
    algebra, shape = s.algebra(how[0], how[2]), _shape(s.goal)
    size = shape[0] if shape is not None else None
    monomials = sorted(p, key=lambda m: (-len(m[2]), str(m)))
    for find in (matches, within_functions):
        for rule in rules:
            for mono in monomials:
                c = p[mono] / rule.coefficient if find is matches else p[mono]
                for context, values in find(algebra, rule, mono, size):
                    use = Use(scaled(context, c), rule.name, (*rule.values, *values), rule.discharge)
                    rest = _apply(s, how, p, use)
                    if rest is not None and _leads_on(p, mono, rest) and _frozen(rest) not in seen:
                        return use, rest
    return None


def _shape(goal: Prop) -> tuple[Index, Index] | None:
    """The shape of the two sides of an equation, 1 x 1 matrices being scalars."""
    found = (shape_of(goal.lhs) or shape_of(goal.rhs)) if isinstance(goal, Rel) else None
    return None if found == (ONE, ONE) else found


def _leads_on(p: Poly, mono: Mono, rest: Poly) -> bool:
    """Whether a use took the monomial away without making too much of it, sums within sums above all."""
    nested = max((len(m[1]) for m in p), default=0)
    return mono not in rest and len(rest) <= MOST and all(len(m[1]) <= max(nested, 1) for m in rest)


def _apply(s: Sequent, how: How, p: Poly, use: Use) -> Poly | None:
    try:
        l, r = filled(s, use.context, use.equation, use.values)
        d = difference_of(s, how, l, r)
    except (Refused, ClaimError, ShapeMismatch):  # a scalar beside matrices is no matrix, a block no matrix of blocks
        return None
    return None if d is None else minus(p, d)
