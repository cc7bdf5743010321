"""The claim tree: terms and propositions as immutable data, in the author's order, never simplified on construction.

Shapes are checked later (``shapes.py``), so a tree with a shape error can be built, printed and refuted.
Matrix product is ``@``, multiplication by a scalar ``*``, the elementwise product ``hadamard``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar

from symrnn.claims.index import Index, IndexLike, Node, Var, as_index, node
from symrnn.errors import ClaimError
from symrnn.records import replace

Shape = tuple[Index, Index] | None  # None: a scalar


class Term(Node):
    """A scalar, vector (n x 1) or matrix expression."""

    __array_priority__: ClassVar[float] = 1000  # numpy must not take our operators apart

    def __add__(self, other: object) -> Term:
        return Add((*_parts(self, Add), as_term(other)))

    def __radd__(self, other: object) -> Term:
        return Add((as_term(other), self))

    def __sub__(self, other: object) -> Term:
        return Add((*_parts(self, Add), -as_term(other)))

    def __rsub__(self, other: object) -> Term:
        return Add((as_term(other), -self))

    def __neg__(self) -> Term:
        return Times((Const(Fraction(-1)), self))

    def __abs__(self) -> Term:
        return Abs(self)

    def __mul__(self, other: object) -> Term:
        return Times((*_parts(self, Times), as_term(other)))

    def __rmul__(self, other: object) -> Term:
        return Times((as_term(other), self))

    def __truediv__(self, other: object) -> Term:
        divisor = as_term(other)
        if isinstance(divisor, Const):
            if divisor.value == 0:
                raise ClaimError("division by the number 0")
            return Times((Const(1 / divisor.value), self))
        return Times((*_parts(self, Times), Pow(divisor, as_index(-1))))

    def __rtruediv__(self, other: object) -> Term:
        return as_term(other) * Pow(self, as_index(-1))

    def __matmul__(self, other: object) -> Term:
        return MatMul((*_parts(self, MatMul), as_term(other)))

    def __pow__(self, exponent: IndexLike) -> Term:
        return Pow(self, as_index(exponent))

    def __getitem__(self, at: object) -> Term:
        """``W[i, j]``: the entry in row i, column j, counted from 1."""
        if isinstance(at, tuple) and len(at) == 2:
            return Entry(self, as_index(at[0]), as_index(at[1]))
        raise ClaimError(f"[{at}] after an expression: write two indices, as in W[1, 2], for an entry")

    def __iter__(self) -> Iterator[Term]:
        raise ClaimError("a term cannot be iterated over; its size is symbolic")

    def __bool__(self) -> bool:
        raise ClaimError("a term has no truth value: write eq(a, b) for a claim, not a == b")

    def __le__(self, other: object) -> bool:
        raise ClaimError("write le(a, b) or lt(a, b), not a comparison operator")

    __lt__ = __ge__ = __gt__ = __le__

    @property
    def T(self) -> Term:
        return Transpose(self)

    @property
    def inv(self) -> Term:
        return Inv(self)


@node
class Const(Term):
    """An exact rational number."""

    value: Fraction


@node
class Sym(Term):
    """A declared symbol. ``role``: "free", "state", "input" or "local"; ``index`` is empty for a constant.

    A family (``family=True``, empty index) is not a term yet: ``h[t]`` is.
    """

    name: str
    shape: Shape
    role: str
    props: tuple[str, ...]
    index: tuple[Index, ...]
    family: bool

    def __getitem__(self, at: object) -> Term:
        if self.family or (not self.index and not isinstance(at, tuple)):
            if isinstance(at, tuple):
                raise ClaimError(f"{self.name} is a family: write {self.name}[{at[0]}], then an entry [i, j] of that")
            return Sym(self.name, self.shape, self.role, self.props, (as_index(at),), False)
        return super().__getitem__(at)

    @property
    def head(self) -> Sym:
        """The symbol without its index: the constant, or the family it is a member of."""
        return Sym(self.name, self.shape, self.role, self.props, (), True) if self.index else self


@node
class Eye(Term):
    """The identity matrix."""

    size: Index


@node
class Zeros(Term):
    """The zero matrix."""

    rows: Index
    cols: Index


@node
class Ones(Term):
    """The column vector of ones."""

    rows: Index


@node
class SizeOf(Term):
    """A size or lag used as a number, such as the n in trace(I) = n."""

    index: Index


@node
class Add(Term):
    """A sum, in the author's order."""

    args: tuple[Term, ...]


@node
class Times(Term):
    """A product with scalars; at most one factor is a matrix or vector."""

    args: tuple[Term, ...]


@node
class MatMul(Term):
    """A matrix product, in order."""

    args: tuple[Term, ...]


@node
class Hadamard(Term):
    """The elementwise product."""

    left: Term
    right: Term


@node
class Pow(Term):
    """A power with an index expression as exponent; X**0 = I, negative exponents need an inverse."""

    base: Term
    exponent: Index


@node
class Transpose(Term):
    arg: Term


@node
class Inv(Term):
    arg: Term


@node
class Trace(Term):
    arg: Term


@node
class Det(Term):
    arg: Term


@node
class Norm(Term):
    """An operator norm, ``kind`` "1", "2" or "inf", or the Frobenius norm "fro"."""

    arg: Term
    kind: str


@node
class SpectralRadius(Term):
    arg: Term


@node
class Discriminant(Term):
    """The discriminant of the characteristic polynomial: 0 if and only if an eigenvalue is repeated."""

    arg: Term


@node
class Binomial(Term):
    """The binomial coefficient ``top`` over ``bottom``: 0 if bottom < 0 or bottom > top."""

    top: Index
    bottom: Index


@node
class JordanBlock(Term):
    """The size x size Jordan block: ``value`` on the diagonal, 1 on the one above it, 0 elsewhere."""

    value: Term
    size: Index


@node
class Abs(Term):
    """Entrywise absolute value."""

    arg: Term


@node
class Diag(Term):
    """The diagonal matrix with the given vector on its diagonal."""

    arg: Term


@node
class Blocks(Term):
    """A matrix of blocks, row by row: equal heights along a row, equal widths down a column."""

    rows: tuple[tuple[Term, ...], ...]


@node
class Apply(Term):
    """The activation ``function`` applied entrywise; ``order`` 1 is its derivative."""

    function: str
    arg: Term
    order: int


@node
class Entry(Term):
    """Entry (row, col) of a matrix, counted from 1."""

    arg: Term
    row: Index
    col: Index


@node
class Jac(Term):
    """The Jacobian of a state (or local) by an earlier state, input or local, in the stated ``layout``."""

    of: Sym
    wrt: Sym
    layout: str


@node
class Loss(Node):
    """A loss, the sum over lo <= ``time`` <= hi of a loss at each time; the states before ``first`` - 1 are no matter.

    ``kind`` "opaque": any differentiable function of the state blocks in ``reads``, each with the family of rows that
    are its immediate partial derivatives. "squared", "cross_entropy": of ``output`` and ``target`` at ``time``.
    ``index``: of the loss at one time, where lo = hi is that time.
    """

    name: str
    index: tuple[Index, ...]
    time: Var
    lo: Index
    hi: Index
    first: Index
    kind: str
    reads: tuple[tuple[Sym, Sym], ...]
    output: tuple[Term, ...]
    target: tuple[Term, ...]

    def __getitem__(self, at: IndexLike) -> Loss:
        """The loss at one time."""
        return replace(self, index=(as_index(at),), lo=as_index(at), hi=as_index(at))


@node
class Total(Term):
    """The total derivative of a loss, or of ``row`` times a state (``row`` held), by a parameter or what has a time.

    By a parameter: along the steps after time ``since``, the state at that time held.
    """

    of: Loss | Sym
    row: tuple[Term, ...]
    wrt: Sym
    since: tuple[Index, ...]
    layout: str


@node
class Immediate(Term):
    """The immediate partial derivative: what ``wrt`` does at that time, all that came before held."""

    of: Loss | Sym
    row: tuple[Term, ...]
    wrt: Sym
    layout: str


@node
class Softmax(Term):
    """exp(v_i) / sum of exp(v_j), of a column vector."""

    arg: Term


@node
class Prod(Term):
    """An ordered product over lo <= var <= hi: ``descending`` puts the largest index on the left. Empty: I."""

    body: Term
    var: Var
    lo: Index
    hi: Index
    descending: bool


@node
class Sum(Term):
    """A sum over lo <= var <= hi. Empty: 0."""

    body: Term
    var: Var
    lo: Index
    hi: Index


class Prop(Node):
    """A proposition about terms."""

    def __and__(self, other: Prop) -> Prop:
        return And((self, other))

    def __or__(self, other: Prop) -> Prop:
        return Or((self, other))

    def __invert__(self) -> Prop:
        return Not(self)

    def __bool__(self) -> bool:
        raise ClaimError("a claim has no truth value: combine claims with &, |, ~, implies, iff")


@node
class Rel(Prop):
    """``op`` is "=", "<=" or "<" between two terms (<= and < between scalars, or entrywise)."""

    op: str
    lhs: Term
    rhs: Term


@node
class IndexRel(Prop):
    """``op`` is "=", "<=" or "<" between two index expressions: m = n, n = 1, 0 <= k."""

    op: str
    lhs: Index
    rhs: Index


@node
class Pred(Prop):
    """A property of PROPERTIES, one of SPECTRAL (``field`` R or C), or a limit in the lag ``var``: "vanishes", ..."""

    name: str
    arg: Term
    field: str
    var: Var | None


@node
class And(Prop):
    args: tuple[Prop, ...]


@node
class Or(Prop):
    args: tuple[Prop, ...]


@node
class Not(Prop):
    arg: Prop


@node
class Implies(Prop):
    left: Prop
    right: Prop


@node
class Iff(Prop):
    left: Prop
    right: Prop


@node
class ForAll(Prop):
    """For every value of an integer variable, or of a constant or family symbol (``var`` a Sym without index)."""

    var: Var | Sym
    body: Prop


@node
class ForAllTrajectories(Prop):
    """For every input sequence and initial state of the network, the parameters being fixed."""

    body: Prop


def _number_to_the(exponent: Index, base: object) -> Term:
    if isinstance(base, float):
        raise ClaimError("Python turns Fraction ** k into a float first: write number(Fraction(1, 4)) ** k")
    return Pow(as_term(base), exponent)


Index.__rpow__ = _number_to_the  # type: ignore[attr-defined]  # 2 ** k is a term, which index.py does not know of

HOLE = Sym("HOLE", None, "hole", (), (), False)  # the place in a context where equals replace equals


def as_term(value: object) -> Term:
    """``value`` as a term: a term, an exact number, an index expression used as a number, or rows of scalars."""
    if isinstance(value, Sym) and value.family:
        raise ClaimError(f"{value.name} is a family over time: write {value.name}[t]")
    if isinstance(value, Term):
        return value
    if isinstance(value, bool) or isinstance(value, float):
        raise ClaimError(f"{value!r} is not exact: use whole numbers or Fraction(1, 4)")
    if isinstance(value, int | Fraction):
        return Const(value if type(value) is Fraction else Fraction(value))
    if isinstance(value, Index):
        return Const(Fraction(value.const)) if value.is_const else SizeOf(value)
    if isinstance(value, list | tuple):
        if not value or not all(isinstance(r, list | tuple) and r and len(r) == len(value[0]) for r in value):
            raise ClaimError(f"{value!r}: write a matrix as rows of one length, [[1, 2], [3, 4]], a column [[1], [2]]")
        return Blocks(tuple(tuple(as_term(x) for x in row) for row in value))
    raise ClaimError(f"{value!r} ({type(value).__name__}) cannot stand in a claim")


def _parts(term: Term, kind: type[Any]) -> tuple[Term, ...]:
    """A left-associated chain stays one node: (A @ B) @ C is MatMul of three."""
    return term.args if isinstance(term, kind) else (as_term(term),)
