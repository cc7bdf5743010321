"""Derivatives of losses and by parameters as data, so that a script can take them along a run by differences.

What is differentiated is a sum of row @ state, the rows held: of a loss its partial derivatives at the run (an opaque
one is known by nothing else), of a state the rows of I, or the row it is multiplied by.
"""

from __future__ import annotations

from typing import Any

from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import Eye, Immediate, Loss, Sym, Total
from symrnn.errors import Refused, Undefined
from symrnn.records import replace
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.numbers import num_text
from symrnn.sides import at_time

Data = dict[str, Any]


def derived(t: Total | Immediate, world: World, instance: Instance) -> Data | None:
    """{of: [[block, step, row]], wrt, since: step, numerator}, steps counted from the start; None: no words for it.

    By a parameter it acts along the steps after ``since``; a state is moved at that step. ``diagonal``: by a diagonal
    parameter, along its diagonal.
    """
    try:
        since = _since(t, world)
        of = _of(t, world, since)
    except (Refused, Undefined):
        return None
    if of is None or since is None or not instance.start <= since <= instance.stop:
        return None
    steps = [[block, at - instance.start, row] for block, at, row in of]
    numerator = t.layout == "numerator"
    made = {"of": steps, "wrt": t.wrt.name, "since": since - instance.start, "numerator": numerator}
    return made | ({"diagonal": True} if t.wrt.props else {})


def _since(t: Total | Immediate, world: World) -> int | None:
    """The step whose state is held or moved."""
    integer = world.values.integer
    if t.wrt.role in ("state", "input"):
        return integer(t.wrt.index[0])
    if t.wrt.role != "free" or t.wrt.props not in ((), ("diagonal",)):
        return None  # along the matrices with those properties
    if isinstance(t, Total):
        return integer(t.since[0])
    return integer(t.of.index[0]) - 1 if isinstance(t.of, Sym) else None


def _of(t: Total | Immediate, world: World, since: int | None) -> list[tuple[str, int, list[list[str]]]] | None:
    """The terms that are differentiated; those before what moves are constant, and left out."""
    values, of = world.values, t.of
    if since is None:
        return None
    if isinstance(of, Sym):
        shape = shape_of(of)
        if shape is None:
            return None
        row = t.row[0] if t.row else Eye(shape[0])
        return [(of.name, values.integer(of.index[0]), [[num_text(x) for x in r] for r in values.matrix(row)])]
    heads = _heads(of, world)
    if heads is None or t.wrt in frozenset().union(*(symbols(x) for x in (*of.output, *of.target))):
        return None
    first = since + (t.wrt.role == "free")
    times = range(max(first, values.integer(of.lo)), values.integer(of.hi) + 1)
    found = []
    for at in times[:1] if isinstance(t, Immediate) else times:
        for head in heads:
            one = replace(of, index=(as_index(at),), lo=as_index(at), hi=as_index(at))
            m = values.matrix(Immediate(one, (), at_time(head, at), "numerator"))
            found.append((head.name, at, [[num_text(x) for x in r] for r in m]))
    return found


def _heads(of: Loss, world: World) -> list[Sym] | None:
    """The state blocks that a loss is a function of; None if it is one of other things at several times too."""
    if of.kind == "opaque":
        return [b for b, _ in of.reads]
    spoken = {s for x in (*of.output, *of.target) for s in walk(x) if isinstance(s, Sym) and s.role != "free"}
    now = (as_index(of.time),)
    if world.cell is None or any(s.role != "state" or s.index != now for s in spoken):
        return None
    return [b for b in world.cell.states if b.name in {s.name for s in spoken}]


__all__ = ["derived"]
