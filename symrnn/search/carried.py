"""A counterexample carried over to another activation. Untrusted.

Along a run only the slopes D_t of the activation enter the Jacobians, as D_t W. Another activation with slopes D_t / R,
R a constant diagonal matrix, has the same Jacobians with the weight R W; states of those slopes are exact where a
square root is, and inputs (or the bias) drive the network through them. Where the state itself is what the activation
is applied to, the Jacobians are W D_t, and the weight is W R.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product

from symrnn.claims.activations import FACTS
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim, Recurrence, with_activation
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import Apply, Sym, Term
from symrnn.errors import Refused, Undefined
from symrnn.records import replace
from symrnn.search.pools import SLOPES, square_root
from symrnn.search.trajectories import Trajectory, drives, hold, through
from symrnn.semantics.instances import Instance, Rows, World
from symrnn.semantics.numbers import activate, preimage, rational_of

MOST = 12  # scales of the weight that are tried
Slopes = list[list[Fraction]]  # by time, then by row


def carried(claim: Claim, instance: Instance, used: str, other: str) -> Iterator[Instance]:
    """Instances for the claim with ``other`` in place of the activation ``used``, whose Jacobians are the same."""
    cell = claim.cell
    if cell is None or len(cell.states) != 1 or not {used, other} <= set(SLOPES) or instance.stop == instance.start:
        return
    argument, inside = _argument(cell, used)
    slopes = _slopes(claim, instance, argument, used, inside)
    weight = next((s.name for s in cell.params if _is_recurrent(s)), "")
    known, changed = dict(instance.matrices), with_activation(cell, used, other)
    if not slopes or weight not in known or not isinstance(changed, Recurrence):
        return
    for scale, states in islice(_scales(slopes, used, other), MOST):
        parameters = {**known, weight: _scaled(known[weight], scale, inside)}
        run = _run(changed, parameters, instance, states, inside, [SLOPES[other][0]] * len(scale))
        if run is not None:
            yield replace(
                instance,
                matrices=tuple(sorted({**parameters, **run.parameters}.items())),
                start=0,
                stop=instance.stop - instance.start,
                initial=run.initial,
                inputs=run.inputs,
                feedback=(),
            )


def _run(
    cell: Recurrence,
    parameters: dict[str, Rows],
    instance: Instance,
    states: Slopes,
    inside: bool,
    other_state: list[Fraction],
) -> Trajectory | None:
    """A run through states, of which the first or the last may be any where it need not return."""
    integers = dict(instance.integers)
    if not instance.periodic:
        path = [*states, other_state] if inside else [other_state, *states]
        return through(cell, parameters, integers, path)
    cycle = states if inside else [states[-1], *states[:-1]]
    kinds = ("inputs", "bias") if len(cycle) == 1 else ("inputs",)
    runs = (hold(cell, parameters, integers, cycle, random.Random(0), kind) for kind in kinds)
    return next((run for run in runs if run is not None), None)


def _is_recurrent(s: Sym) -> bool:
    return s.shape is not None and s.shape[0] == s.shape[1] and not s.shape[0].is_const


def _argument(cell: Recurrence, used: str) -> tuple[Term | None, bool]:
    """What the activation is applied to, at the time of the recurrence; and whether that is the state itself."""
    ((block, update),) = cell.steps
    if isinstance(update, Apply) and update.function == used:
        return update.arg, False
    drive = drives(cell).get(block.name)
    return (block[cell.time], True) if drive is not None and drive.function is None else (None, False)


def _slopes(claim: Claim, instance: Instance, argument: Term | None, used: str, inside: bool) -> Slopes:
    """Of every step of the run; empty where they are not rational, or none that this knows of."""
    if argument is None or claim.cell is None:
        return []
    times = range(instance.start + (not inside), instance.stop + (not inside))
    try:
        world = World(claim, instance)
        values = [
            world.values.matrix(Apply(used, substitute(argument, {claim.cell.time: as_index(t)}), 1)) for t in times
        ]
        return [[rational_of(x) for row in v for x in row] for v in values]
    except (Refused, Undefined):
        return []


def _scales(slopes: Slopes, used: str, other: str) -> Iterator[tuple[tuple[Fraction, ...], Slopes]]:
    """The diagonals of R with the states they need: the same in all rows first, 1 before others."""
    pool = [e for p in SLOPES[other] if (e := activate(other, preimage(other, p))[1])]
    steepest = max(x for row in slopes for x in row)
    high = [FACTS[f].high for f in (used, other)]
    alike = [Fraction(1), high[0] / high[1], *(steepest / e for e in pool)]
    rows = list(zip(*slopes, strict=True))
    of_row = [[r for r in dict.fromkeys([*(row[-1] / e for e in pool), *alike]) if r > 0] for row in rows]
    for scale in dict.fromkeys([*((r,) * len(rows) for r in alike if r > 0), *islice(product(*of_row), 64)]):
        states = [[_state(other, d / r) for d, r in zip(row, scale, strict=True)] for row in slopes]
        known = [[x for x in row if x is not None] for row in states]
        if known == states:
            yield scale, known


def _state(function: str, slope: Fraction) -> Fraction | None:
    """A value of the activation (a pre-activation where that is what is chosen) of a slope; None if none is exact."""
    if function in ("relu", "identity"):
        at = {Fraction(1): Fraction(1), Fraction(0): Fraction(-1) if function == "relu" else None}
        return at.get(slope)
    if function not in ("sigmoid", "tanh") or slope <= 0:
        return None
    root = square_root(1 - slope * (4 if function == "sigmoid" else 1))
    if root is None:
        return None
    return (1 - root) / 2 if function == "sigmoid" else root


def _scaled(weight: Rows, scale: tuple[Fraction, ...], inside: bool) -> Rows:
    return tuple(
        tuple(x * (scale[j] if inside else scale[i]) for j, x in enumerate(row)) for i, row in enumerate(weight)
    )
