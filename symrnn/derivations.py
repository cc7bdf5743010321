"""Derivation and Step: what a script writes. Ids and citations are checked as steps are added."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from symrnn.cells import Cell
from symrnn.claims.index import Index, Node, Var, index, lag, size, time
from symrnn.claims.reading import well_formed
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.spreading import spread
from symrnn.claims.statements import as_prop, sized
from symrnn.claims.substitution import distinct, free_vars, rebuild, symbols, walk
from symrnn.claims.tree import Apply, ForAll, ForAllTrajectories, Immediate, Jac, Prop, Sym, Total
from symrnn.claims.wellformed import one_loss_a_name
from symrnn.errors import CertificateError, ClaimError, SymrnnError, not_too_deep
from symrnn.lemmas import LEMMAS
from symrnn.records import dataclass, replace

EXPECTATIONS = ("proved", "conditional", "refuted", "undecided")
LAYOUTS = ("numerator", "denominator")


@dataclass(frozen=True)
class Step:
    """One sentence of a derivation as a claim. ``follows`` and ``using`` cite earlier steps and lemmas."""

    id: str
    title: str
    claim: Claim
    because: str
    follows: tuple[str, ...]
    using: tuple[str, ...]
    expected: str | None
    layout: str
    line: int | None


class Derivation:
    """A titled sequence of steps about one cell (or about matrices alone).

    ``d.h``, ``d.W_hh``, ``d.D`` ... are the cell's symbols; ``d.t`` a time, ``d.k`` a lag, ``d.j`` a running index,
    ``d.n`` and ``d.m`` the hidden and input size. ``layout`` is that of every Jacobian that states none.

    >>> from symrnn import Elman, sigmoid, eq, jacobian
    >>> d = Derivation("One step", cell=Elman(sigmoid))
    >>> d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 1]), d.D[d.t] @ d.W_hh)).id
    '1'
    """

    def __init__(self, title: str, cell: Cell | None = None, layout: str = "numerator") -> None:
        _check_words(title=title)
        if cell is not None and not isinstance(cell, Cell):
            raise ClaimError(f"cell must be a cell such as Elman(sigmoid), not {type(cell).__name__}")
        self.title = title
        self.cell = cell
        self.layout = _checked("layout", layout, LAYOUTS)
        self.steps: list[Step] = []
        names: dict[str, Any] = {"n": size("n"), "m": size("m"), "k": lag("k"), "j": index("j"), "t": time("t")}
        self._names = names | (cell.names if cell else {})
        self.source, self.line = _caller()

    def __getattr__(self, name: str) -> Any:
        names = self.__dict__.get("_names", {})
        if name in names:
            return names[name]
        raise AttributeError(f"the derivation has no symbol {name}; it has {', '.join(sorted(names))}")

    def step(
        self,
        id: str,
        claim: Prop,
        because: str = "",
        *,
        follows: Iterable[str] = (),
        using: Iterable[str] = (),
        expect: str | None = None,
        assuming: Iterable[Prop] = (),
        title: str = "",
        cell: Cell | None = None,
        layout: str | None = None,
    ) -> Step:
        """Add a step and return it.

        ``assuming`` are hypotheses; ``follows`` cites earlier steps and ``using`` lemmas, by id and name; ``expect`` is
        the verdict that the exit code shall count as passing; ``cell`` states the step about another recurrence than
        the derivation's, ``layout`` the layout of its Jacobians that state none. ``because`` and ``title`` are for the
        reader.

        Raises ClaimError for a duplicate id, a citation of no earlier step, an unknown lemma, a symbol that the cell
        does not have, or a name with two meanings. Shapes that do not fit are no error: they make the step REFUTED.

        >>> from symrnn import eq, matrix, size
        >>> A = matrix("A", size("n"))
        >>> d = Derivation("Squares")
        >>> d.step("1", eq(A @ A, A**2), because="the definition", expect="proved").expected
        'proved'
        """
        if not isinstance(id, str) or not id.strip():
            raise ClaimError(f"a step id is a non-empty string such as '7' or '7.a', not {id!r}")
        _check_words(because=because, title=title)
        known = [s.id for s in self.steps]
        if id in known:
            raise ClaimError(f"step {id} is defined twice; ids must differ")
        follows, using = _names("follows", follows), _names("using", using)
        for lemma in using:
            if lemma not in LEMMAS:
                raise ClaimError(f"step {id} uses {lemma!r}, which is no lemma; there are: {', '.join(sorted(LEMMAS))}")
        for cited in follows:
            if cited == id:
                raise ClaimError(f"step {id} cites itself in follows=")
            if cited not in known:
                there = ", ".join(known) or "none yet"
                raise ClaimError(f"step {id} follows {cited}, which is no earlier step; there are: {there}")
        chosen = _checked("layout", layout or self.layout, LAYOUTS)
        with not_too_deep(f"step {id}"):
            given = (assuming,) if isinstance(assuming, Prop) else tuple(assuming)
            made = _made(claim, given, chosen, cell or self.cell)
        step = Step(id, title, made, because, follows, using, _expectation(expect), chosen, _caller()[1])
        self.steps.append(step)
        return step

    def main(self) -> None:
        """Check this derivation and print the report, when its script is run as ``python script.py``."""
        frame = sys._getframe(1)
        if frame.f_globals.get("__name__") == "__main__":
            from symrnn.cli import main

            raise SystemExit(main(["check", self.source, *sys.argv[1:]], standalone_mode=False))


def check_made(d: Derivation) -> None:
    """Raises ClaimError unless a derivation still is what ``step`` made of it: Python lets a script change anything."""
    try:
        own: dict[str, Any] = dict(object.__getattribute__(d, "__dict__"))
        cell, steps, words = own.get("cell"), own.get("steps", ()), (own.get("title"), own.get("source"))
        fine = type(steps) is list and all(type(s) is Step for s in steps) and all(type(w) is str for w in words)
        fine = fine and own.get("layout") in LAYOUTS and isinstance(own.get("line"), int | None)
        if not fine or (cell is not None and not isinstance(getattr(cell, "recurrence", None), Recurrence)):
            raise ClaimError(f"it has other parts than those of {type(d).__name__}(...)")  # noqa: TRY301
        for i, step in enumerate(steps):
            _check_step(step, [s.id for s in steps[:i]])
    except Exception as error:
        reason = str(error) if isinstance(error, SymrnnError) else f"{type(error).__name__} where it is read"
        raise ClaimError(f"a derivation was changed by other means than d.step(...): {reason}") from error


def _check_step(step: Step, earlier: list[str]) -> None:
    """As far as ``step`` says so: the ids and texts, and the claim."""
    words = (step.id, step.title, step.because, *step.follows, *step.using)
    shaped = type(step.follows) is type(step.using) is tuple and isinstance(step.line, int | None)
    if not shaped or not all(type(w) is str for w in words) or step.layout not in LAYOUTS:
        raise ClaimError("a step has other parts than those that it was given")
    _expectation(step.expected)
    if step.id in earlier or not set(step.follows) <= set(earlier) or not set(step.using) <= set(LEMMAS):
        raise ClaimError(f"step {step.id} is there twice, or cites no earlier step or lemma")
    if type(step.claim) is not Claim or not isinstance(step.claim.cell, Recurrence | None):
        raise ClaimError(f"step {step.id} has no claim")
    with not_too_deep(f"step {step.id}"):
        well_formed(step.claim)


def _made(claim: Prop, assuming: tuple[Prop, ...], layout: str, cell: Cell | None) -> Claim:
    """The claim of a step, about its cell only if it speaks of it."""
    conclusion = spread(_resolve(as_prop(claim), layout))
    hypotheses = tuple(sized(_closed(spread(_resolve(as_prop(a), layout)), conclusion)) for a in assuming)
    made = Claim(conclusion, hypotheses, cell.recurrence if cell else None)
    try:
        well_formed(made)
    except CertificateError as error:
        raise ClaimError(f"no claim: {error}") from error
    except ClaimError:
        _check_names(made)  # which says more of a name with two meanings
        raise
    _check_names(made)
    moving = (
        isinstance(x, ForAllTrajectories) or (isinstance(x, Sym) and x.role != "free")
        for p in (conclusion, *hypotheses)
        for x in walk(p)
    )
    return made if any(moving) else Claim(conclusion, hypotheses, None)  # about matrices alone


def _names(what: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise ClaimError(f"{what} takes a list of ids, as in {what}=[{given!r}]")
    return tuple(given)


def _check_words(**given: object) -> None:
    for what, value in given.items():
        if not isinstance(value, str):
            raise ClaimError(f"{what} is a text for the reader, not {value!r}")


def _checked(what: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ClaimError(f"{what} is one of {', '.join(allowed)}, not {value!r}")
    return value


def _expectation(expect: str | None) -> str | None:
    return None if expect is None else _checked("expect", expect, EXPECTATIONS)


def _resolve(prop: Prop, layout: str) -> Prop:
    """Give every Jacobian that states no layout the one of the step."""

    def go(n: Node) -> Node:
        if isinstance(n, Index | Var):
            return n
        if isinstance(n, Jac) and not n.layout:
            return Jac(n.of, n.wrt, layout)
        if isinstance(n, Total | Immediate) and not n.layout:
            n = replace(n, layout=layout)
        return rebuild(n, go)  # type: ignore[no-any-return]

    return go(prop)  # type: ignore[return-value]


def _closed(hypothesis: Prop, conclusion: Prop) -> Prop:
    """A running index that the conclusion does not mention is quantified inside the hypothesis: "for all j: ..."."""
    here = free_vars(hypothesis) - free_vars(conclusion)
    for v in sorted((v for v in here if v.kind == "index"), key=lambda v: v.key):
        hypothesis = ForAll(v, hypothesis)
    return hypothesis


def _check_names(claim: Claim) -> None:
    """One name, one meaning: a variable, symbol or loss declared in two ways is refused."""
    parts = distinct(claim)
    one_loss_a_name(parts)
    variables: dict[str, Var] = {}
    for v in sorted({v for v in parts if isinstance(v, Var)}, key=lambda v: v.key):
        if variables.setdefault(v.name, v) != v:
            other = variables[v.name]
            raise ClaimError(
                f"{v.name} is used both as a {other.kind} (least {other.low}) and as a {v.kind} (least {v.low}); "
                "declare it once and use that object"
            )
    heads: dict[str, Sym] = {}
    for s in sorted(symbols(claim), key=lambda s: s.key):
        if s.role in ("state", "input", "local") and not _declares(claim, s):
            raise ClaimError(f"{s.name} is no state, input or local of the cell this step is about")
        if s.name in variables:
            raise ClaimError(_two_meanings(claim, s, variables))
        plain = Sym(s.name, s.shape, s.role, s.props, (), False)
        if heads.setdefault(s.name, plain) != plain:
            raise ClaimError(f"{s.name} is declared twice, with different shapes, roles or properties")


def _two_meanings(claim: Claim, s: Sym, variables: Mapping[str, Var]) -> str:
    """What to do about a name that a symbol and an index share: a part of the cell keeps it, the index need not."""
    kind, cell = variables[s.name].kind, claim.cell
    what = f"{'an' if kind == 'index' else 'a'} {kind}"
    heads = {x.name for x, _ in (*cell.locals, *cell.steps)} if cell is not None else set()
    parts = heads | {x.name for x in (*cell.inputs, *cell.params)} if cell is not None else heads
    if cell is None or s.name not in parts:
        return f"{s.name} is both a symbol and {what}; rename one"
    gates = {x.name for x, definition in cell.locals if isinstance(definition, Apply) and definition.order == 0}
    role = "gate" if s.name in gates else {"free": "parameter"}.get(s.role, s.role)
    other = next(x for x in (*"jklpqr", f"{s.name}_{kind}") if x not in parts | variables.keys())
    return (
        f"{s.name} is a {role} of the cell ({cell.name}) and {what} here: "
        f'call the {kind} something else, such as {kind}("{other}")'
    ).replace(" a input", " an input")


def _declares(claim: Claim, s: Any) -> bool:
    cell = claim.cell
    return cell is not None and s in (*cell.states, *cell.inputs, *(head for head, _ in cell.locals))


def _caller() -> tuple[str, int | None]:
    """File and line of the nearest frame outside this package: where the script said it."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("symrnn."):
        frame = frame.f_back  # type: ignore[assignment]
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", None)
