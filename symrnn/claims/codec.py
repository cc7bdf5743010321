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
from symrnn.claims.substitution import walk
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
    return _made(NODES["Claim"], [*(_decode(x, known) for x in data[1:3]), cell], known)


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
    return _made(kind, [_decode(item, known) for item in data[1:]], known)


def _made(kind: type[Any], values: list[Any], known: dict[Node, Node]) -> Node:
    """The node of a kind with the given values, each of the declared type; of equal nodes always the same one."""
    signature = (kind, *[type(v) if type(v) is not tuple else _types(v) for v in values])
    if signature not in _FITTING:
        _check_fields(kind, values)
        if len(_FITTING) >= SIGNATURES:
            _FITTING.clear()
        _FITTING.add(signature)
    made = kind(*values)
    return known.setdefault(made, made)


_PLAIN = frozenset((str, int, bool, type(None)))
_FITTING: set[tuple[Any, ...]] = set()  # kinds with types of values that were found to be as declared
SIGNATURES = 4096


def _types(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([type(v) if type(v) is not tuple else _types(v) for v in value])


def _check_fields(kind: type[Any], values: list[Any]) -> None:
    """Raises CertificateError if the values do not have the types that the fields of a node declare."""
    names = tuple(kind.__dataclass_fields__)
    if len(values) != len(names):
        raise CertificateError(f"{kind.__name__} has {len(names)} fields, not {len(values)}")
    for name, value, fits in zip(names, values, _field_tests(kind.__name__), strict=True):
        if not fits(value):
            raise CertificateError(f"{kind.__name__}.{name} cannot be {str(value)[:80]}")


# ---- nodes read anew ----

_READ: dict[int, tuple[tuple[Node, ...], dict[int, Node], dict[Node, Node]]] = {}


def read_anew(value: Any, shared: Node | None = None) -> Any:
    """``decode(encode(value))`` without the data in between: nothing that was remembered on the nodes is kept.

    ``shared``: a part of many values, such as the recurrence of a claim, that is read once.
    """
    if shared is None:
        return _anew(value, {}, {})
    found = _READ.get(id(shared))
    if found is None:
        seen: dict[int, Node] = {}
        known: dict[Node, Node] = {}
        _anew(shared, seen, known)
        # what the numbers in ``seen`` stand for is kept alive, so that nothing else gets them
        found = _kept(_READ, id(shared), (tuple(walk(shared)), seen, known))
    return _anew(value, dict(found[1]), dict(found[2]))


def _anew(value: Any, seen: dict[int, Node], known: dict[Node, Node]) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return tuple([_anew(v, seen, known) for v in value])
    if kind is Fraction:
        return _fraction(str(value))
    found = seen.get(id(value))
    if found is None:
        if NODES.get(kind.__name__) is not kind:
            raise CertificateError(f"cannot read {kind.__name__}")
        found = seen[id(value)] = _made(kind, [_anew(v, seen, known) for v in value.parts()], known)
    return found


Test = Callable[[Any], bool]


@cache
def _field_tests(name: str) -> tuple[Test, ...]:
    """For each field whether a decoded value has its declared type."""
    kind = NODES[name]
    hints = typing.get_type_hints(kind)
    return tuple(_test(hints[f]) for f in kind.__dataclass_fields__)


def _test(wanted: Any) -> Test:
    """Whether a value has a declared type, inside tuples too. A bool is no int."""
    origin, args = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (types.UnionType, typing.Union):
        choices = tuple(_test(a) for a in args)
        return lambda value: any(fits(value) for fits in choices)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        each = _test(args[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    if origin is tuple:
        parts = tuple(_test(a) for a in args)
        return lambda value: (
            isinstance(value, tuple)
            and len(value) == len(parts)
            and all(fits(v) for fits, v in zip(parts, value, strict=True))
        )
    if wanted is type(None):
        return lambda value: value is None
    if wanted is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    return lambda value: isinstance(value, wanted)


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
