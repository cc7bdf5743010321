"""Every cited lemma: a reference, and attempts to break it with exact matrices, singular and defective ones among them.

Nothing of ``symrnn.semantics`` takes part: the statements are evaluated by ``evaluator.py`` and ``spectral.py``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from closed_forms import Number
from spectral import Spectral, characteristic, decomposable, discriminant, draws, powers, squarefree
from vocabulary import A, B, R, k, n

import symrnn as sy
from symrnn import det, eq, explodes, le, lt, matrix, negation, norm, vanishes
from symrnn.claims import tree as tr
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.substitution import symbols
from symrnn.lemmas import LEMMAS

ATTEMPTS = 240
ENOUGH = 40  # instances that meet the hypotheses
IMPLIED = {("an eigenvector basis", 0)}  # a hypothesis without which another one has no meaning
rho = sy.spectral_radius


def instances(claim: Claim, seed: str, count: int = ATTEMPTS) -> list[Spectral]:
    return list(draws(claim, seed, count))


def broken(claim: Claim, seed: str, count: int = ATTEMPTS) -> bool:
    return any(net.holds(claim) is False for net in draws(claim, seed, count))


@pytest.mark.parametrize("name", LEMMAS)
def test_no_instance_breaks_a_lemma(name: str) -> None:
    claim = LEMMAS[name].claim
    tried = instances(claim, name)
    assert len(tried) >= ENOUGH
    sizes = {net.integers.get("n", 2) for net in tried}
    assert sizes == ({2} if name.endswith("at size 2") or not any(x.shape for x in symbols(claim)) else {1, 2, 3})
    assert not [net.matrices for net in tried if net.holds(claim) is not True]


def test_the_instances_are_of_all_kinds() -> None:
    seen = set()
    for net in draws(LEMMAS["spectral radius below the 2-norm"].claim, "kinds", ATTEMPTS):
        rows = [[x.rational for x in row] for row in net.matrices["A"]]
        chi = characteristic(rows)
        seen.add("singular" if not chi[0] else "regular")
        seen.add("defective" if not decomposable("diagonalizable", "C", rows) else "diagonalisable")
        seen.add("nilpotent" if not any(chi[:-1]) and any(map(any, rows)) else "not nilpotent")
        seen.add("zero" if not any(map(any, rows)) else "not zero")
        seen.add("real" if decomposable("jordan_decomposable", "R", rows) else "complex")
        seen.add(powers(rows))
    assert seen >= {"singular", "defective", "nilpotent", "zero", "complex", "vanishes", "bounded", "explodes"}
    wide = [net for net in draws(LEMMAS["2-norm below the Frobenius norm"].claim, "wide", 60)]
    assert {(net.integers["n"] > net.integers["m"]) - (net.integers["n"] < net.integers["m"]) for net in wide} == {
        -1,
        0,
        1,
    }


@pytest.mark.parametrize("name", LEMMAS)
def test_a_lemma_is_stated_in_full(name: str) -> None:
    lemma = LEMMAS[name]
    assert lemma.name == name and len(lemma.reference) > 13
    assert lemma.claim.cell is None
    for prop in (lemma.claim.conclusion, *lemma.claim.hypotheses):
        check_shapes(prop)
        assert isinstance(prop, tr.Rel | tr.Pred | tr.Not | tr.Or)
    for s in symbols(lemma.claim):
        assert s.role == "free" and not s.props and not s.family, "a lemma speaks of any matrices of a shape"


@pytest.mark.parametrize("name", [name for name, lemma in LEMMAS.items() if lemma.claim.hypotheses])
def test_the_hypotheses_of_a_lemma_are_needed(name: str) -> None:
    """Without any one of them it can be broken, by the very means used above."""
    claim = LEMMAS[name].claim
    for i in range(len(claim.hypotheses)):
        if (name, i) not in IMPLIED:
            rest = claim.hypotheses[:i] + claim.hypotheses[i + 1 :]
            assert broken(Claim(claim.conclusion, rest, None), name, 3 * ATTEMPTS), i


def _has(name: str, x: Any) -> Any:
    return sy.has_property(name, x)


WRONG = [
    (eq(det(A + B), det(A) + det(B)),),
    (eq(A @ B, B @ A),),
    (eq(det(2 * A), 2 * det(A)),),
    (le(norm(A), rho(A)),),
    (eq(norm(A), rho(A)), sy.diagonalizable(A)),
    (lt(rho(A), norm(A)),),
    (le(norm(A, 1), norm(A)),),
    (le(norm(R, "fro"), norm(R)),),
    (le(norm(R), norm(R, 1)),),
    (le(norm(R), norm(R, "inf")),),
    (le(norm(R) ** 2, norm(R, 1) * norm(R, 1)),),
    (le(rho(sy.absolute(A)), rho(A)),),
    (le(rho(A), rho(B)), le(A, B)),
    (lt(rho(A), rho(B)), _has("nonnegative", A), le(A, B)),
    (eq(rho(A), rho(sy.absolute(A))), _has("symmetric", A)),
    (eq(rho(A), norm(sy.hadamard(sy.eye(n), A))),),
    (eq(rho(A), norm(sy.hadamard(sy.eye(n), A))), _has("symmetric", A)),
    (eq(A ** (n - 1), sy.zeros(n)), eq(rho(A), 0)),
    (le(rho(A @ B), rho(A) * rho(B)),),
    (le(rho(A + B), rho(A) + rho(B)),),
    (eq(rho(A @ B), rho(A) * rho(B)), eq(A @ B, B @ A)),
    (vanishes(A**k, k), le(rho(A), 1)),
    (sy.bounded(A**k, k), le(rho(A), 1)),
    (explodes(A**k, k), le(1, rho(A))),
    (negation(vanishes(A**k, k)), lt(Fraction(1, 2), rho(A))),
    (lt(rho(A), 1), sy.bounded(A**k, k)),
    (sy.diagonalizable(A, "R"), _has("normal", A)),
    (sy.diagonalizable(A, "R"), sy.diagonalizable(A)),
    (sy.diagonalizable(A, "R"), negation(eq(sy.discriminant(A), 0))),
    (_has("normal", A), sy.diagonalizable(A)),
    (sy.unitarily_diagonalizable(A), sy.diagonalizable(A, "R")),
    (negation(eq(sy.discriminant(A), 0)), sy.diagonalizable(A)),
    (sy.squarefree_minimal_polynomial(A), sy.invertible(A)),
    (sy.any_of(negation(eq(sy.discriminant(A), 0)), _has("scalar", A)), sy.diagonalizable(A)),
    (sy.jordan_decomposable(A, "R"),),
    (sy.diagonalizable(A), sy.diagonalizable(A @ A)),
    (sy.diagonalizable(A @ B), sy.diagonalizable(A), sy.diagonalizable(B)),
    (sy.diagonalizable(A + B), sy.diagonalizable(A), sy.diagonalizable(B)),
    (_has("symmetric", A), sy.diagonalizable(A, "R")),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: ", ".join(map(str, w))[:70])
def test_the_attempts_break_what_is_no_lemma(wrong: tuple[Any, ...]) -> None:
    conclusion, *hypotheses = wrong
    assert broken(Claim(conclusion, tuple(hypotheses), None), str(n), 3 * ATTEMPTS)


def test_the_oracle_itself() -> None:
    """By hand: what is computed here is what the words mean."""
    q = Fraction
    block, turn = [[q(1), q(1)], [q(0), q(1)]], [[q(0), q(-1)], [q(1), q(0)]]
    assert characteristic(turn) == [1, 0, 1] and characteristic(block) == [1, -2, 1]
    assert characteristic([[q(2), q(0), q(0)], [q(0), q(2), q(0)], [q(0), q(0), q(3)]]) == [-12, 16, -7, 1]
    assert squarefree([q(1), q(-2), q(1)]) in ([-1, 1], [1, -1], [q(-1, 2), q(1, 2)])
    assert discriminant(block) == 0 and discriminant(turn) == -4 and discriminant([[q(5)]]) == 1
    assert [decomposable("diagonalizable", f, turn) for f in "RC"] == [False, True]
    assert not decomposable("diagonalizable", "C", block) and decomposable("jordan_decomposable", "R", block)
    assert decomposable("unitarily_diagonalizable", "C", turn)
    assert [powers(x) for x in (block, turn, [[q(99, 100)]], [[q(-101, 100)]])] == [
        "explodes",
        "bounded",
        "vanishes",
        "explodes",
    ]
    net = Spectral({"n": 2}, {"A": [[Number.of(x) for x in row] for row in block]})
    golden = net.number(norm(matrix("A", n)), {"n": 2})
    assert abs(golden * golden - golden - 1) < 1e-70
    assert abs(net.number(rho(matrix("A", n)), {"n": 2}) - 1) < 1e-60
