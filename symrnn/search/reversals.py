"""Induction after a sum was turned round, so that it gives up the other of its ends. Untrusted.

A proof by induction takes one term off a sum; whether the first or the last is the useful one depends on how the sum
was written, and the products in the goal may need the opposite.
"""

from __future__ import annotations

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import HOLE, Rel, Sum
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent


def prove_with_a_sum_reversed(s: Sequent) -> Proof | None:
    """The goal from the same goal with one sum read backwards, by induction."""
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    sums = [t for side in (goal.lhs, goal.rhs) for t in walk(side) if isinstance(t, Sum)]
    for t in dict.fromkeys(sums):
        if (t.hi - t.lo).is_const or not free_vars(t) <= free_vars(goal):
            continue
        back = Sum(substitute(t.body, {t.var: t.lo + t.hi - as_index(t.var)}), t.var, t.lo, t.hi)
        turned = Rel("=", replaced(goal.lhs, t, back), replaced(goal.rhs, t, back))
        found = _from_turned(s, goal, t, back, turned)
        if found is not None:
            return found
    return None


def _from_turned(s: Sequent, goal: Rel, t: Sum, back: Sum, turned: Rel) -> Proof | None:
    lags = {v: as_index(Var(f"{v.name}_any", "lag", 0)) for v in free_vars(t) if v.kind == "lag"}
    same = Rel("=", substitute(t, lags), substitute(back, lags))  # from 0 on, where nothing can be taken off
    values = tuple(sorted(((x.terms[0][0], as_index(v)) for v, x in lags.items()), key=lambda item: item[0].key))
    why_same = prove_equation(replace(s, goal=same))
    why_turned = prove_by_induction(replace(s, goal=turned)) if why_same is not None else None
    if why_same is None or why_turned is None:
        return None
    first = add(s, turned)
    names = [list(first.equations)[-1], list(add(first, same).equations)[-1]]
    uses = [Use(HOLE, names[0], (), ())]
    for side, sign in ((goal.lhs, 1), (goal.rhs, -1)):
        context = replaced(side, t, HOLE)
        if context != side:
            uses.append(Use(context if sign > 0 else -context, names[1], values, ()))
    return wrap([(turned, why_turned), (same, why_same)], Words("left", "left", (), tuple(uses)))
