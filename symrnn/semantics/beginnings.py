"""Where the recurrence holds: at the steps of a trajectory, not at its first state, which is arbitrary. Trusted.

A claim is about all trajectories that have begun early enough for everything it speaks of to have a value, and no
earlier. So the update of a state may be put in for it only at times known to come after a state, or not before a local
or input, of which the claim speaks. Locals are names for their definitions at all times.
"""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.claims.index import Index, Node, Var
from symrnn.claims.shapes import rows_used
from symrnn.claims.substitution import children, free_vars, substitute
from symrnn.claims.tree import ForAll, Immediate, Loss, Or, Pred, Prod, Prop, Rel, Sum, Sym, Term, Total
from symrnn.semantics.context import Context


def first_steps(props: tuple[Prop, ...], context: Context) -> tuple[Index, ...]:
    """Times that are steps of every trajectory at which the atoms among ``props`` have a value."""
    return tuple({at for p in props for at in _steps_of(p, context)})


def alternatives(goal: Prop) -> tuple[Prop, ...]:
    """The members of a goal that is a disjunction: it fails only where all of them have a value."""
    return tuple(a for arg in goal.args for a in alternatives(arg)) if isinstance(goal, Or) else (goal,)


def _steps_of(p: Prop, context: Context) -> Iterator[Index]:
    """Those of an atom; what holds of all rows or columns, of which there is one at least, has a value at each."""
    bound: set[Var] = set()
    while isinstance(p, ForAll) and isinstance(p.var, Var) and any(v == p.var for v, _ in rows_used(p.body)):
        bound.add(p.var)
        p = p.body
    if isinstance(p, Rel | Pred):
        yield from (at for at in _steps(p, context) if not free_vars(at) & bound)


def _steps(n: Node, context: Context) -> Iterator[Index]:
    if isinstance(n, Sym):
        if n.role != "free" and n.index:
            yield n.index[0] + int(n.role == "state")
    elif isinstance(n, Prod | Sum):
        if context.at_least(n.hi - n.lo, 0):
            for end in (n.lo, n.hi):
                yield from _steps(substitute(n.body, {n.var: end}), context)
    elif isinstance(n, Total | Immediate):
        yield from (at for at in _derived(n) if context.at_least(_last(n) - at, 0))
        for row in n.row:
            yield from _steps(row, context)
    elif not (isinstance(n, Pred) and n.var is not None):
        for child in children(n):
            if not isinstance(child, Index | Var):
                yield from _steps(child, context)


def _derived(n: Total | Immediate) -> tuple[Index, ...]:
    """The first steps that a derivative goes through, if it goes through any."""
    by = () if n.wrt.role == "free" else (n.wrt.index[0] + int(n.wrt.role == "state"),)
    if isinstance(n, Total):
        return (*(at + 1 for at in n.since), *by)
    return (by or (n.of.lo + 1,)) if isinstance(n.of, Loss) else n.of.index


def _last(n: Total | Immediate) -> Index:
    return n.of.hi if isinstance(n.of, Loss) else n.of.index[0]


def within(n: Term | Node, begun: tuple[Index, ...], context: Context) -> bool:
    """Whether all that a term may speak of lies within the trajectories that have the steps ``begun``."""
    if isinstance(n, Sym):
        moving = n.role != "free" and n.index
        return not moving or is_step(n.index[0] + int(n.role == "state"), begun, context)
    if isinstance(n, Total | Immediate):
        parts = all(within(r, begun, context) for r in n.row)
        return parts and all(is_step(at, begun, context) for at in _derived(n))
    inner = context.within(n.var, n.lo, n.hi) if isinstance(n, Prod | Sum) else context
    return all(within(c, begun, inner) for c in children(n) if not isinstance(c, Index | Var))


def is_step(at: Index, begun: tuple[Index, ...], context: Context) -> bool:
    """Whether a time is known not to come before one of the steps ``begun``."""
    return any(context.at_least(at - b, 0) for b in begun)
