"""The way from a command to a running floor: its Unix socket on this machine, or a URL with a token.

Exit statuses: 1 the floor refused, 2 the command was used wrongly, 3 no floor was reached.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import httpx
from attrs import frozen

from tradefloor.places import SOCKET_NAME

TIMEOUT_S: Final = 30.0
REFUSED: Final = 1
NOT_REACHED: Final = 3
ACTORS: Final = "/admin/v1/actors"
API: Final = "/api/v1"
READY: Final = "/health/ready"
"""Answers 503 when something is missing, and names it: an answer all the same."""


class Refused(click.ClickException):
    """The floor answered that it will not do what was asked, and why."""

    exit_code = REFUSED


class NotThere(Refused):
    """Nothing is where the floor was asked to look."""


class NotReached(click.ClickException):
    """No floor answered."""

    exit_code = NOT_REACHED


@frozen
class Place:
    """Where the floor is: at a URL with a token, or without one beside this database."""

    url: str | None
    token: str | None
    database: Path

    @property
    def socket(self) -> Path:
        """The local operator's door."""
        return self.database.absolute().parent / SOCKET_NAME

    @property
    def base_url(self) -> str:
        """What a path is added to; behind the local door the name of the host says nothing."""
        return self.url or "http://floor"

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.url and self.token else {}

    def __str__(self) -> str:
        return self.url or str(self.socket)


class Connection:
    """Asks one floor. Every method raises Refused and NotReached."""

    def __init__(self, http: httpx.Client, place: Place) -> None:
        self._http = http
        self._place = place

    def get(self, path: str, /, **query: object) -> Any:
        """Return the JSON document at a path."""
        return self._json("GET", path, params=wire(query))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """POST a JSON body, and return the answer's."""
        return self._json("POST", path, json=body or {})

    def delete(self, path: str) -> None:
        """Delete what is at a path."""
        self._json("DELETE", path)

    @contextmanager
    def lines(self, path: str, /, **query: object) -> Iterator[Iterator[str]]:
        """Yield the lines of a document that goes on; leaving the block ends it."""
        with answering(self._place), self._http.stream("GET", path, params=wire(query), timeout=None) as response:
            if response.is_error:
                response.read()
                document(response)
            yield response.iter_lines()

    def _json(self, method: str, path: str, **request: Any) -> Any:
        with answering(self._place):
            response = self._http.request(method, path, **request)
        return document(response)


@contextmanager
def connected(place: Place) -> Iterator[Connection]:
    """Yield a connection to a floor, which is tried with the first request. Raises NotReached."""
    if place.url is None and not place.socket.is_socket():
        raise NotReached(_no_floor(place))
    transport = None if place.url else httpx.HTTPTransport(uds=str(place.socket))
    with httpx.Client(base_url=place.base_url, headers=place.headers, transport=transport, timeout=TIMEOUT_S) as http:
        yield Connection(http, place)


@contextmanager
def answering(place: Place) -> Iterator[None]:
    """Raise NotReached, with what to do about it, where an answer does not come."""
    try:
        yield
    except httpx.TransportError as error:
        raise NotReached(way_out(place, error)) from error


def stopped(place: Place) -> NotReached:
    """Return what to say when an answer without an end of its own has ended."""
    return NotReached(f"the floor at {place} stops, or what was watched is gone; tradefloor summary says which")


def document(response: httpx.Response) -> Any:
    """Return the JSON document of an answer, None for an empty one. Raises Refused, NotThere."""
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and response.url.path == READY:
        return response.json()
    if response.status_code == httpx.codes.NOT_FOUND:
        raise NotThere(_reason(response))
    if response.is_error:
        raise Refused(_reason(response))
    return response.json() if response.content else None


def wire(query: Mapping[str, object]) -> dict[str, Any]:
    """Return the parameters that are given, under their names on the wire."""
    names = {name: name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:]) for name in query}
    return {names[name]: value for name, value in query.items() if value is not None}


def _reason(response: httpx.Response) -> str:
    """Return what a problem document says, with every field at fault."""
    try:
        problem = response.json()
        errors = problem.get("errors") or ()
        told = [problem["title"] if errors else f"{problem['title']}: {problem['detail']}"]
        told += [f"  {error['field']} {error['message']}" for error in errors]
    except (ValueError, KeyError, TypeError):
        return f"the floor answered {response.status_code}; is this the address of a Tradefloor?"
    return "\n".join(told)


def way_out(place: Place, error: httpx.TransportError) -> str:
    """Say that nobody answers, and what to do about it."""
    if isinstance(error, httpx.TimeoutException):
        return f"the floor at {place} did not answer within {TIMEOUT_S:.0f} s; its log says what keeps it busy"
    if not isinstance(error, httpx.ConnectError):
        return f"the connection to {place} broke before the answer; what was asked may be done: see tradefloor summary"
    if place.url is not None:
        return f"no floor answers at {place.url} ({error}); see that it runs, and that --url is right"
    return f"no floor answers at {place}: it is starting just now, or was killed; then start it with: tradefloor serve"


def _no_floor(place: Place) -> str:
    return (
        f"no floor runs with the data in {place.database.absolute().parent}; start one with: tradefloor serve, name "
        "its database with --database-path, or one elsewhere with --url and --token"
    )
