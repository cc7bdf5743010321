"""The small languages inside a counterexample, translated to Python source for a script. Nothing is evaluated here.

Numbers are exact closed forms (``1/2``, ``-log(3)/2``); sides are matrix expressions (``D2*D1*W_hh**2``, ``inv(A)``).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from symrnn.records import dataclass

FUNCTIONS = ("atanh", "exp", "log", "sqrt", "tanh")
MATRIX, SCALAR = "matrix", "scalar"


class Unreadable(ValueError):
    """The text is not in the language."""


@dataclass(frozen=True)
class Dialect:
    """How a library writes matrix operations; ``exact`` numbers are wrapped so that 1/2 is no double."""

    at: str  # the operator of the matrix product
    power: str
    inverse: str
    array: str
    size: str  # the number of rows
    exact: bool


NUMPY = Dialect(
    "@", "np.linalg.matrix_power({0}, {1})", "np.linalg.inv({0})", "np.array({0}, dtype=float)", "len({0})", False
)
MPMATH = Dialect("*", "{0} ** {1}", "{0} ** -1", "matrix({0})", "{0}.rows", True)
PRECISE = Dialect(  # arrays of NumPy that hold numbers of mpmath
    "@",
    "np.linalg.matrix_power({0}, {1})",
    "inverse({0})",
    "mpf(1) * np.array({0}, dtype=object)",
    "len({0})",
    True,
)


def number(text: object, dialect: Dialect = NUMPY) -> str:
    """A closed form as Python source that uses the names of FUNCTIONS."""
    if isinstance(text, int) and not isinstance(text, bool):
        return str(text)
    return _number(_parsed(text), dialect)


def _parsed(text: object) -> ast.expr:
    if not isinstance(text, str):
        raise Unreadable(f"not an expression: {text!r}")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"not an expression: {text!r}") from error


_SIGNS: dict[type[Any], tuple[str, int]] = {ast.Add: ("+", 1), ast.Sub: ("-", 1), ast.Mult: ("*", 2), ast.Div: ("/", 2)}


def _number(n: ast.expr, dialect: Dialect) -> str:
    match n:
        case ast.Constant(value=value) if type(value) is int:
            return str(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"(-{_number(inner, dialect)})"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base = _number(left, dialect)
            return f"({f'mpf({bare(base)})' if dialect.exact else base}**{_number(right, dialect)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            sign, level = _SIGNS[type(op)]
            first, second = _number(left, dialect), _number(right, dialect)
            if sign == "/" and dialect.exact:
                first = f"mpf({bare(first)})"
            return f"({first} {sign} {second})" if level == 1 else f"({first}{sign}{second})"
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in FUNCTIONS:
            return f"{name}({bare(_number(arg, dialect))})"
    raise Unreadable(f"not a number: {ast.unparse(n)}")


def bare(source: str) -> str:
    """The source without a pair of parentheses around the whole of it."""
    if not (source.startswith("(") and source.endswith(")")):
        return source
    depth = 0
    for i, c in enumerate(source):
        depth += (c == "(") - (c == ")")
        if depth == 0 and i < len(source) - 1:
            return source
    return source[1:-1]


def array(value: Any, dialect: Dialect = NUMPY) -> str:
    """A matrix (list of rows), vector (a column) or number as source of an array of the dialect, or of a number."""
    if not isinstance(value, list):
        return bare(number(value, dialect))
    rows = [row if isinstance(row, list) else [row] for row in value]
    return dialect.array.format("[" + ", ".join(_row(row, dialect) for row in rows) + "]")


def _row(row: list[Any], dialect: Dialect) -> str:
    return f"[{', '.join(bare(number(v, dialect)) for v in row)}]"


def side(text: object, kinds: Mapping[str, str], dialect: Dialect = NUMPY) -> str:
    """A matrix expression as source. ``kinds`` says of each name whether it is MATRIX or SCALAR."""
    return bare(_side(_parsed(text), kinds, dialect)[0])


def _side(n: ast.expr, kinds: Mapping[str, str], dialect: Dialect) -> tuple[str, str]:
    match n:
        case ast.Name(id=name) if name in kinds:
            return name, kinds[name]
        case ast.Constant(value=value) if type(value) is int:
            return (f"mpf({value})" if dialect.exact else str(value)), SCALAR
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            source, kind = _side(inner, kinds, dialect)
            return f"(-{source})", kind
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            source, kind = _side(left, kinds, dialect)
            exponent = str(_integer(right))
            if kind == SCALAR:
                return f"({source} ** {exponent})", SCALAR
            return _filled(dialect.power, source, exponent), MATRIX
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return _operation(_SIGNS[type(op)][0], _side(left, kinds, dialect), _side(right, kinds, dialect), dialect)
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]):
            return _call(name, _side(arg, kinds, dialect), dialect)
    raise Unreadable(f"no matrix expression: {ast.unparse(n)}")


def _operation(sign: str, left: tuple[str, str], right: tuple[str, str], dialect: Dialect) -> tuple[str, str]:
    (a, first), (b, second) = left, right
    if sign in "+-" and first != second or sign == "/" and second == MATRIX:
        raise Unreadable(f"a {first} {sign} a {second}: {a} {sign} {b}")
    if sign == "*" and first == second == MATRIX:
        sign = dialect.at
    return f"({a} {sign} {b})", MATRIX if MATRIX in (first, second) else SCALAR


def _call(name: str, of: tuple[str, str], dialect: Dialect) -> tuple[str, str]:
    source, kind = of
    if kind != MATRIX or name not in ("T", "inv", "det", "trace"):
        raise Unreadable(f"no function of a {kind}: {name}")
    if name == "T":
        return f"{source}.T", MATRIX
    if name == "inv":
        return _filled(dialect.inverse, source), MATRIX
    return f"{name}({bare(source)})", SCALAR


def _filled(template: str, source: str, *more: str) -> str:
    if "({0}" in template:  # a call
        return template.format(bare(source), *more)
    return f"({template.format(source, *more)})"


def _integer(n: ast.expr) -> int:
    match n:
        case ast.Constant(value=value) if type(value) is int:
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if type(value) is int:
            return -value
    raise Unreadable(f"an exponent must be a whole number: {ast.unparse(n)}")


def inverted(text: object) -> list[str]:
    """The sub-expressions of a matrix expression that it inverts: arguments of inv, bases of negative powers."""
    found = []
    for n in ast.walk(_parsed(text)):
        match n:
            case ast.Call(func=ast.Name(id="inv"), args=[arg]):
                found.append(ast.unparse(arg))
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                found.append(ast.unparse(left))
    return found


def index_names(text: object) -> set[str]:
    """The names in a size such as ``n`` or ``2*n + 1``. Raises Unreadable for anything but sums and products."""
    names: set[str] = set()
    allowed = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Load)
    for n in ast.walk(_parsed(text)):
        if isinstance(n, ast.Name):
            names.add(n.id)
        elif not isinstance(n, allowed) or (isinstance(n, ast.Constant) and type(n.value) is not int):
            raise Unreadable(f"no size: {text!r}")
    return names


__all__ = [
    "FUNCTIONS",
    "MATRIX",
    "MPMATH",
    "NUMPY",
    "PRECISE",
    "SCALAR",
    "Dialect",
    "Unreadable",
    "array",
    "bare",
    "index_names",
    "inverted",
    "number",
    "side",
]
