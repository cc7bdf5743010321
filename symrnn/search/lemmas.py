"""Lemmas of the table at instances: goals they give, and facts they add to the hypotheses. Untrusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn import kernel
from symrnn.analysis import same
from symrnn.certificates import Cite, Defining, Fact, Given, Proof, Turn, Use, Words
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import contains, fields, free_vars, substitute, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Abs,
    Const,
    Discriminant,
    Jac,
    Norm,
    Not,
    Or,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    SpectralRadius,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
)
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.semantics.context import base
from symrnn.semantics.monomials import exponent
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import lemma_instance

Prover = Callable[[Sequent], Proof | None]
Values = dict[Any, Any]
RADIUS = SpectralRadius(HOLE)
DEEPEST = 3  # lemmas that serve lemmas


def prove_by_lemma(s: Sequent, prove: Prover, depth: int = 0) -> Proof | None:
    """The goal is a hypothesis, or an instance of a lemma whose hypotheses can be shown."""
    for i, h in enumerate(s.hypotheses):
        if _may_say(h, s.goal) and accepted(s, Given(i)):
            return Given(i)
    if depth >= DEEPEST or not isinstance(s.goal, Not | Pred | Rel | Or):
        return None
    for name, lemma in LEMMAS.items():
        for values in instances(s, lemma.claim, s.goal) if _may_say(lemma.claim.conclusion, s.goal) else ():
            found = _cited(s, name, values, prove, depth)
            if found is not None:
                return found
    return None


def _may_say(h: Prop, goal: Prop) -> bool:
    """Whether a hypothesis, or what a lemma says, is of the same kind as a goal, so that it may be the same."""
    if isinstance(h, Rel) and isinstance(goal, Rel):
        return h.op == goal.op
    if isinstance(h, Pred) and isinstance(goal, Pred):
        return h.name == goal.name
    return type(h) is type(goal)


def _cited(s: Sequent, name: str, values: Values, prove: Prover, depth: int) -> Cite | None:
    binding = tuple(sorted(values.items(), key=lambda item: str(item[0].key)))
    try:
        if not same(s, lemma_instance(f"lemma:{name}", binding), s.goal):
            return None
    except SymrnnError:
        return None
    proofs = discharged(s, LEMMAS[name].claim, values, prove, depth)
    if proofs is None:
        return None
    made = Cite(name, binding, proofs)
    return made if accepted(s, made) else None


def discharged(s: Sequent, lemma: Claim, values: Values, prove: Prover, depth: int) -> tuple[Proof, ...] | None:
    """Proofs of the hypotheses of a lemma at an instance."""
    proofs = []
    if any(_is_of_norm_zero(h) for h in lemma.hypotheses) and not any(
        contains(h, Norm, Abs, Trace) for h in s.hypotheses
    ):
        return None
    for h in lemma.hypotheses:
        sub = replace(s, goal=_instance(h, values))
        proof = _known_limit(sub) if isinstance(h, Pred) and h.var is not None else prove(sub)
        if proof is None:
            return None
        proofs.append(proof)
    return tuple(proofs)


def _is_of_norm_zero(h: Prop) -> bool:
    """Whether it says that a norm is 0: nothing does that but what speaks of magnitudes."""
    return isinstance(h, Rel) and h.op == "=" and isinstance(h.lhs, Norm) and h.rhs == Const(Fraction(0))


def _known_limit(s: Sequent) -> Proof | None:
    """A limit that is given: what shows one otherwise are inequalities, and it is to serve an inequality here."""
    limits = [i for i, h in enumerate(s.hypotheses) if isinstance(h, Pred) and h.var is not None]
    for i in limits:
        if accepted(s, Given(i)):
            return Given(i)
        if accepted(s, Turn(Given(i))):
            return Turn(Given(i))
    return None


def _instance(p: Prop, values: Values) -> Prop:
    sizes = {v: x for v, x in values.items() if isinstance(v, Var)}
    there = {substitute(v, sizes): x for v, x in values.items() if isinstance(v, Sym)}
    return substitute(substitute(p, sizes), there)  # type: ignore[no-any-return]


def instances(s: Sequent, lemma: Claim, goal: Prop) -> Iterator[Values]:
    """Values of a lemma's sizes and symbols at which its conclusion may be the goal."""
    for found in unify(s, lemma.conclusion, goal, {}):
        yield from _completed(s, lemma, found)


def _completed(s: Sequent, lemma: Claim, found: Values) -> Iterator[Values]:
    """Values of what only the lemma's hypotheses speak of, read off hypotheses here."""
    parts = (lemma.conclusion, *lemma.hypotheses)
    needed = frozenset().union(*(free_vars(p) | symbols(p) for p in parts))
    if needed <= set(found):
        yield found
        return
    for h in lemma.hypotheses:
        if (free_vars(h) | symbols(h)) <= set(found):
            continue
        for given in s.hypotheses:
            for more in unify(s, h, given, found):
                if len(more) > len(found):
                    yield from _completed(s, lemma, more)


def unify(s: Sequent, pattern: Any, subject: Any, found: Values) -> Iterator[Values]:
    """Values that make a pattern of a lemma look like a subject; whether they do is checked afterwards."""
    if isinstance(pattern, Sym) and pattern.role == "free" and isinstance(subject, Term):
        if pattern in found:
            yield from [found] if found[pattern] == subject else []
            return
        sized = _sizes(pattern, subject, found)
        if sized is not None:
            yield {**sized, pattern: subject}
        return
    if isinstance(pattern, Pred) and isinstance(subject, Pred) and pattern.var is not None and subject.var is not None:
        if pattern.name == subject.name:
            arg: Any = substitute(pattern.arg, {pattern.var: as_index(subject.var)})
            yield from _limit_argument(s, arg, subject.arg, subject.var, found)
        return
    if isinstance(pattern, Transpose) and isinstance(subject, Term) and not isinstance(subject, Transpose):
        yield from unify(s, pattern.arg, Transpose(subject), found)  # (X^T)^T is X
    if type(pattern) is not type(subject):
        return
    if isinstance(pattern, Index) and [(v.kind, c) for v, c in pattern.terms] == [("size", 1)] and not pattern.const:
        ((size, _),) = pattern.terms
        yield from [{**found, size: subject}] if found.get(size, subject) == subject else []
    elif isinstance(pattern, Rel) and pattern.op == "=" == subject.op:
        sides = (pattern.lhs, subject.rhs), (pattern.rhs, subject.lhs), (pattern.lhs, subject.lhs)
        for x, y in sides:
            yield from unify(s, x, y, found)
    else:
        yield from _matched(s, pattern, subject, found)


def _matched(s: Sequent, pattern: Any, subject: Any, found: Values) -> Iterator[Values]:
    """Values that unify the parts of two nodes of one type, in order."""
    yield from _in_order(s, tuple(fields(pattern)), tuple(fields(subject)), found)


def _in_order(s: Sequent, pattern: tuple[Any, ...], subject: tuple[Any, ...], found: Values) -> Iterator[Values]:
    if len(pattern) != len(subject):
        return
    partial = [found]
    for x, y in zip(pattern, subject, strict=True):
        if isinstance(x, tuple) and isinstance(y, tuple):
            partial = [q for p in partial for q in _in_order(s, x, y, p)]
        elif hasattr(x, "key") and not isinstance(x, Var) and hasattr(y, "key"):
            partial = [q for p in partial for q in unify(s, x, y, p)]
        elif not hasattr(x, "key") and x != y:
            return
    yield from partial


def _limit_argument(s: Sequent, pattern: Any, subject: Any, lag: Var, found: Values) -> Iterator[Values]:
    """A^k against the expression of a limit: the A with A^k the same in normal form."""
    yield from unify(s, pattern, subject, found)
    if isinstance(pattern, Pow) and isinstance(pattern.base, Sym) and pattern.exponent == as_index(lag):
        root = power_root(s, subject, lag)
        sized = _sizes(pattern.base, root, found) if root is not None else None
        if root is not None and sized is not None and pattern.base not in found:
            yield {**sized, pattern.base: root}


def power_root(s: Sequent, t: Term, lag: Var) -> Term | None:
    """A with t = A^lag, if the normal form of t is such a power: c^lag s^lag X^lag."""
    if isinstance(t, Pow) and t.exponent == as_index(lag):
        return t.base
    try:
        p = s.algebra("left").poly(t)
    except SymrnnError:
        return None
    if len(p) != 1:
        return None
    (((scalars, binders, word), c),) = p.items()
    if binders or c != 1 or len(word) != 1 or isinstance(base(word[0]), Prod):
        return None
    factors = [_root(a, e, lag) for a, e in (*scalars, (base(word[0]), exponent(word[0])))]
    known = [f for f in factors if f is not None]
    if len(known) < len(factors):
        return None
    return known[0] if len(known) == 1 else Times(tuple(known))


def _root(a: Term, e: Index, lag: Var) -> Term | None:
    """A with a^e = A^lag."""
    rate = dict(e.terms).get(lag, 0)
    if e != as_index(lag) * rate or rate == 0:
        return None
    if rate < 0:
        return Pow(Const(1 / a.value), as_index(-rate)) if isinstance(a, Const) else None
    return a if rate == 1 else Pow(a, as_index(rate))


def _sizes(pattern: Sym, subject: Term, found: Values) -> Values | None:
    """The sizes of a symbol's shape as those of the term that stands for it."""
    try:
        shape = shape_of(subject)
    except SymrnnError:
        return None
    wanted = pattern.shape or ()
    if len(wanted) != len(shape or ()):
        return None
    out = dict(found)
    for d, actual in zip(wanted, shape or (), strict=True):
        if d.is_const:
            if d != actual:
                return None
            continue
        (v,) = free_vars(d)
        if out.setdefault(v, actual) != actual:
            return None
    return out


# ---- facts ----


def facts(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Cite]]:
    """What lemmas say of the hypotheses that are properties and limits, and of discriminants."""
    for h in s.hypotheses:
        if not isinstance(h, Pred) and not contains(h, Discriminant):
            continue
        for name, lemma in LEMMAS.items():
            if len(lemma.claim.hypotheses) != 1 or isinstance(h, Pred) and h.name == "invertible":
                continue  # of inverses the normal forms know
            for values in unify(s, lemma.claim.hypotheses[0], h, {}) if _may_say(lemma.claim.hypotheses[0], h) else ():
                needed = free_vars(lemma.claim.conclusion) | symbols(lemma.claim.conclusion)
                if not needed <= set(values):
                    continue
                conclusion = _instance(lemma.claim.conclusion, values)
                sub = replace(s, goal=conclusion)
                cited = _cited(sub, name, values, prove, DEEPEST - 1)
                if cited is not None and conclusion not in s.hypotheses:
                    yield conclusion, cited


def radii(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """rho(X) = rho(Y) for equations X = Y between square matrices, where hypotheses speak of radii."""
    spoken = (n for h in (s.goal, *s.hypotheses) for n in walk(h))
    if not any(isinstance(n, SpectralRadius) or (isinstance(n, Pred) and n.var is not None) for n in spoken):
        return
    for name, equation in s.equations.items():
        shape = shape_of(equation.lhs)
        if not equation.free and shape is not None and shape[0] == shape[1] and shape == shape_of(equation.rhs):
            prop = Rel("=", SpectralRadius(equation.lhs), SpectralRadius(equation.rhs))
            if accepted(replace(s, goal=prop), proof := Words("left", "left", (), (Use(RADIUS, name, (), ()),))):
                yield prop, proof


def norms(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """||W|| = ||X|| for hypotheses that define a matrix, W = X, where the claim is about norms or limits of it."""
    said = [n for p in (s.goal, *s.hypotheses) for n in walk(p)]
    kinds = sorted({n.kind for n in said if isinstance(n, Norm)} | {"2" for n in said if isinstance(n, Pred) and n.var})
    for name, equation in sorted(s.equations.items()):
        lhs, rhs = equation.lhs, equation.rhs
        if equation.free or shape_of(lhs) is None or not (isinstance(lhs, Sym) or isinstance(rhs, Sym)):
            continue
        for kind in kinds:
            use = Use(Norm(HOLE, kind), name, (), ())
            inner = replace(s, goal=Rel("=", Norm(lhs, kind), Norm(rhs, kind)))
            if accepted(inner, proof := Words("left", "left", (), (use,))):
                yield inner.goal, proof


def properties(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """What equations say of a matrix: X^T X = I, X^T = X, X^T = -X, X^T X = X X^T."""
    for name, e in sorted(s.equations.items()):
        turned = {t.arg for side in (e.lhs, e.rhs) for t in walk(side) if isinstance(t, Transpose)}
        for x in sorted((x for x in turned if isinstance(x, Sym) and not e.free), key=lambda x: x.key):
            for kind in ("orthogonal", "symmetric", "skew", "normal"):
                prop = Pred(kind, x, "", None)
                use = Words("left", "left", (), (Use(HOLE, name, (), ()),))
                proofs = (Defining(side, use) for side in ((False, True) if kind == "orthogonal" else (False,)))
                shown = next((p for p in proofs if accepted(replace(s, goal=prop), p)), None)
                if shown is not None and prop not in s.hypotheses:
                    yield prop, shown
                    break


def written_out(s: Sequent, prove: Prover) -> Iterator[tuple[Prop, Proof]]:
    """That products are invertible, where hypotheses say it of Jacobians of one step."""
    for i, h in enumerate(s.hypotheses):
        if isinstance(h, Pred) and h.name == "invertible" and isinstance(h.arg, Jac):
            try:
                prop = replace(h, arg=s.algebra("left").term(h.arg))
            except SymrnnError:
                continue
            if accepted(replace(s, goal=prop), Given(i)):
                yield prop, Given(i)


Finder = Callable[[Sequent, Prover], Iterator[tuple[Prop, Proof]]]


def with_facts(
    s: Sequent, prove: Prover, finders: tuple[Finder, ...] = (radii, norms, facts)
) -> tuple[Sequent, Callable[[Proof], Proof]]:
    """The sequent with facts, from lemmas if nothing else, among its hypotheses, and how a proof there is one here."""
    taken: list[tuple[Prop, Proof]] = []
    for more in finders:
        for prop, proof in list(more(s, prove)):
            try:
                s = s.with_fact(prop)
            except SymrnnError:
                continue
            taken.append((prop, proof))
    return s, in_facts(taken)


def in_facts(taken: list[tuple[Prop, Proof]]) -> Callable[[Proof], Proof]:
    """How a proof from facts that were taken up, in order, is one without them."""

    def wrap(proof: Proof) -> Proof:
        for prop, shown in reversed(taken):
            proof = Fact(prop, shown, proof)
        return proof

    return wrap


def accepted(s: Sequent, proof: Proof) -> bool:
    """Whether the kernel takes a proof of the goal."""
    try:
        kernel.proves(s, proof)
    except SymrnnError:
        return False
    return True
