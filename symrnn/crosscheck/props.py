"""How far a proposition is from holding at one instance."""

from __future__ import annotations

from typing import Any

from symrnn.claims.index import Node, Var
from symrnn.claims.predicates import LIMITS
from symrnn.claims.substitution import walk
from symrnn.claims.tree import And, Entry, ForAll, Iff, Implies, IndexRel, Not, Or, Pred, Prop, Rel
from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Skip, Value
from symrnn.crosscheck.terms import Environment, OutOfRange, aligned, evaluate
from symrnn.errors import Undefined

LARGEST_SIZE = 4  # rows and columns that a quantifier over entries runs over
NO_TEST = ("diagonalizable", "jordan_decomposable", "squarefree_minimal_polynomial", *LIMITS)


def violation(prop: Prop, env: Environment) -> Value:
    """0 where ``prop`` holds, else a positive number: the largest relative error of what it says.

    A true equation gives round-off. Infinite where a term is undefined, which makes its atom false. Raises
    NotNumeric for limits, diagonalisability and quantifiers over matrices, lags or sizes.
    """
    if isinstance(prop, Rel | Pred):
        try:
            return _relation(prop, env) if isinstance(prop, Rel) else _predicate(prop, env)
        except Undefined:
            return env.numbers.ctx.inf
    if isinstance(prop, IndexRel):
        return _truth(index_holds(prop.op, env.integer(prop.lhs), env.integer(prop.rhs)), env)
    if isinstance(prop, And):
        return max(violation(a, env) for a in prop.args)
    if isinstance(prop, Or):
        return min(violation(a, env) for a in prop.args)
    if isinstance(prop, Not):
        return _truth(not holds(prop.arg, env), env)
    if isinstance(prop, Implies):
        return violation(prop.right, env) if holds(prop.left, env) else env.numbers.ctx.mpf(0)
    if isinstance(prop, Iff):
        return _truth(holds(prop.left, env) == holds(prop.right, env), env)
    if isinstance(prop, ForAll) and isinstance(prop.var, Var):
        return _for_all(prop.var, prop.body, env)
    raise NotNumeric(f"{type(prop).__name__} over what is no time or index")


def holds(prop: Prop, env: Environment) -> bool:
    """Whether ``prop`` holds, to the working accuracy. Raises Skip between round-off and a clear error."""
    error = violation(prop, env)
    if env.numbers.tolerance <= error <= env.numbers.visible:
        raise Skip(f"an error of {env.numbers.text(error)} is neither round-off nor clear")
    return bool(error < env.numbers.tolerance)


def index_holds(op: str, lhs: int, rhs: int) -> bool:
    """A relation between two whole numbers."""
    return {"=": lhs == rhs, "<=": lhs <= rhs, "<": lhs < rhs}[op]


def _truth(value: bool, env: Environment) -> Value:
    return env.numbers.ctx.mpf(0 if value else 1)


def _relation(rel: Rel, env: Environment) -> Value:
    left, right = _sides(evaluate(rel.lhs, env), evaluate(rel.rhs, env), env.numbers)
    size = max(env.numbers.ctx.mpf(1), env.numbers.largest(left), env.numbers.largest(right))
    gaps = [(a - b) / size for a, b in zip(_entries(left, env), _entries(right, env), strict=True)]
    if rel.op == "=":
        return max(abs(g) for g in gaps)
    excess = max(gaps)
    if rel.op == "<=":
        return max(excess, env.numbers.ctx.mpf(0))
    return env.numbers.ctx.mpf(0) if excess < -env.numbers.tolerance else max(excess, env.numbers.ctx.mpf(1))


def _sides(a: Value, b: Value, numbers: Arithmetic) -> tuple[Value, Value]:
    """The two sides in one shape: a plain number against a matrix is compared with every entry (A = 0, 0 <= A)."""
    if numbers.is_matrix(a) and not numbers.is_matrix(b):
        return a, numbers.entrywise(lambda x: b, a)
    if numbers.is_matrix(b) and not numbers.is_matrix(a):
        return numbers.entrywise(lambda x: a, b), b
    return aligned(a, b, numbers)


def _entries(value: Value, env: Environment) -> list[Value]:
    return list(value) if env.numbers.is_matrix(value) else [value]


def _predicate(pred: Pred, env: Environment) -> Value:
    if pred.name in NO_TEST:
        raise NotNumeric(pred.name)
    name = "normal" if pred.name == "unitarily_diagonalizable" else pred.name
    return property_error(name, evaluate(pred.arg, env), env.numbers)


def property_error(name: str, value: Value, numbers: Arithmetic) -> Value:
    """How far a matrix is from having a property of PROPERTIES: 0 where it has it."""
    zero, one = numbers.ctx.mpf(0), numbers.ctx.mpf(1)
    if name == "nonnegative":
        entries = list(value) if numbers.is_matrix(value) else [value]
        return max(zero, *(-x for x in entries))
    a = numbers.square(value)
    n, size = a.rows, max(one, numbers.largest(a))
    if name == "invertible":
        try:
            numbers.inverse(a)
        except Undefined:
            return one
        return zero
    if name in _ZERO_PATTERN:
        wrong = [abs(a[i, j]) for i in range(n) for j in range(n) if _ZERO_PATTERN[name](i, j)]
        return max(wrong, default=zero) / size
    ideal: Any = {
        "scalar": lambda: (a, a[0, 0] * numbers.eye(n)),
        "symmetric": lambda: (a, a.T),
        "skew": lambda: (a, -a.T),
        "normal": lambda: (a * a.T, a.T * a),
        "orthogonal": lambda: (a * a.T, numbers.eye(n)),
    }.get(name)
    if ideal is None:
        raise NotNumeric(name)
    left, right = ideal()
    return numbers.largest(left - right) / size**2


_ZERO_PATTERN: dict[str, Any] = {
    "diagonal": lambda i, j: i != j,
    "lower_triangular": lambda i, j: i < j,
    "upper_triangular": lambda i, j: i > j,
}


def distinct_eigenvalues(value: Value, field: str, numbers: Arithmetic) -> bool:
    """A sufficient test for diagonalisable: eigenvalues clearly apart, and real if the field is R."""
    found = numbers.eigenvalues(value)
    apart = all(abs(a - b) > numbers.visible for i, a in enumerate(found) for b in found[:i])
    return apart and (field == "C" or all(abs(numbers.ctx.im(e)) < numbers.tolerance for e in found))


def _for_all(var: Var, body: Prop, env: Environment) -> Value:
    if var.kind not in ("time", "index"):
        raise NotNumeric(f"for all {var}")
    values = range(1, LARGEST_SIZE + 1) if is_entry_index(var, body) else env.window
    errors = []
    for value in values:
        try:
            errors.append(violation(body, env.bind(var, value)))
        except OutOfRange:
            continue
    if not errors:
        raise OutOfRange(f"for all {var}: nothing to run over")
    return max(errors)


def is_entry_index(var: Var, inside: Node) -> bool:
    """Whether ``var`` counts rows or columns somewhere."""
    return any(isinstance(n, Entry) and any(v == var for v, _ in (*n.row.terms, *n.col.terms)) for n in walk(inside))
