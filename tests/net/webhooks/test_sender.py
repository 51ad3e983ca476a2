"""Webhooks over real sockets: signed, under the name that was asked for, and followed nowhere."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.events import UsageAlert
from actors.ports.notifications import Notification, NotificationRefused, NotificationUnavailable
from net.retry_after import RETRY_AFTER_S_MAX, retry_after_s
from net.webhooks.sender import open_webhooks
from net.webhooks.signing import SECRET_PREFIX, WebhookKeys, signed_headers
from tests.actors.builders import NOW_US, a_trade, an_approval
from tests.net.fake_http import Answer, fake_http
from tests.net.test_messenger import FixedClock

KEYS = WebhookKeys(b"s" * 32)
ALERT = UsageAlert("agt_1", "drawdown", 10, 89_500_000, 100_000_000, "2026-02")
NEWS = Notification("ntf_1", "usage.alert", "agt_1", "Desk", NOW_US, alert=ALERT)


async def test_a_message_is_signed_over_its_id_its_time_and_its_body() -> None:
    """As a receiver checks it, with the secret that it was shown."""
    async with fake_http() as server, open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        url = f"{server.url}/hook?team=1"
        await sender.send(url, NEWS)
        (received,) = server.received
        key = base64.b64decode(KEYS.shown("agt_1", url).removeprefix(SECRET_PREFIX))
        signed = f"ntf_1.{NOW_US // 1_000_000}.".encode() + received.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert received.headers["webhook-signature"] == f"v1,{expected}"
        assert received.headers["webhook-id"] == "ntf_1"
        assert received.headers["host"] == server.url.removeprefix("http://")
        assert received.headers["content-type"] == "application/json"
        assert received.path == "/hook?team=1"
        assert json.loads(received.body) == {
            "id": "ntf_1",
            "type": "usage.alert",
            "agentId": "agt_1",
            "agentName": "Desk",
            "timestamp": "2026-02-17T12:00:00.000000Z",
            "data": {"kind": "drawdown", "percent": 10, "used": 89.5, "limit": 100, "period": "2026-02"},
        }


async def test_a_name_in_another_script_is_written_as_headers_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be chosen, so it has to be reached."""

    async def found(_destination: object, *, public_only: bool) -> str:
        assert not public_only
        return "127.0.0.1"

    monkeypatch.setattr("net.webhooks.sender.resolve", found)
    async with fake_http() as server, open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        port = server.url.rpartition(":")[2]
        await sender.send(f"http://b\u00fccher.example:{port}/", NEWS)
        assert server.received[0].headers["host"] == f"xn--bcher-kva.example:{port}"


async def test_a_receiver_leaves_no_cookie_behind() -> None:
    """It would go to other agents' webhooks at that address, and each answer might bring more of them."""
    async with fake_http() as server, open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        server.answers.append(Answer(204, b"", {"set-cookie": "spy=1; Path=/"}))
        await sender.send(server.url, NEWS)
        await sender.send(server.url, NEWS)
        assert "cookie" not in server.received[1].headers


async def test_an_approval_is_shown_as_the_api_shows_it() -> None:
    """With its trade."""
    async with fake_http() as server, open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        await sender.send(
            server.url, Notification("n", "oversight.request", "a", "D", NOW_US, an_approval(), a_trade())
        )
        data = json.loads(server.received[0].body)["data"]
        assert (data["requestId"], data["trade"]["tradeId"], data["status"]) == ("ovr_1", "trd_1", "pending")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, None),
        (302, NotificationRefused),
        (404, NotificationRefused),
        (410, NotificationRefused),
        (408, NotificationUnavailable),
        (500, NotificationUnavailable),
    ],
)
async def test_a_status_says_whether_to_come_again(status: int, error: type[Exception] | None) -> None:
    """A redirect is not followed: it could lead anywhere."""
    async with fake_http() as server, open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        server.answers.append(Answer(status, b"", {"location": f"{server.url}/elsewhere"}))
        if error is None:
            await sender.send(server.url, NEWS)
        else:
            with pytest.raises(error, match=f"the webhook of agt_1 answered {status}"):
                await sender.send(server.url, NEWS)
        assert len(server.received) == 1


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://localhost/", "https://2130706433/", "http://example.com/"]
)
async def test_production_connects_to_public_addresses_alone(url: str) -> None:
    """A name is judged by what it resolves to."""
    async with open_webhooks(KEYS, FixedClock(), public_only=True) as sender:
        with pytest.raises(NotificationRefused, match="the webhook of agt_1"):
            await sender.send(url, NEWS)


async def test_a_name_that_does_not_resolve_may_do_so_later() -> None:
    """And the error does not show the URL, which may hold a secret."""
    async with open_webhooks(KEYS, FixedClock(), public_only=False) as sender:
        with pytest.raises(NotificationUnavailable) as caught:
            await sender.send("http://no-such-host.invalid/secret", NEWS)
    assert "secret" not in str(caught.value)


def test_the_example_of_the_standard_is_signed_the_same() -> None:
    """Source: the vector that the libraries of Standard Webhooks are tested with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_agent_and_every_address_has_a_key_of_its_own() -> None:
    """So whoever had the old one can forge nothing."""
    keys = {KEYS.key(agent, url) for agent in ("agt_1", "agt_2") for url in ("https://a.example", "https://b.example")}
    assert len(keys) == 4
    assert KEYS.key("agt_1", "https://a.example") != WebhookKeys(b"t" * 32).key("agt_1", "https://a.example")


@given(st.text(max_size=8) | st.integers(0, 10**9).map(str))
def test_retry_after_is_seconds_or_nothing(value: str) -> None:
    """However odd the header is."""
    seconds = retry_after_s(value)
    assert 0 <= seconds <= RETRY_AFTER_S_MAX
    assert retry_after_s(None) == 0
