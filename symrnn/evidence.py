"""What a referee can re-verify about eigenvalues, norms and limits: tests of matrices, and pairs that differ.

A hypothesis is shown by entries {"of", "test", "power"}; a conclusion that fails by two expressions that it would make
equal, or put in order. None where the language has no words for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.claims.substitution import free_vars
from symrnn.claims.text import text
from symrnn.claims.tree import Const, MatMul, Norm, Not, Pow, Pred, Prop, Rel, SpectralRadius, Term, Transpose
from symrnn.errors import Refused, Undefined
from symrnn.semantics.growth import growth_of
from symrnn.semantics.instances import World
from symrnn.semantics.magnitudes import factored
from symrnn.semantics.numbers import as_num, num_text
from symrnn.semantics.spectra import characteristic, eigenvalues_real, minimal_is_squarefree
from symrnn.semantics.univariate import Poly, degree, squarefree
from symrnn.semantics.values import Matrix
from symrnn.sides import Pair, Sides

Data = dict[str, Any]
TESTS = {
    "vanishes": ("vanishes",),
    "explodes": ("explodes",),
    "recurs": ("bounded", "persists"),
    "persists": ("persists",),
}
SQUAREFREE = ("diagonalizable", "squarefree_minimal_polynomial")


def entries(world: World, sides: Sides, h: Prop, holds: bool = True) -> list[Data]:
    """Tests that show that a statement holds (or, as stated, fails) at the instance; [] where there are none."""
    try:
        return [{**e, "text": text(h)} for e in _entries(world, sides, h, holds)]
    except (Refused, Undefined):
        return []


def _entries(world: World, sides: Sides, h: Prop, holds: bool) -> Iterator[Data]:
    if isinstance(h, Not):
        yield from _entries(world, sides, h.arg, not holds)
    elif isinstance(h, Rel):
        yield from _of_relation(world, sides, h)
    elif isinstance(h, Pred) and h.name in SQUAREFREE and h.field != "R" and holds:
        q = _polynomial(sides, h.arg, squarefree(characteristic(factored(world.values.matrix(h.arg)).rational)))
        if factored(world.values.matrix(h.arg)).plain:
            yield {"of": q, "test": "nilpotent", "power": 1}
    elif isinstance(h, Pred) and h.name == "unitarily_diagonalizable" and holds:
        yield {"of": sides.text(h.arg), "test": "normal"}
    elif isinstance(h, Pred) and h.var is not None and isinstance(h.arg, Pow) and h.var not in free_vars(h.arg.base):
        yield from _grown(world, sides, h.arg.base, Fraction(1))


def _of_relation(world: World, sides: Sides, h: Rel) -> Iterator[Data]:
    """rho(X) or ||X||_2 against a positive rational number c: how the powers of X / c, or of X^T X / c^2, grow."""
    for t, other in ((h.lhs, h.rhs), (h.rhs, h.lhs)):
        if isinstance(other, Const) and other.value > 0:
            if isinstance(t, SpectralRadius):
                yield from _grown(world, sides, t.arg, other.value)
            elif isinstance(t, Norm) and t.kind == "2":
                yield from _grown(world, sides, MatMul((Transpose(t.arg), t.arg)), other.value**2)


def _grown(world: World, sides: Sides, x: Term, c: Fraction) -> Iterator[Data]:
    """What the powers of X / c do, by one test or two; X itself where that is nilpotent."""
    m, shown = world.values.matrix(x), sides.text(x)
    nilpotent = _nilpotent(m)
    if nilpotent:
        yield {"of": shown, "test": "nilpotent", "power": nilpotent}
        return
    says, power = growth_of(tuple(tuple(as_num(v) * (1 / c) for v in row) for row in m))
    scaled = shown if c == 1 else _bracketed(shown)
    scaled = scaled if c.denominator == 1 else f"{c.denominator}*{scaled}"
    scaled = scaled if c.numerator == 1 else f"{scaled}/{c.numerator}"
    for test in TESTS.get(says, ()):
        yield {"of": scaled, "test": test, "power": power}


def _nilpotent(m: Matrix) -> int:
    """The power at which a matrix is 0; 0 if there is none."""
    chi = characteristic(factored(m).rational)
    return len(m) if not any(chi[:-1]) else 0


# ---- pairs ----


def pair(world: World, sides: Sides, atom: Prop | None) -> tuple[Pair, str] | None:
    """Two expressions that an atom about eigenvalues would put in a relation, and that relation; None: no such."""
    try:
        if isinstance(atom, Rel):
            return _radius_pair(world, sides, atom)
        return _predicate_pair(world, sides, atom) if isinstance(atom, Pred) else None
    except (Refused, Undefined):
        return None


def _predicate_pair(world: World, sides: Sides, p: Pred) -> tuple[Pair, str] | None:
    if p.var is not None:
        return _limit_pair(world, sides, p)
    found = factored(world.values.matrix(p.arg))
    if p.name == "unitarily_diagonalizable":
        x, t = p.arg, Transpose(p.arg)
        return sides.pair_of(MatMul((x, t)), MatMul((t, x))), "="
    if p.name in SQUAREFREE and found.plain and not minimal_is_squarefree(found.rational):
        return _against_zero(world, sides, p.arg, squarefree(characteristic(found.rational))), "="
    if p.field == "R" and len(found.rational) == 2 and not eigenvalues_real(found.rational):
        shown = _bracketed(sides.text(p.arg))
        m = found.rational
        value = (m[0][0] + m[1][1]) ** 2 - 4 * (m[0][0] * m[1][1] - m[0][1] * m[1][0])
        if found.plain:  # the discriminant is not negative where both eigenvalues are real
            return Pair("0", f"trace({shown})**2 - 4*det({shown})", _one(Fraction(0)), _one(value)), "<="
    return None


def _limit_pair(world: World, sides: Sides, p: Pred) -> tuple[Pair, str] | None:
    """Powers that do not vanish: one of them against 0. That they do so for ever is said by an entry beside it."""
    if not isinstance(p.arg, Pow) or p.var in free_vars(p.arg.base) or p.name == "explodes":
        return None
    m = factored(world.values.matrix(p.arg.base))
    if not m.plain:
        return None
    says, power = growth_of(world.values.matrix(p.arg.base))
    if says == "explodes" or (p.name == "vanishes" and says in ("recurs", "persists")):
        coefficients = (Fraction(0),) * power + (Fraction(1),)
    elif p.name == "bounded" and not minimal_is_squarefree(m.rational):  # a repeated root on the unit circle
        coefficients = squarefree(characteristic(m.rational))
    else:
        return None
    return _against_zero(world, sides, p.arg.base, coefficients), "="


def _radius_pair(world: World, sides: Sides, p: Rel) -> tuple[Pair, str] | None:
    """Spectral radii as numbers, where these are rational; rho(X) < c violated by rho(X) = c: a power of X / c."""
    left, right = (_number(world, sides, t) for t in (p.lhs, p.rhs))
    if left is not None and right is not None and left[1] != right[1]:
        return Pair(left[0], right[0], _one(left[1]), _one(right[1])), p.op
    if p.op == "<" and isinstance(p.lhs, SpectralRadius) and isinstance(p.rhs, Const) and p.rhs.value > 0:
        c, m = p.rhs.value, factored(world.values.matrix(p.lhs.arg))
        says, power = growth_of(
            tuple(tuple(as_num(v) * (1 / c) for v in row) for row in world.values.matrix(p.lhs.arg))
        )
        if m.plain and says in ("recurs", "explodes", "persists"):
            return _against_zero(world, sides, p.lhs.arg, (Fraction(0),) * power + (1 / c**power,)), "="
    return None


def _number(world: World, sides: Sides, t: Term) -> tuple[str, Fraction] | None:
    """A rational number or the spectral radius of a nilpotent matrix or one of rank one, as an expression."""
    if isinstance(t, Const):
        return num_text(as_num(t.value)), t.value
    if not isinstance(t, SpectralRadius):
        return None
    m = factored(world.values.matrix(t.arg))
    if not m.plain:
        return None
    chi = characteristic(m.rational)
    if not any(chi[:-1]):
        sides.text(t.arg)
        return "0", Fraction(0)
    if any(chi[:-2]):
        return None
    value, shown = -chi[-2], sides.text(t.arg)
    return f"{'-' if value < 0 else ''}trace({shown})", abs(value)


def _against_zero(world: World, sides: Sides, x: Term, p: Poly) -> Pair:
    """p(X) against the zero matrix."""
    value = world.values.matrix(x)
    total, power = None, world.values.eye(len(value))
    for c in p:
        part = tuple(tuple(as_num(v) * c for v in row) for row in power)
        total = part if total is None else _plus(total, part)
        power = tuple(
            tuple(sum((a * b for a, b in zip(row, col, strict=True)), as_num(0)) for col in zip(*value, strict=True))
            for row in power
        )
    zero = tuple((as_num(0),) * len(value) for _ in value)
    return Pair(_polynomial(sides, x, p), f"0*{_bracketed(sides.text(x))}", total or zero, zero)


def _plus(a: Matrix, b: Matrix) -> Matrix:
    return tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(a, b, strict=True))


def _polynomial(sides: Sides, x: Term, p: Poly) -> str:
    """p(X), highest power first; X**0 is the identity."""
    base, parts = _bracketed(sides.text(x)), []
    for i in range(degree(p), -1, -1):
        if p[i]:
            power = base if i == 1 else f"{base}**{i}"
            parts.append(power if p[i] == 1 else f"-{power}" if p[i] == -1 else f"{_constant(p[i])}*{power}")
    return " + ".join(parts or [f"0*{base}"]).replace("+ -", "- ")


def _constant(c: Fraction) -> str:
    return str(c) if c.denominator == 1 else f"({c})" if c > 0 else f"-({-c})"


def _bracketed(shown: str) -> str:
    return shown if shown.replace("_", "").isalnum() else f"({shown})"


def _one(c: Fraction) -> Matrix:
    return ((as_num(c),),)
