"""Unary calls from trio: in worker threads, with a deadline, behind a circuit breaker, under a correlation id."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar

import grpc
import trio
from attrs import Factory, frozen
from grpc_health.v1 import health_pb2, health_pb2_grpc

from net.grpc import breaker
from net.grpc.breaker import BreakerPolicy
from net.grpc.channel import CORRELATION_KEY
from net.metrics.requests import Histogram

Request = TypeVar("Request")
Response = TypeVar("Response")

_log = logging.getLogger(__name__)

_ANSWERS = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
"""The errors by which a working service answers; every other one counts as an outage."""

_ELSEWHERE_AGAIN_S = 5.0
"""How soon to ask again who answers UNIMPLEMENTED: another service has the address, or a proxy that does not know ours
yet (gRPC makes that of HTTP's 404). Nothing may be given up because of that."""

_QUEUE_GRACE_S = 0.5
"""What a call may take beyond its deadline, so that gRPC's own verdict comes first where the call did go out."""


def no_correlation_id() -> str | None:
    """Return None: calls carry no correlation id."""
    return None


Metadata = tuple[tuple[str, str], ...]


@contextmanager
def no_trace(_method: str) -> Iterator[Metadata]:
    """Make a call that nobody traces."""
    yield ()


@frozen
class CallSettings:
    """How calls are made."""

    deadline_s: float = 2.0
    """For a call, with its retries and its wait for a worker thread."""
    threads_max: int = 8
    """Calls in flight at once: as many as a service of ours serves at once."""
    breaker: BreakerPolicy = Factory(BreakerPolicy)


class Outage(Exception):
    """A call found no working service, or was not made because the last ones found none."""

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Unimplemented(Outage):
    """Whoever answered does not know the call."""


class Link:
    """A channel and the way its calls are made. Belongs to one trio run; not for use from other threads."""

    def __init__(
        self,
        channel: grpc.Channel,
        settings: CallSettings,
        correlation_id: Callable[[], str | None] = no_correlation_id,
        traced: Callable[[str], AbstractContextManager[Metadata]] = no_trace,
    ) -> None:
        """Take over the channel, and ask ``correlation_id`` at each call, in the task that makes it.

        Each call happens within ``traced``, of its method, which says what metadata goes along.
        """
        self.channel = channel
        self._settings = settings
        self._correlation_id = correlation_id
        self._traced = traced
        self._limiter = trio.CapacityLimiter(settings.threads_max)
        self._breaker: breaker.State = breaker.Closed()
        self._closed = False
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Calls by method and by what became of them: `ok`, a status of gRPC, `timeout`, `not_sent`."""
        self.durations: dict[str, Histogram] = {}
        """How long the calls took that were made, by method, with their retries and their wait for a thread."""

    @property
    def limiter(self) -> trio.CapacityLimiter:
        """The limit on calls at once."""
        return self._limiter

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return the metadata of a call made now."""
        correlation_id = self._correlation_id()
        return ((CORRELATION_KEY, correlation_id),) if correlation_id else ()

    async def call(self, method: "grpc.UnaryUnaryMultiCallable[Request, Response]", request: Request) -> Response:
        """Make a call and return its response.

        Raises `Outage`, at once while the breaker is open and as `Unimplemented` where the call is not known, and
        `grpc.RpcError` where the service answered with an error. A call whose task is cancelled is left to its
        deadline in its thread.
        """
        name = _name(method)
        await self._admit(name)
        began_s = trio.current_time()
        deadline_s = self._settings.deadline_s
        try:
            with self._traced(name) as metadata, trio.fail_after(deadline_s + _QUEUE_GRACE_S):
                work = partial(method, request, timeout=deadline_s, metadata=self.metadata() + metadata)
                response = await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)
        except grpc.RpcError as error:
            self._note(name, error.code().name.lower(), began_s)
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                self._breaker = breaker.succeed()
                wanted = name.partition(".")[0]
                raise Unimplemented(
                    f"no {wanted} service answers there: {error.details()}", _ELSEWHERE_AGAIN_S
                ) from error
            if error.code() in _ANSWERS:
                self._breaker = breaker.succeed()
                raise
            raise self._failed(f"{error.code().name}: {error.details()}") from error
        except trio.TooSlowError as error:
            self._note(name, "timeout", began_s)
            raise self._failed(f"no answer within {deadline_s} s") from error
        except BaseException:
            self._breaker = breaker.abandon(self._breaker, trio.current_time())
            raise
        self._breaker = breaker.succeed()
        self._note(name, "ok", began_s)
        return response

    async def is_serving(self, service: str) -> bool:
        """Ask the standard health service whether a service serves; false in an outage."""
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            response = await self.call(health_pb2_grpc.HealthStub(self.channel).Check, request)
        except (Outage, grpc.RpcError):
            return False
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)

    def close(self) -> None:
        """Close the channel; calls in flight end."""
        self._closed = True
        self.channel.close()

    def _note(self, name: str, outcome: str, began_s: float) -> None:
        took_s = trio.current_time() - began_s
        self.outcomes[name, outcome] += 1
        self.durations.setdefault(name, Histogram()).observe(took_s)
        _log.debug("%s: %s in %.1f ms", name, outcome, took_s * 1_000)

    async def _admit(self, name: str) -> None:
        if self._closed:
            raise await _refused("the client is closed", self._settings.breaker.open_s)
        admitted = breaker.admit(self._breaker, trio.current_time())
        if isinstance(admitted, breaker.Refusal):
            self.outcomes[name, "not_sent"] += 1
            raise await _refused("the last calls found no service", admitted.retry_after_s)
        self._breaker = admitted

    def _failed(self, detail: str) -> Outage:
        now_s = trio.current_time()
        self._breaker = breaker.fail(self._breaker, self._settings.breaker, now_s)
        match self._breaker:
            case breaker.Open(until_s):
                return Outage(detail, until_s - now_s)
            case _:
                return Outage(detail, self._settings.breaker.open_s)


def _name(method: object) -> str:
    """Return the name of a method, such as `metering.MeteringService/CheckQuota`; gRPC keeps it in no public place."""
    name: bytes | str = getattr(method, "_method", "")
    return (name.decode() if isinstance(name, bytes) else name).removeprefix("/") or "unknown"


async def _refused(detail: str, retry_after_s: float) -> Outage:
    # Somebody who repeats a refused call in a loop must not keep the other tasks from running.
    await trio.lowlevel.checkpoint()
    return Outage(detail, retry_after_s)
