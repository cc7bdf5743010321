"""Gates that given parameters hold still: W = 0, U = 0 and b = 0 say that sigmoid(W x_t + U h_{t-1} + b) is 1/2.

Untrusted. Each such value is an equation proved on the way, for all times, which every other strategy then has.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import free_vars, substitute, symbols
from symrnn.claims.tree import HOLE, Const, Diag, Rel, Sym, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.lemmas import accepted
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent

NOW = Var("now", "time", None)
Given = dict[Sym, tuple[str, Term, bool]]


def with_constants(s: Sequent) -> tuple[Sequent, Callable[[Proof], Proof]]:
    """The sequent with what locals are that depend on nothing, and how a proof there is one here."""
    cuts: list[tuple[Rel, Proof]] = []
    known = _given(s) if s.cell is not None else {}
    for head, _ in s.cell.locals if s.cell is not None and known else ():
        at: Any = head[as_index(NOW)]
        value = _constant(s, at, known)
        lemma = Rel("=", at, value) if value is not None else None
        proof = _put_in(s, at, known) if lemma is not None else None
        if lemma is None or proof is None or at.shape is None or at.shape[1] != ONE:
            continue
        if accepted(replace(s, goal=lemma), proof):
            cuts.append((lemma, proof))
            s = add(s, lemma)
            turned = Use(Diag(HOLE), list(s.equations)[-1], (), ())
            whole = Rel("=", Diag(at), Diag(value)) if value is not None else lemma  # as it stands in Jacobians
            cuts.append((whole, Words("left", "left", (), (turned,))))
            s = add(s, whole)
    return s, lambda proof: wrap(cuts, proof)


def _put_in(s: Sequent, local: Sym, known: Given) -> Words:
    """The definition of a local with the parameters put in one after the other."""
    definition, uses = s.cell.definition(local.name, local.index[0]) if s.cell is not None else None, []
    side: Term = local if definition is None else definition
    for x, (name, value, turned) in known.items():
        if x in symbols(side):
            context = replaced(side, x, HOLE)
            uses.append(Use(Times((Const(Fraction(-1)), context)) if turned else context, name, (), ()))
            side = replaced(side, x, value)
    return Words("left", "left", (local,), tuple(uses))


def constants_of(s: Sequent) -> dict[str, Term]:
    """What locals are known to be at all times, by name."""
    found: dict[str, Term] = {}
    for e in s.equations.values():
        if isinstance(e.lhs, Sym) and e.lhs.role == "local" and e.free == {NOW} and not free_vars(e.rhs) & e.free:
            found[e.lhs.name] = e.rhs
    return found


def _given(s: Sequent) -> Given:
    """The parameters that hypotheses give a value: the equation's name, the value, whether it stands on the left."""
    found: Given = {}
    for name, e in s.equations.items():
        for x, value, turned in ((e.lhs, e.rhs, False), (e.rhs, e.lhs, True)):
            if isinstance(x, Sym) and x.role == "free" and not x.index and not symbols(value) and not e.free:
                found.setdefault(x, (name, value, turned))
    return found


def _constant(s: Sequent, local: Sym, known: Given) -> Term | None:
    """The value of a local that nothing moves once the parameters are put in; None for others."""
    definition = s.cell.definition(local.name, local.index[0]) if s.cell is not None else None
    if definition is None or isinstance(definition, Diag):  # which is what its entries are
        return None
    try:
        value = s.algebra("left").term(substitute(definition, {x: value for x, (_, value, _) in known.items()}))
    except SymrnnError:
        return None
    return value if not symbols(value) and NOW not in free_vars(value) else None


__all__ = ["constants_of", "with_constants"]
