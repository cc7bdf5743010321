"""Golden expressions as text: what is stored, and how two such texts compare.

The first line says what follows, an expression or a term of symrnn; then one node a line.

>>> from symrnn import matrix, size
>>> A, B = matrix("A", size("n")), matrix("B", size("n"))
>>> compare_texts(dumps((A @ B).T), dumps(B.T @ A.T)).outcome.value
'equal'
"""

from __future__ import annotations

import difflib
from typing import Any

from symrnn.cells import Cell
from symrnn.claims.index import Node
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.tree import Prop, Term
from symrnn.regression import claim_equality, claim_trees, equality, sympy_matrices, sympy_trees, trees
from symrnn.regression.equality import Comparison, Outcome
from symrnn.regression.trees import GoldenError

EXPRESSION, TERM = "symrnn golden 1: expression\n", "symrnn golden 1: term\n"


def dumps(value: Any, cell: Cell | None = None) -> str:
    """The text under which an expression of SymPy or a term or claim of symrnn is stored; GoldenError if none can."""
    if isinstance(value, Term | Prop):
        return TERM + claim_trees.dumps((value, cell.recurrence if cell else None))
    if isinstance(value, Node):
        raise GoldenError(f"{type(value).__name__} is neither a term nor a claim of symrnn")
    if _of_symbolic_size(value):
        return dumps(sympy_matrices.to_term(value), cell)
    return EXPRESSION + trees.dumps(sympy_trees.from_sympy(value))


def _of_symbolic_size(value: Any) -> bool:
    import sympy

    if isinstance(value, sympy.MatrixBase):
        return False
    if isinstance(value, sympy.MatrixExpr | sympy.Trace | sympy.Determinant):
        return True
    return isinstance(value, sympy.Expr) and value.has(sympy.Trace, sympy.Determinant)


def compare_texts(stored: str, now: str, cell: Cell | None = None) -> Comparison:
    """Compare what is stored with today's text. Raises GoldenError if what is stored cannot be read."""
    if stored == now:
        return Comparison(Outcome.EQUAL, "the two are written alike", True)
    (was, old), (kind, new) = _split(stored), _split(now)
    if was != kind:
        names = {EXPRESSION: "an expression of SymPy", TERM: "a term or claim of symrnn"}
        return Comparison(Outcome.UNDECIDED, f"it was {names[was]} and is {names[kind]}")
    if kind == EXPRESSION:
        return equality.compare(trees.loads(old), trees.loads(new))
    (golden, before), (term, after) = _term(old), _term(new)
    if before != after:
        return Comparison(Outcome.UNDECIDED, "the recurrence it is about has changed")
    return claim_equality.compare(golden, term, cell)


def _split(text: str) -> tuple[str, str]:
    for head in (EXPRESSION, TERM):
        if text.startswith(head):
            return head, text.removeprefix(head)
    first = text.split("\n")[0]
    raise GoldenError(f"it begins with {first[:60]!r}, not with {EXPRESSION.strip()!r} or {TERM.strip()!r}")


def _term(text: str) -> tuple[Node, Recurrence | None]:
    value: Any = claim_trees.loads(text)
    fits = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Term | Prop)
    if not fits or not isinstance(value[1], Recurrence | None):
        raise GoldenError("it holds no term with its recurrence")
    return value[0], value[1]


def node_diff(stored: str, now: str, entry: tuple[int, int] | None = None) -> str:
    """What changed, node by node; of matrices of expressions in one entry only, if one is named."""
    if entry is not None:
        stored, now = (_entry(text, *entry) for text in (stored, now))
    lines = difflib.unified_diff(stored.splitlines(), now.splitlines(), "golden", "now", lineterm="", n=4)
    return "\n".join(line.split(" = ")[0] if " = " in line else line for line in lines)


def _entry(text: str, row: int, col: int) -> str:
    matrix = trees.loads(text.removeprefix(EXPRESSION))
    return trees.dumps(matrix.args[(row - 1) * matrix.shape[1] + col - 1])


__all__ = ["compare_texts", "dumps", "node_diff"]
