"""Activations: callables that build terms, and the facts about them that proofs may use.

Each fact is checked numerically by a test, and ``why`` says what shows it. Where s has exact values is for
``semantics/numbers.py`` to say; it refuses the kinks. An activation that is not in ``FACTS`` is opaque: a
differentiable function applied entrywise, about whose derivative nothing is known.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.index import Node, checked_name, node
from symrnn.claims.tree import Apply, Term, as_term


@node
class Facts(Node):
    """What holds of the derivative s' on its domain: s' in the interval from ``low`` to ``high``.

    ``never_zero``: s' has no zero. ``low_attained``, ``high_attained``: the bound is a value of s'.
    ``open_box``: the values of s' fill an open interval, so a polynomial vanishing on them is zero. ``kinks``: where s
    has no derivative; its domain is the rest. ``why``: the short proof of the range. ``positive``: s itself is above 0.
    ``zero_at_zero_only``: s(a) = 0 if and only if a = 0.
    """

    low: Fraction
    high: Fraction
    low_attained: bool
    high_attained: bool
    never_zero: bool
    open_box: bool
    kinks: tuple[Fraction, ...]
    why: str
    positive: bool = False
    zero_at_zero_only: bool = False


_Q = Fraction
AT_MOST_ONE = ("hard_sigmoid", "hard_sigmoid6", "sigmoid", "tanh")  # |s(a)| <= 1 for all a


def _piecewise(slope: Fraction) -> Facts:
    """max(0, min(1, slope x + 1/2)): the derivative is 0 or the slope, off the kinks."""
    end = 1 / (2 * slope)
    return Facts(_Q(0), slope, True, True, False, False, (-end, end), f"s' is 0 outside, {slope} inside")


HARD_SIGMOIDS = {"hard_sigmoid": _Q(1, 5), "hard_sigmoid6": _Q(1, 6)}  # by slope
AT_ZERO: dict[str, tuple[Fraction | None, Fraction | None]] = {  # s(0) and s'(0), where there is one and it is rational
    "sigmoid": (_Q(1, 2), _Q(1, 4)),
    "tanh": (_Q(0), _Q(1)),
    "softplus": (None, _Q(1, 2)),
    "identity": (_Q(0), _Q(1)),
    **{name: (_Q(1, 2), slope) for name, slope in HARD_SIGMOIDS.items()},
}
FACTS: dict[str, Facts] = {
    "sigmoid": Facts(
        _Q(0), _Q(1, 4), False, True, True, True, (), "s' = s(1 - s), and 1/4 - p(1 - p) = (p - 1/2)^2", positive=True
    ),
    "tanh": Facts(
        _Q(0), _Q(1), False, True, True, True, (), "s' = 1 - s^2 with -1 < s < 1, and s(0) = 0", zero_at_zero_only=True
    ),
    "softplus": Facts(
        _Q(0), _Q(1), False, False, True, True, (), "s' is the sigmoid, with values between 0 and 1", positive=True
    ),
    "relu": Facts(_Q(0), _Q(1), True, True, False, False, (_Q(0),), "s' is 0 to the left of the kink, 1 to the right"),
    "identity": Facts(_Q(1), _Q(1), True, True, True, False, (), "s' = 1", zero_at_zero_only=True),
    **{name: _piecewise(slope) for name, slope in HARD_SIGMOIDS.items()},
}


@node
class Activation(Node):
    """An entrywise activation function. ``f(a)`` applies it, ``f.prime(a)`` its derivative.

    >>> print(tanh.name, activation("phi").opaque)
    tanh True
    """

    name: str

    def __call__(self, arg: object) -> Term:
        return Apply(self.name, as_term(arg), 0)

    def prime(self, arg: object) -> Term:
        return Apply(self.name, as_term(arg), 1)

    @property
    def opaque(self) -> bool:
        return self.name not in FACTS


def activation(name: str) -> Activation:
    """An activation by name: a known one, else an opaque one.

    Known are sigmoid, tanh, relu, softplus log(1 + e^x), identity, and two hard sigmoids max(0, min(1, s x + 1/2)):
    ``hard_sigmoid`` with s = 1/5 (the default of ONNX; Keras 1 and 2), ``hard_sigmoid6`` with s = 1/6 (PyTorch; Keras
    3: ReLU6(x + 3) / 6).

    >>> print(FACTS["hard_sigmoid6"].high, *FACTS["hard_sigmoid6"].kinks)
    1/6 -3 3
    """
    return Activation(checked_name(name))


sigmoid, tanh, relu, softplus, identity = (activation(n) for n in ("sigmoid", "tanh", "relu", "softplus", "identity"))
hard_sigmoid, hard_sigmoid6 = (activation(n) for n in HARD_SIGMOIDS)
