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
from typing import Any

from symrnn.claims.index import NODES, Node
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
    """The value that ``encode`` made ``data`` from; equal nodes in it are one. CertificateError on anything else."""
    return _decode(data, {})


def _decode(data: Any, known: dict[Node, Node]) -> Any:
    if isinstance(data, list):
        made = _decode_node(data, known)
        return known.setdefault(made, made)
    if isinstance(data, dict):
        if len(data) == 1 and isinstance(data.get("t"), list):
            return tuple([_decode(v, known) for v in data["t"]])
        if len(data) == 1 and isinstance(data.get("q"), str):
            return _fraction(data["q"])
        raise CertificateError(f"unreadable value {str(data)[:80]}")
    if data is None or isinstance(data, str | int | bool):
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
    kind = NODES.get(data[0]) if data and isinstance(data[0], str) else None
    if kind is None:
        raise CertificateError(f"unknown node {str(data[:1])[:80]}")
    names = tuple(kind.__dataclass_fields__)
    if len(data) != len(names) + 1:
        raise CertificateError(f"{data[0]} has {len(names)} fields, not {len(data) - 1}")
    values = [_decode(item, known) for item in data[1:]]
    for name, value, fits in zip(names, values, _field_tests(data[0]), strict=True):
        if not fits(value):
            raise CertificateError(f"{data[0]}.{name} cannot be {str(value)[:80]}")
    return kind(*values)  # type: ignore[no-any-return]


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
    return json.dumps(encode(value), separators=(",", ":"), ensure_ascii=True)


def sha256(value: Any) -> str:
    """The checksum of a node's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
