"""Simulations that people start on a running floor: a queue, and one actor for each that runs."""
