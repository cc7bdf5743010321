"""Doubles follow an orbit for about fifty steps, then report the opposite of what is true."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from symrnn import Derivation, Elman, kernel, lt, sigmoid, spectral_radius, vanishes
from symrnn.certificates import Point
from symrnn.claims.build import jacobian
from symrnn.crosscheck.float_trap import HEADER, STATE, STEPS, WEIGHT, table, trap
from symrnn.search.pools import rows
from symrnn.semantics import spectra
from symrnn.semantics.instances import Instance
from symrnn.semantics.numbers import as_num, log_of

DATA = Path(__file__).parent.parent / "docs" / "float_trap.csv"
FOLLOWED = 40  # steps that doubles follow with any mathematical library


def test_the_kernel_grants_what_doubles_deny() -> None:
    """At this very orbit "rho(W) < 1, so the Jacobian vanishes" is refuted, in exact arithmetic."""
    cell = Elman(sigmoid, bias=False)
    d = Derivation("x", cell=cell)
    claim = d.step(
        "1", vanishes(jacobian(d.h[d.t], d.h[d.t - d.k]), d.k), assuming=[lt(spectral_radius(d.W_hh), 1)]
    ).claim
    drive = ((as_num(-12),), (log_of(Fraction(1, 5)) + 12,))
    names = {"n": 2, "m": 2, "t": 0}
    variables = {v.name: v for x in (d.n, d.m, d.t) for v, _ in x.terms}
    integers = tuple(sorted(((variables[name], i) for name, i in names.items()), key=lambda item: item[0].key))
    matrices = (("W_hh", rows([list(map(Fraction, r)) for r in WEIGHT])), ("W_xh", rows([[1, 0], [0, 1]])))
    state = (("h", tuple((as_num(p),) for p in STATE)),)
    instance = Instance(integers, matrices, (), 0, 1, state, (("x", (drive,)),), None, (), True)
    assert kernel.check(claim, Point(instance)).verdict == "refuted"
    step = [[p * (1 - p) * w for w in row] for p, row in zip(STATE, WEIGHT, strict=True)]
    assert spectra.behaviour(step) == "explodes" and spectra.radius_against(step, Fraction(2)) == 0


def test_three_arithmetics() -> None:
    """Exact numbers and 120 digits agree for two hundred steps; doubles do for forty, then turn the other way."""
    found = trap()
    assert len(found) == STEPS
    assert all(abs(r.exact - r.precise) < 1e-9 for r in found)
    assert all(abs(r.doubles - r.exact) < 0.01 for r in found[:FOLLOWED])
    first_off = next(r.lag for r in found if abs(r.doubles - r.exact) > 0.5)
    assert FOLLOWED < first_off < 70
    assert found[-1].exact > 60 and found[-1].doubles < -100
    growing = [b.exact - a.exact for a, b in zip(found, found[1:], strict=False)]
    assert all(abs(g - 0.30103) < 1e-5 for g in growing)  # doubled at each step


def test_the_data_of_the_docs_are_these() -> None:
    """The file is what the command writes; after the fall the doubles depend on the machine, and are not compared."""
    stated, made = (x.splitlines() for x in (DATA.read_text(encoding="utf-8"), table(trap())))
    assert stated[0] == made[0] == HEADER and len(stated) == len(made) == STEPS + 1
    for one, other in zip(stated[1:], made[1:], strict=True):
        (k, exact, doubles, precise), (lag, e, d, p) = one.split(","), other.split(",")
        assert (k, exact, precise) == (lag, e, p)
        assert int(k) > FOLLOWED or abs(float(doubles) - float(d)) < 0.01
    assert float(stated[-1].split(",")[2]) < -100


def test_the_command() -> None:
    command = [sys.executable, "-m", "symrnn.crosscheck.float_trap"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(HEADER) and done.stderr == ""
