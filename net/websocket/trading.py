"""Trading over the socket, by the rules of `POST /agents/{id}/trades`."""

from actors.errors import AgentNotFound
from actors.messages import SubmitTrade
from actors.model import Agent, AgentStatus, OrderRequest, Principal, Role, Trade
from actors.views import FloorViews
from net.asking import ask_agent
from net.auth.errors import Forbidden
from net.auth.identity import Identity
from net.edge import Edge
from net.websocket.channels import may_see_agent


def visible_agent(agent_id: str, principal: Principal, views: FloorViews) -> Agent:
    """Return an agent. Raises AgentNotFound where there is none for this caller, who cannot tell why."""
    agent = views.agent(agent_id)
    if agent.status is AgentStatus.DELETED or not may_see_agent(principal, agent):
        raise AgentNotFound(f"there is no agent {agent_id}")
    return agent


class TradeDesk:
    """Submits the trades of sockets to the agents."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def submit(self, agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
        """Return the trade as committed. Raises Forbidden, AgentNotFound and what trading refuses."""
        if not identity.has(Role.TRADER):
            raise Forbidden(f"this needs the role {Role.TRADER}; yours is {identity.principal.role}")
        visible_agent(agent_id, identity.principal, self._edge.views)
        return await ask_agent(self._edge, agent_id, SubmitTrade(order, identity.principal))
