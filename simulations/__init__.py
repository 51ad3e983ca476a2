"""Headless runs and benchmarks on the same actors."""
