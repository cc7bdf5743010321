"""The printers: what claims look like as text and as LaTeX, and that different claims look different."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symrnn import (
    LSTM,
    Derivation,
    Elman,
    absolute,
    activation,
    all_of,
    any_of,
    binomial,
    bounded,
    commutator,
    det,
    diag,
    diagonal,
    diagonalizable,
    discriminant,
    eq,
    explodes,
    eye,
    for_all_trajectories,
    forall,
    gradient,
    hadamard,
    has_property,
    iff,
    immediate,
    immediate_gradient,
    implies,
    index,
    inv,
    jacobian,
    jordan_block,
    lag,
    le,
    loss,
    lt,
    matrix,
    negation,
    norm,
    ones,
    product,
    relu,
    scalar,
    sigmoid,
    softmax,
    spectral_radius,
    summation,
    tanh,
    trace,
    transpose,
    vanishes,
    vector,
    zeros,
)
from symrnn.claims import latex as latex_module
from symrnn.claims import text as text_module
from symrnn.claims import tree as T
from symrnn.claims.index import NODES, Index, Node, Var, as_index
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import rebuild, walk
from symrnn.claims.text import text

d = Derivation("printing", cell=Elman(sigmoid))
h, W, D, a, t, k, j, n, m = d.h, d.W_hh, d.D, d.a, d.t, d.k, d.j, d.n, d.m
A, B, C, b, v = matrix("A", n), matrix("B", n), matrix("C", n), vector("b", n), vector("v", n)
x, y, lam = scalar("x"), scalar("y"), scalar("lambda")
J = jacobian(h[t], h[t - k])
den = jacobian(h[t], h[t - 1], "denominator")
i = index("i")


def const(*value: int) -> T.Term:
    return T.Const(Fraction(*value))


# (tree, text, LaTeX)
LOSS = loss("L", h, 1, k)
EXAMPLES: list[tuple[Node, str, str]] = [
    (discriminant(A), "disc(A)", r"\operatorname{disc}(A)"),
    (binomial(k, 2), "binomial(k, 2)", r"\binom{k}{2}"),
    (jordan_block(lam, n), "jordan(lambda, n)", r"J_{n}(\lambda)"),
    # losses and parameters
    (LOSS, "L", "L"),
    (LOSS[t], "L[t]", "L_{t}"),
    (gradient(LOSS, W), "grad(L, W_hh)", r"\nabla_{W_{hh}} L"),
    (
        gradient(LOSS[t], W, since=t - k),
        "grad(L[t], W_hh | h[t-k])",
        r"\left.\nabla_{W_{hh}} L_{t}\right|_{h_{t-k}}",
    ),
    (jacobian(LOSS, h[t]), "d L / d h[t]", r"\frac{\mathrm{d} L}{\mathrm{d} h_{t}}"),
    (immediate(LOSS, h[t]), "d+ L / d h[t]", r"\frac{\partial^{+} L}{\partial h_{t}}"),
    (
        immediate_gradient(h[t], W, row=A),
        "grad+([A] h[t], W_hh)",
        r"\nabla^{+}_{W_{hh}} \left(\left[A\right] h_{t}\right)",
    ),
    (softmax(h[t]), "softmax(h[t])", r"\operatorname{softmax}(h_{t})"),
    # products and powers
    (D[t] @ W, "D[t] W_hh", "D_{t} W_{hh}"),
    (A @ (B @ C), "A B C", "A B C"),
    (W**k, "W_hh^k", "W_{hh}^{k}"),
    (W ** (k - 1), "W_hh^(k-1)", "W_{hh}^{k-1}"),
    (W ** (2 * k), "W_hh^(2*k)", "W_{hh}^{2k}"),
    (A**-1, "A^(-1)", "A^{-1}"),
    (inv(A), "A^-1", "A^{-1}"),
    (A ** lag("T"), "A^(T)", "A^{T}"),
    (A.T, "A^T", r"A^{\mathsf{T}}"),
    ((A @ B).T, "(A B)^T", r"(A B)^{\mathsf{T}}"),
    (transpose(A**k), "(A^k)^T", r"(A^{k})^{\mathsf{T}}"),
    (matrix("W'", n) ** 2, "W'^2", "(W')^{2}"),
    (2 * A, "2 A", "2 A"),
    (x * 2 * y, "x * 2 y", r"x \cdot 2 y"),
    (A / 4, "1/4 A", r"\tfrac{1}{4} A"),
    (x / y, "x / y", r"\frac{x}{y}"),
    (A / (x + y), "A / (x + y)", r"\frac{A}{x + y}"),
    (1 / x, "1 / x", r"\frac{1}{x}"),
    (x / y * A, "x y^(-1) A", "x y^{-1} A"),
    (const(1, 4) ** k, "(1/4)^k", r"\left(\tfrac{1}{4}\right)^{k}"),
    (x * A @ B, "x A B", "x A B"),
    (A @ (x * B), "A (x B)", "A (x B)"),
    (A * x @ B, "(A x) B", "(A x) B"),
    (A @ (B + C), "A (B + C)", "A (B + C)"),
    (T.Times((A, B)), "A * B", r"A \cdot B"),
    (T.MatMul((x, B)), "x @ B", "x B"),
    # sums and signs
    (commutator(D[t], W), "D[t] W_hh - W_hh D[t]", "D_{t} W_{hh} - W_{hh} D_{t}"),
    (A - (B + C), "A - (B + C)", "A - (B + C)"),
    (A + (B - C), "A + B - C", "A + B - C"),
    (-A @ B, "(-A) B", "(-A) B"),
    (-(A @ B), "-A B", "-A B"),
    (-(2 * A), "-(2 A)", "-2 A"),
    (-2 * A, "-2 A", "-2 A"),
    (B - 2 * A, "B - 2 A", "B - 2 A"),
    (B + (-2) * A, "B + (-2 A)", "B + (-2 A)"),
    (x - 1, "x - 1", "x - 1"),
    (x + (-1), "x + (-1)", "x + (-1)"),
    (T.as_term(n - 1) * x, "(n-1) x", "(n-1) x"),
    (x - T.as_term(-n), "x - (-n)", "x - (-n)"),
    # entries, members, names
    (W[1, 2], "W_hh[1,2]", "(W_{hh})_{1,2}"),
    (D[j][i, i + 1], "D[j][i,i+1]", "(D_{j})_{i,i+1}"),
    ((A @ B)[1, 2], "(A B)[1,2]", "(A B)_{1,2}"),
    (h[t - k + 1], "h[t-k+1]", "h_{t-k+1}"),
    (matrix("W_hh", n)[j], "W_hh[j]", "W_{hh,j}"),
    (lam * scalar("x1"), "lambda x1", r"\lambda x_{1}"),
    (T.HOLE, "[]", r"[\,]"),
    (A @ T.HOLE, "A []", r"A [\,]"),
    (eye(n) + zeros(n), "I + 0", "I + 0"),
    (ones(n) - b, "ones - b", r"\mathbf{1} - b"),
    (3 * ones(n), "3 ones", r"3 \mathbf{1}"),
    (h, "h", "h"),
    (t - k + 1, "t - k + 1", "t-k+1"),
    # functions
    (activation("sigma")(W @ h[t - 1] + b), "sigma(W_hh h[t-1] + b)", r"\sigma\!\left(W_{hh} h_{t-1} + b\right)"),
    (sigmoid.prime(a[t]), "sigma'(a[t])", r"\sigma'\!\left(a_{t}\right)"),
    (tanh(a[t]), "tanh(a[t])", r"\tanh\!\left(a_{t}\right)"),
    (relu.prime(v), "relu'(v)", r"\operatorname{ReLU}'\!\left(v\right)"),
    (activation("phi")(v), "phi(v)", r"\phi\!\left(v\right)"),
    (diag(v) @ A, "diag(v) A", r"\operatorname{diag}(v) A"),
    (T.Blocks(((A, B), (B, A))) @ v, "[A, B; B, A] v", r"\begin{bmatrix} A & B \\ B & A \end{bmatrix} v"),
    (trace(A @ B) * det(A), "tr(A B) det(A)", r"\operatorname{tr}(A B) \det(A)"),
    (norm(A), "||A||", r"\lVert A\rVert_{2}"),
    (norm(A, 1), "||A||_1", r"\lVert A\rVert_{1}"),
    (norm(A, "inf"), "||A||_inf", r"\lVert A\rVert_{\infty}"),
    (norm(A / 2, "fro"), "||1/2 A||_fro", r"\left\lVert \tfrac{1}{2} A\right\rVert_{\mathrm{F}}"),
    (absolute(x), "|x|", r"\lvert x\rvert"),
    (absolute(absolute(x)), "|(|x|)|", r"\lvert \lvert x\rvert\rvert"),
    (spectral_radius(W), "rho(W_hh)", r"\rho(W_{hh})"),
    (hadamard(v, A @ b), "hadamard(v, A b)", r"v \odot (A b)"),
    # Jacobians, products, sums
    (J, "d h[t] / d h[t-k]", r"\frac{\partial h_{t}}{\partial h_{t-k}}"),
    (J @ W, "(d h[t] / d h[t-k]) W_hh", r"\frac{\partial h_{t}}{\partial h_{t-k}} W_{hh}"),
    (
        den,
        "(d h[t] / d h[t-1])^[denominator]",
        r"\left(\frac{\partial h_{t}}{\partial h_{t-1}}\right)^{[\text{denominator}]}",
    ),
    (
        eq(J, product(D[j] @ W, j, t, t - k + 1)),
        "d h[t] / d h[t-k] = prod(j = t .. t-k+1, D[j] W_hh)",
        r"\frac{\partial h_{t}}{\partial h_{t-k}} = \prod_{j=t}^{t-k+1} D_{j} W_{hh}",
    ),
    (
        product(D[j], j, t, t - k + 1) @ W**k,
        "prod(j = t .. t-k+1, D[j]) W_hh^k",
        r"\left(\prod_{j=t}^{t-k+1} D_{j}\right) W_{hh}^{k}",
    ),
    (
        product(A[j], j, t, t - k + 1, order="ascending"),
        "prod(j = t-k+1 .. t, A[j])",
        r"\prod_{j=t-k+1}^{t} A_{j}",
    ),
    (
        T.Prod(A[j], j.terms[0][0], t + 1, t, True),  # empty: it must not read as two factors
        "prod(j = t .. t+1 descending, A[j])",
        r"\prod_{j=t\text{ descending}}^{t+1} A_{j}",
    ),
    (summation(A**j, j, 1, k), "sum(j = 1 .. k, A^j)", r"\sum_{j=1}^{k} A^{j}"),
    (
        summation(A @ product(A[i], i, j, 1), j, 1, k) + B,
        "sum(j = 1 .. k, A prod(i = j .. 1, A[i])) + B",
        r"\sum_{j=1}^{k} A \prod_{i=j}^{1} A_{i} + B",
    ),
    (summation(x + A[j][1, 1], j, 1, k), "sum(j = 1 .. k, x + A[j][1,1])", r"\sum_{j=1}^{k} (x + (A_{j})_{1,1})"),
    # propositions
    (le(norm(D[t]), Fraction(1, 4)), "||D[t]|| <= 1/4", r"\lVert D_{t}\rVert_{2} \le \tfrac{1}{4}"),
    (lt(spectral_radius(W), 1), "rho(W_hh) < 1", r"\rho(W_{hh}) < 1"),
    (eq(x, Fraction(-1, 2)), "x = -1/2", r"x = -\tfrac{1}{2}"),
    (le(0, k - 1), "0 <= k - 1", r"0 \le k-1"),
    (diagonal(W), "W_hh is diagonal", r"W_{hh}\text{ is diagonal}"),
    (has_property("scalar", A), "A is a multiple of I", r"A\text{ is a multiple of }I"),
    (has_property("skew", A), "A is skew-symmetric", r"A\text{ is skew-symmetric}"),
    (has_property("upper_triangular", A), "A is upper triangular", r"A\text{ is upper triangular}"),
    (diagonalizable(A), "A is diagonalisable over C", r"A\text{ is diagonalisable over }\mathbf{C}"),
    (vanishes(A**k), "A^k vanishes as k -> infinity", r"A^{k}\text{ vanishes as }k \to \infty"),
    (bounded(A**k), "A^k stays bounded as k -> infinity", r"A^{k}\text{ stays bounded as }k \to \infty"),
    (explodes(A**k), "A^k explodes as k -> infinity", r"A^{k}\text{ explodes as }k \to \infty"),
    (any_of(diagonal(A) & diagonal(B), eq(A, B)), "(A is diagonal and B is diagonal) or A = B", ""),
    (any_of(eq(n, 1), eq(A, B)) & eq(m, n), "(n = 1 or A = B) and m = n", r"(n = 1 \lor A = B) \land m = n"),
    (~eq(A, B), "not A = B", r"\lnot (A = B)"),
    (negation(eq(A, B) & eq(B, C)), "not (A = B and B = C)", r"\lnot (A = B \land B = C)"),
    (implies(eq(A, B), eq(B, A)), "A = B => B = A", r"A = B \implies B = A"),
    (iff(eq(A, B), implies(eq(A, C), eq(C, B))), "A = B <=> (A = C => C = B)", r"A = B \iff (A = C \implies C = B)"),
    (forall(j, eq(A[j], B)), "for all j: A[j] = B", r"\forall j\colon A_{j} = B"),
    (forall(D, diagonal(D[t])), "for all D: D[t] is diagonal", r"\forall D\colon D_{t}\text{ is diagonal}"),
    (
        implies(for_all_trajectories(vanishes(J)), lt(x, 1)),
        "(for all trajectories: d h[t] / d h[t-k] vanishes as k -> infinity) => x < 1",
        "",
    ),
    (
        Claim(eq(A @ B, B @ A), (diagonal(A), any_of(diagonal(B), eq(n, 1))), None),
        "if A is diagonal and (B is diagonal or n = 1), then A B = B A",
        r"\text{if }A\text{ is diagonal}\text{ and }(B\text{ is diagonal} \lor n = 1)\text{, then }A B = B A",
    ),
    (Claim(eq(A, B), (), None), "A = B", "A = B"),
]


def balanced(shown: str) -> bool:
    """Whether brackets and \\left, \\right nest properly."""
    closing = {")": "(", "]": "[", "}": "{"}
    stack: list[str] = []
    for c in shown.replace(r"\left", "").replace(r"\right", ""):
        if c in "([{":
            stack.append(c)
        elif c in closing and (not stack or stack.pop() != closing[c]):
            return False
    return not stack and shown.count(r"\left") == shown.count(r"\right")


def one_script_each(shown: str) -> bool:
    """Whether nothing has two superscripts or two subscripts, at which LaTeX stops."""
    while not re.search(r"\^#(_#)?\^|_#(\^#)?_|'_#\^", shown):
        inside_out = re.sub(r"\{[^{}]*\}", "#", shown)
        if inside_out == shown:
            return True
        shown = inside_out
    return False


@pytest.mark.parametrize(("tree", "expected"), [(e[0], e[1]) for e in EXAMPLES], ids=[e[1] for e in EXAMPLES])
def test_text(tree: Node, expected: str) -> None:
    assert text(tree) == expected
    assert expected.isascii()


@pytest.mark.parametrize(("tree", "expected"), [(e[0], e[2]) for e in EXAMPLES if e[2]])
def test_latex(tree: Node, expected: str) -> None:
    assert latex(tree) == expected


def test_examples_are_balanced() -> None:
    assert all(balanced(latex(tree)) and balanced(text(tree)) for tree, _, _ in EXAMPLES)
    assert all(one_script_each(latex(tree)) for tree, _, _ in EXAMPLES)
    assert not balanced("(a]") and not balanced(r"\left(a)")
    assert not one_script_each("x^{a}_{b}^{c_{d}}") and not one_script_each("W'_{hh}^{2}")


def test_str_is_text() -> None:
    assert [str(tree) for tree, _, _ in EXAMPLES if not isinstance(tree, Index)] == [
        shown for tree, shown, _ in EXAMPLES if not isinstance(tree, Index)
    ]
    assert repr(A).startswith("Sym(")  # keys, and so checksums, are not touched


def test_cells_print() -> None:
    lstm = LSTM().recurrence
    updates = {head.name: update for head, update in (*lstm.steps, *lstm.locals)}
    assert text(updates["c"]) == "hadamard(f[t], c[t-1]) + hadamard(i[t], g[t])"
    assert latex(updates["c"]) == r"f_{t} \odot c_{t-1} + i_{t} \odot g_{t}"
    slope = dict((head.name, update) for head, update in Elman(tanh).recurrence.locals)["D"]
    assert text(slope) == "diag(tanh'(a[t]))"
    assert latex(slope) == r"\operatorname{diag}\!\left(\tanh'\!\left(a_{t}\right)\right)"
    assert latex(updates["f"]) == r"\sigma\!\left(W_{f} x_{t} + U_{f} h_{t-1} + b_{f}\right)"


# ---- every node type ----------------------------------------------------------------------------------------------

PRINTED = [kind for kind in NODES.values() if issubclass(kind, T.Term | T.Prop | Claim)]


@pytest.mark.parametrize("kind", PRINTED, ids=lambda kind: kind.__name__)
def test_every_node_type_has_a_rule_and_an_example(kind: type[Any]) -> None:
    assert kind in text_module._RULES and kind in latex_module._RULES
    assert any(isinstance(inner, kind) for tree, _, _ in EXAMPLES for inner in walk(tree))


def test_an_unknown_node_is_refused_by_name() -> None:
    recurrence = Elman(sigmoid).recurrence
    with pytest.raises(TypeError, match="text: no rule for Recurrence"):
        text(recurrence)
    with pytest.raises(TypeError, match="latex: no rule for Recurrence"):
        latex(recurrence)


# ---- different trees, different text ------------------------------------------------------------------------------


def associated(tree: Any) -> Any:
    """The tree with nested sums and products flattened, and scalars in front of a matrix product taken out of it."""
    if isinstance(tree, Index | Var | T.Sym):
        return tree
    tree = rebuild(tree, associated)
    if isinstance(tree, T.MatMul) and isinstance(tree.args[0], T.Times):
        *scalars, first = tree.args[0].args
        return associated(T.Times((*scalars, T.MatMul((first, *tree.args[1:])))))
    if isinstance(tree, T.Add | T.Times | T.MatMul | T.And | T.Or):
        flat: list[Any] = [
            inner for arg in tree.args for inner in (arg.args if isinstance(arg, type(tree)) else (arg,))
        ]
        return type(tree)(tuple(flat))
    return tree


UNARY: list[Any] = [
    lambda p: -p,
    lambda p: p**2,
    lambda p: p**-1,
    lambda p: p ** (k - 1),
    T.Transpose,
    T.Inv,
    T.Abs,
    T.Det,
    lambda p: T.Norm(p, "2"),
    lambda p: T.Norm(p, "1"),
    lambda p: T.Entry(p, as_index(1), as_index(2)),
    lambda p: T.Apply("tanh", p, 1),
    lambda p: summation(p, j, 1, k),
    lambda p: T.Pow(p, as_index(lag("T"))),
]
BINARY: list[Any] = [
    lambda p, q: p + q,
    lambda p, q: p - q,
    lambda p, q: p * q,
    lambda p, q: T.Times((p, q)),
    lambda p, q: T.Times((p, T.Pow(q, as_index(-1)))),
    lambda p, q: p @ q,
    T.Hadamard,
]
ATOMS: list[T.Term] = [A, D[t], x, J, const(2), const(-1), const(1, 4), T.as_term(k - 1)]
P, Q = eq(A, B), diagonal(A)
CONNECTIVES: list[Any] = [T.Implies, T.Iff, lambda p, q: p & q, lambda p, q: p | q]


def collisions(trees: set[Any]) -> list[str]:
    seen: dict[str, set[Any]] = defaultdict(set)
    for tree in trees:
        seen[text(tree)].add(associated(tree))
    return [shown for shown, group in seen.items() if len(group) > 1]


def test_small_terms_never_look_alike() -> None:
    once = {*ATOMS, *(f(p) for f in UNARY for p in ATOMS), *(f(p, q) for f in BINARY for p in ATOMS for q in ATOMS)}
    twice = {f(p) for f in UNARY for p in once}
    sample = sorted(once, key=lambda p: p.key)[::3]
    pairs = [(p, q) for p in sample for q in ATOMS]
    twice |= {f(*pair) for f in BINARY for p, q in pairs for pair in ((p, q), (q, p))}
    assert len(twice) > 15_000
    assert collisions(once | twice) == []


def test_small_propositions_never_look_alike() -> None:
    once: set[Any] = {P, Q, ~P, forall(j, P), for_all_trajectories(Q), *(f(P, Q) for f in CONNECTIVES)}
    twice = {f(*pair) for f in CONNECTIVES for pair in itertools.product(once, once)}
    twice |= {~p for p in once} | {forall(i, p) for p in once}
    assert collisions(once | twice | {all_of(P, Q, P), any_of(P, Q, P)}) == []


def test_the_examples_never_look_alike() -> None:
    assert len({tree for tree, _, _ in EXAMPLES}) == len(EXAMPLES)
    assert collisions({tree for tree, _, _ in EXAMPLES}) == []
    assert collisions({eye(n), eye(m)}) == ["I"]  # the check can fail


# ---- random trees -------------------------------------------------------------------------------------------------


def bigger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    unary = [*UNARY, T.Diag, T.Trace, T.SpectralRadius, lambda p: product(p, j, t, t - k + 1)]
    return (
        st.builds(lambda f, p: f(p), st.sampled_from(unary), inner)
        | st.builds(lambda f, p, q: f(p, q), st.sampled_from(BINARY), inner, inner)
        | st.builds(lambda kind, ps: kind(tuple(ps)), st.sampled_from([T.Add, T.Times, T.MatMul]), st.lists(inner))
    )


TERMS = st.recursive(st.sampled_from([*ATOMS, T.HOLE, eye(n), zeros(n, m), h[t - k]]), bigger, max_leaves=12)
PROPS = st.recursive(
    st.builds(eq, TERMS, TERMS) | st.builds(diagonal, TERMS),
    lambda inner: (
        st.builds(lambda f, p, q: f(p, q), st.sampled_from(CONNECTIVES), inner, inner)
        | st.builds(negation, inner)
        | st.builds(lambda p: forall(j, p), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(TERMS | PROPS)
def test_random_trees_print_balanced(tree: Node) -> None:
    assert balanced(text(tree)) and text(tree).isascii()
    assert balanced(latex(tree))
    assert one_script_each(latex(tree))
