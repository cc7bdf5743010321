"""How Sphinx builds the pages: ``python -m sphinx -W -b html docs DIRECTORY``."""

from __future__ import annotations

from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

project = "symrnn"
author = "the symrnn authors"
release = version = installed("symrnn")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 90
add_module_names = False

html_theme = "furo"
html_show_copyright = False
html_title = f"symrnn {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_theme_options = {"navigation_with_keys": True}

LATER = (
    "bptt",
    "cells",
    "regression",
    "reports",
    "when-gradients-vanish",
)  # in the table of contents once they are written


def setup(app: Any) -> None:
    app.connect("source-read", tidied)


def tidied(app: Any, page: str, source: list[str]) -> None:
    """Pages that are not written yet, and the empty line at the end of a block."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")  # a doctest ends with an empty line
    if page == "index":
        missing = [name for name in LATER if not Path(app.srcdir, f"{name}.md").exists()]
        kept = [line for line in source[0].splitlines() if line.rstrip(">").rpartition("<")[2] not in missing]
        source[0] = "\n".join(kept)
