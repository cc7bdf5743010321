"""The same script gives the same JSON in every process, whatever Python's hash seed; only ``seconds`` may differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = """
from symrnn import Derivation, Elman, commutator, eq, index, inv, jacobian, lag, matrix, product, sigmoid, size, trace

d = Derivation("Some of each", cell=Elman(sigmoid))
h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
n = d.n
A, B = matrix("A", n), matrix("B", n)
d.step("1", eq(jacobian(h[t], h[t - 1]), D[t] @ W))
d.step("2", eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)), follows=["1"])
d.step("3", eq(jacobian(h[t], h[t - k]), product(D[j], j, t, t - k + 1) @ W**k), follows=["2"], expect="refuted")
d.step("4", eq(A @ inv(A), B @ inv(B)), expect="conditional")
d.step("5", eq(A**k @ B, B @ A**k), assuming=[eq(A @ B, B @ A)])
d.step("6", eq(trace(A @ B), trace(A) * trace(B)), expect="refuted")
d.step("7", eq(W @ d.x[t], h[t]), expect="refuted")
d.step("8", eq(A, 2 * B), assuming=[eq(commutator(A, B), A @ inv(A))], expect="undecided")
"""


def output(folder: Path, seed: str) -> str:
    """The JSON of ``symrnn check``, times taken out, from a fresh process."""
    script = folder / "some_of_each.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "symrnn.cli", "check", str(script), "--format", "json"]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent.parent)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert run.returncode in (0, 1), run.stderr
    data = json.loads(run.stdout)
    return json.dumps(_timeless(data), ensure_ascii=False)


def _timeless(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _timeless(value) for key, value in data.items() if key != "seconds"}
    return [_timeless(v) for v in data] if isinstance(data, list) else data


def test_two_runs_say_the_same(tmp_path: Path) -> None:
    first, second = (output(tmp_path, seed) for seed in ("1", "20261"))
    assert first == second
    verdicts = [s["verdict"] for s in json.loads(first)["derivations"][0]["steps"]]
    assert set(verdicts) == {"proved", "refuted", "conditional", "undecided"}
