"""Hochreiter (1991): a bound of every weight that makes the gradient vanish, and what the number of units has to do.

With the sigmoid, whose slopes are at most 1/4, |w_ij| < 4 makes each factor s'(a_i) w_ij of a path less than 1 in
magnitude (section 3.1.1 there; Hochreiter, Bengio, Frasconi, Schmidhuber 2001, section 2). But there are n^(k-1) paths.
"""

from symrnn import (
    Derivation,
    Elman,
    absolute,
    bounded,
    eq,
    forall,
    index,
    jacobian,
    le,
    lt,
    norm,
    sigmoid,
    tanh,
    vanishes,
)

d = Derivation("Hochreiter 1991: weights below 4", cell=Elman(sigmoid))
h, W, D, n = d.h, d.W_hh, d.D, d.n
t, k, i, j = d.t, d.k, index("i"), d.j
size = absolute(W[i, j])
J = jacobian(h[t], h[t - k])


def every(claim):
    """For all entries of W."""
    return forall(i, forall(j, claim))


d.step("1", forall(i, le(4 * D[t][i, i], 1)), because="the slopes of the sigmoid are at most 1/4")
d.step(
    "1.a",
    every(lt(absolute(D[t][i, i] * W[i, j]), 1)),
    because="so each factor of a path is below 1",
    assuming=[every(lt(size, 4))],
)
d.step("2", vanishes(J, k), because="with one unit there is one path", assuming=[every(lt(size, 4)), eq(n, 1)])
d.step(
    "2.a",
    vanishes(J, k),
    because="with more there are n^(k-1), and their sum need not vanish",
    assuming=[every(lt(size, 4))],
    expect="refuted",
)
d.step("3", vanishes(J, k), because="the bound with n in it: |w_ij| < 4/n", assuming=[every(lt(n * size, 4))])
d.step(
    "3.a",
    vanishes(J, k),
    because="which is sharp: at |w_ij| = 4/n the gradient may stay",
    assuming=[every(le(n * size, 4))],
    expect="refuted",
)
d.step("3.b", bounded(J, k), because="though it does not explode", assuming=[every(le(n * size, 4))])
d.step("4", vanishes(J, k), because="the sums over each row say more", assuming=[lt(norm(W, "inf"), 4)])

squashed = Derivation("Hochreiter 1991, with tanh", cell=Elman(tanh))
V = absolute(squashed.W_hh[i, j])
J = jacobian(squashed.h[t], squashed.h[t - k])
squashed.step("2.a", vanishes(J, k), because="gamma = 1", assuming=[every(lt(V, 1))], expect="refuted")
squashed.step("3", vanishes(J, k), because="gamma = 1: |w_ij| < 1/n", assuming=[every(lt(squashed.n * V, 1))])
