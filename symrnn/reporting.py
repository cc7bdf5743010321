"""``symrnn report``: results from scripts or saved JSON, typeset and written to files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from symrnn.errors import ScriptError, SymrnnError
from symrnn.records import dataclass
from symrnn.report.tex.pdf import NoPdf, compiled, flaws
from symrnn.report.tex.render import fragment, report
from symrnn.verdicts import DerivationResult

Ticked = Callable[[Any], None] | None


@dataclass(frozen=True)
class Gathered:
    """What there is to report on, and an error for every path or file that could not be used."""

    results: tuple[DerivationResult, ...]
    errors: tuple[ScriptError, ...]
    interrupted: bool = False


def gather(paths: Iterable[str], deadline: float, jobs: int, on_tick: Ticked = None) -> Gathered:
    """Results in the order of the paths: read where a path ends in .json, else decided by running the scripts."""
    results: list[DerivationResult] = []
    errors: list[ScriptError] = []
    for saved, group in groupby(paths, key=lambda p: p.endswith(".json")):
        for found in map(_saved, group) if saved else [_decided(list(group), deadline, jobs, on_tick)]:
            results += (r for r in found.results if r.steps)
            errors += found.errors
            if found.interrupted:
                return Gathered(tuple(results), tuple(errors), True)
    return Gathered(tuple(results), tuple(errors))


def _saved(path: str) -> Gathered:
    from symrnn.report.json import loads

    try:
        results, errors = loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        return Gathered((), (ScriptError(f"cannot be read: {error.strerror}", path),))
    except (ValueError, RecursionError) as error:
        hint = "make one with: symrnn check PATH --format json"
        return Gathered((), (ScriptError(f"no saved result: {error}; {hint}", path),))
    return Gathered(results, errors)


def _decided(paths: Sequence[str], deadline: float, jobs: int, on_tick: Ticked) -> Gathered:
    from symrnn.scripts import load
    from symrnn.worker import run

    loaded = load(paths)
    done = run(loaded.derivations, deadline=deadline, jobs=jobs, on_tick=on_tick)
    return Gathered(tuple(done.results), (*loaded.errors, *done.errors), done.interrupted)


def write(
    results: Sequence[DerivationResult], output: Path, paper: str, as_fragment: bool
) -> tuple[list[str], list[str]]:
    """Write the report; the files written, and what is wrong with the pages.

    A PDF comes with its source beside it, which is written even if there can be no PDF. Raises SymrnnError and OSError.
    """
    try:
        source = fragment(results) if as_fragment else report(results, paper)
    except ValueError as error:
        raise SymrnnError(str(error)) from error
    tex = output.with_suffix(".tex")
    _write(tex, source.encode())
    if output.suffix != ".pdf":
        return [str(tex)], []
    try:
        pdf, log = compiled(source)
    except NoPdf as error:
        raise NoPdf(f"{tex} is written, but {output} is not: {error}") from error
    _write(output, pdf)
    found = flaws(log)
    return [str(output), str(tex)], [str(found)] if found else []


def _write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


__all__ = ["Gathered", "gather", "write"]
