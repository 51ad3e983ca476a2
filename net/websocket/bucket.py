"""A token bucket: how many frames a socket may still send."""


class TokenBucket:
    """Holds up to `burst` tokens and gains `per_minute` of them; each frame takes one. Times are seconds."""

    def __init__(self, burst: int, per_minute: int, now: float) -> None:
        self._burst = float(burst)
        self._per_second = per_minute / 60
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token, and say whether there was one."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
