"""Derivatives along a run written out, as sums over its steps and products, on the way to a goal. Untrusted.

A loss's is the sum over its times by definition. That of a state by a parameter, and where it serves the Jacobian of a
state from k steps before, is proved for all k by induction; then the goal with sums and products in place of the
derivatives is proved as any equation is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from symrnn.block_jacobians import tidy
from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import contains, rebuild, substitute, walk
from symrnn.claims.tree import HOLE, Add, Jac, Loss, MatMul, Prod, Rel, Sum, Sym, Term, Total, Transpose
from symrnn.errors import Refused
from symrnn.records import dataclass, replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.matching import replaced
from symrnn.semantics.derivative import one_step
from symrnn.semantics.pullback import pulled_back, row_of, through_output
from symrnn.semantics.sequents import Sequent

TIME, LAG, STEP = Var("t_total", "time", None), Var("k_total", "lag", 0), Var("s_total", "index", None)
MOST = 8  # derivatives in one goal
Prover = Callable[[Sequent], Proof | None]
Chosen = Callable[[Node], bool]


@dataclass(frozen=True)
class Lemma:
    """``statement`` for the derivative that a place in the goal is, at the values of its time and lag."""

    statement: Rel
    values: tuple[tuple[Var, Index], ...]


def prove_by_totals(s: Sequent, prove: Prover) -> Proof | None:
    """The goal from the same goal with sums in place of derivatives by parameters, then with products of Jacobians."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or s.cell is None or not any(map(_is_derivative, walk(goal))):
        return None
    if not any(_is_long(t) for t in walk(goal)):
        return None
    for chosen, turned in ((_by_parameter, False), (_by_any, False), (_by_any, True)):
        found = _by(s, goal, prove, chosen, turned)
        if found is not None:
            return found
    return None


def _by(s: Sequent, goal: Rel, prove: Prover, chosen: Chosen, turned: bool) -> Proof | None:
    """``turned``: with transposed Jacobians as products the other way round."""
    try:
        sides = [_by_times(side, s, chosen) for side in (goal.lhs, goal.rhs)]
        cuts, uses, sides = _written_out(s, sides, chosen, turned)
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


def _is_long(n: Node) -> bool:
    """Whether a derivative goes over a number of steps that is not explicit."""
    if not isinstance(n, Total):
        return False
    last = n.of.hi if isinstance(n.of, Loss) else n.of.index[0]
    return not (last - (n.since or n.wrt.index)[0]).is_const


def _is_derivative(n: Node) -> bool:
    return isinstance(n, Total)


def _by_parameter(n: Node) -> bool:
    return isinstance(n, Total) and n.wrt.role == "free"


def _by_any(n: Node) -> bool:
    return isinstance(n, Total) or (
        isinstance(n, Jac) and n.of.role == n.wrt.role == "state" and n.of.name == n.wrt.name
    )


def _by_times(n: Any, s: Sequent, chosen: Chosen) -> Any:
    """Losses taken apart into the states at their times, and rows from Jacobians: equal by definition."""
    if isinstance(n, Total) and chosen(n):
        if isinstance(n.of, Loss):
            return _by_times(_of_loss(n, n.of, s), s, chosen)
        if n.wrt.role != "free":
            return _of_state(n, n.of)
    return rebuild(n, lambda c: _by_times(c, s, chosen)) if isinstance(n, Term) else n


def _of_state(t: Total, of: Sym) -> Term:
    jacobian = Jac(of, t.wrt, "numerator")
    made = MatMul((t.row[0], jacobian)) if t.row else jacobian
    return Transpose(made) if t.layout == "denominator" else made


def _of_loss(t: Total, loss: Loss, s: Sequent) -> Term:
    if s.cell is None:
        raise Refused("no recurrence")
    now, lo, parts = as_index(loss.time), loss.lo, list[Term]()
    for block in s.cell.states:
        row = row_of(s.cell, loss, block, now)
        if row is not None and (t.wrt.role != "free" or t.wrt in s.cell.params):
            parts.append(Total(_member(block, now), (row,), t.wrt, t.since, t.layout))
    if t.wrt.role == "free":
        own = through_output(s.cell, loss, t.wrt, now)
        if own is not None:
            parts.append(own if t.layout == "denominator" else Transpose(own))
    elif s.algebra("left").context.at_least(t.wrt.index[0] - lo, 0):
        lo = t.wrt.index[0]
    if not parts:
        raise Refused(f"{loss.name} does not depend on {t.wrt}")
    body = parts[0] if len(parts) == 1 else Add(tuple(parts))
    if lo == loss.hi:
        return substitute(body, {loss.time: lo})  # type: ignore[no-any-return]
    return Sum(body, loss.time, lo, loss.hi)


def _written_out(
    s: Sequent, sides: list[Term], chosen: Chosen, turned: bool
) -> tuple[list[tuple[Rel, Proof]], list[Use], list[Term]]:
    """The lemmas, their uses in the two sides, and the sides after these."""
    cuts: list[tuple[Rel, Proof]] = []
    uses: list[Use] = []
    names: dict[Rel, str] = {}
    here = s
    if turned:
        sides = [_turned(x) for x in sides]
    for side in (0, 1):
        for _ in range(MOST):
            found = next((t for t in walk(sides[side]) if _is_place(t, chosen, turned)), None)
            if found is None:
                break
            lemma = _lemma(found, s.cell) if isinstance(found, Total) else _product(found, s.cell)
            if lemma.statement not in names:
                why = _proved(replace(s, goal=lemma.statement))
                if why is None:
                    raise Refused(f"{lemma.statement} is not proved")
                cuts.append((lemma.statement, why))
                here = add(here, lemma.statement)
                names[lemma.statement] = list(here.equations)[-1]
            context = replaced(sides[side], found, HOLE)
            value = _by_times(substitute(lemma.statement.rhs, dict(lemma.values)), s, chosen)
            value = _turned(value) if turned else value
            uses.append(Use(context if side == 0 else -context, names[lemma.statement], lemma.values, ()))
            sides = [replaced(x, found, value) if i == side else x for i, x in enumerate(sides)]
    return cuts, uses, sides


def _is_place(t: Node, chosen: Chosen, turned: bool) -> TypeGuard[Term]:
    """Whether a derivative is to be written out: where transposed ones are, with the transpose around it."""
    if isinstance(t, Transpose):
        return turned and isinstance(t.arg, Jac) and chosen(t.arg)
    return isinstance(t, Total | Jac) and chosen(t)


def _turned(n: Any) -> Any:
    """Transposes moved to the factors of what they are around, where no product over a range is among these."""
    if isinstance(n, Transpose) and not contains(n, Prod):
        if isinstance(n.arg, MatMul):
            return MatMul(tuple(_turned(Transpose(x)) for x in n.arg.args[::-1]))
        if isinstance(n.arg, Transpose):
            return _turned(n.arg.arg)
        if isinstance(n.arg, Sum):
            return replace(n.arg, body=_turned(Transpose(n.arg.body)))
        return n
    return rebuild(n, _turned) if isinstance(n, Term) and not isinstance(n, Total) else n


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


def _product(place: Term, cell: Recurrence | None) -> Lemma:
    """The Jacobian over any number of steps, or its transpose, as a product, of a network with one block."""
    t = place.arg if isinstance(place, Transpose) else place
    if not isinstance(t, Jac):
        raise Refused(f"{t} is no Jacobian")
    if cell is None or len(cell.states) != 1:
        raise Refused("several blocks")
    time, lag, step = as_index(TIME), as_index(LAG), as_index(STEP)
    general = Jac(_member(t.of.head, time), _member(t.wrt.head, time - lag), t.layout)
    body = tidy(one_step(cell, _member(t.of.head, step), _member(t.of.head, step - 1)))
    product: Term = Prod(body, STEP, time - lag + 1, time, True)
    turned = isinstance(place, Transpose)
    if turned != (t.layout == "denominator"):
        product = Prod(_turned(Transpose(body)), STEP, time - lag + 1, time, False)
    left = Transpose(general) if turned else general
    return Lemma(Rel("=", left, product), ((LAG, t.of.index[0] - t.wrt.index[0]), (TIME, t.of.index[0])))


def _part(t: Total, of: Sym, mid: Sym, cell: Recurrence) -> Term | None:
    """What the parameter does to a block at one step, and that to the derivative."""
    return pulled_back(cell, mid, t.wrt, Transpose(Total(of, t.row, mid, (), "numerator")))


def _member(head: Sym, at: Index) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (at,), False)
