"""A run's tables as files: Parquet for programs, CSV and JSON for whatever reads those.

Money is in dollars, as floats with at most six places that matter; times are UTC. Agents, symbols and groups are
written out by name.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from attrs import fields
from numpy.typing import NDArray
from pyarrow import csv

from actors.performance import Performance
from simulations.reports.curves import agent_performances, performances
from simulations.reports.fills import Fills
from simulations.result import APPROVAL_STATUSES, LEVELS, NONE, TRADE_STATUSES, Ints, RunResult

TEXT_ROWS_MAX: Final = 200_000
"""Longer tables are written as Parquet alone: as text they would be large, slow to write and of no use to an eye."""

AGENTS_MEASURED_MAX: Final = 10_000
"""Beyond so many agents only groups are measured: a measure of each costs more than the run of some."""

TABLES: Final = ("equity", "trades", "approvals", "refused", "metrics")


def tables_of(result: RunResult, fills: Fills) -> Mapping[str, pa.Table]:
    """Return a run's tables by the names of TABLES."""
    return {
        "equity": _equity(result),
        "trades": _trades(result),
        "approvals": _approvals(result),
        "refused": _refused(result),
        "metrics": _metrics(result, fills),
    }


def write(tables: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    """Write tables into a folder: `NAME.parquet`, and unless a table is long `NAME.csv` and `NAME.json`.

    Raises OSError. Returns the files.
    """
    written = []
    for name, table in tables.items():
        paths = [folder / f"{name}.{ending}" for ending in ("parquet", "csv", "json")]
        pq.write_table(table, paths[0])
        written.append(paths[0])
        if table.num_rows <= TEXT_ROWS_MAX:
            csv.write_csv(table, paths[1])
            paths[2].write_bytes(_json(table))
            written += paths[1:]
        else:
            for stale in paths[1:]:
                stale.unlink(missing_ok=True)
    return written


def _json(table: pa.Table) -> bytes:
    """Return a table as a list of objects; times are texts, which one call makes far faster than one each."""
    columns = [
        (pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column).to_pylist()
        for column in table.columns
    ]
    rows = [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
    return orjson.dumps(rows, option=orjson.OPT_APPEND_NEWLINE)


def _equity(result: RunResult) -> pa.Table:
    samples, agents = result.equity_micros.shape
    return pa.table(
        {
            "time": _times(np.repeat(result.sampled_at_us, agents)),
            "agentId": _named(np.tile(np.arange(agents), samples), result.agent_ids),
            "group": _named(np.tile(result.group, samples), result.group_names),
            "equity": _dollars(result.equity_micros.ravel()),
        }
    )


def _trades(result: RunResult) -> pa.Table:
    trades = result.trades
    return pa.table(
        {
            "agentId": _named(trades.agent, result.agent_ids),
            "group": _named(result.group[trades.agent], result.group_names),
            "symbol": _named(trades.symbol, result.symbols),
            "action": _named(trades.buys, ("sell", "buy")),
            "quantity": trades.quantity,
            "status": _named(trades.status, TRADE_STATUSES),
            "submittedAt": _times(trades.submitted_at_us),
            "endedAt": _times(trades.ended_at_us),
            "price": _dollars(trades.price_micros, missing=trades.price_micros == 0),
            "fee": _dollars(trades.fee_micros),
            "approval": pa.array(trades.approval, mask=trades.approval == NONE),
        }
    )


def _approvals(result: RunResult) -> pa.Table:
    approvals = result.approvals
    return pa.table(
        {
            "approval": np.arange(len(approvals)),
            "agentId": _named(approvals.agent, result.agent_ids),
            "group": _named(result.group[approvals.agent], result.group_names),
            "symbol": _named(approvals.symbol, result.symbols),
            "action": _named(approvals.buys, ("sell", "buy")),
            "quantity": approvals.quantity,
            "riskLevel": _named(approvals.level, LEVELS),
            "status": _named(approvals.status, APPROVAL_STATUSES),
            "value": _dollars(approvals.value_micros),
            "requestedAt": _times(approvals.requested_at_us),
            "expiresAt": _times(approvals.expires_at_us),
            "takenAt": _times(approvals.taken_at_us),
            "resolvedAt": _times(approvals.resolved_at_us),
            "approver": _named(approvals.approver, result.approver_names),
            "requestedPrice": _dollars(approvals.requested_price_micros),
            "resolvedPrice": _dollars(approvals.resolved_price_micros, missing=approvals.resolved_price_micros == 0),
            "executed": approvals.executed == 1,
        }
    )


def _refused(result: RunResult) -> pa.Table:
    refused = result.refused
    return pa.table(
        {
            "agentId": _named(refused.agent, result.agent_ids),
            "group": _named(result.group[refused.agent], result.group_names),
            "cause": _named(refused.cause, refused.causes),
            "orders": refused.orders,
            "firstAt": _times(refused.first_at_us),
            "lastAt": _times(refused.last_at_us),
        }
    )


def _metrics(result: RunResult, fills: Fills) -> pa.Table:
    """Return the measures of all agents together, of each group, and unless they are too many of each agent."""
    rows: list[dict[str, Any]] = []
    for name, performance in performances(result, fills).items():
        rows.append(_metrics_row("group" if name else "all", name or None, None, performance))
    if len(result.agent_ids) <= AGENTS_MEASURED_MAX:
        for agent, performance in enumerate(agent_performances(result, fills)):
            group = result.group_names[int(result.group[agent])]
            rows.append(_metrics_row("agent", group, result.agent_ids[agent], performance))
    types = {"scope": pa.string(), "group": pa.string(), "agentId": pa.string()}
    types |= {_camel(field.name): pa.float64() for field in fields(Performance)}
    return pa.Table.from_pylist(rows, schema=pa.schema(types))


def _metrics_row(scope: str, group: str | None, agent_id: str | None, performance: Performance) -> dict[str, Any]:
    values = {_camel(field.name): getattr(performance, field.name) for field in fields(Performance)}
    return {"scope": scope, "group": group, "agentId": agent_id, **values}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _named(places: NDArray[np.int64], names: Sequence[str]) -> pa.Array:
    """Return names by their places, compactly; NONE is a null."""
    indices = pa.array(places, type=pa.int32(), mask=places == NONE)
    return pa.DictionaryArray.from_arrays(indices, pa.array([str(name) for name in names], type=pa.string()))


def _times(at_us: Ints) -> pa.Array:
    return pa.array(at_us, mask=at_us == NONE).cast(pa.timestamp("us", tz="UTC"))


def _dollars(micros: Ints, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(micros / 1e6, mask=missing)
