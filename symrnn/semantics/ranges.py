"""Normal forms of what runs: ordered products and sums over symbolic ranges. Trusted by the kernel.

A range gives up the factors or terms it is guaranteed to have, at the end the context says, so that what is left may
be empty. Bound variables are renamed by depth: # for sums, @ for products.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute
from symrnn.claims.tree import Binomial, Const, Pow, Prod, Shape, SizeOf, Sum, Term
from symrnn.errors import Refused
from symrnn.semantics.columns import either_way
from symrnn.semantics.context import base
from symrnn.semantics.contractions import contracted
from symrnn.semantics.monomials import (
    LONGEST,
    UNIT,
    ZERO,
    Mono,
    Poly,
    Word,
    exponent,
    mentions,
    merge_scalars,
    multiply,
    power,
    put,
    scalar_atom,
    sum_var,
)

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra


def depth(a: Algebra, mark: str) -> int:
    return sum(v.name.startswith(mark) for v, _ in a.context.ranges)


def prod_var(a: Algebra) -> Var:
    return Var(f"@{depth(a, '@')}", "bound", None)


def inside(a: Algebra, t: Prod) -> Algebra:
    """The algebra inside a product's body."""
    return a.within(t.var, t.lo, t.hi)


def guaranteed(a: Algebra, length: Index) -> int:
    if length.is_const:
        if length.const > LONGEST:
            raise Refused(f"an explicit range of {length.const} terms is too long; state it for a lag k")
        return max(0, length.const)
    count = max(0, a.context.least(length) or 0)
    if count > LONGEST:
        raise Refused(f"a range of at least {count} terms is too long")
    return count


def _ends(a: Algebra, t: Prod | Sum, at_hi: bool) -> tuple[list[Index], Index, Index]:
    """The indices given up, outermost first, and what is left of the range."""
    count = guaranteed(a, t.hi - t.lo + 1)
    if at_hi:
        return [t.hi - i for i in range(count)], t.lo, t.hi - count
    return [t.lo + i for i in range(count)], t.lo + count, t.hi


def sum_form(a: Algebra, t: Sum) -> Poly:
    out: Poly = {}
    for part in _on_supports(a, t) or (t,):
        for mono, c in _sum_form(a, part).items():
            put(out, mono, c)
    return out


def _on_supports(a: Algebra, t: Sum) -> list[Sum] | None:
    """A sum whose terms have a binomial coefficient in the running index each, over the values where it is not 0."""
    if not contains(t.body, Binomial) or not a.context.at_least(t.hi - t.lo + 1, 0):
        return None
    var = sum_var(depth(a, "#"))
    p = a.within(var, ZERO, t.hi - t.lo).poly(substitute(t.body, {t.var: t.lo + as_index(var)}))
    parts = []
    for (scalars, binders, word), c in p.items():
        found = [(s.top, s.bottom - as_index(var)) for s, e in scalars if isinstance(s, Binomial) and e == ONE]
        found = [(top, shift) for top, shift in found if var not in free_vars(top) | free_vars(shift)]
        if binders or len(found) != 1:
            return None
        ((top, shift),) = found
        if not a.context.at_least(-shift, 0) or not a.context.at_least(t.hi - t.lo - top + shift, 0):
            return None
        term = a.mono_term((scalars, (), word), c, shape_of(t.body))
        parts.append(Sum(substitute(term, {var: as_index(var) - shift}), var, ZERO, top))
    return parts


def _sum_form(a: Algebra, t: Sum) -> Poly:
    met, left = contracted(a, t, sum_var(depth(a, "#")))
    if left is None:
        return met
    for mono, c in _running(a, left).items():
        put(met, mono, c)
    return met


def _running(a: Algebra, t: Sum) -> Poly:
    taken, lo, hi = _ends(a, t, at_hi=a.context.peel == "right")
    out: Poly = {}
    for at in taken:
        for mono, c in a.poly(substitute(t.body, {t.var: at})).items():
            put(out, mono, c)
    length = hi - lo + 1
    if length.is_const:
        return out
    if not a.context.at_least(length, 0):
        raise Refused(f"the range {lo} .. {hi} may end before it begins")
    var = sum_var(depth(a, "#"))
    inner = a.within(var, ZERO, length - 1)
    for mono, c in inner.poly(substitute(t.body, {t.var: lo + as_index(var)})).items():
        for made, factor in bind(inner, mono, var, length).items():
            put(out, made, c * factor)
    return out


def bind(a: Algebra, mono: Mono, var: Var, length: Index) -> Poly:
    """One monomial summed over ``var``; a body free of it is multiplied by the length."""
    if not any(mentions(part, var) for part in mono):
        return a.times(a.size_of(SizeOf(length)), {mono: Fraction(1)})
    scalars, binders, word = mono
    if not binders:
        scalars, word = either_way(a, scalars, word, var, length)
    return {(scalars, ((var, length), *binders), word): Fraction(1)}


def product_form(a: Algebra, t: Prod) -> Poly:
    t = Prod(t.body, t.var, t.lo, t.hi, t.descending or _loose(a, t))
    taken, lo, hi = _ends(a, t, at_hi=t.descending == (a.context.peel == "left"))
    outer = [a.poly(substitute(t.body, {t.var: at})) for at in taken]
    middle = _block(a, Prod(t.body, t.var, lo, hi, t.descending))
    out: Poly = {UNIT: Fraction(1)}
    factors = [*outer, middle] if a.context.peel == "left" else [middle, *reversed(outer)]
    for factor in factors:
        out = a.times(out, factor)
    return out


def _loose(a: Algebra, t: Prod) -> bool:
    """Whether all factors of the product commute, so that its order does not matter."""
    var = prod_var(a)
    inner = a.within(var, ZERO, t.hi - t.lo)
    p = inner.poly(substitute(t.body, {t.var: t.lo + as_index(var)})) if t.lo != t.hi else {}
    return all(not m[1] and commuting_run(inner, m[2], var) for m in p) and len(p) == 1


def commuting_run(a: Algebra, word: Word, var: Var) -> bool:
    """Whether all letters of a word commute with each other, at equal and at different values of ``var``."""
    moved = {var: as_index(Var("@other", "bound", None))}
    commute = a.context.commute
    return all(commute(a, b) and commute(a, substitute(b, moved)) for a in word for b in word)


def _block(a: Algebra, t: Prod) -> Poly:
    """A product whose remaining length may be 0."""
    length = t.hi - t.lo + 1
    if length.is_const:
        return {UNIT: Fraction(1)}
    if not a.context.at_least(length, 0):
        raise Refused(f"the range {t.lo} .. {t.hi} may end before it begins")
    var = prod_var(a)
    inner = a.within(var, ZERO, length - 1)
    p = inner.poly(substitute(t.body, {t.var: t.lo + as_index(var)}))
    shape = shape_of(t.body)
    if len(p) == 1:
        ((mono, c),) = p.items()
        if not mono[1]:
            return _block_of_word(a, inner, mono, c, var, length, t.descending, shape)
    body = inner.to_term(p, shape)
    descending = t.descending or var not in free_vars(body) or shape is None
    made = Prod(body, var, ZERO, length - 1, descending)
    return scalar_atom(made) if shape is None else a.letter(made)


def _block_of_word(
    a: Algebra, inner: Algebra, mono: Mono, c: Fraction, var: Var, length: Index, descending: bool, shape: Shape
) -> Poly:
    def spread(f: Term, e: Index) -> tuple[Term, Index]:
        """The product over the range of a scalar: a power if it does not run."""
        body = f if e == ONE else Pow(f, e)
        return (Prod(body, var, ZERO, length - 1, True), ONE) if var in free_vars(body) else (f, multiply(e, length))

    scalars = [spread(s, e) for s, e in mono[0]] + ([(Const(c), length)] if c != 1 else [])
    word = mono[2]
    loose = commuting_run(inner, word, var)
    if loose or len(word) == 1:
        parts = [_run(a, f, var, length, descending or loose) for f in word]
    elif word:
        body = a.as_product(word)
        parts = [Prod(body, var, ZERO, length - 1, descending or var not in free_vars(body))]
    else:
        parts = []
    merged, factor = merge_scalars(scalars)
    return {(merged, (), a.word(p for p in parts if p is not None)): factor}


def _run(a: Algebra, f: Term, var: Var, length: Index, descending: bool) -> Term | None:
    if var not in free_vars(f):
        return power(base(f), multiply(exponent(f), length))
    return Prod(f, var, ZERO, length - 1, descending)
