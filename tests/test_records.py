"""Frozen dataclasses of the package behave as the library's do."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, replace
from functools import cached_property

import pytest

from symrnn.records import dataclass as ours

LIBRARY, OURS = dataclasses.dataclass(frozen=True), ours(frozen=True)


def made(decorator):
    @decorator
    class Point:
        x: int
        y: int = 2
        seen: list[int] = field(default_factory=list)
        cache: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

        @cached_property
        def total(self) -> int:
            return self.x + self.y

    return Point


@pytest.mark.parametrize("kind", [made(LIBRARY), made(OURS)])
def test_as_the_librarys(kind):
    p = kind(1)
    assert (p.x, p.y, p.seen, p.cache, p.total) == (1, 2, [], {}, 3)
    assert p == kind(x=1, y=2) and p != kind(2) and p != (1, 2, [], {})
    assert p == replace(p, cache={"a": 1}) and replace(p, y=3).total == 4
    assert kind(1).seen is not p.seen
    assert repr(p).endswith("Point(x=1, y=2, seen=[])")
    assert dataclasses.is_dataclass(p) and [f.name for f in dataclasses.fields(p)] == ["x", "y", "seen", "cache"]
    for wrong in (lambda: kind(), lambda: kind(1, 2, [], {}, 5), lambda: kind(1, x=1), lambda: kind(1, z=1)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(FrozenInstanceError):
        p.x = 2
    with pytest.raises(FrozenInstanceError):
        del p.x


@ours(frozen=True)
class Pair:
    a: int
    b: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("below 0")


def test_what_is_checked_hashed_and_pickled():
    assert {Pair(1, (2,))} == {Pair(1, (2,))} and hash(Pair(1)) != hash(Pair(2))
    assert pickle.loads(pickle.dumps(Pair(1, (2,)))) == Pair(1, (2,))  # noqa: S301
    with pytest.raises(ValueError, match="below 0"):
        Pair(-1)
    with pytest.raises(ValueError, match="below 0"):
        replace(Pair(1), a=-1)


def test_without_equality_each_is_itself():
    @ours(frozen=True, eq=False)
    class Run:
        x: int

    assert Run(1) != Run(1) and len({Run(1), Run(1)}) == 2
