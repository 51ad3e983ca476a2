"""A run that was made by hand, small enough to work every figure of it out."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from actors.model import ApprovalStatus, TradeStatus
from simulations.result import (
    APPROVAL_STATUSES,
    NONE,
    TRADE_STATUSES,
    Approvals,
    Ints,
    Pace,
    Provenance,
    RefusedOrders,
    RunResult,
    Trades,
)
from simulations.scenario import Group, Oversight, Scenario, Span, Time

START_US = 1_767_603_600_000_000
HOUR_US = 3_600_000_000
DOLLAR = 1_000_000


def hours(*values: float) -> list[int]:
    """Return times so many hours after the start, NONE for a negative number."""
    return [NONE if value < 0 else START_US + round(value * HOUR_US) for value in values]


def ints(values: Any) -> Ints:
    """Return whole numbers as an array."""
    return np.array(values, dtype=np.int64)


def trades(**columns: Any) -> Trades:
    """Return trades: a completed purchase of one share, but for what is given."""
    rows = len(columns["agent"])
    given: dict[str, Any] = {
        "symbol": [0] * rows,
        "buys": [1] * rows,
        "quantity": [1] * rows,
        "status": [TRADE_STATUSES.index(TradeStatus.COMPLETED)] * rows,
        "submitted_at_us": hours(*[0] * rows),
        "ended_at_us": hours(*[0] * rows),
        "price_micros": [100 * DOLLAR] * rows,
        "fee_micros": [DOLLAR] * rows,
        "approval": [NONE] * rows,
        **columns,
    }
    return Trades(**{name: ints(values) for name, values in given.items()})


def approvals(*rows: tuple[ApprovalStatus, dict[str, Any]]) -> Approvals:
    """Return approvals for the purchase of ten shares at $100, open for an hour, but for what is given of each."""
    made: list[dict[str, Any]] = []
    for status, given in rows:
        row: dict[str, Any] = {
            "agent": 0,
            "symbol": 0,
            "buys": 1,
            "quantity": 10,
            "level": 1,
            "status": APPROVAL_STATUSES.index(status),
            "requested": 0.0,
            "taken": -1.0,
            "resolved": -1.0,
            "approver": NONE,
            "requested_price_micros": 100 * DOLLAR,
            "resolved_price_micros": 0,
            "executed": 0,
            **given,
        }
        row["value_micros"] = row["quantity"] * row["requested_price_micros"]
        for name in ("requested", "taken", "resolved"):
            row[f"{name}_at_us"] = hours(row.pop(name))[0]
        row["expires_at_us"] = row["requested_at_us"] + HOUR_US
        made.append(row)
    names = [attribute.name for attribute in Approvals.__attrs_attrs__]
    return Approvals(**{name: ints([row[name] for row in made]) for name in names})


def result(**changes: Any) -> RunResult:
    """Return a run of three agents in two groups over four hours, without a trade, but for what is given."""
    given: dict[str, Any] = {
        "scenario": Scenario(
            "made",
            "A run <made> by hand.",
            Time(start=datetime(2026, 1, 5, 9, tzinfo=UTC), ticks=4, tick=Span(3_600.0), trading_days_per_day=24.0),
            (Group(2, name="first"), Group(1, "aggressive", name="second & last")),
            oversight=Oversight(approvers=2),
        ),
        "provenance": Provenance("0.1.0", "abc", "3.11"),
        "digest": "d" * 64,
        "events": 7,
        "ended_early": False,
        "pace": Pace(1.0, 4 * 3_600.0, 4, 100.0),
        "group_names": ("first", "second & last"),
        "agent_ids": ("agt_1", "agt_2", "agt_3"),
        "symbols": ("AAPL", "TSLA"),
        "approver_names": ("Approver 1", "Approver 2"),
        "group": ints([0, 0, 1]),
        "budget_micros": ints([1_000, 3_000, 2_000]) * DOLLAR,
        "sampled_at_us": ints(hours(0, 1, 2, 3, 4)),
        "equity_micros": ints(
            [
                [1_000, 3_000, 2_000],
                [1_100, 3_000, 2_000],
                [1_200, 2_400, 2_000],
                [900, 3_000, 2_200],
                [1_000, 3_300, 2_100],
            ]
        )
        * DOLLAR,
        "prices_micros": ints([[100, 50], [101, 50], [102, 50], [103, 50], [104, 50]]) * DOLLAR,
        "trades": trades(agent=[]),
        "approvals": approvals(),
        "calls_used": ints([0, 10, 100]),
        "spent_micros": ints([0, 0, 10]) * DOLLAR,
        "quota_calls": ints([1_000, 1_000, 1_000]),
        "quota_micros": ints([1_000, 1_000, 1_000]) * DOLLAR,
        "refused": RefusedOrders((), ints([]), ints([]), ints([]), ints([]), ints([])),
        "set_aside": ints([0, 0, 0]),
        **changes,
    }
    return RunResult(**given)
