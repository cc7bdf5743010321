"""Golden text: one node a line, read back as it was, and refused where it was not written by us."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sympy
from regression_oracle import random_tree

from symrnn import (
    GRU,
    Elman,
    diag,
    eq,
    index,
    jacobian,
    lag,
    matrix,
    number,
    product,
    sigmoid,
    size,
    summation,
    tanh,
    time,
)
from symrnn.regression import claim_trees, golden, trees
from symrnn.regression.equality import Outcome
from symrnn.regression.trees import GoldenError, Tree


def test_trees_come_back_as_they_were() -> None:
    symbols = [Tree("Symbol", "x"), Tree("Symbol", "alpha_1 integer positive"), Tree("Symbol", "y not-zero real")]
    for i in range(300):
        tree = random_tree(random.Random(i), symbols, 5)
        assert trees.loads(trees.dumps(tree)) == tree


def test_nothing_is_evaluated_on_the_way() -> None:
    x = sympy.Symbol("x")
    text = golden.dumps(sympy.Mul(x, 1 / x, evaluate=False))
    assert text == "symrnn golden 1: expression\nMul\n  Symbol x\n  Pow\n    Symbol x\n    Number -1\n"
    found = golden.compare_texts(text, golden.dumps(sympy.Integer(1)))
    assert found.outcome is Outcome.DIFFERENT and found.point == (("x", "0"),)


def test_what_is_too_deep_is_refused_before_it_is_stored() -> None:
    tree = Tree("Symbol", "x")
    for _ in range(trees.DEEPEST + 1):
        tree = Tree("exp", "", (tree,))
    with pytest.raises(GoldenError, match="more than 300 levels"):
        trees.dumps(tree)


def test_assumptions_are_kept() -> None:
    s = sympy.Symbol("s", positive=True, integer=True, zero=False)
    assert trees.dumps(golden.sympy_trees.from_sympy(s)) == "Symbol s integer not-zero positive\n"


BAD = [
    ("", "the file is empty or its last line does not end"),
    ("Number 1", "the file is empty or its last line does not end"),
    ("Add\n Number 1\n", "line 2: 'Number 1' is not indented as a node of a tree"),
    ("Add\n    Number 1\n", "line 2: 'Number 1' is not indented"),
    ("Number 1\nNumber 2\n", "line 2: 'Number 2' is not indented"),
    ("Add\n\n", "line 2: '' is not indented"),
    ("Add\n", "line 1: 'Add' has 0 arguments"),
    ("Add\n  Lambda x\n", "line 2: unknown node 'Lambda'; there are: Number, Symbol"),
    ("Pow\n  Number 1\n", "line 1: 'Pow' has 1 arguments"),
    ("Number 1/0\n", "'Number 1/0' is no Number"),
    ("Number 1e5\n", "'Number 1e5' is no Number"),
    ("Number 01\n", "'Number 01' is no Number"),
    ("Number\n", "'Number' is no Number"),
    ("Symbol x  real\n", "'Symbol x  real' is no Symbol"),
    ("Symbol x tall\n", "'Symbol x tall' is no Symbol"),
    ("Symbol x real integer\n", "is no Symbol"),
    ("Constant oo\n", "'Constant oo' is no Constant"),
    ("Matrix 2 2\n  Number 1\n", "'Matrix 2 2' is no Matrix"),
    ("Add\n  Matrix 1 1\n    Number 1\n", "line 1: 'Add' has a matrix inside"),
    ("Add x\n  Number 1\n", "'Add x' is no Add"),
    ("".join("  " * i + "exp\n" for i in range(400)) + "  " * 400 + "Number 1\n", "more than 300 levels"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_other_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(GoldenError) as error:
        trees.loads(text)
    assert message in str(error.value)


# ---- terms of symrnn -------------------------------------------------------------------------------------------------

n, k, t, j = size("n"), lag("k"), time("t"), index("j")
A, B = matrix("A", n, n, "symmetric"), matrix("B", n)
h = Elman(sigmoid).names["h"]
TERMS: list[Any] = [
    (A @ B).T,
    number(2) * A + B / 3,
    product(B[j], j, t, t - k + 1) @ A**k,
    summation(B[j] @ A, j, 0, k),
    jacobian(h[t], h[t - k]),
    diag(sigmoid.prime(h[t])),
    eq(A, B) & eq(A @ B, B @ A),
]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_terms_come_back_as_they_were(term: Any) -> None:
    text = claim_trees.dumps(term)
    assert claim_trees.loads(text) == term
    assert all(line.strip() for line in text.splitlines())


@pytest.mark.parametrize("cell", [Elman(tanh), GRU()], ids=["Elman", "GRU"])
def test_terms_are_stored_with_their_recurrence(cell: Any) -> None:
    text = golden.dumps(cell.names["h"][t], cell)
    assert text.startswith("symrnn golden 1: term\ntuple\n  h[t] = ")
    assert golden.compare_texts(text, text, cell).outcome is Outcome.EQUAL


def test_edited_terms_are_refused() -> None:
    text = claim_trees.dumps(A @ B)
    for edited, message in [
        (text.replace("B = ", "A = "), "the lines do not say what their data say: the file was edited by hand"),
        (text.replace("MatMul", "MatPow"), "not a stored term or claim: unknown node"),
        (text.replace('"free"', '"free'), "line 3: "),
        (text + text, "is not indented as a node of a tree"),
        (text.replace("  tuple", "   tuple"), "line 2: 'tuple' is not indented as a node of a tree"),
        ("MatMul\n", "not a stored term or claim: MatMul has 1 fields, not 0"),
    ]:
        with pytest.raises(GoldenError) as error:
            claim_trees.loads(edited)
        assert message in str(error.value)


m_ = sympy.Symbol("m", integer=True, positive=True)
X, Y = sympy.MatrixSymbol("X", m_, m_), sympy.MatrixSymbol("Y", m_, m_)
u, v = sympy.MatrixSymbol("u", m_, 1), sympy.MatrixSymbol("v", m_, 1)
c, k = sympy.Symbol("c"), sympy.Symbol("k", integer=True, nonnegative=True)
MATRICES = [
    ((X * Y).T, Y.T * X.T, "equal"),
    (2 * X * (Y + sympy.Identity(m_)), 2 * X * Y + 2 * X, "equal"),
    (sympy.Trace(X * Y), sympy.Trace(Y * X), "equal"),
    (X**3, X * X**2, "equal"),
    (X * Y, Y * X, "different"),
    (X.I * Y * X, Y, "different"),
    (sympy.Determinant(X * Y), sympy.Determinant(X) * sympy.Determinant(Y), "equal"),
    (sympy.ZeroMatrix(m_, m_) + X, X, "equal"),
    (sympy.MatrixSymbol("Z", 2, 2) * 3, sympy.MatrixSymbol("Z", 2, 2), "different"),
    (c * X + c * Y, c * (X + Y), "equal"),
    (c * X, X, "different"),
    (c * X / c, X, "equal"),
    ((c * X).T @ X / (1 + c**2), X.T @ (c / (c**2 + 1) * X), "equal"),
    (X**k * X, X ** (k + 1), "equal"),
    (X ** (2 * k), (X**k) ** 2, "equal"),
    (X**k * Y**k, (X * Y) ** k, "different"),
    (sympy.DiagMatrix(u) * v, sympy.HadamardProduct(v, u), "equal"),
    (sympy.DiagMatrix(u) * sympy.OneMatrix(m_, 1), u, "equal"),
    (sympy.OneMatrix(m_, m_) * sympy.OneMatrix(m_, 1), m_ * sympy.OneMatrix(m_, 1), "equal"),
    (sympy.OneMatrix(m_, m_), sympy.Identity(m_), "different"),
    (sympy.Trace(c * X) + 1, 1 + c * sympy.Trace(X), "equal"),
]


@pytest.mark.parametrize(("left", "right", "outcome"), MATRICES)
def test_matrices_of_symbolic_size(left: Any, right: Any, outcome: str) -> None:
    found = golden.compare_texts(golden.dumps(left), golden.dumps(right))
    assert found.outcome.value == outcome, found.message


def test_other_matrices_are_refused() -> None:
    for given, message in [
        (X**c, "c is no exponent that symrnn knows"),
        (X ** sympy.Symbol("i", integer=True), "i is no exponent that symrnn knows"),
        (sympy.Symbol("p", positive=True) * X, "p beside matrices may only be assumed real"),
        (sympy.exp(c) * X, "exp is none of MatrixSymbol, Identity"),
        (sympy.conjugate(X), "is none of MatrixSymbol, Identity"),
        (sympy.MatrixSymbol("two words", 2, 2), "two words"),
        (sympy.MatrixSymbol("X", 2 * m_, 2), "is no size that symrnn knows"),
    ]:
        with pytest.raises(GoldenError) as error:
            golden.dumps(given)
        assert message in str(error.value)


def test_explicit_matrices_of_any_kind() -> None:
    Z = sympy.MatrixSymbol("Z", 2, 2)
    explicit = (Z * Z).as_explicit()
    assert "Symbol Z[0,1]\n" in golden.dumps(explicit)
    for one, other, outcome in [
        (explicit, sympy.Matrix(explicit).expand(), Outcome.EQUAL),
        (sympy.ImmutableMatrix(explicit), sympy.SparseMatrix(explicit), Outcome.EQUAL),
        (explicit, explicit.T, Outcome.DIFFERENT),
    ]:
        assert golden.compare_texts(golden.dumps(one), golden.dumps(other)).outcome is outcome


class sign(sympy.Function):  # type: ignore[misc]  # called like one of SymPy's
    """A function with a meaning of its own."""


def test_functions() -> None:
    from symrnn.jacobians import opaque

    x = sympy.Symbol("x", positive=True)
    with pytest.raises(GoldenError, match="sign is a class of its own, whose meaning is not known here"):
        golden.dumps(sign(x) + 1)
    with pytest.raises(GoldenError, match="is a function with assumptions, which cannot be kept"):
        golden.dumps(sympy.Function("f", negative=True)(x))
    assert "Function phi'\n" in golden.dumps(sympy.diff(opaque("phi")(x), x) + 1)


def test_an_expression_and_a_term_are_not_compared() -> None:
    found = golden.compare_texts(golden.dumps(sympy.Integer(1)), golden.dumps(A))
    assert found.outcome is Outcome.UNDECIDED
    assert found.reason == "it was an expression of SymPy and is a term or claim of symrnn"


def test_the_diff_of_a_matrix_is_that_of_an_entry() -> None:
    x = sympy.Symbol("x")
    old, new = golden.dumps(sympy.Matrix([[x, x + 1]])), golden.dumps(sympy.Matrix([[x + 2, x + 3]]))
    lines = golden.node_diff(old, new, (1, 2)).splitlines()
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-  Number 1", "+  Number 3"]


def test_the_diff_is_by_nodes() -> None:
    diff = golden.node_diff(golden.dumps(A @ B), golden.dumps(A @ A))
    assert "-      B\n" in diff and "+      A\n" in diff and "[" not in diff.replace("@@", "")
