"""One pending approval: it waits for a decision or for its time to be over, whichever is first, and then ends.

The time of expiry is stored with the approval. A start arms the timer with what is left of it, and every alarm looks at
the clock again, so that an approval never expires early and never stays.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from actors import paths
from actors.asking import ask
from actors.errors import ApprovalNotFound, ApprovalOverdue, FloorBusy, JournalUnavailable
from actors.messages import Decide, ExpireApproval, ResolveApproval, ReviewExpiry
from actors.model import Approval
from actors.services import Services
from supervisor import Actor, ChildSpec, Context, NoSuchActor, Restart, SupervisorSpec, handles

RETRY_S: Final = 1.0
"""How soon an expiry that could not be committed is tried again."""


class ApprovalActor(Actor):
    """Waits for one decision and has the portfolio carry it out."""

    def __init__(self, agent_id: str, request_id: str, services: Services) -> None:
        self._agent_id = agent_id
        self._request_id = request_id
        self._services = services

    def inspect(self) -> Mapping[str, object]:
        """Show what waits, and until when."""
        approval = self._approval
        if approval is None:
            return {"request_id": self._request_id, "status": "resolved"}
        return {
            "request_id": self._request_id,
            "trade_id": approval.trade_id,
            "estimated_value_micros": approval.estimated_value_micros,
            "expires_at_us": approval.expires_at_us,
        }

    async def started(self) -> None:
        """Arm the timer with what is left of the approval's time."""
        self._arm()

    @handles(Decide)
    async def decide(self, message: Decide) -> Approval:
        """Approve or reject, and end: what was decided is in the log from then on."""
        portfolio = self.ctx.ref(paths.portfolio(self._agent_id))
        try:
            resolved = await ask(portfolio, ResolveApproval(self._request_id, message.decision, message.principal))
        except ApprovalOverdue:
            await self._expire()
            raise
        except ApprovalNotFound:
            self.ctx.stop()
            raise
        self.ctx.stop()
        return resolved

    @handles(ReviewExpiry)
    async def review_expiry(self, _message: ReviewExpiry) -> None:
        """See whether the time is over, and wait on when it is not."""
        approval = self._approval
        if approval is not None and self._services.clock.now_us() < approval.expires_at_us:
            self._arm()
        else:
            await self._expire()

    async def _expire(self) -> None:
        try:
            expired = await ask(self.ctx.ref(paths.portfolio(self._agent_id)), ExpireApproval(self._request_id))
        except ApprovalNotFound:
            self.ctx.stop()
        except (JournalUnavailable, FloorBusy):
            self.ctx.tell_later(RETRY_S, ReviewExpiry())
        else:
            if expired:
                self.ctx.stop()
            else:
                self._arm()

    def _arm(self) -> None:
        approval = self._approval
        if approval is None:
            self.ctx.stop()
            return
        left_us = max(0, approval.expires_at_us - self._services.clock.now_us())
        self.ctx.tell_later(min(left_us / 1_000_000, self._services.pace.alarm_s_max), ReviewExpiry())

    @property
    def _approval(self) -> Approval | None:
        return self._services.views.book(self._agent_id).approvals.get(self._request_id)


def start_approval(ctx: Context, agent_id: str, request_id: str, services: Services) -> None:
    """Start the actor of a pending approval, unless it is there; the first of an agent brings their supervisor along.

    Where the agent's actors are being stopped nothing starts: the next start finds the approval in the book.
    """
    system, supervisor = ctx.system, paths.approvals(agent_id)
    if system.exists(paths.approval(agent_id, request_id)):
        return
    child = ChildSpec(
        request_id,
        lambda: ApprovalActor(agent_id, request_id, services),
        restart=Restart.TRANSIENT,
        passivate_after_s=0,
    )
    with suppress(NoSuchActor):
        if not system.exists(supervisor):
            system.start_child_nowait(paths.home_of(agent_id), SupervisorSpec(paths.APPROVALS))
        system.start_child_nowait(supervisor, child)
