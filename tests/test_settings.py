"""``[tool.symrnn]`` in pyproject.toml, and the formats for machines that ``check`` writes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from test_cli import call, notes, pipeline  # noqa: F401 - the pipeline that gives the verdicts asked for

from symrnn.settings import Settings, SettingsError, find, read


def settings(text: str, where: str = ".") -> None:
    Path(where, "pyproject.toml").write_text(text)


WRONG = [
    (
        "[tool.symrnn]\nfrob = 1\n",
        "[tool.symrnn] has no key 'frob'; there are: paths, format, jobs, deadline, cache, fail-on",
    ),
    ("[tool.symrnn]\njobs = 0\n", "[tool.symrnn] jobs is a whole number from 1, not 0"),
    ("[tool.symrnn]\njobs = true\n", "[tool.symrnn] jobs is a whole number from 1, not True"),
    ("[tool.symrnn]\ndeadline = nan\n", "[tool.symrnn] deadline is a number of seconds above 0, not nan"),
    ("[tool.symrnn]\nformat = 'xml'\n", "[tool.symrnn] format is one of text, json, junit, github, not 'xml'"),
    (
        "[tool.symrnn]\npaths = 'derivations'\n",
        "[tool.symrnn] paths is a list of files and directories, not 'derivations'",
    ),
    ("[tool.symrnn]\ncache = true\n", "[tool.symrnn] cache is a directory, or false, not True"),
    ("[tool.symrnn]\nfail-on = ['proven']\n", "fail-on is a list of refuted, conditional, undecided, inference, not"),
    ("[tool]\nsymrnn = 3\n", "tool.symrnn is no table"),
    ("tool = 3\n", "tool.symrnn is no table"),
    ("[tool.symrnn\n", "at line 1"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_is_told(text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings(text)
    with pytest.raises(SettingsError) as error:
        find(Path.cwd())
    assert message in str(error.value) and "pyproject.toml" in str(error.value)
    assert call("check", notes("proved")) == 2
    assert "pyproject.toml" in capsys.readouterr().err
    assert call("--version") == 0


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    settings("[tool.symrnn]\njobs = 2\npaths = ['a']\n")
    below = tmp_path / "x" / "y"
    below.mkdir(parents=True)
    assert find(below) == Settings(tmp_path, paths=("a",), jobs=2)
    settings("[project]\nname = 'other'\n", str(below))
    assert find(below) == Settings(below)
    assert read(tmp_path / "pyproject.toml").paths == ("a",)


def test_settings_are_defaults_and_options_win(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes("refuted, refuted")
    settings("[tool.symrnn]\npaths = ['notes.py']\nfail-on = ['refuted']\nformat = 'github'\ndeadline = 30\njobs = 2\n")
    assert call("check") == 1
    out = capsys.readouterr().out
    assert out.startswith("::error file=notes.py,line=5,title=step 1 of Notes::refuted: A = A%0A")
    assert call("check", "--fail-on", "undecided", "--format", "text") == 0
    assert "REFUTED" in capsys.readouterr().out
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert call("check") == 1
    assert "file=../notes.py" in capsys.readouterr().out


def test_no_paths_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check") == 2
    assert "Missing argument 'PATH...': nor does [tool.symrnn] in a pyproject.toml" in capsys.readouterr().err


# ---- formats ---------------------------------------------------------------------------------------------------------


def test_junit(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("x = 1\nraise ValueError('<boom> \\x01')\n")
    code = call("check", notes("proved", "refuted", "refuted, refuted", "proved alarm"), "bad.py", "--format", "junit")
    out = capsys.readouterr().out
    root = xml.fromstring(out)
    assert code == 3 and out.startswith('<?xml version="1.0" encoding="utf-8"?>\n') and out.isascii()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "2", "1")
    suite, errors = root
    assert suite.get("name") == "Notes" and errors.get("name") == "errors"
    cases = {c.get("name"): c for c in suite}
    assert [name for name, c in cases.items() if c.find("failure") is not None] == ["step 2", "step 4"]
    failure = cases["step 2"].find("failure")
    assert failure is not None and failure.get("message") == "refuted, not proved as expected: A = A"
    assert "counterexample  A = [ 1  1 ]" in (failure.text or "")
    found = {p.get("name"): p.get("value") for p in cases["step 3"].iter("property")}
    assert found == {"symrnn_verdict": "refuted", "symrnn_expected": "refuted", "symrnn_claim": "A = A"}
    assert (cases["step 1"].get("file"), cases["step 1"].get("line")) == ("notes.py", "5")
    error = errors[0].find("error")
    assert error is not None and error.get("message") == "ValueError: <boom> ?"
    assert errors[0].get("name") == "bad.py:2"


def test_junit_counts_what_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", notes("proved fails"), "--format", "junit", "--fail-on", "inference") == 1
    failure = next(xml.fromstring(capsys.readouterr().out).iter("failure"))
    assert failure.get("message") == "proved, but it does not follow from what it cites: A = A"


def test_github(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("raise ValueError('100%\\n::warning::x')\n")
    assert call("check", notes("proved", "refuted", title="A: b, c"), "bad.py", "--format", "github") == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "::error file=notes.py,line=6,title=step 2 of A%3A b%2C c::refuted, not proved as expected"
    )
    assert "counterexample:%0A  A = [ 1  1 ]%0A" in lines[0]
    assert lines[1] == "::error file=bad.py,line=1,title=symrnn::ValueError: 100%25%0A::warning::x"
    assert lines[2:] == ["symrnn: 2 steps, 1 not as expected"]
