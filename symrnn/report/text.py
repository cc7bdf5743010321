"""The report for the terminal: a table of verdicts for each derivation, then every step with its evidence.

Verdicts are words, never colours alone. Lines wrap at the width. A claim that is long for the table is shortened
there and stands in full with its step; nothing else is cut off.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from symrnn.records import dataclass
from symrnn.report.instances import instance_lines
from symrnn.verdicts import Condition, Data, DerivationResult, Scope, StepResult, Variant, from_data, to_data

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

STYLES = {"proved": "bold green", "conditional": "bold yellow", "refuted": "bold red", "undecided": "bold magenta"}
LABEL = 17  # columns for the names of fields
BESIDE = 44  # columns of the table of verdicts that the claim does not have
ROWS, LEAST = 4, 60  # lines that a claim may take in it, and characters in any case
WIDE = 20  # characters between brackets that may be left out
SPELLED = {
    **{"\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'},
    **{"\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u00d7": "x", "\u2192": "->", "\u21d2": "=>", "\u21d4": "<=>"},
    **{"\u2202": "d", "\u220f": "prod", "\u2211": "sum", "\u03c3": "sigma", "\u03bb": "lambda", "\u03c1": "rho"},
}


@dataclass(frozen=True)
class Terminal:
    """What the output can show."""

    width: int = 80
    color: bool = False
    encoding: str = "utf-8"

    @property
    def unicode(self) -> bool:
        return self.encoding.lower().replace("-", "").startswith("utf")


def terminal_of(stream: TextIO) -> Terminal:
    """The terminal behind a stream; 80 columns (or COLUMNS) and no colour where there is none. NO_COLOR is honoured."""
    tty = stream.isatty()
    width = shutil.get_terminal_size((80, 24)).columns if tty or os.environ.get("COLUMNS") else 80
    wanted = tty and os.environ.get("TERM") != "dumb" or bool(os.environ.get("FORCE_COLOR"))
    color = wanted and not os.environ.get("NO_COLOR")
    return Terminal(max(width, 40), color, getattr(stream, "encoding", None) or "ascii")


def render(results: Iterable[DerivationResult], terminal: Terminal = Terminal()) -> str:  # noqa: B008 - frozen
    """The report on ``results`` as text."""
    shown = [r if terminal.unicode else _spelled(r, terminal.encoding) for r in results]
    out = io.StringIO()
    console = _console(out, terminal)
    for result in shown:
        _derivation(console, result, terminal)
    if shown:
        for line in _summary(shown):
            console.print(line)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def _console(out: TextIO, terminal: Terminal) -> Console:
    from rich.console import Console

    return Console(
        file=out,
        width=terminal.width,
        height=100,
        force_terminal=terminal.color,
        color_system="standard" if terminal.color else None,
        no_color=not terminal.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _spelled(result: DerivationResult, encoding: str) -> DerivationResult:
    """The result in characters that the encoding has."""

    def go(data: Data) -> Data:
        if isinstance(data, str):
            spelled = "".join(SPELLED.get(c, c) for c in data)
            return spelled.encode(encoding, "backslashreplace").decode(encoding)
        if isinstance(data, dict):
            return {go(k): go(v) for k, v in data.items()}
        return [go(v) for v in data] if isinstance(data, list) else data

    spelled: DerivationResult = from_data(DerivationResult, go(to_data(result)))
    return spelled


# ---- the table -------------------------------------------------------------------------------------------------------


def _derivation(console: Console, result: DerivationResult, terminal: Terminal) -> None:
    from rich.text import Text

    console.print(Text(result.title, "bold"))
    about = [result.source, f"cell: {result.cell}" if result.cell else "", _activation(result)]
    console.print(Text(", ".join(a for a in about if a)))
    console.print(_table(result, terminal))
    if any(not s.passed for s in result.steps):
        console.print("! not the verdict expected of this step")
    for step in result.steps:
        console.print()
        _step(console, step)
    console.print()


def _activation(result: DerivationResult) -> str:
    return f"activation: {result.activation}" if result.activation else ""


def _table(result: DerivationResult, terminal: Terminal) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    blank = " " * 4 + "\n"
    ascii_box = box.Box(2 * blank + " -- \n" + 5 * blank, ascii=True)
    table = Table(
        box=box.SIMPLE_HEAD if terminal.unicode else ascii_box, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("step", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("scope", overflow="fold", max_width=16)
    table.add_column("claim", overflow="fold", ratio=1)
    table.add_column("inference", no_wrap=True)
    for s in result.steps:
        verdict = _verdict(s.verdict)
        if not s.passed:
            verdict.append(" !")
        most = max(LEAST, ROWS * (terminal.width - BESIDE))
        given = f"if {abridged(' and '.join(s.assumptions), most)}: " if s.assumptions else ""
        what = Text(s.title or given + abridged(s.claim_text, most))
        table.add_row(
            Text(s.id), verdict, Text(_scope(s.scope)), what, Text("" if s.inference == "none" else s.inference)
        )
    return table


def abridged(claim: str, most: int) -> str:
    """A claim in about ``most`` characters: wide brackets without their inside, then no more than the left side.

    >>> abridged("J = prod(j = t .. t-k+1, [diag(f[j]) D_c[j], diag(c[j]); diag(o[j]), 0])", 40)
    'J = prod(j = t .. t-k+1, [...])'
    >>> abridged("A B C = D + E + F + G + H + A + B + C + D + E", 20)
    'A B C = ...'
    """
    while len(claim) > most:
        inside = _widest(claim)
        if inside is None:
            break
        claim = f"{claim[: inside[0]]}...{claim[inside[1] :]}"
    if len(claim) <= most:
        return claim
    relation = re.search(r" (=|<=|<|=>|<=>) ", claim[:most])
    return f"{claim[: relation.end()]}..." if relation else f"{claim[: most - 4].rstrip()} ..."


def _widest(claim: str) -> tuple[int, int] | None:
    """Where the inside of the widest brackets begins and ends; of brackets that hold little else, the inner ones."""
    open_at: list[int] = []
    found: list[tuple[int, int]] = []
    for i, c in enumerate(claim):
        if c in "([":
            open_at.append(i + 1)
        elif c in ")]" and open_at:
            start = open_at.pop()
            if i - start >= WIDE:
                found.append((start, i))
    if not found:
        return None
    best = max(found, key=lambda f: f[1] - f[0])
    for start, end in sorted(found, key=lambda f: f[0] - f[1]):
        if best[0] < start and end < best[1] and 3 * (end - start) > 2 * (best[1] - best[0]):
            best = (start, end)
    return best


def _verdict(word: str) -> Text:
    from rich.text import Text

    return Text(word.upper(), STYLES.get(word, "bold"))


def _scope(scope: Scope) -> str:
    parts = (_cover(scope.sizes, "n"), _cover(scope.lags, "k"))
    return ", ".join(p for p in parts if p) or "-"


def _cover(data: Data, letter: str) -> str:
    if data is None:
        return ""
    if isinstance(data, dict):
        return f"{letter} >= {data.get('min')}"
    return f"all {letter}" if data == "all" else f"{letter} = {', '.join(map(str, data))}"


# ---- one step --------------------------------------------------------------------------------------------------------


def _step(console: Console, s: StepResult) -> None:
    from rich.table import Table
    from rich.text import Text

    head = _verdict(s.verdict).append(f"  step {s.id}", "bold")
    if s.title:
        head.append(f"  {s.title}")
    if s.expected or not s.passed:
        head.append("  (as expected)" if s.passed else f"  (expected: {s.expected or 'proved'})")
    console.print(head)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=LABEL, overflow="fold")
    grid.add_column(overflow="fold")
    width = console.width - LABEL - 3
    for label, content in _fields(s, width):
        grid.add_row(Text(f"  {label}"), Text(content))
    console.print(grid)


def step_text(s: StepResult, terminal: Terminal) -> str:
    """One step with its evidence, as in the report."""
    out = io.StringIO()
    result = DerivationResult("", "", "", "", (s,))
    shown = result if terminal.unicode else _spelled(result, terminal.encoding)
    _step(_console(out, terminal), shown.steps[0])
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def _fields(s: StepResult, width: int) -> Iterator[tuple[str, str]]:
    """Label and content of every line of a step, empty ones left out."""
    lines = [
        ("ALARM", s.alarm),
        ("claim", s.claim_text),
        ("because", s.because),
        ("layout", s.layout),
        ("reason", s.reason),
        ("assuming", "; ".join(s.assumptions)),
        ("scope", "" if _scope(s.scope) == "-" else _scope(s.scope)),
        ("proved only for", _scope(s.partial_scope) if s.partial_scope else ""),
        ("inference", _inference(s)),
        ("rests on", f"not proved: {', '.join(s.rests_on)}" if s.rests_on else ""),
        ("lemmas", ", ".join(s.lemmas)),
    ]
    yield from ((label, content) for label, content in lines if content)
    for condition in s.conditions:
        yield _condition(condition)
    if s.repair:
        yield "repair", f"{s.repair.text}  ({s.repair.verdict.upper()})"
    if s.counterexample:
        yield from _labelled("counterexample", instance_lines(s.counterexample, width))
    if s.failing_set == "open":
        yield "", "it fails on an open set of instances, not only there"
    for variant in s.variants:
        yield from _variant(variant)
    yield from _crosscheck(s)
    if s.verdict == "undecided":
        yield from _labelled("tried", s.attempts)


def _labelled(label: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield label, line
        label = ""


def _inference(s: StepResult) -> str:
    if s.inference == "none":
        return ""
    cited = [*(f"step {c}" for c in s.follows), *s.using]
    word = {
        "holds": "the claim follows from",
        "fails": "the claim does not follow from",
        "unknown": "it is not known whether the claim follows from",
    }[s.inference]
    return f"{s.inference}: {word} {', '.join(cited)}"


def _condition(c: Condition) -> tuple[str, str]:
    """One line; the instance that meets the condition is in the JSON."""
    given = f"  (given {'; '.join(c.under)})" if c.under else ""
    lemmas = f"  [{', '.join(c.lemmas)}]" if c.lemmas else ""
    return "holds iff" if c.exact else "holds if", c.text + given + lemmas


def _variant(v: Variant) -> Iterator[tuple[str, str]]:
    yield f"with {v.activation}", v.verdict.upper() + (f": {v.reason}" if v.reason else "")
    if v.condition:
        yield "", " ".join(_condition(v.condition))


def _crosscheck(s: StepResult) -> Iterator[tuple[str, str]]:
    if s.crosscheck:
        c = s.crosscheck
        word = "agrees" if c.agrees else "DISAGREES"
        yield (
            "cross-check",
            f"{word} at {c.points} point{'s' if c.points != 1 else ''} with {c.digits} digits, residual {c.residual}",
        )


# ---- the end ---------------------------------------------------------------------------------------------------------


def _summary(results: Sequence[DerivationResult]) -> list[Any]:
    from rich.text import Text

    steps = [(r, s) for r in results for s in r.steps]
    counts = {word: sum(r.summary[word] for r in results) for word in STYLES}
    lines = [Text(f"{_count(len(steps), 'step')}: {', '.join(f'{n} {word}' for word, n in counts.items())}.", "bold")]
    for r, s in steps:
        if s.alarm or (s.crosscheck and not s.crosscheck.agrees):
            lines.append(Text(f"ALARM: step {s.id} of {r.title}: {s.alarm or 'the cross-check disagrees'}", "bold red"))
    failed = [(r, s) for r, s in steps if not s.passed]
    if not failed:
        lines.append(Text("Every step has the verdict expected of it." if steps else "Nothing was checked."))
    for r, s in failed:
        lines.append(Text(f"Not as expected: step {s.id} of {r.title} is {s.verdict}, not {s.expected or 'proved'}."))
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


__all__ = ["Terminal", "abridged", "render", "step_text", "terminal_of"]
