"""What notebooks show of results: tables in HTML, Markdown and LaTeX. Text that people wrote is escaped in each.

Verdicts are words with a sign beside them, never colours alone.
"""

from __future__ import annotations

import html as escaping
import re
from collections.abc import Iterable, Iterator

from symrnn.report.instances import instance_lines
from symrnn.verdicts import Condition, Data, DerivationResult, Scope, StepResult

SIGNS = {"proved": "✓", "conditional": "∗", "refuted": "✗", "undecided": "?"}
COLOURS = {"proved": "#00643c", "conditional": "#8c5500", "refuted": "#a50f19", "undecided": "#553787"}
HEAD = ("step", "verdict", "scope", "claim", "follows")
WIDTH = 88  # columns of a counterexample


def html(result: DerivationResult | StepResult) -> str:
    """A table in HTML; mathematics between dollars, which notebooks typeset."""
    if isinstance(result, StepResult):
        rows = "".join(
            f"<tr><th>{_plain(label)}</th><td>{content}</td></tr>" for label, content in _html_fields(result)
        )
        return f"<table>{rows}</table>"
    head = "".join(f"<th>{word}</th>" for word in HEAD)
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _html_row(s))}</tr>" for s in result.steps)
    return (
        f"<table><caption>{_plain(result.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def markdown(result: DerivationResult | StepResult) -> str:
    """A table in Markdown."""
    if isinstance(result, StepResult):
        rows = [f"| {label} | {content} |" for label, content in _markdown_fields(result)]
        return "\n".join([f"| step | {_marked(result.id)} |", "|---|---|", *rows, ""])
    rows = [f"| {' | '.join(_markdown_row(s))} |" for s in result.steps]
    return "\n".join(
        [f"**{_marked(result.title)}**", "", f"| {' | '.join(HEAD)} |", "|---|---|---|---|---|", *rows, ""]
    )


def latex(result: DerivationResult | StepResult) -> str:
    """An array in LaTeX that both MathJax and LaTeX typeset; it has ids, verdicts and claims and no other text."""
    steps = (result,) if isinstance(result, StepResult) else result.steps
    rows = r" \\ ".join(
        rf"\text{{{_safe(s.id)}}} & \text{{{_safe(s.verdict)}}} & \displaystyle {s.claim_latex}" for s in steps
    )
    return rf"$$\begin{{array}}{{lll}} {rows} \end{{array}}$$"


# ---- HTML ------------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Text in which nothing is markup or mathematics."""
    return f'<span class="mathjax_ignore tex2jax_ignore">{escaping.escape(text)}</span>'


def _maths(latex: str) -> str:
    return f"${escaping.escape(latex)}$"


def _html_verdict(word: str) -> str:
    return f'<b style="color: {COLOURS.get(word, "inherit")}">{SIGNS.get(word, "")} {escaping.escape(word.upper())}</b>'


def _html_row(s: StepResult) -> Iterator[str]:
    yield _plain(s.id + ("" if s.passed else " !"))
    yield _html_verdict(s.verdict)
    yield _plain(_scope(s.scope))
    yield _maths(s.claim_latex)
    yield _plain("" if s.inference == "none" else s.inference)


def _html_fields(s: StepResult) -> Iterator[tuple[str, str]]:
    yield "step", _plain(" ".join(p for p in (s.id, s.title) if p))
    yield "claim", _maths(s.claim_latex)
    yield "verdict", _html_verdict(s.verdict) + (f" {_plain(s.reason)}" if s.reason else "")
    for label, text in _texts(s):
        yield label, _plain(text)
    for c in s.conditions:
        yield _holds(c), _maths(c.latex) + (f" {_plain(_given(c))}" if c.under else "")
    if s.repair:
        yield "repair", f"{_maths(s.repair.latex)} {_html_verdict(s.repair.verdict)}"
    if s.counterexample:
        lines = "\n".join(_lines(s.counterexample))
        yield "counterexample", f'<pre style="text-align: left">{_plain(lines)}</pre>'


# ---- Markdown --------------------------------------------------------------------------------------------------------


def _marked(text: str) -> str:
    r"""Text in which no character is markup.

    >>> print(_marked("a|b *c* <b> $x$"))
    a\|b \*c\* &lt;b&gt; \$x\$
    """
    plain = re.sub(r"([\\`*_{}\[\]()#+.!|~$-])", r"\\\1", " ".join(text.split()))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown_verdict(word: str) -> str:
    return f"{SIGNS.get(word, '')} **{word.upper()}**"


def _markdown_row(s: StepResult) -> Iterator[str]:
    yield _marked(s.id + ("" if s.passed else " !"))
    yield _markdown_verdict(s.verdict)
    yield _marked(_scope(s.scope))
    yield f"${s.claim_latex}$"
    yield "" if s.inference == "none" else _marked(s.inference)


def _markdown_fields(s: StepResult) -> Iterator[tuple[str, str]]:
    if s.title:
        yield "title", _marked(s.title)
    yield "claim", f"${s.claim_latex}$"
    yield "verdict", _markdown_verdict(s.verdict) + (f" {_marked(s.reason)}" if s.reason else "")
    for label, text in _texts(s):
        yield label, _marked(text)
    for c in s.conditions:
        yield _holds(c), f"${c.latex}$" + (f" {_marked(_given(c))}" if c.under else "")
    if s.repair:
        yield "repair", f"${s.repair.latex}$ {_markdown_verdict(s.repair.verdict)}"
    if s.counterexample:
        yield "counterexample", "<br>".join(map(_marked, _lines(s.counterexample)))


# ---- what both show --------------------------------------------------------------------------------------------------


def _texts(s: StepResult) -> Iterator[tuple[str, str]]:
    """Fields that are text, empty ones left out."""
    fields: Iterable[tuple[str, str]] = (
        ("ALARM", s.alarm or ""),
        ("because", s.because),
        ("assuming", "; ".join(s.assumptions)),
        ("scope", _scope(s.scope)),
        ("inference", "" if s.inference == "none" else s.inference),
        ("rests on", ", ".join(s.rests_on)),
        ("lemmas", ", ".join(s.lemmas)),
    )
    yield from ((label, text) for label, text in fields if text)


def _scope(scope: Scope) -> str:
    return ", ".join(p for p in (_cover(scope.sizes, "n"), _cover(scope.lags, "k")) if p)


def _cover(data: Data, letter: str) -> str:
    if data is None:
        return ""
    if isinstance(data, dict):
        return f"{letter} >= {data.get('min')}"
    return f"all {letter}" if data == "all" else f"{letter} = {', '.join(map(str, data))}"


def _holds(c: Condition) -> str:
    return "holds if and only if" if c.exact else "holds if"


def _given(c: Condition) -> str:
    return f"(given {'; '.join(c.under)})"


def _lines(instance: Data) -> list[str]:
    return list(instance_lines(instance, WIDTH))


def _safe(text: str) -> str:
    """An id in characters that no TeX takes as commands."""
    return re.sub("[^A-Za-z0-9 .:/+*()-]", "-", text)


__all__ = ["html", "latex", "markdown"]
