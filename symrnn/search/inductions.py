"""Induction on a lag, generalised over times and indices. Untrusted."""

from __future__ import annotations

from symrnn.certificates import Induct, Proof
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import contains, free_vars, substitute
from symrnn.claims.tree import Blocks, Rel
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.explicit import prove_explicit
from symrnn.semantics.sequents import Equation, Sequent

MOST_BASES = 2


def prove_by_induction(s: Sequent, depth: int = 2) -> Proof | None:
    """Induction on one of the goal's lags; bases and step by rewriting, or by a further induction."""
    if not isinstance(s.goal, Rel) or depth == 0:
        return None
    fixed = s.fixed_variables()
    lags = sorted((v for v in free_vars(s.goal) if v.kind == "lag" and v not in fixed), key=lambda v: v.key)
    for var in lags:
        for bases in range(1, MOST_BASES + 1):
            for low in sorted({var.low or 0, 0}, reverse=True):
                found = _induct(s, var, low, bases, depth)
                if found is not None:
                    return found
    return None


def _induct(s: Sequent, var: Var, low: int, count: int, depth: int) -> Proof | None:
    bases = []
    for i in range(count):
        first = replace(s, goal=substitute(s.goal, {var: as_index(low + i)}))
        base = _prove(first, depth - 1) or (prove_explicit(first) if contains(first.goal, Blocks) else None)
        if base is None:
            return None
        bases.append(base)
    step = _prove(step_sequent(s, var, low, count), depth - 1)
    return None if step is None else Induct(var, low, tuple(bases), step)


def step_sequent(s: Sequent, var: Var, low: int, count: int) -> Sequent:
    """The induction step as the kernel will state it."""
    i = as_index(Var(var.name, "lag", 0))
    fixed = s.fixed_variables()
    general = frozenset(v for v in free_vars(s.goal) if v not in fixed and v != var and v.kind != "size")
    assumed = dict(s.equations)
    for b in range(count):
        p = substitute(s.goal, {var: i + (low + b)})
        assumed[f"ih:{b}"] = Equation.of(p, general)
    after = substitute(s.goal, {var: i + (low + count)})
    return replace(s, goal=after, equations=assumed, inducted=(*s.inducted, i.terms[0][0]))


def _prove(s: Sequent, depth: int) -> Proof | None:
    try:
        return prove_equation(s) or prove_by_induction(s, depth)
    except Refused:
        return None
