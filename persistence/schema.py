"""The tables of the floor's database, as migrations in the order in which they are applied.

The log (`events`) is the truth and is only ever appended to. The other tables are state that the log leads to, kept so
that a start and a query need not replay: trades and approvals point at the event that carries their last snapshot,
the others hold it themselves. `outbox` is what has not left yet; `idempotency` what was asked for.

A migration that was released is never edited; another one follows it.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("tradefloor")

_LOG = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    stream_seq INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    type TEXT NOT NULL,
    correlation_id TEXT,
    principal TEXT NOT NULL,
    data TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_stream ON events (stream);
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
"""

# `created_seq` is the sequence of the event that made a trade or approval: the order of listings. `seq` is that of the
# last event that carries it.
_STATE = """
CREATE TABLE agents (
    agent_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    updated_at_us INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE portfolios (
    agent_id TEXT PRIMARY KEY,
    initial_budget_micros INTEGER NOT NULL,
    cash_micros INTEGER NOT NULL,
    reserved_micros INTEGER NOT NULL,
    fees_micros INTEGER NOT NULL,
    realised_gross_micros INTEGER NOT NULL,
    positions TEXT NOT NULL,
    period TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
    agent_id TEXT NOT NULL,
    period TEXT NOT NULL,
    api_calls INTEGER NOT NULL,
    spent_micros INTEGER NOT NULL,
    breakdown TEXT NOT NULL,
    PRIMARY KEY (agent_id, period)
) STRICT, WITHOUT ROWID;
CREATE TABLE trades (
    agent_id TEXT NOT NULL,
    created_seq INTEGER NOT NULL,
    trade_id TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    status TEXT NOT NULL,
    symbol TEXT NOT NULL,
    submitted_at_us INTEGER NOT NULL,
    client_order_id TEXT,
    PRIMARY KEY (agent_id, created_seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX trades_by_client_order ON trades (agent_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX trades_open ON trades (agent_id, created_seq) WHERE status IN ('pending', 'pending_approval');
CREATE TABLE approvals (
    created_seq INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    status TEXT NOT NULL
) STRICT;
CREATE INDEX approvals_by_agent ON approvals (agent_id);
CREATE INDEX approvals_by_user ON approvals (user_id);
CREATE INDEX approvals_pending ON approvals (created_seq) WHERE status = 'pending';
CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE prices (
    symbol TEXT PRIMARY KEY,
    price_micros INTEGER NOT NULL,
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE purged (
    agent_id TEXT PRIMARY KEY,
    purged_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# An entry's id is the sequence of its commit's last event times DELIVERIES_PER_COMMIT_MAX plus its place in the commit:
# it grows with the log, is never given twice, and leads to the event whose stream and correlation id it shares.
_DOORS = """
CREATE TABLE outbox (
    channel TEXT NOT NULL,
    entry_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (channel, entry_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency (
    seq INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed_at_us INTEGER NOT NULL,
    UNIQUE (scope, key)
) STRICT;
"""

# Secrets are here as hashes only. `position` is the order in which keys were made.
_CREDENTIALS = """
CREATE TABLE sign_ins (
    family_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    revoked_at_us INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_by_user ON sign_ins (user_id);
CREATE TABLE agent_keys (
    position INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    revoked_at_us INTEGER
) STRICT;
CREATE INDEX agent_keys_by_agent ON agent_keys (agent_id);
CREATE INDEX agent_keys_by_user ON agent_keys (user_id);
"""

# `alerted_percent` is the threshold at which a drawdown from this peak was alerted, 0 for none.
_WATERMARKS = """
CREATE TABLE watermarks (
    agent_id TEXT PRIMARY KEY,
    peak_micros INTEGER NOT NULL,
    alerted_percent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# What the audit shows is rare among trades: an index of it alone costs those nothing.
_AUDITED_AT_FIRST = (
    "'agent.created', 'agent.updated', 'agent.status', 'oversight.approved', 'oversight.rejected', "
    "'oversight.expired', 'oversight.cancelled', 'user.changed', 'user.password_changed', 'user.signed_in', "
    "'user.signed_out', 'user.refresh_reused', 'key.created', 'key.revoked'"
)
_AUDIT = f"CREATE INDEX events_audited ON events (seq) WHERE type IN ({_AUDITED_AT_FIRST})"

AUDITED_TYPES = f"{_AUDITED_AT_FIRST}, 'control.action'"
"""The types in the index of the audit; SQLite uses it for queries that name exactly these."""

_AUDIT_OF_CONTROL = f"""
DROP INDEX events_audited;
CREATE INDEX events_audited ON events (seq) WHERE type IN ({AUDITED_TYPES});
"""

# What a bar of an hour holds is also in those of its minutes, as long as these are kept.
_BARS = """
CREATE TABLE minute_bars (
    symbol TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    open_micros INTEGER NOT NULL,
    high_micros INTEGER NOT NULL,
    low_micros INTEGER NOT NULL,
    close_micros INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    PRIMARY KEY (symbol, start_us)
) STRICT, WITHOUT ROWID;
CREATE TABLE hour_bars (
    symbol TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    open_micros INTEGER NOT NULL,
    high_micros INTEGER NOT NULL,
    low_micros INTEGER NOT NULL,
    close_micros INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    PRIMARY KEY (symbol, start_us)
) STRICT, WITHOUT ROWID;
"""


@migrations()
def m001_log_state_and_doors(db: Database) -> None:
    """Make the log, the state it leads to, the outbox and the idempotency keys."""
    for script in (_LOG, _STATE, _DOORS):
        _run(db, script)


@migrations()
def m002_sign_ins_and_keys(db: Database) -> None:
    """Make the tables of sign-ins and of agents' keys."""
    _run(db, _CREDENTIALS)


@migrations()
def m003_watermarks(db: Database) -> None:
    """Make the table of the agents' peaks of equity."""
    _run(db, _WATERMARKS)


@migrations()
def m004_audit(db: Database) -> None:
    """Make the index by which the audit is found in the log."""
    _run(db, _AUDIT)


@migrations()
def m005_bars(db: Database) -> None:
    """Make the tables of the bars of prices."""
    _run(db, _BARS)


@migrations()
def m006_audit_of_control(db: Database) -> None:
    """Find what operators do to actors in the audit, too."""
    _run(db, _AUDIT_OF_CONTROL)


def _run(db: Database, script: str) -> None:
    """Run statements one by one, within the migration's transaction."""
    for statement in script.split(";\n"):
        db.execute(statement)
