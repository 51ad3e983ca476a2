"""Usage of agents: what was used in a month, against the quota."""

from typing import Annotated

from attrs import frozen

from actors.model import Usage
from actors.ports.periods import next_period_us, period_of
from actors.quota import usage_at
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.render import usage_json
from net.wire.rules import Doc, Text
from net.wire.shapes import UsageShape

PERIOD = Text(min_length=7, max_length=7, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", wanted="a month such as 2026-01")

routes = Routes("Usage")


@frozen
class UsageQuery:
    """Which month is shown."""

    period: Annotated[str | None, PERIOD, Doc("A month (UTC); without it the current one.", "2026-01")] = None


@routes.add("GET", "/api/v1/agents/<agent_id>/usage", keys=True, answer=UsageShape)
async def get_usage(call: Call, agent_id: str, query: UsageQuery) -> Reply:
    """Show what an agent used in a month, by kind of use, and what its quota is."""
    agent = call.agent(agent_id)
    now_us = call.edge.clock.now_us()
    if query.period in {None, period_of(now_us)}:
        usage = usage_at(call.edge.views.book(agent_id).usage, now_us)
    else:
        assert query.period is not None
        found = await call.edge.history.usage(agent_id, query.period)
        usage = found or Usage(agent_id, query.period)
    return Reply(usage_json(agent, usage, next_period_us(now_us)))
