"""The spectral radius of triangular matrices, by what hypotheses say of their diagonals. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Antisymmetry, Cite, Known, Largest, Order, Proof, Replaced
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import (
    HOLE,
    Abs,
    Const,
    Entry,
    Eye,
    ForAll,
    Hadamard,
    Norm,
    Pred,
    Prop,
    Rel,
    SpectralRadius,
    Term,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.products import COL, ROW, prove_by_products
from symrnn.semantics.sequents import Sequent

SIDES = ("upper", "lower")
ZERO = Const(Fraction(0))


def radii_of_triangular(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """rho(A) <= c where |a_ii| <= c for all i, and rho(A) = 0 where the diagonal is 0."""
    for op, x, bound in _diagonals(s.hypotheses):
        shape = shape_of(x)
        side = next((y for y in SIDES if accepted(replace(s, goal=Pred(f"{y}_triangular", x, "", None)), Known())), "")
        if not side or shape is None:
            continue
        claim, rho = LEMMAS[claim_name(side)].claim, SpectralRadius(x)
        (n,), (a,) = free_vars(claim), symbols(claim)
        part = Norm(Hadamard(Eye(shape[0]), x), "2")
        entry = Abs(Entry(part.arg, as_index(ROW), as_index(ROW)))
        try:
            inner = prove_by_products(replace(s, goal=Rel(op, entry, bound)))
        except SymrnnError:
            continue
        if inner is None:
            continue
        cited = Cite(claim_name(side), ((a, x), (n, shape[0])), (Known(),))
        made: Proof = Replaced(Rel(op, HOLE, bound), rho, part, cited, Largest(ROW, COL, True, inner))
        prop = Rel(op, rho, bound)
        if bound == ZERO:
            made, prop = Antisymmetry(made, Order(())), Rel("=", rho, ZERO)
        if accepted(replace(s, goal=prop), made):
            yield prop, made


def claim_name(side: str) -> str:
    return f"eigenvalues of {'an' if side == 'upper' else 'a'} {side} triangular matrix"


def _diagonals(hypotheses: tuple[Prop, ...]) -> Iterator[tuple[str, Term, Term]]:
    """(< or <=, A, c) for what hypotheses say of |a_ii| for all i, or of a_ii itself where it is 0."""
    for h in hypotheses:
        if not isinstance(h, ForAll) or not isinstance(h.var, Var):
            continue
        body: Any = h.body
        if not isinstance(body, Rel) or shape_of(body.lhs) is not None or h.var in free_vars(body.rhs):
            continue
        zero = body.op == "=" and body.rhs == ZERO
        entry = body.lhs if zero else body.lhs.arg if isinstance(body.lhs, Abs) and body.op != "=" else None
        if isinstance(entry, Entry) and entry.row == entry.col == as_index(h.var):
            yield ("<=" if zero else body.op), entry.arg, body.rhs
