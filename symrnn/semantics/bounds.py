"""Bounds of operator norms by the norms of the letters: ||A B|| <= ||A|| ||B||, ||A + B|| <= ||A|| + ||B||. Trusted.

The norm is induced by the vector 1-, 2- or maximum norm, so ||I|| = 1 and ||diag d|| = max |d_i|. The derivative of a
known activation is bounded by its supremum. A k-step Jacobian is bounded by the product of one-step bounds.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Diag,
    Eye,
    Jac,
    MatMul,
    Norm,
    Pow,
    Prod,
    Rel,
    SizeOf,
    Sum,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import Scalars, member, minus
from symrnn.semantics.sequents import Sequent

ONE = Const(Fraction(1))
TRANSPOSED = {"1": "inf", "inf": "1", "2": "2"}


def upper(s: Sequent, t: Term, kind: str) -> Term:
    """A scalar term that ``t`` does not exceed in the norm ``kind`` ("1", "2" or "inf"; a scalar: in magnitude).

    Built of numbers, sizes, norms and magnitudes only, so that it is never negative.
    """
    return _upper(s, s.algebra("left"), t, kind)


def _upper(s: Sequent, algebra: Algebra, t: Term, kind: str) -> Term:
    if kind not in TRANSPOSED:
        raise Refused(f"the {kind} norm is not induced by a vector norm")
    if isinstance(t, Const):
        return Const(abs(t.value))
    if isinstance(t, Eye):
        return ONE
    if isinstance(t, Zeros):
        return Const(Fraction(0))
    if isinstance(t, SizeOf) and not algebra.context.at_least(t.index, 0):
        return Abs(t)
    if isinstance(t, Norm | SizeOf | Abs) and shape_of(t) is None:
        return t
    if isinstance(t, Add):
        return Add(tuple(_upper(s, algebra, a, kind) for a in t.args))
    if isinstance(t, MatMul | Times):
        return Times(tuple(_upper(s, algebra, a, kind) for a in t.args))
    if isinstance(t, Transpose):
        return _upper(s, algebra, t.arg, TRANSPOSED[kind])
    if isinstance(t, Pow) and algebra.context.at_least(t.exponent, 0):
        return Pow(_upper(s, algebra, t.base, kind), t.exponent)
    if isinstance(t, Prod | Sum):
        return _of_range(s, algebra, t, kind)
    if isinstance(t, Jac):
        return _of_jacobian(s, algebra, t, kind)
    return _of_letter(s, algebra, t, kind)


def _of_letter(s: Sequent, algebra: Algebra, t: Term, kind: str) -> Term:
    if isinstance(t, Sym) and t.role == "local" and s.cell is not None and t.index:
        definition = s.cell.definition(t.name, t.index[0])
        if isinstance(definition, Diag):
            return _upper(s, algebra, definition, kind)
    if isinstance(t, Diag) and isinstance(t.arg, Apply) and t.arg.order == 1 and t.arg.function in FACTS:
        facts = FACTS[t.arg.function]
        return Const(max(abs(facts.low), abs(facts.high)))
    if shape_of(t) is None:
        return Abs(t)
    return Norm(t, kind)


def _of_range(s: Sequent, algebra: Algebra, t: Prod | Sum, kind: str) -> Term:
    """A bound of the body that does not run, to the power of the length (for a sum: times the length)."""
    length = t.hi - t.lo + 1
    if not algebra.context.at_least(length, 0):
        raise Refused(f"the range {t.lo} .. {t.hi} may end before it begins")
    body = _upper(s, algebra.within(t.var, t.lo, t.hi), t.body, kind)
    if t.var in free_vars(body):
        return Prod(body, t.var, t.lo, t.hi, True) if isinstance(t, Prod) else Sum(body, t.var, t.lo, t.hi)
    return Pow(body, length) if isinstance(t, Prod) else Times((SizeOf(length), body))


def _of_jacobian(s: Sequent, algebra: Algebra, t: Jac, kind: str) -> Term:
    """The bound of one step, the same at all times, to the power of the number of steps; one state block only."""
    if t.layout == "denominator":
        return _upper(s, algebra, Jac(t.of, t.wrt, "numerator"), TRANSPOSED[kind])
    length = t.of.index[0] - t.wrt.index[0]
    if s.cell is None or len(s.cell.states) != 1 or {t.of.role, t.wrt.role} != {"state"}:
        raise Refused("only Jacobians of the one state block by itself are bounded")
    if not algebra.context.at_least(length, 0):
        raise Refused(f"{t.of} is not known to come after {t.wrt}")
    at = as_index(Var("some time", "time", None))
    block = s.cell.states[0]
    step = _upper(s, algebra, one_step(s.cell, member(block, at), member(block, at - 1)), kind)
    if free_vars(step) & free_vars(at):
        raise Refused("the bound of one step depends on the time")
    return Pow(step, length)


def is_at_most(s: Sequent, lower: Term, higher: Term) -> bool:
    """Whether higher - lower is a sum of products of numbers, sizes, norms and magnitudes with no minus sign."""
    algebra = s.algebra("left")
    gap = minus(algebra.poly(higher), algebra.poly(lower))
    return all(c > 0 and not word and _never_negative(scalars) for (scalars, _, word), c in gap.items())


def _never_negative(scalars: Scalars) -> bool:
    def fine(a: Term) -> bool:
        if isinstance(a, SizeOf):
            return all(v.low is not None and v.low >= 0 for v in free_vars(a))
        return isinstance(a, Norm | Abs) or (isinstance(a, Const) and a.value > 0)

    return all(fine(a) for a, _ in scalars)


def decays(s: Sequent, bound: Term, lag: Var, strictly: bool) -> bool:
    """Whether every term of the bound is a constant times r^lag, with r < 1 (else r <= 1) by the hypotheses.

    Each factor that grows with the lag is a number, or a norm or magnitude with a numeric bound among the hypotheses.
    """
    for scalars, binders, word in s.algebra("left").poly(bound):
        if word or binders or any(lag in free_vars(a) for a, _ in scalars):
            raise Refused("the bound depends on the lag in another way than by exponents")
        ratio, strict = Fraction(1), False
        for atom, e in scalars:
            rate = dict(e.terms).get(lag, 0)
            if rate:
                limit, below = _numeric_bound(s, atom)
                if rate < 0:
                    raise Refused("a factor with a falling exponent")
                ratio, strict = ratio * limit**rate, strict or below
        if not (ratio < 1 or (ratio == 1 and (strict or not strictly))):
            return False
    return True


def _numeric_bound(s: Sequent, atom: Term) -> tuple[Fraction, bool]:
    """(c, whether strict) with atom <= c; a number bounds itself."""
    if isinstance(atom, Const) and atom.value > 0:
        return atom.value, False
    found = [
        (h.rhs.value, h.op == "<")
        for h in s.hypotheses
        if isinstance(h, Rel) and h.op in ("<", "<=") and isinstance(h.rhs, Const) and _same_atom(s, h.lhs, atom)
    ]
    if not found or min(found)[0] <= 0:
        raise Refused(f"no positive numeric bound of {atom} is assumed")
    return min(found, key=lambda b: (b[0], not b[1]))


def _same_atom(s: Sequent, t: Term, atom: Term) -> bool:
    return isinstance(t, Norm | Abs) and s.algebra("left").poly(t) == s.algebra("left").poly(atom)
