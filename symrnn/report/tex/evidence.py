"""Counterexamples as LaTeX: the network in exact numbers, both sides worked out, the growth along an orbit."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from symrnn.claims.latex import name_latex
from symrnn.claims.latex_numbers import paren
from symrnn.records import dataclass
from symrnn.report.instances import GROWTH, TESTS, plain_value
from symrnn.report.tex.escape import prose, tex
from symrnn.report.tex.formulas import value
from symrnn.report.tex.growth import LONGEST, Growth, growth
from symrnn.verdicts import Data

Names = dict[str, str]
TIMES = r" \times "
WIDEST = 100  # characters in a row of a matrix


@dataclass(frozen=True)
class Block:
    """A sentence, then formulas that fill lines, then perhaps a figure. All of it LaTeX."""

    text: str = ""
    formulas: tuple[str, ...] = ()
    figure: Growth | None = None


def blocks(instance: Data) -> tuple[Block, ...]:
    """What shows that a claim fails. Raises an error of lookup, type or value if the data are no counterexample."""
    rule = _RULES.get(str(instance.get("kind")))
    return tuple(rule(instance)) if rule is not None else (Block(tex(plain_value(instance))),)


# ---- kinds -----------------------------------------------------------------------------------------------------------


def _path(c: Data) -> Iterator[Block]:
    steps = len(c["states"]) - 1
    times = [_time(steps - i) for i in range(steps + 1)]
    count = f"{steps} step{'' if steps == 1 else 's'}"
    yield Block(f"{_what(c)} over {count}, with parameters, states, inputs and derivatives", tuple(_network(c, times)))
    if c.get("values"):
        yield Block("and", _named(c["values"]))
    names = {f"D{i}": name_latex("D", time) for i, time in enumerate(times[1:], 1)}
    yield from _sides(c, names | {"J": rf"\frac{{\partial h_{{t}}}}{{\partial h_{{{times[0]}}}}}"})


def _time(back: int) -> str:
    return f"t-{back}" if back else "t"


def _what(c: Data) -> str:
    cell = str(c.get("recurrence", "elman"))
    activation = tex(str(c.get("activation", "")))
    article = "An" if activation[:1] in "aeiou" and activation else "A"
    size = f" with $n = {int(c['hidden_size'])}$" if "hidden_size" in c else ""
    return f"{article} {activation} network".replace("  ", " ") + (f" ({tex(cell)})" if cell != "elman" else "") + size


def _network(c: Data, times: list[str]) -> Iterator[str]:
    """Parameters, states, inputs and derivatives; ``times`` are those of the states."""
    yield from _named(c.get("parameters", {}))
    for time, state in zip(times, c["states"], strict=False):
        yield from _at_time("h", time, state)
    for time, x in zip(times[1:], c.get("inputs") or [], strict=False):
        yield from _at_time("x", time, x)
    for time, d in zip(times[1:], c.get("derivatives") or [], strict=False):
        yield _equals(name_latex("D", time), rf"\operatorname{{diag}}({', '.join(map(value, _flat(d)))})")
    for name, rows in (c.get("feedback") or {}).items():
        yield rf"\text{{{tex(str(name))} fed back by }}{value(rows)}"


def _named(values: Data) -> tuple[str, ...]:
    out = []
    for name, v in values.items():
        members = (
            v if isinstance(v, list) and v and isinstance(v[0], list) and v[0] and isinstance(v[0][0], list) else None
        )
        if members is None:
            out += _valued(name_latex(str(name)), v)
        else:  # a family, member by member
            out += [x for i, m in enumerate(members) for x in _valued(name_latex(str(name), str(i)), m)]
    return tuple(out)


def _at_time(letter: str, time: str, state: Data) -> Iterator[str]:
    for name, block in state.items() if isinstance(state, dict) else [(letter, state)]:
        yield from _valued(name_latex(str(name), time), block)


def _flat(rows: Data) -> list[Any]:
    return [v[0] if isinstance(v, list) else v for v in rows]


def _valued(left: str, data: Data) -> list[str]:
    """left = data; a matrix that no line can hold, entry by entry."""
    rows = [row if isinstance(row, list) else [row] for row in data] if isinstance(data, list) else []
    if max((sum(len(str(x)) for x in row) for row in rows), default=0) <= WIDEST:
        return [_equals(left, value(data))]
    name = f"({left})"
    return [_equals(f"{name}_{{{i},{j}}}", value(x)) for i, row in enumerate(rows, 1) for j, x in enumerate(row, 1)]


def _equals(left: str, right: str) -> str:
    return f"{left} = {right}"


def _orbit(c: Data) -> Iterator[Block]:
    period = len(c["states"])
    where = "at a fixed point" if period == 1 else f"on an orbit of period {period}"
    times = [*(str(i) for i in range(period)), str(period)]
    yield Block(f"{_what(c)} {where}, so that the run goes on for ever:", tuple(_network(c, times)))
    test, power = str(c["growth"].get("test")), int(c["growth"].get("power", 1))
    yield Block("The Jacobian over one period is", (_equals("M", value(c["growth"]["monodromy"])),))
    said = _GROWTH.get(test, prose(GROWTH.get(test, test))).replace("<r>", "" if power == 1 else f"^{{{power}}}")
    yield from _block(c["growth"], said)
    yield from _hypotheses(c, {})
    figure = growth(c)
    yield Block(_said(figure), figure=figure)


def _block(growth: Data, said: str) -> Iterator[Block]:
    """What the test says: of the matrix M over one period, or of the one that a block of its powers goes by."""
    if not growth.get("of"):
        yield Block(f"{said}.")
        return
    block = rf"Its block $\partial {growth['of']} / \partial {growth['wrt']}$"
    if not growth["minimal"]:
        yield Block(f"{block} is 0.")
        return
    parts = [("L", "left"), ("X", "minimal"), ("R", "right")]
    yield Block(
        f"{block} over $q$ periods is $L X^q R$, with no smaller $X$:",
        tuple(_equals(name, value(growth[part])) for name, part in parts),
    )
    yield Block(f"{said.replace(' M', ' X').replace('$M', '$X')}.")


_GROWTH = {
    "explodes": r"Since $\lvert\operatorname{tr} M<r>\rvert > n$, its spectral radius exceeds 1, and the Jacobian "
    "grows without bound",
    "persists": r"The powers of $M$ do not vanish: $\lvert\operatorname{tr} M<r>\rvert \ge n$, or "
    r"$\lvert\det M\rvert \ge 1$, or they recur",
    "vanishes": r"Since $\lVert M<r>\rVert < 1$, the Jacobian vanishes",
}


def _said(g: Growth) -> str:
    """What the figure shows, in words."""
    out = f"The norm of the Jacobian over $k$ steps, for $k$ up to {g.last}."
    for s in g.series:
        first = next((k for k, y in s.points if y is None), None)
        if s.name == "prediction" and first is not None:
            out += f" The prediction is 0 from $k = {first}$ on, which is drawn at the lower edge."
    if g.failure is not None:
        return out + f" Simulated in IEEE doubles it is wrong by more than 1\\% from $k = {g.failure}$ on."
    return out + (f" IEEE doubles follow it, up to $k = {LONGEST}$ at least." if g.simulated else "")


def _values(c: Data) -> Iterator[Block]:
    yield Block("With", _named(c["values"]))
    yield from _sides(c, {})
    if c.get("network"):
        steps = len(c["network"]["states"]) - 1
        times = tuple(_time(steps - i) for i in range(steps + 1))
        yield Block("These values are those of the network", tuple(_network(c["network"], list(times))))


def _sides(c: Data, names: Names) -> Iterator[Block]:
    """Both sides with their values."""
    shown = []
    for which, word in (("lhs", "left side"), ("rhs", "right side")):
        if which in c:
            said = c.get("sides", {}).get(which)
            shown += _valued(side(said, names) if said is not None else rf"\text{{{word}}}", c[which])
    if shown:
        relation = {"<": "not less", "<=": "not at most"}.get(str(c.get("relation")))
        yield Block(
            f"The left side is {relation} than the right one:" if relation else "Left side and right side are",
            tuple(shown),
        )
    yield from _hypotheses(c, names)


def _hypotheses(c: Data, names: Names) -> Iterator[Block]:
    for h in c.get("hypotheses") or []:
        of, test, power = side(h["of"], names), str(h["test"]), h.get("power", 1)
        if test == "nilpotent" and power == 1:
            yield Block("The hypothesis is met:", (f"{of} = 0",))
            continue
        verb = {"vanishes": "has powers that vanish"}.get(test, TESTS.get(test, f"is {test}"))
        seen = f" (seen at its power {int(power)})" if power != 1 else ""
        yield Block(f"The hypothesis is met: ${of}$ {prose(verb)}{seen}.")


def _shape(c: Data) -> Iterator[Block]:
    shapes = [f"{prose(str(name))} is ${TIMES.join(side(d, {}) for d in s)}$" for name, s in c["shapes"].items()]
    yield Block(f"The shapes do not fit: {', '.join(shapes)}.")


def _undefined(c: Data) -> Iterator[Block]:
    yield Block(f"${side(c['term'], {})}$ has no value where", _named(c.get("values", {})))


def _negation(c: Data) -> Iterator[Block]:
    yield Block(f"It is shown that {prose(str(c['text']))}")
    numbers = {**c.get("sizes", {}), **c.get("lags", {})}
    yield Block(
        "There", (*(f"{name_latex(str(n))} = {int(i)}" for n, i in numbers.items()), *_named(c.get("values", {})))
    )


_RULES: dict[str, Callable[[Data], Iterator[Block]]] = {
    "path": _path,
    "orbit": _orbit,
    "values": _values,
    "shape": _shape,
    "undefined": _undefined,
    "negation": _negation,
}


# ---- expressions -----------------------------------------------------------------------------------------------------

SUM, PRODUCT, POWER, ATOM = range(4)


def side(text: object, names: Names) -> str:
    r"""A side such as ``D2*D1*W_hh**2`` as LaTeX; what is no such expression is shown as text.

    >>> print(side("inv(A)*(B - T(C))**2", {}), side("D1*J", {"D1": "D_{t}", "J": "J"}))
    A^{-1} (B - C^{\mathsf{T}})^{2} D_{t} J
    """
    try:
        return _side(ast.parse(str(text).strip(), mode="eval").body, names)[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return rf"\text{{{tex(str(text))}}}"


def _side(n: ast.expr, names: Names) -> tuple[str, int]:
    match n:
        case ast.Name(id=name):
            return names.get(name) or name_latex(name), ATOM
        case ast.Constant(value=int(v)) if not isinstance(v, bool):
            return str(v), ATOM
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"-{_at(inner, PRODUCT, names)}", SUM
        case ast.BinOp(left=a, op=ast.Add() | ast.Sub() as op, right=b):
            return f"{_at(a, SUM, names)} {'+' if isinstance(op, ast.Add) else '-'} {_at(b, PRODUCT, names)}", SUM
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return f"{_at(a, PRODUCT, names)} {_at(b, PRODUCT, names)}", PRODUCT
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return rf"\tfrac{{{_side(a, names)[0]}}}{{{_side(b, names)[0]}}}", PRODUCT
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return f"{_at(a, ATOM, names)}^{{{_side(b, names)[0]}}}", POWER
        case ast.Call(func=ast.Name(id="T"), args=[arg]):
            return rf"{_at(arg, ATOM, names)}^{{\mathsf{{T}}}}", POWER
        case ast.Call(func=ast.Name(id="inv"), args=[arg]):
            return f"{_at(arg, ATOM, names)}^{{-1}}", POWER
        case ast.Call(func=ast.Name(id="det" | "trace" as name), args=[arg]):
            word = r"\det" if name == "det" else r"\operatorname{tr}"
            return f"{word}{paren(_side(arg, names)[0])}", ATOM
    raise ValueError(ast.unparse(n))


def _at(n: ast.expr, level: int, names: Names) -> str:
    shown, own = _side(n, names)
    grows = own < level or (level == ATOM and r"\frac" in shown)
    return paren(shown) if grows else shown


__all__ = ["Block", "blocks", "side"]
