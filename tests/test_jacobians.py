"""Structural one-step Jacobians and their ordered products against the derivative of the explicit composition."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy

from symrnn import (
    GRU,
    LSTM,
    Elman,
    activation,
    cell,
    det,
    diag,
    entry,
    eye,
    hadamard,
    index,
    inputs,
    inv,
    jacobian,
    lag,
    local,
    matrix,
    norm,
    product,
    relu,
    sigmoid,
    size,
    softplus,
    spectral_radius,
    state,
    summation,
    tanh,
    time,
    trace,
    vector,
    zeros,
)
from symrnn.errors import ClaimError, Undefined
from symrnn.jacobians import explicit_instance, to_sympy

n, m, k, t, j = size("n"), size("m"), lag("k"), time("t"), index("j")
phi, psi = activation("phi"), activation("psi")
SHAPES = [(1, 1), (2, 1), (1, 2), (2, 3), (3, 2)]

# polynomials in the place of the opaque activations, each with its derivative: then everything is exact
STAND_INS = {
    "phi": lambda x: x - x**3 / 3 + Fraction(1, 7),
    "phi'": lambda x: 1 - x**2,
    "psi": lambda x: x**2 / 2 + 3 * x,
    "psi'": lambda x: x + 3,
}


def value(expression, point, memo):
    """The exact value of an expression of rational operations and stand-ins at a point."""
    if expression not in memo:
        args = [value(a, point, memo) for a in expression.args]
        if expression.is_Symbol:
            memo[expression] = point[expression]
        elif expression.is_Rational:
            memo[expression] = Fraction(int(expression.p), int(expression.q))
        elif expression.is_Add:
            memo[expression] = sum(args)
        elif expression.is_Mul:
            memo[expression] = args[0] * value(expression.func(*expression.args[1:]), point, memo)
        elif expression.is_Pow:
            memo[expression] = args[0] ** int(expression.exp)
        else:
            memo[expression] = STAND_INS[str(expression.func)](args[0])
    return memo[expression]


def points(matrices, count=3):
    """Random rational points for all symbols of some matrices."""
    draw = random.Random(1)
    names = sorted({s for a in matrices for s in a.free_symbols}, key=str)
    return [{s: Fraction(draw.randint(-9, 9) or 1, draw.randint(2, 7)) for s in names} for _ in range(count)]


def same(a, b):
    """Whether two matrices with opaque activations agree entry by entry, exactly, at three random points."""
    assert a.shape == b.shape
    return all(
        value(x, point, memo) == value(y, point, memo)
        for point, memo in ((p, {}) for p in points((a, b)))
        for x, y in zip(a, b, strict=True)
    )


def close(a, b):
    """The same for known activations, to 50 digits."""
    assert a.shape == b.shape
    for point in points((a, b), count=2):
        at = {s: sympy.Rational(v.numerator, v.denominator) for s, v in point.items()}
        gaps = [abs(sympy.N((x - y).xreplace(at), 50, maxn=200)) for x, y in zip(a, b, strict=True)]
        if max(gaps) > sympy.Float("1e-45"):
            return False
    return True


def instance(about, rows, cols, steps):
    return explicit_instance(about.recurrence, {"n": rows, "m": cols}, steps)


# ---- one-step Jacobians, as terms ---------------------------------------------------------------------------------


def elman_step(e, at):
    return e.D[at] @ e.W_hh


def pascanu():
    x, u = state("x", n), inputs("u", m)
    return cell(
        "pascanu",
        states={x: lambda t: matrix("W", n) @ phi(x[t - 1]) + matrix("U", n, m) @ u[t] + vector("b", n)},
        inputs=(u,),
        locals={local("D", n, n, "diagonal"): lambda t: diag(phi.prime(x[t - 1]))},
    )


def gate(about, s, name, previous, at):
    """diag(s') of a gate at its pre-activation."""
    names = about.names
    return diag(s.prime(names[f"W_{name}"] @ about.x[at] + names[f"U_{name}"] @ previous + names[f"b_{name}"]))


def gru_step(G, s, q, at):
    h, z, r, g = G.h[at - 1], G.z[at], G.r[at], G.g[at]
    by_r = gate(G, s, "r", h, at) @ G.U_r
    by_g = gate(G, q, "g", hadamard(r, h), at) @ G.U_g @ (diag(r) + diag(h) @ by_r)
    return diag(z) + diag(h - g) @ gate(G, s, "z", h, at) @ G.U_z + (eye(G.n) - diag(z)) @ by_g


def lstm_step(L, s, q, at):
    """The four blocks of d(h, c)[at] / d(h, c)[at - 1]."""
    h, c = L.h[at - 1], L.c[at]
    out = diag(hadamard(L.o[at], q.prime(c)))
    c_by_h = (
        diag(L.c[at - 1]) @ gate(L, s, "f", h, at) @ L.U_f
        + diag(L.g[at]) @ gate(L, s, "i", h, at) @ L.U_i
        + diag(L.i[at]) @ gate(L, q, "g", h, at) @ L.U_g
    )
    return {
        "cc": diag(L.f[at]),
        "ch": c_by_h,
        "hc": out @ diag(L.f[at]),
        "hh": diag(q(c)) @ gate(L, s, "o", h, at) @ L.U_o + out @ c_by_h,
    }


ELMANS = {
    "plain": Elman(phi),
    "no bias": Elman(phi, bias=False),
    "rows": Elman(phi, row_vectors=True),
    "rows, no bias": Elman(phi, bias=False, row_vectors=True),
}


# ---- products of one-step Jacobians are the Jacobian of the composition ---------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize(("rows", "cols"), SHAPES)
@pytest.mark.parametrize("about", ELMANS.values(), ids=ELMANS)
def test_elman(about, rows, cols, steps):
    net = instance(about, rows, cols, steps)
    factors = product(elman_step(about, j), j, t, t - k + 1)
    truth = net.jacobian("h", "h")
    assert same(to_sympy(factors, net), truth)
    assert same(to_sympy(jacobian(about.h[t], about.h[t - k]), net), truth)
    assert same(to_sympy(jacobian(about.h[t], about.h[t - k], "denominator"), net), truth.T)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize(("rows", "cols"), SHAPES)
def test_pascanu(rows, cols, steps):
    about = pascanu()
    net = instance(about, rows, cols, steps)
    assert same(to_sympy(product(about.W @ about.D[j], j, t, t - k + 1), net), net.jacobian("x", "x"))


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 1)])
def test_gru(rows, cols, steps):
    about = GRU(phi, psi)
    net = instance(about, rows, cols, steps)
    assert same(to_sympy(product(gru_step(about, phi, psi, j), j, t, t - k + 1), net), net.jacobian("h", "h"))


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 1)])
def test_lstm(rows, cols, steps):
    about = LSTM(phi, psi)
    net = instance(about, rows, cols, steps)
    parts = []
    for s in range(steps, 0, -1):
        step = {name: to_sympy(term, net, {"t": s}) for name, term in lstm_step(about, phi, psi, t).items()}
        parts.append(sympy.Matrix(sympy.BlockMatrix([[step["hh"], step["hc"]], [step["ch"], step["cc"]]])))
    total = sympy.prod(parts[1:], start=parts[0])
    for a, first_row in (("h", 0), ("c", rows)):
        for b, first_col in (("h", 0), ("c", rows)):
            block = total[first_row : first_row + rows, first_col : first_col + rows]
            assert same(block, net.jacobian(a, b))
            assert same(to_sympy(jacobian(about.names[a][t], about.names[b][t - k]), net), net.jacobian(a, b))


@pytest.mark.parametrize("s", [sigmoid, tanh, relu, softplus], ids=lambda s: s.name)
def test_known_activations(s):
    about = Elman(s)
    net = instance(about, 2, 1, 2)
    right, wrong = (product(elman_step(about, j), j, t, t - k + 1, order=o) for o in ("descending", "ascending"))
    assert close(to_sympy(right, net), net.jacobian("h", "h"))
    assert not close(to_sympy(wrong, net), net.jacobian("h", "h"))


# ---- what is wrong differs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("about", ELMANS.values(), ids=ELMANS)
def test_wrong_products_differ(about):
    net = instance(about, 2, 1, 2)
    truth = net.jacobian("h", "h")
    assert not same(to_sympy(product(elman_step(about, j), j, t, t - k + 1, order="ascending"), net), truth)
    assert not same(to_sympy(product(about.D[j], j, t, t - k + 1) @ about.W_hh**k, net), truth)
    assert not same(to_sympy(product(about.W_hh @ about.D[j], j, t, t - k + 1), net), truth)
    assert not same(to_sympy(product(elman_step(about, j), j, t, t - k + 1), net), truth.T)


def test_lstm_cell_state_is_not_a_product_of_forget_gates():
    about = LSTM(phi, psi)
    net = instance(about, 1, 1, 2)
    assert not same(to_sympy(product(diag(about.f[j]), j, t, t - k + 1), net), net.jacobian("c", "c"))


# ---- other Jacobians, other terms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("about", [ELMANS["plain"], ELMANS["rows"]], ids=["columns", "rows"])
def test_jacobians_by_inputs_and_locals(about):
    net = instance(about, 2, 3, 2)
    h, x, a, D, W, V = about.h, about.x, about.a, about.D, about.W_hh, about.W_xh
    for left, right in (
        (jacobian(h[t], x[t]), D[t] @ V),
        (jacobian(h[t], x[t - 1]), D[t] @ W @ D[t - 1] @ V),
        (jacobian(h[t], a[t - 1]), D[t] @ W @ D[t - 1]),
        (jacobian(a[t], h[t - 1]), W),
        (jacobian(h[t], h[t - 1]), D[t] @ W),
        (jacobian(h[t], h[t]), eye(n)),
        (jacobian(h[t - 1], h[t]), zeros(n)),
        (jacobian(h[t], x[t], "denominator"), V.T @ D[t]),
    ):
        assert same(to_sympy(left, net), to_sympy(right, net))


def test_terms():
    A, B, E = matrix("A", n), matrix("B", n), matrix("E", n, n, "diagonal")
    net = instance(ELMANS["plain"], 2, 1, 1)
    a, b = to_sympy(A, net), to_sympy(B, net)
    assert a == sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"A_{i + 1}{j + 1}", real=True))
    assert to_sympy(A @ B - B @ A, net) == a * b - b * a
    assert to_sympy(hadamard(A, B) + 2 * A.T, net) == a.multiply_elementwise(b) + 2 * a.T
    assert to_sympy(A**0, net) == to_sympy(product(A, j, 1, k - 1), net) == sympy.eye(2)
    assert to_sympy(summation(A, j, 2, 3) - 2 * A, net) == sympy.zeros(2, 2)
    assert to_sympy(summation(A**j, j, 0, 2), net) == sympy.eye(2) + a + a * a
    assert sympy.cancel(to_sympy(inv(A) @ A, net)) == sympy.eye(2)
    assert sympy.cancel(to_sympy(A**-2 @ A, net) - a.inv()) == sympy.zeros(2, 2)
    assert to_sympy(trace(A) * det(B), net) == a.trace() * b.det()
    assert to_sympy(entry(A, 1, j), net, {"j": 2}) == a[0, 1]
    assert to_sympy(E, net).is_diagonal()
    assert to_sympy(norm(E, "inf"), net) == to_sympy(norm(E, 1), net)
    assert to_sympy(A[1] @ A[2], net) != to_sympy(A[2] @ A[1], net)
    assert to_sympy(trace(eye(n)) - n, net) == 0


def test_what_is_refused():
    net = instance(ELMANS["plain"], 2, 1, 1)
    A = matrix("A", n)
    for term in (
        norm(A),
        spectral_radius(A),
        entry(A, 1, 3),
        ELMANS["plain"].D[t - 1],
        jacobian(LSTM().h[t], LSTM().c[t]),
    ):
        with pytest.raises(ClaimError):
            to_sympy(term, net)
    with pytest.raises(Undefined):
        to_sympy(inv(zeros(n)), net)
    with pytest.raises(ClaimError, match="is no state of elman; there are: h"):
        net.jacobian("h", "c")
    for sizes, steps in (({"n": 5, "m": 1}, 1), ({"n": 2, "m": 1}, 7), ({"n": 2}, 1), ({"n": 2, "m": 1}, -1)):
        with pytest.raises(ClaimError, match="explicit instances take"):
            explicit_instance(ELMANS["plain"].recurrence, sizes, steps)
    with pytest.raises(ClaimError, match="may depend on earlier states"):
        instance(Elman(phi, exogenous=False), 1, 1, 1)
