"""Benchmarks: ratios in one run against a limit measured beside them. ``make bench`` writes bench/results.md."""
