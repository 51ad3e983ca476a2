"""The population of a scenario: its agents as commits, so that a floor finds them as it does after a restart."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

import numpy as np
from attrs import evolve, frozen

from actors.book import open_book
from actors.events import AgentCreated, AgentStatusChanged
from actors.model import Agent, AgentStatus, Principal, QuotaConfig, Role, StrategyKind
from actors.money import MICROS_PER_DOLLAR
from actors.ports.journal import Commit
from actors.preferences import AssetPreferences, InvalidPreferencesError, check
from actors.strategies.registry import UnknownStrategyError, require_plugin
from actors.symbols import BY_SYMBOL
from simulations.division import Floor
from simulations.scenario import Group, Scenario
from simulations.scenario.checks import Range
from simulations.scenario.reading import ScenarioError
from simulations.streams import Purpose, stream

OWNER: Final = Principal("usr_simulation", "Simulation", Role.ADMIN)
"""Whose agents these are."""


@frozen
class _Terms:
    """What all agents of a group have alike, once in memory for all of them."""

    quota: QuotaConfig
    preferences: AssetPreferences | None

    @classmethod
    def of(cls, group: Group, scenario: Scenario) -> "_Terms":
        """Return the terms of a group."""
        quota, prices = group.quota or scenario.metering.quota, scenario.metering.prices
        preferences = _preferences(group, scenario)
        return cls(
            QuotaConfig(
                api_calls=quota.api_calls,
                budget_per_month_micros=round(quota.budget_per_month * MICROS_PER_DOLLAR),
                submission_cost_micros=round(prices.submission * MICROS_PER_DOLLAR),
                execution_cost_micros=round(prices.execution * MICROS_PER_DOLLAR),
            ),
            None if preferences == AssetPreferences() else preferences,
        )


def require_sound(scenario: Scenario, symbols: Sequence[str]) -> None:
    """Check that a market of these symbols has what each group prefers, and that its strategy is installed.

    Raises ScenarioError, naming the keys.
    """
    problems: list[str] = []
    for index, group in enumerate(scenario.population):
        try:
            check(_preferences(group, scenario), symbols)
            if group.plugin is not None:
                require_plugin(StrategyKind(group.strategy), group.plugin)
        except InvalidPreferencesError as error:
            key = "excluded_symbols" if error.field == "excludedSymbols" else error.field
            problems.append(f"population[{index}].{key}: {error}")
        except UnknownStrategyError as error:
            problems.append(f"population[{index}].plugin: {error}")
    if problems:
        raise ScenarioError(scenario.name, problems)


def _preferences(group: Group, scenario: Scenario) -> AssetPreferences:
    """Return what a group may trade.

    Agents know the sectors of listed symbols; where the scenario says another one, or has symbols of its own, what
    follows from that is said by their names.
    """
    symbols, excluded = list(group.symbols), list(group.excluded_symbols)
    if group.sectors:
        for symbol in scenario.market.symbols:
            if symbol.sector in group.sectors:
                symbols.append(symbol.symbol)
            elif symbol.sector is not None and symbol.symbol in BY_SYMBOL and symbol.symbol not in group.symbols:
                excluded.append(symbol.symbol)
    return AssetPreferences(symbols, group.sectors, excluded)


def members(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the id of each agent with the name of its group, group by group."""
    names = zip(scenario.population, scenario.group_names, strict=True)
    groups = (name for group, name in names for _ in range(group.count))
    return ((_agent_id(place), name) for place, name in enumerate(groups))


def commits(scenario: Scenario, floor: Floor, start_us: int) -> Iterator[Commit]:
    """Yield the commit that makes each agent of a floor and sets it to work, group by group.

    The terms of the others are drawn, too, so that each agent's are the same however the scenario is divided.
    """
    places = count()
    for index, (group, name) in enumerate(zip(scenario.population, scenario.group_names, strict=True)):
        rng = stream(scenario.seed, Purpose.POPULATION, index)
        terms = _Terms.of(group, scenario)
        for number in range(1, group.count + 1):
            drawn = _Drawn(_draw(group.risk, rng), _draw(group.budget, rng))
            place = next(places)
            if floor.has(place):
                yield _commit(_agent(group, f"{name} {number}", terms, drawn, _agent_id(place), start_us))


def _agent_id(place: int) -> str:
    return f"agt_{place + 1}"


def _commit(made: Agent) -> Commit:
    active = evolve(made, status=AgentStatus.ACTIVE)
    return Commit(
        stream=made.agent_id,
        at_us=made.created_at_us,
        principal=OWNER,
        correlation_id=None,
        events=(AgentCreated(made), AgentStatusChanged(active)),
        agent=active,
        book=open_book(made),
    )


@frozen
class _Drawn:
    """The terms of one agent that its group gives a range of."""

    risk: int
    budget: int


def _agent(group: Group, name: str, terms: _Terms, drawn: _Drawn, agent_id: str, start_us: int) -> Agent:
    return Agent(
        agent_id=agent_id,
        user_id=OWNER.user_id,
        name=name,
        strategy=StrategyKind(group.strategy),
        status=AgentStatus.PAUSED,
        risk_tolerance=drawn.risk,
        initial_budget_micros=drawn.budget * MICROS_PER_DOLLAR,
        quota=terms.quota,
        created_at_us=start_us,
        updated_at_us=start_us,
        preferences=terms.preferences,
        hours=group.hours,
        oversight_threshold_micros=None if group.threshold is None else round(group.threshold * MICROS_PER_DOLLAR),
        strategy_name=group.plugin,
    )


def _draw(bounds: Range, rng: np.random.Generator) -> int:
    """Draw a whole number from a range, whose bounds may come up."""
    least, most = round(bounds[0]), round(bounds[1])
    return least if least == most else int(rng.integers(least, most + 1))
