"""Values as rows of the tables, and rows as values."""

from collections.abc import Mapping

from actors.book import Book
from actors.drawdown import Watermark
from actors.events import Recorded
from actors.ledger import Portfolio
from actors.model import Agent, Approval, Role, Trade, Usage, User
from persistence import codec
from persistence.chain import EventRow

Row = tuple[object, ...]

EVENT_COLUMNS = "seq, stream, stream_seq, at_us, type, correlation_id, principal, data"
BOOK_COLUMNS = (
    "p.agent_id, p.initial_budget_micros, p.cash_micros, p.reserved_micros, p.fees_micros, p.realised_gross_micros, "
    "p.positions, u.period, u.api_calls, u.spent_micros, u.breakdown"
)
USAGE_COLUMNS = "agent_id, period, api_calls, spent_micros, breakdown"
TRADE_COLUMNS = "agent_id, created_seq, trade_id, seq, status, symbol, submitted_at_us, client_order_id"
APPROVAL_COLUMNS = "created_seq, request_id, agent_id, user_id, trade_id, seq, status"
USER_COLUMNS = "user_id, email, role, password_hash, created_at_us, disabled"

BookRow = tuple[str, int, int, int, int, int, str, str, int, int, str]
TradeRow = tuple[str, int, str, int, str, str, int, str | None]
ApprovalRow = tuple[int, str, str, str, str, int, str]
UsageRow = tuple[str, str, int, int, str]


def event_row(recorded: Recorded, principal: str) -> EventRow:
    """Return an event's row without its hash; `principal` is encoded already, once for a commit."""
    return (
        recorded.seq,
        recorded.stream,
        recorded.stream_seq,
        recorded.at_us,
        recorded.event.type,
        recorded.correlation_id,
        principal,
        codec.encode(recorded.event),
    )


def recorded(row: EventRow) -> Recorded:
    """Return the event of a row in its place."""
    seq, stream, stream_seq, at_us, type_name, correlation_id, principal, data = row
    event = codec.decode_event(type_name, data)
    return Recorded(seq, stream, stream_seq, at_us, correlation_id, codec.decode_principal(principal), event)


def agent_row(agent: Agent) -> Row:
    """Return the row of an agent."""
    return (agent.agent_id, agent.user_id, agent.status.value, agent.updated_at_us, codec.encode(agent))


def portfolio_row(book: Book) -> Row:
    """Return the row of a book's portfolio, with the period of its usage."""
    portfolio = book.portfolio
    return (
        portfolio.agent_id,
        portfolio.initial_budget_micros,
        portfolio.cash_micros,
        portfolio.reserved_micros,
        portfolio.fees_micros,
        portfolio.realised_gross_micros,
        codec.encode_positions(portfolio.positions),
        book.usage.period,
    )


def usage_row(usage: Usage) -> UsageRow:
    """Return the row of an agent's usage in a month."""
    return (
        usage.agent_id,
        usage.period,
        usage.api_calls,
        usage.spent_micros,
        codec.encode_breakdown(usage.breakdown),
    )


def usage_of(row: UsageRow) -> Usage:
    """Return the usage of a row."""
    agent_id, period, api_calls, spent_micros, breakdown = row
    return Usage(agent_id, period, api_calls, spent_micros, codec.decode_breakdown(breakdown))


def book_of(row: BookRow, open_trades: Mapping[str, Trade], approvals: Mapping[str, Approval]) -> Book:
    """Return the book of a portfolio's and its usage's row (BOOK_COLUMNS), with what is open in it."""
    agent_id, budget, cash, reserved, fees, realised, positions = row[:7]
    portfolio = Portfolio(agent_id, budget, cash, reserved, fees, realised, codec.decode_positions(positions))
    return Book(portfolio, usage_of((agent_id, *row[7:])), open_trades, approvals)


def watermark_row(watermark: Watermark) -> Row:
    """Return the row of an agent's peak."""
    return (watermark.agent_id, watermark.peak_micros, watermark.alerted_percent)


def email_key(email: str) -> str:
    """Return the form in which addresses are compared: without case."""
    return email.casefold()


def user_row(user: User) -> Row:
    """Return the row of a person."""
    return (
        user.user_id,
        user.email,
        email_key(user.email),
        user.role.value,
        user.password_hash,
        user.created_at_us,
        user.disabled,
    )


def user_of(row: tuple[str, str, str, str, int, int]) -> User:
    """Return the person of a row (USER_COLUMNS)."""
    user_id, email, role, password_hash, created_at_us, disabled = row
    return User(user_id, email, Role(role), password_hash, created_at_us, bool(disabled))
