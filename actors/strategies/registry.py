"""Strategies by name: those built in, and those that installed packages offer to custom agents.

A package offers one in its metadata::

    [project.entry-points."tradefloor.strategies"]
    my-strategy = "my_package:MyStrategy"
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.model import StrategyKind
from actors.strategies.aggressive import Aggressive
from actors.strategies.balanced import balanced
from actors.strategies.base import Strategy, StrategyConfig
from actors.strategies.conservative import conservative
from actors.strategies.external import ExternallyDriven

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PLUGIN_GROUP: Final = "tradefloor.strategies"

_BUILT_IN: Final[Mapping[StrategyKind, Callable[[StrategyConfig], Strategy]]] = MappingProxyType(
    {
        StrategyKind.BALANCED: balanced,
        StrategyKind.AGGRESSIVE: Aggressive,
        StrategyKind.CONSERVATIVE: conservative,
        StrategyKind.CUSTOM: ExternallyDriven,
    }
)


class StrategyError(ValueError):
    """An agent cannot have the strategy that it asks for."""


class UnknownStrategyError(StrategyError):
    """No installed package offers a strategy of this name, or more than one does."""


class PluginNotAllowedError(StrategyError):
    """A strategy of a package was named for an agent whose kind is not custom."""


class BrokenPluginError(StrategyError):
    """A package's strategy cannot be loaded, cannot be made, or is none."""


def installed_plugins() -> "tuple[EntryPoint, ...]":
    """Return what the installed packages offer."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - it loads the parser of e-mails, and few agents need it

    return tuple(entry_points(group=PLUGIN_GROUP))


def create_strategy(
    kind: StrategyKind,
    config: StrategyConfig,
    plugin: str | None = None,
    plugins: "Callable[[], Iterable[EntryPoint]]" = installed_plugins,
) -> Strategy:
    """Return the strategy of an agent; ``plugin`` names the one of a custom agent that is not driven from outside.

    Raises ``UnknownStrategyError``, ``PluginNotAllowedError`` or ``BrokenPluginError``.
    """
    if plugin is None:
        return _BUILT_IN[kind](config)
    return _make(require_plugin(kind, plugin, plugins), config)


def require_plugin(
    kind: StrategyKind, plugin: str, plugins: "Callable[[], Iterable[EntryPoint]]" = installed_plugins
) -> "EntryPoint":
    """Return the plug-in of this name for an agent of this kind.

    Raises ``UnknownStrategyError`` or ``PluginNotAllowedError``.
    """
    if kind is not StrategyKind.CUSTOM:
        raise PluginNotAllowedError(f"an agent with the strategy {kind} cannot use {plugin!r}; a custom one can")
    offered = tuple(plugins())
    found = [entry for entry in offered if entry.name == plugin]
    if len(found) != 1:
        names = ", ".join(sorted({entry.name for entry in offered})) or "none"
        count = "no" if not found else "more than one"
        raise UnknownStrategyError(f"{count} installed package offers the strategy {plugin!r}; offered are: {names}")
    return found[0]


def _make(entry: "EntryPoint", config: StrategyConfig) -> Strategy:
    try:
        made = entry.load()(config)
    except Exception as error:
        raise BrokenPluginError(f"the strategy {entry.name!r} ({entry.value}) failed to start: {error!r}") from error
    if not isinstance(made, Strategy):
        raise BrokenPluginError(f"the strategy {entry.name!r} ({entry.value}) lacks decide or wake")
    return made
