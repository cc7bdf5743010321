"""Runs at which an equation about the trajectory holds though its terms do not vanish one by one. Untrusted.

With all gates chosen first, the states do not depend on the weights between gates (``gates``), and what an equation
says of Jacobians over a few steps is a polynomial in these. One of them is solved for where that is linear, with few
others beside it, so that the numbers stay of one kind.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from typing import Any

from symrnn.claims.index import Var
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import Add, Const, Iff, Prop, Rel, Sym, Term, Times
from symrnn.errors import Refused, Undefined
from symrnn.search.gated_runs import OTHERS, VALUES, Simulation
from symrnn.search.gates import gates, logarithmic
from symrnn.search.named_gates import named_gates
from symrnn.search.pools import rows
from symrnn.search.trajectories import drives, plan
from symrnn.semantics.instances import Instance, Rows, World
from symrnn.semantics.numbers import Num, as_num, log_of, ratio
from symrnn.semantics.settling import flatten

MOST_STEPS = 5
LARGEST = 2  # units, all alike: every matrix is a multiple of the identity
TRIALS = (Fraction(0), Fraction(1), Fraction(2))


def moving_equations(claim: Claim) -> tuple[Rel, ...]:
    """Equations about the trajectory that an instance must meet: hypotheses, or a side of an equivalence."""
    goal, hypotheses = flatten(claim)
    sides: tuple[Prop, ...] = (goal.left, goal.right) if isinstance(goal, Iff) else ()
    return tuple(
        p
        for p in (*hypotheses, *sides)
        if isinstance(p, Rel) and p.op == "=" and any(s.role != "free" for s in symbols(p))
    )


def uncoupled(claim: Claim) -> tuple[Claim, ...]:
    """The claim where no unit acts on another: what is said of paths through the state often holds there."""
    zero = Const(Fraction(0))
    square = [s for s in claim.cell.params if _is_square(s)] if claim.cell is not None else []
    if not square or not any(h in claim.hypotheses and zero in (h.lhs, h.rhs) for h in moving_equations(claim)):
        return ()
    return (Claim(claim.conclusion, (*claim.hypotheses, *(Rel("=", s, zero) for s in square)), claim.cell),)


def with_room(claim: Claim, integers: dict[Var, int], steps: int) -> dict[Var, int]:
    """Sizes that the claim does not speak of, large enough that an input steers gates over all steps on its own."""
    if claim.cell is None or not moving_equations(claim) or steps > MOST_STEPS:
        return integers
    if drives(claim.cell) or gates(claim.cell) is None:
        return integers
    spoken = free_vars(claim.conclusion).union(*(free_vars(h) for h in claim.hypotheses))
    return {v: max(i, steps - 1) if v.kind == "size" and v not in spoken else i for v, i in integers.items()}


def solved_instances(
    claim: Claim,
    cell: Recurrence,
    parameters: dict[str, Rows],
    integers: dict[Var, int],
    steps: int,
    choice: int,
    standin: str | None,
) -> Iterator[Instance]:
    """Runs of units that are all alike, with the gates that were chosen and other weights: one equation holds."""
    square = sorted(s.name for s in cell.params if _is_square(s) and s.name in parameters)
    n = max((len(parameters[name]) for name in square), default=0)
    equations = moving_equations(claim) if len(square) > 1 and n <= LARGEST else ()
    ordered = tuple(sorted(integers.items(), key=lambda item: item[0].key))

    def simply(values: dict[str, Rows]) -> Instance | None:
        """All gates the same over time, and a first state that they halve."""
        named, found = named_gates(cell)
        logs = logarithmic(cell)
        values_of = tuple((VALUES.get(g.function, OTHERS)[0 if logs or g.function != "tanh" else 1],) for g in found)
        first = {b.name: ((_first(b.name in logs, steps),),) * n for b in cell.states}
        made = Simulation(named, found, values, integers, values_of, turned=False).made(steps, first)
        return None if made is None else _instance(made[0], made[1], {**values, **made[2]})

    def as_planned(values: dict[str, Rows]) -> Instance | None:
        run = plan(cell, "gates", values, integers, steps, random.Random(0), choice)
        return None if run is None else _instance(run.initial, run.inputs, {**values, **run.parameters})

    def _instance(initial: Any, inputs: Any, values: dict[str, Rows]) -> Instance:
        return Instance(ordered, tuple(sorted(values.items())), (), 0, steps, initial, inputs, standin, ())

    for equation in equations:
        for at in (simply, as_planned) if n == 1 else (simply,):
            for unknown, kept in permutations(square, 2):
                base = {**parameters, **{name: _multiple(Fraction(name == kept), n) for name in square}}
                found = _root(claim, equation, [at({**base, unknown: _multiple(x, n)}) for x in TRIALS])
                instance = at({**base, unknown: _multiple(found, n)}) if found else None
                if instance is not None:
                    yield instance


def _multiple(x: Fraction, n: int) -> Rows:
    return rows([[x * (i == j) for j in range(n)] for i in range(n)])


def _first(logarithm: bool, steps: int) -> Num:
    return log_of(Fraction(2)) * Fraction(2 ** (steps - 1)) if logarithm else as_num(Fraction(1, 2))


def _is_square(s: Sym) -> bool:
    return s.shape is not None and s.shape[0] == s.shape[1] and not s.shape[0].is_const


def _root(claim: Claim, equation: Rel, trials: list[Instance | None]) -> Fraction | None:
    """Where an equation between numbers holds that are linear in a weight, from three runs."""
    gaps: list[Num] = []
    for instance in trials:
        gap = _gap(claim, equation, instance) if instance is not None else None
        if gap is None:
            return None
        gaps.append(gap)
    slope = gaps[1] - gaps[0]
    if gaps[2] - gaps[1] != slope or slope == as_num(0):
        return None
    return ratio(-gaps[0], slope)


def _gap(claim: Claim, equation: Rel, instance: Instance) -> Num | None:
    gap: Term = Add((equation.lhs, Times((Const(Fraction(-1)), equation.rhs))))
    try:
        value = World(claim, instance).values.matrix(gap)
    except (Refused, Undefined):
        return None
    return as_num(value[0][0])
