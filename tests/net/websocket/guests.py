"""Members of the hub that are no sockets."""

from net.auth.identity import Identity
from net.websocket.closing import Closing


class Guest:
    """A member of the hub."""

    def __init__(self, identity: Identity | None = None) -> None:
        self.identity = identity
        self.closing: Closing | None = None
        self.tended: list[float] = []

    def end(self, closing: Closing) -> None:
        """Be closed."""
        self.closing = closing

    def tend(self, now: float) -> None:
        """Be pinged."""
        self.tended.append(now)
