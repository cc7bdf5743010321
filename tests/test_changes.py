"""``symrnn diff``: what changed between two results, and what of it is for the worse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symrnn import Derivation, check, eq, matrix, size
from symrnn.changes import compare_documents
from symrnn.cli import main
from symrnn.report.json import document, text_of

ALL = {"sizes": "all", "lags": None}
CONDITION = {
    "text": "n = 1",
    "latex": "n = 1",
    "exact": False,
    "under": [],
    "scope": ALL,
    "lemmas": [],
    "witness": None,
}
Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def result() -> Any:
    n = size("n")
    A, B = matrix("A", n), matrix("B", n)
    d = Derivation("Products")
    d.step("1", eq((A @ B).T, B.T @ A.T))
    d.step("2", eq(A @ B, B @ A), follows=["1"], expect="refuted")
    d.step("3", eq(A @ B, B @ A))
    return document([check(d)])


def edited(data: Any, step: int, edit: Edit) -> Any:
    copy = json.loads(json.dumps(data))
    edit(copy["derivations"][0]["steps"][step])
    return copy


def to(**fields: Any) -> Edit:
    return lambda s: s.update(fields)


EDITS = [  # of a step, what that is called, and what the opposite is
    (0, to(verdict="undecided", certificate=None), "worse", "better"),
    (0, to(verdict="conditional"), "worse", "better"),
    (1, to(verdict="undecided"), "worse", "better"),
    (1, to(verdict="proved"), "worse", "better"),
    (2, to(verdict="undecided"), "worse", "better"),
    (2, to(verdict="conditional"), "better", "worse"),
    (2, to(verdict="proved"), "better", "worse"),
    (1, to(alarm="the kernel refused"), "worse", "better"),
    (0, to(scope={"sizes": [1, 2], "lags": None}), "worse", "better"),
    (0, to(scope={"sizes": {"min": 2}, "lags": None}), "worse", "better"),
    (1, to(inference="unknown"), "worse", "better"),
    (1, to(inference="holds"), "worse", "worse"),
    (2, lambda s: s["conditions"].pop(), "worse", "better"),
    (2, lambda s: s["conditions"].append({**CONDITION, "text": "A = B"}), "better", "worse"),
    (0, to(crosscheck=None), "worse", "better"),
    (1, to(counterexample=None), "worse", "better"),
    (0, to(expected="refuted"), "worse", "better"),
    (1, lambda s: s["counterexample"].update(lhs=[["0"]]), "changed", "changed"),
    (0, to(assumptions=["n = 2"]), "changed", "changed"),
    (0, to(seconds=99.0, line=7, title="new"), None, None),
]


@pytest.mark.parametrize(("step", "edit", "forth", "back"), EDITS)
def test_what_is_for_the_worse(result: Any, step: int, edit: Edit, forth: str | None, back: str | None) -> None:
    other = edited(result, step, edit)
    for old, new, expected in ((result, other, forth), (other, result, back)):
        kinds = {c.kind for c in compare_documents(old, new)}
        assert expected in kinds if expected else not kinds
        assert expected == "worse" or "worse" not in kinds


def test_another_claim_is_judged_by_whether_it_passes(result: Any) -> None:
    def edit(s: dict[str, Any]) -> None:
        s["claim"]["text"], s["verdict"], s["conditions"] = "A = A", "proved", []
        s["expected"] = "proved"

    (claim, verdict) = (str(c) for c in compare_documents(result, edited(result, 1, edit))[:2])
    assert claim == "changed step 2: the claim was A B = B A and is A = A"
    assert verdict == "changed step 2: verdict: refuted -> proved"


def test_steps_and_derivations_come_and_go(result: Any) -> None:
    fewer = json.loads(json.dumps(result))
    del fewer["derivations"][0]["steps"][1:]
    assert [str(c) for c in compare_documents(result, fewer)] == [
        "worse   step 2: gone; it was refuted",
        "worse   step 3: gone; it was refuted",
    ]
    assert [c.kind for c in compare_documents(fewer, result)] == ["better", "worse"]
    none = {**result, "derivations": []}
    assert [str(c) for c in compare_documents(result, none)] == ["worse   Products: the derivation is gone"]
    assert [c.kind for c in compare_documents(none, result)] == ["worse"]
    twice = {**result, "derivations": result["derivations"] * 2}
    assert [c.where for c in compare_documents(result, twice)] == ["Products (2)"]
    broken = {**result, "errors": [{"source": "a.py", "line": 1, "message": "boom"}]}
    assert [str(c) for c in compare_documents(result, broken)] == ["worse   a.py: a new error: boom"]
    assert compare_documents(broken, broken) == []


def test_the_command(result: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(text_of(result))
    new.write_text(text_of(edited(result, 0, to(verdict="undecided"))))
    assert main(["diff", str(old), str(old)], standalone_mode=False) == 0
    assert capsys.readouterr().out == "0 for the worse, 0 for the better, 0 otherwise\n"
    assert main(["diff", str(old), str(new)], standalone_mode=False) == 1
    out = capsys.readouterr().out
    assert out.startswith("worse   step 1: verdict: proved -> undecided; it passed and does not now\n")
    assert out.endswith("1 for the worse, 0 for the better, 0 otherwise\n")
    assert main(["diff", str(new), str(old)], standalone_mode=False) == 0


UNREADABLE = [
    "",
    "{",
    "[]",
    "{}",
    '{"derivations": 3, "errors": []}',
    '{"derivations": [{"title": "x"}], "errors": []}',
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_unreadable_files(result: Any, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(text_of(result))
    bad.write_text(text)
    for files in ((good, bad), (bad, good)):
        assert main(["diff", *map(str, files)], standalone_mode=False) == 2
        assert f"error: {bad}: not the JSON of symrnn check --format json: " in capsys.readouterr().err
    assert main(["diff", str(good), str(tmp_path / "none")], standalone_mode=False) == 2
    assert "none: cannot be read: No such file or directory" in capsys.readouterr().err


def test_files_that_can_be_read_only_by_themselves(
    result: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(text_of(result))
    data = json.loads(text_of(result))
    data["derivations"][0]["steps"][0]["partial_scope"] = [[]]
    bad.write_text(json.dumps(data))
    for files in ((good, bad), (bad, good)):
        assert main(["diff", *map(str, files)], standalone_mode=False) == 2
        assert "not both the JSON of symrnn check --format json: " in capsys.readouterr().err
