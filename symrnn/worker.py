"""Steps decided in child processes that can be killed: a hung or crashing step costs its own verdict and no other.

A step sees the results of the steps it follows from, directly or not, and of no others. So its result is the same
whether one process works or eight, and whether one step was asked for or all.
"""

from __future__ import annotations

import contextlib
import copyreg
import gc
import math
import multiprocessing
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from symrnn.cells import Cell
from symrnn.claims.latex import latex
from symrnn.claims.substitution import walk
from symrnn.claims.text import text
from symrnn.claims.tree import Jac
from symrnn.derivations import Derivation, Step
from symrnn.errors import ClaimError, ScriptError
from symrnn.records import dataclass, replace
from symrnn.verdicts import DerivationResult, Scope, StepResult

if TYPE_CHECKING:
    from symrnn.search.memory import Memory

DEADLINE = 60.0  # seconds a step may take
STARTUP = 60.0  # seconds a worker may take before it begins a step: imports
GRACE = 30.0  # seconds after its deadline at which an orphaned worker ends itself
TICK = 0.5  # seconds between two calls of on_tick
RARELY = 500_000, 20, 20  # when a worker looks for cycles: trees have none, and small objects are what it makes

copyreg.pickle(Cell, lambda cell: (Cell, (cell.recurrence, cell.names)))  # for spawn

Decide = Callable[[Derivation, Step, Mapping[str, StepResult], Callable[[StepResult], None]], StepResult]
Place = tuple[int, int]  # a step by the numbers of its derivation and of itself
Earlier = dict[str, StepResult]


@dataclass(frozen=True)
class Run:
    """What came of it. ``errors``: claims that turned out malformed; ``interrupted``: Ctrl-C ended it early."""

    results: tuple[DerivationResult, ...]
    errors: tuple[ScriptError, ...]
    interrupted: bool


@dataclass(frozen=True)
class Progress:
    """What goes on: steps done, steps to do, and for each running step its derivation's title, id and seconds."""

    done: int
    total: int
    running: tuple[tuple[str, str, float], ...]


def run(
    derivations: Sequence[Derivation],
    *,
    deadline: float = DEADLINE,
    jobs: int = 1,
    only: Collection[str] = (),
    known: Mapping[str, StepResult] | None = None,
    on_result: Callable[[Derivation, StepResult], None] | None = None,
    on_tick: Callable[[Progress], None] | None = None,
    decide: Decide | None = None,
    memory: Memory | None = None,
    method: str | None = None,
) -> Run:
    """Decide the steps of ``derivations`` in ``jobs`` worker processes, each step within ``deadline`` seconds.

    ``only`` names the ids to report; the steps they follow from are decided too, and derivations without any of the
    ids are left out. ``known`` holds results that are there already, by the ids of a sole derivation; they are not
    decided again. ``on_result`` hears of each result as it comes. A step that exceeds the deadline or ends its
    process is UNDECIDED, as are those that Ctrl-C left over. ``decide`` stands for ``symrnn.check.check_step``;
    ``memory`` keeps what that finds; ``method`` is a start method of multiprocessing, "fork" where there is one.
    """
    plan = _Plan(derivations, only, known or {})
    pool = _Pool(derivations, decide or partial(_check_step, memory), deadline, method or _method())
    interrupted = False
    try:
        _work(plan, pool, max(1, jobs), on_result or (lambda derivation, result: None), on_tick)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        pool.close()
    return Run(plan.results(), tuple(plan.errors), interrupted)


def _method() -> str:
    return "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"


def _work(
    plan: _Plan,
    pool: _Pool,
    jobs: int,
    on_result: Callable[[Derivation, StepResult], None],
    on_tick: Callable[[Progress], None] | None,
) -> None:
    began = time.monotonic()
    while plan.unfinished:
        for place in plan.ready(pool.busy)[: jobs - len(pool.busy)]:
            pool.give(place, plan.earlier(place))
        for place, answer in pool.answers(TICK if on_tick else None):
            result = plan.record(place, answer, began)
            on_result(plan.derivations[place[0]], result)
        if on_tick:
            on_tick(plan.progress(pool.busy))


# ---- the plan: which steps there are, what each waits for, what came of it -------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """What a worker said of a step, or what became of the worker."""

    result: StepResult | None = None
    malformed: str = ""
    reason: str = ""
    attempts: tuple[str, ...] = ()
    seconds: float = 0.0


class _Plan:
    def __init__(
        self, derivations: Sequence[Derivation], only: Collection[str], known: Mapping[str, StepResult]
    ) -> None:
        self.derivations = derivations
        self.errors: list[ScriptError] = []
        self.wanted = [
            i for d in range(len(derivations)) for i in self._places(d) if not only or self.step(i).id in only
        ]
        self.ancestors: dict[Place, frozenset[Place]] = {}
        for d in range(len(derivations)):
            by_id = {self.step(i).id: i for i in self._places(d)}
            for place in self._places(d):  # citations go backwards, so theirs are known
                cited = [by_id[c] for c in self.step(place).follows]
                self.ancestors[place] = frozenset(cited).union(*(self.ancestors[c] for c in cited))
        self.needed = sorted({p for w in self.wanted for p in (w, *self.ancestors[w])})
        self.done = {p: known[self.step(p).id] for p in self.needed if self.step(p).id in known}

    def _places(self, d: int) -> list[Place]:
        return [(d, s) for s in range(len(self.derivations[d].steps))]

    def step(self, place: Place) -> Step:
        return self.derivations[place[0]].steps[place[1]]

    @property
    def unfinished(self) -> bool:
        return len(self.done) < len(self.needed)

    def ready(self, busy: Collection[Place]) -> list[Place]:
        """The steps that can begin now, in order."""
        waiting = (p for p in self.needed if p not in self.done and p not in busy)
        return [p for p in waiting if all(a in self.done for a in self.ancestors[p])]

    def earlier(self, place: Place) -> Earlier:
        return {self.step(a).id: self.done[a] for a in sorted(self.ancestors[place]) if a in self.done}

    def record(self, place: Place, answer: _Answer, began: float) -> StepResult:
        derivation, step = self.derivations[place[0]], self.step(place)
        if answer.malformed:
            self.errors.append(ScriptError(f"step {step.id}: {answer.malformed}", derivation.source, step.line))
        result = answer.result or undecided(
            step, self.earlier(place), answer.malformed or answer.reason, answer.attempts, answer.seconds
        )
        self.done[place] = result
        return result

    def progress(self, busy: Mapping[Place, float]) -> Progress:
        now = time.monotonic()
        running = tuple(
            (self.derivations[p[0]].title, self.step(p).id, now - since) for p, since in sorted(busy.items())
        )
        return Progress(len(self.done), len(self.needed), running)

    def results(self) -> tuple[DerivationResult, ...]:
        """The results in order of definition; what is not done is undecided because of the interruption."""
        for place in self.needed:
            if place not in self.done:
                self.record(place, _Answer(reason="interrupted before it was decided", attempts=("interrupted",)), 0.0)
        found = []
        for d, derivation in enumerate(self.derivations):
            steps = tuple(self.done[p] for p in self.wanted if p[0] == d)
            if steps or not derivation.steps:
                found.append(_result(derivation, steps))
        return tuple(found)


def _result(derivation: Derivation, steps: tuple[StepResult, ...]) -> DerivationResult:
    cell = derivation.cell
    name, activations = (cell.recurrence.name, cell.activations) if cell else ("", ())
    return DerivationResult(derivation.title, derivation.source, name, ", ".join(activations), steps)


def undecided(
    step: Step, earlier: Mapping[str, StepResult], reason: str, attempts: tuple[str, ...] = (), seconds: float = 0.0
) -> StepResult:
    """The result of a step of which nothing could be found out, and why. ``earlier``: those it follows from."""
    return StepResult(
        id=step.id,
        title=step.title,
        claim_text=text(step.claim.conclusion),
        claim_latex=latex(step.claim.conclusion),
        because=step.because,
        follows=step.follows,
        using=step.using,
        verdict="undecided",
        reason=reason,
        expected=step.expected,
        scope=Scope(None, None),
        partial_scope=None,
        inference="unknown" if step.follows else "none",
        rests_on=tuple(r.id for r in earlier.values() if r.verdict != "proved"),
        assumptions=tuple(text(h) for h in step.claim.hypotheses),
        lemmas=(),
        failing_set=None,
        conditions=(),
        counterexample=None,
        repair=None,
        variants=(),
        crosscheck=None,
        certificate=None,
        attempts=attempts,
        alarm=None,
        layout=step.layout if any(isinstance(n, Jac) for n in walk(step.claim)) else "",
        line=step.line,
        seconds=seconds,
    )


# ---- the processes ---------------------------------------------------------------------------------------------------


class _Pool:
    """Worker processes, started when needed; ``busy`` maps the steps being decided to the time they began."""

    def __init__(self, derivations: Sequence[Derivation], decide: Decide, deadline: float, method: str) -> None:
        self._order = (multiprocessing.get_context(method), derivations, decide, deadline)
        self._workers: list[_Worker] = []

    @property
    def busy(self) -> dict[Place, float]:
        return {w.place: w.since for w in self._workers if w.place is not None}

    def give(self, place: Place, earlier: Earlier) -> None:
        idle = next((w for w in self._workers if w.place is None), None)
        if idle is None:
            idle = _Worker(*self._order)
            self._workers.append(idle)
        idle.give(place, earlier)

    def answers(self, tick: float | None) -> list[tuple[Place, _Answer]]:
        """What the busy workers have to say, after waiting for the first word, a deadline or the tick."""
        busy = [w for w in self._workers if w.place is not None]
        left = min(w.limit for w in busy) - time.monotonic()
        timeout = min(left, math.inf if tick is None else tick)
        signs: list[Any] = [sign for w in busy for sign in (w.connection, w.process.sentinel)]
        wait(signs, None if timeout == math.inf else max(0.0, timeout))
        found = [(w.place, w.answer()) for w in busy]
        self._workers = [w for w in self._workers if not w.ended]
        return [(place, answer) for place, answer in found if place is not None and answer is not None]

    def close(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []


class _Worker:
    """One child process and the step it is at."""

    def __init__(self, context: Any, derivations: Sequence[Derivation], decide: Decide, deadline: float) -> None:
        self.connection, theirs = context.Pipe()
        task = (theirs, derivations, decide, deadline, os.getpid())
        self.process = context.Process(target=_serve, args=task, daemon=True)
        with warnings.catch_warnings():  # forking beside other libraries' threads: the child only computes
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        theirs.close()
        self.deadline = deadline
        self.place: Place | None = None
        self.verdict: StepResult | None = None  # of the step it is at, what stands beside it being looked for
        self.since, self.limit = 0.0, math.inf
        self.ended = False

    def give(self, place: Place, earlier: Earlier) -> None:
        self.place, self.verdict = place, None
        self._clock(max(self.deadline, STARTUP))
        with contextlib.suppress(OSError):  # it died at its start; ``answer`` finds out
            self.connection.send((place, earlier))

    def _clock(self, seconds: float) -> None:
        self.since = time.monotonic()
        self.limit = self.since + seconds

    def answer(self) -> _Answer | None:
        """The worker's answer, if it has one or can give none any more."""
        try:
            while self.connection.poll():
                said = self.connection.recv()
                if isinstance(said, _Answer):
                    self.place = None
                    if said.reason:  # what upset it may upset its next step
                        self.end()
                    return self._known(said)
                if isinstance(said, StepResult):
                    self.verdict = said
                else:
                    self._clock(self.deadline)  # it has begun
        except (EOFError, OSError):
            return self._lost()
        if not self.process.is_alive() and not self.connection.poll():
            return self._lost()
        return self._late() if time.monotonic() >= self.limit else None

    def _lost(self) -> _Answer:
        self.process.join(1.0)
        reason = f"the worker process {_ending(self.process.exitcode)}"
        return self._given_up(reason, reason)

    def _late(self) -> _Answer:
        return self._given_up(
            f"no verdict within the deadline of {self.deadline:g} s", f"deadline of {self.deadline:g} s struck"
        )

    def _given_up(self, reason: str, attempt: str) -> _Answer:
        seconds = time.monotonic() - self.since
        self.place = None
        self.end()
        return self._known(_Answer(reason=reason, attempts=(attempt,), seconds=seconds))

    def _known(self, answer: _Answer) -> _Answer:
        """The verdict stands where only what is beside it was not found in time."""
        if self.verdict is None or not answer.reason:
            return answer
        reason = f"{self.verdict.reason}; conditions and variants were not looked for to the end: {answer.attempts[0]}"
        return _Answer(result=replace(self.verdict, reason=reason, seconds=answer.seconds), seconds=answer.seconds)

    def end(self) -> None:
        self.ended = True
        self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return "closed its pipe" if code is None else f"ended with exit code {code}"
    names = {s.value: s.name for s in signal.Signals}
    return f"was killed by {names.get(-code, f'signal {-code}')}"


# ---- in the child ----------------------------------------------------------------------------------------------------


def _serve(
    connection: Connection, derivations: Sequence[Derivation], decide: Decide, deadline: float, parent: int
) -> None:
    """Decide steps until told to stop. Ctrl-C is the parent's business; what is printed is not for the report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr
    gc.set_threshold(*RARELY)
    try:
        while True:
            while not connection.poll(2.0):
                if os.getppid() != parent:
                    return
            (d, s), earlier = connection.recv()
            connection.send("begun")
            _end_in(deadline + GRACE)
            answer = _answer(decide, derivations[d], derivations[d].steps[s], earlier, connection.send)
            _end_in(0.0)
            connection.send(answer)
    except (EOFError, OSError):  # the parent is gone
        return


def _check_step(
    memory: Memory | None,
    derivation: Derivation,
    step: Step,
    earlier: Mapping[str, StepResult],
    decided: Callable[[StepResult], None],
) -> StepResult:
    """Imported here: with "spawn" that is work for the child."""
    from symrnn.check import recall_step

    return recall_step(memory, derivation, step, earlier, decided)


def _end_in(seconds: float) -> None:
    """Have the system end this process then (0: never), should nobody be left to do it."""
    if hasattr(signal, "setitimer") and seconds < math.inf:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(
    decide: Decide, derivation: Derivation, step: Step, earlier: Earlier, decided: Callable[[StepResult], None]
) -> _Answer:
    began = time.monotonic()
    try:
        return _Answer(result=decide(derivation, step, earlier, decided))
    except ClaimError as error:
        return _Answer(malformed=str(error), seconds=time.monotonic() - began)
    except MemoryError:
        reason = "out of memory"
    except BaseException as error:  # noqa: BLE001 - whatever it is, this step has no verdict
        traceback.print_exc()
        reason = f"internal error: {type(error).__name__}: {error}"
    return _Answer(reason=reason, attempts=(reason,), seconds=time.monotonic() - began)


__all__ = ["DEADLINE", "Progress", "Run", "run", "undecided"]
