"""Recurrences with several state blocks: the Jacobian of the whole state, by induction on all of its blocks at once.

A statement about one block, such as d c_t / d c_{t-k} of an LSTM, has no induction of its own, because each step mixes
the blocks. The matrix of all blocks has: S(t, u) = S(t, t-1) S(t-1, u). Untrusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from symrnn.certificates import Induct, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute, walk
from symrnn.claims.tree import HOLE, Add, Blocks, Eye, Jac, MatMul, Prod, Prop, Rel, Sym, Term, Transpose, Zeros
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.inductions import step_sequent
from symrnn.search.lemmas import accepted
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent

PEELS = (("left", "left"), ("left", "right"), ("right", "left"))
States = tuple[Sym, ...]


def prove_by_the_whole_state(s: Sequent) -> Proof | None:
    """The goal from a statement about the whole state, if the goal has a lag and the recurrence several blocks.

    Products of sums, as the Jacobians of gated cells with one block are, are tried here too: the step of the induction
    is known, and need not be found by rewriting.
    """
    goal = s.goal
    if s.cell is None or not isinstance(goal, Rel) or goal.op != "=":
        return None
    sums = any(isinstance(x, Prod) and contains(x.body, Add) for x in walk(goal))
    if len(s.cell.states) < 2 and not sums:
        return None
    if not any(v.kind == "lag" for v in free_vars(goal)) or not contains(goal, Jac):
        return None
    found = _by_induction(s)
    if found is not None:
        return found
    for lemma, use in _lemmas(s, goal):
        rest = Words("left", "left", (), (use,))
        if not accepted(add(s, lemma), rest):
            continue
        why = _by_induction(replace(s, goal=lemma))
        if why is not None:
            return wrap([(lemma, why)], rest)
    return None


# ---- the matrix of all blocks ----------------------------------------------------------------------------------------


def whole(states: States, later: Index, earlier: Index) -> Blocks:
    """The Jacobian of the whole state at one time by that at another."""
    return Blocks(tuple(tuple(Jac(_at(a, later), _at(b, earlier), "numerator") for b in states) for a in states))


def _at(block: Sym, time: Index) -> Sym:
    return Sym(block.name, block.shape, block.role, block.props, (time,), False)


def pick(states: States, block: str) -> Blocks:
    """The column of blocks that picks one state block out of all."""
    sizes = [cols if rows == ONE else rows for b in states for rows, cols in [b.shape or (ONE, ONE)]]
    place = [b.name for b in states].index(block)
    return Blocks(tuple((Eye(n) if i == place else Zeros(n, sizes[place]),) for i, n in enumerate(sizes)))


# ---- induction -------------------------------------------------------------------------------------------------------


def _by_induction(s: Sequent) -> Proof | None:
    """Induction on a lag: the step is the induction hypothesis a time earlier, times the Jacobian of one step."""
    fixed = s.fixed_variables()
    lags = sorted((v for v in free_vars(s.goal) if v.kind == "lag" and v not in fixed), key=lambda v: v.key)
    for var in lags:
        low = var.low or 0
        base = Words("left", "left", (), ())
        first_two = (replace(s, goal=substitute(s.goal, {var: as_index(low + i)})) for i in range(2))
        if not all(accepted(at, base) for at in first_two):  # the second only because a false claim mostly fails there
            continue
        step = step_sequent(s, var, low, 1)
        for proof in _steps(step):
            if accepted(step, proof):
                return Induct(var, low, (base,), proof)
    return None


def _steps(s: Sequent) -> Iterator[Words]:
    """Uses of the induction hypothesis, at the time before, below each candidate for the first factor."""
    hypothesis = s.equations["ih:0"]
    times = [v for v in hypothesis.free if isinstance(v, Var) and v.kind == "time"]
    earlier = tuple(sorted(((v, as_index(v) - 1) for v in times), key=lambda item: item[0].key))
    factors = list(dict.fromkeys(_first_factors(s)))
    for peels in PEELS:
        for factor in factors:
            for values in (earlier, ()):
                for context in (MatMul((factor, HOLE)), MatMul((HOLE, factor))):
                    yield Words(*peels, (), (Use(context, "ih:0", values, ()),))


def _first_factors(s: Sequent) -> Iterator[Term]:
    """What one more step multiplies by: the ends of products in the goal, and the Jacobian of one step."""
    if s.cell is None:
        return
    for p in dict.fromkeys(x for x in walk(s.goal) if isinstance(x, Prod)):
        yield substitute(p.body, {p.var: p.hi})
        yield substitute(p.body, {p.var: p.lo})
    for times in _spans(s.goal):
        for states in permutations(s.cell.states):
            yield whole(states, times[0], times[0] - 1)
            yield whole(states, times[1] + 1, times[1])


def _spans(goal: Prop) -> list[tuple[Index, Index]]:
    """The pairs of times between which the Jacobians of the goal run, where these are not a number of steps apart."""
    found = dict.fromkeys((x.of.index[0], x.wrt.index[0]) for x in walk(goal) if isinstance(x, Jac))
    return [(a, b) for a, b in found if not (a - b).is_const]


# ---- statements about the whole state that a goal may follow from ----------------------------------------------------


def _lemmas(s: Sequent, goal: Rel) -> Iterator[tuple[Rel, Use]]:
    """Lemmas, each with the use of it that should prove the goal."""
    blocks = s.cell.states if s.cell is not None else ()
    for states in permutations(blocks):
        for p in dict.fromkeys(x for x in walk(goal) if isinstance(x, Prod)):
            if shape_of(p) == shape_of(whole(states, p.hi, p.hi - 1)):
                lemma = Rel("=", whole(states, p.hi, p.lo - 1), p)
                yield from ((lemma, use) for use in _replacing(s, goal, lemma, p))
    for a, b in _spans(goal):
        for x, y in _spans(goal):
            if b == x and a != y:
                lemma = Rel("=", whole(blocks, a, y), MatMul((whole(blocks, a, b), whole(blocks, b, y))))
                yield from ((lemma, use) for use in _picking(s, goal, lemma, blocks, a, y))


def _replacing(s: Sequent, goal: Rel, lemma: Rel, p: Prod) -> Iterator[Use]:
    """The lemma put in for the product, on the side where it stands."""
    name = list(add(s, lemma).equations)[-1]
    for side, sign in ((goal.lhs, 1), (goal.rhs, -1)):
        if any(x == p for x in walk(side)):
            context = replaced(side, p, HOLE)
            yield Use(-context if sign > 0 else context, name, (), ())


def _picking(s: Sequent, goal: Rel, lemma: Rel, states: States, a: Index, y: Index) -> Iterator[Use]:
    """One block of the lemma, on either side."""
    name = list(add(s, lemma).equations)[-1]
    outer = dict.fromkeys(
        (x.of.name, x.wrt.name) for x in walk(goal) if isinstance(x, Jac) and x.of.index == (a,) and x.wrt.index == (y,)
    )
    for row, col in outer:
        block = MatMul((Transpose(pick(states, row)), HOLE, pick(states, col)))
        yield Use(block, name, (), ())
        yield Use(-block, name, (), ())
