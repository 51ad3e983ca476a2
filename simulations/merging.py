"""One result of the results of several floors, which ran the same scenario at the same time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import evolve, fields

from simulations.division import Floor, floors, interleaved
from simulations.result import NONE, Approvals, Ints, Pace, RefusedOrders, RunResult, Trades


def merged(parts: Sequence[RunResult], digest: str, real_s: float) -> RunResult:
    """Return the result of a whole run, given those of its floors in their order.

    All floors took their samples at the same times. Agents stand in the order of the scenario, trades and approvals in
    that of their times; who approved is named with the floor.
    """
    first, places = parts[0], floors(len(parts))

    def of_agents(field: Callable[[RunResult], Ints]) -> Ints:
        whole: Ints = interleaved([field(part) for part in parts])
        return whole

    asked = [_approvals_of(part, floor) for part, floor in zip(parts, places, strict=True)]
    approvals, rows = _in_order(Approvals, asked, "requested_at_us")
    traded = [
        _trades_of(part.trades, floor, own_rows) for part, floor, own_rows in zip(parts, places, rows, strict=True)
    ]
    return evolve(
        first,
        digest=digest,
        events=sum(part.events for part in parts),
        ended_early=any(part.ended_early for part in parts),
        pace=Pace(real_s, first.pace.virtual_s, first.pace.ticks, sum(part.pace.memory_mib_max for part in parts)),
        agent_ids=tuple(interleaved([np.array(part.agent_ids) for part in parts]).tolist()),
        approver_names=tuple(
            f"{name}, {floor.name}" for part, floor in zip(parts, places, strict=True) for name in part.approver_names
        ),
        group=of_agents(lambda part: part.group),
        budget_micros=of_agents(lambda part: part.budget_micros),
        equity_micros=of_agents(lambda part: part.equity_micros),
        trades=_in_order(Trades, traded, "ended_at_us")[0],
        approvals=approvals,
        calls_used=of_agents(lambda part: part.calls_used),
        spent_micros=of_agents(lambda part: part.spent_micros),
        quota_calls=of_agents(lambda part: part.quota_calls),
        quota_micros=of_agents(lambda part: part.quota_micros),
        refused=_refused([part.refused for part in parts], places),
        set_aside=of_agents(lambda part: part.set_aside),
    )


def _approvals_of(part: RunResult, floor: Floor) -> Approvals:
    approvals = part.approvals
    return evolve(
        approvals,
        agent=floor.places_of(approvals.agent),
        approver=_shifted(approvals.approver, floor.number * len(part.approver_names)),
    )


def _trades_of(trades: Trades, floor: Floor, rows: Ints) -> Trades:
    """Return a floor's trades, given the row among all approvals of each of its own."""
    waited = trades.approval != NONE
    approval = trades.approval.copy()
    approval[waited] = rows[trades.approval[waited]]
    return evolve(trades, agent=floor.places_of(trades.agent), approval=approval)


def _shifted(places: Ints, by: int) -> Ints:
    return np.where(places == NONE, NONE, places + by)


def _in_order(table: Any, parts: Sequence[Any], by: str, **alike: object) -> tuple[Any, list[Ints]]:
    """Return tables as one in the order of a column, and for each of them where its rows have come to be.

    What is no column is given as it is in the whole.
    """
    order = np.argsort(np.concatenate([getattr(part, by) for part in parts]), kind="stable")
    names = [column.name for column in fields(table) if column.name not in alike]
    columns = {name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names}
    rows = np.empty_like(order)
    rows[order] = np.arange(len(order))
    return table(**columns, **alike), np.split(rows, np.cumsum([len(part) for part in parts])[:-1])


def _refused(parts: Sequence[RefusedOrders], places: Sequence[Floor]) -> RefusedOrders:
    causes = {
        cause: place for place, cause in enumerate(dict.fromkeys(cause for part in parts for cause in part.causes))
    }
    named = [
        evolve(
            part,
            agent=floor.places_of(part.agent),
            cause=np.array([causes[cause] for cause in part.causes], dtype=np.int64)[part.cause],
        )
        for part, floor in zip(parts, places, strict=True)
    ]
    whole: RefusedOrders = _in_order(RefusedOrders, named, "first_at_us", causes=tuple(causes))[0]
    return whole
