"""Traces by OpenTelemetry: one from an HTTP request through asks, commit and gRPC to the sockets.

The extra `otel` brings the packages, and the standard OTEL_* variables say where traces go. A correlation id carries
its span along: it is a string that knows one, so envelopes, commits and tasks hand it on as they do any other. Without
tracing nothing is wrapped and nothing is asked.
"""

import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import grpc
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from actors.book import Book
from actors.events import Recorded
from actors.model import Agent, OrderRequest, Trade
from actors.ports.journal import Commit, CommitResult
from actors.ports.publisher import Publisher
from actors.views import MarketSnapshot
from net.auth.identity import Identity
from net.http.asgi import EdgeConnection
from net.http.exchange import Exchange
from net.websocket.ports import SubmitOrder
from persistence.store import SqliteStore
from supervisor import Refusal, correlated, correlation_id
from supervisor.current import current_cell

RECENT_MAX: Final = 10_000
"""Requests whose trace goes on when their news leave the outbox, which knows no more than a correlation id."""

SERVICE: Final = "tradefloor"
SOCKET_TRADE: Final = "trade.submit /ws"
GRPC: Final = {"rpc.system": "grpc"}

_FORMAT: Final = TraceContextTextMapPropagator()


class Traced(str):
    """A correlation id that knows the span in which something happens under it."""

    __slots__ = ("context",)

    context: Context


def exporting_provider(service: str) -> TracerProvider:
    """Return a provider that exports as the OTEL_* variables say; what waits is sent when the program ends."""
    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """Makes spans, and finds what they belong to."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(SERVICE)
        self._recent: OrderedDict[str, Context] = OrderedDict()

    def remember(self, correlation: str, context: Context) -> None:
        """Let what happens later under a correlation id belong to a span."""
        self._recent[correlation] = context
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)

    def context_of(self, correlation: str | None) -> Context | None:
        """Find the span that a correlation id carries, or that came under it; of joined ids, that of the first."""
        if isinstance(correlation, Traced):
            return correlation.context
        return None if correlation is None else self._recent.get(correlation.partition(",")[0])

    @contextmanager
    def span(
        self, name: str, context: Context | None, attributes: Mapping[str, str], kind: SpanKind = SpanKind.INTERNAL
    ) -> Iterator[Span]:
        """Trace a block; an error marks the span, and a refusal is no error of the floor's."""
        with self._tracer.start_as_current_span(
            name, context, kind, attributes, record_exception=False, set_status_on_exception=False, end_on_exit=True
        ) as span:
            try:
                yield span
            except Exception as error:
                if isinstance(error, Refusal):
                    span.set_attribute("tradefloor.refusal", repr(error))
                else:
                    span.set_status(Status(StatusCode.ERROR, repr(error)))
                raise

    def carried(self, correlation: str, span: Span) -> Traced:
        """Return the correlation id with the span, for what is done because of it."""
        traced = Traced(correlation)
        traced.context = trace.set_span_in_context(span, Context())
        return traced

    # Actors

    def around(
        self, path: str, handlers: Mapping[type, tuple[Callable[[Any, Any], Any], bool]]
    ) -> Mapping[type, tuple[Callable[[Any, Any], Any], bool]]:
        """Wrap the handlers of an actor: each message of a traced request is a span."""
        return {
            kind: ((self._traced_async if is_async else self._traced)(path, handler), is_async)
            for kind, (handler, is_async) in handlers.items()
        }

    def _traced(self, path: str, handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def handle(actor: Any, message: Any) -> Any:
            with self._message(path, message):
                return handler(actor, message)

        return handle

    def _traced_async(
        self, path: str, handler: Callable[[Any, Any], Awaitable[Any]]
    ) -> Callable[[Any, Any], Awaitable[Any]]:
        async def handle(actor: Any, message: Any) -> Any:
            with self._message(path, message):
                return await handler(actor, message)

        return handle

    @contextmanager
    def _message(self, path: str, message: object) -> Iterator[None]:
        cell = current_cell.get()
        envelope = None if cell is None else cell.in_hand
        carried = None if envelope is None else envelope.correlation_id
        if envelope is None or not isinstance(carried, Traced):
            yield
            return
        with self.span(type(message).__name__, carried.context, {"tradefloor.actor": path}) as span:
            envelope.correlation_id = self.carried(carried, span)
            with correlated(envelope.correlation_id):
                yield

    # Commits

    def trace_commits(self, store: SqliteStore) -> None:
        """Let each commit of a traced request be a span, for as long as its batch takes."""
        commit_batch = store.commit

        async def commit(batch: Sequence[Commit]) -> Sequence[CommitResult]:
            contexts = [self.context_of(item.correlation_id) for item in batch]
            attributes = {"tradefloor.batch_size": len(batch)}
            spans = [self._tracer.start_span("commit", each, attributes=attributes) for each in contexts if each]
            try:
                return await commit_batch(batch)
            finally:
                for span in spans:
                    span.end()

        store.commit = commit  # type: ignore[method-assign]  # of this one store, where it is traced

    # gRPC

    @contextmanager
    def calling(self, method: str) -> Iterator[tuple[tuple[str, str], ...]]:
        """Trace a call of a service, and yield the metadata that lets the service go on with the trace."""
        context = self.context_of(correlation_id.get())
        if context is None:
            yield ()
            return
        with self.span(method, context, GRPC, SpanKind.CLIENT) as span:
            carrier: dict[str, str] = {}
            _FORMAT.inject(carrier, trace.set_span_in_context(span, Context()))
            yield tuple(carrier.items())

    def server_interceptor(self) -> grpc.ServerInterceptor:
        """Return what goes on with a trace at a service."""
        return TraceCalls(self)

    def connection(self) -> type[EdgeConnection]:
        """Return the connection whose requests are traced."""
        return traced_connection(self)

    # Sockets

    def socket_trades(self, submit: SubmitOrder) -> SubmitOrder:
        """Begin a trace with each trade that is submitted over `/ws`, whose frames bring none."""

        async def traced(agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
            correlation = correlation_id.get() or ""
            attributes = {"tradefloor.correlation_id": correlation}
            with self.span(SOCKET_TRADE, Context(), attributes, SpanKind.SERVER) as span:
                carried = self.carried(correlation, span)
                self.remember(correlation, carried.context)
                with correlated(carried):
                    return await submit(agent_id, order, identity)

        return traced

    def publisher(self, publisher: Publisher) -> "TracedPublisher":
        """Wrap the sockets' side."""
        return TracedPublisher(self, publisher)


class TracedPublisher:
    """Implements `actors.ports.publisher.Publisher`: traces what of a request's events goes to the sockets."""

    def __init__(self, tracing: Tracing, publisher: Publisher) -> None:
        self._tracing = tracing
        self._publisher = publisher

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take the events of one commit."""
        context = self._tracing.context_of(recorded[0].correlation_id) if recorded else None
        if context is None:
            self._publisher.publish(recorded, agent, book)
            return
        with self._tracing.span("sockets", context, {}, SpanKind.PRODUCER):
            self._publisher.publish(recorded, agent, book)

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        self._publisher.publish_market(snapshot)


class TraceCalls(grpc.ServerInterceptor):
    """Goes on with the trace of whoever calls a service."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Trace the call, where it brings a trace."""
        handler = continuation(handler_call_details)
        brought = {key: value for key, value in handler_call_details.invocation_metadata if isinstance(value, str)}
        if handler is None or handler.unary_unary is None or "traceparent" not in brought:
            return handler
        answer, context = handler.unary_unary, _FORMAT.extract(brought, Context())
        name = handler_call_details.method.removeprefix("/")

        def traced(request: Any, call: grpc.ServicerContext) -> Any:
            with self._tracing.span(name, context, GRPC, SpanKind.SERVER):
                return answer(request, call)

        return grpc.unary_unary_rpc_method_handler(
            traced, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )


def traced_connection(tracing: Tracing) -> type[EdgeConnection]:
    """Return the connection whose requests are traced, each as a trace of its own unless it brings one."""

    class TracedConnection(EdgeConnection):
        async def _handle(self, receive: Any, send: Any, exchange: Exchange) -> None:
            brought = exchange.header(b"traceparent")
            context = _FORMAT.extract({} if brought is None else {"traceparent": brought}, Context())
            with tracing.span(exchange.method, context, {}, SpanKind.SERVER) as span:
                carried = tracing.carried(exchange.correlation_id, span)
                tracing.remember(exchange.correlation_id, carried.context)
                with correlated(carried):
                    await super()._handle(receive, send, exchange)
                span.update_name(f"{exchange.method} {exchange.route}")
                span.set_attribute("http.request.method", exchange.method)
                span.set_attribute("http.route", exchange.route)
                span.set_attribute("tradefloor.correlation_id", exchange.correlation_id)

        def _note(self, exchange: Exchange, status: int) -> None:
            trace.get_current_span().set_attribute("http.response.status_code", status)
            super()._note(exchange, status)

    return TracedConnection
