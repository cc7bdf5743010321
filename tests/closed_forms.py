"""Exact numbers and matrices of them for the tests: nothing of symrnn, nothing but the standard library.

A number is a polynomial with rational coefficients in logarithms of primes and square roots of whole numbers, so that
"equal" is decided without a simplifier, and "different" by unique factorisation, or by sixty decimal digits where
products of logarithms occur. ``evaluate`` reads expressions such as ``T(W)*D1 - log(3/2)*I`` without running them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

Monomial = tuple[tuple[str, int, int], ...]  # (kind, radicand or prime, exponent), sorted
Matrix = list[list["Number"]]
DIGITS = 60


class Wrong(Exception):
    """What the data say is not so."""


class NoValue(Wrong):
    """A term without a value: the inverse of a singular matrix, an entry that is not there."""


class InWords(Exception):
    """An expression in another language than this one."""


# ---- numbers ---------------------------------------------------------------------------------------------------------


class Number:
    """An exact real number: a polynomial with rational coefficients in log 2, log 3, ... and square roots."""

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self.terms = {m: c for m, c in terms.items() if c}

    @staticmethod
    def of(value: Number | Fraction | int) -> Number:
        return value if isinstance(value, Number) else Number({(): Fraction(value)})

    def __add__(self, other: Number | Fraction | int) -> Number:
        out = dict(self.terms)
        for m, c in Number.of(other).terms.items():
            out[m] = out.get(m, Fraction(0)) + c
        return Number(out)

    def __mul__(self, other: Number | Fraction | int) -> Number:
        out: dict[Monomial, Fraction] = {}
        for m1, c1 in self.terms.items():
            for m2, c2 in Number.of(other).terms.items():
                m, factor = _joined(m1, m2)
                out[m] = out.get(m, Fraction(0)) + c1 * c2 * factor
        return Number(out)

    def __neg__(self) -> Number:
        return self * Fraction(-1)

    def __sub__(self, other: Number | Fraction | int) -> Number:
        return self + (-Number.of(other))

    def __rsub__(self, other: Number | Fraction | int) -> Number:
        return Number.of(other) - self

    def __truediv__(self, other: Number | Fraction | int) -> Number:
        divisor = Number.of(other)
        if not divisor.terms:
            raise NoValue("division by 0")
        if len(divisor.terms) == 1:
            ((m, c),) = divisor.terms.items()
            if all(kind == "sqrt" for kind, _, _ in m):  # 1 / sqrt r = sqrt r / r
                turned = Fraction(1)
                for _, r, _ in m:
                    turned /= r
                return self * Number({m: turned / c})
        raise Wrong("division by something that is not rational")

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Number | Fraction | int):
            return NotImplemented
        return (self - other).is_zero

    def __hash__(self) -> int:
        raise TypeError("numbers are compared, not hashed")

    @property
    def is_zero(self) -> bool:
        """Whether it is 0. Logarithms of primes and 1 are independent over the rationals; beyond that, by digits."""
        if not self.terms:
            return True
        if all(sum(e for kind, _, e in m) <= 1 and (not m or m[0][0] == "log") for m in self.terms):
            return False
        if abs(self.decimal()) > Decimal(10) ** (20 - DIGITS):
            return False
        raise Wrong("a number that is 0 to many digits, but not by its form")

    @property
    def rational(self) -> Fraction:
        """Its value where it is rational; raises Wrong elsewhere."""
        if any(self.terms.keys() - {()}):
            raise Wrong(f"{self} is not rational")
        return self.terms.get((), Fraction(0))

    @property
    def sign(self) -> int:
        return 0 if self.is_zero else (1 if self.decimal() > 0 else -1)

    def decimal(self) -> Decimal:
        """About DIGITS digits."""
        with localcontext() as context:
            context.prec = DIGITS + 15
            total = Decimal(0)
            for m, c in self.terms.items():
                part = Decimal(c.numerator) / Decimal(c.denominator)
                for kind, r, e in m:
                    part *= (Decimal(r).ln() if kind == "log" else Decimal(r).sqrt()) ** e
                total += part
            return +total

    def __repr__(self) -> str:
        shown = [
            "*".join([str(c), *(f"{kind}({r})" + (f"**{e}" if e > 1 else "") for kind, r, e in m)])
            for m, c in sorted(self.terms.items())
        ]
        return " + ".join(shown) or "0"


def _joined(a: Monomial, b: Monomial) -> tuple[Monomial, Fraction]:
    """The product of two monomials, with sqrt(r)**2 = r."""
    exponents: dict[tuple[str, int], int] = {}
    for kind, r, e in (*a, *b):
        exponents[kind, r] = exponents.get((kind, r), 0) + e
    factor = Fraction(1)
    for (kind, r), e in list(exponents.items()):
        if kind == "sqrt":
            factor *= Fraction(r) ** (e // 2)
            exponents[kind, r] = e % 2
    return tuple(sorted((kind, r, e) for (kind, r), e in exponents.items() if e)), factor


def primes(n: int) -> dict[int, int]:
    """The factorisation of a positive whole number."""
    out: dict[int, int] = {}
    p = 2
    while p * p <= n:
        while n % p == 0:
            out[p] = out.get(p, 0) + 1
            n //= p
        p += 1
    if n > 1:
        out[n] = out.get(n, 0) + 1
    return out


def log(value: Number | Fraction | int) -> Number:
    """log r of a positive rational r."""
    r = Number.of(value).rational
    if r <= 0:
        raise Wrong(f"log({r})")
    out: dict[Monomial, Fraction] = {}
    for part, sign in ((r.numerator, 1), (r.denominator, -1)):
        for p, e in primes(part).items():
            m: Monomial = (("log", p, 1),)
            out[m] = out.get(m, Fraction(0)) + sign * e
    return Number(out)


def exp(value: Number) -> Number:
    """exp a where a is a whole combination of logarithms; raises Wrong elsewhere."""
    out = Fraction(1)
    for m, c in value.terms.items():
        if len(m) != 1 or m[0][0] != "log" or m[0][2] != 1 or c.denominator != 1 or abs(c) > 10_000:
            raise Wrong(f"exp({value}) is not rational")
        out *= Fraction(m[0][1]) ** int(c)
    return Number.of(out)


def sqrt(value: Number) -> Number:
    """The square root of a rational r >= 0."""
    r = value.rational
    if r < 0:
        raise Wrong(f"sqrt({r})")
    inside, outside, free = r.numerator * r.denominator, Fraction(1, r.denominator), 1
    for p, e in primes(inside).items() if inside else ():
        outside *= p ** (e // 2)
        free *= p ** (e % 2)
    return Number({((("sqrt", free, 1),) if free > 1 else ()): outside if inside else Fraction(0)})


def atanh(value: Number) -> Number:
    return (log((1 + value) / (1 - value))) * Fraction(1, 2)


def tanh(value: Number) -> Number:
    e = exp(value * 2)
    return (e - 1) / (e + 1)


FUNCTIONS: dict[str, Callable[[Number], Number]] = {"log": log, "exp": exp, "sqrt": sqrt, "tanh": tanh, "atanh": atanh}
CLOSED_FORM = re.compile(r"(?:[\d+\-*/() ]|log|exp|sqrt|atanh|tanh)+")


def number(text: object) -> Number:
    """A closed form as a number; raises Wrong for anything else, decimals included."""
    if isinstance(text, int) and not isinstance(text, bool):
        return Number.of(text)
    if not isinstance(text, str) or not CLOSED_FORM.fullmatch(text):
        raise Wrong(f"not an exact number: {text!r}")
    value = evaluate(text, {})
    if len(value) != 1 or len(value[0]) != 1:
        raise Wrong(f"no number: {text!r}")
    return value[0][0]


# ---- matrices --------------------------------------------------------------------------------------------------------


def matrix(rows: Sequence[Any]) -> Matrix:
    """Rows of closed forms; a plain list is a column."""
    made = [[number(x) for x in (row if isinstance(row, list) else [row])] for row in rows]
    if not made or len({len(row) for row in made}) != 1:
        raise Wrong("no matrix")
    return made


def eye(n: int) -> Matrix:
    return [[Number.of(int(i == j)) for j in range(n)] for i in range(n)]


def diag(entries: Sequence[Number]) -> Matrix:
    return [[x if i == j else Number.of(0) for j in range(len(entries))] for i, x in enumerate(entries)]


def shape(a: Matrix) -> tuple[int, int]:
    return len(a), len(a[0])


def times(a: Matrix, b: Matrix) -> Matrix:
    if shape(a) == (1, 1):
        return [[a[0][0] * x for x in row] for row in b]
    if shape(b) == (1, 1):
        return [[x * b[0][0] for x in row] for row in a]
    if len(a[0]) != len(b):
        raise Wrong(f"a product of {shape(a)} by {shape(b)}")
    return [[sum((x * y for x, y in zip(r, c, strict=True)), Number.of(0)) for c in transposed(b)] for r in a]


def product(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product, a 1 x 1 factor being no scalar."""
    if len(a[0]) != len(b):
        raise Wrong(f"a product of {shape(a)} by {shape(b)}")
    return [[sum((x * y for x, y in zip(r, c, strict=True)), Number.of(0)) for c in transposed(b)] for r in a]


def plus(a: Matrix, b: Matrix, sign: int = 1) -> Matrix:
    if shape(a) != shape(b):
        raise Wrong(f"a sum of {shape(a)} and {shape(b)}")
    return [[x + y * sign for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def transposed(a: Matrix) -> Matrix:
    return [list(c) for c in zip(*a, strict=True)]


def square(a: Matrix) -> int:
    if len(a) != len(a[0]):
        raise Wrong("not a square matrix")
    return len(a)


def inverse(a: Matrix) -> Matrix:
    """By elimination; raises NoValue for a singular matrix."""
    n = square(a)
    rows = [[x.rational for x in row] + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(a)]
    for c in range(n):
        pivot = next((r for r in range(c, n) if rows[r][c]), None)
        if pivot is None:
            raise NoValue("the inverse of a singular matrix")
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(n):
            if r != c:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c], strict=True)]
    return [[Number.of(x) for x in row[n:]] for row in rows]


def determinant(a: Matrix) -> Number:
    """By expansion along the first row."""
    n = square(a)
    if n == 1:
        return a[0][0]
    total = Number.of(0)
    for j in range(n):
        if a[0][j].terms:
            minor = [row[:j] + row[j + 1 :] for row in a[1:]]
            total = total + a[0][j] * determinant(minor) * (-1) ** j
    return total


def trace(a: Matrix) -> Number:
    return sum((a[i][i] for i in range(square(a))), Number.of(0))


def power(a: Matrix, e: int) -> Matrix:
    if abs(e) > 128:
        raise Wrong(f"a power of {e}")
    base, out = (inverse(a) if e < 0 else a), eye(square(a))
    for _ in range(abs(e)):
        out = times(out, base) if shape(out) != (1, 1) else [[out[0][0] * base[0][0]]]
    return out


def same(a: Matrix, b: Matrix) -> bool:
    return shape(a) == shape(b) and all(x == y for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True))


def zero(a: Matrix) -> bool:
    return all(x.is_zero for row in a for x in row)


def row_sum(a: Matrix) -> Number:
    """The infinity norm."""
    sums = [sum((x if x.sign >= 0 else -x for x in row), Number.of(0)) for row in a]
    best = sums[0]
    for s in sums[1:]:
        best = s if (s - best).sign > 0 else best
    return best


def column_sum(a: Matrix) -> Number:
    return row_sum(transposed(a))


# ---- expressions -----------------------------------------------------------------------------------------------------


def evaluate(text: str, names: Mapping[str, Matrix]) -> Matrix:
    """Names, whole numbers, + - * / ** and T(X), inv(X), det(X), trace(X), and functions of numbers."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise InWords(text) from error
    return _evaluate(tree, names, text)


def _evaluate(node: ast.expr, names: Mapping[str, Matrix], text: str) -> Matrix:
    def go(n: ast.expr) -> Matrix:
        return _evaluate(n, names, text)

    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [[Number.of(node.value)]]
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return times([[Number.of(-1)]], go(node.operand))
    if isinstance(node, ast.BinOp):
        return _operation(node, go, text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        return _call(node.func.id, go(node.args[0]), text)
    raise InWords(text)


def _operation(node: ast.BinOp, go: Callable[[ast.expr], Matrix], text: str) -> Matrix:
    a, b = go(node.left), go(node.right)
    if isinstance(node.op, ast.Add):
        return plus(a, b)
    if isinstance(node.op, ast.Sub):
        return plus(a, b, -1)
    if isinstance(node.op, ast.Mult):
        return times(a, b)
    if isinstance(node.op, ast.Div) and shape(b) == (1, 1):
        return [[x / b[0][0] for x in row] for row in a]
    if isinstance(node.op, ast.Pow) and shape(b) == (1, 1) and b[0][0].rational.denominator == 1:
        return power(a, int(b[0][0].rational))
    raise InWords(text)


def _call(name: str, x: Matrix, text: str) -> Matrix:
    if name in FUNCTIONS and shape(x) == (1, 1):
        return [[FUNCTIONS[name](x[0][0])]]
    rules: dict[str, Callable[[Matrix], Matrix]] = {
        "T": transposed,
        "inv": inverse,
        "det": lambda m: [[determinant(m)]],
        "trace": lambda m: [[trace(m)]],
    }
    if name not in rules:
        raise InWords(text)
    return rules[name](x)
