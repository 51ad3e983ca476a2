"""Recorded prices read from a CSV file.

Two layouts are read, told apart by their header:

- wide: ``date,AAPL,TSLA``: a time, then a column of prices for each symbol; a cell may be empty;
- long: ``date,symbol,close``: one price a line.

The column of times may be called date, time, datetime or timestamp and holds ISO 8601 (UTC unless it says otherwise),
never falling. A symbol without a price at some time keeps its last one; at the first time each must have one.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import numpy as np

from actors.money import CENT_MICROS, MICROS_PER_DOLLAR
from actors.prices.base import PRICE_MICROS_MAX, PRICE_MICROS_MIN
from actors.prices.replay import Replay

_TIME_NAMES: Final = ("date", "datetime", "time", "timestamp")
_LONG_NAMES: Final = ("symbol", "close")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class PriceFileError(ValueError):
    """A file of prices has a mistake in it; the message names the file, the line and the column if there is one."""

    def __init__(self, path: Path, line: int, column: str | None, problem: str) -> None:
        place = f"{path}, line {line}" + ("" if column is None else f", column {column}")
        super().__init__(f"{place}: {problem}")
        self.path = path
        self.line = line
        self.column = column


def read_csv(path: Path, symbols: Sequence[str] = ()) -> Replay:
    """Return the market recorded in a CSV file, its prices rounded to whole cents: of some symbols, or of all.

    What is said of other symbols may be no prices, such as volumes. Raises ``PriceFileError`` for a file with a mistake
    in it or without one of the symbols, and ``OSError`` for one that cannot be opened.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        return _Reader(path, file, symbols).read()


class _Reader:
    """Reads one file; knows the path and the line for its complaints."""

    def __init__(self, path: Path, lines: Iterable[str], wanted: Sequence[str]) -> None:
        self._path = path
        self._csv = csv.reader(lines, strict=True)
        self._wanted = tuple(wanted)
        self._header: list[str] = []
        self._recorded: dict[str, None] = {}  # All symbols, wanted or not; a dict keeps their order.

    def read(self) -> Replay:
        try:
            self._header = [name.strip() for name in next(self._csv, [])]
            is_long = self._check_header()
            times, rows = self._collect(self._long_lines() if is_long else self._wide_lines())
        except csv.Error as error:
            raise self._error(None, f"this is not CSV: {error}") from error
        except UnicodeDecodeError as error:
            raise self._error(None, f"this is not UTF-8: {error.reason}") from error
        symbols = self._wanted or tuple(self._recorded)
        for symbol in symbols:
            if symbol not in self._recorded:
                raise self._error(symbol, f"there is no such symbol; there are {', '.join(self._recorded)}")
            if symbol not in rows[0]:
                raise self._error(symbol, "the symbol has no price at all")
        prices = np.array([[row[symbol] for symbol in symbols] for row in rows], dtype=np.int64)
        return Replay(symbols, times, prices)

    def _error(self, column: str | None, problem: str) -> PriceFileError:
        return PriceFileError(self._path, max(self._csv.line_num, 1), column, problem)

    def _check_header(self) -> bool:
        """Return whether the layout is the long one."""
        names = self._header
        if not names:
            raise self._error(None, "a header such as date,AAPL,TSLA or date,symbol,close is missing")
        if names[0].lower() not in _TIME_NAMES:
            raise self._error(names[0], f"the first column holds the time, named one of {', '.join(_TIME_NAMES)}")
        if tuple(name.lower() for name in names[1:]) == _LONG_NAMES:
            return True
        if len(names) == 1:
            raise self._error(None, "no column of prices follows the time")
        for number, name in enumerate(names[1:], start=2):
            if not name:
                raise self._error(str(number), "the column has no name")
            if name in names[1 : number - 1]:
                raise self._error(name, "the column is there twice")
        return False

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        for cells in self._csv:
            if not cells:
                continue
            if len(cells) != len(self._header):
                raise self._error(None, f"{len(cells)} cells, where the header has {len(self._header)}")
            stripped = [cell.strip() for cell in cells]
            yield self._time_us(stripped[0]), stripped

    def _wide_lines(self) -> Iterator[tuple[int, Mapping[str, int]]]:
        self._recorded.update(dict.fromkeys(self._header[1:]))
        for at_us, cells in self._lines():
            named = zip(self._header[1:], cells[1:], strict=True)
            yield at_us, {name: self._price_micros(name, cell) for name, cell in named if cell and self._wants(name)}

    def _long_lines(self) -> Iterator[tuple[int, Mapping[str, int]]]:
        for at_us, (_time, symbol, close) in self._lines():
            if not symbol:
                raise self._error(self._header[1], "the symbol is missing")
            self._recorded[symbol] = None
            yield at_us, {symbol: self._price_micros(self._header[2], close)} if self._wants(symbol) else {}

    def _wants(self, symbol: str) -> bool:
        return not self._wanted or symbol in self._wanted

    def _collect(self, lines: Iterator[tuple[int, Mapping[str, int]]]) -> tuple[list[int], list[dict[str, int]]]:
        """Return the times, and the prices by symbol at each of them with gaps filled from before."""
        times: list[int] = []
        rows: list[dict[str, int]] = []
        given: set[str] = set()
        for at_us, prices in lines:
            if times and at_us < times[-1]:
                raise self._error(self._header[0], "the time is before that of the line above")
            if not times or at_us > times[-1]:
                times.append(at_us)
                rows.append(dict(rows[-1]) if rows else {})
                given.clear()
            for symbol in prices:
                if symbol in given:
                    raise self._error(self._header[0], f"{symbol} has a price at this time already")
                if len(rows) > 1 and symbol not in rows[0]:
                    raise self._error(symbol, f"{symbol} has no price at the first time of the file")
            given.update(prices)
            rows[-1].update(prices)
        if not rows:
            raise self._error(None, "no prices follow the header")
        return times, rows

    def _time_us(self, text: str) -> int:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise self._error(self._header[0], f"{text!r} is not an ISO 8601 time such as 2024-01-31") from error
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MICROSECOND

    def _price_micros(self, column: str, text: str) -> int:
        try:
            price_micros = Decimal(text) * MICROS_PER_DOLLAR
            is_in_range = PRICE_MICROS_MIN <= price_micros <= PRICE_MICROS_MAX
        except InvalidOperation as error:
            raise self._error(column, f"{text!r} is not a price") from error
        if not is_in_range:
            raise self._error(column, f"{text} is not a price from $0.01 to $10,000,000")
        return round(price_micros / CENT_MICROS) * CENT_MICROS
