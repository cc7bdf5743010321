"""Numbers written as closed forms, such as ``log(2) - 3/4``: a small parser that runs no text as code."""

from __future__ import annotations

import re
from typing import Any

from symrnn.crosscheck.arithmetic import Arithmetic, NotNumeric, Value

_TOKEN = re.compile(r"\s*(\d+|\*\*|[-+*/()]|[a-z]+)")
_FUNCTIONS = ("log", "exp", "sqrt", "tanh", "atanh")
LONGEST_TEXT, DEEPEST, LARGEST_POWER = 100_000, 200, 10_000


def closed_form(text: Any, numbers: Arithmetic) -> Value:
    """The value of a whole number, or of a text of + - * / ** ( ), whole numbers, log exp sqrt tanh atanh.

    Raises NotNumeric if it is anything else or no real number.

    >>> print(Arithmetic(50).text(closed_form("-2**2 + sqrt(9)/2", Arithmetic(50))))
    -2.5
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return numbers.ctx.mpf(text)
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise NotNumeric(f"{str(text)[:40]!r} is no number")
    parser = _Parser(text, numbers)
    try:
        value = parser.sum()
    except (ValueError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise NotNumeric(f"{text[:40]!r}: {error}") from error
    if parser.next is not None:
        raise NotNumeric(f"{text[:40]!r}: {parser.next!r} is left over")
    if not isinstance(value, numbers.ctx.mpf) or not numbers.ctx.isfinite(value):
        raise NotNumeric(f"{text[:40]!r} is no real number")
    return value


class _Parser:
    """Recursive descent with Python's precedences: -2**2 is -4, 2**-1 is 1/2, 2**3**2 is 2**9."""

    def __init__(self, text: str, numbers: Arithmetic) -> None:
        self.numbers, self._depth = numbers, 0
        self._tokens, place, text = [], 0, text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise NotNumeric(f"{text[place : place + 20]!r} is not part of a number")
            self._tokens.append(match[1])
            place = match.end()
        self._tokens.reverse()

    @property
    def next(self) -> str | None:
        return self._tokens[-1] if self._tokens else None

    def _take(self, *wanted: str) -> str | None:
        return self._tokens.pop() if self.next in wanted else None

    def sum(self) -> Value:
        out = self._product()
        while sign := self._take("+", "-"):
            term = self._product()
            out = out + term if sign == "+" else out - term
        return out

    def _product(self) -> Value:
        out = self._signed()
        while sign := self._take("*", "/"):
            factor = self._signed()
            out = out * factor if sign == "*" else out / factor
        return out

    def _signed(self) -> Value:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotNumeric("nested too deeply")
        sign = self._take("+", "-")
        out = self._power() if sign is None else self._signed() if sign == "+" else -self._signed()
        self._depth -= 1
        return out

    def _power(self) -> Value:
        base = self._atom()
        if self._take("**") is None:
            return base
        exponent = self._signed()
        if abs(exponent) > LARGEST_POWER:
            raise NotNumeric("a power too large")
        return base ** (int(exponent) if exponent == int(exponent) else exponent)

    def _atom(self) -> Value:
        token = self._tokens.pop() if self._tokens else "nothing"
        if token.isdigit():
            return self.numbers.ctx.mpf(int(token))
        if token in _FUNCTIONS and self.next == "(":
            return getattr(self.numbers.ctx, token)(self._atom())
        if token == "(":
            out = self.sum()
            if self._take(")"):
                return out
        raise NotNumeric(f"{token!r} where a number is needed")
