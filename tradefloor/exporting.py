"""Tables written row by row as CSV, JSON lines or Parquet, however long; money in decimals, never in floats."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum, auto
from typing import Any, BinaryIO, Final, TextIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from attrs import frozen

from actors.events import Recorded
from actors.model import Trade
from actors.money import DECIMAL_PLACES_MAX, to_json_number
from net.wire.events import event_json
from net.wire.scalars import format_timestamp

ROWS_PER_GROUP: Final = 20_000
"""Rows that Parquet holds in memory before it writes them."""

PRECISION: Final = 20
"""Digits of money in Parquet, six of them behind the point: more than 63 bits of micro-dollars have."""


class Kind(Enum):
    """What a column holds: text, an integer, micro-dollars, microseconds since the epoch, or a value of JSON."""

    TEXT = auto()
    INTEGER = auto()
    MONEY = auto()
    TIME = auto()
    JSON = auto()


@frozen
class Column:
    """A column of a table."""

    name: str
    kind: Kind = Kind.TEXT


TRADES: Final = (
    Column("tradeId"),
    Column("agentId"),
    Column("symbol"),
    Column("action"),
    Column("quantity", Kind.INTEGER),
    Column("orderType"),
    Column("limitPrice", Kind.MONEY),
    Column("stopPrice", Kind.MONEY),
    Column("timeInForce"),
    Column("status"),
    Column("submittedAt", Kind.TIME),
    Column("executedAt", Kind.TIME),
    Column("executedPrice", Kind.MONEY),
    Column("fees", Kind.MONEY),
    Column("totalCost", Kind.MONEY),
    Column("approvalRequestId"),
    Column("failureReason"),
    Column("reason"),
    Column("clientOrderId"),
)

EVENTS: Final = (
    Column("seq", Kind.INTEGER),
    Column("stream"),
    Column("streamSeq", Kind.INTEGER),
    Column("timestamp", Kind.TIME),
    Column("type"),
    Column("agentId"),
    Column("correlationId"),
    Column("actor", Kind.JSON),
    Column("data", Kind.JSON),
    Column("hash"),
)

Row = Sequence[Any]


def trade_row(trade: Trade) -> Row:
    """Return a trade as a row of TRADES, under the names of the API."""
    return (
        trade.trade_id,
        trade.agent_id,
        trade.symbol,
        trade.action.value,
        trade.quantity,
        trade.order_type.value,
        trade.limit_price_micros,
        trade.stop_price_micros,
        trade.time_in_force.value,
        trade.status.value,
        trade.submitted_at_us,
        trade.executed_at_us,
        trade.executed_price_micros,
        trade.fee_micros,
        trade.total_cost_micros,
        trade.approval_request_id,
        trade.failure_reason,
        trade.reason,
        trade.client_order_id,
    )


def event_row(recorded: Recorded, digest: bytes) -> Row:
    """Return an event as a row of EVENTS; who did it and what it is about are as the API shows them."""
    shown = event_json(recorded)
    return (
        recorded.seq,
        recorded.stream,
        recorded.stream_seq,
        recorded.at_us,
        recorded.event.type,
        shown["agentId"],
        recorded.correlation_id,
        shown["actor"],
        shown["data"],
        digest.hex(),
    )


def decimal_of(micros: int) -> Decimal:
    """Return micro-dollars as dollars, exactly."""
    return Decimal(micros).scaleb(-DECIMAL_PLACES_MAX)


class RowWriter(ABC):
    """Writes rows of some columns to a file; `finish` writes what is left."""

    @abstractmethod
    def write(self, row: Row) -> None:
        """Write a row."""

    def finish(self) -> None:  # noqa: B027 -- most have nothing left
        """Write what is left."""


class CsvWriter(RowWriter):
    """RFC 4180 with a line of names; nothing stands for null, and JSON is text."""

    def __init__(self, columns: Sequence[Column], file: TextIO) -> None:
        self._kinds = [column.kind for column in columns]
        self._writer = csv.writer(file)
        self._writer.writerow([column.name for column in columns])

    def write(self, row: Row) -> None:
        """Write a row."""
        self._writer.writerow([_text(kind, value) for kind, value in zip(self._kinds, row, strict=True)])


class JsonLinesWriter(RowWriter):
    """One JSON object a line, as the API shows it."""

    def __init__(self, columns: Sequence[Column], file: TextIO) -> None:
        self._columns = columns
        self._file = file

    def write(self, row: Row) -> None:
        """Write a row."""
        pairs = zip(self._columns, row, strict=True)
        shown = {column.name: _json(column.kind, value) for column, value in pairs}
        self._file.write(orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE).decode())


class ParquetWriter(RowWriter):
    """Parquet with decimals of six places and timestamps in UTC; JSON is text."""

    def __init__(self, columns: Sequence[Column], file: BinaryIO) -> None:
        self._schema = pa.schema([(column.name, _arrow_type(column.kind)) for column in columns])
        self._kinds = [column.kind for column in columns]
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        """Write a row, with those that come with it."""
        self._rows.append([_arrow(kind, value) for kind, value in zip(self._kinds, row, strict=True)])
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def finish(self) -> None:
        """Write the last rows and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            columns: Iterable[Any] = zip(*self._rows, strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._rows.clear()


def _text(kind: Kind, value: Any) -> Any:
    if value is None:
        return ""
    match kind:
        case Kind.MONEY:
            return f"{decimal_of(value):f}"
        case Kind.TIME:
            return format_timestamp(value)
        case Kind.JSON:
            return orjson.dumps(value).decode()
    return value


def _json(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case Kind.MONEY:
            return to_json_number(value)
        case Kind.TIME:
            return format_timestamp(value)
    return value


def _arrow(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case Kind.MONEY:
            return decimal_of(value)
        case Kind.JSON:
            return orjson.dumps(value).decode()
    return value


def _arrow_type(kind: Kind) -> pa.DataType:
    match kind:
        case Kind.INTEGER:
            return pa.int64()
        case Kind.MONEY:
            return pa.decimal128(PRECISION, DECIMAL_PLACES_MAX)
        case Kind.TIME:
            return pa.timestamp("us", tz="UTC")
    return pa.string()
