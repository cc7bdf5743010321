"""Every identity of the tables is decided right, and its evidence survives being looked at from outside.

A proof is replayed from JSON and its claim tried at random; a counterexample is evaluated by ``evaluator.py`` from the
instance, and its data by ``referee.py``. No verdict may be false; UNDECIDED is accepted where the table says why.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from evaluator import Unclear, from_instance
from identities import ALL
from networks import draws
from referee import judge
from vocabulary import A, B, Identity, j, k, n, one

from symrnn import (
    ClaimError,
    Derivation,
    Elman,
    Refused,
    eq,
    has_property,
    index,
    kernel,
    lag,
    matrix,
    product,
    scalar,
    sigmoid,
    size,
    summation,
)
from symrnn.certificates import Point, Proved, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import HOLE, Sum
from symrnn.counterexamples import of_instance
from symrnn.replay import entry_of, replay_entry
from symrnn.search.decide import Decision, decide

ATTEMPTS = 12
JUDGED: Counter[str] = Counter()


def claim_of(x: Identity) -> Claim:
    return Derivation("identities").step("1", x.claim, assuming=x.hypotheses).claim


def test_the_tables_are_large_and_balanced() -> None:
    truths = Counter(x.truth for x in ALL)
    assert len({x.name for x in ALL}) == len(ALL) >= 390
    assert truths["proved"] >= 180 and truths["refuted"] >= 150 and truths["conditional"] >= 6


@pytest.mark.parametrize("x", ALL, ids=lambda x: x.name)
def test_identity(x: Identity) -> None:
    claim = claim_of(x)
    decision = decide(claim)
    allowed = {x.truth, "undecided"} if x.open_ else {x.truth}
    assert decision.verdict in allowed, decision.attempts
    if decision.verdict == "proved":
        tried_at_random(claim, x.name)
    elif decision.instance is not None:
        violated(claim, decision)
    if decision.certificate is not None:
        entry = json.loads(json.dumps(entry_of(claim, decision.verdict, decision.certificate)))
        replay_entry(entry)
        other = "refuted" if decision.verdict == "proved" else "proved"
        with pytest.raises(Refused):
            replay_entry({**entry, "verdict": other})


def tried_at_random(claim: Claim, seed: str) -> None:
    for net in draws(claim, seed, ATTEMPTS):
        try:
            assert net.holds(claim), f"proved, but it fails at {net.integers} {net.matrices}"
        except Unclear:
            return


def violated(claim: Claim, decision: Decision) -> None:
    """The instance, evaluated independently, and the data that are shown of it."""
    net = from_instance(claim, decision.instance)
    try:
        assert net.holds(claim) is False
        JUDGED["instances"] += 1
    except Unclear:
        JUDGED["unclear"] += 1
    shown: dict[str, Any] = json.loads(json.dumps(of_instance(claim, decision.instance)))  # type: ignore[arg-type]
    JUDGED["data" if judge(shown) else f"not judged: {shown['kind']}"] += 1


def test_counterexamples_were_judged() -> None:
    """Comes last in this file: nearly all counterexamples could be looked at, by both."""
    if JUDGED["instances"] < 100:
        pytest.skip("only a selection ran")
    assert JUDGED["unclear"] <= JUDGED["instances"] // 20, JUDGED
    assert JUDGED["data"] >= 9 * (JUDGED["instances"] + JUDGED["unclear"]) // 10, JUDGED


# ---- what may not even be stated, and certificates that show nothing -------------------------------------------------


def test_what_has_no_meaning_is_an_error() -> None:
    d = Derivation("errors")
    with pytest.raises(ClaimError, match="needs a square matrix"):
        matrix("T", n, size("m"), "symmetric")
    with pytest.raises(ClaimError, match="unknown property"):
        matrix("T", n, n, "round")
    with pytest.raises(ClaimError, match=r"comes first, as in has_property\('orthogonal', A\)"):
        has_property(A, "orthogonal")  # type: ignore[arg-type]
    with pytest.raises(ClaimError, match="truth value"):
        d.step("1", A == B or bool(A))  # type: ignore[arg-type]
    with pytest.raises(ClaimError, match="declared twice"):
        d.step("1", eq(A, matrix("A", n, n, "symmetric")))
    with pytest.raises(ClaimError, match="family over time"):
        eq(Elman(sigmoid).h, A)
    with pytest.raises(ClaimError, match="used both as"):
        d.step("2", eq(A ** lag("k"), A ** index("k")))
    with pytest.raises(AttributeError, match="no symbol W_hh"):
        eq(d.W_hh, A)
    with pytest.raises(ClaimError, match="not exact"):
        eq(A, 0.5 * A)
    with pytest.raises(ClaimError, match="division by the number 0"):
        A / 0
    with pytest.raises(ClaimError, match="write @"):
        decide(d.step("4", eq(A * B, A)).claim)
    with pytest.raises(ClaimError, match="bound"):
        product(A[j], j + 1, 1, k)


def refused(claim: Claim, certificate: Any) -> bool:
    try:
        kernel.check(claim, certificate)
    except Refused:
        return True
    return False


def test_the_kernel_refuses_proofs_of_what_is_false() -> None:
    """Certificates made by hand: equations of one index used under a binder of the same name, and the like."""
    bound = j.terms[0][0]
    about_one = eq(A[j] + summation(A[j] @ B[j], j, 1, k), A[j] + k * one)
    claim = Derivation("x").step("1", about_one, assuming=[eq(A[j] @ B[j], one)]).claim
    assert decide(claim).verdict == "refuted"
    captured = Words("left", "left", (), (Use(Sum(HOLE, bound, as_index(1), k), "hyp:0", (), ()),))
    with pytest.raises(Refused):
        kernel.entails(claim, captured)


def test_the_kernel_refuses_instances_that_show_nothing() -> None:
    true_claim = Derivation("x").step("1", eq(A + B, B + A)).claim
    false_claim = Derivation("x").step("1", eq(A @ B, B @ A)).claim
    found = decide(false_claim)
    assert found.instance is not None
    assert refused(true_claim, Point(found.instance))
    assert refused(false_claim, Proved(Words("left", "left", (), ()), None))
    assert refused(false_claim, Words("left", "left", (), ()))


def test_names_do_not_capture() -> None:
    """A bound index may be called as a free one."""
    free = index("j")
    outer = eq(summation(A[j], j, 1, k) + B[free], B[free] + summation(A[index("i")], index("i"), 1, k))
    assert decide(Derivation("x").step("1", outer).claim).verdict == "proved"
    inner = eq(summation(scalar("c")[j] * A, j, 1, k), scalar("c")[free] * k * A)
    assert decide(Derivation("x").step("1", inner).claim).verdict == "refuted"
    assert Var("j", "index", None) == free.terms[0][0]
