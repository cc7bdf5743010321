"""The chain rule through the whole state, at once for any number of steps. Trusted by the kernel.

What is compared here is what the author wrote, factor by factor, so that the cost does not depend on sizes, and on the
number of steps only where all factors are written out. Normal forms serve for one step only, at a generic time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from symrnn.claims.index import Index, Node, Var, as_index, node, substitute_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import Add, Apply, Blocks, Jac, MatMul, Prod, Rel, Sum, Sym, Term, Transpose
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import Context
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member, minus

LONGEST = 4096  # steps written out
REMEMBERED = 64  # terms of which a recurrence knows whether they are its Jacobian
Rows = tuple[tuple[Term, ...], ...]


@node
class Step(Node):
    """One factor of a product over steps, ``term`` at a generic time ``var``."""

    term: Term
    var: Var


def check_product(cell: Recurrence | None, context: Context, goal: Rel, step: Step | None) -> None:
    """Refused unless an equation is the chain rule over all steps from one time to another, in order.

    One side is the Jacobian of the whole state, the other the product of one-step Jacobians over a range, or written
    out with the factor ``step``. Later times stand on the left in numerator layout, on the right in denominator layout.
    """
    cell, left, right = _taken_apart(cell, goal)
    whole = whole_state(cell, left)
    # at equal times two different blocks have no Jacobian
    if not _follows(context, whole.later, whole.earlier, 0 if len(whole.blocks) == 1 else 1):
        raise Refused(f"{whole.later} is not known to come after {whole.earlier}")
    if isinstance(right, Prod):
        begins = right.lo.terms == whole.earlier.terms and right.lo.const == whole.earlier.const + 1
        if not begins or right.hi != whole.later or right.descending == whole.turned:
            raise Refused("a product over another range, or in another order")
        factor, at = right.body, right.var
    elif step is None or not _is_written_out(right, whole, step):
        raise Refused("the other side is not the product of these factors")
    else:
        factor, at = step.term, step.var
    if not is_one_step(cell, whole.blocks, whole.turned, factor, at):
        raise Refused("the factors are not the one-step Jacobians")


def _follows(context: Context, later: Index, earlier: Index, steps: int) -> bool:
    """Whether one time is known to come so many steps after another, or more."""
    if later.terms == earlier.terms:
        return later.const - earlier.const >= steps
    return context.at_least(later - earlier, steps)


def _taken_apart(cell: Recurrence | None, goal: Rel) -> tuple[Recurrence, Term, Term]:
    """The recurrence, the Jacobian and what it is said to be."""
    if cell is None:
        raise Refused("a Jacobian needs a recurrence")
    turned = isinstance(goal.lhs, (Prod, MatMul, Add))
    return (cell, goal.rhs, goal.lhs) if turned else (cell, goal.lhs, goal.rhs)


class WholeState(NamedTuple):
    """The Jacobian of all state ``blocks``, in this order, at one time by all at another; ``turned``: transposed."""

    blocks: tuple[str, ...]
    later: Index
    earlier: Index
    turned: bool


def whole_state(cell: Recurrence, t: Term) -> WholeState:
    """What a term is the Jacobian of; Refused unless it is one of the whole state, each block of it in its place.

    In denominator layout a block stands where it does in the transpose.
    """
    rows: Rows = t.rows if isinstance(t, Blocks) else ((t,),)
    first = rows[0][0]
    if not isinstance(first, Jac):
        raise Refused("no Jacobian of the state")
    turned, later, earlier = first.layout == "denominator", first.of.index[0], first.wrt.index[0]
    if first is t and len(cell.states) == 1:
        (head,) = cell.states
        if not (_is_at(t.of, head, later) and _is_at(t.wrt, head, earlier)):
            raise Refused(f"{t} stands where d {head.name}[{later}] / d {head.name}[{earlier}] should")
        return WholeState((head.name,), later, earlier, turned)
    order = rows[0] if turned else tuple(row[0] for row in rows)
    blocks = tuple(x.of.name for x in order if isinstance(x, Jac))
    heads = {s.name: s for s in cell.states}
    if sorted(blocks) != sorted(heads) or any(len(line) != len(blocks) for line in (rows, *rows)):
        raise Refused("a Jacobian of some of the state blocks, not of all")
    for i, row in zip(blocks, rows, strict=True):
        for j, block in zip(blocks, row, strict=True):
            of, wrt = (heads[j], heads[i]) if turned else (heads[i], heads[j])
            if not isinstance(block, Jac) or not (_is_at(block.of, of, later) and _is_at(block.wrt, wrt, earlier)):
                raise Refused(f"{block} stands where d {of.name}[{later}] / d {wrt.name}[{earlier}] should")
            if (block.layout == "denominator") != turned:
                raise Refused("blocks in different layouts")
    return WholeState(blocks, later, earlier, turned)


def _is_at(s: Sym, head: Sym, at: Index) -> bool:
    """Whether a symbol is that state block at that time."""
    there = s.name == head.name and len(s.index) == 1 and s.index[0] == at and not s.family
    return there and s.shape == head.shape and s.role == head.role and s.props == head.props


def is_one_step(cell: Recurrence, blocks: tuple[str, ...], turned: bool, factor: Term, at: Var) -> bool:
    """Whether ``factor`` is the one-step Jacobian at every time ``at``, whatever parameters and trajectory are.

    Remembered on the recurrence.
    """
    known: dict[tuple[Term, Var, tuple[str, ...], bool], bool] = cell.__dict__.setdefault("_one_steps", {})
    key = (factor, at, blocks, turned)
    found = known.get(key)
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[key] = _equal(cell, _at_now(cell, factor, at), _jacobian(cell, blocks, turned))
    return found


def _at_now(cell: Recurrence, factor: Term, at: Var) -> Term:
    """The factor at the time of the recurrence, which stands for any time."""
    if at.kind not in ("index", "time") or at.low is not None or cell.time.low is not None:
        raise Refused(f"{at} does not run over all times")
    if any(v.kind != "size" for v in free_vars(factor) if v != at):
        raise Refused("a factor depends on more than its time")
    return substitute(factor, {at: as_index(cell.time)})  # type: ignore[no-any-return]


def _jacobian(cell: Recurrence, blocks: tuple[str, ...], turned: bool) -> Term:
    heads, now = {s.name: s for s in cell.states}, as_index(cell.time)
    rows = tuple(
        tuple(one_step(cell, member(heads[i], now), member(heads[j], now - 1)) for j in blocks) for i in blocks
    )
    whole = rows[0][0] if len(blocks) == 1 else Blocks(rows)
    return Transpose(whole) if turned else whole


def _equal(cell: Recurrence, a: Term, b: Term) -> bool:
    """Whether two terms at the time of a step are equal, as they stand or with slopes written by values."""
    if shape_of(a) != shape_of(b):
        return False
    algebra = Algebra(Context(cell))
    if not minus(algebra.poly(a), algebra.poly(b)):
        return True
    # s_t is no first state where there is a d s_t / d s_(t-1)
    values = {member(s, as_index(cell.time)): update for s, update in cell.steps if isinstance(update, Apply)}
    spelt = Algebra(Context(cell, spelt=True))
    return not minus(spelt.poly(substitute(a, values)), spelt.poly(substitute(b, values)))


def _is_written_out(t: Term, whole: WholeState, step: Step) -> bool:
    length = whole.later - whole.earlier
    if not length.is_const or not 1 <= length.const <= LONGEST:
        raise Refused(f"{length} factors are not written out")
    found, factors = list(_flat(t)), list(_flat(step.term))
    if len(found) != length.const * len(factors):
        return False
    for i in range(length.const):
        at = {step.var: whole.earlier + (i + 1) if whole.turned else whole.later - i}
        places: dict[Index, Index] = {}
        part = found[i * len(factors) : (i + 1) * len(factors)]
        if not all(_is_instance(x, f, at, places) for x, f in zip(part, factors, strict=True)):
            return False
    return True


def _flat(t: Term) -> Iterator[Term]:
    if isinstance(t, MatMul):
        for factor in t.args:
            yield from _flat(factor)
    else:
        yield t


def _is_instance(x: Any, pattern: Any, at: dict[Var, Index], places: dict[Index, Index]) -> bool:
    """Whether ``x`` is ``substitute(pattern, at)``, without making it; ``places``: index expressions seen before."""
    if isinstance(pattern, Index):
        if pattern not in places:
            places[pattern] = substitute_index(pattern, at)
        return bool(x == places[pattern])
    if isinstance(pattern, tuple):
        if type(x) is not tuple or len(x) != len(pattern):
            return False
        return all([_is_instance(y, p, at, places) for y, p in zip(x, pattern, strict=True)])
    if not isinstance(pattern, Node) or free_vars(pattern).isdisjoint(at):
        return bool(x == pattern)
    if isinstance(pattern, Prod | Sum):
        return bool(x == substitute(pattern, at))
    return type(x) is type(pattern) and _is_instance(x.parts(), pattern.parts(), at, places)


def check_one_cut(cell: Recurrence | None, context: Context, goal: Rel) -> None:
    """Refused unless an equation is the chain rule through the whole state at one time in between.

    d of / d wrt is the sum over all state blocks s of (d of / d s) (d s / d wrt), the factors of each term the other
    way round in denominator layout.
    """
    cell, left, right = _taken_apart(cell, goal)
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
