"""A counterexample as a short stand-alone script that recomputes it in floating point and exits 0 if it holds.

Paths and values need NumPy. Orbits, and networks other than the plain one, are recomputed with mpmath at 60 digits: an
unstable orbit leaves a double behind.
The exact statement is the data of the result; the script is for readers who want to see it happen.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from symrnn.report.expressions import (
    FUNCTIONS,
    MATRIX,
    MPMATH,
    NUMPY,
    PRECISE,
    SCALAR,
    Dialect,
    Unreadable,
    array,
    index_names,
    inverted,
    side,
)
from symrnn.report.networks import SLACK, derived, network, period, recomputed
from symrnn.verdicts import Data

ACTIVATIONS = {  # the function and its derivative, entrywise; {m} is np or mp
    "sigmoid": ("1 / (1 + {m}.exp(-a))", "f(a) * (1 - f(a))"),
    "tanh": ("{m}.tanh(a)", "1 - {m}.tanh(a) ** 2"),
    "softplus": ("{m}.log(1 + {m}.exp(a))", "1 / (1 + {m}.exp(-a))"),
    "relu": ("a * (a > 0)", "1.0 * (a > 0)"),
    "identity": ("a", "1 + 0 * a"),
    "hard_sigmoid": ("(a / 5 + 0.5) * (abs(a) < 2.5) + (1 + 0 * a) * (a > 2.5)", "(1 + 0 * a) * (abs(a) < 2.5) / 5"),
    "hard_sigmoid6": ("(a / 6 + 0.5) * (abs(a) < 3) + (1 + 0 * a) * (a > 3)", "(1 + 0 * a) * (abs(a) < 3) / 6"),
}

_TESTS = {  # of a matrix M at a power r
    "explodes": "return abs(trace(power(M, r))) > {size}",
    "persists": "return abs(trace(power(M, r))) > {size} - tiny or abs(det(M)) > 1 - tiny or returns(M, r)",
    "vanishes": "return norm(power(M, r)) < 1",
    "nilpotent": "return norm(power(M, r)) < tiny",
    "bounded": "return any(close(power(M, a), power(M, r)) for a in range(r))",
    "symmetric": "return close(M, M.T)",
    "normal": "return close(M {at} M.T, M.T {at} M)",
    "invertible": "return abs(det(M)) > tiny",
    "diagonal": "return all(abs(M[i, j]) < tiny for i in range({size}) for j in range({size}) if i != j)",
    "nonnegative": "return all(M[i, j] >= 0 for i in range({size}) for j in range({size}))",
    "returns": "return norm(power(M, r)) > tiny and any(close(power(M, a), power(M, r)) for a in range(1, r))",
}

_NUMPY_HELPERS = {  # a helper is used only by those before it
    "close": """def close(A, B, slack=1e-12):
    scale = max(abs(A).max(), abs(B).max())
    return A.shape == B.shape and abs(A - B).max() < 1e-6 * scale + slack
""",
    "norm": """def norm(M):
    return abs(M).sum(axis=1).max()
""",
    "power": "power = np.linalg.matrix_power\n",
    "det": "det = np.linalg.det\n",
    "trace": "trace = np.trace\n",
    "tiny": "tiny = 1e-9\n",
}
_MPMATH_HELPERS = {
    "close": """def close(A, B, slack=mpf(10) ** -40):
    scale = max(norm(A), norm(B))
    return (A.rows, A.cols) == (B.rows, B.cols) and norm(A - B) < mpf(10) ** -12 * scale + slack
""",
    "norm": """def norm(M):
    return max(sum(abs(M[i, j]) for j in range(M.cols)) for i in range(M.rows))
""",
    "power": """def power(M, r):
    return M**r
""",
    "det": "det = mp.det\n",
    "trace": """def trace(M):
    return sum(M[i, i] for i in range(M.rows))
""",
    "tiny": "tiny = mpf(10) ** -30\n",
}

_PRECISE_HELPERS = {
    **_NUMPY_HELPERS,
    "close": """def close(A, B, slack=mpf(10) ** -40):
    scale = max(abs(A).max(), abs(B).max())
    return A.shape == B.shape and abs(A - B).max() < mpf(10) ** -30 * scale + slack
""",
    "det": """def det(M):
    return mp.det(mp.matrix(M.tolist()))
""",
    "inverse": """def inverse(M):
    return np.array((mp.matrix(M.tolist()) ** -1).tolist(), dtype=object)
""",
    "elementwise": """def elementwise(function):
    return np.vectorize(function, otypes=[object])
""",
    "digits": """def digits(M):
    return np.vectorize(lambda x: mp.nstr(x, 30), otypes=[str])(M)
""",
    "tiny": "tiny = mpf(10) ** -30\n",
}

_NUMPY_WORDS = {
    "m": "np",
    "at": "@",
    "size": "len(W_hh)",
    "eye": "np.eye(n)",
    "zeros": "np.zeros((n, n))",
    "apply": "f(a)",
    "diagonal": "np.diag(slope(a)[:, 0])",
    "eps": "1e-6",
    "slack": "1e-8",
    "column": "[:, [j]]",
}
_MPMATH_WORDS = {
    "m": "mp",
    "at": "*",
    "size": "W_hh.rows",
    "eye": "mp.eye(n)",
    "zeros": "mp.zeros(n)",
    "apply": "a.apply(f)",
    "diagonal": "mp.diag(list(a.apply(slope)))",
    "eps": "mpf(10) ** -20",
    "slack": "mpf(10) ** -30",
    "column": "[:, j]",
}
_NETWORK = '''

def f(a):
    return {function}


def slope(a):
    return {slope}


def advance(h, i):
    """The next state, and the diagonal matrix of the derivatives at its pre-activations."""
    a = {pre}
    return {apply}, {diagonal}


def run(h):
    for i in range({steps}):
        h, _ = advance(h, i)
    return h


n = {size}
I = {eye}
J, D = I, []
for i in range({steps}):
    h, d = advance(states[i], i)
    expect(f"state {{i + 1}} follows from state {{i}}", close(h, states[(i + 1) % len(states)]))
    D.append(d)
    J = d {at} W_hh {at} J

eps, differences = {eps}, {zeros}
for j in range(n):
    e = eps * I{column}
    differences{column} = (run(states[0] + e) - run(states[0] - e)) / (2 * eps)
expect("J is the derivative, by finite differences", close(J, differences, {slack}))
'''
_OWN = {*"close det differ expect failed lhs norm np power rhs scale sys tiny trace".split(), *FUNCTIONS}


def _helpers(dialect: Dialect) -> dict[str, str]:
    tests = {name: f"def {name}(M, r):\n    {body}\n" for name, body in _TESTS.items()}
    filled = {name: source.format(size=dialect.size.format("M"), at=dialect.at) for name, source in tests.items()}
    return filled | {NUMPY: _NUMPY_HELPERS, MPMATH: _MPMATH_HELPERS, PRECISE: _PRECISE_HELPERS}[dialect]


_EXPECT = """
failed = []


def expect(what, holds):
    print("ok   " if holds else "FAILS", what)
    if not holds:
        failed.append(what)
"""


TOLD = Fraction(1, 10**8)  # relative differences that doubles tell for certain


def script(counterexample: Data, heading: str = "") -> str | None:
    """The source of the script, or None for what cannot be run: a proved negation, a cell other than the plain one.

    ``heading`` says which step it refutes.
    """
    rule = _RULES.get(counterexample.get("kind"))
    try:
        return rule(counterexample, heading) if rule else None
    except (Unreadable, KeyError, TypeError, IndexError):
        return None


def _program(heading: str, dialect: Dialect, body: Iterable[str]) -> str:
    """Comment, imports, the helpers that the body uses, the body, and the exit code."""
    text = "\n".join(body)
    helpers = _helpers(dialect)
    used = _used(text, helpers)
    short = [helpers[h] for h in used if not helpers[h].startswith("def")]
    long = [helpers[h] for h in used if helpers[h].startswith("def")]
    code = "\n\n".join(["".join([*short, _EXPECT.removeprefix("\n" * (not short))]), *long, text])
    comment = "".join(f"# {line}\n" for line in heading.splitlines() if line.strip())
    comment += "# Exit code 0: the counterexample holds.\n"
    return f"{comment}{_imports(code, dialect)}\n{code}\n\nsys.exit(bool(failed))\n"


def _used(text: str, helpers: Mapping[str, str]) -> list[str]:
    """The helpers named in the text or in each other, in an order in which they can be defined."""
    wanted: list[str] = []
    for name in helpers:
        mark = r"\btiny\b" if name == "tiny" else rf"\b{name}\("
        if any(re.search(mark, t) for t in (text, *(_body(helpers[w]) for w in wanted))):
            wanted.append(name)
    return wanted[::-1]


def _body(source: str) -> str:
    return source.split(":\n", 1)[-1]


def _imports(code: str, dialect: Dialect) -> str:
    functions = [f for f in FUNCTIONS if re.search(rf"(?<![.\w]){f}\(", code)]
    if dialect is NUMPY:
        maths = f"from math import {', '.join(functions)}\n" if functions else ""
        return f"import sys\n{maths}\nimport numpy as np\n"
    names = sorted([*(n for n in ("matrix", "mpf") if re.search(rf"\b{n}\(", code)), "mp", *functions])
    also = "import numpy as np\n" if dialect is PRECISE else ""
    return f"import sys\n\n{also}from mpmath import {', '.join(names)}\n\nmp.dps = 60\n"


# ---- networks --------------------------------------------------------------------------------------------------------


def _network(c: Data, dialect: Dialect) -> list[str]:
    """The network as source: it follows the states, collects D1 ... and J, and compares J with finite differences."""
    if c.get("recurrence", "elman") != "elman":
        raise Unreadable(f"another recurrence: {c['recurrence']}")
    parameters = {name: value for name, value in c["parameters"].items() if value}
    if set(parameters) - {"W_hh", "W_xh", "b"}:
        raise Unreadable("unknown parameters")
    lines = [f"{name} = {array(parameters[name], dialect)}" for name in ("W_hh", "W_xh", "b") if name in parameters]
    lines += _listed("states", c["states"], dialect)
    lines += _listed("inputs", c["inputs"], dialect) if c.get("inputs") else []
    drive = f" + {f'W_xh {dialect.at} ' if 'W_xh' in parameters else ''}inputs[i]" if c.get("inputs") else ""
    bias = " + b" if "b" in parameters else ""
    words = _NUMPY_WORDS if dialect is NUMPY else _MPMATH_WORDS
    function, slope = (source.format(m=words["m"]) for source in ACTIVATIONS[c["activation"]])
    pre = f"W_hh {dialect.at} h{drive}{bias}"
    lines += _NETWORK.format(function=function, slope=slope, pre=pre, steps=_steps(c), **words).splitlines()
    lines += [f"D{i + 1} = D[{i}]" for i in range(_steps(c))]
    for i, derivative in enumerate(c.get("derivatives") or [], 1):
        lines.append(f'expect("D{i} holds the derivatives stated", close(D{i}, {_diagonal(derivative, dialect)}))')
    return lines


def _steps(c: Data) -> int:
    return len(c["states"]) - int(c["kind"] == "path")


def _listed(name: str, values: list[Data], dialect: Dialect) -> list[str]:
    return [f"{name} = [", *(f"    {array(v, dialect)}," for v in values), "]"]


def _diagonal(values: Data, dialect: Dialect) -> str:
    flat = [v[0] if isinstance(v, list) else v for v in values]
    return array([[v if i == j else 0 for j in range(len(flat))] for i, v in enumerate(flat)], dialect)


def _kinds(c: Data) -> dict[str, str]:
    names = ["J", "I", *(name for name in ("W_hh", "W_xh") if c["parameters"].get(name))]
    return dict.fromkeys([*names, *(f"D{i}" for i in range(1, _steps(c) + 1))], MATRIX)


def _path(c: Data, heading: str) -> str:
    if c.get("recurrence", "elman") != "elman":
        return _other_path(c, heading)
    kinds = _kinds(c)
    return _program(heading, NUMPY, [*_network(c, NUMPY), *_hypotheses(c, kinds, NUMPY), *_sides(c, kinds)])


def _other_path(c: Data, heading: str) -> str:
    """A run of a network of another kind; of what the sides speak of, parts of it and derivatives are checked."""
    spoken = " ".join([*c["sides"].values(), *(h["of"] for h in c.get("hypotheses") or [])])
    used = {name: v for name, v in (c.get("values") or {}).items() if name in re.findall(r"\w+", spoken)}
    values, kinds = _named(used, PRECISE)
    found = [
        f"expect({f'{n} is what the run says'!r}, close({n}, {text}, {SLACK}))"
        for n, text in (*recomputed(c), *derived(c))
        if n in used
    ]
    body = [*network(c, ACTIVATIONS), *values, *found, *_hypotheses(c, kinds, PRECISE), *_sides(c, kinds, PRECISE)]
    return _program(heading, PRECISE, body)


def _orbit(c: Data, heading: str) -> str:
    if c.get("recurrence", "elman") != "elman":
        return _other_orbit(c, heading)
    growth, kinds = c["growth"], _kinds(c)
    stated = f'expect("the monodromy is the one stated", close(J, {array(growth["monodromy"], MPMATH)}))'
    test = {"of": "J", "test": growth["test"], "power": growth.get("power", 1)}
    body = [*_network(c, MPMATH), stated, _test(test, kinds, MPMATH), *_hypotheses(c, kinds, MPMATH)]
    return _program(heading, MPMATH, body)


def _other_orbit(c: Data, heading: str) -> str:
    """A periodic run of a network of another kind: its monodromy, or the smallest matrix that has a block of it."""
    growth = c["growth"]
    values, kinds = _named(c.get("values") or {}, PRECISE)
    test = {"of": "minimal" if growth.get("of") else "J", "test": growth["test"], "power": growth.get("power", 1)}
    kinds |= {"J": MATRIX, "minimal": MATRIX}
    tested = [_test(test, kinds, PRECISE)] if growth.get("minimal", True) else []
    body = [*network(c, ACTIVATIONS), *period(c), *tested, *values, *_hypotheses(c, kinds, PRECISE)]
    return _program(heading, PRECISE, body)


def _values(c: Data, heading: str) -> str:
    values, kinds = _named(c["values"])
    return _program(heading, NUMPY, [*values, *_hypotheses(c, kinds, NUMPY), *_sides(c, kinds)])


def _named(values: Mapping[str, Data], dialect: Dialect = NUMPY) -> tuple[list[str], dict[str, str]]:
    """Assignments of the values, and which are matrices."""
    for name in values:
        if not name.isidentifier() or keyword.iskeyword(name) or name in _OWN | set(_TESTS):
            raise Unreadable(f"no name for a variable of a script: {name}")
    lines = [f"{name} = {array(value, dialect)}" for name, value in values.items()]
    return lines, {name: MATRIX if isinstance(value, list) else SCALAR for name, value in values.items()}


def _is_square(value: Data) -> bool:
    return all(isinstance(row, list) and len(row) == len(value) for row in value)


def _hypotheses(c: Data, kinds: Mapping[str, str], dialect: Dialect) -> list[str]:
    return [_test(h, kinds, dialect) for h in c.get("hypotheses") or []]


def _test(h: Data, kinds: Mapping[str, str], dialect: Dialect) -> str:
    name, power = h["test"], int(h.get("power", 1))
    if name not in _TESTS:
        raise Unreadable(f"unknown test {name}")
    what = f"{h['of']}: {name}" + (f", seen at power {power}" if power != 1 else "")
    return f"expect({what!r}, {name}({side(h['of'], kinds, dialect)}, {power}))"


def _sides(c: Data, kinds: Mapping[str, str], dialect: Dialect = NUMPY) -> list[str]:
    lines, precise = [], dialect is PRECISE
    for name, word in (("lhs", "left"), ("rhs", "right")):
        text = c["sides"][name]
        lines.append(f"{name} = np.atleast_2d({side(text, kinds, dialect)})")
        lines.append(f'print("{word} side:", {text!r}, {f"digits({name})" if precise else name}, sep="\\n")')
        lines.append(
            f'expect("the {word} side has the value stated", close({name}, {_two_dimensional(c[name], dialect)}))'
        )
    if c.get("relation") in ("<", "<="):
        sign = ">=" if c["relation"] == "<" else ">"
        return [*lines, f'expect("the left side is not below the right one", (lhs {sign} rhs).any())']
    if not precise and _too_close(c["lhs"], c["rhs"]):
        raise Unreadable("the sides differ by less than doubles tell")
    return [
        *lines,
        "scale = max(abs(lhs).max(), abs(rhs).max())",
        f"differ = lhs.shape != rhs.shape or abs(lhs - rhs).max() > {'tiny' if precise else '1e-9'} * scale",
        'expect("the two sides differ", differ)',
    ]


def _too_close(left: Data, right: Data) -> bool:
    """Whether two rational sides differ, but by less than a script sees in doubles."""
    try:
        pairs = list(zip(_rational(left), _rational(right), strict=True))
        return any(a != b for a, b in pairs) and all(abs(a - b) <= TOLD * max(abs(a), abs(b)) for a, b in pairs)
    except ValueError:
        return False


def _rational(value: Data) -> list[Fraction]:
    rows = value if isinstance(value, list) else [[value]]
    return [Fraction(str(x)) for row in rows for x in (row if isinstance(row, list) else [row])]


def _two_dimensional(value: Data, dialect: Dialect) -> str:
    return array(value if isinstance(value, list) else [value], dialect)


# ---- what has no value -----------------------------------------------------------------------------------------------


def _shape(c: Data, heading: str) -> str:
    pairs = list(c["shapes"].items())[:2]
    names = sorted({n for _, shape in pairs for s in shape for n in index_names(s)})
    sizes = {"n": 3, "m": 2}
    spare = iter((5, 7, 11, 13, 17, 19))
    lines = [f"{name} = {sizes.get(name) or next(spare)}" for name in names]
    for variable, (name, shape) in zip(("left", "right"), pairs, strict=False):
        lines.append(f"{variable} = np.ones(({', '.join(shape)}))  # {' '.join(name.split())}")
    what = "np.linalg.det(left)" if len(pairs) == 1 else "np.stack([left, right])"
    if len(pairs) == 2 and "product" in c["reason"]:
        what = "left @ right"
    lines += ["try:", f"    {what}", "except ValueError as error:", '    print("NumPy says:", error)']
    lines += ["else:", '    failed.append("no error")', '    print("FAILS NumPy sees no error")']
    return _program(heading, NUMPY, lines)


def _undefined(c: Data, heading: str) -> str:
    lines, kinds = _named(c["values"])
    try:
        singular = [side(text, kinds) for text in inverted(c["term"])]
    except Unreadable:
        singular = []
    if not singular:
        singular = [name for name, kind in kinds.items() if kind == SCALAR or _is_square(c["values"][name])]
    tests = ", ".join(f"np.atleast_2d({s})" for s in singular)
    lines.append(f"inverted = [{tests}]")
    lines.append("for A in inverted:")
    lines.append("    print(A, 'rank:', np.linalg.matrix_rank(A))")
    found = "any(np.linalg.matrix_rank(A) < len(A) for A in inverted)"
    what = f"{c['term']} asks for the inverse of a singular matrix"
    return _program(heading, NUMPY, [*lines, f"expect({what!r}, {found})"])


_RULES: dict[Any, Callable[[Data, str], str]] = {
    "path": _path,
    "orbit": _orbit,
    "values": _values,
    "shape": _shape,
    "undefined": _undefined,
}


__all__ = ["script"]
