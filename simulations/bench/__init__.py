"""Benchmarks: every figure beside a bound that was measured in the same run."""
