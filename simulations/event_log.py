"""The log of a run as text: one JSON line for each event, whose SHA-256 is the digest of the run.

A trade stands there as the list of its values; the first line of a log names them, in their order.
The digest is that of the whole text, so `sha256sum events.jsonl` prints it. Two runs of the same commit, scenario and
seed write the same text; the first line in which two logs differ is the first event in which the runs part. The log of
a divided run has a line for each floor instead, with the name and the digest of that floor's own log.
"""

from collections.abc import Sequence
from hashlib import sha256
from operator import attrgetter
from typing import BinaryIO, Final

import orjson
from attrs import fields

from actors.events import Recorded, TradeEventRecord
from actors.model import Trade
from persistence import codec

LINES_AT_ONCE: Final = 1_000
"""Lines hashed and written together."""

TRADE_FIELDS: Final = tuple(field.name for field in fields(Trade))
FIRST_LINE: Final = orjson.dumps({"trade": TRADE_FIELDS}, option=orjson.OPT_APPEND_NEWLINE)
_trade_values: Final = attrgetter(*TRADE_FIELDS)


class EventLog:
    """Takes the events of a run as they are published, and keeps their digest; with a file it writes them, too."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file
        self._hash = sha256()
        self._lines = [FIRST_LINE]
        self.events = 0

    def add(self, recorded: Sequence[Recorded]) -> None:
        """Take the events of one commit."""
        self._lines.extend(map(line_of, recorded))
        self.events += len(recorded)
        if len(self._lines) >= LINES_AT_ONCE:
            self._flush()

    def digest(self) -> str:
        """Return the digest of everything that was taken so far, in hexadecimal."""
        self._flush()
        return self._hash.hexdigest()

    def _flush(self) -> None:
        text = b"".join(self._lines)
        self._lines.clear()
        self._hash.update(text)
        if self._file is not None:
            self._file.write(text)


def line_of(recorded: Recorded) -> bytes:
    """Return the line of one event."""
    event = recorded.event
    line = {
        "seq": recorded.seq,
        "at_us": recorded.at_us,
        "stream": recorded.stream,
        "type": event.type,
        "by": recorded.principal.name,
    }
    # Nearly all events are of this kind, and the general way costs several times as much.
    if isinstance(event, TradeEventRecord):
        line["trade"] = _trade_values(event.trade)
    else:
        line.update(codec.plain(event))
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
