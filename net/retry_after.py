"""The Retry-After header of an answer (RFC 9110 section 10.2.3)."""

from typing import Final

RETRY_AFTER_S_MAX: Final = 3_600.0
"""Whoever asks for more is asked again after an hour."""


def retry_after_s(value: str | None) -> float:
    """Return how many seconds to wait, 0 where it is not said in seconds: the sender's own backoff will do then."""
    if value is None or not (value.isascii() and value.strip().isdigit()):
        return 0.0
    return min(float(value), RETRY_AFTER_S_MAX)
