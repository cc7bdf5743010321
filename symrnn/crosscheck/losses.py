"""Derivatives of losses and by parameters by central differences: the run is simulated anew from the state held.

A loss is computed as what it is: 1/2 ||output - target||^2, - sum target log softmax(output); an opaque one as a linear
function of the states with the given partial derivatives. Nothing is known here of delta or of sums over steps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from symrnn.claims.tree import Immediate, Loss, Sym, Total
from symrnn.crosscheck.arithmetic import NotNumeric, Value
from symrnn.crosscheck.terms import Environment, evaluate, softmax
from symrnn.errors import Undefined
from symrnn.records import replace

if TYPE_CHECKING:
    from symrnn.crosscheck.network import Network, Source

LONGEST = 64


class _Nudged:
    """A source with one parameter at another value."""

    def __init__(self, source: Source, head: Sym, value: Value) -> None:
        self.source, self.head, self.changed = source, head, value

    def constant(self, head: Sym, at: int | None, network: Network) -> Value:
        return self.changed if head == self.head and at is None else self.source.constant(head, at, network)

    def initial(self, head: Sym, at: int) -> Value:
        return self.source.initial(head, at)

    def drive(self, head: Sym, at: int, network: Network) -> Value:
        return self.source.drive(head, at, network)


def derivative(t: Total | Immediate, env: Environment, network: Network) -> Value:
    """The value of a derivative, by differences, in the layout it states."""
    natural = "numerator" if t.wrt.role != "free" else "denominator"
    value = _by_moving(t, env, network) if t.wrt.role != "free" else _by_parameter(t, env, network)
    return value if (t.layout == "denominator") == (natural == "denominator") else value.T


def _outcome(t: Total | Immediate, env: Environment, times: range) -> Callable[[Network], Value]:
    """What is differentiated, at a network: the loss over the times, or the row (held) times the state."""
    of = t.of
    if isinstance(of, Loss):
        return lambda net: env.numbers.square(sum((_loss_at(of, replace(env, model=net), at) for at in times), 0))
    row = evaluate(t.row[0], env) if t.row else None
    at = env.integer(of.index[0])

    def outcome(net: Network) -> Value:
        state = env.numbers.column(net.value(of.head, at))
        return state if row is None else row * state

    return outcome


def _loss_at(loss: Loss, env: Environment, at: int) -> Value:
    inner = env.bind(loss.time, at)
    if loss.kind == "opaque":
        pairs = [(env.model.value(g, at), env.model.value(b, at)) for b, g in loss.reads]
        return sum((x * y for row, state in pairs for x, y in zip(list(row), list(state), strict=True)), 0)
    output, target = evaluate(loss.output[0], inner), evaluate(loss.target[0], inner)
    if (output.rows, output.cols) != (target.rows, target.cols) or output.cols != 1:
        raise Undefined("a loss of output and target of different shapes")
    if loss.kind == "squared":
        return sum(((y - x) ** 2 for x, y in zip(output, target, strict=True)), 0) / 2
    shares = softmax(output, env.numbers)
    return -sum((y * env.numbers.ctx.log(p) for p, y in zip(shares, target, strict=True)), 0)


def _by_moving(t: Total | Immediate, env: Environment, network: Network) -> Value:
    q, of = env.integer(t.wrt.index[0]), t.of
    if network.recurrence is None:
        raise NotNumeric("no recurrence")
    times = range(0)
    if isinstance(of, Loss):
        lo, hi = _times(of, env)
        times = range(q, q + 1) if isinstance(t, Immediate) else range(max(lo, q), hi + 1)
        if isinstance(t, Immediate) and not lo <= q <= hi:
            raise NotNumeric(f"{q} is no time of the loss")
    outcome = _outcome(t, env, times)
    held = {(s.name, q): network.value(s, q) for s in network.recurrence.states if s.name != t.wrt.name}
    held = held if t.wrt.role == "state" else {}
    at = network.value(t.wrt.head, q)

    def nudged(place: int, nudge: Value) -> Value:
        i, j = (place, 0) if at.cols == 1 else (0, place)
        changed = at.changed(i, j, nudge)
        return outcome(network.held({**held, (t.wrt.name, q): changed}, q))

    start = outcome(network)
    columns = [env.numbers.slope_from(start, partial(nudged, place)) for place in range(len(at))]
    return env.numbers.matrix(columns[0].rows, len(columns), lambda r, c: columns[c][r, 0])


def _by_parameter(t: Total | Immediate, env: Environment, network: Network) -> Value:
    of, times = t.of, range(0)
    if isinstance(of, Loss):
        lo, hi = _times(of, env)
        times = range(lo, hi + 1)
        if isinstance(t, Total) and lo <= env.integer(t.since[0]):
            raise NotNumeric(f"{of.name} begins before the state that is held")
        since = hi if isinstance(t, Immediate) else env.integer(t.since[0])  # all states held, or those before
    else:
        last = env.integer(of.index[0])
        since = last - 1 if isinstance(t, Immediate) else env.integer(t.since[0])
        if last < since:
            raise NotNumeric(f"{of} before the state that is held")
    outcome, at = _outcome(t, env, times), network.value(t.wrt, None)
    start = outcome(network)
    m = at if env.numbers.is_matrix(at) else env.numbers.square(at)

    def nudged(i: int, j: int, nudge: Value) -> Value:
        changed = m.changed(i, j, nudge)
        source = _Nudged(network.source, t.wrt, changed if env.numbers.is_matrix(at) else changed[0, 0])
        return outcome(network.driven_by(source, since + 1))

    def slope(i: int, j: int) -> Value:
        if "diagonal" in t.wrt.props and i != j:
            return start * 0
        return env.numbers.slope_from(start, partial(nudged, i, j))

    found = {(i, j): slope(i, j) for i in range(m.rows) for j in range(m.cols)}
    entries = found[0, 0].rows
    if entries == 1:
        return env.numbers.matrix(m.rows, m.cols, lambda i, j: found[i, j][0, 0])
    if m.cols != 1:
        raise Undefined("the derivative of a vector by a matrix")
    return env.numbers.matrix(m.rows, entries, lambda i, j: found[i, 0][j, 0])


def _times(loss: Loss, env: Environment) -> tuple[int, int]:
    lo, hi = env.integer(loss.lo), env.integer(loss.hi)
    if hi - lo >= LONGEST:
        raise NotNumeric(f"a loss over {hi - lo + 1} times")
    return lo, hi
