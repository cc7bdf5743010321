"""Normal forms of norms, spectral radii, magnitudes, binomial coefficients and Jordan blocks. Trusted by the kernel.

||c A|| = |c| ||A||, ||A^T|| = ||A|| (1 and inf change places), ||Q A|| = ||A|| for orthogonal Q in the 2-norm;
||ones||_1 = n; det(c A) = c^n det(A);
||x y^T|| = ||x|| ||y^T||; rho(Q) = 1 for orthogonal Q, rho(x y^T) = |y^T x|, rho(c A) = |c| rho(A),
rho(A^T) = rho(A), rho(A B) = rho(B A), rho(A^k) = rho(A)^k; |c a| = |c| |a|;
binomial(k + 1, r) = binomial(k, r) + binomial(k, r - 1); a Jordan block is l I + N with N its nilpotent part.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, substitute
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Binomial,
    Const,
    Det,
    Diag,
    Entry,
    Eye,
    JordanBlock,
    MatMul,
    Norm,
    Ones,
    Pow,
    SizeOf,
    SpectralRadius,
    Sum,
    Term,
    Times,
    Trace,
    Transpose,
)
from symrnn.semantics.context import Context, base
from symrnn.semantics.monomials import (
    UNIT,
    ZERO,
    Mono,
    Poly,
    Scalars,
    Word,
    exponent,
    merge_scalars,
    mono_key,
    put,
    scalar_atom,
    sum_var,
)

if TYPE_CHECKING:
    from symrnn.semantics.algebra import Algebra

FLIPPED = {"1": "inf", "inf": "1", "2": "2", "fro": "fro"}
MOST_PASCAL = 8


def norm_form(a: Algebra, t: Norm) -> Poly:
    """||X|| with what scales X taken out, in the least spelling of X and its transpose."""
    shape, p = shape_of(t.arg), a.poly(t.arg)
    if shape is None or shape == (ONE, ONE):
        return abs_form(a, Abs(Trace(t.arg)))
    scale, rest = _scale(a, p)
    if not rest or (rest == {UNIT: Fraction(1)} and t.kind != "fro"):
        return scale if rest else {}
    if (size := _of_ones(rest, t.kind)) is not None:
        return a.times(scale, a.size_of(SizeOf(size)))
    outer = _outer(rest)
    if outer is not None:
        return a.times(scale, a.times(norm_form(a, Norm(outer[0], t.kind)), norm_form(a, Norm(outer[1], t.kind))))
    if t.kind == "fro" and ONE in shape:
        t = Norm(t.arg, "2")
    if t.kind in ("2", "fro"):
        rest = _without_rotations(a, rest)
        if rest == {UNIT: Fraction(1)} and t.kind == "2":
            return scale
    here = a.to_term(rest, shape_of_poly(rest, shape))
    turned = a.to_term(_signed(a.transpose(Transpose(here))), (shape_of(here) or shape)[::-1])
    kind, x = min((t.kind, here), (FLIPPED[t.kind], turned), key=lambda item: (item[1].key, item[0]))
    return a.times(scale, scalar_atom(Norm(x, kind)))


def _of_ones(p: Poly, kind: str) -> Index | None:
    """The 1-norm or maximum norm of a column or row of ones: how many there are, or 1."""
    word = next(iter(p))[2] if len(p) == 1 and not next(iter(p))[1] else ()
    column = word[0].arg if len(word) == 1 and isinstance(word[0], Transpose) else word[0] if len(word) == 1 else None
    if not isinstance(column, Ones) or kind not in ("1", "inf"):
        return None
    return column.rows if kind == ("1" if column is word[0] else "inf") else ONE


def _outer(p: Poly) -> tuple[Term, Term] | None:
    """x and y^T if a normal form is the one word x y^T of a column and a row: each norm of it is that of x by y^T's."""
    ((_, binders, word), _), *more = p.items()
    cut = next((i for i, f in enumerate(word) if i and (shape_of(f) or (ONE, ONE))[0] == ONE), 0)
    if binders or more or not cut or ONE in (shape_of(_product(word)) or (ONE, ONE)):
        return None
    return _product(word[:cut]), _product(word[cut:])


def det_form(a: Algebra, t: Det) -> Poly:
    """det(c X) = c^n det(X) with what scales X taken out; of a 1 x 1 matrix its entry."""
    shape, p = shape_of(t.arg), a.poly(t.arg)
    if shape is None or shape == (ONE, ONE):
        return a.trace(Trace(t.arg))
    scalars, c = _content(p, shape[0])
    inner: Poly = {(tuple(s for s in m[0] if s not in scalars), m[1], m[2]): x / c for m, x in p.items()}
    if not inner or inner == {UNIT: Fraction(1)}:
        det = inner
    else:
        det = scalar_atom(Det(a.to_term(inner, shape)))
    return a.times(a.raise_mono((scalars, (), ()), c, shape[0]), det)


def _content(p: Poly, size: Index) -> tuple[Scalars, Fraction]:
    """Scalars and a number that scale a normal form: those of its one monomial, else the sign and size of the leading
    coefficient; a sum with I in it keeps I as it is."""
    if not p or UNIT in p:
        return (), Fraction(1) if UNIT not in p or p[UNIT] > 0 else Fraction(-1)
    c = p[max(p, key=mono_key)]
    if len(p) > 1 or next(iter(p))[1]:
        return (), c
    return tuple((s, e) for s, e in next(iter(p))[0] if e.is_const or size.is_const), c


def radius_form(a: Algebra, t: SpectralRadius) -> Poly:
    """rho(X) with what scales X taken out; of a word the least among its rotations and those of its transpose."""
    shape, p = shape_of(t.arg), a.poly(t.arg)
    if shape is None or shape == (ONE, ONE):
        return abs_form(a, Abs(Trace(t.arg)))
    if isinstance(t.arg, Pow) and a.context.at_least(t.arg.exponent, 1):
        return a.raise_scalar(a.poly(SpectralRadius(t.arg.base)), t.arg.exponent)
    scale, rest = _scale(a, p)
    if not rest or rest == {UNIT: Fraction(1)}:
        return scale if rest else {}
    if len(rest) == 1 and not next(iter(rest))[1]:
        return a.times(scale, _radius_of_word(a, next(iter(rest))[2]))
    here = a.to_term(rest, shape)
    turned = a.to_term(_signed(a.transpose(Transpose(here))), shape)
    return a.times(scale, scalar_atom(SpectralRadius(min(here, turned, key=lambda x: x.key))))


def _radius_of_word(a: Algebra, word: Word) -> Poly:
    turned = a.transpose(Transpose(_product(word)))
    ((scalars, binders, back), c), *more = turned.items()
    plain = abs(c) == 1 and not (scalars or binders or more)  # up to its sign a word, and nothing else
    spun = [a.word((*w[i:], *w[:i])) for w in ((word, back) if plain else (word,)) for i in range(len(w))]
    best = min(spun, key=lambda w: (len(w), [f.key for f in w]))
    if not best:
        return {UNIT: Fraction(1)}
    if len(best) < len(word):  # a factor met its inverse where the word closes
        return _radius_of_word(a, best)
    if len(best) == 1 and a.context.at_least(exponent(best[0]), 0):
        radius = radius_form(a, SpectralRadius(base(best[0]))) if isinstance(best[0], Pow) else None
        if radius is not None:
            return a._raise(radius, exponent(best[0]), SpectralRadius(base(best[0])), any_sign=False)
    if any((shape_of(f) or (ONE, ONE))[0] == ONE for f in best):  # a column by a row: its only eigenvalue but 0
        return abs_form(a, Abs(Trace(_product(best))))
    if all(a.context.has(base(f), "orthogonal") for f in best):
        return {UNIT: Fraction(1)}
    return scalar_atom(SpectralRadius(_product(best)))


def abs_form(a: Algebra, t: Abs) -> Poly:
    """|x| factor by factor; of a matrix entrywise, what scales it taken out."""
    p = a.poly(t.arg)
    scale, rest = _scale(a, p)
    if not rest or rest == {UNIT: Fraction(1)}:
        return scale if rest else {}
    shape = shape_of(t.arg)
    if shape is None:
        return a.times(scale, scalar_atom(Abs(a.to_term(rest, None))))
    word = next(iter(rest))[2] if len(rest) == 1 and not next(iter(rest))[1] else ()
    if len(word) == 1 and (_nonnegative_power(a.context, word[0]) or isinstance(word[0], Abs)):
        return a.times(scale, rest)
    if len(word) == 1 and isinstance(word[0], Transpose):
        return a.times(scale, a.transpose(Transpose(a.to_term(abs_form(a, Abs(word[0].arg)), shape[::-1]))))
    return a.times(scale, a.letter(Abs(a.to_term(rest, shape))))


def _scale(a: Algebra, p: Poly) -> tuple[Poly, Poly]:
    """(s, q) with p = +-s q and s >= 0: all scalars of a single monomial, else the size of the leading coefficient."""
    if not p:
        return {UNIT: Fraction(1)}, {}
    if len(p) == 1:
        ((scalars, binders, word), c), *_ = p.items()
        if not binders:
            sized, factor = merge_scalars((_magnitude(a.context, s), e) for s, e in scalars)
            return {(sized, (), ()): abs(c) * factor}, {((), (), word): Fraction(1)}
    lead = abs(p[max(p, key=mono_key)])
    return {UNIT: lead}, _signed({m: c / lead for m, c in p.items()})


def _signed(p: Poly) -> Poly:
    """p or -p, whichever has a positive leading coefficient."""
    sign = 1 if not p or p[max(p, key=mono_key)] > 0 else -1
    return {m: c * sign for m, c in p.items()}


def shape_of_poly(p: Poly, shape: tuple[Index, Index]) -> tuple[Index, Index]:
    """The shape of a normal form whose outer factors may have been dropped."""
    words = [m[2] for m in p if m[2]]
    if not words:
        return shape
    found = shape_of(_product(words[0]))
    return found if found is not None else shape


def _without_rotations(a: Algebra, p: Poly) -> Poly:
    """A word without orthogonal factors at its ends."""
    if len(p) != 1 or next(iter(p))[1]:
        return p
    ((scalars, _, word), c), *_ = p.items()
    while word and a.context.has(base(word[0]), "orthogonal"):
        word = word[1:]
    while word and a.context.has(base(word[-1]), "orthogonal"):
        word = word[:-1]
    return {(scalars, (), word): c}


def _product(word: Word) -> Term:
    return word[0] if len(word) == 1 else MatMul(word)


# ---- signs ----


def _magnitude(context: Context, s: Term) -> Term:
    if isinstance(s, Const):
        return Const(abs(s.value))
    return s if never_negative(context, s) else Abs(s)


def never_negative(context: Context, s: Term) -> bool:
    """Whether a scalar atom is known to be at least 0 wherever it has a value."""
    if isinstance(s, SizeOf):
        return context.at_least(s.index, 0)
    if isinstance(s, Const):
        return s.value >= 0
    if isinstance(s, Apply):
        facts = FACTS.get(s.function)
        return facts is not None and (facts.low >= 0 if s.order else facts.positive)
    if isinstance(s, Entry):
        return isinstance(s.arg, Abs) or _nonnegative_power(context, s.arg)
    if isinstance(s, Add | Times) and all(never_negative(context, x) for x in s.args):
        return True
    if isinstance(s, Pow) and shape_of(s) is None:
        return never_negative(context, s.base) or _even(s.exponent)
    if isinstance(s, Det):
        word = s.arg.args if isinstance(s.arg, MatMul) else (s.arg,)
        return _is_gram(context, word) or all(isinstance(f, Diag) and never_negative(context, f.arg) for f in word)
    if isinstance(s, Trace) and isinstance(s.arg, MatMul):
        return any(_is_gram(context, (*s.arg.args[i:], *s.arg.args[:i])) for i in range(len(s.arg.args)))
    return isinstance(s, Norm | SpectralRadius | Binomial | Abs) or context.has(s, "nonnegative")


def _is_gram(context: Context, word: Word) -> bool:
    """Whether a word is X^T X: each factor the transpose of the one as far from the end."""
    pairs = zip(word, reversed(word), strict=True)
    return len(word) % 2 == 0 and all(
        f == Transpose(g) or g == Transpose(f) or (f == g and context.has(base(f), "symmetric", "diagonal", "scalar"))
        for f, g in pairs
    )


def _nonnegative_power(context: Context, x: Term) -> bool:
    """A nonnegative matrix, or a power of one that is no inverse."""
    return context.has(base(x), "nonnegative") and context.at_least(exponent(x), 0)


def monomial_never_negative(context: Context, scalars: Scalars) -> bool:
    """Whether a product of scalar atoms is at least 0: each is, or stands to an even power."""
    return all(never_negative(context, s) or _even(e) for s, e in scalars)


def _even(e: Index) -> bool:
    return e.const % 2 == 0 and all(c % 2 == 0 for _, c in e.terms)


def monomial_positive(context: Context, mono: Mono) -> bool:
    """Whether a product of scalar atoms is above 0: never negative, and each known not to be 0."""
    scalars, binders, word = mono
    fine = not binders and not word and monomial_never_negative(context, scalars)
    return fine and all(_nonzero(context, s) for s, _ in scalars)


def _nonzero(context: Context, s: Term) -> bool:
    if isinstance(s, Const):
        return s.value != 0
    if isinstance(s, SizeOf):
        return context.at_least(s.index, 1)
    if isinstance(s, Apply):
        facts = FACTS.get(s.function)
        if facts is not None and (facts.never_zero if s.order else facts.positive):
            return True
        return s.order == 0 and facts is not None and facts.zero_at_zero_only and _nonzero(context, s.arg)
    if isinstance(s, Abs):
        return _nonzero(context, s.arg)
    if isinstance(s, Norm) and shape_of(s.arg) is not None:
        return all(map(context.regular, s.arg.args if isinstance(s.arg, MatMul) else (s.arg,)))
    return context.regular(s) or s.key in context.invertible


# ---- binomials and Jordan blocks ----


def binomial_form(a: Algebra, t: Binomial) -> Poly:
    """Numbers where they are known; Pascal's rule as often as the top is known to allow it."""
    top, bottom, known = t.top, t.bottom, a.context.at_least
    if known(-1 - bottom, 0) or (known(top, 0) and known(bottom - top - 1, 0)):
        return {}
    if known(top, 0) and (bottom == ZERO or top == bottom):
        return {UNIT: Fraction(1)}
    if top.is_const and bottom.is_const:
        return {UNIT: Fraction(comb(top.const, bottom.const))} if top.const >= bottom.const >= 0 else {}
    if known(top, 0) and bottom == ONE:
        return a.size_of(SizeOf(top))
    if known(top - 1, 0) and not known(top - 1 - MOST_PASCAL, 0):
        return a.add_up(Binomial(top - 1, bottom), Binomial(top - 1, bottom - 1))
    return scalar_atom(Binomial(top, bottom))


def jordan_form(a: Algebra, t: JordanBlock) -> Poly:
    """l I + N."""
    nilpotent = JordanBlock(Const(Fraction(0)), t.size)
    n: Poly = {} if t.size == ONE else a.letter(nilpotent)
    out = dict(a.times(a.poly(t.value), a.poly(Eye(t.size))))
    for mono, c in n.items():
        out[mono] = out.get(mono, Fraction(0)) + c
    return out


def shift_entries(a: Algebra, t: Entry) -> Poly | None:
    """An entry of a sum of c_r N^(+-r + e): the one term that has it; None if it cannot be told which."""
    s = t.arg
    if not isinstance(s, Sum) or not contains(s.body, JordanBlock):
        return None
    known = a.context.at_least
    if not known(s.hi - s.lo + 1, 0) or not all(
        a.context.has_row(at, d) for at, d in zip((t.row, t.col), _ends(s), strict=True)
    ):
        return None
    out: Poly = {}
    var = sum_var(sum(v.name.startswith("#") for v, _ in a.context.ranges))  # of which nothing else is known
    body = substitute(s.body, {s.var: as_index(var)})
    for (scalars, binders, word), c in a.within(var, s.lo, s.hi).poly(body).items():
        rate = dict(exponent(word[0]).terms).get(var, 0) if len(word) == 1 else 0
        if binders or len(word) != 1 or not _is_shift(word) or abs(rate) != 1:
            return None
        at = (t.col - t.row - exponent(word[0])) * rate + as_index(var)
        if known(s.lo - at, 1) or known(at - s.hi, 1):
            continue
        if not (known(at - s.lo, 0) and known(s.hi - at, 0)) or var in free_vars(at):
            return None
        for mono, d in a.poly(substitute(a.mono_term((scalars, (), ()), c, None), {var: at})).items():
            put(out, mono, d)
    return out


def _ends(t: Term) -> tuple[Index, Index]:
    return shape_of(t) or (ONE, ONE)


def _is_shift(word: Word) -> bool:
    x = base(word[0])
    return isinstance(x, JordanBlock) and x.value == Const(Fraction(0))


def shift_entry(context: Context, f: Term, row: Index, col: Index) -> Fraction | None:
    """(N^e)_{row, col} for the nilpotent part N of a Jordan block: 1 where col = row + e, else 0; None if unknown."""
    x = base(f)
    if not isinstance(x, JordanBlock) or x.value != Const(Fraction(0)) or not context.at_least(exponent(f), 0):
        return None
    gap = col - row - exponent(f)
    if gap == ZERO:
        return Fraction(1)
    if context.at_least(gap, 1) or context.at_least(-gap, 1):
        return Fraction(0)
    return None
