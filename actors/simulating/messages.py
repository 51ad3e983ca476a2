"""What the actors of `/simulations` are asked and told."""

from attrs import frozen

from actors.simulating.model import Ending, Job, Plan, Wanted
from supervisor import Message


@frozen
class StartSimulation(Message[Job]):
    """Asked of the desk: run this as soon as there is room. `plan` is what the simulator says it comes to."""

    wanted: Wanted
    plan: Plan
    asked_by: str


@frozen
class CancelSimulation(Message[Job]):
    """Asked of the desk: end this at its next tick, or take it out of the queue."""

    job_id: str


@frozen
class RemoveSimulation(Message[None]):
    """Asked of the desk: forget this, with its report and its files."""

    job_id: str


@frozen
class EndRun(Message[None]):
    """Told to the actor of a run: end it at the next tick."""


@frozen
class GiveUp(Message[None]):
    """Told to the actor of a run: end it at once, for this reason."""

    reason: str


@frozen
class LookAtDisk(Message[None]):
    """Told to the desk by itself, now and then while something runs: see what is taken."""


@frozen
class RunEnded(Message[None]):
    """Told to the desk by the actor of a run that has ended."""

    job_id: str
    ending: Ending
