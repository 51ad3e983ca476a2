"""The hash chain over the log: each event's hash covers the event and the hash before it.

    hash(n) = SHA-256(hash(n - 1) || canonical(n)),  hash(0) = 32 zero bytes

The canonical form is the row without its hash as a compact JSON array in UTF-8: seq, stream, stream_seq, at_us, type,
correlation_id, principal, data; the last two as the JSON texts they are stored as. Changing, dropping, inserting or
reordering events therefore breaks the chain at the first place touched. What a chain alone cannot show is that its end
was cut off; verification finds that by the state rows, which would then be ahead of the log.
"""

from hashlib import sha256

import orjson

GENESIS = bytes(32)
"""What stands before the first event."""

EventRow = tuple[int, str, int, int, str, str | None, str, str]
"""seq, stream, stream_seq, at_us, type, correlation_id, principal, data."""


def link(previous: bytes, row: EventRow) -> bytes:
    """Return the hash of an event that follows the one hashed `previous`."""
    return sha256(previous + orjson.dumps(row)).digest()
