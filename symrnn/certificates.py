"""Certificates: frozen data, one kind per kernel rule. What they claim is checked by the kernel."""

from __future__ import annotations

from fractions import Fraction

from symrnn.claims.index import Index, Node, Var, node
from symrnn.claims.tree import Prop, Sym, Term
from symrnn.semantics.inequalities import AtMost
from symrnn.semantics.instances import Instance
from symrnn.semantics.steps import Step
from symrnn.semantics.uses import Binding


class Proof(Node):
    """Base of the certificates for statements that hold."""


class Verdictive(Node):
    """Base of the certificates for a whole claim."""


@node
class Use(Node):
    """Equals for equals: ``context`` with its hole filled by the two sides of an instance of an equation.

    ``equation``: "hyp:i", "ih:i", "cut:i", "def:name", "slope:name" or "lemma:name"; ``values`` instantiate its free
    variables; ``discharge`` proves the hypotheses of a lemma.
    """

    context: Term
    equation: str
    values: Binding
    discharge: tuple[Proof, ...]


@node
class Words(Proof):
    """lhs - rhs minus the uses has normal form 0.

    ``unfold``: states and locals replaced by their definitions. ``plain``: commuting pairs are equations to be used
    (inside an entry, say), and not built into the normal form.
    """

    peel_lhs: str
    peel_rhs: str
    unfold: tuple[Sym, ...]
    uses: tuple[Use, ...]
    plain: bool = False


@node
class Spelt(Proof):
    """The goal where derivatives of activations are written by their values, s' = s - s^2 and tanh' = 1 - tanh^2."""

    proof: Proof


@node
class Induct(Proof):
    """Induction on a lag from ``low`` on, generalised over times and indices; ``bases`` are its first values."""

    var: Var
    low: int
    bases: tuple[Proof, ...]
    step: Proof


@node
class Chain(Proof):
    """The Jacobian of the whole state as the ordered product of the one-step Jacobians.

    ``step``: where the factors are written out, one of them at a generic time; None for a product over a range.
    """

    step: Step | None


@node
class Through(Proof):
    """A Jacobian as the sum over all state blocks at one time in between."""


@node
class Cut(Proof):
    """An equation proved on the way, then the rest with it."""

    lemma: Prop
    proof: Proof
    rest: Proof


@node
class Both(Proof):
    """A conjunction part by part; an equivalence direction by direction."""

    proofs: tuple[Proof, ...]


@node
class Choose(Proof):
    """One member of a disjunction."""

    which: int
    proof: Proof


@node
class ByCases(Proof):
    """A hypothesis that is a disjunction, member by member."""

    which: int
    proofs: tuple[Proof, ...]


@node
class General(Proof):
    """The goal is an instance of a more general statement, which is proved without hypotheses."""

    statement: Prop
    values: Binding
    proof: Proof


@node
class Extensional(Proof):
    """A matrix equation entry by entry, at a generic row and column."""

    row: Var
    col: Var
    proof: Proof


@node
class Known(Proof):
    """A property that the recorded facts give, or a relation between sizes and lags that their ranges give."""


@node
class Order(Proof):
    """An inequality between scalars, from known ones."""

    uses: tuple[AtMost, ...]


@node
class Cite(Proof):
    """The goal is a lemma of the table at ``values``, whose hypotheses ``discharge`` proves."""

    lemma: str
    values: Binding
    discharge: tuple[Proof, ...]


@node
class Annihilated(Proof):
    """q(A) = 0 by ``proof``, q squarefree with these ``coefficients``, lowest degree first: A is diagonalisable."""

    coefficients: tuple[Fraction, ...]
    proof: Proof


@node
class Antisymmetry(Proof):
    """Two scalars are equal, since each is at most the other."""

    below: Proof
    above: Proof


@node
class Raised(Proof):
    """An inequality by that between powers; the larger side is not negative."""

    exponent: Index
    powers: Proof
    sign: Proof


@node
class Given(Proof):
    """The goal is one of the hypotheses."""

    which: int


@node
class Fact(Proof):
    """A fact proved on the way, then the rest with it among the hypotheses."""

    prop: Prop
    proof: Proof
    rest: Proof


@node
class Geometric(Proof):
    """A limit by a geometric bound in the norm ``kind``, ``assumed`` ones of letters used; ``proofs`` of its ratios."""

    kind: str
    assumed: bool
    proofs: tuple[Proof, ...]


@node
class Dominated(Proof):
    """A limit by a matrix that dominates entry by entry, of which ``proof`` shows it."""

    proof: Proof


@node
class Within(Proof):
    """A limit of ``left`` ``inner`` ``right``, of which only ``inner`` depends on the lag."""

    left: Term
    inner: Term
    right: Term
    proof: Proof


@node
class Split(Proof):
    """A limit of ``left`` ``right``: ``left`` is bounded, and ``right`` is as the goal says, or the other way round."""

    left: Term
    right: Term
    if_left: Proof
    if_right: Proof
    left_is_bounded: bool


@node
class Rewritten(Proof):
    """A statement about a term, from the same about an equal one."""

    term: Term
    equal: Proof
    rest: Proof


@node
class Squeezed(Proof):
    """A limit, from that of a number that the norm does not exceed."""

    bound: Term
    below: Proof
    rest: Proof


@node
class Stepwise(Proof):
    """The bound of the norm of what is equal to a ``product``, from a ``rate`` that no factor exceeds."""

    product: Term
    equal: Proof
    rate: Term
    step: Proof
    power: Proof


@node
class Absurd(Proof):
    """l < r (or l <= r), since the contrary would refute hypothesis ``which``."""

    which: int
    proof: Proof


@node
class Turn(Proof):
    """A limit from a stronger statement about it."""

    proof: Proof


@node
class Steady(Proof):
    """A limit that is none: the expression is ``term``, a number other than 0 times the identity, at every lag."""

    term: Term
    equal: Proof


@node
class AllTrajectories(Proof):
    """A statement about all trajectories, from hypotheses that speak of parameters only."""

    proof: Proof


@node
class Steer(Proof):
    """Hypothesis ``which``, about all trajectories, at the one where the input makes every pre-activation 0.

    ``right_inverse`` of the input's weight, by ``onto``; ``rest`` goes on with what the hypothesis says there.
    """

    which: int
    right_inverse: Term
    onto: Proof
    rest: Proof


@node
class Entrywise(Proof):
    """An order between matrices entry by entry, at a generic row and column (1 where there is only one)."""

    row: Var
    col: Var
    proof: Proof


@node
class Unfold(Proof):
    """A relation with states and locals replaced by their definitions, one after the other."""

    names: tuple[Sym, ...]
    proof: Proof


@node
class BySign(Proof):
    """A scalar is not negative, and its own magnitude; or not positive, and the negative of it."""

    term: Term
    if_above: Proof
    if_below: Proof


@node
class Combine(Proof):
    """An inequality between scalars from products of known ones, times numbers, and multiples of known equations."""

    products: tuple[tuple[Fraction, tuple[AtMost, ...]], ...]
    equal: tuple[tuple[AtMost, Term], ...]


@node
class Ascend(Proof):
    """Induction on a lag in an implication: what the hypotheses say of the lag is assumed at each value of it.

    ``at``: the times at which the induction hypothesis is used in the step.
    """

    var: Var
    low: int
    at: Binding
    base: Proof
    step: Proof


@node
class Largest(Proof):
    """The bound of a norm from that of every entry; ``diagonal``: of those on the diagonal of a diagonal matrix."""

    row: Var
    col: Var
    diagonal: bool
    proof: Proof


@node
class Contrary(Proof):
    """The goal, since its contrary contradicts hypothesis ``which``."""

    which: int
    proof: Proof


@node
class Specialise(Proof):
    """Hypothesis ``which``, about all values of a matrix, at ``value``; then the rest with what it says there."""

    which: int
    value: Term
    rest: Proof


@node
class Commutant(Proof):
    """What commutes with every diagonal matrix, such as that of the new vector ``vector``, is diagonal."""

    vector: Sym
    proof: Proof


@node
class Applied(Proof):
    """Matrices that do the same to every vector, such as the new one ``vector``, are equal."""

    vector: Sym
    proof: Proof


@node
class Injective(Proof):
    """A strictly increasing activation takes a value once."""

    function: str
    proof: Proof


@node
class Regular(Proof):
    """A diagonal matrix is invertible if the entries on its diagonal all have the same sign, and none is 0."""

    row: Var
    above: bool
    proof: Proof


@node
class Defining(Proof):
    """A property that an equation says: symmetric, skew, normal or orthogonal. ``turned``: X X^T = I, not X^T X = I."""

    turned: bool
    proof: Proof


@node
class Different(Proof):
    """Two terms differ, as their difference is known to be invertible."""


@node
class Evaluated(Proof):
    """The goal is true of numbers: hypotheses ``given``, in order, say what the symbols in it stand for."""

    given: tuple[int, ...]


@node
class Replaced(Proof):
    """Equals for equals: the goal is ``context`` with ``old`` in its hole, ``rest`` shows it with ``new`` there."""

    context: Prop
    old: Term
    new: Term
    equal: Proof
    rest: Proof


@node
class Leaf(Proof):
    """At explicit sizes: every entry of the goal reduces to 0 by the polynomials known to vanish."""


@node
class Case(Proof):
    """At explicit sizes: ``left`` * ``right`` vanishes, so one of the two does."""

    left: Term
    right: Term
    if_left: Proof
    if_right: Proof


@node
class Cancel(Proof):
    """At explicit sizes: ``factor`` * ``rest`` vanishes and ``factor`` does not, so ``rest`` does."""

    factor: Term
    rest: Term
    proof: Proof


@node
class Proved(Verdictive):
    """A proof, and an instance that meets all hypotheses (None if there are none)."""

    proof: Proof
    witness: Instance | None


@node
class Point(Verdictive):
    """An instance that meets every hypothesis and violates the conclusion."""

    instance: Instance


@node
class Mismatch(Verdictive):
    """Two shapes in the claim do not fit."""


@node
class Null(Verdictive):
    """The claim fails at ``point``; it is proved under ``condition`` (something is not 0), met by ``witness``.

    It is not 0, at any size, where symbols are those multiples of I in ``scalars``, and ``ramp`` is diag(1, ..., n).
    """

    point: Instance
    condition: Prop
    proof: Proof
    witness: Instance
    scalars: tuple[tuple[str, Fraction], ...]
    ramp: str = ""
