"""Many clients of the floor's sockets in one process, so cheap that a benchmark measures the server.

`python -m simulations.bench.socket_clients` takes a `Crowd` as a line of JSON, connects it, and prints a line. Then
each line that it is sent ends one measurement and begins the next one; what was measured is printed as JSON. It ends
with its input. Frames are counted by their headers; only the first client's are looked at, for their latency.
"""

import base64
import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import orjson
from attrs import asdict, define, frozen

READ_BYTES: Final = 262_144
SLOW_READ_BYTES: Final = 2_048
SLOW_READ_EVERY_S: Final = 0.1
SLOW_BUFFER_BYTES: Final = 4_096
TEXT_FRAME: Final = 0x81
MASKED: Final = 0x80
MEDIUM: Final = 126
LONG: Final = 127
TIMESTAMP: Final = b'"timestamp":"'
EXECUTED: Final = b'"type":"trade.executed"'
LAGGED: Final = b'"type":"lagged"'
HANDSHAKE_END: Final = b"\r\n\r\n"


@frozen
class Crowd:
    """Who connects: `fast` clients that hear all trades, `slow` ones that hardly read, `idle` ones that ask nothing.

    With agents named, they speak Socket.IO and subscribe to these; otherwise `/ws`.
    """

    host: str
    port: int
    token: str
    fast: int
    slow: int = 0
    idle: int = 0
    agents: tuple[str, ...] = ()


@frozen
class Heard:
    """What the fast clients heard in one measurement. Latencies are from an event's time to the end of its reading."""

    seconds: float
    frames: int
    latencies_ms: tuple[float, ...]


@define
class Client:
    """A connection, and what of its last frame has come."""

    connection: socket.socket
    rest: bytes = b""


class Receiver:
    """Reads a crowd's connections, and counts."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._selector = selectors.DefaultSelector()
        self._frames = 0
        self._latencies_ms: list[float] = []
        self._idle = [_connect(crowd) for _ in range(crowd.idle)]
        self._slow = [_subscribed(crowd, SLOW_BUFFER_BYTES) for _ in range(crowd.slow)]
        self._read_slowly_at = 0.0
        self._probe: Client | None = None
        for _ in range(crowd.fast):
            client = Client(_subscribed(crowd))
            client.connection.setblocking(False)
            self._probe = self._probe or client
            self._selector.register(client.connection, selectors.EVENT_READ, client)
        for connection in self._slow:
            connection.setblocking(False)
        self._selector.register(sys.stdin, selectors.EVENT_READ)

    def serve(self) -> Iterator[Heard]:
        """Yield what was heard until each line of the input, and end with it."""
        began = time.perf_counter()
        while True:
            for key, _ in self._selector.select(SLOW_READ_EVERY_S):
                if isinstance(key.data, Client):
                    self._read(key.data)
                    continue
                if not os.read(sys.stdin.fileno(), 1024):
                    return
                now = time.perf_counter()
                yield Heard(now - began, self._frames, tuple(self._latencies_ms))
                began, self._frames = now, 0
                self._latencies_ms.clear()
            self._read_slowly()

    def _read(self, client: Client) -> None:
        chunk = client.connection.recv(READ_BYTES)
        if not chunk:
            raise ConnectionError(f"the server closed a connection that is read: {client.rest[:200]!r}")
        buffer = client.rest + chunk if client.rest else chunk
        count, end = count_frames(buffer)
        self._frames += count
        client.rest = buffer[end:]
        if client is self._probe:
            self._latencies_ms += latencies_ms(buffer[:end], time.time())

    def _read_slowly(self) -> None:
        """Take a little of what waits for each slow client; one that was left behind asks for everything again."""
        now = time.perf_counter()
        if now < self._read_slowly_at:
            return
        self._read_slowly_at = now + SLOW_READ_EVERY_S
        for connection in self._slow:
            try:
                if LAGGED in connection.recv(SLOW_READ_BYTES):
                    connection.send(_masked(_subscription()))
            except BlockingIOError:
                continue


def count_frames(buffer: bytes) -> tuple[int, int]:
    """Return how many text frames are whole, and where the last whole frame ends."""
    count = at = 0
    size = len(buffer)
    while at + 10 <= size:
        length = buffer[at + 1]
        body = at + 2
        if length == MEDIUM:
            length = buffer[at + 2] << 8 | buffer[at + 3]
            body = at + 4
        elif length == LONG:
            length = int.from_bytes(buffer[at + 2 : at + 10], "big")
            body = at + 10
        end = body + length
        if end > size:
            break
        count += buffer[at] == TEXT_FRAME
        at = end
    return count, at


def latencies_ms(frames: bytes, now: float) -> Iterator[float]:
    """Yield how long ago the trades in some frames were executed; `now` is seconds since the epoch."""
    at = frames.find(EXECUTED)
    while at >= 0:
        start = frames.index(TIMESTAMP, at) + len(TIMESTAMP)
        made = datetime.fromisoformat(frames[start : frames.index(b'"', start)].decode())
        yield (now - made.timestamp()) * 1_000
        at = frames.find(EXECUTED, start)


def _subscribed(crowd: Crowd, buffer_bytes: int | None = None) -> socket.socket:
    connection = _connect(crowd, buffer_bytes)
    if crowd.agents:
        for agent_id in crowd.agents:
            connection.sendall(_masked(b"42" + orjson.dumps(["subscribe:agent", agent_id])))
    else:
        connection.sendall(_masked(_subscription()))
    return connection


def _subscription() -> bytes:
    return orjson.dumps({"action": "subscribe", "channels": ["trades", "portfolio"]})


def _connect(crowd: Crowd, buffer_bytes: int | None = None) -> socket.socket:
    """Return a connection on which the client has said who it is."""
    connection = socket.socket()
    if buffer_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connection.settimeout(30)
    connection.connect((crowd.host, crowd.port))
    path = "/socket.io/?EIO=4&transport=websocket" if crowd.agents else "/ws"
    key = base64.b64encode(bytes(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {crowd.host}:{crowd.port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    connection.sendall("\r\n".join(lines).encode() + HANDSHAKE_END)
    answer = b""
    while HANDSHAKE_END not in answer:
        answer += _some(connection)
    if crowd.agents:
        hello = b"40" + orjson.dumps({"token": crowd.token})
    else:
        hello = orjson.dumps({"action": "authenticate", "token": crowd.token})
    connection.sendall(_masked(hello))
    welcome = b'40{"sid"' if crowd.agents else b'"authenticated"'
    while welcome not in answer:
        answer += _some(connection)
    return connection


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(4_096)
    if not data:
        raise ConnectionError("the server closed a connection that was being opened")
    return data


def _masked(payload: bytes) -> bytes:
    """Return a text frame as a client sends it; a mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < MEDIUM:
        head = struct.pack("!BB", TEXT_FRAME, MASKED | size)
    else:
        head = struct.pack("!BBH", TEXT_FRAME, MASKED | MEDIUM, size)
    return head + bytes(4) + payload


def main() -> None:
    """Serve one benchmark."""
    receiver = Receiver(Crowd(**orjson.loads(sys.stdin.buffer.readline())))
    print("ready", flush=True)
    for heard in receiver.serve():
        print(orjson.dumps(asdict(heard)).decode(), flush=True)


if __name__ == "__main__":
    main()
