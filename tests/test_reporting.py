"""``symrnn report`` from end to end, the PDF where there is a TeX, and what notebooks show."""

from __future__ import annotations

import html.parser
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_report import EMPTY, OPEN, RESULT, STEP
from test_report_latex import NASTY, ORBIT, PLAIN, result

from symrnn.cli import main
from symrnn.report import notebook
from symrnn.report.json import dumps
from symrnn.report.tex.pdf import NoPdf, compiled, flaws
from symrnn.report.tex.render import fragment, report
from symrnn.verdicts import DerivationResult

needs_tex = pytest.mark.skipif(shutil.which("latexmk") is None, reason="there is no latexmk")
SCRIPT = """
from symrnn import Derivation, eq, matrix, size
A, B = matrix("A", size("n")), matrix("B", size("n"))
d = Derivation("Transposes")
d.step("1", eq((A @ B).T, B.T @ A.T))
d.step("2", eq((A @ B).T, A.T @ B.T), follows=["1"])
"""


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def saved(*results: DerivationResult, name: str = "saved.json") -> str:
    Path(name).write_text(dumps(results), encoding="utf-8")
    return name


def call(*args: str) -> int:
    return main(args, standalone_mode=False)


# ---- the command -----------------------------------------------------------------------------------------------------


def test_a_script_and_its_saved_result_give_the_same_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.py").write_text(SCRIPT)
    assert call("report", "notes.py", "-o", "script.tex") == 0  # whatever the verdicts
    assert capsys.readouterr().out == "wrote script.tex\n"
    assert call("check", "notes.py", "--format", "json") == 1
    Path("notes.json").write_text(capsys.readouterr().out)
    assert call("report", "notes.json", "-o", "json.tex") == 0
    assert Path("script.tex").read_bytes() == Path("json.tex").read_bytes()
    assert call("report", ".", "notes.json", "-o", "both.tex") == 0
    assert Path("both.tex").read_text().count(r"\section{Transposes}") == 2


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("report", saved(result()), "-o", "a.tex", "--paper", "letter") == 0
    assert "letterpaper" in Path("a.tex").read_text()
    assert call("report", saved(result()), "--fragment", "-o", "b.tex") == 0
    assert Path("b.tex").read_text() == fragment([result()])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["saved.json"], "Missing option '-o'"),
        (["saved.json", "-o", "a.txt"], "'a.txt' ends in neither .tex nor .pdf"),
        (["saved.json", "-o", "a.pdf", "--fragment"], "let the name end in .tex"),
        (["saved.json", "--fragment", "-o", "a.pdf"], "let the name end in .tex"),
        (["saved.json", "-o", "a.tex", "--paper", "b5"], "'b5' is not one of 'a4', 'letter'"),
        (["saved.json", "-o", "nowhere/a.tex"], "the report cannot be written: No such file or directory"),
        (["none.json", "-o", "a.tex"], "none.json: cannot be read: No such file or directory"),
        (["none.py", "-o", "a.tex"], "none.py: no such file or directory"),
        (["text.json", "-o", "a.tex"], "text.json: no saved result: Expecting value"),
        (["list.json", "-o", "a.tex"], "list.json: no saved result: not the JSON of symrnn check"),
        (["bytes.json", "-o", "a.tex"], "bytes.json: no saved result"),
        (["empty.json", "-o", "a.tex"], "nothing to report: there is no step"),
        (["foreign.json", "-o", "a.tex"], r"step 7 of Notes is malformed: Foreign: the formula '\\input{x}'"),
        (["chinese.json", "-o", "a.tex"], "the character '中' (U+4E2D, CJK UNIFIED IDEOGRAPH-4E2D) cannot be typeset"),
    ],
)
def test_bad_input_is_a_clear_error(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    saved(result())
    Path("text.json").write_text("no JSON")
    Path("list.json").write_text("[]")
    Path("bytes.json").write_bytes(b"\xff\xfe")
    saved(name="empty.json")
    saved(result(replace(PLAIN, claim_latex=r"\input{x}")), name="foreign.json")
    saved(result(replace(PLAIN, title="中")), name="chinese.json")
    assert call("report", *args) == 2
    assert message in capsys.readouterr().err and not Path("a.tex").exists()


def test_what_can_be_used_is_reported_though_not_all_can(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("report", "none.json", saved(result()), "-o", "a.tex") == 2
    out, err = capsys.readouterr()
    assert out == "wrote a.tex\n" and "none.json" in err and Path("a.tex").read_text() == report([result()])


def test_without_latexmk_there_is_the_source_and_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert call("report", saved(result()), "-o", "a.pdf") == 2
    err = capsys.readouterr().err
    assert "a.tex is written, but a.pdf is not: latexmk and pdflatex are needed" in err and "apt-get install" in err
    assert Path("a.tex").read_text() == report([result()]) and not Path("a.pdf").exists()


def test_help_stays_light() -> None:
    code = (
        "import sys, symrnn.cli as c\nc.main(['report', '--help'], standalone_mode=False)\nprint(sorted(sys.modules))"
    )
    run = subprocess.run([os.sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jinja2", "sympy", "mpmath", "numpy", "symrnn.report"} & set(re.findall(r"'([^']*)'", run.stdout))


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_flaws_are_read_from_the_log() -> None:
    log = (
        "Overfull \\hbox (10.5pt too wide) in paragraph at lines 1--2\n"
        "Overfull \\hbox (9.9pt too wide) in paragraph at lines 3--4\nOverfull \\vbox (99pt too high)\n"
        "Missing character: There is no \u00e9 in font cmr10!\n" + "x" * 62 + "Overfull \\hbox (1\n23.0pt too wide)\n"
    )
    found = flaws(log)
    assert found.overfull == (10.5, 123.0) and found.missing == ("There is no \u00e9 in font cmr10",)
    assert str(found).startswith("a line is 10.5 points too wide; ") and found
    assert not flaws("Output written on report.pdf (3 pages)")


WIDE = r"\prod_{j=t}^{t-k+1} " + " ".join("D_{j} W_{hh}" for _ in range(20))
LONG = r" \lor ".join(r"((W_{hh})_{1,1} = 0 \land (W_{hh})_{1,2} = 0 \land (W_{hh})_{2,1} = 0)" for _ in range(9))


@needs_tex
def test_pages_of_every_kind_have_no_flaw() -> None:
    matrix = [[f"{i + 1}{j}1234567/891011 - log({i + 2})" for j in range(9)] for i in range(9)]
    values = {"kind": "values", "values": {"A": matrix}, "lhs": matrix, "rhs": "0"}
    unproved = replace(OPEN, claim_latex="n = 1", id="a-very-long-identifier/of.a_step", attempts=("x" * 300,))
    steps = (
        PLAIN,
        replace(PLAIN, id="8", counterexample=ORBIT, because=NASTY, title=NASTY, follows=("7",), rests_on=("7",)),
        replace(PLAIN, id="9", claim_latex=rf"{WIDE} = {WIDE}", counterexample=values, repair=None, title="word" * 60),
        replace(PLAIN, id="10", claim_latex=LONG, verdict="conditional", because="naïve Łódź ∂σ ≤ 1 – “D₁ᵀ”"),
        replace(EMPTY, id="11", claim_latex="n = 1"),
        unproved,
    )
    for paper in ("a4", "letter"):
        pdf, log = compiled(report([result(*steps), result(title=NASTY)], paper))
        assert not flaws(log), str(flaws(log))
        assert pdf.startswith(b"%PDF") and b"/Type3" not in pdf


@needs_tex
def test_flaws_are_found_where_there_are_some() -> None:
    head = r"\documentclass{article}\begin{document}"
    _, log = compiled(head + r"\noindent\hbox to 2\linewidth{x}\par\font\x=cmr10 \x\char200 \end{document}")
    assert flaws(log).overfull and flaws(log).missing
    with pytest.raises(NoPdf, match="TeX stopped: ./report.tex:1: Undefined control sequence"):
        compiled(head + r"\nothing\end{document}")


@needs_tex
def test_the_pdf_has_the_same_bytes_every_time(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.pdf", "b.pdf"):
        assert call("report", saved(result()), "-o", name) == 0
    assert capsys.readouterr().out.splitlines() == ["wrote a.pdf and a.tex", "wrote b.pdf and b.tex"]
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()


@needs_tex
def test_a_paper_can_cite_a_verdict() -> None:
    paper = r"""\documentclass{article}\usepackage[T1]{fontenc}\usepackage{lmodern}
\usepackage{amsmath,amssymb,array,booktabs,longtable,graphicx,xcolor,tikz,pgfplots}\pgfplotsset{compat=1.16}
%s\begin{document}
That \symrnnclaim{7}, or $\symrnnclaim{7}$, is \symrnnverdict{7}, in a word \symrnnword{7}: \symrnnreason{7}
\symrnnstep{7} \symrnntable \symrnngraph %s\end{document}"""
    _, log = compiled(paper % (fragment([result()]), ""))
    assert not flaws(log)
    with pytest.raises(NoPdf, match="there is no step 8"):
        compiled(paper % (fragment([result()]), r"\symrnnverdict{8}"))


# ---- notebooks -------------------------------------------------------------------------------------------------------


class Tags(html.parser.HTMLParser):
    """The tags of a page, open ones checked against closing ones."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_notebooks_show_tables() -> None:
    made = result(PLAIN, replace(EMPTY, claim_latex="n < m"))
    assert made._repr_html_() == notebook.html(made) and made.steps[0]._repr_html_() == notebook.html(made.steps[0])
    assert made._repr_markdown_() == notebook.markdown(made) and made._repr_latex_() == notebook.latex(made)
    assert "$n &lt; m$" in made._repr_html_() and "✗ REFUTED" in made._repr_html_()
    assert "✗ **REFUTED**" in made._repr_markdown_() and made._repr_markdown_().count("\n| ") == 3
    assert r"\text{7} & \text{refuted} & \displaystyle \frac" in made._repr_latex_()
    for text in ("holds if and only if", "counterexample", "repair", "diagonal matrices commute"):
        assert text in notebook.html(PLAIN) and text in notebook.markdown(PLAIN)


def test_notebooks_escape_what_people_wrote() -> None:
    bad = replace(PLAIN, id=NASTY, because=NASTY + "|<script>`", title="<img>", assumptions=("<i>|",), reason="a|b")
    for shown in (result(bad, title="<script>"), bad):
        page = Tags(notebook.html(shown))
        assert not page.open
        assert page.seen <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "b", "pre"}
        text = notebook.markdown(shown)
        assert "<script>" not in text and "<img>" not in text and "`" not in text.replace(r"\`", "")
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
        assert r"\input" not in notebook.latex(shown) and "%" not in notebook.latex(shown)


def test_notebooks_show_whatever_there_is() -> None:
    for s in (*RESULT.steps, replace(STEP, alarm="no", counterexample=ORBIT, expected=None)):
        assert notebook.html(s) and notebook.markdown(s) and notebook.latex(s)
