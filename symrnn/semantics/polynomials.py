"""Explicit sizes: matrices whose entries are independent real unknowns, as polynomials of python-flint. Trusted.

Only for what holds: derivatives of an activation are treated as unknowns, so nothing here may refute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from fractions import Fraction
from functools import cache
from typing import Any

from symrnn.claims.activations import FACTS
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, rows_used
from symrnn.claims.substitution import free_vars, substitute, symbols, walk
from symrnn.claims.tree import Apply, Const, Diag, ForAll, IndexRel, Jac, Not, Prop, Rel, Sym, Term
from symrnn.errors import Refused, Undefined
from symrnn.records import dataclass, replace
from symrnn.semantics.derivative import one_step
from symrnn.semantics.values import Matrix, Values, multiply

UNKNOWNS = 96
LARGEST_SIZE = 6
LINEAR = frozenset(("diagonal", "symmetric", "skew", "scalar", "lower_triangular", "upper_triangular"))
Polynomial = Any  # flint.fmpq_mpoly


@cache
def _ring() -> Any:
    import flint

    names = [f"u{i}" for i in range(UNKNOWNS)]
    return flint.fmpq_mpoly_ctx.get(names, flint.Ordering.degrevlex)


def _reduced(p: Polynomial, basis: Sequence[Polynomial]) -> Polynomial:
    """p less multiples of the basis, by division until nothing changes; what divides p leaves nothing.

    The order of monomials is by degree first, so that nothing of a higher degree than p can be of use.
    """
    most = p.total_degree()
    basis = [z for z in basis if z.total_degree() <= most]
    parts = [divmod(p, z) for z in basis]
    if not all(rest for _, rest in parts):
        return p - p
    changed = any(quotient for quotient, _ in parts)
    while changed and p:
        changed = False
        for z in basis:
            quotient, rest = divmod(p, z)
            if quotient:
                p, changed = rest, True
    return p


@dataclass(frozen=True)
class Explicit:
    """What is known at explicit sizes: polynomials that vanish and unknowns that never do.

    ``unknowns`` maps (name, key, row, column) to a generator of the ring; it only grows.
    """

    cell: Recurrence | None
    unknowns: dict[tuple[Any, ...], int]
    vanishing: tuple[Polynomial, ...] = ()
    nonzero: frozenset[int] = frozenset()
    known: dict[Term, Matrix] = field(default_factory=dict)  # values found before, which what vanishes does not change

    @staticmethod
    def of(hypotheses: tuple[Prop, ...], cell: Recurrence | None) -> Explicit:
        """The state that the hypotheses give; those it has no use for are left out, which is sound."""
        state = Explicit(cell, {})
        for h in hypotheses:
            try:
                state = state._assume(h)
            except (Refused, Undefined):
                continue
        return state

    # ---- what is known ----

    def vanishes(self, p: Polynomial) -> bool:
        """Whether p reduces to 0 by the vanishing polynomials; then it lies in their ideal."""
        return bool(_reduced(p, self.vanishing) == 0)

    def never_zero(self, p: Polynomial) -> bool:
        """Whether p is a number other than 0 times unknowns that have no zero."""
        terms = list(p.terms())
        flags = self.nonzero | self._regular_slopes()
        return len(terms) == 1 and all(not e or i in flags for i, e in enumerate(terms[0][0]))

    def _regular_slopes(self) -> frozenset[int]:
        return frozenset(i for (kind, *key), i in self.unknowns.items() if kind == "slope" and FACTS[key[0]].never_zero)

    def with_zero(self, p: Polynomial) -> Explicit:
        """With one more vanishing polynomial; each is kept reduced by the others, which leaves the ideal as it is."""
        basis = list(self.vanishing)
        p = _reduced(p, basis)
        if p == 0:
            return self
        todo, kept = basis, [p]
        for z in todo:
            rest = _reduced(z, kept)
            if rest != 0:
                kept.append(rest)
        return replace(self, vanishing=tuple(kept))

    def entries(self, r: Rel) -> list[Polynomial]:
        """The entries of lhs - rhs."""
        a, b = self.matrix(r.lhs), self.matrix(r.rhs)
        if (len(a), len(a[0])) != (len(b), len(b[0])):
            zero = self._number(Fraction(0))
            a = tuple((zero,) * len(row) for row in b) if r.lhs == Const(Fraction(0)) else a
            b = tuple((zero,) * len(row) for row in a) if r.rhs == Const(Fraction(0)) else b
        if (len(a), len(a[0])) != (len(b), len(b[0])):  # under sizes that contradict each other
            raise Refused("sides of different shapes")
        return [x - y for row, other in zip(a, b, strict=True) for x, y in zip(row, other, strict=True)]

    def scalar(self, t: Term) -> Polynomial:
        return self._values().scalar(t)

    def matrix(self, t: Term) -> Matrix:
        return self._values().matrix(t)

    # ---- hypotheses ----

    def _assume(self, h: Prop) -> Explicit:
        if isinstance(h, Rel) and h.op == "=":
            state = self
            for p in self.entries(h):
                state = state.with_zero(p)
            return state
        if isinstance(h, Not) and isinstance(h.arg, Rel) and h.arg.op == "=":
            found = self.entries(h.arg)
            terms = list(found[0].terms()) if len(found) == 1 else []
            if len(terms) == 1:
                return replace(self, nonzero=self.nonzero | {i for i, e in enumerate(terms[0][0]) if e})
        if isinstance(h, ForAll) and isinstance(h.var, Var):
            return self._assume_each(h.var, h.body)
        if isinstance(h, ForAll) and isinstance(h.var, Sym):
            return self._assume_for_all(h.var, h.body)
        return self

    def _assume_each(self, var: Var, body: Prop) -> Explicit:
        """A statement for all rows or columns, at each of them."""
        ends = [self._values().integer(end) for v, end in rows_used(body) if v == var]
        state = self
        for i in range(max(1, var.low or 1), min(ends, default=0) + 1):
            state = state._assume(substitute(body, {var: as_index(i)}))
        return state

    def _assume_for_all(self, family: Sym, body: Prop) -> Explicit:
        """An equation for all values of a diagonal family: every coefficient in its entries vanishes.

        Its entries fill an open box, or are 0 and 1 in a polynomial of degree at most 1 in each.
        """
        if not isinstance(body, Rel) or body.op != "=":
            return self
        others = symbols(body) - {family}
        if any(isinstance(t, Jac | Apply) for t in walk(body)) or any(s.role != "free" for s in others):
            raise Refused("a quantified family next to a Jacobian, a state or a local")
        if not self._is_independent(family):
            raise Refused(f"the values of {family.name} may not fill an open set")
        before = set(self.unknowns)
        members = {t for t in walk(body) if isinstance(t, Sym) and t.head == family}
        if not all(_at_other_places(a, b) for a in members for b in members if a != b):
            raise Refused(f"members of {family.name} that may be the same")
        bound: set[int] = set()
        for m in sorted(members, key=lambda m: m.key):
            for row in self.matrix(m):
                for x in row:
                    bound |= {i for e, _ in x.terms() for i, power in enumerate(e) if power}
        if bound & {self.unknowns[k] for k in before}:
            raise Refused(f"{family.name} also occurs outside its quantifier")
        binary = any(k[0] == "slope" and not FACTS[k[1]].open_box for k, i in self.unknowns.items() if i in bound)
        state = self
        for p in self.entries(body):
            parts: dict[tuple[int, ...], Polynomial] = {}
            for exponents, c in p.terms():
                if binary and any(e > 1 for i, e in enumerate(exponents) if i in bound):
                    raise Refused("a power of a derivative that is 0 or 1")
                outer = tuple(e if i in bound else 0 for i, e in enumerate(exponents))
                inner = tuple(0 if i in bound else e for i, e in enumerate(exponents))
                parts[outer] = parts.get(outer, 0) + _ring().from_dict({inner: c})
            for outer in sorted(parts):
                state = state.with_zero(parts[outer])
        self.known.clear()
        for key in [k for k, i in self.unknowns.items() if i in bound]:
            self.unknowns[("bound", len(self.unknowns), *key)] = self.unknowns.pop(key)
        return state

    def _is_independent(self, family: Sym) -> bool:
        """Whether the entries that are not 0 by linear properties take values freely, all in the same range."""
        if family.role == "free":
            return len(family.props) <= 1 and LINEAR.issuperset(family.props)
        found = self.cell.definition(family.name, as_index(self.cell.time)) if self.cell is not None else None
        slope = found.arg if isinstance(found, Diag) else None
        return isinstance(slope, Apply) and slope.order == 1 and slope.function in FACTS

    def variables(self) -> frozenset[Var]:
        """Times, lags and indices of the unknown entries."""
        return frozenset(v for key in self.unknowns for part in key if isinstance(part, Node) for v in free_vars(part))

    # ---- atoms ----

    def _values(self) -> Values:
        return Values(
            {}, self._symbol, self._activation, self._jacobian, self._number, self._rational, known=self.known
        )

    def _number(self, q: Fraction) -> Polynomial:
        import flint

        return _ring().constant(flint.fmpq(q.numerator, q.denominator))

    def _rational(self, p: Polynomial) -> Fraction:
        if p == 0:
            return Fraction(0)
        terms = list(p.terms())
        if len(terms) != 1 or any(terms[0][0]):
            raise Refused("an unknown entry where a number is needed")
        return Fraction(int(terms[0][1].p), int(terms[0][1].q))

    def _unknown(self, *key: Any) -> Polynomial:
        if key not in self.unknowns:
            if len(self.unknowns) >= UNKNOWNS:
                raise Refused(f"more than {UNKNOWNS} unknown entries")
            self.unknowns[key] = len(self.unknowns)
        return _ring().gen(self.unknowns[key])

    def _symbol(self, s: Sym) -> Matrix:
        if s.role != "free" and (self.cell is None or self.cell.member(s.name, s.index[0]) != s):
            raise Refused(f"{s} is no state, input or local of the recurrence")
        definition = self.cell.definition(s.name, s.index[0]) if self.cell and s.role == "local" else None
        if definition is not None and s.shape is not None and (ONE not in s.shape or "diagonal" in s.props):
            return self.matrix(definition)
        rows, cols = (1, 1) if s.shape is None else tuple(self._values().integer(d) for d in s.shape)
        if max(rows, cols) > LARGEST_SIZE:
            raise Refused(f"a size of {max(rows, cols)} is too large for explicit entries")
        return tuple(tuple(self._entry(s, i, j) for j in range(cols)) for i in range(rows))

    def _entry(self, s: Sym, i: int, j: int) -> Polynomial:
        """An entry of a symbol, its linear properties built in; others are not used."""
        if "scalar" in s.props:
            return self._unknown("entry", s, 0, 0) if i == j else self._number(Fraction(0))
        lower = "diagonal" in s.props or "lower_triangular" in s.props
        upper = "diagonal" in s.props or "upper_triangular" in s.props
        if (i < j and lower) or (i > j and upper) or (i == j and "skew" in s.props):
            return self._number(Fraction(0))
        if i > j and ("symmetric" in s.props or "skew" in s.props):
            return self._entry(s, j, i) * (-1 if "skew" in s.props else 1)
        return self._unknown("entry", s, i, j)

    def _activation(self, t: Apply) -> Matrix:
        shape = self.matrix(t.arg)
        kind = "slope" if t.order == 1 and t.function in FACTS else "value"
        return tuple(
            tuple(self._unknown(kind, t.function, t.order, t.arg, i, j) for j in range(len(row)))
            for i, row in enumerate(shape)
        )

    def _jacobian(self, t: Jac) -> Matrix:
        if self.cell is None:
            raise Refused("a Jacobian needs a recurrence")
        if t.layout == "denominator":
            return tuple(zip(*self._jacobian(Jac(t.of, t.wrt, "numerator")), strict=True))
        if any(self.cell.member(s.name, s.index[0]) != s for s in (t.of, t.wrt)):
            raise Refused(f"{t}: not of the recurrence")
        gap = t.of.index[0] - t.wrt.index[0]
        if not gap.is_const or not 0 <= gap.const <= 16 or len(self.cell.states) != 1:
            raise Refused("only Jacobians over an explicit number of steps of one state block")
        if t.wrt.role != "state" or t.of.role != "state":
            raise Refused("only Jacobians of states by states")
        out = self._values().eye(self._values().integer((t.of.shape or (ONE, ONE))[0]))
        for i in range(gap.const):
            later: Any = t.of.head[t.of.index[0] - i]
            earlier: Any = t.of.head[t.of.index[0] - i - 1]
            out = multiply(out, self.matrix(one_step(self.cell, later, earlier)))
        return out


def _at_other_places(a: Sym, b: Sym) -> bool:
    """Whether two members of a family are certainly different ones."""
    gaps = [x - y for x, y in zip(a.index, b.index, strict=True)]
    return any(g.is_const and g.const != 0 for g in gaps)


__all__ = ["Explicit", "IndexRel"]
