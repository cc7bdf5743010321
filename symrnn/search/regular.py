"""That something is invertible, or a number is not 0, by determinants and by what is known to be invertible. Untrusted.

det(X) is compared with the numbers that hypotheses say are not 0, and with the determinants of what they say is
invertible: det(I + u v^T) = 1 + v^T u, det(A^k) = det(A)^k.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Cite, Different, Fact, Given, Known, Proof, Replaced, Rewritten, Words
from symrnn.claims.shapes import ONE, is_scalar, shape_of
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import HOLE, Add, Const, Det, Not, Pow, Pred, Prop, Rel, Sym, Term, Times
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.lemmas import Prover, accepted
from symrnn.semantics.sequents import Sequent

ZERO = Const(Fraction(0))
NOT_ZERO, INVERTIBLE = "determinant of what is invertible", "invertible by the determinant"


def prove_regular(s: Sequent, prove: Prover) -> Proof | None:
    """What is invertible has a determinant other than 0, and the other way round."""
    goal = s.goal
    about = isinstance(goal, Pred) and goal.name == "invertible"
    if not about and not (isinstance(goal, Not) and isinstance(goal.arg, Rel)):
        return None
    if not any(isinstance(h, Not) or (isinstance(h, Pred) and h.name == "invertible") for h in s.hypotheses):
        return None
    richer, taken = _with_determinants(s)
    if isinstance(goal, Pred):
        found = _by_power(s, goal.arg) or _by_determinant(richer, prove)
    else:
        found = prove(richer) if taken else None
    for fact, proof in reversed(taken):
        found = Fact(fact, proof, found) if found is not None else None
    return found if found is not None and accepted(s, found) else None


def _with_determinants(s: Sequent) -> tuple[Sequent, list[tuple[Prop, Proof]]]:
    """That determinants of what is invertible are not 0, as hypotheses."""
    taken: list[tuple[Prop, Proof]] = []
    for h in s.hypotheses:
        if isinstance(h, Pred) and h.name == "invertible" and shape_of(h.arg) is not None:
            made, prop = _cited(NOT_ZERO, h.arg), Not(Rel("=", Det(h.arg), ZERO))
            try:
                if accepted(replace(s, goal=prop), made) and prop not in s.hypotheses:
                    s = s.with_fact(prop)
                    taken.append((prop, made))
            except SymrnnError:
                continue
    return s, taken


def _cited(lemma: str, x: Term, *discharge: Proof) -> Cite:
    claim = LEMMAS[lemma].claim
    (n,), (a,) = free_vars(claim), symbols(claim)
    return Cite(lemma, ((a, x), (n, (shape_of(x) or (ONE,))[0])), discharge or (Known(),))


def _by_power(s: Sequent, x: Term) -> Proof | None:
    """X is invertible, as a power of it is."""
    claim = LEMMAS["first factor of an invertible product"].claim
    (n,), names = free_vars(claim), {y.name: y for y in symbols(claim)}
    for i, h in enumerate(s.hypotheses):
        power = h.arg if isinstance(h, Pred) and h.name == "invertible" else None
        if isinstance(power, Pow) and power.base == x:
            rest = Pow(x, power.exponent - 1)
            inner = Rewritten(power, Words("left", "left", (), ()), Given(i))
            values = ((names["A"], x), (names["B"], rest), (n, (shape_of(x) or (ONE,))[0]))
            made = Cite("first factor of an invertible product", values, (inner,))
            if accepted(s, made):
                return made
    return None


def _by_determinant(s: Sequent, prove: Prover) -> Proof | None:
    """X is invertible, as det(X) is a number that is known not to be 0."""
    x = s.goal.arg if isinstance(s.goal, Pred) else None
    shape = shape_of(x) if x is not None else None
    if x is None or shape is None or shape[0] != shape[1]:
        return None
    context = Not(Rel("=", HOLE, ZERO))
    for number in dict.fromkeys(_not_zero(s, x)):
        if not accepted(replace(s, goal=Not(Rel("=", number, ZERO))), Different()):
            continue
        equation = replace(s, goal=Rel("=", Det(x), number))
        equal = prove_equation(equation) or (prove(equation) if contains(number, Pow) else None)
        if equal is None:
            continue
        made = _cited(INVERTIBLE, x, Replaced(context, Det(x), number, equal, Different()))
        if accepted(s, made):
            return made
    return None


def _not_zero(s: Sequent, x: Term) -> Iterator[Term]:
    """The numbers that hypotheses say are not 0, and their powers that X is made of."""
    whole = [h.arg for h in s.hypotheses if isinstance(h, Pred) and h.name == "invertible" and isinstance(h.arg, Sym)]
    powers = sorted({t.exponent for t in walk(x) if isinstance(t, Pow)}, key=lambda e: e.key)
    for h in s.hypotheses:
        equation = h.arg if isinstance(h, Not) else None
        if not isinstance(equation, Rel) or equation.op != "=":
            continue
        if not all(is_scalar(shape_of(side)) for side in (equation.lhs, equation.rhs)):
            continue
        for a, b in ((equation.lhs, equation.rhs), (equation.rhs, equation.lhs)):
            gap = a if b == ZERO else a - b
            number = gap if shape_of(gap) is None else gap[1, 1]
            yield number
            yield from (Times((Det(y), number)) for y in whole if y in symbols(x) and isinstance(x, Add))
            if isinstance(gap, Det):
                yield from (Pow(gap, e) for e in powers)
