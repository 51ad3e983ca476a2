"""What a load has measured: latencies in HDR histograms, by kind of request and by second, and errors by cause."""

from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen
from hdrh.histogram import HdrHistogram

from simulations.load.plan import Call, Shot

LATENCY_US_MAX: Final = 600_000_000
"""Ten minutes; whatever takes longer counts as that."""

DIGITS: Final = 3
DIGITS_OF_A_SECOND: Final = 2
"""Decimal digits that a value keeps; fewer within a second, of which there are many. Histograms of different digits
are slow to add up."""

PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)


@frozen
class Failure:
    """Why a request was not answered as it should be: a cause to count by, and what was said this time."""

    cause: str
    detail: str


@frozen
class Latencies:
    """A histogram, read out: how many values, and their percentiles by `PERCENTILES` and the largest, in ms."""

    count: int
    percentiles_ms: tuple[float, ...]
    max_ms: float

    def percentile_ms(self, percent: float) -> float:
        """Return one of `PERCENTILES`."""
        return self.percentiles_ms[PERCENTILES.index(percent)]


def histogram(digits: int = DIGITS) -> HdrHistogram:
    """Return an empty histogram of microseconds."""
    return HdrHistogram(1, LATENCY_US_MAX, digits)


def record(into: HdrHistogram, seconds: float) -> None:
    """Add a duration; what is below a microsecond, or from a clock that runs behind, counts as one."""
    into.record_value(max(1, min(LATENCY_US_MAX, round(seconds * 1e6))))


def read_out(values: HdrHistogram) -> Latencies:
    """Return what is in a histogram; of an empty one zeros."""
    if values.total_count == 0:
        return Latencies(0, (0.0,) * len(PERCENTILES), 0.0)
    found = values.get_percentile_to_value_dict(PERCENTILES)
    return Latencies(
        count=values.total_count,
        percentiles_ms=tuple(found[percent] / 1e3 for percent in PERCENTILES),
        max_ms=values.get_max_value() / 1e3,
    )


@define
class Cell:
    """Requests of one kind, in the whole or in one second: how many were due, and how those that were answered did."""

    latencies: HdrHistogram
    due: int = 0
    failed: int = 0


@define
class Cause:
    """How often something went wrong, and how that read the first time."""

    count: int
    example: str


@define
class Tally:
    """Counts a load while it runs. Seconds are those in which requests were due, not in which they were answered."""

    calls: dict[Call, Cell] = field(factory=dict)
    seconds: dict[int, dict[Call, Cell]] = field(factory=dict)
    causes: dict[str, Cause] = field(factory=dict)
    late_starts: HdrHistogram = field(factory=histogram)
    """How long after it was due the generator itself came to send a request."""
    frames: HdrHistogram = field(factory=histogram)
    """From the moment that an executed trade bears to the reading of its frame on a socket."""
    frames_heard: int = 0
    in_flight: int = 0

    def due(self, shot: Shot) -> None:
        """Count a request that is due now."""
        for cell in self._cells(shot):
            cell.due += 1

    def started(self, late_s: float) -> None:
        """Count a request that is sent."""
        self.in_flight += 1
        record(self.late_starts, late_s)

    def answered(self, shot: Shot, latency_s: float, outcome: Failure | None) -> None:
        """Count an answer, so long after the request was due."""
        self.in_flight -= 1
        for cell in self._cells(shot):
            if outcome is None:
                record(cell.latencies, latency_s)
        if outcome is not None:
            self.failed(shot, outcome)

    def failed(self, shot: Shot, failure: Failure) -> None:
        """Count what went wrong with a request."""
        for cell in self._cells(shot):
            cell.failed += 1
        self.went_wrong(failure)

    def went_wrong(self, failure: Failure) -> None:
        """Count what went wrong, with a request or besides all of them."""
        self.causes.setdefault(failure.cause, Cause(0, failure.detail)).count += 1

    @property
    def errors(self) -> int:
        """How much went wrong."""
        return sum(cause.count for cause in self.causes.values())

    @property
    def counts(self) -> tuple[int, int]:
        """How many requests were due, and how many of them were answered as they should be."""
        cells = self.calls.values()
        return sum(cell.due for cell in cells), sum(cell.latencies.total_count for cell in cells)

    def _cells(self, shot: Shot) -> Iterator[Cell]:
        yield _cell(self.calls, shot.call, DIGITS)
        yield _cell(self.seconds.setdefault(int(shot.due_s), {}), shot.call, DIGITS_OF_A_SECOND)


def _cell(cells: dict[Call, Cell], call: Call, digits: int) -> Cell:
    found = cells.get(call)
    if found is None:
        found = cells[call] = Cell(histogram(digits))
    return found
