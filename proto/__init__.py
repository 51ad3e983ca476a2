"""The gRPC contract and what is generated from it."""
