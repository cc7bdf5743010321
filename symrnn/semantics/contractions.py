"""Sums over all rows or columns of products of entries as matrix products. Trusted by the kernel.

sum_q A_iq v_q B_qj = (A diag(v) B)_ij,  sum_q A_iq = (A ones)_i,  sum_q u_q v_q = u^T v,  sum_q A_qq = tr(A).
What works entry by entry is an entry too: s(v_q) = s(v)_q.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, substitute
from symrnn.claims.tree import Abs, Add, Apply, Const, Diag, Entry, MatMul, Ones, Sum, Term, Times, Trace, Transpose
from symrnn.records import replace
from symrnn.semantics.monomials import Mono, Poly, mentions, put

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra

MOST_FACTORS = 8


def contracted(a: Algebra, t: Sum, var: Var) -> tuple[Poly, Sum | None]:
    """What the monomials of a sum over all rows or columns make that contract, and the sum of the others."""
    if t.lo != ONE or t.hi.is_const or shape_of(t.body) is not None:
        return {}, t
    if not contains(t.body, Entry):
        return {}, t
    at = as_index(var)
    out: Poly = {}
    rest: Poly = {}
    inner = a.within(var, t.lo, t.hi)
    for mono, c in inner.poly(substitute(t.body, {t.var: at})).items():
        found = _contracted(a, mono, var, t.hi)
        if found is None:
            rest[mono] = c
            continue
        for made, d in found.items():
            put(out, made, c * d)
    if not out and rest:
        return {}, t
    return out, Sum(inner.to_term(rest, None), var, t.lo, t.hi) if rest else None


def _contracted(a: Algebra, mono: Mono, var: Var, end: Index) -> Poly | None:
    """One monomial summed over ``var`` from 1 to ``end``; None if it is no product of entries that meet there."""
    scalars, binders, word = mono
    kept = tuple(x for x in scalars if not mentions(x, var))
    factors: list[Term] = []
    for s, e in (x for x in scalars if mentions(x, var)):
        f = _as_entry(s)
        if f is None or not e.is_const or not 1 <= e.const <= MOST_FACTORS:
            return None
        factors += [f] * e.const
    if binders or word or not factors or len(factors) > MOST_FACTORS:
        return None
    value = _meeting(factors, var, end)
    return a.times({(kept, (), ()): Fraction(1)}, a.poly(value)) if value is not None else None


def _as_entry(s: Term) -> Entry | None:
    """A scalar as one entry: s(X_ij) = s(X)_ij, |X_ij| = |X|_ij, X_ij + Y_ij = (X + Y)_ij."""
    if isinstance(s, Entry):
        return s
    if not isinstance(s, Apply | Abs | Add | Times):
        return None
    parts = s.args if isinstance(s, Add | Times) else (s.arg,)
    found = [_as_entry(x) for x in parts]
    if isinstance(s, Times):  # what is no entry scales the one that is
        places = [i for i, x in enumerate(found) if x is not None]
        numbers = all(isinstance(x, Const) for i, x in enumerate(parts) if i not in places)
        entry = found[places[0]] if len(places) == 1 and numbers else None
        return entry and replace(entry, arg=Times((*parts[: places[0]], entry.arg, *parts[places[0] + 1 :])))
    first = found[0]
    if first is None or any(x is None or (x.row, x.col) != (first.row, first.col) for x in found):
        return None
    if any(shape_of(x.arg) != shape_of(first.arg) for x in found if x is not None):
        return None
    if isinstance(s, Add):
        return replace(first, arg=Add(tuple(x.arg for x in found if x is not None)))
    return replace(first, arg=replace(s, arg=first.arg))


def _meeting(factors: list[Term], var: Var, end: Index) -> Term | None:
    """The sum over ``var`` of entries, each of which has it as its row or column."""
    at = as_index(var)
    columns: list[Term] = []
    ends: list[tuple[Term, Index]] = []  # (X, i): the factors X_iq for all q
    turning: list[Term] = []
    for f in factors:
        if not isinstance(f, Entry) or mentions(f.arg, var):
            return None
        rows, cols = shape_of(f.arg) or (ONE, ONE)
        if (f.row, f.col, rows, cols) == (at, at, end, end):
            turning.append(f.arg)
        elif f.row == at and rows == end and not mentions(f.col, var):
            columns += [f.arg] if cols == ONE else []
            ends += [(Transpose(f.arg), f.col)] if cols != ONE else []
        elif f.col == at and cols == end and not mentions(f.row, var):
            columns += [Transpose(f.arg)] if rows == ONE else []
            ends += [(f.arg, f.row)] if rows != ONE else []
        else:
            return None
    scaled = [Diag(v) for v in columns]
    if turning:
        return Trace(_product([*scaled, *turning])) if len(turning) == 1 and not ends else None
    if len(ends) == 2:
        (x, i), (y, j) = ends
        return Entry(_product([x, *scaled, Transpose(y)]), i, j)
    if len(ends) == 1:
        last = columns[0] if columns else Ones(end)
        return Entry(_product([ends[0][0], *scaled[1:], last]), ends[0][1], ONE)
    if not ends and len(columns) > 1:
        return Trace(_product([Transpose(columns[0]), *scaled[2:], columns[1]]))
    return Trace(scaled[0]) if not ends and columns else None


def _product(factors: list[Term]) -> Term:
    return factors[0] if len(factors) == 1 else MatMul(tuple(factors))
