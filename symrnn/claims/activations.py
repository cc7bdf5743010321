"""Activations: callables that build terms, and the facts about them that proofs may use.

Each fact is checked numerically by a test. An activation that is not in ``FACTS`` is opaque: a differentiable
function applied entrywise, about whose derivative nothing is known.
"""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.index import Node, checked_name, node
from symrnn.claims.tree import Apply, Term, as_term


@node
class Facts(Node):
    """What holds of the derivative s' on its domain: s' in the interval from ``low`` to ``high``.

    ``never_zero``: s' has no zero. ``low_attained``, ``high_attained``: the bound is a value of s'.
    ``open_box``: the values of s' fill an open interval, so a polynomial vanishing on them is zero.
    ``positive``: s itself is above 0. ``zero_at_zero_only``: s(a) = 0 if and only if a = 0.
    """

    low: Fraction
    high: Fraction
    low_attained: bool
    high_attained: bool
    never_zero: bool
    open_box: bool
    positive: bool
    zero_at_zero_only: bool


_Q = Fraction
FACTS: dict[str, Facts] = {
    "sigmoid": Facts(_Q(0), _Q(1, 4), False, True, True, True, True, False),
    "tanh": Facts(_Q(0), _Q(1), False, True, True, True, False, True),
    "softplus": Facts(_Q(0), _Q(1), False, False, True, True, True, False),
    "relu": Facts(_Q(0), _Q(1), True, True, False, False, False, False),  # off the kink: 0 or 1
    "identity": Facts(_Q(1), _Q(1), True, True, True, False, False, True),
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
    """An activation by name: a known one (sigmoid, tanh, relu, softplus, identity), else an opaque one."""
    return Activation(checked_name(name))


sigmoid, tanh, relu, softplus, identity = (activation(n) for n in ("sigmoid", "tanh", "relu", "softplus", "identity"))
