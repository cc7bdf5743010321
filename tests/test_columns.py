"""Columns: the column of ones, numbers beside columns, slopes written by values; true and false, and hostile proofs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from symrnn import (
    GRU,
    LSTM,
    ClaimError,
    Derivation,
    Elman,
    Refused,
    absolute,
    activation,
    cell,
    diag,
    eq,
    eye,
    gradient,
    hadamard,
    implies,
    index,
    jacobian,
    kernel,
    lag,
    le,
    local,
    loss,
    lt,
    matrix,
    negation,
    norm,
    number,
    ones,
    product,
    scalar,
    sigmoid,
    size,
    softplus,
    state,
    summation,
    tanh,
    trace,
    vector,
)
from symrnn.certificates import Proved, Spelt, Words
from symrnn.claims.spreading import spread
from symrnn.claims.tree import Ones, Prop
from symrnn.search.decide import decide
from symrnn.semantics.columns import SPELT
from symrnn.semantics.numbers import activate, preimage
from symrnn.semantics.sequents import sequent_of

n, m = size("n"), size("m")
u, v, w = (vector(name, n) for name in "uvw")
W, V, q = matrix("W", n), matrix("V", n, m), scalar("q")
E, L, G = Elman(tanh), LSTM(), GRU()
S = Elman(sigmoid)
t, k, j, T, s = E.t, lag("k"), index("j"), lag("T"), lag("s")
loss_ = loss("L", E.h, 1, T)


def claim(conclusion, cell=None, *hypotheses):
    return Derivation("x", cell=cell).step("1", conclusion, assuming=hypotheses).claim


def squares(x):
    return diag(hadamard(x, x))


TRUE = {
    "1 - z": (eq(hadamard(1 - u, v) + hadamard(u, v), v), None),
    "diag of ones": (eq(diag(ones(n)), eye(n)), None),
    "diag(v) ones": (eq(W @ diag(u) @ ones(n), W @ u), None),
    "diag(v)^2 ones": (eq(diag(u) ** 2 @ ones(n), hadamard(u, u)), None),
    "diag of products": (eq(diag(hadamard(u, hadamard(v, u))), diag(v) @ diag(u) ** 2), None),
    "a sum of entries": (eq(ones(n).T @ u, trace(diag(u))), None),
    "ones over ones": (eq(ones(n).T @ ones(n), n), None),
    "the GRU as printed": (eq(G.h[t], hadamard(1 - G.z[t], G.g[t]) + hadamard(G.z[t], G.h[t - 1])), G),
    "D by h": (eq(jacobian(E.h[t], E.h[t - 1]), diag(1 - hadamard(E.h[t], E.h[t])) @ E.W_hh), E),
    "D by h, sigmoid": (eq(jacobian(S.h[t], S.h[t - 1]), diag(hadamard(S.h[t], 1 - S.h[t])) @ S.W_hh), S),
    "D by h, k steps": (
        eq(jacobian(E.h[t], E.h[t - k]), product((eye(n) - squares(E.h[j])) @ E.W_hh, j, t, t - k + 1)),
        E,
    ),
    "a gate's slope": (eq(L.D_f[t], diag(L.f[t]) @ (eye(n) - diag(L.f[t]))), L),
    "h by c": (eq(jacobian(L.h[t], L.c[t - 1]), diag(L.o[t]) @ (eye(n) - squares(tanh(L.c[t]))) @ diag(L.f[t])), L),
    "c by h": (
        eq(
            jacobian(L.c[t], L.h[t - 1]),
            diag(hadamard(L.c[t - 1], hadamard(L.f[t], 1 - L.f[t]))) @ L.U_f
            + diag(hadamard(L.g[t], hadamard(L.i[t], 1 - L.i[t]))) @ L.U_i
            + diag(hadamard(L.i[t], 1 - hadamard(L.g[t], L.g[t]))) @ L.U_g,
        ),
        L,
    ),
    "BPTT by values": (
        eq(
            gradient(loss_, E.W_hh),
            summation(
                hadamard(1 - hadamard(E.h[j], E.h[j]), jacobian(loss_, E.h[j]).T) @ E.h[j - 1].T,
                j,
                1,
                T,
            ),
        ),
        E,
    ),
}
FALSE = {
    "1 + z": (eq(hadamard(1 + u, v) - hadamard(u, v), 2 * v), None),
    "ones is no identity": (eq(diag(u) @ ones(n), ones(n)), None),
    "another column": (eq(diag(hadamard(u, v)), diag(u) @ diag(u)), None),
    "diag does not pass a matrix": (eq(diag(W @ hadamard(u, v)), diag(W @ u) @ diag(v)), None),
    "a sum of squares": (eq(ones(n).T @ u, u.T @ u), None),
    "tanh as sigmoid": (eq(jacobian(E.h[t], E.h[t - 1]), diag(hadamard(E.h[t], 1 - E.h[t])) @ E.W_hh), E),
    "sigmoid as tanh": (eq(jacobian(S.h[t], S.h[t - 1]), diag(1 - hadamard(S.h[t], S.h[t])) @ S.W_hh), S),
    "the slope of the state before": (
        eq(jacobian(E.h[t], E.h[t - 1]), diag(1 - hadamard(E.h[t - 1], E.h[t - 1])) @ E.W_hh),
        E,
    ),
    "another gate's slope": (eq(L.D_f[t], diag(L.f[t]) @ (eye(n) - diag(L.i[t]))), L),
    "1 - z and z swapped": (eq(G.h[t], hadamard(G.z[t], G.g[t]) + hadamard(1 - G.z[t], G.h[t - 1])), G),
    "BPTT by the values before": (
        eq(
            gradient(loss_, E.W_hh),
            summation((eye(n) - squares(E.h[j - 1])) @ jacobian(loss_, E.h[j]).T @ E.h[j - 1].T, j, 1, T),
        ),
        E,
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    decision = decide(claim(*TRUE[name]))
    assert decision.verdict == "proved", decision.attempts


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    decision = decide(claim(*FALSE[name]))
    assert decision.verdict == "refuted", decision.attempts


@pytest.mark.parametrize("name", [*TRUE, *FALSE])
def test_spelling_shows_nothing_false(name: str) -> None:
    """The rule with the plainest proof there is: it may fail for what is true, and must for what is false."""
    c = claim(*(TRUE | FALSE)[name])
    for unfold in ((), (E.h[t],), (S.h[t],), (G.h[t],), (E.h[t], E.h[t - 1])):
        try:
            kernel.check(c, Proved(Spelt(Words("left", "left", unfold, ())), None))
        except Refused:
            continue
        assert name in TRUE


def test_spelling_knows_two_activations_only() -> None:
    for function in (softplus, activation("phi")):
        one = Elman(function)
        c = claim(eq(one.D[t], diag(hadamard(one.h[t], 1 - one.h[t]))), one)
        with pytest.raises(Refused):
            kernel.check(c, Proved(Spelt(Words("left", "left", (one.h[t],), ())), None))


def test_a_first_state_is_no_value_of_an_activation() -> None:
    c = claim(eq(diag(tanh.prime(E.a[t])), eye(n) - squares(E.h[t - 1])), E)
    with pytest.raises(Refused):
        kernel.check(c, Proved(Spelt(Words("left", "left", (E.h[t - 1],), ())), None))


def test_what_is_spelt_stays_so_below() -> None:
    goal = sequent_of(claim(eq(sigmoid.prime(u), sigmoid(u) - hadamard(sigmoid(u), sigmoid(u)))))
    assert kernel.proves(goal, Spelt(Words("left", "left", (), ()))) == ()
    assert not goal.spelt
    with pytest.raises(Refused):
        kernel.proves(goal, Words("left", "left", (), ()))
    assert replace(goal, spelt=True).towards(goal.goal).spelt


@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(1, 3), Fraction(-2, 5), Fraction(9, 10)])
def test_slopes_by_values_are_what_the_exact_numbers_say(p: Fraction) -> None:
    for function in SPELT:
        if function == "tanh" or p > 0:
            value, slope = activate(function, preimage(function, p))
            wanted = (p if function == "sigmoid" else 1) - p * p
            assert (str(value), slope) == (str(p), wanted)


def test_numbers_beside_columns() -> None:
    assert spread(1 - u).args[0] == Ones(n)
    assert str(spread(le(u, q))) == "u <= q ones" and str(spread(lt(0, u))) == "0 < u"
    assert str(spread(eq(u, Fraction(1, 2)))) == "u = 1/2 ones"
    assert str(spread(1 - u.T)) == "ones^T - u^T" and str(spread(le(u.T, q))) == "u^T <= q ones^T"
    for kept in (1 - W, q - u, eq(u, q), le(W, 1), 1 - q, 0 * u, eq(u, 0), u + norm(u)):
        assert spread(kept) == kept
    assert decide(claim(eq(u - q, v))).verdict == decide(claim(eq(1 - W, V))).verdict == "refuted"  # shapes


def test_the_number_0_beside_columns() -> None:
    for what in (eq(hadamard(0, u), 0), eq(hadamard(u, 0), 0 * u), eq(2 * number(0) + u, u), eq(u - u, number(0) * 2)):
        assert decide(claim(spread(what))).verdict == "proved"
    assert decide(claim(spread(eq(hadamard(0, u), u)))).mismatch is None
    assert decide(claim(spread(eq(hadamard(0, W), 0)))).mismatch is not None  # as for other numbers


def test_bounds_of_all_entries_at_once() -> None:
    assert decide(claim(lt(L.f[t], 1), L)).verdict == "proved"
    assert decide(claim(lt(2 * L.f[t], 1), L)).verdict == "refuted"


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        (le(0, hadamard(u, u)), "proved"),
        (lt(0, hadamard(u, u)), "refuted"),
        (le(0, u), "refuted"),
        (lt(0, L.f[t]), "proved"),
        (lt(L.f[t], 0), "refuted"),
        (le(0, hadamard(V, V)), "proved"),
        (le(absolute(V), 0), "refuted"),
        (implies(le(0, W), le(0, W[1, 1])), "proved"),
        (implies(negation(le(0, u)), lt(u, 0)), "refuted"),
    ],
    ids=str,
)
def test_an_order_beside_the_number_0_is_no_matter_of_shapes(what: Prop, verdict: str) -> None:
    """It is the zero matrix, as in an equation; of whatever size."""
    found = decide(claim(what, L))
    assert (found.verdict, found.mismatch) == (verdict, None)


def test_a_cell_whose_updates_do_not_fit_is_an_error() -> None:
    h, z = state("h", n), local("z", n)
    with pytest.raises(ClaimError, match="in the definition of h, W is n x n and V is n x m"):
        cell("bad", states={h: lambda t: tanh((W + V) @ h[t - 1])})
    with pytest.raises(ClaimError, match="z is declared as n x 1; its definition is n x n"):
        cell("bad", states={h: lambda t: hadamard(z[t], h[t - 1])}, locals={z: lambda t: diag(h[t - 1])})
    convex = cell(
        "convex", states={h: lambda t: hadamard(1 - z[t], h[t - 1])}, locals={z: lambda t: sigmoid(W @ h[t - 1])}
    )
    kept = eye(n) - diag(z[t]) - diag(h[t - 1]) @ diag(sigmoid.prime(W @ h[t - 1])) @ W
    assert decide(claim(eq(jacobian(h[t], h[t - 1]), kept), convex)).verdict == "proved"
