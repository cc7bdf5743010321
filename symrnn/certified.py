"""The k-step Jacobian of a network in numbers with certain error bounds: python-flint's balls (arb).

Every entry is enclosed in an interval that certainly contains it. Enclosures lose digits with every step: the first
steps foretell how many, and where that was not enough the working precision escalates by itself until the digits asked
for are there. What goes in is exact: whole numbers and fractions. Nothing here grants a verdict.

What this does not see: whether the formula is the one that was meant. It is h_t = s(W_hh h_{t-1} + W_xh x_t + b), and
J = D_k W_hh ... D_1 W_hh in numerator layout.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import Any

import flint as untyped

from symrnn.claims.activations import Activation
from symrnn.errors import ClaimError, Undefined
from symrnn.products import MOST_LOST, ordered_product
from symrnn.records import dataclass

flint: Any = untyped  # python-flint's types are incomplete
Number = int | Fraction
Vector = Sequence[Number]
Rows = Sequence[Sequence[Number]]
Ball = Any  # flint.arb: a midpoint and a radius

MOST_BITS = 1 << 17  # of working precision: about 39,000 digits
LONGEST = 1 << 20  # bits of a fraction
SPARE = 24  # bits beyond those expected to be needed
FIRST = 8  # steps that foretell how much a step loses, run with so many bits:
FEW = 192
_PRECISION = threading.Lock()  # python-flint has one working precision for all threads


@dataclass(frozen=True, eq=False)
class Enclosure:
    """A matrix of intervals. ``digits``: the accuracy asked for, ``bits``: the working precision it took.

    The radius of every entry is at most 10^-digits times the largest entry.
    """

    digits: int
    bits: int
    balls: tuple[tuple[Ball, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.balls), len(self.balls[0])

    def entry(self, row: int, col: int) -> tuple[Fraction, Fraction]:
        """Two fractions with the entry between them; rows and columns are counted from 1.

        Raises Undefined where the fractions would be too long to write down: exp(-10^9) has a billion bits.
        """
        ball = self._ball(row, col)
        middle, radius = _fraction(ball.mid()), _fraction(ball.rad())
        return middle - radius, middle + radius

    def text(self, row: int, col: int, digits: int = 10) -> str:
        """The middle of an entry, rounded to so many decimal digits."""
        return str(self._ball(row, col).mid().str(digits, radius=False))

    def _ball(self, row: int, col: int) -> Ball:
        rows, cols = self.shape
        if not (1 <= row <= rows and 1 <= col <= cols):
            raise ClaimError(f"there is no entry ({row}, {col}) in a {rows} x {cols} matrix")
        return self.balls[row - 1][col - 1]


def certified_jacobian(
    activation: Activation | str,
    W_hh: Rows,
    W_xh: Rows,
    inputs: Sequence[Vector],
    first: Vector,
    *,
    bias: Vector | None = None,
    digits: int = 50,
) -> Enclosure:
    """d h_k / d h_0 of an Elman network driven by k = len(inputs) inputs: an n x n matrix, numerator layout.

    ``W_hh`` is n x n, ``W_xh`` n x m, each input has m entries, ``first`` (the state h_0) and ``bias`` n. Raises
    ClaimError for what is not exact or does not fit, Undefined at the kink of ReLU or where the digits asked for are
    out of reach. Elman, Finding structure in time, 1990; balls: Johansson, Arb, 2017.

    >>> J = certified_jacobian("tanh", [[1, 1], [0, 1]], [[1], [1]], [[1], [-1]], [0, 0], digits=30)
    >>> J.text(1, 2, digits=20)
    '0.64629788123352986333'
    >>> low, high = J.entry(1, 2)
    >>> low < high and (high - low) * 10**30 < 1
    True
    """
    network = _Network(_name(activation), W_hh, W_xh, inputs, first, bias)
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise ClaimError(f"{digits!r} is no number of digits")
    wanted = -(-digits * 10 // 3)
    room, lost, reason = SPARE, network.foretold(), ""  # bits that the product loses, and the states
    while (bits := wanted + room + SPARE + lost) <= MOST_BITS:
        try:
            with working_precision(bits):
                slopes = list(network.slopes())
                finite = all(x.is_finite() for d in slopes for x in d)
                there = accuracy(slopes[-1]) if finite else 0  # the last lose most; the product is looked at in the end
        except _TooCoarse as error:
            slopes, there, reason = [], 0, f": {error}"
        if there < wanted + room:
            lost = bits - there if there else 2 * bits
            continue
        made, reached = network.product(slopes, wanted + room + MOST_LOST)
        if reached < wanted:
            made, reached = network.entrywise(slopes, wanted, bits)
        if reached >= wanted:
            return Enclosure(digits, bits, tuple(tuple(row) for row in made.table()))
        room += wanted - reached + SPARE if reached else wanted + room
    raise Undefined(f"{digits} digits are out of reach with {MOST_BITS} bits{reason}")


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """python-flint's precision within the block, and what it was before after it, whatever happens.

    >>> before = flint.ctx.prec
    >>> with working_precision(1000):
    ...     third = flint.arb(1) / 3
    >>> flint.ctx.prec == before and third.rad() < flint.arb(2) ** -990
    True
    """
    with _PRECISION:
        before = flint.ctx.prec
        flint.ctx.prec = bits
        try:
            yield
        finally:
            flint.ctx.prec = before


def accuracy(balls: Iterable[Ball]) -> int:
    """The number of bits a for which the radius of every ball is at most 2^-a times the largest entry; 0 if none is.

    >>> accuracy([flint.arb(1), flint.arb(2)]) == MOST_BITS and accuracy([flint.arb(0, 1)]) == 0
    True
    """
    largest, radius = flint.arb(0), flint.arb(0)
    for ball in balls:
        if not ball.is_finite():
            return 0
        largest, radius = largest.max(ball.abs_lower()), radius.max(ball.rad())
    if radius.is_zero():
        return MOST_BITS
    if not largest > 0:
        return 0
    bits = ((largest / radius).lower().log() / flint.arb(2).log()).lower().floor().unique_fmpz()
    return max(0, int(bits))


class _TooCoarse(Exception):
    """The intervals are too wide to go on with."""


def _sigmoid(a: Ball) -> tuple[Ball, Ball]:
    e = (-a).exp()
    s = 1 / (1 + e)
    return s, s * s * e  # not s (1 - s), which loses everything where s is nearly 1


def _tanh(a: Ball) -> tuple[Ball, Ball]:
    t = a.tanh()
    square = t * t
    return t, 1 - square if square < NEAR_1 else a.sech() ** 2


def _softplus(a: Ball) -> tuple[Ball, Ball]:
    return a.exp().log1p(), 1 / (1 + (-a).exp())


def _relu(a: Ball) -> tuple[Ball, Ball]:
    if a > 0:
        return a, flint.arb(1)
    if a < 0:
        return flint.arb(0), flint.arb(0)
    raise _TooCoarse("a pre-activation of ReLU is 0, or too close to tell")


def _identity(a: Ball) -> tuple[Ball, Ball]:
    return a, flint.arb(1)


NEAR_1 = flint.arb(15) / 16  # beyond it 1 minus a number would lose bits
_ACTIVATIONS: dict[str, Callable[[Ball], tuple[Ball, Ball]]] = {  # s(a) and s'(a)
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "relu": _relu,
    "identity": _identity,
}


def _name(activation: Activation | str) -> str:
    name = activation.name if isinstance(activation, Activation) else activation
    if name not in _ACTIVATIONS:
        raise ClaimError(f"{name} has no numerical values; there are: {', '.join(_ACTIVATIONS)}")
    return name


class _Network:
    """Exact parameters, inputs and first state, checked to fit; run in balls at the precision then in force."""

    def __init__(
        self, activation: str, W_hh: Rows, W_xh: Rows, inputs: Sequence[Vector], first: Vector, bias: Vector | None
    ) -> None:
        n = len(first)
        self.n, self.steps = n, len(inputs)
        self.activation = _ACTIVATIONS[activation]
        self.first = _checked("first", [first], 1, n)[0]
        self.recurrent = _checked("W_hh", W_hh, n, n)
        weights = _checked("W_xh", W_xh, n, len(W_xh[0]) if W_xh else 0)
        driven = _checked("inputs", inputs, self.steps, len(weights[0]) if weights else 0)
        exact = _rational(driven) * _rational(weights).transpose()
        if bias is not None:
            exact += _rational(_checked("bias", [bias], 1, n) * self.steps)
        self.drives = exact.table()  # W_xh x_t + b, row t

    def foretold(self) -> int:
        """About how many bits the slopes will have lost after the last step: as many in each as in the first."""
        try:
            with working_precision(FEW):
                there = [min(FEW, accuracy(d)) for d in islice(self.slopes(), FIRST)]
        except _TooCoarse:
            return 0
        lost = max(0, there[0] - there[-1])
        return -(-lost * self.steps * 9 // (8 * max(1, len(there) - 1)))

    def product(self, slopes: list[list[Ball]], bits: int) -> tuple[Any, int]:
        """J and its accuracy, from the slopes of all steps."""
        with working_precision(bits):
            made = ordered_product(self.recurrent, slopes, bits)
            return made, accuracy(made.entries())

    def entrywise(self, slopes: list[list[Ball]], wanted: int, bits: int) -> tuple[Any, int]:
        """The same with a radius of its own for every entry throughout, which takes longer: for entries very unequal.

        J times a vector in which no two entries are alike is tried first: its accuracy is about that of J.
        """
        with working_precision(bits):
            weights = self._weights()
            matrix = flint.arb_mat(weights)
            made = flint.arb_mat([[flint.arb(7 * i % 11 + 1)] for i in range(self.n)])
            for d in slopes:
                moved = (matrix * made).entries()
                made = flint.arb_mat([[x * y] for x, y in zip(d, moved, strict=True)])
            if accuracy(made.entries()) >= wanted:
                made = None
                for d in slopes:
                    step = flint.arb_mat([[x * w for w in row] for x, row in zip(d, weights, strict=True)])
                    made = step if made is None else step * made
            return made, accuracy(made.entries())

    def _weights(self) -> list[list[Ball]]:
        return [[_ball(x) for x in row] for row in self.recurrent]

    def slopes(self) -> Iterator[list[Ball]]:
        """The diagonals of D_1, ..., D_k along the run."""
        matrix = flint.arb_mat(self._weights())
        state = flint.arb_mat([[_ball(x)] for x in self.first])
        for drive in self.drives:
            before = (matrix * state).entries()
            values = [self.activation(a + flint.arb(u)) for a, u in zip(before, drive, strict=True)]
            state = flint.arb_mat([[value] for value, _ in values])
            yield [slope for _, slope in values]


def _checked(name: str, rows: Sequence[Sequence[Any]], count: int, width: int) -> tuple[tuple[Fraction, ...], ...]:
    if count < 1 or width < 1:
        raise ClaimError(f"{name} is empty")
    if len(rows) != count or any(len(row) != width for row in rows):
        raise ClaimError(f"{name} must have {count} rows of {width} entries")
    for x in (x for row in rows for x in row):
        if isinstance(x, bool) or not isinstance(x, int | Fraction):
            raise ClaimError(f"{x!r} in {name} is not exact: use whole numbers or Fraction(1, 4)")
    return tuple(tuple(x if type(x) is Fraction else Fraction(x) for x in row) for row in rows)


def _rational(rows: Sequence[Sequence[Fraction]]) -> Any:
    return flint.fmpq_mat([[flint.fmpq(x.numerator, x.denominator) for x in row] for row in rows])


def _ball(x: Fraction) -> Ball:
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


def _fraction(exact: Ball) -> Fraction:
    """The value of a ball without a radius: a whole number times a power of 2."""
    mantissa, exponent = (int(part) for part in exact.man_exp())
    if abs(exponent) > LONGEST:
        raise Undefined(f"a fraction with about {abs(exponent)} bits is too long to write down: use text()")
    return Fraction(mantissa) * Fraction(2) ** exponent
