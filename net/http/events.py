"""The events of an agent, as the log has them."""

from typing import Annotated

from attrs import frozen

from net.http.call import Call
from net.http.listing import LIMIT, PAGE_DEFAULT
from net.http.routing import Reply, Routes
from net.wire.events import event_json
from net.wire.rules import Doc, Integer
from net.wire.shapes import EventShape, Listing

SEQ_MAX = 2**53

routes = Routes("Events")


@frozen
class EventsQuery:
    """Which events are listed."""

    after: Annotated[int, Integer(0, SEQ_MAX), Doc("Only those after this sequence; nextCursor is the next.", 0)] = 0
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT


@routes.add("GET", "/api/v1/agents/<agent_id>/events", keys=True, answer=Listing[EventShape])
async def list_events(call: Call, agent_id: str, query: EventsQuery) -> Reply:
    """List an agent's events by sequence, oldest first. `nextCursor` is the `after` of the page that follows."""
    call.agent(agent_id)
    found = await call.edge.history.events((agent_id,), query.after, query.limit)
    following = str(found[-1].seq) if len(found) == query.limit else None
    return Reply({"items": [event_json(recorded) for recorded in found], "nextCursor": following})
