"""Claims as a goal under hypotheses, relations between sizes and lags used up. Trusted by the kernel.

Antecedents become hypotheses, leading quantifiers generic values. Equations between sizes and lags are used up by
substitution; a lower bound ``c <= k`` replaces the default one of k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from itertools import count
from typing import Any

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, rebuild, substitute, symbols, walk
from symrnn.claims.tree import And, Apply, Diag, ForAll, Implies, IndexRel, Prop, Sym, Term
from symrnn.claims.wellformed import families
from symrnn.errors import Refused
from symrnn.semantics.context import Context


def flatten(claim: Claim, anew: bool = False) -> tuple[Prop, tuple[Prop, ...]]:
    """The goal and hypotheses of a claim, antecedents and leading quantifiers taken down.

    ``anew``: to be proved. What is said for all W, or all D, of a recurrence is then said of a new symbol, as the
    hypotheses and the recurrence say something of its own ones. Where it fails for these, it is false.
    """
    goal, hypotheses = claim.conclusion, [p for h in claim.hypotheses for p in _conjuncts(h)]
    while isinstance(goal, Implies | ForAll):
        if isinstance(goal, Implies):
            hypotheses += _conjuncts(goal.left)
            goal = goal.right
        else:
            goal = _generic(goal, tuple(hypotheses), claim.cell, anew)
    return goal, tuple(hypotheses)


def _generic(p: ForAll, hypotheses: tuple[Prop, ...], cell: Recurrence | None, anew: bool) -> Prop:
    """The body of a quantifier for a generic value."""
    var, taken = p.var, frozenset[str]().union(*({x.name for x in symbols(h)} for h in hypotheses))
    if isinstance(var, Var):
        if any(var in free_vars(h) for h in hypotheses):
            raise Refused(f"the quantified {var} also occurs free in a hypothesis; rename it")
        return p.body
    if anew and cell is not None:
        taken |= {x.name for x in (*families(cell), *cell.params)}
    if var.name not in taken:
        return p.body
    name = f"{var.name}_{_unused(var.name, taken | {x.name for x in walk(p.body) if isinstance(x, Sym)})}"
    slope = _slope(var.name, cell) if anew else None
    shape = shape_of(slope.arg) if slope is not None else None

    def value(x: Sym) -> Term:
        if slope is not None:  # D takes the values diag(s'(v)), v any vector
            return Diag(Apply(slope.function, Sym(name, shape, "free", (), x.index, False), 1))
        return Sym(name, x.shape, "free" if anew else x.role, x.props, x.index, x.family)

    body: Prop = _with_members(p.body, var.name, value)
    return body


def _unused(name: str, taken: Set[str]) -> int:
    return next(i for i in count(1) if f"{name}_{i}" not in taken)


def _slope(name: str, cell: Recurrence | None) -> Apply | None:
    """The derivative of an activation that is the diagonal of a local."""
    found = next((d for s, d in cell.locals if s.name == name), None) if cell is not None else None
    slope = found.arg if isinstance(found, Diag) else None
    return slope if isinstance(slope, Apply) and slope.order == 1 else None


def _with_members(n: Any, name: str, change: Callable[[Sym], Term]) -> Any:
    """With something else for a symbol, and all members of a family, where it is not bound."""
    if isinstance(n, Sym):
        return change(n) if n.name == name else n
    if isinstance(n, Index | Var) or (isinstance(n, ForAll) and isinstance(n.var, Sym) and n.var.name == name):
        return n
    return rebuild(n, lambda c: _with_members(c, name, change))


def _conjuncts(p: Prop) -> list[Prop]:
    return [q for a in p.args for q in _conjuncts(a)] if isinstance(p, And) else [p]


def settled(claim: Claim) -> tuple[Claim, tuple[Prop, ...]]:
    """The claim to be proved, antecedents taken down and relations between integers used up, and these relations."""
    goal, hypotheses = flatten(claim, anew=True)
    return _settle(Claim(goal, hypotheses, claim.cell)) if hypotheses else (Claim(goal, (), claim.cell), ())


def check_used_up(props: tuple[Prop, ...]) -> None:
    """Raises Refused if a relation between sizes is left among propositions that were settled, or a false one."""
    for q in (q for p in props for q in walk(p) if isinstance(q, IndexRel)):
        gap = q.rhs - q.lhs
        if any(v.kind == "size" for v in free_vars(q)):
            raise Refused("sizes are related in a way that was not used")
        if gap.is_const and not (gap.const == 0 if q.op == "=" else gap.const >= (q.op == "<")):
            raise Refused(f"{q}: there is no such network")


def _instance(claim: Claim, values: Mapping[Var, Index]) -> Claim:
    """The claim at values of its variables; the time of its recurrence is bound there."""
    cell = claim.cell
    if cell is not None:
        inner = {v: x for v, x in values.items() if v != cell.time and v in free_vars(cell)}
        if any(cell.time in free_vars(x) for x in inner.values()):
            raise Refused(f"a size of the recurrence as an expression in its time {cell.time}")
        cell = substitute(cell, inner)
    goal, *hypotheses = (substitute(p, values) for p in (claim.conclusion, *claim.hypotheses))
    return Claim(goal, tuple(hypotheses), cell)


def _settle(claim: Claim) -> tuple[Claim, tuple[Prop, ...]]:
    """Use up equations between integers, then numeric lower bounds."""
    if not any(isinstance(h, IndexRel) for h in claim.hypotheses):
        return claim, ()
    claim, settled = _bounded(claim, lowering=True)
    while True:
        found = next(((h, v) for h in claim.hypotheses if (v := _solved(h)) is not None), None)
        if found is None:
            break
        h, (var, value) = found
        settled.append(h)
        rest = Claim(claim.conclusion, tuple(x for x in claim.hypotheses if x != h), claim.cell)
        if var.low is not None and not Context().at_least(value, var.low):
            # n = m - 1: what the equation says of m is lost; refuse rather than prove for sizes below 1
            less = f"but {var} is {var.low} or more; the hypothesis le({value}, {var}) lets it be less"
            raise Refused(f"{h}, {less}" if value.is_const else f"{h}: solve it for the other variable")
        claim = _instance(rest, {var: value})
    while (found_bound := next((x for h in claim.hypotheses if (x := _above(h, claim)) is not None), None)) is not None:
        h, var, value = found_bound
        settled.append(h)
        rest = Claim(claim.conclusion, tuple(x for x in claim.hypotheses if x != h), claim.cell)
        claim = _instance(rest, {var: value})
    claim, used = _bounded(claim)
    return claim, (*settled, *used)


def _bounded(claim: Claim, lowering: bool = False) -> tuple[Claim, list[Prop]]:
    """Use up numeric lower bounds; ``lowering``: only those that let a variable be less than it else is."""
    bounds: dict[Var, int] = {}
    for v, low in (b for h in claim.hypotheses if (b := numeric_bound(h)) is not None):
        bounds[v] = max(low, bounds.get(v, low), 1 if v.kind == "size" else low)
    bounds = {v: low for v, low in bounds.items() if not lowering or (v.low is not None and low < v.low)}
    used = [h for h in claim.hypotheses if (b := numeric_bound(h)) is not None and b[0] in bounds]
    rest = Claim(claim.conclusion, tuple(h for h in claim.hypotheses if h not in used), claim.cell)
    return _instance(rest, {v: as_index(Var(v.name, v.kind, low)) for v, low in bounds.items()}), used


def _solved(h: Prop) -> tuple[Var, Index] | None:
    """An equation between integers as variable := expression."""
    if not isinstance(h, IndexRel) or h.op != "=":
        return None
    gap = h.lhs - h.rhs
    candidates = []
    for v, c in gap.terms:
        if abs(c) == 1:
            value = (as_index(v) - gap) if c == 1 else (as_index(v) + gap)
            fits = v.low is None or Context().at_least(value, v.low)
            candidates.append((not fits, v.kind == "time", v.key, v, value))
    if not candidates:
        return None
    best = min(candidates, key=lambda item: item[:3])
    return best[3], best[4]


def _above(h: Prop, claim: Claim) -> tuple[Prop, Var, Index] | None:
    """``l <= k`` for a lag k as k := l + a lag from 0 on, which says the same."""
    if not isinstance(h, IndexRel) or h.op == "=" or h.lhs.is_const or len(h.rhs.terms) != 1:
        return None
    (v, c), shift = h.rhs.terms[0], h.rhs.const
    least = h.lhs - shift + (1 if h.op == "<" else 0)
    beyond = Var(v.name, "lag", 0)
    if c != 1 or v.kind != "lag" or v in free_vars(h.lhs) or not Context().at_least(least, v.low or 0):
        return None
    return None if beyond in free_vars(claim) - {v} else (h, v, least + as_index(beyond))


def numeric_bound(h: Prop) -> tuple[Var, int] | None:
    """``c <= v`` or ``c < v`` with a number c, as (v, least value)."""
    if isinstance(h, IndexRel) and h.op in ("<=", "<") and h.lhs.is_const and len(h.rhs.terms) == 1:
        (v, c), shift = h.rhs.terms[0], h.rhs.const
        if c == 1:
            return v, h.lhs.const - shift + (h.op == "<")
    return None
