"""What the API says of itself: its version, the OpenAPI and AsyncAPI documents, and the reference page."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from net.dashboard.files import File, file_of
from net.http.call import Call
from net.http.files import sent
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
    written: dict[str, File] = {}

    def described_once(version: str) -> dict[str, Any]:
        if not described:
            described.update(document([*operations, *routes.collected], version))
        return described

    def written_once(name: str, write: Callable[[], bytes]) -> File:
        """Write a document for the first who asks: it takes as long as twenty answers, and anybody may ask."""
        if name not in written:
            written[name] = file_of(name, write())
        return written[name]

    @routes.add("GET", "/api", role=None, answer=VersionShape)
    async def get_version(call: Call) -> Reply:
        """Say which version this is, and where its documents are."""
        version = call.edge.settings.version
        return Reply(to_json(VersionShape("tradefloor", version, "/api/docs", "/openapi.json", "/asyncapi.json")))

    @routes.add("GET", "/openapi.json", role=None)
    async def get_document(call: Call) -> Reply:
        """Return the OpenAPI document."""
        version = call.edge.settings.version
        return sent(call, written_once("openapi.json", lambda: orjson.dumps(described_once(version))), {})

    @routes.add("GET", "/asyncapi.json", role=None)
    async def get_socket_document(call: Call) -> Reply:
        """Return the AsyncAPI document of the WebSocket."""
        version = call.edge.settings.version
        return sent(call, written_once("asyncapi.json", lambda: orjson.dumps(asyncapi.document(version))), {})

    @routes.add("GET", "/api/docs", role=None)
    async def get_reference(call: Call) -> Reply:
        """Show the reference to a person; it needs no other file, and no internet."""
        version = call.edge.settings.version
        return sent(call, written_once("docs.html", lambda: page(described_once(version)).encode()), {})

    return routes.collected
