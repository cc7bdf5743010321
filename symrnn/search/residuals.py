"""What is left of an equation, lhs - rhs, and when it vanishes: factored, cancelled, by entries, by cases.

Untrusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.statements import all_of, any_of, eq, forall, invertible
from symrnn.claims.substitution import free_vars, rebuild, symbols, walk
from symrnn.claims.tree import Add, Const, Diag, Entry, IndexRel, MatMul, Prop, Rel, Sym, Term, Times
from symrnn.errors import Refused, Undefined
from symrnn.records import dataclass, replace
from symrnn.search.cuts import spread_powers, without_first
from symrnn.search.explicit import to_term
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import base
from symrnn.semantics.monomials import Mono, Poly, Word, minus
from symrnn.semantics.polynomials import Explicit
from symrnn.semantics.sequents import Sequent, sequent_of

ROW, COL = as_index(Var("i", "index", None)), as_index(Var("j", "index", None))
SMALL_SIZES = (2, 3)
MOST_CASES = 16
MOST_LEAVES = 256
MOST_TERMS = 4  # in one equation of a case


@dataclass(frozen=True)
class Form:
    """``claim`` <=> ``condition`` under the hypotheses ``under``; ``quantified``: a family it quantifies."""

    claim: Prop
    condition: Prop
    under: tuple[Prop, ...] = ()
    quantified: str = ""


@dataclass(frozen=True)
class Factored:
    """lhs - rhs = left core right: what all words begin and end with, taken out."""

    left: Word
    core: Poly
    right: Word


def exact_forms(claim: Claim, setting: tuple[Prop, ...]) -> Iterator[Form]:
    """Equivalent conditions in the setting (a lag fixed), from the most general to those at small sizes."""
    s = sequent_of(Claim(claim.conclusion, (*claim.hypotheses, *setting), claim.cell))
    goal, shape = s.goal, shape_of(s.goal.lhs) if isinstance(s.goal, Rel) else None
    if not isinstance(goal, Rel) or shape is None:
        return
    algebra = s.algebra("left")
    try:
        residual = spread_powers(minus(algebra.poly(goal.lhs), algebra.poly(goal.rhs)))
    except Refused:
        return
    if len(residual) < 2 or len(residual) > 12:
        return
    f = factor(algebra, residual)
    show = _Show(algebra, s.cell, shape)
    yield Form(claim.conclusion, _vanishing(show, f.left, f.core, f.right))
    regular = algebra.context.regular
    left = tuple(x for x in f.left if not regular(base(x)))
    right = tuple(x for x in f.right if not regular(base(x)))
    if (left, right) != (f.left, f.right):
        yield Form(claim.conclusion, _vanishing(show, left, f.core, right))
    if left or right:
        needed = tuple(
            invertible(show.fold(x)) for x in sorted({base(x) for x in (*left, *right)}, key=lambda t: t.key)
        )
        yield Form(claim.conclusion, _vanishing(show, (), f.core, ()), needed)
        by_entries = _by_entries(show, f.core)
        if by_entries is not None:
            yield Form(claim.conclusion, by_entries, needed)
    elif (by_entries := _by_entries(show, f.core)) is not None:
        yield Form(claim.conclusion, by_entries)
    yield from _by_cases(claim, s, setting)
    yield from _for_all_diagonals(claim, s, setting, show, residual)


def factor(algebra: Algebra, p: Poly) -> Factored:
    """The longest common beginning and end of all words, up to commutations."""
    words = [m[2] for m in p]
    left, words = _common(algebra, words)
    right, backwards = _common(algebra, [w[::-1] for w in words])
    core: Poly = {(m[0], m[1], w[::-1]): c for (m, c), w in zip(p.items(), backwards, strict=True)}
    return Factored(left, core, right[::-1])


def _common(algebra: Algebra, words: list[Word]) -> tuple[Word, list[Word]]:
    out: list[Term] = []
    while True:
        for letter in words[0]:
            rests = [without_first(algebra, w, letter) for w in words]
            if all(r is not None for r in rests):
                out.append(letter)
                words = [r for r in rests if r is not None]
                break
        else:
            return tuple(out), words


class _Show:
    """Normal forms as terms people recognise: names of locals put back, a plain order of factors."""

    def __init__(self, algebra: Algebra, cell: Recurrence | None, shape: tuple[Index, Index]) -> None:
        self.algebra, self.cell, self.shape = algebra, cell, shape

    def fold(self, t: Any) -> Any:
        """Definitions of locals replaced by their names."""
        if isinstance(t, Diag) and self.cell is not None:
            times = {s.index[0] for s in walk(t) if isinstance(s, Sym) and s.index}
            for at in sorted(times, key=str):
                name = self.cell.local_name(t, at)
                if name is not None:
                    return name
        return t if isinstance(t, Sym | Index | Var) else rebuild(t, self.fold) if isinstance(t, Node) else t

    def word(self, word: Word) -> tuple[Term, ...]:
        return tuple(self.fold(f) for f in word)

    def sum(self, p: Poly, shape: tuple[Index, Index]) -> Term:
        """Positive monomials first, so that a commutator reads W D - D W."""
        parts = []
        for m, c in sorted(p.items(), key=lambda item: (item[1] < 0, _spelling(item[0]))):
            t = self.algebra.mono_term(m, abs(c), shape)
            parts.append(self.fold(t) if c > 0 else Times((Const(Fraction(-1)), self.fold(t))))
        return parts[0] if len(parts) == 1 else Add(tuple(parts))


def _spelling(m: Mono) -> list[str]:
    return [f.key for f in m[2]]


def _vanishing(show: _Show, left: Word, core: Poly, right: Word) -> Prop:
    """left core right = 0."""
    inner_shape = (_rows_after(left, show.shape), _cols_before(right, show.shape))
    middle = show.sum(core, inner_shape)
    factors = (*show.word(left), middle, *show.word(right))
    return Rel("=", factors[0] if len(factors) == 1 else MatMul(factors), Const(Fraction(0)))


def _rows_after(left: Word, shape: tuple[Index, Index]) -> Index:
    return (shape_of(left[-1]) or shape)[1] if left else shape[0]


def _cols_before(right: Word, shape: tuple[Index, Index]) -> Index:
    return (shape_of(right[0]) or shape)[0] if right else shape[1]


def _by_entries(show: _Show, core: Poly) -> Prop | None:
    """For all i, j: entry = 0, where each word has one letter that is not diagonal; common factors in front."""
    context = show.algebra.context
    if any(sum(not context.diagonal(f) for f in m[2]) != 1 or m[0] or m[1] for m in core):
        return None
    entries: list[tuple[Fraction, list[Term]]] = []
    for m, c in sorted(core.items(), key=lambda item: (item[1] < 0, _spelling(item[0]))):
        at = next(i for i, f in enumerate(m[2]) if not context.diagonal(f))
        atoms = [Entry(show.fold(f), ROW, ROW) for f in m[2][:at]]
        atoms += [Entry(show.fold(f), COL, COL) for f in m[2][at + 1 :]]
        entries.append((c, [Entry(show.fold(m[2][at]), ROW, COL), *atoms]))
    common = [a for a in entries[0][1] if all(a in atoms for _, atoms in entries)]
    rest = [_scaled(c, [a for a in atoms if a not in common]) for c, atoms in entries]
    inside: Term = Add(tuple(rest))
    whole = Times((*common, inside)) if common else inside
    return forall(ROW, forall(COL, Rel("=", whole, Const(Fraction(0)))))


def _scaled(c: Fraction, atoms: list[Term]) -> Term:
    factors = ([Const(c)] if c != 1 or not atoms else []) + atoms
    return factors[0] if len(factors) == 1 else Times(tuple(factors))


# ---- cases at small sizes ----


def _by_cases(claim: Claim, s: Sequent, setting: tuple[Prop, ...]) -> Iterator[Form]:
    """At size 2: the full list of cases in which all entries of the residual vanish."""
    for v, small in _sized(claim, setting, (2,)):
        goal = small.goal
        if not isinstance(goal, Rel):
            continue
        try:
            state = small.at_explicit_sizes()
            entries = state.entries(goal)
            cases = decompose(state, [p for p in entries if p != 0])
        except (Refused, Undefined):
            continue
        condition = _as_disjunction(state, cases, small.cell)
        if condition is not None:
            yield Form(claim.conclusion, _unsized(condition, claim), (IndexRel("=", as_index(v), as_index(2)),))


def _for_all_diagonals(
    claim: Claim, s: Sequent, setting: tuple[Prop, ...], show: _Show, residual: Poly
) -> Iterator[Form]:
    """Which matrices make the equation true whatever the diagonal family is, complete at sizes 2 and 3."""
    for v, small in _sized(claim, setting, SMALL_SIZES):
        algebra = small.algebra("left")
        goal = small.goal
        if not isinstance(goal, Rel) or small.hypotheses:  # which may speak of the family too
            continue
        shape = shape_of(goal.lhs)
        try:
            sides = [algebra.poly(t) for t in (goal.lhs, goal.rhs)]
            shown = _Show(algebra, small.cell, shape)  # type: ignore[arg-type]
            lhs, rhs = (shown.sum(p, shape) for p in sides)  # type: ignore[arg-type]
        except Refused:
            continue
        families = sorted(
            {x for t in (lhs, rhs) for x in symbols(t) if x.family and "diagonal" in x.props}, key=lambda x: x.name
        )
        if len(families) != 1 or any(x.role in ("state", "input") for t in (lhs, rhs) for x in symbols(t)):
            continue
        quantified = forall(families[0], eq(lhs, rhs))
        try:
            state = Explicit.of((quantified,), small.cell)
            cases = decompose(replace(state, vanishing=()), list(state.vanishing))
        except (Refused, Undefined):
            continue
        condition = _as_disjunction(state, cases, small.cell)
        if condition is not None:
            forall_all, cases_of_it = (_unsized(p, claim) for p in (quantified, condition))
            size: Prop = IndexRel("=", as_index(v), _value(v, small))
            yield Form(forall_all, cases_of_it, (size,), quantified=families[0].name)


def _value(v: Var, small: Sequent) -> Index:
    return next(h.rhs for h in small.settled if isinstance(h, IndexRel) and h.lhs == as_index(v))


def _unsized(n: Any, claim: Claim) -> Any:
    """Symbols with the shapes they have in the claim, in place of those at an explicit size."""
    declared = symbols(claim.conclusion) | (symbols(claim.cell) if claim.cell is not None else frozenset())
    shapes = {s.name: s.shape for s in declared}

    def go(x: Any) -> Any:
        if isinstance(x, Sym):
            return Sym(x.name, shapes.get(x.name, x.shape), x.role, x.props, x.index, x.family)
        return x if isinstance(x, Index | Var) else rebuild(x, go)

    return go(n)


def _sized(claim: Claim, setting: tuple[Prop, ...], sizes: tuple[int, ...]) -> Iterator[tuple[Var, Sequent]]:
    """The claim at explicit sizes of its only free size."""
    free = [v for v in free_vars(claim.conclusion) if v.kind == "size"]
    if len(free) == 1:
        for n in sizes:
            fixed = IndexRel("=", as_index(free[0]), as_index(n))
            yield free[0], sequent_of(Claim(claim.conclusion, (*claim.hypotheses, *setting, fixed), claim.cell))


def decompose(state: Explicit, polynomials: list[Any]) -> list[list[Any]]:
    """Sets of factors: the polynomials vanish if and only if all of some set do. Minimal sets, in order."""
    found: dict[frozenset[str], list[Any]] = {}
    _split(state, polynomials, [], frozenset(), found)
    minimal = [c for k, c in found.items() if not any(other < k for other in found)]
    return sorted((sorted(c, key=str) for c in minimal), key=lambda c: (len(c), [str(p) for p in c]))


def _split(
    state: Explicit, polynomials: list[Any], taken: list[Any], excluded: frozenset[str], found: dict[Any, list[Any]]
) -> None:
    """Branch on the factors of one polynomial; later branches take the factors of earlier ones not to vanish."""
    if len(found) > MOST_LEAVES:
        raise Refused("too many cases")
    left = [p for p in polynomials if not state.vanishes(p)]
    if not left:
        found.setdefault(frozenset(map(str, taken)), taken)
        return
    p = min(left, key=lambda q: (len(q.factor()[1]), str(q)))
    factors = sorted((f for f, _ in p.factor()[1] if not state.never_zero(f) and str(f) not in excluded), key=str)
    for i, f in enumerate(factors):
        _split(state.with_zero(f), left, [*taken, f], excluded | set(map(str, factors[:i])), found)


def _as_disjunction(state: Explicit, cases: list[list[Any]], cell: Recurrence | None) -> Prop | None:
    if not cases or len(cases) > MOST_CASES or not all(cases):
        return None
    if any(len(list(f.terms())) > MOST_TERMS for case in cases for f in case):
        return None  # true, and of no use to anyone
    show = _Show(Algebra.__new__(Algebra), cell, (as_index(1), as_index(1)))
    parts = [all_of(*(eq(show.fold(to_term(state, f)), 0) for f in case)) for case in cases]
    return any_of(*parts)
