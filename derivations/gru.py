"""The GRU in its conventions: Jacobians with every gate path, and what the update gate does not say alone."""

from symrnn import (
    GRU,
    MGU,
    Derivation,
    diag,
    eq,
    eye,
    hadamard,
    jacobian,
    product,
    tanh,
)
from symrnn.block_jacobians import one_step_matrix

d = Derivation("The Jacobian of the GRU", cell=GRU())
h, x, n = d.h, d.x, d.n
t, k, j = d.t, d.k, d.j
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
