"""From a route and a request to an answer: access, validation, idempotency, the handler, and errors as problems."""

import hashlib
import logging
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from attrs import frozen

from actors.ports.journal import IdempotencyClaim
from net.auth.errors import Forbidden
from net.auth.service import Auth
from net.edge import Edge
from net.http.answers import Answer, Answers
from net.http.call import Call
from net.http.errors import IdempotencyKeyInvalid, MediaTypeUnsupported, RequestInFlight
from net.http.exchange import Exchange
from net.http.limits import IDEMPOTENCY_KEY_PATTERN, QUERY_BYTES_MAX, QUERY_PARAMETERS_MAX
from net.http.problems import INTERNAL, MEDIA_TYPE, problem_of
from net.http.routing import Reply, Route
from net.http.streams import NDJSON
from net.wire.decode import decode
from net.wire.structure import FieldProblem, InvalidRequest, fields_of, structure, structure_query

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
PLAIN: Final = b"identity"
HTML: Final = "text/html; charset=utf-8"

_KEY: Final = re.compile(IDEMPOTENCY_KEY_PATTERN, re.ASCII)
_log = logging.getLogger(__name__)


@frozen
class Nothing:
    """The body or query of an operation that takes none."""


class Dispatcher:
    """Calls handlers and answers with what they return or raise."""

    def __init__(self, edge: Edge, auth: Auth) -> None:
        self._edge = edge
        self._auth = auth
        self._in_flight: set[tuple[str, str]] = set()
        self._answers = Answers()

    async def dispatch(self, route: Route, exchange: Exchange, parts: Mapping[str, str]) -> Answer:
        """Answer a request to a route; `parts` are those of its path."""
        try:
            call = Call(self._edge, self._auth, exchange)
            _require_access(route, call)
            arguments = {**parts, **_arguments(route, exchange)}
            if route.method != "POST" or b"idempotency-key" not in exchange.headers:
                return _answer(await route.handler(call, **arguments))
            claim = _claim(call, route)
            with self._flight(claim):
                return await self._once(route, claim, call, arguments)
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return self.problem(error, exchange)

    def problem(self, error: Exception, exchange: Exchange) -> Answer:
        """Answer with the problem that an error is; log it, if it is our own."""
        problem = problem_of(error, self._edge.clock.now_us())
        if problem.cause is INTERNAL:
            _log.error("request failed: %s %s", exchange.method, exchange.path, exc_info=error)
        body = problem.body(exchange.path, exchange.correlation_id)
        return Answer(problem.status, {"Content-Type": MEDIA_TYPE, **problem.headers}, body)

    async def _once(self, route: Route, claim: IdempotencyClaim, call: Call, arguments: Mapping[str, Any]) -> Answer:
        """Answer as before, if this claim was answered; else let the handler answer, and keep that.

        What is answered atomically is kept in the journal, all else here; a key is used up in both.
        """
        call = Call(self._edge, self._auth, call.exchange, claim)
        now_us = self._edge.clock.now_us()
        answer = self._answers.find(claim, now_us)
        if answer is None:
            if not route.atomic:
                await call.answered()  # A trade may have the key.
            answer = _answer(await route.handler(call, **arguments))
            if not route.atomic:
                self._answers.keep(claim, answer, now_us)
        return answer

    @contextmanager
    def _flight(self, claim: IdempotencyClaim) -> Generator[None]:
        flight = (claim.scope, claim.key)
        if flight in self._in_flight:
            raise RequestInFlight("a request under this Idempotency-Key is being handled; ask again in a second")
        self._in_flight.add(flight)
        try:
            yield
        finally:
            self._in_flight.discard(flight)


def _require_access(route: Route, call: Call) -> None:
    if route.role is None:
        return
    identity = call.identity
    if not (identity.is_person or route.keys):
        raise Forbidden("an agent's key can trade for its agent and read it, nothing else")
    if not identity.has(route.role):
        raise Forbidden(f"this needs the role {route.role}; yours is {identity.principal.role}")


def _arguments(route: Route, exchange: Exchange) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if route.query is not None or (exchange.query and not route.any_query):
        query = structure_query(route.query or Nothing, _parameters(exchange.query))
        if route.query is not None:
            arguments["query"] = query
    if route.body is not None and route.form:
        arguments["body"] = structure_query(route.body, _form(exchange))
    elif route.body is not None:
        arguments["body"] = structure(route.body, _json(route.body, exchange))
    elif exchange.body and exchange.method not in {"GET", "HEAD", "DELETE"}:
        structure(Nothing, _json(Nothing, exchange))
    return arguments


def _json(cls: type[Any], exchange: Exchange) -> Any:
    """Return the JSON value of the body; an empty one will do where every field may be left out."""
    if not exchange.body and not any(field.required for field in fields_of(cls)):
        return {}
    _require_media_type(exchange, JSON)
    return decode(exchange.body)


def _form(exchange: Exchange) -> Mapping[str, list[str]]:
    _require_media_type(exchange, FORM)
    return _pairs(exchange.body, "form")


def _require_media_type(exchange: Exchange, wanted: str) -> None:
    media_type = exchange.headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type != wanted.encode():
        raise MediaTypeUnsupported(f"the body must be {wanted}")
    if exchange.headers.get(b"content-encoding", PLAIN).strip().lower() != PLAIN:
        raise MediaTypeUnsupported("the body must be sent as it is, without a Content-Encoding")


def _parameters(query: bytes) -> Mapping[str, list[str]]:
    if len(query) > QUERY_BYTES_MAX:
        raise InvalidRequest([FieldProblem("", f"the query has more than {QUERY_BYTES_MAX:,} bytes")])
    return _pairs(query, "query")


def _pairs(encoded: bytes, what: str) -> Mapping[str, list[str]]:
    try:
        return parse_qs(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=QUERY_PARAMETERS_MAX
        )
    except ValueError as error:
        raise InvalidRequest([FieldProblem("", f"the {what} cannot be read: {error}")]) from error


def _claim(call: Call, route: Route) -> IdempotencyClaim:
    """Return the caller's claim: the key is theirs alone, and stands for method, path and the meaning of the body."""
    key = call.exchange.header(b"idempotency-key") or ""
    if _KEY.fullmatch(key) is None:
        raise IdempotencyKeyInvalid("Idempotency-Key must be 1 to 255 visible ASCII characters")
    identity = call.exchange.identity
    scope = f"ip:{call.exchange.ip}" if identity is None else identity.scope
    body = call.exchange.body
    canonical = body if route.form or not body else orjson.dumps(decode(body), option=orjson.OPT_SORT_KEYS)
    head = f"{call.exchange.method} {call.exchange.path}\n".encode()
    return IdempotencyClaim(scope, key, hashlib.sha256(head + canonical).hexdigest())


def _answer(reply: Reply) -> Answer:
    if reply.stream is not None:
        return Answer(reply.status, {"Content-Type": NDJSON, **reply.headers}, b"", reply.stream)
    if reply.html is not None:
        return Answer(reply.status, {"Content-Type": HTML, **reply.headers}, reply.html.encode())
    if reply.raw is not None:
        return Answer(reply.status, reply.headers, reply.raw)
    if reply.value is None:
        return Answer(reply.status, reply.headers, b"")
    return Answer(reply.status, {"Content-Type": JSON, **reply.headers}, orjson.dumps(reply.value))
