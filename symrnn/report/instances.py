"""Counterexamples and witnesses as lines of text: networks, orbits and matrices laid out to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn.verdicts import Data

GROWTH = {
    "explodes": "|trace(M^{r})| > n, so the spectral radius of M exceeds 1 and the Jacobian grows without bound",
    "persists": "the powers of M do not vanish: |trace(M^{r})| >= n, or |det M| >= 1, or they recur",
    "vanishes": "||M^{r}|| < 1, so the Jacobian vanishes",
}
TESTS = {
    "explodes": "has spectral radius > 1",
    "persists": "has powers that do not vanish",
    "bounded": "has bounded powers",
}


def instance_lines(instance: Data, width: int) -> Iterator[str]:
    """The lines that show a counterexample (layout: the JSON of check) in ``width`` columns where that is possible."""
    kind = str(instance.get("kind"))
    rule = _RULES.get(kind)
    if rule is None:
        yield plain_value(instance)
        return
    yield from rule(instance, width)


def plain_value(data: Data) -> str:
    """Any JSON value on one line, without quotation marks: ``W = [[1, 2], [3, 4]], k = 2``."""
    if isinstance(data, dict):
        return ", ".join(f"{key} = {plain_value(value)}" for key, value in data.items())
    if isinstance(data, list):
        return f"[{', '.join(map(plain_value, data))}]"
    return str(data)


def named_value(name: str, value: Data, width: int) -> Iterator[str]:
    """``name = value``: matrices as aligned rows, or entry by entry if they are too wide; vectors in parentheses."""
    if not isinstance(value, list) or not value:
        yield f"{name} = {plain_value(value)}"
    elif all(isinstance(row, list) for row in value):
        yield from _matrix(name, [[str(v) for v in row] for row in value], width)
    else:
        yield f"{name} = ({', '.join(map(plain_value, value))})"


def _matrix(name: str, rows: list[list[str]], width: int) -> Iterator[str]:
    columns = max(map(len, rows))
    widths = [max(len(row[j]) for row in rows if j < len(row)) for j in range(columns)]
    lines = ["[ " + "  ".join(v.rjust(w) for v, w in zip(row, widths, strict=False)) + " ]" for row in rows]
    head = f"{name} = "
    if max(map(len, lines)) + len(head) <= width:
        yield from (head + line if not i else " " * len(head) + line for i, line in enumerate(lines))
        return
    if len(rows) == columns == 1:
        yield f"{name} = [ {rows[0][0]} ]"
        return
    for i, row in enumerate(rows, 1):
        yield from (f"{name}[{i},{j}] = {v}" for j, v in enumerate(row, 1))


def _network(c: Data, width: int, times: Callable[[int], str]) -> Iterator[str]:
    """Parameters, states, inputs and derivatives; ``times(i)`` names the time of state i."""
    for name, value in c.get("parameters", {}).items():
        yield from named_value(name, _flat(value) if name == "b" else value, width)
    for i, state in enumerate(c["states"]):
        yield from _at_time("h", times(i), state, width)
    for i, x in enumerate(c.get("inputs") or []):
        yield from _at_time("x", times(i + 1), x, width)
    for i, d in enumerate(c.get("derivatives") or [], 1):
        yield f"D{i} = D[{times(i)}] = diag{_tuple(_flat(d))}" if isinstance(d, list) else f"D{i} = {plain_value(d)}"


def _at_time(letter: str, time: str, value: Data, width: int) -> Iterator[str]:
    if isinstance(value, dict):  # several state blocks
        for name, block in value.items():
            yield from named_value(f"{name}[{time}]", _flat(block), width)
    else:
        yield from named_value(f"{letter}[{time}]", _flat(value), width)


def _flat(value: Data) -> Data:
    """A column given as rows of one entry, as a plain list."""
    if isinstance(value, list) and value and all(isinstance(v, list) and len(v) == 1 for v in value):
        return [v[0] for v in value]
    return value


def _tuple(values: list[Any]) -> str:
    return f"({', '.join(map(plain_value, values))})"


def _what(c: Data) -> str:
    cell = c.get("recurrence", "elman")
    network = f"{c.get('activation', '')} network".strip() + ("" if cell == "elman" else f" ({cell})")
    return network + (f" with n = {c['hidden_size']}" if "hidden_size" in c else "")


def _path(c: Data, width: int) -> Iterator[str]:
    steps = len(c["states"]) - 1
    yield f"a {_what(c)}, lag k = {c.get('lag', steps)}"
    yield from _network(c, width, lambda i: f"t-{steps - i}" if i < steps else "t")
    yield from _sides(c, width)


def _orbit(c: Data, width: int) -> Iterator[str]:
    period = len(c["states"])
    yield f"a {_what(c)} on {'a fixed point' if period == 1 else f'an orbit of period {period}'}"
    yield from _network(c, width, lambda i: str(i))
    growth = c["growth"]
    yield "the Jacobian over one period:"
    yield from named_value("M", growth.get("monodromy"), width)
    letter, power = "M", growth.get("power", 1)
    if growth.get("of"):
        letter = "X" if growth["minimal"] else "M"
        block = f"its block d {growth['of']} / d {growth['wrt']}"
        yield f"{block} over q periods is L X^q R, with no smaller X:" if growth["minimal"] else f"{block} is 0"
        for name, part in (("L", "left"), ("X", "minimal"), ("R", "right")):
            yield from named_value(name, growth[part], width) if growth["minimal"] else ()
    sentence = GROWTH.get(growth.get("test"), f"{growth.get('test')} at power {{r}}")
    if not growth.get("of") or growth["minimal"]:
        shown = sentence.replace("M^{r}", "M" if power == 1 else f"M^{power}").replace("{r}", str(power))
        yield shown.replace("M", letter)
    yield from _hypotheses(c)


def _values(c: Data, width: int) -> Iterator[str]:
    for name, value in c["values"].items():
        yield from named_value(name, value, width)
    yield from _sides(c, width)


def _sides(c: Data, width: int) -> Iterator[str]:
    sides = c.get("sides", {})
    for side, word in (("lhs", "left side"), ("rhs", "right side")):
        if side in c:
            yield from named_value(f"{word}: {sides[side]}" if side in sides else word, c[side], width)
    yield from _hypotheses(c)


def _hypotheses(c: Data) -> Iterator[str]:
    for h in c.get("hypotheses") or []:
        power = f" (seen at power {h['power']})" if h.get("power", 1) != 1 else ""
        test = str(h["test"])
        verb = TESTS.get(test, test if test in ("vanishes",) else f"is {test}")
        yield f"hypothesis met: {h['of']} {verb}{power}"


def _shape(c: Data, width: int) -> Iterator[str]:
    yield "the shapes do not fit: " + ", ".join(f"{name} is {' x '.join(s)}" for name, s in c["shapes"].items())
    yield str(c["reason"])


def _undefined(c: Data, width: int) -> Iterator[str]:
    yield f"{c['term']} is undefined where"
    for name, value in c.get("values", {}).items():
        yield from named_value(name, value, width)


def _negation(c: Data, width: int) -> Iterator[str]:
    yield str(c["text"])
    for name, value in (c.get("values") or {}).items():
        yield from named_value(name, value, width)


_RULES: dict[str, Callable[[Data, int], Iterator[str]]] = {
    "path": _path,
    "orbit": _orbit,
    "values": _values,
    "shape": _shape,
    "undefined": _undefined,
    "negation": _negation,
}


__all__ = ["instance_lines", "named_value", "plain_value"]
