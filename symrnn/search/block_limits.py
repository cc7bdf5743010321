"""Limits of Jacobians of gated cells: by ordered products of one-step ones, or as a block of the whole. Untrusted.

A Jacobian over k steps is not bounded step by step where the state has several blocks. But the whole state's is a
product of matrices of blocks; and a block of it is a product of its own where the paths through the others are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice, permutations
from typing import Any

from symrnn.block_jacobians import tidy
from symrnn.certificates import Cut, Given, Induct, Proof, Rewritten, Steady, Use, Within, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, rebuild, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Add,
    Blocks,
    Const,
    Diag,
    Eye,
    Hadamard,
    Jac,
    MatMul,
    Norm,
    Not,
    Pow,
    Pred,
    Prod,
    Rel,
    SpectralRadius,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.constants import constants_of
from symrnn.search.cuts import add, prove_with_cuts
from symrnn.search.equations import prove_equation
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
    if isinstance(goal, Not):
        return _steady(s, goal)
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
    for x in _spoken_of(s, t):
        found = _rewritten(s, goal, Pow(x, t.of.index[0] - t.wrt.index[0]), prove)
        if found is not None:
            return found
    product = of_one_block(s, t)
    return None if product is None else _rewritten(s, goal, product, prove)


def of_one_block(s: Sequent, t: Jac) -> Prod | None:
    """What a Jacobian of a block by itself is where the others do not come back: the product of its own steps."""
    if s.cell is None or t.of.name != t.wrt.name or {t.of.role, t.wrt.role} != {"state"}:
        return None
    block = next(b for b in s.cell.states if b.name == t.of.name)
    at = as_index(var := _unused(s))
    body = _without_zeros(s, one_step(s.cell, _member(block, at), _member(block, at - 1)))
    return Prod(body, var, t.wrt.index[0] + 1, t.of.index[0], True)


def _without_zeros(s: Sequent, t: Term) -> Term:
    """A one-step Jacobian without the paths through parameters that a hypothesis says are 0, gates that do not move
    being what they are."""
    zero = {x for h in s.hypotheses if isinstance(h, Rel) and h.op == "=" for x in (h.lhs, h.rhs) if _is_zero(h, x)}
    still = constants_of(s)

    def cut(n: Any) -> Any:
        if isinstance(n, Sym) and n in zero:
            return Zeros(*(shape_of(n) or (ONE, ONE)))
        if isinstance(n, Sym) and n.role == "local" and n.name in still:
            return still[n.name]
        return rebuild(n, cut) if isinstance(n, Add | MatMul | Times | Diag | Hadamard) else n

    out = tidy(cut(t)) if zero or still else t
    return s.algebra("left").term(out) if still else out


def _is_zero(h: Rel, x: Term) -> bool:
    other = h.rhs if x == h.lhs else h.lhs
    return isinstance(x, Sym) and x.role == "free" and (isinstance(other, Zeros) or other == Const(Fraction(0)))


def _as_product(s: Sequent, goal: Pred, states: States, later: Index, earlier: Index, prove: Prover) -> Proof | None:
    """The matrix of all blocks as the product over the steps."""
    cell, at = s.cell, as_index(_unused(s))
    if cell is None:
        return None
    for x in _spoken_of(s, goal.arg):
        found = _as_power(s, goal, states, x, prove)
        if found is not None:
            return found
    body = Blocks(tuple(tuple(one_step(cell, _member(a, at), _member(b, at - 1)) for b in states) for a in states))
    return _by_product(s, goal, body, later, earlier, prove)


def _as_power(s: Sequent, goal: Pred, states: States, x: Term, prove: Prover) -> Proof | None:
    """The matrix of all blocks as powers of a matrix that each of its steps is equal to."""
    t: Any = goal.arg
    later, earlier = t.rows[0][0].of.index[0], t.rows[0][0].wrt.index[0]
    times = [v for v in free_vars(later) if v.kind == "time"]
    if goal.var is None or later - earlier != as_index(goal.var) or not goal.var.low or len(times) != 1:
        return None
    rest = prove_limit(replace(s, goal=replace(goal, arg=Pow(x, later - earlier))), prove)
    lemma = Rel("=", whole(states, later, later - 1), x)
    one = _found(prove_equation, replace(s, goal=lemma)) if rest is not None else None
    if one is None or rest is None:
        return None
    richer, low = add(s, lemma), goal.var.low
    name, i = list(richer.equations)[-1], as_index(Var(goal.var.name, "lag", 0))
    before = whole(states, later - 1, later - i - low - 1)
    first = Rel("=", whole(states, later, later - low), Pow(x, as_index(low)))
    base = _found(prove_equation, replace(richer, goal=first))
    step = Words(
        "left",
        "left",
        (),
        (
            Use(MatMul((HOLE, before)), name, (), ()),
            Use(MatMul((x, HOLE)), "ih:0", ((times[0], as_index(times[0]) - 1),), ()),
        ),
    )
    if base is None:
        return None
    equal = Cut(lemma, one, Induct(goal.var, low, (base,), step))
    made = Rewritten(Pow(x, later - earlier), equal, rest)
    return made if accepted(s, made) else None


def _by_product(s: Sequent, goal: Pred, body: Term, later: Index, earlier: Index, prove: Prover) -> Proof | None:
    return _rewritten(s, goal, Prod(body, _unused(s), earlier + 1, later, True), prove)


def _steady(s: Sequent, goal: Not) -> Proof | None:
    """A Jacobian that is the identity at every lag does not vanish."""
    inner = goal.arg
    shape = shape_of(inner.arg) if isinstance(inner, Pred) and inner.name == "vanishes" else None
    if not isinstance(inner, Pred) or shape is None or not isinstance(inner.arg, Jac):
        return None
    term = Eye(shape[0])
    equal = equal_terms(replace(s, goal=Rel("=", inner.arg, term)))
    made = Steady(term, equal) if equal is not None else None
    return made if made is not None and accepted(s, made) else None


def equal_terms(s: Sequent) -> Proof | None:
    found = (_found(strategy, s) for strategy in EQUAL)
    return next((p for p in found if p is not None and accepted(s, p)), None)


def _found(strategy: Callable[[Sequent], Proof | None], s: Sequent) -> Proof | None:
    """What a strategy finds; nothing where it meets shapes that do not fit."""
    try:
        return strategy(s)
    except SymrnnError:
        return None


def _rewritten(s: Sequent, goal: Pred, term: Term, prove: Prover) -> Proof | None:
    """The limit of a term that the expression is equal to."""
    rest = prove_limit(replace(s, goal=replace(goal, arg=term)), prove)
    if rest is None:
        return None
    equal = equal_terms(replace(s, goal=Rel("=", goal.arg, term)))
    made = Rewritten(term, equal, rest) if equal is not None else None
    return made if made is not None and accepted(s, made) else None


def _spoken_of(s: Sequent, t: Term) -> list[Term]:
    """Matrices of the same shape whose eigenvalues or norms the hypotheses speak of: J may be made of their powers."""
    found = dict.fromkeys(x.arg for h in s.hypotheses for x in walk(h) if isinstance(x, SpectralRadius | Norm))
    shape = shape_of(t)
    return [x for x in found if shape_of(x) == shape and all(v.role == "free" for v in symbols(x))]


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
