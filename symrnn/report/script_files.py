"""The scripts of all counterexamples of a run, with names that are safe in any file system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symrnn.report.script import script
from symrnn.verdicts import DerivationResult


def script_files(results: Iterable[DerivationResult]) -> Iterator[tuple[str, str]]:
    """File name (``<derivation>_<step>.py``) and source for every counterexample that can be run."""
    taken: set[str] = set()
    for result in results:
        for step in result.steps:
            found = [("", step.counterexample), *((f" for {v.activation}", v.counterexample) for v in step.variants)]
            for which, counterexample in found:
                heading = f"Counterexample to step {step.id} of: {result.title}{which}\n{step.claim_text}"
                source = script(counterexample, heading) if counterexample else None
                if source is not None:
                    yield _name(result.title, f"{step.id}{which}", taken), source


def _name(title: str, step: str, taken: set[str]) -> str:
    stem = f"{_slug(title)[:60].strip('-') or 'derivation'}_{_slug(step) or 'step'}"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return f"{name}.py"


def _slug(text: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(part for part in kept.split("-") if part)


__all__ = ["script_files"]
