"""A claim about limits along the run of a counterexample of kind ``orbit``: long products, by simulation.

The period is unrolled, the network simulated from its first state, and what the claim takes a limit of is evaluated at
three lags. What halves its size between them vanishes, what doubles it explodes, what keeps it is bounded and does not
vanish; anything else numbers cannot tell. What it is blind to: growth that is slower, or that sets in later.
"""

from __future__ import annotations

from symrnn.claims.index import Var
from symrnn.claims.predicates import LIMITS
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import And, Not, Pred, Prop
from symrnn.crosscheck.arithmetic import NotNumeric, Skip, Value
from symrnn.crosscheck.hypotheses import goals
from symrnn.crosscheck.props import holds
from symrnn.crosscheck.terms import Environment, evaluate
from symrnn.verdicts import Data

LAGS = (16, 32, 48)
LONGEST_PERIOD = 4
SMALL = 2  # by which a size must change between two of the lags


def unrolled(data: Data) -> Data:
    """The data of a path over several periods, from the data of an orbit."""
    states, inputs = list(data.get("states") or []), list(data.get("inputs") or [])
    if not 1 <= len(states) <= LONGEST_PERIOD:
        raise NotNumeric(f"a period of {len(states)} steps")
    times = -(-(LAGS[-1] + 2) // len(states)) + 1
    path = [*states * times, states[0]]
    return {**data, "kind": "path", "states": path, "inputs": inputs * times, "lag": None}


def violated(claim: Claim, env: Environment, period: int) -> bool:
    """Whether the claim fails there, as far as numbers tell; hypotheses that they cannot judge count as met."""
    found = [_fails(g.conclusion, env, period) for g in goals(claim) if all(_met(h, env, period) for h in g.hypotheses)]
    return any(found)


def _met(h: Prop, env: Environment, period: int) -> bool:
    try:
        return not _fails(h, env, period)
    except (NotNumeric, Skip):
        return True


def _fails(p: Prop, env: Environment, period: int) -> bool:
    if isinstance(p, Pred) and p.name in LIMITS and p.var is not None:
        return not _tends(p, p.var, env, period)
    if isinstance(p, And):
        return any(_fails(a, env, period) for a in p.args)
    if isinstance(p, Not):
        return not _fails(p.arg, env, period)
    return not holds(p, _at(env, p, 2 * period))


def _at(env: Environment, p: Prop, time: int) -> Environment:
    for v in free_vars(p):
        if v.kind == "time" and v not in env.ints:
            env = env.bind(v, time)
    return env


def _tends(p: Pred, lag: Var, env: Environment, period: int) -> bool:
    """Whether a limit is as stated; the steps begin at the first state."""
    sizes = [_size(p, lag, at // period * period, env) for at in LAGS]
    first, second, third = sizes
    tiny = env.numbers.ctx.mpf(10) ** -env.numbers.digits
    if third < tiny or (third * SMALL < second and second * SMALL < first):
        return {"vanishes": True, "bounded": True, "explodes": False}[p.name]
    if third > SMALL * second > SMALL * SMALL * first:
        return {"vanishes": False, "bounded": False, "explodes": True}[p.name]
    if max(sizes) < env.numbers.ctx.mpf(1.001) * min(sizes):
        return {"vanishes": False, "bounded": True, "explodes": False}[p.name]
    raise NotNumeric("a limit that three lags do not tell")


def _size(p: Pred, lag: Var, at: int, env: Environment) -> Value:
    return env.numbers.largest(evaluate(p.arg, _at(env.bind(lag, at), p, at)))
