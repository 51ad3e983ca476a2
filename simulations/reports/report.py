"""The report of a run: what its agents made of the market, and what they asked of people."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from actors.model import ApprovalStatus
from actors.performance import Performance
from simulations.reports import charts, oversight_charts
from simulations.reports.curves import curves, performances, period_years, returns
from simulations.reports.fills import Fills, fills_of
from simulations.reports.oversight import OversightSummary, load_over_time, summarise, waits_s
from simulations.reports.page import Page
from simulations.reports.words import UNKNOWN, dollars_text, number, percent, span
from simulations.result import RunResult

TRADING_DAYS_A_YEAR: Final = 252

_SHOWN: Final[Mapping[str, str]] = {
    "roi": "gain",
    "volatility": "volatility",
    "sharpe": "Sharpe",
    "sortino": "Sortino",
    "calmar": "Calmar",
    "max_drawdown": "max drawdown",
    "win_rate": "win rate",
    "turnover": "turnover",
}
_RATIOS: Final = frozenset({"sharpe", "sortino", "calmar", "turnover"})


def page_of(result: RunResult) -> Page:
    """Return the report of a run."""
    fills, asked = fills_of(result), summarise(result)
    measured = performances(result, fills)
    page = Page(result.scenario.name, result.scenario.summary)
    page.cards(_cards(result, fills, asked, measured[""]))
    _equity(page, result)
    _measures(page, result, measured)
    _trading(page, result, fills)
    _oversight(page, result, asked)
    _small_print(page, result)
    return page


def _cards(
    result: RunResult, fills: Fills, asked: OversightSummary, together: Performance
) -> list[tuple[str, str, str]]:
    gains = returns(result)
    early = ", ended early" if result.ended_early else ""
    return [
        ("Agents", number(len(result.agent_ids)), f"in {len(result.group_names)} groups"),
        ("Virtual time", span(result.pace.virtual_s), f"{number(result.pace.ticks)} ticks{early}"),
        (
            "Gain of all together",
            percent(together.roi, signed=True),
            f"{percent((gains > 0).mean())} of the agents won",
        ),
        ("Deepest fall", percent(together.max_drawdown), "of all together, from a peak"),
        ("Trades filled", number(len(fills.agent)), f"{dollars_text(fills.fee_micros.sum() / 1e6)} in fees"),
        ("Approvals asked for", number(asked.requests), f"{asked.decided_per_day:,.1f} decided a day"),
        ("Waited in vain", percent(asked.expired_share), "of the requests expired"),
        ("Cost of waiting", dollars_text(asked.cost.total), "against approval at once"),
    ]


def _equity(page: Page, result: RunResult) -> None:
    found = curves(result)
    page.heading("Equity")
    page.text(
        "What agents have won or lost of their budget: the line is the median agent of a group, the dark band holds "
        "the middle half of its agents, the light one nine in ten."
    )
    page.chart(charts.equity(result, found), "Equity of each group over time, as a fan of quantiles")
    page.side_by_side(
        ("How far each group was below its highest", charts.drawdowns(result, found)),
        ("What the agents have won or lost in all", charts.return_distribution(result)),
    )


def _measures(page: Page, result: RunResult, measured: Mapping[str, Performance]) -> None:
    page.heading("Measures", 3)
    rows = [(name or "all together", *_row(performance)) for name, performance in measured.items()]
    page.table(["group", *_SHOWN.values()], [*rows[1:], rows[0]])
    years = period_years(result)
    period = "" if years is None else f", from returns of {years * TRADING_DAYS_A_YEAR:.3g} trading days each"
    page.text(
        "Gain, drawdown, win rate and turnover are of the whole run. Volatility, Sharpe, Sortino and Calmar are per "
        f"year of trading (252 days){period}; the riskless rate is nothing. A trade won that was closed above its "
        "cost, before fees. A dash stands where the run is too short to tell."
    )


def _trading(page: Page, result: RunResult, fills: Fills) -> None:
    page.heading("Trades and quotas")
    edges_us = charts.span_edges(result)
    bar = span((int(edges_us[1]) - int(edges_us[0])) / 1e6)
    page.text(f"What each group bought and sold, in dollars; a bar stands for some {bar}.")
    page.chart(charts.trading(result, fills), "Dollars traded over time, by group")
    page.side_by_side(("How much of the monthly quota the agents used", charts.quota_use(result)))
    _refused(page, result)


def _refused(page: Page, result: RunResult) -> None:
    """Say what strategies ordered and did not get, and whose kept raising."""
    refused, groups = result.refused, result.group_names
    page.heading("Orders that were refused or cut", 3)
    if len(refused):
        counts = np.zeros((len(refused.causes), len(groups)), dtype=np.int64)
        np.add.at(counts, (refused.cause, result.group[refused.agent]), refused.orders)
        rows = [
            (cause, number(orders), *(number(count) for count in counts[refused.causes.index(cause)]))
            for cause, orders in refused.by_cause.items()
        ]
        page.table(["orders of strategies", "in all", *groups], rows)
        page.text("An agent whose order was refused looks again later, so that one wish may be refused often.")
    else:
        page.text("Every order of a strategy was taken, and whole.")
    if result.set_aside.any():
        struck = np.bincount(result.group, result.set_aside, len(groups)).astype(np.int64)
        told = ", ".join(f"{number(count)} of {name}" for name, count in zip(groups, struck, strict=True) if count)
        page.text(f"Agents were set aside since their strategies kept raising: {told}.")


def _oversight(page: Page, result: RunResult, asked: OversightSummary) -> None:
    page.heading("Oversight")
    if not asked.requests:
        page.text("No trade was large enough to wait for a person. A lower oversight.threshold would change that.")
        return
    load = load_over_time(result, charts.span_edges(result))
    people = len(result.approver_names)
    page.text(
        f"{number(asked.requests)} trades waited for {people} {'person' if people == 1 else 'people'}. "
        "Open requests are those that nobody has decided yet."
    )
    page.chart(oversight_charts.queue(load), "Requests asked for, decided, expired and open over time")
    pair = []
    if people:
        pair.append(("How busy each approver was", oversight_charts.approver_load(result, load)))
    if len(waits_s(result.approvals)):
        pair.append(("How long requests waited for a decision", oversight_charts.waiting(result)))
    if pair:
        page.side_by_side(*pair)
    _outcomes(page, asked)


def _outcomes(page: Page, asked: OversightSummary) -> None:
    waiting, cost = asked.waiting, asked.cost
    counted = [ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED, ApprovalStatus.CANCELLED]
    page.heading("What it came to", 3)
    page.table(
        ["requests and people", ""],
        [
            *((f"{status}", number(asked.by_status[status])) for status in counted),
            ("still open at the end", number(asked.by_status[ApprovalStatus.PENDING])),
            ("decided a day, by all approvers", f"{asked.decided_per_day:,.1f}"),
            ("approvers' time spent on requests", percent(asked.busy_share)),
            ("waited until decided: median", span(waiting.median_s)),
            ("waited until decided: nine in ten within", span(waiting.p90_s)),
            ("until somebody looked at it: median", span(waiting.to_taken_median_s)),
        ],
    )
    page.table(
        ["cost of waiting, against approval at once", ""],
        [
            (f"{number(cost.filled)} trades that were filled after their wait", dollars_text(cost.paid)),
            ("the same, of what was asked for", UNKNOWN if cost.paid_bps is None else f"{cost.paid_bps:,.1f} bp"),
            (f"{number(cost.in_vain)} trades that waited in vain", dollars_text(cost.missed)),
            ("together", dollars_text(cost.total)),
        ],
    )
    page.text(
        "Approval at once would have filled a trade at the price when it was submitted. A trade that was filled later "
        "paid what the price moved against it meanwhile. One that expired, or whose approval came when the price had "
        "moved too far, missed what it would have won or saved until its agent asked for the same again, or until the "
        "run ended. A negative amount is a gain; rejected trades are no matter of waiting."
    )


def _small_print(page: Page, result: RunResult) -> None:
    page.heading("Where this comes from")
    made = result.provenance
    page.details(
        {
            "scenario": result.scenario.name,
            "seed": str(result.seed),
            "digest of the events": result.digest,
            "events": number(result.events),
            "version": f"{made.version} {made.commit}".strip(),
            "Python": made.python,
            "real time": f"{result.pace.real_s:,.1f} s, {number(result.agent_ticks_per_s)} agent-ticks/s",
        }
    )


def _row(performance: Performance) -> list[str]:
    cells = []
    for name in _SHOWN:
        value = getattr(performance, name)
        if name in _RATIOS:
            cells.append(UNKNOWN if value is None else f"{value:,.2f}")
        else:
            cells.append(percent(value, signed=name == "roi"))
    return cells
