"""The contract of the port of news, kept by the fake and by the real thing over real sockets."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from attrs import frozen

from actors.ports.notifications import Notification, NotificationRefused, Notifications, NotificationUnavailable
from net.messenger import Messenger
from net.slack.link import SlackLink, SlackSettings
from net.webhooks.sender import open_webhooks
from net.webhooks.signing import WebhookKeys
from tests.actors.builders import NOW_US, a_trade, an_approval
from tests.fakes.notifications import SLACK, FakeNotifications
from tests.net.fake_http import Answer, FakeHttp, fake_http

NEWS = Notification("ntf_1", "oversight.request", "agt_1", "Desk", NOW_US, an_approval(), a_trade())
HOOK = "https://example.com/hook"


class FixedClock:
    """A clock that stands still."""

    def now_us(self) -> int:
        """Return the time of the tests."""
        return NOW_US


@frozen
class Receiver:
    """Somebody to tell, and how to make their next answer a bad one."""

    tell: Callable[[], Awaitable[None]]
    refuse: Callable[[], None]
    ask_to_wait: Callable[[], None]
    fail: Callable[[], None]
    vanish: Callable[[], None]
    taken: Callable[[], int]


def of_fake(fake: FakeNotifications, who: str) -> Receiver:
    """Return a receiver that the fake plays."""

    def trouble(error: Exception) -> Callable[[], None]:
        return lambda: fake.troubles[who].append(error)

    def vanish() -> None:
        fake.down[who] = NotificationUnavailable("gone")

    return Receiver(
        tell=lambda: fake.to_slack(NEWS) if who == SLACK else fake.to_webhook(who, NEWS),
        refuse=trouble(NotificationRefused("no")),
        ask_to_wait=trouble(NotificationUnavailable("later", 30.0)),
        fail=trouble(NotificationUnavailable("broken")),
        vanish=vanish,
        taken=lambda: len(fake.types(who)),
    )


def of_server(server: FakeHttp, messenger: Notifications, who: str) -> Receiver:
    """Return a receiver behind a real socket."""
    bad = 0

    def answer(status: int, **headers: str) -> Callable[[], None]:
        def queue() -> None:
            nonlocal bad
            bad += 1
            server.answers.append(
                Answer(status, b"no", {name.replace("_", "-"): text for name, text in headers.items()})
            )

        return queue

    def vanish() -> None:
        nonlocal bad
        bad += 1
        server.silent = True

    return Receiver(
        tell=lambda: messenger.to_slack(NEWS) if who == SLACK else messenger.to_webhook(f"{server.url}/hook", NEWS),
        refuse=answer(400),
        ask_to_wait=answer(429, Retry_After="30"),
        fail=answer(503),
        vanish=vanish,
        taken=lambda: len(server.received) - bad,
    )


@asynccontextmanager
async def real(who: str) -> AsyncIterator[Receiver]:
    """Run a server, and tell it through the adapters."""
    async with fake_http() as server, open_webhooks(WebhookKeys(b"s" * 32), FixedClock(), public_only=False) as hooks:
        link = SlackLink(SlackSettings(webhook_url=f"{server.url}/services/T0/B0/secret"))
        yield of_server(server, Messenger(link, hooks), who)


@pytest.fixture(params=["fake slack", "fake webhook", "real slack", "real webhook"])
async def receiver(request: pytest.FixtureRequest) -> AsyncIterator[Receiver]:
    """Provide each kind of receiver in turn."""
    kind, who = request.param.split(" ")
    if kind == "fake":
        yield of_fake(FakeNotifications(), who if who == SLACK else HOOK)
        return
    async with real(who) as receiver:
        yield receiver


async def test_news_are_taken(receiver: Receiver) -> None:
    """Each time they are sent."""
    await receiver.tell()
    await receiver.tell()
    assert receiver.taken() == 2


async def test_a_refusal_is_told_apart_from_a_failure(receiver: Receiver) -> None:
    """The next attempt is another one."""
    receiver.refuse()
    with pytest.raises(NotificationRefused):
        await receiver.tell()
    receiver.fail()
    with pytest.raises(NotificationUnavailable) as caught:
        await receiver.tell()
    assert caught.value.retry_after_s == 0
    await receiver.tell()
    assert receiver.taken() == 1


async def test_whoever_asks_to_wait_is_heard(receiver: Receiver) -> None:
    """For how long."""
    receiver.ask_to_wait()
    with pytest.raises(NotificationUnavailable) as caught:
        await receiver.tell()
    assert caught.value.retry_after_s == 30


async def test_a_receiver_that_is_gone_is_unavailable(receiver: Receiver) -> None:
    """Not refused: it may come back."""
    receiver.vanish()
    with pytest.raises(NotificationUnavailable):
        await receiver.tell()


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
    """And raise nothing."""
    async with open_webhooks(WebhookKeys(b"s" * 32), FixedClock(), public_only=False) as hooks:
        await Messenger(SlackLink(SlackSettings()), hooks).to_slack(NEWS)
