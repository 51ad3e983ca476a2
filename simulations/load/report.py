"""What is said of a load: as tables for people, as JSON for programs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from simulations.load.drive import NOT_SENT
from simulations.load.http import CONNECTION, TIMEOUT
from simulations.load.plan import Call
from simulations.load.run import LoadReport
from simulations.load.sockets import CLOSED
from simulations.load.tally import DIGITS_OF_A_SECOND, PERCENTILES, Cell, Latencies, histogram, read_out

ROWS_MAX: Final = 20
"""Seconds are shown in so many spans at most; the JSON has each."""

LATE_START_P99_MS_MAX: Final = 5.0
OWN_PROCESSOR_SHARE_MAX: Final = 0.8
"""Beyond either the generator was short of time, and the figures are partly about itself."""

NAMES: Final[Mapping[Call, str]] = {
    Call.TRADES: "trades (HTTP)",
    Call.READS: "reads (HTTP)",
    Call.SOCKETS: "trades (socket)",
}

_ADVICE: Final[Mapping[str, str]] = {
    "429 Rate limited": "start the floor with a higher --rate-limit-user-max, or lower --rate",
    "429 Quota exceeded": "use more --agents, so that each trades less",
    "503 Service unavailable": "the floor shed load; lower --rate",
    TIMEOUT: "the floor fell behind; lower --rate, or raise --timeout to see how far",
    NOT_SENT: "the floor fell far behind; lower --rate",
    CLOSED: "see the floor's log for why; where it was lagging behind, use more --sockets, so that each carries less",
    CONNECTION: "see that the floor still runs, and its log",
}


def as_document(report: LoadReport) -> dict[str, Any]:
    """Return the report as JSON: milliseconds, requests a second, shares of one processor."""
    due, answered = report.tally.counts
    return {
        "url": report.url,
        "plan": {
            "agents": report.plan.agents,
            "rate": report.plan.rate,
            "seconds": report.plan.seconds,
            "mix": {str(call): weight for call, weight in report.plan.weights.items()},
            "sockets": report.plan.sockets,
            "accounts": report.accounts,
        },
        "endedEarly": report.ended_early,
        "askedSeconds": round(report.asked_s, 3),
        "due": due,
        "answered": answered,
        "answeredPerSecond": round(_rate(report), 1),
        "errors": report.tally.errors,
        "calls": {str(call): _cell_json(cell) for call, cell in sorted(report.tally.calls.items())},
        "seconds": [
            {"second": second, **{str(call): _cell_json(cell) for call, cell in sorted(cells.items())}}
            for second, cells in sorted(report.tally.seconds.items())
        ],
        "causes": [
            {"cause": name, "count": cause.count, "example": cause.example}
            for name, cause in sorted(report.tally.causes.items())
        ],
        "frames": {"heard": report.tally.frames_heard, "tradeToFrame": _latencies_json(read_out(report.tally.frames))},
        "generator": {
            "startsLate": _latencies_json(read_out(report.tally.late_starts)),
            "processorShare": round(report.own_processor_share, 3),
            "wasShortOfTime": _is_limit(report),
        },
        "floor": {
            "processorShare": None if report.floor_processor_share is None else round(report.floor_processor_share, 3)
        },
        "leftBehind": report.left_behind,
    }


def print_report(report: LoadReport, console: Console) -> None:
    """Print the report for people."""
    due, answered = report.tally.counts
    early = " (ended early)" if report.ended_early else ""
    console.print(
        f"{due:,} requests were due in {report.asked_s:.1f} s{early}; {answered:,} were answered well, "
        f"{_rate(report):,.1f} a second."
    )
    console.print(_by_call(report))
    console.print(_by_second(report))
    if report.tally.causes:
        console.print(_by_cause(report))
    console.print(*_remarks(report), sep="\n", highlight=False)


def _by_call(report: LoadReport) -> Table:
    table = _table("Latency in ms, from the moment a request was due", "requests", "due", "failed")
    for percent in PERCENTILES:
        table.add_column(f"p{percent:g}", justify="right")
    table.add_column("max", justify="right")
    for call, cell in sorted(report.tally.calls.items()):
        _add(table, NAMES[call], cell.due, cell.failed, read_out(cell.latencies))
    if report.tally.frames.total_count:
        found = read_out(report.tally.frames)
        _add(table, "trade to its frame", found.count, 0, found)
    return table


def _by_second(report: LoadReport) -> Table:
    table = _table("By the second in which they were due", "seconds", "due", "failed")
    for call in report.tally.calls:
        for percent in (50, 99):
            table.add_column(f"{call} p{percent}", justify="right")
    for first, last, cells in _spans(report):
        counts = sum(cell.due for cell in cells.values()), sum(cell.failed for cell in cells.values())
        row = [f"{first}" if first == last else f"{first} - {last}", f"{counts[0]:,}", _failed(counts[1])]
        for call in report.tally.calls:
            found = read_out(cells[call].latencies) if call in cells else None
            row += [_ms(found.percentile_ms(percent)) if found and found.count else "" for percent in (50.0, 99.0)]
        table.add_row(*row)
    return table


def _by_cause(report: LoadReport) -> Table:
    table = _table("Errors by cause", "cause", "count")
    table.add_column("the first one said", overflow="fold")
    table.add_column("what to do", overflow="fold")
    for name, cause in sorted(report.tally.causes.items(), key=lambda item: -item[1].count):
        table.add_row(name, f"{cause.count:,}", cause.example, _ADVICE.get(name.partition(":")[0], ""))
    return table


def _remarks(report: LoadReport) -> Iterator[str]:
    """Yield what the figures have to be read with."""
    late = read_out(report.tally.late_starts)
    if report.tally.frames.total_count:
        yield (
            "A trade's time is that of its decision, before its commit: from the commit to the frame is less still. "
            "It is read by this machine's clock."
        )
    floor = "" if report.floor_processor_share is None else f", the floor {report.floor_processor_share:.0%}"
    yield (
        f"The generator used {report.own_processor_share:.0%} of a processor{floor}; "
        f"99 % of the requests went out within {_ms(late.percentile_ms(99.0))} ms of their time."
    )
    if report.own_processor_share > OWN_PROCESSOR_SHARE_MAX:
        yield "[yellow]The generator itself was the limit: the figures are partly about itself. Lower --rate."
    elif _is_limit(report):
        yield "[yellow]Requests went out late: this machine is short of processor time, and the figures show that too."
    if report.left_behind is not None:
        yield f"[yellow]Not all could be cleaned up: {report.left_behind}"


def _spans(report: LoadReport) -> Iterator[tuple[int, int, Mapping[Call, Cell]]]:
    """Yield seconds put together into spans of equal length: the first, the last, and their requests by kind."""
    seconds = report.tally.seconds
    if not seconds:
        return
    length = -(-(max(seconds) + 1) // ROWS_MAX)
    for first in range(0, max(seconds) + 1, length):
        last = min(first + length - 1, max(seconds))
        merged: dict[Call, Cell] = {}
        for second in range(first, last + 1):
            for call, cell in seconds.get(second, {}).items():
                into = merged.setdefault(call, Cell(histogram(DIGITS_OF_A_SECOND)))
                into.due += cell.due
                into.failed += cell.failed
                into.latencies.add(cell.latencies)
        yield first, last, merged


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _add(table: Table, name: str, due: int, failed: int, found: Latencies) -> None:
    values = (*found.percentiles_ms, found.max_ms)
    table.add_row(name, f"{due:,}", _failed(failed), *(_ms(value) if found.count else "" for value in values))


def _failed(count: int) -> str:
    return f"[red]{count:,}" if count else "0"


def _ms(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _rate(report: LoadReport) -> float:
    return report.tally.counts[1] / report.asked_s if report.asked_s > 0 else 0.0


def _is_limit(report: LoadReport) -> bool:
    late = read_out(report.tally.late_starts).percentile_ms(99.0)
    return late > LATE_START_P99_MS_MAX or report.own_processor_share > OWN_PROCESSOR_SHARE_MAX


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {"due": cell.due, "failed": cell.failed, **_latencies_json(read_out(cell.latencies))}


def _latencies_json(found: Latencies) -> dict[str, Any]:
    percentiles = {f"p{percent:g}": value for percent, value in zip(PERCENTILES, found.percentiles_ms, strict=True)}
    if found.count == 0:
        return {"count": 0, **dict.fromkeys(percentiles), "max": None}
    return {"count": found.count, **percentiles, "max": found.max_ms}
