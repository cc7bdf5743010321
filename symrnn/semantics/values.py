"""What a claim means at an instance: exact evaluation of terms and propositions. Trusted by the kernel.

Values are matrices (tuples of rows); a scalar is a 1 x 1 matrix. The entries are of any commutative ring that the
``Ring`` knows: rationals with logarithms here, polynomials in the kernel's rule for explicit sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import permutations
from math import comb
from operator import mul
from typing import Any

from symrnn.claims.index import Index, Var, substitute_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, substitute
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
from symrnn.errors import Refused, Undefined
from symrnn.semantics.numbers import Num, as_num, exp_of, rational_of, sign_of
from symrnn.semantics.spectra import Magnitude, frobenius_norm, over_one_denominator, spectral_norm, spectral_radius

Matrix = tuple[tuple[Any, ...], ...]
LONGEST = 512  # factors or terms written out
LARGEST_TOP = 1024  # of a binomial coefficient
LARGEST = 12  # rows of a matrix at an instance
BITS = 50_000  # of a number in a power or product, past which none is taken further


class Values:
    """Evaluates terms. ``symbol``, ``activation`` and ``jacobian`` say what the atoms are.

    ``integers`` gives the values of the variables (as index expressions, so that a time may stay symbolic);
    ``number`` makes a ring element of a fraction; ``rational`` a fraction of a ring element, or raises Refused.
    """

    def __init__(
        self,
        integers: Mapping[Var, Index],
        symbol: Callable[[Sym], Matrix],
        activation: Callable[[Apply], Matrix],
        jacobian: Callable[[Jac], Matrix],
        number: Callable[[Fraction], Any] = as_num,
        rational: Callable[[Any], Fraction] = rational_of,
        derivative: Callable[[Total | Immediate], Matrix] | None = None,
        known: dict[Term, Matrix] | None = None,
    ) -> None:
        self.integers = dict(integers)
        self.symbol, self.activation, self.jacobian = symbol, activation, jacobian
        self.number, self.rational, self._derivative = number, rational, derivative
        self._cache: dict[Term, Matrix] = {} if known is None else known

    def index(self, form: Index) -> Index:
        return substitute_index(form, self.integers)

    def integer(self, form: Index) -> int:
        value = self.index(form)
        if not value.is_const:
            raise Refused(f"{form} has no value here")
        return value.const

    def matrix(self, t: Term) -> Matrix:
        """The value of a term; Undefined where it has none, Refused where this cannot tell."""
        if free_vars(t):
            t = substitute(t, self.integers)
        found = self._cache.get(t)
        if found is None:
            rule = _RULES.get(type(t))
            if rule is None:
                raise Refused(f"no exact value for {type(t).__name__}")
            found = self._cache[t] = rule(self, t)
        return found

    def eye(self, n: int) -> Matrix:
        return self.diagonal([Fraction(1)] * n)

    def diagonal(self, entries: list[Any]) -> Matrix:
        n = len(entries)
        zero = self.number(Fraction(0))
        cast = [self.number(e) if isinstance(e, Fraction) else e for e in entries]
        return tuple(tuple(cast[i] if i == j else zero for j in range(n)) for i in range(n))

    def scalar(self, t: Term) -> Any:
        value = self.matrix(t)
        if len(value) != 1 or len(value[0]) != 1:
            raise Refused(f"{t} is no scalar")
        return value[0][0]

    def rationals(self, m: Matrix) -> list[list[Fraction]]:
        return [[self.rational(x) for x in row] for row in m]

    # ---- rules ----

    def const(self, t: Const) -> Matrix:
        return ((self.number(t.value),),)

    def size_of(self, t: SizeOf) -> Matrix:
        return ((self.number(Fraction(self.integer(t.index))),),)

    def identity(self, t: Eye) -> Matrix:
        return self.eye(_bounded(self.integer(t.size)))

    def zeros(self, t: Zeros) -> Matrix:
        row = (self.number(Fraction(0)),) * _bounded(self.integer(t.cols))
        return (row,) * _bounded(self.integer(t.rows))

    def ones(self, t: Ones) -> Matrix:
        return ((self.number(Fraction(1)),),) * _bounded(self.integer(t.rows))

    def add(self, t: Add) -> Matrix:
        parts = [a for a in t.args if not (isinstance(a, Const) and a.value == 0)]
        out = self.matrix(parts[0]) if parts else self.const(Const(Fraction(0)))
        for part in parts[1:]:
            out = _zip(out, self.matrix(part), lambda x, y: x + y)
        return out

    def times(self, t: Times) -> Matrix:
        values = [self.matrix(a) for a in t.args]
        big = [v for v in values if (len(v), len(v[0])) != (1, 1)]
        out = big[0] if big else values[0]
        rest = [v for v in values if v is not out] if big else values[1:]
        for v in rest:
            out = tuple(tuple(v[0][0] * x for x in row) for row in out)
        return out

    def matmul(self, t: MatMul) -> Matrix:
        out = self.matrix(t.args[0])
        for arg in t.args[1:]:
            out = multiply(out, self.matrix(arg))
        return out

    def hadamard(self, t: Hadamard) -> Matrix:
        return _zip(self.matrix(t.left), self.matrix(t.right), lambda x, y: x * y)

    def pow(self, t: Pow) -> Matrix:
        e, m = self.integer(t.exponent), self.matrix(t.base)
        if abs(e) > LONGEST:
            raise Refused(f"a power of {e} is too large")
        if e < 0:
            m, e = self.inverse(m), -e
        out = self.eye(len(m))
        for _ in range(e):
            out = _writable(multiply(out, m))
        return out

    def transpose(self, t: Transpose) -> Matrix:
        return tuple(zip(*self.matrix(t.arg), strict=True))

    def inverse(self, m: Matrix) -> Matrix:
        """The inverse of a rational matrix by elimination; Undefined if it is singular."""
        n = len(m)
        rows = [row + [Fraction(i == j) for j in range(n)] for i, row in enumerate(self.rationals(m))]
        for c in range(n):
            pivot = next((r for r in range(c, n) if rows[r][c]), None)
            if pivot is None:
                raise Undefined("the inverse of a singular matrix")
            rows[c], rows[pivot] = rows[pivot], rows[c]
            rows[c] = [x / rows[c][c] for x in rows[c]]
            for r in range(n):
                if r != c and rows[r][c]:
                    rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c], strict=True)]
        return tuple(tuple(self.number(x) for x in row[n:]) for row in rows)

    def trace(self, t: Trace) -> Matrix:
        m = self.matrix(t.arg)
        return ((_total([m[i][i] for i in range(len(m))]),),)

    def det(self, t: Det) -> Matrix:
        return ((self.determinant(self.matrix(t.arg)),),)

    def determinant(self, m: Matrix) -> Any:
        """By permutations, in any commutative ring; for small matrices."""
        n = len(m)
        if n > 6:
            raise Refused(f"a determinant of size {n} is too large")
        total = self.number(Fraction(0))
        for p in permutations(range(n)):
            sign = (-1) ** sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
            term = self.number(Fraction(sign))
            for i in range(n):
                term = term * m[i][p[i]]
            total = total + term
        return total

    def norm(self, t: Norm) -> Matrix:
        m = self.matrix(t.arg)
        if t.kind in ("2", "fro") and (len(m), len(m[0])) != (1, 1):
            measure = spectral_norm if t.kind == "2" else frobenius_norm
            return self._exact(measure(self.rationals(m)), f"the {t.kind}-norm")
        sums = [_total([self._magnitude(x) for x in row]) for row in (zip(*m, strict=True) if t.kind == "1" else m)]
        largest = sums[0]
        for s in sums[1:]:
            largest = s if self._is_negative(largest - s) else largest
        return ((largest,),)

    def radius(self, t: SpectralRadius) -> Matrix:
        return self._exact(spectral_radius(self.rationals(self.matrix(t.arg))), "the spectral radius")

    def _exact(self, m: Magnitude, what: str) -> Matrix:
        if m.exact is None:
            raise Refused(f"{what} has no rational value here")
        return ((self.number(m.exact),),)

    def _is_negative(self, x: Any) -> bool:
        return (sign_of(x) if isinstance(x, Num) else self.rational(x)) < 0

    def _magnitude(self, x: Any) -> Any:
        return -x if self._is_negative(x) else x

    def absolute(self, t: Abs) -> Matrix:
        return tuple(tuple(self._magnitude(x) for x in row) for row in self.matrix(t.arg))

    def discriminant(self, t: Discriminant) -> Matrix:
        """The determinant of the power sums tr M^(i+j), 0 <= i, j < n: of V V^T, V the Vandermonde matrix."""
        m = self.matrix(t.arg)
        if len(m) != len(m[0]) or len(m) > 6:
            raise Refused(f"no discriminant of a matrix that is {len(m)} x {len(m[0])}")
        sums, power = [self.number(Fraction(len(m)))], m
        for _ in range(2 * len(m) - 2):
            sums.append(_total([power[i][i] for i in range(len(m))]))
            power = multiply(power, m)
        hankel = tuple(tuple(sums[i + j] for j in range(len(m))) for i in range(len(m)))
        return ((self.determinant(hankel),),)

    def binomial(self, t: Binomial) -> Matrix:
        top, bottom = self.integer(t.top), self.integer(t.bottom)
        if abs(top) > LARGEST_TOP:
            raise Refused(f"a binomial coefficient of {top} is too large")
        return ((self.number(Fraction(comb(top, bottom) if 0 <= bottom <= top else 0)),),)

    def jordan_block(self, t: JordanBlock) -> Matrix:
        n, x = _bounded(self.integer(t.size)), self.scalar(t.value)
        zero, one = self.number(Fraction(0)), self.number(Fraction(1))
        return tuple(tuple(x if i == j else one if j == i + 1 else zero for j in range(n)) for i in range(n))

    def diag(self, t: Diag) -> Matrix:
        return self.diagonal([row[0] for row in self.matrix(t.arg)])

    def blocks(self, t: Blocks) -> Matrix:
        bands = [[self.matrix(block) for block in row] for row in t.rows]
        if any(len(block) != len(band[0]) for band in bands for block in band):
            raise Refused("blocks of different heights side by side")
        out = tuple(sum((block[i] for block in band), ()) for band in bands for i in range(len(band[0])))
        if any(len(row) != len(out[0]) for row in out):
            raise Refused("rows of blocks of different lengths")
        return out

    def apply(self, t: Apply) -> Matrix:
        if t.function == "identity":
            inner = self.matrix(t.arg)
            return inner if t.order == 0 else tuple(tuple(self.number(Fraction(1)) for _ in r) for r in inner)
        return self.activation(t)

    def derivative(self, t: Total | Immediate) -> Matrix:
        if self._derivative is None:
            raise Refused(f"no value of {t} here")
        return self._derivative(t)

    def softmax(self, t: Softmax) -> Matrix:
        """1 / sum_j exp(v_j - v_i), where that is rational."""
        v = [row[0] for row in self.matrix(t.arg)]
        if not all(isinstance(x, Num) for x in v):
            raise Refused("a softmax of what is no number")
        sums = [_total([exp_of(x - y) for x in v]) for y in v]
        return tuple((self.number(1 / s),) for s in sums)

    def entry(self, t: Entry) -> Matrix:
        m, i, j = self.matrix(t.arg), self.integer(t.row), self.integer(t.col)
        if not (1 <= i <= len(m) and 1 <= j <= len(m[0])):
            raise Undefined(f"entry ({i}, {j}) of a matrix that is {len(m)} x {len(m[0])}")
        return ((m[i - 1][j - 1],),)

    def _run(self, t: Prod | Sum) -> list[Matrix]:
        lo, length = self.index(t.lo), self.integer(t.hi - t.lo + 1)
        if length > LONGEST:
            raise Refused(f"a range of {length} terms is too long")
        return [self.matrix(substitute(t.body, {t.var: lo + i})) for i in range(length)]

    def product(self, t: Prod) -> Matrix:
        factors = self._run(t)
        if not factors:
            shape = shape_of(t.body)
            return self.eye(1 if shape is None else self.integer(shape[0]))
        out = factors[0]
        for f in factors[1:]:
            out = _writable(multiply(f, out) if t.descending else multiply(out, f))
        return out

    def sum(self, t: Sum) -> Matrix:
        terms = self._run(t)
        if not terms:
            shape = shape_of(t.body)
            return self.zeros(Zeros(*shape)) if shape else self.const(Const(Fraction(0)))
        out = terms[0]
        for m in terms[1:]:
            out = _zip(out, m, lambda x, y: x + y)
        return out


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product."""
    if len(a[0]) != len(b):
        raise Refused("matrices that do not fit")
    columns = tuple(zip(*b, strict=True))
    rows_there, columns_there = _over_one_denominator(a), _over_one_denominator(columns)
    if rows_there is not None and columns_there is not None:
        return tuple(
            tuple(Num(Fraction(sum(map(mul, row, col)), c * d), ()) for col, d in columns_there)
            for row, c in rows_there
        )
    return tuple(tuple(_total([x * y for x, y in zip(row, col, strict=True)]) for col in columns) for row in a)


def _over_one_denominator(rows: Matrix) -> list[tuple[list[int], int]] | None:
    """Each row of rationals as whole numbers over a common denominator; None if there are other numbers in it."""
    out = []
    for row in rows:
        found = [x.rational if type(x) is Num and not x.logs else x for x in row]
        if not all([type(q) is Fraction for q in found]):
            return None
        out.append(over_one_denominator(found))
    return out


def _writable(m: Matrix) -> Matrix:
    """The same matrix; Refused if a number in it has grown too long to go on with."""
    for x in (x for row in m for x in row if isinstance(x, Num)):
        if max(x.rational.numerator.bit_length(), x.rational.denominator.bit_length()) > BITS:
            raise Refused("a number too long to write down")
    return m


def _total(parts: list[Any]) -> Any:
    out = parts[0]
    for p in parts[1:]:
        out = out + p
    return out


def _zip(a: Matrix, b: Matrix, op: Callable[[Any, Any], Any]) -> Matrix:
    if (len(a), len(a[0])) != (len(b), len(b[0])):
        raise Refused("matrices of different shapes")
    return tuple(tuple(op(x, y) for x, y in zip(r, s, strict=True)) for r, s in zip(a, b, strict=True))


def _bounded(n: int) -> int:
    if not 1 <= n <= LARGEST:
        raise Refused(f"a size of {n} is out of range")
    return n


_RULES: dict[type[Term], Callable[[Values, Any], Matrix]] = {
    Const: Values.const,
    SizeOf: Values.size_of,
    Sym: lambda self, t: self.symbol(t),
    Eye: Values.identity,
    Zeros: Values.zeros,
    Ones: Values.ones,
    Add: Values.add,
    Times: Values.times,
    MatMul: Values.matmul,
    Hadamard: Values.hadamard,
    Pow: Values.pow,
    Transpose: Values.transpose,
    Inv: lambda self, t: self.inverse(self.matrix(t.arg)),
    Trace: Values.trace,
    Det: Values.det,
    Norm: Values.norm,
    SpectralRadius: Values.radius,
    Discriminant: Values.discriminant,
    Binomial: Values.binomial,
    JordanBlock: Values.jordan_block,
    Abs: Values.absolute,
    Diag: Values.diag,
    Blocks: Values.blocks,
    Apply: Values.apply,
    Entry: Values.entry,
    Jac: lambda self, t: self.jacobian(t),
    Total: Values.derivative,
    Immediate: Values.derivative,
    Softmax: Values.softmax,
    Prod: Values.product,
    Sum: Values.sum,
}
