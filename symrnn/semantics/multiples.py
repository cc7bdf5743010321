"""Terms where every matrix is a multiple of the identity: a value that is the same at every size. Trusted."""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.index import as_index
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import Apply, Jac, Pow, Prod, Sum, Sym, Term
from symrnn.errors import Refused
from symrnn.semantics.numbers import as_num, rational_of
from symrnn.semantics.values import Matrix, Values


def scalar_value(x: Term, scalars: dict[str, Fraction]) -> Fraction:
    """c where every symbol is a stated multiple of the identity (0 if not square) and so X = c I, whatever the sizes.

    Only for terms whose value does not depend on the size: sums, products, powers and transposes of square matrices.
    """
    for t in walk(x):
        if isinstance(t, Sym) and t.name not in scalars:
            raise Refused(f"{t} is not given as a multiple of the identity")
        if isinstance(t, Sym) and t.shape is not None and t.shape[0] != t.shape[1] and scalars[t.name]:
            raise Refused(f"{t} is not square, so it can only stand for 0")
        runs = (t.exponent,) if isinstance(t, Pow) else (t.lo, t.hi) if isinstance(t, Prod | Sum) else ()
        if isinstance(t, Term) and (type(t).__name__ not in _SIZELESS or any(map(free_vars, runs))):
            raise Refused(f"{t} depends on the size")
    sizes = {v: as_index(1) for v in free_vars(x) if v.kind == "size"}
    values = Values(sizes, lambda s: ((as_num(scalars[s.name]),),), _no_activation, _no_jacobian)
    return rational_of(values.scalar(substitute(x, sizes)))


_SIZELESS = frozenset(
    ("Const", "Sym", "Eye", "Zeros", "Add", "Times", "MatMul", "Pow", "Transpose", "Inv", "Prod", "Sum")
)


def _no_activation(t: Apply) -> Matrix:
    raise Refused("no activation has a value here")


def _no_jacobian(t: Jac) -> Matrix:
    raise Refused("no Jacobian has a value here")
