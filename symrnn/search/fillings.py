"""Values for what a claim about limits leaves free besides the network: vectors, bounds, factors. Untrusted.

Vectors that the monodromy annihilates come first, since they are where what is seen through them differs, then its
eigenvectors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product

from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import Inv, MatMul, Prop, Rel, Sym, Transpose
from symrnn.records import dataclass
from symrnn.search.pools import Plain, matrices, rows, square_root
from symrnn.search.solving import solve
from symrnn.semantics.instances import Rows

NUMBERS = tuple(Fraction(x) for x in (1, 2, 4, 8)) + tuple(Fraction(1, d) for d in (2, 4, 8)) + (Fraction(0),)


@dataclass(frozen=True)
class Filling:
    """``symbols`` to be given values, under ``hypotheses``; ``monodromy``: of the run at hand."""

    symbols: list[Sym]
    hypotheses: tuple[Prop, ...]
    integers: dict[Var, int]
    monodromy: Plain | None


def fillings(given: Filling, parameters: dict[str, Rows]) -> Iterator[dict[str, Rows]]:
    """The parameters with values for everything else; equations among the hypotheses are solved where that works."""
    equations = any(isinstance(h, Rel) and h.op == "=" for h in given.hypotheses)
    streams = [_values(s, given) for s in given.symbols]
    if not streams:
        yield dict(parameters)
        return
    known = {s.name: s for s in given.symbols}
    for split in (_decomposed(given, parameters), *_outer_products(given, parameters)):
        if split and set(split) >= set(known):
            yield {**parameters, **split}
    for i in range(24):
        chosen = {
            s.name: v[(i + j * (i // len(v))) % len(v)]
            for j, (s, v) in enumerate(zip(given.symbols, streams, strict=True))
        }
        values = {**parameters, **chosen}
        if equations:
            solve(values, {}, given.hypotheses, given.integers, known, random.Random(i))
        yield values
        if i + 1 >= max(map(len, streams)) * min(len(streams), 2):
            return


def _decomposed(given: Filling, parameters: dict[str, Rows]) -> dict[str, Rows]:
    """U and S where a hypothesis says W = U S U^-1 of a 2 x 2 weight with different rational eigenvalues."""
    for h in given.hypotheses:
        for w, made in ((h.lhs, h.rhs), (h.rhs, h.lhs)) if isinstance(h, Rel) and h.op == "=" else ():
            if not isinstance(made, MatMul) or len(made.args) != 3 or not isinstance(w, Sym):
                continue
            u, s, v = made.args
            if not (isinstance(u, Sym) and isinstance(s, Sym) and v == Inv(u) and "diagonal" in s.props):
                continue
            found = _eigenbasis(parameters.get(w.name, ()))
            if found is not None:
                return {u.name: found[0], s.name: found[1]}
    return {}


def _outer_products(given: Filling, parameters: dict[str, Rows]) -> Iterator[dict[str, Rows]]:
    """u and v where a hypothesis says W = u v^T of a weight of rank 1: u as it is, and small."""
    for h in given.hypotheses:
        for w, made in ((h.lhs, h.rhs), (h.rhs, h.lhs)) if isinstance(h, Rel) and h.op == "=" else ():
            if not isinstance(made, MatMul) or len(made.args) != 2 or not isinstance(w, Sym):
                continue
            u, turned = made.args
            v = turned.arg if isinstance(turned, Transpose) else None
            weight = [[x.rational for x in row] for row in parameters.get(w.name, ()) if not any(x.logs for x in row)]
            row = next((row for row in weight if any(row)), None)
            if not isinstance(u, Sym) or not isinstance(v, Sym) or row is None or u.shape is None or u.shape[1] != ONE:
                continue
            at = next(i for i, x in enumerate(row) if x)
            column = [r[at] / row[at] for r in weight]
            if all(x == c * y for r, c in zip(weight, column, strict=True) for x, y in zip(r, row, strict=True)):
                for c in (Fraction(1), Fraction(1, 4)):
                    yield {u.name: rows([[x * c] for x in column]), v.name: rows([[x / c] for x in row])}


def _eigenbasis(weight: Rows) -> tuple[Rows, Rows] | None:
    if len(weight) != 2 or any(x.logs for row in weight for x in row):
        return None
    (a, b), (c, d) = ([x.rational for x in row] for row in weight)
    root = square_root((a - d) ** 2 + 4 * b * c)
    if not root or (not b and not c):
        return None
    values = [(a + d + root) / 2, (a + d - root) / 2]
    vectors = [(b, x - a) if b else (x - d, c) for x in values]
    basis = [[vectors[j][i] for j in range(2)] for i in range(2)]
    return rows(basis), rows([[values[0], Fraction(0)], [Fraction(0), values[1]]])


def _values(s: Sym, given: Filling) -> list[Rows]:
    at = {v: as_index(i) for v, i in given.integers.items()}
    n, m = (substitute(d, at).const for d in s.shape or (ONE, ONE))
    if s.shape is None:
        return [rows([[x]]) for x in NUMBERS]
    if "diagonal" in s.props and n > 1:
        small = [rows([[Fraction(i == j, c * (i + 1)) for j in range(n)] for i in range(n)]) for c in (2, 8)]
        return [*small, *islice(matrices(n, m, frozenset(s.props), random.Random(s.name)), 8)]
    made = list(islice(matrices(n, m, frozenset(s.props), random.Random(s.name)), 12))
    if 1 in (n, m):
        special = list(_special_vectors(given.monodromy, max(n, m)))
        first = [rows([[x] for x in v] if m == 1 else [v]) for v in special]
        return [*dict.fromkeys([*first[:2], *made[:2], *first[2:], rows([[0] * m] * n)])]
    if n == m and not s.props and given.monodromy is not None and len(given.monodromy) == n:
        across = product(_kernel(given.monodromy)[:1], _kernel(_turned(given.monodromy))[:1])
        made = [*(rows([[x * y for y in left] for x in right]) for right, left in across), *made]
    return made


def _special_vectors(monodromy: Plain | None, n: int) -> Iterator[list[Fraction]]:
    """Vectors that the monodromy annihilates from either side first; then its eigenvectors; then simple ones."""
    if monodromy is not None and len(monodromy) == n:
        sides = (_turned(monodromy), monodromy)
        yield from (v for side in sides for v in _kernel(side)[:1])
        yield from (v for side in sides if n == 2 for v in _eigenvectors(side))
    yield from ([Fraction((i == 0) - (i == 1)) for i in range(n)], [Fraction(i == n - 1) for i in range(n)])


def _eigenvectors(m: Plain) -> list[list[Fraction]]:
    """Of two different rational eigenvalues of a matrix of two rows."""
    found = _eigenbasis(rows(m))
    return [_scaled(list(v)) for v in zip(*([x.rational for x in r] for r in found[0]), strict=True)] if found else []


def _turned(m: Plain) -> Plain:
    return [list(column) for column in zip(*m, strict=True)]


def _kernel(m: Plain) -> list[list[Fraction]]:
    """A basis of the vectors that a square matrix maps to 0."""
    reduced, pivots = [list(row) for row in m], list[int]()
    for k in range(len(m)):
        at = len(pivots)
        pivot = next((r for r in range(at, len(m)) if reduced[r][k]), None)
        if pivot is None:
            continue
        reduced[at], reduced[pivot] = reduced[pivot], reduced[at]
        reduced[at] = [x / reduced[at][k] for x in reduced[at]]
        for r in range(len(m)):
            if r != at and reduced[r][k]:
                reduced[r] = [x - reduced[r][k] * y for x, y in zip(reduced[r], reduced[at], strict=True)]
        pivots.append(k)
    out = []
    for free in (k for k in range(len(m)) if k not in pivots):
        v = [Fraction(k == free) for k in range(len(m))]
        for at, k in enumerate(pivots):
            v[k] = -reduced[at][free]
        out.append(_scaled(v))
    return out


def _scaled(v: list[Fraction]) -> list[Fraction]:
    """With 1 as its first entry that is not 0."""
    first = next(x for x in v if x)
    return [x / first for x in v]
