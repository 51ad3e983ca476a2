"""An operator's verbs over the actors, each kept in the log with who did it, to what, and why.

The log comes first: what cannot be recorded is not done. The one exception is to bring back the journal itself, which
could not record that before.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Final

import trio
from attrs import frozen

from actors import paths
from actors.audit import CONTROL_STREAM
from actors.events import ControlAction
from actors.messages import Append
from actors.model import Principal
from actors.ports.journal import Commit
from net.edge import Edge
from supervisor import ActorStopped, Control, NoSuchActor, Selection

SERVERS: Final = ("/edge/http", "/edge/local")
"""The actors that carry the requests, over TCP and from this machine, which must not end before they have answered."""


PATHS_AT_ONCE: Final = 500
"""So many of the nodes that a pattern names are looked at before other tasks get their turn."""


class Verb(StrEnum):
    """What an operator can do to actors."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESTART = "restart"
    TRACE = "trace"


class ActorNotFound(LookupError):
    """No actor or supervisor is at the path, or matches the pattern."""


class ControlRefused(Exception):
    """The verb cannot be carried out there."""


@frozen
class Acted:
    """What was done: to how many actors, and what the highest nodes of the target are now, by state."""

    verb: Verb
    target: str
    reason: str
    actors: int
    states: Mapping[str, int]


async def act(
    edge: Edge, verb: Verb, target: str, reason: str, principal: Principal, correlation_id: str | None
) -> Acted:
    """Pause, resume, stop or restart what a path or pattern names, with all below it, and record that.

    Raises ActorNotFound, ControlRefused, and why it could not be recorded.
    """
    selection = await find(edge, target)
    _require_carrier(verb, selection)
    event = ControlAction(verb, target, reason, selection.actors)
    if _brings_back_the_journal(verb, selection):
        states = await _carry_out(edge.system.control, verb, target, selection)
        await record(edge, event, principal, correlation_id)
    else:
        await record(edge, event, principal, correlation_id)
        states = await _carry_out(edge.system.control, verb, target, selection)
    return Acted(verb, target, reason, selection.actors, states)


async def find(edge: Edge, target: str) -> Selection:
    """Say what a path or pattern names. Raises ActorNotFound."""
    try:
        return await edge.system.control.select(target)
    except NoSuchActor as error:
        raise ActorNotFound(f"nothing is at {target}") from error


async def record(edge: Edge, event: ControlAction, principal: Principal, correlation_id: str | None) -> None:
    """Keep an action in the log. Raises what the journal refuses with, and the errors of an ask."""
    commit = Commit(CONTROL_STREAM, edge.clock.now_us(), principal, correlation_id, (event,))
    await edge.system.ref(paths.JOURNAL).ask(Append(commit), timeout_s=edge.settings.ask_timeout_s)


async def _carry_out(control: Control, verb: Verb, target: str, selection: Selection) -> Mapping[str, int]:
    if verb is Verb.PAUSE:
        await control.pause(target)
    elif verb is Verb.RESUME:
        await control.resume(target)
    else:
        for path in selection.paths:
            with suppress(NoSuchActor):  # It has ended by itself meanwhile.
                await _end(control, verb, path)
    return await _states(control, selection)


async def _end(control: Control, verb: Verb, path: str) -> None:
    if verb is Verb.STOP:
        await control.stop(path)
        return
    try:
        await control.restart(path)
    except ActorStopped as error:
        raise ControlRefused(f"{path} can only be restarted when the supervisor above it is up") from error


async def _states(control: Control, selection: Selection) -> Mapping[str, int]:
    """Count the states of the highest nodes; one that is forgotten has stopped."""
    states: Counter[str] = Counter()
    for number, path in enumerate(selection.paths, 1):
        if not number % PATHS_AT_ONCE:
            await trio.lowlevel.checkpoint()
        try:
            states[control.tree(path, depth=0).activity.value] += 1
        except NoSuchActor:
            states["stopped"] += 1
    return states


def _require_carrier(verb: Verb, selection: Selection) -> None:
    """Refuse to end an actor that may carry this very request. Raises ControlRefused."""
    carrier = next((server for server in SERVERS if _covers(selection, server)), None)
    if verb in {Verb.STOP, Verb.RESTART} and carrier is not None:
        raise ControlRefused(f"{carrier} carries requests such as this one; to stop the program, end its process")


def _brings_back_the_journal(verb: Verb, selection: Selection) -> bool:
    return verb in {Verb.RESUME, Verb.RESTART} and _covers(selection, paths.JOURNAL)


def _covers(selection: Selection, path: str) -> bool:
    return any(f"{path}/".startswith(f"{top.rstrip('/')}/") for top in selection.paths)
