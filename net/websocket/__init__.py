"""The WebSocket `/ws`: committed events to those who may see them, and trades from programs, over one socket."""
