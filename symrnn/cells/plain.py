"""Cells with one activation and no gates: Elman's, Pascanu's form, leaky units, diagonal recurrences."""

from __future__ import annotations

from symrnn.cells.cell import Cell, cell, inputs, local, slopes, slopes_of, state
from symrnn.claims.activations import Activation, identity, sigmoid, tanh
from symrnn.claims.build import matrix, scalar
from symrnn.claims.index import Index, size
from symrnn.claims.tree import Diag, Term, Transpose


def Elman(
    activation: Activation = tanh, *, bias: bool = True, exogenous: bool = True, row_vectors: bool = False
) -> Cell:
    """h_t = s(W_hh h_{t-1} + W_xh x_t + b) (Elman 1990); n hidden units, m inputs.

    Locals: the pre-activation a_t and D_t = diag(s'(a_t)). ``row_vectors``: h_t = s(h_{t-1} W_hh^T + x_t W_xh^T + b)
    with 1 x n states, as PyTorch prints it. ``exogenous=False``: x_t may depend on earlier states.

    >>> from symrnn import sigmoid
    >>> print(*(f"{s} := {term}" for s, term in Elman(sigmoid).recurrence.locals), sep="; ")
    a := W_hh h[t-1] + W_xh x[t] + b; D := diag(sigma'(a[t]))
    """
    n, m = size("n"), size("m")
    w, v = matrix("W_hh", n), matrix("W_xh", n, m)
    b = matrix("b", 1, n) if row_vectors else matrix("b", n, 1)
    h, x, d = state("h", n, row_vectors), inputs("x", m, row_vectors), slopes("D", n)
    a = local("a", 1, n) if row_vectors else local("a", n)

    def pre(t: Index) -> Term:
        linear = h[t - 1] @ w.T + x[t] @ v.T if row_vectors else w @ h[t - 1] + v @ x[t]
        return linear + b if bias else linear

    def slope(t: Index) -> Term:
        return Diag(activation.prime(Transpose(a[t]) if row_vectors else a[t]))

    return cell(
        "elman row vectors" if row_vectors else "elman",
        states={h: lambda t: activation(a[t])},
        inputs=(x,),
        locals={a: pre, d: slope},
        exogenous=exogenous,
    )


def Pascanu(activation: Activation = sigmoid, *, bias: bool = True) -> Cell:
    """x_t = W_rec s(x_{t-1}) + W_in u_t + b (Pascanu, Mikolov, Bengio 2013, equation 2): the state is not squashed.

    n states x, m inputs u. Local: D_t = diag(s'(x_{t-1})), the slopes that the step to time t goes through, so that
    d x_t / d x_{t-1} = W_rec D_t in numerator layout, D_t W_rec^T in denominator layout.

    >>> print(Pascanu().recurrence.steps[0][1])
    W_rec sigma(x[t-1]) + W_in u[t] + b
    """
    n, m = size("n"), size("m")
    w, v, b = matrix("W_rec", n), matrix("W_in", n, m), matrix("b", n, 1)
    x, u = state("x", n), inputs("u", m)

    def new_x(t: Index) -> Term:
        linear = w @ activation(x[t - 1]) + v @ u[t]
        return linear + b if bias else linear

    return cell(
        "pascanu",
        states={x: new_x},
        inputs=(u,),
        locals={slopes("D", n): slopes_of(activation, lambda t: x[t - 1])},
    )


def Leaky(activation: Activation = tanh) -> Cell:
    """h_t = (1 - alpha) h_{t-1} + alpha s(a_t), a_t = W_hh h_{t-1} + W_xh x_t + b: leaky integration.

    (Jaeger, Lukosevicius, Popovici, Siewert 2007; in this form Lukosevicius 2012, equations 2 and 3.) ``alpha`` is a
    free real scalar: add ``lt(0, alpha)`` and ``le(alpha, 1)`` where a claim needs a leaking rate. Locals: a_t and
    D_t = diag(s'(a_t)).

    >>> print(Leaky().recurrence.steps[0][1])
    (1 - alpha) h[t-1] + alpha tanh(a[t])
    """
    n, m = size("n"), size("m")
    w, v, b, alpha = matrix("W_hh", n), matrix("W_xh", n, m), matrix("b", n, 1), scalar("alpha")
    h, x, a = state("h", n), inputs("x", m), local("a", n)
    return cell(
        "leaky",
        states={h: lambda t: (1 - alpha) * h[t - 1] + alpha * activation(a[t])},
        inputs=(x,),
        locals={
            a: lambda t: w @ h[t - 1] + v @ x[t] + b,
            slopes("D", n): slopes_of(activation, lambda t: a[t]),
        },
    )


def DiagonalRNN(activation: Activation = identity) -> Cell:
    """h_t = s(a_t), a_t = W_hh h_{t-1} + W_xh x_t + b, with a *diagonal* W_hh.

    With the identity a diagonal linear recurrence (Martin, Cundy 2018; the core of S4D and of the linear recurrent unit
    of Orvieto et al. 2023, over the reals); with another activation the IndRNN (Li, Li, Cook, Zhu, Gao 2018, equation
    2). Locals: a_t and D_t = diag(s'(a_t)).

    >>> print(DiagonalRNN().W_hh.props)
    ('diagonal',)
    """
    n, m = size("n"), size("m")
    w, v, b = matrix("W_hh", n, n, "diagonal"), matrix("W_xh", n, m), matrix("b", n, 1)
    h, x, a = state("h", n), inputs("x", m), local("a", n)
    return cell(
        "diagonal",
        states={h: lambda t: activation(a[t])},
        inputs=(x,),
        locals={
            a: lambda t: w @ h[t - 1] + v @ x[t] + b,
            slopes("D", n): slopes_of(activation, lambda t: a[t]),
        },
    )
