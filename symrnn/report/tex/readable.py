"""Terms as the kernel's normal forms have them, in the notation of people: nothing here changes what a term means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import children, rebuild, substitute, walk
from symrnn.claims.tree import (
    Add,
    Blocks,
    Diag,
    Eye,
    Hadamard,
    MatMul,
    Prod,
    Sum,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)

Sizes = tuple[Index, ...]
LETTERS = "ijlpqrsuv"  # for the running indices of normal forms
NAMED = {"row": "r", "col": "c"}


def readable(n: Node, cell: Recurrence | None) -> Any:
    """The diagonal locals of the cell under their names, running indices as letters that begin where people begin.

    Sums of blocks in their places are one matrix of blocks.
    """
    folded = _folded(n, cell) if cell is not None else n
    shifted = _shifted(_gathered(folded))
    return _lettered(shifted)


def _folded(n: Any, cell: Recurrence) -> Any:
    """``diag(s'(a_t))`` as D_t, where the cell calls it so."""
    if isinstance(n, Index | Var | Sym):
        return n
    if isinstance(n, Diag):
        plain = _plain(n)
        for at in sorted(
            {s.index[0] for s in walk(n) if isinstance(s, Sym) and len(s.index) == 1}, key=lambda i: i.key
        ):
            for head, definition in cell.locals:
                if isinstance(definition, Diag) and _plain(substitute(definition, {cell.time: at})) == plain:
                    return head[at]
    return rebuild(n, lambda c: _folded(c, cell))


def _plain(n: Any) -> Any:
    """The same, with sums in one order and elementwise products by a vector as products with its diagonal matrix."""
    if isinstance(n, Index | Var | Sym):
        return n
    made = rebuild(n, _plain)
    if isinstance(made, Hadamard):
        made = MatMul((Diag(made.left), made.right))
    if isinstance(made, MatMul):
        return MatMul(tuple(b for a in made.args for b in (a.args if isinstance(a, MatMul) else (a,))))
    return Add(tuple(sorted(made.args, key=lambda a: a.key))) if isinstance(made, Add) else made


def _gathered(n: Any) -> Any:
    """A sum of E_i X E_j^T as a matrix of blocks, where E_i is a column of blocks of which one is I and the rest 0."""
    if isinstance(n, Index | Var | Sym):
        return n
    terms = n.args if isinstance(n, Add) else (n,) if isinstance(n, MatMul | Times) else ()
    placed = [p for t in terms if (p := _place(t)) is not None]
    if len(placed) != len(terms) or len({(p[0], p[1], p[5]) for p in placed}) != 1:
        return rebuild(n, _gathered) if isinstance(n, Node) else n
    rows, cols, _, _, _, rest = placed[0]
    cells = [
        [[x for _, _, r, c, x, _ in placed if (r, c) == (i, j)] for j in range(len(cols))] for i in range(len(rows))
    ]
    made = Blocks(
        tuple(
            tuple((Add(tuple(x)) if len(x) > 1 else x[0]) if x else Zeros(rows[i], cols[j]) for j, x in enumerate(row))
            for i, row in enumerate(cells)
        )
    )
    return MatMul((made, *(_gathered(x) for x in rest))) if rest else made


def _place(t: Term) -> tuple[Sizes, Sizes, int, int, Term, tuple[Term, ...]] | None:
    """The sizes of rows and columns, where X stands, X, and what follows, if a term is c E_i X E_j^T ..."""
    if isinstance(t, Times) and t.args and isinstance(t.args[-1], MatMul):
        inner = _place(t.args[-1])
        return inner and (*inner[:4], Times((*t.args[:-1], inner[4])), inner[5])
    left = _selector(t.args[0]) if isinstance(t, MatMul) else None
    if left is None or not isinstance(t, MatMul):
        return None
    for i, factor in enumerate(t.args):
        right = _selector(factor.arg) if isinstance(factor, Transpose) else None
        if right is not None:
            middle = t.args[1:i]
            inside = MatMul(middle) if len(middle) > 1 else middle[0] if middle else Eye(left[0][left[1]])
            return left[0], right[0], left[1], right[1], inside, t.args[i + 1 :]
    return None


def _selector(t: Term) -> tuple[Sizes, int] | None:
    """The heights of a column of blocks of which one is I and the others are 0, and which one it is."""
    if not isinstance(t, Blocks) or any(len(row) != 1 for row in t.rows):
        return None
    column = [row[0] for row in t.rows]
    ones = [i for i, x in enumerate(column) if isinstance(x, Eye)]
    if len(ones) != 1 or not all(isinstance(x, Eye | Zeros) for x in column):
        return None
    heights = [x.size if isinstance(x, Eye) else x.rows for x in column if isinstance(x, Eye | Zeros)]
    return tuple(heights), ones[0]


def _shifted(n: Any) -> Any:
    """A product over i of D_{t-k+i} as one over j of D_j."""
    if isinstance(n, Index | Var | Sym):
        return n
    made = rebuild(n, _shifted)
    if not isinstance(made, Prod | Sum) or made.var.kind != "bound":
        return made
    rests = {index - as_index(made.var) for index in _indices(made.body) if made.var in (v for v, _ in index.terms)}
    rest = next(
        (
            r
            for r in sorted(rests, key=lambda r: r.key)
            if all((r - x).terms == () and (r - x).const >= 0 for x in rests)
        ),
        None,
    )
    if rest is None:
        return made
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
