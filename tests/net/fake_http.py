"""An HTTP server over real sockets that answers as a test says: Slack, or somebody's webhook."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import trio
from attrs import define, field, frozen


@frozen
class Received:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@frozen
class Answer:
    """What is answered."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(factory=dict)


@define
class FakeHttp:
    """The server: what came, and what the next answers are; then 200."""

    url: str
    received: list[Received] = field(factory=list)
    answers: deque[Answer] = field(factory=deque)
    silent: bool = False
    """While true, connections are dropped without an answer."""

    async def serve(self, stream: trio.SocketStream) -> None:
        """Take one request and answer it."""
        async with stream:
            self.received.append(await _request(stream))
            if self.silent:
                return
            answer = self.answers.popleft() if self.answers else Answer()
            headers = {**answer.headers, "content-length": str(len(answer.body)), "connection": "close"}
            lines = [f"HTTP/1.1 {answer.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
            await stream.send_all("\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body)


@asynccontextmanager
async def fake_http() -> AsyncIterator[FakeHttp]:
    """Run a server around a block of code."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    server = FakeHttp(f"http://127.0.0.1:{port}")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, server.serve, [listener])
        yield server
        nursery.cancel_scope.cancel()


async def _request(stream: trio.SocketStream) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive_some()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive_some()
    return Received(first.split(" ")[1], headers, body)
