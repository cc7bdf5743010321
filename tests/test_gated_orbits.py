"""Runs that go on for ever of cells with gates or several state blocks: found by search, judged from the data alone."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from closed_forms import Wrong
from referee import judge

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Derivation,
    Leaky,
    Refused,
    bounded,
    cell,
    diag,
    eq,
    explodes,
    forall,
    has_property,
    inputs,
    jacobian,
    kernel,
    le,
    lt,
    matrix,
    norm,
    number,
    sigmoid,
    size,
    state,
    tanh,
    vanishes,
)
from symrnn.block_jacobians import state_jacobian
from symrnn.certificates import Point
from symrnn.counterexamples import of_instance
from symrnn.crosscheck import crosscheck
from symrnn.search.pools import rows
from symrnn.search.refute import Tally, refute
from symrnn.semantics.growth import growth_along
from symrnn.semantics.instances import Instance, World

CELLS = {
    "lstm": LSTM(),
    "peepholes": LSTM(peepholes=True),
    "no forget gate": LSTM(forget=False),
    "gru": GRU(),
    "chung": GRU(update="chung"),
    "reset after": GRU(reset="after"),
    "mgu": MGU(),
    "leaky": Leaky(tanh),
}
HALF = number(Fraction(1, 2))


def two_blocks():
    """Two networks beside each other: what one forgets the other need not."""
    n, m = size("n"), size("m")
    A, B, V, b, e = matrix("A", n), matrix("B", n), matrix("V", n, m), matrix("b", n, 1), matrix("e", n, 1)
    p, q, x = state("p", n), state("q", n), inputs("x", m)
    return cell(
        "two",
        states={p: lambda t: tanh(A @ p[t - 1] + V @ x[t] + b), q: lambda t: tanh(B @ q[t - 1] + e)},
        inputs=(x,),
    )


def stacked():
    """Two layers, the second fed by the first, with a gate between them."""
    n, m = size("n"), size("m")
    A, B, C, G, V = matrix("A", n), matrix("B", n), matrix("C", n), matrix("G", n), matrix("V", n, m)
    b, e, f = matrix("b", n, 1), matrix("e", n, 1), matrix("f", n, 1)
    p, q, x = state("p", n), state("q", n), inputs("x", m)
    return cell(
        "stacked",
        states={
            p: lambda t: tanh(A @ p[t - 1] + V @ x[t] + b),
            q: lambda t: diag(sigmoid(G @ p[t] + f)) @ q[t - 1] + tanh(B @ q[t - 1] + C @ p[t] + e),
        },
        inputs=(x,),
    )


def claims(one, block: str):
    d = Derivation("x", cell=one)
    s, t, k = getattr(d, block), d.t, d.k
    J = jacobian(s[t], s[t - k])
    return {
        "vanishes": vanishes(J, k),
        "does not vanish": ~vanishes(J, k),
        "is bounded": bounded(J, k),
        "explodes": explodes(J, k),
        "vanishes or explodes": vanishes(J, k) | explodes(J, k),
    }


def claim_of(one, conclusion, *hypotheses):
    return Derivation("x", cell=one).step("1", conclusion, assuming=hypotheses).claim


@cache
def found(name: str, block: str, what: str):
    claim = claim_of(CELLS[name], claims(CELLS[name], block)[what])
    return claim, refute(claim, Tally())


KINDS = ("vanishes", "does not vanish", "is bounded", "explodes", "vanishes or explodes")
CASES = [(name, "h", what) for name in CELLS for what in KINDS] + [("lstm", "c", what) for what in KINDS]


@pytest.mark.parametrize(("name", "block", "what"), CASES)
def test_no_gated_cell_always_does_one_thing(name: str, block: str, what: str) -> None:
    claim, instance = found(name, block, what)
    assert instance is not None and instance.periodic
    assert dict((v.name, i) for v, i in instance.integers)["n"] == 1
    assert kernel.check(claim, Point(instance)).verdict == "refuted"
    data = json.loads(json.dumps(of_instance(claim, instance)))
    assert data["kind"] == "orbit" and data["growth"]["test"] != "unknown"
    assert judge(data) or name == "leaky"  # which is not judged
    checked = crosscheck(claim, "refuted", data)
    assert checked is None or checked.agrees


@pytest.mark.parametrize("block", ["h", "c"])
@pytest.mark.parametrize(
    ("w", "says"), [(-7, "explodes"), (-6, "bounded"), (1, "vanishes"), (2, "bounded"), (3, "explodes")]
)
def test_one_weight_decides(block: str, w: int, says: str) -> None:
    """n = 1, h = c = g = 0, gates 1/2: the eigenvalues are 0 and 1/2 + w/4."""
    lstm = CELLS["lstm"]
    claim, instance = found("lstm", "c", "does not vanish")
    moved = tuple((name, rows([[w]]) if name == "U_g" else m) for name, m in instance.matrices)
    there = replace(instance, matrices=moved)
    true = {"explodes": ("explodes",), "bounded": ("is bounded",), "vanishes": ("vanishes", "is bounded")}[says]
    for what, statement in claims(lstm, block).items():
        if what in ("vanishes", "is bounded", "explodes"):
            assert World(claim_of(lstm, statement), there).conclusion_holds() == (what in true)


def test_a_block_may_vanish_where_the_whole_does_not() -> None:
    two = two_blocks()
    d = Derivation("x", cell=two)
    t, k = d.t, d.k
    P, S = jacobian(d.p[t], d.p[t - k]), state_jacobian([d.p, d.q], t, t - k)
    none = jacobian(d.p[t], d.q[t - k])
    claim = claim_of(two, vanishes(S, k), vanishes(P, k))
    instance = refute(claim, Tally())
    assert instance is not None
    world = World(claim_of(two, vanishes(P, k)), instance)
    assert world.conclusion_holds() and World(claim_of(two, vanishes(none, k)), instance).conclusion_holds()
    assert not World(claim_of(two, vanishes(jacobian(d.q[t], d.q[t - k]), k)), instance).conclusion_holds()
    assert growth_along(world).says == "vanishes"
    assert growth_along(World(claim_of(two, vanishes(none, k)), instance)).step == []


def test_layers_are_run_too() -> None:
    one = stacked()
    for what, statement in claims(one, "q").items():
        claim = claim_of(one, statement)
        instance = refute(claim, Tally())
        assert instance is not None, what
        assert kernel.check(claim, Point(instance)).verdict == "refuted"


@pytest.mark.parametrize("seed", range(12))
def test_limits_are_what_long_products_are(seed: int) -> None:
    """Random weights of two units at rest: the kernel's word against numpy's, wherever that is clear."""
    rng = random.Random(seed)
    lstm, n = CELLS["lstm"], 2
    d = Derivation("x", cell=lstm)
    t, k = d.t, d.k
    claim, found_at_one = found("lstm", "c", "does not vanish")
    values = {}
    for s in lstm.recurrence.params:
        wide = s.name.startswith(("U", "W"))
        some = rng.choice([1, 2, 4]) if s.name == "U_g" else 0
        values[s.name] = rows([[some * rng.randint(-3, 3) for _ in range(n if wide else 1)] for _ in range(n)])
    sizes = tuple((v, n if v.kind == "size" else i) for v, i in found_at_one.integers)
    zero = rows([[0]] * n)
    instance = Instance(
        sizes, tuple(sorted(values.items())), (), 0, 1, (("c", zero), ("h", zero)), (("x", (zero,)),), None, (), True
    )
    U = np.array([[float(x.rational) for x in row] for row in values["U_g"]])
    M = np.block([[np.eye(n) / 2, U / 2], [np.eye(n) / 4, U / 4]])
    for i, of in enumerate("ch"):
        for l, wrt in enumerate("ch"):
            J = jacobian(getattr(d, of)[t], getattr(d, wrt)[t - k])
            block = np.linalg.matrix_power(M, 60)[i * n : (i + 1) * n, l * n : (l + 1) * n]
            size_there = abs(block).max()
            if 1e-4 < size_there < 1e4:
                continue
            for what, statement in (("vanishes", vanishes(J, k)), ("explodes", explodes(J, k))):
                holds = World(claim_of(lstm, statement), instance).conclusion_holds()
                assert holds == ((size_there < 1) == (what == "vanishes"))


@pytest.mark.parametrize("name", ["lstm", "peepholes", "gru", "reset after"])
def test_a_run_that_does_not_return_is_none(name: str) -> None:
    claim, instance = found(name, "h", "vanishes")
    for changed in (
        replace(instance, initial=tuple((b, rows([[1]])) for b, _ in instance.initial)),
        replace(instance, stop=instance.stop + 1),
        replace(instance, matrices=tuple((b, rows([[1]]) if b == "b_g" else m) for b, m in instance.matrices)),
        replace(instance, periodic=False),
    ):
        with pytest.raises(Refused):
            kernel.check(claim, Point(changed))


def test_the_referee_sees_what_was_altered() -> None:
    claim, instance = found("lstm", "c", "is bounded")
    data = json.loads(json.dumps(of_instance(claim, instance)))
    assert judge(data)
    for path, value in (
        (("states", 0, "c", 0), "1"),
        (("parameters", "U_g", 0, 0), "1"),
        (("parameters", "b_f", 0), "1"),
        (("growth", "monodromy", 0, 0), "1"),
        (("growth", "minimal", 0, 0), "2"),
        (("growth", "left", 0, 0), "2"),
        (("growth", "wrt"), "h"),
        (("growth", "test"), "vanishes"),
        (("growth", "power"), 1),
        (("growth", "blocks"), ["h", "c"]),
        (("recurrence",), "lstm without forget gate"),
    ):
        broken = copy.deepcopy(data)
        at = broken
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        with pytest.raises(Wrong):
            judge(broken)


def test_a_larger_matrix_is_not_the_smallest() -> None:
    """A mode that the block does not see must not decide about it."""
    claim, instance = found("lstm", "h", "does not vanish")
    data = json.loads(json.dumps(of_instance(claim, instance)))
    growth = data["growth"]
    growth["minimal"] = [[growth["minimal"][0][0], "0"], ["0", "2"]]
    growth["left"], growth["right"] = [[growth["left"][0][0], "0"]], [growth["right"][0], ["0"]]
    growth["test"], growth["power"] = "explodes", 4
    with pytest.raises(Wrong):
        judge(data)


def test_statements_about_all_times_on_a_run_that_repeats_itself() -> None:
    lstm = CELLS["lstm"]
    d = Derivation("x", cell=lstm)
    t, k, j = d.t, d.k, d.j
    claim, instance = found("lstm", "c", "does not vanish")
    one = state_jacobian([d.h, d.c], j, j - 1)
    true = (
        forall(j, le(norm(one, "inf"), 1)),
        forall(j, eq(d.f[j], d.f[j - 1])),
        forall(j, eq(d.c[j - 1], 0)),
        forall(j, le(norm(diag(d.f[j])), HALF)),
    )
    false = (forall(j, lt(norm(one, "inf"), HALF)), forall(j, eq(d.f[j], d.c[j - 1])))
    for p in (*true, *false):
        assert World(claim_of(lstm, vanishes(jacobian(d.c[t], d.c[t - k]), k), p), instance).hypotheses_hold() == (
            p in true
        )
    with pytest.raises(Refused):  # further apart with j
        World(
            claim_of(lstm, vanishes(one, k), forall(j, le(norm(jacobian(d.c[j], d.c[t])), 1))), instance
        ).hypotheses_hold()


def test_a_drive_of_period_two_is_found() -> None:
    """Gates that are never the same twice in a row: no fixed point does it."""
    lstm = CELLS["lstm"]
    d = Derivation("x", cell=lstm)
    t, k, j = d.t, d.k, d.j
    J = jacobian(d.c[t], d.c[t - k])
    never = has_property("invertible", diag(d.f[j]) - diag(d.f[j - 1]))
    claim = claim_of(lstm, ~vanishes(J, k), forall(j, never))
    instance = refute(claim, Tally())
    assert instance is not None and instance.stop - instance.start == 2
    assert kernel.check(claim, Point(instance)).verdict == "refuted"
    assert judge(json.loads(json.dumps(of_instance(claim, instance))))


def test_limits_of_gates_are_decided_too() -> None:
    lstm = CELLS["lstm"]
    d = Derivation("x", cell=lstm)
    t, k = d.t, d.k
    to_gate = jacobian(d.g[t], d.h[t - k])
    for statement in (vanishes(to_gate, k), ~vanishes(to_gate, k), bounded(to_gate, k)):
        claim = claim_of(lstm, statement)
        instance = refute(claim, Tally())
        assert instance is not None and kernel.check(claim, Point(instance)).verdict == "refuted"
