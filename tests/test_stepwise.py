"""Products over k steps bounded factor by factor, what is the same at each step, and recurrences unrolled.

The rules of the kernel for it are given damaged certificates, and each true claim stands beside near misses.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import pytest
from test_kernel_corrupted import corruptions

from symrnn import (
    LSTM,
    CertificateError,
    Derivation,
    Elman,
    Refused,
    absolute,
    bounded,
    cell,
    diag,
    eq,
    eye,
    forall,
    hadamard,
    has_property,
    index,
    inputs,
    jacobian,
    kernel,
    lag,
    le,
    local,
    lt,
    matrix,
    norm,
    number,
    product,
    scalar,
    sigmoid,
    size,
    state,
    summation,
    tanh,
    time,
    vanishes,
    vector,
)
from symrnn.certificates import Chain, Given, Largest, Order, Squeezed, Stepwise, Words
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import Var, as_index
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Const, Entry, Prod, as_term
from symrnn.search.decide import decide
from symrnn.search.prove import prove
from symrnn.search.steady import prove_with_what_is_steady
from symrnn.semantics.inequalities import ONE, AtMost
from symrnn.semantics.sequents import sequent_of

n, m = size("n"), size("m")
L, k, t, j, r = LSTM(), lag("k"), time("t"), index("j"), index("r")
HALF, q = number(Q(1, 2)), scalar("q")
GATES = product(diag(L.f[j]), j, t, t - k + 1)
ALWAYS = forall(j, le(L.f[j], Q(1, 2)))
CUT = (eq(L.U_f, 0), eq(L.U_i, 0), eq(L.U_g, 0))

Z, V, c, b = matrix("W_z", n, m), matrix("W_h", n, m), vector("b_z", n), vector("b_h", n)
h, x, z, g = state("h", n), inputs("x", m), local("z", n), local("g", n)
light = cell(  # a minimal GRU, whose gates see the inputs only: Feng et al. 2024
    "minimal",
    states={h: lambda t: hadamard(1 - z[t], h[t - 1]) + hadamard(z[t], g[t])},
    inputs=(x,),
    locals={z: lambda t: sigmoid(Z @ x[t] + c), g: lambda t: V @ x[t] + b},
)
u, a = vector("u", n), local("a", n)
ind = cell(  # recurrent weights as a column: Li et al. 2018
    "independent",
    states={h: lambda t: tanh(a[t])},
    inputs=(x,),
    locals={a: lambda t: V @ x[t] + hadamard(u, h[t - 1]) + b},
)
J = jacobian(h[t], h[t - k])


def claim_of(conclusion: Any, *hypotheses: Any, about: Any = L) -> Any:
    return Derivation("x", cell=about).step("1", conclusion, assuming=hypotheses).claim


def scan(first: Any, last: Any) -> Any:
    """The state as what is left of an earlier one, and of what came in since."""
    kept = product(diag(1 - z[j]), j, t, t - k + 1) @ h[t - k]
    return eq(h[t], kept + summation(product(diag(1 - z[r]), r, t, first) @ hadamard(z[j], g[j]), j, last, t))


CLAIMS = {
    "gates are below 1": (claim_of(lt(norm(GATES), 1)), "proved"),
    "half is lost at each step": (claim_of(le(norm(GATES), HALF**k), ALWAYS), "proved"),
    "less than half": (claim_of(lt(norm(GATES), HALF**k), forall(j, lt(L.f[j], Q(1, 2)))), "proved"),
    "any bound": (claim_of(le(norm(GATES), q**k), forall(j, le(L.f[j], q))), "proved"),
    "two gates": (
        claim_of(
            le(norm(product(diag(hadamard(L.o[j], L.f[j])), j, t, t - k + 1)), number(Q(1, 4)) ** k),
            ALWAYS,
            forall(j, le(L.o[j], Q(1, 2))),
        ),
        "proved",
    ),
    "the memory": (claim_of(le(norm(jacobian(L.c[t], L.c[t - k])), HALF**k), *CUT, ALWAYS), "proved"),
    "gates vanish": (claim_of(vanishes(GATES, k), forall(j, le(L.f[j], q)), lt(q, 1)), "proved"),
    "the memory vanishes": (claim_of(vanishes(jacobian(L.c[t], L.c[t - k]), k), *CUT, ALWAYS), "proved"),
    "1 - z": (claim_of(le(norm(J), HALF**k), forall(j, le(Q(1, 2), z[j])), about=light), "proved"),
    "1 - z vanishes": (claim_of(vanishes(J, k), forall(j, le(Q(1, 2), z[j])), about=light), "proved"),
    "1 - z, at once": (claim_of(lt(norm(J), 1), about=light), "proved"),
    "a column of weights": (claim_of(vanishes(J, k), le(absolute(u), Q(1, 2)), about=ind), "proved"),
    "of at most 1": (claim_of(bounded(J, k), forall(r, le(absolute(u[r, 1]), 1)), about=ind), "proved"),
    "by its norm": (claim_of(le(norm(J, "inf"), norm(diag(u)) ** k), about=ind), "proved"),
    "steady gates": (claim_of(eq(GATES, diag(L.f[t]) ** k), forall(j, eq(L.f[j], L.f[j - 1]))), "proved"),
    "steady at one time": (claim_of(eq(J, diag(1 - z[t]) ** k), forall(j, eq(z[j], z[t])), about=light), "proved"),
    "steady, a Jacobian": (
        claim_of(eq(J, (eye(n) - diag(z[t])) ** k), forall(j, eq(z[j], z[j - 1])), about=light),
        "proved",
    ),
    "unrolled": (claim_of(scan(j + 1, t - k + 1), about=light), "proved"),
    "one step too many": (claim_of(le(norm(GATES), HALF ** (k + 1)), ALWAYS), "refuted"),
    "the other side": (claim_of(le(norm(J), HALF**k), forall(j, le(z[j], Q(1, 2))), about=light), "refuted"),
    "at one time only": (claim_of(le(norm(GATES), HALF**k), le(L.f[t], Q(1, 2))), "refuted"),
    "no magnitude": (claim_of(vanishes(J, k), le(u, Q(1, 2)), about=ind), "refuted"),
    "any weights": (claim_of(bounded(J, k), about=ind), "refuted"),
    "not steady": (claim_of(eq(GATES, diag(L.f[t]) ** k)), "refuted"),
    "a factor too many": (claim_of(scan(j, t - k + 1), about=light), "refuted"),
    "a term too few": (claim_of(scan(j + 1, t - k + 2), about=light), "refuted"),
}
UNPROVED = {  # no run that is found settles them
    "no gap": claim_of(vanishes(GATES, k), forall(j, le(L.f[j], q)), le(q, 1)),
    "gates of at least a half": claim_of(vanishes(GATES, k), forall(j, le(Q(1, 2), L.f[j]))),
    "steady two steps apart": claim_of(eq(GATES, diag(L.f[t]) ** k), forall(j, eq(L.f[j], L.f[j - 2]))),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_decided(name: str) -> None:
    claim, verdict = CLAIMS[name]
    decision = decide(claim)
    assert decision.verdict == verdict, decision.attempts


@pytest.mark.parametrize("name", UNPROVED)
def test_not_proved(name: str) -> None:
    assert prove(UNPROVED[name]) is None


# ---- the rules ----

ROW, COL, J1 = Var("row", "index", None), Var("col", "index", None), Var("j", "index", None)
PLAIN = Words("left", "left", (), ())


def of_range(lo: Any, hi: Any, body: Any = None) -> Prod:
    return Prod(as_term(diag(L.f[j]) if body is None else body), J1, as_index(lo), as_index(hi), True)


def refuses(claim: Any, proof: Any, why: str = ".") -> None:
    with pytest.raises(Refused, match=why):
        kernel.entails(claim, proof)


def stepwise() -> tuple[Any, Stepwise]:
    claim = CLAIMS["half is lost at each step"][0]
    proof = prove(claim)
    assert isinstance(proof, Stepwise)
    return claim, proof


def test_a_bound_factor_by_factor() -> None:
    claim, proof = stepwise()
    assert kernel.entails(claim, proof) == ()
    body = diag(L.f[t])
    refuses(claim, replace(proof, product=of_range(t - k + 1, t - 1)))  # another product
    refuses(claim, replace(proof, product=of_range(t - k + 1, t, body)))
    refuses(claim, replace(proof, product=of_range(t - k + 1, t, diag(L.f[j - 1]))))
    refuses(claim, replace(proof, rate=as_term(number(Q(1, 3)))))
    refuses(claim, replace(proof, rate=as_term(norm(diag(L.f[j])))), "no new index")
    refuses(claim, replace(proof, rate=as_term(diag(L.f[t]))), "no number")
    refuses(claim, replace(proof, step=Order(())))
    refuses(claim, replace(proof, equal=Chain(None)))
    refuses(claim, replace(proof, product=as_term(diag(L.f[t]))), "no number")
    early = norm(L.c[t - k - 9], "inf")  # a rate that speaks of what may lie before the trajectories
    refuses(claim, replace(proof, rate=as_term(early)), "before the trajectories")


def test_which_bounds_are_products_of_bounds() -> None:
    _, proof = stepwise()
    refuses(claim_of(le(norm(GATES, "fro"), HALF**k), ALWAYS), proof, "the norm 1")
    refuses(claim_of(eq(norm(GATES), HALF**k), ALWAYS), proof, "no bound")
    refuses(claim_of(le(HALF**k, norm(GATES)), ALWAYS), proof, "no bound")
    refuses(claim_of(le(norm(GATES), HALF**k), le(L.f[t], Q(1, 2))), proof)
    empty = product(diag(L.f[j]), j, t, t + 1 - lag("l", 0))  # of l factors, perhaps none: the identity is not below 1
    strict = claim_of(lt(norm(empty), 1))
    at_most = Stepwise(empty, PLAIN, Const(Q(1)), Largest(ROW, COL, True, Order(())), Order(()))
    refuses(strict, at_most, "too few factors")


def test_an_index_that_is_spoken_of_is_not_new() -> None:
    claim = claim_of(le(norm(GATES), HALF**k), le(HALF * L.f[t], 1))
    at_j = replace(claim, hypotheses=(le(L.f[as_index(J1)], as_term(vector("v", n))),))
    refuses(at_j, stepwise()[1], "no new index")


def test_a_limit_by_what_bounds_it() -> None:
    claim = claim_of(vanishes(GATES, k), ALWAYS)
    proof = prove(claim)
    assert isinstance(proof, Squeezed) and kernel.entails(claim, proof) == ()
    refuses(claim, replace(proof, bound=as_term(HALF ** (k + 1))))
    refuses(claim, replace(proof, bound=as_term(GATES)), "no number")
    refuses(claim, replace(proof, bound=as_term(number(1))))
    refuses(claim, replace(proof, bound=as_term(norm(GATES))), "depends on the trajectory")
    refuses(claim, replace(proof, bound=as_term(number(2) ** t * HALF**k)))
    refuses(claim, replace(proof, rest=Given(0)))
    refuses(claim, replace(proof, below=Given(0)))
    refuses(claim_of(vanishes(GATES, k), le(L.f[t], Q(1, 2))), proof)
    refuses(claim_of(~vanishes(GATES, k), ALWAYS), proof)


def test_an_entry_of_what_holds_at_all_times() -> None:
    entry = as_term(L.f[t + 3][r, 1])
    row = Var("r", "index", None)

    def order(at: Any, where: Any = entry) -> Order:
        return Order((AtMost("entry:0", where, ((J1, as_index(at)),), (), ONE, as_index(1)),))

    claim = claim_of(forall(r, le(L.f[t + 3][r, 1], Q(1, 2))), ALWAYS)
    assert kernel.entails(claim, order(t + 3)) == ()
    refuses(claim, order(t))
    refuses(claim, Order((AtMost("entry:0", entry, (), (), ONE, as_index(1)),)))
    refuses(claim, Order((AtMost("entry:0", entry, ((row, as_index(t + 3)),), (), ONE, as_index(1)),)), "instantiated")
    refuses(claim, order(t + 3, Entry(as_term(L.f[t + 3]), as_index(2), as_index(1))))
    once = claim_of(forall(r, le(L.f[t + 3][r, 1], Q(1, 2))), le(L.f[t], Q(1, 2)))
    refuses(once, order(t + 3))


def test_damaged_proofs_show_no_near_miss() -> None:
    proofs = [p for claim, verdict in CLAIMS.values() if verdict == "proved" and (p := prove(claim)) is not None]
    kinds = {type(part) for p in proofs for part in walk(p)}
    assert {Stepwise, Squeezed} <= kinds
    false = [claim for claim, verdict in CLAIMS.values() if verdict == "refuted"]
    refused = 0
    for i, p in enumerate(proofs):
        rng = random.Random(i)
        for bad in (encode(p), *(corruptions(encode(p), rng) for _ in range(2))):
            refused += sum(not _shown(claim, bad) for claim in false)
    assert refused == len(proofs) * 3 * len(false)


def _shown(claim: Any, data: Any) -> bool:
    try:
        kernel.entails(claim, decode(data))
    except (Refused, CertificateError):
        return False
    return True


# ---- mutations ----


def mutants() -> Iterator[tuple[str, Any]]:
    """Claims that are wrong by one sign, time or factor; none of them may be proved."""
    for at in (t, t - 1, t - k):
        yield f"power at {at}", claim_of(eq(GATES, diag(L.f[at]) ** (k + 1)), forall(j, eq(L.f[j], L.f[j - 1])))
    yield "steady inputs", claim_of(eq(J, diag(1 - z[t]) ** k), forall(j, eq(g[j], g[j - 1])), about=light)
    yield "1 - z", claim_of(eq(J, diag(z[t]) ** k), forall(j, eq(z[j], z[j - 1])), about=light)
    yield "a smaller rate", claim_of(le(norm(GATES), number(Q(1, 3)) ** k), ALWAYS)
    yield "below", claim_of(lt(norm(GATES), HALF**k), ALWAYS)
    yield "negative", claim_of(le(norm(GATES), q**k), forall(j, le(-L.f[j], q)))
    yield (
        "of a full matrix",
        claim_of(le(norm(J), HALF**k), forall(r, le(absolute(matrix("W_hh", n)[r, r]), Q(1, 2))), about=Elman(tanh)),
    )
    yield "entries of U", claim_of(vanishes(J, k), has_property("nonnegative", eye(n) / 2 - diag(u)), about=ind)


@pytest.mark.parametrize("name", dict(mutants()))
def test_mutants_are_not_proved(name: str) -> None:
    claim = dict(mutants())[name]
    assert prove(claim) is None and prove_with_what_is_steady(sequent_of(claim)) is None
