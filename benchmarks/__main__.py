"""``python -m benchmarks [--quick] [--only LETTERS]``: the tables as Markdown on standard output.

Exit code 1 when an aim is missed; with ``--quick``, which CI runs, never for that.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.sections import ALL
from benchmarks.tables import machine, markdown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look: fewer sizes and repetitions, no exit code")
    parser.add_argument("--only", default="".join(ALL), help="letters of the subjects wanted, such as bc")
    wanted = parser.parse_args()
    sections = []
    for letter in wanted.only:
        print(f"measuring {letter} ...", file=sys.stderr, flush=True)
        sections.append(ALL[letter](wanted.quick))
    print(f"{machine()}\n\n{markdown(sections)}", end="")
    missed = [a for s in sections for a in s.aims if not a.met]
    return 1 if missed and not wanted.quick else 0


if __name__ == "__main__":
    sys.exit(main())
