"""The LSTM: its Jacobian block by block, and what the constant error carousel does and does not do.

The state is (h, c). Diagonal matrices of gates: F = diag(f_t), I_t = diag(i_t); slopes D_i, D_f, D_o, D_g and
D_c = diag(tanh'(c_t)). A is the path from h_{t-1} into c_t, through the gates and the candidate.
"""

from symrnn import (
    LSTM,
    Derivation,
    block_matrix,
    bounded,
    diag,
    eq,
    explodes,
    eye,
    forall,
    has_property,
    iff,
    jacobian,
    lag,
    le,
    lt,
    norm,
    product,
    scalar,
    spectral_radius,
    tanh,
    vanishes,
    zeros,
)
from symrnn.block_jacobians import one_step_matrix, power_block, state_jacobian

d = Derivation("The Jacobian of the LSTM", cell=LSTM())
h, c, x, n = d.h, d.c, d.x, d.n
t, k, j = d.t, d.k, d.j
state = [h, c]


def F(s):
    """The forget gate as a diagonal matrix."""
    return diag(d.f[s])


def H(s):
    """From c_s to h_s, by the output gate."""
    return diag(d.o[s]) @ d.D_c[s]


def A(s):
    """From h_{s-1} into c_s: by the forget gate, the input gate and the candidate."""
    by_forget = diag(c[s - 1]) @ d.D_f[s] @ d.U_f
    by_input = diag(d.g[s]) @ d.D_i[s] @ d.U_i
    return by_forget + by_input + diag(d.i[s]) @ d.D_g[s] @ d.U_g


def output_path(s):
    """From h_{s-1} into h_s by the output gate alone."""
    return diag(tanh(c[s])) @ d.D_o[s] @ d.U_o


def J(s):
    """The one-step Jacobian of the state (h, c)."""
    return block_matrix([[output_path(s) + H(s) @ A(s), H(s) @ F(s)], [A(s), F(s)]])


# ---- one step ----

d.step("1", eq(jacobian(c[t], c[t - 1]), F(t)), because="with h_{t-1} held fixed")
d.step("1.a", eq(jacobian(c[t], h[t - 1]), A(t)), because="three paths into the memory")
d.step(
    "1.b", eq(jacobian(c[t], h[t - 1]), diag(d.i[t]) @ d.D_g[t] @ d.U_g), because="gates as constants", expect="refuted"
)
d.step("1.c", eq(jacobian(h[t], c[t - 1]), H(t) @ F(t)))
d.step("1.d", eq(jacobian(h[t], h[t - 1]), output_path(t) + H(t) @ A(t)))
d.step("2", eq(state_jacobian(state, t, t - 1), J(t)), because="the four blocks as one matrix")
d.step("2.a", eq(one_step_matrix(d.cell, state), J(t)), because="as derived from the step map")

# ---- several steps ----

S = state_jacobian(state, t, t - k)
d.step(
    "3",
    eq(S, product(state_jacobian(state, j, j - 1), j, t, t - k + 1)),
    because="the chain rule for the whole state, for all k",
)
d.step("3.a", eq(S, product(J(j), j, t, t - k + 1)), follows=["2", "3"], because="with the blocks put in")
d.step("3.b", eq(S, product(J(j), j, t, t - k + 1, order="ascending")), because="in the other order", expect="refuted")
d.step("3.c", eq(S, product(J(j), j, t, t - k + 2)), because="one factor short", expect="refuted")
d.step(
    "3.e",
    eq(
        jacobian(c[t], c[t - k]),
        block_matrix([[zeros(n, n)], [eye(n)]]).T
        @ product(J(j), j, t, t - k + 1)
        @ block_matrix([[zeros(n, n)], [eye(n)]]),
    ),
    because="the block of the memory",
)

# ---- the carousel ----

d.step("4", eq(jacobian(c[t], c[t - 2]), F(t) @ F(t - 1)), because="the carousel over two steps", expect="refuted")
d.step(
    "4.a",
    eq(jacobian(c[t], c[t - 2]), F(t) @ F(t - 1) + A(t) @ H(t - 1) @ F(t - 1)),
    because="and the path through h_{t-1}",
)
d.step(
    "4.e",
    iff(eq(jacobian(c[t], c[t - 2]), F(t) @ F(t - 1)), eq(A(t) @ H(t - 1) @ F(t - 1), 0)),
    because="exactly when that path vanishes",
)
d.step(
    "4.f",
    iff(eq(jacobian(c[t], c[t - 2]), F(t) @ F(t - 1)), eq(A(t) @ H(t - 1), 0)),
    because="the forget gate is never 0, so it can be cancelled",
)
d.step("4.b", eq(jacobian(c[t], c[t - 2]), power_block(d.cell, c, c, 2)), because="by the paths through the blocks")
d.step("4.c", eq(jacobian(c[t], c[t - 3]), power_block(d.cell, c, c, 3)), because="over three steps: four paths")
d.step(
    "4.d",
    eq(jacobian(c[t], c[t - 3]), power_block(d.cell, c, c, 3, written_out=True)),
    because="written out",
)
d.step("5", eq(jacobian(c[t], c[t - k]), product(F(j), j, t, t - k + 1)), because="the carousel", expect="refuted")
d.step(
    "5.a",
    eq(jacobian(c[t], c[t - k]), product(F(j), j, t, t - k + 1)),
    because="with no path from h into the memory: only the inputs drive the gates",
    assuming=[eq(d.U_f, 0), eq(d.U_i, 0), eq(d.U_g, 0)],
)

l = lag("l", 0)
carousel = eq(jacobian(c[t], c[t - k]), product(F(j), j, t, t - k + 1))
way_back = A(t) @ product(output_path(j), j, t - 1, t - l) @ H(t - l - 1)
d.step(
    "5.b",
    iff(forall(t, forall(k, carousel)), forall(t, forall(l, eq(way_back, 0)))),
    because="at all lags exactly when nothing that leaves the memory comes back, however long it stays outside",
)
three = eq(jacobian(c[t], c[t - 3]), F(t) @ F(t - 1) @ F(t - 2))
d.step(
    "5.c",
    iff(three, eq(A(t) @ H(t - 1), 0)),
    because="at one lag of 3 or more it says less: the paths through h can cancel each other",
    expect="refuted",
)
d.step(
    "5.d",
    iff(three, eq(A(t) @ H(t - 1), 0) & eq(A(t - 1) @ H(t - 2), 0)),
    because="one lag tells of each path, as two steps do",
    expect="refuted",
)

# ---- growth and decay ----

J_c = jacobian(c[t], c[t - k])
d.step("7", ~vanishes(J_c, k), because="the gradient through the memory cannot vanish", expect="refuted")
d.step("7.a", bounded(J_c, k), because="nor explode", expect="refuted")
d.step("7.b", vanishes(J_c, k) | explodes(J_c, k), because="it does one of the two", expect="refuted")
d.step("7.c", ~vanishes(S, k), because="gating overcomes vanishing gradients", expect="refuted")
d.step("7.d", bounded(S, k), because="the whole state's neither explodes", expect="refuted")
d.step("7.e", vanishes(J_c, k), because="what vanishes as a whole, vanishes in each block", assuming=[vanishes(S, k)])
at_least_half = has_property("nonnegative", F(j) - eye(n) / 2)
at_most_half = has_property("nonnegative", eye(n) / 2 - F(j))
d.step(
    "7.f",
    ~vanishes(J_c, k),
    because="open forget gates keep the gradient",
    assuming=[at_least_half],
    expect="refuted",
)
d.step(
    "7.g",
    vanishes(J_c, k),
    because="closed ones lose it; but it comes back through h",
    assuming=[at_most_half],
    expect="refuted",
)

# The network at rest: c = 0, g = 0 and all gates 1/2, for ever. Its one-step Jacobian is R.
U = d.U_g
R = block_matrix([[U / 4, eye(n) / 4], [U / 2, eye(n) / 2]])
at_rest = [
    *(eq(X, eye(n) / 2) for X in (F(j), diag(d.i[j]), diag(d.o[j]))),
    *(eq(X, 0) for X in (diag(d.g[j]), diag(c[j]), diag(tanh(c[j])))),
    *(eq(X, eye(n)) for X in (d.D_g[j], d.D_c[j])),
]
d.step("8", eq(state_jacobian(state, t, t - 1), R), because="at rest, gates half open", assuming=at_rest)
d.step(
    "8.a",
    eq(J_c, (eye(n) / 2 + U / 4) ** (k - 1) / 2),
    because="so over k steps the memory's goes by powers of I/2 + U_g/4",
    assuming=at_rest,
)
d.step("8.b", vanishes(S, k), because="it vanishes with them", assuming=[*at_rest, lt(spectral_radius(R), 1)])
d.step("8.c", vanishes(J_c, k), because="and so does each block", assuming=[*at_rest, lt(spectral_radius(R), 1)])
d.step("8.d", vanishes(J_c, k), because="for U_g = 2 too", assuming=[*at_rest, eq(U, 2 * eye(n))], expect="refuted")
d.step("8.e", ~vanishes(J_c, k), because="nor for U_g = 1", assuming=[*at_rest, eq(U, eye(n))], expect="refuted")

# What does follow.
q = scalar("q")
no_way_back = [eq(d.U_f, 0), eq(d.U_i, 0), eq(d.U_g, 0)]
d.step("9", bounded(J_c, k), because="gates are at most 1", assuming=no_way_back)
d.step(
    "9.a",
    vanishes(J_c, k),
    because="a forget gate that stays below 1 forgets",
    assuming=[*no_way_back, le(norm(F(j)), q), lt(q, 1)],
)
d.step(
    "9.b",
    vanishes(S, k),
    because="with paths through h, if one step of the whole state contracts",
    assuming=[le(norm(J(j)), q), lt(q, 1)],
)
d.step("9.c", vanishes(J_c, k), because="then each block vanishes", assuming=[le(norm(J(j)), q), lt(q, 1)])
d.step("9.d", bounded(S, k), because="or at least does not expand", assuming=[le(norm(J(j)), 1)])

# ---- without a forget gate ----

old = LSTM(forget=False)
cut = [eq(old.U_i, 0), eq(old.U_g, 0)]
d.step("6", eq(jacobian(old.c[t], old.c[t - 1]), eye(n)), because="1997: the error carousel", cell=old)
d.step("6.a", eq(jacobian(old.c[t], old.c[t - k]), eye(n)), because="for ever", cell=old, expect="refuted")
d.step("6.b", eq(jacobian(old.c[t], old.c[t - k]), eye(n)), because="with the gate paths cut", cell=old, assuming=cut)
J_old = jacobian(old.c[t], old.c[t - k])
d.step("6.c", ~vanishes(J_old, k), because="so it never vanishes", cell=old, assuming=cut)
d.step("6.d", bounded(J_old, k), because="nor explodes", cell=old, assuming=cut)
d.step("6.e", ~vanishes(J_old, k), because="with gate paths: it never vanishes", cell=old, expect="refuted")
d.step("6.f", bounded(J_old, k), because="with gate paths: it never explodes", cell=old, expect="refuted")
