"""Derivatives of activations and their values, by each other: s' = s - s^2 for the sigmoid. Trusted by the kernel."""

from __future__ import annotations

from collections.abc import Callable

from symrnn.claims.tree import Apply, Hadamard, Term
from symrnn.errors import Refused

Sides = tuple[Term, Term]


def _sigmoid(v: Term) -> Sides:
    p = Apply("sigmoid", v, 0)
    return Apply("sigmoid", v, 1), p - Hadamard(p, p)


def _tanh(v: Term) -> Sides:
    p = Apply("tanh", v, 0)
    return Apply("tanh", v, 1), Apply("identity", v, 1) - Hadamard(p, p)  # the slopes of the identity are ones


def _relu(v: Term) -> Sides:
    slope = Apply("relu", v, 1)  # 0 or 1: no pre-activation stands on the kink
    return Hadamard(slope, slope), slope


def _relu_value(v: Term) -> Sides:
    return Apply("relu", v, 0), Hadamard(Apply("relu", v, 1), v)  # it is 0 or v


def _softplus(v: Term) -> Sides:
    return Apply("softplus", v, 1), Apply("sigmoid", v, 0)


SLOPES: dict[str, Callable[[Term], Sides]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "relu, value": _relu_value,
    "softplus": _softplus,
}


def slope_equation(function: str, v: Term) -> Sides:
    """What is known of the derivative of an activation at a term, a scalar, column or matrix alike."""
    if function not in SLOPES:
        raise Refused(f"nothing is known of the slopes of {function}")
    return SLOPES[function](v)
