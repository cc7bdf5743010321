"""Measured speed: ``python -m benchmarks`` (``--quick`` for a short look). Ratios within one run are what counts."""
