"""Bars in the database: those of minutes for a while, those of hours for good, and larger ones out of these.

An hour's bar goes on with every minute that is stored, in the same transaction, so that nothing is left to do when the
minutes go. What may be long leaves SQLite as one JSON text: it takes one step, during which other threads run, where a
step for each row would have this thread wait for them each time.
"""

from collections.abc import Mapping, Sequence

import orjson

from actors.bars import MINUTES_KEPT_US, Bar, Interval
from persistence.bulk import Insert, insert
from persistence.sqlite import Connection

_GO_ON = """
ON CONFLICT (symbol, start_us) DO UPDATE SET high_micros = max(high_micros, excluded.high_micros),
    low_micros = min(low_micros, excluded.low_micros), close_micros = excluded.close_micros,
    volume = volume + excluded.volume
"""
_PUT_MINUTE, _PUT_HOUR = Insert("INSERT INTO minute_bars", _GO_ON), Insert("INSERT INTO hour_bars", _GO_ON)

_BARS = """
WITH found AS (
    SELECT * FROM hour_bars WHERE symbol = :symbol AND start_us >= :from_us AND start_us < :minutes_us
    UNION ALL
    SELECT * FROM minute_bars WHERE symbol = :symbol AND start_us >= :minutes_us AND start_us < :to_us
), grouped AS (
    SELECT start_us - start_us % :length_us AS start_us,
        json_group_array(open_micros ORDER BY start_us) ->> 0 AS open_micros, max(high_micros) AS high_micros,
        min(low_micros) AS low_micros, json_group_array(close_micros ORDER BY start_us) ->> '$[#-1]' AS close_micros,
        sum(volume) AS volume
    FROM found GROUP BY start_us - start_us % :length_us
)
SELECT json_group_array(
    json_array(start_us, open_micros, high_micros, low_micros, close_micros, volume) ORDER BY start_us
) FROM grouped
"""
_CLOSES = """
SELECT symbol.value, json_group_array(coalesce(
    (SELECT close_micros FROM minute_bars WHERE symbol = symbol.value AND start_us < moment.value
        ORDER BY start_us DESC LIMIT 1),
    (SELECT close_micros FROM hour_bars WHERE symbol = symbol.value AND start_us <= moment.value - :hour_us
        ORDER BY start_us DESC LIMIT 1)
) ORDER BY moment.key)
FROM json_each(:symbols) AS symbol, json_each(:moments) AS moment GROUP BY symbol.key
"""
_SYMBOLS = "SELECT DISTINCT symbol FROM hour_bars"
_PURGE = """
DELETE FROM minute_bars WHERE symbol = ?1 AND start_us IN (
    SELECT start_us FROM minute_bars WHERE symbol = ?1 AND start_us < ?2 ORDER BY start_us LIMIT ?3
)
"""

MINUTES_PER_TRANSACTION = 10_000
"""A week: few enough that a commit which waits behind them hardly notices."""


def save_bars(connection: Connection, minutes: Sequence[Bar]) -> None:
    """Store bars of minutes, and go on with the bars of their hours."""
    insert(connection, _PUT_MINUTE, [_row(bar, bar.start_us) for bar in minutes])
    insert(connection, _PUT_HOUR, [_row(bar, Interval.HOUR.floor(bar.start_us)) for bar in minutes])


def bars(connection: Connection, symbol: str, from_us: int, to_us: int, interval: Interval) -> Sequence[Bar]:
    """Return the bars of a symbol from a time on the grid of the interval to before another, the oldest first."""
    by_minutes = interval.length_us < Interval.HOUR.length_us
    values = {
        "symbol": symbol,
        "from_us": from_us,
        "minutes_us": from_us if by_minutes else max(from_us, Interval.HOUR.floor(to_us)),
        "to_us": to_us,
        "length_us": interval.length_us,
    }
    return [Bar(symbol, *row) for row in orjson.loads(connection.execute(_BARS, values).fetchone()[0])]


def closes(
    connection: Connection, symbols: Sequence[str], moments_us: Sequence[int]
) -> Mapping[str, Sequence[int | None]]:
    """Return the last price of each symbol that was stored of before each of these whole minutes, None for none."""
    values = {
        "symbols": orjson.dumps(list(symbols)).decode(),
        "moments": orjson.dumps(list(moments_us)).decode(),
        "hour_us": Interval.HOUR.length_us,
    }
    return {symbol: orjson.loads(found) for symbol, found in connection.execute(_CLOSES, values)}


def symbols_of_bars(connection: Connection) -> Sequence[str]:
    """Return the symbols that have bars."""
    return [symbol for (symbol,) in connection.execute(_SYMBOLS)]


def purge_bars(connection: Connection, symbol: str, now_us: int) -> bool:
    """Remove the oldest bars of a symbol's minutes that are kept no longer; say whether there may be more of them."""
    removed = connection.execute(_PURGE, (symbol, now_us - MINUTES_KEPT_US, MINUTES_PER_TRANSACTION)).rowcount
    return bool(removed == MINUTES_PER_TRANSACTION)


def _row(bar: Bar, start_us: int) -> tuple[object, ...]:
    return (bar.symbol, start_us, bar.open_micros, bar.high_micros, bar.low_micros, bar.close_micros, bar.volume)
