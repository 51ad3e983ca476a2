"""The ports to time and identity, so that a run on a virtual clock is the same run every time."""

from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch, UTC; it may step back when the host's clock is set."""
        ...


class Ids(Protocol):
    """Makes identifiers."""

    def new(self, prefix: str) -> str:
        """Return a new unguessable id: the prefix (`usr`, `agt`, `trd`, `ovr`, `evt`), `_`, and letters or digits."""
        ...
