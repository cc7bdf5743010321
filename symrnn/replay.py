"""Certificates as data: ``replay_entry`` is the whole of ``symrnn replay`` for one step.

It decodes, compares the checksum and asks the kernel.
"""

from __future__ import annotations

from typing import Any

from symrnn import kernel
from symrnn.claims.codec import checksum, decode, encode
from symrnn.claims.index import Node
from symrnn.claims.recurrence import Claim
from symrnn.errors import CertificateError, Refused


def entry_of(claim: Node, verdict: str, certificate: Node) -> dict[str, Any]:
    """What a certificates file holds of one step, besides its derivation and id."""
    data = encode(claim)
    return {"claim": data, "sha256": checksum(data), "verdict": verdict, "certificate": encode(certificate)}


def replay_entry(entry: dict[str, Any]) -> None:
    """Check one entry by the kernel alone. Raises Refused, or CertificateError if it cannot be read."""
    if lacking := [field for field in ("claim", "sha256", "verdict", "certificate") if field not in entry]:
        raise CertificateError(f"an entry lacks {lacking[0]!r}")
    claim, certificate = decode(entry["claim"]), decode(entry["certificate"])
    if not isinstance(claim, Claim):
        raise CertificateError("an entry's claim is no claim")
    if checksum(entry["claim"]) != entry["sha256"]:
        raise CertificateError("an entry's claim does not match its sha256: the file was altered")
    judgement = kernel.check(claim, certificate)
    if judgement.verdict != entry["verdict"]:
        raise Refused(f"the certificate shows {judgement.verdict}, not {entry['verdict']}")
