"""The audit: every decision and change of control, with who made it."""

from actors.model import Role
from net.http.call import Call
from net.http.listing import LogQuery
from net.http.routing import Reply, Routes
from net.wire.audit import AuditShape, audit_json
from net.wire.shapes import Listing

routes = Routes("Audit")


@routes.add("GET", "/api/v1/audit", role=Role.ADMIN, answer=Listing[AuditShape])
async def list_audit(call: Call, query: LogQuery) -> Reply:
    """List decisions, sign-ins, and changes of agents, people and keys, each with its actor and hash.

    Oldest first; with `before`, newest first.
    """
    query.require_one_end()
    history = call.edge.history
    if query.before is None:
        found = await history.audit(query.after, query.limit)
    else:
        found = await history.audit_before(query.before, query.limit)
    following = query.following([entry.recorded.seq for entry in found])
    return Reply({"items": [audit_json(entry) for entry in found], "nextCursor": following})
