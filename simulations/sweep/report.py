"""The report of a sweep: the frontier between gain and human attention, and every setting in figures."""

from collections.abc import Callable, Sequence
from typing import Final

import plotly.graph_objects as go

from simulations.reports.charts import colour
from simulations.reports.page import Page
from simulations.reports.words import dollars_text, number, percent, span
from simulations.scenario import Scenario
from simulations.sweep.estimate import CONFIDENCE, Estimate
from simulations.sweep.plan import Variation
from simulations.sweep.table import Point

FILE_NAME: Final = "report.html"
NEAR: Final = 0.06
"""Points that are so near each other, as a part of the chart on either side, have one name."""

LABELS_MAX: Final = 24
"""Beyond so many points their names would hide each other; they still show under the pointer."""


def page_of(scenario: Scenario, variations: Sequence[Variation], found: Sequence[Point], seeds: int) -> Page:
    """Return the report of a sweep, of which there may be fewer runs than planned."""
    done = sum(point.runs for point in found)
    page = Page(f"Sweep of {scenario.name}", scenario.summary)
    page.cards(
        [
            ("Settings", number(len(found)), ", ".join(variation.key for variation in variations)),
            ("Runs", number(done), f"{number(seeds)} seeds of each setting wanted"),
            ("Agents", number(scenario.agents), f"for {span(scenario.time.ticks_total * scenario.time.tick)}"),
            ("Worth a choice", number(sum(point.is_best for point in found)), "no other setting beats them"),
        ]
    )
    if not found:
        page.text("No run has ended yet. Run the same command again to go on.")
        return page
    page.heading("Gain against attention")
    page.text(
        "Each point is a setting: how many decisions a day it asks of people, and what all agents together gain. "
        f"Bars are {CONFIDENCE:.0%} intervals, of the gain without what the market did to all settings alike. Colour "
        "tells how much of what was asked for expired; the line joins the settings that no other beats in all three."
    )
    page.chart(frontier(found), "Gain of each setting against decisions a day")
    page.side_by_side(
        ("What expired, of the requests", _bars(found, lambda point: point.expired_share, 100, " %")),
        ("Cost of waiting, against approval at once", _bars(found, lambda point: point.waiting_cost, 1, "", "$")),
    )
    _table(page, found)
    return page


def frontier(found: Sequence[Point]) -> go.Figure:
    """Show every point, and join the best ones."""
    best = sorted((point for point in found if point.is_best), key=lambda point: point.decided_a_day.mean)
    line = go.Scatter(
        x=[point.decided_a_day.mean for point in best],
        y=[point.own_gain.mean * 100 for point in best],
        mode="lines",
        line={"color": colour(0, 0.5), "width": 2, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    labels = labels_of(found)
    marks = go.Scatter(
        x=[point.decided_a_day.mean for point in found],
        y=[point.own_gain.mean * 100 for point in found],
        error_x=_bar([point.decided_a_day for point in found], 1),
        error_y=_bar([point.own_gain for point in found], 100),
        mode="markers+text",
        text=labels,
        textposition="top right",
        textfont={"size": 11},
        cliponaxis=False,
        customdata=[point.label for point in found],
        marker={
            "size": [13 if point.is_best else 9 for point in found],
            "color": [point.expired_share.mean * 100 for point in found],
            "colorscale": [[0, colour(2)], [0.5, colour(1)], [1, colour(5)]],
            "cmin": 0,
            "colorbar": {"title": {"text": "expired"}, "ticksuffix": " %", "thickness": 10, "outlinewidth": 0},
        },
        hovertemplate="%{customdata}<br>%{x:.1f} decisions a day<br>gain %{y:.2f} %<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure([line, marks])
    names = ", ".join(key.rpartition(".")[2] for key, _value in found[0].settings)
    figure.update_xaxes(title=f"decisions a day (beside each point: {names})", rangemode="tozero")
    figure.update_yaxes(title="gain", ticksuffix=" %")
    return figure.update_layout(height=520, hovermode="closest")


def labels_of(found: Sequence[Point]) -> list[str]:
    """Return the values beside each point: of those that lie on top of each other the first speaks for all."""
    if len(found) > LABELS_MAX:
        return [""] * len(found)
    places = [(point.decided_a_day.mean, point.own_gain.mean) for point in found]
    reaches = [NEAR * max(1e-9, max(values) - min(values)) for values in zip(*places, strict=True)]
    labels, spoken_for = [""] * len(found), [False] * len(found)
    for index, point in enumerate(found):
        if spoken_for[index]:
            continue
        near = [
            other
            for other in range(index + 1, len(found))
            if not spoken_for[other]
            and all(abs(a - b) <= reach for a, b, reach in zip(places[index], places[other], reaches, strict=True))
        ]
        for other in near:
            spoken_for[other] = True
        labels[index] = point.values + (f" (+{len(near)})" if near else "")
    return labels


def _bars(
    found: Sequence[Point], of: Callable[[Point], Estimate], factor: float, suffix: str, prefix: str = ""
) -> go.Figure:
    values = [of(point) for point in found]
    figure = go.Figure(
        [
            go.Bar(
                x=[value.mean * factor for value in values],
                y=[point.label for point in found],
                error_x=_bar(values, factor),
                orientation="h",
                marker={"color": colour(0, 0.85)},
                hovertemplate="%{y}: %{x:,.1f}<extra></extra>",
            )
        ]
    )
    figure.update_xaxes(ticksuffix=suffix, tickprefix=prefix)
    figure.update_yaxes(autorange="reversed")
    return figure.update_layout(height=90 + 24 * len(found), hovermode="closest")


def _bar(values: Sequence[Estimate], factor: float) -> dict[str, object]:
    widths = [(value.half_width or 0.0) * factor for value in values]
    return {"type": "data", "array": widths, "color": "rgba(128,138,148,0.55)", "thickness": 1.2, "width": 4}


def _table(page: Page, found: Sequence[Point]) -> None:
    page.heading("Every setting", 3)
    page.table(
        ["setting", "runs", "gain", "against the first", "deepest fall", "decided a day", "expired", "waited", "cost"],
        [
            (
                point.label + (" *" if point.is_best else ""),
                number(point.runs),
                _parts(point.gain, signed=True),
                _parts(point.against_first, signed=True),
                _parts(point.max_drawdown),
                _shown(point.decided_a_day, lambda value: f"{value:,.1f}"),
                _parts(point.expired_share),
                span(point.waited_median_s),
                _shown(point.waiting_cost, dollars_text),
            )
            for point in found
        ],
    )
    page.text(
        f"Means over seeds with their {CONFIDENCE:.0%} intervals by Student's t. The same seed is the same market for "
        "every setting, so that the gain against the first setting is told far more exactly than the gain itself: it "
        "is the mean of the differences seed by seed. Stars mark the settings that no other beats in gain, decisions "
        "and what expired; chance decides between settings whose intervals overlap. Gains are of the whole run, not "
        "of a year."
    )


def _parts(value: Estimate, *, signed: bool = False) -> str:
    return _shown(value, lambda part: percent(part, signed=signed))


def _shown(value: Estimate, text: Callable[[float], str]) -> str:
    width = "" if value.half_width is None else f" \N{PLUS-MINUS SIGN} {text(value.half_width).lstrip('+')}"
    return text(value.mean) + width
