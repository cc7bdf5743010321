"""Bounds of norms by the norms of the letters: ||A B|| <= ||A|| ||B||, ||A + B|| <= ||A|| + ||B||. Trusted.

A norm induced by the vector 1-, 2- or maximum norm has ||I|| = 1 and ||diag d|| = max |d_i|; of the Frobenius norm
||A B||_F <= ||A|| ||B||_F is used. The derivative of a
known activation is bounded by its supremum. A k-step Jacobian is bounded by the product of one-step bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn.claims.activations import AT_MOST_ONE, FACTS
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE as INDEX_ONE
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Det,
    Diag,
    Eye,
    ForAll,
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
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.derivative import one_step
from symrnn.semantics.monomials import member
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import in_range

ONE = Const(Fraction(1))
UNIT_SHAPE = (INDEX_ONE, INDEX_ONE)  # of what stands for a number, beside a matrix that it scales
TRANSPOSED = {"1": "inf", "inf": "1", "2": "2"}


def upper(s: Sequent, t: Term, kind: str, assumed: bool) -> Term:
    """A scalar term that ``t`` does not exceed in the norm ``kind`` (a scalar: in magnitude).

    Built of numbers, sizes, norms and magnitudes. ``assumed``: letters of a family by what hypotheses say of the norms
    of all its members (``norm(D[j]) <= c`` for all j), whatever is known of them otherwise.
    """
    return _upper(Bounded(s, assumed), s.algebra("left"), t, kind)


@dataclass(frozen=True)
class Bounded:
    """Where bounds are taken: a sequent, and whether its hypotheses on norms are used."""

    sequent: Sequent
    assumed: bool

    @property
    def cell(self) -> Recurrence | None:
        return self.sequent.cell


def _upper(s: Bounded, algebra: Algebra, t: Term, kind: str) -> Term:
    if kind == "fro" and shape_of(t) is not None:
        return _frobenius(s, algebra, t)
    kind = "2" if kind == "fro" else kind
    if kind not in TRANSPOSED:
        raise Refused(f"there is no bound of a {kind} norm")
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
    if s.assumed and isinstance(t, Add | MatMul) and (given := _assumed(s.sequent, algebra, t, kind)) is not None:
        return given
    if isinstance(t, Add):
        return Add(tuple(_upper(s, algebra, a, kind) for a in t.args))
    if isinstance(t, MatMul | Times):
        sizes = (Abs(a) if isinstance(a, Add) and shape_of(a) is None else _upper(s, algebra, a, kind) for a in t.args)
        factors = tuple(f for f in sizes if f != ONE)
        return factors[0] if len(factors) == 1 else Times(factors or (ONE,))
    if isinstance(t, Transpose):
        return _upper(s, algebra, t.arg, TRANSPOSED[kind])
    if isinstance(t, Trace) and shape_of(t.arg) == UNIT_SHAPE:  # the number |y^T x| <= ||y|| ||x||
        return _upper(s, algebra, t.arg, kind)
    if isinstance(t, Pow) and algebra.context.at_least(t.exponent, 0):
        return Pow(_upper(s, algebra, t.base, kind), t.exponent)
    if isinstance(t, Prod | Sum):
        return _of_range(s, algebra, t, kind)
    if isinstance(t, Jac):
        return _of_jacobian(s, algebra, t, kind)
    return _of_letter(s, algebra, t, kind)


def _frobenius(s: Bounded, algebra: Algebra, t: Term) -> Term:
    """The same of the Frobenius norm: one factor of a product keeps it, the others have their 2-norms."""
    if isinstance(t, Add):
        return Add(tuple(_frobenius(s, algebra, a) for a in t.args))
    if isinstance(t, MatMul | Times):
        sizes = [_upper(s, algebra, a, "2") for a in t.args]
        scaling = (UNIT_SHAPE, None) if isinstance(t, Times) and shape_of(t) != UNIT_SHAPE else (None,)
        matrices = [i for i, a in enumerate(t.args) if shape_of(a) not in scaling]
        kept = next((i for i in matrices if not isinstance(sizes[i], Const)), matrices[0])
        sizes[kept] = _frobenius(s, algebra, t.args[kept])
        return Times(tuple(sizes))
    if isinstance(t, Transpose):
        return _frobenius(s, algebra, t.arg)
    if isinstance(t, Jac) and algebra.context.at_least(t.of.index[0] - t.wrt.index[0], 1):  # ||I||_F is not 1
        t = Jac(t.of, t.wrt, "numerator")
        return at_every_step(s.cell, algebra, t, lambda step: _frobenius(s, algebra, step))
    return Norm(t, "fro")


def _of_letter(s: Bounded, algebra: Algebra, t: Term, kind: str) -> Term:
    given = _assumed(s.sequent, algebra, t, kind) if s.assumed else None
    if given is not None:
        return given
    if isinstance(t, Sym) and t.role == "local" and s.cell is not None and t.index:
        definition = s.cell.definition(t.name, t.index[0])
        if isinstance(definition, Diag):
            return _upper(s, algebra, definition, kind)
    if isinstance(t, Diag) and isinstance(t.arg, Apply) and t.arg.order == 1 and t.arg.function in FACTS:
        facts = FACTS[t.arg.function]
        return Const(max(abs(facts.low), abs(facts.high)))
    if isinstance(t, Diag) and _is_small(s.cell, t.arg):
        return ONE
    if isinstance(t, Det) and isinstance(t.arg, Diag | Sym) and (shape := shape_of(t.arg)) is not None:
        each = _of_letter(s, algebra, t.arg, "2")  # |det diag(d)| = |d_1| ... |d_n|
        if isinstance(each, Const):
            return Pow(each, shape[0])
    if shape_of(t) is None:
        return Abs(t)
    return Norm(t, kind)


def _is_small(cell: Recurrence | None, t: Term) -> bool:
    """Whether a vector consists of values of an activation that are at most 1 in magnitude: a gate."""
    if isinstance(t, Sym) and t.role == "local" and cell is not None and t.index:
        definition = cell.definition(t.name, t.index[0])
        return definition is not None and _is_small(cell, definition)
    return isinstance(t, Apply) and t.order == 0 and t.function in AT_MOST_ONE


def _assumed(s: Sequent, algebra: Algebra, t: Term, kind: str) -> Term | None:
    """c where a hypothesis says ||member|| <= c for all members of a family that t is one of, or of t itself."""
    for i, h in enumerate(s.hypotheses):
        free: set[Var] = set()
        body: Any = h
        while isinstance(body, ForAll) and isinstance(body.var, Var):
            free.add(body.var)
            body = body.body
        if not isinstance(body, Rel) or body.op not in ("<", "<=") or not isinstance(body.lhs, Norm):
            continue
        if body.lhs.kind != kind:
            continue
        for values in _members(t, tuple(free)):
            if algebra.poly(substitute(body.lhs.arg, values)) == algebra.poly(t):
                in_range(f"hyp:{i}", body.lhs, body.rhs, frozenset(free), values, algebra.context)
                return substitute(body.rhs, values)  # type: ignore[no-any-return]
    return None


def _members(t: Term, free: tuple[Var, ...]) -> Iterator[dict[Var, Index]]:
    """Which member of a family t may be: the times that occur in it."""
    if not free:
        yield {}
    elif len(free) == 1:
        times = {s.index[0]: None for s in walk(t) if isinstance(s, Sym) and s.index}
        yield from ({free[0]: at} for at in times)


def _of_range(s: Bounded, algebra: Algebra, t: Prod | Sum, kind: str) -> Term:
    """A bound of the body that does not run, to the power of the length (for a sum: times the length)."""
    length = t.hi - t.lo + 1
    if not algebra.context.at_least(length, 0):
        raise Refused(f"the range {t.lo} .. {t.hi} may end before it begins")
    if s.assumed and s.sequent.mentions(t.var):
        raise Refused(f"{t.var} is fixed in a hypothesis, and runs here")
    body = _upper(s, algebra.within(t.var, t.lo, t.hi), t.body, kind)
    if t.var in free_vars(body):
        return Prod(body, t.var, t.lo, t.hi, True) if isinstance(t, Prod) else Sum(body, t.var, t.lo, t.hi)
    return Pow(_flat(algebra, body, length), length) if isinstance(t, Prod) else Times((SizeOf(length), body))


def _flat(algebra: Algebra, t: Term, length: Index) -> Term:
    """A bound that is to be raised to a power, with c for c^n where c <= 1 <= n and exponents would be multiplied."""
    if isinstance(t, Times):
        return Times(tuple(_flat(algebra, a, length) for a in t.args))
    small = isinstance(t, Pow) and isinstance(t.base, Const) and 0 <= t.base.value <= 1
    if small and isinstance(t, Pow) and not (t.exponent.is_const or length.is_const):
        return t.base if algebra.context.at_least(t.exponent, 1) else t
    return t


def by_parts(s: Sequent, t: Norm, strong: str) -> Term:
    """||X Y|| <= ||X|| ||Y|| and ||X + Y|| <= ||X|| + ||Y||, the parts being left as they are.

    ``strong``: of a product in the Frobenius norm, "first" or "last" is the one factor that keeps it, the others having
    their 2-norms; "" if all keep it. Of a Jacobian: the parts of one step.
    """
    if isinstance(t.arg, Jac) and not strong and t.kind in TRANSPOSED and t.arg.layout == "numerator":
        bounded, algebra = Bounded(s, False), s.algebra("left")
        return at_every_step(s.cell, algebra, t.arg, lambda step: _undivided(bounded, algebra, step, t.kind))
    return _by_parts(s.algebra("left"), t.arg, t.kind, strong)


def _undivided(s: Bounded, algebra: Algebra, t: Term, kind: str) -> Term:
    """The bound by letters, but that sums inside products are left as they are."""
    if isinstance(t, Add):
        return Add(tuple(_undivided(s, algebra, a, kind) for a in t.args))
    if isinstance(t, MatMul | Times):
        whole = (isinstance(a, Add) and shape_of(a) is not None for a in t.args)
        sizes = zip(t.args, whole, strict=True)
        return Times(tuple(Norm(a, kind) if left else _undivided(s, algebra, a, kind) for a, left in sizes))
    return _upper(s, algebra, t, kind)


def _by_parts(algebra: Algebra, x: Term, kind: str, strong: str) -> Term:
    if isinstance(x, Add):
        return Add(tuple(_size(f, kind) for f in x.args))
    if isinstance(x, MatMul | Times):
        kept = {"first": 0, "last": len(x.args) - 1}.get(strong) if kind == "fro" else None
        if kept is not None and isinstance(x, Times):  # where all factors but one are numbers, or 1 x 1
            raise Refused("which factor keeps the Frobenius norm is said of products of matrices")
        return Times(tuple(_size(f, kind if kept in (None, i) else "2") for i, f in enumerate(x.args)))
    if isinstance(x, Prod | Sum):
        least = 1 if kind == "fro" and isinstance(x, Prod) else 0  # ||I||_F is not 1
        if not algebra.context.at_least(x.hi - x.lo + 1, least):
            raise Refused(f"the range {x.lo} .. {x.hi} may be empty")
        inner = algebra.within(x.var, x.lo, x.hi)
        body = _by_parts(inner, x.body, kind, "") if isinstance(x.body, MatMul | Times) else _size(x.body, kind)
        return Prod(body, x.var, x.lo, x.hi, True) if isinstance(x, Prod) else Sum(body, x.var, x.lo, x.hi)
    raise Refused(f"{x} has no parts")


def _size(f: Term, kind: str) -> Term:
    return Abs(f) if shape_of(f) is None else Norm(f, kind)


def _of_jacobian(s: Bounded, algebra: Algebra, t: Jac, kind: str) -> Term:
    """The bound of one step, the same at all times, to the power of the number of steps."""
    if t.layout == "denominator":
        return _upper(s, algebra, Jac(t.of, t.wrt, "numerator"), TRANSPOSED[kind])
    return at_every_step(s.cell, algebra, t, lambda step: _upper(s, algebra, step, kind))


def at_every_step(cell: Recurrence | None, algebra: Algebra, t: Jac, bound: Callable[[Term], Term]) -> Term:
    """A bound of one step that is the same at all times, to the power of the steps of a Jacobian of states.

    Of a block of the state that no other block acts on: what leaves it does not come back, as if it were the only one.
    """
    length = t.of.index[0] - t.wrt.index[0]
    if cell is None or t.of.name != t.wrt.name or {t.of.role, t.wrt.role} != {"state"}:
        raise Refused("only Jacobians of one state block by itself are bounded")
    if not algebra.context.at_least(length, 0):
        raise Refused(f"{t.of} is not known to come after {t.wrt}")
    at = as_index(Var("some time", "bound", None))
    steps = {b.name: one_step(cell, member(t.of, at), member(b, at - 1)) for b in cell.states}
    if any(name != t.of.name and not isinstance(step, Zeros) for name, step in steps.items()):
        raise Refused(f"other state blocks act on {t.of.name}")
    step = bound(steps[t.of.name])
    if free_vars(step) & free_vars(at):
        raise Refused("the bound of one step depends on the time")
    return Pow(step, length)
