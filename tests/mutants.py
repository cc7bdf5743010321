"""True claims and single slips in them: swapped factors, lost transposes, indices off by one, dropped hypotheses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from vocabulary import A, B, C, N, P, U, commute, i, idempotent, inverses, j, k, l, n, nil, nilpotent, one

from symrnn import (
    Derivation,
    Elman,
    commutator,
    det,
    diagonal,
    eq,
    eye,
    forall,
    has_property,
    inv,
    invertible,
    jacobian,
    product,
    sigmoid,
    summation,
    symmetric,
    trace,
)
from symrnn.claims import tree as tr
from symrnn.claims.index import Index, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import fields, walk
from symrnn.errors import ShapeMismatch

E = Elman(sigmoid)
h, x, W, V, D, a, t = E.h, E.x, E.W_hh, E.W_xh, E.D, E.a, E.t
ROWS = Elman(sigmoid, row_vectors=True)


def _claim(conclusion: tr.Prop, *hypotheses: tr.Prop, cell: Any = None, layout: str = "numerator") -> Claim:
    return Derivation("mutants", cell=cell, layout=layout).step("1", conclusion, assuming=hypotheses).claim


def _network(conclusion: tr.Prop, *hypotheses: tr.Prop, layout: str = "numerator") -> Claim:
    return _claim(conclusion, *hypotheses, cell=E, layout=layout)


def _j(lag: Any) -> Any:
    return jacobian(h[t], h[t - lag])


_slopes = product(D[j], j, t, t - k + 1)
_steps = product(D[j] @ W, j, t, t - k + 1)
_error = summation(
    product(D[j], j, t, t - i + 1) @ commutator(W**i, D[t - i]) @ W @ product(D[j] @ W, j, t - i - 1, t - k + 1),
    i,
    0,
    k - 1,
)

TRUE: dict[str, Claim] = {
    "one step": _network(eq(_j(1), D[t] @ W)),
    "one step by the input": _network(eq(jacobian(h[t], x[t]), D[t] @ V)),
    "one step by the pre-activation": _network(eq(jacobian(a[t], h[t - 1]), W)),
    "two steps": _network(eq(_j(2), D[t] @ W @ D[t - 1] @ W)),
    "chain rule": _network(eq(_j(k), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1))),
    "k steps": _network(eq(_j(k), _steps)),
    "k steps, split": _network(eq(jacobian(h[t], h[t - k - l]), _j(k) @ jacobian(h[t - k], h[t - k - l]))),
    "k steps, first": _network(eq(_j(k + 1), _j(k) @ D[t - k] @ W)),
    "k steps by the input": _network(eq(jacobian(h[t], x[t - k]), _j(k) @ D[t - k] @ V)),
    "one step, denominator": _network(eq(_j(1), W.T @ D[t]), layout="denominator"),
    "k steps, denominator": _network(
        eq(_j(k), product(W.T @ D[j], j, t, t - k + 1, order="ascending")), layout="denominator"
    ),
    "k steps, row vectors": _claim(
        eq(jacobian(ROWS.h[t], ROWS.h[t - k]), product(ROWS.D[j] @ ROWS.W_hh, j, t, t - k + 1)), cell=ROWS
    ),
    "commuting": _network(eq(_j(k), _slopes @ W**k), forall(j, eq(D[j] @ W, W @ D[j]))),
    "diagonal W": _network(eq(_j(k), _slopes @ W**k), diagonal(W)),
    "scalar slopes": _network(eq(_j(k), _slopes @ W**k), forall(j, has_property("scalar", D[j]))),
    "commuting, two steps": _network(eq(_j(2), D[t] @ D[t - 1] @ W**2), eq(W @ D[t - 1], D[t - 1] @ W)),
    "telescoped error": _network(eq(_j(k) - _slopes @ W**k, _error)),
    "determinant of two steps": _network(eq(det(_j(2)), det(D[t]) * det(W) * det(D[t - 1]) * det(W))),
    "transpose of a product": _claim(eq((A @ B @ C).T, C.T @ B.T @ A.T)),
    "transpose of an ordered product": _claim(
        eq(product(A[j], j, 1, k).T, product(A[j].T, j, 1, k, order="ascending"))
    ),
    "split": _claim(eq(product(A[j], j, 1, k + l), product(A[j], j, k + 1, k + l) @ product(A[j], j, 1, k))),
    "difference of powers": _claim(eq(A**k - B**k, summation(A**j @ (A - B) @ B ** (k - 1 - j), j, 0, k - 1))),
    "geometric": _claim(eq((one - A) @ summation(A**j, j, 0, k - 1), one - A**k)),
    "conjugation": _claim(eq((U @ A @ inv(U)) ** k, U @ A**k @ inv(U)), invertible(U)),
    "power of a product": _claim(eq((A @ B) ** k, A**k @ B**k), commute),
    "inverse of a product": _claim(eq(inv(A @ B), inv(B) @ inv(A)), invertible(A), invertible(B)),
    "idempotent": _claim(eq(P**k, P), idempotent),
    "powers of I + N": _claim(eq((one + N) ** k, one + k * N), nilpotent),
    "a left inverse": _claim(eq(B @ A, one), inverses),
    "nilpotent": _claim(eq(N ** (k + 1), nil), nilpotent),
    "symmetric powers": _claim(eq((A**k).T, A**k), symmetric(A)),
    "cyclic trace": _claim(eq(trace(A @ B @ C.T), trace(C.T @ A @ B))),
    "Leibniz": _claim(eq(commutator(A, B @ C), commutator(A, B) @ C + B @ commutator(A, C))),
    "identity of size n": _claim(eq(trace(eye(n)) * A, n * A)),
}


@dataclass(frozen=True)
class Mutant:
    """A claim with a slip in it, which may still be true."""

    origin: str
    slip: str
    claim: Claim


def mutants(origin: str, claim: Claim) -> Iterator[Mutant]:
    """Every claim that differs from this one by a single slip, each once."""
    seen = {claim}
    for slip, changed in _slips(claim):
        if changed not in seen and _sensible(changed):
            seen.add(changed)
            yield Mutant(origin, slip, changed)


def _sensible(claim: Claim) -> bool:
    """Not a mere slip of shapes in a hypothesis."""
    try:
        for t in walk(claim):
            if isinstance(t, tr.Term) and not isinstance(t, tr.Sym) and t != tr.HOLE:
                shape_of(t)
    except ShapeMismatch:
        return True
    except Exception:  # noqa: BLE001 - whatever cannot even be typed is no mutant
        return False
    return True


def _slips(claim: Claim) -> Iterator[tuple[str, Claim]]:
    for index in range(len(claim.hypotheses)):
        rest = claim.hypotheses[:index] + claim.hypotheses[index + 1 :]
        yield f"without {claim.hypotheses[index]}", Claim(claim.conclusion, rest, claim.cell)
        for slip, changed in _anywhere(claim.hypotheses[index]):
            altered = (*claim.hypotheses[:index], changed, *claim.hypotheses[index + 1 :])
            yield f"assumed: {slip}", Claim(claim.conclusion, altered, claim.cell)
    for slip, changed in _anywhere(claim.conclusion):
        yield slip, Claim(changed, claim.hypotheses, claim.cell)


def _anywhere(node: Any) -> Iterator[tuple[str, Any]]:
    """The slips at a node, then those inside it."""
    if isinstance(node, tr.Term):
        yield from _here(node)
    if isinstance(node, Index | tr.Sym | tr.Const) or not isinstance(node, tr.Term | tr.Prop):
        return
    values, make = fields(node), cast(Any, type(node))
    for position, value in enumerate(values):
        parts = value if isinstance(value, tuple) else (value,)
        for which, part in enumerate(parts):
            for slip, changed in _anywhere(part):
                fresh: Any = (*parts[:which], changed, *parts[which + 1 :]) if isinstance(value, tuple) else changed
                yield slip, make(*values[:position], fresh, *values[position + 1 :])


def _here(node: tr.Term) -> Iterator[tuple[str, tr.Term]]:
    match node:
        case tr.MatMul():
            for at in range(len(node.args) - 1):
                b, c = node.args[at : at + 2]
                yield f"{b} and {c} swapped", tr.MatMul((*node.args[:at], c, b, *node.args[at + 2 :]))
            if len(node.args) > 2:
                yield f"{node.args[0]} lost", tr.MatMul(node.args[1:])
        case tr.Add():
            for at, part in enumerate(node.args):
                turned = tr.Times((tr.Const(Fraction(-1)), part))
                yield f"sign of {part}", tr.Add((*node.args[:at], turned, *node.args[at + 1 :]))
        case tr.Pow():
            for by in (1, -1):
                yield f"exponent of {node} off by {by}", tr.Pow(node.base, node.exponent + by)
        case tr.Prod() | tr.Sum():
            yield from _ranges(node)
        case tr.Transpose():
            yield f"transpose of {node.arg} lost", node.arg
        case tr.Inv():
            yield f"inverse of {node.arg} lost", node.arg
        case tr.Jac():
            for by in (1, -1):
                moved = tr.Sym(
                    node.wrt.name, node.wrt.shape, node.wrt.role, node.wrt.props, _moved(node.wrt, by), False
                )
                yield f"{node} by {moved}", tr.Jac(node.of, moved, node.layout)
        case tr.Sym():
            yield from _symbols(node)


def _ranges(node: tr.Prod | tr.Sum) -> Iterator[tuple[str, tr.Term]]:
    ends = ((1, 0), (-1, 0), (0, 1), (0, -1))
    for lo, hi in ends:
        changed = list(fields(node))
        changed[2:4] = [node.lo + lo, node.hi + hi]
        yield f"range of {node} off by {lo}, {hi}", type(node)(*changed)
    if isinstance(node, tr.Prod):
        yield f"order of {node}", tr.Prod(node.body, node.var, node.lo, node.hi, not node.descending)


def _symbols(s: tr.Sym) -> Iterator[tuple[str, tr.Term]]:
    if s.shape is not None and s.shape[0] == s.shape[1] != as_index(1):
        yield f"{s} transposed", tr.Transpose(s)
        yield f"I for {s}", tr.Eye(s.shape[0])
    if s.index:
        for by in (1, -1):
            yield f"index of {s} off by {by}", tr.Sym(s.name, s.shape, s.role, s.props, _moved(s, by), False)
    if s.name in ("A", "B") and not s.family:
        other = "B" if s.name == "A" else "A"
        yield f"{other} for {s}", tr.Sym(other, s.shape, s.role, s.props, s.index, s.family)


def _moved(s: tr.Sym, by: int) -> tuple[Index, ...]:
    return (s.index[0] + by,)
