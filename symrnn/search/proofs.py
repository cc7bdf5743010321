"""Proofs found while one step is decided, which serve its other questions. Untrusted.

A claim is asked about more than once, and its variants for other activations ask again what was asked for the first:
a proof that was found for one activation is tried for the next before another is looked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from symrnn import kernel
from symrnn.certificates import Proof
from symrnn.claims.activations import FACTS
from symrnn.claims.recurrence import Claim, activations_of, with_activation
from symrnn.errors import SymrnnError
from symrnn.search.prove import prove
from symrnn.semantics.sequents import sequent_of

ANY = "any activation"  # no name that a script could give
Found = dict[Claim, dict[str, Proof | None]]  # by the claim for any activation, then by the activation
_FOUND: ContextVar[Found | None] = ContextVar("found", default=None)


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """What is found inside serves all questions asked inside."""
    token = _FOUND.set({})
    try:
        yield
    finally:
        _FOUND.reset(token)


def proof_of(claim: Claim) -> Proof | None:
    """A proof of a claim, or None: found before, carried over from another activation, or looked for."""
    found = _FOUND.get()
    if found is None:
        return prove(claim)
    used = activations_of(claim)
    name = used[0] if len(used) == 1 and used[0] in FACTS else ""
    general = with_activation(claim, name, ANY) if name else claim
    known = found.setdefault(general, {})  # type: ignore[arg-type]
    if name not in known:
        known[name] = _carried(claim, name, known) or prove(claim)
    return known[name]


def _carried(claim: Claim, name: str, known: dict[str, Proof | None]) -> Proof | None:
    """A proof for another activation as one for this; a constant slope has simpler proofs of its own."""
    if name and FACTS[name].low == FACTS[name].high:
        return None
    for other, proof in known.items():
        moved = with_activation(proof, other, name) if proof is not None else None
        try:
            if isinstance(moved, Proof):
                kernel.proves(sequent_of(claim), moved)
                return moved
        except SymrnnError:
            continue
    return None
