"""Properties of a matrix that recorded facts about its letters give, and relations between integers. Trusted."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from symrnn.claims.index import as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import (
    Abs,
    Apply,
    Const,
    Diag,
    Eye,
    IndexRel,
    Inv,
    JordanBlock,
    MatMul,
    Not,
    Pow,
    Pred,
    Prod,
    Prop,
    Term,
    Transpose,
)
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import Context, base, letters
from symrnn.semantics.functions import monomial_never_negative, never_negative
from symrnn.semantics.monomials import minus

NORMAL = ("normal", "symmetric", "skew", "orthogonal", "diagonal", "scalar")
KEPT_BY_SCALING = ("normal", "symmetric", "diagonal", "scalar", "skew")


def show_known(algebra: Algebra, goal: Prop) -> None:
    """Return if a property, or a relation between sizes and lags, is known to hold; Refused otherwise."""
    if isinstance(goal, Pred):
        show_property(algebra, goal.name, goal.arg)
        return
    relation = goal.arg if isinstance(goal, Not) else goal
    if not isinstance(relation, IndexRel):
        raise Refused("the goal is no property, and no relation between sizes and lags")
    known, gap = algebra.context.at_least, relation.rhs - relation.lhs
    holds = {
        "=": gap == as_index(0),
        "<=": known(gap, 0),
        "<": known(gap, 1),
        "not =": known(gap, 1) or known(-gap, 1),
        "not <=": known(-gap, 1),
        "not <": known(-gap, 0),
    }
    if not holds[relation.op if relation is goal else f"not {relation.op}"]:
        raise Refused(f"{goal} is not known for all values of what it speaks of")


def show_property(algebra: Algebra, name: str, x: Term) -> None:
    """Return if X is known to have the property; Refused otherwise."""
    shape, letter = shape_of(x), _scaled_letter(algebra, x)
    if letter is not None and name in KEPT_BY_SCALING and _has(algebra, letter, name):
        return
    if name == "nonnegative":
        _show_nonnegative(algebra, x)
    elif name == "invertible":
        algebra.inv(Inv(x))
    elif name == "diagonal":
        if not all(all(map(algebra.context.diagonal, word)) for _, _, word in algebra.poly(x)):
            raise Refused(f"{x} is not known to be diagonal")
    elif name in ("upper_triangular", "lower_triangular"):
        has = algebra.context.has
        parts = [
            y for _, _, word in algebra.poly(x) for f in word for y in (letters(f) if isinstance(f, Prod) else (f,))
        ]
        if not all(has(base(f), name) or algebra.context.diagonal(f) for f in parts):
            raise Refused(f"{x} is not known to be {name}")
    elif (sides := property_as_equation(Pred(name, x, "", None))) is not None and shape is not None:
        if minus(algebra.poly(sides[0]), algebra.poly(sides[1])):
            raise Refused(f"{x} is not known to be {name}")
    else:
        raise Refused(f"{name} is not decided from facts")


def property_as_equation(p: Pred) -> tuple[Term, Term] | None:
    """The equation that a property is, if it is one."""
    x, xt = p.arg, Transpose(p.arg)
    shape = shape_of(x)
    if p.name == "symmetric":
        return xt, x
    if p.name == "skew":
        return xt, -x
    if p.name == "normal":
        return MatMul((xt, x)), MatMul((x, xt))
    if p.name == "orthogonal" and shape is not None:
        return MatMul((xt, x)), Eye(shape[0])
    return None


def _scaled_letter(algebra: Algebra, x: Term) -> Term | None:
    """A with x = c A, or x = c A^T, for a scalar c."""
    p = algebra.poly(x)
    if len(p) != 1 or next(iter(p))[1] or len(next(iter(p))[2]) != 1:
        return None
    (f,) = next(iter(p))[2]
    return f.arg if isinstance(f, Transpose) else f


def _has(algebra: Algebra, letter: Term, name: str) -> bool:
    """Recorded of the letter itself; of a power only what powers keep."""
    if isinstance(letter, Pow) and (name == "skew" or not algebra.context.at_least(letter.exponent, 0)):
        return False
    return algebra.context.has(base(letter), *(NORMAL if name == "normal" else (name,)))


def _show_nonnegative(algebra: Algebra, x: Term) -> None:
    """Sums of products of what is never negative."""
    context = algebra.context
    for (scalars, _, word), c in algebra.poly(x).items():
        if c < 0 or not monomial_never_negative(context, scalars) or not all(map(partial(_nonnegative, context), word)):
            raise Refused(f"{x} is not known to be nonnegative")


def _nonnegative(context: Context, f: Term) -> bool:
    x = base(f)
    if isinstance(f, Pow) and not context.at_least(f.exponent, 0):
        return False
    if isinstance(x, Transpose):
        x = x.arg
    if isinstance(x, Abs) or context.has(x, "nonnegative"):
        return True
    if isinstance(x, Diag) and isinstance(x.arg, Apply):
        return never_negative(context, x.arg)
    return isinstance(x, JordanBlock) and x.value == Const(Fraction(0))
