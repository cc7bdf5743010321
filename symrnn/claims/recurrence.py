"""A recurrence as data, and the claim: a proposition about it under hypotheses."""

from __future__ import annotations

from symrnn.claims.index import Index, Node, Var, node
from symrnn.claims.substitution import children, free_vars, rebuild, substitute, walk
from symrnn.claims.tree import Apply, Prop, Sym, Term


@node
class Recurrence(Node):
    """``steps`` gives each state block at ``time`` from blocks at ``time`` - 1, inputs and locals at ``time``.

    ``locals`` name intermediate terms (pre-activations, gates, the diagonal D), in order of definition.
    Inputs not in ``exogenous`` may depend on earlier states in any way.
    """

    name: str
    time: Var
    states: tuple[Sym, ...]
    inputs: tuple[Sym, ...]
    exogenous: tuple[str, ...]
    params: tuple[Sym, ...]
    locals: tuple[tuple[Sym, Term], ...]
    steps: tuple[tuple[Sym, Term], ...]

    def definition(self, name: str, at: Index) -> Term | None:
        """The defining term of a state or local at a time, or None if ``name`` is neither."""
        for head, term in (*self.steps, *self.locals):
            if head.name == name:
                return substitute(term, {self.time: at})  # type: ignore[no-any-return]
        return None

    def member(self, name: str, at: Index) -> Sym | None:
        """The state, input or local of that name at a time, exactly as the updates refer to it."""
        for head in (*self.states, *self.inputs, *(s for s, _ in self.locals)):
            if head.name == name:
                return Sym(name, head.shape, head.role, head.props, (at,), False)
        return None

    def picked_by_time(self) -> tuple[str, ...] | None:
        """Families of parameters whose members the updates pick by their time; None if they use the time otherwise."""
        store = self.__dict__
        if "_picked" not in store:
            spoken = [n for n in walk(self) if isinstance(n, Sym) and any(self.time in free_vars(i) for i in n.index)]
            places = sum(self.time in free_vars(i) for s in spoken for i in s.index)
            everywhere = sum(isinstance(i, Index) and self.time in free_vars(i) for i in walk(self))
            names = tuple(sorted({s.name for s in spoken if s.role == "free"}))
            store["_picked"] = names if places == everywhere else None
        return store["_picked"]  # type: ignore[no-any-return]

    def local_name(self, term: Term, at: Index) -> Sym | None:
        """The local that is defined as exactly this term at this time."""
        for head, definition in self.locals:
            if substitute(definition, {self.time: at}) == term:
                return head[at]  # type: ignore[return-value]
        return None


@node
class Claim(Node):
    """``hypotheses`` entail ``conclusion``, for every size, lag, time, parameter and trajectory left free."""

    conclusion: Prop
    hypotheses: tuple[Prop, ...]
    cell: Recurrence | None


def with_activation(n: Node, old: str, new: str) -> Node:
    """The same claim or recurrence with one activation function for another."""
    if isinstance(n, Recurrence):  # claims about it are many
        known: dict[tuple[str, str], Node] = n.__dict__.setdefault("_activated", {})
        if (old, new) not in known:
            known[old, new] = rebuild(n, lambda c: with_activation(c, old, new))
        return known[old, new]
    if isinstance(n, Apply) and n.function == old:
        return Apply(new, with_activation(n.arg, old, new), n.order)  # type: ignore[arg-type]
    if isinstance(n, Index | Var | Sym):
        return n
    return rebuild(n, lambda c: with_activation(c, old, new))  # type: ignore[no-any-return]


def activations_of(n: Node) -> tuple[str, ...]:
    """The names of the activation functions that occur in ``n``, sorted."""
    store = n.__dict__
    if "_activations" not in store:
        found = {n.function} if isinstance(n, Apply) else set[str]()
        store["_activations"] = tuple(sorted(found.union(*map(activations_of, children(n)))))
    return store["_activations"]  # type: ignore[no-any-return]
