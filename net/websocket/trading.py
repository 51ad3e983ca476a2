"""Trading over the socket, by the rules of `POST /agents/{id}/trades`."""

from typing import Final

from actors.errors import AgentNotFound
from actors.messages import SubmitTrade
from actors.model import Agent, AgentStatus, OrderRequest, Principal, Role, Trade
from actors.views import FloorViews
from net.asking import ask_agent
from net.auth.errors import Forbidden
from net.auth.identity import Identity
from net.auth.windows import FixedWindows
from net.edge import Edge
from net.http.errors import RateLimited
from net.websocket.channels import may_see_agent
from net.websocket.limits import DEFAULT_LIMITS, Limits

WINDOW_S: Final = 60


def visible_agent(agent_id: str, principal: Principal, views: FloorViews) -> Agent:
    """Return an agent. Raises AgentNotFound where there is none for this caller, who cannot tell why."""
    agent = views.agent(agent_id)
    if agent.status is AgentStatus.DELETED or not may_see_agent(principal, agent):
        raise AgentNotFound(f"there is no agent {agent_id}")
    return agent


class TradeDesk:
    """Submits the trades of sockets to the agents; those of a user are counted together, over however many sockets."""

    def __init__(self, edge: Edge, limits: Limits = DEFAULT_LIMITS) -> None:
        self._edge = edge
        self._by_user = FixedWindows(edge.settings.rate_limit_user_max + limits.trades_burst, WINDOW_S)

    async def submit(self, agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
        """Return the trade as committed. Raises RateLimited, Forbidden, AgentNotFound and what trading refuses."""
        standing = self._by_user.take(identity.principal.user_id, self._edge.clock.now_us())
        if not standing.allowed:
            raise RateLimited(f"at most {self._by_user.limit} trades in {WINDOW_S} s over sockets", standing.reset_s)
        if not identity.has(Role.TRADER):
            raise Forbidden(f"this needs the role {Role.TRADER}; yours is {identity.principal.role}")
        visible_agent(agent_id, identity.principal, self._edge.views)
        return await ask_agent(self._edge, agent_id, SubmitTrade(order, identity.principal))
