"""General identities of matrices, vectors and scalars, true and false, each beside its near-misses.

``true``, ``false`` and ``conditional`` say what holds; ``vacuous`` that no instance meets the hypotheses. ``open_`` gives
the reason why a claim is left UNDECIDED at present: then UNDECIDED or the right verdict will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction as Q
from typing import Any

from symrnn import (
    absolute,
    all_of,
    any_of,
    commutator,
    det,
    diag,
    diagonal,
    diagonalizable,
    eq,
    eye,
    forall,
    hadamard,
    has_property,
    iff,
    implies,
    index,
    inv,
    invertible,
    lag,
    le,
    lt,
    matrix,
    negation,
    norm,
    number,
    orthogonal,
    product,
    scalar,
    size,
    summation,
    symmetric,
    time,
    trace,
    vector,
    zeros,
)
from symrnn.claims.tree import Prop, as_term


@dataclass(frozen=True)
class Identity:
    """A claim under hypotheses, and what is true of it."""

    name: str
    truth: str
    claim: Prop
    hypotheses: tuple[Prop, ...]
    open_: str = ""


def true(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "proved", claim, hypotheses, open_)


def false(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "refuted", claim, hypotheses, open_)


def conditional(name: str, claim: Prop, *hypotheses: Prop, open_: str = "") -> Identity:
    return Identity(name, "conditional", claim, hypotheses, open_)


def vacuous(name: str, claim: Prop, *hypotheses: Prop) -> Identity:
    return Identity(name, "undecided", claim, hypotheses)


n, m, p = size("n"), size("m"), size("p")
t, s, k, l = time("t"), time("s"), lag("k"), lag("l")
i, j, q = index("i"), index("j"), index("q")
A, B, C, D, N, P, S, U, W, X = (matrix(name, n) for name in "ABCDNPSUWX")
L, R, Z, Y = matrix("L", m, n), matrix("R", n, m), matrix("Z", m, p), matrix("Y", p, n)
a, b, c = (scalar(name) for name in "abc")
u, v, w = (vector(name, n) for name in "uvw")
one, nil = eye(n), zeros(n)
nat: Any = as_term(k)  # k as a number
E, F = matrix("E", n, n, "diagonal"), matrix("F", n, n, "diagonal")
H, G = matrix("H", n, n, "symmetric"), matrix("G", n, n, "symmetric")
K, O = matrix("K", n, n, "skew"), matrix("O", n, n, "orthogonal")
M, I = matrix("M", n, n, "normal"), matrix("I_s", n, n, "scalar")
LO, LP = matrix("LO", n, n, "lower_triangular"), matrix("LP", n, n, "lower_triangular")
UP = matrix("UP", n, n, "upper_triangular")
commute, idempotent, nilpotent = eq(A @ B, B @ A), eq(P @ P, P), eq(N @ N, nil)
involution, inverses = eq(A @ A, one), eq(A @ B, one)

RINGS = [
    true("distributive", eq(A @ (B + C), A @ B + A @ C)),
    false("distributive, swapped", eq(A @ (B + C), A @ B + C @ A)),
    true("associative", eq((A @ B) @ C, A @ (B @ C))),
    false("commutative", eq(A @ B, B @ A)),
    true("square of a sum", eq((A + B) ** 2, A**2 + A @ B + B @ A + B**2)),
    false("square of a sum, as of numbers", eq((A + B) ** 2, A**2 + 2 * A @ B + B**2)),
    true("square, commuting", eq((A + B) ** 2, A**2 + 2 * A @ B + B**2), commute),
    true(
        "cube, commuting",
        eq((A + B) ** 3, A**3 + 3 * A**2 @ B + 3 * A @ B**2 + B**3),
        commute,
        open_="semantics: words sort by the key of a power, not of its letter",
    ),
    false("cube, a wrong coefficient", eq((A + B) ** 3, A**3 + 3 * A**2 @ B + 2 * A @ B**2 + B**3), commute),
    true("difference of squares", eq((A + B) @ (A - B), A**2 - B**2 + B @ A - A @ B)),
    false("difference of squares, as of numbers", eq((A + B) @ (A - B), A**2 - B**2)),
    true("rectangular", eq((R @ L) @ R, R @ (L @ R))),
    false("rectangular, identity", eq(R @ L, one)),
    true("scalars move", eq(c * A @ B, A @ (c * B))),
    false("a scalar twice", eq((c * A) @ (c * B), c * A @ B)),
    false("absolute values", eq(absolute(A @ B), absolute(A) @ absolute(B))),
]

TRANSPOSES = [
    true("transpose of a product", eq((A @ B @ C).T, C.T @ B.T @ A.T)),
    false("transpose of a product, in order", eq((A @ B @ C).T, A.T @ B.T @ C.T)),
    true("transpose, rectangular", eq((R @ Z @ Y).T, Y.T @ Z.T @ R.T)),
    true("transpose twice", eq(A.T.T, A)),
    false("transpose once", eq(A.T, A)),
    true("symmetric part", symmetric(A + A.T)),
    false("skew part is symmetric", symmetric(A - A.T)),
    true("skew part", has_property("skew", A - A.T)),
    true("two parts", eq(A, Q(1, 2) * (A + A.T) + Q(1, 2) * (A - A.T))),
    true("Gram", symmetric(R.T @ R)),
    false("Gram without transpose", symmetric(A @ A)),
    true("transpose of a power", eq((A**k).T, A.T**k)),
    false("transpose of a power, forgotten", eq((A**k).T, A**k)),
    true("transpose of an ordered product", eq(product(A[j], j, 1, k).T, product(A[j].T, j, 1, k, order="ascending"))),
    false("transpose of an ordered product, same order", eq(product(A[j], j, 1, k).T, product(A[j].T, j, 1, k))),
]

INVERSES = [
    conditional("inverse", eq(A @ inv(A), one)),
    true("inverse, invertible", eq(A @ inv(A), one), invertible(A)),
    true("inverse of a product", eq(inv(A @ B), inv(B) @ inv(A)), invertible(A), invertible(B)),
    conditional("inverse of a product, no hypothesis", eq(inv(A @ B), inv(B) @ inv(A))),
    false("inverse of a product, in order", eq(inv(A @ B), inv(A) @ inv(B)), invertible(A), invertible(B)),
    false("inverse of a sum", eq(inv(A + B), inv(A) + inv(B)), invertible(A), invertible(B), invertible(A + B)),
    true("inverse twice", eq(inv(inv(A)), A), invertible(A)),
    conditional("inverse twice, no hypothesis", eq(inv(inv(A)), A)),
    true("inverse of the transpose", eq(inv(A.T), inv(A).T), invertible(A)),
    false("inverse of the transpose, forgotten", eq(inv(A.T), inv(A)), invertible(A)),
    true("inverse of a power", eq(inv(A) ** k, inv(A**k)), invertible(A)),
    true("negative power", eq(A ** (-k) @ A**k, one), invertible(A)),
    false("negative power, off by one", eq(A ** (-k) @ A ** (k + 1), one), invertible(A)),
    true("conjugation", eq((U @ A @ inv(U)) ** k, U @ A**k @ inv(U)), invertible(U)),
    false("conjugation, powers of U", eq((U @ A @ inv(U)) ** k, U**k @ A**k @ inv(U) ** k), invertible(U)),
    true("difference of inverses", eq(inv(A) - inv(B), inv(A) @ (B - A) @ inv(B)), invertible(A), invertible(B)),
    false("difference of inverses, sign", eq(inv(A) - inv(B), inv(A) @ (A - B) @ inv(B)), invertible(A), invertible(B)),
    conditional("difference of inverses, no hypothesis", eq(inv(A) - inv(B), inv(A) @ (B - A) @ inv(B))),
    true(
        "push through", eq(A @ inv(one + B @ A), inv(one + A @ B) @ A), invertible(one + A @ B), invertible(one + B @ A)
    ),
    false(
        "push through, wrong factor",
        eq(A @ inv(one + B @ A), inv(one + A @ B) @ B),
        invertible(one + A @ B),
        invertible(one + B @ A),
    ),
    true(
        "Woodbury",
        eq(inv(one + A @ B), one - A @ inv(one + B @ A) @ B),
        invertible(one + A @ B),
        invertible(one + B @ A),
    ),
    true(
        "Woodbury, rectangular",
        eq(inv(one + R @ L), one - R @ inv(eye(m) + L @ R) @ L),
        invertible(one + R @ L),
        invertible(eye(m) + L @ R),
    ),
    true(
        "parallel sum",
        eq(inv(A + B), inv(A) @ inv(inv(A) + inv(B)) @ inv(B)),
        invertible(A),
        invertible(B),
        invertible(A + B),
        invertible(inv(A) + inv(B)),
    ),
    true("cancel", eq(B, C), eq(A @ B, A @ C), invertible(A)),
    false("cancel what may be singular", eq(B, C), eq(A @ B, A @ C)),
    true("solve", eq(X, inv(A) @ B), eq(A @ X, B), invertible(A)),
    false("solve on the wrong side", eq(X, B @ inv(A)), eq(A @ X, B), invertible(A)),
    true("a left inverse is a right inverse", eq(B @ A, one), inverses),
    false("a left inverse, rectangular", eq(R @ L, one), eq(L @ R, eye(m))),
    true("two inverses", eq(B, C), eq(A @ B, one), eq(C @ A, one)),
    true("powers of inverses", eq(A**k @ B**k, one), inverses),
    true(
        "the inverse by name", eq(inv(A), B), inverses, open_="kernel: A B = I does not make A known to be invertible"
    ),
    true("an involution is its inverse", eq(inv(A), A), involution, open_="kernel: as above"),
    true("the inverse of I - N", eq(inv(one - N), one + N), nilpotent, open_="kernel: as above, through a product"),
    true("product invertible", invertible(A @ B), invertible(A), invertible(B)),
    false("sum invertible", invertible(A + B), invertible(A), invertible(B)),
    true("factor invertible", invertible(A), invertible(A @ B), open_="kernel: facts of compound terms"),
    false("other factor invertible", invertible(A @ B), invertible(A)),
    true("inverse of a multiple", eq(inv(c * A), inv(A) / c), invertible(A), negation(eq(c, 0))),
    conditional("inverse of a multiple, no hypothesis", eq(inv(c * A), inv(A) / c)),
    true("commuting with the inverse", eq(inv(A) @ B, B @ inv(A)), commute, invertible(A)),
    true(
        "eigendecomposition of the inverse",
        eq(inv(W), U @ inv(S) @ inv(U)),
        eq(W, U @ S @ inv(U)),
        invertible(S),
        open_="kernel: W is not known to be invertible",
    ),
]

POWERS = [
    true("exponents add", eq(A ** (k + l), A**k @ A**l)),
    false("exponents add, two matrices", eq(A ** (k + l), A**k @ B**l)),
    true("exponents multiply", eq((A**2) ** k, A ** (2 * k))),
    false("exponents multiply, added", eq((A**2) ** k, A ** (k + 2))),
    true("A (B A)^k", eq(A @ (B @ A) ** k, (A @ B) ** k @ A)),
    false("power of a product", eq((A @ B) ** k, A**k @ B**k)),
    true("power of a product, commuting", eq((A @ B) ** k, A**k @ B**k), commute),
    true("power of a multiple", eq((c * A) ** k, c**k * A**k)),
    false("power of a multiple, once", eq((c * A) ** k, c * A**k)),
    false("every power is the first", eq(A**k, A)),
    true("k = 3", eq(A**k, A @ A @ A), eq(k, 3)),
    false("k = 3, two factors", eq(A**k, A @ A), eq(k, 3)),
    true("k <= 1", eq(A**k, A), le(k, 1), open_="no cases over the finitely many lags of a bounded range"),
    false("k <= 2", eq(A**k, A), le(k, 2)),
    true("idempotent", eq(P**k, P), idempotent),
    false("idempotent from k = 0 on", eq(P**k, P), idempotent, le(0, k)),
    true("complement of an idempotent", eq((one - P) ** k, one - P), idempotent),
    false("complement, sign", eq((one - P) @ (one - P), one + P), idempotent),
    true("an invertible idempotent", eq(P, one), idempotent, invertible(P)),
    false("an idempotent", eq(P, one), idempotent),
    true("nilpotent", eq(N ** (k + 1), nil), nilpotent),
    false("nilpotent, one power short", eq(N**k, nil), nilpotent),
    true("nilpotent from k = 2 on", eq(N**k, nil), nilpotent, le(2, k)),
    true("powers of I + N", eq((one + N) ** k, one + k * N), nilpotent),
    true("powers of I + N from k = 0 on", eq((one + N) ** k, one + k * N), nilpotent, le(0, k)),
    false("powers of I + N, off by one", eq((one + N) ** k, one + (k + 1) * N), nilpotent),
    true("(I - N)(I + N)", eq((one - N) @ (one + N), one), nilpotent),
    true("involution, even powers", eq(A ** (2 * k), one), involution),
    true("involution, odd powers", eq(A ** (2 * k + 1), A), involution),
    false("involution, wrong parity", eq(A ** (2 * k + 1), one), involution),
    true("cube root of I", eq(A ** (3 * k), one), eq(A**3, one)),
    true("intertwining", eq(A**k @ X, X @ B**k), eq(A @ X, X @ B)),
    false("intertwining, A on both sides", eq(A**k @ X, X @ A**k), eq(A @ X, X @ B)),
    true("powers commute", eq(A**k @ B**l, B**l @ A**k), commute),
    true("eigendecomposition", eq(W**k, U @ E**k @ inv(U)), eq(W, U @ E @ inv(U))),
    false("eigendecomposition, transposed", eq(W**k, U @ E**k @ U.T), eq(W, U @ E @ inv(U))),
    false("eigendecomposition, turned round", eq(W**k, inv(U) @ E**k @ U), eq(W, U @ E @ inv(U))),
    true("A^k from k = 0 on", eq(A**k @ A, A ** (k + 1)), le(0, k)),
    true("0^k", eq(nil**k, nil)),
    false("0^k from k = 0 on", eq(nil**k, nil), le(0, k)),
    true("l <= k", eq(A**k, A ** (k - l) @ A**l), le(l, k)),
    false("k - l of unknown sign", eq(A**k, A ** (k - l) @ A**l)),
    true("number powers", eq(number(Q(1, 4)) ** k * 4**k, 1)),
    false("number powers, other base", eq(number(Q(1, 4)) ** k, number(Q(1, 2)) ** k)),
    true("(-1)^(2k)", eq(number(-1) ** (2 * k), 1)),
    false("(-1)^k", eq(number(-1) ** k, 1)),
    true("scalar powers", eq((a * c) ** k, a**k * c**k)),
    false("scalar powers of a sum", eq((a + c) ** k, a**k + c**k)),
    true("quotient of scalar powers", eq(c ** (k + l) / c**l, c**k), negation(eq(c, 0))),
    conditional("quotient of scalar powers, no hypothesis", eq(c ** (k + l) / c**l, c**k)),
    false("0^0", eq((c - c) ** k, 0), le(0, k)),
]

PRODUCTS = [
    true("split", eq(product(A[j], j, 1, k + l), product(A[j], j, k + 1, k + l) @ product(A[j], j, 1, k))),
    false("split, swapped", eq(product(A[j], j, 1, k + l), product(A[j], j, 1, k) @ product(A[j], j, k + 1, k + l))),
    true(
        "split, ascending",
        eq(
            product(A[j], j, 1, k + l, order="ascending"),
            product(A[j], j, 1, k, order="ascending") @ product(A[j], j, k + 1, k + l, order="ascending"),
        ),
    ),
    true(
        "split in three",
        eq(product(A[j], j, 1, k + l + 1), product(A[j], j, k + 2, k + l + 1) @ A[k + 1] @ product(A[j], j, 1, k)),
    ),
    false(
        "split with a factor lost",
        eq(product(A[j], j, 1, k + l + 1), product(A[j], j, k + 2, k + l + 1) @ product(A[j], j, 1, k)),
    ),
    true("range written either way", eq(product(A[j], j, t, t - k + 1), product(A[j], j, t - k + 1, t))),
    false("one factor more", eq(product(A[j], j, t, t - k + 1), product(A[j], j, t, t - k))),
    false("ascending", eq(product(A[j], j, 1, k), product(A[j], j, 1, k, order="ascending"))),
    true("constant factors", eq(product(A, j, 1, k), A**k)),
    false("constant factors, from 0", eq(product(A, j, 0, k), A**k)),
    true("other letter", eq(product(A[i], i, t - k + 1, t), product(A[q], q, t - k + 1, t))),
    false("other family", eq(product(A[i], i, 1, k), product(B[i], i, 1, k))),
    true("shifted", eq(product(A[j], j, 1, k), product(A[j + 1], j, 0, k - 1))),
    false("shifted, not the factors", eq(product(A[j], j, 1, k), product(A[j], j, 0, k - 1))),
    true("reflected", eq(product(A[k + 1 - j], j, 1, k), product(A[j], j, 1, k, order="ascending"))),
    false("reflected, off by one", eq(product(A[k - j], j, 1, k), product(A[j], j, 1, k, order="ascending"))),
    true("last factor", eq(product(A[j], j, 1, k + 1), A[k + 1] @ product(A[j], j, 1, k))),
    true("first factor", eq(product(A[j], j, 1, k + 1), product(A[j], j, 2, k + 1) @ A[1])),
    false("last factor at the wrong end", eq(product(A[j], j, 1, k + 1), product(A[j], j, 1, k) @ A[k + 1])),
    true("from k = 0 on", eq(product(A[j], j, 1, k + 1), A[k + 1] @ product(A[j], j, 1, k)), le(0, k)),
    false("zero factors from k = 0 on", eq(product(nil, j, 1, k), nil), le(0, k)),
    true("zero factors", eq(product(nil, j, 1, k), nil)),
    true("identity factors", eq(product(one, j, 1, k), one)),
    true("regrouped", eq(product(A[j] @ B, j, t, t - k), A[t] @ product(B @ A[j], j, t - 1, t - k) @ B)),
    false("regrouped, B lost", eq(product(A[j] @ B, j, t, t - k), A[t] @ product(B @ A[j], j, t - 1, t - k))),
    true(
        "conjugated factors",
        eq(product(U @ A[j] @ inv(U), j, 1, k), U @ product(A[j], j, 1, k) @ inv(U)),
        invertible(U),
    ),
    false("conjugated by U and U", eq(product(U @ A[j] @ U, j, 1, k), U @ product(A[j], j, 1, k) @ U)),
    true(
        "inverse of an ordered product",
        eq(inv(product(A[j], j, 1, k)), product(inv(A[j]), j, 1, k, order="ascending")),
        forall(j, invertible(A[j])),
    ),
    false(
        "inverse of an ordered product, same order",
        eq(inv(product(A[j], j, 1, k)), product(inv(A[j]), j, 1, k)),
        forall(j, invertible(A[j])),
    ),
    true(
        "diagonal factors in any order",
        eq(product(A[j], j, 1, k), product(A[j], j, 1, k, order="ascending")),
        forall(j, diagonal(A[j])),
    ),
    false("diagonal factors past W", eq(product(E[j] @ W, j, 1, k), product(E[j], j, 1, k) @ W**k)),
    true(
        "factors that commute with W",
        eq(product(A[j] @ W, j, 1, k), product(A[j], j, 1, k) @ W**k),
        forall(j, eq(A[j] @ W, W @ A[j])),
    ),
    false(
        "one factor that commutes with W",
        eq(product(A[j] @ W, j, 1, k), product(A[j], j, 1, k) @ W**k),
        eq(A[k] @ W, W @ A[k]),
    ),
    true("scalar factors", eq(product(c * A[j], j, 1, k), c**k * product(A[j], j, 1, k))),
    false("scalar factors, one lost", eq(product(c * A[j], j, 1, k), c ** (k - 1) * product(A[j], j, 1, k))),
    true("a scalar family", eq(product(c[j] * A, j, 1, k), product(c[j], j, 1, k) * A**k)),
    true("determinant of an ordered product", eq(det(product(A[j], j, 1, k)), product(det(A[j]), j, 1, k))),
    false("determinant of an ordered product, summed", eq(det(product(A[j], j, 1, k)), summation(det(A[j]), j, 1, k))),
    true("trace of an ordered product", eq(trace(product(A[j], j, 1, k) @ B), trace(B @ product(A[j], j, 1, k)))),
    false(
        "commuting ranges",
        eq(product(A[j], j, 1, k) @ product(A[j], j, 1, l), product(A[j], j, 1, l) @ product(A[j], j, 1, k)),
    ),
]

SUMS = [
    true("telescope", eq(summation(A[j + 1] - A[j], j, 0, k - 1), A[k] - A[0])),
    false("telescope, off by one", eq(summation(A[j + 1] - A[j], j, 0, k - 1), A[k] - A[1])),
    true("geometric", eq((one - A) @ summation(A**j, j, 0, k - 1), one - A**k)),
    true("geometric, other side", eq(summation(A**j, j, 0, k - 1) @ (one - A), one - A**k)),
    false("geometric, one term more", eq((one - A) @ summation(A**j, j, 0, k), one - A**k)),
    true("geometric, divided", eq(summation(A**j, j, 0, k - 1), inv(one - A) @ (one - A**k)), invertible(one - A)),
    conditional("geometric, divided, no hypothesis", eq(summation(A**j, j, 0, k - 1), inv(one - A) @ (one - A**k))),
    true("geometric, scalars", eq((1 - c) * summation(c**j, j, 0, k - 1), 1 - c**k)),
    false("geometric, scalars, from 1", eq((1 - c) * summation(c**j, j, 1, k), 1 - c**k)),
    true("constant terms", eq(summation(A, j, 1, k), k * A)),
    false("constant terms, from 0", eq(summation(A, j, 0, k), k * A)),
    true("sums add", eq(summation(A[j] + B[j], j, 1, k), summation(A[j], j, 1, k) + summation(B[j], j, 1, k))),
    true("factor out", eq(summation(X @ A[j], j, 1, k), X @ summation(A[j], j, 1, k))),
    false("factor out to the wrong side", eq(summation(X @ A[j], j, 1, k), summation(A[j], j, 1, k) @ X)),
    true("sum shifted", eq(summation(A[j], j, 1, k), summation(A[j + 1], j, 0, k - 1))),
    true("sum backwards", eq(summation(A[k - j], j, 0, k - 1), summation(A[j], j, 1, k))),
    false("sum backwards, off by one", eq(summation(A[k - j], j, 0, k), summation(A[j], j, 1, k))),
    true("sum split", eq(summation(A[j], j, 1, k + l), summation(A[j], j, 1, k) + summation(A[j], j, k + 1, k + l))),
    false(
        "sum split, one term twice",
        eq(summation(A[j], j, 1, k + l), summation(A[j], j, 1, k) + summation(A[j], j, k, k + l)),
    ),
    true(
        "double sum",
        eq(summation(summation(A[i] @ B[j], j, 1, l), i, 1, k), summation(A[i], i, 1, k) @ summation(B[j], j, 1, l)),
    ),
    false("product of sums", eq(summation(A[i] @ B[i], i, 1, k), summation(A[i], i, 1, k) @ summation(B[i], i, 1, k))),
    true("difference of powers", eq(A**k - B**k, summation(A**j @ (A - B) @ B ** (k - 1 - j), j, 0, k - 1))),
    false(
        "difference of powers, same letter", eq(A**k - B**k, summation(B**j @ (A - B) @ B ** (k - 1 - j), j, 0, k - 1))
    ),
    false("difference of powers, off by one", eq(A**k - B**k, summation(A**j @ (A - B) @ B ** (k - j), j, 0, k - 1))),
    true(
        "difference of products",
        eq(
            product(A[j], j, 1, k) - product(B[j], j, 1, k),
            summation(product(A[j], j, i + 1, k) @ (A[i] - B[i]) @ product(B[j], j, 1, i - 1), i, 1, k),
        ),
    ),
    false(
        "difference of products, same letter",
        eq(
            product(A[j], j, 1, k) - product(B[j], j, 1, k),
            summation(product(B[j], j, i + 1, k) @ (A[i] - B[i]) @ product(B[j], j, 1, i - 1), i, 1, k),
        ),
    ),
    true("1 + ... + k", eq(2 * summation(j * A, j, 1, k), nat * (nat + 1) * A)),
    false("0 + ... + (k - 1)", eq(2 * summation(j * A, j, 1, k), nat * (nat - 1) * A)),
    true("squares", eq(6 * summation(as_term(j) * as_term(j) * A, j, 1, k), nat * (nat + 1) * (2 * nat + 1) * A)),
]

TRACES = [
    true("trace is cyclic", eq(trace(A @ B @ C), trace(B @ C @ A))),
    false("trace of another order", eq(trace(A @ B @ C), trace(B @ A @ C))),
    true("trace, rectangular", eq(trace(R @ Z @ Y), trace(Z @ Y @ R))),
    true("trace of transposes", eq(trace(A.T @ B), trace(B.T @ A))),
    false("trace, transpose forgotten", eq(trace(A.T @ B), trace(A @ B))),
    true("trace of a commutator", eq(trace(commutator(A, B)), 0)),
    false("trace of a product", eq(trace(A @ B), trace(A) * trace(B))),
    true("trace is linear", eq(trace(2 * A + c * B), 2 * trace(A) + c * trace(B))),
    false("trace of a multiple", eq(trace(c * A), c**2 * trace(A))),
    true("trace of I", eq(trace(one), n)),
    false("trace of I is 1", eq(trace(one), 1)),
    true(
        "trace, similar",
        eq(trace(inv(U) @ A @ U), trace(A)),
        invertible(U),
        open_="semantics: the normal form of a trace prefers longer words",
    ),
    false("trace, congruent", eq(trace(U.T @ A @ U), trace(A)), invertible(U)),
    true(
        "trace of a power of a product",
        eq(trace((A @ B) ** k), trace((B @ A) ** k)),
        open_="needs A (B A)^k = (A B)^k A inside the trace",
    ),
    false("trace of a power of a product, split", eq(trace((A @ B) ** k), trace(A**k @ B**k))),
    true("trace as a sum", eq(trace(A), summation(A[i, i], i, 1, n)), open_="semantics: no rule for traces as sums"),
    false("trace as a sum, one short", eq(trace(A), summation(A[i, i], i, 1, n - 1))),
    true("trace of an idempotent power", eq(trace(P**k), trace(P)), idempotent),
    false("trace of powers", eq(trace(A**k), trace(A) ** k)),
    true("det of a product", eq(det(A @ B), det(A) * det(B))),
    false("det of a sum", eq(det(A + B), det(A) + det(B))),
    true("det of a transpose", eq(det(A.T), det(A))),
    true("det of a power", eq(det(A**k), det(A) ** k)),
    false("det of a power, times k", eq(det(A**k), k * det(A))),
    true("det is cyclic", eq(det(A @ B), det(B @ A))),
    false("det of a multiple", eq(det(c * A), c * det(A))),
    true("det of a multiple, n = 2", eq(det(c * A), c**2 * det(A)), eq(n, 2)),
    true("det of an inverse", eq(det(inv(A)) * det(A), 1), invertible(A)),
    false("det of an inverse, equal", eq(det(inv(A)), det(A)), invertible(A)),
    true("det, similar", eq(det(U @ A @ inv(U)), det(A)), invertible(U)),
    false("det, U twice", eq(det(U @ A @ U), det(A)), invertible(U)),
    true("det of an idempotent", eq(det(P) ** 2, det(P)), idempotent),
    false("det of an idempotent is 1", eq(det(P), 1), idempotent),
    true("det of inverses", eq(det(A) * det(B), 1), inverses),
    true("det of an orthogonal matrix", eq(det(O) ** 2, 1)),
    false("det of an orthogonal matrix is 1", eq(det(O), 1)),
    true("det of a nilpotent matrix", eq(det(N) ** 2, 0), nilpotent, open_="lemmas: det 0 = 0 is not known"),
    true("det of a skew matrix, n = 3", eq(det(K), 0), eq(n, 3)),
    false("det of a skew matrix, n = 2", eq(det(K), 0), eq(n, 2)),
]

COMMUTATORS = [
    true(
        "Jacobi",
        eq(commutator(A, commutator(B, C)) + commutator(B, commutator(C, A)) + commutator(C, commutator(A, B)), 0),
    ),
    false(
        "Jacobi, one turned round",
        eq(commutator(A, commutator(B, C)) + commutator(B, commutator(A, C)) + commutator(C, commutator(A, B)), 0),
    ),
    true("Leibniz", eq(commutator(A, B @ C), commutator(A, B) @ C + B @ commutator(A, C))),
    false("Leibniz, swapped", eq(commutator(A, B @ C), commutator(A, B) @ C + C @ commutator(A, B))),
    true("antisymmetric", eq(commutator(A, B), -commutator(B, A))),
    true("commuting with powers", eq(commutator(A, B**k), nil), eq(commutator(A, B), nil)),
    true("commuting with both", eq(commutator(A, B @ C), nil), commute, eq(A @ C, C @ A)),
    false("commuting with one", eq(commutator(A, B @ C), nil), commute),
    false("commuting is transitive", eq(B @ C, C @ B), commute, eq(A @ C, C @ A)),
    true("transposes commute", eq(A.T @ B.T, B.T @ A.T), commute),
    false("one transpose commutes", eq(A.T @ B, B @ A.T), commute),
    true(
        "commutator with a power",
        eq(commutator(A**k, B), summation(A**j @ commutator(A, B) @ A ** (k - 1 - j), j, 0, k - 1)),
    ),
    false("commutator with a power, as a derivative", eq(commutator(A**k, B), k * A ** (k - 1) @ commutator(A, B))),
    true(
        "commutator with a power, central",
        eq(commutator(A**k, B), k * A ** (k - 1) @ commutator(A, B)),
        eq(A @ commutator(A, B), commutator(A, B) @ A),
        open_="a commuting pair that is no pair of letters, with k as a number",
    ),
    true("commute iff", iff(commute, eq(commutator(A, B), nil))),
    false("commute iff A^2 does", iff(commute, eq(A @ A @ B, B @ A @ A))),
    true("difference of squares iff", iff(eq((A + B) @ (A - B), A**2 - B**2), commute)),
    true("sum of squares iff", iff(eq((A + B) ** 2, A**2 + B**2), eq(A @ B, -B @ A))),
    true("no commutator is I", negation(eq(commutator(A, B), one)), open_="negated goals have no proof rule"),
]

PROPERTIES = [
    true("diagonal matrices commute", eq(E @ F, F @ E)),
    false("a diagonal matrix commutes", eq(E @ A, A @ E)),
    true("product of diagonals", diagonal(E @ F)),
    false("diagonal times any", diagonal(E @ A)),
    true("power of diagonals", eq((E @ F) ** k, E**k @ F**k)),
    false("power of D W", eq((E @ W) ** k, E**k @ W**k)),
    true("inverse of a diagonal", diagonal(inv(E)), invertible(E)),
    true("a scalar matrix commutes", eq(I @ A, A @ I)),
    true("power with a scalar matrix", eq((I @ A) ** k, I**k @ A**k)),
    false("a scalar matrix is I", eq(I, one)),
    true("scalar, assumed", eq(A @ B, B @ A), has_property("scalar", A)),
    false("diagonal, assumed of one", eq(A @ B, B @ A), diagonal(A)),
    true("diagonal, assumed of both", eq(A @ B, B @ A), diagonal(A), diagonal(B)),
    true("sum of symmetric", symmetric(A + B), symmetric(A), symmetric(B)),
    false("product of symmetric", symmetric(A @ B), symmetric(A), symmetric(B)),
    true("product of symmetric, iff", iff(symmetric(A @ B), commute), symmetric(A), symmetric(B)),
    true("congruence", symmetric(B.T @ A @ B), symmetric(A)),
    false("similarity", symmetric(inv(B) @ A @ B), symmetric(A), invertible(B)),
    true("inverse of symmetric", symmetric(inv(A)), symmetric(A), invertible(A)),
    true("power of symmetric", symmetric(A**k), symmetric(A)),
    true("anticommutator", symmetric(A @ B + B @ A), symmetric(A), symmetric(B)),
    false("commutator", symmetric(A @ B - B @ A), symmetric(A), symmetric(B)),
    true("symmetric and skew", eq(A, nil), symmetric(A), has_property("skew", A)),
    false("symmetric or skew", any_of(symmetric(A), has_property("skew", A))),
    true("symmetric iff", iff(symmetric(A), eq(A, A.T)), open_="kernel: a property does not follow from its equation"),
    true("trace of skew", eq(trace(K), 0)),
    true("square of skew", symmetric(K @ K)),
    false("square of skew is skew", has_property("skew", K @ K)),
    false("powers of skew", has_property("skew", K**k)),
    true("skew form", eq(u.T @ K @ u, 0)),
    false("symmetric form", eq(u.T @ H @ u, 0)),
    true("trace of symmetric times skew", eq(trace(H @ K), 0)),
    true("product of orthogonal", orthogonal(O @ P), orthogonal(P)),
    false("sum of orthogonal", orthogonal(O + P), orthogonal(P)),
    true("inverse of orthogonal", eq(inv(O), O.T)),
    true("power of orthogonal", orthogonal(O**k)),
    true("lengths", eq((O @ u).T @ (O @ v), u.T @ v)),
    false("lengths, any matrix", eq((A @ u).T @ (A @ v), u.T @ v)),
    false("orthogonal is symmetric", symmetric(O)),
    true("orthogonal is normal", has_property("normal", O)),
    true("symmetric is normal", has_property("normal", H)),
    true("skew is normal", has_property("normal", K)),
    false("any matrix is normal", has_property("normal", A)),
    true("transpose of normal", has_property("normal", A.T), has_property("normal", A)),
    false("sum of normal", has_property("normal", A + B), has_property("normal", A), has_property("normal", B)),
    true("multiple of normal", has_property("normal", c * M), open_="kernel: declared normality is no equation"),
    true(
        "product of lower triangular", has_property("lower_triangular", LO @ LP), open_="kernel: not decided from facts"
    ),
    false("product of lower and upper", has_property("lower_triangular", LO @ UP)),
    false("lower triangular commute", eq(LO @ LP, LP @ LO)),
    false("symmetric is diagonal", diagonal(H)),
    true("spectral theorem, backwards", symmetric(A), eq(A, O @ E @ O.T), open_="kernel: a property from an equation"),
    true("spectral powers", eq(A**k, O @ E**k @ O.T), eq(A, O @ E @ O.T)),
    true(
        "nonnegative sum",
        has_property("nonnegative", A + B),
        has_property("nonnegative", A),
        has_property("nonnegative", B),
        open_="kernel: not decided from facts",
    ),
    false(
        "nonnegative difference",
        has_property("nonnegative", A - B),
        has_property("nonnegative", A),
        has_property("nonnegative", B),
    ),
    true("symmetric matrices are diagonalizable", diagonalizable(H), open_="no spectral rules yet"),
    false("every matrix is diagonalizable", diagonalizable(A), open_="no spectral rules yet"),
    true("1-norm", le(norm(A @ B, 1), norm(A, 1) * norm(B, 1)), open_="no rules for norms yet"),
    false("1-norm is multiplicative", eq(norm(A @ B, 1), norm(A, 1) * norm(B, 1))),
    false("triangle inequality, turned round", le(norm(A, 1) + norm(B, 1), norm(A + B, 1))),
]

VECTORS = [
    true("dot", eq(u.T @ v, v.T @ u)),
    false("outer", eq(u @ v.T, v @ u.T)),
    true("trace of outer", eq(trace(u @ v.T), u.T @ v)),
    true(
        "square of outer",
        eq((u @ v.T) @ (u @ v.T), (v.T @ u) * (u @ v.T)),
        open_="semantics: 1 x 1 factors inside a word",
    ),
    false("square of outer, wrong scalar", eq((u @ v.T) @ (u @ v.T), (u.T @ u) * (u @ v.T))),
    true("powers of outer", eq((u @ v.T) ** (k + 1), (v.T @ u) ** k * (u @ v.T)), open_="semantics: as above"),
    false("powers of outer, off by one", eq((u @ v.T) ** (k + 1), (v.T @ u) ** (k + 1) * (u @ v.T))),
    true("bilinear form", eq(u.T @ A @ v, v.T @ A.T @ u)),
    false("bilinear form, transpose forgotten", eq(u.T @ A @ v, v.T @ A @ u)),
    true("bilinear form, symmetric", eq(u.T @ A @ v, v.T @ A @ u), symmetric(A)),
    true("diag as elementwise", eq(diag(u) @ v, hadamard(u, v))),
    true("diag swaps", eq(diag(u) @ v, diag(v) @ u), open_="semantics: Diag(u) v and Diag(v) u"),
    false("diag of one", eq(diag(u) @ v, diag(v) @ v)),
    true("diag is linear", eq(diag(u + c * v), diag(u) + c * diag(v))),
    true("diag of elementwise", eq(diag(u) @ diag(v), diag(hadamard(u, v))), open_="semantics: as above"),
    false("diag of a product", eq(diag(A @ u), A @ diag(u))),
    true("elementwise commutes", eq(hadamard(A, B), hadamard(B, A))),
    false("elementwise is the product", eq(hadamard(A, B), A @ B)),
    true("eigenvector", eq(A**k @ u, c**k * u), eq(A @ u, c * u)),
    false("eigenvector, once", eq(A**k @ u, c * u), eq(A @ u, c * u)),
    true("eigenvector of a polynomial", eq((A @ A + 2 * A) @ u, (c**2 + 2 * c) * u), eq(A @ u, c * u)),
    true("eigenvector of the inverse", eq(inv(A) @ u, u / c), eq(A @ u, c * u), invertible(A), negation(eq(c, 0))),
    true("eigenvector of B A", eq((B @ A) @ (B @ u), c * (B @ u)), eq(A @ B @ u, c * u)),
    false("eigenvector of the transpose", eq(A.T @ u, c * u), eq(A @ u, c * u)),
    true("eigenvectors are orthogonal", eq((a - c) * (u.T @ v), 0), eq(A @ u, a * u), eq(A @ v, c * v), symmetric(A)),
    false("eigenvectors are orthogonal, any matrix", eq((a - c) * (u.T @ v), 0), eq(A @ u, a * u), eq(A @ v, c * v)),
    true(
        "reflection",
        eq((one - 2 * u @ u.T) @ (one - 2 * u @ u.T), one),
        eq(u.T @ u, 1),
        open_="semantics: 1 x 1 factors",
    ),
    false("reflection, coefficient", eq((one - u @ u.T) @ (one - u @ u.T), one), eq(u.T @ u, 1)),
]

SIZES = [
    false("shape of R R", eq(R @ R, A)),
    true("shape of R R, m = n", eq(R @ R, R**2), eq(m, n)),
    false("shape of R + L", eq(R + L, R)),
    false("trace of a rectangle", eq(trace(R), 0)),
    false("diag of a matrix", eq(diag(A), A)),
    false("transpose of a rectangle", eq(R.T, R)),
    false("a rectangle and a square", eq(R, A)),
    false("trace of I, two sizes", eq(trace(eye(n)), trace(eye(m)))),
    true("trace of I, one size", eq(trace(eye(n)), trace(eye(m))), eq(m, n)),
    true("projection of a left inverse", eq((R @ L) @ (R @ L), R @ L), eq(L @ R, eye(m))),
    true(
        "hat matrix", eq(R @ inv(R.T @ R) @ R.T @ R @ inv(R.T @ R) @ R.T, R @ inv(R.T @ R) @ R.T), invertible(R.T @ R)
    ),
    true("hat matrix is symmetric", symmetric(R @ inv(R.T @ R) @ R.T), invertible(R.T @ R)),
    true("n = 1 commutes", eq(A @ B, B @ A), eq(n, 1)),
    false("n = 2 commutes", eq(A @ B, B @ A), eq(n, 2)),
    true("n = 1, det is trace", eq(det(A), trace(A)), eq(n, 1)),
    false("n = 2, det is trace", eq(det(A), trace(A)), eq(n, 2)),
    true("Cayley-Hamilton, n = 2", eq(A @ A, trace(A) * A - det(A) * one), eq(n, 2)),
    false("Cayley-Hamilton, sign", eq(A @ A, trace(A) * A + det(A) * one), eq(n, 2)),
    false("Cayley-Hamilton of 2 for all n", eq(A @ A, trace(A) * A - det(A) * one)),
    true(
        "Cayley-Hamilton, n = 3",
        eq(A**3 - trace(A) * A**2 + Q(1, 2) * (trace(A) ** 2 - trace(A @ A)) * A - det(A) * one, nil),
        eq(n, 3),
    ),
    true("Hall, n = 2", eq(commutator(commutator(A, B) ** 2, C), nil), eq(n, 2)),
    false("Hall, n = 3", eq(commutator(commutator(A, B) ** 2, C), nil), eq(n, 3)),
    true("det, n = 2", eq(det(A), A[1, 1] * A[2, 2] - A[1, 2] * A[2, 1]), eq(n, 2)),
    false("det, n = 2, sign", eq(det(A), A[1, 1] * A[2, 2] + A[1, 2] * A[2, 1]), eq(n, 2)),
    true("nilpotent, n = 2", implies(eq(A @ A, nil), eq(trace(A), 0)), eq(n, 2)),
    true(
        "diag(u) commutes, n = 2",
        iff(
            eq(diag(u) @ A, A @ diag(u)),
            all_of(eq(A[1, 2] * (u[1, 1] - u[2, 1]), 0), eq(A[2, 1] * (u[1, 1] - u[2, 1]), 0)),
        ),
        eq(n, 2),
    ),
    true(
        "symmetric matrices commute, n = 2",
        iff(eq(H @ G, G @ H), eq(H[1, 2] * (G[1, 1] - G[2, 2]), G[1, 2] * (H[1, 1] - H[2, 2]))),
        eq(n, 2),
    ),
    true(
        "inverse, n = 2",
        eq(inv(A), (trace(A) * one - A) / det(A)),
        invertible(A),
        eq(n, 2),
        open_="kernel: symbolic inverses at explicit sizes",
    ),
    true("an entry, n = 2", eq((A @ B)[1, 1], A[1, 1] * B[1, 1] + A[1, 2] * B[2, 1]), eq(n, 2)),
    false("entries of a transpose", eq(A[i, j], A[j, i])),
    true("entries decide", implies(forall(i, forall(j, eq(A[i, j], B[i, j]))), eq(A, B))),
    false("diagonal entries decide", implies(forall(i, eq(A[i, i], B[i, i])), eq(A, B))),
]

LOGIC = [
    true("equals for equals", implies(eq(A, B), eq(A @ C @ A, B @ C @ B))),
    false("equals from products", implies(eq(A @ C, B @ C), eq(A, B))),
    true("equals from products, invertible", implies(all_of(eq(A @ C, B @ C), invertible(C)), eq(A, B))),
    true("cancelling iff", iff(eq(A @ C, B @ C), eq(A, B)), invertible(C)),
    false("cancelling iff, C any", iff(eq(A @ C, B @ C), eq(A, B))),
    true("a chain", eq(A, C), eq(A, B), eq(B, C)),
    false("a broken chain", eq(A, C), eq(A @ B, B @ C)),
    true("cases", implies(any_of(eq(A, one), eq(A, nil)), eq(A @ A, A))),
    false("cases, turned round", implies(eq(A @ A, A), any_of(eq(A, one), eq(A, nil)))),
    true("cases, turned round, n = 1", implies(eq(A @ A, A), any_of(eq(A, one), eq(A, nil))), eq(n, 1)),
    true("conjunction", all_of(eq(A + B, B + A), eq((A @ B).T, B.T @ A.T))),
    false("conjunction with a false part", all_of(eq(A + B, B + A), eq(A @ B, B @ A))),
    true("no zero divisors, n = 1", implies(eq(A @ B, nil), any_of(eq(A, nil), eq(B, nil))), eq(n, 1)),
    false("no zero divisors", implies(eq(A @ B, nil), any_of(eq(A, nil), eq(B, nil)))),
    true(
        "no zero divisors, scalar",
        implies(eq(c * A, nil), any_of(eq(c, 0), eq(A, nil))),
        open_="cases over a scalar at symbolic sizes",
    ),
    true("all powers equal", implies(forall(k, eq(A**k, B**k)), eq(A, B))),
    true("all powers are I", iff(forall(k, eq(A**k, one)), eq(A, one))),
    false("a negated equation", negation(eq(A, nil))),
    true("I is not 0", negation(eq(one, nil)), open_="negated goals have no proof rule"),
    vacuous("two values", eq(A, B), eq(A, one), eq(A, nil)),
    vacuous("nilpotent identity", eq(A, B), eq(A @ A, nil), eq(A, one)),
    vacuous("a commutator that is I", eq(A, 2 * B), eq(commutator(A, B), one)),
    vacuous("c < c", eq(A @ B, B @ A), lt(c, c)),
    vacuous("two sizes", eq(A, B), eq(n, 1), eq(n, 2)),
    false("A^2 = I", eq(A, B), involution),
]

ALL = [
    *RINGS,
    *TRANSPOSES,
    *INVERSES,
    *POWERS,
    *PRODUCTS,
    *SUMS,
    *TRACES,
    *COMMUTATORS,
    *PROPERTIES,
    *VECTORS,
    *SIZES,
    *LOGIC,
]
