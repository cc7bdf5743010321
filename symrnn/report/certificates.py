"""The certificate file: what ``check --certificates FILE`` writes and ``replay`` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable

from symrnn.errors import CertificateError
from symrnn.report.json import text_of
from symrnn.verdicts import Data, DerivationResult, StepResult

FORMAT, VERSION = "symrnn-certificates", 1
EVIDENCE = ("claim", "sha256", "verdict", "certificate")  # of an entry, after its derivation and step


def certificates(results: Iterable[DerivationResult]) -> Data:
    """All certificates of a run as the data of a certificate file; those of conditions and variants included."""
    from symrnn import __version__

    entries = [
        {"derivation": r.title, "step": label, **{key: evidence[key] for key in EVIDENCE}}
        for r in results
        for s in r.steps
        for label, evidence in _evidence(s)
        if isinstance(evidence, dict) and all(key in evidence for key in EVIDENCE)
    ]
    return {"format": FORMAT, "version": VERSION, "symrnn": __version__, "entries": entries}


def _evidence(s: StepResult) -> list[tuple[str, Data]]:
    found = [(s.id, s.certificate)]
    found += [(f"{s.id}, condition {i}", c.certificate) for i, c in enumerate(s.conditions, 1)]
    for v in s.variants:
        found.append((f"{s.id}, {v.activation}", v.certificate))
        if v.condition is not None:
            found.append((f"{s.id}, {v.activation}, condition", v.condition.certificate))
    return found


def dumps(results: Iterable[DerivationResult]) -> str:
    """The text of a certificate file, with a newline at its end."""
    return text_of(certificates(results))


def loads(text: str) -> list[Data]:
    """The entries of a certificate file. Raises CertificateError that says what is wrong and what to do."""
    again = "write the file anew with: symrnn check PATH --certificates FILE"
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"corrupt: no JSON ({error}); {again}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        what = "the result of a check" if isinstance(data, dict) and "derivations" in data else "something else"
        raise CertificateError(f'no certificate file: "format" is not "{FORMAT}" but this is {what}; {again}')
    version = data.get("version")
    if version != VERSION or isinstance(version, bool):
        raise CertificateError(
            f"certificate version {version!r} is unknown; this symrnn reads version {VERSION}: "
            'use the symrnn that wrote the file (its version is under "symrnn"), or ' + again
        )
    entries = data.get("entries")
    if not isinstance(entries, list):
        raise CertificateError(f'corrupt: "entries" is no list; {again}')
    for number, entry in enumerate(entries, 1):
        wanted = ("derivation", "step", *EVIDENCE)
        missing = [key for key in wanted if not isinstance(entry, dict) or key not in entry]
        if missing:
            raise CertificateError(f"corrupt: entry {number} lacks {', '.join(missing)}; {again}")
    return entries


__all__ = ["certificates", "dumps", "loads"]
