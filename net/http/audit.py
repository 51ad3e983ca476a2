"""The audit: every decision and change of control, with who made it."""

from typing import Annotated, Final

from attrs import frozen

from actors.model import Role
from net.http.call import Call
from net.http.listing import LIMIT, PAGE_DEFAULT
from net.http.routing import Reply, Routes
from net.wire.audit import AuditShape, audit_json
from net.wire.rules import Doc, Integer
from net.wire.shapes import Listing

SEQ_MAX: Final = 2**53

routes = Routes("Audit")


@frozen
class AuditQuery:
    """Which entries are listed."""

    after: Annotated[int, Integer(0, SEQ_MAX), Doc("Only those after this sequence; nextCursor is the next.", 0)] = 0
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT


@routes.add("GET", "/api/v1/audit", role=Role.ADMIN, answer=Listing[AuditShape])
async def list_audit(call: Call, query: AuditQuery) -> Reply:
    """List decisions, sign-ins, and changes of agents, people and keys, oldest first, each with its actor and hash."""
    found = await call.edge.history.audit(query.after, query.limit)
    following = str(found[-1].recorded.seq) if len(found) == query.limit else None
    return Reply({"items": [audit_json(entry) for entry in found], "nextCursor": following})
