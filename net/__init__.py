"""The edge: HTTP, WebSocket and gRPC."""
