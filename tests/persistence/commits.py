"""Commits for tests, as the actors make them."""

from collections.abc import Sequence
from typing import Any, Final

from attrs import evolve

from actors.audit import CONTROL_STREAM
from actors.book import open_book
from actors.desk import Outcome
from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    ApprovalRequested,
    BookEvent,
    ControlAction,
    TradeCreated,
    TradeExecuted,
    UserChanged,
)
from actors.model import Agent, AgentStatus, Role, User
from actors.ports.journal import (
    ApprovalDelivery,
    Commit,
    Delivery,
    IdempotencyClaim,
    JournalStore,
    QuotaDelivery,
    UsageDelivery,
)
from actors.ports.metering import QuotaLimits, UsageEvent
from actors.ports.oversight import OversightRequestRecord
from tests.actors.builders import NOW_US, OWNER, a_book, a_ticket, an_agent, buy, held_purchase, placed

AGENT: Final = an_agent()
OTHER: Final = an_agent(agent_id="agt_2", user_id="usr_other")
CLAIM: Final = IdempotencyClaim("usr_owner", "key-1", "fingerprint-1")


def creation(agent: Agent, **changes: Any) -> Commit:
    """Return the commit that makes an agent."""
    commit = Commit(
        stream=agent.agent_id,
        at_us=agent.created_at_us,
        principal=OWNER,
        correlation_id="cor_create",
        events=(AgentCreated(agent),),
        agent=agent,
        book=open_book(agent),
        deliveries=(QuotaDelivery(agent.agent_id, QuotaLimits()),),
    )
    return evolve(commit, **changes)


def change(agent: Agent, outcome: Outcome, at_us: int = NOW_US, **changes: Any) -> Commit:
    """Return the commit of what the desk decided."""
    commit = Commit(
        stream=agent.agent_id,
        at_us=at_us,
        principal=OWNER,
        correlation_id="cor_change",
        events=outcome.events,
        book=outcome.book,
        deliveries=tuple(delivery for event in outcome.events for delivery in _deliveries(event)),
    )
    return evolve(commit, **changes)


def status_change(agent: Agent, status: AgentStatus, at_us: int = NOW_US) -> Commit:
    """Return the commit that changes an agent's status."""
    changed = evolve(agent, status=status, updated_at_us=at_us)
    return Commit(agent.agent_id, at_us, OWNER, None, (AgentStatusChanged(changed),), agent=changed)


def enrolment(user: User) -> Commit:
    """Return the commit that adds or changes a person."""
    event = UserChanged(user.user_id, user.email, user.role, user.disabled)
    return Commit(user.user_id, user.created_at_us, OWNER, None, (event,), users=(user,))


def a_user(**changes: Any) -> User:
    """Return a trader."""
    user = User("usr_1", "Olive@Example.com", Role.TRADER, "$argon2id$not-a-real-one", NOW_US)
    return evolve(user, **changes)


def _deliveries(event: BookEvent) -> tuple[Delivery, ...]:
    if isinstance(event, TradeCreated | TradeExecuted):
        trade = event.trade
        calls = isinstance(event, TradeCreated)
        usage = UsageEvent(f"{trade.trade_id}:{event.type}", trade.agent_id, event.type, calls, 0, NOW_US)
        return (UsageDelivery((usage,)),)
    if isinstance(event, ApprovalRequested):
        approval, trade = event.approval, event.trade
        record = OversightRequestRecord(
            approval.request_id,
            approval.agent_id,
            approval.trade_id,
            trade.symbol,
            trade.action.value,
            trade.quantity,
            trade.reference_price_micros,
            approval.estimated_value_micros,
            approval.reason,
            approval.risk.level.value,
            approval.created_at_us,
            approval.expires_at_us,
        )
        return (ApprovalDelivery(record),)
    return ()


def control(verb: str = "pause", target: str = "/agents", at_us: int = NOW_US) -> Commit:
    """Return the commit of what an operator did."""
    action = ControlAction(verb, target, "the market is closed", 3)
    return Commit(CONTROL_STREAM, at_us, OWNER, "cor_control", (action,))


def bought(number: int, **order: Any) -> Outcome:
    """Return what follows from buying 10 AAPL as the trade of this number, each from a new book."""
    return placed(a_book(), buy(**order), a_ticket(number))


async def filled(store: JournalStore, numbers: Sequence[int], **order: Any) -> None:
    """Commit purchases of these numbers, each as a transaction of its own."""
    for number in numbers:
        await store.commit([change(AGENT, bought(number, **order))])


async def held(store: JournalStore) -> Outcome:
    """Make the agent and an order of it that waits for approval."""
    outcome = held_purchase()
    await store.commit([creation(AGENT), change(AGENT, outcome)])
    return outcome
