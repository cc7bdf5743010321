"""The pytest plugin, as pytest loads it in every run of its environment: hooks that import nothing until they must.

What they do is in ``symrnn.pytest_plugin`` (steps of derivations as tests) and ``symrnn.regression`` (fixtures).
Switched off by ``-p no:symrnn``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from symrnn.pytest_plugin import DerivationFile
    from symrnn.regression.fixtures import DerivationRegression, SymbolicRegression

WORDS = (b"symrnn", b"Derivation(")  # what a script must contain to be looked at further
ASKED = pytest.StashKey[bool]()
NOTE = "symbolic_regression"  # the user property under which a test notes a change of form


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symrnn", "derivations checked by symrnn")
    group.addoption(
        "--symrnn-deadline",
        metavar="S",
        type=float,
        default=None,
        help="seconds a step may take; one that takes longer is undecided (60, or as in [tool.symrnn])",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "symrnn: a step of a derivation, as collected by the symrnn plugin")
    deadline = config.getoption("symrnn_deadline")
    if deadline is not None and not deadline > 0:
        raise pytest.UsageError(f"--symrnn-deadline: {deadline:g} is no time to wait: give seconds above 0, such as 60")
    given = getattr(config, "workerinput", {}).get("symrnn_asked")  # by the main process of pytest-xdist
    asked = config.args_source is not pytest.Config.ArgsSource.INVOCATION_DIR
    config.stash[ASKED] = asked if given is None else given


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist, which gets paths in any case, whether the user gave any."""
    node.workerinput["symrnn_asked"] = node.config.stash[ASKED]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DerivationFile | None:
    """Derivation scripts below the paths that were given on the command line or by ``testpaths``."""
    config = parent.config
    if not config.stash.get(ASKED, False) or not _may_be_script(file_path):
        return None
    from symrnn.pytest_plugin import DerivationFile, defines_derivations

    return DerivationFile.from_parent(parent, path=file_path) if defines_derivations(file_path) else None


def _may_be_script(path: Path) -> bool:
    """Whether a file is named and reads like a script: cheap, for it is asked of every file there is."""
    if path.suffix != ".py" or path.name.startswith(("_", "test_")) or path.name.endswith("_test.py"):
        return False
    if path.name == "conftest.py":
        return False
    try:
        source = path.read_bytes()
    except OSError:
        return False
    return all(word in source for word in WORDS)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the golden expressions of which only the form changed: their tests pass."""
    notes = list(_notes(terminalreporter))
    if notes:
        terminalreporter.write_sep("-", "symbolic regression: equal, but written otherwise than stored")
        for line in notes:
            terminalreporter.write_line(line)


def _notes(terminalreporter: Any) -> Iterator[str]:
    for report in terminalreporter.stats.get("passed", ()):
        if getattr(report, "when", "") == "call":
            yield from (f"{report.nodeid}: {text}" for name, text in report.user_properties if name == NOTE)


@pytest.fixture
def symbolic_regression(request: pytest.FixtureRequest) -> SymbolicRegression:
    """``symbolic_regression.check(expression, name)``: compare with the stored one by what the two mean."""
    _require_syrupy(request, "symbolic_regression")
    from symrnn.regression.fixtures import SymbolicRegression

    return SymbolicRegression(request)


@pytest.fixture
def derivation_regression(request: pytest.FixtureRequest) -> DerivationRegression:
    """``derivation_regression.check(derivation, name)``: compare verdicts and evidence with the stored ones."""
    _require_syrupy(request, "derivation_regression")
    from symrnn.regression.fixtures import DerivationRegression

    return DerivationRegression(request)


def _require_syrupy(request: pytest.FixtureRequest, fixture: str) -> None:
    if not request.config.pluginmanager.hasplugin("syrupy"):
        pytest.fail(f"{fixture} stores its data with syrupy: install it with pip install 'symrnn[pytest]'", False)
