"""One claim decided: proved, refuted, conditional or neither, each by a certificate the kernel accepted."""

from __future__ import annotations

from collections.abc import Iterable

from symrnn import kernel
from symrnn.certificates import Mismatch, Null, Point, Proof, Proved, Verdictive
from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import check_shapes
from symrnn.claims.substitution import contains, free_vars, walk
from symrnn.claims.tree import IndexRel, Total
from symrnn.errors import Refused, ShapeMismatch, SymrnnError
from symrnn.records import dataclass, replace
from symrnn.search import memory
from symrnn.search.orbits import speaks_of_limits
from symrnn.search.questions import find_null, holds, prove, refute, witness
from symrnn.search.reasons import reasons
from symrnn.search.refute import MOST, Tally, fixed_values, violating
from symrnn.semantics.instances import LONGEST_PATH, Instance
from symrnn.semantics.sequents import sequent_of
from symrnn.semantics.settling import check_used_up, flatten, settled

RUNS = 40  # at most, of a claim about a limit at a least value, where a proof that fails takes longest


@dataclass(frozen=True)
class Decision:
    """A verdict with its certificate. ``refused``: what the kernel said of a certificate that claimed a verdict.

    ``proved_at``: small sizes and lags at which a refuted claim holds, so that its counterexample is minimal.
    """

    verdict: str
    certificate: Node | None = None
    judgement: kernel.Judgement | None = None
    instance: Instance | None = None
    attempts: tuple[str, ...] = ()
    refused: str | None = None
    mismatch: ShapeMismatch | None = None
    proved_at: tuple[str, ...] = ()

    @property
    def proof(self) -> Proof | None:
        return self.certificate.proof if isinstance(self.certificate, Proved | Null) else None


def decide(claim: Claim, most: int = MOST, likely: Iterable[Instance] = ()) -> Decision:
    """Try the shapes, then a proof, then a counterexample among ``most`` instances, then a null failing set.

    ``likely``: instances that may violate the claim; no proof is looked for if one does.
    """
    try:
        mismatch = _mismatch(claim)
        if mismatch is not None:
            return _judged(claim, "refuted", Mismatch(), None, (), mismatch)
        s = sequent_of(claim)
    except Refused as error:
        return Decision("undecided", attempts=(f"the hypotheses could not be taken up: {error}",))
    tried: list[str] = []
    known = violating(claim, likely)
    found = _by_proof(claim, tried) if known is None else None
    if found is not None:
        return found if found.verdict == "proved" else replace(found, attempts=(*found.attempts, *reasons(claim)))
    tally, aside = Tally(most=most), most < MOST and contains(s.goal, Total)
    small = () if aside else _proved_at_least_values(claim, known)  # of gradients they take longest
    instance = refute(claim, tally, small, known)
    if instance is None:
        tried += [_sought(tally, claim), *reasons(claim)]
        return Decision("undecided", attempts=tuple(tried))
    small = small or (_proved_at_least_values(claim, instance) if aside else ())
    null = find_null(claim, instance)
    if null is not None:
        decision = _judged(claim, "conditional", null, instance, tuple(tried), None)
        if decision.refused is None:
            return decision
    decision = _judged(claim, "refuted", Point(instance), instance, tuple(tried), None)
    return replace(decision, proved_at=tuple(f"{v.name} = {i}" for v, i in small))


def _mismatch(claim: Claim) -> ShapeMismatch | None:
    """What does not fit in a claim; Refused where its sizes contradict each other."""
    plain, _ = settled(claim)
    props = (*plain.hypotheses, plain.conclusion)
    try:
        for p in props:
            check_shapes(p)
    except ShapeMismatch as error:
        check_used_up(props)
        return error
    return None


def _proved_at_least_values(claim: Claim, known: Instance | None) -> tuple[tuple[Var, int], ...]:
    """Size 1 and the least lag, where the claim is proved there: nothing to look for. ``known``: where it fails."""
    goal, hypotheses = flatten(claim)
    open_ones = free_vars(goal) - {*fixed_values(free_vars(goal), hypotheses)}
    failing, limits = dict(known.integers) if known is not None else {}, speaks_of_limits(claim)
    found = []
    for v in sorted(open_ones, key=lambda v: (v.kind != "size", v.key)):
        least = 1 if v.kind == "size" else v.low or 0
        if v.kind not in ("size", "lag") or failing.get(v) == least:
            continue
        fixed = IndexRel("=", as_index(v), as_index(least))
        there = Claim(claim.conclusion, (*claim.hypotheses, fixed), claim.cell)
        if limits and refute(there, Tally(most=RUNS)) is not None:
            continue
        if holds(there):
            found.append((v, least))
    return tuple(found)


def _sought(tally: Tally, claim: Claim) -> str:
    """What the search for a counterexample amounts to."""
    longest = max((abs(i.const) for i in walk(claim) if isinstance(i, Index)), default=0)
    if not tally.candidates and longest > LONGEST_PATH:
        return f"no counterexample was looked for: instances of {longest} steps or more are not evaluated"
    if tally.silent and tally.silent >= tally.met:
        return f"at none of {tally.candidates} exact instances could the claim be evaluated: {tally.why}"
    what = f"no counterexample among {tally.candidates} exact instances, {tally.met} of them meeting the hypotheses"
    return what + (f"; at {tally.silent} the claim could not be evaluated" if tally.silent else "")


def _by_proof(claim: Claim, tried: list[str]) -> Decision | None:
    proof = prove(claim)
    if proof is None:
        tried.append("no proof by normal forms, rewriting, induction on lags or explicit entries")
        return None
    return with_witness(claim, proof, tried)


def decide_by_proof(claim: Claim) -> Decision:
    """PROVED if a proof is found and the hypotheses can be met, else undecided; no counterexample is looked for.

    Among limits it is more often an instance that cannot be had, so that comes first.
    """
    tried: list[str] = []
    early = _example(claim, tried, RUNS * 10) if speaks_of_limits(claim) else (True, None)
    proof = prove(claim) if early[0] else None
    if proof is None:
        return Decision("undecided", attempts=tuple(tried))
    return with_witness(claim, proof, tried, early[1])


def with_witness(claim: Claim, proof: Proof, tried: list[str], example: Instance | None = None) -> Decision:
    """PROVED, if the hypotheses are shown to be satisfiable; else undecided, vacuity not being excluded.

    ``example``: an instance that shows it, if there is one already.
    """
    satisfiable, example = _example(claim, tried) if example is None else (True, example)
    if not satisfiable:
        return Decision("undecided", attempts=tuple(tried))
    return _judged(claim, "proved", Proved(proof, example), example, tuple(tried), None)


def _example(claim: Claim, tried: list[str], most: int = MOST) -> tuple[bool, Instance | None]:
    """Whether the hypotheses are shown to be satisfiable, and the instance that does so (None if there are none)."""
    s = sequent_of(claim)
    if not s.hypotheses and not s.settled:
        return True, None
    tally = Tally(most=most)
    example = witness(claim, tally)
    if example is None:
        tried.append(f"vacuity not excluded: none of {tally.candidates} exact instances meets the hypotheses")
    return example is not None, example


def _judged(
    claim: Claim,
    verdict: str,
    certificate: Verdictive,
    instance: Instance | None,
    tried: tuple[str, ...],
    mismatch: ShapeMismatch | None,
) -> Decision:
    """The kernel's word on a certificate; a refusal leaves the claim undecided and is reported."""
    try:
        judgement = kernel.check(claim, certificate)
        if judgement.verdict != verdict:
            raise Refused(f"the kernel says {judgement.verdict}")  # noqa: TRY301
    except SymrnnError as error:
        message = f"a certificate for {verdict} was refused: {error}"
        memory.refused(message)
        return Decision("undecided", attempts=(*tried, message), refused=message)
    return Decision(verdict, certificate, judgement, instance, tried, None, mismatch)
