"""The floor and the gRPC services as programs of their own, and clients that know the contract by reflection only."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from socket import create_server
from typing import Any, Final

import grpc
import pytest
import trio
from attrs import frozen

from tests.conformance.grpc_reflection import reflected
from tests.e2e.program import Api, Program, eventually, running, signed_in, socket
from tests.e2e.services import ServicesProcess, services

pytestmark = pytest.mark.e2e

CERTIFICATES: Final = Path(__file__).parent.parent / "net" / "grpc" / "certificates"
NEW_AGENT: Final = {"name": "Remote", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
RELAY_S_MAX: Final = 1.0
"""By the contract, a decision taken in the service reaches the floor within a second."""


@frozen
class Apart:
    """A floor and the services it uses, each in a process of its own."""

    program: Program
    services: ServicesProcess


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """Start both once for the tests here."""
    folder = tmp_path_factory.mktemp("apart")
    with services(folder) as processes, running(folder, "--no-demo", env=processes.addresses) as program:
        yield Apart(program, processes)


@pytest.fixture
async def api(apart: Apart) -> AsyncIterator[Api]:
    """Sign in."""
    async with signed_in(apart.program.url) as api:
        yield api


def test_any_client_learns_the_contract_from_the_services(apart: Apart) -> None:
    """Reflection lists the services and their calls, and each service answers a call made from that alone."""
    with apart.services.clients() as (metering, oversight):
        standard = ["grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"]
        assert metering.services() == [*standard, "metering.MeteringService"]
        assert oversight.services() == [*standard, "oversight.OversightService"]
        assert metering.methods() == ["InitializeQuota", "CheckQuota", "IngestEvent", "IngestEvents", "GetUsage"]
        assert oversight.methods() == ["CreateRequest", "ApproveRequest", "GetRequestStatus", "WatchDecisions"]

        limits = {"api_calls": 5, "budget_micros": 7_000_000}
        metering.call("InitializeQuota", agent_id="agt_elsewhere", limits=limits)
        event = {"event_id": "evt_1", "agent_id": "agt_elsewhere", "type": "call", "api_calls": 2, "cost_micros": 10}
        batch = [event | {"timestamp": "2026-01-15T12:00:00Z"}]
        assert metering.call("IngestEvents", events=batch) == {"accepted": 1, "duplicates": 0}
        assert metering.call("IngestEvents", events=batch) == {"accepted": 0, "duplicates": 1}
        assert metering.call("GetUsage", agent_id="agt_elsewhere", period="2026-01")["total_calls"] == "2"

        with pytest.raises(grpc.RpcError) as caught:
            oversight.call("GetRequestStatus", request_id="ovr_nobody")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_decision_taken_in_the_service_executes_the_trade(apart: Apart, api: Api) -> None:
    """Within a second, and the sockets hear of it."""
    agent_id = await new_agent(api)
    async with socket(api, f"agent:{agent_id}") as ws:
        held = await api.made(f"/agents/{agent_id}/trades", buy("TSLA", 500))
        assert held["status"] == "pending_approval"
        with apart.services.clients() as (_, oversight):
            request_id = held["approvalRequestId"]
            await eventually(lambda: is_known(oversight, request_id))
            decided_at_s = trio.current_time()
            answer = oversight.call("ApproveRequest", request_id=request_id, decision=decision("APPROVED"))
            assert answer["status"] == "REQUEST_STATUS_APPROVED"
            executed = await ws.receive_type("trade.executed")
            delay_s = trio.current_time() - decided_at_s
    assert executed["data"]["tradeId"] == held["tradeId"]
    assert delay_s < RELAY_S_MAX
    request = await api.get(f"/oversight/requests/{request_id}")
    assert request["status"] == "approved"
    assert request["decision"]["approverName"] == "Olive Elsewhere"
    assert request["decision"]["channel"] == "oversight"


async def test_a_rejection_taken_in_the_service_frees_the_cash(apart: Apart, api: Api) -> None:
    """The other decision takes the same way."""
    agent_id = await new_agent(api)
    async with socket(api, f"agent:{agent_id}") as ws:
        held = await api.made(f"/agents/{agent_id}/trades", buy("TSLA", 500))
        with apart.services.clients() as (_, oversight):
            await eventually(lambda: is_known(oversight, held["approvalRequestId"]))
            oversight.call("ApproveRequest", request_id=held["approvalRequestId"], decision=decision("REJECTED"))
            await ws.receive_type("oversight.rejected")
    portfolio = (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]
    assert (portfolio["reserved"], portfolio["cash"]) == (0, 100_000)


async def test_the_service_approves_by_itself_where_little_is_at_stake(api: Api) -> None:
    """An agent with a low threshold is held below the service's limit, and let go without a human."""
    agent_id = await new_agent(api, oversightThreshold=1_000)
    async with socket(api, f"agent:{agent_id}") as ws:
        held = await api.made(f"/agents/{agent_id}/trades", buy("AAPL", 10))
        assert held["status"] == "pending_approval"
        await ws.receive_type("trade.executed")
    request = await api.get(f"/oversight/requests/{held['approvalRequestId']}")
    assert (request["status"], request["decision"]["channel"]) == ("approved", "auto")


async def test_the_correlation_id_of_a_request_reaches_the_services(apart: Apart, api: Api) -> None:
    """A log of the services can be searched for it."""
    agent_id = await new_agent(api)
    await api.made(f"/agents/{agent_id}/trades", buy("KO", 1), headers={"X-Correlation-ID": "trace-me-trade"})
    response = await api.client.get(
        f"/api/v1/metering/agents/{agent_id}/usage", headers={"X-Correlation-ID": "trace-me-usage"}
    )
    assert response.status_code == 200, response.text
    calls = {(line.get("correlation_id"), line["event"]) for line in apart.services.log}
    assert ("trace-me-trade", "call of /metering.MeteringService/CheckQuota") in calls
    assert ("trace-me-usage", "call of /metering.MeteringService/GetUsage") in calls


@pytest.mark.no_cover
async def test_tls_between_the_programs(tmp_path: Path) -> None:
    """Both sides show a certificate; the floor is ready, trades, and hears decisions."""
    env = {"GRPC_TLS_CA": str(CERTIFICATES / "ca.pem")} | tls_identity("server")
    with services(tmp_path, env=env) as processes:
        environment = processes.addresses | env | tls_identity("client")
        with running(tmp_path, "--no-demo", env=environment) as program:
            async with signed_in(program.url) as api:
                assert (await api.client.get("/health/ready")).json()["checks"]["grpc"] == "ok"
                agent_id = await new_agent(api, oversightThreshold=1_000)
                async with socket(api, f"agent:{agent_id}") as ws:
                    await api.made(f"/agents/{agent_id}/trades", buy("AAPL", 10))
                    await ws.receive_type("trade.executed")
            credentials = grpc.ssl_channel_credentials(
                *((CERTIFICATES / name).read_bytes() for name in ("ca.pem", "client.key", "client.pem"))
            )
            with reflected(processes.metering, "metering.MeteringService", credentials) as metering:
                assert metering.call("CheckQuota", agent_id=agent_id)["allowed"] is True
            assert program.stop() == 0
        assert processes.stop() == 0


def tls_identity(name: str) -> dict[str, str]:
    """Return the settings of a side's own certificate."""
    return {"GRPC_TLS_CERT": str(CERTIFICATES / f"{name}.pem"), "GRPC_TLS_KEY": str(CERTIFICATES / f"{name}.key")}


async def is_known(oversight: Any, request_id: str) -> bool:
    """Say whether a request has reached the service."""
    await trio.lowlevel.checkpoint()
    try:
        oversight.call("GetRequestStatus", request_id=request_id)
    except grpc.RpcError:
        return False
    return True


async def new_agent(api: Api, **settings: object) -> str:
    """Create an agent and return its id."""
    return str((await api.made("/agents", NEW_AGENT | settings, 201))["agentId"])


def buy(symbol: str, quantity: int) -> dict[str, object]:
    """Return the body of a market order to buy."""
    return {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market", "timeInForce": "day"}


def decision(result: str) -> dict[str, object]:
    """Return a decision as somebody takes it who speaks to the service itself."""
    return {
        "result": f"DECISION_RESULT_{result}",
        "approver_id": "usr_elsewhere",
        "approver_name": "Olive Elsewhere",
        "channel": "console",
        "reason": "looked at it",
        "timestamp": "2026-01-15T12:00:00Z",
    }


def test_services_whose_port_is_taken_say_what_to_do(tmp_path: Path) -> None:
    """In one line, without the library's advice on debugging it."""
    with create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ["-m", "tradefloor", "services", "--metering-port", port, "--data", str(tmp_path)]
        ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f"Error: cannot listen on 127.0.0.1:{port}: Failed to bind to address 127.0.0.1:{port}; choose others with "
        "--host, --metering-port and --oversight-port, or stop who listens there"
    )
