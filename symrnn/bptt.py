r"""Backpropagation through time for any cell: what each parameter's gradient is, ready to print and to prove.

Nothing is typed in: the terms are derivatives of the updates, as the kernel takes them. With several blocks of the
state there is a delta for each, delta_b = (dL / d b_s)^T, the other blocks at time s being held, and a recursion.

>>> from symrnn import LSTM, lag, loss
>>> lstm = LSTM()
>>> L = loss("L", lstm.h, 1, lag("T"))
>>> print(step_gradient(L, lstm, lstm.U_o, lag("s")))
D_o[s] diag(tanh(c[s])) (d L / d h[s])^T h[s-1]^T
>>> print(delta(L, lstm, lstm.c, lag("s")).rhs)
(d L / d c[s+1]) (d c[s+1] / d c[s]) + (d L / d h[s+1]) (d h[s+1] / d c[s])
"""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.block_jacobians import named, one_step_blocks, tidy
from symrnn.cells import Cell
from symrnn.claims.build import summation
from symrnn.claims.index import IndexLike, as_index, index
from symrnn.claims.losses import gradient, immediate, jacobian
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import symbols
from symrnn.claims.tree import Add, Diag, Hadamard, Loss, MatMul, Rel, Sum, Sym, Term, Times, Transpose, Zeros
from symrnn.errors import ClaimError
from symrnn.semantics.pullback import pulled_back, through_output


def parameters(cell: Cell) -> tuple[Sym, ...]:
    """The parameters of a cell by which there are gradients, in the order of their names.

    >>> from symrnn import Elman
    >>> print(*parameters(Elman()))
    W_hh W_xh b
    """
    return cell.recurrence.params


def step_gradient(loss: Loss, cell: Cell, parameter: Sym, at: IndexLike) -> Term:
    """What the parameter does to the loss at one step: the sum over the blocks of immediate partial times delta.

    In the shape of the parameter. Raises ClaimError for what is no parameter of the cell, Refused for parameters with
    properties other than diagonal.

    >>> from symrnn import GRU, Leaky, lag, loss
    >>> leaky = Leaky()
    >>> print(step_gradient(loss("L", leaky.h, 1, lag("T")), leaky, leaky.W_hh, lag("s")))
    alpha D[s] (d L / d h[s])^T h[s-1]^T
    """
    time = as_index(at)
    if parameter not in cell.recurrence.params:
        raise ClaimError(f"{parameter} is no parameter of {cell.recurrence.name}")
    parts = []
    for block in cell.recurrence.states:
        now = Sym(block.name, block.shape, block.role, block.props, (time,), False)
        found = pulled_back(cell.recurrence, now, parameter, Transpose(jacobian(loss, now)))
        if found is not None:
            parts.append(found)
    if not parts:
        return Zeros(*(shape_of(parameter) or (ONE, ONE)))
    return named(cell.recurrence, tidy(_plain(parts[0] if len(parts) == 1 else Add(tuple(parts)))), time)


def bptt(loss: Loss, cell: Cell, parameter: Sym) -> Rel:
    """The gradient of the loss by a parameter as the sum over the steps of ``step_gradient``: a claim.

    Of a parameter that the output has too (tied weights), with its ``output_gradient`` at each time.
    The loss is one over all its times, ``loss(...)`` and not ``L[t]``; it begins one step after the state that is held.

    >>> from symrnn import Elman, lag, loss
    >>> elman = Elman()
    >>> print(bptt(loss("L", elman.h, 1, lag("T")), elman, elman.W_hh))
    grad(L, W_hh) = sum(s = 1 .. T, D[s] (d L / d h[s])^T h[s-1]^T)
    """
    s = index("s")
    shared = parameter in symbols(loss)  # its output has the parameter too
    parts = [step_gradient(loss, cell, parameter, s), *([output_gradient(loss, cell, parameter, s)] if shared else [])]
    total: Term = summation(Add(tuple(parts)) if shared else parts[0], s, loss.lo, loss.hi)
    if isinstance(total, Sum):
        total = Sum(total.body, total.var, loss.lo, loss.hi)
    return Rel("=", gradient(loss, parameter), total)


def delta(loss: Loss, cell: Cell, block: Sym, at: IndexLike, *, written_out: bool = False) -> Rel:
    """The recursion of dL / d block at a time before the last: its own partial, and what comes from the step after.

    ``written_out``: with the formulas of the one-step Jacobians. A claim in numerator layout: rows.

    >>> from symrnn import Elman, lag, loss
    >>> elman = Elman()
    >>> print(delta(loss("L", elman.h, 1, lag("T")), elman, elman.h, lag("s"), written_out=True))
    d L / d h[s] = d+ L / d h[s] + (d L / d h[s+1]) D[s+1] W_hh
    """
    time = as_index(at)
    parts = list(_own(loss, block, time))
    steps = one_step_blocks(cell, None, time + 1) if written_out else {}
    for later in cell.recurrence.states:
        step = steps[later.name, block.name] if written_out else jacobian(later[time + 1], block[time], "numerator")
        if not isinstance(tidy(step), Zeros):
            parts.append(tidy(MatMul((jacobian(loss, later[time + 1], "numerator"), step))))
    whole = jacobian(loss, block[time], "numerator")
    if not parts:  # what acts on nothing
        return Rel("=", whole, Zeros(*(shape_of(whole) or (ONE, ONE))))
    return Rel("=", whole, parts[0] if len(parts) == 1 else Add(tuple(parts)))


def _own(loss: Loss, block: Sym, time: IndexLike) -> Iterator[Term]:
    reads = {b.name for b, _ in loss.reads} or {s.name for side in loss.output for s in _states(side)}
    if block.name in reads:
        yield immediate(loss, block[time], "numerator")


def _states(t: Term) -> Iterator[Sym]:
    return (s for s in symbols(t) if s.role == "state")


def output_gradient(loss: Loss, cell: Cell, parameter: Sym, at: IndexLike) -> Term:
    """What a parameter of the output does to the loss at one time: (y_t - target_t) h_t^T for V in y_t = V h_t.

    >>> from symrnn import Elman, lag, matrix, size, squared_error
    >>> elman, p = Elman(), size("p")
    >>> V, y = matrix("V", p, elman.n), matrix("y", p, 1)
    >>> L = squared_error("L", lambda t: V @ elman.h[t], lambda t: y[t], 1, lag("T"))
    >>> print(output_gradient(L, elman, V, lag("s")))
    (V h[s] - y[s]) h[s]^T
    """
    time = as_index(at)
    found = through_output(cell.recurrence, loss, parameter, time)
    if found is None:
        raise ClaimError(f"{parameter} is no parameter of the output of {loss.name}")
    return named(cell.recurrence, tidy(_plain(found)), time)


def _plain(t: Term) -> Term:
    """Transposes moved to the factors, diag(u) for the transpose of it: as people write gradients."""
    if isinstance(t, Transpose):
        x = t.arg
        if isinstance(x, Transpose):
            return _plain(x.arg)
        if isinstance(x, MatMul):
            return MatMul(tuple(_plain(Transpose(f)) for f in x.args[::-1]))
        if isinstance(x, Diag) or (isinstance(x, Sym) and "diagonal" in x.props):
            return _plain(x)
        return Transpose(_plain(x)) if isinstance(x, Add | Times) else t
    if isinstance(t, Add):
        return Add(tuple(_plain(x) for x in t.args))
    if isinstance(t, Times):
        return Times(tuple(_plain(x) for x in t.args))
    if isinstance(t, MatMul):
        return MatMul(tuple(_plain(x) for x in t.args))
    if isinstance(t, Diag) and isinstance(t.arg, Hadamard):
        return Diag(Hadamard(tidy(_plain(t.arg.left)), tidy(_plain(t.arg.right))))
    return t
