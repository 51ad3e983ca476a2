"""The synthetic market's table."""

from actors.money import CENT_MICROS, dollars
from actors.symbols import BY_SYMBOL, LISTINGS, SECTORS, SYMBOLS


def test_the_market_lists_twenty_symbols_once_each() -> None:
    """No symbol is listed twice, and all can be found by name."""
    assert len(SYMBOLS) == 20
    assert len(set(SYMBOLS)) == 20
    assert tuple(BY_SYMBOL) == SYMBOLS


def test_apple_and_tesla_open_as_promised() -> None:
    """The contract names the opening prices of AAPL and TSLA."""
    assert BY_SYMBOL["AAPL"].open_micros == dollars("150.25")
    assert BY_SYMBOL["TSLA"].open_micros == dollars("150.00")


def test_every_listing_is_plausible() -> None:
    """Prices are whole cents above a dollar, and parameters what shares have."""
    for listing in LISTINGS:
        assert listing.open_micros % CENT_MICROS == 0
        assert listing.open_micros > dollars(1)
        assert 0.1 <= listing.volatility <= 0.6
        assert 0 < listing.drift < 0.2
        assert listing.sector in SECTORS
