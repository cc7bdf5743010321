"""What a claim and a certificate must be before anything is said of them. Trusted by the kernel.

One name means one thing; sizes are at least 1; a recurrence defines each block and local once, from what comes before
it, by terms that always have a value. Everything else in the kernel relies on this and does not check it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.predicates import LIMITS, PROPERTIES, SPECTRAL
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import rows_used, shape_text
from symrnn.claims.substitution import children, distinct, free_vars, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    Add,
    And,
    Apply,
    Blocks,
    Diag,
    Entry,
    Eye,
    ForAll,
    Immediate,
    IndexRel,
    Inv,
    Jac,
    JordanBlock,
    Loss,
    MatMul,
    Norm,
    Ones,
    Or,
    Pow,
    Pred,
    Prod,
    Rel,
    Sum,
    Sym,
    Term,
    Times,
    Total,
    Zeros,
)
from symrnn.errors import ClaimError

PREDICATES = frozenset((*PROPERTIES, *SPECTRAL, *LIMITS))
LAYOUTS = ("", "numerator", "denominator")
NORMS = ("1", "2", "inf", "fro")
Meanings = dict[tuple[str, str], tuple[Any, ...]]
Kinds = dict[type[Node], list[Any]]  # nodes by their kind
DERIVATIVES = (Jac, Total, Immediate)
PARTIAL = (Inv, Entry, *DERIVATIVES)  # terms without a value somewhere, or about the recurrence itself


def check_claim(claim: Claim, parts: Iterable[Node] | None = None) -> None:
    """Raises ClaimError if the claim, or the recurrence it is about, has no clear meaning.

    ``parts``: all nodes that are not in the recurrence, if they are at hand.
    """
    known = {} if claim.cell is None else _checked_recurrence(claim.cell)
    props = (claim.conclusion, *claim.hypotheses)
    parts = distinct(*props) if parts is None else parts
    kinds = _by_kind(parts)
    _check_kinds(kinds)
    _one_meaning(kinds, known, claim.cell)
    if Loss in kinds:
        one_loss_a_name(parts)
    if "bound" in [v.kind for v in kinds.get(Var, ())]:
        if any(v.kind == "bound" for p in props for v in free_vars(p)):
            raise ClaimError("a variable of normal forms occurs free")
    if "hole" in [s.role for s in kinds.get(Sym, ())]:
        raise ClaimError("a claim has a hole in it")
    if Entry in kinds and any((v.low or 1) > 1 for p in props for v, _ in rows_used(p)):
        raise ClaimError("a row or column with a least value: state it as a hypothesis")
    for q in kinds.get(ForAll, ()):
        if isinstance(q.var, Sym):
            _quantified(q.var, q.body, claim.cell)


def check_parts(parts: Iterable[Node]) -> None:
    """Raises ClaimError if one of the nodes is no well-formed expression, claim or rule."""
    _check_kinds(_by_kind(parts))


def _by_kind(parts: Iterable[Node]) -> Kinds:
    found: Kinds = {}
    for n in parts:
        found.setdefault(type(n), []).append(n)
    return found


def _check_kinds(kinds: Kinds) -> None:
    for kind, nodes in kinds.items():
        check = _CHECKS.get(kind)
        if check is not None:
            for n in nodes:
                check(n)


def _checked_recurrence(cell: Recurrence) -> Meanings:
    """What each name in a recurrence means; raises ClaimError if it is malformed."""
    store = cell.__dict__
    if "_checked" not in store:
        kinds = _by_kind(distinct(cell))
        _check_kinds(kinds)
        known = _one_meaning(kinds, {}, cell)
        check_recurrence(cell)
        store["_checked"] = known
    return store["_checked"]  # type: ignore[no-any-return]


def _is_name(name: str) -> bool:
    """Whether what is printed is read as a name, and not as a number or as nothing."""
    return name[:1].isascii() and name[:1].isalpha()


def _variable(v: Var) -> None:
    """Sizes are at least 1, lags have a least value; "bound" is for what normal forms bind."""
    if v.kind == "size":
        fine = v.low is not None and v.low >= 1
    elif v.kind == "lag":
        fine = v.low is not None
    else:
        fine = v.kind in ("time", "index") or (v.kind == "bound" and v.low is None)
    if not fine or (v.kind != "bound" and not _is_name(v.name)):
        raise ClaimError(f"malformed variable {v.key}")


def _index(i: Index) -> None:
    keys = [v.key for v, _ in i.terms] if len(i.terms) > 1 else []
    if keys != sorted(set(keys)) or 0 in [c for _, c in i.terms]:
        raise ClaimError(f"malformed index {i.key}")


def _symbol(s: Sym) -> None:
    if s.role == "hole" and s == HOLE:
        return
    if s.role not in ("free", "state", "input", "local") or not _is_name(s.name) or s.name.startswith("feedback "):
        raise ClaimError(f"malformed symbol {s.key}")
    if s.props and (set(s.props) - set(PROPERTIES) or s.role in ("state", "input")):
        raise ClaimError(f"{s.name}: unknown or misplaced properties {', '.join(s.props)}")
    if s.props and s.shape is not None and s.shape[0] != s.shape[1] and set(s.props) != {"nonnegative"}:
        raise ClaimError(f"{s.name} is {shape_text(s.shape)}: {', '.join(s.props)} needs a square matrix")
    if "skew" in s.props and {"invertible", "orthogonal"} & set(s.props):
        raise ClaimError(f"no matrix of odd size is skew and invertible: make one of them of {s.name} an assumption")
    if (s.family and s.index) or (s.role != "free" and not s.family and len(s.index) != 1):
        raise ClaimError(f"malformed symbol {s.key}")
    for d in s.shape or ():
        _size(d, s.name)


def _size(d: Index, name: str) -> None:
    """Numbers of rows and columns are positive, whatever the sizes in them are."""
    least, fine = d.const, True
    for v, c in d.terms:
        least, fine = least + c * (v.low or 0), fine and c >= 0 and v.kind == "size"
    if least < 1 or not fine:
        raise ClaimError(f"{name}: {d} is no number of rows or columns for all sizes")


def _some(n: And | Or) -> None:
    if not n.args:
        raise ClaimError("all_of and any_of need at least one claim")


def _pred(n: Pred) -> bool:
    limited = n.name in LIMITS
    fine = n.name in PREDICATES and n.field in ("", "R", "C") and (n.var is not None) == limited
    return fine and (n.var is None or _may_be_bound(n.var))


def _may_be_bound(v: Var) -> bool:
    """Matrices have no other shape inside a quantifier or limit than outside it, so sizes are not bound."""
    return v.kind not in ("bound", "size")


def _jacobian(n: Jac) -> bool:
    return n.layout in LAYOUTS and all(s.role != "free" and len(s.index) == 1 for s in (n.of, n.wrt))


def _sized(n: Eye | Zeros | Ones | JordanBlock) -> bool:
    sizes = (n.rows, n.cols) if isinstance(n, Zeros) else (n.rows,) if isinstance(n, Ones) else (n.size,)
    for d in sizes:
        _size(d, type(n).__name__)
    return True


def _is_derivative(t: Total | Immediate) -> bool:
    """Of a loss, or of a state; by a constant symbol, or by a state, input or local at a time."""
    by_parameter = t.wrt.role == "free" and not t.wrt.index and not t.wrt.family
    if not by_parameter and (t.wrt.role == "free" or len(t.wrt.index) != 1):
        return False
    if isinstance(t.of, Sym) and (t.of.role != "state" or len(t.of.index) != 1 or len(t.row) > 1):
        return False
    if isinstance(t.of, Loss) and t.row:
        return False
    if isinstance(t, Immediate):
        return t.layout in LAYOUTS and (by_parameter or (isinstance(t.of, Loss) and t.wrt.role == "state"))
    return t.layout in LAYOUTS and len(t.since) == int(by_parameter)


def _is_loss(n: Loss) -> bool:
    """Opaque: each block once, with its own family of rows; else one output and one target, that move with ``time``."""
    if n.time.kind != "time" or n.time.low is not None or len(n.index) > 1:
        return False
    if n.index and (n.lo, n.hi) != (*n.index, *n.index):
        return False
    if any(n.time in free_vars(end) for end in (n.lo, n.hi, n.first)):  # these are not bound
        return False
    blocks, rows = [b for b, _ in n.reads], [g for _, g in n.reads]
    if n.kind == "opaque":
        if n.output or n.target or not blocks or len(set(blocks)) < len(blocks) or len(set(rows)) < len(rows):
            return False
        return all(_is_row_family(b, g) for b, g in n.reads)
    if n.kind not in ("squared", "cross_entropy") or n.reads or not len(n.output) == len(n.target) == 1:
        return False
    now = as_index(n.time)
    inside = [x for side in (*n.output, *n.target) for x in walk(side)]
    moving = [x for x in inside if isinstance(x, Sym) and x.role != "free"]
    if any(isinstance(x, (*PARTIAL, Pow)) for x in inside) or any(s.role != "free" for s in symbols(n.target[0])):
        return False
    return all(x.role == "state" and x.index == (now,) for x in moving)


def _is_row_family(b: Sym, g: Sym) -> bool:
    """Whether g is a family of rows as long as the block b of the state, and free."""
    if b.role != "state" or not b.family or g.role != "free" or not g.family or g.props:
        return False
    if b.shape is None or g.shape is None or g.shape[0] != as_index(1):
        return False
    return g.shape[1] == (b.shape[1] if b.shape[0] == as_index(1) else b.shape[0])


def _checked(fine: Callable[[Any], bool]) -> Callable[[Any], None]:
    def check(n: Node) -> None:
        if not fine(n):
            raise ClaimError(f"malformed {type(n).__name__}: {n}")

    return check


_CHECKS: dict[type[Node], Callable[[Any], None]] = {
    Var: _variable,
    Index: _index,
    Sym: _symbol,
    Add: _checked(lambda n: len(n.args) > 0),
    Times: _checked(lambda n: len(n.args) > 0),
    MatMul: _checked(lambda n: len(n.args) > 0),
    And: _some,
    Or: _some,
    Blocks: _checked(lambda n: n.rows and n.rows[0] and all(len(row) == len(n.rows[0]) for row in n.rows)),
    Rel: _checked(lambda n: n.op in ("=", "<=", "<")),
    IndexRel: _checked(lambda n: n.op in ("=", "<=", "<")),
    Apply: _checked(lambda n: n.order in (0, 1)),
    Norm: _checked(lambda n: n.kind in NORMS),
    Jac: _checked(_jacobian),
    Total: _checked(_is_derivative),
    Immediate: _checked(_is_derivative),
    Loss: _checked(_is_loss),
    Pred: _checked(_pred),
    ForAll: _checked(lambda n: _may_be_bound(n.var) if isinstance(n.var, Var) else not n.var.index),
    Prod: _checked(lambda n: n.var.kind != "size"),
    Sum: _checked(lambda n: n.var.kind != "size"),
    Eye: _checked(_sized),
    Zeros: _checked(_sized),
    Ones: _checked(_sized),
    JordanBlock: _checked(_sized),
}


def _one_meaning(kinds: Kinds, known: Meanings, cell: Recurrence | None) -> Meanings:
    """One name, one variable or symbol, those ``known`` included; what is moving is of the recurrence."""
    found: Meanings = {}
    meant: list[tuple[tuple[str, str], tuple[Any, ...]]] = [
        (("variable", v.name), (v.kind, v.low)) for v in kinds.get(Var, ()) if v.kind != "bound"
    ]
    for s in kinds.get(Sym, ()):
        meant.append((("symbol", s.name), (s.shape, s.role, s.props, bool(s.index) or s.family)))
    for key, meaning in meant:
        first = known[key] if key in known else found.setdefault(key, meaning)
        if first != meaning:
            raise ClaimError(f"two {key[0]}s are called {key[1]}")
    strange = sorted(name for (kind, name), m in found.items() if kind == "symbol" and m[1] != "free")
    if strange and not {s.name for s in families(cell)}.issuperset(strange):
        raise ClaimError(f"{strange}: not of the recurrence")
    return found


def one_loss_a_name(parts: Iterable[Node]) -> None:
    """Raises ClaimError if two of the losses among some nodes have one name, or what is free has that of their rows."""
    known: dict[str, tuple[object, ...]] = {}
    ranges: dict[str, tuple[Index, Index]] = {}
    rows: dict[str, str] = {}
    nodes = list(parts)
    for n in (n for n in nodes if isinstance(n, Loss)):
        said = (n.time, n.first, n.kind, n.reads, n.output, n.target)
        same = known.setdefault(n.name, said) == said
        if not same or (not n.index and ranges.setdefault(n.name, (n.lo, n.hi)) != (n.lo, n.hi)):
            raise ClaimError(f"two losses are called {n.name}; rename one")
        if any(rows.setdefault(g.name, n.name) != n.name for _, g in n.reads):
            raise ClaimError(f"{n.name} has the derivatives of another loss; rename one")
    for x in nodes if rows else ():
        if isinstance(x, Sym) and x.name in rows and not x.family:
            raise ClaimError(f"{x.name} stands for the derivatives of {rows[x.name]}; rename it")


def families(cell: Recurrence | None) -> tuple[Sym, ...]:
    """States, inputs and locals."""
    return () if cell is None else (*cell.states, *cell.inputs, *(s for s, _ in cell.locals))


def _quantified(bound: Sym, body: Node, cell: Recurrence | None) -> None:
    """For all values that D takes: the rest of the statement must not move with D."""
    if cell is None or bound not in (*families(cell), *cell.params):
        return
    derived = any(isinstance(n, DERIVATIVES) for n in walk(body))
    if derived or any(s.role != "free" and s != bound for s in symbols(body)):
        raise ClaimError(f"for all {bound.name}: what else is in the statement depends on {bound.name}")


# ---- recurrences ----


def check_recurrence(cell: Recurrence) -> None:
    """Raises ClaimError unless every block and local is defined once, from earlier things, by total terms."""
    defined = (*cell.locals, *cell.steps)
    names = [s.name for s in (*families(cell), *cell.params)]
    if len(set(names)) != len(names) or cell.states != tuple(s for s, _ in cell.steps) or cell.time.kind != "time":
        raise ClaimError(f"{cell.name}: each state block needs one update, each name one meaning")
    roles = [(cell.states, "state"), (cell.inputs, "input"), (tuple(s for s, _ in cell.locals), "local")]
    if any(s.role != role or not s.family for group, role in roles for s in group):
        raise ClaimError(f"{cell.name}: a state, input or local is declared as something else")
    if set(cell.exogenous) - {s.name for s in cell.inputs} or any(s.role != "free" or s.index for s in cell.params):
        raise ClaimError(f"{cell.name}: unknown inputs or parameters")
    for head, definition in defined:
        if head.props and (head.props != ("diagonal",) or not isinstance(definition, Diag)):
            raise ClaimError(f"{cell.name}: only a local that is diag(...) can be declared diagonal, not {head.name}")
        _definition(cell, head, definition)
    _acyclic(cell)


def _definition(cell: Recurrence, head: Sym, definition: Term) -> None:
    for n in walk(definition):
        if isinstance(n, PARTIAL) or (isinstance(n, Pow) and (not n.exponent.is_const or n.exponent.const < 0)):
            raise ClaimError(f"{cell.name}: the definition of {head.name} may have no value, because of {n}")
        if isinstance(n, Sym) and n.role != "free":
            delay = n.index[0] - as_index(cell.time) if n.index else as_index(1)
            if not delay.is_const or delay.const > 0:
                raise ClaimError(f"{cell.name}: {head.name} is defined by {n}, which is not earlier")
    if {s for s in symbols(definition) if s.role == "free"} - set(cell.params):
        raise ClaimError(f"{cell.name}: {head.name} is defined by what is no parameter")
    if any(v != cell.time and v.kind != "size" for v in free_vars(definition)):
        raise ClaimError(f"{cell.name}: {head.name} depends on a variable that is neither the time nor a size")


def _acyclic(cell: Recurrence) -> None:
    """Nothing is defined by itself at that time, and no local by itself at an earlier one: it has no first value."""
    now, names = as_index(cell.time), {s.name for s, _ in cell.locals}
    uses = {
        head.name: {s.name for s in _moving(definition) if s.index == (now,) or {s.name, head.name} <= names}
        for head, definition in (*cell.locals, *cell.steps)
    }
    done: set[str] = {s.name for s in cell.inputs}
    while uses:
        ready = [name for name, needed in uses.items() if needed <= done]
        if not ready:
            kept = "; what is kept from one step to the next is a state" if names & set(uses) else ""
            raise ClaimError(f"{cell.name}: {', '.join(sorted(uses))} are defined by each other{kept}")
        for name in ready:
            done.add(name)
            del uses[name]


def _moving(n: Node) -> Iterator[Sym]:
    if isinstance(n, Sym):
        if n.role != "free":
            yield n
        return
    for child in children(n):
        yield from _moving(child)
