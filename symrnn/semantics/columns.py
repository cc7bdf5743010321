"""Normal forms of columns: diag, the column of ones, activations and their slopes. Trusted by the kernel.

u o v = v o u = diag(u) v, diag(diag(u) v) = diag(u) diag(v), diag(v) ones = v, diag(ones) = I;
tr(diag(X v)) = ones^T X v, x^T (A o B) y = tr(diag(x) A diag(y) B^T). Where the context says
so, slopes are written by values: s' = s - s^2 for the sigmoid, 1 - s^2 for tanh.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.activations import AT_ZERO
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import Apply, Diag, Hadamard, MatMul, Ones, Pow, Term, Transpose
from symrnn.semantics.monomials import (
    LONGEST,
    UNIT,
    ZERO,
    Poly,
    Scalars,
    Word,
    merge_scalars,
    mono_key,
    power,
    put,
    rename,
    scalar_atom,
)
from symrnn.semantics.slopes import slope_equation

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra

SPELT = ("sigmoid", "tanh")  # activations whose slopes are written by values where the context says so


def columns(a: Algebra, p: Poly) -> Poly:
    """Columns in normal form, u o v being v o u: diag(u) diag(v) w with u, v and w in order; so those in a column
    times a row, and rows."""
    out: Poly = {}
    for (scalars, binders, word), c in p.items():
        end = _end_of_column(word)
        if end is None:
            put(out, (scalars, binders, word), c)
            continue
        left, right, sign = _column(a, word[:end]), word[end:], Fraction(1)
        if not binders:  # inside a sum that was done already, where the range is known
            right, sign = _row(a, right)
        made = a.word((*left, *right)) if right else left
        if binders and made != word:
            inner = a
            for var, length in binders:
                inner = inner.within(var, ZERO, length - 1)
            scalars, made = either_way(inner, scalars, made, *binders[-1])
        put(out, (scalars, binders, made), c * sign)
    return out


def either_way(a: Algebra, scalars: Scalars, word: Word, var: Var, length: Index) -> tuple[Scalars, Word]:
    """What is summed over a range: a sum read backwards is the same sum, and the smaller spelling is kept."""
    back = rename((scalars, (), word), {var: length - 1 - as_index(var)})
    merged, factor = merge_scalars(back[0])
    turned = a.word(back[2])
    if factor == 1 and mono_key((merged, (), turned)) < mono_key((scalars, (), word)):
        return merged, turned
    return scalars, word


def _row(a: Algebra, word: Word) -> tuple[Word, Fraction]:
    """A row by its column, with a sign."""
    column, sign = _turned(a, word)
    row, again = _turned(a, _column(a, column))
    return (row, sign * again) if row else (word, Fraction(1))


def _turned(a: Algebra, word: Word) -> tuple[Word, Fraction]:
    """The transpose of a word, with a sign; nothing where it is no single word."""
    turned = a.transpose(Transpose(a.as_product(word))) if len(word) > 1 else {}
    ((scalars, binders, out), sign), *_ = *turned.items(), (((), (), ()), Fraction(1))
    return (out, sign) if len(turned) == 1 and not scalars and not binders else ((), Fraction(1))


def _end_of_column(word: Word) -> int | None:
    """How many letters make the column that a word begins with: none of a row; None if there is neither."""
    if not word:
        return None
    if len(word) > 1 and (shape_of(word[0]) or (ONE, ONE))[0] == ONE:
        return 0
    return next((i + 1 for i, f in enumerate(word) if (shape_of(f) or (ONE, ONE))[1] == ONE), None)


def _column(a: Algebra, word: Word) -> Word:
    """The longest of the columns u, v, w of a word diag(u) diag(v) w comes last, where what it is made of is seen."""
    letters = tuple(x for f in word for x in copies(f))
    count = next((i for i, f in enumerate(letters) if not isinstance(f, Diag)), len(letters))
    if count >= len(letters):
        return word
    tail = (letters[count], *_column(a, letters[count + 1 :])) if len(letters) > count + 1 else letters[count:]
    if not count:
        return a.word(tail)
    parts = [f.arg for f in letters[:count] if isinstance(f, Diag)] + [a.as_product(tail)]
    parts.sort(key=lambda t: (len(t.args) if isinstance(t, MatMul) else 1, t.key))
    last = parts[-1].args if isinstance(parts[-1], MatMul) else (parts[-1],)
    return (*a.word(Diag(t) for t in parts[:-1]), *last)


def ones_form(a: Algebra, t: Ones) -> Poly:
    """A letter; one of one entry is the number 1."""
    return {UNIT: Fraction(1)} if t.rows == ONE else a.letter(t)


def apply_form(a: Algebra, t: Apply) -> Poly:
    """A letter, or a scalar; what is the identity, or its slope, is known, and what others are at 0."""
    shape = shape_of(t)
    if t.function == "identity" and t.order == 0:
        return a.poly(t.arg)
    if t.function == "identity" and (shape is None or shape[1] == ONE):
        return {UNIT: Fraction(1)} if shape is None else a.poly(Ones(shape[0]))
    if t.order == 1 and a.context.spelt and t.function in SPELT and (shape is None or shape[1] == ONE):
        return a.poly(slope_equation(t.function, t.arg)[1])
    if (value := _at_zero(a, t)) is not None:
        ones = {UNIT: Fraction(1)} if shape is None else a.poly(Ones(shape[0]))
        return {m: c * value for m, c in ones.items() if value}
    made = Apply(t.function, a.term(t.arg), t.order)
    return scalar_atom(made) if shape is None else a.letter(made)


def _at_zero(a: Algebra, t: Apply) -> Fraction | None:
    """The value of a number, or of each entry of a column, that an activation or its slope has at 0."""
    shape = shape_of(t)
    if t.function not in AT_ZERO or t.order not in (0, 1) or (shape is not None and shape[1] != ONE):
        return None
    return None if a.poly(t.arg) else AT_ZERO[t.function][t.order]


def copies(f: Term) -> tuple[Term, ...]:
    """The power of a diag as its factors, if they are few; what else there is as it stands."""
    few = isinstance(f, Pow) and isinstance(f.base, Diag) and f.exponent.is_const and 0 < f.exponent.const <= LONGEST
    return (f.base,) * f.exponent.const if few and isinstance(f, Pow) else (f,)


def times_ones(f: Term) -> tuple[Term, ...] | None:
    """A diag, or a power of one, times the column of ones: diag(v)^e ones = diag(v)^(e - 1) v."""
    factors = copies(f)
    if not isinstance(factors[-1], Diag):
        return None
    v, rest = factors[-1].arg, power(factors[-1], as_index(len(factors) - 1))
    return (*(() if rest is None else (rest,)), *(v.args if isinstance(v, MatMul) else (v,)))


def beside_ones(word: Word) -> Term | None:
    """v, where the trace of a word is ones^T v or v^T ones: the sum of the entries of v."""
    if len(word) != 2:
        return None
    for f, other in (word, word[::-1]):
        if isinstance(f, Ones) and isinstance(other, Transpose):
            return other.arg
        if f == Transpose(Ones((shape_of(f) or (ONE, ONE))[1])) and (shape_of(other) or (ONE, ONE))[1] == ONE:
            return other
    return None


def summed(word: Word) -> Word:
    """tr(diag(X v)) = ones^T X v, the sum of the entries of a column that is a product; any other word as it is."""
    v = word[0].arg if len(word) == 1 and isinstance(word[0], Diag) else None
    rows = (shape_of(v) or (ONE, ONE))[0] if v is not None else ONE
    return (Transpose(Ones(rows)), *v.args) if isinstance(v, MatMul) and rows != ONE else word


def around_hadamard(word: Word) -> Term | None:
    """x^T (A o B) y = tr(diag(x) A diag(y) B^T), where a word is that; A o B being the only elementwise product in it.

    Horn and Johnson, Topics in Matrix Analysis, lemma 5.1.4.
    """
    places = [i for i, f in enumerate(word) if isinstance(f, Hadamard)]
    rows = [i for i, f in enumerate(word) if (shape_of(f) or (ONE, ONE))[0] == ONE]
    if len(places) != 1 or len(rows) != 1:
        return None
    spun = (*word[rows[0] :], *word[: rows[0]])
    at = (places[0] - rows[0]) % len(word)
    h = spun[at]
    if not isinstance(h, Hadamard) or not 0 < at < len(spun) - 1:
        return None
    row, column = (f[0] if len(f) == 1 else MatMul(f) for f in (spun[:at], spun[at + 1 :]))
    return MatMul((Diag(Transpose(row)), h.left, Diag(column), Transpose(h.right)))
