"""Rules of the kernel that evaluate: statements about given numbers, equals for equals. Trusted: part of the kernel.

The values are those that instances of a claim have (``semantics/instances``), so it is decided exactly what norms,
spectral radii and powers of a rational matrix do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn.certificates import Evaluated, Replaced
from symrnn.claims.index import Node
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute, symbols
from symrnn.claims.tree import HOLE, Immediate, Loss, Not, Pred, Prop, Rel, Sym, Term, Total
from symrnn.errors import Refused
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.sequents import Equation, Sequent

Premise = str | tuple[Sequent, Node]  # as in ``analysis``
Rule = Callable[[Sequent, Any], Iterator[Premise]]
NOWHERE = Instance((), (), (), 0, 0, (), (), None, ())


def evaluated(s: Sequent, c: Evaluated) -> Iterator[Premise]:
    """
    X = M, Y = N, ... among the hypotheses      P(M, N, ...) has no unknowns, and is true
    -------------------------------------------------------------------------------------
    P(X, Y, ...)
    """
    goal = s.goal
    for which in c.given:
        goal = with_value(s, which, goal)
    check_shapes(goal)
    if symbols(goal) or free_vars(goal):
        raise Refused("something in the goal is not given")
    if not World(Claim(goal, (), None), NOWHERE).holds(goal):
        raise Refused("the goal is false of the given numbers")
    yield from ()


def replaced(s: Sequent, c: Replaced) -> Iterator[Premise]:
    """
    X = Y      P(Y)
    ---------------
    P(X)      (X and Y of one shape; P a relation or property, or not one)
    """
    plain = c.context.arg if isinstance(c.context, Not) else c.context
    limit = isinstance(plain, Pred) and plain.var is not None  # where times move with the lag
    if not isinstance(plain, Rel | Pred) or limit or contains(plain, Total, Immediate, Loss):
        raise Refused("equals replace equals in relations and properties only")
    if substitute(c.context, {HOLE: c.old}) != s.goal:
        raise Refused("the goal is not the context with that term in it")
    if shape_of(c.old) != shape_of(c.new):
        raise Refused("what is replaced has another shape")
    equation, goal = Rel("=", c.old, c.new), substitute(c.context, {HOLE: c.new})
    check_shapes(equation)
    check_shapes(goal)
    yield s.premise(equation), c.equal
    yield s.premise(goal), c.rest


def with_value(s: Sequent, which: int, goal: Prop) -> Prop:
    """A proposition with what a hypothesis says a symbol is in its place. Raises Refused if it says no such thing."""
    h = s.hypotheses[which] if 0 <= which < len(s.hypotheses) else None
    if not isinstance(h, Rel) or h.op != "=":
        raise Refused("there is no such equation among the hypotheses")
    symbol, value = symbol_given(h)
    return substitute(goal, {symbol: value})  # type: ignore[no-any-return]


def symbol_given(h: Rel) -> tuple[Sym, Term]:
    """The symbol that an equation says what it is, and what. Raises Refused if it says it of none."""
    e = Equation.of(h, frozenset())
    for x, value in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
        if isinstance(x, Sym) and x.role == "free" and not x.index and not x.family and x not in symbols(value):
            if shape_of(value) != x.shape:
                raise Refused(f"{value} has another shape than {x}")
            return x, value
    raise Refused("an equation that does not say what a symbol is")


RULES: dict[type[Node], Rule] = {Evaluated: evaluated, Replaced: replaced}
