r"""Jacobians of a whole state, block by block, for all sizes: one step, k steps, and blocks of powers, ready to print.

Nothing is typed in: the blocks are derivatives of the step map, as the kernel takes them. What a cell's Jacobian looks
like:

>>> from symrnn import LSTM
>>> lstm = LSTM()
>>> J = one_step_blocks(lstm, [lstm.h, lstm.c])
>>> print(J["h", "c"])
diag(o[t]) D_c[t] diag(f[t])
>>> print(J["c", "h"])
diag(c[t-1]) D_f[t] U_f + diag(i[t]) D_g[t] U_g + diag(g[t]) D_i[t] U_i

Over k steps the number of paths through the blocks grows as a power of k, and so do formulas that write them all out.
``k_steps`` does not: each step is written in the blocks of the step before, which stay letters, so that its size is
linear in k. The kernel proves such equations, and the product for all k (``docs/cells.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from symrnn.cells import Cell
from symrnn.claims.build import block_matrix, jacobian
from symrnn.claims.index import Index, IndexLike, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import rebuild
from symrnn.claims.tree import Add, Diag, Eye, Jac, MatMul, Prop, Rel, Sym, Term, Times, Zeros
from symrnn.errors import ClaimError
from symrnn.records import dataclass
from symrnn.semantics.derivative import one_step

MOST_PATHS = 512  # in one formula that is written out
Table = Mapping[tuple[str, str], Term]


def state_jacobian(blocks: Iterable[Sym], later: IndexLike, earlier: IndexLike) -> Term:
    """The Jacobian of the state at one time by that at another, as a matrix of blocks in the order given.

    >>> from symrnn import LSTM
    >>> lstm = LSTM()
    >>> print(state_jacobian([lstm.h, lstm.c], lstm.t, lstm.t - 1))
    [d h[t] / d h[t-1], d h[t] / d c[t-1]; d c[t] / d h[t-1], d c[t] / d c[t-1]]
    """
    chosen = list(blocks)
    rows = [[jacobian(of[as_index(later)], wrt[as_index(earlier)]) for wrt in chosen] for of in chosen]
    return rows[0][0] if len(chosen) == 1 else block_matrix(rows)


def one_step_blocks(cell: Cell, blocks: Iterable[Sym] | None = None, at: IndexLike | None = None) -> Table:
    """The blocks of the one-step Jacobian by names (of, by), in numerator layout: d of_t / d by_{t-1}.

    ``blocks``: the state blocks in an order of one's own; ``at``: a time other than t. Locals of the cell that are
    diagonal stand for their definitions. Raises Refused where an update reaches further back than one step or uses an
    input that is not exogenous.

    >>> from symrnn import Leaky
    >>> print(one_step_blocks(Leaky())["h", "h"])
    (1 - alpha) I + alpha D[t] W_hh
    """
    time = cell.t if at is None else as_index(at)
    return {
        (of.name, wrt.name): named(
            cell.recurrence, tidy(one_step(cell.recurrence, _at(of, time), _at(wrt, time - 1))), time
        )
        for of in _chosen(cell, blocks)
        for wrt in _chosen(cell, blocks)
    }


def one_step_matrix(cell: Cell, blocks: Iterable[Sym] | None = None, at: IndexLike | None = None) -> Term:
    r"""The one-step Jacobian as one matrix of blocks (of a single block: that block).

    >>> from symrnn import LSTM
    >>> from symrnn.claims.latex import latex
    >>> lstm = LSTM(forget=False)
    >>> print(latex(one_step_matrix(lstm).rows[0][0]), latex(one_step_matrix(lstm).rows[1][0]))
    I \operatorname{diag}(o_{t}) D_{c,t}
    """
    chosen = _chosen(cell, blocks)
    found = one_step_blocks(cell, chosen, at)
    rows = [[found[of.name, wrt.name] for wrt in chosen] for of in chosen]
    return rows[0][0] if len(chosen) == 1 else block_matrix(rows)


@dataclass(frozen=True)
class Steps:
    """``equations``: the blocks of the Jacobians over 1, 2, ..., k steps, each from those over one step less.

    Together they give d of_t / d by_{t-k} for all blocks, without writing any product out.
    """

    lag: int
    equations: tuple[Prop, ...]


def k_steps(cell: Cell, k: int, blocks: Iterable[Sym] | None = None) -> Steps:
    """The k-step Jacobian by cut points: d of_t / d by_{t-s} from the one-step Jacobian at t and lag s - 1 at t - 1.

    Raises ClaimError for a lag below 1.

    >>> from symrnn import LSTM
    >>> found = k_steps(LSTM(), 3)
    >>> print(len(found.equations), found.equations[-4], sep="; ")
    12; d c[t] / d c[t-3] = (d c[t] / d c[t-1]) (d c[t-1] / d c[t-3]) + (d c[t] / d h[t-1]) (d h[t-1] / d c[t-3])
    """
    if k < 1:
        raise ClaimError(f"a lag is 1 or more, not {k}")
    chosen, t = _chosen(cell, blocks), cell.t
    first = one_step_blocks(cell, chosen)
    found: list[Prop] = [
        Rel("=", Jac(_at(of, t), _at(wrt, t - 1), "numerator"), first[of.name, wrt.name])
        for of in chosen
        for wrt in chosen
    ]
    one = {(of, b): _step(of, b, t) for of in chosen for b in chosen}
    for s in range(2, k + 1):
        sources = [_at(wrt, t - s) for wrt in chosen]
        before = [[Jac(_at(b, t - 1), wrt, "numerator") for b in chosen] for wrt in sources]
        for of in chosen:
            now = _at(of, t)
            for wrt, earlier in zip(sources, before, strict=True):
                parts = tuple(MatMul((one[of, b], x)) for b, x in zip(chosen, earlier, strict=True))
                found.append(Rel("=", Jac(now, wrt, "numerator"), parts[0] if len(parts) == 1 else Add(parts)))
    return Steps(k, tuple(found))


def power_block(cell: Cell, of: Sym, wrt: Sym, k: int, *, written_out: bool = False) -> Term:
    """d of_t / d wrt_{t-k} as the sum over all paths through the blocks, products of one-step Jacobians.

    ``written_out``: with the formulas of ``one_step_blocks`` in place of the one-step Jacobians. Raises ClaimError for
    a lag below 1, and where there are more than 512 paths.

    >>> from symrnn import LSTM
    >>> lstm = LSTM()
    >>> print(power_block(lstm, lstm.c, lstm.c, 2))
    (d c[t] / d c[t-1]) (d c[t-1] / d c[t-2]) + (d c[t] / d h[t-1]) (d h[t-1] / d c[t-2])
    >>> print(power_block(LSTM(forget=False), lstm.c, lstm.c, 2, written_out=True))
    I + (diag(i[t]) D_g[t] U_g + diag(g[t]) D_i[t] U_i) diag(o[t-1]) D_c[t-1]
    """
    states = cell.recurrence.states
    if k < 1:
        raise ClaimError(f"a lag is 1 or more, not {k}")
    if len(states) ** (k - 1) > MOST_PATHS:
        raise ClaimError(f"{len(states) ** (k - 1)} paths over {k} steps are too many to write out: use k_steps")
    steps = [one_step_blocks(cell, None, cell.t - s) if written_out else {} for s in range(k)]
    terms = []
    for path in _paths([s.name for s in states], of.name, wrt.name, k):
        named = [next(b for b in states if b.name == name) for name in path]
        pairs = list(zip(named, named[1:], strict=False))
        factors = [
            steps[s][a.name, b.name] if written_out else _step(a, b, cell.t - s) for s, (a, b) in enumerate(pairs)
        ]
        terms.append(tidy(factors[0] if len(factors) == 1 else MatMul(tuple(factors))))
    kept = [x for x in terms if not isinstance(x, Zeros)]
    return tidy(Add(tuple(kept))) if len(kept) > 1 else (kept or terms)[0]


def _paths(names: list[str], of: str, wrt: str, k: int) -> Iterator[tuple[str, ...]]:
    if k == 1:
        yield of, wrt
        return
    for middle in names:
        for rest in _paths(names, middle, wrt, k - 1):
            yield of, *rest


def _chosen(cell: Cell, blocks: Iterable[Sym] | None) -> tuple[Sym, ...]:
    """The state blocks in the order asked for, all of them."""
    states = cell.recurrence.states
    chosen = states if blocks is None else tuple(b.head for b in blocks)
    if sorted(b.name for b in chosen) != sorted(s.name for s in states):
        there, given = (", ".join(b.name for b in x) or "none" for x in (states, chosen))
        raise ClaimError(f"the state of {cell.recurrence.name} has the blocks {there}; given were {given}")
    return chosen


def _step(of: Sym, wrt: Sym, at: Index) -> Term:
    return Jac(_at(of, at), _at(wrt, at - 1), "numerator")


def _at(block: Sym, time: Index) -> Sym:
    return Sym(block.name, block.shape, block.role, block.props, (time,), False)


# ---- how a derivative is written -------------------------------------------------------------------------------------


def tidy(t: Term) -> Term:
    """A derivative as people write it: products and sums flat, factors I and terms 0 left out. Equal to the term."""
    if isinstance(t, Add):
        parts = [y for x in t.args for y in _summands(tidy(x)) if not isinstance(y, Zeros)]
        if not parts:
            return Zeros(*(shape_of(t) or (ONE, ONE)))
        return parts[0] if len(parts) == 1 else Add(tuple(parts))
    if isinstance(t, MatMul):
        factors = [y for x in t.args for y in _factors(tidy(x))]
        if any(isinstance(x, Zeros) for x in factors):
            return Zeros(*(shape_of(t) or (ONE, ONE)))
        kept = [x for x in factors if not isinstance(x, Eye)]
        if not kept:
            return factors[0]
        return kept[0] if len(kept) == 1 else MatMul(tuple(kept))
    if isinstance(t, Times):
        return Times(tuple(tidy(x) for x in t.args))
    return t


def _summands(t: Term) -> tuple[Term, ...]:
    return t.args if isinstance(t, Add) else (t,)


def _factors(t: Term) -> tuple[Term, ...]:
    return t.args if isinstance(t, MatMul) else (t,)


def named(cell: Recurrence, t: Term, at: Index) -> Term:
    """The same with the cell's names for its diagonal matrices: D_f[t] for diag(s'(W_f x[t] + ...))."""

    def go(x: Term) -> Term:
        if isinstance(x, Diag):
            found = cell.local_name(x, at)
            return x if found is None else found
        return rebuild(x, go) if isinstance(x, Add | MatMul | Times) else x

    return go(t)
