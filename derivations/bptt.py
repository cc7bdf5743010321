"""Backpropagation through time: the gradient in the notations people use, its recursion, and what goes wrong.

The loss L is the sum over t = 1 .. T of any differentiable functions of h_t; d is the total derivative, d+ the
immediate one, which lets no earlier state respond. The state h_0 depends on no parameter. ``gradient`` (grad, nabla)
has the shape of the parameter; a fraction d L / d W is in the layout of the step.
"""

from symrnn import (
    Derivation,
    Elman,
    cross_entropy,
    diag,
    eq,
    gradient,
    identity,
    iff,
    immediate,
    immediate_gradient,
    implies,
    index,
    jacobian,
    lag,
    le,
    loss,
    lt,
    matrix,
    product,
    size,
    softmax,
    squared_error,
    summation,
    tanh,
    time,
    trace,
    vanishes,
    vector,
)

cell = Elman(tanh)
d = Derivation("Backpropagation through time", cell=cell)
h, x, D, W, W_xh, b, n = d.h, d.x, d.D, d.W_hh, d.W_xh, d.b, d.n
T, s, t, k, j = lag("T"), lag("s"), lag("tau"), index("k"), index("j")
L = loss("L", h, 1, T)


def own(t):
    """The immediate partial derivative of the loss at time t by the state at t, a row."""
    return immediate(L[t], h[t])


def delta(s):
    """The total derivative of the loss by the state at s, as a column."""
    return jacobian(L, h[s]).T


def through(t, s):
    """What the step at s contributes to the gradient of the loss at t."""
    return D[s] @ jacobian(h[t], h[s]).T @ own(t).T @ h[s - 1].T


def main_sum(first, last):
    return summation(D[k] @ delta(k) @ h[k - 1].T, k, first, last)


# ---- total and immediate ----

d.step("1", eq(immediate(h[s], b), D[s]), because="the bias acts at time s; h_{s-1} is held")
d.step(
    "1.a",
    eq(jacobian(h[t], b, since=0), summation(jacobian(h[t], h[k]) @ immediate(h[k], b), k, 1, t)),
    because="Pascanu, Mikolov, Bengio 2013, equation 4, for a bias",
)
d.step(
    "1.b", eq(jacobian(h[t], b, since=0), D[t]), because="the immediate derivative for the total one", expect="refuted"
)
d.step("1.c", eq(jacobian(h[t], b, since=0), D[t]), assuming=[eq(t, 1)], because="after one step they are the same")

# ---- the deltas ----

d.step("2", eq(jacobian(L, h[T]), own(T)), because="the last state acts on the last loss alone")
d.step(
    "2.a",
    eq(delta(s), own(s).T + W.T @ D[s + 1] @ delta(s + 1)),
    assuming=[lt(s, T)],
    because="delta_s = (d+ L / d h_s)^T + W^T D_{s+1} delta_{s+1}",
)
d.step(
    "2.b",
    eq(jacobian(L, h[s]), summation(own(k) @ jacobian(h[k], h[s]), k, s, T)),
    assuming=[le(s, T)],
    because="the recursion unrolled",
)
d.step(
    "2.c",
    eq(delta(s), own(s).T + W @ D[s + 1] @ delta(s + 1)),
    assuming=[lt(s, T)],
    because="W not transposed",
    expect="refuted",
)
d.step(
    "2.d",
    eq(delta(s), W.T @ D[s + 1] @ delta(s + 1)),
    assuming=[lt(s, T)],
    because="the loss at time s forgotten",
    expect="refuted",
)

# ---- the gradient, in three notations ----

d.step("3", eq(gradient(L, W), main_sum(1, T)), because="a sum over the steps of immediate partial times delta")
d.step("3.a", eq(gradient(L, W_xh), summation(D[k] @ delta(k) @ x[k].T, k, 1, T)), because="the input matrix")
d.step("3.b", eq(gradient(L, b), summation(D[k] @ delta(k), k, 1, T)), because="the bias")
d.step(
    "4",
    eq(gradient(L, W), summation(gradient(L[k], W), k, 1, T)),
    because="loss by loss, Pascanu et al., equation 3",
)
d.step(
    "4.a",
    eq(
        gradient(L[t], W),
        summation(immediate_gradient(h[k], W, row=own(t) @ jacobian(h[t], h[k])), k, 1, t),
    ),
    because="dL_t/dW = sum over k <= t of (dL_t/dh_t) (dh_t/dh_k) (d+ h_k/dW), equations 3 to 5",
)
d.step(
    "5",
    eq(gradient(L, W), summation(summation(through(j, k), k, 1, j), j, 1, T)),
    because="the double sum, losses outside",
)
d.step(
    "5.a",
    eq(gradient(L, W), summation(summation(through(j, k), j, k, T), k, 1, T)),
    because="the double sum, steps outside",
)
i = index("i")
written = product(D[i] @ W, i, j, k + 1)
d.step(
    "6",
    eq(gradient(L, W), summation(summation((own(j) @ written @ D[k]).T @ h[k - 1].T, k, 1, j), j, 1, T)),
    because="with the Jacobians written out: the product runs from k + 1 to t",
)
d.step(
    "6.a",
    eq(gradient(L[t], W), summation((own(t) @ product(D[i] @ W, i, t, k + 1) @ D[k]).T @ h[k - 1].T, k, 1, t)),
    because="the same for the loss at one time",
)
d.step(
    "6.b",
    eq(gradient(L[t], W), summation((own(t) @ product(D[i] @ W, i, t, k) @ D[k]).T @ h[k - 1].T, k, 1, t)),
    because="the product from k on: one factor too many",
    expect="refuted",
)

# ---- layouts ----

d.step("7", eq(jacobian(L, W), summation(h[k - 1] @ jacobian(L, h[k]) @ D[k], k, 1, T)), because="numerator layout")
d.step("7.a", eq(jacobian(L, W), main_sum(1, T)), because="layouts mixed", expect="refuted")
d.step("7.b", eq(jacobian(L, W), main_sum(1, T).T), because="the transpose of the gradient")

# ---- variants that are wrong ----

d.step(
    "8",
    eq(gradient(L, W), summation(D[k] @ delta(k) @ h[k].T, k, 1, T)),
    because="h_s where h_{s-1} belongs",
    expect="refuted",
)
d.step("8.a", eq(gradient(L, W), main_sum(2, T)), because="the first step left out", expect="refuted")
d.step("8.b", eq(gradient(L, W), main_sum(1, T - 1)), because="the last step left out", expect="refuted")
d.step(
    "8.c",
    eq(gradient(L, W), summation(delta(k) @ h[k - 1].T, k, 1, T)),
    because="the slopes D_s left out",
    expect="refuted",
)
d.step(
    "8.d",
    eq(gradient(L, W), summation(D[k] @ own(k).T @ h[k - 1].T, k, 1, T)),
    because="the partial of L by h_s for the total derivative",
    expect="refuted",
)

# ---- truncation ----

K, R = lag("K"), lag("R", 0)
M = loss("L", h, 1, K + R)
window = gradient(M[K + R], W, since=R)
d.step(
    "9",
    eq(gradient(M[K + R], W) - window, summation(through(K + R, k), k, 1, R)),
    because="back K steps from the loss at time K + R: dropped are the steps at lags K and more",
)
d.step(
    "9.a",
    eq(gradient(L[t + 1], W), gradient(L[t + 1], W, since=1)),
    because="truncation is exact, even if it drops the first step only",
    expect="refuted",
)
d.step("9.b", eq(gradient(M[K + R], W), window), assuming=[eq(R, 0)], because="it is, at time K and before")
truncated = summation(gradient(M[j], W), j, 1, K) + summation(gradient(M[j], W, since=j - K), j, K + 1, K + R)
d.step(
    "9.c",
    eq(gradient(M, W) - truncated, summation(gradient(M[j], W) - gradient(M[j], W, since=j - K), j, K + 1, K + R)),
    because="for the whole loss: the sum of what each loss after time K drops",
)

# ---- vanishing Jacobians and the gradient ----

r, lags, u = time("r"), lag("l"), matrix("u", 1, n)
linear = Derivation("Backpropagation through time: long lags", cell=Elman(identity))
ls, J = linear.h, jacobian(linear.h[r], linear.h[r - lags])
linear.step(
    "1",
    implies(vanishes(J, lags), eq(gradient(ls[r], linear.W_hh, row=u, since=r - 3), 0)),
    because="the terms at long lags vanish, and so does the gradient",
    expect="refuted",
)

# ---- output heads ----

p = size("p")
V, b_y, y = matrix("V", p, n), vector("b_y", p), matrix("y", p, 1)


def output(t):
    return V @ h[t] + b_y


def share_error(t):
    return softmax(output(t)) - y[t]


head = Derivation("Backpropagation through time: output heads", cell=cell)
S = squared_error("L", output, lambda t: y[t], 1, T)
C = cross_entropy("L", output, lambda t: y[t], 1, T)
sums_to_one = eq(trace(diag(y[s])), 1)
head.step("1", eq(immediate(S[s], h[s]), (output(s) - y[s]).T @ V), because="squared error of a linear output")
head.step(
    "1.a",
    eq(gradient(S, V), summation((output(k) - y[k]) @ h[k].T, k, 1, T)),
    because="the output matrix: no recursion",
)
head.step(
    "1.b",
    eq(gradient(S, W), summation(D[k] @ jacobian(S, h[k]).T @ h[k - 1].T, k, 1, T)),
    because="the recurrent matrix: as for any loss",
)
head.step(
    "2",
    eq(gradient(C[s], b_y), share_error(s)),
    assuming=[sums_to_one],
    because="softmax with cross-entropy: p - y",
)
head.step("2.a", eq(gradient(C[s], b_y), share_error(s)), because="whatever the targets", expect="refuted")
head.step("2.b", iff(eq(gradient(C[s], b_y), share_error(s)), sums_to_one), because="exactly where they sum to 1")
head.step(
    "2.c",
    eq(immediate(C[s], h[s]), share_error(s).T @ V),
    assuming=[sums_to_one],
    because="and so what reaches the state",
)

if __name__ == "__main__":
    d.main()
