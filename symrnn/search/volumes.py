"""det J = det D_t ... det W^k: determinants of Jacobians over many steps, factor by factor. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Fact, Order, Proof, Rewritten, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import HOLE, Abs, Const, Det, Jac, MatMul, Pow, Pred, Prod, Prop, Rel, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.equations import prove_equation
from symrnn.search.inductions import prove_by_induction
from symrnn.search.lemmas import Prover, accepted
from symrnn.search.long_products import as_product
from symrnn.semantics.bounds import upper
from symrnn.semantics.inequalities import AtMost
from symrnn.semantics.sequents import Sequent

ONE, UNIT = as_index(1), Const(Fraction(1))


def volumes(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """What det J is, or a bound of |det J|, by the determinants of the factors of each step: in an inequality."""
    if not isinstance(s.goal, Rel) or s.goal.op == "=":
        return
    said = list(walk(s.goal))
    for t in dict.fromkeys(x for x in said if isinstance(x, Det)):
        equation = _by_factors(s, t)
        proof = _shown(s, equation) if equation is not None else None
        if equation is None or proof is None:
            continue
        if Abs(t) not in said:
            yield equation, proof
            continue
        size, here = Rel("=", Abs(t), Abs(equation.rhs)), len(s.hypotheses)
        use = Words("left", "left", (), (Use(Abs(HOLE), f"hyp:{here}", (), ()),))
        try:
            below = Rel("<=", size.lhs, upper(s, equation.rhs, "2", assumed=False))
        except SymrnnError:
            continue
        steps = AtMost(f"hyp:{here + 1}", UNIT, (), (), UNIT, ONE), AtMost("norm", size.rhs, (), (), UNIT, ONE)
        made = Fact(equation, proof, Fact(size, use, Order(steps)))
        if accepted(replace(s, goal=below), made):
            yield below, made


def orthogonal_volumes(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """|det U| = 1 for the orthogonal matrices of a claim about magnitudes of determinants."""
    if not contains(s.goal, Abs) or not contains(s.goal, Det):
        return
    context = s.algebra("left").context
    for x in sorted(symbols(s.goal) | frozenset().union(*map(symbols, s.hypotheses)), key=lambda x: x.key):
        if context.has(x, "orthogonal"):
            goal = Rel("=", Abs(Det(x)), UNIT)
            proof = prove(replace(s, goal=goal)) if goal != s.goal else None
            if proof is not None:
                yield goal, proof


def prove_limit_of_determinant(s: Sequent, prove: Prover) -> Proof | None:
    """A limit of det J, or of det X^k, by that of the product of the determinants."""
    goal = s.goal
    t = goal.arg if isinstance(goal, Pred) and goal.var is not None else None
    equation = _by_factors(s, t) if isinstance(t, Det) else None
    proof = _shown(s, equation) if equation is not None else None
    if equation is None or proof is None or not isinstance(goal, Pred):
        return None
    rest = prove(replace(s, goal=replace(goal, arg=equation.rhs)))
    made = Rewritten(equation.rhs, proof, rest) if rest is not None else None
    return made if made is not None and accepted(s, made) else None


def _shown(s: Sequent, equation: Rel) -> Proof | None:
    inner = replace(s, goal=equation)
    try:
        found = prove_equation(inner) or prove_by_induction(inner)
    except SymrnnError:
        return None
    return found if found is not None and accepted(inner, found) else None


def _by_factors(s: Sequent, t: Det) -> Rel | None:
    """The determinant of a Jacobian, or of a power, as a product over the steps."""
    if isinstance(t.arg, Pow) and free_vars(t.arg.exponent):
        return Rel("=", t, Pow(Det(t.arg.base), t.arg.exponent))
    whole = as_product(s, t.arg)
    if whole is None and isinstance(t.arg, Jac) and contains(s.goal, Abs):
        return _by_one_step(s, t)
    if whole is None or not isinstance(whole.rhs, Prod):
        return None
    run = whole.rhs
    try:
        factors = _factors(s.algebra("left").term(run.body))
    except SymrnnError:
        return None
    moving = [Det(f) for f in factors if run.var in free_vars(f)]
    parts: list[Term] = [Pow(Det(f), run.hi - run.lo + 1) for f in factors if run.var not in free_vars(f)]
    if moving:
        parts.insert(0, replace(run, body=moving[0] if len(moving) == 1 else Times(tuple(moving))))
    return Rel("=", t, parts[0] if len(parts) == 1 else Times(tuple(parts)))


def _by_one_step(s: Sequent, t: Det) -> Rel | None:
    """The determinant of a Jacobian over a number of steps that is known."""
    try:
        body = s.algebra("left").term(t.arg)
    except SymrnnError:
        return None
    return None if contains(body, Jac) else Rel("=", t, Times(tuple(map(Det, _factors(body)))))


def _factors(t: Term) -> tuple[Term, ...]:
    """The square factors of a product; a matrix that is none is its only one."""
    return t.args if isinstance(t, MatMul) and all(shape_of(f) == shape_of(t) for f in t.args) else (t,)
