"""Whether a refuted claim about derivatives by parameters is right in the other layout. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.claims.index import Index, Node, Var
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.substitution import rebuild, walk
from symrnn.claims.text import text
from symrnn.claims.tree import Immediate, Jac, Sym, Total
from symrnn.errors import SymrnnError
from symrnn.records import replace
from symrnn.search.prove import prove

OTHER = {"numerator": "denominator", "denominator": "numerator"}


def wrong_layout(claim: Claim) -> str:
    """A clause for the reason of a refuted claim: in which layout it holds; "" if in none."""
    for layout, changed in _candidates(claim):
        derived: Any = next(t for t in _by_parameters(claim) if OTHER[layout] == t.layout)
        if _holds(changed):
            words = "the shape" if layout == "denominator" else "the transposed shape"
            return f"; wrong layout: it holds with {text(derived)} in {layout} layout, {words} of {derived.wrt.name}"
    return ""


def _candidates(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """The derivatives by parameters in the other layout; then with the Jacobians in it, too."""
    for given, layout in OTHER.items():
        if any(t.layout == given for t in _by_parameters(claim)):
            for jacobians in (False, True):
                yield layout, replace(claim, conclusion=_flipped(claim.conclusion, given, jacobians))


def _by_parameters(claim: Claim) -> list[Any]:
    return [t for t in walk(claim.conclusion) if _is_by_parameter(t)]


def _is_by_parameter(t: Any) -> bool:
    return isinstance(t, Total | Immediate) and t.wrt.role == "free"


def _flipped(n: Any, given: str, jacobians: bool) -> Any:
    if isinstance(n, Index | Var | Sym) or not isinstance(n, Node):
        return n
    if isinstance(n, Total | Immediate | Jac) and n.layout == given and (jacobians or _is_by_parameter(n)):
        return replace(n, layout=OTHER[given])
    return rebuild(n, lambda c: _flipped(c, given, jacobians))


def _holds(claim: Claim) -> bool:
    try:
        for p in (claim.conclusion, *claim.hypotheses):
            check_shapes(p)
        return prove(claim) is not None
    except SymrnnError:
        return False
