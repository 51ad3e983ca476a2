"""The synthetic market: twenty well-known symbols with an opening price, a drift, a volatility and a sector."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from actors.money import CENT_MICROS


@frozen
class Listing:
    """A symbol that can be traded, with the parameters of its synthetic price.

    ``drift`` is the expected return and ``volatility`` the standard deviation of the log return, both per year of
    trading as fractions (0.10 is 10 %). ``open_micros`` is the opening price of one share in micro-dollars.
    """

    symbol: str
    name: str
    sector: str
    open_micros: int
    drift: float
    volatility: float


def _listing(symbol: str, name: str, sector: str, open_cents: int, drift: float, volatility: float) -> Listing:
    return Listing(symbol, name, sector, open_cents * CENT_MICROS, drift, volatility)


LISTINGS: Final[tuple[Listing, ...]] = (
    _listing("AAPL", "Apple", "technology", 150_25, 0.10, 0.28),
    _listing("TSLA", "Tesla", "automotive", 150_00, 0.12, 0.55),
    _listing("MSFT", "Microsoft", "technology", 330_40, 0.11, 0.26),
    _listing("GOOGL", "Alphabet", "communication", 132_60, 0.10, 0.29),
    _listing("AMZN", "Amazon", "retail", 134_25, 0.11, 0.33),
    _listing("NVDA", "NVIDIA", "semiconductors", 118_70, 0.15, 0.48),
    _listing("META", "Meta Platforms", "communication", 301_15, 0.12, 0.38),
    _listing("NFLX", "Netflix", "communication", 412_80, 0.11, 0.40),
    _listing("AMD", "Advanced Micro Devices", "semiconductors", 108_45, 0.13, 0.47),
    _listing("INTC", "Intel", "semiconductors", 34_90, 0.04, 0.36),
    _listing("JPM", "JPMorgan Chase", "financials", 147_30, 0.08, 0.25),
    _listing("BAC", "Bank of America", "financials", 29_15, 0.07, 0.30),
    _listing("V", "Visa", "financials", 238_60, 0.09, 0.22),
    _listing("JNJ", "Johnson & Johnson", "healthcare", 161_20, 0.05, 0.17),
    _listing("PFE", "Pfizer", "healthcare", 35_75, 0.04, 0.25),
    _listing("KO", "Coca-Cola", "consumer_staples", 59_85, 0.05, 0.16),
    _listing("PG", "Procter & Gamble", "consumer_staples", 152_35, 0.05, 0.17),
    _listing("WMT", "Walmart", "retail", 160_55, 0.07, 0.20),
    _listing("DIS", "Walt Disney", "communication", 86_40, 0.06, 0.29),
    _listing("XOM", "Exxon Mobil", "energy", 108_90, 0.07, 0.27),
)
"""The synthetic market, in the order in which prices are listed."""

SYMBOLS: Final[tuple[str, ...]] = tuple(listing.symbol for listing in LISTINGS)

BY_SYMBOL: Final[Mapping[str, Listing]] = MappingProxyType({listing.symbol: listing for listing in LISTINGS})

SECTORS: Final[tuple[str, ...]] = tuple(sorted({listing.sector for listing in LISTINGS}))
