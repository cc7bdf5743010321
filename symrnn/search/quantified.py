"""Hypotheses about all matrices or vectors, taken at the ones that decide. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn.certificates import Applied, Commutant, Proof, Specialise
from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import substitute, symbols, walk
from symrnn.claims.tree import Diag, ForAll, MatMul, Pred, Rel, Sym, Term
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.lemmas import accepted
from symrnn.semantics.sequents import Sequent

DEEPEST = 3  # quantifiers taken down
ONE = as_index(1)
Prover = Callable[[Sequent], Proof | None]


def prove_at_chosen_matrices(s: Sequent) -> Proof | None:
    """Equations, and that a matrix is diagonal, from what holds for all matrices or vectors."""
    if not any(isinstance(h, ForAll) and isinstance(h.var, Sym) for h in s.hypotheses):
        return None
    goal, shape = s.goal, _shape(s)
    if shape is None:
        return None
    if isinstance(goal, Pred) and goal.name == "diagonal":
        d = _new(s, "d", shape[0])
        sides = MatMul((goal.arg, Diag(d))), MatMul((Diag(d), goal.arg))
        inner = prove_at_chosen_matrices(replace(s, goal=Rel("=", *sides)))
        made: Proof | None = Commutant(d, inner) if inner is not None else None
        return made if made is not None and accepted(s, made) else None
    if not isinstance(goal, Rel) or goal.op != "=":
        return None
    found = _specialised(s, (), DEEPEST)
    if found is not None or shape[1] == ONE:
        return found
    v = _new(s, "v", shape[1])
    rest = _specialised(replace(s, goal=Rel("=", MatMul((goal.lhs, v)), MatMul((goal.rhs, v)))), (v,), DEEPEST)
    made = Applied(v, rest) if rest is not None else None
    return made if made is not None and accepted(s, made) else None


def _shape(s: Sequent) -> Any:
    try:
        return shape_of(s.goal.arg if isinstance(s.goal, Pred) else s.goal.lhs)  # type: ignore[attr-defined]
    except (SymrnnError, AttributeError):
        return None


def _new(s: Sequent, name: str, length: Any) -> Sym:
    """A vector with a name that is not taken."""
    parts = (s.goal, *s.hypotheses, *((s.cell,) if s.cell is not None else ()))
    taken = {x.name for part in parts for x in walk(part) if isinstance(x, Sym)}
    number = 0
    while (f"{name}_{number}" if number else name) in taken:
        number += 1
    return Sym(f"{name}_{number}" if number else name, (length, ONE), "free", (), (), False)


def _specialised(s: Sequent, vectors: tuple[Sym, ...], depth: int) -> Proof | None:
    """The goal by rewriting, once hypotheses about all matrices are taken at what the goal speaks of."""
    for i, h in enumerate(s.hypotheses):
        if not isinstance(h, ForAll) or not isinstance(h.var, Sym) or not depth:
            continue
        for value in _values(s, h.var):
            try:
                body = substitute(h.body, {h.var: value})
                inner = s.with_hypothesis(i, body) if isinstance(body, ForAll) else s.with_fact(body)
            except SymrnnError:
                continue
            found = prove_equation(inner) if not isinstance(body, ForAll) else _specialised(inner, vectors, depth - 1)
            made = Specialise(i, value, found) if found is not None else None
            if made is not None and accepted(s, made):
                return made
    return None


def _values(s: Sequent, bound: Sym) -> Iterator[Term]:
    """What of the goal has the shape of a quantified matrix; diagonal matrices of its vectors."""
    there = sorted((x for x in symbols(s.goal) if x.role == "free" and not x.family), key=lambda x: x.key)
    for x in there:
        if x.shape == bound.shape and x.name != bound.name:
            yield x
    if bound.shape is not None and bound.shape[0] == bound.shape[1]:
        yield from (Diag(x) for x in there if x.shape == (bound.shape[0], ONE))
