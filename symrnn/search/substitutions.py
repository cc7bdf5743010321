"""Putting in what hypotheses define: X = expression, anywhere in the goal, below products and sums too. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.index import Index, Node, Var
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import rebuild, symbols, walk
from symrnn.claims.tree import HOLE, Rel, Sym, Term
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.matching import match_term
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import filled

ROUNDS = 12
SELF_REFERRING = 2  # uses of equations whose value speaks of the family they define, such as the chain rule


def prove_by_substitution(s: Sequent) -> Proof | None:
    """The goal with all defined symbols replaced is proved first; the uses of the definitions lead back."""
    goal = s.goal
    if not isinstance(goal, Rel):
        return None
    lhs, rhs, uses = goal.lhs, goal.rhs, list[Use]()
    again = SELF_REFERRING
    for _ in range(ROUNDS):
        found = next(_replacements(s, lhs, rhs, False), None)
        if found is None and again:
            again -= 1
            found = next(_replacements(s, lhs, rhs, True), None)
        if found is None:
            break
        use, on_left, changed = found
        uses.append(use)
        lhs, rhs = (changed, rhs) if on_left else (lhs, changed)
    if not uses or shape_of(lhs) != shape_of(goal.lhs):
        return None
    lemma = Rel("=", lhs, rhs)
    inner = replace(s, goal=lemma)
    proof: Proof | None = prove_equation(inner) or prove_by_induction(inner)
    if proof is None:
        return None
    name = list(add(s, lemma).equations)[-1]
    return wrap([(lemma, proof)], Words("left", "left", (), (*uses, Use(HOLE, name, (), ()))))


def _replacements(s: Sequent, lhs: Term, rhs: Term, self_referring: bool) -> Iterator[tuple[Use, bool, Term]]:
    for name in sorted(s.equations):
        e = s.equations[name]
        for defined, value, sign in ((e.lhs, e.rhs, 1), (e.rhs, e.lhs, -1)):
            if not isinstance(defined, Sym) or defined.shape is None:
                continue
            if (defined.head in symbols(value)) != self_referring or (self_referring and not defined.index):
                continue
            if isinstance(value, Sym) and sign < 0:
                continue  # X = Y: replace X only
            for on_left, side in ((True, lhs), (False, rhs)):
                for spot in _spots(side, defined, e.free):
                    values: dict[Any, Any] = {}
                    match_term(defined, spot, e.free, values)
                    context = _with_hole(side, spot)
                    binding = tuple(sorted(values.items(), key=lambda item: str(item[0].key)))
                    positive = on_left == (sign > 0)
                    changed = _filled_with(s, Use(context, name, binding, ()), sign)
                    if changed is not None:
                        yield Use(context if positive else -context, name, binding, ()), on_left, changed


def _filled_with(s: Sequent, use: Use, sign: int) -> Term | None:
    try:
        l, r = filled(s, use.context, use.equation, use.values)
    except Refused:
        return None
    return r if sign > 0 else l


def _spots(side: Term, defined: Sym, free: frozenset[Any]) -> list[Sym]:
    found = {t for t in walk(side) if isinstance(t, Sym) and t.name == defined.name}
    return sorted((t for t in found if match_term(defined, t, free, {})), key=lambda t: t.key)


def _with_hole(n: Any, spot: Sym) -> Any:
    """The term with a hole at every occurrence of a symbol, bound variables or not."""
    if n == spot:
        return HOLE
    if isinstance(n, Sym | Index | Var) or not isinstance(n, Node):
        return n
    return rebuild(n, lambda c: _with_hole(c, spot))
