"""What is known where a term is normalised: ranges of the integer variables, properties, commuting pairs.

Trusted by the kernel, which builds contexts from recorded hypotheses only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import children, substitute
from symrnn.claims.tree import Apply, Det, Diag, Eye, Hadamard, MatMul, Pow, Prod, Sym, Term, Transpose
from symrnn.records import dataclass

Range = tuple[Index | None, Index | None]


@dataclass(frozen=True)
class Commuting:
    """The hypothesis ``left right = right left``, for all values of ``free``."""

    left: Term
    right: Term
    free: frozenset[Var]


@dataclass(frozen=True)
class Fact:
    """A recorded property of a letter, for all values of ``free``."""

    letter: Term
    free: frozenset[Var]
    name: str


@dataclass(frozen=True)
class Context:
    """``ranges``: bounds of each variable by constants and variables before it, outermost first.

    ``facts``: properties of symbols (a family's head stands for all members). ``invertible``: keys of normal forms
    known to be invertible. ``peel``: at which end products and sums give up their guaranteed factors: "left", "right",
    or where time begins, "first". ``rows``: free
    indices with the numbers of rows or columns that they run over. ``spelt``: gates are
    names for their definitions, and slopes are written by values, s' = s - s^2.
    """

    cell: Recurrence | None = None
    ranges: tuple[tuple[Var, Range], ...] = ()
    facts: tuple[Fact, ...] = ()
    commuting: tuple[Commuting, ...] = ()
    invertible: frozenset[str] = frozenset()
    peel: str = "left"
    rows: frozenset[tuple[Var, Index]] = frozenset()
    spelt: bool = False

    def within(self, var: Var, lo: Index, hi: Index) -> Context:
        """The context inside a binder. What it binds is another variable than a free one of that name."""
        rows = self.rows if all(v != var for v, _ in self.rows) else frozenset(x for x in self.rows if x[0] != var)
        return replace(self, ranges=(*self.ranges, (var, (lo, hi))), rows=rows)

    def least(self, form: Index) -> int | None:
        """A number that ``form`` is never below, exact for nested ranges; None if there is none.

        Each variable, innermost first, is put at the end of its range where the form is smallest.
        """
        if not form.terms:
            return form.const
        for var, (lo, hi) in reversed(self.ranges):
            c = dict(form.terms).get(var, 0)
            if c:
                end = lo if c > 0 else hi
                if end is None:
                    return None
                form = form + c * (end - as_index(var))
        if any(c < 0 or v.low is None for v, c in form.terms):
            return None
        return form.const + sum(c * (v.low or 0) for v, c in form.terms)

    def at_least(self, form: Index, bound: int) -> bool:
        """Whether ``form >= bound`` is known."""
        least = self.least(form)
        return least is not None and least >= bound

    def has_row(self, at: Index, end: Index) -> bool:
        """Whether ``at`` is known to lie between 1 and ``end``."""
        if any((v, end) in self.rows and at == as_index(v) for v, _ in at.terms):
            return True
        return self.at_least(at, 1) and self.at_least(end - at, 0)

    def knowing(self, invertible: frozenset[str]) -> Context:
        """With more normal forms known to be invertible."""
        return replace(self, invertible=self.invertible | invertible)

    def has(self, letter: Term, *properties: str) -> bool:
        """Whether a letter is declared, or assumed, to have one of the properties."""
        if isinstance(letter, Sym) and any(p in letter.props for p in properties):
            return True
        return any(f.name in properties and self._matches((f.letter,), (letter,), f.free) for f in self.facts)

    def diagonal(self, letter: Term) -> bool:
        """Diagonal letters, powers and products of them, elementwise products with one; every 1 x 1 matrix."""
        if isinstance(letter, Diag | Eye) or shape_of(letter) == (ONE, ONE):
            return True
        if isinstance(letter, Pow | Prod):
            return all(self.diagonal(x) for x in letters(letter))
        if isinstance(letter, Hadamard):
            return self.diagonal(letter.left) or self.diagonal(letter.right)
        return self.has(letter, "diagonal", "scalar")

    def regular(self, letter: Term) -> bool:
        """Whether a letter is known to be invertible (a scalar: non-zero)."""
        if isinstance(letter, Pow | Prod):
            return all(self.regular(x) for x in letters(letter))
        if isinstance(letter, Transpose | Det):
            return self.regular(letter.arg)
        if isinstance(letter, Diag) and isinstance(letter.arg, Apply) and letter.arg.order == 1:
            facts = FACTS.get(letter.arg.function)
            if facts is not None and facts.never_zero:
                return True
        if isinstance(letter, Diag) and self._positive(letter.arg):
            return True
        return isinstance(letter, Eye) or self.has(letter, "invertible", "orthogonal")

    def _positive(self, v: Term) -> bool:
        """Whether a vector consists of values of an activation that are above 0: a gate."""
        if isinstance(v, Sym) and v.role == "local" and v.index and self.cell is not None:
            definition = self.cell.definition(v.name, v.index[0])
            return definition is not None and self._positive(definition)
        facts = FACTS.get(v.function) if isinstance(v, Apply) and v.order == 0 else None
        return facts is not None and facts.positive

    def commute(self, a: Term, b: Term) -> bool:
        """Whether two square factors of equal size are known to commute."""
        shape = shape_of(a)
        if shape is None or shape != shape_of(b) or shape[0] != shape[1]:
            return False
        if base(a) == base(b) or (self.diagonal(a) and self.diagonal(b)):
            return True
        if all(self.has(x, "scalar") for x in letters(a)) or all(self.has(x, "scalar") for x in letters(b)):
            return True
        # the bound variables of two products run independently of each other
        return bool(self.commuting) and all(self._assumed(x, y) for x in letters(a) for y in letters(b, "'"))

    def _assumed(self, x: Term, y: Term) -> bool:
        if x == y or (self.diagonal(x) and self.diagonal(y)):
            return True
        return any(
            (self._matches((c.left, c.right), (x, y), c.free) or self._matches((c.left, c.right), (y, x), c.free))
            for c in self.commuting
        )

    def _matches(self, pattern: tuple[Term, ...], subject: tuple[Term, ...], free: frozenset[Var]) -> bool:
        """Whether some values of the free variables, none below its least value, make the pattern the subject."""
        if not free:
            return pattern == subject
        values: dict[Var, Index] = {}
        for p, s in zip(pattern, subject, strict=True):
            _collect(p, s, free, values)
        if not all(v.low is None or self.at_least(values.get(v, as_index(v)), v.low) for v in free):
            return False
        return tuple(substitute(p, values) for p in pattern) == subject


def base(factor: Term) -> Term:
    """The letter of a power."""
    return factor.base if isinstance(factor, Pow) else factor


def letters(factor: Term, mark: str = "") -> tuple[Term, ...]:
    """The letters inside a factor; a letter is its own. A product's body that is no word counts as one letter.

    ``mark`` is appended to the names of variables that products bind.
    """
    if isinstance(factor, Pow):
        return letters(factor.base, mark)
    if isinstance(factor, Prod):
        body = substitute(factor.body, {factor.var: as_index(Var(factor.var.name + mark, "bound", None))})
        inside = body.args if isinstance(body, MatMul) else (body,)
        return tuple(x for f in inside for x in letters(f, mark))
    return (factor,)


def _collect(p: Any, s: Any, free: frozenset[Var], values: dict[Var, Index]) -> None:
    """Values of free variables read off a subject of the same structure; whether they fit is checked afterwards."""
    if isinstance(p, Index):
        if isinstance(s, Index) and len(p.terms) == 1 and p.terms[0][1] == 1 and p.terms[0][0] in free:
            values.setdefault(p.terms[0][0], s - p.const)
        return
    if type(p) is type(s):
        for a, b in zip(children(p), children(s), strict=False):
            _collect(a, b, free, values)
