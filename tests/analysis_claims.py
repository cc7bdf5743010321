"""General claims on norms, spectra, limits, slopes and plain networks, with near misses; what is true of each.

A pair is a true claim and the false ones beside it: a constant changed, a hypothesis dropped, < for <=.
"""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

from test_kernel_exploits import about
from vocabulary import LO, UP, A, B, C, G, M, O, R, a, b, c, i, j, k, n, t, u

import symrnn as sy
from symrnn import (
    Elman,
    absolute,
    activation,
    bounded,
    diagonalizable,
    eq,
    explodes,
    eye,
    for_all_trajectories,
    forall,
    has_property,
    identity,
    iff,
    inv,
    invertible,
    jacobian,
    le,
    lt,
    matrix,
    negation,
    norm,
    number,
    product,
    relu,
    scalar,
    sigmoid,
    softplus,
    summation,
    symmetric,
    tanh,
    vanishes,
)
from symrnn.claims.recurrence import Claim

rho = sy.spectral_radius
x, y = scalar("x"), scalar("y")
N_ = matrix("N", n, n, "nonnegative")
SIG, TANH, RELU, ID, SOFT, PHI = (Elman(f) for f in (sigmoid, tanh, relu, identity, softplus, activation("phi")))
Case = tuple[str, Claim, list[Claim]]


def J(e: Any) -> Any:
    return jacobian(e.h[t], e.h[t - k])


def W(e: Any) -> Any:
    return e.W_hh


def right(e: Any) -> Any:
    """The input reaches every pre-activation."""
    return eq(e.W_xh @ matrix("R", e.m, e.n), eye(e.n))


def run(e: Any, at: Any = k) -> Any:
    return product(e.D[j], j, t, t - at + 1)


def scalars() -> list[Case]:
    small, even = lt(absolute(x), 1), absolute(x)
    return [
        (
            "slope of sigmoid",
            about(le(sigmoid.prime(x), Q(1, 4))),
            [about(lt(sigmoid.prime(x), Q(1, 4))), about(le(sigmoid.prime(x), Q(6, 25)))],
        ),
        ("slope of sigmoid above 0", about(lt(0, sigmoid.prime(x))), [about(lt(Q(1, 1000), sigmoid.prime(x)))]),
        (
            "slope of tanh",
            about(le(tanh.prime(x), 1)),
            [about(lt(tanh.prime(x), 1)), about(le(tanh.prime(x), Q(99, 100)))],
        ),
        (
            "slope of tanh off 0",
            about(lt(tanh.prime(x), 1), negation(eq(x, 0))),
            [about(lt(tanh.prime(x), 1), negation(eq(x, 1))), about(lt(tanh.prime(x), Q(1, 2)), negation(eq(x, 0)))],
        ),
        ("slope of softplus", about(lt(softplus.prime(x), 1)), [about(lt(softplus.prime(x), Q(1, 2)))]),
        ("slope of relu", about(le(relu.prime(x), 1)), [about(lt(relu.prime(x), 1)), about(lt(0, relu.prime(x)))]),
        (
            "sigmoid between 0 and 1",
            about(sy.all_of(lt(0, sigmoid(x)), lt(sigmoid(x), 1))),
            [about(sy.all_of(lt(0, sigmoid(x)), lt(sigmoid(x), Q(1, 2))))],
        ),
        (
            "sum of slopes",
            about(le(sigmoid.prime(x) + sigmoid.prime(y), Q(1, 2))),
            [about(le(sigmoid.prime(x) + sigmoid.prime(y), Q(1, 4)))],
        ),
        (
            "product of slopes",
            about(le(sigmoid.prime(x) * sigmoid.prime(y), Q(1, 16))),
            [about(lt(sigmoid.prime(x) * sigmoid.prime(y), Q(1, 16)))],
        ),
        (
            "means",
            about(le(2 * a * b, a * a + b * b)),
            [about(lt(2 * a * b, a * a + b * b)), about(le(3 * a * b, a * a + b * b))],
        ),
        (
            "triangle",
            about(le(absolute(a + b), absolute(a) + absolute(b))),
            [about(le(absolute(a) + absolute(b), absolute(a + b))), about(le(absolute(a + b), absolute(a)))],
        ),
        (
            "powers of a number vanish",
            about(vanishes(x**k, k), small),
            [about(vanishes(x**k, k), le(even, 1)), about(vanishes(x**k, k), lt(x, 1))],
        ),
        (
            "powers of a number bounded",
            about(bounded(x**k, k), le(even, 1)),
            [about(bounded(x**k, k), le(x, 1)), about(bounded(x**k, k), le(even, 2))],
        ),
        (
            "half to the k",
            about(vanishes(number(Q(1, 2)) ** k, k)),
            [about(vanishes(number(Q(-1)) ** k, k)), about(vanishes(number(Q(3, 2)) ** k, k))],
        ),
        (
            "chained",
            about(lt(a, c), le(a, b), lt(b, c)),
            [about(lt(a, c), le(a, b), le(b, c)), about(lt(a, b), le(a, b), lt(b, c))],
        ),
    ]


def norms() -> list[Case]:
    sum_ = summation(A**j, j, 0, k)
    bound = summation(norm(A) ** j, j, 0, k)
    return [
        (
            "product",
            about(le(norm(A @ B), norm(A) * norm(B))),
            [about(lt(norm(A @ B), norm(A) * norm(B))), about(le(norm(A) * norm(B), norm(A @ B)))],
        ),
        (
            "three factors",
            about(le(norm(A @ B @ C, 1), norm(A, 1) * norm(B, 1) * norm(C, 1))),
            [about(le(norm(A @ B @ C, 1), norm(A, 1) * norm(C, 1)))],
        ),
        (
            "sum",
            about(le(norm(A + B, "inf"), norm(A, "inf") + norm(B, "inf"))),
            [about(le(norm(A + B, "inf"), norm(A, "inf"))), about(lt(norm(A + B), norm(A) + norm(B)))],
        ),
        ("difference", about(le(norm(A - B), norm(A) + norm(B))), [about(le(norm(A - B), norm(A) - norm(B)))]),
        (
            "powers",
            about(le(norm(A**k), norm(A) ** k)),
            [about(le(norm(A**k), norm(A))), about(le(norm(A) ** k, norm(A**k)))],
        ),
        ("transpose", about(eq(norm(A.T, 1), norm(A, "inf"))), [about(eq(norm(A.T, 1), norm(A, 1)))]),
        ("scaling", about(eq(norm(-3 * R), 3 * norm(R))), [about(eq(norm(-3 * R), -3 * norm(R)))]),
        (
            "orthogonal factor",
            about(eq(norm(O @ A), norm(A))),
            [about(eq(norm(O @ A, 1), norm(A, 1))), about(eq(norm(G @ A), norm(A)))],
        ),
        (
            "2 and fro",
            about(le(norm(R), norm(R, "fro"))),
            [about(le(norm(R, "fro"), norm(R))), about(le(norm(R, 1), norm(R, "fro")))],
        ),
        (
            "1 and inf",
            about(le(norm(R) ** 2, norm(R, 1) * norm(R, "inf"))),
            [about(le(norm(R) ** 2, norm(R, 1) ** 2)), about(le(norm(R), norm(R, 1) * norm(R, "inf")))],
        ),
        ("geometric sum", about(le(norm(sum_), bound)), [about(le(norm(sum_), norm(A) ** k))]),
        (
            "norm of a slope",
            about(le(norm(sy.diag(sigmoid.prime(u))), Q(1, 4))),
            [about(le(norm(sy.diag(sigmoid.prime(u))), Q(1, 5))), about(le(norm(sigmoid.prime(u)), Q(1, 4)))],
        ),
        (
            "given bounds",
            about(le(norm(A @ B), 6), le(norm(A), 2), le(norm(B), 3)),
            [
                about(le(norm(A @ B), 5), le(norm(A), 2), le(norm(B), 3)),
                about(le(norm(B), 1), le(norm(B, 1), 1)),
            ],
        ),
        (
            "given strictly",
            about(lt(norm(A @ B), 6), lt(norm(A), 2), le(norm(B), 3)),
            [about(lt(norm(A @ B), 6), le(norm(A), 2), le(norm(B), 3))],
        ),
    ]


def radii() -> list[Case]:
    commute = eq(A @ B, B @ A)
    less = has_property("nonnegative", A), le(A, B)
    return [
        (
            "rho of a product",
            about(le(rho(A @ B), norm(A) * norm(B))),
            [about(le(rho(A @ B), rho(A) * rho(B))), about(le(rho(A @ B), norm(A)))],
        ),
        (
            "rho and 1-norm",
            about(le(rho(A), norm(A, 1))),
            [about(lt(rho(A), norm(A, 1))), about(le(norm(A, 1), rho(A)))],
        ),
        ("rho and fro", about(le(rho(A), norm(A, "fro"))), [about(le(norm(A, "fro"), rho(A)))]),
        ("rho of powers", about(eq(rho(A**k), rho(A) ** k)), [about(eq(rho(A**k), rho(A)))]),
        ("rho cyclic", about(eq(rho(A @ B @ C), rho(B @ C @ A))), [about(eq(rho(A @ B @ C), rho(B @ A @ C)))]),
        (
            "rho similar",
            about(eq(rho(C @ A @ inv(C)), rho(A)), invertible(C)),
            [about(eq(rho(C @ A @ C.T), rho(A)), invertible(C))],
        ),
        ("rho of normal", about(eq(norm(M), rho(M))), [about(eq(norm(A), rho(A))), about(eq(norm(M, 1), rho(M)))]),
        ("rho of symmetric", about(le(norm(G), rho(G))), [about(lt(norm(G), rho(G))), about(le(norm(LO), rho(LO)))]),
        (
            "rho of commuting",
            about(le(rho(A @ B), rho(A) * rho(B)), commute),
            [about(le(rho(A @ B), rho(A) * rho(B))), about(lt(rho(A @ B), rho(A) * rho(B)), commute)],
        ),
        (
            "rho of a commuting sum",
            about(le(rho(A + B), rho(A) + rho(B)), commute),
            [about(le(rho(A + B), rho(A) + rho(B)))],
        ),
        (
            "Perron",
            about(le(rho(A), rho(B)), *less),
            [about(le(rho(B), rho(A)), *less), about(lt(rho(A), rho(B)), *less)],
        ),
        (
            "magnitudes",
            about(le(rho(A), rho(absolute(A)))),
            [about(le(rho(absolute(A)), rho(A))), about(lt(rho(A), rho(absolute(A))))],
        ),
        ("triangular", about(eq(rho(absolute(UP)), rho(UP))), [about(eq(rho(absolute(G)), rho(G)))]),
        (
            "powers vanish",
            about(iff(lt(rho(A), 1), vanishes(A**k, k))),
            [about(iff(le(rho(A), 1), vanishes(A**k, k))), about(iff(lt(norm(A), 1), vanishes(A**k, k)))],
        ),
        (
            "powers by a norm",
            about(vanishes(A**k, k), lt(norm(A, "fro"), 1)),
            [about(vanishes(A**k, k), le(norm(A, "fro"), 1))],
        ),
        (
            "powers explode",
            about(explodes(A**k, k), lt(1, rho(A))),
            [about(explodes(A**k, k), le(1, rho(A))), about(explodes(A**k, k), lt(1, norm(A)))],
        ),
        (
            "powers bounded",
            about(bounded(A**k, k), diagonalizable(A), le(rho(A), 1)),
            [about(bounded(A**k, k), le(rho(A), 1)), about(bounded(A**k, k), diagonalizable(A))],
        ),
        (
            "powers of symmetric bounded",
            about(bounded(G**k, k), le(norm(G), 1)),
            [about(vanishes(G**k, k), le(norm(G), 1)), about(bounded(G**k, k), le(norm(G), 2))],
        ),
        (
            "do not vanish",
            about(negation(vanishes(A**k, k)), lt(1, rho(A))),
            [about(negation(vanishes(A**k, k)), lt(rho(A), 1)), about(negation(vanishes(A**k, k)))],
        ),
        (
            "do not explode",
            about(negation(explodes(A**k, k)), lt(norm(A), 1)),
            [about(negation(explodes(A**k, k)), lt(rho(A), 2))],
        ),
        ("converse", about(le(rho(A), 1), bounded(A**k, k)), [about(lt(rho(A), 1), bounded(A**k, k))]),
        (
            "beside",
            about(vanishes(B @ A**k @ C, k), lt(rho(A), 1)),
            [about(vanishes(B @ A**k @ C, k), le(rho(A), 1)), about(vanishes(B**k @ A**k, k), lt(rho(A), 1))],
        ),
        (
            "scaled power",
            about(vanishes((number(Q(1, 2)) * A) ** k, k), lt(rho(A), 2)),
            [about(vanishes((number(Q(1, 2)) * A) ** k, k), le(rho(A), 2)), about(vanishes(A**k, k), lt(rho(A), 2))],
        ),
    ]


def eigen() -> list[Case]:
    S = matrix("S", n, n, "diagonal")
    return [
        (
            "symmetric",
            about(diagonalizable(A, "R"), symmetric(A)),
            [about(diagonalizable(A, "R")), about(diagonalizable(A, "R"), has_property("normal", A))],
        ),
        (
            "sum with transpose",
            about(diagonalizable(A + A.T, "R")),
            [about(diagonalizable(A - A.T, "R")), about(diagonalizable(A @ A, "R"))],
        ),
        ("gram", about(diagonalizable(R.T @ R, "R")), [about(diagonalizable(A @ B, "R"))]),
        ("normal", about(diagonalizable(M)), [about(diagonalizable(M, "R")), about(diagonalizable(A))]),
        ("orthogonal", about(sy.unitarily_diagonalizable(O)), [about(diagonalizable(O, "R"))]),
        (
            "basis",
            about(diagonalizable(C @ S @ inv(C), "R"), invertible(C)),
            [
                about(diagonalizable(C @ A @ inv(C), "R"), invertible(C)),
                about(diagonalizable(C @ S @ C, "R"), invertible(C)),
            ],
        ),
        (
            "discriminant",
            about(diagonalizable(A), negation(eq(sy.discriminant(A), 0))),
            [
                about(diagonalizable(A, "R"), negation(eq(sy.discriminant(A), 0))),
                about(negation(eq(sy.discriminant(A), 0)), diagonalizable(A)),
            ],
        ),
        (
            "minimal polynomial",
            about(iff(diagonalizable(A), sy.squarefree_minimal_polynomial(A))),
            [about(iff(diagonalizable(A, "R"), sy.squarefree_minimal_polynomial(A)))],
        ),
        (
            "unitary",
            about(iff(sy.unitarily_diagonalizable(A), has_property("normal", A))),
            [about(iff(sy.unitarily_diagonalizable(A), symmetric(A)))],
        ),
        ("Jordan", about(sy.jordan_decomposable(A)), [about(sy.jordan_decomposable(A, "R"))]),
        ("square", about(diagonalizable(A @ A), diagonalizable(A)), [about(diagonalizable(A), diagonalizable(A @ A))]),
        (
            "transposed",
            about(diagonalizable(A.T), diagonalizable(A)),
            [about(diagonalizable(A.T), diagonalizable(A @ A))],
        ),
    ]


def networks() -> list[Case]:
    phi = forall(i, le(norm(PHI.D[i]), c))
    return [
        (
            "norm of J, sigmoid",
            about(le(norm(J(SIG)), (Q(1, 4) * norm(W(SIG))) ** k), of=SIG),
            [
                about(le(norm(J(SIG)), (Q(1, 5) * norm(W(SIG))) ** k), of=SIG),
                about(lt(norm(J(SIG)), (Q(1, 4) * norm(W(SIG))) ** k), of=SIG),
            ],
        ),
        (
            "norm of J, tanh",
            about(le(norm(J(TANH), 1), norm(W(TANH), 1) ** k), of=TANH),
            [about(le(norm(J(TANH), 1), norm(W(TANH)) ** k), of=TANH)],
        ),
        (
            "norm of J, relu",
            about(le(norm(J(RELU), "inf"), norm(W(RELU), "inf") ** k), of=RELU),
            [about(le(norm(J(RELU), "inf"), (Q(1, 2) * norm(W(RELU), "inf")) ** k), of=RELU)],
        ),
        (
            "norm of J, opaque",
            about(le(norm(J(PHI)), (c * norm(W(PHI))) ** k), phi, of=PHI),
            [
                about(le(norm(J(PHI)), (c * norm(W(PHI))) ** k), of=PHI),
                about(le(norm(J(PHI)), norm(W(PHI)) ** k), phi, of=PHI),
                about(le(norm(J(PHI)), (c * norm(W(PHI))) ** k), le(norm(PHI.D[t]), c), of=PHI),
            ],
        ),
        (
            "J vanishes, sigmoid",
            about(vanishes(J(SIG), k), lt(norm(W(SIG)), 4), of=SIG),
            [
                about(vanishes(J(SIG), k), le(norm(W(SIG)), 4), of=SIG),
                about(vanishes(J(SIG), k), lt(rho(W(SIG)), 4), of=SIG),
            ],
        ),
        (
            "J vanishes, tanh",
            about(vanishes(J(TANH), k), lt(norm(W(TANH), "inf"), 1), of=TANH),
            [about(vanishes(J(TANH), k), lt(rho(W(TANH)), 1), of=TANH)],
        ),
        (
            "J bounded, relu",
            about(bounded(J(RELU), k), le(norm(W(RELU)), 1), of=RELU),
            [about(vanishes(J(RELU), k), le(norm(W(RELU)), 1), of=RELU), about(bounded(J(RELU), k), of=RELU)],
        ),
        (
            "J vanishes, opaque",
            about(vanishes(J(PHI), k), phi, lt(c * norm(W(PHI)), 1), of=PHI),
            [
                about(vanishes(J(PHI), k), phi, le(c * norm(W(PHI)), 1), of=PHI),
                about(vanishes(J(PHI), k), lt(c * norm(W(PHI)), 1), of=PHI),
                about(vanishes(J(PHI), k), phi, lt(norm(W(PHI)), 1), of=PHI),
            ],
        ),
        (
            "J vanishes, normal W",
            about(vanishes(J(SIG), k), has_property("normal", W(SIG)), lt(rho(W(SIG)), 4), of=SIG),
            [
                about(vanishes(J(SIG), k), has_property("normal", W(SIG)), le(rho(W(SIG)), 4), of=SIG),
                about(vanishes(J(SIG), k), diagonalizable(W(SIG)), lt(rho(W(SIG)), 4), of=SIG),
            ],
        ),
        (
            "J vanishes, nonnegative W",
            about(vanishes(J(TANH), k), has_property("nonnegative", W(TANH)), lt(rho(W(TANH)), 1), of=TANH),
            [about(vanishes(J(TANH), k), has_property("nonnegative", W(TANH)), le(rho(W(TANH)), 1), of=TANH)],
        ),
        (
            "J vanishes, triangular W",
            about(vanishes(J(RELU), k), has_property("upper_triangular", W(RELU)), lt(rho(W(RELU)), 1), of=RELU),
            [about(vanishes(J(RELU), k), lt(rho(W(RELU)), 1), of=RELU)],
        ),
        (
            "J vanishes, magnitudes",
            about(vanishes(J(SIG), k), lt(rho(absolute(W(SIG))), 4), of=SIG),
            [about(vanishes(J(SIG), k), le(rho(absolute(W(SIG))), 4), of=SIG)],
        ),
        (
            "J of the identity",
            about(iff(vanishes(J(ID), k), lt(rho(W(ID)), 1)), of=ID),
            [about(iff(vanishes(J(ID), k), le(rho(W(ID)), 1)), of=ID)],
        ),
        (
            "J of the identity explodes",
            about(explodes(J(ID), k), lt(1, rho(W(ID))), of=ID),
            [about(explodes(J(SIG), k), lt(1, rho(W(SIG))), of=SIG)],
        ),
        (
            "all trajectories, by a norm",
            about(for_all_trajectories(vanishes(J(SIG), k)), lt(norm(W(SIG)), 4), of=SIG),
            [
                about(for_all_trajectories(vanishes(J(SIG), k)), lt(norm(W(SIG)), 5), of=SIG),
                about(for_all_trajectories(vanishes(J(SIG), k)), vanishes(J(SIG), k), of=SIG),
            ],
        ),
        (
            "all trajectories, the notes' product",
            about(
                iff(for_all_trajectories(vanishes(run(SIG) @ W(SIG) ** k, k)), lt(rho(W(SIG)), 4)), right(SIG), of=SIG
            ),
            [
                about(
                    iff(for_all_trajectories(vanishes(run(SIG) @ W(SIG) ** k, k)), le(rho(W(SIG)), 4)),
                    right(SIG),
                    of=SIG,
                ),
                about(iff(for_all_trajectories(vanishes(J(SIG), k)), lt(rho(W(SIG)), 4)), right(SIG), of=SIG),
                about(iff(for_all_trajectories(vanishes(run(SIG) @ W(SIG) ** k, k)), lt(rho(W(SIG)), 4)), of=SIG),
            ],
        ),
        (
            "all trajectories steer",
            about(lt(rho(W(TANH)), 1), for_all_trajectories(vanishes(J(TANH), k)), right(TANH), of=TANH),
            [
                about(lt(rho(W(TANH)), 1), for_all_trajectories(vanishes(J(TANH), k)), of=TANH),
                about(lt(rho(W(TANH)), 1), vanishes(J(TANH), k), right(TANH), of=TANH),
                about(lt(norm(W(TANH)), 1), for_all_trajectories(vanishes(J(TANH), k)), right(TANH), of=TANH),
            ],
        ),
        (
            "all trajectories bounded",
            about(le(rho(W(SIG)), 4), for_all_trajectories(bounded(J(SIG), k)), right(SIG), of=SIG),
            [
                about(lt(rho(W(SIG)), 4), for_all_trajectories(bounded(J(SIG), k)), right(SIG), of=SIG),
                about(le(rho(W(SIG)), 1), for_all_trajectories(bounded(J(SIG), k)), right(SIG), of=SIG),
            ],
        ),
        (
            "normal W, all trajectories",
            about(
                iff(for_all_trajectories(vanishes(J(TANH), k)), lt(rho(W(TANH)), 1)),
                right(TANH),
                has_property("normal", W(TANH)),
                of=TANH,
            ),
            [
                about(
                    iff(for_all_trajectories(vanishes(J(TANH), k)), le(rho(W(TANH)), 1)),
                    right(TANH),
                    has_property("normal", W(TANH)),
                    of=TANH,
                )
            ],
        ),
        ("D alone", about(vanishes(run(SIG), k), of=SIG), [about(vanishes(run(TANH), k), of=TANH)]),
        ("D alone is bounded", about(bounded(run(RELU), k), of=RELU), [about(vanishes(run(RELU), k), of=RELU)]),
        (
            "gradient",
            about(vanishes(sy.transpose(matrix("w", SIG.n, 1)) @ J(SIG), k), lt(norm(W(SIG)), 4), of=SIG),
            [about(vanishes(sy.transpose(matrix("w", SIG.n, 1)) @ J(SIG), k), le(norm(W(SIG)), 4), of=SIG)],
        ),
        (
            "J and its lag",
            about(le(norm(J(SIG)), number(Q(1, 2)) ** k), le(norm(W(SIG)), 2), of=SIG),
            [
                about(le(norm(J(SIG)), number(Q(1, 3)) ** k), le(norm(W(SIG)), 2), of=SIG),
                about(le(norm(J(SIG)), number(Q(1, 2)) ** k), le(norm(W(SIG), 1), 2), of=SIG),
            ],
        ),
    ]


def squares() -> list[Case]:
    """Equations between norms and radii, matrices that are roots of polynomials, and what is 1 away from an inverse."""
    S = matrix("S", n, symmetric=True)
    one = eye(n)
    squared = norm(R) ** 2
    return [
        ("symmetric radius", about(eq(rho(S), norm(S))), [about(eq(rho(A), norm(A)))]),
        ("gram radius", about(eq(rho(R @ R.T), squared)), [about(eq(rho(A @ A), norm(A) ** 2))]),
        ("gram norm", about(eq(norm(R.T @ R), squared)), [about(eq(norm(A @ A), norm(A) ** 2))]),
        ("symmetric square", about(eq(norm(S @ S), norm(S) ** 2)), [about(eq(norm(S @ A), norm(S) * norm(A)))]),
        (
            "gram trace",
            about(le(0, sy.trace(R.T @ R))),
            [about(le(0, sy.trace(A @ A))), about(lt(0, sy.trace(A.T @ A)))],
        ),
        (
            "Frobenius",
            about(eq(sy.trace(R @ R.T), norm(R, "fro") ** 2)),
            [about(eq(sy.trace(A @ A), norm(A, "fro") ** 2)), about(eq(sy.trace(R @ R.T), squared))],
        ),
        (
            "projection",
            about(diagonalizable(A, "R"), eq(A @ A, A)),
            [about(diagonalizable(A, "R")), about(diagonalizable(A, "R"), eq(sy.det(A), 0))],
        ),
        (
            "two roots",
            about(diagonalizable(A, "R"), eq((A - one) @ (A - 2 * one), 0)),
            [about(diagonalizable(A))],
        ),
        (
            "complex roots",
            about(diagonalizable(A), eq(A @ A, -one)),
            [about(diagonalizable(A, "R"), eq(sy.det(A), 1))],
        ),
        ("cube", about(diagonalizable(A, "R"), eq(A**3, A)), [about(diagonalizable(A), eq(A @ B, A))]),
        (
            "Neumann",
            about(invertible(one - A), lt(norm(A), 1)),
            [about(invertible(one - A), le(norm(A), 1)), about(invertible(A), lt(norm(A), 1))],
        ),
        ("no eigenvalue 1", about(invertible(one - A), lt(rho(A), 1)), [about(invertible(one - A), le(rho(A), 1))]),
        (
            "powers of a projection",
            about(eq(A**k, A), eq(A @ A, A)),
            [about(eq(A**k, A)), about(eq(A**k, A), eq(sy.det(A), 0))],
        ),
    ]


GROUPS = (scalars, norms, radii, eigen, squares, networks)
