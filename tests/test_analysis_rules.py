"""Each rule on inequalities, limits, lemmas and steering: accepted where right, refused with less.

Certificates are written by hand, not searched for.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import pytest
from test_analysis_exploits import driven
from test_kernel_exploits import about, at_most, var, words

from symrnn import (
    Elman,
    absolute,
    activation,
    all_of,
    binomial,
    bounded,
    cell,
    diag,
    diagonalizable,
    discriminant,
    entry,
    eq,
    explodes,
    eye,
    for_all_trajectories,
    forall,
    has_property,
    identity,
    inputs,
    inv,
    invertible,
    jacobian,
    jordan_block,
    kernel,
    lag,
    le,
    local,
    lt,
    matrix,
    negation,
    norm,
    number,
    orthogonal,
    product,
    relu,
    scalar,
    sigmoid,
    size,
    softplus,
    spectral_radius,
    squarefree_minimal_polynomial,
    state,
    summation,
    symmetric,
    tanh,
    time,
    trace,
    unitarily_diagonalizable,
    vanishes,
    vector,
    zeros,
)
from symrnn import index as running
from symrnn.certificates import (
    Absurd,
    AllTrajectories,
    Annihilated,
    Antisymmetry,
    Both,
    Cite,
    Dominated,
    Fact,
    Geometric,
    Given,
    Known,
    Order,
    Proof,
    Split,
    Steer,
    Turn,
    Use,
    Within,
    Words,
)
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import HOLE, Or, Pred, Rel, Term, as_term
from symrnn.errors import Refused
from symrnn.lemmas import LEMMAS
from symrnn.semantics.inequalities import ONE, AtMost

n, m = size("n"), size("m")
k, l, t, s = lag("k"), lag("l"), time("t"), time("s")
i, j = running("i"), running("j")
A, B, C = (matrix(x, n) for name in ("ABC",) for x in name)
O, N = matrix("O", n, n, "orthogonal"), matrix("N", n, n, "nonnegative")
M = matrix("M", n, m)
a, b, c, x = (scalar(name) for name in "abcx")
NOTHING = Order(())
WORDS_BY_HYPOTHESIS = Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),))
rho = spectral_radius
NET = Elman(sigmoid)
W, D, h = NET.W_hh, NET.D, NET.h
J = jacobian(h[t], h[t - k])
QUARTER = Q(1, 4)


def proves(claim: Claim, proof: Proof) -> tuple[str, ...]:
    return kernel.entails(claim, proof)


def refuses(claim: Claim, proof: Any, message: str = "") -> None:
    with pytest.raises(Refused, match=message or None):
        kernel.entails(claim, proof)


def hyp(
    which: int, factor: Any = 1, power: Any = 1, turned: bool = False, at: tuple[tuple[Index, Index], ...] = ()
) -> AtMost:
    values = tuple((var(v), form) for v, form in at)
    return AtMost(f"hyp:{which}", ONE, values, (), as_term(factor), as_index(power), turned)


def known(source: str, term: Any, factor: Any = 1) -> AtMost:
    return AtMost(source, term, (), (), as_term(factor), as_index(1))


def binding(name: str, **values: Any) -> Any:
    claim = LEMMAS[name].claim
    parts = (claim.conclusion, *claim.hypotheses)
    there = {s.name: s for p in parts for s in symbols(p)} | {v.name: v for p in parts for v in free_vars(p)}
    return tuple((there[key], value) for key, value in values.items())


def by_lemma(name: str, *discharge: Proof, factor: Any = 1, **values: Any) -> AtMost:
    return AtMost(f"lemma:{name}", ONE, binding(name, **values), discharge, as_term(factor), as_index(1))


def cite(name: str, *discharge: Proof, **values: Any) -> Cite:
    return Cite(name, binding(name, **values), discharge)


# ---- Order ----------------------------------------------------------------------------------------------------------


def test_order_by_hypotheses() -> None:
    proves(about(le(a, c), le(a, b), le(b, c)), Order((hyp(0), hyp(1))))
    refuses(about(le(a, c), le(a, b), le(b, c)), Order((hyp(0),)), "may be negative")
    proves(about(lt(a, c), le(a, b), lt(b, c)), Order((hyp(0), hyp(1))))
    refuses(about(lt(a, c), le(a, b), le(b, c)), Order((hyp(0), hyp(1))), "may be 0")
    proves(about(le(x * a, x * b), le(a, b), le(0, x)), Order((hyp(0, x),)))
    refuses(about(le(x * a, x * b), le(a, b)), Order((hyp(0, x),)), "may be negative")
    refuses(about(lt(x * a, x * b), lt(a, b), le(0, x)), Order((hyp(0, x),)), "may be 0")
    proves(about(lt(x * a, x * b), lt(a, b), lt(0, x)), Order((hyp(0, x),)))
    refuses(about(le(b, a), le(a, b)), Order((hyp(0, -1),)), "may be negative")
    proves(about(le(b, a), eq(a, b)), Order((hyp(0, turned=True),)))
    refuses(about(le(b, a), le(a, b)), Order((hyp(0, turned=True),)), "one direction")
    proves(about(le(a, b), negation(lt(b, a))), Order((hyp(0),)))
    refuses(about(lt(a, b), negation(lt(b, a))), Order((hyp(0),)), "may be 0")
    refuses(about(le(a, b), negation(eq(b, a))), Order((hyp(0),)), "no relation between scalars")
    for place in ("hyp:1", "hyp:-1", "hyp:x", "hyp:", "ih:0", "cut:0", ""):
        refuses(about(le(a, b), le(a, b)), Order((replace(hyp(0), source=place),)))
    refuses(about(le(a, b), le(a, b)), Order((replace(hyp(0), discharge=(NOTHING,)),)), "hypotheses to discharge")
    refuses(about(Rel("<=", A, B), Rel("<=", A, B)), Order((hyp(0),)), "no inequality between scalars")
    refuses(about(eq(a, b), le(a, b), le(b, a)), Order((hyp(0), hyp(1))), "no inequality")


def test_order_by_powers() -> None:
    proves(about(le(a**k, b**k), le(0, a), le(a, b)), Order((hyp(1, power=k),)))
    refuses(about(le(a**k, b**k), le(a, b)), Order((hyp(0, power=k),)), "need not respect")
    proves(about(lt(a**k, b**k), le(0, a), lt(a, b)), Order((hyp(1, power=k),)))
    zero = as_index(Var("k", "lag", 0))
    proves(about(le(a**zero, b**zero), le(0, a), lt(a, b)), Order((hyp(1, power=zero),)))
    refuses(about(lt(a**zero, b**zero), le(0, a), lt(a, b)), Order((hyp(1, power=zero),)), "may be 0")
    refuses(about(le(a ** (k - 2), b ** (k - 2)), lt(0, a), lt(a, b)), Order((hyp(1, power=k - 2),)))
    refuses(about(le(a**-1, b**-1), lt(0, a), lt(a, b), lt(0, b)), Order((hyp(1, power=-1),)))
    proves(about(le(norm(A) ** k, 2 ** as_index(k)), le(norm(A), 2)), Order((hyp(0, power=k),)))


def test_order_by_quantified_hypotheses() -> None:
    every = forall(j, le(norm(A[j]), c))
    proves(about(le(norm(A[t + 3]), c), every), Order((hyp(0, at=((j, t + 3),)),)))
    refuses(about(le(norm(A[t + 3]), c), every), Order((hyp(0, at=((j, t),)),)), "may be negative")
    refuses(about(le(norm(A[t]), c), every), Order((hyp(0, at=((i, t),)),)), "cannot be instantiated")
    from_one = forall(l, le(norm(A[l]), c))
    proves(about(le(norm(A[k + 1]), c), from_one), Order((hyp(0, at=((l, k + 1),)),)))
    refuses(about(le(norm(A[k - 1]), c), from_one), Order((hyp(0, at=((l, k - 1),)),)), "needs l >= 1")
    rows_ = forall(i, le(entry(M, i, 1), c))
    proves(about(le(entry(M, 1, 1), c), rows_), Order((hyp(0, at=((i, as_index(1)),)),)))
    refuses(about(le(entry(M, 2, 1), c), rows_), Order((hyp(0, at=((i, as_index(2)),)),)))
    refuses(about(le(entry(M.T, j, 1), c), rows_), Order((hyp(0, at=((i, j),)),)))


def test_order_by_what_is_never_negative() -> None:
    for fine in (norm(A), rho(A), absolute(x), norm(M, "fro"), binomial(k, 3), x * x, x ** (2 * k), as_term(n)):
        proves(about(le(0, fine)), NOTHING)
        refuses(about(le(fine, 0)), NOTHING, "may be negative")
        refuses(about(lt(0, -1 * fine)), NOTHING, "may be negative")
    for bad in (x, x**k, x**3, trace(A), number(-1) ** k, as_term(n - 2), entry(A, 1, 1), as_term(t)):
        refuses(about(le(0, bad)), NOTHING, "may be negative")
    proves(about(le(0, entry(N, 1, 1))), NOTHING)
    proves(about(le(0, entry(N**k, 1, 1))), NOTHING)
    proves(about(lt(0, as_term(n))), NOTHING)
    refuses(about(lt(0, norm(A))), NOTHING, "may be 0")
    proves(about(lt(0, x * x), negation(eq(x, 0))), NOTHING)
    refuses(about(lt(0, x * x)), NOTHING, "may be 0")
    refuses(about(le(0, norm(inv(A)))), NOTHING, "invertible")
    proves(about(le(0, norm(inv(A))), invertible(A)), NOTHING)


def test_order_by_squares_and_magnitudes() -> None:
    proves(about(le(2 * a * b, a * a + b * b)), at_most("square", a - b))
    refuses(about(le(3 * a * b, a * a + b * b)), at_most("square", a - b), "may be negative")
    refuses(about(lt(2 * a * b, a * a + b * b)), at_most("square", a - b), "may be 0")
    proves(about(le(x, absolute(x))), at_most("magnitude", x))
    proves(about(le(-x, absolute(x))), at_most("negated magnitude", x))
    refuses(about(lt(x, absolute(x))), at_most("magnitude", x), "may be 0")
    refuses(about(le(absolute(x), x)), at_most("magnitude", x), "may be negative")
    refuses(about(le(0, 0 * norm(A))), at_most("square", A), "only scalars")
    refuses(about(le(0, 0 * norm(A))), at_most("magnitude", A), "of scalars")
    refuses(about(le(a, b)), at_most("divine", a), "no inequality divine")


RANGES = [
    (sigmoid(x), "below", lt(sigmoid(x), 1), lt(sigmoid(x), Q(99, 100))),
    (sigmoid(x), "above", lt(0, sigmoid(x)), lt(Q(1, 100), sigmoid(x))),
    (tanh(x), "below", lt(tanh(x), 1), lt(tanh(x), Q(99, 100))),
    (tanh(x), "above", lt(-1, tanh(x)), lt(0, tanh(x))),
    (softplus(x), "above", lt(0, softplus(x)), lt(Q(1, 100), softplus(x))),
    (sigmoid.prime(x), "below", le(sigmoid.prime(x), QUARTER), lt(sigmoid.prime(x), QUARTER)),
    (sigmoid.prime(x), "above", lt(0, sigmoid.prime(x)), le(Q(1, 100), sigmoid.prime(x))),
    (tanh.prime(x), "below", le(tanh.prime(x), 1), lt(tanh.prime(x), 1)),
    (tanh.prime(x), "above", lt(0, tanh.prime(x)), le(Q(1, 100), tanh.prime(x))),
    (softplus.prime(x), "below", lt(softplus.prime(x), 1), lt(softplus.prime(x), Q(99, 100))),
    (relu.prime(x), "below", le(relu.prime(x), 1), lt(relu.prime(x), 1)),
    (relu.prime(x), "above", le(0, relu.prime(x)), lt(0, relu.prime(x))),
]


@pytest.mark.parametrize(("term", "source", "true", "false"), RANGES, ids=lambda x: str(x)[:40])
def test_order_by_the_range_of_an_activation(term: Term, source: str, true: Any, false: Any) -> None:
    proves(about(true), at_most(source, term))
    refuses(about(false), at_most(source, term))


def test_order_by_what_is_not_known_of_an_activation() -> None:
    phi = activation("phi")
    for term, source in (
        (phi(x), "below"),
        (phi.prime(x), "above"),
        (relu(x), "below"),
        (softplus(x), "below"),
        (x, "below"),
    ):
        refuses(about(le(0 * term, 0)), at_most(source, term), "known|bounded")
    refuses(about(lt(phi.prime(x), 1)), at_most("slope", phi.prime(x)), "no slope")
    v = vector("v", n)
    refuses(about(le(norm(sigmoid.prime(v)), QUARTER)), at_most("below", sigmoid.prime(v)), "nothing is known")
    refuses(
        about(lt(sigmoid.prime(norm(inv(A))), 1)), at_most("below", sigmoid.prime(norm(inv(A)))), "invertible|no value"
    )


def test_order_by_slopes() -> None:
    slope, p = sigmoid.prime(x), sigmoid(x)
    proves(about(le(slope, QUARTER)), Order((known("slope", slope), known("square", p - Q(1, 2)))))
    refuses(about(le(slope, Q(1, 5))), Order((known("slope", slope), known("square", p - Q(1, 2)))))
    strictly = lt(tanh.prime(x), 1)
    proof = Order((known("slope", tanh.prime(x)), known("square", tanh(x))))
    proves(about(strictly, negation(eq(x, 0))), proof)
    refuses(about(strictly), proof, "may be 0")
    proves(about(le(1 - tanh(x) ** 2, tanh.prime(x))), at_most("slope, turned", tanh.prime(x)))
    refuses(about(le(1 - tanh(x), tanh.prime(x))), at_most("slope, turned", tanh.prime(x)))


def test_order_by_assumed_norms() -> None:
    phi = Elman(activation("phi"))
    G, V = phi.D, phi.W_hh
    long = norm(jacobian(phi.h[t], phi.h[t - k]))
    every = forall(j, le(norm(G[j]), c))
    goal = le(long, (c * norm(V)) ** k)
    proves(about(goal, every, of=phi), at_most("assumed norm", long))
    refuses(about(goal, every, of=phi), at_most("norm", long))
    refuses(about(goal, le(norm(G[t]), c), of=phi), at_most("assumed norm", long))
    refuses(about(goal, forall(j, le(norm(G[j], 1), c)), of=phi), at_most("assumed norm", long))
    refuses(about(goal, forall(j, le(c, norm(G[j]))), of=phi), at_most("assumed norm", long))
    refuses(about(goal, forall(l, le(norm(G[l]), c)), of=phi), at_most("assumed norm", long))
    refuses(about(le(long, norm(V) ** k), every, of=phi), at_most("assumed norm", long))
    run = norm(product(A[j], j, 1, k))
    proves(about(le(run, c**k), forall(i, le(norm(A[i]), c))), at_most("assumed norm", run))
    proves(about(le(run, c**k), forall(l, le(norm(A[l]), c))), at_most("assumed norm", run))
    early = norm(product(A[j], j, 0, k))
    refuses(
        about(le(early, c ** (k + 1)), forall(l, le(norm(A[l]), c))), at_most("assumed norm", early), "needs l >= 1"
    )
    each = forall(i, le(norm(A[i]), norm(B[i])))
    proves(about(le(norm(A[t]), norm(B[t])), each), at_most("assumed norm", norm(A[t])))
    refuses(about(le(norm(A[t]), norm(B[s])), each), at_most("assumed norm", norm(A[t])))


def test_order_by_lemmas() -> None:
    below = "spectral radius below the 2-norm"
    goal = about(le(rho(A @ B), norm(A) * norm(B)))
    use = by_lemma(below, n=n, A=A @ B)
    assert proves(goal, Order((use, known("norm", norm(A @ B))))) == (below,)
    refuses(goal, Order((use,)), "may be negative")
    refuses(about(le(rho(A), norm(A, 1))), Order((by_lemma(below, n=n, A=A),)), "may be negative")
    refuses(about(le(rho(A), norm(A))), Order((by_lemma(below, n=m, A=A),)), "cannot stand for")
    refuses(about(le(rho(A), norm(A))), Order((by_lemma(below, A=A),)), "needs one value")
    refuses(about(le(rho(A), norm(A))), Order((by_lemma(below, n=n - 1, A=A),)), "needs n >= 1")
    refuses(about(le(rho(A), norm(A))), Order((replace(by_lemma(below, n=n, A=A), source="lemma:no"),)), "there is no")
    normal = "norm of a normal matrix"
    H = matrix("H", n, n, "symmetric")
    turned = replace(by_lemma(normal, Known(), n=n, A=H), turned=True)
    proves(about(le(rho(H), norm(H))), Order((turned,)))
    proves(about(le(norm(H), rho(H))), Order((by_lemma(normal, Known(), n=n, A=H),)))
    refuses(about(le(norm(A), rho(A))), Order((by_lemma(normal, Known(), n=n, A=A),)), "not known to be normal")
    refuses(about(le(norm(A), rho(A))), Order((by_lemma(normal, n=n, A=A),)), "hypotheses to discharge")
    commuting = "spectral radius of a product of commuting matrices"
    both = le(rho(A @ B), rho(A) * rho(B))
    swap = words()
    proves(about(both, eq(A @ B, B @ A)), Order((by_lemma(commuting, swap, n=n, A=A, B=B),)))
    refuses(about(both), Order((by_lemma(commuting, swap, n=n, A=A, B=B),)))
    refuses(about(both, eq(A @ B, C)), Order((by_lemma(commuting, swap, n=n, A=A, B=B),)))


# ---- normal forms ---------------------------------------------------------------------------------------------------


EQUAL = [
    (norm(A.T), norm(A)),
    (norm(A.T, 1), norm(A, "inf")),
    (norm(-2 * A), 2 * norm(A)),
    (norm(c * A), absolute(c) * norm(A)),
    (norm(O @ A), norm(A)),
    (norm(O @ A @ O.T, "fro"), norm(A, "fro")),
    (norm(eye(n)), number(1)),
    (rho(A @ B), rho(B @ A)),
    (rho(A.T), rho(A)),
    (rho(A**k), rho(A) ** k),
    (rho(O.T @ A @ O), rho(A)),
    (rho(M @ M.T), rho(M.T @ M)),
    (rho(-3 * A), 3 * rho(A)),
    (absolute(a * b), absolute(a) * absolute(b)),
    (absolute(-A), absolute(A)),
    (absolute(N @ N), absolute(N @ N)),
    (absolute(N), N),
    (absolute(N**k), N**k),
    (binomial(k, 0), number(1)),
    (binomial(k, k), number(1)),
    (binomial(k + 1, 2), binomial(k, 2) + binomial(k, 1)),
    (binomial(k, -1), number(0)),
    (binomial(k, k + 1), number(0)),
    (jordan_block(c, n), c * eye(n) + jordan_block(0, n)),
    (jordan_block(c, 1), c * eye(1)),
    (number(4) ** k * number(Q(1, 2)) ** (2 * k), number(1)),
    (number(-1) ** (2 * k), number(1)),
    (number(6) ** k, number(2) ** k * number(3) ** k),
]
DIFFERENT = [
    (norm(A.T, 1), norm(A, 1)),
    (norm(c * A), c * norm(A)),
    (norm(-2 * A), -2 * norm(A)),
    (norm(O @ A, 1), norm(A, 1)),
    (norm(A @ B), norm(B @ A)),
    (norm(A**k), norm(A) ** k),
    (norm(eye(n), "fro"), number(1)),
    (norm(O), norm(O, "fro")),
    (rho(A @ B @ C), rho(A @ C @ B)),
    (rho(A @ B), rho(A) * rho(B)),
    (rho(A + B), rho(A) + rho(B)),
    (rho(A @ B.T), rho(A @ B)),
    (rho(jordan_block(0, n)), rho(eye(n))),
    (absolute(A @ B), absolute(A) @ absolute(B)),
    (absolute(a + b), absolute(a) + absolute(b)),
    (absolute(a), a),
    (absolute(A), A),
    (binomial(k + 1, 2), binomial(k, 2) + binomial(k, 3)),
    (binomial(k, 2), number(0)),
    (binomial(k - 1, k), number(1)),
    (jordan_block(c, n), c * eye(n)),
    (jordan_block(0, n) @ jordan_block(0, n), zeros(n)),
    (number(-1) ** k, number(1)),
    (number(4) ** k, number(2) ** k),
]


@pytest.mark.parametrize(("lhs", "rhs"), EQUAL, ids=str)
def test_equal(lhs: Term, rhs: Term) -> None:
    proves(about(eq(lhs, rhs)), words())


@pytest.mark.parametrize(("lhs", "rhs"), DIFFERENT, ids=str)
def test_different(lhs: Term, rhs: Term) -> None:
    refuses(about(eq(lhs, rhs)), words())


def test_equal_under_hypotheses() -> None:
    G = matrix("G", n)
    proves(about(eq(absolute(c), c), le(0, c)), words())
    refuses(about(eq(absolute(c), c), le(c, 0)), words())
    proves(about(eq(norm(c * A), c * norm(A)), lt(0, c)), words())
    proves(about(eq(norm(G @ A), norm(A)), orthogonal(G)), words())
    refuses(about(eq(norm(G @ A), norm(A)), invertible(G)), words())
    proves(about(eq(rho(G @ A @ inv(G)), rho(A)), invertible(G)), words())
    refuses(about(eq(rho(G @ A @ inv(G)), rho(A))), words(), "invertible")
    proves(about(eq(absolute(G), G), has_property("nonnegative", G)), words())
    proves(about(eq(entry(jordan_block(0, n) ** 2, 1, 2), 0), le(3, n)), words())
    refuses(about(eq(entry(jordan_block(0, n) ** 2, 1, 3), 0), le(3, n)), words())
    proves(about(eq(entry(jordan_block(0, n) ** 2, 1, 3), 1), le(3, n)), words())


NONNEGATIVE = [
    N @ N,
    N + 2 * N.T,
    c * c * N,
    absolute(A) @ N,
    diag(sigmoid.prime(vector("v", n))) @ N,
    jordan_block(0, n),
]
PERHAPS_NOT = [N - N @ N, A, c * N, inv(matrix("P", n, n, "nonnegative", "invertible")), N @ A, -N, A @ A]


@pytest.mark.parametrize("t_", NONNEGATIVE, ids=str)
def test_nonnegative(t_: Term) -> None:
    proves(about(has_property("nonnegative", t_)), Known())


@pytest.mark.parametrize("t_", PERHAPS_NOT, ids=str)
def test_not_known_to_be_nonnegative(t_: Term) -> None:
    refuses(about(has_property("nonnegative", t_)), Known())


# ---- Cite, Given, Fact ----------------------------------------------------------------------------------------------


def test_cite() -> None:
    spectral = "spectral theorem"
    H = matrix("H", n, n, "symmetric")
    assert proves(about(diagonalizable(H, "R")), cite(spectral, Known(), n=n, A=H)) == (spectral,)
    proves(about(diagonalizable(A + A.T, "R")), cite(spectral, Known(), n=n, A=A.T + A))
    refuses(about(diagonalizable(H)), cite(spectral, Known(), n=n, A=H), "no instance of the lemma")
    refuses(about(diagonalizable(A, "R")), cite(spectral, Known(), n=n, A=A), "not known to be symmetric")
    refuses(about(diagonalizable(A, "R")), cite(spectral, Known(), n=n, A=H), "no instance")
    refuses(about(diagonalizable(H, "R")), cite(spectral, n=n, A=H), "hypotheses to discharge")
    refuses(about(diagonalizable(H, "R")), cite(spectral, Known(), Known(), n=n, A=H), "hypotheses to discharge")
    refuses(about(diagonalizable(H, "R")), Cite("everything is diagonal", (), ()), "there is no")
    refuses(about(diagonalizable(inv(A), "R"), symmetric(A)), cite(spectral, Known(), n=n, A=inv(A)), "invertible")
    small = "powers vanish"
    proves(about(vanishes(A**k, k), lt(rho(A), 1)), cite(small, Given(0), n=n, A=A))
    proves(about(vanishes(A**l, l), lt(rho(A), 1)), cite(small, Given(0), n=n, A=A))
    proves(about(vanishes(A ** (2 * k), k), lt(rho(A @ A), 1)), cite(small, Given(0), n=n, A=A @ A))
    refuses(about(vanishes(A ** (k - 1) @ B, k), lt(rho(A), 1)), cite(small, Given(0), n=n, A=A), "no instance")
    refuses(about(bounded(A**k, k), lt(rho(A), 1)), cite(small, Given(0), n=n, A=A), "no instance")
    refuses(about(vanishes(A**k, k), le(rho(A), 1)), cite(small, Given(0), n=n, A=A), "not that hypothesis")
    refuses(
        about(vanishes(A**k, k), lt(rho(A), 1), le(k, 3)), cite(small, Given(0), n=n, A=A), "occurs in a hypothesis"
    )


def test_cite_at_what_the_lag_occurs_in() -> None:
    """(A^k)^k with the outer k another lag: only as such an instance."""
    refuses(about(vanishes((A**k) ** l, l), lt(rho(A**l), 1)), cite("powers vanish", Given(0), n=n, A=A**l))
    refuses(about(vanishes((A**k) ** k, k), lt(rho(A**k), 1)), cite("powers vanish", Given(0), n=n, A=A**k))


def test_given() -> None:
    for p in (vanishes(A**k, k), lt(rho(A), 1), symmetric(A), negation(eq(A, B)), for_all_trajectories(lt(a, b))):
        proves(about(p, p), Given(0))
        refuses(about(p, lt(a, a), p), Given(0))
        refuses(about(p, p), Given(1), "no such hypothesis")
        refuses(about(p, p), Given(-1), "no such hypothesis")
    proves(about(lt(rho(B @ A), 1), lt(rho(A @ B), 1)), Given(0))
    refuses(about(lt(rho(B @ A), 1), le(rho(A @ B), 1)), Given(0))
    refuses(about(lt(rho(A), 1), lt(1, rho(A))), Given(0))
    proves(about(vanishes(A**l, l), vanishes(A**k, k)), Given(0))
    refuses(about(vanishes(A**l, l), bounded(A**k, k)), Given(0))
    refuses(about(vanishes(A ** (k + 1), k), vanishes(A @ A**k, k), le(k, 3)), Given(1))
    refuses(about(diagonalizable(A, "R"), diagonalizable(A)), Given(0))
    refuses(about(forall(j, eq(A[j], B)), forall(j, eq(B, A[j]))), Given(0))
    refuses(about(Or((eq(A, B), eq(A, C))), Or((eq(A, C), eq(A, B)))), Given(0))


def test_fact() -> None:
    step = Fact(le(a, c), Order((hyp(0), hyp(1))), Order((hyp(2), hyp(3))))
    proves(
        about(le(a, x), le(a, b), le(b, c), le(c, x)), Fact(le(a, c), Order((hyp(0), hyp(1))), Order((hyp(3), hyp(2))))
    )
    proves(about(le(a, x), le(a, b), le(b, c), le(c, x)), step)
    refuses(about(le(a, x), le(a, b), le(c, b), le(c, x)), step)
    refuses(about(le(a, x), le(a, b), le(b, c)), step)
    refuses(about(le(a, b)), Fact(le(a, b), Order((hyp(0),)), Order((hyp(0),))))
    refuses(about(eq(A, A)), Fact(eq(A, M), words(), words()), "not well typed")
    refuses(about(eq(k, k)), Fact(le(1, k), words(), words()))
    refuses(about(eq(A, A)), Fact(forall(j, eq(A[j], A[j])), words(), words()))
    early = eq(h[t - 5], h[t - 5])
    refuses(about(eq(h[t], h[t]), of=NET), Fact(early, words(), words()), "before the trajectories")
    bound = as_index(Var("#0", "bound", None))
    refuses(about(eq(A, A)), Fact(eq(A[bound], A[bound]), words(), words()), "normal forms")


# ---- limits ---------------------------------------------------------------------------------------------------------


def test_geometric() -> None:
    below = Order((hyp(0, QUARTER),))
    proves(about(vanishes(J, k), lt(norm(W), 4), of=NET), Geometric("2", False, (below,)))
    refuses(about(vanishes(J, k), le(norm(W), 4), of=NET), Geometric("2", False, (below,)), "may be 0")
    proves(about(bounded(J, k), le(norm(W), 4), of=NET), Geometric("2", False, (below,)))
    refuses(about(bounded(J, k), le(norm(W), 5), of=NET), Geometric("2", False, (below,)))
    refuses(about(explodes(J, k), le(norm(W), 4), of=NET), Geometric("2", False, (below,)), "no limit")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), Geometric("2", False, (Given(0),)))
    two = about(vanishes(A**k + B**k, k), lt(norm(A), 1), lt(norm(B), 1))
    each = Order((hyp(0),)), Order((hyp(1),))
    proves(two, Geometric("2", False, each))
    refuses(two, Geometric("2", False, each[:1]), "2 premises need as many proofs")
    refuses(two, Geometric("2", False, each[::-1]))
    refuses(about(vanishes(as_term(k) * A**k, k), lt(norm(A), 1)), Geometric("2", False, each[:1]), "another way")
    refuses(about(vanishes(A, k), lt(norm(A), 1)), Geometric("2", False, each[:1]))
    proves(about(bounded(A, k)), Geometric("2", False, ()))
    refuses(about(vanishes(inv(A) ** k, k), lt(norm(A), 1)), Geometric("2", False, each[:1]), "no value")
    refuses(
        about(vanishes(A**k, k), lt(norm(A), 1), le(k, 3)), Geometric("2", False, each[:1]), "occurs in a hypothesis"
    )
    refuses(about(vanishes(summation(A**j, j, 0, k), k), lt(norm(A), 1)), Geometric("2", False, each[:1]))


def test_geometric_for_an_opaque_activation() -> None:
    e = Elman(activation("phi"))
    goal, every = vanishes(jacobian(e.h[t], e.h[t - k]), k), forall(j, le(norm(e.D[j]), c))
    small = Order((hyp(1),))
    proves(about(goal, every, lt(c * norm(e.W_hh), 1), of=e), Geometric("2", True, (small,)))
    refuses(about(goal, every, lt(c * norm(e.W_hh), 1), of=e), Geometric("2", False, (small,)))
    refuses(about(goal, every, le(c * norm(e.W_hh), 1), of=e), Geometric("2", True, (small,)))
    refuses(about(goal, every, lt(c * norm(e.W_hh), 1), of=e), Geometric("1", True, (small,)))


def test_dominated() -> None:
    V = NET.W_hh
    claim = about(vanishes(J, k), lt(rho(absolute(V)), 4), of=NET)
    small = cite("powers vanish", Order((hyp(0, QUARTER),)), n=NET.n, A=QUARTER * absolute(V))
    proves(claim, Dominated(small))
    refuses(about(vanishes(J, k), le(rho(absolute(V)), 4), of=NET), Dominated(small))
    refuses(about(vanishes(J, k), lt(rho(V), 4), of=NET), Dominated(small))
    refuses(claim, small)
    less = cite("powers vanish", Order((hyp(0, QUARTER),)), n=NET.n, A=Q(1, 5) * absolute(V))
    refuses(claim, Dominated(less))
    refuses(about(vanishes(summation(A**j, j, 0, k), k)), Dominated(Given(0)), "a sum")
    refuses(about(explodes(J, k), explodes(absolute(V) ** k, k), of=NET), Dominated(Given(0)), "no limit")
    proves(about(vanishes((A @ B) ** k, k), vanishes((absolute(A) @ absolute(B)) ** k, k)), Dominated(Given(0)))
    refuses(about(vanishes((A @ B) ** k, k), vanishes((A @ B) ** k, k)), Dominated(Given(0)))


def test_within() -> None:
    given = vanishes(A**k, k)
    proves(about(vanishes(B @ A**k @ C, k), given), Within(B, A**k, C, Given(0)))
    proves(about(vanishes(c * A**k, k), given), Within(c * eye(n), A**k, eye(n), Given(0)))
    refuses(about(vanishes(B @ A**k @ C, k), given), Within(C, A**k, B, Given(0)), "no such product")
    refuses(about(vanishes(B**k @ A**k, k), given), Within(B**k, A**k, eye(n), Given(0)), "depends on the lag")
    refuses(about(vanishes(A**k @ B**k, k), given), Within(eye(n), A**k, B**k, Given(0)), "depends on the lag")
    refuses(about(vanishes(B @ A**k, k), bounded(A**k, k)), Within(B, A**k, eye(n), Given(0)))
    refuses(about(explodes(B @ A**k, k), explodes(A**k, k)), Within(B, A**k, eye(n), Given(0)), "no limit")
    refuses(about(vanishes(D[t] @ W**k, k), vanishes(W**k, k), of=NET), Within(D[t], W**k, eye(NET.n), Given(0)))


def test_split() -> None:
    halves = bounded(A**k, k), vanishes(B**k, k)
    claim = about(vanishes(A**k @ B**k, k), *halves)
    proves(claim, Split(A**k, B**k, Given(0), Given(1), True))
    refuses(claim, Split(A**k, B**k, Given(0), Given(1), False))
    refuses(claim, Split(B**k, A**k, Given(1), Given(0), False), "no such product")
    refuses(about(vanishes(A**k @ B**k, k), halves[0], bounded(B**k, k)), Split(A**k, B**k, Given(0), Given(1), True))
    proves(about(vanishes(B**k @ A**k, k), *halves), Split(B**k, A**k, Given(1), Given(0), False))
    proves(about(bounded(A**k @ B**k, k), halves[0], bounded(B**k, k)), Split(A**k, B**k, Given(0), Given(1), True))
    fast = number(2) ** k
    refuses(
        about(vanishes(fast * B**k, k), *halves), Split(fast, B**k, Geometric("2", False, (NOTHING,)), Given(1), True)
    )
    refuses(about(explodes(A**k @ B**k, k), *halves), Split(A**k, B**k, Given(0), Given(1), True), "no limit")


def test_absurd() -> None:
    low = "powers that vanish"
    claim = about(lt(rho(A), 1), vanishes(A**k, k))
    proves(claim, cite(low, Given(0), n=n, A=A))
    by_contradiction = Absurd(0, Turn(cite("powers explode", Given(1), n=n, A=A)))
    proves(about(le(rho(A), 1), vanishes(A**k, k)), by_contradiction)
    refuses(claim, by_contradiction)  # 1 <= rho(A) is not 1 < rho(A)
    refuses(about(le(rho(A), 1)), by_contradiction, "no such hypothesis")
    refuses(about(le(rho(A), 1), vanishes(B**k, k)), by_contradiction)
    refuses(about(le(1, rho(A)), vanishes(A**k, k)), by_contradiction)
    refuses(about(eq(a, b), lt(a, b)), Absurd(0, Given(0)), "no inequality")
    refuses(about(le(norm(inv(A)), 1), lt(a, b)), Absurd(0, Given(0)), "no value")
    refuses(about(le(a, b), le(a, b)), Absurd(0, Given(1)))
    refuses(about(le(a, b), le(c, x)), Absurd(0, Given(0)))


def test_annihilated() -> None:
    half, idempotent = Q(1, 2), Annihilated((Q(0), Q(-1), Q(1)), WORDS_BY_HYPOTHESIS)
    proves(about(diagonalizable(A, "R"), eq(A @ A, A)), idempotent)
    proves(about(diagonalizable(A), eq(A @ A, A)), idempotent)
    proves(about(squarefree_minimal_polynomial(A), eq(A @ A, A)), idempotent)
    refuses(about(diagonalizable(B), eq(A @ A, A)), idempotent)
    refuses(about(diagonalizable(A), eq(A @ A, 2 * A)), idempotent)
    refuses(about(unitarily_diagonalizable(A), eq(A @ A, A)), idempotent, "not that a matrix is diagonalisable")
    square = Annihilated((Q(0), Q(0), Q(1)), Given(0))
    refuses(about(diagonalizable(A), eq(A @ A, 0)), square, "repeated root")
    circle = Annihilated((Q(1), Q(0), Q(1)), WORDS_BY_HYPOTHESIS)
    proves(about(diagonalizable(A), eq(A @ A, -eye(n))), circle)
    refuses(about(diagonalizable(A, "R"), eq(A @ A, -eye(n))), circle, "not real")
    for nothing in ((), (Q(0),), (Q(1),), (half, Q(0))):
        refuses(about(diagonalizable(A), eq(A @ A, A)), Annihilated(nothing, Given(0)), "repeated root")
    refuses(about(diagonalizable(inv(A)), eq(A @ A, A)), Annihilated((Q(-1), Q(0), Q(1)), Given(0)))


def test_antisymmetry() -> None:
    both = Antisymmetry(Given(0), Given(1))
    proves(about(eq(a, b), le(a, b), le(b, a)), both)
    refuses(about(eq(a, b), le(a, b), le(a, b)), both)
    refuses(about(eq(a, b), le(a, b), lt(b, a)), both)
    refuses(about(le(a, b), le(a, b), le(b, a)), both, "no equation between scalars")
    refuses(about(eq(A, B), le(A, B), le(B, A)), both, "no equation between scalars")


def test_turn() -> None:
    X = A**k
    ok = [
        (bounded(X, k), vanishes(X, k)),
        (negation(explodes(X, k)), bounded(X, k)),
        (negation(vanishes(X, k)), explodes(X, k)),
        (negation(bounded(X, k)), explodes(X, k)),
        (explodes(X, k), negation(bounded(X, k))),
    ]
    for goal, given in ok:
        proves(about(goal, given), Turn(Given(0)))
    everything = (vanishes, bounded, explodes)
    all_ = [p(X, k) for p in everything] + [negation(p(X, k)) for p in everything]
    for goal in all_:
        for given in all_:
            if (goal, given) not in ok:
                refuses(about(goal, given), Turn(Given(0)))
    refuses(about(explodes(inv(A) ** k, k), negation(bounded(inv(A) ** k, k))), Turn(Given(0)))
    refuses(about(lt(a, b), lt(a, b)), Turn(Given(0)), "no such statement")


# ---- trajectories ---------------------------------------------------------------------------------------------------


def test_all_trajectories() -> None:
    small = Geometric("2", False, (Order((hyp(0, QUARTER),)),))
    goal = for_all_trajectories(vanishes(J, k))
    proves(about(goal, lt(norm(W), 4), of=NET), AllTrajectories(small))
    refuses(about(goal, of=NET), AllTrajectories(small))
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), AllTrajectories(small), "not about all trajectories")
    one = vanishes(J, k)
    proves(about(one, one, of=NET), Given(0))
    refuses(about(goal, one, of=NET), AllTrajectories(Given(0)), "no such hypothesis")
    refuses(about(goal, eq(h[t], 0), of=NET), AllTrajectories(Given(0)))
    refuses(about(for_all_trajectories(eq(D[t], eye(NET.n))), eq(D[t], eye(NET.n)), of=NET), AllTrajectories(Given(0)))
    both = all_of(goal, goal)
    proves(about(both, lt(norm(W), 4), of=NET), Both((AllTrajectories(small), AllTrajectories(small))))


V, R = NET.W_xh, matrix("R", NET.m, NET.n)
EVERY = for_all_trajectories(vanishes(J, k))


def test_steer() -> None:
    onto = words_by(0)
    rest = Order((AtMost("hyp:0", ONE, (), (), ONE, as_index(1)),))
    final = Cite("powers that vanish", binding("powers that vanish", n=NET.n, A=QUARTER * W), (Given(2),))
    whole = Fact(lt(rho(QUARTER * W), 1), final, Order((AtMost("hyp:3", ONE, (), (), as_term(4), as_index(1)),)))
    proof = Steer(1, R, onto, whole)
    claim = about(lt(rho(W), 4), eq(V @ R, eye(NET.n)), EVERY, of=NET)
    proves(claim, proof)
    refuses(about(lt(rho(W), 3), eq(V @ R, eye(NET.n)), EVERY, of=NET), proof)
    refuses(about(lt(rho(W), 4), eq(R @ V, eye(NET.m)), EVERY, of=NET), proof)
    refuses(about(lt(rho(W), 4), eq(V @ R, eye(NET.n)), vanishes(J, k), of=NET), proof, "no such hypothesis")
    refuses(about(lt(rho(W), 4), eq(V @ R, 2 * eye(NET.n)), EVERY, of=NET), proof)
    refuses(about(lt(rho(W), 4), invertible(W), EVERY, of=NET), proof)
    refuses(claim, replace(proof, which=0), "no such hypothesis")
    refuses(claim, replace(proof, which=7), "no such hypothesis")
    refuses(claim, replace(proof, rest=rest))
    refuses(claim, replace(proof, right_inverse=R.T))
    still = for_all_trajectories(vanishes(product(D[j], j, t, t - k + 1), k))
    proves(
        about(vanishes(number(QUARTER) ** k * eye(NET.n), k), eq(V @ R, eye(NET.n)), still, of=NET),
        Steer(1, R, onto, Given(2)),
    )


def words_by(which: int) -> Words:
    return words(Use(HOLE, f"hyp:{which}", (), ()))


def test_steer_only_what_can_be_steered() -> None:
    onto = Cite(
        "an inverse is a right inverse", binding("an inverse is a right inverse", n=n, A=matrix("V", n)), (Given(1),)
    )
    v = matrix("V", n)

    def tried(e: Any, slope: Any = 1, message: str = "") -> None:
        jac = jacobian(e.h[s], e.h[s - k])
        claim = about(vanishes((slope * e.W) ** k, k), for_all_trajectories(vanishes(jac, k)), invertible(v), of=e)
        proof = Steer(0, inv(v), onto, Given(2))
        if message:
            refuses(claim, proof, message)
        else:
            proves(claim, proof)

    tried(driven(lambda q: v))
    tried(driven(lambda q: v), Q(1, 2), "not that hypothesis")
    for f, slope in ((sigmoid, QUARTER), (identity, 1), (softplus, Q(1, 2))):
        tried(network(f, lambda q, w, e, x_: w @ e[q - 1] + v @ x_[q]), slope)
    relu_net = network(relu, lambda q, w, e, x_: w @ e[q - 1] + v @ x_[q])
    tried(relu_net, 1, "known slope")
    tried(network(activation("phi"), lambda q, w, e, x_: w @ e[q - 1] + v @ x_[q]), 1, "known slope")
    tried(network(tanh, lambda q, w, e, x_: w @ e[q - 1] + v @ x_[q] + v @ x_[q]), 1, "once")
    tried(network(tanh, lambda q, w, e, x_: w @ e[q - 1] + v @ sigmoid(x_[q])), 1, "once")
    tried(network(tanh, lambda q, w, e, x_: w @ e[q - 1] + v @ x_[q], exogenous=False), 1, "exogenous")


def network(f: Any, pre: Any, exogenous: bool = True) -> Any:
    e, x_, a_, w = state("h", n), inputs("x", n), local("a", n), matrix("W", n)
    return cell(
        "steered",
        states={e: lambda q: f(a_[q])},
        inputs=(x_,),
        locals={a_: lambda q: pre(q, w, e, x_)},
        exogenous=exogenous,
    )


def test_facts_about_spectra() -> None:
    """A discriminant that is not 0, as a hypothesis of a lemma."""
    proves(about(diagonalizable(A), negation(eq(discriminant(A), 0))), cite("distinct eigenvalues", Given(0), n=n, A=A))
    refuses(
        about(diagonalizable(A, "R"), negation(eq(discriminant(A), 0))),
        cite("distinct eigenvalues", Given(0), n=n, A=A),
    )
    refuses(about(diagonalizable(A), eq(discriminant(A), 0)), cite("distinct eigenvalues", Given(0), n=n, A=A))
    refuses(about(Pred("unitarily_diagonalizable", A, "C", None), diagonalizable(A)), Given(0))
    basis = "an eigenvector basis"
    U, S = matrix("U", n, n, "invertible"), matrix("S", n, n, "diagonal")
    proves(
        about(diagonalizable(U @ S @ inv(U), "R")),
        cite(basis, Known(), Known(), words(), n=n, A=U @ S @ inv(U), U=U, S=S),
    )
    refuses(about(diagonalizable(U @ S @ U, "R")), cite(basis, Known(), Known(), words(), n=n, A=U @ S @ U, U=U, S=S))
    refuses(
        about(diagonalizable(U @ A @ inv(U), "R")),
        cite(basis, Known(), Known(), words(), n=n, A=U @ A @ inv(U), U=U, S=A),
    )
