"""Claims and certificates read anew, and found to be well formed. Trusted by the kernel.

Others have made these nodes, and may have changed them, or what is remembered on them. The kernel works on its own: as
``decode(encode(value))`` has it, without the data in between. Of a claim, or a recurrence, that it has read and that
has not changed since it takes what it made of it then.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from operator import is_
from typing import Any

from symrnn.claims import codec
from symrnn.claims.index import FIELDS, NODES, Node
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.wellformed import check_claim, check_parts
from symrnn.errors import CertificateError

KEPT = 128  # claims, and recurrences, that are not read again
MOST_SHARED = 20_000  # nodes in recurrences
_NONE = type(None)


def well_formed(claim: Claim) -> Claim:
    """The claim anew, one object as long as it does not change; CertificateError or ClaimError if it is malformed."""
    return _read_claim(claim).value  # type: ignore[no-any-return]


def well_formed_with(claim: Claim, certificate: Node) -> tuple[Claim, Any]:
    """The same, and what is said of it."""
    about = _read_claim(claim)
    reading = _Reading(about, {})
    found = reading.read(certificate)
    check_parts(reading.made)
    return about.value, found


def read_anew(*values: Any) -> list[tuple[Any, list[Node]]]:
    """Each value anew; with it the nodes in it that are in none before. Equal nodes are one, and nothing is kept."""
    reading, found = _Reading(None, {}), []
    for value in values:
        reading.made = []
        found.append((reading.read(value), reading.made))
    return found


def _read_claim(claim: Claim) -> _Reading:
    global _ALIKE
    found = _CLAIMS.get(id(claim))
    if found is None or not found.stands():
        if len(_ALIKE) >= MOST_SHARED:
            _ALIKE = {}
            _CLAIMS.clear()
            _RECURRENCES.clear()
        found = _Reading(None if claim.cell is None else _read_recurrence(claim.cell), {})
        found.read(claim)
        check_claim(found.value, found.made)
        _keep(_CLAIMS, claim, found)
    return found


def _read_recurrence(cell: Recurrence) -> _Reading:
    found = _RECURRENCES.get(id(cell))
    if found is None or not found.stands():
        found = _Reading(None, _ALIKE)
        found.read(cell)
        _keep(_RECURRENCES, cell, found)
    return found


def _keep(store: dict[int, _Reading], read: Node, found: _Reading) -> None:
    """Remember what was read; the oldest is forgotten if there are too many."""
    if len(store) >= KEPT:
        del store[next(iter(store))]
    store[id(read)] = found


class _Reading:
    """Values read anew, equal nodes as one object.

    ``value``: the last of them. ``seen``: what was made of the node with an identity; ``met``: these nodes with their
    fields, kept alive so that nothing else gets their identity. ``alike``: the one node of a kind with such types, such
    plain values and nodes of such identities in it. ``before``: what was read before. ``made``: the nodes that are not
    in that, in the order in which they were met; ``own``: their identities.
    """

    __slots__ = ("alike", "before", "columns", "fractions", "made", "met", "own", "seen", "value")

    def __init__(self, before: _Reading | None, alike: dict[codec.Key, Node]) -> None:
        self.before, self.alike = before, alike
        self.value: Any = None
        self.seen: dict[int, Node] = {}
        self.met: list[tuple[Node, Any, tuple[Any, ...]]] = []
        self.fractions: list[tuple[Fraction, int, int]] = []
        self.made: list[Node] = []
        self.own: set[int] = set()
        self.columns: tuple[Any, ...] | None = None

    def read(self, value: Any) -> Any:
        """The value anew; CertificateError for what no certificate may contain."""
        self.value = self._node(value) if type(value) is not tuple else tuple(self._inside(value)[0])
        return self.value

    def stands(self) -> bool:
        """Whether all nodes that were read, here and before, have the fields that they had."""
        if self.columns is None:
            before = self.before
            nodes, kinds, fields = zip(*self.met, *(before.met if before else ()), strict=True)
            fractions = (*self.fractions, *(before.fractions if before else ()))
            places = [(v, name) for v, kind in zip(nodes, kinds, strict=True) for name in kind.__dataclass_fields__]
            owners, names = zip(*places, strict=True)
            self.columns = nodes, kinds, owners, names, list(chain.from_iterable(fields)), fractions
        nodes, kinds, owners, names, fields, fractions = self.columns
        return (
            all(map(is_, map(type, nodes), kinds))
            and all(map(is_, map(getattr, owners, names), fields))
            and all([f.numerator == top and f.denominator == bottom for f, top, bottom in fractions])
        )

    def _node(self, v: Any) -> Node:
        found, before = self.seen.get(id(v)), self.before
        while found is None and before is not None:
            found, before = before.seen.get(id(v)), before.before
        if found is not None:
            return found
        kind = type(v)
        known: Any = NODES.get(kind.__name__)
        if known is not kind:
            raise CertificateError(f"cannot read {kind.__name__}")
        fields = FIELDS[kind](v)
        values, types, key = self._inside(fields)
        place = (kind, types, *key)
        found, before = self.alike.get(place), self.before
        while found is None and before is not None:
            found, before = before.alike.get(place), before.before
        if found is None:
            if (kind, *types) not in codec.FITTING:
                codec.check_fields((kind, *types), values)
            found = self.alike[place] = kind(*values)
            new = True
        else:
            new = not self._has(id(found))
        if new:
            self.own.add(id(found))
            self.made.append(found)
        self.seen[id(v)] = found
        self.met.append((v, kind, fields))
        return found

    def _has(self, identity: int) -> bool:
        reading: _Reading | None = self
        while reading is not None:
            if identity in reading.own:
                return True
            reading = reading.before
        return False

    def _inside(self, items: tuple[Any, ...]) -> tuple[list[Any], codec.Key, list[Any]]:
        """The items anew, their types, and what tells them from others of these types."""
        values, types, key = [], [], []
        for x in items:
            kind: Any = type(x)
            if kind is str or kind is int or kind is bool or kind is _NONE:  # a class may claim to equal another
                key.append(x)
            elif kind is tuple:
                inner, kind, part = self._inside(x) if x else ((), (), ())
                x = tuple(inner)
                key.append(tuple(part))
            elif kind is Fraction:
                old, x = x, codec.fraction_anew(x)
                self.fractions.append((old, x.numerator, x.denominator))
                key.append((x.numerator, x.denominator))
            else:
                x = self._node(x)
                key.append(id(x))
                kind = type(x)
            values.append(x)
            types.append(kind)
        return values, tuple(types), key


_ALIKE: dict[codec.Key, Node] = {}  # the nodes of recurrences; those of a claim are its own
_CLAIMS: dict[int, _Reading] = {}  # those that were read, by identity
_RECURRENCES: dict[int, _Reading] = {}
