"""Golden data as files of their own, by syrupy: ``--snapshot-update`` writes them, unused ones are reported.

Needs syrupy; imported when a fixture is used, and not before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

Judge = Callable[[str, str], bool]  # (stored, of today) -> the stored one may stay


class Golden(SingleFileSnapshotExtension):
    """Text compared by ``judge`` instead of letter by letter."""

    _write_mode = WriteMode.TEXT
    file_extension = "golden"
    judge: Judge | None = None

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        if self.judge is None:
            return bool(serialized_data == snapshot_data)
        return self.judge(str(snapshot_data), str(serialized_data))


class GoldenResult(Golden):
    """Results of derivations, as JSON."""

    file_extension = "golden.json"


def matches(snapshot: SnapshotAssertion, kind: type[Golden], name: str, text: str, judge: Judge) -> bool | None:
    """Whether today's text meets the stored one; None if there is none stored.

    Under ``--snapshot-update`` whatever is not stored letter by letter is written, and met.
    """
    assertion = snapshot.use_extension(kind)
    extension = assertion.extension
    if isinstance(extension, Golden) and not assertion.update_snapshots:
        extension.judge = judge
    met = assertion(name=name) == text
    (result,) = assertion.executions.values()
    if result.exception is not None:
        raise result.exception
    return None if not met and result.recalled_data is None else bool(met)
