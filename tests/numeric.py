"""Claim terms in floating point with fifty digits, by the plainest rules: for differential tests of normal forms.

Nothing of ``symrnn.semantics``. Scalars are numbers, anything else an mpmath matrix; ``NoNumber`` without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb
from typing import Any

import mpmath

from symrnn.claims import tree as tr
from symrnn.claims.index import Index
from symrnn.claims.shapes import shape_of

MP = mpmath.mp.clone()
MP.dps = 50
SINGULAR = MP.mpf(10) ** -25
Integers = Mapping[str, int]
Symbols = Mapping[str, Any]


class NoNumber(Exception):
    """A term without a value here, or one that this evaluator cannot see."""


class Numeric:
    """Values of terms: ``symbols`` gives matrices by name, members of families by (name, index)."""

    def __init__(self, integers: Integers, symbols: Callable[[str, int | None], Any]) -> None:
        self.integers, self.symbols = dict(integers), symbols

    def at(self, name: str, i: int) -> Numeric:
        return Numeric({**self.integers, name: i}, self.symbols)

    def integer(self, form: Index) -> int:
        return form.const + sum(c * self.integers[v.name] for v, c in form.terms)

    def matrix(self, t: tr.Term) -> Any:
        """The value as a matrix, a scalar as 1 x 1."""
        x = self.of(t)
        return x if isinstance(x, mpmath.matrix) or hasattr(x, "rows") else MP.matrix([[x]])

    def scalar(self, t: tr.Term) -> Any:
        m = self.matrix(t)
        if (m.rows, m.cols) != (1, 1):
            raise NoNumber(f"{t} is no scalar")
        return m[0, 0]

    def of(self, t: tr.Term) -> Any:
        rule = _RULES.get(type(t))
        if rule is None:
            raise NoNumber(type(t).__name__)
        return rule(self, t)


def _zero_beside(net: Numeric, t: tr.Term) -> bool:
    return isinstance(t, tr.Const) and t.value == 0


def _add(net: Numeric, t: tr.Add) -> Any:
    parts = [net.matrix(a) for a in t.args if not _zero_beside(net, a)]
    if not parts:
        return MP.mpf(0)
    out = parts[0]
    for p in parts[1:]:
        out = out + p
    return out


def _times(net: Numeric, t: tr.Times) -> Any:
    parts = [net.matrix(a) for a in t.args]
    big = [p for p in parts if (p.rows, p.cols) != (1, 1)]
    out = big[0] if big else MP.matrix([[1]])
    for p in (p for p in parts if not big or p is not big[0]):
        out = out * p[0, 0]
    return out


def _matmul(net: Numeric, t: tr.MatMul) -> Any:
    out = net.matrix(t.args[0])
    for a in t.args[1:]:
        out = out * net.matrix(a)
    return out


def _power(net: Numeric, t: tr.Pow) -> Any:
    m, e = net.matrix(t.base), net.integer(t.exponent)
    if e < 0:
        m, e = _inverted(m), -e
    out = MP.eye(m.rows)
    for _ in range(e):
        out = out * m
    return out


def determinant(m: Any) -> Any:
    """By the first row; mpmath's own fails on some singular matrices."""
    if m.rows == 1:
        return m[0, 0]
    total = MP.mpf(0)
    for j in range(m.rows):
        rest = [[m[p, q] for q in range(m.rows) if q != j] for p in range(1, m.rows)]
        total += (-1) ** j * m[0, j] * determinant(MP.matrix(rest))
    return total


def _inverted(m: Any) -> Any:
    if abs(determinant(m)) < SINGULAR:
        raise NoNumber("a singular matrix")
    return MP.inverse(m)


def _norm(net: Numeric, t: tr.Norm) -> Any:
    m = net.matrix(t.arg)
    rows = [[abs(m[i, j]) for j in range(m.cols)] for i in range(m.rows)]
    if t.kind in ("1", "inf"):
        return max(MP.fsum(r) for r in (zip(*rows, strict=True) if t.kind == "1" else rows))
    if t.kind == "fro":
        return MP.sqrt(MP.fsum(x * x for r in rows for x in r))
    return MP.sqrt(max(0, *MP.eigsy(m.T * m, eigvals_only=True)))


def _radius(net: Numeric, t: tr.SpectralRadius) -> Any:
    m = net.matrix(t.arg)
    if m.rows == 1:
        return abs(m[0, 0])
    try:
        return max(abs(x) for x in MP.eig(m, left=False, right=False))
    except RuntimeError as error:
        raise NoNumber(str(error)) from error


def _entry(net: Numeric, t: tr.Entry) -> Any:
    m, i, j = net.matrix(t.arg), net.integer(t.row), net.integer(t.col)
    if not (1 <= i <= m.rows and 1 <= j <= m.cols):
        raise NoNumber("no such entry")
    return m[i - 1, j - 1]


def _run(net: Numeric, t: tr.Prod | tr.Sum) -> list[Any]:
    lo, hi = net.integer(t.lo), net.integer(t.hi)
    return [net.at(t.var.name, i).matrix(t.body) for i in range(lo, hi + 1)]


def _product(net: Numeric, t: tr.Prod) -> Any:
    shape = shape_of(t.body)
    out = MP.eye(1 if shape is None else net.integer(shape[0]))
    for f in _run(net, t):
        out = f * out if t.descending else out * f
    return out


def _sum(net: Numeric, t: tr.Sum) -> Any:
    shape = shape_of(t.body)
    out = MP.zeros(*((1, 1) if shape is None else map(net.integer, shape)))
    for f in _run(net, t):
        out = out + f
    return out


def _applied(net: Numeric, t: tr.Apply) -> Any:
    def s(x: Any) -> Any:
        p, e, f = 1 / (1 + MP.exp(-x)), MP.exp(-abs(x)), MP.exp(-2 * abs(x))
        values = {  # slopes without cancellation
            "sigmoid": (p, e / (1 + e) ** 2),
            "tanh": (MP.tanh(x), 4 * f / (1 + f) ** 2),
            "identity": (x, MP.mpf(1)),
            "softplus": (MP.log(1 + MP.exp(x)), p),
        }
        if t.function not in values:
            raise NoNumber(t.function)
        return values[t.function][t.order]

    return _entrywise(net.matrix(t.arg), s)


def _entrywise(m: Any, f: Callable[[Any], Any]) -> Any:
    return MP.matrix([[f(m[i, j]) for j in range(m.cols)] for i in range(m.rows)])


def _diag(net: Numeric, t: tr.Diag) -> Any:
    v = net.matrix(t.arg)
    return MP.matrix([[v[i, 0] if i == j else 0 for j in range(v.rows)] for i in range(v.rows)])


def _jordan(net: Numeric, t: tr.JordanBlock) -> Any:
    n, c = net.integer(t.size), net.scalar(t.value)
    return MP.matrix([[c if i == j else int(j == i + 1) for j in range(n)] for i in range(n)])


def _blocks(net: Numeric, t: tr.Blocks) -> Any:
    rows: list[list[Any]] = []
    for line in t.rows:
        parts = [net.matrix(b) for b in line]
        rows += [[p[i, j] for p in parts for j in range(p.cols)] for i in range(parts[0].rows)]
    return MP.matrix(rows)


def _binomial(net: Numeric, t: tr.Binomial) -> Any:
    top, bottom = net.integer(t.top), net.integer(t.bottom)
    return MP.mpf(comb(top, bottom)) if 0 <= bottom <= top else MP.mpf(0)


def _hadamard(net: Numeric, t: tr.Hadamard) -> Any:
    a, b = net.matrix(t.left), net.matrix(t.right)
    return MP.matrix([[a[i, j] * b[i, j] for j in range(a.cols)] for i in range(a.rows)])


def _trace(net: Numeric, t: tr.Trace) -> Any:
    m = net.matrix(t.arg)
    return MP.fsum(m[i, i] for i in range(m.rows))


_RULES: dict[type[tr.Term], Callable[[Numeric, Any], Any]] = {
    tr.Const: lambda net, t: MP.mpf(t.value.numerator) / t.value.denominator,
    tr.SizeOf: lambda net, t: MP.mpf(net.integer(t.index)),
    tr.Sym: lambda net, t: net.symbols(t.name, net.integer(t.index[0]) if t.index else None),
    tr.Eye: lambda net, t: MP.eye(net.integer(t.size)),
    tr.Zeros: lambda net, t: MP.zeros(net.integer(t.rows), net.integer(t.cols)),
    tr.Ones: lambda net, t: MP.ones(net.integer(t.rows), 1),
    tr.Add: _add,
    tr.Times: _times,
    tr.MatMul: _matmul,
    tr.Hadamard: _hadamard,
    tr.Pow: _power,
    tr.Transpose: lambda net, t: net.matrix(t.arg).T,
    tr.Inv: lambda net, t: _inverted(net.matrix(t.arg)),
    tr.Trace: _trace,
    tr.Det: lambda net, t: determinant(net.matrix(t.arg)),
    tr.Norm: _norm,
    tr.SpectralRadius: _radius,
    tr.Abs: lambda net, t: _entrywise(net.matrix(t.arg), abs),
    tr.Diag: _diag,
    tr.Blocks: _blocks,
    tr.Apply: _applied,
    tr.Entry: _entry,
    tr.Binomial: _binomial,
    tr.JordanBlock: _jordan,
    tr.Prod: _product,
    tr.Sum: _sum,
}
