"""The table of cited statements: facts that are used, not derived, each with a reference and a test that attacks it.

A lemma's symbols stand for any terms of the stated shapes, its sizes for any sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

from symrnn.claims.build import det, eq, eye, inv, invertible, matrix
from symrnn.claims.index import size
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import Prop


@dataclass(frozen=True)
class Lemma:
    """A cited statement; ``claim`` has no cell."""

    name: str
    claim: Claim
    reference: str


def _lemma(name: str, conclusion: Prop, reference: str, *hypotheses: Prop) -> Lemma:
    return Lemma(name, Claim(conclusion, hypotheses, None), reference)


_n = size("n")
_A, _B = matrix("A", _n), matrix("B", _n)

LEMMAS: dict[str, Lemma] = {
    lemma.name: lemma
    for lemma in (
        _lemma(
            "determinant of a product",
            eq(det(_A @ _B), det(_A) * det(_B)),
            "Horn and Johnson, Matrix Analysis, 2nd ed., section 0.3.5",
        ),
        _lemma(
            "determinant of a transpose",
            eq(det(_A.T), det(_A)),
            "Horn and Johnson, Matrix Analysis, 2nd ed., section 0.3.1",
        ),
        _lemma(
            "determinant of an inverse",
            eq(det(inv(_A)), det(_A) ** -1),
            "Horn and Johnson, Matrix Analysis, 2nd ed., section 0.3.5",
            invertible(_A),
        ),
        _lemma(
            "a left inverse is a right inverse",
            eq(_B @ _A, eye(_n)),
            "Horn and Johnson, Matrix Analysis, 2nd ed., section 0.5",
            eq(_A @ _B, eye(_n)),
        ),
        _lemma(
            "an inverse is a left inverse",
            eq(inv(_A) @ _A, eye(_n)),
            "the definition of the inverse",
            invertible(_A),
        ),
        _lemma(
            "an inverse is a right inverse",
            eq(_A @ inv(_A), eye(_n)),
            "the definition of the inverse",
            invertible(_A),
        ),
    )
}
