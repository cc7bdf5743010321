"""What an iterator gives, worked out once and only as far as anybody went. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """An iterator that can be gone through again, by several at a time."""

    def __init__(self, rest: Iterator[T]) -> None:
        self._found: list[T] = []
        self._rest = rest

    def __iter__(self) -> Iterator[T]:
        for i in count():
            if i == len(self._found):
                try:
                    following = next(self._rest)
                except StopIteration:
                    return
                self._found.append(following)
            yield self._found[i]
