"""The settings of the contract on the real program: their defaults, and each as a variable and as a flag."""

import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from socket import create_server
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import jwt
import orjson
import pytest
import trio

from tests.e2e.contract import SETTINGS, flag_of
from tests.e2e.matrix import SLACK_SECRET, buy, slack_form
from tests.e2e.people import NEW_AGENT, PASSWORD, add_by_command, email_of
from tests.e2e.program import DEMO, Api, Program, ending, eventually, launch, signed_in, socket

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

JWT_SECRET: Final = "a secret of thirty-two bytes or more"
OTHERS: Final = {
    "HOST": "127.0.0.2",
    "TRADEFLOOR_ENV": "production",
    "DATABASE_PATH": "elsewhere/other.db",
    "CLIENT_URL": "https://desk.example",
    "JWT_SECRET": JWT_SECRET,
    "OVERSIGHT_THRESHOLD": "20000",
    "OVERSIGHT_AUTO_APPROVE_BELOW": "5000",
    "APPROVAL_TTL": "60",
    "TICK_INTERVAL_MS": "400",
    "RATE_LIMIT_MAX": "50",
    "RATE_LIMIT_WINDOW": "450",
    "RATE_LIMIT_USER_MAX": "3000",
    "SLACK_SIGNING_SECRET": SLACK_SECRET,
    "SOCKETIO_PING_INTERVAL": "12500",
    "SOCKETIO_PING_TIMEOUT": "30000",
    "LOG_FORMAT": "json",
}
"""Another value of each setting that shows over sockets, on the disk or in the log."""

UNSEEN: Final = {"MARKET_SEED": "7", "APPROVAL_PRICE_TOLERANCE": "0.5", "LOG_LEVEL": "debug"}
"""Others that are accepted here; what the tolerance does shows in the story of the contract."""


def test_the_help_has_every_setting() -> None:
    """Each with its flag, its variable and the default of the contract."""
    command = [sys.executable, "-m", "tradefloor", "serve", "--help"]
    text = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    for setting, default in SETTINGS.items():
        described = re.search(rf"{flag_of(setting)} (?:(?! --).)*?\[env var: {setting}(?:; default: ([^];]+))?", text)
        assert described is not None, setting
        if default is not None and setting != "CLIENT_URL":
            assert (setting, described[1].strip("()")) == (setting, default.removeprefix("./"))


async def test_the_defaults(tmp_path: Path) -> None:
    """Without a word the floor behaves as the contract says."""
    with ending(launch(tmp_path, "--port", "0", "--no-demo", env={})) as program:
        await check(program, SETTINGS, DEMO)
        secrets = [path for path in (tmp_path / "data").iterdir() if "secret" in path.name]
        assert [stat.S_IMODE(path.stat().st_mode) for path in secrets] == [0o600]
        assert program.stop() == 0


@pytest.mark.parametrize("way", ["variables", "flags"])
async def test_other_values(tmp_path: Path, way: str) -> None:
    """Each setting is taken, as a variable and as a flag, and does what it is for."""
    owner = {"email": email_of("owner"), "password": PASSWORD}
    add_by_command(tmp_path / OTHERS["DATABASE_PATH"], owner["email"], "admin")
    (slack,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with slack:
        webhook = f"http://127.0.0.1:{slack.socket.getsockname()[1]}/services/hook"
        values = {**OTHERS, **UNSEEN, "PORT": str(free_port()), "SLACK_WEBHOOK_URL": webhook}
        flags = [part for name, value in values.items() for part in (flag_of(name), value)]
        started = launch(tmp_path, env=values) if way == "variables" else launch(tmp_path, *flags, env={})
        with ending(started) as program:
            assert program.url.endswith(f":{values['PORT']}")
            await check(program, values, owner)
            await hear_of_approval(slack)
            assert program.stop() == 0
    elsewhere = {"METERING_GRPC_ADDRESS", "OVERSIGHT_GRPC_ADDRESS"}
    assert set(SETTINGS) - set(values) == elsewhere, "these two are in the story of the contract, and in test_grpc"


async def check(program: Program, values: Mapping[str, str | None], login: Mapping[str, str]) -> None:
    """Check that a floor behaves as these settings say."""
    assert urlsplit(program.url).hostname == values["HOST"]
    assert (program.folder / str(values["DATABASE_PATH"])).exists()
    lines = (program.folder / "log.txt").read_text().splitlines()
    assert {line.startswith("{") for line in lines} <= {values["LOG_FORMAT"] == "json"}
    async with httpx.AsyncClient(base_url=program.url, timeout=30) as stranger:
        await check_strangers(stranger, values)
    async with signed_in(program.url, login) as api:
        policy = (await api.client.get("/api/v1/auth/me")).headers["RateLimit-Policy"]
        assert policy == f'"user";q={values["RATE_LIMIT_USER_MAX"]};w=60'
        if values["JWT_SECRET"] is not None:
            jwt.decode(api.token, values["JWT_SECRET"], algorithms=["HS256"], options={"verify_aud": False})
        await check_oversight(api, values)
        await check_ticks(api, int(str(values["TICK_INTERVAL_MS"])))


async def check_strangers(stranger: httpx.AsyncClient, values: Mapping[str, str | None]) -> None:
    """Check what shows to whoever has not signed in."""
    development = (await stranger.post("/api/v1/auth/login", json=DEMO)).status_code == 200
    assert development == (values["TRADEFLOOR_ENV"] == "development")
    policy = (await stranger.get("/api/v1/auth/me")).headers["RateLimit-Policy"]
    assert policy == f'"ip";q={values["RATE_LIMIT_MAX"]};w={values["RATE_LIMIT_WINDOW"]}'
    for origin in (str(SETTINGS["CLIENT_URL"]), OTHERS["CLIENT_URL"]):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        preflight = await stranger.options("/api/v1/agents", headers=headers)
        assert ("Access-Control-Allow-Origin" in preflight.headers) == (origin == values["CLIENT_URL"])
    hello = orjson.loads((await stranger.get("/socket.io/?EIO=4&transport=polling")).text[1:])
    ping = str(hello["pingInterval"]), str(hello["pingTimeout"])
    assert ping == (values["SOCKETIO_PING_INTERVAL"], values["SOCKETIO_PING_TIMEOUT"])
    form = await stranger.post("/api/v1/integrations/slack/actions", **slack_form(str(stranger.base_url), 1))
    assert form.status_code == (401 if values["SLACK_SIGNING_SECRET"] is None else 200)


async def check_oversight(api: Api, values: Mapping[str, str | None]) -> None:
    """Check above what a trade is held, for how long, and below what the service approves by itself."""
    threshold, alone = (float(str(values[name])) for name in ("OVERSIGHT_THRESHOLD", "OVERSIGHT_AUTO_APPROVE_BELOW"))
    assert (await traded(api, 0.95 * threshold))["status"] == "completed"
    held = await traded(api, 1.05 * threshold)
    assert held["status"] == "pending_approval"
    request = await api.get(f"/oversight/requests/{held['approvalRequestId']}")
    begins, ends = (datetime.fromisoformat(request[name]) for name in ("createdAt", "expiresAt"))
    assert (ends - begins).total_seconds() == float(str(values["APPROVAL_TTL"]))

    waiting = await traded(api, 1.1 * alone, oversightThreshold=100)
    approved = await traded(api, 0.9 * alone, oversightThreshold=100)
    await eventually(lambda: is_decided(api, approved))
    assert not await is_decided(api, waiting)


async def check_ticks(api: Api, interval_ms: int) -> None:
    """Check how far apart the prices are, over some of them, as a busy machine may delay one."""
    async with socket(api, "market") as ws:
        moments = [datetime.fromisoformat((await ws.receive_type("market.update"))["timestamp"]) for _ in range(5)]
    mean_ms = (moments[-1] - moments[0]).total_seconds() * 1_000 / 4
    assert 0.75 * interval_ms < mean_ms < 2 * interval_ms


async def traded(api: Api, notional: float, **settings: object) -> Any:
    """Have a new agent buy for about so many dollars, and return the trade."""
    agent_id = (await api.made("/agents", NEW_AGENT | settings, 201))["agentId"]
    price = (await api.get("/market/prices/KO"))["price"]
    return await api.made(f"/agents/{agent_id}/trades", buy("KO", round(notional / price)))


async def is_decided(api: Api, trade: Mapping[str, Any]) -> bool:
    """Say whether the service has decided on a trade by itself."""
    request = await api.get(f"/oversight/requests/{trade['approvalRequestId']}")
    return bool(request["status"] == "approved" and request["decision"]["channel"] == "auto")


async def hear_of_approval(slack: trio.SocketListener) -> None:
    """Take what Slack is told of the trade that waits."""
    with trio.fail_after(20):
        async with await slack.accept() as stream:
            assert (await stream.receive_some()).startswith(b"POST /services/hook ")
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with create_server((OTHERS["HOST"], 0)) as server:
        return int(server.getsockname()[1])
