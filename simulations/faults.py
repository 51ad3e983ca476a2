"""The faults of a scenario: parts that are away for a while."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import trio

from simulations.scenario import Fault


class Part(Protocol):
    """Something that can be switched off: then every call fails as in an outage."""

    unavailable: bool


class Faults:
    """Switches parts off and on again, each known by the kind of its fault."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._causes: Counter[str] = Counter()

    async def cause(self, fault: Fault) -> None:
        """Have one fault, at its time. Where faults of one part overlap, it is away until the last of them is over."""
        await trio.sleep(fault.at)
        self._change(fault.kind, 1)
        await trio.sleep(fault.lasts)
        self._change(fault.kind, -1)

    def _change(self, kind: str, by: int) -> None:
        self._causes[kind] += by
        self._parts[kind].unavailable = self._causes[kind] > 0
