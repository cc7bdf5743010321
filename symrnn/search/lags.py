"""Long explicit lags: the statement for any lag, proved on the way, and the goal as an instance of it. Untrusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import free_vars, rebuild, walk
from symrnn.claims.tree import HOLE, Rel
from symrnn.search.cuts import add, wrap
from symrnn.semantics.monomials import LONGEST
from symrnn.semantics.sequents import Sequent

NEAR = 3  # a number that far from the lag is the lag and a bit


def prove_for_any_lag(s: Sequent, prove: Callable[[Sequent], Proof | None]) -> Proof | None:
    """The goal from the same for any lag, where ranges or powers in it are too long to write out."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=":
        return None
    numbers = {abs(n.const) for n in walk(goal) if isinstance(n, Index) and abs(n.const) > LONGEST}
    if not numbers or max(numbers) - min(numbers) > NEAR:
        return None
    names = {v.name for h in (goal, *s.hypotheses) for v in free_vars(h)}
    var = Var(next(f"k{i}" for i in range(len(names) + 1) if f"k{i}" not in names), "lag", 1)
    for long in sorted(numbers):
        general = _general(goal, long, var)
        proof = prove(s.by_itself(general, s.speaks_within(general)))
        if proof is not None:
            name = list(add(s, general).equations)[-1]
            use = Use(HOLE, name, ((var, as_index(long)),), ())
            return wrap([(general, proof)], Words("left", "left", (), (use,)))
    return None


def _general(goal: Rel, long: int, var: Var) -> Any:
    """The goal with a lag in the place of a number, and of those near it."""

    def changed(n: Any) -> Any:
        if isinstance(n, Index):
            sign = 1 if n.const > 0 else -1
            return n + sign * (as_index(var) - long) if abs(abs(n.const) - long) <= NEAR else n
        return n if isinstance(n, Var) else rebuild(n, changed)

    return changed(goal)
