"""Names, exact numbers and matrices as LaTeX."""

from __future__ import annotations

import pytest

from symrnn.claims.latex import latex_matrix, name_latex, number_latex


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W", "W"),
        ("W_hh", "W_{hh}"),
        ("alpha", r"\alpha"),
        ("Gamma_x", r"\Gamma_{x}"),
        ("sigma_max", r"\sigma_{\mathrm{max}}"),
        ("x1", "x_{1}"),
        ("W1_hh'", "W'_{1,hh}"),
        ("acc", r"\mathit{acc}"),
        (r"\input{x}", r"\mathit{inputx}"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert name_latex(name) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0", "0"),
        ("-1/2", r"-\tfrac{1}{2}"),
        ("log(2/3) - 1/4", r"\log\tfrac{2}{3} - \tfrac{1}{4}"),
        ("-3*log(2)/2", r"-\tfrac{3 \log 2}{2}"),
        ("1/2*log(3)", r"\tfrac{1}{2} \log 3"),
        ("log(2)*log(3)", r"\log 2 \cdot \log 3"),
        ("2*3", r"2 \cdot 3"),
        ("1 - (2 - sqrt(5))", r"1 - (2 - \sqrt{5})"),
        ("(1/2)**3", r"\left(\tfrac{1}{2}\right)^{3}"),
        ("log(1 + sqrt(2))", r"\log\left(1 + \sqrt{2}\right)"),
        ("3*(1 - log(2))", r"3 (1 - \log 2)"),
    ],
)
def test_numbers(number: str, expected: str) -> None:
    assert number_latex(number) == expected


@pytest.mark.parametrize("number", ["", "1.5", "x", "True", "__import__('os')", "log(2, 3)"])
def test_what_is_no_exact_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="closed form"):
        number_latex(number)


def test_matrix() -> None:
    assert latex_matrix([["1", "-1/2"], ["0", "2"]]) == r"\begin{pmatrix} 1 & -\tfrac{1}{2} \\ 0 & 2 \end{pmatrix}"
