"""Rules about entries, signs, weights and quantified matrices: right where right, refused with less, and damaged.

Certificates are written by hand first; then those that are found, for general claims, are damaged and held against the
false claims beside them.
"""

from __future__ import annotations

import importlib
import random
from fractions import Fraction as Q
from functools import cache
from typing import Any

import pytest
from entry_claims import GROUPS, A, B, Case, D, M, U, V, each, k, m, n, p, q, t, u, v, x, y
from test_kernel_corrupted import corruptions
from test_kernel_exploits import about, var, words

from symrnn import (
    GRU,
    CertificateError,
    Derivation,
    Elman,
    Refused,
    absolute,
    activation,
    diag,
    diagonal,
    entry,
    eq,
    explodes,
    eye,
    forall,
    invertible,
    jacobian,
    kernel,
    le,
    lt,
    matrix,
    negation,
    norm,
    scalar,
    sigmoid,
    tanh,
    vector,
    zeros,
)
from symrnn.certificates import (
    Applied,
    Ascend,
    BySign,
    Combine,
    Commutant,
    Contrary,
    Entrywise,
    Fact,
    Given,
    Injective,
    Known,
    Largest,
    Order,
    Proof,
    Regular,
    Specialise,
    Unfold,
)
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import walk
from symrnn.claims.tree import Entry, Norm, SizeOf, Sym, as_term
from symrnn.search.decide import decide as decided
from symrnn.search.prove import prove
from symrnn.search.simplex import solve
from symrnn.semantics.inequalities import ONE, AtMost

decide = importlib.import_module("symrnn.search.decide")
pipeline = importlib.import_module("symrnn.check")
CASES = [case for group in GROUPS for case in group()]
NEW = (
    Entrywise,
    Unfold,
    BySign,
    Combine,
    Ascend,
    Largest,
    Contrary,
    Specialise,
    Commutant,
    Applied,
    Injective,
    Regular,
)
ROW, COL = Var("row", "index", None), Var("col", "index", None)
i, j = as_index(ROW), as_index(COL)
NET, CELL = Elman(sigmoid), GRU()
h, W = NET.h, NET.W_hh
w, d = vector("w", n), vector("d", n)
TRIES = 8


def use(source: str, term: Any = ONE, *values: Any, turned: bool = False) -> AtMost:
    return AtMost(source, as_term(term), values, (), ONE, as_index(1), turned)


def product(*uses: AtMost, c: Q | int = 1) -> Any:
    return (Q(c), uses)


def combine(*products: Any, equal: Any = ()) -> Combine:
    return Combine(products, equal)


def accepts(claim: Claim, proof: Proof) -> None:
    kernel.entails(claim, proof)


def refuses(claim: Claim, proof: Proof, message: str = "") -> None:
    with pytest.raises(Refused, match=message or None):
        kernel.entails(claim, proof)


# ---- rule by rule ---------------------------------------------------------------------------------------------------

BOX = (le(0, x), le(x, 1), le(absolute(y), 1))


def test_products_of_inequalities() -> None:
    inside = combine(product(use("hyp:0"), use("hyp:1")))
    accepts(about(le(0, x * (1 - x)), *BOX[:2]), inside)
    refuses(about(lt(0, x * (1 - x)), *BOX[:2]), inside, "0")
    refuses(about(le(0, x * (1 - x)), *BOX[1:]), inside)
    refuses(about(le(x * (1 - x), 0), *BOX[:2]), inside, "negative")
    accepts(about(lt(0, x * (1 - x)), lt(0, x), lt(x, 1)), inside)
    refuses(about(lt(0, x * (1 - x)), lt(0, x), le(x, 1)), inside)
    accepts(about(le(0, 2 * x * (1 - x)), *BOX[:2]), combine(product(use("hyp:0"), use("hyp:1"), c=2)))
    for bad in (
        combine(product(use("hyp:0"), use("hyp:1"), c=-1)),
        combine(product(use("hyp:0"), use("hyp:1"), c=0)),
        combine((Q(1), ())),
        combine(product(use("hyp:0"), use("hyp:7"))),
        combine(product(use("entry:0"), use("hyp:1"))),
        combine(product(use("hyp:0", turned=True), use("hyp:1"))),
        combine(product(use("lemma:spectral radius below the 2-norm", ONE, (A, A)))),
        Combine(((Q(1), (AtMost("hyp:0", ONE, (), (), x, as_index(1)), use("hyp:1"))),), ()),
        Combine(((Q(1), (AtMost("hyp:0", ONE, (), (), ONE, as_index(2)), use("hyp:1"))),), ()),
    ):
        refuses(about(le(0, x * (1 - x)), *BOX[:2]), bad)
    refuses(about(eq(x, x)), combine(), "inequality")
    refuses(about(le(u, u)), combine(), "scalars")


def test_only_equations_are_multiplied_by_anything() -> None:
    accepts(about(le(0, x * y), eq(x, 0)), combine(equal=((use("hyp:0"), -y),)))
    refuses(about(le(0, x * y), le(x, 0)), combine(equal=((use("hyp:0"), -y),)), "direction")
    slope = tanh.prime(x)
    for source, about_ in (("slope", slope), ("magnitude", x), ("norm", norm(A)), ("square", x)):
        refuses(about(le(0, x * y)), combine(equal=((use(source, about_), y),)), "equations")
    refuses(about(le(0, x * y), eq(x, 0)), combine(equal=((use("hyp:0"), u),)), "scalar")


def test_entries_of_known_relations() -> None:
    first = use("entry:0", entry(u, 1, 1))
    accepts(about(le(u[1, 1], v[1, 1]), le(u, v)), combine(product(first)))
    refuses(about(lt(u[1, 1], v[1, 1]), le(u, v)), combine(product(first)))
    refuses(about(le(v[1, 1], u[1, 1]), le(u, v)), combine(product(first)))
    refuses(about(le(u[2, 1], v[2, 1]), le(u, v)), combine(product(use("entry:0", entry(u, 2, 1)))))
    refuses(about(le(u[1, 2], v[1, 2]), le(u, v)), combine(product(use("entry:0", entry(u, 1, 2)))))
    refuses(about(le(x, y), le(x, y)), combine(product(use("entry:0", entry(u, 1, 1)))), "matrices")
    accepts(about(le(0, A[1, 1]), le(zeros(n), A)), combine(product(use("entry:0", entry(A, 1, 1)))))


def test_ranges_of_gates_and_sizes() -> None:
    z = CELL.z[t][p, 1]
    accepts(about(each(lt(0, z)), of=CELL), combine(product(use("above", z))))
    accepts(about(each(lt(z, 1)), of=CELL), combine(product(use("below", z))))
    accepts(about(each(lt(-1, CELL.g[t][p, 1])), of=CELL), combine(product(use("above", CELL.g[t][p, 1]))))
    refuses(about(each(lt(0, CELL.g[t][p, 1])), of=CELL), combine(product(use("above", CELL.g[t][p, 1]))))
    refuses(about(each(lt(0, CELL.h[t][p, 1])), of=CELL), combine(product(use("above", CELL.h[t][p, 1]))))
    phi = GRU(activation("phi"))
    refuses(about(each(lt(0, phi.z[t][p, 1])), of=phi), combine(product(use("above", phi.z[t][p, 1]))))
    accepts(about(le(1, as_term(n))), combine(product(use("least", SizeOf(n)))))
    refuses(about(le(2, as_term(n))), combine(product(use("least", SizeOf(n)))))
    refuses(about(le(1, as_term(n - m))), combine(product(use("least", SizeOf(n - m)))))


@pytest.mark.parametrize("kind", ["1", "2", "inf", "fro"])
def test_an_entry_is_at_most_the_norm(kind: str) -> None:
    source = f"entry below the {kind}-norm"
    accepts(about(le(absolute(M[1, 1]), Norm(M, kind))), combine(product(use(source, M[1, 1]))))
    refuses(about(lt(absolute(M[1, 1]), Norm(M, kind))), combine(product(use(source, M[1, 1]))))
    refuses(about(le(absolute(M[1, 2]), Norm(M, kind))), combine(product(use(source, M[1, 2]))), "no row or column")
    refuses(about(le(absolute(x), Norm(M, kind))), combine(product(use(source, x))), "entry")


def test_entry_by_entry() -> None:
    shown = Entrywise(ROW, COL, combine(product(use("magnitude", entry(M, i, j)))))
    accepts(about(le(M, absolute(M))), shown)
    refuses(about(lt(M, absolute(M))), shown)
    refuses(about(le(absolute(M), M)), shown)
    refuses(about(eq(M, absolute(M))), shown, "inequality")
    refuses(about(le(x, absolute(x))), shown, "one shape")
    column = Entrywise(ROW, COL, combine(product(use("magnitude", entry(u, i, 1)))))
    accepts(about(le(u, absolute(u))), column)
    refuses(about(le(u, absolute(u))), Entrywise(ROW, ROW, column.proof), "different")
    fixed = about(le(u, absolute(u)), le(0, u[i, 1]))
    refuses(fixed, column, "new")
    low = Var("row", "lag", 1)
    refuses(about(le(u, absolute(u))), Entrywise(low, COL, column.proof), "new")


def test_definitions_but_not_of_first_states() -> None:
    c = GRU()
    h, moved = c.h, le(absolute(c.h[t] - c.h[t - 1]), absolute(c.h[t] - c.h[t - 1]))
    accepts(about(moved, of=c), Unfold((h[t],), Entrywise(ROW, COL, combine())))
    refuses(about(moved, of=c), Unfold((h[t - 1],), Entrywise(ROW, COL, combine())), "first state")
    refuses(about(le(absolute(h[t]), absolute(h[t])), of=c), Unfold((h[t],), Entrywise(ROW, COL, combine())), "first")
    refuses(about(le(u, u), of=c), Unfold((u,), Entrywise(ROW, COL, combine())), "definition")
    # what a denied hypothesis speaks of need not have a value
    refuses(about(le(h[t], h[t]), negation(le(h[t - 1], h[t - 1])), of=c), Unfold((h[t],), Known()), "first")
    # of all rows there is one at least
    accepts(about(le(h[t], h[t]), each(le(0, h[t - 1][p, 1])), of=c), Unfold((h[t],), Entrywise(ROW, COL, combine())))


def test_cases_by_sign() -> None:
    up = combine(equal=((use("hyp:1"), ONE),))
    accepts(
        about(le(x, absolute(x))),
        BySign(x, combine(product(use("magnitude", x))), combine(product(use("magnitude", x)))),
    )
    refuses(about(le(absolute(x), x)), BySign(x, up, up))
    refuses(about(le(absolute(x), x)), BySign(u, up, up), "scalar")
    refuses(about(le(absolute(x), x)), BySign(entry(u, 2, 1), up, up), "no value")
    refuses(about(le(u[i, 1], u[i, 1])), BySign(entry(matrix("P", m, 1), i, 1), combine(), combine()), "no value")
    early = about(each(le(0, absolute(CELL.h[t][p, 1]))), of=CELL)
    refuses(early, BySign(entry(CELL.h[t - 9], 1, 1), combine(), combine()), "before")


def test_denied_inequalities() -> None:
    accepts(about(lt(y, x), negation(le(x, y))), combine(product(use("hyp:0"))))
    refuses(about(lt(y, x), negation(lt(x, y))), combine(product(use("hyp:0"))))
    refuses(about(le(x, y), negation(le(x, y))), combine(product(use("hyp:0"))))
    missing = about(le(A[2, 2], x), negation(lt(x, A[2, 2])))  # at n = 1 there is no such entry
    refuses(missing, combine(product(use("hyp:0"))))
    refuses(about(le(u, v), negation(lt(v, u))), Entrywise(ROW, COL, combine(product(use("entry:0", entry(u, i, 1))))))
    late = about(le(scalar("c"), h[t - 5][1, 1]), negation(lt(h[t - 5][1, 1], scalar("c"))), of=NET)
    accepts(late, combine(product(use("hyp:0"))))
    at_once = about(le(scalar("c"), scalar("c") - 1), negation(lt(h[t - 5][1, 1], h[t - 5][1, 1] + 1)), of=NET)
    refuses(at_once, combine(product(use("hyp:0"))), "no value")


def test_inductions_over_an_implication() -> None:
    lag = var(k)
    claim = about(
        le(absolute(CELL.h[t]), absolute(u)),
        le(absolute(CELL.h[t - k]), absolute(u)),
        each(le(1, absolute(u[p, 1]))),
        of=CELL,
    )
    proof = prove(claim)
    assert isinstance(proof, Ascend) and proof.at == ((var(t), t - 1),)
    accepts(claim, proof)
    for worse in (
        Ascend(lag, 2, proof.at, proof.base, proof.step),
        Ascend(lag, -1, proof.at, proof.base, proof.step),
        Ascend(lag, proof.low, (), proof.base, proof.step),
        Ascend(lag, proof.low, ((var(t), t + 1),), proof.base, proof.step),
        Ascend(lag, proof.low, ((var(t), t - 1), (var(t), t - 1)), proof.base, proof.step),
        Ascend(lag, proof.low, ((ROW, t - 1),), proof.base, proof.step),
        Ascend(lag, proof.low, ((var(t), i),), proof.base, proof.step),
        Ascend(lag, proof.low, proof.at, Given(0), proof.step),
        Ascend(lag, proof.low, proof.at, proof.base, Given(2)),
        Ascend(var(t), 1, proof.at, proof.base, proof.step),
        Ascend(Var("l", "lag", 1), 1, proof.at, proof.base, proof.step),
    ):
        refuses(claim, worse)
    without = about(claim.conclusion, claim.hypotheses[0], of=CELL)
    refuses(without, proof)
    held = about(claim.conclusion, *claim.hypotheses, le(CELL.x[t], CELL.x[t]), of=CELL)  # t is not any time here
    refuses(held, proof, "general")


def test_norms_by_entries() -> None:
    small = each(forall(q, le(absolute(A[p, q]), x)))
    rows = Largest(
        ROW, COL, False, Order((AtMost("hyp:0", ONE, ((var(p), i), (var(q), j)), (), as_term(n), as_index(1)),))
    )
    for kind in ("1", "2", "inf", "fro"):
        accepts(about(le(Norm(A, kind), n * x), small), rows)
        refuses(about(lt(Norm(A, kind), n * x), small), rows)
        refuses(about(le(Norm(A, kind), x), small), rows)
    wide = each(forall(q, le(absolute(M[p, q]), x)))
    many = Largest(
        ROW, COL, False, Order((AtMost("hyp:0", ONE, ((var(p), i), (var(q), j)), (), as_term(m), as_index(1)),))
    )
    accepts(about(le(norm(M, "inf"), m * x), wide), many)
    accepts(about(le(norm(M, 1), n * x), wide), rows)
    for kind in ("2", "fro"):
        refuses(about(le(Norm(M, kind), m * x), wide), many, "square")
    refuses(about(le(norm(M, 1), m * x), wide), many)
    refuses(about(le(norm(M, "inf"), n * x), wide), rows)
    on = each(le(absolute(D[p, p]), x))
    largest = Largest(ROW, COL, True, Order((AtMost("hyp:0", ONE, ((var(p), i),), (), ONE, as_index(1)),)))
    for kind in ("1", "2", "inf"):
        accepts(about(le(Norm(D, kind), x), on), largest)
    refuses(about(le(norm(D, "fro"), x), on), largest, "Frobenius")
    refuses(about(le(norm(A), x), each(le(absolute(A[p, p]), x))), largest, "diagonal")
    refuses(about(le(norm(zeros(n, m), 1), x), on), largest, "square")
    refuses(about(le(x, norm(D)), on), largest, "norm")
    refuses(about(le(norm(D), x), on, le(0, D[i, i])), largest, "new")


def test_the_contrary() -> None:
    every = each(forall(q, le(n * absolute(W[p, q]), 4)))
    J = jacobian(h[t], h[t - k])
    claim = about(negation(every), explodes(J), of=NET)
    proof = prove(claim)
    assert isinstance(proof, Contrary)
    accepts(claim, proof)
    refuses(claim, Contrary(1, proof.proof), "no such")
    refuses(about(negation(every), of=NET), proof, "no such")
    refuses(about(negation(every), negation(explodes(J)), of=NET), proof)
    # what is denied of a state before the trajectory may only have had no value
    c = scalar("c")
    early = about(le(c, c - 1), negation(le(h[t - 5][1, 1], h[t - 5][1, 1])), of=NET)
    refuses(early, Contrary(0, combine()), "no value")
    accepts(about(le(x, x - 1), negation(le(x, x))), Contrary(0, combine()))


def test_what_holds_of_all_matrices_holds_of_one() -> None:
    every = forall(D, eq(U @ D, D @ U))
    one = about(eq(U @ diag(u), diag(u) @ U), every)
    accepts(one, Specialise(0, diag(u), words()))
    refuses(about(eq(U @ A, A @ U), every), Specialise(0, A, words()), "diagonal")
    refuses(one, Specialise(0, u, words()), "shape")
    refuses(one, Specialise(1, diag(u), words()), "no such")
    refuses(about(one.conclusion, eq(U @ D, D @ U)), Specialise(0, diag(u), words()), "no such")
    refuses(about(eq(A.inv, A.inv), forall(B, eq(B, B))), Specialise(0, A.inv, words()), "no value")
    slopes = about(eq(NET.D[t] @ W, W), forall(NET.D, eq(NET.D[NET.t] @ W, W)), of=NET)
    refuses(slopes, Specialise(0, eye(n), words()), "parameter")
    weights = about(eq(A @ NET.W_hh, A), forall(NET.W_hh, eq(A @ NET.W_hh, A)), of=NET)
    refuses(weights, Specialise(0, eye(n), words()))
    bound = about(eq(A @ B, B @ A), forall(A, eq(A @ B, B @ A)))
    accepts(bound, Specialise(0, A, words()))


def test_what_commutes_and_what_is_equal() -> None:
    every = about(diagonal(U), forall(D, eq(U @ D, D @ U)))
    accepts(every, Commutant(d, Specialise(0, diag(d), words_of(1))))
    refuses(every, Commutant(U, Known()), "vector")
    for old in (vector("U", n), Sym("d", (n, as_index(1)), "free", ("nonnegative",), (), False), vector("d", m)):
        refuses(every, Commutant(old, Specialise(0, diag(old), words_of(1))))
    one = about(diagonal(U), eq(U @ diag(u), diag(u) @ U))
    refuses(one, Commutant(u, words_of(0)), "new")
    refuses(one, Commutant(d, words_of(0)))
    refuses(about(eq(U, V), forall(D, eq(U @ D, D @ U))), Commutant(d, words_of(0)), "diagonal")
    accepts(about(eq(A, B), forall(v, eq(A @ v, B @ v))), Applied(w, Specialise(0, w, words_of(1))))
    refuses(about(eq(A, B), eq(A @ v, B @ v)), Applied(v, words_of(0)), "new")
    refuses(about(eq(A, B), eq(A @ v, B @ v)), Applied(w, words_of(0)))
    cell = about(eq(W, A), eq(W @ NET.b, A @ NET.b), of=NET)
    refuses(cell, Applied(NET.b, words_of(0)), "new")


def words_of(which: int) -> Any:
    from symrnn.certificates import Use
    from symrnn.claims.tree import HOLE

    return words(Use(HOLE, f"hyp:{which}", (), ()))


def test_activations_that_take_a_value_once() -> None:
    for name in ("sigmoid", "tanh", "softplus"):
        f = activation(name)
        accepts(about(eq(A, B), eq(f(A), f(B))), Injective(name, words_of(0)))
        refuses(about(eq(A, B), eq(f.prime(A), f.prime(B))), Injective(name, words_of(0)))
    for name in ("relu", "hard_sigmoid", "hard_sigmoid6", "phi"):
        f = activation(name)
        refuses(about(eq(A, B), eq(f(A), f(B))), Injective(name, words_of(0)), "increasing")
    refuses(about(eq(A, B), eq(sigmoid(A), tanh(B))), Injective("tanh", words_of(0)))
    refuses(about(le(A, B), eq(tanh(A), tanh(B))), Injective("tanh", words_of(0)), "equation")


def test_gates_that_are_never_0() -> None:
    z = CELL.z[t]
    open_ = Regular(ROW, True, combine(product(use("below", Entry(z, i, as_index(1))))))
    accepts(about(invertible(eye(n) - diag(z)), of=CELL), open_)
    refuses(about(invertible(diag(z)), of=CELL), open_)
    refuses(about(invertible(eye(n) - diag(CELL.g[t])), of=CELL), open_)
    refuses(about(invertible(eye(n) - diag(z)), of=CELL), Regular(ROW, False, open_.proof))
    refuses(about(invertible(A)), Regular(ROW, True, combine()), "diagonal")
    flat = GRU(activation("hard_sigmoid"))
    ends = Regular(ROW, True, combine(product(use("below", Entry(flat.z[t], i, as_index(1))))))
    refuses(about(invertible(eye(n) - diag(flat.z[t])), of=flat), ends, "0")


# ---- general claims -------------------------------------------------------------------------------------------------


@cache
def proved(claim: Claim) -> Proof | None:
    return prove(claim)


def shown(claim: Claim, data: Any) -> bool:
    try:
        kernel.entails(claim, decode(data))
    except (Refused, CertificateError):
        return False
    return True


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_true_claims_are_proved_and_their_near_misses_are_not(case: Case) -> None:
    _, claim, misses = case
    proof = proved(claim)
    assert proof is not None and misses
    kernel.entails(claim, proof)
    data = encode(proof)
    for miss in misses:
        assert proved(miss) is None, str(miss.conclusion)
        assert not shown(miss, data), str(miss.conclusion)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_damaged_proofs(case: Case) -> None:
    name, claim, misses = case
    proof, rng = proved(claim), random.Random(case[0])
    assert proof is not None
    data = encode(proof)
    for _ in range(TRIES):
        bad = corruptions(data, rng)
        for miss in misses:
            assert not shown(miss, bad), (name, str(miss.conclusion), bad)


def test_every_rule_was_damaged() -> None:
    proofs = [proof for _, claim, _ in CASES if (proof := proved(claim)) is not None]
    kinds = {type(node) for proof in proofs for node in walk(proof)}
    assert set(NEW) <= kinds, [kind.__name__ for kind in set(NEW) - kinds]
    refused = 0
    for (_, claim, _), proof in zip(CASES, proofs, strict=True):
        refused += sum(not shown(claim, corruptions(encode(proof), random.Random(seed))) for seed in range(6))
    assert refused > 150


def test_no_proof_proves_a_false_neighbour_of_another_claim() -> None:
    proofs = [encode(proof) for _, claim, _ in CASES if (proof := proved(claim)) is not None]
    for _, _, misses in CASES[::3]:
        for miss in misses[:1]:
            assert not any(shown(miss, data) for data in proofs), str(miss.conclusion)


QUICK = ("Cho", "Chung", "MGU", "leaky", "an LSTM's memory", "a mean", "the triangle", "Hochreiter", "candidates")


@pytest.mark.parametrize("case", [c for c in CASES if c[0] in QUICK], ids=lambda case: case[0])
def test_near_misses_are_refuted_by_a_network(case: Case) -> None:
    verdicts = [decided(miss).verdict for miss in case[2][:3]]
    assert "proved" not in verdicts and verdicts.count("refuted") >= min(1, len(verdicts)), verdicts


def test_rows_are_no_times() -> None:
    """A row in a claim about a network keeps its place when the trajectory is moved to begin at 0."""
    claim = about(each(le(absolute(CELL.h[t][p, 1]), absolute(CELL.h[t - 1][p, 1]))), of=CELL)
    decision = decided(claim)
    assert decision.verdict == "refuted" and decision.instance is not None


# ---- search that lies -----------------------------------------------------------------------------------------------

lies = Derivation("lies", cell=GRU())
FALSE = lies.step("1", forall(p, le(absolute(lies.h[t][p, 1]), absolute(lies.h[t - 1][p, 1]))))
LIES: list[Proof] = [
    combine(),
    combine(product(use("magnitude", absolute(lies.h[t][p, 1])))),
    Unfold((lies.h[t],), combine()),
    BySign(lies.h[t][p, 1], combine(), combine()),
    Ascend(var(k), 0, (), combine(), combine()),
    Contrary(0, combine()),
    Specialise(0, A, combine()),
    Fact(le(absolute(lies.h[t][p, 1]), absolute(lies.h[t - 1][p, 1])), combine(), Given(0)),
    Largest(ROW, COL, False, combine()),
    Injective("tanh", Given(0)),
    Regular(ROW, True, combine()),
    Commutant(d, Given(0)),
    Applied(d, Given(0)),
    Entrywise(ROW, COL, combine()),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda proof: type(proof).__name__)
def test_a_lying_prover(lie: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "prove", lambda claim: lie)
    with pytest.raises(Refused):
        kernel.entails(FALSE.claim, lie)
    result = decide.decide(FALSE.claim, most=1)
    assert result.verdict != "proved" and result.refused is not None


# ---- the linear programme -------------------------------------------------------------------------------------------


def test_linear_programmes() -> None:
    """A x = b, x >= 0 where it has a solution; with one of the wanted variables above 0 if it can be."""
    rng, solved = random.Random(5), 0
    for _ in range(120):
        rows, columns = rng.randrange(1, 4), rng.randrange(1, 6)
        a = [{r: Q(rng.randrange(-2, 3)) for r in range(rows)} for _ in range(columns)]
        inside = [Q(rng.randrange(0, 3)) for _ in range(columns)]
        b = [sum((a[c][r] * inside[c] for c in range(columns)), Q(0)) for r in range(rows)]
        wanted = frozenset(c for c in range(columns) if inside[c] and rng.random() < 0.5)
        found = solve(a, b, wanted)
        assert found is not None and all(value >= 0 for value in found)
        assert [sum((a[c][r] * found[c] for c in range(columns)), Q(0)) for r in range(rows)] == b
        assert not wanted or any(found[c] for c in wanted)
        solved += 1
    assert solved == 120
    assert solve([{0: Q(1)}, {0: Q(2)}], [Q(-1)], frozenset()) is None
    assert solve([{0: Q(1), 1: Q(1)}], [Q(1), Q(2)], frozenset()) is None
    assert scalar("x") == x
