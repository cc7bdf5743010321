"""Frozen dataclasses that share their methods: those that ``dataclasses`` writes for each are compiled at every start.

``from symrnn.records import dataclass`` in place of the library's, for ``@dataclass(frozen=True)``: the same fields,
defaults, equality, hash and ``replace``.

>>> @dataclass(frozen=True)
... class Point:
...     x: int
...     y: int = 0
>>> Point(1), Point(1) == Point(x=1, y=0), Point(2) in {Point(2, 0)}
(Point(x=1, y=0), True, True)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

Reader = Callable[[Any], tuple[Any, ...]]


def reader(names: tuple[str, ...]) -> Reader:
    """A function that gives the fields of an instance, in order."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda self: ()
    (only,) = names
    return lambda self: (getattr(self, only),)


def initializer(cls: type[Any]) -> Callable[..., None]:
    """An ``__init__`` with the fields of a dataclass by position or name, those with defaults left out or not.

    All of up to six fields by position are stored without a detour: of some kinds there are millions.
    """
    fields = cls.__dataclass_fields__
    defaults = {name: field.default for name, field in fields.items() if field.default is not MISSING}
    factories = {n: f.default_factory for n, f in fields.items() if f.default_factory is not MISSING}
    after = getattr(cls, "__post_init__", None)
    names, count = tuple(fields), len(fields)
    a, b, c, d, e, f = (*names, *[""] * (6 - count)) if count <= 6 else [""] * 6

    def init(self: Any, *values: Any, **named: Any) -> None:
        store = self.__dict__
        if named or len(values) != count:
            given(store, values, named)
        elif f:
            store[a], store[b], store[c], store[d], store[e], store[f] = values
        elif e:
            store[a], store[b], store[c], store[d], store[e] = values
        elif d:
            store[a], store[b], store[c], store[d] = values
        else:
            store.update(zip(names, values, strict=True))
        if after is not None:
            after(self)

    def one(self: Any, _1: Any = MISSING, **named: Any) -> None:
        if _1 is MISSING or named:
            given(self.__dict__, _without_missing(_1), named)
        else:
            self.__dict__[a] = _1

    def two(self: Any, _1: Any = MISSING, _2: Any = MISSING, **named: Any) -> None:
        store = self.__dict__
        if _2 is MISSING or named:
            given(store, _without_missing(_1, _2), named)
        else:
            store[a], store[b] = _1, _2

    def three(self: Any, _1: Any = MISSING, _2: Any = MISSING, _3: Any = MISSING, **named: Any) -> None:
        store = self.__dict__
        if _3 is MISSING or named:
            given(store, _without_missing(_1, _2, _3), named)
        else:
            store[a], store[b], store[c] = _1, _2, _3

    def given(store: dict[str, Any], values: tuple[Any, ...], named: dict[str, Any]) -> None:
        told = dict(zip(names, values, strict=False)) | named
        store.update(defaults)
        for name, factory in factories.items():
            if name not in told:
                store[name] = factory()
        store.update(told)
        if len(told) != len(values) + len(named) or not told.keys() <= fields.keys() or len(store) != count:
            raise TypeError(f"{cls.__name__} is made of {', '.join(fields) or 'nothing'}, each once")

    return (one, two, three)[count - 1] if 1 <= count <= 3 and after is None else init


def _without_missing(*values: Any) -> tuple[Any, ...]:
    return tuple(v for v in values if v is not MISSING)


R = TypeVar("R")


def replace(record: R, **changes: Any) -> R:
    """``dataclasses.replace`` of what is made here, in a fraction of its time; nothing else on it is kept.

    >>> from symrnn.claims.index import Var
    >>> replace(Var("k", "lag", 1), low=0).low
    0
    """
    kind: Any = type(record)
    old = record.__dict__
    fields = {name: changes.pop(name) if name in changes else old[name] for name in kind.__dataclass_fields__}
    if changes:
        raise TypeError(f"{kind.__name__} has no {', '.join(changes)}")
    made: Any = object.__new__(kind)
    made.__dict__.update(fields)
    if hasattr(kind, "__post_init__"):
        made.__post_init__()
    return made  # type: ignore[no-any-return]


def refuse_change(self: Any, name: str, *value: Any) -> None:
    """``__setattr__`` and ``__delattr__`` of what is frozen."""
    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, eq: bool = True) -> Callable[[type[Any]], type[Any]]:
        """Class decorator: a frozen dataclass; without ``eq`` each instance equals itself alone."""

        def record(cls: type[Any]) -> type[Any]:
            made = dataclasses.dataclass(init=False, eq=False, repr=False)(cls)
            fields = made.__dataclass_fields__.values()
            read = reader(tuple(f.name for f in fields if f.compare))
            shown = tuple(f.name for f in fields if f.repr)

            def equal(self: Any, other: object) -> Any:
                return read(self) == read(other) if type(other) is type(self) else NotImplemented

            def text(self: Any) -> str:
                return f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"

            made.__init__, made.__setattr__, made.__delattr__ = initializer(made), refuse_change, refuse_change
            if eq:
                made.__eq__, made.__hash__ = equal, lambda self: hash(read(self))
            if "__repr__" not in cls.__dict__:
                made.__repr__ = text
            return made

        return record
