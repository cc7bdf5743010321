"""The immediate derivative of an update by a parameter, and a loss's by the state it is of. Trusted by the kernel.

``pulled_back`` gives for u^T h_s, u held, what the parameter does to it at the step to s alone, the states at s - 1
held: from d(u^T h) = sum of a^T dW b the gradient, the sum of a b^T, in the shape of the parameter. u may have several
columns, unless the parameter is a matrix. It refuses what ``derivative`` refuses, and parameters with properties other
than diagonal, whose entries do not vary freely.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import substitute, symbols
from symrnn.claims.tree import (
    Add,
    Apply,
    Const,
    Diag,
    Hadamard,
    Loss,
    MatMul,
    Ones,
    Softmax,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.semantics.derivative import Derivative, column, flip


def pulled_back(cell: Recurrence, of: Sym, wrt: Sym, u: Term) -> Term | None:
    """The gradient of u^T of, u held, by a parameter through the update of ``of`` alone; None for zero."""
    if of.role != "state" or cell.member(of.name, of.index[0]) != of:
        raise Refused(f"{cell.name} has no state {of}")
    definition = cell.definition(of.name, of.index[0])
    if definition is None:
        raise Refused(f"{of} has no update")
    _check_parameter(wrt)
    if wrt not in cell.params:
        if any(s.name == wrt.name for s in cell.params):
            raise Refused(f"{wrt} is no parameter of {cell.name} as its updates refer to it")
        return None
    return _Pullback(cell, wrt, of.index[0]).of(column(definition), u)


def _check_parameter(wrt: Sym) -> None:
    if wrt.role != "free" or wrt.index or wrt.family or wrt.props not in ((), ("diagonal",)):
        raise Refused(f"no derivative by {wrt}: a parameter, without properties or diagonal, is needed")


# ---- losses ----


def row_of(cell: Recurrence, loss: Loss, block: Sym, at: Index) -> Term | None:
    """The immediate partial derivative of the loss at a time by a state block at that time, a row; None for zero."""
    known = dict(loss.reads)
    if loss.kind == "opaque":
        return known[block][at] if block in known else None
    if any(cell.member(s.name, at) is None for s in symbols(loss) if s.role == "state"):
        raise Refused(f"{loss.name} is of other states than those of {cell.name}")
    output, now = _output(loss, at), cell.member(block.name, at)
    if now is None:
        raise Refused(f"{cell.name} has no {block.name}")
    through = Derivative(cell, now, at + 1).of(output)  # the states at that time are coordinates, not updates
    return None if through is None else MatMul((slope_of(loss, at), through))


def through_output(cell: Recurrence, loss: Loss, wrt: Sym, at: Index) -> Term | None:
    """The gradient of the loss at a time by a parameter of its output, the states held; None for zero."""
    _check_parameter(wrt)
    if loss.kind == "opaque" or wrt not in symbols(loss):
        if any(s.name == wrt.name for s in symbols(loss)):
            raise Refused(f"{wrt} is not what {loss.name} refers to")
        return None
    if wrt in symbols(loss.target[0]):
        raise Refused(f"the target of {loss.name} depends on {wrt}")
    return _Pullback(cell, wrt, at + 1).of(_output(loss, at), Transpose(slope_of(loss, at)))


def slope_of(loss: Loss, at: Index) -> Term:
    """The derivative of the loss at a time by its output, a row: (y - target)^T of 1/2 ||y - target||^2;

    (sum of the targets) softmax(y)^T - target^T of - sum_i target_i log softmax(y)_i.
    """
    output, target = _output(loss, at), substitute(loss.target[0], {loss.time: at})
    if loss.kind == "squared":
        return Transpose(Add((output, Times((Const(Fraction(-1)), target)))))
    if loss.kind == "cross_entropy":
        scaled = Times((Trace(Diag(target)), Softmax(output)))
        return Transpose(Add((scaled, Times((Const(Fraction(-1)), target)))))
    raise Refused(f"no derivative is known of a loss that is {loss.kind}")


def _output(loss: Loss, at: Index) -> Term:
    return substitute(loss.output[0], {loss.time: at})  # type: ignore[no-any-return]


# ---- the rules ----


class _Pullback:
    """Gradients of u^T e by one parameter, at one time; ``None`` stands for zero."""

    def __init__(self, cell: Recurrence, wrt: Sym, time: Index) -> None:
        self.wrt, self.forward, self.cell, self.time = wrt, Derivative(cell, wrt, time), cell, time

    def of(self, e: Term, u: Term) -> Term | None:
        rule = _RULES.get(type(e))
        if rule is None:
            if self.forward.depends(e):
                raise Refused(f"no rule for the derivative of {type(e).__name__} by a parameter")
            return None
        return rule(self, e, u)

    def symbol(self, e: Sym, u: Term) -> Term | None:
        if e == self.wrt:
            return u
        definition = self.forward.expand(e)
        return None if definition is None else self.of(column(definition), u)

    def transposed(self, e: Transpose, u: Term) -> Term | None:
        if not isinstance(e.arg, Sym):
            return self.of(flip(e.arg), u)
        if e.arg == self.wrt:
            _single(u)
            return Transpose(u)
        return self.symbol(e.arg, u)

    def add(self, e: Add, u: Term) -> Term | None:
        return _sum(*(self.of(a, u) for a in e.args))

    def times(self, e: Times, u: Term) -> Term | None:
        vectors = [a for a in e.args if shape_of(a) is not None]
        scalars = [a for a in e.args if shape_of(a) is None]
        if len(vectors) != 1:
            raise Refused("the derivative of a product with scalars needs one vector")
        inner = self.of(vectors[0], u)
        parts = [None if inner is None else Times((*scalars, inner))]
        for i, s in enumerate(scalars):
            slope = self.scalar(s)
            if slope is not None:
                others = (*scalars[:i], *scalars[i + 1 :], slope)
                parts.append(Times((*others, MatMul((Transpose(vectors[0]), u)))))
        return _sum(*parts)

    def scalar(self, s: Term) -> Term | None:
        """The derivative of a scalar factor by a scalar parameter."""
        if s == self.wrt:
            return Const(Fraction(1))
        if isinstance(s, Add):
            return _sum(*(self.scalar(a) for a in s.args))
        if isinstance(s, Times):
            parts = []
            for i, a in enumerate(s.args):
                slope = self.scalar(a)
                if slope is not None:
                    parts.append(Times((*s.args[:i], *s.args[i + 1 :], slope)))
            return _sum(*parts)
        if self.forward.depends(s):
            raise Refused(f"no rule for the derivative of the scalar {s}")
        return None

    def matmul(self, e: MatMul, u: Term) -> Term | None:
        first, rest = e.args[0], e.args[1:]
        if not rest:
            return self.of(first, u)
        tail = rest[0] if len(rest) == 1 else MatMul(rest)
        inner = self.of(tail, MatMul((Transpose(first), u)))
        if not self.forward.depends(first):
            return inner
        if isinstance(first, Diag):
            return _sum(inner, self.of(first.arg, MatMul((Diag(tail), u))))
        if first not in (self.wrt, Transpose(self.wrt)):
            raise Refused("the derivative by a parameter of a matrix made of it")
        _single(u)
        if "diagonal" in self.wrt.props:
            return _sum(inner, Diag(Hadamard(u, tail)))
        outer = (u, Transpose(tail)) if first == self.wrt else (tail, Transpose(u))
        return _sum(inner, MatMul(outer))

    def hadamard(self, e: Hadamard, u: Term) -> Term | None:
        left = self.of(e.left, MatMul((Diag(e.right), u)))
        return _sum(left, self.of(e.right, MatMul((Diag(e.left), u))))

    def apply(self, e: Apply, u: Term) -> Term | None:
        if e.order != 0:
            if self.forward.depends(e.arg):
                raise Refused("second derivatives of activations are not supported")
            return None
        return self.of(e.arg, MatMul((Diag(Apply(e.function, e.arg, 1)), u)))


def _single(u: Term) -> None:
    """Only a number has a gradient by a matrix."""
    shape = shape_of(u)
    if shape is None or shape[1] != ONE:
        raise Refused("the derivative of a vector by a matrix: give a row that multiplies the vector")


def _sum(*parts: Term | None) -> Term | None:
    found = tuple(p for p in parts if p is not None)
    return None if not found else found[0] if len(found) == 1 else Add(found)


_RULES: dict[type[Term], Callable[[_Pullback, Any, Term], Term | None]] = {
    Sym: _Pullback.symbol,
    Transpose: _Pullback.transposed,
    Add: _Pullback.add,
    Times: _Pullback.times,
    MatMul: _Pullback.matmul,
    Hadamard: _Pullback.hadamard,
    Apply: _Pullback.apply,
    Const: lambda self, e, u: None,
    Ones: lambda self, e, u: None,
    Zeros: lambda self, e, u: None,
}
