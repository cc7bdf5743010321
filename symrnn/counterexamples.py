"""Counterexamples as the data of the JSON: an instance in exact closed forms, with both sides and their values."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from symrnn import evidence
from symrnn.claims.index import Node, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence, activations_of
from symrnn.claims.shapes import ONE, check_shapes, shape_of
from symrnn.claims.substitution import children, free_vars, substitute, symbols, walk
from symrnn.claims.text import text
from symrnn.claims.tree import (
    And,
    Const,
    ForAll,
    Iff,
    Immediate,
    Implies,
    IndexRel,
    Inv,
    MatMul,
    Not,
    Or,
    Pred,
    Prod,
    Prop,
    Rel,
    Sum,
    Sym,
    Term,
    Total,
    Transpose,
)
from symrnn.derived import derived
from symrnn.errors import Refused, ShapeMismatch, Undefined
from symrnn.semantics.growth import growth_along
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.magnitudes import is_irrational
from symrnn.semantics.numbers import as_num, num_text
from symrnn.semantics.settling import flatten
from symrnn.semantics.values import Matrix
from symrnn.sides import EQUATIONS, Pair, Sides, at_time, minus
from symrnn.updates import is_row, updates

TESTS = ("symmetric", "normal", "invertible", "diagonal", "nonnegative")  # of hypotheses, besides that a term is 0
Data = dict[str, Any]


def of_mismatch(error: ShapeMismatch) -> Data:
    """Kind ``shape``: the shapes that do not fit, by name."""
    return {"kind": "shape", "shapes": {name: list(shape) for name, shape in error.shapes}, "reason": error.reason}


def of_instance(claim: Claim, instance: Instance) -> Data:
    """Kinds ``path``, ``values``, ``undefined`` or ``negation``, whichever says what the instance shows."""
    world = World(_at_given_sizes(claim, instance), instance)
    if instance.periodic:
        return _orbit(world, instance)
    met = list(world.hypotheses)
    atom = _violated(world, world.goal, met)
    undefined = _without_value(world, atom) if atom is not None else None
    if undefined is None and isinstance(atom, Pred) and atom.name == "invertible":
        undefined = Inv(atom.arg)
    if undefined is not None:
        return _undefined(world, instance, undefined)
    moving = world.cell is not None and any(
        s.role != "free" for p in (world.goal, *world.hypotheses) for s in symbols(p)
    )
    sides = Sides(world, instance, moving)
    spectral = evidence.pair(world, sides, atom)
    try:
        found = spectral[0] if spectral is not None else sides.of(atom)
    except (Refused, Undefined):
        found = None
    if spectral is None and isinstance(atom, Rel) and atom.op == "<" and found is not None:
        found = None if strings(found.lhs_value) == strings(found.rhs_value) else found  # equal: nothing differs
    if found is None:
        return {
            "kind": "negation",
            "text": _negated(world, atom),
            **_integers(instance),
            "values": _values_of(world, {s for s in symbols(world.goal) if s.role == "free"}),
        }
    data = {
        "sides": {"lhs": found.lhs, "rhs": found.rhs},
        "lhs": strings(found.lhs_value),
        "rhs": strings(found.rhs_value),
        "hypotheses": _hypotheses(world, sides, met),
        **_integers(instance),
    }
    relation = spectral[1] if spectral is not None else atom.op if isinstance(atom, Rel) else "="
    if relation != "=":
        data["relation"] = relation
    if atom is not None:
        data["hypotheses"] += _new(_worded(sides, evidence.entries(world, sides, atom, False)), data["hypotheses"])
    run = moving and instance.stop > instance.start
    if run and any(isinstance(t, Total | Immediate) for p in (world.goal, *world.hypotheses) for t in walk(p)):
        return _path_and_more(world, instance, sides, data)
    if run and (not sides.elman or not sides.atoms):
        return _path(world, instance, sides, data)
    return _values(world, instance, sides, data, found)


def _at_given_sizes(claim: Claim, instance: Instance) -> Claim:
    """The claim with the sizes that a hypothesis fixes in their places, where shapes fit by that alone."""
    goal, hypotheses = flatten(claim)
    try:
        for p in (goal, *hypotheses):
            check_shapes(p)
    except ShapeMismatch:
        pass
    else:
        return claim
    fixed = frozenset().union(*(free_vars(h) for h in hypotheses if isinstance(h, IndexRel) and h.op == "="))
    sizes = {v: as_index(n) for v, n in instance.integers if v.kind == "size" and v in fixed}
    return substitute(claim, sizes) if sizes else claim


def _negated(world: World, atom: Prop | None) -> str:
    """What is not so at an instance; of a strict inequality what both of its sides are."""
    if isinstance(atom, Rel) and atom.op == "<":
        try:
            left, right = (num_text(world.values.scalar(side)) for side in (atom.lhs, atom.rhs))
        except (Refused, Undefined):
            left, right = "", "?"
        if left == right:
            return f"not ({text(atom)}): both sides are {left}"
    return text(world.goal.arg) if isinstance(world.goal, Not) else f"not ({text(world.goal)})"


# ---- what fails ----


def _violated(world: World, p: Prop, met: list[Prop]) -> Prop | None:
    """The atom whose failure makes the proposition fail, as far as one alone does; ``met`` takes its antecedents."""
    if isinstance(p, And):
        return next((_violated(world, a, met) for a in p.args if not world.holds(a)), None)
    if isinstance(p, Or):
        return _violated(world, p.args[0], met)
    if isinstance(p, Iff):
        left, right = (p.left, p.right) if world.holds(p.left) else (p.right, p.left)
        return _violated(world, Implies(left, right), met)
    if isinstance(p, Implies):
        met += p.left.args if isinstance(p.left, And) else (p.left,)
        return _violated(world, p.right, met)
    if isinstance(p, ForAll):
        return None
    return p if isinstance(p, Rel | Pred) else None


def _without_value(world: World, n: Node) -> Term | None:
    """The innermost term that has no value, if there is one; what stands under a sum or product, at its index."""
    inside: tuple[Node, ...] = children(n)
    if isinstance(n, Term):
        try:
            world.values.matrix(n)
        except Undefined:
            if isinstance(n, Prod | Sum):
                run = range(world.values.integer(n.lo), world.values.integer(n.hi) + 1)
                inside = tuple(substitute(n.body, {n.var: as_index(i)}) for i in run)
        except Refused:
            return None
        else:
            return None
    found = (_without_value(world, c) for c in inside if isinstance(c, Term | Prop))
    first = next((t for t in found if t is not None), None)
    return n if first is None and isinstance(n, Term) else first


def _undefined(world: World, instance: Instance, t: Term) -> Data:
    """Kind ``undefined``; the term in the language of counterexamples where that has words for it."""
    sides, free = Sides(world, instance, False), {s for s in symbols(t) if s.role == "free"}
    try:
        shown = sides.text(t)
        values = _values_of(world, {s for s in free if not s.family})
        values |= {name: strings(m) for name, m in sides.atoms.items()}
    except (Refused, Undefined):
        shown, values = text(t), _values_of(world, free)
    return {"kind": "undefined", "term": shown, "values": values, **_integers(instance)}


# ---- parts of the data ----


def _integers(instance: Instance) -> Data:
    ordered = sorted(instance.integers, key=lambda item: item[0].name)
    sizes = {v.name: i for v, i in ordered if v.kind == "size"}
    lags = {v.name: i for v, i in ordered if v.kind == "lag"}
    return {"sizes": sizes, "lags": lags}


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


def _path(world: World, instance: Instance, sides: Sides, data: Data) -> Data:
    """A run of the network. ``values``: what else the sides speak of, in networks of another kind."""
    cell = world.cell
    if cell is None:
        raise Refused("no recurrence")
    made = {"kind": "path", **_network(world, instance), **data}
    if sides.atoms:
        made["values"] = {name: strings(m) for name, m in (sides.atoms | sides.named).items()}
    if not sides.elman or instance.feedback:
        made["recurrence"] = cell.name
    if not sides.elman and not instance.feedback:
        made |= _updates(cell, world, instance)
    return made


def _updates(cell: Recurrence, world: World, instance: Instance) -> Data:
    """What a network of another kind does in a step, in words that a script can run; {} where there are none."""
    heads = (*cell.states, *cell.inputs)
    try:
        sizes = {v: x for v, x in world.values.integers.items() if v.kind == "size"}
        spoken = {s.name for p in (world.goal, *world.hypotheses) for s in symbols(p) if s.role == "local"}
        found = updates(cell, sizes, sorted(spoken))
    except Refused:
        return {}
    if any(map(is_row, heads)):
        return {}
    made = {"updates": found, "blocks": [s.name for s in cell.states], "driven": [s.name for s in cell.inputs]}
    return made | ({"start": instance.start} if instance.start else {})


def _path_and_more(world: World, instance: Instance, sides: Sides, data: Data) -> Data:
    """A run of which derivatives by parameters, or of losses, are taken: with the values of all free symbols."""
    made = _path(world, instance, sides, data)
    known = {s.name for s in world.cell.params} if world.cell is not None else set()
    free = {s for p in (world.goal, *world.hypotheses) for s in symbols(p) if s.role == "free" and s.name not in known}
    made["values"] = made.get("values", {}) | _values_of(world, free)
    made["derived"] = {name: derived(t, world, instance) for name, t in sorted(sides.derivatives.items())}
    if world.cell is not None and not instance.feedback and "updates" not in made:
        made |= _updates(world.cell, world, instance)
    made["recurrence"] = f"{world.cell.name if world.cell is not None else ''} with derivatives"
    return made


def _network(world: World, instance: Instance) -> Data:
    """Parameters, states, inputs and derivatives of a run; several state blocks or inputs go by their names."""
    cell = world.cell
    if cell is None:
        raise Refused("no recurrence")
    slopes = next((s for s, _ in cell.locals if "diagonal" in s.props), None)
    run = range(instance.start, instance.stop + 1)
    functions = activations_of(cell)
    made: Data = {
        "activation": ", ".join(functions) if functions else "identity",
        "hidden_size": max(len(m) * len(m[0]) for m in [world.values.matrix(at_time(cell.states[0], run[0]))]),
        "lag": len(run) - 1,
        "parameters": {
            s.name: (_vector if ONE in (s.shape or ()) else strings)(world.values.symbol(s))
            for s in cell.params
            if s.name not in {f"feedback {name}" for name, _ in instance.feedback}
        },
        "states": [x for at in run if (x := _blocks(world, cell.states, at)) is not None],
        "inputs": [_blocks(world, cell.inputs, at) for at in run[1:]] if cell.inputs else [],
    }
    derivatives = [_diagonal(world, at_time(slopes, at)) for at in run[1:]] if slopes is not None else [None]
    if None not in derivatives:
        made["derivatives"] = derivatives
    if instance.feedback:  # x_t = C h_{t-1} + what is listed under inputs
        made["feedback"] = {name: strings(rows) for name, rows in instance.feedback}
    return made


def _orbit(world: World, instance: Instance) -> Data:
    """One period of a run that repeats for ever, and the test that its monodromy meets."""
    cell = world.cell
    if cell is None:
        raise Refused("an orbit needs a recurrence")
    found = growth_along(world)
    vanishing = any(isinstance(p, Pred) and p.name == "vanishes" for p in walk(world.goal))
    test = ("persists" if vanishing else "bounded") if found.says == "recurs" else found.says
    sides = Sides(world, instance, True)
    made = {"kind": "orbit", **_network(world, instance)}
    made["states"] = made["states"][:-1]
    made["growth"] = {"monodromy": strings(found.monodromy), "test": test, "power": found.power}
    if len(cell.states) > 1:
        made["growth"]["blocks"] = [b.name for b in cell.states]
    if found.of:
        made["growth"] |= {"of": found.of, "wrt": found.wrt, "minimal": strings(_numbers(found.step))}
        made["growth"] |= {"left": strings(_numbers(found.left)), "right": strings(_numbers(found.right))}
    made["hypotheses"] = _hypotheses(world, sides, list(world.hypotheses))
    if not isinstance(world.goal, Pred):
        shown = _worded(sides, evidence.entries(world, sides, world.goal, False))
        made["hypotheses"] += _new(shown, made["hypotheses"])
    free = {s for p in (world.goal, *world.hypotheses) for s in symbols(p) if s.role == "free" and not s.family}
    others = {s for s in free if s.name not in {q.name for q in cell.params}}
    if others:
        made["values"] = _values_of(world, others)
    if not sides.elman:
        made["recurrence"] = cell.name
        if not instance.feedback:
            made |= _updates(cell, world, instance)
        if sides.atoms:
            made["values"] = made.get("values", {}) | {n: strings(m) for n, m in (sides.atoms | sides.named).items()}
    return {**made, **_integers(instance)}


def _numbers(m: list[list[Fraction]]) -> Matrix:
    return tuple(tuple(as_num(x) for x in row) for row in m)


def _new(found: list[Data], known: list[Data]) -> list[Data]:
    """Those entries whose tests are not among the known ones."""
    tests = [(e["of"], e["test"], e.get("power")) for e in known]
    return [e for e in found if (e["of"], e["test"], e.get("power")) not in tests]


def _worded(sides: Sides, found: list[Data]) -> list[Data]:
    """Entries in a network's own names; what needs others is left out of a run."""
    return [] if sides.elman and sides.atoms else found


def _diagonal(world: World, slopes: Sym) -> list[str] | None:
    """The entries of a diagonal matrix; None where one has no closed form."""
    try:
        return [num_text(row[i]) for i, row in enumerate(world.values.matrix(slopes))]
    except Refused:
        return None


def _blocks(world: World, heads: tuple[Sym, ...], at: int) -> Any:
    """States or inputs at a time; those of which there are several by their names, without what has no closed form."""
    found = {}
    for s in heads:
        try:
            found[s.name] = _vector(world.values.matrix(at_time(s, at)))
        except Refused:
            continue
    return found if len(heads) > 1 else found.get(heads[0].name)


def _values(world: World, instance: Instance, sides: Sides, data: Data, found: Pair) -> Data:
    """Values of all that the sides and hypotheses speak of; ``network``: where those of a network come from."""
    free = {s for p in (world.goal, *world.hypotheses) for s in symbols(p) if s.role == "free" and not s.family}
    spoken = " ".join([found.lhs, found.rhs, *(h["of"] for h in data["hypotheses"])])
    everything = is_irrational(world.goal)  # what is a number in the sides is of these matrices
    values = {name: v for name, v in _values_of(world, free).items() if everything or name in _names(spoken)}
    values |= {name: strings(m) for name, m in (sides.atoms | sides.named).items()}
    made = {"kind": "values", "values": values, **data}
    if sides.moving and instance.stop > instance.start:
        made["network"] = _network(world, instance)
        if instance.feedback:
            made["network"]["recurrence"] = "elman with feedback"
    return made


def _names(expression: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in expression).split())


def _hypotheses(world: World, sides: Sides, met: list[Prop]) -> list[Data]:
    """Those hypotheses and declared properties that the language has words for; an equation as a term that is 0."""
    declared = [Pred(p, s, "", None) for s in _declared(world) for p in s.props]
    out: list[Data] = []
    for h in [*declared, *(one for given in met for one in _each(world, given))]:
        shown = _tested(h)
        if shown is None:
            before = dict(sides.atoms)
            found = evidence.entries(world, sides, h)
            if sides.elman and sides.atoms and not before:
                sides.atoms, found = before, []
            out += _new(found, out)
            continue
        before = dict(sides.atoms)
        try:
            of = sides.text(shown[0])
        except (Refused, Undefined):
            continue
        if sides.elman and sides.atoms and not before:
            sides.atoms = before  # a path has no names but the network's
            continue
        made = {"of": of, "test": shown[1], **({"power": 1, "text": text(h)} if shown[1] == "nilpotent" else {})}
        if made not in out:
            out.append(made)
    return out


def _declared(world: World) -> list[Sym]:
    found = {s for p in (world.goal, *world.hypotheses) for s in symbols(p)}
    return sorted((s for s in found if s.role == "free" and not s.family and s.props), key=lambda s: s.name)


def _each(world: World, h: Prop) -> Iterator[Prop]:
    """A hypothesis; one for all steps of the run, at each of them."""
    if isinstance(h, ForAll) and isinstance(h.var, Var) and isinstance(h.body, Rel | Pred):
        if any(s.role != "free" for s in symbols(h.body)):
            for at in range(world.instance.start + 1, world.instance.stop + 1):
                yield substitute(h.body, {h.var: as_index(at)})
        return
    yield h


def _tested(h: Prop) -> tuple[Term, str] | None:
    """A square term and the test it passes where the hypothesis holds."""
    if isinstance(h, Pred) and shape_of(h.arg) is not None and h.name in TESTS:
        return h.arg, h.name
    if isinstance(h, Pred) and h.name in EQUATIONS and shape_of(h.arg) is not None:
        return minus(*EQUATIONS[h.name](h.arg)), "nilpotent"
    if isinstance(h, Rel) and h.op == "=":
        zero = Const(Fraction(0))
        gap = h.lhs if h.rhs == zero else h.rhs if h.lhs == zero else minus(h.lhs, h.rhs)
        shape = shape_of(gap)
        if shape is None or shape[0] == shape[1]:
            return (gap, "nilpotent") if shape is not None else None
        return MatMul((gap, Transpose(gap))), "nilpotent"  # X X^T = 0 where X is not square
    return None
