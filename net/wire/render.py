"""Entities as JSON: one function for each entity of the contract, used by HTTP and by the sockets alike.

Each takes frozen snapshots and returns a new JSON object, ready for an encoder.
"""

from collections.abc import Mapping
from typing import Any

from actors.book import Book
from actors.ledger import Position
from actors.model import Agent, Approval, Decision, Role, Trade, Usage, User
from actors.money import divide_half_even
from actors.ports.metering import QuotaState, UsageReport
from actors.ports.people import AgentKey
from actors.quota import usage_at
from actors.risk import PortfolioImpact, RiskAssessment
from actors.views import MarketSnapshot
from net.wire.converter import to_json
from net.wire.scalars import Dollars, Timestamp
from net.wire.shapes import (
    AccountShape,
    AgentPortfolioShape,
    AgentShape,
    ApprovalShape,
    DecisionShape,
    ImpactShape,
    KeyShape,
    MeteredLineShape,
    MeteredQuotaShape,
    MeteredUsageShape,
    PortfolioShape,
    PositionShape,
    PriceShape,
    QuotaLimitsShape,
    QuotaShape,
    QuotaUsageShape,
    RiskShape,
    TradeShape,
    UsageLineShape,
    UsageShape,
    UserShape,
)


def agent_json(agent: Agent, book: Book, prices: Mapping[str, int], now_us: int) -> dict[str, Any]:
    """Show an agent with its portfolio at `prices` (micros per share) and its usage in the month of `now_us`."""
    portfolio = _portfolio(book, prices)
    usage = usage_at(book.usage, now_us)
    return to_json(
        AgentShape(
            agent_id=agent.agent_id,
            name=agent.name,
            strategy=agent.strategy,
            status=agent.status,
            risk_tolerance=agent.risk_tolerance,
            created_at=Timestamp(agent.created_at_us),
            updated_at=Timestamp(agent.updated_at_us),
            portfolio=AgentPortfolioShape(portfolio.value, portfolio.cash, portfolio.positions),
            quota_config=QuotaShape(
                agent.quota.api_calls,
                Dollars(agent.quota.budget_per_month_micros),
                QuotaUsageShape(usage.api_calls, Dollars(usage.spent_micros)),
            ),
            asset_preferences=agent.preferences,
            trading_hours=agent.hours,
            oversight_threshold=_dollars(agent.oversight_threshold_micros),
            failure_reason=agent.failure_reason,
        )
    )


def portfolio_json(book: Book, prices: Mapping[str, int]) -> dict[str, Any]:
    """Show a portfolio at `prices` (micros per share, by symbol)."""
    return to_json(_portfolio(book, prices))


def trade_json(trade: Trade) -> dict[str, Any]:
    """Show a trade."""
    return to_json(trade_shape(trade))


def approval_json(approval: Approval, trade: Trade) -> dict[str, Any]:
    """Show an approval and the trade that it is about."""
    return to_json(
        ApprovalShape(
            request_id=approval.request_id,
            agent_id=approval.agent_id,
            trade=trade_shape(trade),
            reason=approval.reason,
            status=approval.status,
            risk_assessment=_risk(approval.risk),
            portfolio_impact=_impact(approval.impact),
            estimated_value=Dollars(approval.estimated_value_micros),
            created_at=Timestamp(approval.created_at_us),
            expires_at=Timestamp(approval.expires_at_us),
            decision=None if approval.decision is None else _decision(approval.decision),
        )
    )


def price_json(symbol: str, market: MarketSnapshot) -> dict[str, Any]:
    """Show the price of a symbol. Raises UnknownSymbol."""
    return to_json(price_shape(symbol, market))


def price_shape(symbol: str, market: MarketSnapshot) -> PriceShape:
    """Return the price of a symbol as it is shown. Raises UnknownSymbol."""
    price = market.price(symbol)
    opened = market.opens.get(symbol, price)
    return PriceShape(
        symbol=symbol,
        price=Dollars(price),
        change=Dollars(price - opened),
        change_percent=round(100 * (price - opened) / opened, 4) if opened else 0.0,
        timestamp=Timestamp(market.at_us),
    )


def usage_json(agent: Agent, usage: Usage, reset_at_us: int) -> dict[str, Any]:
    """Show what an agent used in a month, and its quota; `reset_at_us` is when the current month ends."""
    return to_json(
        UsageShape(
            agent_id=agent.agent_id,
            period=usage.period,
            current_usage=QuotaUsageShape(usage.api_calls, Dollars(usage.spent_micros)),
            quota=QuotaLimitsShape(agent.quota.api_calls, Dollars(agent.quota.budget_per_month_micros)),
            breakdown={
                kind: UsageLineShape(line.calls, Dollars(line.cost_micros)) for kind, line in usage.breakdown.items()
            },
            reset_date=Timestamp(reset_at_us),
        )
    )


def user_json(user_id: str, email: str, role: Role) -> dict[str, Any]:
    """Show a person."""
    return to_json(UserShape(user_id, email, role))


def account_json(user: User) -> dict[str, Any]:
    """Show a person as an admin sees them."""
    return to_json(AccountShape(user.user_id, user.email, user.role, user.disabled, Timestamp(user.created_at_us)))


def key_json(key: AgentKey) -> dict[str, Any]:
    """Show a key without its secret."""
    return to_json(KeyShape(key.key_id, key.agent_id, key.name, key.hint, Timestamp(key.created_at_us)))


def metered_usage_json(report: UsageReport) -> dict[str, Any]:
    """Show what the metering service knows of a month."""
    return to_json(
        MeteredUsageShape(
            agent_id=report.agent_id,
            period=report.period,
            total_cost=Dollars(report.total_cost_micros),
            total_calls=report.total_calls,
            breakdown={
                kind: MeteredLineShape(line.events, line.api_calls, Dollars(line.cost_micros))
                for kind, line in report.breakdown.items()
            },
        )
    )


def metered_quota_json(agent_id: str, state: QuotaState) -> dict[str, Any]:
    """Show what the metering service says is left."""
    return to_json(
        MeteredQuotaShape(
            agent_id=agent_id,
            allowed=state.allowed,
            remaining_api_calls=state.remaining_api_calls,
            remaining_budget=Dollars(state.remaining_budget_micros),
            reset_date=Timestamp(state.reset_at_us),
        )
    )


def _portfolio(book: Book, prices: Mapping[str, int]) -> PortfolioShape:
    ledger = book.portfolio
    positions = tuple(_position(symbol, held, prices.get(symbol)) for symbol, held in ledger.positions.items())
    return PortfolioShape(
        value=Dollars(ledger.cash_micros + sum(position.market_value for position in positions)),
        cash=Dollars(ledger.cash_micros),
        reserved=Dollars(ledger.reserved_micros),
        positions=positions,
        realized_pnl=Dollars(ledger.realised_gross_micros),
        unrealized_pnl=Dollars(sum(position.unrealized_pnl for position in positions)),
        fees=Dollars(ledger.fees_micros),
    )


def _position(symbol: str, held: Position, price: int | None) -> PositionShape:
    cost = held.cost_basis_micros
    value = cost if price is None else held.quantity * price
    return PositionShape(
        symbol=symbol,
        quantity=held.quantity,
        average_cost=Dollars(divide_half_even(cost, held.quantity)),
        price=_dollars(price),
        market_value=Dollars(value),
        unrealized_pnl=Dollars(value - cost),
    )


def trade_shape(trade: Trade) -> TradeShape:
    """Return a trade as it is shown."""
    return TradeShape(
        trade_id=trade.trade_id,
        agent_id=trade.agent_id,
        symbol=trade.symbol,
        action=trade.action,
        quantity=trade.quantity,
        order_type=trade.order_type,
        limit_price=_dollars(trade.limit_price_micros),
        stop_price=_dollars(trade.stop_price_micros),
        time_in_force=trade.time_in_force,
        status=trade.status,
        submitted_at=Timestamp(trade.submitted_at_us),
        executed_at=None if trade.executed_at_us is None else Timestamp(trade.executed_at_us),
        executed_price=_dollars(trade.executed_price_micros),
        fees=_dollars(trade.fee_micros),
        total_cost=_dollars(trade.total_cost_micros),
        approval_request_id=trade.approval_request_id,
        failure_reason=trade.failure_reason,
        reason=trade.reason,
        client_order_id=trade.client_order_id,
    )


def _risk(risk: RiskAssessment) -> RiskShape:
    return RiskShape(
        level=risk.level,
        concentration=risk.concentration,
        herfindahl_index=risk.herfindahl_index,
        budget_share=risk.budget_share,
        volatility=risk.volatility,
        worst_day_loss=_dollars(risk.worst_day_loss_micros),
        factors=risk.factors,
    )


def _impact(impact: PortfolioImpact) -> ImpactShape:
    return ImpactShape(
        cash_before=Dollars(impact.cash_before_micros),
        cash_after=Dollars(impact.cash_after_micros),
        position_before=impact.position_before,
        position_after=impact.position_after,
        concentration_before=impact.concentration_before,
        concentration_after=impact.concentration_after,
        exposure_before=Dollars(impact.exposure_before_micros),
        exposure_after=Dollars(impact.exposure_after_micros),
        herfindahl_index_after=impact.herfindahl_index_after,
    )


def _decision(decision: Decision) -> DecisionShape:
    return DecisionShape(
        result="approved" if decision.approved else "rejected",
        approver_id=decision.approver_id,
        approver_name=decision.approver_name,
        channel=decision.channel,
        reason=decision.reason,
        timestamp=Timestamp(decision.at_us),
    )


def _dollars(micros: int | None) -> Dollars | None:
    return None if micros is None else Dollars(micros)
