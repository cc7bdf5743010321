"""Results as workflow commands of GitHub Actions: each failing step becomes an annotation at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symrnn.errors import ScriptError
from symrnn.report.instances import instance_lines
from symrnn.report.junit import condition, headline
from symrnn.verdicts import DerivationResult, StepResult

WIDTH = 100


def render(
    results: Iterable[DerivationResult], errors: Iterable[ScriptError], fails: Callable[[StepResult], bool]
) -> str:
    """One line for every failing step and every error, then a summary. ``fails`` says which steps fail."""
    lines, count, failed = [], 0, 0
    for result in results:
        for s in result.steps:
            count += 1
            if fails(s):
                failed += 1
                lines.append(command("error", result.source, s.line, f"step {s.id} of {result.title}", _told(s)))
    lines += [command("error", e.source, e.line, "symrnn", e.message) for e in errors]
    return "".join(f"{line}\n" for line in (*lines, f"symrnn: {count} steps, {failed} not as expected"))


def _told(s: StepResult) -> str:
    told = [headline(s), s.reason, condition(s)]
    if s.repair:
        told.append(f"repair: {s.repair.text} ({s.repair.verdict})")
    if s.counterexample:
        told += ["counterexample:", *(f"  {line}" for line in instance_lines(s.counterexample, WIDTH))]
    return "\n".join(line for line in told if line)


def command(kind: str, file: str, line: int | None, title: str, message: str) -> str:
    """A workflow command; what has a meaning in it is escaped, so that no text can become a command of its own.

    >>> command("error", "a.py", 3, "step 1, or 2", "no: 100%\\nnever")
    '::error file=a.py,line=3,title=step 1%2C or 2::no: 100%25%0Anever'
    """
    fields = {"file": file, "line": str(line or ""), "title": title}
    shown = ",".join(f"{k}={_property(v)}" for k, v in fields.items() if v)
    return f"::{kind} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


__all__ = ["command", "render"]
