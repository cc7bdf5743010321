"""The equational theory of claim terms: a normal form as a polynomial over words in noncommuting letters.

Trusted by the kernel. Two terms with equal normal forms are equal wherever the context's hypotheses hold. What it
knows: rings of matrices, transposes, powers with symbolic exponents, adjacent commuting letters, ordered products and
sums over symbolic ranges, linearity of diag, trace and entries, cyclicity of the trace, the chain rule through the
state. Inverses only of what the context knows to be invertible; anything else is refused.

Products, sums and k-step Jacobians of symbolic length give up the factors they are guaranteed to have, at the end the
context says (``peel``), so that what is left may be empty; then equal things look equal (``ranges``, ``chain``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    Hadamard,
    Inv,
    Jac,
    JordanBlock,
    MatMul,
    Norm,
    Ones,
    Pow,
    Prod,
    Shape,
    SizeOf,
    Softmax,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.semantics.blocks import as_unit, blocks_form, meeting, vanishes
from symrnn.semantics.chain import jacobian_form
from symrnn.semantics.columns import apply_form, around_hadamard, beside_ones, columns, ones_form, summed, times_ones
from symrnn.semantics.context import Context, base
from symrnn.semantics.elementwise import diag_form, hadamard_form, transposed
from symrnn.semantics.entry_forms import entry_form
from symrnn.semantics.functions import (
    abs_form,
    binomial_form,
    det_form,
    jordan_form,
    norm_form,
    radius_form,
)
from symrnn.semantics.gradients import FORMS
from symrnn.semantics.inner_products import in_order, inner_product, is_row, one_by_one, power_of_outer, slid, taken_out
from symrnn.semantics.monomials import (
    LONGEST,
    MOST,
    UNIT,
    UNITY,
    ZERO,
    Mono,
    Poly,
    Word,
    exponent,
    merge_scalars,
    mono_key,
    multiply,
    power,
    present,
    put,
    rename,
    scalar_atom,
    sum_var,
)
from symrnn.semantics.ranges import depth, guaranteed, inside, prod_var, product_form, sum_form


class Algebra:
    """Normal forms in one context. ``poly(term)`` is the only entry; results are cached."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.cache: dict[Term, Poly] = {}
        self._commuting: dict[tuple[Term, Term], bool] = {}

    def within(self, var: Var, lo: Index, hi: Index) -> Algebra:
        """The algebra inside a binder."""
        return Algebra(self.context.within(var, lo, hi))

    def poly(self, term: Term) -> Poly:
        """The normal form; Refused if a term may be undefined or has no rule."""
        found = self.cache.get(term)
        if found is None:
            rule = _RULES.get(type(term))
            if rule is None:
                raise Refused(f"no normal form for {type(term).__name__}")
            found = self.cache[term] = rule(self, term)
            if len(found) > MOST:
                raise Refused(f"a normal form of {len(found)} monomials is too large")
        return found

    # ---- words ----

    def word(self, factors: Iterable[Term], begun: Word = ()) -> Word:
        """The lexicographic normal form of a word in partially commuting letters, equal letters merged to powers.

        ``begun``: a first part of the word that has its normal form already.
        """
        out: list[Term] = list(begun)
        for factor in factors:
            if isinstance(factor, Eye):
                continue
            if isinstance(factor, Ones) and out and (column := times_ones(out[-1])) is not None:
                out = list(self.word((*out[:-1], *column)))
                continue
            first = len(out)
            while first > 0 and self._commute(out[first - 1], factor):
                first -= 1
            letter = base(factor)
            same = next((i for i in range(first, len(out)) if base(out[i]) == letter), None)
            if same is not None:
                merged = power(letter, exponent(out[same]) + exponent(factor))
                if merged is not None:
                    out[same] = merged
                else:  # the neighbours of what cancelled may commute
                    out = list(self.word((*out[:same], *out[same + 1 :])))
                continue
            place = next((i for i in range(first, len(out)) if base(out[i]).key > letter.key), len(out))
            out.insert(place, factor)
        met = meeting(tuple(out))
        if met is not None and met[1]:  # E_i^T E_i = I
            return self.word((*out[: met[0]], *out[met[0] + 2 :]))
        return tuple(out)

    def _commute(self, a: Term, b: Term) -> bool:
        """Whether two factors are known to commute; remembered."""
        found = self._commuting.get((a, b))
        if found is None:
            found = self._commuting[a, b] = self.context.commute(a, b)
        return found

    def times(self, p: Poly, q: Poly) -> Poly:
        """The product of two normal forms, in order."""
        if len(p) * len(q) > MOST:
            raise Refused(f"a product of {len(p)} by {len(q)} monomials is too large")
        out: Poly = {}
        for m1, c1 in p.items():
            for m2, c2 in q.items():
                mono, factor = self._join(m1, m2)
                c = _times(_times(c1, c2), factor)
                for made, d in taken_out(self, mono, c).items() if inner_product(mono[2]) else ((mono, c),):
                    put(out, made, d)
        return out

    def _join(self, a: Mono, b: Mono) -> tuple[Mono, Fraction]:
        moved = bool(a[1] and b[1])
        if moved:  # the second's sums move past the first's
            first = depth(self, "#") + len(a[1])
            shift = {v: as_index(sum_var(first + i)) for i, (v, _) in enumerate(b[1])}
            b = rename(b, shift)
        scalars, factor = merge_scalars((*a[0], *b[0])) if a[0] or b[0] else ((), UNITY)
        word = self.word(b[2], a[2]) if a[2] or moved else b[2]  # which is in normal form
        return (scalars, a[1] + b[1], word), factor if not vanishes(word) else Fraction(0)

    # ---- node rules ----

    def const(self, t: Const) -> Poly:
        return {UNIT: t.value} if t.value else {}

    def size_of(self, t: SizeOf) -> Poly:
        out: Poly = {UNIT: Fraction(t.index.const)} if t.index.const else {}
        for v, c in t.index.terms:
            put(out, (((SizeOf(as_index(v)), ONE),), (), ()), Fraction(c))
        return out

    def sym(self, t: Sym) -> Poly:
        cell = self.context.cell
        if t.role != "free" and (cell is None or cell.member(t.name, t.index[0]) != t):
            raise Refused(f"{t} is no state, input or local of the recurrence")
        if t.shape is None:
            return scalar_atom(t)
        definition = cell.definition(t.name, t.index[0]) if cell is not None and t.role == "local" else None
        # matrices such as D_t are names for their definitions; vectors stay letters until an equation is used
        named = isinstance(definition, Diag) or (self.context.spelt and isinstance(definition, Apply))
        return self.poly(definition) if named and definition is not None else self.letter(t)

    def letter(self, t: Term) -> Poly:
        return {((), (), (t,)): UNITY}

    def add(self, t: Add) -> Poly:
        return self.add_up(*t.args)

    def add_up(self, *args: Term) -> Poly:
        out: Poly = {}
        for arg in args:
            for mono, c in self.poly(arg).items():
                put(out, mono, c)
        return out

    def product(self, t: Times | MatMul) -> Poly:
        shapes = [shape_of(a) for a in t.args]
        scale = isinstance(t, Times) and any(s is not None and s != (ONE, ONE) for s in shapes)
        out: Poly = {UNIT: UNITY}
        for arg, shape in zip(t.args, shapes, strict=True):
            # a 1 x 1 matrix that scales a larger one stands for its entry, which is its trace
            out = self.times(out, self.trace(Trace(arg)) if scale and shape == (ONE, ONE) else self.poly(arg))
        outer = isinstance(t, MatMul) and any(s is not None and s[1] == ONE != s[0] for s in shapes[:-1])
        return columns(self, out) if outer else out

    def pow(self, t: Pow) -> Poly:
        p, e = self.poly(t.base), t.exponent
        if self.context.at_least(e, 0):
            return self._raise(p, e, t.base, any_sign=False)
        inverse = self._reciprocal(p, t.base)  # which also checks that the base is invertible
        if self.context.at_least(-e, 0):
            return self._raise(inverse, -e, t.base, any_sign=False)
        return self._raise(p, e, t.base, any_sign=True)

    def _raise(self, p: Poly, e: Index, base_term: Term, any_sign: bool) -> Poly:
        if e == ZERO:
            return {UNIT: Fraction(1)}
        if not p:
            if self.context.at_least(e, 1):
                return {}
            raise Refused("a power of 0 with an exponent that may be 0")
        if len(p) == 1:
            ((mono, c),) = p.items()
            if not mono[1] and (len(mono[2]) <= 1 or all(self.context.commute(a, b) for a in mono[2] for b in mono[2])):
                return self.raise_mono(mono, c, e)
            outer = power_of_outer(self, mono, c, e)
            if outer is not None:
                return outer
            if not mono[1] and (mono[0] or c != 1):  # (c X)^e = c^e X^e
                bare = self._raise({((), (), mono[2]): UNITY}, e, base_term, any_sign)
                return self.times(self.raise_mono((mono[0], (), ()), c, e), bare)
        if e.is_const and 0 <= e.const <= LONGEST:
            out: Poly = {UNIT: UNITY}
            for _ in range(e.const):
                out = self.times(out, p)
            return out
        if any_sign:
            raise Refused("a power of a sum or product with an exponent of unknown sign")
        return self._power_block(p, e, shape_of(base_term))

    def raise_scalar(self, p: Poly, e: Index) -> Poly:
        """The normal form of a scalar to a power; of a single monomial that may be divided by also a negative one."""
        if len(p) == 1 and not next(iter(p))[1]:
            ((mono, c),) = p.items()
            return self.raise_mono(mono, c, e)
        return self._raise(p, e, Const(Fraction(1)), any_sign=False)

    def _power_block(self, p: Poly, e: Index, shape: Shape) -> Poly:
        count = guaranteed(self, e)
        rest = e - count
        block = self.to_term(p, shape)
        if shape is None:
            middle: Poly = {(((block, rest),), (), ()): Fraction(1)}
        else:
            var = prod_var(self)
            middle = self.letter(Prod(block, var, ZERO, rest - 1, True))
        out = middle
        for _ in range(count):
            out = self.times(p, out) if self.context.peel == "left" else self.times(out, p)
        return out

    def raise_mono(self, mono: Mono, c: Fraction, e: Index) -> Poly:
        scalars: list[tuple[Term, Index]] = [(s, multiply(x, e)) for s, x in mono[0]]
        if c != 1:
            scalars.append((Const(c), e))
        word = tuple(w for f in mono[2] if (w := power(base(f), multiply(exponent(f), e))) is not None)
        merged, factor = merge_scalars(scalars)
        return {(merged, (), self.word(word)): factor}

    def _reciprocal(self, p: Poly, original: Term) -> Poly:
        """The inverse of a normal form, if the context knows it to be invertible."""
        if len(p) == 1:
            ((mono, c),) = p.items()
            if not mono[1] and all(self._nonzero(s) for s, _ in mono[0]) and all(map(self.context.regular, mono[2])):
                inverse = tuple(self._inverse_factor(f) for f in reversed(mono[2]))
                return {(tuple((s, -x) for s, x in mono[0]), (), self.word(inverse)): 1 / c}
        if shape_of(original) is None and p and p[UNIT if UNIT in p else max(p, key=mono_key)] < 0:
            return {m: -c for m, c in self._reciprocal({m: -c for m, c in p.items()}, original).items()}
        block = self.to_term(p, shape_of(original))
        if block.key not in self.context.invertible:
            raise Refused(f"{original} is not known to be invertible")
        return self.letter(Inv(block)) if shape_of(original) is not None else {(((block, -ONE),), (), ()): Fraction(1)}

    def _nonzero(self, s: Term) -> bool:
        known = self.context.invertible
        whole = isinstance(s, Det) and s.arg.key in known  # the determinant of what is invertible
        return isinstance(s, Const) or self.context.regular(s) or s.key in known or whole

    def _inverse_factor(self, f: Term) -> Term:
        if isinstance(f, Prod):
            body = self._reciprocal(inside(self, f).poly(f.body), f.body)
            return Prod(self.to_term(body, shape_of(f)), f.var, f.lo, f.hi, not f.descending)
        return present(power(base(f), -exponent(f)))

    def inv(self, t: Inv) -> Poly:
        return self._reciprocal(self.poly(t.arg), t.arg)

    def transpose(self, t: Transpose) -> Poly:
        if shape_of(t.arg) is None:
            return self.poly(t.arg)
        out: Poly = {}
        for (scalars, binders, word), c in self.poly(t.arg).items():
            factors: list[Term] = []
            for f in reversed(word):
                turned, sign = self._turn(f)
                factors.append(turned)
                c *= sign
            put(out, (scalars, binders, self.word(factors)), c)
        return out

    def _turn(self, f: Term) -> tuple[Term, Fraction]:
        """The transpose of a factor, with a sign."""
        plus = Fraction(1)
        if isinstance(f, Prod):
            body = inside(self, f).transpose(Transpose(f.body))
            flipped = Prod(self.to_term(body, shape_of(f)), f.var, f.lo, f.hi, not f.descending)
            return (f if self.context.diagonal(f) else flipped), plus
        if self.context.diagonal(f) or self.context.has(base(f), "symmetric", "scalar"):
            return f, plus
        if self.context.has(base(f), "orthogonal"):
            return present(power(base(f), -exponent(f))), plus
        if isinstance(f, Pow):
            turned, sign = self._turn(f.base)
            if sign != 1 and not f.exponent.is_const:
                return Transpose(f), plus
            turned_power = power(base(turned), multiply(exponent(turned), f.exponent))
            return present(turned_power), sign ** abs(f.exponent.const)
        if self.context.has(f, "skew"):
            return f, -plus
        if isinstance(f, Inv):
            turned_arg = self.to_term(self.transpose(Transpose(f.arg)), shape_of(f))
            return (Inv(turned_arg) if turned_arg.key in self.context.invertible else Transpose(f)), plus
        if isinstance(f, Apply):
            return Apply(f.function, self.term(Transpose(f.arg)), f.order), plus
        if isinstance(f, Hadamard) and (found := transposed(self, f)) is not None:
            return found
        return (f.arg if isinstance(f, Transpose) else Transpose(f)), plus

    def trace(self, t: Trace) -> Poly:
        """Linear, cyclic, blind to transposition; the trace of a 1 x 1 word is its entry."""
        shape = shape_of(t.arg)
        if shape is None:
            return self.poly(t.arg)
        out: Poly = {}
        for (scalars, binders, word), c in self.poly(t.arg).items():
            inner = self.trace_of_word(word) if word else self.size_of(SizeOf(shape[0]))
            for mono, d in self.times({(scalars, binders, ()): c}, inner).items():
                put(out, mono, d)
        return out

    def trace_of_word(self, word: Word) -> Poly:
        """The least spelling among the rotations of the word and of its transpose, which may change the sign."""
        if len(word) == 1 and isinstance(word[0], Diag) and isinstance(word[0].arg, Softmax):
            return {UNIT: Fraction(1)}  # shares of 1
        word = self.word(summed(word))
        column, other = beside_ones(word), around_hadamard(word)
        if column is not None:
            return self.trace(Trace(Diag(column)))
        if other is not None:
            return self.trace(Trace(other))
        word = in_order(self, word)
        numbers = one_by_one(self, word)
        if numbers is not None:
            return numbers
        reverse = [self._turn(f) for f in reversed(word)]
        sign = Fraction(1)
        for _, s in reverse:
            sign *= s
        spellings = [(word, Fraction(1)), (self.word(f for f, _ in reverse), sign)]
        spellings += [(w, c) for v, c in spellings for i in range(len(v)) for w in slid(self, (*v[i:], *v[:i]))]
        spun = [(self.word((*w[i:], *w[:i])), c) for w, c in spellings for i in range(len(w))]
        if any(vanishes(w) for w, _ in spun):
            return {}
        if len(word) == 2 and any(not w for w, _ in spun) and (block := as_unit(word[0])) is not None:
            return self.size_of(SizeOf(block[0][block[1]]))  # tr(E_i E_i^T) = tr(I)
        best, c = min(spun, key=lambda item: (len(item[0]), not is_row(item[0]), [f.key for f in item[0]], -item[1]))
        if not best:
            raise Refused("a trace whose word cancels")
        if len(best) < len(word):  # a power and its inverse met where the word closes
            return {m: c * x for m, x in self.trace_of_word(best).items()}
        if (best, -c) in spun:
            return {}  # it is its own negative
        return {(((Trace(self.as_product(best)), ONE),), (), ()): c}

    def as_product(self, word: Word) -> Term:
        return word[0] if len(word) == 1 else MatMul(word)

    def discriminant(self, t: Discriminant) -> Poly:
        """A function of the normal form of its argument."""
        return scalar_atom(Discriminant(self.term(t.arg)))

    # ---- back to terms ----

    def term(self, t: Term) -> Term:
        """The canonical term of a term."""
        return self.to_term(self.poly(t), shape_of(t))

    def to_term(self, p: Poly, shape: Shape) -> Term:
        """A term with the given normal form; equal forms give equal terms."""
        parts = [self.mono_term(m, c, shape) for m, c in sorted(p.items(), key=lambda item: mono_key(item[0]))]
        if not parts:
            return Const(Fraction(0)) if shape is None else Zeros(*shape)
        return parts[0] if len(parts) == 1 else Add(tuple(parts))

    def mono_term(self, mono: Mono, c: Fraction, shape: Shape) -> Term:
        scalars, binders, word = mono
        factors: list[Term] = [s if e == ONE else Pow(s, e) for s, e in scalars]
        if shape is not None:
            factors.append(self.as_product(word) if word else Eye(shape[0]))
        elif word:
            raise Refused("a matrix where a scalar should stand")
        if c != 1 or not factors:
            factors.insert(0, Const(c))
        out: Term = factors[0] if len(factors) == 1 else Times(tuple(factors))
        for var, length in reversed(binders):
            out = Sum(out, var, ZERO, length - 1)
        return out


def _times(a: Fraction, b: Fraction) -> Fraction:
    """a b; most coefficients are 1."""
    return b if a is UNITY or a == 1 else a if b is UNITY or b == 1 else a * b


_RULES: dict[type[Term], Callable[[Algebra, Any], Poly]] = {
    Const: Algebra.const,
    SizeOf: Algebra.size_of,
    Sym: Algebra.sym,
    Eye: lambda self, t: {UNIT: UNITY},
    Zeros: lambda self, t: {},
    Ones: ones_form,
    Add: Algebra.add,
    Times: Algebra.product,
    MatMul: Algebra.product,
    Hadamard: hadamard_form,
    Pow: Algebra.pow,
    Transpose: Algebra.transpose,
    Inv: Algebra.inv,
    Trace: Algebra.trace,
    Det: det_form,
    Norm: norm_form,
    SpectralRadius: radius_form,
    Discriminant: Algebra.discriminant,
    Binomial: binomial_form,
    JordanBlock: jordan_form,
    Abs: abs_form,
    Diag: diag_form,
    Blocks: blocks_form,
    Apply: apply_form,
    Entry: entry_form,
    Jac: jacobian_form,
    **FORMS,
    Prod: product_form,
    Sum: sum_form,
}
