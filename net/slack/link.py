"""The calls to Slack, through slack_sdk in worker threads of their own."""

import http.client
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import trio
from attrs import field, frozen
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient, WebhookResponse

from actors.ports.notifications import NotificationRefused, NotificationUnavailable
from net.retry_after import retry_after_s
from net.slack.messages import Message

TIMEOUT_S: Final = 10
CALLS_MAX: Final = 4
"""Calls at once, a worker thread each; the floor's other threads are not touched."""

API_URL: Final = "https://slack.com/api/"

ResultT = TypeVar("ResultT")

# The library's own lines may hold the webhook's address, which is a secret; what went wrong is said by ours.
_silent = logging.getLogger(f"{__name__}.slack_sdk")
_silent.setLevel(logging.CRITICAL + 1)


class SlackUnavailable(Exception):
    """Slack cannot be asked now, or does not let us; the message says which."""


class Slack(Protocol):
    """What the floor says to Slack and asks of it."""

    @property
    def has_channel(self) -> bool:
        """Whether there is a channel to post to."""
        ...

    async def post(self, message: Message) -> None:
        """Post to the floor's channel. Raises NotificationUnavailable and NotificationRefused."""
        ...

    async def respond(self, response_url: str, message: Message) -> None:
        """Answer a button. Raises NotificationUnavailable and NotificationRefused."""
        ...

    async def email_of(self, slack_user_id: str) -> str | None:
        """Return the address of a member of the workspace, None for somebody without. Raises SlackUnavailable."""
        ...


@frozen
class SlackSettings:
    """How Slack is reached. Without a webhook nothing is posted; without a bot's token nobody is recognised."""

    webhook_url: str | None = field(default=None, repr=False)
    bot_token: str | None = field(default=None, repr=False)
    api_url: str = API_URL


class SlackLink:
    """Implements Slack with slack_sdk.

    A call that a stop of the floor cuts short goes on in its thread to its end, at most TIMEOUT_S; what it was for is
    still in the outbox.
    """

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._calls = trio.CapacityLimiter(CALLS_MAX)

    @property
    def has_channel(self) -> bool:
        """Whether there is a channel to post to."""
        return self._settings.webhook_url is not None

    async def post(self, message: Message) -> None:
        """Post to the floor's channel, without effect where there is none."""
        if self._settings.webhook_url is not None:
            await self._send(self._settings.webhook_url, message)

    async def respond(self, response_url: str, message: Message) -> None:
        """Answer a button."""
        await self._send(response_url, message)

    async def email_of(self, slack_user_id: str) -> str | None:
        """Return the address of a member of the workspace, None for somebody without."""
        token = self._settings.bot_token
        if token is None:
            raise SlackUnavailable(
                "this floor cannot see who you are: its operator sets SLACK_BOT_TOKEN, of an app with the scopes "
                "users:read and users:read.email"
            )
        client = WebClient(token, base_url=self._settings.api_url, timeout=TIMEOUT_S, logger=_silent, retry_handlers=[])
        try:
            response = await self._call(partial(client.users_info, user=slack_user_id))
        except SlackApiError as error:
            raise SlackUnavailable(f"Slack does not say who you are: {_error_of(error)}") from error
        except (OSError, http.client.HTTPException, SlackClientError) as error:
            raise SlackUnavailable(f"Slack cannot be reached ({type(error).__name__}); try again") from error
        user: Mapping[str, Any] = response.get("user") or {}
        if user.get("deleted") or user.get("is_bot"):
            return None
        profile: Mapping[str, Any] = user.get("profile") or {}
        email: str | None = profile.get("email")
        return email

    async def _send(self, url: str, message: Message) -> None:
        client = WebhookClient(url, timeout=TIMEOUT_S, logger=_silent, retry_handlers=[])
        try:
            response = await self._call(partial(client.send_dict, message))
        except (OSError, http.client.HTTPException) as error:
            raise NotificationUnavailable(f"Slack cannot be reached: {type(error).__name__}") from None
        _judge(response)

    async def _call(self, work: Callable[[], ResultT]) -> ResultT:
        return await trio.to_thread.run_sync(work, limiter=self._calls, abandon_on_cancel=True)


def _judge(response: WebhookResponse) -> None:
    if response.status_code == 200:
        return
    said = f"Slack answered {response.status_code} {response.body[:200]!r}"
    if response.status_code == 429 or response.status_code >= 500:
        headers = {name.lower(): value for name, value in response.headers.items()}
        raise NotificationUnavailable(said, retry_after_s(headers.get("retry-after")))
    raise NotificationRefused(said)


def _error_of(error: SlackApiError) -> str:
    response = error.response
    return str(response.get("error", "unknown error")) if hasattr(response, "get") else "unknown error"
