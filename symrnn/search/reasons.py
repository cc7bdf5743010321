"""Why a claim stays open, where that can be told and what to state instead. Untrusted: words, and no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.claims.index import Var, as_index
from symrnn.claims.predicates import LIMITS
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import ONE, is_scalar, shape_of
from symrnn.claims.substitution import contains, symbols, walk
from symrnn.claims.text import text
from symrnn.claims.tree import Const, Entry, Eye, ForAll, Immediate, Jac, Pred, Prop, Rel, Sym, Term, Total
from symrnn.errors import SymrnnError
from symrnn.search.questions import holds
from symrnn.semantics.sequents import sequent_of
from symrnn.semantics.settling import flatten

GRADIENTS = (
    "no limit of a gradient or of a loss is decided: state a bound that holds at each T, such as "
    "||d L[T] / d h[T-k]|| <= ||W||^k ||d+ L[T] / d h[T]||, or the limit of a Jacobian of states, d h[t] / d h[t-k] "
    "as k -> infinity, by itself or times a fixed row"
)
ROW = Var("row", "index", None)


def reasons(claim: Claim) -> Iterator[str]:
    """What keeps an open claim open: a hypothesis that nothing meets, or a limit there is no rule for."""
    goal, hypotheses = flatten(claim)
    for h in hypotheses:
        found = _never(claim, h)
        if found is not None:
            yield (
                f"nothing meets the hypothesis {text(h)}, since always {text(found)}: say how near it is, by an "
                "inequality with a scalar e such as le(1 - e, f[t]), or use a cell without this gate"
            )
    if any(isinstance(p, Pred) and p.name in LIMITS and contains(p, Total, Immediate) for p in walk(goal)):
        yield GRADIENTS
    yield from _backwards(claim)


def _backwards(claim: Claim) -> Iterator[str]:
    """Of Jacobians of an earlier quantity by a later one."""
    least = sequent_of(claim).algebra("left").context.least
    for t in sorted({x for x in walk(claim) if isinstance(x, Jac)}, key=lambda x: x.key):
        gap = least(t.wrt.index[0] - t.of.index[0])
        if gap is not None and gap >= 1:
            yield (
                f"{text(t)} has no meaning here: a Jacobian is of the later quantity by the earlier one, as in "
                f"{text(Jac(t.wrt, t.of, t.layout))}; what is earlier does not respond to what is later, so leave the "
                "term out where you would write 0 for it"
            )
            return


def _never(claim: Claim, h: Prop) -> Prop | None:
    """A proved strict inequality between the sides of an equation with a number or a matrix of numbers, if any."""
    while isinstance(h, ForAll) and isinstance(h.var, Var):
        h = h.body
    if not isinstance(h, Rel) or h.op != "=" or bool(symbols(h.lhs)) == bool(symbols(h.rhs)):
        return None
    if not any(isinstance(x, Sym) and x.role not in ("free", "input") for x in walk(h)):
        return None
    left, right = _entries(h.lhs, h.rhs), _entries(h.rhs, h.lhs)
    for one, other in ((left, right), (right, left)):
        strict = Rel("<", one, other)
        try:
            if holds(Claim(strict, (), claim.cell)):
                return strict
        except SymrnnError:
            continue
    return None


def _entries(t: Term, other: Term) -> Term:
    """A term to be compared entry by entry; of a square matrix the diagonal, where D = I would fail first."""
    shape = shape_of(t) or shape_of(other)
    if shape is None or is_scalar(shape) or ONE in shape or isinstance(t, Const):
        return t
    if isinstance(t, Eye):
        return Const(Fraction(1))
    return Entry(t, as_index(ROW), as_index(ROW))
