"""Normal forms of elementwise products and of diagonal matrices made of columns. Trusted by the kernel.

diag(D v) = D diag(v) for diagonal D. An elementwise product is linear in both factors; what is diagonal at their
ends comes out, (D A E) o B = D (A o B) E; a column times a row is two diagonals, (x y^T) o B = diag(x) B diag(y).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symrnn.claims.index import Index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import Diag, Eye, Hadamard, Ones, Term, Transpose
from symrnn.semantics.columns import columns, copies
from symrnn.semantics.monomials import Poly, Word, put

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra


def diag_form(a: Algebra, t: Diag) -> Poly:
    """Linear; diagonal letters before the last come out; diag(ones) = I."""
    if a.context.spelt and shape_of(t.arg) == (ONE, ONE):  # one entry: slopes by values are products of numbers
        return a.poly(t.arg)
    out: Poly = {}
    for (scalars, binders, word), c in columns(a, a.poly(t.arg)).items():
        word = tuple(x for f in word for x in copies(f))
        count = 0
        while count < len(word) - 1 and shape_of(word[0]) != (ONE, ONE) and a.context.diagonal(word[count]):
            count += 1
        v = a.as_product(word[count:]) if word else Eye(ONE)
        ones = isinstance(v, Eye | Ones)
        put(out, (scalars, binders, a.word((*word[:count], *(() if ones else (Diag(v),))))), c)
    return out


def hadamard_form(a: Algebra, t: Hadamard) -> Poly:
    """Of scalars and columns by their products; of matrices as above, in the least order of the factors."""
    shape = shape_of(t)
    if shape is None:
        return a.times(a.poly(t.left), a.poly(t.right))
    if shape[1] == ONE:
        left, right = sorted((t.left, t.right), key=lambda x: _length(a.poly(x)))
        return a.times(a.poly(Diag(left)), a.poly(right))  # what is made of most stands last, where it is seen
    if shape[0] == ONE:
        return a.transpose(Transpose(Hadamard(Transpose(t.left), Transpose(t.right))))
    p, q = a.poly(t.left), a.poly(t.right)
    if any(m[1] for m in (*p, *q)):  # sums stay as they are
        return a.letter(_letter(a.to_term(p, shape), a.to_term(q, shape)))
    out: Poly = {}
    for (some, _, first), c in p.items():
        for (others, _, second), d in q.items():
            scalars = a.times({(some, (), ()): c}, {(others, (), ()): d})
            for mono, x in a.times(scalars, _of_words(a, first, second, shape)).items():
                put(out, mono, x)
    return out


def _length(p: Poly) -> int:
    """The most letters of a word that are no diagonal matrices of columns."""
    return max((sum(not isinstance(f, Diag) for f in word) for _, _, word in p), default=0)


def _of_words(a: Algebra, first: Word, second: Word, shape: tuple[Index, Index]) -> Poly:
    one, other = _ends(a, first), _ends(a, second)
    cores = sorted((one[1], other[1]), key=lambda w: [f.key for f in w])
    for core, rest in (cores, cores[::-1]):
        cut = next((i for i, f in enumerate(core) if i and (shape_of(f) or (ONE, ONE))[0] == ONE), 0)
        if cut:
            row = a.as_product(core[cut:])
            left, right = a.poly(Diag(a.as_product(core[:cut]))), a.poly(Diag(Transpose(row)))
            middle = a.times(a.times(left, {((), (), rest): Fraction(1)}), right)
            break
    else:
        x, y = (a.as_product(w) if w else Eye(shape[0]) for w in cores)
        middle = a.letter(_letter(x, y))
    lefts: Poly = {((), (), a.word((*one[0], *other[0]))): Fraction(1)}
    rights: Poly = {((), (), a.word((*one[2], *other[2]))): Fraction(1)}
    return a.times(a.times(lefts, middle), rights)


def _ends(a: Algebra, word: Word) -> tuple[Word, Word, Word]:
    """The diagonal letters that a word begins with, the rest, and those it ends with."""
    first = next((i for i, f in enumerate(word) if not a.context.diagonal(f)), len(word))
    last = len(word)
    while last > first and a.context.diagonal(word[last - 1]):
        last -= 1
    return word[:first], word[first:last], word[last:]


def _letter(x: Term, y: Term) -> Hadamard:
    return Hadamard(*sorted((x, y), key=lambda t: t.key))


def transposed(a: Algebra, f: Hadamard) -> tuple[Term, Fraction] | None:
    """(A o B)^T = A^T o B^T, with a sign; None where a factor becomes more than a word."""
    sides, sign = [], Fraction(1)
    for x in (f.left, f.right):
        p = a.transpose(Transpose(x))
        if len(p) != 1 or next(iter(p))[:2] != ((), ()) or abs(next(iter(p.values()))) != 1:
            return None
        ((_, _, word), c), *_ = p.items()
        sides.append(a.as_product(word) if word else x)
        sign *= c
    return _letter(*sides), sign
