"""Oversight inside the loop: passes the contract tests of the real service, and fails on request."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import trio

from actors.ports.oversight import (
    AUTO_APPROVE_BELOW_MICROS_DEFAULT,
    Decision,
    DecisionRecord,
    OversightRequestRecord,
    OversightUnavailable,
    RequestMismatch,
    RequestStatus,
    RequestUnknown,
    auto_decision,
    check_decidable,
    status_at,
)


class InLoopOversight:
    """Satisfies `actors.ports.oversight.OversightService` inside the loop, without threads."""

    def __init__(
        self, clock: Callable[[], int], auto_approve_below_micros: int = AUTO_APPROVE_BELOW_MICROS_DEFAULT
    ) -> None:
        """Take the clock, in microseconds since the epoch, that says when a request expires."""
        self._clock = clock
        self._auto_approve_below_micros = auto_approve_below_micros
        self._decided = trio.Condition()
        self.requests: dict[str, OversightRequestRecord] = {}
        self.decisions: dict[str, DecisionRecord] = {}
        """What was decided, by request."""
        self._in_order: list[Decision] = []
        self.calls: list[str] = []
        """The names of the calls made, also of those that failed."""
        self.unavailable = False
        """While true, every call fails as in an outage; watches stay open."""

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """File a request, once per id."""
        await self._arrive("create")
        if request.request_id not in self.requests:
            self.requests[request.request_id] = request
            decision = auto_decision(request, self._auto_approve_below_micros, self._clock())
            if decision is not None:
                await self._record(request.request_id, decision)
        elif self.requests[request.request_id] != request:
            raise RequestMismatch(request.request_id)
        return self._status(request.request_id)

    async def decide(self, request_id: str, decision: DecisionRecord) -> RequestStatus:
        """Decide a request, once."""
        await self._arrive("decide")
        if check_decidable(self._status(request_id), decision.result):
            await self._record(request_id, decision)
        return self._status(request_id)

    async def status(self, request_id: str) -> RequestStatus:
        """Say how a request stands."""
        await self._arrive("status")
        return self._status(request_id)

    def watch(self, after_sequence: int = 0) -> AbstractAsyncContextManager[AsyncIterator[Decision]]:
        """Iterate over every decision after a sequence number."""
        return self._watch(after_sequence)

    @trio.as_safe_channel
    async def _watch(self, after_sequence: int) -> AsyncGenerator[Decision, None]:
        while True:
            async with self._decided:
                while len(self._in_order) == after_sequence or not self._in_order:
                    await self._decided.wait()
            # As the service does: a sequence beyond the last one was given by another.
            decision = self._in_order[after_sequence if after_sequence < len(self._in_order) else 0]
            after_sequence = decision.sequence
            yield decision

    async def _arrive(self, call: str) -> None:
        await trio.lowlevel.checkpoint()
        self.calls.append(call)
        if self.unavailable:
            raise OversightUnavailable("the fake is switched off", retry_after_s=0.5)

    async def _record(self, request_id: str, decision: DecisionRecord) -> None:
        self.decisions[request_id] = decision
        self._in_order.append(Decision(len(self._in_order) + 1, request_id, decision))
        async with self._decided:
            self._decided.notify_all()

    def _status(self, request_id: str) -> RequestStatus:
        if request_id not in self.requests:
            raise RequestUnknown(request_id)
        return status_at(self.requests[request_id], self.decisions.get(request_id), self._clock())
