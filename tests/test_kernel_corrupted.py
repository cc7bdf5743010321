"""Certificates of every kind, corrupted: refused; and none of them shows a false neighbour of its claim."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from symrnn import (
    CertificateError,
    Derivation,
    Elman,
    Refused,
    any_of,
    commutator,
    diagonal,
    eq,
    eye,
    forall,
    iff,
    implies,
    inv,
    invertible,
    jacobian,
    kernel,
    lag,
    le,
    lt,
    matrix,
    norm,
    product,
    sigmoid,
    size,
    summation,
    trace,
    vanishes,
)
from symrnn.certificates import Extensional, General, Proved, Words
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import Var, index
from symrnn.claims.substitution import walk
from symrnn.search.decide import decide

n, m, k = size("n"), size("m"), lag("k")
A, B, U, S = (matrix(name, n) for name in "ABUS")
CELL = Elman(sigmoid)
d = Derivation("names", cell=CELL)
h, D, W, t, j, i = d.h, d.D, d.W_hh, d.t, d.j, index("i")
J = jacobian(h[t], h[t - k])
J2 = jacobian(h[t], h[t - 2])
TWO = D[t] @ D[t - 1] @ W @ W
AT_TWO = eq(n, 2)
P, Q = eye(n) + A @ B, eye(n) + B @ A
SMALL = lt(norm(W), 4)
SEVEN = eq(J, product(D[j], j, t, t - k + 1) @ W**k)


def claim(conclusion: Any, *hypotheses: Any) -> Any:
    return Derivation("x", cell=CELL).step("1", conclusion, assuming=hypotheses).claim


def decided(c: Any, verdict: str) -> Any:
    found = decide(c)
    assert found.verdict == verdict, (str(c), found.attempts)
    return found.certificate


SEVEN_AT_ALL_TIMES = claim(eq(J, product(D[t] @ W, j, t, t - k + 1)))

# kind -> (a claim whose certificate has it, its verdict, false neighbours)
TRUE: dict[str, tuple[Any, list[Any]]] = {
    "Words": (claim(eq((A + B) @ A, A @ A + B @ A)), [claim(eq((A + B) @ A, A @ A + A @ B)), claim(eq(A @ B, B @ A))]),
    "Use": (
        claim(eq(A @ A @ B, B @ B @ B), eq(A, B)),
        [claim(eq(A @ A @ B, B @ B), eq(A, B)), claim(eq(A @ A @ B, B @ B @ B), eq(A @ A, B @ B))],
    ),
    "Induct": (
        claim(SEVEN, eq(D[j] @ W, W @ D[j])),
        [
            claim(SEVEN),
            claim(eq(J, product(D[j], j, t, t - k) @ W**k), eq(D[j] @ W, W @ D[j])),
            claim(eq(J, product(D[j], j, t, t - k + 1) @ W ** (k + 1)), eq(D[j] @ W, W @ D[j])),
        ],
    ),
    "Chain": (
        claim(eq(jacobian(h[t], h[t - 3]), D[t] @ W @ D[t - 1] @ W @ D[t - 2] @ W)),
        [
            claim(eq(jacobian(h[t], h[t - 3]), W @ D[t] @ W @ D[t - 1] @ W @ D[t - 2])),
            claim(eq(jacobian(h[t], h[t - 3]), D[t - 2] @ W @ D[t - 1] @ W @ D[t] @ W)),
            claim(eq(jacobian(h[t], h[t - 3]), D[t] @ W @ D[t] @ W @ D[t] @ W)),
            claim(eq(jacobian(h[t], h[t - 2]), D[t] @ W @ D[t - 1] @ W @ D[t - 2] @ W)),
            claim(eq(J, product(W @ D[j], j, t, t - k + 1))),
            claim(eq(J, product(D[j] @ W, j, t, t - k))),
            claim(eq(J, product(D[j] @ W, j, t, t - k + 1, order="ascending"))),
            SEVEN_AT_ALL_TIMES,
        ],
    ),
    "Cut": (
        claim(
            eq(inv(eye(n) + A @ B) @ A, A @ inv(eye(n) + B @ A)), invertible(eye(n) + A @ B), invertible(eye(n) + B @ A)
        ),
        [claim(eq(inv(eye(n) + A @ B), inv(eye(n) + B @ A)), invertible(eye(n) + A @ B), invertible(eye(n) + B @ A))],
    ),
    "Both": (
        claim(iff(eq(A @ B, B @ A), eq(commutator(A, B), 0))),
        [claim(iff(eq(A @ B, B @ A), eq(A, B))), claim(iff(eq(A @ B, B @ A), eq(A @ B + B @ A, 0)))],
    ),
    "Choose": (claim(any_of(eq(A, B), eq(A, A))), [claim(any_of(eq(A, B), eq(A, B @ A)))]),
    "ByCases": (
        claim(implies(any_of(eq(A, B), eq(A, eye(n))), eq(A @ B, B @ A))),
        [claim(implies(any_of(eq(A, B), eq(A, U)), eq(A @ B, B @ A)))],
    ),
    "Extensional": (
        claim(implies(forall(i, forall(j, eq(W[i, j] * (D[t][j, j] - D[t][i, i]), 0))), eq(D[t] @ W, W @ D[t]))),
        [claim(implies(forall(i, forall(j, eq(W[i, j] * D[t][j, j], 0))), eq(D[t] @ W, W)))],
    ),
    "Known": (claim(diagonal(A @ B), diagonal(A), diagonal(B)), [claim(diagonal(A @ B), diagonal(A))]),
    "Order": (claim(le(norm(A @ B, 1), norm(A, 1) * norm(B, 1))), [claim(le(norm(A @ B, 1), norm(A, 1)))]),
    "Geometric": (
        claim(vanishes(J, k), lt(norm(W), 4)),
        [claim(vanishes(J, k), lt(norm(W), 5)), claim(vanishes(J, k))],
    ),
    "Leaf": (
        claim(eq(A @ A - trace(A) * A + (A[1, 1] * A[2, 2] - A[1, 2] * A[2, 1]) * eye(n), 0), AT_TWO),
        [claim(eq(A @ A - trace(A) * A, 0), AT_TWO)],
    ),
    "Case": (
        claim(implies(eq(A[1, 1] * A[1, 2], 0), any_of(eq(A[1, 1], 0), eq(A[1, 2], 0))), AT_TWO),
        [claim(implies(eq(A[1, 1] * A[1, 2], 0), eq(A[1, 1], 0)), AT_TWO)],
    ),
    "Cancel": (
        claim(implies(eq(D[t][1, 1] * W[1, 2], 0), any_of(eq(W[1, 2], 0), eq(W[1, 1], 0))), AT_TWO),
        [claim(implies(eq(D[t][1, 1] * W[1, 2], 0), any_of(eq(W[2, 1], 0), eq(W[1, 1], 0))), AT_TWO)],
    ),
}


def general() -> tuple[Any, Any]:
    """A proof by generalisation, written by hand: (A + B) S = A S + B S at S := U A."""
    statement = eq((A + B) @ S, A @ S + B @ S)
    goal = claim(eq((A + B) @ (U @ A), A @ (U @ A) + B @ (U @ A)))
    return goal, Proved(General(statement, ((S, U @ A),), Words("left", "left", (), ())), None)


def extensional() -> tuple[Any, Any]:
    goal = claim(eq(D[t] @ W, D[t] @ W))
    row, col = Var("row", "index", None), Var("col", "index", None)
    return goal, Proved(Extensional(row, col, Words("left", "left", (), ())), None)


def corruptions(data: Any, rng: random.Random) -> Any:
    """One random change inside encoded data: a name, a number, a dropped or doubled or swapped part."""
    bad = copy.deepcopy(data)
    places: list[tuple[Any, Any]] = []

    def collect(x: Any) -> None:
        for key in range(len(x)) if isinstance(x, list) else list(x):
            places.append((x, key))
            if isinstance(x[key], list | dict):
                collect(x[key])

    collect(bad)
    where, key = rng.choice(places)
    value = where[key]
    if isinstance(value, bool):
        where[key] = not value
    elif isinstance(value, int):
        where[key] = value + rng.choice((-1, 1, 2))
    elif isinstance(value, str):
        where[key] = rng.choice(
            ["hyp:7", "ih:3", "lemma:everything commutes", "Known", "Eye", "left", value + "x", "2"]
        )
    elif isinstance(value, list) and len(value) > 1:
        where[key] = rng.choice([value[:-1], value[::-1], value + value[-1:], []])
    else:
        where[key] = rng.choice([None, [], {"t": []}, 0, ["Known"], ["Leaf"]])
    return bad


def refused(c: Any, data: Any) -> bool:
    try:
        kernel.check(c, decode(data))
    except (Refused, CertificateError):
        return True
    return False


@pytest.mark.parametrize("kind", [*TRUE, "General", "Extensional by hand"])
def test_corrupted_proofs(kind: str) -> None:
    if kind in TRUE:
        c, neighbours = TRUE[kind]
        certificate = decided(c, "proved")
        assert kind in {type(x).__name__ for x in walk(certificate)}, kind
    else:
        c, certificate = general() if kind == "General" else extensional()
        neighbours = [claim(eq((A + B) @ (U @ A), A @ (U @ A))), claim(eq(D[t] @ W, W @ D[t]))]
    assert kernel.check(c, certificate).verdict == "proved"
    for false in neighbours:
        assert refused(false, encode(certificate)), str(false)
    rng, data = random.Random(kind), encode(certificate)
    bad = []
    for _ in range(160):
        changed = corruptions(data, rng)
        if changed != data and changed not in bad:
            bad.append(changed)
            for false in neighbours:
                assert refused(false, changed), (str(false), changed)
    assert sum(refused(c, x) for x in bad) >= 12


@pytest.mark.parametrize(
    ("name", "c", "verdict", "true"),
    [
        (
            "Point, a path",
            claim(eq(J, product(D[j], j, t, t - k + 1) @ W**k)),
            "refuted",
            claim(eq(J2, D[t] @ W @ D[t - 1] @ W)),
        ),
        ("Point, values", claim(eq(A @ B, B @ A)), "refuted", claim(eq(trace(A @ B), trace(B @ A)))),
        (
            "Point, an orbit",
            claim(vanishes(J, k), lt(norm(W, "inf"), 40)),
            "refuted",
            claim(vanishes(J, k), lt(norm(W), 4)),
        ),
        ("Mismatch", claim(eq(d.W_xh @ h[t], h[t])), "refuted", claim(eq(W @ h[t], W @ h[t]))),
        ("Null", claim(eq(inv(A) @ A, eye(n))), "conditional", claim(eq(A, A))),
    ],
)
def test_corrupted_verdicts(name: str, c: Any, verdict: str, true: Any) -> None:
    certificate = decided(c, verdict)
    data, rng, bad = encode(certificate), random.Random(name), []
    assert refused(true, data)
    for _ in range(240):
        changed = corruptions(data, rng)
        if changed != data and changed not in bad:
            bad.append(changed)
            assert refused(true, changed), changed
    if name == "Mismatch":  # it has no fields: only other claims can be wrong about it
        others = [eq(A @ B, B @ A), eq(W @ h[t], h[t]), eq(trace(A), 0), eq(summation(A**j, j, 0, k), A), eq(D[t], W)]
        assert all(refused(claim(x), data) for x in others)
        assert sum(refused(c, x) for x in bad) >= 1
        return
    assert sum(refused(c, x) for x in bad) >= 12
