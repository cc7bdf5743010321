"""Hypotheses inside the definitions of gates: locals are unfolded first, then what hypotheses define is put in.

That g_t = tanh(W x_t + r_t o (U h_{t-1} + b)) simplifies for b = 0 cannot be seen before g_t is written out. Untrusted.
"""

from __future__ import annotations

from symrnn.certificates import Proof, Use, Words
from symrnn.claims.substitution import substitute, walk
from symrnn.claims.tree import HOLE, Rel, Sym
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.substitutions import prove_by_substitution
from symrnn.semantics.sequents import Sequent

ROUNDS = 3


def prove_by_unfolding(s: Sequent) -> Proof | None:
    """The goal with its locals replaced by their definitions, proved under the hypotheses, leads back to the goal."""
    goal, names = s.goal, list[Sym]()
    if not isinstance(goal, Rel) or s.cell is None or not s.hypotheses:
        return None
    for _ in range(ROUNDS):
        fresh = [x for x in _unlike(goal) if x not in names]
        definitions = {x: d for x in fresh if (d := s.cell.definition(x.name, x.index[0])) is not None}
        used = {y for d in definitions.values() for y in walk(d)}
        definitions = {x: d for x, d in definitions.items() if x not in used}  # the others may be needed as names
        if not definitions:
            return None
        names += definitions
        goal = substitute(goal, definitions)
        proof = prove_by_substitution(replace(s, goal=goal))
        if proof is not None:
            name = list(add(s, goal).equations)[-1]
            return wrap([(goal, proof)], Words("left", "left", tuple(names), (Use(HOLE, name, (), ()),)))
    return None


def _unlike(goal: Rel) -> list[Sym]:
    """The locals that only one side has; if there are none, all of them."""
    sides = [
        {x for x in walk(side) if isinstance(x, Sym) and x.role == "local" and x.index} for side in (goal.lhs, goal.rhs)
    ]
    return sorted((sides[0] ^ sides[1]) or (sides[0] | sides[1]), key=lambda x: x.key)
