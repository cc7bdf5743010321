"""What search found before, so that a second run costs what checking it costs. Untrusted, as search is.

While a step is decided, the answers of its searches (a proof, an instance, or that none was found) are written down in
the order in which they are asked for, and kept in a file named by the checksum of all they depend on: the claim, what
the step cites, and symrnn itself. Next time the same steps of the pipeline are taken with these answers, and whatever
claims something goes through the kernel again, as if it had just been found. If the kernel refuses anything, or the
file is not what was asked for, all of it is thrown away and searched for afresh. So nothing that a file says is
believed, but for what is missing: no proof, no instance.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from symrnn.claims.codec import decode, encode, sha256
from symrnn.claims.index import Node

FORMAT, VERSION = "symrnn-memory", 1
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# What symrnn found before. It may be deleted at any time.\n"
USED = ("mpmath", "python-flint", "sympy")  # packages that a search may depend on
T = TypeVar("T")
Data = Any


class Stale(Exception):
    """A remembered answer that does not hold here. No SymrnnError, so that no search takes it for a refusal."""


@dataclass
class _Tape:
    """The answers of one step: ``written`` anew, or ``read`` in order; ``refused``: not to be kept."""

    read: list[Data] | None = None
    written: list[Data] = field(default_factory=list)
    place: int = 0
    inside: bool = False
    refused: bool = False


_TAPE: ContextVar[_Tape | None] = ContextVar("tape", default=None)


def answered(question: str, search: Callable[[], tuple[Node | None, tuple[Data, ...]]]) -> tuple[Any, tuple[Data, ...]]:
    """The answer of a search and what it tells besides: remembered, or searched for and written down.

    A search within a search is a part of it and not written down.
    """
    tape = _TAPE.get()
    if tape is None or tape.inside:
        return search()
    if tape.read is not None:
        return _next(tape, tape.read, question)
    tape.inside = True
    try:
        found, told = search()
    finally:
        tape.inside = False
    try:
        tape.written.append([question, encode(found), list(told)])
    except (ValueError, RecursionError):  # numbers longer than Python writes
        tape.refused = True
    return found, told


def _next(tape: _Tape, read: list[Data], question: str) -> tuple[Any, tuple[Data, ...]]:
    if tape.place >= len(read):
        raise Stale("it ends too early")
    asked, found, told = read[tape.place]
    tape.place += 1
    if asked != question:
        raise Stale(f"it answers {asked!r}, not {question!r}")
    return decode(found), tuple(told)


def refused(reason: str) -> None:
    """To be called where a certificate is refused: a remembered one is thrown away, a new one not remembered."""
    tape = _TAPE.get()
    if tape is not None and tape.read is not None and not tape.inside:
        raise Stale(reason)
    if tape is not None:
        tape.refused = True


# ---- files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory:
    """Answers kept in a directory, which need not exist. ``warn`` hears of what is thrown away."""

    directory: Path
    warn: Callable[[str], None] = warnings.warn

    def recall(self, about: Data, what: str, work: Callable[[], T], sound: Callable[[T], bool]) -> T:
        """``work`` with the answers remembered ``about`` nodes, or anew.

        ``sound``: whether a result may come from memory and be kept there. What cannot be read or written is no
        error. ``what`` names the step in warnings.
        """
        key = sha256(about)
        path = self.directory / version()[:16] / f"{key}.json"
        known = _read(path, key)
        if known is not None:
            try:
                with _playing(_Tape(known)) as tape:
                    result = work()
                if tape.place == len(known) and sound(result):
                    return result
                reason = "its answers lead to another result"
            except Exception as error:  # noqa: BLE001 - whatever the file holds, the search decides
                reason = str(error) or type(error).__name__
            self.warn(f"{what}: what was remembered is thrown away, and searched for again: {reason}")
        with _playing(_Tape()) as tape:
            result = work()
        if sound(result) and not tape.refused:
            with contextlib.suppress(OSError):
                self._write(path, key, tape.written)
        return result

    def _write(self, path: Path, key: str, answers: list[Data]) -> None:
        """The file as a whole or not at all: a reader never sees half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", TAG), (".gitignore", "*\n")):
            if not (self.directory / name).exists():
                (self.directory / name).write_text(text, encoding="utf-8")
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_text(_text(key, answers), encoding="utf-8", newline="\n")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _playing(tape: _Tape) -> Iterator[_Tape]:
    token = _TAPE.set(tape)
    try:
        yield tape
    finally:
        _TAPE.reset(token)


def _text(key: str, answers: list[Data]) -> str:
    body = json.dumps(answers, separators=(",", ":"))
    data = {"format": FORMAT, "version": VERSION, "symrnn": version(), "about": key, "sha256": _sum(body)}
    return f'{json.dumps(data)[:-1]}, "answers": {body}}}\n'


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, key: str) -> list[Data] | None:
    """The answers in a file; None if there is none, or if it is not whole or about something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        answers = data["answers"]
        stated = (data["format"], data["version"], data["symrnn"], data["about"], data["sha256"])
        whole = stated == (FORMAT, VERSION, version(), key, _sum(json.dumps(answers, separators=(",", ":"))))
        fits = all(isinstance(a, list) and len(a) == 3 and isinstance(a[2], list) for a in answers)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return answers if whole and fits else None


@cache
def version() -> str:
    """A checksum of symrnn's own sources, of Python and of the packages that a search may depend on."""
    here = Path(__file__).parent.parent
    made = hashlib.sha256(platform.python_version().encode())
    for name in USED:
        with contextlib.suppress(metadata.PackageNotFoundError):
            made.update(f"{name} {metadata.version(name)}\n".encode())
    for source in sorted(here.rglob("*.py")):
        made.update(source.relative_to(here).as_posix().encode() + b"\n" + source.read_bytes())
    return made.hexdigest()


__all__ = ["Memory", "Stale", "answered", "refused", "version"]
