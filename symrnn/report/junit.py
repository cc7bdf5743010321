"""Results as JUnit XML: a suite for each derivation, a case for each step, with the verdict among its properties."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.etree import ElementTree as xml

from symrnn.errors import ScriptError
from symrnn.report.text import Terminal, step_text
from symrnn.verdicts import DerivationResult, StepResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PLAIN = Terminal(width=100)


def render(
    results: Iterable[DerivationResult], errors: Iterable[ScriptError], fails: Callable[[StepResult], bool]
) -> str:
    """The XML of a run. ``fails`` says which steps count as failures; errors are cases of a suite of their own."""
    root = xml.Element("testsuites", name="symrnn")
    for result in results:
        _suite(root, result, fails)
    listed = list(errors)
    if listed:
        suite = xml.SubElement(
            root, "testsuite", name="errors", tests=str(len(listed)), failures="0", errors=str(len(listed))
        )
        for e in listed:
            case = xml.SubElement(suite, "testcase", classname="symrnn", name=_clean(place(e.source, e.line) or "run"))
            xml.SubElement(case, "error", message=_clean(e.message))
    total = {k: sum(int(s.get(k, "0")) for s in root) for k in ("tests", "failures", "errors")}
    root.attrib.update({k: str(n) for k, n in total.items()})
    xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _ascii(xml.tostring(root, encoding="unicode")) + "\n"


def _suite(root: xml.Element, result: DerivationResult, fails: Callable[[StepResult], bool]) -> None:
    failed = [s for s in result.steps if fails(s)]
    suite = xml.SubElement(
        root,
        "testsuite",
        name=_clean(result.title),
        tests=str(len(result.steps)),
        failures=str(len(failed)),
        errors="0",
        time=f"{sum(s.seconds for s in result.steps):.3f}",
    )
    for s in result.steps:
        _case(suite, result, s, s in failed)


def _case(suite: xml.Element, result: DerivationResult, s: StepResult, failed: bool) -> None:
    case = xml.SubElement(
        suite,
        "testcase",
        classname=_clean(result.title),
        name=_clean(f"step {s.id}"),
        file=_clean(result.source),
        line=str(s.line or 0),
        time=f"{s.seconds:.3f}",
    )
    properties = xml.SubElement(case, "properties")
    for name, value in step_properties(s):
        xml.SubElement(properties, "property", name=name, value=_clean(value))
    if failed:
        failure = xml.SubElement(case, "failure", type=s.verdict, message=_clean(headline(s)))
        failure.text = _clean(step_text(s, PLAIN))


def step_properties(s: StepResult) -> list[tuple[str, str]]:
    """What a test report says of a step, by name."""
    found = {
        "symrnn_verdict": s.verdict,
        "symrnn_expected": s.expected or "proved",
        "symrnn_claim": s.claim_text,
        "symrnn_inference": s.inference if s.inference != "none" else "",
        "symrnn_condition": condition(s),
        "symrnn_repair": s.repair.text if s.repair else "",
        "symrnn_rests_on": ", ".join(s.rests_on),
        "symrnn_alarm": s.alarm or "",
    }
    return [(k, v) for k, v in found.items() if v]


def condition(s: StepResult) -> str:
    """When a refuted step does hold, in words: by its exact condition, if one was found for all sizes and lags."""
    exact = [c for c in s.conditions if c.exact and not c.under]
    for c in (*exact, *s.conditions):
        given = f" (given {'; '.join(c.under)})" if c.under else ""
        return f"holds {'if and only if' if c.exact else 'if'} {c.text}{given}"
    return ""


def headline(s: StepResult) -> str:
    """Why a step counts as a failure, in one line."""
    if s.alarm:
        return f"ALARM: {s.alarm}"
    if not s.passed:
        return f"{s.verdict}, not {s.expected or 'proved'} as expected: {s.claim_text}"
    if s.inference == "fails":
        return f"{s.verdict}, but it does not follow from what it cites: {s.claim_text}"
    return f"{s.verdict}: {s.claim_text}"


def place(source: str, line: int | None) -> str:
    """File and line as one word."""
    return f"{source}:{line}" if source and line else source


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("?", text)


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode()


__all__ = ["condition", "headline", "place", "render", "step_properties"]
