"""Random matrices with properties. Every number depends only on the seed and on what it is for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from symrnn.crosscheck.arithmetic import Arithmetic, Skip, Value
from symrnn.crosscheck.props import property_error
from symrnn.errors import Undefined

SCALES = {"small": 3, "large": 20}  # tenths; 10 for the other styles
OF_SQUARES = ("triangular", "singular", "integers", "multiples of I")  # styles that shape square matrices
STYLES = ("generic", "small", "large", "triangular", "singular", "generic", "integers", "multiples of I")


def stream(*key: object) -> random.Random:
    """A random stream of its own for a key."""
    return random.Random(hashlib.sha256("|".join(map(str, key)).encode()).digest())


@dataclass
class RandomMatrices:
    """Random matrices of one seed and style in an arithmetic."""

    numbers: Arithmetic
    seed: object
    style: str

    def number(self, *key: object) -> Value:
        """A number between -1 and 1, times the scale of the style."""
        entry = stream(self.seed, *key).randint(-(10**12), 10**12)
        return self.numbers.ctx.mpf(entry * SCALES.get(self.style, 10)) / 10**13

    def plain(self, rows: int, cols: int, *key: object) -> Value:
        """A matrix without properties, of the style where that is one of square matrices.

        "triangular" is far from normal, "singular" makes vectors 0 as well; all are in the domain of most claims.
        """
        ctx = self.numbers.ctx
        if rows != cols:
            wiped = self.style == "singular" and 1 in (rows, cols)
            return self.numbers.matrix(rows, cols, lambda i, j: ctx.mpf(0) if wiped else self.number(*key, i, j))
        out = self.numbers.matrix(rows, cols, lambda i, j: self.number(*key, i, j))
        entry: dict[str, Callable[[int, int], Value]] = {
            "triangular": lambda i, j: (0 if i > j else 1 if i == j else 5) * out[i, j],
            "singular": lambda i, j: (i < rows - 1) * out[i, j],
            "integers": lambda i, j: ctx.nint(3 * out[i, j] / 2),
            "multiples of I": lambda i, j: (i == j) * out[0, 0],
        }
        return self.numbers.matrix(rows, cols, entry[self.style]) if self.style in OF_SQUARES else out

    def with_properties(self, rows: int, cols: int, properties: frozenset[str], *key: object) -> Value:
        """A matrix with the given properties. Raises Skip if none was found."""
        if not properties:
            return self.plain(rows, cols, *key)
        plain = RandomMatrices(self.numbers, self.seed, "")
        makers: list[Callable[[], Value]] = [
            lambda: self._shaped(self.plain(rows, cols, *key), properties),
            lambda: self._shaped(plain.plain(rows, cols, *key), properties),
        ]
        if rows == cols:
            known = (
                self._signs,
                self._swap,
                self._reflection,
                self._turn,
                self.numbers.eye,
                self.numbers.zeros,
            )
            makers += [partial(maker, rows) for maker in known]
        for make in makers:
            value = make()
            if all(self._has(p, value) for p in properties):
                return value
        raise Skip(f"no matrix that is {', '.join(sorted(properties))}")

    def _has(self, name: str, value: Value) -> bool:
        try:
            return bool(property_error(name, value, self.numbers) < self.numbers.tolerance)
        except Undefined:
            return False

    def _shaped(self, a: Value, properties: frozenset[str]) -> Value:
        if "nonnegative" in properties:
            a = self.numbers.entrywise(abs, a)
        if not properties & {"orthogonal", "normal", *_PATTERNS, *_MIRRORED, "scalar"}:
            return a
        n = a.rows
        if "scalar" in properties:
            return a[0, 0] * self.numbers.eye(n)
        for name in sorted(properties & set(_MIRRORED)):
            a = (a + _MIRRORED[name] * a.T) / 2
        for name in sorted(properties & set(_PATTERNS)):
            a = self._masked(a, _PATTERNS[name])
        if "orthogonal" in properties:
            return self._cayley(a)
        if "normal" in properties and not properties & {"diagonal", *_MIRRORED}:
            return a[0, 0] * self.numbers.eye(n) + (a - a.T)
        return a

    def _masked(self, a: Value, keep: Callable[[int, int], bool]) -> Value:
        zero = self.numbers.ctx.mpf(0)
        return self.numbers.matrix(a.rows, a.cols, lambda i, j: a[i, j] if keep(i, j) else zero)

    def _cayley(self, a: Value) -> Value:
        """(I - K)(I + K)^-1 for the skew part K of a: orthogonal."""
        skew, one = a - a.T, self.numbers.eye(a.rows)
        return (one - skew) * self.numbers.inverse(one + skew)

    def _signs(self, n: int) -> Value:
        return self.numbers.matrix(n, n, lambda i, j: self.numbers.ctx.mpf((-1) ** i if i == j else 0))

    def _swap(self, n: int) -> Value:
        return self.numbers.matrix(n, n, lambda i, j: self.numbers.ctx.mpf(i + j == n - 1))

    def _reflection(self, n: int) -> Value:
        v = RandomMatrices(self.numbers, self.seed, "").plain(n, 1, "mirror")
        return self.numbers.eye(n) - (2 / (v.T * v)[0, 0]) * (v * v.T)

    def _turn(self, n: int) -> Value:
        return self.numbers.matrix(n, n, lambda i, j: self.numbers.ctx.mpf((i ^ 1 == j) * (1 if i < j else -1)))


_MIRRORED = {"symmetric": 1, "skew": -1}
_PATTERNS: dict[str, Callable[[int, int], bool]] = {
    "diagonal": lambda i, j: i == j,
    "lower_triangular": lambda i, j: i >= j,
    "upper_triangular": lambda i, j: i <= j,
}
