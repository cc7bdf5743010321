"""Search that lies: nothing false gets through, and the run ends with exit code 3."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from symrnn import Derivation, Elman, Refused, eq, jacobian, kernel, matrix, product, sigmoid, size
from symrnn.certificates import Induct, Known, Point, Proved, Use, Words
from symrnn.claims.index import sole_variable
from symrnn.claims.tree import HOLE
from symrnn.cli import main
from symrnn.semantics.instances import Instance

decide = importlib.import_module("symrnn.search.decide")
pipeline = importlib.import_module("symrnn.check")

SCRIPT = """
from symrnn import Derivation, Elman, eq, jacobian, matrix, product, sigmoid, size
d = Derivation("sabotaged", cell=Elman(sigmoid))
h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
d.step("1", eq(jacobian(h[t], h[t - k]), product(D[j], j, t, t - k + 1) @ W**k))
"""
d = Derivation("names", cell=Elman(sigmoid))
h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
FALSE = d.step("1", eq(jacobian(h[t], h[t - k]), product(D[j], j, t, t - k + 1) @ W**k))
PLAIN = Words("left", "left", (), ())
NONSENSE = [
    PLAIN,
    Known(),
    Induct(sole_variable(k), 1, (PLAIN,), PLAIN),
    Induct(sole_variable(k), 0, (PLAIN,), Words("left", "left", (), (Use(HOLE, "ih:0", (), ()),))),
    Words("left", "left", (), (Use(HOLE, "lemma:everything commutes", (), ()),)),
    Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),)),
]


@pytest.mark.parametrize("proof", NONSENSE, ids=lambda p: type(p).__name__)
def test_a_lying_prover(proof: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        kernel.check(FALSE.claim, Proved(proof, None))
    monkeypatch.setattr(decide, "prove", lambda claim: proof)
    result = pipeline.check_step(d, FALSE, {})
    assert result.verdict != "proved" and result.alarm is not None and "refused" in result.alarm
    script = tmp_path / "sabotaged.py"
    script.write_text(SCRIPT)
    assert main(["check", str(script)], standalone_mode=False) == 3


def test_a_lying_refuter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A true claim, and an instance that violates nothing."""
    n = size("n")
    a = matrix("A", n)
    honest = Derivation("x").step("1", eq(a @ a @ a, a**3))
    world = decide.decide(Derivation("x").step("1", eq(a @ a, a)).claim).instance
    assert isinstance(world, Instance)
    monkeypatch.setattr(decide, "prove", lambda claim: None)
    monkeypatch.setattr(decide, "refute", lambda claim, tally, small=(), known=None: world)
    found = decide.decide(honest.claim)
    assert found.verdict == "undecided" and found.refused is not None
    with pytest.raises(Refused):
        kernel.check(honest.claim, Point(world))


def test_a_swapped_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step-map derivative with its factors swapped, in the trusted part itself: the cross-check is loud."""
    chain = importlib.import_module("symrnn.semantics.chain")
    instances = importlib.import_module("symrnn.semantics.instances")
    derivative = importlib.import_module("symrnn.semantics.derivative")
    true_one_step = derivative.one_step

    def swapped(cell: Any, of: Any, wrt: Any) -> Any:
        from symrnn.claims.tree import MatMul

        found = true_one_step(cell, of, wrt)
        return MatMul(found.args[::-1]) if isinstance(found, MatMul) else found

    monkeypatch.setattr(chain, "one_step", swapped)
    monkeypatch.setattr(instances, "one_step", swapped)
    wrong = Derivation("x", cell=Elman(sigmoid)).step("1", eq(jacobian(h[t], h[t - 1]), W @ D[t]))
    result = pipeline.check_step(d, wrong, {})
    assert result.alarm is not None and "cross-check" in result.alarm


def test_judgements_come_from_the_kernel_only() -> None:
    with pytest.raises(Refused):
        kernel.Judgement(FALSE.claim, "proved", (), None, object())
