"""Products over k steps, and the Jacobians that are such products, bounded factor by factor. Untrusted.

||X_j|| <= r for each j gives ||prod(j, X_j)|| <= r^k; the rate r is read off the bound that is claimed, or for a limit
off what the hypotheses say of entries: x <= c, or c <= x, which says 1 - x <= 1 - c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn.block_jacobians import tidy
from symrnn.certificates import Chain, Proof, Squeezed, Stepwise, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Abs, Add, Const, Entry, ForAll, Jac, Norm, Pow, Pred, Prod, Prop, Rel, Sym, Term, Times
from symrnn.records import replace
from symrnn.search.block_limits import equal_terms, of_one_block
from symrnn.search.lemmas import Prover, accepted, in_facts
from symrnn.search.long_products import as_product
from symrnn.search.products import prove_by_products
from symrnn.semantics.sequents import Sequent

ZERO, UNIT = Const(Fraction(0)), Const(Fraction(1))
MOST_RATES = 6
Factored = tuple[Prod, Proof]


def prove_factor_by_factor(s: Sequent, prove: Prover) -> Proof | None:
    """||X|| <= r^k, or |x| <= r^k, of what is a product of k factors."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or not isinstance(goal.lhs, Norm | Abs):
        return None
    if shape_of(goal.lhs) is not None or not isinstance(goal.lhs.arg, Jac | Prod):
        return None
    rates = list(_of_bound(goal.rhs))
    for product, equal in factored(s, goal.lhs.arg) if rates else ():
        for rate in rates:
            made = _stepwise(s, product, equal, rate, prove)
            if made is not None:
                return made
    return None


def prove_limit_factor_by_factor(s: Sequent, prove: Prover) -> Proof | None:
    """A product over k steps vanishes, or is bounded, since no factor exceeds a number."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.name not in ("vanishes", "bounded") or not isinstance(goal.arg, Jac | Prod):
        return None
    rates = [(UNIT, None)] if goal.name == "bounded" else list(_of_hypotheses(s))[:MOST_RATES]
    for product, equal in factored(s, goal.arg) if rates else ():
        for rate, bounded in rates:
            richer, wrap = _with_sign(s, rate, bounded, product.hi)
            found = _squeezed(richer, goal, product, equal, rate, prove)
            made = wrap(found) if found is not None else None
            if made is not None and accepted(s, made):
                return made
    return None


def _squeezed(s: Sequent, goal: Pred, product: Prod, equal: Proof, rate: Term, prove: Prover) -> Proof | None:
    bound = Pow(rate, product.hi - product.lo + 1)
    rest = prove(replace(s, goal=replace(goal, arg=bound)))
    if rest is None:
        return None
    below = Rel("<=", Abs(goal.arg) if shape_of(goal.arg) is None else Norm(goal.arg, "2"), bound)
    shown = _stepwise(_speaking(s, below), product, equal, rate, prove)
    return Squeezed(bound, shown, rest) if shown is not None else None


def _with_sign(s: Sequent, rate: Term, bounded: Rel | None, at: Index) -> tuple[Sequent, Callable[[Proof], Proof]]:
    """The sequent where a rate that is no number is known not to be negative, being at least what never is."""
    taken: list[tuple[Prop, Proof]] = []
    moving = [x for x in sorted(symbols(rate if bounded is None else bounded), key=lambda x: x.key) if x.role != "free"]
    there = [Entry(Sym(x.name, x.shape, x.role, x.props, (at,), False), ONE, ONE) for x in moving]
    if there and not isinstance(rate, Const):
        hinted = Add(tuple(Times((ZERO, x)) for x in there))  # 0, written so that it speaks of what is worth a look
        sign, proof = Rel("<=", ZERO, rate), prove_by_products(replace(s, goal=Rel("<=", hinted, rate)))
        if proof is not None and accepted(replace(s, goal=sign), proof):
            taken.append((sign, proof))
            s = s.with_fact(sign)
    return s, in_facts(taken)


def _stepwise(s: Sequent, product: Prod, equal: Proof, rate: Term, prove: Prover) -> Proof | None:
    goal: Any = s.goal
    one = _speaking(s, Rel(goal.op, replace(goal.lhs, arg=product.body), rate))
    step = prove_by_products(one) or prove(one)
    power = Rel("<=", Pow(rate, product.hi - product.lo + 1), goal.rhs)
    shown = prove(replace(s, goal=power)) if step is not None else None
    made = Stepwise(product, equal, rate, step, shown) if step is not None and shown is not None else None
    return made if made is not None and accepted(s, made) else None


def _speaking(s: Sequent, goal: Rel) -> Sequent:
    """With a goal about trajectories on which all has a value that it speaks of."""
    return replace(s, goal=goal, spoken=((*s.spoken[0], goal), s.spoken[1]))


def factored(s: Sequent, t: Term) -> Iterator[Factored]:
    """A term as a product over the steps, with a proof that it is that."""
    if isinstance(t, Prod):
        var = _new(s, t)
        yield (
            Prod(substitute(t.body, {t.var: as_index(var)}), var, t.lo, t.hi, t.descending),
            Words("left", "left", (), ()),
        )
        return
    whole = as_product(s, t)
    if whole is not None and isinstance(whole.rhs, Prod):
        yield whole.rhs, Chain(None)
    block = of_one_block(s, t) if isinstance(t, Jac) and t.layout == "numerator" else None
    if whole is not None and block is not None and isinstance(whole.rhs, Prod) and block.body == tidy(whole.rhs.body):
        return  # no path is cut
    equal = equal_terms(replace(s, goal=Rel("=", t, block))) if block is not None else None
    if block is not None and equal is not None:
        yield block, equal


def _new(s: Sequent, t: Prod) -> Var:
    """The variable of a product, or another if that stands for something in particular."""
    taken = {v.name for p in (s.goal, *s.hypotheses) for v in free_vars(p)} | {v.name for v in free_vars(t)}
    if t.var.kind == "index" and t.var.low is None and t.var.name not in taken:
        return t.var
    return next(Var(name, "index", None) for name in (f"j{i}" for i in range(99)) if name not in taken)


def _of_bound(bound: Term) -> Iterator[Term]:
    """r of r^k; of a number it and 1."""
    if isinstance(bound, Pow):
        yield bound.base
    elif isinstance(bound, Const):
        yield from dict.fromkeys((bound, UNIT))


def _of_hypotheses(s: Sequent) -> Iterator[tuple[Term, Rel]]:
    """Numbers that hypotheses compare entries or norms with, each with the comparison."""
    found: dict[Term, Rel] = {}
    for h in s.hypotheses:
        body: Any = h
        while isinstance(body, ForAll) and isinstance(body.var, Var):
            body = body.body
        if not isinstance(body, Rel) or body.op not in ("<", "<="):
            continue
        for side, below in ((body.rhs, False), (body.lhs, True)):
            c = _number(side)
            if c is not None:
                found.setdefault(_folded(Add((UNIT, Times((Const(Fraction(-1)), c))))) if below else c, body)
    yield from ((c, said) for c, said in found.items() if c != UNIT)


def _number(side: Term) -> Term | None:
    """c of a number, or of a column of so many of it."""
    if isinstance(side, Times) and shape_of(side) is not None:
        scalars = tuple(x for x in side.args if shape_of(x) is None)
        side = scalars[0] if len(scalars) == 1 else Times(scalars) if scalars else side
    still = all(x.role == "free" for x in symbols(side)) and not any(isinstance(x, Norm) for x in walk(side))
    return side if shape_of(side) is None and still else None


def _folded(c: Term) -> Term:
    """1 - c of a number as the number that it is."""
    match c:
        case Add((Const(value=one), Times((Const(value=sign), Const(value=x))))):
            return Const(one + sign * x)
    return c


__all__ = ["prove_factor_by_factor", "prove_limit_factor_by_factor"]
