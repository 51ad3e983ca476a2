"""Ways to talk to the Socket.IO layer: over real sockets, and straight to the ASGI application under a mock clock."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import httpx
import orjson
import trio
from attrs import define, field, frozen
from hypercorn.config import Config
from hypercorn.trio import serve
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from net.socketio.asgi import App, Message, Scope
from net.socketio.channel import AsgiChannel, ChannelFactory
from tests.conformance.socketio_echo import PAYLOAD_BYTES_MAX, EchoApp

SLOW = {"ping_interval_ms": 25_000, "ping_timeout_ms": 20_000, "connect_timeout_ms": 45_000}
"""Options under which no timer interferes with what a test does over real sockets."""


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[str]:
    """Serve ``app`` on a free port by Hypercorn; the value is its address, such as ``127.0.0.1:40123``."""
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.accesslog = config.errorlog = None
    config.websocket_max_message_size = 2 * PAYLOAD_BYTES_MAX
    async with trio.open_nursery() as nursery:
        # Hypercorn types scopes and messages more closely than ASGI does.
        binds = await nursery.start(partial(serve, cast(Any, app), config))
        yield binds[0].removeprefix("http://")
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def echoing(channel: ChannelFactory = AsgiChannel, **options: Any) -> AsyncIterator["Client"]:
    """Serve the echo application over real sockets; the value is a client of it."""
    app = EchoApp(channel, **{**SLOW, **options})
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        async with serving(app) as address, httpx.AsyncClient(timeout=10) as http:
            yield Client(app, address, http)
        nursery.cancel_scope.cancel()


@define
class Client:
    """Speaks to the servers of the echo application; ``path`` chooses the one."""

    app: EchoApp
    address: str
    http: httpx.AsyncClient
    path: str = "/engine.io/"

    def url(self, sid: str | None = None, **parameters: str) -> str:
        """Return the URL of a polling request."""
        query = {"EIO": "4", "transport": "polling"} | ({"sid": sid} if sid else {}) | parameters
        return f"http://{self.address}{self.path}?" + "&".join(f"{name}={value}" for name, value in query.items())

    async def open(self) -> str:
        """Open a polling session and return its id."""
        response = await self.http.get(self.url())
        assert response.status_code == 200
        sid: str = orjson.loads(response.text[1:])["sid"]
        return sid

    async def poll(self, sid: str) -> tuple[int, str]:
        """Return the status and the body of a poll."""
        response = await self.http.get(self.url(sid))
        return response.status_code, response.text

    async def push(self, sid: str, body: str | bytes, **headers: str) -> tuple[int, str]:
        """Return the status and the body of a POST."""
        response = await self.http.post(self.url(sid), content=body, headers=headers)
        return response.status_code, response.text

    @asynccontextmanager
    async def websocket(self, sid: str | None = None, **parameters: str) -> AsyncIterator[WebSocketConnection]:
        """Open a WebSocket; without ``sid`` the first message to come is the opening packet."""
        url = self.url(sid, **{"transport": "websocket", **parameters}).replace("http", "ws", 1)
        opened: list[WebSocketConnection] = []
        try:
            async with open_websocket_url(url) as socket:
                opened.append(socket)
                yield socket
        finally:
            # A client that sees the other side's close frame leaves its stream open.
            for socket in opened:
                await trio.aclose_forcefully(socket._stream)

    async def refusal(self, **parameters: str) -> tuple[int, int]:
        """Ask for a WebSocket that is refused, and return the status and the code of the answer."""
        headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        key = {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
        url = self.url(**{"transport": "websocket", **parameters})
        response = await self.http.get(url, headers=headers | key)
        return response.status_code, response.json()["code"]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[WebSocketConnection]:
        """Open a session over a WebSocket, its opening packet received."""
        async with self.websocket() as socket:
            assert str(await socket.get_message()).startswith("0{")
            yield socket

    @asynccontextmanager
    async def connected(self, namespace: str = "") -> AsyncIterator[WebSocketConnection]:
        """Connect to a namespace over a WebSocket, its greeting received."""
        self.path = "/socket.io/"
        async with self.session() as socket:
            await socket.send_message(f"40{namespace}")
            assert str(await socket.get_message()).startswith("40")
            assert '["auth",{}]' in str(await socket.get_message())
            yield socket


async def closing_of(socket: WebSocketConnection) -> tuple[int, str]:
    """Wait until the server closes, whatever it sends before, and return the code and the reason."""
    with trio.fail_after(10), suppress(ConnectionClosed):
        while True:
            await socket.get_message()
    assert socket.closed is not None
    return socket.closed.code, socket.closed.reason or ""


@frozen
class Answer:
    """An HTTP answer of an ASGI application."""

    status: int
    headers: Mapping[str, str]
    text: str


def scope_of(kind: str, path: str, query: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Scope:
    """Return an ASGI scope."""
    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope: Scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": pairs, "client": None}
    if kind == "http":
        scope["method"] = method
    return scope


async def request(
    app: App,
    query: str,
    body: bytes = b"",
    *,
    method: str = "GET",
    path: str = "/engine.io/",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request straight to ``app`` and return its answer."""
    incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    outgoing: list[Message] = []

    async def receive() -> Message:
        if not incoming:
            await trio.sleep_forever()
        return incoming.pop()

    async def send(message: Message) -> None:
        outgoing.append(message)

    await app(scope_of("http", path, query, method, headers), receive, send)
    start, end = outgoing
    pairs = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], pairs, end["body"].decode())


@define
class FakeWebSocket:
    """A client's WebSocket straight into an application: `run` serves it, `put` and `get` are the client's side."""

    app: App
    query: str = "EIO=4&transport=websocket"
    path: str = "/engine.io/"
    sent: list[Message] = field(factory=list)
    _to_app: Any = None
    _from_app: Any = None
    _app_receives: Any = None
    _app_sends: Any = None

    def __attrs_post_init__(self) -> None:
        """Make the two directions."""
        self._to_app, self._app_receives = trio.open_memory_channel[Message](100)
        self._app_sends, self._from_app = trio.open_memory_channel[Message](10_000)
        self._to_app.send_nowait({"type": "websocket.connect"})

    async def run(self) -> None:
        """Serve it until the application is done."""
        scope = scope_of("websocket", self.path, self.query)
        await self.app(scope, self._app_receives.receive, self._app_sends.send)

    async def put(self, frame: str | bytes) -> None:
        """Send a message to the application."""
        kind = "text" if isinstance(frame, str) else "bytes"
        await self._to_app.send({"type": "websocket.receive", kind: frame})

    async def leave(self) -> None:
        """Close it from the client's side."""
        await self._to_app.send({"type": "websocket.disconnect", "code": 1005})

    async def get(self) -> Any:
        """Return what the application sends next: a message's data, or the whole of any other."""
        message = await self._from_app.receive()
        if message["type"] != "websocket.send":
            return message
        return message.get("text", message.get("bytes"))
