"""Matrices of blocks, and Jacobians of states with several blocks: true statements proved, false ones refuted.

The normal form rests on unit blocks E_i with E_i^T E_j = I or 0; what follows attacks that: partitions that do not
match, blocks in the wrong place, traces that close on different blocks, and random terms against exact values.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from symrnn import (
    LSTM,
    Cell,
    ClaimError,
    Derivation,
    block_matrix,
    cell,
    det,
    diag,
    eq,
    eye,
    hadamard,
    index,
    inputs,
    inv,
    jacobian,
    kernel,
    lag,
    matrix,
    norm,
    product,
    scalar,
    size,
    state,
    tanh,
    trace,
    vector,
    zeros,
)
from symrnn.certificates import Words
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import as_index
from symrnn.claims.latex import latex
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of, shape_text
from symrnn.claims.tree import Blocks, Term
from symrnn.claims.wellformed import check_parts
from symrnn.crosscheck import crosscheck
from symrnn.errors import Refused, ShapeMismatch
from symrnn.replay import entry_of, replay_entry
from symrnn.search.decide import Decision, decide
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.blocks import as_unit, unit
from symrnn.semantics.context import Context
from symrnn.semantics.numbers import as_num
from symrnn.semantics.values import Values

n, m, k, l, j, t = size("n"), size("m"), lag("k"), lag("l"), index("j"), LSTM().t
A, B, C, D = matrix("A", n), matrix("B", n, m), matrix("C", m, n), matrix("D", m)
P, Q, R, S = matrix("P", n), matrix("Q", n, m), matrix("R", m, n), matrix("S", m)
X, Y = block_matrix([[A, B], [C, D]]), block_matrix([[P, Q], [R, S]])
u, v, c = vector("u", n), vector("v", m), scalar("c")
FIRST, SECOND = block_matrix([[eye(n)], [zeros(m, n)]]), block_matrix([[zeros(n, m)], [eye(m)]])


def decided(claim: Any, about: Cell | None = None, *assuming: Any, layout: str = "numerator") -> Decision:
    step = Derivation("x", cell=about, layout=layout).step("1", claim, assuming=assuming)
    found = decide(step.claim)
    if found.certificate is not None:
        replay_entry(entry_of(step.claim, found.verdict, found.certificate))
        assert crosscheck_agrees(step.claim, found.verdict)
    return found


def crosscheck_agrees(claim: Claim, verdict: str) -> bool:
    found = crosscheck(claim, verdict)
    return found is None or found.agrees


TRUE = [
    eq(X @ Y, block_matrix([[A @ P + B @ R, A @ Q + B @ S], [C @ P + D @ R, C @ Q + D @ S]])),
    eq(X.T, block_matrix([[A.T, C.T], [B.T, D.T]])),
    eq(X + Y, block_matrix([[A + P, B + Q], [C + R, D + S]])),
    eq(c * X, block_matrix([[c * A, c * B], [c * C, c * D]])),
    eq(X @ block_matrix([[u], [v]]), block_matrix([[A @ u + B @ v], [C @ u + D @ v]])),
    eq(block_matrix([[u], [v]]).T @ block_matrix([[u], [v]]), u.T @ u + v.T @ v),
    eq(FIRST.T @ X @ SECOND, B),
    eq(FIRST.T @ SECOND, zeros(n, m)),
    eq(SECOND.T @ FIRST, zeros(m, n)),
    eq(FIRST.T @ FIRST, eye(n)),
    eq(trace(X), trace(A) + trace(D)),
    eq(trace(X @ Y), trace(Y @ X)),
    eq(trace(FIRST @ FIRST.T), n),
    eq(trace(FIRST @ Q @ SECOND.T @ Y), trace(Q @ R)),
    eq(
        block_matrix([[A, zeros(n, m)], [zeros(m, n), D]]) ** 2,
        block_matrix([[A @ A, zeros(n, m)], [zeros(m, n), D @ D]]),
    ),
    eq(block_matrix([[A]]), A),
    eq(block_matrix([[A, B]]) @ block_matrix([[P], [R]]), A @ P + B @ R),
]

FALSE = [
    eq(X @ Y, block_matrix([[A @ P + B @ R, A @ Q + B @ S], [C @ Q + D @ S, C @ P + D @ R]])),
    eq(X.T, block_matrix([[A.T, C.T], [B.T, D]])),
    eq(X @ Y, Y @ X),
    eq(trace(X), trace(A) - trace(D)),
    eq(FIRST @ FIRST.T, eye(n + m)),
    eq(FIRST @ FIRST.T, SECOND @ SECOND.T),
    eq(FIRST.T @ X @ SECOND, Q),
    eq(trace(FIRST @ Q @ SECOND.T @ Y), trace(S)),
    eq(X, Y),
    eq(X @ X, block_matrix([[A @ A, B @ B], [C @ C, D @ D]])),
]


@pytest.mark.parametrize("claim", TRUE, ids=str)
def test_true(claim: Any) -> None:
    found = decided(claim)
    assert found.verdict == "proved", found.attempts


@pytest.mark.parametrize("claim", FALSE, ids=str)
def test_false(claim: Any) -> None:
    assert decided(claim).verdict == "refuted"


def test_blocks_that_do_not_fit_are_a_shape_error_of_the_claim() -> None:
    for bad in ([[A, B], [D, C]], [[A, B], [C, A]], [[B, A], [C, D]]):
        found = decide(Derivation("x").step("1", eq(block_matrix(bad), X)).claim)
        assert found.verdict == "refuted" and found.mismatch is not None
    with pytest.raises(ShapeMismatch, match="A and D stand in one row of blocks"):
        shape_of(block_matrix([[A, D]]))
    with pytest.raises(ShapeMismatch, match="A and D stand in one column of blocks"):
        shape_of(block_matrix([[A], [D]]))
    assert shape_text(shape_of(block_matrix([[c, u.T], [v, C]]))) == "m + 1 x n + 1"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "rows of equally many"),
        ([[]], "rows of equally many"),
        ([[A], [C, D]], "rows of equally many"),
        ([[A, 0]], "write zeros"),
    ],
)
def test_what_is_no_matrix_of_blocks(rows: Any, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        block_matrix(rows)


@pytest.mark.parametrize("rows", [(), ((),), ((A,), (C, D))])
def test_malformed_blocks_in_a_certificate_are_refused(rows: Any) -> None:
    with pytest.raises(ClaimError, match="malformed Blocks"):
        check_parts([Blocks(rows)])
    claim = Claim(eq(Blocks(rows), Blocks(rows)), (), None)
    with pytest.raises(Refused):
        kernel.check(claim, decode(encode(Words("left", "left", (), ()))))


def test_printing() -> None:
    assert str(X) == "[A, B; C, D]" and str(X @ Y.T) == "[A, B; C, D] [P, Q; R, S]^T"
    assert latex(X**2) == r"\begin{bmatrix} A & B \\ C & D \end{bmatrix}^{2}"
    assert latex(det(X)) == r"\det\!\left(\begin{bmatrix} A & B \\ C & D \end{bmatrix}\right)"


def test_units_are_recognised_by_their_structure_only() -> None:
    sizes = (n, m)
    assert as_unit(unit(sizes, 1)) == (sizes, 1)
    for other in (X, block_matrix([[A]]), block_matrix([[eye(n)], [eye(n)]]), block_matrix([[eye(n)], [C]])):
        assert isinstance(other, Blocks) and as_unit(other) is None


def test_partitions_of_one_sum_are_not_confused() -> None:
    """E_1 of (n, m) and E_1 of (m, n) have equally many rows, and different products."""
    other = block_matrix([[eye(m)], [zeros(n, m)]])
    assert decided(eq(FIRST.T @ other, zeros(n, m))).verdict == "refuted"
    assert decided(eq(other.T @ FIRST @ u, C @ u)).verdict == "refuted"
    assert decided(eq(SECOND.T @ other, eye(m))).verdict == "refuted"  # for n >= 1 rows are shifted
    same = decided(eq(FIRST.T @ other, eye(n)), None, eq(n, m))
    assert same.verdict == "proved"


def test_norms_and_determinants_of_blocks_claim_nothing_unproved() -> None:
    triangular = block_matrix([[A, B], [zeros(m, n), D]])
    assert decide(Derivation("x").step("1", eq(det(triangular), det(A) * det(D))).claim).verdict != "refuted"
    assert decided(eq(det(X), det(A) * det(D) - det(B) * det(C)), None, eq(n, m), eq(n, 2)).verdict == "refuted"
    assert decide(Derivation("x").step("1", eq(norm(X, 1), norm(A, 1))).claim).verdict == "refuted"
    assert decide(Derivation("x").step("1", eq(inv(X) @ X, eye(n + m))).claim).verdict != "proved"  # X may be singular


# ---- random terms ----------------------------------------------------------------------------------------------------

LEAVES = [A, P, B, Q, C, R, D, S]


def random_term(rng: random.Random, rows: Any, cols: Any, depth: int) -> Term:
    """A term of the given shape in A ... S, with blocks, products, transposes and sums."""
    leaves: list[Term] = [x for x in LEAVES if x.shape == (rows, cols)]
    leaves += [x.T for x in LEAVES if x.shape == (cols, rows)] + [zeros(rows, cols)]
    leaves += [eye(rows)] if rows == cols else []
    if rows == n + m and cols == n + m:
        leaves = [X, Y, X.T]
    elif rows == n + m or cols == n + m:
        whole = {n: FIRST, m: SECOND}
        leaves = [whole[cols] if rows == n + m else whole[rows].T]
    if depth == 0:
        return rng.choice(leaves)
    kind = rng.choice(("leaf", "sum", "product", "transpose", "blocks", "scaled"))
    go = lambda r, q: random_term(rng, r, q, depth - 1)  # noqa: E731
    if kind == "sum":
        return go(rows, cols) + go(rows, cols)
    if kind == "product":
        middle = rng.choice((n, m, n + m))
        return go(rows, middle) @ go(middle, cols)
    if kind == "transpose":
        return go(cols, rows).T
    if kind == "scaled":
        return Fraction(rng.choice((-1, 2, 3))) * go(rows, cols)
    if kind == "blocks":
        heights = (n, m) if rows == n + m else (rows,)
        widths = (n, m) if cols == n + m else (cols,)
        return block_matrix([[go(h, w) for w in widths] for h in heights])
    return rng.choice(leaves)


def value(term: Term, rng: random.Random, sizes: tuple[int, int]) -> Any:
    entries = {x.name: x for x in LEAVES}
    integers = {var: as_index(i) for index_, i in zip((n, m), sizes, strict=True) for var, _ in index_.terms}
    drawn = {
        name: tuple(
            tuple(as_num(rng.randint(-4, 4)) for _ in range(_size(x.shape[1], sizes)))
            for _ in range(_size(x.shape[0], sizes))
        )
        for name, x in sorted(entries.items())
    }

    def refuse(_: Any) -> Any:
        raise AssertionError

    return Values(integers, lambda s: drawn[s.name], refuse, refuse).matrix(term)


def _size(form: Any, sizes: tuple[int, int]) -> int:
    values = {"n": sizes[0], "m": sizes[1]}
    return int(form.const + sum(x * values[var.name] for var, x in form.terms))


@pytest.mark.parametrize("seed", range(60))
def test_normal_forms_of_random_terms_keep_their_values(seed: int) -> None:
    rng = random.Random(seed)
    rows, cols = rng.choice((n, m, n + m)), rng.choice((n, m, n + m))
    term = random_term(rng, rows, cols, 3)
    back = Algebra(Context()).term(term)
    for sizes in ((1, 1), (1, 2), (2, 1), (3, 2)):
        assert value(term, random.Random(seed), sizes) == value(back, random.Random(seed), sizes)


@pytest.mark.parametrize("seed", range(30))
def test_traces_of_random_terms_keep_their_values(seed: int) -> None:
    rng = random.Random(1000 + seed)
    term = trace(random_term(rng, n + m, n + m, 3))
    back = Algebra(Context()).term(term)
    for sizes in ((1, 2), (2, 1), (3, 2)):
        assert value(term, random.Random(seed), sizes) == value(back, random.Random(seed), sizes)


# ---- the Jacobian of the whole state ---------------------------------------------------------------------------------

LONG, PEEPING, OLD = LSTM(), LSTM(peepholes=True), LSTM(forget=False)


def two_sizes() -> Cell:
    """Blocks of different sizes that feed each other: h in R^n, y in R^m."""
    h, y, x = state("h", n), state("y", m), inputs("x", m)
    return cell(
        "two sizes",
        states={h: lambda t: tanh(A @ h[t - 1] + B @ y[t - 1]), y: lambda t: C @ h[t - 1] + hadamard(x[t], y[t - 1])},
        inputs=(x,),
    )


TWO = two_sizes()


def whole(about: Cell, later: Any, earlier: Any, *names: str) -> Term:
    blocks = [about.names[name] for name in names or [s.name for s in about.recurrence.states]]
    return block_matrix([[jacobian(a[later], b[earlier]) for b in blocks] for a in blocks])


def lstm_step(about: Cell, at: Any) -> Term:
    """[[T D_o U_o + H A, H F], [A, F]] for the state (h, c), T = diag(tanh c), H = diag(o) D_c, F = diag(f)."""
    c, f = about.c, about.f
    a = (
        diag(c[at - 1]) @ about.D_f[at] @ about.U_f
        + diag(about.g[at]) @ about.D_i[at] @ about.U_i
        + diag(about.i[at]) @ about.D_g[at] @ about.U_g
    )
    through = diag(about.o[at]) @ about.D_c[at]
    output = diag(tanh(c[at])) @ about.D_o[at] @ about.U_o
    return block_matrix([[output + through @ a, through @ diag(f[at])], [a, diag(f[at])]])


c_, h_ = LONG.c, LONG.h
STATE_CLAIMS: list[tuple[str, Cell, Any]] = [
    ("proved", LONG, eq(whole(LONG, t, t - 1, "h", "c"), lstm_step(LONG, t))),
    ("proved", LONG, eq(whole(LONG, t, t - k, "h", "c"), product(lstm_step(LONG, j), j, t, t - k + 1))),
    ("proved", LONG, eq(whole(LONG, t, t - k), product(whole(LONG, j, j - 1), j, t, t - k + 1))),
    ("refuted", LONG, eq(whole(LONG, t, t - k), product(whole(LONG, j, j - 1), j, t, t - k + 2))),
    ("proved", TWO, eq(whole(TWO, t, t - k), product(whole(TWO, j, j - 1), j, t, t - k + 1))),
    ("proved", TWO, eq(whole(TWO, t, t - k - l), whole(TWO, t, t - k) @ whole(TWO, t - k, t - k - l))),
    ("proved", PEEPING, eq(whole(PEEPING, t, t - k), product(whole(PEEPING, j, j - 1), j, t, t - k + 1))),
    ("proved", OLD, eq(whole(OLD, t, t - k), product(whole(OLD, j, j - 1), j, t, t - k + 1))),
    ("refuted", LONG, eq(jacobian(c_[t], c_[t - k]), product(diag(LONG.f[j]), j, t, t - k + 1))),
    (
        "proved",
        LONG,
        eq(
            jacobian(c_[t], c_[t - 3]),
            jacobian(c_[t], c_[t - 1]) @ jacobian(c_[t - 1], c_[t - 3])
            + jacobian(c_[t], h_[t - 1]) @ jacobian(h_[t - 1], c_[t - 3]),
        ),
    ),
    (
        "proved",
        TWO,
        eq(
            jacobian(TWO.y[t], TWO.h[t - k]),
            SECOND.T @ product(whole(TWO, j, j - 1), j, t, t - k + 1) @ FIRST,
        ),
    ),
    (
        "refuted",
        TWO,
        eq(
            jacobian(TWO.y[t], TWO.h[t - k]),
            C @ product(jacobian(TWO.h[j], TWO.h[j - 1]), j, t - 1, t - k + 1),
        ),
    ),
]


@pytest.mark.parametrize(("verdict", "about", "claim"), STATE_CLAIMS, ids=lambda x: str(x)[:60])
def test_claims_about_the_whole_state(verdict: str, about: Cell, claim: Any) -> None:
    assert decided(claim, about).verdict == verdict


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_order_of_the_product_matters(order: str) -> None:
    claim = eq(whole(TWO, t, t - k), product(whole(TWO, j, j - 1), j, t, t - k + 1, order=order))
    assert decided(claim, TWO).verdict == ("proved" if order == "descending" else "refuted")


def test_denominator_layout_turns_the_product_round() -> None:
    turned = product(whole(TWO, j, j - 1).T, j, t - k + 1, t, order="ascending")
    assert decided(eq(whole(TWO, t, t - k).T, turned), TWO).verdict == "proved"


def test_inputs_that_respond_are_refused() -> None:
    h, y, x = state("h", n), state("y", m), inputs("x", m)
    updates: Any = {h: lambda t: tanh(A @ h[t - 1] + B @ y[t - 1] + B @ x[t]), y: lambda t: C @ h[t - 1]}
    open_ = cell("open", states=updates, inputs=(x,), exogenous=False)
    claim = eq(whole(open_, t, t - k), product(whole(open_, j, j - 1), j, t, t - k + 1))
    assert decide(Derivation("x", cell=open_).step("1", claim).claim).verdict != "proved"
