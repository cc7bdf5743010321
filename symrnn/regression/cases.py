"""Expressions with cases: pieces, magnitudes, signs and extremes, decided for each sign of what they depend on.

``Max(0, x)`` is x where x > 0, and 0 elsewhere. Two expressions are equal if they are in every case that can occur;
the cases of a symbol are the points and intervals between the numbers it is compared with, those of anything else real
its being negative, zero and positive.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from fractions import Fraction

from symrnn.records import dataclass, replace
from symrnn.regression import polynomials as poly
from symrnn.regression import words
from symrnn.regression.facts import nonnegative, poly_is_real, satisfies, sign
from symrnn.regression.forms import Normal, is_real_form
from symrnn.regression.points import Point, allowed, candidates
from symrnn.regression.polynomials import Poly
from symrnn.regression.trees import RELATIONS, Tree, text, walk

MOST = 128  # cases looked at
TRIED = 60  # points of one case
NONZERO = 2  # the sign of what is not 0 and need not be real
SignOf = Callable[[Tree, bool], int | None]  # of a difference; whether both sides must be real
UNDEFINED = Tree("Pow", "", (Tree("Number", "0"), Tree("Number", "-1")))
HOLDS = {"Lt": (-1,), "Le": (-1, 0), "Eq": (0,), "Ge": (0, 1), "Gt": (1,), "Ne": (-1, 1, NONZERO)}
WORDS = {-1: "<", 0: "=", 1: ">", NONZERO: "!="}
SPLIT = frozenset(("Abs", "sign", "Heaviside", "Max", "Min", *RELATIONS))


class Unsplit(Exception):
    """Why there are no cases to look at."""


@dataclass(frozen=True)
class Range:
    """The numbers between two ends, one end if both are the same; None: no end. The ends belong to it or not."""

    low: Fraction | None = None
    high: Fraction | None = None
    with_low: bool = False
    with_high: bool = False

    def side(self, at: Fraction) -> set[int]:
        """The signs that x - ``at`` has for x in the range."""
        found = set()
        if self.low is None or self.low < at:
            found.add(-1)
        if self.high is None or self.high > at:
            found.add(1)
        above = self.low is None or self.low < at or (self.low == at and self.with_low)
        below = self.high is None or self.high > at or (self.high == at and self.with_high)
        return found | {0} if above and below else found

    def cut(self, at: Fraction, to: int) -> Range:
        """The part where x - ``at`` has the sign ``to``."""
        if to == 0:
            return Range(at, at, True, True)
        return replace(self, low=at, with_low=False) if to > 0 else replace(self, high=at, with_high=False)

    def nearest(self, x: Fraction) -> Fraction:
        """x, or a number in the range where x is not in it."""
        if self.low is not None and (x < self.low or (x == self.low and not self.with_low)):
            return self.low if self.with_low else self.low + 1 if self.high is None else (self.low + self.high) / 2
        if self.high is not None and (x > self.high or (x == self.high and not self.with_high)):
            return self.high if self.with_high else self.high - 1 if self.low is None else (self.low + self.high) / 2
        return x

    @property
    def assumption(self) -> str:
        """What is assumed of a symbol with values in the range, as far as there is a word for it."""
        if self.low is not None and self.low >= 0:
            return "nonnegative" if self.low == 0 and self.with_low else "positive"
        if self.high is not None and self.high <= 0:
            return "nonpositive" if self.high == 0 and self.with_high else "negative"
        return ""


EVERYWHERE = Range()
RANGES = {
    "positive": Range(low=Fraction(0)),
    "nonnegative": Range(low=Fraction(0), with_low=True),
    "negative": Range(high=Fraction(0)),
    "nonpositive": Range(high=Fraction(0), with_high=True),
}


@dataclass(frozen=True)
class Case:
    """Both expressions in one case. ``signs``: of polynomials, up to a positive factor; ``ranges``: of symbols."""

    golden: Tree
    now: Tree
    signs: Mapping[Poly, int] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @property
    def zeros(self) -> list[Poly]:
        return [p for p, s in self.signs.items() if s == 0]

    @property
    def nonzeros(self) -> list[Poly]:
        return [p for p, s in self.signs.items() if s != 0]

    @property
    def name(self) -> str:
        return ", ".join(self.told)

    def points(self, symbols: Sequence[Tree]) -> Iterator[Point]:
        """Points of the ranges."""
        for point in candidates(symbols, TRIED):
            changed = {}
            for s in symbols:
                re, im = point.symbols[s.value]
                changed[s.value] = (self.ranges[s.name].nearest(re), Fraction(0)) if s.name in self.ranges else (re, im)
            if all(allowed(s, changed[s.value]) for s in symbols):
                yield Point(changed)


def have_cases(*trees: Tree) -> bool:
    """Whether there is anything to split."""
    return any(n.head in SPLIT or n.head == "Piecewise" for t in trees for n in walk(t))


def cases(golden: Tree, now: Tree) -> Iterator[Case]:
    """Each case that can occur, with the expressions as they are there. Raises Unsplit where that cannot be said."""
    symbols = {n for t in (golden, now) for n in walk(t) if n.head == "Symbol"}
    if len({s.name for s in symbols}) < len(symbols):
        raise Unsplit("two symbols have the same name")
    todo, count = [Case(golden, now)], 0
    while todo:
        case = _resolved(todo.pop())
        split = _next(case)
        if split is not None:
            todo += list(split)[::-1]
            continue
        count += 1
        if count > MOST:
            raise Unsplit(f"there are more than {MOST} cases")
        yield case


# ---- one case --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Gap:
    """What is known of the sign of a difference; if nothing is, the first factor of it whose sign is to be found.

    ``symbol`` and ``root``: where that factor is symbol - root.
    """

    known: int | None
    real: bool = True
    factor: Poly = ()
    symbol: str = ""
    root: Fraction = Fraction(0)


def _gap(case: Case, t: Tree) -> _Gap | None:
    """The sign of a tree; None if it need not be defined, or has cases itself."""
    if have_cases(t):
        return None
    normal = Normal()
    f = normal.form(t)
    below = [(sign(p), n) for p, n in f.den]
    if normal.conditions or any(s is None for s, _ in below):
        return None
    real = is_real_form(f) and all(is_real_form(normal.form(a)) for a in (t.args if t.head == "Add" else ()))
    if not real:
        known = 0 if not f.num else case.signs.get(_monic(f.num)[0])
        return _Gap(known, False, _monic(f.num)[0] if f.num else ())
    return _of_product(case, f.num, math.prod(-1 for s, n in below if s == -1 and n % 2))


def _of_product(case: Case, p: Poly, s: int) -> _Gap:
    """The sign of s p, for s = 1 or -1, by the signs of its factors."""
    if not p:
        return _Gap(0)
    parts, unknown = poly.factor(p), list[Poly]()
    bases = [*((poly.power_of(g), e) for g, e in parts.content), *((f, Fraction(n)) for f, n in parts.factors)]
    if not all(poly_is_real(base) for base, _ in bases):  # what is real may have factors that are not: z conjugate(z)
        whole, own = _monic(p)
        return _Gap(s * own * case.signs[whole]) if whole in case.signs else _Gap(None, True, whole)
    s = s if parts.number > 0 else -s
    for base, e in bases:
        base, own = _monic(base)
        own = own if e % 2 else 1
        found = _sign(case, base)
        if found is None:
            unknown.append(base)
        elif found == 0:
            return _Gap(0)
        else:
            s *= own * (found if e % 2 else 1)
    if not unknown:
        return _Gap(s)
    exponent = _exponent(unknown[0])
    return _of_product(case, exponent, 1) if exponent else _Gap(None, True, unknown[0], *_alone(unknown[0]))


def _monic(p: Poly) -> tuple[Poly, int]:
    """p up to a positive number, with its last coefficient 1; and the sign of that number."""
    last = p[-1][1]
    return poly.scaled(p, 1 / last), 1 if last > 0 else -1


def _sign(case: Case, p: Poly) -> int | None:
    """The sign of a factor: the known one, or that of two known ones together."""
    s = case.signs.get(p, sign(p))
    if s is not None:
        return s
    symbol, root = _alone(p)
    possible = case.ranges.get(symbol, EVERYWHERE).side(root) if symbol else ()
    if len(possible) == 1:
        return next(iter(possible))
    exponent = _exponent(p)
    if exponent:
        return _of_product(case, exponent, 1).known
    return _of_sum(case, p)


def _exponent(p: Poly) -> Poly:
    """u where p = exp(u) - 1, which has the sign of u; else nothing."""
    if len(p) == 2 and {c for _, c in p} == {1, -1} and dict(p).get(()) == -1:
        (m,) = (m for m, _ in p if m)
        if len(m) == 1 and m[0][0].kind == "exp" and m[0][1] > 0 and not m[0][0].data[1]:
            return poly.scaled(m[0][0].data[0], m[0][1])
    return ()


def _of_sum(case: Case, p: Poly) -> int | None:
    """As x - z is positive where x - y and y - z are."""
    known = [(poly.scaled(q, s), True) for q, s in case.signs.items() if s in (-1, 1)]
    known += [(poly.scaled(q, by), False) for q, s in case.signs.items() if s == 0 for by in (-1, 1)]
    opposite = poly.scaled(p, -1)
    for (a, more), (b, also) in itertools.combinations(known, 2):
        total = poly.add(a, b)
        if total in (p, opposite):
            return 0 if not more and not also else 1 if total == p else -1
    return None


def _alone(p: Poly) -> tuple[str, Fraction]:
    """The real symbol x and the number r with p = x - r; no symbol if there are none."""
    first = [m for m, _ in p if m]
    if len(first) != 1 or len(first[0]) != 1 or first[0][0][1] != 1 or first[0][0][0].kind != "symbol":
        return "", Fraction(0)
    if dict(p)[first[0]] != 1 or not poly_is_real(p):
        return "", Fraction(0)
    return str(first[0][0][0].data[0]), -dict(p).get((), Fraction(0))


def _next(case: Case) -> Iterator[Case] | None:
    """The cases of the first thing that has some; None if there is none left."""
    for t in (case.golden, case.now):
        for g, ordered in _wanted(t):
            gap = _gap(case, g)
            if gap is not None and gap.known is None and (gap.real or not ordered):
                return _split(case, gap)
    for n in (n for t in (case.golden, case.now) for n in walk(t) if n.head == "Piecewise"):
        raise Unsplit(_why(case, n))
    return None


def _why(case: Case, piecewise: Tree) -> str:
    for g, ordered in _wanted(piecewise.args[1]):
        gap = _gap(case, g)
        if gap is not None and ordered and not gap.real:
            what = words.polynomial(gap.factor)
            return f"{what} is not known to be real, so its sign has no cases: declare its symbols real"
    return f"no cases are known of {text(piecewise.args[1])}"


def _wanted(t: Tree) -> Iterator[tuple[Tree, bool]]:
    """Differences whose signs matter, inner ones first, and whether they must be real; of pieces the next condition."""
    for a in t.args[1:2] if t.head == "Piecewise" else t.args:
        yield from _wanted(a)
    if t.head in ("Abs", "sign", "Heaviside"):
        yield t.args[0], True
    if t.head in RELATIONS:
        yield _minus(*t.args), t.head not in ("Eq", "Ne")
    if t.head in ("Max", "Min") and len(t.args) > 1:
        yield _minus(*t.args[:2]), True


def _minus(a: Tree, b: Tree) -> Tree:
    return Tree("Add", "", (a, _negative(b)))


def _negative(t: Tree) -> Tree:
    return Tree("Mul", "", (Tree("Number", "-1"), t))


def _split(case: Case, gap: _Gap) -> Iterator[Case]:
    """The case divided by the sign of what decides about a difference."""
    if gap.symbol:
        yield from _divided(case, gap)
        return
    possible = (0, NONZERO) if not gap.real else (0, 1) if nonnegative(gap.factor) else (-1, 0, 1)
    for s in possible:
        told = f"{words.polynomial(gap.factor)} {WORDS[s]} 0"
        yield replace(case, signs={**case.signs, gap.factor: s}, told=(*case.told, told))


def _divided(case: Case, gap: _Gap) -> Iterator[Case]:
    """The range of a symbol divided at a number: there it is that number, elsewhere what is known is assumed of it."""
    symbols = {n for t in (case.golden, case.now) for n in walk(t) if n.head == "Symbol" and n.name == gap.symbol}
    assumed = [RANGES[a] for s in symbols for a in sorted(s.assumptions) if a in RANGES and s.assumptions[a]]
    old = case.ranges.get(gap.symbol, assumed[0] if assumed else EVERYWHERE)
    for s in sorted(old.side(gap.root)):
        new = old.cut(gap.root, s)
        at = Tree("Number", str(gap.root))
        if s == 0 and not all(_may_be(x, gap.root) for x in symbols):
            continue

        def changed(t: Tree, s: int = s, new: Range = new, at: Tree = at) -> Tree:
            if t in symbols:
                return at if s == 0 else _assumed(t, new.assumption)
            return replace(t, args=tuple(map(changed, t.args))) if t.args else t

        yield replace(
            case,
            golden=changed(case.golden),
            now=changed(case.now),
            ranges={**case.ranges, gap.symbol: new},
            told=(*case.told, f"{gap.symbol} { ({-1: '<', 0: '=', 1: '>'}[s]) } {gap.root}"),
        )


def _may_be(symbol: Tree, value: Fraction) -> bool:
    return all(satisfies((value, Fraction(0)), a) == wanted for a, wanted in symbol.assumptions.items())


def _assumed(symbol: Tree, word: str) -> Tree:
    """The symbol with one more assumption."""
    words = symbol.value.split(" ")[1:]
    return Tree("Symbol", " ".join([symbol.name, *sorted({*words, word})])) if word else symbol


# ---- what the signs say ----------------------------------------------------------------------------------------------


def _resolved(case: Case) -> Case:
    """The case with everything replaced whose sign is known."""

    def sign_of(t: Tree, ordered: bool) -> int | None:
        gap = _gap(case, t)
        return None if gap is None or (ordered and not gap.real) else gap.known

    return replace(case, golden=_simpler(case.golden, sign_of), now=_simpler(case.now, sign_of))


def _simpler(t: Tree, sign_of: SignOf) -> Tree:
    if t.head == "Piecewise":
        return _piece(t, sign_of)
    t = replace(t, args=tuple(_simpler(a, sign_of) for a in t.args)) if t.args else t
    if t.head in ("Abs", "sign", "Heaviside"):
        return _of_sign(t, sign_of(t.args[0], False))
    if t.head in ("Max", "Min"):
        return _extreme(t, sign_of)
    return t


def _of_sign(t: Tree, s: int | None) -> Tree:
    if s is None or s == NONZERO:
        return t
    if t.head == "Abs":
        return Tree("Number", "0") if s == 0 else t.args[0] if s > 0 else _negative(t.args[0])
    return Tree("Number", str(s) if t.head == "sign" else ("0", "1/2", "1")[s + 1])


def _extreme(t: Tree, sign_of: SignOf) -> Tree:
    args = list(t.args)
    while len(args) > 1:
        s = sign_of(_minus(args[0], args[1]), True)
        if s is None:
            return Tree(t.head, "", tuple(args))
        args[:2] = [args[0] if (s >= 0) == (t.head == "Max") else args[1]]
    return args[0] if len(t.args) > 1 else t


def _piece(t: Tree, sign_of: SignOf) -> Tree:
    """The piece whose condition is the first that holds, or those that are left."""
    left: list[Tree] = []
    for value, condition in zip(t.args[::2], t.args[1::2], strict=True):
        condition = _condition(condition, sign_of)
        if condition.head == "False":
            continue
        left += [value, condition]
        if condition.head == "True":
            break
    if not left:
        return UNDEFINED
    return _simpler(left[0], sign_of) if left[1].head == "True" else Tree("Piecewise", "", tuple(left))


def _condition(t: Tree, sign_of: SignOf) -> Tree:
    if t.head in RELATIONS:
        t = replace(t, args=tuple(_simpler(a, sign_of) for a in t.args))
        s = sign_of(_minus(*t.args), t.head not in ("Eq", "Ne"))  # what is not real has no order
        return t if s is None else _truth(s in HOLDS[t.head])
    args = [_condition(a, sign_of) for a in t.args]
    if t.head == "Not":
        return _truth(args[0].head == "False") if args[0].head in ("True", "False") else Tree("Not", "", tuple(args))
    if t.head in ("And", "Or"):
        neutral, absorbing = ("True", "False") if t.head == "And" else ("False", "True")
        rest = tuple(a for a in args if a.head != neutral)
        if not rest or any(a.head == absorbing for a in rest):
            return Tree(absorbing if rest else neutral)
        return rest[0] if len(rest) == 1 else Tree(t.head, "", rest)
    return t


def _truth(value: bool) -> Tree:
    return Tree("True" if value else "False")
