"""The log for admins: its events as they come, one of them in its chain, and a portfolio at two moments."""

import re
from contextlib import aclosing
from typing import Annotated, Final

import orjson
from attrs import frozen

from actors.errors import AgentNotFound, EventNotFound, RangeReversed
from actors.events import Recorded
from actors.model import Role
from net.control import ActorNotFound
from net.http.call import Call
from net.http.listing import SEQ_MAX
from net.http.routing import Reply, Routes
from net.http.streams import WriteLine
from net.log_reading import Wanted, following, newest, passage
from net.wire.control_requests import TARGET
from net.wire.events import event_json
from net.wire.journal import LogEntryShape, PassageShape, entry_json, passage_json
from net.wire.rules import Doc, Flag, Integer, Text
from net.wire.shapes import EventShape

AT: Final = "/admin/v1/events"
SEQ: Final = Integer(0, SEQ_MAX)
LINES_MAX: Final = 1_000

KIND: Final = Text(
    max_length=64, pattern=r"^[a-z_.*?]+$", wanted="a type such as trade.executed, or a pattern such as trade.*"
)
ID: Final = Text(max_length=128)

routes = Routes("Log")

_AGENT: Final = re.compile(r"/agents/([^/]+)(?:/.*)?")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


@frozen
class TailQuery:
    """Which events are sent, from where on, and whether those that follow are, too."""

    lines: Annotated[int, Integer(0, LINES_MAX), Doc("So many of the last ones, where after is left out.", 20)] = 20
    after: Annotated[int | None, SEQ, Doc("All after this sequence instead.")] = None
    agent_id: Annotated[str | None, ID, Doc("Only those of this agent.")] = None
    type: Annotated[str | None, KIND, Doc("Only those of this type, or of this pattern of types.", "trade.*")] = None
    correlation_id: Annotated[str | None, ID, Doc("Only those that this request led to.")] = None
    follow: Annotated[bool, Flag(), Doc("Go on with those that are committed meanwhile.", example=False)] = False


@frozen
class DiffQuery:
    """Which portfolio is compared, and between which moments."""

    path: Annotated[str, TARGET, Doc("Where the agent or its portfolio is.", "/agents/agt_2c9f4e1ab07d/portfolio")]
    from_: Annotated[int, SEQ, Doc("As the event with this sequence left it.", 4)] = 0
    to: Annotated[int | None, SEQ, Doc("As this one left it. Left out: the last one.")] = None


@routes.add("GET", AT, role=Role.ADMIN, answer=EventShape, stream=True)
async def tail_events(call: Call, query: TailQuery) -> Reply:
    """Send events of the log, line by line: the last ones, and with `follow` all that come until the client goes.

    The last ones are looked for among the last 20,000; `after` reaches all of the log.
    """
    views, history = call.edge.views, call.edge.history
    wanted = Wanted(query.agent_id, query.type, query.correlation_id)
    head = views.last_seq

    async def produce(write: WriteLine) -> None:
        async def tell(place: Recorded) -> None:
            await write(orjson.dumps(event_json(place)))

        if query.after is None:
            for place in await newest(history, wanted, head, query.lines):
                await tell(place)
        after = head if query.after is None else query.after
        async with aclosing(following(history, views, wanted, after, until=None if query.follow else head)) as places:
            async for place in places:
                await tell(place)

    return Reply(stream=produce)


@routes.add("GET", f"{AT}/<event_seq>", role=Role.ADMIN, answer=LogEntryShape)
async def get_event(call: Call, event_seq: str) -> Reply:
    """Show one event by its sequence, with its hash and the one before it, and whether they belong together."""
    entry = await call.edge.history.entry(int(event_seq)) if _NUMBER.fullmatch(event_seq) else None
    if entry is None:
        raise EventNotFound(f"there is no event {event_seq}; the last one is {call.edge.views.last_seq}")
    return Reply(entry_json(entry))


@routes.add(
    "GET",
    "/admin/v1/diff",
    role=Role.ADMIN,
    answer=PassageShape,
    refuses=(ActorNotFound, AgentNotFound, EventNotFound, RangeReversed),
)
async def compare_portfolio(call: Call, query: DiffQuery) -> Reply:
    """Show a portfolio at two moments, replayed from the log, and the trades that changed in between."""
    named = _AGENT.fullmatch(query.path)
    if named is None:
        raise ActorNotFound(f"{query.path} is no agent's; /agents/ followed by its id is")
    to = call.edge.views.last_seq if query.to is None else query.to
    return Reply(passage_json(await passage(call.edge.history, named[1], query.from_, to)))
