"""Norms of Jacobians over k steps as those of the products that they are. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symrnn.certificates import Chain, Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import free_vars, walk
from symrnn.claims.tree import HOLE, Jac, Norm, Prod, Prop, Rel
from symrnn.errors import SymrnnError
from symrnn.search.cuts import add, wrap
from symrnn.search.lemmas import Prover, accepted
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent

STEP = Var("step", "index", None)


def norms_of_products(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||J|| = ||product of the one-step Jacobians|| where the goal bounds the one and speaks of a product."""
    cell = s.cell
    if cell is None or len(cell.states) != 1 or not any(isinstance(x, Prod) for x in walk(s.goal)):
        return
    for x in sorted({x for x in walk(s.goal) if isinstance(x, Norm) and isinstance(x.arg, Jac)}, key=lambda x: x.key):
        jac = x.arg
        if not isinstance(jac, Jac) or {jac.of.role, jac.wrt.role} != {"state"} or jac.layout != "numerator":
            continue
        if not free_vars(jac.of.index[0] - jac.wrt.index[0]):
            continue
        at = as_index(STEP)
        try:
            step = one_step(cell, member(cell.states[0], at), member(cell.states[0], at - 1))
            whole = Rel("=", jac, Prod(step, STEP, jac.wrt.index[0] + 1, jac.of.index[0], True))
            name = list(add(s, whole).equations)[-1]
        except SymrnnError:
            continue
        inner = replace(s, goal=Rel("=", Norm(jac, x.kind), Norm(whole.rhs, x.kind)))
        proof = wrap([(whole, Chain(None))], Words("left", "left", (), (Use(Norm(HOLE, x.kind), name, (), ()),)))
        if accepted(inner, proof):
            yield inner.goal, proof
