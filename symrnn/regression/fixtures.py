"""What the fixtures ``symbolic_regression`` and ``derivation_regression`` give to a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from symrnn.cells import Cell
from symrnn.changes import NEITHER, Change, compare_derivations
from symrnn.derivations import Derivation
from symrnn.regression.equality import Comparison, Outcome
from symrnn.regression.golden import compare_texts, dumps, node_diff
from symrnn.regression.trees import GoldenError
from symrnn.report.json import result_to_json, text_of
from symrnn.verdicts import Data, DerivationResult
from symrnn.worker import DEADLINE, run

if TYPE_CHECKING:
    from symrnn.regression.snapshots import Golden, Judge

NOTE = "symbolic_regression"  # the user property that notes are under
UPDATE = "pytest --snapshot-update"
KEPT = (  # of a step, besides what is kept in part
    *("verdict", "expected", "scope", "partial_scope", "inference", "rests_on", "assumptions", "layout", "lemmas"),
    *("failing_set", "counterexample", "alarm"),
)
WORDED = ("latex", "certificate", "witness")  # of conditions and repairs: told by what is kept


class _Fixture:
    """The part both fixtures share: names and storage."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._names: set[str] = set()

    def _checked(self, name: object) -> str:
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"name is the non-empty string under which golden data are stored, not {name!r}")
        if name in self._names:
            raise ValueError(f"{name!r} was checked before in this test: give each check a name of its own")
        self._names.add(name)
        return name

    def _matches(self, kind: type[Golden], name: str, text: str, judge: Judge) -> bool:
        from symrnn.regression.snapshots import matches

        __tracebackhide__ = True
        found = matches(self._request.getfixturevalue("snapshot"), kind, name, text, judge)
        if found is None:
            pytest.fail(f"{name}: nothing is stored yet; if this is right, store it with {UPDATE}\n{text}")
        return found


class SymbolicRegression(_Fixture):
    """Expressions against stored ones, by what they mean."""

    def check(self, value: Any, name: str, *, cell: Cell | None = None) -> None:
        """Pass if ``value`` is proved equal to what is stored under ``name``; fail otherwise.

        ``value``: a SymPy expression or explicit matrix, or a term or claim of symrnn, then with the ``cell`` whose
        states it speaks of. Fails with a point where the two differ, or with what was tried, and a diff of the trees.
        """
        from symrnn.regression.snapshots import Golden

        __tracebackhide__ = True
        name, found = self._checked(name), [("", _ALIKE)]

        def equal(stored: str, now: str) -> bool:
            found.append((stored, compare_texts(stored, now, cell)))
            return found[-1][1].outcome is Outcome.EQUAL

        try:
            text = dumps(value, cell)
        except GoldenError as error:
            pytest.fail(f"{name}: {error}")
        try:
            met = self._matches(Golden, name, text, equal)
        except GoldenError as error:
            pytest.fail(f"{name}: what is stored cannot be read: {error}; write it anew with {UPDATE}")
        stored, comparison = found[-1]
        if not met:
            pytest.fail(_failure(name, comparison, node_diff(stored, text, comparison.entry)))
        if not comparison.same_form:
            self._note(f"{name}: only the form has changed ({comparison.reason})")

    def _note(self, message: str) -> None:
        self._request.node.user_properties.append((NOTE, message))
        self._request.node.add_report_section("call", "symbolic regression", message)


_ALIKE = Comparison(Outcome.EQUAL, "the two are written alike", True)


def _failure(name: str, found: Comparison, diff: str) -> str:
    head = "is not what is stored" if found.outcome is Outcome.DIFFERENT else "is not shown to be what is stored"
    return f"{name} {head}: {found.message}\n\n{diff}\n\nIf the new one is right, store it with {UPDATE}"


class DerivationRegression(_Fixture):
    """Results of derivations against stored ones: verdicts, scopes, conditions, counterexamples."""

    def check(self, derivation: Derivation | DerivationResult, name: str, *, deadline: float = DEADLINE) -> None:
        """Pass if every step has the result stored under ``name``.

        A derivation is decided first, a step in ``deadline`` seconds at most; a result of ``symrnn.check`` is taken as
        it is.
        """
        from symrnn.regression.snapshots import GoldenResult

        __tracebackhide__ = True
        name, found = self._checked(name), list[Change]()

        def same(stored: str, now: str) -> bool:
            before, after = json.loads(stored), json.loads(now)
            found[:] = compare_derivations(before, after)
            if before != after and not found:
                found.append(Change("result", NEITHER, "details differ: see the files"))
            return not found

        result = _result(derivation, deadline)
        try:
            met = self._matches(GoldenResult, name, golden_data(result), same)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            pytest.fail(
                f"{name}: what is stored cannot be read: {type(error).__name__} {error}; write it anew: {UPDATE}"
            )
        if not met:
            told = "\n".join(f"  {c}" for c in found)
            pytest.fail(f"{name}: the result is not what is stored\n{told}\n\nIf that is right, store it with {UPDATE}")


def _result(derivation: Derivation | DerivationResult, deadline: float) -> DerivationResult:
    if isinstance(derivation, DerivationResult):
        return derivation
    if not isinstance(derivation, Derivation):
        raise TypeError(f"a Derivation or a DerivationResult is needed, not {type(derivation).__name__}")
    done = run([derivation], deadline=deadline)
    if done.errors:
        raise done.errors[0]
    return done.results[0]


def golden_data(result: DerivationResult) -> str:
    """What is stored of a result: no seconds, no certificates, nothing that depends on the place in a file."""
    data = result_to_json(result)
    kept = {k: data[k] for k in ("title", "cell", "activation")}
    return text_of(kept | {"steps": [_golden_step(s) for s in data["steps"]]})


def _golden_step(s: Data) -> Data:
    kept = {"id": s["id"], "claim": {"text": s["claim"]["text"]}, **{k: s[k] for k in KEPT}}
    kept["conditions"] = [_without(c) for c in s["conditions"]]
    kept["repair"] = s["repair"] and _without(s["repair"])
    kept["variants"] = [{"activation": v["activation"], "verdict": v["verdict"]} for v in s["variants"]]
    return kept


def _without(data: Data) -> Data:
    return {k: v for k, v in data.items() if k not in WORDED}


__all__ = ["NOTE", "DerivationRegression", "SymbolicRegression", "golden_data"]
