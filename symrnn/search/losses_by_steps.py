"""The gradient of a loss as the sum over the steps of what a parameter does there, times the delta. Untrusted.

The sum as it is derived from the updates is proved first; a goal whose sum says the same step by step then has the same
normal form, at once or with slopes written by values, however large that is.
"""

from __future__ import annotations

from symrnn.certificates import Proof, Spelt, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import substitute, walk
from symrnn.claims.tree import HOLE, Add, Loss, Rel, Sum, Term, Total, Transpose
from symrnn.errors import Refused
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import FIRST, PEELS, prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import accepted
from symrnn.search.matching import replaced
from symrnn.search.totals import prove_by_totals
from symrnn.semantics.monomials import member
from symrnn.semantics.pullback import pulled_back
from symrnn.semantics.sequents import Sequent

STEP = Var("s_step", "index", None)
MOST = 2  # gradients in one goal


def prove_by_losses_by_steps(s: Sequent) -> Proof | None:
    """The goal after each gradient in it as the sum over the steps; only where the goal speaks of deltas."""
    goal = s.goal
    if not isinstance(goal, Rel) or s.cell is None:
        return None
    totals = dict.fromkeys(t for t in walk(goal) if isinstance(t, Total) and isinstance(t.of, Loss))
    gradients = [t for t in totals if t.wrt.role == "free" and t.layout == "denominator"]
    if not 0 < len(gradients) <= MOST or len(gradients) == len(totals):
        return None
    cuts: list[tuple[Rel, Proof]] = []
    uses: list[Use] = []
    here = s
    for t in gradients:
        lemma = _by_steps(s.cell, t)
        why = None if lemma is None else prove_by_totals(replace(s, goal=lemma), _plainly)
        if lemma is None or why is None:
            return None
        cuts.append((lemma, why))
        here = add(here, lemma)
        name, equation = list(here.equations.items())[-1]
        free = sorted((v for v in equation.free if isinstance(v, Var)), key=lambda v: v.key)
        for side, sign in ((goal.lhs, HOLE), (goal.rhs, -HOLE)):
            context = replaced(side, t, HOLE)
            if context != side:
                uses.append(Use(substitute(sign, {HOLE: context}), name, tuple((v, as_index(v)) for v in free), ()))
        goal = Rel("=", replaced(goal.lhs, t, lemma.rhs), replaced(goal.rhs, t, lemma.rhs))
    for peels in (*PEELS[:2], FIRST):
        plain = Words(*peels, (), tuple(uses))
        for last in (plain, Spelt(plain)):
            if accepted(here, last):
                return wrap(cuts, last)
    return None


def _by_steps(cell: Recurrence, t: Total) -> Rel | None:
    """The gradient as what the updates say of each step."""
    parts: list[Term] = []
    if not isinstance(t.of, Loss) or t.wrt not in cell.params:
        return None
    for block in cell.states:
        now = member(block, as_index(STEP))
        try:
            found = pulled_back(cell, now, t.wrt, Transpose(Total(t.of, (), now, (), "numerator")))
        except Refused:
            return None
        parts += [found] if found is not None else []
    if not parts:
        return None
    return Rel("=", t, Sum(parts[0] if len(parts) == 1 else Add(tuple(parts)), STEP, t.since[0] + 1, t.of.hi))


def _plainly(s: Sequent) -> Proof | None:
    return prove_equation(s) or prove_by_induction(s)
