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
NARROW, CELL = 36, 14  # letters that fit on any line, and in a cell of a matrix that is too wide as it is
DEEPEST = 4  # brackets within brackets that are broken
FACTORS_LONG = 48  # characters after which a product of plain symbols may be broken too
_FACTORS = ("(", r"\left(", r"\prod_", r"\frac{")
_OPENING, _CLOSING = (
    re.compile(r"\\left\S|\\lVert|\\lvert|\\begin|[({\[]"),
    re.compile(r"\\right\S|\\rVert|\\rvert|\\end|[)}\]]"),
)
_TOKEN = re.compile(r"\\left\S|\\right\S|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_GROUP = re.compile(r"\\begin\{[bp]matrix\}|\\end\{[bp]matrix\}|\\left\(|\\right\)|\\[lr]Vert|\\.|[(){}]", re.DOTALL)
_OTHER = re.compile(r"\\.", re.DOTALL)
_FRACTION = re.compile(r"\\t?frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")
Pieces = list[tuple[int, str]]


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


def flow(latex: str, most: int = 0) -> str:
    r"""A formula as the arguments of the macros that let TeX break it (see templates/macros.tex).

    What may be too wide for any line is given in two ways, of which TeX takes the first if it fits. ``most``: of a sum
    of more terms than that only some are shown, and their number.

    >>> print(flow(r"h_{t} = D_{t}"))
    \symrnnpiece{h_{t}}\symrnnbreak{50}\symrnnpiece{{}= D_{t}}
    """
    held: dict[str, str] = {}
    out = _flowing(list(pieces(latex)), 0, held, most)
    return out + r"\symrnnflush" if held else out


def _flowing(parts: Pieces, depth: int, held: dict[str, str], most: int = 0) -> str:
    out = ""
    for penalty, piece in _cut(parts, most) if most else parts:
        if not out:
            out = _fitting(piece, depth, held, most)
        elif penalty == FACTOR:
            out += r"\symrnnfactor" + _fitting(rf"\,{piece}", depth, held, most)
        else:
            out += rf"\symrnnbreak{{{penalty}}}" + _fitting(f"{{}}{piece}", depth, held, most)
    return out


def _cut(parts: Pieces, most: int) -> Pieces:
    """Of each side with too many terms the first ones and the last, and how many there are."""
    relations = [i for i, (penalty, _) in enumerate(parts) if i and penalty <= RELATION]
    out: Pieces = []
    for begin, end in zip([0, *relations], [*relations, len(parts)], strict=True):
        side = parts[begin:end]
        starts = [i for i, (penalty, _) in enumerate(side) if not i or penalty == SUM]
        if len(starts) > most:
            count = rf"\text{{\small\ ({len(starts)} terms)}}"
            side = [*side[: starts[most - 1]], (SUM, r"+ \cdots"), *side[starts[-1] :], (SUM, count)]
        out += side
    return out


def _fitting(piece: str, depth: int, held: dict[str, str], most: int) -> str:
    """A piece, and how it is broken inside if it is too wide for a line."""
    broken = _broken(piece, depth, held, most) if width(piece) > NARROW else None
    return rf"\symrnnpiece{{{piece}}}" if broken is None else rf"\symrnnfit{{{piece}}}{{{broken}}}"


def _broken(piece: str, depth: int, held: dict[str, str], most: int) -> str | None:
    """Broken in its widest brackets or matrix, or None if there are none that are wide."""
    group = _widest(piece)
    if group is None or depth > DEEPEST:
        return None
    before, opening, inner, closing, after = group
    if opening.startswith(r"\begin"):
        matrix, holds = _placed(opening, inner, closing, held, most)
        return holds + _fitting(before + matrix + after, depth + 1, held, most) if holds else None
    parts = list(pieces(inner))
    parts[0] = (parts[0][0], before + _sized(opening) + parts[0][1])
    parts[-1] = (parts[-1][0], parts[-1][1] + _sized(closing) + after)
    worse = [(p if p in (WORST, FACTOR) else min(p + INNER * (depth + 1), WORST - 1), x) for p, x in parts]
    return _flowing(worse, depth + 1, held)


def _widest(piece: str) -> tuple[str, str, str, str, str] | None:
    """What stands before, opens, is in, closes and stands after the widest brackets or matrix that can be broken."""
    before, after = "", ""
    while True:
        groups = [g for g in _groups(piece) if width(piece[g[1] : g[2]]) > NARROW // 2]
        if not groups:
            return None
        start, inside, end, stop = max(groups, key=lambda g: width(piece[g[1] : g[2]]))
        opening, inner, closing = piece[start:inside], piece[inside:end], piece[end:stop]
        if opening.startswith(r"\begin") or len(list(pieces(inner))) > 1:
            return before + piece[:start], opening, inner, closing, piece[stop:] + after
        before, after = before + piece[:start] + _sized(opening), _sized(closing) + piece[stop:] + after
        piece = inner


def _sized(bracket: str) -> str:
    """A bracket that grows with its inside as one that does not, so that a line may end between it and its partner."""
    return bracket.replace(r"\left", r"\Bigl").replace(r"\right", r"\Bigr")


def _groups(piece: str) -> Iterator[tuple[int, int, int, int]]:
    """The outermost brackets and matrices in a piece: where each starts, its inside starts and ends, and it ends."""
    open_at: list[tuple[str, int, int]] = []
    for found in _GROUP.finditer(piece):
        token = found[0]
        if token in ("(", r"\left(", "{", r"\lVert") or token.startswith(r"\begin"):
            open_at.append((token, found.start(), found.end()))
        elif open_at and not _OTHER.fullmatch(token):
            token, start, inside = open_at.pop()
            if not open_at and token == r"\lVert":  # no line ends in a norm, but a matrix may be made smaller
                within = _groups(piece[inside : found.start()])
                yield from (
                    (a + inside, b + inside, c + inside, d + inside)
                    for a, b, c, d in within
                    if piece.startswith(r"\begin", a + inside)
                )
            elif not open_at and token != "{":
                yield start, inside, found.start(), found.end()


def _placed(opening: str, inner: str, closing: str, held: dict[str, str], most: int) -> tuple[str, str]:
    """A matrix with numbers for its long cells, and what holds these for the end of the formula."""
    made, holds = "", ""
    for cell, sign in _cells(inner):
        if width(cell) > CELL:
            number = held.setdefault(cell, str(len(held) + 1))
            holds += rf"\symrnnhold{{{number}}}{{{_flowing(list(pieces(cell)), 0, held, most)}}}"
            made += rf"\symrnnplace{{{number}}}{sign}"
        else:
            made += f"{cell}{sign}"
    return f"{opening} {made} {closing}", holds


def _cells(inner: str) -> Iterator[tuple[str, str]]:
    r"""The cells of a matrix, each with the sign after it: &, \\ or nothing."""
    depth, out = 0, ""
    for token in re.findall(r"\\(?:begin|end)|\\\\|\\.|.", inner):
        if token in (r"\begin", "{") or token in (r"\end", "}"):
            depth += 1 if token in (r"\begin", "{") else -1
        if depth == 0 and token in ("&", r"\\"):
            yield out.strip(), f" {token} "
            out = ""
        else:
            out += token
    yield out.strip(), ""


def width(latex: str) -> int:
    r"""About as many letters as stand beside each other.

    >>> width(r"\operatorname{diag}\!\left(\sigma'(a_{t})\right) W_{hh}^{2}"), width(r"\frac{\partial h}{\partial x}")
    (14, 2)
    """
    plain = _FRACTION.sub(lambda m: max(m[1], m[2], key=len), latex)
    plain = re.sub(
        r"\\(?:left|right|operatorname|math[a-z]+|text|begin|end|symrnn[a-z]+|quad)(?![a-z])|\\[!,;\\]", "", plain
    )
    plain = re.sub(r"\\[A-Za-z]+", "x", plain)
    small = sum(len(m[1]) for m in re.finditer(r"[_^]\{([^{}]*)\}", plain))
    return len(re.sub(r"[{}_^&\s]|[bp]matrix", "", plain)) - small // 2


def abridged(latex: str, most: int) -> tuple[str, bool]:
    r"""The formula no wider than ``most``, and whether its end is cut off.

    First what stands in wide brackets and matrices is left out; then all but the left side and the relation.

    >>> abridged(r"A = B + C + D + E", 4), abridged(r"A = (B + C + D + E + F + G + H + I) J", 9)
    (('A =', True), ('A = (\\cdots) J', False))
    """
    while width(latex) > most:
        groups = [g for g in _groups(latex) if width(latex[g[1] : g[2]]) > CELL]
        if not groups:
            break
        _, inside, end, _ = max(groups, key=lambda g: width(latex[g[1] : g[2]]))
        latex = rf"{latex[:inside]}\cdots{latex[end:]}"
    if width(latex) <= most:
        return latex, False
    out = ""
    for i, (penalty, piece) in enumerate(pieces(latex)):
        if penalty <= RELATION and i:
            sign = next((s for s in _BREAKS if piece.startswith(s)), "")
            if width(out) <= most:
                return f"{out} {sign}".strip(), True
            break
        out = f"{out} {piece}".strip()
    return _beginning(latex, most), True


def _beginning(latex: str, most: int) -> str:
    """The first pieces that fit, if there are any."""
    out = ""
    for _, piece in pieces(latex):
        if width(f"{out} {piece}") > most:
            break
        out = f"{out} {piece}".strip()
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


__all__ = ["Foreign", "abridged", "checked", "flow", "number", "pieces", "value", "width"]
