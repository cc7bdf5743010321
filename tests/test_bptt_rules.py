"""The rules of derivatives by parameters under attack: exact values against SymPy, corrupted proofs, hostile claims."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
import sympy as sp

from symrnn import (
    Derivation,
    DiagonalRNN,
    Elman,
    Leaky,
    Pascanu,
    Refused,
    cell,
    eq,
    for_all_trajectories,
    gradient,
    immediate,
    immediate_gradient,
    index,
    inv,
    invertible,
    jacobian,
    kernel,
    lag,
    loss,
    lt,
    matrix,
    relu,
    size,
    squared_error,
    state,
    summation,
    tanh,
    time,
    zeros,
)
from symrnn.bptt import bptt
from symrnn.certificates import AllTrajectories, Fact, General, Point, Proved, Use, Words
from symrnn.claims.index import Var, as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import HOLE, Inv, Rel, Sym, Total
from symrnn.claims.wellformed import check_claim
from symrnn.errors import ClaimError
from symrnn.search.decide import decide, decide_by_proof
from symrnn.search.refute import Tally, worlds
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import Context
from symrnn.semantics.instances import Instance
from symrnn.semantics.numbers import as_num
from symrnn.semantics.pullback import pulled_back

CELL = Elman(tanh)
T, S = lag("T"), lag("s")
k = index("k")
L = loss("L", CELL.h, 1, T)


def claim_of(prop, cell=CELL, assuming=()):
    return Derivation("x", cell=cell).step("1", prop, assuming=list(assuming)).claim


# ---- exact values: the dual numbers of an instance against SymPy's derivative of the unrolled loss ----


def unrolled(world, cell, steps):
    """The loss as an expression in symbols for all parameters, at the inputs and first state of an instance."""
    names = {}
    values = {}
    for p in cell.recurrence.params:
        m = world.values.matrix(p)
        entries = [[sp.Symbol(f"{p.name}_{i}_{j}") for j in range(len(m[0]))] for i in range(len(m))]
        if "diagonal" in p.props:
            entries = [[e if i == j else sp.Integer(0) for j, e in enumerate(row)] for i, row in enumerate(entries)]
        names[p.name] = sp.Matrix(entries)
        values |= {
            e: rational(x) for row, rs in zip(entries, m, strict=True) for e, x in zip(row, rs, strict=True) if e
        }
    return names, values


def rational(x):
    return sp.Rational(x.rational.numerator, x.rational.denominator) + sum(
        sp.Rational(c.numerator, c.denominator) * sp.log(p) for p, c in x.logs
    )


def value_at(world, s, at):
    return sp.Matrix([[rational(x) for x in row] for row in world.values.matrix(s[at])])


FORWARD = {
    "elman": lambda p, h, x: (p["W_hh"] * h + p["W_xh"] * x + p["b"]).applyfunc(sp.tanh),
    "leaky": lambda p, h, x: (
        (1 - p["alpha"][0]) * h + p["alpha"][0] * (p["W_hh"] * h + p["W_xh"] * x + p["b"]).applyfunc(sp.tanh)
    ),
    "diagonal": lambda p, h, x: p["W_hh"] * h + p["W_xh"] * x + p["b"],
    "pascanu": lambda p, h, x: p["W_rec"] * h.applyfunc(sp.tanh) + p["W_in"] * x + p["b"],
}


@pytest.mark.parametrize(
    "cell", [Elman(tanh), Leaky(tanh), DiagonalRNN(), Pascanu(tanh)], ids=["elman", "leaky", "diagonal", "pascanu"]
)
def test_exact_gradients_are_sympys_derivatives_of_the_unrolled_loss(cell):
    (block,) = cell.recurrence.states
    (drive,) = cell.recurrence.inputs
    of = loss("L", block, 1, 2)
    checked = 0
    for parameter in cell.recurrence.params:
        shape = parameter.shape or (1, 1)
        claim = claim_of(eq(gradient(of, parameter), zeros(*shape)), cell)
        for world in islice(worlds(claim, Tally(), least=1), 60, 64):
            try:
                found = world.values.matrix(gradient(of, parameter))
            except Refused:
                continue
            names, values = unrolled(world, cell, 2)
            h = value_at(world, block, 0)
            total = sp.Integer(0)
            for at in (1, 2):
                h = FORWARD[cell.recurrence.name](names, h, value_at(world, drive, at))
                partial = dict(world.instance.families)[f"dL_{block.name}"]
                row = partial[at % len(partial)]
                total += (sp.Matrix([[rational(x) for x in r] for r in row]) * h)[0]
            for i, cells in enumerate(found):
                for j, x in enumerate(cells):
                    entry = names[parameter.name][i, j]
                    expected = sp.diff(total, entry).subs(values) if entry != 0 else sp.Integer(0)
                    assert abs(sp.N(expected - rational(x), 60)) < sp.Float("1e-50")
                    checked += 1
    assert checked > 10


@pytest.mark.parametrize(("n", "last"), [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)])
def test_the_formula_is_exactly_sympys_derivative_of_the_unrolled_loss(n, last):
    """sum over s of D_s delta_s h_(s-1)^T with the recursion of delta, symbol by symbol."""

    def symbols(name, rows, cols=1):
        return sp.Matrix(rows, cols, lambda i, j: sp.Symbol(f"{name}_{i}_{j}"))

    W, h = symbols("W", n, n), [symbols("h0", n)]
    rows = [symbols(f"g{t}", 1, n) for t in range(last + 1)]
    for t in range(1, last + 1):
        h.append((W * h[-1] + symbols(f"x{t}", n)).applyfunc(sp.tanh))
    total = sum((rows[t] * h[t])[0] for t in range(1, last + 1))
    slopes = [sp.diag(*(1 - x**2 for x in state)) for state in h]
    delta, found = rows[last].T, sp.zeros(n, n)
    for t in range(last, 0, -1):
        found += slopes[t] * delta * h[t - 1].T
        delta = rows[t - 1].T + (slopes[t] * W).T * delta
    assert (found - sp.Matrix(n, n, lambda i, j: sp.diff(total, W[i, j]))).applyfunc(sp.expand) == sp.zeros(n, n)


# ---- proofs of other claims, and corrupted ones ----


TRUE = bptt(L, CELL, CELL.W_hh)
MUTANTS = [
    eq(gradient(L, CELL.W_hh), summation(CELL.D[k] @ jacobian(L, CELL.h[k]).T @ CELL.h[k].T, k, 1, T)),
    eq(gradient(L, CELL.W_hh), summation(CELL.D[k] @ jacobian(L, CELL.h[k]).T @ CELL.h[k - 1].T, k, 2, T)),
    eq(gradient(L, CELL.W_hh), summation(jacobian(L, CELL.h[k]).T @ CELL.h[k - 1].T, k, 1, T)),
    eq(jacobian(L, CELL.W_hh), TRUE.rhs),
    eq(gradient(L[T], CELL.W_hh), TRUE.rhs),
    eq(gradient(L, CELL.W_hh, since=-1), TRUE.rhs),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=range(len(MUTANTS)))
def test_the_proof_of_a_true_claim_proves_no_mutant(mutant):
    proof = decide_by_proof(claim_of(TRUE)).certificate
    assert kernel.check(claim_of(TRUE), proof).verdict == "proved"
    with pytest.raises(Refused):
        kernel.check(claim_of(mutant), proof)
    assert decide_by_proof(claim_of(mutant)).verdict != "proved"


def test_bare_normal_forms_do_not_know_the_sum():
    """The formula is proved, by induction; no rule states it."""
    with pytest.raises(Refused):
        kernel.check(claim_of(TRUE), Proved(Words("left", "left", (), ()), None))


def test_a_more_general_statement_does_not_speak_of_another_parameter():
    """grad(L, V) = f(V) for all V does not give grad(L, V) = f(X)."""
    p = size("p")
    V, Y, y = matrix("V", p, CELL.n), matrix("Y", p, CELL.n), matrix("y", p, 1)
    of = squared_error("L", lambda t: V @ CELL.h[t], lambda t: y[t], 1, T)
    statement = eq(gradient(of, V), summation((V @ CELL.h[k] - y[k]) @ CELL.h[k].T, k, 1, T))
    goal = eq(gradient(of, V), summation((Y @ CELL.h[k] - y[k]) @ CELL.h[k].T, k, 1, T))
    assert decide_by_proof(claim_of(statement)).verdict == "proved"
    with pytest.raises(Refused):
        kernel.check(
            claim_of(goal),
            Proved(General(((V, Y),), claim_of(statement).conclusion, Words("left", "left", (), ())), None),
        )
    with pytest.raises(ClaimError, match="a term for a symbol"):
        substitute(gradient(of, V), {V: Y})


def test_states_are_not_replaced_in_what_is_derived():
    term = gradient(L, CELL.W_hh)
    h1 = CELL.h[as_index(1)]
    assert substitute(term, {h1: zeros(CELL.n, 1)}) == term
    assert substitute(jacobian(L, h1), {h1: zeros(CELL.n, 1)}) == jacobian(L, h1)


def test_the_time_of_a_loss_does_not_escape():
    inside = as_index(L.time)
    with pytest.raises(ClaimError, match="would be bound"):
        substitute(gradient(L, CELL.W_hh), {Var("T", "lag", 1): inside})
    hostile = Total(L, (), CELL.W_hh, (inside - 2,), "denominator")
    with pytest.raises(Refused):
        Algebra(Context(CELL.recurrence)).poly(hostile)


@pytest.mark.parametrize(
    "derivative",
    [
        lambda row, other: gradient(CELL.h[T], other, row=row, since=T - 1),  # of what does not depend on it
        lambda row, other: immediate(CELL.h[T], other, row=row),
        lambda row, _: gradient(CELL.h[T], CELL.W_hh, row=row, since=T),  # of what is held
    ],
)
def test_a_derivative_of_what_has_no_value_is_not_zero(derivative):
    A, u, other = matrix("A", CELL.n, CELL.n), matrix("u", 1, CELL.n), matrix("V", CELL.n, CELL.n)
    claim = claim_of(eq(derivative(u @ inv(A), other), zeros(CELL.n, CELL.n)))
    with pytest.raises(Refused, match="not known to be invertible"):
        kernel.check(claim, Proved(Words("left", "left", (), ()), None))
    assert decide(claim).verdict in ("conditional", "refuted")
    known = claim_of(eq(derivative(u @ inv(A), other), zeros(CELL.n, CELL.n)), assuming=[invertible(A)])
    assert decide_by_proof(known).verdict == "proved"


# ---- claims about what is not differentiable, or not free ----


def test_inputs_that_may_depend_on_the_states_prove_nothing():
    cell = Elman(tanh, exogenous=False)
    of = loss("L", cell.h, 1, T)
    result = decide(claim_of(eq(gradient(of, cell.W_hh), bptt(L, CELL, CELL.W_hh).rhs), cell))
    assert result.verdict != "proved"
    with pytest.raises(Refused, match="not declared exogenous"):
        pulled_back(cell.recurrence, cell.h[T], cell.W_hh, matrix("u", cell.n, 1))


def test_a_diagonal_parameter_has_a_diagonal_gradient():
    cell = DiagonalRNN(relu)
    of = loss("L", cell.h, 1, T)
    as_if_full = summation(cell.D[k] @ jacobian(of, cell.h[k]).T @ cell.h[k - 1].T, k, 1, T)
    result = decide(claim_of(eq(gradient(of, cell.W_hh), as_if_full), cell))
    assert result.verdict == "refuted"


def test_parameters_with_other_properties_are_refused():
    n = size("n")
    W, h = matrix("W", n, n, "symmetric"), state("h", n)
    toy = cell("symmetric", states={h: lambda t: tanh(W @ h[t - 1])})
    of = loss("L", h, 1, T)
    full = summation(jacobian(of, h[k]).T @ h[k - 1].T, k, 1, T)
    result = decide(claim_of(eq(gradient(of, W), full), toy))
    assert result.verdict == "undecided"


def test_the_state_that_is_held_comes_before_the_loss():
    """What L does at times before the state that is held is not said."""
    claim = claim_of(eq(gradient(L, CELL.W_hh, since=2), zeros(CELL.n, CELL.n)))
    assert decide(claim).verdict == "undecided"
    early = claim_of(eq(gradient(CELL.h[T], CELL.W_hh, row=matrix("u", 1, CELL.n), since=T + 1), zeros(CELL.n, CELL.n)))
    assert decide_by_proof(early).verdict == "undecided"


def test_a_first_state_is_no_step():
    """d+ h_0 / d b is of a step that the run may not have; the claim is then about runs that have it."""
    claim = claim_of(eq(immediate(CELL.h[0], CELL.b), zeros(CELL.n, CELL.n)))
    assert decide_by_proof(claim).verdict == "undecided"


def test_runs_have_the_first_step_that_a_loss_goes_through():
    """Proofs rest on it, so that no instance may lack it, also where the loss is of no state."""
    n, p, t, T = size("n"), size("p"), time("t"), lag("T")
    A, h, b, y = matrix("A", n, n), state("h", n), matrix("b", p, 1), matrix("y", p, 1)
    toy = cell("toy", states={h: lambda at: A @ h[at - 1]})
    of, two = squared_error("L", lambda _: b, lambda _: y, 1, T), squared_error("M", lambda _: b, lambda _: y, t - 1, t)
    one, none = ((as_num(1),),), ((as_num(0),),)
    integers = tuple((v.terms[0][0], 1) for v in (n, p, t))
    at_once = Instance(integers, (("A", none), ("b", one), ("y", none)), (), 1, 1, (("h", one),), (), None, ())
    for known in (eq(gradient(of[t], b, since=t - 1), b - y), eq(immediate_gradient(two, b), 2 * (b - y))):
        claim = claim_of(eq(h[t], zeros(n, 1)), toy, [eq(A, zeros(n, n)), known])
        assert decide(claim).verdict == "proved"
        with pytest.raises(Refused, match="outside the trajectory"):
            kernel.check(claim, Point(at_once))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "unknown"},
        {"reads": ()},
        {"reads": ((CELL.h, matrix("g", 1, CELL.n)),)},
        {"reads": ((CELL.h, replace(matrix("g", 1, CELL.m), family=True)),)},
        {"kind": "squared"},
        {"kind": "squared", "reads": (), "output": (CELL.h[as_index(L.time) - 1],), "target": (CELL.h[as_index(1)],)},
        {"kind": "squared", "reads": (), "output": (CELL.x[as_index(L.time)],), "target": (CELL.b,)},
        {
            "kind": "squared",
            "reads": (),
            "output": (Inv(CELL.W_hh) @ CELL.h[as_index(L.time)],),
            "target": (CELL.b,),
        },
        {"time": Var("t", "lag", 1)},
        {"lo": as_index(L.time)},
        {"hi": as_index(L.time) + 1},
        {"first": as_index(L.time)},
        {"index": (as_index(L.time),), "lo": as_index(L.time), "hi": as_index(L.time)},
        {"index": (as_index(3),)},
    ],
)
def test_malformed_losses_are_refused(change):
    hostile = replace(L, **change)
    with pytest.raises(ClaimError):
        check_claim(Claim(Rel("=", gradient(hostile, CELL.W_hh), zeros(CELL.n, CELL.n)), (), CELL.recurrence))


def test_what_is_free_is_not_the_derivative_of_a_loss():
    """A matrix of a script that has the name of the rows of a loss would be equal to its derivative."""
    t, rows = time("t"), matrix("dL_h", 1, CELL.n)
    other = replace(loss("M", CELL.h, 1, T), reads=L.reads)
    partial = immediate(L[t], CELL.h[t])
    for hostile in (eq(partial, rows[t]), eq(partial, immediate(other[t], CELL.h[t]))):
        with pytest.raises(ClaimError, match="rename"):
            check_claim(Claim(hostile, (), CELL.recurrence))
        with pytest.raises(ClaimError, match="rename"):
            claim_of(hostile)


def test_the_derivative_of_a_loss_is_of_one_trajectory():
    """dL/dh_t = 0 here is not so everywhere, L being any function; the rows that stand for it move with h_t."""
    t, rows, none = time("t"), matrix("dL_h", 1, CELL.n), zeros(1, CELL.n)
    here = eq(immediate(L[t], CELL.h[t]), none)
    claim = claim_of(for_all_trajectories(here), assuming=[here])
    known = Words("left", "left", (), (Use(HOLE, "hyp:0", (), ()),))
    assert kernel.entails(claim_of(here, assuming=[here]), Fact(eq(rows[t], none), known, known)) == ()
    with pytest.raises(Refused, match="no equation"):
        kernel.entails(claim, Fact(eq(rows[t], none), known, AllTrajectories(known)))


def test_malformed_derivatives_are_refused():
    free = Sym("A", CELL.W_hh.shape, "free", (), (), True)
    for hostile in (
        Total(L, (CELL.b,), CELL.W_hh, (as_index(0),), ""),
        Total(L, (), CELL.W_hh, (), ""),
        Total(L, (), CELL.h[T], (as_index(0),), ""),
        Total(L, (), free[T], (as_index(0),), ""),
        Total(CELL.b, (), CELL.W_hh, (as_index(0),), ""),
        Total(L, (), CELL.W_hh, (as_index(0),), "sideways"),
    ):
        with pytest.raises(ClaimError):
            check_claim(Claim(Rel("=", hostile, hostile), (), CELL.recurrence))


def test_a_derivative_is_not_a_limit_that_recurs():
    """A derivative along k steps is no constant of a periodic run."""
    from symrnn import bounded

    t = time("t")
    u = matrix("u", 1, CELL.n)
    claim = claim_of(bounded(gradient(CELL.h[t], CELL.W_hh, row=u, since=t - S), S))
    assert decide(claim).verdict in ("undecided", "refuted")
    assert decide(claim).verdict != "proved"


def test_no_loss_comes_after_the_last():
    for later in (1, 2):
        assert decide_by_proof(claim_of(eq(jacobian(L, CELL.h[T + later]), zeros(1, CELL.n)))).verdict == "proved"
    unknown = claim_of(eq(jacobian(L, CELL.h[S]), zeros(1, CELL.n)))  # s may be one of its times
    assert decide_by_proof(unknown).verdict == "undecided"


def test_hypotheses_do_not_change_what_is_derived():
    """W_hh = c I, assumed of the values, leaves the derivative by all entries."""
    c = matrix("C", CELL.n, CELL.n)
    claim = claim_of(eq(gradient(L, CELL.W_hh), zeros(CELL.n, CELL.n)), assuming=[eq(CELL.W_hh, c), lt(Fraction(0), 1)])
    assert decide_by_proof(claim).verdict != "proved"
