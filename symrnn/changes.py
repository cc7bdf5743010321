"""What changed between two results, and whether for the worse: ``symrnn diff`` and ``derivation_regression``.

For the worse is, of a step: it passed and does not now; an alarm; and, for the same claim under the same hypotheses
about the same cell: a verdict that was decided and is UNDECIDED, PROVED that is anything else, CONDITIONAL that is
REFUTED, REFUTED that is PROVED (one of the two runs is wrong), a smaller scope, an inference that held or failed and
is unknown or the opposite, and a condition, a repair, a counterexample or a cross-check that is gone. A step or
derivation that is gone is for the worse, and so is a new step that does not pass, and a new error. The opposites are
for the better. Everything else, such as another counterexample, has changed and is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from symrnn.records import dataclass
from symrnn.verdicts import Data

WORSE, BETTER, NEITHER = "worse", "better", "changed"
DECIDED = ("refuted", "conditional", "proved")
RISES = {("refuted", "conditional"), ("undecided", "refuted"), ("undecided", "conditional"), ("undecided", "proved")}
CLAIM = ("assumptions", "layout")  # what a claim means, besides its text
TOLD = ("lemmas", "rests_on", "failing_set", "reason", "variants", "expected")


@dataclass(frozen=True)
class Change:
    """One thing that changed: where, whether for the worse, and what."""

    where: str
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind:<8}{self.where}: {self.what}"


def compare_documents(old: Data, new: Data) -> list[Change]:
    """What changed between two documents of ``symrnn check --format json``; KeyError or TypeError if they are none."""
    found: list[Change] = []
    before, after = _by_title(old["derivations"]), _by_title(new["derivations"])
    for title in dict.fromkeys((*before, *after)):
        if title not in after:
            found.append(Change(title, WORSE, "the derivation is gone"))
        elif title not in before:
            kind = BETTER if all(map(_passes, after[title]["steps"])) else WORSE
            found.append(Change(title, kind, f"a new derivation with {len(after[title]['steps'])} steps"))
        else:
            found += compare_derivations(before[title], after[title], f"{title}, " if len(after) > 1 else "")
    known = [(e["source"], e["message"]) for e in old["errors"]]
    for e in new["errors"]:
        if (e["source"], e["message"]) not in known:
            found.append(Change(e["source"] or "run", WORSE, f"a new error: {e['message']}"))
    return found


def _by_title(derivations: Iterable[Data]) -> dict[str, Data]:
    """Derivations by title; of several with the same title the later ones are counted."""
    found: dict[str, Data] = {}
    for d in derivations:
        title, n = str(d["title"]), 2
        while title in found:
            title, n = f"{d['title']} ({n})", n + 1
        found[title] = d
    return found


def compare_derivations(old: Data, new: Data, prefix: str = "") -> list[Change]:
    """What changed between two results of one derivation."""
    same_cell = all(old.get(k) == new.get(k) for k in ("cell", "activation"))
    found = []
    if not same_cell:
        told = [
            f"{d['cell']} with {d['activation'] or 'no activation'}" if d["cell"] else "no cell" for d in (old, new)
        ]
        found.append(Change(f"{prefix}cell", NEITHER, f"{told[0]} is now {told[1]}"))
    before, after = ({s["id"]: s for s in d["steps"]} for d in (old, new))
    for id in dict.fromkeys((*before, *after)):
        where = f"{prefix}step {id}"
        if id not in after:
            found.append(Change(where, WORSE, f"gone; it was {before[id]['verdict']}"))
        elif id not in before:
            kind = BETTER if _passes(after[id]) else WORSE
            found.append(Change(where, kind, f"new, and {after[id]['verdict']}"))
        else:
            found += [Change(where, *c) for c in _step(before[id], after[id], same_cell)]
    return found


def _passes(step: Mapping[str, Any]) -> bool:
    return bool(step["verdict"] == (step["expected"] or "proved")) and not step.get("alarm")


def _step(old: Data, new: Data, same_cell: bool) -> Iterator[tuple[str, str]]:
    same = same_cell and old["claim"]["text"] == new["claim"]["text"] and all(old[k] == new[k] for k in CLAIM)
    if old["claim"]["text"] != new["claim"]["text"]:
        yield NEITHER, f"the claim was {old['claim']['text']} and is {new['claim']['text']}"
    for key in CLAIM:
        if old[key] != new[key]:
            yield NEITHER, f"{key}: {_told(old[key])} -> {_told(new[key])}"
    if old.get("alarm") != new.get("alarm"):
        yield (
            (WORSE, f"an alarm: {new['alarm']}") if new.get("alarm") else (BETTER, f"no alarm any more: {old['alarm']}")
        )
    yield from _verdict(old, new, same)
    for key in ("scope", "partial_scope"):
        if old[key] != new[key]:
            yield _scopes(old, new, key) if same else NEITHER, f"{key}: {_cover(old[key])} -> {_cover(new[key])}"
    if old["inference"] != new["inference"]:
        yield _inference(old["inference"], new["inference"]), f"inference: {old['inference']} -> {new['inference']}"
    yield from _conditions(old["conditions"], new["conditions"], same)
    for key in ("counterexample", "repair", "crosscheck"):
        yield from _thing(key, old, new, same)
    for key in TOLD:
        if old.get(key) != new.get(key):
            yield NEITHER, f"{key}: {_told(old.get(key))} -> {_told(new.get(key))}"


def _verdict(old: Data, new: Data, same: bool) -> Iterator[tuple[str, str]]:
    was, now = old["verdict"], new["verdict"]
    passed = _passes(old), _passes(new)
    if was == now and passed[0] == passed[1]:
        return
    told = f"{was} -> {now}" if was != now else f"{now}, now where {new['expected'] or 'proved'} is expected"
    if passed == (True, False):
        yield WORSE, f"verdict: {told}; it passed and does not now"
    elif passed == (False, True):
        yield BETTER, f"verdict: {told}; it passes now"
    elif was == now or not same:
        yield NEITHER, f"verdict: {told}"
    else:
        yield (BETTER if (was, now) in RISES else WORSE), f"verdict: {told}"


def _scopes(old: Data, new: Data, key: str) -> str:
    """Whether the sizes and lags covered became more; a verdict that changed with them has been told."""
    if old["verdict"] != new["verdict"]:
        return NEITHER
    parts = [_covered(_part(old[key], p), _part(new[key], p)) for p in ("sizes", "lags")]
    return WORSE if WORSE in parts else BETTER if BETTER in parts else NEITHER


def _part(scope: Data, part: str) -> Data:
    return None if scope is None else scope[part]


def _covered(old: Data, new: Data) -> str:
    if old == new:
        return NEITHER
    return BETTER if _within(old, new) else WORSE


def _within(small: Data, large: Data) -> bool:
    """Whether every size or lag of one cover is in another: "all", {"min": 2}, a list, None for nothing."""
    if small is None or large == "all":
        return True
    if large is None or small == "all":
        return False
    if isinstance(large, Mapping):
        least = small["min"] if isinstance(small, Mapping) else min(small, default=large["min"])
        return bool(least >= large["min"])
    return not isinstance(small, Mapping) and set(small) <= set(large)


def _cover(scope: Data) -> str:
    if scope is None:
        return "none"
    return ", ".join(f"{part} {_told(scope[part])}" for part in ("sizes", "lags") if scope[part] is not None) or "none"


def _inference(old: str, new: str) -> str:
    if "none" in (old, new):
        return NEITHER
    return BETTER if old == "unknown" else WORSE


def _conditions(old: list[Data], new: list[Data], same: bool) -> Iterator[tuple[str, str]]:
    was, now = (dict.fromkeys(map(_condition, c)) for c in (old, new))
    for gone in (c for c in was if c not in now):
        yield (WORSE if same else NEITHER), f"a condition is gone: it {gone}"
    for found in (c for c in now if c not in was):
        yield (BETTER if same else NEITHER), f"a condition is new: it {found}"


def _condition(c: Data) -> str:
    given = f" (given {'; '.join(c['under'])})" if c["under"] else ""
    return f"holds {'if and only if' if c['exact'] else 'if'} {c['text']}{given}"


def _thing(key: str, old: Data, new: Data, same: bool) -> Iterator[tuple[str, str]]:
    was, now = old.get(key), new.get(key)
    if was == now:
        return
    rated = same and old["verdict"] == new["verdict"]
    if now is None:
        yield (WORSE if rated else NEITHER), f"the {key} is gone"
    elif was is None:
        yield (BETTER if rated else NEITHER), f"a {key} is new"
    else:
        yield NEITHER, f"another {key}"


def _told(value: Data) -> str:
    if isinstance(value, list):
        return ", ".join(_told(v) for v in value) or "none"
    if isinstance(value, Mapping):
        return " ".join(f"{k} {_told(v)}" for k, v in value.items())
    return "none" if value in (None, "") else str(value)


__all__ = ["BETTER", "NEITHER", "WORSE", "Change", "compare_derivations", "compare_documents"]
