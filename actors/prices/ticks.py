"""How much trading time a tick is.

A year of trading is 252 days of six and a half hours, the convention in which volatilities are quoted. The synthetic
market runs around the clock: every tick is trading time, without nights or weekends.
"""

from typing import Final

TRADING_YEAR_SECONDS: Final = 252 * 6.5 * 3600
MICROSECONDS_PER_SECOND: Final = 1_000_000

LIVE_TIME_COMPRESSION: Final = 10.0
"""Trading time that passes in a unit of real time on the live floor.

At ten, a trading day takes 39 minutes: a share of $150 with a volatility of 28 % a year moves by about five cents each
second, so that one sees a market, and by about 1.3 % in ten minutes, so that most approvals given within their time
still find a price inside the tolerance of 2 %.
"""


def tick_years(tick_us: int, time_compression: float = 1.0) -> float:
    """Return the trading time of a tick, in years, from its length in microseconds of the clock."""
    return tick_us / MICROSECONDS_PER_SECOND * time_compression / TRADING_YEAR_SECONDS
