"""The smallest matrix whose powers say what a sequence L M^q R does. Trusted by the kernel.

M restricted to the span of the M^j R, then to what the L M^j can see: the minimal realisation (Kalman; Sontag,
Mathematical Control Theory, chapter 6). The sequence tends to 0 (is bounded) iff the powers of that matrix do.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.semantics import spectra
from symrnn.semantics.spectra import Q


def minimal(left: Q, step: Q, right: Q) -> Q:
    """The step of the smallest (L, M, R) with the same L M^q R for all q; [] if these are all 0."""
    return realisation(left, step, right)[1]


def realisation(left: Q, step: Q, right: Q) -> tuple[Q, Q, Q]:
    """The smallest (L, M, R) with the same L M^q R for all q; M = [] if these are all 0."""
    left, step, right = _restricted(left, step, right)
    if not step:
        return left, [], right
    right, step, left = _restricted(*(spectra.transposed(x) for x in (right, step, left)))
    return (
        (spectra.transposed(left), spectra.transposed(step), spectra.transposed(right)) if step else (left, [], right)
    )


def _restricted(left: Q, step: Q, right: Q) -> tuple[Q, Q, Q]:
    """The same sequence on the span of the columns of M^j R."""
    basis = _reduced([list(c) for c in zip(*right, strict=True)])
    while True:
        images = [_applied(step, b) for b in basis]
        larger = _reduced([*basis, *images])
        if len(larger) == len(basis):
            break
        basis = larger
    pivots = [next(i for i, x in enumerate(b) if x) for b in basis]  # coordinates are the entries at the pivots
    images = [_applied(step, b) for b in basis]
    inner = [[image[p] for image in images] for p in pivots]
    return (
        [[sum((x * y for x, y in zip(row, b, strict=True)), Fraction(0)) for b in basis] for row in left],
        inner,
        [list(right[p]) for p in pivots],
    )


def _applied(m: Q, v: list[Fraction]) -> list[Fraction]:
    return [sum((x * y for x, y in zip(row, v, strict=True)), Fraction(0)) for row in m]


def _reduced(rows: Q) -> Q:
    """The reduced echelon basis of the span of the rows."""
    rows, done = [list(r) for r in rows], 0
    for c in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(done, len(rows)) if rows[r][c]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [x / rows[done][c] for x in rows[done]]
        for r in range(len(rows)):
            if r != done and rows[r][c]:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[done], strict=True)]
        done += 1
    return rows[:done]
