"""Inequalities between entries, by products of what is known of them: ranges, magnitudes, hypotheses. Untrusted.

A gap rhs - lhs that is non-negative on a box is often a sum of products of the box's inequalities with positive
coefficients (Handelman 1988, theorem I.3); which ones is a linear programme. Magnitudes are split by sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement
from itertools import product as choices
from typing import Any

from symrnn.certificates import BySign, Combine, Entrywise, Largest, Proof, Unfold
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, rows_used, shape_of
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import (
    Abs,
    And,
    Apply,
    Const,
    Diag,
    Entry,
    ForAll,
    Norm,
    Not,
    Prop,
    Rel,
    SizeOf,
    Sym,
    Term,
    Times,
)
from symrnn.errors import SymrnnError
from symrnn.records import dataclass, replace
from symrnn.search.lemmas import accepted
from symrnn.search.simplex import solve
from symrnn.search.squares import squares
from symrnn.semantics.functions import monomial_never_negative
from symrnn.semantics.inequalities import AtMost, known
from symrnn.semantics.monomials import UNIT, Mono, Poly, minus
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import definition_of

ROW, COL = Var("row", "index", None), Var("col", "index", None)
DEGREE = 3  # factors of one product
MOST_COLUMNS, MOST_ATOMS, MOST_KNOWN = 240, 14, 24
SAMPLES, MOST_SAMPLES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 0.25), 20_000
SPLITS = 4  # magnitudes split by sign, one inside the other
ZERO, UNIT_TERM = Const(Fraction(0)), Const(Fraction(1))


def prove_by_products(s: Sequent) -> Proof | None:
    """An inequality between scalars, or entry by entry between matrices; states by their updates where that helps."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<="):
        return None
    shape = shape_of(goal.lhs) or shape_of(goal.rhs)
    if shape is not None:
        i, j = (ONE if end == ONE else as_index(v) for v, end in zip((ROW, COL), shape, strict=True))
        sides = [x if x == ZERO else Entry(x, i, j) for x in (goal.lhs, goal.rhs)]
        inner = prove_by_products(replace(s, goal=Rel(goal.op, sides[0], sides[1])))
        return _kept(s, Entrywise(ROW, COL, inner)) if inner is not None else None
    if isinstance(goal.lhs, Norm):
        return _bound_of_norm(s, goal.op, goal.lhs, goal.rhs)
    for names in _unfoldings(s, goal):
        unfolded: Any = goal
        for name in names:
            unfolded = substitute(unfolded, {name: definition_of(s, name)})
        proof = _by_signs(replace(s, goal=unfolded), ())
        if proof is not None:
            return _kept(s, Unfold(names, proof) if names else proof)
    return None


def _bound_of_norm(s: Sequent, op: str, norm: Norm, bound: Term) -> Proof | None:
    """||v|| < c for the maximum norm of a column, or a norm of a diagonal matrix, by its entries."""
    shape = shape_of(norm.arg) or (ONE, ONE)
    column, square = norm.kind == "inf" and shape[1] == ONE, shape[0] == shape[1] and norm.kind != "fro"
    if not column and not square:
        return None
    i, row = as_index(ROW), ONE if shape[0] == ONE else as_index(ROW)
    entry = Abs(Entry(norm.arg, row, ONE if column else i))
    inner = prove_by_products(replace(s, goal=Rel(op, entry, bound)))
    return _kept(s, Largest(ROW, COL, not column, inner)) if inner is not None else None


def _kept(s: Sequent, proof: Proof) -> Proof | None:
    return proof if accepted(s, proof) else None


def _unfoldings(s: Sequent, goal: Prop) -> Iterator[tuple[Sym, ...]]:
    """Nothing, then each state or local with a definition, then all of them, then what they are made of."""
    yield ()
    first = _defined(s, goal)
    yield from ((x,) for x in first)
    if len(first) > 1:
        yield first
    for x in first:
        deeper = _defined(s, substitute(goal, {x: definition_of(s, x)}))
        yield from ((x, y) for y in deeper if y != x)


def _defined(s: Sequent, goal: Prop) -> tuple[Sym, ...]:
    """States and locals that may be replaced, those that are no activation's value first."""
    found = {x for x in walk(goal) if isinstance(x, Sym) and x.role in ("state", "local")}
    fine = []
    for x in sorted(found, key=lambda x: (x.role != "state", x.key)):
        try:
            definition = definition_of(s, x)
        except SymrnnError:
            continue
        fine.append((x.role == "local" and isinstance(definition, Apply), x))
    return tuple(x for _, x in sorted(fine, key=lambda item: item[0]) if not _)


def _by_signs(s: Sequent, split: tuple[Term, ...]) -> Proof | None:
    """A combination; else one on either side of the 0 of a magnitude that was not ``split`` before."""
    goal = s.goal
    try:
        algebra = s.algebra("left")
        gap = minus(algebra.poly(goal.rhs), algebra.poly(goal.lhs)) if isinstance(goal, Rel) else {}
    except SymrnnError:
        return None
    found = _combination(s, gap)
    if found is not None or len(split) == SPLITS:
        return found
    for x in (x for x in _magnitudes(gap) if x not in split):
        proofs = []
        for value in (x, Times((Const(Fraction(-1)), x))):
            try:
                case = s.with_fact(And((Rel("<=", ZERO, value), Rel("=", Abs(x), value))))
            except SymrnnError:
                return None
            proof = _by_signs(case, (*split, x))
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == 2:
            return BySign(x, proofs[0], proofs[1])
        return None
    return None


def _magnitudes(gap: Poly) -> list[Term]:
    """What stands inside magnitudes, first where they are subtracted."""
    found: dict[Term, bool] = {}
    for (scalars, _, _), c in sorted(gap.items(), key=lambda item: str(item[0])):
        for a, _ in scalars:
            if isinstance(a, Abs) and shape_of(a.arg) is None:
                found[a.arg] = found.get(a.arg, False) or c < 0
    return sorted(found, key=lambda x: (not found[x], x.key))


# ---- combinations ----


@dataclass(frozen=True)
class _Known:
    """A known inequality, as what it says is not negative."""

    use: AtMost
    poly: Poly
    strict: bool


def _combination(s: Sequent, gap: Poly) -> Proof | None:
    equal, gap = _with_equations(s, gap)
    facts = _facts(s, gap)
    fine: dict[Mono, bool] = {}

    def is_fine(m: Mono) -> bool:
        if m not in fine:
            fine[m] = not m[2] and monomial_never_negative(s.algebra("left").context, m[0])
        return fine[m]

    goal = s.goal
    strictly = isinstance(goal, Rel) and goal.op == "<"
    if all(c > 0 and is_fine(m) for m, c in gap.items()):
        made = Combine((), equal)
        if accepted(s, made):
            return made
    whole = squares(gap)
    if whole is not None:
        uses = tuple((c, (_bare("square", s.algebra("left").to_term(line, None)),)) for c, line in whole)
        made = Combine(uses, equal)
        if accepted(s, made):
            return made
    if _fails_somewhere(s, gap, facts):
        return None
    for degree in range(1, DEGREE + 1):
        products = list(_products(s, facts, degree))
        if degree > 1 and len(products) > MOST_COLUMNS:
            return None
        places: dict[Mono, int] = {}
        for p in (gap, *(poly for _, poly, _ in products)):
            for m in p:
                places.setdefault(m, len(places))
        columns = [{places[m]: c for m, c in poly.items()} for _, poly, _ in products]
        slack = [{at: Fraction(1)} for m, at in places.items() if is_fine(m)]
        b = [gap.get(m, Fraction(0)) for m in places]
        wanted = frozenset(i for i, (_, _, strict) in enumerate(products) if strict) if strictly else frozenset[int]()
        found = solve([*columns, *slack], b, wanted)
        if found is None:
            continue
        used = tuple((c, parts) for c, (parts, _, _) in zip(found, products, strict=False) if c)
        made = Combine(used, equal)
        if accepted(s, made):
            return made
    return None


Sparse = list[tuple[float, list[tuple[int, int]]]]


def _fails_somewhere(s: Sequent, gap: Poly, facts: list[_Known]) -> bool:
    """Whether the gap is negative where the facts hold, atoms taking a few simple values: then no products will do."""
    context = s.algebra("left").context
    atoms = list(dict.fromkeys(a for p in (gap, *(f.poly for f in facts)) for m in p for a, _ in m[0]))
    if any(m[1] or m[2] or not all(e.is_const for _, e in m[0]) for p in (gap, *(f.poly for f in facts)) for m in p):
        return False
    spoken = {a for m in gap for a, _ in m[0]}
    atoms.sort(key=lambda a: (a not in spoken, a.key))
    place = {a: i for i, a in enumerate(atoms)}
    signed = [monomial_never_negative(context, ((a, ONE),)) for a in atoms]
    sparse = [_sparse(p, place) for p in (gap, *(f.poly for f in facts))]
    due: list[list[Sparse]] = [[] for _ in atoms]
    for p in sparse[1:]:
        due[max((i for _, factors in p for i, _ in factors), default=0)].append(p)
    last, tries = max((i for _, factors in sparse[0] for i, _ in factors), default=-1), 0
    point: list[float] = []

    def search(at: int) -> bool:
        nonlocal tries
        if at == last + 1 and _value(sparse[0], point) >= 0:
            return False
        if at == len(atoms):
            return True
        for value in SAMPLES:
            tries += 1
            if tries > MOST_SAMPLES:
                return False
            if value < 0 and signed[at]:
                continue
            point.append(value)
            if all(_value(p, point) >= 0 for p in due[at]) and search(at + 1):
                return True
            point.pop()
        return False

    return search(0)


def _sparse(p: Poly, place: dict[Term, int]) -> Sparse:
    return [(float(c), [(place[a], e.const) for a, e in m[0]]) for m, c in p.items()]


def _value(p: Sparse, point: list[float]) -> float:
    total = 0.0
    for c, factors in p:
        for i, e in factors:
            c *= point[i] ** e if e >= 0 or point[i] else 1.0
        total += c
    return total


def _products(s: Sequent, facts: list[_Known], degree: int) -> Iterator[tuple[tuple[AtMost, ...], Poly, bool]]:
    """Products of at most so many known inequalities, as polynomials, and whether they are strict."""
    algebra = s.algebra("left")
    made: dict[tuple[int, ...], Poly] = {(): {UNIT: Fraction(1)}}
    for size in range(1, degree + 1):
        for which in combinations_with_replacement(range(len(facts)), size):
            shorter = made.get(which[:-1])
            if shorter is None or len(made) > MOST_COLUMNS + 1:
                continue
            try:
                made[which] = algebra.times(shorter, facts[which[-1]].poly)
            except SymrnnError:
                continue
            yield tuple(facts[i].use for i in which), made[which], all(facts[i].strict for i in which)


def _with_equations(s: Sequent, gap: Poly) -> tuple[tuple[tuple[AtMost, Term], ...], Poly]:
    """The gap with magnitudes replaced by what the hypotheses say that they are."""
    used: list[tuple[AtMost, Term]] = []
    algebra = s.algebra("left")
    for i, h in enumerate(s.hypotheses):
        if not isinstance(h, Rel) or h.op != "=" or not isinstance(h.lhs, Abs) or shape_of(h.lhs) is not None:
            continue
        try:
            l, r = algebra.poly(h.lhs), algebra.poly(h.rhs)
        except SymrnnError:
            continue
        if len(l) != 1 or l == r:
            continue
        ((lead, scale),) = l.items()
        for m, c in list(gap.items()):
            rest = _quotient(m, lead)
            if rest is None or m[1] or m[2]:
                continue
            factor = algebra.mono_term((rest, (), ()), -c / scale, None)
            used.append((_bare(f"hyp:{i}"), factor))
            gap = minus(gap, algebra.times(algebra.poly(factor), minus(r, l)))
    return tuple(used), gap


def _quotient(m: Mono, lead: Mono) -> Any:
    """The other factors of a monomial that has those of ``lead``, each once."""
    left = dict(m[0])
    for a, e in lead[0]:
        if e != ONE or left.get(a) != ONE:
            return None
        del left[a]
    return tuple(left.items())


def _bare(source: str, term: Term = UNIT_TERM, values: Any = (), turned: bool = False) -> AtMost:
    return AtMost(source, term, values, (), UNIT_TERM, as_index(1), turned)


def _facts(s: Sequent, gap: Poly) -> list[_Known]:
    """What is known of the atoms of a gap, and of those that come up on the way."""
    algebra, found = s.algebra("left"), dict[tuple[Any, ...], _Known]()
    atoms: dict[Term, None] = {}
    queue: list[AtMost] = []

    def take(p: Poly) -> None:
        for m in sorted(p, key=str):
            for a, _ in m[0]:
                if a not in atoms and len(atoms) < MOST_ATOMS:
                    atoms[a] = None
                    queue.extend((*_about(a), *_below(a, rows)))

    rows = _rows_spoken_of(s)
    take(gap)
    queue[:0] = _of_hypotheses(s, rows)
    while queue and len(found) < MOST_KNOWN:
        use = queue.pop(0)
        try:
            l, r, strict = known(s, use)
            p = minus(algebra.poly(r), algebra.poly(l))
        except SymrnnError:
            continue
        key = tuple(sorted((str(m), c) for m, c in p.items()))
        if p and (key not in found or (strict and not found[key].strict)):
            found[key] = _Known(use, p, strict)
            take(p)
    return list(found.values())


def _about(atom: Term) -> Iterator[AtMost]:
    if isinstance(atom, Abs):
        yield from (_bare(source, atom.arg) for source in ("magnitude", "negated magnitude"))
    if isinstance(atom, SizeOf):
        yield _bare("least", atom)
    if isinstance(atom, Apply | Sym | Entry):
        yield from (_bare(source, atom) for source in ("above", "below"))


def _below(atom: Term, rows: list[Index]) -> Iterator[AtMost]:
    """The entries of a column (or row), or on a diagonal, are at most its norm."""
    shape = shape_of(atom.arg) if isinstance(atom, Norm) else None
    if isinstance(atom, Norm) and isinstance(atom.arg, Diag) and shape is not None:
        for row in _within(shape[0], rows):
            yield _bare(f"entry below the {atom.kind}-norm", Entry(atom.arg, row, row))
        return
    if isinstance(atom, Norm) and shape is not None and ONE in shape:
        for row in _within(next((end for end in shape if end != ONE), ONE), rows):
            i, j = (ONE if end == ONE else row for end in shape)
            yield _bare(f"entry below the {atom.kind}-norm", Entry(atom.arg, i, j))


def _rows_spoken_of(s: Sequent) -> list[Index]:
    """The rows and columns that a goal speaks of; those that are numbers last."""
    found = dict.fromkeys(at for n in walk(s.goal) if isinstance(n, Entry) for at in (n.row, n.col))
    return sorted(found, key=lambda at: at.is_const)[:2]


def _of_hypotheses(s: Sequent, rows: list[Index]) -> Iterator[AtMost]:
    for i, h in enumerate(s.hypotheses):
        free: list[Var] = []
        body: Any = h
        while isinstance(body, ForAll) and isinstance(body.var, Var):
            free.append(body.var)
            body = body.body
        if isinstance(body, Not) and not free:
            body = body.arg
        if not isinstance(body, Rel):
            continue
        shape = shape_of(body.lhs) or shape_of(body.rhs)
        ways = (False, True) if body.op == "=" else (False,)
        if body.op == "=" and isinstance(body.lhs, Abs):
            continue  # used as an equation
        if shape is None:
            for values in choices(*(_places(v, body, rows) for v in free)):
                binding = tuple(zip(free, values, strict=True))
                yield from (_bare(f"hyp:{i}", values=binding, turned=turned) for turned in ways)
            continue
        side: Any = body.lhs if shape_of(body.lhs) is not None else body.rhs
        for values in choices(*(_times(v, body, s.goal) for v in free)):
            binding = tuple(zip(free, values, strict=True))
            for at in choices(*(_within(end, rows) for end in shape)):
                where = Entry(substitute(side, dict(binding)), *at)
                yield from (_bare(f"entry:{i}", where, binding, turned=turned) for turned in ways)


def _places(v: Var, body: Prop, rows: list[Index]) -> list[Index]:
    """The rows at which a statement about all of them may be needed."""
    return next((_within(end, rows) for w, end in rows_used(body) if w == v), [as_index(v)])


def _times(v: Var, body: Prop, goal: Prop) -> list[Index]:
    """The times at which a goal speaks of what a statement about all times is about."""
    moved = {(x.name, x.index[0] - as_index(v)) for x in walk(body) if isinstance(x, Sym) and v in free_vars(x)}
    found = (
        x.index[0] - by for x in walk(goal) if isinstance(x, Sym) and x.index for name, by in moved if x.name == name
    )
    return list(dict.fromkeys(found))


def _within(end: Index, rows: list[Index]) -> list[Index]:
    general = [at for at in rows if not at.is_const]
    return [ONE] if end == ONE else general or rows or [ONE]
