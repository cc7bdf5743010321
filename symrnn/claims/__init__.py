"""The language of claims: an immutable tree, its shapes, recurrences and activations as data."""

from __future__ import annotations

from symrnn.claims.recurrence import Claim
from symrnn.claims.text import text as _text
from symrnn.claims.tree import Loss, Prop, Term

for _printed in (Term, Loss, Prop, Claim):  # the tree knows nothing of its printers, which stand below it
    type.__setattr__(_printed, "__str__", _text)
