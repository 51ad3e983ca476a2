"""The events of an agent, as the log has them."""

from net.http.call import Call
from net.http.listing import LogQuery
from net.http.routing import Reply, Routes
from net.wire.events import event_json
from net.wire.shapes import EventShape, Listing

routes = Routes("Events")


@routes.add("GET", "/api/v1/agents/<agent_id>/events", keys=True, answer=Listing[EventShape])
async def list_events(call: Call, agent_id: str, query: LogQuery) -> Reply:
    """List an agent's events by sequence, oldest first; with `before`, newest first.

    `nextCursor` is the `after`, or the `before`, of the page that follows.
    """
    call.agent(agent_id)
    query.require_one_end()
    history = call.edge.history
    if query.before is None:
        found = await history.events((agent_id,), query.after, query.limit)
    else:
        found = await history.events_before(agent_id, query.before, query.limit)
    following = query.following([recorded.seq for recorded in found])
    return Reply({"items": [event_json(recorded) for recorded in found], "nextCursor": following})
