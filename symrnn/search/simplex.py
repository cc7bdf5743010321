"""Non-negative solutions of linear equations over the rationals, by the simplex method. Untrusted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

Number = Any  # flint.fmpq, much faster here than Fraction
Row = dict[int, Number]
MOST_PIVOTS, GREEDY = 400, 100
ZERO = flint.fmpq(0)


def solve(
    columns: Sequence[dict[int, Fraction]], b: Sequence[Fraction], wanted: frozenset[int]
) -> list[Fraction] | None:
    """x >= 0 with sum of x_j columns[j] = b, and one of the x_j for j in ``wanted`` above 0 if there is any.

    Columns are sparse, by row. None if there is no solution, or none within the pivots allowed.

    >>> one = Fraction(1)
    >>> solve([{0: one}, {0: one, 1: one}], [Fraction(3), Fraction(1)], frozenset())
    [Fraction(2, 1), Fraction(1, 1)]
    >>> solve([{0: one}], [Fraction(-1)], frozenset()) is None
    True
    """
    tableau = _Tableau(columns, b)
    if not tableau.improve(tableau.artificial_costs()) or tableau.artificial_left():
        return None
    tableau.forbid_artificial()
    if wanted and not any(tableau.value(j) for j in wanted):
        tableau.improve({j: _number(Fraction(-1)) for j in wanted}, enough=wanted)
    values = [tableau.value(j) for j in range(len(columns))]
    return [Fraction(int(x.p), int(x.q)) for x in values]


class _Tableau:
    """Rows of a dictionary: basic variable + sum of a_j x_j = right side."""

    def __init__(self, columns: Sequence[dict[int, Fraction]], b: Sequence[Fraction]) -> None:
        self.count, self.size = len(columns), len(b)
        self.rows: list[Row] = [{} for _ in b]
        self.right: list[Number] = [_number(abs(x)) for x in b]
        self.jumped: Row = {}
        for j, column in enumerate(columns):
            for i, a in column.items():
                if a:
                    self.rows[i][j] = _number(a if b[i] >= 0 else -a)
        self.basis = [self.count + i for i in range(self.size)]
        self.allowed = self.count

    def artificial_costs(self) -> Row:
        """The reduced costs of the sum of the artificial variables, which are the basis at first."""
        costs: Row = {}
        for row in self.rows:
            for j, a in row.items():
                costs[j] = costs.get(j, ZERO) - a
        return costs

    def artificial_left(self) -> bool:
        return any(v >= self.count and x for v, x in zip(self.basis, self.right, strict=True))

    def forbid_artificial(self) -> None:
        """Artificial variables that are 0 and still basic give way to others, or their rows say nothing."""
        for i in [i for i, v in enumerate(self.basis) if v >= self.count]:
            j = min((j for j in self.rows[i] if j < self.count), default=None)
            if j is not None:
                self._pivot(i, j, {})
        kept = [i for i, v in enumerate(self.basis) if v < self.count]
        self.rows, self.right = [self.rows[i] for i in kept], [self.right[i] for i in kept]
        self.basis = [self.basis[i] for i in kept]

    def value(self, j: int) -> Number:
        if j in self.basis:
            return self.right[self.basis.index(j)]
        return self.jumped.get(j, ZERO)

    def improve(self, costs: Row, enough: frozenset[int] = frozenset()) -> bool:
        """Pivot until no cost is negative, or one of ``enough`` is above 0; False if there is no end.

        The steepest column first, later by Bland's rule, which does not go in circles.
        """
        if enough:
            costs = dict(costs)
            for i, v in enumerate(self.basis):
                if v in costs:
                    factor = costs[v]
                    for j, a in self.rows[i].items():
                        costs[j] = costs.get(j, ZERO) - factor * a
                    costs.pop(v, None)
        for turn in range(MOST_PIVOTS):
            falling = ((c if turn < GREEDY else ZERO, j) for j, c in costs.items() if c < 0 and j < self.count)
            entering = min(falling, default=(ZERO, None))[1]
            if entering is None:
                return True
            ratios = [
                (self.right[i] / row[entering], self.basis[i], i)
                for i, row in enumerate(self.rows)
                if row.get(entering, ZERO) > 0
            ]
            if not ratios:  # it may grow for ever: to 1 is enough
                for i, row in enumerate(self.rows):
                    self.right[i] -= row.get(entering, ZERO)
                self.jumped[entering] = _number(Fraction(1))
                return bool(enough)
            self._pivot(min(ratios)[2], entering, costs)
            if any(self.value(j) for j in enough):
                return True
        return False

    def _pivot(self, i: int, j: int, costs: Row) -> None:
        row, pivot = self.rows[i], self.rows[i][j]
        leaving = self.basis[i]
        if leaving < self.count:
            row = {**row, leaving: _number(Fraction(1))}
        row = {k: a / pivot for k, a in row.items() if k != j}
        self.rows[i], self.right[i], self.basis[i] = row, self.right[i] / pivot, j
        for r, other in enumerate(self.rows):
            factor = other.pop(j, ZERO) if r != i else ZERO
            if factor:
                _subtract(other, row, factor)
                self.right[r] -= factor * self.right[i]
        factor = costs.pop(j, ZERO)
        if factor:
            _subtract(costs, row, factor)


def _number(x: Fraction) -> Number:
    return flint.fmpq(x.numerator, x.denominator)


def _subtract(target: Row, row: Row, factor: Number) -> None:
    for k, a in row.items():
        total = target.get(k, ZERO) - factor * a
        if total:
            target[k] = total
        else:
            target.pop(k, None)
