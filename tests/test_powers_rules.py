"""Rules on powers, integers, Frobenius norms and disjunctions: accepted where right, refused with less.

Certificates are written by hand, not searched for.
"""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
from test_analysis_rules import NET, A, B, J, M, W, a, b, h, hyp, k, known, n, proves, refuses, rho, t
from test_kernel_exploits import about

import symrnn as sy
from symrnn import (
    Derivation,
    absolute,
    any_of,
    det,
    diag,
    eq,
    eye,
    inv,
    lag,
    le,
    lt,
    matrix,
    negation,
    norm,
    number,
    relu,
    sigmoid,
    size,
    tanh,
    time,
    trace,
    vanishes,
    vector,
)
from symrnn.certificates import Both, Choose, Given, Known, Order, Proved, Raised, Turn, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.tree import HOLE, Const, Norm, Times
from symrnn.report.tex.render import report
from symrnn.search.decide import decide
from symrnn.semantics.bounds import upper
from symrnn.semantics.functions import never_negative
from symrnn.semantics.inequalities import AtMost
from symrnn.semantics.sequents import sequent_of

ZERO = Order(())


def test_raised() -> None:
    squares = Raised(as_index(2), Given(0), Given(1))
    proves(about(le(a, b), le(a**2, b**2), le(0, b)), squares)
    proves(about(lt(a, b), lt(a**2, b**2), le(0, b)), squares)
    proves(about(le(a, norm(A)), le(a**3, norm(A) ** 3)), Raised(as_index(3), Given(0), ZERO))
    proves(about(le(a, norm(A)), le(a**k, norm(A) ** k)), Raised(as_index(k), Given(0), ZERO))
    refuses(about(le(a, b), le(a**2, b**2)), Raised(as_index(2), Given(0), ZERO), "negative")  # a = 1, b = -2
    refuses(about(lt(a, b), le(a**2, b**2), le(0, b)), squares)
    refuses(about(le(a, b), le(b**2, a**2), le(0, b)), squares)
    refuses(about(le(a, b), le(a**2, b**2), le(0, a)), squares)
    refuses(about(eq(a, b), eq(a**2, b**2), le(0, b)), squares, "no inequality")
    refuses(about(le(A, B), le(A, B), le(0, b)), squares, "no inequality")


@pytest.mark.parametrize("low", [as_index(0), as_index(lag("l", 0)), as_index(-1), as_index(time("s"))])
def test_raised_to_what_may_be_0(low: object) -> None:
    none = Raised(low, Order(()), ZERO)  # type: ignore[arg-type]
    refuses(about(le(norm(A), norm(B))), none, "not known to be 1 or more")


def test_integers() -> None:
    l, m = lag("l"), size("m")
    for claim in (
        about(le(1, k)),
        about(lt(0, n)),
        about(eq(k, k)),
        about(le(k, l + 1), le(k, l)),
        about(negation(eq(k, 0))),
        about(negation(le(k, 0))),
        about(negation(lt(k, 1))),
        about(le(2, k), le(2, k)),
    ):
        proves(claim, Known())
    for claim in (
        about(le(2, k)),
        about(le(k, 1)),
        about(eq(k, l)),
        about(eq(k, 1)),
        about(lt(k, k)),
        about(negation(eq(k, l))),
        about(negation(eq(k, 1))),
        about(negation(le(k, 1))),
        about(le(n, m)),
        about(le(0, t)),
        about(le(k, l), le(k, l + 1)),
        about(negation(lt(k, l)), le(l, k + 1)),
    ):
        refuses(claim, Known(), "not known")
    refuses(about(le(a, a)), Known(), "no property")


def test_frobenius_norms_of_jacobians() -> None:
    bounded = Order((known("norm", norm(J, "fro")),))
    proves(about(le(norm(J, "fro"), (norm(W, "fro") / 4) ** k), of=NET), bounded)
    refuses(about(le(norm(J, "fro"), (norm(W) / 4) ** k), of=NET), bounded)
    refuses(about(lt(norm(J, "fro"), (norm(W, "fro") / 4) ** k), of=NET), bounded)
    refuses(about(le(norm(J, "fro"), (norm(W, "fro") / 4) ** k), le(0, k), of=NET), bounded)  # ||I||_F is not 1


def test_a_scaling_1_x_1_matrix_does_not_keep_the_frobenius_norm() -> None:
    v = vector("v", n)
    s = sequent_of(about(le(0, 1)))
    one = matrix("S", 1, 1)
    bound = upper(s, Times((one, A)), "fro", assumed=False)
    assert bound == Times((Norm(one, "2"), Norm(A, "fro")))
    assert upper(s, A @ B, "fro", assumed=False) == Times((Norm(A, "fro"), Norm(B, "2")))
    assert upper(s, Times((Const(Q(-2)), A)), "fro", assumed=False) == Times((Const(Q(2)), Norm(A, "fro")))
    assert upper(s, eye(n) + A, "fro", assumed=False) == Norm(eye(n), "fro") + Norm(A, "fro")
    assert upper(s, v.T @ v, "fro", assumed=False) == Times((Norm(v, "fro"), Norm(v, "2")))


def test_determinants_of_slopes() -> None:
    S = diag(sigmoid.prime(vector("v", n)))
    proves(about(le(absolute(det(S)), number(Q(1, 4)) ** n)), Order((known("norm", absolute(det(S))),)))
    proves(about(lt(0, det(S))), ZERO)
    proves(about(le(0, det(M.T @ M))), ZERO)
    proves(about(le(0, trace(M.T @ M))), ZERO)
    refuses(about(le(absolute(det(S)), number(Q(1, 5)) ** n)), Order((known("norm", absolute(det(S))),)))
    refuses(about(lt(0, det(diag(relu.prime(vector("v", n)))))), ZERO)
    refuses(about(lt(0, det(diag(tanh(vector("v", n)))))), ZERO)
    for nothing in (det(A), det(A @ B), trace(A @ A), trace(A @ B), trace(A.T @ B), det(A @ A @ A.T)):
        refuses(about(le(0, nothing)), ZERO)
    refuses(about(lt(0, trace(M.T @ M))), ZERO)


def test_a_gram_matrix_is_told_from_others() -> None:
    s = sequent_of(about(le(0, 1)))
    context = s.algebra("left").context
    for word in (A.T @ A, A @ A.T, A @ B @ B.T @ A.T, B.T @ B @ B.T @ B):
        assert all(never_negative(context, y) for m_ in s.algebra("left").poly(trace(word)) for y, _ in m_[0])
    for word in (A @ B, A @ A, A.T @ B, A @ B @ A.T, A @ B @ A.T @ B.T, A @ A @ A.T):
        assert not all(never_negative(context, y) for m_ in s.algebra("left").poly(trace(word)) for y, _ in m_[0])


def test_powers_of_numbers_below_1() -> None:
    half = Order((hyp(0, power=k),))
    proves(about(le(a**k, 1), le(a, 1), le(0, a)), half)
    below = AtMost("below 1", Const(Q(1, 2)), (), (), Const(Q(1)), as_index(k))
    proves(about(lt(number(Q(1, 2)) ** k, 1)), Order((below,)))
    refuses(about(lt(number(Q(1, 2)) ** k, 1), le(0, k)), Order((below,)))
    for value in (Q(1), Q(3, 2), Q(-1, 2)):
        bad = AtMost("below 1", Const(value), (), (), Const(Q(1)), as_index(1))
        refuses(about(le(number(value), 1)), Order((bad,)), "between 0 and 1")


def test_reciprocals() -> None:
    q = 1 / (1 - a)
    facts = (lt(a, 1), lt(0, q))
    proves(about(le(0, q), *facts), ZERO)
    refuses(about(le(0, q), lt(a, 1)), ZERO, "may be negative")
    refuses(about(le(0, 1 / (1 - b)), *facts), ZERO)
    refuses(about(le(0, q), lt(a, 1), lt(q, 0)), ZERO)
    assert decide(about(lt(0, q), lt(a, 1))).verdict == "proved"
    assert decide(about(lt(0, q), lt(1, a))).verdict == "refuted"


def test_a_member_speaks_of_what_the_others_speak_of() -> None:
    i = sy.index("i")
    now, before = absolute(h[t][i, 1]), absolute(h[t - 1][i, 1])
    found = decide(about(any_of(le(now, 1), le(now, before)), of=NET))
    assert found.verdict == "proved" and isinstance(found.certificate, Proved)
    proof = found.certificate.proof
    assert decide(about(le(now, 1), of=NET)).verdict == "refuted"
    assert decide(about(any_of(le(now, 1), le(now, 0)), of=NET)).verdict == "refuted"
    refuses(about(any_of(le(now, 1), le(now, 0)), of=NET), proof)
    assert isinstance(proof, Choose)
    refuses(about(le(now, 1), of=NET), proof.proof)
    # a hypothesis that holds by its first member alone says nothing of times before
    refuses(about(le(now, 1), any_of(le(now, 2), le(before, 1)), of=NET), proof.proof)
    refuses(about(sy.iff(le(now, 1), any_of(le(now, 1), le(before, 1))), of=NET), Both((Given(0), proof.proof)))


def test_what_is_read_off_a_matrix() -> None:
    X, small = A**k, vanishes(A**k, k)
    for read in (norm(X), norm(X, "fro"), norm(X, 1), trace(X), det(X), rho(X), X[1, 1]):
        proves(about(vanishes(read, k), small), Turn(Given(0)))
        proves(about(sy.bounded(read, k), sy.bounded(X, k)), Turn(Given(0)))
        refuses(about(vanishes(read, k), sy.bounded(X, k)), Turn(Given(0)))
        refuses(about(vanishes(X, k), vanishes(read, k)), Turn(Given(0)))
    for other in (X[1, 2], X[n + 1, 1], trace(inv(A) @ X), norm(inv(A) @ X)):  # which may have no value
        refuses(about(vanishes(other, k), vanishes(sy.transpose(X), k)), Turn(Given(0)))
    refuses(about(vanishes(X[1, 2], k), small), Turn(Given(0)), "may have no value")
    refuses(about(sy.explodes(trace(X), k), sy.explodes(X, k)), Turn(Given(0)))
    refuses(about(vanishes(1 / (1 + norm(X)), k), small), Turn(Given(0)))


def test_relu_by_its_slope() -> None:
    v = vector("v", n)
    use = Use(HOLE, "slope:relu, value", ((HOLE, v),), ())
    proves(about(eq(relu(v), diag(relu.prime(v)) @ v)), Words("left", "left", (), (use,)))
    refuses(about(eq(relu(v), relu.prime(v))), Words("left", "left", (), (use,)))
    refuses(about(eq(tanh(v), diag(tanh.prime(v)) @ v)), Words("left", "left", (), (use,)))
    bad = Use(HOLE, "slope:tanh, value", ((HOLE, v),), ())
    refuses(about(eq(tanh(v), diag(tanh.prime(v)) @ v)), Words("left", "left", (), (bad,)), "nothing is known")


def test_0_beside_a_matrix_is_the_zero_matrix() -> None:
    v, d = vector("v", n), Derivation("zeros")
    step = d.step("1", le(0, v), assuming=[le(sy.zeros(n, 1), v)])
    proves(step.claim, Given(0))
    proves(about(negation(eq(v, sy.zeros(n, 1))), negation(eq(v, 0))), Given(0))
    refuses(about(negation(eq(v, sy.zeros(n, 1))), negation(eq(v, sy.ones(n)))), Given(0))
    refuses(about(negation(eq(A, sy.zeros(n, n))), negation(eq(B, 0))), Given(0))


def test_what_may_have_no_value_is_not_shown_by_powers() -> None:
    refuses(about(le(norm(inv(A)), 1), le(norm(A), 1)), Raised(as_index(1), Order(()), ZERO))


def test_a_relation_of_integers_is_told_as_one() -> None:
    d = Derivation("Integers")
    d.step("1", le(1, k))
    result = sy.check(d)
    assert result.steps[0].reason == "from what is recorded of its matrices, sizes and lags"
    assert "This is so for all sizes and lags that there are." in report([result])
