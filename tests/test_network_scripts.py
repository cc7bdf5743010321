"""Scripts for counterexamples of networks of all kinds: they run, they notice damage, and they run nothing strange."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from symrnn import (
    GRU,
    LSTM,
    Derivation,
    DiagonalRNN,
    Elman,
    Leaky,
    bounded,
    cell,
    diag,
    eq,
    eye,
    forall,
    gradient,
    hadamard,
    index,
    inputs,
    jacobian,
    lag,
    local,
    loss,
    lt,
    matrix,
    product,
    sigmoid,
    size,
    squared_error,
    state,
    summation,
    tanh,
    vanishes,
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


E, T, k, s, y = Elman(tanh), lag("T"), lag("k"), index("s"), matrix("y", n, 1)
R = DiagonalRNN(tanh)
loss_of = {c: loss("L", c.h, 1, T) for c in (E, L, G, R)}
squared = squared_error("S", lambda t: E.h[t], lambda t: y[t], 1, T)


def wrong(total: Any, D: Any, h: Any) -> Any:
    """A gradient with h_s where h_{s-1} belongs."""
    return summation(D[s] @ jacobian(total, h[s]).T @ h[s].T, s, 1, T)


RUNS = {
    "the orbit of an LSTM, h by h": (vanishes(jacobian(L.h[t], L.h[t - k])), L),
    "the orbit of an LSTM, c by c": (vanishes(jacobian(L.c[t], L.c[t - k])), L),
    "the orbit of a GRU": (bounded(jacobian(G.h[t], G.h[t - k])), G),
    "a gradient": (eq(gradient(loss_of[E], E.W_hh), wrong(loss_of[E], E.D, E.h)), E),
    "a gradient of a squared error": (eq(gradient(squared, E.W_hh), wrong(squared, E.D, E.h)), E),
    "a gradient, a row times a state": (eq(gradient(E.h[t], E.W_hh, row=matrix("u", 1, n), since=t - 1), 0), E),
    "a state by a bias": (eq(jacobian(E.h[T], E.b, since=0), E.D[T]), E),
    "a gradient of an LSTM": (eq(gradient(loss_of[L], L.U_f), wrong(loss_of[L], L.D_f, L.h)), L),
    "a gradient by a diagonal parameter": (
        eq(gradient(loss_of[R], R.W_hh), summation(diag(jacobian(loss_of[R], R.h[s]).T), s, 1, T)),
        R,
    ),
    "a gradient of a GRU": (eq(gradient(loss_of[G], G.U_z), wrong(loss_of[G], G.D_z, G.h)), G),
}


@cache
def counterexample(name: str) -> dict[str, Any]:
    conclusion, about = (CLAIMS | RUNS)[name]
    claim = Derivation("x", cell=about).step("1", conclusion).claim
    decision = decide(claim)
    assert decision.verdict == "refuted" and decision.instance is not None, decision.attempts
    data: dict[str, Any] = json.loads(json.dumps(of_instance(claim, decision.instance)))
    assert data["kind"] == ("orbit" if "orbit" in name else "path"), data
    return data


def run(data: dict[str, Any], path: Path) -> subprocess.CompletedProcess[str]:
    source = script(data, "Counterexample")
    assert source is not None
    path.write_text(source, encoding="utf-8")
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_script_confirms_its_counterexample_and_notices_damage(name: str, tmp_path: Path) -> None:
    data = copy.deepcopy(counterexample(name))
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


def _changes(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all numbers in some data."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _changes(value, (*path, key))
    elif isinstance(data, str) and re.fullmatch(r"[-\d/]+|.*log.*", data):
        yield path


@pytest.mark.parametrize("name", RUNS)
def test_a_script_of_a_run_that_goes_on_or_of_a_gradient(name: str, tmp_path: Path) -> None:
    data = counterexample(name)
    done = run(data, tmp_path / "good.py")
    assert done.returncode == 0 and "FAILS" not in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("ok   ") >= 3
    used = [data["states"], data.get("growth", {}), *([data["lhs"], data["rhs"]] if "lhs" in data else [])]
    used += [{k: v} for k, v in data.get("values", {}).items() if k in data.get("derived", {})]
    places = [(i, *path) for i, part in enumerate(used) for path in _changes(part)]
    assert places
    for number, (i, *path) in enumerate(places[:8]):
        bad = copy.deepcopy(data)
        part = [bad["states"], bad.get("growth"), bad.get("lhs"), bad.get("rhs")][i] if i < 4 else bad["values"]
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = "23/7"
        assert run(bad, tmp_path / f"bad{number}.py").returncode == 1, (i, path)


def test_a_derivative_that_has_no_words_gives_no_script() -> None:
    data = copy.deepcopy(counterexample("a gradient"))
    assert script(data) is not None
    name = next(iter(data["derived"]))
    for changed in (None, {"wrt": "sys"}, {"of": [["os", 1, [["1"]]]]}, {"of": [["h", 1, [["open(1)"]]]]}):
        bad = copy.deepcopy(data)
        bad["derived"][name] = changed and {**data["derived"][name], **changed}
        assert script(bad) is None


def test_a_gradient_script_prints_both_sides_with_many_digits(tmp_path: Path) -> None:
    done = run(counterexample("a gradient of an LSTM"), tmp_path / "good.py")
    assert re.search(r"left side:.*\[\['-?\d+\.\d{25,}'\]\]", done.stdout, re.DOTALL), done.stdout


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
    data = copy.deepcopy(counterexample("a GRU"))
    assert script(data) is not None
    data["updates"][-1][1] = text
    assert script(data) is None


@pytest.mark.parametrize("name", ["states", "advance", "x y", "lambda", "np", "h_before; import os"])
def test_no_script_of_a_strange_name(name: str) -> None:
    data = copy.deepcopy(counterexample("a GRU"))
    data["updates"][0][0] = name
    assert script(data) is None
    data = copy.deepcopy(counterexample("a GRU"))
    data["parameters"][name] = [["1"]]
    assert script(data) is None


def test_sides_that_doubles_cannot_tell_apart_give_no_script() -> None:
    c = {"kind": "values", "values": {"a": "1"}, "sides": {"lhs": "a", "rhs": "1"}, "lhs": "1", "rhs": "2"}
    assert script(c) is not None
    assert script({**c, "rhs": "1000000000001/1000000000000"}) is None
