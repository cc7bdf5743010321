"""Scripts: which files run, how, and what is said of those that fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from symrnn import Derivation, check, eq, matrix, size
from symrnn.errors import ClaimError, ScriptError
from symrnn.scripts import Loaded, find, load, load_script

GOOD = """
from symrnn import Derivation, Elman, eq, sigmoid
d = Derivation({title!r}, cell=Elman(sigmoid))
d.step("1", eq(d.W_hh, d.W_hh))
"""


def write(path: Path, text: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(title=path.stem) if text is None else text)
    return path


def error_of(path: Path, text: str) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        load_script(write(path, text))
    return caught.value


def titles(loaded: Loaded) -> list[str]:
    return [d.title for d in loaded.derivations]


def test_a_directory_stands_for_its_scripts_sorted(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "sub/c.py", "sub/_d.py", "test_e.py", "conftest.py", "sub/conftest.py", "notes.md"):
        write(tmp_path / name)
    write(tmp_path / ".venv" / "lib.py")
    write(tmp_path / "__pycache__" / "x.py")
    files, errors = find([tmp_path])
    assert [f.relative_to(tmp_path).as_posix() for f in files] == ["a.py", "b.py", "sub/c.py"]
    assert not errors


def test_a_loop_of_links_is_an_error_and_the_others_run(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    loaded = load(tmp_path)
    assert titles(loaded) == ["a"]
    (error,) = loaded.errors
    assert error.message.startswith("cannot be read: ") and error.source == str(tmp_path / "loop.py")


def test_explicit_paths_always_run_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "_hidden.py")
    write(tmp_path / "a.py")
    monkeypatch.chdir(tmp_path)
    loaded = load(["_hidden.py", "a.py", ".", tmp_path / "_hidden.py", "./a.py"])
    assert titles(loaded) == ["_hidden", "a"] and not loaded.errors
    assert [s.source for s in loaded.scripts] == ["_hidden.py", "a.py"]


def test_derivations_come_in_the_order_of_definition_each_once(tmp_path: Path) -> None:
    text = (
        "from symrnn import Derivation\nz = Derivation('first')\na = Derivation('second')\nagain = z\n"
        "def f():\n    inner = Derivation('local')\nf()\n"
    )
    script = load_script(write(tmp_path / "s.py", text))
    assert [d.title for d in script.derivations] == ["first", "second"]


def test_places_are_those_in_the_script(tmp_path: Path) -> None:
    path = write(tmp_path / "s.py")
    (d,) = load_script(path).derivations
    assert (d.source, d.line, d.steps[0].line) == (str(path), 3, 4)


def test_main_does_nothing_here(tmp_path: Path) -> None:
    script = load_script(write(tmp_path / "s.py", GOOD.format(title="t") + "d.main()\nassert __name__ != '__main__'\n"))
    assert len(script.derivations) == 1


def test_modules_beside_the_script_are_found_and_forgotten(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name / "_common.py", f"TITLE = 'from {name}'\n")
        write(tmp_path / name / "pack" / "__init__.py", "")
        write(tmp_path / name / "pack" / "deep.py", f"TAIL = ' {name}'\n")
        write(
            tmp_path / name / "s.py",
            "from _common import TITLE\nfrom pack.deep import TAIL\nfrom symrnn import Derivation\n"
            "d = Derivation(TITLE + TAIL)\n",
        )
    before, modules = list(sys.path), set(sys.modules)
    assert titles(load([tmp_path / "one" / "s.py", tmp_path / "two" / "s.py"])) == ["from one one", "from two two"]
    assert sys.path == before and set(sys.modules) == modules


def test_the_surroundings_are_restored(tmp_path: Path) -> None:
    text = (
        "import os, sys\nos.chdir('/')\nassert len(sys.argv) == 1, sys.argv\nsys.path.clear()\n"
        "sys.setrecursionlimit(900)\nsys.stderr = None\n"
    )
    here, path, before = os.getcwd(), list(sys.path), (sys.stderr, sys.getrecursionlimit())
    error_of(tmp_path / "s.py", text)
    assert os.getcwd() == here and sys.path == path and (sys.stderr, sys.getrecursionlimit()) == before


CHANGED = [
    "d.steps = None",
    "d.steps = 'abc'",
    "d.steps = (s for s in d.steps)",
    "d.steps = {'1': d.steps[0]}",
    "d.steps.append(3)",
    "d.steps *= 2",
    "del d.steps",
    "del d.title",
    "d.title = None",
    "d.source = 4",
    "d.cell = 'Elman'",
    "d.cell.recurrence = None",
    "d.layout = 'sideways'",
    "d.line = '4'",
    "d = object.__new__(Derivation)",
    "set(d.steps[0], 'id', None)",
    "set(d.steps[0], 'title', 3)",
    "set(d.steps[0], 'line', '3')",
    "set(d.steps[0], 'layout', '')",
    "set(d.steps[0], 'expected', 7)",
    "set(d.steps[0], 'follows', ['1'])",
    "set(d.steps[0], 'follows', ('1',))",
    "set(d.steps[0], 'follows', ('0',))",
    "set(d.steps[0], 'using', (3,))",
    "set(d.steps[0], 'using', ('no lemma',))",
    "set(d.steps[0], 'claim', None)",
    "d.steps[0].claim.__dict__['conclusion'] = 3",
    "d.steps[0].claim.__dict__['hypotheses'] = None",
    "d.steps[0].claim.__dict__['cell'] = 'Elman'",
]


@pytest.mark.parametrize("change", CHANGED)
def test_a_derivation_that_a_script_has_changed_is_an_error(tmp_path: Path, change: str) -> None:
    text = GOOD.format(title="t") + f"set = object.__setattr__\n{change}\n"
    error = error_of(tmp_path / "s.py", text)
    assert error.message.startswith("a derivation was changed by other means than d.step(...): ")


def test_steps_may_be_left_out_again(tmp_path: Path) -> None:
    script = load_script(write(tmp_path / "s.py", GOOD.format(title="t") + "d.step('2', eq(1, 1))\ndel d.steps[0]\n"))
    assert [s.id for s in script.derivations[0].steps] == ["2"]


def test_an_exception_without_words_of_its_own(tmp_path: Path) -> None:
    text = "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd\n"
    assert error_of(tmp_path / "s.py", text).message == "Odd"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ny = 1 +\n", 2, "SyntaxError: invalid syntax"),
        ("\n\nimport no_such_module_here\n", 3, "ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError: division by zero"),
        ("assert False\n", 1, "AssertionError"),
        ("import sys\nsys.exit(3)\n", 2, "the script called sys.exit(3) before it ended"),
        ("import os\nos._exit(0)\n", 2, "the script called os._exit(0) before it ended"),
        ("raise SystemExit\n", 1, "the script called sys.exit() before it ended"),
        (
            "from symrnn import Derivation\n\nd = Derivation('t')\nd.step('1', d.X)\n",
            4,
            "AttributeError: the derivation has no symbol X; it has j, k, m, n, t",
        ),
        (
            "from symrnn import Derivation, eq\nd = Derivation('t')\nd.step('1', eq(1, 1), follows=['0'])\n",
            3,
            "step 1 follows 0, which is no earlier step; there are: none yet",
        ),
    ],
)
def test_errors_name_the_line_in_the_script(tmp_path: Path, text: str, line: int, message: str) -> None:
    error = error_of(tmp_path / "s.py", text)
    assert (error.source, error.line, error.message) == (str(tmp_path / "s.py"), line, message)


def test_an_error_below_a_library_call_is_placed_in_the_script(tmp_path: Path) -> None:
    write(tmp_path / "helper.py", "def go():\n\n\n\n\n    raise ValueError('deep')\n")
    error = error_of(tmp_path / "s.py", "import helper\nhelper.go()\n")
    assert (error.line, error.message) == (2, "ValueError: deep")


def test_a_script_without_a_derivation(tmp_path: Path) -> None:
    error = error_of(tmp_path / "s.py", "x = 1\n")
    assert error.message == (
        f"no Derivation in {tmp_path / 's.py'}: define one at the top level, as in"
        " d = Derivation('title', cell=Elman(tanh))"
    )
    assert error.line is None


def test_other_files_still_run(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.py", "raise RuntimeError('no')\n")
    good = write(tmp_path / "good.py")
    empty = tmp_path / "empty"
    empty.mkdir()
    text = write(tmp_path / "notes.txt", "hello")
    loaded = load([tmp_path / "nowhere.py", bad, text, empty, good])
    assert titles(loaded) == ["good"]
    assert {Path(e.source).name: e.message for e in loaded.errors} == {
        "nowhere.py": "no such file or directory",
        "notes.txt": "not a Python script: the name must end in .py",
        "empty": "no scripts in this directory: a script is a *.py that does not start with _ or test_"
        " and is no conftest.py",
        "bad.py": "RuntimeError: no",
    }


def test_an_undecodable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "n.py").write_bytes(b"x = 1\0\n")
    for name in ("s.py", "n.py"):
        with pytest.raises(ScriptError) as caught:
            load_script(tmp_path / name)
        assert "SyntaxError" in caught.value.message or "no Python source" in caught.value.message


def test_ctrl_c_is_not_an_error_of_the_script(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_script(write(tmp_path / "s.py", "raise KeyboardInterrupt\n"))


def test_what_a_script_prints_goes_to_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = GOOD.format(title="t") + "import os, sys\nprint('python')\nsys.stdout.flush()\nos.system('echo shell')\n"
    load_script(write(tmp_path / "s.py", text))
    print("report")
    out, err = capfd.readouterr()
    assert out == "report\n"
    assert sorted(err.split()) == ["python", "shell"]


def test_one_path_is_no_list_of_letters(tmp_path):
    """Each letter of a path is a path: ``/`` is all files there are."""
    (tmp_path / "a.py").write_text("raise SystemExit('never run')", encoding="utf-8")
    script = tmp_path / "one.py"
    script.write_text("", encoding="utf-8")
    assert find(str(script)) == find(script) == find([script]) == ([script], [])


@pytest.mark.parametrize("depth", [250, 3000])
def test_what_is_nested_too_deeply_is_told(depth: int) -> None:
    n = size("n")
    A = matrix("A", n)
    deep = A
    for _ in range(depth):
        deep = A + deep @ A
    d = Derivation("Deep")
    with pytest.raises(ClaimError, match="step 1 is nested too deeply"):
        d.step("1", eq(deep, A))
        check(d)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("d.step('2', any_of())", "at least one claim"),
        ("d.step('2', all_of())", "at least one claim"),
        ("d.step('2', eq(A, 10**5000 * A))", "thousands of digits"),
        ("d.step('2', eq(eye(d.n - 1), eye(d.n - 1)))", "no number of rows or columns"),
        ("d.step('2', eq(eye(-1), 1))", "no number of rows or columns"),
        ("d.step('2', eq(A, A), because=3)", "because is a text"),
        ("d.step('2', eq(A, A), title=b'x')", "title is a text"),
        ("Derivation(None)", "title is a text"),
        ("cell('c', states={s: lambda t: s[t]})", "defined by each other"),
        ("cell('c', states={s: lambda t: s[t + 1]})", "not earlier"),
        ("cell('c', states={s: lambda t: A.inv @ s[t - 1]})", "may have no value"),
    ],
)
def test_what_has_no_meaning_is_an_error_where_it_is_said(tmp_path: Path, line: str, message: str) -> None:
    """Not a step that the kernel then refuses, which would look like a contradiction."""
    start = "from symrnn import *\nd = Derivation('x', cell=Elman(sigmoid))\nA, s = matrix('A', d.n), state('s', d.n)\n"
    error = error_of(tmp_path / "s.py", start + line)
    assert message in str(error) and error.line == 4


def test_a_script_may_close_its_streams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are others' too: what is said afterwards still arrives."""
    closing = "import sys\nprint('before')\nsys.stdout.close()\nsys.stderr.close()\n"
    script = load_script(write(tmp_path / "a.py", closing + GOOD.format(title="closed")))
    assert [d.title for d in script.derivations] == ["closed"]
    print("after", file=sys.stderr)
    print("out")
    assert capsys.readouterr() == ("out\n", "before\nafter\n")
    assert "late" in str(error_of(tmp_path / "b.py", closing + "raise ValueError('late')\n"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are made by fork")
def test_a_child_of_a_script_may_leave_as_it_likes(tmp_path: Path) -> None:
    leave = os._exit
    text = "import os\nchild = os.fork()\nif not child:\n    os._exit(7)\nassert os.waitpid(child, 0)[1] >> 8 == 7\n"
    assert load_script(write(tmp_path / "a.py", text + GOOD.format(title="forked"))).derivations
    assert os._exit is leave
