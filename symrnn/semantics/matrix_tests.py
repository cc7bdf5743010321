"""Exact tests of rational matrices: the properties of the claim language, and definiteness. Trusted by the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from symrnn.semantics.numbers import as_num, rational_of
from symrnn.semantics.spectra import product, transposed
from symrnn.semantics.values import Values

Q = list[list[Fraction]]


def definite(m: Q, strict: bool) -> bool:
    """Whether a symmetric rational matrix is positive definite (semidefinite)."""
    m = [list(row) for row in m]
    for i in range(len(m)):
        if m[i][i] < 0 or (m[i][i] == 0 and (strict or any(m[i]))):
            return False
        for j in range(i + 1, len(m)):
            if m[i][i]:
                factor = m[j][i] / m[i][i]
                m[j] = [x - factor * y for x, y in zip(m[j], m[i], strict=True)]
        for j in range(i + 1, len(m)):
            m[i][j] = Fraction(0)
    return True


def _pairs(m: Q) -> Iterable[tuple[int, int]]:
    return ((i, j) for i in range(len(m)) for j in range(len(m[0])))


def _is_unit(m: Q) -> bool:
    return all(m[i][j] == (i == j) for i, j in _pairs(m))


PROPERTY_TESTS: dict[str, Callable[[Values, Q], bool]] = {
    "diagonal": lambda v, m: all(m[i][j] == 0 for i, j in _pairs(m) if i != j),
    "scalar": lambda v, m: all(m[i][j] == (m[0][0] if i == j else 0) for i, j in _pairs(m)),
    "symmetric": lambda v, m: all(m[i][j] == m[j][i] for i, j in _pairs(m)),
    "skew": lambda v, m: all(m[i][j] == -m[j][i] for i, j in _pairs(m)),
    "nonnegative": lambda v, m: all(m[i][j] >= 0 for i, j in _pairs(m)),
    "lower_triangular": lambda v, m: all(m[i][j] == 0 for i, j in _pairs(m) if i < j),
    "upper_triangular": lambda v, m: all(m[i][j] == 0 for i, j in _pairs(m) if i > j),
    "invertible": lambda v, m: rational_of(v.determinant(tuple(tuple(map(as_num, r)) for r in m))) != 0,
    "orthogonal": lambda v, m: _is_unit(product(transposed(m), m)),
    "normal": lambda v, m: product(transposed(m), m) == product(m, transposed(m)),
}
