"""The vanishing-gradient derivation, sentence by sentence: all nine steps of the notes.

Numbers are those of the notes; "7" is their sentence, "7.a" a claim of ours beside it. ``expect`` is what the exit code
counts as passing and nothing else: the verdicts come out of the machinery.
"""

from fractions import Fraction

from symrnn import (
    Derivation,
    Elman,
    absolute,
    any_of,
    binomial,
    bounded,
    cell,
    commutator,
    diag,
    diagonal,
    diagonalizable,
    discriminant,
    eq,
    explodes,
    eye,
    for_all_trajectories,
    forall,
    has_property,
    iff,
    implies,
    index,
    inputs,
    inv,
    invertible,
    jacobian,
    jordan_block,
    jordan_decomposable,
    lag,
    le,
    local,
    lt,
    matrix,
    negation,
    norm,
    orthogonal,
    product,
    relu,
    scalar,
    sigmoid,
    size,
    spectral_radius,
    squarefree_minimal_polynomial,
    state,
    summation,
    symmetric,
    tanh,
    unitarily_diagonalizable,
    vanishes,
    vector,
)

d = Derivation("Vanishing gradients in an RNN", cell=Elman(sigmoid, bias=False))
h, x, a, D, W, V = d.h, d.x, d.a, d.D, d.W_hh, d.W_xh
t, k, j, i, n, m = d.t, d.k, d.j, index("i"), d.n, d.m
rho, quarter = spectral_radius, Fraction(1, 4)


def J(lag):
    """The Jacobian of h_t by h_{t-lag}."""
    return jacobian(h[t], h[t - lag])


# ---- 1: memory ----

d.step("1", vanishes(J(k), k), because="memory is lost as sequences get longer", expect="refuted")
d.step("1.a", bounded(J(k), k), because="nor need it stay bounded: it can grow for ever", expect="refuted")
d.step("1.b", le(norm(J(k)), (norm(W) / 4) ** k), because="what is true: a bound, by sup s' = 1/4")
d.step("1.c", le(norm(J(k), 1), (norm(W, 1) / 4) ** k), because="the same in the 1-norm")
d.step("1.d", le(norm(J(k), "inf"), (norm(W, "inf") / 4) ** k), because="and in the maximum norm")

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

# ---- 3: what learning needs ----

g, v = vector("g", n), vector("v", n)

d.step(
    "3",
    implies(eq(J(1), 0), eq(D[t] @ g @ x[t].T, 0)),
    because="learning needs the Jacobian: without it, the gradient of g^T h_t by W_xh would be 0",
    expect="refuted",
)
d.step(
    "3.a",
    eq(g.T @ J(k) @ v, 0),
    because="the term at lag k of the loss gradient dies with the Jacobian",
    assuming=[eq(J(k), 0)],
)
d.step(
    "3.b",
    implies(explodes(J(k), k), explodes(g.T @ J(k), k)),
    because="a large Jacobian makes the gradient large",
    assuming=[negation(eq(g, 0))],
    expect="refuted",
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

# ---- 8: decomposing W_hh ----

U, S = matrix("U", n), matrix("S", n, n, "diagonal")
decomposed = [invertible(U), eq(W, U @ S @ inv(U))]

d.step("8.a", negation(symmetric(W)), because="W_hh is in general not symmetric", expect="refuted")
d.step(
    "8",
    diagonalizable(W),
    because="and hence W_hh = U S U^-1 with the eigenvectors in U and the eigenvalues in S",
    follows=["8.a"],
    expect="conditional",
)
d.step("8.b", diagonalizable(W, "R"), because="the same with real U and S", expect="refuted")
d.step("8.c", implies(negation(symmetric(W)), diagonalizable(W)), because="non-symmetric, hence", expect="conditional")
d.step("8.d", diagonalizable(W, "R"), because="for symmetric W_hh", assuming=[symmetric(W)])
d.step(
    "8.e",
    iff(diagonalizable(W), squarefree_minimal_polynomial(W)),
    because="exactly when no root of the minimal polynomial is repeated",
)
d.step(
    "8.f",
    iff(diagonalizable(W), any_of(negation(eq(discriminant(W), 0)), has_property("scalar", W))),
    because="for two hidden units: distinct eigenvalues, or a multiple of I",
    assuming=[eq(n, 2)],
)
d.step("8.g", eq(W**k, U @ S**k @ inv(U)), because="where the decomposition exists", assuming=decomposed)
d.step("8.h", eq(W, U @ S @ U.T), because="with U^T in place of U^-1", assuming=decomposed, expect="refuted")
d.step("8.i", symmetric(W), because="with U^T in place of U^-1, W_hh is symmetric", assuming=[eq(W, U @ S @ U.T)])
d.step(
    "8.j",
    eq(W, U @ S @ U.T),
    because="and it is right for orthogonal U",
    assuming=[orthogonal(U), eq(W, U @ S @ inv(U))],
)
d.step(
    "8.k",
    iff(unitarily_diagonalizable(W), has_property("normal", W)),
    because="with U^H in place of U^-1: exactly for normal W_hh",
)
d.step(
    "8.l",
    eq(J(k), product(D[j], j, t, t - k + 1) @ U @ S**k @ inv(U)),
    because="the final form, 8 put into 7",
    assuming=decomposed,
    follows=["7", "8.g"],
    expect="refuted",
)
d.step("8.m", jordan_decomposable(W), because="what every square matrix has is a Jordan form")

q, r, e = size("q"), lag("r"), scalar("e")

d.step(
    "8.n",
    eq((jordan_block(e, q) ** k)[i, i + r], binomial(k, r) * e ** (k - r)),
    because="the powers of a Jordan block, r places above the diagonal",
    assuming=[le(1, i), le(r, q - i), le(r, k)],
)
d.step("8.o", eq((jordan_block(e, q) ** k)[i, i], e**k), because="and on it")
d.step(
    "8.p",
    implies(vanishes(J(k), k), le(absolute(J(2)[1, 2]), absolute(J(1)[1, 2]))),
    because="what vanishes decays from the first step on; but it may rise before it falls",
    assuming=[eq(n, 2)],
    expect="refuted",
)


# ---- 9: eigenvalues and vanishing ----

l, y, steers = scalar("l"), scalar("y"), eq(V @ matrix("R", m, n), eye(n))
one_unit = eq(n, 1)
formula = product(D[j], j, t, t - k + 1) @ U @ S**k @ inv(U)
commuted = product(D[j], j, t, t - k + 1) @ W**k

d.step("9.a", vanishes(l**k, k), because="an eigenvalue of magnitude below 1", assuming=[lt(absolute(l), 1)])
d.step("9.b", iff(lt(rho(W), 1), vanishes(W**k, k)), because="for W_hh as a whole, defective or not")
d.step("9.c", iff(lt(rho(S), 1), vanishes(S**k, k)), because="and for S")
d.step(
    "9.c1",
    iff(vanishes(S**k, k), vanishes(W**k, k)),
    because="which is the same where the decomposition exists",
    assuming=decomposed,
)
d.step(
    "9.d",
    explodes(J(k), k),
    because="eigenvalues with magnitude > 1 explode",
    assuming=[lt(1, rho(W))],
    expect="refuted",
)
d.step(
    "9.e",
    vanishes(J(k), k),
    because="with such an eigenvalue it may vanish all the same",
    assuming=[lt(1, rho(W)), lt(norm(W), 4)],
)
d.step("9.f", vanishes(J(k), k), because="one unit, |w| < 4: always", assuming=[one_unit, lt(norm(W), 4)])
d.step(
    "9.g",
    vanishes(J(k), k),
    because="one unit, |w| = 4: it can persist",
    assuming=[one_unit, eq(norm(W), 4)],
    expect="refuted",
)
d.step(
    "9.h",
    vanishes(J(k), k),
    because="one unit, |w| > 4: it depends on the trajectory",
    assuming=[one_unit, lt(4, norm(W))],
    expect="refuted",
)
d.step(
    "9.i",
    explodes(J(k), k),
    because="one unit, |w| > 4: it depends on the trajectory",
    assuming=[one_unit, lt(4, norm(W))],
    expect="refuted",
)
d.step(
    "9",
    vanishes(J(k), k),
    because="the largest |lambda| is below 1, so S^k -> 0",
    assuming=[lt(rho(W), 1)],
    expect="refuted",
)
d.step(
    "9.j",
    vanishes(J(k), k),
    because="no artefact of defectiveness",
    assuming=[diagonalizable(W), eq(rho(W), Fraction(1, 2))],
    expect="refuted",
)


def autonomous(activation):
    """h_t = s(W_hh h_{t-1}): no input, no bias."""
    hidden, pre, slope = state("h", n), local("a", n), local("D", n, n, "diagonal")
    return cell(
        "autonomous",
        states={hidden: lambda s: activation(pre[s])},
        locals={pre: lambda s: W @ hidden[s - 1], slope: lambda s: diag(activation.prime(pre[s]))},
    )


for letter, f in zip("klm", (sigmoid, tanh, relu), strict=True):
    u = autonomous(f)
    d.step(
        f"9.{letter}",
        vanishes(jacobian(u.h[t], u.h[t - k]), k),
        title=f"{f.name}, no input and no bias: if rho(W_hh) < 1, d h[t] / d h[t-k] vanishes",
        because="no artefact of the input or the bias either",
        assuming=[lt(rho(u.W_hh), 1)],
        cell=u,
        expect="refuted",
    )
for letter, f in zip("no", (tanh, relu), strict=True):
    u = Elman(f, bias=False)
    d.step(
        f"9.{letter}",
        vanishes(jacobian(u.h[t], u.h[t - k]), k),
        title=f"{f.name}: if rho(W_hh) < 1, d h[t] / d h[t-k] vanishes",
        because="nor of the sigmoid",
        assuming=[lt(rho(u.W_hh), 1)],
        cell=u,
        expect="refuted",
    )
d.step("9.p", vanishes(J(k), k), because="true for one unit", assuming=[lt(rho(W), 1), one_unit])
d.step("9.q", vanishes(J(k), k), because="true for normal W_hh", assuming=[lt(rho(W), 1), has_property("normal", W)])
d.step(
    "9.r",
    vanishes(J(k), k),
    because="true for nonnegative W_hh",
    assuming=[lt(rho(W), 1), has_property("nonnegative", W)],
)
d.step(
    "9.s",
    vanishes(J(k), k),
    because="true for triangular W_hh",
    assuming=[lt(rho(W), 1), has_property("upper_triangular", W)],
)
d.step("9.t", vanishes(J(k), k), because="true in general: ||W_hh|| < 1 / sup s'", assuming=[lt(norm(W), 4)])
d.step("9.u", vanishes(J(k), k), because="and by magnitudes", assuming=[lt(rho(absolute(W)), 4)])
d.step(
    "9.v",
    vanishes(J(k), k),
    because="if D W_hh contracts for every constant D",
    assuming=[forall(D, lt(rho(D[j] @ W), 1))],
    expect="refuted",
)
d.step("9.w", implies(vanishes(J(k), k), lt(rho(W), 1)), because="it vanishes only then", expect="refuted")
d.step(
    "9.x",
    implies(for_all_trajectories(vanishes(J(k), k)), lt(rho(W), 1)),
    because="not even if it vanishes on all trajectories",
    expect="refuted",
)
d.step("9.y", le(sigmoid.prime(y), quarter), because="1/4 - p (1 - p) = (p - 1/2)^2")
d.step("9.y1", lt(sigmoid.prime(y), 1), because="the derivatives of the sigmoid are themselves less than 1")
d.step("9.y2", lt(tanh.prime(y), 1), because="those of tanh are, but at 0", expect="conditional")
d.step("9.y3", lt(relu.prime(y), 1), because="those of ReLU are not", expect="refuted")
d.step("9.y4", le(norm(D[t]), quarter), because="so ||D_t|| <= 1/4")
d.step(
    "9.z",
    le(rho(D[t] @ W), rho(W)),
    because="the derivatives cannot help: they only shrink eigenvalues",
    expect="refuted",
)
d.step(
    "9.z1",
    vanishes(J(k), k),
    because="from the final form of 8, false as that is",
    assuming=[*decomposed, lt(rho(W), 1)],
    follows=["8.l", "8.g", "9.y4"],
    using=["powers vanish"],
    expect="refuted",
)
d.step(
    "9.z2",
    iff(for_all_trajectories(vanishes(commuted, k)), lt(rho(W), 4)),
    because="the notes' own final form, taken as true, vanishes on all trajectories exactly if rho(W_hh) < 4, not 1",
    assuming=[steers],
)

if __name__ == "__main__":
    d.main()
