"""The cells: recurrences as data, with the names a script uses for their parts.

A cell of one's own is a ``Cell`` made by ``cell(...)`` from the update of each state block:

>>> from symrnn import matrix, size, state, tanh
>>> n = size("n")
>>> W, h = matrix("W", n), state("h", n)
>>> toy = cell("autonomous", states={h: lambda t: tanh(W @ h[t - 1])})
>>> print(toy.recurrence.name, sorted(toy.names))
autonomous ['W', 'h', 'n', 't']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symrnn.claims.activations import Activation, sigmoid, tanh
from symrnn.claims.build import matrix
from symrnn.claims.index import Index, IndexLike, Var, as_index, checked_name, size
from symrnn.claims.recurrence import Recurrence, activations_of
from symrnn.claims.substitution import symbols
from symrnn.claims.tree import Diag, Hadamard, Sym, Term, Transpose
from symrnn.errors import ClaimError

TIME = Var("t", "time", None)
Update = Callable[[Index], Term]


class Cell:
    """A recurrence with the symbols of its parts as attributes: ``cell.h``, ``cell.W_hh``, ``cell.n``."""

    def __init__(self, recurrence: Recurrence, names: Mapping[str, Any]) -> None:
        self.recurrence = recurrence
        self.names = dict(names)

    def __getattr__(self, name: str) -> Any:
        names = self.__dict__.get("names", {})
        if name in names:
            return names[name]
        raise AttributeError(f"the cell has no {name}; it has {', '.join(sorted(names))}")

    @property
    def activations(self) -> tuple[str, ...]:
        return activations_of(self.recurrence)


def state(name: str, n: IndexLike, row: bool = False) -> Sym:
    """A state block: a family of vectors over time, n x 1 (1 x n with ``row``)."""
    return _family(name, n, "state", row)


def inputs(name: str, n: IndexLike, row: bool = False) -> Sym:
    """An input: a family of vectors over time."""
    return _family(name, n, "input", row)


def local(name: str, rows: IndexLike, cols: IndexLike = 1, *properties: str) -> Sym:
    """A named intermediate of the update: a pre-activation, a gate, or a diagonal matrix."""
    return Sym(checked_name(name), (as_index(rows), as_index(cols)), "local", tuple(sorted(properties)), (), True)


def _family(name: str, n: IndexLike, role: str, row: bool) -> Sym:
    shape = (as_index(1), as_index(n)) if row else (as_index(n), as_index(1))
    return Sym(checked_name(name), shape, role, (), (), True)


def cell(
    name: str,
    *,
    states: Mapping[Sym, Update],
    inputs: tuple[Sym, ...] = (),
    locals: Mapping[Sym, Update] | None = None,
    exogenous: bool = True,
) -> Cell:
    """A cell of one's own. ``states`` and ``locals`` map a family to its update as a function of the time t.

    ``exogenous=False`` lets the inputs depend on earlier states in any way. Free symbols of the updates are
    the parameters. Raises ClaimError if a name is used twice or an update uses an undeclared family.
    """
    t = as_index(TIME)
    defined = tuple((s, update(t)) for s, update in (locals or {}).items())
    steps = tuple((s, update(t)) for s, update in states.items())
    families = (*states, *inputs, *(s for s, _ in defined))
    used = frozenset().union(*(symbols(term) for _, term in (*defined, *steps)))
    undeclared = sorted(s.name for s in used - frozenset(families) if s.family or s.index)
    if undeclared:
        raise ClaimError(f"cell {name}: {', '.join(undeclared)} used but not declared as a state, input or local")
    params = tuple(sorted(used - frozenset(families), key=lambda s: s.name))
    names: dict[str, Any] = {}
    for s in (*families, *params):
        if s.name in names:
            raise ClaimError(f"cell {name}: {s.name} is declared twice")
        names[s.name] = s
    recurrence = Recurrence(
        name,
        TIME,
        tuple(states),
        tuple(inputs),
        tuple(s.name for s in inputs) if exogenous else (),
        params,
        defined,
        steps,
    )
    return Cell(recurrence, {**_sizes(families), **names, "t": t})


def _sizes(families: tuple[Sym, ...]) -> dict[str, Index]:
    found = {v.name: as_index(v) for s in families for d in s.shape or () for v, _ in d.terms}
    return dict(sorted(found.items()))


def Elman(
    activation: Activation = tanh, *, bias: bool = True, exogenous: bool = True, row_vectors: bool = False
) -> Cell:
    """h_t = s(W_hh h_{t-1} + W_xh x_t + b) (Elman 1990); n hidden units, m inputs.

    Locals: the pre-activation a_t and D_t = diag(s'(a_t)). ``row_vectors``: h_t = s(h_{t-1} W_hh^T + x_t W_xh^T + b)
    with 1 x n states, as PyTorch prints it. ``exogenous=False``: x_t may depend on earlier states.
    """
    n, m = size("n"), size("m")
    w, v = matrix("W_hh", n), matrix("W_xh", n, m)
    b = matrix("b", 1, n) if row_vectors else matrix("b", n, 1)
    h, x, d = state("h", n, row_vectors), inputs("x", m, row_vectors), local("D", n, n, "diagonal")
    a = local("a", 1, n) if row_vectors else local("a", n)

    def pre(t: Index) -> Term:
        linear = h[t - 1] @ w.T + x[t] @ v.T if row_vectors else w @ h[t - 1] + v @ x[t]
        return linear + b if bias else linear

    def slope(t: Index) -> Term:
        return Diag(activation.prime(Transpose(a[t]) if row_vectors else a[t]))

    return cell(
        "elman row vectors" if row_vectors else "elman",
        states={h: lambda t: activation(a[t])},
        inputs=(x,),
        locals={a: pre, d: slope},
        exogenous=exogenous,
    )


def LSTM(gate: Activation = sigmoid, squash: Activation = tanh) -> Cell:
    """LSTM without peepholes (Gers, Schmidhuber, Cummins 2000): c_t = f_t c_{t-1} + i_t g_t, h_t = o_t tanh(c_t)."""
    n, m = size("n"), size("m")
    h, c, x = state("h", n), state("c", n), inputs("x", m)
    i, f, o, g = (local(name, n) for name in "ifog")

    def gate_of(name: str, squashing: Activation) -> Update:
        w, u, b = matrix(f"W_{name}", n, m), matrix(f"U_{name}", n), matrix(f"b_{name}", n, 1)
        return lambda t: squashing(w @ x[t] + u @ h[t - 1] + b)

    def new_c(t: Index) -> Term:
        return Hadamard(f[t], c[t - 1]) + Hadamard(i[t], g[t])

    return cell(
        "lstm",
        states={c: new_c, h: lambda t: Hadamard(o[t], squash(c[t]))},
        inputs=(x,),
        locals={i: gate_of("i", gate), f: gate_of("f", gate), o: gate_of("o", gate), g: gate_of("g", squash)},
    )


def GRU(gate: Activation = sigmoid, squash: Activation = tanh) -> Cell:
    """GRU (Cho et al. 2014, eq. 5-8): h_t = z_t h_{t-1} + (1 - z_t) n_t, n_t = tanh(W x_t + U (r_t h_{t-1}) + b)."""
    n, m = size("n"), size("m")
    h, x = state("h", n), inputs("x", m)
    z, r, cand = local("z", n), local("r", n), local("g", n)

    def linear(name: str, previous: Term, t: Index) -> Term:
        return matrix(f"W_{name}", n, m) @ x[t] + matrix(f"U_{name}", n) @ previous + matrix(f"b_{name}", n, 1)

    def new_h(t: Index) -> Term:
        return Hadamard(z[t], h[t - 1]) + cand[t] - Hadamard(z[t], cand[t])

    return cell(
        "gru",
        states={h: new_h},
        inputs=(x,),
        locals={
            z: lambda t: gate(linear("z", h[t - 1], t)),
            r: lambda t: gate(linear("r", h[t - 1], t)),
            cand: lambda t: squash(linear("g", Hadamard(r[t], h[t - 1]), t)),
        },
    )
