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
from fractions import Fraction
from functools import cache
from typing import Any

from symrnn.claims.index import NODES, Node
from symrnn.errors import CertificateError

LONGEST_NUMBER = 8000  # digits, past which Python reads no numbers either


def encode(value: Any) -> Any:
    """A node as ``[type name, field, ...]``, a tuple as ``{"t": [...]}``, a fraction as ``{"q": "1/4"}``."""
    if isinstance(value, Node):
        return [type(value).__name__, *(encode(getattr(value, f)) for f in value.__dataclass_fields__)]
    if isinstance(value, tuple):
        return {"t": [encode(v) for v in value]}
    if isinstance(value, Fraction):
        return {"q": str(value)}
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"cannot encode {type(value).__name__}")


def decode(data: Any) -> Any:
    """The value that ``encode`` made ``data`` from. Raises CertificateError on anything else."""
    if isinstance(data, list):
        return _decode_node(data)
    if isinstance(data, dict):
        if set(data) == {"t"} and isinstance(data["t"], list):
            return tuple(decode(v) for v in data["t"])
        if set(data) == {"q"} and isinstance(data["q"], str):
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


def _decode_node(data: list[Any]) -> Node:
    kind = NODES.get(data[0]) if data and isinstance(data[0], str) else None
    if kind is None:
        raise CertificateError(f"unknown node {str(data[:1])[:80]}")
    names = tuple(kind.__dataclass_fields__)
    if len(data) != len(names) + 1:
        raise CertificateError(f"{data[0]} has {len(names)} fields, not {len(data) - 1}")
    values = [decode(item) for item in data[1:]]
    for name, value, wanted in zip(names, values, _field_types(data[0]), strict=True):
        if not _fits(value, wanted):
            raise CertificateError(f"{data[0]}.{name} cannot be {str(value)[:80]}")
    return kind(*values)  # type: ignore[no-any-return]


@cache
def _field_types(name: str) -> tuple[Any, ...]:
    kind = NODES[name]
    hints = typing.get_type_hints(kind)
    return tuple(hints[f] for f in kind.__dataclass_fields__)


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a decoded value has the declared type of its field, inside tuples too."""
    origin, args = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, a) for a in args)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(_fits(v, args[0]) for v in value)
        return len(value) == len(args) and all(_fits(v, a) for v, a in zip(value, args, strict=True))
    if wanted is type(None):
        return value is None
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)


def canonical_json(value: Any) -> str:
    """Compact JSON text with one spelling per value."""
    return json.dumps(encode(value), separators=(",", ":"), ensure_ascii=True)


def sha256(value: Any) -> str:
    """The checksum of a node's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
