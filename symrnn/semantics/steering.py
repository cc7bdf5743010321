"""What a statement about all trajectories says of one that the input steers: every pre-activation 0. Trusted.

For h_t = s(a_t), a_t = V x_t + rest with V R = I: the inputs x_t = -R rest make every a_t zero, whatever came before.
"""

from __future__ import annotations

from typing import Any

from symrnn.claims.activations import AT_ZERO
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, rebuild, symbols, walk
from symrnn.claims.tree import (
    Add,
    Apply,
    Const,
    Diag,
    Eye,
    ForAllTrajectories,
    Jac,
    MatMul,
    Pow,
    Pred,
    Sym,
    Term,
    Times,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics.context import Context
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member
from symrnn.semantics.rates import looks_back
from symrnn.semantics.sequents import Sequent

UNKNOWN = (None, None)


@dataclass(frozen=True)
class Steered:
    """``statement``: what holds on the steered trajectory, if ``weight`` has a right inverse (their product I)."""

    statement: Pred
    weight: Term
    identity: Term


@dataclass(frozen=True)
class Plain:
    """h_t = f(a_t), a_t = V x_t + rest, the input occurring nowhere else."""

    function: str
    state: Sym
    pre: Sym
    weight: Term
    size: Index


def steered(s: Sequent, which: int) -> Steered:
    """What the hypothesis, about all trajectories, says of the steered one. Refused if it cannot be told."""
    h = s.hypotheses[which] if 0 <= which < len(s.hypotheses) else None
    if not isinstance(h, ForAllTrajectories) or not isinstance(h.body, Pred) or h.body.var is None or s.cell is None:
        raise Refused("there is no such hypothesis about limits on all trajectories")
    plain = plain_network(s.cell)
    for x in (x for x in walk(h.body.arg) if isinstance(x, Jac)):
        if not Context().at_least(x.of.index[0] - x.wrt.index[0], 0):
            raise Refused(f"{x.of} is not known to come after {x.wrt}")
    arg = _put_in(h.body.arg, s.cell, plain)
    if any(x.role != "free" for x in symbols(arg)):
        raise Refused("the statement speaks of more than derivatives")
    if looks_back(h.body.arg, h.body.var) & free_vars(arg) - looks_back(arg, h.body.var):
        raise Refused("a time that moves with the lag would stand still")
    return Steered(Pred(h.body.name, arg, h.body.field, h.body.var), plain.weight, Eye(plain.size))


def plain_network(cell: Recurrence) -> Plain:
    """The parts of a plain network that its one, exogenous input can steer; Refused for others."""
    t = as_index(cell.time)
    if len(cell.states) != 1 or len(cell.inputs) != 1 or cell.exogenous != (cell.inputs[0].name,):
        raise Refused("one state block and one exogenous input are needed")
    (state, update), drive = cell.steps[0], member(cell.inputs[0], t)
    pre = update.arg if isinstance(update, Apply) else None
    if not isinstance(update, Apply) or AT_ZERO.get(update.function, UNKNOWN)[1] is None or not isinstance(pre, Sym):
        raise Refused("the update is no activation with a known slope at a named pre-activation")
    definition = dict((head.name, term) for head, term in cell.locals).get(pre.name)
    driven = [x for x in definition.args if drive.head in symbols(x)] if isinstance(definition, Add) else []
    if len(driven) != 1 or not isinstance(driven[0], MatMul) or len(driven[0].args) != 2 or driven[0].args[1] != drive:
        raise Refused("the input does not enter the pre-activation once, as V x_t")
    others = [term for head, term in (*cell.locals, *cell.steps) if head.name != pre.name]
    if any(drive.head in symbols(x) for x in others) or symbols(driven[0].args[0]) & {drive.head}:
        raise Refused("the input occurs elsewhere")
    shape = shape_of(pre)
    weight = driven[0].args[0]
    if (
        shape is None
        or shape[1] != ONE
        or any(x.role != "free" for x in symbols(weight))
        or cell.time in free_vars(weight)
    ):
        raise Refused("the pre-activation is no column, or its weight moves")
    return Plain(update.function, state, pre, weight, shape[0])


def _put_in(n: Any, cell: Recurrence, plain: Plain) -> Any:
    """A term where pre-activations are 0."""
    if isinstance(n, Index | Var):
        return n
    if isinstance(n, Jac):
        return _jacobian(n, cell, plain)
    if isinstance(n, Sym) and n.role == "local":
        if n.name == plain.pre.name:
            return Zeros(plain.size, ONE)
        definition = cell.definition(n.name, n.index[0])
        if definition is None:
            raise Refused(f"{n} has no definition")
        return _put_in(definition, cell, plain)
    if isinstance(n, Diag) and isinstance(n.arg, Apply) and n.arg.order == 1:
        inner = _put_in(n.arg.arg, cell, plain)
        slope = AT_ZERO.get(plain.function, UNKNOWN)[1]
        if n.arg.function == plain.function and isinstance(inner, Zeros) and slope is not None:
            return Times((Const(slope), Eye(plain.size)))
    return rebuild(n, lambda c: _put_in(c, cell, plain)) if isinstance(n, Term) else n


def _jacobian(t: Jac, cell: Recurrence, plain: Plain) -> Term:
    """One step to the power of the lag."""
    if t.layout == "denominator" or {t.of.role, t.wrt.role} != {"state"}:
        raise Refused("a Jacobian of other things than states, or in denominator layout")
    at = as_index(Var("some time", "bound", None))
    step: Term = _put_in(one_step(cell, member(plain.state, at), member(plain.state, at - 1)), cell, plain)
    if free_vars(step) & free_vars(at):
        raise Refused("one step depends on the time")
    return Pow(step, t.of.index[0] - t.wrt.index[0])
