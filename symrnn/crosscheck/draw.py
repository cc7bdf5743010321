"""Random instances: sizes, lags and times within a claim's domain, values of its symbols, inputs of its network.

Every number depends only on the seed and on what it is for, so the order of evaluation does not matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from symrnn.claims.index import Node, Var
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import Apply, IndexRel, Sym, Term
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Skip, Value
from symrnn.crosscheck.hypotheses import Definition, Plan
from symrnn.crosscheck.matrices import STYLES, RandomMatrices, stream
from symrnn.crosscheck.network import Network
from symrnn.crosscheck.props import index_holds, is_entry_index, property_error
from symrnn.crosscheck.terms import Environment, evaluate, integer
from symrnn.errors import Undefined

TRAJECTORIES = ("free", "scalar", "constant", "scalar constant")  # of the controlled quantity: see RandomSource.drive
MOST_COMBINATIONS = 20_000


# ---- sizes, lags, times -------------------------------------------------------------------------------------------


def integer_choices(claim: Node, limits: list[IndexRel]) -> list[dict[Var, int]]:
    """All assignments of small integers to the free integer variables of a claim that meet the index relations.

    Sizes run over 1..3, lags from their least value to 4; a relation 0 <= k sets the least value of k, and numbers
    named in relations are tried too.
    """
    variables = sorted(free_vars(claim), key=lambda v: v.key)
    ranges = [_range(v, claim, limits) for v in variables]
    total = 1
    for values in ranges:
        total *= len(values)
    if total > MOST_COMBINATIONS:
        raise NotNumeric(f"{total} combinations of sizes and lags")
    found = (dict(zip(variables, values, strict=True)) for values in itertools.product(*ranges))
    return [ints for ints in found if all(_meets(r, ints) for r in limits)]


def _range(v: Var, claim: Node, limits: list[IndexRel]) -> list[int]:
    if v.kind == "time":
        return [4, 5, 6, 7]
    if v.kind == "index":
        return [1, 2, 3] if is_entry_index(v, claim) else [2, 3, 4]
    low, named = v.low or 0, set()
    for r in limits:
        if r.lhs.is_const and r.rhs.terms == ((v, 1),) and r.op != "=":
            low = r.lhs.const - r.rhs.const + (r.op == "<")
        if any(x == v for x, _ in (*r.lhs.terms, *r.rhs.terms)):
            named |= {abs(r.lhs.const - r.rhs.const) + i for i in (-1, 0, 1)}
    if v.kind == "size":
        return sorted({1, 2, 3} | {i for i in named if 1 <= i <= 6})
    return sorted(set(range(low, max(4, low + 2) + 1)) | {i for i in named if low <= i <= 8})


def _meets(r: IndexRel, ints: Mapping[Var, int]) -> bool:
    left, right = (s.const + sum(c * ints[v] for v, c in s.terms if v in ints) for s in (r.lhs, r.rhs))
    return index_holds(r.op, left, right)


def chosen(choices: list[dict[Var, int]], seed: object, telling: bool) -> dict[Var, int]:
    """One assignment; ``telling``: with sizes and lags of at least 2 where there are such."""
    if telling:
        big = [c for c in choices if all(i >= 2 for v, i in c.items() if v.kind in ("size", "lag"))]
        choices = big or choices
    return stream(seed, "integers").choice(choices)


# ---- the source of a random network -------------------------------------------------------------------------------


class RandomSource:
    """Parameters, free symbols, first states and inputs, drawn so that a plan's hypotheses have a chance.

    ``attempt`` chooses the style, how commuting symbols are made to commute, and how inputs steer the network.
    """

    def __init__(
        self,
        numbers: Arithmetic,
        recurrence: Recurrence | None,
        ints: Mapping[Var, int],
        window: range,
        arranged: Plan,
        seed: object,
        attempt: int,
    ) -> None:
        self.numbers, self.recurrence, self.ints, self.window, self.plan = numbers, recurrence, ints, window, arranged
        self.random = RandomMatrices(numbers, seed, STYLES[attempt % len(STYLES)])
        self.diagonal_group = attempt % 2 == 0
        self.trajectory = TRAJECTORIES[attempt // 2 % len(TRAJECTORIES)] if arranged.about_network else "free"
        self._constants: dict[tuple[Sym, int | None], Value] = {}

    def constant(self, head: Sym, at: int | None, network: Network) -> Value:
        key = (head, at)
        if key not in self._constants:
            self._constants[key] = self._constant(head, at, network)
        return self._constants[key]

    def initial(self, head: Sym, at: int) -> Value:
        return self._generic(head, "first", head.name, at)

    def _constant(self, head: Sym, at: int | None, network: Network) -> Value:
        env = Environment(self.numbers, self.ints, network, self.window)
        given = next((d for d in self.plan.definitions if d.head == head and self._is_for(d, at, env)), None)
        group = next((i for i, g in enumerate(self.plan.commuting) if head in g), None)
        properties = frozenset(head.props) | self.plan.properties.get(head, frozenset())
        if given is not None:
            return self._checked(self._given(given, at, env), head, properties)
        if group is not None:
            return self._checked(self._commuting(head, at, group, properties), head, properties)
        if head.shape is None:
            return abs(self._scalar(head)) if "nonnegative" in properties else self._scalar(head)
        rows, cols = self._shape(head)
        return self.random.with_properties(rows, cols, properties, head.key, at)

    def _scalar(self, head: Sym) -> Value:
        return self.random.number(head.key) * (self.random.style != "singular")

    def _shape(self, head: Sym) -> tuple[int, int]:
        rows, cols = (integer(d, self.ints) for d in head.shape or (ONE, ONE))
        return rows, cols

    def _generic(self, head: Sym, *key: object) -> Value:
        return RandomMatrices(self.numbers, self.random.seed, "").plain(*self._shape(head), *key)

    def _is_for(self, d: Definition, at: int | None, env: Environment) -> bool:
        if d.index is None or at is None:
            return d.index is None and at is None
        return d.var is not None or env.integer(d.index) == at

    def _given(self, d: Definition, at: int | None, env: Environment) -> Value:
        if d.var is not None:
            env = env.bind(d.var, self.window[0] if at is None else at)
        try:
            value = evaluate(d.term, env)
            if d.ratio is None:
                return value
            unit = evaluate(d.ratio, env)
            if not self.numbers.is_matrix(unit):
                return self.numbers.scalar(value) / unit
            place = max(itertools.product(range(unit.rows), range(unit.cols)), key=lambda ij: abs(unit[ij]))
            return value[place] / unit[place]
        except (Undefined, ZeroDivisionError) as error:
            raise Skip(str(error)) from error

    def _checked(self, value: Value, head: Sym, properties: frozenset[str]) -> Value:
        wanted = None if head.shape is None else self._shape(head)
        found = (value.rows, value.cols) if self.numbers.is_matrix(value) else None
        if wanted != found and {wanted, found} != {None, (1, 1)}:
            raise Skip(f"{head.name} would be {found}")
        if wanted == (1, 1) and found is None:
            value = self.numbers.square(value)
        if any(property_error(p, value, self.numbers) > self.numbers.tolerance for p in properties):
            raise Skip(f"{head.name} would not be {', '.join(sorted(properties))}")
        return value

    def _commuting(self, head: Sym, at: int | None, group: int, properties: frozenset[str]) -> Value:
        """All members diagonal; or polynomials in one matrix, those that must be diagonal multiples of I."""
        rows, cols = self._shape(head)
        if rows != cols:
            raise Skip(f"{head.name} is not square")
        a, b, c = (self.random.number(head.key, at, i) for i in range(3))
        one = self.numbers.eye(rows)
        if self.diagonal_group:
            return self.random.with_properties(rows, rows, properties | {"diagonal"}, head.key, at)
        if properties & {"diagonal", "scalar"}:
            return a * one
        mirrored = frozenset(properties & {"symmetric", "normal"})
        base = self.random.with_properties(rows, rows, mirrored, "commuting", group)
        return a * one + b * base + c * base * base

    # ---- inputs -----------------------------------------------------------------------------------------------

    def drive(self, head: Sym, at: int, network: Network) -> Value:
        """An input: random, or such that what it enters first (a pre-activation) takes a chosen value.

        Trajectory "scalar": a multiple of the vector of ones at each time; "constant": the same vector always.
        An input that need not be exogenous depends on the states before.
        """
        x = self._generic(head, "input", head.name, at)
        if self.recurrence is None:
            raise NotNumeric("an input without a network")
        if head.name not in self.recurrence.exogenous:
            for state in self.recurrence.states:
                previous = list(network.value(state, at - 1))
                mix = RandomMatrices(self.numbers, self.random.seed, "").plain(
                    len(x), len(previous), "mix", head.name, state.name
                )
                response = mix * self.numbers.column(previous)
                x = x + (response if x.cols == 1 else response.T)
            return x
        return x if self.trajectory == "free" else self._steered(head, at, network, x)

    def _steered(self, head: Sym, at: int, network: Network, x: Value) -> Value:
        target = self._entered(head)

        def response(value: Value) -> Value:
            return self.numbers.column(list(network.held({(head.name, at): value}, at).at_time(target, at)))

        base = response(0 * x)
        columns = [response(self._unit(x, i)) - base for i in range(len(x))]
        gain = self.numbers.matrix(len(base), len(x), lambda i, j: columns[j][i])
        wanted = self.numbers.matrix(len(base), 1, lambda i, _: self._wanted(at, i)) - base
        try:
            out = gain.T * self.numbers.inverse(gain * gain.T) * wanted
        except Undefined as error:
            raise Skip("the inputs cannot steer the network") from error
        return out if x.cols == 1 else out.T

    def _wanted(self, at: int, place: int) -> Value:
        time = "" if "constant" in self.trajectory else at
        return self.random.number("wanted", time, "" if "scalar" in self.trajectory else place)

    def _unit(self, x: Value, place: int) -> Value:
        return self.numbers.matrix(x.rows, x.cols, lambda i, j: self.numbers.ctx.mpf(max(i, j) == place))

    def _entered(self, head: Sym) -> Term:
        """The first formula of a local or state that contains the input, without the activation around it."""
        if self.recurrence is None or len(self.recurrence.inputs) != 1:
            raise Skip("no single input to steer by")
        for _, term in (*self.recurrence.locals, *self.recurrence.steps):
            if head in symbols(term):
                return term.arg if isinstance(term, Apply) else term
        raise Skip("the input enters nowhere")
