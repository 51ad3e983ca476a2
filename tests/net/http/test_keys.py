"""Agents' keys over HTTP."""

import pytest
from trio.testing import MockClock

from tests.net.http.harness import served

AT = "/api/v1/agents/agt_1/keys"


async def test_a_key_is_shown_once_and_trades(mock_clock: MockClock) -> None:
    """The list has its hint; once revoked it is good no more, and not there."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        made = await edge.call("POST", AT, {"name": "the bot"}, token=token)
        assert (made.status, made.headers["location"]) == (201, f"{AT}/kid_1")
        secret = made.json["key"]
        assert secret.startswith("key_")
        assert (await edge.trade(secret, "agt_1")).json["status"] == "completed"
        (listed,) = (await edge.call("GET", AT, token=token)).json["items"]
        assert listed == {key: value for key, value in made.json.items() if key != "key"}
        assert secret.endswith(listed["hint"])
        assert secret not in repr(edge.people.__dict__)
        assert (await edge.call("DELETE", f"{AT}/kid_1", token=token)).status == 204
        assert (await edge.trade(secret, "agt_1")).status == 401
        assert (await edge.call("GET", AT, token=token)).json["items"] == []
        again = await edge.call("DELETE", f"{AT}/kid_1", token=token)
        assert (again.status, again.slug) == (404, "key-not-found")


async def test_a_program_is_bound_by_the_agents_preferences(mock_clock: MockClock) -> None:
    """What its owner may do by hand, a key may not."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token, assetPreferences={"symbols": ["AAPL"]})
        secret = (await edge.call("POST", AT, {"name": "the bot"}, token=token)).json["key"]
        refused = await edge.trade(secret, "agt_1", "TSLA")
        assert (refused.status, refused.slug) == (409, "asset-not-permitted")
        assert (await edge.trade(token, "agt_1", "TSLA")).status == 200


async def test_an_agent_has_so_many_keys(mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused until another is revoked."""
    monkeypatch.setattr("net.http.keys.KEYS_MAX", 1)
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        made = await edge.call("POST", AT, {"name": "the bot"}, token=token)
        refused = await edge.call("POST", AT, {"name": "another"}, token=token)
        assert (refused.status, refused.slug) == (409, "too-many-keys")
        await edge.call("DELETE", made.headers["location"], token=token)
        assert (await edge.call("POST", AT, {"name": "another"}, token=token)).status == 201
