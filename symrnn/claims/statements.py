"""The functions a script writes propositions with: relations, logic, properties, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.claims.index import Index, Var, as_index, sole_variable
from symrnn.claims.predicates import PROPERTIES
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, walk
from symrnn.claims.tree import (
    And,
    Blocks,
    ForAll,
    ForAllTrajectories,
    Iff,
    Implies,
    IndexRel,
    Not,
    Or,
    Pred,
    Prop,
    Rel,
    Sym,
    Term,
    as_term,
)
from symrnn.errors import ClaimError, ShapeMismatch


def eq(lhs: object, rhs: object) -> Prop:
    """lhs = rhs, between terms of one shape, or between sizes and lags.

    An equation with an undefined term, such as the inverse of a singular matrix, is false. Shapes are compared when the
    step is decided. Raises ClaimError for floats and for families without an index.

    >>> from symrnn import matrix, size
    >>> n = size("n")
    >>> print(eq(matrix("A", n).T, matrix("A", n)), "if", eq(n, 1))
    A^T = A if n = 1
    """
    return _relation("=", lhs, rhs)


def le(lhs: object, rhs: object) -> Prop:
    """lhs <= rhs: of scalars, entrywise of matrices, or between sizes and lags. ``le(0, k)`` lets the lag k be 0."""
    return _relation("<=", lhs, rhs)


def lt(lhs: object, rhs: object) -> Prop:
    """lhs < rhs, as ``le``."""
    return _relation("<", lhs, rhs)


def ge(lhs: object, rhs: object) -> Prop:
    """lhs >= rhs, which is ``le(rhs, lhs)``."""
    return _relation("<=", rhs, lhs)


def gt(lhs: object, rhs: object) -> Prop:
    """lhs > rhs, which is ``lt(rhs, lhs)``."""
    return _relation("<", rhs, lhs)


def _relation(op: str, lhs: object, rhs: object) -> Prop:
    indices = [isinstance(s, Index) for s in (lhs, rhs)]
    if any(indices) and all(isinstance(s, Index | int) for s in (lhs, rhs)):
        return IndexRel(op, as_index(lhs), as_index(rhs))
    return Rel(op, as_term(lhs), as_term(rhs))


def sized(hypothesis: object) -> Prop:
    """A hypothesis; where it speaks of a matrix that is written out, with how large what it is compared with is."""
    p = as_prop(hypothesis)
    if isinstance(p, And):
        return And(tuple(sized(a) for a in p.args))
    if isinstance(p, ForAll):  # how large a member is does not depend on which it is
        body = sized(p.body)
        parts = body.args if isinstance(body, And) else (body,)
        found = tuple(a for a in parts if isinstance(a, IndexRel) and p.var not in free_vars(a))
        rest = tuple(a for a in parts if a not in found)
        return And((*found, ForAll(p.var, rest[0] if len(rest) == 1 else And(rest)))) if found and rest else p
    sizes = (*_sizes(p.lhs, p.rhs), *_sizes(p.rhs, p.lhs)) if isinstance(p, Rel) else ()
    return And((*dict.fromkeys(sizes), p)) if sizes else p


def _sizes(given: Term, other: Term) -> Iterator[Prop]:
    """What a matrix that is written out says of the size of what it is compared with."""
    if not isinstance(given, Blocks):
        return
    try:
        if any(shape_of(block) is not None for row in given.rows for block in row):
            return
        ends = zip(shape_of(other) or (), (len(given.rows), len(given.rows[0])), strict=False)
    except (ShapeMismatch, ClaimError):
        return  # said where the step is decided
    yield from (IndexRel("=", end, as_index(found)) for end, found in ends if not end.is_const)


def implies(antecedent: Prop, consequent: Prop) -> Prop:
    """antecedent => consequent; at the top of a claim the antecedent is a hypothesis.

    A matrix that is written out in it also says how large what it is compared with is.

    >>> from symrnn import matrix
    >>> A = matrix("A", 2)
    >>> print(implies(symmetric(A), eq(A.T, A)))
    A is symmetric => A^T = A
    >>> from symrnn import size, trace
    >>> B = matrix("B", size("n"))
    >>> print(implies(eq(B, [[1, 2], [3, 4]]), eq(trace(B), 5)))
    n = 2 and B = [1, 2; 3, 4] => tr(B) = 5
    """
    return Implies(sized(antecedent), as_prop(consequent))


def iff(left: Prop, right: Prop) -> Prop:
    """left <=> right: both directions are shown.

    >>> from symrnn import matrix
    >>> A = matrix("A", 2)
    >>> print(iff(symmetric(A), eq(A.T, A)))
    A is symmetric <=> A^T = A
    """
    return Iff(as_prop(left), as_prop(right))


def all_of(*claims: Prop) -> Prop:
    """The conjunction of claims, also written ``p & q``."""
    return claims[0] if len(claims) == 1 else And(tuple(as_prop(c) for c in claims))


def any_of(*claims: Prop) -> Prop:
    """The disjunction of claims, also written ``p | q``."""
    return claims[0] if len(claims) == 1 else Or(tuple(as_prop(c) for c in claims))


def negation(claim: Prop) -> Prop:
    """Not the claim, also written ``~p``."""
    return Not(as_prop(claim))


def forall(what: Any, claim: Prop) -> Prop:
    """For all values of an index, a matrix or a family.

    An index that stands as a row or column runs over these; of a matrix all values that its properties allow are meant,
    singular ones too. Raises ClaimError if ``what`` is an expression such as j + 1.

    >>> from symrnn import index, matrix
    >>> i, A = index("i"), matrix("A", 2)
    >>> print(forall(i, eq(A[i, i], 0)))
    for all i: A[i,i] = 0
    """
    if isinstance(what, Sym):
        return ForAll(what if what.family else what.head, as_prop(claim))
    return ForAll(sole_variable(what), as_prop(claim))


def for_all_trajectories(claim: Prop) -> Prop:
    """For all input sequences and initial states, with the parameters fixed.

    Without it a claim about limits is read for each trajectory: "J vanishes => rho(W) < 1" speaks of one at a time.
    """
    return ForAllTrajectories(as_prop(claim))


def as_prop(value: object) -> Prop:
    if isinstance(value, Prop):
        return value
    if isinstance(value, bool):
        raise ClaimError("a claim is needed, not True or False: a == b compares trees; write eq(a, b)")
    raise ClaimError(f"a claim is needed, such as eq(a, b); got {type(value).__name__}")


def has_property(name: str, a: object) -> Prop:
    """A property as a claim. Raises ClaimError for an unknown one, with a list of those there are.

    >>> from symrnn import matrix
    >>> print(has_property("scalar", matrix("A", 2)))
    A is a multiple of I
    """
    if isinstance(name, Term):
        raise ClaimError(f"the name of a property comes first, as in has_property('orthogonal', {name})")
    if name not in PROPERTIES:
        raise ClaimError(f"unknown property {name!r}; there are: {', '.join(PROPERTIES)}")
    return Pred(name, as_term(a), "", None)


def invertible(a: object) -> Prop:
    """a is square and has an inverse."""
    return has_property("invertible", a)


def diagonal(a: object) -> Prop:
    """a is a diagonal matrix."""
    return has_property("diagonal", a)


def symmetric(a: object) -> Prop:
    """a equals its transpose."""
    return has_property("symmetric", a)


def orthogonal(a: object) -> Prop:
    """a is square and its transpose is its inverse."""
    return has_property("orthogonal", a)


def jordan_decomposable(a: object, field: str = "C") -> Prop:
    """a = U J U^-1 for some J of Jordan blocks, over the field "C" or "R"."""
    return _spectral("jordan_decomposable", a, field)


def squarefree_minimal_polynomial(a: object) -> Prop:
    """No root of the minimal polynomial of a is repeated."""
    return _spectral("squarefree_minimal_polynomial", a, "C")


def unitarily_diagonalizable(a: object) -> Prop:
    """a = U S U^H for some unitary U and diagonal S, over C."""
    return _spectral("unitarily_diagonalizable", a, "C")


def diagonalizable(a: object, field: str = "C") -> Prop:
    """a = U S U^-1 for some diagonal S, over the field "C" or "R"."""
    return _spectral("diagonalizable", a, field)


def _spectral(name: str, a: object, field: str) -> Prop:
    if field not in ("C", "R"):
        raise ClaimError(f"field is 'C' or 'R', not {field!r}")
    return Pred(name, as_term(a), field, None)


def _limit(name: str, a: object, lag: object) -> Prop:
    term = as_term(a)
    if lag is not None:
        return Pred(name, term, "", sole_variable(lag))
    lags = sorted({v for v in _all_vars(term) if v.kind == "lag"}, key=lambda v: v.key)
    if len(lags) != 1:
        raise ClaimError(f"{name}({term}): say which lag goes to infinity, as in {name}(..., k)")
    return Pred(name, term, "", lags[0])


def _all_vars(term: Term) -> set[Var]:
    return {v for v in walk(term) if isinstance(v, Var)}


def vanishes(a: object, lag: object = None) -> Prop:
    """The spectral norm of a tends to 0 as the lag grows.

    ``lag`` may be left out where only one occurs in ``a``. Raises ClaimError where it is not clear.

    >>> from symrnn import lag, matrix
    >>> print(vanishes(matrix("W", 2) ** lag("k")))
    W^k vanishes as k -> infinity
    """
    return _limit("vanishes", a, lag)


def bounded(a: object, lag: object = None) -> Prop:
    """The spectral norm of a stays bounded as the lag grows; ``lag`` as for ``vanishes``."""
    return _limit("bounded", a, lag)


def explodes(a: object, lag: object = None) -> Prop:
    """The spectral norm of a is unbounded as the lag grows; ``lag`` as for ``vanishes``."""
    return _limit("explodes", a, lag)
