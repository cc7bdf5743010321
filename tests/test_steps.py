"""The chain rule over any number of steps: what the rules ``Chain`` and ``Through`` accept, and what they must not."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from symrnn import (
    GRU,
    LSTM,
    MGU,
    Cell,
    Derivation,
    DiagonalRNN,
    Elman,
    Leaky,
    Pascanu,
    Refused,
    activation,
    block_matrix,
    cell,
    diag,
    eq,
    eye,
    index,
    inputs,
    jacobian,
    kernel,
    lag,
    le,
    matrix,
    product,
    sigmoid,
    size,
    state,
    tanh,
    time,
)
from symrnn.block_jacobians import k_steps, one_step_matrix, state_jacobian
from symrnn.certificates import Chain, Proved, Through
from symrnn.claims.index import Var, as_index, sole_variable
from symrnn.claims.substitution import substitute
from symrnn.claims.tree import MatMul, Term
from symrnn.search.prove import prove
from symrnn.semantics.steps import Step

phi, psi, n, m = activation("phi"), activation("psi"), size("n"), size("m")
t, s, j, k = time("t"), time("s"), index("j"), lag("k")
CELLS = {
    "elman": Elman(tanh),
    "elman, any activation": Elman(phi, bias=False),
    "elman, row vectors": Elman(sigmoid, row_vectors=True),
    "pascanu": Pascanu(),
    "leaky": Leaky(),
    "diagonal": DiagonalRNN(tanh),
    "lstm": LSTM(phi, psi),
    "lstm with peepholes": LSTM(phi, psi, peepholes=True),
    "gru": GRU(phi, psi),
    "mgu": MGU(phi, psi),
}
E = CELLS["elman"]
h, D, W, x = E.h, E.D, E.W_hh, E.x


def claim(conclusion: Any, *hypotheses: Any, about: Cell = E, layout: str = "numerator") -> Any:
    return Derivation("steps", cell=about, layout=layout).step("1", conclusion, assuming=hypotheses).claim


def accepted(c: Any, proof: Any) -> bool:
    try:
        return kernel.check(c, Proved(proof, None)).verdict == "proved"
    except Refused:
        return False


def chained(c: Any, *steps: Step) -> bool:
    """Whether any such certificate is accepted."""
    return any(accepted(c, p) for p in (Chain(None), Through(), *map(Chain, steps)))


def whole(about: Cell, later: Any, earlier: Any) -> Term:
    return state_jacobian(about.recurrence.states, later, earlier)


# ---- what is true --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("steps", [k, 1, 2, 7, 1000, k + 3, 2 * k])
def test_any_number_of_steps(name: str, steps: Any) -> None:
    about = CELLS[name]
    found = claim(
        eq(whole(about, t, t - steps), product(one_step_matrix(about, at=j), j, t, t - steps + 1)), about=about
    )
    assert accepted(found, Chain(None))
    assert isinstance(prove(found), Chain)


@pytest.mark.parametrize("name", ["elman", "lstm", "mgu"])
def test_factors_written_out(name: str) -> None:
    about = CELLS[name]
    for steps in (2, 5, 300):
        written = [
            one_step_matrix(about, at=t - i) if steps < 10 else whole(about, t - i, t - i - 1) for i in range(steps)
        ]
        found = claim(eq(whole(about, t, t - steps), MatMul(tuple(written))), about=about)
        assert isinstance(prove(found), Chain), steps
        swapped = [written[1], written[0], *written[2:]]
        assert not chained(claim(eq(whole(about, t, t - steps), MatMul(tuple(swapped))), about=about), STEP)


def factor(term: Term, at: Any) -> Step:
    return Step(term, sole_variable(at))


STEP = factor(D[j] @ W, j)


def test_other_ways_to_write_it() -> None:
    steps = product(D[j] @ W, j, t, t - k + 1)
    turned = product(W.T @ D[j], j, t, t - k + 1, order="ascending")
    assert accepted(claim(eq(steps, jacobian(h[t], h[t - k]))), Chain(None))
    assert accepted(claim(eq(jacobian(h[t], h[t - k]), turned), layout="denominator"), Chain(None))
    assert accepted(
        claim(eq(jacobian(h[t], h[t - k]), product(diag(tanh.prime(E.a[j])) @ W, j, t, t - k + 1))), Chain(None)
    )
    assert accepted(claim(eq(jacobian(h[t + 4], h[t + 1]), D[t + 4] @ W @ D[t + 3] @ W @ D[t + 2] @ W)), Chain(STEP))
    assert accepted(claim(eq(jacobian(h[5], h[3]), D[5] @ W @ D[4] @ W)), Chain(STEP))
    assert isinstance(prove(claim(eq(jacobian(h[5], h[3]), D[5] @ W @ D[4] @ W))), Chain)


def test_written_out_in_denominator_layout() -> None:
    steps = W.T @ D[t - 2] @ W.T @ D[t - 1] @ W.T @ D[t]
    assert isinstance(prove(claim(eq(jacobian(h[t], h[t - 3]), steps), layout="denominator")), Chain)
    assert not chained(claim(eq(jacobian(h[t], h[t - 3]), steps)), factor(W.T @ D[j], j))


def test_no_step_at_all() -> None:
    nothing = claim(eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)), le(0, k))
    assert kernel.entails(nothing, Chain(None)) == ()
    lstm = CELLS["lstm"]
    both = eq(whole(lstm, t, t - k), product(whole(lstm, j, j - 1), j, t, t - k + 1))
    with pytest.raises(Refused, match="come after"):  # d h_t / d c_t at one time is not said to be anything
        kernel.entails(claim(both, le(0, k), about=lstm), Chain(None))


@pytest.mark.parametrize("name", ["lstm", "gru", "mgu", "elman"])
def test_cuts(name: str) -> None:
    about = CELLS[name]
    for equation in k_steps(about, 40).equations[len(about.recurrence.states) ** 2 :][-9:]:
        found = claim(equation, about=about)
        assert isinstance(prove(found), Through)
        assert accepted(found, Through())


def test_cuts_of_other_kinds() -> None:
    lstm = CELLS["lstm"]
    a, b = lstm.h, lstm.c

    def through(of: Any, middle: Any, wrt: Any) -> Any:
        return eq(
            jacobian(of, wrt),
            jacobian(of, a[middle]) @ jacobian(a[middle], wrt) + jacobian(of, b[middle]) @ jacobian(b[middle], wrt),
        )

    assert accepted(claim(through(a[t], t - 1, b[t - k - 1]), about=lstm), Through())
    assert accepted(claim(through(a[t], t - k, b[t - k - 1]), about=lstm), Through())
    assert accepted(claim(through(a[t], t - k, lstm.x[t - k]), about=lstm), Through())
    for of, middle, wrt in [
        (a[t], t, b[t - k]),  # the middle is an end
        (a[t], t - k, b[t - k]),
        (a[t], t - k + 1, b[t - k]),  # at k = 1 it is
        (a[t], t + 1, b[t - k]),
        (a[t], s, b[t - k]),
        (a[t], t - k - 1, lstm.x[t - k]),
        (a[t], t - k, lstm.i[t - k]),
    ]:
        assert not accepted(claim(through(of, middle, wrt), about=lstm), Through()), (of, middle, wrt)


# ---- what is false, or not said to be true -------------------------------------------------------------------------


J, P = jacobian(h[t], h[t - k]), D[j] @ W
FALSE: dict[str, Any] = {
    "one factor too many": eq(J, product(P, j, t, t - k)),
    "one too few": eq(J, product(P, j, t - 1, t - k + 1)),
    "shifted": eq(J, product(P, j, t - 1, t - k)),
    "the other way round": eq(J, product(P, j, t, t - k + 1, order="ascending")),
    "swapped": eq(J, product(W @ D[j], j, t, t - k + 1)),
    "transposed": eq(J, product(D[j] @ W.T, j, t, t - k + 1)),
    "a time that does not run": eq(J, product(D[t] @ W, j, t, t - k + 1)),
    "the time of the recurrence": eq(J, product(D[E.t] @ W, j, t, t - k + 1)),
    "a later slope": eq(J, product(D[j + 1] @ W, j, t, t - k + 1)),
    "without slopes": eq(J, product(W, j, t, t - k + 1)),
    "twice": eq(J, product(2 * P, j, t, t - k + 1)),
    "nothing": eq(J, product(eye(n), j, t, t - k + 1)),
    "from an unrelated time": eq(jacobian(h[t], h[s]), product(P, j, t, s + 1)),
    "backwards": eq(jacobian(h[t - k], h[t]), product(P, j, t - k, t + 1)),
    "three for two": eq(jacobian(h[t], h[t - 2]), D[t] @ W @ D[t - 1] @ W @ D[t - 2] @ W),
    "two for three": eq(jacobian(h[t], h[t - 3]), D[t] @ W @ D[t - 1] @ W),
    "one time twice": eq(jacobian(h[t], h[t - 2]), D[t] @ W @ D[t] @ W),
    "by the input": eq(jacobian(h[t], x[t - k]), product(P, j, t, t - k + 1)),
    "of the pre-activation": eq(jacobian(E.a[t], h[t - k]), product(P, j, t, t - k + 1)),
}


@pytest.mark.parametrize("what", FALSE)
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_false_ones(what: str, layout: str) -> None:
    steps = [STEP, factor(D[s] @ W, s), factor(D[t] @ W, j), factor(D[E.t] @ W, E.t), factor(W @ D[j], j)]
    assert not chained(claim(FALSE[what], layout=layout), *steps)


def test_the_time_of_the_recurrence_is_no_generic_time() -> None:
    """D[t] W is the one-step Jacobian at t, and no other time, though t is what the recurrence calls its time."""
    now = E.t
    ends = jacobian(h[now], h[now - 2])
    for var in (j, s):
        assert not chained(claim(eq(ends, product(D[now] @ W, var, now, now - 1))))
        assert not chained(claim(eq(ends, D[now] @ W @ D[now] @ W)), factor(D[now] @ W, var), factor(D[now] @ W, now))
    assert accepted(claim(eq(ends, product(D[now] @ W, now, now, now - 1))), Chain(None))  # the product binds it
    assert accepted(claim(eq(ends, D[now] @ W @ D[now - 1] @ W)), Chain(factor(D[now] @ W, now)))


@pytest.mark.parametrize("name", ["lstm", "lstm with peepholes"])
def test_one_block_of_several_has_no_product_of_its_own(name: str) -> None:
    about = CELLS[name]
    a, b = about.h, about.c
    for one in (a, b):
        own = jacobian(one[j], one[j - 1])
        assert not chained(claim(eq(jacobian(one[t], one[t - k]), product(own, j, t, t - k + 1)), about=about))
        assert not chained(
            claim(
                eq(jacobian(one[t], one[t - 2]), jacobian(one[t], one[t - 1]) @ jacobian(one[t - 1], one[t - 2])),
                about=about,
            )
        )


def blocks_of(rows: list[Any], columns: list[Any], layout: str = "numerator") -> Any:
    return block_matrix([[jacobian(of, wrt, layout=layout) for wrt in columns] for of in rows])


def test_blocks_in_their_places() -> None:
    lstm = CELLS["lstm"]
    a, b = lstm.h, lstm.c
    first, last = [a[t], b[t]], [a[t - k], b[t - k]]
    steps = product(state_jacobian([a, b], j, j - 1), j, t, t - k + 1)
    back = product(state_jacobian([b, a], j, j - 1), j, t, t - k + 1)
    assert accepted(claim(eq(blocks_of(first, last), steps), about=lstm), Chain(None))
    assert accepted(claim(eq(blocks_of(first[::-1], last[::-1]), back), about=lstm), Chain(None))
    turned = block_matrix([[jacobian(of, wrt, layout="denominator") for of in first] for wrt in last])
    one = block_matrix(
        [[jacobian(of, wrt, layout="denominator") for of in (a[j], b[j])] for wrt in (a[j - 1], b[j - 1])]
    )
    assert accepted(claim(eq(turned, product(one, j, t, t - k + 1, order="ascending")), about=lstm), Chain(None))
    for wrong in [
        eq(turned, product(one, j, t, t - k + 1)),
        eq(turned, steps),
        eq(blocks_of(first, last, "denominator"), product(one, j, t, t - k + 1, order="ascending")),
        eq(blocks_of(first, last[::-1]), steps),
        eq(blocks_of(first[::-1], last), steps),
        eq(blocks_of(first, last), back),
        eq(blocks_of([a[t], a[t]], last), steps),
        eq(blocks_of(first, [a[t - k], a[t - k]]), steps),
        eq(blocks_of([a[t], b[t - 1]], last), steps),
        eq(blocks_of(first, [a[t - k], b[t - k - 1]]), steps),
        eq(
            block_matrix(
                [[jacobian(a[t], last[0]), jacobian(a[t], last[1])], [jacobian(a[t], last[0]), jacobian(b[t], last[1])]]
            ),
            steps,
        ),
    ]:
        assert not chained(claim(wrong, about=lstm)), str(wrong)


def test_each_block_once() -> None:
    lstm = CELLS["lstm"]
    a, b, u = lstm.h, lstm.c, t - 1
    left, end = jacobian(a[t], b[t - 3]), b[t - 3]
    by_a, by_b = (jacobian(a[t], y[u]) @ jacobian(y[u], end) for y in (a, b))
    assert accepted(claim(eq(left, by_b + by_a), about=lstm), Through())
    for right in [
        by_a,
        by_a + by_a,
        by_a + by_b + by_b,
        by_a - by_b,
        by_a + jacobian(a[t], b[t - 2]) @ jacobian(b[t - 2], end),
        by_a + jacobian(b[t], b[u]) @ jacobian(b[u], end),
        by_a + jacobian(a[t], b[u]) @ jacobian(b[u], a[t - 3]),
        by_a + jacobian(a[t], b[u]) @ jacobian(a[u], end),
        by_a + jacobian(b[u], end) @ jacobian(a[t], b[u]),
        by_a + jacobian(a[t], b[u], layout="denominator") @ jacobian(b[u], end),
    ]:
        assert not accepted(claim(eq(left, right), about=lstm), Through()), str(right)
        assert not accepted(claim(eq(left, right), about=lstm, layout="denominator"), Through())


# ---- recurrences without such a chain rule ---------------------------------------------------------------------------


y, v, U = state("y", n), inputs("v", n), matrix("U", n)


def test_a_state_further_back() -> None:
    about = cell("two back", states={y: lambda t: tanh(U @ y[t - 1] + y[t - 2] + v[t])}, inputs=(v,))
    own = jacobian(y[j], y[j - 1])
    assert not chained(claim(eq(jacobian(y[t], y[t - k]), product(own, j, t, t - k + 1)), about=about))
    cut = eq(jacobian(y[t], y[t - 2]), jacobian(y[t], y[t - 1]) @ jacobian(y[t - 1], y[t - 2]))
    assert not chained(claim(cut, about=about), factor(own, j))


def test_inputs_that_depend_on_the_state() -> None:
    about = Elman(tanh, exogenous=False)
    own = jacobian(about.h[j], about.h[j - 1])
    ends = jacobian(about.h[t], about.h[t - k])
    assert not chained(claim(eq(ends, product(own, j, t, t - k + 1)), about=about))
    assert not chained(claim(eq(ends, product(about.D[j] @ about.W_hh, j, t, t - k + 1)), about=about))
    cut = eq(
        jacobian(about.h[t], about.h[t - 2]),
        jacobian(about.h[t], about.h[t - 1]) @ jacobian(about.h[t - 1], about.h[t - 2]),
    )
    assert not chained(claim(cut, about=about), factor(own, j))


def test_a_recurrence_whose_time_has_a_least_value() -> None:
    """What holds from time 5 on need not hold at the times before, at which the product has factors too."""
    found = claim(eq(jacobian(h[t], h[t - k]), product(D[j] @ W, j, t, t - k + 1)))
    late = Var(E.t.terms[0][0].name, "time", 5)
    values = {E.t.terms[0][0]: as_index(late)}
    steps = tuple((head, substitute(term, values)) for head, term in found.cell.steps)
    names = tuple((head, substitute(term, values)) for head, term in found.cell.locals)
    odd = replace(found, cell=replace(found.cell, time=late, steps=steps, locals=names))
    assert accepted(found, Chain(None)) and not accepted(odd, Chain(None))


def test_a_second_block_that_nobody_speaks_of() -> None:
    z = state("z", n)
    about = cell(
        "hidden", states={y: lambda t: tanh(U @ y[t - 1] + z[t - 1] + v[t]), z: lambda t: y[t - 1]}, inputs=(v,)
    )
    own = jacobian(y[j], y[j - 1])
    assert not chained(claim(eq(jacobian(y[t], y[t - k]), product(own, j, t, t - k + 1)), about=about))
    cut = eq(jacobian(y[t], y[t - 2]), jacobian(y[t], y[t - 1]) @ jacobian(y[t - 1], y[t - 2]))
    assert not chained(claim(cut, about=about), factor(own, j))


def test_a_product_that_runs_over_something_else() -> None:
    for var in (lag("i", 0), index("i")):
        written = claim(eq(jacobian(h[t], h[t - 3]), D[t] @ W @ D[t - 1] @ W @ D[t - 2] @ W))
        odd = claim(eq(jacobian(h[t], h[t - 3]), product(D[var] @ W, var, t, t - 2)))
        assert accepted(odd, Chain(None)) == accepted(written, Chain(factor(D[var] @ W, var))) == (var == index("i"))


# ---- by chance -------------------------------------------------------------------------------------------------------


def test_slips_in_products_written_out() -> None:
    """A factor changed, dropped or doubled, two swapped: only what is the right product after all is accepted."""
    rng, right_ones = random.Random(5), 0
    letters = [D[t], D[t - 1], D[t - 2], W, W.T, D[t + 1], eye(n)]
    for _ in range(300):
        steps = rng.choice((1, 2, 3))
        right = [f for i in range(steps) for f in (D[t - i], W)]
        word, place, other = right[:], rng.randrange(2 * steps), rng.randrange(2 * steps)
        slip = rng.choice(("change", "drop", "double", "swap", "none"))
        if slip == "change":
            word[place] = rng.choice(letters)
        elif slip == "swap":
            word[place], word[other] = word[other], word[place]
        elif slip != "none":
            word[place : place + 1] = [] if slip == "drop" else [word[place]] * 2
        found = claim(eq(jacobian(h[t], h[t - steps]), MatMul(tuple(word))))
        assert chained(found, STEP, factor(W @ D[j], j)) == (word == right), word
        right_ones += word == right
    assert 60 < right_ones < 200
