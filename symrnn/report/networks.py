"""A run of a network of any kind as source: it follows the states, and takes derivatives by finite differences.

The network is what the data say under ``updates``; their text is taken apart and put together anew, so that a script
computes nothing but sums, products and known functions of the names it has.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator
from typing import Any

from symrnn.report.expressions import NUMPY, Unreadable, array
from symrnn.verdicts import Data

FUNCTIONS = {"transpose": "{0}.T", "diag": "np.diag({0}.ravel())", "ones": "np.ones(({0}, 1))", "eye": "np.eye({0})"}
ZEROS = "np.zeros(({0}, {1}))"
_OPERATORS: dict[type[Any], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/"}
DERIVATIVE = re.compile(r"d([A-Za-z]\w*?)_(m?\d+)_d([A-Za-z]\w*?)_(m?\d+)(_T)?")
PART = re.compile(r"(diag_)?([A-Za-z]\w*?)_(m?\d+)")
SLACK = "1e-7"  # of finite differences

_RUN = """

def run(state, first, last, given):
    for i in range(first, last):
        state = advance(state, given[i])
    return state


def derivative(of, last, wrt, first):
    \"\"\"d of[last] / d wrt[first] by finite differences, the other blocks at that time held.\"\"\"
    eps, columns = 1e-6, []
    begin = first if wrt in states[0] else first - 1
    for e in range(len(states[0][wrt] if wrt in states[0] else inputs[0][wrt])):
        ends = []
        for sign in (1, -1):
            state, given = dict(states[begin]), [dict(x) for x in inputs]
            moved = state if wrt in state else given[begin]
            moved[wrt] = moved[wrt].copy()
            moved[wrt][e] += sign * eps
            ends.append(run(state, begin, last, given)[of])
        columns.append((ends[0] - ends[1]) / (2 * eps))
    return np.hstack(columns)


for i in range(len(inputs)):
    found = advance(states[i], inputs[i])
    for name in states[i]:
        expect(f"{name} at step {i + 1} follows from step {i}", close(found[name], states[i + 1][name]))
"""


def network(c: Data, activations: Any) -> list[str]:
    """The parameters, states, inputs, the step and the run; Raises Unreadable for what it has no words for."""
    if c.get("feedback") or not c.get("updates"):
        raise Unreadable("no updates, or inputs that respond")
    blocks, given = _named(c["states"], c["blocks"]), _named(c["inputs"], c["driven"])
    if not given:
        given = [{} for _ in blocks[1:]]
    names = [*c["parameters"], *c["blocks"], *c["driven"], *(f"{b}_before" for b in c["blocks"])]
    computed = [name for name, _ in c["updates"]]
    for name in {*names, *computed}:
        if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS or name in _TAKEN:
            raise Unreadable(f"no name for a variable of a script: {name}")
    lines = [f"{name} = {array(value)}" for name, value in c["parameters"].items()]
    lines += [*_listed("states", blocks), *_listed("inputs", given)]
    used = sorted({n for _, text in c["updates"] for n in re.findall(r"\b(\w+)\(", text)} & set(activations))
    for name in used:
        lines += ["", "", f"def {name}(a):", f"    return {activations[name][0].format(m='np')}"]
    lines += [
        "",
        "",
        "def advance(state, given):",
        '    """One step: all that it computes."""',
    ]
    lines += [f'    {b}_before = state["{b}"]' for b in c["blocks"]] + [f'    {x} = given["{x}"]' for x in c["driven"]]
    known = {*names}
    for name, text in c["updates"]:
        lines.append(f"    {name} = {_source(text, known, set(activations))}")
        known.add(name)
    shown = ", ".join(f'"{name}": {name}' for name in computed)
    return [*lines, f"    return {{{shown}}}", *_RUN.splitlines()]


_TAKEN = {"states", "inputs", "run", "advance", "derivative", "state", "given", "np", "sys", "expect", "failed"}


def recomputed(c: Data) -> Iterator[tuple[str, str]]:
    """Names among the values that are part of the run, or derivatives along it, each with its source."""
    start, computed = int(c.get("start", 0)), [name for name, _ in c["updates"]]
    for name in c.get("values") or {}:
        part, found = PART.fullmatch(name), DERIVATIVE.fullmatch(name)
        if part is not None and part[2] in computed:
            step = int(part[3].replace("m", "-")) - start
            if 1 <= step <= len(c["inputs"]):
                source = f'advance(states[{step - 1}], inputs[{step - 1}])["{part[2]}"]'
                yield name, f"np.diag({source}.ravel())" if part[1] else source
        if found is None:
            continue
        of, last, wrt, first, turned = found.groups()
        times = [int(x.replace("m", "-")) - start for x in (last, first)]
        if of in c["blocks"] and wrt in (*c["blocks"], *c["driven"]):
            yield name, f'derivative("{of}", {times[0]}, "{wrt}", {times[1]})' + (".T" if turned else "")


def _named(values: list[Any], names: list[str]) -> list[dict[str, Any]]:
    out = [v if isinstance(v, dict) else {names[0]: v} for v in values]
    if any(set(v) != set(names) for v in out):
        raise Unreadable("a state or input without a value")
    return out


def _listed(name: str, values: list[dict[str, Any]]) -> list[str]:
    rows = ("{" + ", ".join(f'"{k}": {array(v, NUMPY)}' for k, v in x.items()) + "}" for x in values)
    return [f"{name} = [", *(f"    {row}," for row in rows), "]"]


def _source(text: str, known: set[str], functions: set[str]) -> str:
    try:
        parsed = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unreadable(f"not an expression: {text!r}") from error
    return _node(parsed, known, functions)


def _node(n: ast.expr, known: set[str], functions: set[str]) -> str:
    match n:
        case ast.Constant(value=value) if type(value) is int:
            return str(value)
        case ast.Name(id=name) if name in known:
            return name
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"(-{_node(inner, known, functions)})"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"({_node(left, known, functions)} ** {_node(right, known, functions)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"({_node(left, known, functions)} {_OPERATORS[type(op)]} {_node(right, known, functions)})"
        case ast.Call(func=ast.Name(id="zeros"), args=[rows, cols], keywords=[]):
            return ZEROS.format(_node(rows, known, functions), _node(cols, known, functions))
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name].format(_node(arg, known, functions))
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in functions:
            return f"{name}({_node(arg, known, functions)})"
    raise Unreadable(f"no update: {ast.unparse(n)}")


__all__ = ["SLACK", "network", "recomputed"]
