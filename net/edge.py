"""What the edge is built from; the composition root hands it in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import trio
from attrs import field, frozen

from actors.ports.clock import Clock, Ids
from actors.ports.history import History
from actors.ports.people import People
from actors.simulating.desk import Simulations
from actors.views import FloorViews
from net.metrics.requests import HttpMeter, Source
from net.slack.signatures import SlackSignatures
from supervisor import ActorRef, Control

SECRET_BYTES_MIN = 32
"""RFC 7518 section 3.2: a key for HS256 has at least the size of the hash."""

Check = Callable[[], Awaitable[None]]
"""A check of readiness: returns when all is well, raises what is wrong."""


class Actors(Protocol):
    """What the edge needs of the actor system: the address of an actor by its path, and the operator's verbs."""

    @property
    def control(self) -> Control:
        """Return the verbs."""
        ...

    def ref(self, path: str) -> ActorRef:
        """Return the ref of the actor at `path`."""
        ...


def _strong(_settings: object, _attribute: object, secret: bytes) -> None:
    if len(secret) < SECRET_BYTES_MIN:
        raise ValueError(f"the secret that signs tokens has {len(secret)} bytes, at least {SECRET_BYTES_MIN}")


@frozen
class AuthSettings:
    """How people are recognised; argon2id's costs are the second choice of RFC 9106."""

    jwt_secret: bytes = field(validator=_strong, repr=False)
    access_ttl_s: int = 3600
    refresh_ttl_s: int = 30 * 86_400
    argon2_passes: int = 3
    argon2_memory_kib: int = 65_536
    argon2_lanes: int = 4


@frozen
class EdgeSettings:
    """The edge's limits and names. `client_origins` are the browsers' origins that may call with credentials."""

    version: str
    client_origins: tuple[str, ...] = ()
    rate_limit_max: int = 100
    rate_limit_window_s: int = 900
    rate_limit_user_max: int = 6000
    """A minute, for each user with a valid token."""
    trusted_proxies: int = 0
    """So many proxies stand in front, and each adds to X-Forwarded-For whom it was asked by."""
    ask_timeout_s: float = 10.0
    public_webhooks_only: bool = True
    """Webhooks go to public addresses by HTTPS alone, as befits production."""


@frozen
class Edge:
    """Everything that HTTP and the sockets work with.

    `entropy` returns so many unguessable bytes. `checks` are those of /health/ready, by the names it shows: `database`,
    `grpc`, `market`. `slack` checks what Slack sends.
    """

    system: Actors
    views: FloorViews
    history: History
    people: People
    clock: Clock
    ids: Ids
    entropy: Callable[[int], bytes] = field(repr=False)
    auth: AuthSettings
    settings: EdgeSettings
    checks: Mapping[str, Check]
    slack: SlackSignatures = field(factory=SlackSignatures)
    meter: HttpMeter = field(factory=HttpMeter)
    metrics: tuple[Source, ...] = ()
    """What else a scrape of the metrics asks."""
    closing: trio.Event = field(factory=trio.Event)
    """Set when the floor begins to stop: answers without an end of their own end then."""
    limiters: Mapping[str, trio.CapacityLimiter] = field(factory=dict)
    """The limits on threads that operators look at, by name."""
    simulations: Simulations | None = None
    """None where none are run."""
