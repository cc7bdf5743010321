"""The network of a claim, simulated: states, locals and inputs over time, and Jacobians by re-simulation.

A Jacobian is found as an experimenter would: nudge one entry of the earlier quantity, run the recurrence forward,
and take a central difference of what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import rebuild, symbols
from symrnn.claims.tree import Add, Immediate, Sym, Term, Total
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Value
from symrnn.crosscheck.losses import derivative
from symrnn.crosscheck.terms import Environment, evaluate
from symrnn.errors import Undefined

Fixed = dict[tuple[str, int], Value]  # quantities held at a value, by name and time
GIVEN = "given"  # the role of sums that inputs and parameters alone decide


class Source(Protocol):
    """Where parameters, first states and inputs come from: drawn at random, or read from a counterexample."""

    def constant(self, head: Sym, at: int | None, network: Network) -> Value:
        """A free symbol or parameter, or the member of a free family at an index."""

    def initial(self, head: Sym, at: int) -> Value:
        """A state block at the first time."""

    def drive(self, head: Sym, at: int, network: Network) -> Value:
        """An input at a time; it may look at earlier states of ``network`` if it is not exogenous."""


class Network:
    """The values of all symbols at one instance. States begin at ``start``; everything later is computed on demand.

    ``parent`` and ``fixed``: a re-run from time ``cut`` on with some quantities held at other values.
    """

    def __init__(
        self,
        recurrence: Recurrence | None,
        source: Source,
        numbers: Arithmetic,
        ints: Mapping[Var, int],
        start: int,
        *,
        parent: Network | None = None,
        fixed: Fixed | None = None,
        cut: int = 0,
    ) -> None:
        self.recurrence, self.source, self.numbers, self.start = recurrence, source, numbers, start
        self.ints = dict(ints)
        self._parent, self._fixed, self._cut = parent, fixed or {}, cut
        self._values: Fixed = {}
        self._jacobians: dict[tuple[str, int, str, int], Value] = {}
        self._reruns: dict[tuple[str, int, bool, int, Value], Network] = {}
        self._definitions: dict[str, Term] = parent._definitions if parent else _definitions(recurrence)
        exogenous = recurrence.exogenous if recurrence else ()
        as_before = parent is None or (
            source is parent.source and not any(name in exogenous for name, _ in self._fixed)
        )
        self._driven = {GIVEN, "input"} if as_before else {"input"}

    def value(self, head: Sym, at: int | None) -> Value:
        """The value of a constant (``at`` None), or of a family's member at an index or time."""
        if head.role in ("free", "param"):
            return self.source.constant(head, at, self)
        if at is None or self.recurrence is None:
            raise NotNumeric(f"{head.name} without a time or a network")
        key = (head.name, at)
        if key in self._fixed:
            return self._fixed[key]
        if self._parent is not None and (at < self._cut or self._is_given(head)):
            return self._parent.value(head, at)
        if key not in self._values:
            self._values[key] = self._compute(head, at)
        return self._values[key]

    def _is_given(self, head: Sym) -> bool:
        """Whether a re-run can take a value from the run before: nothing that is held has a part in it."""
        if self.recurrence is None or head.role not in self._driven:
            return False
        return head.role == GIVEN or head.name in self.recurrence.exogenous

    def _compute(self, head: Sym, at: int) -> Value:
        if head.role == "state" and at == self.start:
            return self.source.initial(head, at)
        if at <= self.start:
            raise NotNumeric(f"{head.name} at time {at}, the network beginning at {self.start}")
        if head.role == "input":
            return self.source.drive(head, at, self)
        if head.name not in self._definitions:
            raise NotNumeric(f"{head.name} is not part of the network")
        return self.at_time(self._definitions[head.name], at)

    def at_time(self, formula: Term, at: int) -> Value:
        """The value of one of the recurrence's formulas at a time."""
        time = {self.recurrence.time: at} if self.recurrence else {}
        return evaluate(formula, Environment(self.numbers, {**self.ints, **time}, self, range(0)))

    def held(self, fixed: Fixed, cut: int) -> Network:
        """This network run again from time ``cut`` on, with some quantities held."""
        again = (self.recurrence, self.source, self.numbers, self.ints, self.start)
        return Network(*again, parent=self, fixed=fixed, cut=cut)

    def _nudged_run(self, wrt: Sym, q: int, hold: Fixed, place: int, nudge: Value) -> Network:
        """The re-run with one entry of ``wrt`` nudged at time q, which Jacobians of all that follows have in common."""
        key = (wrt.name, q, bool(hold), place, nudge)
        if key not in self._reruns:
            self._reruns[key] = self.held({**hold, (wrt.name, q): self._nudged(self.value(wrt, q), place, nudge)}, q)
        return self._reruns[key]

    def driven_by(self, source: Source, cut: int) -> Network:
        """This network run again from time ``cut`` on, with other parameters."""
        return Network(self.recurrence, source, self.numbers, self.ints, self.start, parent=self, cut=cut)

    def derivative(self, t: Total | Immediate, env: Environment) -> Value:
        """A derivative of a loss or by a parameter, by differences (``losses``); the layout is the term's."""
        return derivative(t, env, self)

    # ---- Jacobians --------------------------------------------------------------------------------------------

    def jacobian(self, of: Sym, p: int, wrt: Sym, q: int) -> Value:
        """d of[p] / d wrt[q] by differences, row i for entry i of ``of``; other state blocks at q are held.

        Raises NotNumeric where that is open to question: at p = q, if letting the other blocks follow the nudge (as
        h_t = o_t tanh(c_t) would) gives another answer.
        """
        key = (of.name, p, wrt.name, q)
        if key not in self._jacobians:
            if self.recurrence is None or any(s.role not in ("state", "input", "local") for s in (of, wrt)):
                raise NotNumeric(f"d {of.name} / d {wrt.name}")
            self._jacobians[key] = self._differentiate(of, p, wrt, q)
        return self._jacobians[key]

    def _differentiate(self, of: Sym, p: int, wrt: Sym, q: int) -> Value:
        if wrt.role != "state":
            return self._response(of, p, wrt, q, {})
        others = [s for s in self._states if s.name != wrt.name]
        out = self._response(of, p, wrt, q, {(s.name, q): self.value(s, q) for s in others})
        if p == q and of.name != wrt.name:
            if q <= self.start:
                raise NotNumeric(f"{of.name} at the first time has no formula")
            following = self._response(of, p, wrt, q, {})
            if self.numbers.largest(out - following) > self.numbers.tolerance:
                raise NotNumeric(f"d {of.name}[{p}] / d {wrt.name}[{q}] depends on what is held")
        return out

    @property
    def _states(self) -> tuple[Sym, ...]:
        return self.recurrence.states if self.recurrence else ()

    def _response(self, of: Sym, p: int, wrt: Sym, q: int, hold: Fixed) -> Value:
        def outcome(place: int, nudge: Value) -> Value:
            return self._column(self._nudged_run(wrt, q, hold, place, nudge).value(of, p))

        start, places = self._column(self.value(of, p)), range(len(self._vector(self.value(wrt, q))))
        columns = [self.numbers.slope_from(start, partial(outcome, place)) for place in places]
        return self.numbers.matrix(columns[0].rows, len(columns), lambda r, c: columns[c][r, 0])

    def _column(self, value: Value) -> Value:
        return self.numbers.column(self._vector(value))

    def _vector(self, value: Value) -> list[Value]:
        if not self.numbers.is_matrix(value) or 1 not in (value.rows, value.cols):
            raise Undefined("a Jacobian of or by what is no vector")
        return list(value)

    def _nudged(self, value: Value, place: int, nudge: Value) -> Value:
        i, j = (place, 0) if value.cols == 1 else (0, place)
        return value.changed(i, j, nudge)


def _definitions(recurrence: Recurrence | None) -> dict[str, Term]:
    """The recurrence's formulas by name; sums of what no re-run changes, as V x + b, have names of their own there."""
    if recurrence is None:
        return {}
    moving = {s.name for s in (*recurrence.states, *recurrence.inputs, *(head for head, _ in recurrence.locals))}
    moving -= set(recurrence.exogenous)
    found: dict[str, Term] = {}

    def split(n: Any) -> Any:
        if isinstance(n, Index | Var | Sym):
            return n
        if not isinstance(n, Add):
            return rebuild(n, split)
        still = tuple(a for a in n.args if not any(s.name in moving for s in symbols(a)))
        if not still or len(still) == len(n.args) or shape_of(n) is None:
            return rebuild(n, split)
        name = Sym(f"given {len(found)}", shape_of(n), GIVEN, (), (as_index(recurrence.time),), False)
        found[name.name] = still[0] if len(still) == 1 else Add(still)
        return Add((*(split(a) for a in n.args if a not in still), name))

    made = {head.name: split(term) for head, term in (*recurrence.steps, *recurrence.locals)}
    return {**made, **found}
