"""Each rule of the kernel: what it accepts, and what it refuses. Certificates are written by hand, not searched for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import pytest
from test_kernel_exploits import I2, about, at_most, instance, linear, rows, var, words

from symrnn import (
    Elman,
    all_of,
    analysis,
    any_of,
    cell,
    det,
    diag,
    diagonalizable,
    entry,
    eq,
    eye,
    forall,
    has_property,
    identity,
    iff,
    implies,
    inv,
    invertible,
    jacobian,
    kernel,
    le,
    lt,
    negation,
    norm,
    product,
    relu,
    scalar,
    sigmoid,
    state,
    summation,
    symmetric,
    trace,
    vanishes,
    zeros,
)
from symrnn import index as running
from symrnn import lag as lag_of
from symrnn import matrix as matrix_of
from symrnn import size as size_of
from symrnn import time as time_of
from symrnn.certificates import (
    Both,
    ByCases,
    Cancel,
    Case,
    Choose,
    Cut,
    Extensional,
    General,
    Geometric,
    Induct,
    Known,
    Leaf,
    Mismatch,
    Null,
    Order,
    Point,
    Proof,
    Proved,
    Use,
    Verdictive,
    Words,
)
from symrnn.claims.codec import encode
from symrnn.claims.index import NODES, Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars, symbols
from symrnn.claims.tree import HOLE, Const, Entry, Inv, MatMul, Pow, Sum, Times
from symrnn.errors import CertificateError, Refused
from symrnn.lemmas import LEMMAS
from symrnn.replay import entry_of, replay_entry
from symrnn.semantics.inequalities import ONE, AtMost

n, m = size_of("n"), size_of("m")
k, l, t = lag_of("k"), lag_of("l"), time_of("t")
i, j = running("i"), running("j")
A, B, C = (matrix_of(name, n) for name in "ABC")
X, Y = matrix_of("X", 2), matrix_of("Y", 2)
D = matrix_of("D", n, n, "diagonal")
c, d = scalar("c"), scalar("d")
PLAIN = words()
NET = Elman(sigmoid)
h, W, S = NET.h, NET.W_hh, NET.D
STEP = product(S[j] @ W, j, t, t - k + 1)
ROW, COL = Var("row", "index", None), Var("col", "index", None)


def proves(claim: Claim, proof: Proof, witness: Any = None) -> None:
    """The kernel accepts the proof, with or without asking whether the hypotheses can hold."""
    kernel.entails(claim, proof)
    assert kernel.check(claim, Proved(proof, witness)).verdict == "proved"


def refuses(claim: Claim, proof: Any, message: str = "") -> None:
    with pytest.raises(Refused, match=message or None):
        kernel.entails(claim, proof)
    with pytest.raises(Refused):
        kernel.check(claim, Proved(proof, None))


def rejects(claim: Claim, certificate: Any, message: str = "") -> None:
    with pytest.raises(Refused, match=message or None):
        kernel.check(claim, certificate)


# ---- the table of rules ---------------------------------------------------------------------------------------------


def test_every_kind_of_certificate_has_a_rule_and_every_rule_its_inference_bar() -> None:
    rules = {**kernel._RULES, **analysis.RULES, **kernel._VERDICTS}
    ours = [kind for kind in NODES.values() if kind.__module__.startswith("symrnn.")]  # tests make kinds of their own
    kinds = {kind for kind in ours if issubclass(kind, Proof | Verdictive) and kind not in (Proof, Verdictive)}
    assert set(rules) == kinds
    for kind, rule in rules.items():
        bars = [line for line in (rule.__doc__ or "").splitlines() if re.fullmatch(r"(\s*-{3,})+(\s+i >= 0)?\s*", line)]
        assert len(bars) == 1, kind.__name__
        above, below = (rule.__doc__ or "").split(bars[0])
        assert above.strip() and below.strip(), kind.__name__


def test_the_other_way_round_nothing_is_a_proof() -> None:
    for bad in (Proved(PLAIN, None), Mismatch(), eq(A, A), A, Use(HOLE, "hyp:0", (), ()), None, 3, "Words", object()):
        refuses(about(eq(A, A)), bad)
    for bad in (PLAIN, Known(), about(eq(A, A)), None, "proved", b"", [PLAIN]):
        rejects(about(eq(A, A)), bad)
    for claim in (eq(A, A), None, "A = A", about(A), Claim(eq(A, A), (A,), None), Claim(eq(A, A), [], None)):  # type: ignore[arg-type]
        rejects(claim, Proved(PLAIN, None))  # type: ignore[arg-type]


# ---- Words ----------------------------------------------------------------------------------------------------------


def test_words() -> None:
    proves(about(eq((A + B) @ C, A @ C + B @ C)), PLAIN)
    proves(about(eq(h[t], sigmoid(NET.a[t])), of=NET), words(unfold=(h[t],)))
    proves(about(eq(jacobian(h[t], h[t - 1]), S[t] @ W), of=NET), PLAIN)
    refuses(about(eq((A + B) @ C, A @ C + C @ B)), PLAIN, "terms are left")
    refuses(about(eq(jacobian(h[t], h[t - 1]), W @ S[t]), of=NET), PLAIN, "terms are left")
    refuses(about(eq(A @ inv(A), eye(n))), PLAIN, "not known to be invertible")
    refuses(about(eq(0 * inv(A), zeros(n))), PLAIN, "not known to be invertible")
    refuses(about(lt(c, c + 1)), PLAIN, "no equation")
    refuses(about(eq(A, A)), Words("inside", "left", (), ()), "peel")
    refuses(about(eq(h[t], sigmoid(NET.a[t])), of=NET), words(unfold=(NET.x[t],)), "no definition")
    refuses(about(eq(h[t], sigmoid(NET.a[t])), of=NET), words(unfold=(W,)), "no definition")


def test_words_commute_only_what_is_known_to() -> None:
    proves(about(eq(D @ S2, S2 @ D)), PLAIN)
    refuses(about(eq(D @ A, A @ D)), PLAIN)
    same = about(eq(A @ A @ B, B @ A @ A), eq(A @ B, B @ A))
    proves(same, PLAIN, instance({n: 2}, {"A": I2, "B": I2}))
    refuses(same, words(plain=True))
    refuses(about(eq(A @ B, B @ A), eq(A @ C, C @ A)), PLAIN)
    one = about(eq(A @ B, B @ A), eq(n, 1))
    proves(one, PLAIN, instance({n: 1}, {"A": ((2,),), "B": ((3,),)}))


S2 = matrix_of("S", n, n, "scalar")
TWO = instance({n: 2}, {"A": I2, "B": I2, "C": I2})


def test_uses() -> None:
    given = about(eq(C @ A @ C, C @ B @ C), eq(A, B))
    proves(given, words(Use(MatMul((C, HOLE, C)), "hyp:0", (), ())), TWO)
    refuses(given, words(Use(HOLE, "hyp:0", (), ())))
    refuses(given, words(Use(MatMul((C, HOLE)), "hyp:0", (), ())))
    refuses(given, words(Use(MatMul((C, HOLE, C)), "hyp:1", (), ())), "no equation hyp:1")
    for name in ("hyp", "ih:0", "cut:0", "def:h", "lemma:", "", "hyp:00"):
        refuses(given, words(Use(MatMul((C, HOLE, C)), name, (), ())), "no equation")
    refuses(given, words(Use(MatMul((C, HOLE, C)), "hyp:0", (), (PLAIN,))), "hypotheses to discharge")
    refuses(given, words(Use(MatMul((C, HOLE, C)), "hyp:0", ((A, B),), ())), "cannot be instantiated")
    refuses(given, words(Use(MatMul((C, HOLE, C)), "hyp:0", ((var(n), as_index(2)),), ())), "cannot be instantiated")
    refuses(given, words(Use(Times((HOLE, C)), "hyp:0", (), ())))
    refuses(about(eq(trace(A), c), eq(d, c)), words(Use(Entry(HOLE, as_index(1), as_index(1)), "hyp:0", (), ())))


def test_uses_of_quantified_equations() -> None:
    given = about(eq(A[k + 2], A[k + 1]), forall(l, eq(A[l + 1], A[l])))
    at = ((var(l), k + 1),)
    proves(given, words(Use(HOLE, "hyp:0", at, ())), instance({n: 2, k: 1}, {}, families={"A": (I2,)}))
    below = about(eq(A[1], A[0]), forall(l, eq(A[l + 1], A[l])))
    refuses(below, words(Use(HOLE, "hyp:0", ((var(l), as_index(0)),), ())), "needs l >= 1")
    refuses(given, words(Use(HOLE, "hyp:0", ((var(l), A),), ())), "cannot stand for")
    refuses(given, words(Use(HOLE, "hyp:0", (*at, *at), ())), "cannot be instantiated")
    summed = about(eq(summation(A[j + 1], j, 1, k), summation(A[j], j, 1, k)), forall(l, eq(A[l + 1], A[l])))
    context = Sum(HOLE, var(j), as_index(1), k)
    proves(
        summed,
        words(Use(context, "hyp:0", ((var(l), j),), ())),
        instance({n: 2, k: 1}, {}, families={"A": (I2,)}),
    )
    refuses(summed, words(Use(context, "hyp:0", ((var(l), j - 1),), ())), "needs l >= 1")


def test_lemmas() -> None:
    def use(name: str, discharge: tuple[Proof, ...] = (), context: Any = HOLE, **values: Any) -> Use:
        claim = LEMMAS[name].claim
        there = {s.name: s for s in symbols(claim)} | {v.name: v for v in free_vars(claim)}
        return Use(context, f"lemma:{name}", tuple((there[x], y) for x, y in values.items()), discharge)

    of_product = "determinant of a product"
    claim = about(eq(det(A @ B), det(B @ A)))
    both = [use(of_product, n=n, A=A, B=B), use(of_product, context=-HOLE, n=n, A=B, B=A)]
    proves(claim, words(*both))
    assert kernel.entails(claim, words(*both)) == (of_product,)
    refuses(claim, words(*both[:1]))
    refuses(claim, words(use(of_product, n=n, A=A, B=matrix_of("E", m)), both[1]), "not well typed")
    refuses(claim, words(use(of_product, n=m, A=A, B=B), both[1]))
    refuses(claim, words(use(of_product, n=n - n, A=A, B=B), both[1]))
    refuses(claim, words(Use(HOLE, "lemma:everything commutes", (), ())), "no equation")
    inverse = "an inverse is a left inverse"
    X_ = A + B
    given = about(eq(inv(X_) @ X_, eye(n)), invertible(X_))
    proves(given, words(use(inverse, (Known(),), n=n, A=X_)), TWO)
    refuses(given, words(use(inverse, (), n=n, A=X_)), "hypotheses to discharge")
    refuses(given, words(use(inverse, (PLAIN,), n=n, A=X_)))
    refuses(about(eq(inv(X_) @ X_, eye(n)), invertible(A)), words(use(inverse, (Known(),), n=n, A=X_)))
    under = Sum(HOLE, var(j), as_index(1), as_index(2))
    turned = use("a left inverse is a right inverse", (words(Use(HOLE, "hyp:0", (), ())),), under, n=n, A=A[j], B=B[j])
    refuses(about(eq(A[j], A[j]), eq(A[j] @ B[j], eye(n))), words(turned), "one j only")


# ---- Induct, Cut ----------------------------------------------------------------------------------------------------


def test_induct() -> None:
    claim = about(eq(jacobian(h[t], h[t - k]), STEP), of=NET)
    zero = as_index(Var("k", "lag", 0))
    one = jacobian(h[t], h[t - 1])
    step = words(Use(MatMul((one, HOLE)), "ih:0", ((var(t), t - 1),), ()))
    proof = Induct(var(k), 1, (PLAIN,), step)
    proves(claim, proof)
    proves(claim, replace(proof, low=0))
    refuses(claim, replace(proof, low=2), "begin between")
    refuses(claim, replace(proof, low=-1), "begin between")
    refuses(claim, replace(proof, bases=()), "no lag of the goal")
    refuses(claim, replace(proof, var=var(l)), "no lag of the goal")
    refuses(claim, replace(proof, var=var(n)), "no lag of the goal")
    refuses(claim, replace(proof, step=PLAIN))
    refuses(claim, replace(proof, bases=(words(Use(HOLE, "ih:0", (), ())),)), "no equation ih:0")
    refuses(claim, replace(proof, step=words(Use(MatMul((one, HOLE)), "ih:0", (), ()))))
    refuses(claim, replace(proof, step=words(Use(HOLE, "ih:0", ((var(k), k + 1),), ()))), "cannot be instantiated")
    refuses(claim, replace(proof, step=words(Use(HOLE, "ih:0", ((Var("k", "lag", 0), zero + 1),), ()))))
    refuses(about(eq(A**k, A), eq(A**k, B)), Induct(var(k), 1, (PLAIN,), PLAIN), "occurs in a hypothesis")


def test_induct_needs_its_bases() -> None:
    """1 + (-1)^k = 0 goes from k to k + 2; it holds at 1 and not at 2."""
    sign = Pow(eye(n) * -1, k)
    claim = about(eq(sign, -eye(n)))
    refuses(claim, Induct(var(k), 1, (PLAIN, PLAIN), words(Use(HOLE, "ih:0", (), ()))))
    refuses(claim, Induct(var(k), 1, (PLAIN,), words(Use(HOLE, "ih:0", (), ()))))


def test_induct_by_the_recurrence() -> None:
    """h_t = U^k h_{t-k}: at each step the update of h_{t-k} is put in, which is no first state of what is shown."""
    e = linear()
    claim = about(eq(e.h[t], e.U**k @ e.h[t - k]), of=e)
    zero = as_index(Var("k", "lag", 0))
    later = Use(MatMul((Pow(e.U, zero + 1), HOLE)), "def:h", ((var(t), t - zero - 1),), ())
    proof = Induct(var(k), 1, (words(unfold=(e.h[t],)),), words(Use(HOLE, "ih:0", (), ()), later))
    proves(claim, proof)
    early = Use(MatMul((Pow(e.U, zero + 1), HOLE)), "def:h", ((var(t), t - zero - 2),), ())
    refuses(claim, replace(proof, step=words(Use(HOLE, "ih:0", (), ()), early)), "first state|outside the trajectories")


def test_cut() -> None:
    lemma = eq(A, C)
    claim = about(eq(B @ A, B @ C), eq(A, B), eq(B, C))
    why = words(Use(HOLE, "hyp:0", (), ()), Use(HOLE, "hyp:1", (), ()))
    rest = words(Use(MatMul((B, HOLE)), "cut:0", (), ()))
    proves(claim, Cut(lemma, why, rest), TWO)
    refuses(claim, Cut(lemma, PLAIN, rest))
    refuses(claim, Cut(eq(A, B @ C), why, rest))
    refuses(claim, Cut(lemma, words(Use(HOLE, "cut:0", (), ())), rest), "no equation cut:0")
    refuses(claim, Cut(implies(eq(C, A), lemma), words(Use(-HOLE, "hyp:2", (), ())), rest), "hypotheses of its own")
    refuses(claim, Cut(invertible(A), Known(), rest), "no equation")
    refuses(claim, Cut(eq(A, matrix_of("E", n, m)), why, rest), "not well typed")


def test_cut_holds_in_general() -> None:
    """A lemma about A[l] may be used at other lags, unless a hypothesis fixes l; never below its least value."""
    claim = about(eq(A[3] @ A[4] ** 0, A[3]))
    lemma = eq(A[l] @ A[l] ** 0, A[l])
    proves(claim, Cut(lemma, PLAIN, words(Use(HOLE, "cut:0", ((var(l), as_index(3)),), ()))))
    refuses(claim, Cut(lemma, PLAIN, words(Use(HOLE, "cut:0", ((var(l), as_index(0)),), ()))), "needs l >= 1")
    fixed = about(eq(A[3], B), eq(A[l], B))
    use = Use(HOLE, "cut:0", ((var(l), as_index(3)),), ())
    refuses(fixed, Cut(eq(A[l], B), words(Use(HOLE, "hyp:0", (), ())), words(use)), "cannot be instantiated")


# ---- logic ----------------------------------------------------------------------------------------------------------


def test_both() -> None:
    proves(about(all_of(eq(A, A), eq(B, B))), Both((PLAIN, PLAIN)))
    proves(about(iff(eq(A, B), eq(B, A))), Both((words(Use(-HOLE, "hyp:0", (), ())),) * 2))
    refuses(about(all_of(eq(A, A), eq(A, B))), Both((PLAIN, PLAIN)))
    refuses(about(all_of(eq(A, A), eq(B, B))), Both((PLAIN,)), "need 2 proofs")
    refuses(about(all_of(eq(A, A), eq(B, B))), Both((PLAIN,) * 3), "need 2 proofs")
    refuses(about(iff(eq(A, B), eq(A, C))), Both((words(Use(HOLE, "hyp:0", (), ())),) * 2))
    refuses(about(eq(A, A)), Both((PLAIN, PLAIN)), "no conjunction")
    refuses(about(any_of(eq(A, A), eq(B, B))), Both((PLAIN, PLAIN)), "no conjunction")


def test_choose() -> None:
    claim = about(any_of(eq(A, B), eq(A, A)))
    proves(claim, Choose(1, PLAIN))
    for which in (0, 2, -1, 10**9):
        refuses(claim, Choose(which, PLAIN))
    refuses(about(all_of(eq(A, A), eq(A, A))), Choose(0, PLAIN), "no disjunction")
    refuses(claim, Choose(True, PLAIN))


def test_by_cases() -> None:
    claim = about(eq(A @ B, B @ A), any_of(eq(A, B), eq(A, eye(n))))
    uses = [words(Use(MatMul((HOLE, B)), "hyp:0", (), ()), Use(MatMul((B, -HOLE)), "hyp:0", (), ())) for _ in range(2)]
    proves(claim, ByCases(0, tuple(uses)), TWO)
    refuses(claim, ByCases(0, (uses[0], PLAIN)))
    refuses(claim, ByCases(0, (uses[0],)), "no such disjunction")
    refuses(claim, ByCases(1, tuple(uses)), "no such disjunction")
    refuses(claim, ByCases(-1, tuple(uses)), "no such disjunction")
    refuses(about(eq(A @ B, B @ A), any_of(eq(A, B), eq(A, C))), ByCases(0, tuple(uses)))
    refuses(about(eq(A @ B, B @ A), eq(A, B)), ByCases(0, tuple(uses)), "no such disjunction")


def test_general() -> None:
    statement = eq(A @ (B + C), A @ B + A @ C)
    claim = about(eq(D @ (B + C), D @ B + D @ C))
    proves(claim, General(statement, ((A, D),), PLAIN))
    refuses(claim, General(statement, ((A, B),), PLAIN), "no instance")
    refuses(claim, General(statement, (), PLAIN), "no instance")
    refuses(about(eq(D @ B, B @ D)), General(eq(A @ B, B @ A), ((A, D),), PLAIN))
    tall = matrix_of("P", n, m)
    refuses(about(eq(tall, tall)), General(eq(A, A), ((A, tall),), PLAIN), "cannot stand for")
    refuses(about(eq(inv(B), inv(B))), General(eq(A, A), ((A, inv(B)),), PLAIN), "cannot stand for")
    refuses(about(eq(A, A)), General(eq(D, D), ((D, A),), PLAIN), "only free symbols")
    refuses(about(eq(A, A), of=NET), General(eq(S[t], S[t]), ((S[t], A),), PLAIN), "only free symbols")
    given = about(eq(A @ B, A @ C), eq(B, C))
    use = words(Use(MatMul((A, HOLE)), "hyp:0", (), ()))
    refuses(given, General(eq(A @ B, A @ C), (), use), "no equation hyp:0")


def test_extensional() -> None:
    claim = about(
        eq(A @ D, D @ A),
        forall(i, forall(j, eq(A[i, j] * (D[j, j] - D[i, i]), 0))),
    )
    at = ((var(i), as_index(ROW)), (var(j), as_index(COL)))
    proof = Extensional(ROW, COL, words(Use(HOLE, "hyp:0", at, ())))
    proves(claim, proof, instance({n: 2}, {"A": I2, "D": I2}))
    swapped = ((var(i), as_index(COL)), (var(j), as_index(ROW)))
    refuses(claim, Extensional(ROW, COL, words(Use(HOLE, "hyp:0", swapped, ()))))
    refuses(claim, Extensional(ROW, ROW, proof.proof), "new, different")
    refuses(claim, Extensional(var(k), COL, proof.proof), "new, different")
    refuses(claim, Extensional(Var("row", "index", 2), COL, proof.proof), "new, different")
    taken = about(eq(A[ROW_] @ D, D @ A[ROW_]))
    refuses(taken, Extensional(ROW, COL, PLAIN), "new, different")
    refuses(about(eq(trace(A), trace(A))), Extensional(ROW, COL, PLAIN), "scalars have no entries")
    refuses(about(eq(A, B)), Extensional(ROW, COL, PLAIN))


ROW_ = as_index(ROW)


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("diagonal", D @ D + 2 * D, D @ A),
        ("symmetric", A + A.T, A + A.T @ A.T),
        ("skew", A - A.T, A),
        ("normal", matrix_of("O", n, n, "orthogonal"), A @ A.T + A),
        ("orthogonal", matrix_of("O", n, n, "orthogonal").T, 2 * matrix_of("O", n, n, "orthogonal")),
        ("invertible", inv(matrix_of("G", n, n, "invertible")) ** k, matrix_of("G", n, n, "invertible") + eye(n)),
        (
            "upper_triangular",
            matrix_of("T", n, n, "upper_triangular") ** 3 @ D,
            matrix_of("T", n, n, "upper_triangular").T,
        ),
        ("lower_triangular", 3 * matrix_of("L", n, n, "lower_triangular"), matrix_of("T", n, n, "upper_triangular")),
    ],
)
def test_known(name: str, known: Any, unknown: Any) -> None:
    proves(about(has_property(name, known)), Known())
    refuses(about(has_property(name, unknown)), Known())
    refuses(about(eq(known, known)), Known(), "no property")
    refuses(about(has_property("nonnegative", known)), Known(), "is not known to be|may be")
    refuses(about(diagonalizable(known)), Known(), "not decided")


# ---- norms ----------------------------------------------------------------------------------------------------------


def test_bounds_of_norms() -> None:
    def bound(x: Any) -> Order:
        return at_most("norm", x)

    two = norm(A @ B + C)
    proves(about(le(two, norm(A) * norm(B) + norm(C))), bound(two))
    proves(about(le(norm(S[t] @ W), Q(1, 4) * norm(W)), of=NET), bound(norm(S[t] @ W)))
    refuses(about(le(norm(A @ B), norm(A))), bound(norm(A @ B)), "may be negative")
    refuses(about(le(norm(S[t] @ W), Q(1, 5) * norm(W)), of=NET), bound(norm(S[t] @ W)), "may be negative")
    refuses(about(lt(norm(A), norm(A))), bound(norm(A)), "may be 0")
    refuses(about(le(norm(A), norm(A, 1))), bound(norm(A)), "may be negative")
    refuses(about(le(norm(A @ B, "fro"), norm(A) * norm(B))), bound(norm(A @ B, "fro")), "may be negative")
    refuses(about(le(norm(eye(n), "fro"), 1)), bound(norm(eye(n), "fro")), "may be negative")
    refuses(about(le(c, c)), bound(c), "no norm")
    refuses(about(le(norm(inv(A)), norm(inv(A)))), bound(norm(inv(A))), "not known to be invertible")


def test_geometric() -> None:
    J = jacobian(h[t], h[t - k])
    small = Order((AtMost("hyp:0", ONE, (), (), Const(Q(1, 4)), as_index(1)),))

    def of(kind: str, *proofs: Proof) -> Geometric:
        return Geometric(kind, False, proofs or (small,))

    proves(about(vanishes(J, k), lt(norm(W), 4), of=NET), of("2"), _still())
    refuses(about(vanishes(J, k), le(norm(W), 4), of=NET), of("2"), "may be 0")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), of("1"), "may be negative")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), of("fro"), "may be negative")
    proves(about(vanishes(J, k), lt(norm(W, "fro"), 4), of=NET), of("fro"), _still())
    refuses(about(vanishes(J, k), of=NET), of("2"), "cannot be|no relation")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), of("2", small, small), "as many proofs")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), of("2", Order(())), "may be negative")
    refuses(about(vanishes(J, k), lt(norm(W), 4), of=NET), Geometric("2", False, ()), "as many proofs")
    refuses(about(vanishes(A ** (-k), k), lt(norm(A), 1)), of("2"))
    refuses(about(vanishes(A**k, k), lt(norm(A**k), 1)), of("2"), "occurs in a hypothesis")
    refuses(about(eq(A, A)), of("2"), "no limit")


def _still() -> Any:
    zero, n_, m_ = ((0, 0), (0, 0)), NET.n, NET.m
    run = {"stop": 1, "initial": {"h": ((0,), (0,))}, "inputs": {"x": (((0,), (0,)),)}}
    return instance({n_: 2, m_: 2, t: 1}, {"W_hh": zero, "W_xh": zero, "b": ((0,), (0,))}, **run)


# ---- explicit sizes -------------------------------------------------------------------------------------------------


def test_leaf() -> None:
    hamilton = X @ X - trace(X) * X + det(X) * eye(2)
    proves(about(eq(hamilton, 0)), Leaf())
    refuses(about(eq(hamilton, X)), Leaf(), "does not reduce")
    refuses(about(eq(A, A)), Leaf(), "no value here")
    proves(about(eq(X @ X, zeros(2)), eq(X, zeros(2))), Leaf(), instance({}, {"X": ((0, 0), (0, 0))}))
    refuses(about(eq(X, zeros(2)), eq(X @ X, zeros(2))), Leaf())
    refuses(about(eq(inv(X) @ X, eye(2)), invertible(X)), Leaf())
    big = matrix_of("Z", 40)
    refuses(about(eq(big, big)), Leaf(), "too large")


def test_case() -> None:
    x, y = X[1, 1], X[1, 2]
    claim = about(any_of(eq(x, 0), eq(y, 0)), eq(x * y, 0))
    proof = Case(x, y, Choose(0, Leaf()), Choose(1, Leaf()))
    proves(claim, proof, instance({}, {"X": ((0, 0), (0, 0))}))
    refuses(claim, Case(x, y, Choose(1, Leaf()), Choose(0, Leaf())))
    refuses(claim, Case(y, x, proof.if_left, proof.if_right))
    refuses(claim, Case(x, X[2, 1], proof.if_left, proof.if_right), "does not vanish")
    refuses(about(any_of(eq(x, 0), eq(y, 0)), eq(x + y, 0)), proof, "does not vanish")
    refuses(claim, Case(X, y, proof.if_left, proof.if_right), "no scalar")


def test_cancel() -> None:
    slope, x = entry(diag(sigmoid.prime(matrix_of("v", 2, 1))), 1, 1), X[1, 2]
    claim = about(eq(x, 0), eq(slope * x, 0))
    v = {"v": ((0,), (0,)), "X": ((1, 0), (0, 1))}
    proves(claim, Cancel(slope, x, Leaf()), instance({}, v))
    refuses(claim, Cancel(x, slope, Leaf()), "nothing to cancel")
    refuses(claim, Cancel(slope, X[2, 1], Leaf()), "nothing to cancel")
    flat = entry(diag(relu.prime(matrix_of("v", 2, 1))), 1, 1)
    refuses(about(eq(x, 0), eq(flat * x, 0)), Cancel(flat, x, Leaf()), "nothing to cancel")
    refuses(about(eq(x, 0), eq(c * x, 0)), Cancel(c, x, Leaf()), "nothing to cancel")
    proves(
        about(eq(x, 0), eq(c * x, 0), negation(eq(c, 0))),
        Cancel(c, x, Leaf()),
        instance({}, {"c": ((1,),), "X": I2}),
    )


# ---- verdicts -------------------------------------------------------------------------------------------------------


def test_proved_needs_a_witness_of_its_hypotheses() -> None:
    claim, proof = about(eq(A, B), eq(A, C), eq(C, B)), words(*(Use(HOLE, f"hyp:{x}", (), ()) for x in (0, 1)))
    proves(claim, proof, TWO)
    rejects(claim, Proved(proof, None), "no instance shows")
    rejects(claim, Proved(proof, instance({n: 2}, {"A": I2, "B": I2, "C": ((0, 0), (0, 0))})), "does not meet")
    rejects(claim, Proved(proof, instance({n: 1}, {x: ((1,),) for x in "ABC"})), "size 2 or more")
    rejects(claim, Proved(proof, instance({n: 2}, {"A": I2, "B": I2})), "no value")
    rejects(claim, Proved(proof, instance({}, {x: I2 for x in "ABC"})), "no value")
    contradiction = about(eq(A, zeros(n)), eq(c, 0), eq(c, 1))
    rejects(contradiction, Proved(words(), instance({n: 2}, {"A": I2, "c": ((0,),)})))


def test_point() -> None:
    false = about(eq(A @ B, B @ A))
    jordan = ((1, 1), (0, 1))
    given = {"A": jordan, "B": ((1, 0), (1, 1))}
    judgement = kernel.check(false, Point(instance({n: 2}, given)))
    assert (judgement.verdict, judgement.failing_set) == ("refuted", "open")
    rejects(false, Point(instance({n: 2}, {"A": jordan, "B": I2})), "does not violate")
    rejects(false, Point(instance({n: 3}, given)), "declared shape")
    rejects(false, Point(instance({n: 0}, given)))
    rejects(false, Point(instance({n: 2, size_of("n"): 2}, given | {"A": ((1, 1),)})))
    rejects(false, Point(instance({n: 2}, {"A": jordan})), "no value")
    rejects(about(eq(D @ B, B @ D)), Point(instance({n: 2}, {"D": jordan, "B": given["B"]})), "is not diagonal")
    assuming = about(eq(A @ B, B @ A), symmetric(A))
    rejects(assuming, Point(instance({n: 2}, given)), "does not meet")
    twice = instance({n: 2}, given)
    twice = replace(twice, matrices=(*twice.matrices, ("A", rows(I2))))
    rejects(false, Point(twice), "two values")
    rejects(about(eq(A**k, A)), Point(instance({n: 1, k: 0}, {"A": ((2,),)})), "below its least value")
    lowered = about(eq(A**k, A), le(0, k))
    assert kernel.check(lowered, Point(instance({n: 1, k: 0}, {"A": ((2,),)}))).verdict == "refuted"


def test_point_recomputes_the_trajectory() -> None:
    e = Elman(identity, bias=False)
    false = about(eq(e.h[t], e.W_hh @ e.h[t - 1]), of=e)
    given = {"W_hh": ((1,),), "W_xh": ((1,),)}

    def point(x: Any, **run: Any) -> Point:
        told = {"stop": 1, "initial": {"h": ((1,),)}, "inputs": {"x": (x,)}, **run}
        return Point(instance({e.n: 1, e.m: 1, t: 1}, given, **told))

    assert kernel.check(false, point(((1,),))).verdict == "refuted"
    rejects(false, point(((0,),)), "does not violate")
    rejects(false, point(((1,),), stop=0), "outside the trajectory")
    rejects(false, point(((1,),), start=1, stop=2), "outside the trajectory")
    rejects(false, point(((1, 1),)), "wrong shape")
    rejects(false, point(((1,),), inputs={}), "no input")
    rejects(false, point(((1,),), initial={}), "no first state")
    rejects(false, point(((1,),), feedback={"x": ((1,),)}), "exogenous")
    kink = Elman(relu, bias=False)
    stays = about(eq(kink.h[t], kink.W_hh @ kink.h[t - 1]), of=kink)
    told = {"stop": 1, "initial": {"h": ((0,),)}, "inputs": {"x": (((0,),),)}}
    rejects(stays, Point(instance({kink.n: 1, kink.m: 1, t: 1}, given, **told)), "off the kink")


def test_undefined_terms_make_their_atom_false() -> None:
    singular = instance({n: 1}, {"A": ((0,),)})
    assert kernel.check(about(eq(inv(A) @ A, eye(n))), Point(singular)).verdict == "refuted"
    rejects(about(negation(eq(inv(A) @ A, eye(n)))), Point(singular), "does not violate")
    rejects(about(eq(A, A), eq(inv(A) @ A, eye(n))), Point(singular), "does not meet")


def test_mismatch() -> None:
    tall, wide = matrix_of("P", n, m), matrix_of("V", m, n)
    assert kernel.check(about(eq(MatMul((tall, tall)), A)), Mismatch()).verdict == "refuted"
    rejects(about(eq(tall @ wide, A)), Mismatch(), "all shapes fit")
    rejects(about(eq(MatMul((tall, tall)), A), eq(m, n)), Mismatch(), "all shapes fit")
    rejects(about(eq(A, A)), Mismatch(), "all shapes fit")


def test_null() -> None:
    claim, condition = about(eq(inv(A) @ A, eye(n))), invertible(A)
    point, witness = instance({n: 1}, {"A": ((0,),)}), instance({n: 2}, {"A": I2})
    null = Null(point, condition, PLAIN, witness, (("A", Q(1)),))
    assert kernel.check(claim, null).verdict == "conditional"
    rejects(claim, replace(null, scalars=(("A", Q(0)),)), "vanishes")
    rejects(claim, replace(null, scalars=()), "not given")
    rejects(claim, replace(null, scalars=(("B", Q(1)),)), "not given")
    rejects(claim, replace(null, point=witness), "does not violate")
    rejects(claim, replace(null, witness=point))
    rejects(claim, replace(null, condition=invertible(B)))
    rejects(claim, replace(null, condition=all_of(invertible(A), eq(A, eye(n)))), "must be that matrices")
    rejects(claim, replace(null, condition=negation(eq(det(A), 0))), "not known to be invertible")
    rejects(claim, replace(null, condition=invertible(A - A)))
    rejects(about(eq(inv(A) @ A, eye(n)), eq(A, B)), null)
    skew = matrix_of("K", n, n, "skew")
    rejects(
        about(eq(inv(skew) @ skew, eye(n))),
        Null(
            instance({n: 1}, {"K": ((0,),)}),
            invertible(skew),
            PLAIN,
            instance({n: 2}, {"K": ((0, 1), (-1, 0))}),
            (("K", Q(1)),),
        ),
        "more than freely chosen",
    )


# ---- saved data -----------------------------------------------------------------------------------------------------


def test_replay_compares_the_claim_and_the_verdict() -> None:
    claim, certificate = about(eq((A + B) @ C, A @ C + B @ C)), Proved(PLAIN, None)
    entry_ = json.loads(json.dumps(entry_of(claim, "proved", certificate)))
    replay_entry(entry_)
    with pytest.raises(Refused, match="shows proved, not refuted"):
        replay_entry(entry_ | {"verdict": "refuted"})
    other = entry_of(about(eq(A, B)), "proved", certificate)
    with pytest.raises(CertificateError, match="sha256"):
        replay_entry(entry_ | {"claim": other["claim"]})
    with pytest.raises(Refused):
        replay_entry(entry_ | {"claim": other["claim"], "sha256": other["sha256"]})
    for field in ("claim", "sha256", "verdict", "certificate"):
        with pytest.raises(CertificateError, match=field):
            replay_entry({x: y for x, y in entry_.items() if x != field})
    for bad in (
        None,
        [],
        {},
        ["Words"],
        ["Nothing"],
        encode(claim.conclusion),
        {"q": "1/0"},
        {"q": "1e999999999"},
        1.5,
    ):
        with pytest.raises((CertificateError, Refused)):
            replay_entry(entry_ | {"certificate": bad})
        with pytest.raises((CertificateError, Refused)):
            replay_entry(entry_ | {"claim": bad})


# ---- effort ---------------------------------------------------------------------------------------------------------


def deep(make: Callable[[Any], Any], start: Any, times: int) -> Any:
    for _ in range(times):
        start = make(start)
    return start


@pytest.mark.parametrize(
    ("claim", "proof"),
    [
        (about(eq(summation(A[j], j, 1, 10**9), A)), PLAIN),
        (about(eq(Pow(2 * c, as_index(10**12)), c)), PLAIN),
        (about(eq(A ** lag_of("k", 10**9), A)), PLAIN),
        (about(eq(X ** (10**9), X)), Leaf()),
        (about(eq(A, B)), deep(lambda p: Cut(eq(A, A), PLAIN, p), PLAIN, 5000)),
        (about(eq(deep(lambda x: MatMul((x,)), A, 5000), A)), PLAIN),
        (about(eq(deep(lambda x: Inv(x), A, 300), A)), PLAIN),
    ],
    ids=lambda x: "" if isinstance(x, Proof) else "claim",
)
def test_what_would_take_for_ever_is_refused(claim: Claim, proof: Any) -> None:
    rejects(claim, Proved(proof, None))


@pytest.mark.parametrize(
    "goal",
    [
        eq(deep(lambda x: x**500, X, 6), X),
        eq(product(product(X, j, 1, 500), i, 1, 500), X),
        eq(X ** (10**9), X),
        eq(summation(X, j, 1, 10**9), X),
    ],
    ids=str,
)
def test_an_instance_that_would_take_for_ever_is_refused(goal: Any) -> None:
    rejects(about(goal), Point(instance({}, {"X": ((2, 1), (1, 3))})))


def test_gated_cells_do_not_double_with_every_step() -> None:
    u, g, z = matrix_of("U", n), state("g", n), state("h", n)
    two = cell("two", states={z: lambda a: u @ (z[a - 1] + g[a - 1]), g: lambda a: u @ (z[a - 1] - g[a - 1])})
    long = about(eq(jacobian(two.h[t], two.h[t - 60]), zeros(n)), of=two)
    run = {"stop": 60, "initial": {"h": ((1,),), "g": ((1,),)}}
    assert kernel.check(long, Point(instance({n: 1, t: 60}, {"U": ((1,),)}, **run))).verdict == "refuted"
