"""Derivation scripts: paths in, derivations and readable errors out. Scripts are code, and loading one runs it."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO

from symrnn.derivations import Derivation, check_made
from symrnn.errors import ClaimError, ScriptError, SymrnnError
from symrnn.records import dataclass


@dataclass(frozen=True)
class Script:
    """A file that was run, with its module-level derivations in the order of their definition."""

    source: str
    derivations: tuple[Derivation, ...]


@dataclass(frozen=True)
class Loaded:
    """The scripts that could be used, and an error for every path or file that could not."""

    scripts: tuple[Script, ...]
    errors: tuple[ScriptError, ...]

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """All derivations, in order; one that several scripts share is there once."""
        return _distinct(d for script in self.scripts for d in script.derivations)


def load(paths: str | Path | Iterable[str | Path]) -> Loaded:
    """Run every script that ``paths``, or the one path, name.

    A file that fails is an error in the answer; the others still run.
    """
    files, errors = find(paths)
    scripts: list[Script] = []
    for file in files:
        try:
            scripts.append(load_script(file))
        except ScriptError as error:
            errors.append(error)
    return Loaded(tuple(scripts), tuple(errors))


def find(paths: str | Path | Iterable[str | Path]) -> tuple[list[Path], list[ScriptError]]:
    """The script files that ``paths`` name, each once, and an error for every path that names none.

    A directory stands for every ``*.py`` below it, sorted, that does not start with ``_`` or ``test_`` and is no
    ``conftest.py``; hidden directories and ``__pycache__`` are passed over. A file stands for itself.
    """
    files: dict[str, Path] = {}
    errors: list[ScriptError] = []
    for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):  # a string is no list of letters
        try:
            for file in _files(path):
                files.setdefault(os.path.realpath(file), file)  # of a loop of links, too
        except ScriptError as error:
            errors.append(error)
    return list(files.values()), errors


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted((p for p in path.rglob("*.py") if _is_script(p.relative_to(path))), key=lambda p: p.parts)
        if not found:
            raise ScriptError(
                "no scripts in this directory: a script is a *.py that does not start with _ or test_"
                " and is no conftest.py",
                str(path),
            )
        return found
    if not path.exists():
        raise ScriptError("no such file or directory", str(path))
    if path.suffix != ".py":
        raise ScriptError("not a Python script: the name must end in .py", str(path))
    return [path]


def _is_script(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and not path.name.startswith(("_", "test_")) and path.name != "conftest.py"


def load_script(path: Path) -> Script:
    """Run one script and collect its derivations. Raises ScriptError with the line in the script.

    The module is not called ``__main__``, so that ``d.main()`` at the end of a script does nothing here. What the
    script prints goes to standard error: standard output belongs to the report.
    """
    source = str(path)
    try:
        code = compile(path.read_bytes(), source, "exec", dont_inherit=True)
    except OSError as error:
        raise ScriptError(f"cannot be read: {error.strerror}", source) from error
    except SyntaxError as error:
        raise ScriptError(f"SyntaxError: {error.msg}", source, error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ScriptError(f"no Python source: {error}", source) from error
    module = types.ModuleType(f"symrnn_script_{path.stem}")
    module.__file__ = source
    with _surroundings(path, module):
        try:
            exec(code, module.__dict__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ScriptError(_message(error), source, _line(error, source)) from error
    derivations = _distinct(value for value in vars(module).values() if isinstance(value, Derivation))
    if not derivations:
        raise ScriptError(
            f"no Derivation in {source}: define one at the top level, as in d = Derivation('title', cell=Elman(tanh))",
            source,
        )
    try:
        for d in derivations:
            check_made(d)
    except ClaimError as error:
        raise ScriptError(str(error), source) from error
    return Script(source, derivations)


def _distinct(derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    return tuple({id(d): d for d in derivations}.values())


def _message(error: BaseException) -> str:
    if isinstance(error, SymrnnError):
        return str(error)
    if isinstance(error, SystemExit):
        how = "os._exit" if isinstance(error, _Left) else "sys.exit"
        return f"the script called {how}({'' if error.code is None else repr(error.code)}) before it ended"
    try:
        said = str(error)
    except Exception:  # an exception of the script's own
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _line(error: BaseException, source: str) -> int | None:
    """The line of the script that was running: that of the deepest frame whose file is the script."""
    line: int | None = None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == source:
            line = step.tb_lineno
        step = step.tb_next
    return line


@contextlib.contextmanager
def _surroundings(path: Path, module: types.ModuleType) -> Iterator[None]:
    """What a script expects while it runs: its directory first on sys.path, its module in sys.modules, no arguments.

    What it changes of Python's own settings is changed back, as far as others need them. The modules beside the script
    are forgotten: the next script may mean other files by the same names.
    """
    directory, name, here = path.resolve().parent, module.__name__, os.getcwd()
    before, arguments, modules = list(sys.path), sys.argv, set(sys.modules)
    errors, depth, leave = sys.stderr, sys.getrecursionlimit(), os._exit
    sys.path.insert(0, str(directory))
    sys.argv = [str(path)]
    sys.modules[name] = module
    if errors is not None:
        sys.stderr = _Kept(errors)
    os._exit = _leaving(leave)  # type: ignore[assignment]
    try:
        with _stdout_to_stderr():
            yield
    finally:
        os._exit = leave
        os.chdir(here)
        sys.path[:], sys.argv, sys.stderr = before, arguments, errors
        sys.setrecursionlimit(depth)
        sys.modules.pop(name, None)
        new = set(sys.modules) - modules
        beside = {name for name in new if "." not in name and _lies_in(sys.modules[name], directory)} - {"symrnn"}
        for other in new:
            if other.partition(".")[0] in beside:
                sys.modules.pop(other, None)


class _Kept:
    """A stream that a script may close for itself: others go on writing to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        self._stream.flush()


class _Left(SystemExit):
    """What stands for ``os._exit`` in a script, which would end the run without a word, and perhaps with code 0."""


def _leaving(leave: Callable[[int], NoReturn]) -> Callable[[int], NoReturn]:
    own = os.getpid()

    def stopped(status: int) -> NoReturn:
        if os.getpid() != own:  # a child of the script's own
            leave(status)
        raise _Left(status)

    return stopped


def _lies_in(module: types.ModuleType, directory: Path) -> bool:
    places = [*getattr(module, "__path__", []), getattr(module, "__file__", None)]
    return isinstance(places[0], str) and Path(places[0]).parent == directory


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send what is printed to standard error, by print as well as by file descriptor 1 (child processes, C code)."""
    with contextlib.redirect_stdout(sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if sys.__stdout__:
                sys.__stdout__.flush()
        try:
            saved = os.dup(1)
        except OSError:  # closed: nothing to protect
            yield
            return
        try:
            with contextlib.suppress(OSError):
                os.dup2(2, 1)
            yield
        finally:
            with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or None
                sys.stderr.flush()
            os.dup2(saved, 1)
            os.close(saved)


__all__ = ["Loaded", "Script", "find", "load", "load_script"]
