"""The command line: ``symrnn check``, ``replay`` and ``diff``. What a command needs is imported when it runs.

Exit codes: 0 all steps have the verdict expected of them; 1 some do not, or a certificate is refused; 2 usage,
unreadable input, nothing checked; 3 a verdict is contradicted (by the cross-check, or its certificate is refused);
130 interrupted with Ctrl-C. Of several that apply: 3 beats 130 beats 2 beats 1.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

import symrnn
from symrnn.console import complain, no_reader, progress, write_out
from symrnn.settings import FAIL_ON, FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from symrnn.errors import ScriptError
    from symrnn.search.memory import Memory
    from symrnn.verdicts import DerivationResult, StepResult

OK, FINDINGS, UNUSABLE, ALARM, INTERRUPTED = 0, 1, 2, 3, 130


def main(args: Sequence[str] | None = None, standalone_mode: bool = True) -> int:
    """Run a command line (that of the process if ``args`` is None): exit with its code, or return it.

    ``standalone_mode`` is as in click: with it, the process exits; without, the exit code is the value.
    """
    if standalone_mode:
        gc.set_threshold(200_000, 20, 20)  # small objects are what it makes, and hardly a cycle among them
    code = _run(args)
    if standalone_mode:
        _exit(code)
    return code


def _run(args: Sequence[str] | None) -> int:
    try:
        code = cli.main(None if args is None else list(args), "symrnn", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    return code if isinstance(code, int) else OK


def _exit(code: int) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        no_reader()
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(symrnn.__version__, prog_name="symrnn", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Decide the steps of derivations about recurrent networks: proved, refuted, conditional or undecided.

    \b
    Exit codes:
      0  every step has the verdict expected of it (proved, if none is stated)
      1  some do not, or a certificate is refused on replay
      2  usage, unreadable input, nothing checked
      3  a verdict is contradicted: by the cross-check, or its certificate is refused
      130  interrupted; what was decided until then is reported
    """
    if context.invoked_subcommand == "check":
        _take_settings(context)


def _take_settings(context: click.Context) -> None:
    """What pyproject.toml sets becomes the default of the options of ``check``."""
    from pathlib import Path

    from symrnn.settings import SettingsError, find

    try:
        settings = find(Path.cwd())
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    given = {"layout": settings.format, "jobs": settings.jobs, "deadline": settings.deadline}
    if settings.cache is not False:
        given["cache"] = str(settings.directory / (settings.cache or ".symrnn_cache"))
    if settings.fail_on:
        given["fail_on"] = ",".join(settings.fail_on)
    context.default_map = {"check": {k: v for k, v in given.items() if v is not None}}
    context.obj = tuple(str(settings.directory / p) for p in settings.paths or ())


def _deadline(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if math.isnan(value) or value <= 0:
        raise click.BadParameter(f"{value:g} is no time to wait: give a number of seconds above 0, such as 60.")
    return value


def _memory(directory: str | None) -> Memory | None:
    """What was found before; None where pyproject.toml turns that off."""
    if directory is None:
        return None
    from pathlib import Path

    from symrnn.search.memory import Memory

    return Memory(Path(directory), complain)


def _words(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = tuple(w.strip() for w in (value or "").split(",") if w.strip())
    unknown = [w for w in words if w not in FAIL_ON]
    if unknown or (value is not None and not words):
        what = f"unknown: {', '.join(unknown)}" if unknown else "no word given"
        raise click.BadParameter(f"{what}; choose from {', '.join(FAIL_ON)}, separated by commas.")
    return words


@cli.command()
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option("--format", "layout", type=click.Choice(FORMATS), default="text", help="Of the report.")
@click.option("--step", "only", metavar="ID", multiple=True, help="Report this step only (repeat for several).")
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), default=1, help="Worker processes.  [default: 1]")
@click.option(
    "--deadline",
    metavar="S",
    type=float,
    default=60.0,
    callback=_deadline,
    help="Seconds a step may take; then the verdict found so far stands.  [default: 60]",
)
@click.option("--certificates", metavar="FILE", help="Write the certificates, for replay, to FILE.")
@click.option("--scripts", metavar="DIR", help="Write each counterexample as a stand-alone script to DIR.")
@click.option("--cache", metavar="DIR", help="Where what was found is remembered.  [default: .symrnn_cache]")
@click.option("--no-cache", is_flag=True, help="Remember nothing, and search for everything.")
@click.option(
    "--fail-on",
    metavar="LIST",
    callback=_words,
    help=f"Verdicts that fail even where expected, of: {','.join(FAIL_ON)}.",
)
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[str, ...],
    layout: str,
    only: tuple[str, ...],
    jobs: int,
    deadline: float,
    certificates: str | None,
    scripts: str | None,
    cache: str | None,
    no_cache: bool,
    fail_on: tuple[str, ...],
) -> int:
    """Run derivation scripts and decide their steps. Scripts are code: check those you would run.

    A directory stands for every *.py below it that does not start with _ or test_ and is no conftest.py. Defaults,
    of the paths too, are read from [tool.symrnn] in the nearest pyproject.toml.
    """
    paths = paths or _near(context.obj)
    if not paths:
        raise click.UsageError("Missing argument 'PATH...': nor does [tool.symrnn] in a pyproject.toml give paths.")
    from symrnn.scripts import load
    from symrnn.worker import run

    loaded = load(paths)
    derivations = loaded.derivations
    errors = [*loaded.errors, *_missing(derivations, only)]
    memory = None if no_cache else _memory(cache)
    with progress() as on_tick:
        done = run(derivations, deadline=deadline, jobs=jobs, only=only, memory=memory, on_tick=on_tick)
    errors += done.errors
    errors += _write_files(done.results, certificates, scripts)
    if not errors and not any(r.steps for r in done.results):
        errors.append(_error("nothing checked: there is no step in what was given"))
    _report(done.results, errors, layout, fail_on)
    if done.interrupted:
        complain("interrupted: steps that were not decided are undecided")
    return exit_code(done.results, bool(errors), fail_on, done.interrupted)


def exit_code(
    results: Iterable[DerivationResult], errors: bool, fail_on: Iterable[str] = (), interrupted: bool = False
) -> int:
    """The exit code of a check."""
    steps = [s for r in results for s in r.steps]
    if any(_alarming(s) for s in steps):
        return ALARM
    if interrupted:
        return INTERRUPTED
    if errors:
        return UNUSABLE
    return FINDINGS if any(not s.passed or _fails_on(s, fail_on) for s in steps) else OK


def _alarming(step: StepResult) -> bool:
    return bool(step.alarm or (step.crosscheck and not step.crosscheck.agrees))


def _fails_on(step: StepResult, words: Iterable[str]) -> bool:
    return any(step.verdict == w or (w == "inference" and step.inference == "fails") for w in words)


def _error(message: str, source: str = "", line: int | None = None) -> ScriptError:
    from symrnn.errors import ScriptError

    return ScriptError(message, source, line)


def _missing(derivations: Sequence[symrnn.Derivation], only: Iterable[str]) -> list[ScriptError]:
    """Errors for derivations without steps and for ids that no derivation has."""
    errors = [
        _error(f"the derivation {d.title!r} has no steps: add some with d.step(...)", d.source, d.line)
        for d in derivations
        if not d.steps
    ]
    ids = list(dict.fromkeys(s.id for d in derivations for s in d.steps))
    for wanted in only:
        if ids and wanted not in ids:
            errors.append(_error(f"there is no step {wanted}; there are: {', '.join(ids)}"))
    return errors


# ---- what is written -------------------------------------------------------------------------------------------------


def _near(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Paths as seen from here, where that is shorter."""
    return tuple(min(p, os.path.relpath(p), key=len) for p in paths)


def _report(
    results: Sequence[DerivationResult], errors: Sequence[ScriptError], layout: str, fail_on: tuple[str, ...]
) -> None:
    def fails(step: StepResult) -> bool:
        return _alarming(step) or not step.passed or _fails_on(step, fail_on)

    if layout == "json":
        from symrnn.report.json import dumps

        write_out(dumps(results, errors))
    elif layout == "junit":
        from symrnn.report.junit import render as junit

        write_out(junit(results, errors, fails))
    elif layout == "github":
        from symrnn.report.github import render as github

        write_out(github(results, errors, fails))
    elif results and sys.stdout is not None:
        from symrnn.report.text import render, terminal_of

        write_out(render(results, terminal_of(sys.stdout)))
    for error in errors:
        where = "".join(f"{part}:" for part in (error.source, error.line) if part)
        complain(f"error: {where} {error.message}" if where else f"error: {error.message}")


def _write_files(
    results: Sequence[DerivationResult], certificates: str | None, scripts: str | None
) -> Iterator[ScriptError]:
    """Write what the options ask for; yields an error for what cannot be written."""
    from pathlib import Path

    if certificates:
        from symrnn.report.certificates import dumps

        try:
            _write(Path(certificates), dumps(results))
        except (OSError, ValueError) as error:
            yield _error(f"the certificates cannot be written: {_why(error)}", certificates)
    if scripts:
        from symrnn.report.script_files import script_files

        try:
            Path(scripts).mkdir(parents=True, exist_ok=True)
            for name, source in script_files(results):
                _write(Path(scripts, name), source)
        except (OSError, ValueError) as error:
            yield _error(f"the scripts cannot be written: {_why(error)}", scripts)


def _why(error: OSError | ValueError) -> str:
    """What the system says, or Python of a name that is none."""
    return getattr(error, "strerror", None) or str(error)


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all: a reader never sees half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


# ---- report ----------------------------------------------------------------------------------------------------------


def _output(context: click.Context, parameter: click.Parameter, value: str) -> Path:
    from pathlib import Path

    path = Path(value)
    if path.suffix not in (".tex", ".pdf"):
        raise click.BadParameter(f"{value!r} ends in neither .tex nor .pdf.")
    if path.suffix == ".pdf" and context.params.get("as_fragment"):
        raise click.BadParameter("a fragment is part of a document and no PDF of its own: let the name end in .tex.")
    return path


@cli.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--fragment", "as_fragment", is_flag=True, is_eager=True, help="Macros to \\input into a document of yours."
)
@click.option(
    "-o", "--output", metavar="FILE", required=True, callback=_output, help="A .tex, or a .pdf (needs latexmk)."
)
@click.option("--paper", type=click.Choice(["a4", "letter"]), default="a4", help="Of the report.  [default: a4]")
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), default=1, help="Worker processes.  [default: 1]")
@click.option(
    "--deadline",
    metavar="S",
    type=float,
    default=60.0,
    callback=_deadline,
    help="Seconds a step may take.  [default: 60]",
)
def report(paths: tuple[str, ...], as_fragment: bool, output: Path, paper: str, jobs: int, deadline: float) -> int:
    """Typeset a report with LaTeX, from scripts, directories, or JSON that check has saved (names that end in .json).

    Exit code 0 when it is written, whatever the verdicts are. A PDF comes with its .tex beside it.
    """
    from symrnn.errors import SymrnnError
    from symrnn.reporting import gather, write

    with progress() as on_tick:
        found = gather(paths, deadline, jobs, on_tick)
    errors = list(found.errors)
    if found.interrupted:
        raise click.Abort
    if not found.results:
        errors.append(_error("nothing to report: there is no step in what was given"))
    else:
        try:
            written, flaws = write(found.results, output, paper, as_fragment)
        except OSError as error:
            errors.append(_error(f"the report cannot be written: {error.strerror}", str(output)))
        except SymrnnError as error:
            errors.append(_error(str(error)))
        else:
            write_out(f"wrote {' and '.join(written)}\n")
            for flaw in flaws:
                complain(f"warning: {output}: {flaw}")
    _report((), errors, "text", ())
    return UNUSABLE if errors else OK


# ---- replay ----------------------------------------------------------------------------------------------------------


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def replay(files: tuple[str, ...]) -> int:
    """Let the kernel check saved certificates again, without any search."""
    import gc

    gc.set_threshold(50_000)  # claims are many small objects without cycles: looking for those takes a seventh
    accepted: dict[str, int] = {}
    refused, unreadable = 0, 0
    for file in files:
        for entry, problem, readable in _replayed(file):
            if problem is None:
                word = str(entry["verdict"])
                accepted[word] = accepted.get(word, 0) + 1
            elif readable:
                refused += 1
                write_out(f"REFUSED  {file}: step {entry['step']} of {entry['derivation']}: {problem}\n")
            else:
                unreadable += 1
                complain(f"error: {file}: {problem}")
    counts = ", ".join(f"{number} {word}" for word, number in sorted(accepted.items()))
    total = sum(accepted.values())
    write_out(
        f"{total} certificate{'s' if total != 1 else ''} accepted"
        + (f": {counts}" if counts else "")
        + f"; {refused} refused\n"
    )
    if unreadable:
        return UNUSABLE
    return FINDINGS if refused else OK


def _replayed(file: str) -> Iterator[tuple[Any, str | None, bool]]:
    """Each entry of a file with the kernel's objection, if any, and whether the entry could be read at all."""
    from pathlib import Path

    from symrnn.errors import CertificateError, Refused
    from symrnn.replay import replay_entry
    from symrnn.report.certificates import loads

    try:
        entries = loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        yield None, f"cannot be read: {error.strerror}", False
        return
    except (CertificateError, UnicodeDecodeError) as error:
        yield None, str(error), False
        return
    if not entries:
        yield None, "there are no certificates in it: nothing was replayed", False
    for number, entry in enumerate(entries, 1):
        where = f"entry {number} (step {entry['step']} of {entry['derivation']})"
        try:
            replay_entry(entry)
        except Refused as error:
            yield entry, str(error), True
        except CertificateError as error:
            yield entry, f"{where} cannot be read: {error}; write the file anew with check --certificates", False
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            yield entry, f"{where} is corrupt: {type(error).__name__}: {error}", False
        else:
            yield entry, None, True


# ---- diff ------------------------------------------------------------------------------------------------------------


@cli.command()
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
def diff(old: str, new: str) -> int:
    """What changed between two results of check --format json, and whether for the worse.

    \b
    Exit codes:
      0  nothing changed for the worse
      1  something did: a step that passed and does not, less decided, a smaller scope, a condition that is gone
      2  usage, unreadable file
    """
    from symrnn.changes import WORSE, compare_documents

    try:
        changes = compare_documents(*map(_document, (old, new)))
    except _Unreadable as error:
        complain(f"error: {error}")
        return UNUSABLE
    except _NO_DOCUMENT as error:  # each can be read, but not beside the other
        complain(f"error: {old}, {new}: not both the JSON of symrnn check --format json: {error}")
        return UNUSABLE
    counts = {kind: sum(c.kind == kind for c in changes) for kind in ("worse", "better", "changed")}
    for change in sorted(changes, key=lambda c: list(counts).index(c.kind)):
        write_out(f"{change}\n")
    write_out(f"{counts['worse']} for the worse, {counts['better']} for the better, {counts['changed']} otherwise\n")
    return FINDINGS if counts[WORSE] else OK


class _Unreadable(Exception):
    """A file that holds no result, with the reason."""


_NO_DOCUMENT = (ValueError, KeyError, TypeError, AttributeError, RecursionError)  # what a comparison of others raises


def _document(file: str) -> Any:
    """The JSON document in a file, if it is one of ``check``."""
    import json
    from pathlib import Path

    from symrnn.changes import compare_documents

    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
        compare_documents(data, data)  # reads all that a comparison reads
    except OSError as error:
        raise _Unreadable(f"{file}: cannot be read: {error.strerror}") from error
    except _NO_DOCUMENT as error:
        raise _Unreadable(f"{file}: not the JSON of symrnn check --format json: {error}") from error
    return data


if __name__ == "__main__":
    main()
