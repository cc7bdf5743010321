"""Networks without input and bias that stay where they are: weights made for a state. Untrusted, deterministic.

W p = a for the pre-activation a of the state p: W = a q^T / (q p) for any row q with q p not 0. With q orthogonal to a
this W is nilpotent, whatever the Jacobian diag(s'(a)) W does. The entries are rational multiples of one logarithm if
those of a are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product

from symrnn.errors import Refused
from symrnn.semantics.instances import Rows
from symrnn.semantics.numbers import Num, activate, as_num, log_of, preimage, ratio

State = tuple[Fraction, ...]
HIGHEST = 6  # logits are up to this many times log 2
ROWS: dict[int, tuple[tuple[int, ...], ...]] = {1: ((1,),), 2: ((1, 0), (0, 1), (1, 1), (1, -1), (2, -1))}


def held_by_nothing(function: str, n: int) -> Iterator[tuple[Rows, State]]:
    """(W, p) with s(W p) = p, small logits first; the nilpotent W of a state before others, diagonal ones last."""
    if function not in ("sigmoid", "tanh") or n not in ROWS:
        return
    for p in _states(function, n):
        yield from _weights(function, p)
    at_rest = (activate(function, as_num(0))[0].rational,) * n
    for p in (at_rest, *_states(function, n)):
        if all(p) or p == at_rest:
            yield _diagonal(function, p), p


@cache
def _states(function: str, n: int) -> list[State]:
    states = [p for p in product(_values(function), repeat=n) if any(preimage(function, x).logs for x in p)]
    return sorted(states, key=lambda p: (sum(x.denominator for x in p), p))


def _values(function: str) -> list[Fraction]:
    """Values of the activation at whole multiples of (half of) log 2."""
    out = []
    for a in range(-HIGHEST, HIGHEST + 1):
        r = Fraction(2) ** a
        out.append(r / (1 + r) if function == "sigmoid" else (r - 1) / (r + 1))
    return out


def _weights(function: str, p: State) -> Iterator[tuple[Rows, State]]:
    pre = [preimage(function, x) for x in p]
    unit = log_of(Fraction(2))
    parts = [_part(a, unit) for a in pre]
    across: list[State] = [(parts[1], -parts[0])] if len(p) == 2 else []
    rows: list[State] = [tuple(map(Fraction, q)) for q in ROWS[len(p)]]
    for q in (*across, *rows):
        inner = sum((x * y for x, y in zip(q, p, strict=True)), Fraction(0))
        if inner:
            yield tuple(tuple(a * (x / inner) for x in q) for a in pre), p


def _diagonal(function: str, p: State) -> Rows:
    ratios = [preimage(function, x) * (1 / x) if x else as_num(0) for x in p]
    return tuple(tuple(ratios[i] if i == j else as_num(0) for j in range(len(p))) for i in range(len(p)))


def _part(a: Num, unit: Num) -> Fraction:
    found = ratio(a, unit)
    if found is None:
        raise Refused(f"{a} is no multiple of {unit}")
    return found
