"""The helpers beside the tests (closed_forms, referee, evaluator) can be imported by name."""

from __future__ import annotations

import sys
from pathlib import Path

pytest_plugins = ["pytester"]

sys.path.insert(0, str(Path(__file__).parent))
