"""The matrix of authorization: what each operation answers to whom, and what it is asked about."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import trio
from attrs import define, field, frozen

from net.slack.signatures import sign
from net.wire.scalars import parse_timestamp
from tests.e2e.people import NEW_AGENT, PASSWORD, Caller, Callers, login_of, sign_in
from tests.e2e.program import eventually

SLACK_SECRET: Final = "the secret that Slack shares with the floor"
SIMULATIONS: Final = "/admin/v1/simulations"
SIMULATION: Final = {"scenario": "quickstart", "agents": 6, "days": 0.1}
SIMULATION_S_MAX: Final = 120
OK: Final = 200
"""Stands for the success status that the document has for the operation."""

Row = tuple[int, ...]
#                 nobody viewer trader other approver admin key other_key disabled
OPEN: Final[Row] = (OK, OK, OK, OK, OK, OK, OK, OK, OK)
SIGNED_IN: Final[Row] = (401, OK, OK, OK, OK, OK, OK, OK, 401)
PERSON: Final[Row] = (401, OK, OK, OK, OK, OK, 403, 403, 401)
READ: Final[Row] = (401, 404, OK, 404, 404, OK, OK, 404, 401)
CHANGE: Final[Row] = (401, 403, OK, 404, 404, OK, 403, 403, 401)
TRADE: Final[Row] = (401, 403, OK, 404, 404, OK, OK, 404, 401)
REVIEW: Final[Row] = (401, 404, OK, 404, OK, OK, OK, 404, 401)
DECIDE: Final[Row] = (401, 403, 403, 403, OK, OK, 403, 403, 401)
CREATE: Final[Row] = (401, 403, OK, OK, OK, OK, 403, 403, 401)
ADMIN: Final[Row] = (401, 403, 403, 403, 403, OK, 403, 403, 401)


@frozen
class Request:
    """The parts of a path, and what else is sent; `subject` is the agent that it is about."""

    parts: Mapping[str, str] = field(factory=dict)
    options: Mapping[str, Any] = field(factory=dict)
    subject: str | None = None
    credential: str | None = None
    """Shown instead of the caller's, where the request uses it up."""


@define
class Things:
    """Makes what a request is about, new wherever a request would change it."""

    url: str
    callers: Callers
    _numbers: Iterator[int] = field(factory=count)
    _request_id: str | None = None
    _user_id: str | None = None

    def nothing(self, _caller: Caller) -> Request:
        """Ask without a part of the path or a body."""
        return Request()

    def agent(self, _caller: Caller) -> Request:
        """Look at the agent."""
        return self._of_agent(self.callers.agent_id)

    def new_agent(self, _caller: Caller) -> Request:
        """Change an agent that nothing else is about."""
        return self._of_agent(self._new_agent())

    def patched_agent(self, _caller: Caller) -> Request:
        """Change an agent's name."""
        return self._of_agent(self._new_agent(), json={"name": "Renamed"})

    def active_agent(self, _caller: Caller) -> Request:
        """Let an agent rest that trades by itself."""
        agent_id = self._new_agent()
        self._trader.made(f"/agents/{agent_id}/resume", {}, 200)
        return self._of_agent(agent_id)

    def agent_body(self, _caller: Caller) -> Request:
        """Make an agent."""
        return Request(options={"json": NEW_AGENT})

    def alerts(self, _caller: Caller) -> Request:
        """Choose other alerts."""
        return self._of_agent(self._new_agent(), json={"thresholds": {"drawdown": 20}})

    def order(self, _caller: Caller) -> Request:
        """Trade."""
        return self._of_agent(self.callers.agent_id, json=buy("KO", 1))

    def trade(self, _caller: Caller) -> Request:
        """Look at a trade."""
        trade = self._trader.made(f"/agents/{self.callers.agent_id}/trades", buy("KO", 1), 200)
        return self._of_agent(self.callers.agent_id, tradeId=trade["tradeId"])

    def resting_trade(self, _caller: Caller) -> Request:
        """Cancel a trade that rests."""
        order = buy("KO", 1) | {"orderType": "limit", "limitPrice": 1}
        trade = self._trader.made(f"/agents/{self.callers.agent_id}/trades", order, 200)
        assert trade["status"] == "pending"
        return self._of_agent(self.callers.agent_id, tradeId=trade["tradeId"])

    def key_body(self, _caller: Caller) -> Request:
        """Make a key."""
        return self._of_agent(self.callers.agent_id, json={"name": "another"})

    def key(self, _caller: Caller) -> Request:
        """Revoke a key."""
        key = self._trader.made(f"/agents/{self.callers.agent_id}/keys", {"name": "short-lived"})
        return self._of_agent(self.callers.agent_id, keyId=key["keyId"])

    def request(self, _caller: Caller) -> Request:
        """Look at a request for approval, of the agent whose key there is."""
        self._request_id = self._request_id or self._held(self.callers.agent_id)
        return Request({"requestId": self._request_id}, subject=self.callers.agent_id)

    def undecided(self, _caller: Caller, body: Mapping[str, str] | None = None) -> Request:
        """Decide on a request that nobody has decided on."""
        agent_id = self._new_agent()
        return Request({"requestId": self._held(agent_id)}, {"json": body or {}}, agent_id)

    def decision(self, caller: Caller) -> Request:
        """Decide with the decision in the body."""
        return self.undecided(caller, {"decision": "rejected"})

    def usage_event(self, _caller: Caller) -> Request:
        """Count usage."""
        body = {"eventId": f"evt_matrix_{next(self._numbers)}", "agentId": self.callers.agent_id, "type": "report"}
        return Request({}, {"json": body}, self.callers.agent_id)

    def symbol(self, _caller: Caller) -> Request:
        """Look at a symbol."""
        return Request({"symbol": "AAPL"})

    def user_body(self, _caller: Caller) -> Request:
        """Add a person."""
        email = f"added{next(self._numbers)}@example.com"
        return Request(options={"json": {"email": email, "role": "viewer", "password": PASSWORD}})

    def user(self, caller: Caller) -> Request:
        """Change a person, to what they are already after the first time."""
        if self._user_id is None:
            body = self.user_body(caller).options["json"]
            self._user_id = self.callers["admin"].made("/users", body)["userId"]
        return Request({"userId": self._user_id}, {"json": {"role": "trader"}})

    def login(self, _caller: Caller) -> Request:
        """Sign in."""
        return Request(options={"json": login_of("trader")})

    def refresh_token(self, _caller: Caller) -> Request:
        """Prolong a sign-in."""
        return Request(options={"json": {"refreshToken": sign_in(self.url, login_of("trader"))["refreshToken"]}})

    def own_session(self, caller: Caller) -> Request:
        """End a sign-in of the caller's."""
        if caller.name in {"nobody", "disabled", "key", "other_key"}:
            return Request()
        return Request(credential=sign_in(self.url, login_of(caller.name))["token"])

    def event(self, _caller: Caller) -> Request:
        """Look at the first event of the log."""
        return Request({"eventSeq": "1"})

    def actor(self, _caller: Caller) -> Request:
        """Look at an actor."""
        return Request(options={"params": {"path": f"/agents/{self.callers.agent_id}/agent"}})

    def one_window(self, _caller: Caller) -> Request:
        """Look at what actors do, for a short time."""
        return Request(options={"params": {"windows": 1, "intervalMs": 200}})

    def traced_actor(self, caller: Caller) -> Request:
        """Trace an actor, for no longer than a second."""
        return Request(options={"params": {**self.actor(caller).options["params"], "seconds": 1}})

    def controlled_actor(self, _caller: Caller) -> Request:
        """Control an actor that nothing else is about."""
        agent_id = self._new_agent()
        return Request({}, {"json": {"path": f"/agents/{agent_id}/agent", "reason": "matrix"}}, agent_id)

    def simulation_body(self, _caller: Caller) -> Request:
        """Start a simulation."""
        return Request(options={"json": SIMULATION})

    def simulation(self, _caller: Caller) -> Request:
        """Look at a simulation that has ended."""
        return Request({"simulationId": self._simulation_id})

    def simulations(self, _caller: Caller) -> Request:
        """Compare a simulation with itself."""
        return Request(options={"params": {"ids": f"{self._simulation_id},{self._simulation_id}"}})

    def running_simulation(self, caller: Caller) -> Request:
        """Cancel a simulation. Each takes a processor, so one is started only for who may end it."""
        if caller.name != "admin":
            return self.simulation(caller)
        started = caller.http.post(SIMULATIONS, json={**SIMULATION, "days": 1_000}).raise_for_status()
        return Request({"simulationId": started.json()["simulationId"]})

    def cancelled_simulation(self, caller: Caller) -> Request:
        """Remove a simulation that was cancelled."""
        request = self.running_simulation(caller)
        if caller.name == "admin":
            simulation_id = request.parts["simulationId"]
            caller.http.post(f"{SIMULATIONS}/{simulation_id}/cancel").raise_for_status()
            self._wait_for(simulation_id)
        return request

    def slack_form(self, _caller: Caller) -> Request:
        """Tell, as Slack does, of a button that is none of ours."""
        return Request(options=slack_form(self.url, next(self._numbers)))

    @cached_property
    def _simulation_id(self) -> str:
        """A simulation that has ended with a report."""
        started = self.callers["admin"].http.post(SIMULATIONS, json=SIMULATION).raise_for_status()
        return self._wait_for(started.json()["simulationId"])

    def _wait_for(self, simulation_id: str) -> str:
        """Wait until a simulation has ended, and return its id."""

        async def has_ended() -> bool:
            shown = self.callers["admin"].http.get(f"{SIMULATIONS}/{simulation_id}").raise_for_status().json()
            return shown["endedAt"] is not None

        trio.run(eventually, has_ended, SIMULATION_S_MAX)
        return simulation_id

    @property
    def _trader(self) -> Caller:
        return self.callers["trader"]

    def _new_agent(self) -> str:
        return str(self._trader.made("/agents", NEW_AGENT)["agentId"])

    def _held(self, agent_id: str) -> str:
        return str(self._trader.made(f"/agents/{agent_id}/trades", buy("TSLA", 500), 200)["approvalRequestId"])

    def _of_agent(self, agent_id: str, json: object = None, **parts: str) -> Request:
        options = {} if json is None else {"json": json}
        return Request({"agentId": agent_id, **parts}, options, agent_id)


def buy(symbol: str, quantity: int) -> dict[str, object]:
    """Return the body of a market order to buy."""
    return {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market", "timeInForce": "day"}


def slack_form(url: str, number: int) -> dict[str, Any]:
    """Return what Slack sends when a button is pressed that is none of ours; no two numbers are signed alike."""
    body = urlencode({"payload": f'{{"type":"other","number":{number}}}'}).encode()
    at_s = str(parse_timestamp(httpx.get(f"{url}/health/live").json()["timestamp"]) // 1_000_000)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at_s,
        "X-Slack-Signature": sign(SLACK_SECRET.encode(), at_s, body),
    }
    return {"content": body, "headers": headers}


Make = Callable[[Things, Caller], Request]

EXPECTED: Final[Mapping[str, tuple[Row, Make]]] = {
    "signIn": (OPEN, Things.login),
    "refresh": (OPEN, Things.refresh_token),
    "signOut": (PERSON, Things.own_session),
    "whoAmI": (PERSON, Things.nothing),
    "listUsers": (ADMIN, Things.nothing),
    "addUser": (ADMIN, Things.user_body),
    "changeUser": (ADMIN, Things.user),
    "createAgent": (CREATE, Things.agent_body),
    "listAgents": (SIGNED_IN, Things.nothing),
    "getAgent": (READ, Things.agent),
    "changeAgent": (CHANGE, Things.patched_agent),
    "deleteAgent": (CHANGE, Things.new_agent),
    "pauseAgent": (CHANGE, Things.active_agent),
    "resumeAgent": (CHANGE, Things.new_agent),
    "stopAgent": (CHANGE, Things.new_agent),
    "getPortfolio": (READ, Things.agent),
    "getPortfolioHistory": (READ, Things.agent),
    "getPerformance": (READ, Things.agent),
    "getAlerts": (READ, Things.agent),
    "putAlerts": (CHANGE, Things.alerts),
    "submitTrade": (TRADE, Things.order),
    "listTrades": (READ, Things.agent),
    "getTrade": (READ, Things.trade),
    "cancelTrade": (TRADE, Things.resting_trade),
    "getUsage": (READ, Things.agent),
    "listEvents": (READ, Things.agent),
    "createKey": (CHANGE, Things.key_body),
    "listKeys": (CHANGE, Things.agent),
    "revokeKey": (CHANGE, Things.key),
    "listRequests": (SIGNED_IN, Things.nothing),
    "getRequest": (REVIEW, Things.request),
    "decide": (DECIDE, Things.decision),
    "approve": (DECIDE, Things.undecided),
    "reject": (DECIDE, Things.undecided),
    "getMeteredUsage": (READ, Things.agent),
    "getMeteredQuota": (READ, Things.agent),
    "ingestUsage": (CHANGE, Things.usage_event),
    "listPrices": (SIGNED_IN, Things.nothing),
    "getPrice": (SIGNED_IN, Things.symbol),
    "getPriceHistory": (SIGNED_IN, Things.symbol),
    "listAudit": (ADMIN, Things.nothing),
    "slackAction": (OPEN, Things.slack_form),
    "listActors": (ADMIN, Things.nothing),
    "watchActors": (ADMIN, Things.one_window),
    "getActorTree": (ADMIN, Things.nothing),
    "inspectActor": (ADMIN, Things.actor),
    "pauseActors": (ADMIN, Things.controlled_actor),
    "resumeActors": (ADMIN, Things.controlled_actor),
    "stopActors": (ADMIN, Things.controlled_actor),
    "restartActors": (ADMIN, Things.controlled_actor),
    "traceActors": (ADMIN, Things.traced_actor),
    "getActorStats": (ADMIN, Things.nothing),
    "listWaits": (ADMIN, Things.nothing),
    "listDeadLetters": (ADMIN, Things.nothing),
    "listThreads": (ADMIN, Things.nothing),
    "listScenarios": (ADMIN, Things.nothing),
    "startSimulation": (ADMIN, Things.simulation_body),
    "listSimulations": (ADMIN, Things.nothing),
    "compareSimulations": (ADMIN, Things.simulations),
    "getSimulation": (ADMIN, Things.simulation),
    "cancelSimulation": (ADMIN, Things.running_simulation),
    "removeSimulation": (ADMIN, Things.cancelled_simulation),
    "getSimulationReport": (ADMIN, Things.simulation),
    "listStacks": (ADMIN, Things.nothing),
    "tailEvents": (ADMIN, Things.nothing),
    "getEvent": (ADMIN, Things.event),
    "comparePortfolio": (ADMIN, Things.actor),
    "live": (OPEN, Things.nothing),
    "ready": (OPEN, Things.nothing),
    "getMetrics": (OPEN, Things.nothing),
    "getVersion": (OPEN, Things.nothing),
    "getDocument": (OPEN, Things.nothing),
    "getSocketDocument": (OPEN, Things.nothing),
    "getReference": (OPEN, Things.nothing),
}
"""What each operation answers to whom, and what it is asked, by its id in the document."""
