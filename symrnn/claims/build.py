"""The functions a script writes claims with. They build trees and check nothing but their arguments' kinds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, IndexLike, Var, as_index, checked_name, sole_variable
from symrnn.claims.substitution import walk
from symrnn.claims.tree import (
    PROPERTIES,
    Abs,
    And,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    ForAll,
    ForAllTrajectories,
    Hadamard,
    Iff,
    Implies,
    IndexRel,
    Inv,
    Jac,
    JordanBlock,
    Norm,
    Not,
    Or,
    Pred,
    Prod,
    Prop,
    Rel,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Trace,
    Transpose,
    Zeros,
    as_term,
)
from symrnn.errors import ClaimError


def scalar(name: str) -> Sym:
    """A free real scalar."""
    return Sym(checked_name(name), None, "free", (), (), False)


def number(value: int | Fraction) -> Term:
    """An exact number as a term, for powers such as ``number(Fraction(1, 4)) ** k``."""
    return as_term(value)


def vector(name: str, n: IndexLike) -> Sym:
    """A free real column vector, n x 1. ``v[j]`` makes it a family."""
    return matrix(name, n, 1)


def matrix(name: str, rows: IndexLike, cols: IndexLike | None = None, *properties: str) -> Sym:
    """A free real matrix, rows x cols, with properties as assumptions; ``A[j]`` is a member of a family.

    >>> from symrnn import size
    >>> n = size("n")
    >>> print(matrix("D", n, n, "diagonal") @ matrix("W", n, n))
    D W
    """
    for p in properties:
        if p not in PROPERTIES:
            raise ClaimError(f"unknown property {p!r} of {name}; there are: {', '.join(PROPERTIES)}")
    shape = (as_index(rows), as_index(rows if cols is None else cols))
    if properties and shape[0] != shape[1] and set(properties) != {"nonnegative"}:
        raise ClaimError(f"{name} is {shape[0]} x {shape[1]}: {', '.join(properties)} needs a square matrix")
    return Sym(checked_name(name), shape, "free", tuple(sorted(set(properties))), (), False)


def eye(n: IndexLike) -> Term:
    """The n x n identity matrix."""
    return Eye(as_index(n))


def zeros(rows: IndexLike, cols: IndexLike | None = None) -> Term:
    """The zero matrix."""
    return Zeros(as_index(rows), as_index(rows if cols is None else cols))


def eq(lhs: object, rhs: object) -> Prop:
    """lhs = rhs, between terms, or between sizes and lags (``eq(n, 1)``)."""
    return _relation("=", lhs, rhs)


def le(lhs: object, rhs: object) -> Prop:
    """lhs <= rhs. ``le(0, k)`` sets the least value of the lag k."""
    return _relation("<=", lhs, rhs)


def lt(lhs: object, rhs: object) -> Prop:
    """lhs < rhs."""
    return _relation("<", lhs, rhs)


def ge(lhs: object, rhs: object) -> Prop:
    """lhs >= rhs."""
    return _relation("<=", rhs, lhs)


def gt(lhs: object, rhs: object) -> Prop:
    """lhs > rhs."""
    return _relation("<", rhs, lhs)


def _relation(op: str, lhs: object, rhs: object) -> Prop:
    indices = [isinstance(s, Index) for s in (lhs, rhs)]
    if any(indices) and all(isinstance(s, Index | int) for s in (lhs, rhs)):
        return IndexRel(op, as_index(lhs), as_index(rhs))
    return Rel(op, as_term(lhs), as_term(rhs))


def implies(antecedent: Prop, consequent: Prop) -> Prop:
    """antecedent => consequent."""
    return Implies(as_prop(antecedent), as_prop(consequent))


def iff(left: Prop, right: Prop) -> Prop:
    """left <=> right."""
    return Iff(as_prop(left), as_prop(right))


def all_of(*claims: Prop) -> Prop:
    """The conjunction of claims."""
    return claims[0] if len(claims) == 1 else And(tuple(as_prop(c) for c in claims))


def any_of(*claims: Prop) -> Prop:
    """The disjunction of claims."""
    return claims[0] if len(claims) == 1 else Or(tuple(as_prop(c) for c in claims))


def negation(claim: Prop) -> Prop:
    """Not the claim."""
    return Not(as_prop(claim))


def forall(what: Any, claim: Prop) -> Prop:
    """For all values of an index, a matrix or a family (``forall(D, ...)``: every value D can take)."""
    if isinstance(what, Sym):
        return ForAll(what if what.family else what.head, as_prop(claim))
    return ForAll(sole_variable(what), as_prop(claim))


def for_all_trajectories(claim: Prop) -> Prop:
    """For all input sequences and initial states, with the parameters fixed."""
    return ForAllTrajectories(as_prop(claim))


def as_prop(value: object) -> Prop:
    if isinstance(value, Prop):
        return value
    if isinstance(value, bool):
        raise ClaimError("a claim is needed, not True or False: a == b compares trees; write eq(a, b)")
    raise ClaimError(f"a claim is needed, such as eq(a, b); got {type(value).__name__}")


def jacobian(of: object, wrt: object, layout: str = "") -> Term:
    """The Jacobian d of / d wrt; numerator layout: entry (i, j) is d of_i / d wrt_j.

    ``of`` and ``wrt`` are states, inputs or locals of the cell at stated times, such as h[t] and h[t-k].
    """
    if layout not in ("", "numerator", "denominator"):
        raise ClaimError(f"layout is 'numerator' or 'denominator', not {layout!r}")
    return Jac(_at_a_time(of), _at_a_time(wrt), layout)


def _at_a_time(what: object) -> Sym:
    if isinstance(what, Sym) and what.index:
        return what
    raise ClaimError(f"jacobian takes a state, input or local at a time, such as h[t]; got {what}")


def product(body: object, var: object, first: IndexLike, last: IndexLike, order: str = "descending") -> Term:
    """The ordered product of ``body`` for ``var`` between ``first`` and ``last``, whichever is the later.

    The larger index (the later time) stands on the left, unless ``order="ascending"``; an empty range gives I.

    >>> from symrnn import matrix, size, lag, time, index
    >>> n, t, k, j = size("n"), time("t"), lag("k"), index("j")
    >>> A = matrix("A", n, n)
    >>> product(A[j], j, t, t - k + 1) == product(A[j], j, t - k + 1, t)
    True
    """
    if order not in ("descending", "ascending"):
        raise ClaimError(f"order is 'descending' or 'ascending', not {order!r}")
    lo, hi = _ordered(as_index(first), as_index(last), first_is_upper=True)
    return Prod(as_term(body), sole_variable(var), lo, hi, order == "descending")


def summation(body: object, var: object, first: IndexLike, last: IndexLike) -> Term:
    """The sum of ``body`` for ``var`` between ``first`` and ``last``, whichever is the larger. Empty: 0."""
    lo, hi = _ordered(as_index(first), as_index(last), first_is_upper=False)
    return Sum(as_term(body), sole_variable(var), lo, hi)


def _ordered(a: Index, b: Index, first_is_upper: bool) -> tuple[Index, Index]:
    """(lo, hi): the bound that grows with the free lags and sizes is the upper one; numbers by their value.

    Where the two cannot be told apart so (t and s), products read downwards and sums upwards.
    """
    gap = a - b
    if gap.is_const:
        return (b, a) if gap.const > 0 else (a, b)
    signs = {c > 0 for v, c in gap.terms if v.kind in ("lag", "size")} or {c > 0 for _, c in gap.terms}
    a_is_upper = signs == {True} or (len(signs) == 2 and first_is_upper)
    return (b, a) if a_is_upper else (a, b)


def diag(v: object) -> Term:
    """The diagonal matrix of a column vector."""
    return Diag(as_term(v))


def block_matrix(rows: Iterable[Iterable[object]]) -> Term:
    """A matrix of blocks, row by row; write ``zeros(n, m)`` for a block of zeros.

    >>> from symrnn import matrix, size, zeros
    >>> n, m = size("n"), size("m")
    >>> print(block_matrix([[matrix("A", n), matrix("B", n, m)], [zeros(m, n), matrix("C", m)]]))
    [A, B; 0, C]
    """
    made = tuple(tuple(as_term(block) for block in row) for row in rows)
    if not made or not made[0] or any(len(row) != len(made[0]) for row in made):
        raise ClaimError("a matrix of blocks needs rows of equally many blocks, at least one")
    if len(made) * len(made[0]) > 1 and any(
        isinstance(block, Const) and block.value == 0 for row in made for block in row
    ):
        raise ClaimError("the number 0 has no size: write zeros(n, m) for a block of zeros")
    return Blocks(made)


def inv(a: object) -> Term:
    """The inverse of a square matrix; undefined where the matrix is singular."""
    return Inv(as_term(a))


def transpose(a: object) -> Term:
    """The transpose."""
    return Transpose(as_term(a))


def trace(a: object) -> Term:
    """The trace."""
    return Trace(as_term(a))


def det(a: object) -> Term:
    """The determinant."""
    return Det(as_term(a))


def norm(a: object, kind: object = 2) -> Term:
    """The operator norm: kind 2 (spectral, the default), 1 or "inf"; "fro" is the Frobenius norm."""
    if str(kind) not in ("1", "2", "inf", "fro"):
        raise ClaimError(f"norm is 1, 2, 'inf' or 'fro', not {kind!r}")
    return Norm(as_term(a), str(kind))


def spectral_radius(a: object) -> Term:
    """The largest magnitude of an eigenvalue."""
    return SpectralRadius(as_term(a))


def absolute(a: object) -> Term:
    """Entrywise absolute value."""
    return Abs(as_term(a))


def hadamard(a: object, b: object) -> Term:
    """The elementwise product."""
    return Hadamard(as_term(a), as_term(b))


def entry(a: object, i: IndexLike, j: IndexLike) -> Term:
    """Entry (i, j), counted from 1."""
    return Entry(as_term(a), as_index(i), as_index(j))


def commutator(a: object, b: object) -> Term:
    """a b - b a."""
    x, y = as_term(a), as_term(b)
    return x @ y - y @ x


def has_property(name: str, a: object) -> Prop:
    """A property of PROPERTIES as a claim: ``has_property("diagonal", W)``."""
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


def discriminant(a: object) -> Term:
    """The discriminant of the characteristic polynomial of a: 0 if and only if an eigenvalue is repeated."""
    return Discriminant(as_term(a))


def binomial(top: IndexLike, bottom: IndexLike) -> Term:
    """The binomial coefficient, 0 outside 0 <= bottom <= top.

    >>> from symrnn import lag
    >>> print(binomial(lag("k"), 2))
    binomial(k, 2)
    """
    return Binomial(as_index(top), as_index(bottom))


def jordan_block(value: object, n: IndexLike) -> Term:
    """The n x n Jordan block: the scalar ``value`` on the diagonal, 1 on the one above it."""
    return JordanBlock(as_term(value), as_index(n))


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
    """The spectral norm of a tends to 0 as the lag grows."""
    return _limit("vanishes", a, lag)


def bounded(a: object, lag: object = None) -> Prop:
    """The spectral norm of a stays bounded as the lag grows."""
    return _limit("bounded", a, lag)


def explodes(a: object, lag: object = None) -> Prop:
    """The spectral norm of a is unbounded as the lag grows."""
    return _limit("explodes", a, lag)
