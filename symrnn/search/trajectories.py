"""Exact trajectories: states chosen first, then the inputs that drive the network through them. Untrusted.

For h_t = s(E + V x_t) the state p is reached exactly with V = I and x_t = s^-1(p) - E; for h_t = E + V x_t the state
itself is chosen so that the activation of it is known. Without an input, the bias holds a fixed point, or the first
state is a vector of logarithms.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence, activations_of
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import substitute, symbols
from symrnn.claims.tree import Add, Apply, MatMul, Sym, Term, Transpose
from symrnn.errors import Refused, Undefined
from symrnn.records import dataclass
from symrnn.search.gated_runs import OTHERS, VALUES, Simulation
from symrnn.search.gates import Gate, first_states, gates, logarithmic, target, without
from symrnn.search.named_gates import named_gates
from symrnn.search.pools import SLOPES
from symrnn.semantics.instances import LONGEST_PATH, Rows
from symrnn.semantics.numbers import Num, activate, as_num, log_of, preimage
from symrnn.semantics.values import Matrix, Values

REMEMBERED = 512
BEYOND = 3  # the choice of a first state out of the activation's range
_MADE: dict[tuple[Any, ...], tuple[Trajectory | None, Any]] = {}  # the oldest first
PLANS = ("inputs", "gates", "chosen", "fixed point", "logarithms", "plain")


@dataclass(frozen=True)
class Drive:
    """How an input enters the update of a block: ``before``, the pre-activation, contains ``weight`` x."""

    block: Sym
    input: Sym
    weight: Sym
    before: Term
    function: str | None


def drives(cell: Recurrence) -> dict[str, Drive]:
    """For each state block the input that can steer it alone, if there is one."""
    found: dict[str, Drive] = {}
    at = as_index(cell.time)
    for block, update in cell.steps:
        function, inner = (update.function, update.arg) if isinstance(update, Apply) else (None, update)
        inner = _expanded(cell, inner, at)
        for part in inner.args if isinstance(inner, Add) else (inner,):
            pair = _weighted_input(part, cell)
            others = {s.name for s in symbols(_others(inner, part))}
            if pair is not None and not others & {pair[0].name, pair[1].name}:
                found[block.name] = Drive(block, pair[0], pair[1], inner, function)
    return found


def _expanded(cell: Recurrence, t: Term, at: Index) -> Term:
    """A local in place of the pre-activation is replaced by its definition."""
    if isinstance(t, Sym) and t.role == "local":
        return _definition(cell, t, at)
    return t


def _definition(cell: Recurrence, t: Sym, at: Index) -> Term:
    found = cell.definition(t.name, at)
    return t if found is None else found


def _others(whole: Term, part: Term) -> Term:
    return Add(tuple(a for a in whole.args if a is not part)) if isinstance(whole, Add) else Add(())


def _weighted_input(part: Term, cell: Recurrence) -> tuple[Sym, Sym] | None:
    """(input, weight) of W x, or of x W^T with row vectors."""
    if isinstance(part, MatMul) and len(part.args) == 2:
        a, b = part.args
        if isinstance(a, Sym) and isinstance(b, Sym) and b.role == "input" and not a.index:
            return b, a
        if isinstance(a, Sym) and a.role == "input" and isinstance(b, Transpose) and isinstance(b.arg, Sym):
            return a, b.arg
    return None


@dataclass(frozen=True)
class Trajectory:
    """What an instance says of a run: first states, inputs, and parameters that the plan had to choose."""

    initial: tuple[tuple[str, Rows], ...]
    inputs: tuple[tuple[str, tuple[Rows, ...]], ...]
    parameters: dict[str, Rows]
    first_block: tuple[Rows, ...]  # its states over the run, for inputs that depend on them


def plan(
    cell: Recurrence,
    name: str,
    parameters: Mapping[str, Rows],
    integers: Mapping[Var, int],
    steps: int,
    rng: random.Random,
    choice: int,
) -> Trajectory | None:
    """A trajectory by one of the PLANS, or None if it does not apply to this cell at these sizes, or is too long.

    Remembered: the claims about one network that arise around a step are tried at the same trajectories. A find leaves
    ``rng`` as making it would have done.
    """
    if steps > LONGEST_PATH:
        return None
    key = (cell, name, _frozen(parameters), _frozen(integers), steps, choice, hash(rng.getstate()))
    found = _MADE.pop(key, None)
    if found is None:
        made = _made(_Planner(cell, parameters, integers, steps, rng, choice), name)
        found = (made, rng.getstate())
    else:
        rng.setstate(found[1])
    _MADE[key] = found
    if len(_MADE) > REMEMBERED:
        del _MADE[next(iter(_MADE))]
    return found[0]


def _made(planner: _Planner, name: str) -> Trajectory | None:
    try:
        return planner.make(name)
    except (Refused, Undefined, KeyError, IndexError, ZeroDivisionError):
        return None


def _frozen(values: Mapping[Any, Any]) -> frozenset[tuple[Any, Any]]:
    return frozenset(values.items())


def hold(
    cell: Recurrence,
    parameters: Mapping[str, Rows],
    integers: Mapping[Var, int],
    cycle: list[list[Fraction]],
    rng: random.Random,
    by: str = "inputs",
) -> Trajectory | None:
    """A run through a cycle of states that ends where it began; None if there is none.

    ``by`` the inputs that drive it; by the bias, or by nothing, which can hold one state only.
    """
    name = {"inputs": "inputs", "bias": "fixed point", "nothing": "undriven"}[by]
    return _made(_Planner(cell, parameters, integers, len(cycle), rng, 0, cycle), name)


def through(
    cell: Recurrence, parameters: Mapping[str, Rows], integers: Mapping[Var, int], states: list[list[Fraction]]
) -> Trajectory | None:
    """A run through given states, from the first of them on, by the inputs that drive it; None if there is none."""
    return _made(_Planner(cell, parameters, integers, len(states) - 1, random.Random(0), 0, states), "inputs")


class _Planner:
    def __init__(
        self,
        cell: Recurrence,
        parameters: Mapping[str, Rows],
        integers: Mapping[Var, int],
        steps: int,
        rng: random.Random,
        choice: int,
        held: list[list[Fraction]] | None = None,
    ) -> None:
        self.held = held
        self.cell, self.steps, self.rng, self.choice = cell, steps, rng, choice
        self.parameters: dict[str, Rows] = dict(parameters)
        self.integers = {v: as_index(i) for v, i in integers.items()}
        self.now: dict[tuple[str, int], Matrix] = {}
        self.functions = activations_of(cell)

    def values(self) -> Values:
        return Values(self.integers, self._symbol, self._activation, self._no_jacobian)

    def _symbol(self, s: Sym) -> Matrix:
        if s.role == "free":
            return self.parameters[s.name]
        at = s.index[0].const
        if (s.name, at) not in self.now:
            definition = self.cell.definition(s.name, s.index[0])
            if definition is None or at < 0:
                raise Refused(f"{s} is not known yet, or lies before the run")
            self.now[s.name, at] = self.values().matrix(definition)
        return self.now[s.name, at]

    def _activation(self, t: Apply) -> Matrix:
        return tuple(tuple(activate(t.function, as_num(x))[t.order] for x in r) for r in self.values().matrix(t.arg))

    def _no_jacobian(self, t: Any) -> Matrix:
        raise Refused("no Jacobian in an update")

    def make(self, name: str) -> Trajectory | None:
        return {
            "inputs": self._by_inputs,
            "gates": self._by_gates,
            "chosen": self._by_values,
            "fixed point": self._by_fixed_point,
            "logarithms": self._by_logarithms,
            "plain": self._plainly,
            "undriven": self._undriven,
        }[name]()

    def _size(self, s: Sym) -> tuple[int, int]:
        rows, cols = s.shape or (ONE, ONE)
        v = self.values()
        return v.integer(rows), v.integer(cols)

    def _wanted(self, function: str | None, count: int, step: int) -> list[Num]:
        """Pre-activations (or states) with exact values, different along the vector and over time."""
        f = function or next((f for f in self.functions if f in SLOPES), "identity")
        pool = SLOPES.get(f, SLOPES["identity"])
        if self.held is not None:
            return [preimage(f, p) for p in self.held[step % len(self.held)]]
        varied = [pool[i % len(pool)] for i in range(count)]
        picks = {
            0: varied if step % 2 else [pool[0]] * count,
            1: [pool[(i + step) % len(pool)] for i in range(count)],
            2: varied if step % 2 else [pool[1]] * count,
            4: [pool[step % len(pool)]] * count,
        }.get(self.choice, [self.rng.choice(pool) for _ in range(count)])
        return [preimage(f, p) for p in picks]

    def _by_inputs(self) -> Trajectory | None:
        found = drives(self.cell)
        if set(found) != {s.name for s in self.cell.states} or len({d.input.name for d in found.values()}) < len(found):
            return None
        for d in found.values():
            n, m = self._size(d.weight)
            if n != m:
                return None
            self.parameters[d.weight.name] = _eye(n)
        for d in found.values():
            rows, cols = self._size(d.block)
            self.now[d.block.name, 0] = _shaped(self._start(d.function, rows * cols), rows, cols)
        inputs: dict[str, list[Rows]] = {s.name: [] for s in self.cell.inputs}
        for step in range(1, self.steps + 1):
            for d in found.values():
                rows, cols = self._size(d.block)
                zero = _shaped([as_num(0)] * (rows * cols), rows, cols)
                self.now[d.input.name, step] = zero
                e = self.values().matrix(substitute(d.before, {self.cell.time: as_index(step)}))
                wanted = _shaped(self._wanted(d.function, rows * cols, step), rows, cols)
                self.now = {k: v for k, v in self.now.items() if k[1] < step}
                x = tuple(
                    tuple(as_num(w) - y for w, y in zip(r, s, strict=True)) for r, s in zip(wanted, e, strict=True)
                )
                inputs[d.input.name].append(x)
                self.now[d.input.name, step] = x
            for block in self.cell.states:
                self._symbol(_member(block, step))
        return self._done(inputs)

    def _by_values(self) -> Trajectory | None:
        """All activations chosen first, of cells whose gates are none (``named_gates``), or a fixed point so made."""
        if gates(self.cell) is not None or len(drives(self.cell)) == len(self.cell.states):
            return None
        named, found = named_gates(self.cell)
        if not found:
            return None
        pools = [VALUES.get(g.function, OTHERS) for g in found]
        chosen = tuple(
            tuple(p[(self.choice + i + step) % len(p)] for step in range(self.steps)) for i, p in enumerate(pools)
        )
        sizes = {s.name: self._size(s)[0] for s in self.cell.states}
        first = first_states(self.cell, sizes, self.steps, self.choice)
        columns = {name: tuple((x,) for x in values) for name, values in first.items()}
        integers = {v: i.const for v, i in self.integers.items()}
        run = Simulation(named, found, self.parameters, integers, chosen, turned=True).made(self.steps, columns)
        if run is not None:
            return Trajectory(*run, ())
        held = Simulation(named, found, self.parameters, integers, tuple(c[:1] for c in chosen), turned=True).made(1)
        if held is None:
            return None
        again = tuple((name, values * self.steps) for name, values in held[1])
        return Trajectory(held[0], again, held[2], ())

    def _by_gates(self) -> Trajectory | None:
        """Gates chosen first, then the weights and biases that make them so (``gates``)."""
        found = gates(self.cell)
        if found is None:
            return None
        m, cols = self._size(found[0].input)
        unbiased = any(g.bias is None for g in found)
        if cols != 1 or m < self.steps - (not unbiased):
            return None
        sizes = {s.name: max(self._size(s)) for s in self.cell.states}
        for name, values in first_states(self.cell, sizes, self.steps, self.choice).items():
            self.now[name, 0] = _shaped(values, len(values), 1)
        wanted = {g.local.name: self._gate_values(g) for g in found}
        inputs: list[Rows] = []
        for step in range(1, self.steps + 1):
            lit = step - 1 if unbiased else step - 2  # x_1 = 0 where biases do for the first step
            inputs.append(_shaped([as_num(int(i == lit)) for i in range(m)], m, 1))
            self.now[found[0].input.name, step] = inputs[-1]
            for block in self.cell.states if step < self.steps else ():
                self._symbol(_member(block, step))
        for g in found:
            rests = [self._rest(g, step) for step in range(1, self.steps + 1)]
            needs = [
                [a - b for a, b in zip(w, r, strict=True)] for w, r in zip(wanted[g.local.name], rests, strict=True)
            ]
            zero = [as_num(0)] * len(needs[0])
            bias = zero if unbiased else needs.pop(0)
            columns = [[a - b for a, b in zip(need, bias, strict=True)] for need in needs]
            columns += [zero] * (m - len(columns))
            self.parameters[g.weight.name] = tuple(zip(*columns, strict=True))
            if g.bias is not None:
                self.parameters[g.bias.name] = _shaped(bias, len(bias), 1)
        return self._done({found[0].input.name: inputs})

    def _gate_values(self, g: Gate) -> list[list[Num]]:
        """The pre-activations of a gate over the run; its values are put in place."""
        logs, (rows, _) = bool(logarithmic(self.cell)), self._size(g.local)
        out = []
        for step in range(1, self.steps + 1):
            pre = [target(g, self.choice, step, row, self.steps, logs) for row in range(rows)]
            values = [activate(g.function, a)[0] for a in pre] if g.applied else pre
            self.now[g.local.name, step] = _shaped(values, rows, 1)
            out.append(pre)
        return out

    def _rest(self, g: Gate, step: int) -> list[Num]:
        """A pre-activation without its weight and bias."""
        rest = without(g.inner, g.weight, *([g.bias] if g.bias is not None else []))
        if not rest.args:
            return [as_num(0)] * self._size(g.local)[0]
        value = self.values().matrix(substitute(rest, {self.cell.time: as_index(step)}))
        return [as_num(x) for row in value for x in row]

    def _start(self, function: str | None, count: int) -> list[Num]:
        """A first state with simple entries; one in five is no value of the activation: first states are arbitrary."""
        f = function or next((f for f in self.functions if f in SLOPES), "identity")
        pool = SLOPES.get(f, SLOPES["identity"])
        if self.held is not None:
            return [activate(f, preimage(f, p))[0] if function else preimage(f, p) for p in self.held[0]]
        if function and self.choice == BEYOND:
            return [as_num(self.rng.choice((2, -2))) for _ in range(count)]
        picks = [pool[0] if self.choice in (0, 2) else pool[i % len(pool)] for i in range(count)]
        return [as_num(p) if function else preimage(f, p) for p in picks]

    def _done(self, inputs: dict[str, list[Rows]]) -> Trajectory:
        initial = tuple((s.name, self.now[s.name, 0]) for s in self.cell.states)
        driven = tuple((name, tuple(rows)) for name, rows in sorted(inputs.items()))
        block = self.cell.states[0]
        path = [self._symbol(_member(block, step)) for step in range(self.steps)] if self.steps > 1 else [initial[0][1]]
        return Trajectory(initial, driven, self.parameters, tuple(path))

    def _zero_inputs(self) -> dict[str, list[Rows]]:
        out: dict[str, list[Rows]] = {}
        for s in self.cell.inputs:
            rows, cols = self._size(s)
            zero = _shaped([as_num(0)] * (rows * cols), rows, cols)
            out[s.name] = [zero] * self.steps
            for step in range(1, self.steps + 1):
                self.now[s.name, step] = zero
        return out

    def _by_fixed_point(self) -> Trajectory | None:
        """The bias chosen so that a state maps to itself."""
        inputs = self._zero_inputs()
        for block, update in self.cell.steps:
            function, inner = (update.function, update.arg) if isinstance(update, Apply) else (None, update)
            inner = _expanded(self.cell, inner, as_index(self.cell.time))
            bias = (
                next((a for a in inner.args if isinstance(a, Sym) and not a.index), None)
                if isinstance(inner, Add)
                else None
            )
            if bias is None or function is None:
                return None
            rows, cols = self._size(block)
            pool = SLOPES.get(function, SLOPES["identity"])
            picks = [pool[(i + self.choice) % len(pool)] for i in range(rows * cols)]
            picks = self.held[0] if self.held is not None else picks
            pre = [preimage(function, p) for p in picks]
            self.now[block.name, 0] = _shaped([activate(function, a)[0] for a in pre], rows, cols)
            self.parameters[bias.name] = _shaped([as_num(0)] * (rows * cols), rows, cols)
            e = self.values().matrix(substitute(inner, {self.cell.time: as_index(1)}))
            wanted = _shaped(pre, rows, cols)
            self.parameters[bias.name] = tuple(
                tuple(w - as_num(y) for w, y in zip(r, s, strict=True)) for r, s in zip(wanted, e, strict=True)
            )
        return self._done(inputs)

    def _undriven(self) -> Trajectory | None:
        """A state that the weights alone map to itself, which whoever asks has seen to."""
        inputs, (block,) = self._zero_inputs(), self.cell.states
        rows, cols = self._size(block)
        function = next((u.function for s, u in self.cell.steps if isinstance(u, Apply)), None)
        self.now[block.name, 0] = _shaped(self._start(function, rows * cols), rows, cols)
        return self._done(inputs)

    def _by_logarithms(self) -> Trajectory | None:
        """First states that are logarithms, no bias: whole-number weights keep exponentials rational for a step."""
        inputs = self._zero_inputs()
        for s in self.cell.params:
            if ONE in (s.shape or (ONE,)) and s.shape is not None and self._size(s) != (1, 1):
                rows, cols = self._size(s)
                self.parameters[s.name] = _shaped([as_num(0)] * (rows * cols), rows, cols)
        for s in self.cell.states:
            rows, cols = self._size(s)
            logs = [log_of(Fraction(2 + (i + self.choice) % 3)) for i in range(rows * cols)]
            self.now[s.name, 0] = _shaped(logs, rows, cols)
        return self._done(inputs)

    def _plainly(self) -> Trajectory | None:
        """Small rational states and inputs, for activations that keep rationals rational."""
        inputs = self._zero_inputs()
        for s in self.cell.states:
            rows, cols = self._size(s)
            self.now[s.name, 0] = _shaped([as_num((i + self.choice) % 3) for i in range(rows * cols)], rows, cols)
        return self._done(inputs)


def _member(head: Sym, time: int) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


def _eye(n: int) -> Rows:
    return tuple(tuple(as_num(int(i == j)) for j in range(n)) for i in range(n))


def _shaped(values: list[Num], rows: int, cols: int) -> Rows:
    return tuple(tuple(values[i * cols + j] for j in range(cols)) for i in range(rows))
