"""Slack and webhooks, real over real sockets and played by the fake, opened for their contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from actors.ports.notifications import NotificationRefused, Notifications, NotificationUnavailable
from net.messenger import Messenger
from net.slack.link import SlackLink, SlackSettings
from net.webhooks.sender import open_webhooks
from net.webhooks.signing import WebhookKeys
from tests.contracts.services import PortClock
from tests.contracts.stages import Around, Opened, Receiver, Twin, made
from tests.fakes.notifications import SLACK, FakeNotifications
from tests.net.fake_http import Answer, FakeHttp, fake_http

HOOK = "https://example.com/hook"


def of_fake(who: str) -> Receiver:
    """Return a receiver that the fake plays."""
    fake = FakeNotifications()

    def trouble(error: Exception) -> Callable[[], None]:
        return lambda: fake.troubles[who].append(error)

    def vanish() -> None:
        fake.down[who] = NotificationUnavailable("gone")

    return Receiver(
        subject=fake,
        tell=lambda news: fake.to_slack(news) if who == SLACK else fake.to_webhook(who, news),
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
        subject=messenger,
        tell=lambda news: (
            messenger.to_slack(news) if who == SLACK else messenger.to_webhook(f"{server.url}/hook", news)
        ),
        refuse=answer(400),
        ask_to_wait=answer(429, Retry_After="30"),
        fail=answer(503),
        vanish=vanish,
        taken=lambda: len(server.received) - bad,
    )


def real(who: str) -> Callable[[Around], Opened]:
    """Return what runs a server, and tells it through the adapters."""

    @asynccontextmanager
    async def opened(around: Around) -> AsyncIterator[Receiver]:
        keys, clock = WebhookKeys(b"s" * 32), PortClock(around.clock)
        async with fake_http() as server, open_webhooks(keys, clock, public_only=False) as hooks:
            link = SlackLink(SlackSettings(webhook_url=f"{server.url}/services/T0/B0/secret"))
            yield of_server(server, Messenger(link, hooks), who)

    return opened


NOTIFICATIONS = (
    Twin(Messenger, real(SLACK), variant=SLACK),
    Twin(Messenger, real("webhook"), variant="webhook"),
    Twin(FakeNotifications, made(lambda _around: of_fake(SLACK)), variant=SLACK),
    Twin(FakeNotifications, made(lambda _around: of_fake(HOOK)), variant="webhook"),
)
