"""Metering and oversight over gRPC: servers, the stores they need, and clients that satisfy the actors' ports."""
