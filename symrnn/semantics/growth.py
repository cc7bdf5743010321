"""How the powers of a rational matrix behave, by tests that are certain in exact arithmetic. Trusted by the kernel.

For an n x n matrix M: ||M^r|| < 1 in the maximum norm: M^k -> 0. |tr M^r| > n: an eigenvalue outside the unit
circle. M^a = M^b != 0 with a < b: the powers recur for ever. |det M| >= 1 or |tr M^r| >= n: they do not vanish.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.errors import Refused

Rational = list[list[Fraction]]
POWERS = 24
BITS = 12_000  # of the largest entry, past which no further power is taken


def growth(m: Rational) -> tuple[str, int]:
    """What the powers do, and the power that shows it.

    "vanishes", "explodes", "recurs" (bounded, not to 0), "persists" (not to 0), or "unknown".
    """
    n, power = len(m), m
    seen: list[Rational] = []
    persists = 1 if abs(_determinant(m)) >= 1 else 0
    for r in range(1, POWERS + 1):
        trace = abs(sum((power[i][i] for i in range(n)), Fraction(0)))
        if _norm(power) < 1:
            return "vanishes", r
        if trace > n:
            return "explodes", r
        if power in seen:
            return "recurs", r
        persists = persists or (r if trace >= n else 0)
        seen.append(power)
        if any(x.denominator.bit_length() + x.numerator.bit_length() > BITS for row in power for x in row):
            break
        power = _times(power, m)
    return ("persists", persists) if persists else ("unknown", 0)


def growth_says(name: str, found: str) -> bool:
    """Whether the powers vanish, are bounded or explode; Refused if the tests do not tell."""
    answers = {
        "vanishes": {"vanishes": True, "explodes": False, "recurs": False, "persists": False},
        "bounded": {"vanishes": True, "explodes": False, "recurs": True},
        "explodes": {"vanishes": False, "explodes": True, "recurs": False},
    }[name]
    if found not in answers:
        raise Refused(f"whether the powers are such that it {name} is not decided by the tests at hand")
    return answers[found]


def _norm(m: Rational) -> Fraction:
    """The maximum norm: the largest sum of magnitudes in a row."""
    return max(sum((abs(x) for x in row), Fraction(0)) for row in m)


def _times(a: Rational, b: Rational) -> Rational:
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, c, strict=True)), Fraction(0)) for c in columns] for row in a]


def _determinant(m: Rational) -> Fraction:
    rows, out = [list(r) for r in m], Fraction(1)
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != c:
            rows[c], rows[pivot], out = rows[pivot], rows[c], -out
        out *= rows[c][c]
        for r in range(c + 1, len(rows)):
            factor = rows[r][c] / rows[c][c]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[c], strict=True)]
    return out
