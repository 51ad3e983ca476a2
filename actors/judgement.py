"""Judging a trade that is about to be held for approval, on the book and the market of the moment."""

from actors.book import Book
from actors.model import Trade
from actors.orders import fee_micros, notional_micros
from actors.risk import (
    HeldValues,
    PortfolioImpact,
    ProposedTrade,
    RiskAssessment,
    assess,
    ewma_volatility,
    portfolio_impact,
)
from actors.symbols import BY_SYMBOL
from actors.views import MarketSnapshot


def judge(book: Book, trade: Trade, market: MarketSnapshot) -> tuple[RiskAssessment, PortfolioImpact]:
    """Return how risky a trade is, and what it would do to the portfolio if it filled at its reference price."""
    price_micros = trade.reference_price_micros
    proposed = ProposedTrade(
        symbol=trade.symbol,
        action=trade.action.value,
        quantity=trade.quantity,
        price_micros=price_micros,
        fee_micros=fee_micros(notional_micros(price_micros, trade.quantity)),
    )
    positions = book.portfolio.positions
    held = HeldValues(
        cash_micros=book.portfolio.cash_micros,
        initial_budget_micros=book.portfolio.initial_budget_micros,
        quantities={symbol: position.quantity for symbol, position in positions.items()},
        market_values_micros={
            symbol: position.quantity * market.prices[symbol] for symbol, position in positions.items()
        },
    )
    return assess(proposed, held, _volatility(trade.symbol, market)), portfolio_impact(proposed, held)


def _volatility(symbol: str, market: MarketSnapshot) -> float | None:
    """Return a symbol's volatility per year: as its recent prices show it, or as listed while they are too few."""
    history = market.view.history.get(symbol)
    seen = None if history is None else ewma_volatility(history.tolist(), market.ticks_per_year)
    if seen is not None:
        return seen
    listing = BY_SYMBOL.get(symbol)
    return None if listing is None else listing.volatility
