"""What is to be shown under which hypotheses: a goal, equations by name, facts of the context. Trusted.

Properties and inequations among the hypotheses become facts of the context; equations can be used by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from fractions import Fraction
from functools import cached_property

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import ONE, is_scalar, rows_used, shape_of
from symrnn.claims.substitution import children, free_vars, walk
from symrnn.claims.tree import (
    Const,
    ForAll,
    Implies,
    IndexRel,
    Inv,
    MatMul,
    Norm,
    Not,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Trace,
    Zeros,
)
from symrnn.errors import Refused
from symrnn.records import dataclass, replace
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.beginnings import alternatives, first_steps, within
from symrnn.semantics.context import Commuting, Context, Fact, Range
from symrnn.semantics.polynomials import Explicit
from symrnn.semantics.properties import property_as_equation
from symrnn.semantics.settling import settled

Spoken = tuple[tuple[Prop, ...], Context]  # propositions, and what is known of the order of the times in them


@dataclass(frozen=True)
class Equation:
    """lhs = rhs for all values of the ``free`` variables (of a lemma: symbols too).

    ``within``: proved by the recurrence, so only for what lies within the trajectories of a claim (``beginnings``).
    """

    lhs: Term
    rhs: Term
    free: frozenset[Var | Sym]
    within: bool = False

    @staticmethod
    def of(relation: Rel, free: frozenset[Var | Sym], within: bool = False) -> Equation:
        """From a relation; the number 0 beside a matrix is the zero matrix."""
        sides = [relation.lhs, relation.rhs]
        for i, other in ((0, relation.rhs), (1, relation.lhs)):
            shape = shape_of(other)
            if shape is not None and sides[i] == Const(Fraction(0)):
                sides[i] = Zeros(*shape)
        return Equation(sides[0], sides[1], free, within)


@dataclass(frozen=True)
class Sequent:
    """``hypotheses`` |- ``goal``. ``equations``: named, those of the hypotheses and those proved on the way.

    ``inducted``: variables an induction holds fixed. ``settled``: relations between sizes and lags that were used up.
    ``explicit``: what is known at explicit sizes, once a proof has gone there. ``spoken``: what it is
    about, so that all of its trajectories have begun by then. ``spelt``: how normal forms write slopes (``Context``).
    ``algebras``: those made so far, by all that a context depends on, for what came of one sequent.
    """

    goal: Prop
    hypotheses: tuple[Prop, ...]
    cell: Recurrence | None
    equations: Mapping[str, Equation] = field(default_factory=dict)
    inducted: tuple[Var, ...] = ()
    settled: tuple[Prop, ...] = ()
    explicit: Explicit | None = None
    spoken: Spoken = ((), Context())
    spelt: bool = False
    algebras: dict[object, Algebra] = field(default_factory=dict, compare=False, repr=False)

    def algebra(self, peel: str, plain: bool = False) -> Algebra:
        """Normal forms under the hypotheses; ``plain``: without the commuting pairs among them."""
        if peel not in ("left", "right", "first"):
            raise Refused(f"peel is left, right or first, not {peel!r}")
        found = self._own.get((peel, plain))
        if found is None:
            known = (self.cell, self.hypotheses, rows := self._rows(), self.spelt, peel, plain)
            if known not in self.algebras:
                context = context_of(self, rows, peel)
                self.algebras[known] = Algebra(replace(context, commuting=()) if plain else context)
            found = self._own[peel, plain] = self.algebras[known]
        return found

    @cached_property
    def begun(self) -> tuple[Index, ...]:
        """Steps that all trajectories have which the claim is about."""
        return first_steps(*self.spoken)

    @cached_property
    def _own(self) -> dict[tuple[str, bool], Algebra]:
        return {}

    def _rows(self) -> frozenset[tuple[Var, Index]]:
        """What the free indices run over, and those of the equations that occur nowhere else."""
        spoken = free_vars(self.goal) | self.fixed_variables()
        sides = [(side, e.free - spoken) for e in self.equations.values() for side in (e.lhs, e.rhs)]
        generic = ((v, end) for side, free in sides for v, end in rows_used(side) if v in free and (v.low or 1) <= 1)
        return frozenset(generic).union(*(rows_used(p) for p in (self.goal, *self.hypotheses)))

    @cached_property
    def ranges(self) -> Context:
        """What is known of the order of times and lags, and nothing else."""
        return Context(None, _ranges(self.hypotheses))

    def fixed_variables(self) -> frozenset[Var]:
        """Variables that are not generic: those of hypotheses, of inductions in progress and of cases."""
        cases = self.explicit.variables() if self.explicit is not None else frozenset()
        return frozenset(self.inducted).union(cases, *(free_vars(h) for h in self.hypotheses))

    def generic(self, equation: Rel, *others: Var) -> frozenset[Var | Sym]:
        """The variables over which a statement that was proved here holds in general; ``others`` are not."""
        kept = self.fixed_variables() | {*others}
        return frozenset(v for v in free_vars(equation) if v not in kept and v.kind != "size")

    def speaks_within(self, equation: Rel) -> bool:
        """Whether an equation speaks of nothing outside the trajectories of the claim."""
        return bool(self.begun) and within(equation, self.begun, self.algebra("left").context)

    def by_itself(self, goal: Rel, recurring: bool) -> Sequent:
        """The same hypotheses with a goal to be shown in general; ``recurring``: by the recurrence where it speaks."""
        if any(v.kind == "bound" for v in free_vars(goal)):
            raise Refused("a variable of normal forms occurs free")
        self._check_rows(goal, self.fixed_variables())  # of others a use says which they are
        spoken = ((goal,), self.algebra("left").context) if recurring else ((), Context())
        return replace(self, goal=goal, spoken=spoken)

    def mentions(self, var: Var) -> bool:
        return var in self.fixed_variables()

    def defined(self, t: Term) -> bool:
        """Whether a term is known to have a value."""
        try:
            self.algebra("left").poly(t)
        except Refused:
            return False
        return True

    def towards(self, goal: Prop) -> Sequent:
        """The same hypotheses with another goal, whose antecedents join them."""
        antecedents = isinstance(goal, Implies | ForAll)
        made = self._rebuilt(goal, self.hypotheses) if antecedents else replace(self, goal=goal)
        return replace(made, spoken=((*alternatives(made.goal), *made.hypotheses), made.ranges))

    def towards_member(self, goal: Prop) -> Sequent:
        """The same hypotheses with one member of the disjunction as the goal: it fails only where all have values."""
        return replace(self, goal=goal) if isinstance(goal, Rel | Pred) else self.towards(goal)

    def premise(self, goal: Prop) -> Sequent:
        """The same hypotheses with another goal, whose rows and columns all exist here."""
        self._check_rows(goal, free_vars(goal))
        return replace(self, goal=goal)

    def _check_rows(self, goal: Prop, indices: frozenset[Var]) -> None:
        """An index runs over what a sequent speaks of; a goal that spoke of fewer rows is shown for these only."""
        context = self.algebra("left").context
        if not all(context.has_row(as_index(v), end) for v, end in rows_used(goal) if v in indices):
            raise Refused("a premise about rows or columns that there may not be")

    def with_fact(self, fact: Prop) -> Sequent:
        """The same goal with one more hypothesis, proved here, that speaks of nothing before the trajectories."""
        if any(isinstance(n, IndexRel | ForAll) for n in walk(fact)):
            raise Refused("a fact on the way is about terms")
        if not within(fact, self.begun, self.algebra("left").context):
            raise Refused("a fact on the way speaks of what lies before the trajectories of the claim")
        return self._rebuilt(self.goal, (*self.hypotheses, fact))

    def about_any_trajectory(self, goal: Prop, hypotheses: tuple[Prop, ...]) -> Sequent:
        """A goal of its own under some of the hypotheses; nothing else that is known here is kept."""
        if self.explicit is not None or self.inducted:
            raise Refused("all trajectories inside an induction or at explicit sizes")
        return sequent_of(Claim(goal, hypotheses, self.cell))

    def with_hypothesis(self, which: int, member: Prop) -> Sequent:
        """The same goal with one hypothesis replaced by another."""
        return self._rebuilt(self.goal, (*self.hypotheses[:which], member, *self.hypotheses[which + 1 :]))

    def _rebuilt(self, goal: Prop, hypotheses: tuple[Prop, ...]) -> Sequent:
        made = sequent_of(Claim(goal, hypotheses, self.cell))
        extra = {n: e for n, e in self.equations.items() if not n.startswith("hyp:")}
        if made.settled and extra:
            raise Refused("a size equation inside an induction is not supported")
        if self.explicit is not None and made.hypotheses != self.hypotheses:
            raise Refused("hypotheses must be taken up before explicit entries")
        kept = replace(made, inducted=self.inducted, explicit=self.explicit, spoken=self.spoken, spelt=self.spelt)
        equations, settled = {**made.equations, **extra}, self.settled + made.settled
        return replace(kept, equations=equations, settled=settled, algebras=self.algebras)

    def at_explicit_sizes(self) -> Explicit:
        """What the hypotheses say of explicit entries."""
        return self.explicit if self.explicit is not None else Explicit.of(self.hypotheses, self.cell)


def sequent_of(claim: Claim) -> Sequent:
    """The sequent of a claim; cached on the claim."""
    store = claim.__dict__
    if "_sequent" not in store:
        whole, relations = settled(claim)
        goal, hypotheses = whole.conclusion, whole.hypotheses
        spoken = ((*alternatives(goal), *hypotheses), Context(None, _ranges(hypotheses)))
        store["_sequent"] = Sequent(goal, hypotheses, whole.cell, equations_of(hypotheses), (), relations, None, spoken)
    return store["_sequent"]  # type: ignore[no-any-return]


# ---- equations and facts ----


def equations_of(hypotheses: tuple[Prop, ...]) -> dict[str, Equation]:
    """The equations among the hypotheses, by position, those that properties of compound terms stand for included."""
    found: dict[str, Equation] = {}
    for i, h in enumerate(hypotheses):
        free, body = _strip(h)
        if isinstance(body, Rel) and body.op == "=":
            found[f"hyp:{i}"] = Equation.of(body, free)
        elif isinstance(body, Pred):
            sides = property_as_equation(body)
            if sides is not None:
                found[f"hyp:{i}"] = Equation.of(Rel("=", *sides), free)
    return found


def _strip(h: Prop) -> tuple[frozenset[Var | Sym], Prop]:
    """Leading integer quantifiers of a hypothesis, and its body."""
    free: frozenset[Var | Sym] = frozenset()
    while isinstance(h, ForAll) and isinstance(h.var, Var):
        free, h = free | {h.var}, h.body
    return free, h


def context_of(s: Sequent, rows: frozenset[tuple[Var, Index]], peel: str) -> Context:
    """Ranges, facts, commuting pairs and invertible terms that the hypotheses of a sequent record."""
    plain = Context(s.cell, _ranges(s.hypotheses), (), (), frozenset(), peel, rows, s.spelt)
    known = replace(plain, facts=tuple(_facts(s.hypotheses, plain)))
    inverted = replace(known, invertible=frozenset(_invertible_keys(s.hypotheses, known)))
    dividing = tuple(h for h in s.hypotheses if isinstance(h, Rel) and next(_inverted(h), None) is not None)
    facts = tuple(dict.fromkeys((*known.facts, *_facts(dividing, inverted))))
    inverted = replace(inverted, facts=facts)
    richer = replace(inverted, commuting=tuple(_commuting(s.hypotheses, inverted)))
    again = _invertible_keys(s.hypotheses, richer) if richer.commuting else inverted.invertible
    return replace(richer, invertible=frozenset(again))


def _ranges(hypotheses: tuple[Prop, ...]) -> tuple[tuple[Var, Range], ...]:
    """Bounds of variables by variables, from ``a <= b`` between them; a variable is bounded once, by earlier ones."""
    out: dict[Var, Range] = {}
    for h in hypotheses:
        if not isinstance(h, IndexRel) or h.op == "=":
            continue
        slack = 1 if h.op == "<" else 0
        for side, bound, upper in ((h.lhs, h.rhs - slack, True), (h.rhs, h.lhs + slack, False)):
            v = side.terms[0][0] if len(side.terms) == 1 and side.terms[0][1] == 1 and not side.const else None
            used = free_vars(bound)
            if v is None or v in out or v in used or any(w in out for w in used):
                continue
            if any(v in free_vars(end) for lo, hi in out.values() for end in (lo, hi) if end is not None):
                continue
            low = None if v.low is None else as_index(v.low)
            if upper:
                out[v] = (low, bound)
            elif v.low is None or Context().at_least(bound, v.low):
                out[v] = (bound, None)
            else:
                continue
            break
    return tuple(out.items())


def _facts(hypotheses: tuple[Prop, ...], context: Context) -> Iterator[Fact]:
    for h in hypotheses:
        free, body = _strip(h)
        variables = frozenset(v for v in free if isinstance(v, Var))
        for name, term in _properties_in(body):
            letter = _letter(context, term, variables, body)
            if letter is not None:
                yield Fact(letter, variables, name)


def _properties_in(body: Prop) -> Iterator[tuple[str, Term]]:
    if isinstance(body, Pred) and body.var is not None:
        return  # of a limit
    if isinstance(body, Pred):
        yield body.name, body.arg
    if isinstance(body, Not) and isinstance(body.arg, Rel) and body.arg.op == "=":
        yield from _gaps(body.arg)
    if isinstance(body, Rel) and body.op == "<":
        yield from _gaps(body)
    if isinstance(body, Rel) and body.op != "=" and shape_of(body.rhs) is None and _at_least_zero(body.lhs):
        yield "nonnegative", body.rhs
    if isinstance(body, Rel) and body.op != "=" and isinstance(body.lhs, Zeros):
        yield "nonnegative", body.rhs
    if isinstance(body, Rel | Pred):  # true, so all its terms are defined
        for x in _inverted(body):
            yield "invertible", x


def _gaps(p: Rel) -> Iterator[tuple[str, Term]]:
    """The difference of two numbers that are not equal, both ways round."""
    if not all(is_scalar(shape_of(x)) for x in (p.lhs, p.rhs)):
        return
    for x, other in ((p.lhs, p.rhs), (p.rhs, p.lhs)):
        gap = x if other == Const(Fraction(0)) else x - other
        yield "invertible", gap
        if shape_of(gap) is not None:
            yield "invertible", Trace(gap)  # the same number


def _at_least_zero(t: Term) -> bool:
    return isinstance(t, Norm | SpectralRadius) or (isinstance(t, Const) and t.value >= 0)


def _inverted(n: Node) -> Iterator[Term]:
    """What is inverted in ``n``, outside products and sums (whose ranges may be empty)."""
    if isinstance(n, Inv):
        yield n.arg
    if isinstance(n, Pow) and n.exponent.is_const and n.exponent.const < 0:
        yield n.base
    if not isinstance(n, Prod | Sum):
        for child in children(n):
            yield from _inverted(child)


def _letter(context: Context, t: Term, free: frozenset[Var], body: Node) -> Term | None:
    """The canonical letter that a term of a hypothesis is, if it is one that has all rows its free indices run over."""
    rows = frozenset((v, end) for v, end in rows_used(body) if v in free)
    others = frozenset((v, end) for v, end in context.rows if v not in free)
    try:
        p = Algebra(replace(context, rows=rows | others)).poly(t)
    except Refused:
        return None
    if len(p) != 1:
        return None
    ((scalars, binders, word), c), *_ = p.items()
    if binders or c != 1:
        return None
    if shape_of(t) is None:
        alone = len(scalars) == 1 and not word and scalars[0][1] in (ONE, -ONE)  # 1 / c has the sign of c
        letter = scalars[0][0] if alone else None
    else:
        letter = word[0] if len(word) == 1 and not scalars else None
    return letter if letter is not None and rows <= rows_used(letter) else None


def _commuting(hypotheses: tuple[Prop, ...], context: Context) -> Iterator[Commuting]:
    for e in equations_of(hypotheses).values():
        if isinstance(e.lhs, MatMul) and isinstance(e.rhs, MatMul) and e.lhs.args == e.rhs.args[::-1]:
            free = frozenset(v for v in e.free if isinstance(v, Var))
            sides = [_letter(context, a, free, e.lhs) for a in e.lhs.args]
            a, b = sides if len(sides) == 2 else (None, None)
            if a is not None and b is not None:
                yield Commuting(a, b, free)


def _invertible_keys(hypotheses: tuple[Prop, ...], context: Context) -> Iterator[str]:
    """Keys of the normal forms of compound terms recorded as invertible; inner ones first."""
    known: frozenset[str] = frozenset()
    closed = (body for free, body in map(_strip, hypotheses) if not free)
    found = [x for body in closed for n, x in _properties_in(body) if n == "invertible"]
    for x in sorted(found, key=lambda t: len(t.key)):
        algebra = Algebra(context.knowing(known))
        try:
            key = algebra.term(x).key
        except Refused:
            continue
        known = known | {key}
        yield key
