"""The rules about inequalities, limits and cited facts in words; what they leave to show comes from the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symrnn import analysis
from symrnn import certificates as cert
from symrnn.claims.index import Node
from symrnn.claims.latex import latex
from symrnn.claims.tree import Pred, Rel
from symrnn.errors import SymrnnError
from symrnn.report.tex.escape import prose, tex
from symrnn.report.tex.readable import readable
from symrnn.semantics.bounds import upper
from symrnn.semantics.inequalities import known
from symrnn.semantics.rates import goal_of_limit
from symrnn.semantics.sequents import Sequent
from symrnn.semantics.uses import definition_of

Premise = tuple[Sequent, Node]
Said = tuple[str, tuple[Node, ...]]  # words, and what is typeset after them


def said(s: Sequent, proof: Node) -> tuple[Said, ...]:
    """What the rule does here, in words; what its certificate says of itself, if there are none here."""
    return tuple(WORDS.get(type(proof), _named)(s, proof))


def premises(s: Sequent, proof: Node) -> tuple[Premise, ...]:
    """What the rule leaves to show, with proofs."""
    return tuple(p for p in analysis.RULES[type(proof)](s, proof) if not isinstance(p, str))


def is_about(proof: Node) -> bool:
    """Whether a proof is by one of these rules."""
    return type(proof) in analysis.RULES


def about(proof: Node) -> str:
    """What a kind of certificate says of itself."""
    first = (type(proof).__doc__ or "").replace("``", "").strip().splitlines()
    return rf"By the rule \emph{{{tex(type(proof).__name__)}}}: {prose(first[0]) if first else ''}"


def _named(s: Sequent, c: Node) -> Iterator[Said]:
    yield about(c), ()


def _order(s: Sequent, c: cert.Order) -> Iterator[Said]:
    if c.uses:
        yield "This follows from what is known by adding inequalities, multiplied by what is never negative:", ()
    for use in c.uses:
        l, r, strict = known(s, use)
        yield f"By {_source(use.source)}", (Rel("<" if strict else "<=", l, r),)
    left = "What is left of right side minus left side" if c.uses else "The right side minus the left side"
    yield rf"{left} is never negative, term by term.\quad$\square$", ()


def _source(name: str) -> str:
    kind, _, which = name.partition(":")
    if kind == "lemma":
        return rf"the lemma \emph{{{tex(which)}}}"
    return "assumption" if kind in ("hyp", "entry") else _KNOWN.get(name, f"what is known ({tex(name)})")


_KNOWN = {
    "norm": "the rules for norms",
    "assumed norm": "the rules for norms",
    "square": "squares not being negative",
    "magnitude": "what magnitudes are",
    "negated magnitude": "what magnitudes are",
    "below": "the range of the activation",
    "above": "the range of the activation",
    "slope": "the derivative of the activation",
    "slope, turned": "the derivative of the activation",
    "least": "the least value of a size or lag",
    **{f"entry below the {kind}-norm": "an entry being at most the norm" for kind in ("1", "2", "inf", "fro")},
}


def _cite(s: Sequent, c: cert.Cite) -> Iterator[Said]:
    put = [(latex(v), latex(readable(x, s.cell))) for v, x in c.values]
    values = ", ".join(rf"${v} := {x}$" for v, x in put if v != x)
    yield rf"This is the lemma \emph{{{tex(c.lemma)}}}" + (f" with {values}." if values else "."), ()


def _given(s: Sequent, c: cert.Given) -> Iterator[Said]:
    yield r"This is assumed.\quad$\square$", ()


def _fact(s: Sequent, c: cert.Fact) -> Iterator[Said]:
    yield r"\symrnnlabel{On the way.} First it is shown that", (c.prop,)


def _geometric(s: Sequent, c: cert.Geometric) -> Iterator[Said]:
    norm = {"1": "1-norm", "2": "2-norm", "inf": "maximum norm"}.get(c.kind, tex(c.kind))
    _, term, _ = goal_of_limit(s)
    try:
        bound = s.algebra("left").term(upper(s, term, c.kind, c.assumed))
    except (SymrnnError, TypeError, AttributeError):
        yield rf"In the {norm} this is at most a sum of terms $c\,r^k$.", ()
    else:
        yield (
            rf"By $\lVert AB\rVert \le \lVert A\rVert\,\lVert B\rVert$ and what is known of the letters its {norm} is"
            " at most",
            (bound,),
        )
    needed = "below 1" if isinstance(s.goal, Pred) and s.goal.name == "vanishes" else "at most 1"
    yield f"The ratio of each term is {needed}.", ()


def _dominated(s: Sequent, c: cert.Dominated) -> Iterator[Said]:
    yield "Entry by entry it is bounded by another, of which the same is shown.", ()


def _within(s: Sequent, c: cert.Within) -> Iterator[Said]:
    yield "Only a factor in the middle depends on the lag:", (c.inner,)


def _split(s: Sequent, c: cert.Split) -> Iterator[Said]:
    yield "It is the product of these two, of which one is bounded:", (c.left, c.right)


def _rewritten(s: Sequent, c: cert.Rewritten) -> Iterator[Said]:
    yield "What it speaks of is equal to another term, of which the same is shown:", (c.term,)


def _squeezed(s: Sequent, c: cert.Squeezed) -> Iterator[Said]:
    yield "Its norm is at most a number, of which the same is shown:", (c.bound,)


def _stepwise(s: Sequent, c: cert.Stepwise) -> Iterator[Said]:
    yield "It is a product, which is bounded factor by factor:", (c.product,)
    yield "No factor exceeds", (c.rate,)


def _absurd(s: Sequent, c: cert.Absurd) -> Iterator[Said]:
    if isinstance(s.goal, Rel):
        contrary = Rel("<=" if s.goal.op == "<" else "<", s.goal.rhs, s.goal.lhs)
        yield r"\symrnnlabel{By contradiction.} Suppose", (contrary,)
        yield "Then an assumption fails:", (s.hypotheses[c.which],)


def _annihilated(s: Sequent, c: cert.Annihilated) -> Iterator[Said]:
    yield "It is a root of a polynomial without repeated roots:", ()


def _steady(s: Sequent, c: cert.Steady) -> Iterator[Said]:
    yield "At every lag it is the same number times the identity, and that number is not 0:", (c.term,)


def _antisymmetry(s: Sequent, c: cert.Antisymmetry) -> Iterator[Said]:
    yield "Each side is at most the other.", ()


def _raised(s: Sequent, c: cert.Raised) -> Iterator[Said]:
    yield "The larger side is not negative, so this follows from the same of powers.", ()


def _turn(s: Sequent, c: cert.Turn) -> Iterator[Said]:
    yield "This follows from something stronger.", ()


def _all_trajectories(s: Sequent, c: cert.AllTrajectories) -> Iterator[Said]:
    yield "Let any trajectory be given.", ()


def _steer(s: Sequent, c: cert.Steer) -> Iterator[Said]:
    yield (
        "The assumption is about all trajectories, and so about the one on which the inputs make every pre-activation "
        "0.",
        (),
    )
    yield "There are such inputs, since the weight of the input has the right inverse", (c.right_inverse,)


def _entrywise(s: Sequent, c: cert.Entrywise) -> Iterator[Said]:
    yield "This is shown entry by entry.", ()


def _unfold(s: Sequent, c: cert.Unfold) -> Iterator[Said]:
    yield "By definition", tuple(Rel("=", x, definition_of(s, x)) for x in c.names)


def _by_sign(s: Sequent, c: cert.BySign) -> Iterator[Said]:
    yield "Either this is not negative, and its own magnitude, or its negative is:", (c.term,)


def _combine(s: Sequent, c: cert.Combine) -> Iterator[Said]:
    if c.products or c.equal:
        yield "This follows from what is known by adding products of inequalities, times positive numbers:", ()
    for number, parts in c.products:
        for n, part in enumerate(parts):
            l, r, strict = known(s, part)
            times = "times what is known" if n else "By what is known" if number == 1 else f"${tex(str(number))}$ times"
            yield f"{times} ({_source(part.source)})", (Rel("<" if strict else "<=", l, r),)
    for use, factor in c.equal:
        l, r, _ = known(s, use)
        yield "By an assumption, multiplied by what follows it,", (Rel("=", l, r), factor)
    yield r"What is left of right side minus left side is never negative, term by term.\quad$\square$", ()


def _ascend(s: Sequent, c: cert.Ascend) -> Iterator[Said]:
    at = ", ".join(rf"${latex(v)} := {latex(x)}$" for v, x in c.at)
    yield (
        rf"\symrnnlabel{{By induction on ${latex(c.var)}$}} from {c.low} on, with what is assumed at each value of it; "
        "the induction hypothesis is used" + (f" with {at}." if at else "."),
        (),
    )


def _largest(s: Sequent, c: cert.Largest) -> Iterator[Said]:
    which = "The norm of a diagonal matrix is its largest entry" if c.diagonal else "The norm is bounded by the entries"
    yield f"{which}: it is enough to bound each.", ()


def _contrary(s: Sequent, c: cert.Contrary) -> Iterator[Said]:
    yield r"\symrnnlabel{By contradiction.} Otherwise an assumption fails:", (s.hypotheses[c.which],)


def _specialise(s: Sequent, c: cert.Specialise) -> Iterator[Said]:
    yield "What is assumed of all matrices, or vectors, is taken at", (c.value,)


def _commutant(s: Sequent, c: cert.Commutant) -> Iterator[Said]:
    yield "What commutes with all diagonal matrices is diagonal; let one be given, by the vector", (c.vector,)


def _applied(s: Sequent, c: cert.Applied) -> Iterator[Said]:
    yield "Matrices that do the same to every vector are equal; let one be given:", (c.vector,)


def _injective(s: Sequent, c: cert.Injective) -> Iterator[Said]:
    yield f"The activation {tex(c.function)} is strictly increasing, so it is enough that its values are equal.", ()


def _regular(s: Sequent, c: cert.Regular) -> Iterator[Said]:
    sign = "above" if c.above else "below"
    yield f"It is diagonal, and so invertible if the entries on its diagonal are {sign} 0.", ()


def _spelt(s: Sequent, c: cert.Spelt) -> Iterator[Said]:
    yield r"Slopes are written by values: $\sigma' = \sigma - \sigma^2$, $\tanh' = 1 - \tanh^2$.", ()


def _defining(s: Sequent, c: cert.Defining) -> Iterator[Said]:
    yield "The property is an equation.", ()


def _different(s: Sequent, c: cert.Different) -> Iterator[Said]:
    yield r"The difference of the two is known to be invertible, so they are not equal.\quad$\square$", ()


def _evaluated(s: Sequent, c: cert.Evaluated) -> Iterator[Said]:
    given = tuple(s.hypotheses[i] for i in c.given)
    yield "Computed exactly, it is true" + (" of the numbers that are given:" if given else r".\quad$\square$"), given


def _replaced(s: Sequent, c: cert.Replaced) -> Iterator[Said]:
    yield (
        "Equals for equals: it is enough that it holds with the right side in place of the left one of",
        (Rel("=", c.old, c.new),),
    )


WORDS: dict[type[Any], Callable[[Sequent, Any], Iterator[Said]]] = {
    cert.Order: _order,
    cert.Cite: _cite,
    cert.Given: _given,
    cert.Fact: _fact,
    cert.Geometric: _geometric,
    cert.Dominated: _dominated,
    cert.Within: _within,
    cert.Split: _split,
    cert.Rewritten: _rewritten,
    cert.Squeezed: _squeezed,
    cert.Stepwise: _stepwise,
    cert.Absurd: _absurd,
    cert.Annihilated: _annihilated,
    cert.Antisymmetry: _antisymmetry,
    cert.Raised: _raised,
    cert.Steady: _steady,
    cert.Turn: _turn,
    cert.AllTrajectories: _all_trajectories,
    cert.Steer: _steer,
    cert.Entrywise: _entrywise,
    cert.Unfold: _unfold,
    cert.BySign: _by_sign,
    cert.Combine: _combine,
    cert.Ascend: _ascend,
    cert.Largest: _largest,
    cert.Contrary: _contrary,
    cert.Specialise: _specialise,
    cert.Commutant: _commutant,
    cert.Applied: _applied,
    cert.Injective: _injective,
    cert.Regular: _regular,
    cert.Spelt: _spelt,
    cert.Defining: _defining,
    cert.Different: _different,
    cert.Evaluated: _evaluated,
    cert.Replaced: _replaced,
}


__all__ = ["WORDS", "about", "is_about", "premises", "said"]
