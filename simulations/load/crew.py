"""Who trades in a load: agents of one's own, spread over accounts, made beforehand and cleaned up afterwards.

The floor counts requests by user. Where one user may not ask as often as the load does, an admin's load is spread over
further accounts, traders named ``load-<n>@tradefloor.test``, which are shut out again at the end and used anew by the
next load.
"""

import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

import trio
from attrs import define, field, frozen

from simulations.load.http import Account, Allowance, FloorApi
from simulations.load.plan import Call, Plan
from simulations.load.refusal import LoadRefused

SETTING_UP_AT_ONCE: Final = 8
ACCOUNTS_MAX: Final = 50
HEADROOM: Final = 1.1
"""Windows of the floor's and the load's do not begin together, and its clock is another."""

REQUESTS_PER_AGENT: Final = 3
"""Made, given its first shares, deleted."""

CLEAN_UP_S_MAX: Final = 60.0
ItemT = TypeVar("ItemT")

SHARES_AT_FIRST: Final = 20
"""A sale may overtake the purchase before it; of so many in a row none finds the agent without shares."""


@frozen
class TradingAgent:
    """An agent of the load, and the account that it belongs to (by number)."""

    agent_id: str
    account: int


@define
class Crew:
    """The accounts and agents of a load. `symbol` is what they trade."""

    api: FloorApi
    admin: Account
    symbol: str
    accounts: list[Account] = field(factory=list)
    agents: list[TradingAgent] = field(factory=list)

    async def clean_up(self) -> str | None:
        """Delete the agents and shut the extra accounts out; return what was left behind, if anything."""
        left: list[str] = []
        with trio.move_on_after(CLEAN_UP_S_MAX) as scope:
            scope.shield = True
            await _side_by_side(lambda agent: self._delete(agent, left), self.agents)
            for account in self.extra_accounts:
                body = {"disabled": True}
                try:
                    await self.api.call("PATCH", f"/api/v1/users/{account.user_id}", self.admin, body)
                except LoadRefused as refusal:
                    left.append(f"{account.email} ({refusal})")
        if scope.cancelled_caught:
            return f"cleaning up took more than {CLEAN_UP_S_MAX:.0f} s; agents named Load ... are still there"
        return None if not left else f"{len(left)} agents or accounts are still there: {left[0]}"

    @property
    def extra_accounts(self) -> list[Account]:
        """The accounts that were made for the load."""
        return [account for account in self.accounts if account is not self.admin]

    async def _delete(self, agent: TradingAgent, left: list[str]) -> None:
        try:
            await self.api.call("DELETE", f"/api/v1/agents/{agent.agent_id}", self.accounts[agent.account])
        except LoadRefused as refusal:
            left.append(f"{agent.agent_id} ({refusal})")


def accounts_needed(plan: Plan, allowance: Allowance | None) -> int:
    """Return how many users have to share a load so that none of them asks more often than the floor lets them.

    Trades over a socket are counted by the socket; what sets the load up counts as if it fell into its window.
    """
    return 1 if allowance is None else max(1, math.ceil(_requests(plan, allowance.window_s) / allowance.requests))


async def muster(crew: Crew, plan: Plan, new_password: Callable[[], str]) -> float:
    """Fill a crew for a plan: accounts, and agents with some shares; return for how many seconds to wait then.

    Whoever has asked a lot just now, as in a load before, would soon be refused; a new window is waited for instead.
    Raises LoadRefused, and leaves what it has made; but before anything is made when the floor's limit leaves too
    little and there is no way around it.
    """
    allowance = await crew.api.allowance(crew.admin)
    needed = accounts_needed(plan, allowance)
    if allowance is not None and needed > 1 and (crew.admin.role != "admin" or needed > ACCOUNTS_MAX):
        raise LoadRefused(_too_often(plan, allowance, needed, crew.admin))
    if needed == 1:
        crew.accounts.append(crew.admin)
    else:
        for number in range(1, needed + 1):
            crew.accounts.append(await _account(crew, number, new_password()))
    await _side_by_side(lambda number: _agent(crew, number), range(plan.agents))
    return await _wait_s(crew, plan)


async def _wait_s(crew: Crew, plan: Plan) -> float:
    wait_s = 0
    for account in crew.accounts:
        allowance = await crew.api.allowance(account)
        if allowance is not None and allowance.left < _requests(plan, allowance.window_s) / len(crew.accounts):
            wait_s = max(wait_s, allowance.reset_s)
    return wait_s


def _requests(plan: Plan, window_s: int) -> float:
    """Return how many requests may fall into one window of the floor's."""
    over_http = plan.rate * (1 - plan.share(Call.SOCKETS)) * min(window_s, plan.seconds)
    return (over_http + plan.agents * REQUESTS_PER_AGENT) * HEADROOM


async def cheapest_symbol(api: FloorApi, account: Account) -> str:
    """Return the symbol whose share costs least, so that a budget lasts. Raises LoadRefused."""
    prices = (await api.call("GET", "/api/v1/market/prices", account))["items"]
    symbol: str = min(prices, key=lambda price: price["price"])["symbol"]
    return symbol


async def _account(crew: Crew, number: int, password: str) -> Account:
    email = f"load-{number}@tradefloor.test"
    body = {"email": email, "role": "trader", "password": password}
    response = await crew.api.send("POST", "/api/v1/users", crew.admin, body)
    if response.status_code == 409:
        people = (await crew.api.call("GET", "/api/v1/users", crew.admin))["items"]
        user_id = next(person["userId"] for person in people if person["email"] == email)
        changes = {"password": password, "disabled": False, "role": "trader"}
        await crew.api.call("PATCH", f"/api/v1/users/{user_id}", crew.admin, changes)
    elif not response.is_success:
        await crew.api.call("POST", "/api/v1/users", crew.admin, body)
    return await crew.api.sign_in(email, password)


async def _agent(crew: Crew, number: int) -> None:
    index = number % len(crew.accounts)
    made = await crew.api.call("POST", "/api/v1/agents", crew.accounts[index], _new_agent(number))
    agent = TradingAgent(made["agentId"], index)
    crew.agents.append(agent)
    order = market_order(crew.symbol, SHARES_AT_FIRST, is_sale=False)
    await crew.api.call("POST", f"/api/v1/agents/{agent.agent_id}/trades", crew.accounts[index], order)


def market_order(symbol: str, quantity: int, *, is_sale: bool) -> dict[str, object]:
    """Return the body of an order at the price of now."""
    action = "sell" if is_sale else "buy"
    return {"symbol": symbol, "action": action, "quantity": quantity, "orderType": "market", "timeInForce": "day"}


def _new_agent(number: int) -> dict[str, Any]:
    return {
        "name": f"Load {number}",
        "strategy": "custom",
        "initialBudget": 100_000,
        "riskTolerance": 5,
        "quotaConfig": {"apiCalls": 100_000, "budgetPerMonth": 100_000},
        # No trade of a load is for people to decide.
        "oversightThreshold": 100_000,
    }


def _too_often(plan: Plan, allowance: Allowance, needed: int, who: Account) -> str:
    flag = f"start it with --rate-limit-user-max {math.ceil(plan.rate * 60 * HEADROOM + plan.agents * 4)} or more"
    granted = f"the floor lets one user ask {allowance.requests:,} times in {allowance.window_s} s"
    asked = f"{granted}, and this load asks more often"
    if who.role != "admin":
        return f"{asked}: {flag}, or sign in as an admin, whose load is spread over {needed} accounts"
    return f"{asked} than {ACCOUNTS_MAX} accounts may together: {flag}, or lower --rate"


async def _side_by_side(work: Callable[[ItemT], Awaitable[None]], items: Iterable[ItemT]) -> None:
    """Work on all items, a few at a time; the first that fails ends it."""
    left = iter(list(items))

    async def worker() -> None:
        for item in left:
            await work(item)

    async with trio.open_nursery() as nursery:
        for _ in range(SETTING_UP_AT_ONCE):
            nursery.start_soon(worker)
