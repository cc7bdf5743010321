"""The chain rule through the whole state, at once for any number of steps. Trusted by the kernel.

What is compared here is what the author wrote, factor by factor, so that the cost does not depend on sizes, and on the
number of steps only where all factors are written out. Normal forms serve for one step only, at a generic time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import Add, Blocks, Jac, MatMul, Prod, Sym, Term, Transpose
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import Context
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member, minus

LONGEST = 4096  # steps written out
REMEMBERED = 64  # terms of which a recurrence knows whether they are its Jacobian


@dataclass(frozen=True)
class WholeState:
    """The Jacobian of all state ``blocks``, in this order, at one time by all at another; ``turned``: transposed."""

    blocks: tuple[str, ...]
    later: Index
    earlier: Index
    turned: bool


def whole_state(cell: Recurrence, t: Term) -> WholeState:
    """What a term is the Jacobian of; Refused unless it is one of the whole state, each block of it in its place.

    In denominator layout a block stands where it does in the transpose.
    """
    rows: tuple[tuple[Term, ...], ...] = t.rows if isinstance(t, Blocks) else ((t,),)
    first = rows[0][0]
    if not isinstance(first, Jac):
        raise Refused("no Jacobian of the state")
    turned, later, earlier = first.layout == "denominator", first.of.index[0], first.wrt.index[0]
    blocks = tuple(_side(row[0], "wrt" if turned else "of") for row in rows)
    if sorted(blocks) != sorted(s.name for s in cell.states):
        raise Refused("a Jacobian of some of the state blocks, not of all")
    if any(len(row) != len(blocks) for row in rows):
        raise Refused("a Jacobian of the state by some of its blocks")
    heads = {s.name: s for s in cell.states}
    now, then = ({b: member(heads[b], at) for b in blocks} for at in (later, earlier))
    for i, row in zip(blocks, rows, strict=True):
        for j, block in zip(blocks, row, strict=True):
            of, wrt = (j, i) if turned else (i, j)
            if not isinstance(block, Jac) or (block.of, block.wrt) != (now[of], then[wrt]):
                raise Refused(f"{block} stands where d {now[of]} / d {then[wrt]} should")
            if (block.layout == "denominator") != turned:
                raise Refused("blocks in different layouts")
    return WholeState(blocks, later, earlier, turned)


def _side(block: Term, side: str) -> str:
    return getattr(block, side).name if isinstance(block, Jac) else ""


def is_one_step(cell: Recurrence, blocks: tuple[str, ...], turned: bool, step: Term, var: Var) -> bool:
    """Whether ``step`` is the one-step Jacobian at every time ``var``, whatever the parameters and the trajectory.

    Remembered on the recurrence.
    """
    if var.kind not in ("index", "time") or var.low is not None:
        raise Refused(f"{var} does not run over all times")
    if any(v.kind != "size" for v in free_vars(step) if v != var):
        raise Refused("a factor depends on more than its time")
    step = substitute(step, {var: as_index(cell.time)})
    known: dict[tuple[Term, tuple[str, ...], bool], bool] = cell.__dict__.setdefault("_one_steps", {})
    key = (step, blocks, turned)
    found = known.get(key)
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[key] = _equal(cell, step, _jacobian(cell, blocks, turned))
    return found


def _jacobian(cell: Recurrence, blocks: tuple[str, ...], turned: bool) -> Term:
    heads, now = {s.name: s for s in cell.states}, as_index(cell.time)
    rows = tuple(
        tuple(one_step(cell, member(heads[i], now), member(heads[j], now - 1)) for j in blocks) for i in blocks
    )
    whole = rows[0][0] if len(blocks) == 1 else Blocks(rows)
    return Transpose(whole) if turned else whole


def _equal(cell: Recurrence, a: Term, b: Term) -> bool:
    algebra = Algebra(Context(cell))
    return shape_of(a) == shape_of(b) and not minus(algebra.poly(a), algebra.poly(b))


def in_order(context: Context, whole: WholeState) -> bool:
    """Whether the later time is known to be so; or the same, where the state has one block."""
    return context.at_least(whole.later - whole.earlier, 0 if len(whole.blocks) == 1 else 1)


def is_product(t: Term, whole: WholeState, step: Term, var: Var) -> bool:
    """Whether a term is the product of ``step`` at the times after ``whole.earlier`` up to ``whole.later``, in order.

    In numerator layout later times stand on the left, in denominator layout on the right.
    """
    if isinstance(t, Prod):
        ends = (whole.earlier + 1, whole.later)
        return (t.lo, t.hi) == ends and t.descending != whole.turned and (t.body, t.var) == (step, var)
    length = whole.later - whole.earlier
    if not length.is_const or not 1 <= length.const <= LONGEST:
        raise Refused(f"{length} factors are not written out")
    times = [whole.later - i for i in range(length.const)]
    factors = (f for at in (times[::-1] if whole.turned else times) for f in _flat(substitute(step, {var: at})))
    return list(_flat(t)) == list(factors)


def _flat(t: Term) -> Iterator[Term]:
    if isinstance(t, MatMul):
        for factor in t.args:
            yield from _flat(factor)
    else:
        yield t


def check_one_cut(cell: Recurrence, context: Context, left: Term, right: Term) -> None:
    """Refused unless an equation is the chain rule through the whole state at one time in between.

    d of / d wrt is the sum over all state blocks s of (d of / d s) (d s / d wrt), the factors of each term the other
    way round in denominator layout.
    """
    if not isinstance(left, Jac):
        raise Refused("no Jacobian on the left")
    parts = right.args if isinstance(right, Add) else (right,)
    turned, middle, seen = left.layout == "denominator", None, []
    for part in parts:
        pair = part.args if isinstance(part, MatMul) else ()
        outer, inner = (pair[::-1] if turned else pair) if len(pair) == 2 else (None, None)
        if not isinstance(outer, Jac) or not isinstance(inner, Jac) or outer.wrt != inner.of:
            raise Refused("a term is no product of two Jacobians")
        if (outer.of, inner.wrt) != (left.of, left.wrt):
            raise Refused("a term is of something else, or by something else")
        if any((j.layout == "denominator") != turned for j in (outer, inner)):
            raise Refused("Jacobians in different layouts")
        middle = middle or outer.wrt.index[0]
        seen.append(outer.wrt)
    if middle is None or sorted(s.key for s in seen) != sorted(member(s, middle).key for s in cell.states):
        raise Refused("the terms do not go through each state block once")
    of, wrt = left.of, left.wrt
    if (of.role, wrt.role) not in (("state", "state"), ("local", "state"), ("state", "input"), ("local", "input")):
        raise Refused(f"{of} by {wrt}")
    if any(cell.member(s.name, s.index[0]) != s for s in (of, wrt)):
        raise Refused(f"{of} by {wrt}: not of the recurrence")
    if not context.at_least(of.index[0] - middle, 1):
        raise Refused(f"{middle} is not known to come before {of}")
    if not context.at_least(middle - wrt.index[0], 1 if wrt.role == "state" else 0):
        raise Refused(f"{middle} is not known to come after {wrt}")
    _check_separating(cell, of)


def _check_separating(cell: Recurrence, of: Sym) -> None:
    """Refused unless all that a state, and ``of``, owe to the past goes through the state one step before."""
    store = cell.__dict__.setdefault("_separating", set())
    if of.name not in store:
        now = as_index(cell.time)
        for later in (*cell.states, of.head):
            for earlier in cell.states:
                one_step(cell, member(later, now), member(earlier, now - 1))
        store.add(of.name)
