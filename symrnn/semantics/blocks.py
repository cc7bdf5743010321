"""Normal forms of block matrices: sums of words between unit blocks. Trusted by the kernel.

With E_i the column of blocks whose i-th is I and whose others are 0, a block matrix [A_ij] is the sum of
E_i A_ij E_j^T. The unit blocks of one partition satisfy E_i^T E_i = I and E_i^T E_j = 0 for i != j, and this is all
that is used of them. (The sum of E_i E_i^T is I too, but is not rewritten.)
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from symrnn.claims.index import Index
from symrnn.claims.shapes import block_sizes
from symrnn.claims.tree import Blocks, Eye, Term, Transpose, Zeros
from symrnn.semantics.monomials import UNIT, Poly, Word, put

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra

Sizes = tuple[Index, ...]


def unit(sizes: Sizes, i: int) -> Blocks:
    """The column of blocks of the given heights with I in place ``i`` (from 0) and 0 elsewhere."""
    return Blocks(tuple((Eye(n) if row == i else Zeros(n, sizes[i]),) for row, n in enumerate(sizes)))


@lru_cache(maxsize=4096)
def as_unit(letter: Term) -> tuple[Sizes, int] | None:
    """(sizes, i) if a letter is a unit block of a partition into two or more."""
    if not isinstance(letter, Blocks) or len(letter.rows) < 2 or any(len(row) != 1 for row in letter.rows):
        return None
    places = [i for i, (block,) in enumerate(letter.rows) if isinstance(block, Eye)]
    if len(places) != 1:
        return None
    heights, _ = block_sizes(letter)
    return (heights, places[0]) if letter == unit(heights, places[0]) else None


def blocks_form(a: Algebra, t: Blocks) -> Poly:
    """The sum of E_i A_ij E_j^T; a matrix with one row (column) of blocks needs no E on the left (right)."""
    heights, widths = block_sizes(t)
    out: Poly = {}
    for i, row in enumerate(t.rows):
        for j, block in enumerate(row):
            left: Poly = {((), (), (unit(heights, i),)): Fraction(1)} if len(heights) > 1 else {UNIT: Fraction(1)}
            right: Poly = (
                {((), (), (Transpose(unit(widths, j)),)): Fraction(1)} if len(widths) > 1 else {UNIT: Fraction(1)}
            )
            for mono, c in a.times(a.times(left, a.poly(block)), right).items():
                put(out, mono, c)
    return out


def meeting(word: Word) -> tuple[int, bool] | None:
    """The first place where E_i^T stands before E_j of the same partition, and whether i = j; None if nowhere."""
    for at, (left, right) in enumerate(zip(word, word[1:], strict=False)):
        if isinstance(right, Blocks) and isinstance(left, Transpose) and isinstance(left.arg, Blocks):
            first, second = as_unit(left.arg), as_unit(right)
            if first is not None and second is not None and first[0] == second[0]:
                return at, first[1] == second[1]
    return None


def vanishes(word: Word) -> bool:
    """Whether a word is 0 because two different unit blocks of a partition meet in it."""
    found = meeting(word)
    return found is not None and not found[1]
