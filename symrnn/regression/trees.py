"""Expressions as plain data: one node a line, children indented below it.

Nothing is evaluated when a tree is built or read: what was stored comes back as it was, and ``x/x`` stays ``x/x``.

>>> tree = Tree("Add", "", (Tree("Symbol", "x real"), Tree("Number", "1/2")))
>>> print(dumps(tree), end="")
Add
  Symbol x real
  Number 1/2
>>> loads(dumps(tree)) == tree
True
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from symrnn.errors import SymrnnError
from symrnn.records import dataclass

INDENT = "  "
DEEPEST = 300

UNARY = (
    *("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf"),
    *("Abs", "sign", "Heaviside", "re", "im", "conjugate"),
)
RELATIONS = ("Lt", "Le", "Eq", "Ge", "Gt", "Ne")
LOGIC: dict[str, tuple[int, int | None]] = {
    "And": (1, None),
    "Or": (1, None),
    "Not": (1, 1),
    "True": (0, 0),
    "False": (0, 0),
}
ARITY: dict[str, tuple[int, int | None]] = {  # least and greatest number of arguments
    "Number": (0, 0),
    "Symbol": (0, 0),
    "Constant": (0, 0),
    "Add": (1, None),
    "Mul": (1, None),
    "Pow": (2, 2),
    "Max": (1, None),
    "Min": (1, None),
    "Function": (0, None),
    "Matrix": (0, None),
    "Piecewise": (2, None),  # a value, its condition, the next value, ...
    **dict.fromkeys(RELATIONS, (2, 2)),
    **LOGIC,
    **dict.fromkeys(UNARY, (1, 1)),
}
CONSTANTS = ("pi", "E", "I")
ASSUMPTIONS = (
    *("complex", "real", "rational", "integer", "even", "odd", "imaginary", "finite", "zero"),
    *("positive", "negative", "nonnegative", "nonpositive", "nonzero"),
)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f]+")
_SHAPE = re.compile(r"(0|[1-9][0-9]*) (0|[1-9][0-9]*)")


class GoldenError(SymrnnError):
    """An expression that cannot be stored, or a golden file that cannot be read."""


@dataclass(frozen=True)
class Tree:
    """A node: its kind, what it says itself (a number, a name with assumptions, a shape), and its arguments."""

    head: str
    value: str = ""
    args: tuple[Tree, ...] = ()

    @property
    def line(self) -> str:
        return f"{self.head} {self.value}" if self.value else self.head

    @property
    def number(self) -> Fraction:
        """The value of a Number."""
        return Fraction(self.value)

    @property
    def name(self) -> str:
        """The name of a Symbol or Function."""
        return self.value.split(" ")[0]

    @property
    def assumptions(self) -> dict[str, bool]:
        """What is assumed of a Symbol: each assumption with its truth value."""
        return {w.removeprefix("not-"): not w.startswith("not-") for w in self.value.split(" ")[1:]}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a Matrix."""
        rows, cols = self.value.split(" ")
        return int(rows), int(cols)


def walk(tree: Tree) -> Iterator[Tree]:
    """A tree and all that is below it."""
    yield tree
    for a in tree.args:
        yield from walk(a)


def lines(tree: Tree, depth: int = 0) -> Iterator[str]:
    """The lines of a tree."""
    yield INDENT * depth + tree.line
    for a in tree.args:
        yield from lines(a, depth + 1)


def dumps(tree: Tree) -> str:
    """A tree as text, one node a line."""
    checked(tree)
    return "".join(f"{line}\n" for line in lines(tree))


def loads(text: str) -> Tree:
    """The tree that ``dumps`` wrote. Raises GoldenError, with the line, for anything else; nothing is evaluated."""
    rows = text.split("\n")
    if rows[-1:] != [""] or len(rows) < 2:
        raise GoldenError("the file is empty or its last line does not end")
    path: list[tuple[str, list[Tree], int]] = []  # open nodes: line, arguments so far, number of the line
    for number, row in enumerate(rows[:-1], 1):
        content = row.lstrip(" ")
        depth, odd = divmod(len(row) - len(content), len(INDENT))
        if odd or not content or depth > len(path) or (depth == 0) != (number == 1):
            raise GoldenError(f"line {number}: {row.strip()!r} is not indented as a node of a tree")
        while len(path) > depth:
            _close(path)
        path.append((content, [], number))
        if depth > DEEPEST:
            raise GoldenError(f"line {number}: more than {DEEPEST} levels")
    while len(path) > 1:
        _close(path)
    content, args, number = path[0]
    return _made(content, tuple(args), number)


def _close(path: list[tuple[str, list[Tree], int]]) -> None:
    content, args, number = path.pop()
    path[-1][1].append(_made(content, tuple(args), number))


def _made(content: str, args: tuple[Tree, ...], number: int) -> Tree:
    head, _, value = content.partition(" ")
    try:
        return _node(Tree(head, value, args))
    except GoldenError as error:
        raise GoldenError(f"line {number}: {error}") from error


def checked(tree: Tree) -> Tree:
    """The tree, if every node of it is one that can be stored; GoldenError otherwise."""
    if any(_is_condition(t) for t in (tree, *(tree.args if tree.head == "Matrix" else ()))):
        raise GoldenError(f"{text(tree)} is a condition, not an expression")
    level, depth = [tree], 0
    while level:
        if depth > DEEPEST:
            raise GoldenError(f"more than {DEEPEST} levels")
        for node in level:
            _node(node)
        level, depth = [a for node in level for a in node.args], depth + 1
    return tree


def _node(tree: Tree) -> Tree:
    if tree.head not in ARITY:
        raise GoldenError(f"unknown node {tree.head!r}; there are: {', '.join(ARITY)}")
    least, most = ARITY[tree.head]
    if len(tree.args) < least or (most is not None and len(tree.args) > most):
        raise GoldenError(f"{tree.line!r} has {len(tree.args)} arguments")
    if any(a.head == "Matrix" for a in tree.args):
        raise GoldenError(f"{tree.line!r} has a matrix inside")
    if [_is_condition(a) for a in tree.args] != _conditions_wanted(tree):
        raise GoldenError(f"{tree.line!r} has a condition where a value should be, or a value where a condition should")
    if not _says(tree):
        raise GoldenError(f"{tree.line!r} is no {tree.head}")
    return tree


def _is_condition(tree: Tree) -> bool:
    return tree.head in RELATIONS or tree.head in LOGIC


def _conditions_wanted(tree: Tree) -> list[bool]:
    """Which arguments are conditions: all of a conjunction, every second one of pieces."""
    if tree.head == "Piecewise":
        return [i % 2 == 1 for i in range(len(tree.args) + len(tree.args) % 2)]
    return [tree.head in LOGIC] * len(tree.args)


def _says(tree: Tree) -> bool:
    """Whether what the node says itself is in order."""
    if tree.head == "Number":
        return bool(_NUMBER.fullmatch(tree.value)) and str(Fraction(tree.value)) == tree.value
    if tree.head == "Constant":
        return tree.value in CONSTANTS
    if tree.head == "Function":
        return bool(_NAME.fullmatch(tree.value))
    if tree.head == "Symbol":
        name, *words = tree.value.split(" ")
        known = [w.removeprefix("not-") in ASSUMPTIONS for w in words]
        return bool(_NAME.fullmatch(name)) and all(known) and words == sorted(set(words))
    if tree.head == "Matrix":
        rows, cols = tree.shape if _SHAPE.fullmatch(tree.value) else (-1, 1)
        return rows * cols == len(tree.args)
    return tree.value == ""


def text(tree: Tree) -> str:
    """A tree in one line, for messages: function notation, in the order of the tree."""
    if tree.head in ("Number", "Constant", "Symbol"):
        return tree.value if tree.head != "Symbol" else tree.name
    inner = ", ".join(text(a) for a in tree.args)
    if tree.head in ("Add", "Mul"):
        sign = " + " if tree.head == "Add" else "*"
        return "(" + sign.join(text(a) for a in tree.args) + ")"
    if tree.head in RELATIONS:
        sign = dict(zip(RELATIONS, ("<", "<=", "=", ">=", ">", "!="), strict=True))[tree.head]
        return f" {sign} ".join(map(text, tree.args))
    if tree.head == "Piecewise":
        pieces = zip(tree.args[::2], tree.args[1::2], strict=True)
        return f"Piecewise({', '.join(f'{text(a)} if {text(c)}' for a, c in pieces)})"
    if tree.head in ("True", "False"):
        return tree.head
    if tree.head == "Pow":
        return f"{text(tree.args[0])}**{text(tree.args[1])}"
    name = tree.name if tree.head == "Function" else f"Matrix({tree.value}; " if tree.head == "Matrix" else tree.head
    return f"{name}{inner})" if tree.head == "Matrix" else f"{name}({inner})"


__all__ = ["GoldenError", "Tree", "checked", "dumps", "lines", "loads", "text", "walk"]
