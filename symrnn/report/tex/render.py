"""Page models put into templates: jinja2, with delimiters that LaTeX leaves alone; what is undefined is an error."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from symrnn.records import dataclass
from symrnn.report.tex.growth import Growth
from symrnn.report.tex.page import page
from symrnn.verdicts import DerivationResult

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
PAPERS = ("a4", "letter")


def report(results: Iterable[DerivationResult], paper: str = "a4") -> str:
    """A whole document. Raises Untypesettable for a character without a glyph, ValueError for malformed results."""
    if paper not in PAPERS:
        raise ValueError(f"paper is one of {', '.join(PAPERS)}, not {paper!r}")
    return _rendered("report.tex", results, paper)


def fragment(results: Iterable[DerivationResult]) -> str:
    r"""Macros to ``\input`` into a document of one's own, such as ``\symrnnverdict{7}``."""
    return _rendered("fragment.tex", results, "")


def _rendered(template: str, results: Iterable[DerivationResult], paper: str) -> str:
    from symrnn import __version__

    text = _environment().get_template(template).render(page=page(results, __version__), paper=paper)
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(line for i, line in enumerate(lines) if line or (i and lines[i - 1])) + "\n"


# ---- figures ---------------------------------------------------------------------------------------------------------

STYLES = {
    "true": "very thick, black",
    "prediction": "thick, densely dashed, blue!60!black",
    "doubles": "only marks, mark=o, mark size=1.3pt, red!70!black",
}
TICKS = 7  # about as many on the axis
MARKS = 60  # of a curve that is drawn by marks


@dataclass(frozen=True)
class Curve:
    """A curve as pgfplots has it."""

    label: str
    style: str
    coordinates: str


@dataclass(frozen=True)
class Axis:
    """The curves of a figure in decimal logarithms, and what the axis spans."""

    curves: tuple[Curve, ...]
    last: int
    low: int
    high: int
    ticks: str


def curves(g: Growth) -> Axis:
    """The figure of a growth. A norm of 0 has no logarithm and is drawn at the lower edge."""
    heights = [y for s in g.series for _, y in s.points if y is not None] or [0.0]
    low, high = math.floor(min(heights)) - 1, math.ceil(max(heights)) + 1
    step = max(1, math.ceil((high - low) / TICKS))
    ticks = ",".join(str(y) for y in range(low, high + 1) if y % step == 0)
    marks = f", mark repeat={1 + g.last // MARKS}"
    made = (Curve(s.label, STYLES[s.name] + marks, _coordinates(s.points, low)) for s in g.series)
    return Axis(tuple(made), g.last, low, high, ticks)


def _coordinates(points: Iterable[tuple[int, float | None]], low: int) -> str:
    return " ".join(f"({k},{low if y is None else f'{y:.3f}'})" for k, y in points)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        autoescape=False,  # what is put in is LaTeX source, escaped by page.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["curves"] = curves
    return made


__all__ = ["PAPERS", "fragment", "report"]
