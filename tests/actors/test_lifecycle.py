"""Every step of a trade, an agent and an approval is in its table, or is refused."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from actors.errors import IllegalTransition
from actors.lifecycle import (
    AGENT_TRANSITIONS,
    APPROVAL_TRANSITIONS,
    OPEN_TRADES,
    TRADABLE_BY_HAND,
    TRADE_TRANSITIONS,
    AgentEvent,
    ApprovalEvent,
    Effect,
    TradeEvent,
    next_agent_status,
    next_approval_status,
    next_trade_state,
)
from actors.model import AgentStatus, ApprovalStatus, TradeStatus

Step = Callable[[Any, Any], object]
TABLES: tuple[tuple[Step, Mapping[Any, object], type[StrEnum], type[StrEnum]], ...] = (
    (next_trade_state, TRADE_TRANSITIONS, TradeStatus, TradeEvent),
    (next_agent_status, AGENT_TRANSITIONS, AgentStatus, AgentEvent),
    (next_approval_status, APPROVAL_TRANSITIONS, ApprovalStatus, ApprovalEvent),
)


PAIRS = [
    (step, table, state, event) for step, table, states, events in TABLES for state, event in product(states, events)
]


@pytest.mark.parametrize(("step", "table", "state", "event"), PAIRS)
def test_a_step_is_in_the_table_or_is_refused(
    step: Step, table: Mapping[Any, object], state: StrEnum, event: StrEnum
) -> None:
    """A pair in the table goes where the table says; any other raises, names both, and leaves the table alone."""
    before = dict(table)

    if (state, event) in table:
        assert step(state, event) == table[state, event]
    else:
        with pytest.raises(IllegalTransition, match=f"{state}.* (cannot|nothing to) {event}"):
            step(state, event)
    assert table == before


@pytest.mark.parametrize(
    ("edges", "start", "final"),
    [
        (
            {(state, after) for (state, _), (after, _) in TRADE_TRANSITIONS.items()},
            TradeStatus.PENDING,
            set(TradeStatus) - OPEN_TRADES,
        ),
        (
            {(state, after) for (state, _), after in AGENT_TRANSITIONS.items()},
            AgentStatus.PAUSED,
            {AgentStatus.DELETED},
        ),
        (
            {(state, after) for (state, _), after in APPROVAL_TRANSITIONS.items()},
            ApprovalStatus.PENDING,
            set(ApprovalStatus) - {ApprovalStatus.PENDING},
        ),
    ],
    ids=["trade", "agent", "approval"],
)
def test_every_state_is_reached_and_only_final_ones_have_no_way_out(
    edges: set[tuple[StrEnum, StrEnum]], start: StrEnum, final: set[StrEnum]
) -> None:
    """From the first state every other is reached, and from every state a final one."""
    assert _reached(edges, {start}) == set(type(start))
    assert set(type(start)) - {before for before, _ in edges} == final
    assert _reached({(after, before) for before, after in edges}, set(final)) == set(type(start))


def test_what_a_trade_reserved_is_released_once_it_is_closed() -> None:
    """Each way to a final state posts the fill or releases the reservation; waiting for approval reserves."""
    expected = dict.fromkeys(set(TradeStatus) - OPEN_TRADES, Effect.RELEASE) | {
        TradeStatus.PENDING: Effect.KEEP,
        TradeStatus.PENDING_APPROVAL: Effect.RESERVE,
        TradeStatus.COMPLETED: Effect.POST,
    }

    assert set(_trade_results()) == set(expected.items())


def test_a_stopped_agent_never_trades_again() -> None:
    """No step leads from `stopped` to a status in which an agent trades."""
    edges = {(state, after) for (state, _), after in AGENT_TRANSITIONS.items()}

    assert not _reached(edges, {AgentStatus.STOPPED}) & TRADABLE_BY_HAND


def _trade_results() -> list[tuple[TradeStatus, Effect]]:
    return list(TRADE_TRANSITIONS.values())


def _reached(edges: Iterable[tuple[StrEnum, StrEnum]], found: set[Any]) -> set[Any]:
    """Return what can be reached from `found` along `edges`."""
    while more := {after for before, after in edges if before in found} - found:
        found |= more
    return found
