"""The searches whose answers the pipeline puts before the kernel, each asked by way of the memory.

With nothing remembered they are those of ``prove``, ``refute`` and ``nullsets`` themselves. An answer is a certificate
or part of one, or that none was found; whoever asks lets the kernel check it, and says so if the kernel refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from symrnn import kernel
from symrnn.certificates import Null, Proof
from symrnn.claims.index import Var
from symrnn.claims.recurrence import Claim
from symrnn.errors import Refused, SymrnnError, Undefined
from symrnn.search import nullsets
from symrnn.search import refute as refuting
from symrnn.search.memory import Stale, answered, refused
from symrnn.search.proofs import proof_of
from symrnn.search.refute import Tally
from symrnn.semantics.instances import Instance, World

Kind = TypeVar("Kind", Proof, Instance, Null)


def prove(claim: Claim) -> Proof | None:
    """A proof of a claim, or None; whether it is one is for the kernel to say."""
    found, _ = answered("proof", lambda: (proof_of(claim), ()))
    return _of_kind(Proof, found)


def holds(claim: Claim) -> bool:
    """Whether a proof is found that the kernel accepts, the hypotheses being satisfiable or not."""
    proof = prove(claim)
    if proof is None:
        return False
    try:
        kernel.entails(claim, proof)
    except SymrnnError as error:
        refused(str(error))
        return False
    return True


def refute(
    claim: Claim, tally: Tally, proved: tuple[tuple[Var, int], ...] = (), known: Instance | None = None
) -> Instance | None:
    """``refute.refute``: an instance that meets the hypotheses and violates the conclusion, or None."""
    return _counted("violation", tally, lambda: refuting.refute(claim, tally, proved, known))


def glimpse(claim: Claim) -> Instance | None:
    """``refute.glimpse``: one of very few instances that meets the hypotheses and violates the conclusion, or None."""
    return _counted("glimpse", Tally(), lambda: refuting.glimpse(claim))


def witness(claim: Claim, tally: Tally) -> Instance | None:
    """``refute.witness``: an instance that meets the hypotheses, or None."""
    return _counted("witness", tally, lambda: refuting.witness(claim, tally))


def met(claim: Claim, tally: Tally) -> Instance | None:
    """The same, for one that is not made part of a certificate: evaluated once more, as no kernel will."""
    found = witness(claim, tally)
    try:
        if found is None or World(claim, found).hypotheses_hold():
            return found
        refused("the witness does not meet the hypotheses")
    except (Refused, Undefined) as error:
        refused(str(error))
    return None


def find_null(claim: Claim, point: Instance) -> Null | None:
    """``nullsets.find_null``: evidence that a claim fails on a null set only, or None."""
    found, _ = answered("null set", lambda: (nullsets.find_null(claim, point), ()))
    return _of_kind(Null, found)


def _counted(question: str, tally: Tally, search: Callable[[], Instance | None]) -> Instance | None:
    """With the counts of what was tried, which are a part of the answer."""
    found, told = answered(question, lambda: (search(), (tally.candidates, tally.met, tally.silent, tally.why)))
    *counts, why = told or ("",)
    if len(counts) != 3 or not all(type(c) is int for c in counts) or not (isinstance(why, str) and why.isprintable()):
        raise Stale("what was tried is no three counts and a reason")
    tally.candidates, tally.met, tally.silent, tally.why = told
    return _of_kind(Instance, found)


def _of_kind(kind: type[Kind], found: object) -> Kind | None:
    if found is None or isinstance(found, kind):
        return found
    raise Stale(f"{type(found).__name__} is no {kind.__name__}")


__all__ = ["find_null", "glimpse", "holds", "met", "prove", "refute", "witness"]
