"""SymPy's matrices of symbolic size as terms of symrnn, which the kernel compares for all sizes.

symrnn's matrices are real and SymPy's complex. For what is translated here, that makes no difference to values: sums,
products, transposes, inverses, traces and determinants are rational functions of the entries, and an identity of
rational functions holds for complex entries if it does for real ones; so it is with scalars, of which therefore nothing
but that they are real may be assumed. Where there is a value is said of real entries only: I + A - A^T has an inverse
for all real A, not for all complex ones.

>>> import sympy
>>> n = sympy.Symbol("n", integer=True, positive=True)
>>> A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
>>> print(to_term((A * B).T + 2 * sympy.Identity(n)))
2 I + B^T A^T
>>> c, k = sympy.Symbol("c"), sympy.Symbol("k", integer=True, positive=True)
>>> print(to_term(c * A**k))
c A^k
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from symrnn.claims import build
from symrnn.claims.index import Index, as_index, lag, size
from symrnn.claims.tree import Term, as_term
from symrnn.errors import ClaimError
from symrnn.records import dataclass
from symrnn.regression.trees import GoldenError

SHAPED = ("MatrixSymbol", "Identity", "ZeroMatrix", "OneMatrix")


def to_term(e: Any) -> Term:
    """The term of a SymPy matrix expression, in SymPy's order. GoldenError for what has no counterpart here."""
    import sympy

    nodes: Any = sympy.preorder_traversal(e)  # type: ignore[no-untyped-call]
    sizes = frozenset(s.name for x in nodes if type(x).__name__ in SHAPED for d in x.shape for s in d.free_symbols)
    return _Translation(sizes).term(e)


@dataclass(frozen=True)
class _Translation:
    """From SymPy to terms; a symbol of ``sizes`` is a size wherever it stands."""

    sizes: frozenset[str]

    def term(self, e: Any) -> Term:
        rule = _RULES.get(type(e).__name__)
        if rule is None:
            raise GoldenError(
                f"{e} cannot be compared for all sizes: {type(e).__name__} is none of {', '.join(_RULES)}; make it"
                " explicit with .as_explicit(), or write it with symrnn's own matrices"
            )
        try:
            return rule(self, e)
        except ClaimError as error:
            raise GoldenError(f"{e}: {error}") from error

    def sum(self, e: Any) -> Term:
        return reduce(lambda a, b: a + b, map(self.term, e.args))

    def product(self, e: Any) -> Term:
        numbers, matrices = [a for a in e.args if not a.is_Matrix], [a for a in e.args if a.is_Matrix]
        made = reduce(lambda a, b: a @ b, map(self.term, matrices)) if matrices else None
        for a in reversed(numbers):
            made = self.term(a) if made is None else self.term(a) * made
        if made is None:
            raise GoldenError(f"{e} is an empty product")
        return made

    def power(self, e: Any) -> Term:
        return self.term(e.base) ** _exponent(e.exp)

    def symbol(self, e: Any) -> Term:
        if e.name in self.sizes:
            return as_term(size(e.name))
        assumed = {k: v for k, v in e._assumptions_orig.items() if k != "commutative" and v is not None}
        if set(assumed.items()) - {("real", True), ("complex", True), ("finite", True)} or not e.is_commutative:
            raise GoldenError(f"{e} beside matrices may only be assumed real: use a symbol without other assumptions")
        return build.scalar(e.name)

    def ones(self, e: Any) -> Term:
        rows, cols = map(_size, e.shape)
        return build.ones(rows) if cols == as_index(1) else build.ones(rows) @ build.ones(cols).T


def _size(e: Any) -> Index:
    import sympy

    if isinstance(e, sympy.Integer):
        return as_index(int(e))
    if isinstance(e, sympy.Symbol) and not isinstance(e, sympy.Dummy):
        return size(e.name)
    if isinstance(e, sympy.Add):
        return reduce(lambda a, b: a + b, map(_size, e.args))
    raise GoldenError(f"{e} is no size that symrnn knows: sizes are symbols, numbers and their sums")


def _exponent(e: Any) -> Index:
    """A whole number, a symbol for one that is not negative, or a sum of these and multiples of them."""
    import sympy

    if isinstance(e, sympy.Integer):
        return as_index(int(e))
    if isinstance(e, sympy.Symbol) and e.is_integer and e.is_nonnegative:
        return lag(e.name, 1 if e.is_positive else 0)
    if isinstance(e, sympy.Add):
        return reduce(lambda a, b: a + b, map(_exponent, e.args))
    if isinstance(e, sympy.Mul) and len(e.args) == 2 and isinstance(e.args[0], sympy.Integer):
        return int(e.args[0]) * _exponent(e.args[1])
    raise GoldenError(f"{e} is no exponent that symrnn knows: whole numbers, and symbols with nonnegative whole values")


def _number(_: _Translation, e: Any) -> Term:
    return as_term(Fraction(int(e.p), int(e.q)))


_RULES: dict[str, Callable[[_Translation, Any], Term]] = {
    "MatrixSymbol": lambda to, e: build.matrix(e.name, _size(e.rows), _size(e.cols)),
    "Identity": lambda to, e: build.eye(_size(e.rows)),
    "ZeroMatrix": lambda to, e: build.zeros(_size(e.rows), _size(e.cols)),
    "OneMatrix": _Translation.ones,
    "MatAdd": _Translation.sum,
    "Add": _Translation.sum,
    "MatMul": _Translation.product,
    "Mul": _Translation.product,
    "MatPow": _Translation.power,
    "Pow": _Translation.power,
    "Transpose": lambda to, e: build.transpose(to.term(e.arg)),
    "Inverse": lambda to, e: build.inv(to.term(e.arg)),
    "HadamardProduct": lambda to, e: reduce(build.hadamard, map(to.term, e.args)),
    "DiagMatrix": lambda to, e: build.diag(to.term(e.args[0])),
    "Trace": lambda to, e: build.trace(to.term(e.arg)),
    "Determinant": lambda to, e: build.det(to.term(e.arg)),
    "Symbol": _Translation.symbol,
    **dict.fromkeys(("Integer", "Rational", "Half", "One", "NegativeOne", "Zero"), _number),
}


__all__ = ["to_term"]
