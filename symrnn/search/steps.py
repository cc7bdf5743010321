"""Jacobians over any number of steps, by the chain rule through the whole state at once. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator

from symrnn import kernel
from symrnn.certificates import Chain, Proof, Through
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import rebuild
from symrnn.claims.tree import Add, Blocks, Jac, MatMul, Prod, Rel, Sym, Term
from symrnn.errors import Refused
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.steps import Step

JACOBIAN, CHAINED = (Jac, Blocks), (Prod, MatMul, Add)
ANY = Var("s", "time", None)


def prove_by_steps(s: Sequent) -> Proof | None:
    """The goal as the chain rule over all its steps, or through the state at one time in between."""
    goal = s.goal
    if s.cell is None or not isinstance(goal, Rel) or goal.op != "=":
        return None
    left, right = (goal.lhs, goal.rhs) if isinstance(goal.lhs, JACOBIAN) else (goal.rhs, goal.lhs)
    if not isinstance(left, JACOBIAN) or not isinstance(right, CHAINED):
        return None
    for certificate in _candidates(left, right):
        try:
            kernel.proves(s, certificate)
        except Refused:
            continue
        return certificate
    return None


def _candidates(left: Term, right: Term) -> Iterator[Proof]:
    if isinstance(right, Prod):
        yield Chain(None)
        return
    first = left.rows[0][0] if isinstance(left, Blocks) else left
    if not isinstance(first, Jac):
        return
    if isinstance(left, Jac):
        yield Through()
    length = first.of.index[0] - first.wrt.index[0]
    if not isinstance(right, MatMul) or not length.is_const or length.const < 2 or len(right.args) % length.const:
        return
    count, turned = len(right.args) // length.const, first.layout == "denominator"
    latest = right.args[-count:] if turned else right.args[:count]
    yield Chain(Step(_at_any_time(latest[0] if count == 1 else MatMul(latest), first.of.index[0]), ANY))


def _at_any_time(factor: Term, now: Index) -> Term:
    """The factor at a generic time, from the factor at ``now``."""
    shift = as_index(ANY) - now

    def moved(n: Term) -> Term:
        if isinstance(n, Sym):
            return Sym(n.name, n.shape, n.role, n.props, (n.index[0] + shift,), False) if n.index else n
        return n if isinstance(n, Index | Var) else rebuild(n, moved)

    return moved(factor)
