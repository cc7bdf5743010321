"""The Jacobian of a recurrence's step map, block by block, in numerator layout. Trusted by the kernel.

``one_step`` differentiates the update of a state (or local) at one time by a state at the time before, by an input
or local at the same time. It refuses any update whose dependence on the past it cannot see: a state further back,
an input that is not declared exogenous, or a matrix that itself depends on the target.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symrnn.claims.index import Index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Add, Apply, Const, Diag, Eye, Hadamard, MatMul, Ones, Sym, Term, Times, Transpose, Zeros
from symrnn.errors import Refused


def one_step(cell: Recurrence, of: Sym, wrt: Sym) -> Term:
    """d of / d wrt for ``of`` at a time T and ``wrt`` a state at T - 1, or an input or local at T.

    A sum of products of diagonal matrices and coefficient matrices; Zeros if there is no dependence.
    """
    time = of.index[0]
    found_of, found_wrt = cell.member(of.name, time), cell.member(wrt.name, wrt.index[0])
    if found_of is None or found_wrt is None:
        raise Refused(f"{cell.name} has no {of if found_of is None else wrt}")
    of, wrt = found_of, found_wrt  # as the updates refer to them: sizes may have been put in elsewhere
    if of == wrt:
        return Eye(_length(of))
    definition = cell.definition(of.name, time)
    if definition is None:
        raise Refused(f"{of} is no state or local of {cell.name}, so it has no derivative")
    found = Derivative(cell, wrt, time).of(column(definition))
    return Zeros(_length(of), _length(wrt)) if found is None else found


def _length(s: Sym) -> Index:
    rows, cols = shape_of(s) or (ONE, ONE)
    return cols if rows == ONE else rows


def column(e: Term) -> Term:
    """A row-vector expression as a column, transposes pushed to the symbols; a column stays as it is."""
    shape = shape_of(e)
    return flip(e) if shape is not None and shape[0] == ONE and shape[1] != ONE else e


def flip(e: Term) -> Term:
    if isinstance(e, Transpose):
        return e.arg
    if isinstance(e, Add):
        return Add(tuple(flip(a) for a in e.args))
    if isinstance(e, MatMul):
        return MatMul(tuple(flip(a) for a in reversed(e.args)))
    if isinstance(e, Times):
        return Times(tuple(a if shape_of(a) is None else flip(a) for a in e.args))
    if isinstance(e, Apply):
        return Apply(e.function, flip(e.arg), e.order)
    if isinstance(e, Hadamard):
        return Hadamard(flip(e.left), flip(e.right))
    return Transpose(e)


class Derivative:
    """d/d target at one time; ``None`` stands for zero."""

    def __init__(self, cell: Recurrence, target: Sym, time: Index) -> None:
        self.cell, self.target, self.time = cell, target, time

    def of(self, e: Term) -> Term | None:
        rule = _RULES.get(type(e))
        if rule is None:
            if self.depends(e):
                raise Refused(f"no rule for the derivative of {type(e).__name__}")
            return None
        return rule(self, e)

    def depends(self, e: Term) -> bool:
        """Whether the target occurs in ``e`` once every name at this time is expanded; refuses what it cannot see."""
        return any(self._symbol_depends(s) for s in walk(e) if isinstance(s, Sym))

    def _symbol_depends(self, s: Sym) -> bool:
        if s == self.target:
            return True
        definition = self.expand(s)
        return definition is not None and self.depends(definition)

    def expand(self, s: Sym) -> Term | None:
        """The definition of a state or local at this time; None for what the target cannot reach."""
        if not s.index:
            return None
        if s.role in ("state", "local") and s.index == (self.time,):
            return self.cell.definition(s.name, self.time)
        if s.role == "state" and s.index == (self.time - 1,):
            return None
        if s.role == "input" and s.index == (self.time,):
            if s.name not in self.cell.exogenous:
                raise Refused(f"the input {s.name} is not declared exogenous: it may depend on earlier states")
            return None
        raise Refused(f"the update at time {self.time} uses {s.name} at time {s.index[0]}")

    def symbol(self, s: Sym) -> Term | None:
        if s == self.target:
            return Eye(_length(s))
        definition = self.expand(s)
        return None if definition is None else self.of(column(definition))

    def transposed(self, e: Transpose) -> Term | None:
        if isinstance(e.arg, Sym):
            return self.symbol(e.arg)
        return self.of(flip(e.arg))

    def add(self, e: Add) -> Term | None:
        parts = [d for d in (self.of(a) for a in e.args) if d is not None]
        return Add(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None

    def times(self, e: Times) -> Term | None:
        vectors = [a for a in e.args if shape_of(a) is not None]
        scalars = [a for a in e.args if shape_of(a) is None]
        if len(vectors) != 1 or any(self.depends(a) for a in scalars):
            raise Refused("the derivative of a product with scalars needs one vector and scalars free of the state")
        inner = self.of(vectors[0])
        return None if inner is None else Times((*scalars, inner))

    def matmul(self, e: MatMul) -> Term | None:
        first, rest = e.args[0], e.args[1:]
        tail = rest[0] if len(rest) == 1 else MatMul(rest)
        inner = self.of(tail)
        moved = None if inner is None else MatMul((first, inner))
        if not self.depends(first):
            return moved
        if not isinstance(first, Diag):
            raise Refused("a matrix that depends on the state multiplies the state")
        return self._sum(moved, self._scaled(tail, first.arg))

    def hadamard(self, e: Hadamard) -> Term | None:
        return self._sum(self._scaled(e.left, e.right), self._scaled(e.right, e.left))

    def _scaled(self, factor: Term, e: Term) -> Term | None:
        inner = self.of(e)
        return None if inner is None else MatMul((Diag(factor), inner))

    def _sum(self, a: Term | None, b: Term | None) -> Term | None:
        return Add((a, b)) if a is not None and b is not None else a if b is None else b

    def apply(self, e: Apply) -> Term | None:
        if e.order != 0:
            if self.depends(e.arg):
                raise Refused("second derivatives of activations are not supported")
            return None
        inner = self.of(e.arg)
        return None if inner is None else MatMul((Diag(Apply(e.function, e.arg, 1)), inner))


_RULES: dict[type[Term], Callable[[Derivative, Any], Term | None]] = {
    Sym: Derivative.symbol,
    Transpose: Derivative.transposed,
    Add: Derivative.add,
    Times: Derivative.times,
    MatMul: Derivative.matmul,
    Hadamard: Derivative.hadamard,
    Apply: Derivative.apply,
    Const: lambda self, e: None,
    Ones: lambda self, e: None,
    Zeros: lambda self, e: None,
}
