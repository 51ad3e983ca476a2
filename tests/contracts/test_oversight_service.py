"""Oversight's contract: the fake, and the real client and server over a store, go through the same cases."""

import pytest
import trio
from attrs import evolve

from actors.ports.oversight import (
    AlreadyDecided,
    Decision,
    DecisionRecord,
    OversightService,
    OversightUnavailable,
    RequestExpired,
    RequestMismatch,
    RequestState,
    RequestStatus,
    RequestUnknown,
)
from tests.net.grpc.samples import APPROVED, EXPIRY_US, PENDING, REJECTED, REQUEST
from tests.net.grpc.scripted import HandClock


async def test_a_request_waits_for_its_decision(oversight_service: OversightService) -> None:
    """Filing it again changes nothing."""
    assert await oversight_service.create(REQUEST) == PENDING
    assert await oversight_service.create(REQUEST) == PENDING
    assert await oversight_service.status("ovr_1") == PENDING


async def test_an_id_stands_for_one_request(oversight_service: OversightService) -> None:
    """Other contents under the same id are refused."""
    await oversight_service.create(REQUEST)
    with pytest.raises(RequestMismatch, match="ovr_1"):
        await oversight_service.create(evolve(REQUEST, quantity=501))


async def test_little_at_stake_is_approved_at_once(oversight_service: OversightService, hand_clock: HandClock) -> None:
    """By the service itself, strictly below its limit, and once."""
    small = evolve(REQUEST, estimated_value_micros=9_999_999_999)
    status = await oversight_service.create(small)
    assert (status.state, status.decision and status.decision.channel) == (RequestState.APPROVED, "auto")
    hand_clock.at_us += 1
    assert await oversight_service.create(small) == status
    limit = evolve(REQUEST, request_id="ovr_2", estimated_value_micros=10_000_000_000)
    assert (await oversight_service.create(limit)).state == RequestState.PENDING


@pytest.mark.parametrize("decision", [APPROVED, REJECTED])
async def test_a_decision_is_recorded(oversight_service: OversightService, decision: DecisionRecord) -> None:
    """With who, where, when and why; the same again returns what is recorded."""
    await oversight_service.create(REQUEST)
    decided = RequestStatus("ovr_1", RequestState(decision.result), decision)
    assert await oversight_service.decide("ovr_1", decision) == decided
    assert await oversight_service.decide("ovr_1", evolve(decision, approver_id="usr_3")) == decided
    assert await oversight_service.status("ovr_1") == decided


async def test_another_decision_is_refused_with_the_recorded_one(oversight_service: OversightService) -> None:
    """A request is decided once."""
    await oversight_service.create(REQUEST)
    decided = await oversight_service.decide("ovr_1", APPROVED)
    with pytest.raises(AlreadyDecided) as caught:
        await oversight_service.decide("ovr_1", REJECTED)
    assert caught.value.recorded == decided


async def test_a_request_expires_at_its_time(oversight_service: OversightService, hand_clock: HandClock) -> None:
    """Not a microsecond early; from then on no decision is taken."""
    await oversight_service.create(REQUEST)
    hand_clock.at_us = EXPIRY_US - 1
    assert await oversight_service.status("ovr_1") == PENDING
    hand_clock.at_us = EXPIRY_US
    assert await oversight_service.status("ovr_1") == RequestStatus("ovr_1", RequestState.EXPIRED)
    with pytest.raises(RequestExpired, match="ovr_1"):
        await oversight_service.decide("ovr_1", APPROVED)


async def test_unknown_requests_are_errors(oversight_service: OversightService) -> None:
    """For a status and for a decision."""
    with pytest.raises(RequestUnknown, match="ovr_9"):
        await oversight_service.status("ovr_9")
    with pytest.raises(RequestUnknown, match="ovr_9"):
        await oversight_service.decide("ovr_9", APPROVED)


async def test_decisions_are_watched_old_and_new(oversight_service: OversightService) -> None:
    """Each once, in order, whoever took it; from a sequence on, those after it."""
    await oversight_service.create(REQUEST)
    await oversight_service.decide("ovr_1", APPROVED)
    await oversight_service.create(evolve(REQUEST, request_id="ovr_2"))
    with trio.fail_after(10):
        async with oversight_service.watch() as decisions:
            first = await anext(decisions)
            assert first == Decision(1, "ovr_1", APPROVED)
            await oversight_service.decide("ovr_2", REJECTED)
            second = await anext(decisions)
            assert (second.request_id, second.record) == ("ovr_2", REJECTED)
            assert second.sequence > first.sequence
        async with oversight_service.watch(first.sequence) as decisions:
            assert await anext(decisions) == second


async def test_a_service_that_lost_its_decisions_is_watched_from_the_first_one(
    oversight_service: OversightService,
) -> None:
    """The sequence that was seen last is beyond its own: it has another database than then."""
    with trio.fail_after(10):
        async with oversight_service.watch(99) as decisions:
            for request_id in ("ovr_1", "ovr_2"):
                await oversight_service.create(evolve(REQUEST, request_id=request_id))
                await oversight_service.decide(request_id, APPROVED)
                assert (await anext(decisions)).request_id == request_id


async def test_a_watch_waits_and_ends_when_cancelled(oversight_service: OversightService) -> None:
    """With nothing to see it blocks; leaving it takes no time."""

    async def watch(task_status: trio.TaskStatus[None]) -> None:
        async with oversight_service.watch() as decisions:
            task_status.started()
            raise AssertionError(await anext(decisions))

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            await nursery.start(watch)
            await oversight_service.create(REQUEST)
            nursery.cancel_scope.cancel()


async def test_an_outage_says_when_to_come_back(oversight_service_away: OversightService) -> None:
    """Whatever was asked; a watch waits it out."""
    for call in (
        oversight_service_away.create(REQUEST),
        oversight_service_away.decide("ovr_1", APPROVED),
        oversight_service_away.status("ovr_1"),
    ):
        with pytest.raises(OversightUnavailable) as caught:
            await call
        assert caught.value.retry_after_s > 0
