"""CONDITIONAL: a claim that fails only where something it inverts is singular. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product

from symrnn import kernel
from symrnn.certificates import Null
from symrnn.claims.build import invertible
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import And, Const, Eye, Inv, MatMul, Pow, Prop, Term, Transpose
from symrnn.errors import Refused, SymrnnError
from symrnn.search.prove import prove
from symrnn.search.refute import Tally, witness
from symrnn.semantics.instances import Instance
from symrnn.semantics.multiples import scalar_value
from symrnn.semantics.sequents import sequent_of

SCALARS = (Fraction(1), Fraction(2), Fraction(-1), Fraction(3), Fraction(1, 2))
MOST = 200


def find_null(claim: Claim, point: Instance) -> Null | None:
    """A proof under "what is inverted is invertible", with multiples of the identity where it is."""
    s = sequent_of(claim)
    inverted = _inverted(s.goal)
    if s.hypotheses or not inverted:
        return None
    scalars = _nonzero(inverted)
    if scalars is None:
        return None
    condition: Prop = invertible(inverted[0]) if len(inverted) == 1 else And(tuple(invertible(x) for x in inverted))
    narrowed = Claim(claim.conclusion, (*claim.hypotheses, condition), claim.cell)
    proof = prove(narrowed)
    example = witness(narrowed, Tally()) if proof is not None else None
    if proof is None or example is None:
        return None
    made = Null(point, condition, proof, example, scalars)
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


def _parts(x: Term) -> Iterator[Term]:
    """Terms that are all invertible if and only if x is, as far as that is plain to see."""
    shape = shape_of(x)
    if isinstance(x, Pow):
        yield from _parts(x.base)
    elif isinstance(x, Inv | Transpose):
        yield from _parts(x.arg)
    elif isinstance(x, MatMul) and all(shape_of(f) == shape for f in x.args):
        for f in x.args:
            yield from _parts(f)
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
