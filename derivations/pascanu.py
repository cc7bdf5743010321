"""On the difficulty of training recurrent networks: steps of the argument of Pascanu, Mikolov and Bengio (2013).

Their form of the recurrence is x_t = W_rec s(x_{t-1}) + W_in u_t + b (equation 2); D_t = diag(s'(x_{t-1})).
"""

from symrnn import (
    Derivation,
    Pascanu,
    bounded,
    diag,
    eq,
    explodes,
    implies,
    jacobian,
    le,
    lt,
    negation,
    norm,
    product,
    sigmoid,
    spectral_radius,
    tanh,
    vanishes,
)

d = Derivation("Pascanu, Mikolov, Bengio 2013", cell=Pascanu(sigmoid))
x, u, W, V, b, D = d.x, d.u, d.W_rec, d.W_in, d.b, d.D
t, k, j = d.t, d.k, d.j
one, many = jacobian(x[t], x[t - 1]), jacobian(x[t], x[t - k])

d.step("2", eq(x[t], W @ sigmoid(x[t - 1]) + V @ u[t] + b), because="equation 2")
d.step(
    "3",
    eq(many, product(jacobian(x[j], x[j - 1]), j, t, t - k + 1)),
    because="equation 4: the chain rule through the states in between",
)
d.step("5", eq(many, product(W.T @ D[j], j, t, t - k + 1)), because="equation 5 as printed", expect="refuted")
d.step(
    "5.a",
    eq(many, product(W.T @ D[j], j, t, t - k + 1)),
    because="equation 5 read in denominator layout",
    layout="denominator",
    expect="refuted",
)
d.step("5.b", eq(one, W @ D[t]), because="one step, numerator layout")
d.step(
    "5.c", eq(one, diag(sigmoid.prime(x[t - 1])) @ W.T), because="one step, denominator layout", layout="denominator"
)
d.step("5.d", eq(many, product(W @ D[j], j, t, t - k + 1)), follows=["3", "5.b"], because="numerator layout")
d.step(
    "5.e",
    eq(many, product(D[j] @ W.T, j, t - k + 1, t, order="ascending")),
    because="denominator layout: the earliest step on the left",
    layout="denominator",
)
d.step(
    "6",
    le(norm(one), norm(W) / 4),
    because="equation 6: gamma = 1/4 bounds the slopes of the sigmoid; it stands in spite of equation 5",
)
d.step("6.a", le(norm(many), (norm(W) / 4) ** k), because="over k steps")
d.step("6.b", le(norm(many), (norm(W) / 5) ** k), because="with too small a gamma", expect="refuted")
d.step(
    "7",
    vanishes(many, k),
    because="the largest singular value below 1/gamma suffices",
    assuming=[lt(norm(W), 4)],
)
d.step("7.a", vanishes(many, k), because="at any size of W_rec", expect="refuted")
d.step(
    "7.b",
    vanishes(many, k),
    because="the largest eigenvalue below 1/gamma suffices",
    assuming=[lt(spectral_radius(W), 4)],
    expect="refuted",
)
d.step(
    "8",
    implies(explodes(many, k), lt(4, norm(W))),
    because="a largest singular value above 1/gamma is necessary for gradients to explode",
)
d.step(
    "8.a",
    implies(explodes(many, k), lt(4, spectral_radius(W))),
    because="a largest eigenvalue above 1/gamma is not",
    expect="refuted",
)
d.step("8.b", implies(lt(4, norm(W)), explodes(many, k)), because="nor is it sufficient", expect="refuted")
d.step(
    "8.c",
    implies(negation(lt(4, norm(W))), vanishes(many, k)),
    because="'otherwise the long-term components would vanish'",
    expect="refuted",
)
d.step(
    "8.d",
    implies(negation(le(4, norm(W))), vanishes(many, k)),
    because="it is at equality that it fails: below 1/gamma they do",
)
d.step("8.e", bounded(many, k), because="at equality they stay bounded", assuming=[le(norm(W), 4)])

squashed = Derivation("Pascanu, Mikolov, Bengio 2013, with tanh", cell=Pascanu(tanh))
many = jacobian(squashed.x[t], squashed.x[t - k])
squashed.step("6", le(norm(many), norm(squashed.W_rec) ** k), because="equation 6 with gamma = 1")
squashed.step("7", vanishes(many, k), because="gamma = 1", assuming=[lt(norm(squashed.W_rec), 1)])
squashed.step("8", implies(explodes(many, k), lt(1, norm(squashed.W_rec))), because="gamma = 1")
