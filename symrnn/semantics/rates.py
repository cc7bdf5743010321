"""What a k-step expression is bounded by as k grows: rates of geometric bounds, and matrices that dominate entrywise.

Trusted by the kernel.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Diag,
    Eye,
    Jac,
    MatMul,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.bounds import at_every_step
from symrnn.semantics.functions import never_negative
from symrnn.semantics.monomials import mono_key, power
from symrnn.semantics.sequents import Sequent

LIMITS = ("vanishes", "bounded")
ONE = Const(Fraction(1))


def rates(s: Sequent, bound: Term, lag: Var, strictly: bool) -> tuple[Prop, ...]:
    """What must hold for a bound to tend to 0 (``strictly``; else to stay bounded): r < 1 for each term c r^lag of it.

    ``bound`` is made of what is never negative. Refused where the lag occurs otherwise than in an exponent.
    """
    needed = []
    for scalars, binders, word in sorted(s.algebra("left").poly(bound), key=mono_key):
        if word or binders or any(moves_with(lag, a) for a, _ in scalars):
            raise Refused("the bound depends on the lag in another way than by exponents")
        growing = [_upwards(a, dict(e.terms).get(lag, 0)) for a, e in scalars]
        if any(rate < 0 for _, rate in growing):
            raise Refused("a factor with a falling exponent")
        if not all(never_negative(s.algebra("left").context, a) for a, rate in growing if rate):
            raise Refused("a factor that may be negative")
        factors = [x for a, rate in growing if (x := power(a, as_index(rate))) is not None]
        if factors or strictly:
            ratio = ONE if not factors else factors[0] if len(factors) == 1 else Times(tuple(factors))
            needed.append(Rel("<" if strictly else "<=", ratio, ONE))
    return tuple(needed)


def moves_with(lag: Var, t: Term) -> bool:
    """Whether a term may change as the lag grows.

    It does so with the lag in it, and where it speaks of a time or a trajectory: the k steps have a fixed start.
    """
    return any(v == lag or v.kind == "time" for v in free_vars(t)) or any(s.role != "free" for s in symbols(t))


def _upwards(a: Term, rate: int) -> tuple[Term, int]:
    """A number to a falling power as its inverse to a growing one."""
    return (Const(1 / a.value), -rate) if isinstance(a, Const) and a.value and rate < 0 else (a, rate)


def goal_of_limit(s: Sequent) -> tuple[str, Term, Var]:
    """ "vanishes" or "bounded", the expression and the lag of a goal that says so of it."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.name not in LIMITS or goal.var is None:
        raise Refused("the goal is no limit that a bound can show")
    if s.mentions(goal.var) or not s.defined(goal.arg):
        raise Refused("the lag of the limit occurs in a hypothesis, or a term may have no value")
    return goal.name, goal.arg, goal.var


def dominant(s: Sequent, t: Term) -> Term:
    """A matrix whose entries are at least the magnitudes of those of ``t``; of a scalar: its magnitude."""
    return _dominant(s, s.algebra("left"), t)


def _dominant(s: Sequent, algebra: Algebra, t: Term) -> Term:
    if isinstance(t, Const):
        return Const(abs(t.value))
    if isinstance(t, Eye | Zeros):
        return t
    if isinstance(t, Add):
        return Add(tuple(_dominant(s, algebra, x) for x in t.args))
    if isinstance(t, MatMul):
        return MatMul(tuple(_dominant(s, algebra, x) for x in t.args))
    if isinstance(t, Times):
        return Times(tuple(_dominant(s, algebra, x) for x in t.args))
    if isinstance(t, Transpose):
        return Transpose(_dominant(s, algebra, t.arg))
    if isinstance(t, Pow) and algebra.context.at_least(t.exponent, 0):
        return Pow(_dominant(s, algebra, t.base), t.exponent)
    if isinstance(t, Prod | Sum):
        return _of_range(s, algebra, t)
    if isinstance(t, Jac):
        return _of_jacobian(s, algebra, t)
    return _of_letter(s, algebra, t)


def _of_letter(s: Sequent, algebra: Algebra, t: Term) -> Term:
    if isinstance(t, Sym) and t.role == "local" and s.cell is not None and t.index:
        definition = s.cell.definition(t.name, t.index[0])
        if isinstance(definition, Diag):
            return _of_letter(s, algebra, definition)
    if isinstance(t, Diag) and isinstance(t.arg, Apply) and t.arg.order == 1 and t.arg.function in FACTS:
        facts, shape = FACTS[t.arg.function], shape_of(t)
        if shape is not None:
            return Times((Const(max(abs(facts.low), abs(facts.high))), Eye(shape[0])))
    return Abs(t)


def _of_range(s: Sequent, algebra: Algebra, t: Prod | Sum) -> Term:
    if isinstance(t, Sum) or not algebra.context.at_least(t.hi - t.lo + 1, 0):
        raise Refused("a sum, or a range that may end before it begins")
    body = _dominant(s, algebra.within(t.var, t.lo, t.hi), t.body)
    if t.var in free_vars(body):
        return Prod(body, t.var, t.lo, t.hi, t.descending)
    return Pow(body, t.hi - t.lo + 1)


def _of_jacobian(s: Sequent, algebra: Algebra, t: Jac) -> Term:
    """One step dominated by a matrix that is the same at all times, to the power of the steps; one state block only."""
    if t.layout == "denominator":
        return Transpose(_of_jacobian(s, algebra, Jac(t.of, t.wrt, "numerator")))
    return at_every_step(s.cell, algebra, t, lambda step: _dominant(s, algebra, step))
