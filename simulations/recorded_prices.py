"""Prices that were real once: from a CSV or Parquet file, or from a series that an installed package carries."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.money import CENT_MICROS, MICROS_PER_DOLLAR
from actors.prices.base import PRICE_MICROS_MAX, PRICE_MICROS_MIN
from actors.prices.csv_file import read_csv
from actors.prices.replay import Replay
from simulations.scenario import Replayed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class SeriesError(ValueError):
    """Recorded prices cannot be read; the message says which and why."""


def read_prices(replayed: Replayed, folder: Path | None) -> Replay:
    """Return the market that a scenario asks for. Raises SeriesError, PriceFileError and OSError."""
    if replayed.series is not None:
        make = SERIES.get(replayed.series)
        if make is None:
            raise SeriesError(f"there is no series {replayed.series!r}; there are {', '.join(SERIES)}")
        return make(replayed.symbols)
    assert replayed.file is not None
    path = (folder or Path()) / replayed.file
    if path.suffix == ".parquet":
        return read_parquet(path, replayed.symbols)
    return read_csv(path, replayed.symbols)


def read_parquet(path: Path, symbols: Sequence[str] = ()) -> Replay:
    """Return the market in a Parquet file: a first column of times, then one of prices in dollars for each symbol.

    Raises SeriesError and OSError.
    """
    # Loading Arrow takes longer than most runs need it for.
    from pyarrow import ArrowException, parquet  # noqa: PLC0415

    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise SeriesError(f"{path} is no Parquet file: {error}") from error
    return from_table(table, str(path), symbols)


def from_table(table: Any, source: str, symbols: Sequence[str] = (), dollars_per_unit: float = 1.0) -> Replay:
    """Return the market in an Arrow table: times, then prices by symbol. Raises SeriesError.

    A cell may be empty: a symbol without a price at some time keeps its last one; at the first time each must have one.
    """
    names = table.column_names
    if len(names) < 2 or not table.num_rows:
        raise SeriesError(f"{source} holds no prices: it needs a column of times, one for each symbol, and a row")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise SeriesError(f"{source}: the column {name} is there twice")
    first, *columns = names
    times = [_time_us(moment, source, first) for moment in _moments(table.column(first))]
    if times != sorted(set(times)):
        raise SeriesError(f"{source}: the times of column {first} do not rise from row to row")
    for symbol in symbols:
        if symbol not in columns:
            raise SeriesError(f"{source}: there is no symbol {symbol!r}; there are {', '.join(columns)}")
    chosen = tuple(symbols) or tuple(columns)
    prices = np.column_stack([_micros(table.column(name), name, source, dollars_per_unit) for name in chosen])
    return Replay(chosen, times, prices)


def _plotly_stocks(symbols: Sequence[str]) -> Replay:
    """Return weekly closes of 2018 and 2019, which plotly carries as multiples of the first: here of $100."""
    from plotly import data  # noqa: PLC0415 - it takes longer to load than most runs need it for

    return from_table(data.stocks(return_type="pyarrow"), "plotly.stocks", symbols, dollars_per_unit=100.0)


SERIES: Final[Mapping[str, Callable[[Sequence[str]], Replay]]] = {"plotly.stocks": _plotly_stocks}
"""Real prices inside packages that the program stands on anyway."""


def _micros(column: Any, name: str, source: str, dollars_per_unit: float) -> NDArray[np.int64]:
    try:
        values = np.array(column.to_pylist(), dtype=np.float64) * dollars_per_unit * MICROS_PER_DOLLAR
    except (TypeError, ValueError) as error:
        raise SeriesError(f"{source}: column {name} holds what is no price") from error
    is_given = ~np.isnan(values)
    if not is_given[0]:
        raise SeriesError(f"{source}: column {name} has no price at the first time")
    values = values[np.maximum.accumulate(np.where(is_given, np.arange(len(values)), 0))]
    if not ((values >= PRICE_MICROS_MIN) & (values <= PRICE_MICROS_MAX)).all():
        raise SeriesError(f"{source}: column {name} holds a price that is not from $0.01 to $10,000,000")
    micros: NDArray[np.int64] = np.rint(values / CENT_MICROS).astype(np.int64) * CENT_MICROS
    return micros


def _moments(column: Any) -> list[Any]:
    """Return the cells of a column of times; of nanoseconds, which pandas writes, the microseconds."""
    from pyarrow import timestamp, types  # noqa: PLC0415 - loading Arrow takes longer than most runs need it for

    if types.is_timestamp(column.type):
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    moments: list[Any] = column.to_pylist()
    return moments


def _time_us(moment: object, source: str, column: str) -> int:
    match moment:
        case datetime():
            at = moment
        case date():
            at = datetime.combine(moment, time())
        case str():
            try:
                at = datetime.fromisoformat(moment)
            except ValueError as error:
                raise SeriesError(f"{source}: {moment!r} is not an ISO 8601 time such as 2024-01-31") from error
        case None:
            raise SeriesError(f"{source}: a time is missing in the first column, {column}")
        case _:
            advice = "an index of pandas becomes a column with reset_index()"
            raise SeriesError(f"{source}: the first column holds times, not {moment!r} as {column} does; {advice}")
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
