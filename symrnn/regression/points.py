"""A tree at a point: exactly, or in balls that certainly contain the value, or proved to be undefined there.

A value is a pair of fractions (real and imaginary part) or a ball of python-flint. Everything is complex, with
principal branches, as in SymPy. What cannot be told apart from a singularity raises ``Unknown``: evidence of nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symrnn.regression.facts import satisfies
from symrnn.regression.trees import Tree, walk

PRECISION = 256  # bits
LARGEST_EXACT = 64  # exponents beyond are evaluated in balls
Exact = tuple[Fraction, Fraction]
Value = Any  # Exact, or a flint.acb
ZERO: Exact = (Fraction(0), Fraction(0))
ONE: Exact = (Fraction(1), Fraction(0))


class Undefined(Exception):
    """The expression certainly has no value at the point."""


class Unknown(Exception):
    """Whether there is a value, or which, could not be found out at this precision."""


@dataclass
class Point:
    """Values of symbols, and of undefined functions at the arguments they were asked for."""

    symbols: dict[str, Exact]
    functions: dict[tuple[str, tuple[Exact, ...]], Exact] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, str]]:
        """Names and values as text."""
        for symbol, value in self.symbols.items():
            yield symbol.split(" ")[0], shown(value)
        for (name, args), value in self.functions.items():
            yield f"{name}({', '.join(map(shown, args))})", shown(value)


@contextlib.contextmanager
def precision(bits: int = PRECISION) -> Iterator[None]:
    """Balls of this precision inside; what was set before, afterwards."""
    import flint

    context: Any = flint.ctx
    before = context.prec
    context.prec = bits
    try:
        yield
    finally:
        context.prec = before


# ---- evaluation ------------------------------------------------------------------------------------------------------


def evaluate(t: Tree, at: Point) -> Value:
    """The value of a tree at a point. Raises Undefined or Unknown; the former if any part is certainly undefined.

    Of pieces only what decides, and is chosen, is a part.
    """
    if t.head == "Piecewise":
        return _chosen(t, at)
    args, unknown = [], None
    for a in t.args:
        try:
            args.append(evaluate(a, at))
        except Unknown as error:
            unknown = error
    if unknown is not None:  # only now: an undefined part anywhere settles it
        raise unknown
    rule = _RULES.get(t.head)
    if rule is not None:
        return _finite(rule(*args))
    if t.head == "Number":
        return (t.number, Fraction(0))
    if t.head == "Symbol":
        return at.symbols[t.value]
    if t.head == "Constant":
        return _constant(t.value)
    return _applied(t, args, at)


def _chosen(t: Tree, at: Point) -> Value:
    """The value of the first piece whose condition holds."""
    for value, condition in zip(t.args[::2], t.args[1::2], strict=True):
        if _holds(condition, at):
            return evaluate(value, at)
    raise Undefined("no condition holds")


def _holds(t: Tree, at: Point) -> bool:
    if t.head in ("True", "False"):
        return t.head == "True"
    if t.head == "Not":
        return not _holds(t.args[0], at)
    if t.head in ("And", "Or"):
        return _together(t, at)
    a, b = (evaluate(x, at) for x in t.args)
    if t.head in ("Eq", "Ne"):
        if certainly_differ(a, b):
            return t.head == "Ne"
        if not _both_exact(a, b):
            raise Unknown("values too close to compare")
        return t.head == "Eq"
    x, y = (a[0], b[0]) if _both_exact(a, b) else (ball(a).real, ball(b).real)
    _real(a), _real(b)
    if not _both_exact(a, b) and not (x < y or x > y):
        raise Unknown("values too close to compare")
    return bool({"Lt": x < y, "Le": x <= y, "Ge": x >= y, "Gt": x > y}[t.head])


def _together(t: Tree, at: Point) -> bool:
    """A conjunction or disjunction: one member may decide it, whatever the others are, as in SymPy."""
    decisive, undefined, unknown = t.head == "Or", None, None
    for a in t.args:
        try:
            if _holds(a, at) == decisive:
                return decisive
        except Undefined as error:
            undefined = error
        except Unknown as error:
            unknown = error
    if unknown is not None or undefined is not None:
        raise unknown or undefined  # type: ignore[misc]
    return not decisive


def _constant(name: str) -> Value:
    import flint

    if name == "I":
        return (Fraction(0), Fraction(1))
    arb: Any = flint.arb
    return flint.acb(arb.pi()) if name == "pi" else flint.acb(1).exp()


def _applied(t: Tree, args: Sequence[Value], at: Point) -> Value:
    """An undefined function may have any value; it is chosen when first asked for."""
    if t.head != "Function" or not all(isinstance(a, tuple) for a in args):
        raise Unknown(f"{t.line} has no value to work with")
    chosen = (Fraction(2 * len(at.functions) + 3, 7), Fraction(0))
    return at.functions.setdefault((t.name, tuple(args)), chosen)


def ball(v: Value) -> Any:
    """A value as a ball."""
    import flint

    if not isinstance(v, tuple):
        return v
    re, im = (flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in v)
    return flint.acb(re, im)


def _finite(v: Value) -> Value:
    if not isinstance(v, tuple) and not v.is_finite():
        raise Unknown("no finite enclosure")
    return v


def _nonzero_ball(v: Value) -> Any:
    b = ball(v)
    if b.contains(0):
        raise Unknown("an enclosure contains 0")
    return b


def _add(*values: Value) -> Value:
    if all(isinstance(v, tuple) for v in values):
        return (sum((v[0] for v in values), Fraction(0)), sum((v[1] for v in values), Fraction(0)))
    return sum(map(ball, values))


def _times(a: Exact, b: Exact) -> Exact:
    return (a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0])


def _mul(*values: Value) -> Value:
    if all(isinstance(v, tuple) for v in values):
        made = ONE
        for v in values:
            made = _times(made, v)
        return made
    return math.prod(map(ball, values))


def _reciprocal(v: Exact) -> Exact:
    size = v[0] ** 2 + v[1] ** 2
    return (v[0] / size, -v[1] / size)


def _pow(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, tuple) and exponent[1] == 0 and exponent[0].denominator == 1:
        return _integer_pow(base, int(exponent[0]))
    if base == ZERO:
        return _zero_to(exponent)
    if isinstance(base, tuple) and isinstance(exponent, tuple) and base[1] == exponent[1] == 0 < base[0]:
        exact = _root(base[0], exponent[0])
        if exact is not None:
            return (exact, Fraction(0))
    return (ball(exponent) * _nonzero_ball(base).log()).exp()


def _integer_pow(base: Value, n: int) -> Value:
    if n == 0:
        return ONE
    if base == ZERO and n < 0:
        raise Undefined("0 to a negative power")
    if isinstance(base, tuple) and abs(n) <= LARGEST_EXACT:
        base = _reciprocal(base) if n < 0 else base
        return _mul(*[base] * abs(n))
    b = ball(base) if n > 0 else 1 / _nonzero_ball(base)
    return b ** abs(n)


def _zero_to(exponent: Value) -> Value:
    """0 to a power that is no integer."""
    re = exponent[0] if isinstance(exponent, tuple) else exponent.real
    if re > 0:
        return ZERO
    if re < 0:
        raise Undefined("0 to a negative power")
    raise Unknown("0 to a power that may be imaginary")


def _root(base: Fraction, q: Fraction) -> Fraction | None:
    """base^q where that is rational and the exponent is small."""
    if q.denominator > 4 or abs(q.numerator) > LARGEST_EXACT:
        return None
    parts = [_integer_root(x, q.denominator) for x in (base.numerator, base.denominator)]
    if None in parts:
        return None
    return Fraction(*parts) ** q.numerator  # type: ignore[arg-type]


def _integer_root(x: int, n: int) -> int | None:
    near = math.isqrt(x) if n == 2 else math.isqrt(math.isqrt(x)) if n == 4 else _cube_root(x)
    return near if near**n == x else None


def _cube_root(x: int) -> int:
    """The cube root of a natural number, rounded down."""
    low, high = 0, 1 << (x.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= x else (low, middle - 1)
    return low


def _exp(v: Value) -> Value:
    return ONE if v == ZERO else ball(v).exp()


def _log(v: Value) -> Value:
    if v == ZERO:
        raise Undefined("the logarithm of 0")
    return ZERO if v == ONE else _nonzero_ball(v).log()


def _entire(name: str, at_zero: Exact) -> Callable[[Value], Value]:
    return lambda v: at_zero if v == ZERO else getattr(ball(v), name)()


def _ratio(up: str, down: str) -> Callable[[Value], Value]:
    return lambda v: ZERO if v == ZERO else getattr(ball(v), up)() / _nonzero_ball(getattr(ball(v), down)())


def _real(v: Value) -> Any:
    """A real value as a fraction or real ball; Unknown if it is not certainly real."""
    real, imag = v if isinstance(v, tuple) else (v.real, v.imag)
    if imag != 0:
        raise Unknown("not known to be real")
    return real


def _abs(v: Value) -> Value:
    import flint

    if isinstance(v, tuple) and v[1] == 0:
        return (abs(v[0]), Fraction(0))
    return flint.acb(abs(ball(v)))


def _sign(v: Value) -> Value:
    if v == ZERO:
        return ZERO
    if isinstance(v, tuple) and v[1] == 0:
        return ONE if v[0] > 0 else (Fraction(-1), Fraction(0))
    return _nonzero_ball(v) / ball(_abs(v))


def _heaviside(v: Value) -> Value:
    x = _real(v)
    if x > 0:
        return ONE
    if x < 0:
        return ZERO
    if isinstance(v, tuple):
        return (Fraction(1, 2), Fraction(0))
    raise Unknown("Heaviside near 0")


def _extreme(largest: bool) -> Callable[..., Value]:
    def choose(*values: Value) -> Value:
        best = values[0]
        for v in values[1:]:
            a, b = (ball(x).real for x in (best, v)) if not _both_exact(best, v) else (best[0], v[0])
            _real(best), _real(v)
            if not (a >= b or a <= b):
                raise Unknown("values too close to compare")
            best = best if (a >= b) == largest or a == b else v
        _real(best)
        return best

    return choose


def _both_exact(a: Value, b: Value) -> bool:
    return isinstance(a, tuple) and isinstance(b, tuple)


def _part(which: int) -> Callable[[Value], Value]:
    def take(v: Value) -> Value:
        import flint

        if isinstance(v, tuple):
            return (v[which], Fraction(0))
        return flint.acb(v.imag if which else v.real)

    return take


def _conjugate(v: Value) -> Value:
    import flint

    return (v[0], -v[1]) if isinstance(v, tuple) else flint.acb(v.real, -v.imag)


_RULES: dict[str, Callable[..., Value]] = {
    "Add": _add,
    "Mul": _mul,
    "Pow": _pow,
    "exp": _exp,
    "log": _log,
    "sin": _entire("sin", ZERO),
    "cos": _entire("cos", ONE),
    "sinh": _entire("sinh", ZERO),
    "cosh": _entire("cosh", ONE),
    "erf": _entire("erf", ZERO),
    "tan": _ratio("sin", "cos"),
    "tanh": _ratio("sinh", "cosh"),
    "Abs": _abs,
    "sign": _sign,
    "Heaviside": _heaviside,
    "Max": _extreme(True),
    "Min": _extreme(False),
    "re": _part(0),
    "im": _part(1),
    "conjugate": _conjugate,
}


def certainly_differ(a: Value, b: Value) -> bool:
    """Whether two values are proved to be different."""
    if _both_exact(a, b):
        return bool(a != b)
    return not (ball(a) - ball(b)).contains(0)


def told_apart(a: Value | None, b: Value | None) -> tuple[str, str]:
    """Two different values as text, with as many digits as it takes to see that they differ."""
    for digits in (15, 30, 60, 120, 600):
        texts = shown(a, digits), shown(b, digits)
        if texts[0] != texts[1]:
            break
    return texts


def shown(v: Value | None, digits: int = 15) -> str:
    """A value as text: exact, or digits that are certain; None is shown as undefined."""
    if v is None:
        return "undefined"
    if isinstance(v, tuple):
        re, im = v
        if im == 0:
            return str(re)
        size = "" if abs(im) == 1 else f"{abs(im)}*"
        head = f"{re} {'-' if im < 0 else '+'} " if re else "-" if im < 0 else ""
        return f"{head}{size}I"
    real, imag = (x.str(digits, radius=False) for x in (v.real, v.imag))
    return real if v.imag == 0 else f"{real} + {imag}*I"


# ---- where to look ---------------------------------------------------------------------------------------------------

_REALS = [Fraction(x) for x in ("2", "-1", "0", "1", "1/2", "-2", "3", "-1/2", "1/3", "-3", "5", "7/4")]
POOL: list[Exact] = [
    *((x, Fraction(0)) for x in _REALS[:6]),
    *((Fraction(a), Fraction(b)) for a, b in ((0, 1), (-1, 1), (0, -1), (1, 4))),
    *((x, Fraction(0)) for x in _REALS[6:]),
]


def symbols(*trees: Tree) -> list[Tree]:
    """The symbols of trees, sorted."""
    return sorted({n for t in trees for n in walk(t) if n.head == "Symbol"}, key=lambda s: s.value)


def allowed(symbol: Tree, value: Exact) -> bool:
    return all(satisfies(value, a) == wanted for a, wanted in symbol.assumptions.items())


def candidates(those: Sequence[Tree], most: int) -> Iterator[Point]:
    """Points that meet the assumptions: equal values first, then small combinations, then seeded random ones."""
    pools = [[v for v in POOL if allowed(s, v)] for s in those]
    if any(not pool for pool in pools):
        return
    given = itertools.chain(_diagonal(pools), _small(pools), _random(pools))
    for values in itertools.islice(_distinct(given), most):
        yield Point({s.value: v for s, v in zip(those, values, strict=True)})


def _diagonal(pools: Sequence[Sequence[Exact]]) -> Iterator[tuple[Exact, ...]]:
    for i in range(max(map(len, pools), default=1)):
        yield tuple(pool[min(i, len(pool) - 1)] for pool in pools)


def _small(pools: Sequence[Sequence[Exact]]) -> Iterable[tuple[Exact, ...]]:
    width = 6 if len(pools) <= 2 else 3 if len(pools) <= 4 else 0
    return itertools.product(*(pool[:width] for pool in pools))


def _random(pools: Sequence[Sequence[Exact]]) -> Iterator[tuple[Exact, ...]]:
    drawn = random.Random(0)
    for _ in range(1000):
        yield tuple(drawn.choice(pool) for pool in pools)


def _distinct(given: Iterable[tuple[Exact, ...]]) -> Iterator[tuple[Exact, ...]]:
    seen: set[tuple[Exact, ...]] = set()
    for values in given:
        if values not in seen:
            seen.add(values)
            yield values


__all__ = [
    "Point",
    "Undefined",
    "Unknown",
    "candidates",
    "certainly_differ",
    "evaluate",
    "precision",
    "shown",
    "symbols",
]
