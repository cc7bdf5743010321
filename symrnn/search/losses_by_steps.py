"""The gradient of a loss as the sum over the steps of what a parameter does there, times the delta. Untrusted.

The sum as it is derived from the updates is proved first; a goal whose sum says the same step by step then has the same
normal form, at once or with slopes written by values, however large that is.
"""

from __future__ import annotations

from dataclasses import replace

from symrnn import kernel
from symrnn.certificates import Proof, Spelt, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.substitution import walk
from symrnn.claims.tree import HOLE, Add, Loss, Rel, Sum, Term, Total, Transpose
from symrnn.errors import Refused, SymrnnError
from symrnn.search.cuts import add, wrap
from symrnn.search.equations import FIRST, PEELS, prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.totals import prove_by_totals, replaced
from symrnn.semantics.monomials import member
from symrnn.semantics.pullback import pulled_back, through_output
from symrnn.semantics.sequents import Sequent

STEP = Var("s_step", "index", None)
MOST = 2  # gradients in one goal


def prove_by_losses_by_steps(s: Sequent) -> Proof | None:
    """The goal after each gradient in it as the sum over the steps; only where the goal speaks of deltas."""
    goal = s.goal
    if not isinstance(goal, Rel) or s.cell is None:
        return None
    totals = dict.fromkeys(t for t in walk(goal) if isinstance(t, Total) and isinstance(t.of, Loss))
    gradients = [t for t in totals if t.wrt.role == "free"]
    if not 0 < len(gradients) <= MOST or len(gradients) == len(totals):
        return None
    cuts: list[tuple[Rel, Proof]] = []
    uses: list[Use] = []
    here = s
    for t in gradients:
        lemma = _by_steps(s, t)
        why = None if lemma is None else _proved(replace(s, goal=lemma))
        if lemma is None or why is None:
            return None
        cuts.append((lemma, why))
        here = add(here, lemma)
        name = list(here.equations)[-1]
        values = tuple(
            (v, as_index(v)) for v in sorted(here.equations[name].free, key=lambda v: v.key) if isinstance(v, Var)
        )
        for side, sign in ((goal.lhs, 1), (goal.rhs, -1)):
            context = replaced(side, t, HOLE)
            if context != side:
                uses.append(Use(context if sign > 0 else -context, name, values, ()))
        goal = Rel("=", replaced(goal.lhs, t, lemma.rhs), replaced(goal.rhs, t, lemma.rhs))
    for spelt in (False, True):
        for peels in (*PEELS[:2], FIRST):
            last: Proof = Words(*peels, (), tuple(uses))
            last = Spelt(last) if spelt else last
            if _holds(here, last):
                return wrap(cuts, last)
    return None


def _by_steps(s: Sequent, t: Total) -> Rel | None:
    """The gradient as what the updates say of each step; of the output's parameters as what the output says."""
    loss, cell = t.of, s.cell
    if not isinstance(loss, Loss) or cell is None or t.layout != "denominator" or not t.since:
        return None
    try:
        if t.wrt in cell.params:
            return Rel("=", t, _summed([_at(s, t, loss, as_index(STEP))], t.since[0] + 1, loss.hi))
        return None
    except SymrnnError:
        return None


def _at(s: Sequent, t: Total, loss: Loss, at: Index) -> Term:
    cell = s.cell
    if cell is None:
        raise Refused("no recurrence")
    parts = []
    for block in cell.states:
        now = member(block, at)
        found = pulled_back(cell, now, t.wrt, Transpose(Total(loss, (), now, (), "numerator")))
        if found is not None:
            parts.append(found)
    if not parts:
        raise Refused(f"{loss.name} does not depend on {t.wrt}")
    return parts[0] if len(parts) == 1 else Add(tuple(parts))


def _summed(parts: list[Term], lo: Index, hi: Index) -> Term:
    return Sum(parts[0], STEP, lo, hi)


def _proved(s: Sequent) -> Proof | None:
    return prove_by_totals(s, lambda inner: prove_equation(inner) or prove_by_induction(inner))


def _holds(s: Sequent, proof: Proof) -> bool:
    try:
        kernel.proves(s, proof)
    except SymrnnError:
        return False
    return True
