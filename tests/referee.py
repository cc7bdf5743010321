#!/usr/bin/env python3
"""A referee of counterexamples: re-verifies the JSON of ``symrnn check --format json`` from the data alone.

    python tests/referee.py result.json [--most-unjudged N]        (- for standard input)

It uses ``closed_forms.py`` and ``gated_networks.py`` beside it and the standard library, nothing of symrnn. What is
checked, by kind:

  path       the states follow from each other by the recurrence, the derivatives are those of the activation where the
             network really is, both sides are evaluated from ``sides``, are as stated, and differ
  orbit      the states close up, the monodromy is the product over one period, the growth test holds
  values     both sides are evaluated from ``sides``, are as stated, and differ
  undefined  the term is evaluated and has no value (unless it is written in words: then it is counted, not judged)

and every entry of ``hypotheses`` holds. What it cannot see is the claim: whether sides and hypotheses are the step's.
Exit 0: all that was judged holds and at most N were not judged. 1: something fails. 2: nothing to judge, or unreadable.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from closed_forms import (
    InWords,
    Matrix,
    NoValue,
    Number,
    Wrong,
    column_sum,
    determinant,
    diag,
    evaluate,
    exp,
    eye,
    log,
    matrix,
    plus,
    power,
    product,
    row_sum,
    same,
    shape,
    square,
    tanh,
    times,
    trace,
    transposed,
    zero,
)
from gated_networks import check_block, monodromy

# ---- hypotheses and growth -------------------------------------------------------------------------------------------


def recurs(a: Matrix, r: int) -> bool:
    """A**q = A**r for some q < r."""
    last = power(a, r)
    return any(same(power(a, q), last) for q in range(r))


def holds(a: Matrix, test: str, r: int = 1) -> bool:
    """One test of a matrix; those of growth look at its powers.

    |tr A^r| > n makes the spectral radius exceed 1; ||A^r|| < 1 makes the powers tend to 0.
    """
    n, p = square(a), power(a, r) if test in ("explodes", "persists", "vanishes", "nilpotent") else a
    if test == "explodes":
        return (trace(p) - n).sign > 0 or (-trace(p) - n).sign > 0
    if test == "persists":
        at_least = (trace(p) - n).sign >= 0 or (-trace(p) - n).sign >= 0
        d = determinant(a)
        return at_least or (d - 1).sign >= 0 or (-d - 1).sign >= 0 or (recurs(a, r) and not zero(p))
    if test == "vanishes":
        return min((row_sum(p) - 1).sign, (column_sum(p) - 1).sign) < 0
    if test == "nilpotent":
        return zero(p)
    if test == "bounded":
        return recurs(a, r)
    at = a
    simple: dict[str, Callable[[], bool]] = {
        "symmetric": lambda: same(at, transposed(at)),
        "skew": lambda: same(at, times([[Number.of(-1)]], transposed(at))),
        "orthogonal": lambda: same(times(transposed(at), at), eye(n)),
        "normal": lambda: same(times(transposed(at), at), times(at, transposed(at))),
        "invertible": lambda: not determinant(at).is_zero,
        "diagonal": lambda: all(at[i][j].is_zero for i in range(n) for j in range(n) if i != j),
        "scalar": lambda: same(at, diag([at[0][0]] * n)),
        "lower_triangular": lambda: all(at[i][j].is_zero for i in range(n) for j in range(i + 1, n)),
        "upper_triangular": lambda: all(at[i][j].is_zero for i in range(n) for j in range(i)),
        "nonnegative": lambda: all(x.sign >= 0 for row in at for x in row),
        "zero": lambda: zero(at),
    }
    if test not in simple:
        raise Wrong(f"unknown test {test!r}")
    return simple[test]()


# ---- networks --------------------------------------------------------------------------------------------------------


def activate(name: str, pre: Number) -> tuple[Number, Number]:
    """The value and the derivative of an activation, where both have closed forms."""
    if name == "identity":
        return pre, Number.of(1)
    if name == "relu":
        if pre.is_zero:
            raise Wrong("a pre-activation of ReLU stands on the kink")
        return (pre, Number.of(1)) if pre.sign > 0 else (Number.of(0), Number.of(0))
    if name in ("hard_sigmoid", "hard_sigmoid6"):
        steep = Number.of(Fraction(1, 5) if name == "hard_sigmoid" else Fraction(1, 6))
        inner = steep * pre + Number.of(Fraction(1, 2))
        if inner.is_zero or (inner - 1).is_zero:
            raise Wrong("a pre-activation of a hard sigmoid stands on a kink")
        inside = inner.sign > 0 and (inner - 1).sign < 0
        return (inner, steep) if inside else (Number.of(int(inner.sign > 0)), Number.of(0))
    if name == "tanh":
        p = tanh(pre)
        return p, 1 - p * p
    if name in ("sigmoid", "softplus"):
        e = exp(pre)
        p = e / (1 + e)
        return (p, p * (1 - p)) if name == "sigmoid" else (log(1 + e), p)
    raise InWords(name)


ELMAN = ("elman", "elman with feedback")


def network(c: Mapping[str, Any]) -> dict[str, Matrix]:
    """Runs h_t = s(W_hh h_{t-1} + W_xh x_t + b) and returns J, D1 (the earliest) ..., W_hh, W_xh, I by name.

    With ``feedback`` C, x_t is C h_{t-1} plus what is listed under ``inputs``.
    """
    w = matrix(c["parameters"]["W_hh"])
    n = square(w)
    v = matrix(c["parameters"]["W_xh"]) if c["parameters"].get("W_xh") else eye(n)
    b = matrix(c["parameters"]["b"]) if c["parameters"].get("b") else [[Number.of(0)] for _ in range(n)]
    states = [matrix(s) for s in c["states"]]
    if c.get("hidden_size", n) != n or any(shape(s) != (n, 1) for s in (*states, b)) or len(v) != n:
        raise Wrong("the sizes disagree")
    steps = len(states) - (c["kind"] == "path")
    if c["kind"] == "path" and c.get("lag", steps) != steps:
        raise Wrong("the lag is not the number of steps")
    given = {name: len(c[name]) for name in ("inputs", "derivatives") if c.get(name)}
    if steps < 1 or any(count != steps for count in given.values()):
        raise Wrong("as many inputs and derivatives as steps are needed")
    names = {"W_hh": w, "W_xh": v, "I": eye(n)}
    for back in (c.get("feedback") or {}).values():
        w = plus(w, product(v, matrix(back)))
    total = eye(n)
    for i in range(steps):
        pre = plus(product(w, states[i]), b)
        if c.get("inputs"):
            pre = plus(pre, product(v, matrix(c["inputs"][i])))
        made = [activate(c["activation"], row[0]) for row in pre]
        if not same([[value] for value, _ in made], states[(i + 1) % len(states)]):
            raise Wrong(f"state {i + 1} does not follow from state {i}")
        if c.get("derivatives") and not same([[slope] for _, slope in made], matrix(c["derivatives"][i])):
            raise Wrong(f"derivatives {i + 1} are not those of the activation")
        names[f"D{i + 1}"] = diag([slope for _, slope in made])
        total = product(product(names[f"D{i + 1}"], w), total)
    return names | {"J": total}


# ---- counterexamples -------------------------------------------------------------------------------------------------


def judge(c: Mapping[str, Any]) -> bool:
    """True: it holds. False: not judged. Raises Wrong where the data contradict themselves or show nothing."""
    kind = c["kind"]
    if kind in ("shape", "negation"):
        return False
    try:
        if kind in ("values", "undefined"):
            names = {name: matrix(v if isinstance(v, list) else [v]) for name, v in _plain(c["values"])}
            if kind == "undefined":
                return _undefined(c["term"], names)
            _agree(c.get("network"), names)
        elif kind == "orbit" and c.get("recurrence", "elman") not in ELMAN:
            return _gated(c)
        elif c.get("recurrence", "elman") not in ELMAN or "W_hh" not in c["parameters"]:
            return False
        else:
            names = network(c)
        for h in c.get("hypotheses") or []:
            if not holds(evaluate(h["of"], names), h["test"], int(h.get("power", 1))):
                raise Wrong(f"the hypothesis {h['test']}({h['of']}) does not hold")
        return _orbit(c, names) if kind == "orbit" else _sides(c, names)
    except InWords:
        return False


def _plain(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The values that are numbers or matrices; those of families are lists of matrices."""
    for name, v in values.items():
        deep = isinstance(v, list) and v and isinstance(v[0], list) and v[0] and isinstance(v[0][0], list)
        if not deep:
            yield name, v


def _agree(run: Mapping[str, Any] | None, names: Mapping[str, Matrix]) -> None:
    """What the values say of J, D1, ... is what the network shown beside them gives."""
    if run and run.get("recurrence", "elman") in ELMAN:
        for name, value in network({**run, "kind": "path"}).items():
            if name in names and not same(names[name], value):
                raise Wrong(f"{name} is not that of the network")


def _undefined(term: str, names: Mapping[str, Matrix]) -> bool:
    try:
        evaluate(term, names)
    except NoValue:
        return True
    raise Wrong(f"{term} has a value")


def _gated(c: Mapping[str, Any]) -> bool:
    """An orbit of a cell with gates: its equations are those of ``gated_networks``; a block of its powers by itself."""
    growth, total = c["growth"], monodromy(c, activate)
    if not same(total, matrix(growth["monodromy"])):
        raise Wrong("the monodromy is not the product over one period")
    tested = check_block(growth, c["states"], total) if growth.get("of") else total
    if tested and not holds(tested, growth["test"], int(growth.get("power", 1))):
        raise Wrong("the growth test does not hold")
    if not tested and growth["test"] != "vanishes":
        raise Wrong("a block that is 0 only vanishes")
    names = {"J": total, "I": eye(len(total))}
    names |= {name: matrix(v if isinstance(v, list) else [v]) for name, v in c["parameters"].items()}
    names |= {name: matrix(v if isinstance(v, list) else [v]) for name, v in _plain(c.get("values") or {})}
    for h in c.get("hypotheses") or []:
        if not holds(evaluate(h["of"], names), h["test"], int(h.get("power", 1))):
            raise Wrong(f"the hypothesis {h['test']}({h['of']}) does not hold")
    return True


def _orbit(c: Mapping[str, Any], names: Mapping[str, Matrix]) -> bool:
    growth = c["growth"]
    if not same(names["J"], matrix(growth["monodromy"])):
        raise Wrong("the monodromy is not the product over one period")
    if not holds(names["J"], growth["test"], int(growth.get("power", 1))):
        raise Wrong("the growth test does not hold")
    return True


def _sides(c: Mapping[str, Any], names: Mapping[str, Matrix]) -> bool:
    sides = [evaluate(c["sides"][s], names) for s in ("lhs", "rhs")]
    stated = [matrix(c[s]) for s in ("lhs", "rhs")]
    for name, value, said in zip(("lhs", "rhs"), sides, stated, strict=True):
        if not same(value, said):
            raise Wrong(f"{name} is not the value of {c['sides'][name]}")
    relation = c.get("relation", "=")
    if relation == "=" and same(*sides):
        raise Wrong("the two sides are equal")
    if relation in ("<=", "<") and _less(sides, strict=relation == "<"):
        raise Wrong(f"the relation {relation} does hold")
    return True


def _less(sides: list[Matrix], strict: bool) -> bool:
    gaps = [x.sign for row in plus(sides[1], sides[0], -1) for x in row]
    return all(g > 0 for g in gaps) if strict else all(g >= 0 for g in gaps)


def verdicts(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(where, "holds" | "not judged" | "missing" | what is wrong) for every step that needs a counterexample."""
    for d in data["derivations"]:
        for s in d["steps"]:
            places = [(s, "")] + [(v, f" ({v.get('activation')})") for v in s.get("variants") or []]
            for given, mark in places:
                where = f"{d['title']} {s['id']}{mark}"
                c = given.get("counterexample")
                if c:
                    try:
                        yield where, "holds" if judge(c) else "not judged"
                    except (Wrong, KeyError, TypeError, ValueError, IndexError) as error:
                        yield where, str(error) if isinstance(error, Wrong) else f"{type(error).__name__}: {error}"
                elif given.get("verdict") in ("refuted", "conditional") and not mark:
                    yield where, "missing"


def main(path: str, most: int) -> int:
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    found = list(verdicts(json.loads(text)))
    counts = {word: sum(v == word for _, v in found) for word in ("holds", "not judged", "missing")}
    bad = [(where, v) for where, v in found if v not in ("holds", "not judged")]
    for where, what in bad:
        print(f"{where}: {what}")
    print(f"{counts['holds']} hold, {len(bad)} fail or are missing, {counts['not judged']} not judged")
    return 1 if bad or counts["not judged"] > most else 0 if counts["holds"] else 2


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if not arguments:
        raise SystemExit(__doc__)
    limit = int(arguments[arguments.index("--most-unjudged") + 1]) if "--most-unjudged" in arguments else 10**9
    raise SystemExit(main(arguments[0], limit))
