"""README.md says what the commands print: its console blocks are run, its verdict table is the current one."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from symrnn.report.text import Terminal, render

WIDTH = 100
ROOT = Path(__file__).parent.parent


def test_the_verdict_table_is_the_one_printed(founding, generated):
    table = render([founding], Terminal(WIDTH)).partition("\n\n")[0]
    command = f"$ COLUMNS={WIDTH} symrnn check derivations/vanishing_gradient.py"
    generated("README.md", "verdict table", f"```console\n{command}\n{table}\n```\n")


def test_the_example_prints_what_it_says(blocks, tmp_path):
    (script,) = blocks("README.md", "python")
    console = next(b for b in blocks("README.md", "console") if "two_steps" in b)
    command, _, output = console.partition("\n")
    (tmp_path / "two_steps.py").write_text(script, encoding="utf-8")
    printed = run(command, tmp_path)
    at = 0
    for part in output.split("...\n"):  # as in a doctest, dots stand for anything
        found = printed.find(part, at)
        assert found >= 0, f"not printed, or not in this order:\n{part}\nin:\n{printed}"
        at = found + len(part)


def run(command: str, directory: Path) -> str:
    """What ``$ symrnn ...`` prints."""
    words = shlex.split(command)
    assert words[:2] == ["$", "symrnn"]
    environment = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "symrnn.cli", *words[2:]]
    done = subprocess.run(arguments, cwd=directory, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_the_example_is_ten_lines_at_most(blocks):
    (script,) = blocks("README.md", "python")
    assert len(script.splitlines()) <= 10


def test_the_commands_are_the_ones_that_work_on_a_bare_system(blocks):
    set_up = "python3 -m venv --without-pip .venv && python3 -m pip --python .venv/bin/python install"
    assert blocks("README.md", "sh") == [
        f"{set_up} . && .venv/bin/symrnn check derivations/ --jobs 2\n",
        f"{set_up} '.[test]' && .venv/bin/python -m pytest -n 2 --dist loadfile\n",
    ]
