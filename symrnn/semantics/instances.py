"""An instance of a claim, as data, and the world it makes: every term and proposition with its exact value. Trusted.

The trajectory is recomputed here from the parameters, the first state and the inputs; nothing is taken on faith.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import partial
from math import prod
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, Node, Var, as_index, node
from symrnn.claims.predicates import SPECTRAL
from symrnn.claims.recurrence import Claim, Recurrence, activations_of, with_activation
from symrnn.claims.shapes import ONE, is_scalar, rows_used, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    Add,
    And,
    Apply,
    Const,
    ForAll,
    ForAllTrajectories,
    Iff,
    Immediate,
    Implies,
    IndexRel,
    Jac,
    MatMul,
    Not,
    Or,
    Pred,
    Prop,
    Rel,
    Shape,
    Sym,
    Term,
    Total,
    Zeros,
)
from symrnn.errors import Refused, Undefined
from symrnn.semantics.derivative import one_step
from symrnn.semantics.differentials import derivative_at
from symrnn.semantics.limits import Run, limit_holds
from symrnn.semantics.magnitudes import compare, factored, is_irrational
from symrnn.semantics.matrix_tests import PROPERTY_TESTS
from symrnn.semantics.monomials import member
from symrnn.semantics.numbers import Num, activate, as_num, sign_of
from symrnn.semantics.openness import holds_nearby, strictly_violated
from symrnn.semantics.quantified import for_all_derivatives, on_all_trajectories, one_member
from symrnn.semantics.rates import spoken_otherwise
from symrnn.semantics.settling import flatten, numeric_bound
from symrnn.semantics.spectra import decomposable
from symrnn.semantics.values import Matrix, Values, multiply

Rows = tuple[tuple[Num, ...], ...]
LINEAR = frozenset(("diagonal", "symmetric", "skew", "scalar", "lower_triangular", "upper_triangular"))
LONGEST_PATH = 256


@node
class Instance(Node):
    """Exact values for everything a claim leaves free.

    ``families``: member j is entry j modulo the length. The trajectory runs from ``start``, in the states ``initial``,
    to ``stop``; ``inputs`` drive the steps start + 1, ... ``activation``: what stands for opaque ones. ``feedback``:
    matrices C of inputs that are not exogenous, x_t = C h_{t-1} + the given input, h the first state block.
    ``periodic``: the states at ``stop`` are those at ``start``, and the run repeats itself for ever.
    """

    integers: tuple[tuple[Var, int], ...]
    matrices: tuple[tuple[str, Rows], ...]
    families: tuple[tuple[str, tuple[Rows, ...]], ...]
    start: int
    stop: int
    initial: tuple[tuple[str, Rows], ...]
    inputs: tuple[tuple[str, tuple[Rows, ...]], ...]
    activation: str | None
    feedback: tuple[tuple[str, Rows], ...]
    periodic: bool = False


class World:
    """A claim at an instance. Construction checks that the instance is one: shapes, domains, properties."""

    def __init__(self, claim: Claim, instance: Instance) -> None:
        opaque = [f for f in activations_of(claim) if f not in FACTS]
        for f in opaque:
            if instance.activation not in FACTS:
                raise Refused(f"the opaque activation {f} needs a known one in its place")
            claim = with_activation(claim, f, instance.activation)  # type: ignore[assignment]
        self.instance = instance
        for group in (instance.matrices, instance.families, instance.initial, instance.inputs, instance.feedback):
            if len({name for name, _ in group}) != len(group):
                raise Refused("the instance gives a symbol two values")
        self.cell = _closed(claim.cell, instance) if claim.cell is not None else None
        self.claim = claim
        self.goal, self.hypotheses = flatten(claim)
        self.variables = sorted(
            frozenset().union(*(free_vars(p) for p in (self.goal, *self.hypotheses))), key=lambda v: v.key
        )
        self._integers = dict(instance.integers)
        self._matrices = dict(instance.matrices) | {f"feedback {name}": rows for name, rows in instance.feedback}
        self._families = dict(instance.families)
        self._inputs, self._initial = dict(instance.inputs), dict(instance.initial)
        self._trajectory: dict[tuple[str, int], Matrix] = {}
        self._steps: dict[tuple[str, int, str, int], Matrix] = {}
        self._all_times = False
        self._bound: dict[str, Matrix] = {}  # values of what a quantifier binds
        self.values = self._values({v: as_index(n) for v, n in self._integers.items()})
        self._sizes = {v: as_index(n) for v, n in self._integers.items() if v.kind == "size"}
        self._check_domain()
        if instance.periodic:
            self._check_period()

    def _values(self, bounds: Mapping[Var, Index]) -> Values:
        jacobian, derivative = self._jacobian, partial(derivative_at, self)
        return Values(bounds, self._symbol, self._activation, jacobian, derivative=derivative)

    # ---- the questions the kernel asks ----

    def hypotheses_hold(self) -> bool:
        return all(self.holds(h) for h in self.hypotheses) and self._lasts()

    def conclusion_holds(self) -> bool:
        return self.holds(self.goal) or not self._lasts()

    def _lasts(self) -> bool:
        """True; Refused if something was asked "for all times", and it is not known that the run can go on so."""
        if self._all_times and not self._goes_on():
            raise Refused("a statement about all times, and the run ends")
        return True

    def _goes_on(self) -> bool:
        """Whether the last states occurred before, so that the run can repeat what followed for ever."""
        start, stop, blocks = self.instance.start, self.instance.stop, self.cell.states if self.cell else ()
        seen = (all(self._within(b, stop) == self._within(b, time) for b in blocks) for time in range(start, stop))
        return self.instance.periodic or (self._recurs_after(1) and any(seen))

    def _recurs_after(self, steps: int) -> bool:
        """Whether the recurrence is the same some steps later."""
        changing = () if self.cell is None else self.cell.picked_by_time()
        return changing is not None and all(steps % len(self._families[name]) == 0 for name in changing)

    def integer(self, v: Var) -> int:
        return self._integers[v]

    def failing_set(self) -> str:
        """ "open" where hypotheses and violation are strict at the instance, else "unknown"."""
        strict = all(holds_nearby(self, h) for h in self.hypotheses) and strictly_violated(self, self.goal)
        declared = symbols(self.claim) | frozenset(self.cell.params if self.cell else ())
        linear = all(p in LINEAR or p == "invertible" for s in declared for p in s.props)
        return "open" if strict and linear else "unknown"

    # ---- the domain ----

    def _check_domain(self) -> None:
        lowered = {b[0] for h in self.hypotheses if (b := numeric_bound(h)) is not None}
        for v in self.variables:
            if v not in self._integers:
                raise Refused(f"the instance gives {v} no value")
            if v.kind == "size" and self._integers[v] < 1:
                raise Refused(f"the size {v} must be at least 1")
            if v.low is not None and self._integers[v] < v.low and v not in lowered:
                raise Refused(f"{v} = {self._integers[v]} is below its least value {v.low}")
        for v, end in frozenset().union(*(rows_used(p) for p in (self.goal, *self.hypotheses))):
            if not 1 <= self._integers[v] <= self.values.integer(end):
                raise Refused(f"{v} = {self._integers[v]} is no row or column")
        names = {v.name for v in self._integers}
        if len(names) != len(self._integers) or len(self._integers) != len(self.instance.integers):
            raise Refused("the instance gives a variable two values")
        spoken = symbols(self.goal).union(*(symbols(h) for h in self.hypotheses))
        if any(s.role == "input" and s.name == name for s in spoken for name, _ in self.instance.feedback):
            raise Refused("the claim speaks of an input that is given by feedback")
        for s in sorted(spoken | (symbols(self.cell) if self.cell else frozenset()), key=lambda s: s.key):
            if s.role == "free":
                self._check_symbol(s)

    def _check_symbol(self, s: Sym) -> None:
        values = self._families.get(s.name, ()) if s.family else ()
        if not s.family:
            values = (self._matrices[s.name],) if s.name in self._matrices else ()
        if not values:
            raise Refused(f"the instance gives {s.name} no value")
        for rows in values:
            m = _checked_rows(rows)
            if (len(m), len(m[0])) != self._size(s.shape):
                raise Refused(f"{s.name} is {len(m)} x {len(m[0])}, not of its declared shape")
            for p in s.props:
                if not self.has_property(p, m):
                    raise Refused(f"{s.name} is not {p}")

    def _check_period(self) -> None:
        start, stop = self.instance.start, self.instance.stop
        if self.cell is None or stop <= start or stop - start > LONGEST_PATH:
            raise Refused("a period needs a recurrence and at least one step")
        if not self._recurs_after(stop - start):
            raise Refused("a recurrence that changes with time does not repeat itself")
        for block in self.cell.states:
            if self._within(block, stop) != self._within(block, start):
                raise Refused(f"{block.name} does not return to its first value after {stop - start} steps")

    def _size(self, shape: Shape) -> tuple[int, int]:
        rows, cols = shape or (ONE, ONE)
        return self.values.integer(rows), self.values.integer(cols)

    # ---- atoms ----

    def _symbol(self, s: Sym) -> Matrix:
        if s.name in self._bound:
            return self._bound[s.name]
        if s.role == "free":
            if not s.index:
                return self._matrices[s.name]
            members = self._families[s.name]
            return members[self.values.integer(s.index[0]) % len(members)]
        return self._at(s, self.values.integer(s.index[0]))

    def _at(self, s: Sym, time: int) -> Matrix:
        """A state, input or local at a time; on a periodic run at any time."""
        start, length = self.instance.start, self.instance.stop - self.instance.start
        if self.instance.periodic:
            first = start if s.role == "state" else start + 1
            time = first + (time - first) % length
        return self._within(s, time)

    def _within(self, s: Sym, time: int) -> Matrix:
        """The same within the run, simulating as far as needed."""
        found = self._trajectory.get((s.name, time))
        if found is not None:
            return found
        start = self.instance.start
        if not start + (s.role != "state") <= time <= min(self.instance.stop, start + LONGEST_PATH):
            raise Refused(f"{s.name} at time {time} is outside the trajectory, {start} to {self.instance.stop}")
        if s.role == "input":
            rows = self._inputs.get(s.name, ())
            if time - start > len(rows):
                raise Refused(f"the instance has no input {s.name} at time {time}")
            value: Matrix = _checked_rows(rows[time - start - 1])
        elif time == start:
            if s.name not in self._initial:
                raise Refused(f"the instance has no first state {s.name}")
            value = _checked_rows(self._initial[s.name])
        else:
            definition = self.cell.definition(s.name, as_index(time)) if self.cell is not None else None
            if definition is None:
                raise Refused(f"{s.name} has no definition")
            for block in self.cell.states if self.cell else ():  # step by step, so that recursion stays shallow
                for earlier in range(start, time):
                    self._within(block, earlier)
            value = self.values.matrix(definition)
        if (len(value), len(value[0])) != self._size(s.shape):
            raise Refused(f"{s.name} has the wrong shape at time {time}")
        self._trajectory[s.name, time] = value
        return value

    def _activation(self, t: Apply) -> Matrix:
        return tuple(tuple(activate(t.function, as_num(x))[t.order] for x in row) for row in self.values.matrix(t.arg))

    def _jacobian(self, t: Jac) -> Matrix:
        if t.layout == "denominator":
            return tuple(zip(*self._jacobian(Jac(t.of, t.wrt, "numerator")), strict=True))
        to, since = (self.values.integer(s.index[0]) for s in (t.of, t.wrt))
        first, last = self.instance.start + (t.wrt.role != "state"), self.instance.stop
        if not self.instance.periodic and not first <= since <= to <= last:
            which = "a Jacobian is of the later one" if to < since else f"not in {self.instance.start} to {last}"
            raise Refused(f"{t} is outside the trajectory: {which}")
        if t.of.name != t.wrt.name and t.of.role == t.wrt.role == "state" and to == since:
            raise Refused(f"{t.of} by {t.wrt}: two state blocks at the same time")
        return self._chain(t.of.head, to, t.wrt.head, since)

    def _chain(self, of: Sym, to: int, wrt: Sym, since: int) -> Matrix:
        """By the chain rule through the states, from the one-step Jacobians; blocks at one time are coordinates."""
        known = (of.name, to, wrt.name, since)
        if known not in self._steps:
            self._steps[known] = self._chained(of, to, wrt, since)
        return self._steps[known]

    def _chained(self, of: Sym, to: int, wrt: Sym, since: int) -> Matrix:
        if self.cell is None:
            raise Refused("a Jacobian needs a recurrence")
        later, earlier = member(of, to), member(wrt, since)
        if to < since or (to == since and of.role == "local" and wrt.role == "state"):
            raise Refused(f"{later} does not come after {earlier}")
        if to == since and (of.name == wrt.name or wrt.role != "state"):
            return self.values.matrix(one_step(self.cell, later, earlier))
        (rows, cols), (more, others) = self._size(of.shape), self._size(wrt.shape)
        parts = [((as_num(0),) * (more * others),) * (rows * cols)]
        for block in self.cell.states if to > since else ():
            step = one_step(self.cell, later, member(block, to - 1))
            if not isinstance(step, Zeros):  # what does not matter need not have a value that can be told
                parts.append(multiply(self.values.matrix(step), self._chain(block, to - 1, wrt, since)))
        return tuple(
            tuple(sum(cells[1:], cells[0]) for cells in zip(*rows, strict=True)) for rows in zip(*parts, strict=True)
        )

    # ---- propositions ----

    def holds(self, p: Prop) -> bool:
        """Whether a proposition holds; an atom with an undefined term is false. Refused where this cannot tell."""
        rule = _HOLDS.get(type(p))
        if rule is None:
            raise Refused(f"{type(p).__name__} is not decided at an instance")
        return rule(self, p)

    def _atom(self, p: Any) -> bool:
        try:
            return self.relation(p) if isinstance(p, Rel) else self._predicate(p)
        except Undefined:
            return False

    def relation(self, p: Rel) -> bool:
        """Whether a relation holds. Raises Undefined where a side has no value."""
        p = substitute(p, self._sizes)  # it may be only at these that the shapes inside fit
        if is_irrational(p) and is_scalar(shape_of(p.lhs)) and is_scalar(shape_of(p.rhs)):
            side = compare(self.values, p)
            return {"=": side == 0, "<=": side <= 0, "<": side < 0}[p.op]
        a, b = self.values.matrix(p.lhs), self.values.matrix(p.rhs)
        if (len(a), len(a[0])) != (len(b), len(b[0])):
            a, b = _spread_zero(p, a, b)
        gaps = [as_num(y) - x for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True)]
        if p.op == "=":
            return all(g == as_num(0) for g in gaps)
        return all(sign_of(g) >= 0 if p.op == "<=" else sign_of(g) > 0 for g in gaps)

    def _limit(self, p: Pred, lag: Var) -> bool:
        """A limit in the lag, along a run that goes on for ever (``limits``)."""
        if any(isinstance(n, Sym) and n.role == "free" and len(n.index) > 1 for n in walk(p.arg)):
            raise Refused("a limit of a family with two times")
        period = self.instance.stop - self.instance.start if self.instance.periodic else None
        if period is not None and period > 1 and spoken_otherwise(p, lag, (self.goal, *self.hypotheses)):
            raise Refused("a time inside a limit that is also spoken of outside it")
        blocks = self.cell.states if self.cell is not None else ()
        members = {name: len(rows) for name, rows in self._families.items()}
        return limit_holds(p.name, p.arg, lag, Run(self.values, period, members, blocks))

    def _for_all_trajectories(self, p: ForAllTrajectories) -> bool:
        """By a bound that all of them meet; or not, because the trajectory at hand is one of them."""
        if on_all_trajectories(p.body, self.claim.cell, self.values):  # as claimed: inputs may respond there
            return True
        if self.instance.periodic and not self.holds(p.body):
            return False
        raise Refused("whether something holds on all trajectories is not decided at this instance")

    def _predicate(self, p: Pred) -> bool:
        p = substitute(p, self._sizes)
        if p.name in ("vanishes", "bounded", "explodes") and p.var is not None:
            return self._limit(p, p.var)
        if p.name in SPECTRAL:
            return decomposable(p.name, factored(self.values.matrix(p.arg)).rational, p.field)
        if p.name not in PROPERTY_TESTS:
            raise Refused(f'"{p.name}" is not decided at an instance')
        return self.has_property(p.name, self.values.matrix(p.arg))

    def has_property(self, name: str, m: Matrix) -> bool:
        """A property of PROPERTIES, exactly."""
        test = PROPERTY_TESTS.get(name)
        if test is None:
            raise Refused(f"{name} is not decided at an instance")
        if name == "nonnegative":
            return all(sign_of(x) >= 0 for row in m for x in row)
        if name != "orthogonal":  # the others do not mind a factor
            return test(self.values, factored(m).rational)
        return test(self.values, self.values.rationals(m))

    def _index_relation(self, p: IndexRel) -> bool:
        a, b = self.values.integer(p.lhs), self.values.integer(p.rhs)
        return {"=": a == b, "<=": a <= b, "<": a < b}[p.op]

    def _for_all(self, p: ForAll) -> bool:
        if not isinstance(p.var, Var):
            return self._for_all_derivatives(p)
        return all(self.holds(substitute(p.body, {p.var: as_index(i)})) for i in self._range(p.var, p.body))

    def _for_all_derivatives(self, p: ForAll) -> bool:
        if self.cell is None:
            raise Refused("a quantified matrix is not decided at an instance")
        bound = one_member(p)

        def holds_at(d: Matrix) -> bool:
            inner = copy(self)
            inner._bound, inner._trajectory, inner._steps = {**self._bound, bound.name: d}, {}, {}
            inner.values = inner._values(self.values.integers)
            return inner.holds(p.body)

        return for_all_derivatives(p, self.cell, self.values, holds_at)

    def _range(self, var: Var, body: Prop) -> Iterable[int]:
        """Enough values of a quantified variable: all rows or columns, a period of families, or the steps of the run.

        Before the run a state may be anything, so locals and inputs can be as at the first step; see ``_goes_on``.
        """
        if var not in free_vars(body):
            return range(1)
        ends = [self.values.integer(end) for v, end in rows_used(body) if v == var]
        if ends:
            return range(max(1, var.low or 1), min(ends) + 1)
        spoken = [t for t in walk(body) if isinstance(t, Sym) and any(var in free_vars(i) for i in t.index)]
        derived = [t for t in walk(body) if isinstance(t, Jac | Total | Immediate)]
        places = sum(var in free_vars(i) for t in spoken for i in t.index)
        if places != sum(isinstance(i, Index) and var in free_vars(i) for i in walk(body)):
            raise Refused(f"{var} occurs elsewhere than as a time, row, column or member of a family")
        if spoken and not derived and {t.name for t in spoken}.isdisjoint(s.name for s in symbols(body)):
            return range(1)  # the members of a family that is bound inside: one is as good as another
        followed = all(t.role != "free" and _only_shifted(t, var) for t in spoken)
        if self.instance.periodic and followed and all(_moves_whole(t, var) for t in derived):
            return self._times(set())  # at all times, before the run too, things are as they are a period later
        if any(var in free_vars(t) for t in derived):
            raise Refused("a quantified Jacobian is not decided at an instance")
        if all(t.role == "free" for t in spoken):
            low = var.low or 0
            return range(low, low + _bounded(prod(len(self._families[t.name]) for t in spoken)))
        if any(t.role == "free" or t.index != (as_index(var),) for t in spoken) or var.low is not None:
            raise Refused(f"{var} runs over things of different kinds or times")
        return self._times({t.role == "state" for t in spoken})

    def _times(self, states: set[bool]) -> Iterable[int]:
        start, stop = self.instance.start, self.instance.stop
        if stop <= start or len(states) > 1 and not self.instance.periodic:
            raise Refused("a statement about all times is not decided on a run without steps, or of states and others")
        self._all_times = True
        return range(start if True in states else start + 1, stop + 1)


def _moves_whole(t: Term, var: Var) -> bool:
    """Whether a derivative is a Jacobian over a number of steps that does not depend on the variable."""
    return isinstance(t, Jac) and var not in free_vars(t.of.index[0] - t.wrt.index[0])


def _only_shifted(t: Sym, var: Var) -> bool:
    return var.low is None and all((i - as_index(var)).is_const for i in t.index)


def _bounded(count: int) -> int:
    if count > LONGEST_PATH:
        raise Refused(f"{count} members are too many")
    return count


def _closed(cell: Recurrence, instance: Instance) -> Recurrence:
    """The recurrence with inputs that are not exogenous given as C h_{t-1} plus an exogenous input."""
    feedback, t = dict(instance.feedback), as_index(cell.time)
    free = [s for s in cell.inputs if s.name not in cell.exogenous]
    if set(feedback) - {s.name for s in free}:
        raise Refused("feedback is given for an input that is exogenous")
    if not free:
        return cell
    changes: dict[Sym, Term] = {}
    previous: Any = cell.states[0][t - 1]
    matrices = []
    for s in free:
        x: Any = s[t]
        if s.name in feedback:
            if any(isinstance(n, Sym) and n.name == s.name and n not in (s, x) for n in walk(cell)):
                raise Refused("feedback is given for an input that is used later too")
            c = Sym(f"feedback {s.name}", ((s.shape or (ONE, ONE))[0], (previous.shape)[0]), "free", (), (), False)
            matrices.append(c)
            changes[x] = Add((MatMul((c, previous)), x))
    return Recurrence(
        f"{cell.name} with feedback",
        cell.time,
        cell.states,
        cell.inputs,
        tuple(s.name for s in cell.inputs),
        (*cell.params, *matrices),
        tuple((s, substitute(e, changes)) for s, e in cell.locals),
        tuple((s, substitute(e, changes)) for s, e in cell.steps),
    )


def _checked_rows(rows: Matrix) -> Matrix:
    if not rows or not rows[0] or any(len(r) != len(rows[0]) for r in rows):
        raise Refused("rows of different lengths")
    return tuple(tuple(as_num(x) for x in r) for r in rows)


def _spread_zero(p: Rel, a: Matrix, b: Matrix) -> tuple[Matrix, Matrix]:
    """The number 0 compared with a matrix is the zero matrix; Refused for other sides of different shapes."""
    zero = [isinstance(t, Const) and t.value == 0 for t in (p.lhs, p.rhs)]
    if not any(zero):
        raise Refused(f"{p.lhs} and {p.rhs} have different shapes at this instance")
    blank = tuple((as_num(0),) * len(row) for row in (b if zero[0] else a))
    return (blank, b) if zero[0] else (a, blank)


_HOLDS: dict[type[Prop], Callable[[World, Any], bool]] = {
    Rel: World._atom,
    Pred: World._atom,
    IndexRel: World._index_relation,
    And: lambda w, p: all(w.holds(a) for a in p.args),
    Or: lambda w, p: any(w.holds(a) for a in p.args),
    Not: lambda w, p: not w.holds(p.arg),
    Implies: lambda w, p: not w.holds(p.left) or w.holds(p.right),
    Iff: lambda w, p: w.holds(p.left) == w.holds(p.right),
    ForAll: World._for_all,
    ForAllTrajectories: World._for_all_trajectories,
}
