"""Benchmarks: ``python -m bench`` (or ``make bench``) runs all of them and rewrites ``bench/RESULTS.md``."""
