"""Formulas that fit: split at their relations, sums and factors, so that TeX can break the lines.

What is split is LaTeX that our own printer made of a claim, in the author's order. LaTeX read from a saved result is
checked first: only the printer's commands, so that a result from elsewhere cannot run anything in TeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symrnn.claims.latex import GREEK
from symrnn.claims.latex_numbers import number_latex

COMMANDS = GREEK | frozenset(
    "begin binom cdot colon det end exp forall frac iff implies in infty land le left lVert lnot log lor "
    "lvert mathbf mathit mathrm mathsf odot operatorname nabla partial prod rVert rho right rvert sigma sqrt sum "
    "tanh text tfrac to".split()
)
SIGNS = frozenset(",!\\;")  # \, \! \\ \;
WORST, FACTOR, INNER, SUM, RELATION, ARROW = (
    10000,
    400,
    300,
    200,
    50,
    0,
)  # penalties: the lower, the sooner a line ends there
_BREAKS = {
    **dict.fromkeys((r"\iff", r"\implies"), ARROW),
    **dict.fromkeys((r"\text{ and }", r"\text{, then }"), ARROW),
    **dict.fromkeys(("=", r"\le", "<"), RELATION),
    **dict.fromkeys((r"\land", r"\lor"), RELATION),
    **dict.fromkeys(("+", "-"), SUM),
}
_INCOMPLETE = re.compile(  # what stands before an operand, not after a factor
    r"(?:\\(?:prod|sum)_\{(?:[^{}]|\{[^{}]*\})*\}\^\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|\\colon|[=<+-]|\\(?:le|land|lor|lnot|iff|implies))\s*$"
)
FACTORS_LONG = 48  # characters after which a product of plain symbols may be broken too
_FACTORS = ("(", r"\left(", r"\prod_", r"\frac{")
_OPENING, _CLOSING = (
    re.compile(r"\\left\S|\\lVert|\\lvert|\\begin|[({\[]"),
    re.compile(r"\\right\S|\\rVert|\\rvert|\\end|[)}\]]"),
)
_TOKEN = re.compile(r"\\left\S|\\right\S|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)


class Foreign(ValueError):
    """LaTeX that our printer did not make."""


def checked(latex: str) -> str:
    r"""The formula itself. Raises Foreign if there is anything in it that the printer does not write.

    >>> print(checked(r"\frac{\partial h_{t}}{\partial h_{t-1}} = D_{t} W_{hh}"))
    \frac{\partial h_{t}}{\partial h_{t-1}} = D_{t} W_{hh}
    """
    depth = 0
    for found in re.finditer(r"\\([A-Za-z]+)|\\(.)|([{}])|[^\\{}]", latex, re.DOTALL):
        command, sign, brace = found.groups()
        if command and command not in COMMANDS or sign and sign not in SIGNS:
            raise Foreign(f"the formula {latex[:60]!r} has {found[0]} in it, which no report of symrnn writes")
        if not found[0].isascii() or found[0] in "$%#~" or found[0] == "\n":
            raise Foreign(f"the formula {latex[:60]!r} has {found[0]!r} in it, which no report of symrnn writes")
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            break
    if depth:
        raise Foreign(f"the braces of the formula {latex[:60]!r} do not match")
    for word in re.findall(r"\\(?:begin|end)(.{0,9})", latex):
        if word not in ("{pmatrix}", "{bmatrix}"):
            raise Foreign(f"the formula {latex[:60]!r} has another environment than a matrix in it")
    return latex


def pieces(latex: str) -> Iterator[tuple[int, str]]:
    r"""The formula in pieces, each with the penalty for ending a line before it.

    >>> list(pieces(r"a = b \left(c + d\right) - e \iff f < g"))
    [(10000, 'a'), (50, '= b'), (400, '\\left(c + d\\right)'), (200, '- e'), (0, '\\iff f'), (50, '< g')]
    """
    around: list[str] = []  # the brackets that are open
    out, penalty = "", WORST
    tokens = _TOKEN.findall(latex)
    for i, token in enumerate(tokens):
        if set(around) <= {"("} and out.strip() and i and tokens[i - 1].isspace():
            here = _penalty(token, "".join(tokens[i : i + 14]), out) if not around else _inner(token, len(around))
            if here is not None:
                yield penalty, out.strip()
                out, penalty = "", here
        if _OPENING.fullmatch(token):
            around.append(token)
        elif _CLOSING.fullmatch(token) and around:
            around.pop()
        out += token
    yield penalty, out.strip()


def _inner(token: str, depth: int) -> int | None:
    """Inside plain parentheses a line may end before "and" and "or", the deeper the worse."""
    return INNER * min(depth, 9) if token in (r"\land", r"\lor") else None


def _penalty(token: str, ahead: str, before: str) -> int | None:
    """The penalty for a break before a token, None if there can be none."""
    if before.strip() in _BREAKS:  # = -A: one break is enough
        return None
    for sign, penalty in _BREAKS.items():
        if ahead.startswith(sign) and not ahead[len(sign) :][:1].isalpha():
            return penalty
    starts = ahead.startswith(_FACTORS) or (len(before.strip()) > FACTORS_LONG and token.isalpha() and len(token) == 1)
    return FACTOR if starts and _INCOMPLETE.search(before) is None else None


def flow(latex: str) -> str:
    r"""A formula as the arguments of the macros that let TeX break it (see templates/macros.tex).

    >>> print(flow(r"h_{t} = D_{t}"))
    \symrnnpiece{h_{t}}\symrnnbreak{50}\symrnnpiece{{}= D_{t}}
    """
    out = ""
    for penalty, piece in pieces(latex):
        if not out:
            out = rf"\symrnnpiece{{{piece}}}"
        elif penalty == FACTOR:
            out += rf"\symrnnfactor\symrnnpiece{{\,{piece}}}"
        else:
            out += rf"\symrnnbreak{{{penalty}}}\symrnnpiece{{{{}}{piece}}}"
    return out


# ---- values ----------------------------------------------------------------------------------------------------------


def number(closed_form: object) -> str:
    """An exact number of a counterexample as LaTeX."""
    return number_latex(str(closed_form))


def value(data: object) -> str:
    r"""A number, a vector (a list) or a matrix (a list of rows) as LaTeX.

    >>> print(value([["1", "-1/2"]]), value(["0", "1"]))
    \begin{pmatrix} 1 & -\tfrac{1}{2} \end{pmatrix} \begin{pmatrix} 0 \\ 1 \end{pmatrix}
    """
    if not isinstance(data, list):
        return number(data)
    rows = [row if isinstance(row, list) else [row] for row in data]
    end = r" \\[2pt] " if any("/" in str(x) for row in rows for x in row) else r" \\ "  # room between fractions
    body = end.join(" & ".join(map(number, row)) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


__all__ = ["Foreign", "checked", "flow", "number", "pieces", "value"]
