"""Normal forms of single entries: linear, and taken inside what works entry by entry. Trusted by the kernel."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import Index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Abs, Apply, Diag, Entry, Eye, Hadamard, Ones, Term, Trace, Transpose
from symrnn.errors import Refused
from symrnn.semantics.columns import apply_form
from symrnn.semantics.context import base
from symrnn.semantics.functions import abs_form, shift_entries, shift_entry
from symrnn.semantics.monomials import UNIT, ZERO, Poly, Word, exponent, put, scalar_atom

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra


def entry_form(a: Algebra, t: Entry) -> Poly:
    """Linear; diagonal letters around at most one other letter come out as scalars: (D W)_ij = d_i w_ij."""
    rows, cols = shape_of(t.arg) or (ONE, ONE)
    for at, end in ((t.row, rows), (t.col, cols)):
        if not a.context.has_row(at, end):
            raise Refused(f"{t}: there may be no row or column {at}")
    if rows == cols == ONE:
        return a.trace(Trace(t.arg))
    found = shift_entries(a, t)
    if found is not None:
        return found
    out: Poly = {}
    for (scalars, binders, word), c in a.poly(t.arg).items():
        inside = a
        for var, length in binders:  # what a sum runs over is known inside
            inside = inside.within(var, ZERO, length - 1)
        for mono, d in a.times({(scalars, binders, ()): c}, _of_word(inside, word, t)).items():
            put(out, mono, d)
    return out


def _of_word(a: Algebra, word: Word, t: Entry) -> Poly:
    """The entry of a word in the place of t; of a column times a row (X Y)_ij = X_i1 Y_1j."""
    cut = next((i + 1 for i, f in enumerate(word[:-1]) if (shape_of(f) or (ONE, ONE))[1] == ONE), 0)
    if cut and ONE not in (shape_of(t.arg) or (ONE, ONE)):
        parts = ((word[:cut], t.row, ONE), (word[cut:], ONE, t.col))
        left, right = (_of_word(a, w, Entry(a.as_product(w), i, j)) for w, i, j in parts)
        return a.times(left, right)
    rest = [f for f in word if not a.context.diagonal(f)]
    if len(rest) > 1 or (not rest and (t.row != t.col)):
        if not rest and t.row.is_const and t.col.is_const:
            return {}  # off the diagonal of a diagonal matrix
        whole = a.as_product(word) if word else Eye((shape_of(t.arg) or (ONE, ONE))[0])
        return _atom(a, whole, t.row, t.col)
    known = shift_entry(a.context, rest[0], t.row, t.col) if rest else None
    if known == 0:
        return {}
    middle = word.index(rest[0]) if rest else len(word)
    ends = [(f, t.row, t.row) for f in word[:middle]] + [(f, t.col, t.col) for f in word[middle + 1 :]]
    made: Poly = {UNIT: Fraction(1)}
    for letter, i, j in [(f, t.row, t.col) for f in rest if known is None] + ends:
        made = a.times(made, _of_letter(a, letter, i, j))
    return made


def _of_letter(a: Algebra, f: Term, i: Index, j: Index) -> Poly:
    """diag(v)_ii = v_i, s(X)_ij = s(X_ij), |X|_ij = |X_ij|; of a diagonal letter's power the power of its entry."""
    x, e = base(f), exponent(f)
    if e != ONE:
        if not a.context.diagonal(x):
            return _atom(a, f, i, j)
        p = _of_letter(a, x, i, j)
        fine = len(p) == 1 and not next(iter(p))[1]
        return a.raise_mono(*next(iter(p.items())), e) if fine else {(((Entry(x, i, j), e),), (), ()): Fraction(1)}
    if isinstance(x, Diag):
        return entry_form(a, Entry(x.arg, i, ONE))
    if isinstance(x.arg if isinstance(x, Transpose) else x, Ones):
        return {UNIT: Fraction(1)}
    if isinstance(x, Apply):
        return apply_form(a, Apply(x.function, Entry(x.arg, i, j), x.order))
    if isinstance(x, Abs):
        return abs_form(a, Abs(Entry(x.arg, i, j)))
    if isinstance(x, Hadamard):
        return a.times(entry_form(a, Entry(x.left, i, j)), entry_form(a, Entry(x.right, i, j)))
    return _atom(a, x, i, j)


def _atom(a: Algebra, x: Term, i: Index, j: Index) -> Poly:
    """The least spelling of X_ij = (X^T)_ji: with fewest transposes; an entry that is its own negative is 0."""
    p = a.transpose(Transpose(x)) if shape_of(x) is not None else {}
    if len(p) != 1 or next(iter(p))[:2] != ((), ()) or abs(next(iter(p.values()))) != 1 or not next(iter(p))[2]:
        return scalar_atom(Entry(x, i, j))
    ((_, _, word), sign), *_ = p.items()
    here, there = Entry(x, i, j), Entry(a.as_product(word), j, i)
    if here == there and sign == -1:
        return {}
    best, c = min((here, Fraction(1)), (there, sign), key=lambda item: (_transposes(item[0]), item[0].key))
    return {(((best, ONE),), (), ()): c}


def _transposes(t: Term) -> int:
    return sum(isinstance(x, Transpose) for x in walk(t))
