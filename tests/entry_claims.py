"""General claims on entries, signs, weights and gates, with near misses: what is true of each, and what is not.

A case is a true claim and the false ones beside it, each an instance away from it: a gate for its complement, a bound
too small, < for <=, another activation, a hypothesis dropped.
"""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

from test_kernel_exploits import about

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Cell,
    DiagonalRNN,
    Elman,
    Leaky,
    Pascanu,
    absolute,
    all_of,
    bounded,
    diag,
    diagonal,
    eq,
    explodes,
    eye,
    forall,
    hadamard,
    hard_sigmoid,
    hard_sigmoid6,
    identity,
    iff,
    implies,
    index,
    jacobian,
    lag,
    le,
    lt,
    matrix,
    negation,
    norm,
    relu,
    scalar,
    sigmoid,
    size,
    softplus,
    tanh,
    time,
    transpose,
    vanishes,
    vector,
)
from symrnn import spectral_radius as rho
from symrnn.claims.recurrence import Claim
from symrnn.claims.tree import Prop, Term

Case = tuple[str, Claim, list[Claim]]
n, m, k, t = size("n"), size("m"), lag("k"), time("t")
p, q = index("p"), index("q")
A, B, U, V = (matrix(name, n) for name in "ABUV")
M, D = matrix("M", n, m), matrix("D", n, n, "diagonal")
u, v, w = (vector(name, n) for name in "uvw")
x, y, z = (scalar(name) for name in "xyz")


def moved(cell: Cell) -> Term:
    return absolute(cell.h[t][p, 1] - cell.h[t - 1][p, 1])


def room(cell: Cell) -> Term:
    return 1 + absolute(cell.h[t - 1][p, 1])


def each(claim: Prop) -> Prop:
    return forall(p, claim)


def every(claim: Prop) -> Prop:
    return forall(p, forall(q, claim))


def near(cell: Cell, factor: Term) -> Claim:
    """|h_t - h_{t-1}| <= factor (1 + |h_{t-1}|)."""
    return about(each(le(moved(cell), factor * room(cell))), of=cell)


def near_copying() -> list[Case]:
    cho, chung, one, after = GRU(), GRU(update="chung"), MGU(), GRU(reset="after")
    soft, hard, six = GRU(sigmoid, sigmoid), GRU(hard_sigmoid), GRU(hard_sigmoid6)
    linear, kinked, unbounded = GRU(sigmoid, identity), GRU(sigmoid, relu), GRU(softplus)
    leaky = Leaky(tanh)
    step, alpha = each(le(moved(leaky), leaky.alpha * room(leaky))), leaky.alpha
    closed = cho.z[t][p, 1]
    return [
        (
            "Cho",
            near(cho, 1 - closed),
            [
                near(cho, closed),
                about(each(le(moved(cho), (1 - closed) * absolute(cho.h[t - 1][p, 1]))), of=cho),
                about(each(le(2 * moved(cho), (1 - closed) * room(cho))), of=cho),
                about(each(le(moved(cho), 1 - closed)), of=cho),
                near(linear, 1 - linear.z[t][p, 1]),
                near(kinked, 1 - kinked.z[t][p, 1]),
                near(unbounded, 1 - unbounded.z[t][p, 1]),
            ],
        ),
        (
            "Cho, strictly",
            about(each(lt(moved(cho), (1 - closed) * room(cho))), of=cho),
            [about(each(lt(moved(hard), (1 - hard.z[t][p, 1]) * room(hard))), of=hard)],
        ),
        ("Chung", near(chung, chung.z[t][p, 1]), [near(chung, 1 - chung.z[t][p, 1])]),
        ("MGU", near(one, one.f[t][p, 1]), [near(one, 1 - one.f[t][p, 1])]),
        ("reset after", near(after, 1 - after.z[t][p, 1]), [near(after, after.z[t][p, 1])]),
        ("sigmoid for the candidate", near(soft, 1 - soft.z[t][p, 1]), [near(soft, soft.z[t][p, 1])]),
        ("hard sigmoid", near(hard, 1 - hard.z[t][p, 1]), [near(hard, hard.z[t][p, 1])]),
        ("hard sigmoid, a sixth", near(six, 1 - six.z[t][p, 1]), [near(six, six.z[t][p, 1])]),
        (
            "leaky",
            about(step, le(0, alpha), of=leaky),
            [about(step, of=leaky), about(each(le(moved(leaky), alpha)), le(0, alpha), of=leaky)],
        ),
        (
            "it is between where it was and the candidate",
            about(each(le(cho.h[t][p, 1], cho.h[t - 1][p, 1])), each(le(cho.g[t][p, 1], cho.h[t - 1][p, 1])), of=cho),
            [about(each(le(cho.h[t][p, 1], cho.h[t - 1][p, 1])), of=cho)],
        ),
    ]


def magnitudes() -> list[Case]:
    gru, lstm, kept = GRU(), LSTM(), LSTM(forget=False)
    hard, open_ = GRU(hard_sigmoid), GRU(sigmoid, softplus)
    loose = LSTM(squash=identity)

    def bound(cell: Any, at: Any, c: Q | int, strictly: bool = False) -> Prop:
        return each((lt if strictly else le)(absolute(cell[at][p, 1]), c))

    def grown(cell: Cell, room: Any) -> Claim:
        return about(each(le(absolute(cell.c[t][p, 1] - cell.c[t - k][p, 1]), room)), of=cell)

    h, c = gru.h, lstm.c
    before = le(absolute(h[t - k]), absolute(u))
    whole, half = absolute(c[t][p, 1]), absolute(c[t - 1][p, 1])
    return [
        (
            "a GRU in one step",
            about(implies(bound(h, t - 1, 1), bound(h, t, 1)), of=gru),
            [
                about(implies(bound(h, t - 1, Q(1, 2)), bound(h, t, Q(1, 2))), of=gru),
                about(implies(bound(h, t - 1, 2), bound(h, t, 1)), of=gru),
                about(implies(le(h[t - 1], h[t - 1]), bound(h, t, 1)), of=gru),
            ],
        ),
        ("and strictly", about(implies(bound(h, t - 1, 1), bound(h, t, 1, True)), of=gru), [
            about(implies(bound(hard.h, t - 1, 1), bound(hard.h, t, 1, True)), of=hard),
        ]),
        (
            "a GRU in k steps",
            about(implies(bound(h, t - k, 1), bound(h, t, 1)), of=gru),
            [
                about(implies(bound(h, t - k, Q(1, 2)), bound(h, t, Q(1, 2))), of=gru),
                about(implies(bound(h, t - k, 2), bound(h, t, 1)), of=gru),
                about(implies(bound(open_.h, t - k, 1), bound(open_.h, t, 1)), of=open_),
            ],
        ),
        ("in a larger interval", about(implies(bound(h, t - k, 3), bound(h, t, 3)), of=gru), [
            about(implies(bound(h, t - k, 3), bound(h, t, 2)), of=gru),
        ]),
        (
            "between vectors",
            about(implies(before, le(absolute(h[t]), absolute(u))), each(le(1, absolute(u[p, 1]))), of=gru),
            [about(implies(before, le(absolute(h[t]), absolute(u))), of=gru)],
        ),
        ("an LSTM's memory", about(each(lt(whole, half + 1)), of=lstm), [
            about(each(lt(whole, half)), of=lstm),
            about(each(le(whole, half + Q(1, 2))), of=lstm),
            about(each(lt(absolute(loose.c[t][p, 1]), absolute(loose.c[t - 1][p, 1]) + 1)), of=loose),
        ]),
        ("over k steps", about(each(le(whole, absolute(c[t - k][p, 1]) + k)), of=lstm), [
            about(each(le(2 * whole, 2 * absolute(c[t - k][p, 1]) + k)), of=lstm),
        ]),
        ("without a forget gate", grown(kept, k), [
            grown(lstm, k),
            about(each(le(2 * absolute(kept.c[t][p, 1] - kept.c[t - k][p, 1]), k)), of=kept),
        ]),
        ("an LSTM's output", about(each(lt(absolute(lstm.h[t][p, 1]), lstm.o[t][p, 1])), of=lstm), [
            about(each(lt(absolute(lstm.h[t][p, 1]), lstm.i[t][p, 1])), of=lstm),
            about(each(lt(2 * absolute(lstm.h[t][p, 1]), lstm.o[t][p, 1])), of=lstm),
        ]),
        ("slopes", about(each(le(4 * gru.D_z[t][p, p], 1)), of=gru), [
            about(each(lt(4 * gru.D_z[t][p, p], 1)), of=gru),
            about(each(le(4 * gru.D_g[t][p, p], 1)), of=gru),
        ]),
    ]  # fmt: skip


def scalars() -> list[Case]:
    unit = (le(0, x), le(x, 1), le(absolute(y), 1))
    mean = x * y + (1 - x) * z
    return [
        ("a mean", about(le(absolute(mean), 1), *unit, le(absolute(z), 1)), [
            about(le(absolute(mean), 1), *unit, le(absolute(z), 2)),
            about(le(absolute(mean), 1), le(x, 1), le(absolute(y), 1), le(absolute(z), 1)),
            about(lt(absolute(mean), 1), *unit, le(absolute(z), 1)),
        ]),
        ("the triangle", about(le(absolute(x + y), absolute(x) + absolute(y))), [
            about(lt(absolute(x + y), absolute(x) + absolute(y))),
            about(le(absolute(x + y), absolute(x))),
        ]),
        ("the triangle, below", about(le(absolute(x) - absolute(y), absolute(x - y))), [
            about(le(absolute(x) + absolute(y), absolute(x - y))),
        ]),
        ("a box", about(le(x * y, 1), *unit), [
            about(le(x * y, Q(1, 2)), *unit),
            about(lt(x * y, 1), *unit),
        ]),
        ("a box's corner", about(le(0, (1 - x) * (2 - y)), *unit), [about(le(1, (1 - x) * (2 - y)), *unit)]),
        ("two relations", about(le(x, z), le(x, y), le(y, z)), [about(le(z, x), le(x, y), le(y, z))]),
        ("denied", about(lt(y, x), negation(le(x, y))), [about(lt(x, y), negation(le(x, y)))]),
        ("denied strictly", about(le(y, x), negation(lt(x, y))), [about(lt(y, x), negation(lt(x, y)))]),
        ("entries of vectors", about(le(absolute(u + v), absolute(u) + absolute(v))), [
            about(le(absolute(u + v), absolute(u))),
        ]),
        ("of matrices", about(le(absolute(A - B), absolute(A) + absolute(B))), [
            about(le(absolute(A - B), absolute(A) - absolute(B))),
        ]),
        ("from relations between vectors", about(le(u, w), le(u, v), le(v, w)), [about(le(w, u), le(u, v), le(v, w))]),
    ]  # fmt: skip


def norms() -> list[Case]:
    cell, wide, pascanu, flat = Elman(sigmoid), Elman(tanh), Pascanu(sigmoid), DiagonalRNN()
    W, J = cell.W_hh, jacobian(cell.h[t], cell.h[t - k])
    R, K = wide.W_hh, jacobian(wide.h[t], wide.h[t - k])
    P, X = pascanu.W_rec, jacobian(pascanu.x[t], pascanu.x[t - k])
    L, F = flat.W_hh, jacobian(flat.h[t], flat.h[t - k])
    general = Elman(identity)
    G, H = general.W_hh, jacobian(general.h[t], general.h[t - k])
    size_ = absolute(W[p, q])
    below, diagonal_ = each(lt(absolute(L[p, p]), 1)), each(le(absolute(L[p, p]), 1))
    return [
        ("Hochreiter", about(vanishes(J, k), every(lt(n * size_, 4)), of=cell), [
            about(vanishes(J, k), every(lt(size_, 4)), of=cell),
            about(vanishes(J, k), every(le(n * size_, 4)), of=cell),
            about(vanishes(J, k), every(lt(n * size_, 5)), of=cell),
            about(vanishes(J, k), each(lt(n * absolute(W[p, p]), 4)), of=cell),
        ]),
        ("Hochreiter, one unit", about(vanishes(J, k), every(lt(size_, 4)), eq(n, 1), of=cell), [
            about(vanishes(J, k), every(lt(size_, 4)), eq(n, 2), of=cell),
            about(vanishes(J, k), every(le(size_, 4)), eq(n, 1), of=cell),
        ]),
        ("Hochreiter, bounded", about(bounded(J, k), every(le(n * size_, 4)), of=cell), [
            about(bounded(J, k), every(le(size_, 4)), of=cell),
        ]),
        ("Hochreiter, two units", about(vanishes(J, k), every(lt(size_, 2)), eq(n, 2), of=cell), [
            about(vanishes(J, k), every(lt(size_, 2)), eq(n, 3), of=cell),
        ]),
        ("tanh", about(vanishes(K, k), every(lt(n * absolute(R[p, q]), 1)), of=wide), [
            about(vanishes(K, k), every(lt(absolute(R[p, q]), 1)), of=wide),
        ]),
        ("Pascanu's weights", about(vanishes(X, k), every(lt(n * absolute(P[p, q]), 4)), of=pascanu), [
            about(vanishes(X, k), every(lt(absolute(P[p, q]), 4)), of=pascanu),
        ]),
        ("necessary to explode", about(implies(explodes(X, k), lt(4, norm(P))), of=pascanu), [
            about(implies(explodes(X, k), lt(5, norm(P))), of=pascanu),
            about(implies(explodes(X, k), lt(4, rho(P))), of=pascanu),
            about(implies(lt(4, norm(P)), explodes(X, k)), of=pascanu),
        ]),
        ("some weight is large", about(implies(explodes(J, k), negation(every(le(n * size_, 4)))), of=cell), [
            about(implies(explodes(J, k), negation(every(le(size_, 4)))), of=cell),
        ]),
        ("otherwise", about(implies(negation(le(4, norm(P))), vanishes(X, k)), of=pascanu), [
            about(implies(negation(lt(4, norm(P))), vanishes(X, k)), of=pascanu),
        ]),
        ("diagonal: forgets", about(iff(vanishes(F, k), below), of=flat), [
            about(iff(vanishes(F, k), diagonal_), of=flat),
            about(iff(vanishes(F, k), each(lt(absolute(L[p, p]), 2))), of=flat),
        ]),
        ("diagonal: explodes", about(iff(explodes(F, k), negation(diagonal_)), of=flat), [
            about(iff(explodes(F, k), negation(below)), of=flat),
        ]),
        ("diagonal: bounded", about(iff(bounded(F, k), diagonal_), of=flat), [
            about(iff(bounded(F, k), below), of=flat),
        ]),
        ("any matrix: forgets", about(iff(vanishes(H, k), lt(rho(G), 1)), of=general), [
            about(iff(vanishes(H, k), each(lt(absolute(G[p, p]), 1))), of=general),
            about(iff(vanishes(H, k), lt(norm(G), 1)), of=general),
        ]),
        ("an entry", about(each(le(absolute(D[p, p]), norm(D, 1)))), [about(each(lt(absolute(D[p, p]), norm(D, 1))))]),
        ("an entry of any matrix", about(every(le(absolute(A[p, q]), norm(A)))), [
            about(every(le(2 * absolute(A[p, q]), norm(A)))),
        ]),
        ("rows", about(le(norm(M, "inf"), m * x), every(le(absolute(M[p, q]), x))), [
            about(le(norm(M, "inf"), n * x), every(le(absolute(M[p, q]), x))),
            about(le(norm(M, "inf"), x), every(le(absolute(M[p, q]), x))),
        ]),
    ]  # fmt: skip


def gates() -> list[Case]:
    cell = GRU(reset="after")
    kinked = GRU(squash=relu, reset="after")
    S = matrix("S", n, n, "symmetric")

    def same(c: Cell) -> Prop:
        return eq(c.U_g @ hadamard(c.r[t], c.h[t - 1]), hadamard(c.r[t], c.U_g @ c.h[t - 1]))

    def before(c: Cell, f: Any) -> Term:
        out: Term = f(c.W_g @ c.x[t] + c.U_g @ hadamard(c.r[t], c.h[t - 1]) + c.b_g)
        return out

    def new(c: Cell, f: Any) -> Term:
        return diag(c.z[t]) @ c.h[t - 1] + (eye(n) - diag(c.z[t])) @ before(c, f)

    free = eq(cell.b_u, 0)
    everywhere = forall(u, forall(v, eq(U @ hadamard(u, v), hadamard(u, U @ v))))
    return [
        ("candidates", about(iff(eq(cell.g[t], before(cell, tanh)), same(cell)), free, of=cell), [
            about(iff(eq(kinked.g[t], before(kinked, relu)), same(kinked)), eq(kinked.b_u, 0), of=kinked),
            about(iff(eq(cell.g[t], before(cell, tanh)), same(cell)), of=cell),
            about(eq(cell.g[t], before(cell, tanh)), free, of=cell),
        ]),
        ("updates", about(iff(eq(cell.h[t], new(cell, tanh)), same(cell)), free, of=cell), [
            about(iff(eq(cell.h[t], new(cell, tanh)), same(cell)), of=cell),
            about(eq(cell.h[t], new(cell, tanh)), free, of=cell),
        ]),
        ("all gates and states", about(iff(everywhere, diagonal(U))), [
            about(everywhere),
            about(diagonal(U), eq(U @ hadamard(u, v), hadamard(u, U @ v))),
        ]),
        ("all diagonal matrices", about(iff(forall(D, eq(U @ D, D @ U)), diagonal(U))), [
            about(diagonal(U), eq(U @ D, D @ U)),
            about(iff(forall(S, eq(U @ S, S @ U)), diagonal(U))),
            about(iff(forall(D, eq(U @ D, D @ V)), diagonal(U))),
        ]),
        ("what increases", about(eq(u, v), eq(sigmoid(u), sigmoid(v))), [about(eq(u, v), eq(relu(u), relu(v)))]),
        ("softplus, tanh", about(eq(A, B), all_of(eq(softplus(A), softplus(B)))), [
            about(eq(A, B), eq(hard_sigmoid(A), hard_sigmoid(B))),
        ]),
        ("transposed", about(eq(transpose(A), B), eq(tanh(transpose(A)), tanh(B))), [
            about(eq(A, B), eq(tanh(transpose(A)), tanh(B))),
        ]),
        ("slopes are another thing", about(eq(u, v), eq(identity(u), identity(v))), [
            about(eq(u, v), eq(sigmoid.prime(u), sigmoid.prime(v))),
        ]),
    ]  # fmt: skip


GROUPS = (near_copying, magnitudes, scalars, norms, gates)
