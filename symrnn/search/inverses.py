"""That a matrix is invertible, by an inverse that can be named; and the inverses that a goal speaks of. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Cite, Defining, Different, Known, Proof, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Add,
    Const,
    Eye,
    Inv,
    MatMul,
    Norm,
    Not,
    Pow,
    Pred,
    Prop,
    Rel,
    SpectralRadius,
    Term,
    Transpose,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.geometric import norms_of_sums, one_less, ratios, sums_of_numbers
from symrnn.search.lemmas import Prover, accepted, with_facts
from symrnn.search.orders import prove_order
from symrnn.search.reciprocals import (
    bounded_inverses,
    norms_of_inverses,
    positive_divisors,
    positive_reciprocals,
    prove_multiplied,
    reciprocals,
)
from symrnn.semantics.context import base
from symrnn.semantics.properties import property_as_equation
from symrnn.semantics.sequents import Sequent

NAME = "what has an inverse"
WIDEST = 240  # gaps looked at where so much is known
LONGEST = 4  # terms of a Neumann series that ends


def prove_invertible(s: Sequent, prove: Prover, candidates: tuple[Term, ...] = ()) -> Proof | None:
    """X is invertible, since X Y = I for a Y among the candidates, or the sum of the powers of I - X."""
    goal = s.goal
    shape = shape_of(goal.arg) if isinstance(goal, Pred) and goal.name == "invertible" else None
    if not isinstance(goal, Pred) or shape is None or shape[0] != shape[1]:
        return None
    one, x = Eye(shape[0]), goal.arg
    quickly = _by_skewness(s, x, one) or _by_neumann(s, x, one, prove)
    if quickly is not None:
        return quickly
    if not s.hypotheses:
        return None
    known = (y for e in s.equations.values() for p in (e.lhs, e.rhs) if isinstance(p, MatMul) for y in _others(p, x))
    general = LEMMAS[NAME].claim
    (n,) = free_vars(general)
    names: dict[str, Any] = {y.name: y for y in symbols(general)}
    for y in (*candidates, *known, *_sums(s, x, one)):
        inner = replace(s, goal=Rel("=", MatMul((x, y)), one))
        proof = prove_equation(inner) if shape_of(y) == shape else None
        if proof is not None:
            made = Cite(NAME, ((names["A"], x), (names["B"], y), (n, shape[0])), (proof,))
            if accepted(s, made):
                return made
    return None


def _by_skewness(s: Sequent, x: Term, one: Term) -> Proof | None:
    """X = I + S with skew S."""
    general = LEMMAS["I plus a skew matrix"].claim
    (n,), (a,) = free_vars(general), symbols(general)
    try:
        rest = s.algebra("left").term(x - one)
    except SymrnnError:
        return None
    made = Cite("I plus a skew matrix", ((a, rest), (n, (shape_of(x) or (ONE,))[0])), (Known(),))
    return made if accepted(s, made) else None


def _others(product: MatMul, x: Term) -> Iterator[Term]:
    """The rest of a product that begins or ends with x."""
    yield from (y for a, y, _ in _splits(product) if a == x)


def _by_neumann(s: Sequent, x: Term, one: Term, prove: Prover) -> Proof | None:
    """X = I - N with a spectral radius of N below 1."""
    if not any(isinstance(t, Norm | SpectralRadius) for h in s.hypotheses for t in walk(h)):
        return None
    general = LEMMAS["Neumann series"].claim
    (n,), (a,) = free_vars(general), symbols(general)
    try:
        rest = s.algebra("left").term(one - x)
    except SymrnnError:
        return None
    proof = prove(replace(s, goal=Rel("<", SpectralRadius(rest), Const(Fraction(1)))))
    made = Cite("Neumann series", ((a, rest), (n, (shape_of(x) or (ONE,))[0])), (proof,)) if proof is not None else None
    return made if made is not None and accepted(s, made) else None


def _sums(s: Sequent, x: Term, one: Term) -> Iterator[Term]:
    """I + N, I + N + N^2, ... for X = I - N."""
    try:
        nilpotent = s.algebra("left").term(one - x)
    except SymrnnError:
        return
    for count in range(2, LONGEST + 1):
        yield Add((one, *(Pow(nilpotent, as_index(i)) for i in range(1, count))))


def inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """That what the goal inverts is invertible, where nothing says so."""
    if not isinstance(s.goal, Rel | Pred):
        return
    inverted = [t.arg for t in walk(s.goal) if isinstance(t, Inv)]
    inverted += [t.base for t in walk(s.goal) if isinstance(t, Pow) and t.exponent.is_const and t.exponent.const < 0]
    inverted += [one_less(x) for x in ratios(s.goal).values()]
    sides = (s.goal.lhs, s.goal.rhs) if isinstance(s.goal, Rel) else ()
    inverted += [y for x in inverted for y in _turned(s, x)]
    for x in sorted(set(inverted), key=lambda t: (len(t.key), t.key)):
        if shape_of(x) is None or s.defined(Inv(x)):
            continue
        others = tuple(y for y in sides if not any(isinstance(t, Inv) and t.arg == x for t in walk(y)))
        prop = Pred("invertible", x, "", None)
        inner = replace(s, goal=prop)
        proof = prove(inner) or prove_invertible(inner, prove, others)
        if proof is not None:
            yield prop, proof


def named_inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """X^-1 = Y for the inverses that the goal speaks of and hypotheses X Y = I or Y X = I."""
    inverted = {t.arg for t in walk(s.goal) if isinstance(t, Inv)}
    for name, e in sorted(s.equations.items()):
        for product, one in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
            if not isinstance(one, Eye) or not isinstance(product, MatMul) or e.free:
                continue
            for x, y, first in _splits(product):
                if x in inverted and x != y and s.defined(Inv(x)):
                    inner = replace(s, goal=Rel("=", Inv(x), y))
                    proof = _cancelled(name, product is e.lhs, x, y, first)
                    if accepted(inner, proof):
                        yield inner.goal, proof


def _cancelled(name: str, straight: bool, x: Term, y: Term, first: bool) -> Words:
    """X^-1 - Y = (X^-1 X - I) Y - X^-1 (X Y - I), or the other way round for Y X = I."""
    lemma = f"an inverse is a {'left' if first else 'right'} inverse"
    (n,), (a,) = free_vars(LEMMAS[lemma].claim), symbols(LEMMAS[lemma].claim)
    values = ((a, x), (n, (shape_of(x) or (ONE,))[0]))
    known = MatMul((Inv(x), HOLE) if first else (HOLE, Inv(x)))
    cancelled = MatMul((HOLE, y) if first else (y, HOLE))
    uses = (Use(cancelled, f"lemma:{lemma}", values, (Known(),)), Use(-known if straight else known, name, (), ()))
    return Words("left", "left", (), uses)


def _splits(product: MatMul) -> Iterator[tuple[Term, Term, bool]]:
    """(X, Y, whether X is the first part) for the ways to cut a product in two."""
    for cut in range(1, len(product.args)):
        a, b = (x[0] if len(x) == 1 else MatMul(x) for x in (product.args[:cut], product.args[cut:]))
        yield a, b, True
        yield b, a, False


def products_with_inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """X Y = I where the goal may have meant Y by X^-1, or where the sum of the powers of I - X ends."""
    sides = (s.goal.lhs, s.goal.rhs) if isinstance(s.goal, Rel) else ()
    for x in sorted({t.arg for t in walk(s.goal) if isinstance(t, Inv)}, key=lambda t: t.key):
        shape = shape_of(x)
        if shape is None or not s.defined(Inv(x)):
            continue
        one = Eye(shape[0])
        others = [y for y in sides if not any(isinstance(t, Inv) and t.arg == x for t in walk(y))]
        for y in (*others, *_sums(s, x, one)):
            if shape_of(y) != shape or isinstance(y, Eye):
                continue
            inner = replace(s, goal=Rel("=", MatMul((x, y)), one))
            proof = prove_equation(inner)
            if proof is not None:
                yield inner.goal, proof
                break


def prove_with_inverses(s: Sequent, prove: Prover, again: Prover) -> Proof | None:
    """The goal once what it inverts is known to be invertible, and by what; ``again``: the other strategies."""
    sums = ratios(s.goal) if isinstance(s.goal, Pred) or (isinstance(s.goal, Rel) and s.goal.op != "=") else {}
    if not sums and not any(isinstance(t, Inv) or (isinstance(t, Pow) and t.exponent.const < 0) for t in walk(s.goal)):
        return None
    finders = (inverses, products_with_inverses, named_inverses, commuting_inverses, norms_of_sums)
    about_sizes = (
        norms_of_inverses,
        positive_divisors,
        reciprocals,
        positive_reciprocals,
        bounded_inverses,
        sums_of_numbers,
    )
    richer, wrap = with_facts(s, prove, (*finders, *about_sizes))
    if richer is s:
        return None
    found = prove_multiplied(richer, again) or again(richer) or prove_order(richer, prove, WIDEST)
    return wrap(found) if found is not None else None


def _turned(s: Sequent, x: Term) -> Iterator[Term]:
    """The transpose of what is inverted, where the goal may speak of that too."""
    turning = contains(s.goal, Transpose, Norm)
    if turning or (isinstance(s.goal, Pred) and property_as_equation(s.goal) is not None):
        try:
            yield s.algebra("left").term(Transpose(x))
        except SymrnnError:
            return


def commuting_inverses(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """X^-1 L = L X^-1 for a sum X of multiples of I and of the powers of one letter L."""
    inverted = {t.arg for t in walk(s.goal) if isinstance(t, Inv)}
    inverted |= {y for x in inverted for y in _turned(s, x)}
    for x in sorted(inverted, key=lambda t: t.key):
        try:
            words = {m[2] for m in s.algebra("left").poly(x)}
        except SymrnnError:
            continue
        letters = {base(f) for w in words for f in w}
        if len(words) > 1 and len(letters) == 1 and s.defined(Inv(x)):
            (letter,) = letters
            inner = replace(s, goal=Rel("=", MatMul((Inv(x), letter)), MatMul((letter, Inv(x)))))
            proof = prove_equation(inner)
            if proof is not None:
                yield inner.goal, proof


def prove_by_definition(s: Sequent, prove: Prover) -> Proof | None:
    """A property by the equation that says it."""
    if not isinstance(s.goal, Pred):
        return None
    sides = property_as_equation(s.goal)
    shape = shape_of(s.goal.arg)
    if sides is None or shape is None or shape[0] != shape[1]:
        return None
    for turned in (False, True) if s.goal.name == "orthogonal" else (False,):
        x = s.goal.arg
        equation = Rel("=", MatMul((x, Transpose(x))), sides[1]) if turned else Rel("=", *sides)
        proof = prove(replace(s, goal=equation))
        made = Defining(turned, proof) if proof is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def prove_different(s: Sequent) -> Proof | None:
    """Two terms differ since what is invertible is not 0."""
    return Different() if isinstance(s.goal, Not) and accepted(s, Different()) else None
