"""Rewriting with equations: finds the uses that take one side of an equation to the other. Untrusted.

The goal is a normal form lhs - rhs. An equation is oriented by choosing a leading monomial; where that occurs, the
equation's instance is subtracted, in its context, until nothing is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from symrnn import kernel
from symrnn.certificates import Fact, Proof, Use, Words
from symrnn.claims.index import Index, Node
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Abs,
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
    Trace,
    Transpose,
)
from symrnn.errors import ClaimError, Refused, ShapeMismatch, SymrnnError
from symrnn.records import replace
from symrnn.search.determinants import determinant_rules
from symrnn.search.kept import Kept
from symrnn.search.rules import (
    How,
    Rule,
    difference_of,
    inverse_rules,
    matches,
    norm_rules,
    reciprocal_rules,
    rules_of,
    scaled,
    slope_rules,
    within_functions,
    within_powers,
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
    tried: dict[How, list[list[Rule]]] = {}
    if s.inducted:  # the step of an induction is seldom true by definition alone, and its normal forms are large
        for peels in ends:
            found = _direct(s, (*peels, False), [((), s.goal.lhs, s.goal.rhs)]) or _by_rules(
                s, (*peels, False), MODES[0], tried
            )
            if found is not None:
                return found
    unfolded = Kept(_unfoldings(s, s.goal))
    for peels in (*ends, *((FIRST,) if _begins(s.goal) else ())):
        found = _direct(s, (*peels, False), unfolded)
        if found is not None:
            return found
    entries = contains(s.goal, Entry)
    if not s.equations and not s.cell and not contains(s.goal, Inv, Det, Norm, Pow, Apply):
        return None  # nothing to rewrite with
    for plain in _plain(s, entries):
        for mode in MODES if s.equations else MODES[:1]:
            for peels in ends[:1] if plain else ends:
                found = _by_rules(s, (*peels, plain), mode, tried)
                if found is not None:
                    return found
    return _unfolded_by_rules(s, (*ends[0], False), unfolded) if not s.inducted else None


def _unfolded_by_rules(s: Sequent, how: How, unfolded: Iterable[Sides]) -> Words | None:
    """By what is known of parameters, inside the definitions of states and locals."""
    known = [e for e in s.equations.values() if all(x.role == "free" for t in (e.lhs, e.rhs) for x in symbols(t))]
    rules = list(rules_of(s, how, MODES[0])) if known and s.cell is not None else []
    for names, lhs, rhs in islice(unfolded, 1, None) if rules else ():
        found = _rewrite(s, how, rules, names, (lhs, rhs))
        if found is not None:
            return found
    return None


def _by_rules(s: Sequent, how: How, mode: str, tried: dict[How, list[list[Rule]]]) -> Words | None:
    """By rewriting, unless another choice of what leads came to the same rules, which are ``tried``."""
    rules = list(rules_of(s, how, mode))
    if rules in tried.setdefault(how, []):
        return None
    tried[how].append(rules)
    return _rewrite(s, how, rules)


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
    return contains(goal, Total)


def _runs(t: Node) -> bool:
    return isinstance(t, Prod | Sum | Jac | Total) or (isinstance(t, Pow) and not t.exponent.is_const)


def _plain(s: Sequent, entries: bool) -> tuple[bool, ...]:
    """Whether commuting pairs stay out of the normal form: for entries; for transposes also, after all else."""
    if entries:
        return (True,)
    turned = bool(s.algebra("left").context.commuting) and contains(s.goal, Transpose)
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
        step = _step(s, how, p, list(determinant_rules(s, how, p, apart=True)), seen)
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


def expanded(s: Sequent, prove: Callable[[Sequent], Proof | None]) -> Iterator[tuple[Prop, Proof]]:
    """det(X Y) = det(X) det(Y) for the determinants that an inequality speaks of."""
    if not isinstance(s.goal, Rel) or (s.goal.op == "=" and not contains(s.goal, Abs)):
        return
    for t in dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Det)):
        found = expanded_determinants(s, Rel("=", t, Const(Fraction(0))))
        whole = replace(s, goal=Rel("=", t, found[0].lhs)) if found is not None else None
        proof = prove_equation(whole) if whole is not None else None
        if whole is None or proof is None or not isinstance(whole.goal, Rel):
            continue
        yield whole.goal, proof
        if any(isinstance(x, Abs) and x.arg == t for x in walk(s.goal)):
            use = Words("left", "left", (), (Use(Abs(HOLE), f"hyp:{len(s.hypotheses)}", (), ()),))
            yield Rel("=", Abs(t), Abs(whole.goal.rhs)), Fact(whole.goal, proof, use)


Sides = tuple[tuple[Sym, ...], Term, Term]  # names that were replaced by their definitions, and the equation then


def _direct(s: Sequent, how: How, unfolded: Iterable[Sides]) -> Words | None:
    """Equal normal forms, perhaps after names of states and locals are replaced by their definitions."""
    for names, lhs, rhs in unfolded:
        shapes = (shape_of(lhs), shape_of(rhs))
        further = any(shape is not None and shape[1] == ONE for shape in shapes)  # columns and entries have other forms
        made = Words(how[0], how[1], names, ())
        left = difference_of(s, how, lhs, rhs)
        if (left == {} or (further and left is not None and _may_cancel(left))) and _accepted(s, made):
            return made
    return None


def _may_cancel(p: Poly) -> bool:
    """Whether each monomial has another one with the same symbols, without which no other form of it cancels it."""
    said = Counter(frozenset(x for t in (*(a for a, _ in m[0]), *m[2]) for x in symbols(t)) for m in p)
    return min(said.values()) > 1


def _accepted(s: Sequent, c: Words) -> bool:
    try:
        kernel.proves(s, c)
    except Refused:
        return False
    return True


def _unfoldings(s: Sequent, goal: Rel) -> Iterator[Sides]:
    """Growing lists of names to unfold: none, then each time those that only one side has, the latest first."""
    taken: tuple[Sym, ...] = ()
    lhs, rhs = goal.lhs, goal.rhs
    yield taken, lhs, rhs
    fixed = free_vars(goal)  # at times that run over a range nothing is replaced
    for _ in range(4 if s.cell is not None else 0):
        sides = [frozenset(x for x in _names(side) if free_vars(x.index[0]) <= fixed) for side in (lhs, rhs)]
        fresh = sorted((sides[0] ^ sides[1]) or (sides[0] | sides[1]), key=lambda x: (-x.index[0].const, x.key))
        if not fresh:
            return
        for name in [x for x in fresh if x.index[0] - x.index[0].const == fresh[0].index[0] - fresh[0].index[0].const]:
            if name.index[0].const < fresh[0].index[0].const:
                break
            definition = s.cell.definition(name.name, name.index[0]) if s.cell is not None else None
            if definition is not None:
                lhs, rhs = substitute(lhs, {name: definition}), substitute(rhs, {name: definition})
                taken = (*taken, name)
        yield taken, lhs, rhs


def _names(t: Term) -> frozenset[Sym]:
    return frozenset(x for x in walk(t) if isinstance(x, Sym) and x.role in ("state", "local") and x.index)


def _rewrite(
    s: Sequent, how: How, rules: list[Rule], names: tuple[Sym, ...] = (), unfolded: tuple[Term, Term] | None = None
) -> Words | None:
    """By uses of rules, one after the other; ``names`` having been replaced in the sides that are ``unfolded``."""
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    sides = unfolded or (goal.lhs, goal.rhs)
    if {shape_of(x) for x in sides} == {None, (ONE, ONE)} and not any(isinstance(x, Const) for x in sides):
        sides = Trace(sides[0]), Trace(sides[1])  # as numbers
    difference = difference_of(s, how, *sides)
    if difference is None:
        return None
    uses: list[Use] = []
    seen = {_frozen(difference)}
    column = (_shape(goal) or (ONE, ONE))[1] == ONE
    for _ in range(STEPS):
        if not difference or (column and _may_cancel(difference) and not columns(s.algebra(*how[::2]), difference)):
            return Words(how[0], how[1], names, tuple(uses), how[2])
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
    """The first use of a rule that leads somewhere new: induction hypotheses first, larger monomials first.

    Where states may be unrolled, which never ends, the first that leaves fewer monomials, if there is one.
    """
    unrolled = any(rule.name.startswith("def:") for rule in rules)
    steps = _steps(s, how, p, rules, seen)
    first = next(steps, None)
    if first is None or not unrolled or len(first[1]) < len(p):
        return first
    return next((x for x in steps if len(x[1]) < len(p)), first)


def _steps(s: Sequent, how: How, p: Poly, rules: list[Rule], seen: set[Any]) -> Iterator[tuple[Use, Poly]]:
    algebra, shape = s.algebra(how[0], how[2]), _shape(s.goal)
    size = shape[0] if shape is not None else None
    monomials = sorted(p, key=lambda m: (-len(m[2]), str(m)))
    if any(rule.name.startswith("def:") for rule in rules):
        monomials.sort(key=lambda m: -_latest(m))  # what is known of a state is used at the later one
    for find in (within_powers, matches, within_functions):
        for rule in rules:
            for mono in monomials:
                c = p[mono] / rule.coefficient if find is matches else p[mono]
                for context, values in find(algebra, rule, mono, size):
                    use = Use(scaled(context, c), rule.name, (*rule.values, *values), rule.discharge)
                    rest = _apply(s, how, p, use)
                    if rest is not None and _leads_on(p, mono, rest) and _frozen(rest) not in seen:
                        yield use, rest


def _latest(m: Mono) -> int:
    """The time of the latest state in a word, all variables in it being 1."""
    times = [x.index[0] for f in m[2] for x in symbols(f) if x.role == "state" and x.index]
    return max((t.const + sum(c for _, c in t.terms) for t in times), default=-1000)


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
