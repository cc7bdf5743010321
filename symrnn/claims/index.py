"""Index expressions: integer linear forms such as ``t - k + 1`` over times, lags, indices and sizes.

>>> t, k = time("t"), lag("k")
>>> print(t - k + 1)
t - k + 1
>>> (t - k + 1) - t == 1 - k
True
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

from symrnn.errors import ClaimError
from symrnn.records import initializer, reader, refuse_change

T = TypeVar("T")
NODES: dict[str, type[Any]] = {}  # every node type by name: what certificates may contain
FIELDS: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {}  # what gives the fields of its nodes, by node type


@dataclass_transform(frozen_default=True)
def node(cls: type[T]) -> type[T]:
    """Class decorator: a frozen dataclass with a cached hash, known to the JSON codec by its name.

    The methods of a frozen dataclass are given here: those that ``dataclass`` writes for each class are compiled at
    every start.
    """
    made: Any = dataclass(init=False, eq=False, repr=False)(cls)
    names = tuple(made.__dataclass_fields__)
    read = FIELDS[made] = reader(names)

    def cached_hash(self: Any) -> int:
        found: int | None = self._hash
        if found is None:
            found = self.__dict__["_hash"] = hash(read(self))
        return found

    def fast_eq(self: Any, other: Any) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or (self._hash or cached_hash(self)) != (other._hash or cached_hash(other)):
            return False
        return read(self) == read(other)

    made.__hash__, made.__eq__ = cached_hash, fast_eq
    made.__init__ = initializer(made)
    made.__setattr__ = made.__delattr__ = refuse_change
    made.parts = lambda self: read(self)
    NODES[made.__name__] = made
    return made  # type: ignore[no-any-return]


class Node:
    """Base of all immutable tree nodes. ``key`` is a total order on nodes that does not change between runs."""

    __dataclass_fields__: dict[str, Any]
    _hash: ClassVar[int | None] = None  # remembered on the node once it is known, as are the following
    _key: ClassVar[str | None] = None
    _children: ClassVar[tuple[Node, ...] | None] = None
    _free: ClassVar[frozenset[Var] | None] = None

    def parts(self) -> tuple[Any, ...]:
        """The values of the fields, in order; each kind of node has its own."""
        raise NotImplementedError(type(self).__name__)

    @property
    def key(self) -> str:
        """A canonical, injective text of the node, for sorting and for certificates' checksums."""
        found: str | None = self._key
        if found is None:
            inner = ",".join(_key_of(v) for v in self.parts())
            found = self.__dict__["_key"] = f"{type(self).__name__}({inner})"
        return found

    def __repr__(self) -> str:
        return self.key

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields only: cached hashes differ from process to process."""
        return type(self), tuple(getattr(self, f) for f in self.__dataclass_fields__)


def _key_of(value: object) -> str:
    if isinstance(value, Node):
        return value.key
    if isinstance(value, tuple):
        return "[" + ",".join(_key_of(v) for v in value) + "]"
    return repr(value)


@node
class Var(Node):
    """A bound or free integer: ``kind`` is "size", "lag", "time" or "index"; ``low`` its least value, if any."""

    name: str
    kind: str
    low: int | None

    def __str__(self) -> str:
        return self.name


@node
class Index(Node):
    """A linear form with integer coefficients; ``terms`` sorted by variable, no zero coefficients."""

    terms: tuple[tuple[Var, int], ...]
    const: int

    def __add__(self, other: object) -> Index:
        if type(other) is int:
            return Index(self.terms, self.const + other)
        if not isinstance(other, Index | int) or isinstance(other, bool):
            return NotImplemented
        o = as_index(other)
        if not o.terms:  # what is kept in order stays in order
            return Index(self.terms, self.const + o.const)
        if not self.terms:
            return Index(o.terms, self.const + o.const)
        coefficients = dict(self.terms)
        for v, c in o.terms:
            coefficients[v] = coefficients.get(v, 0) + c
        return _index(coefficients, self.const + o.const)

    __radd__ = __add__

    def __neg__(self) -> Index:
        return Index(tuple((v, -c) for v, c in self.terms), -self.const)

    def __sub__(self, other: object) -> Index:
        if type(other) is int:
            return Index(self.terms, self.const - other)
        if not isinstance(other, Index):
            return NotImplemented
        return Index((), self.const - other.const) if self.terms == other.terms else self + -other

    def __rsub__(self, other: object) -> Index:
        return (-self) + other

    def __mul__(self, factor: object) -> Index:
        if isinstance(factor, Index) and not factor.terms:
            factor = factor.const
        if not isinstance(factor, int) or isinstance(factor, bool):
            return NotImplemented
        if factor == 0:
            return Index((), 0)
        return Index(tuple((v, c * factor) for v, c in self.terms), self.const * factor)

    __rmul__ = __mul__

    def __str__(self) -> str:
        return index_text(self)

    @property
    def is_const(self) -> bool:
        return not self.terms


IndexLike = Index | int


def as_index(value: object) -> Index:
    """``value`` as an index expression; a float or a term is refused with a reason."""
    if type(value) is int:
        return Index((), value)
    if isinstance(value, Index):
        return value
    if isinstance(value, Var):
        return Index(((value, 1),), 0)
    if isinstance(value, int) and not isinstance(value, bool):
        return Index((), value)
    raise ClaimError(
        f"{value!r} is not an index: use whole numbers and declared sizes, lags and times, such as t - k + 1"
    )


def _index(coefficients: Mapping[Var, int], const: int) -> Index:
    kept = [(v, c) for v, c in coefficients.items() if c]
    if len(kept) > 1:
        kept.sort(key=lambda item: item[0].key)
    return Index(tuple(kept), const)


def index_text(index: Index) -> str:
    """The form as people write it, times first: ``t - k + 1``."""
    order = {"time": 0, "index": 1, "bound": 1, "lag": 2, "size": 3}
    out = ""
    for v, c in sorted(index.terms, key=lambda item: (item[1] < 0, order.get(item[0].kind, 4), item[0].name)):
        size = v.name if abs(c) == 1 else f"{abs(c)}*{v.name}"
        out += (f" {'-' if c < 0 else '+'} " if out else "-" if c < 0 else "") + size
    if index.const or not out:
        out += f" {'-' if index.const < 0 else '+'} {abs(index.const)}" if out else str(index.const)
    return out


def substitute_index(index: Index, values: Mapping[Any, Any]) -> Index:
    """Replace variables by index expressions, all at once."""
    changed, const = False, index.const
    coefficients: dict[Var, int] = {}
    for v, c in index.terms:
        value = values.get(v)
        changed = changed or value is not None
        form = as_index(v if value is None else value)
        const += c * form.const
        for w, d in form.terms:
            coefficients[w] = coefficients.get(w, 0) + c * d
    return _index(coefficients, const) if changed else index


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*'?\Z")


def checked_name(name: str) -> str:
    """``name`` if it is usable as a symbol, else an error that says what a name looks like."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise ClaimError(f"{name!r} is not a name: use a letter, then letters, digits and single underscores (W_hh)")
    return name


def size(name: str) -> Index:
    """A free size n >= 1, such as the hidden size; claims hold for every one. Raises ClaimError for what is no name."""
    return as_index(Var(checked_name(name), "size", 1))


def lag(name: str, minimum: int = 1) -> Index:
    """A free lag; claims hold for every k >= ``minimum``.

    >>> print(2 * lag("k") + 1)
    2*k + 1
    """
    return as_index(Var(checked_name(name), "lag", minimum))


def time(name: str) -> Index:
    """A free time: any integer, the trajectory having begun early enough.

    >>> print(time("t") - lag("k") + 1)
    t - k + 1
    """
    return as_index(Var(checked_name(name), "time", None))


def index(name: str) -> Index:
    """A running index, for products, sums, entries and families; any integer until a range binds it."""
    return as_index(Var(checked_name(name), "index", None))


def sole_variable(value: object) -> Var:
    """The variable of an index expression that is just that variable (what a binder needs), and no size."""
    form = as_index(value)
    if len(form.terms) == 1 and form.terms[0][1] == 1 and form.const == 0:
        if form.terms[0][0].kind == "size":
            raise ClaimError(f"{form} cannot be bound: it is a size, which every claim is about all values of")
        return form.terms[0][0]
    raise ClaimError(f"{form} cannot be bound: a product or sum runs over a plain index such as j")
