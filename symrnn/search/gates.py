"""Exact trajectories of cells with gates: what every gate shall be is chosen first, then weights that make it so.

A gate is s(W x_t + rest) with a weight W of its own (and perhaps a bias of its own). With all gates known the states
follow without them; with x_1 = 0, x_2 = e_1, x_3 = e_2, ... the bias is what the first step needs, and a column of W
what each later step needs besides. States that an activation is applied to are logarithms, which must not be mixed
with other numbers: so what is added to them is 0. Untrusted.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from symrnn.claims.index import Index, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import Add, Apply, MatMul, Sym, Term
from symrnn.records import dataclass
from symrnn.search.pools import SLOPES
from symrnn.semantics.numbers import Num, as_num, log_of, preimage

HALVES = tuple(Fraction(1, d) for d in (2, 4)) + (Fraction(3, 4),)
LOGARITHMS = 3  # the choice of a run whose first states are all logarithms
BASE = 4  # all of HALVES are multiples of 1 / BASE


@dataclass(frozen=True)
class Gate:
    """``local`` (or the update of a state) is ``function`` of ``inner``: ``weight`` x, perhaps ``bias``, and a rest."""

    local: Sym
    function: str
    applied: bool  # the local is the value of the function, not its argument
    inner: Term
    weight: Sym
    input: Sym
    bias: Sym | None


@lru_cache(maxsize=64)
def gates(cell: Recurrence) -> list[Gate] | None:
    """The gates of a cell; None if some pre-activation is none, or two share a weight."""
    found = []
    definitions = reached(cell)
    for head, term in definitions:
        applied = isinstance(term, Apply)
        inner = term.arg if isinstance(term, Apply) else term
        if isinstance(inner, Sym) and inner.role == "local":
            continue
        function = term.function if isinstance(term, Apply) else _applied_to(cell, head)
        parts = inner.args if isinstance(inner, Add) else (inner,)
        driven = [(a, b) for p in parts if (pair := _driven(p)) is not None for a, b in [pair]]
        if function is None and len(driven) == 1 and head.role == "local":
            function = "identity"  # what comes in as it is
        if function is None or len(driven) != 1:
            if any(s.role == "input" for s in symbols(term)):
                return None
            continue
        biases = [p for p in parts if isinstance(p, Sym) and p.role == "free" and not p.index]
        found.append(Gate(head, function, applied, inner, *driven[0], biases[0] if len(biases) == 1 else None))
    own = [s.name for g in found for s in (g.weight, g.bias) if s is not None]
    everywhere = [s.name for _, term in definitions for s in walk(term) if isinstance(s, Sym)]
    alone = all(everywhere.count(name) == 1 for name in own)
    return found if found and alone and len({g.input.name for g in found}) == 1 else None


def reached(cell: Recurrence) -> list[tuple[Sym, Term]]:
    """The updates, and the locals that they use, directly or not; a local that only names a derivative is none."""
    used = {s.name for _, term in cell.steps for s in walk(term) if isinstance(s, Sym)}
    for head, term in reversed(cell.locals):
        if head.name in used:
            used |= {s.name for s in walk(term) if isinstance(s, Sym)}
    return [*((head, term) for head, term in cell.locals if head.name in used), *cell.steps]


def _driven(part: Term) -> tuple[Sym, Sym] | None:
    """(weight, input) of W x."""
    if isinstance(part, MatMul) and len(part.args) == 2:
        w, x = part.args
        if isinstance(w, Sym) and isinstance(x, Sym) and x.role == "input" and w.role == "free" and not w.index:
            return w, x
    return None


def _applied_to(cell: Recurrence, head: Sym) -> str | None:
    """The activation that is applied to a local."""
    at = as_index(cell.time)
    for _, term in (*cell.locals, *cell.steps):
        for t in walk(term):
            if isinstance(t, Apply) and isinstance(t.arg, Sym) and t.arg.name == head.name and t.arg.index == (at,):
                return t.function
    return None


@lru_cache(maxsize=64)
def logarithmic(cell: Recurrence) -> frozenset[str]:
    """The state blocks that an activation is applied to at their own time."""
    at = as_index(cell.time)
    return frozenset(
        s.name
        for _, term in (*cell.locals, *cell.steps)
        for t in walk(term)
        if isinstance(t, Apply)
        for s in symbols_at(t.arg, at)
        if s.role == "state"
    )


def symbols_at(t: Term, at: Index) -> list[Sym]:
    return [s for s in walk(t) if isinstance(s, Sym) and s.index == (at,)]


def target(g: Gate, choice: int, step: int, row: int, last: int, logs: bool) -> Num:
    """What the pre-activation of a gate shall be: different along the vector, and over time from choice 1 on.

    With choice LOGARITHMS the gates divide what ``first_states`` gives.
    """
    if g.function in ("tanh", "identity") and logs and (step < last or choice % 2 == 0):
        return as_num(0)  # it is added to a logarithm
    halved = logs or choice == LOGARITHMS
    pool = HALVES if halved and g.function == "sigmoid" else SLOPES.get(g.function, SLOPES["identity"])
    moved = step * (choice > 0) + (choice > 1) * len(g.local.name)
    return preimage(g.function, pool[(row + moved) % len(pool)])


def first_states(cell: Recurrence, sizes: dict[str, int], steps: int, choice: int) -> dict[str, list[Num]]:
    """First states: logarithms to a power that the gates can divide, or small rationals.

    With choice LOGARITHMS all of them are logarithms: what gates make of a state may then stand inside an activation.
    """
    logs, out = logarithmic(cell), {}
    for s in cell.states:
        rows = range(sizes[s.name])
        if s.name in logs or choice == LOGARITHMS:
            out[s.name] = [log_of(Fraction(2 + (i + choice) % 2)) * Fraction(BASE**steps) for i in rows]
        else:
            out[s.name] = [as_num(Fraction(1, 2 + (i + choice) % 3)) for i in rows]
    return out


def without(inner: Term, *zero: Sym) -> Add:
    """The pre-activation without some of its terms."""
    names = {s.name for s in zero}
    parts = inner.args if isinstance(inner, Add) else (inner,)
    kept = tuple(
        p for p in parts if not any(isinstance(s, Sym) and s.name in names and s.role == "free" for s in walk(p))
    )
    return Add(kept)
