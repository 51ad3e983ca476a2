"""The server's heartbeat as a pure state machine: ping, wait for the pong, ping again.

Times are seconds on any monotonic clock. Deadlines are counted from when a ping was due rather than from when a busy
loop got round to it, so that a silent client is gone after exactly interval plus timeout.
"""

from enum import Enum

from attrs import evolve, frozen


class Beat(Enum):
    """What is due now."""

    NOTHING = "nothing"
    PING = "send a ping"
    TIMEOUT = "the client is gone"


@frozen
class Heartbeat:
    """The next ping is due at ``ping_at_s``; if ``pinged``, its pong is awaited."""

    interval_s: float
    timeout_s: float
    ping_at_s: float
    pinged: bool = False

    @property
    def due_at_s(self) -> float:
        """When to look again."""
        return self._pong_by_s if self.pinged else self.ping_at_s

    @property
    def _pong_by_s(self) -> float:
        return self.ping_at_s + self.timeout_s

    def beat(self, now_s: float) -> tuple["Heartbeat", Beat]:
        """Return what is due at ``now_s``, and the heartbeat to go on with."""
        if now_s >= self._pong_by_s:
            return self, Beat.TIMEOUT
        if now_s >= self.ping_at_s and not self.pinged:
            return evolve(self, pinged=True), Beat.PING
        return self, Beat.NOTHING

    def pong(self, now_s: float) -> "Heartbeat":
        """Take a pong; one that nobody asked for changes nothing."""
        if not self.pinged:
            return self
        return evolve(self, ping_at_s=now_s + self.interval_s, pinged=False)


def started(interval_ms: int, timeout_ms: int, now_s: float) -> Heartbeat:
    """Return the heartbeat of a session that opened at ``now_s``."""
    return Heartbeat(interval_ms / 1_000, timeout_ms / 1_000, now_s + interval_ms / 1_000)
