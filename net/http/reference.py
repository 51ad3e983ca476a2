"""What the API says of itself: its version, the OpenAPI and AsyncAPI documents, and the reference page."""

from collections.abc import Sequence
from typing import Any

from net.http.call import Call
from net.http.openapi import document
from net.http.page import page
from net.http.routing import Reply, Route, Routes
from net.websocket import asyncapi
from net.wire.converter import to_json
from net.wire.shapes import VersionShape


def describe(operations: Sequence[Route]) -> Sequence[Route]:
    """Return the routes that describe these operations, and themselves."""
    routes = Routes("Reference")
    described: dict[str, Any] = {}

    def described_once(version: str) -> dict[str, Any]:
        if not described:
            described.update(document([*operations, *routes.collected], version))
        return described

    @routes.add("GET", "/api", role=None, answer=VersionShape)
    async def get_version(call: Call) -> Reply:
        """Say which version this is, and where its documents are."""
        version = call.edge.settings.version
        return Reply(to_json(VersionShape("tradefloor", version, "/api/docs", "/openapi.json", "/asyncapi.json")))

    @routes.add("GET", "/openapi.json", role=None)
    async def get_document(call: Call) -> Reply:
        """Return the OpenAPI document."""
        return Reply(described_once(call.edge.settings.version))

    @routes.add("GET", "/asyncapi.json", role=None)
    async def get_socket_document(call: Call) -> Reply:
        """Return the AsyncAPI document of the WebSocket."""
        return Reply(asyncapi.document(call.edge.settings.version))

    @routes.add("GET", "/api/docs", role=None)
    async def get_reference(call: Call) -> Reply:
        """Show the reference to a person; it needs no other file, and no internet."""
        return Reply(html=page(described_once(call.edge.settings.version)))

    return routes.collected
