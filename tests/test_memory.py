"""What search found before: the same results out, and nothing that a file says is believed."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli import call

from symrnn import (
    Derivation,
    Elman,
    check,
    diagonalizable,
    eq,
    inv,
    invertible,
    jacobian,
    matrix,
    product,
    sigmoid,
    size,
)
from symrnn.replay import replay_entry
from symrnn.report.certificates import certificates
from symrnn.report.json import document
from symrnn.search import memory as remembering
from symrnn.search.memory import Memory, version
from symrnn.verdicts import DerivationResult

Answers = list[Any]
n = size("n")
A, B, C = matrix("A", n), matrix("B", n), matrix("C", n)


def true_and_false() -> Derivation:
    """Proved, refuted with conditions and variants, conditional, undecided for want of a witness, and an inference."""
    d = Derivation("All sorts", cell=Elman(sigmoid))
    h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
    d.step("1", eq(jacobian(h[t], h[t - 1]), D[t] @ W))
    d.step("2", eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)), follows=["1"])
    d.step("3", eq(jacobian(h[t], h[t - 1]), W @ D[t]), follows=["1"])
    d.step("4", eq(A @ inv(A), A**0))
    d.step("5", diagonalizable(A))
    d.step("6", eq(A @ B, B @ A), assuming=[eq(A @ C, C @ A), eq(B @ C, C @ B)])
    d.step("7", eq(A @ B, A), assuming=[eq(C @ C, C**0 + C**0), eq(C, 0)])
    d.step("8", eq(B, inv(A)), assuming=[eq(A @ B, A**0), invertible(A)])
    return d


def plain(result: DerivationResult) -> Any:
    """All that is said, but for the seconds it took."""
    data = document([result])
    for step in data["derivations"][0]["steps"]:
        del step["seconds"]
    return data


@pytest.fixture(scope="module")
def afresh() -> Any:
    return plain(check(true_and_false()))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a run, by name."""
    place = tmp_path_factory.mktemp("memory")
    check(true_and_false(), Memory(place, complaint))
    return {p.name: p.read_text() for p in (place / version()[:16]).iterdir()}


def complaint(message: str) -> None:
    raise AssertionError(message)


def put(place: Path, files: dict[str, str]) -> Path:
    """The files as the memory of a run would have them."""
    (place / version()[:16]).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / version()[:16] / name).write_text(text)
    return place


def changed(files: dict[str, str], change: Callable[[Answers], Answers]) -> dict[str, str]:
    """The answers changed and the checksums made to fit: a forgery, not an accident."""
    return {name: forged(name, change(json.loads(text)["answers"])) for name, text in files.items()}


def forged(name: str, answers: Answers) -> str:
    return remembering._text(name.removesuffix(".json"), answers)


def never(*_: object) -> None:
    raise AssertionError("searched for, though it was remembered")


def forbid_search(monkeypatch: pytest.MonkeyPatch) -> None:
    questions = importlib.import_module("symrnn.search.questions")
    monkeypatch.setattr(questions, "proof_of", never)
    monkeypatch.setattr(questions.refuting, "refute", never)
    monkeypatch.setattr(questions.refuting, "witness", never)
    monkeypatch.setattr(questions.nullsets, "find_null", never)


def test_the_same_is_said_with_and_without(tmp_path: Path, afresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = check(true_and_false(), Memory(tmp_path, complaint))
    forbid_search(monkeypatch)
    again = check(true_and_false(), Memory(tmp_path, complaint))
    assert plain(first) == plain(again) == afresh
    verdicts = {s.id: s.verdict for s in again.steps}
    assert verdicts["2"] == "proved" and verdicts["3"] == "refuted" and verdicts["4"] == "conditional"
    assert again.step("3").conditions and again.step("3").variants and again.step("7").verdict == "undecided"


def test_the_kernel_is_asked_again(
    tmp_path: Path, filled: dict[str, str], afresh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = importlib.import_module("symrnn.kernel")
    asked: list[str] = []
    real = kernel.check
    monkeypatch.setattr(kernel, "check", lambda *a: asked.append("check") or real(*a))
    assert plain(check(true_and_false(), Memory(put(tmp_path, filled), complaint))) == afresh
    with_certificate = [s for s in afresh["derivations"][0]["steps"] if s["certificate"]]
    assert len(asked) >= len(with_certificate) > 5


def test_the_cross_check_is_made_again(tmp_path: Path, filled: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("symrnn.crosscheck.crosscheck", lambda *a: made.append(a))
    check(true_and_false(), Memory(put(tmp_path, filled), complaint))
    assert len(made) == len(true_and_false().steps)


def test_sizes_are_marked_as_a_cache(tmp_path: Path) -> None:
    check(true_and_false(), Memory(tmp_path / "deep" / "cache", complaint))
    place = tmp_path / "deep" / "cache"
    assert (place / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (place / ".gitignore").read_text() == "*\n"
    assert not list(place.rglob("*.part"))


# ---- accidents: files that are not whole, of another version, not readable ------------------------------------------


ACCIDENTS: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "cut off": lambda text: text[: len(text) // 2],
    "not JSON": lambda text: "answers",
    "a list": lambda text: "[]",
    "deep": lambda text: "[" * 100_000,
    "another format": lambda text: text.replace("symrnn-memory", "symrnn-certificates"),
    "another version": lambda text: text.replace('"version": 1', '"version": 2'),
    "of other sources": lambda text: text.replace(version(), "0" * 64),
    "a digit changed": lambda text: text.replace("[", "[0,", 1) if "[" in text else "",
    "answers gone": lambda text: text[: text.index('"answers"')] + '"answers": []}',
}


@pytest.mark.parametrize("name", ACCIDENTS)
def test_an_accident_is_no_memory(name: str, tmp_path: Path, filled: dict[str, str], afresh: Any) -> None:
    files = {file: ACCIDENTS[name](text) for file, text in filled.items()}
    put(tmp_path, files)
    assert plain(check(true_and_false(), Memory(tmp_path, complaint))) == afresh
    now = {p.name: p.read_text() for p in (tmp_path / version()[:16]).iterdir()}
    assert now == filled, "written anew"


def test_a_place_that_cannot_be_used_does_no_harm(tmp_path: Path, afresh: Any) -> None:
    (tmp_path / "file").write_text("")
    assert plain(check(true_and_false(), Memory(tmp_path / "file", complaint))) == afresh
    assert plain(check(true_and_false(), Memory(tmp_path / "file" / "below", complaint))) == afresh
    if os.geteuid():  # root may write anywhere
        (tmp_path / "locked").mkdir(mode=0o500)
        assert plain(check(true_and_false(), Memory(tmp_path / "locked", complaint))) == afresh


# ---- forgeries: whole files with fitting checksums, whose answers are not what was found -----------------------------


def others(files: dict[str, str], question: str) -> list[Any]:
    """What was found for a question anywhere."""
    found = [a[1] for text in files.values() for a in json.loads(text)["answers"] if a[0] == question and a[1]]
    return sorted(found, key=json.dumps)


def exchanged(files: dict[str, str], question: str, turn: int) -> dict[str, str]:
    """Every answer to a question replaced by one that was found elsewhere; None too."""
    pool = others(files, question)

    def change(answers: Answers) -> Answers:
        return [[q, pool[(i + turn) % len(pool)] if q == question else x, t] for i, (q, x, t) in enumerate(answers)]

    return changed(files, change)


def swapped(answers: Answers) -> Answers:
    return [[{"proof": "violation", "violation": "proof"}.get(q, q), x, t] for q, x, t in answers]


def negated(x: Any) -> Any:
    """A certificate with every number moved by one."""
    if isinstance(x, bool) or x is None or isinstance(x, str):
        return x
    if isinstance(x, int):
        return x + 1
    return {k: negated(v) for k, v in x.items()} if isinstance(x, dict) else [negated(v) for v in x]


VAR = ["Var", "n", "size", 1]
FORGERIES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "proofs of other claims": lambda files: exchanged(files, "proof", 1),
    "proofs of still other claims": lambda files: exchanged(files, "proof", 2),
    "violations of other claims": lambda files: exchanged(files, "violation", 1),
    "witnesses of other claims": lambda files: exchanged(files, "witness", 3),
    "null sets of other claims": lambda files: exchanged(files, "null set", 1),
    "questions swapped": lambda files: changed(files, swapped),
    "too few": lambda files: changed(files, lambda a: a[:-1]),
    "too many": lambda files: changed(files, lambda a: [*a, ["proof", None, []]]),
    "none at all": lambda files: changed(files, lambda a: []),
    "backwards": lambda files: changed(files, lambda a: a[::-1]),
    "no nodes": lambda files: changed(files, lambda a: [[q, x and 7, t] for q, x, t in a]),
    "nodes of another kind": lambda files: changed(files, lambda a: [[q, x and VAR, t] for q, x, t in a]),
    "numbers moved": lambda files: changed(files, lambda a: [[q, negated(x), t] for q, x, t in a]),
    "no counts": lambda files: changed(files, lambda a: [[q, x, t and ["\x1b[2J"] * 4] for q, x, t in a]),
    "counts gone": lambda files: changed(files, lambda a: [[q, x, []] for q, x, t in a]),
    "files of other steps": lambda files: {
        name: forged(name, json.loads(text)["answers"])
        for name, text in zip(sorted(files), [files[f] for f in sorted(files)[1:] + sorted(files)[:1]], strict=True)
    },
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_thrown_away(name: str, tmp_path: Path, filled: dict[str, str], afresh: Any) -> None:
    heard: list[str] = []
    put(tmp_path, FORGERIES[name](filled))
    found = check(true_and_false(), Memory(tmp_path, heard.append))
    if name != "violations of other claims":  # one may do here too: another counterexample, as good as the first
        assert plain(found) == afresh
    assert [s.verdict for s in found.steps] == [s["verdict"] for s in afresh["derivations"][0]["steps"]]
    for entry in certificates([found])["entries"]:
        replay_entry(entry)
    assert heard and all("searched for again" in message for message in heard)
    assert plain(check(true_and_false(), Memory(tmp_path, complaint))) == plain(found), "mended"


def test_what_is_forgotten_only_weakens(tmp_path: Path, filled: dict[str, str], afresh: Any) -> None:
    """That nothing was found is taken from memory; no verdict but UNDECIDED can come of that."""
    nothing = changed(filled, lambda a: [[q, None, t] for q, x, t in a])
    found = check(true_and_false(), Memory(put(tmp_path, nothing), lambda message: None))
    for step, was in zip(found.steps, afresh["derivations"][0]["steps"], strict=True):
        assert step.verdict in (was["verdict"], "undecided")


def test_a_contradicted_result_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from symrnn.verdicts import Crosscheck

    disagrees = Crosscheck(50, 1, "1.0", False)
    monkeypatch.setattr("symrnn.crosscheck.crosscheck", lambda *a: disagrees)
    found = check(true_and_false(), Memory(tmp_path, complaint))
    assert all(s.alarm for s in found.steps) and not list(tmp_path.rglob("*.json"))


def test_what_the_kernel_refuses_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel gone strict: remembered certificates are thrown away, and the refusal of those found is reported."""
    from symrnn.errors import Refused

    def refuse(*_: object) -> None:
        raise Refused("nothing goes")

    d = Derivation("One")
    d.step("1", eq(A @ inv(A) @ B, B), assuming=[invertible(A)])
    assert check(d, Memory(tmp_path, complaint)).step("1").verdict == "proved"
    monkeypatch.setattr("symrnn.kernel.check", refuse)
    heard: list[str] = []
    found = check(d, Memory(tmp_path, heard.append)).step("1")
    assert found.verdict == "undecided" and found.alarm and "nothing goes" in heard[0]


# ---- the command -----------------------------------------------------------------------------------------------------


NOTES = """
from symrnn import Derivation, eq, matrix, size
A, B = matrix("A", size("n")), matrix("B", size("n"))
d = Derivation("Products")
d.step("1", eq((A @ B).T, B.T @ A.T))
d.step("2", eq(A @ B, B @ A), expect="refuted")
"""


def said(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    assert call("check", "notes.py", "--format", "json", *options) == 0
    out = capsys.readouterr()
    assert not out.err
    data = json.loads(out.out)
    for step in data["derivations"][0]["steps"]:
        del step["seconds"]
    return data


def test_the_command_remembers_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.py").write_text(NOTES)
    without = said(capsys, "--no-cache")
    assert not Path(".symrnn_cache").exists()
    first = said(capsys)
    assert len(list(Path(".symrnn_cache").glob("*/*.json"))) == 2
    assert without == first == said(capsys) == said(capsys, "--jobs", "2")
    said(capsys, "--cache", "elsewhere")
    assert len(list(Path("elsewhere").glob("*/*.json"))) == 2
    Path("pyproject.toml").write_text("[tool.symrnn]\ncache = 'build/memory'\n")
    said(capsys)
    assert len(list(Path("build/memory").glob("*/*.json"))) == 2
    Path("pyproject.toml").write_text("[tool.symrnn]\ncache = false\n")
    for file in Path(".symrnn_cache").glob("*/*.json"):
        file.unlink()
    assert said(capsys) == first and not list(Path(".symrnn_cache").glob("*/*.json"))


def test_a_forgery_is_told_of_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.py").write_text(NOTES)
    first = said(capfd)
    for file in Path(".symrnn_cache").glob("*/*.json"):
        file.write_text(forged(file.name, [["proof", ["Words", "left", "left", {"t": []}, {"t": []}, False], []]]))
    assert call("check", "notes.py", "--format", "json") == 0
    out, err = capfd.readouterr()
    assert [s["verdict"] for s in json.loads(out)["derivations"][0]["steps"]] == ["proved", "refuted"]
    assert "step 2: what was remembered is thrown away" in err
    assert said(capfd) == first
