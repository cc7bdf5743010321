"""Rules of the kernel about inequalities, limits and cited facts. Trusted: part of the kernel, in a file of its own.

Each rule gives its premises, as sequents with proofs that the kernel checks, and the names of the lemmas it rests on.
Its docstring is its inference bar: premises over a line over the conclusion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn import certificates as cert
from symrnn import entries, evaluation
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.shapes import ONE, check_shapes, is_scalar, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    And,
    Const,
    Det,
    Entry,
    Eye,
    ForAllTrajectories,
    Iff,
    Implies,
    Loss,
    MatMul,
    Norm,
    Not,
    Or,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    SpectralRadius,
    Term,
    Times,
    Trace,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.semantics import beginnings
from symrnn.semantics.bounds import upper
from symrnn.semantics.inequalities import AtMost, orders
from symrnn.semantics.monomials import UNIT, minus
from symrnn.semantics.rates import check_start, dominant, goal_of_limit, moves_with, rates
from symrnn.semantics.sequents import Equation, Sequent
from symrnn.semantics.steering import steered
from symrnn.semantics.univariate import degree, poly, real_roots, squarefree
from symrnn.semantics.uses import lemma_hypotheses, lemma_instance

Premise = str | tuple[Sequent, Node]  # the name of a lemma, or what is to be shown and its proof
Rule = Callable[[Sequent, Any], Iterator[Premise]]


def check_own_terms(part: Any) -> None:
    """Raises Refused if a certificate itself (not a proof inside it) speaks of a variable that normal forms bind."""
    items = part if isinstance(part, tuple) else part.parts()
    for x in (x for x in items if isinstance(x, Node | tuple) and not isinstance(x, cert.Proof)):
        if isinstance(x, tuple | AtMost):
            check_own_terms(x)
        elif any(v.kind == "bound" for v in free_vars(x)):
            raise Refused("a variable of normal forms occurs free")


def order(s: Sequent, c: cert.Order) -> Iterator[Premise]:
    """
    rhs - lhs = sum of f (r - l)^... + what is never negative      l <= r known      f never negative
    ---------------------------------------------------------------------------------------------------
    lhs <= rhs      (lhs < rhs if some difference, or what is left, is strict)
    """
    orders(s, s.goal, c.uses)
    for use in c.uses:
        yield from _lemma(s, use.source, use.values, use.discharge)


def _lemma(s: Sequent, source: str, values: Any, discharge: tuple[Node, ...]) -> Iterator[Premise]:
    needed = lemma_hypotheses(source, values)
    if len(needed) != len(discharge):
        raise Refused(f"{source} has {len(needed)} hypotheses to discharge")
    if source.startswith("lemma:"):
        yield source[6:]
    yield from ((s.premise(h), proof) for h, proof in zip(needed, discharge, strict=True))


def cite(s: Sequent, c: cert.Cite) -> Iterator[Premise]:
    """
    the hypotheses of a lemma, at an instance
    -----------------------------------------
    its conclusion at that instance
    """
    instance = lemma_instance(f"lemma:{c.lemma}", c.values)
    if not same(s, instance, s.goal):
        raise Refused(f"the goal is no instance of the lemma {c.lemma}")
    yield from _lemma(s, f"lemma:{c.lemma}", c.values, c.discharge)


def annihilated(s: Sequent, c: cert.Annihilated) -> Iterator[Premise]:
    """
    q(A) = 0      gcd(q, q') = 1      (over R: all roots of q are real)
    -------------------------------------------------------------------
    A is diagonalisable      (Horn and Johnson, Matrix Analysis, 2nd ed., corollary 3.3.10)
    """
    goal, q = s.goal, poly(c.coefficients)
    if not isinstance(goal, Pred) or goal.name not in ("diagonalizable", "squarefree_minimal_polynomial"):
        raise Refused("the goal is not that a matrix is diagonalisable")
    if degree(q) < 1 or degree(squarefree(q)) < degree(q) or (goal.field != "C" and real_roots(q) < degree(q)):
        raise Refused("the polynomial has a repeated root, or one that is not real")
    check_shapes(goal)
    size = (shape_of(goal.arg) or (ONE,))[0]
    powers = (Times((Const(x), Pow(goal.arg, as_index(i)) if i else Eye(size))) for i, x in enumerate(q))
    yield replace(s, goal=Rel("=", Add(tuple(powers)), Zeros(size, size))), c.proof


def spelt(s: Sequent, c: cert.Spelt) -> Iterator[Premise]:
    """
    the goal in normal forms with s' = s - s^2 (sigmoid), s' = 1 - s^2 (tanh), and gates as they are defined
    -------------------------------------------------------------------------------------------------------
    the goal
    """
    yield replace(s, spelt=True), c.proof


def antisymmetry(s: Sequent, c: cert.Antisymmetry) -> Iterator[Premise]:
    """
    l <= r      r <= l
    ------------------
    l = r      (scalars)
    """
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or shape_of(goal.lhs) or shape_of(goal.rhs):
        raise Refused("the goal is no equation between scalars")
    yield replace(s, goal=Rel("<=", goal.lhs, goal.rhs)), c.below
    yield replace(s, goal=Rel("<=", goal.rhs, goal.lhs)), c.above


def raised(s: Sequent, c: cert.Raised) -> Iterator[Premise]:
    """
    l^p <= r^p      0 <= r      p >= 1
    ----------------------------------
    l <= r      (scalars; l < r from l^p < r^p)
    """
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or shape_of(goal.lhs) or shape_of(goal.rhs):
        raise Refused("the goal is no inequality between scalars")
    if not s.algebra("left").context.at_least(c.exponent, 1):
        raise Refused(f"the exponent {c.exponent} is not known to be 1 or more")
    yield s.premise(Rel(goal.op, Pow(goal.lhs, c.exponent), Pow(goal.rhs, c.exponent))), c.powers
    yield s.premise(Rel("<=", Const(Fraction(0)), goal.rhs)), c.sign


def given(s: Sequent, c: cert.Given) -> Iterator[Premise]:
    """
    a hypothesis that says the goal, term by term in normal form
    ------------------------------------------------------------
    the goal
    """
    if not 0 <= c.which < len(s.hypotheses):
        raise Refused("there is no such hypothesis")
    if s.hypotheses[c.which] != s.goal and not same(s, s.hypotheses[c.which], s.goal):
        raise Refused("the goal is not that hypothesis")
    yield from ()


def fact(s: Sequent, c: cert.Fact) -> Iterator[Premise]:
    """
    hypotheses |- P      hypotheses, P |- goal
    ------------------------------------------
    goal
    """
    check_shapes(c.prop)
    yield s.premise(c.prop), c.proof
    yield s.with_fact(c.prop), c.rest


def geometric(s: Sequent, c: cert.Geometric) -> Iterator[Premise]:
    """
    ||X_k|| <= sum of c r^k by the rules for norms      r < 1 for each term (to be bounded: r <= 1)
    -----------------------------------------------------------------------------------------------
    X_k vanishes (is bounded) as k -> infinity
    """
    name, term, lag = goal_of_limit(s)
    yield from _all(s, rates(s, upper(s, term, c.kind, c.assumed), lag, strictly=name == "vanishes"), c.proofs)


def _all(s: Sequent, needed: tuple[Prop, ...], proofs: tuple[Node, ...]) -> Iterator[Premise]:
    if len(needed) != len(proofs):
        raise Refused(f"{len(needed)} premises need as many proofs")
    yield from ((replace(s, goal=p), proof) for p, proof in zip(needed, proofs, strict=True))


def dominated(s: Sequent, c: cert.Dominated) -> Iterator[Premise]:
    """
    |X_k| <= Y_k entry by entry      Y_k vanishes (is bounded)
    ----------------------------------------------------------
    X_k vanishes (is bounded)
    """
    name, term, lag = goal_of_limit(s)
    above = dominant(s, term)
    check_start(s, lag, term, above)
    yield replace(s, goal=Pred(name, above, "", lag)), c.proof


def within(s: Sequent, c: cert.Within) -> Iterator[Premise]:
    """
    X_k = L Y_k R, L and R without k      Y_k vanishes (is bounded)
    ---------------------------------------------------------------
    X_k vanishes (is bounded)
    """
    name, term, lag = goal_of_limit(s)
    if moves_with(lag, c.left) or moves_with(lag, c.right):
        raise Refused("what stands beside it depends on the lag")
    scalars = [x for x in (c.left, c.right) if is_scalar(shape_of(x))]
    product = Times((c.left, c.inner, c.right)) if len(scalars) == 2 else MatMul((c.left, c.inner, c.right))
    algebra = s.algebra("left")
    if shape_of(product) != shape_of(term) or minus(algebra.poly(term), algebra.poly(product)):
        raise Refused("the goal is no such product")
    check_start(s, lag, term, c.inner)
    yield s.premise(Pred(name, c.inner, "", lag)), c.proof


def split(s: Sequent, c: cert.Split) -> Iterator[Premise]:
    """
    X_k = L_k R_k      L_k is bounded      R_k vanishes (is bounded)      [or L and R the other way round]
    ------------------------------------------------------------------------------------------------------
    X_k vanishes (is bounded)
    """
    name, term, lag = goal_of_limit(s)
    product = (Times if is_scalar(shape_of(c.left)) or is_scalar(shape_of(c.right)) else MatMul)((c.left, c.right))
    algebra = s.algebra("left")
    if shape_of(product) != shape_of(term) or minus(algebra.poly(term), algebra.poly(product)):
        raise Refused("the goal is no such product")
    check_start(s, lag, term, c.left, c.right)
    names = ("bounded", name) if c.left_is_bounded else (name, "bounded")
    yield s.premise(Pred(names[0], c.left, "", lag)), c.if_left
    yield s.premise(Pred(names[1], c.right, "", lag)), c.if_right


def rewritten(s: Sequent, c: cert.Rewritten) -> Iterator[Premise]:
    """
    X = Y (of a limit: for every value of its lag)      P(Y)
    --------------------------------------------------------
    P(X)      (a property or a limit, or not one)
    """
    goal = s.goal.arg if isinstance(s.goal, Not) else s.goal
    if not isinstance(goal, Pred) or (goal.var is not None and s.mentions(goal.var)):
        raise Refused("the goal is no property or limit, or its lag occurs in a hypothesis")
    if goal.var is not None:
        check_start(s, goal.var, goal.arg, c.term)
    equation = Rel("=", goal.arg, c.term)
    check_shapes(equation)
    after: Prop = replace(goal, arg=c.term)
    yield s.premise(equation), c.equal
    yield s.premise(Not(after) if isinstance(s.goal, Not) else after), c.rest


def squeezed(s: Sequent, c: cert.Squeezed) -> Iterator[Premise]:
    """
    ||X_k|| <= y_k for every k      y_k vanishes (is bounded)
    ---------------------------------------------------------
    X_k vanishes (is bounded)      (of a number: |X_k|)
    """
    name, term, lag = goal_of_limit(s)
    check_start(s, lag, term, c.bound)
    if shape_of(c.bound) is not None or any(x.role != "free" for x in symbols(c.bound)):
        raise Refused("the bound is no number, or depends on the trajectory")
    below = Rel("<=", Abs(term) if shape_of(term) is None else Norm(term, "2"), c.bound)
    props, ranges = s.spoken
    yield (
        replace(s.premise(below), spoken=((*props, below), ranges)),
        c.below,
    )  # of trajectories that X_k has a value on
    yield s.premise(Pred(name, c.bound, "", lag)), c.rest


def stepwise(s: Sequent, c: cert.Stepwise) -> Iterator[Premise]:
    """
    X = prod(j, X_j)      ||X_j|| <= r for a new j      r^(number of j) <= y
    ------------------------------------------------------------------------
    ||X|| <= y      (1-, 2-, maximum norm; of a number |X|; < if ||X_j|| < r and there is a j)
    """
    goal, product = s.goal, c.product
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or not isinstance(goal.lhs, Norm | Abs):
        raise Refused("the goal is no bound of a norm or magnitude")
    if any(shape_of(x) is not None for x in (goal.lhs, goal.rhs, c.rate)) or not isinstance(product, Prod):
        raise Refused("what is to be bounded, or its bound, is no number")
    if isinstance(goal.lhs, Norm) and goal.lhs.kind not in ("1", "2", "inf"):
        raise Refused("the identity need not have the norm 1")
    var, count = product.var, product.hi - product.lo + 1
    spoken = free_vars(goal) | free_vars(product) | free_vars(c.rate)
    if (var.kind, var.low) != ("index", None) or var in spoken or s.mentions(var):
        raise Refused(f"{var} is no new index")
    context, (props, ranges) = s.algebra("left").context, s.spoken
    if not context.at_least(count, 1 if goal.op == "<" else 0):
        raise Refused(f"there may be too few factors from {product.lo} to {product.hi}")
    if not all(beginnings.within(t, s.begun, context) for t in (product, c.rate)):
        raise Refused("a factor, or the rate, may lie before the trajectories of the claim")
    equation, one = Rel("=", goal.lhs.arg, product), Rel(goal.op, replace(goal.lhs, arg=product.body), c.rate)
    check_shapes(equation)
    yield s.premise(equation), c.equal
    yield replace(s.premise(one), spoken=((*props, one), ranges)), c.step  # its j is one of those of the product
    yield s.premise(Rel("<=", Pow(c.rate, count), goal.rhs)), c.power


def absurd(s: Sequent, c: cert.Absurd) -> Iterator[Premise]:
    """
    hypotheses, r <= l |- not one of the hypotheses
    -----------------------------------------------
    l < r      (l <= r from r < l)
    """
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or shape_of(goal.lhs) or shape_of(goal.rhs):
        raise Refused("the goal is no inequality between scalars")
    if not s.defined(goal.lhs) or not s.defined(goal.rhs) or not 0 <= c.which < len(s.hypotheses):
        raise Refused("a side may have no value, or there is no such hypothesis")
    contrary = Rel("<=" if goal.op == "<" else "<", goal.rhs, goal.lhs)
    yield replace(s, goal=Not(s.hypotheses[c.which])).with_fact(contrary), c.proof


def turn(s: Sequent, c: cert.Turn) -> Iterator[Premise]:
    """
    X_k vanishes     X_k is bounded       X_k explodes          X_k is not bounded     X_k vanishes (is bounded)
    ------------     ----------------     -----------------     ------------------     -------------------------------
    bounded          does not explode     does not vanish       explodes               so is its norm, spectral radius,
                                                                                       trace, determinant, each entry
    """
    goal = s.goal
    name = goal.arg.name if isinstance(goal, Not) and isinstance(goal.arg, Pred) else ""
    if isinstance(goal, Pred) and goal.name in ("vanishes", "bounded") and is_read_off(goal.arg):
        if not s.defined(goal.arg):
            raise Refused(f"{goal.arg} may have no value")
        premise: Prop = replace(goal, arg=goal.arg.arg)  # type: ignore[attr-defined]
    elif isinstance(goal, Pred) and goal.name == "bounded":
        premise = replace(goal, name="vanishes")
    elif isinstance(goal, Pred) and goal.name == "explodes" and not _fixed(s, goal) and s.defined(goal.arg):
        premise = Not(replace(goal, name="bounded"))
    elif isinstance(goal, Not) and isinstance(goal.arg, Pred) and name in ("explodes", "vanishes", "bounded"):
        premise = replace(goal.arg, name="bounded" if name == "explodes" else "explodes")
    else:
        raise Refused("the goal is no such statement about a limit")
    yield replace(s, goal=premise), c.proof


def is_read_off(t: Term) -> bool:
    """Whether a number is read off a matrix so that it is small, or bounded, where the matrix is."""
    read = isinstance(t, Norm | SpectralRadius | Trace | Det | Entry)
    return read and shape_of(t.arg) is not None  # type: ignore[attr-defined]


def steady(s: Sequent, c: cert.Steady) -> Iterator[Premise]:
    """
    X_k = c I for every k      c a number, not 0
    --------------------------------------------
    X_k does not vanish
    """
    goal = s.goal.arg if isinstance(s.goal, Not) else None
    if not isinstance(goal, Pred) or goal.name != "vanishes" or goal.var is None or s.mentions(goal.var):
        raise Refused("the goal does not say that something does not vanish, or its lag occurs in a hypothesis")
    form, shape = s.algebra("left").poly(c.term), shape_of(c.term)
    if set(form) != {UNIT} or (shape is not None and shape[0] != shape[1]):
        raise Refused("the term is no number other than 0 times the identity")
    check_start(s, goal.var, goal.arg)
    equation = Rel("=", goal.arg, c.term)
    check_shapes(equation)
    yield s.premise(equation), c.equal


def for_all_trajectories(s: Sequent, c: cert.AllTrajectories) -> Iterator[Premise]:
    """
    hypotheses about parameters only |- P
    -------------------------------------
    hypotheses |- P for all trajectories
    """
    if not isinstance(s.goal, ForAllTrajectories) or s.cell is None:
        raise Refused("the goal is not about all trajectories of a recurrence")
    losses = (n for p in (s.goal, *s.hypotheses) for n in walk(p) if isinstance(n, Loss))
    rows = {g.name for n in losses for _, g in n.reads}  # derivatives of losses at the states of one trajectory
    kept = tuple(h for h in s.hypotheses if all(x.role == "free" and x.name not in rows for x in symbols(h)))
    yield s.about_any_trajectory(s.goal.body, kept), c.proof


def steer(s: Sequent, c: cert.Steer) -> Iterator[Premise]:
    """
    P for all trajectories      the input reaches every pre-activation: V R = I
    ---------------------------------------------------------------------------
    P where every pre-activation is 0
    """
    found = steered(s, c.which)
    needed = Rel("=", MatMul((found.weight, c.right_inverse)), found.identity)
    check_shapes(needed)
    if any(x.role != "free" or x.index for x in symbols(c.right_inverse)):
        raise Refused("the right inverse must not depend on the trajectory")
    yield s.premise(needed), c.onto
    yield s.with_fact(found.statement), c.rest


def same(s: Sequent, p: Prop, q: Prop) -> bool:
    """Whether two propositions say the same, their terms having the same normal forms."""
    if p == q and not isinstance(p, Rel | Pred):
        return True
    if type(p) is not type(q):
        return False
    if isinstance(p, Rel) and isinstance(q, Rel):
        if p.op != q.op:
            return False
        one, other = Equation.of(p, frozenset()), Equation.of(q, frozenset())  # 0 beside a matrix is the zero matrix
        straight = _equal(s, one.lhs, other.lhs) and _equal(s, one.rhs, other.rhs)
        return straight or (p.op == "=" and _equal(s, one.lhs, other.rhs) and _equal(s, one.rhs, other.lhs))
    if isinstance(p, Pred) and isinstance(q, Pred):
        if (p.name, p.field, p.var is None) != (q.name, q.field, q.var is None):
            return False
        if _fixed(s, p) or _fixed(s, q):
            raise Refused("the lag of a limit occurs in a hypothesis")
        arg = p.arg if p.var is None or q.var is None else _renamed(p.arg, p.var, q.var)
        if q.var is not None:
            check_start(s, q.var, arg, q.arg)
        return _equal(s, arg, q.arg)
    if isinstance(p, And | Or) and isinstance(q, And | Or):
        return len(p.args) == len(q.args) and all(same(s, a, b) for a, b in zip(p.args, q.args, strict=True))
    if isinstance(p, Implies | Iff) and isinstance(q, Implies | Iff):
        return same(s, p.left, q.left) and same(s, p.right, q.right)
    return isinstance(p, Not) and isinstance(q, Not) and same(s, p.arg, q.arg)


def _fixed(s: Sequent, p: Pred) -> bool:
    """Whether the lag of a limit is one of which something is known."""
    return p.var is not None and s.mentions(p.var)


def _renamed(t: Any, old: Var, new: Var) -> Any:
    """The expression of a limit in another lag; only what holds for large values of it matters."""
    if new != old and new in free_vars(t):
        raise Refused(f"two lags are called {new}")
    return substitute(t, {old: as_index(new)})


def _equal(s: Sequent, a: Any, b: Any) -> bool:
    algebra = s.algebra("left")
    sides = (shape_of(a), shape_of(b))
    if sides[0] != sides[1] and not all(map(is_scalar, sides)):
        return False
    return not minus(algebra.poly(a), algebra.poly(b))


RULES: dict[type[Node], Rule] = {
    cert.Order: order,
    cert.Cite: cite,
    cert.Annihilated: annihilated,
    cert.Antisymmetry: antisymmetry,
    cert.Raised: raised,
    cert.Spelt: spelt,
    cert.Given: given,
    cert.Fact: fact,
    cert.Geometric: geometric,
    cert.Dominated: dominated,
    cert.Within: within,
    cert.Split: split,
    cert.Rewritten: rewritten,
    cert.Squeezed: squeezed,
    cert.Stepwise: stepwise,
    cert.Absurd: absurd,
    cert.Turn: turn,
    cert.Steady: steady,
    cert.AllTrajectories: for_all_trajectories,
    cert.Steer: steer,
    **entries.RULES,
    **evaluation.RULES,
}
