"""Equals for equals: an instance of a known equation put into a context. Trusted by the kernel.

Known are the equations of hypotheses, those proved on the way, induction hypotheses, the definitions of states and
locals, what the slopes of activations are, and the lemmas of the table (whose hypotheses the kernel discharges).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.shapes import rows_used, shape_of
from symrnn.claims.substitution import children, free_vars, has_hole, rebuild, substitute, symbols
from symrnn.claims.tree import HOLE, Immediate, Jac, Loss, Prod, Prop, Rel, Sum, Sym, Term, Total
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.semantics.beginnings import is_step, within
from symrnn.semantics.context import Context
from symrnn.semantics.sequents import Equation, Sequent
from symrnn.semantics.slopes import slope_equation

Binding = tuple[tuple[Var | Sym, Index | Term], ...]


def as_equation(goal: Prop) -> Rel:
    """A proposition as an equation; Refused if it is none."""
    if isinstance(goal, Rel) and goal.op == "=":
        return goal
    raise Refused(f"the goal is no equation: {goal}")


def definition_of(s: Sequent, name: Sym) -> Term:
    """What a state or local at a time is defined as; a state must not be a first one, which is arbitrary."""
    found = s.cell.definition(name.name, name.index[0]) if s.cell is not None and name.index else None
    if found is None or s.cell is None or s.cell.member(name.name, name.index[0]) != name:
        raise Refused(f"{name} has no definition")
    if name.role == "state" and not is_step(name.index[0], s.begun, s.algebra("left").context):
        raise Refused(f"{name} may be a first state")
    return found


def filled(s: Sequent, context: Term, name: str, binding: Binding) -> tuple[Term, Term]:
    """The two sides of an instance of an equation in their context; what is bound there may occur in the instance."""
    sloped = name.startswith("slope:")
    equation, values = (_slope(name, binding), {}) if sloped else (lookup(s, name), dict(binding))
    if not sloped and (not set(values) <= equation.free or len(values) != len(binding)):
        raise Refused(f"{name} cannot be instantiated at {sorted(map(str, set(values) - equation.free))}")
    for v, value in values.items():
        if isinstance(v, Var) != isinstance(value, Index):
            raise Refused(f"{value} cannot stand for {v}")
    lhs, rhs = substitute(equation.lhs, values), substitute(equation.rhs, values)
    for bound, inner in _holes(context, s.algebra("left").context):
        kept = (free_vars(equation.lhs) | free_vars(equation.rhs)) - equation.free
        if name.startswith("lemma:"):  # its hypotheses are discharged outside
            kept = free_vars(lhs) | free_vars(rhs)
        if sloped:  # it holds at any term
            kept = frozenset()
        if bound & kept:
            raise Refused(f"{name} holds for one {', '.join(sorted(map(str, bound & kept)))} only")
        in_range(name, equation.lhs, equation.rhs, equation.free, values, inner)
        if equation.within and not all(within(side, s.begun, inner) for side in (lhs, rhs)):
            raise Refused(f"{name} is used outside the trajectories of the claim")
        if equation.within and name.startswith("def:") and not is_step(lhs.index[0], s.begun, inner):
            raise Refused(f"{lhs} may be a first state")
    l, r = _plug(context, lhs), _plug(context, rhs)
    if any(v.kind == "bound" for v in free_vars(l) | free_vars(r)):
        raise Refused("a variable of normal forms occurs free")
    return l, r


def _slope(name: str, binding: Binding) -> Equation:
    """What is known of the slopes of an activation, at the term that stands for the hole."""
    if len(binding) != 1 or binding[0][0] != HOLE or not isinstance(binding[0][1], Term):
        raise Refused(f"{name} needs the term that the activation is applied to")
    return Equation(*slope_equation(name[6:], binding[0][1]), frozenset())


def is_instance(s: Sequent, goal: Rel, context: Term, name: str, binding: Binding) -> bool:
    """Whether a goal, as it stands, is an instance of an equation that holds for integers: so its sides have values.

    Terms put into a lemma may have none; their normal forms are needed.
    """
    if context != HOLE or name[:4] not in ("hyp:", "cut:"):
        return False
    return filled(s, context, name, binding) == (goal.lhs, goal.rhs)


def in_range(
    name: str, lhs: Term, rhs: Term, free: frozenset[Var | Sym], values: Mapping[Any, Any], context: Context
) -> None:
    """Each free variable of a relation stands for what is in its domain."""
    for v in (v for v in free if isinstance(v, Var) and v.low is not None):
        if not context.at_least(values.get(v, as_index(v)), v.low or 0):
            raise Refused(f"{name} needs {v} >= {v.low}")
    for v, end in rows_used(lhs) | rows_used(rhs):
        if v in free and not context.has_row(values.get(v, as_index(v)), end):
            raise Refused(f"{name} needs {v} between 1 and {end}")


def _plug(context: Term, value: Term) -> Term:
    """The context with its hole filled; a binder of the context does bind variables of the value."""
    if context == HOLE:
        return value
    if not has_hole(context):
        return context
    return rebuild(context, lambda c: _plug(c, value) if isinstance(c, Term) else c)  # type: ignore[no-any-return]


def _holes(t: Node, context: Context, bound: frozenset[Var] = frozenset()) -> Iterator[tuple[frozenset[Var], Context]]:
    """For each hole what is bound around it, and a context that knows the ranges."""
    if t == HOLE:
        yield bound, context
    if not has_hole(t):
        return
    if isinstance(t, Jac | Total | Immediate | Loss):
        raise Refused("the derivative by a state is not the derivative by a term equal to it")
    if isinstance(t, Prod | Sum):
        context, bound = context.within(t.var, t.lo, t.hi), bound | {t.var}
    for child in children(t):
        if isinstance(child, Term):
            yield from _holes(child, context, bound)


def lookup(s: Sequent, name: str) -> Equation:
    """The equation of that name; Refused if there is none."""
    found = s.equations.get(name)
    if found is None and name.startswith("lemma:") and name[6:] in LEMMAS:
        claim = LEMMAS[name[6:]].claim
        goal = as_equation(claim.conclusion)
        parts = (claim.conclusion, *claim.hypotheses)
        free: frozenset[Var | Sym] = frozenset().union(*(free_vars(n) for n in parts), *(symbols(n) for n in parts))
        found = Equation.of(goal, free)
    if found is None and name.startswith("def:") and s.cell is not None:
        for head, definition in (*s.cell.steps, *s.cell.locals):
            if head.name == name[4:]:
                at: Any = head[as_index(s.cell.time)]
                found = Equation(at, definition, frozenset((s.cell.time,)), head.role == "state")
    if found is None:
        raise Refused(f"there is no equation {name}")
    return found


def lemma_hypotheses(name: str, binding: Binding) -> tuple[Prop, ...]:
    """The hypotheses of a lemma at an instance; () for what is no lemma."""
    return _at_instance(name, binding)[1:] if name.startswith("lemma:") else ()


def lemma_instance(name: str, binding: Binding) -> Prop:
    """The conclusion of a lemma at an instance."""
    return _at_instance(name, binding)[0]


def _at_instance(name: str, binding: Binding) -> tuple[Prop, ...]:
    """Conclusion and hypotheses of a lemma, all whose symbols must stand for terms of their shapes."""
    if not name.startswith("lemma:") or name[6:] not in LEMMAS:
        raise Refused(f"there is no {name}")
    claim, values = LEMMAS[name[6:]].claim, dict(binding)
    parts = (claim.conclusion, *claim.hypotheses)
    open_ones = frozenset().union(*(free_vars(p) | symbols(p) for p in parts))
    if len(values) != len(binding) or set(values) != open_ones:
        raise Refused(f"{name}: each of its sizes and symbols needs one value")
    for v, value in values.items():
        if isinstance(v, Var) and not (isinstance(value, Index) and Context().at_least(value, v.low or 0)):
            raise Refused(f"{name} needs {v} >= {v.low}")
    sizes = {v: x for v, x in values.items() if isinstance(v, Var)}
    symbols_there: dict[Any, Any] = {}
    for sym, value in values.items():
        if isinstance(sym, Sym):
            wanted = tuple(substitute(d, sizes) for d in sym.shape or ())
            if not isinstance(value, Term) or (shape_of(value) or ()) != wanted or sym.props:
                raise Refused(f"{name}: {value} cannot stand for {sym}")
            symbols_there[substitute(sym, sizes)] = value
    return tuple(substitute(substitute(p, sizes), symbols_there) for p in parts)
