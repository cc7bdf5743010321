"""The figure of a counterexample to a limit: how the Jacobian really grows, what was predicted, what doubles say.

The orbit's derivatives are exact; norms are spectral norms at 60 digits. The doubles simulate the network from the same
first state, as a program would, and show how long that can be believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from symrnn.claims.latex import name_latex
from symrnn.crosscheck.arithmetic import Arithmetic
from symrnn.crosscheck.closed_forms import closed_form
from symrnn.records import dataclass
from symrnn.verdicts import Data

DIGITS = 60
SHORTEST, LONGEST = 40, 240  # steps shown
WRONG = 0.01  # a relative error of doubles that counts as failure
LOWEST = -300.0  # decimal logarithms below it are drawn as 0

Matrix = Any  # of mpmath
Floats = list[list[float]]


@dataclass(frozen=True)
class Series:
    """A curve: ``label`` is LaTeX, ``points`` are k and the decimal logarithm of a norm, None where the norm is 0."""

    name: str
    label: str
    points: tuple[tuple[int, float | None], ...]


@dataclass(frozen=True)
class Growth:
    """The curves of one figure. ``failure``: the first k at which doubles are wrong by a hundredth, if there is one."""

    series: tuple[Series, ...]
    last: int
    failure: int | None
    simulated: bool


def growth(orbit: Data) -> Growth:
    """The curves for a counterexample of kind ``orbit``. Raises an error of lookup or value if the data are none."""
    numbers = Arithmetic(DIGITS)
    steps = list(_factors(orbit, numbers))
    doubles = list(_simulated(orbit, LONGEST)) if _is_plain(orbit) else []
    true = _norms(steps, LONGEST, numbers)
    failure = next((k for k, (a, b) in enumerate(zip(true, doubles, strict=False), 1) if not _close(a, b)), None)
    if doubles and len(doubles) < LONGEST and failure is None:
        failure = len(doubles) + 1
    last = max(SHORTEST, min(LONGEST, 2 * (failure or 0) // 10 * 10))
    every = 1 if _is_plain(orbit) else len(orbit["states"])
    series = [Series("true", r"the true Jacobian, $\lVert J_k\rVert_2$", _points(true, last, every))]
    for name in _predictors(orbit):
        powers = _norms([_matrix(orbit["parameters"][name], numbers)], last, numbers)
        series.append(
            Series(
                "prediction", rf"what was predicted from: $\lVert {name_latex(name)}^k\rVert_2$", _points(powers, last)
            )
        )
    if doubles:
        series.append(Series("doubles", r"$\lVert J_k\rVert_2$ simulated in IEEE doubles", _points(doubles, last)))
    return Growth(tuple(series), last, failure, bool(doubles))


def _points(norms: Sequence[float | None], last: int, every: int = 1) -> tuple[tuple[int, float | None], ...]:
    return tuple((k * every, y) for k, y in enumerate(norms, 1) if k * every <= last)


def _close(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and abs(a - b) <= math.log10(1 + WRONG))


def _is_plain(orbit: Data) -> bool:
    """Whether the network is h_t = s(W_hh h_{t-1} + W_xh x_t + b), with one activation that doubles can follow."""
    return "recurrence" not in orbit and orbit.get("activation") in _DOUBLES and "derivatives" in orbit


def _predictors(orbit: Data) -> list[str]:
    """Square parameters that a hypothesis of the claim says something of that decays, as it stands or scaled."""
    spoken = [str(h["of"]) for h in orbit.get("hypotheses") or [] if h.get("test") == "vanishes"]
    names = {m[1] for s in spoken if (m := re.fullmatch(r"(?:\d+\*\()?(\w+)\)?(?:/\d+)?", s)) is not None}
    return [name for name in orbit.get("parameters", {}) if name in names][:1]


# ---- what is true ----------------------------------------------------------------------------------------------------


def _factors(orbit: Data, numbers: Arithmetic) -> Iterator[Matrix]:
    """The one-step Jacobians over one period; of other networks the monodromy alone."""
    if not _is_plain(orbit):
        yield _matrix(orbit["growth"]["monodromy"], numbers)
        return
    weight = _matrix(orbit["parameters"]["W_hh"], numbers)
    for slopes in orbit["derivatives"]:
        yield numbers.ctx.diag([closed_form(x, numbers) for x in slopes]) * weight


def _matrix(rows: Data, numbers: Arithmetic) -> Matrix:
    return numbers.ctx.matrix([[closed_form(x, numbers) for x in row] for row in rows])


def _norms(factors: Sequence[Matrix], last: int, numbers: Arithmetic) -> list[float | None]:
    """Decimal logarithms of the norms of the first ``last`` products, later factors on the left."""
    out, product = [], None
    for k in range(last):
        factor = factors[k % len(factors)]
        product = factor if product is None else factor * product
        out.append(_log_norm(product, numbers))
    return out


def _log_norm(m: Matrix, numbers: Arithmetic) -> float | None:
    """The decimal logarithm of the spectral norm; None for 0."""
    gram = m.T * m
    largest = max(numbers.ctx.eigsy(gram, eigvals_only=True)) if gram.rows > 1 else gram[0, 0]
    if largest <= 0:
        return None
    found = float(numbers.ctx.log10(largest) / 2)
    return found if found > LOWEST else None


# ---- what doubles say ------------------------------------------------------------------------------------------------


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a)) if a > -700 else 0.0


_DOUBLES: dict[
    str, tuple[Callable[[float], float], Callable[[float, float], float]]
] = {  # s(a), and s'(a) from a, s(a)
    "sigmoid": (_sigmoid, lambda a, p: p * (1 - p)),
    "tanh": (math.tanh, lambda a, p: 1 - p * p),
    "relu": (lambda a: max(a, 0.0), lambda a, p: float(a > 0)),
    "identity": (lambda a: a, lambda a, p: 1.0),
}


def _simulated(orbit: Data, last: int) -> Iterator[float | None]:
    """Decimal logarithms of the norms of the Jacobians of a run in doubles; it ends where they overflow."""
    numbers = Arithmetic(DIGITS)
    activation, slope = _DOUBLES[orbit["activation"]]
    parameters = {
        n: [[float(closed_form(x, numbers)) for x in _row(row)] for row in m] for n, m in orbit["parameters"].items()
    }
    weight, drive = parameters["W_hh"], parameters.get("W_xh")
    bias = [row[0] for row in parameters["b"]] if "b" in parameters else [0.0] * len(weight)
    inputs = [[float(closed_form(x, numbers)) for x in xs] for xs in orbit.get("inputs") or []]
    h = [float(closed_form(x, numbers)) for x in orbit["states"][0]]
    product: Floats = [[float(i == j) for j in range(len(h))] for i in range(len(h))]
    for k in range(last):
        into = _apply(drive, inputs[k % len(inputs)]) if drive and inputs else [0.0] * len(h)
        a = [x + y + z for x, y, z in zip(_apply(weight, h), into, bias, strict=True)]
        h = [activation(x) for x in a]
        slopes = [slope(x, p) for x, p in zip(a, h, strict=True)]
        columns = list(zip(*product, strict=True))
        product = [
            [s * math.fsum(x * y for x, y in zip(row, c, strict=True)) for c in columns]
            for s, row in zip(slopes, weight, strict=True)
        ]
        if not all(math.isfinite(x) for row in product for x in row):
            return
        yield _log_norm(numbers.ctx.matrix(product), numbers)


def _row(row: Data) -> Data:
    return row if isinstance(row, list) else [row]


def _apply(m: Floats, v: Sequence[float]) -> list[float]:
    return [sum(x * y for x, y in zip(row, v, strict=True)) for row in m]


__all__ = ["Growth", "Series", "growth"]
