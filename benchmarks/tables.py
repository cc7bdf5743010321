"""Results as rows, aims met or missed, and both as Markdown."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import figures


@dataclass(frozen=True)
class Aim:
    """``value`` is to be at most (``above``: at least) ``bound``. ``value`` None: not measured, and so missed.

    ``lower``: the value is a lower bound, because what it was compared with was capped; if it falls short of an aim
    from below, nothing is known.
    """

    what: str
    value: float | None
    bound: float
    above: bool = False
    lower: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.bound if self.above else self.value <= self.bound

    def row(self) -> tuple[str, ...]:
        value = "-" if self.value is None else f"{'> ' if self.lower else ''}{figures(self.value)}"
        short = "not shown (capped)" if self.lower and self.above else "missed"
        verdict = "met" if self.met else short
        aim = f"{'at least' if self.above else 'at most'} {figures(self.bound)}"
        return self.what, value, aim, verdict + (f": {self.note}" if self.note else "")


@dataclass(frozen=True)
class Section:
    """One subject: a table of measurements and the aims it is held to."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aims: tuple[Aim, ...]
    note: str = ""


def markdown(sections: Iterable[Section]) -> str:
    """The sections one after the other, then all aims."""
    done = list(sections)
    parts = [f"### {s.title}\n\n" + (f"{s.note}\n\n" if s.note else "") + table(s.head, s.rows) for s in done if s.rows]
    aims = [a.row() for s in done for a in s.aims]
    return "\n".join([*parts, "### Aims\n\n" + table(("what", "measured", "aim", ""), aims)])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine() -> str:
    """Cores, processor, Python and libraries, and nothing that names a host or a path."""
    import os

    names = ("sympy", "python-flint", "mpmath", "gmpy2", "click")
    libraries = ", ".join(f"{name} {_version(name)}" for name in names)
    system = f"{platform.system()} on {platform.machine()}"
    return f"{os.cpu_count()} cores, {_processor()}, {system}, Python {platform.python_version()}; {libraries}."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found.group(1).strip() if found else platform.processor() or "an unknown processor"
