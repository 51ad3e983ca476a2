"""Buttons in Slack, from the signed request to the decision and what Slack shows then."""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from actors.errors import JournalUnavailable
from actors.model import Role
from actors.ports.notifications import NotificationUnavailable
from net.slack.actions import NoAction, SlackActionsActor, read_action
from net.slack.link import SlackUnavailable
from net.slack.messages import APPROVE, REJECT, Message, message_of
from net.slack.signatures import SlackSignatures, sign
from supervisor import ChildSpec, SupervisorSpec
from tests.net.http.harness import Answer, Served, served

SECRET = b"slack signing secret"
AT = "/api/v1/integrations/slack/actions"
RESPONSE_URL = "https://hooks.slack.com/actions/T0/1/x"


class FakeSlack:
    """A workspace in memory."""

    has_channel = True

    def __init__(self) -> None:
        self.emails: dict[str, str | None] = {}
        self.shown: list[Message] = []
        self.troubles: deque[Exception] = deque()
        self.gate: trio.Event | None = None
        """While there is one, looking somebody up takes until it is set."""

    async def post(self, message: Message) -> None:
        """Take a message for the channel."""
        await trio.lowlevel.checkpoint()
        self.shown.append(message)

    async def respond(self, response_url: str, message: Message) -> None:
        """Take an answer to a button."""
        await trio.lowlevel.checkpoint()
        assert response_url == RESPONSE_URL
        if self.troubles:
            raise self.troubles.popleft()
        self.shown.append(message)

    async def email_of(self, slack_user_id: str) -> str | None:
        """Return a member's address."""
        await trio.lowlevel.checkpoint()
        if self.gate is not None:
            await self.gate.wait()
        if slack_user_id not in self.emails:
            raise SlackUnavailable("Slack does not say who you are: user_not_found")
        return self.emails[slack_user_id]


@asynccontextmanager
async def with_slack() -> AsyncIterator[tuple[Served, FakeSlack, str]]:
    """Run a floor with Slack, on which a request waits; yield its id too."""
    slack = FakeSlack()
    async with served(slack=SlackSignatures(SECRET)) as edge:
        child = ChildSpec("slack", lambda: SlackActionsActor(edge.edge, slack))
        await edge.floor.system.start_child("/", SupervisorSpec("edge", children=(child,)))
        owner = await edge.user("olive", Role.TRADER)
        await edge.user("ada", Role.APPROVER)
        slack.emails |= {"U_ADA": "Ada@example.com", "U_OLIVE": "olive@example.com", "U_NONE": None, "U_X": "x@x.org"}
        agent_id = await edge.agent(owner)
        held = (await edge.trade(owner, agent_id, "TSLA", 400)).json
        yield edge, slack, held["approvalRequestId"]


def payload(request_id: str, user: str = "U_ADA", action: str = APPROVE) -> dict[str, Any]:
    """Return what Slack sends of a button."""
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "ada"},
        "actions": [{"action_id": action, "value": request_id, "type": "button"}],
        "response_url": RESPONSE_URL,
    }


async def press(edge: Served, said: Any, *, timestamp: int | None = None, secret: bytes = SECRET) -> Answer:
    """Send what Slack would, signed."""
    body = urlencode({"payload": said if isinstance(said, str) else json.dumps(said)}).encode()
    at = str(edge.edge.clock.now_us() // 1_000_000 if timestamp is None else timestamp)
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": sign(secret, at, body)}
    return await edge.call("POST", AT, data=body, headers=headers, content_type="application/x-www-form-urlencoded")


async def test_approve_executes_the_trade_and_replaces_the_message(autojump_clock: MockClock) -> None:
    """In the name of the person with the member's address, over the channel slack."""
    async with with_slack() as (edge, slack, request_id):
        answer = await press(edge, payload(request_id))
        assert (answer.status, answer.body) == (200, b"")
        found = await edge.floor.store.approval(request_id)
        assert found is not None
        approval, trade = found
        assert approval.decision is not None
        assert (approval.decision.approver_id, approval.decision.channel) == ("usr_ada", "slack")
        assert (approval.status, trade.status) == ("approved", "completed")
        (shown,) = slack.shown
        assert shown["replace_original"] is True
        assert "was approved" in shown["text"]


async def test_the_buttons_of_our_own_message_lead_back(autojump_clock: MockClock) -> None:
    """What the notifier posts is what the callback takes."""
    async with with_slack() as (edge, _, request_id):
        await edge.floor.advance(1)
        message = message_of(edge.floor.around.notifications.told[0][1])
        (elements,) = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
        button = next(element for element in elements if element["action_id"] == REJECT)
        assert (await press(edge, payload(button["value"], action=button["action_id"]))).status == 200
        found = await edge.floor.store.approval(request_id)
        assert found is not None
        assert found[0].status == "rejected"


async def test_the_same_again_and_the_other_one_show_what_was_decided(autojump_clock: MockClock) -> None:
    """The first decision stands."""
    async with with_slack() as (edge, slack, request_id):
        for number, action in enumerate((APPROVE, APPROVE, REJECT)):
            said = {**payload(request_id, action=action), "trigger_id": str(number)}
            assert (await press(edge, said)).status == 200
        assert ["was approved" in shown["text"] for shown in slack.shown] == [True] * 3


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("U_OLIVE", "needs the role approver, and yours is trader"),
        ("U_X", "nobody at this floor has your address x@x.org"),
        ("U_NONE", "has no email address"),
        ("U_STRANGER", "You can decide over the API meanwhile"),
    ],
)
async def test_whoever_may_not_is_told_so_alone(user: str, said: str, autojump_clock: MockClock) -> None:
    """And nothing is decided."""
    async with with_slack() as (edge, slack, request_id):
        assert (await press(edge, payload(request_id, user))).status == 200
        (shown,) = slack.shown
        assert (shown["response_type"], shown["replace_original"]) == ("ephemeral", False)
        assert said in shown["text"]
        found = await edge.floor.store.approval(request_id)
        assert found is not None
        assert found[0].status == "pending"


async def test_somebody_who_was_disabled_decides_nothing(autojump_clock: MockClock) -> None:
    """Whatever role they had."""
    async with with_slack() as (edge, slack, request_id):
        edge.people.everybody["usr_ada"] = evolve(edge.people.everybody["usr_ada"], disabled=True)
        await press(edge, payload(request_id))
        assert "nobody at this floor" in slack.shown[0]["text"]


async def test_a_replay_is_refused(autojump_clock: MockClock) -> None:
    """Byte by byte the same request, and one that is too old, or signed by somebody else."""
    async with with_slack() as (edge, slack, request_id):
        now_s = edge.edge.clock.now_us() // 1_000_000
        assert (await press(edge, payload(request_id), timestamp=now_s)).status == 200
        again = await press(edge, payload(request_id), timestamp=now_s)
        assert (again.status, again.slug) == (401, "signature")
        assert (await press(edge, payload(request_id), timestamp=now_s - 301)).status == 401
        assert (await press(edge, payload(request_id), secret=b"other")).status == 401
        assert len(slack.shown) == 1


async def test_slack_is_answered_in_time_however_long_it_takes(autojump_clock: MockClock) -> None:
    """The decision goes on, and is shown when it is there."""
    async with with_slack() as (edge, slack, request_id):
        slack.gate = trio.Event()
        began = trio.current_time()
        assert (await press(edge, payload(request_id))).status == 200
        assert trio.current_time() - began < 3
        assert slack.shown == []
        slack.gate.set()
        await edge.floor.advance(1)
        assert "was approved" in slack.shown[0]["text"]


async def test_the_journal_being_away_is_told_to_who_pressed(autojump_clock: MockClock) -> None:
    """They press again, and it counts."""
    async with with_slack() as (edge, slack, request_id):
        edge.people.unavailable = True
        assert (await press(edge, payload(request_id))).status == 200
        assert "Press the button again" in slack.shown[0]["text"]
        edge.people.unavailable = False
        await press(edge, {**payload(request_id), "trigger_id": "2"})
        assert "was approved" in slack.shown[1]["text"]
        assert JournalUnavailable.retry_after_s == 1


async def test_a_message_that_cannot_be_updated_undoes_nothing(autojump_clock: MockClock) -> None:
    """The decision stands."""
    async with with_slack() as (edge, slack, request_id):
        slack.troubles.append(NotificationUnavailable("down"))
        assert (await press(edge, payload(request_id))).status == 200
        found = await edge.floor.store.approval(request_id)
        assert found is not None
        assert found[0].status == "approved"


async def test_a_request_that_is_unknown_and_one_that_has_expired_say_so(autojump_clock: MockClock) -> None:
    """The one to who pressed, the other in the place of the message."""
    async with with_slack() as (edge, slack, request_id):
        await press(edge, payload("ovr_unknown"))
        assert "no request ovr_unknown" in slack.shown[0]["text"]
        await edge.floor.advance(700)
        await press(edge, payload(request_id))
        assert "expired" in slack.shown[1]["text"]


async def test_what_is_no_button_of_ours_is_taken_without_effect(autojump_clock: MockClock) -> None:
    """Slack wants to hear that it arrived; what is no JSON is an error."""
    async with with_slack() as (edge, slack, _):
        for number, said in enumerate(({"type": "view_submission"}, [], "null")):
            assert (await press(edge, said, timestamp=edge.edge.clock.now_us() // 1_000_000 - number)).status == 200
        assert (await press(edge, "{")).status == 400
        assert slack.shown == []
        body = await edge.call("POST", AT, {"payload": "{}"})
        assert body.status == 415


@pytest.mark.parametrize(
    "change",
    [
        {"type": "shortcut"},
        {"actions": []},
        {"actions": ["approve"]},
        {"actions": [{"action_id": "other", "value": "ovr_1"}]},
        {"actions": [{"action_id": APPROVE, "value": 1}]},
        {"user": None},
        {"user": {"id": None}},
        {"response_url": None},
    ],
)
def test_a_payload_is_read_or_left_alone(change: dict[str, Any]) -> None:
    """Nothing is guessed."""
    assert read_action(payload("ovr_1")).approved
    with pytest.raises(NoAction):
        read_action({**payload("ovr_1"), **change})
