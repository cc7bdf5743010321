"""A run of a network of any kind as source: it follows the states, and takes derivatives by finite differences.

Its numbers have 60 digits (mpmath, in arrays of NumPy).

The network is what the data say under ``updates``; their text is taken apart and put together anew, so that a script
computes nothing but sums, products and known functions of the names it has.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator
from typing import Any

from symrnn.report.expressions import PRECISE, Unreadable, array
from symrnn.verdicts import Data

FUNCTIONS = {"transpose": "{0}.T", "diag": "np.diag({0}.ravel())", "ones": "np.ones(({0}, 1))", "eye": "np.eye({0})"}
ZEROS = "np.zeros(({0}, {1}))"
_OPERATORS: dict[type[Any], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/"}
DERIVATIVE = re.compile(r"d([A-Za-z]\w*?)_(m?\d+)_d([A-Za-z]\w*?)_(m?\d+)(_T)?")
PART = re.compile(r"(diag_)?([A-Za-z]\w*?)_(m?\d+)")
SLACK = "mpf(10) ** -25"  # of finite differences

_RUN = """

def follow(state, first, given):
    \"\"\"The states from step ``first`` on.\"\"\"
    found = {first: state}
    for i in range(first, len(given)):
        found[i + 1] = advance(found[i], given[i])
    return found


def outcome(found, of):
    return sum(row @ found[at][block] for block, at, row in of)


def difference(of, value, places, moved):
    \"\"\"Of the sum of row @ state over ``of``, by the entries of ``value`` at some places, one a column.\"\"\"
    eps, columns = mpf(10) ** -20, []
    for place in places:
        ends = []
        for sign in (1, -1):
            changed = value.copy()
            changed[place] += sign * eps
            ends.append(outcome(moved(changed), of))
        columns.append((ends[0] - ends[1]) / (2 * eps))
    return np.hstack(columns)


def by_state(of, wrt, first):
    \"\"\"The derivative by a state block (or input) at a step, the other blocks at that time held.\"\"\"
    begin = first if wrt in states[0] else first - 1

    def moved(changed):
        if begin == first:
            return follow({**states[begin], wrt: changed}, begin, inputs)
        given = [dict(x) for x in inputs]
        given[begin][wrt] = changed
        return follow(states[begin], begin, given)

    value = states[first][wrt] if begin == first else inputs[begin][wrt]
    return difference(of, value, [(i, 0) for i in range(len(value))], moved)


def by_parameter(of, wrt, first):
    \"\"\"By a parameter along the steps after ``first``; of a scalar in the shape of the parameter.\"\"\"
    value = globals()[wrt]

    def moved(changed):
        globals()[wrt] = changed
        found = follow(states[first], first, inputs)
        globals()[wrt] = value
        return found

    found = difference(of, value, list(np.ndindex(value.shape)), moved)
    return found.reshape(value.shape) if len(found) == 1 else found.T


for i in range(len(inputs)):
    found, following = advance(states[i], inputs[i]), states[(i + 1) % len(states)]
    for name in states[i]:
        expect(f"{name} at step {i + 1} follows from step {i}", close(found[name], following[name]))
"""


def network(c: Data, activations: Any) -> list[str]:
    """The parameters, states, inputs, the step and the run; Raises Unreadable for what it has no words for."""
    if c.get("feedback") or not c.get("updates"):
        raise Unreadable("no updates, or inputs that respond")
    blocks, given = _named(c["states"], c["blocks"]), _named(c["inputs"], c["driven"])
    if not given:
        given = [{} for _ in range(len(blocks) - (c["kind"] == "path"))]
    names = [*c["parameters"], *c["blocks"], *c["driven"], *(f"{b}_before" for b in c["blocks"])]
    computed = [name for name, _ in c["updates"]]
    for name in {*names, *computed}:
        if not name.isidentifier() or keyword.iskeyword(name) or name in FUNCTIONS or name in _TAKEN:
            raise Unreadable(f"no name for a variable of a script: {name}")
    lines = [f"{name} = {array(value, PRECISE)}" for name, value in c["parameters"].items()]
    lines += [*_listed("states", blocks), *_listed("inputs", given)]
    activations = activations | {f"{f}_prime": (s.replace("f(a)", f"({v})"), "") for f, (v, s) in activations.items()}
    used = sorted({n for _, text in c["updates"] for n in re.findall(r"\b(\w+)\(", text)} & set(activations))
    lines += [f"{name} = elementwise(lambda a: {activations[name][0].format(m='mp')})" for name in used]
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


_TAKEN = set(
    "states inputs follow outcome difference by_state by_parameter advance state given np mp mpf sys expect failed "
    "elementwise inverse digits close J minimal".split()
)


def period(c: Data) -> list[str]:
    """J, the Jacobian of the whole state over one period, checked; and the smallest matrix that has a block of it."""
    growth, steps = c["growth"], len(c["states"])
    ends = [f'("{a}", {steps}, np.eye(len(states[0]["{a}"])))' for a in c["blocks"]]
    rows = ["np.hstack([" + ", ".join(f'by_state([{end}], "{b}", 0)' for b in c["blocks"]) + "])" for end in ends]
    lines = [f"J = np.vstack([{', '.join(rows)}])", 'print("J over one period:", digits(J), sep="\\n")']
    lines.append(f'expect("J is the monodromy stated", close(J, {array(growth["monodromy"], PRECISE)}, {SLACK}))')
    lines.append(f"J = {array(growth['monodromy'], PRECISE)}")
    if not growth.get("of"):
        return lines
    places = {name: f"slice({_before(c, name)}, {_before(c, name, True)})" for name in (growth["of"], growth["wrt"])}
    block = f"[{places[growth['of']]}, {places[growth['wrt']]}]"
    if not growth["minimal"]:
        zero = f"all(abs(power(J, q){block}).max() < tiny for q in range(1, len(J) + 1))"
        return [*lines, f'expect("the block of all powers of J is 0", {zero})']
    lines += [f"{n} = {array(growth[n], PRECISE)}" for n in ("left", "minimal", "right")]
    lines += [
        "size = len(minimal)",
        f"same = [close(power(J, q){block}, left @ power(minimal, q) @ right) for q in range(1, len(J) + size + 1)]",
        'expect("the block of J^q is left minimal^q right", all(same))',
        "seen = np.vstack([left @ power(minimal, q) for q in range(size)]).astype(float)",
        "reached = np.hstack([power(minimal, q) @ right for q in range(size)]).astype(float)",
        'expect("no smaller matrix has it", np.linalg.matrix_rank(seen) == np.linalg.matrix_rank(reached) == size)',
    ]
    return lines


def _before(c: Data, name: str, after: bool = False) -> int:
    """The first row of a block in the whole state, or the one after its last."""
    first, blocks = c["states"][0], list(c["growth"]["blocks"])
    taken = blocks[: blocks.index(name) + after]
    return sum(len(first[b]) for b in taken)


def derived(c: Data) -> Iterator[tuple[str, str]]:
    """Derivatives of losses and by parameters among the values, each with its source."""
    for name, d in (c.get("derived") or {}).items():
        if d is None:
            raise Unreadable(f"{name} is not computed along a run")
        if d["wrt"] not in (*c["parameters"], *c["blocks"], *c["driven"]):
            raise Unreadable(f"a derivative by {d['wrt']}")
        if any(block not in c["blocks"] for block, _, _ in d["of"]):
            raise Unreadable("a derivative of what is no state")
        of = ", ".join(f'("{block}", {int(at)}, {array(row, PRECISE)})' for block, at, row in d["of"])
        function, natural = ("by_parameter", False) if d["wrt"] in c["parameters"] else ("by_state", True)
        turned = ".T" if natural != bool(d["numerator"]) else ""
        source = f'{function}([{of}], "{d["wrt"]}", {int(d["since"])}){turned}'
        yield name, f"np.diag(np.diag({source}))" if d.get("diagonal") else source  # along diagonal matrices


def recomputed(c: Data) -> Iterator[tuple[str, str]]:
    """Names among the values that are part of the run, or derivatives along it, each with its source."""
    start, computed = int(c.get("start", 0)), [name for name, _ in c["updates"]]
    for name in c.get("values") or {}:
        part, found = PART.fullmatch(name), DERIVATIVE.fullmatch(name)
        if part is not None and part[2] in (*computed, *c["driven"]):
            source = _part(c, part[2], int(part[3].replace("m", "-")) - start)
            if source is not None:
                yield name, f"np.diag({source}.ravel())" if part[1] else source
        if found is None:
            plain = re.fullmatch(r"D(\d+)", name)
            if plain is not None and "D" in computed:
                yield name, f'advance(states[{int(plain[1]) - 1}], inputs[{int(plain[1]) - 1}])["D"]'
            continue
        of, last, wrt, first, turned = found.groups()
        times = [int(x.replace("m", "-")) - start for x in (last, first)]
        if of in c["blocks"] and wrt in (*c["blocks"], *c["driven"]):
            end = f'("{of}", {times[0]}, np.eye(len(states[0]["{of}"])))'
            yield name, f'by_state([{end}], "{wrt}", {times[1]})' + (".T" if turned else "")


def _part(c: Data, name: str, step: int) -> str | None:
    """A state, input or local at a step of the run."""
    if name in c["blocks"] and step == 0:
        return f'states[0]["{name}"]'
    if not 1 <= step <= len(c["inputs"] or c["states"][1:]):
        return None
    return (
        f'inputs[{step - 1}]["{name}"]'
        if name in c["driven"]
        else f'advance(states[{step - 1}], inputs[{step - 1}])["{name}"]'
    )


def _named(values: list[Any], names: list[str]) -> list[dict[str, Any]]:
    out = [v if isinstance(v, dict) else {names[0]: v} for v in values]
    if any(set(v) != set(names) for v in out):
        raise Unreadable("a state or input without a value")
    return out


def _listed(name: str, values: list[dict[str, Any]]) -> list[str]:
    rows = ("{" + ", ".join(f'"{k}": {array(v, PRECISE)}' for k, v in x.items()) + "}" for x in values)
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
            return f"mpf({value})"
        case ast.Name(id=name) if name in known:
            return name
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"(-{_node(inner, known, functions)})"
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=e)) if type(e) is int:
            return f"({_node(left, known, functions)} ** {e})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"({_node(left, known, functions)} {_OPERATORS[type(op)]} {_node(right, known, functions)})"
        case ast.Call(func=ast.Name(id="zeros"), args=[rows, cols], keywords=[]):
            return ZEROS.format(_whole(rows), _whole(cols))
        case ast.Call(func=ast.Name(id="ones" | "eye" as name), args=[arg], keywords=[]):
            return FUNCTIONS[name].format(_whole(arg))
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name].format(_node(arg, known, functions))
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in functions:
            return f"{name}({_node(arg, known, functions)})"
    raise Unreadable(f"no update: {ast.unparse(n)}")


def _whole(n: ast.expr) -> int:
    if isinstance(n, ast.Constant) and type(n.value) is int:
        return n.value
    raise Unreadable(f"no size: {ast.unparse(n)}")


__all__ = ["SLACK", "derived", "network", "period", "recomputed"]
