"""Normal forms and explicit entries against exact values: whatever the algebra says is equal is equal at instances.

Random well-typed terms are brought to normal form and back; both are evaluated at random exact instances, size 1 and
least lags and singular matrices included. A term with a normal form must have a value wherever its hypotheses hold.
Blind to what neither side can decide: activations without rational values, determinants beyond size 3.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Q
from typing import Any

import pytest

from symrnn import (
    Elman,
    cell,
    diag,
    eq,
    index,
    inputs,
    invertible,
    jacobian,
    lag,
    le,
    local,
    matrix,
    relu,
    scalar,
    size,
    state,
    time,
)
from symrnn import identity as linear
from symrnn.claims.index import Index, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import free_vars, substitute, symbols
from symrnn.claims.tree import (
    Abs,
    Add,
    Apply,
    Const,
    Det,
    Diag,
    Entry,
    Eye,
    Hadamard,
    Inv,
    MatMul,
    Norm,
    Ones,
    Pow,
    Prod,
    SizeOf,
    Sum,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
    Zeros,
)
from symrnn.errors import ClaimError, Refused, ShapeMismatch, Undefined
from symrnn.search.pools import matrices
from symrnn.semantics.columns import columns
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.numbers import as_num
from symrnn.semantics.sequents import sequent_of

n, m = size("n"), size("m")
k, l = lag("k", 0), lag("l")
i, j, q, t = index("i"), index("j"), index("q"), time("t")
N, NM, MN, COL, ROW = (n, n), (n, m), (m, n), (n, ONE), (ONE, n)
SQUARE = [
    matrix("A", n),
    matrix("B", n),
    matrix("D", n, n, "diagonal"),
    matrix("E", n, n, "diagonal"),
    matrix("S", n, n, "symmetric"),
    matrix("K", n, n, "skew"),
    matrix("O", n, n, "orthogonal"),
    matrix("G", n, n, "invertible"),
    matrix("C", n, n, "scalar"),
    matrix("R", n, n, "diagonal", "invertible"),
    matrix("T", n, n, "upper_triangular"),
]
FAMILIES = [matrix("F", n), matrix("H", n, n, "diagonal"), matrix("L", n, n, "invertible")]
TALL, WIDE = [matrix("P", n, m)], [matrix("V", m, n)]
COLUMNS = [matrix("u", n, 1), matrix("v", n, 1)]
SCALARS = [scalar("c"), scalar("d")]
EXPONENTS = [as_index(e) for e in (0, 1, 2, 3)] + [k, l, k + 1, l - 1, k + l, 2 * k, k + 2]
Shape = Any


@dataclass
class Terms:
    """Random terms of a shape. ``bound``: indices that stand for members of families; ``moving``: of a recurrence."""

    rng: random.Random
    moving: Callable[[Terms, Shape], Term | None] = lambda terms, shape: None
    bound: tuple[Index, ...] = ()

    def of(self, shape: Shape, depth: int) -> Term:
        if depth <= 0 or self.rng.random() < 0.12:
            return self.atom(shape)
        if shape is None:
            return self.scalar(depth - 1)
        if shape == N:
            return self.square(depth - 1)
        if shape == (ONE, ONE):
            return self.one(depth - 1)
        return self.oblong(shape, depth - 1)

    def atom(self, shape: Shape) -> Term:
        pick = self.rng.choice
        made = self.moving(self, shape)
        if made is not None and self.rng.random() < 0.5:
            return made
        if shape is None:
            return pick([*SCALARS, Const(Q(pick([0, 1, -1, 2, -2]))), Const(Q(1, 2)), SizeOf(pick([n, k, n + k]))])
        if shape == N:
            member = pick(FAMILIES)[pick([*self.bound, as_index(0), as_index(1), q])]
            return pick([*SQUARE, *SQUARE, member, member, Eye(n), Zeros(n, n)])
        if shape == COL:
            return pick([*COLUMNS, *COLUMNS, Zeros(n, ONE), Ones(n), Ones(n)])
        if shape == ROW:
            return Transpose(pick(COLUMNS))
        if shape == (ONE, ONE):
            return MatMul((Transpose(pick(COLUMNS)), pick(COLUMNS)))
        return pick(TALL) if shape == NM else pick(WIDE)

    def common(self, shape: Shape, depth: int) -> Term:
        kind = self.rng.randrange(6)
        if kind == 0:
            return Add(tuple(self.of(shape, depth) for _ in range(self.rng.choice([2, 2, 3]))))
        if kind == 1:
            return Times((self.of(None, depth), self.of(shape, depth)))
        if kind == 2:
            return Hadamard(self.of(shape, depth - 1), self.of(shape, depth - 1))
        if kind == 3:
            return self.sum(shape, depth)
        if kind == 4 and shape is not None:
            return Transpose(self.of(shape[::-1], depth))
        return -self.of(shape, depth)

    def square(self, depth: int) -> Term:
        kind = self.rng.randrange(12)
        if kind < 4:
            return MatMul(tuple(self.of(N, depth) for _ in range(self.rng.choice([2, 3]))))
        if kind == 4:
            return self.rng.choice([self.outer(depth), Diag(self.of(COL, depth))])
        if kind == 5:
            return Pow(self.of(N, depth - 1), self.rng.choice(EXPONENTS))
        if kind == 6:
            return Inv(self.of(N, self.rng.choice([0, 0, depth - 1])))
        if kind == 7:
            return self.product(N, depth)
        return self.common(N, depth)

    def outer(self, depth: int) -> Term:
        if self.rng.random() < 0.5:
            return MatMul((self.of(NM, depth - 1), self.of(MN, depth - 1)))
        return MatMul((self.of(COL, depth - 1), self.of(ROW, depth - 1)))

    def oblong(self, shape: Shape, depth: int) -> Term:
        if self.rng.random() < 0.6:
            if shape[0] == n:
                return MatMul((self.of(N, depth), self.of(shape, depth)))
            return MatMul((self.of(shape, depth), self.of(N, depth)))
        if shape == COL and self.rng.random() < 0.3:
            return Apply("relu", self.of(shape, 0), self.rng.choice([0, 1]))
        return self.common(shape, depth)

    def one(self, depth: int) -> Term:
        if self.rng.random() < 0.6:
            return MatMul((self.of(ROW, depth), self.of(COL, depth)))
        if self.rng.random() < 0.3:
            return Pow(self.of((ONE, ONE), depth), self.rng.choice(EXPONENTS))
        return self.common((ONE, ONE), depth)

    def scalar(self, depth: int) -> Term:
        kind = self.rng.randrange(12)
        if kind < 3:
            return Trace(self.of(self.rng.choice([N, N, (ONE, ONE)]), depth))
        if kind < 6:
            at = [self.rng.choice([i, q, ONE]) for _ in range(2)]
            return Entry(self.of(N, depth), at[0], at[1])
        if kind == 6:
            return Times(tuple(self.of(None, depth - 1) for _ in range(2)))
        if kind == 7:
            return Pow(self.of(None, depth - 1), self.rng.choice(EXPONENTS))
        if kind == 8:
            return self.product(None, depth)
        if kind == 9:
            return self.rng.choice([Det, Abs])(self.of(N, depth - 1)) if depth > 1 else Det(self.of(N, 0))
        if kind == 10:
            return Norm(self.of(self.rng.choice([N, COL, NM]), depth - 1), self.rng.choice(["1", "inf"]))
        return self.common(None, depth)

    def range(self) -> tuple[Var, Index, Index]:
        letter = self.rng.choice(["j", "r", "k"])
        var = Var(letter, "lag", 0) if letter == "k" else Var(letter, "index", None)
        lo = self.rng.choice([as_index(0), as_index(1), q, l])
        return var, lo, lo + self.rng.choice([-1, 0, 1, k - 1, k, l - 1, l, k + l, l - 2])

    def product(self, shape: Shape, depth: int) -> Term:
        var, lo, hi = self.range()
        return Prod(self.inside(var).of(shape, depth - 1), var, lo, hi, self.rng.random() < 0.6)

    def sum(self, shape: Shape, depth: int) -> Term:
        var, lo, hi = self.range()
        return Sum(self.inside(var).of(shape, depth - 1), var, lo, hi)

    def inside(self, var: Var) -> Terms:
        at = as_index(var)
        return Terms(self.rng, self.moving, (*self.bound, at, at + 1, q - at))


# ---- instances ------------------------------------------------------------------------------------------------------


def instance_of(claim: Claim, rng: random.Random, integers: dict[Var, int]) -> Instance:
    """Random values for everything free; with a recurrence a run from -4 to 8 whose inputs are small numbers."""
    found = symbols(claim)

    def draw(s: Sym) -> Any:
        shape = tuple(substitute(d, {v: as_index(x) for v, x in integers.items()}).const for d in s.shape or (ONE, ONE))
        stream = matrices(shape[0], shape[1], frozenset(s.props), rng)
        return [next(stream) for _ in range(rng.choice([1, 4, 8, 30]))][-1]

    free = sorted((s for s in found if s.role == "free"), key=lambda s: s.key)
    fixed = tuple((s.name, draw(s)) for s in free if not s.family)
    families = tuple((s.name, tuple(draw(s) for _ in range(rng.choice([1, 2, 3])))) for s in free if s.family)
    states = claim.cell.states if claim.cell is not None else ()
    driven = claim.cell.inputs if claim.cell is not None else ()
    initial = tuple((s.name, draw(s)) for s in states)
    runs = tuple((s.name, tuple(draw(s) for _ in range(12))) for s in driven)
    return Instance(tuple(integers.items()), fixed, families, -4, 8, initial, runs, None, ())


def integers_of(claim: Claim, rng: random.Random) -> dict[Var, int]:
    found = free_vars(claim.conclusion).union(*(free_vars(h) for h in claim.hypotheses), {v for v, _ in n.terms})
    if claim.cell is not None:
        found |= {v for v in free_vars(claim.cell) if v.kind == "size"}
    top = rng.choice([1, 2, 2, 3])
    out = {v: rng.randint(1, top) if v.kind == "size" else (v.low or 0) + rng.choice([0, 0, 1, 2]) for v in found}
    small = min(x for v, x in out.items() if v.kind == "size")
    return {v: rng.randint(1, small) if v in (i.terms[0][0], q.terms[0][0]) else x for v, x in out.items()}


def require(condition: bool, *shown: object) -> None:
    """As assert, also under python -O."""
    if not condition:
        raise AssertionError("\n".join(map(str, shown)))


def agree(claim: Claim, rng: random.Random, tries: int) -> int:
    """At how many instances that meet the hypotheses the equation could be evaluated; it must hold at each."""
    done = 0
    for _ in range(tries):
        try:
            world = World(claim, instance_of(claim, rng, integers_of(claim, rng)))
            if not world.hypotheses_hold():
                continue
            holds = world.conclusion_holds()
        except (Refused, KeyError):
            continue
        require(holds, claim.conclusion, claim.hypotheses, world.instance)
        done += 1
    return done


HYPOTHESES: list[tuple[Any, ...]] = [
    (),
    (),
    (eq(SQUARE[0] @ SQUARE[1], SQUARE[1] @ SQUARE[0]),),
    (invertible(SQUARE[0] + SQUARE[1]),),
    (invertible(SQUARE[0]), le(1, k)),
    (eq(FAMILIES[0][0] @ SQUARE[0], SQUARE[0] @ FAMILIES[0][0]),),
    (le(k, l),),
    (eq(m, n),),
    (eq(n, 1),),
]


def normal_forms(seed: int, moving: Any = None, of: Recurrence | None = None) -> int:
    """One random term against its normal forms, at several instances."""
    rng = random.Random(seed)
    hypotheses = rng.choice(HYPOTHESES) if of is None else ()
    terms = Terms(rng, moving) if moving is not None else Terms(rng)
    shape = rng.choice([None, N, N, N, COL, (ONE, ONE)])
    made = terms.of(shape, rng.choice([2, 3, 4]))
    done = 0
    try:
        s = sequent_of(Claim(eq(made, made), hypotheses, of))
        made = s.goal.lhs  # type: ignore[attr-defined]
        shape = shape_of(made)
    except (Refused, ShapeMismatch, ClaimError):
        return 0
    for peel in ("left", "right"):
        algebra = s.algebra(peel, plain=rng.random() < 0.2)
        try:
            p = algebra.poly(made)
            backs = [algebra.to_term(p, shape)]
            if shape is not None and shape[1] == ONE:
                backs.append(algebra.to_term(columns(algebra, p), shape))
            if shape == (ONE, ONE):
                backs.append(algebra.to_term(algebra.poly(Trace(backs[0])), None))
        except Refused:
            continue
        for back in backs:
            done += agree(Claim(eq(made, back), s.hypotheses, s.cell), rng, 4)
    return done


# ---- recurrences ----------------------------------------------------------------------------------------------------


def two_blocks() -> Recurrence:
    """Rational gates: h_t = relu(U g_{t-1} + x_t), g_t = z_t o g_{t-1} + h_t, z_t = W h_{t-1}."""
    w, y = matrix("W", n), matrix("U", n)
    h, g, x, z = state("h", n), state("g", n), inputs("x", n), local("z", n)
    updates = {h: lambda a: relu(y @ g[a - 1] + x[a]), g: lambda a: Hadamard(z[a], g[a - 1]) + h[a]}
    return cell("two", states=updates, inputs=(x,), locals={z: lambda a: w @ h[a - 1]}).recurrence


def moving_in(made: Recurrence) -> Callable[[Terms, Shape], Term | None]:
    def pick(terms: Terms, shape: Shape) -> Term | None:
        rng, when = terms.rng, [t, t - 1, t + k, t - l, *terms.bound]
        if shape == COL:
            options = [*made.states, *(s for s, _ in made.locals if s.shape == COL), *made.inputs]
            head: Any = rng.choice([s for s in options if s.shape == COL])
            return head[rng.choice(when)]  # type: ignore[no-any-return]
        if shape != N:
            return None
        slopes: list[Any] = [s for s, _ in made.locals if s.shape == N]
        if slopes and rng.random() < 0.5:
            return rng.choice(slopes)[rng.choice(when)]  # type: ignore[no-any-return]
        of: Any = rng.choice([*made.states, *made.states, *(s for s, _ in made.locals if s.shape == COL)])
        by: Any = rng.choice([*made.states, *made.states, *(s for s, _ in made.locals if s.shape == COL)])
        since = rng.choice(when)
        layout = rng.choice(["numerator", "numerator", "denominator"])
        return jacobian(of[since + rng.choice([0, 1, 2, k, l, k + 1])], by[since], layout)

    return pick


RECURRENCES = [Elman(relu).recurrence, Elman(linear, bias=False).recurrence, two_blocks()]


# ---- explicit sizes -------------------------------------------------------------------------------------------------


def explicit_entries(seed: int) -> int:
    """The entries at n = m = 2 as polynomials, put to values, against the values."""
    rng = random.Random(seed)
    lags = {v.terms[0][0]: as_index(rng.choice([1, 2])) for v in (k, l, i, q)}
    sizes = {v.terms[0][0]: as_index(2) for v in (n, m)} | lags
    shape = rng.choice([None, N, COL])
    made = substitute(Terms(rng).of(shape, 3), sizes)
    claim = Claim(eq(made, made), (), None)
    try:
        state = sequent_of(claim).at_explicit_sizes()
        entries = state.matrix(made)
        world = World(claim, instance_of(claim, rng, integers_of(claim, rng)))
        values = world.values.matrix(made)
    except (Refused, Undefined, ShapeMismatch, ClaimError):
        return 0
    numbers = [Q(0)] * 96
    for key, at in state.unknowns.items():
        if key[0] != "entry":
            return 0  # an activation
        _, s, row, col = key
        numbers[at] = as_num(world.values.symbol(s)[row][col]).rational
    for p, value in zip((x for r in entries for x in r), (x for r in values for x in r), strict=True):
        total = sum((_monomial(e, c, numbers) for e, c in p.terms()), Q(0))
        require(total == as_num(value).rational, made, world.instance, total, value)
    return 1


def _monomial(exponents: Any, c: Any, numbers: list[Q]) -> Q:
    out = Q(int(c.p), int(c.q))
    for at, e in enumerate(exponents):
        if e:
            out *= numbers[at] ** int(e)
    return out


# ---- the tests ------------------------------------------------------------------------------------------------------


def test_normal_forms_keep_values() -> None:
    require(sum(normal_forms(seed) for seed in range(1200)) > 2500)


def test_explicit_entries_keep_values() -> None:
    require(sum(explicit_entries(seed) for seed in range(400)) > 120)


QUICK, SLOW = RECURRENCES[:2], [pytest.param(r, marks=pytest.mark.campaign) for r in RECURRENCES[2:]]


@pytest.mark.parametrize("made", [*QUICK, *SLOW], ids=lambda r: r.name)
def test_chain_rule_keeps_values(made: Recurrence) -> None:
    require(sum(normal_forms(seed, moving_in(made), made) for seed in range(250)) > 150)


@pytest.mark.campaign
@pytest.mark.parametrize("block", range(16))
def test_normal_forms_keep_values_at_length(block: int) -> None:
    for seed in range(block * 10**5, block * 10**5 + 6000):
        normal_forms(seed)
        explicit_entries(seed)
        if seed % 3 == 0:
            made = RECURRENCES[seed % len(RECURRENCES)]
            normal_forms(seed, moving_in(made), made)


__all__ = ["diag"]
