"""Properties of a matrix that recorded facts about its letters give. Trusted by the kernel."""

from __future__ import annotations

from symrnn.claims.shapes import shape_of
from symrnn.claims.tree import Eye, Inv, MatMul, Term, Transpose
from symrnn.errors import Refused
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import base
from symrnn.semantics.monomials import minus


def show_property(algebra: Algebra, name: str, x: Term) -> None:
    """Return if X is known to have the property; Refused otherwise."""
    shape = shape_of(x)
    if name == "invertible":
        algebra.inv(Inv(x))
    elif name == "diagonal":
        if not all(all(map(algebra.context.diagonal, word)) for _, _, word in algebra.poly(x)):
            raise Refused(f"{x} is not known to be diagonal")
    elif name in ("upper_triangular", "lower_triangular"):
        has = algebra.context.has
        shaped = [has(base(f), name) or algebra.context.diagonal(f) for _, _, word in algebra.poly(x) for f in word]
        if not all(shaped):
            raise Refused(f"{x} is not known to be {name}")
    elif name in ("symmetric", "skew", "orthogonal", "normal") and shape is not None:
        xt = Transpose(x)
        sides = {
            "symmetric": (xt, x),
            "skew": (xt, -x),
            "orthogonal": (MatMul((xt, x)), Eye(shape[0])),
            "normal": (MatMul((xt, x)), MatMul((x, xt))),
        }[name]
        if minus(algebra.poly(sides[0]), algebra.poly(sides[1])):
            raise Refused(f"{x} is not known to be {name}")
    else:
        raise Refused(f"{name} is not decided from facts")
