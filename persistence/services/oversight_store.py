"""The oversight service's state: requests for approval, and decisions in the order in which they were recorded."""

import json
from pathlib import Path
from typing import Any

from attrs import asdict, fields_dict
from sqlite_utils import Database, Migrations

from actors.ports.oversight import (
    Decision,
    DecisionRecord,
    OversightRequestRecord,
    OversightUnavailable,
    RequestMismatch,
    RequestStatus,
    RequestUnknown,
    check_decidable,
    status_at,
)
from persistence.services.database import ServiceDatabase

migrations = Migrations("oversight")

_REQUEST_COLUMNS = tuple(fields_dict(OversightRequestRecord))
_DECISION_COLUMNS = tuple(fields_dict(DecisionRecord))


@migrations()
def create_tables(db: Database) -> None:
    """Create the first schema; ``decisions.sequence`` never repeats, so that a watcher can resume after it."""
    integers = {"quantity", "price_micros", "estimated_value_micros", "created_at_us", "expires_at_us"}
    db.table("requests").create(
        {column: int if column in integers else str for column in _REQUEST_COLUMNS},
        pk="request_id",
        not_null=set(_REQUEST_COLUMNS),
        strict=True,
    )
    db.execute(
        "CREATE TABLE decisions (sequence INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE"
        " REFERENCES requests (request_id), result TEXT NOT NULL, approver_id TEXT NOT NULL,"
        " approver_name TEXT NOT NULL, channel TEXT NOT NULL, reason TEXT NOT NULL, at_us INTEGER NOT NULL) STRICT"
    )


class SqliteOversightStore:
    """Oversight in one SQLite file; safe to call from any thread, each call one durable transaction.

    Every method raises `OversightUnavailable` while the file cannot be read or written.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the file."""
        self._database = ServiceDatabase(path, migrations, OversightUnavailable)

    def create(self, request: OversightRequestRecord, decision: DecisionRecord | None, at_us: int) -> RequestStatus:
        """Record a new request, with its decision if it has one already; a known id returns what is recorded.

        Raises `RequestMismatch` if the id is known with other contents.
        """
        with self._database.transaction() as db:
            known = _find_request(db, request.request_id)
            if known is None:
                _insert(db, "requests", asdict(request) | {"metadata": json.dumps(dict(request.metadata))})
                if decision is not None:
                    _insert(db, "decisions", {"request_id": request.request_id} | asdict(decision))
            elif known != request:
                raise RequestMismatch(request.request_id)
            return status_at(request, _find_decision(db, request.request_id), at_us)

    def decide(self, request_id: str, decision: DecisionRecord, at_us: int) -> RequestStatus:
        """Record the decision of a pending request; the same result again returns what is recorded.

        Raises `RequestUnknown`, `RequestExpired`, and `AlreadyDecided` if it was decided otherwise.
        """
        with self._database.transaction() as db:
            status = _status(db, request_id, at_us)
            if not check_decidable(status, decision.result):
                return status
            _insert(db, "decisions", {"request_id": request_id} | asdict(decision))
            return _status(db, request_id, at_us)

    def status(self, request_id: str, at_us: int) -> RequestStatus:
        """Return how a request stands at a time. Raises `RequestUnknown`."""
        with self._database.transaction() as db:
            return _status(db, request_id, at_us)

    def decisions_after(self, sequence: int, limit: int) -> list[Decision]:
        """Return at most ``limit`` decisions after a sequence number, in order.

        One beyond the last was given by a database that this one has replaced: then they begin with the first.
        """
        with self._database.transaction() as db:
            (last,) = db.execute("SELECT coalesce(max(sequence), 0) FROM decisions").fetchone()
            rows = db.execute(
                f"SELECT sequence, request_id, {', '.join(_DECISION_COLUMNS)} FROM decisions"  # noqa: S608 -- our names
                " WHERE sequence > ? ORDER BY sequence LIMIT ?",
                [sequence if sequence <= last else 0, limit],
            ).fetchall()
        return [Decision(number, request_id, DecisionRecord(*values)) for number, request_id, *values in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _status(db: Database, request_id: str, at_us: int) -> RequestStatus:
    request = _find_request(db, request_id)
    if request is None:
        raise RequestUnknown(request_id)
    return status_at(request, _find_decision(db, request_id), at_us)


def _find_request(db: Database, request_id: str) -> OversightRequestRecord | None:
    row = _find(db, "requests", _REQUEST_COLUMNS, request_id)
    return OversightRequestRecord(**row | {"metadata": json.loads(row["metadata"])}) if row else None


def _find_decision(db: Database, request_id: str) -> DecisionRecord | None:
    row = _find(db, "decisions", _DECISION_COLUMNS, request_id)
    return DecisionRecord(**row) if row else None


def _find(db: Database, table: str, columns: tuple[str, ...], request_id: str) -> dict[str, Any] | None:
    row = db.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE request_id = ?",  # noqa: S608 -- names of ours
        [request_id],
    ).fetchone()
    return dict(zip(columns, row, strict=True)) if row else None


def _insert(db: Database, table: str, values: dict[str, Any]) -> None:
    db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 -- as above
        list(values.values()),
    )
