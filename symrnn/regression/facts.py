"""What is known of the values of generators: real, nonnegative, positive. Sound and incomplete: None means unknown."""

from __future__ import annotations

from fractions import Fraction

from symrnn.regression.polynomials import Gen, Monomial, Poly

FOLLOWS = {  # assumptions and what follows from each
    "positive": ("real", "nonnegative", "nonzero"),
    "negative": ("real", "nonpositive", "nonzero"),
    "nonnegative": ("real",),
    "nonpositive": ("real",),
    "integer": ("real", "rational"),
    "even": ("real", "rational", "integer"),
    "odd": ("real", "rational", "integer", "nonzero"),
    "rational": ("real",),
    "zero": ("real", "nonnegative", "nonpositive"),
    "nonzero": ("real",),  # as in SymPy: nonzero real numbers
}


def closure(assumptions: dict[str, bool]) -> tuple[str, ...]:
    """Everything that is true of a symbol with these assumptions, as far as the table goes."""
    found = {a for a, value in assumptions.items() if value}
    return tuple(sorted(found.union(*(FOLLOWS.get(a, ()) for a in found))))


def is_real(g: Gen) -> bool:
    if g.kind == "symbol":
        return "real" in g.data[1]
    if g.kind in ("prime", "pi"):
        return True
    if g.kind == "exp":
        num, den = g.data
        return poly_is_real(num) and all(poly_is_real(p) for p, _ in den)
    if g.kind == "root":
        (num, den), _ = g.data
        return not den and nonnegative(num)
    if g.kind == "log":
        num, den = g.data
        return not den and sign(num) == 1
    if g.kind == "function" and g.data[0] == "erf":
        ((num, den),) = g.data[2]
        return poly_is_real(num) and all(poly_is_real(p) for p, _ in den)
    return g.kind == "function" and g.data[0] in ("Max", "Min", "Heaviside", "re", "im", "Abs")


def is_positive(g: Gen) -> bool:
    if g.kind == "symbol":
        return "positive" in g.data[1]
    if g.kind == "root":
        (num, den), _ = g.data
        return not den and sign(num) == 1
    return g.kind in ("prime", "pi") or (g.kind == "exp" and is_real(g))


def is_nonnegative(g: Gen) -> bool:
    if g.kind == "symbol":
        return "nonnegative" in g.data[1] or "positive" in g.data[1]
    return is_positive(g) or (g.kind == "root" and is_real(g)) or (g.kind == "function" and g.data[0] == "Abs")


def never_zero(g: Gen) -> bool:
    """Whether negative powers of it are defined everywhere."""
    if g.kind == "symbol":
        return "nonzero" in g.data[1]
    if g.kind == "root":
        (num, den), _ = g.data
        return not den and len(num) == 1 and num[0][0] == ()
    return g.kind in ("prime", "pi", "exp")


def monomial_is_real(m: Monomial) -> bool:
    return all(is_real(g) and (e.denominator == 1 or is_positive(g)) for g, e in m)


def poly_is_real(p: Poly) -> bool:
    return all(monomial_is_real(m) for m, _ in p)


def _monomial_sign(m: Monomial) -> tuple[int, bool] | None:
    """The sign that a monomial has wherever it is not 0, and whether it is never 0; None where that is not known."""
    strict, s = True, 1
    for g, e in m:
        if is_positive(g):
            continue
        if g.kind == "symbol" and "negative" in g.data[1] and e.denominator == 1:
            s = -s if e.numerator % 2 else s
            continue
        even = e.denominator == 1 and e.numerator % 2 == 0
        if not ((even and is_real(g)) or (is_nonnegative(g) and e > 0)):
            return None
        strict = strict and never_zero(g)
    return s, strict


def sign(p: Poly) -> int | None:
    """1 or -1 where every value is positive or negative, None where that is not known."""
    found = [_term_sign(m, c) for m, c in p]
    for s in (1, -1):
        if (s, True) in found and all(f is not None and f[0] == s for f in found):
            return s
    return None


def nonnegative(p: Poly) -> bool:
    found = [_term_sign(m, c) for m, c in p]
    return all(f is not None and f[0] == 1 for f in found)


def _term_sign(m: Monomial, c: Fraction) -> tuple[int, bool] | None:
    known = _monomial_sign(m)
    return None if known is None else (known[0] if c > 0 else -known[0], known[1])


def zero_free(p: Poly) -> bool:
    """Whether no value of a polynomial without monomial content is 0."""
    if sign(p) is not None:
        return True
    return len(p) == 1 and all(never_zero(g) for g, _ in p[0][0])


def satisfies(value: tuple[Fraction, Fraction], assumption: str) -> bool:
    """Whether an exact number, by its real and imaginary part, has a property of ``trees.ASSUMPTIONS``."""
    re, im = value
    real, whole = im == 0, im == 0 and re.denominator == 1
    return {
        "complex": True,
        "finite": True,
        "real": real,
        "rational": real,
        "integer": whole,
        "even": whole and re.numerator % 2 == 0,
        "odd": whole and re.numerator % 2 == 1,
        "imaginary": re == 0 and im != 0,
        "zero": re == 0 and im == 0,
        "positive": real and re > 0,
        "negative": real and re < 0,
        "nonnegative": real and re >= 0,
        "nonpositive": real and re <= 0,
        "nonzero": real and re != 0,
    }[assumption]
