"""The vanishing-gradient derivation, sentence by sentence: steps 2 and 4 to 7.

Numbers are those of the notes; "7" is their sentence, "7.a" a claim of ours beside it. ``expect`` is what the exit code
counts as passing and nothing else: the verdicts come out of the machinery.
"""

from symrnn import (
    Derivation,
    Elman,
    cell,
    commutator,
    diag,
    diagonal,
    eq,
    forall,
    has_property,
    iff,
    implies,
    index,
    inputs,
    invertible,
    jacobian,
    le,
    local,
    matrix,
    product,
    sigmoid,
    size,
    state,
    summation,
)

d = Derivation("Vanishing gradients in an RNN", cell=Elman(sigmoid, bias=False))
h, x, a, D, W, V = d.h, d.x, d.a, d.D, d.W_hh, d.W_xh
t, k, j, i = d.t, d.k, d.j, index("i")


def J(lag):
    """The Jacobian of h_t by h_{t-lag}."""
    return jacobian(h[t], h[t - lag])


# ---- 2: the recurrence ----

d.step(
    "2",
    eq(h[t], sigmoid(W @ h[t - 1] + V @ h[t - 1])),
    because="the recurrence as printed, with W_xh h_{t-1}",
    expect="refuted",
)
d.step("2.a", eq(h[t], sigmoid(W @ h[t - 1] + V @ x[t])), because="the recurrence that is meant, with W_xh x_t")


def printed_recurrence():
    """h_t = s(W_hh h_{t-1} + W_xh h_{t-1}), which needs m = n; the input x_t is there and unused."""
    n = size("n")
    hidden, drive, pre, slope = state("h", n), inputs("x", n), local("a", n), local("D", n, n, "diagonal")
    w, v = matrix("W_hh", n), matrix("W_xh", n)
    return cell(
        "the recurrence as printed",
        states={hidden: lambda s: sigmoid(pre[s])},
        inputs=(drive,),
        locals={
            pre: lambda s: w @ hidden[s - 1] + v @ hidden[s - 1],
            slope: lambda s: diag(sigmoid.prime(pre[s])),
        },
    )


p = printed_recurrence()
d.step(
    "2.b",
    eq(jacobian(p.h[t], p.h[t - 1]), p.D[t] @ (p.W_hh + p.W_xh)),
    because="as printed, for m = n: both matrices multiply the state",
    cell=p,
)
d.step("2.c", eq(jacobian(p.h[t], p.x[t]), 0), because="as printed, the state never sees the input", cell=p)
d.step(
    "2.d",
    iff(eq(jacobian(p.h[t], p.h[t - 1]), p.D[t] @ p.W_hh), eq(p.W_xh, 0)),
    because="as printed, when step 5 would follow",
    cell=p,
)

# ---- 4: the chain rule ----

d.step("4", eq(J(k), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1)), because="chain rule")
d.step(
    "4.a",
    eq(J(k), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1)),
    because="also for k = 0, where the product is empty",
    assuming=[le(0, k)],
)
d.step(
    "4.b",
    eq(J(k), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1, order="ascending")),
    because="the same product with earlier times on the left",
    expect="refuted",
)
d.step(
    "4.c",
    eq(J(k), product(jacobian(h[j], h[j - 1]), j, t, t - k + 1, order="ascending")),
    because="which is the right order in denominator layout",
    layout="denominator",
)

f = Elman(sigmoid, bias=False, exogenous=False)
d.step(
    "4.d",
    eq(jacobian(f.h[t], f.h[t - 1]), f.D[t] @ f.W_hh),
    because="without saying that inputs do not depend on states",
    cell=f,
    expect="refuted",
)


def closed_loop():
    """The plain network with x_t = C h_{t-1}."""
    n, m = size("n"), size("m")
    hidden, pre, slope = state("h", n), local("a", n), local("D", n, n, "diagonal")
    w, v, c = matrix("W_hh", n), matrix("W_xh", n, m), matrix("C", m, n)
    return cell(
        "closed loop",
        states={hidden: lambda s: sigmoid(pre[s])},
        locals={
            pre: lambda s: w @ hidden[s - 1] + v @ (c @ hidden[s - 1]),
            slope: lambda s: diag(sigmoid.prime(pre[s])),
        },
    )


g = closed_loop()
d.step(
    "4.e",
    eq(jacobian(g.h[t], g.h[t - 1]), g.D[t] @ (g.W_hh + g.W_xh @ g.C)),
    because="with x_t = C h_{t-1} the input path counts too",
    cell=g,
)

# ---- 5: one step ----

d.step("5", eq(J(1), D[t] @ W), because="chain rule through the pre-activation")
d.step("5.a", eq(D[t], diag(sigmoid.prime(a[t]))), because="D_t holds the derivatives of the sigmoid")
d.step("5.b", eq(D[t], jacobian(h[t], a[t])), because="its entries are d h_i / d a_i, and 0 off the diagonal")
d.step("5.c", eq(J(1), W.T @ D[t]), because="the transpose, read in numerator layout", expect="refuted")
d.step("5.d", eq(J(1), W.T @ D[t]), because="the transpose, read in denominator layout", layout="denominator")

# ---- 6: k factors ----

d.step("6", eq(J(k), product(D[j] @ W, j, t, t - k + 1)), because="5 put into 4", follows=["4", "5"])
d.step("6.a", eq(J(k), product(D[j] @ W, j, t, t - k)), because="one factor too many", expect="refuted")
d.step("6.b", eq(J(k), product(D[j] @ W, j, t, t - k + 2)), because="one factor too few", expect="refuted")
d.step(
    "6.c",
    eq(J(k), product(W.T @ D[j], j, t, t - k + 1, order="ascending")),
    because="denominator layout reverses the order",
    layout="denominator",
)

# ---- 7: commuting ----

seven = eq(J(k), product(D[j], j, t, t - k + 1) @ W**k)
seven_at_2 = eq(J(2), D[t] @ D[t - 1] @ W**2)
seven_at_3 = eq(J(3), D[t] @ D[t - 1] @ D[t - 2] @ W**3)

d.step("7.a", eq(D[i] @ D[j], D[j] @ D[i]), because="diagonal matrices commute with each other")
d.step(
    "7", seven, because="hence the diagonal matrices can be moved to the left", follows=["6", "7.a"], expect="refuted"
)
d.step("7.b", seven, because="for one hidden unit", assuming=[eq(d.n, 1)])
d.step("7.c", seven, because="if W_hh is diagonal", assuming=[diagonal(W)])
d.step("7.d", seven, because="if every D_j is a multiple of I", assuming=[has_property("scalar", D[j])])
d.step("7.e", seven, because="if every D_j commutes with W_hh", assuming=[eq(D[j] @ W, W @ D[j])])
d.step(
    "7.f",
    eq(
        J(k) - product(D[j], j, t, t - k + 1) @ W**k,
        summation(
            product(D[j], j, t, t - i + 1)
            @ commutator(W**i, D[t - i])
            @ W
            @ product(D[j] @ W, j, t - i - 1, t - k + 1),
            i,
            0,
            k - 1,
        ),
    ),
    because="the exact error, telescoped: one commutator for each matrix moved",
)
d.step(
    "7.g",
    iff(seven_at_2, eq(D[t] @ commutator(W, D[t - 1]) @ W, 0)),
    because="two steps: exactly when the commutator dies between D_t and W_hh",
)
d.step(
    "7.h",
    iff(seven_at_2, forall(i, forall(j, eq(W[i, j] * (D[t - 1][j, j] - D[t - 1][i, i]), 0)))),
    because="two steps, W_hh invertible: D is constant on the connected components of the graph of W_hh",
    assuming=[invertible(W)],
)
d.step(
    "7.i",
    implies(seven_at_3, eq(D[t - 2] @ W, W @ D[t - 2])),
    because="three steps: commuting would be necessary too",
    assuming=[invertible(W)],
    expect="refuted",
)

if __name__ == "__main__":
    d.main()
