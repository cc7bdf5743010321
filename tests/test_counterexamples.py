"""Counterexamples of every kind: they fit the schema, are shown, and their scripts confirm them and nothing else."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from symrnn.report.expressions import MPMATH, Unreadable, array, number, side
from symrnn.report.instances import instance_lines, plain_value
from symrnn.report.json import schema
from symrnn.report.script import script

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
ORBIT: dict[str, Any] = {  # a double falls off this fixed point
    "kind": "orbit",
    "activation": "sigmoid",
    "hidden_size": 2,
    "parameters": {"W_hh": [["18", "18"], ["-18", "-18"]], "W_xh": [["1", "0"], ["0", "1"]]},
    "states": [["1/2", "1/6"]],
    "inputs": [["-12", "12 - log(5)"]],
    "derivatives": [["1/4", "5/36"]],
    "growth": {"monodromy": [["9/2", "9/2"], ["-5/2", "-5/2"]], "test": "persists", "power": 1},
    "hypotheses": [{"of": "W_hh", "test": "vanishes", "power": 2}, {"of": "W_hh", "test": "nilpotent", "power": 2}],
}
RELU: dict[str, Any] = {  # period 2: 1 -> 1/2 -> 1
    "kind": "orbit",
    "activation": "relu",
    "parameters": {"W_hh": [["1"]], "b": ["1"]},
    "states": [["1"], ["1/2"]],
    "inputs": [["-3/2"], ["-1/2"]],
    "growth": {"monodromy": [["1"]], "test": "persists"},
}
TANH: dict[str, Any] = {
    "kind": "orbit",
    "activation": "tanh",
    "parameters": {"W_hh": [["1/2"]], "W_xh": [["1"]]},
    "states": [["1/2"]],
    "inputs": [["atanh(1/2) - 1/4"]],
    "growth": {"monodromy": [["3/8"]], "test": "vanishes"},
}
VALUES: dict[str, Any] = {
    "kind": "values",
    "values": {"A": [["1", "1"], ["0", "1"]], "c": "2", "v": ["1", "1/2"]},
    "sides": {"lhs": "c*A*v + inv(A)*v", "rhs": "T(A)*A*v*det(A)"},
    "lhs": [["7/2"], ["3/2"]],
    "rhs": [["3/2"], ["2"]],
    "hypotheses": [{"of": "A - T(A) + A**2", "test": "invertible"}],
}
SHAPE: dict[str, Any] = {
    "kind": "shape",
    "shapes": {"W_xh": ["n", "m"], "h[t-1]": ["n", "1"]},
    "reason": "W_xh is n x m and h[t-1] is n x 1: the product needs m = n",
}
SUM: dict[str, Any] = {
    "kind": "shape",
    "shapes": {"A": ["2*n", "1"], "b": ["n", "1"]},
    "reason": "A is 2*n x 1 and b is n x 1: they cannot be added",
}
TRACE: dict[str, Any] = {"kind": "shape", "shapes": {"A": ["n", "m"]}, "reason": "the trace needs a square matrix"}
UNDEFINED: dict[str, Any] = {"kind": "undefined", "term": "inv(W*W)", "values": {"W": [["1", "0"], ["0", "0"]]}}
AS_TEXT: dict[str, Any] = UNDEFINED | {"term": "W^-1"}
NEGATION: dict[str, Any] = {"kind": "negation", "text": "for all W: W is invertible or det(W) = 0"}
RUNNABLE = {
    "path": PATH,
    "orbit": ORBIT,
    "relu": RELU,
    "tanh": TANH,
    "values": VALUES,
    "shape": SHAPE,
    "sum": SUM,
    "trace": TRACE,
    "undefined": UNDEFINED,
    "undefined as text": AS_TEXT,
}


@pytest.mark.parametrize("instance", [*RUNNABLE.values(), NEGATION], ids=lambda c: str(c["kind"]))
def test_every_kind_of_counterexample_fits_the_schema(instance: dict[str, Any]) -> None:
    definitions = schema()
    one = {"$schema": definitions["$schema"], "$ref": "#/$defs/counterexample", "$defs": definitions["$defs"]}
    jsonschema.Draft202012Validator(one).validate(instance)


@pytest.mark.parametrize("instance", [*RUNNABLE.values(), NEGATION], ids=lambda c: str(c["kind"]))
def test_every_counterexample_is_shown(instance: dict[str, Any]) -> None:
    lines = list(instance_lines(instance, 60))
    assert lines and all(lines)


def test_orbits_say_what_they_show() -> None:
    assert list(instance_lines(ORBIT, 70)) == [
        "a sigmoid network with n = 2 on a fixed point",
        "W_hh = [  18   18 ]",
        "       [ -18  -18 ]",
        "W_xh = [ 1  0 ]",
        "       [ 0  1 ]",
        "h[0] = (1/2, 1/6)",
        "x[1] = (-12, 12 - log(5))",
        "D1 = D[1] = diag(1/4, 5/36)",
        "the Jacobian over one period:",
        "M = [  9/2   9/2 ]",
        "    [ -5/2  -5/2 ]",
        "the powers of M do not vanish: |trace(M)| >= n, or |det M| >= 1, or they recur",
        "hypothesis met: W_hh vanishes (seen at power 2)",
        "hypothesis met: W_hh is nilpotent (seen at power 2)",
    ]


def test_wide_matrices_go_entry_by_entry() -> None:
    wide = {"kind": "undefined", "term": "inv(W)", "values": {"W": [["log(2)" * 9, "0"], ["1", "2"]]}}
    assert list(instance_lines(wide, 40))[2:] == ["W[1,2] = 0", "W[2,1] = 1", "W[2,2] = 2"]


def test_values_of_unknown_layout_are_shown_plainly() -> None:
    assert plain_value({"W": [["1", "0"]], "k": 2}) == "W = [[1, 0]], k = 2"
    assert list(instance_lines({"kind": "new", "x": "1"}, 80)) == ["kind = new, x = 1"]


# ---- scripts ---------------------------------------------------------------------------------------------------------


def execute(source: str, place: Path) -> subprocess.CompletedProcess[str]:
    file = place / "instance.py"
    file.write_text(source, encoding="utf-8")
    return subprocess.run([sys.executable, "-I", "-W", "error", str(file)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", RUNNABLE)
def test_scripts_confirm_the_counterexample(name: str, tmp_path: Path) -> None:
    source = script(RUNNABLE[name], 'Step 7 of "x"\n\\ and more')
    assert source is not None and source.startswith('# Step 7 of "x"\n# \\ and more\n# Exit code 0')
    assert "symrnn" not in source and "eval" not in source
    done = execute(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "") and "FAILS" not in done.stdout


@pytest.mark.parametrize(
    ("base", "place", "value", "complaint"),
    [
        (PATH, ("states", 1, 0), "1/3", "state 1 follows from state 0"),
        (PATH, ("derivatives", 0, 1), "3/17", "D1 holds the derivatives stated"),
        (PATH, ("lhs", 0, 0), "1/24", "the left side has the value stated"),
        (PATH, ("rhs", 1, 1), "3/65", "the right side has the value stated"),
        (PATH, ("sides", "rhs"), "D2*W_hh*D1*W_hh", "the two sides differ"),
        (PATH, ("hypotheses", 0, "test"), "symmetric", "W_hh: symmetric"),
        (ORBIT, ("states", 0, 1), "1/5", "state 1 follows from state 0"),
        (ORBIT, ("growth", "test"), "explodes", "J: explodes"),
        (ORBIT, ("growth", "monodromy", 0, 0), "9/4", "the monodromy is the one stated"),
        (ORBIT, ("hypotheses", 0, "power"), 1, "W_hh: vanishes"),
        (VALUES, ("sides", "rhs"), "c*A*v + A**-1*v", "the two sides differ"),
        (SUM, ("shapes", "A"), ["n", "1"], "NumPy sees no error"),
        (UNDEFINED, ("values", "W"), [["1", "0"], ["0", "1"]], "inv(W*W) asks for the inverse of a singular matrix"),
    ],
)
def test_scripts_expose_what_is_not_so(
    base: dict[str, Any], place: tuple[Any, ...], value: Any, complaint: str, tmp_path: Path
) -> None:
    wrong = copy.deepcopy(base)
    at = wrong
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    source = script(wrong)
    assert source is not None
    done = execute(source, tmp_path)
    assert done.returncode == 1 and f"FAILS {complaint}" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "instance",
    [
        NEGATION,
        PATH | {"recurrence": "lstm"},
        PATH | {"activation": "phi"},
        PATH | {"sides": {"lhs": "J", "rhs": "__import__('os')"}},
        PATH | {"states": [["open('x')", "1"]] * 3},
        PATH | {"hypotheses": [{"of": "W_hh", "test": "lucky"}]},
        VALUES | {"values": {"np": "1", "A": [["1"]]}},
        VALUES | {"values": {"A); import os; (": "1"}},
        SHAPE | {"shapes": {"A": ["n.x", "1"]}},
    ],
)
def test_no_script_for_what_cannot_be_run(instance: dict[str, Any]) -> None:
    assert script(instance) is None


@pytest.mark.parametrize(
    ("text", "double", "exact"),
    [
        ("1/2", "(1/2)", "(mpf(1)/2)"),
        ("-3", "(-3)", "(-3)"),
        ("log(2) - 5*log(3)/2", "(log(2) - ((5*log(3))/2))", "(log(2) - (mpf(5*log(3))/2))"),
        ("2**-1", "(2**(-1))", "(mpf(2)**(-1))"),
        ("sqrt(1 + 1/4)", "sqrt(1 + (1/4))", "sqrt(1 + (mpf(1)/4))"),
    ],
)
def test_numbers_as_source(text: str, double: str, exact: str) -> None:
    assert number(text) == double and number(text, MPMATH) == exact


@pytest.mark.parametrize(
    "text", ["1.5", "x", "log", "log(1, 2)", "f(1)", "1 if 1 else 2", "[1]", "(", "1 % 2", "True", 1.5]
)
def test_what_is_no_number(text: object) -> None:
    with pytest.raises(Unreadable):
        number(text)


def test_sides_as_source() -> None:
    kinds = {"J": "matrix", "W": "matrix", "c": "scalar"}
    assert side("J - c*W*T(J)", kinds) == "J - ((c * W) @ J.T)"
    assert side("inv(J*W)**2", kinds) == "np.linalg.matrix_power(np.linalg.inv(J @ W), 2)"
    assert side("trace(J)*W/det(W)**2", kinds) == "(trace(J) * W) / (det(W) ** 2)"
    assert side("J**-2*c", kinds, MPMATH) == "(J ** -2) * c"
    assert array(["1/2", 3]) == "np.array([[1/2], [3]], dtype=float)"


@pytest.mark.parametrize("text", ["J + c", "J / W", "X", "J ** c", "J @ W", "det(c)", "J.T", "exp(J)", "J[0]", "1.5*J"])
def test_what_is_no_side(text: str) -> None:
    with pytest.raises(Unreadable):
        side(text, {"J": "matrix", "W": "matrix", "c": "scalar"})
