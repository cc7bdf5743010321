"""Hypotheses that are natural for a claim: what a reader would try first. Untrusted: each is tried by proof.

For equations: matrices that are diagonal, multiples of I or commute. For limits: norms and spectral radii below
1 / sup |s'|, alone or for normal, nonnegative and triangular matrices. For decompositions: symmetric, normal, diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.build import absolute, norm, spectral_radius
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, activations_of
from symrnn.claims.statements import all_of, eq, forall, has_property, lt
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import IndexRel, Jac, Pred, Prop, Rel, SpectralRadius, Sym, Transpose
from symrnn.semantics.settling import flatten

J = as_index(Var("j", "index", None))
SHAPES = ("normal", "nonnegative", "upper_triangular", "lower_triangular")


def natural_hypotheses(claim: Claim) -> Iterator[Prop]:
    """In the order in which they are tried, the telling ones first."""
    goal, _ = flatten(claim)
    if claim.cell is not None and len(claim.cell.states) > 1:
        yield from _least_values(claim)  # gated cells have too many matrices to try properties of each
        return
    if isinstance(goal, Pred) and goal.var is not None:
        yield from _for_limits(claim, goal)
    elif isinstance(goal, Pred):
        yield from (
            has_property(p, s) for s in _squares(claim) if not s.props for p in ("symmetric", "normal", "diagonal")
        )
    elif isinstance(goal, Rel) and goal.op != "=":
        names = ("normal", "symmetric", "nonnegative", "diagonal")
        yield from (has_property(p, s) for s in _squares(claim) if not s.props and not s.family for p in names)
        yield from _commuting_pairs(_squares(claim))
    else:
        yield from _for_equations(claim)
    yield from _least_values(claim)


def _for_equations(claim: Claim) -> Iterator[Prop]:
    """Matrices that are diagonal, symmetric or multiples of I; pairs that commute."""
    squares = _squares(claim)
    for s in (s for s in squares if "diagonal" in s.props):
        yield _for_all_members(s, lambda x: has_property("scalar", x))
    names = ["diagonal", "scalar"]
    names += ["symmetric", "orthogonal"] if contains(claim.conclusion, Transpose) else []
    for s in (s for s in squares if not s.props):
        for name in names:
            yield _for_all_members(s, lambda x, name=name: has_property(name, x))
    yield from _commuting_pairs(squares)


def _commuting_pairs(squares: list[Sym]) -> Iterator[Prop]:
    for i, a in enumerate(squares):
        for b in squares[i + 1 :]:
            if a.shape == b.shape and not ("diagonal" in a.props and "diagonal" in b.props):
                yield _commuting(a, b)


def _for_limits(claim: Claim, goal: Pred) -> Iterator[Prop]:
    """Of the matrices that are multiplied over and over, against 1 / sup |s'|."""
    limit = 1 / steepest(claim)
    known = {t.arg for h in claim.hypotheses for t in walk(h) if isinstance(t, SpectralRadius)}
    for w in repeated(claim):
        yield lt(spectral_radius(absolute(w)), limit)
        yield lt(norm(w), limit)
        for p in SHAPES:
            shape = has_property(p, w)
            yield shape if w in known else all_of(lt(spectral_radius(w), limit), shape)
        yield lt(norm(w, 1), limit)
        yield lt(norm(w, "inf"), limit)


def steepest(claim: Claim) -> Fraction:
    """The largest slope of the activation that a Jacobian in the claim goes through; 1 if it is not known."""
    if claim.cell is None or not any(
        isinstance(t, Jac) or (isinstance(t, Sym) and t.role == "local") for t in walk(claim)
    ):
        return Fraction(1)
    slopes = [FACTS[f].high for f in activations_of(claim.cell) if f in FACTS]
    return max(slopes, default=Fraction(1)) or Fraction(1)


def repeated(claim: Claim) -> list[Sym]:
    """The square constant matrices, without properties of their own, that a limit may multiply over and over."""
    return [s for s in _squares(claim) if s.role == "free" and not s.family and not s.props]


def _least_values(claim: Claim) -> Iterator[Prop]:
    variables = sorted(free_vars(claim.conclusion), key=lambda v: (v.kind != "size", v.key))
    yield from (IndexRel("=", as_index(v), as_index(1)) for v in variables if v.kind in ("size", "lag"))


def _squares(claim: Claim) -> list[Sym]:
    found = {s for s in symbols(claim.conclusion) if s.shape is not None and s.shape[0] == s.shape[1]}
    if claim.cell is not None and any(s.role != "free" for s in symbols(claim.conclusion)):
        used = {s for _, t in (*claim.cell.steps, *claim.cell.locals) for s in symbols(t)}
        heads = {*used, *(s for s, _ in claim.cell.locals)}
        found |= {s for s in heads if s.shape is not None and s.shape[0] == s.shape[1] and s.role in ("free", "local")}
    return sorted(found, key=lambda s: (s.role == "free", s.name))


def _for_all_members(s: Sym, claim_of: Any) -> Prop:
    return forall(J, claim_of(_member(s))) if s.family else claim_of(s)


def _member(s: Sym) -> Sym:
    return Sym(s.name, s.shape, s.role, s.props, (J,), False) if s.family else s


def _commuting(a: Sym, b: Sym) -> Prop:
    x, y = _member(a), _member(b)
    prop = eq(x @ y, y @ x)
    return forall(J, prop) if a.family or b.family else prop
