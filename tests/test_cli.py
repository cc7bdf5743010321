"""The command line: exit codes, messages, files. The pipeline is a fake that does what the script's titles say."""

from __future__ import annotations

import importlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from symrnn import Derivation
from symrnn.check import Heard
from symrnn.cli import main
from symrnn.console import write_out
from symrnn.derivations import Step
from symrnn.errors import CertificateError, ClaimError, Refused
from symrnn.report.json import loads, schema
from symrnn.verdicts import Crosscheck, StepResult
from symrnn.worker import undecided

ROOT = Path(__file__).parent.parent
INSTANCE = {
    "kind": "values",
    "values": {"A": [["1", "1"], ["0", "1"]]},
    "sides": {"lhs": "A", "rhs": "T(A)"},
    "lhs": [["1", "1"], ["0", "1"]],
    "rhs": [["1", "0"], ["1", "1"]],
}
ENTRY = {"claim": ["Claim"], "sha256": "0" * 64, "certificate": ["Words"]}


def fake(derivation: Derivation, step: Step, earlier: Mapping[str, StepResult], decided: Heard) -> StepResult:
    """Gives the verdict that the step's ``because`` names."""
    word, _, more = step.because.partition(" ")
    if more == "hang":
        time.sleep(60)
    if more == "malformed":
        raise ClaimError("W_hq is not declared")
    result = replace(
        undecided(step, earlier, "by fiat"), verdict=word, seconds=0.25, certificate=ENTRY | {"verdict": word}
    )
    if word in ("refuted", "conditional"):
        result = replace(result, counterexample=INSTANCE)
    if more == "alarm":
        result = replace(result, alarm="the kernel refused the certificate")
    if more == "disagrees":
        result = replace(result, crosscheck=Crosscheck(50, 8, "0.3", False))
    if more == "fails":
        result = replace(result, inference="fails")
    return result


@pytest.fixture(autouse=True)
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.import_module("symrnn.check"), "check_step", fake, raising=False)
    monkeypatch.chdir(tmp_path)


def notes(*steps: str, name: str = "notes.py", title: str = "Notes", head: str = "") -> str:
    """A script whose steps 1, 2, ... get the stated verdicts; "refuted alarm, refuted" expects the latter."""
    lines = ["from symrnn import Derivation, eq, matrix, size", head]
    lines += [f"d = Derivation({title!r})", "A = matrix('A', size('n'))"]
    for i, text in enumerate(steps, 1):
        because, _, expect = text.partition(", ")
        lines.append(f"d.step('{i}', eq(A, A), {because!r}, expect={expect or None!r})")
    Path(name).write_text("\n".join(lines) + "\n")
    return name


def call(*args: str) -> int:
    return main(args, standalone_mode=False)


@pytest.mark.parametrize(
    ("steps", "options", "code"),
    [
        (["proved", "proved"], [], 0),
        (["proved", "refuted, refuted", "conditional, conditional", "undecided, undecided"], [], 0),
        (["proved", "refuted"], [], 1),
        (["proved, refuted"], [], 1),
        (["undecided"], [], 1),
        (["refuted, refuted"], ["--fail-on", "refuted"], 1),
        (["undecided, undecided"], ["--fail-on", "refuted,undecided"], 1),
        (["conditional, conditional"], ["--fail-on", "refuted, undecided"], 0),
        (["proved fails"], [], 0),
        (["proved fails"], ["--fail-on", "inference"], 1),
        (["proved malformed"], [], 2),
        (["proved alarm"], [], 3),
        (["refuted disagrees, refuted"], [], 3),
        (["proved malformed", "refuted", "proved alarm"], [], 3),
        (["proved", "refuted"], ["--step", "1"], 0),
        (["proved", "refuted"], ["--step", "2", "--step", "1"], 1),
        (["proved", "refuted"], ["--step", "1", "--step", "9"], 2),
        (["proved", "proved"], ["--jobs", "2"], 0),
        ([], [], 2),
    ],
)
def test_exit_codes(steps: list[str], options: list[str], code: int) -> None:
    assert call("check", notes(*steps), *options) == code


def test_an_unusable_file_beats_findings_and_the_others_still_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("x = 1\nraise ValueError('boom')\n")
    assert call("check", "nowhere.py", "bad.py", notes("refuted")) == 2
    out, err = capsys.readouterr()
    assert "1 step: 0 proved, 0 conditional, 1 refuted, 0 undecided." in out
    assert err == "error: nowhere.py: no such file or directory\nerror: bad.py:2: ValueError: boom\n"


def test_nothing_checked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("none.py").write_text("")
    Path("empty.py").write_text("from symrnn import Derivation\nd = Derivation('Empty')\n")
    assert call("check", "none.py") == 2
    assert "error: none.py: no Derivation in none.py: define one at the top level" in capsys.readouterr().err
    assert call("check", "empty.py") == 2
    message = "error: empty.py:2: the derivation 'Empty' has no steps: add some with d.step(...)\n"
    assert message in capsys.readouterr().err
    assert call("check", "empty.py", notes("proved")) == 2


def test_an_unknown_step_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", notes("proved", "proved"), "--step", "7") == 2
    assert capsys.readouterr().err == "error: there is no step 7; there are: 1, 2\n"


def test_step_leaves_out_derivations_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    short, long = notes("proved", name="a.py", title="Short"), notes("proved", "proved", name="b.py", title="Long")
    assert call("check", short, long, "--step", "2", "--format", "json") == 0
    (derivation,) = json.loads(capsys.readouterr().out)["derivations"]
    assert derivation["title"] == "Long" and [s["id"] for s in derivation["steps"]] == ["2"]


def test_malformed_claims_are_placed(capsys: pytest.CaptureFixture[str]) -> None:
    call("check", notes("proved", "proved malformed"))
    assert capsys.readouterr().err == "error: notes.py:6: step 2: W_hq is not declared\n"


def test_a_hung_step_does_not_hang_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", notes("proved", "proved hang", "proved"), "--deadline", "0.3") == 1
    out = capsys.readouterr().out
    assert "3 steps: 2 proved, 0 conditional, 0 refuted, 1 undecided." in out
    assert "tried           deadline of 0.3 s struck" in out


def test_json_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text("1/0\n")
    code = call("check", notes("proved", "refuted, refuted", head="print('chatter')"), "bad.py", "--format", "json")
    out, err = capsys.readouterr()
    data = json.loads(out)
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert code == 2 and data["errors"] == [
        {"source": "bad.py", "line": 1, "message": "ZeroDivisionError: division by zero"}
    ]
    (result,), _ = loads(out)
    assert (result.title, result.source, result.cell) == ("Notes", "notes.py", "")
    assert [(s.verdict, s.passed, s.line) for s in result.steps] == [("proved", True, 5), ("refuted", True, 6)]
    assert "chatter" in err


def test_the_report_does_not_depend_on_the_number_of_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    file = notes(*["proved", "refuted, refuted", "undecided"] * 3)
    outputs = []
    for jobs in ("1", "3"):
        call("check", file, "--jobs", jobs, "--format", "json")
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--deadline", "0"], "Invalid value for '--deadline': 0 is no time to wait: give a number of seconds above 0"),
        (["--deadline", "-3"], "-3 is no time to wait"),
        (["--deadline", "nan"], "nan is no time to wait"),
        (["--deadline", "soon"], "'soon' is not a valid float"),
        (["--jobs", "0"], "0 is not in the range x>=1"),
        (["--format", "xml"], "'xml' is not one of 'text', 'json'"),
        (["--fail-on", "refuted,proven"], "unknown: proven; choose from refuted, conditional, undecided, inference"),
        (["--fail-on", ","], "no word given; choose from refuted, conditional, undecided, inference"),
        (["--frob"], "No such option"),
    ],
)
def test_usage_errors(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", notes("proved"), *options) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in " ".join(err.split())


def test_no_path_and_no_command_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check") == 2 and call("replay") == 2 and call("frobnicate") == 2
    assert "Missing argument 'PATH...'" in capsys.readouterr().err
    assert call() in (0, 2)


def test_standalone_exits() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", notes("refuted")])
    assert caught.value.code == 1


# ---- files -----------------------------------------------------------------------------------------------------------


def test_certificates_and_replay(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("symrnn.replay.replay_entry", asked.append)
    call("check", notes("proved", "refuted", "proved"), "--certificates", "out.json", "--no-cache")
    assert [p.name for p in sorted(Path().iterdir())] == ["notes.py", "out.json"], "no temporary file is left"
    capsys.readouterr()
    assert call("replay", "out.json") == 0
    assert capsys.readouterr().out == "3 certificates accepted: 2 proved, 1 refuted; 0 refused\n"
    assert json.loads(Path("out.json").read_text())["entries"] == asked
    assert asked[1] == {"derivation": "Notes", "step": "2", **ENTRY, "verdict": "refuted"}


def test_replay_names_what_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def kernel(entry: dict[str, Any]) -> None:
        if entry["step"] == "2":
            raise Refused("the two words differ")

    monkeypatch.setattr("symrnn.replay.replay_entry", kernel)
    call("check", notes("proved", "proved"), "--certificates", "out.json")
    capsys.readouterr()
    assert call("replay", "out.json") == 1
    assert capsys.readouterr().out == (
        "REFUSED  out.json: step 2 of Notes: the two words differ\n1 certificate accepted: 1 proved; 1 refused\n"
    )


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (
            CertificateError("unknown node ['Magic']"),
            "entry 1 (step 1 of Notes) cannot be read: unknown node ['Magic']",
        ),
        (KeyError("var"), "entry 1 (step 1 of Notes) is corrupt: KeyError: 'var'"),
    ],
)
def test_replay_of_unreadable_entries(
    problem: Exception, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kernel(entry: dict[str, Any]) -> None:
        if entry["step"] == "1":
            raise problem
        raise Refused("no")

    monkeypatch.setattr("symrnn.replay.replay_entry", kernel)
    call("check", notes("proved", "proved"), "--certificates", "out.json")
    assert call("replay", "out.json") == 2
    assert f"error: out.json: {message}" in capsys.readouterr().err


def test_replay_of_unreadable_files(capsys: pytest.CaptureFixture[str]) -> None:
    empty = {"format": "symrnn-certificates", "version": 1, "symrnn": "0.1.0", "entries": []}
    cases = {
        "missing.json": (None, "cannot be read: No such file or directory"),
        "corrupt.json": ("{", "corrupt: no JSON"),
        "empty.json": (json.dumps(empty), "there are no certificates in it: nothing was replayed"),
        "later.json": (json.dumps(empty | {"version": 9}), "certificate version 9 is unknown"),
        "other.json": ('{"derivations": []}', "this is the result of a check; write the file anew with"),
    }
    for name, (text, message) in cases.items():
        if text is not None:
            Path(name).write_text(text)
        assert call("replay", name) == 2
        assert f"error: {name}: " in (err := capsys.readouterr().err) and message in err
    Path("latin.json").write_bytes(b'"\xff"')
    assert call("replay", "latin.json") == 2


def test_files_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    file = notes("refuted, refuted")
    assert call("check", file, "--certificates", "nowhere/out.json", "--scripts", "notes.py/x") == 2
    err = capsys.readouterr().err
    assert "error: nowhere/out.json: the certificates cannot be written: No such file or directory" in err
    assert "error: notes.py/x: the scripts cannot be written: " in err
    assert call("check", file, "--certificates", ".") == 2
    assert "error: .: the certificates cannot be written: " in capsys.readouterr().err


def test_scripts_have_safe_and_different_names() -> None:
    one = notes("refuted", "proved", "refuted", title="../Vanishing: Gradienten?", name="a.py")
    two = notes("refuted", title="vanishing gradienten", name="b.py")
    call("check", one, two, notes("refuted", title="消失", name="c.py"), "--scripts", "deep/out")
    assert sorted(p.name for p in Path("deep/out").iterdir()) == [
        "derivation_1.py",
        "vanishing-gradienten_1.py",
        "vanishing-gradienten_1_2.py",
        "vanishing-gradienten_3.py",
    ]
    assert (
        Path("deep/out/derivation_1.py")
        .read_text(encoding="utf-8")
        .startswith("# Counterexample to step 1 of: 消失\n# A = A\n")
    )


# ---- as a process ----------------------------------------------------------------------------------------------------

FAKE = """
import importlib, time
from dataclasses import replace
from symrnn.worker import undecided
def fake(derivation, step, earlier, decided):
    if step.because == "hang":
        time.sleep(60)
    return replace(undecided(step, earlier, "by fiat"), verdict="proved")
importlib.import_module("symrnn.check").check_step = fake
"""


def process(*args: str, **options: Any) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | options.pop("env", {})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen([sys.executable, *args], env=env, **pipes)


@pytest.mark.parametrize("option", ["--help", "--version", "check --help", "replay --help"])
def test_help_and_version_import_nothing_heavy(option: str) -> None:
    code = (
        "import sys; from symrnn.cli import main; assert main(sys.argv[1:], standalone_mode=False) == 0\n"
        "heavy = {'sympy', 'numpy', 'mpmath', 'flint', 'rich', 'jsonschema', 'multiprocessing'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run = process("-c", code, *option.split())
    out, err = run.communicate()
    assert run.returncode == 0 and err == "" and ("Exit codes" if option == "--help" else "symrnn") in out


def test_main_of_a_derivation(tmp_path: Path) -> None:
    file = notes("proved", head=FAKE)
    with Path(file).open("a") as out:
        out.write("d.main()\n")
    run = process(file, "--format", "json")
    out_text, err = run.communicate()
    assert (run.returncode, err) == (0, "") and json.loads(out_text)["derivations"][0]["title"] == "Notes"


def test_ctrl_c_reports_what_was_decided() -> None:
    run = process("-m", "symrnn.cli", "check", notes("proved", "hang", "proved", head=FAKE), "--format", "json")
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=10)
    assert run.returncode == 130
    (result,), _ = loads(out)
    assert [s.verdict for s in result.steps] == ["proved", "undecided", "undecided"]
    assert result.steps[1].reason == "interrupted before it was decided"
    assert err == "interrupted: steps that were not decided are undecided\n"


def test_a_closed_pipe_is_quiet() -> None:
    run = process("-m", "symrnn.cli", "check", notes(*["proved"] * 400, head=FAKE), "--format", "json")
    assert run.stdout is not None and run.stderr is not None
    run.stdout.close()
    assert run.stderr.read() == "" and run.wait(20) == 0
    run.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "w") as full:
        run = process("-m", "symrnn.cli", "check", notes("proved", head=FAKE), stdout=full)
        _, err = run.communicate()
    assert run.returncode == 2 and err == "Error: standard output cannot be written: No space left on device\n"


def test_ascii_streams(tmp_path: Path) -> None:
    Path("schlecht-ä.py").write_text("raise ValueError('∂')\n", encoding="utf-8")
    file = notes("proved", title="étude – 1", head=FAKE)
    run = process("-m", "symrnn.cli", "check", file, "schlecht-ä.py", env={"PYTHONIOENCODING": "ascii:strict"})
    out, err = run.communicate()
    assert run.returncode == 2
    assert out.startswith("\\xe9tude - 1\n") and err == "error: schlecht-\\xe4.py:1: ValueError: \\u2202\n"


def test_progress_is_shown_on_a_terminal_only() -> None:
    file = notes("proved", "hang", head=FAKE)
    ours, theirs = pty.openpty()
    run = process("-m", "symrnn.cli", "check", file, "--deadline", "2", stderr=theirs, env={"COLUMNS": "60"})
    os.close(theirs)
    out, _ = run.communicate(timeout=20)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert run.returncode == 1 and "2 steps: 1 proved" in out
    lines = shown.decode().split("\r")
    assert any(line.rstrip() == "1 of 2 steps decided; step 2 of Notes (1 s)" for line in lines)
    assert lines[-1] == "" and lines[-2].strip() == "" and max(map(len, lines)) < 60


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1000)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", b"\\xfc \\ud800"), ("utf-8", b"\xc3\xbc \\ud800")])
def test_what_the_terminal_has_no_characters_for(encoding: str, shown: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    write_out("\xfc \ud800")
    assert written.getvalue() == shown
