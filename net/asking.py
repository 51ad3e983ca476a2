"""Asking an actor for somebody at the edge, who has to hear what to do when no answer comes."""

from typing import TypeVar

from actors import paths
from actors.errors import FloorBusy
from actors.messages import ReviveAgent
from actors.model import AgentStatus
from net.edge import Edge
from supervisor import Message
from supervisor.errors import ActorQuarantined, AskTimeout

R = TypeVar("R")


async def ask(edge: Edge, path: str, message: Message[R]) -> R:
    """Return the reply of the actor at `path`, or raise its refusal; FloorBusy where it does not answer in time."""
    try:
        return await edge.system.ref(path).ask(message, timeout_s=edge.settings.ask_timeout_s)
    except AskTimeout as silence:
        if edge.system.control.info(path).paused:
            raise FloorBusy(f"{path} is paused, and does nothing until an admin resumes it") from silence
        raise FloorBusy(
            f"{silence}; look whether it was done, or ask again under the same idempotency key"
        ) from silence


async def ask_agent(edge: Edge, agent_id: str, message: Message[R]) -> R:
    """Return the reply of an agent, or raise its refusal.

    An agent whose strategy kept crashing has no actor that could answer: it is started again first, which leaves its
    status as it is. The floor hears that an agent was set aside before it is asked to start it, so that this one has
    failed by then.
    """
    if edge.views.agent(agent_id).status is AgentStatus.FAILED:
        await ask(edge, paths.FLOOR, ReviveAgent(agent_id))
    try:
        return await ask(edge, paths.agent(agent_id), message)
    except ActorQuarantined:  # Just now: nobody has handled the message.
        await ask(edge, paths.FLOOR, ReviveAgent(agent_id))
        return await ask(edge, paths.agent(agent_id), message)
