"""Verdicts and results: plain frozen data that goes to JSON and back without loss."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import IntEnum
from typing import Any

from symrnn.records import dataclass

Data = Any  # plain JSON data


class Verdict(IntEnum):
    """What was decided of a step, from worst to best; a derivation's verdict is the least of its steps'."""

    REFUTED = 0
    UNDECIDED = 1
    CONDITIONAL = 2
    PROVED = 3

    @property
    def word(self) -> str:
        """The verdict in lower case, as results and JSON have it: "proved"."""
        return self.name.lower()

    @property
    def message(self) -> str:
        """What the verdict means, in one sentence."""
        return _MESSAGES[self]


_MESSAGES = {
    Verdict.REFUTED: "false as stated: an instance meets every hypothesis and violates the conclusion",
    Verdict.UNDECIDED: "neither proved nor refuted",
    Verdict.CONDITIONAL: "false as stated, but true outside a null set of instances",
    Verdict.PROVED: "true for every instance in the domain, by a certificate the kernel accepted",
}


@dataclass(frozen=True)
class Scope:
    """Sizes and lags covered: "all", {"min": 2}, a list of numbers, or None where there are none."""

    sizes: Data
    lags: Data


@dataclass(frozen=True)
class Condition:
    """A condition under which a refuted step does hold: ``exact`` if and only if, else sufficient.

    ``under``: further hypotheses of the condition ("k = 2"); ``witness``: an instance that meets it.
    """

    text: str
    latex: str
    exact: bool
    under: tuple[str, ...]
    scope: Scope
    lemmas: tuple[str, ...]
    witness: Data
    certificate: Data = None


@dataclass(frozen=True)
class Repair:
    """The corrected step, with the verdict the kernel gave it."""

    text: str
    latex: str
    verdict: str


@dataclass(frozen=True)
class Crosscheck:
    """What mpmath found, from the recurrence itself; ``agrees`` False is a disagreement with the verdict."""

    digits: int
    points: int
    residual: str
    agrees: bool


@dataclass(frozen=True)
class Variant:
    """The same claim for another activation."""

    activation: str
    verdict: str
    reason: str
    condition: Condition | None
    counterexample: Data
    certificate: Data = None


class _Shown:
    """How notebooks show a result: as tables."""

    def _repr_html_(self) -> str:
        from symrnn.report import notebook

        return notebook.html(self)  # type: ignore[arg-type]  # a step's or a derivation's result

    def _repr_markdown_(self) -> str:
        from symrnn.report import notebook

        return notebook.markdown(self)  # type: ignore[arg-type]

    def _repr_latex_(self) -> str:
        from symrnn.report import notebook

        return notebook.latex(self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class StepResult(_Shown):
    """The verdict on one step with all its evidence. Fields are those of the JSON, with claim split in two.

    ``alarm`` says what contradicts the verdict (a cross-check, a certificate the kernel refused): exit code 3.
    """

    id: str
    title: str
    claim_text: str
    claim_latex: str
    because: str
    follows: tuple[str, ...]
    using: tuple[str, ...]
    verdict: str
    reason: str
    expected: str | None
    scope: Scope
    partial_scope: Scope | None
    inference: str
    rests_on: tuple[str, ...]
    assumptions: tuple[str, ...]
    lemmas: tuple[str, ...]
    failing_set: str | None
    conditions: tuple[Condition, ...]
    counterexample: Data
    repair: Repair | None
    variants: tuple[Variant, ...]
    crosscheck: Crosscheck | None
    certificate: Data
    attempts: tuple[str, ...]
    alarm: str | None
    layout: str
    line: int | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the verdict is the expected one; PROVED where none is stated."""
        return self.verdict == (self.expected or "proved")


@dataclass(frozen=True)
class DerivationResult(_Shown):
    """All steps of one derivation: ``title``, ``source`` (its file), ``cell``, ``activation`` and ``steps``."""

    title: str
    source: str
    cell: str
    activation: str
    steps: tuple[StepResult, ...]

    @property
    def summary(self) -> dict[str, int]:
        """How many steps have each verdict, by its word."""
        return {v.word: sum(s.verdict == v.word for s in self.steps) for v in reversed(Verdict)}

    @property
    def verdict(self) -> Verdict:
        """The least of the steps' verdicts; UNDECIDED where there are no steps."""
        return min((Verdict[s.verdict.upper()] for s in self.steps), default=Verdict.UNDECIDED)

    def step(self, step_id: str) -> StepResult:
        """The step with this id; KeyError if there is none."""
        for s in self.steps:
            if s.id == step_id:
                return s
        raise KeyError(step_id)


def to_data(value: Any) -> Data:
    """A result as plain JSON data (``report/json`` gives the public layout)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_data(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [to_data(v) for v in value] if isinstance(value, tuple) else value


def from_data(kind: Any, data: Data) -> Any:
    """The inverse of ``to_data`` for a result type; KeyError or TypeError if the data do not fit."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(from_data(args[0], d) for d in data)
    if origin in (types.UnionType, typing.Union):
        inner = next(a for a in args if a is not type(None))
        return None if data is None else from_data(inner, data)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: from_data(hints[f.name], data[f.name]) for f in dataclasses.fields(kind)})  # type: ignore[operator]
    return data
