"""Terms at an instance as expressions in the language of counterexamples: names, + - * **, T, inv, det, trace.

In a network h_t = s(W_hh h_{t-1} + W_xh x_t + b) the names J, D1 (the earliest step) ..., W_hh, W_xh and I are what a
referee computes by itself from the data; what the language has no words for becomes an atom, a name with a value.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, as_index
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import is_scalar, shape_of
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Det,
    Diag,
    Entry,
    Eye,
    Immediate,
    Inv,
    Jac,
    MatMul,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.records import dataclass
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.numbers import Num, as_num, rational_of
from symrnn.semantics.values import Matrix


@dataclass(frozen=True)
class Pair:
    """The two sides of an equation (or order) that an instance violates, as expressions and as values."""

    lhs: str
    rhs: str
    lhs_value: Matrix
    rhs_value: Matrix


class Sides:
    """Turns terms at one instance into expressions. ``atoms``: values by name; ``named``: those a referee computes."""

    def __init__(self, world: World, instance: Instance, moving: bool) -> None:
        self.world, self.instance, self.moving = world, instance, moving
        cell = world.cell
        self.elman = moving and cell is not None and (cell.name.startswith("elman") or _is_plain(cell))
        self.atoms: dict[str, Matrix] = {}
        self.named: dict[str, Matrix] = {}
        self.derivatives: dict[str, Total | Immediate] = {}  # atoms that are derivatives of losses or by parameters

    def of(self, atom: Prop | None) -> Pair | None:
        """Both sides of a violated atom; None if it has none."""
        if isinstance(atom, Rel):
            return self._pair(_sized(atom.lhs, atom.rhs), _sized(atom.rhs, atom.lhs))
        if isinstance(atom, Pred) and atom.name in EQUATIONS:
            return self._pair(*EQUATIONS[atom.name](atom.arg))
        if isinstance(atom, Pred) and atom.name in PARTS:
            m, part, name = self.value(atom.arg), PARTS[atom.name], f"{atom.name}_part"
            self.atoms[name] = tuple(tuple(part(m, i, j) for j in range(len(m[0]))) for i in range(len(m)))
            return Pair(self.text(atom.arg), name, m, self.atoms[name])
        return None

    def pair_of(self, lhs: Term, rhs: Term) -> Pair:
        return self._pair(lhs, rhs)

    def _pair(self, lhs: Term, rhs: Term) -> Pair:
        return Pair(self.text(lhs), self.text(rhs), self.value(lhs), self.value(rhs))

    def value(self, t: Term) -> Matrix:
        return self.world.values.matrix(t)

    def text(self, t: Term) -> str:
        """A term as an expression."""
        return self._sum(substitute(t, self.world.values.integers))

    def _sum(self, t: Term) -> str:
        if isinstance(t, Add):
            parts = [self._sum(a) for a in t.args if not (isinstance(a, Const) and a.value == 0)]
            return " + ".join(parts or ["0"]).replace("+ -", "- ")
        return self._product(t)

    def _product(self, t: Term) -> str:
        if isinstance(t, MatMul | Times):
            kept = [a for a in t.args if not isinstance(a, Eye)]
            if not any(not is_scalar(shape_of(a)) for a in kept):  # scalars alone do not say the size
                kept = list(t.args)
            factors = [self._factor(a) for a in kept]
            if factors[0] == "-1" and len(factors) > 1:
                return "-" + "*".join(factors[1:])
            return "*".join(factors)
        return self._factor(t)

    def _factor(self, t: Term) -> str:
        if isinstance(t, Add):
            return f"({self._sum(t)})"
        if isinstance(t, MatMul | Times):
            inner = self._product(t)
            return f"({inner})" if inner.startswith("-") or isinstance(t, Times) else inner
        if isinstance(t, Const):
            shown = str(t.value)
            return shown if t.value == -1 or (t.value.denominator == 1 and t.value >= 0) else f"({shown})"
        if isinstance(t, Pow):
            return self._power(t)
        if type(t) in FUNCTIONS:
            return f"{FUNCTIONS[type(t)]}({self._sum(t.arg)})"  # type: ignore[attr-defined]
        if isinstance(t, Prod | Sum):
            return self._range(t)
        if isinstance(t, Jac) and self.elman and t.of.name == t.wrt.name == "h":
            return self._jacobian(t)
        return self._symbol(t) if isinstance(t, Sym) else self._atom(t)

    def _power(self, t: Pow) -> str:
        e, base = self.world.values.integer(t.exponent), self._factor(t.base)
        if base.startswith("-") or ("*" in base and not base.startswith("(")):
            base = f"({base})"
        if e >= 0:
            return base if e == 1 else f"{base}**{e}"
        if is_scalar(shape_of(t.base)):
            return f"({base}**{e})"
        return f"inv({self._sum(t.base)})" + (f"**{-e}" if e < -1 else "")

    def _range(self, t: Prod | Sum) -> str:
        lo, hi = self.world.values.integer(t.lo), self.world.values.integer(t.hi)
        bodies = [substitute(t.body, {t.var: as_index(i)}) for i in range(lo, hi + 1)]
        if not bodies:
            shape = shape_of(t.body)
            if shape is None:
                return "1" if isinstance(t, Prod) else "0"
            return self._factor(Eye(shape[0]) if isinstance(t, Prod) else Zeros(*shape))
        if isinstance(t, Sum):
            return f"({' + '.join(self._sum(b) for b in bodies)})".replace("+ -", "- ")
        ordered = bodies[::-1] if t.descending else bodies
        return "*".join(self._factor(b) for b in ordered)

    def _jacobian(self, t: Jac) -> str:
        later, earlier = (self.world.values.integer(s.index[0]) for s in (t.of, t.wrt))
        if (earlier, later) == (self.instance.start, self.instance.stop):
            shown = "J"
            self.named["J"] = self.value(Jac(t.of, t.wrt, "numerator"))
        elif later == earlier or self.instance.feedback:
            return self._atom(t)
        else:
            shown = "*".join(f"{self._own('D', step)}*{self._own('W_hh')}" for step in range(later, earlier, -1))
        return f"T({shown})" if t.layout == "denominator" else shown

    def _own(self, name: str, step: int | None = None) -> str:
        """The referee's name for a part of the network, and its value."""
        cell = self.world.cell
        for s in (*cell.params, *(head for head, _ in cell.locals)) if cell is not None else ():
            if s.name == name and step is not None:
                name = f"{name}{step - self.instance.start}"
                self.named[name] = self.value(at_time(s, step))
            elif s.name == name:
                self.named[name] = self.value(s)
        return name

    def _symbol(self, t: Sym) -> str:
        if not self.moving and not t.index:
            return t.name
        if self.elman and t.name == "D" and t.role == "local":
            return self._own("D", self.world.values.integer(t.index[0]))
        if self.elman and t.name in ("W_hh", "W_xh") and not t.index:
            return self._own(t.name)
        return self._atom(t)

    def _atom(self, t: Term) -> str:
        """A name for a value that the language has no expression for."""
        value = self.value(t)
        if isinstance(t, Eye):
            if self.elman:
                self.named["I"] = value
                return "I"
            name = "I"
        elif isinstance(t, Sym):
            name = f"{t.name}_{t.index[0].const}".replace("-", "m") if t.index else t.name
        elif isinstance(t, Jac):
            ends = [f"{s.name}_{self.world.values.integer(s.index[0])}" for s in (t.of, t.wrt)]
            name = f"d{ends[0]}_d{ends[1]}" + ("_T" if t.layout == "denominator" else "")
        elif (told := _told(t)) is not None:
            name = told
        else:
            name = next((n for n, known in self.atoms.items() if known == value), f"X{len(self.atoms) + 1}")
        while self.atoms.get(name, value) != value:
            name += "_"
        self.atoms[name] = value
        if isinstance(t, Total | Immediate):
            self.derivatives.setdefault(name, t)
        return name


def _told(t: Term) -> str | None:
    """A name that says what it is: diag_z_1, z_1_2 for entry 2 of a vector, abs_h_0_2 for its magnitude."""
    if isinstance(t, Sym):
        return f"{t.name}_{t.index[0].const}".replace("-", "m") if t.index else t.name
    if isinstance(t, Entry) and isinstance(t.arg, Sym) and t.row.is_const and t.col.is_const:
        column = (shape_of(t.arg) or (as_index(1),) * 2)[1] == as_index(1)
        return f"{_told(t.arg)}_{t.row.const}" + ("" if column else f"_{t.col.const}")
    if isinstance(t, Abs | Diag):
        inner = _told(t.arg)
        return None if inner is None else f"{'abs' if isinstance(t, Abs) else 'diag'}_{inner}"
    return None


def _is_plain(cell: Recurrence) -> bool:
    """Whether a network is h_t = s(W_hh h_{t-1} + W_xh x_t + b), by those names, the last two if at all."""
    if [s.name for s in cell.states] != ["h"]:
        return False
    (head, update), now = cell.steps[0], as_index(cell.time)
    inner = update.arg if isinstance(update, Apply) else None
    if isinstance(inner, Sym) and inner.role == "local":
        inner = cell.definition(inner.name, now)
    parts = inner.args if isinstance(inner, Add) else (inner,)
    names = [_part(x, head[now - 1], now) for x in parts]
    return "W_hh" in names and set(names) <= {"W_hh", "W_xh", "b"} and len(set(names)) == len(names)


def _part(x: Any, before: Term, now: Index) -> str:
    """The parameter of a part of the pre-activation; "" if it is none of the plain ones."""
    if isinstance(x, Sym) and x.role == "free" and not x.index:
        return x.name if x.name == "b" else ""
    if not isinstance(x, MatMul) or len(x.args) != 2:
        return ""
    weight, onto = x.args
    if not isinstance(weight, Sym) or weight.role != "free":
        return ""
    driven = isinstance(onto, Sym) and onto.role == "input" and (onto.name, onto.index) == ("x", (now,))
    return weight.name if (weight.name, onto) == ("W_hh", before) or (weight.name == "W_xh" and driven) else ""


def _sized(t: Term, other: Term) -> Term:
    """The number 0 beside a matrix is the zero matrix."""
    shape = shape_of(other)
    return Zeros(*shape) if t == Const(Fraction(0)) and shape is not None else t


def at_time(head: Sym, time: int) -> Sym:
    """The member of a family at a time."""
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


def minus(a: Term, b: Term) -> Term:
    return Add((a, Times((Const(Fraction(-1)), b))))


def _square(t: Term) -> Any:
    return (shape_of(t) or (as_index(1),))[0]


def _magnitude(x: Num) -> Num:
    return as_num(abs(rational_of(x)))


_ZERO = as_num(0)
FUNCTIONS: dict[type[Any], str] = {Transpose: "T", Inv: "inv", Det: "det", Trace: "trace"}
EQUATIONS: dict[str, Callable[[Term], tuple[Term, Term]]] = {  # properties that say that two terms are equal
    "symmetric": lambda x: (x, Transpose(x)),
    "skew": lambda x: (Transpose(x), Times((Const(Fraction(-1)), x))),
    "normal": lambda x: (MatMul((x, Transpose(x))), MatMul((Transpose(x), x))),
    "orthogonal": lambda x: (MatMul((Transpose(x), x)), Eye(_square(x))),
}
PARTS: dict[str, Callable[[Matrix, int, int], Num]] = {  # properties that say that a matrix is equal to a part of it
    "diagonal": lambda m, i, j: m[i][j] if i == j else _ZERO,
    "scalar": lambda m, i, j: m[0][0] if i == j else _ZERO,
    "lower_triangular": lambda m, i, j: m[i][j] if i >= j else _ZERO,
    "upper_triangular": lambda m, i, j: m[i][j] if i <= j else _ZERO,
    "nonnegative": lambda m, i, j: _magnitude(m[i][j]),
}

__all__ = ["EQUATIONS", "PARTS", "Pair", "Sides", "at_time", "minus"]
