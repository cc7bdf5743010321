"""Shape rules: the rows and columns of every term, as index expressions. Trusted by the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.substitution import children
from symrnn.claims.tree import (
    Abs,
    Add,
    And,
    Apply,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    ForAll,
    ForAllTrajectories,
    Hadamard,
    Iff,
    Immediate,
    Implies,
    IndexRel,
    Inv,
    Jac,
    JordanBlock,
    Loss,
    MatMul,
    Norm,
    Not,
    Ones,
    Or,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Shape,
    SizeOf,
    Softmax,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import ClaimError, ShapeMismatch

ONE = as_index(1)


def shape_text(shape: Shape) -> str:
    """``n x m`` or ``scalar``."""
    return "scalar" if shape is None else f"{shape[0]} x {shape[1]}"


def is_scalar(shape: Shape) -> bool:
    """Scalars, and 1 x 1 matrices, which stand for their only entry."""
    return shape is None or shape == (ONE, ONE)


def shape_of(term: Term) -> Shape:
    """The shape of a term.

    Raises ShapeMismatch if two shapes inside it do not fit, ClaimError for what has no meaning (a bare family).

    >>> from symrnn import matrix, size
    >>> n, m = size("n"), size("m")
    >>> shape_text(shape_of(matrix("A", n, m) @ matrix("B", m, n)))
    'n x n'
    """
    store = term.__dict__
    if "_shape" not in store:
        rule = _RULES.get(type(term))
        if rule is None:
            raise ClaimError(f"{type(term).__name__} has no shape rule")
        store["_shape"] = rule(term)
    return store["_shape"]  # type: ignore[no-any-return]


def _mismatch(reason: str, *parts: Term) -> ShapeMismatch:
    shapes = []
    for part in parts:
        shape = shape_of(part) or (ONE, ONE)
        shapes.append((str(part), (str(shape[0]), str(shape[1]))))
    return ShapeMismatch(reason, tuple(shapes))


def _sym(t: Sym) -> Shape:
    if t.family:
        raise ClaimError(f"{t.name} is a family over time: write {t.name}[t]")
    return t.shape


def _add(t: Add) -> Shape:
    args = [a for a in t.args if not (isinstance(a, Const) and a.value == 0)] or [t.args[0]]
    first = args[0]
    for arg in args[1:]:
        _same(first, arg, "added")
    return next((s for a in args if (s := shape_of(a)) is not None), None)


def _same(a: Term, b: Term, verb: str) -> None:
    left, right = shape_of(a), shape_of(b)
    if left != right and not (is_scalar(left) and is_scalar(right)):
        raise _mismatch(f"{a} is {shape_text(left)} and {b} is {shape_text(right)}: they cannot be {verb}", a, b)


def _times(t: Times) -> Shape:
    big = [a for a in t.args if not is_scalar(shape_of(a))]
    if len(big) > 1:
        a, b = big[:2]
        raise ClaimError(
            f"{a} * {b}: both are matrices ({shape_text(shape_of(a))}, {shape_text(shape_of(b))}); "
            "write @ for the matrix product or hadamard(a, b) for the elementwise one"
        )
    return next((s for a in (*big, *t.args) if (s := shape_of(a)) is not None), None)


def _matmul(t: MatMul) -> Shape:
    first = shape_of(t.args[0])
    if first is None:
        raise ClaimError(f"{t.args[0]} is a scalar: write * instead of @")
    rows, cols = first
    for left, right in zip(t.args, t.args[1:], strict=False):
        shape = shape_of(right)
        if shape is None:
            raise ClaimError(f"{right} is a scalar: write * instead of @")
        if shape[0] != cols:
            inner = shape_of(left)
            raise _mismatch(
                f"{left} is {shape_text(inner)} and {right} is {shape_text(shape)}: "
                f"the product needs {cols} = {shape[0]}",
                left,
                right,
            )
        cols = shape[1]
    return rows, cols


def _square(t: Any, what: str) -> tuple[Index, Index]:
    shape = shape_of(t)
    if shape is None:
        return ONE, ONE
    if shape[0] != shape[1]:
        raise _mismatch(f"{t} is {shape_text(shape)}: {what} needs a square matrix", t)
    return shape


def _hadamard(t: Hadamard) -> Shape:
    _same(t.left, t.right, "multiplied elementwise")
    return shape_of(t.left) or shape_of(t.right)


def _pow(t: Pow) -> Shape:
    if shape_of(t.base) is not None:
        _square(t.base, "a power")
    return shape_of(t.base)


def _inv(t: Inv) -> Shape:
    if shape_of(t.arg) is not None:
        _square(t.arg, "an inverse")
    return shape_of(t.arg)


def _transpose(t: Transpose) -> Shape:
    shape = shape_of(t.arg)
    return None if shape is None else (shape[1], shape[0])


def _to_scalar(what: str) -> Callable[[Any], Shape]:
    def rule(t: Any) -> Shape:
        _square(t.arg, what)
        return None

    return rule


def _norm(t: Norm) -> Shape:
    shape_of(t.arg)
    return None


def _jordan_block(t: JordanBlock) -> Shape:
    if shape_of(t.value) is not None:
        raise _mismatch(f"{t.value} is {shape_text(shape_of(t.value))}: a Jordan block needs a scalar", t.value)
    return t.size, t.size


def _entry(t: Entry) -> Shape:
    if shape_of(t.arg) is None:
        raise ClaimError(f"{t.arg} is a scalar and has no entries")
    return None


def _diag(t: Diag) -> Shape:
    shape = shape_of(t.arg)
    if shape is None or shape[1] != ONE:
        raise _mismatch(f"{t.arg} is {shape_text(shape)}: diag needs a column vector", t.arg)
    return shape[0], shape[0]


def _jac(t: Jac) -> Shape:
    of, wrt = _length(t.of), _length(t.wrt)
    return (wrt, of) if t.layout == "denominator" else (of, wrt)


def _length(s: Sym) -> Index:
    shape = shape_of(s)
    if shape is None or ONE not in shape:
        raise ClaimError(f"jacobian needs vectors; {s} is {shape_text(shape)}")
    return shape[1] if shape[0] == ONE else shape[0]


def _derivative(t: Total | Immediate) -> Shape:
    """Numerator layout: of a scalar by W as W^T, of r entries by a column or a state as r x its length."""
    rows = _entries_of(t)
    by = shape_of(t.wrt) or (ONE, ONE)
    if t.wrt.role == "free" and by[1] != ONE:
        if rows != ONE:
            raise ClaimError(f"the derivative of {t.of} by {t.wrt} has three indices: give a row that multiplies it")
        shape = by[1], by[0]
    else:
        shape = rows, by[0] if t.wrt.role == "free" else _length(t.wrt)
    return (shape[1], shape[0]) if t.layout == "denominator" else shape


def _entries_of(t: Total | Immediate) -> Index:
    """The number of entries that the derivative is of."""
    if isinstance(t.of, Loss):
        for side in (*t.of.output, *t.of.target):
            shape = shape_of(side)
            if shape is None or shape[1] != ONE:
                raise _mismatch(f"{side} is {shape_text(shape)}: a loss needs a column vector", side)
        for side in t.of.target:
            _same(t.of.output[0], side, "compared in a loss")
        return ONE
    if not t.row:
        return _length(t.of)
    row = shape_of(t.row[0])
    if row is None or row[1] != _length(t.of):
        raise _mismatch(f"{t.row[0]} is {shape_text(row)} and {t.of} has {_length(t.of)} entries", t.row[0], t.of)
    return row[0]


def _softmax(t: Softmax) -> Shape:
    shape = shape_of(t.arg)
    if shape is None or shape[1] != ONE:
        raise _mismatch(f"{t.arg} is {shape_text(shape)}: softmax needs a column vector", t.arg)
    return shape


def block_sizes(t: Blocks) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """(heights, widths) of the blocks, scalars counting as 1 x 1. Raises ShapeMismatch where they do not fit."""
    if not t.rows or not t.rows[0] or any(len(row) != len(t.rows[0]) for row in t.rows):
        raise ClaimError("a matrix of blocks needs rows of equally many blocks, at least one")
    shapes = [[shape_of(block) or (ONE, ONE) for block in row] for row in t.rows]
    heights, widths = tuple(row[0][0] for row in shapes), tuple(shape[1] for shape in shapes[0])
    for i, row in enumerate(shapes):
        for j, shape in enumerate(row):
            if shape[0] != heights[i]:
                raise _mismatch(
                    f"{t.rows[i][0]} and {t.rows[i][j]} stand in one row of blocks", t.rows[i][0], t.rows[i][j]
                )
            if shape[1] != widths[j]:
                raise _mismatch(
                    f"{t.rows[0][j]} and {t.rows[i][j]} stand in one column of blocks", t.rows[0][j], t.rows[i][j]
                )
    return heights, widths


def _blocks(t: Blocks) -> Shape:
    heights, widths = block_sizes(t)
    return sum(heights[1:], heights[0]), sum(widths[1:], widths[0])


def _prod(t: Prod) -> Shape:
    if shape_of(t.body) is not None:
        _square(t.body, "an ordered product")
    return shape_of(t.body)


_RULES: dict[type[Term], Callable[[Any], Shape]] = {
    Const: lambda t: None,
    SizeOf: lambda t: None,
    Sym: _sym,
    Eye: lambda t: (t.size, t.size),
    Zeros: lambda t: (t.rows, t.cols),
    Ones: lambda t: (t.rows, ONE),
    Add: _add,
    Times: _times,
    MatMul: _matmul,
    Hadamard: _hadamard,
    Pow: _pow,
    Transpose: _transpose,
    Inv: _inv,
    Trace: _to_scalar("a trace"),
    Det: _to_scalar("a determinant"),
    SpectralRadius: _to_scalar("a spectral radius"),
    Discriminant: _to_scalar("a discriminant"),
    Binomial: lambda t: None,
    JordanBlock: _jordan_block,
    Norm: _norm,
    Abs: lambda t: shape_of(t.arg),
    Diag: _diag,
    Blocks: _blocks,
    Apply: lambda t: shape_of(t.arg),
    Entry: _entry,
    Jac: _jac,
    Total: _derivative,
    Immediate: _derivative,
    Softmax: _softmax,
    Prod: _prod,
    Sum: lambda t: shape_of(t.body),
}


def check_shapes(prop: Prop) -> None:
    """Check every shape inside a proposition; raises as ``shape_of`` does."""
    if isinstance(prop, Rel):
        _relation(prop)
    elif isinstance(prop, Pred):
        if prop.name in ("nonnegative", "vanishes", "bounded", "explodes"):
            shape_of(prop.arg)
        else:
            _square(prop.arg, prop.name)
    elif isinstance(prop, And | Or):
        for arg in prop.args:
            check_shapes(arg)
    elif isinstance(prop, Implies | Iff):
        check_shapes(prop.left)
        check_shapes(prop.right)
    elif isinstance(prop, Not):
        check_shapes(prop.arg)
    elif isinstance(prop, ForAll | ForAllTrajectories):
        check_shapes(prop.body)
    elif not isinstance(prop, IndexRel):
        raise ClaimError(f"{type(prop).__name__} is not a proposition")


def _relation(r: Rel) -> None:
    """The number 0 beside a matrix is the zero matrix."""
    sides = (r.lhs, r.rhs)
    shape_of(r.lhs), shape_of(r.rhs)
    if not any(isinstance(s, Const) and s.value == 0 for s in sides):
        _same(r.lhs, r.rhs, "compared")
    if r.op not in ("=", "<=", "<"):
        raise ClaimError(f"unknown relation {r.op!r}")


def rows_used(n: Node) -> frozenset[tuple[Var, Index]]:
    """The free indices that stand alone as a row or column in ``n``, each with the number of rows or columns.

    Such an index runs over these rows, which is its domain.
    """
    store = n.__dict__
    if "_rows" not in store:
        out = frozenset[tuple[Var, Index]]().union(*(rows_used(c) for c in children(n)))
        if isinstance(n, Entry):
            shape = shape_of(n.arg) or (ONE, ONE)
            out |= {(v, end) for at, end in zip((n.row, n.col), shape, strict=True) for v in _index_alone(at)}
        if isinstance(n, Prod | Sum | ForAll):
            out = frozenset((v, end) for v, end in out if v != n.var)
        store["_rows"] = out
    return store["_rows"]  # type: ignore[no-any-return]


def _index_alone(at: Index) -> list[Var]:
    return [v for v, _ in at.terms if at == as_index(v) and v.kind == "index"]


__all__ = ["ONE", "Var", "check_shapes", "is_scalar", "rows_used", "shape_of", "shape_text"]
