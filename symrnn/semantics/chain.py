"""Normal forms of Jacobians: the chain rule through the state, from one-step Jacobians. Trusted by the kernel."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.tree import Jac, Sym, Transpose
from symrnn.errors import Refused
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import LONGEST, MOST, UNIT, ZERO, Poly, member, put

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra


def jacobian_form(a: Algebra, t: Jac) -> Poly:
    """d of / d wrt through the states in between, which separate the past from the future.

    Two different state blocks at the same time are refused: whether the one follows the other is not said.
    """
    if t.layout == "denominator":
        return a.transpose(Transpose(Jac(t.of, t.wrt, "numerator")))
    if t.of != t.wrt and t.of.role == t.wrt.role == "state" and t.of.index == t.wrt.index:
        raise Refused(f"{t.of} by {t.wrt}: two state blocks at the same time")
    return through(a, t.of, t.wrt)


def through(a: Algebra, of: Sym, wrt: Sym) -> Poly:
    """The chain rule, state blocks at one time being coordinates of one state; each Jacobian once."""
    known = Jac(of, wrt, "through the states")
    if known not in a.cache:
        a.cache[known] = _through_states(a, of, wrt)
        if len(a.cache[known]) > MOST:
            raise Refused(f"a Jacobian of {len(a.cache[known])} monomials is too large")
    return a.cache[known]


def _through_states(a: Algebra, of: Sym, wrt: Sym) -> Poly:
    cell = a.context.cell
    if cell is None:
        raise Refused("a Jacobian needs a recurrence")
    if any(cell.member(s.name, s.index[0]) != s for s in (of, wrt)):
        raise Refused(f"{of} by {wrt}: not of the recurrence")
    length = of.index[0] - wrt.index[0]
    if of.name == wrt.name and length == ZERO:
        return {UNIT: Fraction(1)}
    if of.role == wrt.role == "state" and length == ZERO:
        return {}
    least = a.context.least(length)
    if least is None or least < 0 or least > LONGEST:
        raise Refused(f"{of} is not known to come after {wrt}")
    if of.role == "local" and length == ZERO and wrt.role != "state":
        return a.poly(one_step(cell, of, wrt))
    if of.role == wrt.role == "state" and least == 0:
        return a.letter(Jac(of, wrt, "numerator"))
    early = wrt.role != "state" or (of.role == "state" and a.context.peel != "left")
    if not early and least == 0:
        raise Refused(f"{of} by {wrt}: a local by a state that may not be earlier")
    out: Poly = {}
    for block in cell.states:
        if early:  # give up the first step
            mid = member(block, wrt.index[0] + int(wrt.role == "state"))
            part = a.times(through(a, of, mid), a.poly(one_step(cell, mid, wrt)))
        else:
            mid = member(block, of.index[0] - 1)
            part = a.times(a.poly(one_step(cell, of, mid)), through(a, mid, wrt))
        for mono, c in part.items():
            put(out, mono, c)
    return out
