"""Instances: enumerated in order of size, from structured families; the kernel's world decides each. Untrusted.

Used to refute (hypotheses hold, the conclusion fails), to show that hypotheses can hold together, and to sample.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, product

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.claims.shapes import ONE, rows_used
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Entry, ForAll, IndexRel, Pred, Prop, Sym
from symrnn.errors import Refused, Undefined
from symrnn.search.orbits import is_about_all_times, lasting_instances, periodic_instances, speaks_of_limits
from symrnn.search.pools import integers_fit, matrices, rows
from symrnn.search.solved_runs import solved_instances, uncoupled, with_room
from symrnn.search.solving import solve
from symrnn.search.spans import span
from symrnn.search.telling import is_spectral, telling
from symrnn.search.trajectories import PLANS, Trajectory, plan
from symrnn.search.weights import weights
from symrnn.semantics.instances import Instance, Rows, World
from symrnn.semantics.numbers import as_num
from symrnn.semantics.settling import flatten, numeric_bound
from symrnn.semantics.values import LARGEST, multiply

SIZES, LAGS = 4, 5
TRIES = {0: 96, 1: 12, 2: 48, 3: 24, 4: 8}  # draws per choice of sizes and lags, by the largest size (0: numbers alone)
MOST = 2400  # instances in one search
BETTER = 48  # instances after the first that violates a claim, among which one is looked for that says more
BESIDE = 24  # instances as small as one that is known, among which a simpler one is looked for
QUICK = 5  # instances in a first look
NUMBERS = 9  # of which any two are tried together
SETTINGS = 16  # sizes and lags seen for one
LASTING = 24  # runs that go on, looked at before those that end
ENDED = 96  # runs that end, where something is said of all times, after which those are tried that go on
STANDINS = ("sigmoid", "tanh", "identity", "relu")


@dataclass
class Tally:
    """How much was tried; ``most`` is how many instances may be."""

    candidates: int = 0
    met: int = 0  # of them, those that meet the hypotheses
    silent: int = 0  # of them, those at which nothing could be evaluated, for the reason ``why``
    why: str = ""
    most: int = MOST


def refute(
    claim: Claim, tally: Tally, proved: tuple[tuple[Var, int], ...] = (), known: Instance | None = None
) -> Instance | None:
    """The first instance, in order of size then lag, that meets the hypotheses and violates the conclusion.

    ``proved``: values of variables at which the claim is known to hold; they are passed over. ``known``: an instance
    that does so; a smaller one is looked for, or a simpler one as small, and this one given if there is none.
    """
    first: Instance | None = None
    beside = BESIDE
    more, ended = BETTER if is_spectral(claim) else 0, 0
    # "for all times" cannot be met by a run that ends
    lasting = () if known is not None else lasting_instances(claim, 1)
    for world in chain(worlds(claim, tally, proved, violating=True), _made(claim, lasting, tally)):
        if first is not None and (more == 0 or world.instance.integers != first.integers):
            break
        if first is None and known is not None and not _smaller(world.instance, known):
            beside -= 1
            if beside < 0 or _smaller(known, world.instance):
                break
        more -= first is not None
        try:
            if world.hypotheses_hold():
                tally.met += 1
                if not world.conclusion_holds():
                    if not is_spectral(claim) or telling(world):
                        return world.instance
                    first = first or world.instance
        except (Refused, Undefined) as error:
            tally.silent, tally.why = tally.silent + 1, str(error)
            ended += tally.why.endswith("the run ends")
            if ended == ENDED:  # those that go on come next
                tally.most = min(tally.most, tally.candidates)
    return first or known


def _smaller(one: Instance, other: Instance) -> bool:
    """Whether an instance has a lesser size, or the same and lesser lags."""
    sizes = [max((i for v, i in x.integers if v.kind == "size"), default=0) for x in (one, other)]
    lags = [sum(i for v, i in x.integers if v.kind == "lag") for x in (one, other)]
    return (sizes[0], lags[0]) < (sizes[1], lags[1])


def violating(claim: Claim, instances: Iterable[Instance]) -> Instance | None:
    """The first of some instances that meets the hypotheses and violates the conclusion."""
    return next((world.instance for world in _made(claim, instances, Tally()) if _violates(world)), None)


def _violates(world: World) -> bool:
    try:
        return world.hypotheses_hold() and not world.conclusion_holds()
    except (Refused, Undefined):
        return False


def glimpse(claim: Claim) -> Instance | None:
    """The first of a few instances at size 2 that meets the hypotheses and violates the conclusion."""
    return next((world.instance for world in glimpses(claim) if _violates(world)), None)


def glimpses(claim: Claim) -> Iterator[World]:
    """Worlds of the claim at size 2, with each lag above its least value where that is soon met."""
    goal, hypotheses = flatten(claim)
    variables = sorted(frozenset().union(*(free_vars(p) for p in (goal, *hypotheses))), key=lambda v: v.key)
    cell_vars = free_vars(claim.cell) if claim.cell is not None else frozenset()
    sizes = {v: max(2, v.low or 1) for v in {*variables, *cell_vars} if v.kind == "size"}
    fixed = fixed_values({*variables, *cell_vars}, hypotheses)
    sizes |= {v: i for v, i in fixed.items() if v.kind == "size"}
    others = [v for v in variables if v.kind != "size"]
    choices = _lag_choices(others, sizes, hypotheses, goal) if integers_fit(sizes, hypotheses) else ()
    settings = list(islice(choices, SETTINGS))
    lags = [v for v in others if v.kind == "lag" and v not in fixed]
    above = [x for x in settings if all(x[v] > settings[0][v] for v in lags)] if len(lags) > 1 else []
    for integers in (*above[:1], *settings[:2][-1:]):
        yield from islice(_candidates(claim, goal, hypotheses, integers, Tally()), QUICK)


def witness(claim: Claim, tally: Tally) -> Instance | None:
    """An instance that meets the hypotheses, with sizes of at least 2 unless they are fixed: others show too little."""
    goal, hypotheses = flatten(claim)
    fixed = fixed_values(free_vars(goal), hypotheses)
    least = 2 if any(v.kind == "size" for v in set(free_vars(goal)) - {*fixed}) else 1
    simplest = _made(claim, (world.instance for c in uncoupled(claim) for world in glimpses(c)), Tally())
    lasting = _made(claim, lasting_instances(claim, least), tally)
    early = LASTING if any(map(is_about_all_times, hypotheses)) else 0
    for world in chain(simplest, islice(lasting, early), worlds(claim, tally, least=least), lasting):
        sizes = [(v, n) for v, n in world.instance.integers if v.kind == "size" and v in free_vars(goal)]
        try:
            if all(n >= 2 or v in fixed for v, n in sizes) and world.hypotheses_hold():
                return world.instance
        except (Refused, Undefined):
            continue
    return None


def _made(claim: Claim, instances: Iterable[Instance], tally: Tally) -> Iterator[World]:
    for instance in instances:
        tally.candidates += 1
        try:
            yield World(claim, instance)
        except (Refused, Undefined):
            continue


def worlds(
    claim: Claim, tally: Tally, proved: tuple[tuple[Var, int], ...] = (), least: int = 1, violating: bool = False
) -> Iterator[World]:
    """Worlds of the claim, by sizes, then lags, then candidates; none with a size in the goal below ``least``."""
    goal, hypotheses = flatten(claim)
    variables = sorted(frozenset().union(*(free_vars(p) for p in (goal, *hypotheses))), key=lambda v: v.key)
    cell_vars = free_vars(claim.cell) if claim.cell is not None else frozenset()
    sizes = [v for v in sorted({*variables, *cell_vars}, key=lambda v: v.key) if v.kind == "size"]
    spoken = [v for v in sizes if v in variables] or sizes
    if speaks_of_limits(claim):
        yield from _made(
            claim, islice(periodic_instances(claim, variables, least, violating, proved), tally.most), tally
        )
        return
    asked = free_vars(goal) - {*fixed_values(free_vars(goal), hypotheses)}
    for assignment in _size_choices(spoken, hypotheses):
        if any(n < least for v, n in assignment.items() if v in asked):
            continue
        assignment |= {v: max(assignment.values()) for v in sizes if v not in assignment}
        for integers in _lag_choices([v for v in variables if v.kind != "size"], assignment, hypotheses, goal):
            if any(integers.get(v) == i for v, i in proved):
                continue
            yield from _candidates(claim, goal, hypotheses, integers, tally)
            if tally.candidates > tally.most:
                return


def _size_choices(sizes: list[Var], hypotheses: tuple[Prop, ...]) -> Iterator[dict[Var, int]]:
    """Sizes with all equal first, in order of the largest; those that hypotheses ask for may be larger than others."""
    if not sizes:
        yield {}
        return
    fixed = fixed_values(sizes, hypotheses)
    least = [b[1] for h in hypotheses if (b := numeric_bound(h)) is not None and b[0] in sizes]
    largest = min(LARGEST, max(SIZES, *fixed.values(), *least)) if fixed or least else SIZES
    for n in range(1, largest + 1):
        for others in _around([fixed.get(v) for v in sizes[-2::-1]], n):
            choice = dict(zip(sizes[::-1], (n, *others), strict=True))
            if integers_fit(choice, hypotheses):
                yield choice


def _around(fixed: list[int | None], n: int) -> Iterator[tuple[int, ...]]:
    """Values of further sizes: those that are fixed, n, and small ones."""
    if not fixed:
        yield ()
        return
    for m in (n, *(x for x in range(1, 4) if x != n)) if fixed[0] is None else (fixed[0],):
        for rest in _around(fixed[1:], n):
            yield (m, *rest)


def _lag_choices(
    others: list[Var], sizes: dict[Var, int], hypotheses: tuple[Prop, ...], goal: Prop
) -> Iterator[dict[Var, int]]:
    """Lags in order, then times far enough from the start; running indices at 1 and 2."""
    bounds = {b[0]: b[1] for h in hypotheses if (b := numeric_bound(h)) is not None}
    lags = [v for v in others if v.kind == "lag"]
    fixed = fixed_values(others, hypotheses)
    rows_and_columns = {
        v
        for p in (goal, *hypotheses)
        for t in walk(p)
        if isinstance(t, Entry)
        for v in free_vars(t.row) | free_vars(t.col)
    }
    limit = max([LAGS, *(x + 1 for x in fixed.values())])
    for total in range(limit * max(1, len(lags)) + 1):
        for chosen in _summing(lags, total, bounds, fixed):
            integers = {**sizes, **chosen}
            free = [v for v in others if v.kind != "lag"]
            positions = [v for v in free if v in rows_and_columns]
            times = [v for v in free if v not in rows_and_columns]
            for where in _positions(positions, max(sizes.values(), default=1)):
                made = {**integers, **where, **{v: 2 * limit + 3 + i for i, v in enumerate(times)}}
                made = {**made, **{v: x for v, x in fixed.items() if v in free}}
                if integers_fit(made, hypotheses):
                    yield made


def fixed_values(others: Collection[Var], hypotheses: tuple[Prop, ...]) -> dict[Var, int]:
    """The variables that an equation among the hypotheses gives a number."""
    out: dict[Var, int] = {}
    for h in hypotheses:
        if isinstance(h, IndexRel) and h.op == "=":
            gap = h.lhs - h.rhs
            if len(gap.terms) == 1 and abs(gap.terms[0][1]) == 1 and gap.terms[0][0] in others:
                out[gap.terms[0][0]] = -gap.const * gap.terms[0][1]
    return out


def _summing(lags: list[Var], total: int, bounds: dict[Var, int], fixed: dict[Var, int]) -> Iterator[dict[Var, int]]:
    """Values of the lags above their least ones that add up to ``total``."""
    if not lags:
        if total == 0:
            yield {}
        return
    v, rest = lags[0], lags[1:]
    if v in fixed:
        for others in _summing(rest, total, bounds, fixed):
            yield {v: fixed[v], **others}
        return
    low = bounds.get(v, v.low or 0)
    for extra in range(min(total, LAGS) + 1):
        for others in _summing(rest, total - extra, bounds, fixed):
            yield {v: low + extra, **others}


def _positions(variables: list[Var], n: int) -> Iterator[dict[Var, int]]:
    if not variables:
        yield {}
        return
    for i in range(1, n + 1):
        for rest in _positions(variables[1:], n):
            yield {variables[0]: i, **rest}


# ---- candidates ----


def _candidates(
    claim: Claim, goal: Prop, hypotheses: tuple[Prop, ...], integers: dict[Var, int], tally: Tally
) -> Iterator[World]:
    rng = random.Random(f"{sorted((v.name, i) for v, i in integers.items())}")
    free = {s for p in (goal, *hypotheses) for s in symbols(p) if s.role == "free"}
    cell = claim.cell
    moving = any(s.role != "free" for p in (goal, *hypotheses) for s in symbols(p))
    if cell is not None:
        free |= set(cell.params)
    ends = span(goal, hypotheses, integers) if moving else (0, 0)
    integers = with_room(claim, integers, ends[1] - ends[0])
    order = sorted(free, key=lambda s: s.key)
    properties = {s: frozenset(s.props) | _assumed(s, hypotheses) for s in order}
    streams = [_stream(s, properties[s], integers, rng) for s in order]
    still = {v for p in (goal, *hypotheses) for v, _ in rows_used(p)}  # rows and columns are no times
    first = min(0, ends[0])  # below 0 only where times are absolute, and cannot be moved
    shifted = {
        v: i - ends[0] + first if v.kind not in ("size", "lag") and v not in still else i for v, i in integers.items()
    }
    tries = TRIES[min(SIZES, max((i for v, i in integers.items() if v.kind == "size"), default=0))]
    if is_spectral(claim):
        streams = [_with_weights(s, v, properties[s]) for s, v in zip(order, streams, strict=True)]
        tries = tries * 4
    for number, values in enumerate(islice(_draws(streams, rng, is_spectral(claim)), tries)):
        chosen = dict(zip(order, values, strict=True))
        for instance in _instances(claim, chosen, hypotheses, shifted, ends[1] - ends[0], moving, rng, number, first):
            tally.candidates += 1
            try:
                yield World(claim, instance)
            except (Refused, Undefined):
                continue


def _stream(s: Sym, properties: frozenset[str], integers: dict[Var, int], rng: random.Random) -> list[Rows]:
    shape = s.shape or (ONE, ONE)
    n, m = (substitute(d, {v: as_index(i) for v, i in integers.items()}).const for d in shape)
    return _drawn(s.name, n, m, properties)


@lru_cache(maxsize=1024)
def _drawn(name: str, n: int, m: int, properties: frozenset[str]) -> list[Rows]:
    return list(islice(matrices(n, m, properties, random.Random(f"{name} {n} {m}")), 64))


def _with_weights(s: Sym, stream: list[Rows], properties: frozenset[str]) -> list[Rows]:
    """The values of a square matrix, with some whose eigenvalues say little of them after the first few."""
    n = len(stream[0])
    if properties or len(stream[0][0]) != n or n not in (2, 3) or s.family:
        return stream
    known = [m for m in weights(n, False) if max(abs(x) for row in m for x in row) in (2, 4)]
    return [*stream[:16], *map(rows, known[:24]), *stream[16:40]]


def _draws(streams: list[list[Rows]], rng: random.Random, opposed: bool = False) -> Iterator[tuple[Rows, ...]]:
    """All symbols at their simple values, staggered so that they differ, then at random.

    ``opposed``: also each beside its transpose, in which eigenvalues and norms of sums and products show.
    """
    yield from _simply(streams)
    if len(streams) == 2 and all(len(s[0]) == len(s[0][0]) == 1 for s in streams):  # two numbers: each with each
        yield from product(*(list(dict.fromkeys(s))[:NUMBERS] for s in streams))
    for i in range(12 if opposed and len(streams) > 1 else 0):
        first = streams[0][i % len(streams[0])]
        turned = tuple(zip(*first, strict=True))
        fits = len(first) == len(first[0])
        yield (first, *(turned if fits and len(s[0]) == len(turned) == len(s[0][0]) else s[0] for s in streams[1:]))
    for i in range(40 if opposed else 0):
        yield tuple(s[(i * (j + 1)) % len(s)] for j, s in enumerate(streams))
    while True:
        yield tuple(s[rng.randrange(len(s))] for s in streams)


def _simply(streams: list[list[Rows]]) -> Iterator[tuple[Rows, ...]]:
    for i in range(6):
        yield tuple(s[(i + j) % len(s)] for j, s in enumerate(streams))
    for i in range(3):
        yield tuple(s[i] for s in streams)


def _assumed(s: Sym, hypotheses: tuple[Prop, ...]) -> frozenset[str]:
    out = set()
    for h in hypotheses:
        while isinstance(h, ForAll):
            h = h.body
        if isinstance(h, Pred) and isinstance(h.arg, Sym) and h.arg.head.name == s.name and h.name != "invertible":
            out.add(h.name)
    return frozenset(out)


def _instances(
    claim: Claim,
    chosen: dict[Sym, Rows],
    hypotheses: tuple[Prop, ...],
    integers: dict[Var, int],
    steps: int,
    moving: bool,
    rng: random.Random,
    number: int,
    first: int = 0,
) -> Iterator[Instance]:
    standins: list[str | None] = [None]
    if any(f not in FACTS for f in activations_of(claim)):
        standins = list(STANDINS[:2]) if number % 3 else list(STANDINS)
    fixed, families = _split(claim, chosen, hypotheses, integers, rng)
    for standin in standins:
        bare = tuple(sorted(fixed.items()))
        if not moving or claim.cell is None:
            yield _instance(integers, bare, families, 0, 0, (), (), standin, ())
            continue
        cell = claim.cell
        for f in activations_of(claim):
            if f not in FACTS and standin is not None:
                cell = with_activation(cell, f, standin)  # type: ignore[assignment]
        for name in PLANS:
            made = plan(cell, name, fixed, integers, steps, rng, number % 5)
            if made is None:
                continue
            everything = {**fixed, **made.parameters}
            feedback = tuple(
                (
                    s.name,
                    rows([[(i == j) + 0 for j in range(_length(claim, integers))] for i in range(_rows(s, integers))]),
                )
                for s in cell.inputs
                if s.name not in cell.exogenous
            )
            inputs = _less_feedback(made, feedback)
            yield _instance(
                integers,
                tuple(sorted(everything.items())),
                families,
                first,
                first + steps,
                made.initial,
                inputs,
                standin,
                feedback,
            )
            if name == "gates" and number == 0:
                yield from solved_instances(claim, cell, everything, integers, steps, number % 5, standin)
            if name == "inputs":
                break


def _instance(
    integers: dict[Var, int],
    fixed: tuple[tuple[str, Rows], ...],
    families: tuple[tuple[str, tuple[Rows, ...]], ...],
    start: int,
    stop: int,
    initial: tuple[tuple[str, Rows], ...],
    inputs: tuple[tuple[str, tuple[Rows, ...]], ...],
    standin: str | None,
    feedback: tuple[tuple[str, Rows], ...],
) -> Instance:
    ordered = tuple(sorted(integers.items(), key=lambda item: item[0].key))
    return Instance(ordered, fixed, families, start, stop, initial, inputs, standin, feedback)


def _rows(s: Sym, integers: dict[Var, int]) -> int:
    shape = s.shape or (ONE, ONE)
    return max(int(substitute(d, {v: as_index(i) for v, i in integers.items()}).const) for d in shape)


def _length(claim: Claim, integers: dict[Var, int]) -> int:
    return _rows(claim.cell.states[0], integers) if claim.cell is not None else 1


def _less_feedback(
    made: Trajectory, feedback: tuple[tuple[str, Rows], ...]
) -> tuple[tuple[str, tuple[Rows, ...]], ...]:
    """The inputs less what the feedback already gives."""
    back = dict(feedback)
    return tuple(
        (
            name,
            tuple(
                tuple(
                    tuple(as_num(x) - y for x, y in zip(r, s, strict=True))
                    for r, s in zip(u, multiply(back[name], h), strict=True)
                )
                for u, h in zip(run, made.first_block, strict=True)
            )
            if name in back
            else run,
        )
        for name, run in made.inputs
    )


def _split(
    claim: Claim,
    chosen: dict[Sym, Rows],
    hypotheses: tuple[Prop, ...],
    integers: dict[Var, int],
    rng: random.Random,
) -> tuple[dict[str, Rows], tuple[tuple[str, tuple[Rows, ...]], ...]]:
    """Constants by name and families as periodic sequences, with simple equations among hypotheses solved."""
    fixed = {s.name: m for s, m in chosen.items() if not s.family}
    families: dict[str, tuple[Rows, ...]] = {}
    for s, m in chosen.items():
        if s.family:
            properties = frozenset(s.props) | _assumed(s, hypotheses)
            more = _stream(s, properties, integers, rng)
            period = 3
            start = rng.randrange(len(more))
            families[s.name] = (m, *(more[(start + i * 5) % len(more)] for i in range(1, period)))
    known = {s.name: _with_assumed(s, hypotheses) for s in chosen}
    solve(fixed, families, hypotheses, integers, known, rng)
    return fixed, tuple(sorted(families.items()))


def _with_assumed(s: Sym, hypotheses: tuple[Prop, ...]) -> Sym:
    return Sym(s.name, s.shape, s.role, tuple(sorted({*s.props, *_assumed(s, hypotheses)})), s.index, s.family)
