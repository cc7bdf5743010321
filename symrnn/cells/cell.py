"""What a cell is: a recurrence as data, with the names a script uses for its parts; and how to make one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symrnn.claims.activations import Activation
from symrnn.claims.index import Index, IndexLike, Var, as_index, checked_name
from symrnn.claims.recurrence import Recurrence, activations_of
from symrnn.claims.shapes import is_scalar, shape_of, shape_text
from symrnn.claims.spreading import spread
from symrnn.claims.substitution import symbols
from symrnn.claims.tree import Diag, Sym, Term, as_term
from symrnn.claims.wellformed import check_recurrence
from symrnn.errors import ClaimError, ShapeMismatch

TIME = Var("t", "time", None)
Update = Callable[[Index], Term]


class Cell:
    """A recurrence with the symbols of its parts as attributes: ``cell.h``, ``cell.W_hh``, ``cell.n``."""

    def __init__(self, recurrence: Recurrence, names: Mapping[str, Any]) -> None:
        self.recurrence = recurrence
        self.names = dict(names)

    def __repr__(self) -> str:
        return f"<{self.recurrence.name} with {', '.join(self.activations) or 'no activation'}>"

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


def slopes(name: str, n: IndexLike) -> Sym:
    """The local for a diagonal matrix of derivatives: D_t = diag(s'(a_t))."""
    return local(name, n, n, "diagonal")


def slopes_of(activation: Activation, pre: Update) -> Update:
    """The definition of such a local, from the pre-activation as a function of the time."""
    return lambda t: Diag(activation.prime(pre(t)))


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
    the parameters. Raises ClaimError if a name is used twice, an update uses an undeclared family or what is not
    earlier, or may have no value.

    >>> from symrnn import matrix, size, tanh
    >>> n = size("n")
    >>> W, h = matrix("W", n), state("h", n)
    >>> toy = cell("autonomous", states={h: lambda t: tanh(W @ h[t - 1])})
    >>> print(toy.recurrence.name, sorted(toy.names))
    autonomous ['W', 'h', 'n', 't']
    """
    t = as_index(TIME)
    defined = tuple((s, spread(as_term(update(t)))) for s, update in (locals or {}).items())
    steps = tuple((s, spread(as_term(update(t)))) for s, update in states.items())
    families = (*states, *inputs, *(s for s, _ in defined))
    used = frozenset().union(*(symbols(term) for _, term in (*defined, *steps)))
    undeclared = sorted(s.name for s in used - frozenset(families) if s.family or s.index)
    if undeclared:
        raise ClaimError(f"cell {name}: {', '.join(undeclared)} used but not declared as a state, input or local")
    for s, definition in (*defined, *steps):
        _check_shape(name, s, definition)
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
    check_recurrence(recurrence)
    return Cell(recurrence, {**_sizes(families), **names, "t": t})


def _check_shape(name: str, s: Sym, definition: Term) -> None:
    try:
        shape = shape_of(definition)
    except ShapeMismatch as error:
        raise ClaimError(f"cell {name}: in the definition of {s.name}, {error}") from error
    if shape != s.shape and not (is_scalar(shape) and is_scalar(s.shape)):
        raise ClaimError(
            f"cell {name}: {s.name} is declared as {shape_text(s.shape)}; its definition is {shape_text(shape)}"
        )


def _sizes(families: tuple[Sym, ...]) -> dict[str, Index]:
    found = {v.name: as_index(v) for s in families for d in s.shape or () for v, _ in d.terms}
    return dict(sorted(found.items()))


def one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    """``value`` if it is one of the conventions there are, else an error that names them."""
    if value not in allowed:
        raise ClaimError(f"{what} is one of {', '.join(map(repr, allowed))}, not {value!r}")
    return value
