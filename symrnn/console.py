"""What the command line writes: to standard output, complaints and progress to standard error."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from symrnn.worker import Progress

PATIENCE = 1.0  # seconds before progress is shown


class Unwritable(click.ClickException):
    exit_code = 2


def write_out(text: str) -> None:
    """Write to standard output; quietly stop if nobody reads it any more."""
    if sys.stdout is None:  # closed by the shell
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))  # what it has no characters for
        sys.stdout.flush()
    except BrokenPipeError:
        no_reader()
    except OSError as error:
        raise Unwritable(f"standard output cannot be written: {error.strerror}") from error


def no_reader() -> None:
    """Point standard output nowhere, so that Python does not complain about it at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(text.encode("ascii", "backslashreplace").decode() if is_ascii(sys.stderr) else text, err=True)


def is_ascii(stream: object) -> bool:
    return not str(getattr(stream, "encoding", None) or "ascii").lower().startswith("utf")


@contextlib.contextmanager
def progress() -> Iterator[Callable[[Progress], None] | None]:
    """A function for ``run`` that shows on standard error, where that is a terminal, what takes long."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _Line()
    try:
        yield line.show
    finally:
        line.clear()


class _Line:
    """One line on standard error that is written over and over, and cleared in the end."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.shown = 0

    def show(self, progress: Progress) -> None:
        if time.monotonic() - self.began < PATIENCE:
            return
        at = ", ".join(f"step {step} of {title} ({seconds:.0f} s)" for title, step, seconds in progress.running)
        import shutil

        room = shutil.get_terminal_size((80, 24)).columns - 1
        line = f"{progress.done} of {progress.total} steps decided; {at}".encode("ascii", "replace").decode()[:room]
        self._write(line.ljust(self.shown))
        self.shown = len(line)

    def clear(self) -> None:
        if self.shown:
            self._write(" " * self.shown)
            self._write("")

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
