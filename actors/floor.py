"""The floor: makes agents and their actors, brings them back at a start, and marks the ones that keep crashing.

Below `/agents` every agent has a supervisor of its own. A strategy that raises crashes only its agent actor; one that
keeps raising is quarantined, which this actor sees and commits as the status `failed` with the cause.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import evolve

from actors import paths
from actors.agent import AgentActor
from actors.approval import start_approval
from actors.asking import ask
from actors.book import open_book
from actors.errors import AgentNotFound, IdempotencyMismatch
from actors.events import AgentCreated, AgentStatusChanged
from actors.lifecycle import AgentEvent, next_agent_status
from actors.messages import Append, CreateAgent, FailAgent, NewAgent, Purge, ReviveAgent, TendAgent
from actors.model import FLOOR, Agent, AgentStatus, Principal
from actors.outbound import quota_delivery
from actors.portfolio import PortfolioActor
from actors.ports.journal import Commit
from actors.resting import resting_orders
from actors.services import Services
from supervisor import (
    Actor,
    Backoff,
    ChildSpec,
    Exceeded,
    Refusal,
    Strategy,
    SupervisorSpec,
    Terminated,
    handles,
)
from supervisor.node import UP

RESTARTS_MAX: Final = 4
RESTARTS_WITHIN_S: Final = 60.0
AGENT_BACKOFF: Final = Backoff(base_s=0.1, factor=2.0, max_s=10.0, jitter=0.1, reset_after_s=60.0)
SPAWN_BATCH: Final = 32
"""Agents started side by side: as many as the journal and the metering facade take meanwhile, or all would be on their
way to their first trades at once, and each that is takes some kilobytes."""

PURGE_EVERY_S: Final = 24 * 3600.0
COMMIT_AGAIN_S: Final = 1.0

_log = logging.getLogger(__name__)


class FloorActor(Actor):
    """Makes agents, starts their actors, and records what became of the ones that failed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._homes = Homes(services)
        self._started_agents = 0

    async def started(self) -> None:
        """Bring back the actors of every agent, and wait until they are up. Only those with work get a task."""
        agents = [agent for agent in self._services.views.agents.values() if agent.status is not AgentStatus.DELETED]
        for first in range(0, len(agents), SPAWN_BATCH):
            await self._start_homes(agents[first : first + SPAWN_BATCH])
        self.ctx.tell_later(self._services.pace.purge_first_s, Purge())

    def inspect(self) -> Mapping[str, object]:
        """Show how many agents there are."""
        return {"agents": len(self._services.views.agents), "started": self._started_agents}

    @handles(CreateAgent)
    async def create_agent(self, message: CreateAgent) -> Agent:
        """Make an agent, paused, its budget in cash, and start its actors."""
        agent = self._new_agent(message.new, message.principal)
        commit = Commit(
            stream=agent.agent_id,
            at_us=agent.created_at_us,
            principal=message.principal,
            correlation_id=self.ctx.correlation_id,
            events=(AgentCreated(agent),),
            agent=agent,
            book=open_book(agent),
            deliveries=(quota_delivery(agent),),
            claim=message.claim,
        )
        committed = await ask(self.ctx.ref(paths.JOURNAL), Append(commit))
        made = committed.recorded[0].event
        if not isinstance(made, AgentCreated):
            raise IdempotencyMismatch("the idempotency key was used with another kind of request; use a new key")
        await self._start_homes([made.agent])
        return made.agent

    @handles(ReviveAgent)
    async def revive_agent(self, message: ReviveAgent) -> None:
        """Start the actor of a quarantined agent again; its status says what it does then."""
        path = paths.agent(message.agent_id)
        if not self.ctx.system.exists(path):
            raise AgentNotFound(f"there is no agent {message.agent_id}")
        if self.ctx.system.control.info(path).status not in UP:  # Else somebody asked for it just before.
            await self.ctx.system.control.restart(path)
        self.ctx.watch(self.ctx.ref(path))

    @handles(Terminated)
    async def agent_ended(self, message: Terminated) -> None:
        """Record that an agent's actor keeps crashing."""
        if message.quarantined:
            agent_id = paths.agent_id_of(message.path)
            await self._fail(FailAgent(agent_id, f"the strategy keeps raising: {message.exit.cause!r}"))

    @handles(TendAgent)
    async def tend_agent(self, message: TendAgent) -> None:
        """Start what is missing of an agent's actors, or end them with the agent."""
        agent = self._services.views.agent(message.agent_id)
        if agent.status is AgentStatus.DELETED:
            await self._end_home(agent)
            return
        await self._start_homes([agent])
        for request_id in self._services.views.book(agent.agent_id).approvals:
            start_approval(self.ctx, agent.agent_id, request_id, self._services)

    @handles(FailAgent)
    async def fail_agent(self, message: FailAgent) -> None:
        """Record it again, where the journal could not the first time."""
        await self._fail(message)

    @handles(Purge)
    async def purge(self, _message: Purge) -> int:
        """Remove the rows of agents that were deleted long ago, and come back tomorrow."""
        self.ctx.tell_later(PURGE_EVERY_S, Purge())
        return await self._services.store.purge(self._services.clock.now_us())

    async def _fail(self, message: FailAgent) -> None:
        agent = self._services.views.agent(message.agent_id)
        status = next_agent_status(agent.status, AgentEvent.FAIL)
        failed = evolve(
            agent, status=status, failure_reason=message.reason, updated_at_us=self._services.clock.now_us()
        )
        commit = Commit(
            stream=agent.agent_id,
            at_us=failed.updated_at_us,
            principal=FLOOR,
            correlation_id=self.ctx.correlation_id,
            events=(AgentStatusChanged(failed),),
            agent=failed,
        )
        try:
            await ask(self.ctx.ref(paths.JOURNAL), Append(commit, base_agent=agent))
        except Refusal as refusal:
            _log.warning("that %s failed is recorded later: %s", agent.agent_id, refusal)
            self.ctx.tell_later(COMMIT_AGAIN_S, message)

    def _new_agent(self, new: NewAgent, principal: Principal) -> Agent:
        now_us = self._services.clock.now_us()
        return Agent(
            agent_id=self._services.ids.new("agt"),
            user_id=principal.user_id,
            name=new.name,
            strategy=new.strategy,
            status=AgentStatus.PAUSED,
            risk_tolerance=new.risk_tolerance,
            initial_budget_micros=new.initial_budget_micros,
            quota=new.quota,
            created_at_us=now_us,
            updated_at_us=now_us,
            preferences=new.preferences,
            hours=new.hours,
            oversight_threshold_micros=new.oversight_threshold_micros,
            strategy_name=new.strategy_name,
        )

    async def _start_homes(self, agents: Iterable[Agent]) -> None:
        """Start agents' actors and wait until they are up: one that is not cannot be asked or watched."""
        system = self.ctx.system
        homes = [
            system.start_child_nowait(paths.AGENTS, self._homes.of(agent)).path
            for agent in agents
            if not system.exists(paths.home_of(agent.agent_id))
        ]
        for home in homes:
            await system.wait_up(home)
            self.ctx.watch(self.ctx.ref(f"{home}/agent"))
        self._started_agents += len(homes)

    async def _end_home(self, agent: Agent) -> None:
        home = paths.home_of(agent.agent_id)
        if self.ctx.system.exists(home):
            await self.ctx.system.stop(home)


class Homes:
    """The specifications of agents' actors: the same for all agents but for what starts at once, and made once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._made: dict[tuple[bool, bool], tuple[ChildSpec, ChildSpec]] = {}

    def of(self, agent: Agent) -> SupervisorSpec:
        """Return the specification of one agent's actors.

        An agent that rests has no task until somebody asks it something; one that is active, that was stopped before
        its liquidation, or whose approvals are pending starts at once; so does a portfolio with orders that rest.
        """
        book = self._services.views.book(agent.agent_id)
        has_work = agent.status in {AgentStatus.ACTIVE, AgentStatus.STOPPED} or bool(book.approvals)
        has_resting = next(resting_orders(book), None) is not None
        children = self._made.get((has_work, has_resting))
        if children is None:
            children = self._made[has_work, has_resting] = self._children(has_work=has_work, has_resting=has_resting)
        return SupervisorSpec(agent.agent_id, strategy=Strategy.ONE_FOR_ONE, children=children)

    def _children(self, *, has_work: bool, has_resting: bool) -> tuple[ChildSpec, ChildSpec]:
        services = self._services
        return (
            ChildSpec(
                "portfolio",
                lambda: PortfolioActor(services),
                passivate_after_s=services.pace.passivate_after_s,
                start_passive=not has_resting,
                backoff=AGENT_BACKOFF,
                on_exceeded=Exceeded.QUARANTINE,
            ),
            ChildSpec(
                "agent",
                lambda: AgentActor(services),
                passivate_after_s=services.pace.passivate_after_s,
                start_passive=not has_work,
                backoff=AGENT_BACKOFF,
                on_exceeded=Exceeded.QUARANTINE,
                intensity=RESTARTS_MAX,
                period_s=RESTARTS_WITHIN_S,
            ),
        )
