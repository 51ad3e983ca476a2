"""Who a member of the workspace is, asked of Slack's API over real sockets."""

import json
from typing import Any

import pytest

from net.slack.link import SlackLink, SlackSettings, SlackUnavailable
from tests.net.fake_http import Answer, fake_http


async def ask(answer: Answer | None, **settings: Any) -> str | SlackUnavailable | None:
    """Ask who U1 is, of a Slack that answers so (None: not at all); return the address, or why there is none."""
    async with fake_http() as server:
        if answer is None:
            server.silent = True
        else:
            server.answers.append(answer)
        link = SlackLink(SlackSettings(**{"bot_token": "xoxb-1", "api_url": f"{server.url}/api/", **settings}))
        found: str | SlackUnavailable | None
        try:
            found = await link.email_of("U1")
        except SlackUnavailable as error:
            found = error
        (received,) = server.received
        assert received.path == "/api/users.info"
        assert received.headers["authorization"] == "Bearer xoxb-1"
        assert b"user=U1" in received.body
        return found


def said(**body: Any) -> Answer:
    """Return what Slack answers."""
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("user", "email"),
    [
        ({"id": "U1", "profile": {"email": "ada@example.com"}}, "ada@example.com"),
        ({"id": "U1", "profile": {}}, None),
        ({"id": "U1"}, None),
        ({"id": "U1", "deleted": True, "profile": {"email": "ada@example.com"}}, None),
        ({"id": "U1", "is_bot": True, "profile": {"email": "ada@example.com"}}, None),
    ],
)
async def test_a_member_is_known_by_the_address_of_their_profile(user: dict[str, Any], email: str | None) -> None:
    """Who has left, and who is no person, is not."""
    assert await ask(said(ok=True, user=user)) == email


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(ok=False, error="missing_scope"), "missing_scope"),
        (said(ok=False, error="user_not_found"), "user_not_found"),
        (Answer(500, b"oops"), "Slack"),
        (None, "cannot be reached"),
    ],
)
async def test_when_slack_does_not_say_there_is_a_reason(answer: Answer | None, reason: str) -> None:
    """For whoever pressed."""
    found = await ask(answer)
    assert isinstance(found, SlackUnavailable)
    assert reason in str(found)


async def test_without_a_token_the_operator_is_told_what_to_set() -> None:
    """And Slack is not asked."""
    with pytest.raises(SlackUnavailable, match="SLACK_BOT_TOKEN"):
        await SlackLink(SlackSettings()).email_of("U1")
