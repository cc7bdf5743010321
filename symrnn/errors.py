"""What can go wrong, as exceptions with a message for people: what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class SymrnnError(Exception):
    """Base of everything the package raises on purpose; the message is meant to be read by the user."""


class ClaimError(SymrnnError):
    """A claim, cell or derivation is malformed: an undeclared symbol, a prime on what is no function, a bad id."""


@contextmanager
def not_too_deep(what: str) -> Iterator[None]:
    """What Python cannot follow to its end as a ClaimError."""
    try:
        yield
    except RecursionError:
        raise ClaimError(f"{what} is nested too deeply to be read: give names to parts of it") from None


class ShapeMismatch(SymrnnError):
    """Two shapes inside a claim do not fit; a verdict (REFUTED, kind ``shape``), not a usage error."""

    def __init__(self, reason: str, shapes: tuple[tuple[str, tuple[str, str]], ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.shapes = shapes


class Refused(SymrnnError):
    """The kernel did not accept a certificate. Says nothing about whether the claim is true."""


class Undefined(SymrnnError):
    """A term has no value at an instance, such as the inverse of a singular matrix."""


def refusal(error: Exception) -> Refused:
    """Whatever malformed data provokes in the kernel, as its refusal."""
    if isinstance(error, Refused):
        return error
    kinds = {ShapeMismatch: "not well typed", Undefined: "undefined", RecursionError: "too deep"}
    kind = kinds.get(type(error), "malformed" if isinstance(error, SymrnnError) else type(error).__name__)
    return Refused(f"{kind}: {error}")


class CertificateError(SymrnnError):
    """A certificate file cannot be read: corrupt, or of an unknown format or version."""


class ScriptError(SymrnnError):
    """A derivation script cannot be used; carries the place where the trouble is."""

    def __init__(self, message: str, source: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
