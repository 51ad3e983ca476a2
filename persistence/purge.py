"""What is removed in time: the rows of agents that were deleted long ago, and idempotency keys that have served.

Events are never removed, so the log stays whole and its hash chain verifiable. A purged agent leaves a tombstone in
`purged`; verification then expects that its stream ends in its deletion, at least RETENTION_US before the purge, and
that no row of it is left. An idempotency key holds for at least CLAIM_RETENTION_US, until the next purge.
"""

from persistence.limits import CLAIM_RETENTION_US, RETENTION_US
from persistence.sqlite import Connection

TABLES_OF_AGENTS = ("portfolios", "usage", "trades", "approvals", "watermarks", "agents")

CLAIMS_PER_TRANSACTION = 10_000
"""Few enough that a commit which waits behind them hardly notices."""

_EXPIRED_CLAIMS = """
DELETE FROM idempotency WHERE seq IN (SELECT seq FROM idempotency ORDER BY seq LIMIT ?) AND claimed_at_us < ?
"""
_DUE = "SELECT agent_id FROM agents WHERE status = 'deleted' AND updated_at_us < ? ORDER BY agent_id"


def due_agents(connection: Connection, now_us: int) -> list[str]:
    """Return the agents that were deleted more than 90 days before a time."""
    return [agent_id for (agent_id,) in connection.execute(_DUE, (now_us - RETENTION_US,))]


def purge_agent(connection: Connection, agent_id: str, now_us: int) -> None:
    """Remove the rows of one agent and leave a tombstone."""
    connection.execute("INSERT OR REPLACE INTO purged VALUES (?, ?)", (agent_id, now_us))
    for table in TABLES_OF_AGENTS:
        connection.execute(f"DELETE FROM {table} WHERE agent_id = ?", (agent_id,))  # noqa: S608 - of the constants above


def purge_claims(connection: Connection, now_us: int) -> bool:
    """Remove the oldest idempotency keys as far as they are older than a day; say whether there may be more of them."""
    removed = connection.execute(_EXPIRED_CLAIMS, (CLAIMS_PER_TRANSACTION, now_us - CLAIM_RETENTION_US)).rowcount
    return bool(removed == CLAIMS_PER_TRANSACTION)
