"""The shape of the code: what may import what, what the trusted part may not do, and how long a file may be.

Imports are read from the source, those inside functions included, and seen at run time where it matters. Every check
is also run on a source that breaks its rule, so that it is known to be able to fail.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mpmath
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "symrnn"
LONGEST, LONGEST_TEST = 500, 800

ORDER = [  # each may import only what stands above it
    "errors",
    "records",
    "claims",
    "lemmas",
    "semantics",
    "certificates",
    "entries",
    "evaluation",
    "analysis",
    "kernel",
    "replay",
    "verdicts",
    "sides",
    "evidence",
    "updates",
    "derived",
    "counterexamples",
    "cells",
    "jacobians",
    "products",
    "certified",
    "block_jacobians",
    "bptt",
    "derivations",
    "scripts",
    "search",
    "crosscheck",
    "check",
    "worker",
    "report",
    "changes",
    "regression",
    "settings",
    "reporting",
    "console",
    "cli",
    "pytest_plugin",
]
UPWARDS = {  # inside functions: main, and what notebooks show of results
    ("derivations", "cli"),
    ("verdicts", "report"),
}
ANYBODY = {"records"}  # frozen dataclasses
ONLY = {  # narrower than the order
    "claims": {"errors"},
    "lemmas": {"errors", "claims"},
    "semantics": {"errors", "claims", "lemmas"},
    "entries": {"errors", "claims", "lemmas", "semantics", "certificates"},
    "evaluation": {"errors", "claims", "semantics", "certificates"},
    "analysis": {"errors", "claims", "lemmas", "semantics", "certificates", "entries", "evaluation"},
    "kernel": {"errors", "claims", "lemmas", "semantics", "certificates", "analysis"},
    "verdicts": set(),
    "cells": {"errors", "claims"},
    "jacobians": {"errors", "claims"},
    "products": set(),
    "certified": {"errors", "claims", "products"},
    "block_jacobians": {"errors", "claims", "semantics", "cells"},
    "bptt": {"errors", "claims", "semantics", "cells", "block_jacobians"},
    "crosscheck": {"errors", "claims", "verdicts"},
    "changes": {"verdicts"},
    "settings": {"errors"},
    # neither kernel nor search; crosscheck for its reader of numbers
    "report": {"errors", "claims", "lemmas", "semantics", "certificates", "analysis", "verdicts", "crosscheck"},
}
SCRIPTS = "symrnn.scripts"  # derivation scripts are code, and run as such
CALLS = {"eval", "exec", "sympify", "parse_expr", "compile", "__import__"}


def sources() -> dict[str, Path]:
    """Every module by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "symrnn"


def imported(source: ast.Module, modules: set[str]) -> Iterator[str]:
    """The modules of the package that a source imports, anywhere in it."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in modules and a.name != "symrnn")
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            inside = [f"{node.module}.{a.name}" for a in node.names if f"{node.module}.{a.name}" in modules]
            yield from inside
            if node.module != "symrnn":
                yield node.module


def misplaced(name: str, source: ast.Module, modules: set[str]) -> list[str]:
    """The imports of a module that its place does not allow."""
    here, wrong = layer(name), []
    for other in imported(source, modules):
        there = layer(other)
        if there == here or here == "symrnn" or (here, there) in UPWARDS:
            continue
        above = ORDER.index(there) < ORDER.index(here)
        if not above or there not in ONLY.get(here, {there}) | ANYBODY:
            wrong.append(f"{name} imports {other}")
    return wrong


def forbidden_calls(source: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(source):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", "")
            attribute = getattr(node.func, "attr", "")
            if name in CALLS or attribute in CALLS - {"compile"}:
                found.append(name or attribute)
    return found


def inexact(source: ast.Module) -> list[str]:
    """Floats and asserts: the one is not exact, the other disappears under python -O."""
    found = []
    for node in ast.walk(source):
        if isinstance(node, ast.Assert):
            found.append("assert")
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(str(node.value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("float", "complex", "round"):
            found.append("a call of float")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _whole(node.left) and _whole(node.right):
            found.append("a quotient of whole numbers")
    return found


def _whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def changes_of_mpmath(source: ast.Module) -> list[str]:
    """Assignments to attributes of the global context, and context managers on it."""
    found = []
    for node in ast.walk(source):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AugAssign) else targets
        found += [ast.unparse(t) for t in targets if isinstance(t, ast.Attribute) and _is_global(t.value)]
        if isinstance(node, ast.Attribute) and node.attr in ("workdps", "workprec", "extradps", "extraprec"):
            found += [ast.unparse(node)] if _is_global(node.value) else []
    return found


def _is_global(node: ast.expr) -> bool:
    return ast.unparse(node) in ("mp", "mpmath", "mpmath.mp", "mpmath.iv", "iv")


# ---- the checks ------------------------------------------------------------------------------------------------------


def test_every_layer_has_its_place() -> None:
    layers = {layer(name) for name in sources()} - {"symrnn"}
    assert layers <= set(ORDER), layers - set(ORDER)
    assert set(ONLY) <= set(ORDER)


@pytest.mark.parametrize("name", sources())
def test_imports_go_one_way(name: str) -> None:
    assert not misplaced(name, tree(sources()[name]), set(sources()))


@pytest.mark.parametrize("name", sources())
def test_nothing_is_run_as_code(name: str) -> None:
    allowed = ["compile", "exec"] if name == SCRIPTS else []
    assert forbidden_calls(tree(sources()[name])) == allowed


@pytest.mark.parametrize("name", [n for n in sources() if layer(n) in ("kernel", "semantics", "claims", "lemmas")])
def test_the_trusted_part_is_exact(name: str) -> None:
    assert not inexact(tree(sources()[name]))


@pytest.mark.parametrize("name", sources())
def test_the_global_precision_is_left_alone(name: str) -> None:
    assert not changes_of_mpmath(tree(sources()[name]))


@pytest.mark.parametrize("path", [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")], ids=lambda p: p.name)
def test_no_file_is_long_and_each_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= (LONGEST if PACKAGE in path.parents else LONGEST_TEST)
    assert ast.get_docstring(ast.parse(text)) or not text.strip()


def test_the_checks_can_fail() -> None:
    modules = set(sources())
    assert misplaced("symrnn.kernel", ast.parse("from symrnn.search.decide import decide"), modules)
    assert misplaced("symrnn.kernel", ast.parse("def f():\n    from symrnn import search"), modules)
    assert misplaced("symrnn.crosscheck.terms", ast.parse("import symrnn.semantics.values"), modules)
    assert misplaced("symrnn.claims.tree", ast.parse("from symrnn.kernel import check"), modules)
    assert not misplaced("symrnn.kernel", ast.parse("from symrnn.claims.tree import Sym"), modules)
    assert forbidden_calls(ast.parse("import sympy\nsympy.sympify('x')")) and forbidden_calls(ast.parse("eval('1')"))
    assert inexact(ast.parse("assert x")) and inexact(ast.parse("y = 0.5")) and inexact(ast.parse("y = 1 / 2"))
    assert changes_of_mpmath(ast.parse("mpmath.mp.dps = 50")) and changes_of_mpmath(ast.parse("mp.prec += 1"))
    assert changes_of_mpmath(ast.parse("with mpmath.workdps(50):\n    pass"))


# ---- at run time -----------------------------------------------------------------------------------------------------


def loaded_after(code: str) -> set[str]:
    """The modules that are there once some code has run in a fresh process."""
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(run.stdout.splitlines()[-1]))


def there(modules: set[str], *names: str) -> list[str]:
    return [m for m in sorted(modules) if any(m == name or m.startswith(f"{name}.") for name in names)]


def test_importing_the_package_is_cheap() -> None:
    assert not there(loaded_after("import symrnn"), "sympy", "numpy", "mpmath", "flint", "rich", "symrnn.search")


def test_the_package_has_the_names_it_states() -> None:
    import symrnn

    statements = ast.walk(tree(PACKAGE / "__init__.py"))
    imports = [s for s in statements if isinstance(s, ast.ImportFrom) and str(s.module).startswith("symrnn")]
    typed = {a.name: s.module for s in imports for a in s.names}
    assert typed == symrnn._HOME and set(typed) == set(symrnn.__all__)
    assert all(getattr(symrnn, name) is not None for name in symrnn.__all__)
    assert set(symrnn.__all__) <= set(dir(symrnn))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        symrnn.nonsense  # noqa: B018


def test_an_imported_module_does_not_hide_the_function() -> None:
    loaded = loaded_after("import symrnn.check\nfrom symrnn import check\nassert callable(check), check")
    assert "symrnn.check" in loaded


def test_help_needs_neither_claims_nor_kernel() -> None:
    loaded = loaded_after("import symrnn.cli\nsymrnn.cli.main(['--help'], standalone_mode=False)")
    assert not there(loaded, "symrnn.claims", "symrnn.kernel", "symrnn.check", "sympy", "rich", "fractions")


def test_the_cross_check_is_independent() -> None:
    loaded = loaded_after("import symrnn.crosscheck")
    assert not there(loaded, "symrnn.kernel", "symrnn.search", "symrnn.semantics", "symrnn.jacobians", "flint")


REPLAY = """
import json
from symrnn.replay import replay_entry
replay_entry(json.loads({entry!r}))
"""


def test_replay_needs_no_search() -> None:
    from symrnn import Derivation, eq, matrix, size
    from symrnn.replay import entry_of
    from symrnn.search.decide import decide

    A, B = matrix("A", size("n")), matrix("B", size("n"))
    claim = Derivation("x").step("1", eq((A @ B).T, B.T @ A.T)).claim
    decision = decide(claim)
    assert decision.certificate is not None
    entry = json.dumps(entry_of(claim, decision.verdict, decision.certificate))
    loaded = loaded_after(REPLAY.format(entry=entry))
    assert "symrnn.kernel" in loaded
    assert not there(loaded, "symrnn.search", "symrnn.jacobians", "symrnn.crosscheck", "sympy", "mpmath", "numpy")


def test_a_check_leaves_the_global_precision_alone() -> None:
    from symrnn import Derivation, Elman, check, eq, jacobian, sigmoid

    before = (mpmath.mp.dps, mpmath.mp.prec, mpmath.iv.dps)
    d = Derivation("x", cell=Elman(sigmoid))
    d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 1]), d.D[d.t] @ d.W_hh))
    assert check(d).step("1").crosscheck is not None
    assert (mpmath.mp.dps, mpmath.mp.prec, mpmath.iv.dps) == before
