"""Reports: pure functions of results. None of them decides anything."""
