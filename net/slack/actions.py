"""What a press of a button in Slack asks for, and the actor that carries it out.

The HTTP handler hands the action over and answers within Slack's three seconds, finished or not; the actor goes on and
shows the outcome through the action's response URL: in the place of the original message, or, where nothing was done,
to the person who pressed alone.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.errors import AlreadyDecided, ApprovalNotFound, ApprovalOverdue
from actors.model import Approval, Decision, Principal, Role, Trade, User
from actors.ports.notifications import NotificationError
from net.auth.identity import RANK
from net.deciding import decide
from net.edge import Edge
from net.slack.link import Slack, SlackUnavailable
from net.slack.messages import APPROVE, REJECT, Message, decided_message, refusal_message
from supervisor import Actor, Refusal, Reply, SupervisorError, handles
from supervisor import Message as ActorMessage

PATH: Final = "/edge/slack"
CHANNEL: Final = "slack"

_log = logging.getLogger(__name__)


class NoAction(ValueError):
    """A payload is none of our buttons' being pressed."""


@frozen
class SlackAction:
    """A press of a button: by whom, on which request, and where to answer."""

    slack_user_id: str
    request_id: str
    approved: bool
    response_url: str


@frozen
class TakeAction(ActorMessage[None]):
    """Asked of `/edge/slack`: carry out what somebody pressed; the reply comes when that is done and shown."""

    action: SlackAction


class _Refused(Exception):
    """Nothing was done; the message says why and what to do."""


def read_action(payload: Any) -> SlackAction:
    """Return the action of an interaction payload. Raises NoAction."""
    if not isinstance(payload, Mapping) or payload.get("type") != "block_actions":
        raise NoAction("the payload is no block action")
    actions, user = payload.get("actions"), payload.get("user")
    response_url = payload.get("response_url")
    if not (isinstance(actions, list) and actions and isinstance(actions[0], Mapping) and isinstance(user, Mapping)):
        raise NoAction("the payload has no action, or no user")
    action, user_id = actions[0], user.get("id")
    kind, request_id = action.get("action_id"), action.get("value")
    if kind not in {APPROVE, REJECT}:
        raise NoAction("the action is not one of ours")
    if not (isinstance(user_id, str) and isinstance(request_id, str) and isinstance(response_url, str)):
        raise NoAction("the action lacks its user, its value or its response URL")
    return SlackAction(user_id, request_id, kind == APPROVE, response_url)


class SlackActionsActor(Actor):
    """Carries out what approvers press, each in a task of its own."""

    def __init__(self, edge: Edge, slack: Slack) -> None:
        self._edge = edge
        self._slack = slack
        self._taken = 0
        self._refused = 0

    def inspect(self) -> Mapping[str, object]:
        """Show what was pressed so far."""
        return {"taken": self._taken, "refused": self._refused}

    @handles(TakeAction)
    def take(self, message: TakeAction) -> Reply[None]:
        """Carry out an action."""
        reply: Reply[None] = self.ctx.defer()
        self.ctx.start_task(self._take, message.action, reply)
        return reply

    async def _take(self, action: SlackAction, reply: Reply[None]) -> None:
        try:
            shown = await self._carry_out(action)
            self._taken += 1
        except _Refused as refused:
            shown = refusal_message(str(refused))
            self._refused += 1
        except (Refusal, SupervisorError) as error:
            shown = refusal_message(f"Nothing is known to have been decided: {error}. Press the button again.")
            self._refused += 1
        try:
            await self._slack.respond(action.response_url, shown)
        except NotificationError as error:
            _log.warning("what became of %s could not be shown in Slack: %s", action.request_id, error)
        reply.reply(None)

    async def _carry_out(self, action: SlackAction) -> Message:
        """Decide as the person who pressed, and return what takes the place of the original message."""
        user = await self._approver(action.slack_user_id)
        decision = Decision(
            approved=action.approved,
            approver_id=user.user_id,
            approver_name=user.email,
            channel=CHANNEL,
            reason=None,
            at_us=self._edge.clock.now_us(),
        )
        try:
            found = await decide(
                self._edge, action.request_id, decision, Principal(user.user_id, user.email, user.role)
            )
        except ApprovalNotFound:
            raise _Refused(f"There is no request {action.request_id} on this floor any more.") from None
        except (AlreadyDecided, ApprovalOverdue) as refusal:
            _log.info("%s came too late in Slack: %s", action.request_id, refusal)
            outcome = await self._edge.history.approval(action.request_id)
            if outcome is None:
                raise
            found = outcome
        return self._shown(*found)

    async def _approver(self, slack_user_id: str) -> User:
        """Return the person behind a member of the workspace. Raises _Refused."""
        try:
            email = await self._slack.email_of(slack_user_id)
        except SlackUnavailable as error:
            raise _Refused(f"Nothing was decided: {error}. You can decide over the API meanwhile.") from error
        if email is None:
            raise _Refused("Nothing was decided: your Slack profile has no email address to know you by.")
        user = await self._edge.people.user_by_email(email)
        if user is None or user.disabled:
            raise _Refused(
                f"Nothing was decided: nobody at this floor has your address {email}. "
                "An admin adds you with: tradefloor user add"
            )
        if RANK[user.role] < RANK[Role.APPROVER]:
            raise _Refused(
                f"Nothing was decided: this needs the role approver, and yours is {user.role}. "
                "An admin changes it with PATCH /api/v1/users/{id}."
            )
        return user

    def _shown(self, approval: Approval, trade: Trade) -> Message:
        agent = self._edge.views.agents.get(approval.agent_id)
        return decided_message(approval, trade, approval.agent_id if agent is None else agent.name)
