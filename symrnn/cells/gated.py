"""Cells with gates: LSTM with and without peepholes and forget gate, GRU in its conventions, minimal gated units.

Each gate is s(W x_t + U h_{t-1} + b) with parameters of its own, named after it: the forget gate f has W_f, U_f, b_f,
and the diagonal matrix of its slopes is D_f.
"""

from __future__ import annotations

from symrnn.cells.cell import Cell, Update, cell, inputs, local, one_of, slopes, slopes_of, state
from symrnn.claims.activations import Activation, sigmoid, tanh
from symrnn.claims.build import matrix
from symrnn.claims.index import Index, size
from symrnn.claims.tree import Hadamard, Sym, Term

UPDATES = ("cho", "chung")
RESETS = ("before", "after")


def LSTM(
    gate: Activation = sigmoid, squash: Activation = tanh, *, peepholes: bool = False, forget: bool = True
) -> Cell:
    """c_t = f_t c_{t-1} + i_t g_t, h_t = o_t tanh(c_t), products elementwise (Gers, Schmidhuber, Cummins 2000).

    i, f, o = s(W x_t + U h_{t-1} + b) and g = tanh(W_g x_t + U_g h_{t-1} + b_g). ``peepholes``: the gates also see the
    memory, i and f as p c_{t-1}, o as p_o c_t, with vectors p (Gers, Schraudolph, Schmidhuber 2002; Graves 2013,
    equations 7 to 11). ``forget=False``: c_t = c_{t-1} + i_t g_t (Hochreiter, Schmidhuber 1997). Locals: the gates, the
    slopes D_i, D_f, D_o, D_g of their pre-activations, and D_c = diag(tanh'(c_t)).

    >>> for block, update in LSTM().recurrence.steps: print(block, ":=", update)
    c := hadamard(f[t], c[t-1]) + hadamard(i[t], g[t])
    h := hadamard(o[t], tanh(c[t]))
    >>> print(LSTM(forget=False).recurrence.steps[0][1])
    c[t-1] + hadamard(i[t], g[t])
    """
    n, m = size("n"), size("m")
    h, c, x = state("h", n), state("c", n), inputs("x", m)
    i, f, o, g = (local(name, n) for name in "ifog")

    def pre(head: Sym) -> Update:
        name = head.name
        w, u, b = matrix(f"W_{name}", n, m), matrix(f"U_{name}", n), matrix(f"b_{name}", n, 1)

        def linear(t: Index) -> Term:
            seen = c[t] if head is o else c[t - 1]
            peep = (Hadamard(matrix(f"p_{name}", n, 1), seen),) if peepholes and head is not g else ()
            out = w @ x[t] + u @ h[t - 1]
            for term in peep:
                out = out + term
            return out + b

        return linear

    def new_c(t: Index) -> Term:
        kept = Hadamard(f[t], c[t - 1]) if forget else c[t - 1]
        return kept + Hadamard(i[t], g[t])

    squashed = [(i, gate), *([(f, gate)] if forget else []), (o, gate), (g, squash)]
    gates: dict[Sym, Update] = {head: _applied(function, pre(head)) for head, function in squashed}
    derivatives = {slopes(f"D_{head.name}", n): slopes_of(function, pre(head)) for head, function in squashed}
    return cell(
        "lstm" + " with peepholes" * peepholes + " without forget gate" * (not forget),
        states={c: new_c, h: lambda t: Hadamard(o[t], squash(c[t]))},
        inputs=(x,),
        locals={**gates, **derivatives, slopes("D_c", n): slopes_of(squash, lambda t: c[t])},
    )


def GRU(gate: Activation = sigmoid, squash: Activation = tanh, *, update: str = "cho", reset: str = "before") -> Cell:
    """h_t = z_t h_{t-1} + (1 - z_t) g_t, g_t = tanh(W_g x_t + U_g (r_t h_{t-1}) + b_g), products elementwise.

    ``update="cho"``: as above (Cho et al. 2014, equations 5 to 8; PyTorch, Keras, ONNX). ``update="chung"``: z and
    1 - z swapped, h_t = (1 - z_t) h_{t-1} + z_t g_t (Chung, Gulcehre, Cho, Bengio 2014, section 3.2).
    ``reset="before"``: the reset gate acts before the matrix, as above. ``reset="after"``: it acts after it,
    g_t = tanh(W_g x_t + r_t (U_g h_{t-1} + b_u) + b_g), with a second bias b_u (PyTorch; Keras ``reset_after=True``;
    ONNX ``linear_before_reset=1``). Locals: the gates z, r, g and their slopes D_z, D_r, D_g.

    >>> print(GRU().recurrence.steps[0][1])
    hadamard(z[t], h[t-1]) + g[t] - hadamard(z[t], g[t])
    >>> print(GRU(update="chung").recurrence.steps[0][1])
    h[t-1] - hadamard(z[t], h[t-1]) + hadamard(z[t], g[t])
    >>> print(GRU(reset="after").recurrence.locals[2][1])
    tanh(W_g x[t] + hadamard(r[t], U_g h[t-1] + b_u) + b_g)
    """
    one_of("update", update, UPDATES)
    one_of("reset", reset, RESETS)
    n, m = size("n"), size("m")
    h, x = state("h", n), inputs("x", m)
    z, r, g = local("z", n), local("r", n), local("g", n)

    def linear(name: str, previous: Update) -> Update:
        w, u, b = matrix(f"W_{name}", n, m), matrix(f"U_{name}", n), matrix(f"b_{name}", n, 1)
        return lambda t: w @ x[t] + u @ previous(t) + b

    def reset_after(t: Index) -> Term:
        w, u, b, inner = matrix("W_g", n, m), matrix("U_g", n), matrix("b_g", n, 1), matrix("b_u", n, 1)
        return w @ x[t] + Hadamard(r[t], u @ h[t - 1] + inner) + b

    def new_h(t: Index) -> Term:
        if update == "cho":
            return Hadamard(z[t], h[t - 1]) + g[t] - Hadamard(z[t], g[t])
        return h[t - 1] - Hadamard(z[t], h[t - 1]) + Hadamard(z[t], g[t])

    reset_before = linear("g", lambda t: Hadamard(r[t], h[t - 1]))
    pre: dict[Sym, Update] = {
        z: linear("z", lambda t: h[t - 1]),
        r: linear("r", lambda t: h[t - 1]),
        g: reset_before if reset == "before" else reset_after,
    }
    return _one_block("gru", h, new_h, x, pre, {z: gate, r: gate, g: squash}, update, reset)


def MGU(gate: Activation = sigmoid, squash: Activation = tanh) -> Cell:
    """h_t = (1 - f_t) h_{t-1} + f_t g_t, g_t = tanh(W_g x_t + U_g (f_t h_{t-1}) + b_g): one gate f for both.

    The minimal gated unit (Zhou, Wu, Zhang, Zhou 2016), f_t = s(W_f x_t + U_f h_{t-1} + b_f).
    Locals: f, g and their slopes D_f, D_g.

    >>> print(MGU().recurrence.steps[0][1])
    h[t-1] - hadamard(f[t], h[t-1]) + hadamard(f[t], g[t])
    """
    n, m = size("n"), size("m")
    h, x, f, g = state("h", n), inputs("x", m), local("f", n), local("g", n)

    def linear(name: str, previous: Update) -> Update:
        w, u, b = matrix(f"W_{name}", n, m), matrix(f"U_{name}", n), matrix(f"b_{name}", n, 1)
        return lambda t: w @ x[t] + u @ previous(t) + b

    def new_h(t: Index) -> Term:
        return h[t - 1] - Hadamard(f[t], h[t - 1]) + Hadamard(f[t], g[t])

    pre = {f: linear("f", lambda t: h[t - 1]), g: linear("g", lambda t: Hadamard(f[t], h[t - 1]))}
    return _one_block("mgu", h, new_h, x, pre, {f: gate, g: squash})


def _one_block(
    name: str,
    h: Sym,
    new_h: Update,
    x: Sym,
    pre: dict[Sym, Update],
    functions: dict[Sym, Activation],
    *conventions: str,
) -> Cell:
    """A cell with the state h alone, whose gates are functions of their pre-activations."""
    gates = {head: _applied(functions[head], linear) for head, linear in pre.items()}
    n = size("n")
    derivatives = {slopes(f"D_{head.name}", n): slopes_of(functions[head], linear) for head, linear in pre.items()}
    marks = [c for c in conventions if c not in ("cho", "before")]
    named = name if not marks else f"{name} ({', '.join({'after': 'reset after'}.get(c, c) for c in marks)})"
    return cell(named, states={h: new_h}, inputs=(x,), locals={**gates, **derivatives})


def _applied(function: Activation, pre: Update) -> Update:
    return lambda t: function(pre(t))
