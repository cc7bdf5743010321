"""Whether two terms or claims of symrnn say the same: by search, with the kernel's word on what search finds.

Terms are the same if they have equal values wherever both are defined, and are defined at the same instances. Claims
are the same if each implies the other.
"""

from __future__ import annotations

from typing import Any

from symrnn.cells import Cell
from symrnn.claims.index import Node
from symrnn.claims.recurrence import Claim
from symrnn.claims.statements import as_prop, eq, iff, invertible
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Inv, Pow, Prod, Prop, Sum, Term
from symrnn.derivations import Derivation
from symrnn.errors import Refused, ShapeMismatch, SymrnnError, Undefined
from symrnn.regression.equality import Comparison, Outcome
from symrnn.report.instances import instance_lines
from symrnn.search import presentation
from symrnn.search.decide import Decision, decide
from symrnn.semantics.instances import World

WIDTH = 100  # columns for a counterexample


def compare(golden: Node, now: Node, cell: Cell | None = None) -> Comparison:
    """Compare two terms, or two claims, about a cell or about matrices alone.

    >>> from symrnn import matrix, size
    >>> A, B = matrix("A", size("n")), matrix("B", size("n"))
    >>> compare((A @ B).T, B.T @ A.T).outcome.value
    'equal'
    >>> compare(A @ B, B @ A).outcome.value
    'different'
    """
    if golden == now:
        return Comparison(Outcome.EQUAL, "the two are written alike", True)
    if isinstance(golden, Term) and isinstance(now, Term):
        return _terms(golden, now, cell)
    if isinstance(golden, Prop) and isinstance(now, Prop):
        return _props(golden, now, cell)
    return Comparison(Outcome.DIFFERENT, "one is a term and the other a claim")


def _claim(prop: Prop, cell: Cell | None, hypotheses: list[Prop]) -> Claim:
    """The claim as a derivation would make it: names checked, layouts resolved."""
    return Derivation("regression", cell=cell).step("1", as_prop(prop), assuming=hypotheses).claim


def _props(golden: Prop, now: Prop, cell: Cell | None) -> Comparison:
    try:
        claim = _claim(iff(golden, now), cell, [])
    except SymrnnError as error:
        return _incomparable(error)
    decision = decide(claim)
    if decision.verdict == "proved":
        return Comparison(Outcome.EQUAL, "each is proved to imply the other")
    if decision.verdict == "undecided":
        return _undecided(decision)
    return _different("one holds where the other does not", claim, decision)


def _terms(golden: Term, now: Term, cell: Cell | None) -> Comparison:
    try:
        claim = _claim(eq(golden, now), cell, [])
    except SymrnnError as error:
        return _incomparable(error)
    decision = decide(claim)
    if decision.verdict == "proved":
        return Comparison(Outcome.EQUAL, "proved equal for everything that is left free")
    found = _difference(claim, decision)
    if found is not None:
        return found
    inverted = _inverted(golden)
    if not inverted or inverted != _inverted(now) or _inverts_in_ranges(golden) or _inverts_in_ranges(now):
        return _undecided(decision)
    narrowed = _claim(eq(golden, now), cell, [invertible(x) for x in sorted(inverted, key=lambda x: x.key)])
    second = decide(narrowed)
    if second.verdict == "proved":
        return Comparison(Outcome.EQUAL, "proved equal where what both invert is invertible, and undefined elsewhere")
    return (None if second.mismatch else _difference(narrowed, second)) or _undecided(second)


def _inverted(t: Term) -> frozenset[Term]:
    """What a term inverts."""
    found = {n.arg for n in walk(t) if isinstance(n, Inv)}
    powers = {n.base for n in walk(t) if isinstance(n, Pow) and n.exponent.is_const and n.exponent.const < 0}
    return frozenset(found | powers)


def _inverts_in_ranges(t: Term) -> bool:
    """Whether something is inverted under a product or sum: where that is undefined depends on the range."""
    return any(_inverted(n) for n in walk(t) if isinstance(n, Prod | Sum))


def _difference(claim: Claim, decision: Decision) -> Comparison | None:
    """The difference that a refutation shows; none where neither side has a value there."""
    if decision.mismatch is not None:
        return Comparison(Outcome.DIFFERENT, f"the shapes do not fit: {decision.mismatch.reason}")
    if decision.instance is None:
        return None
    relation: Any = claim.conclusion
    world = World(claim, decision.instance)
    undefined = [_is_undefined(world, side) for side in (relation.lhs, relation.rhs)]
    if None in undefined or all(undefined):
        return None
    return _different("the two differ", claim, decision)


def _is_undefined(world: World, side: Term) -> bool | None:
    try:
        world.values.matrix(side)
    except Undefined:
        return True
    except (Refused, ShapeMismatch):
        return None
    return False


def _different(reason: str, claim: Claim, decision: Decision) -> Comparison:
    shown = presentation.counterexample(claim, decision)
    told = "\n  ".join(instance_lines(shown, WIDTH)) if shown else ""
    return Comparison(Outcome.DIFFERENT, f"{reason} (lhs: golden, rhs: now)\n  {told}" if told else reason)


def _undecided(decision: Decision) -> Comparison:
    tried = "; ".join(decision.attempts) or "neither a proof nor an instance was found"
    return Comparison(Outcome.UNDECIDED, f"neither equality nor a difference was shown: {tried}")


def _incomparable(error: SymrnnError) -> Comparison:
    return Comparison(Outcome.UNDECIDED, f"the two cannot stand in one claim: {error}")


__all__ = ["compare"]
