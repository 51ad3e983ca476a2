"""The charts of a run's equity, trades and quotas, as figures of plotly without colours of a page."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from simulations.reports.curves import GroupCurves, returns
from simulations.reports.fills import Fills, per_bucket
from simulations.result import Ints, RunResult

PALETTE: Final = ("#3f83c6", "#d9822b", "#2a9d74", "#a8609f", "#8b8a2f", "#c4534d", "#4aa3a8", "#7d6fc0")
"""Told apart on light and dark, and by most people who see fewer colours."""

COLUMNS_MAX: Final = 3
SPANS: Final = 96
BINS: Final = 60


def colour(place: int, opacity: float = 1.0) -> str:
    """Return the colour of a group, by its place."""
    digits = PALETTE[place % len(PALETTE)].lstrip("#")
    red, green, blue = (int(digits[start : start + 2], 16) for start in (0, 2, 4))
    return f"rgba({red},{green},{blue},{opacity:g})"


def times(at_us: Ints) -> NDArray[np.datetime64]:
    """Return times as plotly reads them."""
    return at_us.astype("datetime64[us]")


def span_edges(result: RunResult) -> Ints:
    """Return the edges of some hundred equal spans of the run's time, in microseconds."""
    first, last = int(result.sampled_at_us[0]), int(result.sampled_at_us[-1])
    return np.linspace(first, max(last, first + 1), SPANS + 1).astype(np.int64)


def equity(result: RunResult, found: Sequence[GroupCurves]) -> go.Figure:
    """Show each group's equity as a fan: the median, the middle half, and nine in ten."""
    columns = min(COLUMNS_MAX, len(found))
    rows = -(-len(found) // columns)
    figure = make_subplots(
        rows, columns, shared_yaxes="all", subplot_titles=[f"{each.name} ({each.agents:,})" for each in found]
    )
    at = times(result.sampled_at_us)
    for place, group in enumerate(found):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        bands = group.bands * 100 - 100
        for low, high, opacity, name in ((0, 4, 0.14, "nine in ten"), (1, 3, 0.28, "the middle half")):
            figure.add_trace(_edge(at, bands[:, low]), **where)
            figure.add_trace(_fan(at, bands[:, high], colour(place, opacity), name), **where)
        figure.add_trace(_line(at, bands[:, 2], place, "median"), **where)
    figure.update_yaxes(ticksuffix=" %")
    return figure.update_layout(showlegend=False, height=120 + 220 * rows)


def drawdowns(result: RunResult, found: Sequence[GroupCurves]) -> go.Figure:
    """Show how far each group's whole equity was below its highest."""
    at = times(result.sampled_at_us)
    figure = go.Figure([_line(at, group.drawdown * 100, place, group.name) for place, group in enumerate(found)])
    return figure.update_yaxes(ticksuffix=" %").update_layout(height=280)


def return_distribution(result: RunResult) -> go.Figure:
    """Show how the agents' gains of the whole run are spread, by group."""
    gains = returns(result) * 100
    edges = np.linspace(*_bounds(gains), BINS + 1)
    figure = go.Figure()
    for place, name in enumerate(result.group_names):
        members = gains[result.group == place]
        shares = np.histogram(np.clip(members, edges[0], edges[-1]), bins=edges)[0] / max(1, len(members)) * 100
        middles = (edges[:-1] + edges[1:]) / 2
        trace = _line(middles, shares, place, name, shape="hvh")
        figure.add_trace(trace.update(fill="tozeroy", fillcolor=colour(place, 0.15)))
    figure.update_xaxes(ticksuffix=" %", title="gain of an agent")
    return figure.update_yaxes(ticksuffix=" %", title="agents of the group").update_layout(height=300)


def trading(result: RunResult, fills: Fills) -> go.Figure:
    """Show what was traded over time, in dollars, by group."""
    edges = span_edges(result)
    groups = result.group[fills.agent]
    values = {name: fills.notional_micros * (groups == place) for place, name in enumerate(result.group_names)}
    sums = per_bucket(fills.filled_at_us, values, edges)
    figure = go.Figure(
        [
            go.Bar(x=times(edges[:-1]), y=sums[name] / 1e6, name=name, marker={"color": colour(place, 0.85)})
            for place, name in enumerate(result.group_names)
        ]
    )
    figure.update_traces(hovertemplate="%{y:$,.0f}")
    return figure.update_yaxes(tickprefix="$").update_layout(barmode="stack", bargap=0.05, height=300)


def quota_use(result: RunResult) -> go.Figure:
    """Show what part of its monthly quota each agent used, whichever of calls and cost is nearer its end, by group."""
    calls = result.calls_used / np.maximum(1, result.quota_calls)
    used = np.maximum(calls, result.spent_micros / np.maximum(1, result.quota_micros)) * 100
    most = max(1.0, float(np.ceil(min(100.0, used.max()))))
    edges = np.linspace(0, most, 41)
    figure = go.Figure()
    for place, name in enumerate(result.group_names):
        members = used[result.group == place]
        shares = np.histogram(np.clip(members, 0, most), bins=edges)[0] / max(1, len(members)) * 100
        figure.add_trace(
            go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=shares, name=name, marker={"color": colour(place, 0.85)})
        )
    figure.update_xaxes(ticksuffix=" %", title="of the quota", range=[0, most])
    return figure.update_yaxes(ticksuffix=" %", title="agents of the group").update_layout(barmode="group", height=280)


def _bounds(gains: NDArray[np.float64]) -> tuple[float, float]:
    """Return between which gains there are more than a few agents; those beyond are counted at the ends."""
    low, high = np.quantile(gains, [0.002, 0.998]).tolist()
    return (low - 1, high + 1) if high - low < 1 else (low, high)


def _line(
    at: NDArray[np.generic], values: NDArray[np.float64], place: int, name: str, shape: str = "linear"
) -> go.Scatter:
    line = {"color": colour(place), "width": 2, "shape": shape}
    return go.Scatter(x=at, y=values, name=name, mode="lines", line=line, hovertemplate="%{y:.2f} %")


def _edge(at: NDArray[np.generic], values: NDArray[np.float64]) -> go.Scatter:
    return go.Scatter(x=at, y=values, mode="lines", line={"width": 0}, hoverinfo="skip")


def _fan(at: NDArray[np.generic], values: NDArray[np.float64], fill: str, name: str) -> go.Scatter:
    return go.Scatter(
        x=at, y=values, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=fill, name=name, hoverinfo="skip"
    )
