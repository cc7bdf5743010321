"""A linear recurrence unrolled over k steps: the state of k steps ago takes the place of the first one. Untrusted.

h_t = P_k h_{t-k} + S_k by induction on k: with the update put in for h_{t-k}, the right side is that of k + 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.certificates import Induct, Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import HOLE, Add, MatMul, Rel, Sym, Term
from symrnn.records import replace
from symrnn.search.equations import PEELS, prove_equation
from symrnn.search.lemmas import accepted
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent


def prove_by_unrolling(s: Sequent) -> Proof | None:
    """A state at t equal to what is linear in the same state a lag before."""
    goal, cell = s.goal, s.cell
    if not isinstance(goal, Rel) or goal.op != "=" or not isinstance(goal.lhs, Sym) or cell is None:
        return None
    for lag in sorted(free_vars(goal.rhs) - s.fixed_variables() - free_vars(goal.lhs), key=lambda v: v.key):
        earlier = _earlier(goal.lhs, goal.rhs, lag)
        if lag.kind != "lag" or lag.low is None or earlier is None:
            continue
        base = prove_equation(replace(s, goal=substitute(goal, {lag: as_index(lag.low)})))
        if base is None:
            continue
        for step in _steps(lag, earlier, cell.time):
            made = Induct(lag, lag.low, (base,), step)
            if accepted(s, made):
                return made
    return None


def _earlier(state: Sym, rhs: Term, lag: Var) -> tuple[Sym, Term] | None:
    """The state a lag before in a sum, once, and the part with a hole in its place."""
    if state.role != "state":
        return None
    said = dict.fromkeys(x for x in walk(rhs) if isinstance(x, Sym) and x.name == state.name)
    found = [x for x in said if x.index and lag in free_vars(x.index[0])]
    parts = rhs.args if isinstance(rhs, Add) else (rhs,)
    ends = [p for p in parts if p == found[0] or (isinstance(p, MatMul) and p.args[-1] == found[0])] if found else []
    return (found[0], replaced(ends[0], found[0], HOLE)) if len(found) == len(ends) == 1 else None


def _steps(lag: Var, earlier: tuple[Sym, Term], time: Var) -> Iterator[Words]:
    """From the equation at i steps to that at i + 1, as far as can be told before."""
    state, context = earlier
    here = {lag: as_index(Var(lag.name, "lag", 0)) + (lag.low or 0)}
    at, around = substitute(state.index[0], here), substitute(context, here)
    update = Use(around, f"def:{state.name}", ((time, at),), ())
    yield from (Words(*peels, (), (Use(HOLE, "ih:0", (), ()), update)) for peels in PEELS)


__all__ = ["prove_by_unrolling"]
