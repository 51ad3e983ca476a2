"""The metering service's state: quotas, usage events deduped on their id, and their sums by month."""

import json
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database, Migrations

from actors.ports.metering import (
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageLine,
    UsageReport,
    quota_left,
)
from actors.ports.periods import next_period_us, period_of
from persistence.bulk import Insert, insert
from persistence.services.database import ServiceDatabase

migrations = Migrations("metering")


@migrations()
def create_tables(db: Database) -> None:
    """Create the first schema; ``usage`` holds the sums of ``events``, so that a check reads few rows."""
    db.table("quotas").create({"agent_id": str, "api_calls": int, "budget_micros": int}, pk="agent_id", strict=True)
    db.table("events").create(
        {
            "event_id": str,
            "agent_id": str,
            "type": str,
            "api_calls": int,
            "cost_micros": int,
            "at_us": int,
            "metadata": str,
        },
        pk="event_id",
        not_null={"agent_id", "type", "api_calls", "cost_micros", "at_us", "metadata"},
        strict=True,
    )
    db.table("usage").create(
        {"agent_id": str, "period": str, "type": str, "events": int, "api_calls": int, "cost_micros": int},
        pk=("agent_id", "period", "type"),
        strict=True,
    )


_INSERT_EVENT = Insert("INSERT INTO events (event_id, agent_id, type, api_calls, cost_micros, at_us, metadata)")
_ADD_TO_USAGE = Insert(
    "INSERT INTO usage (agent_id, period, type, events, api_calls, cost_micros)",
    "ON CONFLICT (agent_id, period, type) DO UPDATE SET events = events + excluded.events,"
    " api_calls = api_calls + excluded.api_calls, cost_micros = cost_micros + excluded.cost_micros",
)

_NOTHING = UsageLine(events=0, api_calls=0, cost_micros=0)


class SqliteMeteringStore:
    """Metering in one SQLite file; safe to call from any thread, each call one durable transaction.

    Every method raises `MeteringUnavailable` while the file cannot be read or written.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the file."""
        self._database = ServiceDatabase(path, migrations, MeteringUnavailable)

    def set_limits(self, agent_id: str, limits: QuotaLimits) -> None:
        """Record an agent's monthly limits in place of earlier ones."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO quotas (agent_id, api_calls, budget_micros) VALUES (?, ?, ?) ON CONFLICT (agent_id)"
                " DO UPDATE SET api_calls = excluded.api_calls, budget_micros = excluded.budget_micros",
                [agent_id, limits.api_calls, limits.budget_micros],
            )

    def quota(self, agent_id: str, at_us: int) -> QuotaState:
        """Return what is left in the month of ``at_us``. Raises `QuotaUnknown`."""
        with self._database.transaction() as db:
            limits = db.execute("SELECT api_calls, budget_micros FROM quotas WHERE agent_id = ?", [agent_id]).fetchone()
            if limits is None:
                raise QuotaUnknown(agent_id)
            used_calls, used_micros = db.execute(
                "SELECT coalesce(sum(api_calls), 0), coalesce(sum(cost_micros), 0) FROM usage"
                " WHERE agent_id = ? AND period = ?",
                [agent_id, period_of(at_us)],
            ).fetchone()
        return quota_left(QuotaLimits(*limits), used_calls, used_micros, next_period_us(at_us))

    def record(self, events: Sequence[UsageEvent]) -> int:
        """Record the events whose id is new, all in one transaction, and return how many there were."""
        unique = {event.event_id: event for event in reversed(events)}
        with self._database.transaction() as db:
            known = _known(db, list(unique))
            new = [event for event_id, event in unique.items() if event_id not in known]
            _insert(db, new)
            _add_up(db, new)
        return len(new)

    def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in a month (``YYYY-MM``)."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT type, events, api_calls, cost_micros FROM usage WHERE agent_id = ? AND period = ?"
                " ORDER BY type",
                [agent_id, period],
            ).fetchall()
        breakdown = {kind: UsageLine(*sums) for kind, *sums in rows}
        return UsageReport(
            agent_id=agent_id,
            period=period,
            total_cost_micros=sum(line.cost_micros for line in breakdown.values()),
            total_calls=sum(line.api_calls for line in breakdown.values()),
            breakdown=breakdown,
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _known(db: Database, event_ids: Sequence[str]) -> set[str]:
    """Return those of the ids that were recorded before."""
    query = "SELECT event_id FROM events WHERE event_id IN (SELECT value FROM json_each(?))"
    return {event_id for (event_id,) in db.execute(query, [json.dumps(event_ids)])}


def _insert(db: Database, events: Sequence[UsageEvent]) -> None:
    insert(
        db.conn,
        _INSERT_EVENT,
        [
            (
                event.event_id,
                event.agent_id,
                event.type,
                event.api_calls,
                event.cost_micros,
                event.at_us,
                json.dumps(dict(event.metadata), sort_keys=True),
            )
            for event in events
        ],
    )


def _add_up(db: Database, events: Sequence[UsageEvent]) -> None:
    """Add the events to the sums by agent, month and type, each sum once however many events it gets."""
    sums: dict[tuple[str, str, str], UsageLine] = {}
    for event in events:
        key = (event.agent_id, period_of(event.at_us), event.type)
        line = sums.get(key, _NOTHING)
        sums[key] = UsageLine(line.events + 1, line.api_calls + event.api_calls, line.cost_micros + event.cost_micros)
    rows = [(*key, line.events, line.api_calls, line.cost_micros) for key, line in sums.items()]
    insert(db.conn, _ADD_TO_USAGE, rows)
