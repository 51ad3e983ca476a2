"""What the real port of news adds to its contract (tests/contracts): secrets stay secret, and Slack may be missing."""

import logging

import pytest

from actors.ports.notifications import Notification, NotificationUnavailable
from net.messenger import Messenger
from net.slack.link import SlackLink, SlackSettings
from net.webhooks.sender import open_webhooks
from net.webhooks.signing import WebhookKeys
from tests.actors.builders import NOW_US, a_trade, an_approval
from tests.net.fake_http import fake_http

NEWS = Notification("ntf_1", "oversight.request", "agt_1", "Desk", NOW_US, an_approval(), a_trade())
HOOK = "https://example.com/hook"


class FixedClock:
    """A clock that stands still."""

    def now_us(self) -> int:
        """Return the time of the tests."""
        return NOW_US


async def test_no_log_line_and_no_error_shows_slacks_address(caplog: pytest.LogCaptureFixture) -> None:
    """It is a secret; the library would write it."""
    caplog.set_level(logging.DEBUG)
    async with fake_http() as server, open_webhooks(WebhookKeys(b"s" * 32), FixedClock(), public_only=False) as hooks:
        link = SlackLink(SlackSettings(webhook_url=f"{server.url}/services/T0/B0/secret", bot_token="xoxb-secret"))
        await Messenger(link, hooks).to_slack(NEWS)
        server.silent = True
        with pytest.raises(NotificationUnavailable) as caught:
            await Messenger(link, hooks).to_slack(NEWS)
    assert "secret" not in caplog.text + str(caught.value) + repr(link._settings)
    assert server.received[0].path == "/services/T0/B0/secret"


async def test_without_slack_its_news_go_nowhere() -> None:
    """And raise nothing; the port says that nobody is there."""
    async with open_webhooks(WebhookKeys(b"s" * 32), FixedClock(), public_only=False) as hooks:
        messenger = Messenger(SlackLink(SlackSettings()), hooks)
        await messenger.to_slack(NEWS)
        assert not messenger.has_slack
