"""What every answer has in common: problems, headers, limits, probes."""

import gzip
import logging
from typing import Any

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.model import Role
from net.http.limits import QUERY_BYTES_MAX
from tests.net.http.harness import ORIGIN, PASSWORD, SETTINGS, served

ME = "/api/v1/auth/me"
LOGIN = "/api/v1/auth/login"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Origin": ORIGIN}


async def test_what_is_nowhere_is_a_problem(mock_clock: MockClock) -> None:
    """404 and 405 are problem details like all others."""
    async with served() as edge:
        nowhere = await edge.call("GET", "/nowhere")
        assert (nowhere.status, nowhere.slug, nowhere.json["instance"]) == (404, "not-found", "/nowhere")
        assert nowhere.json["correlationId"] == nowhere.headers["x-correlation-id"]
        wrong = await edge.call("PUT", "/health/live")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_packed_body_is_refused_by_name(mock_clock: MockClock) -> None:
    """It is no broken JSON; nothing here unpacks what may become a thousand times as long."""
    async with served() as edge:
        body = gzip.compress(b'{"email": "ann@example.com", "password": "x"}')
        packed = await edge.call("POST", LOGIN, data=body, headers={"Content-Encoding": "gzip"})
        plain = await edge.call(
            "POST", LOGIN, {"email": "a@b", "password": "x"}, headers={"Content-Encoding": "identity"}
        )
    assert (packed.status, packed.slug, "Content-Encoding" in packed.json["detail"]) == (415, "media-type", True)
    assert plain.status == 401


async def test_what_is_wrong_here_stays_here(caplog: pytest.LogCaptureFixture, mock_clock: MockClock) -> None:
    """An unforeseen error is 500 without a word of it, and is in the log."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        edge.edge.views.books.clear()
        edge.edge.views.books["agt_1"] = None  # type: ignore[assignment]  # The defect that is wanted.
        with caplog.at_level(logging.ERROR):
            answer = await edge.call("GET", "/api/v1/agents/agt_1/portfolio", token=token)
        assert (answer.status, answer.slug) == (500, "internal")
        assert "NoneType" not in answer.body.decode()
        assert "request failed: GET /api/v1/agents/agt_1/portfolio" in caplog.text


async def test_the_storage_that_cannot_say_who_is_calling(mock_clock: MockClock) -> None:
    """503, not 401: the caller may well be somebody."""
    async with served() as edge:
        token = await edge.user("ann")
        edge.people.unavailable = True
        answer = await edge.call("GET", ME, token=token)
        assert (answer.status, answer.slug) == (503, "unavailable")


@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-1.2:3_4", True), ("a b", False), ("x" * 129, False), ("", False), ("é", False)]
)
async def test_correlation_ids_are_taken_or_made(sent: str, kept: bool, mock_clock: MockClock) -> None:
    """What could not stand in a log line is replaced."""
    async with served() as edge:
        answer = await edge.call("GET", "/health/live", headers={"X-Correlation-ID": sent})
        assert (answer.headers["x-correlation-id"] == sent) == kept
        assert answer.headers["x-correlation-id"]


async def test_the_correlation_id_reaches_the_log_of_the_floor(mock_clock: MockClock) -> None:
    """It is carried into the actors and stands beside the event."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        order = {"symbol": "AAPL", "action": "buy", "quantity": 1}
        headers = {"X-Correlation-ID": "from-the-client"}
        await edge.call("POST", "/api/v1/agents/agt_1/trades", order, token=token, headers=headers)
        assert edge.floor.publisher.recorded[-1].correlation_id == "from-the-client"


async def test_preflights_of_our_own_clients(mock_clock: MockClock) -> None:
    """A stranger's browser gets no permission."""
    async with served() as edge:
        ours = await edge.call("OPTIONS", ME, headers=PREFLIGHT)
        assert (ours.status, ours.headers["access-control-max-age"]) == (204, "86400")
        assert ours.headers["access-control-allow-origin"] == ORIGIN
        assert "PUT" in ours.headers["access-control-allow-methods"]
        assert "Idempotency-Key" in ours.headers["access-control-allow-headers"]
        strange = await edge.call("OPTIONS", ME, headers=PREFLIGHT | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in strange.headers
        plain = await edge.call("OPTIONS", ME)
        assert plain.status == 200


async def test_large_answers_are_compressed_for_who_takes_it(mock_clock: MockClock) -> None:
    """A small one is not, and nobody gets what they did not ask for."""
    async with served() as edge:
        token = await edge.user("ann")
        for _ in range(5):
            await edge.agent(token)
        plain = await edge.call("GET", "/api/v1/agents", token=token)
        packed = await edge.call("GET", "/api/v1/agents", token=token, headers={"Accept-Encoding": "br, gzip"})
        assert "content-encoding" not in plain.headers
        assert (packed.headers["content-encoding"], packed.headers["content-length"]) == ("gzip", str(len(packed.body)))
        assert gzip.decompress(packed.body) == plain.body
        small = await edge.call("GET", "/health/live", headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in small.headers


async def test_strangers_are_limited_by_address(mock_clock: MockClock) -> None:
    """Beyond the limit 429 with the time to wait; who has a token goes on, and probes are never limited."""
    async with served(settings=evolve(SETTINGS, rate_limit_max=2, rate_limit_window_s=60)) as edge:
        token = await edge.user("ann")
        statuses = [(await edge.call("GET", ME)).status for _ in range(3)]
        assert statuses == [401, 401, 429]
        refused = await edge.call("GET", ME)
        assert refused.slug == "rate-limited"
        assert refused.headers["retry-after"] == "60"
        assert refused.headers["ratelimit-policy"] == '"ip";q=2;w=60'
        assert refused.headers["ratelimit"] == '"ip";r=0;t=60'
        assert (await edge.call("GET", ME, token=token)).status == 200
        assert (await edge.call("GET", "/health/live")).status == 200


@pytest.mark.parametrize(("proxies", "statuses"), [(0, [401, 429, 429]), (1, [401, 401, 429]), (2, [401, 401, 401])])
async def test_strangers_behind_proxies_are_told_apart(
    proxies: int, statuses: list[int], mock_clock: MockClock
) -> None:
    """By what the proxies that are trusted have added, never by what a client says of itself."""
    settings = evolve(SETTINGS, rate_limit_max=1, trusted_proxies=proxies)
    async with served(settings=settings) as edge:
        hops = ("10.0.0.1, 192.0.2.1", "10.0.0.2, 192.0.2.2", "10.0.0.3, 192.0.2.2")
        answers = [await edge.call("GET", ME, headers={"X-Forwarded-For": each}) for each in hops]
        assert [answer.status for answer in answers] == statuses
        assert (await edge.call("GET", ME)).status == (429 if proxies == 0 else 401)


async def test_users_are_limited_together_with_their_keys(mock_clock: MockClock) -> None:
    """The limit is the user's, whichever token is shown."""
    async with served(settings=evolve(SETTINGS, rate_limit_user_max=1)) as edge:
        token, other = await edge.user("ann"), await edge.user("bob")
        first = await edge.call("GET", ME, token=token)
        assert (first.status, first.headers["ratelimit"]) == (200, '"user";r=0;t=60')
        assert (await edge.call("GET", ME, token=token)).status == 429
        assert (await edge.call("GET", ME, token=other)).status == 200


async def test_probes_say_what_is_wrong(autojump_clock: MockClock) -> None:
    """Ready while all checks pass; else 503 naming those that do not, a slow one included."""

    async def well() -> None:
        await trio.lowlevel.checkpoint()

    async def broken() -> None:
        raise ConnectionError("no answer")

    async def silent() -> None:
        raise ValueError

    async with served(checks={"database": well}) as edge:
        answer = await edge.call("GET", "/health/ready")
        assert (answer.status, answer.json["status"], answer.json["checks"]) == (200, "ok", {"database": "ok"})
    async with served(checks={"database": well, "grpc": broken, "market": trio.sleep_forever, "other": silent}) as edge:
        answer = await edge.call("GET", "/health/ready")
        assert (answer.status, answer.json["status"]) == (503, "unavailable")
        assert answer.json["checks"] == {
            "database": "ok",
            "grpc": "no answer",
            "market": "no answer within 2 s",
            "other": "ValueError",
        }
        assert (await edge.call("GET", "/health/live")).json["status"] == "ok"


async def test_a_session_from_end_to_end(mock_clock: MockClock) -> None:
    """Sign in, look, refresh, sign out; then nothing is good any more."""
    async with served() as edge:
        await edge.user("ann", Role.APPROVER)
        login = {"email": "ann@example.com", "password": PASSWORD}
        session = (await edge.call("POST", "/api/v1/auth/login", login)).json
        assert session["expiresIn"] == 3600
        user = {"userId": "usr_ann", "email": "ann@example.com", "role": "approver"}
        assert session["user"] == user
        assert (await edge.call("GET", ME, token=session["token"])).json == user
        refreshed = await edge.call("POST", "/api/v1/auth/refresh", {"refreshToken": session["refreshToken"]})
        assert refreshed.status == 200
        token = refreshed.json["token"]
        out = await edge.call("POST", "/api/v1/auth/logout", token=token)
        assert (out.status, out.body) == (204, b"")
        assert (await edge.call("GET", ME, token=token)).status == 401
        again = await edge.call("POST", "/api/v1/auth/refresh", {"refreshToken": refreshed.json["refreshToken"]})
        assert (again.status, again.slug) == (401, "unauthorized")


async def test_sign_ins_are_throttled(mock_clock: MockClock) -> None:
    """429 says when the next attempt may be made."""
    async with served() as edge:
        login = {"email": "ann@example.com", "password": "wrong"}
        statuses = [(await edge.call("POST", "/api/v1/auth/login", login)).status for _ in range(6)]
        assert statuses == [401] * 5 + [429]


async def test_bodies_where_none_belongs(mock_clock: MockClock) -> None:
    """An empty object will do; fields, and what is no JSON, will not."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        pause = "/api/v1/agents/agt_1/pause"
        assert (await edge.call("POST", pause, {}, token=token)).status == 200
        assert (await edge.call("POST", pause, {"a": 1}, token=token)).fields == {
            "a": "is unknown; nothing is taken here"
        }
        assert (await edge.call("POST", pause, data=b"x", content_type="text/plain", token=token)).status == 415
        assert (await edge.call("GET", f"{ME}?a=1", token=token)).status == 400
        long = await edge.call("GET", f"{ME}?a={'x' * QUERY_BYTES_MAX}", token=token)
        assert (long.status, long.slug) == (400, "validation")


async def test_usage_of_a_month(mock_clock: MockClock) -> None:
    """The current month by default; another one by its name, empty where nothing was used."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        await edge.trade(token, "agt_1")
        now = (await edge.call("GET", "/api/v1/agents/agt_1/usage?period=2026-02", token=token)).json
        assert now["breakdown"] == {
            "trade.submitted": {"calls": 1, "cost": 0.0},
            "trade.executed": {"calls": 0, "cost": 0.1},
        }
        assert now["quota"] == {"apiCalls": 10000, "budgetPerMonth": 10000.0}
        assert now["resetDate"] == "2026-03-01T00:00:00.000000Z"
        before = (await edge.call("GET", "/api/v1/agents/agt_1/usage?period=2025-12", token=token)).json
        assert (before["period"], before["currentUsage"]) == ("2025-12", {"apiCalls": 0, "budgetSpent": 0.0})
        wrong = await edge.call("GET", "/api/v1/agents/agt_1/usage?period=2026-13", token=token)
        assert wrong.fields == {"period": "must be a month such as 2026-01"}


async def test_prices_of_the_market(mock_clock: MockClock) -> None:
    """All of them, or one; an unknown symbol is 400."""
    async with served() as edge:
        token = await edge.user("ann")
        listed = (await edge.call("GET", "/api/v1/market/prices", token=token)).json["items"]
        assert [price["symbol"] for price in listed] == ["AAPL", "TSLA"]
        one = await edge.call("GET", "/api/v1/market/prices/AAPL", token=token)
        assert one.json == listed[0]
        assert (await edge.call("GET", "/api/v1/market/prices/ZZZZ", token=token)).status == 400


async def test_overload_sheds_new_work(mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in progress finishes, what is new is told to come back, and probes are let in."""
    monkeypatch.setattr("net.http.gate.REQUESTS_AT_ONCE_MAX", 1)
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        edge.floor.store.gate = trio.Event()
        statuses: list[int] = []

        async def submit() -> None:
            statuses.append((await edge.trade(token, "agt_1")).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            await wait_all_tasks_blocked()
            shed = await edge.call("GET", ME, token=token)
            assert (shed.status, shed.slug, shed.headers["retry-after"]) == (503, "unavailable", "1")
            assert (await edge.call("GET", "/health/live")).status == 200
            edge.floor.store.gate.set()
        assert statuses == [200]
        assert (await edge.call("GET", ME, token=token)).status == 200


async def test_whoever_does_not_take_an_answer_is_in_nobodys_way(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no work in progress: strangers could keep everybody else out with it."""
    monkeypatch.setattr("net.http.gate.REQUESTS_AT_ONCE_MAX", 1)
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/openapi.json",
        "raw_path": b"/openapi.json",
        "query_string": b"",
        "scheme": "http",
        "headers": [],
        "client": ("192.0.2.1", 5),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        await trio.sleep_forever()

    async with served() as edge, trio.open_nursery() as nursery:
        token = await edge.user("ann")
        nursery.start_soon(edge.app, scope, receive, send)
        await wait_all_tasks_blocked()
        assert (await edge.call("GET", ME, token=token)).status == 200
        nursery.cancel_scope.cancel()
