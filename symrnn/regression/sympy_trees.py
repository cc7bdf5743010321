"""SymPy expressions and matrices as trees. This is the only direction: stored text never becomes SymPy again.

>>> import sympy
>>> x = sympy.Symbol("x", positive=True)
>>> print(text(from_sympy(sympy.log(x) + 1)))
(1 + log(x))
"""

from __future__ import annotations

from typing import Any

from symrnn.regression.trees import ASSUMPTIONS, LOGIC, UNARY, GoldenError, Tree, checked, text

_CONSTANTS = {"Pi": "pi", "Exp1": "E", "ImaginaryUnit": "I"}
_NARY = ("Add", "Mul", "Pow", "Max", "Min")
LONGEST = 64  # terms of sums and factors of products
_HALF, _ZERO = Tree("Number", "1/2"), Tree("Number", "0")
_RELATIONS = {
    **{"StrictLessThan": "Lt", "LessThan": "Le", "Equality": "Eq"},
    **{"GreaterThan": "Ge", "StrictGreaterThan": "Gt", "Unequality": "Ne"},
}
_TRUTHS = {"BooleanTrue": "True", "BooleanFalse": "False"}


def from_sympy(value: Any) -> Tree:
    """The tree of a SymPy expression or explicit matrix, in SymPy's own order of arguments.

    Raises GoldenError for what has no exact or storable meaning: floats, dummies, noncommutative symbols, infinities.
    """
    if _is_matrix(value):
        rows, cols = value.shape
        entries = [value[i, j] for i in range(rows) for j in range(cols)]
        return checked(Tree("Matrix", f"{rows} {cols}", tuple(_tree(e) for e in entries)))
    return checked(_tree(value))


def _is_matrix(value: Any) -> bool:
    import sympy

    if isinstance(value, sympy.MatrixBase):
        return True
    if isinstance(value, sympy.MatrixExpr):
        raise GoldenError(f"{value} is a matrix expression: make it explicit with .as_explicit()")
    return False


def _tree(e: Any) -> Tree:
    import sympy

    name = type(e).__name__
    if isinstance(e, bool) or not isinstance(e, sympy.Basic | int):
        raise GoldenError(f"{e!r} ({name}) is no SymPy expression")
    e = sympy.Integer(e) if isinstance(e, int) else e
    if isinstance(e, sympy.Rational) and e.is_finite:
        return Tree("Number", str(e.p) if e.q == 1 else f"{e.p}/{e.q}")
    if isinstance(e, sympy.Float):
        raise GoldenError(
            f"{e} is a float and so not exact: write Rational({str(e)!r}) or the number that it stands for"
        )
    if name in _CONSTANTS and _is_of_sympy(e):
        return Tree("Constant", _CONSTANTS[name])
    if isinstance(e, sympy.Symbol):
        return _symbol(e)
    if name == "MatrixElement":
        return Tree("Symbol", f"{e.parent}[{e.i},{e.j}]")
    if not _is_of_sympy(e):
        return _function(e)
    if name == "Piecewise":
        return Tree("Piecewise", "", tuple(_tree(x) for piece in e.args for x in piece.args))
    if name in ("Derivative", "Subs"):
        return _derivative(e)
    if name in ("Sum", "Product"):
        return _written_out(e)
    args = tuple(_tree(a) for a in e.args)
    if name == "Heaviside":
        return _heaviside(args)
    if name in _RELATIONS or name in _TRUTHS or name in LOGIC:
        return Tree(_RELATIONS.get(name) or _TRUTHS.get(name) or name, "", args)
    if name in UNARY or (name in _NARY and e.is_commutative):
        return Tree(name, "", args)
    raise GoldenError(
        f"{e} cannot be compared: {name} is none of {', '.join((*_NARY, *UNARY))}, Piecewise, a symbol, a number, pi,"
        " E, I or an undefined function; evaluate it first (.doit()) or test what it is made of"
    )


def _is_of_sympy(e: Any) -> bool:
    import sympy

    undefined = isinstance(e, sympy.core.function.AppliedUndef)
    return not undefined and (type(e).__module__ or "").startswith("sympy.")


def _function(e: Any) -> Tree:
    """An undefined function: of SymPy, or an opaque activation of ``symrnn.jacobians``."""
    import sympy

    if set(getattr(type(e), "_kwargs", {})) - {"commutative"}:
        raise GoldenError(f"{e} is a function with assumptions, which cannot be kept: use one without")
    if "[" in type(e).__name__:
        raise GoldenError(f"{e}: such names are those of derivatives; rename the function")
    if isinstance(e, sympy.core.function.AppliedUndef) or type(e).__module__ == "symrnn.jacobians":
        return Tree("Function", type(e).__name__, tuple(_tree(a) for a in e.args))
    raise GoldenError(
        f"{e} cannot be compared: {type(e).__name__} is a class of its own, whose meaning is not known here;"
        f" use sympy.Function({type(e).__name__!r}) for a function that may be any"
    )


def _derivative(e: Any) -> Tree:
    """A derivative of an undefined function by its own arguments, as another undefined function of them."""
    import sympy

    inner, at = (e.expr, dict(zip(e.variables, e.point, strict=True))) if isinstance(e, sympy.Subs) else (e, {})
    if isinstance(inner, sympy.Derivative) and isinstance(inner.expr, sympy.core.function.AppliedUndef):
        f, counts = inner.expr, dict(inner.variable_count)
        others = [a for a in f.args if a not in counts]
        places = [f.args.index(v) for v in counts if f.args.count(v) == 1]
        moving = set(counts) | set(at)
        if len(places) == len(counts) and not any(a.free_symbols & moving for a in others):
            orders = ",".join(f"{i + 1}" for i in sorted(places) for _ in range(int(counts[f.args[i]])))
            return Tree("Function", f"D{orders}[{type(f).__name__}]", tuple(_tree(at.get(a, a)) for a in f.args))
    raise GoldenError(f"{e} cannot be compared: only derivatives of undefined functions by their arguments can")


def _written_out(e: Any) -> Tree:
    """A sum or product over a short range of whole numbers, term by term."""
    ((v, low, high), *more) = e.limits
    if more or not (low.is_Integer and high.is_Integer) or not 0 <= high - low < LONGEST:
        raise GoldenError(f"{e} cannot be compared: only over one range of at most {LONGEST} given numbers")
    terms = tuple(_tree(e.function.subs(v, i)) for i in range(int(low), int(high) + 1))
    return Tree("Add" if type(e).__name__ == "Sum" else "Mul", "", terms)


def _heaviside(args: tuple[Tree, ...]) -> Tree:
    """SymPy's Heaviside has its value at 0 as a second argument, by default 1/2; others are kept as pieces."""
    if args[1:] in ((), (_HALF,)):
        return Tree("Heaviside", "", args[:1])
    below, at = (Tree(head, "", (args[0], _ZERO)) for head in ("Lt", "Eq"))
    return Tree("Piecewise", "", (_ZERO, below, args[1], at, Tree("Number", "1"), Tree("True")))


def _symbol(s: Any) -> Tree:
    import sympy

    if isinstance(s, sympy.Dummy | sympy.Wild):
        raise GoldenError(f"{s} is a {type(s).__name__}, which is a new symbol in every run: use a Symbol")
    if not s.is_commutative:
        raise GoldenError(f"{s} does not commute: use symrnn's own matrices, or explicit ones")
    given = {k: v for k, v in s._assumptions_orig.items() if k != "commutative" and v is not None}
    unknown = sorted(set(given) - set(ASSUMPTIONS))
    if unknown:
        raise GoldenError(f"{s} is assumed {', '.join(unknown)}; known here are {', '.join(ASSUMPTIONS)}")
    words = sorted(k if v else f"not-{k}" for k, v in given.items())
    return Tree("Symbol", " ".join([s.name, *words]))


__all__ = ["from_sympy", "text"]
