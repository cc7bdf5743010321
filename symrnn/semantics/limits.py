"""Limits at an instance: what a term does as its lag grows, decided exactly for periodic runs. Trusted by the kernel.

The k steps have a fixed start: in jacobian(h[t], h[t-k]) the time t is s + k. On a run of period p, for k = p q + r,
a term is a sequence L M^q R in q: of products, sums, powers and Jacobians by the rules below, one for each residue r.
Such a sequence tends to 0 (is bounded) iff the powers of its minimal realisation (``realisations``) do, which
``spectra.behaviour`` decides. With several state blocks M is the Jacobian of the whole state over one period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, is_scalar, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    Blocks,
    Det,
    Entry,
    Immediate,
    Jac,
    MatMul,
    Norm,
    Pow,
    Prod,
    SizeOf,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Trace,
    Transpose,
)
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics import spectra
from symrnn.semantics.magnitudes import PRECISIONS, factored
from symrnn.semantics.numbers import as_num, enclosure, sign_of
from symrnn.semantics.realisations import minimal
from symrnn.semantics.values import Matrix, Values, multiply

LARGEST = 40  # rows of the matrix whose powers are taken
FIRST = (0, 4)  # lags to begin with: later ones where a range would begin early


@dataclass(frozen=True)
class Run:
    """What a limit is taken along. ``period``: of the trajectory, None without a periodic one; ``states``: blocks."""

    values: Values
    period: int | None
    families: Mapping[str, int]  # periods of the free families
    states: tuple[Sym, ...]


@dataclass(frozen=True)
class Power:
    """The sequence ``left`` ``step``^q ``right``, q = 0, 1, 2, ..."""

    left: Matrix
    step: Matrix
    right: Matrix

    def __post_init__(self) -> None:
        if len(self.step) > LARGEST:
            raise Refused(f"a limit by the powers of a matrix with {len(self.step)} rows is not decided")


def limit_holds(name: str, t: Term, lag: Var, run: Run) -> bool:
    """Whether a term vanishes, is bounded or explodes as the lag grows."""
    t = _magnified(_from_a_fixed_start(t, lag), lag, run)
    period = lcm(run.period or 1, *(n for f, n in run.families.items() if any(s.name == f for s in symbols(t))))
    found = _behaviours(t, lag, period, run)
    if name == "vanishes":
        return all(x == "vanishes" for x in found)
    return ("explodes" in found) == (name == "explodes")


def _behaviours(t: Term, lag: Var, period: int, run: Run) -> list[str]:
    """For each residue of the lag; what the term is at small lags does not matter."""
    for least in FIRST:
        first = -(-least // period) * period
        try:
            return [_Sequence(lag, first + r, period, run).behaviour(t) for r in range(period)]
        except _Early:
            continue
    raise Refused("a limit that begins late")


class _Early(Refused):
    """A range is empty, or ends before it begins, at the first lags looked at."""


def _magnified(t: Term, lag: Var, run: Run) -> Term:
    """What a norm is taken of does what the norm does; so does what is multiplied by a constant other than 0."""
    while True:
        if isinstance(t, Norm | Abs):
            t = t.arg
            continue
        if isinstance(t, Times):
            moving = [a for a in t.args if lag in free_vars(a)]
            rest = [run.values.matrix(a) for a in t.args if lag not in free_vars(a)]
            if len(moving) == 1 and all(any(as_num(x) != as_num(0) for row in m for x in row) for m in rest):
                t = moving[0]
                continue
        return t


def _from_a_fixed_start(t: Term, lag: Var) -> Term:
    """Times t of which the term looks back by the lag become t + lag, so that what it begins with stays where it is."""
    back: set[Var] = set()
    for n in walk(t):
        begin = n.wrt.index[0] if isinstance(n, Jac) else n.lo if isinstance(n, Prod | Sum) else None
        if begin is not None and _coefficient(begin, lag) < 0:
            times = [v for v, c in begin.terms if v.kind == "time" and c == 1]
            if _coefficient(begin, lag) != -1 or len(times) != 1:
                raise Refused(f"a limit over what begins at {begin}")
            back.add(times[0])
    return substitute(t, {v: as_index(v) + as_index(lag) for v in back})  # type: ignore[no-any-return]


def _coefficient(form: Index, v: Var) -> int:
    return dict(form.terms).get(v, 0)


class _Sequence:
    """Terms as sequences in q at the lags ``first`` + ``period`` q."""

    def __init__(self, lag: Var, first: int, period: int, run: Run) -> None:
        self.lag, self.first, self.period, self.run = lag, first, period, run

    def of(self, t: Term) -> Power:
        if self._recurs(t):
            return _constant(self.run.values.matrix(self._now(t)))
        rule = _RULES.get(type(t))
        if rule is None:
            raise Refused(f"a limit is not decided for {type(t).__name__}")
        return rule(self, t)

    def behaviour(self, t: Term) -> str:
        """What a term does; of a spectral radius where it is that of M^q itself, which is rho(M)^q."""
        if not isinstance(t, SpectralRadius) or self.lag not in free_vars(t):
            return _behaviour(self.of(t))
        p = self.of(t.arg)
        if not p.left == p.right == _eye(len(p.step)):
            raise Refused("a spectral radius that is not the power of one")
        side = spectra.radius_against(self.run.values.rationals(p.step), Fraction(1))
        return ("bounded", "explodes", "vanishes")[side]

    def _now(self, t: Any) -> Any:
        return substitute(t, {self.lag: as_index(self.first)})

    def _recurs(self, t: Term) -> bool:
        """Whether a term is the same at all these lags: without the lag, or with it as a time on the run only."""
        if self.lag not in free_vars(t):
            return True
        if isinstance(t, Sym):
            if t.role != "free" and self.run.period is None:
                raise Refused(f"{t} for ever: the run ends")
            return True
        if isinstance(t, Jac | Total | Immediate | Prod | Sum | Pow | SizeOf | Entry):
            return False
        inside = [c for c in _terms(t) if self.lag in free_vars(c)]
        return bool(inside) and _only_terms(t, self.lag) and all(self._recurs(c) for c in inside)

    def matmul(self, t: MatMul) -> Power:
        out = self.of(t.args[0])
        for a in t.args[1:]:
            out = _times(out, self.of(a))
        return out

    def times(self, t: Times) -> Power:
        parts = [self.of(a) for a in t.args]
        big = [i for i, p in enumerate(parts) if (len(p.left), len(p.right[0])) != (1, 1)]
        if len(big) > 1:
            raise Refused("two matrices multiplied as if one were a scalar")
        out = parts.pop(big[0] if big else 0)
        for p in parts:
            out = Power(_kron(p.left, out.left), _kron(p.step, out.step), _kron(p.right, out.right))
        return out

    def add(self, t: Add) -> Power:
        parts = [self.of(a) for a in t.args if not self._is_number_zero(a)]
        if not parts:
            raise Refused("an empty sum")
        if len({(len(p.left), len(p.right[0])) for p in parts}) != 1:
            raise Refused("matrices of different shapes")
        return _sum(parts)

    def _is_number_zero(self, t: Term) -> bool:
        return self.lag not in free_vars(t) and is_scalar(shape_of(t)) and self.run.values.scalar(t) == as_num(0)

    def transpose(self, t: Transpose) -> Power:
        p = self.of(t.arg)
        return Power(_flip(p.right), _flip(p.step), _flip(p.left))

    def trace(self, t: Trace) -> Power:
        p = self.of(t.arg)
        return _sum([_entry(p, i, i) for i in range(len(p.left))])

    def det(self, t: Det) -> Power:
        """det(L M^q R) = det(L) det(M)^q det(R) where all three are square; of two rows written out."""
        p, determinant = self.of(t.arg), self.run.values.determinant
        n = len(p.left)
        if len(p.step) == n == len(p.right[0]):
            return Power(*(((determinant(m),),) for m in (p.left, p.step, p.right)))
        if not n == 2 == len(p.right[0]):
            raise Refused("a limit is not decided for such a determinant")
        (a, b), (c, d) = ([_entry(p, i, j) for j in range(2)] for i in range(2))
        minus = Power(_num([[-1]]), _eye(1), _eye(1))
        return _sum([_times(a, d), _times(minus, _times(b, c))])

    def sum(self, t: Sum) -> Power:
        """The sum of the first N of L M^i R is (L, 0) [M, I; 0, I]^N (0, R)^T."""
        rise = _coefficient(t.hi, self.lag)
        if self.lag in free_vars(t.body) | free_vars(t.lo) or rise < 1:
            raise Refused(f"a limit of a sum from {t.lo} to {t.hi}")
        if any(isinstance(n, Sym | Prod) and t.var in free_vars(n) for n in walk(t.body)):  # it has a period of its own
            raise Refused(f"a limit of a sum over what has the time {t.var}")
        lo, count = (self.run.values.integer(self._now(x)) for x in (t.lo, t.hi - t.lo + 1))
        if count < 0:
            raise _Early("a range that is empty at first")
        p = _Sequence(t.var, lo, 1, self.run).of(t.body)
        one = _eye(len(p.step))
        none = tuple((as_num(0),) * len(row) for row in one)
        step = (*_beside([p.step, one]), *_beside([none, one]))
        left = multiply(_beside([p.left, multiply(p.left, none)]), _power(step, count))
        return Power(left, _power(step, rise * self.period), (*multiply(none, p.right), *p.right))

    def entry(self, t: Entry) -> Power:
        if self.lag in free_vars(t.row) | free_vars(t.col):
            raise Refused("an entry whose row or column grows with the lag")
        i, j = self.run.values.integer(t.row), self.run.values.integer(t.col)
        p = self.of(t.arg)
        if not (1 <= i <= len(p.left) and 1 <= j <= len(p.right[0])):
            raise Refused("an entry outside its matrix")
        return _entry(p, i - 1, j - 1)

    def power(self, t: Pow) -> Power:
        if self.lag in free_vars(t.base):
            return self._fixed_power(t)
        slope, base = _coefficient(t.exponent, self.lag), self.run.values.matrix(t.base)
        start = self.run.values.integer(self._now(t.exponent))
        if slope < 0 or start < 0:
            if slope > 0:
                if start + slope * ((self.lag.low or 0) - self.first) < 0:
                    self.run.values.inverse(base)  # what it is at the first lags does not matter, if it is something
                raise _Early(f"a limit that begins with the power {start}")
            base, slope, start = self.run.values.inverse(base), -slope, -start
        if start < 0:
            raise Refused(f"a limit of the power {t.exponent}")
        return Power(_power(base, start), _power(base, slope * self.period), _eye(len(base)))

    def _fixed_power(self, t: Pow) -> Power:
        if not t.exponent.is_const or not 1 <= t.exponent.const <= 4:
            raise Refused(f"a limit of the power {t.exponent}")
        out = part = self.of(t.base)
        for _ in range(t.exponent.const - 1):
            out = _times(out, part)
        return out

    def number(self, t: SizeOf) -> Power:
        """a k + c = (1, 0) [[1, 1], [0, 1]]^q (a first + c, a period)^T."""
        rise = _coefficient(t.index, self.lag) * self.period
        start = self.run.values.integer(self._now(t.index))
        return Power(_num([[1, 0]]), _num([[1, 1], [0, 1]]), _num([[start], [rise]]))

    def jacobian(self, t: Jac) -> Power:
        """By the powers of the Jacobian of the whole state over one period: a block of them alone has no such form."""
        period, names = self.run.period, {s.name for s in self.run.states}
        if not names or period is None:
            raise Refused("limits of Jacobians are decided on periodic runs only")
        if (t.of.role == "state" and t.of.name not in names) or (t.wrt.role == "state" and t.wrt.name not in names):
            raise Refused(f"a limit is not decided for {t}")
        if t.of.role not in ("state", "local") or t.wrt.role not in ("state", "input"):
            raise Refused(f"a limit is not decided for {t}")
        if _coefficient(t.wrt.index[0], self.lag) or _coefficient(t.of.index[0], self.lag) != 1:
            raise Refused(f"a limit over what begins at {t.wrt.index[0]}")
        since, until = (self.run.values.integer(self._now(s.index[0])) for s in (t.wrt, t.of))
        own = int(t.of.role == "local")  # its last step leads from the states into the local
        if until - own < since:
            raise _Early(f"{t} looks ahead at first")
        over, rest = divmod(until - own - since, self.period)
        step = self._steps(since, self.period)
        left = multiply(self._band(t.of, since, rest + own), _power(step, over))
        right = self._column(t.wrt, since)
        out = Power(left, step, right)
        return Power(_flip(right), _flip(step), _flip(left)) if t.layout == "denominator" else out

    def _steps(self, since: int, count: int) -> Matrix:
        """The Jacobian of the whole state over a number of steps."""
        return tuple(row for block in self.run.states for row in self._band(block, since, count))

    def _band(self, of: Sym, since: int, count: int) -> Matrix:
        """The rows of it that belong to a block; of a local, its derivative by the states ``count`` steps before."""
        parts = []
        for block in self.run.states:
            if count == 0 and block.name != of.name:
                heights = self._size(of), self._size(block)
                parts.append(((as_num(0),) * heights[1],) * heights[0])
            else:
                parts.append(self.run.values.matrix(Jac(_at(of, since + count), _at(block, since), "numerator")))
        return _beside(parts)

    def _column(self, wrt: Sym, since: int) -> Matrix:
        """The derivative of the whole state by one of its blocks, or by an input, at the same time."""
        if wrt.role == "state":
            whole = tuple(row for block in self.run.states for row in self._band(block, since, 0))
            first = sum(self._size(b) for b in self.run.states[: [b.name for b in self.run.states].index(wrt.name)])
            return tuple(row[first : first + self._size(wrt)] for row in whole)
        jacobians = [Jac(_at(b, since), _at(wrt, since), "numerator") for b in self.run.states]
        return tuple(row for t in jacobians for row in self.run.values.matrix(t))

    def _size(self, block: Sym) -> int:
        rows, cols = (self.run.values.integer(d) for d in block.shape or (ONE, ONE))
        return rows * cols

    def blocks(self, t: Blocks) -> Power:
        """The sum of E_i X_ij E_j^T; those of one column that go by the same powers are taken together."""
        bands = [[self.of(block) for block in row] for row in t.rows]
        heights, widths = [len(band[0].left) for band in bands], [len(p.right[0]) for p in bands[0]]
        shapes = [[(len(p.left), len(p.right[0])) for p in band] for band in bands]
        if shapes != [[(h, w) for w in widths] for h in heights]:
            raise Refused("blocks that do not fit")
        parts = []
        for j in range(len(widths)):
            before, after = sum(widths[:j]), sum(widths[j + 1 :])
            found = dict.fromkeys((band[j].step, band[j].right) for band in bands)
            for step, right in found:
                none = (as_num(0),) * len(step)
                same = [(h, b[j]) for h, b in zip(heights, bands, strict=True)]
                left = tuple(
                    row for h, p in same for row in (p.left if (p.step, p.right) == (step, right) else (none,) * h)
                )
                wide = tuple((as_num(0),) * before + row + (as_num(0),) * after for row in right)
                parts.append(Power(left, step, wide))
        return _sum(parts)

    def product(self, t: Prod) -> Power:
        if self.lag in free_vars(t.body):
            raise Refused("a limit of a product whose factors depend on the lag")
        if _coefficient(t.lo, self.lag) or _coefficient(t.hi, self.lag) != 1:
            raise Refused(f"a limit of a product from {t.lo} to {t.hi}")
        self._follows_the_period(t)
        lo, length = self.run.values.index(t.lo), self.run.values.integer(self._now(t.hi - t.lo + 1))
        if length < 0:
            raise _Early("a range that is empty at first")
        over, rest = divmod(length, self.period)
        step, some = (self._range(t, lo, lo + (n - 1)) for n in (self.period, rest))
        if t.descending:
            return Power(multiply(some, _power(step, over)), step, _eye(len(step)))
        return Power(_eye(len(step)), step, multiply(_power(step, over), some))

    def _range(self, t: Prod, lo: Index, hi: Index) -> Matrix:
        return self.run.values.matrix(Prod(t.body, t.var, lo, hi, t.descending))

    def _follows_the_period(self, t: Prod) -> None:
        """The factors recur: their index occurs as a plain time, or as the member of a family, only."""
        for n in walk(t.body):
            if isinstance(n, Total | Immediate):
                raise Refused(f"a limit of a product of {n}")
            if isinstance(n, Sym) and n.role != "free" and n.index and self.run.period is None:
                raise Refused(f"{n} for ever: the run ends")
            if isinstance(n, Term) and not isinstance(n, Sym) and not _only_terms(n, t.var):
                raise Refused(f"a limit of a product whose factors depend on {t.var} by more than a time")
            if isinstance(n, Jac) and t.var in free_vars(n.of.index[0] - n.wrt.index[0]):
                raise Refused(f"a limit of a product of Jacobians that reach further with {t.var}")


def _terms(t: Term) -> list[Term]:
    found = [getattr(t, f) for f in t.__dataclass_fields__]
    return [x for item in found for x in (item if isinstance(item, tuple) else (item,)) if isinstance(x, Term)]


def _only_terms(t: Term, lag: Var) -> bool:
    """Whether the lag occurs in a term's parts that are terms, and nowhere else in it."""
    found = [getattr(t, f) for f in t.__dataclass_fields__]
    items = [x for item in found for x in (item if isinstance(item, tuple) else (item,))]
    return not any(isinstance(x, Index | Var) and lag in free_vars(x) for x in items)


# ---- sequences ----


def _constant(m: Matrix) -> Power:
    one = _eye(len(m[0]))
    return Power(m, one, one)


def _times(p: Power, q: Power) -> Power:
    """The product, as the sum over l of (column l of p) times (row l of q)."""
    if len(p.right[0]) != len(q.left):
        raise Refused("matrices that do not fit")
    if p.step == _eye(len(p.step)):
        return Power(multiply(multiply(p.left, p.right), q.left), q.step, q.right)
    if q.step == _eye(len(q.step)):
        return Power(p.left, p.step, multiply(p.right, multiply(q.left, q.right)))
    parts = []
    for i in range(len(q.left)):
        column = tuple((row[i],) for row in p.right)
        parts.append(Power(_kron(p.left, (q.left[i],)), _kron(p.step, q.step), _kron(column, q.right)))
    return _sum(parts)


def _sum(parts: list[Power]) -> Power:
    left = tuple(tuple(x for row in rows for x in row) for rows in zip(*(p.left for p in parts), strict=True))
    right = tuple(row for p in parts for row in p.right)
    size, zero, rows, at = sum(len(p.step) for p in parts), as_num(0), [], 0
    if size > LARGEST:
        raise Refused(f"a limit by the powers of a matrix with {size} rows is not decided")
    for p in parts:
        rows += [((zero,) * at + row + (zero,) * (size - at - len(row))) for row in p.step]
        at += len(p.step)
    return Power(left, tuple(rows), right)


def _entry(p: Power, i: int, j: int) -> Power:
    return Power((p.left[i],), p.step, tuple((row[j],) for row in p.right))


def _kron(a: Matrix, b: Matrix) -> Matrix:
    return tuple(tuple(x * y for x in r for y in s) for r in a for s in b)


def _beside(parts: list[Matrix]) -> Matrix:
    if len({len(m) for m in parts}) != 1:
        raise Refused("blocks of different heights side by side")
    return tuple(tuple(x for row in rows for x in row) for rows in zip(*parts, strict=True))


def _flip(m: Matrix) -> Matrix:
    return tuple(zip(*m, strict=True))


def _num(m: list[list[int]]) -> Matrix:
    return tuple(tuple(as_num(x) for x in row) for row in m)


def _eye(n: int) -> Matrix:
    return tuple(tuple(as_num(int(i == j)) for j in range(n)) for i in range(n))


def _power(m: Matrix, e: int) -> Matrix:
    if e > 4 * LARGEST:
        raise Refused(f"a power of {e} is too large")
    out = _eye(len(m))
    for _ in range(e):
        out = multiply(out, m)
    return out


def _at(head: Sym, time: int) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


# ---- what a sequence does ----


def _behaviour(p: Power) -> str:
    """ "vanishes", "bounded" or "explodes"."""
    left, step, right = (factored(m) for m in (p.left, p.step, p.right))
    m = minimal(left.rational, step.rational, right.rational)
    if not m:
        return "vanishes"
    if step.plain:
        return spectra.behaviour(m)
    if spectra.radius_against(m, Fraction(0)) == 0:
        return "vanishes"
    factor = step.factor if sign_of(step.factor) > 0 else -step.factor
    for bits in PRECISIONS:
        low, high = enclosure(factor, bits)
        if low > 0 and spectra.radius_against(m, 1 / high) < 0:
            return "vanishes"
        if low > 0 and spectra.radius_against(m, 1 / low) > 0:
            return "explodes"
    raise Refused("a spectral radius too close to 1 to tell")


_RULES: dict[type[Term], Callable[[_Sequence, Any], Power]] = {
    MatMul: _Sequence.matmul,
    Times: _Sequence.times,
    Add: _Sequence.add,
    Transpose: _Sequence.transpose,
    Trace: _Sequence.trace,
    Entry: _Sequence.entry,
    Pow: _Sequence.power,
    SizeOf: _Sequence.number,
    Jac: _Sequence.jacobian,
    Blocks: _Sequence.blocks,
    Det: _Sequence.det,
    Sum: _Sequence.sum,
    Prod: _Sequence.product,
}
