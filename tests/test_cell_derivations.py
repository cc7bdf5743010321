"""The derivations about other cells than the founding one: every step has the verdict it expects, none is UNDECIDED."""

from __future__ import annotations

from pathlib import Path

import pytest

from symrnn.derivations import Step
from symrnn.replay import entry_of, replay_entry
from symrnn.scripts import load
from symrnn.search.decide import decide

ROOT = Path(__file__).parent.parent / "derivations"
FILES = ("gru.py", "hochreiter.py", "linear_recurrence.py", "lstm.py", "pascanu.py")


def steps() -> list[tuple[str, Step]]:
    found = []
    for name in FILES:
        loaded = load([str(ROOT / name)])
        assert not loaded.errors and loaded.derivations
        found += [(f"{name[:-3]} {number}: {s.id}", s) for number, d in enumerate(loaded.derivations) for s in d.steps]
    return found


STEPS = steps()


@pytest.mark.parametrize("step", [s for _, s in STEPS], ids=[name for name, _ in STEPS])
def test_the_verdict_is_the_expected_one(step: Step) -> None:
    decision = decide(step.claim)
    assert decision.verdict == (step.expected or "proved"), decision.attempts
    assert step.expected != "undecided" and decision.certificate is not None
    replay_entry(entry_of(step.claim, decision.verdict, decision.certificate))
