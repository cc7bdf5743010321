"""An independent evaluator of expression trees, by mpmath at 120 digits, and random trees with doubtful rewritings.

Used to catch a false EQUAL: it shares nothing with ``symrnn.regression`` but the tree type.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from symrnn.regression.trees import Tree

CONTEXT = mpmath.mp.clone()
CONTEXT.dps = 120
TINY = CONTEXT.mpf(10) ** -80
NOISE = CONTEXT.mpf(10) ** -100


class NoValue(Exception):
    """Undefined, or too close to it to tell."""


def value(t: Tree, at: Mapping[str, Any]) -> Any:
    """The value of a tree where symbols have these values; NoValue where it has none."""
    if t.head == "Piecewise":
        for piece, condition in zip(t.args[::2], t.args[1::2], strict=True):
            if holds(condition, at):
                return value(piece, at)
        raise NoValue
    args = [value(a, at) for a in t.args]
    if t.head == "Number":
        return CONTEXT.mpc(CONTEXT.mpf(t.number.numerator) / t.number.denominator)
    if t.head == "Symbol":
        return CONTEXT.mpc(at[t.value])
    if t.head == "Constant":
        return CONTEXT.mpc({"pi": CONTEXT.pi, "E": CONTEXT.e, "I": CONTEXT.j}[t.value])
    return _snapped(RULES[t.head](*args))


def holds(t: Tree, at: Mapping[str, Any]) -> bool:
    """Whether a condition holds; NoValue where that is too close to tell, or has no meaning."""
    if t.head in ("True", "False"):
        return t.head == "True"
    if t.head == "Not":
        return not holds(t.args[0], at)
    if t.head in ("And", "Or"):
        found = [holds(a, at) for a in t.args]
        return all(found) if t.head == "And" else any(found)
    gap = value(t.args[0], at) - value(t.args[1], at)
    near = abs(gap) < TINY
    if t.head in ("Eq", "Ne"):
        return near == (t.head == "Eq")
    x = 0 if near else _real(gap)
    return bool({"Lt": x < 0, "Le": x <= 0, "Ge": x >= 0, "Gt": x > 0}[t.head])


def _snapped(x: Any) -> Any:
    """Without the rounding noise in a part that is 0: it would choose the side of a branch cut."""
    if abs(x.imag) < NOISE * abs(x):
        return CONTEXT.mpc(x.real)
    return CONTEXT.mpc(0, x.imag) if abs(x.real) < NOISE * abs(x) else x


def _pow(base: Any, exponent: Any) -> Any:
    whole = int(exponent.real) if abs(exponent.real) < 100 else 0
    if exponent == whole and (abs(base) > TINY or whole >= 0):  # exactly, where the base may lie on a branch cut
        return CONTEXT.fprod([base] * whole) if whole >= 0 else 1 / CONTEXT.fprod([base] * -whole)
    if abs(base) < TINY:
        if abs(exponent) < TINY:
            return CONTEXT.mpc(1)
        if exponent.real > TINY:
            return CONTEXT.mpc(0)
        raise NoValue
    if abs(exponent.real) * abs(CONTEXT.log(abs(base))) > 1e4:
        raise OverflowError
    return CONTEXT.exp(exponent * CONTEXT.log(base))


def _log(x: Any) -> Any:
    if abs(x) < TINY:
        raise NoValue
    return CONTEXT.log(x)


def _exp(x: Any) -> Any:
    if abs(x.real) > 1e4:
        raise OverflowError
    return CONTEXT.exp(x)


def _over(up: Callable[[Any], Any], down: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def quotient(x: Any) -> Any:
        if abs(x.real) > 1e3 or abs(x.imag) > 1e3:
            raise OverflowError
        below = down(x)
        if abs(below) < TINY:
            raise NoValue
        return up(x) / below

    return quotient


def _one(x: Any) -> Any:
    return CONTEXT.mpc(1)


def _real(x: Any) -> Any:
    if x.imag != 0:
        raise NoValue
    return x.real


RULES: dict[str, Callable[..., Any]] = {
    "Add": lambda *a: CONTEXT.fsum(a),
    "Mul": lambda *a: CONTEXT.fprod(a),
    "Pow": _pow,
    "exp": _exp,
    "log": _log,
    "sin": _over(CONTEXT.sin, _one),
    "cos": _over(CONTEXT.cos, _one),
    "tan": _over(CONTEXT.sin, CONTEXT.cos),
    "sinh": _over(CONTEXT.sinh, _one),
    "cosh": _over(CONTEXT.cosh, _one),
    "tanh": _over(CONTEXT.sinh, CONTEXT.cosh),
    "Abs": lambda x: CONTEXT.mpc(abs(x)),
    "re": lambda x: CONTEXT.mpc(x.real),
    "im": lambda x: CONTEXT.mpc(x.imag),
    "conjugate": CONTEXT.conj,
    "erf": lambda x: CONTEXT.erf(x),
    "Heaviside": lambda x: CONTEXT.mpc(0.5 if abs(x) < TINY else _real(x) > 0),
    "sign": lambda x: x / abs(x) if abs(x) > TINY else CONTEXT.mpc(0),
    "Max": lambda *a: CONTEXT.mpc(max(map(_real, a))),
    "Min": lambda *a: CONTEXT.mpc(min(map(_real, a))),
}


def agree(one: Tree, other: Tree, at: Mapping[str, Any]) -> None:
    """Raises AssertionError unless both trees have the same value at a point, or neither has one."""
    values: list[Any] = []
    for t in (one, other):
        try:
            values.append(value(t, at))
        except (NoValue, ZeroDivisionError):
            values.append(None)
        except OverflowError:
            return
    left, right = values
    assert (left is None) == (right is None), (one, other, at)
    assert left is None or abs(left - right) < CONTEXT.mpf(10) ** -25 * (1 + abs(left)), (one, other, at, left, right)


# ---- random trees ----------------------------------------------------------------------------------------------------

VALUES = {
    "": ["0", "1", "-1", "2", "-2", "0.5", "-0.7", "1j", "-1j", "1+1j", "-1+2j", "-1-0.3j", "2.3-1.7j", "-3"],
    "real": ["0", "1", "-1", "2", "-2", "0.5", "-0.7", "3.1", "-2.9"],
    "positive": ["1", "2", "0.5", "3.1", "0.01", "7"],
    "nonnegative": ["0", "1", "2", "0.5", "3.1"],
    "nonzero": ["1", "-1", "2", "-0.5", "3.1"],
    "negative": ["-1", "-2", "-0.5", "-3.1"],
}
KINDS = list(VALUES)


KINDS_OF_NODE = ["Add", "Add", "Mul", "Mul", "Pow", "Pow", "root", "exp", "log", "tanh", "Abs", "sin", "cosh"]


def number(x: int | Fraction) -> Tree:
    return Tree("Number", str(x))


def random_tree(drawn: random.Random, symbols: list[Tree], depth: int) -> Tree:
    if depth == 0 or drawn.random() < 0.15:
        return drawn.choice([*symbols, *symbols, *map(number, (1, 2, -1, 3, Fraction(1, 2))), Tree("Constant", "I")])

    def below() -> Tree:
        return random_tree(drawn, symbols, depth - 1)

    kind = drawn.choice([*KINDS_OF_NODE, *(["power", "Max", "Min", "sign"] if drawn.random() < 0.3 else [])])
    if kind in ("Add", "Mul"):
        return Tree(kind, "", (below(), below()))
    if kind == "Pow":
        return Tree("Pow", "", (below(), number(drawn.choice([2, -1, -2, 3]))))
    if kind == "power":
        return Tree("Pow", "", (below(), below()))
    if kind in ("Max", "Min"):
        return Tree(kind, "", (below(), below()))
    if kind == "root":
        return Tree("Pow", "", (below(), number(drawn.choice([Fraction(1, 2), Fraction(-1, 2), Fraction(1, 3)]))))
    return Tree(kind, "", (below(),))


def rewritten(drawn: random.Random, t: Tree) -> Tree:
    """The tree with some of the rewritings below, right or wrong, at random places."""
    t = Tree(t.head, t.value, tuple(rewritten(drawn, a) for a in t.args))
    found = [new for rule in REWRITINGS for new in rule(t)]
    return drawn.choice(found) if found and drawn.random() < 0.6 else t


def _powers(t: Tree) -> Iterator[Tree]:
    """(ab)^q = a^q b^q; (a^p)^q = a^(pq); a^1 = a."""
    if t.head != "Pow" or t.args[1].head != "Number":
        return
    base, q = t.args
    if base.head == "Mul":
        yield Tree("Mul", "", tuple(Tree("Pow", "", (b, q)) for b in base.args))
    if base.head == "Pow" and base.args[1].head == "Number":
        yield Tree("Pow", "", (base.args[0], number(base.args[1].number * q.number)))
    if q.number == 1:
        yield base
    if q.number.denominator == 1 and q.number > 0:
        yield Tree("Mul", "", (base,) * int(q.number))


def _products(t: Tree) -> Iterator[Tree]:
    """a (b + c) = ab + ac; a^p a^q = a^(p+q); e^a e^b = e^(a+b); a/a = 1; reversal."""
    if t.head not in ("Mul", "Add") or len(t.args) != 2:
        return
    a, b = t.args
    yield Tree(t.head, "", (b, a))
    if t.head == "Mul" and b.head == "Add":
        yield Tree("Add", "", tuple(Tree("Mul", "", (a, c)) for c in b.args))
    if t.head == "Mul" and a.head == b.head == "exp":
        yield Tree("exp", "", (Tree("Add", "", (a.args[0], b.args[0])),))
    if t.head == "Mul" and b.head == "Pow" and b.args[0] == a and b.args[1].head == "Number":
        yield Tree("Pow", "", (a, number(b.args[1].number + 1)))
    if t.head == "Mul" and b == Tree("Pow", "", (a, number(-1))):
        yield number(1)
    if a.head == b.head == "log" and t.head == "Add":
        yield Tree("log", "", (Tree("Mul", "", (a.args[0], b.args[0])),))


def _functions(t: Tree) -> Iterator[Tree]:
    """log(ab) = log a + log b; log(a^q) = q log a; log(e^a) = a; e^log a = a; |a| = a, (a^2)^(1/2); tanh by exp; ..."""
    (a, *_) = t.args or (t,)
    if t.head == "log" and a.head == "Mul":
        yield Tree("Add", "", tuple(Tree("log", "", (b,)) for b in a.args))
    if t.head == "log" and a.head == "Pow":
        yield Tree("Mul", "", (a.args[1], Tree("log", "", (a.args[0],))))
    if (t.head, a.head) in (("log", "exp"), ("exp", "log")):
        yield a.args[0]
    if t.head == "exp" and a.head == "Add":
        yield Tree("Mul", "", tuple(Tree("exp", "", (b,)) for b in a.args))
    if t.head == "Abs":
        yield a
        yield pieces(a, Tree("Mul", "", (number(-1), a)), Tree("Gt", "", (a, number(0))))
        yield Tree("Pow", "", (Tree("Pow", "", (a, number(2))), number(Fraction(1, 2))))
    if t.head in ("Max", "Min"):
        size = Tree("Abs", "", (Tree("Add", "", (a, Tree("Mul", "", (number(-1), t.args[1])))),))
        signed = size if t.head == "Max" else Tree("Mul", "", (number(-1), size))
        yield Tree("Mul", "", (number(Fraction(1, 2)), Tree("Add", "", (*t.args, signed))))
        yield Tree(t.head, "", t.args[::-1])
        yield pieces(*t.args, Tree("Ge" if t.head == "Max" else "Le", "", t.args))
        yield pieces(*t.args, Tree("Gt", "", t.args))
    if t.head == "Pow" and t.args[1].head != "Number":
        yield Tree("exp", "", (Tree("Mul", "", (t.args[1], Tree("log", "", (a,)))),))
    if t.head == "Abs" and a.head == "Mul":
        yield Tree("Mul", "", tuple(Tree("Abs", "", (b,)) for b in a.args))
    if t.head == "tanh":
        twice = Tree("exp", "", (Tree("Mul", "", (number(2), a)),))
        below = Tree("Pow", "", (Tree("Add", "", (twice, number(1))), number(-1)))
        yield Tree("Mul", "", (Tree("Add", "", (twice, number(-1))), below))
    if t.head in ("cosh", "sin"):
        yield Tree(t.head, "", (Tree("Mul", "", (number(-1), a)),))


def pieces(one: Tree, other: Tree, condition: Tree) -> Tree:
    """``one`` where a condition holds, ``other`` elsewhere."""
    return Tree("Piecewise", "", (one, condition, other, Tree("True")))


OPPOSITE = {"Lt": "Ge", "Le": "Gt", "Eq": "Ne", "Ge": "Lt", "Gt": "Le", "Ne": "Eq"}
NEARLY = {"Lt": "Le", "Le": "Lt", "Ge": "Gt", "Gt": "Ge", "Eq": "Le", "Ne": "Lt"}


def _pieces(t: Tree) -> Iterator[Tree]:
    """The pieces the other way round; conditions nearly the same; |a|, sign and Heaviside as pieces."""
    if t.head == "Piecewise" and len(t.args) == 4 and t.args[1].head in OPPOSITE:
        one, c, other, _ = t.args
        yield pieces(other, one, Tree(OPPOSITE[c.head], "", c.args))
        yield pieces(one, other, Tree(NEARLY[c.head], "", c.args))
        if c.head in ("Gt", "Ge") and (one, other) == c.args:
            yield Tree("Max", "", c.args)
    if t.head in ("sign", "Heaviside"):
        (a,) = t.args
        low, middle = ("-1", "0") if t.head == "sign" else ("0", "1/2")
        below, there = (Tree(head, "", (a, number(0))) for head in ("Lt", "Eq"))
        yield Tree(
            "Piecewise", "", (Tree("Number", low), below, Tree("Number", middle), there, number(1), Tree("True"))
        )
        yield pieces(number(1), Tree("Number", low), Tree("Gt", "", (a, number(0))))


def random_pieces(drawn: random.Random, symbols: list[Tree], depth: int) -> Tree:
    """A random expression with cases, of real symbols."""
    if depth == 0:
        return drawn.choice([*symbols, number(drawn.choice([0, 1, -1, 2])), Tree("Mul", "", (number(-1), symbols[0]))])

    def below() -> Tree:
        return random_pieces(drawn, symbols, depth - 1)

    kind = drawn.choice(
        ["Add", "Mul", "Max", "Min", "Abs", "sign", "Heaviside", "Piecewise", "Piecewise", "exp", "root"]
    )
    if kind == "Piecewise":
        return pieces(below(), below(), Tree(drawn.choice(list(OPPOSITE)), "", (below(), below())))
    if kind == "root":
        return Tree("Pow", "", (below(), number(drawn.choice([Fraction(1, 2), 2, -1]))))
    return Tree(kind, "", (below(),) if kind in ("Abs", "sign", "Heaviside", "exp") else (below(), below()))


REWRITINGS = (_powers, _products, _functions, _pieces)
