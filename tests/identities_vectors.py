"""Identities of outer and elementwise products, sums over entries and inverses by name, each beside its near-misses."""

from __future__ import annotations

from vocabulary import (
    A,
    B,
    C,
    E,
    H,
    K,
    L,
    N,
    O,
    P,
    R,
    W,
    a,
    c,
    false,
    i,
    j,
    k,
    m,
    n,
    nil,
    one,
    q,
    true,
    u,
    v,
    w,
)

from symrnn import (
    det,
    diag,
    eq,
    eye,
    forall,
    hadamard,
    has_property,
    inv,
    invertible,
    lt,
    negation,
    norm,
    orthogonal,
    spectral_radius,
    summation,
    symmetric,
    trace,
)

OUTER = [
    true("outer, applied", eq((u @ v.T) @ w, (v.T @ w) * u)),
    false("outer, applied to the wrong one", eq((u @ v.T) @ w, (u.T @ w) * v)),
    true("outer, to a power", eq((u @ v.T) ** k, (v.T @ u) ** (k - 1) * (u @ v.T))),
    false("outer, to a power, off by one", eq((u @ v.T) ** k, (v.T @ u) ** k * (u @ v.T))),
    true("W is outer", eq(W ** (k + 1), trace(W) ** k * W), eq(W, u @ v.T)),
    true("outer, eigenvector", eq((u @ v.T) @ u, (v.T @ u) * u)),
    true("outer, nilpotent", eq((one + u @ v.T) ** k, one + k * (u @ v.T)), eq(v.T @ u, 0)),
    true("outer of two, trace", eq(trace(u @ v.T @ w @ u.T), (v.T @ w) * (u.T @ u))),
    false("outer of two, trace, crossed", eq(trace(u @ v.T @ w @ u.T), (v.T @ u) * (w.T @ u))),
    false("outer of skew, trace, sign", eq(trace(diag(K @ u) @ diag(v)), u.T @ K @ v)),
    true("outer of skew, trace", eq(trace(diag(K @ u) @ diag(v)), -(u.T @ K @ v))),
    true("reflection is orthogonal", orthogonal(one - 2 * u @ u.T), eq(u.T @ u, 1)),
    false("reflection by any vector", orthogonal(one - 2 * u @ u.T)),
    true(
        "Sherman and Morrison",
        eq(inv(A + u @ v.T), inv(A) - (inv(A) @ u @ v.T @ inv(A)) / (1 + v.T @ inv(A) @ u)),
        invertible(A),
        invertible(A + u @ v.T),
        negation(eq(1 + v.T @ inv(A) @ u, 0)),
    ),
    false(
        "Sherman and Morrison, numerator",
        eq(inv(one + u @ v.T), one - (v @ u.T) / (1 + v.T @ u)),
        invertible(one + u @ v.T),
        negation(eq(1 + v.T @ u, 0)),
    ),
    true("projection of any rank", eq((R @ R.T) ** k, R @ R.T), eq(R.T @ R, eye(m))),
]

ELEMENTWISE = [
    true("diag of an elementwise product", eq(diag(hadamard(u, v)), diag(u) @ diag(v))),
    false("diag of an elementwise product, squared", eq(diag(hadamard(u, v)), diag(u) @ diag(u))),
    true("diag of a scaled column", eq(diag(E @ u), E @ diag(u))),
    false("diag of a transformed column", eq(diag(A @ u), A @ diag(u))),
    true("elementwise, associative", eq(hadamard(u, hadamard(v, w)), hadamard(hadamard(u, v), w))),
    true("elementwise, linear", eq(hadamard(A, B + c * C), hadamard(A, B) + c * hadamard(A, C))),
    true("elementwise, transposed", eq(hadamard(A, B).T, hadamard(A.T, B.T))),
    false("elementwise, transposed once", eq(hadamard(A, B).T, hadamard(A.T, B))),
    true("elementwise, skew", eq(hadamard(A, K).T, -hadamard(A.T, K))),
    true("elementwise, diagonals", eq(hadamard(E @ A, B @ E), E @ hadamard(A, B) @ E)),
    false("elementwise, diagonals on one side", eq(hadamard(E @ A, B @ E), E @ E @ hadamard(A, B))),
    true("elementwise with an outer product", eq(diag(u) @ A @ diag(v), hadamard(u @ v.T, A))),
    false("elementwise with an outer product, swapped", eq(diag(u) @ A @ diag(v), hadamard(v @ u.T, A))),
    true("three columns", eq(u.T @ diag(v) @ w, hadamard(u, v).T @ w)),
]

SUMS_OF_ENTRIES = [
    true("trace by entries", eq(trace(A), summation(A[i, i], i, 1, n))),
    false("trace by entries, one short", eq(trace(A), summation(A[i, i], i, 1, n - 1))),
    true("product by entries", forall(i, forall(j, eq((A @ B)[i, j], summation(A[i, q] * B[q, j], q, 1, n))))),
    false("product by entries, turned", forall(i, forall(j, eq((A @ B)[i, j], summation(A[i, q] * B[j, q], q, 1, n))))),
    true("product by entries, wide", forall(i, forall(j, eq((R @ L)[i, j], summation(R[i, q] * L[q, j], q, 1, m))))),
    true("scaled by entries", eq(summation(u[i, 1] * v[i, 1] * w[i, 1], i, 1, n), u.T @ diag(v) @ w)),
    false("scaled by entries, other", eq(summation(u[i, 1] * v[i, 1] * w[i, 1], i, 1, n), u.T @ diag(v) @ v)),
    true("form by entries", eq(summation(summation(u[i, 1] * A[i, j] * v[j, 1], i, 1, n), j, 1, n), u.T @ A @ v)),
    false(
        "form by entries, turned", eq(summation(summation(u[i, 1] * A[i, j] * v[j, 1], i, 1, n), j, 1, n), v.T @ A @ u)
    ),
    true("entries of a transpose, all", forall(i, forall(j, eq(A.T[i, j], A[j, i])))),
    true("entries of a skew matrix", forall(i, eq(K[i, i], 0))),
    false("entries of a symmetric matrix", forall(i, eq(H[i, i], 0))),
]

NAMED_INVERSES = [
    true("an inverse by a polynomial", eq(inv(one - N), one + N + N @ N), eq(N**3, nil)),
    false("an inverse by too short a polynomial", eq(inv(one - N), one + N), eq(N**3, nil)),
    true("invertible by an inverse on the left", invertible(B), eq(A @ B, one)),
    true("invertible by its determinant", invertible(A), negation(eq(det(A), 0))),
    true("determinant of an invertible matrix", negation(eq(det(A), 0)), invertible(A)),
    true("the other factor is invertible", invertible(B), invertible(A @ B)),
    false("factors of a wide product", eq(R @ L, one), invertible(L @ R)),
    true("Neumann series with a sign", invertible(one + A), lt(norm(A, 1), 1)),
    true("Neumann series with a factor", invertible(one + c * A), lt(spectral_radius(c * A), 1)),
    false("Neumann series at the border", invertible(one + A), lt(norm(A), 2)),
    true("Cayley", orthogonal(inv(one + K) @ (one - K))),
    false("Cayley of any matrix", orthogonal(inv(one + A) @ (one - A)), invertible(one + A)),
    true("geometric sum of numbers", eq(summation(c**j, j, 0, k - 1), (1 - c**k) / (1 - c)), negation(eq(c, 1))),
    false(
        "geometric sum of numbers, off by one", eq(summation(c**j, j, 0, k), (1 - c**k) / (1 - c)), negation(eq(c, 1))
    ),
    true("numbers apart", negation(eq(a, c)), lt(a, c)),
]

DEFINITIONS = [
    true("symmetric by its equation", symmetric(A), eq(A, A.T)),
    true("orthogonal by its rows", orthogonal(A), eq(A @ A.T, one)),
    true("orthogonal from factors", orthogonal(A), eq(A, O @ P), orthogonal(P)),
    false("orthogonal up to a factor", orthogonal(A), eq(A.T @ A, c * one)),
    true("normal by its equation", has_property("normal", A), eq(A @ A.T, A.T @ A)),
    false("normal by another equation", has_property("normal", A), eq(A @ A, A.T @ A.T)),
]

VECTORS = [*OUTER, *ELEMENTWISE, *SUMS_OF_ENTRIES, *NAMED_INVERSES, *DEFINITIONS]
