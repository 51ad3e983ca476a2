"""Reading the log for operators: its last events, those that follow as they are committed, and an agent between two."""

from collections.abc import AsyncGenerator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from attrs import frozen

from actors.errors import AgentNotFound, EventNotFound, RangeReversed
from actors.events import Recorded
from actors.passage import Passage, Replaying
from actors.ports.history import History
from actors.views import FloorViews

PAGE: Final = 200
"""So many events are read at once, between which other tasks get their turn."""

LOOK_BACK_MAX: Final = 20_000
"""So many events back from the end of the log are looked at for the last ones that fit a filter."""


@frozen
class Wanted:
    """Which events somebody looks for; None: whichever. `kind` is a type, or a pattern of types such as `trade.*`."""

    agent_id: str | None = None
    kind: str | None = None
    correlation_id: str | None = None

    @property
    def streams(self) -> Sequence[str] | None:
        """The streams in which these are."""
        return None if self.agent_id is None else (self.agent_id,)

    def __call__(self, place: Recorded) -> bool:
        """Say whether an event is one of these."""
        return (self.kind is None or fnmatchcase(place.event.type, self.kind)) and (
            self.correlation_id is None or place.correlation_id == self.correlation_id
        )


async def newest(history: History, wanted: Wanted, head: int, count: int) -> list[Recorded]:
    """Return the last events up to the sequence `head` that are wanted, oldest first."""
    found: list[Recorded] = []
    floor = max(0, head - LOOK_BACK_MAX)
    upper = head
    while upper > floor and len(found) < count:
        lower = max(floor, upper - PAGE)
        page = await history.events(wanted.streams, lower, PAGE)
        found[:0] = [place for place in page if place.seq <= upper and wanted(place)]
        upper = lower
    return found[-count:] if count else []


async def following(
    history: History, views: FloorViews, wanted: Wanted, after: int, *, until: int | None
) -> AsyncGenerator[Recorded]:
    """Yield the wanted events after a sequence: up to `until`, or for ever, each when it has been committed."""
    position = after
    while until is None or position < until:
        await views.wait_beyond(position)
        head = views.last_seq
        page = await history.events(wanted.streams, position, PAGE)
        for place in page:
            if until is not None and place.seq > until:
                return
            if wanted(place):
                yield place
        last = page[-1].seq if page else 0
        position = last if len(page) == PAGE else max(head, last)


async def passage(history: History, agent_id: str, from_seq: int, to_seq: int) -> Passage:
    """Return what became of an agent between two moments of the log.

    Raises AgentNotFound, EventNotFound where it did not exist yet, RangeReversed, and StreamBroken.
    """
    if from_seq > to_seq:
        raise RangeReversed(f"is {from_seq:,}, which comes after {to_seq:,}; name the earlier event first")
    replaying = Replaying(from_seq)
    position = 0
    while page := await history.events((agent_id,), position, PAGE):
        position = page[-1].seq
        for place in page:
            if place.seq <= to_seq:
                replaying.add(place)
        if position >= to_seq:
            break
    found = replaying.passage()
    if found is not None:
        return found
    if position:
        raise EventNotFound(f"{agent_id} did not exist yet at event {to_seq:,}; its first one is {page[0].seq:,}")
    raise AgentNotFound(f"the log knows no agent {agent_id}")
