"""Lemmas that verdicts rest on, with what they say and where it is proved."""

from __future__ import annotations

from symrnn.claims.latex import latex
from symrnn.lemmas import LEMMAS
from symrnn.records import dataclass
from symrnn.report.tex.escape import tex
from symrnn.report.tex.formulas import flow


@dataclass(frozen=True)
class Cited:
    """A lemma as LaTeX; ``statement`` and ``reference`` are empty for one that this version does not know."""

    name: str
    statement: str
    reference: str


def cited(name: str) -> Cited:
    """The lemma of that name."""
    lemma = LEMMAS.get(name)
    if lemma is None:
        return Cited(tex(name), "", "")
    return Cited(tex(name), flow(latex(lemma.claim)), tex(lemma.reference))


__all__ = ["Cited", "cited"]
