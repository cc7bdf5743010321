"""Norms, spectra, limits and networks of the kinds that notes about gradients speak of, each beside its near-misses.

What is true is proved, and no near-miss is: neither by search, nor by a damaged proof of what is true.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from test_kernel_corrupted import corruptions
from test_kernel_exploits import about
from vocabulary import A, B, E, K, N, O, S, a, c, i, k, n, one, t, u, v

from symrnn import (
    CertificateError,
    Elman,
    Refused,
    absolute,
    bounded,
    det,
    diag,
    diagonal,
    eq,
    explodes,
    hadamard,
    has_property,
    invertible,
    jacobian,
    kernel,
    le,
    lt,
    negation,
    norm,
    orthogonal,
    product,
    relu,
    sigmoid,
    spectral_radius,
    summation,
    symmetric,
    tanh,
    trace,
    vanishes,
)
from symrnn.certificates import Defining, Different, Known, Order, Proof, Use, Words
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import HOLE, Const
from symrnn.search.decide import decide
from symrnn.search.questions import prove
from symrnn.semantics.inequalities import AtMost

rho = spectral_radius
SIG, TANH, RELU = Elman(sigmoid), Elman(tanh), Elman(relu)
h, D, W = SIG.h, SIG.D, SIG.W_hh
J, G = jacobian(h[t], h[t - k]), TANH.h
ONE = Const(Fraction(1))
_cQ = eq(A, c * O)

CASES: list[tuple[str, Claim, list[Claim]]] = [
    (
        "outer product, norm",
        about(eq(norm(u @ v.T), norm(u) * norm(v))),
        [about(eq(norm(u @ v.T), norm(u) * norm(u))), about(eq(norm(u @ v.T, 1), norm(u, 1) * norm(v, 1)))],
    ),
    (
        "outer product, spectral radius",
        about(eq(rho(u @ v.T), absolute(v.T @ u))),
        [about(eq(rho(u @ v.T), norm(u) * norm(v))), about(eq(rho(u @ v.T), absolute(u.T @ u)))],
    ),
    (
        "outer product, powers",
        about(vanishes((u @ v.T) ** k, k), lt(absolute(v.T @ u), 1)),
        [about(vanishes((u @ v.T) ** k, k), le(absolute(v.T @ u), 1)), about(vanishes((u @ v.T) ** k, k))],
    ),
    (
        "Cauchy and Schwarz",
        about(le(u.T @ v, norm(u) * norm(v))),
        [about(lt(u.T @ v, norm(u) * norm(v))), about(le(u.T @ v, norm(u, "inf") * norm(v)))],
    ),
    (
        "Frobenius norm of a product",
        about(le(norm(A @ B, "fro"), norm(A) * norm(B, "fro"))),
        [about(le(norm(A @ B, "fro"), norm(A) * norm(B))), about(lt(norm(A @ B, "fro"), norm(A) * norm(B, "fro")))],
    ),
    (
        "triangle inequality, reversed",
        about(le(norm(A) - norm(B), norm(A - B))),
        [about(le(norm(A), norm(A - B))), about(le(norm(A) + norm(B), norm(A - B)))],
    ),
    (
        "contraction",
        about(le(norm(A @ u - A @ v), norm(A) * norm(u - v))),
        [about(le(norm(A @ u - B @ v), norm(A) * norm(u - v))), about(le(norm(A @ u - A @ v), norm(u - v)))],
    ),
    (
        "condition number",
        about(le(1, norm(A) * norm(A.inv)), invertible(A)),
        [about(lt(1, norm(A) * norm(A.inv)), invertible(A)), about(le(norm(A) * norm(A.inv), 1), invertible(A))],
    ),
    (
        "leaky step",
        about(le(norm((1 - c) * one + c * A), 1), le(0, c), le(c, 1), le(norm(A), 1)),
        [
            about(le(norm((1 - c) * one + c * A), 1), le(0, c), le(norm(A), 1)),
            about(le(norm((1 - c) * one + c * A), 1), le(c, 1), le(norm(A), 1)),
        ],
    ),
    (
        "eigenvalue",
        about(le(absolute(c), norm(A)), eq(A @ u, c * u), negation(eq(u, 0 * u))),
        [about(le(absolute(c), norm(A)), eq(A @ u, c * u)), about(le(norm(A), absolute(c)), eq(A @ u, c * u))],
    ),
    (
        "trace and norm",
        about(le(absolute(trace(A)), trace(one) * norm(A))),
        [about(le(absolute(trace(A)), norm(A))), about(le(norm(A), absolute(trace(A))))],
    ),
    ("a multiple of Q, shrinking", about(vanishes(A**k, k), _cQ, lt(absolute(c), 1)), [about(vanishes(A**k, k), _cQ)]),
    ("a multiple of Q, growing", about(explodes(A**k, k), _cQ, lt(1, absolute(c))), [about(explodes(A**k, k), _cQ)]),
    ("a multiple of Q, at 1", about(bounded(A**k, k), _cQ, le(absolute(c), 1)), [about(bounded(A**k, k), _cQ)]),
    (
        "slopes of the sigmoid",
        about(eq(D[t], diag(h[t] - hadamard(h[t], h[t]))), of=SIG),
        [
            about(eq(D[t], diag(h[t] + hadamard(h[t], h[t]))), of=SIG),
            about(eq(D[t], diag(h[t - 1] - hadamard(h[t - 1], h[t - 1]))), of=SIG),
            about(eq(TANH.D[t], diag(G[t] - hadamard(G[t], G[t]))), of=TANH),
        ],
    ),
    (
        "slopes of tanh along the chain",
        about(
            eq(
                jacobian(G[t], G[t - k]),
                product((one - diag(G[i]) ** 2) @ TANH.W_hh, i, t, t - k + 1),
            ),
            of=TANH,
        ),
        [
            about(
                eq(jacobian(G[t], G[t - k]), product((one - diag(G[i])) @ TANH.W_hh, i, t, t - k + 1)),
                of=TANH,
            ),
            about(
                eq(jacobian(h[t], h[t - k]), product((one - diag(h[i]) ** 2) @ W, i, t, t - k + 1)),
                of=SIG,
            ),
        ],
    ),
    (
        "slopes of ReLU",
        about(eq(RELU.D[t] @ RELU.D[t], RELU.D[t]), of=RELU),
        [about(eq(D[t] @ D[t], D[t]), of=SIG), about(eq(RELU.D[t] @ RELU.D[t - 1], RELU.D[t]), of=RELU)],
    ),
    (
        "norm of a chain",
        about(le(norm(J), product(norm(D[i]), i, t, t - k + 1) * norm(W) ** k), of=SIG),
        [
            about(le(norm(J), product(norm(D[i]), i, t, t - k + 1) * norm(W)), of=SIG),
            about(le(norm(J), product(norm(D[i]), i, t, t - k + 2) * norm(W) ** k), of=SIG),
        ],
    ),
    (
        "a chain of triangular steps",
        about(has_property("lower_triangular", J), has_property("lower_triangular", W), of=SIG),
        [
            about(has_property("upper_triangular", J), has_property("lower_triangular", W), of=SIG),
            about(diagonal(J), has_property("lower_triangular", W), of=SIG),
            about(symmetric(J), symmetric(W), of=SIG),
        ],
    ),
    (
        "norm of a power of a skew matrix",
        about(eq(norm(K**k), norm(K) ** k)),
        [about(eq(norm(A**k), norm(A) ** k)), about(eq(norm(K**k, 1), norm(K, 1) ** k))],
    ),
    (
        "Gelfand, from below",
        about(le(rho(A) ** k, norm(A**k))),
        [about(le(norm(A**k), rho(A) ** k)), about(lt(rho(A) ** k, norm(A**k)))],
    ),
    (
        "an input k steps back",
        about(vanishes(jacobian(h[t], SIG.x[t - k]), k), lt(norm(W), 4), of=SIG),
        [
            about(vanishes(jacobian(h[t], SIG.x[t - k]), k), lt(rho(W), 4), of=SIG),
            about(vanishes(jacobian(h[t], SIG.x[t - k]), k), of=SIG),
        ],
    ),
]
TRIES = 6


def shown(claim: Claim, data: Any) -> bool:
    try:
        kernel.entails(claim, decode(data))
    except (Refused, CertificateError):
        return False
    return True


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_true_and_near(case: tuple[str, Claim, list[Claim]]) -> None:
    name, claim, misses = case
    decision = decide(claim)
    assert decision.verdict == "proved", decision.attempts
    for miss in misses:
        assert prove(miss) is None, miss.conclusion
    rng, data = random.Random(name), encode(decision.proof)
    for bad in (data, *(corruptions(data, rng) for _ in range(TRIES))):
        assert not any(shown(miss, bad) for miss in misses), bad


def refuses(claim: Claim, proof: Proof, message: str = "") -> None:
    with pytest.raises(Refused, match=message or None):
        kernel.entails(claim, proof)


def test_a_property_by_the_equation_that_says_it() -> None:
    by_hyp = Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),))
    kernel.entails(about(symmetric(A), eq(A.T, A)), Defining(False, by_hyp))
    kernel.entails(about(orthogonal(A), eq(A @ A.T, one)), Defining(True, by_hyp))
    refuses(about(orthogonal(A), eq(A @ A.T, one)), Defining(False, by_hyp))
    refuses(about(has_property("skew", A), eq(A.T, A)), Defining(False, by_hyp))
    refuses(about(symmetric(A)), Defining(False, Words("left", "left", (), ())))
    refuses(about(diagonal(A), eq(A.T, A)), Defining(False, by_hyp), "no property")
    refuses(about(invertible(A), eq(A.T, A)), Defining(False, by_hyp), "no property")
    refuses(about(eq(A.T, A), eq(A.T, A)), Defining(False, by_hyp), "no property")


def test_two_terms_differ_where_their_difference_is_invertible() -> None:
    kernel.entails(about(negation(eq(a, c)), lt(c, a)), Different())
    kernel.entails(about(negation(eq(A, 0 * A)), invertible(A)), Different())
    kernel.entails(about(negation(eq(A, B)), invertible(A - B)), Different())
    refuses(about(negation(eq(a, c)), le(c, a)), Different())
    refuses(about(negation(eq(A, B)), invertible(A), invertible(B)), Different())
    refuses(about(negation(eq(u, v))), Different(), "square")
    refuses(about(negation(eq(det(A), 0))), Different())
    refuses(about(negation(lt(a, c)), lt(c, a)), Different(), "differ")
    refuses(about(eq(a, c), lt(c, a)), Different(), "differ")
    refuses(about(negation(eq(A - A, 0 * A))), Different())


def test_slopes_are_those_of_the_activation_named() -> None:
    x = SIG.a[t]
    claim = about(eq(sigmoid.prime(x), sigmoid(x) - hadamard(sigmoid(x), sigmoid(x))), of=SIG)

    def slope(name: str, *values: Any) -> Words:
        return Words("left", "left", (), (Use(HOLE, f"slope:{name}", values, ()),))

    kernel.entails(claim, slope("sigmoid", (HOLE, x)))
    refuses(claim, slope("tanh", (HOLE, x)))
    refuses(claim, slope("sigmoid", (HOLE, SIG.a[t - 1])))
    refuses(claim, slope("sigmoid"), "needs the term")
    refuses(claim, slope("sigmoid", (u, x)), "needs the term")
    refuses(claim, slope("sigmoid", (HOLE, x), (HOLE, x)), "needs the term")
    refuses(claim, slope("phi", (HOLE, x)), "nothing is known")
    refuses(claim, slope("identity", (HOLE, x)), "nothing is known")


def test_norms_part_by_part() -> None:
    def parts(source: str, term: Any) -> Order:
        return Order((AtMost(source, term, (), (), ONE, as_index(1)),))

    both = norm(A @ B, "fro")
    kernel.entails(about(le(both, norm(A, "fro") * norm(B))), parts("parts, first", both))
    refuses(about(le(both, norm(A) * norm(B))), parts("parts, first", both))
    refuses(about(le(both, norm(A, "fro") * norm(B))), parts("parts, last", both))
    refuses(about(le(norm(c * A, "fro"), norm(A))), parts("parts, last", norm(c * A, "fro")), "products of matrices")
    run = norm(product(A, i, 1, k), "fro")
    kernel.entails(about(le(run, norm(A, "fro") ** k)), parts("parts", run))
    refuses(
        about(le(norm(A**k, "fro"), norm(A, "fro") ** k), le(0, k)), parts("parts", norm(product(A, i, 1, k), "fro"))
    )
    refuses(about(le(norm(A), norm(B))), parts("parts", norm(A)), "no parts")


def test_numbers_of_rows_and_columns_are_told_apart() -> None:
    """Rows that do not meet columns stay where they are, and signs are kept."""
    bare = Words("left", "left", (), ())
    kernel.entails(about(eq(diag(K @ u) @ v, diag(v) @ (K @ u))), bare)
    kernel.entails(about(eq(trace(u @ v.T @ K), -(u.T @ K @ v))), bare)
    refuses(about(eq(trace(u @ v.T @ K), u.T @ K @ v)), bare)
    refuses(about(eq(trace(diag(K @ u) @ diag(v)), u.T @ K @ v)), bare)
    refuses(about(eq((u @ v.T) ** k, (v.T @ u) ** (k - 1) * (u @ v.T)), le(0, k)), bare)
    refuses(about(eq(summation(A[i, i], i, 1, k), trace(A))), bare)
    refuses(about(eq(summation(A[i, 1], i, 1, n), trace(A))), bare)
    refuses(about(eq(hadamard(A, B), A @ B)), bare)
    refuses(about(eq(E @ hadamard(A, B), hadamard(A @ E, B))), bare)
    refuses(about(symmetric(N @ S)), Known())
