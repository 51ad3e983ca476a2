"""Scenarios: what a simulation is about, read from TOML and checked."""

from simulations.scenario.checks import Span
from simulations.scenario.model import (
    Fault,
    Group,
    Market,
    Metering,
    Oversight,
    Replayed,
    Scenario,
    Shock,
    Symbol,
    Time,
)
from simulations.scenario.reading import (
    Document,
    ScenarioError,
    builtin_names,
    load,
    parse,
    to_tables,
    with_agents,
    with_extent,
    with_settings,
)

__all__ = [
    "Document",
    "Fault",
    "Group",
    "Market",
    "Metering",
    "Oversight",
    "Replayed",
    "Scenario",
    "ScenarioError",
    "Shock",
    "Span",
    "Symbol",
    "Time",
    "builtin_names",
    "load",
    "parse",
    "to_tables",
    "with_agents",
    "with_extent",
    "with_settings",
]
