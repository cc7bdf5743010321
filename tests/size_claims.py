"""Claims on inverses, geometric sums, eigenvectors, determinants and norms of vectors, with near misses.

As in ``analysis_claims``: a pair is a true claim and the false ones beside it.
"""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

from analysis_claims import TANH, Case, J, W, rho
from test_kernel_exploits import about
from vocabulary import A, B, R, a, c, j, k, n, t, u, v

from symrnn import Elman as _Elman
from symrnn import (
    absolute,
    bounded,
    cell,
    det,
    eq,
    explodes,
    eye,
    inputs,
    inv,
    invertible,
    jacobian,
    le,
    local,
    lt,
    matrix,
    negation,
    norm,
    number,
    relu,
    scalar,
    sigmoid,
    size,
    state,
    summation,
    tanh,
    trace,
    vanishes,
)

one, ahead = eye(n), A ** (k + 1)
SIG, REC = _Elman(sigmoid), _Elman(relu)
resolvent, partial = inv(one - A), summation(A**j, j, 0, k)
small, tight = lt(norm(A), 1), lt(rho(A), 1)
eigen, nonzero = eq(A @ v, c * v), negation(eq(v, 0))


def residual() -> Any:
    """h_t = h_{t-1} + eps tanh(A h_{t-1} + V x_t)."""
    m = size("m")
    h, x, pre = state("h", n), inputs("x", m), local("a", n)
    w, drive, eps = matrix("A", n), matrix("V", n, m), scalar("eps")
    return cell(
        "residual",
        states={h: lambda s: h[s - 1] + eps * tanh(pre[s])},
        inputs=(x,),
        locals={pre: lambda s: w @ h[s - 1] + drive @ x[s]},
    )


RES = residual()


def inverses() -> list[Case]:
    return [
        (
            "resolvent",
            about(le(norm(resolvent), 1 / (1 - norm(A))), small),
            [
                about(lt(norm(resolvent), 1 / (1 - norm(A))), small),
                about(le(norm(resolvent), 1 / (1 + norm(A))), small),
            ],
        ),
        (
            "resolvent under a bound",
            about(le(norm(resolvent), 1 / (1 - a)), le(norm(A), a), lt(a, 1)),
            [about(le(norm(resolvent), 1 / (1 - a)), le(rho(A), a), lt(a, 1))],
        ),
        (
            "resolvent in the 1-norm",
            about(le(norm(resolvent, 1), 1 / (1 - norm(A, 1))), lt(norm(A, 1), 1)),
            [about(le(norm(resolvent, 1), 1 / (1 - norm(A))), small)],
        ),
        (
            "reciprocal",
            about(lt(0, 1 / (1 - a)), lt(a, 1)),
            [about(lt(0, 1 / (1 - a))), about(lt(1, 1 / (1 - a)), lt(a, 1))],
        ),
        (
            "quotient",
            about(le(a / c, 1), le(a, c), lt(0, c)),
            [about(le(a / c, 1), le(a, c)), about(lt(a / c, 1), le(a, c), lt(0, c))],
        ),
        (
            "sum of quotients",
            about(eq(a / (1 + c) + c / (1 + c), (a + c) / (1 + c)), lt(0, c)),
            [about(eq(a / (1 + c) + c / (1 + c), (a + c) / (2 + c)), lt(0, c))],
        ),
        (
            "geometric sum in closed form",
            about(eq(partial, resolvent @ (one - A ** (k + 1))), invertible(one - A)),
            [about(eq(partial, resolvent @ (one - A**k)), invertible(one - A))],
        ),
        (
            "tail of the Neumann series",
            about(le(norm(resolvent - partial), norm(A) ** (k + 1) / (1 - norm(A))), small),
            [about(le(norm(resolvent - partial), norm(A) ** (k + 2) / (1 - norm(A))), small)],
        ),
    ]


def limits() -> list[Case]:
    return [
        (
            "Neumann series vanishes",
            about(vanishes(resolvent - partial, k), small),
            [about(vanishes(resolvent - summation(A**j, j, 1, k), k), small), about(vanishes(partial, k), small)],
        ),
        (
            "Neumann series, radius",
            about(vanishes(resolvent - partial, k), tight),
            [about(vanishes(resolvent + partial, k), tight)],
        ),
        ("partial sums", about(bounded(partial, k), small), [about(bounded(partial, k), le(norm(A), 1))]),
        ("a power ahead", about(vanishes(2 * ahead, k), tight), [about(vanishes(2 * ahead, k), le(rho(A), 1))]),
        (
            "at an eigenvector",
            about(vanishes(A**k @ v, k), eigen, lt(absolute(c), 1)),
            [
                about(vanishes(A**k @ v, k), eigen, le(absolute(c), 1)),
                about(vanishes(A**k @ u, k), eigen, lt(absolute(c), 1)),
            ],
        ),
        (
            "an eigenvalue above 1",
            about(explodes(A**k, k), eigen, nonzero, lt(1, absolute(c))),
            [
                about(explodes(A**k, k), eigen, lt(1, absolute(c))),
                about(explodes(A**k, k), eigen, nonzero, le(1, absolute(c))),
            ],
        ),
        (
            "numbers explode",
            about(explodes(c**k, k), lt(1, absolute(c))),
            [about(explodes(c**k, k), le(1, absolute(c)))],
        ),
        (
            "a radius of 1",
            about(negation(vanishes(A**k, k)), le(1, rho(A))),
            [about(negation(vanishes(A**k, k)), le(1, norm(A)))],
        ),
        (
            "sums of numbers",
            about(bounded(summation(c**j, j, 0, k), k), lt(absolute(c), 1)),
            [about(bounded(summation(c**j, j, 0, k), k), le(absolute(c), 1))],
        ),
        (
            "sums of powers of a norm",
            about(le(summation(norm(A) ** j, j, 0, k), 1 / (1 - norm(A))), small),
            [about(le(summation(norm(A) ** j, j, 0, k), 1 / (1 + norm(A))), small)],
        ),
        ("nilpotent", about(vanishes(A**k, k), eq(A @ A, 0)), [about(vanishes(A**k, k), eq(A @ A, A))]),
        (
            "a power that contracts",
            about(vanishes(A**k, k), lt(norm(A @ A), 1)),
            [about(vanishes(A**k, k), le(norm(A @ A), 1))],
        ),
    ]


def vectors() -> list[Case]:
    return [
        (
            "2-norm below 1-norm",
            about(le(norm(v), norm(v, 1))),
            [about(le(norm(v, 1), norm(v))), about(lt(norm(v), norm(v, 1)))],
        ),
        ("1-norm by 2-norm", about(le(norm(v, 1) ** 2, n * norm(v) ** 2)), [about(le(norm(v, 1) ** 2, norm(v) ** 2))]),
        (
            "Hoelder",
            about(le(absolute(u.T @ v), norm(u, 1) * norm(v, "inf"))),
            [about(le(absolute(u.T @ v), norm(u, "inf") * norm(v, "inf")))],
        ),
        ("positive", about(lt(0, v.T @ v), nonzero), [about(lt(0, v.T @ v))]),
        ("norm 0", about(eq(v, 0), eq(norm(v), 0)), [about(eq(v, 0), le(norm(v), 1))]),
        (
            "reverse triangle",
            about(le(absolute(norm(A) - norm(B)), norm(A - B))),
            [
                about(le(absolute(norm(A) - norm(B)), norm(A - 2 * B))),
                about(le(norm(A - B), absolute(norm(A) - norm(B)))),
            ],
        ),
        (
            "Cauchy and Schwarz",
            about(le(trace(A @ B) ** 2, trace(A.T @ A) * trace(B.T @ B))),
            [about(le(trace(A @ B) ** 2, trace(A @ A) * trace(B @ B))), about(le(trace(A @ B), trace(A.T @ A)))],
        ),
        (
            "Frobenius norm of Gram matrices",
            about(eq(norm(R @ R.T, "fro"), norm(R.T @ R, "fro"))),
            [about(eq(norm(A @ B, "fro"), norm(B @ A, "fro")))],
        ),
        (
            "Frobenius by 2-norm",
            about(le(norm(A, "fro"), norm(A) * norm(one, "fro"))),
            [about(le(norm(A, "fro"), norm(A)))],
        ),
        (
            "orthogonal by an equation",
            about(eq(norm(A), 1), eq(A.T @ A, one)),
            [about(eq(norm(A), 1), eq(A.T, A))],
        ),
        ("radius of a root", about(lt(rho(A), 1), eq(A @ A, 0)), [about(lt(rho(A), 1), eq(A @ A, one))]),
        (
            "eigenvalue below the norm",
            about(le(absolute(c), norm(A)), eigen, nonzero),
            [about(le(absolute(c), norm(A)), eigen)],
        ),
    ]


def networks() -> list[Case]:
    J1 = jacobian(TANH.h[t], TANH.h[t - 1])
    S1 = jacobian(SIG.h[t], SIG.h[t - 1])
    res, eps = jacobian(RES.h[t], RES.h[t - k]), RES.eps
    return [
        (
            "determinant of a step",
            about(le(absolute(det(J1)), absolute(det(W(TANH)))), of=TANH),
            [about(lt(absolute(det(J1)), absolute(det(W(TANH)))), of=TANH), about(le(det(J1), det(W(TANH))), of=TANH)],
        ),
        (
            "determinant of slopes",
            about(le(det(SIG.D[t]), number(Q(1, 4)) ** n), of=SIG),
            [
                about(le(det(SIG.D[t]), number(Q(1, 5)) ** n), of=SIG),
                about(lt(det(SIG.D[t]), number(Q(1, 4)) ** n), of=SIG),
            ],
        ),
        (
            "Frobenius norm of k steps",
            about(le(norm(J(SIG), "fro"), (norm(W(SIG), "fro") / 4) ** k), of=SIG),
            [
                about(le(norm(J(SIG), "fro"), (norm(W(SIG)) / 4) ** k), of=SIG),
                about(le(norm(J(SIG), "fro"), (norm(W(SIG), "fro") / 5) ** k), of=SIG),
            ],
        ),
        (
            "invertible steps",
            about(invertible(W(SIG)), invertible(S1), of=SIG),
            [about(invertible(S1), of=SIG)],
        ),
        (
            "relu by its slope",
            about(eq(REC.h[t], REC.D[t] @ REC.a[t]), of=REC),
            [about(eq(REC.h[t], REC.a[t]), of=REC), about(eq(TANH.h[t], TANH.D[t] @ TANH.a[t]), of=TANH)],
        ),
        (
            "residual states",
            about(eq(RES.h[t], RES.h[t - k] + eps * summation(tanh(RES.a[j]), j, t - k + 1, t)), of=RES),
            [about(eq(RES.h[t], RES.h[t - k] + eps * summation(tanh(RES.a[j]), j, t - k, t)), of=RES)],
        ),
        (
            "residual Jacobians",
            about(le(norm(res), (1 + absolute(eps) * norm(RES.A)) ** k), of=RES),
            [about(le(norm(res), (absolute(eps) * norm(RES.A)) ** k), of=RES)],
        ),
    ]


SIZES = (inverses, limits, vectors, networks)
