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
from typing import TYPE_CHECKING, Any

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
    """An ``__init__`` with the fields of a dataclass by position or name, those with defaults left out or not."""
    fields = cls.__dataclass_fields__
    defaults = {name: field.default for name, field in fields.items() if field.default is not MISSING}
    factories = {n: f.default_factory for n, f in fields.items() if f.default_factory is not MISSING}
    after = getattr(cls, "__post_init__", None)

    names, count = tuple(fields), len(fields)

    def init(self: Any, *values: Any, **named: Any) -> None:
        store = self.__dict__
        if len(values) == count and not named:
            store.update(zip(names, values, strict=True))
        else:
            given = dict(zip(names, values, strict=False)) | named
            store.update(defaults)
            for name, factory in factories.items():
                if name not in given:
                    store[name] = factory()
            store.update(given)
            if len(given) != len(values) + len(named) or not given.keys() <= fields.keys() or len(store) != count:
                raise TypeError(f"{cls.__name__} is made of {', '.join(fields) or 'nothing'}, each once")
        if after is not None:
            after(self)

    return init


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
