"""Steps of derivations as tests: what ``pytest derivations/`` collects and runs. The hooks are in ``pytest_symrnn``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from symrnn.derivations import Derivation, Step
from symrnn.errors import ScriptError
from symrnn.report.junit import headline, step_properties
from symrnn.report.text import Terminal, step_text
from symrnn.scripts import load_script
from symrnn.settings import SettingsError, find
from symrnn.verdicts import StepResult
from symrnn.worker import DEADLINE, run

DEADLINE_KEY = pytest.StashKey[float]()


def defines_derivations(path: Path) -> bool:
    """Whether a source has a call of ``Derivation`` at its top level, outside functions and classes.

    Decided from the text: the script is not run for it.
    """
    try:
        module = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    return any(_calls_derivation(node) for node in _top_level(module.body))


def _top_level(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes that run when the module does."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _top_level(ast.iter_child_nodes(node))


def _calls_derivation(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return "Derivation" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))


class DerivationFile(pytest.File):
    """A script: its steps, below their derivations if it has several. Collecting it runs the script."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        try:
            derivations = load_script(_near(self.path)).derivations
            deadline = _deadline(self.config)
        except (ScriptError, SettingsError) as error:
            line = getattr(error, "line", None)
            raise self.CollectError(f"{_near(self.path)}:{line}: {error}" if line else str(error)) from error
        if len(derivations) == 1:
            yield from _items(self, Decided(derivations[0], deadline))
            return
        titles: dict[str, int] = {}
        for d in derivations:
            titles[d.title] = titles.get(d.title, 0) + 1
            name = d.title if titles[d.title] == 1 else f"{d.title} ({titles[d.title]})"
            yield DerivationNode.from_parent(self, name=name, decided=Decided(d, deadline))


class DerivationNode(pytest.Collector):
    """One of several derivations of a script."""

    def __init__(self, *, decided: Decided, **more: Any) -> None:
        super().__init__(**more)
        self.decided = decided

    def collect(self) -> Iterable[pytest.Item]:
        return _items(self, self.decided)


def _items(parent: pytest.Collector, decided: Decided) -> Iterator[pytest.Item]:
    if not decided.derivation.steps:
        raise parent.CollectError(
            f"the derivation {decided.derivation.title!r} has no steps: add some with d.step(...)"
        )
    for step in decided.derivation.steps:
        yield StepItem.from_parent(parent, name=f"step-{step.id}", decided=decided, step=step)


def _near(path: Path) -> Path:
    """The path from where pytest was called: reports speak of the script as ``symrnn check`` does."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _deadline(config: pytest.Config) -> float:
    """The option, or what pyproject.toml sets, or the default of ``symrnn check``."""
    if DEADLINE_KEY not in config.stash:
        given = config.getoption("symrnn_deadline")
        config.stash[DEADLINE_KEY] = given or find(config.rootpath).deadline or DEADLINE
    return config.stash[DEADLINE_KEY]


class Decided:
    """A derivation with those results that are there so far; a step needs those of the steps it follows from."""

    def __init__(self, derivation: Derivation, deadline: float) -> None:
        self.derivation = derivation
        self._deadline = deadline
        self._results: dict[str, StepResult] = {}
        self._errors: dict[str, str] = {}

    def result(self, step: Step) -> StepResult:
        """The result of a step, decided in a process of its own if it is not there yet.

        ScriptError if the claim is malformed.
        """
        _import_pipeline()
        if step.id not in self._results:
            done = run(
                [self.derivation],
                deadline=self._deadline,
                only=[step.id],
                known=self._results,
                on_result=lambda derivation, result: self._results.update({result.id: result}),
            )
            for error in done.errors:
                self._errors[step.id] = error.message
            if done.interrupted:
                raise KeyboardInterrupt
        if step.id in self._errors:
            raise ScriptError(self._errors[step.id], self.derivation.source, step.line)
        return self._results[step.id]


def _import_pipeline() -> None:
    """Import what decides a step here, once, so that the processes forked for each step need not."""
    from symrnn import crosscheck  # noqa: F401
    from symrnn.search import conditions, decide, inference, presentation, repairs, variants  # noqa: F401


class StepFailed(Exception):
    """A step has not the verdict expected of it, or its verdict is contradicted."""

    def __init__(self, result: StepResult) -> None:
        super().__init__(headline(result))
        self.result = result


class StepItem(pytest.Item):
    """A step as a test: it passes if the verdict is the expected one and nothing contradicts it."""

    def __init__(self, *, decided: Decided, step: Step, **more: Any) -> None:
        super().__init__(**more)
        self.decided, self.step = decided, step
        self.add_marker("symrnn")

    def runtest(self) -> None:
        result = self.decided.result(self.step)
        self.user_properties += step_properties(result)
        agrees = result.crosscheck is None or result.crosscheck.agrees
        if not result.passed or result.alarm or not agrees:
            raise StepFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        error = excinfo.value
        if isinstance(error, StepFailed):
            return f"{error}\n\n{step_text(error.result, Terminal(width=100))}"
        if isinstance(error, ScriptError):
            return f"{error.source}:{error.line}: {error.message}" if error.line else error.message
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        line = self.step.line
        return self.path, line - 1 if line else None, f"step {self.step.id} of {self.decided.derivation.title}"


__all__ = ["DerivationFile", "StepItem", "defines_derivations"]
