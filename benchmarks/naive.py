"""The other way, one task a process: ``python -m benchmarks.naive TASK ...`` prints its seconds of processor time.

SymPy's cache is cleared before the clock starts; imports are not counted.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any


def network(n: int, k: int) -> tuple[Any, Any, list[Any], list[Any]]:
    """A tanh network of explicit SymPy symbols over k steps: h_0, W, the pre-activations and the states."""
    import sympy

    h = sympy.Matrix(sympy.symbols(f"h1:{n + 1}", real=True))
    W = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"w{i + 1}{j + 1}", real=True))
    states, pre = [h], []
    for t in range(1, k + 1):
        x = sympy.Matrix([sympy.Symbol(f"x{t}_{i + 1}", real=True) for i in range(n)])
        pre.append(W * states[-1] + x)
        states.append(pre[-1].applyfunc(sympy.tanh))
    return h, W, pre, states


def slopes(a: Any) -> Any:
    """The diagonal matrix of tanh' at the pre-activations."""
    import sympy

    return sympy.diag(*(1 - sympy.tanh(x) ** 2 for x in a))


def jacobian(n: int, k: int, way: str) -> None:
    """d h_k / d h_0 by SymPy minus the ordered product of one-step Jacobians, brought to 0 by ``way``."""
    import sympy

    h, W, pre, states = network(n, k)
    product = sympy.eye(n)
    for a in pre:
        product = slopes(a) * W * product
    difference = states[-1].jacobian(h) - product
    reduced = difference.applyfunc(getattr(sympy, way))
    if way == "expand" and reduced != sympy.zeros(n, n):
        raise AssertionError("expand leaves a difference")


def gated_cell(name: str, n: int, k: int) -> tuple[Any, list[tuple[Any, Any]]]:
    """The first state of a gated network of explicit SymPy symbols, and each later one with its one-step Jacobian."""
    import sympy

    def vector(of: str) -> Any:
        return sympy.Matrix([sympy.Symbol(f"{of}{i + 1}", real=True) for i in range(n)])

    def gate(of: str, h: Any, t: int, function: Any) -> Any:
        U = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"u_{of}{i + 1}{j + 1}", real=True))
        return (U * h + vector(f"x_{of}{t}_")).applyfunc(function)

    def sigma(x: Any) -> Any:
        return 1 / (1 + sympy.exp(-x))

    def step(state: Any, t: int) -> Any:
        times = sympy.matrices.dense.matrix_multiply_elementwise
        if name == "gru":
            z, r = gate("z", state, t, sigma), gate("r", state, t, sigma)
            return times(sympy.ones(n, 1) - z, gate("h", times(r, state), t, sympy.tanh)) + times(z, state)
        c, h = state[:n, :], state[n:, :]
        i, f, o, g = (gate(of, h, t, sympy.tanh if of == "g" else sigma) for of in "ifog")
        new = times(f, c) + times(i, g)
        return new.col_join(times(o, new.applyfunc(sympy.tanh)))

    first = vector("h0_") if name == "gru" else vector("c0_").col_join(vector("h0_"))
    found, state = [], first
    for t in range(1, k + 1):
        before = sympy.Matrix([sympy.Symbol(f"s{i}", real=True) for i in range(len(first))])
        one = step(before, t).jacobian(before).subs(dict(zip(before, state, strict=True)), simultaneous=True)
        state = step(state, t)
        found.append((state, one))
    return first, found


def gated(name: str, n: int, k: int, way: str) -> None:
    """The Jacobian of the whole state over k steps minus the product of one-step ones, brought to 0 by ``way``."""
    import sympy

    first, steps = gated_cell(name, n, k)
    product = sympy.eye(len(first))
    for _, one in steps:
        product = one * product
    difference = steps[-1][0].jacobian(first) - product
    difference.applyfunc(getattr(sympy, way))


def residual(n: int, k: int) -> None:
    """Whether step 7's residual is 0, by ``simplify``."""
    import sympy

    _, W, pre, _ = network(n, k)
    true, claimed = sympy.eye(n), sympy.eye(n)
    for a in pre:
        true, claimed = slopes(a) * W * true, slopes(a) * claimed
    (true - claimed * W**k).applyfunc(sympy.simplify)


def mpmath_product(n: int, k: int, digits: int) -> None:
    """J by mpmath at a fixed precision; says on standard error which integers mpmath uses."""
    import mpmath

    if mpmath.libmp.BACKEND == "python":
        raise RuntimeError("mpmath does not use gmpy2: install the extra `benchmarks`")
    c = mpmath.mp.clone()
    c.dps = digits
    W, inputs = weights(n, k)
    matrix = c.matrix([[c.mpf(x.numerator) / x.denominator for x in row] for row in W])
    drives = [c.matrix([[c.mpf(x.numerator) / x.denominator] for x in row]) for row in inputs]
    start = time.process_time()
    state, J = c.zeros(n, 1), c.eye(n)
    for u in drives:
        state = (matrix * state + u).apply(c.tanh)
        J = c.matrix([[(1 - state[i] ** 2) * matrix[i, j] for j in range(n)] for i in range(n)]) * J
    print(time.process_time() - start)


def weights(n: int, k: int) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """W with independent entries of standard deviation about 0.87 / sqrt(n), and k inputs; the same for the same n."""
    rng = random.Random(n)
    scale = 2 * round(100 * n**0.5)
    W = [[Fraction(3 * rng.randint(-100, 100), scale) for _ in range(n)] for _ in range(n)]
    return W, [[Fraction(rng.randint(-100, 100), 100) for _ in range(n)] for _ in range(k)]


def timed(run: Callable[..., None], *arguments: Any) -> None:
    """Print the seconds of a call, SymPy imported and its cache empty."""
    from sympy.core.cache import clear_cache

    clear_cache()
    start = time.process_time()
    run(*arguments)
    print(time.process_time() - start)


def main(task: str, *rest: str) -> None:
    if task == "jacobian":
        timed(jacobian, int(rest[0]), int(rest[1]), rest[2])
    elif task == "residual":
        timed(residual, int(rest[0]), int(rest[1]))
    elif task == "gated":
        timed(gated, rest[0], int(rest[1]), int(rest[2]), rest[3])
    elif task == "mpmath":
        mpmath_product(*map(int, rest))
    else:
        raise SystemExit(f"no task {task}")


if __name__ == "__main__":
    main(*sys.argv[1:])
