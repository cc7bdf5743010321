"""The updates of a recurrence as text, so that a counterexample says by itself what network it is a run of.

Sums, products and functions of names: ``h_before`` is the state at the step before, parameters, inputs and what was
computed earlier in the step go by their own names. Scripts translate it (``report/networks.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symrnn.claims.index import Index, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import substitute, walk
from symrnn.claims.tree import (
    Add,
    Apply,
    Const,
    Diag,
    Eye,
    Hadamard,
    MatMul,
    Ones,
    Pow,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)
from symrnn.errors import Refused


def updates(cell: Recurrence, sizes: Any, also: Iterable[str] = ()) -> list[list[str]]:
    """[name, expression] for the locals that are needed and the states, in an order in which they can be computed.

    ``also``: further locals that are wanted.     Raises Refused for what the text has no words for.
    """
    now = as_index(cell.time)
    definitions = {s.name: substitute(t, sizes) for s, t in (*cell.locals, *cell.steps)}
    done: list[str] = []

    def compute(name: str) -> None:
        if name in done:
            return
        for x in walk(definitions[name]):
            if isinstance(x, Sym) and x.index == (now,) and x.name in definitions:
                compute(x.name)
        done.append(name)

    for name in (*(s.name for s in cell.states), *also):
        compute(name)
    return [[name, _text(definitions[name], now)] for name in done]


def _text(t: Term, now: Index) -> str:
    def go(x: Term) -> str:
        return _text(x, now)

    match t:
        case Const():
            return f"({t.value})" if t.value.denominator != 1 or t.value < 0 else str(t.value)
        case Sym():
            if not t.index or t.index == (now,):
                return t.name
            if t.index == (now - 1,):
                return f"{t.name}_before"
        case Add():
            return f"({' + '.join(map(go, t.args))})"
        case Times():
            return f"({' * '.join(map(go, t.args))})"
        case MatMul():
            return f"({' @ '.join(map(go, t.args))})"
        case Hadamard():
            return f"({go(t.left)} * {go(t.right)})"
        case Pow() if t.exponent.is_const and shape_of(t.base) is None:
            return f"({go(t.base)} ** {t.exponent.const})"
        case Transpose():
            return f"transpose({go(t.arg)})"
        case Diag():
            return f"diag({go(t.arg)})"
        case Apply() if t.order in (0, 1):
            return f"{t.function}{'_prime' * t.order}({go(t.arg)})"
        case Ones() | Eye():
            size = t.rows if isinstance(t, Ones) else t.size
            if size.is_const:
                return f"{'ones' if isinstance(t, Ones) else 'eye'}({size.const})"
        case Zeros() if t.rows.is_const and t.cols.is_const:
            return f"zeros({t.rows.const}, {t.cols.const})"
    raise Refused(f"an update has no words for {t}")


def is_row(s: Sym) -> bool:
    """Whether a state or input is a row, of more than one entry for some sizes."""
    return s.shape is not None and s.shape[0] == ONE and s.shape[1] != ONE


__all__ = ["is_row", "updates"]
