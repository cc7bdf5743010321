"""The pipeline: a derivation in, a result out. Read this first.

Each step is decided by search and granted by the kernel (``search/decide.py``), then asked whether it follows from what
it cites, given conditions and a repair where it fails, tried for other activations, and cross-checked by mpmath.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from symrnn.claims.latex import latex
from symrnn.claims.substitution import walk
from symrnn.claims.text import text
from symrnn.claims.tree import Jac
from symrnn.derivations import Derivation, Step
from symrnn.errors import not_too_deep
from symrnn.records import replace
from symrnn.verdicts import DerivationResult, StepResult

if TYPE_CHECKING:
    from symrnn.search.decide import Decision
    from symrnn.search.memory import Memory

Heard = Callable[[StepResult], None]


def _unheard(result: StepResult) -> None:
    """Nobody asked to hear of a verdict early."""


def check(derivation: Derivation, memory: Memory | None = None) -> DerivationResult:
    """Decide every step of a derivation, in order, in this process.

    ``memory``: where what search finds is kept and, after the kernel's check, used again.
    Nothing ends a step that takes long: ``symrnn check`` decides in processes that can be ended. Raises ClaimError for
    a claim that turns out malformed, or nested too deeply.

    >>> from symrnn import Derivation, eq, matrix, size
    >>> n = size("n")
    >>> A, B = matrix("A", n), matrix("B", n)
    >>> d = Derivation("Products")
    >>> step = d.step("1", eq((A @ B).T, B.T @ A.T))
    >>> check(d).summary
    {'proved': 1, 'conditional': 0, 'undecided': 0, 'refuted': 0}
    """
    results: dict[str, StepResult] = {}
    for step in derivation.steps:
        results[step.id] = recall_step(memory, derivation, step, ancestors(step, results))
    cell = derivation.cell
    name, activation = (cell.recurrence.name, ", ".join(cell.activations)) if cell else ("", "")
    return DerivationResult(derivation.title, derivation.source, name, activation, tuple(results.values()))


def ancestors(step: Step, results: Mapping[str, StepResult]) -> dict[str, StepResult]:
    """The results of the steps that a step follows from, directly or not, in order."""
    wanted: set[str] = set()
    todo = list(step.follows)
    while todo:
        cited = todo.pop()
        if cited not in wanted:
            wanted.add(cited)
            todo += results[cited].follows
    return {i: r for i, r in results.items() if i in wanted}


def recall_step(
    memory: Memory | None,
    derivation: Derivation,
    step: Step,
    earlier: Mapping[str, StepResult],
    decided: Heard = _unheard,
) -> StepResult:
    """``check_step`` with what is remembered of its searches, if there is a memory."""
    if memory is None:
        return check_step(derivation, step, earlier, decided)
    about = (step.claim, tuple(s.claim for s in derivation.steps if s.id in step.follows), step.using)
    return memory.recall(about, f"step {step.id}", lambda: check_step(derivation, step, earlier, decided), _sound)


def _sound(result: StepResult) -> bool:
    """Whether nothing contradicts a result."""
    return result.alarm is None and (result.crosscheck is None or result.crosscheck.agrees)


def check_step(
    derivation: Derivation, step: Step, earlier: Mapping[str, StepResult], decided: Heard = _unheard
) -> StepResult:
    """Decide one step; ``earlier`` holds the results of its ancestors. Raises ClaimError as ``check`` does.

    ``decided`` hears the verdict with its evidence before what stands beside it is looked for.
    """
    from symrnn.search.proofs import shared

    with not_too_deep(f"step {step.id}"), shared():
        return _check_step(derivation, step, earlier, decided)


def _check_step(derivation: Derivation, step: Step, earlier: Mapping[str, StepResult], decided: Heard) -> StepResult:
    from symrnn.search import conditions, inference, presentation, repairs, variants
    from symrnn.search.decide import decide

    start = time.perf_counter()
    claim = step.claim
    decision = decide(claim)
    verdict = _verdict(step, earlier, decision)
    decided(replace(verdict, seconds=round(time.perf_counter() - start, 3)))
    point = decision.instance if decision.verdict == "refuted" else None
    cited = [s.claim for s in derivation.steps if s.id in step.follows]
    return replace(
        verdict,
        reason=verdict.reason + variants.whatever_the_activation(claim, decision),
        partial_scope=presentation.partial_scope(claim, decision.verdict),
        inference=inference.follows(claim, cited, step.using) if cited or step.using else "none",
        conditions=(
            *conditions.of_null(claim, decision),
            *(conditions.find(claim, point) if point is not None else ()),
        ),
        repair=repairs.find(claim, decision.verdict, cited),
        variants=variants.find(claim, decision),
        seconds=round(time.perf_counter() - start, 3),
    )


def _verdict(step: Step, earlier: Mapping[str, StepResult], decision: Decision) -> StepResult:
    """The verdict with its evidence, cross-checked, and nothing beside it yet."""
    from symrnn.crosscheck import crosscheck
    from symrnn.search import presentation

    claim = step.claim
    counterexample = presentation.counterexample(claim, decision)
    checked = crosscheck(claim, decision.verdict, counterexample)
    return StepResult(
        id=step.id,
        title=step.title,
        claim_text=text(claim.conclusion),
        claim_latex=latex(claim.conclusion),
        because=step.because,
        follows=step.follows,
        using=step.using,
        verdict=decision.verdict,
        reason=presentation.reason(claim, decision),
        expected=step.expected,
        scope=presentation.scope(claim, decision.verdict),
        partial_scope=None,
        inference="unknown" if step.follows or step.using else "none",
        rests_on=tuple(i for i, r in earlier.items() if r.verdict != "proved"),
        assumptions=tuple(text(h) for h in claim.hypotheses),
        lemmas=decision.judgement.lemmas if decision.judgement else (),
        failing_set=decision.judgement.failing_set if decision.judgement else None,
        conditions=(),
        counterexample=counterexample,
        repair=None,
        variants=(),
        crosscheck=checked,
        certificate=presentation.certificate(claim, decision),
        attempts=decision.attempts,
        alarm=presentation.alarm(decision, checked),
        layout=step.layout if any(isinstance(t, Jac) for t in walk(claim)) else "",
        line=step.line,
        seconds=0.0,
    )
