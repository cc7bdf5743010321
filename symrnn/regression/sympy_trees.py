"""SymPy expressions and matrices as trees. This is the only direction: stored text never becomes SymPy again.

>>> import sympy
>>> x = sympy.Symbol("x", positive=True)
>>> print(text(from_sympy(sympy.log(x) + 1)))
(1 + log(x))
"""

from __future__ import annotations

from typing import Any

from symrnn.regression.trees import ASSUMPTIONS, UNARY, GoldenError, Tree, checked, text

_CONSTANTS = {"Pi": "pi", "Exp1": "E", "ImaginaryUnit": "I"}
_NARY = ("Add", "Mul", "Pow", "Max", "Min")
_HALF = Tree("Number", "1/2")


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
    args = tuple(_tree(a) for a in e.args)
    if name == "Heaviside":
        return _heaviside(e, args)
    if name in UNARY or (name in _NARY and e.is_commutative):
        return Tree(name, "", args)
    raise GoldenError(
        f"{e} cannot be compared: {name} is none of {', '.join((*_NARY, *UNARY))}, a symbol, a number, pi, E, I or an"
        " undefined function; evaluate it first (.doit()) or test what it is made of"
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
    if isinstance(e, sympy.core.function.AppliedUndef) or type(e).__module__ == "symrnn.jacobians":
        return Tree("Function", type(e).__name__, tuple(_tree(a) for a in e.args))
    raise GoldenError(
        f"{e} cannot be compared: {type(e).__name__} is a class of its own, whose meaning is not known here;"
        f" use sympy.Function({type(e).__name__!r}) for a function that may be any"
    )


def _heaviside(e: Any, args: tuple[Tree, ...]) -> Tree:
    """SymPy's Heaviside has its value at 0 as a second argument; only 1/2 (the default) is known here."""
    if args[1:] not in ((), (_HALF,)):
        raise GoldenError(f"{e}: only Heaviside(x) with value 1/2 at 0 can be compared")
    return Tree("Heaviside", "", args[:1])


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
