"""Runs that go on for ever: fixed points and short cycles of a network, found among structured weights. Untrusted.

States are chosen first; the input that drives the network through them is then exact (``trajectories``), or the bias
that holds them, or the weights of a network that has neither (``autonomous``). In order of size, then of weights, then
fixed points before cycles. Of the states at one weight, those are kept at which the Jacobian behaves differently.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence, activations_of, with_activation
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import contains, free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    And,
    Apply,
    ForAll,
    ForAllTrajectories,
    Jac,
    Not,
    Pred,
    Prop,
    Rel,
    Sym,
)
from symrnn.errors import Refused, Undefined
from symrnn.search.alone import holds_at, speaks_of
from symrnn.search.autonomous import held_by_nothing
from symrnn.search.behaviours import glance, required
from symrnn.search.fillings import Filling, fillings
from symrnn.search.gated_runs import gated_runs
from symrnn.search.kept import Kept
from symrnn.search.pools import SLOPES, Plain, integers_fit, rows
from symrnn.search.solving import solve
from symrnn.search.trajectories import Trajectory, drives, hold
from symrnn.search.weights import weights
from symrnn.semantics.instances import Instance, Rows, World
from symrnn.semantics.numbers import activate, enclosure, preimage
from symrnn.semantics.settling import flatten
from symrnn.semantics.spectra import behaviour
from symrnn.semantics.spectra import product as times

SIZES = (1, 2, 3, 5)
STANDINS = ("sigmoid", "tanh")
KINDS = ("inputs", "bias", "nothing")  # what holds the network in its states
SMALL = {"sigmoid": (Fraction(1, 100),), "tanh": (Fraction(99, 100),)}  # derivatives near 0, beside those of SLOPES
FILLINGS = 8  # of what is free besides the network, at one run
LASTING = 400  # runs for hypotheses that no other instance meets
MOST = {1: 80, 2: 1800}  # runs of one size, so that the next one has its turn
EACH = 2  # runs kept at one weight for each thing the Jacobian can do
Cycle = tuple[tuple[Fraction, ...], ...]
Cycles = Callable[[str, int], Iterator[Cycle]]  # of an activation at a size
Round = tuple[Cycle, Cycle, str]  # states, the slopes at each, what the Jacobian does
Integers = dict[Var, int]


def speaks_of_limits(claim: Claim) -> bool:
    """Whether a claim has a limit along a trajectory in it."""
    props = (claim.conclusion, *claim.hypotheses)
    limits = (n for p in props if contains(p, Pred) for n in walk(p) if isinstance(n, Pred) and n.var is not None)
    return any(isinstance(t, Jac) or (isinstance(t, Sym) and t.role != "free") for p in limits for t in walk(p.arg))


def lasting_instances(claim: Claim, least: int) -> Iterator[Instance]:
    """Runs that go on for ever, for a claim that is not about limits: its hypotheses about all times may need one."""
    goal, hypotheses = flatten(claim)
    if speaks_of_limits(claim) or not any(
        isinstance(h, ForAll) and any(s.role != "free" for s in symbols(h)) for h in hypotheses
    ):
        return
    variables = sorted(frozenset().union(*(free_vars(p) for p in (goal, *hypotheses))), key=lambda v: v.key)
    yield from islice(periodic_instances(claim, variables, least), LASTING)


def is_about_all_times(h: Prop) -> bool:
    """Whether it is said of what moves at each of its times, not of rows and columns at one."""
    bound = {n.var for n in walk(h) if isinstance(n, ForAll) and isinstance(n.var, Var)}
    moving = (n for n in walk(h) if isinstance(n, Sym) and n.role != "free") if bound else ()
    return any(v in free_vars(i) for n in moving for i in n.index for v in bound)


def periodic_instances(
    claim: Claim,
    variables: list[Var],
    least: int = 1,
    violating: bool = False,
    proved: tuple[tuple[Var, int], ...] = (),
) -> Iterator[Instance]:
    """Runs for a claim about limits, of hidden size ``least`` and more; ``violating``: that may violate it.

    ``proved``: sizes at which it is known to hold; they are passed over.
    """
    cell = claim.cell
    if cell is None:
        return
    opaque = [f for f in activations_of(claim) if f not in FACTS]
    _, hypotheses = flatten(claim)
    named = _sizes(claim, variables)
    sizes = [n for n in SIZES if n >= least and integers_fit(dict.fromkeys(named, n), hypotheses)]
    for n in sizes:
        integers = dict.fromkeys(named, n)
        if any(integers.get(v) == i for v, i in proved):
            continue
        integers |= {v: max(v.low or 0, int(v.kind == "index")) for v in variables if v.kind != "size"}
        for standin in STANDINS if opaque else (None,):
            known: Recurrence = cell
            for f in opaque if standin is not None else ():
                known = with_activation(known, f, standin or "")  # type: ignore[assignment]
            if _is_plain(known) and any(map(_is_square, known.params)) and set(activations_of(known)) & {*SLOPES}:
                runs = _Runs(claim, known, integers, n, standin, violating).all()
                yield from islice(runs, MOST.get(n) if n != sizes[-1] else None)
            elif n <= 3:
                yield from gated_runs(claim, known, integers, standin, violating)


def _is_plain(cell: Recurrence) -> bool:
    """Whether one state block is an activation of what an input adds to, or a bias, or such a sum itself."""
    return len(cell.states) == 1 and (bool(drives(cell)) or isinstance(cell.steps[0][1], Apply))


def _sizes(claim: Claim, variables: list[Var]) -> list[Var]:
    found = {v for v in (*variables, *free_vars(claim.cell or claim)) if v.kind == "size"}
    return sorted(found, key=lambda v: v.key)


class _Runs:
    """The runs of one network at one size."""

    def __init__(
        self, claim: Claim, cell: Recurrence, integers: Integers, n: int, standin: str | None, violating: bool
    ) -> None:
        self.claim, self.cell, self.integers, self.n, self.standin = claim, cell, integers, n, standin
        goal, self.hypotheses = flatten(claim)
        self.driven = False  # whether an input or the bias held it anywhere
        params = {s.name for s in cell.params}
        spoken = frozenset().union(*(symbols(p) for p in (goal, *self.hypotheses)))
        self.extra = sorted((s for s in spoken if s.role == "free" and s.name not in params), key=lambda s: s.name)
        found = [f for f in activations_of(cell) if f in SLOPES]
        self.function = found[0] if len(found) == 1 else ""
        self.square = [s.name for s in cell.params if self._shape(s) == (n, n) and _is_square(s)]
        others = {s.name for s in (*cell.params, *cell.inputs)} - {*self.square[:1]}
        self.driver_matters = any(s.name in others for s in spoken)
        self.failing = goal if violating else None
        self.words = required(self.failing, self.hypotheses)
        wanted = [*self.hypotheses, *([Not(goal)] if violating and not isinstance(goal, ForAllTrajectories) else [])]
        self.static = [h for h in wanted if _is_static(h, {*self.square[:1]}) or _is_for_all(h)]
        self.fixed_by_params = [h for h in self.hypotheses if h not in self.static and _is_static(h, params)]
        self.explained = False  # whether a run was made though the weight is one of which that cannot be told
        self.suitable: dict[Rows, bool | None] = {}  # weights, by whether they meet ``static``

    def _weight_is_solved_for(self) -> bool:
        """Whether an equation relates the weight and what else is to be filled in (``fillings``)."""
        extra, weight = {s.name for s in self.extra}, {*self.square[:1]}
        equations = (h for h in self.hypotheses if isinstance(h, Rel) and h.op == "=")
        return any(weight & names and extra & names for names in ({s.name for s in symbols(h)} for h in equations))

    def all(self) -> Iterator[Instance]:
        yield from self._all()
        if self._weight_is_solved_for():  # what holds of a weight that is tried says nothing of the one it becomes
            self.words, self.static = required(self.failing, ()), []
            yield from self._all()

    def _all(self) -> Iterator[Instance]:
        if not self.function or not self.square:
            return
        tried = [*self._given(), *weights(self.n, FACTS[self.function].high == 1)]
        out: set[tuple[str, str]] = set()  # weights and what holds them, at which no run is of use
        for weight in tried:
            for kind in KINDS:
                yield from self._at(weight, kind, _fixed, out)
                if kind == "inputs" and self.driven and not self.driver_matters:
                    break  # what else could hold it there makes no difference
        for weight in tried if drives(self.cell) else ():
            yield from self._at(weight, "inputs", _cycles, out)
        if not drives(self.cell) or self.driver_matters:
            yield from self._undriven()

    def _given(self) -> list[Plain]:
        """The weight that equations about it alone say: entry by entry, say."""
        equations = tuple(h for h in self.static if isinstance(h, Rel) and h.op == "=")
        symbol = {s.name: s for s in self.cell.params if s.name == self.square[0]}
        found = {name: rows([[0] * self.n] * self.n) for name in symbol}
        if equations:
            solve(found, {}, equations, self.integers, symbol, random.Random(0))
        made = list(found.values()) if equations else []
        return [[[x.rational for x in row] for row in m] for m in made if not any(x.logs for row in m for x in row)]

    def _undriven(self) -> Iterator[Instance]:
        for weight, states in held_by_nothing(self.function, self.n):
            nearly = [[float(enclosure(x, 32)[0]) for x in row] for row in weight]
            if glance(nearly, [[float(_slope(self.function, p)) for p in states]]) not in (*self.words, ""):
                continue
            suits = self._suits(weight)
            useless = suits is False or (suits is None and self.explained)
            made = None if useless else self._trajectory(weight, "nothing", (states,))
            if made is not None:
                filled = self._filled(weight, made, "nothing", (states,), None)
                yield from filled if suits else islice(filled, 1)
                self.explained = self.explained or suits is None

    def _at(self, plain: Plain, kind: str, cycles: Cycles, out: set[tuple[str, str]]) -> Iterator[Instance]:
        if "vanishes" not in self.words and self._fades(plain):
            return
        weight, here = rows(plain), (str(plain), kind)
        suits = self._suits(weight)
        if here in out or suits is False or (suits is None and self.explained):
            return
        for cycle, monodromy in self._different(plain, kind, cycles):
            made = self._trajectory(weight, kind, cycle)
            if made is None:
                return
            for i, instance in enumerate(self._filled(weight, made, kind, cycle, monodromy)):
                if i == 0 and self.fixed_by_params and self._meets(self.fixed_by_params, instance) is False:
                    out.add(here)
                    return
                yield instance
                if suits is None:  # one run is enough to say why
                    self.explained = True
                    return

    def _fades(self, plain: Plain) -> bool:
        """Whether all Jacobians vanish, the weight being below 1 / sup |s'| in the maximum norm or the 1-norm."""
        sizes = [[abs(x.numerator) / x.denominator for x in row] for row in plain]
        norm = min(max(map(sum, sizes)), max(map(sum, zip(*sizes, strict=True))))
        return float(FACTS[self.function].high) * norm < 1 - 1e-9

    def _suits(self, weight: Rows) -> bool | None:
        """Whether the weight meets the hypotheses about it alone, seen before any run is made; None: undecidable."""
        if weight not in self.suitable:
            answers = (self._holds_of(weight, h) for h in self.static)
            self.suitable[weight] = next((answer for answer in answers if not answer), True)
        return self.suitable[weight]

    def _holds_of(self, weight: Rows, h: Prop) -> bool | None:
        name = self.square[0]
        if speaks_of(h, name):
            return holds_at(h, next(s for s in symbols(h)), weight)
        blank = {s.name: rows([[0] * shape[1]] * shape[0]) for s in self.cell.params if (shape := self._shape(s))}
        ordered = tuple(sorted(self.integers.items(), key=lambda item: item[0].key))
        values = tuple(sorted({**blank, name: weight}.items()))
        return self._meets([h], Instance(ordered, values, (), 0, 0, (), (), self.standin, ()))

    def _meets(self, hypotheses: list[Prop], instance: Instance) -> bool | None:
        """Whether hypotheses about the parameters hold at them, without which no run is of use; None: undecidable."""
        try:
            world = World(Claim(And(tuple(hypotheses)), (), self.claim.cell), instance)
            return all(world.holds(h) for h in hypotheses)
        except (Refused, Undefined):
            return None

    def _different(self, plain: Plain, kind: str, cycles: Cycles) -> Iterator[tuple[Cycle, Plain]]:
        """A few of the cycles for each thing that the Jacobian does over them, with it."""
        seen: dict[tuple[int, str], int] = {}
        weight = tuple(map(tuple, plain))
        for cycle, slopes, word in _rounds(self.function, weight, cycles):
            if kind == "nothing" and not (self._rests(cycle[0]) or _stays(self.function, plain, cycle[0])):
                continue
            does = (len(cycle), word)
            if word not in self.words:
                continue
            seen[does] = seen.get(does, 0) + 1
            if seen[does] <= EACH:
                yield cycle, _monodromy(weight, slopes)

    def _rests(self, p: tuple[Fraction, ...]) -> bool:
        """Whether it is tanh at 0, where all weights keep it; of use where no input or bias can do that as well."""
        return self.function == "tanh" and not any(p) and not self.driven

    def _trajectory(self, weight: Rows, kind: str, cycle: Cycle) -> Trajectory | None:
        parameters = {}
        for s in self.cell.params:
            shape = self._shape(s)
            if shape is None:
                return None
            parameters[s.name] = weight if s.name == self.square[0] else rows([[0] * shape[1]] * shape[0])
        made = hold(self.cell, parameters, self.integers, [list(p) for p in cycle], random.Random(0), kind)
        self.driven = self.driven or (kind != "nothing" and made is not None)
        return made

    def _filled(
        self, weight: Rows, made: Trajectory, kind: str, cycle: Cycle, monodromy: Plain | None
    ) -> Iterator[Instance]:
        given = Filling(self.extra, self.hypotheses, self.integers, monodromy)
        ordered = tuple(sorted(self.integers.items(), key=lambda item: item[0].key))
        name = self.square[0]
        for values in islice(fillings(given, {name: weight, **made.parameters}), FILLINGS):
            run: Trajectory | None = made
            if values[name] != weight:  # solved for: the network is another one
                run = self._trajectory(values[name], kind, cycle)
                values |= run.parameters if run is not None else {}
            if run is not None:
                everything = tuple(sorted(values.items()))
                yield Instance(ordered, everything, (), 0, len(cycle), run.initial, run.inputs, self.standin, (), True)

    def _shape(self, s: Sym) -> tuple[int, int] | None:
        at = {v: as_index(i) for v, i in self.integers.items()}
        shape = tuple(substitute(d, at) for d in s.shape or ())
        return (shape[0].const, shape[1].const) if len(shape) == 2 and all(d.is_const for d in shape) else None


def _is_square(s: Sym) -> bool:
    return s.shape is not None and s.shape[0] == s.shape[1] and s.shape[0] != ONE


def _is_for_all(h: Prop) -> bool:
    """Whether it is about all trajectories: then a bound by the weight would decide it."""
    return isinstance(h, ForAllTrajectories)


def _is_static(h: Prop, names: set[str]) -> bool:
    """Whether a hypothesis speaks of some parameters only, and of what it binds itself."""
    bound = {p.var.name for p in walk(h) if isinstance(p, ForAll) and isinstance(p.var, Sym)}
    spoken = [s for s in symbols(h) if s.name not in bound]
    return all(s.role == "free" and s.name in names for s in spoken) and not contains(h, Jac)


def _fixed(function: str, n: int) -> Iterator[Cycle]:
    """Values of the activation (of pre-activations where these are what is chosen), the same for ever."""
    pool: Sequence[Fraction] = SLOPES[function] if n < 3 else SLOPES[function][:4]
    if n > 3:
        return (((p,) * n,) for p in pool)
    return ((p,) for p in product(pool, repeat=n))


def _cycles(function: str, n: int) -> Iterator[Cycle]:
    """Two or three states after each other."""
    wider = (*SLOPES[function], *SMALL.get(function, ()))
    if n == 1:
        yield from (((a,), (b,)) for a in wider for b in wider if a != b)
    if n == 2:
        for a in wider:
            for b in wider:
                if a != b:
                    yield ((a, b), (b, a))
                    yield ((a, a), (b, b))
        for a, b in product(wider[:3], wider):
            if a != b:
                yield ((a, b), (b, a), (a, a))


@lru_cache(maxsize=1024)
def _slope(function: str, p: Fraction) -> Fraction:
    return activate(function, preimage(function, p))[1]


@lru_cache(maxsize=4096)  # a claim, its conditions and its repairs are all tried on the same runs
def _rounds(function: str, weight: Cycle, cycles: Cycles) -> Kept[Round]:
    """The cycles with what the powers of the Jacobian over each do."""

    def made() -> Iterator[Round]:
        known: dict[Any, str] = {}  # by slopes, of which some activations have few
        nearly = [[float(x) for x in row] for row in weight]
        for cycle in cycles(function, len(weight)):
            slopes = tuple(tuple(_slope(function, x) for x in p) for p in (*cycle[1:], cycle[0]))
            floats = tuple(tuple(x.numerator / x.denominator for x in p) for p in slopes)
            if floats not in known:
                known[floats] = glance(nearly, floats) or behaviour(_monodromy(weight, slopes))
            yield cycle, slopes, known[floats]

    return Kept(made())


def _monodromy(weight: Cycle, slopes: Cycle) -> Plain:
    """The product over one period from the first state on."""
    out: Plain | None = None
    for p in slopes:
        step = [[x * w for w in row] for x, row in zip(p, weight, strict=True)]
        out = step if out is None else times(step, out)
    return out or []


def _stays(function: str, weight: Plain, p: tuple[Fraction, ...]) -> bool:
    """Whether the weights alone map a state to its pre-activation, all being rational."""
    if function not in ("relu", "identity"):
        return False
    h = [activate(function, preimage(function, x))[0].rational for x in p]
    return all(
        sum((w * y for w, y in zip(row, h, strict=True)), Fraction(0)) == x for row, x in zip(weight, p, strict=True)
    )
