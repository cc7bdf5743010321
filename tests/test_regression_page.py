"""docs/regression.md says what happens: its console blocks are run, its workflow and settings are read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from symrnn import Derivation, check, eq, matrix, size
from symrnn.cli import main
from symrnn.report.json import document, text_of
from symrnn.settings import _KEYS, read

PAGE = "docs/regression.md"
Blocks = Callable[[str, str], list[str]]


def in_order(wanted: str, printed: str) -> None:
    """As in a doctest, dots stand for anything; so do they at the end of a line."""
    at = 0
    for part in re.split(r"(?: ?\.\.\.\n)", wanted):
        found = printed.find(part, at)
        assert found >= 0, f"not printed, or not in this order:\n{part}\nin:\n{printed}"
        at = found + len(part)


def test_steps_as_tests(blocks: Blocks, pytester: pytest.Pytester) -> None:
    script = next(b for b in blocks(PAGE, "python") if 'Derivation("Products")' in b)
    console = next(b for b in blocks(PAGE, "console") if "$ pytest" in b)
    pytester.mkdir("derivations")
    (pytester.path / "derivations" / "products.py").write_text(script)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "derivations/", "-v")
    in_order(console.partition("\n")[2], result.stdout.str() + "\n")


def test_what_changed(blocks: Blocks, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    n = size("n")
    A, B = matrix("A", n), matrix("B", n)
    d = Derivation("Products")
    d.step("1", eq((A @ B).T, B.T @ A.T))
    data = document([check(d)])
    (tmp_path / "old.json").write_text(text_of(data))
    step = data["derivations"][0]["steps"][0]
    step.update(verdict="undecided", scope={"sizes": None, "lags": None}, lemmas=[], certificate=None)
    (tmp_path / "new.json").write_text(text_of(data))
    main(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json")], standalone_mode=False)
    console = next(b for b in blocks(PAGE, "console") if "symrnn diff" in b)
    assert capsys.readouterr().out == console.partition("\n")[2]


def test_the_tests_on_the_page_run(blocks: Blocks, pytester: pytest.Pytester) -> None:
    tests = [b for b in blocks(PAGE, "python") if "def test_" in b]
    pytester.makepyfile(test_page="\n".join(tests))
    for outcome in ({"failed": 2}, {"passed": 2}, {"passed": 2}):
        update = ["--snapshot-update"] if outcome == {"passed": 2} and not list(pytester.path.rglob("*.golden")) else []
        pytester.runpytest_inprocess("-p", "no:cacheprovider", *update).assert_outcomes(**outcome)


def test_the_settings_are_those_there_are(blocks: Blocks, tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "toml")
    (tmp_path / "pyproject.toml").write_text(block)
    assert read(tmp_path / "pyproject.toml").jobs == 2
    assert list(tomllib.loads(block)["tool"]["symrnn"]) == list(_KEYS)


def test_the_workflow_calls_what_there_is(blocks: Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    (workflow,) = blocks(PAGE, "yaml")
    calls = re.findall(r"run: symrnn (.*)", workflow)
    assert calls == ["check derivations/ --format github"]
    assert main(["check", "--help"], standalone_mode=False) == 0
    assert "github" in capsys.readouterr().out


def test_the_hook_takes_scripts_only() -> None:
    hook = (Path(__file__).parent.parent / ".pre-commit-hooks.yaml").read_text()
    found = dict(re.findall(r"^(?:- |  )(\w+): (.*)$", hook, re.MULTILINE))
    assert found["entry"] == "symrnn check" and found["language"] == "python"
    for name, taken in {
        "derivations/a.py": True,
        "x/derivations/y/b.py": True,
        "src/a.py": False,
        "derivations/test_a.py": False,
        "derivations/conftest.py": False,
        "derivations/_a.py": False,
    }.items():
        hit = re.search(found["files"], name) and not re.search(found["exclude"], name)
        assert bool(hit) == taken, name
