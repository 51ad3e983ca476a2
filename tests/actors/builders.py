"""Agents, orders, approvals and books for tests, with defaults that a test overrides where they matter."""

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from actors.book import Book, open_book
from actors.desk import Outcome, OversightRules, Ticket, place_order
from actors.ledger import Portfolio
from actors.model import (
    Action,
    Agent,
    AgentStatus,
    Approval,
    ApprovalStatus,
    Decision,
    OrderRequest,
    OrderType,
    Principal,
    QuotaConfig,
    Role,
    StrategyKind,
    TimeInForce,
    Trade,
    TradeStatus,
)
from actors.money import dollars
from actors.orders import notional_micros
from actors.ports.oversight import OversightRequestRecord
from actors.risk import PortfolioImpact, RiskAssessment, RiskLevel

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
NOW_US = 1_771_329_600 * SECOND_US
"""2026-02-17 12:00 UTC: a Tuesday, in the middle of a month."""

AAPL_MICROS = dollars("150.25")
TSLA_MICROS = dollars("150.00")
PRICES = {"AAPL": AAPL_MICROS, "TSLA": TSLA_MICROS}

OWNER = Principal(user_id="usr_owner", name="Olive Owner", role=Role.TRADER)
APPROVER = Principal(user_id="usr_approver", name="Ada Approver", role=Role.APPROVER)

RULES = OversightRules(threshold_micros=dollars(50_000), ttl_us=10 * MINUTE_US, price_tolerance_ppm=20_000)

RISK = RiskAssessment(
    level=RiskLevel.MEDIUM,
    concentration=0.5,
    herfindahl_index=0.5,
    budget_share=0.5,
    volatility=0.3,
    worst_day_loss_micros=dollars(2_000),
    factors=("half of the equity in one symbol",),
)
IMPACT = PortfolioImpact(
    cash_before_micros=dollars(100_000),
    cash_after_micros=dollars(25_000),
    position_before=0,
    position_after=500,
    concentration_before=0.0,
    concentration_after=0.75,
    exposure_before_micros=0,
    exposure_after_micros=dollars(75_000),
    herfindahl_index_after=0.625,
)


def an_oversight_request(**changes: Any) -> OversightRequestRecord:
    """Return a request for the oversight service that lives for ten minutes, above every limit."""
    request = OversightRequestRecord(
        request_id="ovr_1",
        agent_id="agt_1",
        trade_id="trd_1",
        symbol="TSLA",
        action="buy",
        quantity=500,
        price_micros=TSLA_MICROS,
        estimated_value_micros=500 * TSLA_MICROS,
        reason="above the threshold",
        risk_level="high",
        created_at_us=NOW_US,
        expires_at_us=NOW_US + 10 * MINUTE_US,
    )
    return evolve(request, **changes)


def assess(_book: Book, _trade: Trade) -> tuple[RiskAssessment, PortfolioImpact]:
    """Judge any trade the same."""
    return RISK, IMPACT


def an_agent(**changes: Any) -> Agent:
    """Return an active agent with $100,000, all of it in the fields that `changes` does not name."""
    agent = Agent(
        agent_id="agt_1",
        user_id=OWNER.user_id,
        name="Test agent",
        strategy=StrategyKind.BALANCED,
        status=AgentStatus.ACTIVE,
        risk_tolerance=5,
        initial_budget_micros=dollars(100_000),
        quota=QuotaConfig(),
        created_at_us=NOW_US,
        updated_at_us=NOW_US,
    )
    return evolve(agent, **changes)


def a_book(agent: Agent | None = None, **changes: Any) -> Book:
    """Return the book of an agent that has not traded yet."""
    return evolve(open_book(an_agent() if agent is None else agent), **changes)


def a_portfolio(**changes: Any) -> Portfolio:
    """Return a portfolio of $100,000 in cash."""
    return evolve(a_book().portfolio, **changes)


def buy(symbol: str = "AAPL", quantity: int = 10, **changes: Any) -> OrderRequest:
    """Return a market order to buy."""
    return evolve(OrderRequest(symbol, Action.BUY, quantity), **changes)


def sell(symbol: str = "AAPL", quantity: int = 10, **changes: Any) -> OrderRequest:
    """Return a market order to sell."""
    return evolve(OrderRequest(symbol, Action.SELL, quantity), **changes)


def limit(order: OrderRequest, price: str, **changes: Any) -> OrderRequest:
    """Return an order with a limit in dollars, which waits until it is cancelled."""
    return _resting(order, OrderType.LIMIT, {"limit_price_micros": dollars(price)} | changes)


def stop(order: OrderRequest, price: str, **changes: Any) -> OrderRequest:
    """Return an order with a stop in dollars, which waits until it is cancelled."""
    return _resting(order, OrderType.STOP, {"stop_price_micros": dollars(price)} | changes)


def stop_limit(order: OrderRequest, stop_price: str, limit_price: str, **changes: Any) -> OrderRequest:
    """Return an order with a stop and a limit in dollars, which waits until it is cancelled."""
    prices = {"stop_price_micros": dollars(stop_price), "limit_price_micros": dollars(limit_price)}
    return _resting(order, OrderType.STOP_LIMIT, prices | changes)


def _resting(order: OrderRequest, order_type: OrderType, changes: dict[str, Any]) -> OrderRequest:
    return evolve(order, order_type=order_type, **({"time_in_force": TimeInForce.GTC} | changes))


def a_ticket(number: int = 1, **changes: Any) -> Ticket:
    """Return the circumstances of the order of this number: `trd_<number>`, now, AAPL's price."""
    return evolve(Ticket(f"trd_{number}", lambda prefix: f"{prefix}_{number}", NOW_US, AAPL_MICROS), **changes)


def a_trade(**changes: Any) -> Trade:
    """Return a trade that was just accepted: 10 AAPL at the market."""
    trade = Trade(
        trade_id="trd_1",
        agent_id="agt_1",
        symbol="AAPL",
        action=Action.BUY,
        quantity=10,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        status=TradeStatus.PENDING,
        submitted_at_us=NOW_US,
        reference_price_micros=AAPL_MICROS,
    )
    return evolve(trade, **changes)


def an_approval(**changes: Any) -> Approval:
    """Return an approval that waits for a decision on 500 TSLA."""
    approval = Approval(
        request_id="ovr_1",
        agent_id="agt_1",
        user_id=OWNER.user_id,
        trade_id="trd_1",
        status=ApprovalStatus.PENDING,
        reason="the notional of $75,000.00 exceeds the threshold of $50,000.00",
        estimated_value_micros=notional_micros(TSLA_MICROS, 500),
        price_tolerance_ppm=RULES.price_tolerance_ppm,
        risk=RISK,
        impact=IMPACT,
        created_at_us=NOW_US,
        expires_at_us=NOW_US + RULES.ttl_us,
    )
    return evolve(approval, **changes)


def a_decision(*, approved: bool = True, **changes: Any) -> Decision:
    """Return a decision of the approver's, taken a minute after the order."""
    decision = Decision(approved, APPROVER.user_id, APPROVER.name, "http", None, NOW_US + MINUTE_US)
    return evolve(decision, **changes)


def types_of(events: Iterable[object]) -> list[type]:
    """Return what happened, without the particulars."""
    return [type(event) for event in events]


def placed(
    book: Book, order: OrderRequest, ticket: Ticket | None = None, *, agent: Agent | None = None, **rules: Any
) -> Outcome:
    """Place an order with the floor's rules, those in `rules` changed."""
    return place_order(
        book,
        an_agent() if agent is None else agent,
        order,
        a_ticket() if ticket is None else ticket,
        evolve(RULES, **rules),
        assess,
    )


def book_with_shares(quantity: int = 100, price_micros: int = AAPL_MICROS) -> Book:
    """Return a book that has bought AAPL once, as trade `trd_bought`, without asking anybody."""
    ticket = a_ticket(trade_id="trd_bought", price_micros=price_micros)
    return placed(a_book(), buy(quantity=quantity), ticket, threshold_micros=dollars(100_000)).book


def held_purchase(quantity: int = 500) -> Outcome:
    """Return what follows from an order for TSLA above the threshold, as trade `trd_1` and approval `ovr_1`."""
    return placed(a_book(), buy("TSLA", quantity), a_ticket(price_micros=TSLA_MICROS))


def held_sale(quantity: int = 400) -> Outcome:
    """Return what follows from a sale above the threshold: all shares of a book that has just bought them."""
    return placed(book_with_shares(quantity), sell(quantity=quantity))
