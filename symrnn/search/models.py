"""Instances that meet the hypotheses of a claim: what fails at one of them is not worth proving. Untrusted.

The search for a proof asks for many things that are plainly false, above all for norms below 1. A few instances show
that; they grant nothing, and where they say nothing the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import IndexRel, Prop
from symrnn.errors import SymrnnError
from symrnn.search.orbits import speaks_of_limits
from symrnn.search.refute import Tally, worlds
from symrnn.semantics.instances import World
from symrnn.semantics.sequents import Sequent, flatten

LOOKED = 24  # instances looked at, of each kind
MOST = 4  # of those that meet the hypotheses, of each kind


class Models:
    """A few worlds in which the hypotheses of a claim hold, looked for when they are first asked for."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._found: list[_Model] | None = None

    def refute(self, s: Sequent) -> bool:
        """Whether the goal of a sequent fails in one of them, where the hypotheses of the sequent hold too."""
        if s.inducted or s.explicit is not None:
            return False
        if self._found is None:
            self._found = list(map(_Model, _met(self._claim)))
        return any(model.violates(s) for model in self._found)


class _Model:
    """A world, and what is known to hold in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[Prop, bool | None] = {}

    def violates(self, s: Sequent) -> bool:
        return self._holds(s.goal) is False and all(self._holds(h) for h in s.hypotheses)

    def _holds(self, p: Prop) -> bool | None:
        """None where the world cannot tell: of a variable that it gives no value, say."""
        if p not in self.known:
            try:
                self.known[p] = self.world.holds(self._closed(p))
            except (SymrnnError, KeyError):
                self.known[p] = None
        return self.known[p]

    def _closed(self, p: Prop) -> Prop:
        for f in activations_of(p):
            if f not in FACTS:
                p = with_activation(p, f, self.world.instance.activation or "")  # type: ignore[assignment]
        return p


def _met(claim: Claim) -> Iterator[World]:
    """Worlds in which the hypotheses hold: such as may violate the claim, and such as have size 2."""
    _, hypotheses = flatten(claim)
    sizes = sorted((v for v in free_vars(claim) if v.kind == "size"), key=lambda v: v.key)
    wider = Claim(claim.conclusion, (*claim.hypotheses, *(_at(v, 2) for v in sizes)), claim.cell)
    for stream in (worlds(claim, Tally(most=LOOKED), violating=True), worlds(wider, Tally(most=LOOKED))):
        yield from islice((w for w in stream if _holds(w)), MOST)


def _at(v: Var, value: int) -> Prop:
    return IndexRel("=", as_index(v), as_index(value))


def _holds(world: World) -> bool:
    try:
        return world.hypotheses_hold()
    except SymrnnError:
        return False
