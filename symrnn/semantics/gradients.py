"""Normal forms of total and immediate derivatives of losses and by parameters. Trusted by the kernel.

What a total derivative is: a change dW of a parameter changes the states by d h_s = (d h_s / d h_{s-1}) d h_{s-1} +
(d+ h_s)[dW], from d h = 0 at the time that is held on; a loss is the sum over its times of functions of the state. No
more is used: a derivative along a range of symbolic length gives up its first step (dW acts on the state after the one
that is held, and on what follows it with that one held) or its last, as sums do; what is left is a letter. Sums over
all steps are for claims to state and for proofs to find. With several blocks each step is the sum over the blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symrnn.claims.index import Index, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import Add, Eye, Immediate, Loss, MatMul, Softmax, Sum, Sym, Term, Total, Transpose
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.semantics.chain import through
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import LONGEST, ZERO, Poly, member, put
from symrnn.semantics.pullback import pulled_back, row_of, through_output

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra


def total_form(a: Algebra, t: Total) -> Poly:
    """Of a loss the sum over its times; of a state by what moves the chain rule; by a parameter step by step."""
    _defined(a, t)
    natural = "numerator" if t.wrt.role != "free" else "denominator"
    if (t.layout == "denominator") != (natural == "denominator"):
        return a.transpose(Transpose(replace(t, layout=natural)))
    if isinstance(t.of, Loss):
        return _of_loss(a, t.of, t)
    return _of_state(a, t.of, t) if t.wrt.role != "free" else _along(a, t.of, t)


def immediate_form(a: Algebra, t: Immediate) -> Poly:
    """By a parameter what it does to the update; of a loss by a state at one of its times its row of partials."""
    _defined(a, t)
    natural = "numerator" if t.wrt.role != "free" else "denominator"
    if (t.layout == "denominator") != (natural == "denominator"):
        return a.transpose(Transpose(replace(t, layout=natural)))
    cell = _cell(a)
    if t.wrt.role != "free":
        at = t.wrt.index[0]
        if not isinstance(t.of, Loss) or cell.member(t.wrt.name, at) != t.wrt:
            raise Refused(f"{t.of} by {t.wrt}: no immediate derivative")
        if not (a.context.at_least(at - t.of.lo, 0) and a.context.at_least(t.of.hi - at, 0)):
            raise Refused(f"{at} is not known to be a time of {t.of.name}")
        return _poly(a, row_of(cell, t.of, t.wrt.head, at))
    if isinstance(t.of, Loss):
        return _summed(a, t.of, through_output(cell, t.of, t.wrt, as_index(t.of.time)), t)
    return _poly(a, pulled_back(cell, t.of, t.wrt, Transpose(t.row[0]) if t.row else Eye(_length(t.of))))


def softmax_form(a: Algebra, t: Softmax) -> Poly:
    """A letter, a function of the normal form of its argument."""
    return a.letter(Softmax(a.term(t.arg)))


# ---- of losses: in numerator layout by what moves, in denominator layout by parameters ----


def _of_loss(a: Algebra, loss: Loss, t: Total) -> Poly:
    """The sum over the times of the loss, from the time of ``wrt`` on."""
    cell, at, parts = _cell(a), as_index(loss.time), []
    if any(b not in cell.states for b, _ in loss.reads):
        raise Refused(f"{loss.name} is of other states than those of {cell.name}")
    if t.since and not a.context.at_least(loss.lo - t.since[0], 1):
        raise Refused(f"{loss.name} is not known to begin after {t.since[0]}")
    for block in cell.states:
        row = row_of(cell, loss, block, at)
        if row is not None:
            parts.append(Total(member(block, at), (row,), t.wrt, t.since, t.layout))
    own = through_output(cell, loss, t.wrt, at) if t.since else None
    terms: tuple[Term, ...] = (*parts, *((own,) if own is not None else ()))
    if not t.since:
        loss = replace(loss, lo=_later(a, loss.lo, t.wrt.index[0]))
    return _summed(a, loss, Add(terms) if terms else None, t)


def _later(a: Algebra, lo: Index, at: Index) -> Index:
    """The later of two times; Refused if that is not known."""
    if a.context.at_least(at - lo, 0):
        return at
    if a.context.at_least(lo - at, 0):
        return lo
    raise Refused(f"which of {lo} and {at} is the later is not known")


def _summed(a: Algebra, loss: Loss, body: Term | None, t: Total | Immediate) -> Poly:
    if loss.time in free_vars(t):
        raise Refused(f"the time {loss.time} of a loss occurs outside it")
    return {} if body is None else a.poly(Sum(body, loss.time, loss.lo, loss.hi))


# ---- of states ----


def _of_state(a: Algebra, of: Sym, t: Total) -> Poly:
    p = through(a, of, t.wrt)
    return a.times(a.poly(t.row[0]), p) if t.row else p


def _along(a: Algebra, of: Sym, t: Total) -> Poly:
    """By a parameter, in its shape; linear in the row."""
    length = of.index[0] - t.since[0]
    if length == ZERO:
        return {}
    least = a.context.least(length)
    if least is None or least < 0 or least > LONGEST:
        raise Refused(f"{of} is not known to come after {t.since[0]}")
    cell = _cell(a)
    if t.wrt not in cell.params and all(s.name != t.wrt.name for s in cell.params):
        return {}  # no update has it, and the state that is held does not depend on it
    if not t.row:
        return _step(a, of, t) if least > 0 else a.letter(t)
    row = a.poly(t.row[0])
    if (shape_of(t.wrt) or (ONE, ONE))[1] == ONE:  # a column or a scalar: the row multiplies what is not summed
        return a.times(a.poly(replace(t, row=())), a.transpose(Transpose(t.row[0])))
    out: Poly = {}
    for (scalars, binders, word), c in row.items():
        if binders:
            raise Refused("a sum as the row of a derivative by a parameter")
        bare = replace(t, row=(a.mono_term(((), (), word), Fraction(1), shape_of(t.row[0])),))
        inner = _step(a, of, bare) if least > 0 else a.letter(bare)
        for mono, d in a.times({(scalars, (), ()): c}, inner).items():
            put(out, mono, d)
    return out


def _step(a: Algebra, of: Sym, t: Total) -> Poly:
    """One step given up: the first, after the state that is held, or the last."""
    cell, since = _cell(a), t.since[0]
    if a.context.peel != "right":
        out = dict(a.poly(replace(t, since=(since + 1,))))
        for block in cell.states:
            mid = member(block, since + 1)
            _add(out, _poly(a, pulled_back(cell, mid, t.wrt, Transpose(Total(of, t.row, mid, (), "numerator")))))
        return out
    out = dict(_poly(a, pulled_back(cell, of, t.wrt, Transpose(t.row[0]) if t.row else Eye(_length(of)))))
    for block in cell.states:
        before = member(block, of.index[0] - 1)
        step = one_step(cell, of, before)
        rest = replace(t, of=before, row=(MatMul((t.row[0], step)),) if t.row else ())
        _add(out, a.poly(rest) if t.row else a.times(a.poly(rest), a.transpose(Transpose(step))))
    return out


def _add(out: Poly, p: Poly) -> None:
    for mono, c in p.items():
        put(out, mono, c)


def _poly(a: Algebra, t: Term | None) -> Poly:
    return {} if t is None else a.poly(t)


def _defined(a: Algebra, t: Total | Immediate) -> None:
    """Refused if the row may have no value: then there is no derivative, not even one that is 0."""
    for row in t.row:
        a.poly(row)


def _cell(a: Algebra) -> Recurrence:
    if a.context.cell is None:
        raise Refused("a derivative along a trajectory needs a recurrence")
    return a.context.cell


def _length(s: Sym) -> Index:
    rows, cols = shape_of(s) or (ONE, ONE)
    return cols if rows == ONE else rows


FORMS: dict[type[Term], Callable[[Algebra, Any], Poly]] = {
    Total: total_form,
    Immediate: immediate_form,
    Softmax: softmax_form,
}
