"""Sending news to an agent's webhook."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx
import orjson
import trio

from actors.ports.clock import Clock
from actors.ports.notifications import Notification, NotificationRefused, NotificationUnavailable
from net.retry_after import retry_after_s
from net.webhooks.addresses import AddressRefused, destination_of, resolve
from net.webhooks.signing import WebhookKeys, signed_headers
from net.wire.news import news_json

TIMEOUT_S: Final = 10.0
_TRANSIENT: Final = frozenset({408, 425, 429})


class WebhookSender:
    """Sends signed messages. Make one with `open_webhooks`."""

    def __init__(self, client: httpx.AsyncClient, keys: WebhookKeys, clock: Clock, *, public_only: bool) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._public_only = public_only

    async def send(self, url: str, notification: Notification) -> None:
        """Send one message. Raises NotificationUnavailable and NotificationRefused."""
        body = orjson.dumps(news_json(notification))
        key = self._keys.key(notification.agent_id, url)
        headers = signed_headers(key, notification.notification_id, self._clock.now_us() // 1_000_000, body)
        try:
            with trio.fail_after(TIMEOUT_S):
                response = await self._post(url, body, headers)
        except AddressRefused as error:
            raise NotificationRefused(f"the webhook of {notification.agent_id} {error}") from error
        except (OSError, httpx.TransportError, trio.TooSlowError) as error:
            # Not the error's own words: they may hold the URL, and that may hold a secret.
            raise NotificationUnavailable(
                f"the webhook of {notification.agent_id} cannot be reached: {type(error).__name__}"
            ) from None
        _judge(response, notification)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Connect to an address that was judged, under the name that the URL has; the answer's body is not read."""
        destination = destination_of(url, public_only=self._public_only)
        address = await resolve(destination, public_only=self._public_only)
        target = httpx.URL(url)
        async with self._client.stream(
            "POST",
            target.copy_with(host=address),
            content=body,
            headers={**headers, "content-type": "application/json", "host": _host_header(target)},
            extensions={"sni_hostname": _ascii_host(target)},
        ) as response:
            return response


@asynccontextmanager
async def open_webhooks(keys: WebhookKeys, clock: Clock, *, public_only: bool) -> AsyncIterator[WebhookSender]:
    """Lend a sender.

    No connection is kept: the next one to the same address may be for another name, whose certificate is another.
    Proxies of the environment are not used: a proxy would resolve names by itself. No cookie is taken: it would come
    back to other agents' webhooks at the same address, and a receiver could set as many as fill the memory.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, limits=limits, timeout=TIMEOUT_S, cookies=cookies
    ) as client:
        yield WebhookSender(client, keys, clock, public_only=public_only)


def _ascii_host(target: httpx.URL) -> str:
    """Return the host as headers and certificates have it: the letters of other scripts encoded (RFC 5891)."""
    return target.raw_host.decode("ascii")


def _host_header(target: httpx.URL) -> str:
    host = _ascii_host(target)
    host = f"[{host}]" if ":" in host else host
    return host if target.port is None else f"{host}:{target.port}"


def _judge(response: httpx.Response, notification: Notification) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    said = f"the webhook of {notification.agent_id} answered {status}"
    if status in _TRANSIENT or status >= 500:
        raise NotificationUnavailable(said, retry_after_s(response.headers.get("retry-after")))
    raise NotificationRefused(said)
