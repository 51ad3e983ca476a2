"""The facade of the oversight service: requests and decisions going out, decisions taken elsewhere coming in.

Requests leave through the outbox, so an approval waits locally while the service is away and reaches it later. A
decision that the service took, by itself or by somebody who spoke to it directly, is told to the approval's actor like
any other. What waits here is asked for there from time to time, and filed again by a service that lost its database.
"""

import logging
import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

import trio

from actors import paths
from actors.draining import Drain
from actors.errors import FloorBusy, JournalUnavailable
from actors.messages import Decide, DrainOutbox, RelayDecision
from actors.model import Decision, Principal, Role
from actors.outbound import request_record
from actors.ports.journal import ApprovalDelivery, Channel, DecisionDelivery, OutboxEntry
from actors.ports.oversight import (
    AlreadyDecided,
    DecisionRecord,
    OversightRefused,
    OversightRequestRecord,
    RequestExpired,
    RequestMismatch,
    RequestUnknown,
)
from actors.services import Services
from supervisor import Actor, Refusal, correlated, handles
from supervisor.errors import SupervisorError

BATCH_ENTRIES_MAX: Final = 100
RELAY_AGAIN_S: Final = 0.05
"""How soon a decision is told again when the approval's actor is not up yet."""

DECIDE_AGAIN_S: Final = 1.0
"""How soon a decision is told again when it could not be carried out."""

WATCH_AGAIN_S: Final = 30.0
"""How soon a service that streams no decisions is asked for them again."""

FILED_LOOK_REQUESTS: Final = 100
"""For how many pending requests the service is asked at each look whether it knows them; more take turns."""

_log = logging.getLogger(__name__)


class OversightActor(Actor):
    """Delivers what the floor decided and asked, and relays what was decided elsewhere."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._drain = Drain(
            self._deliver_batch,
            "approvals wait locally, oversight hears of them later",
            look_every_s=services.pace.outbox_look_s,
        )
        self._seen_sequence = 0
        self._delivered = 0
        self._relayed = 0
        self._filed_again = 0
        self._look_at_s = -math.inf
        self._looked_to = ""
        self._relaying: set[str] = set()

    async def started(self) -> None:
        """Start draining the outbox and watching for decisions."""
        self.ctx.start_task(self._drain.run)
        self.ctx.start_task(self._watch)

    def inspect(self) -> Mapping[str, object]:
        """Show what went out and what came in."""
        return {
            "delivered": self._delivered,
            "relayed": self._relayed,
            "filed_again": self._filed_again,
            "seen_sequence": self._seen_sequence,
        }

    @handles(DrainOutbox)
    def drain(self, _message: DrainOutbox) -> None:
        """Look at the outbox soon."""
        self._drain.look()

    @handles(RelayDecision)
    def relay_again(self, message: RelayDecision) -> None:
        """Tell a decision whose approval had no actor yet."""
        self._relay(message.request_id, message.decision)

    async def _watch(self) -> None:
        while True:
            try:
                async with self._services.oversight.watch(self._seen_sequence) as decisions:
                    async for decision in decisions:
                        self._seen_sequence = decision.sequence
                        self._relay(decision.request_id, decision.record)
            except OversightRefused as error:
                _log.warning("decisions taken at the oversight service are not heard of for now: %s", error)
            await trio.sleep(WATCH_AGAIN_S)

    def _relay(self, request_id: str, record: DecisionRecord) -> None:
        """Tell the approval's actor, if the approval is still pending here.

        The service says a decision of its own twice, in its answer to the request and among the decisions; the first
        one counts.
        """
        agent_id = self._services.views.agent_of_request(request_id)
        if agent_id is None or request_id in self._relaying:
            return
        path = paths.approval(agent_id, request_id)
        if not self.ctx.system.exists(path):
            self.ctx.tell_later(RELAY_AGAIN_S, RelayDecision(request_id, record))
            return
        decision = Decision(
            approved=record.result == "approved",
            approver_id=record.approver_id,
            approver_name=record.approver_name,
            channel="auto" if record.channel == "auto" else "oversight",
            reason=record.reason or None,
            at_us=self._services.clock.now_us(),
        )
        principal = Principal(record.approver_id, record.approver_name, Role.APPROVER)
        self._relaying.add(request_id)
        self.ctx.start_task(self._have_decided, path, Decide(decision, principal), RelayDecision(request_id, record))

    async def _have_decided(self, path: str, decide: Decide, relay: RelayDecision) -> None:
        try:
            await self.ctx.ref(path).ask(decide)
        except (JournalUnavailable, FloorBusy, SupervisorError) as error:
            _log.warning("the decision on %s is told again: %s", relay.request_id, error)
            self.ctx.tell_later(DECIDE_AGAIN_S, relay)
        except Refusal as refusal:
            _log.warning("the decision on %s came too late: %s", relay.request_id, refusal)
        else:
            self._relayed += 1
        finally:
            self._relaying.discard(relay.request_id)

    async def _deliver_batch(self) -> bool:
        """Deliver the oldest entries one by one; say whether there were any."""
        entries = await self._services.store.outbox(Channel.OVERSIGHT, 0, BATCH_ENTRIES_MAX)
        for entry in entries:
            with correlated(entry.correlation_id):
                await self._deliver(entry)
                _log.debug("oversight was told of entry %d of %s", entry.entry_id, entry.stream)
            await self._services.store.delivered([entry.entry_id])
            self._delivered += 1
        if not entries and trio.current_time() >= self._look_at_s:
            await self._file_lost()
            self._look_at_s = trio.current_time() + self._services.pace.outbox_look_s
        return bool(entries)

    async def _file_lost(self) -> None:
        """File again what waits here and is not known there any more.

        Where one request is unknown, all are asked for at once: it was not the only one.
        """
        pending = self._services.views.pending_requests()
        later = bisect_right(pending, self._looked_to)
        are_lost = False
        for looked, request_id in enumerate((*pending[later:], *pending[:later])):
            if looked >= FILED_LOOK_REQUESTS and not are_lost:
                return
            try:
                await self._services.oversight.status(request_id)
            except RequestUnknown:
                are_lost = True
                try:
                    await self._file(request_id)
                except (RequestMismatch, OversightRefused) as error:
                    _log.warning("the oversight service did not take %s again: %s", request_id, error)
            self._looked_to = request_id

    async def _file(self, request_id: str) -> None:
        """File a request that the service does not know; it takes each id once."""
        found = await self._services.history.approval(request_id)
        if found is None:
            return
        await self._create(request_record(*found))
        self._filed_again += 1
        _log.warning("the oversight service did not know %s any more, so it was filed again", request_id)

    async def _create(self, request: OversightRequestRecord) -> None:
        status = await self._services.oversight.create(request)
        if status.decision is not None:
            self._relay(status.request_id, status.decision)

    async def _deliver(self, entry: OutboxEntry) -> None:
        """Deliver one entry. What the service refuses for good is said in the log and not sent again."""
        oversight = self._services.oversight
        try:
            match entry.delivery:
                case ApprovalDelivery(request):
                    await self._create(request)
                case DecisionDelivery(request_id, decision):
                    try:
                        await oversight.decide(request_id, decision)
                    except RequestUnknown:
                        await self._file(request_id)
                        await oversight.decide(request_id, decision)
        except (AlreadyDecided, RequestExpired, RequestMismatch, RequestUnknown, OversightRefused) as error:
            _log.warning("the oversight service did not take entry %d: %s", entry.entry_id, error)
