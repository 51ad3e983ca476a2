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
from net.wire.structure import FieldProblem, InvalidRequest

SEQ_MAX: Final = 2**53

routes = Routes("Audit")


@frozen
class AuditQuery:
    """Which entries are listed."""

    after: Annotated[int, Integer(0, SEQ_MAX), Doc("Only those after this sequence; nextCursor is the next.", 0)] = 0
    before: Annotated[
        int | None,
        Integer(1, SEQ_MAX),
        Doc("Only those before this sequence, newest first; nextCursor is the next.", None),
    ] = None
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT


@routes.add("GET", "/api/v1/audit", role=Role.ADMIN, answer=Listing[AuditShape])
async def list_audit(call: Call, query: AuditQuery) -> Reply:
    """List decisions, sign-ins, and changes of agents, people and keys, each with its actor and hash.

    Oldest first; with `before`, newest first.
    """
    history = call.edge.history
    if query.after and query.before is not None:
        both = "must not be given with after: the one lists newest first, the other oldest first"
        raise InvalidRequest([FieldProblem("before", both)])
    if query.before is None:
        found = await history.audit(query.after, query.limit)
    else:
        found = await history.audit_before(query.before, query.limit)
    following = str(found[-1].recorded.seq) if len(found) == query.limit else None
    return Reply({"items": [audit_json(entry) for entry in found], "nextCursor": following})
