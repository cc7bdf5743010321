"""Where every step has the same Jacobian, as without an activation, J is its power: goals about J as goals about X^k.

Untrusted.
"""

from __future__ import annotations

from symrnn.certificates import Chain, Proof, Replaced, Rewritten, Use, Words
from symrnn.claims.activations import FACTS
from symrnn.claims.index import Node, Var
from symrnn.claims.substitution import contains, free_vars, walk
from symrnn.claims.tree import HOLE, Apply, Det, Inv, Jac, Not, Pow, Pred, Prod, Prop, Rel, Term
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.cuts import add, wrap
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.long_products import as_product
from symrnn.search.matching import replaced
from symrnn.semantics.sequents import Sequent


def prove_by_constant_steps(s: Sequent, prove: Prover) -> Proof | None:
    """The goal with each Jacobian as the power that it is, proved; None where the step depends on the time."""
    plain = s.goal.arg if isinstance(s.goal, Not) else s.goal
    if s.cell is None or not isinstance(plain, Rel | Pred) or not contains(plain, Jac):
        return None
    if isinstance(plain, Rel) and plain.op == "=" and not contains(plain, Det, Inv):
        return None  # of equations normal forms and induction see the same
    powers = {j: found for j in _jacobians(plain) if (found := _power(s, j)) is not None}
    if not powers:
        return None
    if isinstance(plain, Pred) and plain.var is not None:
        return _of_limit(s, plain, powers, prove)
    return _of_relation(s, powers, prove)


def _jacobians(p: Prop) -> list[Jac]:
    return sorted({x for x in walk(p) if isinstance(x, Jac)}, key=lambda x: x.key)


Power = tuple[Rel, Term]  # J = the product of the steps, and the power that the product is


def _power(s: Sequent, jac: Jac) -> Power | None:
    whole = as_product(s, jac)
    if whole is None or not isinstance(whole.rhs, Prod) or any(_moves(x, whole.rhs.var) for x in walk(whole.rhs.body)):
        return None
    try:
        step = s.algebra("left").term(whole.rhs.body)
    except SymrnnError:
        return None
    length = jac.of.index[0] - jac.wrt.index[0]
    return None if whole.rhs.var in free_vars(step) else (whole, Pow(step, length))


def _moves(x: Node, at: Var) -> bool:
    """Whether it is a value or slope of an activation that differs from step to step."""
    facts = FACTS.get(x.function) if isinstance(x, Apply) else None
    return isinstance(x, Apply) and at in free_vars(x) and (facts is None or facts.low != facts.high)


def _of_limit(s: Sequent, plain: Pred, powers: dict[Jac, Power], prove: Prover) -> Proof | None:
    term, uses, cuts, richer = plain.arg, list[Use](), list[tuple[Rel, Proof]](), s
    for j, (whole, power) in powers.items():
        richer = add(richer, whole)
        cuts.append((whole, Chain(None)))
        uses.append(Use(replaced(term, j, HOLE), list(richer.equations)[-1], (), ()))
        term = replaced(term, j, power)
    equal = wrap(cuts, Words("left", "left", (), tuple(uses)))
    if not accepted(replace(s, goal=Rel("=", plain.arg, term)), equal):
        return None
    after: Prop = replace(plain, arg=term)
    rest = prove(replace(s, goal=Not(after) if isinstance(s.goal, Not) else after))
    made = Rewritten(term, equal, rest) if rest is not None else None
    return made if made is not None and accepted(s, made) else None


def _of_relation(s: Sequent, powers: dict[Jac, Power], prove: Prover) -> Proof | None:
    goal, taken = s.goal, list[tuple[Prop, Jac, Term, Proof]]()
    for j, (whole, power) in powers.items():
        name = list(add(s, whole).equations)[-1]
        equal = wrap([(whole, Chain(None))], Words("left", "left", (), (Use(HOLE, name, (), ()),)))
        if not accepted(replace(s, goal=Rel("=", j, power)), equal):
            return None
        taken.append((replaced(goal, j, HOLE), j, power, equal))
        goal = replaced(goal, j, power)
    proof = prove(replace(s, goal=goal))
    for context, j, power, equal in reversed(taken) if proof is not None else ():
        proof = Replaced(context, j, power, equal, proof)  # type: ignore[arg-type]
    return proof if proof is not None and accepted(s, proof) else None
