"""Random networks and matrices at which claims are tried: structured and defective ones, exact, from a seed.

Hypotheses are met by construction where that is simple (X = expression, A B = B A, A B = I, P^2 = P, N^2 = 0, declared
properties); whoever draws still has to ask whether they hold. Elman networks are driven through states chosen first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from closed_forms import Matrix, NoValue, Number, Wrong, eye, inverse, log, plus, product, shape, transposed
from evaluator import Network, Unclear

from symrnn.claims import tree as tr
from symrnn.claims.index import Var
from symrnn.claims.recurrence import Claim, activations_of
from symrnn.claims.shapes import ONE
from symrnn.claims.substitution import free_vars, symbols

Q = Fraction
SMALL = [Q(x) for x in (0, 1, 1, -1, 2, -2, 3)] + [Q(1, 2), Q(-1, 3)]
STATES = [Q(1, 2), Q(1, 3), Q(2, 3), Q(1, 4), Q(3, 4), Q(1, 5), Q(4, 5), Q(1, 10), Q(9, 10)]
FIRST = 5  # the time of the first state
RUN = 14  # steps simulated


def draws(claim: Claim, seed: str, count: int) -> Iterator[Network]:
    """Networks of the claim's domain that meet its hypotheses and antecedents, ``count`` attempts."""
    rng = random.Random(seed)
    for _ in range(count):
        try:
            net = draw(claim, rng)
            if net is not None and net.meets(claim):
                yield net
        except (Unclear, NoValue):
            continue


def draw(claim: Claim, rng: random.Random) -> Network | None:
    """One network for a claim, its hypotheses met as far as is simple."""
    hypotheses = list(_conjuncts(claim))
    integers = _integers(claim, hypotheses, rng)
    if integers is None:
        return None
    free = {s for s in symbols(claim) if s.role == "free"} | set(claim.cell.params if claim.cell else ())
    net = Network(integers, cell=claim.cell, first=FIRST, window=(FIRST + 1, FIRST + RUN), activation="sigmoid")
    kind = rng.choice(KINDS)
    for s in sorted(free, key=lambda s: s.key):
        kind = rng.choice(KINDS) if rng.random() < 0.6 else kind
        net_size = _size(s, integers)
        props = frozenset(s.props) | _assumed(s, hypotheses)
        if s.family:
            members = [structured(rng, *net_size, rng.choice(KINDS), props) for _ in range(net.period)]
            net.families[s.name] = lambda i, members=members: members[i % len(members)]  # type: ignore[misc]
        else:
            net.matrices[s.name] = structured(rng, *net_size, kind, props)
    _settle(net, hypotheses, rng)
    if claim.cell is not None:
        _drive(net, rng, hypotheses)
    return net


def _conjuncts(claim: Claim) -> Iterator[tr.Prop]:
    todo = list(claim.hypotheses)
    if isinstance(claim.conclusion, tr.Implies):
        todo.append(claim.conclusion.left)
    while todo:
        h = todo.pop(0)
        if isinstance(h, tr.And):
            todo = [*h.args, *todo]
        elif isinstance(h, tr.Or):
            todo.insert(0, h.args[0])
        else:
            yield h


def _integers(claim: Claim, hypotheses: list[tr.Prop], rng: random.Random) -> dict[str, int] | None:
    """Values of the free variables that satisfy the relations among them; None if that did not work out."""
    variables = sorted(free_vars(claim) | _cell_sizes(claim), key=lambda v: v.key)
    relations = [h for h in hypotheses if isinstance(h, tr.IndexRel)]
    lowered = {v for h in relations for v in free_vars(h)}
    for _ in range(60):
        out = {}
        for v in variables:
            if v.kind == "size":
                out[v.name] = rng.choice((1, 2, 2, 2, 3))
            elif v.kind == "lag":
                low = 0 if v in lowered else (v.low or 0)
                out[v.name] = low + rng.choice((0, 1, 1, 2, 3))
            elif v.kind == "time":
                out[v.name] = FIRST + RUN - rng.randrange(3)
            else:
                out[v.name] = rng.choice((1, 1, 2))
        if "m" in out and "n" in out and claim.cell is not None:
            out["m"] = out["n"] + rng.choice((0, 0, 1))  # wide enough to steer the network
        for h in relations:
            if h.op == "=":
                for v, c in (h.lhs - h.rhs).terms:
                    if abs(c) == 1:
                        gap = Network(out).integer(h.lhs - h.rhs, out)
                        out[v.name] -= c * gap
                        break
        if all(Network(out).true(h, out) for h in relations) and all(
            v.low is None or v in lowered or out[v.name] >= v.low for v in variables
        ):
            if all(out[v.name] >= 1 for v in variables if v.kind == "size"):
                return out
    return None


def _cell_sizes(claim: Claim) -> set[Var]:
    return {v for v in free_vars(claim.cell) if v.kind == "size"} if claim.cell else set()


def _size(s: tr.Sym, integers: dict[str, int]) -> tuple[int, int]:
    rows, cols = (Network(integers).integer(d, integers) for d in s.shape or (ONE, ONE))
    return rows, cols


def _assumed(s: tr.Sym, hypotheses: list[tr.Prop]) -> frozenset[str]:
    out = set()
    for h in hypotheses:
        while isinstance(h, tr.ForAll):
            h = h.body
        if isinstance(h, tr.Pred) and isinstance(h.arg, tr.Sym) and h.arg.name == s.name:
            out.add(h.name)
    return frozenset(out)


# ---- matrices --------------------------------------------------------------------------------------------------------

KINDS = (
    "random",
    "random",
    "invertible",
    "diagonal",
    "scalar",
    "identity",
    "zero",
    "nilpotent",
    "idempotent",
    "involution",
    "jordan",
    "permutation",
    "rank one",
    "symmetric",
)


def structured(rng: random.Random, rows: int, cols: int, kind: str, props: frozenset[str]) -> Matrix:
    """A matrix of a kind; declared properties prevail."""
    entries = [[rng.choice(SMALL) for _ in range(cols)] for _ in range(rows)]
    if rows == cols:
        n = rows
        if kind == "diagonal":
            entries = [[entries[i][i] * (i == j) for j in range(n)] for i in range(n)]
        elif kind in ("scalar", "identity", "zero"):
            c = {"scalar": entries[0][0], "identity": Q(1), "zero": Q(0)}[kind]
            entries = [[c * (i == j) for j in range(n)] for i in range(n)]
        elif kind in ("nilpotent", "idempotent", "involution", "jordan", "invertible"):
            entries = _conjugated(rng, n, kind)
        elif kind == "permutation":
            order = rng.sample(range(n), n)
            entries = [[Q(int(order[i] == j)) for j in range(n)] for i in range(n)]
        elif kind == "rank one":
            u, v = ([rng.choice(SMALL) for _ in range(n)] for _ in range(2))
            entries = [[x * y for y in v] for x in u]
        elif kind == "symmetric":
            entries = [[entries[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    return [[Number.of(x) for x in row] for row in _bent(rng, entries, props)]


def _conjugated(rng: random.Random, n: int, kind: str) -> list[list[Q]]:
    """U K U^-1 for a simple K and a unimodular U."""
    core = [[Q(0)] * n for _ in range(n)]
    for i in range(n):
        core[i][i] = {
            "nilpotent": Q(0),
            "idempotent": Q(rng.randrange(2)),
            "involution": Q(rng.choice((1, -1))),
            "jordan": Q(1, 2) if i < 2 else Q(2),
            "invertible": Q(rng.choice((1, -1, 2))),
        }[kind]
    if kind in ("nilpotent", "jordan") and n > 1:
        core[0][1] = Q(1)
    u = [[Number.of(int(i == j) if i >= j else 0) for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(i):
            u[i][j] = Number.of(rng.choice((0, 1, -1)))
    u = u if rng.random() < 0.5 else transposed(u)
    made = product(product(u, [[Number.of(x) for x in row] for row in core]), inverse(u))
    return [[x.rational for x in row] for row in made]


def _bent(rng: random.Random, a: list[list[Q]], props: frozenset[str]) -> list[list[Q]]:
    n, m = len(a), len(a[0])
    keep: list[Callable[[int, int], bool]] = []
    if "scalar" in props:
        a = [[a[0][0] if i == j else Q(0) for j in range(m)] for i in range(n)]
    if "diagonal" in props:
        keep.append(lambda i, j: i == j)
    if "lower_triangular" in props:
        keep.append(lambda i, j: i >= j)
    if "upper_triangular" in props:
        keep.append(lambda i, j: i <= j)
    a = [[x if all(k(i, j) for k in keep) else Q(0) for j, x in enumerate(row)] for i, row in enumerate(a)]
    if "nonnegative" in props:
        a = [[abs(x) for x in row] for row in a]
    if props & {"symmetric", "normal"}:
        a = [[a[min(i, j)][max(i, j)] for j in range(m)] for i in range(n)]
    if "skew" in props:
        a = [[a[min(i, j)][max(i, j)] * ((i < j) - (i > j)) for j in range(m)] for i in range(n)]
    if "orthogonal" in props:
        a = _rotation(rng, n)
    if "invertible" in props:
        a = [[x + (Q(17, 3) if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(a)]
    return a


def _rotation(rng: random.Random, n: int) -> list[list[Q]]:
    order = rng.sample(range(n), n)
    out = [[Q(rng.choice((1, -1)) * (order[i] == j)) for j in range(n)] for i in range(n)]
    if n > 1 and rng.random() < 0.7:
        p, q = out[0], out[1]
        out[0] = [Q(3, 5) * x - Q(4, 5) * y for x, y in zip(p, q, strict=True)]
        out[1] = [Q(4, 5) * x + Q(3, 5) * y for x, y in zip(p, q, strict=True)]
    return out


# ---- hypotheses ------------------------------------------------------------------------------------------------------


def _settle(net: Network, hypotheses: list[tr.Prop], rng: random.Random) -> None:
    """Values put in place so that simple equations hold, in order."""
    for h in hypotheses:
        if not isinstance(h, tr.Rel) or h.op != "=":
            continue
        for x, other in ((h.lhs, h.rhs), (h.rhs, h.lhs)):
            if isinstance(x, tr.Sym) and x.role == "free" and not x.index and x not in symbols(other):
                try:
                    value = net.value(other, net.integers)
                except (NoValue, Unclear, KeyError):
                    continue
                size = _size(x, net.integers)
                net.matrices[x.name] = value if shape(value) == size else [[Number.of(0)] * size[1]] * size[0]
                break
        else:
            _pair(net, h, rng)


def _pair(net: Network, h: tr.Rel, rng: random.Random) -> None:
    """A B = B A, A B = I, P P = P, N N = 0, A A = I between constants."""
    lhs, rhs = (h.lhs, h.rhs) if isinstance(h.lhs, tr.MatMul) else (h.rhs, h.lhs)
    if not isinstance(lhs, tr.MatMul) or len(lhs.args) != 2 or not all(_constant(a) for a in lhs.args):
        return
    a, b = lhs.args
    assert isinstance(a, tr.Sym) and isinstance(b, tr.Sym)
    n = len(net.matrices[a.name])
    if a == b:
        kind = {tr.Eye: "involution", tr.Const: "nilpotent", tr.Zeros: "nilpotent"}.get(type(rhs), "idempotent")
        net.matrices[a.name] = structured(rng, n, n, kind, frozenset())
    elif isinstance(rhs, tr.Eye):
        try:
            net.matrices[b.name] = inverse(net.matrices[a.name])
        except (NoValue, Wrong):
            return
    elif isinstance(rhs, tr.MatMul) and rhs.args == (b, a):
        x, y = (a, b) if rng.random() < 0.5 else (b, a)
        m = net.matrices[x.name]
        if shape(m) == (n, n):
            c = [Number.of(rng.choice(SMALL)) for _ in range(3)]
            square = product(m, m)
            parts = [[[v * k for v in row] for row in p] for p, k in zip((square, m, eye(n)), c, strict=True)]
            net.matrices[y.name] = plus(plus(parts[0], parts[1]), parts[2])


def _constant(t: tr.Term) -> bool:
    return isinstance(t, tr.Sym) and t.role == "free" and not t.index


# ---- trajectories ----------------------------------------------------------------------------------------------------


def _drive(net: Network, rng: random.Random, hypotheses: list[tr.Prop]) -> None:
    """States chosen first, then inputs x with V x = s^-1(state) - W h - b, V = [I 0], for Elman networks."""
    cell = net.cell
    if cell is None or not cell.name.startswith("elman"):
        raise Unclear("only Elman networks are driven")
    rows = "row" in cell.name
    n = net.integers["n"] if "n" in net.integers else shape(net.matrices["W_hh"])[0]
    m = shape(net.matrices["W_xh"])[1]
    if m < n:
        raise Unclear("too few inputs to steer the network")
    net.matrices["W_xh"] = [[Number.of(int(i == j)) for j in range(m)] for i in range(n)]
    names = activations_of(cell)
    name = names[0] if names[0] in _PREIMAGES else str(net.activation)
    style = rng.choice(("any", "any", "same entries", "same times", "mirrored"))
    fixed = [rng.choice(STATES) for _ in range(n)]
    bias = net.matrices.get("b") or [[Number.of(0)] for _ in range(n)]
    bias = transposed(bias) if rows and "b" in net.matrices else bias
    states: dict[int, Matrix] = {}
    inputs: dict[int, Matrix] = {}
    for time in range(FIRST, FIRST + RUN + 1):
        picks = {
            "any": [rng.choice(STATES) for _ in range(n)],
            "same entries": [rng.choice(STATES)] * n,
            "same times": fixed,
            "mirrored": [p if rng.random() < 0.5 else 1 - p for p in fixed],
        }[style]
        pre = [_PREIMAGES[name](p) for p in picks]
        states[time] = [[net.activated(name, a)[0]] for a in pre]
        if time > FIRST:
            drift = plus(product(net.matrices["W_hh"], states[time - 1]), bias)
            x = [[a - d[0]] for a, d in zip(pre, drift, strict=True)] + [[Number.of(0)]] * (m - n)
            inputs[time] = transposed(x) if rows else x
    net.initial["h"] = transposed(states[FIRST]) if rows else states[FIRST]
    net.inputs["x"] = lambda time: _known(inputs, time)


def _known(inputs: dict[int, Any], time: int) -> Matrix:
    if time not in inputs:
        raise Unclear(f"no input at time {time}")
    found: Matrix = inputs[time]
    return found


_PREIMAGES: dict[str, Callable[[Q], Number]] = {
    "sigmoid": lambda p: log(p / (1 - p)),
    "softplus": lambda p: log(p / (1 - p)),
    "tanh": lambda p: log(p / (1 - p)) * Q(1, 2),  # the state is 2p - 1
    "identity": lambda p: Number.of(p),
    "relu": lambda p: Number.of(p - Q(2, 5)),  # on either side of the kink
}
