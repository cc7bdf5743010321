"""Equations between what an activation is applied to, and behind gates that are never 0. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from symrnn.certificates import Fact, Injective, Proof, Regular, Unfold, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import substitute, walk
from symrnn.claims.tree import HOLE, Add, Apply, Const, Diag, Entry, Eye, Inv, MatMul, Pred, Prop, Rel, Sym, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.cuts import add, multiplied_back, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.lemmas import accepted
from symrnn.search.products import ROW, prove_by_products
from symrnn.semantics.monomials import Poly, minus
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import definition_of

MINUS_ONE = Const(Fraction(-1))
ONE = as_index(1)
MOST_PAIRS = 8
Cuts = list[tuple[Rel, Proof]]


def prove_by_injectivity(s: Sequent) -> Proof | None:
    """A hypothesis that equates two states or gates, without the gates before both sides, then the activations."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=":
        return None
    facts: list[tuple[Prop, Proof]] = []
    cuts: Cuts = []
    for name in sorted(n for n in s.equations if n.startswith("hyp:")):
        for gate, regular, lemma in _divisible(s, name):
            fact = Pred("invertible", gate, "", None)
            richer = s.with_fact(fact)
            both = Rel("=", MatMul((gate, lemma.lhs)), MatMul((gate, lemma.rhs)))
            why = _as_defined(s, name)
            if accepted(replace(richer, goal=both), why):
                s = add(richer, both)
                facts.append((fact, regular))
                cuts += [(both, why), (lemma, multiplied_back(s, lemma, Inv(gate), True))]
                s = add(s, lemma)
                break
        for lemma, proof in _without_activation(s, (name, *(e for e in s.equations if e.startswith("cut:")))):
            cuts.append((lemma, proof))
            s = add(s, lemma)
    found = prove_equation(s) if cuts else None
    if found is None:
        return None
    proof = wrap(cuts, found)
    for prop, why_so in reversed(facts):
        proof = Fact(prop, why_so, proof)
    return proof


def _without_activation(s: Sequent, names: tuple[str, ...]) -> Iterator[tuple[Rel, Proof]]:
    """a = b where an equation says s(a) = s(b), of names and what they stand for."""
    for name in names:
        equation = s.equations[name]
        sides = [_applied(s, x) for x in (equation.lhs, equation.rhs)]
        a, b = sides
        if a is None or b is None or equation.free or a.function != b.function:
            continue
        lemma = Rel("=", a.arg, b.arg)
        made = Injective(a.function, _as_defined(s, name))
        if accepted(replace(s, goal=lemma), made):
            yield lemma, made


def _as_defined(s: Sequent, name: str) -> Proof:
    """The equation with locals replaced by their definitions."""
    uses = [Use(HOLE, name, (), ())]
    for x, hole in ((s.equations[name].lhs, -HOLE), (s.equations[name].rhs, HOLE)):
        if isinstance(x, Sym) and s.cell is not None:
            uses.append(Use(hole, f"def:{x.name}", ((s.cell.time, x.index[0]),), ()))
    return Words("left", "left", (), tuple(uses))


def _applied(s: Sequent, t: Term) -> Apply | None:
    if isinstance(t, Sym) and t.role == "local":
        try:
            t = definition_of(s, t)
        except SymrnnError:
            return None
    return t if isinstance(t, Apply) and t.order == 0 else None


def prove_by_congruence(s: Sequent) -> Proof | None:
    """Activations of equal terms are equal; the goal by what is found so of the gates and activations in its sides."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or not s.equations:
        return None
    cuts: Cuts = []
    for x, y in islice(_pairs(s, goal), MOST_PAIRS):
        lemma = Rel("=", x, y)
        proof = _congruent(replace(s, goal=lemma))
        if proof is not None:
            if lemma == goal:
                return wrap(cuts, proof)
            cuts.append((lemma, proof))
            s = add(s, lemma)
    found = _with_updates(s, goal) if cuts else None
    return wrap(cuts, found) if found is not None else None


def _with_updates(s: Sequent, goal: Rel) -> Proof | None:
    """An equation by rewriting, its states as they are updated."""
    states = sorted({x for x in walk(goal) if isinstance(x, Sym) and x.role == "state"}, key=lambda x: x.key)
    for name in states:
        try:
            unfolded = substitute(goal, {name: definition_of(s, name)})
        except SymrnnError:
            continue
        inner = prove_equation(replace(s, goal=unfolded))
        if inner is not None:
            return Unfold((name,), inner)
    return prove_equation(s)


def _pairs(s: Sequent, goal: Rel) -> Iterator[tuple[Term, Term]]:
    """Activations of one kind, one from each side of an equation, perhaps under the names of locals."""
    sides = []
    for side in (goal.lhs, goal.rhs):
        there: dict[Any, Any] = {}
        for x in walk(side):
            if isinstance(x, Sym) and x.role == "state":
                try:
                    there[x] = definition_of(s, x)
                except SymrnnError:
                    continue
        sides.append([x for x in walk(substitute(side, there)) if isinstance(x, Sym | Apply)])
    for x in dict.fromkeys(sides[0]):
        for y in dict.fromkeys(sides[1]):
            a, b = _applied(s, x), _applied(s, y)
            if a is not None and b is not None and a.function == b.function and x != y:
                yield x, y


def _congruent(s: Sequent) -> Proof | None:
    """s(a) = s(b) by way of a = b."""
    goal = s.goal
    a, b = (_applied(s, side) for side in (goal.lhs, goal.rhs)) if isinstance(goal, Rel) else (None, None)
    if a is None or b is None or not isinstance(goal, Rel):
        return None
    lemma = Rel("=", a.arg, b.arg)
    why = prove_equation(replace(s, goal=lemma))
    if why is None:
        return None
    name = list(add(s, lemma).equations)[-1]
    uses = [Use(Apply(a.function, HOLE, 0), name, (), ())]
    for x, hole in ((goal.lhs, HOLE), (goal.rhs, -HOLE)):
        if isinstance(x, Sym) and s.cell is not None:
            uses.append(Use(hole, f"def:{x.name}", ((s.cell.time, x.index[0]),), ()))
    made = wrap([(lemma, why)], Words("left", "left", (), tuple(uses)))
    return made if accepted(s, made) else None


def _divisible(s: Sequent, name: str) -> Iterator[tuple[Term, Proof, Rel]]:
    """M, a proof that it is invertible, and p = q, where an equation says M p = M q: M a gate, or 1 less a gate."""
    algebra, equation, shape = s.algebra("left"), s.equations[name], shape_of(s.equations[name].lhs)
    if equation.free or shape is None or shape[1] != ONE:
        return
    there: dict[Any, Any] = {}
    for x in (equation.lhs, equation.rhs):
        if isinstance(x, Sym) and x.role == "state":
            try:
                there[x] = definition_of(s, x)
            except SymrnnError:
                continue
    left, right = substitute(equation.lhs, there), substitute(equation.rhs, there)
    try:
        residual = minus(algebra.poly(left), algebra.poly(right))
    except SymrnnError:
        return
    for gate in _gates(s, left, right):
        lemma = _divided(s, residual, gate, shape)
        regular = _regular(s, gate) if lemma is not None else None
        if lemma is not None and regular is not None:
            yield gate, regular, lemma


def _gates(s: Sequent, *sides: Term) -> Iterator[Term]:
    found = {x for side in sides for x in walk(side) if isinstance(x, Sym) and x.role == "local" and x.index}
    for x in sorted(found, key=lambda x: x.key):
        if x.shape is not None and x.shape[1] == ONE and _applied(s, x) is not None:
            yield Add((Eye(x.shape[0]), Times((MINUS_ONE, Diag(x)))))
            yield Diag(x)


def _divided(s: Sequent, residual: Poly, gate: Term, shape: Any) -> Rel | None:
    """p = q with M (p - q) the residual, of the monomials of the residual that do not begin with the gate."""
    algebra = s.algebra("left")
    (letter,) = (x for x in walk(gate) if isinstance(x, Diag))
    if isinstance(gate, Diag):
        inner: Poly = {(m[0], m[1], m[2][1:]): c for m, c in residual.items() if m[2][:1] == (letter,)}
    else:
        inner = {m: c for m, c in residual.items() if letter not in m[2]}
    if not inner:
        return None
    positive = algebra.to_term({m: c for m, c in inner.items() if c > 0}, shape)
    negative = algebra.to_term({m: -c for m, c in inner.items() if c < 0}, shape)
    whole = algebra.poly(MatMul((gate, Add((positive, Times((MINUS_ONE, negative)))))))
    return Rel("=", positive, negative) if not minus(whole, residual) else None


def _regular(s: Sequent, gate: Term) -> Proof | None:
    i = as_index(ROW)
    goal = Pred("invertible", gate, "", None)
    proof = prove_by_products(replace(s, goal=Rel("<", Const(Fraction(0)), Entry(gate, i, i))))
    made = Regular(ROW, True, proof) if proof is not None else None
    return made if made is not None and accepted(replace(s, goal=goal), made) else None
