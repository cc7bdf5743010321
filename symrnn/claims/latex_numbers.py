"""Exact numbers, given as the text of a closed form, as LaTeX; and the brackets and dots of LaTeX products."""

from __future__ import annotations

import ast
import re

from symrnn.claims.text import ATOM, POWER, PRODUCT, QUOTIENT, SUM, Shown


def is_tall(inner: str) -> bool:
    """Whether brackets around ``inner`` have to grow."""
    return re.search(r"\\(tfrac|frac|prod|sum|left|begin)(?![a-z])", inner) is not None


def paren(inner: str) -> str:
    """``inner`` in parentheses of its size."""
    return rf"\left({inner}\right)" if is_tall(inner) else f"({inner})"


def glue(factor: str, dot: bool) -> str:
    """``factor`` with what goes between it and the factor before: a space, or a dot (before numbers always)."""
    if not factor:
        return ""
    return (r" \cdot " if dot or factor[0].isdigit() or factor.startswith(r"\tfrac") else " ") + factor


def latex_matrix(rows: list[list[str]]) -> str:
    r"""A matrix of exact numbers, each the text of a closed form.

    >>> print(latex_matrix([["3/16", "-1/2"], ["log(2/3) - 1/4", "2*sqrt(3)"]]))
    \begin{pmatrix} \tfrac{3}{16} & -\tfrac{1}{2} \\ \log\tfrac{2}{3} - \tfrac{1}{4} & 2 \sqrt{3} \end{pmatrix}
    """
    body = r" \\ ".join(" & ".join(map(number_latex, row)) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def number_latex(closed_form: str) -> str:
    r"""The LaTeX of a number such as ``-3*log(2)/2``. Raises ValueError for what is no closed form.

    >>> print(number_latex("atanh(1/3) + 2**3"))
    \operatorname{artanh}\tfrac{1}{3} + 2^{3}
    """
    try:
        tree = ast.parse(closed_form.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{closed_form!r} is not an exact closed form such as log(2/3) - 1/4") from error
    return _number(tree)[0]


_NUMBER_FUNCTIONS = {"log": r"\log", "exp": r"\exp", "tanh": r"\tanh", "atanh": r"\operatorname{artanh}"}


def _number(n: ast.expr) -> Shown:
    """As ``_show``, with QUOTIENT for a leading minus."""
    match n:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return str(value), ATOM
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return "-" + _number_at(operand, PRODUCT), QUOTIENT
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            sign = "+" if isinstance(op, ast.Add) else "-"
            return f"{_number_at(left, SUM)} {sign} {_number_at(right, PRODUCT)}", SUM
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            a, b = _number_at(left, QUOTIENT), _number_at(right, PRODUCT)
            open_ended = re.search(r"\\(log|exp|tanh|operatorname)(?![a-z])", a) is not None
            return a + glue(b, open_ended), QUOTIENT if a.startswith("-") else PRODUCT
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            (above, level), below = _number(left), _number(right)[0]
            minus = level == QUOTIENT
            above = above[1:] if minus else above
            return rf"{'-' if minus else ''}\tfrac{{{above}}}{{{below}}}", QUOTIENT if minus else PRODUCT
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{_number_at(left, ATOM)}^{{{_number(right)[0]}}}", POWER
        case ast.Call(func=ast.Name(id="sqrt"), args=[arg], keywords=[]):
            return rf"\sqrt{{{_number(arg)[0]}}}", ATOM
        case ast.Call(func=ast.Name(id=name), args=[arg], keywords=[]) if name in _NUMBER_FUNCTIONS:
            return _NUMBER_FUNCTIONS[name] + _number_argument(arg), PRODUCT
        case _:
            raise ValueError(f"{ast.unparse(n)} is not an exact closed form such as log(2/3) - 1/4")


def _number_argument(arg: ast.expr) -> str:
    shown, level = _number(arg)
    bare_fraction = re.fullmatch(r"\\tfrac\{\d+\}\{\d+\}", shown) is not None
    return shown if bare_fraction else f" {shown}" if level == ATOM else rf"\left({shown}\right)"


def _number_at(n: ast.expr, level: int) -> str:
    shown, own = _number(n)
    return shown if own >= level else paren(shown)
