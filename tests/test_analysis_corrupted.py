"""Proofs about norms, spectra, limits and networks, damaged; lying search; and slips in the claims themselves.

A damaged proof may still prove its claim; it must prove none of the false ones beside it. A claim with a slip in it may
still be true; what is proved of it is attacked by an evaluator that shares nothing with the kernel.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from analysis_claims import GROUPS, Case, networks
from evaluator import Unclear
from size_claims import SIZES
from spectral import draws
from test_kernel_corrupted import corruptions

from symrnn import CertificateError, Derivation, Refused, eye, kernel, le, lt, matrix, norm, size, spectral_radius
from symrnn.certificates import (
    Absurd,
    AllTrajectories,
    Annihilated,
    Antisymmetry,
    Cite,
    Defining,
    Different,
    Dominated,
    Fact,
    Geometric,
    Given,
    Order,
    Proof,
    Raised,
    Spelt,
    Split,
    Steer,
    Turn,
    Within,
)
from symrnn.claims import tree as tr
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.substitution import rebuild, walk
from symrnn.errors import SymrnnError
from symrnn.search.prove import prove
from symrnn.semantics.inequalities import ONE, AtMost

decide = importlib.import_module("symrnn.search.decide")
pipeline = importlib.import_module("symrnn.check")
CASES = [case for group in (*GROUPS, *SIZES) for case in group()]
NEW = (
    Order,
    AtMost,
    Annihilated,
    Antisymmetry,
    Raised,
    Cite,
    Given,
    Fact,
    Geometric,
    Dominated,
    Within,
    Split,
    Turn,
    AllTrajectories,
    Steer,
)
TRIES = 16


@cache
def proved(claim: Claim) -> Proof | None:
    return prove(claim)


def shown(claim: Claim, data: Any) -> bool:
    try:
        kernel.entails(claim, decode(data))
    except (Refused, CertificateError):
        return False
    return True


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_damaged_proofs(case: Case) -> None:
    name, claim, misses = case
    proof = proved(claim)
    if proof is None:
        return
    rng, data = random.Random(name), encode(proof)
    for _ in range(TRIES):
        bad = corruptions(data, rng)
        for miss in misses:
            assert not shown(miss, bad), (str(miss.conclusion), bad)


def test_every_new_kind_of_proof_was_damaged() -> None:
    proofs = [proof for _, claim, _ in CASES if (proof := proved(claim)) is not None]
    kinds = {type(x) for proof in proofs for x in walk(proof)}
    assert set(NEW) <= kinds, [k.__name__ for k in set(NEW) - kinds]
    refused = 0
    for proof, (_, claim, _) in zip(proofs, [c for c in CASES if proved(c[1]) is not None], strict=True):
        bad = [corruptions(encode(proof), random.Random(i)) for i in range(6)]
        refused += sum(not shown(claim, x) for x in bad)
    assert refused > 150


def test_the_proof_of_one_claim_proves_no_false_neighbour_of_another() -> None:
    proofs = [proved(claim) for _, claim, _ in networks()]
    false = [miss for _, _, misses in networks() for miss in misses]
    for proof in (p for p in proofs if p is not None):
        for miss in false:
            assert not shown(miss, encode(proof)), str(miss.conclusion)


# ---- search that lies -----------------------------------------------------------------------------------------------

n = size("n")
A = matrix("A", n)
d = Derivation("lies")
FALSE = d.step("1", le(norm(A), spectral_radius(A)))
UNDER = d.step("2", lt(spectral_radius(A), 1), assuming=[le(norm(A), 1)])
LIES: list[Proof] = [
    Order(()),
    Order((AtMost("norm", norm(A), (), (), ONE, as_index(1)),)),
    Order((AtMost("lemma:norm of a normal matrix", ONE, (), (), ONE, as_index(1)),)),
    Order((AtMost("hyp:0", ONE, (), (), ONE, as_index(1)),)),
    Cite("norm of a normal matrix", (), ()),
    Given(0),
    Fact(le(norm(A), spectral_radius(A)), Given(0), Given(0)),
    Fact(FALSE.claim.conclusion, Order(()), Given(1)),
    Geometric("2", False, ()),
    Dominated(Given(0)),
    Within(eye(n), A, eye(n), Given(0)),
    Split(A, A, Given(0), Given(0), True),
    Absurd(0, Given(0)),
    Annihilated((Fraction(0), Fraction(-1), Fraction(1)), Given(0)),
    Antisymmetry(Given(0), Given(0)),
    Raised(as_index(2), Given(0), Order(())),
    Spelt(Given(0)),
    Defining(False, Given(0)),
    Different(),
    Turn(Given(0)),
    AllTrajectories(Given(0)),
    Steer(0, A, Given(0), Given(0)),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda p: type(p).__name__)
def test_a_lying_prover(lie: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "prove", lambda claim: lie)
    for step in (FALSE, UNDER):
        with pytest.raises(Refused):
            kernel.entails(step.claim, lie)
        result = pipeline.check_step(d, step, {})
        assert result.verdict != "proved" and result.alarm is not None and "refused" in result.alarm


# ---- slips in claims ------------------------------------------------------------------------------------------------

KINDS = ("1", "2", "inf", "fro")
NAMES = ("vanishes", "bounded", "explodes")


def slips(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """Single changes: relations, numbers, norms, limits, fields, a transpose lost, a factor doubled, a hypothesis."""
    for i, h in enumerate(claim.hypotheses):
        yield f"without {h}", replace(claim, hypotheses=claim.hypotheses[:i] + claim.hypotheses[i + 1 :])
    places = [x for p in (claim.conclusion, *claim.hypotheses) for x in walk(p)]
    for old in dict.fromkeys(places):
        for new in _instead(old):
            made: Claim = _put(claim, old, new)
            try:
                for p in (made.conclusion, *made.hypotheses):
                    check_shapes(p)
            except SymrnnError:
                continue
            yield f"{new} for {old}", made


def _instead(x: Any) -> Iterator[Any]:
    match x:
        case tr.Rel(op=op):
            yield from (replace(x, op=other) for other in ("<", "<=", "=") if other != op)
            yield replace(x, lhs=x.rhs, rhs=x.lhs)
        case tr.Const(value=value) if value:
            yield from (tr.Const(value * Fraction(9, 10)), tr.Const(value + 1))
        case tr.Norm(arg=arg, kind=kind):
            yield from (tr.Norm(arg, other) for other in KINDS if other != kind)
            yield tr.SpectralRadius(arg)
        case tr.SpectralRadius(arg=arg):
            yield from (tr.Norm(arg, "2"), tr.SpectralRadius(2 * arg))
        case tr.Pred(name=name) if name in NAMES:
            yield from (replace(x, name=other) for other in NAMES if other != name)
        case tr.Pred(field="C") | tr.Pred(field="R"):
            yield replace(x, field="R" if x.field == "C" else "C")
        case tr.Pred(name="normal" | "symmetric" | "nonnegative" | "upper_triangular"):
            yield from (replace(x, name=other) for other in ("invertible", "diagonal", "normal") if other != x.name)
        case tr.Transpose(arg=arg) | tr.Abs(arg=arg):
            yield arg
        case tr.MatMul(args=args) if len(args) > 1:
            yield tr.MatMul((*args, args[-1]))
            yield tr.MatMul(args[::-1])
        case tr.Not(arg=arg):
            yield arg
        case tr.Iff(left=left, right=right):
            yield from (tr.Iff(left, tr.Not(right)), tr.Implies(left, right))


def _put(n_: Any, old: Any, new: Any) -> Any:
    if n_ == old:
        return new
    return rebuild(n_, lambda c: _put(c, old, new)) if not isinstance(n_, tr.Index | tr.Sym) else n_


PLAIN = [c for c in CASES if c[1].cell is None and not any(isinstance(x, tr.Apply) for x in walk(c[1]))]


def attacked(name: str, what: str, claim: Claim, count: int) -> str:
    """Whether a claim is proved, and then not broken at any network."""
    proof = prove(claim)
    if proof is None:
        return "open"
    kernel.entails(claim, proof)
    tried = 0
    for net in draws(claim, f"{name} {what}", count):
        try:
            held = net.holds(claim)
        except Unclear:
            continue
        tried += held is not None
        assert held is not False, (name, what, net.integers, net.matrices)
    return "tried" if tried else "vacuous or unclear"


def test_slips_that_are_proved_are_true() -> None:
    rng = random.Random(11)
    pool = [(name, what, made) for name, claim, _ in PLAIN for what, made in slips(claim)]
    assert len(pool) > 350
    found = [attacked(*slip, 60) for slip in rng.sample(pool, 60)]
    assert found.count("open") > 20 and found.count("tried") > 5


@pytest.mark.campaign
@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case[0])
def test_all_slips_that_are_proved_are_true(case: Case) -> None:
    for what, made in slips(case[1]):
        attacked(case[0], what, made, 150)
        for again, twice in slips(made):
            if random.Random(f"{what}{again}").random() < 0.04:
                attacked(case[0], f"{what}; {again}", twice, 80)
