"""Counterexamples as the data of the JSON: an instance in exact closed forms, with both sides and their values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim, activations_of
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.text import text
from symrnn.claims.tree import (
    Add,
    And,
    Const,
    Det,
    Entry,
    Eye,
    ForAll,
    Iff,
    Implies,
    Inv,
    Jac,
    MatMul,
    Or,
    Pow,
    Pred,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Trace,
    Transpose,
    Zeros,
    substitute,
    symbols,
    walk,
)
from symrnn.errors import Refused, ShapeMismatch, Undefined
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.numbers import num_text
from symrnn.semantics.values import Matrix

TESTS = ("symmetric", "normal", "invertible", "diagonal", "nonnegative")
Data = dict[str, Any]


def of_mismatch(error: ShapeMismatch) -> Data:
    """Kind ``shape``: the shapes that do not fit, by name."""
    return {"kind": "shape", "shapes": {name: list(shape) for name, shape in error.shapes}, "reason": error.reason}


def of_instance(claim: Claim, instance: Instance) -> Data:
    """Kinds ``path``, ``values``, ``undefined`` or ``negation``, whichever says what the instance shows."""
    world = World(claim, instance)
    atom = _violated(world, world.goal)
    undefined = _undefined(world, atom) if atom is not None else None
    if undefined is not None:
        names = {s for s in symbols(undefined) if s.role == "free"}
        return {"kind": "undefined", "term": text(undefined), "values": _values_of(world, names), **_integers(instance)}
    moving = world.cell is not None and any(
        s.role != "free" for p in (world.goal, *world.hypotheses) for s in symbols(p)
    )
    sides = _Sides(world, instance, moving)
    try:
        found = sides.of(atom)
    except Refused:
        found = None
    if moving and found is not None and not sides.atoms:
        return _path(world, instance, found, sides)
    if found is not None:
        return _values(world, instance, found, sides)
    return {
        "kind": "negation",
        "text": f"not ({text(world.goal)}) at the instance below",
        **_integers(instance),
        "values": _values_of(world, {s for s in symbols(world.goal) if s.role == "free"}),
    }


def _integers(instance: Instance) -> Data:
    ordered = sorted(instance.integers, key=lambda item: item[0].name)
    sizes = {v.name: i for v, i in ordered if v.kind == "size"}
    lags = {v.name: i for v, i in ordered if v.kind == "lag"}
    return {"sizes": sizes, "lags": lags}


def _violated(world: World, p: Prop) -> Prop | None:
    """The atom whose failure makes the proposition fail, as far as one alone does."""
    if isinstance(p, And):
        return next((_violated(world, a) for a in p.args if not world.holds(a)), None)
    if isinstance(p, Or):
        return _violated(world, p.args[0])
    if isinstance(p, Iff):
        return _violated(world, p.right if world.holds(p.left) else p.left)
    if isinstance(p, Implies):
        return _violated(world, p.right)
    if isinstance(p, ForAll):
        return None
    return p if isinstance(p, Rel | Pred) else None


def _undefined(world: World, atom: Prop) -> Term | None:
    """The innermost term of an atom that has no value, if there is one."""
    found = None
    for t in walk(atom):
        if isinstance(t, Inv | Pow) or isinstance(t, Entry):
            try:
                world.values.matrix(t)
            except Undefined:
                found = t
            except Refused:
                continue
    return found


def strings(m: Matrix) -> list[list[str]]:
    """A matrix as rows of closed forms."""
    return [[num_text(x) for x in row] for row in m]


def _vector(m: Matrix) -> list[str]:
    return [num_text(x) for row in m for x in row]


def _values_of(world: World, names: set[Sym]) -> Data:
    out: Data = {}
    for s in sorted(names, key=lambda s: s.name):
        if s.family:
            members = dict(world.instance.families)[s.name]
            out[s.name] = [strings(m) for m in members]
        else:
            m = world.values.symbol(s)
            out[s.name] = strings(m) if s.shape is not None else num_text(m[0][0])
    return out


class _Sides:
    """Terms at the instance as expressions in the referee's names; what it has no name for becomes an atom."""

    def __init__(self, world: World, instance: Instance, moving: bool) -> None:
        self.world, self.instance, self.moving = world, instance, moving
        cell = world.cell
        self.elman = moving and cell is not None and cell.name.startswith("elman") and not instance.feedback
        self.rowwise = cell is not None and "row" in cell.name
        self.atoms: dict[str, Matrix] = {}

    def of(self, atom: Prop | None) -> tuple[Term, Term, str, str] | None:
        """Both sides of the violated atom: terms and expressions; they differ in value."""
        if isinstance(atom, Rel) and atom.op in ("=", "<="):
            lhs, rhs = self._zero_sized(atom.lhs, atom.rhs), self._zero_sized(atom.rhs, atom.lhs)
        elif isinstance(atom, Pred) and atom.name in ("symmetric", "skew", "normal", "orthogonal"):
            x, xt = atom.arg, Transpose(atom.arg)
            shape = shape_of(x) or (ONE, ONE)
            pairs: dict[str, tuple[Term, Term]] = {
                "symmetric": (x, xt),
                "skew": (xt, Times((Const(Fraction(-1)), x))),
                "normal": (MatMul((x, xt)), MatMul((xt, x))),
                "orthogonal": (MatMul((xt, x)), Eye(shape[0])),
            }
            lhs, rhs = pairs[atom.name]
        else:
            return None
        return lhs, rhs, self.text(lhs), self.text(rhs)

    def _zero_sized(self, t: Term, other: Term) -> Term:
        shape = shape_of(other)
        return Zeros(*shape) if t == Const(Fraction(0)) and shape is not None else t

    def text(self, t: Term) -> str:
        """An expression in names, integers, + - * **, T, inv, det, trace."""
        t = substitute(t, self.world.values.integers)
        return self._sum_text(t)

    def _sum_text(self, t: Term) -> str:
        if isinstance(t, Add):
            parts = [self._sum_text(a) for a in t.args]
            return " + ".join(parts).replace("+ -", "- ")
        return self._product_text(t)

    def _product_text(self, t: Term) -> str:
        if isinstance(t, MatMul | Times):
            factors = [self._factor_text(a) for a in t.args if not isinstance(a, Eye)]
            if factors and factors[0] == "-1" and len(factors) > 1:
                return "-" + "*".join(factors[1:])
            return "*".join(factors) if factors else "I"
        return self._factor_text(t)

    def _factor_text(self, t: Term) -> str:
        if isinstance(t, Add):
            return f"({self._sum_text(t)})"
        if isinstance(t, MatMul | Times):
            inner = self._product_text(t)
            return f"({inner})" if inner.startswith("-") or isinstance(t, Times) else inner
        if isinstance(t, Const):
            shown = str(t.value)
            return shown if t.value.denominator == 1 and t.value >= 0 else shown if t.value == -1 else f"({shown})"
        if isinstance(t, Pow):
            e = self.world.values.integer(t.exponent)
            base = self._factor_text(t.base)
            if "*" in base and not base.startswith("("):
                base = f"({base})"
            return base if e == 1 else f"{base}**{e}" if e >= 0 else f"inv({self._sum_text(t.base)})**{-e}"
        if isinstance(t, Transpose):
            return f"T({self._sum_text(t.arg)})"
        if isinstance(t, Inv):
            return f"inv({self._sum_text(t.arg)})"
        if isinstance(t, Det):
            return f"det({self._sum_text(t.arg)})"
        if isinstance(t, Trace):
            return f"trace({self._sum_text(t.arg)})"
        if isinstance(t, Prod | Sum):
            return self._range_text(t)
        if isinstance(t, Jac) and self.elman:
            return self._jacobian_text(t)
        if isinstance(t, Sym):
            return self._symbol_text(t)
        if isinstance(t, Eye) and self.moving:
            return "I"
        return self._atom(t)

    def _range_text(self, t: Prod | Sum) -> str:
        lo, hi = self.world.values.integer(t.lo), self.world.values.integer(t.hi)
        bodies = [substitute(t.body, {t.var: as_index(i)}) for i in range(lo, hi + 1)]
        if not bodies:
            shape = shape_of(t.body)
            if shape is None:
                return "1" if isinstance(t, Prod) else "0"
            return self._factor_text(Eye(shape[0]) if isinstance(t, Prod) else Zeros(*shape))
        if isinstance(t, Sum):
            return f"({' + '.join(self._sum_text(b) for b in bodies)})"
        ordered = bodies[::-1] if t.descending else bodies
        return "*".join(self._factor_text(b) for b in ordered)

    def _jacobian_text(self, t: Jac) -> str:
        later, earlier = (self.world.values.integer(s.index[0]) for s in (t.of, t.wrt))
        if t.of.name != "h" or t.wrt.name != "h":
            return self._atom(t)
        if (earlier, later) == (self.instance.start, self.instance.stop):
            shown = "J"
        else:
            steps = range(later, earlier, -1)
            shown = "*".join(f"D{s - self.instance.start}*W_hh" for s in steps) or "I"
        return f"T({shown})" if t.layout == "denominator" else shown

    def _symbol_text(self, t: Sym) -> str:
        if not self.moving:
            return t.name if not t.index else self._atom(t)
        if self.elman and t.name == "D" and t.role == "local":
            return f"D{self.world.values.integer(t.index[0]) - self.instance.start}"
        if self.elman and t.name in ("W_hh", "W_xh") and not t.index:
            return t.name
        return self._atom(t)

    def _atom(self, t: Term) -> str:
        """A name for a value that the referee's language has no expression for."""
        value = self.world.values.matrix(t)
        for name, known in self.atoms.items():
            if known == value:
                return name
        name = f"{t.name}_{t.index[0].const}" if isinstance(t, Sym) and t.index else f"X{len(self.atoms) + 1}"
        if isinstance(t, Sym) and not t.index:
            name = t.name
        if isinstance(t, Eye):
            name = "I"
        while name in self.atoms:
            name += "_"
        self.atoms[name] = value
        return name


def _path(world: World, instance: Instance, found: tuple[Term, Term, str, str], sides: _Sides) -> Data:
    cell = world.cell
    if cell is None:
        raise Refused("no recurrence")
    state, slopes = cell.states[0], next((s for s, _ in cell.locals if "diagonal" in s.props), None)
    run = range(instance.start, instance.stop + 1)
    parameters = {s.name: strings(world.values.symbol(s)) for s in cell.params if s.name != "b"}
    bias = next((s for s in cell.params if s.name == "b"), None)
    if bias is not None:
        parameters["b"] = _vector(world.values.symbol(bias))  # type: ignore[assignment]
    functions = activations_of(cell)
    data: Data = {
        "kind": "path",
        "activation": functions[0] if functions else "identity",
        "hidden_size": _hidden(world, state),
        "lag": instance.stop - instance.start,
        "parameters": parameters,
        "states": [_vector(world.values.matrix(_member(state, s))) for s in run],
        "inputs": [_vector(world.values.matrix(_member(cell.inputs[0], s))) for s in run[1:]] if cell.inputs else [],
    }
    if slopes is not None:
        data["derivatives"] = [
            [num_text(row[i]) for i, row in enumerate(world.values.matrix(_member(slopes, s)))] for s in run[1:]
        ]
    data["sides"] = {"lhs": found[2], "rhs": found[3]}
    data["lhs"], data["rhs"] = (strings(world.values.matrix(t)) for t in found[:2])
    data["hypotheses"] = _hypotheses(world, sides)
    data |= _integers(instance)
    if instance.feedback:  # x_t = C h_{t-1} + what is listed under inputs
        data["feedback"] = {name: strings(rows) for name, rows in instance.feedback}
    if not sides.elman:
        data["recurrence"] = cell.name
    return data


def _hidden(world: World, state: Sym) -> int:
    return world.values.integer((state.shape or (ONE, ONE))[0 if (state.shape or (ONE, ONE))[1] == ONE else 1])


def _member(head: Sym, time: int) -> Sym:
    return Sym(head.name, head.shape, head.role, head.props, (as_index(time),), False)


def _values(world: World, instance: Instance, found: tuple[Term, Term, str, str], sides: _Sides) -> Data:
    names = {s for t in found[:2] for s in symbols(t) if s.role == "free" and not s.family}
    values = _values_of(world, names) | {k: strings(m) for k, m in sides.atoms.items()}
    return {
        "kind": "values",
        "values": values,
        "sides": {"lhs": found[2], "rhs": found[3]},
        "lhs": strings(world.values.matrix(found[0])),
        "rhs": strings(world.values.matrix(found[1])),
        "hypotheses": _hypotheses(world, sides),
        **_integers(instance),
    }


def _hypotheses(world: World, sides: _Sides) -> list[Data]:
    """Those hypotheses, and declared properties, that the referee has a test for."""
    out = []
    for h in world.hypotheses:
        if isinstance(h, Pred) and h.name in TESTS and shape_of(h.arg) is not None:
            before = dict(sides.atoms)
            shown = sides.text(h.arg)
            if sides.atoms == before:
                out.append({"of": shown, "test": h.name})
    return out
