"""Norms of sums and powers written so that their parts show: X (Y - Z), (X + Y) - Y, X X. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.claims.tree import Add, Const, MatMul, Norm, Pow, Term, Times
from symrnn.records import replace

MOST = 4  # factors that a power is written as


def one_part(x: Norm) -> Iterator[Norm]:
    """||X|| <= ||X + Y|| + ||Y||, for the parts of a sum: written as ||(X + Y) - Y||."""
    parts = x.arg.args if isinstance(x.arg, Add) else ()
    for i in range(len(parts)):
        others = (Times((Const(Fraction(-1)), y)) for j, y in enumerate(parts) if j != i)
        yield replace(x, arg=Add((x.arg, *others)))


def factored(t: Term) -> Iterator[MatMul]:
    """X (Y - Z) for X Y - X Z, where all parts of a sum begin (end) with the same matrix."""
    parts = [a.args if isinstance(a, Times) else (a,) for a in t.args] if isinstance(t, Add) else []
    words = [p[-1].args if isinstance(p[-1], MatMul) else () for p in parts]
    if not words or not all(words):
        return
    for at, rest in ((0, slice(1, None)), (-1, slice(None, -1))):
        if len({w[at] for w in words}) == 1:
            others = [w[rest][0] if len(w) == 2 else MatMul(w[rest]) for w in words]
            inner = Add(tuple(Times((*p[:-1], x)) if p[:-1] else x for p, x in zip(parts, others, strict=True)))
            yield MatMul((words[0][0], inner) if at == 0 else (inner, words[0][-1]))


def in_factors(t: Norm) -> Norm:
    """The norm with a small power written as a product, which has parts."""
    x = t.arg
    small = isinstance(x, Pow) and x.exponent.is_const and 1 < x.exponent.const <= MOST
    return Norm(MatMul((x.base,) * x.exponent.const), t.kind) if small and isinstance(x, Pow) else t
