"""Runs side by side: each figure of each run, and how it differs from that of the first."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from attrs import frozen

from actors.simulating.model import Result


class Unit(StrEnum):
    """What a figure counts. Shares are parts of one."""

    SHARE = "share"
    COUNT = "count"
    SECONDS = "seconds"
    DOLLARS = "dollars"


@frozen
class Metric:
    """A figure that every run has: its name, what it is called, and its unit."""

    name: str
    label: str
    unit: Unit


METRICS: Final = (
    Metric("gain", "Gain of all together", Unit.SHARE),
    Metric("gainOfAgent", "Gain of an agent, on average", Unit.SHARE),
    Metric("maxDrawdown", "Deepest fall of all together", Unit.SHARE),
    Metric("trades", "Trades filled", Unit.COUNT),
    Metric("requestsADay", "Approvals asked for, a day", Unit.COUNT),
    Metric("decidedADay", "Approvals decided, a day", Unit.COUNT),
    Metric("expiredShare", "Requests that expired", Unit.SHARE),
    Metric("waitedMedianSeconds", "Waited for a decision, median", Unit.SECONDS),
    Metric("busyShare", "Approvers' time taken up", Unit.SHARE),
    Metric("waitingCost", "Cost of waiting", Unit.DOLLARS),
    Metric("agents", "Agents", Unit.COUNT),
    Metric("ticks", "Ticks of the market", Unit.COUNT),
    Metric("virtualSeconds", "Virtual time", Unit.SECONDS),
    Metric("realSeconds", "Real time", Unit.SECONDS),
)
"""The figures of a run, the ones that matter most first."""


@frozen
class Row:
    """One figure of all runs; `differences` are to the first run, None where one of the two has no figure."""

    metric: Metric
    values: tuple[float | None, ...]
    differences: tuple[float | None, ...]


def compared(results: Sequence[Result]) -> list[Row]:
    """Return the figures of some runs, at least one, side by side."""
    return [_row(metric, [result.figures.get(metric.name) for result in results]) for metric in METRICS]


def _row(metric: Metric, values: Sequence[float | None]) -> Row:
    first = values[0]
    differences = [None if value is None or first is None else value - first for value in values]
    return Row(metric, tuple(values), tuple(differences))
