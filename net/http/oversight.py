"""Oversight: trades that wait for a human, and what humans decide about them."""

from typing import Annotated, Final

from attrs import frozen

from actors.errors import AlreadyDecided, ApprovalNotFound, ApprovalOverdue
from actors.model import Approval, ApprovalStatus, Decision, Role, Trade
from actors.ports.history import ApprovalQuery, BadCursor
from net.deciding import decide as carry_out
from net.http.call import Call
from net.http.listing import CURSOR, LIMIT, PAGE_DEFAULT, page_json
from net.http.routing import Reply, Routes
from net.wire.render import approval_json
from net.wire.requests import DecisionBody, DecisionResult, ReasonBody
from net.wire.rules import Choice, Doc
from net.wire.shapes import ApprovalShape, Listing

CHANNEL = "http"

OF_A_DECISION: Final = (AlreadyDecided, ApprovalOverdue)

routes = Routes("Oversight")


@frozen
class ApprovalsQuery:
    """Which requests are listed."""

    status: Annotated[ApprovalStatus | None, Choice(ApprovalStatus), Doc("Only those of this status.", "pending")] = (
        None
    )
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT
    cursor: Annotated[str | None, CURSOR, Doc("The nextCursor of the page before.")] = None


@routes.add("GET", "/api/v1/oversight/requests", keys=True, answer=Listing[ApprovalShape], refuses=(BadCursor,))
async def list_requests(call: Call, query: ApprovalsQuery) -> Reply:
    """List requests for approval, newest first: all of them for approvers, one's own for others."""
    principal = call.principal
    user_id = None if _sees_all(call) else principal.user_id
    page = await call.edge.history.approvals(
        ApprovalQuery(user_id, principal.agent_id, query.status, query.limit, query.cursor)
    )
    return Reply(page_json(page, lambda found: approval_json(*found)))


@routes.add("GET", "/api/v1/oversight/requests/<request_id>", keys=True, answer=ApprovalShape)
async def get_request(call: Call, request_id: str) -> Reply:
    """Show a request for approval: the trade, what it would do, how risky that is, and what was decided."""
    return Reply(approval_json(*await _request(call, request_id)))


@routes.add(
    "POST",
    "/api/v1/oversight/requests/<request_id>/decision",
    role=Role.APPROVER,
    answer=ApprovalShape,
    refuses=OF_A_DECISION,
)
async def decide(call: Call, request_id: str, body: DecisionBody) -> Reply:
    """Approve or reject. The same decision again returns the recorded outcome; the other one is a conflict."""
    return await _decided(call, request_id, body.decision is DecisionResult.APPROVED, body.reason)


@routes.add(
    "POST",
    "/api/v1/oversight/requests/<request_id>/approve",
    role=Role.APPROVER,
    answer=ApprovalShape,
    refuses=OF_A_DECISION,
)
async def approve(call: Call, request_id: str, body: ReasonBody) -> Reply:
    """Approve: the trade executes, unless the price has moved too far meanwhile."""
    return await _decided(call, request_id, True, body.reason)


@routes.add(
    "POST",
    "/api/v1/oversight/requests/<request_id>/reject",
    role=Role.APPROVER,
    answer=ApprovalShape,
    refuses=OF_A_DECISION,
)
async def reject(call: Call, request_id: str, body: ReasonBody) -> Reply:
    """Reject: the trade ends, and what it held is free again."""
    return await _decided(call, request_id, False, body.reason)


async def _decided(call: Call, request_id: str, approved: bool, reason: str | None) -> Reply:
    principal = call.principal
    decision = Decision(
        approved=approved,
        approver_id=principal.user_id,
        approver_name=principal.name,
        channel=CHANNEL,
        reason=reason,
        at_us=call.edge.clock.now_us(),
    )
    return Reply(approval_json(*await carry_out(call.edge, request_id, decision, principal)))


async def _request(call: Call, request_id: str) -> tuple[Approval, Trade]:
    found = await call.edge.history.approval(request_id)
    if found is None or not (_sees_all(call) or call.may_see(found[0].agent_id, found[0].user_id)):
        raise ApprovalNotFound(f"there is no request {request_id}")
    return found


def _sees_all(call: Call) -> bool:
    return call.identity.has(Role.APPROVER)
