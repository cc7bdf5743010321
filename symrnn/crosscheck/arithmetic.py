"""Numbers for the cross-check: a private mpmath context, matrices in it, activations, numeric differentiation.

Nothing here knows a derivative: every slope is a difference quotient of the function itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import mpmath

from symrnn.crosscheck.dense import Matrix
from symrnn.errors import Undefined

Value = Any  # an mpf of the private context (a scalar), or a Matrix of them


class NotNumeric(Exception):
    """No computation at one instance can answer this: a limit, a quantifier over matrices, missing data."""


class Skip(Exception):
    """This random instance is of no use: it misses a hypothesis, stands on a kink, or an entry is out of range."""


class Kink(Skip):
    """A ReLU or hard sigmoid stands (nearly) on a kink, where it has no derivative."""


class Arithmetic:
    """Real arithmetic and linear algebra good to more than ``digits`` digits, after differentiation too.

    The context is private: mpmath's global precision is never read or changed.

    >>> A = Arithmetic(50)
    >>> slope = A.apply("tanh", 1, A.ctx.mpf(1) / 2)
    >>> bool(abs(slope - 1 + A.ctx.tanh(A.ctx.mpf(1) / 2) ** 2) < A.tolerance)
    True
    """

    def __init__(self, digits: int) -> None:
        exponent = max(20, digits + 5)  # the truncation error of either slope is about 10^(-2 exponent)
        self.digits = digits
        shared: Any = mpmath.mp
        self.ctx: Any = shared.clone()
        self.ctx.dps = digits + 2 * exponent + 70
        self.step = self.ctx.mpf(10) ** -exponent
        self.nudge = self.step**2
        self.tolerance = self.ctx.mpf(10) ** (5 - digits)
        self.visible = self.ctx.mpf(10) ** -20  # a violation above this is real
        self._known: dict[str, Callable[[Value], Value]] = {
            "sigmoid": lambda x: 1 / (1 + self.ctx.exp(-x)),
            "tanh": self.ctx.tanh,
            "softplus": lambda x: self.ctx.log(1 + self.ctx.exp(x)),
            "relu": self._relu,
            "identity": lambda x: x,
            "hard_sigmoid": lambda x: self._clipped(x / 5),
            "hard_sigmoid6": lambda x: self._clipped(x / 6),
        }

    # ---- functions and slopes ---------------------------------------------------------------------------------

    def fraction(self, value: Fraction) -> Value:
        """A rational number."""
        return self.ctx.mpf(value.numerator) / value.denominator

    def slope(self, function: Callable[[Value], Value]) -> Value:
        """The derivative at 0 of a scalar or matrix function of a real number, by two symmetric points."""
        return (function(self.step) - function(-self.step)) / (2 * self.step)

    def slope_from(self, start: Value, function: Callable[[Value], Value]) -> Value:
        """The derivative at 0 of what costs a run of the network, from its value ``start`` there and one point."""
        return (function(self.nudge) - start) / self.nudge

    def apply(self, name: str, order: int, at: Value) -> Value:
        """The activation ``name``, or its derivative of the given order, at a number.

        An unknown name is a made-up smooth function, always the same for the same name.
        """
        if order > 2:
            raise NotNumeric(f"derivative {order} of {name} is out of the reach of differences")
        if order:
            return self.slope(lambda e: self.apply(name, order - 1, at + e))
        if name not in self._known:
            self._known[name] = self._made_up(name)
        return self._known[name](at)

    def _relu(self, x: Value) -> Value:
        if abs(x) < self.ctx.mpf(10) ** -15:
            raise Kink(f"relu at {self.ctx.nstr(x, 3)}")
        return x if x > 0 else self.ctx.mpf(0)

    def _clipped(self, x: Value) -> Value:
        """max(0, min(1, x + 1/2)), which has two kinks."""
        if abs(abs(x) - self.ctx.mpf(1) / 2) < self.ctx.mpf(10) ** -15:
            raise Kink(f"a hard sigmoid at {self.ctx.nstr(x, 3)}")
        return min(max(x + self.ctx.mpf(1) / 2, self.ctx.mpf(0)), self.ctx.mpf(1))

    def _made_up(self, name: str) -> Callable[[Value], Value]:
        digest = hashlib.sha256(name.encode()).digest()
        a, b, c, d = (self.ctx.mpf(257 + byte) / 521 for byte in digest[:4])
        return lambda x: a * x + b * self.ctx.sin(x + c) / 3 + d * x * x / 10

    # ---- matrices ---------------------------------------------------------------------------------------------

    def is_matrix(self, value: Value) -> bool:
        """Whether a value is a matrix rather than a number."""
        return isinstance(value, Matrix)

    def matrix(self, rows: int, cols: int, entry: Callable[[int, int], Value]) -> Value:
        """The rows x cols matrix with the given entries, counted from 0."""
        return self.of_rows([[entry(i, j) for j in range(cols)] for i in range(rows)])

    def of_rows(self, rows: Sequence[Sequence[Value]]) -> Value:
        """The matrix with the given rows."""
        mpf, convert = self.ctx.mpf, self.ctx.convert
        return Matrix(self.ctx, [[x if type(x) is mpf else convert(x) for x in row] for row in rows])

    def column(self, entries: Iterable[Value]) -> Value:
        """The column vector with the given entries."""
        return self.of_rows([[x] for x in entries])

    def eye(self, size: int) -> Value:
        """The identity matrix."""
        return self.matrix(size, size, lambda i, j: int(i == j))

    def zeros(self, rows: int, cols: int) -> Value:
        """The zero matrix."""
        return self.matrix(rows, cols, lambda i, j: 0)

    def _theirs(self, value: Value) -> Any:
        """A matrix as mpmath has it."""
        return self.ctx.matrix([value.row(i) for i in range(value.rows)])

    def entrywise(self, function: Callable[[Value], Value], value: Value) -> Value:
        """``function`` applied to a number or to every entry of a matrix."""
        return value.each(function) if self.is_matrix(value) else function(value)

    def scalar(self, value: Value) -> Value:
        """A number, also from the 1 x 1 matrix that stands for it. Raises Undefined for another matrix."""
        if not self.is_matrix(value):
            return value
        if (value.rows, value.cols) == (1, 1):
            return value[0, 0]
        raise Undefined(f"a {value.rows} x {value.cols} matrix where a number is needed")

    def square(self, value: Value) -> Value:
        """A square matrix; a number stands for a 1 x 1 one. Raises Undefined otherwise."""
        if not self.is_matrix(value):
            return self.matrix(1, 1, lambda i, j: value)
        if value.rows != value.cols:
            raise Undefined(f"a {value.rows} x {value.cols} matrix where a square one is needed")
        return value

    def largest(self, value: Value) -> Value:
        """The largest magnitude among the entries; 0 for an empty matrix."""
        if not self.is_matrix(value):
            return abs(value)
        return max((abs(x) for x in value), default=self.ctx.mpf(0))

    def determinant(self, value: Value) -> Value:
        """The determinant of a number or square matrix."""
        a = self.square(value)
        try:
            return self.ctx.det(self._theirs(a))
        except TypeError:  # mpmath looks for a pivot in a column of zeros, finds none and swaps with None
            return self.ctx.nan if any(self.ctx.isnan(x) for x in a) else self.ctx.mpf(0)

    def inverse(self, value: Value) -> Value:
        """The inverse of a number or square matrix. Raises Undefined where it is singular."""
        a = self.square(value)
        scale = self.largest(a)
        if scale == 0 or abs(self.determinant(a / scale)) < self.ctx.mpf(10) ** -(self.digits + 20):
            raise Undefined("the inverse of a singular matrix")
        out = self.of_rows(self.ctx.inverse(self._theirs(a)).tolist())
        return out if self.is_matrix(value) else out[0, 0]

    def power(self, base: Value, exponent: int) -> Value:
        """base**exponent; X**0 = I, and a negative exponent takes the inverse. Raises Undefined."""
        if self.is_matrix(base):
            self.square(base)
        if exponent < 0:
            base, exponent = self.inverse(base), -exponent
        if not self.is_matrix(base):
            return base**exponent
        out = self.eye(base.rows)
        for _ in range(exponent):
            out = out * base
        return out

    def norm(self, value: Value, kind: str) -> Value:
        """The operator norm "1", "2" or "inf", or the Frobenius norm "fro"."""
        if not self.is_matrix(value):
            return abs(value)
        rows, cols = range(value.rows), range(value.cols)
        if kind == "1":
            return max(self.ctx.fsum(abs(value[i, j]) for i in rows) for j in cols)
        if kind == "inf":
            return max(self.ctx.fsum(abs(value[i, j]) for j in cols) for i in rows)
        if kind == "fro":
            return self.ctx.sqrt(self.ctx.fsum(x * x for x in value))
        if kind == "2":
            tall = value if value.rows >= value.cols else value.T
            return max(self.ctx.svd_r(self._theirs(tall), compute_uv=False))
        raise NotNumeric(f"norm {kind}")

    def eigenvalues(self, value: Value) -> list[Value]:
        """The eigenvalues of a square matrix, with multiplicity."""
        a = self.square(value)
        if a.rows == 1:
            return [a[0, 0]]
        try:
            return list(self.ctx.eig(self._theirs(a), left=False, right=False))
        except RuntimeError as error:
            raise NotNumeric(f"eigenvalues: {error}") from error

    def text(self, value: Value) -> str:
        """A residual for people, such as 1.2e-49."""
        exact = {0: "0", self.ctx.inf: "inf"}
        return exact[value] if value in exact else str(self.ctx.nstr(value, 2))
