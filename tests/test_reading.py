"""What the kernel reads anew: nothing remembered on nodes, nothing of another type, equal things as one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from symrnn import (
    Cell,
    CertificateError,
    Elman,
    cell,
    det,
    eq,
    jacobian,
    kernel,
    matrix,
    product,
    relu,
    sigmoid,
    size,
    state,
    tanh,
)
from symrnn.certificates import Chain, Known, Leaf, Proved, Words
from symrnn.claims import codec, reading
from symrnn.claims.codec import decode, encode
from symrnn.claims.index import NODES, Index, Var, as_index, node
from symrnn.claims.reading import read_anew, well_formed
from symrnn.claims.recurrence import Claim, with_activation
from symrnn.claims.shapes import shape_of
from symrnn.claims.substitution import children, distinct, free_vars
from symrnn.claims.tree import Add, Const, Entry, Eye, Jac, MatMul, Rel, Sym, Term
from symrnn.errors import Refused
from symrnn.semantics.sequents import sequent_of

n = size("n")
A, B = matrix("A", n), matrix("B", n)
FALSE = Claim(Rel("=", A @ B, B @ A), (), None)
NOTHING = Proved(Words("left", "left", (), ()), None)


def tampered(x: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        object.__setattr__(x, name, value)
    return x


def anew(x: Any) -> Any:
    ((found, _),) = read_anew(x)
    return found


def about(cell: Any) -> Claim:
    h, j, t = cell.h, as_index(Var("j", "index", None)), cell.t
    return Claim(
        eq(jacobian(h[t], h[t - 3], "numerator"), product(cell.D[j] @ cell.W_hh, j, t, t - 2)), (), cell.recurrence
    )


def refuse(claim: Any, certificate: Any = NOTHING) -> None:
    with pytest.raises(Refused):
        kernel.check(claim, certificate)


# ---- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [about(Elman(tanh)), FALSE, NOTHING, Const(Fraction(1, 3)), (A, (B, "x", None, 3))])
def test_as_through_json(value: Any) -> None:
    found = anew(value)
    assert found == value == decode(encode(value)) and found is not value
    if not isinstance(value, tuple):
        old = {id(x) for x in distinct(value)}
        assert not [x for x in distinct(found) if id(x) in old]


def test_equal_nodes_become_one_and_are_given_once() -> None:
    ((found, made), (again, more)) = read_anew(Add((A @ B, MatMul((A, Sym(*B.parts()))))), MatMul((A, B)))
    assert found.args[0] is found.args[1] is again
    assert len(set(map(id, made))) == len(made) == len(distinct(found)) and not more


def test_nothing_remembered_is_kept() -> None:
    x = MatMul((A, B))
    hash(x), x.key, shape_of(x), free_vars(x), children(x)
    assert {"_hash", "_key", "_shape", "_free", "_children"} <= set(x.__dict__)
    assert set(anew(x).__dict__) == {"args"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_hash", 1),
        ("_key", "x"),
        ("_shape", None),
        ("_free", frozenset()),
        ("_children", ()),
        ("_symbols", frozenset()),
    ],
)
def test_poisoned_memories_are_of_no_use(name: str, value: Any) -> None:
    claim = decode(encode(FALSE))
    for x in distinct(claim):
        x.__dict__[name] = value
    refuse(claim)


def test_a_poisoned_sequent_is_of_no_use() -> None:
    claim = decode(encode(FALSE))
    claim.__dict__["_sequent"] = sequent_of(Claim(Rel("=", A, A), (), None))
    refuse(claim)


def test_equal_hashes_do_not_make_equal() -> None:
    x, y = MatMul((A, B)), MatMul((B, A))
    for z in (x, y):
        z.__dict__["_hash"] = 7
    assert x != y
    refuse(Claim(Rel("=", x, y), (), None))


# ---- what is refused -------------------------------------------------------------------------------------------------


class Text(str):
    pass


class Tuple(tuple[Any, ...]):
    pass


class Number(int):
    pass


class Ratio(Fraction):
    pass


class Stranger(Term):
    pass


class Impostor(Sym):
    pass


class Equal(type):
    """The kind of classes that say they are another class."""

    poses_as: type

    def __hash__(cls) -> int:
        return hash(cls.poses_as)

    def __eq__(cls, other: object) -> bool:
        return True


class PosingText(str, metaclass=Equal):
    poses_as = str


class PosingSymbol(Sym, metaclass=Equal):
    poses_as = Sym


SYM = A.parts()
WRONG = [
    ("a text of a class of its own", lambda: tampered(Sym(*SYM), name=Text("A"))),
    ("a tuple of a class of its own", lambda: tampered(MatMul((A, B)), args=Tuple((A, B)))),
    ("a list", lambda: tampered(MatMul((A, B)), args=[A, B])),
    ("an integer of a class of its own", lambda: tampered(as_index(1), const=Number(1))),
    ("a bool as an integer", lambda: tampered(as_index(1), const=True)),
    ("an integer as a bool", lambda: tampered(Sym(*SYM), family=0)),
    ("a float", lambda: tampered(as_index(1), const=1.0)),
    ("an integer as a fraction", lambda: tampered(Const(Fraction(1)), value=1)),
    ("a fraction of a class of its own", lambda: tampered(Const(Fraction(1)), value=Ratio(1))),
    ("a node that is none", lambda: tampered(MatMul((A, B)), args=(A, Stranger()))),
    ("a text of a class that says it is str", lambda: tampered(Sym(*SYM), name=PosingText("A"))),
    ("a node of a class that says it is Sym", lambda: MatMul((A, PosingSymbol(*SYM)))),
    ("a subclass of a node", lambda: MatMul((A, Impostor(*SYM)))),
    ("a variable as an index", lambda: tampered(Eye(n), size=n.terms[0][0])),
    ("a proposition as a term", lambda: tampered(MatMul((A, B)), args=(A, Rel("=", A, B)))),
    ("a text as a term", lambda: tampered(MatMul((A, B)), args=(A, "B"))),
    ("None as a term", lambda: tampered(MatMul((A, B)), args=(A, None))),
    ("a pair too long", lambda: tampered(as_index(1), terms=((n.terms[0][0], 1, 1),))),
    ("a flat pair", lambda: tampered(as_index(1), terms=n.terms[0])),
    ("a deeper tuple", lambda: tampered(Sym(*SYM), props=((),))),
    ("a fraction not in lowest terms", lambda: tampered(Const(Fraction(1)), value=_raw(2, 4))),
]


def _raw(top: int, bottom: int) -> Fraction:
    x = Fraction(1)
    x._numerator, x._denominator = top, bottom  # type: ignore[attr-defined]
    return x


@pytest.mark.parametrize(("what", "make"), WRONG, ids=[w for w, _ in WRONG])
def test_wrong_types_are_refused(what: str, make: Any) -> None:
    """Also where the right thing, to which the wrong one may be equal, was read just before."""
    for first in ((), (anew(A), MatMul((A, B)), as_index(1), Const(Fraction(1)), Eye(n), Sym(*SYM))):
        with pytest.raises(CertificateError):
            read_anew(*first, make())
    x = make()
    side = x if isinstance(x, Term) else Entry(A, x, as_index(1))
    refuse(Claim(Rel("=", side, side), (), None))


@pytest.mark.parametrize("value", [object(), None, 1, "x", [], {}, object, Sym, 1.0, len])
def test_what_is_no_node(value: Any) -> None:
    with pytest.raises(CertificateError):
        read_anew(value)
    with pytest.raises(Refused):
        kernel.check(value, NOTHING)
    with pytest.raises(Refused):
        kernel.check(FALSE, value)


def test_a_field_that_is_missing() -> None:
    x = MatMul((A, B))
    del x.__dict__["args"]
    refuse(Claim(Rel("=", x, x), (), None))


def test_a_number_that_is_the_identity_of_a_node() -> None:
    """Plain numbers and nodes are told apart by their type, not by what stands in a key."""
    v = n.terms[0][0]
    for count in range(3):
        read = reading._Reading(None, {})
        term = read.read(n.terms)
        hostile = tampered(as_index(1), terms=((id(term[0][0]) + count - 1, 1),))
        with pytest.raises(CertificateError):
            read.read(hostile)
    assert anew(n).terms == ((v, 1),)


# ---- recurrences -----------------------------------------------------------------------------------------------------


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was read before."""
    for name in ("_ALIKE", "_CLAIMS", "_RECURRENCES"):
        monkeypatch.setattr(reading, name, {})


@pytest.mark.usefixtures("forgetful")
def test_recurrences_with_equal_content_are_one() -> None:
    one, two = about(Elman(tanh)), about(Elman(tanh))
    assert one.cell is not two.cell
    assert well_formed(one).cell is well_formed(two).cell
    assert well_formed(about(Elman(sigmoid))).cell.steps != well_formed(one).cell.steps  # type: ignore[union-attr]


@pytest.mark.usefixtures("forgetful")
def test_a_claim_that_does_not_change_is_read_once() -> None:
    claim = about(Elman(tanh))
    found = well_formed(claim)
    assert well_formed(claim) is found == claim and found is not claim
    old = {id(x) for x in distinct(claim)}
    assert not [x for x in distinct(found) if id(x) in old]


@pytest.mark.usefixtures("forgetful")
def test_what_is_remembered_of_one_claim_is_of_no_use_to_an_equal_one() -> None:
    one, other = well_formed(about(Elman(tanh))), well_formed(about(Elman(tanh)))
    assert one == other and one is not other and one.cell is other.cell
    shared = set(map(id, distinct(one.cell)))  # type: ignore[arg-type]
    mine, yours = (set(map(id, distinct(c))) - shared for c in (one, other))
    assert mine and yours and not mine & yours


def changes(claim: Claim) -> list[Any]:
    """The nodes of a claim and its recurrence that have a field to change, each once."""
    return [x for x in distinct(claim, claim.cell) if x.parts()]  # type: ignore[arg-type]


@pytest.mark.usefixtures("forgetful")
def test_whatever_changes_in_a_claim_it_is_read_again() -> None:
    """Each field of each node in turn, to what is not even a node; back again it is the claim that it was."""
    count = len(changes(about(Elman(tanh))))
    assert count > 35
    for which in range(count):
        claim = about(Elman(tanh))
        good = Proved(Chain(None), None)
        assert kernel.check(claim, good).verdict == "proved"
        x = changes(claim)[which]
        for name in x.__dataclass_fields__:
            kept = x.__dict__[name]
            tampered(x, **{name: 1.5})
            refuse(claim, good)
            x.__dict__[name] = kept
        assert kernel.check(claim, good).verdict == "proved"


@pytest.mark.usefixtures("forgetful")
def test_a_node_that_becomes_one_of_another_kind_is_read_again() -> None:
    claim = Claim(Rel("=", Add((A, B)), Add((B, A))), (), None)
    assert kernel.check(claim, NOTHING).verdict == "proved"
    for side in (claim.conclusion.lhs, claim.conclusion.rhs):  # type: ignore[union-attr]
        object.__setattr__(side, "__class__", MatMul)
    refuse(claim)


@pytest.mark.usefixtures("forgetful")
def test_a_fraction_that_changes_is_read_again() -> None:
    half = Fraction(1, 2)
    claim = Claim(Rel("=", Const(half), Const(Fraction(1, 2))), (), None)
    assert kernel.check(claim, NOTHING).verdict == "proved"
    half._numerator = 3  # type: ignore[attr-defined]
    refuse(claim)


@pytest.mark.usefixtures("forgetful")
def test_a_claim_that_is_malformed_is_never_taken_for_read() -> None:
    odd = Sym("V", (n - 1, n - 1), "free", (), (), False)
    claim = Claim(eq(odd, odd), (), None)
    for _ in range(2):
        refuse(claim)


def test_a_poisoned_recurrence_is_of_no_use() -> None:
    """Its memory says that W D is the one-step Jacobian."""
    good = Elman(tanh)
    assert kernel.check(about(good), Proved(Chain(None), None)).verdict == "proved"
    h, j, t = good.h, as_index(Var("j", "index", None)), good.t
    swapped = Claim(
        eq(jacobian(h[t], h[t - 3], "numerator"), product(good.W_hh @ good.D[j], j, t, t - 2)), (), good.recurrence
    )
    body = swapped.conclusion.rhs
    good.recurrence.__dict__["_one_steps"] = {(body.body, body.var, ("h",), False): True}
    refuse(swapped, Proved(Chain(None), None))
    assert kernel.check(about(good), Proved(Chain(None), None)).verdict == "proved"


def test_a_judgement_hands_out_nothing_of_the_kernels_own() -> None:
    good = Elman(tanh)
    judgement = kernel.check(about(good), Proved(Chain(None), None))
    given = judgement.claim
    assert given == about(good) and given is not judgement.claim
    own = set(map(id, distinct(judgement.judged)))
    assert not [x for x in distinct(given) if id(x) in own]


@pytest.mark.usefixtures("forgetful")
def test_what_was_read_is_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SHARED", 50)
    monkeypatch.setattr(reading, "KEPT", 4)
    for activation in (tanh, sigmoid, relu, tanh, sigmoid, relu):
        assert kernel.check(about(Elman(activation)), Proved(Chain(None), None)).verdict == "proved"
    assert len(reading._ALIKE) < 400
    claims = [Claim(eq(A, A), (), None) for _ in range(9)]
    for claim in claims:
        well_formed(claim)
    assert len(reading._CLAIMS) <= 4 and len(reading._RECURRENCES) <= 4


def of_another(*props: str) -> Cell:
    """A recurrence with a W_hh of its own."""
    w, h = matrix("W_hh", n, n, *props), state("h", n)
    return cell("another", states={h: lambda q: tanh(w @ h[q - 1])})


def of_its_own(other: Cell) -> Claim:
    return Claim(eq(other.h[other.t], tanh(other.W_hh @ other.h[other.t - 1])), (), other.recurrence)


def test_what_another_recurrence_has_is_checked_too() -> None:
    """Whatever was read before, one name has one meaning: the other W_hh is symmetric."""
    e, other = Elman(tanh), of_another("symmetric")
    J = jacobian(e.h[e.t], e.h[e.t - 1], "numerator")
    false = Claim(eq(other.W_hh.T @ J, other.W_hh @ J), (), e.recurrence)
    refuse(false)
    assert kernel.check(of_its_own(other), Proved(Words("left", "left", (other.h[other.t],), ()), None))
    refuse(false)


def test_what_a_refused_recurrence_has_is_checked_too() -> None:
    """A malformed symbol, read and refused as part of a recurrence, is refused in a claim about another."""
    odd = Sym("V", (n - 1, n - 1), "free", (), (), False)
    h = state("h", n)
    bad = Elman(tanh).recurrence
    bad = replace(bad, steps=((h, MatMul((odd, h[as_index(bad.time)]))),))
    refuse(Claim(eq(A, A), (), bad))
    refuse(Claim(eq(det(odd), det(odd)), (), Elman(tanh).recurrence))


def test_a_recurrence_that_has_changed_is_read_again() -> None:
    good, other = Elman(tanh), Elman(sigmoid)
    assert kernel.check(about(good), Proved(Chain(None), None)).verdict == "proved"
    tampered(good.recurrence, locals=other.recurrence.locals)  # D is of the sigmoid
    refuse(about(good), Proved(Chain(None), None))
    tampered(good.recurrence, steps=other.recurrence.steps)
    assert kernel.check(about(good), Proved(Chain(None), None)).claim.cell == other.recurrence


def test_a_symbol_that_has_changed_is_read_again() -> None:
    """In a claim about another recurrence than that which it was read with."""
    e, other = Elman(tanh), of_another()
    assert kernel.check(of_its_own(other), Proved(Words("left", "left", (other.h[other.t],), ()), None))
    w = tampered(other.W_hh, props=("symmetric",))
    refuse(Claim(eq(w @ e.h[e.t], e.W_hh @ e.h[e.t]), (), e.recurrence))


# ---- nodes -----------------------------------------------------------------------------------------------------------


def test_nodes_are_made_as_dataclasses_are() -> None:
    assert Words("left", "left", (), ()) == Words("left", "left", (), (), False) == Words("left", "left", (), uses=())
    assert Var(name="n", kind="size", low=1) == Var("n", kind="size", low=1) == Var("n", "size", 1)
    assert Known() == Known() != Leaf() and hash(Eye(n)) == hash(Eye(size=n))
    for wrong in ((), ("n",), ("n", "size"), ("n", "size", 1, 2)):
        with pytest.raises(TypeError):
            Var(*wrong)
    with pytest.raises(TypeError):
        Var("n", "size", name="n")
    with pytest.raises(AttributeError):
        n.const = 2  # type: ignore[misc]
    for kind in NODES.values():
        with pytest.raises(TypeError):
            kind(*range(30))


def test_differences_of_indices() -> None:
    t, k = as_index(Var("t", "time", None)), as_index(Var("k", "lag", 1))
    assert (t + 3) - (t + 1) == as_index(2) and t - 2 == t + -2 and (t - k) - t == -k and 3 - t == -(t - 3)
    assert t - t == Index((), 0) and (t + k) - (k + t) == Index((), 0)
    for wrong in (True, 1.0, "1", None):
        with pytest.raises(TypeError):
            t - wrong  # type: ignore[operator]
        with pytest.raises(TypeError):
            t + wrong  # type: ignore[operator]


def test_a_node_class_of_the_same_name_is_another() -> None:
    @node
    class Pair(Term):
        left: Term
        right: Term

    first = Pair(A, B)
    try:
        assert anew(first) == first  # known, and without any rule
        refuse(Claim(Rel("=", first, first), (), None))
    finally:
        NODES.pop("Pair"), codec.FIELDS.pop(Pair)
    with pytest.raises(CertificateError):
        read_anew(first)


def test_jacobians_are_read_too() -> None:
    e = Elman(tanh)
    j = Jac(e.h[e.t], e.h[e.t - 1], "numerator")
    assert anew(j) == j


def test_the_same_recurrence_with_another_activation_is_made_once() -> None:
    one = Elman(tanh).recurrence
    other = with_activation(one, "tanh", "relu")
    assert other is with_activation(one, "tanh", "relu") and other == Elman(relu).recurrence
    claim = about(Elman(tanh))
    changed: Any = with_activation(claim, "tanh", "relu")
    assert changed.cell == other and with_activation(claim, "sigmoid", "relu") == claim
