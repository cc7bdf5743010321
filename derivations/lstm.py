"""The LSTM: its Jacobian block by block, and what the constant error carousel does and does not do.

The state is (h, c). Diagonal matrices of gates: F = diag(f_t), I_t = diag(i_t); slopes D_i, D_f, D_o, D_g and
D_c = diag(tanh'(c_t)). A is the path from h_{t-1} into c_t, through the gates and the candidate.
"""

from symrnn import (
    LSTM,
    Derivation,
    block_matrix,
    diag,
    eq,
    eye,
    iff,
    jacobian,
    product,
    tanh,
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

# ---- without a forget gate ----

old = LSTM(forget=False)
cut = [eq(old.U_i, 0), eq(old.U_g, 0)]
d.step("6", eq(jacobian(old.c[t], old.c[t - 1]), eye(n)), because="1997: the error carousel", cell=old)
d.step("6.a", eq(jacobian(old.c[t], old.c[t - k]), eye(n)), because="for ever", cell=old, expect="refuted")
d.step("6.b", eq(jacobian(old.c[t], old.c[t - k]), eye(n)), because="with the gate paths cut", cell=old, assuming=cut)
