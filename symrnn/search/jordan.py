"""Powers of Jordan blocks, and of any l I + N, by the binomial theorem, proved on the way by induction. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Cut, Induct, Proof, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import walk
from symrnn.claims.tree import (
    HOLE,
    Add,
    Binomial,
    Const,
    Entry,
    Eye,
    JordanBlock,
    MatMul,
    Pow,
    Rel,
    Sum,
    Term,
    Times,
)
from symrnn.records import replace
from symrnn.search.lemmas import accepted
from symrnn.semantics.sequents import Sequent

POWER, RUNNING = Var("power", "lag", 1), Var("r", "index", None)
PEELS = ("left", "right")


def prove_by_binomials(s: Sequent) -> Proof | None:
    """An equation about a power of a Jordan block, or of l I + N, by the binomial theorem for it."""
    if not isinstance(s.goal, Rel) or s.goal.op != "=" or s.mentions(POWER):
        return None
    blocks = list(dict.fromkeys(_sums_with_identity(s.goal)))
    direct = _by_induction(s, s.goal) if blocks else None
    if direct is not None:
        return direct
    for block, value, rest in blocks:
        theorem = binomial_theorem(value, rest, block)
        shown = _by_induction(replace(s, goal=theorem), theorem)
        if shown is None:
            continue
        found = _with_theorem(s, theorem, shown, block)
        if found is not None:
            return found
    return None


def _sums_with_identity(goal: Rel) -> Iterator[tuple[Term, Term, Term]]:
    """(X, l, N) for powers of X = l I + N in a goal."""
    for t in walk(goal):
        if not isinstance(t, Pow):
            continue
        if isinstance(t.base, JordanBlock):
            yield t.base, t.base.value, JordanBlock(Const(Fraction(0)), t.base.size)
        elif isinstance(t.base, Add) and len(t.base.args) == 2:
            scaled, other = t.base.args
            if isinstance(scaled, Times) and len(scaled.args) == 2 and isinstance(scaled.args[1], Eye):
                yield t.base, scaled.args[0], other


def binomial_theorem(value: Term, rest: Term, block: Term) -> Rel:
    """X^power = sum over r of binomial(power, r) l^(power - r) N^r."""
    k, r = as_index(POWER), as_index(RUNNING)
    term = Times((Binomial(k, r), Pow(value, k - r), Pow(rest, r)))
    return Rel("=", Pow(block, k), Sum(term, RUNNING, as_index(0), k))


def _by_induction(s: Sequent, goal: Rel) -> Proof | None:
    """One step: X^(k+1) = X X^k, the sums compared over the supports of their coefficients."""
    lag = _lag(goal)
    if lag is None or not isinstance(goal.lhs, Pow) or lag.low is None or s.mentions(lag):
        return None
    base = goal.lhs.base  # the lag is its exponent
    plain = Words("left", "left", (), ())
    for context in (MatMul((base, HOLE)), MatMul((HOLE, base))):
        for left in PEELS:
            for right in PEELS:
                step = Words(left, right, (), (Use(context, "ih:0", (), ()),))
                made = Induct(lag, lag.low, (plain,), step)
                if accepted(replace(s, goal=goal), made):
                    return made
    return None


def _lag(goal: Rel) -> Var | None:
    """The lag that is the exponent of the left side."""
    exponent = goal.lhs.exponent if isinstance(goal.lhs, Pow) else None
    if exponent is None or len(exponent.terms) != 1 or exponent.const or exponent.terms[0][1] != 1:
        return None
    lag = exponent.terms[0][0]
    return lag if lag.kind == "lag" else None


def _with_theorem(s: Sequent, theorem: Rel, shown: Proof, block: Term) -> Proof | None:
    """The theorem used once in the goal, at the exponent and the entry that stand there."""
    for t in walk(s.goal):
        if isinstance(t, Pow) and t.base == block:
            values = ((POWER, t.exponent),)
            for context in _contexts(s, t):
                for sign in (1, -1):
                    use = context if sign == 1 else Times((Const(Fraction(-1)), context))
                    made = Cut(theorem, shown, Words("left", "left", (), (Use(use, "cut:0", values, ()),)))
                    if accepted(s, made):
                        return made
    return None


def _contexts(s: Sequent, power: Pow) -> Iterator[Term]:
    yield HOLE
    for e in walk(s.goal):
        if isinstance(e, Entry) and e.arg == power:
            yield Entry(HOLE, e.row, e.col)
