"""An evaluator of claims of its own, for the tests: what a claim means at one network, by the slowest plain rules.

It reads claim trees (``symrnn.claims``, data only) and shares no rule with ``symrnn.semantics``: Jacobians come from
differentiating the recurrence along one direction at a time, quantifiers from trying values, numbers from
``closed_forms``. An atom with a term that has no value is false; ``Unclear`` is raised where nothing can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from closed_forms import (
    Matrix,
    NoValue,
    Number,
    Wrong,
    column_sum,
    determinant,
    diag,
    exp,
    eye,
    inverse,
    log,
    plus,
    product,
    row_sum,
    same,
    shape,
    tanh,
    trace,
    transposed,
)

from symrnn.claims import tree as tr
from symrnn.claims.index import Index, Node, Var
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import free_vars, walk

Env = Mapping[str, int]
LAGS_TRIED = 4  # values of a quantified lag or time, from its least one on


class Unclear(Exception):
    """This evaluator cannot tell."""


@dataclass
class Network:
    """Values for all that a claim leaves free. Families and inputs are functions of the index.

    ``first`` is the time of the initial state; a quantified time runs over ``window``.
    """

    integers: dict[str, int]
    matrices: dict[str, Matrix] = field(default_factory=dict)
    families: dict[str, Callable[[int], Matrix]] = field(default_factory=dict)
    cell: Recurrence | None = None
    first: int = 0
    initial: dict[str, Matrix] = field(default_factory=dict)
    inputs: dict[str, Callable[[int], Matrix]] = field(default_factory=dict)
    feedback: dict[str, Matrix] = field(default_factory=dict)
    window: tuple[int, int] = (1, 0)
    activation: str | None = None  # what stands for an opaque one
    period: int = 6  # a quantified index of families runs over so many values
    _values: dict[tuple[str, int], Matrix] = field(default_factory=dict)

    def holds(self, claim: Claim) -> bool | None:
        """True or False; None where the hypotheses fail."""
        if not all(self.true(h, self.integers) for h in claim.hypotheses):
            return None
        return self.true(claim.conclusion, self.integers)

    def meets(self, claim: Claim) -> bool:
        """Whether hypotheses and antecedents hold: the claim is not true for want of an instance."""
        if not all(self.true(h, self.integers) for h in claim.hypotheses):
            return False
        goal = claim.conclusion
        return not isinstance(goal, tr.Implies) or self.true(goal.left, self.integers)

    # ---- propositions ----

    def true(self, p: tr.Prop, env: Env) -> bool:
        match p:
            case tr.And():
                return all(self.true(a, env) for a in p.args)
            case tr.Or():
                return any(self.true(a, env) for a in p.args)
            case tr.Not():
                return not self.true(p.arg, env)
            case tr.Implies():
                return not self.true(p.left, env) or self.true(p.right, env)
            case tr.Iff():
                return self.true(p.left, env) == self.true(p.right, env)
            case tr.IndexRel():
                a, b = self.integer(p.lhs, env), self.integer(p.rhs, env)
                return a == b if p.op == "=" else a <= b if p.op == "<=" else a < b
            case tr.ForAll():
                return all(self.true(p.body, {**env, p.var.name: i}) for i in self._values_of(p, env))
            case tr.Rel() | tr.Pred():
                try:
                    return self._relation(p, env) if isinstance(p, tr.Rel) else self._property(p, env)
                except NoValue:
                    return False
        raise Unclear(type(p).__name__)

    def _values_of(self, p: tr.ForAll, env: Env) -> range:
        if not isinstance(p.var, Var):
            raise Unclear("a quantified matrix")
        for t in walk(p.body):
            if isinstance(t, tr.Entry):
                for at, length in ((t.row, 0), (t.col, 1)):
                    if p.var in free_vars(at):
                        others = {**env, **{v.name: 1 for v in free_vars(t.arg) if v.name not in env}}
                        return range(1, shape(self.value(t.arg, others))[length] + 1)
        if any(isinstance(t, tr.Sym) and t.index and t.role != "free" for t in walk(p.body)):
            return range(self.window[0], self.window[1] + 1)
        low = p.var.low if p.var.low is not None else 0
        return range(low, low + max(LAGS_TRIED, self.period))

    def _relation(self, p: tr.Rel, env: Env) -> bool:
        a, b = self.value(p.lhs, env), self.value(p.rhs, env)
        if shape(a) != shape(b):
            a, b = _as_zero(p.lhs, a, b), _as_zero(p.rhs, b, a)
        gaps = [x for row in plus(b, a, -1) for x in row]
        if p.op == "=":
            return all(g.is_zero for g in gaps)
        return all(g.sign > 0 or (p.op == "<=" and g.is_zero) for g in gaps)

    def _property(self, p: tr.Pred, env: Env) -> bool:
        m = self.value(p.arg, env)
        n, mt = len(m), transposed(m)
        off = [(i, j) for i in range(n) for j in range(len(m[0])) if i != j]
        tests: dict[str, Callable[[], bool]] = {
            "diagonal": lambda: all(m[i][j].is_zero for i, j in off),
            "scalar": lambda: all(m[i][j].is_zero for i, j in off) and all(m[i][i] == m[0][0] for i in range(n)),
            "symmetric": lambda: same(m, mt),
            "skew": lambda: same(m, _scaled(-1, mt)),
            "orthogonal": lambda: same(product(mt, m), eye(n)),
            "normal": lambda: same(product(mt, m), product(m, mt)),
            "invertible": lambda: not determinant(m).is_zero,
            "nonnegative": lambda: all(x.sign >= 0 for row in m for x in row),
            "lower_triangular": lambda: all(m[i][j].is_zero for i, j in off if i < j),
            "upper_triangular": lambda: all(m[i][j].is_zero for i, j in off if i > j),
        }
        if p.name not in tests:
            raise Unclear(p.name)
        return tests[p.name]()

    # ---- terms ----

    def integer(self, form: Index, env: Env) -> int:
        missing = [v.name for v, _ in form.terms if v.name not in env]
        if missing:
            raise Unclear(f"no value for {missing[0]}")
        return form.const + sum(c * env[v.name] for v, c in form.terms)

    def value(self, t: tr.Term, env: Env) -> Matrix:
        rule = _VALUES.get(type(t))
        if rule is None:
            raise Unclear(type(t).__name__)
        return rule(self, t, env)

    def scalar(self, t: tr.Term, env: Env) -> Number:
        m = self.value(t, env)
        if shape(m) != (1, 1):
            raise Wrong(f"{t} is no scalar")
        return m[0][0]

    def symbol(self, t: tr.Sym, env: Env) -> Matrix:
        if not t.index:
            return self.matrices[t.name]
        at = self.integer(t.index[0], env)
        if t.role == "free":
            return self.families[t.name](at)
        if (t.name, at) not in self._values:
            self._values[t.name, at] = self._simulated(t, at)
        return self._values[t.name, at]

    def _simulated(self, t: tr.Sym, at: int) -> Matrix:
        if self.cell is None or at < self.first or (at == self.first and t.role != "state"):
            raise Unclear(f"{t.name} at time {at} is before the start")
        if t.role == "state" and at == self.first:
            return self.initial[t.name]
        if t.role == "input":
            given = self.inputs[t.name](at)
            if t.name in self.feedback:
                previous = self.symbol(tr.Sym(*_state(self.cell), (Index((), at - 1),), False), {})
                given = plus(product(self.feedback[t.name], previous), given)
            return given
        return self.value(self._update(t.name), {self.cell.time.name: at, **self._sizes()})

    def _update(self, name: str) -> tr.Term:
        cell = self.cell
        for head, term in (*cell.steps, *cell.locals) if cell else ():
            if head.name == name:
                return term
        raise Unclear(f"{name} has no update")

    def _sizes(self) -> dict[str, int]:
        """Sizes of the cell, read off the parameters too."""
        out = {v.name: self.integers[v.name] for v in _sizes_in(self.cell) if v.name in self.integers}
        for p in self.cell.params if self.cell else ():
            for d, length in zip(p.shape or (), shape(self.matrices[p.name]), strict=False):
                if len(d.terms) == 1 and not d.const and d.terms[0][1] == 1:
                    out.setdefault(d.terms[0][0].name, length)
        return out

    def activated(self, name: str, a: Number) -> tuple[Number, Number]:
        """Value and derivative of an activation."""
        name = name if name in _ACTIVATIONS else self.activation or name
        if name not in _ACTIVATIONS:
            raise Unclear(f"the activation {name}")
        return _ACTIVATIONS[name](a)

    def run(self, t: tr.Prod | tr.Sum, env: Env) -> list[Matrix]:
        lo, hi = self.integer(t.lo, env), self.integer(t.hi, env)
        return [self.value(t.body, {**env, t.var.name: i}) for i in range(lo, hi + 1)]

    def size_of(self, t: tr.Term, env: Env) -> tuple[int, int]:
        found = shape_of(t)
        return (1, 1) if found is None else (self.integer(found[0], env), self.integer(found[1], env))

    # ---- derivatives ----

    def jacobian(self, t: tr.Jac, env: Env) -> Matrix:
        """Column by column: the derivative of ``of`` along each coordinate of ``wrt``."""
        at, until = self.integer(t.wrt.index[0], env), self.integer(t.of.index[0], env)
        if until < at or self.cell is None:
            raise Unclear("a derivative by something later")
        there = self.symbol(t.wrt, env)
        columns = []
        for k in range(len(there) * len(there[0])):
            moved = _unit(shape(there), k)
            d = _Direction(self, t.wrt.name, at, moved).of(t.of.name, until)
            columns.append([x for row in d for x in row])
        return columns if t.layout == "denominator" else transposed(columns)


class _Direction:
    """Directional derivatives of everything after ``name`` at time ``at`` moves in a direction."""

    def __init__(self, network: Network, name: str, at: int, moved: Matrix) -> None:
        self.network, self.name, self.at, self.moved = network, name, at, moved
        self.known: dict[tuple[str, int], Matrix] = {}

    def of(self, name: str, time: int) -> Matrix:
        key = (name, time)
        if key not in self.known:
            self.known[key] = self._of(name, time)
        return self.known[key]

    def _of(self, name: str, time: int) -> Matrix:
        cell = self.network.cell
        if cell is None:
            raise Unclear("no recurrence")
        if (name, time) == (self.name, self.at):
            return self.moved
        heads = {s.name: s for s in (*cell.states, *cell.inputs, *(s for s, _ in cell.locals))}
        sizes = self.network._sizes()
        still = _zeros(*(self.network.integer(d, sizes) for d in heads[name].shape or ()))
        if heads[name].role == "input":
            if name in self.network.feedback:
                return product(self.network.feedback[name], self.of(cell.states[0].name, time - 1))
            return still
        wrt_is_state = heads[self.name].role == "state"
        if time < self.at or (time == self.at and wrt_is_state):
            return still  # coordinates of one state are independent
        return self.along(self.network._update(name), {cell.time.name: time, **sizes})

    def along(self, t: tr.Term, env: Env) -> Matrix:
        """The derivative of a term of an update."""
        net = self.network
        match t:
            case tr.Sym():
                return self.of(t.name, net.integer(t.index[0], env)) if t.index else _zeros(*shape(net.value(t, env)))
            case tr.Const() | tr.Zeros() | tr.Eye() | tr.Ones():
                return _zeros(*shape(net.value(t, env)))
            case tr.Add():
                parts = [self.along(a, env) for a in t.args]
                return _total(parts)
            case tr.Transpose():
                return transposed(self.along(t.arg, env))
            case tr.Diag():
                return diag([row[0] for row in self.along(t.arg, env)])
            case tr.MatMul():
                return self._product(t.args, env, product)
            case tr.Times():
                return self._product(t.args, env, _times)
            case tr.Hadamard():
                return self._product((t.left, t.right), env, _entrywise)
            case tr.Apply() if t.order == 0:
                slopes = [[net.activated(t.function, x)[1] for x in row] for row in net.value(t.arg, env)]
                return _entrywise(slopes, self.along(t.arg, env))
        raise Unclear(f"the derivative of {type(t).__name__}")

    def _product(self, args: tuple[tr.Term, ...], env: Env, op: Callable[[Matrix, Matrix], Matrix]) -> Matrix:
        parts = []
        for i, moving in enumerate(args):
            d = self.along(moving, env)
            factors = [d if i == j else self.network.value(a, env) for j, a in enumerate(args)]
            total = factors[0]
            for f in factors[1:]:
                total = op(total, f)
            parts.append(total)
        return _total(parts)


# ---- rules -----------------------------------------------------------------------------------------------------------


def _zeros(rows: int, cols: int) -> Matrix:
    return [[Number.of(0)] * cols for _ in range(rows)]


def _unit(size: tuple[int, int], k: int) -> Matrix:
    rows, cols = size
    return [[Number.of(int(i * cols + j == k)) for j in range(cols)] for i in range(rows)]


def _scaled(c: Number | Fraction | int, m: Matrix) -> Matrix:
    return [[x * c for x in row] for row in m]


def _times(a: Matrix, b: Matrix) -> Matrix:
    if shape(a) == (1, 1):
        return _scaled(a[0][0], b)
    if shape(b) == (1, 1):
        return _scaled(b[0][0], a)
    raise Wrong("a product of two matrices as if of scalars")


def _entrywise(a: Matrix, b: Matrix) -> Matrix:
    return [[x * y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def _total(parts: list[Matrix]) -> Matrix:
    out = parts[0]
    for p in parts[1:]:
        out = plus(out, p)
    return out


def _as_zero(t: tr.Term, m: Matrix, other: Matrix) -> Matrix:
    return _zeros(*shape(other)) if isinstance(t, tr.Const) and t.value == 0 else m


def _sizes_in(n: Node | None) -> Iterator[Var]:
    return (v for v in free_vars(n) if v.kind == "size") if n is not None else iter(())


def _state(cell: Recurrence) -> tuple[str, Any, str, Any]:
    s = cell.states[0]
    return s.name, s.shape, s.role, s.props


def _add(net: Network, t: tr.Add, env: Env) -> Matrix:
    parts = [a for a in t.args if not (isinstance(a, tr.Const) and a.value == 0)] or list(t.args[:1])
    return _total([net.value(a, env) for a in parts])


def _all_times(net: Network, t: tr.Times, env: Env) -> Matrix:
    out = net.value(t.args[0], env)
    for a in t.args[1:]:
        out = _times(out, net.value(a, env))
    return out


def _matmul(net: Network, t: tr.MatMul, env: Env) -> Matrix:
    out = net.value(t.args[0], env)
    for a in t.args[1:]:
        out = product(out, net.value(a, env))
    return out


def _power(net: Network, t: tr.Pow, env: Env) -> Matrix:
    e, m = net.integer(t.exponent, env), net.value(t.base, env)
    m = inverse(m) if e < 0 else m
    out = eye(len(m))
    for _ in range(abs(e)):
        out = product(out, m)
    return out


def _entry(net: Network, t: tr.Entry, env: Env) -> Matrix:
    m, i, j = net.value(t.arg, env), net.integer(t.row, env), net.integer(t.col, env)
    if not (1 <= i <= len(m) and 1 <= j <= len(m[0])):
        raise NoValue(f"no entry {i}, {j}")
    return [[m[i - 1][j - 1]]]


def _ordered(net: Network, t: tr.Prod, env: Env) -> Matrix:
    factors = net.run(t, env)
    out = eye(net.size_of(t.body, env)[0])
    for f in factors[::-1] if t.descending else factors:
        out = product(out, f)
    return out


def _sum(net: Network, t: tr.Sum, env: Env) -> Matrix:
    out = _zeros(*net.size_of(t.body, env))
    for m in net.run(t, env):
        out = plus(out, m)
    return out


def _apply(net: Network, t: tr.Apply, env: Env) -> Matrix:
    return [[net.activated(t.function, x)[t.order] for x in row] for row in net.value(t.arg, env)]


def _norm(net: Network, t: tr.Norm, env: Env) -> Matrix:
    m = net.value(t.arg, env)
    if t.kind == "fro" or (t.kind == "2" and min(shape(m)) > 1):
        raise Unclear(f"the {t.kind}-norm")
    return [[row_sum(m) if t.kind == "inf" else column_sum(m)]]


def _sigmoid(a: Number) -> tuple[Number, Number]:
    e = exp(a)
    p = e / (1 + e)
    return p, p * (1 - p)


def _tanh(a: Number) -> tuple[Number, Number]:
    p = tanh(a)
    return p, 1 - p * p


def _softplus(a: Number) -> tuple[Number, Number]:
    e = exp(a)
    return log(1 + e), e / (1 + e)


def _relu(a: Number) -> tuple[Number, Number]:
    if a.is_zero:
        raise Unclear("the kink of ReLU")
    return (a, Number.of(1)) if a.sign > 0 else (Number.of(0), Number.of(0))


def _hard_sigmoid(a: Number, slope: Fraction) -> tuple[Number, Number]:
    inner = a * slope + Fraction(1, 2)
    if inner.is_zero or (inner - 1).is_zero:
        raise Unclear("a kink of a hard sigmoid")
    if inner.sign > 0 and (inner - 1).sign < 0:
        return inner, Number.of(slope)
    return Number.of(int(inner.sign > 0)), Number.of(0)


_ACTIVATIONS: dict[str, Callable[[Number], tuple[Number, Number]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "relu": _relu,
    "identity": lambda a: (a, Number.of(1)),
    "hard_sigmoid": lambda a: _hard_sigmoid(a, Fraction(1, 5)),
    "hard_sigmoid6": lambda a: _hard_sigmoid(a, Fraction(1, 6)),
}

_VALUES: dict[type[tr.Term], Callable[[Network, Any, Env], Matrix]] = {
    tr.Const: lambda net, t, env: [[Number.of(t.value)]],
    tr.SizeOf: lambda net, t, env: [[Number.of(net.integer(t.index, env))]],
    tr.Sym: Network.symbol,
    tr.Eye: lambda net, t, env: eye(net.integer(t.size, env)),
    tr.Zeros: lambda net, t, env: _zeros(net.integer(t.rows, env), net.integer(t.cols, env)),
    tr.Add: _add,
    tr.Times: _all_times,
    tr.MatMul: _matmul,
    tr.Hadamard: lambda net, t, env: _entrywise(net.value(t.left, env), net.value(t.right, env)),
    tr.Pow: _power,
    tr.Transpose: lambda net, t, env: transposed(net.value(t.arg, env)),
    tr.Inv: lambda net, t, env: inverse(net.value(t.arg, env)),
    tr.Trace: lambda net, t, env: [[trace(net.value(t.arg, env))]],
    tr.Det: lambda net, t, env: [[determinant(net.value(t.arg, env))]],
    tr.Norm: _norm,
    tr.Abs: lambda net, t, env: [[x if x.sign >= 0 else -x for x in row] for row in net.value(t.arg, env)],
    tr.Diag: lambda net, t, env: diag([row[0] for row in net.value(t.arg, env)]),
    tr.Blocks: lambda net, t, env: [
        [x for block in band for x in block[i]]
        for band in [[net.value(block, env) for block in row] for row in t.rows]
        for i in range(len(band[0]))
    ],
    tr.Apply: _apply,
    tr.Entry: _entry,
    tr.Jac: Network.jacobian,
    tr.Prod: _ordered,
    tr.Sum: _sum,
}


# ---- the instances of symrnn, as data --------------------------------------------------------------------------------


def from_instance(claim: Claim, instance: Any) -> Network:
    """The network that an instance of a certificate describes; its numbers are read, nothing else is used."""
    families = dict(instance.families)
    inputs = dict(instance.inputs)

    def member(name: str) -> Callable[[int], Matrix]:
        rows = families[name]
        return lambda i: _numbers(rows[i % len(rows)])

    def driven(name: str) -> Callable[[int], Matrix]:
        def at(time: int) -> Matrix:
            if not 0 < time - instance.start <= len(inputs[name]):
                raise Unclear(f"no input {name} at time {time}")
            return _numbers(inputs[name][time - instance.start - 1])

        return at

    return Network(
        {v.name: i for v, i in instance.integers},
        {name: _numbers(rows) for name, rows in instance.matrices},
        {name: member(name) for name in families},
        claim.cell,
        instance.start,
        {name: _numbers(rows) for name, rows in instance.initial},
        {name: driven(name) for name in inputs},
        {name: _numbers(rows) for name, rows in instance.feedback},
        (instance.start + 1, instance.stop),
        instance.activation,
        max([1, *(len(m) for m in families.values())]),
    )


def _numbers(rows: Any) -> Matrix:
    return [[_number(x) for x in row] for row in rows]


def _number(x: Any) -> Number:
    total = Number.of(x.rational)
    for p, c in x.logs:
        total = total + log(p) * c
    return total
