"""Instances that meet the hypotheses of a claim: what fails at one of them is not worth proving. Untrusted.

The search for a proof asks for many things that are plainly false, above all for norms below 1. A few instances show
that; they grant nothing, and where they say nothing the search goes on. They are runs of the network, and matrices
alone for what is asked of parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache
from itertools import islice, product

from symrnn.claims.activations import FACTS
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.claims.substitution import contains, free_vars, symbols
from symrnn.claims.tree import And, IndexRel, Jac, Prop, Rel, Sym
from symrnn.errors import SymrnnError
from symrnn.search.alone import alone, holds_at
from symrnn.search.kept import Kept
from symrnn.search.orbits import speaks_of_limits
from symrnn.search.pools import Plain, rows
from symrnn.search.refute import Tally, glimpses, worlds
from symrnn.search.weights import weights
from symrnn.semantics.instances import Rows, World
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.settling import flatten, settled

LOOKED = 24  # runs looked at, of each kind
WEIGHTS = 64  # matrices looked at, small ones and large ones
MOST = 2  # of those that meet the hypotheses, of each kind


class Models:
    """A few worlds in which the hypotheses of a claim hold, looked for as far as they are asked for."""

    def __init__(self, claim: Claim) -> None:
        self._all = Kept(_met(claim))

    def refute(self, s: Sequent, most: int | None = None) -> bool:
        """Whether the goal of a sequent fails in one of (the first few of) them that meet its hypotheses too."""
        if s.inducted or s.explicit is not None:
            return False
        return any(model.violates(s) for model in islice(self._all, most))


class _Model:
    """A world, and what is known to hold in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[Prop, bool | None] = {}

    def violates(self, s: Sequent) -> bool:
        return self.holds(s.goal) is False and all(self.holds(h) for h in s.hypotheses)

    def holds(self, p: Prop) -> bool | None:
        """None where the world cannot tell: of a variable that it gives no value, say."""
        if p not in self.known:
            try:
                self.known[p] = self.world.holds(self._known_activations(p))
            except (SymrnnError, KeyError):
                self.known[p] = None
        return self.known[p]

    def _known_activations(self, p: Prop) -> Prop:
        for f in activations_of(p):
            if f not in FACTS:
                p = with_activation(p, f, self.world.instance.activation or "")  # type: ignore[assignment]
        return p


def _met(claim: Claim) -> Iterator[_Model]:
    _, hypotheses = flatten(claim)
    if not speaks_of_limits(claim):
        whole, _ = settled(claim)  # in the variables of its sequents
        yield from map(_Model, filter(_holds, glimpses(whole)))
    elif all(map(_is_static, hypotheses)):
        yield from _matrices(claim)
    else:
        yield from map(_Model, _runs(claim))


def _runs(claim: Claim) -> Iterator[World]:
    """Worlds in which the hypotheses hold: such as may violate the claim, and such as have size 2."""
    sizes = sorted((v for v in free_vars(claim) if v.kind == "size"), key=lambda v: v.key)
    at_two = (IndexRel("=", as_index(v), as_index(2)) for v in sizes)
    wider = Claim(claim.conclusion, (*claim.hypotheses, *at_two), claim.cell)
    for stream in (worlds(claim, Tally(most=LOOKED), violating=True), worlds(wider, Tally(most=LOOKED))):
        yield from islice(filter(_holds, stream), MOST)


def _is_static(p: Prop) -> bool:
    """Whether it speaks of parameters only."""
    return all(s.role == "free" for s in symbols(p)) and not contains(p, Jac)


def _matrices(claim: Claim) -> list[_Model]:
    """Small and large values of the only square matrix that the hypotheses speak of, or that the cell has."""
    _, hypotheses = flatten(claim)
    spoken = frozenset().union(*(symbols(h) for h in hypotheses)) or frozenset(claim.cell.params if claim.cell else ())
    square = [s for s in spoken if s.shape is not None and s.shape[0] == s.shape[1] and not s.family and not s.index]
    if len(square) != 1 or square[0].props or (hypotheses and len(spoken) > 1):
        return []
    (w,) = square
    for n in (2, 1):
        known = _values(n)
        if not all(holds_at(h, w, known[0]) for h in hypotheses if isinstance(h, IndexRel)):
            continue
        ends = known[:WEIGHTS], known[: -WEIGHTS - 1 : -1]
        meeting = (m for end in ends for m in islice(_meeting(w, end, hypotheses), MOST))
        found = [model for m in meeting if (model := _of_matrix(w, m)) is not None]
        if found:
            return found
    return []


@lru_cache(maxsize=512)  # a claim's conditions ask the same of the same matrices
def _of_matrix(w: Sym, value: Rows) -> _Model | None:
    world = alone(w, value)
    return None if world is None else _Model(world)


@cache
def _values(n: int) -> list[Rows]:
    """Weights and their transposes, small ones first, then triangular ones whose norms say nothing of eigenvalues."""
    found, zero = list[Plain](), Fraction(0)
    for m in weights(n, False):
        found += [m, *([turned] if (turned := [list(r) for r in zip(*m, strict=True)]) != m else [])]
    for a, c in product((Fraction(1, 2), Fraction(2)), (8, 64)) if n == 2 else ():
        found += [[[a, Fraction(c)], [zero, zero]], [[a, zero], [Fraction(c), zero]]]
    return list(map(rows, found))


def _meeting(w: Sym, values: list[Rows], hypotheses: tuple[Prop, ...]) -> Iterator[Rows]:
    parts = [p for h in hypotheses for p in (h.args if isinstance(h, And) else (h,))]
    parts.sort(key=lambda p: isinstance(p, Rel))  # magnitudes take longest
    return (m for m in values if all(holds_at(p, w, m) for p in parts))


def _holds(world: World) -> bool:
    try:
        return world.hypotheses_hold()
    except SymrnnError:
        return False
