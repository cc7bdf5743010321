"""The pytest plugin as a user meets it, in directories of its own.

Most runs are in this process, for speed: what they import is imported here first, since each run forgets the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree as xml

import flint  # noqa: F401
import pytest
import sympy  # noqa: F401

import symrnn.crosscheck
import symrnn.pytest_plugin
import symrnn.regression.fixtures
import symrnn.regression.snapshots
import symrnn.search.decide  # noqa: F401

PRODUCTS = """
from symrnn import Derivation, eq, matrix, size

n = size("n")
A, B = matrix("A", n), matrix("B", n)
d = Derivation("Products")
d.step("1", eq((A @ B).T, B.T @ A.T), because="rule for products")
d.step("2", eq(A @ B, B @ A), follows=["1"], because="products commute")
d.step("2.a", eq(A @ B, B @ A), expect="refuted")
"""


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *args)


@pytest.fixture
def scripts(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.mkdir("derivations")
    (pytester.path / "derivations" / "products.py").write_text(PRODUCTS)
    return pytester


# ---- steps as tests --------------------------------------------------------------------------------------------------


def test_a_test_for_each_step(scripts: pytest.Pytester) -> None:
    result = run(scripts, "derivations/", "-v", "--junitxml=out.xml")
    assert result.ret == 1
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "derivations/products.py::step-1 PASSED*",
            "derivations/products.py::step-2 FAILED*",
            "derivations/products.py::step-2.a PASSED*",
            "*step 2 of Products*",
            "refuted, not proved as expected: A B = B A",
            "REFUTED  step 2  (expected: proved)",
            "  claim*A B = B A",
            "  inference*fails*step 1",
            "  counterexample*A = * 1  1 *",
            "FAILED derivations/products.py::step-2 - refuted, not proved as expected*",
        ],
    )
    assert "Traceback" not in result.stdout.str()
    cases = {c.get("name"): c for c in xml.parse(scripts.path / "out.xml").getroot().iter("testcase")}
    found = {p.get("name"): p.get("value") for p in cases["step-2"].iter("property")}
    assert found["symrnn_verdict"] == "refuted" and found["symrnn_expected"] == "proved"
    assert found["symrnn_claim"] == "A B = B A" and found["symrnn_inference"] == "fails"


def test_selection_markers_and_xdist(scripts: pytest.Pytester) -> None:
    run(scripts, "derivations/", "-k", "2.a").assert_outcomes(passed=1, deselected=2)
    run(scripts, "derivations/", "-m", "not symrnn").assert_outcomes(deselected=3)
    run(scripts, "derivations/products.py::step-1").assert_outcomes(passed=1)
    run(scripts, "derivations/", "-n", "2").assert_outcomes(passed=2, failed=1)


def test_the_deadline(scripts: pytest.Pytester) -> None:
    result = run(scripts, "derivations/", "--symrnn-deadline", "0.0001", "-k", "step-1")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["undecided, not proved as expected:*", "*no verdict within the deadline of 0.0001 s*"])
    result = run(scripts, "derivations/", "--symrnn-deadline", "0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--symrnn-deadline: 0 is no time to wait: give seconds above 0*"])
    scripts.makepyprojecttoml("[tool.symrnn]\ndeadline = 0.0001\n")
    run(scripts, "derivations/", "-k", "step-1").assert_outcomes(failed=1, deselected=2)
    scripts.makepyprojecttoml("[tool.symrnn]\ndeadlin = 5\n")
    result = run(scripts, "derivations/")
    result.stdout.fnmatch_lines(["*has no key 'deadlin'; there are: paths, format, jobs, deadline, cache, fail-on"])
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_several_derivations_in_a_script(pytester: pytest.Pytester) -> None:
    second = PRODUCTS.replace("d =", "e =").replace("d.step", "e.step").replace('"Products"', '"More"')
    pytester.makepyfile(both=PRODUCTS + second)
    result = run(pytester, "both.py", "-v", "-k", "step-1")
    result.stdout.fnmatch_lines(["both.py::Products::step-1 PASSED*", "both.py::More::step-1 PASSED*"])


BROKEN = [
    (
        "from symrnn import Derivation\nd = Derivation('x')\n1 / 0\n",
        "*broken.py:3: ZeroDivisionError: division by zero",
    ),
    ("from symrnn import Derivation\nd = Derivation('x')\n", "*the derivation 'x' has no steps*"),
    ("from symrnn import Derivation\nif False:\n    d = Derivation('x')\n", "*no Derivation in broken.py*"),
]


@pytest.mark.parametrize(("source", "message"), BROKEN)
def test_a_script_that_cannot_be_used(pytester: pytest.Pytester, source: str, message: str) -> None:
    pytester.makepyfile(broken=source)
    result = run(pytester, "broken.py")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([message])


# ---- what is left alone ----------------------------------------------------------------------------------------------

OTHERS = {
    "test_ordinary": "from symrnn import Derivation\nd = Derivation('x')\ndef test_one(): pass\n",
    "conftest": "from symrnn import Derivation\nd = Derivation('x')\n",
    "_private": "from symrnn import Derivation\nd = Derivation('x')\n1 / 0\n",
    "ordinary_test": "from symrnn import Derivation\nd = Derivation('x')\ndef test_two(): pass\n",
    "helper": "from symrnn import Derivation\ndef make():\n    return Derivation('x')\n1 / 0\n",
    "another": "class Derivation: pass\nd = Derivation()\n1 / 0\n",
    "words": "'''symrnn has a Derivation('x')'''\n1 / 0\n",
}


def test_other_files_are_left_alone(scripts: pytest.Pytester) -> None:
    scripts.makepyfile(**OTHERS)
    run(scripts, ".", "-k", "not step").assert_outcomes(passed=2, deselected=3)


def test_a_bare_pytest_runs_no_scripts(scripts: pytest.Pytester) -> None:
    scripts.makepyfile(test_ordinary="def test_one(): pass\n")
    run(scripts).assert_outcomes(passed=1)
    run(scripts, "-n", "1").assert_outcomes(passed=1)
    run(scripts, "derivations", "-p", "no:symrnn").assert_outcomes()
    scripts.makeini("[pytest]\ntestpaths = derivations\n")
    run(scripts, "-k", "step-1").assert_outcomes(passed=1, deselected=2)


PROBE = """
import sys, pytest
class Probe:
    def pytest_sessionfinish(self):
        heavy = ("symrnn", "sympy", "mpmath", "flint", "numpy", "rich", "click")
        print("LOADED", [m for m in sys.modules if m.split(".")[0] in heavy])
sys.exit(pytest.main(["-q", "-s", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[Probe()]))
"""


def test_nothing_is_imported_until_something_is_collected(scripts: pytest.Pytester) -> None:
    scripts.makepyfile(test_ordinary="def test_one(): pass\n", probe=PROBE)
    found = subprocess.run(
        [sys.executable, "probe.py", "test_ordinary.py"], capture_output=True, text=True, cwd=scripts.path, check=True
    )
    assert "LOADED []" in found.stdout and "1 passed" in found.stdout
    found = subprocess.run(
        [sys.executable, "probe.py", "derivations", "--collect-only"], capture_output=True, text=True, cwd=scripts.path
    )
    assert "'symrnn.pytest_plugin'" in found.stdout and "products.py::step-2.a" in found.stdout
    assert "'sympy'" not in found.stdout


# ---- symbolic_regression ---------------------------------------------------------------------------------------------

GOLDEN = """
import sympy

x = sympy.Symbol("x", real=True)

def test_slope(symbolic_regression):
    symbolic_regression.check({expression}, "slope")
"""


def write(pytester: pytest.Pytester, expression: str) -> None:
    pytester.makepyfile(test_golden=GOLDEN.replace("{expression}", expression))


def test_golden_expressions(pytester: pytest.Pytester) -> None:
    write(pytester, "1 - sympy.tanh(x)**2")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*slope: nothing is stored yet; if this is right, store it with pytest --snapshot-update"]
    )

    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    (file,) = pytester.path.rglob("*.golden")
    stored = file.read_text()
    assert stored.startswith("symrnn golden 1: expression\nAdd\n  Number 1\n  Mul\n    Number -1\n") or "tanh" in stored
    assert "Symbol x real\n" in stored
    result = run(pytester)
    result.assert_outcomes(passed=1)
    assert "written otherwise" not in result.stdout.str()

    write(pytester, "1 / sympy.cosh(x)**2")
    result = run(pytester, "--junitxml=out.xml")
    result.assert_outcomes(passed=1, warnings=0)
    result.stdout.fnmatch_lines(
        [
            "*symbolic regression: equal, but written otherwise than stored*",
            "test_golden.py::test_slope: slope: only the form has changed (equal normal forms, *)",
        ]
    )
    assert "only the form has changed" in (pytester.path / "out.xml").read_text()
    assert file.read_text() == stored

    write(pytester, "1 - sympy.tanh(x)")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*slope is not what is stored: the two differ",
            "*at      x = 2",
            "*golden  0.0706508248531645",
            "*now     0.0359724199241831",
            "*--- golden",
            "*+++ now",
            "*-  *Pow",
            "*If the new one is right, store it with pytest --snapshot-update",
        ]
    )

    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    assert file.read_text() != stored
    run(pytester).assert_outcomes(passed=1)


def test_the_new_form_is_stored_on_update(pytester: pytest.Pytester) -> None:
    write(pytester, "(x + 1)**2")
    run(pytester, "--snapshot-update")
    write(pytester, "x**2 + 2*x + 1")
    run(pytester).assert_outcomes(passed=1)
    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    assert "written otherwise" not in run(pytester).stdout.str()


def test_what_cannot_be_decided_fails_with_the_evidence(pytester: pytest.Pytester) -> None:
    write(pytester, "sympy.Abs(sympy.Symbol('y') * sympy.Symbol('z')) + x")
    run(pytester, "--snapshot-update")
    write(pytester, "sympy.Mul(sympy.Abs(sympy.Symbol('y')), sympy.Abs(sympy.Symbol('z')), evaluate=False) + x")
    result = run(pytester)
    if result.parseoutcomes().get("failed"):
        result.stdout.fnmatch_lines(
            ["*slope is not shown to be what is stored: *points they agree*which proves nothing"]
        )


HOSTILE = [
    ("symrnn golden 1: expression\nSymbol __import__('os').system('touch pwned')\n", "*is no Symbol*"),
    ("symrnn golden 1: expression\nSystem rm\n", "*line 1: unknown node 'System'*"),
    ("symrnn golden 1: expression\nAdd\n      Number 1\n", "*line 2: 'Number 1' is not indented as a node of a tree*"),
    ("symrnn golden 1: expression\nNumber 2/4\n", "*'Number 2/4' is no Number*"),
    ("symrnn golden 2: expression\nNumber 1\n", "*it begins with 'symrnn golden 2: expression'*"),
    ("", "*it begins with ''*"),
]


def test_stored_text_is_never_run(pytester: pytest.Pytester) -> None:
    write(pytester, "x + 1")
    run(pytester, "--snapshot-update")
    (file,) = pytester.path.rglob("*.golden")
    for text, message in HOSTILE:
        file.write_text(text)
        result = run(pytester)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*slope: what is stored cannot be read: *; write it anew with pytest --snapshot-update"]
        )
        result.stdout.fnmatch_lines([message])
    assert not list(pytester.path.rglob("pwned*"))


TERMS = """
from symrnn import Elman, jacobian, sigmoid, tanh

cell = Elman({activation})
h, D, W = cell.names["h"], cell.names["D"], cell.names["W_hh"]

def test_jacobian(symbolic_regression):
    from symrnn import time
    t = time("t")
    symbolic_regression.check({term}, "J", cell=cell)
"""


def test_golden_terms(pytester: pytest.Pytester) -> None:
    def write(term: str, activation: str = "sigmoid") -> None:
        pytester.makepyfile(test_terms=TERMS.replace("{term}", term).replace("{activation}", activation))

    write("jacobian(h[t], h[t - 1])")
    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    write("D[t] @ W")
    result = run(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*J: only the form has changed (proved equal for everything that is left free)"])
    write("W @ D[t]")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*J is not what is stored: the two differ*", "*W_hh = * 1  1 *", "*-*Jac", "*+*MatMul"]
    )
    write("D[t] @ W", "tanh")
    result = run(pytester)
    result.stdout.fnmatch_lines(["*J is not shown to be what is stored: the recurrence it is about has changed*"])


MISUSE = """
import sympy

def test_no_name(symbolic_regression):
    symbolic_regression.check(sympy.Integer(1), "")

def test_twice(symbolic_regression):
    symbolic_regression.check(sympy.Integer(1), "a")
    symbolic_regression.check(sympy.Integer(1), "a")

def test_float(symbolic_regression):
    symbolic_regression.check(sympy.Float("0.5"), "a")
"""


def test_misuse_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_misuse=MISUSE)
    result = run(pytester, "--snapshot-update")
    result.assert_outcomes(failed=3)
    for message in (
        "*name is the non-empty string under which golden data are stored, not ''",
        "*'a' was checked before in this test: give each check a name of its own",
        "*a: 0.500000000000000 is a float and so not exact*",
    ):
        result.stdout.fnmatch_lines([message])


def test_without_syrupy_only_the_fixtures_are_missing(scripts: pytest.Pytester) -> None:
    write(scripts, "x")
    run(scripts, "derivations", "-p", "no:syrupy", "-k", "step-1").assert_outcomes(passed=1, deselected=2)
    result = run(scripts, "-p", "no:syrupy")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*symbolic_regression stores its data with syrupy: install it with pip install 'symrnn?pytest?'"]
    )


# ---- derivation_regression -------------------------------------------------------------------------------------------

RESULTS = """
import products

def test_products(derivation_regression):
    derivation_regression.check(products.d, "products")
"""


def test_golden_results(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(products=PRODUCTS, test_results=RESULTS)
    run(pytester, "-p", "no:symrnn").assert_outcomes(errors=1)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*products: nothing is stored yet*"])
    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    (file,) = pytester.path.rglob("*.golden.json")
    stored = json.loads(file.read_text())
    assert [s["verdict"] for s in stored["steps"]] == ["proved", "refuted", "refuted"]
    assert "seconds" not in file.read_text() and str(pytester.path) not in file.read_text()
    run(pytester).assert_outcomes(passed=1)
    pytester.makepyfile(products=PRODUCTS.replace("eq(A @ B, B @ A), follows", "eq(A @ B, A @ B), follows"))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*products: the result is not what is stored",
            "*changed step 2: the claim was A B = B A and is A B = A B",
            "*better  step 2: verdict: refuted -> proved; it passes now",
        ]
    )
    file.write_text("{")
    run(pytester).stdout.fnmatch_lines(["*products: what is stored cannot be read: JSONDecodeError*"])
