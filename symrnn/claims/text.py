"""Claims as plain ASCII text, in the author's order, with the parentheses that the meaning needs and no more.

Different claims print differently, up to associativity (``A (B C)`` is ``A B C``), with these exceptions, where
mathematics has one notation: zero and identity matrices show no size, Jacobians in numerator layout no layout,
and sigmoid prints as ``sigma``, as does an activation of that name. Products are written side by side; a ``*`` stands
before a number and between matrices (an error, but it must be seen), an ``@`` beside a scalar (likewise).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from symrnn.claims.index import Index, Node, Var, index_text
from symrnn.claims.recurrence import Claim
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

Shown = tuple[str, int]  # the text of a node, and how tightly its outermost operation binds

# Precedence of terms, loosest first. INDEX: an index expression (n-1) used as a number. SUM: also what starts with a
# minus. OPEN: what ends in the body of a big operator (LaTeX only; here these have parentheses of their own).
INDEX, SUM, QUOTIENT, OPEN, PRODUCT, POWER, ATOM = range(7)
# Precedence of propositions.
QUANTIFIER, ARROW, OR, AND, NOT, RELATION = range(6)

MINUS_ONE = Const(Fraction(-1))
FUNCTION_NAMES = {"sigmoid": "sigma"}
PREDICATES = {
    "lower_triangular": "is lower triangular",
    "upper_triangular": "is upper triangular",
    "scalar": "is a multiple of I",
    "skew": "is skew-symmetric",
    "diagonalizable": "is diagonalisable",
    "jordan_decomposable": "has a Jordan form",
    "squarefree_minimal_polynomial": "has a squarefree minimal polynomial",
    "unitarily_diagonalizable": "is unitarily diagonalisable",
    "vanishes": "vanishes",
    "bounded": "stays bounded",
    "explodes": "explodes",
}


def text(node: Node) -> str:
    """The plain text of a term, proposition, claim or index expression.

    >>> from symrnn import Derivation, Elman, eq, jacobian, product, sigmoid
    >>> d = Derivation("BPTT", cell=Elman(sigmoid))
    >>> h, D, t, k, j = d.h, d.D, d.t, d.k, d.j
    >>> print(text(eq(jacobian(h[t], h[t-k]), product(D[j], j, t, t-k+1) @ d.W_hh**k)))
    d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j]) W_hh^k
    """
    return _show(node)[0]


def _show(node: Any) -> Shown:
    rule = _RULES.get(type(node))
    if rule is None:
        raise TypeError(f"text: no rule for {type(node).__name__}")
    return rule(node)


def _at(node: Node, level: int) -> str:
    """The text of ``node``, in parentheses if it binds less tightly than ``level``."""
    shown, own = _show(node)
    return shown if own >= level else f"({shown})"


# ---- what both printers need to know about a tree -----------------------------------------------------------------


def negated(term: Term) -> Term | None:
    """x if ``term`` is -x, that is (-1) * x."""
    if isinstance(term, Times) and len(term.args) > 1 and term.args[0] == MINUS_ONE:
        return term.args[1] if len(term.args) == 2 else Times(term.args[1:])
    return None


def quotient(term: Times) -> tuple[Times, Term] | None:
    """(numerator, denominator) if the last factor of ``term`` is a reciprocal of a scalar."""
    last = term.args[-1] if len(term.args) > 1 else None
    if isinstance(last, Pow) and last.exponent == Index((), -1) and looks_scalar(last.base):
        return Times(term.args[:-1]), last.base
    return None


def looks_scalar(term: Term) -> bool:
    """Whether ``term`` is plainly a scalar; decided without shape rules, since they print terms in their errors."""
    match term:
        case Const() | SizeOf() | Trace() | Det() | Norm() | SpectralRadius() | Discriminant() | Binomial() | Entry():
            return True
        case Sym():
            return term.shape is None and term.role != "hole"
        case Add() | Times():
            return all(looks_scalar(a) for a in term.args)
        case Pow():
            return looks_scalar(term.base)
        case Sum() | Prod():
            return looks_scalar(term.body)
        case Abs() | Apply() | Inv() | Transpose():
            return looks_scalar(term.arg)
        case Hadamard():
            return looks_scalar(term.left) and looks_scalar(term.right)
        case _:
            return False


def ends_in_scalar(term: Term) -> bool:
    """Whether ``term`` is a product such as A * x, which before a matrix would read A (x B)."""
    return isinstance(term, Times) and bool(term.args) and looks_scalar(term.args[-1])


def summands(term: Term) -> Iterator[Term]:
    """The terms of a sum, those of sums inside it included."""
    if isinstance(term, Add):
        for arg in term.args:
            yield from summands(arg)
    else:
        yield term


def is_plain(index: Index) -> bool:
    """Whether ``index`` is a lone variable or a number from 0 on."""
    return index.const >= 0 if not index.terms else len(index.terms) == 1 and index.terms[0][1] == 1 and not index.const


def written_range(p: Prod) -> tuple[Index, Index, str]:
    """(first, last, word): the index of the leftmost factor, of the rightmost, and the direction where it must be said.

    A reader takes ``first .. last`` for ascending if last - first grows, else for descending.
    """
    first, last = (p.hi, p.lo) if p.descending else (p.lo, p.hi)
    gap = last - first
    grows = all(c > 0 for _, c in gap.terms) if gap.terms else gap.const > 0
    return first, last, "" if grows != p.descending else "descending" if p.descending else "ascending"


# ---- terms --------------------------------------------------------------------------------------------------------


def _compact(index: Index) -> str:
    return index_text(index).replace(" ", "")


def _const(t: Const) -> Shown:
    level = SUM if t.value < 0 else ATOM if t.value.denominator == 1 else PRODUCT
    return str(t.value), level


def _sym(t: Sym) -> Shown:
    if t.role == "hole":
        return "[]", ATOM
    return t.name + (f"[{','.join(map(_compact, t.index))}]" if t.index else ""), ATOM


def _size(t: SizeOf) -> Shown:
    shown = _compact(t.index)
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
        shown = _at(positive, QUOTIENT)
        return (f"-({shown})" if shown[0].isdigit() else f"-{shown}"), SUM
    parts = quotient(t)
    if parts is not None:
        numerator, level = _factors(parts[0].args)
        return f"{numerator} / {_at(parts[1], POWER)}", min(level, QUOTIENT)
    return _factors(t.args)


def _factors(args: tuple[Term, ...]) -> Shown:
    star = sum(not looks_scalar(a) for a in args) > 1
    level = QUOTIENT if star else PRODUCT
    out = ""
    for arg in args:
        if not out and isinstance(arg, Const):
            out, level = str(arg.value), SUM if arg.value < 0 else level
            continue
        shown = _at(arg, PRODUCT)
        out += (" * " if star or shown[0].isdigit() else " ") + shown if out else shown
    return out or "1", level


def _matmul(t: MatMul) -> Shown:
    explicit = any(looks_scalar(a) for a in t.args)
    shown = [
        _at(a, POWER if i and isinstance(a, Times) or ends_in_scalar(a) else PRODUCT) for i, a in enumerate(t.args)
    ]
    return (" @ " if explicit else " ").join(shown) or "I", QUOTIENT if explicit else PRODUCT


def _pow(t: Pow) -> Shown:
    exponent = _compact(t.exponent)
    if not is_plain(t.exponent) or exponent == "T":  # A^-1 is the inverse and A^T the transpose
        exponent = f"({exponent})"
    return f"{_at(t.base, ATOM)}^{exponent}", POWER


def _postfix(mark: str) -> Callable[[Any], Shown]:
    return lambda t: (f"{_at(t.arg, ATOM)}^{mark}", POWER)


def _call(name: str) -> Callable[[Any], Shown]:
    return lambda t: (f"{name}({text(t.arg)})", ATOM)


def _apply(t: Apply) -> Shown:
    name = FUNCTION_NAMES.get(t.function, t.function)
    return f"{name}{chr(39) * t.order}({text(t.arg)})", ATOM


def _barred(arg: Term) -> str:
    inner = text(arg)
    return f"({inner})" if "|" in inner else inner


def _norm(t: Norm) -> Shown:
    return f"||{_barred(t.arg)}||" + ("" if t.kind == "2" else f"_{t.kind}"), ATOM


def _entry(t: Entry) -> Shown:
    return f"{_at(t.arg, ATOM)}[{_compact(t.row)},{_compact(t.col)}]", ATOM


def _jac(t: Jac) -> Shown:
    plain = f"d {text(t.of)} / d {text(t.wrt)}"
    return (f"({plain})^[denominator]", POWER) if t.layout == "denominator" else (plain, QUOTIENT)


def _derivative(t: Total | Immediate) -> Shown:
    """d ([row] of) / d wrt, or grad([row] of, wrt) in denominator layout; with the state held where that is unclear."""
    plus = "" if isinstance(t, Total) else "+"
    of = "".join(f"[{text(r)}] " for r in t.row) + text(t.of)  # what stands in brackets is held
    held = f" | {_held(t)}" if _held(t) else ""
    if t.layout == "denominator":
        return f"grad{plus}({of}, {text(t.wrt)}{held})", ATOM
    shown = f"d{plus} {f'({of})' if t.row else of} / d {text(t.wrt)}"
    return (f"({shown}{held})", ATOM) if held else (shown, QUOTIENT)


def held_block(t: Total | Immediate) -> tuple[str, Index] | None:
    """The name and time of the state that is held, where it must be said."""
    if isinstance(t, Immediate) or not t.since or (isinstance(t.of, Loss) and t.since[0] == t.of.first - 1):
        return None
    return t.of.name if isinstance(t.of, Sym) else t.of.reads[0][0].name if t.of.reads else "h", t.since[0]


def _held(t: Total | Immediate) -> str:
    found = held_block(t)
    return f"{found[0]}[{_compact(found[1])}]" if found else ""


def _prod(t: Prod) -> Shown:
    first, last, word = written_range(t)
    through = f"{_compact(first)} .. {_compact(last)}" + (f" {word}" if word else "")
    return f"prod({t.var.name} = {through}, {text(t.body)})", ATOM


def _sum(t: Sum) -> Shown:
    return f"sum({t.var.name} = {_compact(t.lo)} .. {_compact(t.hi)}, {text(t.body)})", ATOM


# ---- propositions -------------------------------------------------------------------------------------------------


def _pred(p: Pred) -> Shown:
    words = PREDICATES.get(p.name, f"is {p.name}")
    field = f" over {p.field}" if p.field else ""
    limit = f" as {p.var.name} -> infinity" if p.var is not None else ""
    return f"{text(p.arg)} {words}{field}{limit}", RELATION


def _joined(word: str, level: int, empty: str) -> Callable[[Any], Shown]:
    return lambda p: (f" {word} ".join(_at(a, AND + 1) for a in p.args) or empty, level)


def _arrow(sign: str) -> Callable[[Any], Shown]:
    return lambda p: (f"{_at(p.left, OR)} {sign} {_at(p.right, OR)}", ARROW)


def _for_all(p: ForAll) -> Shown:
    return f"for all {p.var.name}: {text(p.body)}", QUANTIFIER


def _claim(c: Claim) -> Shown:
    hypotheses = " and ".join(_at(h, AND) for h in c.hypotheses)
    return (f"if {hypotheses}, then " if hypotheses else "") + text(c.conclusion), QUANTIFIER


_RULES: dict[type[Any], Callable[[Any], Shown]] = {
    Var: lambda v: (v.name, ATOM),
    Index: lambda i: (index_text(i), INDEX),
    Const: _const,
    Sym: _sym,
    Eye: lambda t: ("I", ATOM),
    Zeros: lambda t: ("0", ATOM),
    Ones: lambda t: ("ones", ATOM),
    SizeOf: _size,
    Add: _add,
    Times: _times,
    MatMul: _matmul,
    Hadamard: lambda t: (f"hadamard({text(t.left)}, {text(t.right)})", ATOM),
    Pow: _pow,
    Transpose: _postfix("T"),
    Inv: _postfix("-1"),
    Trace: _call("tr"),
    Det: _call("det"),
    Norm: _norm,
    SpectralRadius: _call("rho"),
    Discriminant: _call("disc"),
    Binomial: lambda t: (f"binomial({_compact(t.top)}, {_compact(t.bottom)})", ATOM),
    JordanBlock: lambda t: (f"jordan({text(t.value)}, {_compact(t.size)})", ATOM),
    Abs: lambda t: (f"|{_barred(t.arg)}|", ATOM),
    Diag: _call("diag"),
    Blocks: lambda t: (f"[{'; '.join(', '.join(map(text, row)) for row in t.rows)}]", ATOM),
    Apply: _apply,
    Entry: _entry,
    Jac: _jac,
    Loss: lambda t: (t.name + (f"[{_compact(t.index[0])}]" if t.index else ""), ATOM),
    Total: _derivative,
    Immediate: _derivative,
    Softmax: _call("softmax"),
    Prod: _prod,
    Sum: _sum,
    Rel: lambda p: (f"{text(p.lhs)} {p.op} {text(p.rhs)}", RELATION),
    IndexRel: lambda p: (f"{text(p.lhs)} {p.op} {text(p.rhs)}", RELATION),
    Pred: _pred,
    And: _joined("and", AND, "true"),
    Or: _joined("or", OR, "false"),
    Not: lambda p: (f"not {_at(p.arg, NOT)}", NOT),
    Implies: _arrow("=>"),
    Iff: _arrow("<=>"),
    ForAll: _for_all,
    ForAllTrajectories: lambda p: (f"for all trajectories: {text(p.body)}", QUANTIFIER),
    Claim: _claim,
}
