"""Steps in worker processes: order, deadlines, crashes, interruptions."""

from __future__ import annotations

import faulthandler
import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from symrnn import Derivation, Elman, eq, jacobian, matrix, sigmoid, size
from symrnn.check import Heard
from symrnn.derivations import Step
from symrnn.errors import ClaimError
from symrnn.verdicts import StepResult
from symrnn.worker import Progress, run, undecided

Earlier = Mapping[str, StepResult]


def derivation(*steps: str, title: str = "Notes") -> Derivation:
    """A derivation with steps "1", "2<1" (2 follows from 1), ..."""
    d = Derivation(title, cell=Elman(sigmoid))
    for text in steps:
        name, *cited = text.replace("<", ",").split(",")
        d.step(name, eq(jacobian(d.h[d.t], d.h[d.t - 1]), d.D[d.t] @ d.W_hh), follows=cited, title=f"as {name}")
    return d


def decide(derivation: Derivation, step: Step, earlier: Earlier, decided: Heard) -> StepResult:
    result = undecided(step, earlier, "seen: " + ",".join(earlier))
    return replace(result, verdict="proved", reason=f"{result.reason}; process {os.getpid()}")


def misbehave(derivation: Derivation, step: Step, earlier: Earlier, decided: Heard) -> StepResult:
    """Do what the id of the step says; with "early", once its verdict was told."""
    what = step.id.split()[-1]
    if step.id.startswith("early "):
        decided(replace(decide(derivation, step, earlier, decided), verdict="refuted"))
    if what == "hang":
        time.sleep(100)
    if what == "spin":
        while True:
            pass
    if what == "segfault":
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "exit":
        os._exit(7)
    if what == "memory":
        raise MemoryError
    if what == "bug":
        raise ValueError("boom")
    if what == "sysexit":
        raise SystemExit(3)
    if what == "malformed":
        raise ClaimError("W_hq is not declared")
    return decide(derivation, step, earlier, decided)


def verdicts(d: Derivation, **options: object) -> dict[str, str]:
    done = run([d], decide=misbehave, **options)  # type: ignore[arg-type]
    return {s.id: s.verdict for s in done.results[0].steps}


def reason(result: StepResult) -> str:
    return result.reason.split("; process")[0]


def test_results_come_in_order_whatever_the_number_of_jobs() -> None:
    several = [derivation("1", "2<1", "3", "4<2", "5<1", title="A"), derivation("1", "x<1", title="B")]
    one, many = (run(several, decide=decide, jobs=jobs) for jobs in (1, 4))
    seen = [[(s.id, reason(s)) for s in r.steps] for r in one.results]
    assert seen == [[(s.id, reason(s)) for s in r.steps] for r in many.results]
    assert seen[0] == [("1", "seen: "), ("2", "seen: 1"), ("3", "seen: "), ("4", "seen: 1,2"), ("5", "seen: 1")]
    assert [(r.title, r.cell, r.activation) for r in one.results] == [
        ("A", "elman", "sigmoid"),
        ("B", "elman", "sigmoid"),
    ]
    assert not one.errors and not one.interrupted
    processes = {s.reason.split()[-1] for r in one.results for s in r.steps}
    assert len(processes) == 1 and str(os.getpid()) not in processes


def test_a_step_alone_is_decided_from_its_ancestors() -> None:
    done = run([derivation("1", "2<1", "3", "4<2"), derivation("9")], decide=decide, only=["4"])
    assert [[(s.id, reason(s)) for s in r.steps] for r in done.results] == [[("4", "seen: 1,2")]]


def test_what_is_known_is_not_decided_again() -> None:
    d, heard = derivation("1", "2<1", "3<2"), list[str]()
    known = {"2": undecided(d.steps[1], {}, "known before")}
    done = run([d], decide=decide, only=["2", "3"], known=known, on_result=lambda _, r: heard.append(r.id))
    assert [(s.id, reason(s)) for s in done.results[0].steps] == [("2", "known before"), ("3", "seen: 1,2")]
    assert heard == ["1", "3"]


def test_results_are_heard_as_they_come() -> None:
    heard: list[tuple[str, str]] = []
    run([derivation("1", "2<1")], decide=decide, on_result=lambda d, r: heard.append((d.title, r.id)))
    assert heard == [("Notes", "1"), ("Notes", "2")]


def test_a_hung_step_is_undecided_and_the_others_go_on() -> None:
    began = time.monotonic()
    done = run([derivation("1", "hang<1", "spin", "4<hang", "5")], decide=misbehave, deadline=0.3)
    steps = {s.id: s for s in done.results[0].steps}
    assert [s.verdict for s in steps.values()] == ["proved", "undecided", "undecided", "proved", "proved"]
    assert steps["hang"].reason == "no verdict within the deadline of 0.3 s"
    assert steps["hang"].attempts == ("deadline of 0.3 s struck",)
    assert 0.3 <= steps["hang"].seconds < 5
    assert steps["hang"].claim_text == "d h[t] / d h[t-1] = D[t] W_hh" and steps["hang"].claim_latex
    assert (steps["hang"].layout, steps["hang"].inference, steps["hang"].title) == ("numerator", "unknown", "as hang")
    assert steps["4"].rests_on == ("hang",)
    assert steps["1"].reason.split()[-1] != steps["5"].reason.split()[-1], "a fresh process after a kill"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("segfault", "the worker process was killed by SIGSEGV"),
        ("exit", "the worker process ended with exit code 7"),
        ("memory", "out of memory"),
        ("bug", "internal error: ValueError: boom"),
        ("sysexit", "internal error: SystemExit: 3"),
    ],
)
def test_a_crash_is_undecided_with_the_reason(what: str, why: str) -> None:
    done = run([derivation("1", what, "3")], decide=misbehave)
    before, crashed, after = done.results[0].steps
    assert (before.verdict, crashed.verdict, after.verdict) == ("proved", "undecided", "proved")
    assert (crashed.reason, crashed.attempts) == (why, (why,))
    assert not done.errors


def test_a_malformed_claim_is_an_error_with_its_place() -> None:
    d = derivation("1", "malformed")
    done = run([d], decide=misbehave)
    assert [(e.source, e.line, e.message) for e in done.errors] == [
        (__file__, d.steps[1].line, "step malformed: W_hq is not declared")
    ]
    assert [s.verdict for s in done.results[0].steps] == ["proved", "undecided"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("hang", "deadline of 0.5 s struck"),
        ("exit", "the worker process ended with exit code 7"),
        ("bug", "internal error: ValueError: boom"),
        ("memory", "out of memory"),
    ],
)
def test_a_verdict_stands_where_only_what_is_beside_it_is_lost(what: str, why: str) -> None:
    done = run([derivation("1", f"early {what}<1", f"4<early {what}")], decide=misbehave, deadline=0.5)
    before, early, after = done.results[0].steps
    assert (before.verdict, early.verdict, after.verdict) == ("proved", "refuted", "proved")
    assert early.reason.endswith(f"; conditions and variants were not looked for to the end: {why}")
    assert reason(early) == "seen: 1" and after.rests_on == (f"early {what}",)


def test_a_verdict_told_early_is_that_of_its_step_alone() -> None:
    done = run([derivation("early 1", "hang")], decide=misbehave, deadline=0.5)
    assert [s.verdict for s in done.results[0].steps] == ["proved", "undecided"]


def test_a_malformed_claim_has_no_verdict() -> None:
    done = run([derivation("early malformed")], decide=misbehave)
    assert [s.verdict for s in done.results[0].steps] == ["undecided"] and len(done.errors) == 1


def test_ctrl_c_keeps_what_was_decided() -> None:
    def stop(d: Derivation, result: StepResult) -> None:
        if result.id == "2":
            raise KeyboardInterrupt

    done = run([derivation("1", "2", "3", "4<3")], decide=decide, on_result=stop)
    assert done.interrupted
    steps = done.results[0].steps
    assert [s.verdict for s in steps] == ["proved", "proved", "undecided", "undecided"]
    assert steps[2].reason == "interrupted before it was decided" and steps[2].attempts == ("interrupted",)
    assert steps[3].rests_on == ("3",)
    assert not multiprocessing.active_children()


def test_no_process_is_left_behind() -> None:
    verdicts(derivation("1", "hang", "exit"), deadline=0.2, jobs=3)
    assert not multiprocessing.active_children()


def test_large_results_come_through() -> None:
    def large(d: Derivation, step: Step, earlier: Earlier, decided: Heard) -> StepResult:
        return replace(decide(d, step, earlier, decided), certificate=["x" * 1000] * 3000)

    done = run([derivation("1", "2<1")], decide=large)
    assert [len(s.certificate) for s in done.results[0].steps] == [3000, 3000]


def test_what_a_step_prints_stays_out_of_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    def talk(d: Derivation, step: Step, earlier: Earlier, decided: Heard) -> StepResult:
        print("chatter")
        return decide(d, step, earlier, decided)

    run([derivation("1")], decide=talk)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "chatter\n")


def test_progress_is_told_while_a_step_runs() -> None:
    told: list[Progress] = []
    run([derivation("1", "hang")], decide=misbehave, deadline=1.2, on_tick=told.append)
    assert all(p.total == 2 for p in told) and told[-1].done == 2
    during = [p for p in told if p.running]
    assert during and during[-1].running[0][:2] == ("Notes", "hang") and during[-1].running[0][2] < 1.5


def test_nothing_to_do() -> None:
    assert run([]).results == ()
    assert [r.steps for r in run([Derivation("empty")]).results] == [()]
    assert run([derivation("1")], only=["2"]).results == ()


def test_no_deadline() -> None:
    assert verdicts(derivation("1", "2"), deadline=float("inf")) == {"1": "proved", "2": "proved"}


FAKE = """
from dataclasses import replace
from symrnn.worker import undecided

def decide(derivation, step, earlier, decided):
    if step.id == "stuck":
        while True: pass
    return replace(undecided(step, earlier, derivation.title), verdict="proved")
"""


def test_works_by_spawning_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "symrnn_fake_steps.py").write_text(FAKE)
    monkeypatch.syspath_prepend(str(tmp_path))
    fake = importlib.import_module("symrnn_fake_steps")
    d = Derivation("Spawned", cell=Elman(sigmoid))
    w = matrix("A", size("n"))
    for name in ("1", "stuck", "3"):
        d.step(name, eq(w, w))
    done = run([d], decide=fake.decide, method="spawn", deadline=0.5)
    assert [(s.verdict, s.reason) for s in done.results[0].steps] == [
        ("proved", "Spawned"),
        ("undecided", "no verdict within the deadline of 0.5 s"),
        ("proved", "Spawned"),
    ]
    sys.modules.pop("symrnn_fake_steps")


def test_the_worker_calls_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("symrnn.check"), "check_step", decide, raising=False)
    assert run([derivation("1")]).results[0].steps[0].verdict == "proved"
