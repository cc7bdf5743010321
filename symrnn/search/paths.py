"""Paths that leave a state block and come back, of every length: when the block's Jacobian is a product. Untrusted.

d a_t / d a_{t-k} = F_t d a_{t-1} / d a_{t-k} + A_t d b_{t-1} / d a_{t-k}, and what b passes on is
d b_s = H_s d a_s + O_s d b_{s-1}. So with F invertible the Jacobian is the product of the F for all t and k if and only
if A_t O_{t-1} ... O_{t-l} H_{t-l-1} = 0 for all t and l. Both directions are inductions that rewriting does not find:
their lemma is about A_t O_{t-1} ... O_{t-l} d b_s / d a_{s-k}, for all k, with s = t-l-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn.certificates import Cut, Induct, Proof, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, substitute, walk
from symrnn.claims.tree import HOLE, Add, Const, Inv, Jac, MatMul, Prod, Rel, Sym, Term, Zeros
from symrnn.errors import SymrnnError
from symrnn.records import dataclass
from symrnn.search.cuts import add
from symrnn.search.lemmas import accepted
from symrnn.semantics.derivative import one_step
from symrnn.semantics.sequents import Sequent

LAST = ("left", "left")  # Jacobians and products give up their last step
FIRST = ("right", "right")


@dataclass(frozen=True)
class Path:
    """``before`` ``tail`` leads from block ``inner`` by block ``outer`` back to ``inner``, staying ``lag`` steps.

    ``before`` ends with the product of ``stay`` over the times from t-1 down to t-lag; ``at`` is the time t-lag-1 of
    ``tail``.
    """

    before: Term
    stay: Term
    tail: Term
    lag: Var
    time: Var
    at: Index
    inner: Sym
    outer: Sym

    def jacobian(self, lag: Index) -> Jac:
        """d outer / d inner over a number of steps, up to the time of the tail."""
        return Jac(_member(self.outer, self.at), _member(self.inner, self.at - lag), "numerator")

    def own(self, lag: Index) -> Jac:
        return Jac(_member(self.inner, self.at), _member(self.inner, self.at - lag), "numerator")


def prove_by_paths(s: Sequent) -> Proof | None:
    """A block's Jacobian as a product, from paths that are cut, or the other way round."""
    goal = s.goal
    if s.cell is None or len(s.cell.states) < 2 or not isinstance(goal, Rel) or goal.op != "=":
        return None
    try:
        for proof in (*_towards_the_product(s, goal), *_towards_the_cut(s, goal)):
            if accepted(s, proof):
                return proof
    except SymrnnError:
        return None
    return None


# ---- paths -----------------------------------------------------------------------------------------------------------


def _paths(s: Sequent, t: Term, inner: Sym) -> Iterator[Path]:
    """Ways to read a term as such a path, from and to a block."""
    parts = _factors(t)
    place = next((i for i, x in enumerate(parts) if isinstance(x, Prod) and x.descending), None)
    if place is None or not 0 < place < len(parts) - 1:
        return
    run: Any = parts[place]
    lags, times = ([v for v in free_vars(x) if v.kind == kind] for x, kind in ((run.lo, "lag"), (run.hi, "time")))
    if len(lags) != 1 or len(times) != 1 or run.hi != as_index(times[0]) - 1:
        return
    at = as_index(times[0]) - as_index(lags[0]) - 1
    if run.lo != at + 1:
        return
    for outer in s.cell.states if s.cell is not None else ():
        if outer.name != inner.name:
            body = substitute(run.body, {run.var: at})
            yield Path(
                _product(parts[: place + 1]), body, _product(parts[place + 1 :]), lags[0], times[0], at, inner, outer
            )


def _factors(t: Term) -> tuple[Term, ...]:
    return tuple(f for a in t.args for f in _factors(a)) if isinstance(t, MatMul) else (t,)


def _product(parts: tuple[Term, ...]) -> Term:
    return parts[0] if len(parts) == 1 else MatMul(parts)


def _zero_side(e: Any) -> Term | None:
    """What an equation says to be 0."""
    for side, other in ((e.lhs, e.rhs), (e.rhs, e.lhs)):
        if isinstance(other, Zeros) or other == Const(Fraction(0)):
            return side  # type: ignore[no-any-return]
    return None


def _passed_on(p: Path, k: Index) -> Rel:
    """d b_s = H_s d a_s + O_s d b_{s-1}, all of them by a_{s-k-1}."""
    through = MatMul((p.tail, p.own(k + 1)))
    earlier = Jac(_member(p.outer, p.at - 1), _member(p.inner, p.at - k - 1), "numerator")
    return Rel("=", p.jacobian(k + 1), Add((through, MatMul((p.stay, earlier)))))


def _cut_path(p: Path, k: Index) -> Rel:
    t = MatMul((p.before, p.jacobian(k)))
    shape = shape_of(t)
    return Rel("=", t, Zeros(*shape)) if shape is not None else Rel("=", t, Const(Fraction(0)))


def _with(s: Sequent, lemma: Rel) -> tuple[Sequent, str]:
    """The sequent with a lemma proved, and the name of it there."""
    richer = add(s, lemma)
    return richer, list(richer.equations)[-1]


def _fresh(s: Sequent) -> Var:
    taken = {v.name for p in (s.goal, *s.hypotheses) for v in walk_vars(p)}
    return next(Var(f"k{i}", "lag", 0) for i in range(len(taken) + 1) if f"k{i}" not in taken)


def walk_vars(p: Any) -> set[Var]:
    """All variables in a proposition, those that are bound too."""
    return {v for n in walk(p) if isinstance(n, Index) for v, _ in n.terms}


# ---- the two directions ----------------------------------------------------------------------------------------------


def _towards_the_product(s: Sequent, goal: Rel) -> Iterator[Proof]:
    """Paths are cut, for all lengths |- d a_t / d a_{t-k} is a product."""
    t = goal.lhs if isinstance(goal.lhs, Jac) else goal.rhs
    if not isinstance(t, Jac) or t.of.name != t.wrt.name or t.of.role != "state" or s.cell is None:
        return
    lags = [v for v in free_vars(t) if v.kind == "lag"]
    times = [v for v in free_vars(t) if v.kind == "time"]
    if len(lags) != 1 or len(times) != 1 or not lags[0].low:
        return
    inner = next(b for b in s.cell.states if b.name == t.of.name)
    for name, equation in s.equations.items():
        side = _zero_side(equation) if name.startswith("hyp:") else None
        for p in _paths(s, side, inner) if side is not None else ():
            k = _fresh(s)
            more, i = as_index(k), as_index(Var(k.name, "lag", 0))
            passed_on, lemma = _passed_on(p, more), _cut_path(p, more + 1)
            richer, passed = _with(s, passed_on)
            _, lost = _with(richer, lemma)
            own = one_step(s.cell, _member(inner, p.at), _member(inner, p.at - 1))
            base = Words(*FIRST, (), (Use(MatMul((HOLE, own)), name, (), ()),))
            step = Words(
                *FIRST,
                (),
                (
                    Use(MatMul((p.before, HOLE)), passed, ((k, i + 1),), ()),
                    Use(MatMul((HOLE, p.own(i + 2))), name, (), ()),
                    Use(HOLE, "ih:0", ((p.lag, as_index(p.lag) + 1),), ()),
                ),
            )
            rest = _main(s, p, lags[0], times[0], (k, lost))
            yield Cut(passed_on, Words(*LAST, (), ()), Cut(lemma, Induct(k, 0, (base,), step), rest))


def _main(s: Sequent, p: Path, lag: Var, time: Var, lemma: tuple[Var, str]) -> Proof:
    """By induction on the lag: one more factor, and the path that leaves the block is cut."""
    low, i = lag.low or 0, as_index(Var(lag.name, "lag", 0))
    now, k = as_index(time), lemma[0]
    if s.cell is None:
        raise ValueError("no recurrence")
    first = one_step(s.cell, _member(p.inner, now), _member(p.inner, now - 1))
    values = tuple(sorted(((p.lag, as_index(0)), (p.time, now), (k, i + low - 1)), key=lambda item: item[0].key))
    step = Words(
        *LAST,
        (),
        (
            Use(MatMul((first, HOLE)), "ih:0", ((time, now - 1),), ()),
            Use(HOLE, lemma[1], values, ()),
        ),
    )
    return Induct(lag, low, (Words(*LAST, (), ()),), step)


def _towards_the_cut(s: Sequent, goal: Rel) -> Iterator[Proof]:
    """d a_t / d a_{t-k} is a product for all t and k |- a path is cut, whatever its length."""
    side = _zero_side(goal)
    if side is None or s.cell is None:
        return
    for name, equation in s.equations.items():
        t = next((x for x in (equation.lhs, equation.rhs) if isinstance(x, Jac)), None)
        if not name.startswith("hyp:") or t is None or t.of.name != t.wrt.name or t.of.role != "state":
            continue
        inner = next(b for b in s.cell.states if b.name == t.of.name)
        lags = [v for v in free_vars(t) if v.kind == "lag" and v in equation.free]
        times = [v for v in free_vars(t) if v.kind == "time" and v in equation.free]
        if len(lags) != 1 or len(times) != 1 or t.of.index[0] != as_index(times[0]):
            continue
        for p in _paths(s, side, inner):
            yield from _cut_shown(s, p, name, lags[0], times[0])


def _cut_shown(s: Sequent, p: Path, name: str, lag: Var, time: Var) -> Iterator[Proof]:
    if s.cell is None:
        return
    k = _fresh(s)
    more, now = as_index(k), as_index(p.time)
    low = lag.low or 0
    own = one_step(s.cell, _member(p.inner, p.at), _member(p.inner, p.at - 1))
    first = one_step(s.cell, _member(p.inner, now), _member(p.inner, now - 1))
    passed_on, lemma = _passed_on(p, more), _cut_path(p, more + 1)
    richer, passed = _with(s, passed_on)
    _, lost = _with(richer, lemma)

    def known(context: Term, at: Index, steps: Index) -> Use:
        values = ((lag, steps), (time, at)) if lag.key < time.key else ((time, at), (lag, steps))
        return Use(context, name, values, ())

    base = Words(*LAST, (), (known(HOLE, now, more + 2), known(-MatMul((first, HOLE)), now - 1, more + 1)))
    i = as_index(Var(p.lag.name, "lag", 0))
    here: dict[Any, Any] = {p.lag: i}
    before, inverse, reached = (substitute(x, here) for x in (p.before, Inv(own), p.own(more + 2)))
    step = Words(
        *FIRST,
        (),
        (
            Use(HOLE, "ih:0", ((k, more + 1),), ()),
            Use(-MatMul((HOLE, inverse, reached)), "ih:0", ((k, as_index(0)),), ()),
            Use(
                -MatMul((before, HOLE)), passed, tuple(sorted(((p.lag, i), (k, more + 1)), key=lambda v: v[0].key)), ()
            ),
        ),
    )
    rest = Words(*FIRST, (), (Use(MatMul((HOLE, Inv(own))), lost, ((k, as_index(0)),), ()),))
    if low > 1:
        return
    yield Cut(passed_on, Words(*LAST, (), ()), Cut(lemma, Induct(p.lag, 0, (base,), step), rest))


def _member(head: Sym, at: Index) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (at,), False)
