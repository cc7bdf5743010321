"""Jacobians over k steps as the products that they are: their norms, and properties that products keep. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.certificates import Chain, Known, Proof, Rewritten, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import contains, free_vars, walk
from symrnn.claims.tree import HOLE, Jac, Norm, Pred, Prod, Prop, Rel, Term
from symrnn.errors import SymrnnError
from symrnn.search.cuts import add, wrap
from symrnn.search.lemmas import Prover, accepted
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent

STEP = Var("step", "index", None)


def norms_of_products(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||J|| = ||product of the one-step Jacobians|| where the goal bounds the one and speaks of a product."""
    if not contains(s.goal, Prod):
        return
    for x in sorted({x for x in walk(s.goal) if isinstance(x, Norm)}, key=lambda x: x.key):
        whole = _as_product(s, x.arg)
        if whole is not None:
            name = list(add(s, whole).equations)[-1]
            inner = replace(s, goal=Rel("=", x, Norm(whole.rhs, x.kind)))
            proof = wrap([(whole, Chain(None))], Words("left", "left", (), (Use(Norm(HOLE, x.kind), name, (), ()),)))
            if accepted(inner, proof):
                yield inner.goal, proof


def prove_of_product(s: Sequent) -> Proof | None:
    """A property that the product of the one-step Jacobians is known to have."""
    whole = _as_product(s, s.goal.arg) if isinstance(s.goal, Pred) and s.goal.var is None else None
    made = Rewritten(whole.rhs, Chain(None), Known()) if whole is not None else None
    return made if made is not None and accepted(s, made) else None


def _as_product(s: Sequent, jac: Term) -> Rel | None:
    """J = the product of the one-step Jacobians, for a Jacobian of the one state block over k steps."""
    cell = s.cell
    if not isinstance(jac, Jac) or jac.layout == "denominator" or {jac.of.role, jac.wrt.role} != {"state"}:
        return None
    if cell is None or len(cell.states) != 1 or not free_vars(jac.of.index[0] - jac.wrt.index[0]):
        return None
    at = as_index(STEP)
    try:
        step = one_step(cell, member(cell.states[0], at), member(cell.states[0], at - 1))
    except SymrnnError:
        return None
    return Rel("=", jac, Prod(step, STEP, jac.wrt.index[0] + 1, jac.of.index[0], True))
