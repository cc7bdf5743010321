"""A claim at the very instance of a counterexample, read from its JSON."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, Var
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import Prop, Sym
from symrnn.crosscheck.arithmetic import Arithmetic, Kink, NotNumeric, Skip, Value
from symrnn.crosscheck.closed_forms import closed_form
from symrnn.crosscheck.draw import MOST_COMBINATIONS
from symrnn.crosscheck.hypotheses import goals
from symrnn.crosscheck.network import Network
from symrnn.crosscheck.orbits import unrolled, violated
from symrnn.crosscheck.props import LARGEST_SIZE, holds, is_entry_index, violation
from symrnn.crosscheck.terms import Environment
from symrnn.verdicts import Crosscheck, Data


def replayed(claim: Claim, numbers: Arithmetic, data: Data) -> Crosscheck:
    """The claim at the instance ``data``: the violation found there, at any of its times.

    Disagrees if the instance violates nothing, misses a hypothesis, or is no trajectory of the network. Raises
    NotNumeric if the kind is none of path, values and undefined, or something needed is missing.
    """
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if kind == "orbit":
        return _along_orbit(claim, numbers, data)
    if kind not in ("path", "values", "undefined"):
        raise NotNumeric(f"a counterexample of kind {kind}")
    try:
        if kind == "values" and isinstance(data.get("network"), Mapping):  # entries of what the network makes
            instance = _path(claim, numbers, {**data, **data["network"]})
        else:
            instance = _path(claim, numbers, data) if kind == "path" else _values(claim, numbers, data)
    except _Impossible as error:
        return Crosscheck(numbers.digits, 1, str(error), False)
    found, on_kink = [], False
    for claim_ints in instance.choices():
        try:
            found.append(instance.error(claim_ints))
        except Kink:
            on_kink = True
        except (NotNumeric, Skip):
            continue
    if not found and not on_kink:
        raise NotNumeric("the claim has no value at this instance")
    worst = max(found, default=numbers.ctx.mpf(0))
    agrees = bool(worst > numbers.visible)
    if not agrees and instance.may_respond:
        raise NotNumeric("inputs that depend on the states are not in the data")
    return Crosscheck(numbers.digits, 1, numbers.text(worst) if found else "kink", agrees)


def _along_orbit(claim: Claim, numbers: Arithmetic, data: Data) -> Crosscheck:
    try:
        instance = _path(claim, numbers, unrolled(data))
    except _Impossible as error:
        return Crosscheck(numbers.digits, 1, str(error), False)
    env = Environment(numbers, instance.ints, instance.network, instance.window)
    try:
        fails = violated(claim, env, len(data["states"]))
    except Skip as error:
        raise NotNumeric(str(error)) from error
    return Crosscheck(numbers.digits, 1, "1" if fails else "0", fails)


class _Impossible(Exception):
    """The data describe no instance of the claim's domain; the message is the error, as a residual."""


@dataclass
class _Given:
    """A source that looks everything up; what is missing raises NotNumeric.

    Member j of a family given as a list is entry j modulo its length; with ``feedback`` C of an input, C times the
    first state block before is added to it.
    """

    constants: dict[str, Value] = field(default_factory=dict)
    families: dict[str, list[Value]] = field(default_factory=dict)
    feedback: dict[str, Value] = field(default_factory=dict)
    states: dict[tuple[str, int], Value] = field(default_factory=dict)
    inputs: dict[tuple[str, int], Value] = field(default_factory=dict)

    def constant(self, head: Sym, at: int | None, network: Network) -> Value:
        if at is not None and head.name in self.families:
            members = self.families[head.name]
            return members[at % len(members)]
        return _looked_up(self.constants, head.name if at is None else f"{head.name}[{at}]")

    def initial(self, head: Sym, at: int) -> Value:
        return _looked_up(self.states, (head.name, at))

    def drive(self, head: Sym, at: int, network: Network) -> Value:
        x = _looked_up(self.inputs, (head.name, at))
        if head.name not in self.feedback or network.recurrence is None:
            return x
        previous = network.value(network.recurrence.states[0], at - 1)
        response = self.feedback[head.name] * network.numbers.column(previous)
        return x + (response if x.cols == 1 else response.T)


def _looked_up(table: Mapping[Any, Value], key: Any) -> Value:
    if key not in table:
        raise NotNumeric(f"{key} is not in the data")
    return table[key]


@dataclass
class _Instance:
    claim: Claim
    numbers: Arithmetic
    ints: dict[Var, int]  # what the data fix
    network: Network
    window: range

    @property
    def may_respond(self) -> bool:
        cell = self.claim.cell
        return cell is not None and any(x.name not in cell.exogenous for x in cell.inputs)

    def choices(self) -> Iterator[dict[Var, int]]:
        """All values of the times, indices and lags that the data leave open."""
        parts = goals(self.claim)
        props = [p for g in parts for p in (g.conclusion, *g.hypotheses)]
        free = frozenset[Var]().union(*(free_vars(p) for p in props)) - self.ints.keys()
        ranges = []
        for v in sorted(free, key=lambda v: v.key):
            if v.kind == "size":
                raise NotNumeric(f"the size {v} is not in the data")
            entries = any(is_entry_index(v, p) for p in props)
            ranges.append(range(1, LARGEST_SIZE + 1) if entries else range(len(self.window) + 1))
        names = sorted(free, key=lambda v: v.key)
        combinations = itertools.islice(itertools.product(*ranges), MOST_COMBINATIONS)
        return ({**self.ints, **dict(zip(names, values, strict=True))} for values in combinations)

    def error(self, ints: Mapping[Var, int]) -> Value:
        """The largest violation of a goal whose hypotheses hold, as far as they can be judged."""
        env = Environment(self.numbers, ints, self.network, self.window)
        found = [
            violation(g.conclusion, env) for g in goals(self.claim) if all(_not_broken(h, env) for h in g.hypotheses)
        ]
        return max(found, default=self.numbers.ctx.mpf(0))


def _not_broken(hypothesis: Prop, env: Environment) -> bool:
    try:
        return holds(hypothesis, env)
    except NotNumeric:
        return True


# ---- reading ------------------------------------------------------------------------------------------------------


def _values(claim: Claim, numbers: Arithmetic, data: Data) -> _Instance:
    given, ints, variables = _Given(), dict[Var, int](), _variables(claim)
    _free_symbols(claim, given, ints, variables, numbers, data)
    _integers(data, variables, ints, numbers)
    window = range(1, max([1, *(i for v, i in ints.items() if v.kind == "lag")]) + 1)
    return _Instance(claim, numbers, ints, Network(claim.cell, given, numbers, ints, 0), window)


def _free_symbols(
    claim: Claim,
    given: _Given,
    ints: dict[Var, int],
    variables: Mapping[str, Var],
    numbers: Arithmetic,
    data: Data,
) -> None:
    """The "values": constants, members "A[1]", families as lists or by index, and sizes or lags by their names."""
    heads = {s.name: s for s in symbols(claim)}
    for name, value in _mapping(data.get("values")).items():
        head = heads.get(name.split("[")[0])
        if name in variables:
            ints[variables[name]] = _whole(value, numbers)
        elif isinstance(value, Mapping):
            for at, member in value.items():
                given.constants[f"{name}[{at}]"] = _read(head, member, numbers, ints)
        elif head is not None and head.family and name == head.name and isinstance(value, list) and value:
            given.families[name] = [_read(head, member, numbers, ints) for member in value]
        else:
            given.constants[name] = _read(head, value, numbers, ints)


def _path(claim: Claim, numbers: Arithmetic, data: Data) -> _Instance:
    claim = _with_named_activation(claim, data.get("activation"))
    cell, given, ints = claim.cell, _Given(), dict[Var, int]()
    if cell is None:
        raise NotNumeric("a path without a network")
    states, inputs = list(data.get("states") or []), list(data.get("inputs") or [])
    if not states:
        raise NotNumeric("a path without states")
    _free_symbols(claim, given, ints, _variables(claim), numbers, data)
    given.feedback = {name: _read(None, rows, numbers, ints) for name, rows in _mapping(data.get("feedback")).items()}
    for head in cell.params:
        if head.name in _mapping(data.get("parameters")):
            given.constants[head.name] = _read(head, data["parameters"][head.name], numbers, ints)
    for heads, entries, table, first in (
        (cell.states, states, given.states, 0),
        (cell.inputs, inputs, given.inputs, 1),
    ):
        for at, entry in enumerate(entries, first):
            for head, value in _blocks(heads, entry):
                table[head.name, at] = _read(head, value, numbers, ints)
    _integers(data, _variables(claim), ints, numbers)
    _complete(claim, given, ints, len(states), numbers)
    network = Network(cell, given, numbers, ints, 0)
    _follow(network, given, numbers)
    return _Instance(claim, numbers, ints, network, range(1, max(len(states), len(inputs) + 1)))


def _with_named_activation(claim: Claim, name: Any) -> Claim:
    """The claim with its opaque activations made the one of the data. Raises _Impossible for another known one."""
    used = activations_of(claim)
    if isinstance(name, str) and name in FACTS:
        for opaque in (f for f in used if f not in FACTS):
            claim = with_activation(claim, opaque, name)  # type: ignore[assignment]
        if len(used) == 1 and used[0] in FACTS and used[0] != name:
            raise _Impossible(f"activation {name}")
    return claim


def _variables(claim: Claim) -> dict[str, Var]:
    parts = goals(claim)
    nodes = [claim, *(g.conclusion for g in parts), *(h for g in parts for h in g.hypotheses)]
    return {v.name: v for n in nodes for v in free_vars(n)}


def _integers(data: Data, variables: Mapping[str, Var], ints: dict[Var, int], numbers: Arithmetic) -> None:
    """Sizes and lags that the data name; the only lag of a claim is "lag"."""
    for name, value in (item for key in ("sizes", "lags", "integers") for item in _mapping(data.get(key)).items()):
        if name in variables and variables[name].kind in ("size", "lag"):
            ints[variables[name]] = _whole(value, numbers)
    lags = [v for v in variables.values() if v.kind == "lag"]
    if len(lags) == 1 and data.get("lag") is not None:
        ints.setdefault(lags[0], _whole(data["lag"], numbers))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole(value: Any, numbers: Arithmetic) -> int:
    number = closed_form(value, numbers)
    if number != int(number):
        raise NotNumeric(f"{value} is no whole number")
    return int(number)


def _blocks(heads: tuple[Sym, ...], entry: Any) -> Iterator[tuple[Sym, Any]]:
    """One time's states or inputs: a list for a cell with one block, else a list under each block's name."""
    if isinstance(entry, Mapping):
        yield from ((head, entry[head.name]) for head in heads if head.name in entry)
    elif len(heads) == 1:
        yield heads[0], entry
    elif heads:
        raise NotNumeric("which block a state is of is not in the data")


def _read(head: Sym | None, value: Any, numbers: Arithmetic, ints: dict[Var, int]) -> Value:
    """A number, or a matrix from a list of rows; a plain list is a column (a row where the symbol is one)."""
    if not isinstance(value, list):
        number = closed_form(value, numbers)
        return number if head is None or head.shape is None else _fitted(head, numbers.square(number), ints)
    flat = not any(isinstance(row, list) for row in value)
    rows = [[v] for v in value] if flat else value
    if not rows or len({len(row) if isinstance(row, list) else 0 for row in rows} - {0}) != 1:
        raise NotNumeric("rows of different lengths")
    out = numbers.matrix(len(rows), len(rows[0]), lambda i, j: closed_form(rows[i][j], numbers))
    if flat and head is not None and head.shape is not None and head.shape[0] == Index((), 1):
        out = out.T
    return out if head is None or head.shape is None else _fitted(head, out, ints)


def _fitted(head: Sym, value: Value, ints: dict[Var, int]) -> Value:
    """Learn sizes from a symbol's value. Raises NotNumeric if they do not fit together."""
    for form, found in zip(head.shape or (), (value.rows, value.cols), strict=True):
        rest = found - form.const - sum(c * ints[v] for v, c in form.terms if v in ints)
        open_terms = [(v, c) for v, c in form.terms if v not in ints]
        if len(open_terms) == 1 and rest % open_terms[0][1] == 0:
            ints[open_terms[0][0]] = rest // open_terms[0][1]
        elif open_terms or rest:
            raise NotNumeric(f"{head.name} is {value.rows} x {value.cols}, which does not fit")
    return value


def _complete(claim: Claim, given: _Given, ints: dict[Var, int], length: int, numbers: Arithmetic) -> None:
    """What a path may leave out: inputs and biases that are 0, and an input matrix that is then of no matter."""
    cell = claim.cell
    if cell is None:
        return
    sizes = sorted({v for v in free_vars(cell) if v.kind == "size"}, key=lambda v: v.key)
    known = [ints[v] for v in sizes if v in ints]
    for v in sizes:
        ints.setdefault(v, known[0] if known else 1)
    env = Environment(numbers, ints, Network(None, given, numbers, ints, 0), range(0))
    for head in cell.inputs:
        rows, cols = (env.integer(d) for d in head.shape or ())
        if not any(name == head.name for name, _ in given.inputs):
            given.inputs |= {(head.name, at): numbers.zeros(rows, cols) for at in range(1, length)}
    for head in cell.params:
        if head.name not in given.constants and head.shape is not None:
            rows, cols = (env.integer(d) for d in head.shape)
            if 1 in (rows, cols) and Index((), 1) in head.shape:
                given.constants[head.name] = numbers.zeros(rows, cols)
            elif rows == cols and head.name == "W_xh":
                given.constants[head.name] = numbers.eye(rows)


def _follow(network: Network, given: _Given, numbers: Arithmetic) -> None:
    """The states of the data must be those of the network. Raises _Impossible if they are not."""
    heads = {s.name: s for s in network.recurrence.states} if network.recurrence else {}
    for (name, at), stated in given.states.items():
        try:
            gap = numbers.largest(network.value(heads[name], at) - stated)
        except Kink as error:
            raise _Impossible("kink") from error
        if gap > numbers.tolerance * max(numbers.ctx.mpf(1), numbers.largest(stated)):
            raise _Impossible(numbers.text(gap))
