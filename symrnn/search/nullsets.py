"""CONDITIONAL: a claim that fails only where something is singular, repeated or 0. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product

from symrnn import kernel
from symrnn.certificates import Null
from symrnn.claims.index import Node
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.statements import invertible
from symrnn.claims.substitution import children, symbols, walk
from symrnn.claims.tree import (
    And,
    Apply,
    Const,
    Discriminant,
    Eye,
    Inv,
    MatMul,
    Not,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Transpose,
)
from symrnn.errors import Refused, SymrnnError
from symrnn.search.prove import prove
from symrnn.search.refute import Tally, witness
from symrnn.semantics.context import Context
from symrnn.semantics.instances import Instance
from symrnn.semantics.multiples import scalar_value
from symrnn.semantics.nullity import is_open
from symrnn.semantics.sequents import sequent_of

SCALARS = (Fraction(1), Fraction(2), Fraction(-1), Fraction(3), Fraction(1, 2))
MOST = 200


def find_null(claim: Claim, point: Instance) -> Null | None:
    """A proof under a condition that fails on a null set only, with a point where it holds at every size."""
    if not all(map(is_open, sequent_of(claim).hypotheses)):
        return None
    return next(
        (made for c in _conditions(sequent_of(claim).goal) if (made := _try(claim, point, *c)) is not None), None
    )


def _conditions(goal: Prop) -> Iterator[tuple[Prop, str, tuple[tuple[str, Fraction], ...]]]:
    """A condition, the symbol that stands for diag(1, ..., n), if any, and multiples of I for the others."""
    inverted = _inverted(goal)
    scalars = _nonzero(inverted) if inverted else None
    if scalars is not None:
        yield (invertible(inverted[0]) if len(inverted) == 1 else And(tuple(map(invertible, inverted)))), "", scalars
    for x in dict.fromkeys(p.arg for p in walk(goal) if isinstance(p, Pred) and p.name == "diagonalizable"):
        names = sorted({s.name for s in symbols(x)})
        for ramp in names:
            rest = tuple((name, Fraction(1)) for name in names if name != ramp)
            yield Not(Rel("=", Discriminant(x), Const(Fraction(0)))), ramp, rest
    for a in dict.fromkeys(t.arg for t in walk(goal) if isinstance(t, Apply) and t.order == 1):
        if isinstance(a, Sym) and a.shape is None:
            yield Not(Rel("=", a, Const(Fraction(0)))), "", ((a.name, Fraction(1)),)


def _try(
    claim: Claim, point: Instance, condition: Prop, ramp: str, scalars: tuple[tuple[str, Fraction], ...]
) -> Null | None:
    narrowed = Claim(claim.conclusion, (*claim.hypotheses, condition), claim.cell)
    proof = prove(narrowed)
    example = witness(narrowed, Tally()) if proof is not None else None
    if proof is None or example is None:
        return None
    made = Null(point, condition, proof, example, scalars, ramp)
    try:
        kernel.check(claim, made)
    except SymrnnError:
        return None
    return made


def _inverted(goal: Prop) -> list[Term]:
    """What the goal inverts, without repetition, in order; of products and powers, what they are made of."""
    found: dict[str, Term] = {}
    for t in walk(goal):
        if isinstance(t, Inv):
            found |= {x.key: x for x in _parts(t.arg)}
        if isinstance(t, Pow) and t.exponent.is_const and t.exponent.const < 0:
            found |= {x.key: x for x in _parts(t.base)}
    return [found[key] for key in sorted(found)]


def surely_inverted(atom: Prop) -> frozenset[Term]:
    """What must be invertible for an atom to have a value: no term of a range or power that may be empty."""
    found: set[Term] = set()
    todo: list[Node] = [atom]
    while todo:
        t = todo.pop()
        if isinstance(t, Inv):
            found.update(_parts(t.arg, surely=True))
        if isinstance(t, Pow) and t.exponent.is_const and t.exponent.const < 0:
            found.update(_parts(t.base, surely=True))
        todo += [] if isinstance(t, Prod | Sum | Pred) and t.var is not None else children(t)
    return frozenset(found)


def _parts(x: Term, surely: bool = False) -> Iterator[Term]:
    """Terms that are all invertible if and only if x is, as far as that is plain to see.

    X is so only if X^k is, which for k = 0 says nothing; ``surely`` takes that into account.
    """
    shape = shape_of(x)
    if isinstance(x, Pow):
        if not surely or (x.exponent.is_const and x.exponent.const) or Context().at_least(x.exponent, 1):
            yield from _parts(x.base, surely)
    elif isinstance(x, Inv | Transpose):
        yield from _parts(x.arg, surely)
    elif isinstance(x, MatMul) and all(shape_of(f) == shape for f in x.args):
        for f in x.args:
            yield from _parts(f, surely)
    elif not isinstance(x, Const | Eye):
        yield x


def _nonzero(inverted: list[Term]) -> tuple[tuple[str, Fraction], ...] | None:
    used = frozenset().union(*(symbols(x) for x in inverted))
    names = sorted({s.name for s in used})
    square = {s.name for s in used if s.shape is None or s.shape[0] == s.shape[1]}
    choices = [SCALARS if name in square else (Fraction(0),) for name in names]
    for values in islice(product(*choices), MOST):
        chosen = dict(zip(names, values, strict=True))
        try:
            if all(scalar_value(x, chosen) for x in inverted):
                return tuple(sorted(chosen.items()))
        except (Refused, ZeroDivisionError):
            return None
    return None
