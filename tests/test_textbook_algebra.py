"""Steps of textbooks about matrices and plain networks: closed forms of powers, volumes, contractions, given sizes.

Each true claim stands beside near-misses. Its proof is damaged, and proves none of them; rules that these steps made
necessary are tried by hand on what they must refuse.
"""

from __future__ import annotations

import random
from fractions import Fraction as Q
from functools import cache
from typing import Any

import pytest
from test_kernel_corrupted import corruptions

from symrnn import (
    CertificateError,
    Derivation,
    Elman,
    Leaky,
    Refused,
    absolute,
    activation,
    bounded,
    det,
    diagonal,
    eq,
    explodes,
    eye,
    forall,
    has_property,
    identity,
    implies,
    inv,
    invertible,
    jacobian,
    kernel,
    lag,
    le,
    lt,
    matrix,
    negation,
    norm,
    number,
    orthogonal,
    product,
    relu,
    scalar,
    sigmoid,
    size,
    spectral_radius,
    tanh,
    trace,
    vanishes,
    vector,
)
from symrnn import index as running
from symrnn.certificates import Evaluated, Given, Order, Proved, Rewritten, Words
from symrnn.check import check_step
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import Prop, Rel
from symrnn.search.decide import Decision, decide
from symrnn.semantics.inequalities import ONE, AtMost, known
from symrnn.semantics.sequents import sequent_of

n, k, j = size("n"), lag("k"), running("j")
A, B, P, U = (matrix(x, n) for x in "ABPU")
L, K = matrix("L", n, n, "diagonal"), matrix("K", n, n, "skew")
p, q, u, v = (vector(x, n) for x in "pquv")
a, b, c, e, s = (scalar(x) for x in "abces")
G = matrix("G", n)
one = eye(n)
PLAIN, LINEAR, TANH, SIGMOID, RELU = None, Elman(identity), Elman(tanh), Elman(sigmoid), Elman(relu)


def J(cell: Any, steps: Any = k) -> Any:
    """The Jacobian over some steps, time t called d.t there."""
    t = Derivation("time", cell=cell).t
    return jacobian(cell.h[t], cell.h[t - steps])


SHEAR, FIBONACCI, TURN = [[1, 1], [0, 1]], [[1, 1], [1, 0]], [[0, -1], [1, 0]]
two, three = number(2), number(3)
decomposed = (invertible(P), eq(A, P @ L @ inv(P)))
W, V, D, t = TANH.W_hh, LINEAR.W_hh, TANH.D, Derivation("t", cell=TANH).t
at_rest = (eq(p, tanh(W @ p)), eq(q, tanh(W @ q)))
step = TANH.D[j] @ W

Case = tuple[str, Any, Prop, tuple[Prop, ...], tuple[Prop, ...]]  # name, cell, claim, hypotheses, near-misses
TRUE: list[Case] = [
    (
        "powers of a shear",
        PLAIN,
        eq(A**k, [[1, k], [0, 1]]),
        (eq(A, SHEAR),),
        (eq(A**k, [[1, k + 1], [0, 1]]), eq(A**k, [[1, 2 * k], [0, 1]])),
    ),
    ("powers of what is written out", PLAIN, eq(matrix(SHEAR) ** k, [[1, k], [0, 1]]), (), (eq(k, 1),)),
    (
        "powers with a letter",
        PLAIN,
        eq(matrix([[1, s], [0, 1]]) ** k, [[1, k * s], [0, 1]]),
        (),
        (eq(matrix([[1, s], [0, 1]]) ** k, [[1, s**k], [0, 1]]),),
    ),
    (
        "powers of a Jordan block",
        PLAIN,
        eq(A**k, [[a**k, k * a ** (k - 1)], [0, a**k]]),
        (eq(A, [[a, 1], [0, a]]),),
        (eq(A**k, [[a**k, k * a**k], [0, a**k]]),),
    ),
    (
        "powers of a symmetric matrix",
        PLAIN,
        eq(2 * A**k, matrix([[three**k + 1, three**k - 1], [three**k - 1, three**k + 1]])),
        (eq(A, [[2, 1], [1, 2]]),),
        (eq(2 * A**k, matrix([[three**k + 1, three**k], [three**k, three**k + 1]])),),
    ),
    ("four quarter turns", PLAIN, eq(A ** (4 * k), one), (eq(A, TURN),), (eq(A ** (2 * k), one),)),
    (
        "half turns",
        PLAIN,
        eq(A ** (2 * k), number(-1) ** k * one),
        (eq(A, TURN),),
        (eq(A ** (2 * k), number(-1) ** (k + 1) * one),),
    ),
    (
        "Fibonacci, an entry",
        PLAIN,
        eq((A ** (k + 1))[1, 1], (A**k)[1, 1] + (A**k)[2, 1]),
        (eq(A, FIBONACCI),),
        (eq((A ** (k + 1))[1, 1], (A**k)[1, 1] + (A**k)[2, 2]),),
    ),
    ("Fibonacci, volumes", PLAIN, eq(det(A**k), number(-1) ** k), (eq(A, FIBONACCI),), (eq(det(A**k), 1),)),
    (
        "volumes, tanh",
        TANH,
        le(absolute(det(J(TANH))), absolute(det(W)) ** k),
        (),
        (le(absolute(det(J(TANH))), (absolute(det(W)) / 2) ** k), lt(absolute(det(J(TANH))), absolute(det(W)) ** k)),
    ),
    (
        "volumes, sigmoid",
        SIGMOID,
        le(absolute(det(J(SIGMOID))), (absolute(det(W)) / 4) ** k),
        (),
        (le(absolute(det(J(SIGMOID))), (absolute(det(W)) / 5) ** k),),
    ),
    (
        "volumes that vanish",
        TANH,
        vanishes(det(J(TANH)), k),
        (lt(absolute(det(W)), 1),),
        (vanishes(J(TANH), k),),
    ),
    (
        "volumes that grow, linear",
        LINEAR,
        explodes(J(LINEAR), k),
        (lt(1, absolute(det(V))),),
        (vanishes(J(LINEAR), k),),
    ),
    (
        "volumes of at least 1, linear",
        LINEAR,
        negation(vanishes(J(LINEAR), k)),
        (le(1, absolute(det(V))),),
        (explodes(J(LINEAR), k), vanishes(J(LINEAR), k)),
    ),
    (
        "a radius by the volume",
        PLAIN,
        lt(1, spectral_radius(A)),
        (lt(1, absolute(det(A))),),
        (lt(absolute(det(A)), spectral_radius(A)),),
    ),
    (
        "a radius of 1, linear",
        LINEAR,
        negation(vanishes(J(LINEAR), k)),
        (eq(spectral_radius(V), 1),),
        (bounded(J(LINEAR), k),),
    ),
    (
        "norms of a normal matrix, linear",
        LINEAR,
        le(spectral_radius(V) ** k, norm(J(LINEAR))),
        (),
        (le(norm(J(LINEAR)), spectral_radius(V) ** k),),
    ),
    (
        "the inverse of an isometry, linear",
        LINEAR,
        eq(inv(J(LINEAR)), J(LINEAR).T),
        (orthogonal(V),),
        (eq(inv(J(LINEAR)), J(LINEAR)),),
    ),
    (
        "states without inputs, linear",
        LINEAR,
        eq(LINEAR.h[t], V**k @ LINEAR.h[t - k]),
        (eq(LINEAR.W_xh, 0), eq(LINEAR.b, 0)),
        (eq(LINEAR.h[t], V ** (k + 1) @ LINEAR.h[t - k]),),
    ),
    ("Cayley, volume", PLAIN, eq(det((one - K) @ inv(one + K)), 1), (), (eq(det((one - K) @ inv(one + K)), -1),)),
    (
        "volume of a rotated matrix",
        PLAIN,
        eq(absolute(det(U @ L)), absolute(det(L))),
        (orthogonal(U),),
        (eq(det(U @ L), det(L)),),
    ),
    (
        "odd skew matrices",
        PLAIN,
        eq(det(K), 0),
        (eq(n, 5),),
        (eq(det(K), 1),),
    ),
    ("traces of powers", PLAIN, eq(trace(A**k), trace(L**k)), decomposed, (eq(trace(A**k), k * trace(L)),)),
    (
        "norms of powers",
        PLAIN,
        le(norm(A**k), norm(P) * norm(inv(P)) * norm(L) ** k),
        decomposed,
        (le(norm(A**k), norm(L) ** k),),
    ),
    (
        "a step near the identity",
        PLAIN,
        le(norm(A**k), (1 + e) ** k),
        (le(norm(A - one), e),),
        (le(norm(A**k), 1 + e), le(norm(A**k), e**k)),
    ),
    ("soft orthogonality", PLAIN, le(norm(A) ** 2, 1 + norm(A.T @ A - one)), (), (le(norm(A), norm(A.T @ A - one)),)),
    (
        "Lipschitz, tanh",
        PLAIN,
        le(norm(tanh(u) - tanh(v)), norm(u - v)),
        (),
        (le(norm(u - v), norm(tanh(u) - tanh(v))),),
    ),
    (
        "Lipschitz, sigmoid",
        PLAIN,
        le(norm(sigmoid(A @ p) - sigmoid(A @ q)), norm(A) * norm(p - q) / 4),
        (),
        (le(norm(sigmoid(A @ p) - sigmoid(A @ q)), norm(A) * norm(p - q) / 5), eq(p, q)),
    ),
    (
        "small inputs, tanh",
        PLAIN,
        le(norm(tanh(u), "inf"), norm(u, "inf")),
        (),
        (le(norm(u, "inf"), norm(tanh(u), "inf")),),
    ),
    ("one fixed point", TANH, eq(p, q), (*at_rest, lt(norm(W), 1)), (eq(p, 2 * q + p), eq(norm(W), 0))),
    ("the only fixed point is 0", TANH, eq(p, 0), (at_rest[0], lt(norm(W), 1)), (eq(W, 0),)),
    ("implicit function", PLAIN, invertible(one - L @ A), (lt(norm(A), 1), le(norm(L), 1)), (invertible(A),)),
    (
        "steps of a bound",
        TANH,
        le(norm(J(TANH)), e**k),
        (forall(j, le(norm(step), e)),),
        (le(norm(J(TANH)), e ** (k + 1)),),
    ),
    ("IRNN, diagonal", RELU, diagonal(J(RELU)), (eq(RELU.W_hh, one),), (eq(J(RELU), one), invertible(J(RELU)))),
    (
        "an isometry as long as all slopes are 1",
        RELU,
        orthogonal(J(RELU)),
        (orthogonal(RELU.W_hh), eq(RELU.D[j], one)),
        (eq(J(RELU), one),),
    ),
    (
        "an entry at one unit",
        TANH,
        eq(J(TANH, 1)[1, 1], (1 - TANH.h[t][1, 1] ** 2) * W[1, 1]),
        (eq(n, 1),),
        (eq(J(TANH, 1)[1, 1], (1 - TANH.h[t][1, 1]) * W[1, 1]),),
    ),
    (
        "six units",
        TANH,
        eq(J(TANH, 2), D[t] @ W @ D[t - 1] @ W),
        (eq(n, 6),),
        (eq(J(TANH, 2), D[t] @ D[t - 1] @ W @ W),),
    ),
    ("at least five", PLAIN, eq(trace(A @ B), trace(B @ A)), (le(5, n),), (eq(A @ B, B @ A),)),
    ("a family of one size", PLAIN, eq(product(G[j], j, 1, k), eye(1)), (forall(j, eq(G[j], [[1]])),), (eq(G[1], 0),)),
    (
        "products of equal shears",
        PLAIN,
        eq(product(G[j], j, 1, k), [[1, 2 * k], [0, 1]]),
        (forall(j, eq(G[j], [[1, 2], [0, 1]])),),
        (eq(product(G[j], j, 1, k), [[1, k], [0, 1]]),),
    ),
]


def claim_of(cell: Any, prop: Prop, hypotheses: tuple[Prop, ...]) -> Claim:
    return Derivation("textbook", cell=cell).step("1", prop, assuming=hypotheses).claim


@cache
def decided(at: int) -> Decision:
    _, cell, prop, hypotheses, _ = TRUE[at]
    return decide(claim_of(cell, prop, hypotheses))


@pytest.mark.parametrize("at", range(len(TRUE)), ids=lambda i: TRUE[i][0])
def test_true_steps_are_proved(at: int) -> None:
    found = decided(at)
    assert found.verdict == "proved", found.attempts


@pytest.mark.parametrize("at", range(len(TRUE)), ids=lambda i: TRUE[i][0])
def test_damaged_proofs_prove_no_near_miss(at: int) -> None:
    name, cell, _, hypotheses, misses = TRUE[at]
    data, rng = encode(decided(at).proof), random.Random(name)
    assert all(not shown(claim_of(cell, miss, hypotheses), data) for miss in misses)
    for _ in range(8):
        bad = corruptions(data, rng)
        for miss in misses:
            assert not shown(claim_of(cell, miss, hypotheses), bad), (str(miss), bad)


def shown(claim: Claim, data: Any) -> bool:
    try:
        kernel.entails(claim, decode(data))
    except (Refused, CertificateError):
        return False
    return True


FALSE: list[tuple[str, Any, Prop, tuple[Prop, ...]]] = [
    ("half turns are none", PLAIN, eq(A ** (2 * k), one), (eq(A, TURN),)),
    ("volumes without W", SIGMOID, le(absolute(det(J(SIGMOID))), (absolute(det(W)) / 5) ** k), ()),
    ("volumes say nothing of norms", TANH, vanishes(J(TANH), k), (lt(absolute(det(W)), 1),)),
    ("a volume of 1 need not explode", LINEAR, explodes(J(LINEAR), k), (le(1, absolute(det(V))),)),
    ("even skew matrices", PLAIN, eq(det(K), 0), (eq(n, 6),)),
    ("five units", TANH, eq(J(TANH, 2), D[t] @ D[t - 1] @ W @ W), (eq(n, 5),)),
    ("products of norms", TANH, eq(norm(J(TANH)), norm(W) ** k * product(norm(D[j]), j, t, t - k + 1)), ()),
    ("more than one fixed point", TANH, eq(p, q), at_rest),
    ("a family of one size", PLAIN, eq(G[1] @ G[2], 0), (forall(j, eq(G[j], [[1]])),)),
    ("one unit, not squared", TANH, eq(J(TANH, 1)[1, 1], (1 - TANH.h[t][1, 1]) * W[1, 1]), (eq(n, 1),)),
    ("states with inputs", LINEAR, eq(LINEAR.h[t], V**k @ LINEAR.h[t - k]), ()),
]


@pytest.mark.parametrize("case", FALSE, ids=lambda case: case[0])
def test_false_steps_are_refuted(case: tuple[str, Any, Prop, tuple[Prop, ...]]) -> None:
    _, cell, prop, hypotheses = case
    found = decide(claim_of(cell, prop, hypotheses))
    assert found.verdict == "refuted", found.attempts


OPEN: list[tuple[str, Any, Prop, tuple[Prop, ...]]] = [  # false, or only true with more: in no case proved
    ("Lipschitz, too small", PLAIN, le(norm(sigmoid(u) - sigmoid(v)), norm(u - v) / 5), ()),
    ("Lipschitz of a matrix", PLAIN, le(norm(tanh(A) - tanh(B)), norm(A - B)), ()),
    ("Lipschitz, opaque", PLAIN, le(norm(activation("phi")(u) - activation("phi")(v)), norm(u - v)), ()),
    ("a sum of values", PLAIN, le(norm(tanh(u) + tanh(v)), norm(u - v)), ()),
    ("the sigmoid is not 0 at 0", PLAIN, le(norm(sigmoid(u)), norm(u)), ()),
    ("a fixed point by the radius", TANH, eq(p, q), (*at_rest, lt(spectral_radius(W), 1))),
    ("a fixed point at the edge", PLAIN, eq(p, q), (eq(p, A @ p), eq(q, A @ q), le(norm(A), 1))),
    ("a step bounded by less than its norm", TANH, vanishes(J(TANH), k), (forall(j, lt(norm(step), 1)),)),
    ("inverses without a hypothesis", PLAIN, eq(det(inv(one + A)) * det(one + A), 1), ()),
]


@pytest.mark.parametrize("case", OPEN, ids=lambda case: case[0])
def test_what_is_not_so_is_not_proved(case: tuple[str, Any, Prop, tuple[Prop, ...]]) -> None:
    _, cell, prop, hypotheses = case
    assert decide(claim_of(cell, prop, hypotheses)).verdict != "proved"


# ---- rules, by hand --------------------------------------------------------------------------------------------------


def values(term: Any, hypotheses: tuple[Prop, ...] = ()) -> tuple[Any, Any, bool]:
    s_ = sequent_of(claim_of(PLAIN, le(term, 1), hypotheses))
    return known(s_, AtMost("difference of values", term, (), (), ONE, as_index(1)))


def test_differences_of_values_are_bounded_by_the_slopes() -> None:
    left, right, strict = values(norm(sigmoid(u) - sigmoid(v)))
    assert (str(left), strict) == ("||sigma(u) - sigma(v)||", False)
    assert str(right) == "1/4 ||1 u - v||"
    for fine in (norm(relu(u)), norm(tanh(u) - tanh(v), 1), norm(tanh(v), "fro"), absolute(tanh(a) - tanh(b))):
        values(fine)


phi = activation("phi")


@pytest.mark.parametrize(
    "term",
    [
        norm(tanh(u) + tanh(v)),
        norm(tanh(u) - sigmoid(v)),
        norm(2 * tanh(u) - 2 * tanh(v)),
        norm(tanh(u) - tanh(v) + tanh(p) - tanh(q)),
        norm(sigmoid(u)),
        norm(phi(u) - phi(v)),
        norm(tanh(A) - tanh(B)),
        norm(tanh.prime(u) - tanh.prime(v)),
        norm(c * tanh(u) - c * tanh(v)),
        norm(A @ tanh(u) - A @ tanh(v)),
        norm(u - v),
        norm((tanh(u) - tanh(v)).T),
        absolute(tanh(a) * tanh(b)),
    ],
    ids=str,
)
def test_other_differences_are_not(term: Any) -> None:
    with pytest.raises(Refused):
        values(term)


def test_what_has_no_value_is_not_bounded() -> None:
    with pytest.raises(Refused, match="no value"):
        values(norm(tanh(inv(A) @ u) - tanh(v)))
    values(norm(tanh(inv(A) @ u) - tanh(v)), (invertible(A),))


def test_equals_for_equals_in_what_is_not_so() -> None:
    """From not P(Y) to not P(X), and to nothing else."""
    square = Rel("=", B, A @ A)
    claim = claim_of(PLAIN, negation(vanishes(B**k, k)), (square, negation(vanishes((A @ A) ** k, k))))
    proof = Rewritten((A @ A) ** k, decide(claim_of(PLAIN, eq(B**k, (A @ A) ** k), (square,))).proof, Given(1))  # type: ignore[arg-type]
    assert kernel.entails(claim, proof) == ()
    for prop in (vanishes(B**k, k), negation(bounded(B**k, k)), negation(vanishes(A**k, k))):
        with pytest.raises(Refused):
            kernel.entails(claim_of(PLAIN, prop, claim.hypotheses), proof)
    fixed = (*claim.hypotheses, eq(P**k, one))  # something is known of k
    with pytest.raises(Refused):
        kernel.entails(claim_of(PLAIN, negation(vanishes(B**k, k)), fixed), proof)


def test_volumes_are_bounded_by_what_the_slopes_are() -> None:
    """(1/4)^n <= 1/4, and not less, where exponents would be multiplied."""
    runs = product(det(SIGMOID.D[j]), j, t, t - k + 1)
    for rhs, fine in ((number(Q(1, 4)) ** k, True), (number(Q(1, 5)) ** k, False)):
        claim = claim_of(SIGMOID, le(absolute(runs), rhs), ())
        proof = Order((AtMost("norm", absolute(runs), (), (), ONE, as_index(1)),))
        assert shown(claim, encode(proof)) is fine
    assert decide(claim_of(SIGMOID, le(absolute(det(SIGMOID.D[t])), number(4) ** (-n)), ())).verdict == "proved"


def test_determinants_of_sums_that_are_invertible_are_not_0() -> None:
    goal = eq(det(one + A) * det(one + A) ** -1, 1)
    assert shown(claim_of(PLAIN, goal, (invertible(one + A),)), encode(Words("left", "left", (), ())))
    assert not shown(claim_of(PLAIN, goal, ()), encode(Words("left", "left", (), ())))
    assert not shown(claim_of(PLAIN, goal, (invertible(one - A),)), encode(Words("left", "left", (), ())))


def test_a_number_that_depends_on_the_size_is_no_identity_in_blocks() -> None:
    for wrong in ([[1, 0], [0, 2]], [[1, 1], [0, 1]]):
        assert not shown(claim_of(PLAIN, eq(matrix(wrong), eye(2)), ()), encode(Evaluated(())))


def test_sides_of_different_shapes_are_refused_at_an_instance() -> None:
    """The size says 2, the family is 1 x 1: a false step with both shapes, and no internal error."""
    d = Derivation("shapes")
    made = d.step("1", eq(trace(G[j]), 1), assuming=[forall(j, eq(G[j], matrix("X", 1))), eq(n, 2)])
    assert check_step(d, made, {}).verdict == "refuted"


def test_a_witness_is_asked_for_at_large_sizes_too() -> None:
    claim = claim_of(PLAIN, eq(trace(A @ B), trace(B @ A)), (eq(n, 6),))
    found = decide(claim).certificate
    assert isinstance(found, Proved) and dict(found.witness.integers)[n.terms[0][0]] == 6  # type: ignore[union-attr]
    none = claim_of(PLAIN, eq(A, B), (eq(n, 6), lt(6, n)))
    assert decide(none).verdict == "undecided"


def test_entries_of_a_network_are_cross_checked_on_its_run() -> None:
    """An index that is fixed by nothing used to be tried where the network has no such row."""
    i = running("i")
    d = Derivation("entries", cell=SIGMOID)
    inside = [le(1, i), le(i, d.n), le(1, j), le(j, d.n)]
    prop = eq(jacobian(SIGMOID.h[d.t], SIGMOID.h[d.t - 1])[i, j], SIGMOID.D[d.t][j, j] * d.W_hh[i, j])
    found = check_step(d, d.step("1", prop, assuming=inside), {})
    assert found.verdict == "refuted" and found.alarm is None
    assert found.crosscheck is not None and found.crosscheck.agrees


def test_a_jacobian_of_the_earlier_by_the_later_is_said_to_be_none() -> None:
    d = Derivation("backwards", cell=TANH)
    found = check_step(d, d.step("1", eq(jacobian(TANH.h[d.t - k], TANH.h[d.t]), 0)), {})
    assert found.verdict == "undecided" and "has no meaning here" in found.reason
    assert "as in d h[t] / d h[t-k]" in found.reason


def test_a_hypothesis_about_a_family_says_how_large_it_is() -> None:
    claim = claim_of(PLAIN, eq(trace(G[j]), 1), (forall(j, eq(G[j], [[1]])),))
    assert [str(h) for h in claim.hypotheses] == ["n = 1 and (for all j: G[j] = [1])"]
    nested = implies(forall(j, eq(G[j], [[1, 0], [0, 1]])), eq(G[1], one))
    assert str(nested).startswith("n = 2 and (for all j: ")


def test_a_volume_is_bounded_by_all_parts_of_a_step() -> None:
    """Where the one-step Jacobian is a sum, not by one of its parts."""
    cell = Leaky(tanh)
    d = Derivation("leaky", cell=cell)
    jac = jacobian(cell.h[d.t], cell.h[d.t - k])
    assert decide(d.step("1", le(absolute(det(jac)), absolute(det(d.W_hh)) ** k)).claim).verdict != "proved"


def test_normal_matrices_need_the_hypothesis() -> None:
    prop = le(norm(J(LINEAR)), spectral_radius(V) ** k)
    assert decide(claim_of(LINEAR, prop, ())).verdict == "refuted"
    assert decide(claim_of(LINEAR, prop, (has_property("normal", V),))).verdict == "proved"
