"""Text as LaTeX source. What people wrote is escaped; the prose of the package also gets its mathematics set as such.

Letters that T1 fonts have pass as they are, mathematical characters become commands, anything else is an error: a
glyph that is missing would be missing in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from symrnn.claims.latex import name_latex
from symrnn.errors import SymrnnError

SPECIAL = {
    **{c: f"\\{c}" for c in "#$%&_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
    },
    **{"\t": " ", "\n": " ", "\r": " ", "\u00a0": "~", "\u2009": r"\,", "\u202f": r"\,"},
    "§": r"\S{}",
}
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        (
            "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
            "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
        ).split(),
        strict=True,
    )
)
SYMBOLS = {
    **{"×": "times", "÷": "div", "±": "pm", "·": "cdot", "∘": "circ", "⊙": "odot", "⊗": "otimes", "⊤": "top"},
    **{"≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "≡": "equiv", "∼": "sim", "≪": "ll", "≫": "gg", "∝": "propto"},
    **{"→": "to", "←": "leftarrow", "↔": "leftrightarrow", "⇒": "Rightarrow", "⇐": "Leftarrow"},
    **{"⇔": "Leftrightarrow", "↦": "mapsto", "∞": "infty", "∂": "partial", "∇": "nabla", "∏": "prod", "∑": "sum"},
    **{"∫": "int", "√": "surd", "∀": "forall", "∃": "exists", "∈": "in", "∉": "notin", "⊂": "subset", "∪": "cup"},
    **{"∩": "cap", "∅": "emptyset", "¬": "lnot", "∧": "land", "∨": "lor", "‖": "Vert", "−": "-", "′": "prime"},
    **{"ℝ": "mathbb{R}", "ℂ": "mathbb{C}", "ℕ": "mathbb{N}", "ℤ": "mathbb{Z}", "ℚ": "mathbb{Q}", "…": "ldots"},
    **{"⋯": "cdots", "ϵ": "epsilon", "ϕ": "phi", "ℓ": "ell", "°": "circ", "✓": "checkmark", "✗": "times", "∗": "ast"},
}
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀᵏ", (*"0123456789+-n", r"\mathsf{T}", "k"), strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₜₖₙₕₓ", "0123456789+-tknhx", strict=True))
PUNCTUATION = {
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
}
T1_LETTERS = frozenset(
    "¡¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĂăĄąĆćČčĎďĐđĘęĚěĞğİĹĺĽľŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž"
)
LONG = 20  # characters of a word that fits anywhere


class Untypesettable(SymrnnError):
    """A character that pdfTeX has no glyph for in the fonts of the report."""


def tex(text: str, longest: int = LONG) -> str:
    r"""Text that people wrote, as LaTeX source that shows it and does nothing else.

    Words of more than ``longest`` characters may be broken.

    >>> print(tex("50% of D_t & \\input{x} — naïve, ∂σ ≤ 1"))
    50\% of D\_t \& \textbackslash{}input\{x\} --- naïve, \ensuremath{\partial}\ensuremath{\sigma} \ensuremath{\le} 1
    """
    words = re.split(r"(\s+)", unicodedata.normalize("NFC", text))
    return "".join("".join(map(_character, w)) if len(w) <= longest else _breakable(w, longest) for w in words)


def _breakable(word: str, longest: int) -> str:
    """A word too long for a line, with places where one may end: after strokes and every few characters."""
    out, since = "", 0
    for c in word:
        out, since = out + _character(c), since + 1
        if since >= longest // 2 or c in "/_.,:;-":
            out, since = out + r"\allowbreak{}", 0
    return out


def _character(c: str) -> str:
    if c in SPECIAL:
        return SPECIAL[c]
    if c.isascii() and c.isprintable() or c in T1_LETTERS:
        return c
    if c in PUNCTUATION:
        return PUNCTUATION[c]
    for table, before, after in ((GREEK, "\\", ""), (SYMBOLS, "\\", ""), (RAISED, "^{", "}"), (LOWERED, "_{", "}")):
        if c in table:
            name = table[c]
            return rf"\ensuremath{{{name if name == '-' else before + name + after}}}"
    name = unicodedata.name(c, "no name")
    raise Untypesettable(
        f"the character {c!r} (U+{ord(c):04X}, {name}) cannot be typeset by pdfTeX: write it in Latin letters, "
        "or use the text or JSON format of symrnn check"
    )


# ---- the prose of the package ----------------------------------------------------------------------------------------


_RELATIONS = {"=": "=", "<=": r"\le", ">=": r"\ge", "<": "<", ">": ">"}
_NUMBER = r"-?\d+(?:/\d+)?"


def _comparison(m: re.Match[str]) -> str:
    return f"${m[1]} {_RELATIONS[m[2]]} {m[3]}$"


def _size_of_matrix(m: re.Match[str]) -> str:
    """A spectral radius or a norm, perhaps compared with a number."""
    shown = rf"\rho({name_latex(m[1])})" if m[1] else rf"\lVert {name_latex(m[2])}\rVert_{{2}}"
    return f"${shown} {_RELATIONS[m[3]]} {m[4]}$" if m[3] else f"${shown}$"


def _sized(m: re.Match[str]) -> str:
    return rf"${m[1]} \times {m[2]}$"


def _member(m: re.Match[str]) -> str:
    return f"${name_latex(m[1], m[2].replace(' ', ''))}$"


def _symbol(m: re.Match[str]) -> str:
    return f"${name_latex(m[0])}$"


_NAME = r"[A-Za-z](?:_[A-Za-z]+)?"
_MATHEMATICS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (rf"(?<!\w)(?:rho\(({_NAME})\)|\|\|({_NAME})\|\|)(?: (<=|>=|=|<|>) ({_NUMBER}))?(?![\w_])", _size_of_matrix),
    (rf"(?<!\w)([a-z]) (<=|>=|=|<|>) ({_NUMBER}|[a-z])(?!\w)", _comparison),
    (r"(?<!\w)([a-z1]) x ([a-z1])(?!\w)", _sized),
    (r"(?<!\w)([A-Za-z](?:_[A-Za-z]+)?)\[([a-z0-9+ -]+)\]", _member),
    (r"(?<!\w)[A-Z](?:_[a-z]{1,2})?(?![\w'])(?<!A)(?<!I)", _symbol),
    (r"(?<!\w)[A-Za-z]_[a-z]{1,2}(?!\w)", _symbol),
)
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern, _ in _MATHEMATICS))


def prose(text: str) -> str:
    r"""A sentence of the package, with what is plainly mathematics in it set as such.

    >>> print(prose("fails at n = 2, k = 2: W_xh is n x m and h[t-1] is n x 1"))
    fails at $n = 2$, $k = 2$: $W_{xh}$ is $n \times m$ and $h_{t-1}$ is $n \times 1$
    """
    out, place = "", 0
    for found in _ANY.finditer(text):
        out += tex(text[place : found.start()]) + _mathematics(found[0])
        place = found.end()
    return out + tex(text[place:])


_SUBSCRIPT = re.compile(r"(?<![\w\\])([A-Za-z])_(?:\{([a-z0-9+ -]{1,9})\}|([A-Za-z0-9]{1,3}))(?![\w{])")


def remark(text: str) -> str:
    r"""What an author says of a step: escaped, but D_t and h_{t-1} are set as they are meant.

    >>> print(remark("as W_xh h_{t-1}, 100% of a_b_c"))
    as $W_{xh}$ $h_{t-1}$, 100\% of a\_b\_c
    """
    out, place = "", 0
    for found in _SUBSCRIPT.finditer(text):
        inside = (found[2] or found[3]).replace(" ", "")
        out += tex(text[place : found.start()]) + f"${found[1]}_{{{inside}}}$"
        place = found.end()
    return out + tex(text[place:])


def _mathematics(piece: str) -> str:
    for pattern, rule in _MATHEMATICS:
        match = re.fullmatch(pattern, piece)
        if match is not None:
            return rule(match)
    return tex(piece)


__all__ = ["Untypesettable", "prose", "remark", "tex"]
