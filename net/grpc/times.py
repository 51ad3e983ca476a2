"""Times on the wire: ``google.protobuf.Timestamp`` to and from microseconds since the epoch."""

from google.protobuf.timestamp_pb2 import Timestamp

_MICROS = 1_000_000
_SECONDS_MAX = 253_402_300_799
"""The last second of the year 9999, where RFC 3339 ends."""


def to_timestamp(at_us: int) -> Timestamp:
    """Return the timestamp of a time in microseconds since the epoch."""
    seconds, micros = divmod(at_us, _MICROS)
    return Timestamp(seconds=seconds, nanos=micros * 1_000)


def from_timestamp(timestamp: Timestamp) -> int:
    """Return microseconds since the epoch, rounded down. Raises `ValueError` for a time outside 1970 to 9999."""
    if not (0 <= timestamp.seconds <= _SECONDS_MAX and 0 <= timestamp.nanos < 1_000_000_000):
        raise ValueError("a timestamp is outside the years 1970 to 9999")
    return timestamp.seconds * _MICROS + timestamp.nanos // 1_000
