"""Runs that go on for ever: fixed points of a driven network, found among structured weights. Untrusted.

For a state p the input that holds it is exact (``trajectories``); what the Jacobian does there is decided by the powers
of one rational matrix. Candidates come in order of size, then of scale: nilpotent weights, weights with the eigenvalues
1/2 and -1/2 that are far from normal, rotations, diagonal and triangular ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence, activations_of, with_activation
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import Jac, Pred
from symrnn.search.pools import SLOPES, rows
from symrnn.search.trajectories import hold
from symrnn.semantics.instances import Instance, Rows

SCALES = tuple(Fraction(x) for x in (1, 2, 4, 5, 8, 16, 20, 32)) + (Fraction(1, 2),)
HALF = Fraction(1, 2)
PATTERNS: dict[int, tuple[Callable[[Fraction], list[list[Fraction]]], ...]] = {
    1: (lambda s: [[s]], lambda s: [[-s]]),
    2: (
        lambda s: [[s, s], [-s, -s]],
        lambda s: [[s, s + HALF], [HALF - s, -s]],
        lambda s: [[s * 0, s], [s * 0, s * 0]],
        lambda s: [[s * 0, s], [-s, s * 0]],
        lambda s: [[s, s * 0], [s * 0, s]],
        lambda s: [[s, s], [s * 0, s]],
        lambda s: [[s * 0, s], [s, s * 0]],
    ),
}
STANDINS = ("sigmoid", "tanh")


def speaks_of_limits(claim: Claim) -> bool:
    """Whether a claim has a limit of Jacobians in it."""
    limits = (n for n in walk(claim) if isinstance(n, Pred) and n.var is not None)
    return any(isinstance(t, Jac) for p in limits for t in walk(p.arg))


def periodic_instances(claim: Claim, variables: list[Var]) -> Iterator[Instance]:
    """Fixed points, by size of the state, then weights, then states."""
    cell = claim.cell
    if cell is None or len(cell.states) != 1:
        return
    opaque = [f for f in activations_of(claim) if f not in FACTS]
    for n, patterns in PATTERNS.items():
        sizes = {v: n for v in _sizes(claim, variables)}
        integers = {**sizes, **{v: v.low or 0 for v in variables if v.kind != "size"}}
        for pattern, scale in product(patterns, SCALES):
            weight = rows(pattern(scale))
            for standin in STANDINS if opaque else (None,):
                yield from _held(claim, cell, integers, weight, n, opaque, standin)


def _sizes(claim: Claim, variables: list[Var]) -> list[Var]:
    found = {v for v in (*variables, *free_vars(claim.cell or claim)) if v.kind == "size"}
    return sorted(found, key=lambda v: v.key)


def _held(
    claim: Claim,
    cell: Recurrence,
    integers: dict[Var, int],
    weight: Rows,
    n: int,
    opaque: list[str],
    standin: str | None,
) -> Iterator[Instance]:
    for f in opaque:
        if standin is not None:
            cell = with_activation(cell, f, standin)  # type: ignore[assignment]
    parameters = {}
    for s in cell.params:
        shape = tuple(substitute(d, {v: as_index(i) for v, i in integers.items()}).const for d in s.shape or ())
        if len(shape) != 2:
            return
        zero = rows([[0] * shape[1] for _ in range(shape[0])])
        parameters[s.name] = weight if shape == (n, n) and s.name == _recurrent(cell) else zero
    functions = [f for f in activations_of(cell) if f in SLOPES]
    if len(functions) != 1:
        return
    pool = SLOPES[functions[0]]
    for picks in product(pool, repeat=n):
        made = hold(cell, parameters, integers, list(picks), random.Random(0))
        if made is not None:
            everything = tuple(sorted({**parameters, **made.parameters}.items()))
            ordered = tuple(sorted(integers.items(), key=lambda item: item[0].key))
            yield Instance(ordered, everything, (), 0, 1, made.initial, made.inputs, standin, (), True)


def _recurrent(cell: Recurrence) -> str:
    """The matrix that multiplies the earlier state: the only square parameter, or the first by name with an h in it."""
    square = [s.name for s in cell.params if s.shape is not None and s.shape[0] == s.shape[1]]
    return square[0] if square else ""
