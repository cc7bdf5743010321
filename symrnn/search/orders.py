"""Inequalities between scalars, by replacing what is too large by what is known to bound it. Untrusted.

The gap rhs - lhs is a normal form. A monomial in it that may be negative is got rid of by adding a known inequality
times what is left of the monomial; hypotheses first, then what is known of norms, radii and activations.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, cached_property
from itertools import permutations
from typing import Any

from symrnn.certificates import Absurd, Antisymmetry, BySign, Order, Proof
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import is_scalar, shape_of
from symrnn.claims.substitution import contains, free_vars, symbols, walk
from symrnn.claims.tree import (
    Abs,
    Add,
    And,
    Apply,
    Const,
    Det,
    Entry,
    ForAll,
    Jac,
    MatMul,
    Norm,
    Not,
    Pow,
    Pred,
    Prod,
    Rel,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Trace,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.lemmas import Prover, Values, accepted, discharged, unify
from symrnn.search.matching import match_term
from symrnn.search.parts import factored, in_factors, one_part
from symrnn.semantics.functions import monomial_never_negative, monomial_positive, never_negative
from symrnn.semantics.inequalities import AtMost, known
from symrnn.semantics.monomials import Mono, Poly, minus
from symrnn.semantics.sequents import Sequent

DEEPEST = 7  # uses in one proof
WIDEST = 80  # gaps looked at
MOST_NORMS = 4
LARGEST = 24  # monomials of a gap
FOR_STRICT = ("norm of what is not 0",)
SQUARE = "lemma:square of a magnitude"
(SCALAR,) = symbols(LEMMAS[SQUARE[6:]].claim)
ONE = as_index(1)
ZERO, UNIT_TERM = Const(Fraction(0)), Const(Fraction(1))


def prove_order(s: Sequent, prove: Prover, widest: int = WIDEST) -> Proof | None:
    """An ``Order`` certificate for lhs <= rhs or lhs < rhs between scalars, or None."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<=") or not _numbers(goal):
        return None
    try:
        algebra = s.algebra("left")
        gap = minus(algebra.poly(_number(goal.rhs)), algebra.poly(_number(goal.lhs)))
    except SymrnnError:
        return None
    return None if _zero_by_chance(s, gap) else _Search(s, prove, widest).close(gap)


def _zero_by_chance(s: Sequent, gap: Poly) -> bool:
    """Whether a gap is a sum of -||X||, -|x| and the like, of letters of which nothing is said: no bound makes it 0."""
    letters = frozenset[Sym]()
    for (scalars, binders, word), c in gap.items():
        if c > 0 or binders or word or not monomial_never_negative(s.algebra("left").context, scalars):
            return False
        if not all(isinstance(x, Norm | Abs | Trace) for x, _ in scalars):
            return False
        letters |= frozenset().union(*(symbols(x) for x, _ in scalars))
    said = frozenset[Sym]().union(*map(symbols, s.hypotheses))
    return bool(gap) and letters.isdisjoint(said) and all(x.props in ((), ("diagonal",)) for x in letters)


def _numbers(p: Rel) -> bool:
    return is_scalar(shape_of(p.lhs)) and is_scalar(shape_of(p.rhs))


def _number(t: Term) -> Term:
    return t if shape_of(t) is None else Trace(t)


def prove_by_sign(s: Sequent, prove: Prover) -> Proof | None:
    """|x| <= r for a difference x of norms, which is itself or its negative."""
    goal = s.goal
    size = goal.lhs if isinstance(goal, Rel) and goal.op in ("<", "<=") else None
    if not isinstance(size, Abs) or not contains(size, Norm) or shape_of(size) is not None:
        return None
    proofs = []
    for x in (size.arg, -size.arg):
        inner = s.with_fact(And((Rel("<=", Const(Fraction(0)), x), Rel("=", size, x))))
        proof = prove_order(inner, prove)
        if proof is None:
            return None
        proofs.append(proof)
    made = BySign(size.arg, proofs[0], proofs[1])
    return made if accepted(s, made) else None


def prove_by_contradiction(s: Sequent, prove: Prover) -> Proof | None:
    """The contrary of an inequality would refute a hypothesis about a limit."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op not in ("<", "<="):
        return None
    contrary = Rel("<=" if goal.op == "<" else "<", goal.rhs, goal.lhs)
    radii = contains(contrary, SpectralRadius)  # without them nothing is known to grow
    for i, h in enumerate(s.hypotheses):
        if not isinstance(h, Pred) or h.var is None or (h.name != "explodes" and not radii):
            continue
        try:
            inner = replace(s, goal=Not(h)).with_fact(contrary)
        except SymrnnError:
            continue
        proof = prove(inner)
        made = Absurd(i, proof) if proof is not None else None
        if made is not None and accepted(s, made):
            return made
    return None


def prove_by_antisymmetry(s: Sequent, prove: Prover) -> Proof | None:
    """An equation between scalars with norms or spectral radii, as two inequalities."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or shape_of(goal.lhs) or shape_of(goal.rhs):
        return None
    if not contains(goal, Norm, SpectralRadius, Abs):
        return None
    proofs = []
    for l, r in ((goal.lhs, goal.rhs), (goal.rhs, goal.lhs)):
        proof = prove(replace(s, goal=Rel("<=", l, r)))
        if proof is None:
            return None
        proofs.append(proof)
    made = Antisymmetry(*proofs)
    return made if accepted(s, made) else None


class _Search:
    """Breadth first, so that a proof with the fewest uses is found, and cheap inequalities come before lemmas."""

    def __init__(self, s: Sequent, prove: Prover, widest: int) -> None:
        self.s, self.prove, self.widest = s, prove, widest
        self.algebra = s.algebra("left")
        self.found: dict[Term, list[AtMost]] = {}
        self.differences: dict[AtMost, Poly | None] = {}

    def close(self, gap: Poly) -> Proof | None:
        """Uses that leave nothing that may be negative."""
        level: list[tuple[Poly, tuple[AtMost, ...]]] = [(gap, ())]
        seen, count = {(_frozen(gap), False)}, 0
        for _ in range(DEEPEST + 1):
            further: list[tuple[Poly, tuple[AtMost, ...]]] = []
            for here, uses in level:
                bad = sorted((m for m in here if not self._fine(m, here[m])), key=lambda m: (here[m] > 0, str(m)))
                if not bad and accepted(self.s, Order(uses)):
                    return Order(uses)
                for use in self._next(here, bad):
                    rest = self._after(here, use)
                    if rest is None or len(rest) > LARGEST:
                        continue
                    key = (_frozen(rest), self.strictly and any(self._is_strict(u) for u in (*uses, use)))
                    if key in seen:
                        continue
                    seen.add(key)
                    further.append((rest, (*uses, use)))
                    count += 1
                    if count > self.widest:
                        return self._last(further)
            level = further
        return None

    def _last(self, level: list[tuple[Poly, tuple[AtMost, ...]]]) -> Proof | None:
        done = (Order(u) for gap, u in level if all(self._fine(m, c) for m, c in gap.items()))
        return next((o for o in done if accepted(self.s, o)), None)

    def _next(self, gap: Poly, bad: list[Mono]) -> Iterator[AtMost]:
        """What may take away the first monomial that may be negative; where there is none, strictness is sought."""
        for mono in bad[:1] or sorted(gap, key=str):
            yield from self._uses(mono, gap[mono] if bad else -abs(gap[mono]))
            if not bad:
                yield from self._uses(mono, abs(gap[mono]))

    def _fine(self, m: Mono, c: Fraction) -> bool:
        return c > 0 and not m[2] and monomial_never_negative(self.algebra.context, m[0])

    def _after(self, gap: Poly, use: AtMost) -> Poly | None:
        try:
            if use.exponent == ONE:
                less = self._difference(replace(use, factor=UNIT_TERM))
            else:
                l, r, _ = known(self.s, use)
                if not all(self._fine(m, c) for m, c in self.algebra.poly(l).items()):
                    return None  # a power need not respect it
                less = minus(self.algebra.poly(Pow(l, use.exponent)), self.algebra.poly(Pow(r, use.exponent)))
            if less is None:
                return None
            return minus(gap, self.algebra.times(self.algebra.poly(use.factor), {m: -c for m, c in less.items()}))
        except SymrnnError:
            return None

    def _difference(self, bare: AtMost) -> Poly | None:
        """l - r of a known inequality l <= r: what may be added to the gap. None if it is none here."""
        if bare not in self.differences:
            try:
                l, r, _ = known(self.s, bare)
                self.differences[bare] = minus(self.algebra.poly(l), self.algebra.poly(r))
            except SymrnnError:
                self.differences[bare] = None
        return self.differences[bare]

    def _uses(self, mono: Mono, c: Fraction) -> Iterator[AtMost]:
        """Known inequalities whose larger coefficient stands at a monomial, multiplied so that it goes."""
        scalars, binders, word = mono
        if binders or word:
            return
        for atom, e in scalars if c < 0 else ():
            if isinstance(atom, Const) and atom.value > 1 and self.algebra.context.at_least(-e, 0):  # 2^-k <= 1
                rest = _scaled(_product({a: x for a, x in scalars if a != atom}), abs(c))
                yield AtMost("below 1", Const(1 / atom.value), (), (), rest, -e)
                if not e.is_const and self.algebra.context.at_least(-e, 1):  # 2^-k <= 1/2
                    yield AtMost("below 1", Const(1 / atom.value), (), (), _scaled(rest, 1 / atom.value), -e - 1)
        for bare in self._known(mono):
            difference = self._difference(bare)
            for lead, d in sorted((difference or {}).items(), key=lambda item: str(item[0])):
                if lead[1] or lead[2] or (d > 0) != (c < 0):
                    continue
                for exponent, factor in _quotients(mono, lead):
                    scale = abs(c) / d if exponent == ONE and d > 0 else abs(c / d)
                    yield AtMost(
                        bare.source,
                        bare.term,
                        bare.values,
                        bare.discharge,
                        _scaled(factor, scale if exponent == ONE else abs(c)),
                        exponent,
                        bare.turned,
                    )

    def _known(self, mono: Mono) -> Iterator[AtMost]:
        """Inequalities that have to do with a monomial, before they are multiplied."""
        yield from self._hypotheses(mono)
        for atom, e in mono[0]:
            if isinstance(atom, SpectralRadius) and e != ONE:  # rho(X)^e = rho(X^e)
                yield from self._lemmas(SpectralRadius(Pow(atom.arg, e)))
            yield from self._about(atom)
            if isinstance(atom, Sym | Trace | Det | Abs) and e == as_index(2):
                x = atom.arg if isinstance(atom, Abs) else atom
                yield from (_bare(SQUARE, UNIT_TERM, ((SCALAR, x),), turned=turned) for turned in (False, True))

        yield from self.pairs

    @cached_property
    def strictly(self) -> bool:
        return isinstance(self.s.goal, Rel) and self.s.goal.op == "<"

    def _is_strict(self, use: AtMost) -> bool:
        """Whether an inequality is strict, and stays so times its factor."""
        try:
            if not known(self.s, use)[2]:
                return False
            return any(monomial_positive(self.algebra.context, m) for m in self.algebra.poly(use.factor))
        except SymrnnError:
            return False

    @cached_property
    def of_other_kinds(self) -> bool:
        """Whether the goal speaks of 1-norms or maximum norms."""
        return any(isinstance(x, Norm) and x.kind in ("1", "inf") for x in walk(self.s.goal))

    @cached_property
    def pairs(self) -> tuple[AtMost, ...]:
        """||X Y|| <= ||X|| ||Y|| and ||X +- Y|| <= ||X|| + ||Y|| for the norms that the goal speaks of."""
        said = dict.fromkeys(x for x in walk(self.s.goal) if isinstance(x, Norm))
        out = [_bare("norm", x) for x in said if contains(x.arg, Add)]  # as it was written
        given = any(isinstance(h, ForAll) and contains(h, Norm) for h in self.s.hypotheses)
        for source in ("assumed norm", "norm") if given else ("norm",):
            out += [_bare(source, x) for x in said if isinstance(x.arg, Jac)]
        if any(isinstance(x.arg, Add) for x in said):
            out += [_bare("parts", x) for x in said if isinstance(x.arg, Jac)]
        runs = dict.fromkeys(x for h in self.s.hypotheses for x in walk(h) if isinstance(x, Norm))
        out += [_bare("parts", x) for x in runs if isinstance(x.arg, Prod)]
        out += [_bare("parts", t) for x in (*said, *(n for n in runs if n not in said)) for t in one_part(x)]
        for x, y in permutations(said, 2) if len(said) <= MOST_NORMS else ():
            shapes = shape_of(x.arg), shape_of(y.arg)
            if None in shapes or x.kind != y.kind:
                continue
            both: list[Term] = [x.arg + y.arg, x.arg - y.arg] if shapes[0] == shapes[1] else []
            both += [MatMul((x.arg, y.arg))] if (shapes[0] or (ONE,))[-1] == (shapes[1] or (ONE,))[0] else []
            out += [_bare("parts", Norm(z, x.kind)) for z in both]
        return tuple(out)

    def _hypotheses(self, mono: Mono) -> Iterator[AtMost]:
        for i, h in enumerate(self.s.hypotheses):
            free: set[Var] = set()
            body: Any = h
            while isinstance(body, ForAll) and isinstance(body.var, Var):
                free.add(body.var)
                body = body.body
            if isinstance(body, Not):
                body = body.arg
            if not isinstance(body, Rel) or not _numbers(body):
                continue
            for values in self._bindings(body, frozenset(free), mono):
                for turned in (False, True) if body.op == "=" else (False,):
                    yield _bare(f"hyp:{i}", UNIT_TERM, tuple(values.items()), turned=turned)

    def _bindings(self, body: Rel, free: frozenset[Var], mono: Mono) -> Iterator[Values]:
        if not free:
            yield {}
            return
        for side in (body.lhs, body.rhs):
            for atom, _ in mono[0]:
                values: Values = {}
                if match_term(side, atom, free, values) and set(values) == set(free):
                    yield values

    def _about(self, atom: Term) -> Iterator[AtMost]:
        """What needs no hypothesis, and lemmas."""
        if isinstance(atom, Norm | Abs) and contains(atom.arg, Apply):
            yield _bare("difference of values", atom)
        if isinstance(atom, Norm):
            yield from (_bare("parts", replace(atom, arg=t)) for t in factored(atom.arg))
            yield _bare("assumed norm", atom)
            yield _bare("norm", atom)
            if atom.kind == "fro" or isinstance(atom.arg, Prod | Sum):
                yield from (_bare(source, in_factors(atom)) for source in ("parts, first", "parts, last", "parts"))
        if isinstance(atom, Abs):
            yield _bare("norm", atom)
            if self.of_other_kinds and contains(atom, Trace):
                yield from (_bare(f"norm, {kind}", atom) for kind in ("1", "inf"))
            yield _bare("magnitude", atom.arg)
            yield _bare("negated magnitude", atom.arg)
            if isinstance(atom.arg, Entry):
                yield from (_bare(f"entry below the {kind}-norm", atom.arg) for kind in ("2", "1", "inf"))
        if isinstance(atom, Apply):
            yield from (_bare(source, atom) for source in ("below", "above", "slope", "slope, turned"))
            if atom.order == 0:
                yield _bare("square", atom - Fraction(1, 2))
                yield _bare("square", atom)
        if isinstance(atom, Det):
            yield _bare("norm", Abs(atom))
        if isinstance(atom, Sym | Trace | Det):
            yield _bare("magnitude", atom)
            yield _bare("negated magnitude", atom)
        if isinstance(atom, Norm | SpectralRadius | Abs | Trace | Det):
            yield from self._lemmas(atom)
        if isinstance(atom, Trace | Det) and never_negative(self.algebra.context, atom):
            yield from self._lemmas(Abs(atom))  # the same number

    def _lemmas(self, atom: Term) -> Iterator[AtMost]:
        if atom not in self.found:
            self.found[atom] = list(self._searched(atom))
        yield from self.found[atom]

    def _searched(self, atom: Term) -> Iterator[AtMost]:
        for name, claim, pattern, equation in _patterns().get(type(atom), ()):
            if name in FOR_STRICT and not self.strictly:
                continue
            for turned in _rotations(atom):
                for values in unify(self.s, pattern, turned, {}):
                    yield from self._instance(name, claim, values, equation)

    def _instance(self, name: str, lemma: Claim, values: Values, equation: bool) -> Iterator[AtMost]:
        parts = (lemma.conclusion, *lemma.hypotheses)
        needed: set[Any] = set().union(*(free_vars(p) | symbols(p) for p in parts))
        for full in self._filled(lemma, values, needed):
            proofs = discharged(self.s, lemma, full, self.prove, 1)
            if proofs is None:
                continue
            binding = tuple(sorted(full.items(), key=lambda item: str(item[0].key)))
            for turned in (False, True) if equation else (False,):
                yield _bare(f"lemma:{name}", UNIT_TERM, binding, proofs, turned)

    def _filled(self, lemma: Claim, values: Values, needed: set[Any]) -> Iterator[Values]:
        if needed <= set(values):
            yield values
            return
        for h in lemma.hypotheses:
            for given in self.s.hypotheses:
                for more in unify(self.s, h, given, values):
                    if needed <= set(more):
                        yield more


@cache
def _patterns() -> dict[type[Term], tuple[tuple[str, Claim, Term, bool], ...]]:
    """The atoms to be found in lemmas between scalars, by their type: lemma, statement, atom, equation or not."""
    out: dict[type[Term], tuple[tuple[str, Claim, Term, bool], ...]] = {}
    for name, lemma in LEMMAS.items():
        conclusion = lemma.claim.conclusion
        if name == SQUARE[6:] or not isinstance(conclusion, Rel):  # the one is of use for squares alone
            continue
        if shape_of(conclusion.lhs) or shape_of(conclusion.rhs):
            continue
        both, equation = conclusion.op == "=" or name in FOR_STRICT, conclusion.op == "="
        for side in (conclusion.lhs, conclusion.rhs) if both else (conclusion.lhs,):
            for pattern in _atoms(side):
                out[type(pattern)] = (*out.get(type(pattern), ()), (name, lemma.claim, pattern, equation))
    return out


def _frozen(p: Poly) -> tuple[tuple[str, Fraction], ...]:
    return tuple(sorted((str(m), c) for m, c in p.items()))


def _rotations(atom: Term) -> Iterator[Term]:
    """tr(X Y) = tr(Y X), rho(X Y) = rho(Y X) and |x| = |-x|: the ways to write an atom."""
    yield atom
    if isinstance(atom, Abs) and shape_of(atom.arg) is None:
        yield Abs(-atom.arg)
    if isinstance(atom, SpectralRadius | Trace) and isinstance(atom.arg, MatMul):
        factors = atom.arg.args
        for i in range(1, len(factors)):
            yield replace(atom, arg=MatMul((*factors[i:], *factors[:i])))


def _atoms(side: Term) -> Iterator[Term]:
    if isinstance(side, Norm | SpectralRadius | Abs | Trace):
        yield side
    elif isinstance(side, Pow):
        yield from _atoms(side.base)
    elif isinstance(side, Times):
        for x in side.args:
            yield from _atoms(x)


def _quotients(mono: Mono, lead: Mono) -> Iterator[tuple[Index, Term]]:
    """(e, rest) with mono = lead^e rest, e as large as possible where it is symbolic."""
    exponents = dict(mono[0])
    if not lead[0]:
        yield ONE, _product(exponents)
        return
    if lead == mono:
        yield ONE, UNIT_TERM
        return
    powers: list[Index] = []
    for atom, e in lead[0]:
        there = exponents.get(atom)
        if there is None or not e.is_const or e.const < 1 or any(c % e.const for _, c in there.terms):
            return
        powers.append(Index(tuple((v, c // e.const) for v, c in there.terms), there.const // e.const))
    best = powers[0] if all(p == powers[0] for p in powers) else min(powers, key=lambda p: (len(p.terms), p.const))
    for power in dict.fromkeys((best, ONE) if best.terms or best.const > 0 else (ONE,)):
        left = dict(exponents)
        for atom, e in lead[0]:
            left[atom] = left[atom] - power * e.const
        if all(x.terms or x.const >= 0 for x in left.values()):
            yield power, _product(left)


def _product(exponents: dict[Term, Index]) -> Term:
    factors = [a if e == ONE else Pow(a, e) for a, e in exponents.items() if e != as_index(0)]
    return UNIT_TERM if not factors else factors[0] if len(factors) == 1 else Times(tuple(factors))


def _scaled(t: Term, c: Fraction) -> Term:
    return t if c == 1 else Const(c) if t == UNIT_TERM else Times((Const(c), t))


def _bare(source: str, term: Term, values: Any = (), discharge: tuple[Proof, ...] = (), turned: bool = False) -> AtMost:
    return AtMost(source, term, values, discharge, UNIT_TERM, ONE, turned)
