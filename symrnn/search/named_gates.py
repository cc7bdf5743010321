"""The gates of any cell, each as a local of its own: what an activation is applied to, and what moves it. Untrusted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import rebuild, walk
from symrnn.claims.tree import Add, Apply, MatMul, Sym, Term
from symrnn.records import dataclass
from symrnn.search.gates import reached


@dataclass(frozen=True)
class Gate:
    """``value`` names ``function`` of ``inner``, which ``bias`` and ``weight`` times ``input`` move as one likes."""

    value: Sym
    function: str
    inner: Term
    weight: Sym | None
    input: Sym | None
    bias: Sym | None


@lru_cache(maxsize=64)
def named_gates(cell: Recurrence) -> tuple[Recurrence, tuple[Gate, ...]]:
    """The gates of a cell, and the cell with each of them as a local of its own."""
    definitions = (*cell.locals, *cell.steps)
    used = [s.name for _, term in reached(cell) for s in walk(term) if isinstance(s, Sym)]
    applied = dict.fromkeys(t for _, term in definitions for t in walk(term) if isinstance(t, Apply) and t.order == 0)
    gates: list[Gate] = []
    names: dict[Term, Term] = {}
    for t in applied:
        inner = _expanded(cell, t.arg)
        parts = inner.args if isinstance(inner, Add) else (inner,)
        driven = [pair for p in parts if (pair := driven_by(p)) is not None and used.count(pair[0].name) == 1]
        bias = [p for p in parts if _is_constant(p) and used.count(p.name) == 1]  # type: ignore[attr-defined]
        if not driven and not bias:
            continue
        weight, source = driven[0] if len(driven) == 1 else (None, None)
        shape = bias[0].shape if bias else (weight.shape or (ONE, ONE))[0:1] + (ONE,) if weight is not None else None  # type: ignore[attr-defined]
        value = Sym(f"gate {len(gates)}", shape, "local", (), (as_index(cell.time),), False)
        gates.append(Gate(value, t.function, inner, weight, source, bias[0] if len(bias) == 1 else None))  # type: ignore[arg-type]
        names[t] = value
    values = tuple((g.value, Apply(g.function, g.inner, 0)) for g in gates)
    return (
        Recurrence(
            cell.name,
            cell.time,
            cell.states,
            cell.inputs,
            cell.exogenous,
            cell.params,
            (*values, *((s, _renamed(term, names)) for s, term in cell.locals)),
            tuple((s, _renamed(term, names)) for s, term in cell.steps),
        ),
        tuple(gates),
    )


def _expanded(cell: Recurrence, t: Term) -> Term:
    while isinstance(t, Sym) and t.role == "local" and t.index:
        found = cell.definition(t.name, t.index[0])
        if found is None:
            break
        t = found
    return t


def driven_by(part: Term) -> tuple[Sym, Sym] | None:
    """(weight, input) of W x."""
    if isinstance(part, MatMul) and len(part.args) == 2:
        w, x = part.args
        if isinstance(w, Sym) and isinstance(x, Sym) and x.role == "input" and w.role == "free" and not w.index:
            return w, x
    return None


def _is_constant(part: Term) -> bool:
    return isinstance(part, Sym) and part.role == "free" and not part.index and part.shape is not None


def _renamed(n: Any, names: dict[Term, Term]) -> Any:
    if isinstance(n, Term) and n in names:
        return names[n]
    return rebuild(n, lambda c: _renamed(c, names)) if isinstance(n, Term | tuple) and not isinstance(n, Sym) else n
