"""The people of a simulation: they take the oldest request, think about it, and approve or reject.

They sit at the oversight service, as people do who use its own pages: the floor hears of their decisions by watching
the service. Each is one task with a stream of random numbers of its own.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from math import log
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import trio
from attrs import define

from actors.hours import TradingHours, next_open_us
from actors.ports.clock import Clock
from actors.ports.oversight import (
    AlreadyDecided,
    DecisionRecord,
    OversightRequestRecord,
    OversightUnavailable,
    RequestExpired,
    RequestStatus,
)
from simulations.division import ONLY, Floor
from simulations.ports.clock import SECOND_US
from simulations.ports.oversight import InLoopOversight
from simulations.scenario.model import WEEKDAYS, Oversight, Response, Shift
from simulations.streams import Purpose, stream

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class AttendedOversight(InLoopOversight):
    """The oversight service with people who wait for its requests."""

    def __init__(self, clock: Clock, auto_approve_below_micros: int) -> None:
        super().__init__(clock.now_us, auto_approve_below_micros)
        self._queue: deque[OversightRequestRecord] = deque()
        self._came = trio.Event()

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """File a request, once per id; what the service does not approve by itself waits for people."""
        is_new = request.request_id not in self.requests
        status = await super().create(request)
        if is_new and status.decision is None:
            self._queue.append(request)
            self._came.set()
        return status

    async def next_request(self) -> OversightRequestRecord:
        """Return the request that waits longest, once there is one."""
        while not self._queue:
            # All who wait share one event, lest the first of them be forgotten.
            if self._came.is_set():
                self._came = trio.Event()
            await self._came.wait()
        return self._queue.popleft()


@define
class Approver:
    """One person: when on shift, how fast, and how likely to approve. `taken` tells when each request was taken up."""

    name: str
    rules: Oversight
    service: AttendedOversight
    clock: Clock
    rng: np.random.Generator
    taken: dict[str, int]

    async def work(self) -> None:
        """Decide requests for ever, one after the other."""
        while True:
            await self._until_on_shift()
            request = await self.service.next_request()
            await self._until_on_shift()
            if self.clock.now_us() < request.expires_at_us:
                self.taken[request.request_id] = self.clock.now_us()
                await trio.sleep(response_s(self.rules.response, self.rng))
                await self._decide(request)

    async def _decide(self, request: OversightRequestRecord) -> None:
        approves = self.rng.random() < getattr(self.rules.approval, request.risk_level)
        while True:
            now_us = self.clock.now_us()
            reason = f"decided after {(now_us - request.created_at_us) // SECOND_US} s"
            result = DecisionRecord("approved" if approves else "rejected", self.name, self.name, "api", reason, now_us)
            try:
                await self.service.decide(request.request_id, result)
            except OversightUnavailable as error:
                await trio.sleep(error.retry_after_s)
            except (RequestExpired, AlreadyDecided):
                return
            else:
                return

    async def _until_on_shift(self) -> None:
        wait_us = on_shift_us(self.rules.shift, self.clock.now_us()) - self.clock.now_us()
        if wait_us > 0:
            await trio.sleep(wait_us / SECOND_US)


def approvers(
    rules: Oversight, service: AttendedOversight, clock: Clock, seed: int, floor: Floor = ONLY
) -> list[Approver]:
    """Return the people of a floor; the numbers of those on another one go on from theirs."""
    before = floor.number * rules.approvers
    return [
        Approver(f"Approver {number}", rules, service, clock, stream(seed, Purpose.APPROVERS, number), {})
        for number in range(before + 1, before + rules.approvers + 1)
    ]


def response_s(response: Response, rng: np.random.Generator) -> float:
    """Draw how long one decision takes, in seconds."""
    match response.distribution:
        case "fixed":
            return float(response.median)
        case "exponential":
            return float(rng.exponential(response.median / log(2)))
        case _:
            return float(response.median * np.exp(response.spread * rng.standard_normal()))


def on_shift_us(shift: Shift, now_us: int) -> int:
    """Return the first time from now on at which the shift is on: now itself if it is."""
    hours, zone = TradingHours(shift.start, shift.end, shift.timezone), ZoneInfo(shift.timezone)
    at_us = next_open_us(hours, now_us)
    while WEEKDAYS[_local(at_us, zone).weekday()] not in shift.days:
        tomorrow = (_local(at_us, zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        at_us = next_open_us(hours, (tomorrow - _EPOCH) // timedelta(microseconds=1))
    return at_us


def _local(at_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
