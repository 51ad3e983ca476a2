"""The port to one open WebSocket connection, below sessions and above sockets."""

from typing import Protocol

from net.websocket.closing import Closing


class Transport(Protocol):
    """One connection. Sends are in order; one task sends, one receives, any may abort."""

    async def receive(self) -> str | bytes | None:
        """Return the next message, None once the peer has gone."""
        ...

    async def send(self, frames: bytes) -> None:
        """Write frames that are already encoded (see `wire`). When the peer has gone they go nowhere."""
        ...

    async def close(self, closing: Closing, timeout_s: float) -> None:
        """Say why, wait for the peer's answer as long as `timeout_s`, and end the connection. Nothing else receives."""
        ...

    async def abort(self) -> None:
        """End the connection at once; a send that waits for the peer returns. May be called again."""
        ...
