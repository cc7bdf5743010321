"""Given numbers: matrices written out, statements about them that the kernel evaluates, and equals for equals."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from test_kernel_corrupted import corruptions

from symrnn import (
    CertificateError,
    ClaimError,
    Derivation,
    Elman,
    Leaky,
    Refused,
    block_matrix,
    bounded,
    det,
    diagonalizable,
    eq,
    explodes,
    eye,
    forall,
    has_property,
    identity,
    iff,
    implies,
    index,
    invertible,
    jacobian,
    kernel,
    lag,
    le,
    lt,
    matrix,
    negation,
    norm,
    orthogonal,
    scalar,
    sigmoid,
    size,
    spectral_radius,
    summation,
    tanh,
    trace,
    vanishes,
    vector,
)
from symrnn.certificates import Evaluated, Given, Known, Order, Proved, Replaced, Words
from symrnn.claims import tree as tr
from symrnn.claims.codec import decode, encode
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import HOLE
from symrnn.replay import entry_of, replay_entry
from symrnn.search.decide import Decision, decide
from symrnn.semantics.sequents import sequent_of

n, m, k, i, j = size("n"), size("m"), lag("k"), index("i"), index("j")
A, B, M, N = matrix("A", n), matrix("B", n), matrix("M", n, m), matrix("N", m, n)
u, v, c = vector("u", n), vector("v", n), scalar("c")
HALF = Fraction(1, 2)
SHEAR, NILPOTENT, TURN = [[HALF, 5], [0, HALF]], [[0, 1], [0, 0]], [[0, -1], [1, 0]]
HYPOTENUSE = [[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]]


def decided(claim: Any, *assuming: Any, cell: Any = None) -> Decision:
    return decide(Derivation("given", cell=cell).step("1", claim, assuming=assuming).claim)


# ---- notation ----


def test_a_matrix_is_written_as_rows() -> None:
    made = matrix([[HALF, 0], [0, 1]])
    assert str(made) == "[1/2, 0; 0, 1]" and "bmatrix" in latex(eq(A, made))
    assert eq(A, [[HALF, 0], [0, 1]]) == eq(A, made) == eq(A, block_matrix([[HALF, 0], [0, 1]]))
    assert str(vector([1, c])) == "[1; c]" and vector([1, 2]) == matrix([[1], [2]])
    assert str(A @ [[1], [0]]) == "A [1; 0]"


def test_a_hypothesis_says_how_large_the_matrix_is() -> None:
    assert str(implies(eq(A, SHEAR), eq(trace(A), 1))).startswith("n = 2 and A = [1/2, 5; 0, 1/2] =>")
    both = eq(A, SHEAR) & eq(M, [[1, 2, 3], [4, 5, 6]])
    step = Derivation("sizes").step("1", eq(trace(A), 1), assuming=[both])
    assert "n = 2" in str(step.claim.hypotheses[0]) and "m = 3" in str(step.claim.hypotheses[0])
    assert decided(eq(A, SHEAR)).mismatch is not None, "no matrix of every size is one that is written out"


def test_what_is_no_matrix_of_numbers() -> None:
    for rows in ([[1, 2], [3]], [], [[]], [1, 2], [[1], 2]):
        with pytest.raises(ClaimError, match="rows"):
            eq(A, rows)
    with pytest.raises(ClaimError, match="not exact"):
        matrix([[0.5]])
    with pytest.raises(ClaimError, match="rows of numbers alone"):
        matrix([[1]], n)  # type: ignore[call-overload]
    with pytest.raises(ClaimError, match="how large"):
        matrix("A")  # type: ignore[call-overload]
    with pytest.raises(ClaimError, match="zeros"):
        block_matrix([[A, 0], [0, A]])


# ---- what is known of given matrices ----

TRUE = [
    (vanishes(matrix(SHEAR) ** k), ()),
    (lt(1, norm(matrix(SHEAR))), ()),
    (explodes(matrix([[1, 1], [0, 1]]) ** k), ()),
    (bounded(matrix(TURN) ** k), ()),
    (negation(vanishes(matrix(TURN) ** k)), ()),
    (negation(diagonalizable(matrix(TURN), "R")), ()),
    (diagonalizable(matrix(TURN)), ()),
    (orthogonal(matrix(HYPOTENUSE)), ()),
    (eq(norm(matrix(HYPOTENUSE)), 1), ()),
    (eq(spectral_radius(A), HALF), (eq(A, SHEAR),)),
    (vanishes(A**k), (eq(A, SHEAR),)),
    (vanishes(A**k), (eq(n, 2), eq(A[1, 1], HALF), eq(A[1, 2], 5), eq(A[2, 1], 0), eq(A[2, 2], HALF))),
    (eq(A.inv, matrix([[2, -1], [-1, 2]]) / 3), (eq(A, [[2, 1], [1, 2]]),)),
    (negation(invertible(A)), (eq(A, NILPOTENT),)),
    (vanishes(A**k), (eq(c, HALF), eq(n, 2), eq(A, matrix([[c, 0], [0, c]])))),
    (vanishes(c**k), (eq(c, HALF),)),
    (bounded(summation(A**j, j, 0, k), k), (eq(A, SHEAR),)),
]
FALSE = [
    (vanishes(matrix([[1, 5], [0, HALF]]) ** k), ()),
    (le(norm(matrix(SHEAR)), 5), ()),
    (bounded(matrix([[1, 1], [0, 1]]) ** k), ()),
    (vanishes(A**k), (eq(A, TURN),)),
    (eq(spectral_radius(A), Fraction(1, 3)), (eq(A, SHEAR),)),
    (invertible(A), (eq(A, NILPOTENT),)),
    (vanishes(A**k), (eq(n, 2), eq(A[1, 1], HALF), eq(A[1, 2], 5), eq(A[2, 1], 0))),
    (bounded(summation(A**j, j, 0, k), k), (eq(A, [[1, 1], [0, 1]]),)),
]


@pytest.mark.parametrize("claim", TRUE, ids=str)
def test_what_is_true_of_given_matrices_is_proved(claim: Any) -> None:
    found = decided(claim[0], *claim[1])
    assert found.verdict == "proved", found.attempts
    whole = Derivation("given").step("1", claim[0], assuming=claim[1]).claim
    replay_entry(json.loads(json.dumps(entry_of(whole, "proved", found.certificate))))  # type: ignore[arg-type]


@pytest.mark.parametrize("claim", FALSE, ids=str)
def test_what_is_false_of_them_is_not(claim: Any) -> None:
    assert decided(claim[0], *claim[1]).verdict != "proved"


def test_networks_with_given_weights() -> None:
    for cell, weights, verdict in (
        (Elman(tanh), SHEAR, "proved"),
        (Elman(sigmoid), [[2, 1], [0, 2]], "proved"),
        (Elman(tanh), [[2, 1], [0, 2]], "refuted"),
        (Elman(identity), [[1, 0], [0, HALF]], "refuted"),
    ):
        J = jacobian(cell.h[cell.t], cell.h[cell.t - k])
        assert decided(vanishes(J), eq(cell.W_hh, weights), cell=cell).verdict == verdict, weights


# ---- the rules ----


def sequent(goal: Any, *hypotheses: Any) -> Any:
    return sequent_of(Derivation("rules").step("1", goal, assuming=hypotheses).claim)


def test_only_statements_without_unknowns_are_evaluated() -> None:
    kernel.proves(sequent(eq(trace(A), 1), eq(A, SHEAR)), Evaluated((0,)))
    refused = [
        (sequent(eq(trace(A), 2), eq(A, SHEAR)), Evaluated((0,)), "false"),
        (sequent(eq(trace(A), 1), eq(A, SHEAR)), Evaluated(()), "not given"),
        (sequent(eq(trace(A), 1), eq(A, SHEAR)), Evaluated((1,)), "no such equation"),
        (sequent(eq(trace(A), 1), le(0, A), eq(A, SHEAR)), Evaluated((0,)), "no such equation"),
        (sequent(eq(trace(A), 1), eq(A, A), eq(n, 2)), Evaluated((0,)), "does not say"),
        (sequent(eq(trace(A), 1), eq(A.T, SHEAR)), Evaluated((0,)), "does not say"),
        (sequent(eq(A**k, A), eq(A, [[1, 0], [0, 1]])), Evaluated((0,)), "not given"),
        (sequent(eq(trace(A), 1), eq(A, B), eq(B, A)), Evaluated((0, 1)), "not given"),
        (sequent(forall(i, eq(A[i, i], HALF)), eq(A, SHEAR)), Evaluated((0,)), "not given"),
        (sequent(eq(A.inv @ A, eye(2)), eq(A, NILPOTENT)), Evaluated((0,)), "false"),
    ]
    for s, proof, why in refused:
        with pytest.raises(Refused, match=why):
            kernel.proves(s, proof)


def test_a_trajectory_is_not_evaluated() -> None:
    cell = Elman(tanh)
    h, t = cell.h, cell.t
    for goal in (eq(jacobian(h[t], h[t - 1]), 0), eq(h[t], [[0], [0]]), eq(h[t], h[t])):
        made = Derivation("moving", cell=cell).step("1", goal, assuming=[eq(cell.W_hh, [[0, 0], [0, 0]])]).claim
        with pytest.raises(Refused):
            kernel.proves(sequent_of(made), Evaluated((0,)))


def test_a_symbol_keeps_its_shape() -> None:
    one = sequent(eq(trace(A), c), eq(c, 1), eq(n, 1))
    bad = replace(one, hypotheses=(tr.Rel("=", matrix("A", 1), c), *one.hypotheses))
    with pytest.raises(Refused, match="another shape"):
        kernel.proves(bad, Evaluated((0,)))


def test_equals_replace_equals_in_relations_and_properties_only() -> None:
    words = Words("left", "left", (), ())
    double = matrix("A", n) + matrix("A", n)
    good = Replaced(le(HOLE, B), double, 2 * A, words, Given(0))
    kernel.proves(sequent(le(double, B), le(2 * A, B)), good)
    limit = Replaced(vanishes(HOLE @ A**k, k), double, 2 * A, words, Given(0))
    trajectories = Replaced(tr.ForAllTrajectories(eq(HOLE, B)), double, 2 * A, words, Given(0))
    for s, proof in (
        (sequent(le(double, B), le(3 * A, B)), good),
        (sequent(le(double, A), le(2 * A, B)), good),
        (sequent(le(double, B), le(2 * A, B)), replace(good, new=3 * A)),
        (sequent(le(double, B), le(2 * A, B)), replace(good, new=norm(A))),
        (sequent(le(double, B), le(2 * A, B)), replace(good, equal=Known())),
        (sequent(le(double, B), le(2 * A, B)), replace(good, rest=Order(()))),
        (sequent(vanishes(double @ A**k, k), vanishes(2 * A @ A**k, k)), limit),
        (sequent(eq(double, B)), trajectories),
    ):
        with pytest.raises(Refused):
            kernel.proves(s, proof)


def test_what_is_bound_is_not_replaced() -> None:
    """sum(j, A[j]) is not sum(j, A[i]) although A[j] = A[i] may be known of one j."""
    family = matrix("F", n)
    goal = eq(summation(family[j], j, 0, k), B)
    context = eq(summation(HOLE, j, 0, k), B)
    s = sequent(goal, eq(family[j], family[i]), eq(summation(family[i], j, 0, k), B))
    with pytest.raises(Refused):
        kernel.proves(s, Replaced(context, family[j], family[i], Given(0), Given(1)))


def test_a_damaged_certificate_is_refused() -> None:
    claim = Derivation("damaged").step("1", vanishes(A**k), assuming=[eq(A, SHEAR)]).claim
    found = decide(claim)
    assert isinstance(found.certificate, Proved)
    other = Derivation("damaged").step("1", vanishes(A**k), assuming=[eq(A, TURN)]).claim
    with pytest.raises(Refused):
        kernel.check(other, found.certificate)
    with pytest.raises(Refused):
        kernel.check(claim, replace(found.certificate, witness=None))
    with pytest.raises(Refused):
        kernel.check(Claim(claim.conclusion, (), None), replace(found.certificate, proof=Evaluated((0,))))


PAIRS = [  # a claim that is proved, and one beside it that is false under the same hypotheses
    (vanishes(A**k), vanishes((4 * A) ** k), (eq(A, SHEAR),)),
    (eq(norm(A), 1), eq(norm(A), 2), (eq(A, TURN),)),
    (lt(spectral_radius(A), 1), lt(spectral_radius(A), HALF), (eq(A, SHEAR),)),
    (vanishes(A**k), explodes(A**k), (eq(c, HALF), eq(n, 2), eq(A, matrix([[c, 0], [0, c]])))),
    (invertible(eye(n) + u @ v.T), invertible(eye(n) - u @ v.T), (negation(eq(1 + v.T @ u, 0)),)),
    (invertible(eye(n) + M @ N), invertible(eye(n) - M @ N), (invertible(eye(m) + N @ M),)),
    (eq(A**n, 0), eq(A, 0), (has_property("upper_triangular", A), forall(i, eq(A[i, i], 0)))),
]


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_damaged_proofs_prove_nothing_false(number: int) -> None:
    true, false, hypotheses = PAIRS[number]
    claims = [Derivation("pairs").step("1", goal, assuming=hypotheses).claim for goal in (true, false)]
    proof = decide(claims[0]).proof
    assert proof is not None
    rng, data = random.Random(number), encode(proof)
    for _ in range(60):
        try:
            bad: Any = decode(corruptions(data, rng))
        except CertificateError:
            continue
        with pytest.raises(Refused):
            kernel.entails(claims[1], bad)


# ---- invertibility by determinants, triangular matrices, where a lag is 0 ----

TOLD = [
    (iff(invertible(eye(n) + u @ v.T), negation(eq(1 + v.T @ u, 0))), (), "proved"),
    (iff(invertible(eye(n) - u @ v.T), negation(eq(v.T @ u, 1))), (), "proved"),
    (iff(invertible(eye(n) + u @ v.T), negation(eq(v.T @ u, 1))), (), "refuted"),
    (iff(invertible(eye(n) + M @ N), invertible(eye(m) + N @ M)), (), "proved"),
    (implies(invertible(M @ N), invertible(N @ M)), (), "refuted"),
    (iff(invertible(A), invertible(A**k)), (), "proved"),
    (iff(invertible(A), invertible(A.T)), (), "proved"),
    (implies(invertible(A), invertible(A + eye(n))), (), "refuted"),
    (implies(negation(invertible(A)), eq(det(A), 0)), (), "proved"),
    (implies(eq(det(A), 1), negation(invertible(A))), (), "refuted"),
    (eq(A**n, 0), (has_property("upper_triangular", A), forall(i, eq(A[i, i], 0))), "proved"),
    (eq(A ** (n - 1), 0), (has_property("lower_triangular", A), forall(i, eq(A[i, i], 0))), "refuted"),
    (eq(A**n, 0), (forall(i, eq(A[i, i], 0)),), "refuted"),
    (vanishes(A**k), (has_property("lower_triangular", A), forall(i, lt(abs(A[i, i]), 1))), "proved"),
    (bounded(A**k), (has_property("lower_triangular", A), forall(i, le(abs(A[i, i]), 1))), "refuted"),
    (vanishes(A**k), (forall(i, lt(abs(A[i, i]), 1)),), "refuted"),
    (eq(A**k, eye(n)), (le(0, k), eq(k, 0)), "proved"),
    (eq(A**k, A), (le(0, k), eq(k, 0)), "refuted"),
    (eq(A**k, eye(n)), (eq(k, 0),), "undecided"),
]


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_families_of_claims(told: Any) -> None:
    claim, hypotheses, verdict = told
    assert decided(claim, *hypotheses).verdict == verdict


def test_a_lag_that_cannot_be_0_is_told_so() -> None:
    (why,) = decided(eq(A**k, eye(n)), eq(k, 0)).attempts
    assert "but k is 1 or more; the hypothesis le(0, k)" in why


# ---- limits at an instance ----

LIMITS = [  # of [1/2, 5; 0, 1/2], [0, -1; 1, 0], [1, 1; 0, 1], [2, 0; 0, 1/2]: vanishes, bounded, explodes
    (lambda x: det(x**k), "vbbb"),
    (lambda x: spectral_radius(x**k), "vbbe"),
    (lambda x: summation(x**j, j, 0, k), "bbee"),
    (lambda x: summation(x**j, j, 2, 2 * k - 1), "bbee"),
    (lambda x: (eye(2) - x / 3).inv - summation((x / 3) ** j, j, 0, k), "vvvv"),
    (lambda x: (eye(2) - x / 3).inv - summation((x / 3) ** j, j, 1, k), "bbbb"),
    (lambda x: det(x**k - eye(2)), "bbve"),
    (lambda x: summation(j * x**j, j, 0, k), "beee"),
]
GIVEN = (SHEAR, TURN, [[1, 1], [0, 1]], [[2, 0], [0, HALF]])


@pytest.mark.parametrize("number", range(len(LIMITS)))
def test_limits_of_sums_determinants_and_radii(number: int) -> None:
    made, behaviours = LIMITS[number]
    for rows, behaviour in zip(GIVEN, behaviours, strict=True):
        x = made(matrix(rows))
        for name, claim in (("v", vanishes(x, k)), ("b", bounded(x, k)), ("e", explodes(x, k))):
            holds = name == behaviour or (name == "b" and behaviour == "v")
            assert decided(claim).verdict == ("proved" if holds else "refuted"), (rows, name)


def test_wrong_limits_are_refuted() -> None:
    wrong = summation(A**j, j, 1, k)
    for claim in (
        implies(lt(norm(A), 1), vanishes((eye(n) - A).inv - wrong, k)),
        implies(bounded(det(A**k), k), bounded(A**k)),
        implies(bounded(spectral_radius(A**k), k), bounded(A**k)),
        implies(le(norm(A), 1), bounded(summation(A**j, j, 0, k), k)),
    ):
        assert decided(claim).verdict == "refuted"


def test_what_grows_or_persists_unseen_is_found() -> None:
    cell = Leaky(tanh)
    J = jacobian(cell.h[cell.t], cell.h[cell.t - k])
    small = lt(norm(cell.W_hh), 1)
    assert decided(implies(small, vanishes(J)), cell=cell).verdict == "refuted", "a leak of 0 keeps everything"
    leaking = lt(0, cell.alpha) & le(cell.alpha, 1)
    assert decided(implies(small & leaking, vanishes(J)), cell=cell).verdict == "proved"
    assert decided(implies(vanishes((A**k)[1, 1], k), vanishes(A**k))).verdict == "refuted"
    assert decided(implies(eq(A @ A, A), le(norm(A), 1))).verdict == "refuted"


def test_sums_that_are_not_of_one_matrix_are_not_evaluated() -> None:
    """The members of a family in a sum recur with their own period, not at every step."""
    family = matrix("F", 1)
    found = decided(vanishes(summation(family[j], j, 0, k), k))
    assert found.verdict == "undecided"
