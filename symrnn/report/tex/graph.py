"""The figure of which step rests on which: steps in layers, each below all that it cites.

An arrow past other layers takes up a place in each of them, so that it goes around the boxes there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symrnn.records import dataclass
from symrnn.verdicts import StepResult

WIDEST = 7  # steps side by side; more go into later layers
ACROSS, DOWN, PASSING = 2.1, 1.55, 0.7  # centimetres: room of a box across and down, and of an arrow that passes by
WIDTH, GAP = 0.2, 0.8  # of a character of a long id, and between two of them

Place = tuple[float, int]  # across, layer
Passage = tuple[str, str, int]  # an arrow by its ends, past a layer


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
    """From a cited step to the one that cites it, both by number, by way of ``points``; does the latter follow?"""

    source: int
    target: int
    inference: str
    points: tuple[tuple[str, str], ...]


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
    layer = _layers([s.id for s in linked], cited)
    places, passages = _places([s.id for s in linked], cited, layer)
    boxes = tuple(Box(s.id, s.verdict, bool(s.rests_on), *_shown(places[s.id])) for s in linked)
    number = {s.id: i for i, s in enumerate(linked)}
    arrows = []
    for s in linked:
        for c in cited[s.id]:
            points = tuple(_shown(passages[c, s.id, n]) for n in range(layer[c] + 1, layer[s.id]))
            arrows.append(Arrow(number[c], number[s.id], s.inference, points))
    return Graph(boxes, tuple(arrows), len(steps) - len(linked))


def _layers(ids: Sequence[str], cited: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each step a layer below those of what it cites, with room left in it."""
    layer: dict[str, int] = {}
    filled: dict[int, int] = {}
    for i in ids:  # what is cited comes earlier
        at = 1 + max((layer.get(c, 0) for c in cited[i]), default=-1)
        while filled.get(at, 0) >= WIDEST:
            at += 1
        layer[i], filled[at] = at, filled.get(at, 0) + 1
    return layer


def _places(
    ids: Sequence[str], cited: Mapping[str, Sequence[str]], layer: Mapping[str, int]
) -> tuple[dict[str, Place], dict[Passage, Place]]:
    """Where steps are, and where arrows pass layers: in each layer by the mean of the places of what is above."""
    wide = max(ACROSS, WIDTH * max(map(len, ids), default=0) + GAP)
    boxes: dict[str, Place] = {}
    passages: dict[Passage, Place] = {}
    for depth in range(max(layer.values(), default=-1) + 1):
        row: list[tuple[float, int, str | Passage]] = []
        for n, i in enumerate(ids):
            above = {c: passages.get((c, i, depth - 1), boxes.get(c, (0.0, 0)))[0] for c in cited[i]}
            if layer[i] == depth:
                row.append((_mean([*above.values()]), n, i))
            row += [(x, n, (c, i, depth)) for c, x in above.items() if layer[c] < depth < layer[i]]
        row.sort(key=lambda item: item[:2])
        widths = [wide if isinstance(item, str) else PASSING for _, _, item in row]
        at = -sum(widths) / 2
        for (_, _, item), width in zip(row, widths, strict=True):
            if isinstance(item, str):
                boxes[item] = (at + width / 2, depth)
            else:
                passages[item] = (at + width / 2, depth)
            at += width
    return boxes, passages


def _shown(place: Place) -> tuple[str, str]:
    return f"{place[0]:.2f}", f"{-place[1] * DOWN:.2f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def takes_down(steps: Sequence[StepResult]) -> tuple[tuple[StepResult, tuple[str, ...]], ...]:
    """Every step that is not proved and on which others rest, with these."""
    resting = {s.id: tuple(o.id for o in steps if s.id in o.rests_on) for s in steps}
    return tuple((s, resting[s.id]) for s in steps if s.verdict != "proved" and resting[s.id])


__all__ = ["Arrow", "Box", "Graph", "graph", "takes_down"]
