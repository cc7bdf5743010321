"""Networks of hard sigmoids from end to end: slopes 0 and 1/5 (or 1/6), and no counterexample on a kink."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from referee import judge

from symrnn import Derivation, Elman, eq, eye, hard_sigmoid, hard_sigmoid6, inv, jacobian, kernel, le, norm, product
from symrnn.certificates import Point
from symrnn.claims.index import as_index
from symrnn.errors import Refused
from symrnn.search.decide import Decision, decide
from symrnn.search.presentation import counterexample
from symrnn.semantics.instances import Instance
from symrnn.semantics.numbers import as_num

SLOPES = {"hard_sigmoid": Fraction(1, 5), "hard_sigmoid6": Fraction(1, 6)}


def claims(about: Any) -> dict[str, tuple[str, Any]]:
    h, w, d = about.h, about.W_hh, about.D
    e = Derivation("x", cell=about)
    t, k, j = e.t, e.k, e.j
    one, many = jacobian(h[t], h[t - 1]), jacobian(h[t], h[t - k])
    slope = SLOPES[about.activations[0]]
    return {
        "product": ("proved", eq(many, product(d[j] @ w, j, t, t - k + 1))),
        "commuted": ("refuted", eq(many, product(d[j], j, t, t - k + 1) @ w**k)),
        "bound": ("proved", le(norm(one), slope * norm(w))),
        "too small a bound": ("refuted", le(norm(one), slope / 2 * norm(w))),
        "invertible": ("refuted", eq(inv(d[t]) @ d[t], eye(about.n))),
        "of one value": ("refuted", eq(d[t], slope * eye(about.n))),
    }


NAMES = list(claims(Elman(hard_sigmoid)))


@pytest.mark.parametrize("function", [hard_sigmoid, hard_sigmoid6], ids=lambda f: f.name)
@pytest.mark.parametrize("name", NAMES)
def test_claims(function: Any, name: str) -> None:
    about = Elman(function)
    verdict, claim = claims(about)[name]
    step = Derivation("x", cell=about).step("1", claim)
    found: Decision = decide(step.claim)
    assert found.verdict == verdict, found.attempts
    if verdict == "refuted":
        judge(counterexample(step.claim, found))


@pytest.mark.parametrize(("function", "kink"), [(hard_sigmoid, Fraction(5, 2)), (hard_sigmoid6, Fraction(-3))])
def test_an_instance_on_a_kink_refutes_nothing(function: Any, kink: Fraction) -> None:
    """h_1 = s(0 h_0 + 0 x + b) with b on a kink: d h_1 / d h_0 = 0 there is no counterexample to anything."""
    about = Elman(function)
    t = Derivation("x", cell=about).t
    step = Derivation("x", cell=about).step("1", eq(jacobian(about.h[t], about.h[t - 1]), eye(about.n)))
    zero, sizes = ((as_num(0),),), {v: 1 for i in (about.n, about.m) for v, _ in i.terms}
    time = {v: 1 for v, _ in as_index(t).terms}

    def instance(b: Fraction) -> Point:
        integers = tuple(sorted({**sizes, **time}.items(), key=lambda item: item[0].key))
        parameters = (("W_hh", zero), ("W_xh", zero), ("b", ((as_num(b),),)))
        return Point(Instance(integers, parameters, (), 0, 1, (("h", zero),), (("x", (zero,)),), None, ()))

    with pytest.raises(Refused, match="no derivative"):
        kernel.check(step.claim, instance(kink))
    assert kernel.check(step.claim, instance(kink / 2)).verdict == "refuted"
