"""Terms as the kernel's normal forms have them, in the notation of people: nothing here changes what a term means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import children, rebuild, substitute, walk
from symrnn.claims.tree import Diag, Prod, Sum, Sym

LETTERS = "ijlpqrsuv"  # for the running indices of normal forms
NAMED = {"row": "r", "col": "c"}


def readable(n: Node, cell: Recurrence | None) -> Any:
    """The diagonal locals of the cell under their names, running indices as letters that begin where people begin."""
    folded = _folded(n, cell) if cell is not None else n
    shifted = _shifted(folded)
    return _lettered(shifted)


def _folded(n: Any, cell: Recurrence) -> Any:
    """``diag(s'(a_t))`` as D_t, where the cell calls it so."""
    if isinstance(n, Index | Var | Sym):
        return n
    if isinstance(n, Diag):
        for at in {s.index[0] for s in walk(n) if isinstance(s, Sym) and len(s.index) == 1}:
            name = cell.local_name(n, at)
            if name is not None:
                return name
    return rebuild(n, lambda c: _folded(c, cell))


def _shifted(n: Any) -> Any:
    """A product over i of D_{t-k+i} as one over j of D_j."""
    if isinstance(n, Index | Var | Sym):
        return n
    made = rebuild(n, _shifted)
    if not isinstance(made, Prod | Sum) or made.var.kind != "bound":
        return made
    rests = {index - as_index(made.var) for index in _indices(made.body) if made.var in (v for v, _ in index.terms)}
    if len(rests) != 1:
        return made
    (rest,) = rests
    inner = {x.var for x in walk(made.body) if isinstance(x, Prod | Sum)}  # not to be let out of their scope
    if inner & {v for v, _ in rest.terms} or made.var in inner:
        return made
    body = substitute(made.body, {made.var: as_index(made.var) - rest})
    ends = (made.var, made.lo + rest, made.hi + rest)
    return Prod(body, *ends, made.descending) if isinstance(made, Prod) else Sum(body, *ends)


def _indices(n: Any) -> Iterator[Index]:
    if isinstance(n, Index):
        yield n
        return
    for c in children(n):
        yield from _indices(c)


def _lettered(n: Any) -> Any:
    """The running indices of normal forms, and the kernel's generic row and column, as single letters."""
    taken = {v.name for v in walk(n) if isinstance(v, Var)} | {s.name for s in walk(n) if isinstance(s, Sym)}
    names = {v: Var(NAMED[v.name], v.kind, v.low) for v in _variables(n) if v.name in NAMED}
    letters = iter([c for c in LETTERS if c not in taken and c not in NAMED.values()])
    for v in sorted({v for v in _variables(n) if v.kind == "bound"}, key=lambda v: v.key):
        letter = next(letters, None)
        if letter is not None:
            names[v] = Var(letter, "bound", v.low)
    return _renamed(n, names) if names else n


def _variables(n: Node) -> set[Var]:
    return {v for v in walk(n) if isinstance(v, Var)}


def _renamed(n: Any, names: dict[Var, Var]) -> Any:
    if isinstance(n, Var):
        return names.get(n, n)
    if isinstance(n, Index):
        return substitute(n, {v: as_index(w) for v, w in names.items()})
    return rebuild(n, lambda c: _renamed(c, names))


__all__ = ["readable"]
