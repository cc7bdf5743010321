"""Sums of all entries, determinants of multiples and updates, traces of powers, relations of integers; near-misses."""

from __future__ import annotations

from vocabulary import (
    A,
    B,
    C,
    E,
    K,
    O,
    R,
    a,
    c,
    false,
    i,
    j,
    k,
    l,
    m,
    n,
    nil,
    one,
    true,
    u,
    v,
)

from symrnn import (
    absolute,
    any_of,
    block_matrix,
    det,
    diag,
    eq,
    eye,
    hadamard,
    implies,
    inv,
    invertible,
    le,
    lt,
    matrix,
    negation,
    norm,
    number,
    ones,
    spectral_radius,
    summation,
    trace,
    zeros,
)

U, V = matrix("U", n, m), matrix("V", m, n)
e = ones(n)


def both(body: object) -> object:
    return summation(summation(body, j, 1, n), i, 1, n)


TOTALS = [
    true("all entries", eq(e.T @ A @ e, both(A[i, j]))),
    false("all entries, the diagonal", eq(e.T @ A @ e, summation(A[i, i], i, 1, n))),
    true("all entries of a transpose", eq(e.T @ A.T @ e, e.T @ A @ e)),
    true("all entries of a product", eq(e.T @ A @ B @ e, both((A @ B)[i, j]))),
    true("row sums", eq(summation(A[i, j], j, 1, n), (A @ e)[i, 1])),
    false("row sums, column sums", eq(summation(A[i, j], j, 1, n), (A.T @ e)[i, 1])),
    true("a weighted sum", eq(summation((A @ v)[i, 1], i, 1, n), e.T @ A @ v)),
    false("a weighted sum, transposed", eq(summation((A @ v)[i, 1], i, 1, n), e.T @ A.T @ v)),
    true("Frobenius inner product", eq(trace(A @ B.T), e.T @ hadamard(A, B) @ e)),
    false("Frobenius inner product, no transpose", eq(trace(A @ B), e.T @ hadamard(A, B) @ e)),
    true("Hadamard form", eq(u.T @ hadamard(A, B) @ v, trace(diag(u) @ A @ diag(v) @ B.T))),
    false("Hadamard form, order", eq(u.T @ hadamard(A, B) @ v, trace(diag(v) @ A @ diag(u) @ B.T))),
    true("Hadamard form of a rectangle", eq(e.T @ hadamard(R, R) @ ones(m), trace(R.T @ R))),
    true("diagonal factors", eq(e.T @ E @ A @ e, trace(E @ A @ e @ e.T))),
    true("1-norm of ones", eq(norm(e, 1), n)),
    true("maximum norm of ones", eq(norm(e, "inf"), 1)),
    true("1-norm of a row of ones", eq(norm(e.T, 1), 1)),
    false("2-norm of ones", eq(norm(e), n)),
    true("2-norm of ones squared", eq(norm(e) ** 2, n)),
    true("1-norm by entries", eq(norm(v, 1), summation(absolute(v[i, 1]), i, 1, n))),
    false("1-norm by entries, signs", eq(norm(v, 1), summation(v[i, 1], i, 1, n))),
]

DETERMINANTS = [
    true("determinant of a multiple", eq(det(c * A), c**n * det(A))),
    false("determinant of a multiple, once", eq(det(c * A), c * det(A))),
    true("determinant of a negative", eq(det(-A), number(-1) ** n * det(A))),
    false("determinant of a negative, sign", eq(det(-A), -det(A))),
    true("determinant of a difference", eq(det(A - B), number(-1) ** n * det(B - A))),
    true("determinant of two multiples", eq(det(2 * A + 2 * B), number(2) ** n * det(A + B))),
    true("determinant of 0", eq(det(nil), 0)),
    true("determinant at size 1", eq(det(A), A[1, 1]), eq(n, 1)),
    true("rank-one update of I", eq(det(one + u @ v.T), 1 + v.T @ u)),
    false("rank-one update of I, u^T u", eq(det(one + u @ v.T), 1 + u.T @ u)),
    true("rank-one update with a minus", eq(det(one - u @ v.T), 1 - v.T @ u)),
    true("rank-one update", eq(det(A + u @ v.T), det(A) * (1 + v.T @ inv(A) @ u)), invertible(A)),
    false("rank-one update, no inverse", eq(det(A + u @ v.T), det(A) * (1 + v.T @ A @ u)), invertible(A)),
    true("low-rank update", eq(det(A + U @ V), det(A) * det(eye(m) + V @ inv(A) @ U)), invertible(A)),
    true("block triangular", eq(det(block_matrix([[A, B], [nil, C]])), det(A) * det(C))),
    false("block triangular, sum", eq(det(block_matrix([[A, B], [nil, C]])), det(A) + det(C))),
    false("blocks", eq(det(block_matrix([[A, B], [C, A]])), det(A) * det(A))),
    true("lower block triangular", eq(det(block_matrix([[A, zeros(n, m)], [R.T, eye(m)]])), det(A))),
    true("determinant and radius", le(absolute(det(A)), spectral_radius(A) ** n)),
    false("determinant and radius, once", le(absolute(det(A)), spectral_radius(A))),
    true("determinant of an orthogonal matrix", eq(absolute(det(O)), 1)),
    false("determinant of an orthogonal matrix, sign", eq(det(O), 1)),
    true("kernel", eq(det(A), 0), eq(A @ v, 0), negation(eq(v, 0))),
    false("kernel, v = 0", eq(det(A), 0), eq(A @ v, 0)),
    true("characteristic polynomial", eq(det(A - c * one), 0), eq(A @ v, c * v), negation(eq(v, 0))),
    true("I plus a skew matrix", invertible(one + K - K.T)),
    true("I plus the skew part", invertible(one + A - A.T)),
    false("I plus a symmetric part", invertible(one + A + A.T)),
]

POWERS = [
    true("trace of powers of products", eq(trace((A @ B) ** k), trace((B @ A) ** k))),
    true("trace of powers from 0", eq(trace((A @ B) ** k), trace((B @ A) ** k)), le(0, k)),
    true("trace of rectangular powers", eq(trace((R @ R.T) ** k), trace((R.T @ R) ** k))),
    false("trace of rectangular powers from 0", eq(trace((R @ R.T) ** k), trace((R.T @ R) ** k)), le(0, k)),
    true("three factors", eq(trace((A @ B @ C) ** k), trace((C @ A @ B) ** k))),
    false("three factors, reversed", eq(trace((A @ B @ C) ** k), trace((C @ B @ A) ** k))),
    true("a factor more", eq(trace((A @ B) ** k @ A), trace(A @ (B @ A) ** k))),
    false("factor by factor", eq(trace((A @ B) ** k), trace(A**k @ B**k))),
    true("radius of powers", eq(spectral_radius((A @ B) ** k), spectral_radius(B @ A) ** k)),
    false(
        "radius of powers, factors", eq(spectral_radius((A @ B) ** k), (spectral_radius(A) * spectral_radius(B)) ** k)
    ),
]

INTEGERS = [
    true("lags begin at 1", le(1, k)),
    true("sizes begin at 1", le(1, n)),
    true("a lag is itself", eq(k, k)),
    true("a lag is not its double", negation(eq(k, 2 * k))),
    true("a lag is below the next", lt(k, k + 1)),
    true("a lag may be 0", le(0, k), le(0, k)),
    false("a lag may be 0, and need not be 1", le(1, k), le(0, k)),
    false("lags begin at 2", le(2, k)),
    false("two lags", eq(k, l)),
    true("lags in order", le(k, l + 1), le(k, l)),
    false("lags in order, strictly", lt(k, l), le(k, l)),
    true("one of two", any_of(eq(k, 0), le(1, k))),
    true("an antecedent", implies(eq(k, 2), le(k, 3))),
    false("an antecedent, wrong", implies(eq(k, 2), le(3, k))),
    true("a scalar beside", eq(k * a, a * k)),
]

TOTALLY = [*TOTALS, *DETERMINANTS, *POWERS, *INTEGERS]
