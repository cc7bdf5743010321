"""Equations proved on the way: hypotheses with invertible factors cancelled, and consequences of two that overlap.

Untrusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Cut, Known, Proof, Use, Words
from symrnn.claims.index import Index, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import contains, free_vars, symbols
from symrnn.claims.tree import HOLE, Const, Det, Inv, MatMul, Pow, Rel, Term
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.equations import expanded_determinants, prove_equation
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import base
from symrnn.semantics.monomials import Poly, Word, exponent, minus
from symrnn.semantics.sequents import Equation, Sequent

MOST_CONSEQUENCES = 12


def with_cancellations(s: Sequent) -> tuple[Sequent, list[tuple[Rel, Proof]]]:
    """The sequent with each hypothesis also in cancelled form, and the lemmas that were cut in, in order."""
    cuts: list[tuple[Rel, Proof]] = []
    for name in sorted(n for n in s.equations if n.startswith("hyp:")):
        found = _cancelled(s, name, s.equations[name])
        if found is not None:
            cuts.append(found)
            s = add(s, found[0])
    return s, cuts


def add(s: Sequent, lemma: Rel) -> Sequent:
    """The sequent with one more equation, named as the kernel will name it."""
    fixed = s.fixed_variables()
    general = frozenset(v for v in free_vars(lemma) if v not in fixed and v.kind != "size")
    name = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
    return replace(s, equations={**s.equations, name: Equation.of(lemma, general)})


def wrap(cuts: list[tuple[Rel, Proof]], proof: Proof) -> Proof:
    """The proof of the goal behind the lemmas it uses."""
    for lemma, why in reversed(cuts):
        proof = Cut(lemma, why, proof)
    return proof


def reduced(algebra: Algebra, p: Poly) -> tuple[Word, Poly, Word] | None:
    """(u, q, v) with p = u q v and u, v the longest words of invertible letters common to all monomials."""
    words = [m[2] for m in p]
    if not words or not all(words):
        return None
    left, words = _common(algebra, words)
    right, backwards = _common(algebra, [w[::-1] for w in words])
    if not left and not right:
        return None
    inside = {(m[0], m[1], w[::-1]): c for (m, c), w in zip(p.items(), backwards, strict=True)}
    return left, inside, right[::-1]


def _common(algebra: Algebra, words: list[Word]) -> tuple[Word, list[Word]]:
    """The invertible letters that all words can begin with, and what is left of the words."""
    out: list[Term] = []
    while True:
        for letter in words[0]:
            rests = [without_first(algebra, w, letter) for w in words]
            if algebra.context.regular(base(letter)) and all(r is not None for r in rests):
                out.append(letter)
                words = [r for r in rests if r is not None]
                break
        else:
            return tuple(out), words


def without_first(algebra: Algebra, w: Word, letter: Term) -> Word | None:
    """The word after ``letter``, if that can be moved to its front."""
    for i, f in enumerate(w):
        if f == letter:
            return (*w[:i], *w[i + 1 :])
        if not algebra.context.commute(f, letter):
            return None
    return None


def _cancelled(s: Sequent, name: str, e: Equation) -> tuple[Rel, Proof] | None:
    algebra, shape = s.algebra("left"), shape_of(e.lhs)
    if shape is None or e.free:
        return None
    try:
        p = minus(algebra.poly(e.lhs), algebra.poly(e.rhs))
        p = spread_powers(p)
        found = reduced(algebra, p)
        if found is None:
            return None
        left, inside, right = found
        lemma = Rel("=", algebra.to_term(inside, inner_shape(left, right, shape)), Const(Fraction(0)))
        parts = (*_inverse(left), HOLE, *_inverse(right))
        context = MatMul(parts) if len(parts) > 1 else HOLE
    except Refused:
        return None
    return lemma, Words("left", "left", (), (Use(context, name, (), ()),))


def spread_powers(p: Poly) -> Poly:
    """Small explicit powers as repeated letters, so that one of them can be cancelled."""

    def spread(w: Word) -> Word:
        out: list[Term] = []
        for f in w:
            e = exponent(f)
            out += [base(f)] * e.const if e.is_const and 0 < e.const <= 8 else [f]
        return tuple(out)

    return {(m[0], m[1], spread(m[2])): c for m, c in p.items()}


def inner_shape(left: Word, right: Word, shape: tuple[Index, Index]) -> tuple[Index, Index]:
    rows = (shape_of(left[-1]) or shape)[1] if left else shape[0]
    cols = (shape_of(right[0]) or shape)[0] if right else shape[1]
    return rows, cols


def _inverse(word: Word) -> tuple[Term, ...]:
    return tuple(Pow(base(f), -exponent(f)) for f in reversed(word))


# ---- compound inverses at the ends ----


def _without_inverses(s: Sequent) -> Proof | None:
    """X^-1 p = q Y^-1 by way of p Y = X q: multiply by what is inverted at the ends, prove that, multiply back."""
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    try:
        p = minus(s.algebra("left").poly(goal.lhs), s.algebra("left").poly(goal.rhs))
    except Refused:
        return None
    firsts = sorted({m[2][0] for m in p if m[2] and isinstance(m[2][0], Inv)}, key=lambda t: t.key)
    lasts = sorted({m[2][-1] for m in p if m[2] and isinstance(m[2][-1], Inv)}, key=lambda t: t.key)
    if not firsts and not lasts:
        return None
    goals, ends = [goal], []
    for inverse, at_left in [*((f, True) for f in firsts[:1]), *((f, False) for f in lasts[:1])]:
        x = inverse.arg
        last = goals[-1]
        sides = [MatMul((x, e)) if at_left else MatMul((e, x)) for e in (last.lhs, last.rhs)]
        goals.append(Rel("=", sides[0], sides[1]))
        ends.append((inverse, at_left))
    proof: Proof | None = prove_equation(replace(s, goal=goals[-1]))
    if proof is None:
        return None
    here, cuts = s, []
    for before, after, (inverse, at_left) in zip(
        reversed(goals[:-1]), reversed(goals[1:]), reversed(ends), strict=True
    ):
        cuts.append((after, proof))
        here = add(here, after)
        proof = multiplied_back(here, before, inverse, at_left)
    return wrap(cuts, proof)


def multiplied_back(s: Sequent, goal: Rel, inverse: Term, at_left: bool) -> Proof:
    """goal from X goal (or goal X), the last lemma: X^-1 X = I on both sides."""
    name = list(s.equations)[-1]
    x = inverse.arg  # type: ignore[attr-defined]
    lemma = f"lemma:an inverse is a {'left' if at_left else 'right'} inverse"
    shape = shape_of(x)
    claim = LEMMAS[lemma[6:]].claim
    (size,), (symbol,) = free_vars(claim), symbols(claim)
    values = ((size, (shape or (as_index(1),))[0]), (symbol, x))

    def beside(t: Term) -> Term:
        return MatMul((HOLE, t)) if at_left else MatMul((t, HOLE))

    uses = (
        Use(-beside(goal.lhs), lemma, values, (Known(),)),
        Use(beside(goal.rhs), lemma, values, (Known(),)),
        Use(MatMul((inverse, HOLE)) if at_left else MatMul((HOLE, inverse)), name, (), ()),
    )
    return Words("left", "left", (), uses)


# ---- consequences where two equations overlap ----


def consequences(s: Sequent) -> Iterator[tuple[Rel, Proof]]:
    """From u v = x and v w = y: x w = u y, for equations between words."""
    algebra = s.algebra("left")
    rules = []
    for name in sorted(s.equations):
        e = s.equations[name]
        for flip in (False, True):
            sides = (e.rhs, e.lhs) if flip else (e.lhs, e.rhs)
            word = _one_word(algebra, sides[0])
            if word is not None and not e.free and len(word) >= 2:
                rules.append((name, flip, word, sides[1]))
    count = 0
    for first in rules:
        for second in rules:
            for size in range(1, min(len(first[2]), len(second[2]))):
                if first[2][-size:] == second[2][:size] and count < MOST_CONSEQUENCES:
                    count += 1
                    yield _overlap(first, second, size)


Oriented = tuple[str, bool, Word, Term]


def _overlap(first: Oriented, second: Oriented, size: int) -> tuple[Rel, Proof]:
    before, after = first[2][:-size], second[2][size:]
    lemma = Rel("=", _times((first[3], *after)), _times((*before, second[3])))
    uses = (_use(first, (), after, -1), _use(second, before, (), 1))
    return lemma, Words("left", "left", (), uses)


def _use(rule: Oriented, before: Word, after: Word, sign: int) -> Use:
    name, flip, _, _ = rule
    context = _times((*before, HOLE, *after))
    return Use(-context if (sign < 0) != flip else context, name, (), ())


def _times(factors: tuple[Term, ...]) -> Term:
    return factors[0] if len(factors) == 1 else MatMul(factors)


def _one_word(algebra: Algebra, t: Term) -> Word | None:
    try:
        p = algebra.poly(t)
    except Refused:
        return None
    if len(p) != 1:
        return None
    ((mono, c),) = p.items()
    return (
        mono[2] if c == 1 and not mono[0] and not mono[1] and all(exponent(f) == as_index(1) for f in mono[2]) else None
    )


# ---- determinants ----


def _determinants(s: Sequent) -> list[tuple[Rel, Proof]]:
    """The determinants of both sides of each hypothesis, taken apart: det(P)^2 = det(P) from P P = P."""
    found: list[tuple[Rel, Proof]] = []
    if not contains(s.goal, Det):
        return found
    for name, e in sorted(s.equations.items()):
        shape = shape_of(e.lhs)
        if name.startswith("hyp:") and not e.free and shape is not None and shape[0] == shape[1]:
            made = expanded_determinants(s, Rel("=", Det(e.lhs), Det(e.rhs)))
            if made is not None:
                found.append((made[0], replace(made[1], uses=(Use(Det(HOLE), name, (), ()), *made[1].uses))))
    return found


# ---- strategies ----


def prove_with_cuts(s: Sequent) -> Proof | None:
    """Rewriting with cancelled hypotheses, then with consequences of overlapping ones."""
    if not isinstance(s.goal, Rel):
        return None
    cleared = _without_inverses(s) if shape_of(s.goal.lhs) is not None else None
    if cleared is not None:
        return cleared
    richer, cuts = with_cancellations(s)
    for lemma, why in _determinants(s):
        richer, cuts = add(richer, lemma), [*cuts, (lemma, why)]
    if cuts:
        proof = prove_equation(richer)
        if proof is not None:
            return wrap(cuts, proof)
    for lemma, why in consequences(richer):
        proof = prove_equation(add(richer, lemma))
        if proof is not None:
            return wrap([*cuts, (lemma, why)], proof)
    return None
