"""Webhooks: news for other people's tools, signed, and sent to no address of our own network."""
