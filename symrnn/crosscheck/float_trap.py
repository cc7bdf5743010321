"""A network that doubles get wrong: a Jacobian that grows for ever, simulated until rounding has left the orbit.

W = 18 [[1, 1], [-1, -1]] has no eigenvalue but 0, yet the sigmoid network with the constant input (-12, 12 - log 5)
stays at h = (1/2, 1/6), where D W has the eigenvalue 2: the k-step Jacobian is 2^(k-1) D W exactly. The state is an
unstable fixed point, where an error of one rounding doubles at each step. After about fifty steps IEEE doubles have
fallen off it, to where the Jacobian shrinks; what they report from then on is the opposite of what is true.

    python -m symrnn.crosscheck.float_trap > docs/float_trap.csv
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import mpmath

from symrnn.records import dataclass

STEPS = 200
DIGITS = 120  # an error of 10^-120, doubled 200 times, is still below 10^-59
WEIGHT = ((18, 18), (-18, -18))
STATE = (Fraction(1, 2), Fraction(1, 6))
HEADER = "k,exact,doubles,digits_120"


@dataclass(frozen=True)
class Row:
    """The largest entry of the Jacobian over ``lag`` steps: log10 of it, by three arithmetics."""

    lag: int
    exact: float
    doubles: float
    precise: float


def trap(steps: int = STEPS) -> tuple[Row, ...]:
    """One row for each lag from 1 to ``steps``.

    >>> first, *_, last = trap(100)
    >>> abs(first.doubles - first.exact) < 1e-9, last.doubles < 0 < last.exact
    (True, True)
    """
    ctx: Any = mpmath.mp
    ctx = ctx.clone()
    ctx.dps = DIGITS
    plain = _simulated(steps, math.exp, [-12.0, 12.0 - math.log(5.0)], [0.5, 1 / 6], float)
    precise = _simulated(steps, ctx.exp, [ctx.mpf(-12), 12 - ctx.log(5)], [ctx.mpf(1) / 2, ctx.mpf(1) / 6], ctx.mpf)
    rows = zip(_exactly(steps), plain, precise, strict=True)
    return tuple(
        Row(k, _log10(e), math.log10(d) if d else -math.inf, float(ctx.log10(p))) for k, (e, d, p) in enumerate(rows, 1)
    )


def _log10(x: Fraction) -> float:
    return math.log10(x.numerator) - math.log10(x.denominator)


def _exactly(steps: int) -> list[Fraction]:
    """The state stays what it is, so the Jacobian is a power of one rational matrix."""
    step = [[p * (1 - p) * w for w in row] for p, row in zip(STATE, WEIGHT, strict=True)]
    total, out = step, []
    for _ in range(steps):
        out.append(max(abs(x) for row in total for x in row))
        total = [
            [sum(a * b for a, b in zip(row, col, strict=True)) for col in zip(*total, strict=True)] for row in step
        ]
    return out


def _simulated(steps: int, exp: Any, drive: list[Any], state: list[Any], number: Any) -> list[Any]:
    """What a program computes: the state step by step, and the product of the one-step Jacobians along it."""
    total = [[number(int(i == j)) for j in range(2)] for i in range(2)]
    out = []
    for _ in range(steps):
        pre = [sum(w * h for w, h in zip(row, state, strict=True)) + x for row, x in zip(WEIGHT, drive, strict=True)]
        state = [1 / (1 + exp(-a)) for a in pre]
        step = [[h * (1 - h) * w for w in row] for h, row in zip(state, WEIGHT, strict=True)]
        total = [
            [sum(a * b for a, b in zip(row, col, strict=True)) for col in zip(*total, strict=True)] for row in step
        ]
        out.append(max(abs(x) for row in total for x in row))
    return out


def table(rows: tuple[Row, ...]) -> str:
    """The data of the figure: log10 of the largest entry, with six decimals."""
    lines = (f"{r.lag},{r.exact:.6f},{r.doubles:.6f},{r.precise:.6f}" for r in rows)
    return "\n".join((HEADER, *lines)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(trap()))
