"""Rules for rewriting determinants: of products, powers, transposes, and of X + U V with a thinner V U. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Known, Proof
from symrnn.claims.index import Index, as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Add, Det, Eye, Inv, MatMul, Pow, Rel, Term, Transpose
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.search.rules import How, Rule, difference_of
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import base
from symrnn.semantics.monomials import UNIT, Poly, Word
from symrnn.semantics.sequents import Equation, Sequent

Parts = tuple[tuple[str, Term], ...]  # what stands for the matrices of a lemma
PRODUCT, SYLVESTER = "determinant of a product", "Sylvester's determinant identity"


def determinant_rules(s: Sequent, how: How, p: Poly, apart: bool = False) -> Iterator[Rule]:
    """Determinants of products and powers factor by factor, those of transposes without the transpose.

    ``apart``: to take one apart, when det U = det U^T for orthogonal U is of use in one direction only.
    """
    found = {t for scalars, _, _ in p for a, _ in scalars for t in walk(a) if isinstance(t, Det)}
    algebra = s.algebra(how[0], how[2])
    whole = {a for scalars, _, _ in p for a, e in scalars if e.is_const and e.const > 0}
    for t in sorted(found, key=lambda t: t.key):
        for name, parts in _of_one_word(algebra, t.arg, apart):
            backwards = name == "determinant of a transpose" and parts[0][1] == t.arg  # det Q = det Q^T
            lead = (((t, ONE),), (), ())
            yield from _rule(name, parts, lead, Fraction(-1 if backwards else 1))
        turned = _turned(algebra, t.arg)
        if turned in found and t in whole and (turned not in whole or turned.key > t.key):
            yield from _with_lead(s, how, t, "determinant of a transpose", (("A", t.arg),))
        if algebra.context.has(t.arg, "skew"):  # det X = det X^T = det -X = (-1)^n det X
            yield from _with_lead(s, how, t, "determinant of a transpose", (("A", t.arg),))
        if isinstance(t.arg, Add):
            for name, parts in _of_two_words(algebra, t.arg, found):
                yield from _with_lead(s, how, t, name, parts)


def _turned(algebra: Algebra, x: Term) -> Det | None:
    """The determinant of the transpose of a sum."""
    if not isinstance(x, Add):
        return None
    try:
        atoms = [a for m in algebra.poly(Det(Transpose(x))) for a, _ in m[0] if isinstance(a, Det)]
    except Refused:
        return None
    return atoms[0] if len(atoms) == 1 else None


def _rule(name: str, parts: Parts, lead: Any, coefficient: Fraction) -> Iterator[Rule]:
    claim = LEMMAS[name].claim
    symbol = {y.name: y for y in symbols(claim)}
    values: dict[Any, Any] = {symbol[n]: x for n, x in parts}
    for sym, x in list(values.items()):
        for d, end in zip(sym.shape or (), shape_of(x) or (), strict=True):
            values[next(iter(free_vars(d)))] = end
    sizes = {v: x for v, x in values.items() if isinstance(x, Index)}
    resized = {substitute(v, sizes): x for v, x in values.items() if v not in sizes}
    goal = substitute(substitute(claim.conclusion, sizes), resized)
    if isinstance(goal, Rel):
        discharge: tuple[Proof, ...] = (Known(),) * len(claim.hypotheses)
        binding = tuple(sorted(values.items(), key=lambda item: str(item[0].key)))
        yield Rule(f"lemma:{name}", Equation(goal.lhs, goal.rhs, frozenset()), lead, coefficient, binding, discharge)


def _with_lead(s: Sequent, how: How, t: Det, name: str, parts: Parts) -> Iterator[Rule]:
    """The rule that takes away a determinant, if it does."""
    lead = (((t, ONE),), (), ())
    for rule in _rule(name, parts, lead, Fraction(1)):
        whole = difference_of(s, how, rule.equation.lhs, rule.equation.rhs)
        if whole is not None and lead in whole:
            yield from _rule(name, parts, lead, whole[lead])


def _of_one_word(algebra: Algebra, x: Term, apart: bool) -> Iterator[tuple[str, Parts]]:
    """The lemmas that take the determinant of x apart, and what stands for their matrices."""
    if isinstance(x, Pow) and x.exponent == as_index(-1):
        if apart and algebra.context.has(x.base, "orthogonal"):  # U^-1 = U^T
            yield "determinant of a transpose", (("A", x.base),)
        yield "determinant of an inverse", (("A", x.base),)
    elif isinstance(x, Inv):
        yield "determinant of an inverse", (("A", x.arg),)
    elif isinstance(x, MatMul) and all(shape_of(f) == shape_of(x) for f in x.args):
        rest = x.args[1] if len(x.args) == 2 else MatMul(x.args[1:])
        yield PRODUCT, (("A", x.args[0]), ("B", rest))
    elif isinstance(x, Pow) and algebra.context.at_least(x.exponent, 1) and x.exponent != as_index(1):
        less = x.exponent - 1
        yield PRODUCT, (("A", x.base), ("B", x.base if less == as_index(1) else Pow(x.base, less)))
    elif isinstance(x, Transpose):
        yield "determinant of a transpose", (("A", x.arg),)
    elif not apart and algebra.context.has(x, "orthogonal"):
        yield "determinant of a transpose", (("A", x),)


def _of_two_words(algebra: Algebra, x: Add, known: set[Det]) -> Iterator[tuple[str, Parts]]:
    """det(I + U V) = det(I + V U) where that is a number or spoken of; det(A + X) = det(A) det(I + A^-1 X)."""
    p = algebra.poly(x)
    shared = _shared(algebra, p, x)
    if shared is not None:
        yield PRODUCT, shared
    if len(p) != 2 or any(m[1] for m in p):
        return
    for mono, c in p.items():
        ((other, d),) = ((m, d) for m, d in p.items() if m != mono)
        if other == UNIT and d == 1:
            whole = algebra.mono_term((mono[0], (), ()), c, None)
            for left, right in _cuts(mono[2]):
                u, v = algebra.as_product(left), whole * algebra.as_product(right)
                rows = (shape_of(v) or (ONE,))[0]
                turned = Det(algebra.term(Add((Eye(rows), MatMul((v, u))))))
                if rows == ONE or turned in known:
                    yield SYLVESTER, (("M", u), ("N", v))
        elif other[2] and all(map(algebra.context.regular, other[2])) and (_thin(mono[2]) or len(known) > 1):
            a = algebra.mono_term((other[0], (), other[2]), d, shape_of(x))
            try_this = algebra.mono_term(mono, c, shape_of(x))
            yield PRODUCT, (("A", a), ("B", Add((Eye((shape_of(x) or (ONE,))[0]), MatMul((Inv(a), try_this))))))


def _shared(algebra: Algebra, p: Poly, x: Term) -> Parts | None:
    """X Y for a sum whose words all end (begin) with the same invertible letter."""
    words, shape = [m[2] for m in p], shape_of(x)
    if len(p) < 2 or not all(words) or shape is None:
        return None
    for at, rest in ((-1, slice(None, -1)), (0, slice(1, None))):
        letter = words[0][at]
        regular = isinstance(letter, Inv) or algebra.context.regular(base(letter))
        if regular and shape_of(letter) == shape and all(w[at] == letter for w in words):
            others = algebra.to_term({(m[0], m[1], m[2][rest]): c for m, c in p.items()}, shape)
            return (("A", others), ("B", letter)) if at else (("A", letter), ("B", others))
    return None


def _cuts(word: Word) -> Iterator[tuple[Word, Word]]:
    yield from ((word[:i], word[i:]) for i in range(1, len(word)))


def _thin(word: Word) -> bool:
    """Whether a word is a column by a row."""
    return any((shape_of(right[0]) or (ONE,))[0] == ONE for _, right in _cuts(word))
