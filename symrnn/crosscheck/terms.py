"""The value of a term at one instance: concrete sizes, lags and times, parameters, and a simulated network.

Written from the meaning of the claim tree alone: no shape rule, rewriting or derivative of the rest is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb
from typing import Any, Protocol

from symrnn.claims.index import Index, Var
from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    Hadamard,
    Immediate,
    Inv,
    Jac,
    JordanBlock,
    MatMul,
    Norm,
    Ones,
    Pow,
    Prod,
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
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Skip, Value
from symrnn.errors import SymrnnError, Undefined
from symrnn.records import dataclass, replace

LONGEST = 64  # terms in one product or sum, and the largest power


class OutOfRange(Skip):
    """An entry outside its matrix."""


class Model(Protocol):
    """What symbols stand for."""

    def value(self, head: Sym, at: int | None) -> Value:
        """The value of a constant (``at`` None) or of the member of a family at an index."""

    def jacobian(self, of: Sym, p: int, wrt: Sym, q: int) -> Value:
        """d of[p] / d wrt[q], numerator layout."""

    def derivative(self, t: Total | Immediate, env: Environment) -> Value:
        """A derivative of a loss or by a parameter, in the layout it states."""


@dataclass(frozen=True)
class Environment:
    """One instance. ``ints`` gives sizes, lags, times and indices; ``window`` the times a "for all j" runs over."""

    numbers: Arithmetic
    ints: Mapping[Var, int]
    model: Model
    window: range

    def bind(self, var: Var, value: int) -> Environment:
        return replace(self, ints={**self.ints, var: value})

    def integer(self, form: Index) -> int:
        """The value of an index expression."""
        return integer(form, self.ints)


def integer(form: Index, ints: Mapping[Var, int]) -> int:
    """The value of an index expression. Raises NotNumeric for a variable without one."""
    total = form.const
    for v, c in form.terms:
        if v not in ints:
            raise NotNumeric(f"{v} has no value")
        total += c * ints[v]
    return total


def evaluate(node: Term, env: Environment) -> Value:
    """The value of a term: an mpf for a scalar, else a matrix with the term's shape.

    Raises Undefined where the term has no value there (a singular inverse, shapes that do not fit), NotNumeric
    where it has none that a computation could find.

    >>> from fractions import Fraction
    >>> numbers = Arithmetic(50)
    >>> env = Environment(numbers, {}, None, range(0))
    >>> print(evaluate(Const(Fraction(1, 4)) ** 2, env))
    0.0625
    """
    rule = _RULES.get(type(node))
    if rule is None:
        raise NotNumeric(f"no value is known for {type(node).__name__}")
    return rule(node, env)


def _sym(t: Sym, env: Environment) -> Value:
    if t.family or t.role == "hole":
        raise NotNumeric(f"{t.name} alone is no term")
    return env.model.value(t.head, env.integer(t.index[0]) if t.index else None)


def _add(t: Add, env: Environment) -> Value:
    values = [evaluate(a, env) for a in t.args if not (isinstance(a, Const) and a.value == 0)]
    out = values[0] if values else env.numbers.ctx.mpf(0)
    for value in values[1:]:
        left, right = aligned(out, value, env.numbers)
        out = left + right
    return out


def aligned(a: Value, b: Value, numbers: Arithmetic) -> tuple[Value, Value]:
    """Two values of one shape; 1 x 1 matrices stand for their entry. Raises Undefined if the shapes differ."""
    if numbers.is_matrix(a) and numbers.is_matrix(b):
        if (a.rows, a.cols) == (b.rows, b.cols):
            return a, b
        raise Undefined(f"{a.rows} x {a.cols} against {b.rows} x {b.cols}")
    return numbers.scalar(a), numbers.scalar(b)


def _times(t: Times, env: Environment) -> Value:
    big, factor, kept = None, env.numbers.ctx.mpf(1), False
    for value in (evaluate(a, env) for a in t.args):
        if env.numbers.is_matrix(value) and (value.rows, value.cols) != (1, 1):
            if big is not None:
                raise Undefined("two matrices multiplied as if one were a scalar")
            big = value
        else:
            kept = kept or env.numbers.is_matrix(value)
            factor = factor * env.numbers.scalar(value)
    if big is not None:
        return factor * big
    return env.numbers.matrix(1, 1, lambda i, j: factor) if kept else factor


def _matmul(t: MatMul, env: Environment) -> Value:
    out = evaluate(t.args[0], env)
    for arg in t.args[1:]:
        out = _dot(out, evaluate(arg, env), env.numbers)
    return out


def _dot(a: Value, b: Value, numbers: Arithmetic) -> Value:
    if not (numbers.is_matrix(a) and numbers.is_matrix(b)):
        return numbers.scalar(a) * numbers.scalar(b)
    if a.cols != b.rows:
        raise Undefined(f"{a.rows} x {a.cols} times {b.rows} x {b.cols}")
    return a * b


def _hadamard(t: Hadamard, env: Environment) -> Value:
    a, b = aligned(evaluate(t.left, env), evaluate(t.right, env), env.numbers)
    if not env.numbers.is_matrix(a):
        return a * b
    return env.numbers.matrix(a.rows, a.cols, lambda i, j: a[i, j] * b[i, j])


def _pow(t: Pow, env: Environment) -> Value:
    exponent = env.integer(t.exponent)
    if abs(exponent) > LONGEST:
        raise NotNumeric(f"power {exponent}")
    return env.numbers.power(evaluate(t.base, env), exponent)


def _transpose(t: Transpose, env: Environment) -> Value:
    value = evaluate(t.arg, env)
    return value.T if env.numbers.is_matrix(value) else value


def _trace(t: Trace, env: Environment) -> Value:
    a = env.numbers.square(evaluate(t.arg, env))
    return env.numbers.ctx.fsum(a[i, i] for i in range(a.rows))


def _radius(t: SpectralRadius, env: Environment) -> Value:
    return max(abs(e) for e in env.numbers.eigenvalues(evaluate(t.arg, env)))


def _discriminant(t: Discriminant, env: Environment) -> Value:
    found, out = env.numbers.eigenvalues(evaluate(t.arg, env)), env.numbers.ctx.mpf(1)
    for i, a in enumerate(found):
        for b in found[:i]:
            out = out * (a - b) ** 2
    return env.numbers.ctx.re(out)


def _binomial(t: Binomial, env: Environment) -> Value:
    top, bottom = env.integer(t.top), env.integer(t.bottom)
    return env.numbers.ctx.mpf(comb(top, bottom) if 0 <= bottom <= top else 0)


def _jordan_block(t: JordanBlock, env: Environment) -> Value:
    x, n, mpf = env.numbers.scalar(evaluate(t.value, env)), env.integer(t.size), env.numbers.ctx.mpf
    return env.numbers.matrix(n, n, lambda i, j: x if i == j else mpf(int(j == i + 1)))


def _blocks(t: Blocks, env: Environment) -> Value:
    found = [[evaluate(block, env) for block in row] for row in t.rows]
    bands = [[v if env.numbers.is_matrix(v) else env.numbers.square(v) for v in band] for band in found]
    if any(v.rows != band[0].rows for band in bands for v in band):
        raise Undefined(f"{t}: blocks of different heights side by side")
    widths = {tuple(v.cols for v in band) for band in bands}
    if len(widths) != 1:
        raise Undefined(f"{t}: blocks of different widths one above the other")
    rows = [[x for v in band for x in v.row(i)] for band in bands for i in range(band[0].rows)]
    return env.numbers.of_rows(rows)


def _diag(t: Diag, env: Environment) -> Value:
    v = evaluate(t.arg, env)
    if not env.numbers.is_matrix(v) or v.cols != 1:
        raise Undefined("diag of what is no column vector")
    return env.numbers.matrix(v.rows, v.rows, lambda i, j: v[i, 0] if i == j else env.numbers.ctx.mpf(0))


def _entry(t: Entry, env: Environment) -> Value:
    value = evaluate(t.arg, env)
    i, j = env.integer(t.row), env.integer(t.col)
    if not env.numbers.is_matrix(value) or not (1 <= i <= value.rows and 1 <= j <= value.cols):
        raise OutOfRange(f"entry ({i}, {j})")
    return value[i - 1, j - 1]


def _jac(t: Jac, env: Environment) -> Value:
    if not (t.of.index and t.wrt.index):
        raise NotNumeric("a Jacobian of what has no time")
    p, q = env.integer(t.of.index[0]), env.integer(t.wrt.index[0])
    value = env.model.jacobian(t.of.head, p, t.wrt.head, q)
    return value.T if t.layout == "denominator" else value


def softmax(v: Value, numbers: Arithmetic) -> Value:
    """exp(v_i) over their sum."""
    if not numbers.is_matrix(v) or v.cols != 1:
        raise Undefined("softmax of what is no column vector")
    powers = [numbers.ctx.exp(x) for x in v]
    total = numbers.ctx.fsum(powers)
    return numbers.matrix(v.rows, 1, lambda i, _: powers[i] / total)


def _members(t: Prod | Sum, env: Environment) -> list[Value]:
    lo, hi = env.integer(t.lo), env.integer(t.hi)
    if hi - lo >= LONGEST:
        raise NotNumeric(f"a range of {hi - lo + 1}")
    return [evaluate(t.body, env.bind(t.var, i)) for i in range(lo, hi + 1)]


def _prod(t: Prod, env: Environment) -> Value:
    values = _members(t, env)
    if t.descending:
        values.reverse()
    if not values:
        return _constant(t.body, env, 1)
    for value in values:
        env.numbers.square(value)
    out = values[0]
    for value in values[1:]:
        out = _dot(out, value, env.numbers)
    return out


def _sum(t: Sum, env: Environment) -> Value:
    values = _members(t, env)
    if not values:
        return _constant(t.body, env, 0)
    out = values[0]
    for value in values[1:]:
        out = out + value
    return out


def _constant(body: Term, env: Environment, diagonal: int) -> Value:
    """The empty product or sum, of the shape the body would have."""
    try:
        shape = shape_of(body)
    except SymrnnError as error:
        raise Undefined(str(error)) from error
    mpf = env.numbers.ctx.mpf
    if shape is None:
        return mpf(diagonal)
    rows, cols = (env.integer(d) for d in shape)
    return env.numbers.matrix(rows, cols, lambda i, j: mpf(diagonal if i == j else 0))


def _apply(t: Apply, env: Environment) -> Value:
    return env.numbers.entrywise(lambda x: env.numbers.apply(t.function, t.order, x), evaluate(t.arg, env))


_RULES: dict[type[Any], Callable[[Any, Environment], Value]] = {
    Const: lambda t, env: env.numbers.fraction(t.value),
    SizeOf: lambda t, env: env.numbers.ctx.mpf(env.integer(t.index)),
    Sym: _sym,
    Eye: lambda t, env: env.numbers.eye(env.integer(t.size)),
    Ones: lambda t, env: env.numbers.matrix(env.integer(t.rows), 1, lambda i, j: 1),
    Zeros: lambda t, env: env.numbers.zeros(env.integer(t.rows), env.integer(t.cols)),
    Add: _add,
    Times: _times,
    MatMul: _matmul,
    Hadamard: _hadamard,
    Pow: _pow,
    Transpose: _transpose,
    Inv: lambda t, env: env.numbers.inverse(evaluate(t.arg, env)),
    Trace: _trace,
    Det: lambda t, env: env.numbers.determinant(evaluate(t.arg, env)),
    Norm: lambda t, env: env.numbers.norm(evaluate(t.arg, env), t.kind),
    SpectralRadius: _radius,
    Discriminant: _discriminant,
    Binomial: _binomial,
    JordanBlock: _jordan_block,
    Abs: lambda t, env: env.numbers.entrywise(abs, evaluate(t.arg, env)),
    Diag: _diag,
    Blocks: _blocks,
    Apply: _apply,
    Entry: _entry,
    Jac: _jac,
    Total: lambda t, env: env.model.derivative(t, env),
    Immediate: lambda t, env: env.model.derivative(t, env),
    Softmax: lambda t, env: softmax(evaluate(t.arg, env), env.numbers),
    Prod: _prod,
    Sum: _sum,
}
