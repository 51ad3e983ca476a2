"""Reading trades and events out in full, as they were at one moment, however many there are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from actors.events import Recorded
from actors.model import Trade
from persistence import codec
from persistence.rows import EVENT_COLUMNS, recorded
from persistence.sqlite import Connection, connect_reader, translated

_TRADES = "FROM trades t JOIN events e ON e.seq = t.seq"
_EVENTS = "FROM events"


@contextmanager
def trades(path: Path, conditions: Mapping[str, object]) -> Iterator[tuple[int, Iterator[Trade]]]:
    """Yield the number of trades that meet all conditions, and these trades in the order in which they were made.

    A condition is a comparison with one value, such as `t.symbol = ?`; one whose value is None does not count. Raises
    JournalUnavailable.
    """
    with _snapshot(path) as connection:
        where, values = _where(conditions)
        (total,) = connection.execute(f"SELECT count(*) {_TRADES} {where}", values).fetchone()
        rows = connection.execute(f"SELECT e.data {_TRADES} {where} ORDER BY t.created_seq", values)
        yield total, (codec.decode_trade(data) for (data,) in rows)


@contextmanager
def events(path: Path, conditions: Mapping[str, object]) -> Iterator[tuple[int, Iterator[tuple[Recorded, bytes]]]]:
    """Yield the number of events that meet all conditions, and these with their hashes in the order of the log.

    Conditions are as those of trades, such as `stream = ?`. Raises JournalUnavailable.
    """
    with _snapshot(path) as connection:
        where, values = _where(conditions)
        (total,) = connection.execute(f"SELECT count(*) {_EVENTS} {where}", values).fetchone()
        rows = connection.execute(f"SELECT {EVENT_COLUMNS}, hash {_EVENTS} {where} ORDER BY seq", values)
        yield total, ((recorded(tuple(row)), digest) for *row, digest in rows)


@contextmanager
def _snapshot(path: Path) -> Iterator[Connection]:
    with translated(f"read {path}"):
        connection = connect_reader(path)
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


def _where(conditions: Mapping[str, object]) -> tuple[str, list[object]]:
    held = {condition: value for condition, value in conditions.items() if value is not None}
    return ("WHERE " + " AND ".join(held) if held else "", list(held.values()))
