"""Derivatives by parameters written out as sums over the steps, on the way to a goal that speaks of them. Untrusted.

A loss's is the sum over its times by definition. That of a state, from k steps before, is proved for all k by
induction; then the goal with the sums in place of the derivatives is proved as any equation is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import rebuild, substitute, walk
from symrnn.claims.tree import HOLE, Add, Loss, Rel, Sum, Sym, Term, Total, Transpose
from symrnn.errors import Refused
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.semantics.pullback import pulled_back, row_of, through_output
from symrnn.semantics.sequents import Sequent

TIME, LAG, STEP = Var("t_total", "time", None), Var("k_total", "lag", 0), Var("s_total", "index", None)
MOST = 8  # derivatives in one goal
Prover = Callable[[Sequent], Proof | None]


@dataclass(frozen=True)
class Lemma:
    """``statement`` for the derivative that a place in the goal is, at the values of its time and lag."""

    statement: Rel
    values: tuple[tuple[Var, Index], ...]


def prove_by_totals(s: Sequent, prove: Prover) -> Proof | None:
    """The goal from the same goal with sums in place of derivatives by parameters."""
    goal = s.goal
    if not isinstance(goal, Rel) or s.cell is None or not any(map(_is_by_parameter, walk(goal))):
        return None
    try:
        sides = [_by_times(side, s.cell) for side in (goal.lhs, goal.rhs)]
        cuts, uses, sides = _written_out(s, sides)
    except Refused:
        return None
    here = s
    for lemma, _ in cuts:
        here = add(here, lemma)
    plain = Rel("=", sides[0], sides[1])
    why = prove(replace(s, goal=plain)) if plain != goal else None
    if why is None:
        return None
    name = list(add(here, plain).equations)[-1]
    return wrap([*cuts, (plain, why)], Words("left", "left", (), (*uses, Use(HOLE, name, (), ()))))


def _is_by_parameter(n: Node) -> bool:
    return isinstance(n, Total) and n.wrt.role == "free"


def _by_times(n: Any, cell: Recurrence) -> Any:
    """Losses taken apart into the states at their times."""
    if isinstance(n, Total) and isinstance(n.of, Loss) and n.wrt.role == "free":
        return _of_loss(n, n.of, cell)
    return rebuild(n, lambda c: _by_times(c, cell)) if isinstance(n, Term) else n


def _of_loss(t: Total, loss: Loss, cell: Recurrence) -> Term:
    now, parts = as_index(loss.time), list[Term]()
    for block in cell.states:
        row = row_of(cell, loss, block, now)
        if row is not None:
            parts.append(Total(_member(block, now), (row,), t.wrt, t.since, t.layout))
    own = through_output(cell, loss, t.wrt, now)
    if own is not None:
        parts.append(own if t.layout == "denominator" else Transpose(own))
    if not parts:
        raise Refused(f"{loss.name} does not depend on {t.wrt}")
    body = parts[0] if len(parts) == 1 else Add(tuple(parts))
    return substitute(body, {loss.time: loss.lo}) if loss.index else Sum(body, loss.time, loss.lo, loss.hi)  # type: ignore[no-any-return]


def _written_out(s: Sequent, sides: list[Term]) -> tuple[list[tuple[Rel, Proof]], list[Use], list[Term]]:
    """The lemmas, their uses in the two sides, and the sides after these."""
    cuts: list[tuple[Rel, Proof]] = []
    uses: list[Use] = []
    names: dict[Rel, str] = {}
    here = s
    for side in (0, 1):
        for _ in range(MOST):
            found = next((t for t in walk(sides[side]) if isinstance(t, Total) and _is_by_parameter(t)), None)
            if found is None:
                break
            lemma = _lemma(found, s.cell)
            if lemma.statement not in names:
                why = _proved(replace(s, goal=lemma.statement))
                if why is None:
                    raise Refused(f"{lemma.statement} is not proved")
                cuts.append((lemma.statement, why))
                here = add(here, lemma.statement)
                names[lemma.statement] = list(here.equations)[-1]
            context = _replaced(sides[side], found, HOLE)
            value = substitute(lemma.statement.rhs, dict(lemma.values))
            uses.append(Use(context if side == 0 else -context, names[lemma.statement], lemma.values, ()))
            sides = [_replaced(x, found, value) if i == side else x for i, x in enumerate(sides)]
    return cuts, uses, sides


def _proved(s: Sequent) -> Proof | None:
    return prove_equation(s) or prove_by_induction(s, 1)


def _lemma(t: Total, cell: Recurrence | None) -> Lemma:
    """The derivative of a state at any time from any number of steps before, as a sum over the steps."""
    if not isinstance(t.of, Sym) or cell is None:
        raise Refused(f"{t} is of no state")
    at, row = t.of.index[0], t.row
    moving = [v for v, c in at.terms if c == 1]
    time, lag, step = as_index(TIME), as_index(LAG), as_index(STEP)
    if moving:  # the row moves with the state
        back = {moving[0]: time - (at - as_index(moving[0]))}
        row = tuple(substitute(r, back) for r in row)
    of = _member(t.of.head, time)
    general = Total(of, row, t.wrt, (time - lag,), t.layout)
    parts = [p for block in cell.states if (p := _part(general, of, _member(block, step), cell)) is not None]
    if not parts:
        raise Refused(f"{t.of} does not depend on {t.wrt}")
    body = parts[0] if len(parts) == 1 else Add(tuple(parts))
    total = Sum(body if t.layout == "denominator" else Transpose(body), STEP, time - lag + 1, time)
    return Lemma(Rel("=", general, total), ((LAG, at - t.since[0]), (TIME, at)))


def _part(t: Total, of: Sym, mid: Sym, cell: Recurrence) -> Term | None:
    """What the parameter does to a block at one step, and that to the derivative."""
    return pulled_back(cell, mid, t.wrt, Transpose(Total(of, t.row, mid, (), "numerator")))


def _replaced(n: Any, old: Term, new: Term) -> Any:
    if n == old:
        return new
    return rebuild(n, lambda c: _replaced(c, old, new)) if isinstance(n, Term) else n


def _member(head: Sym, at: Index) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (at,), False)
