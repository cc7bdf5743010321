"""The slow honest way: a network of explicit SymPy symbols, composed over time and differentiated entry by entry.

No chain rule over time steps and no matrix rule is used, so this is what structural results can be compared with.
Jacobians are laid out here row by row (row i belongs to entry i of what is differentiated); SymPy's own ``jacobian``
and derivatives by matrices, which differ in orientation from case to case, are not used.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy as untyped

from symrnn.claims import tree
from symrnn.claims.index import Index, Var
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import Sym, Term
from symrnn.errors import ClaimError, Undefined
from symrnn.records import dataclass, replace

LARGEST_SIZE, LONGEST_LAG = 4, 6
Expr = Any  # a SymPy expression or matrix
sympy: Any = untyped  # SymPy ships no types


# ---- activations ----------------------------------------------------------------------------------------------------


@functools.cache
def opaque(name: str) -> Any:
    """An activation about which nothing is known: a SymPy function whose derivative is the function ``name'``.

    >>> x = sympy.Symbol("x")
    >>> sympy.diff(opaque("phi")(2 * x), x)
    2*phi'(2*x)
    """

    def fdiff(self: Any, argindex: int = 1) -> Expr:
        return opaque(f"{name}'")(self.args[0])

    return type(name, (sympy.Function,), {"fdiff": fdiff, "nargs": 1})


_KNOWN: dict[str, Callable[[Expr], Expr]] = {
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "tanh": sympy.tanh,
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "relu": lambda x: sympy.Max(x, 0),
    "identity": lambda x: x,
    "hard_sigmoid": lambda x: sympy.Min(sympy.Max(x / 5 + sympy.Rational(1, 2), 0), 1),
    "hard_sigmoid6": lambda x: sympy.Min(sympy.Max(x / 6 + sympy.Rational(1, 2), 0), 1),
}


def activate(name: str, order: int, at: Expr) -> Expr:
    """The activation ``name``, or its derivative of the given order by SymPy, at an expression."""
    function = _KNOWN.get(name) or opaque(name)
    if order == 0:
        return function(at)
    x = sympy.Dummy("x", real=True)
    return sympy.diff(function(x), x, order).subs(x, at)


# ---- instances ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Instance:
    """A network over the times 0..lag in explicit symbols, as ``explicit_instance`` makes it.

    ``states[s]`` gives each state block at time s as a matrix of expressions in the states at time 0 (``h1``, ...),
    the inputs (``x_2_1``: time 2, entry 1) and the parameters (``W_hh_12``).
    """

    recurrence: Recurrence
    sizes: Mapping[Var, int]
    lag: int
    states: tuple[Mapping[str, Expr], ...]

    def jacobian(self, block_of: str, block_wrt: str) -> Expr:
        """d block_of[lag] / d block_wrt[0]: the derivative of the composition, entry by entry, numerator layout.

        Other blocks at time 0 are held. Raises ClaimError for an unknown block.
        """
        for name in (block_of, block_wrt):
            if name not in self.states[0]:
                there = ", ".join(self.states[0])
                raise ClaimError(f"{name} is no state of {self.recurrence.name}; there are: {there}")
        return _differentiate(self.states[-1][block_of], self.states[0][block_wrt])

    def shape(self, head: Sym) -> tuple[int, int]:
        """Rows and columns of a symbol; a scalar counts as 1 x 1."""
        rows, cols = (_integer(d, self.sizes) for d in head.shape or (ONE, ONE))
        return rows, cols

    def symbol(self, head: Sym, at: int | None = None) -> Expr:
        """A parameter, a free symbol or an input as a matrix of real symbols, or one symbol for a scalar.

        Raises ClaimError for properties that independent entries cannot have, such as orthogonal.
        """
        name = head.name if at is None else f"{head.name}_{at}"
        if head.shape is None:
            return sympy.Symbol(name, real=True)
        is_vector = ONE in head.shape

        def entry(i: int, j: int) -> Expr:
            suffix = str(max(i, j) + 1) if is_vector else f"{i + 1}{j + 1}"
            return sympy.Symbol(f"{name}_{suffix}", real=True)

        made: Entries = entry
        for p in head.props:
            if p not in _ENTRIES:
                raise ClaimError(f"{head.name} is {p}: explicit entries cannot say so")
            made = _ENTRIES[p](made)
        return sympy.Matrix(*self.shape(head), made)


Entries = Callable[[int, int], Expr]
_ENTRIES: dict[str, Callable[[Entries], Entries]] = {
    "diagonal": lambda a: lambda i, j: a(i, j) if i == j else 0,
    "invertible": lambda a: a,  # as symbols
    "lower_triangular": lambda a: lambda i, j: a(i, j) if i >= j else 0,
    "nonnegative": lambda a: lambda i, j: sympy.Abs(a(i, j)),
    "scalar": lambda a: lambda i, j: a(0, 0) if i == j else 0,
    "skew": lambda a: lambda i, j: a(i, j) - a(j, i),
    "symmetric": lambda a: lambda i, j: a(min(i, j), max(i, j)),
    "upper_triangular": lambda a: lambda i, j: a(i, j) if i <= j else 0,
}


def explicit_instance(cell_recurrence: Recurrence, sizes: Mapping[str, int], lag: int) -> Instance:
    """The recurrence over ``lag`` steps at the given sizes (by name), with explicit symbols.

    Raises ClaimError for a missing size, a size above 4, a lag above 6, or an update that looks further back.

    >>> from symrnn import Elman, tanh
    >>> net = explicit_instance(Elman(tanh, bias=False).recurrence, {"n": 1, "m": 1}, 1)
    >>> net.states[1]["h"]
    Matrix([[tanh(W_hh_11*h1 + W_xh_11*x_1_1)]])
    >>> net.jacobian("h", "h")
    Matrix([[W_hh_11*(1 - tanh(W_hh_11*h1 + W_xh_11*x_1_1)**2)]])
    """
    if not 0 <= lag <= LONGEST_LAG:
        raise ClaimError(f"explicit instances take lags 0 to {LONGEST_LAG}, not {lag}")
    known = {v: sizes.get(v.name, 0) for v in free_vars(cell_recurrence) if v.kind == "size"}
    for v, value in known.items():
        if not 1 <= value <= LARGEST_SIZE:
            raise ClaimError(f"explicit instances take sizes 1 to {LARGEST_SIZE}; {v} is {value or 'missing'}")
    net = Instance(cell_recurrence, known, lag, ())
    run = _Run(net, 0, {})
    states = tuple({b.name: run.value(b, s) for b in cell_recurrence.states} for s in range(lag + 1))
    return replace(net, states=states)


def _integer(form: Index, ints: Mapping[Var, int]) -> int:
    for v, _ in form.terms:
        if v not in ints:
            raise ClaimError(f"{v} has no value at this instance")
    return form.const + sum(c * ints[v] for v, c in form.terms)


# ---- the composition ------------------------------------------------------------------------------------------------


class _Run:
    """The recurrence from time ``start`` on, in symbols for the states there; ``held``: other quantities replaced."""

    def __init__(self, instance: Instance, start: int, held: Mapping[tuple[str, int], Expr]) -> None:
        self.instance, self.start, self.held = instance, start, held
        recurrence = instance.recurrence
        self._definitions = {head.name: term for head, term in (*recurrence.steps, *recurrence.locals)}
        self._values: dict[tuple[str, int], Expr] = {}

    def value(self, head: Sym, at: int) -> Expr:
        """A state, input or local at a time as a matrix of expressions."""
        key = (head.name, at)
        if key in self.held:
            return self.held[key]
        if key not in self._values:
            self._values[key] = self._compute(head, at)
        return self._values[key]

    def _compute(self, head: Sym, at: int) -> Expr:
        recurrence = self.instance.recurrence
        if head.role == "input":
            if head.name not in recurrence.exogenous:
                raise ClaimError(f"the input {head.name} may depend on earlier states in a way that is not given")
            return self.instance.symbol(head, at)
        if head.role == "state" and at == self.start:
            rows, cols = self.instance.shape(head)
            return sympy.Matrix(rows, cols, lambda i, j: sympy.Symbol(f"{head.name}{max(i, j) + 1}", real=True))
        if at <= self.start or head.name not in self._definitions:
            raise ClaimError(f"{head.name} at time {at} is not given: this instance begins at time {self.start}")
        ints = {**self.instance.sizes, recurrence.time: at}
        return _evaluate(self._definitions[head.name], _Scope(self, ints))


def _differentiate(of: Expr, wrt: Expr) -> Expr:
    """Row i, column j: d of_i / d wrt_j, for vectors of either orientation."""
    return sympy.Matrix(len(of), len(wrt), lambda i, j: sympy.diff(list(of)[i], list(wrt)[j]))


@dataclass(frozen=True)
class _Scope:
    """What a term is evaluated in: a run of the network (of an instance) and values for index variables."""

    run: _Run
    ints: Mapping[Var, int]

    @property
    def instance(self) -> Instance:
        return self.run.instance

    def integer(self, form: Index) -> int:
        return _integer(form, self.ints)

    def bind(self, var: Var, value: int) -> _Scope:
        return _Scope(self.run, {**self.ints, var: value})


# ---- terms ----------------------------------------------------------------------------------------------------------


def to_sympy(term: Term, instance: Instance, values: Mapping[str, int] | None = None) -> Expr:
    """A term at an instance: a SymPy matrix, or an expression for a scalar.

    A time variable is the instance's lag, the last time, and so is a lag variable, so that h[t - k] is the state at
    time 0; ``values`` gives other values by name. Jacobians are derivatives of the composition between their times.
    Raises ClaimError for what has no explicit form (spectral norms and radii, sizes above 4) or is out of range,
    Undefined for the inverse of a matrix that is singular whatever its symbols are.

    >>> from symrnn import Elman, index, product, tanh
    >>> cell, j = Elman(tanh), index("j")
    >>> net = explicit_instance(cell.recurrence, {"n": 1, "m": 1}, 1)
    >>> steps = product(cell.D[j] @ cell.W_hh, j, cell.t, cell.t)
    >>> to_sympy(steps, net) == net.jacobian("h", "h")
    True
    """
    ints: dict[Var, int] = dict(instance.sizes)
    for v in free_vars(term):
        if values and v.name in values:
            ints[v] = values[v.name]
        elif v.kind in ("time", "lag"):
            ints[v] = instance.lag
    return _evaluate(term, _Scope(_Run(instance, 0, {}), ints))


def _evaluate(term: Term, scope: _Scope) -> Expr:
    rule = _RULES.get(type(term))
    if rule is None:
        raise ClaimError(f"{type(term).__name__} has no explicit form")
    return rule(term, scope)


def _is_matrix(value: Expr) -> bool:
    return isinstance(value, sympy.MatrixBase)


def _number(value: Expr) -> Expr:
    """A scalar, also from the 1 x 1 matrix that stands for it."""
    if not _is_matrix(value):
        return value
    if value.shape != (1, 1):
        raise ClaimError(f"a {value.rows} x {value.cols} matrix where a scalar is needed")
    return value[0, 0]


def _square(value: Expr) -> Expr:
    if not _is_matrix(value):
        return sympy.Matrix([[value]])
    if value.rows != value.cols:
        raise ClaimError(f"a {value.rows} x {value.cols} matrix where a square one is needed")
    return value


def _sym(t: Sym, scope: _Scope) -> Expr:
    if t.family:
        raise ClaimError(f"{t.name} is a family: write {t.name}[t]")
    at = scope.integer(t.index[0]) if t.index else None
    if t.role in ("free", "param") or at is None:
        return scope.instance.symbol(t.head, at)
    return scope.run.value(t.head, at)


def _add(t: tree.Add, scope: _Scope) -> Expr:
    values = [_evaluate(a, scope) for a in t.args if not (isinstance(a, tree.Const) and a.value == 0)]
    if len({v.shape if _is_matrix(v) else None for v in values}) > 1:
        values = [_number(v) for v in values]
    return functools.reduce(operator.add, values) if values else sympy.Integer(0)


def _times(t: tree.Times, scope: _Scope) -> Expr:
    values = [_evaluate(a, scope) for a in t.args]
    big = [v for v in values if _is_matrix(v) and v.shape != (1, 1)]
    if len(big) > 1:
        raise ClaimError(f"{t}: a product with * of two matrices")
    factor = sympy.prod([_number(v) for v in values if not any(v is b for b in big)])
    if big:
        return factor * big[0]
    return sympy.Matrix([[factor]]) if any(_is_matrix(v) for v in values) else factor


def _matmul(values: list[Expr]) -> Expr:
    out = values[0]
    for value in values[1:]:
        if _is_matrix(out) and _is_matrix(value):
            if out.cols != value.rows:
                raise ClaimError(f"{out.rows} x {out.cols} times {value.rows} x {value.cols}")
            out = out * value
        else:
            out = _number(out) * _number(value)
    return out


def _pow(t: tree.Pow, scope: _Scope) -> Expr:
    base, exponent = _evaluate(t.base, scope), scope.integer(t.exponent)
    if abs(exponent) > 2 * LONGEST_LAG:
        raise ClaimError(f"the power {exponent} is too large for an explicit instance")
    if not _is_matrix(base):
        return base**exponent
    base = _inverse(_square(base)) if exponent < 0 else _square(base)
    return _matmul([sympy.eye(base.rows), *[base] * abs(exponent)])


def _inverse(value: Expr) -> Expr:
    """By the adjugate, which divides by the determinant only."""
    if not _is_matrix(value):
        return 1 / value
    determinant = _square(value).det(method="berkowitz")
    if determinant == 0:
        raise Undefined("the inverse of a singular matrix")
    return value.adjugate() / determinant


def _hadamard(t: tree.Hadamard, scope: _Scope) -> Expr:
    a, b = _evaluate(t.left, scope), _evaluate(t.right, scope)
    if not (_is_matrix(a) and _is_matrix(b)):
        return _number(a) * _number(b)
    if a.shape != b.shape:
        raise ClaimError(f"{a.rows} x {a.cols} times {b.rows} x {b.cols} elementwise")
    return a.multiply_elementwise(b)


def _transpose(t: tree.Transpose, scope: _Scope) -> Expr:
    value = _evaluate(t.arg, scope)
    return value.T if _is_matrix(value) else value


def _entrywise(function: Callable[[Expr], Expr], value: Expr) -> Expr:
    return value.applyfunc(function) if _is_matrix(value) else function(value)


def _diag(t: tree.Diag, scope: _Scope) -> Expr:
    value = _evaluate(t.arg, scope)
    if not _is_matrix(value) or value.cols != 1:
        raise ClaimError(f"{t}: diag needs a column vector")
    return sympy.diag(*value)


def _blocks(t: tree.Blocks, scope: _Scope) -> Expr:
    bands = [sympy.Matrix.hstack(*(_square_or_matrix(_evaluate(b, scope)) for b in row)) for row in t.rows]
    return sympy.Matrix.vstack(*bands)


def _square_or_matrix(value: Expr) -> Expr:
    return value if _is_matrix(value) else sympy.Matrix([[value]])


def _entry(t: tree.Entry, scope: _Scope) -> Expr:
    value, i, j = _evaluate(t.arg, scope), scope.integer(t.row), scope.integer(t.col)
    if not _is_matrix(value) or not (1 <= i <= value.rows and 1 <= j <= value.cols):
        raise ClaimError(f"{t}: there is no entry ({i}, {j})")
    return value[i - 1, j - 1]


def _norm(t: tree.Norm, scope: _Scope) -> Expr:
    value = _evaluate(t.arg, scope)
    if not _is_matrix(value):
        return sympy.Abs(value)
    if t.kind == "fro":
        return sympy.sqrt(sum((v**2 for v in value), sympy.Integer(0)))
    if t.kind not in ("1", "inf"):
        raise ClaimError(f"{t}: a spectral norm has no explicit form")
    lines = value.T if t.kind == "1" else value
    return sympy.Max(*(sum((abs(v) for v in lines.row(i)), sympy.Integer(0)) for i in range(lines.rows)))


def _members(t: tree.Prod | tree.Sum, scope: _Scope) -> list[Expr]:
    lo, hi = scope.integer(t.lo), scope.integer(t.hi)
    if hi - lo > 2 * LONGEST_LAG:
        raise ClaimError(f"{hi - lo + 1} factors are too many for an explicit instance")
    return [_evaluate(t.body, scope.bind(t.var, i)) for i in range(lo, hi + 1)]


def _prod(t: tree.Prod, scope: _Scope) -> Expr:
    values = _members(t, scope)
    return _matmul(values[::-1] if t.descending else values) if values else _empty(t.body, scope, 1)


def _sum(t: tree.Sum, scope: _Scope) -> Expr:
    values = _members(t, scope)
    return functools.reduce(operator.add, values) if values else _empty(t.body, scope, 0)


def _empty(body: Term, scope: _Scope, diagonal: int) -> Expr:
    shape = shape_of(body)
    if shape is None:
        return sympy.Integer(diagonal)
    rows, cols = (scope.integer(d) for d in shape)
    return sympy.Matrix(rows, cols, lambda i, j: diagonal if i == j else 0)


def _jac(t: tree.Jac, scope: _Scope) -> Expr:
    """The composition from the time of ``wrt`` on in fresh symbols, differentiated, then put back in context."""
    p, q = scope.integer(t.of.index[0]), scope.integer(t.wrt.index[0])
    run, of, wrt = scope.run, t.of.head, t.wrt.head
    if wrt.role not in ("state", "input", "local"):
        raise ClaimError(f"{t}: {wrt.name} is no state, input or local")
    if p == q and wrt.role == "state" and of != wrt:
        raise ClaimError(f"{t}: it is open to question which other quantities at that time are held")
    blocks = run.instance.recurrence.states if wrt.role == "state" else (wrt,)
    known = {(b.name, q): run.value(b, q) for b in blocks}
    fresh = {key: value.applyfunc(lambda _: sympy.Dummy(real=True)) for key, value in known.items()}
    again = run if p < q else _Run(run.instance, run.start, fresh)
    derivative = _differentiate(again.value(of, p), fresh[wrt.name, q])
    back = {x: v for key, value in known.items() for x, v in zip(fresh[key], value, strict=True)}
    out = derivative.xreplace(back)
    return out.T if t.layout == "denominator" else out


_RULES: dict[type[Any], Callable[[Any, _Scope], Expr]] = {
    tree.Const: lambda t, scope: sympy.Rational(t.value.numerator, t.value.denominator),
    tree.SizeOf: lambda t, scope: sympy.Integer(scope.integer(t.index)),
    Sym: _sym,
    tree.Eye: lambda t, scope: sympy.eye(scope.integer(t.size)),
    tree.Ones: lambda t, scope: sympy.ones(scope.integer(t.rows), 1),
    tree.Zeros: lambda t, scope: sympy.zeros(scope.integer(t.rows), scope.integer(t.cols)),
    tree.Add: _add,
    tree.Times: _times,
    tree.MatMul: lambda t, scope: _matmul([_evaluate(a, scope) for a in t.args]),
    tree.Hadamard: _hadamard,
    tree.Pow: _pow,
    tree.Transpose: _transpose,
    tree.Inv: lambda t, scope: _inverse(_evaluate(t.arg, scope)),
    tree.Trace: lambda t, scope: _square(_evaluate(t.arg, scope)).trace(),
    tree.Det: lambda t, scope: _square(_evaluate(t.arg, scope)).det(method="berkowitz"),
    tree.Norm: _norm,
    tree.Abs: lambda t, scope: _entrywise(sympy.Abs, _evaluate(t.arg, scope)),
    tree.Diag: _diag,
    tree.Blocks: _blocks,
    tree.Apply: lambda t, scope: _entrywise(lambda x: activate(t.function, t.order, x), _evaluate(t.arg, scope)),
    tree.Entry: _entry,
    tree.Jac: _jac,
    tree.Prod: _prod,
    tree.Sum: _sum,
}
