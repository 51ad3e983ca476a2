"""What a start reads: every agent that is not deleted with its book, the last prices, the end of the log."""

# ruff: noqa: S608 - statements are put together from constants; every value is bound.

from collections import defaultdict
from collections.abc import Iterator, Mapping

from actors.book import Book
from actors.model import Agent, Approval, Trade
from persistence import codec
from persistence.rows import BOOK_COLUMNS, book_of
from persistence.sqlite import Connection

_AGENTS = f"""
SELECT a.data, {BOOK_COLUMNS} FROM agents a JOIN portfolios p USING (agent_id)
    JOIN usage u ON u.agent_id = p.agent_id AND u.period = p.period
WHERE a.status <> 'deleted' ORDER BY a.agent_id
"""
_OPEN_TRADES = """
SELECT t.agent_id, e.data FROM trades t INDEXED BY trades_open JOIN events e ON e.seq = t.seq
WHERE t.status IN ('pending', 'pending_approval') ORDER BY t.agent_id, t.created_seq
"""
_PENDING_APPROVALS = """
SELECT a.agent_id, e.data FROM approvals a INDEXED BY approvals_pending JOIN events e ON e.seq = a.seq
WHERE a.status = 'pending' ORDER BY a.created_seq
"""


def agents(connection: Connection) -> Iterator[tuple[Agent, Book]]:
    """Yield every agent that is not deleted, with its book. Only what is open is held in memory meanwhile."""
    open_trades: dict[str, dict[str, Trade]] = defaultdict(dict)
    for agent_id, data in connection.execute(_OPEN_TRADES):
        trade = codec.decode_trade(data)
        open_trades[agent_id][trade.trade_id] = trade
    approvals: dict[str, dict[str, Approval]] = defaultdict(dict)
    for agent_id, data in connection.execute(_PENDING_APPROVALS):
        approval = codec.decode_approval(data)
        approvals[agent_id][approval.request_id] = approval
    for data, *book in connection.execute(_AGENTS):
        agent = codec.decode_agent(data)
        trades, held = open_trades.pop(agent.agent_id, {}), approvals.pop(agent.agent_id, {})
        yield agent, book_of(tuple(book), trades, held)


def prices(connection: Connection) -> Mapping[str, int]:
    """Return the last prices that were kept, in micros per share by symbol."""
    return dict(connection.execute("SELECT symbol, price_micros FROM prices ORDER BY symbol").fetchall())


def last_seq(connection: Connection) -> int:
    """Return the sequence of the last event, 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])
