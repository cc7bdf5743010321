"""Inner products inside words: v^T w is a number, wherever it stands. Trusted by the kernel.

A row of a word, what follows it and the column that ends it make a 1 x 1 factor. It moves out as a scalar, its trace:
u v^T w = (v^T w) u. So (u v^T)^k = (v^T u)^(k-1) u v^T, and the trace of a product of 1 x 1 factors is that of theirs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import Index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import Abs, Diag, Inv, MatMul, Prod, Term, Trace, Transpose
from symrnn.records import replace
from symrnn.semantics.context import base
from symrnn.semantics.monomials import UNIT, ZERO, Mono, Poly, Word, exponent

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra

SQUARE_ONE = (ONE, ONE)
MOST_SLIDES = 8  # round the factors of a power


def inner_product(word: Word) -> tuple[int, int] | None:
    """Where a row begins and the next column ends, where more than that stands in the word; None if nowhere."""
    start = None
    for i, f in enumerate(word):
        rows, cols = shape_of(f) or SQUARE_ONE
        is_row, is_column = not rows.terms and rows.const == 1, not cols.terms and cols.const == 1
        if is_row and not is_column:
            start = i
        elif is_column and not is_row and start is not None:
            return (start, i + 1) if i + 1 - start < len(word) else None
    return None


def taken_out(a: Algebra, mono: Mono, c: Fraction) -> Poly:
    """
    A (v^T w) B = (v^T w) A B
    """
    scalars, binders, word = mono
    found = inner_product(word)
    if found is None:
        return {mono: c}
    first, last = found
    rest: Poly = {(scalars, binders, a.word((*word[:first], *word[last:]))): c}
    return a.times(rest, a.trace_of_word(word[first:last]))


def power_of_outer(a: Algebra, mono: Mono, c: Fraction, e: Index) -> Poly | None:
    """
    (c X Y)^e = c^e tr(Y X)^(e-1) X Y      X a column, Y a row, e >= 1
    """
    scalars, binders, word = mono
    cut = next((i for i, f in enumerate(word) if i and (shape_of(f) or SQUARE_ONE)[0] == ONE), 0)
    if binders or not cut or not a.context.at_least(e, 1):
        return None
    inner = a.trace_of_word(a.word((*word[cut:], *word[:cut])))
    if not inner and not a.context.at_least(e, 2):
        return None  # 0^0 is 1
    outer = a.times(a.raise_mono((scalars, (), ()), c, e), {((), (), word): Fraction(1)})
    return a.times(a.raise_scalar(inner, e - 1) if inner else {}, outer)


def in_order(a: Algebra, word: Word) -> Word:
    """
    tr(x^T diag(v) y) is the same for all orders of the columns x, v and y, and so is tr(diag(x) diag(v) diag(y))
    """
    places = [i for i, f in enumerate(word) if isinstance(f, Diag)]
    if not places or places != list(range(places[0], places[-1] + 1)):
        return word
    columns = [f.arg for f in word if isinstance(f, Diag)]
    before, after = word[: places[0]], word[places[-1] + 1 :]
    if before and after and is_row(before) and is_column(after[-1]):
        first = _turned(a, a.as_product(before))
        if first is None:
            return word
        columns += [a.as_product(first), a.as_product(after)]
    elif before or after or len(columns) < 2:
        return word
    columns.sort(key=lambda v: v.key)
    begun, row = next(((w, x) for x in columns if (w := _turned(a, x)) is not None), (None, None))
    if begun is None or row is None:
        return word
    columns.remove(row)
    *middle, last = columns
    return a.word((*begun, *map(Diag, middle), *(last.args if isinstance(last, MatMul) else (last,))))


def _turned(a: Algebra, x: Term) -> Word | None:
    """The transpose where it is a word and nothing else: no sign, no scalar."""
    p = a.transpose(Transpose(x))
    if len(p) != 1 or next(iter(p))[:2] != ((), ()) or next(iter(p.values())) != 1:
        return None
    return next(iter(p))[2]


def is_row(word: Word) -> bool:
    """Whether a word has one row."""
    return bool(word) and (shape_of(word[0]) or SQUARE_ONE)[0] == ONE


def is_column(f: Term) -> bool:
    shape = shape_of(f)
    return shape is not None and shape[1] == ONE != shape[0]


def one_by_one(a: Algebra, word: Word) -> Poly | None:
    """
    tr(x y) = tr(x) tr(y),  tr(x^k) = tr(x)^k,  tr(x^-1) = tr(x)^-1,  tr(prod x_j) = prod tr(x_j)      (all 1 x 1)
    """
    if len(word) == 1:
        return _of_factor(a, word[0])
    places = [i for i, f in enumerate(word) if (shape_of(f) or SQUARE_ONE)[0] == ONE]
    if places in ([], [0]):
        return None
    out: Poly = {UNIT: Fraction(1)}
    spun = (*word[places[0] :], *word[: places[0]])
    starts = [i - places[0] for i in places]
    for i, j in zip(starts, [*starts[1:], len(word)], strict=True):
        factor = a.word(spun[i:j])
        out = a.times(out, a.trace_of_word(factor) if factor else {UNIT: Fraction(1)})
    return out


def _of_factor(a: Algebra, f: Term) -> Poly | None:
    """A power or an ordered product of 1 x 1 factors by its factors; None for any other letter."""
    if shape_of(f) != SQUARE_ONE:
        return None
    if exponent(f) != ONE:
        return a.raise_scalar(a.trace(Trace(base(f))), exponent(f))
    if isinstance(f, Abs):
        return a.poly(Abs(Trace(f.arg)))
    if isinstance(f, Inv):
        p = a.trace(Trace(f.arg))
        return a.raise_scalar(p, -ONE) if len(p) == 1 else {(((a.to_term(p, None), -ONE),), (), ()): Fraction(1)}
    if isinstance(f, Prod) and f.lo == ZERO:
        if f.var in free_vars(f.body):
            return a.poly(Prod(Trace(f.body), f.var, f.lo, f.hi, f.descending))
        return a.raise_scalar(a.trace(Trace(f.body)), f.hi + 1)
    return None


def slid(a: Algebra, word: Word) -> list[Word]:
    """
    tr((X Y)^k R Y) = tr((Y X)^k Y R)      and so on round the word;  tr((X Y)^k) = tr((Y X)^k)      all square alike
    """
    out: list[Word] = []
    while (
        word
        and len(out) < MOST_SLIDES
        and isinstance(block := word[0], Prod)
        and block.var not in free_vars(block.body)
    ):
        body = block.body.args if isinstance(block.body, MatMul) else ()
        closed = len(word) == 1 and all(shape_of(f) == shape_of(block) for f in body)
        if len(body) < 2 or not (closed or word[-1] == body[-1]):
            break
        p = a.poly(MatMul((body[-1], *body[:-1])))
        if len(p) != 1 or next(iter(p))[:2] != ((), ()) or next(iter(p.values())) != 1:
            break
        turned = a.as_product(next(iter(p))[2])
        if not isinstance(turned, MatMul):
            break
        shape = shape_of(turned)
        word = (replace(block, body=turned), *(() if closed else (word[-1], *word[1:-1])))
        if word in out or shape is None:
            break
        out.append(word)
    return out
