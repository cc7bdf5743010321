"""A rule of the kernel about given numbers: a statement without unknowns is evaluated. Trusted: part of the kernel.

The values are those that instances of a claim have (``semantics/instances``), so it is decided exactly what norms,
spectral radii and powers of a rational matrix do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from symrnn.certificates import Proof
from symrnn.claims.index import Node, node
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols
from symrnn.claims.tree import Prop, Rel, Sym, Term
from symrnn.errors import Refused
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.sequents import Equation, Sequent

Premise = str | tuple[Sequent, Node]  # as in ``analysis``
Rule = Callable[[Sequent, Any], Iterator[Premise]]
NOWHERE = Instance((), (), (), 0, 0, (), (), None, ())


@node
class Evaluated(Proof):
    """The goal is true of numbers: hypotheses ``given``, in order, say what the symbols in it stand for."""

    given: tuple[int, ...]


@node
class PutIn(Proof):
    """The goal with what hypothesis ``which`` says a symbol is in place of that symbol."""

    which: int
    proof: Proof


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


def put_in(s: Sequent, c: PutIn) -> Iterator[Premise]:
    """
    X = M among the hypotheses      P(M)
    ------------------------------------
    P(X)
    """
    goal = with_value(s, c.which, s.goal)
    check_shapes(goal)
    yield replace(s, goal=goal), c.proof


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


RULES: dict[type[Node], Rule] = {Evaluated: evaluated, PutIn: put_in}
