"""Rules of the kernel about entries, signs and quantified matrices. Trusted: part of the kernel, in a file of its own.

As in ``analysis``, each rule gives its premises, and its docstring is its inference bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn import certificates as cert
from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import ONE, check_shapes, rows_used, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    And,
    Apply,
    Const,
    Diag,
    Entry,
    ForAll,
    Implies,
    IndexRel,
    MatMul,
    Norm,
    Not,
    Pow,
    Pred,
    Prop,
    Rel,
    SizeOf,
    Sym,
    Term,
    Times,
    Transpose,
)
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.semantics.beginnings import within
from symrnn.semantics.inequalities import combines
from symrnn.semantics.properties import property_as_equation, show_property
from symrnn.semantics.rates import check_values
from symrnn.semantics.sequents import Sequent, sequent_of
from symrnn.semantics.uses import definition_of

Premise = str | tuple[Sequent, Node]  # as in ``analysis``
Rule = Callable[[Sequent, Any], Iterator[Premise]]
ZERO = Const(Fraction(0))


def entrywise(s: Sequent, c: cert.Entrywise) -> Iterator[Premise]:
    """
    X_ij <= Y_ij for a generic row i and column j
    ---------------------------------------------
    X <= Y      (< from <)
    """
    goal = _order(s)
    shape = shape_of(goal.lhs) or shape_of(goal.rhs)
    if shape is None or any(shape_of(x) != shape and x != ZERO for x in (goal.lhs, goal.rhs)):
        raise Refused("the goal is no relation between two matrices of one shape")
    _new_indices(s, c.row, c.col)
    i, j = (ONE if end == ONE else as_index(v) for v, end in zip((c.row, c.col), shape, strict=True))
    sides = [x if x == ZERO else Entry(x, i, j) for x in (goal.lhs, goal.rhs)]
    yield replace(s, goal=Rel(goal.op, sides[0], sides[1])), c.proof


def unfold(s: Sequent, c: cert.Unfold) -> Iterator[Premise]:
    """
    P, with the updates of states and locals in their places      (no first states)
    -------------------------------------------------------------------------------
    P      (a relation)
    """
    goal: Any = s.goal
    if not isinstance(goal, Rel):
        raise Refused("the goal is no relation")
    for name in c.names:
        goal = substitute(goal, {name: definition_of(s, name)})
    yield replace(s, goal=goal), c.proof


def by_sign(s: Sequent, c: cert.BySign) -> Iterator[Premise]:
    """
    0 <= x and |x| = x |- goal      0 <= -x and |x| = -x |- goal
    ------------------------------------------------------------
    goal      (x a scalar that has a value)
    """
    x = c.term
    _has_value(s, x)
    if shape_of(x) is not None:
        raise Refused(f"{x} is no scalar")
    for value, proof in ((x, c.if_above), (Times((Const(Fraction(-1)), x)), c.if_below)):
        yield s.with_fact(And((Rel("<=", ZERO, value), Rel("=", Abs(x), value)))), proof


def combine(s: Sequent, c: cert.Combine) -> Iterator[Premise]:
    """
    rhs - lhs = sum of c (r - l)(r' - l')... + sum of f (r - l) + what is never negative
    c > 0      l <= r, l' <= r' known      in the second sum l = r known, f any scalar
    ------------------------------------------------------------------------------------
    lhs <= rhs      (lhs < rhs if all factors of a product are strict, or what is left is)
    """
    combines(s, s.goal, c.products, c.equal)
    yield from ()


def ascend(s: Sequent, c: cert.Ascend) -> Iterator[Premise]:
    """
    H(low) |- P(low)      H(low + i + 1), P(low + i) at times of which H(low + i) is known |- P(low + i + 1)
    -------------------------------------------------------------------------------------------------------- i >= 0
    H(k) |- P(k) for all k >= low, and so for all k of its range
    """
    from_here = _Ascent.of(s, c)
    yield from_here.claimed(as_index(c.low)), c.base
    after = from_here.claimed(from_here.lag + (c.low + 1))
    earlier = {c.var: from_here.lag + c.low, **dict(c.at)}
    context = after.algebra("left").context
    for h in from_here.moving:
        needed = substitute(h, earlier)
        if needed not in after.hypotheses or not within(needed, after.begun, context):
            raise Refused(f"the induction hypothesis needs {needed}")
    yield after.with_fact(substitute(s.goal, earlier)), c.step


class _Ascent:
    """An induction over an implication: the goal, and the hypotheses that speak of the lag."""

    def __init__(self, s: Sequent, var: Var) -> None:
        self.s, self.var, self.lag = s, var, as_index(Var(var.name, "lag", 0))
        self.moving = tuple(h for h in s.hypotheses if var in free_vars(h))
        self.fixed = tuple(h for h in s.hypotheses if var not in free_vars(h))

    @staticmethod
    def of(s: Sequent, c: cert.Ascend) -> _Ascent:
        var, made = c.var, _Ascent(s, c.var)
        spoken = free_vars(s.goal).union(*(free_vars(h) for h in s.hypotheses))
        if not isinstance(s.goal, Rel) or var not in spoken or var.kind != "lag" or var.low is None:
            raise Refused(f"{var} is no lag of a relation to induct on")
        if not 0 <= c.low <= var.low:
            raise Refused(f"the induction must begin between 0 and {var.low}")
        if made.lag != as_index(var) and free_vars(made.lag) & spoken:
            raise Refused(f"two lags are called {var.name}")
        if s.explicit is not None or s.inducted or any(isinstance(n, IndexRel) for h in s.hypotheses for n in walk(h)):
            raise Refused("an induction inside another, at explicit sizes, or under relations between integers")
        bound = frozenset[Var]().union(*(free_vars(h) for h in made.fixed))
        if len(dict(c.at)) != len(c.at) or not within(s.goal, s.begun, s.algebra("left").context):
            raise Refused("a time has two values, or the goal speaks of what lies before the trajectories")
        for t, value in c.at:
            if not isinstance(t, Var) or t.kind != "time" or t in bound or not isinstance(value, Index):
                raise Refused(f"{t} is no time at which all this holds in general")
            if free_vars(value) - spoken - free_vars(made.lag):
                raise Refused(f"{value} speaks of something new")
        return made

    def claimed(self, at: Index) -> Sequent:
        """The implication at a value of the lag, as a claim by itself."""
        goal, *moving = (substitute(p, {self.var: at}) for p in (self.s.goal, *self.moving))
        made = sequent_of(Claim(goal, (*self.fixed, *moving), self.s.cell))
        if made.settled or made.goal != goal or made.hypotheses != (*self.fixed, *moving):
            raise Refused("the claim changes its form with the lag")
        return made


def largest(s: Sequent, c: cert.Largest) -> Iterator[Premise]:
    """
    r |x_ij| <= c for a generic row i and column j
    -------------------------------------------------------------------------------------------------
    ||X|| <= c      (r: the columns for the maximum norm, the rows for the 1-norm, the size of a square
    X for the 2-norm and the Frobenius norm; of a diagonal X: |x_ii| <= c for the three first)
    """
    goal = _order(s)
    if not isinstance(goal.lhs, Norm) or shape_of(goal.rhs) is not None:
        raise Refused("the goal is no bound of a norm")
    x, kind = goal.lhs.arg, goal.lhs.kind
    shape = shape_of(x)
    if shape is None or not s.defined(x):
        raise Refused(f"{x} is no matrix, or may have no value")
    _new_indices(s, c.row, c.col)
    i, j = (ONE if end == ONE else as_index(v) for v, end in zip((c.row, c.col), shape, strict=True))
    count = {"inf": shape[1], "1": shape[0]}.get(kind, shape[0])
    if c.diagonal:
        show_property(s.algebra("left"), "diagonal", x)
        if kind == "fro":
            raise Refused("the Frobenius norm of a diagonal matrix is not its largest entry")
        i, j, count = i, i, ONE
    if (c.diagonal or kind in ("2", "fro")) and shape[0] != shape[1]:
        raise Refused("a matrix that is not square is not bounded so")
    size = Abs(Entry(x, i, j))
    yield replace(s, goal=Rel(goal.op, size if count == ONE else Times((SizeOf(count), size)), goal.rhs)), c.proof


def contrary(s: Sequent, c: cert.Contrary) -> Iterator[Premise]:
    """
    hypotheses, not P |- not one of the hypotheses      (of a hypothesis not Q, about parameters only: Q)
    -----------------------------------------------------------------------------------------------------
    hypotheses |- P
    """
    if not 0 <= c.which < len(s.hypotheses) or s.explicit is not None or s.inducted:
        raise Refused("there is no such hypothesis here")
    h = s.hypotheses[c.which]
    assumed: Prop = s.goal.arg if isinstance(s.goal, Not) else Not(s.goal)
    wanted: Prop = h.arg if isinstance(h, Not) else Not(h)
    if isinstance(h, Not) and any(x.role != "free" for x in symbols(wanted)):
        raise Refused("what was denied may have had no value")
    yield s.towards(Implies(assumed, wanted)), c.proof


def specialise(s: Sequent, c: cert.Specialise) -> Iterator[Premise]:
    """
    P(X) for all matrices X of a shape and properties      Y has them      P(Y) |- goal
    -----------------------------------------------------------------------------------
    goal
    """
    h = s.hypotheses[c.which] if 0 <= c.which < len(s.hypotheses) else None
    if not isinstance(h, ForAll) or not isinstance(h.var, Sym):
        raise Refused("there is no such hypothesis about all matrices")
    x, known = h.var, {p.name for p in (*s.cell.params, *_moving(s))} if s.cell is not None else set()
    if x.role != "free" or x.family or x.index or x.name in known:
        raise Refused(f"{x} is a parameter of the recurrence, or one of many")
    _has_value(s, c.value)
    if (shape_of(c.value) or ()) != (x.shape or ()):
        raise Refused(f"{c.value} has another shape than {x}")
    for name in x.props:
        show_property(s.algebra("left"), name, c.value)
    check_values(h.body, c.value)
    found: Prop = substitute(h.body, {x: c.value})
    check_shapes(found)
    if isinstance(found, ForAll):  # over another matrix: that too is a hypothesis
        yield s.with_hypothesis(c.which, found), c.rest
        return
    yield s.with_fact(found), c.rest


def commutant(s: Sequent, c: cert.Commutant) -> Iterator[Premise]:
    """
    X diag(d) = diag(d) X for a new vector d
    ----------------------------------------
    X is diagonal
    """
    if not isinstance(s.goal, Pred) or s.goal.name != "diagonal" or not s.defined(s.goal.arg):
        raise Refused("the goal is not that a matrix is diagonal")
    x, d = s.goal.arg, Diag(_new_vector(s, c.vector, shape_of(s.goal.arg)))
    yield replace(s, goal=Rel("=", MatMul((x, d)), MatMul((d, x)))), c.proof


def applied(s: Sequent, c: cert.Applied) -> Iterator[Premise]:
    """
    X v = Y v for a new vector v
    ----------------------------
    X = Y
    """
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or shape_of(goal.lhs) != shape_of(goal.rhs):
        raise Refused("the goal is no equation between two matrices")
    shape = shape_of(goal.lhs)
    v = _new_vector(s, c.vector, None if shape is None else (shape[1], ONE))
    yield replace(s, goal=Rel("=", MatMul((goal.lhs, v)), MatMul((goal.rhs, v)))), c.proof


def injective(s: Sequent, c: cert.Injective) -> Iterator[Premise]:
    """
    s(X) = s(Y)      the derivative of s is above 0 everywhere
    ----------------------------------------------------------
    X = Y
    """
    goal, facts = s.goal, FACTS.get(c.function)
    if not isinstance(goal, Rel) or goal.op != "=" or shape_of(goal.lhs) != shape_of(goal.rhs):
        raise Refused("the goal is no equation between two terms of one shape")
    if facts is None or not facts.never_zero or facts.low < 0 or facts.kinks:
        raise Refused(f"{c.function} is not known to be strictly increasing")
    yield replace(s, goal=Rel("=", Apply(c.function, goal.lhs, 0), Apply(c.function, goal.rhs, 0))), c.proof


def regular(s: Sequent, c: cert.Regular) -> Iterator[Premise]:
    """
    X is diagonal      0 < x_ii for a generic i      (or x_ii < 0 for each)
    -----------------------------------------------------------------------
    X is invertible
    """
    if not isinstance(s.goal, Pred) or s.goal.name != "invertible" or not s.defined(s.goal.arg):
        raise Refused("the goal is not that a matrix is invertible")
    x, shape = s.goal.arg, shape_of(s.goal.arg)
    if shape is None:
        raise Refused(f"{x} is no matrix")
    show_property(s.algebra("left"), "diagonal", x)
    _new_indices(s, c.row)
    i = ONE if shape[0] == ONE else as_index(c.row)
    entry = Entry(x, i, i)
    yield replace(s, goal=Rel("<", ZERO, entry) if c.above else Rel("<", entry, ZERO)), c.proof


def defining(s: Sequent, c: cert.Defining) -> Iterator[Premise]:
    """
    X^T = X      (skew: X^T = -X; normal: X^T X = X X^T; orthogonal: X^T X = I, or X X^T = I)
    -----------------------------------------------------------------------------------------
    X is symmetric      (skew, normal, orthogonal)
    """
    shape = shape_of(s.goal.arg) if isinstance(s.goal, Pred) else None
    sides = property_as_equation(s.goal) if isinstance(s.goal, Pred) else None
    if not isinstance(s.goal, Pred) or sides is None or shape is None or shape[0] != shape[1]:
        raise Refused("the goal is no property of a square matrix that an equation says")
    if c.turned and s.goal.name == "orthogonal":
        sides = MatMul((s.goal.arg, Transpose(s.goal.arg))), sides[1]
    yield replace(s, goal=Rel("=", *sides)), c.proof


def different(s: Sequent, c: cert.Different) -> Iterator[Premise]:
    """
    X - Y is known to be invertible      (of numbers: not 0)
    ---------------------------------------------------------
    not X = Y
    """
    equation = s.goal.arg if isinstance(s.goal, Not) else None
    if not isinstance(equation, Rel) or equation.op != "=":
        raise Refused("the goal is not that two terms differ")
    sides = [x for x in (equation.lhs, equation.rhs) if x != ZERO] or [ZERO]
    gap = Add((equation.lhs, Times((Const(Fraction(-1)), equation.rhs)))) if len(sides) == 2 else sides[0]
    shape, algebra = shape_of(gap), s.algebra("left")
    if shape is not None and (shape[0] != shape[1] or not algebra.context.at_least(shape[0], 1)):
        raise Refused("only square matrices are invertible, and one without entries is equal to itself")
    algebra.poly(Pow(gap, as_index(-1)))
    yield from ()


# ---- side conditions ----


def _order(s: Sequent) -> Rel:
    if not isinstance(s.goal, Rel) or s.goal.op not in ("<", "<="):
        raise Refused("the goal is no inequality")
    return s.goal


def _new_indices(s: Sequent, *indices: Var) -> None:
    """Indices of which nothing is said yet: they stand for any row or column."""
    for v in indices:
        if (v.kind, v.low) != ("index", None) or v in free_vars(s.goal) or s.mentions(v):
            raise Refused("row and column must be new indices")
    if len(set(indices)) != len(indices):
        raise Refused("row and column must be different")


def _new_vector(s: Sequent, v: Sym, shape: Any) -> Sym:
    """A symbol that occurs nowhere yet, and so stands for any vector of its length."""
    plain = v.role == "free" and not v.props and not v.index and not v.family
    if not plain or shape is None or v.shape != (shape[0], ONE) or s.explicit is not None:
        raise Refused(f"{v.name} is no vector of the length needed")
    parts: list[Node] = [s.goal, *s.hypotheses, *(x for e in s.equations.values() for x in (e.lhs, e.rhs))]
    parts += [s.cell] if s.cell is not None else []
    if any(isinstance(x, Sym) and x.name == v.name for part in parts for x in walk(part)):
        raise Refused(f"{v.name} is not new")
    return v


def _moving(s: Sequent) -> tuple[Sym, ...]:
    cell = s.cell
    return (*cell.states, *cell.inputs, *(head for head, _ in cell.locals)) if cell is not None else ()


def _has_value(s: Sequent, t: Term) -> None:
    """A term has a value here, and all its rows exist; it speaks of nothing before the trajectories."""
    context = s.algebra("left").context
    if not s.defined(t) or not all(context.has_row(as_index(v), end) for v, end in rows_used(t)):
        raise Refused(f"{t} may have no value")
    if not within(t, s.begun, context):
        raise Refused(f"{t} may lie before the trajectories of the claim")


RULES: dict[type[Node], Rule] = {
    cert.Entrywise: entrywise,
    cert.Unfold: unfold,
    cert.BySign: by_sign,
    cert.Combine: combine,
    cert.Ascend: ascend,
    cert.Largest: largest,
    cert.Contrary: contrary,
    cert.Specialise: specialise,
    cert.Commutant: commutant,
    cert.Applied: applied,
    cert.Injective: injective,
    cert.Regular: regular,
    cert.Defining: defining,
    cert.Different: different,
}
