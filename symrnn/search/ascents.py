"""Inequalities over k steps by induction, where the hypotheses speak of the state k steps back. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symrnn.certificates import Ascend, Given, Proof
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import Rel
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.lemmas import accepted
from symrnn.semantics.sequents import Sequent, sequent_of

Prover = Callable[[Sequent], Proof | None]
LATER = (-1, 1, 0)  # by how much the times of the induction hypothesis differ from those of the step


def prove_by_ascent(s: Sequent, prove: Prover) -> Proof | None:
    """Induction on a lag of an inequality, the base at the lag's least value or one below."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op == "=" or s.inducted:
        return None
    spoken = free_vars(goal).union(*(free_vars(h) for h in s.hypotheses))
    for var in sorted((v for v in spoken if v.kind == "lag" and v.low is not None), key=lambda v: v.key):
        for low in dict.fromkeys((var.low or 0, max(0, (var.low or 0) - 1))):
            for at in _times(s):
                made = _ascent(s, var, low, at, prove)
                if made is not None:
                    return made
    return None


def _times(s: Sequent) -> Iterator[tuple[tuple[Var, Index], ...]]:
    times = sorted((v for v in free_vars(s.goal) if v.kind == "time"), key=lambda v: v.key)
    for later in LATER if len(times) == 1 else (0,):
        yield tuple((v, as_index(v) + later) for v in times if later)


def _ascent(s: Sequent, var: Var, low: int, at: tuple[tuple[Var, Index], ...], prove: Prover) -> Proof | None:
    moving = [h for h in s.hypotheses if var in free_vars(h)]
    fixed = [h for h in s.hypotheses if var not in free_vars(h)]
    lag = as_index(Var(var.name, "lag", 0))

    def claimed(value: Index) -> Sequent:
        goal, *rest = (substitute(p, {var: value}) for p in (s.goal, *moving))
        return sequent_of(Claim(goal, (*fixed, *rest), s.cell))

    try:
        after, earlier = claimed(lag + (low + 1)), {var: lag + low, **dict(at)}
        if not all(substitute(h, earlier) in after.hypotheses for h in moving):
            return None
        step = after.with_fact(substitute(s.goal, earlier))
        base = _shown(claimed(as_index(low)), prove)
        rest = _shown(step, prove) if base is not None else None
    except SymrnnError:
        return None
    made = Ascend(var, low, at, base, rest) if base is not None and rest is not None else None
    return made if made is not None and accepted(s, made) else None


def _shown(s: Sequent, prove: Prover) -> Proof | None:
    given = (Given(i) for i in range(len(s.hypotheses)))
    found = next((g for g in given if accepted(s, g)), None)
    return found or prove(replace(s))
