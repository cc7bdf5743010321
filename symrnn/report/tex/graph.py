"""The figure of which step rests on which: steps in layers, each below all that it cites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symrnn.verdicts import StepResult

WIDEST = 7  # steps side by side
ACROSS, DOWN = 2.1, 1.55  # centimetres from step to step
WIDTH, GAP = 0.2, 0.8  # of a character of a long id, and between two of them


@dataclass(frozen=True)
class Box:
    """A step in the figure; ``down``: it rests on a step that is not proved."""

    id: str
    verdict: str
    down: bool
    x: str
    y: str


@dataclass(frozen=True)
class Arrow:
    """From a cited step to the one that cites it, both by number; ``inference`` says whether the latter follows."""

    source: int
    target: int
    inference: str


@dataclass(frozen=True)
class Graph:
    """Steps that cite or are cited, and how; ``alone`` counts the others."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    alone: int


def graph(steps: Sequence[StepResult]) -> Graph:
    """The figure of a derivation; the same for the same steps."""
    there = {s.id for s in steps}
    cited = {s.id: [c for c in s.follows if c in there and c != s.id] for s in steps}
    linked = [s for s in steps if cited[s.id] or any(s.id in cs for cs in cited.values())]
    across = max(ACROSS, WIDTH * max((len(s.id) for s in linked), default=0) + GAP)
    places = _places([s.id for s in linked], cited, across)
    boxes = tuple(Box(s.id, s.verdict, bool(s.rests_on), *places[s.id]) for s in linked)
    number = {s.id: i for i, s in enumerate(linked)}
    arrows = tuple(Arrow(number[c], number[s.id], s.inference) for s in linked for c in cited[s.id])
    return Graph(boxes, arrows, len(steps) - len(linked))


def _places(ids: Sequence[str], cited: Mapping[str, Sequence[str]], wide: float) -> dict[str, tuple[str, str]]:
    """Coordinates: in each layer by the mean of the places of what is cited, then in the author's order."""
    layer: dict[str, int] = {}
    for i in ids:  # what is cited comes earlier
        layer[i] = 1 + max((layer.get(c, 0) for c in cited[i]), default=-1)
    across: dict[str, float] = {}
    places, top = {}, 0
    for depth in range(max(layer.values(), default=-1) + 1):
        row = [i for i in ids if layer[i] == depth]
        row.sort(key=lambda i: (_mean([across.get(c, 0.0) for c in cited[i]]), ids.index(i)))
        for start in range(0, len(row), WIDEST):
            part = row[start : start + WIDEST]
            for at, i in enumerate(part):
                across[i] = (at - (len(part) - 1) / 2) * wide
                places[i] = (f"{across[i]:.2f}", f"{-top * DOWN:.2f}")
            top += 1
    return places


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def takes_down(steps: Sequence[StepResult]) -> tuple[tuple[StepResult, tuple[str, ...]], ...]:
    """Every step that is not proved and on which others rest, with these."""
    resting = {s.id: tuple(o.id for o in steps if s.id in o.rests_on) for s in steps}
    return tuple((s, resting[s.id]) for s in steps if s.verdict != "proved" and resting[s.id])


__all__ = ["Arrow", "Box", "Graph", "graph", "takes_down"]
