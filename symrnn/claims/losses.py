"""Losses, and derivatives of and by what moves with them: what a script writes about backpropagation through time.

``gradient`` has the shape of the parameter; ``jacobian`` takes losses and parameters too, in the layout of the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symrnn.claims import build
from symrnn.claims.index import Index, IndexLike, Var, as_index, checked_name
from symrnn.claims.shapes import ONE
from symrnn.claims.tree import Immediate, Loss, Softmax, Sym, Term, Total, as_term
from symrnn.errors import ClaimError
from symrnn.records import replace

TIME = Var("time of a loss", "time", None)  # no name that a script could give
LAYOUTS = ("", "numerator", "denominator")


def loss(name: str, blocks: Sym | Iterable[Sym], first: IndexLike, last: IndexLike) -> Loss:
    """The sum over t = first .. last of any differentiable functions of the states at t; ``L[t]`` is the one at t.

    ``blocks``: the state blocks that it is a function of. Of what it is nothing is said: its immediate partial
    derivatives ``immediate(L, h[t])`` are any rows. The trajectory begins at first - 1, in a state that depends on no
    parameter. Raises ClaimError for what is no state.

    >>> from symrnn import Elman, lag
    >>> cell = Elman()
    >>> L = loss("L", cell.h, 1, lag("T"))
    >>> print(jacobian(L, cell.h[1]), "and", jacobian(L[2], cell.h[1]))
    d L / d h[1] and d L[2] / d h[1]
    """
    heads = [blocks] if isinstance(blocks, Sym) else list(blocks)
    reads = []
    for b in heads:
        if not isinstance(b, Sym) or b.role != "state" or not b.family:
            raise ClaimError(f"a loss is a function of state blocks, such as cell.h; got {b}")
        rows, cols = b.shape or (ONE, ONE)
        reads.append((b, _family(f"d{checked_name(name)}_{b.name}", cols if rows == ONE else rows)))
    if not reads:
        raise ClaimError("a loss needs at least one state block")
    return Loss(name, (), TIME, *_range(first, last), "opaque", tuple(reads), (), ())


def squared_error(
    name: str, output: Callable[[Index], Term], target: Callable[[Index], Term], first: IndexLike, last: IndexLike
) -> Loss:
    """The sum over t of 1/2 ||output - target||^2, both given as functions of the time: V h_t + b and y_t.

    >>> from symrnn import Elman, lag, matrix, size
    >>> cell, p = Elman(), size("p")
    >>> V, y = matrix("V", p, cell.n), matrix("y", p, 1)
    >>> L = squared_error("L", lambda t: V @ cell.h[t], lambda t: y[t], 1, lag("T"))
    >>> print(gradient(L, V))
    grad(L, V)
    """
    return _headed("squared", name, output, target, first, last)


def cross_entropy(
    name: str, logits: Callable[[Index], Term], target: Callable[[Index], Term], first: IndexLike, last: IndexLike
) -> Loss:
    """The sum over t of - sum_i target_i log softmax(logits)_i; the targets need not sum to 1.

    >>> from symrnn import Elman, lag, matrix, size
    >>> cell, p = Elman(), size("p")
    >>> V, y = matrix("V", p, cell.n), matrix("y", p, 1)
    >>> print(cross_entropy("L", lambda t: V @ cell.h[t], lambda t: y[t], 1, lag("T")).kind)
    cross_entropy
    """
    return _headed("cross_entropy", name, logits, target, first, last)


def _headed(
    kind: str,
    name: str,
    output: Callable[[Index], Term],
    target: Callable[[Index], Term],
    first: IndexLike,
    last: IndexLike,
) -> Loss:
    at = as_index(TIME)
    sides = (as_term(output(at)),), (as_term(target(at)),)
    return Loss(checked_name(name), (), TIME, *_range(first, last), kind, (), *sides)


def _range(first: IndexLike, last: IndexLike) -> tuple[Index, Index, Index]:
    return as_index(first), as_index(last), as_index(first)


def _family(name: str, length: Index) -> Sym:
    return replace(build.matrix(name, 1, length), family=True)


def softmax(v: object) -> Term:
    """exp(v_i) / sum of exp(v_j), of a column vector.

    >>> from symrnn import vector
    >>> print(softmax(vector("a", 2)))
    softmax(a)
    """
    return Softmax(as_term(v))


def jacobian(of: object, wrt: object, layout: str = "", *, row: object = None, since: IndexLike | None = None) -> Term:
    """The total derivative d of / d wrt along the trajectory, of shape (length of ``of``) x (length of ``wrt``).

    ``of``: a loss, or a state, input or local of the cell at a stated time, such as h[t]; ``wrt``: one of these, such
    as h[t-k], or a parameter. Numerator layout, the default: entry (i, j) is d of_i / d wrt_j; of a scalar by a matrix
    it has the shape of the transposed matrix. Denominator layout is the transpose. Other blocks of the state at the
    time of ``wrt`` are held. ``row`` and ``since``: as for ``gradient``; a state by a parameter needs ``since``. Raises
    ClaimError for what has no time, and for an unknown layout.

    >>> from symrnn import Elman, lag
    >>> cell = Elman()
    >>> print(jacobian(cell.h[cell.t], cell.h[cell.t - 1]))
    d h[t] / d h[t-1]
    >>> print(jacobian(loss("L", cell.h, 1, lag("T")), cell.W_hh))
    d L / d W_hh
    """
    moving = not (isinstance(of, Loss) or isinstance(wrt, Sym) and wrt.role == "free" and not wrt.index)
    if moving and row is None and since is None:
        return build.jacobian(of, wrt, layout)
    if layout not in LAYOUTS:
        raise ClaimError(f"layout is 'numerator' or 'denominator', not {layout!r}")
    what, by = _source(of), _target(wrt)
    rows = () if row is None else (as_term(row),)
    if by.role != "free":
        if since is not None:
            raise ClaimError(f"{by} is held itself: since= is for derivatives by parameters")
        return Total(what, rows, by, (), layout)
    if since is None:
        if isinstance(what, Sym):
            raise ClaimError(f"the derivative of {what} by {by}: say since=, the time whose state is held")
        since = what.first - 1
    return Total(what, rows, by, (as_index(since),), layout)


def gradient(of: object, wrt: object, *, row: object = None, since: IndexLike | None = None) -> Term:
    """The total derivative of a loss by a parameter (or state), in the shape of the parameter.

    That is the matrix G with dL = tr(G^T dW): denominator layout, whatever the layout of the claim. ``since``: the time
    whose state is held, by default that before the first loss; a later one is truncated backpropagation. ``row``: of
    row @ h[t], the row held, in place of a loss. Raises ClaimError for what has no derivative.

    >>> from symrnn import Elman, lag, time
    >>> cell, t = Elman(), time("t")
    >>> L = loss("L", cell.h, 1, lag("T"))
    >>> print(gradient(L, cell.W_hh), "and", gradient(L[t], cell.W_hh, since=t - 3))
    grad(L, W_hh) and grad(L[t], W_hh | h[t-3])
    """
    return jacobian(of, wrt, "denominator", row=row, since=since)


def immediate(of: object, wrt: object, layout: str = "", *, row: object = None) -> Term:
    """The immediate partial derivative d+: what ``wrt`` does at that time, all that came before held.

    Of a loss by the state at a time, or of a state by a parameter; by a matrix only of row @ h[t], the row held.

    >>> from symrnn import Elman, lag, time
    >>> cell, t = Elman(), time("t")
    >>> print(immediate(loss("L", cell.h, 1, lag("T")), cell.h[t]), "and", immediate(cell.h[t], cell.b))
    d+ L / d h[t] and d+ h[t] / d b
    """
    if layout not in LAYOUTS:
        raise ClaimError(f"layout is 'numerator' or 'denominator', not {layout!r}")
    what, by = _source(of), _target(wrt)
    if by.role != "free" and not isinstance(what, Loss):
        raise ClaimError(f"immediate({what}, {by}): write jacobian for the derivative of a state by a state")
    return Immediate(what, () if row is None else (as_term(row),), by, layout)


def immediate_gradient(of: object, wrt: object, *, row: object = None) -> Term:
    """The same in the shape of the parameter, as ``gradient``.

    >>> from symrnn import Elman, matrix, time
    >>> cell, t = Elman(), time("t")
    >>> u = matrix("u", 1, cell.n)
    >>> print(immediate_gradient(cell.h[t], cell.W_hh, row=u))
    grad+([u] h[t], W_hh)
    """
    return immediate(of, wrt, "denominator", row=row)


def _source(of: object) -> Loss | Sym:
    if isinstance(of, Loss) or (isinstance(of, Sym) and of.role == "state" and of.index):
        return of
    raise ClaimError(f"a derivative is of a loss, or of a state at a time such as h[t]; got {of}")


def _target(wrt: object) -> Sym:
    if isinstance(wrt, Sym) and (wrt.index if wrt.role != "free" else not (wrt.index or wrt.family)):
        return wrt
    raise ClaimError(f"a derivative is by a parameter, or by a state, input or local at a time; got {wrt}")
