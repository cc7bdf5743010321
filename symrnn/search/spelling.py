"""Derivatives of activations written by their values: D_t = I - diag(h_t)^2, D_f = diag(f)(I - diag(f)). Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symrnn import kernel
from symrnn.certificates import Proof, Spelt, Words
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.recurrence import activations_of
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import children, contains, substitute, walk
from symrnn.claims.tree import Add, Apply, Diag, Eye, Immediate, Jac, MatMul, Rel, Sym, Term, Total
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import FIRST, PEELS, prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.semantics.columns import SPELT
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import definition_of

ANY = Var("later", "lag", 0)
Strategy = Callable[[Sequent], Proof | None]


def prove_by_spelling(s: Sequent) -> Proof | None:
    """The goal by rewriting, or by induction, in normal forms that know no slopes but values."""
    if not isinstance(s.goal, Rel) or s.spelt or not _has_slopes(s) or not _has_values(s):
        return None
    spelt = replace(s, spelt=True)
    if contains(s.goal, Total):  # derivatives by parameters are written out first
        found = _with_states_written_out(spelt, FIRST)
        return None if found is None else Spelt(found)
    found = _with_states_written_out(spelt) or prove_equation(spelt) or prove_by_induction(spelt, depth=1)
    return None if found is None else Spelt(found)


def with_slopes_as_values(s: Sequent, rest: Strategy) -> Proof | None:
    """The goal after what each state says of its slope, for steps inside sums: diag(tanh'(a_j)) = I - diag(h_j)^2."""
    cuts = [cut for cut in _slopes_of_states(s) if any(x.name == cut[0].name for x in _moving(s.goal))]
    richer = s
    for _, lemma, _ in cuts:
        richer = add(richer, lemma)
    found = rest(richer) if cuts else None
    return None if found is None else wrap([(lemma, why) for _, lemma, why in cuts], found)


def _slopes_of_states(s: Sequent) -> Iterator[tuple[Sym, Rel, Proof]]:
    for head, update in () if s.cell is None else s.cell.steps:
        shape = shape_of(head[0]) if isinstance(update, Apply) and update.function in SPELT else None
        if s.cell is None or not isinstance(update, Apply) or shape is None or shape[0] == as_index(1):
            continue
        known = s.algebra("left").context.at_least
        for first in (a for a in s.begun if not any(a != b and known(a - b, 0) for b in s.begun)):
            at = first + as_index(ANY)
            slope = Diag(Apply(update.function, substitute(update.arg, {s.cell.time: at}), 1))
            values = Diag(member(head, at))
            one: Term = values if update.function == "sigmoid" else Eye(shape[0])
            why = Spelt(Words("left", "left", (member(head, at),), ()))
            yield head, Rel("=", slope, Add((one, -MatMul((values, values))))), why


def _with_states_written_out(s: Sequent, peels: tuple[str, str] = PEELS[0]) -> Proof | None:
    """Equal normal forms once states that are activations themselves are replaced by these."""
    states = sorted({x for x in _moving(s.goal) if x.role == "state"}, key=lambda x: (-x.index[0].const, x.key))
    written: list[Sym] = []
    for x in states:
        try:
            if isinstance(definition_of(s, x), Apply):
                written.append(x)
        except SymrnnError:
            continue
    proof = Words(*peels, tuple(written), ())
    try:
        kernel.proves(s, proof)
    except SymrnnError:
        return None
    return proof


def _moving(n: Node) -> Iterator[Sym]:
    """States and locals outside derivatives."""
    if isinstance(n, Sym) and n.index and n.role != "free":
        yield n
    if not isinstance(n, Jac | Total | Immediate):
        for child in children(n):
            yield from _moving(child)


def _has_slopes(s: Sequent) -> bool:
    if s.cell is not None and any(name in SPELT for name in activations_of(s.cell)):
        return True
    return any(isinstance(t, Apply) and t.order == 1 and t.function in SPELT for t in walk(s.goal))


def _has_values(s: Sequent) -> bool:
    """Whether the goal speaks of values of such an activation, outside derivatives: of what slopes are written by."""
    moving = tuple(_moving(s.goal))
    if any(x.role == "state" for x in moving):
        return True
    locals_ = {} if s.cell is None else {head.name: term for head, term in s.cell.locals}
    terms = (s.goal, *(locals_[x.name] for x in moving if x.name in locals_))
    return any(isinstance(t, Apply) and t.order == 0 and t.function in SPELT for term in terms for t in walk(term))
