"""Reports as LaTeX: what stands in them, that nothing in a result can break or run anything, and that they repeat."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_report import EMPTY, OPEN, PATH, RESULT, STEP

from symrnn import LSTM, Derivation, Elman, check, eq, eye, jacobian, kernel, matrix, product, size, tanh, zeros
from symrnn import analysis as rules
from symrnn.certificates import Known, Proof, Proved
from symrnn.claims.index import as_index, node
from symrnn.claims.latex import latex as latex_of
from symrnn.claims.recurrence import Recurrence
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import Add, Apply, Blocks, Diag, MatMul
from symrnn.report.json import dumps, loads
from symrnn.report.tex import analysis, proofs
from symrnn.report.tex.escape import PUNCTUATION, SYMBOLS, T1_LETTERS, Untypesettable, prose, tex
from symrnn.report.tex.evidence import blocks, side
from symrnn.report.tex.formulas import COMMANDS, Foreign, abridged, checked, flow, pieces
from symrnn.report.tex.graph import graph, takes_down
from symrnn.report.tex.growth import growth
from symrnn.report.tex.page import page
from symrnn.report.tex.pdf import flaws
from symrnn.report.tex.proofs import account
from symrnn.report.tex.readable import readable
from symrnn.report.tex.render import TEMPLATES, curves, fragment, report
from symrnn.verdicts import Condition, Crosscheck, DerivationResult, Repair, Scope, StepResult, Variant

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
# W = 18 [[1, 1], [-1, -1]] has only 0 as eigenvalue; held at (1/2, 1/6) the Jacobian doubles with every step
ORBIT: dict[str, Any] = {
    "kind": "orbit",
    "activation": "sigmoid",
    "hidden_size": 2,
    "parameters": {"W_hh": [["18", "18"], ["-18", "-18"]], "W_xh": [["1", "0"], ["0", "1"]]},
    "states": [["1/2", "1/6"]],
    "inputs": [["-12", "12 - log(5)"]],
    "derivatives": [["1/4", "5/36"]],
    "growth": {"monodromy": [["9/2", "9/2"], ["-5/2", "-5/2"]], "test": "persists", "power": 1},
    "hypotheses": [{"of": "W_hh", "test": "vanishes", "power": 2}],
}
CLAIM = r"\frac{\partial h_{t}}{\partial h_{t-1}} = D_{t} W_{hh}"
PLAIN = replace(
    STEP,
    claim_latex=CLAIM,
    conditions=tuple(replace(c, latex=r"W_{hh}\text{ is diagonal}", certificate=None) for c in STEP.conditions),
    repair=Repair("J", "J = 1", "proved"),
    variants=(),
    certificate=None,
)
NASTY = r"\input{/etc/passwd} 100% $x$ #1 & a_name ^ ~ {x} <b> \end{document} ''"


def result(*steps: StepResult, title: str = "Notes") -> DerivationResult:
    return DerivationResult(title, "notes.py", "elman", "sigmoid", steps or (PLAIN,))


@pytest.fixture(scope="module")
def small() -> DerivationResult:
    """A derivation with a refutation that takes a step down, and a formula for all lags."""
    d = Derivation("Two steps back", cell=Elman(tanh))
    h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
    two = jacobian(h[t], h[t - 2])
    d.step("1", eq(two, D[t] @ W @ D[t - 1] @ W), because="chain rule")
    d.step("2", eq(two, D[t] @ D[t - 1] @ W**2), follows=["1"], because="D_t commutes with W_hh")
    d.step("3", eq(two, D[t - 1] @ D[t] @ W**2), follows=["2"], title="the other order")
    d.step("4", eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)))
    made = check(d)
    short = tuple(replace(s, conditions=s.conditions[:1] + s.conditions[5:6]) for s in made.steps)
    return replace(made, source="two_steps.py", steps=short)


# ---- the whole -------------------------------------------------------------------------------------------------------


def test_the_report_on_a_small_derivation_is_the_golden_one(
    small: DerivationResult, request: pytest.FixtureRequest
) -> None:
    path, made = GOLDEN / "two_steps.tex", report([small])
    if request.config.getoption("--update-docs"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), "the report changed: look, then run pytest --update-docs"


def test_the_report_has_all_its_parts(small: DerivationResult) -> None:
    made = report([small])
    for part in ("\\begin{longtable}", "What rests on what", "The steps", "Lemmas", "What has to be trusted", "Proofs"):
        assert part in made
    assert "Step 2 is refuted. On it rest: 3." in made
    assert "By the chain rule, through the whole state at each time in between." in made
    assert r"\symrnnbadge{proved} instead:" in made
    assert "With 50 digits, at 8 points, a simulation agrees" in made
    assert "because] $D_{t}$ commutes with $W_{hh}$" in made


def test_a_saved_result_gives_the_same_report(small: DerivationResult) -> None:
    (again,), _ = loads(dumps([small]))
    assert report([again]) == report([small]) and fragment([again]) == fragment([small])


def test_the_report_does_not_depend_on_the_process(small: DerivationResult, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(dumps([small]), encoding="utf-8")
    for seed in ("1", "77"):
        command = [sys.executable, "-m", "symrnn.cli", "report", str(saved), "-o", str(tmp_path / f"{seed}.tex")]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        assert subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    first, second = ((tmp_path / f"{seed}.tex").read_bytes() for seed in ("1", "77"))
    assert first == second == report([small]).encode()


def test_times_are_in_no_report(small: DerivationResult) -> None:
    slow = replace(small, steps=tuple(replace(s, seconds=98765.4321) for s in small.steps))
    assert report([slow]) == report([small])


def test_paper() -> None:
    assert "[11pt,letterpaper]" in report([result()], "letter") and "[11pt,a4paper]" in report([result()])
    with pytest.raises(ValueError, match="paper is one of a4, letter"):
        report([result()], "b5")


def test_several_derivations_and_none() -> None:
    made = report([result(title="First"), result(title="Second")])
    assert r"\section{First}" in made and r"\section{Second}" in made and "2 derivations" in made
    assert r"\csname symrnn@verdict@\detokenize{2/7}" in fragment([result(), result()])
    assert r"\csname symrnn@verdict@\detokenize{7}" not in fragment([result(), result()])
    assert r"\begin{document}" in report([])


@pytest.mark.parametrize("verdict", ["proved", "conditional", "refuted", "undecided"])
def test_a_verdict_is_a_word_wherever_it_is_a_colour(verdict: str) -> None:
    made = report([result(replace(PLAIN, verdict=verdict))])
    assert len(re.findall(rf"\\symrnnbadge{{{verdict}}}", made)) >= 3
    assert r"\textcolor{symrnn#1}{\makebox[1.1em][l]{\symrnnmark{#1}}\textbf{\MakeUppercase{#1}}}" in made
    assert len(re.findall(r"\\(?:text)?color\{symrnn(?!line)", made)) == 1  # in that macro alone


def test_every_field_of_a_step_is_shown() -> None:
    made = report([result(replace(EMPTY, claim_latex="n = 1"), PLAIN, replace(OPEN, claim_latex="n = 1"))])
    for part in (
        *("commute the diagonals", "diagonal matrices commute", r"$n \ge 2$, $k \ge 2$", "numerator", "rests on"),
        *("The claim does not follow from step 6, \\emph{chain}.", r"(given $k = 2$)", r"\emph{submultiplicative}"),
        *(
            "[if and only if]",
            "[if]",
            "It fails on an open set",
            r"$1.2 \cdot 10^{-49}$",
            "words: 3",
            "proved only",
        ),
    ):
        assert part in made, part
    alarmed = report(
        [result(replace(PLAIN, alarm="the kernel refused it", crosscheck=Crosscheck(50, 8, "0.3", False)))]
    )
    assert r"\textbf{the kernel refused it}" in alarmed and r"\textbf{disagrees}" in alarmed
    assert "expected: proved" in report([result(replace(PLAIN, expected=None))])


# ---- what people wrote -----------------------------------------------------------------------------------------------


def test_text_is_escaped_everywhere() -> None:
    step = replace(
        PLAIN,
        id="7.x",
        title=NASTY,
        because=NASTY,
        assumptions=(NASTY,),
        using=(NASTY,),
        alarm=NASTY,
        attempts=(NASTY,),
    )
    condition = Condition("c", "n = 1", False, (NASTY,), Scope("all", "all"), (NASTY,), None)
    bad = replace(step, verdict="undecided", conditions=(condition,), reason=NASTY, lemmas=(NASTY,), rests_on=(NASTY,))
    everything = DerivationResult(NASTY, NASTY, NASTY, NASTY, (bad, replace(bad, id=NASTY)))
    for made in (report([everything]), fragment([everything])):
        body = made[made.index("symrnnmark{proved}" if "documentclass" in made else "makeatletter") :]
        assert r"\input{/etc" not in body and r"\textbackslash{}input\{/etc/passwd\}" in body
        assert r"100\% \$x\$ \#1 \& a\_name \textasciicircum{} \textasciitilde{}" in body
        assert body.count(r"\end{document}") <= 1


@pytest.mark.parametrize(
    "text", ["naïve Zürich Łódź", "∂σ ≤ ½".replace("½", "¹⁄₂".replace("⁄", "/")), "“quoted” – dash", "D₁ᵀ"]
)
def test_letters_and_mathematics_beyond_ascii(text: str) -> None:
    made = tex(text)
    assert all(c.isascii() or c in T1_LETTERS for c in made)


def test_a_letter_in_two_characters_is_put_together() -> None:
    assert tex("e\u0301") == "é"


@pytest.mark.parametrize("bad", ["中", "🙂", "e\u0332", "\u202e", "\x07"])
def test_a_character_without_glyph_is_a_clear_error(bad: str) -> None:
    with pytest.raises(
        Untypesettable, match=rf"step 7 of Notes: the character .* \(U\+{ord(bad[-1]):04X}, .*cannot be"
    ):
        report([result(replace(PLAIN, because=f"as {bad}"))])


def test_long_words_can_be_broken() -> None:
    assert r"\allowbreak" in tex("a/very/long/path/without/any/space/in/it.py")


def test_prose_sets_mathematics() -> None:
    assert prose("for n = 1 and for k >= 2") == r"for $n = 1$ and for $k \ge 2$"
    assert prose("W_hh is invertible") == "$W_{hh}$ is invertible" and prose("A network") == "A network"
    assert prose("rho(W_hh) < 3/4 or ||A|| <= 1") == r"$\rho(W_{hh}) < 3/4$ or $\lVert A\rVert_{2} \le 1$"
    assert prose("for all D") == "for all $D$" and prose("50% of it") == r"50\% of it"


def test_the_tables_of_characters_do_not_overlap() -> None:
    assert not set(SYMBOLS) & set(PUNCTUATION) and not set(SYMBOLS) & T1_LETTERS


# ---- formulas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        r"\input{x}",
        r"\write18{x}",
        "a % b",
        "a $ b",
        "a # b",
        "{a",
        "a}",
        r"\begin{verbatim}",
        r"\def\x{}",
        "é",
        "a\nb",
        "x~y",
    ],
)
def test_foreign_formulas_are_refused(latex: str) -> None:
    with pytest.raises(Foreign):
        checked(latex)
    with pytest.raises(ValueError, match="step 7 of Notes is malformed"):
        report([result(replace(PLAIN, claim_latex=latex))])


def test_what_the_printer_writes_is_not_foreign(founding: DerivationResult) -> None:
    for s in founding.steps:
        for latex in (s.claim_latex, *(c.latex for c in s.conditions), *([s.repair.latex] if s.repair else [])):
            assert checked(latex) == latex
            assert re.sub(r"\s", "", "".join(p for _, p in pieces(latex))) == re.sub(r"\s", "", latex)
    printer = [ROOT / "symrnn" / "claims" / name for name in ("latex.py", "latex_numbers.py")]
    written = {c for path in printer for c in re.findall(r"\\([A-Za-z]{2,})", path.read_text(encoding="utf-8"))}
    assert written <= COMMANDS
    assert {"input", "write", "def", "openout", "csname", "catcode"}.isdisjoint(COMMANDS)


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"A = -B", ["A", "= -B"]),
        (r"A = B + C", ["A", "= B", "+ C"]),
        (r"A = \left(B + C\right) D", ["A", r"= \left(B + C\right) D"]),
        (r"\prod_{j=t}^{t-k+1} (A + B) = C", [r"\prod_{j=t}^{t-k+1} (A + B)", "= C"]),
        (
            r"\rho(W) < 1 \implies X\text{ vanishes as }k \to \infty",
            [r"\rho(W)", "< 1", r"\implies X\text{ vanishes as }k \to \infty"],
        ),
        (r"(A = 0 \land B = 0) \lor C = 0", [r"(A = 0", r"\land B = 0)", r"\lor C", "= 0"]),
    ],
)
def test_formulas_break_where_a_reader_would(latex: str, wanted: list[str]) -> None:
    assert [p for _, p in pieces(latex)] == wanted


WIDE = " + ".join(rf"\operatorname{{diag}}(c_{{t-{i}}}) D_{{f,t-{i}}} U_{{f}}" for i in range(6))


def test_what_is_too_wide_is_broken_in_its_brackets() -> None:
    made = flow(rf"J = \prod_{{j=t}}^{{t-k+1}} \left({WIDE}\right)")
    whole, broken = re.fullmatch(r".*\\symrnnfit\{(.*?\\right\))\}\{(.*)\}", made).groups()
    assert whole == rf"{{}}= \prod_{{j=t}}^{{t-k+1}} \left({WIDE}\right)"
    assert broken.count(r"\symrnnpiece") == 6 and r"\Bigl(" in broken and broken.endswith(r"U_{f}\Bigr)}")
    assert r"\left(" not in broken and all(p.count("{") == p.count("}") for p in re.split(r"\\symrnnbreak", broken))


def test_long_cells_of_a_wide_matrix_get_numbers() -> None:
    matrix = rf"\begin{{bmatrix}} {WIDE} & A \\ 0 & {WIDE} \end{{bmatrix}}"
    made = flow(rf"J = \left(\prod_{{j=t}}^{{t-k+1}} {matrix}\right) B")
    placed = r"\begin{bmatrix} \symrnnplace{1} & A \\ 0 & \symrnnplace{1} \end{bmatrix}"
    assert placed in made and r"\symrnnplace{2}" not in made and made.endswith(r"\symrnnflush")
    assert re.search(r"\\symrnnhold\{1\}\{\\symrnnpiece\{\\operatorname", made)
    assert flow(r"J = \begin{bmatrix} A & B \\ 0 & A \end{bmatrix}").count("symrnnpiece") == 2


def test_a_long_sum_is_cut_and_says_so() -> None:
    made = flow("A = " + " + ".join(f"B_{{{i}}}" for i in range(40)), 6)
    assert "B_{4}" in made and "B_{5}" not in made and "B_{39}" in made and r"\cdots" in made and "(40 terms)" in made
    assert "cdots" not in flow("A = " + " + ".join(f"B_{{{i}}}" for i in range(6)), 6)


def test_a_claim_too_long_for_the_table_leads_to_its_step() -> None:
    made = report([result(replace(PLAIN, claim_latex=rf"J = {WIDE} {WIDE.replace(' + ', ' D ')}"))])
    (row,) = (line for line in made.splitlines() if r"\symrnncell" in line and "7" in line and "newcommand" not in line)
    assert "U_{f}" not in row and r"\symrnnlink{d1s1}{\ensuremath{\,\ldots}}" in row
    assert row.startswith(r"\symrnnlink{d1s1}{7}") and "U_{f}" in made


def test_a_matrix_in_the_table_is_left_out_first() -> None:
    wide = rf"\begin{{bmatrix}} {WIDE} & {WIDE} \end{{bmatrix}}"
    assert abridged(rf"J = {wide} A", 30) == (r"J = \begin{bmatrix}\cdots\end{bmatrix} A", False)


def test_written_out_terms_have_their_names_again() -> None:
    d = Derivation("x", cell=LSTM())
    t, o = d.t, Recurrence.definition(d.cell.recurrence, "D_o", as_index(d.t))
    other = substitute(o, {})
    shuffled = Diag(Apply(other.arg.function, Add(tuple(reversed(other.arg.arg.args))), 1))
    assert readable(MatMul((shuffled, d.U_o)), d.cell.recurrence) == MatMul((d.D_o[t], d.U_o))
    e1, e2 = (Blocks(((a,), (b,))) for a, b in ((eye(d.n), zeros(d.n, d.n)), (zeros(d.n, d.n), eye(d.n))))
    placed = e1 @ d.U_o @ e1.T + e1 @ d.U_f @ e2.T + e1 @ d.U_i @ e2.T
    made = readable(placed, None)
    assert latex_of(made) == r"\begin{bmatrix} U_{o} & U_{f} + U_{i} \\ 0 & 0 \end{bmatrix}"


def test_other_activations_with_the_same_verdict_stand_together() -> None:
    same = [Variant(a, "refuted", "fails at n = 1", None, None) for a in ("tanh", "relu")]
    made = report([result(replace(PLAIN, variants=(*same, Variant("identity", "proved", "", None, None))))])
    assert r"with tanh, relu: \symrnnbadge{refuted}" in made and r"with identity: \symrnnbadge{proved}" in made


def test_a_proof_is_told_once(small: DerivationResult) -> None:
    made = report([small, replace(small, title="again")])
    assert r"The same as for step 2, on page~\pageref{d1s2p2}." in made


def test_a_shrunk_formula_is_a_flaw() -> None:
    assert "formulas set too small, for want of a place to break them: 1" in str(
        flaws("symrnn: shrunk to 3pt, from 9pt")
    ) and not flaws("fine")


# ---- evidence --------------------------------------------------------------------------------------------------------


def test_a_network_is_typeset() -> None:
    first, second, third = blocks(PATH)
    assert first.text.startswith("A sigmoid network with $n = 2$ over 2 steps")
    assert r"W_{hh} = \begin{pmatrix} 1 & 2 \\ 0 & 1 \end{pmatrix}" in first.formulas
    assert r"D_{t-1} = \operatorname{diag}(\tfrac{1}{4}, \tfrac{3}{16})" in first.formulas
    assert second.formulas[1].startswith(r"D_{t} D_{t-1} W_{hh}^{2} = \begin{pmatrix}")
    assert third.text == "The hypothesis is met: $W_{hh}$ is invertible."


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "shape", "shapes": {"W_xh": ["n", "m"]}, "reason": ""}, r"$W_{xh}$ is $n \times m$"),
        ({"kind": "undefined", "term": "inv(A*B)", "values": {"A": [["0"]]}}, "$(A B)^{-1}$ has no value"),
        ({"kind": "negation", "text": "W_hh is symmetric", "sizes": {"n": 2}}, "shown that $W_{hh}$ is symmetric"),
        ({"kind": "values", "values": {"s": "1/2"}, "lhs": "1", "rhs": "2"}, "Left side and right side are"),
        ({"kind": "feeling", "strong": "%"}, r"strong = \%"),
    ],
)
def test_other_counterexamples(data: dict[str, Any], said: str) -> None:
    assert any(said in b.text for b in blocks(data))


def test_malformed_evidence_is_an_error_that_says_where() -> None:
    for bad in (
        {"kind": "path"},
        {"kind": "path", "states": 3},
        PATH | {"lhs": [["__import__('os')"]]},
        {"kind": "orbit"},
    ):
        with pytest.raises(ValueError, match="step 7 of Notes is malformed"):
            report([result(replace(PLAIN, counterexample=bad))])


def test_sides_that_are_no_expressions_are_shown_as_text() -> None:
    assert side("A B %", {}) == r"\text{A B \%}" and side("f(x)", {}) == r"\text{f(x)}"
    assert side("2*(A + B)/3 - trace(A)", {}) == r"\tfrac{2 (A + B)}{3} - \operatorname{tr}(A)"


# ---- figures ---------------------------------------------------------------------------------------------------------


def test_growth_is_true_where_doubles_fail() -> None:
    g = growth(ORBIT)
    true, prediction, doubles = (dict(s.points) for s in g.series)
    for k in (1, 30, 80):  # M = u v^T with trace 2
        assert 10 ** (true[k] - true[1]) == pytest.approx(2.0 ** (k - 1))
    assert prediction[1] is not None and all(prediction[k] is None for k in range(2, g.last + 1))
    assert g.failure is not None and 35 < g.failure < 60 and doubles[g.last] < 0 < true[g.last]


def test_the_figure_of_growth() -> None:
    axis = curves(growth(ORBIT))
    assert axis.low < 0 < axis.high and len(axis.ticks.split(",")) <= 9
    assert "(2,-" in axis.curves[1].coordinates  # 0 is drawn at the lower edge
    made = report([result(replace(PLAIN, counterexample=ORBIT))])
    assert r"\begin{axis}" in made and "wrong by more than 1\\% from" in made and made.count(r"\addplot") == 3


def test_other_networks_grow_by_their_monodromy() -> None:
    orbit = {
        "kind": "orbit",
        "recurrence": "lstm",
        "states": [{"h": ["0"]}, {"h": ["0"]}],
        "growth": {"monodromy": [["1/2"]]},
    }
    (true,) = growth(orbit).series
    assert true.points[0] == (2, pytest.approx(-0.30103)) and true.points[-1][0] == 40


def test_the_graph_puts_what_is_cited_above() -> None:
    a, b, c = (replace(EMPTY, id=i) for i in "abc")
    steps = (
        a,
        replace(b, verdict="refuted", follows=("a",)),
        replace(c, follows=("a", "b"), rests_on=("b",)),
        replace(a, id="d"),
    )
    made = graph(steps)
    assert [box.id for box in made.boxes] == ["a", "b", "c"] and made.alone == 1
    assert float(made.boxes[0].y) > float(made.boxes[1].y) > float(made.boxes[2].y) and made.boxes[2].down
    assert {(x.source, x.target) for x in made.arrows} == {(0, 1), (0, 2), (1, 2)}
    (past,) = (x.points for x in made.arrows if (x.source, x.target) == (0, 2))  # around b
    assert len(past) == 1 and past[0][1] == made.boxes[1].y and abs(float(past[0][0]) - float(made.boxes[1].x)) > 1
    assert [(s.id, ids) for s, ids in takes_down(steps)] == [("b", ("c",))]


def test_a_broad_layer_is_wrapped() -> None:
    root = replace(EMPTY, id="0")
    made = graph((root, *(replace(EMPTY, id=str(i), follows=("0",)) for i in range(1, 20))))
    assert max(abs(float(b.x)) for b in made.boxes) < 12 and len({(b.x, b.y) for b in made.boxes}) == 20


# ---- proofs ----------------------------------------------------------------------------------------------------------


def test_every_certificate_of_the_founding_derivation_is_told(founding: DerivationResult) -> None:
    (derivation,) = page([founding], "0").derivations
    proved = [s for s in derivation.steps if s.verdict == "proved"]
    first = [s.proofs[0] for s in proved]
    assert proved and all(p.same or len(p.lines) > 1 or p.lines[0].said for p in first)
    lines = [line for s in derivation.steps for p in s.proofs for line in p.lines]
    assert not any(c in f for line in lines for f in line.formulas for c in "@#")  # no names of normal forms
    told = {s.id: " ".join(line.text for line in s.proofs[0].lines) for s in proved}
    assert "At any time the one-step Jacobian of the recurrence is" in told["6"]
    assert "On the way." in told["7.h"] and r"($\Leftarrow$)" in told["7.h"]


def test_every_rule_of_proofs_has_words() -> None:
    assert set(kernel._RULES) == set(proofs.WORDS) and set(rules.RULES) == set(analysis.WORDS)


def test_a_rule_without_words_is_named() -> None:
    @node
    class Sorcery(Proof):
        """It is so by sorcery."""

        inner: Proof

    claim = Derivation("x").step("1", eq(matrix("A", size("n")), 0)).claim
    told = [f"{line.text} {line.said}" for line in account(claim, Proved(Sorcery(Known()), None))]
    assert any(r"By the rule \emph{Sorcery}: It is so by sorcery." in line for line in told)
    assert any("recorded about the matrices" in line for line in told)


def test_certificates_that_cannot_be_read_are_left_out() -> None:
    for bad in (None, 3, {}, {"claim": ["Nonsense"], "certificate": 1}, {"claim": [], "certificate": ["Proved"]}):
        made = page([result(replace(PLAIN, certificate=bad))], "0")
        assert not made.derivations[0].steps[0].proofs


# ---- fragments, templates --------------------------------------------------------------------------------------------


def test_a_fragment_defines_what_it_says(small: DerivationResult) -> None:
    made = fragment([small])
    assert r"\documentclass" not in "\n".join(x for x in made.splitlines() if not x.startswith("%"))
    for name in ("verdict", "word", "claim", "reason", "step"):
        assert rf"\providecommand\symrnn{name}[1]" in made
        assert made.count(rf"\csname symrnn@{name}@\detokenize{{") == len(small.steps)
    assert r"\def\symrnntable{" in made and r"\long\def\symrnngraph{" in made and r"\pageref" not in made


def test_templates_have_no_undefined_names_and_no_delimiters_of_mathematics() -> None:
    from jinja2 import UndefinedError

    from symrnn.report.tex.render import _environment

    with pytest.raises(UndefinedError):
        _environment().from_string("<<nothing>>").render()
    assert _environment().from_string("(((x))) {{y}} {% z %} {# c #}").render() == "(((x))) {{y}} {% z %} {# c #}"
    assert {p.name for p in TEMPLATES.glob("*.tex")} == {
        "report.tex",
        "fragment.tex",
        "macros.tex",
        "parts.tex",
        "trust.tex",
    }


def test_results_from_the_schema_examples_do_not_break_it() -> None:
    with pytest.raises(ValueError, match="malformed"):
        report([replace(RESULT, steps=(replace(STEP, verdict="splendid"),))])
    assert json.loads(dumps([RESULT]))  # and its formulas are as foreign as W, J and J_t:
    assert report([replace(RESULT, steps=(replace(STEP, verdict="refuted"),))])
