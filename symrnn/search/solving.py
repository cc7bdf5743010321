"""Values that meet equations among the hypotheses: X = expression, inverses, and whatever is linear in one symbol.

Untrusted: whoever draws still asks whether the hypotheses hold.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Apply, Const, Entry, Eye, ForAll, Inv, MatMul, Prop, Rel, Sym, Term, Zeros
from symrnn.errors import Refused, Undefined
from symrnn.semantics.instances import Rows
from symrnn.semantics.numbers import activate, as_num, preimage, rational_of
from symrnn.semantics.values import Values

Families = dict[str, tuple[Rows, ...]]
Integers = dict[Var, int]
Vector = list[Fraction]
COEFFICIENTS = tuple(Fraction(x) for x in (1, 0, -1, 2, 1, 3))
MOST_UNKNOWNS = 16
ZERO = as_num(0)
VALUES = tuple(Fraction(a, b) for a, b in ((1, 2), (-1, 2), (3, 5), (1, 3)))  # of activations at a fixed point


def solve(
    fixed: dict[str, Rows],
    families: Families,
    hypotheses: tuple[Prop, ...],
    integers: Integers,
    symbol: dict[str, Sym],
    rng: random.Random,
) -> None:
    """Put values in place so that the equations among the hypotheses hold, as far as that can be arranged."""
    for h in hypotheses:
        if isinstance(h, Rel) and h.op == "=":
            _define(h, fixed, families, integers)
            _at_rest(h, fixed, families, integers, rng)
    _Linear(fixed, families, hypotheses, integers, symbol, rng).settle()


def _define(h: Rel, fixed: dict[str, Rows], families: Families, integers: Integers) -> None:
    """X := its other side, for X = expression; B := the inverse of A, for A B = I."""
    for side, other in ((h.lhs, h.rhs), (h.rhs, h.lhs)):
        if isinstance(side, Sym) and not side.index and side.role == "free" and side not in symbols(other):
            beside_zero = isinstance(other, Const) and other.value == 0 and side.shape is not None
            value = value_of(Zeros(*side.shape) if beside_zero and side.shape else other, fixed, families, integers)
            if value is not None:
                fixed[side.name] = value
                return
    pair = h.lhs if isinstance(h.rhs, Eye) else h.rhs
    if isinstance(pair, MatMul) and len(pair.args) == 2 and (isinstance(h.rhs, Eye) or isinstance(h.lhs, Eye)):
        a, b = pair.args
        if isinstance(a, Sym) and isinstance(b, Sym) and not a.index and not b.index and shape_of(a) == shape_of(b):
            first, second = sorted((a, b), key=lambda s: s.name)
            value = value_of(Inv(first), fixed, {}, integers)
            if value is not None:
                fixed[second.name] = value


def _at_rest(h: Rel, fixed: dict[str, Rows], families: Families, integers: Integers, rng: random.Random) -> None:
    """p := 0 for p = f(... p ...) if that is a fixed point; else, now and then, W := what makes p one of p = f(W p)."""
    for p, value in ((h.lhs, h.rhs), (h.rhs, h.lhs)):
        if not isinstance(value, Apply) or value.order or p not in symbols(value) or not isinstance(p, Sym):
            continue
        if p.role != "free" or p.index or p.name not in fixed or len(fixed[p.name][0]) != 1:
            continue
        product = value.arg.args if isinstance(value.arg, MatMul) else ()
        w = product[0] if len(product) == 2 and product[1] == p else None
        if isinstance(w, Sym) and w.role == "free" and not w.index and not w.props and rng.random() < 0.5:
            column = [rng.choice(VALUES) for _ in fixed[p.name]]
            try:
                before = [preimage(value.function, x) * (1 / x) for x in column]
            except Refused:
                continue
            fixed[p.name] = tuple((as_num(x),) for x in column)
            fixed[w.name] = tuple(
                tuple(a if i == j else ZERO for j in range(len(before))) for i, a in enumerate(before)
            )
            return
        kept = fixed[p.name]
        fixed[p.name] = tuple((ZERO,) for _ in kept)
        inner = value_of(value.arg, fixed, families, integers)
        try:
            if inner is not None and all(activate(value.function, x)[0] == ZERO for row in inner for x in row):
                return
        except Refused:
            pass
        fixed[p.name] = kept


Key = tuple[str, int | None]  # a constant, or a member of a family


class _Linear:
    """Equations solved for one symbol after the other, in all equations that speak of it at once."""

    def __init__(
        self,
        fixed: dict[str, Rows],
        families: Families,
        hypotheses: tuple[Prop, ...],
        integers: Integers,
        symbol: dict[str, Sym],
        rng: random.Random,
    ) -> None:
        self.fixed, self.families, self.integers = fixed, families, integers
        self.symbol, self.rng = symbol, rng
        period = max([1, *map(len, families.values())])
        self.equations = [e for h in hypotheses for e in _instances(h, integers, period)]

    def settle(self) -> None:
        """Solve for symbols in a random order until every equation holds.

        Not where members have two indices, such as J[t, s]: an instance gives them a value for each t alone.
        """
        members = (s for e in self.equations for s in walk(e) if isinstance(s, Sym))
        if any(len(s.index) > 1 for s in members) or not self._broken():
            return
        keys = sorted({k for e in self.equations for k in self._keys(e)}, key=str)
        self.rng.shuffle(keys)
        for key in keys:
            spoken = [e for e in self.equations if key in self._keys(e)]
            found = self._solved(key, spoken)
            if found is not None:
                self._put(key, found)
                if not self._broken():
                    return

    def _keys(self, e: Rel) -> set[Key]:
        out: set[Key] = set()
        for t in walk(e):
            if isinstance(t, Sym) and t.index and t.index[0].is_const and t.name in self.families:
                out.add((t.name, t.index[0].const % len(self.families[t.name])))
            elif isinstance(t, Sym) and not t.index and t.name in self.fixed:
                out.add((t.name, None))
        return out

    def _get(self, key: Key) -> Rows:
        name, member = key
        return self.fixed[name] if member is None else self.families[name][member]

    def _put(self, key: Key, value: Rows) -> None:
        name, member = key
        if member is None:
            self.fixed[name] = value
        else:
            members = self.families[name]
            self.families[name] = (*members[:member], value, *members[member + 1 :])

    def _broken(self) -> bool:
        return any((r := self._residual(e)) is not None and any(r) for e in self.equations)

    def _residual(self, e: Rel) -> Vector | None:
        """The entries of lhs - rhs; None where they cannot be had (states, undefined terms)."""
        sides = [value_of(side, self.fixed, self.families, self.integers) for side in (e.lhs, e.rhs)]
        lhs, rhs = sides
        if lhs is None or rhs is None:
            return None
        if len(lhs) != len(rhs) or len(lhs[0]) != len(rhs[0]):
            big = lhs if e.rhs == Const(Fraction(0)) else rhs
            zero = tuple((ZERO,) * len(r) for r in big)
            lhs, rhs = (big, zero)
        try:
            return [rational_of(x - y) for r, s in zip(lhs, rhs, strict=True) for x, y in zip(r, s, strict=True)]
        except Refused:
            return None

    def _solved(self, key: Key, equations: list[Rel]) -> Rows | None:
        """A solution of the equations in one symbol, general among them; None if they are not linear in it."""
        before = self._get(key)
        basis = _basis(self.symbol.get(key[0]), before)
        if not basis or len(basis) > MOST_UNKNOWNS:
            return None
        made = None
        columns = []
        for x in (_combined([], [], before), *basis):
            self._put(key, x)
            parts = [self._residual(e) for e in equations]
            columns.append(None if any(r is None for r in parts) else [v for r in parts for v in r or ()])
        origin, rest = columns[0], columns[1:]
        if origin is not None and all(c is not None for c in rest):
            steps = [[a - b for a, b in zip(c or (), origin, strict=True)] for c in rest]
            weights = solution(steps, [-x for x in origin], self.rng)
            if weights is not None:
                self._put(key, _combined(weights, basis, before))
                if all(not any(self._residual(e) or ()) for e in equations):  # it was linear
                    made = self._get(key)
        self._put(key, before)
        return made


def _instances(h: Prop, integers: Integers, period: int) -> Iterator[Rel]:
    """The equations that a hypothesis is: one for each row, column or member of a family it is quantified over."""
    at = {v: as_index(i) for v, i in integers.items()}
    bound = []
    while isinstance(h, ForAll) and isinstance(h.var, Var):
        bound.append(h.var)
        h = h.body
    if not isinstance(h, Rel) or h.op != "=":
        return
    ranges = []
    for v in bound:
        end = _end(v, h, integers)
        members = any(v in free_vars(i) for t in walk(h) if isinstance(t, Sym) and t.role == "free" for i in t.index)
        if end is None and not members:
            return
        ranges.append(range(1, end + 1) if end is not None else range(v.low or 0, (v.low or 0) + period))
    for values in product(*ranges):
        yield substitute(h, {**at, **{v: as_index(i) for v, i in zip(bound, values, strict=True)}})


def _end(v: Var, body: Prop, integers: Integers) -> int | None:
    for t in walk(body):
        if isinstance(t, Entry):
            for at, end in zip((t.row, t.col), shape_of(t.arg) or (ONE, ONE), strict=True):
                if v in free_vars(at):
                    form = substitute(end, {w: as_index(i) for w, i in integers.items()})
                    return form.const if form.is_const else None
    return None


def _basis(s: Sym | None, like: Rows) -> list[Rows]:
    """Matrices that span those of a symbol's shape and declared linear properties."""
    props = frozenset(s.props) if s is not None else frozenset()
    n, m = len(like), len(like[0])
    if props & {"orthogonal", "normal", "nonnegative"}:
        return []
    cells: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for i, j in product(range(n), range(m)):
        if (
            (i != j and props & {"diagonal", "scalar"})
            or (i < j and "lower_triangular" in props)
            or (i > j and "upper_triangular" in props)
            or (i == j and "skew" in props)
        ):
            continue
        place = (0, 0) if "scalar" in props else (min(i, j), max(i, j)) if props & {"symmetric", "skew"} else (i, j)
        cells.setdefault(place, []).append((i, j, -1 if "skew" in props and i > j else 1))
    out = []
    for where in cells.values():
        signs = {(i, j): c for i, j, c in where}
        out.append(tuple(tuple(as_num(signs.get((i, j), 0)) for j in range(m)) for i in range(n)))
    return out


def _combined(weights: Vector, basis: list[Rows], like: Rows) -> Rows:
    def cell(i: int, j: int) -> Fraction:
        return sum((w * rational_of(b[i][j]) for w, b in zip(weights, basis, strict=True)), Fraction(0))

    return tuple(tuple(as_num(cell(i, j)) for j in range(len(like[0]))) for i in range(len(like)))


def solution(columns: list[Vector], wanted: Vector, rng: random.Random) -> Vector | None:
    """x with sum of x_k columns[k] = wanted, its free part at random; None if there is none."""
    rows = [[c[i] for c in columns] + [w] for i, w in enumerate(wanted)]
    count, pivots = len(columns), list[int]()
    for k in range(count):
        at = len(pivots)
        pivot = next((r for r in range(at, len(rows)) if rows[r][k]), None)
        if pivot is None:
            continue
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [x / rows[at][k] for x in rows[at]]
        for r in range(len(rows)):
            if r != at and rows[r][k]:
                factor = rows[r][k]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[at], strict=True)]
        pivots.append(k)
    if any(row[count] for row in rows[len(pivots) :]):
        return None
    out = [Fraction(0) if k in pivots else rng.choice(COEFFICIENTS) for k in range(count)]
    for at, k in enumerate(pivots):
        out[k] = rows[at][count] - sum((rows[at][f] * out[f] for f in range(count) if f not in pivots), Fraction(0))
    return out


def value_of(t: Term, fixed: dict[str, Rows], families: Families, integers: Integers) -> Rows | None:
    """The value of a term without states; None if it has none."""

    def symbol(s: Sym) -> Rows:
        if s.index:
            members = families[s.name]
            return members[s.index[0].const % len(members)]
        return fixed[s.name]

    def nothing(x: object) -> Rows:
        raise Refused("no value")

    blank: Callable[..., Rows] = nothing
    try:
        return Values({v: as_index(i) for v, i in integers.items()}, symbol, blank, blank).matrix(t)
    except (Refused, Undefined, KeyError):
        return None
