"""Terms and claims of symrnn as lines, one node a line, and back by the strict decoder of certificates.

What is no inner node (a symbol, an index, a number, a word) stands on one line: its text, then its exact data.

>>> from symrnn import matrix, size
>>> A = matrix("A", size("n"))
>>> print(dumps(A @ A.T)[:60].split(" = ")[0])
MatMul
  tuple
    A
>>> loads(dumps(A @ A.T)) == A @ A.T
True
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from symrnn.claims.codec import decode, encode
from symrnn.claims.index import Index, Node, Var
from symrnn.claims.text import text
from symrnn.claims.tree import Const, Sym
from symrnn.errors import CertificateError
from symrnn.regression.trees import DEEPEST, INDENT, GoldenError

_LEAVES = (Index, Var, Sym, Const)
_MARK = " = "


def dumps(value: Any) -> str:
    """A node, or a tuple of nodes, as text."""
    return "".join(f"{line}\n" for line in _lines(value, 0))


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = INDENT * depth
    if isinstance(value, Node) and not isinstance(value, _LEAVES):
        yield indent + type(value).__name__
        for f in value.__dataclass_fields__:
            yield from _lines(getattr(value, f), depth + 1)
    elif isinstance(value, tuple) and any(isinstance(v, Node | tuple) for v in value):
        yield f"{indent}tuple"
        for v in value:
            yield from _lines(v, depth + 1)
    else:
        data = json.dumps(encode(value), separators=(",", ":"))
        yield f"{indent}{_told(value)}{_MARK}{data}"


def _told(value: Any) -> str:
    if isinstance(value, Sym | Const):
        return text(value)
    return str(value) if isinstance(value, Index | Var) else "data"


def loads(given: str) -> Any:
    """What ``dumps`` wrote. Raises GoldenError, with the line, for anything else; nothing is evaluated."""
    rows = given.split("\n")
    if rows[-1:] != [""] or len(rows) < 2:
        raise GoldenError("the file is empty or its last line does not end")
    open_nodes: list[Any] = []
    root: Any = None
    for number, row in enumerate(rows[:-1], 1):
        content = row.lstrip(" ")
        depth, odd = divmod(len(row) - len(content), len(INDENT))
        if odd or not content or depth > min(len(open_nodes), DEEPEST) or (depth == 0) != (number == 1):
            raise GoldenError(f"line {number}: {content!r} is not indented as a node of a tree")
        made, inside = _read(content, number)
        if depth:
            open_nodes[depth - 1].append(made)
        else:
            root = made
        open_nodes[depth:] = [inside] if inside is not None else []
    try:
        value = decode(root)
    except (CertificateError, RecursionError) as error:
        raise GoldenError(f"not a stored term or claim: {error}") from error
    if dumps(value) != given:
        raise GoldenError("the lines do not say what their data say: the file was edited by hand")
    return value


def _read(content: str, number: int) -> tuple[Any, list[Any] | None]:
    """The data of a line, and the list that takes what is indented below it."""
    if _MARK in content:
        try:
            return json.loads(content.split(_MARK, 1)[1]), None
        except (ValueError, RecursionError) as error:
            raise GoldenError(f"line {number}: {error}") from error
    if content == "tuple":
        inside: list[Any] = []
        return {"t": inside}, inside
    node: list[Any] = [content]
    return node, node


__all__ = ["dumps", "loads"]
