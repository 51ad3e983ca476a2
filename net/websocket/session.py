"""One client's session: who it is, what it asks, how it ends. One task reads, one writes, each trade has its own."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson
import trio

from actors.errors import AgentNotFound, JournalUnavailable
from net.auth.errors import Unauthorized
from net.auth.identity import Identity
from net.http import problems
from net.http.problems import problem_of
from net.websocket.bucket import TokenBucket
from net.websocket.closing import (
    AUTHENTICATION_LATE,
    GOING_AWAY,
    INTERNAL,
    NOT_AUTHENTICATED,
    NOT_READING,
    TOKEN_REFUSED,
    TOO_LARGE,
    TOO_MANY_FRAMES,
    TOO_MANY_SOCKETS,
    TOO_MANY_TRADES,
    Closing,
)
from net.websocket.feed import Feed, ReplyRefused
from net.websocket.hub import Hub
from net.websocket.messages import (
    AUTHENTICATED,
    ERROR,
    PONG,
    SUBSCRIBED,
    TRADE_SUBMITTED,
    UNSUBSCRIBED,
    AnswerMessage,
    AuthenticatedShape,
    PongShape,
    SubscribedShape,
    UnsubscribedShape,
)
from net.websocket.ports import Services
from net.websocket.protocol import (
    Action,
    Authenticate,
    BadFrame,
    Ping,
    RequestId,
    SubmitTrade,
    Subscribe,
    Unsubscribe,
    parse_action,
)
from net.websocket.standing import Standing
from net.websocket.trading import visible_agent
from net.websocket.transport import Transport
from net.wire.converter import to_json
from net.wire.render import trade_json
from net.wire.scalars import Timestamp
from net.wire.structure import FieldProblem, InvalidRequest
from supervisor import correlation_id

INSTANCE: Final = "/ws"
TRADE_SUBMIT: Final = "trade.submit"

_log = logging.getLogger(__name__)


class Session:
    """A client between its upgrade and its end."""

    def __init__(self, transport: Transport, hub: Hub, services: Services) -> None:
        self._transport = transport
        self._hub = hub
        self._services = services
        self._limits = limits = services.limits
        self._feed = Feed(transport, hub, services)
        self._standing: Standing | None = None
        self._closing: Closing | None = None
        self._reading = trio.CancelScope()
        now = trio.current_time()
        self._authenticated_by = now + limits.authenticate_s
        self._frames = TokenBucket(limits.frames_burst, limits.frames_per_minute, now)
        self._trades = TokenBucket(limits.trades_burst, limits.trades_per_minute, now)
        self._in_flight = trio.Semaphore(limits.trades_in_flight_max)

    @property
    def identity(self) -> Identity | None:
        """Who it is, None before that is known."""
        return None if self._standing is None else self._standing.identity

    def end(self, closing: Closing) -> None:
        """Stop reading, and close once what waits is written. The first call's reason is the one that counts."""
        if self._closing is None:
            self._closing = closing
            self._reading.cancel()

    def too_large(self) -> None:
        """Hear that the client sends a message above the limit."""
        self.end(TOO_LARGE)

    def tend(self, now: float) -> None:
        """Ping the client, and give it up when it has stalled."""
        since = self._feed.writing_since
        if since is not None and now - since > self._limits.stall_s:
            self.end(NOT_READING)
        else:
            self._feed.ping()

    async def run(self, known: tuple[str, Identity] | None = None) -> None:
        """Serve the client until either side ends it. `known` is the credential of the upgrade, and whose it is."""
        try:
            async with trio.open_nursery() as nursery:
                written = trio.Event()
                nursery.start_soon(self._write, written)
                try:
                    await self._read(known, nursery)
                    if self._closing is not None:
                        await self._close(self._closing, written)
                finally:
                    # A write that waits for the peer cannot be cancelled, only be cut off.
                    with trio.CancelScope(shield=True):
                        await self._transport.abort()
                    nursery.cancel_scope.cancel()
        finally:
            self._feed.close()

    async def _read(self, known: tuple[str, Identity] | None, nursery: trio.Nursery) -> None:
        with self._reading, self._failing_well():
            if known is not None:
                self._welcome(*known, None)
            while (message := await self._receive()) is not None:
                await self._take(message, nursery)

    async def _receive(self) -> str | bytes | None:
        """Return the next message, None when there will be none; meanwhile make sure that the client is still known."""
        while self._closing is None:
            standing = self._standing
            with trio.move_on_at(self._authenticated_by if standing is None else standing.good_until):
                return await self._transport.receive()
            closing = AUTHENTICATION_LATE if standing is None else await standing.look_again()
            if closing is not None:
                self.end(closing)
        return None

    async def _write(self, written: trio.Event) -> None:
        with self._failing_well():
            await self._feed.write()
        written.set()

    @contextmanager
    def _failing_well(self) -> Iterator[None]:
        """Close the socket with a reason when the work within fails, which is a defect."""
        try:
            yield
        except Exception:  # noqa: BLE001 - it is logged, and the client is told
            _log.exception("socket failed")
            self.end(INTERNAL)

    async def _close(self, closing: Closing, written: trio.Event) -> None:
        if closing is GOING_AWAY:
            await self._settle()
        self._feed.close()
        with trio.move_on_after(self._limits.close_s) as flushing:
            await written.wait()
        if not flushing.cancelled_caught:
            await self._transport.close(closing, self._limits.close_s)

    async def _settle(self) -> None:
        """Let the trades in flight be answered; what is answered later is found by its clientOrderId."""
        with trio.move_on_after(self._limits.close_s):
            for _ in range(self._limits.trades_in_flight_max):
                await self._in_flight.acquire()

    async def _take(self, message: str | bytes, nursery: trio.Nursery) -> None:
        try:
            action = parse_action(message)
        except BadFrame as bad:
            if self._admits(bad.action == TRADE_SUBMIT):
                self._refuse(bad.request_id, bad.cause)
            return
        if self._admits(isinstance(action, SubmitTrade), action):
            await self._serve(action, nursery)

    def _admits(self, is_trade: bool, action: Action | None = None) -> bool:
        """Say whether the frame may be served; if not, the socket is being closed."""
        now = trio.current_time()
        if self._standing is None and not isinstance(action, Authenticate):
            self.end(NOT_AUTHENTICATED)
        elif is_trade and not self._trades.take(now):
            self.end(TOO_MANY_TRADES)
        elif not is_trade and not self._frames.take(now):
            self.end(TOO_MANY_FRAMES)
        return self._closing is None

    async def _serve(self, action: Action, nursery: trio.Nursery) -> None:
        match action:
            case Authenticate():
                await self._authenticate(action)
            case Subscribe():
                self._subscribe(action)
            case Unsubscribe():
                self._feed.unsubscribe(action.parsed())
                left = tuple(dict.fromkeys(action.channels))
                self._answer(UNSUBSCRIBED, action.id, to_json(UnsubscribedShape(left)))
            case Ping():
                now = Timestamp(self._services.clock.now_us())
                self._answer(PONG, action.id, to_json(PongShape(now)))
            case SubmitTrade():
                await self._in_flight.acquire()
                nursery.start_soon(self._trade, action)

    async def _authenticate(self, action: Authenticate) -> None:
        try:
            identity = await self._services.recognise(action.token)
        except Unauthorized:
            self.end(TOKEN_REFUSED)
            return
        except JournalUnavailable as error:
            self._refuse(action.id, error)
            return
        if self._standing is not None and identity.principal != self._standing.identity.principal:
            problem = FieldProblem("token", "must be of whom the socket belongs to; connect again as somebody else")
            self._refuse(action.id, InvalidRequest([problem]))
            return
        self._welcome(action.token, identity, action.id)

    def _welcome(self, credential: str, identity: Identity, request_id: RequestId) -> None:
        principal = identity.principal
        if self._standing is None and not self._hub.enlist(self, principal.user_id):
            self.end(TOO_MANY_SOCKETS)
            return
        self._feed.principal = principal
        self._standing = Standing(self._services, credential, identity)
        expires_at_us = identity.expires_at_us
        expires_at = None if expires_at_us is None else Timestamp(expires_at_us)
        who = AuthenticatedShape(principal.user_id, principal.agent_id, principal.role, expires_at)
        self._answer(AUTHENTICATED, request_id, to_json(who))

    def _subscribe(self, action: Subscribe) -> None:
        channels = action.parsed()
        try:
            for channel in channels:
                if channel.agent_id is not None:
                    visible_agent(channel.agent_id, self._known.principal, self._hub.views)
            self._require_past(action.after)
            seq = self._feed.subscribe(channels, action.after)
        except (AgentNotFound, InvalidRequest) as error:
            self._refuse(action.id, error)
        else:
            names = tuple(channel.name for channel in channels)
            self._answer(SUBSCRIBED, action.id, to_json(SubscribedShape(names, seq)))

    def _require_past(self, after: int | None) -> None:
        if after is not None and after > self._hub.head:
            raise InvalidRequest([FieldProblem("after", f"must not be beyond the last sequence, {self._hub.head}")])

    async def _trade(self, action: SubmitTrade) -> None:
        correlation_id.set(self._services.ids.new("cor"))
        try:
            trade = await self._services.submit(action.agent_id, action.trade.order(), self._known)
        except Exception as error:  # noqa: BLE001 - the table of problems knows what to say of any
            self._refuse(action.id, error)
        else:
            self._answer(TRADE_SUBMITTED, action.id, trade_json(trade))
        finally:
            self._in_flight.release()

    @property
    def _known(self) -> Identity:
        assert self._standing is not None, "whoever is not known gets no further than to authenticate"
        return self._standing.identity

    def _answer(self, kind: str, request_id: RequestId, data: Mapping[str, Any] | orjson.Fragment) -> None:
        try:
            self._feed.reply(AnswerMessage(kind, request_id, data))
        except ReplyRefused:
            self.end(NOT_READING)

    def _refuse(self, request_id: RequestId, error: Exception) -> None:
        problem = problem_of(error, self._services.clock.now_us())
        if problem.cause is problems.INTERNAL:
            _log.error("a frame failed", exc_info=error)
        correlation = correlation_id.get() or self._services.ids.new("cor")
        self._answer(ERROR, request_id, orjson.Fragment(problem.body(INSTANCE, correlation)))
