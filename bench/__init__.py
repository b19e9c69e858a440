"""Measurements: ``python3 -m bench.NAME``. What they print goes into docs/performance.md."""
