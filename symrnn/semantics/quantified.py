"""For all trajectories, and for all derivatives D that the activation realises, at fixed parameters. Trusted.

Both are decided by tests that are sufficient one way or the other; where none applies: Refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from symrnn.claims.activations import FACTS, Facts
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import (
    Apply,
    Diag,
    ForAll,
    Jac,
    MatMul,
    Norm,
    Pred,
    Prop,
    Rel,
    SpectralRadius,
    Sym,
    Term,
)
from symrnn.errors import Refused
from symrnn.records import dataclass
from symrnn.semantics import spectra
from symrnn.semantics.derivative import one_step
from symrnn.semantics.magnitudes import Scaled, factored
from symrnn.semantics.numbers import as_num, enclosure, rational_of, sign_of
from symrnn.semantics.spectra import Q
from symrnn.semantics.values import Matrix, Values, multiply

MOST_VERTICES = 6  # rows of a diagonal matrix all of whose extreme values are tried
Holds = Callable[[Prop], bool]


# ---- trajectories ----


def on_all_trajectories(body: Prop, cell: Recurrence | None, values: Values) -> bool | None:
    """True if ``body`` is a limit of k-step Jacobians that every trajectory meets; None where that is not seen.

    |J_k| <= (gamma |W|)^k entrywise, gamma the largest derivative of the activation, and ||J_k|| <= (gamma ||W||)^k:
    it is enough that gamma |W| has powers that vanish (are bounded), or that gamma ||W||_2 is below (at most) 1.
    """
    if not isinstance(body, Pred) or body.name not in ("vanishes", "bounded") or cell is None:
        return None
    found = _gain(body, cell, values)
    if found is None:
        return None
    gamma, m = found
    factor = Fraction(1) if m.plain else enclosure(m.factor if sign_of(m.factor) > 0 else -m.factor, 64)[1]
    largest = gamma * factor
    does = spectra.behaviour([[largest * abs(x) for x in row] for row in m.rational])
    norm = spectra.against("2", m.rational, 1 / largest) if largest else -1
    vanishing = does == "vanishes" or norm < 0
    return True if vanishing or (body.name == "bounded" and (does == "bounded" or norm == 0)) else None


def _gain(p: Pred, cell: Recurrence, values: Values) -> tuple[Fraction, Scaled] | None:
    """(gamma, W) where each one-step Jacobian is D W, D diagonal, 0 <= D <= gamma, and J_k is what is asked about."""
    t, (head, *others) = p.arg, cell.states
    if not isinstance(t, Jac) or p.var is None or others or set(cell.exogenous) != {s.name for s in cell.inputs}:
        return None
    span = t.of.index[0] - t.wrt.index[0]
    if {t.of.name, t.wrt.name} != {head.name} or not (span - as_index(p.var)).is_const:
        return None
    now = as_index(cell.time)
    later, earlier = (Sym(head.name, head.shape, "state", head.props, (i,), False) for i in (now, now - 1))
    step = one_step(cell, later, earlier)
    if not isinstance(step, MatMul):
        return None
    slope, *weights = step.args
    facts = _slope(slope, cell)
    if facts is None or any(s.role != "free" or s.index for w in weights for s in symbols(w)):
        return None
    return facts.high, factored(values.matrix(weights[0] if len(weights) == 1 else MatMul(tuple(weights))))


def _slope(t: Term, cell: Recurrence) -> Facts | None:
    """What is known of the diagonal of a derivative; None if the term is none, or of unknown or negative sign."""
    if isinstance(t, Sym) and t.role == "local":
        definition = cell.definition(t.name, t.index[0])
        return None if definition is None else _slope(definition, cell)
    if isinstance(t, Diag) and isinstance(t.arg, Apply) and t.arg.order == 1:
        facts = FACTS.get(t.arg.function)
        return facts if facts is not None and facts.low >= 0 else None
    return None


# ---- derivatives ----


@dataclass(frozen=True)
class Box:
    """The values of a diagonal matrix: each entry anywhere from ``facts.low`` to ``facts.high``, or at the two ends."""

    facts: Facts
    size: int

    @property
    def finite(self) -> bool:
        return not self.facts.open_box

    def ends(self) -> list[Fraction]:
        return sorted({self.facts.low, self.facts.high})

    def vertices(self) -> Iterator[tuple[Fraction, ...]]:
        """All corners of the closed box."""
        if self.size > MOST_VERTICES:
            raise Refused(f"a quantified diagonal matrix of size {self.size} is too large")
        return product(self.ends(), repeat=self.size)

    def members(self) -> Iterator[tuple[Fraction, ...]]:
        """Some values that are realised, all of them if they are finitely many."""
        if self.finite:
            return self.vertices()
        low, high = self.facts.low, self.facts.high
        near = [low + (high - low) * x for x in (Fraction(1, 1000), Fraction(1, 2), Fraction(999, 1000))]
        at = [low] * self.facts.low_attained + [high] * self.facts.high_attained
        return product([*at, *near], repeat=min(self.size, MOST_VERTICES))


def for_all_derivatives(p: ForAll, cell: Recurrence, values: Values, holds_at: Callable[[Matrix], bool]) -> bool:
    """Whether the body holds for every diagonal matrix that the family takes; ``holds_at`` decides it at one."""
    box = _box(p.var, cell, values)
    if box.size > MOST_VERTICES:
        raise Refused(f"a quantified diagonal matrix of size {box.size} is too large")
    if not box.finite and _everywhere(p, box, values):
        return True
    if not all(holds_at(values.diagonal(list(d))) for d in box.members()):
        return False
    if box.finite:
        return True
    raise Refused(f"for all {p.var.name}: no violation was found, and no test shows that there is none")


def _box(var: Any, cell: Recurrence, values: Values) -> Box:
    definition = next((d for s, d in cell.locals if s.name == getattr(var, "name", "")), None)
    if definition is None:
        raise Refused(f"for all {var}: only the derivatives of an activation are decided at an instance")
    facts = _slope(definition, cell)
    if facts is None:
        raise Refused(f"for all {var}: {definition} is no derivative of a known activation")
    return Box(facts, values.integer(var.shape[0]))


def _everywhere(p: ForAll, box: Box, values: Values) -> bool:
    """Whether a bound on rho(A D B) or ||A D B|| that holds at the corners of the box holds in all of it.

    A norm of a matrix that is linear in D is convex in D. For two rows, rho(D C) <= c says that c^2 - det and
    c^2 + det +- c tr are not negative, and each of these is linear in every entry of D. Otherwise |D C| <= high |C|.
    """
    body: Prop = p.body
    if not isinstance(body, Rel) or body.op not in ("<", "<=") or not isinstance(body.lhs, SpectralRadius | Norm):
        return False
    outer = _around(body.lhs.arg, p.var.name, values)
    if outer is None or p.var.name in {s.name for s in symbols(body.rhs)}:
        return False
    (a, b), c, strict = outer, rational_of(values.scalar(body.rhs)), body.op == "<"
    if isinstance(body.lhs, Norm):
        return all(_norm_below(_with(a, d, b), body.lhs.kind, c, strict) for d in box.vertices())
    inner = values.rationals(multiply(b, a))
    if len(inner) <= 2:
        return c > 0 and all(_jury(inner, d, c, strict) for d in box.vertices())
    bound = [[box.facts.high * abs(x) for x in row] for row in inner]
    side = spectra.radius_against(bound, c)
    return side < 0 or (side == 0 and not strict)


def _around(t: Term, name: str, values: Values) -> tuple[Matrix, Matrix] | None:
    """(A, B) of a product A D B, with one D."""
    factors = t.args if isinstance(t, MatMul) else (t,)
    places = [i for i, f in enumerate(factors) if name in {s.name for s in symbols(f)}]
    if len(places) != 1 or not isinstance(factors[places[0]], Sym):
        return None
    at = places[0]
    shape = factors[at].shape  # type: ignore[attr-defined]
    one = values.eye(values.integer(shape[0]))
    sides = []
    for part in (factors[:at], factors[at + 1 :]):
        out = one
        for f in part:
            out = multiply(out, values.matrix(f))
        sides.append(out)
    return sides[0], sides[1]


def _with(a: Matrix, d: tuple[Fraction, ...], b: Matrix) -> Q:
    middle = tuple(tuple(x * c for x, c in zip(row, d, strict=True)) for row in a)
    return [[rational_of(as_num(x)) for x in row] for row in multiply(middle, b)]


def _norm_below(m: Q, kind: str, c: Fraction, strict: bool) -> bool:
    if kind in ("1", "inf"):
        rows = spectra.transposed(m) if kind == "1" else m
        size = max(sum((abs(x) for x in row), Fraction(0)) for row in rows)
        return size < c or (size == c and not strict)
    if c < 0:
        return False
    side = spectra.against(kind, m, c)
    return side < 0 or (side == 0 and not strict)


def _jury(inner: Q, d: tuple[Fraction, ...], c: Fraction, strict: bool) -> bool:
    """rho(diag(d) inner) < c (<= c) for one or two rows, as conditions that are linear in each entry of d."""
    trace = sum((x * row[i] for i, (x, row) in enumerate(zip(d, inner, strict=True))), Fraction(0))
    if len(inner) == 1:
        conditions = [c - trace, c + trace]
    else:
        det = d[0] * d[1] * (inner[0][0] * inner[1][1] - inner[0][1] * inner[1][0])
        conditions = [c * c - det, c * c + det - c * trace, c * c + det + c * trace]
    return all(x > 0 for x in conditions) if strict else all(x >= 0 for x in conditions)


def one_member(p: ForAll) -> Sym:
    """The one member of the quantified family that the body speaks of."""
    found = {n for n in walk(p.body) if isinstance(n, Sym) and n.name == getattr(p.var, "name", "")}
    if len(found) != 1:
        raise Refused(f"for all {p.var}: several members of it at once")
    (member,) = found
    moving = any(s.role != "free" and s.name != p.var.name for s in symbols(p.body))
    nested = moving or any(isinstance(n, ForAll | Jac) for n in walk(p.body))
    if not isinstance(member, Sym) or not member.index or nested:
        raise Refused(f"for all {p.var}: not decided at an instance")
    return member


__all__ = ["for_all_derivatives", "on_all_trajectories", "one_member"]
