"""Tests, mirroring the packages, plus end-to-end and conformance runs."""
