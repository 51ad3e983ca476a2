"""What a handler works with: the floor, and the caller as far as it is known."""

from typing import TypeVar

from attrs import frozen

from actors.errors import AgentNotFound, IdempotencyMismatch
from actors.events import Event
from actors.model import Agent, AgentStatus, Principal, Role
from actors.ports.journal import IdempotencyClaim
from net.asking import ask, ask_agent
from net.auth.errors import CredentialsMissing
from net.auth.identity import Identity
from net.auth.service import Auth
from net.edge import Edge
from net.http.exchange import Exchange
from supervisor import Message

R = TypeVar("R")


@frozen
class Call:
    """One call of an operation. `claim` is the caller's Idempotency-Key, if one was given."""

    edge: Edge
    auth: Auth
    exchange: Exchange
    claim: IdempotencyClaim | None = None

    @property
    def identity(self) -> Identity:
        """Return who is calling. Raises Unauthorized."""
        identity = self.exchange.identity
        if identity is None:
            raise self.exchange.refusal or CredentialsMissing("sign in first")
        return identity

    @property
    def principal(self) -> Principal:
        """Return the caller as trading knows them. Raises Unauthorized."""
        return self.identity.principal

    def agent(self, agent_id: str) -> Agent:
        """Return an agent that the caller may see. Raises AgentNotFound, also for somebody else's."""
        agent = self.edge.views.agent(agent_id)
        if agent.status is AgentStatus.DELETED or not self.may_see(agent_id, agent.user_id):
            raise AgentNotFound(f"there is no agent {agent_id}")
        return agent

    def may_see(self, agent_id: str, user_id: str) -> bool:
        """Tell whether the caller may see what belongs to an agent of a user."""
        principal = self.principal
        if principal.agent_id is not None:
            return principal.agent_id == agent_id
        return principal.user_id == user_id or principal.role is Role.ADMIN

    async def ask(self, path: str, message: Message[R]) -> R:
        """Return the reply of the actor at `path`, or raise its refusal; FloorBusy where it does not answer in time."""
        return await ask(self.edge, path, message)

    async def ask_agent(self, agent_id: str, message: Message[R]) -> R:
        """Return the reply of an agent, also of one that was set aside. Raises as `ask` does."""
        return await ask_agent(self.edge, agent_id, message)

    async def answered(self) -> Event | None:
        """Return the event that answered this Idempotency-Key before, None where it is new.

        Raises IdempotencyMismatch when it was used with another request.
        """
        if self.claim is None:
            return None
        claimed = await self.edge.history.claimed(self.claim)
        if claimed is None:
            return None
        fingerprint, recorded = claimed
        if fingerprint != self.claim.fingerprint:
            raise IdempotencyMismatch(f"the key {self.claim.key} was used with another request")
        return recorded.event
