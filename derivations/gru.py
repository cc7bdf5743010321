"""The GRU in its conventions: Jacobians with every gate path, and what the update gate does not say alone."""

from symrnn import (
    GRU,
    MGU,
    Derivation,
    absolute,
    diag,
    diagonal,
    eq,
    eye,
    forall,
    hadamard,
    identity,
    iff,
    implies,
    index,
    jacobian,
    le,
    lt,
    product,
    sigmoid,
    tanh,
    vector,
)
from symrnn.block_jacobians import one_step_matrix

d = Derivation("The Jacobian of the GRU", cell=GRU())
h, x, n = d.h, d.x, d.n
t, k, j = d.t, d.k, d.j
i = index("i")
after, chung, minimal = GRU(reset="after"), GRU(update="chung"), MGU()
one = eye(n)


def reset(s):
    """From h_{s-1} to r_s o h_{s-1}."""
    return diag(d.r[s]) + diag(h[s - 1]) @ d.D_r[s] @ d.U_r


def J(s):
    """The one-step Jacobian: copied, by the update gate, by the candidate."""
    kept, by_update = diag(d.z[s]), diag(h[s - 1] - d.g[s]) @ d.D_z[s] @ d.U_z
    return kept + by_update + (one - diag(d.z[s])) @ d.D_g[s] @ d.U_g @ reset(s)


d.step(
    "1",
    eq(h[t], diag(d.z[t]) @ h[t - 1] + (one - diag(d.z[t])) @ d.g[t]),
    because="Cho et al. 2014",
)
d.step("2", eq(jacobian(h[t], h[t - 1]), J(t)), because="every gate path")
d.step("2.a", eq(one_step_matrix(d.cell), J(t)), because="as derived from the step map")
d.step("2.b", eq(jacobian(h[t], h[t - 1]), diag(d.z[t])), because="the update gate alone", expect="refuted")
d.step(
    "2.c",
    eq(jacobian(h[t], h[t - 1]), diag(d.z[t]) + (one - diag(d.z[t])) @ d.D_g[t] @ d.U_g @ diag(d.r[t])),
    because="gates as constants",
    expect="refuted",
)
d.step(
    "3",
    eq(jacobian(h[t], h[t - k]), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1)),
    because="the chain rule over k steps",
)
d.step(
    "3.a",
    eq(jacobian(h[t], h[t - k]), product(J(j), j, t, t - k + 1)),
    follows=["2", "3"],
    because="with every gate path",
)
d.step(
    "3.c",
    eq(jacobian(h[t], h[t - k]), product(diag(d.z[j]), j, t, t - k + 1)),
    because="the update gates' product",
    expect="refuted",
)
d.step(
    "3.b",
    eq(jacobian(h[t], h[t - k]), product(diag(d.z[j]), j, t, t - k + 1)),
    because="with the recurrent weights of the update gate and of the candidate cut",
    assuming=[eq(d.U_z, 0), eq(d.U_g, 0)],
)

# ---- conventions ----

d.step(
    "4",
    eq(
        jacobian(after.h[t], after.h[t - 1]),
        diag(after.z[t])
        + diag(after.h[t - 1] - after.g[t]) @ after.D_z[t] @ after.U_z
        + (one - diag(after.z[t]))
        @ after.D_g[t]
        @ (diag(after.r[t]) @ after.U_g + diag(after.U_g @ after.h[t - 1] + after.b_u) @ after.D_r[t] @ after.U_r),
    ),
    because="with the reset after the matrix",
    cell=after,
)
d.step(
    "4.a",
    eq(after.g[t], tanh(after.W_g @ after.x[t] + after.U_g @ hadamard(after.r[t], after.h[t - 1]) + after.b_g)),
    because="reset before and reset after are the same model, once b_u = 0",
    cell=after,
    assuming=[eq(after.b_u, 0)],
    expect="refuted",
)
d.step(
    "4.b",
    eq(after.g[t], tanh(after.W_g @ after.x[t] + after.U_g @ hadamard(after.r[t], after.h[t - 1]) + after.b_g)),
    because="they agree where U_g commutes with diag(r_t), and b_u = 0",
    cell=after,
    assuming=[eq(after.b_u, 0), eq(after.U_g @ diag(after.r[t]), diag(after.r[t]) @ after.U_g)],
)
U, r, v = after.U_g, vector("u", n), vector("v", n)
before = tanh(after.W_g @ after.x[t] + U @ hadamard(after.r[t], after.h[t - 1]) + after.b_g)
pointwise = eq(U @ hadamard(after.r[t], after.h[t - 1]), hadamard(after.r[t], U @ after.h[t - 1]))
d.step(
    "4.c",
    iff(eq(after.g[t], before), pointwise),
    because="at one state and gate: the candidates agree where U_g (r o h) = r o (U_g h), tanh being injective",
    cell=after,
    assuming=[eq(after.b_u, 0)],
)
d.step(
    "4.d",
    iff(eq(after.h[t], diag(after.z[t]) @ after.h[t - 1] + (one - diag(after.z[t])) @ before), pointwise),
    because="and so do the new states, 1 - z being positive",
    cell=after,
    assuming=[eq(after.b_u, 0)],
)
d.step(
    "4.e",
    iff(forall(r, forall(v, eq(U @ hadamard(r, v), hadamard(r, U @ v)))), diagonal(U)),
    because="for all gates and states if and only if U_g is diagonal",
    cell=after,
)
d.step(
    "5",
    eq(
        jacobian(chung.h[t], chung.h[t - 1]),
        one
        - diag(chung.z[t])
        + diag(chung.g[t] - chung.h[t - 1]) @ chung.D_z[t] @ chung.U_z
        + diag(chung.z[t])
        @ chung.D_g[t]
        @ chung.U_g
        @ (diag(chung.r[t]) + diag(chung.h[t - 1]) @ chung.D_r[t] @ chung.U_r),
    ),
    because="Chung et al. 2014: z and 1 - z swapped",
    cell=chung,
)
d.step("5.a", eq(jacobian(chung.h[t], chung.h[t - 1]), one_step_matrix(chung)), because="as derived", cell=chung)
d.step("6", eq(jacobian(minimal.h[t], minimal.h[t - 1]), one_step_matrix(minimal)), because="one gate", cell=minimal)
d.step(
    "6.a",
    eq(jacobian(minimal.h[t], minimal.h[t - k]), product(one_step_matrix(minimal, at=j), j, t, t - k + 1)),
    because="over k steps",
    cell=minimal,
)

# ---- near copying, and how large a state gets ----


def moved(cell):
    """How far an entry of the state moves in a step."""
    return absolute(cell.h[t][i, 1] - cell.h[t - 1][i, 1])


def room(cell):
    """1 + |h_{t-1}|, entry by entry."""
    return 1 + absolute(cell.h[t - 1][i, 1])


closed = d.z[t][i, 1]
d.step(
    "7",
    forall(i, le(moved(d.cell), (1 - closed) * room(d.cell))),
    because="where z is near 1 the state is nearly copied",
)
d.step("7.a", forall(i, le(moved(d.cell), closed * room(d.cell))), because="with z for 1 - z", expect="refuted")
d.step(
    "7.b",
    forall(i, le(moved(d.cell), (1 - closed) * absolute(h[t - 1][i, 1]))),
    because="relative to the state alone",
    expect="refuted",
)
d.step(
    "7.c",
    forall(i, le(moved(chung), chung.z[t][i, 1] * room(chung))),
    because="in Chung's convention it is z that is small",
    cell=chung,
)
d.step(
    "7.d",
    forall(i, le(moved(chung), (1 - chung.z[t][i, 1]) * room(chung))),
    because="and 1 - z that is not",
    cell=chung,
    expect="refuted",
)
unsquashed = GRU(sigmoid, identity)
d.step(
    "7.e",
    forall(i, le(moved(unsquashed), (1 - unsquashed.z[t][i, 1]) * room(unsquashed))),
    because="it needs a candidate between -1 and 1",
    cell=unsquashed,
    expect="refuted",
)
d.step("7.f", forall(i, le(moved(minimal), minimal.f[t][i, 1] * room(minimal))), because="one gate", cell=minimal)
within = forall(i, le(absolute(h[t - k][i, 1]), 1))
d.step(
    "8",
    implies(within, forall(i, le(absolute(h[t][i, 1]), 1))),
    because="a state between -1 and 1 stays there, for all k",
)
d.step(
    "8.a",
    implies(forall(i, lt(absolute(h[t - k][i, 1]), 1)), forall(i, lt(absolute(h[t][i, 1]), 1))),
    because="strictly, too",
)
d.step(
    "8.b",
    implies(forall(i, le(2 * absolute(h[t - k][i, 1]), 1)), forall(i, le(2 * absolute(h[t][i, 1]), 1))),
    because="in a smaller interval it need not",
    expect="refuted",
)
