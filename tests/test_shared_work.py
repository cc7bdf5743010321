"""What one question of a step finds serves the others, and nothing is believed because of it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import flint
import pytest

from symrnn import (
    Derivation,
    Elman,
    absolute,
    check,
    eq,
    invertible,
    jacobian,
    kernel,
    lt,
    matrix,
    norm,
    product,
    sigmoid,
    size,
    tanh,
    vanishes,
)
from symrnn.certificates import Proved, Words
from symrnn.claims.recurrence import with_activation
from symrnn.claims.substitution import contains, kinds, walk
from symrnn.claims.tree import Apply, Inv, Jac, Norm, SpectralRadius
from symrnn.search import proofs
from symrnn.search.alone import holds_at, speaks_of
from symrnn.search.kept import Kept
from symrnn.search.pools import rows
from symrnn.search.refute import glimpse
from symrnn.semantics.polynomials import _reduced, _ring
from symrnn.semantics.sequents import sequent_of


def one_step(activation=sigmoid, other_way=False):
    d = Derivation("x", cell=Elman(activation))
    h, W, D, t, k, j = d.h, d.W_hh, d.D, d.t, d.k, d.j
    step = W @ D[j] if other_way else D[j] @ W
    return d.step("1", eq(jacobian(h[t], h[t - k]), product(step, j, t, t - k + 1))).claim


# ---- proofs ----


def test_a_proof_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = proofs.prove
    monkeypatch.setattr(proofs, "prove", lambda claim: asked.append(claim) or real(claim))
    with proofs.shared():
        first, again = proofs.proof_of(one_step()), proofs.proof_of(one_step())
        other = proofs.proof_of(one_step(tanh))
    assert first is not None and first is again and len(asked) == 1
    assert kernel.check(one_step(tanh), Proved(other, None)).verdict == "proved"
    with proofs.shared():
        assert proofs.proof_of(one_step()) == first and len(asked) == 2  # nothing is kept from step to step
    assert proofs.proof_of(one_step()) == first and len(asked) == 3  # nor where nothing is shared


def test_a_proof_that_does_not_carry_over_is_looked_for_anew() -> None:
    """||W|| < 4 is enough for the sigmoid, whose slope is at most 1/4, and not for tanh."""
    d = Derivation("x", cell=Elman(sigmoid))
    claim = d.step("1", vanishes(jacobian(d.h[d.t], d.h[d.t - d.k]), d.k), assuming=[lt(norm(d.W_hh), 4)]).claim
    with proofs.shared():
        assert proofs.proof_of(claim) is not None
        assert proofs.proof_of(with_activation(claim, "sigmoid", "tanh")) is None


def test_what_is_shared_is_checked_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that says of everything that it is proved by normal forms gets nothing false through."""
    monkeypatch.setattr(proofs, "prove", lambda claim: Words("left", "left", (), ()))
    d = Derivation("x", cell=Elman(sigmoid))
    h, W, D, t = d.h, d.W_hh, d.D, d.t
    d.step("1", eq(jacobian(h[t], h[t - 1]), W @ D[t]))
    step = check(d).step("1")
    assert step.verdict != "proved"
    assert [v.activation for v in step.variants if v.verdict == "proved"] == ["identity"]  # where D is I


# ---- looks at a few instances ----


def test_a_glimpse_is_a_counterexample_or_nothing() -> None:
    n = size("n")
    A, B = matrix("A", n), matrix("B", n)
    d = Derivation("x")
    seen = glimpse(d.step("1", eq(A @ B, B @ A)).claim)
    assert seen is not None and dict(seen.integers)[n.terms[0][0]] == 2
    assert glimpse(d.step("2", eq((A @ B).T, B.T @ A.T)).claim) is None


def test_statements_about_one_matrix() -> None:
    n = size("n")
    A, B = matrix("A", n), matrix("B", n)
    assert speaks_of(lt(norm(A), 4), "A") and not speaks_of(lt(norm(A @ B), 4), "A")
    value = rows([[1, 2], [3, 4]])
    assert holds_at(lt(norm(A), 6), A, value) is True and holds_at(lt(norm(A), 5), A, value) is False
    assert holds_at(lt(norm(B), 5), A, value) is None  # nothing is known of it


def test_what_an_iterator_gives_is_worked_out_once() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int | None]:
        for i in (0, None, 2):
            made.append(0)
            yield i

    kept = Kept(numbers())
    one, two = iter(kept), iter(kept)
    assert next(one) == 0 and len(made) == 1
    assert list(two) == [0, None, 2] == list(kept) and list(one) == [None, 2] and len(made) == 3


# ---- what is trusted ----


def test_sequents_share_normal_forms_only_where_they_know_the_same() -> None:
    n = size("n")
    A = matrix("A", n)
    d = Derivation("x")
    s = sequent_of(d.step("1", eq(A @ A.inv, A.inv @ A), assuming=[invertible(A)]).claim)
    other = s.towards(eq(A, A))
    assert other.algebra("left") is s.algebra("left") is not s.algebra("right")
    bare = sequent_of(d.step("2", eq(A @ A.inv, A.inv @ A)).claim)
    assert bare.algebra("left") is not s.algebra("left")
    assert s.defined(A.inv) and not bare.defined(A.inv)
    more = sequent_of(d.step("3", eq(A, A)).claim)
    assert not more.defined(A.inv) and more.with_fact(invertible(A)).defined(A.inv) and not more.defined(A.inv)


def test_the_types_of_nodes() -> None:
    claim = one_step()
    assert kinds(claim) == {type(x) for x in walk(claim)}
    assert contains(claim, Jac) and contains(claim, Norm, Apply) and not contains(claim, Inv, SpectralRadius)
    n = size("n")
    assert contains(absolute(norm(matrix("A", n))) + 1, Norm)


def test_reduction_leaves_out_nothing_of_use() -> None:
    """The same as by plain division until nothing changes, for random polynomials."""

    def plainly(p, basis):
        if any(divmod(p, z)[1] == 0 for z in basis):
            return p - p
        changed = True
        while changed and p != 0:
            changed = False
            for z in basis:
                quotient, rest = divmod(p, z)
                if quotient != 0:
                    p, changed = rest, True
        return p

    rng = random.Random(5)
    ring = _ring()

    def drawn(terms: int):
        out = ring.constant(flint.fmpq(0))
        for _ in range(terms):
            term = ring.constant(flint.fmpq(rng.choice((-2, -1, 1, 3)), rng.choice((1, 2))))
            for _ in range(rng.randint(0, 3)):
                term = term * ring.gen(rng.randint(0, 3))
            out = out + term
        return out

    for _ in range(400):
        basis = [z for z in (drawn(rng.randint(1, 2)) for _ in range(rng.randint(0, 4))) if z != 0]
        p = drawn(rng.randint(1, 4))
        p = p * basis[0] if basis and rng.random() < 0.3 else p
        assert _reduced(p, basis) == plainly(p, basis)
