"""A client of HTTP/1.1 that costs almost nothing, so that a benchmark measures the server.

It sends requests that were encoded before, over kept-alive connections, one at a time on each, and reads answers by
their Content-Length. It is no client for anything else.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import trio
from attrs import frozen

READ_BYTES: Final = 65_536
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"


class UnexpectedAnswer(Exception):
    """The server answered with another status than the benchmark counts on."""


@frozen
class Load:
    """What a run of requests measured: how long it took, and how long each answer did."""

    seconds: float
    latencies_ms: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies_ms) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """Return the latency that so many percent of the answers stay within (nearest rank)."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def together(loads: Sequence[Load]) -> Load:
    """Return what several runs measured as if it had been one."""
    return Load(sum(load.seconds for load in loads), [ms for load in loads for ms in load.latencies_ms])


def encode(method: str, path: str, host: str, token: str | None = None, body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "accept: application/json"]
    if token is not None:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + HEAD_END + body


async def drive(
    host: str, port: int, requests: Sequence[Callable[[int], bytes]], seconds: float, status: int = 200
) -> Load:
    """Open a connection for each entry and keep asking for `seconds`; entry `i` makes the n-th request of connection i.

    Raises UnexpectedAnswer at the first answer of another status.
    """
    latencies: list[float] = []
    began = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for make in requests:
            nursery.start_soon(_keep_asking, host, port, make, began + seconds, latencies, status)
    return Load(time.perf_counter() - began, latencies)


async def _keep_asking(
    host: str, port: int, make: Callable[[int], bytes], until: float, latencies: list[float], status: int
) -> None:
    stream = await trio.open_tcp_stream(host, port)
    async with stream:
        count = 0
        while (sent := time.perf_counter()) < until:
            await stream.send_all(make(count))
            await read_answer(stream, status)
            latencies.append((time.perf_counter() - sent) * 1000)
            count += 1


async def read_answer(stream: trio.SocketStream, status: int | None) -> bytes:
    """Read one answer, of this status unless any will do, and return its body. Raises UnexpectedAnswer."""
    received = bytearray()
    while (end := received.find(HEAD_END)) < 0:
        received += await _more(stream)
    head = bytes(received[:end]).lower()
    length = _content_length(head)
    while len(received) < end + len(HEAD_END) + length:
        received += await _more(stream)
    body = bytes(received[end + len(HEAD_END) :])
    if status is not None and int(head[9:12]) != status:
        raise UnexpectedAnswer(f"{head[:12].decode()} instead of {status}: {body[:300]!r}")
    return body


async def _more(stream: trio.SocketStream) -> bytes:
    data = await stream.receive_some(READ_BYTES)
    if not data:
        raise UnexpectedAnswer("the server closed the connection")
    return bytes(data)


def _content_length(head: bytes) -> int:
    at = head.find(LENGTH)
    if at < 0:
        raise UnexpectedAnswer("the answer has no Content-Length")
    return int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0])
