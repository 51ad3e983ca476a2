"""The charts of what oversight asked of people, as figures of plotly without colours of a page."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from simulations.reports.charts import colour, times
from simulations.reports.oversight import Load, waits_s
from simulations.result import RunResult

POINTS_MAX: Final = 400
MINUTE_S: Final = 60.0


def queue(load: Load) -> go.Figure:
    """Show how many requests came, were decided and expired, and how many were open, over time."""
    at = times(load.edges_us[:-1])
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.5, 0.5], vertical_spacing=0.08)
    for place, (name, counts) in enumerate(
        (("asked for", load.requests), ("decided", load.decided), ("expired", load.expired))
    ):
        bars = go.Bar(x=at, y=counts, name=name, marker={"color": colour((0, 2, 5)[place], 0.85)})
        figure.add_trace(bars, row=1, col=1)
    figure.add_trace(
        go.Scatter(
            x=at,
            y=load.waiting,
            name="open at a time",
            mode="lines",
            line={"color": colour(1), "width": 2, "shape": "hv"},
            fill="tozeroy",
            fillcolor=colour(1, 0.15),
            hovertemplate="%{y:.1f}",
        ),
        row=2,
        col=1,
    )
    figure.update_yaxes(title="requests", row=1, col=1)
    figure.update_yaxes(title="open", row=2, col=1)
    return figure.update_layout(height=420, barmode="group", bargap=0.1)


def approver_load(result: RunResult, load: Load) -> go.Figure:
    """Show how busy each approver was over time: from idle to all the time."""
    heat = go.Heatmap(
        x=times(load.edges_us[:-1]),
        y=list(result.approver_names),
        z=load.busy * 100,
        zmin=0,
        zmax=100,
        colorscale=[[0, colour(0, 0.04)], [1, colour(0)]],
        colorbar={"ticksuffix": " %", "thickness": 10, "outlinewidth": 0},
        hovertemplate="%{y}: busy %{z:.0f} % of the time<extra></extra>",
        ygap=2,
    )
    return go.Figure([heat]).update_layout(height=130 + 26 * len(result.approver_names))


def waiting(result: RunResult) -> go.Figure:
    """Show which part of the decided requests had been decided after how long."""
    waited = np.sort(waits_s(result.approvals)) / MINUTE_S
    steps = np.unique(np.linspace(0, len(waited) - 1, min(POINTS_MAX, len(waited))).astype(np.int64))
    trace = go.Scatter(
        x=waited[steps],
        y=(steps + 1) / len(waited) * 100,
        mode="lines",
        line={"color": colour(0), "width": 2, "shape": "hv"},
        hovertemplate="%{y:.0f} % within %{x:.1f} min<extra></extra>",
    )
    figure = go.Figure([trace]).update_xaxes(title="minutes until decided", rangemode="tozero")
    return figure.update_yaxes(ticksuffix=" %", title="of the decided", range=[0, 102]).update_layout(height=300)
