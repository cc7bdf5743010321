"""What is the same at every step: X_j = X_{j-1} for all j, used below products and sums over the steps. Untrusted.

First X_{t-l} = X_t for every l, by induction; then the factors of a product are those of its last step.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Induct, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import HOLE, Const, Jac, Prod, Rel, Sum, Term, Times
from symrnn.records import dataclass, replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import accepted
from symrnn.search.matching import match_term, replaced
from symrnn.search.stepwise import factored
from symrnn.semantics.sequents import Sequent

BACK, NOW = Var("back", "lag", 0), Var("now", "time", None)
MOST_PLACES = 8
PLAIN, MINUS = Words("left", "left", (), ()), Times((Const(Fraction(-1)), HOLE))
Cuts = list[tuple[Rel, Proof]]


def prove_with_what_is_steady(s: Sequent) -> Proof | None:
    """An equation in which a product goes over what is the same at each of its steps."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=":
        return None
    for steady in _steady(s):
        taken: Cuts = []
        here, name = s, steady.name
        if steady.step is not None:
            lemma = Rel("=", steady.at(as_index(NOW) - as_index(BACK)), steady.at(as_index(NOW)))
            here, name = _taken(s, taken, lemma, Induct(BACK, 0, (PLAIN,), steady.step))
        sides, last = [], []
        for sign, side in ((1, goal.lhs), (-1, goal.rhs)):
            here, other, uses = _side(here, taken, side, steady, name)
            sides.append(other)
            last += [u if sign == 1 else replace(u, context=Times((Const(Fraction(-1)), u.context))) for u in uses]
        if sides == [goal.lhs, goal.rhs]:
            continue
        rest = Rel("=", sides[0], sides[1])
        proof = prove_equation(replace(here, goal=rest)) or prove_by_induction(replace(here, goal=rest))
        if proof is None:
            continue
        _, whole = _taken(here, taken, rest, proof)
        made = wrap(taken, Words("left", "left", (), (*last, Use(HOLE, whole, (), ()))))
        if accepted(s, made):
            return made
    return None


def _taken(s: Sequent, taken: Cuts, lemma: Rel, why: Proof) -> tuple[Sequent, str]:
    """The sequent with one more equation, proved on the way, and what it is called."""
    taken.append((lemma, why))
    s = add(s, lemma)
    return s, list(s.equations)[-1]


@dataclass(frozen=True)
class _Steady:
    """``pattern`` is the same at each ``var``, by an equation with itself a step before, or at one time."""

    pattern: Term
    var: Var
    name: str
    step: Proof | None  # of an induction, if it is with itself a step before
    value: Term | None

    def at(self, at: Index) -> Term:
        found: Term = substitute(self.pattern, {self.var: at})
        return found

    def use(self, context: Term, name: str, at: Index, end: Index) -> tuple[Term, Use]:
        """What it is at the end of a range, and the use that makes it so."""
        if self.value is not None:
            return self.value, Use(context, name, ((self.var, at),), ())
        return self.at(end), Use(context, name, ((BACK, end - at), (NOW, end)), ())


def _steady(s: Sequent) -> Iterator[_Steady]:
    for name, e in s.equations.items():
        over = [v for v in e.free if isinstance(v, Var) and v.low is None]
        if len(e.free) != 1 or not over:
            continue
        (v,) = over
        for x, y, sign in ((e.lhs, e.rhs, MINUS), (e.rhs, e.lhs, HOLE)):
            if v in free_vars(x) and substitute(x, {v: as_index(v) - 1}) == y:
                at = as_index(NOW) - as_index(BACK)
                step = Words("left", "left", (), (Use(HOLE, "ih:0", (), ()), Use(sign, name, ((v, at),), ())))
                yield _Steady(x, v, name, step, None)
        if v not in free_vars(e.rhs) and match_term(e.lhs, e.rhs, frozenset((v,)), {}):
            yield _Steady(e.lhs, v, name, None, e.rhs)


def _side(s: Sequent, taken: Cuts, side: Term, steady: _Steady, name: str) -> tuple[Sequent, Term, list[Use]]:
    """A side with its products over what is steady taken at their ends, and the uses that make it so."""
    uses: list[Use] = []
    for jac in dict.fromkeys(x for x in walk(side) if isinstance(x, Jac)):
        for product, equal in factored(s, jac):
            s, called = _taken(s, taken, Rel("=", jac, product), equal)
            uses.append(Use(replaced(side, jac, HOLE), called, (), ()))
            side = replaced(side, jac, product)
            break
    for _ in range(MOST_PLACES):
        place = next(_places(side, steady), None)
        if place is None:
            break
        whole, part, at, end = place
        other, use = steady.use(replaced(side, whole, replaced(whole, part, HOLE)), name, at, end)
        uses.append(use)
        side = replaced(side, whole, replaced(whole, part, other))
    return s, side, uses


def _places(side: Term, steady: _Steady) -> Iterator[tuple[Prod | Sum, Term, Index, Index]]:
    """Products and sums over what is steady: it there, its time, and its time at their ends."""
    pattern, v = steady.pattern, steady.var
    for whole in (x for x in walk(side) if isinstance(x, Prod | Sum)):
        for part in walk(whole.body):
            values: dict[Var, Index] = {}
            if isinstance(part, Term) and match_term(pattern, part, frozenset((v,)), values):
                at = values[v]
                if dict(at.terms).get(whole.var) == 1:
                    yield whole, part, at, substitute(at, {whole.var: whole.hi})


__all__ = ["prove_with_what_is_steady"]
