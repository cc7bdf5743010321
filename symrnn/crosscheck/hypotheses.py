"""How to draw instances that meet hypotheses: which symbols are given by equations, commute, or have properties.

Nothing here is relied on: whatever is drawn, the hypotheses are then checked at the instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.predicates import PROPERTIES
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import symbols, walk
from symrnn.claims.tree import (
    Add,
    And,
    Const,
    Eye,
    ForAll,
    ForAllTrajectories,
    Iff,
    Implies,
    IndexRel,
    Inv,
    MatMul,
    Pred,
    Prop,
    Rel,
    Sym,
    Term,
    Times,
    Transpose,
    Zeros,
)

OWN = ("free", "param")  # roles of symbols that may be given any value


@dataclass(frozen=True)
class Goal:
    """A conclusion to be tested where all hypotheses hold."""

    hypotheses: tuple[Prop, ...]
    conclusion: Prop


def goals(claim: Claim) -> tuple[Goal, ...]:
    """The claim as goals: antecedents become hypotheses, outer quantifiers are instantiated by the draw itself.

    Every violation of a goal is one of the claim.
    """
    return tuple(_goals(claim.conclusion, claim.hypotheses))


def _goals(prop: Prop, given: tuple[Prop, ...]) -> Iterator[Goal]:
    if isinstance(prop, And):
        for part in prop.args:
            yield from _goals(part, given)
    elif isinstance(prop, Implies):
        yield from _goals(prop.right, (*given, prop.left))
    elif isinstance(prop, Iff):
        yield from _goals(prop.right, (*given, prop.left))
        yield from _goals(prop.left, (*given, prop.right))
    elif isinstance(prop, ForAll | ForAllTrajectories):
        yield from _goals(prop.body, given)
    else:
        yield Goal(given, prop)


@dataclass(frozen=True)
class Definition:
    """``head`` (or its member at ``index``) is ``term``; with ``ratio``, the number by which ``ratio`` gives ``term``.

    ``var``: a bound index; then every member is defined.
    """

    head: Sym
    index: Index | None
    var: Var | None
    term: Term
    ratio: Term | None = None


@dataclass
class Plan:
    """What the draw can do for the hypotheses."""

    definitions: list[Definition] = field(default_factory=list)
    properties: dict[Sym, frozenset[str]] = field(default_factory=dict)
    commuting: list[frozenset[Sym]] = field(default_factory=list)
    integers: list[IndexRel] = field(default_factory=list)
    about_network: bool = False


def plan(hypotheses: Iterable[Prop]) -> Plan:
    """Read hypotheses for what can be arranged: equations that define a symbol, commuting pairs, properties."""
    out = Plan()
    for prop, bound in _parts(hypotheses, ()):
        out.about_network = out.about_network or any(s.role not in OWN for s in symbols(prop))
        if isinstance(prop, IndexRel) and not bound:
            out.integers.append(prop)
        elif isinstance(prop, Pred) and isinstance(prop.arg, Sym) and prop.name in PROPERTIES:
            _add_property(out, prop.arg.head, prop.name)
        elif isinstance(prop, Rel) and prop.op == "=":
            _read_equation(out, prop, bound)
    return out


def _parts(hypotheses: Iterable[Prop], bound: tuple[Var, ...]) -> Iterator[tuple[Prop, tuple[Var, ...]]]:
    for prop in hypotheses:
        if isinstance(prop, And):
            yield from _parts(prop.args, bound)
        elif isinstance(prop, ForAll) and isinstance(prop.var, Var):
            yield from _parts((prop.body,), (*bound, prop.var))
        else:
            yield prop, bound


def _add_property(out: Plan, head: Sym, name: str) -> None:
    out.properties[head] = out.properties.get(head, frozenset()) | {name}


def _read_equation(out: Plan, rel: Rel, bound: tuple[Var, ...]) -> None:
    pair = _commuting_pair(rel)
    if pair is not None:
        merged = pair.union(*(group for group in out.commuting if group & pair))
        out.commuting = [group for group in out.commuting if not group & pair] + [merged]
        return
    own = _own_property(rel)
    if own is not None:
        _add_property(out, *own)
        return
    candidates = [d for left, right in ((rel.lhs, rel.rhs), (rel.rhs, rel.lhs)) for d in _solved(left, right, bound)]
    chosen = next((d for d in candidates if _is_new(out, d)), None)
    if chosen is not None:
        out.definitions.append(chosen)


def _commuting_pair(rel: Rel) -> frozenset[Sym] | None:
    """{A, B} of A B = B A or A B - B A = 0."""
    left, right = rel.lhs, rel.rhs
    if _is_zero(right) and isinstance(left, Add) and len(left.args) == 2:
        second = left.args[1]
        if isinstance(second, Times) and len(second.args) == 2 and second.args[0] == Const(Fraction(-1)):
            left, right = left.args[0], second.args[1]
    if isinstance(left, MatMul) and isinstance(right, MatMul) and left.args == right.args[::-1] and len(left.args) == 2:
        heads = [a.head for a in left.args if isinstance(a, Sym)]
        return frozenset(heads) if len(heads) == 2 else None
    return None


def _is_zero(term: Term) -> bool:
    return isinstance(term, Zeros) or (isinstance(term, Const) and term.value == 0)


def _own_property(rel: Rel) -> tuple[Sym, str] | None:
    """W^T = W, W^T = -W and W W^T = I as properties."""
    for left, right in ((rel.lhs, rel.rhs), (rel.rhs, rel.lhs)):
        flipped = left.arg if isinstance(left, Transpose) else None
        if isinstance(flipped, Sym) and right == flipped:
            return flipped.head, "symmetric"
        if isinstance(flipped, Sym) and right == Times((Const(Fraction(-1)), flipped)):
            return flipped.head, "skew"
        if isinstance(left, MatMul) and len(left.args) == 2 and isinstance(right, Eye):
            a, b = left.args
            head = a if isinstance(a, Sym) else b
            if isinstance(head, Sym) and Transpose(head) in (a, b) and _is_square(head):
                return head.head, "orthogonal"
    return None


def _is_square(head: Sym) -> bool:
    """U^T U = I of a tall U says that its columns are orthonormal, which no property says."""
    return head.shape is not None and head.shape[0] == head.shape[1]


def _solved(left: Term, right: Term, bound: tuple[Var, ...]) -> Iterator[Definition]:
    """Ways to read left = right as a definition: of left, of its first or last factor, of a scalar factor."""
    if isinstance(left, Sym):
        yield from _defined(left, right, bound)
    if isinstance(left, MatMul):
        first, last = left.args[0], left.args[-1]
        if isinstance(first, Sym):
            yield from _defined(first, MatMul((right, Inv(_product(left.args[1:])))), bound)
        if isinstance(last, Sym):
            yield from _defined(last, MatMul((Inv(_product(left.args[:-1])), right)), bound)
    if isinstance(left, Times):
        for i, factor in enumerate(left.args):
            if isinstance(factor, Sym) and factor.shape is None and not factor.index and factor.role in OWN:
                rest = (*left.args[:i], *left.args[i + 1 :])
                yield Definition(factor, None, bound[0] if bound else None, right, Times(rest))


def _product(factors: tuple[Term, ...]) -> Term:
    return factors[0] if len(factors) == 1 else MatMul(factors)


def _defined(sym: Sym, term: Term, bound: tuple[Var, ...]) -> Iterator[Definition]:
    if sym.role not in OWN or sym.family:
        return
    if not sym.index:
        if not any(v in bound for v in walk(term)):
            yield Definition(sym, None, None, term)
        return
    var = next((v for v in bound if as_index(v) == sym.index[0]), None)
    if var is not None or not any(v in bound for v in walk(sym.index[0])):
        yield Definition(sym.head, sym.index[0], var, term)


def _is_new(out: Plan, d: Definition) -> bool:
    """Whether the symbol is not defined yet and its term does not lead back to it."""
    for other in out.definitions:
        if d.head == other.head and (d.var is not None or other.var is not None or d.index == other.index):
            return False
    needed, todo = set[Sym](), list(symbols(d.term) | (frozenset() if d.ratio is None else symbols(d.ratio)))
    while todo:
        head = todo.pop()
        if head not in needed:
            needed.add(head)
            todo += [s for other in out.definitions if other.head == head for s in symbols(other.term)]
    feeds_network = d.head.role == "param" and any(s.role not in OWN for s in needed)
    return d.head not in needed and not feeds_network
