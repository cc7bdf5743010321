"""``[tool.symrnn]`` of pyproject.toml: defaults for the options of ``symrnn check`` and of the pytest plugin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from symrnn.errors import SymrnnError

if TYPE_CHECKING:
    from pathlib import Path

FAIL_ON = ("refuted", "conditional", "undecided", "inference")
FORMATS = ("text", "json", "junit", "github")


class SettingsError(SymrnnError):
    """A pyproject.toml that cannot be read, or a setting that is none."""


class Settings(NamedTuple):  # no dataclass, since every command imports this at its start
    """What is set, None where nothing is. Relative ``paths`` are relative to ``directory``."""

    directory: Path
    paths: tuple[str, ...] | None = None
    format: str | None = None
    jobs: int | None = None
    deadline: float | None = None
    fail_on: tuple[str, ...] | None = None
    cache: str | Literal[False] | None = None  # a directory, or False


def find(start: Path) -> Settings:
    """The settings of the nearest pyproject.toml at or above a directory; none if there is no such file."""
    for directory in (start, *start.parents):
        file = directory / "pyproject.toml"
        if file.is_file():
            return read(file)
    return Settings(start)


def read(file: Path) -> Settings:
    """The settings in a file. Raises SettingsError, with the file and the key."""
    import tomllib

    try:
        tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error
    table = tools.get("symrnn", {}) if isinstance(tools, dict) else tools
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: tool.symrnn is no table")
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            raise SettingsError(f"{file}: [tool.symrnn] has no key {key!r}; there are: {', '.join(_KEYS)}")
        fits, what = _KEYS[key]
        if not fits(value):
            raise SettingsError(f"{file}: [tool.symrnn] {key} is {what}, not {value!r}")
        found[key.replace("-", "_")] = tuple(value) if isinstance(value, list) else value
    return Settings(file.parent, **found)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v for v in value)


_KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "paths": (_strings, "a list of files and directories"),
    "format": (lambda v: v in FORMATS, f"one of {', '.join(FORMATS)}"),
    "jobs": (lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 1, "a whole number from 1"),
    "deadline": (lambda v: _number(v) and v > 0 and not math.isnan(v), "a number of seconds above 0"),
    "cache": (lambda v: v is False or (isinstance(v, str) and bool(v)), "a directory, or false"),
    "fail-on": (lambda v: isinstance(v, list) and set(map(str, v)) <= set(FAIL_ON), f"a list of {', '.join(FAIL_ON)}"),
}


__all__ = ["FAIL_ON", "FORMATS", "Settings", "SettingsError", "find", "read"]
