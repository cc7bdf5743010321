"""What a k-step expression is bounded by as k grows: rates of geometric bounds, and matrices that dominate entrywise.

Trusted by the kernel.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import children, free_vars, symbols, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Diag,
    Eye,
    ForAll,
    ForAllTrajectories,
    Immediate,
    IndexRel,
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
    Total,
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
        if any(v.kind == "time" for _, e in scalars for v in free_vars(e)):
            raise Refused("a power with a time in its exponent may move with the lag")
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


def looks_back(t: Node, lag: Var) -> frozenset[Var]:
    """The times from which a term looks back by the lag: in its limit they are a fixed start plus the lag."""
    begins = (i for n in walk(t) for i in _begin(n))
    found = (i for i in begins if dict(i.terms).get(lag, 0) < 0)
    return frozenset(v for i in found for v, _ in i.terms if v.kind == "time")


def _begin(n: Node) -> tuple[Index, ...]:
    """Where what a term goes over begins: Jacobians and other derivatives, ordered products and sums.

    A free family with two times stands for one of these, as in inferences: X[t, t-k] for d h[t] / d h[t-k].
    """
    if isinstance(n, Sym) and n.role == "free" and len(n.index) == 2:
        return n.index[1:]
    if isinstance(n, Prod | Sum):
        return (n.lo,)
    if isinstance(n, Jac | Total | Immediate):
        return (*n.wrt.index, *(n.since if isinstance(n, Total) else ()))
    return ()


def check_start(s: Sequent, lag: Var, *terms: Term) -> None:
    """Raises Refused unless the times in terms move with the lag in all of them or in none, and none that moves is
    one of which something is known."""
    back = [looks_back(t, lag) for t in terms]
    moving = frozenset[Var]().union(*back)
    if any(moving & free_vars(t) - own for t, own in zip(terms, back, strict=True)):
        raise Refused("a time that moves with the lag in one limit stands still in another")
    if moving & frozenset(s.inducted).union(*(_standing(h) for h in s.hypotheses)):
        raise Refused("something is known of a time that moves with the lag")


def check_values(p: Prop, *values: Node) -> None:
    """Raises Refused if values that are to be put into a proposition would say something else there: of times that move
    in its limits, or of other trajectories."""
    if any(s.role != "free" for v in values for s in symbols(v)):
        if any(isinstance(n, ForAllTrajectories) for n in walk(p)):
            raise Refused("what a trajectory is at would be bound by a statement about all of them")
    spoken = frozenset[Var]().union(*map(free_vars, values))
    if any(isinstance(n, Pred) and n.var is not None and looks_back(n.arg, n.var) & spoken for n in walk(p)):
        raise Refused("a time that moves with the lag in what stands for something constant")


def _standing(p: Node) -> frozenset[Var]:
    """The variables of which a hypothesis speaks, but for times in limits where they move with the lag."""
    if isinstance(p, Pred) and p.var is not None:
        return free_vars(p) - looks_back(p.arg, p.var)
    if isinstance(p, ForAll) and isinstance(p.var, Var):
        return _standing(p.body) - {p.var}
    parts = [c for c in children(p) if isinstance(c, Prop)]
    return frozenset[Var]().union(*map(_standing, parts)) if parts else free_vars(p)


def spoken_otherwise(p: Pred, lag: Var, props: tuple[Node, ...]) -> frozenset[Var]:
    """The times of a limit that occur outside limits too, or move in it and stand still in another."""
    out, still = set[Var](), set[Var]()
    todo: list[Node] = list(props)
    while todo:
        n = todo.pop()
        if isinstance(n, Pred) and n.var is not None:
            still |= _times(n) - looks_back(n.arg, n.var)
            continue
        if isinstance(n, Rel | Pred | IndexRel):
            out |= _times(n)
        todo += [c for c in children(n) if isinstance(c, Prop)]
    return (_times(p) & out) | (looks_back(p.arg, lag) & still)


def _times(p: Node) -> frozenset[Var]:
    return frozenset(v for v in free_vars(p) if v.kind == "time")


def goal_of_limit(s: Sequent) -> tuple[str, Term, Var]:
    """ "vanishes" or "bounded", the expression and the lag of a goal that says so of it."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.name not in LIMITS or goal.var is None:
        raise Refused("the goal is no limit that a bound can show")
    if s.mentions(goal.var) or not s.defined(goal.arg):
        raise Refused("the lag of the limit occurs in a hypothesis, or a term may have no value")
    check_start(s, goal.var, goal.arg)
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
