"""Which symbols preferences permit."""

import pytest

from actors.preferences import (
    NAMES_MAX,
    AssetPreferences,
    InvalidPreferencesError,
    check,
    is_permitted,
    permitted_symbols,
)
from actors.symbols import SYMBOLS


def test_no_preferences_permit_everything() -> None:
    """Neither none at all nor empty ones limit anything."""
    assert permitted_symbols(None, SYMBOLS) == SYMBOLS
    assert permitted_symbols(AssetPreferences(), SYMBOLS) == SYMBOLS
    assert is_permitted(None, "AAPL")


def test_symbols_and_sectors_add_up_and_exclusions_take_away() -> None:
    """The market's order is kept."""
    preferences = AssetPreferences(symbols=("XOM", "AAPL"), sectors=("financials",), excluded_symbols=("BAC",))
    assert permitted_symbols(preferences, SYMBOLS) == ("AAPL", "JPM", "V", "XOM")
    assert not is_permitted(preferences, "BAC")
    assert not is_permitted(preferences, "TSLA")


def test_a_symbol_outside_the_listed_market_has_no_sector() -> None:
    """A recorded market may have symbols that nobody listed."""
    assert not is_permitted(AssetPreferences(sectors=("energy",)), "ZZZ")
    assert is_permitted(AssetPreferences(symbols=("ZZZ",)), "ZZZ")


def test_repeated_names_count_once() -> None:
    """The lists are sets that keep their order."""
    assert AssetPreferences(symbols=("V", "KO", "V")).symbols == ("V", "KO")


def test_one_string_is_not_a_list() -> None:
    """A string would otherwise be taken for its letters."""
    with pytest.raises(TypeError, match="list of names"):
        AssetPreferences(symbols="AAPL")


@pytest.mark.parametrize(
    ("preferences", "field", "words"),
    [
        (AssetPreferences(symbols=("NOPE",)), "symbols", "NOPE"),
        (AssetPreferences(sectors=("magic",)), "sectors", "energy"),
        (AssetPreferences(excluded_symbols=("NOPE",)), "excludedSymbols", "NOPE"),
        (AssetPreferences(excluded_symbols=SYMBOLS), "excludedSymbols", "no symbol"),
        (AssetPreferences(symbols=tuple(map(str, range(NAMES_MAX + 1)))), "symbols", "not 101"),
    ],
)
def test_a_mistake_names_its_field(preferences: AssetPreferences, field: str, words: str) -> None:
    """The edge reports the list at fault by its name in the API."""
    with pytest.raises(InvalidPreferencesError, match=words) as caught:
        check(preferences)
    assert caught.value.field == field


def test_good_preferences_pass() -> None:
    """Checking good preferences raises nothing."""
    check(AssetPreferences(symbols=("AAPL",), sectors=("energy",), excluded_symbols=("XOM",)))
