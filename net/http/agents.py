"""Agents: made, listed, shown, changed, paused, resumed, stopped and deleted."""

from typing import Annotated, Any

from attrs import frozen

from actors import paths
from actors.errors import AgentNotFound, IllegalTransition
from actors.events import AgentCreated
from actors.lifecycle import AgentEvent
from actors.messages import ChangeSettings, ChangeStatus, CreateAgent
from actors.model import Agent, AgentStatus, Role, StrategyKind
from actors.ports.history import BadCursor
from net.http.call import Call
from net.http.listing import CURSOR, LIMIT, PAGE_DEFAULT, cut, page_json, read_cursor
from net.http.routing import Reply, Routes
from net.wire.render import agent_json, portfolio_json
from net.wire.requests import AgentBody, AgentChanges
from net.wire.rules import Choice, Doc, Moment, Text
from net.wire.shapes import AgentShape, Listing, PortfolioReply

routes = Routes("Agents")


@frozen
class AgentsQuery:
    """Which agents are listed."""

    status: Annotated[AgentStatus | None, Choice(AgentStatus), Doc("Only those of this status.", "active")] = None
    strategy: Annotated[StrategyKind | None, Choice(StrategyKind), Doc("Only those driven so.", "balanced")] = None
    search: Annotated[str | None, Text(max_length=100), Doc("Only those whose name contains this.", "desk")] = None
    created_after: Annotated[int | None, Moment(), Doc("Only those made after this moment.")] = None
    created_before: Annotated[int | None, Moment(), Doc("Only those made before this moment.")] = None
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT
    cursor: Annotated[str | None, CURSOR, Doc("The nextCursor of the page before.")] = None

    def matches(self, agent: Agent) -> bool:
        """Tell whether an agent is listed."""
        return (
            agent.status is not AgentStatus.DELETED
            and self.status in {None, agent.status}
            and self.strategy in {None, agent.strategy}
            and (self.search is None or self.search.casefold() in agent.name.casefold())
            and (self.created_after is None or agent.created_at_us > self.created_after)
            and (self.created_before is None or agent.created_at_us < self.created_before)
        )


@routes.add(
    "POST", "/api/v1/agents", role=Role.TRADER, status=201, answer=AgentShape, atomic=True, refuses=(AgentNotFound,)
)
async def create_agent(call: Call, body: AgentBody) -> Reply:
    """Make an agent. It starts paused, its budget in cash."""
    answer = await call.answered()
    if isinstance(answer, AgentCreated):
        agent = answer.agent
    else:
        agent = await call.ask(paths.FLOOR, CreateAgent(body.new_agent(), call.principal, call.claim))
    return Reply(_shown(call, agent), 201, {"Location": f"/api/v1/agents/{agent.agent_id}"})


@routes.add("GET", "/api/v1/agents", keys=True, answer=Listing[AgentShape], refuses=(BadCursor,))
async def list_agents(call: Call, query: AgentsQuery) -> Reply:
    """List the caller's agents, newest first; an admin's list has everybody's."""
    views, principal = call.edge.views, call.principal
    if principal.agent_id is not None:
        candidates = [views.agent(principal.agent_id)]
    elif principal.role is Role.ADMIN:
        candidates = list(views.agents.values())
    else:
        candidates = list(views.agents_of(principal.user_id))
    found = sorted((agent for agent in candidates if query.matches(agent)), key=_place, reverse=True)
    if query.cursor is not None:
        last = _place_of(query.cursor)
        found = [agent for agent in found if _place(agent) < last]
    page = cut(found, query.limit, lambda agent: f"{agent.created_at_us}:{agent.agent_id}")
    return Reply(page_json(page, lambda agent: _shown(call, agent)))


@routes.add("GET", "/api/v1/agents/<agent_id>", keys=True, answer=AgentShape)
async def get_agent(call: Call, agent_id: str) -> Reply:
    """Show an agent."""
    return Reply(_shown(call, call.agent(agent_id)))


@routes.add("PATCH", "/api/v1/agents/<agent_id>", role=Role.TRADER, answer=AgentShape, refuses=(IllegalTransition,))
async def change_agent(call: Call, agent_id: str, body: AgentChanges) -> Reply:
    """Change an agent's settings. What is left out stays; null clears."""
    agent = call.agent(agent_id)
    changed = await call.ask_agent(agent_id, ChangeSettings(body.settings(agent), call.principal))
    return Reply(_shown(call, changed))


@routes.add("DELETE", "/api/v1/agents/<agent_id>", role=Role.TRADER, status=204, refuses=(IllegalTransition,))
async def delete_agent(call: Call, agent_id: str) -> Reply:
    """Delete an agent: its positions are sold, and it is shown no more. Its records are kept for 90 days."""
    await _change_status(call, agent_id, AgentEvent.DELETE)
    return Reply(status=204)


@routes.add(
    "POST", "/api/v1/agents/<agent_id>/pause", role=Role.TRADER, answer=AgentShape, refuses=(IllegalTransition,)
)
async def pause_agent(call: Call, agent_id: str) -> Reply:
    """Let an agent rest: it stops trading by itself; its owner may still trade by hand."""
    return Reply(_shown(call, await _change_status(call, agent_id, AgentEvent.PAUSE)))


@routes.add(
    "POST", "/api/v1/agents/<agent_id>/resume", role=Role.TRADER, answer=AgentShape, refuses=(IllegalTransition,)
)
async def resume_agent(call: Call, agent_id: str) -> Reply:
    """Let an agent trade by itself."""
    return Reply(_shown(call, await _change_status(call, agent_id, AgentEvent.RESUME)))


@routes.add("POST", "/api/v1/agents/<agent_id>/stop", role=Role.TRADER, answer=AgentShape, refuses=(IllegalTransition,))
async def stop_agent(call: Call, agent_id: str) -> Reply:
    """Stop an agent for good: open orders are cancelled, positions are sold, and nothing trades again."""
    return Reply(_shown(call, await _change_status(call, agent_id, AgentEvent.STOP)))


@routes.add("GET", "/api/v1/agents/<agent_id>/portfolio", keys=True, answer=PortfolioReply)
async def get_portfolio(call: Call, agent_id: str) -> Reply:
    """Show an agent's portfolio at current prices."""
    call.agent(agent_id)
    views = call.edge.views
    return Reply({"portfolio": portfolio_json(views.book(agent_id), views.market.prices)})


async def _change_status(call: Call, agent_id: str, event: AgentEvent) -> Agent:
    call.agent(agent_id)
    return await call.ask_agent(agent_id, ChangeStatus(event, call.principal))


def _shown(call: Call, agent: Agent) -> dict[str, Any]:
    views = call.edge.views
    return agent_json(agent, views.book(agent.agent_id), views.market.prices, call.edge.clock.now_us())


def _place(agent: Agent) -> tuple[int, str]:
    return agent.created_at_us, agent.agent_id


def _place_of(cursor: str) -> tuple[int, str]:
    created_at_us, _, agent_id = read_cursor(cursor).partition(":")
    if not (created_at_us.isascii() and created_at_us.isdigit()):
        raise BadCursor("the cursor was not handed out by this listing")
    return int(created_at_us), agent_id
