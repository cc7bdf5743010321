"""All identities; those of WRONG_ONCE had a false verdict at some time, each for a reason of its own."""

from __future__ import annotations

from identities_algebra import ALGEBRA
from identities_structure import STRUCTURE
from identities_totals import TOTALLY
from identities_vectors import VECTORS
from vocabulary import LAGS, A, B, a, false, i, j, k, l, n, nil, one, true

from symrnn import det, eq, forall, implies, inv, le, matrix, number, product, summation, symmetric, trace

_singular = A - number(-1) ** n * A  # 2 A for odd n, 0 for even n

WRONG_ONCE = [
    # quantified lags were tried at 0 only
    true("all traces of powers", implies(forall(k, eq(trace(A**k), trace(B**k))), eq(trace(A), trace(B))), open_=LAGS),
    true("all determinants of powers", implies(forall(k, eq(det(A**k), 1)), eq(det(A), 1)), open_=LAGS),
    true("all traces of powers nonnegative", implies(forall(k, le(0, trace(A**k))), le(0, trace(A))), open_=LAGS),
    true("all multiples", implies(forall(j, eq(j * A, nil)), eq(A, nil)), open_=LAGS),
    true("all powers symmetric", implies(forall(k, symmetric(A**k)), symmetric(A)), open_=LAGS),
    false("all scalar powers", implies(forall(k, eq(a ** (2 * k), 1)), eq(a, 1)), open_=LAGS),
    # two ranges of one family commuted as soon as any two matrices were assumed to commute
    false(
        "ranges of a family",
        eq(product(A[j], j, 1, k) @ product(A[j], j, 1, l), product(A[j], j, 1, l) @ product(A[j], j, 1, k)),
        eq(B @ matrix("C", n), matrix("C", n) @ B),
        le(0, k),
        le(0, l),
    ),
    # rows and columns that need not be there
    false("row n + 1", eq(A[n + 1, 1], A[n + 1, 1])),
    false("row k", eq(A[k, 1], A[k, 1])),
    false("a trace too long", eq(summation(A[i, i], i, 1, n + 1), summation(A[i, i], i, 1, n) + A[n + 1, n + 1])),
    # a null set at every size but one
    false("singular at even sizes", eq(inv(_singular) @ _singular, one)),
]

ALL = [*ALGEBRA, *STRUCTURE, *VECTORS, *TOTALLY, *WRONG_ONCE]
