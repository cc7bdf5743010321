"""Exact numbers: rationals, and rationals plus rational multiples of logarithms of primes. Trusted by the kernel.

Logarithms of distinct primes and 1 are linearly independent over the rationals, so two such numbers are equal if and
only if their coefficients are. That is what makes sigmoid(log p - log(1-p)) = p decidable without ``simplify``. Which
of two different ones is the larger is decided by rational enclosures of the logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from symrnn.claims.activations import HARD_SIGMOIDS
from symrnn.claims.index import Node, node
from symrnn.errors import Refused

LARGEST_PRIME = 10**6


@node
class Num(Node):
    """``rational`` + sum of coefficient * log(prime); primes ascending, no zero coefficient.

    >>> print(log_of(Fraction(3, 4)) + Fraction(1, 2))
    log(3/4) + 1/2
    """

    rational: Fraction
    logs: tuple[tuple[int, Fraction], ...]

    def __add__(self, other: Num | Fraction | int) -> Num:
        o = as_num(other)
        if not o.logs:
            return Num(self.rational + o.rational, self.logs)
        logs = dict(self.logs)
        for p, c in o.logs:
            logs[p] = logs.get(p, Fraction(0)) + c
        return _num(self.rational + o.rational, logs)

    __radd__ = __add__

    def __neg__(self) -> Num:
        return Num(-self.rational, tuple([(p, -c) for p, c in self.logs]))

    def __sub__(self, other: Num | Fraction | int) -> Num:
        return self + (-as_num(other))

    def __rsub__(self, other: Num | Fraction | int) -> Num:
        return as_num(other) + (-self)

    def __mul__(self, other: Num | Fraction | int) -> Num:
        o = as_num(other)
        if o.logs and self.logs:
            raise Refused("a product of two logarithms has no normal form here")
        if not o.logs and not self.logs:
            return Num(self.rational * o.rational, ())
        scaled, factor = (self, o.rational) if not o.logs else (o, self.rational)
        return _num(scaled.rational * factor, {p: c * factor for p, c in scaled.logs})

    __rmul__ = __mul__

    def __str__(self) -> str:
        return num_text(self)


def _num(rational: Fraction, logs: Mapping[int, Fraction]) -> Num:
    return Num(rational, tuple(sorted((p, c) for p, c in logs.items() if c)))


def as_num(value: Num | Fraction | int) -> Num:
    """``value`` as a Num, checked: positive ascending primes, non-zero coefficients."""
    if not isinstance(value, Num):
        return Num(value if type(value) is Fraction else Fraction(value), ())
    if not value.logs:
        return value
    primes = [p for p, _ in value.logs]
    if primes != sorted(set(primes)) or not all(_is_prime(p) for p in primes) or not all(c for _, c in value.logs):
        raise Refused(f"{value!r} is not in normal form")
    return value


def rational_of(value: Num | Fraction | int) -> Fraction:
    """The value as a fraction; Refused if it has logarithms."""
    if isinstance(value, Num):
        if value.logs:
            raise Refused(f"{value} is not rational")
        return value.rational
    return value if type(value) is Fraction else Fraction(value)


def log_of(r: Fraction) -> Num:
    """log r for a rational r > 0."""
    if r <= 0:
        raise Refused(f"log({r}) of a number that is not positive")
    logs: dict[int, Fraction] = {}
    for part, sign in ((r.numerator, 1), (r.denominator, -1)):
        for p, e in _factor(part).items():
            logs[p] = logs.get(p, Fraction(0)) + sign * e
    return _num(Fraction(0), logs)


def exp_of(a: Num) -> Fraction:
    """exp a where that is rational: a = log r. Refused otherwise."""
    if a.rational != 0 or any(c.denominator != 1 for _, c in a.logs):
        raise Refused(f"exp({a}) is not rational")
    if sum(abs(c) for _, c in a.logs) > 4096:
        raise Refused("an exponential too large to write down")
    out = Fraction(1)
    for p, c in a.logs:
        out *= Fraction(p) ** int(c)
    return out


# ---- order: enclosures of logarithms ----


def enclosure(value: Num | Fraction | int, bits: int) -> tuple[Fraction, Fraction]:
    """Rational bounds of a number, that come together as ``bits`` grows; equal if it is rational."""
    a = as_num(value)
    low = high = a.rational
    for p, c in a.logs:
        ends = [c * end for end in _log_prime(p, bits)]
        low, high = low + min(ends), high + max(ends)
    return low, high


def sign_of(value: Num | Fraction | int) -> int:
    """-1, 0 or 1. Zero by the normal form alone; otherwise by enclosures, Refused if these are not enough."""
    a = as_num(value)
    if not a.logs:
        return (a.rational > 0) - (a.rational < 0)
    for bits in (32, 128, 512):
        low, high = enclosure(a, bits)
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
    raise Refused(f"the sign of {a} takes more than 512 bits to see")


@lru_cache(maxsize=1024)
def _log_prime(p: int, bits: int) -> tuple[Fraction, Fraction]:
    """log p = e log 2 + log(p / 2^e), by 2 artanh(z) = 2 (z + z^3/3 + ...), log x = 2 artanh((x - 1)/(x + 1)).

    What is left out after z^(2m-1) is below 2 z^(2m+1) / ((2m+1)(1 - z^2)) for 0 <= z < 1, and not negative.
    """
    if p == 2:
        return _twice_artanh(Fraction(1, 3), bits)
    e = p.bit_length() - 1
    two, rest = _twice_artanh(Fraction(1, 3), bits + e.bit_length()), Fraction(p, 2**e)
    above = _twice_artanh((rest - 1) / (rest + 1), bits)
    return e * two[0] + above[0], e * two[1] + above[1]


def _twice_artanh(z: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    """Bounds of 2 artanh z, 0 <= z < 1, at most 2^-bits apart, with denominators that stay short."""
    total, power, m, unit = Fraction(0), z, 0, 2 ** (bits + 8)
    while True:
        total, power, m = total + power / (2 * m + 1), power * z * z, m + 1
        left_out = 2 * power / ((2 * m + 1) * (1 - z * z))
        if left_out * 2 ** (bits + 2) < 1:
            low, high = 2 * total, 2 * total + left_out
            return Fraction(low * unit // 1, unit), Fraction(-(-high * unit // 1), unit)


def ratio(a: Num, b: Num) -> Fraction | None:
    """The rational c with a = c b, if there is one; b is not 0."""
    mine, other = {1: a.rational, **dict(a.logs)}, {1: b.rational, **dict(b.logs)}
    c = next((mine.get(p, Fraction(0)) / x for p, x in other.items() if x), None)
    if c is None or any(mine.get(p, Fraction(0)) != c * other.get(p, Fraction(0)) for p in {*mine, *other}):
        return None
    return c


def activate(function: str, a: Num) -> tuple[Num, Fraction]:
    """(s(a), s'(a)) of an activation at a point where both are known exactly; Refused elsewhere."""
    if function == "identity":
        return a, Fraction(1)
    if function == "relu":
        if a.logs or a.rational == 0:
            raise Refused("ReLU needs a rational pre-activation off the kink")
        return (a, Fraction(1)) if a.rational > 0 else (as_num(0), Fraction(0))
    if function in HARD_SIGMOIDS:
        slope, inner = HARD_SIGMOIDS[function], HARD_SIGMOIDS[function] * rational_of(a) + Fraction(1, 2)
        if inner in (0, 1):
            raise Refused(f"{function} has no derivative at {a}")
        return (as_num(inner), slope) if 0 < inner < 1 else (as_num(int(inner > 1)), Fraction(0))
    if function in ("sigmoid", "softplus"):
        r = exp_of(a)
        p = r / (1 + r)
        return (as_num(p), p * (1 - p)) if function == "sigmoid" else (log_of(1 + r), p)
    if function == "tanh":
        r = exp_of(a * 2)
        p = (r - 1) / (r + 1)
        return as_num(p), 1 - p * p
    raise Refused(f"the activation {function} has no exact values")


def preimage(function: str, p: Fraction) -> Num:
    """A pre-activation a with s(a) = p exactly (for softplus: s'(a) = p)."""
    if function in ("sigmoid", "softplus"):
        return log_of(p / (1 - p)) if 0 < p < 1 else _outside(function, p)
    if function == "tanh":
        return log_of((1 + p) / (1 - p)) * Fraction(1, 2) if -1 < p < 1 else _outside(function, p)
    if function in HARD_SIGMOIDS:
        beyond = {Fraction(0): -1, Fraction(1): 1}  # off the kinks
        inner = beyond.get(p, p - Fraction(1, 2))
        return as_num(inner / HARD_SIGMOIDS[function]) if 0 <= p <= 1 else _outside(function, p)
    return as_num(p)


def _outside(function: str, p: Fraction) -> Num:
    raise Refused(f"{p} is not a value of {function}")


def _factor(n: int) -> dict[int, int]:
    out: dict[int, int] = {}
    p = 2
    while p * p <= n:
        while n % p == 0:
            out[p] = out.get(p, 0) + 1
            n //= p
        p += 1 if p == 2 else 2
        if p > LARGEST_PRIME:
            raise Refused("a logarithm of a number with too large a prime factor")
    if n > 1:
        out[n] = out.get(n, 0) + 1
    return out


def _is_prime(p: int) -> bool:
    return p > 1 and _factor(p) == {p: 1}


def num_text(value: Num | Fraction | int) -> str:
    """A closed form in numbers, + - * / and log, such as ``log(3/4) + 1/2``."""
    a = value if isinstance(value, Num) else Num(Fraction(value), ())
    if not a.logs:
        return str(a.rational)
    common = min((abs(c) for _, c in a.logs))
    ratios = [(p, c / common) for p, c in a.logs]
    if all(r.denominator == 1 for _, r in ratios) and sum(abs(r) for _, r in ratios) <= 12:
        inside = Fraction(1)
        for p, r in ratios:
            inside *= Fraction(p) ** int(r)
        factor = "" if common == 1 else f"{common}*"
        text = f"{factor}log({inside})"
    else:
        text = " + ".join(f"{c}*log({p})" for p, c in a.logs).replace("+ -", "- ")
    if a.rational:
        text += f" {'-' if a.rational < 0 else '+'} {abs(a.rational)}"
    return text
