"""Proofs at explicit sizes: reduce every entry to 0, splitting into cases where a known product vanishes. Untrusted."""

from __future__ import annotations

from dataclasses import replace
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
Entries = dict[Prop, list[Any]]  # lhs - rhs of the equations in a goal, which no case changes


def prove_explicit(s: Sequent) -> Proof | None:
    """A proof of an equation, or of a disjunction of conjunctions of equations, by cases."""
    try:
        return _prove(replace(s, explicit=s.at_explicit_sizes()), {}, DEPTH)
    except (Refused, Undefined):
        return None


def _prove(s: Sequent, entries: Entries, depth: int) -> Proof | None:
    if s.explicit is None:
        return None
    found = _close(s.goal, s.explicit, entries)
    return found if found is not None or depth == 0 else _split(s, s.explicit, entries, depth)


def _close(goal: Prop, state: Explicit, entries: Entries) -> Proof | None:
    if isinstance(goal, Rel) and goal.op == "=":
        if goal not in entries:
            entries[goal] = state.entries(goal)
        return Leaf() if all(map(state.vanishes, entries[goal])) else None
    if isinstance(goal, And):
        parts = list(takewhile(lambda part: part is not None, (_close(a, state, entries) for a in goal.args)))
        return Both(tuple(p for p in parts if p is not None)) if len(parts) == len(goal.args) else None
    if isinstance(goal, Or):
        for i, a in enumerate(goal.args):
            proof = _close(a, state, entries)
            if proof is not None:
                return Choose(i, proof)
    return None


def _split(s: Sequent, state: Explicit, entries: Entries, depth: int) -> Proof | None:
    """Take a vanishing polynomial apart: cancel what is never zero, then try each of two factors."""
    for p in sorted(state.vanishing, key=str):
        _, found = p.factor()
        factors = sorted(((f, int(e)) for f, e in found), key=lambda item: str(item[0]))
        parts = [f for f, _ in factors]
        if len(parts) < 2 and not (factors and factors[0][1] > 1):
            continue
        if len(parts) > 1 and any(state.vanishes(_product(parts[:i] + parts[i + 1 :])) for i in range(len(parts))):
            continue  # a smaller product is known to vanish
        if len(parts) == 1 and state.vanishes(parts[0]):
            continue
        whole = [f for f, e in factors for _ in range(e)]  # what vanishes is the product with all its powers
        regular = [f for f in whole if state.never_zero(f)]
        others = [f for f in whole if f not in regular]
        if regular and others:
            rest = _product(others)
            if state.vanishes(rest):
                continue
            inner = _prove(replace(s, explicit=state.with_zero(rest)), entries, depth - 1)
            product = _product(regular)
            return None if inner is None else Cancel(to_term(state, product), to_term(state, rest), inner)
        f, g = whole[0], _product(whole[1:])
        left = _prove(replace(s, explicit=state.with_zero(f)), entries, depth - 1)
        right = left and _prove(replace(s, explicit=state.with_zero(g)), entries, depth - 1)
        if left is None or right is None:
            return None
        return Case(to_term(state, f), to_term(state, g), left, right)
    return None


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
