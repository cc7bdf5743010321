"""Cells with gates for the referee, from their equations: states by exact arithmetic, Jacobians by forward-mode pairs.

Nothing of symrnn. A vector is a list of (value, gradient by all entries of the state at the beginning of the step).
The gates' function and the other one are known only where there are two, the sigmoid and tanh, or one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from closed_forms import InWords, Matrix, Number, Wrong, eye, matrix, product, same, zero

Pair = tuple[Number, list[Number]]
Vector = list[Pair]
Activate = Callable[[str, Number], tuple[Number, Number]]
ORDERS = {"lstm": ("h", "c"), "gru": ("h",), "mgu": ("h",)}


def monodromy(c: Mapping[str, Any], activate: Activate) -> Matrix:
    """The Jacobian of the whole state over one period; raises Wrong where the states do not follow or close up."""
    kind = c["recurrence"].split(" ")[0].split("(")[0]
    blocks = ORDERS.get(kind)
    functions = c["activation"].split(", ")
    if blocks is None or functions not in (["sigmoid", "tanh"], ["sigmoid"], ["tanh"]):
        raise InWords(c["recurrence"])
    named = list(c["growth"].get("blocks") or blocks)
    if sorted(named) != sorted(blocks):
        raise Wrong("other state blocks than those of the cell")
    gate, squash = functions[0], functions[-1]
    states = [s if isinstance(s, Mapping) else {blocks[0]: s} for s in c["states"]]
    total: Matrix | None = None
    for i, state in enumerate(states):
        following = states[(i + 1) % len(states)]
        cell = _Step(c["parameters"], c["inputs"][i], activate, gate, squash, named)
        made = _EQUATIONS[kind](cell, cell.start(state), c["recurrence"])
        for name in blocks:
            if not same([[v] for v, _ in made[name]], matrix(following[name])):
                raise Wrong(f"state {name} {i + 1} does not follow from state {i}")
        step = [gradient for name in named for _, gradient in made[name]]
        total = step if total is None else product(step, total)
    if total is None:
        raise Wrong("no states")
    return total


class _Step:
    """One step: parameters, the input, the activations, and vectors with their gradients."""

    def __init__(
        self,
        parameters: Mapping[str, Any],
        x: Any,
        activate: Activate,
        gate: str,
        squash: str,
        named: list[str],
    ) -> None:
        self.parameters, self.x, self.activate = parameters, matrix(x), activate
        self.gate, self.squash, self.named, self.width = gate, squash, named, 0

    def start(self, state: Mapping[str, Any]) -> dict[str, Vector]:
        vectors = {name: [row[0] for row in matrix(state[name])] for name in self.named}
        self.width = sum(map(len, vectors.values()))
        out, at = {}, 0
        for name, values in vectors.items():
            out[name] = [(v, self._unit(at + i)) for i, v in enumerate(values)]
            at += len(values)
        return out

    def _unit(self, at: int) -> list[Number]:
        return [Number.of(int(i == at)) for i in range(self.width)]

    def constant(self, values: list[Number]) -> Vector:
        return [(v, [Number.of(0)] * self.width) for v in values]

    def parameter(self, name: str) -> Vector:
        return self.constant([row[0] for row in matrix(self.parameters[name])])

    def by(self, name: str, v: Vector) -> Vector:
        """W v."""
        out = []
        for row in matrix(self.parameters[name]):
            value, gradient = Number.of(0), [Number.of(0)] * self.width
            for w, (x, dx) in zip(row, v, strict=True):
                value, gradient = value + w * x, [g + w * d for g, d in zip(gradient, dx, strict=True)]
            out.append((value, gradient))
        return out

    def applied(self, function: str, v: Vector) -> Vector:
        out = []
        for value, gradient in v:
            s, slope = self.activate(function, value)
            out.append((s, [slope * g for g in gradient]))
        return out

    def linear(self, name: str, *others: Vector) -> Vector:
        """W x + b + what else is given."""
        inputs = self.constant([row[0] for row in self.x])
        out = plus(self.by(f"W_{name}", inputs), self.parameter(f"b_{name}"))
        for v in others:
            out = plus(out, v)
        return out


def plus(a: Vector, b: Vector, sign: int = 1) -> Vector:
    return [
        (x + y * sign, [d + e * sign for d, e in zip(dx, dy, strict=True)])
        for (x, dx), (y, dy) in zip(a, b, strict=True)
    ]


def times(a: Vector, b: Vector) -> Vector:
    return [
        (x * y, [d * y + x * e for d, e in zip(dx, dy, strict=True)]) for (x, dx), (y, dy) in zip(a, b, strict=True)
    ]


def _lstm(s: _Step, now: dict[str, Vector], name: str) -> dict[str, Vector]:
    h, c = now["h"], now["c"]

    def seen(gate: str, memory: Vector) -> list[Vector]:
        return [times(s.parameter(f"p_{gate}"), memory)] if "peepholes" in name else []

    i = s.applied(s.gate, s.linear("i", s.by("U_i", h), *seen("i", c)))
    g = s.applied(s.squash, s.linear("g", s.by("U_g", h)))
    kept = c
    if "without forget gate" not in name:
        kept = times(s.applied(s.gate, s.linear("f", s.by("U_f", h), *seen("f", c))), c)
    new = plus(kept, times(i, g))
    o = s.applied(s.gate, s.linear("o", s.by("U_o", h), *seen("o", new)))
    return {"c": new, "h": times(o, s.applied(s.squash, new))}


def _gru(s: _Step, now: dict[str, Vector], name: str) -> dict[str, Vector]:
    h = now["h"]
    z, r = (s.applied(s.gate, s.linear(gate, s.by(f"U_{gate}", h))) for gate in "zr")
    inner = s.by("U_g", times(r, h))
    if "reset after" in name:
        inner = times(r, plus(s.by("U_g", h), s.parameter("b_u")))
    g = s.applied(s.squash, s.linear("g", inner))
    first, second = (g, h) if "chung" not in name else (h, g)
    return {"h": plus(first, times(z, plus(second, first, -1)))}


def _mgu(s: _Step, now: dict[str, Vector], name: str) -> dict[str, Vector]:
    h = now["h"]
    f = s.applied(s.gate, s.linear("f", s.by("U_f", h)))
    g = s.applied(s.squash, s.linear("g", s.by("U_g", times(f, h))))
    return {"h": plus(h, times(f, plus(g, h, -1)))}


_EQUATIONS: dict[str, Callable[[_Step, dict[str, Vector], str], dict[str, Vector]]] = {
    "lstm": _lstm,
    "gru": _gru,
    "mgu": _mgu,
}


# ---- a block of the powers -------------------------------------------------------------------------------------------


def check_block(growth: Mapping[str, Any], states: Any, total: Matrix) -> Matrix:
    """The matrix whose powers are those of the block: L X^q R is the block of M^q for all q, and no smaller one is.

    Two sequences that satisfy linear recurrences of orders a and b are equal once a + b members are.
    """
    first = states[0]
    sizes = {name: len(first[name]) for name in growth["blocks"]}
    rows, columns = (_places(sizes, growth[end]) for end in ("of", "wrt"))
    if not growth["minimal"]:
        if any(not zero(_block(p, rows, columns)) for p in _powers(total, len(total) + 1)):
            raise Wrong("the block is not 0")
        return []
    left, x, right = (matrix(growth[name]) for name in ("left", "minimal", "right"))
    for p, q in zip(_powers(total, len(total) + len(x) + 1), _powers(x, len(total) + len(x) + 1), strict=True):
        if not same(_block(p, rows, columns), product(product(left, q), right)):
            raise Wrong("the block is not that of the smaller matrix")
    seen = [row for q in _powers(x, len(x)) for row in product(left, q)]
    reached = [list(c) for q in _powers(x, len(x)) for c in zip(*product(q, right), strict=True)]
    if rank(seen) < len(x) or rank(reached) < len(x):
        raise Wrong("the smaller matrix is not the smallest")
    return x


def _places(sizes: Mapping[str, int], name: str) -> range:
    before = 0
    for other, size in sizes.items():
        if other == name:
            return range(before, before + size)
        before += size
    raise Wrong(f"no state block {name}")


def _block(m: Matrix, rows: range, columns: range) -> Matrix:
    return [[m[i][j] for j in columns] for i in rows]


def _powers(m: Matrix, count: int) -> list[Matrix]:
    out = [eye(len(m))]
    while len(out) < count:
        out.append(product(out[-1], m))
    return out


def rank(m: Matrix) -> int:
    rows, done = [[x.rational for x in row] for row in m], 0
    for c in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(done, len(rows)) if rows[r][c]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for r in range(done + 1, len(rows)):
            factor = rows[r][c] / rows[done][c]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[done], strict=True)]
        done += 1
    return done
