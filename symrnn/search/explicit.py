"""Proofs at explicit sizes: reduce every entry to 0, splitting into cases where a known product vanishes. Untrusted."""

from __future__ import annotations

from fractions import Fraction
from itertools import takewhile
from typing import Any

from symrnn.certificates import Both, Cancel, Case, Choose, Leaf, Proof
from symrnn.claims.index import as_index
from symrnn.claims.tree import Add, And, Apply, Const, Diag, Entry, Or, Pow, Prop, Rel, Term, Times
from symrnn.errors import Refused, Undefined
from symrnn.semantics.polynomials import Explicit
from symrnn.semantics.sequents import Sequent

DEPTH = 40


def prove_explicit(s: Sequent) -> Proof | None:
    """A proof of an equation, or of a disjunction of conjunctions of equations, by cases."""
    try:
        state = s.at_explicit_sizes()
        return _prove(_Goal(s.goal, {}), state, DEPTH)
    except (Refused, Undefined):
        return None


class _Goal:
    """A goal with the entries of lhs - rhs of its equations, which no case changes; equal equations are one."""

    def __init__(self, goal: Prop, equations: dict[Prop, _Goal]) -> None:
        self.goal, self.entries = goal, list[Any]()
        args = goal.args if isinstance(goal, And | Or) else ()
        self.parts = [equations.get(a) or equations.setdefault(a, _Goal(a, equations)) for a in args]

    def close(self, state: Explicit, met: dict[int, Proof | None]) -> Proof | None:
        """A proof without further cases; ``met``: what was found of parts in the same state."""
        if id(self) not in met:
            met[id(self)] = self._close(state, met)
        return met[id(self)]

    def _close(self, state: Explicit, met: dict[int, Proof | None]) -> Proof | None:
        goal = self.goal
        if isinstance(goal, Rel) and goal.op == "=":
            self.entries = self.entries or state.entries(goal)
            return Leaf() if all(map(state.vanishes, self.entries)) else None
        if isinstance(goal, And):
            found = list(takewhile(lambda proof: proof is not None, (part.close(state, met) for part in self.parts)))
            return Both(tuple(p for p in found if p is not None)) if len(found) == len(self.parts) else None
        chosen = ((i, part.close(state, met)) for i, part in enumerate(self.parts))
        return next((Choose(i, proof) for i, proof in chosen if proof is not None), None)


def _prove(goal: _Goal, state: Explicit, depth: int) -> Proof | None:
    found = goal.close(state, {})
    return found if found is not None or depth == 0 else _split(goal, state, depth)


def _split(goal: _Goal, state: Explicit, depth: int) -> Proof | None:
    """Take a vanishing polynomial apart: cancel what is never zero, else try each of two factors.

    Of the products the one whose factors are in most of what vanishes: when they do, least is left to be split.
    """
    products = [whole for p in sorted(state.vanishing, key=str) if (whole := _factors(state, p)) is not None]
    for whole in products:
        regular = [f for f in whole if state.never_zero(f)]
        others = [f for f in whole if f not in regular]
        if regular and others and not state.vanishes(rest := _product(others)):
            inner = _prove(goal, state.with_zero(rest), depth - 1)
            return None if inner is None else Cancel(to_term(state, _product(regular)), to_term(state, rest), inner)
    if not products:
        return None
    f, *others = max(products, key=lambda whole: sum(f in other for f in whole for other in products))
    g = _product(others)
    left = _prove(goal, state.with_zero(f), depth - 1)
    right = left and _prove(goal, state.with_zero(g), depth - 1)
    return None if left is None or right is None else Case(to_term(state, f), to_term(state, g), left, right)


def _factors(state: Explicit, p: Any) -> list[Any] | None:
    """The factors of what vanishes, each as often as its power, if there are several and none can be left out."""
    _, found = p.factor()
    factors = sorted(((f, int(e)) for f, e in found), key=lambda item: str(item[0]))
    parts, whole = [f for f, _ in factors], [f for f, e in factors for _ in range(e)]
    if len(whole) < 2:
        return None
    fewer = [_product(parts[:i] + parts[i + 1 :]) for i in range(len(parts))] if len(parts) > 1 else parts
    return None if any(map(state.vanishes, fewer)) else whole


def _product(parts: list[Any]) -> Any:
    out = parts[0]
    for p in parts[1:]:
        out = out * p
    return out


def to_term(state: Explicit, p: Any) -> Term:
    """A polynomial in the unknowns as a scalar term of the claim language."""
    keys = {i: key for key, i in state.unknowns.items()}
    parts: list[Term] = []
    for exponents, c in p.terms():
        factors: list[Term] = [Const(Fraction(int(c.p), int(c.q)))] if c != 1 or not any(exponents) else []
        for i, e in enumerate(exponents):
            if e:
                factors.append(_atom(keys[i]) if e == 1 else Pow(_atom(keys[i]), as_index(int(e))))
        parts.append(factors[0] if len(factors) == 1 else Times(tuple(factors)))
    return parts[0] if len(parts) == 1 else Add(tuple(parts)) if parts else Const(Fraction(0))


def _atom(key: tuple[Any, ...]) -> Term:
    if key[0] == "entry":
        _, s, i, j = key
        return s if s.shape is None else Entry(s, as_index(i + 1), as_index(j + 1))
    _, function, order, arg, i, j = key
    if order == 1:
        return Entry(Diag(Apply(function, arg, 1)), as_index(i + 1), as_index(i + 1))
    return Entry(Apply(function, arg, 0), as_index(i + 1), as_index(j + 1))
