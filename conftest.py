"""What README.md and docs/ need of pytest: their Python blocks run, and their generated parts are compared or written.

``pytest --update-docs`` writes the generated parts anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from symrnn import DerivationResult
from symrnn.scripts import load
from symrnn.search.memory import Memory
from symrnn.worker import run

ROOT = Path(__file__).parent
pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["README.md", "docs/*.md"]).pytest()

Compare = Callable[[str, str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-docs", action="store_true", help="write the generated parts of README.md and docs/ anew")


@pytest.fixture(scope="session")
def founding(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> DerivationResult:
    """The founding derivation, decided once, on two cores; other test processes wait and then check what was found."""
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    with contextlib.chdir(ROOT), (shared / "founding.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        loaded = load(["derivations/vanishing_gradient.py"])
        assert not loaded.errors
        done = run(loaded.derivations, deadline=600, jobs=2, memory=Memory(shared / "founding"))
    (made,) = done.results
    return made


@pytest.fixture
def generated(request: pytest.FixtureRequest) -> Compare:
    """A function that compares the part of a page between two markers with what it should be."""

    def compare(page: str, part: str, wanted: str) -> None:
        path = ROOT / page
        before, _, rest = path.read_text(encoding="utf-8").partition(f"<!-- generated: {part} -->\n")
        found, end, after = rest.partition("<!-- end -->\n")
        assert end, f"{page} has no part called {part}"
        if request.config.getoption("--update-docs"):
            path.write_text(f"{before}<!-- generated: {part} -->\n{wanted}{end}{after}", encoding="utf-8")
        else:
            assert found == wanted, f"{part} in {page} is out of date: run pytest --update-docs"

    return compare


@pytest.fixture
def blocks() -> Callable[[str, str], list[str]]:
    """A function that gives the fenced blocks of a page in one language, in order."""

    def of(page: str, language: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)

    return of
