"""A claim at random instances of its domain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from symrnn.claims.index import Index, Node, Var
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.substitution import children
from symrnn.claims.tree import ForAll, Immediate, Loss, Pred, Prod, Prop, Sum, Sym, Total
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Skip, Value
from symrnn.crosscheck.draw import RandomSource, chosen, integer_choices
from symrnn.crosscheck.hypotheses import Plan, goals, plan
from symrnn.crosscheck.network import Network
from symrnn.crosscheck.props import distinct_eigenvalues, holds, violation
from symrnn.crosscheck.terms import LONGEST, Environment, evaluate, integer
from symrnn.verdicts import Crosscheck

ATTEMPTS = 32  # draws for one point before it is given up
HOPELESS = 3  # points given up in a row, none found before: no instance can be drawn


def sampled(claim: Claim, numbers: Arithmetic, points: int, seed: int) -> Crosscheck | None:
    """The largest error of the claim at random instances; None if none could be drawn. Stops at a violation.

    Raises NotNumeric if part of the claim cannot be evaluated and the rest shows no violation.
    """
    parts = goals(claim)
    share = max(2, points // max(1, len(parts)))
    name = hashlib.sha256(f"{seed}|{claim.key}".encode()).hexdigest()
    worst, count, unknown = numbers.ctx.mpf(0), 0, None
    for number, goal in enumerate(parts):
        try:
            for error in _errors(
                Claim(goal.conclusion, goal.hypotheses, claim.cell), numbers, share, f"{name}|{number}"
            ):
                worst, count = max(worst, error), count + 1
                if not worst < numbers.tolerance:
                    return Crosscheck(numbers.digits, count, numbers.text(worst), False)
        except NotNumeric as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return Crosscheck(numbers.digits, count, numbers.text(worst), True) if count else None


def _errors(goal: Claim, numbers: Arithmetic, share: int, name: str) -> Iterator[Value]:
    """The violations of the conclusion at up to ``share`` instances that meet the hypotheses."""
    arranged = plan(goal.hypotheses)
    choices = integer_choices(goal, arranged.integers)
    found = 0
    for point in range(share if choices else 0):
        if point == HOPELESS and not found:
            return
        for attempt in range(point, point + ATTEMPTS):
            seed = f"{name}|{point}|{attempt}"
            ints = chosen(choices, seed, telling=(point + attempt) % 2 == 0)
            try:
                error = _error(goal, numbers, ints, arranged, seed, attempt)
            except Skip:
                continue
            found += 1
            yield error
            break


def _error(goal: Claim, numbers: Arithmetic, ints: Mapping[Var, int], arranged: Plan, seed: str, attempt: int) -> Value:
    times = {i for prop in (goal.conclusion, *goal.hypotheses) for i in touched(prop, ints)} or {2}
    window = range(min(times) - 1, max(times) + 1)
    source = RandomSource(numbers, goal.cell, ints, window, arranged, seed, attempt)
    network = Network(goal.cell, source, numbers, ints, start=min(times) - 3)
    env = Environment(numbers, ints, network, window)
    for hypothesis in goal.hypotheses:
        if not _met(hypothesis, env):
            raise Skip("a hypothesis fails")
    return violation(goal.conclusion, env)


def _met(hypothesis: Prop, env: Environment) -> bool:
    if isinstance(hypothesis, Pred) and hypothesis.name in ("diagonalizable", "squarefree_minimal_polynomial"):
        return distinct_eigenvalues(evaluate(hypothesis.arg, env), hypothesis.field, env.numbers)
    return holds(hypothesis, env)


def touched(node: Node, ints: Mapping[Var, int]) -> set[int]:
    """The indices of all members of families in a proposition or term, bound indices running over their ranges."""
    if isinstance(node, Index | Var | Recurrence):
        return set()
    if isinstance(node, Prod | Sum):
        if any(v not in ints for bound in (node.lo, node.hi) for v, _ in bound.terms):
            return set()
        values = range(integer(node.lo, ints), integer(node.hi, ints) + 1)[:LONGEST]
        return {i for value in values for i in touched(node.body, {**ints, node.var: value})}
    if isinstance(node, ForAll):
        ints = {v: i for v, i in ints.items() if v != node.var}
    if isinstance(node, Total | Immediate):
        spoken = [
            *(node.since if isinstance(node, Total) else ()),
            *(() if node.wrt.role == "free" else node.wrt.index),
        ]
        spoken += [node.of.lo, node.of.hi] if isinstance(node.of, Loss) else [*node.of.index]
        found = {integer(i, ints) for i in spoken if all(v in ints for v, _ in i.terms)}
        return found.union(*(touched(r, ints) for r in node.row))
    if isinstance(node, Sym):
        return {integer(i, ints) for i in node.index if all(v in ints for v, _ in i.terms)}
    return {i for child in children(node) for i in touched(child, ints)}
