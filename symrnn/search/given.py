"""What is known of given numbers: goals that become statements about them, and hypotheses entry by entry. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Evaluated, Proof
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import Blocks, Const, Det, Entry, Eye, IndexRel, Pow, Pred, Prod, Prop, Rel, Sym, Term
from symrnn.errors import SymrnnError
from symrnn.evaluation import NOWHERE, symbol_given, with_value
from symrnn.records import replace
from symrnn.search.explicit import prove_explicit
from symrnn.search.lemmas import accepted, in_facts
from symrnn.semantics.instances import World
from symrnn.semantics.numbers import rational_of
from symrnn.semantics.sequents import Sequent

Entries = dict[tuple[int, int], Term]
KINDS = ("diagonal", "symmetric", "skew", "orthogonal", "upper_triangular", "lower_triangular")
LARGEST = 8  # rows of a matrix whose entries are put together


def prove_by_value(s: Sequent) -> Proof | None:
    """The goal, where it speaks of nothing but given numbers."""
    which, goal = _put_in(s)
    if symbols(goal) or free_vars(goal) or isinstance(goal, IndexRel):
        return None
    proof = Evaluated(which)
    return proof if accepted(s, proof) else None


def _put_in(s: Sequent) -> tuple[tuple[int, ...], Prop]:
    """The goal with what hypotheses say its symbols are, and which hypotheses these are."""
    goal, used = s.goal, list[int]()
    known = {x: i for i, x in _given(s)}
    while True:
        which = next((known[x] for x in sorted(symbols(goal), key=lambda x: x.key) if x in known), None)
        if which is None or len(used) > len(known):
            return tuple(used), goal
        try:
            goal = with_value(s, which, goal)
        except SymrnnError:
            return tuple(used), s.goal
        used.append(which)


def _given(s: Sequent) -> Iterator[tuple[int, Sym]]:
    """The hypotheses that say what a symbol is, with the symbol."""
    for i, h in enumerate(s.hypotheses):
        if isinstance(h, Rel) and h.op == "=" and (isinstance(h.lhs, Sym) or isinstance(h.rhs, Sym)):
            try:
                yield i, symbol_given(h)[0]
            except SymrnnError:
                continue


def with_matrices(s: Sequent) -> tuple[Sequent, Callable[[Proof], Proof]]:
    """The sequent with matrices that are given entry by entry as a whole, and what kinds of matrices those given are.

    Also how a proof there is one here.
    """
    taken: list[tuple[Prop, Proof]] = []
    for prop in _whole(s.hypotheses):
        proof = prove_explicit(replace(s, goal=prop))
        try:
            s = s.with_fact(prop)
        except SymrnnError:
            continue
        if proof is not None:
            taken.append((prop, proof))
    value = prove_by_value(s)
    for find in (_properties, _identities, _determinants) if value is None else ():
        for prop, shown in list(find(s)):
            s = s.with_fact(prop)
            taken.append((prop, shown))
    return s, in_facts(taken)


def _identities(s: Sequent) -> Iterator[tuple[Prop, Proof]]:
    """I = [1, 0; 0, 1], which normal forms do not know, where powers run beside matrices that are written out."""
    props = (s.goal, *s.hypotheses)
    if not any(isinstance(t, Pow | Prod) and free_vars(t) for t in walk(s.goal)):
        return
    sizes = {len(t.rows) for p in props for t in walk(p) if isinstance(t, Blocks) and len(t.rows) == len(t.rows[0])}
    for n in sorted(x for x in sizes if 1 < x <= LARGEST):
        one = Blocks(tuple(tuple(Const(Fraction(i == j)) for j in range(n)) for i in range(n)))
        prop = Rel("=", one, Eye(as_index(n)))
        if accepted(replace(s, goal=prop), Evaluated(())):
            yield prop, Evaluated(())


def _determinants(s: Sequent) -> Iterator[tuple[Prop, Proof]]:
    """The determinants of the given matrices, where the goal speaks of any that is not simply theirs."""
    if not contains(s.goal, Det):
        return
    for which, x in list(_given(s)):
        if x.shape is None or x.shape[0] != x.shape[1]:
            continue
        try:
            value = Det(symbol_given(s.hypotheses[which])[1])  # type: ignore[arg-type]
            found = World(Claim(Rel("=", value, value), (), None), NOWHERE).values.scalar(value)
            prop = Rel("=", Det(x), Const(rational_of(found)))
        except SymrnnError:
            continue
        proof = prove_by_value(replace(s, goal=prop))
        if proof is not None and prop not in s.hypotheses:
            yield prop, proof


def _properties(s: Sequent) -> Iterator[tuple[Prop, Proof]]:
    """What kinds of matrices the given ones are, where the goal speaks of more than these."""
    for _, x in list(_given(s)):
        shape = x.shape
        if shape is None or shape[0] != shape[1] or not shape[0].is_const:
            continue
        for name in KINDS:
            prop = Pred(name, x, "", None)
            proof = prove_by_value(replace(s, goal=prop)) if name not in x.props else None
            if proof is not None and prop not in s.hypotheses:
                yield prop, proof


def _whole(hypotheses: tuple[Prop, ...]) -> list[Prop]:
    """W = [a, b; c, d] for the matrices of which all entries are given."""
    found: dict[Sym, Entries] = {}
    for h in hypotheses:
        for t, value in ((h.lhs, h.rhs), (h.rhs, h.lhs)) if isinstance(h, Rel) and h.op == "=" else ():
            if isinstance(t, Entry) and isinstance(t.arg, Sym) and isinstance(value, Const):
                if t.row.is_const and t.col.is_const and t.arg.role == "free" and not t.arg.index:
                    found.setdefault(t.arg, {})[t.row.const, t.col.const] = value
    return [Rel("=", x, made) for x, given in found.items() if (made := _matrix(x, given)) is not None]


def _matrix(x: Sym, given: Entries) -> Term | None:
    shape: Any = x.shape
    if not all(end.is_const and end.const <= LARGEST for end in shape):
        return None
    places = [[(i + 1, j + 1) for j in range(shape[1].const)] for i in range(shape[0].const)]
    if any(at not in given for row in places for at in row):
        return None
    return Blocks(tuple(tuple(given[at] for at in row) for row in places))
