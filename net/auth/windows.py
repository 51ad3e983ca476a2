"""Counting events per key in fixed windows of time, in bounded memory."""

from typing import Final

from attrs import define, frozen

KEYS_MAX: Final = 100_000
"""Keys that are counted at once, about 20 MB; a flood of new addresses pushes the oldest windows out."""


@frozen
class Standing:
    """How a key stands in its window: `allowed` says whether this event fits, `reset_s` when the window ends."""

    allowed: bool
    remaining: int
    reset_s: int


@define
class _Window:
    ends_at_us: int
    count: int


class FixedWindows:
    """Allows so many events per key and window; a key's window starts with its first event."""

    def __init__(self, limit: int, window_s: int, keys_max: int = KEYS_MAX) -> None:
        self.limit = limit
        self.window_s = window_s
        self._keys_max = keys_max
        self._windows: dict[str, _Window] = {}

    def take(self, key: str, now_us: int) -> Standing:
        """Count an event of `key`, if it fits."""
        window = self._windows.get(key)
        if window is None or now_us >= window.ends_at_us:
            window = self._open(key, now_us)
        allowed = window.count < self.limit
        if allowed:
            window.count += 1
        return Standing(allowed, self.limit - window.count, -((now_us - window.ends_at_us) // 1_000_000))

    def give_back(self, key: str) -> None:
        """Uncount an event of `key`."""
        window = self._windows.get(key)
        if window is not None and window.count > 0:
            window.count -= 1

    def _open(self, key: str, now_us: int) -> _Window:
        # A window that is opened anew moves to the end, so that the first one is always the oldest.
        self._windows.pop(key, None)
        if len(self._windows) >= self._keys_max:
            del self._windows[next(iter(self._windows))]
        window = self._windows[key] = _Window(now_us + self.window_s * 1_000_000, 0)
        return window
