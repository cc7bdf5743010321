"""The times that a claim speaks of, so that an instance's run covers them. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.substitution import children, substitute
from symrnn.claims.tree import Immediate, Loss, Prod, Prop, Sum, Sym, Total


def span(goal: Prop, hypotheses: tuple[Prop, ...], integers: dict[Var, int]) -> tuple[int, int]:
    """First and last time that the claim speaks of; from 0 on where some of them are absolute."""
    found = times_of(goal, hypotheses, integers)
    if not found:
        return 0, 1
    later = times_of(goal, hypotheses, {v: i + (v.kind in MOVING) for v, i in integers.items()})
    absolute = sorted(later) != sorted(i + 1 for i in found)
    return min(0, *found) if absolute else min(found), max(found)


MOVING = ("time", "index")


def times_of(goal: Prop, hypotheses: tuple[Prop, ...], integers: dict[Var, int]) -> list[int]:
    """The times of which a claim speaks at the given integers, some of them often."""
    found: list[int] = []

    def go(n: object, env: dict[Var, Index]) -> None:
        if isinstance(n, Sym) and n.index and n.role != "free":
            at = substitute(n.index[0], env)
            if at.is_const:
                found.append(at.const - (n.role in ("local", "input")))
                found.append(at.const)
            return
        if isinstance(n, Prod | Sum):
            lo, hi = substitute(n.lo, env), substitute(n.hi, env)
            if lo.is_const and hi.is_const:
                for end in {lo.const, hi.const} if hi.const >= lo.const else set():
                    go(n.body, {**env, n.var: as_index(end)})
            return
        if isinstance(n, Total | Immediate):
            found.extend(at.const for form in _spoken(n) if (at := substitute(form, env)).is_const)
        if isinstance(n, Node) and not isinstance(n, Loss):
            for c in children(n):
                go(c, env)

    for p in (goal, *hypotheses):
        go(p, {v: as_index(i) for v, i in integers.items()})
    return found


def _spoken(n: Total | Immediate) -> Iterator[Index]:
    """The times of a loss, that of the state that is held, and the one before an immediate effect."""
    if isinstance(n.of, Loss):
        yield from (n.of.lo, n.of.hi)
    elif isinstance(n, Immediate):
        yield n.of.index[0] - 1
    if isinstance(n, Total):
        yield from n.since
