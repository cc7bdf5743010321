"""Claims about limits and eigenvalues: counterexamples found by search, judged by the referee, and why each is needed.

Every claim here is false and has to be refuted by an instance that nobody typed in. Beside it stands what makes it
true: with that, the same search must find nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import pytest
from referee import judge

from symrnn import (
    Derivation,
    Elman,
    Refused,
    absolute,
    bounded,
    diagonalizable,
    discriminant,
    eq,
    explodes,
    forall,
    has_property,
    index,
    inv,
    jacobian,
    jordan_decomposable,
    kernel,
    lag,
    le,
    lt,
    matrix,
    norm,
    number,
    product,
    relu,
    sigmoid,
    size,
    spectral_radius,
    squarefree_minimal_polynomial,
    symmetric,
    tanh,
    unitarily_diagonalizable,
    vanishes,
)
from symrnn.certificates import Point
from symrnn.claims.statements import for_all_trajectories
from symrnn.counterexamples import of_instance
from symrnn.crosscheck import crosscheck
from symrnn.search.pools import rows
from symrnn.search.refute import Tally, refute, witness
from symrnn.semantics.instances import Instance, World

n, k, j = size("n"), lag("k"), index("j")
A, B, U = (matrix(name, n) for name in "ABU")
S = matrix("S", n, n, "diagonal")
rho = spectral_radius


class Net:
    """A cell without bias, and its symbols."""

    def __init__(self, activation, **options):
        self.cell = Elman(activation, bias=False, **options)
        d = Derivation("x", cell=self.cell)
        self.W, self.V, self.D, self.h, self.x, self.t, self.k, self.n = d.W_hh, d.W_xh, d.D, d.h, d.x, d.t, d.k, d.n
        self.J = jacobian(self.h[self.t], self.h[self.t - self.k])
        self.g = matrix("g", self.n, 1)
        self.one = eq(self.n, 1)
        self.w = self.W[1, 1]


s, th, re = Net(sigmoid), Net(tanh), Net(relu)
HALF = number(Fraction(1, 2))


def claim_of(conclusion, hypotheses=(), cell=None):
    return Derivation("x", cell=cell).step("1", conclusion, assuming=hypotheses).claim


LIMITS = {  # name: (net, conclusion, hypotheses, hidden size, period of the run)
    "memory is lost": (s, vanishes(s.J, k), (), 1, 1),
    "memory stays bounded": (s, bounded(s.J, k), (), 1, 1),
    "a large eigenvalue explodes": (s, explodes(s.J, k), (lt(1, rho(s.W)),), 1, 1),
    "|w| <= 4 vanishes": (s, vanishes(s.J, k), (s.one, le(absolute(s.w), 4)), 1, 1),
    "|w| > 4 explodes": (s, explodes(s.J, k), (s.one, lt(4, absolute(s.w))), 1, 1),
    "|w| > 4 vanishes": (s, vanishes(s.J, k), (s.one, lt(4, absolute(s.w))), 1, 1),
    "rho < 1 vanishes": (s, vanishes(s.J, k), (lt(rho(s.W), 1),), 2, 1),
    "rho < 1 is bounded": (s, bounded(s.J, k), (lt(rho(s.W), 1),), 2, 1),
    "rho = 1/2, diagonalisable": (s, vanishes(s.J, k), (diagonalizable(s.W, "C"), eq(rho(s.W), HALF)), 2, 1),
    "rho < 1 without input": (s, vanishes(s.J, k), (lt(rho(s.W), 1), eq(s.V, 0)), 2, 1),
    "rho < 1 without input, tanh": (th, vanishes(th.J, k), (lt(rho(th.W), 1), eq(th.V, 0)), 2, 1),
    "rho < 1 without input, relu": (re, vanishes(re.J, k), (lt(rho(re.W), 1), eq(re.V, 0)), 2, 1),
    "rho < 1, tanh": (th, vanishes(th.J, k), (lt(rho(th.W), 1),), 2, 1),
    "rho < 1 is bounded, tanh": (th, bounded(th.J, k), (lt(rho(th.W), 1),), 2, 1),
    "rho < 1, relu": (re, vanishes(re.J, k), (lt(rho(re.W), 1),), 2, 1),
    "every constant D contracts": (s, vanishes(s.J, k), (forall(s.D, lt(rho(s.D[j] @ s.W), 1)),), 2, 2),
    "every constant D contracts, tanh": (th, vanishes(th.J, k), (forall(th.D, lt(rho(th.D[j] @ th.W), 1)),), 2, 2),
    "vanishing only if rho < 1": (s, lt(rho(s.W), 1), (vanishes(s.J, k),), 1, 1),
    "vanishing everywhere only if": (s, lt(rho(s.W), 1), (for_all_trajectories(vanishes(s.J, k)),), 1, 1),
    "rho < 4 vanishes everywhere": (s, for_all_trajectories(vanishes(s.J, k)), (lt(rho(s.W), 4),), 2, 1),
    "exploding only if rho > 1": (s, lt(1, rho(s.W)), (explodes(s.J, k),), 2, 1),
    "a large J, a large gradient": (s, explodes(s.g.T @ s.J, k), (explodes(s.J, k), ~eq(s.g, 0)), 2, 1),
    "a large J, a large gradient, g = 0": (s, explodes(s.g.T @ s.J, k), (explodes(s.J, k),), 1, 1),
    "by the transpose": (s, explodes(s.J.T @ s.g, k), (explodes(s.J, k), ~eq(s.g, 0)), 2, 1),
    "half of it": (s, vanishes(HALF * s.J, k), (), 1, 1),
    "by its norm": (s, vanishes(norm(s.J), k), (), 1, 1),
    "normal weights": (s, vanishes(s.J, k), (has_property("normal", s.W),), 1, 1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_refuted_by_a_run_that_search_finds(name: str) -> None:
    net, conclusion, hypotheses, hidden, period = LIMITS[name]
    claim = claim_of(conclusion, hypotheses, net.cell)
    instance = found(name)[1]
    assert instance is not None and instance.periodic
    assert kernel.check(claim, Point(instance)).verdict == "refuted"
    sizes = {v.name: i for v, i in instance.integers}
    assert (sizes.get("n", 1), instance.stop - instance.start) == (hidden, period)
    data = json.loads(json.dumps(of_instance(claim, instance)))
    assert data["kind"] == "orbit" and judge(data)


@pytest.mark.parametrize("name", ["memory is lost", "rho < 1 vanishes", "a large J, a large gradient", "by its norm"])
def test_the_cross_check_sees_the_same_along_the_orbit(name: str) -> None:
    """Long products by simulation at many digits; the opposite claim is contradicted, a broken orbit is none."""
    net, conclusion, hypotheses, *_ = LIMITS[name]
    claim, instance = found(name)
    data = json.loads(json.dumps(of_instance(claim, instance)))
    seen = crosscheck(claim, "refuted", data)
    assert seen is not None and seen.agrees
    against = crosscheck(claim_of(~conclusion, hypotheses, net.cell), "refuted", data)
    assert against is not None and not against.agrees
    data["states"][0][0] = "1/5"
    broken = crosscheck(claim, "refuted", data)
    assert broken is not None and not broken.agrees


TRUE = {  # what makes them true: no counterexample may be found
    "|w| < 4": (s, vanishes(s.J, k), (s.one, lt(absolute(s.w), 4))),
    "normal, rho < 4": (s, vanishes(s.J, k), (has_property("normal", s.W), lt(rho(s.W), 4))),
    "nonnegative, rho < 4": (s, vanishes(s.J, k), (has_property("nonnegative", s.W), lt(rho(s.W), 4))),
    "triangular, rho < 4": (s, vanishes(s.J, k), (has_property("upper_triangular", s.W), lt(rho(s.W), 4))),
    "rho(|W|) < 4": (s, vanishes(s.J, k), (lt(rho(absolute(s.W)), 4),)),
    "norm < 4": (s, for_all_trajectories(vanishes(s.J, k)), (lt(norm(s.W), 4),)),
    "norm < 1, tanh": (th, vanishes(th.J, k), (lt(norm(th.W), 1),)),
    "norm < 1, relu": (re, vanishes(re.J, k), (lt(norm(re.W), 1),)),
    "J = 0": (s, eq(s.g.T @ s.J, 0), (eq(s.J, 0),)),
    "vanishing through g": (s, vanishes(s.g.T @ s.J, k), (vanishes(s.J, k),)),
    "everywhere, so here": (s, vanishes(s.J, k), (for_all_trajectories(vanishes(s.J, k)),)),
    "not both": (s, ~explodes(s.J, k), (bounded(s.J, k),)),
    "every D contracts in norm": (s, vanishes(s.J, k), (forall(s.D, lt(norm(s.D[j] @ s.W), 1)),)),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_not_refuted_and_can_be_met(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, conclusion, hypotheses = TRUE[name]
    claim = claim_of(conclusion, hypotheses, net.cell)
    with monkeypatch.context() as patch:
        patch.setattr("symrnn.search.refute.MOST", 100)
        assert refute(claim, Tally()) is None
    shown = witness(claim, Tally())
    assert shown is not None and World(claim, shown).hypotheses_hold()


MATRICES = {  # claims about matrices alone, all false: (conclusion, hypotheses, whether it fails openly)
    "diagonalisable over C": (diagonalizable(A, "C"), (), False),
    "diagonalisable over R": (diagonalizable(A, "R"), (), True),
    "Jordan form over R": (jordan_decomposable(A, "R"), (), True),
    "not symmetric, hence": (diagonalizable(A, "C"), (~symmetric(A),), False),
    "not symmetric, hence over R": (diagonalizable(A, "R"), (~symmetric(A),), True),
    "squarefree": (squarefree_minimal_polynomial(A), (), False),
    "unitarily": (unitarily_diagonalizable(A), (diagonalizable(A, "C"),), True),
    "transpose for inverse": (eq(A, U @ S @ U.T), (eq(A, U @ S @ inv(U)),), None),
    "rho is subadditive": (le(rho(A + B), rho(A) + rho(B)), (), True),
    "rho is submultiplicative": (le(rho(A @ B), rho(A) * rho(B)), (), True),
    "norm <= rho": (le(norm(A), rho(A)), (), True),
    "rho of the transposed product": (eq(rho(A.T @ A), rho(A) * rho(A)), (), True),
    "rho < 1, norm < 1": (lt(norm(A), 1), (lt(rho(A), 1),), None),
    "powers vanish, norm < 1": (lt(norm(A), 1), (vanishes(A**k, k),), None),
    "powers bounded, rho < 1": (lt(rho(A), 1), (bounded(A**k, k),), None),
    "rho <= 1, powers bounded": (bounded(A**k, k), (le(rho(A), 1),), None),
    "rho > 1, powers vanish": (vanishes(A**k, k), (lt(rho(A), 2),), None),
    "both vanish, the product does": (vanishes((A @ B) ** k, k), (vanishes(A**k, k), vanishes(B**k, k)), None),
    "rho(AB) < 1": (lt(rho(A @ B), 1), (lt(rho(A), 1), lt(rho(B), 1)), None),
    "rho is monotone": (le(rho(A), rho(B)), (le(norm(A), norm(B)),), None),
    "rho(|A|) <= rho(A)": (le(rho(absolute(A)), rho(A)), (), True),
}


@pytest.mark.parametrize("name", MATRICES)
def test_matrices(name: str) -> None:
    conclusion, hypotheses, openly = MATRICES[name]
    claim = claim_of(conclusion, hypotheses)
    instance = refute(claim, Tally())
    assert instance is not None
    judgement = kernel.check(claim, Point(instance))
    assert judgement.verdict == "refuted"
    if openly is not None:
        assert judgement.failing_set == ("open" if openly else "unknown")
    data = json.loads(json.dumps(of_instance(claim, instance)))
    assert data["kind"] == "values" and judge(data)


HOLDING = {
    "rho <= norm": (le(rho(A), norm(A)), ()),
    "norm <= fro": (le(norm(A), norm(A, "fro")), ()),
    "rho(AB) = rho(BA)": (eq(rho(A @ B), rho(B @ A)), ()),
    "rho of the transpose": (eq(rho(A), rho(A.T)), ()),
    "rho <= rho(|A|)": (le(rho(A), rho(absolute(A))), ()),
    "normal: norm = rho": (eq(norm(A), rho(A)), (has_property("normal", A),)),
    "Gelfand": (vanishes(A**k, k), (lt(rho(A), 1),)),
    "and back": (lt(rho(A), 1), (vanishes(A**k, k),)),
    "symmetric": (diagonalizable(A, "R"), (symmetric(A),)),
    "normal": (unitarily_diagonalizable(A), (has_property("normal", A),)),
    "discriminant": (diagonalizable(A, "C"), (~eq(discriminant(A), 0),)),
    "n = 2": (eq(discriminant(A), 0), (eq(n, 2), ~diagonalizable(A, "C"))),
    "scaled": (eq(rho(3 * A), 3 * rho(A)), ()),
    "bounded": (le(rho(A), 1), (bounded(A**k, k),)),
    "explodes": (lt(1, rho(A)), (explodes(A**k, k), diagonalizable(A, "C"))),
}


@pytest.mark.parametrize("name", HOLDING)
def test_true_statements_about_matrices_survive(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    conclusion, hypotheses = HOLDING[name]
    monkeypatch.setattr("symrnn.search.refute.MOST", 250)
    tally = Tally()
    assert refute(claim_of(conclusion, hypotheses), tally) is None
    assert tally.met > 20 and tally.silent < tally.candidates / 2


def test_paths() -> None:
    """Claims about single steps and lags: realised by a trajectory, with expressions that the referee evaluates."""
    later = jacobian(s.h[s.t], s.h[s.t - s.k - 1])
    claims = [
        (le(rho(s.D[s.t] @ s.W), rho(s.W)), ()),
        (eq(s.D[s.t] @ s.g @ s.x[s.t].T, 0), (eq(s.J, 0),)),
        (le(absolute(later[1, 2]), absolute(s.J[1, 2])), (lt(rho(s.W), 4), eq(s.n, 2))),
    ]
    for conclusion, hypotheses in claims:
        claim = claim_of(conclusion, hypotheses, s.cell)
        instance = refute(claim, Tally())
        assert instance is not None and kernel.check(claim, Point(instance)).verdict == "refuted"
        assert judge(json.loads(json.dumps(of_instance(claim, instance))))


# ---- attacks ---------------------------------------------------------------------------------------------------------


@lru_cache
def found(name: str):
    net, conclusion, hypotheses, *_ = LIMITS[name]
    claim = claim_of(conclusion, hypotheses, net.cell)
    return claim, refute(claim, Tally())


@pytest.mark.parametrize("name", ["every constant D contracts", "rho < 1 without input", "a large J, a large gradient"])
def test_a_changed_run_is_refused(name: str) -> None:
    """Other states, weights, inputs or lengths: the run is none, or shows nothing."""
    claim, instance = found(name)
    assert instance is not None
    (block, rows), *_ = instance.initial
    other = tuple((x + Fraction(1, 7),) for (x,) in rows)
    doubled = tuple((m, tuple(tuple(x * 2 for x in r) for r in v) if m == "W_hh" else v) for m, v in instance.matrices)
    for broken in (
        replace(instance, initial=((block, other),)),
        replace(instance, matrices=doubled),
        replace(instance, periodic=False),
        replace(instance, stop=instance.stop + 1),
        replace(instance, matrices=tuple((m, v) for m, v in instance.matrices if m != "W_hh")),
    ):
        with pytest.raises(Refused):
            kernel.check(claim, Point(broken))


def test_twice_the_period_says_the_same() -> None:
    claim, instance = found("every constant D contracts")
    inputs = tuple((name, run * 2) for name, run in instance.inputs)
    assert kernel.check(claim, Point(replace(instance, stop=4, inputs=inputs))).verdict == "refuted"


def test_hypotheses_are_checked_at_the_run() -> None:
    """A run that refutes a claim is no use where one more hypothesis fails at it."""
    for name, extra in (
        ("rho < 1 vanishes", has_property("normal", s.W)),
        ("rho < 1 vanishes", lt(norm(s.W), 4)),
        ("rho < 1 vanishes", eq(s.V, 0)),
        ("rho < 1 vanishes", diagonalizable(s.W, "C")),
        ("rho = 1/2, diagonalisable", lt(rho(s.W), HALF)),
        ("every constant D contracts", lt(norm(s.W), 4)),
        ("every constant D contracts", forall(s.D, lt(norm(s.D[j] @ s.W), 1))),
        ("a large J, a large gradient", explodes(s.g.T @ s.J, k)),
        ("a large eigenvalue explodes", explodes(s.J, k)),
        ("vanishing only if rho < 1", lt(rho(s.W), 1)),
    ):
        net, conclusion, hypotheses, *_ = LIMITS[name]
        _, instance = found(name)
        with pytest.raises(Refused):
            kernel.check(claim_of(conclusion, (*hypotheses, extra), net.cell), Point(instance))


def test_a_time_inside_and_outside_a_limit_is_not_decided_on_cycles() -> None:
    """In a limit t is the fixed start plus k, outside it is t: on a cycle of two states these may differ."""
    claim, instance = found("every constant D contracts")
    also = claim_of(claim.conclusion, (*claim.hypotheses, lt(rho(s.D[s.t] @ s.W), 1)), s.cell)
    with pytest.raises(Refused, match="outside"):
        World(also, instance).conclusion_holds()


def test_products_along_a_cycle() -> None:
    """prod D_j W^k and the true product differ; both are decided on the two-periodic run."""
    claim, instance = found("every constant D contracts")
    formula = product(s.D[j], j, s.t, s.t - s.k + 1) @ s.W**s.k
    chain = product(s.D[j] @ s.W, j, s.t, s.t - s.k + 1)
    for term, does in ((formula, "vanishes"), (chain, "explodes"), (s.J, "explodes"), (chain - s.J, "vanishes")):
        for limit in (vanishes, explodes):
            world = World(claim_of(limit(term, k), (), s.cell), instance)
            assert world.conclusion_holds() is (limit.__name__ == does)


def test_limits_that_are_not_understood_are_refused() -> None:
    claim, instance = found("every constant D contracts")
    for term in (
        jacobian(s.h[s.t], s.h[s.t - 2 * s.k]),
        inv(s.J),
        absolute(s.J) @ s.W,
        product(s.D[j] ** s.k, j, s.t, s.t - s.k + 1),
        product(jacobian(s.h[j], s.h[s.t - s.k]), j, s.t, s.t - s.k + 1),
    ):
        with pytest.raises(Refused):
            World(claim_of(vanishes(term, k), (), s.cell), instance).conclusion_holds()


def test_quantified_derivatives() -> None:
    """For n = 2 exactly by the corners of the box; nothing is said where no test decides."""
    _, instance = found("every constant D contracts")
    matrices = dict(instance.matrices)
    body = lt(rho(s.D[1] @ s.W), 1)
    for w, expected in (
        ([[3, 0], [0, 3]], True),
        ([[4, 0], [0, 1]], False),  # 1/4 is attained
        ([[0, 5], [0, 0]], True),
        ([[0, 5], [5, 0]], False),
        ([[-3, 5], [-5, 3]], False),  # the determinant reaches 1
        ([[Fraction(-7, 2), 5], [-5, Fraction(7, 2)]], True),
    ):
        instance_g = {**matrices, "g": rows([[1], [1]])}
        fixed = tuple(sorted({**instance_g, "W_hh": rows(w)}.items()))
        made = replace(instance, matrices=fixed, stop=0, periodic=False, inputs=())
        world = World(claim_of(eq(s.g, s.g), (forall(s.D, body),), s.cell), made)
        assert world.hypotheses_hold() is expected, w


def test_bounds_over_all_trajectories_are_only_granted_where_they_hold() -> None:
    """gamma |W| and gamma ||W|| at their edges; inputs that may depend on the states are not covered."""
    free = Net(sigmoid, exogenous=False)
    for net, w, does in (
        (s, [[Fraction(39, 10)]], "vanishes"),
        (s, [[4]], "bounded"),
        (s, [[5]], None),
        (th, [[1]], "bounded"),
        (s, [[0, 100], [0, 0]], "vanishes"),  # nilpotent in magnitude
        (s, [[8, 8], [-8, -8]], None),
        (s, [[2, 2], [-2, -2]], "bounded"),  # the norm is 4 exactly
        (s, [[Fraction(19, 10), Fraction(19, 10)], [Fraction(-19, 10), Fraction(-19, 10)]], "vanishes"),
        (free, [[1]], None),
    ):
        size_ = len(w)
        variables = {v.name: v for x in (net.n, net.t) for v, _ in x.terms}
        integers = [
            (variables["n"], size_),
            (variables["t"], 0),
            (next(iter(Derivation("x", cell=net.cell).m.terms))[0], 1),
        ]
        matrices = (("W_hh", rows(w)), ("W_xh", rows([[0]] * size_)))
        state = (("h", rows([[Fraction(1, 2)]] * size_)),)
        made = Instance(tuple(integers), matrices, (), 0, 0, state, (), None, ())
        for limit in (vanishes, bounded):
            world = World(claim_of(for_all_trajectories(limit(net.J, k)), (), net.cell), made)
            if does == "vanishes" or does == limit.__name__:
                assert world.conclusion_holds() is True
            else:
                with pytest.raises(Refused):
                    world.conclusion_holds()


def test_a_limit_over_a_run_that_ends_is_not_decided() -> None:
    claim, instance = found("rho < 1 vanishes")
    with pytest.raises(Refused):
        World(claim, replace(instance, periodic=False)).conclusion_holds()


def test_members_of_a_family_in_turn() -> None:
    """prod A_j with two members in turn: each contracts, the pair does not; in either order."""
    turns = (rows([[0, 4], [0, 0]]), rows([[0, 0], [4, 0]]))
    small = (rows([[Fraction(1, 2), 0], [0, 0]]), rows([[1, 0], [0, 0]]))
    for members, does in ((turns, "explodes"), (small, "vanishes")):
        for order in ("descending", "ascending"):
            term = product(A[j], j, 1, k, order=order)
            variables = {v.name: v for x in (n,) for v, _ in x.terms}
            made = Instance(((variables["n"], 2),), (), (("A", members),), 0, 0, (), (), None, ())
            for limit in (vanishes, bounded, explodes):
                expected = limit.__name__ == does or (does == "vanishes" and limit is bounded)
                assert World(claim_of(limit(term, k)), made).conclusion_holds() is expected
