"""Walking through claim trees and substituting in them, with care for what binders bind. Trusted by the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index, substitute_index
from symrnn.claims.tree import HOLE, ForAll, Immediate, Jac, Loss, Pred, Prod, Prop, Sum, Sym, Total
from symrnn.errors import ClaimError

BINDERS = (Prod, Sum, ForAll)
BINDING = frozenset((*BINDERS, Pred, Loss))
SPECIAL = BINDING | {Sym, Jac, Total, Immediate, Var}  # where a substitution does not just go on inside
NOTHING: frozenset[Var] = frozenset()


def fields(n: Node) -> tuple[Any, ...]:
    return n.parts()


def children(value: Any) -> tuple[Node, ...]:
    """The nodes directly inside a node (or tuple), in order; remembered on nodes."""
    if type(value) is tuple:
        return tuple(_inside(value, []))
    found: tuple[Node, ...] | None = value._children
    if found is None:
        found = value.__dict__["_children"] = tuple(_inside(value.parts(), []))
    return found


def _inside(items: tuple[Any, ...], found: list[Node]) -> list[Node]:
    for item in items:
        if isinstance(item, Node):
            found.append(item)
        elif type(item) is tuple and item:
            _inside(item, found)
    return found


def walk(n: Node) -> Iterator[Node]:
    """``n`` and all nodes below it, in preorder."""
    todo = [n]
    while todo:
        node = todo.pop()
        yield node
        todo += children(node)[::-1]


def kinds(n: Node) -> frozenset[type[Node]]:
    """The types of the nodes of ``walk``; remembered."""
    store = n.__dict__
    if "_kinds" not in store:
        out = frozenset((type(n),))
        for c in children(n):
            inner = c.__dict__.get("_kinds") or kinds(c)
            if not inner <= out:
                out = out | inner
        store["_kinds"] = out
    return store["_kinds"]  # type: ignore[no-any-return]


def contains(n: Node, *types: type[Node]) -> bool:
    """Whether a node of one of these types occurs in ``n``."""
    return not kinds(n).isdisjoint(types)


def distinct(*roots: Node) -> list[Node]:
    """The nodes of ``walk``, each object once, in no particular order."""
    found: dict[int, Node] = {}
    todo = list(roots)
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo += children(node)
    return list(found.values())


def has_hole(n: Node) -> bool:
    """Whether HOLE occurs in ``n``."""
    store = n.__dict__
    if "_hole" not in store:
        store["_hole"] = n == HOLE or any(has_hole(c) for c in children(n) if not isinstance(c, Index | Var))
    return bool(store["_hole"])


def rebuild(n: Any, change: Callable[[Any], Any]) -> Any:
    """``n`` with ``change`` applied to the nodes directly inside it."""
    old = n.parts()
    new = _changed(old, change)
    return n if new is old else type(n)(*new)


def _changed(items: tuple[Any, ...], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The items with ``change`` applied to the nodes among them, in tuples too; the same tuple if nothing changed."""
    new: list[Any] | None = None
    for i, item in enumerate(items):
        if isinstance(item, Node):
            made = change(item)
        elif type(item) is tuple:
            made = _changed(item, change)
        else:
            continue
        if made is not item:
            new = list(items) if new is None else new
            new[i] = made
    return items if new is None else tuple(new)


def free_vars(n: Node) -> frozenset[Var]:
    """The integer variables that occur free in ``n``, sizes in the shapes of symbols included."""
    out = n._free
    if out is None:
        if type(n) is Var:
            out = frozenset((n,))
        elif type(n) not in BINDING:
            out = NOTHING
            for c in children(n):
                found = c._free
                if found is None:
                    found = free_vars(c)
                if not found <= out:
                    out = out | found if out else found
        elif isinstance(n, Prod | Sum):
            out = (free_vars(n.body) - {n.var}) | free_vars(n.lo) | free_vars(n.hi)
        elif isinstance(n, ForAll):
            out = free_vars(n.body) - {n.var} if isinstance(n.var, Var) else free_vars(n.body) | free_vars(n.var)
        elif isinstance(n, Pred) and n.var is not None:
            out = free_vars(n.arg) - {n.var}
        elif isinstance(n, Loss):
            out = frozenset().union(*(free_vars(c) for c in children(n) if c != n.time)) - {n.time}
        else:
            out = frozenset().union(*map(free_vars, children(n)))
        n.__dict__["_free"] = out
    return out


def symbols(n: Node) -> frozenset[Sym]:
    """The symbols that occur in ``n``, families and members by their head."""
    store = n.__dict__
    if "_symbols" not in store:
        out: frozenset[Sym] = frozenset().union(*(symbols(c) for c in children(n) if not isinstance(c, Index | Var)))
        if isinstance(n, ForAll) and isinstance(n.var, Sym):
            out = frozenset(s for s in out if s.name != n.var.name)
        store["_symbols"] = out | {n.head} if isinstance(n, Sym) and n.role != "hole" else out
    return store["_symbols"]  # type: ignore[no-any-return]


def substitute(n: Any, values: Mapping[Any, Any]) -> Any:
    """Replace variables by index expressions and symbols (constant, or exactly that member) by terms, all at once.

    Capture-avoiding: a binder whose variable occurs in a value is renamed first.
    """
    if isinstance(n, Node) and all([type(k) is Var for k in values]):
        return _substitute_integers(n, values)
    values = {k: v for k, v in values.items() if k != v}
    return _substitute(n, values, _keys(values)) if values else n


REMEMBERED = 64  # substitutions that a node remembers


def _substitute_integers(n: Node, values: Mapping[Any, Any]) -> Any:
    """``substitute`` for variables only, remembered on the node: claims are evaluated at the same few integers."""
    free = free_vars(n)
    if not free:
        return n
    relevant = {v: x for v, x in values.items() if v in free and (type(x) is not Var or x != v)}
    if not relevant:
        return n
    known: dict[Any, Any] = n.__dict__.setdefault("_substituted", {})
    key = tuple(relevant.items())
    found = known.get(key)
    if found is None:
        found = _substitute(n, relevant, _keys(relevant))
        if len(known) >= REMEMBERED:
            known.clear()
        known[key] = found
    return found


Keys = tuple[frozenset[Any], frozenset[str], bool]


def _keys(values: Mapping[Any, Any]) -> Keys:
    """The variables, the names of symbols, and whether there is a hole, among what is to be replaced."""
    variables = frozenset(k for k in values if isinstance(k, Var))
    names = frozenset(k.name for k in values if isinstance(k, Sym) and k.role != "hole")
    return variables, names, HOLE in values


def _substitute(n: Any, values: Mapping[Any, Any], keys: Keys) -> Any:
    variables, names, hole = keys
    if variables.isdisjoint(free_vars(n)) and names.isdisjoint(_symbol_names(n)) and not (hole and has_hole(n)):
        return n
    if type(n) is Index:
        return substitute_index(n, values)
    if type(n) not in SPECIAL:
        return rebuild(n, lambda c: _substitute(c, values, keys))
    if isinstance(n, Sym) and n in values:
        return values[n]
    if isinstance(n, Jac):  # the derivative by a state is not the derivative by a term equal to it
        integers = {k: v for k, v in values.items() if isinstance(k, Var)}
        return Jac(substitute(n.of, integers), substitute(n.wrt, integers), n.layout)
    if isinstance(n, Total | Immediate):
        return _substitute_in_derivative(n, values)
    if isinstance(n, Loss):
        return _substitute_in_loss(n, {k: v for k, v in values.items() if isinstance(k, Var) and k != n.time})
    if isinstance(n, ForAll) and isinstance(n.var, Sym):
        return _substitute_under_symbol(n, n.var, values)
    if isinstance(n, BINDERS) or (isinstance(n, Pred) and n.var is not None):
        return _substitute_binder(n, values)
    if isinstance(n, Var):
        return n
    return rebuild(n, lambda c: _substitute(c, values, keys))


def _substitute_in_derivative(n: Total | Immediate, values: Mapping[Any, Any]) -> Any:
    """Integers everywhere, terms in the row that multiplies; what is derived by, or of, stays what it is."""
    integers = {k: v for k, v in values.items() if isinstance(k, Var)}
    kept = _symbol_names(n.of) | _symbol_names(n.wrt)
    if any(isinstance(k, Sym) and k.role == "free" and k.name in kept for k in values):
        raise ClaimError("a term for a symbol that a derivative is of or by")
    of, wrt = substitute(n.of, integers), substitute(n.wrt, integers)
    row = tuple(substitute(r, values) for r in n.row)
    if isinstance(n, Immediate):
        return Immediate(of, row, wrt, n.layout)
    return Total(of, row, wrt, tuple(substitute(i, integers) for i in n.since), n.layout)


def _substitute_in_loss(n: Loss, integers: Mapping[Any, Any]) -> Any:
    if any(n.time in free_vars(v) for v in integers.values()):
        raise ClaimError(f"the time {n.time} of a loss would be bound in it")
    return rebuild(n, lambda c: c if c == n.time else substitute(c, integers))


def _symbol_names(n: Node) -> frozenset[str]:
    store = n.__dict__
    if "_names" not in store:
        store["_names"] = frozenset(s.name for s in symbols(n))
    return store["_names"]  # type: ignore[no-any-return]


def _substitute_under_symbol(n: ForAll, bound: Sym, values: Mapping[Any, Any]) -> Prop:
    """Below a quantified matrix or family its own members stay; it is renamed where a value mentions it."""
    inner = {k: v for k, v in values.items() if not (isinstance(k, Sym) and k.head.name == bound.name)}
    taken = frozenset(s.name for v in inner.values() for s in symbols(v))
    body: Prop = n.body
    if bound.name in taken:
        number = 1
        while f"{bound.name}_{number}" in taken | {s.name for s in symbols(body)}:
            number += 1
        body = _renamed(body, bound, f"{bound.name}_{number}")
        bound = _renamed(bound, bound, f"{bound.name}_{number}")
    sized = substitute(bound, {k: v for k, v in inner.items() if isinstance(k, Var)})
    return ForAll(sized, substitute(body, inner))


def _renamed(n: Any, old: Sym, name: str) -> Any:
    if isinstance(n, Sym):
        return Sym(name, n.shape, n.role, n.props, n.index, n.family) if n.head.name == old.name else n
    if isinstance(n, Index | Var):
        return n
    return rebuild(n, lambda c: _renamed(c, old, name))


def _substitute_binder(n: Any, values: Mapping[Any, Any]) -> Any:
    body_field = "arg" if isinstance(n, Pred) else "body"
    body, var = getattr(n, body_field), n.var
    inner = {k: v for k, v in values.items() if k != var}
    taken = frozenset().union(*(free_vars(v) for k, v in inner.items() if isinstance(v, Node)))
    taken |= frozenset().union(*(free_vars(k) for k in inner if isinstance(k, Sym)))  # h[t] inside is not h[t] outside
    if var in taken:
        fresh = _fresh(var, taken | free_vars(body) | frozenset(k for k in inner if isinstance(k, Var)))
        body, var = substitute(body, {var: as_index(fresh)}), fresh
    body = substitute(body, inner)
    if isinstance(n, Prod):
        return Prod(body, var, substitute(n.lo, values), substitute(n.hi, values), n.descending)
    if isinstance(n, Sum):
        return Sum(body, var, substitute(n.lo, values), substitute(n.hi, values))
    return ForAll(var, body) if isinstance(n, ForAll) else Pred(n.name, body, n.field, var)


def _fresh(var: Var, taken: frozenset[Var]) -> Var:
    names = {v.name for v in taken}
    number = 1
    while f"{var.name}_{number}" in names:
        number += 1
    return Var(f"{var.name}_{number}", var.kind, var.low)
