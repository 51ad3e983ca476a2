"""Which runs a sweep is made of: every combination of the varied values, each with the same seeds."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

from attrs import frozen

from simulations.scenario import Document, Scenario, ScenarioError, parse, to_tables, with_extent, with_settings

VALUES_MAX: Final = 1_000
"""Of a range; whoever means more has mistyped."""

_RANGE: Final = re.compile(r"(-?\d+)\.\.(-?\d+)")


@frozen
class Variation:
    """A key of the scenario and the values that it takes, as they are written in TOML."""

    key: str
    values: tuple[str, ...]


@frozen
class Case:
    """One run. `settings` holds the varied keys with their values; `identity` is the same for the same run."""

    settings: tuple[tuple[str, str], ...]
    scenario: Scenario

    @property
    def identity(self) -> str:
        """Return what tells this run from every other one of the same program."""
        text = json.dumps(to_tables(self.scenario), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def parse_variation(text: str) -> Variation:
    """Return what `oversight.threshold=10000,25000` or `oversight.approvers=1..5` says. Raises ScenarioError."""
    key, separator, values = text.partition("=")
    if not separator or not key.strip() or not values.strip():
        raise ScenarioError("--vary", [f"{text!r} must be KEY=VALUE,VALUE or KEY=FIRST..LAST"])
    whole = _RANGE.fullmatch(values.strip())
    if whole is None:
        return Variation(key.strip(), tuple(dict.fromkeys(value.strip() for value in _split(values))))
    first, last = int(whole[1]), int(whole[2])
    if not first <= last < first + VALUES_MAX:
        raise ScenarioError("--vary", [f"{text!r} must rise, by {VALUES_MAX:,} values at most"])
    return Variation(key.strip(), tuple(map(str, range(first, last + 1))))


def cases(
    document: Document, variations: Sequence[Variation], seeds: int, change: Callable[[Scenario], Scenario]
) -> list[Case]:
    """Return all runs: the seeds of one combination follow each other, the last key varies fastest.

    Seeds count up from the scenario's own and are the same for every combination, so that two settings are compared on
    the same markets. `change` is what the command's flags do to a scenario. Raises ScenarioError for a value that the
    scenario does not take, and for settings that change nothing.
    """
    if len({variation.key for variation in variations}) < len(variations):
        raise ScenarioError("--vary", ["a key is varied once"])
    if any(variation.key == "seed" for variation in variations):
        raise ScenarioError("--vary", ["seed: every setting runs with the same seeds; --seeds says how many"])
    found: list[Case] = []
    for values in product(*(variation.values for variation in variations)):
        settings = tuple((variation.key, value) for variation, value in zip(variations, values, strict=True))
        changed = change(parse(with_settings(document, [f"{key}={value}" for key, value in settings])))
        for case in found[::seeds]:
            if case.scenario == changed:
                alike = " and ".join(
                    ", ".join(f"{key}={value}" for key, value in one) for one in (case.settings, settings)
                )
                raise ScenarioError("--vary", [f"{alike} come to the same scenario; another flag may set that already"])
        seeded = (with_extent(changed, None, None, changed.seed + number) for number in range(seeds))
        found += [Case(settings, scenario) for scenario in seeded]
    return found


def _split(values: str) -> list[str]:
    """Split at the commas that are outside of brackets and quotes: a value may be a list or a text."""
    parts, depth, quote = [""], 0, ""
    for character in values:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        depth += (character in "[{") - (character in "]}") if not quote else 0
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts
