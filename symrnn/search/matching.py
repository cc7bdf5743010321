"""Matching the leading word of an equation inside a word, up to known commutations. Untrusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symrnn.claims.index import Index, Node, Var, as_index
from symrnn.claims.substitution import fields, rebuild, substitute
from symrnn.claims.tree import Prop, Term
from symrnn.semantics.algebra import Algebra
from symrnn.semantics.context import base
from symrnn.semantics.monomials import Word, exponent, power

Values = dict[Any, Any]


def replaced(n: Any, old: Term, new: Term) -> Any:
    """A term or proposition with another term in place of one, wherever it stands as it is."""
    if n == old:
        return new
    return rebuild(n, lambda c: replaced(c, old, new)) if isinstance(n, Term | Prop | tuple) else n


def solve(pattern: Index, subject: Index, free: frozenset[Any], values: Values) -> bool:
    """Extend ``values`` so that the pattern becomes the subject, if one free variable settles it."""
    rest = subject
    unknown: list[tuple[Var, int]] = []
    for v, c in pattern.terms:
        if v in values:
            rest = rest - c * as_index(values[v])
        elif v in free:
            unknown.append((v, c))
        else:
            rest = rest - c * as_index(v)
    rest = rest - pattern.const
    for v, c in tuple(unknown):  # of several, those that the subject has as well stand for themselves
        if len(unknown) > 1 and (v, c) in subject.terms:
            unknown.remove((v, c))
            values[v], rest = as_index(v), rest - c * as_index(v)
    if not unknown:
        return rest == as_index(0)
    if len(unknown) > 1 or abs(unknown[0][1]) != 1:
        return False
    values[unknown[0][0]] = rest * unknown[0][1]
    return True


def match_term(pattern: Any, subject: Any, free: frozenset[Any], values: Values) -> bool:
    """One-sided unification of trees; only integer variables are instantiated."""
    if isinstance(pattern, Index):
        return isinstance(subject, Index) and solve(pattern, subject, free, values)
    if type(pattern) is not type(subject):
        return False
    if isinstance(pattern, tuple):
        return len(pattern) == len(subject) and all(
            match_term(p, s, free, values) for p, s in zip(pattern, subject, strict=True)
        )
    if isinstance(pattern, Node):
        return match_term(fields(pattern), fields(subject), free, values)
    return bool(pattern == subject)


def occurrences(
    algebra: Algebra, pattern: Word, word: Word, free: frozenset[Any]
) -> Iterator[tuple[Word, Word, Values]]:
    """(u, v, values) with u pattern[values] v equal to the word."""
    for start in range(len(word)):
        yield from _from(algebra, pattern, word, free, start)


def _from(
    algebra: Algebra, pattern: Word, word: Word, free: frozenset[Any], start: int
) -> Iterator[tuple[Word, Word, Values]]:
    values: Values = {}
    before: list[Term] = list(word[:start])
    after: list[Term] = []
    matched: list[Term] = []
    position = start
    for i, p in enumerate(pattern):
        while position < len(word):
            left_over = _factor(p, word[position], free, values, algebra)
            if left_over is not None:
                break
            if not matched:
                return
            skipped = word[position]  # goes left if it can pass what is matched so far, else right
            left = all(algebra.context.commute(skipped, m) for m in matched)
            (before if left else after).append(skipped)
            position += 1
        else:
            return
        extra = left_over
        if i == len(pattern) - 1:
            if all(algebra.context.commute(x, m) for x in extra for m in matched):
                yield (*before, *extra), (*after, *word[position + 1 :]), dict(values)
            if extra or matched:
                yield tuple(before), (*extra, *after, *word[position + 1 :]), dict(values)
            return
        before += extra
        matched.append(word[position])
        position += 1


def _factor(p: Term, s: Term, free: frozenset[Any], values: Values, algebra: Algebra) -> Word | None:
    """What is left of ``s`` once ``p``, a power of the same letter, is taken out; None if it is not in it."""
    trial = dict(values)
    if not match_term(base(p), base(s), free, trial):
        return None
    gap = exponent(s) - substitute(exponent(p), trial)
    if any(v in free for v, _ in gap.terms):
        if not solve(exponent(p), exponent(s), free, trial):
            return None
        gap = as_index(0)
    if not algebra.context.at_least(gap, 0) and not algebra.context.regular(base(s)):
        return None
    if gap.is_const and exponent(s).is_const and abs(gap.const) > abs(exponent(s).const):
        return None  # what is left would be larger than what there was
    values.update(trial)
    left = power(base(s), gap)
    return () if left is None else (left,)
