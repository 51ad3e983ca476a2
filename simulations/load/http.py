"""The floor's HTTP API as the load generator uses it: httpx on trio, and every answer judged."""

from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
import trio
from attrs import frozen

from simulations.load.refusal import LoadRefused
from simulations.load.tally import Failure

TIMEOUT: Final = "no answer in time"
CONNECTION: Final = "connection"


WAIT_S_MAX: Final = 60.0
"""A preparation that the floor asks to come again later waits so long at most."""


@frozen
class Allowance:
    """How many requests the floor grants a user in a window of time, how many are left, and when that is over."""

    requests: int
    window_s: int
    left: int
    reset_s: int


@frozen
class Account:
    """Somebody who is signed in: a row of their own in the floor's count of requests."""

    user_id: str
    email: str
    role: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What each of their requests carries."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


class FloorApi:
    """One floor over HTTP, on so many kept connections at most."""

    def __init__(self, url: str, connections: int, timeout_s: float) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._transport = httpx.AsyncHTTPTransport(limits=limits)
        # The pool looks at every request that waits for a connection whenever one comes free: wait before it instead.
        self._connections = trio.CapacityLimiter(connections)
        self._timeout_s = timeout_s
        self.client = httpx.AsyncClient(base_url=url, transport=self._transport, timeout=timeout_s)
        self.url = url

    async def sign_in(self, email: str, password: str) -> Account:
        """Sign in. Raises LoadRefused."""
        body = await self.call("POST", "/api/v1/auth/login", None, {"email": email, "password": password})
        return Account(body["user"]["userId"], email, body["user"]["role"], body["token"])

    async def allowance(self, account: Account) -> Allowance | None:
        """Return what the floor grants a user, by its own words; None when it says nothing. Raises LoadRefused."""
        response = await self.send("GET", "/api/v1/auth/me", account)
        return parse_allowance(response.headers.get("ratelimit-policy", ""), response.headers.get("ratelimit", ""))

    async def processor_s(self) -> float | None:
        """Return the processor time that the floor has used so far, None when it does not tell."""
        try:
            response = await self.client.get("/metrics")
        except httpx.HTTPError:
            return None
        for line in response.text.splitlines() if response.status_code == 200 else ():
            if line.startswith("process_cpu_seconds_total "):
                return float(line.split()[1])
        return None

    async def call(self, method: str, path: str, account: Account | None, body: object = None) -> Any:
        """Send a request that prepares or ends a load, and return its JSON, if any. Raises LoadRefused."""
        response = await self.send(method, path, account, body)
        if response.status_code == 429 and 0 < _retry_after_s(response) <= WAIT_S_MAX:
            await trio.sleep(_retry_after_s(response))
            response = await self.send(method, path, account, body)
        failure = judged(response)
        if failure is not None:
            raise LoadRefused(f"{method} {path}: {failure.detail}{_advice(response)}")
        return orjson.loads(response.content) if response.content else None

    async def send(self, method: str, path: str, account: Account | None, body: object = None) -> httpx.Response:
        """Send a request and return whatever is answered. Raises LoadRefused when nothing is."""
        headers = {"Content-Type": "application/json"} if account is None else account.headers
        content = None if body is None else orjson.dumps(body)
        try:
            return await self.client.request(method, path, headers=headers, content=content)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise LoadRefused(f"{self.url} does not answer ({said}); is the floor up there?") from error

    def prepared(self, method: str, path: str, account: Account, content: bytes | None = None) -> httpx.Request:
        """Return a request that may be fired any number of times."""
        return self.client.build_request(method, path, headers=account.headers, content=content)

    async def fire(self, request: httpx.Request) -> Failure | None:
        """Send one request of the load, and return what was wrong with its answer, if anything.

        It goes to httpx's transport itself: what a client does around that (cookies, redirects, URLs put together)
        would double the generator's work.
        """
        with trio.move_on_after(self._timeout_s):
            try:
                async with self._connections:
                    response = await self._transport.handle_async_request(request)
                    try:
                        await response.aread()
                    finally:
                        await response.aclose()
            except httpx.HTTPError as error:
                return Failure(f"{CONNECTION}: {type(error).__name__}", str(error) or repr(error))
            return judged(response)
        return Failure(TIMEOUT, f"none within {self._timeout_s:g} s")


def judged(response: httpx.Response) -> Failure | None:
    """Return what is wrong with an answer: a problem document's title and detail, or its status alone."""
    if response.is_success:
        return None
    status = response.status_code
    try:
        problem = orjson.loads(response.content)
        return Failure(f"{status} {problem['title']}", str(problem["detail"]))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Failure(str(status), f"{status} {response.reason_phrase}: {response.text[:100]!r}")


def parse_allowance(policy: str, standing: str) -> Allowance | None:
    """Return what fields such as `"user";q=6000;w=60` and `"user";r=5999;t=60` grant; None for anything else."""
    parts = [part.strip().partition("=") for part in (*policy.split(";")[1:], *standing.split(";")[1:])]
    values = {name: int(value) for name, _, value in parts if value.isascii() and value.isdigit()}
    if set(values) < {"q", "w", "r", "t"} or not (values["q"] and values["w"]):
        return None
    return Allowance(values["q"], values["w"], values["r"], values["t"])


def parse_target(url: str) -> str:
    """Return the root of a floor's URL. Raises LoadRefused for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise LoadRefused(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise LoadRefused(f"{url!r} is no URL of a floor such as http://127.0.0.1:3000")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def _retry_after_s(response: httpx.Response) -> int:
    after = response.headers.get("retry-after", "")
    return int(after) if after.isascii() and after.isdigit() else 0


def _advice(response: httpx.Response) -> str:
    if response.status_code == 401:
        return "; say who you are with --email and --password (or LOAD_EMAIL and LOAD_PASSWORD)"
    if response.status_code == 429:
        wait = response.headers.get("retry-after", "some")
        return f"; wait {wait} s, or start the floor with a higher --rate-limit-max and --rate-limit-user-max"
    return ""
