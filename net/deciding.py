"""Deciding an approval for somebody at the edge, whichever door they came through."""

from actors import paths
from actors.desk import repeat_decision
from actors.errors import ApprovalNotFound
from actors.messages import Decide
from actors.model import Approval, Decision, Principal, Trade
from net.asking import ask
from net.edge import Edge
from supervisor import ActorStopped, NoSuchActor


async def decide(edge: Edge, request_id: str, decision: Decision, principal: Principal) -> tuple[Approval, Trade]:
    """Return a request and its trade as the decision left them; the same decision again returns the recorded one.

    Whether the principal may decide is the caller's to know. Raises ApprovalNotFound, ApprovalOverdue, AlreadyDecided,
    and what the actors on the way refuse with.
    """
    agent_id = edge.views.agent_of_request(request_id)
    if agent_id is not None:
        try:
            await ask(edge, paths.approval(agent_id, request_id), Decide(decision, principal))
        except (ApprovalNotFound, ActorStopped, NoSuchActor):
            agent_id = None  # Somebody else, or the time, was faster.
    found = await edge.history.approval(request_id)
    if found is None:
        raise ApprovalNotFound(f"there is no request {request_id}")
    approval, trade = found
    return (repeat_decision(approval, approved=decision.approved) if agent_id is None else approval), trade
