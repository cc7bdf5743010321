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
from math import gcd
from typing import Any, TypeVar

from symrnn.claims.index import FIELDS, NODES, Node
from symrnn.errors import CertificateError

Key = tuple[Any, ...]
LONGEST_NUMBER = 8000  # digits, past which Python reads no numbers either
SHORT = 4000  # bits of a fraction that is short enough for Python to write down


def encode(value: Any) -> Any:
    """A node as ``[type name, field, ...]``, a tuple as ``{"t": [...]}``, a fraction as ``{"q": "1/4"}``."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return {"t": [v if type(v) in _PLAIN else encode(v) for v in value]}
    if kind is Fraction:
        return {"q": str(value)}
    fields = FIELDS.get(kind)
    if fields is None:
        raise TypeError(f"cannot encode {kind.__name__}")
    return [kind.__name__, *[v if type(v) in _PLAIN else encode(v) for v in fields(value)]]


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
    if any(type(data) is plain for plain in _PLAIN):  # a class may claim to equal another
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


def fraction_anew(value: Fraction) -> Fraction:
    """``_fraction(str(value))``, without the text where it is short."""
    top, bottom = value.numerator, value.denominator
    if type(top) is not int or type(bottom) is not int or top.bit_length() + bottom.bit_length() > SHORT:
        try:
            return _fraction(str(value))
        except ValueError as error:
            raise CertificateError("a number with thousands of digits: give it a name") from error
    if bottom < 1 or gcd(top, bottom) != 1:
        raise CertificateError(f"{top}/{bottom} is not a fraction in lowest terms")
    return Fraction(top, bottom)


def _decode_node(data: list[Any], known: dict[Node, Node]) -> Node:
    name = data[0] if data else None
    kind = NODES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise CertificateError(f"unknown node {str(data[:1])[:80]}")
    made = _fitting(kind, [_decode(item, known) for item in data[1:]])
    return known.setdefault(made, made)


def _fitting(kind: Any, values: list[Any]) -> Node:
    """The node of a kind with the given values; CertificateError unless each has its declared type."""
    signature = (kind, *map(_type, values))
    if signature not in FITTING:
        check_fields(signature, values)
    return kind(*values)  # type: ignore[no-any-return]


def _type(value: Any) -> Any:
    """The type of a value, of a tuple those of what is in it."""
    return tuple(map(_type, value)) if type(value) is tuple else type(value)


_PLAIN = frozenset((str, int, bool, type(None)))
FITTING: set[Key] = set()  # kinds with types of values that were found to be as declared
SIGNATURES = 4096


def check_fields(signature: Key, values: list[Any]) -> None:
    """Raises CertificateError if the values do not have the types that the fields of a node declare.

    ``signature``: the kind of node and the types of the values, which is remembered if they do.
    """
    kind = signature[0]
    names = tuple(kind.__dataclass_fields__)
    if len(values) != len(names):
        raise CertificateError(f"{kind.__name__} has {len(names)} fields, not {len(values)}")
    for name, value, fits in zip(names, values, _field_tests(kind), strict=True):
        if not fits(value):
            raise CertificateError(f"{kind.__name__}.{name} cannot be {str(value)[:80]}")
    if len(FITTING) >= SIGNATURES:
        FITTING.clear()
    FITTING.add(signature)


# ---- declared types ----

Test = Callable[[Any], bool]


@cache
def _field_tests(kind: Any) -> tuple[Test, ...]:
    """For each field whether a decoded value has its declared type."""
    hints = typing.get_type_hints(kind)
    return tuple(_test(hints[f]) for f in kind.__dataclass_fields__)


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
