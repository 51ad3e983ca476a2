"""Alerts over HTTP: shown, replaced whole, and checked field by field."""

import pytest
from attrs import evolve
from trio.testing import MockClock

from actors.model import FLOOR, Role
from actors.ports.people import AgentKey
from net.auth.tokens import hash_secret
from net.webhooks.signing import WebhookKeys
from tests.net.http.harness import CHEAP, SETTINGS, served

AT = "/api/v1/agents/agt_1/alerts"
DEFAULTS = {
    "thresholds": {"apiCalls": 80, "budget": 80, "drawdown": 10},
    "channels": {"websocket": True, "slack": True, "webhookUrl": None},
    "webhookSecret": None,
}
HOOK = "https://example.com/hook"


async def test_an_agent_starts_with_the_defaults_and_a_put_replaces_them(mock_clock: MockClock) -> None:
    """What is left out goes back to its default; null turns a threshold off."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        assert (await edge.call("GET", AT, token=token)).json == DEFAULTS
        wanted = {"thresholds": {"apiCalls": 50, "drawdown": None}, "channels": {"slack": False, "webhookUrl": HOOK}}
        answer = await edge.call("PUT", AT, wanted, token=token)
        assert (answer.status, answer.json) == (
            200,
            {
                "thresholds": {"apiCalls": 50, "budget": 80, "drawdown": None},
                "channels": {"websocket": True, "slack": False, "webhookUrl": HOOK},
                "webhookSecret": WebhookKeys(CHEAP.jwt_secret).shown("agt_1", HOOK),
            },
        )
        assert (await edge.call("GET", AT, token=token)).json == answer.json
        assert (await edge.call("PUT", AT, {}, token=token)).json == DEFAULTS
        edge.floor.check()


async def test_a_key_reads_the_alerts_and_not_the_secret(mock_clock: MockClock) -> None:
    """With the secret a program could sign what the floor never said."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        await edge.people.add_key(AgentKey("k", "agt_1", "usr_ann", "bot", hash_secret("key_x"), "x", 0), FLOOR, None)
        await edge.call("PUT", AT, {"channels": {"webhookUrl": HOOK}}, token=token)
        shown = await edge.call("GET", AT, token="key_x")
        assert (shown.status, shown.json["webhookSecret"]) == (200, None)
        assert (await edge.call("PUT", AT, {}, token="key_x")).status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"thresholds": {"apiCalls": 0}}, "thresholds.apiCalls"),
        ({"thresholds": {"budget": 101}}, "thresholds.budget"),
        ({"thresholds": {"drawdown": 100}}, "thresholds.drawdown"),
        ({"thresholds": {"mood": 1}}, "thresholds.mood"),
        ({"channels": {"slack": "yes"}}, "channels.slack"),
        ({"channels": {"webhookUrl": "gopher://example.com"}}, "channels.webhookUrl"),
        ({"channels": {"webhookUrl": "http://example.com/"}}, "channels.webhookUrl"),
        ({"channels": {"webhookUrl": "https://10.0.0.1/"}}, "channels.webhookUrl"),
        ({"webhookSecret": "mine"}, "webhookSecret"),
    ],
)
async def test_what_is_wrong_is_named(body: object, field: str, mock_clock: MockClock) -> None:
    """Each field by its path; nothing is changed."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        answer = await edge.call("PUT", AT, body, token=token)
        assert (answer.status, list(answer.fields)) == (400, [field])
        assert (await edge.call("GET", AT, token=token)).json == DEFAULTS


async def test_development_may_have_a_webhook_near_by(mock_clock: MockClock) -> None:
    """Production may not."""
    near = {"channels": {"webhookUrl": "http://127.0.0.1:9000/"}}
    for public_only, status in ((True, 400), (False, 200)):
        async with served(settings=evolve(SETTINGS, public_webhooks_only=public_only)) as edge:
            token = await edge.user("ann", Role.TRADER)
            await edge.agent(token)
            assert (await edge.call("PUT", AT, near, token=token)).status == status
