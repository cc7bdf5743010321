"""Normal forms and conditions in words, for reasons."""

from __future__ import annotations

from fractions import Fraction

from symrnn.regression.forms import Condition, Form
from symrnn.regression.polynomials import Gen, Poly


def condition(c: Condition) -> str:
    kind, what = c
    if kind == "nonzero":
        return f"{form(Form(what))} != 0"  # type: ignore[arg-type]
    if kind == "real":
        return f"{form(Form(*what))} is real"  # type: ignore[misc]
    return "a power whose base may be 0"


def form(f: Form, most: int = 160) -> str:
    """A form in words, cut off where it is long."""
    shown = polynomial(f.num)
    if f.den:
        shown = f"({shown}) / ({' * '.join(_power(f'({polynomial(p)})', Fraction(n)) for p, n in f.den)})"
    return shown if len(shown) <= most else f"{shown[:most]}..."


def polynomial(p: Poly) -> str:
    if not p:
        return "0"
    terms = []
    for m, c in reversed(p):
        factors = [_power(_gen(g), e) for g, e in m]
        size = [str(abs(c))] if abs(c) != 1 or not factors else []
        terms.append(("-" if c < 0 else "") + "*".join(size + factors))
    return " + ".join(terms).replace("+ -", "- ")


def _power(base: str, e: Fraction) -> str:
    return base if e == 1 else f"{base}**{e}" if e.denominator == 1 and e > 0 else f"{base}**({e})"


def _gen(g: Gen) -> str:
    if g.kind in ("symbol", "prime"):
        return str(g.data[0])
    if g.kind == "pi":
        return "pi"
    if g.kind == "exp":
        return f"exp({form(Form(*g.data))})"
    if g.kind == "log":
        return f"log({form(Form(*g.data))})"
    if g.kind == "root":
        return f"({form(Form(*g.data[0]))})**(1/{g.data[1]})"
    if g.kind == "power":
        return f"({form(Form(*g.data[0]))})**({form(Form(*g.data[1]))})"
    name = g.data[1].split(" ")[0] or g.data[0]
    return f"{name}({', '.join(form(Form(*a)) for a in g.data[2])})"
