"""What the search takes up and what it leaves: proofs by few cases, runs that nothing drives, sizes of witnesses."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symrnn import Derivation, Elman, eq, index, jacobian, lag, matrix, norm, product, sigmoid, size, tanh
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import Norm, Rel
from symrnn.search import refute
from symrnn.search.autonomous import held_by_nothing
from symrnn.search.conditions import find
from symrnn.search.orders import prove_order
from symrnn.search.prove import prove
from symrnn.semantics.numbers import activate, as_num
from symrnn.semantics.sequents import sequent_of
from symrnn.semantics.univariate import gcd, poly, real_roots
from symrnn.semantics.values import multiply

K = lag("k")


def test_cases_are_few_where_products_overlap():
    """D_t W D_(t-1) W = D_(t-1) D_t W^2 for all D at n = 3: by hand 54 leaves at least, 106 in the order of names."""
    elman = Elman(sigmoid)
    h, W, D, t, j = elman.h, elman.W_hh, elman.D, elman.t, index("j")
    claim = Derivation("Order", cell=elman).step(
        "1", eq(jacobian(h[t], h[t - K]), product(D[j], j, t, t - K + 1) @ W**K)
    )
    exact = [c for c in find(claim.claim) if c.exact and "n = 3" in c.under]
    assert len(exact) == 1 and exact[0].certificate is not None
    text = str(exact[0].certificate["certificate"])
    assert 50 < text.count("'Case'") < 60


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_runs_that_nothing_drives_stay_where_they_are(activation):
    found = list(held_by_nothing(activation, 2))
    assert len(found) > 100
    for weight, p in found[:40] + found[-40:]:
        column = tuple((as_num(x),) for x in p)
        after = [activate(activation, row[0])[0] for row in multiply(weight, column)]
        assert [x.rational for x in after] == list(p) and not any(x.logs for x in after)
    zero = as_num(0)
    assert any(w[0][1] == w[1][0] == zero != w[0][0] for w, _ in found)  # diagonal ones, which are normal
    assert any({x for row in w for x in row} == {zero} for w, _ in found)


def test_a_witness_has_the_sizes_that_are_asked_for(monkeypatch):
    """An instance of size 1 would show too little, so none is even made."""
    elman, seen = Elman(tanh), []
    h, W, D, t, j = elman.h, elman.W_hh, elman.D, elman.t, index("j")
    step = Derivation("Diagonal", cell=elman).step(
        "1", eq(jacobian(h[t], h[t - K]), product(D[j] @ W, j, t, t - K + 1)), assuming=[eq(D[t] @ W, W @ D[t])]
    )
    real = refute.World
    monkeypatch.setattr(refute, "World", lambda claim, instance: seen.append(instance) or real(claim, instance))
    assert refute.witness(step.claim, refute.Tally()) is not None
    assert seen and all(n >= 2 for i in seen for v, n in i.integers if v.name == "n")


def test_nothing_makes_a_norm_0_that_nothing_is_said_of():
    n = size("n")
    A, B = matrix("A", n, n), matrix("B", n, n)
    tried = []
    s = sequent_of(Claim(Rel("<=", Norm(A, "2"), 0 * Norm(A, "2")), (eq(B, 0 * B),), None))
    assert prove_order(s, lambda inner: tried.append(inner)) is None and not tried
    assert prove(Claim(Rel("<=", norm(A), 0 * norm(A)), (eq(A, 0 * A),), None)) is not None


def test_polynomials_in_whole_numbers():
    x2 = poly((Fraction(1, 4), -1, 1))  # (x - 1/2)^2
    assert gcd(x2, poly((Fraction(-1, 2), 1))) == (Fraction(-1, 2), 1)
    assert gcd(x2, ()) == x2 and gcd((), ()) == () and gcd(x2, poly((1, 1))) == (1,)
    assert gcd(poly((0, 6, 6)), poly((0, 0, 4))) == (0, 1)
    cubic = poly((0, -1, 0, 1))  # x (x - 1) (x + 1)
    assert [real_roots(cubic, Fraction(a), Fraction(b)) for a, b in ((-1, 1), (-2, -1), (0, 1), (-1, 0))] == [
        2,
        1,
        1,
        1,
    ]
    assert real_roots(cubic) == 3 and real_roots(poly((1, 0, 1))) == 0 and real_roots(x2) == 1


def test_sizes_that_contradict_each_other_are_no_crash():
    n = size("n")
    A, B = matrix("A", n, n), matrix("B", n, n)
    claim = Claim(eq(A, B), (eq(A, [[1]]), eq(A, [[2]]), eq(n, 2)), None)
    assert prove(claim) is None
