"""Diagonal and linear recurrences: where the steps that fail for a general network do hold.

Step ids follow those of vanishing_gradient.py: "7" is the sentence that diagonal matrices commute past W.
"""

from symrnn import (
    Derivation,
    DiagonalRNN,
    Elman,
    bounded,
    commutator,
    diagonal,
    eq,
    identity,
    index,
    jacobian,
    le,
    lt,
    norm,
    product,
    sigmoid,
    summation,
    tanh,
    vanishes,
)

d = Derivation("Diagonal linear recurrences", cell=DiagonalRNN())
h, x, W, V, b, D = d.h, d.x, d.W_hh, d.W_xh, d.b, d.D
t, k, j, i = d.t, d.k, d.j, index("i")
J = jacobian(h[t], h[t - k])

d.step("1", eq(h[t], W @ h[t - 1] + V @ x[t] + b), because="the recurrence, with a diagonal W_hh and no activation")
d.step("5", eq(jacobian(h[t], h[t - 1]), D[t] @ W), because="chain rule")
d.step("5.a", eq(jacobian(h[t], h[t - 1]), W), because="the slopes of the identity are 1")
d.step("4", eq(J, product(jacobian(h[j], h[j - 1]), j, t, t - k + 1)), because="the chain rule, for all k")
d.step("6", eq(J, product(D[j] @ W, j, t, t - k + 1)), follows=["4", "5"], because="5 put into 4")
d.step("7", eq(J, product(D[j], j, t, t - k + 1) @ W**k), follows=["6"], because="diagonal matrices commute")
d.step("7.a", eq(J, W**k), because="there is nothing to commute")
d.step("7.b", eq(jacobian(h[t], x[t - k]), W**k @ V), because="an input k steps back")
d.step("7.c", eq(jacobian(h[t], x[t - k]), W ** (k + 1) @ V), because="one factor too many", expect="refuted")
d.step(
    "8",
    eq(h[t], W**k @ h[t - k] + summation(W**i @ (V @ x[t - i] + b), i, 0, k - 1)),
    because="unrolled: a convolution of the inputs",
)
d.step("9", vanishes(W**k, k), because="it forgets if every |w_ii| < 1", assuming=[lt(norm(W, 1), 1)])
d.step("9.a", vanishes(J, k), because="and so does its Jacobian", assuming=[lt(norm(W, 1), 1)])
d.step("9.b", bounded(J, k), because="at |w_ii| <= 1 it stays bounded", assuming=[le(norm(W, 1), 1)])
d.step("9.c", vanishes(J, k), because="without a bound on W", expect="refuted")

nonlinear = Derivation("Diagonal recurrences with an activation", cell=DiagonalRNN(tanh))
nonlinear.step(
    "7",
    eq(
        jacobian(nonlinear.h[t], nonlinear.h[t - k]),
        product(nonlinear.D[j], j, t, t - k + 1) @ nonlinear.W_hh**k,
    ),
    because="W_hh is diagonal too, so it commutes with every D",
)
nonlinear.step(
    "7.a",
    eq(commutator(nonlinear.D[t], nonlinear.W_hh), 0),
    because="which is all that step 7 needs",
)

general = Derivation("Linear recurrences with any matrix", cell=Elman(identity))
general.step(
    "7",
    eq(jacobian(general.h[t], general.h[t - k]), product(general.D[j], j, t, t - k + 1) @ general.W_hh**k),
    because="the slopes are 1, whatever W_hh is",
)
general.step("7.a", diagonal(general.D[t] @ general.W_hh), because="though W_hh need not be diagonal", expect="refuted")
general.step(
    "7.b",
    eq(jacobian(general.h[t], general.h[t - k]), product(general.D[j], j, t, t - k + 1) @ general.W_hh**k),
    because="with a sigmoid the same sentence is false",
    cell=Elman(sigmoid),
    expect="refuted",
)
