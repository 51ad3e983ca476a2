"""`tradefloor export`: trades and events in full, for other programs."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from actors.errors import JournalUnavailable
from actors.model import TradeStatus
from net.wire.scalars import TimestampError, parse_timestamp
from persistence import exporting as reading
from tradefloor.commands.progress import copying
from tradefloor.exporting import (
    EVENTS,
    TRADES,
    Column,
    CsvWriter,
    JsonLinesWriter,
    ParquetWriter,
    RowWriter,
    event_row,
    trade_row,
)
from tradefloor.settings import chosen_options

FORMATS: Final = ("csv", "parquet", "jsonl")
ROWS_PER_WORD: Final = 1_000
"""Rows between two words about the progress."""

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class MomentType(click.ParamType[int]):
    """A moment on the command line: RFC 3339, or a date, whose midnight in UTC is meant."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return microseconds since the epoch; fail with the parameter's name."""
        if isinstance(value, int):
            return value
        text = str(value)
        try:
            return parse_timestamp(text if "T" in text.upper() else f"{text}T00:00:00Z")
        except TimestampError as error:
            self.fail(f"{text} {error}, or a date such as 2026-01-31", param, ctx)


MOMENT: Final = MomentType()


def export_options(function: FunctionT) -> FunctionT:
    """Give a command the options that both exports have."""
    options = (
        click.option("--format", "format_", type=click.Choice(FORMATS), default="csv", show_default=True, help="How."),
        click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; else standard output."),
        click.option("--force", is_flag=True, help="Replace the file if it exists."),
        click.option("--agent", metavar="ID", help="Of one agent only."),
        click.option("--from", "from_us", type=MOMENT, help="Not before this moment (RFC 3339, or a date in UTC)."),
        click.option("--to", "to_us", type=MOMENT, help="Before this moment."),
        chosen_options("database_path"),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.group()
def export() -> None:
    """Write trades or events in full, as they are at one moment; the floor may be running meanwhile."""


@export.command()
@export_options
@click.option("--symbol", type=str.upper, metavar="SYMBOL", help="Of one symbol only.")
@click.option("--status", type=click.Choice([status.value for status in TradeStatus]), help="In one status only.")
def trades(symbol: str | None, status: str | None, **common: Any) -> None:
    """Write one row for each trade, oldest first, under the names of the API. Money is in dollars, exactly."""
    conditions = {
        "t.agent_id = ?": common["agent"],
        "t.symbol = ?": symbol,
        "t.status = ?": status,
        "t.submitted_at_us >= ?": common["from_us"],
        "t.submitted_at_us < ?": common["to_us"],
    }
    with _told(common), reading.trades(common["database_path"], conditions) as (total, rows):
        _export("trades", TRADES, (trade_row(trade) for trade in rows), total, common)


@export.command()
@export_options
@click.option("--type", "type_", metavar="TYPE", help="Of one type only, such as trade.executed.")
@click.option("--after", type=click.IntRange(min=0), help="Only after this sequence.")
def events(type_: str | None, after: int | None, **common: Any) -> None:
    """Write one row for each event of the log, oldest first, with the hash that binds it to all before it."""
    conditions = {
        "stream = ?": common["agent"],
        "type = ?": type_,
        "seq > ?": after,
        "at_us >= ?": common["from_us"],
        "at_us < ?": common["to_us"],
    }
    with _told(common), reading.events(common["database_path"], conditions) as (total, rows):
        _export("events", EVENTS, (event_row(recorded, digest) for recorded, digest in rows), total, common)


@contextmanager
def _told(common: dict[str, Any]) -> Iterator[None]:
    """Say in one line what is in the way."""
    database, output = common["database_path"], common["output"]
    if not database.exists():
        raise click.ClickException(f"there is no {database}; name the floor's database with --database-path")
    if output is None and common["format_"] == "parquet":
        raise click.UsageError("Parquet goes to a file: name it with --output")
    if output is not None and output.exists() and not common["force"]:
        raise click.ClickException(f"{output} exists already; choose another name, or replace it with --force")
    try:
        yield
    except JournalUnavailable as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"cannot write: {error.strerror} ({error.filename})") from error


def _export(
    what: str, columns: Sequence[Column], rows: Iterator[Sequence[Any]], total: int, common: dict[str, Any]
) -> None:
    output: Path | None = common["output"]
    with copying(f"Writing {total:,} {what}") as progress, _writer(common["format_"], columns, output) as writer:
        for number, row in enumerate(rows):
            writer.write(row)
            if number % ROWS_PER_WORD == 0:
                progress(number, total)
    if output is not None:
        click.echo(f"{output}: {total:,} {what}", err=True)


@contextmanager
def _writer(format_: str, columns: Sequence[Column], output: Path | None) -> Iterator[RowWriter]:
    """Yield a writer. A file has its name once it is complete."""
    text = CsvWriter if format_ == "csv" else JsonLinesWriter
    if output is None:
        writer: RowWriter = text(columns, sys.stdout)
        yield writer
        writer.finish()
        return
    part = output.with_name(f".{output.name}.part")
    try:
        if format_ == "parquet":
            with part.open("wb") as binary:
                writer = ParquetWriter(columns, binary)
                yield writer
                writer.finish()
        else:
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = text(columns, file)
                yield writer
                writer.finish()
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
