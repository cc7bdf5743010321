"""Nodes to and from plain JSON data, strictly: what does not decode to a well-formed tree is refused.

>>> from symrnn.claims.index import lag
>>> decode(encode(lag("k") + 1)) == lag("k") + 1
True
"""

from __future__ import annotations

import hashlib
import json
import types
import typing
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

from symrnn.claims.index import NODES, Node
from symrnn.claims.substitution import distinct
from symrnn.errors import CertificateError

LONGEST_NUMBER = 8000  # digits, past which Python reads no numbers either


def encode(value: Any) -> Any:
    """A node as ``[type name, field, ...]``, a tuple as ``{"t": [...]}``, a fraction as ``{"q": "1/4"}``."""
    if isinstance(value, Node):
        return [type(value).__name__, *map(encode, value.parts())]
    if isinstance(value, tuple):
        return {"t": [encode(v) for v in value]}
    if isinstance(value, Fraction):
        return {"q": str(value)}
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"cannot encode {type(value).__name__}")


def decode(data: Any) -> Any:
    """The value that ``encode`` made ``data`` from; equal nodes in it are one. CertificateError on anything else.

    The recurrence of a claim is decoded once for all claims about it.
    """
    if type(data) is not list or len(data) != 4 or data[0] != "Claim" or data[3] is None:
        return _decode(data, {})
    text = json.dumps(data[3])
    found = _DECODED.get(text)
    if found is None:
        first: dict[Node, Node] = {}
        found = _kept(_DECODED, text, (_decode(data[3], first), first))
    cell, known = found[0], dict(found[1])
    return _fitting(NODES["Claim"], [*(_decode(x, known) for x in data[1:3]), cell])


K = TypeVar("K")
V = TypeVar("V")
KEPT = 64  # recurrences that are not read again
_DECODED: dict[str, tuple[Any, dict[Node, Node]]] = {}


def _kept(store: dict[K, V], key: K, value: V) -> V:
    """``value``, remembered; the oldest is forgotten if there are too many."""
    if len(store) >= KEPT:
        del store[next(iter(store))]
    store[key] = value
    return value


def _decode(data: Any, known: dict[Node, Node]) -> Any:
    if type(data) is list:
        return _decode_node(data, known)
    if type(data) is dict:
        if len(data) == 1 and isinstance(data.get("t"), list):
            return tuple([_decode(v, known) for v in data["t"]])
        if len(data) == 1 and isinstance(data.get("q"), str):
            return _fraction(data["q"])
        raise CertificateError(f"unreadable value {str(data)[:80]}")
    if type(data) in _PLAIN:
        return data
    raise CertificateError(f"unreadable value {data!r}")


def _fraction(text: str) -> Fraction:
    if len(text) > LONGEST_NUMBER or not text.replace("/", "", 1).lstrip("-").isdigit():
        raise CertificateError(f"{text[:80]!r} is not a fraction")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise CertificateError(f"{text!r} is not a fraction") from error
    if str(value) != text:
        raise CertificateError(f"{text!r} is not a fraction in lowest terms")
    return value


def _decode_node(data: list[Any], known: dict[Node, Node]) -> Node:
    name = data[0] if data else None
    kind = NODES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise CertificateError(f"unknown node {str(data[:1])[:80]}")
    made = _fitting(kind, [_decode(item, known) for item in data[1:]])
    return known.setdefault(made, made)


def _fitting(kind: Any, values: list[Any]) -> Node:
    """The node of a kind with the given values; CertificateError unless each has its declared type."""
    signature = (kind, *map(type, values))
    if signature not in _FITTING:
        _check_fields(kind, values)
        if len(_FITTING) >= SIGNATURES:
            _FITTING.clear()
        _FITTING.add(signature)
    elif tuple in signature:
        for at, fits in _tuple_tests(kind):
            if not fits(values[at]):
                _check_fields(kind, values)
    return kind(*values)  # type: ignore[no-any-return]


_PLAIN = frozenset((str, int, bool, type(None)))
_FITTING: set[tuple[Any, ...]] = set()  # kinds with types of values that were found to be as declared, tuples apart
SIGNATURES = 4096


def _check_fields(kind: Any, values: list[Any]) -> None:
    """Raises CertificateError if the values do not have the types that the fields of a node declare."""
    names = tuple(kind.__dataclass_fields__)
    if len(values) != len(names):
        raise CertificateError(f"{kind.__name__} has {len(names)} fields, not {len(values)}")
    for name, value, fits in zip(names, values, _field_tests(kind), strict=True):
        if not fits(value):
            raise CertificateError(f"{kind.__name__}.{name} cannot be {str(value)[:80]}")


# ---- nodes read anew ----

_READ: dict[int, tuple[list[Node], dict[int, Node], dict[Node, Node]]] = {}


def read_anew(value: Any, shared: Node | None = None) -> tuple[Any, list[Node]]:
    """``decode(encode(value))`` without the data in between, and the nodes in it: nothing remembered on nodes is kept.

    ``shared``: a part of many values, such as the recurrence of a claim, that is read once; its nodes are not given.
    """
    if shared is None:
        return _read(value, {}, {})
    found = _READ.get(id(shared))
    if found is None:
        seen: dict[int, Node] = {}
        known: dict[Node, Node] = {}
        _read(shared, seen, known)
        # what the numbers in ``seen`` stand for is kept alive, so that nothing else gets them
        found = _kept(_READ, id(shared), (distinct(shared), seen, known))
    return _read(value, found[1].copy(), found[2].copy())


def _read(value: Any, seen: dict[int, Node], known: dict[Node, Node]) -> tuple[Any, list[Node]]:
    made: list[Node] = []

    def node(n: Any) -> Any:
        found = seen.get(id(n))
        if found is None:
            kind = type(n)
            if NODES.get(kind.__name__) is not kind:
                raise CertificateError(f"cannot read {kind.__name__}")
            new = _fitting(kind, [v if type(v) in _PLAIN else other(v) for v in n.parts()])
            found = seen[id(n)] = known.setdefault(new, new)
            if found is new:
                made.append(new)
        return found

    def other(v: Any) -> Any:
        kind = type(v)
        if kind is tuple:
            return tuple([x if type(x) in _PLAIN else other(x) for x in v]) if v else ()
        return _fraction(str(v)) if kind is Fraction else node(v)

    return other(value), made


# ---- declared types ----

Test = Callable[[Any], bool]


@cache
def _field_tests(kind: Any) -> tuple[Test, ...]:
    """For each field whether a decoded value has its declared type."""
    return tuple(map(_test, _declared(kind)))


@cache
def _tuple_tests(kind: Any) -> tuple[tuple[int, Test], ...]:
    """Places of fields that may be tuples, where the type of a value does not tell what is in it."""
    wanted = _declared(kind)
    tests = enumerate(_field_tests(kind))
    return tuple((i, test) for i, test in tests if any(typing.get_origin(w) is tuple for w in _choices(wanted[i])))


def _declared(kind: Any) -> list[Any]:
    """The declared types of the fields of a kind of node."""
    hints = typing.get_type_hints(kind)
    return [hints[f] for f in kind.__dataclass_fields__]


def _choices(wanted: Any) -> tuple[Any, ...]:
    return typing.get_args(wanted) if typing.get_origin(wanted) in (types.UnionType, typing.Union) else (wanted,)


def _test(wanted: Any) -> Test:
    """Whether a value has a declared type, inside tuples too. A bool is no int."""
    choices, args = _choices(wanted), typing.get_args(wanted)
    if len(choices) > 1:
        return _one_of(tuple(_test(a) for a in choices))
    if typing.get_origin(wanted) is tuple:
        return _all(_test(args[0])) if args[-1] is Ellipsis else _each(tuple(_test(a) for a in args))
    if wanted is type(None):
        return lambda value: value is None
    if wanted is int:
        return lambda value: type(value) is int
    return lambda value: isinstance(value, wanted)


def _one_of(tests: tuple[Test, ...]) -> Test:
    def fits(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - this is called for each node
            if test(value):
                return True
        return False

    return fits


def _all(test: Test) -> Test:
    def fits(value: Any) -> bool:
        if type(value) is not tuple:
            return False
        for x in value:  # noqa: SIM110
            if not test(x):
                return False
        return True

    return fits


def _each(tests: tuple[Test, ...]) -> Test:
    count = len(tests)

    def fits(value: Any) -> bool:
        if type(value) is not tuple or len(value) != count:
            return False
        for x, test in zip(value, tests):  # noqa: B905, SIM110 - equally many
            if not test(x):
                return False
        return True

    return fits


def canonical_json(value: Any) -> str:
    """Compact JSON text with one spelling per value."""
    return _compact(encode(value))


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True)


def checksum(data: Any) -> str:
    """The checksum of what ``decode`` makes of ``data``, if it is not refused: there is one spelling per value."""
    return hashlib.sha256(_compact(data).encode()).hexdigest()


def sha256(value: Any) -> str:
    """The checksum of a node's canonical JSON."""
    return checksum(encode(value))
