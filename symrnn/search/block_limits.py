"""Limits of Jacobians of gated cells: by ordered products of one-step ones, or as a block of the whole. Untrusted.

A Jacobian over k steps is not bounded step by step where the state has several blocks. But the whole state's is a
product of matrices of blocks; and a block of it is a product of its own where the paths through the others are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, permutations
from typing import Any

from symrnn.certificates import Given, Proof, Rewritten, Within
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import Blocks, Jac, Pred, Prod, Rel, Sym, Term, Transpose
from symrnn.errors import SymrnnError
from symrnn.search.cuts import prove_with_cuts
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.limits import prove_limit
from symrnn.search.states import States, pick, prove_by_the_whole_state, whole
from symrnn.semantics.derivative import one_step
from symrnn.semantics.sequents import Sequent

EQUAL: tuple[Callable[[Sequent], Proof | None], ...] = (
    prove_by_the_whole_state,
    prove_with_cuts,
    prove_by_induction,
)


MOST_ORDERS = 6  # of the blocks, in which a hypothesis may put them


def prove_block_limit(s: Sequent, prove: Prover) -> Proof | None:
    """A limit of a Jacobian, or of the matrix of all of them, by products of one-step Jacobians."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None or goal.name == "explodes" or s.cell is None:
        return None
    if isinstance(goal.arg, Jac) and _runs(goal.arg, goal.var) and goal.arg.layout == "numerator":
        return _alone(s, goal, goal.arg, prove) or _as_block(s, goal, goal.arg, prove)
    states = _of_whole(s, goal.arg)
    if states is not None:
        t: Any = goal.arg
        first = t.rows[0][0]
        return _as_product(s, goal, states, first.of.index[0], first.wrt.index[0], prove)
    return None


def _runs(t: Jac, lag: Var) -> bool:
    """Whether it is of a state by a state, a lag apart."""
    return t.of.role == t.wrt.role == "state" and lag in free_vars(t.of.index[0] - t.wrt.index[0])


def _of_whole(s: Sequent, t: Term) -> States | None:
    """The state blocks in the order in which a matrix is the Jacobian of all of them."""
    if s.cell is None or not isinstance(t, Blocks) or not isinstance(t.rows[0][0], Jac):
        return None
    names = [row[0].of.name for row in t.rows if isinstance(row[0], Jac)]
    blocks = {b.name: b for b in s.cell.states}
    if sorted(names) != sorted(blocks):
        return None
    states, first = tuple(blocks[name] for name in names), t.rows[0][0]
    return states if whole(states, first.of.index[0], first.wrt.index[0]) == t else None


def _alone(s: Sequent, goal: Pred, t: Jac, prove: Prover) -> Proof | None:
    """The block as the product of its own one-step Jacobians, which it is where the others do not come back."""
    if s.cell is None or t.of.name != t.wrt.name:
        return None
    block = next(b for b in s.cell.states if b.name == t.of.name)
    at = as_index(_unused(s))
    body = one_step(s.cell, _member(block, at), _member(block, at - 1))
    return _by_product(s, goal, body, t.of.index[0], t.wrt.index[0], prove)


def _as_product(s: Sequent, goal: Pred, states: States, later: Index, earlier: Index, prove: Prover) -> Proof | None:
    """The matrix of all blocks as the product over the steps."""
    cell, at = s.cell, as_index(_unused(s))
    if cell is None:
        return None
    body = Blocks(tuple(tuple(one_step(cell, _member(a, at), _member(b, at - 1)) for b in states) for a in states))
    return _by_product(s, goal, body, later, earlier, prove)


def _by_product(s: Sequent, goal: Pred, body: Term, later: Index, earlier: Index, prove: Prover) -> Proof | None:
    term = Prod(body, _unused(s), earlier + 1, later, True)
    rest = prove_limit(replace(s, goal=replace(goal, arg=term)), prove)
    if rest is None:
        return None
    equation = replace(s, goal=Rel("=", goal.arg, term))
    for strategy in EQUAL:
        try:
            equal = strategy(equation)
        except SymrnnError:
            continue
        if equal is not None and accepted(equation, equal):
            made = Rewritten(term, equal, rest)
            return made if accepted(s, made) else None
    return None


def _as_block(s: Sequent, goal: Pred, t: Jac, prove: Prover) -> Proof | None:
    """A block of the Jacobian of the whole state, of which a hypothesis or a product shows the limit."""
    for states, inner, given in _wholes(s, goal, t):
        left, right = Transpose(pick(states, t.of.name)), pick(states, t.wrt.name)
        premise = replace(s, goal=replace(goal, arg=inner))
        proof = given or _as_product(premise, premise.goal, states, t.of.index[0], t.wrt.index[0], prove)  # type: ignore[arg-type]
        made = Within(left, inner, right, proof) if proof is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def _wholes(s: Sequent, goal: Pred, t: Jac) -> Iterator[tuple[States, Term, Proof | None]]:
    for i, h in enumerate(s.hypotheses):
        states = _of_whole(s, h.arg) if isinstance(h, Pred) and h.name == goal.name else None
        if states is not None and isinstance(h, Pred):
            yield states, h.arg, Given(i)
    if s.cell is not None and len(s.cell.states) > 1:
        for order in islice(permutations(s.cell.states), MOST_ORDERS):
            yield order, whole(order, t.of.index[0], t.wrt.index[0]), None


def _unused(s: Sequent) -> Var:
    """A running index that occurs nowhere in a sequent."""
    taken = {v.name for p in (s.goal, *s.hypotheses) for v in free_vars(p)}
    return next(
        Var(name, "index", None) for name in ("j", "i", "l", "r", *(f"j{n}" for n in range(99))) if name not in taken
    )


def _member(block: Sym, at: Index) -> Sym:
    return Sym(block.name, block.shape, block.role, block.props, (at,), False)
