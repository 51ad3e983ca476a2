"""Trading time of a tick."""

import pytest

from actors.prices import LIVE_TIME_COMPRESSION, tick_years


def test_a_day_of_trading_is_a_252nd_of_a_year() -> None:
    """390 minutes."""
    assert 390 * tick_years(60_000_000) == pytest.approx(1 / 252)


def test_the_live_market_is_faster_than_life() -> None:
    """A second stands for ten."""
    assert tick_years(1_000_000, LIVE_TIME_COMPRESSION) == pytest.approx(tick_years(10_000_000))
