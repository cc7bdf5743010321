"""Claims as LaTeX math (amsmath suffices), in the author's order.

The rules are those of ``text.py``; the notation is mathematics', so D_1 looks like the member of the family D at 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Node, Var, index_text
from symrnn.claims.latex_numbers import glue, is_tall, latex_matrix, number_latex, paren
from symrnn.claims.recurrence import Claim
from symrnn.claims.text import (
    AND,
    ARROW,
    ATOM,
    INDEX,
    NOT,
    OPEN,
    OR,
    POWER,
    PREDICATES,
    PRODUCT,
    QUANTIFIER,
    QUOTIENT,
    RELATION,
    SUM,
    Shown,
    ends_in_scalar,
    held_block,
    is_plain,
    looks_scalar,
    negated,
    quotient,
    summands,
    written_range,
)
from symrnn.claims.tree import (
    Abs,
    Add,
    And,
    Apply,
    Binomial,
    Blocks,
    Const,
    Det,
    Diag,
    Discriminant,
    Entry,
    Eye,
    ForAll,
    ForAllTrajectories,
    Hadamard,
    Iff,
    Immediate,
    Implies,
    IndexRel,
    Inv,
    Jac,
    JordanBlock,
    Loss,
    MatMul,
    Norm,
    Not,
    Ones,
    Or,
    Pow,
    Pred,
    Prod,
    Rel,
    SizeOf,
    Softmax,
    SpectralRadius,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Trace,
    Transpose,
    Zeros,
)

GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell".split()
)
FUNCTIONS = {
    "sigmoid": r"\sigma",
    "tanh": r"\tanh",
    "relu": r"\operatorname{ReLU}",
    "softplus": r"\operatorname{softplus}",
    "identity": r"\operatorname{identity}",
    "hard_sigmoid": r"\operatorname{hardsigmoid}",
    "hard_sigmoid6": r"\operatorname{hardsigmoid}_{6}",
}
__all__ = ["latex", "latex_matrix", "name_latex", "number_latex"]
RELATIONS = {"=": "=", "<=": r"\le", "<": "<"}
NORMS = {"inf": r"\infty", "fro": r"\mathrm{F}"}


def latex(node: Node) -> str:
    r"""The LaTeX of a term, proposition, claim or index expression.

    >>> from symrnn import Derivation, Elman, eq, jacobian, product, sigmoid
    >>> d = Derivation("BPTT", cell=Elman(sigmoid))
    >>> h, D, t, k, j = d.h, d.D, d.t, d.k, d.j
    >>> print(latex(eq(jacobian(h[t], h[t-k]), product(D[j] @ d.W_hh, j, t, t-k+1))))
    \frac{\partial h_{t}}{\partial h_{t-k}} = \prod_{j=t}^{t-k+1} D_{j} W_{hh}
    """
    return _show(node)[0]


def _show(node: Any) -> Shown:
    rule = _RULES.get(type(node))
    if rule is None:
        raise TypeError(f"latex: no rule for {type(node).__name__}")
    return rule(node)


def _at(node: Node, level: int) -> str:
    shown, own = _show(node)
    return shown if own >= level else paren(shown)


# ---- names, indices, numbers --------------------------------------------------------------------------------------


def name_latex(name: str, *indices: str) -> str:
    r"""A symbol with its underscores, digits and indices as subscripts.

    >>> print(name_latex("W_hh"), name_latex("W_hh", "j"), name_latex("lambda_max"), name_latex("x1"))
    W_{hh} W_{hh,j} \lambda_{\mathrm{max}} x_{1}
    """
    bare = name.rstrip("'")
    head, *subs = [re.sub("[^A-Za-z0-9]", "", part) for part in bare.split("_")]  # a name never carries commands
    letters = head.rstrip("0123456789") or head
    subs = [s for s in (head[len(letters) :], *map(_subscript, subs)) if s]
    shown = rf"\{letters}" if letters in GREEK else letters if len(letters) < 2 else rf"\mathit{{{letters}}}"
    below = ",".join((*subs, *indices))
    return shown + "'" * (len(name) - len(bare)) + (f"_{{{below}}}" if below else "")


def _subscript(part: str) -> str:
    if part in GREEK:
        return rf"\{part}"
    return rf"\mathrm{{{part}}}" if part.isalpha() and len(part) > 2 else part


def _index(index: Index) -> str:
    renamed = tuple((Var(name_latex(v.name), v.kind, v.low), c) for v, c in index.terms)
    return index_text(Index(renamed, index.const)).replace(" ", "").replace("*", "")


def _fraction(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    return rf"{'-' if value < 0 else ''}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


# ---- terms --------------------------------------------------------------------------------------------------------


def _const(t: Const) -> Shown:
    level = SUM if t.value < 0 else ATOM if t.value.denominator == 1 else PRODUCT
    return _fraction(t.value), level


def _sym(t: Sym) -> Shown:
    if t.role == "hole":
        return r"[\,]", ATOM
    level = POWER if t.name.endswith("'") else ATOM  # W'_{hh}^{2} would be a double superscript
    return name_latex(t.name, *map(_index, t.index)), level


def _size(t: SizeOf) -> Shown:
    shown = _index(t.index)
    return (f"({shown})", ATOM) if shown.startswith("-") else (shown, ATOM if is_plain(t.index) else INDEX)


def _add(t: Add) -> Shown:
    first, *others = tuple(summands(t)) or (Const(Fraction(0)),)
    out = _at(first, SUM)
    for term in others:
        positive = negated(term)
        out += f" + {_at(term, QUOTIENT)}" if positive is None else f" - {_at(positive, QUOTIENT)}"
    return out, SUM


def _times(t: Times) -> Shown:
    positive = negated(t)
    if positive is not None:
        return f"-{_at(positive, QUOTIENT)}", SUM
    parts = quotient(t)
    if parts is not None:
        numerator = parts[0].args[0] if len(parts[0].args) == 1 else parts[0]
        return rf"\frac{{{latex(numerator)}}}{{{latex(parts[1])}}}", PRODUCT
    dot = sum(not looks_scalar(a) for a in t.args) > 1
    if t.args and isinstance(t.args[0], Const):
        shown, level = _factors(t.args[1:], dot)
        number, own = _const(t.args[0])
        return number + glue(shown, dot), min(level, own, PRODUCT)
    return _factors(t.args, dot)


def _matmul(t: MatMul) -> Shown:
    return _factors(t.args, False, matrices=True)


def _factors(args: tuple[Term, ...], dot: bool, matrices: bool = False) -> Shown:
    """Factors side by side. Among ``matrices`` only the first may be a scalar multiple without parentheses."""
    out, level = "", QUOTIENT if dot else PRODUCT
    for i, arg in enumerate(args):
        wanted = POWER if matrices and (i and isinstance(arg, Times) or ends_in_scalar(arg)) else PRODUCT
        shown, own = _show(arg)
        if own == OPEN and i == len(args) - 1:
            level = min(level, OPEN)
        elif own < wanted:
            shown = paren(shown)
        out += glue(shown, dot) if out else shown
    return out, level


def _hadamard(t: Hadamard) -> Shown:
    sides = [latex(a) if isinstance(a, Hadamard) else _at(a, POWER) for a in (t.left, t.right)]
    return r" \odot ".join(sides), QUOTIENT


def _power(mark: Callable[[Any], str], base: str) -> Callable[[Any], Shown]:
    return lambda t: (f"{_at(getattr(t, base), ATOM)}^{{{mark(t)}}}", POWER)


def _call(name: str) -> Callable[[Any], Shown]:
    def rule(t: Any) -> Shown:
        inner = paren(latex(t.arg))
        return name + (r"\!" if is_tall(inner) else "") + inner, ATOM

    return rule


def _apply(t: Apply) -> Shown:
    name = FUNCTIONS.get(t.function) or name_latex(t.function)
    return rf"{name}{chr(39) * t.order}\!\left({latex(t.arg)}\right)", ATOM


def _blocks(t: Blocks) -> Shown:
    rows = r" \\ ".join(" & ".join(map(latex, row)) for row in t.rows)
    return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}", ATOM


def _bars(arg: Term, bar: str) -> str:
    inner = latex(arg)
    left, right = (r"\left", r"\right") if is_tall(inner) else ("", "")
    return rf"{left}\l{bar} {inner}{right}\r{bar}"


def _norm(t: Norm) -> Shown:
    return f"{_bars(t.arg, 'Vert')}_{{{NORMS.get(t.kind) or name_latex(t.kind)}}}", ATOM


def _entry(t: Entry) -> Shown:
    return f"{paren(latex(t.arg))}_{{{_index(t.row)},{_index(t.col)}}}", ATOM


def _jac(t: Jac) -> Shown:
    plain = rf"\frac{{\partial {latex(t.of)}}}{{\partial {latex(t.wrt)}}}"
    return (f"{paren(plain)}^{{[\\text{{denominator}}]}}", POWER) if t.layout == "denominator" else (plain, PRODUCT)


def _derivative(t: Total | Immediate) -> Shown:
    """d over d for total derivatives, partial with a plus for immediate ones, nabla in the shape of the parameter."""
    of = "".join(rf"\left[{latex(r)}\right] " for r in t.row) + latex(t.of)  # what stands in brackets is held
    of, found = paren(of) if t.row else of, held_block(t)
    held = rf"\right|_{{{name_latex(found[0], _index(found[1]))}}}" if found else ""
    left = r"\left." if held else ""
    if t.layout == "denominator":
        plus = "" if isinstance(t, Total) else "^{+}"
        return rf"{left}\nabla{plus}_{{{latex(t.wrt)}}} {of}{held}", PRODUCT
    sign = r"\mathrm{d}" if isinstance(t, Total) else r"\partial^{+}"
    return rf"{left}\frac{{{sign} {of}}}{{{sign.removesuffix('^{+}')} {latex(t.wrt)}}}{held}", PRODUCT


def _prod(t: Prod) -> Shown:
    first, last, word = written_range(t)
    below = f"{name_latex(t.var.name)}={_index(first)}" + (rf"\text{{ {word}}}" if word else "")
    return rf"\prod_{{{below}}}^{{{_index(last)}}} {_at(t.body, OPEN)}", OPEN


def _sum(t: Sum) -> Shown:
    return rf"\sum_{{{name_latex(t.var.name)}={_index(t.lo)}}}^{{{_index(t.hi)}}} {_at(t.body, OPEN)}", OPEN


# ---- propositions -------------------------------------------------------------------------------------------------


def _relation(p: Any) -> Shown:
    return f"{latex(p.lhs)} {RELATIONS.get(p.op, '?')} {latex(p.rhs)}", RELATION


def _pred(p: Pred) -> Shown:
    words = PREDICATES.get(p.name) or "is " + re.sub("[^A-Za-z0-9]", " ", p.name)
    if words.endswith(" I"):
        return rf"{latex(p.arg)}\text{{ {words[:-1]}}}I", RELATION
    if p.var is not None:
        return rf"{latex(p.arg)}\text{{ {words} as }}{name_latex(p.var.name)} \to \infty", RELATION
    if p.field:
        return rf"{latex(p.arg)}\text{{ {words} over }}\mathbf{{{name_latex(p.field)}}}", RELATION
    return rf"{latex(p.arg)}\text{{ {words}}}", RELATION


def _joined(sign: str, level: int, empty: str) -> Callable[[Any], Shown]:
    return lambda p: (f" {sign} ".join(_at(a, AND + 1) for a in p.args) or rf"\text{{{empty}}}", level)


def _arrow(sign: str) -> Callable[[Any], Shown]:
    return lambda p: (f"{_at(p.left, OR)} {sign} {_at(p.right, OR)}", ARROW)


def _claim(c: Claim) -> Shown:
    hypotheses = r"\text{ and }".join(_at(h, AND) for h in c.hypotheses)
    before = rf"\text{{if }}{hypotheses}\text{{, then }}" if hypotheses else ""
    return before + latex(c.conclusion), QUANTIFIER


_RULES: dict[type[Any], Callable[[Any], Shown]] = {
    Var: lambda v: (name_latex(v.name), ATOM),
    Index: lambda i: (_index(i), INDEX),
    Const: _const,
    Sym: _sym,
    Eye: lambda t: ("I", ATOM),
    Zeros: lambda t: ("0", ATOM),
    Ones: lambda t: (r"\mathbf{1}", ATOM),
    SizeOf: _size,
    Add: _add,
    Times: _times,
    MatMul: _matmul,
    Hadamard: _hadamard,
    Pow: _power(lambda t: _index(t.exponent), "base"),
    Transpose: _power(lambda t: r"\mathsf{T}", "arg"),
    Inv: _power(lambda t: "-1", "arg"),
    Trace: _call(r"\operatorname{tr}"),
    Det: _call(r"\det"),
    Norm: _norm,
    SpectralRadius: _call(r"\rho"),
    Discriminant: _call(r"\operatorname{disc}"),
    Binomial: lambda t: (rf"\binom{{{_index(t.top)}}}{{{_index(t.bottom)}}}", ATOM),
    JordanBlock: lambda t: (rf"J_{{{_index(t.size)}}}{paren(latex(t.value))}", ATOM),
    Abs: lambda t: (_bars(t.arg, "vert"), ATOM),
    Diag: _call(r"\operatorname{diag}"),
    Blocks: _blocks,
    Apply: _apply,
    Entry: _entry,
    Jac: _jac,
    Loss: lambda t: (name_latex(t.name, *map(_index, t.index)), ATOM),
    Total: _derivative,
    Immediate: _derivative,
    Softmax: _call(r"\operatorname{softmax}"),
    Prod: _prod,
    Sum: _sum,
    Rel: _relation,
    IndexRel: _relation,
    Pred: _pred,
    And: _joined(r"\land", AND, "true"),
    Or: _joined(r"\lor", OR, "false"),
    Not: lambda p: (rf"\lnot {_at(p.arg, ATOM)}", NOT),
    Implies: _arrow(r"\implies"),
    Iff: _arrow(r"\iff"),
    ForAll: lambda p: (rf"\forall {name_latex(p.var.name)}\colon {latex(p.body)}", QUANTIFIER),
    ForAllTrajectories: lambda p: (rf"\text{{for all trajectories: }}{latex(p.body)}", QUANTIFIER),
    Claim: _claim,
}
