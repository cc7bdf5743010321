"""Clocks: medians within this process, and runs in processes of their own that are ended at a cap.

All times are processor time, of a process with its children, so that other work on the machine matters little.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Time:
    """Seconds, or a lower bound where the run was ended at its cap; ``missing`` where there is nothing to measure."""

    seconds: float
    capped: bool = False
    missing: str = ""

    def __str__(self) -> str:
        return self.missing or f"{'> ' if self.capped else ''}{seconds(self.seconds)}"


def seconds(value: float) -> str:
    """Three figures and a unit.

    >>> seconds(0.0001234), seconds(0.0456), seconds(12.34), seconds(345.6)
    ('0.123 ms', '45.6 ms', '12.3 s', '346 s')
    """
    if value < 1:
        return f"{figures(value * 1e3)} ms"
    return f"{figures(value)} s"


def figures(value: float) -> str:
    """Three significant figures, without an exponent where people would not use one.

    >>> figures(0.01234), figures(1.5), figures(45678.0), figures(0.0)
    ('0.0123', '1.50', '45,700', '0')
    """
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def median_of(run: Callable[[], object], repeat: int) -> Time:
    """The median of several calls, garbage collected before each."""
    found = []
    for _ in range(repeat):
        gc.collect()
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return Time(statistics.median(found))


def process(arguments: Sequence[str], repeat: int = 1) -> Time:
    """The median time of ``python ARGUMENTS`` from start to exit, with its own child processes."""
    found = []
    for _ in range(repeat):
        before = _of_children()
        _output(arguments)
        found.append(_of_children() - before)
    return Time(statistics.median(found))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


IMPORTS = 5  # seconds that imports may take besides


def naive(task: str, *numbers: int | str, cap: int) -> Time:
    """What ``python -m benchmarks.naive TASK ...`` measures of itself: imports do not count."""
    said = _output(["-m", "benchmarks.naive", task, *map(str, numbers)], cap + IMPORTS)
    found = float(said) if said is not None else math.inf
    return Time(found) if found <= cap else Time(cap, capped=True)


def _output(arguments: Sequence[str], cap: int | None = None) -> str | None:
    """What a Python process prints, or None if the system ended it at the cap. Raises where it fails."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "COLUMNS": "100", "NO_COLOR": "1"}
    environment |= {"PYTHONDONTWRITEBYTECODE": ""}  # compiled once, as what is installed
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=None if cap is None else lambda: resource.setrlimit(resource.RLIMIT_CPU, (cap, cap + 5)),
        check=False,
    )
    if run.returncode == -signal.SIGXCPU:
        return None
    if run.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed: {(run.stderr.strip() or run.stdout.strip())[-500:]}")
    return run.stdout


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log time over log size, by least squares.

    >>> round(exponent([1, 2, 4], [3, 12, 48]), 6)
    2.0
    """
    x, y = [math.log(s) for s in sizes], [math.log(t) for t in times]
    mx, my = statistics.fmean(x), statistics.fmean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)
