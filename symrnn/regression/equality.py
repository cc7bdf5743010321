"""Whether two trees are the same function: equal, different at an exact point, or undecided.

Equal means: at every point that the assumptions on the symbols allow, both have the same value or neither has one.
``x/x`` and ``1`` are different, at 0. What this guarantees: EQUAL comes from an identity of normal forms *and* equal
conditions of definedness; DIFFERENT from a point at which exact or certified evaluation tells the two apart. What it is
blind to: identities beyond the rewritings in ``forms``; they are UNDECIDED, with the numbers that were seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from fractions import Fraction

from symrnn.records import dataclass, replace
from symrnn.regression import points, polynomials, words
from symrnn.regression.cases import Case, Unsplit, cases, have_cases
from symrnn.regression.exponents import Quotient
from symrnn.regression.facts import zero_free
from symrnn.regression.forms import Condition, HasCases, Normal
from symrnn.regression.points import Exact, Point, Undefined, Unknown, Value
from symrnn.regression.polynomials import Gen, Poly, TooLarge
from symrnn.regression.trees import Tree, text

IN_PIECES = "one of them is in pieces"
FIRST, MORE = 12, 400  # points tried before and after the normal forms
Conditions = frozenset[Condition]


class Outcome(Enum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Comparison:
    """What was found. ``point``, ``golden`` and ``now``: where two differ and the values there; ``entry``: of a matrix.

    ``same_form``: the two are also written alike.
    """

    outcome: Outcome
    reason: str
    same_form: bool = False
    point: tuple[tuple[str, str], ...] = ()
    golden: str = ""
    now: str = ""
    entry: tuple[int, int] | None = None

    @property
    def message(self) -> str:
        """The finding in words."""
        where = f"entry {self.entry}: " if self.entry else ""
        if not self.golden:
            return where + self.reason
        at = ", ".join(f"{name} = {value}" for name, value in self.point) or "(no symbols)"
        return f"{where}{self.reason}\n  at      {at}\n  golden  {self.golden}\n  now     {self.now}"


def compare(golden: Tree, now: Tree) -> Comparison:
    """Compare a stored tree with one of today.

    >>> x, one = Tree("Symbol", "x"), Tree("Number", "1")
    >>> quotient = Tree("Mul", "", (x, Tree("Pow", "", (x, Tree("Number", "-1")))))
    >>> print(compare(one, quotient).message)
    the two differ
      at      x = 0
      golden  1
      now     undefined
    """
    if golden == now:
        return Comparison(Outcome.EQUAL, "the two are written alike", True)
    if golden.head != "Matrix" != now.head:
        return _compare(golden, now)
    if golden.head != now.head or golden.value != now.value:
        was, there = (
            f"a {t.value.replace(' ', ' x ')} matrix" if t.head == "Matrix" else "no matrix" for t in (golden, now)
        )
        return Comparison(Outcome.DIFFERENT, f"it was {was} and is {there}")
    return _worst(_entries(golden, now))


def _entries(golden: Tree, now: Tree) -> Iterator[Comparison]:
    """Each entry's comparison, up to the first that differs."""
    for i, (g, n) in enumerate(zip(golden.args, now.args, strict=True)):
        found = compare(g, n)
        yield replace(found, entry=(i // golden.shape[1] + 1, i % golden.shape[1] + 1))
        if found.outcome is Outcome.DIFFERENT:
            return


def _worst(found: Iterable[Comparison]) -> Comparison:
    each = list(found)
    for outcome in (Outcome.DIFFERENT, Outcome.UNDECIDED):
        for c in each:
            if c.outcome is outcome:
                return c
    return Comparison(Outcome.EQUAL, "every entry is proved equal", all(c.same_form for c in each))


def _compare(golden: Tree, now: Tree) -> Comparison:
    changed = _assumptions_changed(golden, now)
    if changed:
        return Comparison(Outcome.UNDECIDED, changed)
    with points.precision():
        seen = _Seen(golden, now)
        if not seen.look(points.candidates(seen.symbols, FIRST)):
            forms = _by_forms(golden, now)
            if not forms.reason:
                return Comparison(Outcome.EQUAL, "equal normal forms, defined at the same points")
            if have_cases(golden, now):
                forms, failing = _by_cases(golden, now, forms)
                if not forms.reason:
                    return Comparison(Outcome.EQUAL, "equal normal forms in every case, defined at the same points")
                if failing is not None and seen.look(failing.points(seen.symbols)):
                    return seen.difference
            where = _Where(forms.apart)
            found = seen.look(where(seen.symbols)) or seen.look(points.candidates(seen.symbols, MORE)) or _closer(seen)
            if not found:
                return _gap(forms) or Comparison(Outcome.UNDECIDED, f"{forms.reason}; {seen.evidence}")
        return seen.difference


def _closer(seen: _Seen) -> bool:
    """A second look at the first points, at a precision that shows very small differences."""
    with points.precision(points.PRECISION * 8):
        return seen.look(points.candidates(seen.symbols, FIRST))


def _assumptions_changed(golden: Tree, now: Tree) -> str:
    was, there = ({s.name: s.value for s in points.symbols(t)} for t in (golden, now))
    for name in sorted(set(was) & set(there)):
        if was[name] != there[name]:
            old, new = (" ".join(v.split(" ")[1:]) or "nothing" for v in (was[name], there[name]))
            return f"the assumptions on {name} have changed, from {old} to {new}: the two are about different things"
    return ""


# ---- by normal forms -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Forms:
    """Why two trees are not proved equal, empty if they are; the conditions under which each is defined.

    ``agree``: their values are proved equal wherever both are defined.
    """

    reason: str
    golden: Conditions = frozenset()
    now: Conditions = frozenset()
    agree: bool = False

    @property
    def apart(self) -> tuple[Poly, ...]:
        """What must not vanish for one of the two only."""
        return tuple(sorted((p for kind, p in self.golden ^ self.now if kind == "nonzero"), key=repr))  # type: ignore[misc]


def _by_cases(golden: Tree, now: Tree, plainly: _Forms) -> tuple[_Forms, Case | None]:
    """What is found in each case, or in the first in which the two are not proved equal."""
    try:
        for case in cases(golden, now):
            found = _by_forms(case.golden, case.now, case.zeros, case.nonzeros)
            if found.reason:
                where = f"where {case.name}: " if case.name else ""
                return _Forms(where + found.reason), case
    except (Unsplit, TooLarge) as error:
        return (plainly if plainly.reason != IN_PIECES else _Forms(str(error))), None
    return _Forms(""), None


def _by_forms(golden: Tree, now: Tree, zeros: Sequence[Poly] = (), nonzeros: Sequence[Poly] = ()) -> _Forms:
    """``zeros``, ``nonzeros``: polynomials that are 0, and that are not, wherever the trees are looked at."""
    exponents: list[Quotient] = []
    left, right = Normal(exponents), Normal(exponents)
    try:
        a, b = left.form(golden), right.form(now)
        difference = Normal(exponents).minus(a, b)
        first, second = _same_scale(left.conditions, right.conditions)
    except TooLarge as error:
        return _Forms(f"the normal forms are too large: {error}")
    except HasCases:
        return _Forms(IN_PIECES)
    never = ("nonzero", polynomials.ZERO)
    if never in first and never in second:
        return _Forms("")
    if never in first | second:
        return _Forms("one of them is nowhere defined", first, second)
    first, second = (_left(c, nonzeros) for c in (first, second))
    if difference.num and not any(polynomials.quotient(difference.num, p) is not None for p in zeros):
        reason = f"their difference has the normal form {words.form(difference)}, which is not shown to be 0"
        return _Forms(reason, first, second)
    told = "; ".join(sorted(words.condition(c) for c in first ^ second))
    reason = f"they agree wherever both are defined, but only one of them needs: {told}" if told else ""
    return _Forms(reason, first, second, True)


def _left(conditions: Conditions, nonzeros: Sequence[Poly]) -> Conditions:
    """The conditions that do not follow from something not being 0."""

    def follows(c: Condition) -> bool:
        return c[0] == "nonzero" and any(polynomials.quotient(p, c[1]) is not None for p in nonzeros)  # type: ignore[arg-type]

    return frozenset(c for c in conditions if not follows(c))


def _same_scale(a: set[Condition], b: set[Condition]) -> tuple[Conditions, Conditions]:
    """The conditions in common irreducible factors."""
    polys = [p for kind, p in a | b if kind == "nonzero"]
    scale = polynomials.scale_of(polys)  # type: ignore[arg-type]

    def split(conditions: set[Condition]) -> Conditions:
        found: set[Condition] = {c for c in conditions if c[0] != "nonzero" or not c[1]}
        for kind, p in conditions - found:
            parts = polynomials.factor(p, scale)  # type: ignore[arg-type]
            found |= {(kind, f) for f, _ in parts.factors if not zero_free(f)}
            found |= {(kind, polynomials.power_of(g)) for g, e in parts.content if e > 0}
        return frozenset(found)

    return split(a), split(b)


def _gap(forms: _Forms) -> Comparison | None:
    """A root of what one side alone must avoid, where the other side is defined: irreducible factors share no root."""
    every = forms.golden | forms.now
    if not forms.agree or any(kind != "nonzero" for kind, _ in every):
        return None
    symbols = {g for _, p in every for g in polynomials.gens(p)}  # type: ignore[arg-type]
    for p in forms.apart if len(symbols) == 1 else ():
        (g,) = symbols
        if g.kind == "symbol" and _has_root(p, g.data[2].split(" ")[1:]):
            point = ((str(g.data[0]), f"a root of {words.polynomial(p)}"),)
            was, there = ("undefined" if ("nonzero", p) in side else "defined" for side in (forms.golden, forms.now))
            return Comparison(Outcome.DIFFERENT, "the two differ", False, point, was, there)
    return None


def _has_root(p: Poly, assumptions: list[str]) -> bool:
    """Whether a polynomial in one symbol, not constant, certainly has a root that the assumptions allow."""
    if set(assumptions) <= {"complex", "finite"}:
        return True
    values = [sum(c * x ** int(m[0][1] if m else 0) for m, c in p) for x in map(Fraction, range(-50, 51))]
    return assumptions == ["real"] and min(values) < 0 < max(values)


@dataclass(frozen=True)
class _Where:
    """Zeros of polynomials that one side must avoid and the other need not, where they can be solved for a symbol."""

    polys: tuple[Poly, ...]

    def __call__(self, symbols: list[Tree]) -> Iterator[Point]:
        by_gen = {(s.name, s.value): s for s in symbols}
        for p in self.polys:
            kinds = {g.kind for g in polynomials.gens(p)}
            if kinds != {"symbol"}:
                continue
            for solved in sorted(polynomials.gens(p), key=lambda g: g.key):
                yield from self._solved(p, solved, by_gen[solved.data[0], solved.data[2]], symbols)

    def _solved(self, p: Poly, g: Gen, symbol: Tree, symbols: list[Tree]) -> Iterator[Point]:
        """Points with p = 0, for p = a g + b."""
        if any(dict(m).get(g, 0) not in (0, 1) for m, _ in p):
            return
        others = [s for s in symbols if s != symbol]
        for point in points.candidates(others, 40):
            a = _at([(m, c) for m, c in p if g in dict(m)], g, point)
            b = _at([(m, c) for m, c in p if g not in dict(m)], g, point)
            if a == points.ZERO:
                continue
            value = points._times(b, points._reciprocal((-a[0], -a[1])))
            if points.allowed(symbol, value):
                yield Point(point.symbols | {symbol.value: value})


def _at(terms: list[tuple[polynomials.Monomial, Fraction]], without: Gen, point: Point) -> Exact:
    total = points.ZERO
    for m, c in terms:
        value: Exact = (c, Fraction(0))
        for g, e in m:
            for _ in range(int(e) if g != without else 0):
                value = points._times(value, point.symbols[g.data[2]])
        total = (total[0] + value[0], total[1] + value[1])
    return total


# ---- by points -------------------------------------------------------------------------------------------------------


class _Seen:
    """What evaluation at points has shown so far."""

    def __init__(self, golden: Tree, now: Tree) -> None:
        self.sides = (golden, now)
        self.symbols = points.symbols(golden, now)
        self.tried = self.compared = self.undefined = 0
        self.gap = 0.0
        self.found: tuple[Point, tuple[Value | None, Value | None]] | None = None

    def look(self, where: Iterable[Point]) -> bool:
        """Try points until one shows a difference."""
        for point in where:
            self.tried += 1
            try:
                values = (self._value(0, point), self._value(1, point))
            except Unknown:
                continue
            if (values[0] is None) != (values[1] is None):
                self.found = (point, values)
                return True
            if values[0] is None:
                self.undefined += 1
            elif points.certainly_differ(*values):
                self.found = (point, values)
                return True
            else:
                self.compared += 1
                self.gap = max(self.gap, float(abs(points.ball(values[0]) - points.ball(values[1])).upper()))
        return False

    def _value(self, side: int, point: Point) -> Value | None:
        try:
            return points.evaluate(self.sides[side], point)
        except Undefined:
            return None

    @property
    def difference(self) -> Comparison:
        if self.found is None:
            raise ValueError("no difference was found")
        point, (golden, now) = self.found
        return Comparison(
            Outcome.DIFFERENT, "the two differ", False, tuple(point.items()), *points.told_apart(golden, now)
        )

    @property
    def evidence(self) -> str:
        if not self.compared:
            return f"at none of {self.tried} points could both be evaluated"
        gap = "exactly" if self.gap == 0 else f"to within {self.gap:.1e}"
        if not self.symbols:
            return f"their values agree, {gap}, which proves nothing"
        return f"at {self.compared} of {self.tried} points they agree, {gap}, which proves nothing"


__all__ = ["Comparison", "Outcome", "compare", "text"]
