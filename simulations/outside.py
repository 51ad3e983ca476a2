"""What the runner of a simulation and the program tell each other."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from simulations.division import Floor
from simulations.result import Provenance
from simulations.scenario import Scenario

if TYPE_CHECKING:
    from actors.services import Services
    from supervisor import ActorSystem


@frozen
class Progress:
    """How far a run is."""

    ticks: int
    ticks_total: int
    virtual_s: float
    trades: int
    agents: int


@frozen
class Outside:
    """What a run is handed by the program: real time, who wants to know, and where to write.

    `folder` takes the events as text, `database` a floor's own log, which `tradefloor verify` reads; `files` is the
    folder from which a scenario's files of prices count. `wants_end` is asked after each tick.
    """

    monotonic_s: Callable[[], float]
    provenance: Provenance
    on_progress: Callable[[Progress], None] = lambda _progress: None
    wants_end: Callable[[], bool] = lambda: False
    folder: Path | None = None
    database: Path | None = None
    files: Path | None = None
    until_s: float | None = None
    """End after so much virtual time, between two ticks if need be."""
    at_end: "Callable[[ActorSystem, Services], Awaitable[None]] | None" = None
    """Called when the run is over and everything in it is at rest, before the actors stop. For one floor alone."""


@frozen
class FloorTask:
    """What the process of a floor is handed of that."""

    scenario: Scenario
    floor: Floor
    provenance: Provenance
    folder: Path | None
    files: Path | None
    until_s: float | None
