"""A certificate told as a proof: rule by rule, what is to be shown at each point and what shows it.

The sequent is led through the rules as the kernel does it (``kernel.py``), so that the reader sees the goal of every
base, step and case. This is an account and decides nothing: where it cannot follow, it says the rule and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn import certificates as cert
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import And, Const, Entry, Iff, Implies, Pred, Prod, Prop, Rel, Sym, Term, Times
from symrnn.errors import SymrnnError
from symrnn.records import dataclass, replace
from symrnn.report.tex import analysis
from symrnn.report.tex.escape import tex
from symrnn.report.tex.formulas import flow
from symrnn.report.tex.readable import readable
from symrnn.semantics.monomials import minus
from symrnn.semantics.sequents import Equation, Sequent, sequent_of
from symrnn.semantics.uses import as_equation, definition_of, filled, lookup

LONGEST_INLINE = 160  # characters of a formula inside a sentence
DEEPEST = 7  # further levels are not indented more
LONGEST_SAID = 130  # characters of what is said of a formula beside it
MOST_CASES = 16  # lines of them
MOST_TERMS = 6  # of a sum that the kernel wrote out
REDUCED = r"Entry by entry, the difference of the two sides reduces to 0 by what is known.\quad$\square$"


@dataclass(frozen=True)
class Line:
    """One line of an account: LaTeX ``text``, then ``formulas``, then what is said of them; ``level`` of nesting."""

    level: int
    text: str
    formulas: tuple[str, ...] = ()
    said: str = ""


Lines = Iterator[Line]


def account(claim: Claim, certificate: Node) -> tuple[Line, ...]:
    """The lines that tell the proof in a certificate of PROVED or CONDITIONAL; none for others."""
    return tuple(_joined(_account(claim, certificate)))


def _joined(lines: Lines) -> Lines:
    """A line without formulas goes on where the one before it ended, if both are short."""
    before: Line | None = None
    for line in lines:
        short = not line.formulas and len(line.text) <= LONGEST_SAID and not line.text.startswith(r"\symrnnlabel")
        if before is not None and short and before.level == line.level and before.formulas and not before.said:
            before = replace(before, said=line.text)
            continue
        if before is not None:
            yield before
        before = line
    if before is not None:
        yield before


def _account(claim: Claim, certificate: Node) -> Lines:
    if isinstance(certificate, cert.Proved):
        yield from _proved(claim, certificate.proof, certificate.witness)
    if isinstance(certificate, cert.Null):
        narrowed = Claim(claim.conclusion, (*claim.hypotheses, certificate.condition), claim.cell)
        yield Line(
            0,
            "It fails at the instance shown with the step, and is proved under the condition that",
            (_show(certificate.condition),),
        )
        yield from _proved(narrowed, certificate.proof, certificate.witness)
        yield Line(
            0,
            "The condition excludes a null set only: what must not be 0 is a polynomial, and at no size the zero "
            f"polynomial, since it does not vanish{_where(certificate)}.",
        )


def _where(c: cert.Null) -> str:
    """The point at which the polynomial of a null set is not 0."""
    places = [f"${_named(name)} = {_coefficient(value)}I$" for name, value in c.scalars if name != c.ramp]
    places += [rf"${_named(c.ramp)} = \operatorname{{diag}}(1, \dots, n)$"] if c.ramp else []
    return f" where {', '.join(places)}" if places else ""


def _named(name: str) -> str:
    return latex(Sym(name, None, "free", (), (), False))


def _coefficient(value: Any) -> str:
    return "" if value == 1 else latex(Const(value)) + r"\,"


def _proved(claim: Claim, proof: Node, witness: Any) -> Lines:
    sequent = _try(sequent_of, claim)
    if sequent is None:
        yield from _told(0, None, proof)
        return
    if sequent.hypotheses:
        yield Line(0, "Assume", tuple(map(_show, sequent.hypotheses)))
    if sequent.settled:
        yield Line(0, "The sizes and lags are such that", tuple(map(_show, sequent.settled)))
    yield Line(0, "To show:", (_show(sequent.goal, sequent),))
    yield from _told(0, sequent, proof)
    if witness is not None:
        at = ", ".join(f"${v.name} = {i}$" for v, i in sorted(witness.integers, key=lambda item: item[0].name))
        yield Line(
            0,
            f"All that is assumed holds at an instance{f' with {at}' if at else ''} that the kernel evaluated.",
        )


def _told(level: int, s: Sequent | None, proof: Node) -> Lines:
    """The account of one rule and of the proofs inside it."""
    rule = _analysed if s is not None and analysis.is_about(proof) else WORDS.get(type(proof), _unknown)
    lines: list[Line] = []
    try:
        lines += rule(level, s, proof)
    except (SymrnnError, TypeError, LookupError, AttributeError):
        if s is None:
            raise
        lines = list(_told(level, None, proof))  # the rule alone, without goals
    yield from lines


def _inside(level: int, proofs: Any) -> Lines:
    for p in proofs:
        yield from _told(min(level + 1, DEEPEST), None, p)


def _analysed(level: int, s: Sequent | None, proof: Node) -> Lines:
    """A rule of analysis: its words, and all that it leaves to show."""
    if s is None:
        raise TypeError("a rule of analysis is told by its goal")
    for text, nodes in analysis.said(s, proof):
        yield Line(level, text, tuple(_show(n, s) for n in nodes))
    left = analysis.premises(s, proof)
    for inner, p in left:
        if inner.goal == s.goal:
            yield Line(level, "With that, back to what was to be shown.")
        elif not isinstance(proof, cert.Fact):
            yield Line(level, "To show:", (_show(inner.goal, inner),))
        yield from _told(level if (inner, p) == left[-1] else min(level + 1, DEEPEST), inner, p)


def _unknown(level: int, s: Sequent | None, proof: Node) -> Lines:
    """A rule without words of its own here, or without its goal: what it says of itself, and what it uses."""
    yield Line(level, analysis.about(proof))
    parts = [getattr(proof, f) for f in proof.__dataclass_fields__]
    flat = [q for p in parts for q in (p if isinstance(p, tuple) else (p,))]
    shown = tuple(_show(q) for q in flat if isinstance(q, Term | Prop))
    if shown:
        yield Line(level, "with", shown)
    yield from _inside(level, [q for q in flat if isinstance(q, cert.Proof)])


def _show(n: Node, s: Sequent | None = None, most: int = 0) -> str:
    return flow(latex(readable(n, s.cell if s is not None else None)), most)


def _try(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except (SymrnnError, TypeError):
        return None


# ---- equations -------------------------------------------------------------------------------------------------------


def _words(level: int, s: Sequent | None, c: cert.Words) -> Lines:
    if s is None:
        yield Line(level, _rewriting(len(c.uses)) + " both sides have the same normal form.")
        return
    goal = as_equation(s.goal)
    lhs, rhs = goal.lhs, goal.rhs
    for name in c.unfold:
        definition = definition_of(s, name)
        yield Line(level, "By definition", (_show(Rel("=", name, definition)),))
        lhs, rhs = substitute(lhs, {name: definition}), substitute(rhs, {name: definition})
    left, right = s.algebra(c.peel_lhs, c.plain), s.algebra(c.peel_rhs, c.plain)
    p, q = left.poly(lhs), right.poly(rhs)
    shape = shape_of(lhs) if shape_of(lhs) is not None else shape_of(rhs)
    forms = left.to_term(p, shape), right.to_term(q, shape)
    if not c.uses:
        if minus(p, q):
            yield Line(level, r"Both sides have the same entries.\quad$\square$")
        elif forms[0] == lhs == rhs:
            yield Line(level, r"Both sides are the same.\quad$\square$")
        else:
            yield Line(level, "Written out, both sides are", (_show(forms[0], s, MOST_TERMS),))
        return
    yield from _written(level, "left", lhs, forms[0], s)
    yield from _written(level, "right", rhs, forms[1], s)
    for use in c.uses:
        l, r = filled(s, use.context, use.equation, use.values)
        yield Line(
            level, f"By {_source(s, use.equation)}{_instance(use.values)}", (_show(Rel("=", l, r), s, MOST_TERMS),)
        )
        for proof in use.discharge:
            yield from _told(min(level + 1, DEEPEST), None, proof)
    yield Line(
        level,
        "Put in, " + ("this makes" if len(c.uses) == 1 else "these make") + r" the two sides equal.\quad$\square$",
    )


def _rewriting(uses: int) -> str:
    return f"After {uses} replacement{'s' if uses > 1 else ''} of equals by equals" if uses else "Written out,"


def _written(level: int, which: str, side: Term, form: Term, s: Sequent) -> Lines:
    """A side written out, unless it is that already."""
    if latex(readable(form, s.cell)) != latex(side):
        yield Line(level, f"Written out, the {which} side is", (_show(form, s, MOST_TERMS),))


def _source(s: Sequent, name: str) -> str:
    kind, _, which = name.partition(":")
    if kind == "lemma":
        return f"the lemma \\emph{{{tex(which)}}}"
    if kind == "def":
        return f"the definition of ${latex(Sym(which, None, 'free', (), (), False))}$"
    words = {"hyp": "assumption", "ih": "the induction hypothesis", "cut": "what was shown on the way"}.get(
        kind, tex(name)
    )
    equation = lookup(s, name)
    stated = latex(readable(Rel("=", equation.lhs, equation.rhs), s.cell)) if kind == "cut" else ""
    return words + (
        f", ${stated}$," if 0 < len(stated) <= LONGEST_INLINE else ""
    )  # a long one was shown where it was proved


def _instance(values: Any) -> str:
    moved = [(v, x) for v, x in values if not (isinstance(v, Var) and as_index(v) == x)]
    if not moved:
        return ""
    return " with " + ", ".join(rf"${_plain(v)} := {_plain(x)}$" for v, x in moved)


def _plain(n: Node) -> str:
    return latex(readable(n, None))


def _induct(level: int, s: Sequent | None, c: cert.Induct) -> Lines:
    k = latex(c.var)
    yield Line(level, f"By induction on ${k}$, for all times at once, from ${k} = {c.low}$ on.")
    inner = min(level + 1, DEEPEST)
    if s is None:
        yield from _inside(level, (*c.bases, c.step))
        return
    goal = as_equation(s.goal)
    general, recurring = s.generic(goal, c.var), s.speaks_within(goal)
    for i, proof in enumerate(c.bases):
        base = s.by_itself(substitute(goal, {c.var: as_index(c.low + i)}), recurring)
        yield Line(level, rf"\symrnnlabel{{Base, ${k} = {c.low + i}$.}} To show:", (_show(base.goal, s),))
        yield from _told(inner, base, proof)
    var = as_index(Var(c.var.name, "lag", 0))
    assumed = dict(s.equations)
    hypotheses = [substitute(goal, {c.var: var + (c.low + i)}) for i in range(len(c.bases))]
    for i, h in enumerate(hypotheses):
        assumed[f"ih:{i}"] = Equation.of(h, general, recurring)
    after = s.by_itself(substitute(goal, {c.var: var + (c.low + len(c.bases))}), recurring)
    yield Line(
        level,
        rf"\symrnnlabel{{Step.}} Assume, for a ${k} \ge 0$ and all times,",
        tuple(_show(h, s) for h in hypotheses),
    )
    yield Line(level, "To show:", (_show(after.goal, s),))
    yield from _told(inner, replace(after, equations=assumed, inducted=(*s.inducted, var.terms[0][0])), c.step)


def _chain(level: int, s: Sequent | None, c: cert.Chain) -> Lines:
    yield Line(level, "By the chain rule, through the whole state at each time in between.")
    sides = (as_equation(s.goal).lhs, as_equation(s.goal).rhs) if s is not None else ()
    factor = c.step.term if c.step is not None else next((x.body for x in sides if isinstance(x, Prod)), None)
    if factor is not None:
        yield Line(level, "At any time the one-step Jacobian of the recurrence is", (_show(factor, s),))


def _through(level: int, s: Sequent | None, c: cert.Through) -> Lines:
    yield Line(level, "By the chain rule, through the whole state at one time in between.")


def _cut(level: int, s: Sequent | None, c: cert.Cut) -> Lines:
    yield Line(level, r"\symrnnlabel{On the way.} First it is shown that", (_show(c.lemma, s),))
    if s is None:
        yield from _inside(level, (c.proof, c.rest))
        return
    lemma = as_equation(sequent_of(Claim(c.lemma, s.hypotheses, s.cell)).goal)
    recurring = s.speaks_within(lemma)
    yield from _told(min(level + 1, DEEPEST), s.by_itself(lemma, recurring), c.proof)
    name = f"cut:{sum(e.startswith('cut:') for e in s.equations)}"
    yield Line(level, "With that, back to what was to be shown.")
    found = Equation.of(lemma, s.generic(lemma), recurring)
    yield from _told(level, replace(s, equations={**s.equations, name: found}), c.rest)


def _extensional(level: int, s: Sequent | None, c: cert.Extensional) -> Lines:
    if s is None:
        yield Line(level, "Entry by entry, at a generic row and column.")
        yield from _inside(level, (c.proof,))
        return
    goal, i, j = as_equation(s.goal), as_index(c.row), as_index(c.col)
    sides = [x if isinstance(x, Const) else Entry(x, i, j) for x in (goal.lhs, goal.rhs)]
    entry = Rel("=", sides[0], sides[1])
    yield Line(level, f"Entry by entry: for row ${_plain(i)}$ and column ${_plain(j)}$, to show", (_show(entry, s),))
    yield from _told(level, replace(s, goal=entry), c.proof)


def _general(level: int, s: Sequent | None, c: cert.General) -> Lines:
    yield Line(level, "More generally, for all matrices of these shapes,", (_show(c.statement),))
    values = ", ".join(rf"${latex(v)} := {latex(x)}$" for v, x in c.values)
    yield Line(level, f"of which this is the case {values}.")
    inner = Sequent(c.statement, (), s.cell, spoken=s.spoken) if s is not None else None
    yield from _told(level, inner, c.proof)


# ---- connectives -----------------------------------------------------------------------------------------------------


def _both(level: int, s: Sequent | None, c: cert.Both) -> Lines:
    if s is None:
        yield Line(level, "Part by part:")
        yield from _inside(level, c.proofs)
        return
    if all(isinstance(p, cert.Leaf) for p in c.proofs):
        yield Line(level, f"Part by part. {REDUCED}")
        return
    goal, words = s.goal, [f"Part {i}." for i in range(1, len(c.proofs) + 1)]
    parts: tuple[Prop, ...] = goal.args if isinstance(goal, And) else ()
    if isinstance(goal, Iff):
        parts, words = (
            (Implies(goal.left, goal.right), Implies(goal.right, goal.left)),
            [r"($\Rightarrow$)", r"($\Leftarrow$)"],
        )
    for word, part, proof in zip(words, parts, c.proofs, strict=True):
        inner = s.towards(part)
        new = tuple(_show(h) for h in inner.hypotheses if h not in s.hypotheses)
        yield Line(level, rf"\symrnnlabel{{{word}}}" + (" Assume" if new else ""), new)
        yield Line(level, "To show:", (_show(inner.goal, s),))
        yield from _told(min(level + 1, DEEPEST), inner, proof)


def _choose(level: int, s: Sequent | None, c: cert.Choose) -> Lines:
    if s is None:
        yield Line(level, f"Member {c.which + 1} of the disjunction holds.")
        yield from _told(level, None, c.proof)
        return
    inner = s.towards_member(s.goal.args[c.which])  # type: ignore[attr-defined]
    yield Line(level, "Of the disjunction it is shown that", (_show(inner.goal, s),))
    yield from _told(level, inner, c.proof)


def _by_cases(level: int, s: Sequent | None, c: cert.ByCases) -> Lines:
    if all(isinstance(p, cert.Leaf) for p in c.proofs):
        yield Line(level, f"In each of these {len(c.proofs)} cases: {REDUCED[0].lower()}{REDUCED[1:]}")
        return
    members = s.hypotheses[c.which].args if s is not None else [None] * len(c.proofs)  # type: ignore[attr-defined]
    for i, (member, proof) in enumerate(zip(members, c.proofs, strict=True), 1):
        label = rf"\symrnnlabel{{Case {i}.}}"
        stated = () if member is None else (_show(member, s),)
        yield Line(level, f"{label} Assume" if stated else label, stated)
        inner = _try(s.with_hypothesis, c.which, member) if s is not None else None
        yield from _told(min(level + 1, DEEPEST), inner, proof)


# ---- properties, bounds, explicit sizes ------------------------------------------------------------------------------


def _known(level: int, s: Sequent | None, c: cert.Known) -> Lines:
    if s is None or isinstance(s.goal, Pred):
        yield Line(level, "This follows from what is recorded about the matrices in it.")
    else:
        yield Line(level, "This is so for all sizes and lags that there are.")


def _cases(level: int, s: Sequent | None, proof: Node) -> Lines:
    """A tree of cases at explicit sizes; a large one is cut short, the certificate has the whole."""
    if s is not None and s.explicit is None and not isinstance(proof, cert.Leaf):
        yield Line(
            level,
            "At this size the entries are independent unknowns, and what is assumed makes polynomials in them vanish.",
        )
    inner = replace(s, explicit=s.at_explicit_sizes()) if s is not None else None
    tree = list(_case_tree(level, inner, proof))
    yield from tree[:MOST_CASES]
    if len(tree) > MOST_CASES:
        yield Line(level, "And so on. All cases are in the certificate, which the kernel checked in full.")


def _case_tree(level: int, s: Sequent | None, proof: Node) -> Lines:
    inner = min(level + 1, DEEPEST)
    if isinstance(proof, cert.Leaf):
        yield Line(level, REDUCED)
    elif isinstance(proof, cert.Cancel):
        yield Line(
            level,
            f"In ${_product(proof.factor, proof.rest, s)} = 0$ the first factor is never 0, "
            f"so ${_term(proof.rest, s)} = 0$.",
        )
        yield from _case_tree(level, s, proof.proof)
    elif isinstance(proof, cert.Case):
        yield Line(level, f"Since ${_product(proof.left, proof.right, s)} = 0$, one of the two factors is 0.")
        for factor, branch in ((proof.left, proof.if_left), (proof.right, proof.if_right)):
            yield Line(level, rf"\symrnnlabel{{Case}} ${_term(factor, s)} = 0$.")
            yield from _case_tree(inner, s, branch)
    else:
        yield from _told(level, s, proof)


def _term(t: Term, s: Sequent | None) -> str:
    return latex(readable(t, s.cell if s is not None else None))


def _product(a: Term, b: Term, s: Sequent | None) -> str:
    return _term(Times((a, b)), s)


WORDS: dict[type[Any], Callable[[int, Sequent | None, Any], Lines]] = {
    cert.Words: _words,
    cert.Induct: _induct,
    cert.Chain: _chain,
    cert.Through: _through,
    cert.Cut: _cut,
    cert.Both: _both,
    cert.Choose: _choose,
    cert.ByCases: _by_cases,
    cert.General: _general,
    cert.Extensional: _extensional,
    cert.Known: _known,
    cert.Leaf: _cases,
    cert.Case: _cases,
    cert.Cancel: _cases,
}


__all__ = ["WORDS", "Line", "account"]
