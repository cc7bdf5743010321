"""Reports: JSON there and back against its schema, the text report, scripts that recompute counterexamples."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from symrnn.errors import CertificateError, ScriptError
from symrnn.report import certificates
from symrnn.report.json import document, dumps, loads, result_from_json, result_to_json, schema
from symrnn.report.text import Terminal, render
from symrnn.verdicts import Condition, Crosscheck, DerivationResult, Repair, Scope, StepResult, Variant

PATH: dict[str, Any] = {  # W D2 W D1 against D2 D1 W^2, by hand
    "kind": "path",
    "activation": "sigmoid",
    "hidden_size": 2,
    "lag": 2,
    "parameters": {"W_hh": [["1", "2"], ["0", "1"]], "W_xh": [["1", "0"], ["0", "1"]]},
    "states": [["1/2", "1/3"], ["1/2", "1/4"], ["1/5", "1/2"]],
    "inputs": [["-7/6", "-log(3) - 1/3"], ["-log(4) - 1", "-1/4"]],
    "derivatives": [["1/4", "3/16"], ["4/25", "1/4"]],
    "sides": {"lhs": "J", "rhs": "D2*D1*W_hh**2"},
    "lhs": [["1/25", "7/50"], ["0", "3/64"]],
    "rhs": [["1/25", "4/25"], ["0", "3/64"]],
    "hypotheses": [{"of": "W_hh", "test": "invertible"}],
}
TANH: dict[str, Any] = {
    "kind": "orbit",
    "activation": "tanh",
    "parameters": {"W_hh": [["1/2"]], "W_xh": [["1"]]},
    "states": [["1/2"]],
    "inputs": [["atanh(1/2) - 1/4"]],
    "growth": {"monodromy": [["3/8"]], "test": "vanishes"},
}
EVIDENCE = {"claim": ["Claim"], "sha256": "0" * 64, "verdict": "refuted", "certificate": ["Point", 1]}
ALL = Scope("all", "all")
CONDITION = Condition(
    "W_hh is diagonal", "W", True, ("k = 2",), ALL, ("geometric series",), {"W_hh": [["1", "0"], ["0", "2"]]}, EVIDENCE
)
SUFFICIENT = Condition("n = 1", "n = 1", False, (), Scope([1], "all"), (), None)
STEP = StepResult(
    id="7",
    title="commute the diagonals",
    claim_text="d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j]) W_hh^k",
    claim_latex=r"\frac{\partial h_t}{\partial h_{t-k}}",
    because="diagonal matrices commute",
    follows=("6",),
    using=("chain",),
    verdict="refuted",
    reason="at n = 2, k = 2 the two sides differ",
    expected="refuted",
    scope=Scope({"min": 2}, {"min": 2}),
    partial_scope=None,
    inference="fails",
    rests_on=("4",),
    assumptions=("W_hh is invertible",),
    lemmas=("submultiplicative",),
    failing_set="open",
    conditions=(CONDITION, SUFFICIENT),
    counterexample=PATH,
    repair=Repair("d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j] W_hh)", "J", "proved"),
    variants=(Variant("identity", "proved", "D[t] = I", CONDITION, None), Variant("tanh", "refuted", "", None, TANH)),
    crosscheck=Crosscheck(50, 8, "1.2e-49", True),
    certificate=EVIDENCE,
    attempts=("words: no",),
    alarm=None,
    layout="numerator",
    line=12,
    seconds=0.12,
)
EMPTY = replace(
    STEP,
    id="1",
    title="",
    verdict="proved",
    expected=None,
    inference="none",
    follows=(),
    using=(),
    scope=ALL,
    rests_on=(),
    assumptions=(),
    lemmas=(),
    failing_set=None,
    conditions=(),
    counterexample=None,
    repair=None,
    variants=(),
    crosscheck=None,
    certificate=None,
    attempts=(),
    layout="",
    line=None,
)
OPEN = replace(
    EMPTY, id="9", verdict="undecided", partial_scope=Scope([1, 2], {"min": 1}), attempts=("words: 3", "search: 10")
)
RESULT = DerivationResult("Vanishing gradients", "notes.py", "elman", "sigmoid", (EMPTY, STEP, OPEN))
FIELDS = (
    "id title claim because follows using verdict expected scope partial_scope inference rests_on assumptions lemmas"
    " failing_set conditions condition counterexample repair variants crosscheck certificate attempts"
    " reason layout alarm line seconds"
).split()


def validate(data: Any) -> None:
    jsonschema.Draft202012Validator(schema()).validate(data)


# ---- JSON ------------------------------------------------------------------------------------------------------------


def test_the_schema_is_a_schema_and_fits_what_is_written() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validate(json.loads(dumps([RESULT], [ScriptError("no", "x.py", 3), ScriptError("nothing checked")])))
    validate(document([]))


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "true"},
        {"counterexample": None},
        {"counterexample": {"kind": "feeling"}},
        {"counterexample": PATH | {"lhs": [["a lot"]]}},
        {"scope": Scope("some", "all")},
        {"crosscheck": {"digits": 50}},
        {"inference": ""},
    ],
)
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(document([replace(RESULT, steps=(replace(STEP, **change),))]))


def test_the_fields_stand_in_the_order_of_the_interface() -> None:
    data = result_to_json(RESULT)
    assert list(data) == ["title", "source", "cell", "activation", "summary", "steps"]
    assert list(data["summary"].items()) == [("proved", 1), ("conditional", 0), ("refuted", 1), ("undecided", 1)]
    step = data["steps"][1]
    assert list(step) == FIELDS
    assert step["claim"] == {"text": STEP.claim_text, "latex": STEP.claim_latex}
    assert step["condition"] == step["conditions"][0] and data["steps"][0]["condition"] is None
    assert list(step["condition"])[:7] == ["text", "latex", "exact", "under", "scope", "lemmas", "witness"]
    assert list(step["variants"][0])[:4] == ["activation", "verdict", "condition", "counterexample"]
    assert set(FIELDS) == set(schema()["$defs"]["step"]["properties"]) == set(schema()["$defs"]["step"]["required"])
    assert list(document([RESULT])) == ["symrnn", "errors", "derivations"]


def test_the_round_trip_loses_nothing() -> None:
    text = dumps([RESULT], [ScriptError("no", "x.py", 3)])
    results, errors = loads(text)
    assert results == (RESULT,)
    assert [(e.message, e.source, e.line) for e in errors] == [("no", "x.py", 3)]
    assert dumps(results, errors) == text
    assert result_from_json(result_to_json(RESULT)) == RESULT


def test_the_bytes_are_the_same_but_for_seconds() -> None:
    one, two = dumps([RESULT]), dumps([replace(RESULT, steps=tuple(replace(s, seconds=9.5) for s in RESULT.steps))])
    assert one != two and one == two.replace("9.5", "0.12")
    assert one.isascii() and one.endswith("}\n")


@pytest.mark.parametrize(
    "text", ['{"derivations": [{}], "errors": []}', "[]", "{}", '{"derivations": 1, "errors": []}']
)
def test_other_json_is_no_result(text: str) -> None:
    with pytest.raises(ValueError, match="not the JSON of symrnn check"):
        loads(text)


# ---- certificate files -----------------------------------------------------------------------------------------------


def test_certificates_are_collected_with_those_of_conditions() -> None:
    data = json.loads(certificates.dumps([RESULT]))
    assert {k: v for k, v in data.items() if k != "entries"} == {
        "format": "symrnn-certificates",
        "version": 1,
        "symrnn": "0.1.0",
    }
    assert [e["step"] for e in data["entries"]] == ["7", "7, condition 1", "7, identity, condition"]
    assert list(data["entries"][0]) == ["derivation", "step", "claim", "sha256", "verdict", "certificate"]
    assert data["entries"][0] == {"derivation": "Vanishing gradients", "step": "7", **EVIDENCE}
    assert certificates.loads(certificates.dumps([RESULT])) == data["entries"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "corrupt: no JSON"),
        ("[" * 100_000, "corrupt: no JSON"),
        ("[1]", "but this is something else"),
        ('{"derivations": []}', "but this is the result of a check; write the file anew with: symrnn check PATH"),
        ('{"format": "symrnn-certificates", "version": 2}', "version 2 is unknown; this symrnn reads version 1: use"),
        ('{"format": "symrnn-certificates", "version": true}', "version True is unknown"),
        ('{"format": "symrnn-certificates", "version": 1}', '"entries" is no list'),
        (
            '{"format": "symrnn-certificates", "version": 1, "entries": [{"step": "1", "derivation": "x"}]}',
            "corrupt: entry 1 lacks claim, sha256, verdict, certificate",
        ),
        ('{"format": "symrnn-certificates", "version": 1, "entries": [7]}', "entry 1 lacks derivation, step"),
    ],
)
def test_what_is_wrong_with_a_certificate_file(text: str, message: str) -> None:
    with pytest.raises(CertificateError) as caught:
        certificates.loads(text)
    assert message in str(caught.value) and "--certificates FILE" in str(caught.value)


# ---- text ------------------------------------------------------------------------------------------------------------


def test_the_text_report() -> None:
    assert render([RESULT]) == GOLDEN


GOLDEN = """\
Vanishing gradients
notes.py, cell: elman, activation: sigmoid
step  verdict      scope           claim                               inference
────────────────────────────────────────────────────────────────────────────────
1     PROVED       all n, all k    d h[t] / d h[t-k] = prod(j = t ..
                                   t-k+1, D[j]) W_hh^k
7     REFUTED      n >= 2, k >= 2  commute the diagonals               fails
9     UNDECIDED !  all n, all k    d h[t] / d h[t-k] = prod(j = t ..
                                   t-k+1, D[j]) W_hh^k
! not the verdict expected of this step

PROVED  step 1
  claim           d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j]) W_hh^k
  because         diagonal matrices commute
  reason          at n = 2, k = 2 the two sides differ
  scope           all n, all k

REFUTED  step 7  commute the diagonals  (as expected)
  claim           d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j]) W_hh^k
  because         diagonal matrices commute
  layout          numerator
  reason          at n = 2, k = 2 the two sides differ
  assuming        W_hh is invertible
  scope           n >= 2, k >= 2
  inference       fails: the claim does not follow from step 6, chain
  rests on        not proved: 4
  lemmas          submultiplicative
  holds iff       W_hh is diagonal  (given k = 2)  [geometric series]
  holds if        n = 1
  repair          d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j] W_hh)  (PROVED)
  counterexample  a sigmoid network with n = 2, lag k = 2
                  W_hh = [ 1  2 ]
                         [ 0  1 ]
                  W_xh = [ 1  0 ]
                         [ 0  1 ]
                  h[t-2] = (1/2, 1/3)
                  h[t-1] = (1/2, 1/4)
                  h[t] = (1/5, 1/2)
                  x[t-1] = (-7/6, -log(3) - 1/3)
                  x[t] = (-log(4) - 1, -1/4)
                  D1 = D[t-1] = diag(1/4, 3/16)
                  D2 = D[t] = diag(4/25, 1/4)
                  left side: J = [ 1/25  7/50 ]
                                 [    0  3/64 ]
                  right side: D2*D1*W_hh**2 = [ 1/25  4/25 ]
                                              [    0  3/64 ]
                  hypothesis met: W_hh is invertible
                  it fails on an open set of instances, not only there
  with identity   PROVED: D[t] = I
                  holds iff W_hh is diagonal  (given k = 2)  [geometric series]
  with tanh       REFUTED
  cross-check     agrees at 8 points with 50 digits, residual 1.2e-49

UNDECIDED  step 9  (expected: proved)
  claim           d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j]) W_hh^k
  because         diagonal matrices commute
  reason          at n = 2, k = 2 the two sides differ
  scope           all n, all k
  proved only for n = 1, 2, k >= 1
  tried           words: 3
                  search: 10

3 steps: 1 proved, 0 conditional, 1 refuted, 1 undecided.
Not as expected: step 9 of Vanishing gradients is undecided, not proved.
"""


def test_ascii_where_the_terminal_has_no_more() -> None:
    fancy = replace(RESULT, title="∇ – étude", steps=(replace(STEP, because="‖W‖ ≤ 1 → ∂h"),))
    text = render([fancy], Terminal(encoding="ascii"))
    assert text.isascii() and "<= 1 -> dh" in text and "\\u2207 - \\xe9tude" in text
    assert "é" in render([fancy], Terminal(encoding="latin-1"))
    assert "‖W‖ ≤ 1 → ∂h" in render([fancy])


def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost() -> None:
    claim = " + ".join(f"W_hh^{i} A_{i}" for i in range(40)) + " = " + "X" * 200
    long = replace(STEP, claim_text=claim, title="", id="a.long.id")
    for width in (60, 80, 120):
        text = render([replace(RESULT, steps=(long,))], Terminal(width=width))
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text and text == "".join(f"{line.rstrip()}\n" for line in text.splitlines())
        words = text.replace("\n", " ").split()
        assert all(f"A_{i}" in words for i in range(40)) and text.count("X") >= 200


def test_colour_only_where_asked_for_and_never_alone() -> None:
    plain, coloured = render([RESULT]), render([RESULT], Terminal(color=True))
    assert "\x1b[" not in plain and "\x1b[1;31mREFUTED" in coloured
    assert all(word in plain for word in ("PROVED", "REFUTED", "UNDECIDED"))


def test_alarms_and_unexpected_verdicts_are_in_the_summary() -> None:
    bad = replace(STEP, expected=None, alarm="the kernel refused the certificate", crosscheck=None)
    worse = replace(STEP, id="8", expected="proved", crosscheck=Crosscheck(50, 8, "0.3", False))
    text = render([replace(RESULT, steps=(bad, worse))])
    assert "REFUTED  step 7  commute the diagonals  (expected: proved)" in text
    assert "cross-check     DISAGREES at 8 points with 50 digits, residual 0.3" in text
    assert text.endswith(
        "2 steps: 0 proved, 0 conditional, 2 refuted, 0 undecided.\n"
        "ALARM: step 7 of Vanishing gradients: the kernel refused the certificate\n"
        "ALARM: step 8 of Vanishing gradients: the cross-check disagrees\n"
        "Not as expected: step 7 of Vanishing gradients is refuted, not proved.\n"
        "Not as expected: step 8 of Vanishing gradients is refuted, not proved.\n"
    )


def test_brackets_are_no_markup() -> None:
    text = render([replace(RESULT, title="[bold]x[/bold]", steps=(replace(EMPTY, claim_text="h[t] = [red] :smile:"),))])
    assert "[bold]x[/bold]" in text and "h[t] = [red] :smile:" in text
