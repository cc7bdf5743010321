"""What a claim and a certificate must be before anything is said of them. Trusted by the kernel.

One name means one thing; sizes are at least 1; a recurrence defines each block and local once, from what comes before
it, by terms that always have a value. Everything else in the kernel relies on this and does not check it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.recurrence import Claim, Recurrence
from symrnn.claims.shapes import rows_used, shape_text
from symrnn.claims.substitution import children, free_vars, symbols, walk
from symrnn.claims.tree import (
    HOLE,
    PROPERTIES,
    SPECTRAL,
    Add,
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
    Pow,
    Pred,
    Rel,
    Sym,
    Term,
    Times,
    Total,
    Zeros,
)
from symrnn.errors import ClaimError

LIMITS = ("vanishes", "bounded", "explodes")
PREDICATES = frozenset((*PROPERTIES, *SPECTRAL, *LIMITS))
LAYOUTS = ("", "numerator", "denominator")
NORMS = ("1", "2", "inf", "fro")
DERIVATIVES = (Jac, Total, Immediate)
PARTIAL = (Inv, Entry, *DERIVATIVES)  # terms without a value somewhere, or about the recurrence itself


def check_claim(claim: Claim) -> None:
    """Raises ClaimError if the claim, or the recurrence it is about, has no clear meaning."""
    check_parts(claim)
    _one_meaning(claim)
    for p in (claim.conclusion, *claim.hypotheses):
        if any(v.kind == "bound" for v in free_vars(p)):
            raise ClaimError("a variable of normal forms occurs free")
        if HOLE in walk(p):
            raise ClaimError("a claim has a hole in it")
        if any((v.low or 1) > 1 for v, _ in rows_used(p)):
            raise ClaimError("a row or column with a least value: state it as a hypothesis")
        for q in walk(p):
            if isinstance(q, ForAll) and isinstance(q.var, Sym):
                _quantified(q.var, q.body, claim.cell)
    if claim.cell is not None:
        check_recurrence(claim.cell)


def check_parts(n: Node) -> None:
    """Raises ClaimError if a node anywhere in ``n`` is no well-formed expression, claim or rule."""
    for part in walk(n):
        if isinstance(part, Var):
            _variable(part)
        elif isinstance(part, Index):
            _index(part)
        elif isinstance(part, Sym):
            _symbol(part)
        elif not _fine(part):
            raise ClaimError(f"malformed {type(part).__name__}: {part}")


def _variable(v: Var) -> None:
    """Sizes are at least 1, lags have a least value; "bound" is for what normal forms bind."""
    kinds = {"size": v.low is not None and v.low >= 1, "lag": v.low is not None, "bound": v.low is None}
    if not kinds.get(v.kind, v.kind in ("time", "index")):
        raise ClaimError(f"malformed variable {v.key}")


def _index(i: Index) -> None:
    keys = [v.key for v, _ in i.terms]
    if keys != sorted(set(keys)) or any(c == 0 for _, c in i.terms):
        raise ClaimError(f"malformed index {i.key}")


def _symbol(s: Sym) -> None:
    if s == HOLE:
        return
    if s.role not in ("free", "state", "input", "local") or not s.name or s.name.startswith("feedback "):
        raise ClaimError(f"malformed symbol {s.key}")
    if set(s.props) - set(PROPERTIES) or (s.role in ("state", "input") and s.props):
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
    least = d.const + sum(c * (v.low or 0) for v, c in d.terms)
    if least < 1 or any(c < 0 or v.kind != "size" for v, c in d.terms):
        raise ClaimError(f"{name}: {d} is no number of rows or columns for all sizes")


def _fine(n: Node) -> bool:
    if isinstance(n, Add | Times | MatMul):
        return len(n.args) > 0
    if isinstance(n, Blocks):
        return bool(n.rows) and bool(n.rows[0]) and all(len(row) == len(n.rows[0]) for row in n.rows)
    if isinstance(n, Rel | IndexRel):
        return n.op in ("=", "<=", "<")
    if isinstance(n, Apply):
        return n.order in (0, 1)
    if isinstance(n, Norm):
        return n.kind in NORMS
    if isinstance(n, Jac):
        return n.layout in LAYOUTS and all(s.role != "free" and len(s.index) == 1 for s in (n.of, n.wrt))
    if isinstance(n, Total | Immediate):
        return _is_derivative(n)
    if isinstance(n, Loss):
        return _is_loss(n)
    if isinstance(n, Pred):
        limited = n.name in LIMITS
        fine = n.name in PREDICATES and n.field in ("", "R", "C") and (n.var is not None) == limited
        return fine and (n.var is None or n.var.kind != "bound")
    if isinstance(n, ForAll):
        return n.var.kind != "bound" if isinstance(n.var, Var) else not n.var.index
    if isinstance(n, Eye | Zeros | JordanBlock):
        for d in (n.rows, n.cols) if isinstance(n, Zeros) else (n.size,):
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


def _one_meaning(claim: Claim) -> None:
    """One name, one variable or symbol."""
    variables: dict[str, Var] = {}
    heads: dict[str, Sym] = {}
    one_loss_a_name(claim)
    for n in walk(claim):
        if isinstance(n, Var) and n.kind != "bound" and variables.setdefault(n.name, n) != n:
            raise ClaimError(f"two variables are called {n.name}")
        if isinstance(n, Sym) and heads.setdefault(n.name, n.head) != n.head:
            raise ClaimError(f"two symbols are called {n.name}")
    moving = {s for s in heads.values() if s.role != "free"}
    if moving - set(families(claim.cell)):
        raise ClaimError(f"{sorted(s.name for s in moving - set(families(claim.cell)))}: not of the recurrence")


def one_loss_a_name(claim: Claim) -> None:
    """Raises ClaimError if two losses have one name: they print alike."""
    known: dict[str, tuple[object, ...]] = {}
    ranges: dict[str, tuple[Index, Index]] = {}
    for n in walk(claim):
        if isinstance(n, Loss):
            said = (n.time, n.first, n.kind, n.reads, n.output, n.target)
            same = known.setdefault(n.name, said) == said
            if not same or (not n.index and ranges.setdefault(n.name, (n.lo, n.hi)) != (n.lo, n.hi)):
                raise ClaimError(f"two losses are called {n.name}; rename one")


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
    now = as_index(cell.time)
    uses = {
        head.name: {s.name for s in _moving(definition) if s.index == (now,)}
        for head, definition in (*cell.locals, *cell.steps)
    }
    done: set[str] = {s.name for s in cell.inputs}
    while uses:
        ready = [name for name, needed in uses.items() if needed <= done]
        if not ready:
            raise ClaimError(f"{cell.name}: {', '.join(sorted(uses))} are defined by each other")
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
