"""The page model: what stands in a report, as frozen data made from results alone. The templates only lay it out.

Every string in it is LaTeX source, escaped where people wrote it; only ``anchor`` and ``verdict`` are plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from symrnn.certificates import Null, Proved
from symrnn.claims.codec import decode
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.tree import Rel
from symrnn.errors import SymrnnError
from symrnn.records import dataclass, replace
from symrnn.report.tex.escape import Untypesettable, prose, remark, tex
from symrnn.report.tex.evidence import Block, blocks
from symrnn.report.tex.formulas import abridged, checked, flow
from symrnn.report.tex.graph import Graph, graph, takes_down
from symrnn.report.tex.proofs import Line, account
from symrnn.report.tex.references import Cited, cited
from symrnn.verdicts import Condition, Crosscheck, Data, DerivationResult, Scope, StepResult, Variant, Verdict

NARROW = 6  # characters of an id in the table of verdicts
SHORT = 3  # lines of a proof that is told again rather than referred to
ROW, GIVEN = 84, 40  # letters of a claim there, and of a hypothesis
WORDS = ("proved", "conditional", "refuted", "undecided")


@dataclass(frozen=True)
class ConditionLine:
    """A condition under which a step holds: ``word`` is "if" or "if and only if"."""

    word: str
    formula: str
    given: str
    lemmas: str


@dataclass(frozen=True)
class RepairLine:
    formula: str
    verdict: str


@dataclass(frozen=True)
class VariantLine:
    """The same claim with other activations, of which the same is found."""

    activations: str
    verdict: str
    reason: str
    condition: ConditionLine | None


@dataclass(frozen=True)
class Proof:
    """A proof told in the appendix; ``what`` it proves of the step. Without lines it is the ``same`` as one before."""

    anchor: str
    step: str
    what: str
    lines: tuple[Line, ...]
    same: str = ""
    same_step: str = ""


@dataclass(frozen=True)
class StepPage:
    """One step with its evidence."""

    anchor: str
    key: str
    id: str
    short: str
    title: str
    verdict: str
    expected: str
    formula: str
    claim: str
    row: str
    given: tuple[str, ...]
    because: str
    sentence: str
    reason: str
    scope: str
    partial: str
    layout: str
    assumptions: tuple[str, ...]
    inference: str
    inference_word: str
    rests_on: str
    lemmas: tuple[Cited, ...]
    conditions: tuple[ConditionLine, ...]
    evidence: tuple[Block, ...]
    open_set: bool
    repair: RepairLine | None
    variants: tuple[VariantLine, ...]
    crosscheck: str
    tried: tuple[str, ...]
    alarm: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class DerivationPage:
    """One derivation. ``down``: what rests on steps that are not proved, a sentence each."""

    anchor: str
    title: str
    about: str
    network: tuple[str, ...]
    steps: tuple[StepPage, ...]
    graph: Graph
    down: tuple[str, ...]
    as_expected: bool


@dataclass(frozen=True)
class Page:
    """A whole report."""

    version: str
    derivations: tuple[DerivationPage, ...]
    lemmas: tuple[Cited, ...]
    references: tuple[str, ...]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many steps have each verdict, in all derivations."""
        return tuple((word, sum(s.verdict == word for d in self.derivations for s in d.steps)) for word in WORDS)

    @property
    def as_expected(self) -> bool:
        return all(d.as_expected for d in self.derivations)


def page(results: Iterable[DerivationResult], version: str) -> Page:
    """The report on results, the same for the same results. Raises Untypesettable, and ValueError for no results."""
    told: dict[tuple[Line, ...], Proof] = {}
    made = tuple(_once(_derivation(i, r), told) for i, r in enumerate(results, 1))
    if len(made) == 1:
        made = (replace(made[0], steps=tuple(replace(s, key=s.key.partition("/")[2]) for s in made[0].steps)),)
    names = sorted(
        {lemma.name: lemma for d in made for s in d.steps for lemma in s.lemmas}.values(), key=lambda c: c.name
    )
    return Page(tex(version), made, tuple(names), tuple(dict.fromkeys(c.reference for c in names if c.reference)))


def _once(d: DerivationPage, told: dict[tuple[Line, ...], Proof]) -> DerivationPage:
    """Proofs that were told before, of the same claim, by reference."""

    def reference(p: Proof) -> Proof:
        first = told.setdefault(p.lines, p)
        worth = first is not p and len(p.lines) > SHORT
        return replace(p, lines=(), same=first.anchor, same_step=first.step) if worth else p

    return replace(d, steps=tuple(replace(s, proofs=tuple(map(reference, s.proofs))) for s in d.steps))


def _derivation(number: int, r: DerivationResult) -> DerivationPage:
    steps = tuple(_placed(r, number, i, s) for i, s in enumerate(r.steps, 1))
    cell = tex(r.cell)
    about = [f"\\texttt{{{tex(r.source)}}}" if r.source else "", f"cell: {cell}" if cell else ""]
    about.append(f"activation: {tex(r.activation)}" if r.activation else "")
    drawn = graph(r.steps)
    return DerivationPage(
        anchor=f"d{number}",
        title=remark(r.title),
        about=", ".join(a for a in about if a),
        network=_network(r),
        steps=steps,
        graph=replace(drawn, boxes=tuple(replace(b, id=tex(b.id)) for b in drawn.boxes)),
        down=tuple(_down(s, ids) for s, ids in takes_down(r.steps)),
        as_expected=all(s.passed for s in r.steps),
    )


def _placed(r: DerivationResult, number: int, i: int, s: StepResult) -> StepPage:
    """A step's page; errors say which step they are about."""
    try:
        return _step(f"d{number}s{i}", f"{number}/{_key(s.id)}", s)
    except Untypesettable as error:
        raise Untypesettable(f"step {s.id} of {r.title}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"step {s.id} of {r.title} is malformed: {type(error).__name__}: {error}") from error


def _key(step_id: str) -> str:
    """What a document calls a step by, in characters that TeX takes as they are."""
    return re.sub("[^A-Za-z0-9.:+*/-]", "-", step_id)


def _down(s: StepResult, ids: Sequence[str]) -> str:
    return f"Step {tex(s.id)} is {s.verdict}. On it rest: {', '.join(map(tex, ids))}."


def _network(r: DerivationResult) -> tuple[str, ...]:
    """The equations of the derivation's own recurrence, from the claims that were checked about it."""
    for s in r.steps:
        claim = _decoded(s.certificate)[0]
        if isinstance(claim, Claim) and claim.cell is not None and claim.cell.name == r.cell:
            return tuple(map(flow, _equations(claim.cell)))
    return ()


def _equations(cell: Recurrence) -> list[str]:
    return [latex(Rel("=", head[cell.time], term)) for head, term in (*cell.steps, *cell.locals)]


def _decoded(evidence: Data) -> tuple[Any, Any]:
    """Claim and certificate of an entry, None where there is none that can be read."""
    if not isinstance(evidence, dict):
        return None, None
    try:
        return decode(evidence.get("claim")), decode(evidence.get("certificate"))
    except (SymrnnError, TypeError, RecursionError):
        return None, None


# ---- one step --------------------------------------------------------------------------------------------------------


def _step(anchor: str, key: str, s: StepResult) -> StepPage:
    return StepPage(
        anchor=anchor,
        key=key,
        id=tex(s.id),
        short=tex(s.id, NARROW),
        title=remark(s.title),
        verdict=_word(s.verdict),
        expected="" if s.passed else f"expected: {tex(s.expected or 'proved')}",
        formula=flow(checked(s.claim_latex)),
        claim=checked(s.claim_latex),
        row=_brief(anchor, checked(s.claim_latex), ROW),
        given=tuple(_brief(anchor, x, GIVEN) if typeset else x for x, typeset in _hypotheses(s)),
        because=remark(s.because),
        sentence=_sentence(s),
        reason=_reason(s),
        scope=_scope(s.scope),
        partial=_scope(s.partial_scope) if s.partial_scope else "",
        layout=tex(s.layout),
        assumptions=tuple(flow(x) if typeset else x for x, typeset in _hypotheses(s)),
        inference=_inference(s),
        inference_word="" if s.inference == "none" else tex(s.inference),
        rests_on=", ".join(map(tex, s.rests_on)),
        lemmas=tuple(map(cited, s.lemmas)),
        conditions=tuple(map(_condition, s.conditions)),
        evidence=blocks(s.counterexample) if s.counterexample else (),
        open_set=s.failing_set == "open",
        repair=RepairLine(flow(checked(s.repair.latex)), _word(s.repair.verdict)) if s.repair else None,
        variants=tuple(_variants(s.variants)),
        crosscheck=_crosscheck(s.crosscheck) if s.crosscheck else "",
        tried=tuple(map(tex, s.attempts)) if s.verdict == "undecided" else (),
        alarm=tex(s.alarm or ""),
        proofs=_proofs(anchor, s),
    )


def _word(verdict: str) -> str:
    if verdict not in WORDS:
        raise ValueError(f"{verdict!r} is no verdict")
    return verdict


def _sentence(s: StepResult) -> str:
    """The verdict and its reason in one sentence."""
    message = Verdict[_word(s.verdict).upper()].message
    said = message[0].upper() + message[1:] + (f": {prose(s.reason)}" if s.reason else "")
    return said.rstrip(".") + "."


def _reason(s: StepResult) -> str:
    """What the verdict, which stands beside it, is due to."""
    said = prose(s.reason) or Verdict[_word(s.verdict).upper()].message
    return f"{said[0].upper()}{said[1:]}".rstrip(".") + "."


def _brief(anchor: str, latex: str, most: int) -> str:
    """A formula for the table of verdicts; of a long one the beginning, with a way to the whole."""
    shown, cut = abridged(latex, most)
    end = rf"\symrnnlink{{{anchor}}}{{\ensuremath{{\,\ldots}}}}" if cut else ""
    return (flow(shown) if shown else "") + end


def _scope(scope: Scope) -> str:
    return ", ".join(p for p in (_cover(scope.sizes, "n"), _cover(scope.lags, "k")) if p)


def _cover(data: Data, letter: str) -> str:
    if data is None:
        return ""
    if isinstance(data, dict):
        return rf"${letter} \ge {int(data['min'])}$"
    return f"all ${letter}$" if data == "all" else f"${letter} = {', '.join(str(int(v)) for v in data)}$"


def _hypotheses(s: StepResult) -> list[tuple[str, bool]]:
    """The hypotheses as formulas (True) where the claim itself is at hand, else as text."""
    claim = _decoded(s.certificate)[0]
    if isinstance(claim, Claim) and len(claim.hypotheses) == len(s.assumptions):
        return [(latex(h), True) for h in claim.hypotheses]
    return [(prose(a), False) for a in s.assumptions]


def _inference(s: StepResult) -> str:
    if s.inference == "none":
        return ""
    steps, using = [f"step {tex(c)}" for c in s.follows], [rf"\emph{{{tex(u)}}}" for u in s.using]
    word = {
        "holds": "The claim follows from",
        "fails": "The claim does not follow from",
        "unknown": "It is not known whether the claim follows from",
    }[s.inference]
    return f"{word} {', '.join((*steps, *using))}."


def _condition(c: Condition) -> ConditionLine:
    return ConditionLine(
        "if and only if" if c.exact else "if",
        flow(checked(c.latex)),
        "; ".join(map(prose, c.under)),
        ", ".join(map(tex, c.lemmas)),
    )


def _variants(variants: Iterable[Variant]) -> Iterator[VariantLine]:
    """Those with the same verdict, reason and condition side by side as one."""
    for (verdict, reason, _), same in groupby(variants, key=lambda v: (v.verdict, v.reason, repr(v.condition))):
        found = list(same)
        condition = _condition(found[0].condition) if found[0].condition else None
        yield VariantLine(", ".join(tex(v.activation) for v in found), _word(verdict), prose(reason), condition)


def _crosscheck(c: Crosscheck) -> str:
    where = "one point" if c.points == 1 else f"{int(c.points)} points"
    agrees = "agrees" if c.agrees else r"\textbf{disagrees}"
    simulated = f"With {int(c.digits)} digits, at {where}, a simulation"
    found = re.fullmatch(r"([-0-9.]+)(?:e([-+]?\d+))?", str(c.residual))
    if found is None:  # inf: what is inverted is singular there
        return f"{simulated} {agrees}: a side has no value there."
    residual = found[1] + (rf" \cdot 10^{{{int(found[2])}}}" if found[2] else "")
    return f"{simulated} {agrees}: the residual is ${residual}$."


def _proofs(anchor: str, s: StepResult) -> tuple[Proof, ...]:
    """The proofs of a step and of its conditions, told for the appendix."""
    entries: list[tuple[str, Data]] = [("", s.certificate)]
    entries += [(_condition_title(c), c.certificate) for c in s.conditions]
    out: list[Proof] = []
    for what, entry in entries:
        claim, certificate = _decoded(entry)
        if isinstance(claim, Claim) and isinstance(certificate, Proved | Null):
            out.append(Proof(f"{anchor}p{len(out) + 1}", tex(s.id), what, account(claim, certificate)))
    return tuple(out)


def _condition_title(c: Condition) -> str:
    given = f" (given {'; '.join(map(prose, c.under))})" if c.under else ""
    return ("when it holds exactly" if c.exact else "a condition that suffices") + given


__all__ = ["DerivationPage", "Page", "StepPage", "page"]
