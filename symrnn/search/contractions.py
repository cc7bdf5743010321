"""At most one fixed point: p = f(W p), q = f(W q) and sup |f'| ||W|| < 1 make p = q. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symrnn.certificates import Antisymmetry, Cite, Combine, Given, Order, Proof, Use, Words
from symrnn.claims.index import as_index
from symrnn.claims.shapes import ONE, shape_of
from symrnn.claims.substitution import contains
from symrnn.claims.tree import HOLE, Add, Apply, Const, MatMul, Norm, Pow, Prop, Rel, Sym, Term, Times, Zeros
from symrnn.errors import SymrnnError
from symrnn.lemmas import LEMMAS
from symrnn.records import replace
from symrnn.search.lemmas import Prover, accepted, in_facts, instances, with_facts
from symrnn.search.orders import prove_order
from symrnn.search.parts import factored
from symrnn.search.reciprocals import positive_divisors, positive_reciprocals, reciprocals
from symrnn.semantics.inequalities import AtMost, known
from symrnn.semantics.sequents import Sequent

ZERO, UNIT, MINUS = Const(Fraction(0)), Const(Fraction(1)), Const(Fraction(-1))
NOTHING = "what has norm 0"
Image = tuple[str, Term, bool]  # the hypothesis that says what a column is the value of, the value, whether it says so


def prove_by_contraction(s: Sequent, prove: Prover) -> Proof | None:
    """p = q, or p = 0, between columns that hypotheses say are values of an activation."""
    goal = s.goal
    if not isinstance(goal, Rel) or goal.op != "=" or not any(contains(h, Apply) for h in s.hypotheses):
        return None
    shape = shape_of(goal.lhs) or shape_of(goal.rhs)
    sides = [x for x in (goal.lhs, goal.rhs) if x != ZERO and not isinstance(x, Zeros)]
    images = _images(s)
    if shape is None or shape[1] != ONE or not sides or any(x not in images for x in sides):
        return None
    for kind in ("2", "inf", "1"):
        found = _by_norm(s, kind, sides, [images[x] for x in sides], prove)
        if found is not None:
            return found
    return None


def _images(s: Sequent) -> dict[Term, Image]:
    out: dict[Term, Image] = {}
    for i, h in enumerate(s.hypotheses):
        sides = ((h.lhs, h.rhs, True), (h.rhs, h.lhs, False)) if isinstance(h, Rel) and h.op == "=" else ()
        for x, value, forwards in sides:
            if isinstance(x, Sym) and x.role == "free" and isinstance(value, Apply):
                out.setdefault(x, (f"hyp:{i}", value, forwards))
    return out


def _difference(sides: list[Term]) -> Term:
    return sides[0] if len(sides) == 1 else Add((sides[0], Times((MINUS, sides[1]))))


def _by_norm(s: Sequent, kind: str, sides: list[Term], images: list[Image], prove: Prover) -> Proof | None:
    """x = p - q has ||x|| = ||f(W p) - f(W q)|| <= c ||x||, so (1 - c) ||x|| <= 0, and it is 0."""
    size = Norm(_difference(sides), kind)
    image = Norm(_difference([value for _, value, _ in images]), kind)
    bound = _factor(s, size, image)
    if bound is None:
        return None
    taken: list[tuple[Prop, Proof]] = []
    rest, one = Add((UNIT, Times((MINUS, bound)))), as_index(1)
    if prove_order(replace(s, goal=Rel("<", ZERO, rest)), prove) is None:
        return None
    less, reciprocal = Rel("<=", size, Times((bound, size))), Pow(rest, -one)
    for prop, find in (
        (Rel("=", size, image), lambda x: _images_of(sides, images, kind)),
        (less, lambda x: prove_order(x, prove)),
        (Rel("<=", size, ZERO), lambda x: _divided(x, size, less, reciprocal, prove)),
        (Rel("=", size, ZERO), lambda x: Antisymmetry(Order((_hyp(x, Rel("<=", size, ZERO)),)), Order(()))),
        (Rel("=", size.arg, ZERO), _nothing),
    ):
        proof = find(replace(s, goal=prop))
        if proof is None or not accepted(replace(s, goal=prop), proof):
            return None
        taken.append((prop, proof))
        s = s.with_fact(prop)
    made = in_facts(taken)(Words("left", "left", (), (Use(HOLE, f"hyp:{len(s.hypotheses) - 1}", (), ()),)))
    return made


def _factor(s: Sequent, size: Norm, image: Norm) -> Term | None:
    """c where ||f(W p) - f(W q)|| <= sup |f'| ||W|| ||p - q||."""
    try:
        _, bound, _ = known(s, AtMost("difference of values", image, (), (), UNIT, ONE))
        algebra = s.algebra("left")
        inner = algebra.term(bound.args[1].arg)  # type: ignore[attr-defined]
        x = algebra.term(size.arg)
        for product in (*factored(inner), *((inner,) if isinstance(inner, MatMul) else ())):
            matrix, column = product.args[0], product.args[1:]
            if len(column) == 1 and algebra.term(column[0]) in (x, algebra.term(Times((MINUS, x)))):
                return Times((bound.args[0], Norm(matrix, size.kind)))  # type: ignore[attr-defined]
    except SymrnnError:
        return None
    return None


def _images_of(sides: list[Term], images: list[Image], kind: str) -> Proof:
    """||p - q|| = ||f(W p) - q|| = ||f(W p) - f(W q)||."""
    uses, now = [], list(sides)
    for at, (name, value, forwards) in enumerate(images):
        context: Term = Norm(_difference([*now[:at], HOLE, *now[at + 1 :]]), kind)
        uses.append(Use(context if forwards else Times((MINUS, context)), name, (), ()))
        now[at] = value
    return Words("left", "left", (), tuple(uses))


def _divided(s: Sequent, size: Norm, less: Rel, reciprocal: Pow, prove: Prover) -> Proof | None:
    """||x|| <= 0 from ||x|| <= c ||x||, which is divided by 1 - c > 0."""
    asked = replace(s, goal=Rel("<=", Times((size, reciprocal)), ZERO))
    richer, wrap = with_facts(asked, prove, (positive_divisors, reciprocals, positive_reciprocals))
    facts = Rel("<", ZERO, reciprocal), Rel("=", reciprocal.base * reciprocal, UNIT)
    if any(f not in richer.hypotheses for f in facts):
        return None
    sign, whole, bare = (_hyp(richer, f) for f in (*facts, less))
    tried = (Combine(((Fraction(1), (bare, sign)),), ((whole, c),)) for c in (size, Times((MINUS, size))))
    made = next((c for c in tried if accepted(replace(richer, goal=s.goal), c)), None)
    return wrap(made) if made is not None else None


def _hyp(s: Sequent, p: Prop) -> AtMost:
    return AtMost(f"hyp:{s.hypotheses.index(p)}", UNIT, (), (), UNIT, ONE)


def _nothing(s: Sequent) -> Proof | None:
    """What has norm 0, which was shown last, is 0."""
    tried: Iterator[Proof] = (
        Cite(NOTHING, tuple(sorted(values.items(), key=lambda item: str(item[0].key))), (Given(len(s.hypotheses) - 1),))
        for values in instances(s, LEMMAS[NOTHING].claim, s.goal)
    )
    return next((c for c in tried if accepted(s, c)), None)
