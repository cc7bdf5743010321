"""Derivatives of losses and by parameters at an instance, by exact differentials. Trusted by the kernel.

By a parameter: the run is repeated from the state that is held, every number carrying its derivatives by the entries of
the parameter (forward mode); nothing of the rules for normal forms is used. By a state: the chain rule of the instance.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import substitute, symbols
from symrnn.claims.tree import Apply, Immediate, Jac, Loss, Sym, Total
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics.monomials import member
from symrnn.semantics.numbers import Num, activate, as_num, rational_of
from symrnn.semantics.pullback import row_of, slope_of
from symrnn.semantics.values import Matrix, Values, multiply

if TYPE_CHECKING:
    from symrnn.semantics.instances import World

LARGEST = 36  # entries of a parameter


@dataclass(frozen=True)
class Dual:
    """A number and its derivatives by the entries of a parameter, those that are 0 left out."""

    value: Num
    parts: dict[tuple[int, int], Num]

    def __add__(self, other: Any) -> Dual:
        o = as_dual(other)
        parts = dict(self.parts)
        for key, x in o.parts.items():
            parts[key] = parts[key] + x if key in parts else x
        return Dual(self.value + o.value, parts)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return self * Fraction(-1)

    def __sub__(self, other: Any) -> Dual:
        return self + (-as_dual(other))

    def __mul__(self, other: Any) -> Dual:
        """d(x y) = dx y + x dy."""
        o = as_dual(other)
        parts = {key: x * o.value for key, x in self.parts.items()}
        for key, x in o.parts.items():
            parts[key] = parts[key] + self.value * x if key in parts else self.value * x
        return Dual(self.value * o.value, parts)

    __rmul__ = __mul__


def as_dual(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(as_num(x), {})


def derivative_at(world: World, t: Total | Immediate) -> Matrix:
    """The value of a derivative at an instance; Refused where it reaches outside the run."""
    natural = "numerator" if t.wrt.role != "free" else "denominator"
    found = _by_moving(world, t) if t.wrt.role != "free" else _by_parameter(world, t)
    return found if (t.layout == "denominator") == (natural == "denominator") else _flip(found)


# ---- by what has a time: numerator layout ----


def _by_moving(world: World, t: Total | Immediate) -> Matrix:
    at, cell = world.values.integer(t.wrt.index[0]), _cell(world)
    if isinstance(t.of, Sym):
        row = world.values.matrix(t.row[0]) if t.row else None
        through = _moved(world, t.of.head, world.values.integer(t.of.index[0]), t.wrt.head, at)
        return through if row is None else multiply(row, through)
    lo, hi = _times(world, t.of)
    if isinstance(t, Immediate) and not lo <= at <= hi:
        raise Refused(f"{at} is no time of {t.of.name}, {lo} to {hi}")
    width = len(world.values.matrix(t.wrt)) * len(world.values.matrix(t.wrt)[0])
    out: Matrix = ((as_num(0),) * width,)
    for time in range(max(lo, at), hi + 1) if isinstance(t, Total) else (at,):
        for block in cell.states:
            row = _row(world, t.of, block, time)
            if row is None or (isinstance(t, Immediate) and block.name != t.wrt.name):
                continue
            part = row if isinstance(t, Immediate) else multiply(row, _moved(world, block, time, t.wrt.head, at))
            out = _plus(out, part)
    return out


def _moved(world: World, of: Sym, to: int, wrt: Sym, since: int) -> Matrix:
    """d of / d wrt; other blocks at one time are coordinates of one state, so that each leaves the others alone."""
    if to == since and of.role == wrt.role == "state" and of.name != wrt.name:
        rows, cols = (_entries(world, s, to) for s in (of, wrt))
        return ((as_num(0),) * cols,) * rows
    return world.values.matrix(Jac(member(of, to), member(wrt, since), "numerator"))


def _row(world: World, loss: Loss, block: Sym, time: int) -> Matrix | None:
    row = row_of(_cell(world), loss, block, as_index(time))
    if row is None:
        return None
    world.values.matrix(member(block, time))  # there is such a state
    return world.values.matrix(row)


# ---- by parameters: the shape of the parameter ----


def _by_parameter(world: World, t: Total | Immediate) -> Matrix:
    rows, cols = (world.values.integer(d) for d in (shape_of(t.wrt) or (ONE, ONE)))
    if isinstance(t.of, Sym):
        time = world.values.integer(t.of.index[0])
        start = time - 1 if isinstance(t, Immediate) else world.values.integer(t.since[0])
        changed = _Changed(world, t.wrt, start).state(t.of.head, time)
        row = world.values.matrix(t.row[0]) if t.row else world.values.eye(len(changed))
        found = multiply(_constant(row), changed)
        if len(found) == 1:
            return tuple(tuple(_part(found[0][0], (i, j)) for j in range(cols)) for i in range(rows))
        if cols != 1:
            raise Refused(f"the derivative of a vector by the matrix {t.wrt}")
        return tuple(tuple(_part(x, (i, 0)) for (x,) in found) for i in range(rows))
    lo, hi = _times(world, t.of)
    since = None if isinstance(t, Immediate) else world.values.integer(t.since[0])
    if since is not None and lo <= hi and since >= lo:
        raise Refused(f"{t.of.name} begins at {lo}, not after {since}")
    _goes_through(world, lo if since is None else since, hi)
    total = as_dual(0)
    run = None if since is None else _Changed(world, t.wrt, since)
    for time in range(lo, hi + 1):
        total = total + _change(world, t.of, t.wrt, run, time)
    return tuple(tuple(_part(total, (i, j)) for j in range(cols)) for i in range(rows))


def _goes_through(world: World, first: int, last: int) -> None:
    """Refused unless the run has the first step there is, whatever the loss is of (``beginnings``)."""
    for time in (first, first + 1) if first < last else ():
        for block in _cell(world).states:
            world.values.matrix(member(block, time))


def _change(world: World, loss: Loss, wrt: Sym, run: _Changed | None, time: int) -> Dual:
    """What a parameter does to the loss at a time: through the states, and through the output."""
    total = as_dual(0)
    if run is not None:
        for block in _cell(world).states:
            row = _row(world, loss, block, time)
            if row is not None:
                total = total + multiply(_constant(row), run.state(block, time))[0][0]
    if loss.kind != "opaque":
        if wrt in symbols(loss.target[0]):
            raise Refused(f"the target of {loss.name} depends on {wrt}")
        held = _Changed(world, wrt, time)  # the states at that time, and none after it
        output = held.values.matrix(substitute(loss.output[0], {loss.time: as_index(time)}))
        total = total + multiply(_constant(world.values.matrix(slope_of(loss, as_index(time)))), output)[0][0]
    return total


class _Changed:
    """The run from a state that is held, with one parameter changing in all its entries."""

    def __init__(self, world: World, wrt: Sym, since: int) -> None:
        self.world, self.wrt, self.since, self.cell = world, wrt, since, _cell(world)
        if wrt.props not in ((), ("diagonal",)):
            raise Refused(f"the entries of {wrt} do not vary freely")
        if any(s.name == wrt.name and s != wrt for s in self.cell.params):
            raise Refused(f"{wrt} is not what the recurrence refers to")
        self.values = Values(
            world.values.integers, self._symbol, self._activation, self._jacobian, as_dual, self._rational
        )
        self._known: dict[tuple[str, int], Matrix] = {}

    def state(self, head: Sym, time: int) -> Matrix:
        """A state block as a column."""
        if time < self.since:
            raise Refused(f"{head.name} at time {time}, and the state at {self.since} is held")
        found = self._at(member(head, time), time)
        return _flip(found) if len(found) == 1 and (head.shape or (ONE, ONE))[0] == ONE else found

    def _at(self, s: Sym, time: int) -> Matrix:
        key = (s.name, time)
        if key not in self._known:
            if s.role == "input" or (s.role == "state" and time <= self.since):
                self._known[key] = _constant(self.world.values.matrix(s))
            else:
                definition = self.cell.definition(s.name, as_index(time))
                if definition is None or time <= self.since:
                    raise Refused(f"{s} is before the steps that change")
                self.world.values.matrix(s)  # there is such a time on the run
                for earlier in range(self.since, time):  # step by step, so that recursion stays shallow
                    for block in self.cell.states:
                        self._at(member(block, earlier), earlier)
                self._known[key] = self.values.matrix(definition)
        return self._known[key]

    def _symbol(self, s: Sym) -> Matrix:
        if s == self.wrt:
            return self._parameter()
        if s.role == "free":
            return _constant(self.world.values.matrix(s))
        return self._at(s, self.world.values.integer(s.index[0]))

    def _parameter(self) -> Matrix:
        m = self.world.values.matrix(self.wrt)
        if len(m) * len(m[0]) > LARGEST:
            raise Refused(f"{self.wrt} has too many entries")
        diagonal, one = "diagonal" in self.wrt.props, as_num(1)
        return tuple(
            tuple(Dual(as_num(x), {(i, j): one} if i == j or not diagonal else {}) for j, x in enumerate(row))
            for i, row in enumerate(m)
        )

    def _activation(self, t: Apply) -> Matrix:
        def rule(x: Dual) -> Dual:
            value, slope = activate(t.function, x.value)
            if t.order == 0:
                return Dual(value, {key: slope * d for key, d in x.parts.items()})
            if any(d != as_num(0) for d in x.parts.values()):
                raise Refused("second derivatives of activations are not supported")
            return as_dual(slope)

        return tuple(tuple(rule(as_dual(x)) for x in row) for row in self.values.matrix(t.arg))

    def _jacobian(self, t: Jac) -> Matrix:
        raise Refused(f"{t} in an update")

    def _rational(self, x: Any) -> Fraction:
        d = as_dual(x)
        if any(p != as_num(0) for p in d.parts.values()):
            raise Refused("a number that changes where a fixed one is needed")
        return rational_of(d.value)


def _constant(m: Matrix) -> Matrix:
    return tuple(tuple(as_dual(x) for x in row) for row in m)


def _part(x: Any, key: tuple[int, int]) -> Num:
    return as_dual(x).parts.get(key, as_num(0))


def _times(world: World, loss: Loss) -> tuple[int, int]:
    lo, hi = world.values.integer(loss.lo), world.values.integer(loss.hi)
    if hi - lo > 256:
        raise Refused(f"a loss over {hi - lo + 1} times is too long")
    if any(b not in _cell(world).states for b, _ in loss.reads):
        raise Refused(f"{loss.name} is of other states")
    return lo, hi


def _cell(world: World) -> Recurrence:
    if world.cell is None:
        raise Refused("a derivative along a trajectory needs a recurrence")
    sizes = {v: i for v, i in world.values.integers.items() if v.kind == "size"}
    return substitute(world.cell, sizes)  # type: ignore[no-any-return]  # as what is derived refers to it


def _entries(world: World, s: Sym, time: int) -> int:
    m = world.values.matrix(member(s, time))
    return len(m) * len(m[0])


def _plus(a: Matrix, b: Matrix) -> Matrix:
    if (len(a), len(a[0])) != (len(b), len(b[0])):
        raise Refused("derivatives of different shapes")
    return tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(a, b, strict=True))


def _flip(m: Matrix) -> Matrix:
    return tuple(zip(*m, strict=True))
