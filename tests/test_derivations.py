"""The founding derivation: what the machinery must bring out of the nine steps of the notes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import referee

from symrnn.replay import replay_entry
from symrnn.report.certificates import certificates
from symrnn.report.json import document, dumps, loads, schema
from symrnn.report.script_files import script_files
from symrnn.verdicts import Condition

ROOT = Path(__file__).parent.parent
ALL, NONE = "all", None
REFUTED = (
    *("1", "1.a", "2", "3", "3.b", "4.b", "4.d", "5.c", "6.a", "6.b", "7", "7.i", "8.a", "8.b", "8.h", "8.l", "8.p"),
    *(
        "9",
        "9.d",
        "9.g",
        "9.h",
        "9.i",
        "9.j",
        "9.k",
        "9.l",
        "9.m",
        "9.n",
        "9.o",
        "9.v",
        "9.w",
        "9.x",
        "9.y3",
        "9.z",
        "9.z1",
    ),
)
CONDITIONAL = ("8", "8.c", "9.y2")
PROVED = {  # sizes and lags
    **dict.fromkeys(("2.a", "2.b", "2.c", "2.d", "4.e", "5", "5.a", "5.b", "5.d", "7.a", "7.g", "7.h"), (ALL, NONE)),
    **dict.fromkeys(("8.d", "8.e", "8.i", "8.j", "8.k", "8.m", "9.b", "9.c", "9.c1", "9.e"), (ALL, NONE)),
    **dict.fromkeys(("9.q", "9.r", "9.s", "9.t", "9.u", "9.y4", "9.z2"), (ALL, NONE)),
    **dict.fromkeys(("4", "4.c", "6", "6.c", "7.c", "7.d", "7.e", "7.f"), (ALL, ALL)),
    **dict.fromkeys(("1.b", "1.c", "1.d", "3.a", "8.g", "8.n", "8.o"), (ALL, ALL)),
    **dict.fromkeys(("9.a", "9.y", "9.y1"), (NONE, NONE)),
    **dict.fromkeys(("9.f", "9.p"), ([1], NONE)),
    "8.f": ([2], NONE),
    "4.a": (ALL, {"min": 0}),
    "7.b": ([1], ALL),
}
COMMUTATOR = "W_hh D[t-1] - D[t-1] W_hh"


# ---- verdicts --------------------------------------------------------------------------------------------------------


def test_verdicts_and_scopes(founding):
    assert {s.id for s in founding.steps} == {*REFUTED, *PROVED, *CONDITIONAL}
    assert {s.id: s.verdict for s in founding.steps} == {
        **dict.fromkeys(REFUTED, "refuted"),
        **dict.fromkeys(PROVED, "proved"),
        **dict.fromkeys(CONDITIONAL, "conditional"),
    }
    assert {s.id: (s.scope.sizes, s.scope.lags) for s in founding.steps if s.verdict == "proved"} == PROVED


def test_nothing_contradicts_a_verdict(founding):
    assert all(s.passed and s.alarm is None for s in founding.steps)
    checked = [s.crosscheck for s in founding.steps if s.crosscheck]
    assert all(c.agrees and c.digits >= 50 for c in checked)
    assert len(checked) >= 25


def test_only_spectra_rest_on_lemmas(founding):
    used = {s.id: s.lemmas for s in founding.steps if s.lemmas}
    assert not any(i.startswith(("1", "2", "3", "4", "5", "6", "7")) for i in used)
    assert (used["8.d"], used["8.m"], used["9.q"]) == (
        ("spectral theorem",),
        ("Jordan form",),
        ("norm of a normal matrix",),
    )


def test_inferences(founding):
    said = {s.id: s.inference for s in founding.steps if s.follows}
    assert said == {"6": "holds", "7": "fails", "8": "fails", "8.l": "holds", "9.z1": "holds"}
    assert founding.step("7").rests_on == ()
    assert founding.step("8.l").rests_on == ("7",)
    assert founding.step("9.z1").rests_on == ("7", "8.l")


def test_runs_that_go_on_for_ever(founding):
    """What the Jacobian does along each orbit, at the smallest size, by states as many as its period has."""
    found = {s.id: s.counterexample for s in founding.steps if (s.counterexample or {}).get("kind") == "orbit"}
    does = {i: (c["growth"]["test"], c["hidden_size"], len(c["states"])) for i, c in found.items()}
    assert does == {
        **dict.fromkeys(("1", "9.g"), ("persists", 1, 1)),
        **dict.fromkeys(("1.a", "9.h"), ("explodes", 1, 1)),
        **dict.fromkeys(("9.d", "9.i", "9.w", "9.x"), ("vanishes", 1, 1)),
        **dict.fromkeys(("3.b", "9", "9.j", "9.k", "9.l", "9.n", "9.z1"), ("explodes", 2, 1)),
        **dict.fromkeys(("9.m", "9.o"), ("persists", 2, 1)),
        "8.p": ("vanishes", 2, 1),  # and yet it rises first
        "9.v": ("explodes", 2, 2),
    }
    nilpotent = [{"of": "W_hh", "test": "nilpotent", "power": 2}]
    for i in ("9", "9.k", "9.l", "9.m", "9.n", "9.o"):
        assert [{k: v for k, v in h.items() if k != "text"} for h in found[i]["hypotheses"]] == nilpotent
    assert not any(found[i].get("inputs") for i in ("9.k", "9.l", "9.m"))


def test_conditions_of_limits_and_decompositions(founding):
    said = {c.text for c in founding.step("9").conditions}
    assert {"||W_hh|| < 4", "rho(|W_hh|) < 4", "W_hh is normal", "W_hh is nonnegative"} <= said
    exact = {(c.text, c.under) for c in founding.step("8").conditions if c.exact}
    assert exact == {
        ("W_hh has a squarefree minimal polynomial over C", ()),
        ("not disc(W_hh) = 0 or W_hh is a multiple of I", ("n = 2",)),
    }
    assert [c.text for c in founding.step("9.y2").conditions] == ["not y = 0"]
    assert founding.step("8.b").failing_set == "open"


def test_hypotheses_that_rescue_step_7(founding):
    assert {i: founding.step(i).assumptions for i in ("7.b", "7.c", "7.d", "7.e")} == {
        "7.b": ("n = 1",),
        "7.c": ("W_hh is diagonal",),
        "7.d": ("for all j: D[j] is a multiple of I",),
        "7.e": ("for all j: D[j] W_hh = W_hh D[j]",),
    }


def test_layouts_are_printed(founding):
    assert [founding.step(i).layout for i in ("5", "5.d", "4.c", "6.c")] == ["numerator", *["denominator"] * 3]


def test_repairs(founding):
    for refuted, true in (("7", "6"), ("6.a", "6"), ("6.b", "6"), ("4.b", "4")):
        repair = founding.step(refuted).repair
        assert (repair.text, repair.verdict) == (founding.step(true).claim_text, "proved")
    assert founding.step("5.c").repair.verdict == "proved"
    assert {i: founding.step(i).repair.text for i in ("1", "8", "9")} == {
        "1": "||d h[t] / d h[t-k]|| <= (1/4 ||W_hh||)^k",
        "8": "W_hh has a Jordan form over C",
        "9": "rho(|W_hh|) < 4 => d h[t] / d h[t-k] vanishes as k -> infinity",
    }


# ---- conditions of step 7 --------------------------------------------------------------------------------------------


def under(conditions: tuple[Condition, ...], *given: str) -> set[str]:
    """The texts of the exact conditions under just these."""
    return {c.text for c in conditions if c.exact and set(c.under) == set(given)}


def test_sufficient_conditions(founding):
    sufficient = {c.text: (c.scope.sizes, c.scope.lags) for c in founding.step("7").conditions if not c.exact}
    assert sufficient == {
        "n = 1": ([1], ALL),
        "k = 1": (ALL, [1]),
        "W_hh is diagonal": (ALL, ALL),
        "for all j: D[j] is a multiple of I": (ALL, ALL),
        "for all j: D[j] W_hh = W_hh D[j]": (ALL, ALL),
    }


def test_exact_conditions_over_two_steps(founding):
    conditions = founding.step("7").conditions
    assert under(conditions, "k = 2") == {f"D[t] ({COMMUTATOR}) W_hh = 0", f"({COMMUTATOR}) W_hh = 0"}
    assert under(conditions, "k = 2", "W_hh is invertible") == {
        f"{COMMUTATOR} = 0",
        "for all i: for all j: W_hh[i,j] (D[t-1][j,j] - D[t-1][i,i]) = 0",
    }


def cases(text: str) -> set[frozenset[str]]:
    """A disjunction of conjunctions of "... = 0" as the sets of what vanishes."""
    return {frozenset(re.sub(r"[()]", "", case).replace(" = 0", "").split(" and ")) for case in text.split(" or ")}


def test_all_cases_for_two_units_over_two_steps(founding):
    (text,) = under(founding.step("7").conditions, "k = 2", "n = 2")
    assert cases(text) == {
        frozenset(["D[t-1][1,1] - D[t-1][2,2]"]),
        frozenset(["W_hh[1,1]", "W_hh[1,2]"]),
        frozenset(["W_hh[1,2]", "W_hh[2,1]"]),
        frozenset(["W_hh[2,1]", "W_hh[2,2]"]),
    }


def patterns(n: int) -> set[frozenset[str]]:
    """Where W must vanish for (W D - D W) W = 0 whatever D is: w_ij w_jl = 0 for all l and all i other than j.

    So for each j row j vanishes, or column j does off the diagonal; the smallest of the sets that come of it.
    """
    found = set()
    for chosen in range(2**n):
        rows = [j for j in range(n) if chosen >> j & 1]
        zeros = {(j, i) for j in rows for i in range(n)}
        zeros |= {(i, j) for j in range(n) if j not in rows for i in range(n) if i != j}
        found.add(frozenset(f"W_hh[{i + 1},{j + 1}]" for i, j in zeros))
    return {z for z in found if not any(other < z for other in found)}


@pytest.mark.parametrize(("n", "count"), [(2, 3), (3, 7)])
def test_all_patterns_of_w_whatever_d_is(founding, n, count):
    (text,) = under(founding.step("7").conditions, "k = 2", f"n = {n}", "for all D")
    assert cases(text) == patterns(n)
    assert len(patterns(n)) == count


def test_every_condition_is_proved_and_can_be_met(founding):
    for s in founding.steps:
        for c in s.conditions:
            assert c.witness is not None and c.certificate["verdict"] == "proved", (s.id, c.text)


def test_no_condition_for_all_d_forgets_a_hypothesis(founding):
    """Step 7.i is an implication whose antecedent speaks of D: "for all D" of its conclusion alone is another claim."""
    assert [c.text for c in founding.step("7.i").conditions if "for all D" in c.under] == []


# ---- counterexamples -------------------------------------------------------------------------------------------------


def test_variants_of_step_7(founding):
    variants = {v.activation: v for v in founding.step("7").variants}
    assert {a: v.verdict for a, v in variants.items()} == {"tanh": "refuted", "relu": "refuted", "identity": "proved"}
    assert variants["relu"].condition.text == f"D[t] ({COMMUTATOR}) W_hh = 0"  # ReLU's D_t may be singular


def test_shapes_of_the_recurrence_as_printed(founding):
    c = founding.step("2").counterexample
    assert (c["kind"], c["shapes"]) == ("shape", {"W_xh": ["n", "m"], "h[t-1]": ["n", "1"]})


Matrix = list[list[Fraction]]


def times(*factors: Matrix) -> Matrix:
    out = factors[0]
    for f in factors[1:]:
        out = [
            [sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in zip(*f, strict=True)] for r in out
        ]
    return out


def network(c: dict) -> tuple[Matrix, list[Matrix]]:
    """W_hh and D1 (the earliest) ... of a path."""
    w = [[Fraction(x) for x in row] for row in c["parameters"]["W_hh"]]
    d = [[[Fraction(x) * (i == j) for j in range(len(v))] for i, x in enumerate(v)] for v in c["derivatives"]]
    return w, d


def test_the_counterexample_of_step_7_is_the_smallest(founding):
    s = founding.step("7")
    c = s.counterexample
    assert (c["kind"], c["activation"], c["hidden_size"], c["lag"], s.failing_set) == ("path", "sigmoid", 2, 2, "open")
    assert s.reason.endswith("proved for n = 1 and for k = 1")
    w, (d1, d2) = network(c)
    assert times(d2, w, d1, w) != times(d2, d1, w, w)


def test_commuting_is_not_necessary_over_three_steps(founding):
    c = founding.step("7.i").counterexample
    assert (c["kind"], c["hidden_size"], c["lag"]) == ("path", 2, 3)
    w, (d1, d2, d3) = network(c)
    assert w[0][0] * w[1][1] - w[0][1] * w[1][0] != 0
    assert times(d3, w, d2, w, d1, w) == times(d3, d2, d1, w, w, w)
    assert times(d1, w) != times(w, d1)


def test_the_referee_agrees(founding):
    found = dict(referee.verdicts(document([founding])))
    assert set(found.values()) <= {"holds", "not judged"}
    title = founding.title
    assert all(found[f"{title} {i}"] == "holds" for i in REFUTED if i not in ("2", "8.a", "9.y3"))


def test_counterexample_scripts_run(founding, tmp_path):
    names = []
    for name, source in script_files([founding]):
        (tmp_path / name).write_text(source, encoding="utf-8")
        done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{name}\n{done.stdout}{done.stderr}"
        names.append(name)
    assert len(names) >= 20


# ---- data ------------------------------------------------------------------------------------------------------------


def test_the_json_is_valid_and_loses_nothing(founding):
    data = document([founding])
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert loads(dumps([founding])) == ((founding,), ())


def test_certificates_replay(founding):
    entries = certificates([founding])["entries"]
    assert {e["step"] for e in entries} >= {s.id for s in founding.steps}
    for entry in json.loads(json.dumps(entries)):
        replay_entry(entry)


def without_seconds(data: object) -> object:
    if isinstance(data, dict):
        return {k: without_seconds(v) for k, v in data.items() if k != "seconds"}
    return [without_seconds(v) for v in data] if isinstance(data, list) else data


def test_the_command_gives_the_same_in_another_process(founding):
    """Other hash seeds, a worker process, some steps only: the same data but for ``seconds``."""
    wanted = ("2", "4.d", "5.c", "7.g", "7.i")
    command = [sys.executable, "-m", "symrnn.cli", "check", "derivations/vanishing_gradient.py", "--format", "json"]
    command += [word for i in wanted for word in ("--step", i)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "1"}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (here,) = document([founding])["derivations"]
    (there,) = json.loads(done.stdout)["derivations"]
    assert without_seconds(there["steps"]) == without_seconds([s for s in here["steps"] if s["id"] in wanted])


def numbers(data: object) -> Iterator[float]:
    if isinstance(data, float):
        yield data
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from numbers(value)


def test_no_float_but_seconds(founding):
    assert list(numbers(without_seconds(document([founding])))) == []
