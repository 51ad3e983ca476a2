"""Prices: seeded models of a market of many symbols, and the replay of recorded prices, behind one interface."""

from actors.prices.base import PriceModel
from actors.prices.csv_file import read_csv
from actors.prices.history import PriceHistory
from actors.prices.synthetic import MODEL_NAMES, synthetic_market
from actors.prices.ticks import LIVE_TIME_COMPRESSION, tick_years

__all__ = [
    "LIVE_TIME_COMPRESSION",
    "MODEL_NAMES",
    "PriceHistory",
    "PriceModel",
    "read_csv",
    "synthetic_market",
    "tick_years",
]
