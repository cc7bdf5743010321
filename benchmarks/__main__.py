"""``python -m benchmarks [--quick] [--only LETTERS] [--write PAGE]``: the tables as Markdown on standard output.

Exit code 1 when an aim is missed; with ``--quick``, which CI runs, never for that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.sections import ALL
from benchmarks.tables import machine, markdown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look: fewer sizes and repetitions, no exit code")
    parser.add_argument("--write", metavar="PAGE", help="put them into this page too, between its two markers")
    parser.add_argument("--only", default="".join(ALL), help="letters of the subjects wanted, such as bc")
    wanted = parser.parse_args()
    sections = []
    for letter in wanted.only:
        print(f"measuring {letter} ...", file=sys.stderr, flush=True)
        sections.append(ALL[letter](wanted.quick))
    found = f"{machine()}\n\n{markdown(sections)}"
    print(found, end="")
    if wanted.write:
        write(Path(wanted.write), found)
    missed = [a for s in sections for a in s.aims if not a.met]
    return 1 if missed and not wanted.quick else 0


def write(page: Path, found: str) -> None:
    """Replace what stands between the markers of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    if not (begin and end):
        raise SystemExit(f"{page} has no <!-- measured --> ... <!-- end -->")
    page.write_text(f"{before}{begin}{found}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
