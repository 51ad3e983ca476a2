"""Fault simulation of the product itself: the live wiring under a virtual clock and seeded faults."""
