"""Asset preferences: which of the market's symbols an agent may trade."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from actors.symbols import BY_SYMBOL, SECTORS

NAMES_MAX: Final = 100
"""Entries that one list may hold: more than any market here has, and few enough to check at once."""


class InvalidPreferencesError(ValueError):
    """Preferences that cannot be met; ``field`` names the list at fault by its name in the API."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError("a list of names is wanted, not one string")
    return tuple(dict.fromkeys(names))


@frozen
class AssetPreferences:
    """What an agent may trade: the symbols and sectors named, or all if none is, without the excluded ones."""

    symbols: tuple[str, ...] = field(default=(), converter=_unique)
    sectors: tuple[str, ...] = field(default=(), converter=_unique)
    excluded_symbols: tuple[str, ...] = field(default=(), converter=_unique)


def check(preferences: AssetPreferences, market_symbols: Iterable[str] = tuple(BY_SYMBOL)) -> None:
    """Check preferences against a market.

    Raises ``InvalidPreferencesError`` for a list that is too long, for a symbol or sector that does not exist, and
    for preferences that leave nothing to trade.
    """
    market = tuple(market_symbols)
    _check_names("symbols", preferences.symbols, market)
    _check_names("sectors", preferences.sectors, SECTORS)
    _check_names("excludedSymbols", preferences.excluded_symbols, market)
    if not permitted_symbols(preferences, market):
        raise InvalidPreferencesError("excludedSymbols", "these preferences leave no symbol to trade")


def permitted_symbols(preferences: AssetPreferences | None, market_symbols: Iterable[str]) -> tuple[str, ...]:
    """Return the permitted symbols of a market, in the market's order; no preferences permit all."""
    market = tuple(market_symbols)
    return market if preferences is None else _permitted(preferences, market)


@lru_cache(maxsize=128)
def _permitted(preferences: AssetPreferences, market: tuple[str, ...]) -> tuple[str, ...]:
    """Return what these preferences permit of a market; all agents of a simulated group ask for the same."""
    return tuple(symbol for symbol in market if is_permitted(preferences, symbol))


def is_permitted(preferences: AssetPreferences | None, symbol: str) -> bool:
    """Tell whether the preferences permit a symbol; no preferences permit every one."""
    if preferences is None:
        return True
    if symbol in preferences.excluded_symbols:
        return False
    if not preferences.symbols and not preferences.sectors:
        return True
    listing = BY_SYMBOL.get(symbol)
    return symbol in preferences.symbols or (listing is not None and listing.sector in preferences.sectors)


def _check_names(field_name: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    if len(names) > NAMES_MAX:
        raise InvalidPreferencesError(field_name, f"must hold at most {NAMES_MAX} entries, not {len(names)}")
    for name in names:
        if name not in known:
            raise InvalidPreferencesError(field_name, f"must not name {name!r}; known are {', '.join(known)}")
