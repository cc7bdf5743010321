"""docs/ speaks of the code as it is: generated parts, names of files, links, and the words of the language."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest

import symrnn
from symrnn import cli, kernel
from symrnn.claims.index import Node
from symrnn.claims.predicates import PROPERTIES
from symrnn.claims.text import text
from symrnn.lemmas import LEMMAS
from symrnn.report.json import schema

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


TRUSTED = {
    "records.py",
    *("analysis.py", "certificates.py", "claims", "entries.py", "errors.py", "evaluation.py", "kernel.py"),
    *("lemmas.py", "semantics"),
}


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


@pytest.fixture
def lemma_rows() -> str:
    rows = []
    for lemma in LEMMAS.values():
        given = " and ".join(f"`{in_a_cell(h)}`" for h in lemma.claim.hypotheses)
        statement = f"{given and f'if {given} then '}`{in_a_cell(lemma.claim.conclusion)}`"
        rows.append(f"| {lemma.name} | {statement} | {lemma.reference} |\n")
    return "| name | statement | see |\n|---|---|---|\n" + "".join(rows)


def in_a_cell(prop: Node) -> str:
    """A claim as text that may stand in a table of Markdown."""
    return text(prop).replace("|", "\\|")


def test_the_lemma_table(generated, lemma_rows):
    generated("docs/lemmas.md", "lemma table", lemma_rows)


# ---- the JSON schema -------------------------------------------------------------------------------------------------


def test_the_schema_page(generated):
    whole = schema()
    parts = [definition("The whole", whole)]
    parts += [definition(name, part) for name, part in whole["$defs"].items()]
    generated("docs/schema.md", "schema", "\n".join(parts))


def definition(name: str, part: dict[str, Any]) -> str:
    """A definition of the schema: its fields in a table, or its type in a line."""
    said = f"{part['description'].rstrip('.')}.\n\n".replace("|", "\\|") if "description" in part else ""
    head = f"## {name}\n\n{said[:1].upper()}{said[1:]}"
    if "properties" not in part:
        return f"{head}Type: {typed(part)}.\n"
    needed = set(part.get("required", ()))
    rows = "".join(
        f"| `{field}` | {typed(what)} | {'yes' if field in needed else 'no'} | {described(what)} |\n"
        for field, what in part["properties"].items()
    )
    return f"{head}| field | type | always | |\n|---|---|---|---|\n{rows}"


def described(part: dict[str, Any] | bool) -> str:
    return "" if isinstance(part, bool) else part.get("description", "").replace("|", "\\|")


def typed(part: dict[str, Any] | bool) -> str:
    """The type of a field in words."""
    if isinstance(part, bool):
        return "anything"
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in part:
        return f"`{json.dumps(part['const'])}`"
    if "enum" in part:
        return ", ".join(f"`{json.dumps(v)}`" for v in part["enum"])
    for choice in ("oneOf", "anyOf"):
        if choice in part:
            return " or ".join(dict.fromkeys(typed(p) for p in part[choice]))
    kind = part.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    if "array" in kind and "items" in part:
        return f"{kind} of {typed(part['items'])}"
    if "additionalProperties" in part and isinstance(part["additionalProperties"], dict):
        return f"{kind} of {typed(part['additionalProperties'])}"
    return kind


# ---- the commands ----------------------------------------------------------------------------------------------------


def test_the_commands_page(generated):
    whole = click.Context(cli.cli, info_name="symrnn", max_content_width=100, terminal_width=100, **SETTINGS)
    parts = [click.Context(c, whole, info_name=name) for name, c in sorted(cli.cli.commands.items())]
    generated("docs/commands.md", "help", "\n".join(help_of(context) for context in (whole, *parts)))


SETTINGS = cli.cli.context_settings


def help_of(context: click.Context) -> str:
    name = context.command_path
    return f"## {name}\n\n```console\n$ {name} --help\n{context.get_help().rstrip()}\n```\n"


def test_the_replay_shown(generated, blocks, tmp_path):
    first(blocks, tmp_path)
    commands = ("symrnn check first.py --step 1 --certificates first.json", "symrnn replay first.json")
    generated("docs/commands.md", "replay", console(commands, tmp_path))


def test_the_first_check_shown(generated, blocks, tmp_path):
    first(blocks, tmp_path)
    generated("docs/install.md", "first check", console(("symrnn check first.py",), tmp_path))


def first(blocks: Callable[[str, str], list[str]], directory: Path) -> None:
    """The script of the page about a first check, as a file."""
    (directory / "first.py").write_text(blocks("docs/install.md", "python")[0], encoding="utf-8")


def console(commands: Sequence[str], directory: Path) -> str:
    """Commands and what they print."""
    environment = {**os.environ, "COLUMNS": "90", "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    said = []
    for command in commands:
        run = [sys.executable, "-m", "symrnn.cli", *shlex.split(command)[1:]]
        done = subprocess.run(run, cwd=directory, env=environment, capture_output=True, encoding="utf-8", timeout=300)
        assert done.returncode in (0, 1), done.stderr
        said.append(f"$ {command}\n{done.stdout.rstrip()}\n")
    return "```console\n" + "\n".join(said) + "```\n"


# ---- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_page_has_every_name():
    there = set(re.findall(r"^\.\. auto\w+:: symrnn\.(\w+)(?:\(\))?$", page("docs/api.md"), re.MULTILINE))
    there |= {n for n in symrnn.__all__ if f"`{n}`" in page("docs/api.md")}
    assert set(symrnn.__all__) <= there
    assert all(hasattr(symrnn, n) or n in ("certified", "jacobians") for n in there)


def test_every_name_of_the_api_says_what_it_is():
    silent = [n for n in symrnn.__all__ if callable(getattr(symrnn, n)) and not inspect.getdoc(getattr(symrnn, n))]
    assert silent == []


# ---- names that must exist -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_files_and_links_exist(name):
    said = page(name)
    for path in re.findall(r"`((?:symrnn|tests|docs|derivations)/[\w./-]*)`", said):
        assert path in EXAMPLES or (ROOT / path).exists(), f"{name} speaks of {path}"
    for path in re.findall(r"`((?:[a-z_]+/)?[a-z_]+\.py)`", said):
        known = (ROOT / path, ROOT / "symrnn" / path, ROOT / "tests" / path, ROOT / "symrnn" / "claims" / path)
        assert path in EXAMPLES or any(p.exists() for p in known), f"{name} speaks of {path}"
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", said):
        assert link.startswith("https://") or (ROOT / name).parent.joinpath(link).exists(), f"{name} links to {link}"


@pytest.mark.parametrize("name", PAGES)
def test_options_exist(name):
    options = {o for command in cli.cli.commands.values() for p in command.params for o in p.opts}
    options |= {"--help", "--version", "--update-docs", "--without-pip", "--python", "--quick"}
    options |= {"--symrnn-deadline", "--snapshot-update", "--junitxml", "--dist"}  # of pytest and its plugins
    assert set(re.findall(r"(--[a-z][a-z-]+)", page(name))) <= options
    assert all(isinstance(c, click.Command) for c in cli.cli.commands.values())


EXAMPLES = {"derivations/products.py", "conftest.py", "first.py", "script.py", "two_steps.py"}  # written by the reader
RESULTS = {"DerivationResult", "StepResult", "Verdict", "Cell", "Activation"}
ERRORS = {"SymrnnError", "ClaimError", "ScriptError", "CertificateError", "Refused", "ShapeMismatch", "Undefined"}


def test_the_language_page_has_every_name_of_the_language():
    said = page("docs/language.md")
    missing = [n for n in (*symrnn.__all__, *PROPERTIES) if not re.search(rf"\b{n}\b", said)]
    assert set(missing) <= RESULTS | ERRORS


def test_json_page_has_every_field_of_a_step():
    said = page("docs/json.md")
    fields = schema()["$defs"]["step"]["required"]
    assert [f for f in fields if f"`{f}`" not in said] == []
