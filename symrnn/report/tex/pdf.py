"""A .tex made into a PDF by latexmk, and what its log says of lines too wide and glyphs that are missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from symrnn.errors import SymrnnError
from symrnn.records import dataclass

TOO_WIDE = 10.0  # points that a line may stick out
PATIENCE = 600  # seconds for latexmk
OPTIONS = ("-pdf", "-norc", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error")


class NoPdf(SymrnnError):
    """No PDF could be made; the message says what to do."""


@dataclass(frozen=True)
class Flaws:
    """What is wrong with the pages. ``overfull`` in points; ``shrunk``: how many formulas are too small to read."""

    overfull: tuple[float, ...]
    missing: tuple[str, ...]
    shrunk: int = 0

    def __bool__(self) -> bool:
        return bool(self.overfull or self.missing or self.shrunk)

    def __str__(self) -> str:
        parts = [f"a line is {width:g} points too wide" for width in self.overfull]
        parts += [f"formulas set too small, for want of a place to break them: {self.shrunk}"] if self.shrunk else []
        return "; ".join([*parts, *(f"no glyph: {m}" for m in self.missing)])


def flaws(log: str, limit: float = TOO_WIDE) -> Flaws:
    r"""The flaws that a log of TeX tells of: boxes wider by more than ``limit`` points, characters without a glyph.

    >>> print(flaws("Overfull \\hbox (12.5pt too wide) in paragraph\nOverfull \\hbox (3.0pt too wide)"))
    a line is 12.5 points too wide
    """
    unbroken = re.sub(r"(?<=.{79})\n", "", log)  # TeX breaks its lines at 79 characters
    wide = (float(w) for w in re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", unbroken))
    missing = re.findall(r"Missing character: (There is no .+? in font [^!\n]+)", unbroken)
    return Flaws(tuple(w for w in wide if w > limit), tuple(dict.fromkeys(missing)), unbroken.count("symrnn: shrunk"))


def compiled(source: str) -> tuple[bytes, str]:
    """The PDF and the log of a .tex source. Raises NoPdf if there is no latexmk, or if TeX stops.

    The same source gives the same bytes under the same TeX.
    """
    latexmk = shutil.which("latexmk")
    if latexmk is None or shutil.which("pdflatex") is None:
        raise NoPdf(
            "latexmk and pdflatex are needed for a PDF and are not installed; on Debian: apt-get install latexmk "
            "lmodern texlive-latex-base texlive-latex-recommended texlive-pictures"
        )
    with tempfile.TemporaryDirectory(prefix="symrnn-") as folder:
        Path(folder, "report.tex").write_text(source, encoding="utf-8", newline="\n")
        try:
            run = subprocess.run(
                [latexmk, *OPTIONS, "report.tex"],
                cwd=folder,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoPdf(f"latexmk did not run to its end: {error}") from error
        log, pdf = Path(folder, "report.log"), Path(folder, "report.pdf")
        told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if run.returncode or not pdf.exists():
            raise NoPdf(f"TeX stopped: {_first_error(told) or run.stderr.decode(errors='replace').strip()[-300:]}")
        return pdf.read_bytes(), told


def _first_error(log: str) -> str:
    found = re.search(r"^(?:!|\./report\.tex:\d+:) .*", log, re.MULTILINE)
    return found[0] if found else ""


__all__ = ["Flaws", "NoPdf", "compiled", "flaws"]
