"""Oversight's contract: the fake, and the real client and server over a store, go through the same cases."""

from collections.abc import AsyncIterator

import pytest
import trio
from attrs import evolve

from actors.ports.oversight import (
    AlreadyDecided,
    Decision,
    DecisionRecord,
    OversightService,
    RequestExpired,
    RequestMismatch,
    RequestState,
    RequestStatus,
    RequestUnknown,
)
from net.grpc.embedded import serve_oversight
from net.grpc.oversight_client import open_oversight_client
from persistence.services.oversight_store import SqliteOversightStore
from simulations.ports.oversight import InLoopOversight
from tests.net.grpc.samples import APPROVED, EXPIRY_US, PENDING, REJECTED, REQUEST
from tests.net.grpc.scripted import HandClock


@pytest.fixture(params=["fake", "grpc"])
async def oversight(
    request: pytest.FixtureRequest, clock: HandClock, oversight_store: SqliteOversightStore
) -> AsyncIterator[OversightService]:
    """Yield each implementation of the port; both approve by themselves below $10,000."""
    if request.param == "fake":
        yield InLoopOversight(clock, 10_000_000_000)
        return
    with serve_oversight(oversight_store, clock, auto_approve_below_micros=10_000_000_000) as address:
        async with open_oversight_client(address) as client:
            yield client


async def test_a_request_waits_for_its_decision(oversight: OversightService) -> None:
    """Filing it again changes nothing."""
    assert await oversight.create(REQUEST) == PENDING
    assert await oversight.create(REQUEST) == PENDING
    assert await oversight.status("ovr_1") == PENDING


async def test_an_id_stands_for_one_request(oversight: OversightService) -> None:
    """Other contents under the same id are refused."""
    await oversight.create(REQUEST)
    with pytest.raises(RequestMismatch, match="ovr_1"):
        await oversight.create(evolve(REQUEST, quantity=501))


async def test_little_at_stake_is_approved_at_once(oversight: OversightService, clock: HandClock) -> None:
    """By the service itself, strictly below its limit, and once."""
    small = evolve(REQUEST, estimated_value_micros=9_999_999_999)
    status = await oversight.create(small)
    assert (status.state, status.decision and status.decision.channel) == (RequestState.APPROVED, "auto")
    clock.at_us += 1
    assert await oversight.create(small) == status
    limit = evolve(REQUEST, request_id="ovr_2", estimated_value_micros=10_000_000_000)
    assert (await oversight.create(limit)).state == RequestState.PENDING


@pytest.mark.parametrize("decision", [APPROVED, REJECTED])
async def test_a_decision_is_recorded(oversight: OversightService, decision: DecisionRecord) -> None:
    """With who, where, when and why; the same again returns what is recorded."""
    await oversight.create(REQUEST)
    decided = RequestStatus("ovr_1", RequestState(decision.result), decision)
    assert await oversight.decide("ovr_1", decision) == decided
    assert await oversight.decide("ovr_1", evolve(decision, approver_id="usr_3")) == decided
    assert await oversight.status("ovr_1") == decided


async def test_another_decision_is_refused_with_the_recorded_one(oversight: OversightService) -> None:
    """A request is decided once."""
    await oversight.create(REQUEST)
    decided = await oversight.decide("ovr_1", APPROVED)
    with pytest.raises(AlreadyDecided) as caught:
        await oversight.decide("ovr_1", REJECTED)
    assert caught.value.recorded == decided


async def test_a_request_expires_at_its_time(oversight: OversightService, clock: HandClock) -> None:
    """Not a microsecond early; from then on no decision is taken."""
    await oversight.create(REQUEST)
    clock.at_us = EXPIRY_US - 1
    assert await oversight.status("ovr_1") == PENDING
    clock.at_us = EXPIRY_US
    assert await oversight.status("ovr_1") == RequestStatus("ovr_1", RequestState.EXPIRED)
    with pytest.raises(RequestExpired, match="ovr_1"):
        await oversight.decide("ovr_1", APPROVED)


async def test_unknown_requests_are_errors(oversight: OversightService) -> None:
    """For a status and for a decision."""
    with pytest.raises(RequestUnknown, match="ovr_9"):
        await oversight.status("ovr_9")
    with pytest.raises(RequestUnknown, match="ovr_9"):
        await oversight.decide("ovr_9", APPROVED)


async def test_decisions_are_watched_old_and_new(oversight: OversightService) -> None:
    """Each once, in order, whoever took it; from a sequence on, those after it."""
    await oversight.create(REQUEST)
    await oversight.decide("ovr_1", APPROVED)
    await oversight.create(evolve(REQUEST, request_id="ovr_2"))
    with trio.fail_after(10):
        async with oversight.watch() as decisions:
            first = await anext(decisions)
            assert first == Decision(1, "ovr_1", APPROVED)
            await oversight.decide("ovr_2", REJECTED)
            second = await anext(decisions)
            assert (second.request_id, second.record) == ("ovr_2", REJECTED)
            assert second.sequence > first.sequence
        async with oversight.watch(first.sequence) as decisions:
            assert await anext(decisions) == second


async def test_a_watch_waits_and_ends_when_cancelled(oversight: OversightService) -> None:
    """With nothing to see it blocks; leaving it takes no time."""

    async def watch(task_status: trio.TaskStatus[None]) -> None:
        async with oversight.watch() as decisions:
            task_status.started()
            raise AssertionError(await anext(decisions))

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            await nursery.start(watch)
            await oversight.create(REQUEST)
            nursery.cancel_scope.cancel()
