"""Normal forms: a tree as numerator / denominator over generators, and the conditions under which it is defined.

Two trees with ``n1 d2 - n2 d1 = 0`` have the same value wherever both are defined; they are defined at the same points
where their conditions are the same. Every rewriting here is an identity of functions on the complex numbers with
principal branches, or one that the assumptions on the symbols allow (``facts``):

    exp(a + b) = exp(a) exp(b)          exp(q log u) = u^q              tanh, sinh, cosh, sin, cos, tan through exp
    (r z)^q = r^q z^q for r >= 0        (u^(1/n))^n = u                 log(r z) = log r + log z for r > 0
    |z|^2 = z conjugate(z)              |x y| = |x| |y|                 re z = (z + conjugate(z)) / 2
    log(exp(m)) = m for real m          |u| = (u^2)^(1/2) for real u    max(u, v) = (u + v + |u - v|) / 2 likewise
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from symrnn.records import dataclass
from symrnn.regression import polynomials as poly
from symrnn.regression.exponents import Quotient, split
from symrnn.regression.facts import (
    closure,
    is_nonnegative,
    is_positive,
    is_real,
    never_zero,
    nonnegative,
    poly_is_real,
    sign,
    zero_free,
)
from symrnn.regression.polynomials import ONE, ZERO, Gen, Monomial, Poly, TooLarge
from symrnn.regression.trees import Tree, text

LARGEST_POWER = 64
LARGEST_PRIME = 10_000
Den = tuple[tuple[Poly, int], ...]


@dataclass(frozen=True)
class Form:
    """``num / den``; the denominator as factors with multiplicities, none of them a monomial that is never 0."""

    num: Poly
    den: Den = ()

    @property
    def data(self) -> tuple[Poly, Den]:
        return self.num, self.den


NOTHING, UNIT = Form(ZERO), Form(ONE)
Condition = tuple[str, object]  # ("nonzero", polynomial), ("real", form) or ("power", base and exponent)


def number(value: Fraction | int) -> Form:
    return Form(poly.constant(value))


def of_gen(g: Gen, exponent: Fraction | int = 1) -> Form:
    return Form(poly.power_of(g, exponent))


I = Gen("root", (number(-1).data, 2))
PI = Gen("pi", ())


class HasCases(Exception):
    """An expression in pieces has a normal form only in each case."""


def _unsplit(t: Tree) -> Form:
    raise HasCases(text(t))


class Normal:
    """The normal forms of one expression. ``conditions``: what must hold for all of it to be defined."""

    def __init__(self, exponents: list[Quotient] | None = None) -> None:
        """``exponents`` is shared by the normal forms of expressions that are to be compared."""
        self.conditions: set[Condition] = set()
        self._exponents = [] if exponents is None else exponents
        self._known: dict[Tree, Form] = {}

    def form(self, t: Tree) -> Form:
        """The normal form of a tree; its conditions are added."""
        if t not in self._known:
            self._known[t] = self._rule(t)(t)
        return self._known[t]

    def _rule(self, t: Tree) -> Callable[[Tree], Form]:
        rules: dict[str, Callable[[Tree], Form]] = {
            "Number": lambda t: number(t.number),
            "Symbol": lambda t: of_gen(Gen("symbol", (t.name, closure(t.assumptions), t.value))),
            "Constant": self._constant,
            "Add": lambda t: reduce(self.plus, map(self.form, t.args)),
            "Mul": lambda t: reduce(self.times, map(self.form, t.args)),
            "Pow": self._pow,
            "exp": lambda t: self.exp(self.form(t.args[0])),
            "log": lambda t: self.log(self.form(t.args[0])),
            "Abs": lambda t: self.absolute(self.form(t.args[0])),
            "Piecewise": _unsplit,
        }
        rules |= dict.fromkeys(("sinh", "cosh", "tanh", "sin", "cos", "tan"), self._through_exp)
        return rules.get(t.head, self._opaque)

    # ---- arithmetic ----

    def plus(self, a: Form, b: Form) -> Form:
        if a.den == b.den:
            return self.made(poly.add(a.num, b.num), a.den)
        common = dict(a.den)
        for p, n in b.den:
            common[p] = max(common.get(p, 0), n)
        den = _ordered(common)
        return self.made(poly.add(*(poly.multiply(f.num, _missing(f.den, common)) for f in (a, b))), den)

    def times(self, a: Form, b: Form) -> Form:
        merged = dict(a.den)
        for p, n in b.den:
            merged[p] = merged.get(p, 0) + n
        return self.made(poly.multiply(a.num, b.num), _ordered(merged))

    def minus(self, a: Form, b: Form) -> Form:
        return self.plus(a, self.times(number(-1), b))

    def made(self, num: Poly, den: Den) -> Form:
        """A form in lowest terms, as far as the factors of the denominator divide the numerator."""
        reduced = self._reduced(num)
        if reduced is not None:
            return self.times(reduced, Form(ONE, den)) if den else reduced
        left: dict[Poly, int] = {}
        for p, n in den:
            while n and (q := poly.quotient(num, p)) is not None:
                num, n = q, n - 1
            if n:
                left[p] = n
        return Form(num, _ordered(left) if num else ())

    def _reduced(self, num: Poly) -> Form | None:
        """Powers of roots and primes brought into range: R^n = u, p^q with 0 <= q < 1. None: they all are."""
        if not any(_out_of_range(g, e) for m, _ in num for g, e in m):
            return None
        total, kept = NOTHING, []
        for m, c in num:
            if any(_out_of_range(g, e) for g, e in m):
                total = self.plus(total, self.times(number(c), self._monomial(m)))
            else:
                kept.append((m, c))
        return self.plus(total, Form(tuple(kept)))

    def _monomial(self, m: Monomial) -> Form:
        made = Form(((tuple((g, e) for g, e in m if not _out_of_range(g, e)), Fraction(1)),))
        for g, e in m:
            if _out_of_range(g, e):
                order = g.data[1] if g.kind == "root" else 2 if g.kind == "function" else 1
                whole = e // order
                base = Form(*g.data[0]) if g.kind == "root" else number(g.data[0]) if g.kind == "prime" else _square(g)
                made = self.times(self.times(made, of_gen(g, e - whole * order)), self.integer_power(base, int(whole)))
        return made

    def integer_power(self, f: Form, n: int) -> Form:
        if abs(n) > (LARGEST_POWER if len(f.num) > 1 else LARGEST_POWER**2):
            raise TooLarge(f"the power {n}")
        if n < 0:
            return self.integer_power(self.inverse(f), -n)
        made = UNIT
        for bit in bin(n)[2:] if n else "":
            made = self.times(made, made)
            if bit == "1":
                made = self.times(made, f)
        return made

    def inverse(self, f: Form) -> Form:
        """1 / f, where f is not 0."""
        self._nonzero(f.num)
        if not f.num:
            return NOTHING
        parts = poly.factor(f.num)
        made = Form(poly.scaled(reduce(poly.multiply, (poly.power(p, n) for p, n in f.den), ONE), 1 / parts.number))
        for g, e in parts.content:
            made = self.times(made, self._inverse_of_gen(g, e))
        return self.times(made, Form(ONE, _ordered(dict(parts.factors)))) if parts.factors else made

    def _inverse_of_gen(self, g: Gen, e: Fraction) -> Form:
        if g.kind == "root":  # 1/R = R^(n-1) / u
            whole = -(-e // g.data[1])
            base = self.integer_power(self.inverse(Form(*g.data[0])), int(whole))
            return self.times(of_gen(g, whole * g.data[1] - e), base)
        if never_zero(g) or e < 0:
            return of_gen(g, -e)
        return Form(ONE, ((poly.power_of(g), int(e)),))

    def _nonzero(self, p: Poly) -> None:
        """Note that a polynomial must not vanish."""
        if not p:
            self.conditions.add(("nonzero", ZERO))
            return
        parts = poly.factor(p)
        for g, e in parts.content:
            if g.kind == "root" and e > 0:
                self._nonzero(g.data[0][0])
            elif g.kind == "function" and g.data[0] in ("Abs", "conjugate") and e > 0:
                self._nonzero(g.data[2][0][0])
            elif not never_zero(g) and e > 0:
                self.conditions.add(("nonzero", poly.power_of(g)))
        self.conditions |= {("nonzero", f) for f, _ in parts.factors if not zero_free(f)}

    # ---- functions ----

    def _constant(self, t: Tree) -> Form:
        return {"pi": lambda: of_gen(PI), "I": lambda: of_gen(I), "E": lambda: self.exp(UNIT)}[t.value]()

    def exp(self, f: Form) -> Form:
        whole, made = f.num, UNIT
        if f.den:
            parts = split(f.data, self._exponents)
            whole = parts.whole
            for exponent, weight in parts.weights:
                made = self.times(made, of_gen(Gen("exp", exponent), weight))
        for m, c in whole:
            made = self.times(made, self._exp_of_monomial(m, c))
        return made

    def _exp_of_monomial(self, m: Monomial, c: Fraction) -> Form:
        if len(m) == 1 and m[0][0].kind == "log" and m[0][1] == 1:
            return self.power(Form(*m[0][0].data), c)
        return of_gen(Gen("exp", (((m, Fraction(1)),), ())), c)

    def _through_exp(self, t: Tree) -> Form:
        u = self.form(t.args[0])
        circular = t.head in ("sin", "cos", "tan")
        up = self.exp(self.times(of_gen(I), u) if circular else u)
        down = self.exp(self.times(self.times(of_gen(I), u) if circular else u, number(-1)))
        difference, total = self.minus(up, down), self.plus(up, down)
        if circular:  # (up - down) / (2 I)
            difference = self.times(difference, self.times(of_gen(I), number(-1)))
        if t.head in ("tan", "tanh"):
            twice = self.plus(self.times(up, up), UNIT)  # total * up: no negative powers where one condition is wanted
            return self.times(self.times(difference, up), self.inverse(twice))
        return self.times(difference if t.head.startswith("sin") else total, number(Fraction(1, 2)))

    def log(self, f: Form) -> Form:
        self._nonzero(f.num)
        if not f.num:
            return NOTHING
        made, rest = NOTHING, UNIT
        for base, e in self._split(f):
            if base == UNIT:
                continue
            if sign(base.num) == 1 and not base.den:
                made = self.plus(made, self.times(number(e), self._log_of_positive(base)))
            else:
                rest = self.times(rest, self.integer_power(base, int(e)))
        if rest == number(-1):
            return self.plus(made, self.times(of_gen(I), of_gen(PI)))
        return made if rest == UNIT else self.plus(made, of_gen(Gen("log", rest.data)))

    def _log_of_positive(self, base: Form) -> Form:
        ((m, c),) = base.num if len(base.num) == 1 else (((), Fraction(0)),)
        if len(m) == 1 and c == 1 and m[0][1] == 1:
            g = m[0][0]
            if g.kind == "exp":
                return Form(*g.data)
            if g.kind == "prime":
                return of_gen(Gen("log", number(g.data[0]).data))
            if g.kind == "root":
                return self.times(number(Fraction(1, g.data[1])), self.log(Form(*g.data[0])))
        if m == () and c:
            return self._log_of_number(c)
        return of_gen(Gen("log", base.data))

    def _log_of_number(self, c: Fraction) -> Form:
        made = NOTHING
        for p, e in (*_primes(c.numerator), *((p, -e) for p, e in _primes(c.denominator))):
            made = self.plus(made, self.times(number(e), of_gen(Gen("log", number(p).data))))
        return made

    def absolute(self, f: Form) -> Form:
        if not f.den and (s := sign(f.num)) is not None:
            return self.times(number(s), f)
        if is_real_form(f):
            return self.power(self.times(f, f), Fraction(1, 2))
        if not f.den and len(f.num) == 1 and f.num != of_gen(f.num[0][0][0][0]).num:  # |x y| = |x| |y|
            ((m, c),) = f.num
            return reduce(self.times, (self._size(g, e) for g, e in m), number(abs(c)))
        if f == of_gen(I):
            return UNIT
        return of_gen(Gen("function", ("Abs", "", (f.data,))))

    def _size(self, g: Gen, e: Fraction) -> Form:
        """|g^e|."""
        if e.denominator == 1:
            return self.integer_power(self.absolute(of_gen(g)), int(e))
        return of_gen(g, e) if is_nonnegative(g) else of_gen(Gen("function", ("Abs", "", (of_gen(g, e).data,))))

    def _part(self, which: str, f: Form) -> Form:
        """re z = (z + conjugate z) / 2, im z = (z - conjugate z) / (2 I)."""
        other = conjugate(f)
        if which == "conjugate":
            return other
        if which == "re":
            return self.times(self.plus(f, other), number(Fraction(1, 2)))
        return self.times(self.minus(other, f), self.times(of_gen(I), number(Fraction(1, 2))))

    def _erf(self, f: Form) -> Form:
        """An odd function."""
        if not f.num:
            return NOTHING
        odd = f.num[-1][1] < 0
        g = Gen("function", ("erf", "", ((poly.scaled(f.num, -1) if odd else f.num, f.den),)))
        return self.times(number(-1 if odd else 1), of_gen(g))

    def _opaque(self, t: Tree) -> Form:
        """A function of which only that it is one is used: equal arguments, equal values."""
        args = [self.form(a) for a in t.args]
        known = list(map(is_real_form, args))
        if t.head in ("re", "im", "conjugate"):
            return self._part(t.head, args[0])
        if t.head == "erf":
            return self._erf(args[0])
        if t.head in ("sign", "Heaviside") and not args[0].den and (s := sign(args[0].num)) is not None:
            return number(s if t.head == "sign" else max(s, 0))
        if t.head in ("Max", "Min") and all(known):
            return reduce(lambda a, b: self._extreme(a, b, t.head == "Max"), args)
        if t.head in ("Max", "Min"):
            args = sorted(set(args), key=repr)
        if t.head in ("Max", "Min", "Heaviside"):
            self.conditions |= {
                ("real", f.data) for f, real in zip(map(self.form, t.args), known, strict=True) if not real
            }
        return of_gen(Gen("function", (t.head, t.value, tuple(f.data for f in args))))

    def _extreme(self, a: Form, b: Form, largest: bool) -> Form:
        """max(a, b) = (a + b + |a - b|) / 2 for real a and b."""
        gap = self.absolute(self.minus(a, b))
        total = self.plus(self.plus(a, b), gap if largest else self.times(number(-1), gap))
        return self.times(number(Fraction(1, 2)), total)

    # ---- powers ----

    def _pow(self, t: Tree) -> Form:
        base, exponent = map(self.form, t.args)
        if t.args[0] == Tree("Constant", "E"):
            return self.exp(exponent)
        if not exponent.den and (exponent.num == ZERO or (len(exponent.num) == 1 and exponent.num[0][0] == ())):
            q = exponent.num[0][1] if exponent.num else Fraction(0)
            return self.integer_power(base, int(q)) if q.denominator == 1 else self.power(base, q)
        if not base.den and zero_free(base.num):
            return self.exp(self.times(exponent, self.log(base)))
        self.conditions.add(("power", (base.data, exponent.data)))
        return of_gen(Gen("power", (base.data, exponent.data)))

    def power(self, f: Form, q: Fraction) -> Form:
        """The principal value of f^q for a rational q."""
        if q.denominator == 1:
            return self.integer_power(f, int(q))
        if q < 0:
            self._nonzero(f.num)
        if not f.num:
            return NOTHING
        made, rest = UNIT, UNIT
        for base, e in self._split(f):
            if not base.den and nonnegative(base.num):
                made = self.times(made, self._power_of_nonnegative(base, e * q))
            elif not base.den and e % 2 == 0 and poly_is_real(base.num):
                below = sign(base.num) == -1
                size = self.times(number(-1), base) if below else self._root(self.times(base, base), 2)
                made = self.times(made, self._power_of_nonnegative(size, e * q))
            else:
                rest = self.times(rest, self.integer_power(base, int(e)))
        if rest == UNIT:
            return made
        return self.times(made, self._fractional(rest, q))

    def _power_of_nonnegative(self, base: Form, q: Fraction) -> Form:
        if q.denominator == 1:
            return self.integer_power(base, int(q))
        if len(base.num) == 1:
            m, c = base.num[0]
            if len(m) <= 1 and (not m or (c == 1 and is_positive(m[0][0]) and m[0][0].kind != "root")):
                made = Form(((tuple((g, e * q) for g, e in m), Fraction(1)),))
                return self.times(made, self._power_of_number(c, q))
        return self._fractional(base, q)

    def _power_of_number(self, c: Fraction, q: Fraction) -> Form:
        made = UNIT
        for p, e in (*_primes(c.numerator), *((p, -e) for p, e in _primes(c.denominator))):
            made = self.times(made, of_gen(Gen("prime", (p,)), e * q))
        return made

    def _fractional(self, f: Form, q: Fraction) -> Form:
        """f^q by the generator f^(1/n)."""
        whole, part = q // 1, q % 1
        return self.times(self.integer_power(f, int(whole)), self._root(f, q.denominator, part.numerator))

    def _root(self, f: Form, n: int, p: int = 1) -> Form:
        return of_gen(Gen("root", (f.data, n)), p)

    def _split(self, f: Form) -> list[tuple[Form, Fraction]]:
        """f as a product of powers: a positive number, -1, generators, and irreducible factors."""
        parts = poly.factor(f.num)
        number_part, bases = parts.number, [_base(g, e) for g, e in parts.content]
        for p, n in (*parts.factors, *((p, -n) for p, n in f.den)):
            if sign(p) == -1:
                p, number_part = poly.scaled(p, -1), number_part * (-1) ** n
            bases.append((Form(p), Fraction(n)))
        sign_part = [(number(-1), Fraction(1))] if number_part < 0 else []
        return [(number(abs(number_part)), Fraction(1)), *sign_part, *bases]


def _base(g: Gen, e: Fraction) -> tuple[Form, Fraction]:
    """A base and its exponent; fractional only where the base is positive (not so exp(m) with complex m)."""
    return (of_gen(g), e) if is_positive(g) or e.denominator == 1 else (of_gen(g, e), Fraction(1))


def _out_of_range(g: Gen, e: Fraction) -> bool:
    if g.kind == "root":
        return not 0 <= e < g.data[1]
    if _is_size(g):
        return not 0 <= e < 2
    return g.kind == "prime" and not 0 <= e < 1


def _is_size(g: Gen) -> bool:
    """Whether it is the absolute value of a complex number."""
    return g.kind == "function" and bool(g.data[0] == "Abs")


def _square(g: Gen) -> Form:
    """|z|^2 = z conjugate(z)."""
    ((num, den),) = g.data[2]
    z = Form(num, den)
    return Normal().times(z, conjugate(z))


def is_real_form(f: Form) -> bool:
    """Whether every value is known to be real."""
    return (poly_is_real(f.num) and all(poly_is_real(p) for p, _ in f.den)) or conjugate(f) == f


def conjugate(f: Form) -> Form:
    """Of a value that there is: conjugation goes into sums, products and quotients."""
    plain, made = Normal(), NOTHING
    for m, c in f.num:
        term = number(c)
        for g, e in m:
            term = plain.times(term, _conjugated(g, e))
        made = plain.plus(made, term)
    return plain.times(made, Form(ONE, _ordered({conjugate(Form(p)).num: n for p, n in f.den}))) if f.den else made


def _conjugated(g: Gen, e: Fraction) -> Form:
    if is_real(g):
        return of_gen(g, e)
    if g == I:
        return Normal().times(of_gen(g, e), number((-1) ** int(e)))
    if g.kind == "exp":
        num, den = g.data
        inner = conjugate(Form(num, den))
        return of_gen(Gen("exp", inner.data), e) if len(inner.num) == 1 and not inner.den else _opaque_conjugate(g, e)
    if g.kind == "function" and g.data[0] == "conjugate":
        ((num, den),) = g.data[2]
        return Normal().integer_power(Form(num, den), int(e))
    return _opaque_conjugate(g, e)


def _opaque_conjugate(g: Gen, e: Fraction) -> Form:
    return of_gen(Gen("function", ("conjugate", "", (of_gen(g).data,))), e)


def _ordered(den: dict[Poly, int]) -> Den:
    return tuple(sorted(den.items(), key=repr))


def _missing(den: Den, common: dict[Poly, int]) -> Poly:
    """What the numerator over ``den`` must be multiplied with to stand over ``common``."""
    own = dict(den)
    return reduce(poly.multiply, (poly.power(p, n - own.get(p, 0)) for p, n in common.items()), ONE)


def _primes(n: int) -> list[tuple[int, int]]:
    """The prime factors of a positive number; what is left after the small ones counts as one factor."""
    found, p = [], 2
    while p * p <= n and p <= LARGEST_PRIME:
        e = 0
        while n % p == 0:
            n, e = n // p, e + 1
        if e:
            found.append((p, e))
        p += 1
    return [*found, (n, 1)] if n > 1 else found


__all__ = ["Condition", "Form", "Normal", "of_gen"]
