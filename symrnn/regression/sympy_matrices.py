"""SymPy's matrices of symbolic size as terms of symrnn, which the kernel compares for all sizes.

symrnn's matrices are real and SymPy's complex. For what is translated here, that makes no difference to equality: sums,
products, transposes, inverses, traces and determinants are rational functions of the entries, and an identity of
rational functions holds for complex entries if it does for real ones.

>>> import sympy
>>> n = sympy.Symbol("n", integer=True, positive=True)
>>> A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
>>> print(to_term((A * B).T + 2 * sympy.Identity(n)))
2 I + B^T A^T
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from symrnn.claims import build
from symrnn.claims.index import Index, as_index, size
from symrnn.claims.tree import Term, as_term
from symrnn.errors import ClaimError
from symrnn.regression.trees import GoldenError


def to_term(e: Any) -> Term:
    """The term of a SymPy matrix expression, in SymPy's order. GoldenError for what has no counterpart here."""
    rule = _RULES.get(type(e).__name__)
    if rule is None:
        raise GoldenError(
            f"{e} cannot be compared for all sizes: {type(e).__name__} is none of {', '.join(_RULES)}; make it explicit"
            " with .as_explicit(), or write it with symrnn's own matrices"
        )
    try:
        return rule(e)
    except ClaimError as error:
        raise GoldenError(f"{e}: {error}") from error


def _size(e: Any) -> Index:
    import sympy

    if isinstance(e, sympy.Integer):
        return as_index(int(e))
    if isinstance(e, sympy.Symbol) and not isinstance(e, sympy.Dummy):
        return size(e.name)
    if isinstance(e, sympy.Add):
        return reduce(lambda a, b: a + b, map(_size, e.args))
    raise GoldenError(f"{e} is no size that symrnn knows: sizes are symbols, numbers and their sums")


def _number(e: Any) -> Term:
    return as_term(Fraction(int(e.p), int(e.q)))


def _product(e: Any) -> Term:
    numbers, matrices = [a for a in e.args if not a.is_Matrix], [a for a in e.args if a.is_Matrix]
    made = reduce(lambda a, b: a @ b, map(to_term, matrices)) if matrices else None
    for a in numbers:
        made = to_term(a) if made is None else to_term(a) * made
    if made is None:
        raise GoldenError(f"{e} is an empty product")
    return made


def _power(e: Any) -> Term:
    import sympy

    if not isinstance(e.exp, sympy.Integer):
        raise GoldenError(f"{e}: only powers with whole exponents can be compared")
    return to_term(e.base) ** int(e.exp)


_RULES: dict[str, Callable[[Any], Term]] = {
    "MatrixSymbol": lambda e: build.matrix(e.name, _size(e.rows), _size(e.cols)),
    "Identity": lambda e: build.eye(_size(e.rows)),
    "ZeroMatrix": lambda e: build.zeros(_size(e.rows), _size(e.cols)),
    "MatAdd": lambda e: reduce(lambda a, b: a + b, map(to_term, e.args)),
    "MatMul": _product,
    "Mul": _product,
    "MatPow": _power,
    "Transpose": lambda e: build.transpose(to_term(e.arg)),
    "Inverse": lambda e: build.inv(to_term(e.arg)),
    "HadamardProduct": lambda e: reduce(build.hadamard, map(to_term, e.args)),
    "Trace": lambda e: build.trace(to_term(e.arg)),
    "Determinant": lambda e: build.det(to_term(e.arg)),
    **dict.fromkeys(("Integer", "Rational", "Half", "One", "NegativeOne", "Zero"), _number),
}


__all__ = ["to_term"]
