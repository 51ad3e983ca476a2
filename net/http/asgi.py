"""The way of every request through ASGI: read it whole, find out who sends it, let Quart answer, add the headers.

All that must happen to each request happens here in one pass rather than in a chain of hooks, as the whole of it
has to cost less than the server underneath.
"""

import gzip
import logging
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import trio
from quart_trio.asgi import TrioASGIHTTPConnection
from werkzeug.exceptions import NotFound

from net.http.answers import Answer
from net.http.body import ClientGone, Receive, Unread, drain, read_body
from net.http.errors import AmbiguousLength, HttpRefusal
from net.http.exchange import SCOPE_KEY, Exchange
from net.http.headers import NO_STORE, SECURITY, VARY, Header, takes_gzip
from net.http.hypercorn_answers import BODILESS, send_answer
from net.http.limits import GZIP_BYTES_MIN, GZIP_LEVEL
from net.http.problems import MEDIA_TYPE, Problem, problem_of
from net.http.streams import send_stream
from supervisor import correlation_id

if TYPE_CHECKING:
    from net.http.app import EdgeApp

_log = logging.getLogger(__name__)

_CLOSE: Final[Header] = (b"connection", b"close")


class EdgeConnection(TrioASGIHTTPConnection):
    """One request and its answer."""

    app: "EdgeApp"

    async def __call__(self, receive: Any, send: Any) -> None:
        """Answer the request, whatever is wrong with it, after it has arrived in full."""
        exchange = Exchange(self.scope, self.app.edge.settings.trusted_proxies)
        exchange.correlation_id = exchange.given_correlation_id() or self.app.edge.ids.new("cor")
        correlation_id.set(exchange.correlation_id)
        try:
            exchange.body = await read_body(receive)
            self._require_clear_length(exchange)
            self._require_one_address(exchange)
            with self.app.gate.passage(exchange):
                await self._handle(receive, send, exchange)
        except ClientGone:
            return
        except Unread as unread:
            await self._answer_and_close(receive, send, exchange, self._problem(unread.cause))
        except (HttpRefusal, NotFound) as refusal:
            await self._send_problem(send, exchange, self._problem(refusal))
        except Exception as error:  # noqa: BLE001 - Hypercorn would answer with an empty 500, and say nobody why
            _log.exception("request failed: %s %s", exchange.method, exchange.path)
            await self._send_problem(send, exchange, self._problem(error))

    async def _handle(self, receive: Receive, send: Any, exchange: Exchange) -> None:
        if exchange.method == "OPTIONS" and b"access-control-request-method" in exchange.headers:
            preflight = self.app.cors.preflight(exchange.headers.get(b"origin"))
            await self._send(send, exchange, 204, [*preflight], b"")
            return
        refusal = await self.app.gate.admit(exchange)
        if refusal is not None:
            await self._send_problem(send, exchange, self._problem(refusal))
            return
        operation = self.app.operation(exchange.method, exchange.path)
        if operation is None:
            answer = await self._ask_quart(send, exchange)
        else:
            exchange.route = operation[0].path
            answer = await self.app.dispatcher.dispatch(operation[0], exchange, operation[1])
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        if answer.stream is None or exchange.method == "HEAD":
            await self._send(send, exchange, answer.status, headers, answer.body)
        else:
            headers = self._complete(exchange, headers)
            await send_stream(receive, send, answer.status, headers, answer.stream, self.app.edge.closing)
            self._note(exchange, answer.status)

    async def _ask_quart(self, send: Any, exchange: Exchange) -> Answer:
        """Return what Quart answers: views that are no operations of the API, and addresses where there is nothing."""
        self.scope[SCOPE_KEY] = exchange  # type: ignore[typeddict-unknown-key]  # ASGI allows keys of one's own.
        self.scope["path"] = exchange.path
        request = self._create_request_from_scope(send)
        request.body.set_result(exchange.body)
        response: Any = await self.app.handle_request(request)
        return Answer(response.status_code, dict(response.headers), await response.get_data(as_text=False))

    def _require_clear_length(self, exchange: Exchange) -> None:
        """Refuse what makes request smuggling possible (RFC 9112 section 6.1)."""
        if b"transfer-encoding" in exchange.headers and b"content-length" in exchange.headers:
            raise Unread(AmbiguousLength())

    def _require_one_address(self, exchange: Exchange) -> None:
        """Let nothing have a second address: routing takes leading slashes for one, but the gate goes by the first."""
        if "//" in exchange.path:
            raise NotFound

    def _problem(self, error: Exception) -> Problem:
        return problem_of(error, self.app.edge.clock.now_us())

    async def _answer_and_close(self, receive: Receive, send: Any, exchange: Exchange, problem: Problem) -> None:
        """Answer while the rest is thrown away: the server would wait in vain for somebody to take it."""
        exchange.extra = (_CLOSE,)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(drain, receive)
            await self._send_problem(send, exchange, problem)

    async def _send_problem(self, send: Any, exchange: Exchange, problem: Problem) -> None:
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        await self._send(send, exchange, problem.status, headers, problem.body(exchange.path, exchange.correlation_id))

    async def _send(self, send: Any, exchange: Exchange, status: int, headers: list[Header], body: bytes) -> None:
        """Send an answer. A header of the answer itself goes before the general one of that name."""
        self._note(exchange, status)
        headers = [header for header in headers if header[0] != b"content-length"]
        is_packed = any(name == b"content-encoding" for name, _ in headers)
        takes_it = takes_gzip(exchange.headers.get(b"accept-encoding", b""))
        if takes_it and not is_packed and len(body) >= GZIP_BYTES_MIN:
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
        if status not in BODILESS:
            headers.append((b"content-length", str(len(body)).encode()))
        self.app.gate.leave(exchange)
        await send_answer(send, exchange.method, status, self._complete(exchange, headers), body)

    def _complete(self, exchange: Exchange, headers: list[Header]) -> list[Header]:
        """Add the headers that every answer has."""
        names = {name for name, _ in headers}
        headers.append((b"x-correlation-id", exchange.correlation_id.encode()))
        headers += exchange.extra
        headers += self.app.cors.headers(exchange.headers.get(b"origin"))
        headers += [header for header in (*SECURITY, NO_STORE, VARY) if header[0] not in names]
        return headers

    def _note(self, exchange: Exchange, status: int) -> None:
        """Log and count an answer."""
        level = logging.WARNING if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.DEBUG
        took_s = perf_counter() - exchange.began_s
        _log.log(level, "%s %s %d in %.1f ms", exchange.method, exchange.path, status, took_s * 1_000)
        self.app.meter.count(exchange.method, exchange.route, status, took_s)
