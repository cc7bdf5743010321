"""docs/ speaks of the code as it is: generated parts, names of files, links, and the words of the language."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import click
import pytest

import symrnn
from symrnn import cli, kernel
from symrnn.claims.tree import PROPERTIES

ROOT = Path(__file__).parent.parent
PAGES = sorted(["README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))])


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# ---- what is trusted -------------------------------------------------------------------------------------------------


def test_the_rules_are_those_of_the_kernel(generated):
    parts = [rule_text(kind, rule) for kind, rule in {**kernel._VERDICTS, **kernel._RULES}.items()]
    generated("docs/trust.md", "kernel rules", "\n".join(parts))


def rule_text(kind: type, rule: object) -> str:
    """A kernel rule for trust.md: what its certificate is, and the inference bar in its docstring."""
    bar = inspect.getdoc(rule) or ""
    assert re.search(r"^-{8,}", bar, re.MULTILINE), f"the rule for {kind.__name__} states no inference bar"
    what = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    return f"**{kind.__name__}.** {what}\n\n```text\n{bar}\n```\n"


TRUSTED = {"certificates.py", "claims", "errors.py", "kernel.py", "lemmas.py", "semantics"}


def test_the_trusted_files_are_what_the_kernel_imports(generated):
    files = sorted(imported_by(ROOT / "symrnn" / "kernel.py"))
    assert {f.relative_to(ROOT / "symrnn").parts[0] for f in files} == TRUSTED
    rows = "\n".join(f"| `{f.relative_to(ROOT)}` | {first_sentence(f)} |" for f in files)
    generated("docs/trust.md", "trusted files", f"| file | what it holds |\n|---|---|\n{rows}\n")


def test_the_files_of_search(generated):
    files = sorted(p for p in (ROOT / "symrnn" / "search").glob("*.py") if p.name != "__init__.py")
    rows = "\n".join(f"| `{f.relative_to(ROOT / 'symrnn')}` | {first_sentence(f)} |" for f in files)
    generated("docs/how-it-works.md", "search files", f"| file | what it does |\n|---|---|\n{rows}\n")


def imported_by(start: Path) -> set[Path]:
    """A file of the package and all files that it imports when it is loaded, directly or not."""
    found: set[Path] = set()
    todo = [start]
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symrnn"):
                base = ROOT.joinpath(*str(node.module).split("."))
                todo += [f for name in ("", *(a.name for a in node.names)) if (f := module_file(base / name))]
    return found


def module_file(path: Path) -> Path | None:
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


def first_sentence(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s", text.replace("``", "`"))[0].replace("|", "\\|")


# ---- names that must exist -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_files_and_links_exist(name):
    text = page(name)
    for path in re.findall(r"`((?:symrnn|tests|docs|derivations)/[\w./-]*)`", text):
        assert path == "derivations/products.py" or (ROOT / path).exists(), f"{name} speaks of {path}"
    for path in re.findall(r"`((?:[a-z_]+/)?[a-z_]+\.py)`", text):
        known = (ROOT / path, ROOT / "symrnn" / path, ROOT / "tests" / path, ROOT / "symrnn" / "claims" / path)
        assert path in ("two_steps.py", "derivations/products.py", "conftest.py") or any(p.exists() for p in known), (
            f"{name} speaks of {path}"
        )
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert link.startswith("https://") or (ROOT / name).parent.joinpath(link).exists(), f"{name} links to {link}"


@pytest.mark.parametrize("name", PAGES)
def test_options_exist(name):
    options = {o for command in cli.cli.commands.values() for p in command.params for o in p.opts}
    options |= {"--help", "--version", "--update-docs", "--without-pip", "--python"}
    options |= {"--symrnn-deadline", "--snapshot-update", "--junitxml", "--dist"}  # of pytest and its plugins
    assert set(re.findall(r"(--[a-z][a-z-]+)", page(name))) <= options
    assert all(isinstance(c, click.Command) for c in cli.cli.commands.values())


RESULTS = {"DerivationResult", "StepResult", "Verdict", "Cell", "Activation"}
ERRORS = {"SymrnnError", "ClaimError", "ScriptError", "CertificateError", "Refused", "ShapeMismatch", "Undefined"}


def test_the_language_page_has_every_name_of_the_language():
    text = page("docs/language.md")
    missing = [n for n in (*symrnn.__all__, *PROPERTIES) if not re.search(rf"\b{n}\b", text)]
    assert set(missing) <= RESULTS | ERRORS


def test_json_page_has_every_field_of_a_step():
    from symrnn.report.json import schema

    text = page("docs/json.md")
    fields = schema()["$defs"]["step"]["required"]
    assert [f for f in fields if f"`{f}`" not in text] == []
