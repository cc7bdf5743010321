"""Candidate values: small structured matrices first, then seeded random ones. Untrusted, deterministic."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isqrt

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import IndexRel, Prop
from symrnn.semantics.instances import Rows
from symrnn.semantics.numbers import as_num

Plain = list[list[Fraction]]
ENTRIES = tuple(Fraction(x) for x in (1, 2, -1, 0, 3, -2)) + (Fraction(1, 2), Fraction(-1, 2))


def rows(m: list[list[Fraction]] | list[list[int]]) -> Rows:
    """A matrix of fractions in the form of an instance."""
    return tuple(tuple(as_num(x) for x in r) for r in m)


def matrices(n: int, m: int, properties: frozenset[str], rng: random.Random) -> Iterator[Rows]:
    """An endless stream of n x m matrices with the given properties, simple ones first."""
    for candidate in _simple(n, m):
        made = _with(candidate, properties, rng)
        if made is not None:
            yield rows(made)
    while True:
        made = _with([[rng.choice(ENTRIES) for _ in range(m)] for _ in range(n)], properties, rng)
        if made is not None:
            yield rows(made)


def _simple(n: int, m: int) -> Iterator[Plain]:
    def make(f: Callable[[int, int], int | Fraction]) -> Plain:
        return [[Fraction(f(i, j)) for j in range(m)] for i in range(n)]

    yield make(lambda i, j: 1 if i <= j else 0)
    yield make(lambda i, j: i + j + 1)
    yield make(lambda i, j: j == i + 1)
    yield make(lambda i, j: (i + 1) * (i == j))
    yield make(lambda i, j: (j == i + 1) - (i == j + 1))
    yield make(lambda i, j: i == j)
    yield make(lambda i, j: i == j == 0)
    yield make(lambda i, j: Fraction(i <= j, 4 * max(n, m)))
    yield make(lambda i, j: i == n - 1 - j)
    yield make(lambda i, j: (1 - 2 * (i % 2)) * (i == j))
    yield make(lambda i, j: 2 if i == j else i > j)
    yield make(lambda i, j: Fraction(1, n))
    yield make(lambda i, j: 2 * (i == j))
    yield make(lambda i, j: j == (i + 1) % max(n, 1))
    yield make(lambda i, j: 0)
    yield make(lambda i, j: -1 * (i == j))
    yield make(lambda i, j: i == 0)


def _with(a: Plain, properties: frozenset[str], rng: random.Random) -> Plain | None:
    """The matrix bent to have the properties; None if that does not work."""
    n, m = len(a), len(a[0])
    if properties & {"scalar"}:
        a = [[a[0][0] * (i == j) for j in range(m)] for i in range(n)]
    if properties & {"diagonal"}:
        a = [[a[i][j] * (i == j) for j in range(m)] for i in range(n)]
    if properties & {"lower_triangular"}:
        a = [[a[i][j] * (i >= j) for j in range(m)] for i in range(n)]
    if properties & {"upper_triangular"}:
        a = [[a[i][j] * (i <= j) for j in range(m)] for i in range(n)]
    if properties & {"nonnegative"}:
        a = [[abs(x) for x in r] for r in a]
    if properties & {"skew"}:
        a = [[a[min(i, j)][max(i, j)] * ((i < j) - (i > j)) for j in range(m)] for i in range(n)]
    if properties & {"symmetric"}:
        a = [[a[min(i, j)][max(i, j)] for j in range(m)] for i in range(n)]
    if properties & {"orthogonal"}:
        a = _orthogonal(n, rng)
    elif properties & {"normal"} and n == 2:
        a = (
            [[a[0][0], a[0][1]], [-a[0][1], a[0][0]]]
            if rng.random() < 0.5
            else [[a[0][0], a[0][1]], [a[0][1], a[1][1]]]
        )
    elif properties & {"normal"}:
        a = [[a[min(i, j)][max(i, j)] for j in range(m)] for i in range(n)]
    return a


def _orthogonal(n: int, rng: random.Random) -> Plain:
    """A signed permutation, sometimes turned by the 3-4-5 rotation in a plane."""
    order = list(range(n))
    rng.shuffle(order)
    out = [[Fraction(rng.choice((1, -1)) * (order[i] == j)) for j in range(n)] for i in range(n)]
    if n >= 2 and rng.random() < 0.6:
        c, s = Fraction(3, 5), Fraction(4, 5)
        p, q = out[0], out[1]
        out[0] = [c * x - s * y for x, y in zip(p, q, strict=True)]
        out[1] = [s * x + c * y for x, y in zip(p, q, strict=True)]
    return out


def square_root(x: Fraction) -> Fraction | None:
    """The square root of a fraction, if it is one."""
    if x < 0:
        return None
    root = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    return root if root * root == x else None


SLOPES = {  # values p of the activation, or pre-activations, in the order in which they are tried
    "sigmoid": tuple(Fraction(1, d) for d in (2, 3, 4, 5, 6, 10)) + (Fraction(2, 3), Fraction(3, 4)),
    "softplus": tuple(Fraction(1, d) for d in (2, 3, 4, 5, 6, 10)) + (Fraction(2, 3), Fraction(3, 4)),
    "tanh": (Fraction(0), Fraction(1, 2), Fraction(1, 3), Fraction(-1, 2), Fraction(3, 5), Fraction(4, 5)),
    "relu": (Fraction(1), Fraction(-1), Fraction(2), Fraction(-2)),
    "hard_sigmoid": tuple(Fraction(p, 4) for p in (2, 4, 1, 0, 3)),
    "hard_sigmoid6": tuple(Fraction(p, 4) for p in (2, 4, 1, 0, 3)),
    "identity": (Fraction(1), Fraction(0), Fraction(-1), Fraction(2)),
}


def integers_fit(choice: dict[Var, int], hypotheses: tuple[Prop, ...]) -> bool:
    """Whether the relations among the chosen integers hold, as far as they are chosen."""
    values = {v: as_index(i) for v, i in choice.items()}
    for h in hypotheses:
        if isinstance(h, IndexRel) and free_vars(h) <= set(choice):
            gap: Index = substitute(h.rhs - h.lhs, values)
            if not {"=": gap.const == 0, "<=": gap.const >= 0, "<": gap.const > 0}[h.op]:
                return False
    return True
