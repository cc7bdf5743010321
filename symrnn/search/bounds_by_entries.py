"""Norms of matrices with bounded entries, and limits of a Jacobian that is the same at every step. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Contrary, Given, Largest, Proof, Rewritten, Turn
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import symbols
from symrnn.claims.tree import (
    Abs,
    Const,
    Entry,
    ForAll,
    Implies,
    Jac,
    Norm,
    Not,
    Pow,
    Pred,
    Prop,
    Rel,
    SizeOf,
    Term,
    Times,
    Transpose,
)
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted, with_facts
from symrnn.search.products import COL, ROW, prove_by_products
from symrnn.search.triangular import radii_of_triangular
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent

ONE = as_index(1)
Wrap = Callable[[Proof], Proof]


def with_bounds(s: Sequent, prove: Prover) -> tuple[Sequent, Wrap]:
    """The sequent with what its hypotheses on entries say of norms, and those on k-step Jacobians of powers."""
    return with_facts(s, prove, (_norms, _powers, radii_of_triangular))


def _norms(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    for h in s.hypotheses:
        body: Any = h
        while isinstance(body, ForAll) and isinstance(body.var, Var):
            body = body.body
        if body is h or not isinstance(body, Rel) or body.op not in ("<", "<=") or shape_of(body.lhs) is not None:
            continue
        found = _bound(s.algebra("left"), body)
        if found is None:
            continue
        x, diagonal, bound = found
        prop = Rel(body.op, Norm(x, "2" if diagonal else "inf"), bound)
        entry = Abs(Entry(x, as_index(ROW), as_index(ROW if diagonal else COL)))
        count = (shape_of(x) or (ONE, ONE))[1]
        size = entry if diagonal else Times((SizeOf(count), entry))
        try:
            proof = prove_by_products(replace(s, goal=Rel(body.op, size, bound)))
        except SymrnnError:
            continue
        made = Largest(ROW, COL, diagonal, proof) if proof is not None else None
        if made is not None and accepted(replace(s, goal=prop), made):
            yield prop, made


def _bound(algebra: Algebra, body: Rel) -> tuple[Term, bool, Term] | None:
    """(X, whether its diagonal is meant, c) where q |x_ij| <= r says that ||X|| <= c."""
    sides = [body.lhs.args if isinstance(body.lhs, Times) else (body.lhs,)]
    entries = [a.arg for a in sides[0] if isinstance(a, Abs) and isinstance(a.arg, Entry)]
    others = [a for a in sides[0] if not isinstance(a, Abs)]
    shape = shape_of(entries[0].arg) if len(entries) == 1 else None
    if shape is None or len(others) + 1 != len(sides[0]) or any(s.role != "free" for s in symbols(entries[0])):
        return None
    x, scale, counted = entries[0].arg, Fraction(1), False
    for a in others:
        if isinstance(a, Const) and a.value > 0:
            scale *= a.value
        elif isinstance(a, SizeOf) and a.index == shape[1] and not counted:
            counted = True
        else:
            return None
    diagonal = entries[0].row == entries[0].col
    bound = body.rhs if scale == 1 else Times((Const(1 / scale), body.rhs))
    if diagonal:
        return (x, True, bound) if not counted else None
    return x, False, bound if counted else Times((SizeOf(shape[1]), bound))


def _powers(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """A^k does what the hypotheses say of a Jacobian over k steps, each of which is A."""
    for i, h in enumerate(s.hypotheses):
        if not isinstance(h, Pred) or h.var is None:
            continue
        power = _power(s, h.arg, h.var)
        if power is None:
            continue
        prop = replace(h, arg=power)
        equal = _equal(replace(s, goal=Rel("=", power, h.arg)), prove)
        made = Rewritten(h.arg, equal, Given(i)) if equal is not None else None
        if made is not None and accepted(replace(s, goal=prop), made):
            yield prop, made


def _equal(s: Sequent, prove: Prover) -> Proof | None:
    return prove(s) or prove_by_induction(s)


def _power(s: Sequent, t: Term, lag: Var) -> Term | None:
    """A^k for a Jacobian of the one state over k steps, if a step has the same Jacobian A at all times."""
    if not isinstance(t, Jac) or s.cell is None or len(s.cell.states) != 1 or {t.of.role, t.wrt.role} != {"state"}:
        return None
    if t.of.index[0] - t.wrt.index[0] != as_index(lag):
        return None
    try:
        step = s.algebra("left").term(one_step(s.cell, t.of, member(s.cell.states[0], t.of.index[0] - 1)))
    except SymrnnError:
        return None
    if any(x.role != "free" for x in symbols(step)):
        return None
    return Pow(Transpose(step) if t.layout == "denominator" else step, as_index(lag))


def prove_at_every_step(s: Sequent, prove: Prover) -> Proof | None:
    """A limit of a k-step Jacobian as that of the powers of its step, if this is the same at all times."""
    goal = s.goal
    if not isinstance(goal, Pred) or goal.var is None:
        return None
    power = _power(s, goal.arg, goal.var)
    if power is None:
        return None
    equal = _equal(replace(s, goal=Rel("=", goal.arg, power)), prove)
    rest = prove(replace(s, goal=replace(goal, arg=power))) if equal is not None else None
    made = Rewritten(power, equal, rest) if equal is not None and rest is not None else None
    return made if made is not None and accepted(s, made) else None


def _is_of_inverse(p: Prop) -> bool:
    return isinstance(p, Pred) and p.name == "invertible"


def prove_by_contrary(s: Sequent, prove: Prover) -> Proof | None:
    """What is denied would contradict a hypothesis: one about a limit, or the denial of one about parameters."""
    goal = s.goal
    if isinstance(goal, Pred) and goal.name == "explodes":
        inner = prove_by_contrary(replace(s, goal=Not(replace(goal, name="bounded"))), prove)
        made = Turn(inner) if inner is not None else None
        return made if made is not None and accepted(s, made) else None
    singular = any(_is_of_inverse(h.arg) for h in s.hypotheses if isinstance(h, Not))
    if not isinstance(goal, Not) and not (singular and isinstance(goal, Rel) and goal.op == "="):
        return None
    assumed: Prop = goal.arg if isinstance(goal, Not) else Not(goal)
    for i, h in enumerate(s.hypotheses):
        limit = isinstance(h, Pred) and h.var is not None
        denied = isinstance(h, Not) and (isinstance(h.arg, ForAll | Rel) or _is_of_inverse(h.arg))
        number = isinstance(h, Rel) and h.op == "=" and shape_of(h.lhs) is None and _is_of_inverse(assumed)
        if not limit and not denied and not number:
            continue
        wanted: Prop = h.arg if isinstance(h, Not) else Not(h)
        try:
            from_here = s.towards(Implies(assumed, wanted))
        except SymrnnError:
            continue
        proof = prove(from_here)
        made_here = Contrary(i, proof) if proof is not None else None
        if made_here is not None and accepted(s, made_here):
            return made_here
    return None
