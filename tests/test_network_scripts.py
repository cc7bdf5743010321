"""Scripts for counterexamples of networks of all kinds: they run, they notice damage, and they run nothing strange."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    Leaky,
    cell,
    diag,
    eq,
    eye,
    forall,
    hadamard,
    index,
    inputs,
    jacobian,
    local,
    lt,
    matrix,
    product,
    sigmoid,
    size,
    state,
    tanh,
)
from symrnn.counterexamples import of_instance
from symrnn.report.script import script
from symrnn.search.decide import decide

n, m = size("n"), size("m")
W, V = matrix("W", n), matrix("V", n, m)
h, z, x1, x2 = state("h", n), local("z", n), inputs("x1", m), inputs("x2", n)
OWN = cell(
    "own",
    states={h: lambda t: hadamard(1 - z[t], h[t - 1]) + hadamard(z[t], tanh(W @ h[t - 1] + x2[t])) / 2},
    inputs=(x1, x2),
    locals={z: lambda t: sigmoid(V @ x1[t])},
)
L, G, K = LSTM(), GRU(), Leaky()
t, j, i = L.t, index("j"), index("i")
CLAIMS = {
    "an LSTM": (eq(L.h[t], hadamard(L.o[t], L.c[t])), L),
    "an LSTM, by the memory": (eq(jacobian(L.h[t], L.c[t - 1]), diag(L.o[t])), L),
    "a GRU": (eq(jacobian(G.h[t], G.h[t - 1]), diag(G.z[t])), G),
    "a GRU, an inequality": (forall(i, lt(G.h[t][i, 1], G.h[t - 1][i, 1])), G),
    "leaky": (eq(jacobian(K.h[t], K.h[t - 1]), K.D[t] @ K.W_hh), K),
    "two inputs": (eq(jacobian(h[t], x2[t]), diag(z[t])), OWN),
    "two inputs, two steps": (eq(jacobian(h[t], h[t - 2]), product(eye(n) - diag(z[j]), j, t, t - 1)), OWN),
}


def counterexample(name: str) -> dict[str, Any]:
    conclusion, about = CLAIMS[name]
    claim = Derivation("x", cell=about).step("1", conclusion).claim
    decision = decide(claim)
    assert decision.verdict == "refuted" and decision.instance is not None, decision.attempts
    data: dict[str, Any] = json.loads(json.dumps(of_instance(claim, decision.instance)))
    assert data["kind"] == "path", data
    return data


def run(data: dict[str, Any], path: Path) -> subprocess.CompletedProcess[str]:
    source = script(data, "Counterexample")
    assert source is not None
    path.write_text(source, encoding="utf-8")
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_script_confirms_its_counterexample_and_notices_damage(name: str, tmp_path: Path) -> None:
    data = counterexample(name)
    done = run(data, tmp_path / "good.py")
    assert done.returncode == 0 and "FAILS" not in done.stdout, done.stdout + done.stderr
    bad = copy.deepcopy(data)
    states = bad["states"][-1]
    (next(iter(states.values())) if isinstance(states, dict) else states)[0] = "7/2"
    assert run(bad, tmp_path / "state.py").returncode == 1
    for value in data.get("values", {}):
        if value.startswith("d"):
            bad = copy.deepcopy(data)
            bad["values"][value][0][0] = "17"
            assert run(bad, tmp_path / "value.py").returncode == 1
    bad = copy.deepcopy(data)
    bad["lhs"] = bad["rhs"]
    assert run(bad, tmp_path / "sides.py").returncode == 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "h_before.T",
        "open('x')",
        "[h_before]",
        "y",
        "h_before if 1 else 2",
        "exec(h_before)",
        "(",
    ],
)
def test_no_script_of_a_strange_update(text: str) -> None:
    data = counterexample("a GRU")
    assert script(data) is not None
    data["updates"][-1][1] = text
    assert script(data) is None


@pytest.mark.parametrize("name", ["states", "advance", "x y", "lambda", "np", "h_before; import os"])
def test_no_script_of_a_strange_name(name: str) -> None:
    data = counterexample("a GRU")
    data["updates"][0][0] = name
    assert script(data) is None
    data = counterexample("a GRU")
    data["parameters"][name] = [["1"]]
    assert script(data) is None


def test_sides_that_doubles_cannot_tell_apart_give_no_script() -> None:
    c = {"kind": "values", "values": {"a": "1"}, "sides": {"lhs": "a", "rhs": "1"}, "lhs": "1", "rhs": "2"}
    assert script(c) is not None
    assert script({**c, "rhs": "1000000000001/1000000000000"}) is None
