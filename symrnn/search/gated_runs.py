"""Runs that go on for ever of cells with gates or several state blocks: fixed points and short drives. Untrusted.

What every gate shall be, over one period, is chosen first: rational values, whose pre-activations are exact. The states
follow without the weights, and the first state is the one to which they return: each gated update is affine in the
state, entry by entry, so that two trials show where it stays; zero where that fails. Then the biases are what makes the
gates so, and over a longer period columns of the input's weights, beside inputs 0, e_1, e_2, ...
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any

from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import substitute, symbols, walk
from symrnn.claims.tree import Add, Apply, Pred, Rel, Sym
from symrnn.errors import Refused, Undefined
from symrnn.search.fillings import Filling, fillings
from symrnn.search.named_gates import Gate, driven_by, named_gates
from symrnn.search.pools import matrices, rows
from symrnn.search.solving import solve
from symrnn.search.weights import weights
from symrnn.semantics.instances import Instance, Rows, World
from symrnn.semantics.numbers import Num, activate, as_num, preimage
from symrnn.semantics.settling import flatten
from symrnn.semantics.values import Matrix, Values

VALUES = {  # of a gate, the simplest first; of a function that is not listed, what it is applied to
    "sigmoid": (Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(9, 10), Fraction(1, 10)),
    "hard_sigmoid": (Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(1), Fraction(0)),
    "hard_sigmoid6": (Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(1), Fraction(0)),
    "tanh": (Fraction(0), Fraction(1, 2), Fraction(-1, 2)),
    "relu": (Fraction(1), Fraction(1, 2), Fraction(-1)),
}
NUMBERS = (Fraction(0), Fraction(3))  # of scalars, such as a leak
OTHERS = (Fraction(0), Fraction(1), Fraction(1, 2))
CHOICES = {1: 40, 2: 16}  # of the gates' values, by the period
FIRST = 12  # choices that no weights are tried with, before any are
WIDE = 2  # choices that all weights are tried with
FEW, NARROW = 6, 24  # weights that the others are tried with
MIXED = 24  # weights that are different for every gate
FILLINGS = 8
SINGLE, LIFTED = 200, 3  # networks of one unit, of which these many that meet the hypotheses are made larger
FILLED = 160  # runs of one unit with more to fill in, which differs little there
MOST = {1: 500, 2: 240, 3: 60}  # runs of one size
Integers = dict[Var, int]
Choice = tuple[tuple[Fraction, ...], ...]  # for each gate its values over the period, of the first entry


def gated_runs(
    claim: Claim, cell: Recurrence, integers: Integers, standin: str | None, violating: bool = False
) -> Iterator[Instance]:
    """Runs of a cell at the sizes of ``integers``, in order of the gates' values, then of weights.

    ``violating``: that may violate the claim.
    """
    named, gates = named_gates(cell)
    if set(cell.inputs) != {s for s in cell.inputs if s.name in cell.exogenous}:
        return
    runs = _Runs(claim, named, gates, integers, standin, violating)
    size = max((i for v, i in integers.items() if v.kind == "size"), default=1)
    yield from islice(runs.all(), FILLED if runs.extra and size == 1 else MOST[size])


# ---- runs ------------------------------------------------------------------------------------------------------------


class _Runs:
    """The runs of one network at one size."""

    def __init__(
        self,
        claim: Claim,
        cell: Recurrence,
        gates: tuple[Gate, ...],
        integers: Integers,
        standin: str | None,
        violating: bool,
    ) -> None:
        self.cell, self.gates, self.integers, self.standin = cell, gates, integers, standin
        goal, self.hypotheses = flatten(claim)
        held = {s.name for g in gates for s in (g.weight, g.bias) if s is not None}
        self.free = [s for s in cell.params if s.name not in held]
        spoken = frozenset().union(*(symbols(p) for p in (goal, *self.hypotheses)))
        params = {s.name for s in cell.params}
        self.extra = sorted((s for s in spoken if s.role == "free" and s.name not in params), key=lambda s: s.name)
        names = {s.name for s in self.extra}
        self.claim = claim
        self.about_runs = [h for h in self.hypotheses if not names & {s.name for s in symbols(h)}]
        self.violating = violating
        self.failing = [goal] if violating and not names & {s.name for s in symbols(goal)} else []
        self.equations = any(isinstance(h, Rel) and h.op == "=" for h in self.hypotheses)

    def all(self) -> Iterator[Instance]:
        for choice, parameters in self._lifted():
            yield from self._at(parameters, choice, 1)
        networks = list(self._networks())
        once, twice = (list(islice(self._choices(period), CHOICES[period])) for period in (1, 2))
        stages = (
            (1, once[:FIRST], networks[:1]),
            (2, twice[:FIRST], networks[:1]),
            (1, once[:WIDE], networks),
            (2, twice, networks[:FEW]),
            (1, once[WIDE:], networks[:NARROW]),
            (2, twice, networks[FEW:NARROW]),
        )
        for period, choices, tried in stages:
            for choice in choices:
                for parameters in tried:
                    yield from self._at(parameters, choice, period)

    def _lifted(self) -> Iterator[tuple[Choice, dict[str, Rows]]]:
        """Networks of units all alike, each driven by the mean of all or by itself, that do what one unit was seen to.

        One unit that meets the hypotheses and violates the goal, as far as these do not speak of what is filled in.
        """
        asked = (*self.about_runs, *self.failing)
        limits = any(isinstance(n, Pred) and n.var is not None for p in asked for n in walk(p))
        if not limits or not self.extra or all(i == 1 for v, i in self.integers.items() if v.kind == "size"):
            return
        single = tuple((v, 1 if v.kind == "size" else i) for v, i in self.integers.items())
        for choice, parameters in _single_units(
            self.claim, self.cell, self.gates, single, self.standin, self.violating
        ):
            for mean in (True, False):
                yield choice, {s.name: self._spread(s, parameters[s.name], mean) for s in self.free}

    def _spread(self, s: Sym, single: Rows, mean: bool) -> Rows:
        if s.shape is None:
            return single
        (height, width), x = self._shape(s), single[0][0]
        share, zero = x * Fraction(1, width), as_num(0)
        return self._fitting(
            s, tuple(tuple(share if mean else x if i == j else zero for j in range(width)) for i in range(height))
        )

    def telling(self) -> Iterator[tuple[Choice, dict[str, Rows]]]:
        """Fixed points, as the values of the gates and the weights, at which the claim may fail, as far as is seen."""
        choices, networks = islice(self._choices(1), WIDE), list(self._networks())
        for choice, parameters in islice(product(choices, networks), SINGLE):
            found = next(self._at(parameters, choice, 1), None)
            if found is not None and self._meets(found):
                yield choice, parameters

    # ---- weights ----

    def _networks(self) -> Iterator[dict[str, Rows]]:
        """Values of all that is no gate's weight or bias: one matrix at a time first, then all alike, then mixed."""
        square = [s for s in self.free if self._shape(s)[0] == self._shape(s)[1] and s.shape not in (None, (ONE, ONE))]
        columns = [s for s in self.free if self._shape(s)[0] > 1 == self._shape(s)[1]]
        size = max((self._shape(s)[0] for s in (*square, *columns)), default=1)
        pool = [rows(m) for m in weights(size, True)] if size in (1, 2, 3) else []
        pool = [m for m in pool if any(x != as_num(0) for row in m for x in row)]
        nothing = {s.name: self._simple(s) for s in self.free}
        numbers = [s for s in self.free if s.shape is None]
        rng = random.Random(f"{self.cell.name} {size}")
        tried: list[dict[str, Rows]] = [nothing]
        tried += [{**nothing, s.name: rows([[x]])} for s in numbers for x in NUMBERS]
        for m in pool:
            tried += [{**nothing, s.name: m} for s in square if len(m) == self._shape(s)[0]]
            along = tuple((row[i],) for i, row in enumerate(m))  # a column does what it does on a diagonal
            tried += [{**nothing, s.name: along} for s in columns if len(m) == self._shape(s)[0]]
            if len(square) > 1:
                tried.append({**nothing, **{s.name: m for s in square if len(m) == self._shape(s)[0]}})
        for _ in range(MIXED if len(square) > 1 and pool else 0):
            tried.append({**nothing, **{s.name: pool[rng.randrange(len(pool))] for s in square}})
        seen: set[tuple[tuple[str, Rows], ...]] = set()
        for made in tried:
            for s in self.free:
                made[s.name] = self._fitting(s, made[s.name])
            if self.equations:
                known = {s.name: s for s in (*self.cell.params, *self.extra)}
                blank = {s.name: self._zero(s) for s in self.cell.params}
                solved: dict[str, Rows] = {**blank, **made}
                solve(solved, {}, self.hypotheses, self.integers, known, random.Random(0))
                made = {name: solved[name] for name in made}
            key = tuple(sorted(made.items()))
            if key not in seen:
                seen.add(key)
                yield made

    def _simple(self, s: Sym) -> Rows:
        """What a parameter is that is not looked at: 0, a scalar 1/2."""
        return rows([[Fraction(1, 2)]]) if s.shape is None else self._zero(s)

    def _zero(self, s: Sym) -> Rows:
        height, width = self._shape(s)
        return rows([[0] * width] * height)

    def _fitting(self, s: Sym, m: Rows) -> Rows:
        """The same with the declared properties."""
        if "diagonal" in s.props or "scalar" in s.props:
            return tuple(tuple(x if i == j else as_num(0) for j, x in enumerate(row)) for i, row in enumerate(m))
        if s.props and s.shape is not None:
            height, width = self._shape(s)
            return next(matrices(height, width, frozenset(s.props), random.Random(s.name)))
        return m

    def _shape(self, s: Sym) -> tuple[int, int]:
        at = {v: as_index(i) for v, i in self.integers.items()}
        height, width = (substitute(d, at).const for d in s.shape or (ONE, ONE))
        return height, width

    # ---- gates ----

    def _choices(self, period: int) -> Iterator[Choice]:
        """Values of the gates, those near the beginnings of the pools first; over a longer period not all the same."""
        pools = [VALUES.get(g.function, OTHERS) for g in self.gates]
        indices = [range(min(len(p), 4)) for p in pools]
        for found in sorted(islice(product(*indices), 4096), key=lambda c: (sum(c), c)):
            if period == 1:
                yield tuple((p[i],) for p, i in zip(pools, found, strict=True))
            elif any(found):
                yield tuple(
                    (p[i], p[0]) if g % 2 else (p[0], p[i]) for g, (p, i) in enumerate(zip(pools, found, strict=True))
                )

    def _at(self, parameters: dict[str, Rows], choice: Choice, period: int) -> Iterator[Instance]:
        given = Filling(self.extra, self.hypotheses, self.integers, None)
        useless: set[bool] = set()  # runs, turned or not, that fail a hypothesis whatever it is filled with
        for values in islice(fillings(given, parameters), FILLINGS) if self.extra else [parameters]:
            for turned in (False, True) if any(self._shape(b) not in ((1, 1),) for b in self.cell.states) else (False,):
                if turned in useless:
                    continue
                run = Simulation(self.cell, self.gates, values, self.integers, choice, turned)
                made = run.made(period)
                if made is None:
                    continue
                initial, inputs, chosen = made
                everything = tuple(sorted({**values, **chosen}.items()))
                ordered = tuple(sorted(self.integers.items(), key=lambda item: item[0].key))
                instance = Instance(ordered, everything, (), 0, period, initial, inputs, self.standin, (), True)
                yield instance
                if self.extra and not self._meets(instance):
                    useless.add(turned)

    def _meets(self, instance: Instance) -> bool:
        """Whether the hypotheses hold, and the goal fails, that do not speak of what is filled in."""
        try:
            world = World(self.claim, instance)
            return all(world.holds(h) for h in self.about_runs) and not any(world.holds(p) for p in self.failing)
        except (Refused, Undefined):
            return False


@lru_cache(maxsize=64)
def _single_units(
    claim: Claim,
    cell: Recurrence,
    gates: tuple[Gate, ...],
    integers: tuple[tuple[Var, int], ...],
    standin: str | None,
    violating: bool,
) -> list[tuple[Choice, dict[str, Rows]]]:
    return list(islice(_Runs(claim, cell, gates, dict(integers), standin, violating).telling(), LIFTED))


Made = tuple[tuple[tuple[str, Rows], ...], tuple[tuple[str, tuple[Rows, ...]], ...], dict[str, Rows]]


class Simulation:
    """A cell whose gates have given values over a period; ``turned``: others for every entry of a vector."""

    def __init__(
        self,
        cell: Recurrence,
        gates: tuple[Gate, ...],
        parameters: dict[str, Rows],
        integers: Integers,
        choice: Choice,
        turned: bool,
    ) -> None:
        self.cell, self.gates, self.choice, self.turned = cell, gates, choice, turned
        self.parameters = dict(parameters)
        self.integers = {v: as_index(i) for v, i in integers.items()}
        self.now: dict[tuple[str, int], Matrix] = {}

    def made(self, period: int, first: Mapping[str, Matrix] | None = None) -> Made | None:
        """First states, inputs and the gates' weights and biases; None where this makes no run.

        With ``first`` states a run of that many steps, which need not return to them.
        """
        try:
            return self._made(period, first)
        except (Refused, Undefined, KeyError, IndexError, ZeroDivisionError):
            return None

    def _made(self, period: int, first: Mapping[str, Matrix] | None) -> Made | None:
        wanted = [self._wanted(g, values, period) for g, values in zip(self.gates, self.choice, strict=True)]
        inputs = self._inputs(period)
        if first is None:
            self._settle(period)
        else:
            self.now |= {(name, 0): value for name, value in first.items()}
        run = {b.name: [self._symbol(_member(b, at)) for at in range(period + 1)] for b in self.cell.states}
        if first is None and any(states[0] != states[-1] for states in run.values()):
            return None
        chosen: dict[str, Rows] = {}
        for g, targets in zip(self.gates, wanted, strict=True):
            needs = [_minus(target, self._rest(g, at + 1)) for at, target in enumerate(targets)]
            found = self._steered(g, needs)
            if found is None:
                return None
            chosen |= found
        return tuple((b.name, run[b.name][0]) for b in self.cell.states), inputs, chosen

    def _wanted(self, g: Gate, values: Sequence[Fraction], period: int) -> list[list[Num]]:
        """The pre-activations of a gate, whose values are put in place."""
        count, pool = self._height(g.value), VALUES.get(g.function, OTHERS)
        out = []
        for at in range(1, period + 1):
            first = values[(at - 1) % len(values)]
            moved = [pool[(pool.index(first) + i * self.turned) % len(pool)] for i in range(count)]
            pre = [preimage(g.function, p) for p in moved]
            self.now[g.value.name, at] = tuple((activate(g.function, a)[0],) for a in pre)
            out.append(pre)
        return out

    def _settle(self, period: int) -> None:
        """First states to which the run returns, block by block as far as they depend on each other."""
        blocks = list(self.cell.states)
        while blocks:
            done = [b for b in blocks if self._settled(b, period)]
            blocks = [b for b in blocks if b not in done]
            if not done:
                for b in blocks:
                    self.now[b.name, 0] = ((as_num(0),),) * self._height(b)
                return

    def _settled(self, block: Sym, period: int) -> bool:
        """Whether the update over the period is seen to be x -> a x + b, entry by entry; then x = b / (1 - a)."""
        trials = []
        for x in range(3):
            try:
                trials.append([as_num(row[0]) for row in self._after(block, period, x)])
            except (Refused, Undefined, KeyError):
                break
        if trials and len(trials) < 3 and all(x == as_num(0) for x in trials[0]):
            self.now[block.name, 0] = ((as_num(0),),) * self._height(block)  # it stays at 0; elsewhere it is not exact
            return True
        if len(trials) < 3:
            return False
        states = []
        for low, middle, high in zip(*trials, strict=True):
            slope = middle - low
            if slope.logs or high - middle != slope:
                return False
            gap = 1 - slope.rational
            if gap == 0 and low != as_num(0):
                return False
            states.append((low * (1 / gap) if gap else as_num(0),))
        self.now[block.name, 0] = tuple(states)
        return True

    def _after(self, block: Sym, period: int, first: int) -> Matrix:
        """A block after the period, from first states that are all the same."""
        kept = dict(self.now)
        try:
            self.now[block.name, 0] = ((as_num(first),),) * self._height(block)
            return self._symbol(_member(block, period))
        finally:
            self.now = kept

    def _inputs(self, period: int) -> tuple[tuple[str, tuple[Rows, ...]], ...]:
        """0, e_1, e_2, ... where every gate has a bias, else e_1, e_2, ..."""
        out = []
        for s in self.cell.inputs:
            m, first = self._height(s), int(any(g.bias is None for g in self.gates if g.input is not None))
            run = []
            for at in range(1, period + 1):
                lit = at - 2 + first
                if lit >= m:
                    raise Refused("too few inputs for so long a period")
                value = tuple((as_num(int(i == lit)),) for i in range(m))
                self.now[s.name, at] = value
                run.append(value)
            out.append((s.name, tuple(run)))
        return tuple(sorted(out))

    def _steered(self, g: Gate, needs: list[list[Num]]) -> dict[str, Rows] | None:
        """The weight and bias of a gate that give its pre-activations what they need besides the rest."""
        out: dict[str, Rows] = {}
        unbiased = any(other.bias is None for other in self.gates if other.input is not None)
        zero = [as_num(0)] * len(needs[0])
        bias = zero if g.bias is None or (unbiased and g.weight is not None) else needs[0]
        if g.bias is not None:
            out[g.bias.name] = tuple((x,) for x in bias)
        if g.weight is None:
            return out if all(need == bias for need in needs) else None
        columns = [_minus(need, bias) for need in (needs if unbiased else needs[1:])]
        width = self._width(g.weight)
        columns += [zero] * (width - len(columns))
        out[g.weight.name] = tuple(zip(*columns, strict=True))
        return out

    def _rest(self, g: Gate, at: int) -> list[Num]:
        """A pre-activation without the gate's weight and bias."""
        parts = g.inner.args if isinstance(g.inner, Add) else (g.inner,)
        kept = tuple(
            p for p in parts if p != g.bias and not (g.weight is not None and driven_by(p) == (g.weight, g.input))
        )
        if not kept:
            return [as_num(0)] * self._height(g.value)
        value = self._values().matrix(substitute(Add(kept), {self.cell.time: as_index(at)}))
        return [as_num(x) for row in value for x in row]

    # ---- values ----

    def _height(self, s: Sym) -> int:
        return self._size(s, 0)

    def _width(self, s: Sym) -> int:
        return self._size(s, 1)

    def _size(self, s: Sym, which: int) -> int:
        found = substitute((s.shape or (ONE, ONE))[which], self.integers)
        return int(found.const)

    def _values(self) -> Values:
        return Values(self.integers, self._symbol, self._activation, _no_jacobian)

    def _symbol(self, s: Sym) -> Matrix:
        if s.role == "free":
            return self.parameters[s.name]
        at = s.index[0].const
        if (s.name, at) not in self.now:
            definition = self.cell.definition(s.name, s.index[0]) if at > 0 else None
            if definition is None:
                raise Refused(f"{s} is not known yet")
            self.now[s.name, at] = self._values().matrix(definition)
        return self.now[s.name, at]

    def _activation(self, t: Apply) -> Matrix:
        return tuple(tuple(activate(t.function, as_num(x))[t.order] for x in r) for r in self._values().matrix(t.arg))


def _no_jacobian(t: Any) -> Matrix:
    raise Refused("no Jacobian in an update")


def _member(head: Sym, time: int) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


def _minus(a: list[Num], b: list[Num]) -> list[Num]:
    return [x - y for x, y in zip(a, b, strict=True)]
