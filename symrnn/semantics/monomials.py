"""Monomials and polynomials over words: the data of normal forms, and what needs no context. Trusted by the kernel.

A monomial is (scalar factors with exponents, ranges of the sums around it, word).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import free_vars, substitute
from symrnn.claims.tree import Const, Pow, Sym, Term
from symrnn.errors import Refused

Scalars = tuple[tuple[Term, Index], ...]
Binders = tuple[tuple[Var, Index], ...]  # (variable, length): runs from 0 to length - 1
Word = tuple[Term, ...]
Mono = tuple[Scalars, Binders, Word]
Poly = dict[Mono, Fraction]

UNIT: Mono = ((), (), ())
UNITY = Fraction(1)  # what most coefficients are
LARGEST_EXPONENT = 4096  # of a number
MOST = 20_000  # monomials in one normal form, past which it is refused
LONGEST = 64  # explicit ranges up to this length are written out
ZERO = as_index(0)
SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


def put(out: Poly, mono: Mono, c: Fraction) -> None:
    before = out.get(mono)
    total = c if before is None else before + c
    if total:
        out[mono] = total
    elif before is not None:
        del out[mono]


def minus(p: Poly, q: Poly) -> Poly:
    """p - q."""
    out = dict(p)
    for mono, c in q.items():
        put(out, mono, -c)
    return out


def exponent(factor: Term) -> Index:
    return factor.exponent if isinstance(factor, Pow) else ONE


def power(letter: Term, e: Index) -> Term | None:
    """letter**e as a factor; None for the identity."""
    if e.terms or e.const not in (0, 1):
        return Pow(letter, e)
    return letter if e.const else None


def present(factor: Term | None) -> Term:
    """A factor of a word is never the identity."""
    if factor is None:
        raise Refused("a factor with exponent 0")
    return factor


def multiply(a: Index, b: Index) -> Index:
    if a.is_const:
        return b * a.const
    if b.is_const:
        return a * b.const
    raise Refused(f"the exponent ({a}) * ({b}) is not linear")


def scalar_atom(t: Term) -> Poly:
    return {(((t, ONE),), (), ()): UNITY}


def with_scalar(scalars: Scalars, atom: Term) -> Scalars:
    return merge_scalars((*scalars, (atom, ONE)))[0]


def merge_scalars(scalars: Iterable[tuple[Term, Index]]) -> tuple[Scalars, Fraction]:
    """Commuting scalar factors with exponents added; numbers to whole powers come out as a coefficient."""
    exponents: dict[Term, Index] = {}
    numbers: dict[Const, Index] = {}
    for s, e in scalars:
        if isinstance(s, Const):
            for p, x in _in_primes(s, e):
                numbers[p] = numbers[p] + x if p in numbers else x
        else:
            before = exponents.get(s)
            exponents[s] = e if before is None else before + e
    factor = UNITY
    for p, e in numbers.items():
        if p.value == -1:
            e = Index(tuple((v, 1) for v, c in e.terms if c % 2), e.const % 2)
        if abs(e.const) > LARGEST_EXPONENT:
            raise Refused(f"{p} to the power of {e.const} is too large to write down")
        if p.value == 0 and e.const < 0:  # under hypotheses that nothing meets
            raise Refused("0 has no inverse")
        if e.const:
            factor *= p.value**e.const
        exponents[p] = e - e.const
    kept = [(s, e) for s, e in exponents.items() if e.terms or e.const]
    if len(kept) > 1:
        kept.sort(key=lambda item: item[0].key)
    return tuple(kept), factor


def _in_primes(s: Const, e: Index) -> Iterable[tuple[Const, Index]]:
    """A number to a symbolic power as powers of primes (and -1), so that 4^k (1/2)^(2 k) is 1."""
    if not e.terms or s.value in (0, -1):
        return ((s, e),)
    parts = {Fraction(-1): ZERO + e} if s.value < 0 else {}
    for number, sign in ((abs(s.value.numerator), 1), (s.value.denominator, -1)):
        for p in (p for p in SMALL_PRIMES if number % p == 0):
            while number % p == 0:
                number //= p
                parts[Fraction(p)] = parts.get(Fraction(p), ZERO) + e * sign
        if number != 1:
            parts[Fraction(number)] = parts.get(Fraction(number), ZERO) + e * sign
    return ((Const(p), x) for p, x in parts.items())


def mono_key(mono: Mono) -> tuple[Any, ...]:
    scalars, binders, word = mono
    return (
        len(word),
        [w.key for w in word],
        [(s.key, e.key) for s, e in scalars],
        [(v.key, n.key) for v, n in binders],
    )


def mentions(part: Any, var: Var) -> bool:
    if isinstance(part, tuple):
        return any(mentions(p, var) for p in part)
    return var in free_vars(part)


def rename(mono: Mono, values: dict[Var, Index]) -> Mono:
    scalars, binders, word = mono
    fresh = {v: x.terms[0][0] for v, x in values.items() if len(x.terms) == 1 and not x.const}
    return (
        tuple((substitute(s, values), substitute(e, values)) for s, e in scalars),
        tuple((fresh.get(v, v), substitute(n, values)) for v, n in binders),
        tuple(substitute(w, values) for w in word),
    )


def sum_var(depth: int) -> Var:
    return Var(f"#{depth}", "bound", None)


def member(block: Sym, at: Index | int) -> Sym:
    """A state, input or local at a time."""
    return Sym(block.name, block.shape, block.role, block.props, (as_index(at),), False)
