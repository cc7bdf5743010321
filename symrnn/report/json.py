"""Results to and from the JSON of ``symrnn check --format json``, without loss. ``schema.json`` describes it.

The bytes are the same for the same results, but for ``seconds``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from symrnn.errors import ScriptError
from symrnn.verdicts import (
    Condition,
    Crosscheck,
    Data,
    DerivationResult,
    Repair,
    Scope,
    StepResult,
    Variant,
    from_data,
    to_data,
)

VERDICTS = ("proved", "conditional", "refuted", "undecided")
SCHEMA = Path(__file__).with_name("schema.json")


def dumps(results: Iterable[DerivationResult], errors: Iterable[ScriptError] = ()) -> str:
    """The JSON text of a run, with a newline at its end."""
    return text_of(document(results, errors))


def document(results: Iterable[DerivationResult], errors: Iterable[ScriptError] = ()) -> Data:
    """The JSON data of a run."""
    from symrnn import __version__

    return {
        "symrnn": __version__,
        "errors": [{"source": e.source, "line": e.line, "message": e.message} for e in errors],
        "derivations": [result_to_json(r) for r in results],
    }


def schema() -> Data:
    """The JSON Schema of ``document``."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def text_of(data: Data) -> str:
    """JSON data as text: ASCII, indented, with a newline at its end; coded claims and certificates are a line each."""
    return _text(data, "\n") + "\n"


CODED = ("claim", "certificate")  # trees, deep and for machines: indented they would be ten times as long
_in_one_line = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode


def _text(data: Data, line: str) -> str:
    """As ``json.dumps`` with an indent of 2; ``line`` is a line break and the indentation so far."""
    inner = line + "  "
    if isinstance(data, dict) and data:
        items = (
            f"{_in_one_line(k)}: {_in_one_line(v) if k in CODED and isinstance(v, list) else _text(v, inner)}"
            for k, v in data.items()
        )
        return "{" + inner + f",{inner}".join(items) + line + "}"
    if isinstance(data, list) and data:
        return "[" + inner + f",{inner}".join(_text(v, inner) for v in data) + line + "]"
    return _in_one_line(data)


def result_to_json(result: DerivationResult) -> Data:
    """One derivation's result as JSON data."""
    return {
        "title": result.title,
        "source": result.source,
        "cell": result.cell,
        "activation": result.activation,
        "summary": {word: result.summary[word] for word in VERDICTS},
        "steps": [_step(s) for s in result.steps],
    }


def _step(s: StepResult) -> Data:
    return {
        "id": s.id,
        "title": s.title,
        "claim": {"text": s.claim_text, "latex": s.claim_latex},
        "because": s.because,
        "follows": list(s.follows),
        "using": list(s.using),
        "verdict": s.verdict,
        "expected": s.expected,
        "scope": to_data(s.scope),
        "partial_scope": to_data(s.partial_scope),
        "inference": s.inference,
        "rests_on": list(s.rests_on),
        "assumptions": list(s.assumptions),
        "lemmas": list(s.lemmas),
        "failing_set": s.failing_set,
        "conditions": [to_data(c) for c in s.conditions],
        "condition": to_data(s.conditions[0]) if s.conditions else None,
        "counterexample": s.counterexample,
        "repair": to_data(s.repair),
        "variants": [_variant(v) for v in s.variants],
        "crosscheck": to_data(s.crosscheck),
        "certificate": s.certificate,
        "attempts": list(s.attempts),
        "reason": s.reason,
        "layout": s.layout,
        "alarm": s.alarm,
        "line": s.line,
        "seconds": s.seconds,
    }


def _variant(v: Variant) -> Data:
    return {
        "activation": v.activation,
        "verdict": v.verdict,
        "condition": to_data(v.condition),
        "counterexample": v.counterexample,
        "reason": v.reason,
        "certificate": v.certificate,
    }


def loads(text: str) -> tuple[tuple[DerivationResult, ...], tuple[ScriptError, ...]]:
    """The results and errors of a JSON text that ``dumps`` made. Raises ValueError if it is none."""
    data = json.loads(text)
    try:
        results = tuple(result_from_json(d) for d in data["derivations"])
        errors = tuple(ScriptError(e["message"], e["source"], e["line"]) for e in data["errors"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the JSON of symrnn check: {type(error).__name__} {error}") from error
    return results, errors


def result_from_json(data: Data) -> DerivationResult:
    """The inverse of ``result_to_json``; KeyError or TypeError if the data do not fit."""
    steps = tuple(_step_from(s) for s in data["steps"])
    return DerivationResult(data["title"], data["source"], data["cell"], data["activation"], steps)


def _step_from(s: Data) -> StepResult:
    fields: dict[str, Any] = {name: s[name] for name in _PLAIN}
    fields |= {name: tuple(s[name]) for name in _LISTS}
    return StepResult(
        **fields,
        claim_text=s["claim"]["text"],
        claim_latex=s["claim"]["latex"],
        scope=from_data(Scope, s["scope"]),
        partial_scope=from_data(Scope | None, s["partial_scope"]),
        conditions=from_data(tuple[Condition, ...], s["conditions"]),
        repair=from_data(Repair | None, s["repair"]),
        variants=from_data(tuple[Variant, ...], s["variants"]),
        crosscheck=from_data(Crosscheck | None, s["crosscheck"]),
    )


_LISTS = ("follows", "using", "rests_on", "assumptions", "lemmas", "attempts")
_PLAIN = (
    *("id", "title", "because", "verdict", "reason", "expected", "inference", "failing_set", "counterexample"),
    *("certificate", "alarm", "layout", "line", "seconds"),
)


__all__ = ["document", "dumps", "loads", "result_from_json", "result_to_json", "schema", "text_of"]
